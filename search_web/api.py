"""What the read API answers: its operations on searches, documents, places, sources; files are in
``search_web.exports``.

Parameters are checked by ``search_web.api_parameters``, answers look as ``indexer.export`` and
``search_web.api_schemas`` say and leave by ``search_web.api_answers``; ``search_web.openapi`` describes it
all, ``search_web.operations`` mounts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace
from typing import Any

from bottle import HTTPResponse

from indexer.export import facets_json, matrix_json, page_json, record, results_json
from indexer.matrix import by_place_and_year
from indexer.model import FACETS, UNKNOWN, Query, SourceStatus, Suggestion
from indexer.search import SUGGESTIONS
from indexer.snippets import page_url
from search_web.api_answers import (
    Part,
    answered,
    as_json,
    begun,
    fingerprint,
    generation_of,
    listed,
    one,
    page_of,
    refuse,
)
from search_web.api_parameters import (
    CURSOR,
    INDEX,
    LANG,
    LIMIT,
    PAGE,
    SEARCH,
    Parameter,
    Q,
    Values,
    query_of,
)
from search_web.api_schemas import DOCUMENT_FIELDS, FIELDS
from search_web.held import Held, held
from search_web.openapi import Operation
from search_web.parameters import N_
from search_web.site import Site, Visit, path_of
from search_web.texts import messages

KINDS = {"title": N_("Ett dokument"), "place": N_("Kommun"), "year": N_("År")}
PAGES_OF = {"title": path_of, "place": "/municipalities/{}".format}

ID = Parameter(
    "id",
    "Id of the document, encoded as a part of a path; once more where a server in between decodes paths.",
    {"type": "string", "minLength": 1, "maxLength": 300},
    "path",
)
NUMBER = Parameter(
    "number", "Number of the page, from 1.", {"type": "integer", "minimum": 1, "maximum": 999_999}, "path"
)
MOST = Parameter("limit", "Suggestions at most.", {**LIMIT.schema, "maximum": 20, "default": SUGGESTIONS})
TEXT = Parameter("text", "With the text by page.", {"type": "boolean", "default": False})
FACET = Parameter(
    "facet",
    "The facets to count; without it all.",
    {"type": "array", "items": {"type": "string", "enum": list(FACETS)}, "maxItems": len(FACETS)},
)


def fields_of(names: Sequence[str]) -> Parameter:
    return Parameter(
        "fields",
        "Only these members of each, with commas.",
        {"type": "array", "items": {"type": "string", "enum": list(names)}, "maxItems": len(names)},
        commas=True,
    )


def continued(site: Site, values: Values) -> tuple[Part, Query]:
    """The part of its list that ``page`` or ``cursor`` names, and the query for it."""
    if "cursor" in values and "page" in values:
        raise refuse(409, "cursor", N_("Ange antingen page eller cursor."))
    query = query_of(values)
    asked = fingerprint([query.text, astuple(query.filters), query.sort, query.limit])
    part = begun(site, values, asked, query.limit)
    if part.offset:
        query = replace(query, page=part.until // query.limit)
    return part._replace(until=query.page * query.limit), query


def chosen(found: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return {name: found[name] for name in found if not fields or name in fields}


# --- operations -------------------------------------------------------------------------------------------


def operations(site: Site) -> tuple[Operation, ...]:
    """Everything the API can be asked."""

    def search(values: Values) -> HTTPResponse:
        part, query = continued(site, values)
        results = part.searcher.search(query, site.visit().language)
        site.searched(results)  # the box on other sites asks here
        answer = results_json(results)
        for hits in ("hits", "others"):
            answer[hits] = [chosen(h, values.get("fields", ())) for h in answer[hits]]
        del answer["index"]  # comes last
        return listed(site, part, answer, results.total)

    def suggest(values: Values) -> HTTPResponse:
        searcher, text = generation_of(site, values), str(values.get("q", ""))
        shown = suggestion(site.visit())
        found = searcher.suggest(text, values.get("limit", SUGGESTIONS))
        return answered(searcher, {"query": text, "suggestions": [shown(s) for s in found]})

    def facets(values: Values) -> HTTPResponse:
        searcher = generation_of(site, values)
        names = values.get("facet") or FACETS
        query = replace(query_of(values), limit=1, facets=names, snippets=False)
        results = searcher.search(query, site.visit().language, relax=False)
        told = {"query": query.text, "total": results.total, "facets": facets_json(results)}
        return answered(searcher, told)

    def matrix(values: Values) -> HTTPResponse:
        searcher, language = generation_of(site, values), site.visit().language
        return as_json(matrix_json(by_place_and_year(searcher, query_of(values), language)))

    def documents(values: Values) -> HTTPResponse:
        part, query = continued(site, values)
        searcher = part.searcher
        # a set that is counted and cited has all the words
        results = searcher.search(replace(query, facets=(), snippets=False), relax=False)
        fields, with_text = values.get("fields", ()), values.get("text", False)
        found = []
        for hit in results.hits:
            d = searcher.document(hit.document.id) or hit.document
            made = chosen(record(d), fields)
            if with_text:
                made["text"] = [page_json(p) for p in searcher.pages(d.id)]
            found.append(made)
        told = {"query": query.text, "total": results.total, "documents": found}
        return listed(site, part, told, results.total)

    def document(values: Values) -> HTTPResponse:
        searcher = generation_of(site, values)
        d = one(searcher, values)
        pages = searcher.pages(d.id) if values.get("text") else None
        return answered(searcher, {"document": record(d, pages)})

    def pages(values: Values) -> HTTPResponse:
        searcher = generation_of(site, values)
        d = one(searcher, values)
        return answered(searcher, {"id": d.id, "pages": [page_json(p) for p in searcher.pages(d.id)]})

    def page(values: Values) -> HTTPResponse:
        searcher = generation_of(site, values)
        d = one(searcher, values)
        found = page_of(searcher, d, values, "number")
        return answered(searcher, {"id": d.id, "page": page_json(found), "url": page_url(d, found)})

    def municipalities(values: Values) -> HTTPResponse:
        searcher = generation_of(site, values)
        known, years = held(searcher), searcher.held()
        found = [
            municipality(code, name, known, years.get(code, {}))
            for code, name in sorted(searcher.municipalities().items())
        ]
        return answered(searcher, {"municipalities": found})

    def sources(values: Values) -> HTTPResponse:
        searcher = generation_of(site, values)
        return answered(searcher, {"sources": [source(s) for s in searcher.statuses()]})

    def status(values: Values) -> HTTPResponse:
        searcher = generation_of(site, values)
        told = {
            "version": str(site.settings["version"]),
            "documents": searcher.generation.documents,
            "kept": list(site.index.kept()),
            "sources": dict(Counter(s.state for s in searcher.statuses())),
        }
        return answered(searcher, told)

    always = (INDEX, LANG)
    through = (LIMIT, PAGE, CURSOR)
    return (
        Operation(
            "search", "/search", "Search, with snippets and counts",
            (*SEARCH, *through, fields_of(FIELDS), *always), search, "SearchAnswer",
            example="q=barnchecklista&year=2011..2014",
        ),
        Operation(
            "suggest", "/suggest", "Complete what is being typed",
            (Q, MOST, *always), suggest, "SuggestAnswer", example="q=barnch",
        ),
        Operation(
            "facets", "/facets", "Count the documents of a search by place, year, kind and so on",
            (*SEARCH[:-1], FACET, *always), facets, "FacetsAnswer", example="q=plan&facet=kind&facet=year",
        ),
        Operation(
            "matrix", "/matrix", "Count the documents of a search by municipality and year",
            (*SEARCH[:-1], *always), matrix, "MatrixAnswer", example="q=barnchecklista",
        ),
        Operation(
            "documents", "/documents", "List the documents that a search finds, with their text if asked for",
            (*SEARCH, *through, TEXT, fields_of(DOCUMENT_FIELDS), *always), documents, "DocumentsAnswer",
            example="kind=process_plan&fields=id,title,years",
        ),
        Operation(
            "document", "/documents/{id}", "One document", (ID, TEXT, *always), document, "DocumentAnswer"
        ),
        Operation(
            "pages", "/documents/{id}/pages", "The text of a document by page", (ID, *always), pages,
            "PagesAnswer",
        ),
        Operation(
            "page", "/documents/{id}/pages/{number}", "The text of one page", (ID, NUMBER, *always), page,
            "PageAnswer",
        ),
        Operation(
            "municipalities", "/municipalities", "What is held of every municipality, by year", always,
            municipalities, "MunicipalitiesAnswer",
        ),
        Operation("sources", "/sources", "Every source and how it stands", always, sources, "SourcesAnswer"),
        Operation(
            "status", "/status", "The service and its generations", always, status, "StatusAnswer"
        ),
    )  # fmt: skip


def suggestion(visit: Visit) -> Callable[[Suggestion], dict[str, str | None]]:
    text = messages(visit.language).gettext

    def shown(s: Suggestion) -> dict[str, str | None]:
        """``label`` says what it is; ``href`` is its page, null for words to search with."""
        page = PAGES_OF.get(s.kind) if s.target else None
        return {
            "text": s.text,
            "kind": s.kind,
            "target": s.target,
            "label": text(KINDS[s.kind]) if s.kind in KINDS else None,
            "href": visit.url(page(str(s.target))) if page else None,
        }

    return shown


def municipality(code: str, name: str, known: Held, years: Mapping[str, int]) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "county": code[:2],
        "state": known.state(code),
        "documents": known.count("municipality", code),
        "years": {y: years[y] for y in sorted(years, key=lambda y: (y == UNKNOWN, y))},
    }


def source(s: SourceStatus) -> dict[str, Any]:
    return {
        "id": s.id, "name": s.name, "publisher": s.publisher, "state": s.state,
        "municipality": s.municipality, "county": s.county, "documents": s.documents,
        "captures": s.captures, "last_crawl": s.last_crawl, "last_success": s.last_success,
        "refused_by_robots": s.refused_by_robots, "not_on_topic": s.not_on_topic,
        "unreadable": s.unreadable, "years": dict(s.years),
    }  # fmt: skip
