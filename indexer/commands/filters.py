"""How a search and its filters are written on a command line. Not for what they mean (``indexer.search``)."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from indexer.errors import QueryError, meant
from indexer.model import AREAS, KINDS, LANGUAGES, ORGANISATION_TYPES, SORTS, UNKNOWN, Filters

if TYPE_CHECKING:
    from indexer.search import Searcher

_SPAN = re.compile(r"(\d{4})?\s*(?:\.\.|-|–)\s*(\d{4})?")


def add_filters(parser: argparse.ArgumentParser, format_option: str = "--format") -> None:
    group = parser.add_argument_group(
        "filters",
        "Each may be given several times: any of its values, and all filters together. "
        f"The value '{UNKNOWN}' stands for documents where it is not known.",
    )
    for name, metavar, text in (
        ("municipality", "NAME", "name or SCB code of a municipality the document concerns"),
        ("county", "NAME", "name or SCB code of a county the document concerns"),
        ("kind", "KIND", f"one of {', '.join(KINDS)}"),
        ("area", "AREA", f"one of {', '.join(AREAS)}"),
        ("organisation-type", "TYPE", f"one of {', '.join(ORGANISATION_TYPES)}"),
        ("publisher", "NAME", "who puts the document out"),
        ("language", "CODE", "sv, en …"),
        ("source", "ID", "id of a source in sources.toml"),
    ):
        group.add_argument(f"--{name}", action="append", default=[], metavar=metavar, help=text)
    group.add_argument(
        format_option, action="append", default=[], dest="format", metavar="FORMAT", help="html, pdf, docx …"
    )
    group.add_argument(
        "--year",
        action="append",
        default=[],
        metavar="YEARS",
        help=f"a year, or one span: 2012, 2011..2014, 2011.., ..2014; {UNKNOWN} alone or beside it: "
        f"2011..2014,{UNKNOWN}",
    )


def add_sort(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sort", choices=SORTS, default="relevance", help="order of the hits (default: relevance)"
    )


def read_filters(arguments: argparse.Namespace, searcher: Searcher) -> Filters:
    """The filters given. Raises QueryError for a value that cannot be, naming the nearest that can."""
    year_from, year_to, year_unknown = _years(arguments.year)
    return Filters(
        municipality=_named("municipality", arguments.municipality, searcher.municipalities()),
        county=_named(
            "county",
            arguments.county,
            {code: searcher.label("county", code) for code in {m[:2] for m in searcher.municipalities()}},
            endings=(" län", "s län"),
        ),
        year_from=year_from,
        year_to=year_to,
        year_unknown=year_unknown,
        kind=_chosen("kind", arguments.kind, KINDS, searcher),
        area=_chosen("area", arguments.area, AREAS, searcher),
        organisation_type=_chosen(
            "organisation-type", arguments.organisation_type, ORGANISATION_TYPES, searcher
        ),
        publisher=tuple(arguments.publisher),
        language=tuple(arguments.language),
        format=tuple(arguments.format),
        source=tuple(arguments.source),
    )


def _years(given: Iterable[str]) -> tuple[int | None, int | None, bool]:
    parts = [part.strip() for text in given for part in text.split(",")]
    spans = list(dict.fromkeys(part for part in parts if part != UNKNOWN))
    if len(spans) > 1:
        raise QueryError("year", f"--year takes one year or span, not {' and '.join(spans)}; ask for each.")
    first, last = _span(spans[0]) if spans else (None, None)
    return first, last, UNKNOWN in parts


def _span(text: str) -> tuple[int | None, int | None]:
    if re.fullmatch(r"\d{4}", text):
        return int(text), int(text)
    span = _SPAN.fullmatch(text)
    if not span or not any(span.groups()):
        raise QueryError("year", f"--year {text!r} is neither a year nor a span; write 2012 or 2011..2014.")
    first, last = (int(y) if y else None for y in span.groups())
    if first and last and first > last:
        raise QueryError("year", f"--year {text!r} ends before it begins; write {last}..{first}.")
    return first, last


def _chosen(name: str, values: Iterable[str], known: tuple[str, ...], searcher: Searcher) -> tuple[str, ...]:
    """Ids for ids or for their names, in either language, as the interface shows them."""
    field = name.replace("-", "_")
    ids = {searcher.label(field, id_, code).casefold(): id_ for code in LANGUAGES for id_ in known}
    ids |= {id_: id_ for id_ in (*known, UNKNOWN)}
    found = []
    for value in values:
        id_ = ids.get(value.strip().casefold())
        if id_ is None:
            raise QueryError(
                name, f"--{name} {value!r} is not known{meant(value, ids)}; give one of {', '.join(known)}."
            )
        found.append(id_)
    return tuple(found)


def _named(
    name: str, values: Iterable[str], labels: Mapping[str, str], endings: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Codes for names or codes."""
    codes = {label.casefold(): code for code, label in labels.items()}
    for label in list(codes):
        for ending in endings:
            codes.setdefault(label.removesuffix(ending), codes[label])
    found = []
    for value in values:
        code = value if value in labels or value == UNKNOWN else codes.get(value.strip().casefold())
        if code is None:
            raise QueryError(
                name,
                f"--{name} {value!r} is not known{meant(value, labels.values())}; "
                "give a name or an SCB code.",
            )
        found.append(code)
    return tuple(found)
