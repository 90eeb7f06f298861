"""How good is the main text of web pages, their links, dates and contacts, and how fast is it read?

    python benchmarks/main_text.py SITE          # a folder with truth.jsonl, content in it or in content/
    python benchmarks/main_text.py PAGES         # a folder with manifest.jsonl and files/
    … --write NAME                               # also as a section of results.md: "Main text: NAME"

For a site: the phrases that the text must and must not contain, the headings above each link, dates,
contacts and titles, of pages and files, as extraction alone finds them (``fields.py`` measures the finished
index). For a folder of pages, where nobody has said what is right, each page is one line, and the phrases of
the frame that are left in the text are counted.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from report import where, write_section

from indexer.extract import boilerplate, extract, html, repeats, sniff, title
from indexer.model import Extract

HOST = "http://127.0.0.1:8801"


def plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    return re.sub(r"\s+", " ", text).casefold()


def text_of(found: Extract) -> str:
    return plain(" ".join(f"{page.heading or ''} {page.text}" for page in found.pages))


def read(path: Path, url: str) -> tuple[Extract, float]:
    payload = path.read_bytes()
    began = time.perf_counter()
    found = extract(payload, sniff(payload, None, url), url)
    return found, time.perf_counter() - began


def site(folder: Path) -> list[str]:
    """Right and all, by what is measured, as a table; every miss is printed in a line."""
    right: defaultdict[str, list[bool]] = defaultdict(list)
    extracts: dict[str, Extract] = {}
    truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
    for document in truth:
        content = folder / "content" if (folder / "content").is_dir() else folder
        path = content / unquote(document["path"]).lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            print(f"{'no such file':17} {document['path']}")
            continue
        found, _ = read(path, HOST + document["path"])
        extracts[document["path"]] = found
        for field, ok, shown in judged(document, found):
            right[field].append(ok)
            if not ok:
                print(f"{field:17} {document['path']}: {shown}")
    for document in truth:
        target = HOST + document["path"]
        for link in document.get("links", ()):
            page = extracts.get(link["found_on"])
            ok = page is not None and any(
                item.url == target
                and plain(item.anchor) == plain(link["anchor"])
                and list(item.headings) == link["headings"]
                for item in page.links
            )
            right["links"].append(ok)
            if not ok:
                print(f"{'links':17} {document['path']}: {link}")
    rows = (f"| {f} | {sum(m)} | {len(m)} | {sum(m) / len(m):.3f} |" for f, m in right.items())
    return ["| read by extraction alone | right | of | share |", "|---|---:|---:|---:|", *rows]


def judged(document: dict[str, Any], found: Extract) -> Iterator[tuple[str, bool, str]]:
    text = text_of(found)
    for phrase in document["must_contain"]:
        field = "hyphenated" if phrase in document.get("hyphenated", ()) else "must contain"
        yield field, plain(phrase) in text, phrase
    for phrase in document["must_not_contain"]:
        yield "must not contain", plain(phrase) not in text, phrase
    named = title.choose(found, document["anchor"], HOST + document["path"])
    yield (
        "title",
        named in (document["title"], *document.get("title_ok", ())),
        f"{named} | {document['title']}",
    )
    if found.format == "html":
        said = {(person["name"], person.get("role")) for person in document["contacts"]}
        read_ = {(person.name, person.role) for person in found.contacts}
        yield "contacts", said == read_, f"{read_} | {said}"
        date = next((item.date for item in found.dates if item.label == "published"), None)
        yield "published", date == document["published"], f"{date} | {document['published']}"
    else:
        yield (
            "pages",
            found.page_count == document["pages"] or document["pages"] is None,
            str(found.page_count),
        )


def pages(folder: Path) -> list[str]:
    """One line is printed for each page; what frame is left in the text and how fast the pages were read."""
    manifest = [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    seconds = 0.0
    size = phrases = blocks = without = 0
    by_host: defaultdict[str, list[Extract]] = defaultdict(list)
    for entry in manifest:
        path = folder / "files" / entry["file"]
        host = entry.get("host") or "example.se"
        began = time.perf_counter()
        found = html.read(path.read_bytes(), f"http://{host}/{entry['file']}")
        seconds += time.perf_counter() - began
        by_host[host].append(found)
        size += path.stat().st_size
        lines = [
            line for page in found.pages for line in [page.heading or "", *page.text.split("\n")] if line
        ]
        blocks += len(lines)
        phrases += sum(map(boilerplate.is_phrase, lines))
        without += not lines
        count = sum(len(line.split()) for line in lines)
        main = sum(not link.frame for link in found.links)
        print(f"{count:6} words {len(found.pages):3} sections {main:4} links  {entry['file'][-60:]}")
    kept = total = 0
    for extracts in by_host.values():
        common = repeats.common([found.blocks for found in extracts])
        total += sum(len(found.blocks) for found in extracts)
        kept += sum(len(repeats.without(found, common).blocks) for found in extracts)
    return [
        f"- {len(manifest)} pages, {without} without text; {phrases} of {blocks} blocks are frame by their words",
        f"- blocks that repeat across a site: {total - kept} of {total}",
        f"- {len(manifest) / seconds:.0f} pages/s, {size / seconds / 1e6:.1f} MB/s, one process",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", metavar="NAME", help="also write a section of results.md under this name")
    options = parser.parse_args()
    if (options.folder / "truth.jsonl").is_file():
        lines = site(options.folder)
    elif (options.folder / "manifest.jsonl").is_file():
        lines = pages(options.folder)
    else:
        raise SystemExit(f"{options.folder} holds neither truth.jsonl nor manifest.jsonl.")
    print("\n".join(lines))
    if options.write:
        write_section(
            f"Main text: {options.write}", [f"`python benchmarks/main_text.py`, {where()}.", "", *lines]
        )


if __name__ == "__main__":
    main()
