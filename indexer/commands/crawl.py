"""``kompass crawl``, once or by schedule."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from indexer.catalogue import CATALOGUE, Catalogue
from indexer.cli import SOURCES
from indexer.commands.progress import pause
from indexer.commands.words import counted, duration
from indexer.crawl import CrawlReport, Progress
from indexer.crawl import crawl as crawl_sources
from indexer.errors import KompassError
from indexer.model import Source
from indexer.moments import seconds
from indexer.sources import choose, crawled_with, days_between, load, remember

LONGEST_SLEEP = 3600.0
"""Seconds after which a watch reads sources.toml again: a change of the file counts within the hour."""
AGAIN = 600.0
"""Seconds until a watch tries again what went wrong."""


_LEFT = {
    "calendar": "into calendars",
    "endless": "into lists without end or with many filters",
    "print_version": "to print versions",
    "queue_full": "more than the queue holds",
    "search": "into the site's own search",
    "service": "to log in or buy",
}
"""What links were left for, by why (``indexer.crawl.addresses.trap``)."""


def crawl(arguments: argparse.Namespace) -> int:
    """Fetch what is new; 1 when none of the sources gave anything."""
    arguments.sources = arguments.sources or crawled_with(arguments.corpus) or SOURCES
    if arguments.watch:
        watch(arguments, time.time, time.sleep)
    return _once(arguments, load(arguments.sources), arguments.source)


def _once(arguments: argparse.Namespace, sources: Sequence[Source], only: Sequence[str]) -> int:
    if not choose(sources, only):
        message = f"No source in {arguments.sources} is enabled; set enabled = true in the block of one."
        print(json.dumps({"runs": [], "note": message}) if arguments.json else message)
        return 1
    shown = _Shown(quiet=arguments.json)
    arguments.corpus.mkdir(parents=True, exist_ok=True)
    remember(choose(sources, only), arguments.sources, arguments.corpus)  # before: a crawl may be killed
    report = crawl_sources(sources, arguments.corpus, only=only, progress=shown)
    shown.finish()
    if arguments.json:
        print(
            json.dumps({"pages": report.pages, "runs": [asdict(r) for r in report.runs]}, ensure_ascii=False)
        )
    else:
        _print(report)
    return 0 if any(r.pages for r in report.runs) else 1


def watch(arguments: argparse.Namespace, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
    """Crawl each source when it is due, for ever. ``clock`` gives seconds since 1970, ``sleep`` waits.

    What is wrong at the start is raised. What goes wrong later (a slip in sources.toml, a full disk, a crawl
    by hand at the same time) is told, and tried again.
    """
    began = False
    while True:
        try:
            sources = load(arguments.sources)
            due = due_at(sources, arguments.source, arguments.corpus, clock())
            ready = [i for i, at in due.items() if at <= clock()]
            if ready:
                _once(arguments, sources, ready)
        except (KompassError, OSError) as e:
            if not began or isinstance(e, BrokenPipeError):  # nobody reads the results of --json any more
                raise
            told = str(e) if isinstance(e, KompassError) else f"The system refused: {e}."
            print(f"kompass: {told} Trying again in {duration(AGAIN)}.", file=sys.stderr, flush=True)
            sleep(AGAIN)
            continue
        began = True
        if ready:
            continue
        wait = min([LONGEST_SLEEP, *(at - clock() for at in due.values())])
        if not arguments.json:
            print(f"Nothing is due; looking again in {duration(wait)}.", flush=True)
        sleep(max(1.0, wait))


def due_at(sources: Sequence[Source], only: Sequence[str], corpus: Path, now: float) -> dict[str, float]:
    """Source id → when it is to be crawled next (seconds since 1970): its last crawl plus its schedule, or
    the setting watch_days; 0 for one that was never crawled, or in the future by a clock that was wrong."""
    with Catalogue(corpus / CATALOGUE) as catalogue:
        last = {s.id: s.last_crawl for s in catalogue.statuses(sources)}
    found = {}
    for source in choose(sources, only):
        at = last.get(source.id)
        began = seconds(at) if at else now + 1
        found[source.id] = began + days_between(source) * 86_400 if began <= now else 0.0
    return found


def _print(report: CrawlReport) -> None:
    for r in report.runs:
        ended = "done" if r.finished else f"stopped ({r.reason})"
        print(
            f"{r.source}: {ended}, {counted(r.pages, 'answer')} in {duration(r.seconds)}: {r.new} new, "
            f"{r.changed} changed, {r.unchanged} unchanged, {counted(r.failures, 'failure')}, "
            f"{r.refused_by_robots} refused by robots.txt, "
            f"{r.not_on_topic} not on topic."
        )
        if r.traps:
            left = ", ".join(f"{count} {_LEFT.get(why, why)}" for why, count in sorted(r.traps.items()))
            print(f"    Links not followed: {left}.")
    silent = [r.source for r in report.runs if not r.pages]
    if silent:
        print(f"No answer from {', '.join(silent)}. 'kompass status' tells why.")


class _Shown:
    """The state of a crawl on standard error: a line rewritten on a terminal, one now and then in a pipe."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._at = 0.0 if self._terminal else time.monotonic()
        self._open = False

    def __call__(self, p: Progress) -> None:
        now = time.monotonic()
        if self._quiet or now - self._at < pause(p.seconds, terminal=self._terminal):
            return
        self._at = now
        left = f", {duration(p.left)} left" if p.left is not None else ""
        line = (
            f"Crawling {', '.join(p.active[:3])}: {p.pages} answers, {p.queued} queued, {p.rate:.1f} a second"
            f"{left}, {p.failures} failures, {p.finished} of {p.sources} sources done"
        )
        sys.stderr.write(f"\r\x1b[K{line}" if self._terminal else line + "\n")
        sys.stderr.flush()
        self._open = self._terminal

    def finish(self) -> None:
        if self._open:
            sys.stderr.write("\r\x1b[K")
