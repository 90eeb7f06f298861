"""How an SQLite file is opened, written in batches, and spoken of in plain words when it is wrong.
Not for what its tables mean (``indexer.catalogue``)."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from indexer.errors import CatalogueError

COMMIT_ROWS = 500
COMMIT_SECONDS = 2.0
"""Writes are gathered into transactions of this size: 500 rows cost one fsync, two seconds bound what a
killed crawl has to fetch again."""

REBUILD = (
    "Restore it from a backup; or move it away and run 'kompass index --full': what was crawled is read "
    "again from WARC, what was imported has to be imported again."
)

Values = tuple[Any, ...] | Mapping[str, Any]


class Database:
    """The SQLite file ``path`` with the given ``tables`` (SQL) and their ``version`` (in user_version).
    ``upgrades``: version → SQL that makes a file of it one of the next. A file that this user may only read
    is opened for reading, so that a monitor or a copy on a read-only disk can be asked how things stand.

    Raises CatalogueError when the file is damaged, of another version, or (with ``create=False``) missing.
    """

    def __init__(
        self,
        path: Path,
        tables: str,
        version: int,
        *,
        create: bool,
        upgrades: Mapping[int, str],
    ) -> None:
        self.path = path
        if not create and not path.is_file():
            raise CatalogueError(
                f"There is no catalogue at {path}. Run 'kompass crawl' or 'kompass import' first, "
                "or give --corpus DIR."
            )
        self._pending = 0
        self._held = 0
        self.new = False  # made just now
        self._committed = time.monotonic()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            where, self._fixed = _where(path)
            self._db = sqlite3.connect(where, timeout=60, isolation_level=None, uri=True)
        except (OSError, sqlite3.Error) as e:
            raise CatalogueError(f"The catalogue {path} cannot be opened: {e}.") from None
        self._db.row_factory = sqlite3.Row
        try:
            self._open(tables, version, upgrades)
        except BaseException:
            self._db.close()
            raise

    def _open(self, tables: str, wanted: int, upgrades: Mapping[int, str]) -> None:
        if not self._fixed:
            for pragma in (
                "journal_mode = WAL",
                "synchronous = NORMAL",
                "foreign_keys = ON",
                # A cache of 64 MB was no faster, and filled while 20,000 pages were read: memory that grew.
                "cache_size = -16384",
            ):
                self.execute(f"PRAGMA {pragma}")
        version = self._version()
        if self._fixed and version in upgrades:
            raise CatalogueError(
                f"The catalogue {self.path} was written by an earlier version of the program, and this user "
                "may not write it. Run 'kompass index' once as its owner."
            )
        if version == 0:  # a new file, unless another process is making it just now
            self.execute("BEGIN IMMEDIATE")
            if self._version() == 0:
                self._run(tables, wanted)
                self.new = True
            self.execute("COMMIT")
        elif all(older in upgrades for older in range(version, wanted)) and version < wanted:
            self.execute("BEGIN IMMEDIATE")
            for older in range(self._version(), wanted):
                self._run(upgrades[older], older + 1)
            self.execute("COMMIT")
        elif version > wanted:
            raise CatalogueError(
                f"The catalogue {self.path} was written by a later version of the program (tables {version}, "
                f"this program has {wanted}). Run that version, or a newer one."
            )
        elif version != wanted:
            raise CatalogueError(
                f"The catalogue {self.path} was written by another version of the program (tables {version}, "
                f"this program has {wanted}). {REBUILD}"
            )

    def _run(self, statements: str, version: int) -> None:
        for statement in filter(str.strip, statements.split(";\n")):
            self.execute(statement)
        self.execute(f"PRAGMA user_version = {version}")

    def _version(self) -> int:
        return int(self.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Close without committing what is pending."""
        self._db.close()

    # --- transactions ---------------------------------------------------------------------------------

    def commit(self) -> None:
        """Make everything written so far lasting. Call it when idle, so that others may write."""
        if self._db.in_transaction:
            self.execute("COMMIT")
        self._pending = 0
        self._committed = time.monotonic()

    def hold(self) -> None:
        """Until the next commit everything is read as it stands now, whatever others write."""
        self.commit()
        self.execute("BEGIN")
        self.execute("SELECT 1 FROM sqlite_master").fetchone()  # SQLite begins with the first reading

    def execute(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
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
            return CatalogueError(f"The catalogue {self.path} is damaged ({text}). {REBUILD}")
        if "readonly" in text or "unable to open" in text:
            return CatalogueError(
                f"The catalogue {self.path} cannot be written ({text}). Look at the owner and permissions of "
                "the file and of its directory."
            )
        if "full" in text or "I/O" in text:  # with no room left for its own files, SQLite says the latter
            return CatalogueError(
                f"The catalogue {self.path} cannot be written ({text}). Make room, if its disk is full, and "
                "run the same command again; what was done is kept."
            )
        return CatalogueError(f"The catalogue {self.path} could not be used: {text}.")

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside becomes lasting as a whole or not at all."""
        if not self._db.in_transaction:
            self.execute("BEGIN IMMEDIATE")
        self.execute("SAVEPOINT together")
        self._held += 1
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self.execute("ROLLBACK TO together")
            raise
        finally:
            self._held -= 1
            if self._db.in_transaction:  # SQLite itself undoes all of it when the disk is full
                self.execute("RELEASE together")
        self._commit_when_due()

    def write(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        if not self._db.in_transaction:
            self.execute("BEGIN IMMEDIATE")
        cursor = self.execute(sql, values)
        self._pending += 1
        self._commit_when_due()
        return cursor

    def write_many(self, sql: str, rows: Iterable[Values]) -> None:
        with self.together():
            try:
                self._pending += self._db.executemany(sql, rows).rowcount
            except sqlite3.DatabaseError as e:
                raise self._explained(e) from e

    def _commit_when_due(self) -> None:
        due = self._pending >= COMMIT_ROWS or time.monotonic() - self._committed > COMMIT_SECONDS
        if due and not self._held:
            self.commit()

    def rows(self, sql: str, values: Values = ()) -> Iterator[sqlite3.Row]:
        cursor = self.execute(sql, values)
        while True:
            try:
                rows = cursor.fetchmany(200)
            except sqlite3.DatabaseError as e:
                raise self._explained(e) from e
            if not rows:
                return
            yield from rows

    def row(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        return next(self.rows(sql, values), None)


def _where(path: Path) -> tuple[str, bool]:
    """The address to open ``path`` at, and whether it is for reading only."""
    address = path.absolute().as_uri()
    if not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return address, False
    # Without the file that a writer keeps open beside it nobody writes, and SQLite need not make one.
    writing = path.with_name(path.name + "-wal").exists()
    return f"{address}?mode=ro" + ("" if writing else "&immutable=1"), True
