"""How a document is cited: RIS, BibTeX and CSL-JSON, of a whole document or of one page of it.

The author is the body that puts the document out. What is not known is left out, never made up.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from indexer.model import MASK, Document, Page

DATABASE = "Barnrättskompassen – sök"
RIS_TYPES = {
    "webpage": "ELEC", "example": "ELEC", "presentation": "SLIDE", "newsletter": "NEWS", "invitation": "PAMP",
    "information": "PAMP", "decision": "GOVDOC", "minutes": "GOVDOC", "policy": "GOVDOC",
}  # fmt: skip
"""Every other kind is a report (RPRT); a page of the web of unknown kind is ELEC."""
CSL_TYPES = {"ELEC": "webpage", "SLIDE": "speech", "NEWS": "article-newspaper", "PAMP": "pamphlet"}


@dataclass(frozen=True, slots=True)
class Reference:
    """The parts of a reference. ``issued`` is (year), (year, month) or (year, month, day)."""

    id: str
    type: str  # a RIS type
    title: str
    url: str | None
    author: str | None = None
    issued: tuple[int, ...] = ()
    read: tuple[int, ...] = ()  # the day the bytes were fetched
    kind: str | None = None  # in words, as a reference shows it
    language: str | None = None
    pages: int | None = None
    page: str | None = None  # the page cited, as printed on it
    archived: str | None = None  # where the bytes as they were then are kept
    text: str | None = None


def reference(
    document: Document,
    page: Page | None = None,
    url: str | None = None,
    text: Iterable[Page] = (),
    label: Callable[[str, str], str] | None = None,
) -> Reference:
    """The reference of a document, or of one page of it (then ``url`` is the address of that page).

    ``label`` gives the words for (field, value): a reference shows its kind to people. The sections of a web
    page or a Word file are no pages: a reference to one of them has its address only. An address in which a
    personal number is masked leads nowhere and is left out.
    """
    d, address = document, url or document.url
    web = d.kind is None and d.format == "html"
    archived = None
    if d.capture:
        archived = f"WARC {d.capture}" + (f", sha256 {d.digest}" if d.digest else "")
    return Reference(
        d.id,
        "ELEC" if web else RIS_TYPES.get(d.kind or "", "RPRT"),
        _line(d.title),
        None if MASK in address else address,
        _line(d.publisher) or host(d.url) or None,
        _date(issued(d)),
        _date((d.fetched_at or "")[:10]),
        label("kind", d.kind) if label is not None and d.kind else d.kind,
        d.language,
        d.page_count,
        (page.label or str(page.number)) if page and d.numbered else None,
        archived,
        "\n".join(p.text for p in text) or None,
    )


def issued(document: Document) -> str | None:
    """The date of publication. Without one the latest of the years it concerns stands for it; of years that
    go on after it was read (a plan for 2025–2030) the first. None where it would be later than that."""
    if document.published or not document.years:
        return document.published
    read = _date((document.fetched_at or "9999")[:10])
    first, last = min(document.years), max(document.years)
    year = last if (last,) <= read else first
    return str(year) if (year,) <= read else None


def _line(text: str | None) -> str:
    """Without line breaks and control characters: neither format has a place for them."""
    return " ".join("".join(c if c.isprintable() else " " for c in text or "").split())


@lru_cache(maxsize=1024)
def host(url: str) -> str:
    """The site of an address, as people write it: who stands for a sender that is not known. "" of what is no
    address."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _date(text: str | None) -> tuple[int, ...]:
    if not text or not re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
        return ()
    return tuple(int(part) for part in text.split("-"))


# --- RIS --------------------------------------------------------------------------------------------------


def write_ris(references: Iterable[Reference]) -> Iterator[bytes]:
    for r in references:
        yield "".join(f"{tag}  - {value}\r\n" for tag, value in _ris(r)).encode("utf-8", "replace")


def _ris(r: Reference) -> Iterator[tuple[str, str]]:
    found = (
        ("TY", r.type),
        ("ID", r.id),
        ("AU", r.author),
        ("TI", r.title),
        ("PB", r.author),
        ("PY", f"{r.issued[0]:04d}" if r.issued else None),
        ("DA", _slashed(r.issued)),
        ("Y2", _slashed(r.read)),
        ("SP", r.page),
        ("M3", r.kind),
        ("LA", r.language),
        ("DB", DATABASE),
        ("UR", r.url),
        ("N1", r.archived),
        ("N2", _line(r.text) or None),
    )
    yield from ((tag, _line(value)) for tag, value in found if value)
    yield "ER", "\r\n"


def _slashed(date: tuple[int, ...]) -> str | None:
    """RIS writes a date 2014/03/12/, with the slashes also where a part is not known."""
    parts = [f"{date[0]:04d}", *(f"{part:02d}" for part in date[1:])] if date else []
    return "/".join([*parts, *[""] * (4 - len(parts))]) if parts else None


# --- BibTeX -----------------------------------------------------------------------------------------------

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_BABEL = {
    "sv": "swedish", "en": "english", "da": "danish", "nb": "norsk", "no": "norsk", "nn": "nynorsk",
    "fi": "finnish", "de": "german", "fr": "french", "es": "spanish",
}  # fmt: skip
"""What biblatex calls languages; it warns of any other name."""
_SPECIAL = {  # BibTeX and biber count braces also behind a backslash: one in a title would end its field
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "&": r"\&", "%": r"\%",
    "$": r"\$", "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def write_bibtex(references: Iterable[Reference]) -> Iterator[bytes]:
    """UTF-8, for biber and biblatex; ``@misc``, which every style knows."""
    for r in references:
        fields = "".join(f"  {name} = {value},\n" for name, value in _bibtex(r))
        yield f"@misc{{{_key(r.id)},\n{fields}}}\n\n".encode("utf-8", "replace")


def _key(id_: str) -> str:
    """A citation key of an id; of those that are alike but for what a key cannot hold, each has its own."""
    key = f"kompass-{re.sub(r'[^A-Za-z0-9.:-]', '-', id_)}"
    if key == f"kompass-{id_}":
        return key
    return f"{key[:60]}-{hashlib.sha256(id_.encode('utf-8', 'replace')).hexdigest()[:6]}"


def _bibtex(r: Reference) -> Iterator[tuple[str, str]]:
    if r.author:
        yield "author", f"{{{{{_tex(r.author)}}}}}"  # twice: a body has no first name
    yield "title", f"{{{{{_tex(r.title)}}}}}"
    if r.issued:
        yield "year", f"{{{r.issued[0]:04d}}}"
        if len(r.issued) > 1:
            yield "month", _MONTHS[min(max(r.issued[1], 1), 12) - 1]
    if r.url:
        yield "url", f"{{{_plain_url(r.url)}}}"
    if len(r.read) == 3:
        yield "urldate", "{" + "-".join(f"{part:02d}" for part in r.read) + "}"
    if r.page:
        yield "pages", f"{{{_tex(r.page)}}}"
    if r.language in _BABEL:
        yield "langid", f"{{{_BABEL[r.language]}}}"
    if r.archived:
        yield "note", f"{{{_tex(r.archived)}}}"
    if r.text:
        yield "abstract", f"{{{_tex(_line(r.text))}}}"


def _tex(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in _line(text))


def _plain_url(url: str) -> str:
    """An address is not escaped (``\\url`` reads it), but a brace or backslash in it would end the field."""
    return _line(url).replace("\\", "%5C").replace("{", "%7B").replace("}", "%7D").replace(" ", "%20")


# --- CSL-JSON ---------------------------------------------------------------------------------------------


def write_csl(references: Iterable[Reference]) -> Iterator[bytes]:
    """One JSON array, an item a line."""
    yield b"["
    between = b"\n"
    for r in references:
        yield between + json.dumps(csl(r), ensure_ascii=False).encode("utf-8", "replace")
        between = b",\n"
    yield b"\n]\n"


def csl(r: Reference) -> Mapping[str, Any]:
    """One item as CSL 1.0.2 describes it."""
    found: dict[str, Any] = {
        "id": r.id,
        "type": CSL_TYPES.get(r.type, "report"),
        "title": r.title,
        "source": DATABASE,
    }
    if r.url:
        found["URL"] = r.url
    if r.author:
        found |= {"author": [{"literal": r.author}], "publisher": r.author}
    for name, date in (("issued", r.issued), ("accessed", r.read)):
        if date:
            found[name] = {"date-parts": [list(date)]}
    for name, value in (
        ("genre", r.kind),
        ("language", r.language),
        ("number-of-pages", str(r.pages) if r.pages else None),
        ("page", r.page),
        ("archive_location", r.archived),
        ("abstract", r.text),
    ):
        if value:
            found[name] = value
    return found
