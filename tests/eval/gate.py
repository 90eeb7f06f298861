"""Is the search as good as it was? Ranks known answers through the same search call that users get.

    python tests/eval/gate.py PATH_TO_DATA [--set swefaq|knownitem|topics …] [--misses N]

Needs test sets that are not part of the project: ``PATH/retrieval/<set>/{docs,queries,qrels}.jsonl`` and
``PATH/corpus/*.jsonl.gz`` (the sets without ``docs`` are searched in that corpus). Scores below the floors in
``floors.toml`` fail. Metrics: MRR@10 (reciprocal rank of the first right answer among ten) and nDCG@10 with
binary gains (Järvelin & Kekäläinen 2002). What stands after ± is the standard error over the queries: how
much a score depends on which queries were asked. Whether a change is better is seen from the queries that
it moves.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from indexer.build import Contents, build
from indexer.language import normalise
from indexer.model import Document, Page, Query
from indexer.search import Searcher, open_index

METRICS = {"swefaq": "mrr10", "knownitem": "mrr10", "topics": "ndcg10"}


def lines(path: Path) -> Iterator[dict[str, str]]:
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as file
    ):
        for line in file:
            yield json.loads(line)


def documents(rows: Iterable[dict[str, str]]) -> Iterator[Document]:
    for row in rows:
        year = (int(row["year"]),) if row.get("year") else ()
        yield Document(
            id=row["id"],
            url=row["id"],
            title=normalise(row.get("title") or ""),
            format="html",
            language="sv",
            years=year,
            text=(Page(1, normalise(row["text"])),),
        )


def rank(searcher: Searcher, text: str) -> list[str]:
    results = searcher.search(Query(text, facets=(), snippets=False))
    return [
        hit.document.id for hit in (*results.hits, *results.others)
    ]  # in the order in which they are shown


def reciprocal_rank(found: list[str], right: set[str]) -> float:
    return next((1 / n for n, id_ in enumerate(found[:10], 1) if id_ in right), 0.0)


def ndcg(found: list[str], right: set[str]) -> float:
    gain = sum(1 / math.log2(n + 1) for n, id_ in enumerate(found[:10], 1) if id_ in right)
    return gain / sum(1 / math.log2(n + 1) for n in range(1, min(10, len(right)) + 1))


def measure(searcher: Searcher, folder: Path, metric: str, misses: int) -> tuple[float, float]:
    """The mean over the queries of a set, and its standard error."""
    right: dict[str, set[str]] = {}
    for row in lines(folder / "qrels.jsonl"):
        right.setdefault(row["query_id"], set()).add(row["doc_id"])
    score = ndcg if metric == "ndcg10" else reciprocal_rank
    scores = []
    for row in lines(folder / "queries.jsonl"):
        found = rank(searcher, row["text"])
        scores.append(score(found, right[row["id"]]))
        if scores[-1] < 0.5 and misses:
            misses -= 1
            print(f"    {scores[-1]:.2f} {row['text']!r}")
    return statistics.mean(scores), statistics.stdev(scores) / math.sqrt(len(scores))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--set", action="append", choices=METRICS, help="only this set; may be repeated")
    parser.add_argument("--misses", type=int, default=0, metavar="N", help="print N queries that went badly")
    options = parser.parse_args()
    if not (options.data / "retrieval").is_dir():
        print(f"There is no folder 'retrieval' in {options.data}; the test sets are not part of the project.")
        return 2
    floors = tomllib.loads((Path(__file__).parent / "floors.toml").read_text("utf-8"))
    failed = False
    searchers: dict[Path, Searcher] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.set or METRICS:
            folder = options.data / "retrieval" / name
            own = folder / "docs.jsonl"
            corpus = own if own.is_file() else next((options.data / "corpus").glob("*.jsonl.gz"))
            if corpus not in searchers:
                out = Path(scratch) / str(len(searchers))
                started = time.monotonic()
                held = {d.id: d for d in documents(lines(corpus))}
                build(out, Contents(dict.fromkeys(held, ""), lambda h=held: iter(h.values()), ()))
                searchers[corpus] = open_index(out)
                count = searchers[corpus].generation.documents
                print(f"{count} documents indexed in {time.monotonic() - started:.1f} s")
            started = time.monotonic()
            value, error = measure(searchers[corpus], folder, METRICS[name], options.misses)
            floor = floors[f"{name}_{METRICS[name]}"]
            failed |= value < floor
            verdict = "BELOW THE FLOOR" if value < floor else "ok"
            seconds = time.monotonic() - started
            shown = f"{value:.4f} ± {error:.3f}"
            print(f"{name:10} {METRICS[name]:7} {shown}  floor {floor:.3f}  {verdict}  ({seconds:.1f} s)")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
