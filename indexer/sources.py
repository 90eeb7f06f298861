"""Which sites are crawled: corpus/sources.toml → Source. Not for crawling them (``indexer.crawl``)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import regex

from indexer import config
from indexer.errors import SourcesError, meant
from indexer.files import renew
from indexer.model import ORGANISATION_TYPES, Source
from indexer.packing import from_json, to_json
from indexer.urls import canonical
from indexer.vocabulary import Vocabulary

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")

COUNTIES = frozenset("01 03 04 05 06 07 08 09 10 12 13 14 17 18 19 20 21 22 23 24 25".split())  # noqa: SIM905
"""SCB's two-digit codes; a municipality's code begins with its county's."""

REQUIRED = ("id", "name", "publisher", "organisation_type", "start_urls")


def load(path: Path) -> tuple[Source, ...]:
    """All sources of a file in its order, the disabled too.

    Raises SourcesError, which names the file, the block, the key and what to do.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except FileNotFoundError:
        raise SourcesError(
            f"There is no file {path}. Give --sources FILE; corpus/sources.toml in the project is an example."
        ) from None
    except UnicodeDecodeError:
        raise SourcesError(f"{path} is not UTF-8 text. Save it as UTF-8.") from None
    except OSError as e:
        raise SourcesError(f"{path} cannot be read: {e.strerror}.") from None
    return parse(text, str(path))


def parse(text: str, path: str = "sources.toml") -> tuple[Source, ...]:
    """As ``load``, from the text of a file that is called ``path`` in messages."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as e:  # also a number of 5,000 digits
        raise SourcesError(f"{path} is not valid TOML: {e}. Correct that line.") from None
    for key in table:
        if key != "source":
            raise SourcesError(
                f"{path}: unknown table '{key}'{meant(key, ['source'])}; each site is a [[source]] block."
            )
    blocks = table.get("source")
    if not isinstance(blocks, list) or not all(isinstance(b, dict) for b in blocks):
        found = "holds no source" if blocks is None else "has [source] where [[source]] is meant"
        raise SourcesError(f"{path} {found}. Add a block that begins with [[source]].")
    sources = []
    first: dict[str, int] = {}
    for number, block in enumerate(blocks, 1):
        source = _source(block, f"{path}, source {number}")
        if source.id in first:
            raise SourcesError(
                f"{path}, source {number}: the id '{source.id}' was taken by source {first[source.id]}. "
                "Give each source its own id."
            )
        first[source.id] = number
        sources.append(source)
    return tuple(sources)


def choose(sources: Iterable[Source], only: Sequence[str] = ()) -> tuple[Source, ...]:
    """The enabled sources, or those of them with the ids ``only``.

    Raises SourcesError for an id that is not there or not enabled.
    """
    sources = tuple(sources)
    if not only:
        return tuple(s for s in sources if s.enabled)
    by_id = {s.id: s for s in sources}
    for wanted in only:
        if wanted not in by_id:
            raise SourcesError(
                f"There is no source '{wanted}'{meant(wanted, by_id)}; see 'kompass sources list'."
            )
        if not by_id[wanted].enabled:
            raise SourcesError(
                f"The source '{wanted}' is not enabled. "
                "Look at its site first, then set enabled = true in its block."
            )
    return tuple(s for s in sources if s.id in only)


def days_between(source: Source) -> float:
    """Days between two crawls of a source under --watch: its own schedule, or the setting."""
    return config.number("watch_days") if source.schedule is None else source.schedule


def _source(block: dict[str, Any], where: str) -> Source:
    if isinstance(block.get("id"), str):
        where += f" ({block['id']})"
    for key in block:
        if key not in DEMAND:
            raise SourcesError(
                f"{where}: unknown key '{key}'{meant(key, DEMAND)}. Known keys: {', '.join(DEMAND)}."
            )
    for key in REQUIRED:
        if key not in block:
            raise SourcesError(f"{where}: the key '{key}' is missing; give {DEMAND[key].words}.")
    values = {key: _value(key, value, where) for key, value in block.items()}
    municipality, county = values.get("municipality"), values.get("county")
    if municipality and county and not municipality.startswith(county):
        raise SourcesError(
            f"{where}: municipality {municipality} does not lie in county {county}; correct one of them."
        )
    if municipality and not county:
        values["county"] = municipality[:2]
    return Source(**values)


def _value(key: str, value: Any, where: str) -> Any:
    """The value as Source keeps it. Raises SourcesError when it is not what the key takes."""
    listed = DEMAND[key].listed
    if isinstance(value, list) is not listed:
        raise _wrong(key, value, where)
    if key == "start_urls" and not value:
        raise SourcesError(f"{where}: start_urls is empty; give {DEMAND[key].words}.")
    return tuple(_item(key, item, where) for item in value) if listed else _item(key, value, where)


def _item(key: str, value: Any, where: str) -> Any:
    try:
        kept = DEMAND[key].check(value)
    except regex.error as e:
        raise SourcesError(
            f"{where}: {key} has {value!r}, which is not a regular expression ({e}). "
            "Write each backslash twice, or use single quotes."
        ) from None
    if kept is None:
        raise _wrong(key, value, where)
    return kept


def _wrong(key: str, value: Any, where: str) -> SourcesError:
    shown = repr(value) if len(repr(value)) < 80 else repr(value)[:77] + "…"
    hint = ""
    if key == "organisation_type" and isinstance(value, str):
        hint = meant(value, ORGANISATION_TYPES)
    elif key == "municipality" and isinstance(value, str):
        codes = [code for code, name in _municipalities().items() if name.lower() == value.lower()]
        hint = f" (did you mean '{codes[0]}'?)" if codes else ""
    elif key in ("start_urls", "sitemaps") and isinstance(value, str) and "://" not in value:
        hint = " (it lacks https://)"
    return SourcesError(f"{where}: {key} = {shown} cannot be used{hint}; give {DEMAND[key].words}.")


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _matching(pattern: re.Pattern[str]) -> Callable[[Any], str | None]:
    return lambda value: value if isinstance(value, str) and pattern.fullmatch(value) else None


def _municipality(value: Any) -> str | None:
    return value if isinstance(value, str) and value in _municipalities() else None


@cache
def _municipalities() -> Mapping[str, str]:
    """SCB code → name of the 290 municipalities."""
    return {code: m.name for code, m in Vocabulary.load().municipalities.items()}


def _url(value: Any) -> str | None:
    return canonical(value) if isinstance(value, str) else None


def _regex(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    regex.compile(value)
    return value


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _whole(least: int) -> Callable[[Any], int | None]:
    return lambda v: v if isinstance(v, int) and not isinstance(v, bool) and v >= least else None


def _number(least: float, most: float, *, above: bool = False) -> Callable[[Any], float | None]:
    def check(value: Any) -> float | None:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return None
        return float(value) if least <= value <= most and not (above and value == least) else None

    return check


class _Demand(NamedTuple):
    """What a key of a block takes."""

    words: str  # of the error message
    check: Callable[[Any], Any]  # gives a value as Source keeps it, None for what cannot be used
    listed: bool = False


DEMAND = {
    "id": _Demand('a short name of a-z, 0-9 and hyphens, such as id = "eslov"', _matching(_ID)),
    "name": _Demand("the site's name in quotes", _text),
    "publisher": _Demand("who puts the documents out, in quotes", _text),
    "organisation_type": _Demand(
        f"one of {', '.join(ORGANISATION_TYPES)}", lambda v: v if v in ORGANISATION_TYPES else None
    ),
    "start_urls": _Demand(
        'a list of complete addresses, such as ["https://www.eslov.se/"]', _url, listed=True
    ),
    "municipality": _Demand('an SCB code of four digits in quotes, such as "1285"', _municipality),
    "county": _Demand(
        'an SCB code of two digits in quotes, such as "12"', lambda v: v if v in COUNTIES else None
    ),
    "language": _Demand('a language code in quotes, such as "sv"', _matching(_LANGUAGE)),
    "sitemaps": _Demand("a list of complete addresses", _url, listed=True),
    "allow": _Demand("a list of regular expressions in quotes", _regex, listed=True),
    "deny": _Demand("a list of regular expressions in quotes", _regex, listed=True),
    "max_depth": _Demand("a whole number from 0", _whole(0)),
    "max_pages": _Demand("a whole number from 1", _whole(1)),
    "delay": _Demand("seconds as a number from 0", _number(0, 86_400)),
    "enabled": _Demand("true or false", _flag),
    "allow_private": _Demand("true or false", _flag),
    "relevance": _Demand("a number between 0 and 1", _number(0, 1)),
    "schedule": _Demand("days as a number above 0", _number(0, 3_650, above=True)),
}
"""Every key a block may have."""


# --- which of them a corpus was crawled from ----------------------------------------------------------------


_MEMORY = "sources.json"


def remember(sources: Sequence[Source], file: Path, corpus: Path) -> None:
    """Keep beside the corpus which sources it was crawled from, so that indexing needs no other file."""
    before = {s.id: s for s in _remembered(corpus)[1]}
    kept = {"file": str(file.resolve()), "sources": [*(before | {s.id: s for s in sources}).values()]}
    renew(corpus / _MEMORY, to_json(kept))


def remember_first(sources: Sequence[Source], file: Path, corpus: Path) -> None:
    """As ``remember``, where no crawl has: a corpus that was read from its archive alone. Without it the next
    command would take the sources of another file, and another reading would know nothing of these."""
    if _remembered(corpus) == (None, ()):
        remember(sources, file, corpus)


def recall(corpus: Path | None, given: Path | None, default: Path) -> tuple[Source, ...]:
    """The sources of ``given``; without it, of the file that the corpus was last crawled with, as it is now.

    Sources that the corpus holds but the file no longer lists are kept as they were crawled.
    """
    known = _remembered(corpus)[1] if corpus else ()
    now = listed(corpus, given, default)
    return (*now, *(s for s in known if s.id not in {one.id for one in now}))


def listed(corpus: Path | None, given: Path | None, default: Path) -> tuple[Source, ...]:
    """As ``recall``, without those that the file no longer lists; when there is no file any more, all."""
    known = _remembered(corpus)[1] if corpus else ()
    file = given or (corpus and crawled_with(corpus)) or (None if known else default)
    return load(file) if file and (given or file.is_file()) else known


def crawled_with(corpus: Path) -> Path | None:
    """The file that the corpus was last crawled with, where it still is."""
    file = _remembered(corpus)[0]
    return file if file and file.is_file() else None


def _remembered(corpus: Path) -> tuple[Path | None, tuple[Source, ...]]:
    try:
        text = (corpus / _MEMORY).read_text("utf-8")
        kept = json.loads(text)
        return Path(kept["file"]), tuple(from_json(list[Source], json.dumps(kept["sources"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None, ()  # a corpus that was crawled by an older version, or not at all
