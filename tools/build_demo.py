"""Generates the demo site from the texts in corpus/demo: pages, files, robots.txt, sitemap.xml, truth.jsonl.

    python tools/build_demo.py OUT

The same bytes each time. truth.jsonl says of every document what a careful reader would say, from the front
matter its author wrote; benchmarks measure extraction and enrichment against it. Needs no network.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import demo_office
import demo_pdf
from demo_links import OUTSIDE, anchor_text, href, resolve
from demo_texts import (
    DEMO,
    LINK,
    START,
    Block,
    DemoError,
    Site,
    Text,
    read_boilerplate,
    read_sites,
    read_texts,
)
from demo_truth import truth
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

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


def write_sources(path: Path, port: int) -> None:
    """``sources.toml`` for the demo served at ``port``."""
    origin = f"http://127.0.0.1:{port}"
    blocks: list[dict[str, Any]] = [
        {
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
        for site in read_sites().values()
    ]
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
        "up": href(text, texts[f"{text.site.id}/{START}"].path),
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
        if OUTSIDE.match(match[2]):
            html.append(Markup('<a href="{}">{}</a>').format(match[2], match[1]))
        else:
            target, path, query = resolve(match[2], text, texts)
            anchor = anchor_text(match[1], text, target, files)
            window = Markup(' target="_blank" rel="noopener"') if target.format != "html" else ""
            html.append(Markup('<a href="{}{}"{}>{}</a>').format(href(text, path), query, window, anchor))
        at = match.end()
    html.append(escape(words[at:]))
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(Markup("").join(html))))


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


def main() -> None:
    parser = argparse.ArgumentParser(description="Generate the demo site.")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    try:
        build(options.out)
    except DemoError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
