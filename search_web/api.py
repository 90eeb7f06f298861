"""The same answers as JSON, below /api/v1. Parameters are those of the pages (``search_web.parameters``)."""

from __future__ import annotations

import json

from bottle import Bottle, HTTPResponse

from indexer.export import results_json
from search_web.parameters import QUERY_NAMES, Parameters, query_of
from search_web.site import Site
from search_web.texts import LANGUAGES

MAX_LIMIT = 100
SUGGESTIONS = 8


def answer(value: object) -> HTTPResponse:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return HTTPResponse(body, headers={"Content-Type": "application/json"})


def language_of(p: Parameters, site: Site) -> str:
    """The language of labels: ``lang``, else what the address or the browser prefers."""
    return p.choice("lang", LANGUAGES) if p.many("lang") else site.visit().language


def mount(app: Bottle, site: Site) -> None:
    @app.get("/api/v1/search")  # type: ignore[untyped-decorator]
    def search() -> HTTPResponse:
        p = site.parameters(*QUERY_NAMES, "lang")
        query = query_of(p, max_limit=MAX_LIMIT)
        return answer(results_json(site.searcher().search(query, language_of(p, site))))

    @app.get("/api/v1/suggest")  # type: ignore[untyped-decorator]
    def suggest() -> HTTPResponse:
        p = site.parameters("q", "limit", "lang")
        query = query_of(p, max_limit=20)
        limit = query.limit if p.many("limit") else SUGGESTIONS
        found = site.searcher().suggest(query.text, limit)
        return answer(
            {
                "query": query.text,
                "suggestions": [{"text": s.text, "kind": s.kind, "target": s.target} for s in found],
            }
        )
