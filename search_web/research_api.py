"""Research through the API: concordance, trend, keywords, collocations, and the concordance as a file.

``indexer.research`` counts; how a number of it looks outside is told here and in ``search_web.api_schemas``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from bottle import HTTPResponse

from indexer.findings import Line, TermTrend, YearCount
from indexer.formats import FORMATS
from indexer.formats.excel import xlsx_of
from indexer.formats.tables import csv_of
from indexer.manifest import manifest
from indexer.model import Query
from indexer.research import (
    BY_CONTEXT,
    CONTEXT,
    MARK,
    MEASURES,
    MOST_TERMS,
    MOST_WINDOW,
    ORDERS,
    SAMPLE,
    SPREAD,
    WINDOW,
    Research,
)
from indexer.search import Searcher
from search_web.api_answers import answered, begun, fingerprint, generation_of, listed
from search_web.api_parameters import CURSOR, FILTERS, INDEX, LANG, Parameter, Q, Values, query_of
from search_web.exports import file_headers, sent
from search_web.openapi import Operation
from search_web.parameters import MAX_QUERY
from search_web.site import Site, Visit, document_path

MAX_ROWS = 500

TERM = Parameter(
    "term",
    f"A word, a phrase in quotation marks, or any query; one to {MOST_TERMS} of them. In quotation marks a "
    "word stands for itself alone, in its forms. What a term itself says of place, year or kind "
    "(kommun:Lund) narrows its hits but not what is held; filters narrow both.",
    {
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": MAX_QUERY},
        "minItems": 1,
        "maxItems": MOST_TERMS,
    },
    required=True,
)
ORDER = Parameter(
    "order",
    "Of lines: by title of the document, by its date, or by the words before or after. By context at most "
    f"{SAMPLE} occurrences are put in order, chosen at random but always the same.",
    {"type": "string", "enum": list(ORDERS), "default": ORDERS[0]},
)
WORD = Parameter(
    "word",
    "Show this word, in all its forms but no compounds, in the documents of the query, instead of the "
    f"query's own words. As in lists of words, malmö{MARK}en is that of texts in English.",
    {"type": "string", "minLength": 1, "maxLength": 100},
)
NEAR = Parameter(
    "near",
    "With word: only where it stands at most so many words from the words of the query.",
    {"type": "integer", "minimum": 1, "maximum": MOST_WINDOW},
)
CONTEXT_WORDS = Parameter(
    "context",
    "Words on each side.",
    {"type": "integer", "minimum": 1, "maximum": 40, "default": CONTEXT},
)
LINES = Parameter(
    "limit", "Lines in one answer.", {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}
)
ROWS = Parameter(
    "limit", "Words in one answer.", {"type": "integer", "minimum": 1, "maximum": MAX_ROWS, "default": 100}
)
COMMON = Parameter(
    "common", "Also common words: och, att, i, the, of.", {"type": "boolean", "default": False}
)
SPREAD_ = Parameter(
    "spread",
    "Per cent of the documents of the result set that a word has to stand in.",
    {"type": "integer", "minimum": 0, "maximum": 100, "default": SPREAD},
)
WINDOW_ = Parameter(
    "window",
    "Words before and after that are neighbours.",
    {"type": "integer", "minimum": 1, "maximum": MOST_WINDOW, "default": WINDOW},
)
MEASURE = Parameter(
    "measure",
    "Order by logDice (Rychlý 2008) or by log-likelihood G² (Dunning 1993).",
    {"type": "string", "enum": list(MEASURES), "default": MEASURES[0]},
)
FORM = Parameter("form", "Format of the file.", {"type": "string", "enum": ["csv", "xlsx", "jsonl"]}, "path")

LINE_COLUMNS = (
    "left", "match", "right", "title", "page", "years", "municipalities", "published", "publisher", "kind",
    "document", "url", "link", "page_label",
)  # fmt: skip


def research(searcher: Searcher) -> Research:
    """Of one generation; kept, since it remembers how often every word stands in it."""
    return searcher.once(Research)


def fingerprint_of(values: Values) -> str:
    """The fingerprint of a list."""
    return fingerprint(sorted((k, v) for k, v in values.items() if k not in ("cursor", "index", "lang")))


# --- how it looks -----------------------------------------------------------------------------------------


def hit_path(line: Line, text: str) -> str:
    """Our page of the document, at the page where the occurrence stands, with the words marked."""
    return document_path(line.document, Query(text), line.page.number)


def marked_text(query: Query, word: str | None) -> str:
    """What is to be marked where an occurrence is shown in its document."""
    return f'"{word.partition(MARK)[0]}"' if word else query.text


def line_json(line: Line, text: str, visit: Visit) -> dict[str, Any]:
    d = line.document
    return {
        "left": line.left, "match": line.match, "right": line.right, "document": d.id, "title": d.title,
        "page": line.page.number, "page_label": line.page.label, "heading": line.page.heading,
        "years": list(d.years), "municipalities": list(d.municipalities), "published": d.published,
        "publisher": d.publisher, "kind": d.kind, "url": line.url,
        "link": visit.root + hit_path(line, text),
    }  # fmt: skip


def line_row(line: Line, text: str, visit: Visit) -> list[object]:
    found = line_json(line, text, visit)
    cells = (found[name] for name in LINE_COLUMNS)
    return [" | ".join(map(str, c)) if isinstance(c, list) else c for c in cells]


def year_json(y: YearCount) -> dict[str, Any]:
    return {
        "occurrences": y.occurrences,
        "documents": y.documents,
        "words_held": y.words_held,
        "documents_held": y.documents_held,
        "per_million": _rounded(y.per_million),
        "per_document_held": _rounded(y.share),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def term_json(trend: TermTrend) -> dict[str, Any]:
    return {
        "term": trend.term,
        "years": [{"year": y.year, **year_json(y)} for y in trend.years],
        "undated": year_json(trend.undated),
        "total": year_json(trend.total),
    }


def lines_file(
    form: str, lines: Iterator[Line], text: str, visit: Visit, told: Mapping[str, Any]
) -> tuple[str, Iterator[bytes]]:
    """Media type and content of a file of lines."""
    if form == "jsonl":
        return "application/jsonl; charset=utf-8", (
            (json.dumps(line_json(x, text, visit), ensure_ascii=False) + "\n").encode("utf-8", "replace")
            for x in lines
        )
    rows = (line_row(x, text, visit) for x in lines)
    if form == "csv":
        return "text/csv; charset=utf-8", csv_of(LINE_COLUMNS, rows)
    return FORMATS["xlsx"].media_type, xlsx_of("Konkordans", LINE_COLUMNS, rows, told)


# --- operations -------------------------------------------------------------------------------------------


def operations(site: Site) -> tuple[Operation, ...]:
    def asked(values: Values, most: int) -> Query:
        return replace(query_of(values), limit=values.get("limit", most), page=1)

    def concordance(values: Values) -> HTTPResponse:
        query, word = asked(values, LINES.schema["default"]), values.get("word")
        order, near = values.get("order", ORDERS[0]), _near(values)
        part = begun(site, values, fingerprint_of(values), query.limit)
        found = research(part.searcher).concordance(
            query, order, word=word, near=near, offset=part.offset, words=values.get("context", CONTEXT)
        )
        text, visit = marked_text(query, word), site.visit()
        answer = {
            "query": query.text, "word": word, "near": near, "order": order,
            "total": found.total, "documents": found.documents, "matching": found.matching,
            "listed": found.listed, "sampled": found.sampled,
            "lines": [line_json(x, text, visit) for x in found.lines],
        }  # fmt: skip
        return listed(site, part, answer, found.listed)

    def concordance_file(values: Values) -> HTTPResponse:
        searcher, query, word = generation_of(site, values), asked(values, 10), values.get("word")
        order, visit = values.get("order", ORDERS[0]), site.visit()
        whole = research(searcher).concordance(replace(query, limit=0), word=word, near=_near(values)).total
        listed = min(whole, SAMPLE) if order in BY_CONTEXT else whole
        told = manifest(searcher, query) | {
            "title": "Barnrättskompassen – sök: konkordans", "sort": order, "word": word,
            "near": _near(values), "occurrences": whole, "lines": listed,
        }  # fmt: skip
        lines = research(searcher).lines(
            query, order, word=word, near=_near(values), words=values.get("context", CONTEXT)
        )
        media, body = lines_file(values["form"], lines, marked_text(query, word), visit, told)
        name = "konkordans" if listed == whole else "konkordans-urval"
        headers = file_headers(visit, searcher, query, f"{name}.{values['form']}", media)
        return sent(body, headers)

    def trend(values: Values) -> HTTPResponse:
        searcher = generation_of(site, values)
        found = research(searcher).trend(values["term"], query_of(values).filters)
        return answered(searcher, {"years": list(found.years), "terms": [term_json(t) for t in found.terms]})

    def keywords(values: Values) -> HTTPResponse:
        query = asked(values, ROWS.schema["default"])
        part = begun(site, values, fingerprint_of(values), query.limit)
        found = research(part.searcher).keywords(
            query, spread=values.get("spread", SPREAD), common=values.get("common", False), offset=part.offset
        )
        answer = {
            "query": query.text, "documents": found.documents, "words": found.words,
            "rest_documents": found.rest_documents, "rest_words": found.rest_words, "total": found.total,
            "keywords": [_numbers(asdict(k)) for k in found.rows],
        }  # fmt: skip
        return listed(site, part, answer, found.total)

    def collocations(values: Values) -> HTTPResponse:
        query = asked(values, ROWS.schema["default"])
        part = begun(site, values, fingerprint_of(values), query.limit)
        found = research(part.searcher).collocations(
            query, values.get("measure", MEASURES[0]), window=values.get("window", WINDOW),
            common=values.get("common", False), offset=part.offset,
        )  # fmt: skip
        answer = {
            "query": query.text, "window": found.window, "occurrences": found.occurrences,
            "documents": found.documents, "matching": found.matching, "counted": found.counted,
            "words": found.words, "corpus_words": found.corpus_words, "total": found.total,
            "collocations": [_numbers(asdict(c)) for c in found.rows],
        }  # fmt: skip
        return listed(site, part, answer, found.total)

    found, always = (Q, *FILTERS), (INDEX, LANG)
    lines = (*found, WORD, NEAR, ORDER, CONTEXT_WORDS)
    return (
        Operation(
            "concordance", "/research/concordance", "Every occurrence of the words of a query in its context",
            (*lines, LINES, CURSOR, *always), concordance, "ConcordanceAnswer",
            example="q=%22barnets+b%C3%A4sta%22&order=right",
        ),
        Operation(
            "concordance_file", "/research/concordance/{form}", "The concordance as a file",
            (FORM, *lines, *always), concordance_file, None,
            ("text/csv", FORMATS["xlsx"].media_type, "application/jsonl"),
        ),
        Operation(
            "trend", "/research/trend", "Occurrences and documents of one to five terms by year",
            (TERM, *FILTERS, *always), trend, "TrendAnswer",
            example="term=barnchecklista&term=%22barnets+b%C3%A4sta%22",
        ),
        Operation(
            "keywords", "/research/keywords", "Words that set the texts of a result set apart from the rest",
            (*found, SPREAD_, COMMON, ROWS, CURSOR, *always), keywords, "KeywordsAnswer",
            example="kind=checklist",
        ),
        Operation(
            "collocations", "/research/collocations", "Words that stand beside those of a query",
            (*found, WINDOW_, MEASURE, COMMON, ROWS, CURSOR, *always), collocations, "CollocationsAnswer",
            example="q=barn&measure=g2",
        ),
    )  # fmt: skip


def _near(values: Values) -> int | None:
    return values.get("near") if values.get("word") else None


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
