"""How many pages of PDF are read a second, isolation included, against pdftotext?

    python benchmarks/pdf_speed.py DIRECTORY [--rounds 5]
    … --write NAME                             # also as a section of results.md: "Pages of PDF: NAME"

DIRECTORY holds PDF files (also below it). Both read every file in turn and give its text; pdftotext is one
process at a time, as it comes. Our time contains starting the worker processes, sending them the files and
getting the results back, and all that is read beside the text (reading order, running heads, titles, outline).
In every round each reader has its turn, and is compared with pdftotext of the same round: other work on the
machine then falls on all of them. Processor seconds are those of all processes together, ours and theirs; the
clock tells what is gained by a second worker. "pdfium alone" is what the library takes to load pages and text
in this process, without isolation: the bound of what can be reached with it. Medians; printed as Markdown.

Word recall is the share of pdftotext's words, in files that both read, that ours has too.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path
from statistics import median

import pypdfium2
from report import where, write_section

from indexer.extract import Extractor, Job
from indexer.model import Extract

_WORD = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True)
class Time:
    clock: float  # seconds
    processor: float


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


def by_pdfium(files: list[Path]) -> None:
    for path in files:
        try:
            document = pypdfium2.PdfDocument(path.read_bytes())
        except pypdfium2.PdfiumError:
            continue
        for page in document:
            text = page.get_textpage()
            text.get_text_range()
            text.close()
            page.close()
        document.close()


def processor_seconds() -> float:
    """Of this process, those it has waited for, and the workers, which are children of another one."""
    spent = sum(os.times()[:4])
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]  # nothing public tells it
    if server is not None:
        fields = Path(f"/proc/{server}/stat").read_text().rsplit(")", 1)[1].split()
        spent += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return spent


def timed(run: Callable[[], object]) -> Time:
    clock, spent = time.perf_counter(), processor_seconds()
    run()
    return Time(time.perf_counter() - clock, processor_seconds() - spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", metavar="NAME", help="also write a section of results.md under this name")
    options = parser.parse_args()
    files = sorted(path for path in options.directory.rglob("*") if path.suffix.lower() == ".pdf")
    ours, theirs = by_workers(files, 1), by_pdftotext(files)  # also starts the server that forks the workers
    pages = sum(extract.page_count or 0 for extract in ours.values())
    readers: dict[str, Callable[[], object]] = {
        "pdftotext": lambda: by_pdftotext(files),
        "one worker": lambda: by_workers(files, 1),
        "two workers": lambda: by_workers(files, 2),
        "pdfium alone": lambda: by_pdfium(files),
    }
    rounds = [{name: timed(run) for name, run in readers.items()} for _ in range(options.rounds)]
    lines = [
        f"{len(files)} files, {pages} pages; medians of {options.rounds} rounds.",
        "",
        "| reader | pages/s by the clock | × pdftotext | pages per processor second | × pdftotext |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in readers:
        times = [turn[name] for turn in rounds]
        clock = median(turn["pdftotext"].clock / turn[name].clock for turn in rounds)
        core = median(turn["pdftotext"].processor / turn[name].processor for turn in rounds)
        lines.append(
            f"| {name} | {pages / median(time.clock for time in times):.0f} | {clock:.2f} "
            f"| {pages / median(time.processor for time in times):.0f} | {core:.2f} |"
        )
    share = recall(ours, theirs)
    lines += ["", f"Word recall against pdftotext {share:.4f} (running heads count once, not on every page)."]
    problems = Counter(extract.problem for extract in ours.values() if extract.problem)
    lines += ["", *(f"- {count} of the files: {problem}" for problem, count in problems.most_common())]
    print("\n".join(lines))
    if options.write:
        write_section(
            f"Pages of PDF: {options.write}", [f"`python benchmarks/pdf_speed.py`, {where()}.", "", *lines]
        )


def recall(ours: dict[Path, Extract], theirs: dict[Path, str]) -> float:
    wanted = found = 0
    for path, text in theirs.items():
        extract = ours[path]
        all_text = "\n".join([*(page.text for page in extract.pages), *extract.furniture])
        if extract.problem is None and text.strip():
            expected = words(text)
            wanted += expected.total()
            found += (expected & words(all_text)).total()
    return found / max(wanted, 1)


def words(text: str) -> Counter[str]:
    text = re.sub(r"(?<=\w)[-\u00ad]\n(?=[a-zåäö])", "", text)
    return Counter(_WORD.findall(text.casefold()))


if __name__ == "__main__":
    main()
