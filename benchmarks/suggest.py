"""How fast are suggestions, how many are offered, and does each of them find something?

    python benchmarks/suggest.py INDEX [--write]   # also as a section of results.md

Typed, letter by letter from the second, are runs of two to four words of documents drawn by a seeded generator,
in small letters. So what is typed stands in a document, but hardly ever in a title or as a common phrase. What
leads to a page of its own (titles, places) is not searched for.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

from report import where, write_section

from indexer.language import tokens
from indexer.model import Query
from indexer.search import Searcher, open_index

SEED = 20141120
RUNS = 200


def runs(searcher: Searcher) -> list[str]:
    reader, chance = searcher.reader, random.Random(SEED)
    found: list[str] = []
    while len(found) < RUNS:
        pages = reader.text(chance.randrange(reader.documents))
        words = [word for word, _, _ in tokens(pages[0].text)] if pages else []
        size = chance.randint(2, 4)
        if len(words) > 4:
            at = chance.randrange(len(words) - size)
            found.append(" ".join(words[at : at + size]))
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("index", type=Path)
    options.add_argument("--write", action="store_true", help="also write the section of results.md")
    options.add_argument("--errors", action="store_true", help="show what finds nothing")
    chosen = options.parse_args()
    searcher = open_index(chosen.index)
    searcher.suggest("b")  # reads dictionaries and tables, which the service does before it opens its port
    searcher.search(Query("barns rättigheter"))
    times: list[float] = []
    offered: list[str] = []
    none = 0
    for run in runs(searcher):
        for size in range(2, len(run) + 1):
            typed = run[:size].strip()
            started = time.perf_counter()
            found = searcher.suggest(typed)
            times.append((time.perf_counter() - started) * 1e3)
            none += not found
            offered += [s.text for s in found if s.target is None]
    empty = [text for text in dict.fromkeys(offered) if not searcher.count(Query(text))]
    times.sort()
    told = f"{len(times):,} lists in {searcher.generation.documents:,} documents, {none / len(times):.1%} empty; "
    told += f"{len(set(offered)):,} different texts to search for, {len(empty)} find nothing."
    shares = (50, 95, 99)
    row = [f"{times[len(times) * share // 100]:.2f}" for share in shares] + [f"{times[-1]:.1f}"]
    head = [*(f"p{share} ms" for share in shares), "longest ms"]
    lines = [told, "", *(f"| {' | '.join(cells)} |" for cells in (head, ["---:"] * len(head), row))]
    print("\n".join(lines))
    if chosen.write:
        write_section("Suggestions", [f"`python benchmarks/suggest.py INDEX`, {where()}.", "", *lines])
    if chosen.errors:
        print("\n".join(empty))


if __name__ == "__main__":
    main()
