"""What is held: the SQLite database of captures, documents, their versions and links, failures and runs.

Not for the bytes (``indexer.crawl.archive`` keeps them in WARC) and not for deciding anything:
``indexer.ingest`` decides, this file remembers. One object is used by one thread; several processes may
have the same catalogue open, one of them writing at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from indexer import moments, statuses
from indexer.database import Database
from indexer.language.personal import mask_address
from indexer.model import Capture, Document, Evidence, Failure, Gone, Page, Source, SourceStatus
from indexer.packing import from_bytes, from_json, to_bytes, to_json
from indexer.readings import AGAIN, SKETCHES, TIED, Readings
from indexer.readings import TABLES as READING_TABLES

CATALOGUE = "catalogue.sqlite"
"""The name of its file in a corpus directory."""
VERSION = 2
"""Version of the tables below, kept in SQLite's user_version. A change of tables raises it and adds to
UPGRADES."""

CRAWL_STAGES = ("fetch", "robots")
LOST = ("extract", "archive")
"""Stage and reason of a failure: the archive is damaged where the bytes should be."""
HELD = "held"
"""State of a document that belongs in the results."""

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

CREATE TABLE document (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    source TEXT NOT NULL,
    origin TEXT NOT NULL,                  -- crawl or import
    state TEXT NOT NULL,                   -- held; else why it is not in the results: gone, noindex, merged …
    first_seen TEXT NOT NULL,
    checked_at TEXT,
    version INTEGER NOT NULL,              -- the latest
    inputs TEXT NOT NULL,                  -- fingerprint of all that the metadata was concluded from
    series TEXT,
    ties TEXT NOT NULL DEFAULT ''          -- JSON of Ties: why that series, and what has nearly the same text
);
CREATE INDEX document_url ON document (url);

CREATE TABLE version (
    document TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    content TEXT NOT NULL,                 -- fingerprint of the text: another one is a new version
    fingerprint TEXT NOT NULL,             -- of everything in the document: another one is indexed anew
    metadata TEXT NOT NULL,                -- JSON of model.Document without text
    text BLOB NOT NULL,                    -- JSON of its pages, zstd
    PRIMARY KEY (document, number)
);

CREATE TABLE forgotten (
    url TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    at TEXT NOT NULL
) WITHOUT ROWID;
"""


UPGRADES = {1: "ALTER TABLE document ADD COLUMN ties TEXT NOT NULL DEFAULT '';\n" + SKETCHES}
"""Version → what makes a catalogue of it one of the next."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a document stands: held, or why it is not in the results."""

    state: str
    inputs: str  # as given to ``put``
    version: int
    url: str


@dataclass(frozen=True, slots=True)
class Ties:
    """How a document belongs together with others."""

    series: str | None = None
    why: tuple[Evidence, ...] = ()  # for the series
    alike: tuple[str, ...] = ()  # ids of those with nearly the same text


class Captured(NamedTuple):
    """An address that has answered."""

    url: str
    newest: int  # id of its last capture
    after: int  # how many it has after the one that was asked about


class Catalogue:
    """The catalogue in the file ``path``, made when it is not there.

    Raises CatalogueError when the file is damaged, of another version, or (with ``create=False``) missing.
    Leaving the ``with`` block commits what was written; an exception rolls the open transaction back.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self._db = Database(
            path, TABLES + READING_TABLES + SKETCHES, VERSION, create=create, upgrades=UPGRADES
        )
        self._removals = path.with_suffix(".forgotten.jsonl")
        if self._db.new and self._removals.exists():
            lines = self._removals.read_text("utf-8").splitlines(keepends=True)
            # A power failure may have cut the last one.
            whole = [line for line in lines if line.endswith("]\n")]
            self._db.write_many(_FORGET, [tuple(json.loads(line)) for line in whole])
            self._db.commit()
        self.readings = Readings(self._db)
        self.commit, self.close = self._db.commit, self._db.close
        self.hold, self.together = self._db.hold, self._db.together

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.commit()
        self.close()

    # --- crawling: runs, captures, failures, what is forgotten ------------------------------------------

    def start_run(self, source: str) -> int:
        """The number of a new run of one source; it counts as stopped until ``finish_run``."""
        cursor = self._db.write("INSERT INTO run (source, started_at) VALUES (?, ?)", (source, moments.now()))
        assert cursor.lastrowid is not None
        run = cursor.lastrowid
        self.commit()
        return run

    def finish_run(self, run: int, *, finished: bool, reason: str, pages: int, bytes_: int) -> None:
        """How a run ended: ``finished`` when it went through everything it was to go through."""
        self._db.write(
            "UPDATE run SET finished_at = ?, finished = ?, reason = ?, pages = ?, bytes = ? WHERE id = ?",
            (moments.now(), int(finished), reason, pages, bytes_, run),
        )
        self.commit()

    def add_capture(self, capture: Capture) -> Capture:
        """Remember one answer, and return it as it is kept: with the id that it is given here, and personal
        numbers in its headers masked."""
        headers = {n: v if n in _VALIDATORS else mask_address(v) for n, v in capture.headers.items()}
        values = [getattr(capture, name) for name in _CAPTURED] + [json.dumps(headers, ensure_ascii=False)]
        cursor = self._db.write(_ADD_CAPTURE, tuple(values))
        assert cursor.lastrowid is not None
        return replace(capture, id=cursor.lastrowid, headers=headers)

    def last_capture(self, url: str) -> Capture | None:
        """The latest capture of ``url`` that holds bytes with status 200: what a conditional request is
        about. Revisits (304, same digest) lead to the capture they repeat."""
        row = self._db.row(
            "SELECT * FROM capture WHERE url = ? AND status = 200 AND revisit_of IS NULL "
            "ORDER BY id DESC LIMIT 1",
            (url,),
        )
        return _capture(row) if row else None

    def last_answer(self, url: str) -> Capture | None:
        """The latest answer of ``url``, whatever its status; revisits as themselves."""
        row = self._db.row("SELECT * FROM capture WHERE url = ? ORDER BY id DESC LIMIT 1", (url,))
        return _capture(row) if row else None

    def capture(self, id_: int) -> Capture | None:
        row = self._db.row("SELECT * FROM capture WHERE id = ?", (id_,))
        return _capture(row) if row else None

    def captures(self) -> Iterator[Capture]:
        """Every capture, oldest first."""
        for row in self._db.rows("SELECT * FROM capture ORDER BY id"):
            yield _capture(row)

    def captures_of(self, url: str) -> list[Capture]:
        """Every capture of one address, oldest first."""
        return [
            _capture(row) for row in self._db.rows("SELECT * FROM capture WHERE url = ? ORDER BY id", (url,))
        ]

    def sources_of(self, url: str) -> list[str]:
        """Ids of the sources under which an address was fetched, the first first."""
        rows = self._db.rows(
            "SELECT source FROM capture WHERE url = ? GROUP BY source ORDER BY min(id)", (url,)
        )
        return [row[0] for row in rows]

    def captured(self, after: int) -> list[Captured]:
        """The addresses with captures after the one with the id ``after``, in the order of their last."""
        rows = self._db.rows(
            "SELECT url, max(id), count(*) FROM capture WHERE id > ? GROUP BY url ORDER BY 2", (after,)
        )
        return [Captured(*row) for row in rows]

    def replace_captures(self, captures: Iterable[Capture]) -> None:
        """Put ``captures`` in place of all there are. Their ids are given anew in the order given;
        ``revisit_of`` names one of them by the id it has there."""
        numbers: dict[int, int] = {}
        with self._db.together():
            self._db.write("UPDATE capture SET revisit_of = NULL")
            self._db.write("DELETE FROM capture")
            for c in captures:
                repeats = numbers.get(c.revisit_of) if c.revisit_of is not None else None
                numbers[c.id] = self.add_capture(replace(c, revisit_of=repeats)).id

    def add_failure(
        self, source: str, url: str, stage: str, reason: str, message: str, at: str | None = None
    ) -> None:
        """Remember why ``url`` could not be had or read; one row for each address and stage, the latest."""
        self._db.write(
            "INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?, ?)",
            (source, url, stage, reason, mask_address(message), at or moments.now()),
        )

    def clear_failure(self, source: str, url: str, stages: tuple[str, ...] = CRAWL_STAGES) -> None:
        """It went well this time. The crawl clears its own stages; reading and understanding theirs."""
        for stage in stages:
            self._db.write(
                "DELETE FROM failure WHERE source = ? AND url = ? AND stage = ?", (source, url, stage)
            )

    def is_lost(self, source: str, url: str) -> bool:
        """Whether the archive was found not to have the bytes of ``url`` any more."""
        row = self._db.row(
            "SELECT 1 FROM failure WHERE source = ? AND url = ? AND stage = ? AND reason = ?",
            (source, url, *LOST),
        )
        return row is not None

    def failures(self) -> Iterator[tuple[str, Failure]]:
        """(source id, failure), by source and address."""
        for row in self._db.rows("SELECT * FROM failure ORDER BY source, url, stage"):
            yield row["source"], Failure(row["url"], row["stage"], row["reason"], row["message"], row["at"])

    def erase_captures(self, url: str) -> None:
        """Remove every capture of one address and what went wrong there; its records in WARC are not ours."""
        self._db.write(
            "UPDATE capture SET revisit_of = NULL WHERE revisit_of IN (SELECT id FROM capture WHERE url = ?)",
            (url,),
        )
        self._db.write("DELETE FROM capture WHERE url = ?", (url,))
        self._db.write("DELETE FROM failure WHERE url = ?", (url,))

    def wipe(self) -> None:
        """Write the file anew, so that nothing of what was erased is left between its pages."""
        self.commit()
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def forgotten(self, url: str) -> bool:
        """Whether ``url`` was removed on request and must not be fetched again."""
        return self._db.row("SELECT 1 FROM forgotten WHERE url = ?", (url,)) is not None

    def removals(self) -> set[str]:
        """The addresses and ids that were removed on request."""
        return {row[0] for row in self._db.rows("SELECT url FROM forgotten")}

    def unremoved(self) -> dict[str, str]:
        """Those of them that something is held of all the same, as when a removal was stopped → why."""
        return {
            row[0]: row[1]
            for row in self._db.rows(
                "SELECT url, reason FROM forgotten WHERE url IN (SELECT url FROM capture) "
                "OR url IN (SELECT url FROM address) OR url IN (SELECT id FROM document) ORDER BY url"
            )
        }

    def forget(self, names: Iterable[str], reason: str) -> None:
        """Never fetch these addresses again, nor take in documents of these ids, and why. Also written to a
        text file beside the catalogue, which a new catalogue reads: what was removed on request stays away
        when the catalogue is lost. Lasting from the next ``commit`` on, all or none."""
        rows = [(name, reason, moments.now()) for name in names]
        with self._removals.open("ab") as file:
            end = file.tell()
            try:
                file.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
                file.flush()
            except OSError:  # a full disk: no half line may stay
                os.truncate(self._removals, end)
                raise
        self._db.write_many(_FORGET, rows)

    def is_whole(self) -> bool:
        """False while the documents of the archive are read again, and when that was stopped: those that are
        held are not all there are."""
        return not self.readings.fact(AGAIN)

    def damage(self) -> str | None:
        """What SQLite finds wrong with the file; None when it is sound. Reads all of it."""
        row = self._db.row("PRAGMA quick_check(1)")
        return None if row is None or row[0] == "ok" else str(row[0])

    # --- documents and their versions -------------------------------------------------------------------

    def put(self, document: Document, *, inputs: str, origin: str = "crawl") -> int:
        """Keep ``document`` as held now, and return the number of its version.

        Another text than the latest version has makes a new version (other bytes, where there is no text);
        other metadata replaces that of the latest, which goes on naming the capture it was first read from.
        ``version``, ``series`` and ``alike`` of the argument are not looked at, nor is ``first_seen`` of
        one that is known. ``inputs`` is given back by ``standings``.
        """
        words = [part for p in document.text for part in (p.heading, p.text) if part]
        content = _fingerprint(words or [document.digest or "", document.title])
        now = moments.now()
        with self._db.together():
            row = self._db.row(
                "SELECT v.number, v.content, v.metadata FROM document d JOIN version v ON v.document = d.id "
                "AND v.number = d.version WHERE d.id = ?",
                (document.id,),
            )
            number = 1 if row is None else row["number"] + (row["content"] != content)
            if row is not None and row["content"] == content:
                old = from_json(Document, row["metadata"])
                document = replace(
                    document, fetched_at=old.fetched_at, digest=old.digest, capture=old.capture
                )
            metadata = to_json(
                replace(document, text=(), version=1, first_seen=None, checked_at=None, series=None, alike=())
            )
            self._db.write(
                "INSERT INTO document (id, url, source, origin, state, first_seen, checked_at, version, "
                "inputs) VALUES (?, ?, ?, ?, 'held', ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "url = excluded.url, source = excluded.source, origin = excluded.origin, state = 'held', "
                "checked_at = excluded.checked_at, version = excluded.version, inputs = excluded.inputs",
                (document.id, document.url, document.source, origin, document.first_seen or now,
                 document.checked_at or now, number, inputs),
            )  # fmt: skip
            self._db.write(
                "INSERT OR REPLACE INTO version VALUES (?, ?, ?, ?, ?, ?)",
                (document.id, number, content, _fingerprint([content, metadata]), metadata,
                 to_bytes(document.text)),
            )  # fmt: skip
            if origin != "crawl":  # an ingest says so itself
                self.readings.set_fact(TIED, "no")
        return number

    def document(self, id_: str) -> Document | None:
        """The latest version of a document, with text, whatever its state; None when it was never held."""
        row = self._db.row(f"{_DOCUMENT} AND v.number = d.version WHERE d.id = ?", (id_,))
        return _document(row) if row else None

    def documents(self, *, with_text: bool = True) -> Iterator[Document]:
        """Every document that belongs in the results, by id."""
        select = _DOCUMENT if with_text else _DOCUMENT.replace("v.text", "NULL AS text")
        for row in self._db.rows(f"{select} AND v.number = d.version WHERE d.state = 'held' ORDER BY d.id"):
            yield _document(row)

    def gone(self) -> Iterator[Gone]:
        """Every document that was held and is not, and those removed on request, of which only the id and the
        time are left. ``at`` is empty where the time is not known."""
        for row in self._db.rows(
            "SELECT d.id, v.metadata FROM document d JOIN version v ON v.document = d.id "
            "AND v.number = d.version WHERE d.state <> 'held' ORDER BY d.id"
        ):
            said = from_json(Document, row["metadata"])
            yield Gone(row["id"], "", said.municipalities, said.kind)
        # Addresses are among the forgotten too, but are no ids.
        for row in self._db.rows("SELECT url, at FROM forgotten WHERE url NOT LIKE 'http%' ORDER BY url"):
            yield Gone(row["url"], row["at"])

    def versions(self, id_: str) -> Iterator[Document]:
        """Every version of a document, newest first, with text."""
        for row in self._db.rows(f"{_DOCUMENT} WHERE d.id = ? ORDER BY v.number DESC", (id_,)):
            yield _document(row)

    def fingerprints(self) -> dict[str, str]:
        """id → fingerprint of everything that is indexed of it, for the documents in the results."""
        return {
            row[0]: row[1]
            for row in self._db.rows(
                "SELECT d.id, v.fingerprint || coalesce(d.series, '') || d.ties FROM document d "
                "JOIN version v ON v.document = d.id AND v.number = d.version WHERE d.state = 'held' "
                "ORDER BY d.id"
            )
        }

    def standings(self) -> dict[str, Standing]:
        """id → how it stands, for every document that came from a crawl."""
        rows = self._db.rows("SELECT id, state, inputs, version, url FROM document WHERE origin = 'crawl'")
        return {row[0]: Standing(row[1], row[2], row[3], row[4]) for row in rows}

    def documents_held(self, source: str) -> int:
        """How many documents of a source are in the results."""
        row = self._db.row("SELECT count(*) FROM document WHERE source = ? AND state = 'held'", (source,))
        return row[0] if row else 0

    def addresses_held(self, source: str) -> list[str]:
        """Every address of the documents of a source that are in the results, those first that answered
        longest ago."""
        rows = self._db.rows(
            "SELECT d.url, json_extract(v.metadata, '$.also_at') FROM document d JOIN version v "
            "ON v.document = d.id AND v.number = d.version WHERE d.source = ? AND d.state = 'held' "
            "AND d.origin = 'crawl' ORDER BY d.checked_at, d.id",
            (source,),
        )
        found = [url for row in rows for url in (row[0], *json.loads(row[1] or "[]"))]
        return list(dict.fromkeys(found))

    def set_state(self, id_: str, state: str) -> None:
        """Take a document out of the results, saying why: gone, noindex, not_on_topic, merged …"""
        self._db.write("UPDATE document SET state = ? WHERE id = ?", (state, id_))

    def set_checked(self, checked: Iterable[tuple[str, str]]) -> None:
        """(id, when its address last answered) of documents whose content is as it was."""
        self._db.write_many(
            "UPDATE document SET checked_at = ? WHERE id = ?", [(at, id_) for id_, at in checked]
        )

    def set_ties(self, ties: Mapping[str, Ties]) -> None:
        """id → how it belongs together with others. Of documents not named it stays as it was."""
        self._db.write_many(
            "UPDATE document SET series = ?, ties = ? WHERE id = ?",
            [(t.series, _packed(t), id_) for id_, t in ties.items()],
        )

    def ties(self) -> dict[str, Ties]:
        """id → how it belongs together with others, for the documents in the results."""
        rows = self._db.rows("SELECT id, series, ties FROM document WHERE state = 'held'")
        return {row[0]: _ties(row[1], row[2]) for row in rows}

    def erase(self, id_: str) -> None:
        """Remove a document and all its versions; those it was tied to forget it when they are tied anew."""
        self.readings.set_fact(TIED, "no")
        self._db.write("DELETE FROM document WHERE id = ?", (id_,))

    def erase_crawled(self) -> None:
        """Remove every document that came from a crawl, to read them all again."""
        self._db.write("DELETE FROM document WHERE origin = 'crawl'")

    def statuses(self, sources: Sequence[Source]) -> tuple[SourceStatus, ...]:
        """What is held of each source and how its crawls went, see ``indexer.statuses``."""
        return statuses.statuses(self._db, sources, self.failures())


_CAPTURED = tuple(f.name for f in fields(Capture) if f.name not in ("id", "headers"))
"""Columns of the table, which are the fields of the class."""
_ADD_CAPTURE = f"INSERT INTO capture ({', '.join(_CAPTURED)}, headers) VALUES (?{', ?' * len(_CAPTURED)})"  # noqa: S608
_VALIDATORS = ("etag", "last-modified")
"""Headers that are sent back as they came, and say nothing."""
_FORGET = "INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?)"

_DOCUMENT = (
    "SELECT v.metadata, v.text, v.number, d.first_seen, d.checked_at, d.series, d.ties "
    "FROM document d JOIN version v ON v.document = d.id"
)


def _packed(ties: Ties) -> str:
    """What the column beside the series says; "" when there is nothing to say."""
    return to_json(replace(ties, series=None)) if ties.why or ties.alike else ""


def _ties(series: str | None, packed: str) -> Ties:
    return replace(from_json(Ties, packed), series=series) if packed else Ties(series)


def _document(row: sqlite3.Row) -> Document:
    document, ties = from_json(Document, row["metadata"]), _ties(row["series"], row["ties"])
    return replace(
        document,
        text=from_bytes(tuple[Page, ...], row["text"]) if row["text"] is not None else (),
        version=row["number"],
        first_seen=row["first_seen"],
        checked_at=row["checked_at"],
        series=ties.series,
        evidence=(*document.evidence, *ties.why),
        alike=ties.alike,
    )


def _fingerprint(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:32]


def _capture(row: sqlite3.Row) -> Capture:
    return Capture(**dict(row) | {"headers": json.loads(row["headers"])})
