"""What readers told us: whether a search helped, and what is wrong in the details of a document.

Nothing tells who said it: no address, no browser, and the day instead of the time, which could be matched
with the log of a web server. Words typed freely are masked and short. Entries are deleted after some days.
Not for the forms (``search_web.feedback``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from sqlite3 import Connection, Row

from indexer.errors import JournalError
from indexer.journal import WAIT, oldest, opened, without_personal

FILE = "feedback.sqlite"
ANSWERS = ("yes", "no")
FIELDS = (
    "title", "kind", "years", "published", "municipalities", "areas", "publisher", "language", "text", "link",
    "other",
)  # fmt: skip
LONGEST = 1_000  # characters that a reader may write
A_DAY = 1_000  # entries kept of one day: a flood must not fill the disk
VERSION = 1

TABLES = """
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    day TEXT NOT NULL,        -- UTC
    kind TEXT NOT NULL,
    query TEXT NOT NULL,      -- the words searched for
    filters TEXT NOT NULL,    -- JSON: [[name, value], …] as in the address of the search
    document TEXT,
    answer TEXT,
    field TEXT,
    held TEXT NOT NULL,
    text TEXT NOT NULL,
    language TEXT NOT NULL,
    generation TEXT,
    handled TEXT
);
CREATE INDEX feedback_day ON feedback(day);
"""


@dataclass(frozen=True, slots=True)
class Feedback:
    """``kind`` search: ``query``, ``filters`` and ``answer``; document: ``document``, ``field``, ``held``."""

    kind: str
    query: str = ""  # the words searched for
    filters: tuple[tuple[str, str], ...] = ()  # (name, value) as in the address of the search
    document: str | None = None  # id
    answer: str | None = None  # did the search help: yes or no
    field: str | None = None  # which detail of the document is wrong
    held: str = ""  # what stood there
    text: str = ""  # in the reader's words
    language: str = "sv"  # of the page it was said on
    generation: str | None = None  # id of the index that the page was made from
    day: str = ""  # UTC, 2026-11-22
    id: int = 0
    handled: str | None = None  # the day it was marked as dealt with


class TooMuch(JournalError):
    """So many entries in one day that no more are kept."""


def cleaned(said: Feedback) -> Feedback:
    """The same without personal identity numbers, e-mail addresses and telephone numbers, and not longer
    than ``LONGEST``."""
    return replace(
        said,
        query=without_personal(said.query)[:LONGEST],
        filters=tuple((name, without_personal(value)) for name, value in said.filters),
        held=without_personal(said.held)[:LONGEST],
        text=without_personal(said.text)[:LONGEST],
    )


def add(path: Path, said: Feedback, today: date, days: int) -> None:
    """Keep one entry, cleaned, and delete those older than ``days``. Raises JournalError, TooMuch."""
    kept = cleaned(replace(said, day=today.isoformat()))
    with opened(path, TABLES, VERSION) as db:
        _forget(db, today, days)
        count = db.execute("SELECT count(*) FROM feedback WHERE day = ?", (kept.day,)).fetchone()[0]
        if count >= A_DAY:
            raise TooMuch(f"{A_DAY} entries have come in today; no more are kept until tomorrow.")
        db.execute(
            "INSERT INTO feedback"
            " (day, kind, query, filters, document, answer, field, held, text, language, generation)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                kept.day, kept.kind, kept.query, json.dumps(kept.filters, ensure_ascii=False), kept.document,
                kept.answer, kept.field, kept.held, kept.text, kept.language, kept.generation,
            ),
        )  # fmt: skip


def read(
    path: Path, *, since: str | None = None, kind: str | None = None, handled: bool = False
) -> tuple[Feedback, ...]:
    """The entries, newest first; those that are dealt with only when asked for. Raises JournalError."""
    if not path.is_file():
        return ()
    with opened(path, TABLES, VERSION) as db:
        rows = db.execute(
            "SELECT * FROM feedback WHERE (:since IS NULL OR day >= :since)"
            " AND (:kind IS NULL OR kind = :kind) AND (:handled OR handled IS NULL) ORDER BY id DESC",
            {"since": since, "kind": kind, "handled": handled},
        ).fetchall()
    return tuple(map(_entry, rows))


def handle(path: Path, ids: Sequence[int], today: date) -> tuple[int, ...]:
    """Mark entries as dealt with; the ids that there are none of. Raises JournalError."""
    if not path.is_file():
        return tuple(ids)
    unknown = []
    with opened(path, TABLES, VERSION) as db:
        for number in ids:
            changed = db.execute(
                "UPDATE feedback SET handled = ifnull(handled, ?) WHERE id = ?", (today.isoformat(), number)
            )
            if not changed.rowcount:
                unknown.append(number)
    return tuple(unknown)


def drop(path: Path, documents: Sequence[str]) -> None:
    """Delete what was said of documents that are removed on request. Raises JournalError."""
    if not path.is_file():
        return
    with opened(path, TABLES, VERSION) as db:
        db.executemany("DELETE FROM feedback WHERE document = ?", [(id_,) for id_ in documents])


def forget(path: Path, today: date, days: int, *, wait: float = WAIT) -> int:
    """Delete what is older than ``days`` (0: nothing); how many there were. Raises JournalError."""
    if not days or not path.is_file():
        return 0
    with opened(path, TABLES, VERSION, wait=wait) as db:
        return _forget(db, today, days)


def _forget(db: Connection, today: date, days: int) -> int:
    return db.execute("DELETE FROM feedback WHERE day < ?", (oldest(today, days),)).rowcount


def _entry(row: Row) -> Feedback:
    known = dict(row)
    known["filters"] = tuple((name, value) for name, value in json.loads(known["filters"]))
    return Feedback(**known)
