"""How fast is a crawl beside bare Scrapy on the same pages, and does its memory stay flat?

Serves generated pages from a process of its own and crawls them twice in turn: with a spider of a few lines,
all settings Scrapy's own but the number of requests at a time and robots.txt, and with ``indexer.crawl``.

    python benchmarks/crawl_speed.py [--pages 2000] [--rounds 3] [--at-once 1] [--memory] [--write]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from report import where, write_section

from indexer.crawl import crawl
from indexer.model import Source

BARE = """
import sys
from urllib.parse import urlsplit
from scrapy import Spider, Request
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor

class Bare(Spider):
    name = "bare"
    links = LinkExtractor()
    seen = 0
    async def start(self):
        yield Request(sys.argv[1])
    def parse(self, response):
        Bare.seen += 1
        if "text/html" in response.headers["Content-Type"].decode():
            for link in self.links.extract_links(response):
                yield Request(link.url)

if __name__ == "__main__":
    import time
    process = CrawlerProcess({
        "CONCURRENT_REQUESTS_PER_DOMAIN": int(sys.argv[2]), "LOG_LEVEL": "ERROR", "ROBOTSTXT_OBEY": True,
        "TELNETCONSOLE_ENABLED": False,
    })
    process.crawl(Bare)
    begun = time.monotonic()
    process.start()
    print(Bare.seen, time.monotonic() - begun)
"""

TEXT = "Kommunens plan för barnets rättigheter följs upp av nämnden i samverkan med skola och region. "


def body(number: int, pages: int) -> bytes:
    """A page as municipalities have them: a menu of 40 links, 400 words, 20 links to further pages."""
    menu = "".join(f'<li><a href="/p/{i}.html">Meny {i}</a></li>' for i in range(min(40, pages)))
    children = range(number * 20 + 1, min(number * 20 + 21, pages))
    links = "".join(f'<li><a href="/p/{i}.html">Sida {i} om barnets rättigheter</a></li>' for i in children)
    paragraphs = "".join(f"<p>{TEXT * 4}({number}, {i})</p>" for i in range(7))
    return (
        f'<!doctype html><html lang="sv"><head><meta charset="utf-8"><title>Sida {number}</title></head>'
        f"<body><header><nav><ul>{menu}</ul></nav></header><main><h1>Sida {number}</h1>{paragraphs}"
        f"<h2>Mer</h2><ul>{links}</ul></main><footer><p>Kommunen, Torget 1</p></footer></body></html>"
    ).encode()


async def serve(pages: int) -> None:
    """A server that costs little: one process, keep-alive, no parsing beyond the first line."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                if path.startswith("/p/"):
                    content, status = body(int(path[3:-5]), pages), "200 OK"
                else:
                    content, status = b"", "404 Not Found"
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
                    f"Content-Length: {len(content)}\r\n\r\n".encode()
                    + content
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def bare(url: str, at_once: int) -> tuple[int, float]:
    run = subprocess.run(
        [sys.executable, "-c", BARE, url, str(at_once)], capture_output=True, text=True, check=True
    )
    seen, seconds = run.stdout.split()
    return int(seen), float(seconds)


def ours(url: str, corpus: Path, pages: int) -> tuple[int, float]:
    source = Source(
        "fart", "Fart", "Fart", "municipality", (url,), allow=("^http://127",), allow_private=True, delay=0.0,
        max_pages=20 * pages, max_depth=100,
    )  # fmt: skip
    (run,) = crawl([source], corpus).runs
    return run.pages, run.seconds


def memory(pid: int) -> Iterator[tuple[int, int]]:
    """(seconds, resident bytes) of the crawling process, twice a second."""
    begun = time.monotonic()
    while True:
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            sizes = [
                int(Path(f"/proc/{c}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
                for c in children
            ]
        except OSError:
            return
        if sizes:
            yield int(time.monotonic() - begun), max(sizes)
        time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=1, help="requests at a time, for both")
    parser.add_argument(
        "--memory", action="store_true", help="crawl once and print the process's memory instead"
    )
    parser.add_argument("--write", action="store_true", help="also write the section of results.md")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(arguments.serve))
        return
    os.environ["KOMPASS_CRAWL_CONCURRENCY"] = str(arguments.at_once)
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(arguments.pages)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/p/0.html"
        if arguments.memory:
            name, lines = "Memory of a crawl", _memory(url, arguments.pages)
        else:
            name, lines = "Speed of a crawl", _speed(url, arguments)
    finally:
        server.kill()
    print("\n".join(lines))
    if arguments.write:
        command = " ".join(["python benchmarks/crawl_speed.py", *sys.argv[1:]]).replace(" --write", "")
        write_section(name, [f"`{command}`, {where()}.", "", *lines])


def _speed(url: str, arguments: argparse.Namespace) -> list[str]:
    rates: dict[str, list[float]] = {"bare": [], "kompass": []}
    for _ in range(arguments.rounds):
        pages, seconds = bare(url, arguments.at_once)
        rates["bare"].append(pages / seconds)
        assert pages == arguments.pages, pages
        with tempfile.TemporaryDirectory() as folder:
            pages, seconds = ours(url, Path(folder), arguments.pages)
        rates["kompass"].append(pages / seconds)
        assert pages == arguments.pages, pages
    bare_, own = (statistics.median(rates[name]) for name in ("bare", "kompass"))
    return [
        f"{arguments.pages:,} pages, {arguments.at_once} at a time, no delay, medians of {arguments.rounds} rounds.",
        "",
        "| pages/s of bare Scrapy | of `kompass crawl` | share |",
        "|---:|---:|---:|",
        f"| {bare_:.1f} | {own:.1f} | {own / bare_:.2f} |",
    ]


def _memory(url: str, pages: int) -> list[str]:
    samples: list[tuple[int, int]] = []
    watcher = threading.Thread(target=lambda: samples.extend(memory(os.getpid())), daemon=True)
    with tempfile.TemporaryDirectory() as folder:
        watcher.start()
        fetched, seconds = ours(url, Path(folder), pages)
    chosen = [samples[(len(samples) - 1) * tenth // 9] for tenth in range(10)]
    return [
        f"{fetched:,} pages in {seconds:.0f} s.",
        "",
        "| after s | " + " | ".join(str(at) for at, _ in chosen) + " |",
        "|---|" + "---:|" * len(chosen),
        "| MB | " + " | ".join(f"{size / 1e6:.0f}" for _, size in chosen) + " |",
    ]


if __name__ == "__main__":
    main()
