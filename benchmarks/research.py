"""How long do concordance, trend, keywords and collocations take on one index?

    python benchmarks/research.py build/demo/index
    python benchmarks/research.py INDEX --query kommun --query '"barnets bästa"'

Milliseconds of processor time, the middle of several runs; what is remembered between them is not cleared, as
in a service that runs.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from indexer.model import Query
from indexer.research import Research
from indexer.search import open_index

QUERIES = ("och", "barn", "kommun", "barnets bästa", '"barnets bästa"')


def milliseconds(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("index", type=Path)
    parser.add_argument("--query", action="append")
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    searcher = open_index(options.index)
    research = Research(searcher)
    held = research.trend([""]).terms[0].total
    print(f"{held.documents_held} documents, {held.words_held} words")
    print(
        f"{'query':20} {'documents':>9} {'found':>8}  lines  by context  trend  keywords  neighbours   (ms of CPU)"
    )
    for text in options.query or QUERIES:
        query = Query(text, limit=50)
        found = research.concordance(query)
        times = [
            milliseconds(work, options.times)
            for work in (
                lambda q=query: research.concordance(q),
                lambda q=query: research.concordance(q, "left"),
                lambda q=query: research.trend([q.text]),
                lambda q=query: research.keywords(q),
                lambda q=query: research.collocations(q),
            )
        ]
        shown = "".join(f"{ms:{width}.0f}" for ms, width in zip(times, (7, 12, 7, 10, 12), strict=True))
        print(f"{text:20} {found.documents:9} {found.total:8}{shown}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
