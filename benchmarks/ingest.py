"""How fast are captures read and understood, and with how much memory?

    python benchmarks/ingest.py CORPUS.jsonl.gz [--pages 5000] [--memory] [--write]

Makes a web site of the documents of a JSON Lines file (title, text): pages with a menu, sections and links
to one another, as a crawl would have stored them in a temporary directory. Then measures the reading of
``kompass index`` on it: the first time, again with nothing changed, and with one page in a hundred changed.
With --memory: once, and the memory of the main process at the first quarter, half and all of the pages of
each stage.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import html
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from report import where, write_section

from indexer.catalogue import Catalogue
from indexer.crawl.archive import WarcArchive
from indexer.crawl.warc import Exchange
from indexer.model import Capture

HOST = "https://www.exempel.se"
MB = 1e6
SOURCES = f"""
[[source]]
id = "exempel"
name = "Exempel"
publisher = "Exempel"
organisation_type = "authority"
start_urls = ["{HOST}/"]
"""
MENU = "".join(f'<li><a href="/avdelning/{n}">Avdelning {n}</a></li>' for n in range(40))


def documents(path: Path, count: int) -> Iterator[tuple[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in islice(file, count):
            raw = json.loads(line)
            yield raw["title"], raw["text"]


def page(number: int, title: str, text: str, extra: str = "") -> bytes:
    parts = text.split("\n")
    body = "".join(
        f"<h2>Avsnitt {n}</h2>" + "".join(f"<p>{html.escape(p)}</p>" for p in parts[n * 8 : n * 8 + 8])
        for n in range(min(40, (len(parts) + 7) // 8))
    )
    links = "".join(
        f'<li><a href="/{(number * 7 + k) % 997}">Se även dokument {k}</a></li>' for k in range(8)
    )
    return (
        f'<!doctype html><html lang="sv"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"</head><body><nav><ul>{MENU}</ul></nav><main><h1>{html.escape(title)}</h1>{body}<p>{extra}</p>"
        f"<h2>Läs mer</h2><ul>{links}</ul></main><footer>Exempel, telefon 000-00 00 00</footer></body></html>"
    ).encode()


def capture(corpus: Path, pages: Iterator[tuple[int, bytes]], at: str) -> None:
    with (
        Catalogue(corpus / "catalogue.sqlite") as catalogue,
        WarcArchive(corpus, "exempel", "bench") as archive,
    ):
        for number, body in pages:
            url = f"{HOST}/{number}"
            digest = hashlib.sha256(body).hexdigest()
            place = archive.append(
                Exchange(
                    source="exempel", url=url, requested=url, fetched_at=at, request_headers=[],
                    protocol="HTTP/1.1", status=200, reason="OK", headers=[("content-type", "text/html")],
                    body=body, digest=digest, media_type="text/html",
                )
            )  # fmt: skip
            catalogue.add_capture(
                Capture(
                    0, "exempel", url, at, 200, "text/html", digest, place.warc, place.offset, place.length,
                    {"content-type": "text/html"},
                )
            )  # fmt: skip


INGEST = """
import json, os, resource, sys
from pathlib import Path
from indexer.ingest import ingest
from indexer.sources import load

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

seen = {}

def progress(stage, done, total):
    for part in (4, 2, 1):
        if total and done == total // part:
            seen.setdefault(stage, {})[done] = resident()

ingest(load(Path(sys.argv[1])), Path(sys.argv[2]), progress=progress)
print(json.dumps({"most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "seen": seen}))
"""


def run(sources: Path, corpus: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", INGEST, str(sources), str(corpus)], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(name: str, sources: Path, corpus: Path, count: int) -> str:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    found = run(sources, corpus)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (
        f"| {name} | {seconds:.1f} | {count / seconds:.0f} | {spent:.1f} | {found['most'] / MB:.0f} | "
        f"{after.ru_maxrss * 1024 / MB:.0f} |"
    )


def times(sources: Path, corpus: Path, held: list[tuple[str, str]]) -> Iterator[str]:
    yield "| | s | pages/s | processor s, main process | MB, main process | MB, largest process |"
    yield "|---|---:|---:|---:|---:|---:|"
    yield measured("first time", sources, corpus, len(held))
    yield measured("nothing changed", sources, corpus, len(held))
    some = ((n, page(n, *d, "Ändrad.")) for n, d in enumerate(held) if n % 100 == 0)
    capture(corpus, some, "2026-01-02T00:00:00Z")
    yield measured("one page in a hundred changed", sources, corpus, len(held))
    yield ""
    yield f"The catalogue takes {(corpus / 'catalogue.sqlite').stat().st_size / MB:.0f} MB."


def memory(sources: Path, corpus: Path) -> Iterator[str]:
    found = run(sources, corpus)
    stages = {stage: sizes for stage, sizes in found["seen"].items() if len(sizes) == 3}
    yield "| MB of the main process at | " + " | ".join(stages) + " |"
    yield "|---:|" + "---:|" * len(stages)
    for row in zip(*(sizes.items() for sizes in stages.values()), strict=True):
        yield f"| {int(row[0][0]):,} | " + " | ".join(f"{size / MB:.0f}" for _, size in row) + " |"
    yield ""
    yield f"At most {found['most'] / MB:.0f} MB."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--memory", action="store_true", help="read once and show how memory grows")
    parser.add_argument("--write", action="store_true", help="also write the section of results.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        corpus, sources = Path(directory) / "store", Path(directory) / "sources.toml"
        sources.write_text(SOURCES)
        held = list(documents(options.corpus, options.pages))
        size = sum(len(text) for _, text in held) / 1e6
        capture(corpus, ((n, page(n, *d)) for n, d in enumerate(held)), "2026-01-01T00:00:00Z")
        what = "--memory " if options.memory else ""
        lines = [
            f"`python benchmarks/ingest.py CORPUS {what}--pages {options.pages}`, {where()}. {len(held):,} "
            f"pages, {size:.1f} million characters of text.",
            "",
            *(memory(sources, corpus) if options.memory else times(sources, corpus, held)),
        ]
    print("\n".join(lines))
    if options.write:
        write_section("Memory of reading captures" if options.memory else "Reading captures", lines)


if __name__ == "__main__":
    main()
