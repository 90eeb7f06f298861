"""A trend as its page shows it: terms out of what was typed, curves, what they say in words, rows of a table.

``indexer.research`` counts; the page is one of ``search_web.research``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from indexer.findings import Trend, YearCount
from indexer.model import Query
from indexer.research import MOST_TERMS
from indexer.search import Searcher
from search_web.curves import Curves, curves
from search_web.parameters import N_, with_value
from search_web.reading import QUOTES
from search_web.site import Visit
from search_web.texts import comma, fixed

RELATIVE = ("per_million", "share")
LEAST_DRAWN = 5
"""Documents held of a year that a curve of shares shows, where there are such years."""
TREND_TITLES = {
    "per_million": N_("Förekomster per miljon ord"),
    "occurrences": N_("Förekomster"),
    "share": N_("Andel av dokumenten"),
    "documents": N_("Dokument"),
}
TREND_MEASURES = tuple(TREND_TITLES)
TREND_COLUMNS = (
    N_("term"), N_("år"), N_("förekomster"), N_("dokument"), N_("ord som finns"), N_("dokument som finns"),
    N_("förekomster per miljon ord"), N_("andel av dokumenten"),
)  # fmt: skip
_PART = re.compile(rf"((?:[{QUOTES}][^{QUOTES}]*[{QUOTES}]|[^,;])+)([,;]?)")
_FIELD = re.compile(r"([^\W\d_]+:)(?:[^:]*,\s*)?([^:]*)$")


def terms_of(text: str, searcher: Searcher) -> tuple[str, ...]:
    """The parts between commas or semicolons that are not inside quotation marks, nor between values of a
    field as the search reads them: kommun:Lund, Malmö.
    """

    def values(text: str) -> int:
        return sum(term.kind == "field" for term in searcher.reading(text))

    terms, before = [""], ";"
    for part, sign in _PART.findall(text):
        field = _FIELD.search(terms[-1]) if before == "," else None
        last = "".join(field.groups()) if field else ""  # a long list is not read again with each value
        if last and values(f"{last},{part}") > values(last) + values(part):
            terms[-1] += f",{part}"
        else:
            terms.append(part)
        before = sign
    return tuple(dict.fromkeys(t.strip() for t in terms if t.strip()))


def compared(text: str, searcher: Searcher) -> tuple[str, ...]:
    """As many of the terms as can be told apart in a picture."""
    return terms_of(text, searcher)[:MOST_TERMS]


def value(count: YearCount, measure: str) -> float | None:
    if measure == "share":
        return None if count.share is None else 100 * count.share
    found: float | None = getattr(count, measure)
    return found if count.documents_held else None


def drawn(trend: Trend, measure: str) -> frozenset[int]:
    """The years that the picture shows: a share of two documents is chance, and would set the scale."""
    held = {y.year: y.documents_held for y in trend.terms[0].years} if trend.terms else {}
    enough = frozenset(year for year, documents in held.items() if documents >= LEAST_DRAWN)
    return enough if measure in RELATIVE and len(enough) > 1 else frozenset(held)


def chart(trend: Trend, measure: str) -> Curves | None:
    years = drawn(trend, measure)
    return curves([{y.year: value(y, measure) for y in t.years if y.year in years} for t in trend.terms])


def peaks(trend: Trend, measure: str) -> list[tuple[str, int | None, float]]:
    """(term, year, value) of the highest of each curve: what the picture says, in words."""
    found, years = [], drawn(trend, measure)
    for t in trend.terms:
        known = [(v, -y.year) for y in t.years if y.year in years and (v := value(y, measure))]
        best = max(known, default=None)
        found.append((t.term, -best[1] if best else None, best[0] if best else 0.0))
    return found


def trend_view(query: Query, trend: Trend, measure: str, searcher: Searcher, visit: Visit) -> dict[str, Any]:
    """What the curves and their table show."""

    def axis(value_: float) -> str:
        return fixed(value_, 0 if value_ >= 100 or value_ == round(value_) else 1, visit.language)

    return {
        "trend": trend,
        "beyond": terms_of(query.text, searcher)[MOST_TERMS:],
        "most": MOST_TERMS,
        "chart": chart(trend, measure),
        "peaks": peaks(trend, measure),
        "left_out": len(trend.years) - len(drawn(trend, measure)) if trend.terms else 0,
        "least": LEAST_DRAWN,
        "measure": measure,
        "measure_title": TREND_TITLES[measure],
        "by_words": measure in ("per_million", "occurrences"),
        "of": lambda term, year: in_year(query, term, year),
        "marker": marker,
        "axis": axis,
    }


def trend_rows(trend: Trend, _: Callable[[str], str]) -> Iterator[list[object]]:
    """One line for each term and year, then for the documents without a year, then for all."""
    for t in trend.terms:
        named = [*((str(y.year), y) for y in t.years), (_("utan år"), t.undated), (_("totalt"), t.total)]
        for name, y in named:
            yield [
                t.term, name, y.occurrences, y.documents, y.words_held, y.documents_held,
                comma(y.per_million), comma(y.share),
            ]  # fmt: skip


def marker(number: int, x: float, y: float) -> Markup:
    """The mark of one of five curves: told apart by shape, not by colour alone."""
    shapes = (
        "M{a} {y}a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0 -7.2 0z", "M{a} {b}h7.2v7.2h-7.2z",
        "M{x} {t}l4.6 8h-9.2z", "M{x} {t}l4.8 4.8l-4.8 4.8l-4.8 -4.8z",
        "M{a} {b}l7.2 7.2m0 -7.2l-7.2 7.2",
    )  # fmt: skip
    places = {"x": x, "y": y, "a": round(x - 3.6, 1), "b": round(y - 3.6, 1), "t": round(y - 4.8, 1)}
    return Markup('<path class="marker" d="{}"/>').format(shapes[(number - 1) % 5].format(**places))


def in_year(query: Query, term: str, year: int | str | None) -> Query:
    """The search whose hits a number of the trend counts."""
    found = replace(query, text=term)
    return found if year is None else with_value(found, "year", str(year))
