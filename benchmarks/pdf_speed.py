"""How many pages of PDF are read a second, isolation included, against pdftotext?

    python benchmarks/pdf_speed.py DIRECTORY [--rounds 3]

DIRECTORY holds PDF files (also below it). Both read every file in turn and give its text; pdftotext is one process
at a time, as it comes. Our time contains starting the worker processes, sending them the files, and all that is
read beside the text (reading order, running heads, titles, outline). The best of all rounds counts. Word recall is
the share of pdftotext's words, of files that it reads, that ours has too.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
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


def by_workers(files: list[Path], workers: int) -> dict[Path, Extract]:
    jobs = (Job(path, path.read_bytes(), "application/pdf", path.as_uri()) for path in files)
    with Extractor(workers) as extractor:
        return {path: extract for path, extract in extractor.map(jobs) if isinstance(path, Path)}


def best(action: Callable[[], object], rounds: int) -> float:
    """Seconds that the fastest of ``rounds`` runs took."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return min(times)


def words(text: str) -> Counter[str]:
    text = re.sub(r"(?<=\w)[-\u00ad]\n(?=[a-zåäö])", "", text)
    return Counter(_WORD.findall(text.casefold()))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    files = sorted(path for path in options.directory.rglob("*") if path.suffix.lower() == ".pdf")
    theirs = by_pdftotext(files)
    ours = by_workers(files, 1)
    pages = sum(extract.page_count or 0 for extract in ours.values())
    print(f"{len(files)} files, {pages} pages")
    base = best(lambda: by_pdftotext(files), options.rounds)
    print(f"pdftotext          {pages / base:7.0f} pages/s")
    for count in (1, 2):
        taken = best(lambda count=count: by_workers(files, count), options.rounds)  # type: ignore[misc]
        print(
            f"extract, {count} process{'es' if count > 1 else '  '} {pages / taken:7.0f} pages/s   {base / taken:.2f} x"
        )
    wanted = found = 0
    for path, text in theirs.items():
        extract = ours[path]
        all_text = "\n".join([*(page.text for page in extract.pages), *extract.furniture])
        if extract.problem is None and text.strip():
            expected = words(text)
            wanted += expected.total()
            found += (expected & words(all_text)).total()
    print(f"word recall        {found / max(wanted, 1):7.4f}   (running heads once instead of on every page)")
    problems = Counter(extract.problem for extract in ours.values() if extract.problem)
    for problem, count in problems.most_common():
        print(f"{count:5}  {problem}")


if __name__ == "__main__":
    main()
