"""What the API answers with: a JSON Schema for each object.

The objects themselves come from ``indexer.export`` and ``search_web.api``; tests hold them against these.
"""

from __future__ import annotations

from typing import Any

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


def _with(text: str, schema: Schema) -> Schema:
    return {**schema, "description": text}


RECORD: Schema = {
    "id": _with("Stable id, twelve hexadecimal digits.", TEXT),
    "url": _with("Address of the original.", TEXT),
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
    "contacts": listed(
        thing(
            "A contact that the document names.",
            {"role": MAYBE, "name": MAYBE, "email": TEXT, "phone": TEXT},
            optional=("email", "phone"),
        )
    ),
    "found_on": _with("Page with the link that tells most about it.", MAYBE),
    "anchor": _with("Words of that link.", MAYBE),
    "headings": _with("Headings above that link, outermost first.", listed(TEXT)),
    "pages": _with("Number of pages or slides.", {"type": ["integer", "null"]}),
    "source": MAYBE,
    "links": listed(
        thing("A link to the document.", {"found_on": TEXT, "anchor": TEXT, "headings": listed(TEXT)})
    ),
    "series": MAYBE,
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
    "heading": MAYBE,
    "text": TEXT,
}
MATCHING: Schema = {
    "number": {"type": "integer"},
    "label": _with("The number printed on it, where it differs.", MAYBE),
    "heading": MAYBE,
    "matches": COUNT,
    "url": _with("The original at that page.", TEXT),
    "snippet": _with("HTML; <mark> is the only element.", MAYBE),
}
HIT: Schema = RECORD | {
    "score": {"type": "number"},
    "page": _with("Number of the best page.", {"type": ["integer", "null"]}),
    "snippets": _with("HTML; <mark> is the only element.", listed(TEXT)),
    "matching_pages": listed(ref("MatchingPage")),
}
FIELDS = tuple(HIT)
"""What ``fields=`` may name; documents have all but the last four."""
DOCUMENT_FIELDS = tuple(RECORD)

_NEXT = _with("Value of cursor for what follows; null at the end.", MAYBE)
_FACETS: Schema = {"type": "object", "additionalProperties": listed(ref("FacetValue"))}

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
    "SearchAnswer": thing(
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
            "reading": _with("How each part of the query was read.", listed(ref("ReadTerm"))),
            "next": _NEXT,
            "index": ref("Index"),
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
        },
    ),
    "SuggestAnswer": thing(
        "Completions of what is typed.",
        {
            "query": TEXT,
            "suggestions": listed(
                thing(
                    "A completion.",
                    {"text": TEXT, "kind": TEXT, "target": MAYBE, "label": MAYBE, "href": MAYBE},
                )
            ),
            "index": ref("Index"),
        },
    ),
    "FacetsAnswer": thing(
        "Documents by value of every facet. A facet's counts disregard its own filter.",
        {"query": TEXT, "total": COUNT, "facets": _FACETS, "index": ref("Index")},
    ),
    "MatrixAnswer": thing(
        "Hits by municipality and year, with what is held there whatever the query. A document that concerns "
        "two municipalities or years counts under both; totals count it once.",
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
            "index": ref("Index"),
        },
    ),
    "DocumentsAnswer": thing(
        "Documents of a result set.",
        {
            "query": TEXT,
            "total": COUNT,
            "documents": listed(ref("SomeDocument")),
            "next": _NEXT,
            "index": ref("Index"),
        },
    ),
    "DocumentAnswer": thing("One document.", {"document": ref("Document"), "index": ref("Index")}),
    "PagesAnswer": thing(
        "The text of one document by page.", {"id": TEXT, "pages": listed(ref("Page")), "index": ref("Index")}
    ),
    "PageAnswer": thing(
        "The text of one page.",
        {
            "id": TEXT,
            "page": ref("Page"),
            "url": _with("The original at that page.", TEXT),
            "index": ref("Index"),
        },
    ),
    "MunicipalitiesAnswer": thing(
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
            "index": ref("Index"),
        },
    ),
    "SourcesAnswer": thing(
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
            "index": ref("Index"),
        },
    ),
    "StatusAnswer": thing(
        "The service, the generation in use, and those that can be asked with index=.",
        {
            "version": TEXT,
            "documents": COUNT,
            "kept": listed(TEXT),
            "sources": _with("Sources by state.", COUNTS),
            "index": ref("Index"),
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
                "Denominators: what the generation holds, whatever is searched; none where not known.",
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
