"""What is still to be fetched of one source, and what has been: a queue on disk that survives being killed.

Scrapy's own disk queue writes its state when it is closed, so a killed process loses it. Here every step is
in SQLite: an address that was handed out but not finished is handed out again by the next run. Not for
deciding what is queued (``visit``), nor for what was found (the catalogue).
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexer.errors import ArchiveError

FOLDER = "crawl"
_QUEUED, _TAKEN, _DONE = 0, 1, 2
_DAMAGED = ("malformed", "not a database", "no such column")
"""In SQLite's words: the file is no queue, or no longer."""
_REMEMBERED = 20_000
"""Addresses known to be there that are kept in memory: every page asks about the menu again."""

_TABLES = """
CREATE TABLE IF NOT EXISTS url (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    state INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    about TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS queue ON url (priority DESC, id) WHERE state = 0;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One address to fetch: the higher its priority, the sooner; ``about`` travels with it (JSON values)."""

    url: str  # canonical
    priority: int = 0
    about: dict[str, Any] = field(default_factory=dict)


class Frontier:
    """The queue of one source in ``corpus``; opened again, it goes on where it was."""

    def __init__(self, corpus: Path, source: str) -> None:
        self.path = corpus / FOLDER / f"{source}.sqlite"
        self._known: OrderedDict[str, None] = OrderedDict()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._open()
            except sqlite3.DatabaseError as e:
                if not any(words in str(e) for words in _DAMAGED):
                    raise
                # Only a queue: without it the source is crawled from its start, with conditional requests.
                self.remove()
                self._open()
        except (OSError, sqlite3.Error) as e:  # a full disk must not cost the queue
            raise ArchiveError(
                f"The queue {self.path} cannot be written ({e}). Make room, or look at its owner and "
                "permissions, and run it again: it goes on where it was."
            ) from None

    def _open(self) -> None:
        self._db = sqlite3.connect(self.path, isolation_level=None)
        # A killed process loses nothing; a power cut may damage the file, and then the crawl starts over.
        for pragma in ("journal_mode = WAL", "synchronous = OFF"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_TABLES)
        self._db.execute("UPDATE url SET state = ? WHERE state = ?", (_QUEUED, _TAKEN))
        self._counts = dict(self._db.execute("SELECT state, count(*) FROM url GROUP BY state").fetchall())

    @property
    def queued(self) -> int:
        return int(self._counts.get(_QUEUED, 0))

    def __contains__(self, url: str) -> bool:
        if url in self._known:
            self._known.move_to_end(url)
            return True
        there = self._db.execute("SELECT 1 FROM url WHERE url = ?", (url,)).fetchone() is not None
        if there:
            self._remember(url)
        return there

    def _remember(self, url: str) -> None:
        self._known[url] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def add(self, entry: Entry) -> bool:
        """Queue an address; False when it was there before, in whatever state."""
        if entry.url in self:
            return False
        self._write(
            "INSERT INTO url (url, state, priority, about) VALUES (?, ?, ?, ?)",
            (entry.url, _QUEUED, entry.priority, json.dumps(entry.about)),
        )
        self._count(_QUEUED, 1)
        self._remember(entry.url)
        return True

    def again(self, entry: Entry) -> None:
        """Queue an address that is there already once more: a retry."""
        if not self.add(entry):
            old = self._state(entry.url)
            self._write(
                "UPDATE url SET state = ?, priority = ?, about = ? WHERE url = ?",
                (_QUEUED, entry.priority, json.dumps(entry.about), entry.url),
            )
            self._count(old, -1)
            self._count(_QUEUED, 1)

    def best(self, limit: int) -> list[Entry]:
        """The queued addresses that come next, best first."""
        rows = self._db.execute(
            "SELECT url, priority, about FROM url WHERE state = 0 ORDER BY priority DESC, id LIMIT ?",
            (limit,),
        )
        return [Entry(url, priority, json.loads(about)) for url, priority, about in rows]

    def take(self, url: str) -> None:
        """Mark an address as being fetched."""
        self._move(url, _TAKEN)

    def done(self, url: str) -> None:
        """Mark an address as dealt with, whatever came of it."""
        self._move(url, _DONE)

    def is_done(self, url: str) -> bool:
        """Whether an address was dealt with in this run, or in one that it continues."""
        return self._state(url) == _DONE

    def _move(self, url: str, state: int) -> None:
        old = self._state(url)
        if old is not None and old != state:
            self._write("UPDATE url SET state = ? WHERE url = ?", (state, url))
            self._count(old, -1)
            self._count(state, 1)

    def _state(self, url: str) -> int | None:
        row = self._db.execute("SELECT state FROM url WHERE url = ?", (url,)).fetchone()
        return None if row is None else int(row[0])

    def _count(self, state: int | None, change: int) -> None:
        if state is not None:
            self._counts[state] = self._counts.get(state, 0) + change

    def fact(self, name: str) -> str | None:
        """Something about the crawl itself that a later run must know."""
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        self._write("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def _write(self, sql: str, values: tuple[Any, ...]) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")
        self._db.execute(sql, values)

    def commit(self) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def close(self) -> None:
        self.commit()
        self._db.close()

    def clear(self) -> None:
        """Forget all addresses: everything was fetched, and the next run begins at the start. Facts stay."""
        self.commit()
        self._db.execute("DELETE FROM url")
        self._db.execute("VACUUM")
        self._known.clear()
        self._counts = {}

    def remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
