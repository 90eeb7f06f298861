"""The filters beside every view of a search: their values with counts, what is chosen, and tidy addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from indexer.model import FACETS, UNKNOWN, FacetValue, Query, SearchResults
from indexer.search import Searcher
from search_web.charts import Histogram, histogram
from search_web.parameters import N_, address, chosen_values, is_filtered, without_filters, without_value
from search_web.reading import reading_view
from search_web.site import Visit, see_other
from search_web.texts import messages

SHOWN = 7  # values of a filter before "visa fler"
LISTED = 20  # values in the page, the commonest; the rest has a page of its own
LISTED_MUNICIPALITIES = 33  # all of Skåne

FACET_TITLES = {
    "municipality": N_("Kommun"),
    "county": N_("Län"),
    "year": N_("År"),
    "kind": N_("Typ av dokument"),
    "area": N_("Område"),
    "organisation_type": N_("Typ av organisation"),
    "publisher": N_("Utgivare"),
    "language": N_("Språk"),
    "format": N_("Filformat"),
    "source": N_("Källa"),
}
SINCE, UNTIL = N_("från och med %(year)s"), N_("till och med %(year)s")
OPEN_FACETS = ("municipality", "year", "kind", "area")
ORDER = (
    "municipality", "year", "kind", "area", "county", "organisation_type", "publisher", "language", "format",
    "source",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FacetView:
    name: str
    title: str
    values: tuple[FacetValue, ...]  # the commonest, the chosen ones always among them
    shown: int  # how many of them stand open
    total: int  # how many values there are
    chosen: int
    open: bool


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    href: str  # the search without it


def facet_views(results: SearchResults, language: str) -> tuple[FacetView, ...]:
    views, text = [], messages(language).gettext
    for name in ORDER:
        most = LISTED_MUNICIPALITIES if name == "municipality" else LISTED
        values = results.facets.get(name, ())
        if name == "year" or not [v for v in values if v.value != UNKNOWN]:
            continue
        # A value that is chosen stays where it stands: counts ignore the own filter, so nothing else moves
        # either. Only from the folded part it comes up.
        first, rest = values[:SHOWN], values[SHOWN:]
        up = [v for v in rest if v.selected]
        ranked = [*first, *up, *(v for v in rest if not v.selected)]
        chosen = sum(v.selected for v in values)
        views.append(
            FacetView(
                name,
                text(FACET_TITLES[name]),
                tuple(ranked[: max(most, SHOWN + len(up))]),
                SHOWN + len(up) if len(ranked) > SHOWN + 2 else len(ranked),
                len(ranked),
                chosen,
                name in OPEN_FACETS or chosen > 0,
            )
        )
    return tuple(views)


def counts_of(results: SearchResults, facet: str) -> dict[str, int]:
    return {v.value: v.count for v in results.facets.get(facet, ())}


def by_year(results: SearchResults, **size: int) -> Histogram | None:
    """Bars of the hits; ``size`` as ``histogram`` takes it."""
    f = results.query.filters
    return histogram(counts_of(results, "year"), (f.year_from, f.year_to), **size)


def chosen(query: Query, searcher: Searcher, language: str) -> list[tuple[str, str, str]]:
    """The chosen filters, as (name, value, label)."""
    text = messages(language).gettext

    def label(name: str, value: str) -> str:
        if value == UNKNOWN:
            return f"{text(FACET_TITLES[name])}: {searcher.label(name, value, language).lower()}"
        if name != "year":
            return searcher.label(name, value, language)
        if value.strip(".") == value:
            return value.replace("..", "–")
        return text(UNTIL if value[0] == "." else SINCE) % {"year": value.strip(".")}

    values = sorted(chosen_values(query.filters), key=lambda v: v[0] != "year" and 1 + ORDER.index(v[0]))
    return [(name, value, label(name, value)) for name, value in values]


def asked(query: Query, searcher: Searcher, language: str) -> str:
    """Words and filters in one line, for titles: those of two municipalities are told apart among tabs and
    feeds. "" without any."""
    labels = (label for _, _, label in chosen(query, searcher, language))
    return ", ".join(filter(None, (query.text, *labels)))


def chips(
    query: Query, searcher: Searcher, visit: Visit, path: str, extra: Mapping[str, str]
) -> tuple[Chip, ...]:
    """The chosen filters, each with the address of the search without it, shown in the same way."""
    return tuple(
        Chip(label, address(visit.url(path), widened(path, without_value(query, name, value)), extra.items()))
        for name, value, label in chosen(query, searcher, visit.language)
    )


def widened(path: str, query: Query) -> Query:
    """A list that has neither words nor filters left is that of all documents, not the start page."""
    bare = path == "/" and query == Query(limit=query.limit)
    return replace(query, sort="newest") if bare else query


def filter_view(
    results: SearchResults, searcher: Searcher, visit: Visit, path: str, extra: Mapping[str, str]
) -> dict[str, Any]:
    """What a view of a search at ``path`` shows of its filters and of how it was read; ``extra`` are its own
    parameters, which links keep."""
    return {
        "path": path,
        "extra": extra,
        "results": results,
        "total": results.total,
        "facets": facet_views(results, visit.language),
        "years": by_year(results, widest=264),  # its ends are named below its corners
        "undated": next((v for v in results.facets.get("year", ()) if v.value == UNKNOWN), None),
        "asked": asked(results.query, searcher, visit.language),
        "chips": chips(results.query, searcher, visit, path, extra),
        "filtered": is_filtered(results.query.filters),
        "unfiltered": widened(path, without_filters(results.query)),
        **reading_view(results, searcher, visit, path, extra),
    }


def tidied(visit: Visit, path: str, query: Query, extra: Mapping[str, str]) -> None:
    """Sends a reader on whose form left parameters that the permanent address of the search does without."""
    parts = visit.query_string.split("&")
    if any(part.endswith("=") or part.startswith(("year_from=", "year_to=")) for part in parts):
        raise see_other(address(visit.url(path), query, extra.items()))


assert set(ORDER) == set(FACETS)
