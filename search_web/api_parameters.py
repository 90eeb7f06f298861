"""What an operation of the API takes: one table of parameters, each with the JSON Schema that checks it.

The description of the API (``search_web.openapi``) shows the same schemas, so it cannot promise anything else
than what is checked. Not for the parameters of pages, which forgive more (``search_web.parameters``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from indexer.model import FACETS, LANGUAGES, SORTS, UNKNOWN, Filters, Query
from search_web.parameters import (
    DEPTH,
    LISTS,
    MAX_QUERY,
    MAX_VALUE,
    N_,
    VALUE_PATTERNS,
    VALUE_SETS,
    YEAR,
    ParameterError,
    QueryStringTooLong,
    none_of,
    not_like,
    number_of,
    pairs,
    several,
    unknown_name,
)

MAX_LIMIT = 100
Schema = Mapping[str, Any]

_SPAN = rf"({YEAR}|{YEAR}\.\.({YEAR})?|\.\.{YEAR})"


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    text: str  # what it is for, one or two sentences of English
    schema: Schema  # of a string, an integer, a boolean, or an array of strings
    where: str = "query"  # or "path"
    commas: bool = False  # an array is written fields=id,title instead of kind=policy&kind=report
    required: bool = False


def _one_of(values: Sequence[str]) -> Schema:
    return {"type": "string", "enum": list(values)}


def _list(items: Schema, most: int) -> Schema:
    return {"type": "array", "items": items, "maxItems": most}


def _any_of(name: str) -> Schema:
    return _list(_one_of((*VALUE_SETS[name], UNKNOWN)), len(VALUE_SETS[name]) + 1)


def _codes(name: str, most: int = 100) -> Schema:
    return _list({"type": "string", "pattern": f"^({VALUE_PATTERNS[name]}|{UNKNOWN})$"}, most)


Q = Parameter(
    "q",
    "Words to look for. All of them have to be there; OR, -word, \"a phrase\", prefix* and fields (titel:, "
    "år:2011..2014, kommun:) are understood. A word stands for compounds with it, for words with the same "
    "meaning and, if it is a compound, for its last part too; in quotation marks for itself, in its forms. "
    "Nothing: every document that the filters leave.",
    {"type": "string", "maxLength": MAX_QUERY},
)  # fmt: skip
LANG = Parameter(
    "lang", "Language of labels and messages. Without it Accept-Language decides.", _one_of(LANGUAGES)
)
INDEX = Parameter(
    "index",
    "The generation of the index to ask, by the id that every answer names. Without it the newest. One "
    "that is no longer kept gives 404.",
    {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9.-]{0,79}$"},
)  # fmt: skip
SORT = Parameter("sort", "Order of the hits.", {**_one_of(SORTS), "default": SORTS[0]})
LIMIT = Parameter(
    "limit",
    "Hits in one answer.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 10},
)
PAGE = Parameter(
    "page",
    "Page of the list of hits, 1, 2, …; to go through all of them use cursor.",
    {"type": "integer", "minimum": 1, "maximum": DEPTH // MAX_LIMIT},
)
CURSOR = Parameter(
    "cursor",
    "Where to go on: next of the answer before, with all other parameters as they were. It holds on to the "
    "generation it began with, so that nothing is missed and nothing comes twice. 409 when it does not "
    "belong to this search.",
    {"type": "string", "pattern": r"^[0-9]{1,9}\.[0-9a-f]{12}\.[A-Za-z0-9][A-Za-z0-9.-]{0,79}$"},
)  # fmt: skip

FILTERS = (
    Parameter("municipality", "SCB codes of municipalities the document concerns.", _codes("municipality")),
    Parameter("county", "SCB codes of counties the document concerns.", _codes("county", 25)),
    Parameter(
        "year",
        f"The years it concerns: 2012, 2011..2014, 2011.., ..2014; {UNKNOWN} for documents without a year; "
        f"both as 2011..2014,{UNKNOWN}. Of a span, either year may stand first.",
        {"type": "string", "pattern": f"^({UNKNOWN}|{_SPAN}|{_SPAN},{UNKNOWN})$"},
    ),
    Parameter("kind", "What kind of document it is.", _any_of("kind")),
    Parameter("area", "Area of the work.", _any_of("area")),
    Parameter(
        "organisation_type",
        "Type of the organisation whose work it describes.",
        _any_of("organisation_type"),
    ),
    Parameter(
        "publisher",
        "Who puts it out, exactly as in the facet.",
        _list({"type": "string", "minLength": 1, "maxLength": MAX_VALUE}, 20),
    ),
    Parameter("language", "Language of the document.", _codes("language", 20)),
    Parameter("format", "File format.", _any_of("format")),
    Parameter("source", "Ids of sources, as /sources lists them.", _codes("source")),
)
"""Any of the values of one, all of them together. ``none`` takes the documents where it is not known."""

SEARCH = (Q, *FILTERS, SORT)
assert {p.name for p in FILTERS} == set(FACETS)

Values = Mapping[str, Any]
"""Parameters that were given, checked: str, int, bool or tuple of str by name."""


def read(query_string: str, parameters: Sequence[Parameter]) -> Values:
    """Every parameter of an address, checked. Raises ParameterError for the first that is wrong."""
    known = {p.name: p for p in parameters if p.where == "query"}
    given: dict[str, list[str]] = {}
    try:
        found = pairs(query_string)
    except QueryStringTooLong as error:  # 414 on pages; a program is told that its request is wrong
        raise ParameterError("q", error.message) from None
    for name, value in found:
        if name not in known:
            raise unknown_name(name, known)
        given.setdefault(name, []).append(value)
    for p in known.values():
        if p.required and p.name not in given:
            raise ParameterError(p.name, N_("”%(parameter)s” måste anges."))
    return {name: _checked(known[name], values) for name, values in given.items()}


def _checked(p: Parameter, given: Sequence[str]) -> object:
    schema = p.schema
    if schema["type"] == "array":
        values = [v for text in given for v in text.split(",")] if p.commas else given
        if len(values) > schema["maxItems"]:
            raise ParameterError(
                p.name, N_("”%(parameter)s” får ha högst %(most)s värden."), most=schema["maxItems"]
            )
        return tuple(dict.fromkeys(_text(p.name, schema["items"], v) for v in values))
    if p.name == "year":  # the pages write year=2011..2014&year=none
        given = [",".join(sorted(given))]
    if len(given) > 1:
        raise several(p.name)
    (value,) = given
    if schema["type"] == "boolean":
        return _text(p.name, {"enum": ["true", "false"]}, value) == "true"
    if schema["type"] == "integer":
        return number_of(p.name, value, schema["minimum"], schema["maximum"])
    return _text(p.name, schema, value)


def _text(name: str, schema: Schema, value: str) -> str:
    if name == "q":
        value = value.strip()
    choices = schema.get("enum")
    if choices is not None and value not in choices:
        raise none_of(name, value, choices)
    if len(value) > schema.get("maxLength", 10_000):
        raise ParameterError(
            name,
            N_("”%(parameter)s” är %(length)s tecken. Det får vara högst %(longest)s."),
            length=len(value),
            longest=schema["maxLength"],
        )
    pattern = schema.get("pattern")
    if len(value) < schema.get("minLength", 0) or (
        pattern is not None and not re.fullmatch(pattern[1:-1], value)
    ):
        raise not_like(name, value)
    return value


def query_of(values: Values) -> Query:
    """The query that checked parameters ask for."""
    chosen: dict[str, Any] = {name: values.get(name, ()) for name in LISTS}
    low, high, unknown = _years(values.get("year", ""))
    return Query(
        values.get("q", ""),
        Filters(**chosen, year_from=low, year_to=high, year_unknown=unknown),
        values.get("sort", SORTS[0]),
        values.get("limit", LIMIT.schema["default"]),
        values.get("page", 1),
    )


def _years(text: str) -> tuple[int | None, int | None, bool]:
    span, comma, unknown = text.partition(",")
    if not text or text == UNKNOWN:
        return None, None, text == UNKNOWN
    first, dots, last = span.partition("..")
    low, high = int(first) if first else None, int(last) if last else None
    if not dots:
        high = low
    if low is not None and high is not None and low > high:
        low, high = high, low
    return low, high, bool(comma and unknown)
