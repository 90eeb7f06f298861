"""``kompass statistics``: what is searched for, and what is missing."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from indexer.commands.words import day, printable
from indexer.config import setting
from indexer.errors import SettingError
from indexer.journal import place
from indexer.statistics import FILE, LEAST, Counted, report

DAYS = 30


def show(arguments: argparse.Namespace) -> int:
    """Print the counts of a period. Raises JournalError, SettingError."""
    path = place(FILE, str(setting("journal_directory")), arguments.corpus, arguments.index)
    last = day("--until", arguments.until) if arguments.until else datetime.now(UTC).date()
    first = day("--since", arguments.since) if arguments.since else last - timedelta(days=DAYS - 1)
    if first > last:
        raise SettingError(f"--since {first} is after --until {last}: give the earlier day first.")
    if arguments.limit < 1:
        raise SettingError(f"--limit {arguments.limit}: give a number from 1.")
    found = report(path, first.isoformat(), last.isoformat())
    queries, missing = found.queries[: arguments.limit], found.missing[: arguments.limit]
    on = bool(setting("statistics"))
    if arguments.json:
        body = {
            "file": str(path), "on": on, "since": first.isoformat(), "until": last.isoformat(),
            "least_visitors": LEAST, "searches": found.searches, "empty": found.empty, "hidden": found.hidden,
            "days": [{"day": d, "searches": n, "empty": e} for d, n, e in found.days],
            "queries": [asdict(c) for c in queries], "missing": [asdict(c) for c in missing],
        }  # fmt: skip
        print(json.dumps(body, ensure_ascii=False))
        return 0
    if not on:
        print("Searches are not counted: KOMPASS_STATISTICS=1 in the environment of 'kompass serve' does it.")
    if not found.searches:
        print(f"Nothing was counted from {first} to {last} in {path}.")
        return 0
    print(
        f"{first} to {last}: {found.searches} searches, {found.empty} of them without hits. {found.hidden} "
        f"are not shown: fewer than {LEAST} visitors of one day made them."
    )
    _table("Searched for", queries)
    _table("Without hits: what is missing", missing)
    return 0


def _table(title: str, counted: Sequence[Counted]) -> None:
    if not counted:
        return
    print(f"\n{title}\nsearches  visitors  without hits")
    for c in counted:
        also = f"  (also: {', '.join(map(printable, c.variants))})" if c.variants else ""
        print(f"{c.searches:8}  {c.visitors:8}  {c.empty:12}  {printable(c.query)}{also}")
