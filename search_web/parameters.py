"""The public language of addresses: URL parameters ↔ ``Query``. Shared by the pages and the API.

Every name and value is checked; an unknown or malformed one raises ParameterError, which names it.
Changing a name is a change of the public interface.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from indexer.errors import QueryError
from indexer.model import AREAS, FACETS, FORMATS, KINDS, ORGANISATION_TYPES, SORTS, UNKNOWN, Filters, Query

PAGE_SIZES = (10, 25, 50, 100)
VIEWS = ("list", "compact")
LISTS = tuple(f for f in FACETS if f != "year")
"""Filters that take any number of values, each its own parameter: kind=policy&kind=strategy."""

QUERY_NAMES = frozenset({"q", "year", "year_from", "year_to", "sort", "page", "limit", *LISTS})
DEPTH = 10_000
"""Hits that paging by number reaches; exports and cursors reach all."""
MAX_QUERY = 500  # characters
MAX_PAIRS = 400
MAX_VALUE = 300
MAX_QUERY_STRING = 16_000

VALUE_PATTERNS = {
    "municipality": "[0-9]{4}",
    "county": "[0-9]{2}",
    "language": "[a-z]{2,3}",
    "source": "[a-z0-9-]{1,100}",
}
VALUE_SETS = {
    "kind": KINDS,
    "area": AREAS,
    "organisation_type": ORGANISATION_TYPES,
    "format": tuple(FORMATS),
}
EXAMPLES = {
    "municipality": "1283", "county": "12", "language": "sv", "source": "kfsk", "year": "2011..2014",
    "publisher": "Lunds kommun", "word": "plan", "term": "barnchecklista",
    "index": "20261122T225804.105Z-eee382",
    "cursor": "10.2ca50cad4b39.20261122T225804.105Z-eee382 (”next”)",
}  # fmt: skip
"""What stands in a message that refuses a value."""
YEAR = "[12][0-9]{3}"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
NO_SPAN = {"year_from": None, "year_to": None}


class ParameterError(QueryError):
    """``message`` is a text of the message catalogue with ``values`` for its %(placeholders)s."""

    def __init__(self, parameter: str, message: str, **values: object) -> None:
        self.message, self.values = message, {"parameter": parameter, **values}
        super().__init__(parameter, message % self.values)


class QueryStringTooLong(ParameterError):
    pass


def unknown_name(name: str, known: Iterable[str]) -> ParameterError:
    return ParameterError(
        name[:60],
        N_("Parametern ”%(parameter)s” finns inte. De som finns här är: %(known)s."),
        known=", ".join(sorted(known)),
    )


def several(name: str) -> ParameterError:
    return ParameterError(name, N_("”%(parameter)s” anges flera gånger men kan bara ha ett värde."))


def none_of(name: str, value: str, choices: Iterable[str]) -> ParameterError:
    return ParameterError(
        name,
        N_("”%(value)s” går inte att använda i ”%(parameter)s”. Välj något av: %(choices)s."),
        value=value[:60],
        choices=", ".join(choices),
    )


def not_like(name: str, value: str) -> ParameterError:
    return ParameterError(
        name,
        N_("”%(value)s” går inte att använda i ”%(parameter)s”. Exempel: %(example)s."),
        value=value[:60],
        example=EXAMPLES[name],
    )


def N_(text: str) -> str:  # noqa: N802 - the customary name, which the extraction of messages looks for
    """Marks a text for the message catalogues; it is translated where it is shown."""
    return text


def pairs(query_string: str) -> list[tuple[str, str]]:
    """The parameters of an address, decoded; empty values are kept."""
    if len(query_string) > MAX_QUERY_STRING:
        raise QueryStringTooLong("q", N_("Adressen är för lång. Sök med färre ord eller färre val."))
    try:
        found = parse_qsl(query_string, keep_blank_values=True, errors="strict", max_num_fields=MAX_PAIRS)
    except UnicodeDecodeError:
        raise ParameterError("q", N_("Adressen innehåller tecken som inte är kodade som UTF-8.")) from None
    except ValueError:
        raise ParameterError("q", N_("Adressen har för många delar. Ta bort några val.")) from None
    return [(name, CONTROL.sub(" ", value)) for name, value in found]


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one request: ``one`` and ``many`` read them, ``known`` refuses those left over."""

    values: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, query_string: str, known: Iterable[str]) -> Parameters:
        values: dict[str, list[str]] = {}
        allowed = set(known)
        for name, value in pairs(query_string):
            if name not in allowed:
                raise unknown_name(name, allowed)
            if value.strip():
                values.setdefault(name, []).append(value.strip())
        return cls({k: tuple(dict.fromkeys(v)) for k, v in values.items()})

    def many(self, name: str) -> tuple[str, ...]:
        return self.values.get(name, ())

    def one(self, name: str, default: str = "") -> str:
        given = self.values.get(name, ())
        if len(given) > 1:
            raise several(name)
        return given[0] if given else default

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of ``choices``; the first when not given."""
        value = self.one(name, choices[0])
        if value not in choices:
            raise none_of(name, value, choices)
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        return number_of(name, self.one(name, str(default)), low, high)


def number_of(name: str, value: str, low: int, high: int) -> int:
    """A whole number within bounds. Raises ParameterError."""
    if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
        raise ParameterError(
            name,
            N_("”%(value)s” går inte att använda i ”%(parameter)s”. Ange ett tal, %(low)s–%(high)s."),
            value=value[:60],
            low=low,
            high=high,
        )
    return int(value)


def text_of(p: Parameters) -> str:
    """The words asked for. Raises QueryStringTooLong for more than MAX_QUERY characters."""
    text = p.one("q")
    if len(text) > MAX_QUERY:
        raise QueryStringTooLong(
            "q",
            N_("Sökningen är %(length)s tecken lång. Den får ha högst %(longest)s."),
            length=len(text),
            longest=MAX_QUERY,
        )
    return text


def query_of(p: Parameters) -> Query:
    """The query that the parameters ask for. Raises ParameterError."""
    text = text_of(p)
    limit = int(p.choice("limit", tuple(map(str, PAGE_SIZES))))
    page = p.integer("page", 1, 1, 999_999_999)
    if page * limit > DEPTH:
        raise ParameterError(
            "page",
            N_("Bläddringen räcker till träff %(depth)s. Avgränsa sökningen för att nå resten."),
            depth=DEPTH,
        )
    return Query(text, _filters(p), p.choice("sort", SORTS), limit, page)


def _filters(p: Parameters) -> Filters:
    chosen: dict[str, Any] = {name: _values(p, name) for name in LISTS}
    low, high, unknown = _years(p)
    return Filters(**chosen, year_from=low, year_to=high, year_unknown=unknown)


def _values(p: Parameters, name: str) -> tuple[str, ...]:
    values = p.many(name)
    for value in values:
        if value == UNKNOWN:
            continue
        if name in VALUE_SETS and value not in VALUE_SETS[name]:
            raise none_of(name, value, (*VALUE_SETS[name], UNKNOWN))
        if len(value) > MAX_VALUE or not re.fullmatch(VALUE_PATTERNS.get(name, ".*"), value):
            raise not_like(name, value)
    return values


def _years(p: Parameters) -> tuple[int | None, int | None, bool]:
    """``year=2012``, ``year=2011..2014``, ``year=2011..``, ``year=none``, or year_from and year_to."""
    low, high, unknown = _year(p, "year_from"), _year(p, "year_to"), False
    if low is not None and high is not None:
        low, high = sorted((low, high))  # two fields of a form: whoever changes one is not done yet
    for value in p.many("year"):
        if value == UNKNOWN:
            unknown = True
            continue
        first, dots, last = value.partition("..")
        if low is not None or high is not None:
            raise ParameterError(
                "year", N_("Ange ett enda år eller ett enda spann, till exempel 2011..2014.")
            )
        if not (first or last) or not all(re.fullmatch(YEAR, v) for v in (first, last) if v):
            raise _bad_year("year", value)
        low = int(first) if first else None
        high = (int(last) if last else None) if dots else low
    if low is not None and high is not None and low > high:
        raise ParameterError(
            "year", N_("Spannet börjar %(low)s och slutar %(high)s: byt plats på åren."), low=first, high=last
        )
    return low, high, unknown


def _year(p: Parameters, name: str) -> int | None:
    value = p.one(name)
    if value and not re.fullmatch(YEAR, value):
        raise _bad_year(name, value)
    return int(value) if value else None


def _bad_year(name: str, value: str) -> ParameterError:
    return ParameterError(
        name,
        N_("”%(value)s” är inget år. Skriv 2012, ett spann som 2011..2014, eller none (utan år)."),
        value=value[:60],
    )


# --- and back ---------------------------------------------------------------------------------------------


def to_pairs(query: Query) -> list[tuple[str, str]]:
    """The shortest parameters that ``query_of`` reads as this query."""
    return [*([("q", query.text)] if query.text else []), *chosen_values(query.filters), *_shown(query)]


def chosen_values(f: Filters) -> list[tuple[str, str]]:
    """(facet, value) of all that the filters choose; of years the span."""
    found: list[tuple[str, str]] = []
    for name in FACETS:
        if name == "year":
            if f.year_from is not None or f.year_to is not None:
                found.append(("year", span(f.year_from, f.year_to)))
            if f.year_unknown:
                found.append(("year", UNKNOWN))
        else:
            found += [(name, value) for value in getattr(f, name)]
    return found


def _shown(query: Query) -> list[tuple[str, str]]:
    found = []
    if query.sort != SORTS[0]:
        found.append(("sort", query.sort))
    if query.limit != PAGE_SIZES[0]:
        found.append(("limit", str(query.limit)))
    if query.page != 1:
        found.append(("page", str(query.page)))
    return found


def span(low: int | None, high: int | None) -> str:
    return str(low) if low == high else f"{low or ''}..{high or ''}"


def address(path: str, query: Query, extra: Iterable[tuple[str, str]] = ()) -> str:
    """``path`` with the parameters of ``query`` and ``extra`` ones."""
    rest = [f"&{name}={encoded(value)}" for name, value in (*_shown(query), *extra)]
    parameters = "".join([_asked(query.text, query.filters), *rest])
    return f"{path}?{parameters[1:]}" if parameters else path


@lru_cache(maxsize=256)
def _asked(text: str, filters: Filters) -> str:
    """What all links of one result page to its own search have in common, each parameter behind an ``&``."""
    found = [("q", text)] if text else []
    return "".join([f"&{name}={encoded(value)}" for name, value in (*found, *chosen_values(filters))])


@lru_cache(maxsize=4096)
def encoded(value: str) -> str:
    """A value as it stands in an address. Kept: one page has the same words in some eighty links."""
    return quote_plus(value, safe=".:,")


def having(query: Query, **chosen: Any) -> Query:
    """The query with these filters as given here, from its first page."""
    return replace(query, filters=replace(query.filters, **chosen), page=1)


def with_value(query: Query, facet: str, value: str) -> Query:
    """The query narrowed to one value of a facet."""
    if facet != "year":
        return having(query, **{facet: (value,)})
    year = None if value == UNKNOWN else int(value)
    return having(query, year_from=year, year_to=year, year_unknown=year is None)


def without_value(query: Query, facet: str, value: str) -> Query:
    """The query with one chosen value taken away; for the year, ``value`` is the span or ``none``."""
    if facet == "year":
        return having(query, **({"year_unknown": False} if value == UNKNOWN else NO_SPAN))
    return having(query, **{facet: tuple(v for v in getattr(query.filters, facet) if v != value)})


def without_facet(query: Query, facet: str) -> Query:
    """The query with all that is chosen in one filter taken away."""
    return having(query, **({**NO_SPAN, "year_unknown": False} if facet == "year" else {facet: ()}))


def without_filters(query: Query) -> Query:
    return replace(query, filters=Filters(), page=1)


def is_filtered(filters: Filters) -> bool:
    return any(getattr(filters, f.name) not in (None, (), False) for f in fields(filters))
