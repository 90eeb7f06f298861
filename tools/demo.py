"""`make demo`: the bundled demo site, served on loopback, crawled, indexed and searched in a browser.

Everything it makes lies below ``build/demo`` and is made anew each time; the commands are those that a real
corpus uses.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from build_demo import build, write_sources
from serve_demo import serve

ROOT = Path(__file__).parents[1]
SEARCHES = ("barnchecklista bibliotek", '"barnets bästa" år:2012..2016', "handlingsplan kommun:Malmö")


def kompass(*arguments: str) -> None:
    """Run one command of the product, as a user would; stops the demo with its words when it fails."""
    done = subprocess.run([sys.executable, "-m", "indexer.cli", *arguments], cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def prepare(out: Path) -> tuple[Path, Path]:
    """Site → crawl → index; returns the corpus and index directories."""
    shutil.rmtree(out, ignore_errors=True)
    site, corpus, index = out / "site", out / "store", out / "index"
    print("1/3  Writing the demo site …", flush=True)
    build(site)
    server = serve(site)
    try:
        port = server.server_port
        print(f"2/3  Crawling it at http://127.0.0.1:{port}/ …", flush=True)
        sources = out / "sources.toml"
        write_sources(sources, port)
        kompass("crawl", "--sources", str(sources), "--corpus", str(corpus))
        print("3/3  Reading the documents and building the index …", flush=True)
        kompass("index", "--sources", str(sources), "--corpus", str(corpus), "--index", str(index))
    finally:
        server.shutdown()
    return corpus, index


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "demo")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--no-serve", action="store_true", help="stop when the index is built")
    options = parser.parse_args()
    started = time.monotonic()
    corpus, index = prepare(options.out)
    print(f"\nReady after {time.monotonic() - started:.0f} seconds.")
    if options.no_serve:
        return
    print(f"Open http://{options.host}:{options.port}/ and try, for instance:")
    for search in SEARCHES:
        print(f"    {search}")
    print("Stop with Ctrl+C.\n", flush=True)
    places = ("--corpus", str(corpus), "--index", str(index))
    where = (*places, "--host", options.host, "--port", str(options.port))
    os.chdir(ROOT)
    # In place of this process: whoever stops the demo stops the service.
    os.execv(sys.executable, [sys.executable, "-m", "indexer.cli", "serve", *where])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print()
