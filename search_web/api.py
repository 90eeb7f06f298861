"""The same answers as JSON, below /api/v1. Parameters are those of the pages (``search_web.parameters``)."""

from __future__ import annotations

import json
from urllib.parse import quote

from bottle import Bottle, HTTPResponse

from indexer.export import results_json
from indexer.model import Suggestion
from search_web.parameters import N_, QUERY_NAMES, Parameters, query_of
from search_web.site import Site
from search_web.texts import LANGUAGES, messages

MAX_LIMIT = 100
SUGGESTIONS = 8
KINDS = {"title": N_("Ett dokument"), "place": N_("Kommun"), "year": N_("År")}
PAGES_OF = {"title": "/documents/", "place": "/municipalities/"}


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
        text, visit = messages(language_of(p, site)).gettext, site.visit()

        def shown(s: Suggestion) -> dict[str, str | None]:
            """``label`` says what it is; ``href`` is its page, null for words to search with."""
            page = PAGES_OF.get(s.kind) if s.target else None
            return {
                "text": s.text,
                "kind": s.kind,
                "target": s.target,
                "label": text(KINDS[s.kind]) if s.kind in KINDS else None,
                "href": visit.url(page + quote(str(s.target), safe="")) if page else None,
            }

        found = site.searcher().suggest(query.text, limit)
        return answer({"query": query.text, "suggestions": [shown(s) for s in found]})
