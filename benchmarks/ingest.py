"""How fast are captures read and understood, and with how much memory?

    python benchmarks/ingest.py CORPUS.jsonl.gz [--pages 5000]

Makes a web site of the documents of a JSON Lines file (title, text): pages with a menu, sections and links
to one another, as a crawl would have stored them in a temporary directory. Then measures the reading of
``kompass index`` on it: the first time, again with nothing changed, and with one page in a hundred changed.
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

from indexer.catalogue import Catalogue
from indexer.crawl.archive import Exchange, WarcArchive

HOST = "https://www.exempel.se"
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
                "exempel", url, at, 200, "text/html", digest, place.warc, place.offset, place.length,
                {"content-type": "text/html"},
            )  # fmt: skip


INGEST = (
    "import sys, resource; from pathlib import Path; from indexer.ingest import ingest; "
    "from indexer.sources import load; "
    "ingest(load(Path(sys.argv[1])), Path(sys.argv[2])); "
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
)


def measured(name: str, sources: Path, corpus: Path, count: int) -> None:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", INGEST, str(sources), str(corpus)], capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - started
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(
        f"{name:30} {seconds:7.1f} s {count / seconds:8.0f} pages/s   {int(done.stdout):5} MB in the main "
        f"process, {most} MB in the largest"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--pages", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        corpus, sources = Path(directory) / "store", Path(directory) / "sources.toml"
        sources.write_text(SOURCES)
        held = list(documents(options.corpus, options.pages))
        size = sum(len(text) for _, text in held) / 1e6
        print(f"{len(held)} pages, {size:.1f} million characters of text")
        capture(corpus, ((n, page(n, *d)) for n, d in enumerate(held)), "2026-01-01T00:00:00Z")
        measured("first", sources, corpus, len(held))
        measured("nothing changed", sources, corpus, len(held))
        some = ((n, page(n, *d, "Ändrad.")) for n, d in enumerate(held) if n % 100 == 0)
        capture(corpus, some, "2026-01-02T00:00:00Z")
        measured("one page in a hundred changed", sources, corpus, len(held))
        print(f"catalogue: {(corpus / 'catalogue.sqlite').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
