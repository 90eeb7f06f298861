"""Records of others as documents: the lines of a JSON Lines file with the keys of an export.

Only what a record says is kept, personal identity numbers masked; nothing is concluded from its text.
Not for writing records (``indexer.export``).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexer.errors import KompassError, SettingError
from indexer.formats.tables import COLUMNS
from indexer.language import fold, normalise
from indexer.language.personal import mask
from indexer.model import AREAS, FORMATS, KINDS, ORGANISATION_TYPES, Contact, Document, FoundOn, Page

KEYS = (
    "id", "url", "also_at", "title", "kind", "format", "language", "published", "years", "municipalities",
    "counties", "areas", "publisher", "organisation_type", "contacts", "found_on", "anchor", "headings",
    "pages", "text", "source", "links",
)  # fmt: skip
DEFAULT_MAP = {"year": "years", "date": "published", "municipality": "municipalities", "county": "counties"}
"""Common names of keys that are read as ours when ours is not there."""

_UNDERSTOOD = frozenset({*KEYS, *DEFAULT_MAP, *COLUMNS})
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?")
_CHOICES = {"kind": KINDS, "areas": AREAS, "organisation_type": ORGANISATION_TYPES}
MOST_PAGES = 1_000_000
"""The highest page number that is believed; an index has room for four thousand times as much."""
_ADDRESSES = frozenset({"id", "url", "also_at", "found_on"})
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_].*)?")
LONGEST_LABEL = 20
"""Characters of the number printed on a page, as in a PDF."""
LONGEST = 2_000
"""Characters of a title, a heading, an address: it stands on every page that shows the document."""
MOST_VALUES = 1_000
LONGEST_LINE = 20_000_000
"""Characters of a record: some twenty times the longest of the open test corpora."""
_MOST_BYTES = 4 * LONGEST_LINE + 1
"""As many as make a line too long whatever it holds: UTF-8 has at most four for a character."""


_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""Bytes that are no UTF-8, as ``lines`` leaves them."""


class ImportProblem(ValueError):
    """A line that cannot become a document; the message says why."""


class CutShort(KompassError):
    """The file cannot be read to its end; the lines before were given."""


@dataclass
class Notes:
    """What was not taken over, to be told once at the end."""

    unknown_keys: Counter[str] = field(default_factory=Counter)
    unknown_values: dict[str, Counter[str]] = field(default_factory=dict)
    not_utf8: int = 0

    def value(self, key: str, value: object) -> None:
        self.unknown_values.setdefault(key, Counter())[str(value)[:40]] += 1


def parse_map(pairs: list[str]) -> dict[str, str]:
    """["place=publisher"] → {"place": "publisher"}. Raises SettingError for anything else."""
    found = {}
    for pair in pairs:
        theirs, equals, ours = (part.strip() for part in pair.partition("="))
        if not equals or not theirs or ours not in KEYS:
            raise SettingError(f"--map {pair}: write their key, '=', and one of ours: {', '.join(KEYS)}.")
        found[theirs] = ours
    return found


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """(line number, line) of a JSON Lines file that is not empty, plain or gzip.

    Raises KompassError when there is no such file or it is UTF-16, CutShort when its end cannot be read.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_MOST_BYTES), b""), 1):
                rest = line
                while len(rest) == _MOST_BYTES and not rest.endswith(b"\n"):
                    rest = file.readline(_MOST_BYTES)  # the beginning is enough to tell that it is too long
                if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):  # as PowerShell writes files
                    raise KompassError(f"{path} is UTF-16. Save it as UTF-8 and import it again.")
                text = line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape").strip()
                if text:
                    yield number, text
    except FileNotFoundError:
        raise KompassError(f"There is no file {path}.") from None
    except (OSError, EOFError, zlib.error) as e:
        why = e.strerror if isinstance(e, OSError) and e.strerror else e
        raise CutShort(f"{path} cannot be read to its end: {why}.") from None


def document(line: str, mapping: Mapping[str, str], notes: Notes) -> Document:
    """One line as a document. ``mapping`` says which of their keys is which of ours. Raises ImportProblem."""
    if len(line) > LONGEST_LINE:
        raise ImportProblem(f"it is longer than {LONGEST_LINE:,} characters: make several documents of it")
    try:
        raw = json.loads(line, parse_float=_number, parse_constant=lambda _: None)  # NaN: pandas has nothing
    except (ValueError, RecursionError) as e:
        why = "a part of one, it seems: each line is to have a whole object" if line in ("[", "{") else e
        raise ImportProblem(f"it is not JSON ({why})") from None
    if not isinstance(raw, dict):
        listed = "; give each object of the list a line of its own" if isinstance(raw, list) else ""
        raise ImportProblem(f"it is not a JSON object{listed}")
    notes.not_utf8 += _NOT_UTF8.search(line) is not None
    theirs = {
        k: _each(v, _whole if k in _ADDRESSES else _cleaned) for k, v in _mapped(raw, mapping, notes).items()
    }
    pages = _pages(theirs)
    title = _string(theirs, "title") or ""
    if not title and not any(p.text for p in pages):
        raise ImportProblem("it has neither a title nor a text")
    url = _string(theirs, "url") or ""
    links = _links(theirs)
    count = theirs.get("pages")
    return Document(
        _id(theirs, url, line),
        url,
        title or pages[0].text[:80],
        _format(theirs, url, notes),
        _source(theirs),
        also_at=_strings(theirs, "also_at"),
        kind=_choice(theirs, "kind", notes),
        language=_language(theirs, notes),
        published=_date(theirs, notes),
        years=_years(theirs, notes),
        municipalities=_codes(theirs, "municipalities", 4, notes),
        counties=_codes(theirs, "counties", 2, notes),
        areas=_choices(theirs, "areas", notes),
        publisher=_string(theirs, "publisher"),
        organisation_type=_choice(theirs, "organisation_type", notes),
        contacts=_contacts(theirs),
        found_on=_string(theirs, "found_on"),
        anchor=_string(theirs, "anchor"),
        headings=_strings(theirs, "headings"),
        links=links,
        page_count=count
        if isinstance(count, int) and not isinstance(count, bool) and 0 < count <= MOST_PAGES
        else None,
        text=pages,
        read_by="text" if pages else "none",
    )


def _number(text: str) -> int | float:
    """2012 of 2012.0: in a table a column with gaps is one of floats."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """``value`` of JSON with all its strings changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_each(v, change) for v in value]
    return {k: _each(v, change) for k, v in value.items()} if isinstance(value, dict) else value


def _cleaned(text: str) -> str:
    return mask(normalise(text))


def _whole(address: str) -> str:
    """An address as it came, but for half characters, which no database takes."""
    return address.encode("utf-8", "replace").decode("utf-8")


def _mapped(raw: Mapping[str, Any], mapping: Mapping[str, str], notes: Notes) -> dict[str, Any]:
    """Their record with our keys; what nobody asked for is noted."""
    found: dict[str, Any] = {}
    for key, value in raw.items():
        if key in mapping:
            found[mapping[key]] = value
        elif key in _UNDERSTOOD:
            found.setdefault(key, value)
        elif value not in (None, "", []):
            notes.unknown_keys[_cleaned(key)[:40]] += 1
    for theirs, ours in DEFAULT_MAP.items():
        if theirs in found and found.get(ours) in (None, [], ""):
            found[ours] = found[theirs]
    return found


def _id(raw: Mapping[str, Any], url: str, line: str) -> str:
    """Their own id, so that what refers to it can be followed; else from the address, else the content."""
    id_ = raw.get("id")
    if isinstance(id_, int) and not isinstance(id_, bool):
        id_ = str(id_)
    if isinstance(id_, str) and (id_ := id_.strip()) and mask(id_) == id_:  # else it is nobody's to see
        if len(id_) > 300 or not id_.isprintable():
            raise ImportProblem("its id is longer than 300 characters or has control characters")
        return id_
    return hashlib.sha256((url or line).encode("utf-8", "replace")).hexdigest()[:12]


def _pages(raw: Mapping[str, Any]) -> tuple[Page, ...]:
    """``text`` (or ``pages``, where it is a list): a string, strings, or {number, label, heading, text}."""
    value = raw.get("text")
    if value is None and isinstance(raw.get("pages"), list):
        value = raw["pages"]
    if isinstance(value, str):
        value = [value] if value.strip() else []
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ImportProblem("its text is neither a string nor a list of pages")
    pages: list[Page] = []
    for place, item in enumerate(value, 1):
        if isinstance(item, str):
            item = {"text": item}
        if not isinstance(item, dict) or not isinstance(item.get("text"), (str, type(None))):
            raise ImportProblem(f"page {place} of its text is neither a string nor {{number, heading, text}}")
        given = item.get("number")
        before = pages[-1].number if pages else 0
        number = given if type(given) is int and before < given <= MOST_PAGES else before + 1
        heading, label = (
            v if isinstance(v := item.get(k), str) and v else None for k in ("heading", "label")
        )
        label = label if label and len(label) <= LONGEST_LABEL else None
        pages.append(Page(number, item.get("text") or "", heading, label))
    return tuple(pages)


def _string(raw: Mapping[str, Any], key: str) -> str | None:
    value = raw.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise ImportProblem(f"its {key} is not a string")
    return _bounded(" ".join(str(value).split()), key) or None


def _bounded(text: str, key: str) -> str:
    if len(text) > LONGEST:
        raise ImportProblem(f"its {key} is longer than {LONGEST:,} characters")
    return text


def _listed(value: list[Any], key: str) -> list[Any]:
    if len(value) > MOST_VALUES:
        raise ImportProblem(f"its {key} are more than {MOST_VALUES:,}")
    return value


def _strings(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key)
    values = [] if value in (None, "") else value if isinstance(value, list) else [value]
    if not all(isinstance(v, (str, int)) for v in values):
        raise ImportProblem(f"its {key} is not a list of {'years' if key == 'years' else 'strings'}")
    return tuple(dict.fromkeys(_bounded(str(v).strip(), key) for v in _listed(values, key)))


def _choice(raw: Mapping[str, Any], key: str, notes: Notes) -> str | None:
    value = _string(raw, key)
    if value is None or value in _CHOICES[key]:
        return value
    notes.value(key, value)
    return None


def _choices(raw: Mapping[str, Any], key: str, notes: Notes) -> tuple[str, ...]:
    values = _strings(raw, key)
    for value in values:
        if value not in _CHOICES[key]:
            notes.value(key, value)
    return tuple(v for v in values if v in _CHOICES[key])


def _codes(raw: Mapping[str, Any], key: str, digits: int, notes: Notes) -> tuple[str, ...]:
    found = []
    for value in _strings(raw, key):
        if value.isascii() and value.isdecimal() and len(value) <= digits:
            found.append(value.zfill(digits))
        else:
            notes.value(key, value)
    return tuple(found)


def _date(raw: Mapping[str, Any], notes: Notes) -> str | None:
    value = _string(raw, "published")
    if value is None:
        return None
    match = _DATE.match(value)
    if match is None or (len(value) > match.end() and value[match.end()] not in "T "):
        notes.value("published", value)
        return None
    return match[0]


def _years(raw: Mapping[str, Any], notes: Notes) -> tuple[int, ...]:
    found = []
    for value in _strings(raw, "years"):
        if re.fullmatch(r"[12]\d{3}", value):
            found.append(int(value))
        else:
            notes.value("years", value)
    return tuple(sorted(set(found)))


def _source(raw: Mapping[str, Any]) -> str:
    """Their source in the form of an id, by which it can be filtered."""
    value = fold((_string(raw, "source") or "").lower())
    return re.sub("[^a-z0-9]+", "-", value).strip("-")[:100] or "import"


def _language(raw: Mapping[str, Any], notes: Notes) -> str | None:
    """sv of sv, SV or sv-SE."""
    value = _string(raw, "language")
    match = _LANGUAGE.fullmatch(value.lower()) if value else None
    if value and not match:
        notes.value("language", value)
    return match[1] if match else None


def _format(raw: Mapping[str, Any], url: str, notes: Notes) -> str:
    value = (_string(raw, "format") or "").lower()
    if value in FORMATS:
        return value
    if value:
        notes.value("format", value)
    return "pdf" if url.lower().endswith(".pdf") else "html" if url else "text"


def _contacts(raw: Mapping[str, Any]) -> tuple[Contact, ...]:
    value = raw.get("contacts") or []
    if not isinstance(value, list) or not all(isinstance(c, dict) for c in value):
        raise ImportProblem("its contacts are not a list of {role, name}")
    return tuple(
        Contact(*(_bounded(str(c[k]), k) if c.get(k) else None for k in ("role", "name", "email", "phone")))
        for c in _listed(value, "contacts")
    )


def _links(raw: Mapping[str, Any]) -> tuple[FoundOn, ...]:
    value = raw.get("links") or []
    if not isinstance(value, list):
        return ()
    return tuple(
        FoundOn(
            _bounded(str(x["found_on"]), "found_on"),
            _bounded(str(x.get("anchor") or ""), "anchor"),
            _strings(x, "headings"),
        )
        for x in value[:MOST_VALUES]  # of a file in the menu of a large site there are as many as pages
        if isinstance(x, dict) and x.get("found_on")
    )
