"""How often is what searched for, without knowing by whom; off unless the setting ``statistics`` is 1.

**What is promised.** No number is written down, and so none shown, that fewer than ``LEAST`` = 3 visitors of
one day stand behind: not a search, not the searches that found nothing, not the day's totals. No address is
written down, nor anything made from one.

**How.** A visitor is an address (IPv4, or the /64 that an IPv6 household has) and a day. ``Tally`` holds, in
memory only, for each search the keyed hashes (BLAKE2b) of the addresses that made it. The key is random, made
with the day's tally and dropped with it; by then everything that fewer than three visitors asked is dropped
too. So visitors can be told apart within a day and never recognised on another. Hashes are held instead of
addresses so that a copy of the memory tells less; what protects the visitor is that they are never written.

**Several processes.** Were each to count by itself, a search made once in each of three processes would be
lost, and sharing hashes through the file would put them on the disk. So the processes that answer send what
is searched through a pipe to *one* that counts; it alone writes, once a minute, what has reached three
visitors and has changed. The pipe is written without waiting: a message that finds it full is dropped,
a reader never waits. When the counting process ends, its tally goes; another begins from nothing, and what it
adds to a row of the same day again has three visitors of its own.

**What it cannot tell.** A person who comes from three networks in one day counts as three visitors; everyone
behind one address as one. The first is why searches with personal numbers, e-mail addresses or telephone
numbers, and those longer than ``LONGEST``, are never counted at all; the second only hides more. Behind
a proxy that is not in ``trusted_proxies`` all visitors are one, and nothing is ever shown. Days are UTC.
Counted are pages of results and the search of the API, which the box on other sites asks.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import selectors
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from indexer.errors import JournalError
from indexer.journal import oldest, opened, without_personal
from indexer.language import analyser, normalise, tokens

log = logging.getLogger("kompass.statistics")

FILE = "statistics.sqlite"
LEAST = 3  # visitors of one day
LONGEST = 100  # characters of a search that is counted: three people do not type the same long one
EVERY = 60.0  # seconds between two writes
MOST = 100_000  # pairs of search and visitor held of one day: 100 MB where no two searches are the same
SPELLINGS = 20  # held of one search
VERSION = 1

TABLES = """
CREATE TABLE searches (
    day TEXT NOT NULL,         -- UTC
    normal TEXT NOT NULL,      -- what counts as the same search; '' for all searches of the day
    query TEXT NOT NULL,       -- how it was mostly typed
    empty INTEGER NOT NULL,    -- 1: those that found no document with all the words
    searches INTEGER NOT NULL,
    visitors INTEGER NOT NULL,
    PRIMARY KEY (day, normal, empty)
) WITHOUT ROWID;
"""
ALL = ""

_SYNTAX = re.compile(r'["”“*~():]|(?<!\S)-\S|\b(?:AND|OCH|OR|ELLER|NOT|INTE|NEAR|NÄRA)\b')
"""Signs and words of the query language: what stands around them matters."""


# --- which searches are the same --------------------------------------------------------------------------


def normal(text: str) -> tuple[str, str]:
    """(what counts as the same search, the words as they are shown).

    Checklistor bibliotek and bibliotekets checklista are the same; with signs of the query language
    a search is only the same as itself.
    """
    shown = " ".join(normalise(text).split())
    if _SYNTAX.search(shown):
        return shown.casefold(), shown
    words = {analyser("sv").word(word).stem for word, _, _ in tokens(shown)}
    return " ".join(sorted(words)) or shown.casefold(), shown.lower()


def countable(text: str) -> bool:
    """Whether a search is counted at all: no personal data in it, and not too long."""
    text = normalise(text).strip()
    return 0 < len(text) <= LONGEST and without_personal(text) == text


# --- counting, in memory ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    shown: Counter[str] = field(default_factory=Counter)
    searches: int = 0
    visitors: set[bytes] = field(default_factory=set)
    written: tuple[int, int] = (0, 0)  # searches and visitors that are in the file


Delta = tuple[str, str, int, int, int]
"""normal, query, empty, searches, visitors: what is to be added to the file."""


class Tally:
    """The searches of one day. Dropped with its key when the day has gone."""

    def __init__(self, day: date) -> None:
        self.day = day
        self._key = os.urandom(32)
        self._rows: dict[tuple[str, bool], _Row] = {}
        self._pairs = 0

    def add(self, text: str, visitor: str, *, empty: bool) -> None:
        who = hashlib.blake2b(visitor.encode("utf-8", "replace"), key=self._key, digest_size=8).digest()
        same, shown = normal(text)
        self._count((ALL, empty), "", who)
        if (same, empty) in self._rows or self._pairs < MOST:
            self._count((same, empty), shown, who)

    def _count(self, key: tuple[str, bool], shown: str, who: bytes) -> None:
        row = self._rows.setdefault(key, _Row())
        row.searches += 1
        if shown in row.shown or len(row.shown) < SPELLINGS:
            row.shown[shown] += 1
        if who not in row.visitors and self._pairs < MOST:
            row.visitors.add(who)
            self._pairs += 1

    def ready(self) -> list[Delta]:
        """What has three visitors and has changed since it was written."""
        found = []
        for (same, empty), row in self._rows.items():
            now = row.searches, len(row.visitors)
            if now[1] >= LEAST and now != row.written:
                shown = min(row.shown, key=lambda text: (-row.shown[text], text))
                searches, visitors = now[0] - row.written[0], now[1] - row.written[1]
                found.append((same, shown, int(empty), searches, visitors))
        return found

    def wrote(self, deltas: Sequence[Delta]) -> None:
        """These are in the file now."""
        for same, _, empty, searches, visitors in deltas:
            row = self._rows[same, bool(empty)]
            row.written = row.written[0] + searches, row.written[1] + visitors


# --- from those who answer to the one who counts -----------------------------------------------------------


class Statistics:
    """``note`` is called where searches are answered, ``count`` runs in one thread or process.

    ``begin`` makes the pipe, before processes part; without it nothing is noted. ``end`` closes the way in:
    when all have done so, ``count`` writes what is left and returns.
    """

    def __init__(self, path: Path, days: int, clock: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self.path = path
        self._days = days
        self._clock = clock
        self._out: int | None = None
        self._in: int | None = None

    def begin(self) -> None:
        self._out, self._in = os.pipe()
        os.set_blocking(self._in, False)

    def end(self) -> None:
        if self._in is not None:
            os.close(self._in)
            self._in = None

    def note(self, text: str, visitor: str, *, empty: bool) -> None:
        """One search by one visitor. Costs some microseconds and never waits."""
        if self._in is None or not countable(text):
            return
        line = f"{visitor}\t{int(empty)}\t{' '.join(text.split())}\n".encode("utf-8", "replace")
        with suppress(OSError):  # the pipe is full or nobody counts: this search is not counted
            os.write(self._in, line)  # shorter than PIPE_BUF: it arrives whole

    def count(self) -> None:
        """Reads until all who note have ended; writes once a minute and when the day is over."""
        assert self._out is not None
        tally, rest, due = Tally(self._clock().date()), b"", time.monotonic() + EVERY
        self._write(tally)
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            while True:
                ready = selector.select(max(0.0, due - time.monotonic()))
                data = os.read(self._out, 65_536) if ready else b""
                today = self._clock().date()
                if today != tally.day:
                    self._write(tally)
                    tally = Tally(today)
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    visitor, empty, text = line.decode("utf-8", "replace").split("\t", 2)
                    tally.add(text, visitor, empty=empty == "1")
                if ready and not data:
                    break
                if time.monotonic() >= due:
                    self._write(tally)
                    due = time.monotonic() + EVERY
        self._write(tally)
        os.close(self._out)

    def _write(self, tally: Tally) -> None:
        deltas = tally.ready()
        try:
            write(self.path, tally.day, deltas, self._days)
            tally.wrote(deltas)
        except JournalError as error:
            log.warning("%s", error)  # they are written next time


def write(path: Path, day: date, deltas: Sequence[Delta], days: int) -> None:
    """Add to the counts of a day, and delete those older than ``days``. Raises JournalError."""
    if not deltas and not path.is_file():
        return
    with opened(path, TABLES, VERSION) as db:
        db.execute("DELETE FROM searches WHERE day < ?", (oldest(day, days),))
        db.executemany(
            "INSERT INTO searches (day, normal, query, empty, searches, visitors) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET searches = searches + excluded.searches,"
            " visitors = visitors + excluded.visitors",
            [(day.isoformat(), *delta) for delta in deltas],
        )


# --- what was counted -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counted:
    """One search over a period. Visitors are summed over the days: who came on two days counts twice."""

    query: str
    searches: int
    visitors: int
    empty: int = 0  # of the searches, how many found no document with all the words
    variants: tuple[str, ...] = ()  # other spellings counted in


@dataclass(frozen=True, slots=True)
class Report:
    searches: int  # all, also those of searches that are not shown
    empty: int  # of them, how many found nothing
    hidden: int  # searches that fewer than three visitors of one day made
    days: tuple[tuple[str, int, int], ...]  # (day, searches, of them without hits)
    queries: tuple[Counted, ...]  # most searched first
    missing: tuple[Counted, ...]  # those that found nothing, alike ones together


def report(path: Path, first: str, last: str) -> Report:
    """What was counted from the day ``first`` to ``last``. Raises JournalError."""
    rows: list[dict[str, Any]] = []
    if path.is_file():
        with opened(path, TABLES, VERSION) as db:
            found = db.execute(
                "SELECT * FROM searches WHERE day BETWEEN ? AND ? ORDER BY searches DESC, day", (first, last)
            )
            rows = [dict(row) for row in found]
    totals = [row for row in rows if row["normal"] == ALL]
    shown = [row for row in rows if row["normal"] != ALL]
    days = sorted({row["day"] for row in totals})
    searches = sum(row["searches"] for row in totals)
    return Report(
        searches,
        sum(row["searches"] for row in totals if row["empty"]),
        searches - sum(row["searches"] for row in shown),
        tuple((day, _sum(totals, day=day), _sum(totals, day=day, empty=1)) for day in days),
        tuple(_by_search(shown)),
        tuple(alike(list(_by_search([row for row in shown if row["empty"]])))),
    )


def _sum(rows: Sequence[dict[str, Any]], **wanted: object) -> int:
    return sum(row["searches"] for row in rows if all(row[k] == v for k, v in wanted.items()))


def _by_search(rows: Sequence[dict[str, Any]]) -> Iterator[Counted]:
    """Rows of many days, the same search together, most searched first."""
    together: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        together.setdefault(row["normal"], []).append(row)
    counted = [
        Counted(
            same[0]["query"],  # of the day it was searched for most
            sum(row["searches"] for row in same),
            sum(row["visitors"] for row in same),
            sum(row["searches"] for row in same if row["empty"]),
        )
        for same in together.values()
    ]
    yield from sorted(counted, key=lambda c: (-c.searches, c.query))


ALIKE = 0.8
"""Of the letters in common: barnombud and barnombudd, not barnombud and barnbokslut."""
COMPARED = 500  # groups that a search is compared with; the rest stand by themselves


def alike(found: Sequence[Counted]) -> list[Counted]:
    """Searches of nearly the same spelling together, named as the most searched of them."""
    groups: list[list[Counted]] = []
    for one in found:
        matcher = SequenceMatcher(b=one.query, autojunk=False)
        for group in groups[:COMPARED]:
            matcher.set_seq1(group[0].query)
            if matcher.real_quick_ratio() >= ALIKE <= matcher.quick_ratio() and matcher.ratio() >= ALIKE:
                group.append(one)
                break
        else:
            groups.append([one])
    made = [
        Counted(
            group[0].query,
            sum(c.searches for c in group),
            sum(c.visitors for c in group),
            sum(c.empty for c in group),
            tuple(c.query for c in group[1:]),
        )
        for group in groups
    ]
    return sorted(made, key=lambda c: (-c.searches, c.query))
