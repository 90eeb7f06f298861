"""What stands in corpus/demo: sites, documents with their front matter, and their text as blocks.

Reads the sources and checks them; writes nothing. Turning blocks into pages and files is the matter of
build_demo.py, demo_pdf.py and demo_office.py.

A document is one file ``texts/<site>/<name>.md``: TOML between two ``+++`` lines, then a small subset of
Markdown: ``## heading``, ``### heading``, paragraphs, ``- item``, ``1. item``, ``| cell | cell |`` (first row
is the header), ``> quote``, ``---`` (new page or slide), ``**bold**`` and ``[link text](target)``.
A target is the name of a document of the same site, ``site/name``, ``name@2`` (its second address),
``name?query``, or an address outside the demo.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parent.parent / "corpus" / "demo"
START = "start"  # the name of each site's first page
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
FORMATS = ("html", "pdf", "docx", "pptx", "xlsx", "odt", "jpg")

# A year in the text that is no statement about time: diary numbers, statutes, telephone numbers.
_NOT_A_YEAR = re.compile(r"(?:Dnr|SFS|prop\.|SOU)[^,;)\n]*|\d{3,4}-\d\d \d\d \d\d|\d{6,8}-\d{4}", re.I)
_YEAR = re.compile(r"(?<![\d/:-])(?:19[89]\d|20[0-3]\d)(?!\d)")


class DemoError(Exception):
    """A source of the demo site cannot be used; the message says which and why."""


@dataclass(frozen=True)
class Block:
    """One block of text. ``kind``: h2 h3 p ul ol table quote break. Lists use ``items``, tables ``rows``."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Site:
    id: str
    name: str
    publisher: str
    organisation_type: str
    design: str  # portal, municipal, plain
    group: str  # heading in the list of sites
    municipality: str | None = None
    county: str | None = None
    place: str | None = None  # the municipality's name as a place
    address: str = ""
    menu: tuple[str, ...] = ()
    disallow: tuple[str, ...] = ()  # folders that robots.txt closes
    sitemap: bool = False  # the source names the sitemap too


@dataclass(frozen=True)
class Text:
    """One document: its front matter (defaults filled in from the site) and its blocks."""

    site: Site
    name: str
    title: str
    path: str  # on the server, not encoded: /lund/barn/sida.html
    format: str
    kind: str
    blocks: tuple[Block, ...]
    language: str = "sv"
    published: str | None = None
    updated: str | None = None
    years: tuple[int, ...] = ()
    municipalities: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    accepted: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)  # field → values not judged
    publisher: str = ""
    organisation_type: str = ""
    contacts: tuple[Mapping[str, str], ...] = ()  # printed in the page's contact box, at the end of a file
    contacts_in_text: tuple[Mapping[str, str], ...] = ()  # stand in the text itself
    also: tuple[str, ...] = ()  # further addresses of the same bytes
    alike: tuple[str, ...] = ()  # ids of documents with nearly the same text
    expected: str = "indexed"  # else: noindex, robots, soft_404, login
    sections: str = "plain"  # how a web page shows its sections: plain, accordion, tabs
    date_style: str = "long"  # long: 28 september 2015; iso: 2015-09-28
    encoding: str = "utf-8"
    print_version: bool = False
    layout: Mapping[str, Any] = field(default_factory=dict)  # of a file: header, font, columns, hyphenate …
    must_not_contain: tuple[str, ...] = ()
    note: str | None = None

    @property
    def id(self) -> str:
        return f"{self.site.id}/{self.name}"


_COPIED = ("title", "kind", "language", "published", "updated", "expected", "sections", "date_style",
           "encoding", "print_version", "layout", "note")  # fmt: skip
_ACCEPTED = ("title", "kind", "publisher", "organisation_type", "published")  # with _ok: values not judged
_FRONT = {
    *_COPIED, *(f"{name}_ok" for name in (*_ACCEPTED, "years", "municipalities", "areas")), "path", "format",
    "years", "municipalities", "counties", "areas", "publisher", "organisation_type", "contacts",
    "contacts_in_text", "also", "alike", "must_not_contain",
}  # fmt: skip

# Kinds whose area is a matter of taste beyond the one the author names.
_BROAD = {"webpage", "example", "newsletter", "notes", "minutes", "presentation", "information"}
_AREAS = ("governance", "education", "follow_up", "toolbox")


def read_sites() -> dict[str, Site]:
    """The sites of ``sites.toml`` by id, in the order of the file."""
    with (DEMO / "sites.toml").open("rb") as f:
        table = tomllib.load(f)
    sites = {}
    for row in table["site"]:
        row = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
        row["menu"] = row.get("menu", tuple(table["menu"][row["design"]]))
        try:
            sites[row["id"]] = Site(**row)
        except TypeError as error:
            raise DemoError(f"sites.toml, {row.get('id')}: {error}") from None
    return sites


def read_boilerplate() -> dict[str, tuple[str, ...]]:
    """Phrases of each design's frame that do not belong to any document, by design."""
    with (DEMO / "sites.toml").open("rb") as f:
        return {design: tuple(phrases) for design, phrases in tomllib.load(f)["boilerplate"].items()}


def read_places(sites: Mapping[str, Site]) -> dict[str, str]:
    """Names that the texts mention → codes: four digits for a municipality, two for a county."""
    with (DEMO / "sites.toml").open("rb") as f:
        others: dict[str, str] = tomllib.load(f)["places"]
    return others | {s.place: s.municipality for s in sites.values() if s.place and s.municipality}


def read_texts(sites: Mapping[str, Site]) -> dict[str, Text]:
    """All documents by id ``site/name``, sites in order, each site's start page first."""
    texts: dict[str, Text] = {}
    places = read_places(sites)
    for site in sites.values():
        files = sorted((DEMO / "texts" / site.id).glob("*.md"), key=lambda p: (p.stem != START, p.stem))
        if not files or files[0].stem != START:
            raise DemoError(f"texts/{site.id}/ has no {START}.md.")
        for file in files:
            text = read_text(site, file, places)
            texts[text.id] = text
    _check_addresses(texts)
    return texts


def read_text(site: Site, file: Path, places: Mapping[str, str]) -> Text:
    """One document. Raises DemoError when its front matter is not as it should be."""
    source = file.read_text(encoding="utf-8")
    _, _, rest = source.partition("+++\n")
    head, mark, body = rest.partition("+++\n")
    try:
        front = tomllib.loads(head)
    except tomllib.TOMLDecodeError as error:
        raise DemoError(f"{file}: {error}") from None
    unknown = sorted(front.keys() - _FRONT)
    if not mark or unknown or "title" not in front or "kind" not in front:
        raise DemoError(f"{file}: front matter between +++ lines needs title and kind; unknown: {unknown}.")
    blocks = tuple(read_blocks(body))
    try:
        source.encode("cp1252")
    except UnicodeEncodeError as error:
        raise DemoError(
            f"{file}: {source[error.start]!r} is not in cp1252, which the PDFs are set in."
        ) from None
    form = front.get("format", Path(front.get("path", "")).suffix[1:])
    form = {"htm": "html", "": "html"}.get(form, form)
    if form not in FORMATS and front.get("path", "").endswith("/"):
        form = "html"
    if form not in FORMATS:
        raise DemoError(f"{file}: format {form!r} is none of {', '.join(FORMATS)}.")
    published = front.get("published")
    years = tuple(front.get("years", [int(published[:4])] if published and file.stem != START else []))
    own = [site.municipality] if site.municipality else []
    municipalities = tuple(front.get("municipalities", own))
    areas = tuple(front.get("areas", []))
    mentioned = _mentioned(front["title"], blocks)
    counties = tuple(front.get("counties", [site.county] if site.county else []))
    named = _places_in(mentioned, places)
    dated = {int(day[:4]) for day in (published, front.get("updated")) if day}
    accepted: dict[str, set[Any]] = {
        "years": {*front.get("years_ok", []), *_years_in(mentioned), *dated} - set(years),
        "municipalities": {*front.get("municipalities_ok", []), *(c for c in named if len(c) == 4)}
        - set(municipalities),
        "counties": {c[:2] for c in named} - set(counties),
        "areas": {*front.get("areas_ok", []), *(_AREAS if front["kind"] in _BROAD else ())} - set(areas),
        # TOML has no null: "" says that not knowing it is right too.
        **{name: {v or None for v in front[f"{name}_ok"]} for name in _ACCEPTED if f"{name}_ok" in front},
    }
    return Text(
        site=site,
        name=file.stem,
        path=f"/{site.id}/" + front.get("path", _default_path(site, file.stem, form)),
        format=form,
        blocks=blocks,
        years=years,
        municipalities=municipalities,
        counties=counties,
        areas=areas,
        accepted={name: tuple(sorted(values, key=str)) for name, values in accepted.items() if values},
        publisher=front.get("publisher", site.publisher),
        organisation_type=front.get("organisation_type", site.organisation_type),
        contacts=tuple(front.get("contacts", [])),
        contacts_in_text=tuple(front.get("contacts_in_text", [])),
        also=tuple(f"/{site.id}/{path}" for path in front.get("also", [])),
        alike=tuple(front.get("alike", [])),
        must_not_contain=tuple(front.get("must_not_contain", [])),
        **{name: front[name] for name in _COPIED if name in front},
    )


def read_blocks(body: str) -> Iterator[Block]:
    """The blocks of a body, which are separated by blank lines."""
    for chunk in filter(None, re.split(r"\n\s*\n", body.strip())):
        first, _, rest = chunk.partition("\n")
        if first.startswith("#"):
            level, _, heading = first.partition(" ")
            if len(level) not in (2, 3):
                raise DemoError(f"Heading {first!r}: only ## and ### are known.")
            yield Block(f"h{len(level)}", heading.strip())
            yield from read_blocks(rest)
        elif first == "---":
            yield Block("break")
            yield from read_blocks(rest)
        elif first.startswith("|"):
            rows = [tuple(c.strip() for c in line.strip()[1:-1].split("|")) for line in chunk.split("\n")]
            yield Block("table", rows=tuple(r for r in rows if not set("".join(r)) <= set("-: ")))
        elif first.startswith("- "):
            yield Block("ul", items=tuple(" ".join(i.split()) for i in re.split(r"(?m)^- ", chunk)[1:]))
        elif re.match(r"\d+\. ", first):
            yield Block("ol", items=tuple(" ".join(i.split()) for i in re.split(r"(?m)^\d+\. ", chunk)[1:]))
        elif first.startswith("> "):
            yield Block("quote", " ".join(line.removeprefix("> ") for line in chunk.split("\n")))
        else:
            yield Block("p", " ".join(chunk.split()))


def plain(text: str) -> str:
    """The words of an inline text, without the marks for links and bold."""
    return LINK.sub(r"\1", text).replace("**", "")


def words_of(block: Block) -> str:
    """All words of a block on one line."""
    return plain(" ".join([block.text, *block.items, *(" ".join(r) for r in block.rows)]).strip())


def _default_path(site: Site, name: str, form: str) -> str:
    if name == START:
        return ""
    number = int.from_bytes(f"{site.id}/{name}".encode()[-3:], "big") % 90_000 + 10_000
    if form == "html":
        return {
            "portal": f"barnratt/{name.replace('-', '')}.{number}.html",
            "municipal": f"barn-och-unga/{name}/",
            "plain": f"sidor/{name.replace('-', '_')}.htm",
        }[site.design]
    return {
        "portal": f"download/18.{number:x}{len(name):x}f/{number * 17_393}/{name}.{form}",
        "municipal": f"globalassets/dokument/{name}.{form}",
        "plain": f"dok/{name.replace('-', '_')}.{form}",
    }[site.design]


def _mentioned(title: str, blocks: tuple[Block, ...]) -> str:
    return "\n".join([title, *(words_of(b) for b in blocks)])


def _years_in(text: str) -> set[int]:
    return {int(y) for y in _YEAR.findall(_NOT_A_YEAR.sub("", text))}


def _places_in(text: str, places: Mapping[str, str]) -> set[str]:
    """Codes of the places that are named, surnames left out: "Karin Lund" is nobody's town."""
    return {
        code
        for name, code in places.items()
        if any(
            not re.search(r"[A-ZÅÄÖ][a-zåäöé]+ $", text[max(0, m.start() - 15) : m.start()])
            for m in re.finditer(rf"\b{name}s?\b", text)
        )
    }


def _check_addresses(texts: Mapping[str, Text]) -> None:
    seen: dict[str, str] = {}
    for text in texts.values():
        for path in (text.path, *text.also):
            if path in seen:
                raise DemoError(f"{text.id} and {seen[path]} have the same address {path}.")
            seen[path] = text.id
