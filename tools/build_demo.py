"""Generates the demo site from the texts in corpus/demo: pages, files, robots.txt, sitemap.xml, truth.jsonl.

    python tools/build_demo.py OUT [--port N --sources FILE [--with-failing]]

The same bytes each time. truth.jsonl says of every document what a careful reader would say, from the front
matter its author wrote; benchmarks measure extraction and enrichment against it. Needs no network.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import demo_office
import demo_pdf
import pypdfium2 as pdfium
from demo_texts import (
    DEMO,
    LINK,
    START,
    Block,
    DemoError,
    Site,
    Text,
    plain,
    read_boilerplate,
    read_sites,
    read_texts,
    words_of,
)
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from serve_demo import serve

__all__ = ["build", "serve", "write_sources"]

ORIGIN = "{{ORIGIN}}"  # the server puts its address there
MONTHS = {
    "sv": ("januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober",
           "november", "december"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
}  # fmt: skip
MAKERS = {
    "pdf": demo_pdf.make_pdf,
    "jpg": demo_pdf.make_picture,
    "docx": demo_office.make_docx,
    "pptx": demo_office.make_pptx,
    "xlsx": demo_office.make_xlsx,
    "odt": demo_office.make_odt,
}


class Reference(NamedTuple):
    """A link in a document's text, resolved."""

    source: Text
    target: Text
    path: str  # which of the target's addresses
    query: str
    anchor: str  # as the page shows it
    headings: tuple[str, ...]


def build(out: Path) -> None:
    """Write the whole site into ``out``, which is emptied first. Raises DemoError for a bad source."""
    sites = read_sites()
    texts = read_texts(sites)
    shutil.rmtree(out, ignore_errors=True)
    files = {text.id: MAKERS[text.format](text) for text in texts.values() if text.format != "html"}
    for name, data in files.items():
        for path in (texts[name].path, *texts[name].also):
            _write(out, path, data)
    frame = _templates()
    for text in texts.values():
        if text.format == "html":
            _write_page(out, text, texts, files, frame)
    _write(out, "/index.html", frame.get_template("sites.html").render(groups=_groups(sites, texts)).encode())
    _write(out, "/robots.txt", _robots(sites).encode())
    _write(out, "/sitemap.xml", _sitemap(texts).encode())
    rows = truth(texts, files, read_boilerplate())
    _write(out, "/truth.jsonl", "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode())


def write_sources(path: Path, port: int, failing: bool = False) -> None:
    """``sources.toml`` for the demo served at ``port``; ``failing`` adds one that nobody answers for."""
    blocks = []
    for site in read_sites().values():
        origin = f"http://127.0.0.1:{port}"
        values: dict[str, Any] = {
            "id": site.id,
            "name": site.name,
            "publisher": site.publisher,
            "organisation_type": site.organisation_type,
            "municipality": site.municipality,
            "county": site.county,
            "language": "sv",
            "start_urls": [f"{origin}/{site.id}/"],
            "sitemaps": [f"{origin}/sitemap.xml"] if site.sitemap else None,
            "allow_private": True,
            "delay": 0,
        }
        blocks.append(values)
    if failing:
        blocks.append(
            {
                "id": "svarar-inte",
                "name": "En webbplats som inte svarar",
                "publisher": "Svalövs kommun",
                "organisation_type": "municipality",
                "municipality": "1214",
                "county": "12",
                "start_urls": ["http://127.0.0.1:9/svalov/"],
                "allow_private": True,
                "delay": 0,
            }
        )
    lines = [
        "[[source]]\n"
        + "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in b.items() if v is not None)
        for b in blocks
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


# --- pages ----------------------------------------------------------------------------------------------


def _templates() -> Environment:
    frame = Environment(
        loader=FileSystemLoader(DEMO / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    frame.filters["day"] = _day
    return frame


def _write_page(
    out: Path, text: Text, texts: Mapping[str, Text], files: Mapping[str, bytes], frame: Environment
) -> None:
    sections: list[tuple[Block | None, list[Block]]] = [(None, [])]
    for block in text.blocks:
        if block.kind == "h2":
            sections.append((block, []))
        else:
            sections[-1][1].append(block)
    values = {
        "text": text,
        "site": text.site,
        "sections": sections,
        "origin": ORIGIN,
        "start": texts[f"{text.site.id}/{START}"].path,
        "inline": lambda words: _inline(words, text, texts, files),
        "up": _href(text, texts[f"{text.site.id}/{START}"].path),
    }
    page = frame.get_template(f"{text.site.design}.html").render(values)
    _write(out, text.path, page.encode(text.encoding))
    if text.print_version:
        _write(out, f"{_file(text.path)}@print=1", frame.get_template("print.html").render(values).encode())


def _inline(words: str, text: Text, texts: Mapping[str, Text], files: Mapping[str, bytes]) -> Markup:
    """Inline text as HTML: links resolved, bold."""
    html, at = [], 0
    for match in LINK.finditer(words):
        html.append(escape(words[at : match.start()]))
        if re.match(r"(?:https?|mailto):|#", match[2]):
            html.append(Markup('<a href="{}">{}</a>').format(match[2], match[1]))
        else:
            target, path, query = _resolve(match[2], text, texts)
            anchor = _anchor(match[1], text, target, files)
            window = Markup(' target="_blank" rel="noopener"') if target.format != "html" else ""
            html.append(Markup('<a href="{}{}"{}>{}</a>').format(_href(text, path), query, window, anchor))
        at = match.end()
    html.append(escape(words[at:]))
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(Markup("").join(html))))


def _resolve(reference: str, text: Text, texts: Mapping[str, Text]) -> tuple[Text, str, str]:
    """Target document, its address and the query of a reference ``[site/]name[@2|@nfd][?query]``."""
    name, mark, query = reference.partition("?")
    name, _, variant = name.partition("@")
    target = texts.get(name if "/" in name else f"{text.site.id}/{name}")
    if target is None:
        raise DemoError(f"{text.id} links to {reference}, which does not exist.")
    path = target.path
    if variant == "nfd":
        path = unicodedata.normalize("NFD", path)
    elif variant:
        path = target.also[int(variant) - 2]
    return target, path, mark + query


def _anchor(words: str, text: Text, target: Text, files: Mapping[str, bytes]) -> str:
    """The link text as the page's design shows it: some add the format of a file."""
    if target.format == "html" or text.site.design == "plain":
        return words
    if text.site.design == "portal":
        name = target.format if target.format == "jpg" else target.format.upper()
        return f"{words} ({name}, nytt fönster)" if text.language == "sv" else f"{words} ({name}, new window)"
    return f"{words} ({target.format}, {len(files[target.id]) / 1000:.0f} kB)"


def _href(text: Text, path: str) -> str:
    """Portals link from the root, the others relatively; old pages write å and blanks as they are."""
    if text.site.design == "portal":
        return quote(path)
    folder = text.path if text.path.endswith("/") else text.path.rpartition("/")[0]
    relative = os.path.relpath(path, folder) + ("/" if path.endswith("/") else "")
    return relative if text.site.design == "plain" else quote(relative)


def _day(date: str, style: str, language: str = "sv") -> str:
    """A date or month as a page prints it."""
    if style == "iso" or len(date) < 7:
        return date
    year, month, *day = date.split("-")
    return " ".join([*(str(int(d)) for d in day), MONTHS[language][int(month) - 1], year])


def _groups(sites: Mapping[str, Site], texts: Mapping[str, Text]) -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for site in sites.values():
        groups[site.group].append((site.name, texts[f"{site.id}/{START}"].path))
    return groups


def _robots(sites: Mapping[str, Site]) -> str:
    closed = "".join(f"Disallow: /{s.id}/{folder}\n" for s in sites.values() for folder in s.disallow)
    return f"User-agent: *\n{closed}\nSitemap: {ORIGIN}/sitemap.xml\n"


def _sitemap(texts: Mapping[str, Text]) -> str:
    rows = []
    for text in texts.values():
        if text.format == "html" and text.expected == "indexed":
            changed = text.updated or text.published
            lastmod = f"<lastmod>{changed}</lastmod>" if changed and len(changed) == 10 else ""
            rows.append(f"<url><loc>{ORIGIN}{quote(text.path)}</loc>{lastmod}</url>\n")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        + "".join(rows)
        + "</urlset>\n"
    )


def _file(path: str) -> str:
    return path + "index.html" if path.endswith("/") else path


def _write(out: Path, path: str, data: bytes) -> None:
    file = out / _file(path).lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


# --- truth ----------------------------------------------------------------------------------------------


def truth(
    texts: Mapping[str, Text], files: Mapping[str, bytes], boilerplate: Mapping[str, tuple[str, ...]]
) -> Iterator[dict[str, Any]]:
    """One row a document: what stands in it, where it is found, what may and may not be read from it."""
    leading: dict[str, list[Reference]] = defaultdict(list)
    for reference in references(texts, files):
        if reference.source.expected in ("indexed", "noindex") and reference.source is not reference.target:
            leading[reference.target.id].append(reference)
    for text in texts.values():
        links = leading[text.id]
        # The most telling link stands under headings and on the document's own site.
        links.sort(key=lambda r: (-len(r.headings), r.source.site is not text.site))
        data = files.get(text.id)
        readable = not {"scan", "damage", "password"} & text.layout.keys() and text.format != "jpg"
        frame = () if data else boilerplate[text.site.design]
        row: dict[str, Any] = {
            "path": quote(text.path),
            "title": text.title,
            "kind": text.kind,
            "language": text.language,
            "publisher": text.publisher,
            "organisation_type": text.organisation_type,
            "published": text.published,
            "years": list(text.years),
            "municipalities": list(text.municipalities),
            "counties": list(text.counties),
            "areas": list(text.areas),
            **{f"{name}_ok": list(values) for name, values in text.accepted.items()},
            "contacts": [dict(c) for c in text.contacts],
            "found_on": list(dict.fromkeys(quote(r.source.path) for r in links)),
            "anchor": links[0].anchor if links else None,
            "headings": list(links[0].headings) if links else [],
            "links": [
                {"found_on": quote(r.source.path), "anchor": r.anchor, "headings": list(r.headings)}
                for r in links
            ],
            "also_at": [quote(path) for path in text.also],
            "pages": demo_pdf.page_count(data) if data and text.format == "pdf" and readable else None,
            "must_contain": _phrases(text, data) if readable else [],
            "must_not_contain": [*text.must_not_contain, *frame],
            "expected": text.expected,
        }
        if data and text.layout.get("scan"):
            row["pages"] = demo_pdf.page_count(data)
        if data and text.layout.get("hyphenate"):
            row["hyphenated"] = demo_pdf.hyphenated_phrases(data, _words(text))
            row["must_contain"] += row["hyphenated"]
        if text.note:
            row["note"] = text.note
        yield row


def references(texts: Mapping[str, Text], files: Mapping[str, bytes]) -> Iterator[Reference]:
    """Every link between documents, with the headings above it."""
    for text in texts.values():
        above: dict[str, str] = {}
        if text.format != "html":
            continue
        for block in text.blocks:
            if block.kind in ("h2", "h3"):
                above = {k: v for k, v in above.items() if k < block.kind} | {block.kind: plain(block.text)}
            for inline in (block.text, *block.items, *(c for row in block.rows for c in row)):
                for words, reference in LINK.findall(inline):
                    if not re.match(r"(?:https?|mailto):|#", reference):
                        target, path, query = _resolve(reference, text, texts)
                        anchor = _anchor(words, text, target, files)
                        yield Reference(text, target, path, query, anchor, tuple(above.values()))


def _words(text: Text) -> str:
    return " ".join(words_of(b) for b in text.blocks)


def _phrases(text: Text, data: bytes | None, count: int = 4) -> list[str]:
    """Six words in a row from passages spread over the text; in a PDF none that runs over a page break."""
    passages = [
        p.split() for b in text.blocks if b.kind in ("p", "ul", "ol", "quote") for p in (b.items or (b.text,))
        if "](" not in p and "**" not in p and len(p.split()) >= 8
    ]  # fmt: skip
    phrases = [" ".join(words[1:7]) for words in passages]
    if data and text.format == "pdf":
        with pdfium.PdfDocument(data) as document:
            pages = [" ".join(p.get_textpage().get_text_range().split()) for p in document]
        phrases = [p for p in phrases if any(p in page for page in pages)]
    step = max(1, len(phrases) // count)
    return phrases[::step][:count]


def main() -> None:
    parser = argparse.ArgumentParser(description="Generate the demo site.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--port", type=int, help="port of the server, for --sources")
    parser.add_argument("--sources", type=Path, help="write a sources.toml for that port")
    parser.add_argument("--with-failing", action="store_true", help="add a source that does not answer")
    options = parser.parse_args()
    if (options.sources is None) != (options.port is None):
        parser.error("give --sources and --port together.")
    try:
        build(options.out)
    except DemoError as error:
        raise SystemExit(str(error)) from None
    if options.sources:
        write_sources(options.sources, options.port, options.with_failing)


if __name__ == "__main__":
    main()
