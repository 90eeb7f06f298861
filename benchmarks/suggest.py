"""How fast are suggestions, how many are offered, and does each of them find something?

    python benchmarks/suggest.py INDEX [--write]   # also as a section of results.md

Typed, letter by letter from the second, are runs of two to four words of documents drawn by a seeded generator,
in small letters. So what is typed stands in a document, but hardly ever in a title or as a common phrase: then
the last of several words is completed by those that stand together with the others, which takes longest. What
leads to a page of its own (titles, places) is not searched for. Times are of the processor.
"""

from __future__ import annotations

import argparse
import random
import time
from itertools import chain
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
    times: dict[str, list[float]] = {"the first word": [], "later words": []}
    offered: list[str] = []
    none = 0
    for run in runs(searcher):
        for size in range(2, len(run) + 1):
            typed = run[:size].strip()
            started = time.process_time()
            found = searcher.suggest(typed)
            spent = (time.process_time() - started) * 1e3
            times["later words" if " " in typed else "the first word"].append(spent)
            none += not found
            offered += [s.text for s in found if s.target is None]
    empty = [text for text in dict.fromkeys(offered) if not searcher.count(Query(text))]
    lists = sum(map(len, times.values()))
    told = f"{lists:,} lists in {searcher.generation.documents:,} documents, {none / lists:.1%} empty; "
    told += f"{len(set(offered)):,} different texts to search for, {len(empty)} find nothing."
    shares = (50, 95, 99)
    head = ["typing", "lists", *(f"p{share} ms" for share in shares), "longest ms"]
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    for what, spent_on in (*times.items(), ("both", [*chain.from_iterable(times.values())])):
        spent_on.sort()
        figures = [f"{spent_on[len(spent_on) * share // 100]:.2f}" for share in shares]
        rows.append([what, f"{len(spent_on):,}", *figures, f"{spent_on[-1]:.2f}"])
    lines = [told, "", *(f"| {' | '.join(cells)} |" for cells in rows)]
    print("\n".join(lines))
    if chosen.write:
        write_section("Suggestions", [f"`python benchmarks/suggest.py INDEX`, {where()}.", "", *lines])
    if chosen.errors:
        print("\n".join(empty))


if __name__ == "__main__":
    main()
