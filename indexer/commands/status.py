"""``kompass status`` and ``kompass sources``: what is held, what is missing and why."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from indexer.catalogue import CATALOGUE, CRAWL_STAGES, Catalogue
from indexer.cli import SOURCES
from indexer.commands.words import counted
from indexer.errors import SearchIndexError
from indexer.generation import outdated
from indexer.model import UNKNOWN, Failure, Source, SourceStatus
from indexer.moments import seconds
from indexer.sources import days_between, listed, load, recall

EXAMPLES = 3
"""Addresses shown for each reason of failure; --json has them all."""
DAY = 86_400.0


def status(arguments: argparse.Namespace) -> int:
    """Print what is held of every source, and which index is in use; with --check only what to look at, and
    1 when there is anything."""
    sources = recall(arguments.corpus, arguments.sources, SOURCES)
    statuses = _statuses(arguments.corpus, sources)
    generation = _generation(arguments.index)
    crawled = listed(arguments.corpus, arguments.sources, SOURCES)
    found = warnings(crawled, statuses, generation, _indexed(arguments.index), time.time())
    code = 1 if arguments.check and found else 0
    if arguments.check and not arguments.json:
        print("\n".join(found) or f"All is well. {_generation_sentence(generation, arguments.index)}")
        return code
    if arguments.json:
        body = {
            "corpus": str(arguments.corpus),
            "sources": [status_json(s) for s in statuses],
            "total": _total(statuses),
            "index": generation,
            "warnings": found,
        }
        print(json.dumps(body, ensure_ascii=False))
        return code
    if not statuses:
        print(f"Nothing is held in {arguments.corpus}, and no source is listed.")
    for one in statuses:
        _print(one)
    total = _total(statuses)
    print(
        f"In all: {counted(total['documents'], 'document')}, {counted(total['captures'], 'capture')}, "
        f"{counted(total['failures'], 'failure')}, {total['refused_by_robots']} refused by robots.txt, "
        f"{total['not_on_topic']} not on topic, {total['unreadable']} without readable text."
    )
    print(_generation_sentence(generation, arguments.index))
    return 0


def warnings(
    sources: Sequence[Source],
    statuses: Sequence[SourceStatus],
    generation: Mapping[str, Any],
    indexed: Mapping[str, str | None],
    now: float,
) -> list[str]:
    """What an operator has to look at, a sentence each: what fails, and what has silently stopped.

    ``generation`` as ``status --json`` gives it; ``indexed``: source id → the last crawl the index knows of.
    """
    missing = generation["id"] is None
    problem = generation["problem"] if missing else outdated(generation["id"], generation["analysis"])
    found = [str(problem)] if problem else []
    days = {s.id: days_between(s) for s in sources if s.enabled}
    enabled = [s for s in statuses if s.id in days]
    for one in enabled:
        if one.state == "failing":
            since = f"last success {one.last_success}" if one.last_success else "never any success"
            why = next((f": {f.message}" for f in one.failures if f.stage in CRAWL_STAGES), "")
            found.append(f"{one.id}: the crawl of {one.last_crawl} got no page ({since}){why}")
    never = [s.id for s in enabled if not s.last_crawl]
    if never:
        found.append(f"Never crawled: {', '.join(never)}. Run 'kompass crawl'.")
    crawled = {s.id: s.last_crawl for s in enabled if s.last_crawl}
    late = [i for i, at in crawled.items() if now - seconds(at) > 2 * days[i] * DAY]
    if late:
        oldest = min(crawled[i] for i in late)
        found.append(f"Not crawled for twice their schedule: {', '.join(late)} (since {oldest}). Is it run?")
    # Every index tells when its sources were crawled: one that does not know of a crawl was built before it.
    unread = [i for i, at in crawled.items() if indexed.get(i) != at and now - seconds(at) > DAY]
    if unread and generation["id"] is not None:
        found.append(
            f"Crawled, but not in the index of {generation['built_at']}: {', '.join(unread)}. "
            "Run 'kompass index' and see what it says."
        )
    return found


def _indexed(index: Path) -> dict[str, str | None]:
    from indexer.generation import current
    from indexer.generation import statuses as indexed

    try:
        return {s.id: s.last_crawl for s in indexed(current(index))}
    except (SearchIndexError, OSError, ValueError):  # told as a problem of the index
        return {}


def _statuses(corpus: Path, sources: Sequence[Source]) -> tuple[SourceStatus, ...]:
    path = corpus / CATALOGUE
    if path.is_file():
        with Catalogue(path) as catalogue:
            return catalogue.statuses(sources)
    states = {True: "never_crawled", False: "disabled"}
    return tuple(
        SourceStatus(s.id, s.name, s.publisher, s.enabled, states[s.enabled], s.municipality, s.county)
        for s in sources
    )


def status_json(one: SourceStatus) -> dict[str, Any]:
    """One source for programs: counts, years, and failures both listed and grouped by reason."""
    return asdict(one) | {"failure_counts": dict(Counter(f.reason for f in one.failures).most_common())}


def _total(statuses: Sequence[SourceStatus]) -> dict[str, int]:
    return {
        "sources": len(statuses),
        "documents": sum(s.documents for s in statuses),
        "captures": sum(s.captures for s in statuses),
        "failures": sum(len(s.failures) for s in statuses),
        "refused_by_robots": sum(s.refused_by_robots for s in statuses),
        "not_on_topic": sum(s.not_on_topic for s in statuses),
        "unreadable": sum(s.unreadable for s in statuses),
    }


def _generation(index: Path) -> dict[str, Any]:
    from indexer.generation import check, current, described

    try:
        return asdict(described(check(current(index))))
    except SearchIndexError as e:
        return {"id": None, "built_at": None, "documents": None, "problem": str(e)}


def _generation_sentence(generation: dict[str, Any], index: Path) -> str:
    if generation["id"] is None:
        return str(generation["problem"])
    return (
        f"Index: {counted(generation['documents'], 'document')} in {index}, generation {generation['id']}, "
        f"built {generation['built_at']}."
    )


STATES = {
    "ok": "ok", "failing": "FAILING: the last crawl got no page", "never_crawled": "not crawled yet",
    "disabled": "not enabled",
}  # fmt: skip


ENDED = {
    "page_limit": "it had its max_pages, so that what promised least was left out; raise it to have more",
    "byte_limit": "it had its setting crawl_source_bytes; the next one goes on",
    "time_limit": "it had its setting crawl_source_hours; the next one goes on",
    "stopped": "it was stopped; the next one goes on",
}  # fmt: skip
"""Why a crawl that failed in nothing left something out. The rest stands among the failures."""


def _print(one: SourceStatus) -> None:
    print(f"{one.id}  {one.name}: {STATES.get(one.state, one.state)}")
    if one.state in ("never_crawled", "disabled") and not one.documents and not one.failures:
        return
    crawls = f", last crawl {one.last_crawl}" if one.last_crawl else ""
    if one.state == "failing" and one.last_success:
        crawls += f", last success {one.last_success}"
    print(f"    {counted(one.documents, 'document')}, {counted(one.captures, 'capture')}{crawls}")
    if one.ended in ENDED:
        print(f"    The last crawl did not come to the end: {ENDED[one.ended]}.")
    if one.years:
        print("    by year: " + ", ".join(f"{_year(y)} {n}" for y, n in sorted(one.years.items())))
    for name, count in (
        ("refused by robots.txt", one.refused_by_robots),
        ("not on topic", one.not_on_topic),
        ("without readable text", one.unreadable),
    ):
        if count:
            print(f"    {count} {name}")
    groups: dict[tuple[str, str], list[Failure]] = {}
    for failure in one.failures:
        groups.setdefault((failure.stage, failure.reason), []).append(failure)
    for (stage, reason), failures in sorted(groups.items(), key=lambda g: -len(g[1])):
        print(f"    {len(failures)} × {stage} {reason}: {failures[0].message}")
        for failure in failures[:EXAMPLES]:
            print(f"        {failure.url}")
        if len(failures) > EXAMPLES:
            print(f"        … and {len(failures) - EXAMPLES} more (--json lists them)")
    print()


def _year(year: str) -> str:
    return "no year" if year == UNKNOWN else year


# --- sources ----------------------------------------------------------------------------------------------


def sources_list(arguments: argparse.Namespace) -> int:
    sources = load(arguments.sources)
    if arguments.json:
        print(json.dumps([asdict(s) for s in sources], ensure_ascii=False))
        return 0
    width = max((len(s.id) for s in sources), default=0)
    for s in sources:
        print(f"{s.id:{width}}  {'enabled ' if s.enabled else 'disabled'}  {s.name}  {s.start_urls[0]}")
    return 0


def sources_check(arguments: argparse.Namespace) -> int:
    """Raises SourcesError, told as one sentence, when anything in the file is wrong."""
    sources = load(arguments.sources)
    enabled = sum(s.enabled for s in sources)
    if arguments.json:
        print(json.dumps({"file": str(arguments.sources), "sources": len(sources), "enabled": enabled}))
    else:
        print(f"{arguments.sources} is right: {counted(len(sources), 'source')}, {enabled} of them enabled.")
    return 0
