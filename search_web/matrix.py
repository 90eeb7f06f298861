"""The matrix: municipality × year for any search, as a page and as CSV. ``indexer.matrix`` counts it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from bottle import Bottle, HTTPResponse

from indexer.matrix import by_place_and_year
from indexer.model import SORTS, Filters, Matrix, MatrixRow, Query
from search_web.charts import LEVELS, level
from search_web.exports import as_csv, repeatable
from search_web.filters import filter_view, tidied
from search_web.held import why_none
from search_web.parameters import N_, QUERY_NAMES, Parameters, query_of, with_value
from search_web.site import Site
from search_web.texts import messages

ROW_TITLES = {"name": N_("Namn"), "total": N_("Antal"), "first": N_("Första år")}
MEASURE_TITLES = {"count": N_("Antal träffar"), "share": N_("Andel av det som finns")}
ROWS, MEASURES = tuple(ROW_TITLES), tuple(MEASURE_TITLES)
STATE_TITLES = {
    "crawled": N_("hämtad"),
    "not_crawled": N_("inte hämtad"),
    "failing": N_("källan svarar inte"),
}
MOST_YEARS = 40


@dataclass(frozen=True, slots=True)
class Cell:
    count: int
    held: int
    level: int  # shade 1…6 where there are hits
    blank: str | None  # why there are none: no_hit, nothing_held, not_crawled, failing


@dataclass(frozen=True, slots=True)
class RowView:
    row: MatrixRow
    cells: tuple[Cell, ...]
    first: int | None  # the first year with a hit


@dataclass(frozen=True, slots=True)
class MatrixView:
    years: tuple[int, ...]
    rows: tuple[RowView, ...]
    earlier: tuple[int, int] | None  # span of years left of those shown that have hits
    sums: tuple[int, ...]  # hits a year over all rows; a document of two municipalities counts in both


def shown_years(matrix: Matrix) -> tuple[tuple[int, ...], tuple[int, int] | None]:
    """The columns: the chosen span, or from the first hit on; at most the last MOST_YEARS of them."""
    years = matrix.years
    with_hits = [y for i, y in enumerate(years) if any(r.counts[i] for r in matrix.rows)]
    if with_hits and matrix.query.filters.year_from is None:
        years = tuple(y for y in years if y >= with_hits[0])
    shown = years[-MOST_YEARS:]
    left_out = [y for y in with_hits if shown and y < shown[0]]
    return shown, (left_out[0], shown[0] - 1) if left_out else None


def shown_rows(matrix: Matrix, filters: Filters) -> list[MatrixRow]:
    """The rows the filters leave: other municipalities of a joint document are not what was asked for."""
    rows = list(matrix.rows)
    if filters.municipality:
        rows = [r for r in rows if r.value in filters.municipality]
    if filters.county:
        rows = [r for r in rows if r.value[:2] in filters.county]
    return rows


def view(matrix: Matrix, measure: str, order: str) -> MatrixView:
    years, earlier = shown_years(matrix)
    columns = [matrix.years.index(y) for y in years]
    rows = shown_rows(matrix, matrix.query.filters)
    highest = max((r.counts[i] for r in rows for i in columns), default=0)

    def cell(row: MatrixRow, i: int) -> Cell:
        count, there = row.counts[i], row.held[i]
        if not count:
            return Cell(0, there, 0, why_none(there, row.state))
        shade = level(count, highest) if measure == "count" else math.ceil(LEVELS * count / max(there, count))
        return Cell(count, there, shade, None)

    views = [
        RowView(
            row,
            tuple(cell(row, i) for i in columns),
            next((y for y, n in zip(matrix.years, row.counts, strict=True) if n), None),
        )
        for row in rows
    ]
    if order == "total":
        views.sort(key=lambda v: -v.row.total)
    elif order == "first":
        views.sort(key=lambda v: (v.first or 9999, -v.row.total))
    sums = tuple(sum(r.counts[i] for r in rows) for i in columns)
    return MatrixView(years, tuple(views), earlier, sums)


def columns(matrix: Matrix, _: Callable[[str], str]) -> list[str]:
    """Of the file: one line for each municipality, and one for hits of none that is known; hits a year, then
    documents held a year."""
    held_title = _("finns %(year)s")
    first = [_("kommunkod"), _("kommun"), _("läge"), _("träffar"), _("utan år")]
    return [*first, *map(str, matrix.years), *(held_title % {"year": y} for y in matrix.years)]


def read(p: Parameters) -> tuple[Query, str, str]:
    return query_of(p), p.choice("measure", MEASURES), p.choice("rows", ROWS)


def extras(measure: str, order: str) -> dict[str, str]:
    """The parameters beside the query, where they differ from what is taken without them."""
    return {k: v for k, v in (("measure", measure), ("rows", order)) if v not in (MEASURES[0], ROWS[0])}


def mount(app: Bottle, site: Site) -> None:
    @app.get("/matrix")
    def page() -> str:
        visit, searcher = site.visit(), site.searcher()
        query, measure, order = read(site.parameters(*QUERY_NAMES, "measure", "rows"))
        tidied(visit, "/matrix", query, extras(measure, order))
        matrix = by_place_and_year(searcher, query, visit.language)
        first = replace(query, limit=1, page=1, snippets=False)
        counts = searcher.search(first, visit.language, relax=False)
        if not counts.total:  # the list has documents with most of the words: told, not counted
            listed = searcher.search(replace(first, facets=()), visit.language)
            counts = replace(counts, total=listed.total, relaxed=listed.relaxed)
        return site.render(
            "matrix.html",
            visit,
            {
                "query": query,
                "matrix": matrix,
                "view": view(matrix, measure, order),
                "measure": measure,
                "order": order,
                "measures": MEASURE_TITLES,
                "orders": ROW_TITLES,
                "extras": extras,
                **filter_view(
                    replace(counts, query=query), searcher, visit, "/matrix", extras(measure, order)
                ),
                "total": matrix.total,
                "section": N_("Kommun × år"),
                "again": repeatable(visit, "/matrix", searcher, replace(query, sort=SORTS[0])),
                "cell_query": cell_query,
            },
            searcher,
        )

    @app.get("/matrix.csv")
    def download() -> HTTPResponse:
        visit, searcher = site.visit(), site.searcher()
        query, _, _ = read(site.parameters(*QUERY_NAMES, "measure", "rows"))
        matrix = by_place_and_year(searcher, query, visit.language)
        text = messages(visit.language).gettext
        listed = shown_rows(matrix, query.filters)
        if matrix.nowhere.total:
            listed.append(matrix.nowhere)
        rows = (
            [
                r.value,
                r.label,
                "" if r is matrix.nowhere else text(STATE_TITLES[r.state]),
                r.total,
                r.undated,
                *r.counts,
                *r.held,
            ]
            for r in listed
        )
        titles = columns(matrix, text)
        return as_csv("matris", titles, rows, visit, searcher, query)


def cell_query(query: Query, code: str, year: int | str | None = None) -> Query:
    """The search whose hits one cell counts."""
    narrowed = with_value(query, "municipality", code)
    return narrowed if year is None else with_value(narrowed, "year", str(year))
