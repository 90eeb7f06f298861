"""How many documents of a search concern each municipality and year, beside how many are held there?

Not for how it is shown (``search_web.matrix``).
"""

from __future__ import annotations

import numpy as np

from indexer.alphabet import alphabetical
from indexer.engine.reader import Grid
from indexer.model import UNKNOWN, Filters, Matrix, MatrixRow, Query
from indexer.search import Searcher

STATES = ("crawled", "failing", "not_crawled")
"""How the site of a municipality stands, the best first."""


def by_place_and_year(searcher: Searcher, query: Query, language: str = "sv") -> Matrix:
    """The documents that have all the words, counted, with what is held there whatever the query.

    Of years that were asked for, no others: of them it would know only those documents that concern a year
    asked for as well.
    """
    tree = searcher.tree(query.text)
    grid = searcher.reader.grid(tree, query.filters)
    totals = dict(zip(grid.rows, grid.totals.tolist(), strict=True))
    years = _years(grid, query.filters)
    # What the grid does not have is read from a row and a column of zeros at its end.
    hits, held = (np.pad(counts, ((0, 1), (0, 1))) for counts in (grid.hits, grid.held))
    row = {code: i for i, code in enumerate(grid.rows)}
    column = {year: j for j, year in enumerate(grid.columns)}
    at, undated = [column.get(str(year), -1) for year in years], column.get(UNKNOWN, -1)
    states = site_states(searcher)

    def counted(code: str) -> MatrixRow:
        i = row.get(code, -1)
        return MatrixRow(
            code,
            searcher.label("municipality", code, language),
            tuple(hits[i, at].tolist()),
            tuple(held[i, at].tolist()),
            int(hits[i, undated]),
            totals.get(code, 0),
            states.get(code, "not_crawled"),
        )

    rows = sorted(map(counted, _places(grid, searcher, states)), key=lambda r: alphabetical(r.label))
    total, nowhere = searcher.count(query), counted(UNKNOWN)
    return Matrix(query, years, tuple(rows), total, nowhere, searcher.generation)


def site_states(searcher: Searcher) -> dict[str, str]:
    """Municipality → how its own site stands; of several sources the best. Those without one are left out."""
    found: dict[str, str] = {}
    for source in searcher.statuses():
        if source.municipality:
            state = {"ok": "crawled", "failing": "failing"}.get(source.state, "not_crawled")
            found[source.municipality] = min(found.get(source.municipality, state), state, key=STATES.index)
    return found


def _years(grid: Grid, filters: Filters) -> tuple[int, ...]:
    """From the first to the last year of which something is held, as far as they are asked for."""
    held = zip(grid.columns, grid.held.sum(axis=0).tolist(), strict=True)
    known = [int(year) for year, count in held if count and year != UNKNOWN]
    if not known:
        return ()
    first, last = filters.year_from or 0, filters.year_to or 9999
    return tuple(range(max(min(known), first), min(max(known), last) + 1))


def _places(grid: Grid, searcher: Searcher, states: dict[str, str]) -> set[str]:
    """Municipalities of which something is held, and those that are a source with all of their county: what
    is not crawled is a finding too."""
    held = zip(grid.rows, grid.held.sum(axis=1).tolist(), strict=True)
    codes = {code for code, count in held if count and code != UNKNOWN}
    for county in {code[:2] for code in states}:
        codes |= set(searcher.municipalities(county))
    return codes | set(states)
