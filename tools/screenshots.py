"""Pictures of every page of the interface, wide, narrow and dark, for people to judge.

    python tools/screenshots.py --index DIR [--corpus DIR] OUTPUT [--only NAME …] [--query WORDS]
    python tools/screenshots.py --index DIR --readme docs      the pictures that README shows

Serves the index on a free port and photographs it with Debian's Chromium.
"""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote_plus

import waitress
from playwright.sync_api import sync_playwright

from indexer.model import UNKNOWN, Query
from indexer.search import Searcher, SearchIndex
from search_web.app import make_app
from search_web.serve import listen

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb")
MODES = {
    "wide": {"viewport": {"width": 1280, "height": 860}},
    "narrow": {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
}
README = ("results", "matrix", "document", "concordance", "embed")


def pages(searcher: Searcher, words: str) -> dict[str, str]:
    """Every kind of page by name, with addresses that this index can answer."""
    q = quote_plus(words)
    found = searcher.search(Query(words))
    everything = searcher.search(Query(sort="newest", limit=1))

    def most(facet: str) -> str:
        values = [v for v in everything.facets[facet] if v.value != UNKNOWN]
        return max(values, key=lambda v: v.count).value if values else UNKNOWN

    best = found.hits[0].document.id if found.hits else everything.hits[0].document.id
    return {
        "start": "/",
        "results": f"/?q={q}",
        "results-filtered": f"/?q={q}&municipality={most('municipality')}&kind={most('kind')}",
        "results-compact": f"/?q={q}&view=compact&limit=25",
        "results-none": f"/?q={q}+xyzzyxyzzy&municipality=1267",
        "matrix": f"/matrix?q={q}",
        "matrix-share": f"/matrix?q={q}&measure=share&rows=total",
        "map": f"/map?q={q}",
        "research": f"/research?q={q}",
        "concordance": f"/research/concordance?q={q}&order=right",
        "trend": f"/research/trend?q={q}&measure=share",
        "keywords": f"/research/keywords?q={q}",
        "collocations": f"/research/collocations?q={q}",
        "document": f"/documents/{best}?q={q}",
        "versions": f"/documents/{best}/versions",
        "municipality": f"/municipalities/{most('municipality')}",
        "area": f"/areas/{most('area')}",
        "kind": f"/kinds/{most('kind')}",
        "year": f"/years/{most('year')}",
        "browse": "/browse",
        "values": f"/values/publisher?q={q}",
        "sources": "/sources",
        "embed": "/embed",
        "feedback": f"/feedback?search=q%3D{q}",
        "help": "/help",
        "about": "/about",
        "privacy": "/privacy",
        "accessibility": "/accessibility",
        "english": f"/en/?q={q}",
        "error-400": "/?year=tjugohundra",
        "error-404": "/documents/finns-inte",
    }


@contextmanager
def served(index: SearchIndex) -> Iterator[str]:
    listener = listen("127.0.0.1", 0)
    app = make_app(index, settings={"rate_limit": 0})
    server = waitress.create_server(app, sockets=[listener], threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, nargs="?", help="where the pictures go")
    parser.add_argument("--readme", type=Path, metavar="DIR", help="only what README shows, one screen each")
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--corpus", type=Path, default=Path("corpus/store"))
    parser.add_argument("--query", default="barnchecklista", help="what is searched for")
    parser.add_argument("--only", nargs="*", help="names of pages, such as results or matrix")
    options = parser.parse_args()
    output = options.readme or options.output
    if output is None:
        parser.error("say where the pictures go")
    output.mkdir(parents=True, exist_ok=True)
    modes = ["wide"] if options.readme else MODES
    only = README if options.readme else options.only
    index = SearchIndex(options.index, options.corpus if options.corpus.is_dir() else None)
    wanted = pages(index.current(), options.query)
    with served(index) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        for mode in modes:
            context = browser.new_context(locale="sv-SE", reduced_motion="reduce", **MODES[mode])  # type: ignore[arg-type]
            page = context.new_page()
            for name, address in wanted.items():
                if only and name not in only:
                    continue
                page.goto(origin + address)
                file = f"{name}.png" if options.readme else f"{name}-{mode}.png"
                page.screenshot(path=output / file, full_page=not options.readme)
            context.close()
        browser.close()
    print(f"{len(list(output.glob('*.png')))} pictures in {output}")


if __name__ == "__main__":
    main()
