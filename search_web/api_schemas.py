"""What the API answers with: a JSON Schema for each object.

The objects themselves come from ``indexer.export`` and ``search_web.api``; tests hold them against these.
"""

from __future__ import annotations

from typing import Any

from indexer.model import MASK
from indexer.snippets import SHOWN_PAGES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
COUNTS: Schema = {"type": "object", "additionalProperties": COUNT}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def thing(text: str, properties: Schema, *, optional: tuple[str, ...] = ()) -> Schema:
    """An object that has these members and no others."""
    return {
        "type": "object",
        "description": text,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def answer(text: str, properties: Schema) -> Schema:
    """An object that names the generation it is of."""
    return thing(text, properties | {"index": ref("Index")})


def _with(text: str, schema: Schema) -> Schema:
    return {**schema, "description": text}


RECORD: Schema = {
    "id": _with("Stable id: twelve hexadecimal digits, or what an import brought.", TEXT),
    "url": _with(f"Address of the original, with {MASK} in place of a personal number.", TEXT),
    "also_at": listed(TEXT),
    "title": TEXT,
    "kind": MAYBE,
    "format": TEXT,
    "language": MAYBE,
    "published": _with("2014-03-12, 2014-03, 2014 or null; never the day it was crawled.", MAYBE),
    "years": _with("Years it concerns.", listed({"type": "integer"})),
    "municipalities": _with("SCB codes.", listed(TEXT)),
    "counties": listed(TEXT),
    "areas": listed(TEXT),
    "publisher": MAYBE,
    "organisation_type": MAYBE,
    "contacts": _with(
        "Those it names; none in the hits of a search, where /documents has them.",
        listed(
            thing(
                "A contact that the document names.",
                {"role": MAYBE, "name": MAYBE, "email": TEXT, "phone": TEXT},
                optional=("email", "phone"),
            )
        ),
    ),
    "found_on": _with("Page with the link that tells most about it.", MAYBE),
    "anchor": _with("Words of that link.", MAYBE),
    "headings": _with("Headings above that link, outermost first.", listed(TEXT)),
    "pages": _with("Number of pages or slides.", {"type": ["integer", "null"]}),
    "source": MAYBE,
    "links": _with(
        "All links to it; none in the hits of a search.",
        listed(
            thing("A link to the document.", {"found_on": TEXT, "anchor": TEXT, "headings": listed(TEXT)})
        ),
    ),
    "series": _with("Shared by editions of one another and by what belongs to them.", MAYBE),
    "alike": _with("Ids of documents with nearly the same text; none in the hits of a search.", listed(TEXT)),
    "version": {"type": "integer", "minimum": 1},
    "first_seen": _with("When it was first held, UTC.", MAYBE),
    "fetched_at": _with("When this version was read, UTC.", MAYBE),
    "read_by": _with("text, ocr, or none: nothing readable in it.", TEXT),
    "problem": _with("Why it could not be read, or only in part.", MAYBE),
    "capture": _with("Place of the archived bytes: WARC file and offset.", MAYBE),
    "digest": _with("SHA-256 of those bytes.", MAYBE),
}
PAGE: Schema = {
    "number": {"type": "integer"},
    "label": _with("The number printed on it, where it differs.", MAYBE),
    "heading": MAYBE,
    "text": TEXT,
}
MATCHING: Schema = {
    "number": {"type": "integer"},
    "label": _with("The number printed on it, where it differs.", MAYBE),
    "heading": MAYBE,
    "matches": _with("Words on the page that match; of a phrase, each word.", COUNT),
    "url": _with("The original at that page.", TEXT),
    "snippet": _with("HTML; <mark> is the only element.", MAYBE),
}
HIT: Schema = RECORD | {
    "score": {"type": "number"},
    "page": _with("Number of the best page.", {"type": ["integer", "null"]}),
    "snippets": _with("HTML; <mark> is the only element.", listed(TEXT)),
    "matching_pages": _with(
        f"The best pages, at most {SHOWN_PAGES}; /research/concordance has every place.",
        listed(ref("MatchingPage")),
    ),
}
FIELDS = tuple(HIT)
"""What ``fields=`` may name; documents have all but the last four."""
DOCUMENT_FIELDS = tuple(RECORD)

_NEXT = _with("Value of cursor for what follows; null at the end.", MAYBE)
_FACETS: Schema = {"type": "object", "additionalProperties": listed(ref("FacetValue"))}

YEAR_COUNT: Schema = {
    "occurrences": COUNT,
    "documents": _with("Documents that the search finds.", COUNT),
    "words_held": _with("Words of all texts held within the filters, whatever the term.", COUNT),
    "documents_held": _with("Documents held within the filters, whatever the term.", COUNT),
    "per_million": _with("Occurrences in a million words held.", {"type": ["number", "null"]}),
    "per_document_held": _with("Documents found of those held.", {"type": ["number", "null"]}),
}

COMPONENTS: Schema = {
    "Index": thing(
        "The generation that was asked. Cite its id; give it as index= to ask it again.",
        {
            "id": TEXT,
            "built_at": TEXT,
            "documents": COUNT,
            "analysis": _with("Fingerprint of the language analysis.", TEXT),
            "corpus": _with("Fingerprint of the documents in it.", TEXT),
            "software": TEXT,
        },
    ),
    "FacetValue": thing(
        "A value and the documents that have it.", {"value": TEXT, "label": TEXT, "count": COUNT}
    ),
    "MatchingPage": thing("A page on which words of the query stand.", MATCHING),
    "Page": thing("One page of a document, a slide, or a headed section of a web page.", PAGE),
    "Document": thing(
        "A document. Unknown is null or []. With text=true also its text by page.",
        RECORD | {"text": listed(ref("Page"))},
        optional=("text",),
    ),
    "Hit": {
        "type": "object",
        "description": "A document and where the words stand. With fields= only those members.",
        "properties": HIT,
        "additionalProperties": False,
    },
    "SomeDocument": {
        "type": "object",
        "description": "A document; with fields= only those members.",
        "properties": RECORD | {"text": listed(ref("Page"))},
        "additionalProperties": False,
    },
    "SearchAnswer": answer(
        "Hits of a search.",
        {
            "query": TEXT,
            "total": COUNT,
            "hits": listed(ref("Hit")),
            "facets": _FACETS,
            "suggestion": _with("Did you mean.", MAYBE),
            "unmatched": _with("Words that no document has.", listed(TEXT)),
            "relaxed": _with(
                "True when no document has all the words: these have most of them.", {"type": "boolean"}
            ),
            "others": _with(
                "When few documents have all the words: the best that have most; not counted in total.",
                listed(ref("Hit")),
            ),
            "reading": _with("How each part of the query was read.", listed(ref("ReadTerm"))),
            "next": _NEXT,
        },
    ),
    "ReadTerm": thing(
        "One part of a query.",
        {
            "text": _with("As typed.", TEXT),
            "kind": _with("word, phrase, prefix, wildcard, fuzzy, near, field, excluded or ignored.", TEXT),
            "forms": _with("Words of the collection with the same stem, commonest first.", listed(TEXT)),
            "synonyms": listed(TEXT),
            "parts": _with("Parts of a compound.", listed(TEXT)),
            "documents": _with("Documents that it finds alone.", COUNT),
            "note": _with("What could not be read as typed.", MAYBE),
            "field": _with("titel, rubrik … as typed, where only that was searched; or empty.", TEXT),
        },
    ),
    "SuggestAnswer": answer(
        "Completions of what is typed.",
        {
            "query": TEXT,
            "suggestions": listed(
                thing(
                    "A completion.",
                    {"text": TEXT, "kind": TEXT, "target": MAYBE, "label": MAYBE, "href": MAYBE},
                )
            ),
        },
    ),
    "FacetsAnswer": answer(
        "Documents by value of every facet. A facet's counts disregard its own filter.",
        {"query": TEXT, "total": COUNT, "facets": _FACETS},
    ),
    "MatrixAnswer": answer(
        "Hits by municipality and year, with what is held there whatever the query and its filters. A "
        "document that concerns two municipalities or years counts under both; totals count it once.",
        {
            "query": TEXT,
            "total": COUNT,
            "without_place": _with("Hits that concern no known municipality.", COUNT),
            "years": listed({"type": "integer"}),
            "rows": listed(
                thing(
                    "One municipality; counts and held are aligned with years.",
                    {
                        "value": TEXT,
                        "label": TEXT,
                        "state": {"enum": ["crawled", "not_crawled", "failing"]},
                        "total": COUNT,
                        "undated": COUNT,
                        "counts": listed(COUNT),
                        "held": listed(COUNT),
                    },
                )
            ),
        },
    ),
    "ConcordanceAnswer": answer(
        "Occurrences in the running text (not titles, headings above links, link texts), in their context.",
        {
            "query": TEXT,
            "word": MAYBE,
            "near": {"type": ["integer", "null"]},
            "order": TEXT,
            "total": _with("Occurrences; those that share a word count as one.", COUNT),
            "documents": _with("Documents that have them.", COUNT),
            "matching": _with("Documents that the search finds, some perhaps by their title alone.", COUNT),
            "listed": _with("Occurrences that the list goes through.", COUNT),
            "sampled": _with(
                "True when the list is a sample, chosen at random but always the same.", {"type": "boolean"}
            ),
            "lines": listed(ref("ConcordanceLine")),
            "next": _NEXT,
        },
    ),
    "ConcordanceLine": thing(
        "One occurrence. left, match and right joined are one stretch of the page.",
        {
            "left": TEXT,
            "match": TEXT,
            "right": TEXT,
            "document": _with("Id of the document.", TEXT),
            "title": TEXT,
            "page": {"type": "integer"},
            "page_label": _with("The number printed on the page, where it differs.", MAYBE),
            "heading": MAYBE,
            "years": listed({"type": "integer"}),
            "municipalities": listed(TEXT),
            "published": MAYBE,
            "publisher": MAYBE,
            "kind": MAYBE,
            "url": _with("The original at that page.", TEXT),
            "link": _with("Our page of the document, at that page, with the words marked.", TEXT),
        },
    ),
    "TrendAnswer": answer(
        "A document that concerns several years counts in each of them, with all its words; one without a "
        "year only in undated. Totals count every document once.",
        {
            "years": _with(
                "Years that documents are held of, within the filters.", listed({"type": "integer"})
            ),
            "terms": listed(
                thing(
                    "One term; its years are those of the answer.",
                    {
                        "term": TEXT,
                        "years": listed(thing("One year.", {"year": {"type": "integer"}} | YEAR_COUNT)),
                        "undated": ref("YearCount"),
                        "total": ref("YearCount"),
                    },
                )
            ),
        },
    ),
    "YearCount": thing("Numbers of a year, of the documents without a year, or of all.", YEAR_COUNT),
    "KeywordsAnswer": answer(
        "Words significantly (p < 0.001) more frequent in the result set than in all other texts held.",
        {
            "query": TEXT,
            "documents": _with("Documents of the result set.", COUNT),
            "words": _with("Words of their text.", COUNT),
            "rest_documents": COUNT,
            "rest_words": COUNT,
            "total": COUNT,
            "keywords": listed(
                thing(
                    "A word in all its forms; word is the commonest.",
                    {
                        "word": TEXT,
                        "count": _with("Occurrences in the result set.", COUNT),
                        "documents": _with("Documents of it that have the word in their text.", COUNT),
                        "rest": _with("Occurrences in all other documents.", COUNT),
                        "rest_documents": COUNT,
                        "g2": _with(
                            "How sure: log-likelihood (Dunning 1993) over all four cells: count and rest, "
                            "and the other words of words and rest_words.",
                            {"type": "number"},
                        ),
                        "ratio": _with(
                            "How much, in doublings: log ratio (Hardie 2014), log2((count / words) / (rest / "
                            "rest_words)), where a rest of 0 is taken for 0.5.",
                            {"type": "number"},
                        ),
                    },
                )
            ),
            "next": _NEXT,
        },
    ),
    "CollocationsAnswer": answer(
        "Words significantly (p < 0.001) more frequent beside the words of the query than elsewhere in the "
        "texts within the filters.",
        {
            "query": TEXT,
            "window": COUNT,
            "occurrences": _with("Of the words of the query.", COUNT),
            "documents": _with("Documents that have them.", COUNT),
            "matching": _with("Documents that the search finds.", COUNT),
            "counted": _with("Those that were looked at: all, or a sample of a very large set.", COUNT),
            "words": _with("Words in all windows.", COUNT),
            "corpus_words": _with("Words of all texts within the filters, but the query's own.", COUNT),
            "total": COUNT,
            "collocations": listed(
                thing(
                    "A word in all its forms; word is the commonest.",
                    {
                        "word": TEXT,
                        "before": COUNT,
                        "after": COUNT,
                        "count": _with("In either; between two occurrences it counts once.", COUNT),
                        "frequency": _with("In all texts within the filters.", COUNT),
                        "g2": _with(
                            "How sure: log-likelihood (Dunning 1993) over all four cells: the word and other "
                            "words, in the windows and outside them.",
                            {"type": "number"},
                        ),
                        "dice": _with(
                            "How close, about 14 at most: logDice (Rychlý 2008), 14 + log2(2 count / "
                            "(occurrences + frequency)).",
                            {"type": "number"},
                        ),
                    },
                )
            ),
            "next": _NEXT,
        },
    ),
    "DocumentsAnswer": answer(
        "Documents of a result set.",
        {
            "query": TEXT,
            "total": COUNT,
            "documents": listed(ref("SomeDocument")),
            "next": _NEXT,
        },
    ),
    "DocumentAnswer": answer("One document.", {"document": ref("Document")}),
    "PagesAnswer": answer("The text of one document by page.", {"id": TEXT, "pages": listed(ref("Page"))}),
    "PageAnswer": answer(
        "The text of one page.",
        {
            "id": TEXT,
            "page": ref("Page"),
            "url": _with("The original at that page.", TEXT),
        },
    ),
    "MunicipalitiesAnswer": answer(
        "Every municipality of Sweden, and what is held of it.",
        {
            "municipalities": listed(
                thing(
                    "A municipality. state tells how its own site stands.",
                    {
                        "code": TEXT,
                        "name": TEXT,
                        "county": TEXT,
                        "state": {"enum": ["crawled", "not_crawled", "failing"]},
                        "documents": COUNT,
                        "years": _with("Documents held by year; none for those without.", COUNTS),
                    },
                )
            ),
        },
    ),
    "SourcesAnswer": answer(
        "Every source: what is held of it and what is missing.",
        {
            "sources": listed(
                thing(
                    "A source.",
                    {
                        "id": TEXT,
                        "name": TEXT,
                        "publisher": TEXT,
                        "state": {"enum": ["ok", "failing", "never_crawled", "disabled"]},
                        "municipality": MAYBE,
                        "county": MAYBE,
                        "documents": COUNT,
                        "captures": COUNT,
                        "last_crawl": MAYBE,
                        "last_success": MAYBE,
                        "refused_by_robots": COUNT,
                        "not_on_topic": COUNT,
                        "unreadable": COUNT,
                        "years": COUNTS,
                    },
                )
            ),
        },
    ),
    "StatusAnswer": answer(
        "The service, the generation in use, and those that can be asked with index=.",
        {
            "version": TEXT,
            "documents": COUNT,
            "kept": listed(TEXT),
            "sources": _with("Sources by state.", COUNTS),
        },
    ),
    "Manifest": thing(
        "What an export tells of itself, to cite it and to repeat it.",
        {
            "title": TEXT,
            "query": TEXT,
            "filters": _with("Those that were chosen.", {"type": "object"}),
            "sort": TEXT,
            "text": {"type": "boolean"},
            "documents": _with("Documents that have all the words and pass the filters.", COUNT),
            "index": ref("Index"),
            "made_at": TEXT,
            "software": TEXT,
            "address": _with("Gives the same again, as long as the generation is kept.", TEXT),
            "held": thing(
                "Denominators: what the generation holds, whatever is searched; none where not known. A "
                "document that concerns two municipalities or years counts under both.",
                {
                    "documents": COUNT,
                    "by_municipality_and_year": {"type": "object", "additionalProperties": COUNTS},
                },
            ),
        },
    ),
    "Problem": thing(
        "An error (RFC 9457).",
        {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "parameter": _with("The parameter that is wrong.", TEXT),
        },
        optional=("parameter",),
    ),
}
