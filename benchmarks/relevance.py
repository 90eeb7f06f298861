"""How well does the relevance rule tell pages about the rights of the child from the rest of a site?

On labelled pages: those of the project's test site (what lies below barnratt/ is on topic, the rest is not),
all documents of sites with a truth.jsonl (on topic: 'python tools/build_demo.py OUT' makes one), and a folder
of other public pages (off topic). Prints precision and recall for each bar, and what was judged wrongly at
the proposed one.

    python benchmarks/relevance.py [--truth SITE …] [--other FOLDER_OF_HTML] [--write]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from report import where, write_section

from indexer.crawl import relevance
from indexer.extract import extract
from indexer.extract.sniff import sniff

ROOT = Path(__file__).parents[1]
PROPOSED = 0.4  # the bar in corpus/sources.toml
ADDRESS = "https://www.exempelstad.se/"  # the address itself must not give the label away


class Judged(NamedTuple):
    name: str
    on_topic: bool
    score: float


def test_site() -> Iterator[Judged]:
    folder = ROOT / "tests" / "site"
    for path in sorted(folder.rglob("*.html")):
        yield Judged(str(path.relative_to(folder)), "barnratt" in path.parts, score(path.read_bytes()))


def truth(site: Path) -> Iterator[Judged]:
    for line in (site / "truth.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry.get("expected", "indexed") != "indexed":
            continue
        path = (site / "content" if (site / "content").is_dir() else site) / unquote(entry["path"]).lstrip(
            "/"
        )
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():  # made by the server: a download without a file name, an address with a query
            continue
        links = [(entry["anchor"] or "", entry["headings"])]
        yield Judged(entry["path"], True, score(path.read_bytes(), links))


def other(folder: Path) -> Iterator[Judged]:
    for path in sorted(folder.rglob("*.html")):
        yield Judged(path.name, False, score(path.read_bytes()))


def score(payload: bytes, links: Sequence[tuple[str, list[str]]] = ()) -> float:
    read = extract(payload, sniff(payload, None, ADDRESS), ADDRESS)
    return relevance.score(read, ADDRESS, () if read.format == "html" else links)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--truth", type=Path, nargs="*", default=[], help="sites with content/ and truth.jsonl"
    )
    parser.add_argument("--other", type=Path, help="a folder of pages that are not about the topic")
    parser.add_argument("--write", action="store_true", help="also write the section of results.md")
    arguments = parser.parse_args()
    judged = list(test_site())
    for site in arguments.truth:
        judged += truth(site)
    judged += other(arguments.other) if arguments.other else ()
    wanted = sum(j.on_topic for j in judged)
    lines = [f"{len(judged)} pages and files, {wanted} of them on topic.", ""]
    lines += ["| bar | precision | recall |", "|---:|---:|---:|"]
    for bar in (0.2, 0.3, 0.4, 0.5, 0.6):
        taken = [j for j in judged if j.score >= bar]
        right = sum(j.on_topic for j in taken)
        lines.append(f"| {bar} | {right / max(1, len(taken)):.3f} | {right / wanted:.3f} |")
    print("\n".join(lines))
    if arguments.write:
        write_section("Relevance", [f"`python benchmarks/relevance.py`, {where()}.", "", *lines])
    for j in judged:
        if (j.score >= PROPOSED) != j.on_topic:
            print(f"  {'missed' if j.on_topic else 'taken wrongly'} {j.score:.2f} {j.name}")


if __name__ == "__main__":
    main()
