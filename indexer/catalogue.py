"""What is held: the SQLite database of captures, documents, their versions and links, failures and runs.

Not for the bytes (``indexer.crawl.archive`` keeps them in WARC) and not for deciding anything:
``indexer.ingest`` decides, this file remembers. One object is used by one thread; several processes may
have the same catalogue open, one of them writing at a time.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from indexer.errors import CatalogueError
from indexer.model import Capture, Failure

VERSION = 1
"""Version of the tables below, kept in SQLite's user_version. A change of tables raises it."""

COMMIT_ROWS = 500
COMMIT_SECONDS = 2.0
"""Writes are gathered into transactions of this size: 500 rows cost one fsync, two seconds bound what a
killed crawl has to fetch again."""

CRAWL_STAGES = ("fetch", "robots")

TABLES = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    finished INTEGER NOT NULL DEFAULT 0,   -- 1: went through everything; 0: stopped, or still going
    reason TEXT NOT NULL DEFAULT '',
    pages INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX run_source ON run (source, id);

CREATE TABLE capture (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    status INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    digest TEXT NOT NULL,
    warc TEXT NOT NULL,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    headers TEXT NOT NULL,
    redirect_to TEXT,
    revisit_of INTEGER REFERENCES capture (id)
);
CREATE INDEX capture_url ON capture (url, id);
CREATE INDEX capture_source ON capture (source, id);

CREATE TABLE failure (
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    stage TEXT NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (source, url, stage)
) WITHOUT ROWID;

CREATE TABLE forgotten (
    url TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    at TEXT NOT NULL
) WITHOUT ROWID;
"""


def utc_now() -> str:
    """Now as it is written everywhere: 2026-11-22T04:39:37Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Catalogue:
    """The catalogue in the file ``path``, made when it is not there.

    Raises CatalogueError when the file is damaged, of another version, or (with ``create=False``) missing.
    Leaving the ``with`` block commits what was written; an exception rolls the open transaction back.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        if not create and not path.is_file():
            raise CatalogueError(
                f"There is no catalogue at {path}. Run 'kompass crawl' or 'kompass import' first, "
                "or give --corpus DIR."
            )
        self._pending = 0
        self._committed = time.monotonic()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None)
        except (OSError, sqlite3.Error) as e:
            raise CatalogueError(f"The catalogue {path} cannot be opened: {e}.") from None
        self._db.row_factory = sqlite3.Row
        try:
            self._open()
        except BaseException:
            self._db.close()
            raise

    def _open(self) -> None:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "cache_size = -65536",
        ):
            self._execute(f"PRAGMA {pragma}")
        version = self._version()
        if version == 0:  # a new file, unless another process is making it just now
            self._execute("BEGIN IMMEDIATE")
            if self._version() == 0:
                for statement in TABLES.split(";\n"):
                    if statement.strip():
                        self._execute(statement)
                self._execute(f"PRAGMA user_version = {VERSION}")
            self._execute("COMMIT")
        elif version != VERSION:
            raise CatalogueError(
                f"The catalogue {self.path} was written by another version of the program (tables {version}, "
                f"this program has {VERSION}). Move it away and run 'kompass index --full': "
                "it is rebuilt from WARC."
            )

    def _version(self) -> int:
        return int(self._execute("PRAGMA user_version").fetchone()[0])

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        self.close()

    def close(self) -> None:
        """Close without committing what is pending."""
        self._db.close()

    # --- transactions ---------------------------------------------------------------------------------

    def commit(self) -> None:
        """Make everything written so far lasting. Call it when idle, so that others may write."""
        if self._db.in_transaction:
            self._execute("COMMIT")
        self._pending = 0
        self._committed = time.monotonic()

    def _execute(self, sql: str, values: tuple[Any, ...] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, values)
        except sqlite3.DatabaseError as e:
            raise self._explained(e) from e

    def _explained(self, error: sqlite3.DatabaseError) -> CatalogueError:
        text = str(error)
        if "locked" in text or "busy" in text:
            return CatalogueError(
                f"The catalogue {self.path} is being written by another process; try again later."
            )
        if "malformed" in text or "not a database" in text:
            return CatalogueError(
                f"The catalogue {self.path} is damaged ({text}). Move it away and run "
                "'kompass index --full': it is rebuilt from WARC."
            )
        return CatalogueError(f"The catalogue {self.path} could not be used: {text}.")

    def _write(self, sql: str, values: tuple[Any, ...] | Mapping[str, Any]) -> sqlite3.Cursor:
        if not self._db.in_transaction:
            self._execute("BEGIN IMMEDIATE")
        cursor = self._execute(sql, values)
        self._pending += 1
        if self._pending >= COMMIT_ROWS or time.monotonic() - self._committed > COMMIT_SECONDS:
            self.commit()
        return cursor

    def _rows(self, sql: str, values: tuple[Any, ...] | Mapping[str, Any] = ()) -> Iterator[sqlite3.Row]:
        cursor = self._execute(sql, values)
        while True:
            try:
                rows = cursor.fetchmany(200)
            except sqlite3.DatabaseError as e:
                raise self._explained(e) from e
            if not rows:
                return
            yield from rows

    def _row(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Row | None:
        return next(self._rows(sql, values), None)

    # --- crawling: runs, captures, failures, what is forgotten ------------------------------------------

    def start_run(self, source: str) -> int:
        """The number of a new run of one source; it counts as stopped until ``finish_run``."""
        cursor = self._write("INSERT INTO run (source, started_at) VALUES (?, ?)", (source, utc_now()))
        assert cursor.lastrowid is not None
        run = cursor.lastrowid
        self.commit()
        return run

    def finish_run(self, run: int, *, finished: bool, reason: str, pages: int, bytes_: int) -> None:
        """How a run ended: ``finished`` when it went through everything it was to go through."""
        self._write(
            "UPDATE run SET finished_at = ?, finished = ?, reason = ?, pages = ?, bytes = ? WHERE id = ?",
            (utc_now(), int(finished), reason, pages, bytes_, run),
        )
        self.commit()

    def add_capture(
        self,
        source: str,
        url: str,
        fetched_at: str,
        status: int,
        media_type: str,
        digest: str,
        warc: str,
        offset: int,
        length: int,
        headers: Mapping[str, str],
        *,
        redirect_to: str | None = None,
        revisit_of: int | None = None,
    ) -> Capture:
        """Remember one answer. ``url`` is canonical; ``redirect_to`` is set for a 3xx answer;
        ``revisit_of`` is the id of the earlier capture with the same bytes (a 304, or the same digest).
        """
        cursor = self._write(
            "INSERT INTO capture (source, url, fetched_at, status, media_type, digest, warc, offset, length, "
            "headers, redirect_to, revisit_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (source, url, fetched_at, status, media_type, digest, warc, offset, length,
             json.dumps(dict(headers), ensure_ascii=False), redirect_to, revisit_of),
        )  # fmt: skip
        assert cursor.lastrowid is not None
        return Capture(
            cursor.lastrowid, source, url, fetched_at, status, media_type, digest, warc, offset, length,
            dict(headers), redirect_to, revisit_of,
        )  # fmt: skip

    def last_capture(self, url: str) -> Capture | None:
        """The latest capture of ``url`` that holds bytes with status 200: what a conditional request is
        about. Revisits (304, same digest) lead to the capture they repeat."""
        row = self._row(
            "SELECT * FROM capture WHERE url = ? AND status = 200 AND revisit_of IS NULL "
            "ORDER BY id DESC LIMIT 1",
            (url,),
        )
        return _capture(row) if row else None

    def last_answer(self, url: str) -> Capture | None:
        """The latest answer of ``url``, whatever its status; revisits as themselves."""
        row = self._row("SELECT * FROM capture WHERE url = ? ORDER BY id DESC LIMIT 1", (url,))
        return _capture(row) if row else None

    def capture(self, id_: int) -> Capture | None:
        row = self._row("SELECT * FROM capture WHERE id = ?", (id_,))
        return _capture(row) if row else None

    def captures(self, after: int = 0) -> Iterator[Capture]:
        """Every capture with a higher id than ``after``, oldest first."""
        for row in self._rows("SELECT * FROM capture WHERE id > ? ORDER BY id", (after,)):
            yield _capture(row)

    def add_failure(
        self, source: str, url: str, stage: str, reason: str, message: str, at: str | None = None
    ) -> None:
        """Remember why ``url`` could not be had or read; one row for each address and stage, the latest."""
        self._write(
            "INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?, ?)",
            (source, url, stage, reason, message, at or utc_now()),
        )

    def clear_failure(self, source: str, url: str, stages: tuple[str, ...] = CRAWL_STAGES) -> None:
        """It went well this time. The crawl clears its own stages; reading and understanding theirs."""
        for stage in stages:
            self._write(
                "DELETE FROM failure WHERE source = ? AND url = ? AND stage = ?", (source, url, stage)
            )

    def failures(self, source: str | None = None) -> Iterator[tuple[str, Failure]]:
        """(source id, failure), by source and address."""
        where, values = ("WHERE source = ?", (source,)) if source is not None else ("", ())
        for row in self._rows(f"SELECT * FROM failure {where} ORDER BY source, url, stage", values):  # noqa: S608
            yield row["source"], Failure(row["url"], row["stage"], row["reason"], row["message"], row["at"])

    def forgotten(self, url: str) -> bool:
        """Whether ``url`` was removed on request and must not be fetched again."""
        return self._row("SELECT 1 FROM forgotten WHERE url = ?", (url,)) is not None

    def forget(self, url: str, reason: str, at: str | None = None) -> None:
        """Never fetch ``url`` again, and why."""
        self._write("INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?)", (url, reason, at or utc_now()))
        self.commit()


def _capture(row: sqlite3.Row) -> Capture:
    return Capture(
        row["id"], row["source"], row["url"], row["fetched_at"], row["status"], row["media_type"],
        row["digest"], row["warc"], row["offset"], row["length"], json.loads(row["headers"]),
        row["redirect_to"], row["revisit_of"],
    )  # fmt: skip
