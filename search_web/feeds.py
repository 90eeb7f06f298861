"""What is new for a search: Atom and JSON Feed of the documents that were first seen last.

Every query with its filters has both, at /feed.atom and /feed.json with the parameters of the search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bottle import Bottle, HTTPResponse, request
from markupsafe import Markup, escape

from indexer.model import Document, Hit, Query
from indexer.search import Searcher
from search_web.api_answers import as_json
from search_web.api_parameters import SEARCH, query_of, read
from search_web.filters import asked
from search_web.parameters import N_, address
from search_web.site import Site, Visit, document_path, excerpt, path_of, web_address
from search_web.texts import messages, years
from search_web.xml_writer import add, root, written

ENTRIES = 50
NEW, EVERYTHING = N_("Nytt"), N_("alla dokument")
ATOM = "http://www.w3.org/2005/Atom"
PARAMETERS = SEARCH[:-1]  # the order is always the same


@dataclass(frozen=True, slots=True)
class Feed:
    """Times are as in the catalogue: UTC, 2026-11-20T10:00:00Z. Ids are addresses that stay; an entry has the
    same in each language."""

    id: str
    title: str
    home: str
    updated: str
    entries: tuple[Entry, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    title: str
    seen: str  # when it was first held
    updated: str
    about: str
    link: str  # our page of it, where the words of the search are marked
    passage: Markup | None  # where they stand, or how it begins
    original: str | None
    author: str | None
    language: str | None


def feed(searcher: Searcher, query: Query, visit: Visit, form: str) -> Feed:
    """The feed of a query; ``form`` is atom or json."""
    text = messages(visit.language).gettext
    built = searcher.generation.built_at
    entries = tuple(
        entry(hit, query, visit, built, about(hit.document, searcher, visit.language))
        for hit in searcher.latest(query, ENTRIES)
    )
    return Feed(
        visit.absolute(address(f"/feed.{form}", query)),
        f"{text(NEW)}: {asked(query, searcher, visit.language) or text(EVERYTHING)}",
        visit.absolute(address("/", query)),
        max((e.updated for e in entries), default=built),
        entries,
        visit.language,
    )


def entry(hit: Hit, query: Query, visit: Visit, built: str, about: str) -> Entry:
    d = hit.document
    seen = d.first_seen or d.fetched_at or built
    return Entry(
        visit.root + path_of(d.id),
        d.title,
        seen,
        max(seen, d.fetched_at or seen),
        about,
        visit.absolute(document_path(d, query)),
        excerpt(hit.snippet) if hit.snippet and hit.snippet.text else None,
        web_address(d.url),
        d.publisher,
        d.language,
    )


def content(e: Entry) -> str:
    """What a feed reader shows below the title, as HTML; many leave out ``mark``."""
    passage = str(e.passage or "").replace("mark>", "b>")  # in a text it is mark&gt;
    return f"<p>{escape(e.about)}</p>" + (f"<p>{passage}</p>" if passage else "")


def about(document: Document, searcher: Searcher, language: str) -> str:
    """One line: kind, places, years, publisher."""
    d = document
    parts = [
        searcher.label("kind", d.kind, language) if d.kind else "",
        ", ".join(searcher.label("municipality", code, language) for code in d.municipalities),
        years(d.years),
        d.publisher or "",
    ]
    return " · ".join(filter(None, parts))


def atom(feed: Feed) -> bytes:
    """RFC 4287."""
    top = root("feed", {"xmlns": ATOM, "xml:lang": feed.language})
    add(top, "id", feed.id)
    add(top, "title", feed.title)
    add(top, "updated", feed.updated)
    add(add(top, "author"), "name", "Barnrättskompassen – sök")
    add(top, "link", None, {"rel": "self", "href": feed.id, "type": "application/atom+xml"})
    add(top, "link", None, {"rel": "alternate", "href": feed.home, "type": "text/html"})
    for e in feed.entries:
        item = add(top, "entry")
        add(item, "id", e.id)
        add(item, "title", e.title)
        add(item, "published", e.seen)
        add(item, "updated", e.updated)
        add(item, "link", None, {"rel": "alternate", "href": e.link, "type": "text/html"})
        if e.original:
            add(item, "link", None, {"rel": "related", "href": e.original})
        if e.author:
            add(add(item, "author"), "name", e.author)
        add(item, "summary", content(e), {"type": "html"})
    return written(top)


def json_feed(feed: Feed) -> dict[str, Any]:
    """JSON Feed 1.1."""
    items: Sequence[dict[str, Any]] = [
        {
            "id": e.id,
            "url": e.link,
            "title": e.title,
            "content_text": "\n".join(filter(None, (e.about, e.passage and e.passage.striptags()))),
            "content_html": content(e),
            "date_published": e.seen,
            "date_modified": e.updated,
        }
        | ({"external_url": e.original} if e.original else {})
        | ({"authors": [{"name": e.author}]} if e.author else {})
        | ({"language": e.language} if e.language else {})
        for e in feed.entries
    ]
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.id,
        "language": feed.language,
        "items": items,
    }


def mount(app: Bottle, site: Site) -> None:
    def answer(form: str) -> Feed:
        query = query_of(read(request.query_string, PARAMETERS))
        return feed(site.searcher(), query, site.visit(), form)

    @app.get("/feed.atom")
    def as_atom() -> HTTPResponse:
        headers = {"Content-Type": "application/atom+xml; charset=utf-8"}
        return HTTPResponse(atom(answer("atom")), headers=headers)

    @app.get("/feed.json")
    def as_json_feed() -> HTTPResponse:
        return as_json(json_feed(answer("json")), "application/feed+json")
