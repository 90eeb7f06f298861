"""The pages for researchers: concordance, trend, keywords, collocations. ``indexer.research`` counts.

Not for the API, which shares what numbers look like in files (``search_web.research_api``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bottle import Bottle, HTTPResponse

from indexer.findings import Line
from indexer.model import Filters, Hit, PageHit, Query
from indexer.research import (
    MEASURES,
    MOST_TERMS,
    MOST_WINDOW,
    ORDERS,
    SAMPLE,
    SIGNIFICANT,
    SPREAD,
    WINDOW,
)
from indexer.search import Searcher
from search_web.exports import as_csv, repeatable
from search_web.filters import filter_view, tidied
from search_web.hits import PageView, page_view
from search_web.parameters import (
    N_,
    QUERY_NAMES,
    ParameterError,
    Parameters,
    address,
    is_filtered,
    query_of,
)
from search_web.research_api import hit_path, marked_text, research
from search_web.results import pager
from search_web.site import Site, Visit
from search_web.texts import comma, fixed, messages
from search_web.trend import (
    TREND_COLUMNS,
    TREND_MEASURES,
    TREND_TITLES,
    compared,
    terms_of,
    trend_rows,
    trend_view,
)

LINES = 50
ROWS = 100
FEW = 10  # words of each kind in the overview
FEW_LINES = 6
EXAMPLE = '"barnets bästa"'
DEPTH = 20_000
"""Lines that paging by number reaches; the file has all."""
ALL = 1_000_000_000
NAMES = QUERY_NAMES - {"limit"}

ORDER_TITLES = {
    "document": N_("Dokument"),
    "oldest": N_("Äldst"),
    "newest": N_("Nyast"),
    "left": N_("Ordet före"),
    "right": N_("Ordet efter"),
}
MEASURE_TITLES = {"dice": N_("logDice (hur tätt)"), "g2": N_("G² (hur säkert)")}
WINDOWS = (2, 3, 5, 10)
SPREADS = (0, 5, 20, 50)
SECTIONS = (
    ("/research", N_("Översikt")),
    ("/research/concordance", N_("Konkordans")),
    ("/research/trend", N_("Trend")),
    ("/research/keywords", N_("Nyckelord")),
    ("/research/collocations", N_("Grannord")),
)
assert tuple(ORDER_TITLES) == ORDERS and tuple(MEASURE_TITLES) == MEASURES


def asked(p: Parameters, size: int = ROWS) -> tuple[Query, int]:
    """The query and the page, of ``size`` lines."""
    page = p.integer("page", 1, 1, 999_999_999)
    if (page - 1) * size >= DEPTH:
        raise ParameterError(
            "page", N_("Bläddringen räcker till rad %(depth)s. Ladda ner filen för att få allt."), depth=DEPTH
        )
    values = {k: v for k, v in p.values.items() if k not in ("page", "sort")}
    return query_of(Parameters(values)), page


def again(visit: Visit, searcher: Searcher, query: Query, path: str, extra: Mapping[str, str]) -> str | None:
    """Where the API gives the same numbers of the same generation; None where nothing was asked for."""
    if path == "/research":
        return None
    if path != "/research/trend":
        narrowed = path == "/research/keywords" and is_filtered(query.filters)
        counted = query.text or "word" in extra or narrowed
        return repeatable(visit, path, searcher, query, extra.items()) if counted else None
    terms = [("term", term) for term in compared(query.text, searcher)]
    return repeatable(visit, path, searcher, replace(query, text=""), terms) if terms else None


# --- pages ------------------------------------------------------------------------------------------------


def page_link(line: Line, text: str, visit: Visit) -> PageView:
    """Where a line stands, as result lists show it; the title beside it leads there too."""
    heading = line.page.heading if line.page.heading != line.document.title else None
    page = PageHit(line.page.number, line.page.label, heading, 1, None, line.url)
    return page_view(Hit(line.document, 0.0), page, Query(text), visit)


def mount(app: Bottle, site: Site) -> None:
    def shown(
        path: str, query: Query, extra: Mapping[str, str], view: Mapping[str, Any], text: str | None = None
    ) -> str:
        """One of the pages, with what all show: filters with counts, sections, how the query was read.

        ``text``: what is counted, where it is not what was asked.
        """
        visit, searcher = site.visit(), site.searcher()
        counted = replace(query, text=query.text if text is None else text, limit=1, snippets=False)
        counts = searcher.search(counted, visit.language, relax=False)
        meant = counts.suggestion if counted.text == query.text else None
        common = {
            **filter_view(replace(counts, query=query, suggestion=meant), searcher, visit, path, extra),
            "query": query,
            "section": dict(SECTIONS)[path],
            "sections": SECTIONS,
            "again": again(visit, searcher, query, path, extra),
            "given": given,
            "fixed": lambda value, digits: fixed(value, digits, visit.language),
        }
        template = f"{path[1:].replace('/', '_')}.html"
        return site.render(template, visit, {**common, **view}, searcher)

    def to_page(path: str, query: Query, extra: Mapping[str, str]) -> Callable[[int], str]:
        """The address of a page of a list."""
        url = site.visit().url(path)
        return lambda n: address(url, query, (*extra.items(), *([("page", str(n))] if n > 1 else [])))

    @app.get("/research")
    def overview() -> str:
        visit, searcher, path = site.visit(), site.searcher(), "/research"
        query, _ = asked(site.parameters(*NAMES))
        tidied(visit, path, query, {})
        some = query if query.text else replace(query, text=EXAMPLE)
        known = research(searcher)
        trend = known.trend(compared(some.text, searcher), query.filters)
        few = replace(some, limit=FEW)
        found = known.concordance(replace(some, limit=FEW_LINES))
        view = {
            **trend_view(some, trend, "share", searcher, visit),
            "shown": some,
            "example": not query.text,
            "lines": [(x, hit_path(x, some.text)) for x in found.lines],
            "occurrences": found.total,
            "documents": found.documents,
            "keywords": known.keywords(few),
            "collocations": known.collocations(few),
        }
        return shown(path, query, {}, view, some.text)

    @app.get("/research/concordance")
    def concordance() -> str:
        visit, path = site.visit(), "/research/concordance"
        p = site.parameters(*NAMES, "order", "word", "near")
        query, page = asked(p, LINES)
        order, word = p.choice("order", ORDERS), p.one("word")[:100] or None
        near = p.integer("near", WINDOW, 1, MOST_WINDOW) if word and p.one("near") else None
        extra = given(order=order, word=word, near=near)
        tidied(visit, path, query, extra)
        found = research(site.searcher()).concordance(
            replace(query, limit=LINES), order, word=word, near=near, offset=(page - 1) * LINES
        )
        text = marked_text(query, word)
        view = {
            "found": found,
            "lines": [(x, page_link(x, text, visit), hit_path(x, text)) for x in found.lines],
            "pager": pager(page, LINES, len(found.lines), found.listed, to_page(path, query, extra), DEPTH),
            "order": order,
            "orders": ORDER_TITLES,
            "word": word,
            "near": near,
            "sample": SAMPLE,
            **({"alone": None} if word else {}),
        }
        return shown(path, query, extra, view)

    def trend_asked(p: Parameters, searcher: Searcher) -> tuple[Query, tuple[str, ...], str]:
        query, _ = asked(p)
        return query, compared(query.text, searcher), p.choice("measure", TREND_MEASURES)

    @app.get("/research/trend")
    def trend() -> str:
        visit, searcher, path = site.visit(), site.searcher(), "/research/trend"
        query, terms, measure = trend_asked(site.parameters(*NAMES, "measure"), searcher)
        extra = given(measure=measure)
        tidied(visit, path, query, extra)
        found = research(searcher).trend(terms, query.filters)
        either = terms[0] if len(terms) == 1 else " ELLER ".join(f"({t})" for t in terms)
        view = {**trend_view(query, found, measure, searcher, visit), "measures": TREND_TITLES}
        return shown(path, query, extra, view, either)

    @app.get("/research/trend.csv")
    def trend_csv() -> HTTPResponse:
        visit, searcher = site.visit(), site.searcher()
        query, terms, _ = trend_asked(site.parameters(*NAMES, "measure"), searcher)
        if terms != terms_of(query.text, searcher):  # a file cannot say that something is not in it
            raise ParameterError(
                "q", N_("Jämför högst %(most)s ord eller fraser åt gången."), most=MOST_TERMS
            )
        text = messages(visit.language).gettext
        rows = trend_rows(research(searcher).trend(terms, query.filters), text)
        return as_csv(
            "trend", [text(c) for c in TREND_COLUMNS], rows, visit, searcher, replace(query, text="")
        )

    def keywords_asked(p: Parameters) -> tuple[Query, int, int, bool]:
        query, page = asked(p)
        spread = p.integer("spread", SPREAD, 0, 100)
        return query, page, spread, p.choice("common", ("", "true")) == "true"

    @app.get("/research/keywords")
    def keywords() -> str:
        path = "/research/keywords"
        query, page, spread, common = keywords_asked(site.parameters(*NAMES, "spread", "common"))
        extra = given(spread=spread, common=common)
        tidied(site.visit(), path, query, extra)
        found = research(site.searcher()).keywords(
            replace(query, limit=ROWS), spread=spread, common=common, offset=(page - 1) * ROWS
        )
        view = {
            "found": found,
            "pager": pager(page, ROWS, len(found.rows), found.total, to_page(path, query, extra), DEPTH),
            "spread": spread,
            "spreads": SPREADS,
            "common": common,
            "significant": SIGNIFICANT,
            "word_query": lambda word: Query(marked_text(query, word)),
            "no_filters": Filters(),
        }
        return shown(path, query, extra, view)

    @app.get("/research/keywords.csv")
    def keywords_csv() -> HTTPResponse:
        visit, searcher = site.visit(), site.searcher()
        query, _, spread, common = keywords_asked(site.parameters(*NAMES, "spread", "common"))
        text = messages(visit.language).gettext
        found = research(searcher).keywords(replace(query, limit=ALL), spread=spread, common=common)
        columns = (
            N_("ord"), N_("förekomster i träffarna"), N_("dokument"), N_("förekomster i övriga"),
            N_("övriga dokument"), "G2", N_("log-kvot"), N_("ord i träffarna"), N_("ord i övriga"),
        )  # fmt: skip
        rows = (
            [k.word, k.count, k.documents, k.rest, k.rest_documents, comma(k.g2), comma(k.ratio),
             found.words, found.rest_words]
            for k in found.rows
        )  # fmt: skip
        return as_csv("nyckelord", [text(c) for c in columns], rows, visit, searcher, query)

    def collocations_asked(p: Parameters) -> tuple[Query, int, str, int, bool]:
        query, page = asked(p)
        measure, window = p.choice("measure", MEASURES), p.integer("window", WINDOW, 1, MOST_WINDOW)
        return query, page, measure, window, p.choice("common", ("", "true")) == "true"

    @app.get("/research/collocations")
    def collocations() -> str:
        path = "/research/collocations"
        p = site.parameters(*NAMES, "measure", "window", "common")
        query, page, measure, window, common = collocations_asked(p)
        extra = given(measure=measure, window=window, common=common)
        tidied(site.visit(), path, query, extra)
        found = research(site.searcher()).collocations(
            replace(query, limit=ROWS), measure, window=window, common=common, offset=(page - 1) * ROWS
        )
        view = {
            "found": found,
            "pager": pager(page, ROWS, len(found.rows), found.total, to_page(path, query, extra), DEPTH),
            "measure": measure,
            "measures": MEASURE_TITLES,
            "window": window,
            "windows": WINDOWS,
            "common": common,
            "no_words": replace(query, text=""),
        }
        return shown(path, query, extra, view)

    @app.get("/research/collocations.csv")
    def collocations_csv() -> HTTPResponse:
        visit, searcher = site.visit(), site.searcher()
        p = site.parameters(*NAMES, "measure", "window", "common")
        query, _, measure, window, common = collocations_asked(p)
        text = messages(visit.language).gettext
        found = research(searcher).collocations(
            replace(query, limit=ALL), measure, window=window, common=common
        )
        columns = (
            N_("ord"), N_("före"), N_("efter"), N_("tillsammans"), N_("i alla texter"), "logDice", "G2",
        )  # fmt: skip
        rows = (
            [c.word, c.before, c.after, c.count, c.frequency, comma(c.dice), comma(c.g2)] for c in found.rows
        )
        return as_csv("grannord", [text(c) for c in columns], rows, visit, searcher, query)


_UNSAID: Mapping[str, tuple[object, ...]] = {
    "order": (ORDERS[0],),
    "measure": (TREND_MEASURES[0], MEASURES[0]),
    "spread": (SPREAD,),
    "window": (WINDOW,),
    "common": (False,),
}


def given(**values: object) -> dict[str, str]:
    """A page's own parameters as they stand in its address: what holds without being said is left out."""
    said = {k: v for k, v in values.items() if v not in (None, *_UNSAID.get(k, ()))}
    return {k: "true" if v is True else str(v) for k, v in said.items()}
