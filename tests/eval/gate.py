"""Is the search as good as it was? Ranks known answers through the same search call that users get.

    python tests/eval/gate.py PATH_TO_DATA [--set swefaq|knownitem|topics|questions …] [--misses N]

Needs test sets that are not part of the project: ``PATH/retrieval/<set>/{docs,queries,qrels}.jsonl`` and
``PATH/corpus/*.jsonl.gz`` (the sets without ``docs`` are searched in that corpus). ``questions`` is made of
that corpus: the question that ends an interpellation, asked of GROUP of them to one minister, from which all
questions are taken; no constant was fitted on it. Scores below the floors in ``floors.toml`` fail. Metrics:
MRR@10 (reciprocal rank of the first right answer among ten) and nDCG@10 with binary gains (Järvelin &
Kekäläinen 2002). What stands after ± is the standard error over the queries: how much a score depends on
which queries were asked. Whether a change is better is seen from the queries that it moves.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import re
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

METRICS = {"swefaq": "mrr10", "knownitem": "mrr10", "topics": "ndcg10", "questions": "mrr10"}
GROUP = 110
"""Documents of which one answers a question, as in SweFAQ."""
GROUPS = 12

Asked = list[tuple[str, set[str]]]
"""Queries, and the ids of what answers each."""
_QUESTION = re.compile(r"[^.?!\n]+[?]")


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


def measure(searcher: Searcher, asked: Asked, metric: str) -> Iterator[tuple[str, float]]:
    """Each query and its score."""
    score = ndcg if metric == "ndcg10" else reciprocal_rank
    for text, right in asked:
        yield text, score(rank(searcher, text), right)


def judged(folder: Path) -> Asked:
    right: dict[str, set[str]] = {}
    for row in lines(folder / "qrels.jsonl"):
        right.setdefault(row["query_id"], set()).add(row["doc_id"])
    return [(row["text"], right[row["id"]]) for row in lines(folder / "queries.jsonl")]


def questions(corpus: Path) -> Iterator[tuple[list[dict[str, str]], Asked]]:
    """Groups of interpellations without their questions, and the last question of each."""
    of: dict[str, list[tuple[dict[str, str], str]]] = {}
    for row in sorted(lines(corpus), key=lambda row: (str(row["year"]), row["id"])):
        found = [q.strip() for q in _QUESTION.findall(row["text"])] if row["kind"] == "interpellation" else []
        found = [q for q in found if 40 < len(q) < 220]
        rest = _QUESTION.sub(" ", row["text"])
        if found and len(rest) > 400:
            of.setdefault(row["place"] or "", []).append(({"id": row["id"], "text": rest}, found[-1]))
    groups = [rows[n : n + GROUP] for rows in of.values() for n in range(0, len(rows) - GROUP + 1, GROUP)]
    for group in random.Random(7).sample(groups, min(GROUPS, len(groups))):
        yield [row for row, _ in group], [(text, {row["id"]}) for row, text in group]


def parts(name: str, data: Path) -> Iterator[tuple[str, Iterable[dict[str, str]], Asked]]:
    """What is searched together, its name, and what is asked of it."""
    corpus = next((data / "corpus").glob("*.jsonl.gz"))
    if name == "questions":
        for n, (rows, asked) in enumerate(questions(corpus)):
            yield f"{name}{n}", rows, asked
        return
    folder = data / "retrieval" / name
    own = folder / "docs.jsonl"
    path = own if own.is_file() else corpus
    yield path.name, lines(path), judged(folder)


def indexed(rows: Iterable[dict[str, str]], out: Path) -> Searcher:
    held = {d.id: d for d in documents(rows)}
    build(out, Contents(dict.fromkeys(held, ""), lambda: iter(held.values()), ()))
    return open_index(out)


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
    searchers: dict[str, Searcher] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.set or METRICS:
            started, scores, misses = time.monotonic(), list[float](), options.misses
            for searched, rows, asked in parts(name, options.data):
                if searched not in searchers:
                    searchers[searched] = indexed(rows, Path(scratch) / searched)
                for text, score in measure(searchers[searched], asked, METRICS[name]):
                    scores.append(score)
                    if score < 0.5 and misses:
                        misses -= 1
                        print(f"    {score:.2f} {text!r}")
            value, error = statistics.mean(scores), statistics.stdev(scores) / math.sqrt(len(scores))
            floor = floors[f"{name}_{METRICS[name]}"]
            failed |= value < floor
            verdict = "BELOW THE FLOOR" if value < floor else "ok"
            shown = f"{value:.4f} ± {error:.3f}"
            seconds = time.monotonic() - started
            print(f"{name:10} {METRICS[name]:7} {shown}  floor {floor:.3f}  {verdict}  ({seconds:.1f} s)")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
