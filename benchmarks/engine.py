"""How fast, how small, how frugal is the engine beside its peers? One run, the same documents, the same
queries.

    python benchmarks/engine.py PATH_TO_DATA [--documents 100000] [--queries 360] [--peers
    kompass,tantivy,fts5,whoosh]

PATH_TO_DATA holds ``corpus/*.jsonl.gz`` (id, title, text, year, place, kind, date); documents are repeated
under new ids until there are enough, and texts are cut into pages of about 3,000 characters at ends of
lines. Queries are drawn by ``asks``. Every measurement runs in a process of its own. Writes its section
of ``benchmarks/results.md``; with --folder, where indexes are kept and found again, only with --write.

    Times of queries are CPU time of the process, so that what else the machine does is not measured.

    (a) total, ten best with id and title, counts of three facets
    (b) the same and ten snippets of 220 characters
    Cold is the first pass of a new process (its files were read before, so that no disk is measured), warm
    the third.
    (c) indexing, documents and megabytes of text a second, one process and two: the median of --rounds runs
    of each engine in turn, and the processor time of that run (Tantivy's one thread for indexing has others
    beside it, for the documents, their compression and for merging)
    (d) size on disk   (e) peak memory   (f) opening, and opening with the first answer
"""

from __future__ import annotations

import argparse
import gc
import gzip
import importlib
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from peers import FACETS, Ask, Peer, peers, value
from report import where, write_section

from indexer.language import tokens
from indexer.model import Document, Page

PAGE = 3_000
SEED = 20140312


def pages(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = len(text) if len(text) - start <= PAGE else text.find("\n", start + PAGE)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end


def documents(data: Path, wanted: int) -> Iterator[Document]:
    """``wanted`` documents of the corpus, repeated under new ids where it has fewer."""
    made = 0
    for turn in count():
        for path in sorted((data / "corpus").glob("*.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    if made == wanted:
                        return
                    made += 1
                    d = json.loads(line)
                    yield Document(
                        id=f"{turn}.{d['id']}",
                        url=f"https://www.example.se/{turn}/{d['id']}",
                        title=d["title"] or "",
                        format="html",
                        source=d["source"],
                        kind=d["kind"],
                        language="sv",
                        published=d["date"],
                        years=(d["year"],) if d["year"] else (),
                        publisher=d["place"],
                        text=tuple(Page(n, text) for n, text in enumerate(pages(d["text"]), 1)),
                    )
        if not made:
            sys.exit(f"No documents in {data / 'corpus'}.")


def asks(data: Path, wanted: int) -> list[Ask]:
    """Queries drawn from the corpus, a fixed share of each kind, the same for every engine.

    A document is drawn, then of its text: one word of four letters or more (a fifth), two or three such
    words from within thirty (two fifths), two or three words side by side as a phrase (a tenth), the first
    four to six letters of a word (a tenth), or one or two words with one or two of another document's facet
    values chosen (a fifth). So common words are asked for as often as they are written, and every query but
    the last kind has an answer.
    """
    draw = random.Random(SEED)
    held = list(documents(data, 20_000))
    shares = ("one", "one", "two", "two", "three", "three", "phrase", "prefix", "filter", "filter")
    made: list[Ask] = []
    while len(made) < wanted:
        document = draw.choice(held)
        words = [w for w, _, _ in tokens(" ".join(p.text for p in document.text)) if w.isalpha()]
        if len(words) < 40:
            continue
        at = draw.randrange(len(words) - 30)
        near = [w for w in words[at : at + 30] if len(w) >= 4]
        kind = shares[len(made) % len(shares)]
        if len(set(near)) < 3:
            continue
        if kind == "phrase":
            made.append(Ask(tuple(words[at : at + draw.choice((2, 2, 3))]), "phrase"))
        elif kind == "prefix":
            made.append(Ask((draw.choice(near)[: draw.randint(4, 6)],), "prefix"))
        elif kind == "filter":
            other = draw.choice(held)
            chosen = {f: value(other, f) for f in draw.sample(FACETS, draw.choice((1, 1, 2)))}
            chosen = {f: v for f, v in chosen.items() if v != "none"} or {"kind": value(other, "kind")}
            made.append(Ask(tuple(draw.sample(sorted(set(near)), draw.choice((1, 2)))), "all", chosen))
        else:
            made.append(Ask(tuple(draw.sample(sorted(set(near)), {"one": 1, "two": 2, "three": 3}[kind]))))
    return made


# --- what runs in a process of its own


def build(peer: Peer, data: Path, directory: Path, wanted: int, workers: int) -> dict[str, float]:
    held = list(documents(data, wanted))
    size = sum(len(p.text.encode()) for d in held for p in d.text)
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    peer.build(directory, held, workers)
    seconds = time.perf_counter() - started
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "seconds": seconds,
        "cpu": sum(u.ru_utime + u.ru_stime for u in used) - before.ru_utime - before.ru_stime,
        "documents": len(held) / seconds,
        "megabytes": size / seconds / 1e6,
        "memory": (used[0].ru_maxrss - before.ru_maxrss + used[1].ru_maxrss) / 1024,
        "size": sum(f.stat().st_size for f in directory.rglob("*") if f.is_file()) / 1e6,
    }


def serve(peer: Peer, directory: Path, drawn: str, snippets: bool) -> dict[str, Any]:
    """CPU times of every query in three passes, microseconds; memory afterwards, megabytes."""
    # From a file: drawing them here would leave the corpus in the memory that is measured.
    rows = json.loads(Path(drawn).read_text("utf-8"))
    questions = [Ask(tuple(words), how, chosen) for words, how, chosen in rows]
    for file in (f for f in directory.rglob("*") if f.is_file()):
        with file.open("rb") as stream:
            while stream.read(1 << 20):
                pass
    peer.open(directory)
    gc.collect()
    gc.freeze()  # as a service does when it begins (search_web.serve.settle)
    passes: list[list[float]] = []
    totals: list[int] = []
    for turn in range(3):
        times = []
        for question in questions:
            started = time.process_time()
            answer = peer.search(question)
            if snippets:
                peer.snippets(question, answer)
            times.append((time.process_time() - started) * 1e6)
            if not turn:
                totals.append(answer.total)
        passes.append(times)
    return {"cold": passes[0], "warm": passes[-1], "totals": totals, **_memory()}


def _memory() -> dict[str, float]:
    sizes = {}
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]:
        name, amount = line.split(":")
        sizes[name] = int(amount.split()[0]) / 1024
    return {"rss": sizes["Rss"], "private": sizes["Private_Dirty"]}


def first(peer: Peer, directory: Path) -> dict[str, float]:
    """Milliseconds to open, and to open and have the first answer; modules are imported before."""
    importlib.import_module(peer.module)
    started = time.process_time()
    peer.open(directory)
    opened = time.process_time()
    peer.search(Ask(("kommunen", "barn")))
    return {"open": (opened - started) * 1e3, "answer": (time.process_time() - started) * 1e3}


def child(job: str, **arguments: Any) -> Any:
    """Runs one of the functions above in a new process."""
    text = json.dumps({"job": job, **arguments})
    done = subprocess.run(
        [sys.executable, __file__, "--child", text],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    if done.returncode:
        sys.exit(f"{job} {arguments}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def run_child(text: str) -> None:
    arguments = json.loads(text)
    job, (peer,) = arguments.pop("job"), peers([arguments.pop("peer")])
    for name in ("data", "directory"):
        if name in arguments:
            arguments[name] = Path(arguments[name])
    jobs: dict[str, Callable[..., object]] = {"build": build, "serve": serve, "first": first}
    print(json.dumps(jobs[job](peer, **arguments)))


# --- the table


def percentiles(times: list[float]) -> tuple[float, float, float]:
    cut = statistics.quantiles(times, n=100, method="inclusive")
    return cut[49], cut[94], cut[98]


def builds(names: list[str], data: Path, folder: Path, wanted: int, rounds: int) -> dict[str, dict[str, Any]]:
    """Makes the indexes that are not there: by engine the median run with one process, and with two.

    Engines take turns, so that what else the machine does meets all of them.
    """
    runs: dict[str, dict[str, list[Any]]] = {name: {} for name in names}
    places = {
        stored(folder, name, wanted): name for name in reversed(names)
    }  # one for kompass, kompass+, kompass-
    missing = {place: name for place, name in reversed(places.items()) if not place.exists()}
    for turn in range(rounds):
        for place, name in missing.items():
            several = name in ("kompass", "tantivy")  # the others take one process, and long
            if turn and not several:
                continue
            print(f"{name}: indexing {wanted:,} documents", file=sys.stderr)
            for key, workers in (("build", 1), ("build2", 2)) if several else (("build", 1),):
                keep = key == "build" and not turn
                directory = place if keep else folder / f"{name}-again"
                made = child(
                    "build",
                    peer=name,
                    data=str(data),
                    directory=str(directory),
                    wanted=wanted,
                    workers=workers,
                )
                runs[name].setdefault(key, []).append(made)
                if not keep:
                    shutil.rmtree(directory)
    return {
        name: {key: sorted(made, key=lambda r: r["seconds"])[len(made) // 2] for key, made in of.items()}
        for name, of in runs.items()
    }


def stored(folder: Path, name: str, wanted: int) -> Path:
    return folder / f"{name.rstrip('+-')}-{wanted}"


def measure(
    names: list[str], data: Path, folder: Path, wanted: int, queries: int, rounds: int = 1
) -> dict[str, dict[str, Any]]:
    drawn = folder / f"queries-{queries}.json"
    if not drawn.exists():
        rows = [[a.words, a.how, a.chosen] for a in asks(data, queries)]
        drawn.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    found = builds(names, data, folder, wanted, rounds)
    for name, results in found.items():
        base = {"peer": name, "directory": str(stored(folder, name, wanted))}
        print(f"{name}: {queries} queries", file=sys.stderr)
        results["first"] = child("first", **base)
        for job, snippets in (("a", False), ("b", True)):
            results[job] = child("serve", drawn=str(drawn), snippets=snippets, **base)
    return found


def table(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    names = list(found)
    yield "| | " + " | ".join(names) + " |"
    yield "|---|" + "---:|" * len(names)
    for job, what in (("a", "top 10, total, 3 facets"), ("b", "the same and 10 snippets")):
        for state in ("cold", "warm"):
            for place, share in ((0, "p50"), (1, "p95"), (2, "p99")):
                values = {n: percentiles(found[n][job][state])[place] / 1000 for n in names}
                yield _row(f"({job}) {what}, {state} {share}, ms", values, "{:.3f}")
    for key, workers in (("build", "one process"), ("build2", "two")):
        values = {n: found[n].get(key, {}).get("megabytes") for n in names}
        yield _row(f"(c) indexing, {workers}, MB/s", values, "{:.1f}")
        yield _row(
            f"(c) indexing, {workers}, documents/s",
            {n: found[n].get(key, {}).get("documents") for n in names},
            "{:,.0f}",
        )
        yield _row(
            f"(c) … processor time, {workers}, s",
            {n: found[n].get(key, {}).get("cpu") for n in names},
            "{:.1f}",
        )
    yield _row("(d) size on disk, MB", {n: found[n].get("build", {}).get("size") for n in names}, "{:.0f}")
    yield _row(
        "(e) memory indexing, MB", {n: found[n].get("build", {}).get("memory") for n in names}, "{:.0f}"
    )
    yield _row("(e) memory serving (b), MB resident", {n: found[n]["b"]["rss"] for n in names}, "{:.0f}")
    yield _row("(e) … of which not mapped from files", {n: found[n]["b"]["private"] for n in names}, "{:.0f}")
    yield _row("(f) opening, ms", {n: found[n]["first"]["open"] for n in names}, "{:.1f}")
    yield _row("(f) opening and first answer, ms", {n: found[n]["first"]["answer"] for n in names}, "{:.1f}")


def _row(what: str, values: Mapping[str, float | None], form: str) -> str:
    """One line; behind each figure how it relates to the first column's."""
    base = next(iter(values.values()))
    cells = []
    for n, (_, figure) in enumerate(values.items()):
        shown = "–" if figure is None else form.format(figure)
        ratio = "" if not n or not figure or not base else f" ({base / figure:.2f})"
        cells.append(shown + ratio)
    return f"| {what} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=360)
    parser.add_argument("--rounds", type=int, default=3, help="times that (c) is measured")
    parser.add_argument("--peers", default="kompass,kompass+,kompass-,tantivy,fts5,whoosh")
    parser.add_argument("--growth", default="10000,30000", help="further sizes, for this engine and Tantivy")
    parser.add_argument("--folder", type=Path, help="where indexes are kept and found again")
    parser.add_argument("--write", action="store_true", help="write results.md also with --folder")
    parser.add_argument("--child")
    options = parser.parse_args()
    if options.child:
        run_child(options.child)
        return
    if options.data is None:
        parser.error("give the folder that holds corpus/")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        lines = list(report(options, folder))
    print("\n".join(lines))
    if options.write or not options.folder:
        write_section("The engine beside its peers", lines)


def report(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    names = options.peers.split(",")
    found = measure(names, options.data, folder, options.documents, options.queries, options.rounds)
    yield (
        f"`python benchmarks/engine.py PATH_TO_DATA --documents {options.documents}`, {where()}. "
        f"{options.queries} queries. kompass+: with parts of compounds; kompass-: where there is no compiler. "
        "In brackets: the first column's figure divided by this one's (for times: below 1 is faster than this peer)."
    )
    yield ""
    yield from table(found)
    sizes = [int(s) for s in options.growth.split(",") if s]
    if sizes:
        yield ""
        yield "Cost against documents, (a) warm p50 / p95, ms:"
        yield ""
        both = [n for n in names if n in ("kompass", "tantivy")]
        yield "| documents | " + " | ".join(both) + " |"
        yield "|---:|" + "---:|" * len(both)
        for size in sizes:
            small = measure(both, options.data, folder, size, options.queries)
            yield f"| {size:,} | " + " | ".join(_pair(small[n]) for n in both) + " |"
        yield f"| {options.documents:,} | " + " | ".join(_pair(found[n]) for n in both) + " |"


def _pair(results: dict[str, Any]) -> str:
    p50, p95, _ = percentiles(results["a"]["warm"])
    return f"{p50 / 1000:.3f} / {p95 / 1000:.3f}"


if __name__ == "__main__":
    main()
