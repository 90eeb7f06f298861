"""The search page: start, result list, filters, and the page that lists all values of one filter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from bottle import Bottle, request

from indexer.alphabet import alphabetical
from indexer.model import AREAS, FACETS, SORTS, UNKNOWN, Query, SearchResults
from indexer.search import Searcher
from search_web.filters import FACET_TITLES, ORDER, filter_view, tidied
from search_web.held import NOT_CRAWLED, Held, held
from search_web.hits import hit_views
from search_web.maps import draw
from search_web.parameters import (
    DEPTH,
    N_,
    PAGE_SIZES,
    QUERY_NAMES,
    VIEWS,
    ParameterError,
    address,
    is_filtered,
    query_of,
    without_facet,
    without_filters,
)
from search_web.site import Site, Visit
from search_web.texts import messages

PLACE = re.compile(r"(?i)(kommun|municipality):")  # a field of the query language, by its two names
SORT_TITLES = {
    "relevance": N_("Relevans"),
    "newest": N_("Nyast"),
    "oldest": N_("Äldst"),
    "title": N_("Titel"),
}


def pager(
    page: int, size: int, shown: int, total: int, to: Callable[[int], str], depth: int = DEPTH
) -> dict[str, Any]:
    """Which pages to link to, as (number, address): the first, those around the current one, the last; None
    stands for a gap. ``shown``: items on this page; ``to``: the address of a page of this list.
    """
    reach = min(total, depth)
    last = max(1, -(-reach // size))
    near = sorted({1, last, *range(max(1, page - 2), min(last, page + 2) + 1)})
    address_of = {p: to(p) for p in near}
    pages: list[tuple[int, str] | None] = []
    for before, p in zip((0, *near), near, strict=False):
        if p - before > 1:
            pages.append(None)
        pages.append((p, address_of[p]))
    return {
        "pages": pages,
        "page": page,
        "previous": address_of.get(page - 1),
        "next": address_of.get(page + 1),
        "last": last,
        "first_item": (page - 1) * size + 1 if shown else 0,
        "last_item": (page - 1) * size + shown,
        "total": total,
        "reach": reach if reach < total else None,
    }


def uncovered(results: SearchResults, known: Held) -> list[tuple[str, str]]:
    """The municipalities asked for that a search cannot have found, as (code, why): not_crawled or failing.
    They are chosen by a filter, by a field, or named by words that match nothing. What others wrote
    about a municipality says nothing of what its own site has."""
    chosen = results.query.filters.municipality if not results.total else ()
    fields = [term.forms for term in results.reading if term.kind == "field" and PLACE.match(term.text)]
    named = [known.names.get(word.casefold(), UNKNOWN) for word in results.unmatched]
    return [
        (code, known.state(code))
        for code in dict.fromkeys((*chosen, *chain.from_iterable(fields), *named))
        if code != UNKNOWN
        and known.state(code) != "crawled"
        and (
            not known.count("municipality", code) or (not results.total and known.state(code) == NOT_CRAWLED)
        )
    ]


def nearly(results: SearchResults, searcher: Searcher, language: str) -> list[tuple[str, Query, int]]:
    """Where several filters together leave nothing: what each search without one of them would find, as
    (the filter's title, the search, hits)."""
    if results.total:
        return []
    text = messages(language).gettext
    without_one = [(text(FACET_TITLES[facet]), without_facet(results.query, facet)) for facet in ORDER]
    chosen = [(title, query) for title, query in without_one if query.filters != results.query.filters]
    if len(chosen) < 2:
        return []
    found = [
        (title, query, searcher.search(replace(query, limit=0, facets=(), snippets=False)))
        for title, query in chosen
    ]
    return [(title, query, r.total) for title, query, r in found if r.total and not r.relaxed]


def without(results: SearchResults, searcher: Searcher) -> SearchResults | None:
    """What the same words find without the filters that left nothing of it; None: nothing either."""
    if results.total or not is_filtered(results.query.filters):
        return None
    query = replace(without_filters(results.query), limit=0, facets=(), snippets=False)
    found = searcher.search(query)
    return found if found.total else None


def view(
    results: SearchResults, searcher: Searcher, visit: Visit, style: str, extra: Mapping[str, str]
) -> Mapping[str, Any]:
    """What the result page shows; ``extra`` says in addresses that it is shown in this ``style``."""
    query = results.query
    known, first = held(searcher), replace(query, page=1)
    path, text = visit.url("/"), messages(visit.language).gettext
    # Without words nothing is more relevant than another: such a list is in order of time.
    sort = query.sort if query.text or query.sort != SORTS[0] else "newest"
    offered = [s for s in SORTS if query.text or s != SORTS[0]]

    def to(query: Query) -> str:
        return address(path, query, extra.items())

    return {
        **filter_view(results, searcher, visit, "/", extra),
        "query": query,
        "hits": hit_views(results.hits, query, searcher, visit),
        "others": hit_views(results.others, query, searcher, visit),
        "pager": pager(
            query.page, query.limit, len(results.hits), results.total, lambda p: to(replace(query, page=p))
        ),
        "uncovered": uncovered(results, known),
        "nearly": nearly(results, searcher, visit.language),
        "without": without(results, searcher),
        "style": style,
        "sorts": [(text(SORT_TITLES[s]), to(replace(first, sort=s)), s == sort) for s in offered],
        "sizes": [(size, to(replace(first, limit=size))) for size in PAGE_SIZES],
    }


EXAMPLES = {
    "sv": (
        ("barnchecklista", "/?q=barnchecklista"),
        ("processplan 2012", "/?q=processplan+2012"),
        ("”barnets bästa” i protokoll", "/?q=%22barnets+b%C3%A4sta%22&kind=minutes"),
        ("barnrätts* om utbildning", "/?q=barnr%C3%A4tts*&area=education"),
    ),
    "en": (
        ("barnchecklista (checklists)", "/?q=barnchecklista"),
        ("processplan 2012 (process plans)", "/?q=processplan+2012"),
        ("“barnets bästa” in minutes", "/?q=%22barnets+b%C3%A4sta%22&kind=minutes"),
    ),
}


def start(known: Held, language: str) -> Mapping[str, Any]:
    """What the page before the first search shows."""
    kinds = sorted(known.counts.get("kind", {}).items(), key=lambda item: -item[1])
    municipalities = known.counts.get("municipality", {})
    return {
        "query": Query(),
        "held": known,
        "areas": [a for a in AREAS if known.count("area", a)],
        "kinds": [(k, n) for k, n in kinds if k != UNKNOWN][:8],
        "places": sum(1 for code in municipalities if code != UNKNOWN),
        "map": draw(municipalities, known),
        "examples": EXAMPLES[language],
    }


def mount(app: Bottle, site: Site) -> None:
    @app.get("/")
    def search() -> str:
        visit, searcher = site.visit(), site.searcher()
        if not request.query_string:
            return site.render("start.html", visit, start(held(searcher), visit.language), searcher)
        p = site.parameters(*QUERY_NAMES, "view")
        query, style = query_of(p), p.choice("view", VIEWS)
        extra = {"view": style} if style != VIEWS[0] else {}
        tidied(visit, "/", query, extra)
        results = searcher.search(query, visit.language)
        site.searched(results)
        return site.render("results.html", visit, view(results, searcher, visit, style, extra), searcher)

    @app.get("/values/<facet>")
    def values(facet: str) -> str:
        visit, searcher = site.visit(), site.searcher()
        if facet not in FACETS:
            raise ParameterError("facet", N_("Det finns inget filter ”%(value)s”."), value=facet[:60])
        query = query_of(site.parameters(*QUERY_NAMES))
        results = searcher.search(
            replace(query, limit=0, page=1, facets=(facet,), snippets=False), visit.language
        )
        found = sorted(results.facets[facet], key=lambda v: alphabetical(v.label))
        return site.render(
            "values.html",
            visit,
            {"facet": facet, "title": FACET_TITLES[facet], "values": found, "query": query},
            searcher,
        )


assert set(SORT_TITLES) == set(SORTS)
