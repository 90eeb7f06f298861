"""How right is what the index says about documents, held against a truth.jsonl?

    python benchmarks/fields.py TRUTH.jsonl --index DIR [--write NAME]
    python benchmarks/fields.py TRUTH.jsonl --export EXPORT.jsonl      # made with: kompass export --text

Prints the accuracy of every field, every miss in a line, and the phrases that the text must and must not
contain. Exit code 1 when a field is below its floor. A document counts when the truth expects it to be
indexed; values in ``*_ok`` are neither right nor wrong.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from report import where, write_section

from indexer.enrich.reading import clean_anchor

SINGLE = ("title", "kind", "published", "publisher", "organisation_type", "language", "pages")
SETS = ("years", "municipalities", "counties", "areas")
FLOORS = {
    "found": 1.0, "title": 0.95, "kind": 0.9, "areas": 0.9, "published": 0.95, "publisher": 0.95,
    "organisation_type": 0.95, "language": 0.95, "years": 0.95, "municipalities": 0.95, "counties": 0.95,
    "contacts": 0.95, "pages": 0.95, "link": 0.95, "must_contain": 1.0, "must_not_contain": 0.95,
}  # fmt: skip


@dataclass
class Tally:
    right: int = 0
    total: int = 0
    misses: list[str] = field(default_factory=list)

    def count(self, right: bool, miss: str) -> None:
        self.total += 1
        self.right += right
        if not right:
            self.misses.append(miss)

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 1.0


def measure(truth: list[dict[str, Any]], export: list[dict[str, Any]]) -> dict[str, Tally]:
    """Field → how often it is right. ``link`` is found_on, anchor and headings together."""
    by_path: dict[str, dict[str, Any]] = {}
    for document in export:
        for url in (document["url"], *(document.get("also_at") or ())):
            by_path.setdefault(path_of(url), document)
    tallies: dict[str, Tally] = defaultdict(Tally)
    for expected in truth:
        path = expected["path"]
        got = by_path.get(path_of(path))
        wanted = expected.get("expected", "indexed") == "indexed"
        tallies["found"].count(
            (got is not None) == wanted, f"{path}: {'missing' if wanted else 'should not be there'}"
        )
        if got is not None and wanted:
            for name, right, miss in judge(expected, got):
                tallies[name].count(right, f"{path}: {miss}")
    return dict(tallies)


def judge(expected: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """(field, right?, what was got and expected) for one document."""
    for name in SINGLE:
        if name not in expected or (name == "pages" and expected[name] is None):
            continue  # pages: null where a format has none
        have, want, also = got.get(name), expected[name], listed(expected.get(f"{name}_ok"))
        same = plain_title if name == "title" else lambda value: value
        right = same(have) in [same(value) for value in (want, *also)]
        yield name, right, f"{have!r}, expected {want!r}"
    for name in SETS:
        if name in expected:
            values, needed = set(got.get(name) or ()), set(expected[name])
            optional = set(listed(expected.get(f"{name}_ok")))
            right = needed - optional <= values and values <= needed | optional
            yield name, right, f"{sorted(values)}, expected {sorted(needed)}"
    if "contacts" in expected:
        yield "contacts", *contacts(expected, got)
    if expected.get("links") or expected.get("found_on"):
        yield "link", *link(expected, got)
    text = plain_text(
        "\n".join(f"{p.get('heading') or ''}\n{p.get('text') or ''}" for p in got.get("text") or ())
    )
    for phrase in expected.get("must_contain", ()):
        title = plain_text(got.get("title") or "")
        yield "must_contain", plain_text(phrase) in f"{title} {text}", f"lacks {phrase!r}"
    for phrase in expected.get("must_not_contain", ()):
        yield "must_not_contain", plain_text(phrase) not in text, f"contains {phrase!r}"


def contacts(expected: Mapping[str, Any], got: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether the same people and addresses are named; roles must be right where both give one."""

    def key(contact: Mapping[str, Any]) -> str:
        return str(contact.get("name") or contact.get("email") or "").lower()

    want = {key(contact): contact for contact in expected["contacts"]}
    have = {key(contact): contact for contact in got.get("contacts") or ()}
    also = {key(contact) for contact in listed(expected.get("contacts_ok"))}
    roles = all(
        plain_text(str(want[name]["role"])) == plain_text(str(have[name]["role"]))
        for name in want.keys() & have.keys()
        if want[name].get("role") and have[name].get("role")
    )
    right = roles and want.keys() - also <= have.keys() <= want.keys() | also
    return right, f"{got.get('contacts')}, expected {expected['contacts']}"


def link(expected: Mapping[str, Any], got: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether found_on, anchor and headings are those of one of the links that the truth lists."""
    links = expected.get("links") or [
        {"found_on": page, "anchor": expected["anchor"], "headings": expected["headings"]}
        for page in expected["found_on"]
    ]

    def key(page: str | None, anchor: str | None, headings: Any) -> tuple[str, str, tuple[str, ...]]:
        return (
            path_of(page or ""),
            plain_title(clean_anchor(anchor or "")),
            tuple(map(plain_title, headings or ())),
        )

    have = key(got.get("found_on"), got.get("anchor"), got.get("headings"))
    want = [key(one["found_on"], one["anchor"], one["headings"]) for one in links]
    return have in want, f"{have}, expected one of {want}"


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def path_of(url: str) -> str:
    """The path and query of an address or path, decoded, NFC: the same page is the same string."""
    parts = urlsplit(url)
    path = unicodedata.normalize("NFC", unquote(parts.path)) or "/"
    return f"{path}?{parts.query}" if parts.query else path


def plain_text(text: str) -> str:
    """NFKC, without soft hyphens and white space differences, with words broken at line ends joined."""
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    text = re.sub(r"(?<=\w)-\n(?=\w)", "", text)
    return " ".join(text.split()).lower()


def plain_title(text: Any) -> str:
    folded = plain_text(str(text)) if text is not None else ""
    return re.sub(r"[–—−]", "-", re.sub(r"[”“\"’']", "", folded)).strip(" .")


def read_lines(lines: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines() if line.strip()]


def exported(index: Path) -> list[dict[str, Any]]:
    """What the command line exports of an index, with texts."""
    command = [sys.executable, "-c", "import sys; from indexer.cli import main; sys.exit(main())"]
    command += ["export", "--index", str(index), "--format", "jsonl", "--text"]
    return read_lines(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("truth", type=Path, help="truth.jsonl of a site")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--export", type=Path, help="lines of 'kompass export --format jsonl --text'")
    source.add_argument("--index", type=Path, help="an index to export from")
    parser.add_argument("--json", action="store_true", help="shares and misses as one JSON object")
    parser.add_argument("--write", metavar="NAME", help="also write a section of results.md under this name")
    options = parser.parse_args(arguments)
    export = read_lines(options.export.read_text("utf-8")) if options.export else exported(options.index)
    tallies = measure(read_lines(options.truth.read_text("utf-8")), export)
    below = [name for name, floor in FLOORS.items() if name in tallies and tallies[name].share < floor]
    if options.json:
        shares = {
            name: {"right": t.right, "total": t.total, "misses": t.misses} for name, t in tallies.items()
        }
        print(json.dumps({"fields": shares, "below": below}, ensure_ascii=False, indent=1))
        return 1 if below else 0
    for name, tally in tallies.items():
        floor = f"floor {FLOORS[name]:.0%}" if name in FLOORS else ""
        mark = "  BELOW" if name in below else ""
        print(f"{name:18}{tally.share:7.1%}  {tally.right}/{tally.total}  {floor}{mark}")
        for miss in tally.misses:
            print(f"    {miss}")
    if options.write:
        rows = [f"| {name} | {t.right} | {t.total} | {t.share:.1%} |" for name, t in tallies.items()]
        head = ["| field | right | of | share |", "|---|---:|---:|---:|"]
        told = f"`python benchmarks/fields.py TRUTH --index DIR`, {where()}. Documents of the finished index."
        write_section(f"Metadata: {options.write}", [told, "", *head, *rows])
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
