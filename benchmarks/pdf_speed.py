"""How many pages of PDF are read a second, isolation included, against pdftotext?

    python benchmarks/pdf_speed.py DIRECTORY [--rounds 3]

DIRECTORY holds PDF files (also below it). Both read every file in turn and give its text; pdftotext is one
process at a time, as it comes. Our time contains starting the worker processes, sending them the files, and
all that is read beside the text (reading order, running heads, titles, outline). The best of all rounds
counts; processor seconds, of all processes together, are shown because a shared machine distorts the clock.
Word recall is the share of pdftotext's words, in files that both read, that ours has too.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import subprocess
import time
from collections import Counter
from pathlib import Path

from indexer.extract import Extractor, Job
from indexer.model import Extract

_WORD = re.compile(r"[^\W_]{2,}")


def by_pdftotext(files: list[Path]) -> dict[Path, str]:
    texts = {}
    for path in files:
        done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=False, timeout=60)
        texts[path] = done.stdout.decode("utf-8", "replace")
    return texts


def by_workers(files: list[Path], workers: int, spent: list[float]) -> dict[Path, Extract]:
    """``spent`` takes the processor seconds of the workers."""
    jobs = (Job(path, path.read_bytes(), "application/pdf", path.as_uri()) for path in files)
    with Extractor(workers) as extractor:
        found = {path: extract for path, extract in extractor.map(jobs) if isinstance(path, Path)}
        for worker in extractor._workers:
            fields = Path(f"/proc/{worker.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            spent.append((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    files = sorted(path for path in options.directory.rglob("*") if path.suffix.lower() == ".pdf")
    ours = by_workers(files, 1, [])
    pages = sum(extract.page_count or 0 for extract in ours.values())
    print(f"{len(files)} files, {pages} pages")
    theirs: dict[Path, str] = {}
    base = base_spent = math.inf
    for _ in range(options.rounds):
        clock, before = time.perf_counter(), os.times()
        theirs = by_pdftotext(files)
        base = min(base, time.perf_counter() - clock)
        after = os.times()
        base_spent = min(base_spent, sum(after[2:4]) - sum(before[2:4]))
    show("pdftotext", pages, base, base_spent)
    for count in (1, 2):
        taken = least = math.inf
        for _ in range(options.rounds):
            spent: list[float] = []
            clock = time.perf_counter()
            by_workers(files, count, spent)
            taken, least = min(taken, time.perf_counter() - clock), min(least, sum(spent))
        name = f"extract, {count} worker{'s' if count > 1 else ''}"
        show(
            name,
            pages,
            taken,
            least,
            f"   {base / taken:.2f} x by the clock, {base_spent / least:.2f} x a core",
        )
    wanted = found = 0
    for path, text in theirs.items():
        extract = ours[path]
        all_text = "\n".join([*(page.text for page in extract.pages), *extract.furniture])
        if extract.problem is None and text.strip():
            expected = words(text)
            wanted += expected.total()
            found += (expected & words(all_text)).total()
    print(f"word recall {found / max(wanted, 1):.4f} (running heads count once instead of on every page)")
    problems = Counter(extract.problem for extract in ours.values() if extract.problem)
    for problem, number in problems.most_common():
        print(f"{number:5}  {problem}")


def show(name: str, pages: int, clock: float, spent: float, more: str = "") -> None:
    print(
        f"{name:20} {pages / clock:6.0f} pages/s by the clock, {pages / spent:6.0f} a processor second{more}"
    )


def words(text: str) -> Counter[str]:
    text = re.sub(r"(?<=\w)[-\u00ad]\n(?=[a-zåäö])", "", text)
    return Counter(_WORD.findall(text.casefold()))


if __name__ == "__main__":
    main()
