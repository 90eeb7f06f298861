"""What was read so far and need not be read again: extracts, what they say of addresses, and links.

Tables beside the catalogue's own, all derived: dropped by ``clear`` and made again from the archive. Not for
deciding what they mean (``indexer.identity``, ``indexer.ingest``).
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

from indexer.database import Database
from indexer.identity import STAND_IN, Address, Held
from indexer.model import Extract, Link
from indexer.packing import from_bytes, to_bytes

TABLES = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE extract (
    key TEXT PRIMARY KEY,                  -- digest of the bytes, and the address where links depend on it
    rules TEXT NOT NULL,                   -- what read it (intake), or nothing: it is to be tried again
    verdict TEXT NOT NULL,
    signature TEXT NOT NULL,
    title TEXT NOT NULL,
    canonical TEXT,
    blocks BLOB NOT NULL,                  -- fingerprints of its text blocks, eight bytes each, sorted
    data BLOB NOT NULL                     -- model.Extract, JSON, zstd; empty when no address holds it now
) WITHOUT ROWID;

CREATE TABLE address (
    url TEXT PRIMARY KEY, source TEXT NOT NULL, state TEXT NOT NULL, verdict TEXT NOT NULL,
    first_capture INTEGER, first_seen TEXT, first_title TEXT NOT NULL, capture INTEGER, captured_at TEXT,
    key TEXT, signature TEXT NOT NULL, title TEXT NOT NULL, canonical TEXT, answered_at TEXT,
    redirect_to TEXT, missing_since TEXT, missing_times INTEGER NOT NULL, gone INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX address_source ON address (source);

CREATE TABLE signature (
    signature TEXT NOT NULL,               -- of content that the address has ever held
    url TEXT NOT NULL,
    PRIMARY KEY (signature, url)
) WITHOUT ROWID;

CREATE TABLE judged (                      -- documents that were understood and do not belong here
    id TEXT PRIMARY KEY,
    inputs TEXT NOT NULL                   -- as in the table document
) WITHOUT ROWID;

CREATE TABLE text (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

CREATE TABLE link (
    page INTEGER NOT NULL,                 -- these are ids of text: the address of the page it stands on,
    place INTEGER NOT NULL,
    target INTEGER NOT NULL,               -- where it leads,
    anchor INTEGER NOT NULL,
    headings INTEGER NOT NULL,             -- joined by line feeds
    frame INTEGER NOT NULL,                -- 1: in a menu or footer
    PRIMARY KEY (page, place)
) WITHOUT ROWID;
CREATE INDEX link_target ON link (target);
"""
SKETCHES = """
CREATE TABLE sketch (
    content TEXT PRIMARY KEY,              -- fingerprint of the text, as in the table version
    numbers BLOB NOT NULL                  -- MinHash, 128 times four bytes; empty for a text too short
) WITHOUT ROWID;
"""

DERIVED = ("fact", "extract", "address", "signature", "judged", "link", "text", "sketch")
TIED = "tied"
"""Fact: the rules by which the documents as they are now were tied together; a killed ingest, or an import,
leaves it at "no"."""
AGAIN = "again"
DUE, BEGUN = "due", "begun"
"""Fact: all has to be read again from the archive, or is being read again. Until that is done, what is held
is not all there is."""
MOST_LINKS, MOST_FRAMED = 2_000, 5_000
"""Links to one address that are looked at: a menu of a large site names a page twenty thousand times."""

_FIELDS = tuple(f.name for f in fields(Address))


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link that leads to a document, by the page it stands on."""

    page: str
    place: int
    anchor: str
    headings: tuple[str, ...]


class Readings:
    """The tables above in an open database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._texts: dict[str, int] = {}

    def clear(self) -> None:
        """Forget everything that was read."""
        with self._db.together():
            for table in DERIVED:
                self._db.write(f"DELETE FROM {table}")  # noqa: S608
        self._texts.clear()

    def fact(self, name: str) -> str | None:
        row = self._db.row("SELECT value FROM fact WHERE name = ?", (name,))
        return row[0] if row else None

    def set_fact(self, name: str, value: str) -> None:
        self._db.write("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    # --- extracts -------------------------------------------------------------------------------------

    def has(self, key: str, rules: str) -> bool:
        """Whether those bytes were read by these rules and what was read is still here."""
        found = self._db.row(
            "SELECT 1 FROM extract WHERE key = ? AND rules = ? AND length(data) > 0", (key, rules)
        )
        return found is not None

    def rules(self, key: str) -> str:
        """By which rules those bytes were read; "" when they are to be tried again."""
        row = self._db.row("SELECT rules FROM extract WHERE key = ?", (key,))
        return row[0] if row else ""

    def put_extract(self, key: str, rules: str, extract: Extract, held: Held, blocks: Iterable[int]) -> None:
        """Keep what was read."""
        self._db.write(
            "INSERT OR REPLACE INTO extract VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (key, rules, held.verdict, held.signature, held.title, held.canonical,
             array("Q", sorted(set(blocks))).tobytes(), to_bytes(extract)),
        )  # fmt: skip

    def keep(self, key: str, rules: str) -> None:
        """Let an extract that other rules made stand for these."""
        self._db.write("UPDATE extract SET rules = ? WHERE key = ?", (rules, key))

    def extract(self, key: str) -> Extract | None:
        data = self.extract_data(key)
        return from_bytes(Extract, data) if data else None

    def extract_data(self, key: str) -> bytes | None:
        """The extract as it is stored (``packing.from_bytes`` reads it), for another process."""
        row = self._db.row("SELECT data FROM extract WHERE key = ?", (key,))
        return row[0] if row else None

    def held(self, keys: Iterable[str]) -> dict[str, Held]:
        """What identity needs to know of these extracts."""
        found = {}
        for key in keys:
            row = self._db.row(
                "SELECT verdict, signature, title, canonical FROM extract WHERE key = ?", (key,)
            )
            if row:
                found[key] = Held(*row)
        return found

    def blocks(self, key: str) -> array[int]:
        """Fingerprints of the text blocks of one extract, sorted, each once."""
        row = self._db.row("SELECT blocks FROM extract WHERE key = ?", (key,))
        return array("Q", row[0] if row else b"")

    def blocks_of(self, source: str) -> Iterator[tuple[str, bytes]]:
        """Title and blocks, as bytes of unsigned 64-bit numbers, of each different page that it holds."""
        for row in self._db.rows(
            "SELECT e.title, min(e.blocks) FROM address a JOIN extract e ON e.key = a.key "
            "WHERE a.source = ? AND a.state = 'content' AND length(e.blocks) > 0 GROUP BY e.signature",
            (source,),
        ):
            yield row[0], row[1]

    def drop_unused(self) -> None:
        """Drop the text of extracts that no address holds any more: versions of documents have it. What
        identity needs to know of them stays."""
        self._db.write(
            "UPDATE extract SET data = x'', blocks = x'' WHERE length(data) > 0 AND key NOT IN "
            "(SELECT key FROM address WHERE key IS NOT NULL)"
        )

    def judged(self) -> dict[str, str]:
        """id → inputs of the documents that were found not to belong here."""
        return {row[0]: row[1] for row in self._db.rows("SELECT id, inputs FROM judged")}

    def set_judged(self, id_: str, inputs: str | None) -> None:
        """Remember that a document does not belong here; None that it does after all."""
        if inputs is None:
            self._db.write("DELETE FROM judged WHERE id = ?", (id_,))
        else:
            self._db.write("INSERT OR REPLACE INTO judged VALUES (?, ?)", (id_, inputs))

    # --- sketches of texts ----------------------------------------------------------------------------

    def forget_sketches(self) -> None:
        """They are to be made anew, by other rules."""
        self._db.write("DELETE FROM sketch")

    def without_sketch(self) -> list[tuple[str, str]]:
        """(document id, fingerprint of its text) of the documents in the results that have none yet."""
        rows = self._db.rows(
            "SELECT d.id, v.content FROM document d JOIN version v ON v.document = d.id AND v.number = "
            "d.version WHERE d.state = 'held' AND v.content NOT IN (SELECT content FROM sketch) ORDER BY d.id"
        )
        return [(row[0], row[1]) for row in rows]

    def put_sketch(self, content: str, numbers: bytes) -> None:
        self._db.write("INSERT OR REPLACE INTO sketch VALUES (?, ?)", (content, numbers))

    def sketches(self) -> Iterator[tuple[str, bytes]]:
        """(document id, its numbers) of the documents in the results whose text is long enough, by id."""
        for row in self._db.rows(
            "SELECT d.id, s.numbers FROM document d JOIN version v ON v.document = d.id AND v.number = "
            "d.version JOIN sketch s ON s.content = v.content WHERE d.state = 'held' "
            "AND length(s.numbers) > 0 ORDER BY d.id"
        ):
            yield row[0], row[1]

    def drop_sketches(self) -> None:
        """Drop those of texts that no document has had."""
        self._db.write("DELETE FROM sketch WHERE content NOT IN (SELECT content FROM version)")

    # --- addresses ------------------------------------------------------------------------------------

    def put_address(self, address: Address) -> None:
        marks = ", ".join("?" * len(_FIELDS))
        self._db.write(
            f"INSERT OR REPLACE INTO address ({', '.join(_FIELDS)}) VALUES ({marks})",  # noqa: S608
            tuple(getattr(address, name) for name in _FIELDS),
        )

    def addresses(self) -> dict[str, Address]:
        """Every address by URL."""
        rows = self._db.rows(f"SELECT {', '.join(_FIELDS)} FROM address")  # noqa: S608
        return {row["url"]: _address(row) for row in rows}

    def address(self, url: str) -> Address | None:
        row = self._db.row(f"SELECT {', '.join(_FIELDS)} FROM address WHERE url = ?", (url,))  # noqa: S608
        return _address(row) if row else None

    def remember(self, url: str, signatures: Iterable[str]) -> None:
        """The address has held these contents."""
        self._db.write_many(
            "INSERT OR IGNORE INTO signature (signature, url) VALUES (?, ?)",
            [(s, url) for s in signatures if s],
        )

    def stand_ins(self) -> frozenset[str]:
        """Contents that so many addresses, of different titles when first seen, have ever held."""
        rows = self._db.rows(
            "SELECT s.signature FROM signature s JOIN address a ON a.url = s.url WHERE a.first_title <> '' "
            "GROUP BY s.signature HAVING count(DISTINCT a.first_title) >= ?",
            (STAND_IN,),
        )
        return frozenset(row[0] for row in rows)

    def ever(self, signature: str) -> list[str]:
        """The addresses that have ever held that content."""
        return [
            row[0] for row in self._db.rows("SELECT url FROM signature WHERE signature = ?", (signature,))
        ]

    def erase(self, url: str) -> None:
        """Forget what was read at one address, and the words of the links that lead there."""
        with self._db.together():
            self._db.write("DELETE FROM address WHERE url = ?", (url,))
            self._db.write(  # of all it ever held, see intake.key_of; a file that is elsewhere too stays
                "DELETE FROM extract WHERE key IN (SELECT digest FROM capture WHERE url = :url UNION "
                "SELECT digest || ' ' || url FROM capture WHERE url = :url) "
                "AND key NOT IN (SELECT key FROM address WHERE key IS NOT NULL)",
                {"url": url},
            )
            self._db.write("DELETE FROM signature WHERE url = ?", (url,))
            for column in ("page", "target"):
                self._db.write(
                    f"DELETE FROM link WHERE {column} = (SELECT id FROM text WHERE text = ?)",  # noqa: S608
                    (url,),
                )
            self._db.write(
                "DELETE FROM text WHERE id NOT IN (SELECT page FROM link UNION SELECT target FROM link "
                "UNION SELECT anchor FROM link UNION SELECT headings FROM link)"
            )
        self._texts.clear()

    # --- links ----------------------------------------------------------------------------------------

    def put_links(self, page: str, links: Iterable[Link]) -> None:
        """The links of a page, in place of those it had."""
        with self._db.together():
            number = self._text(page)
            self._db.write("DELETE FROM link WHERE page = ?", (number,))
            self._db.write_many(
                "INSERT INTO link VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (number, place, self._text(x.url), self._text(x.anchor),
                     self._text("\n".join(" ".join(h.split()) for h in x.headings)), int(x.frame))
                    for place, x in enumerate(links)
                ],
            )  # fmt: skip

    def _text(self, text: str) -> int:
        """The number of a string that many links share."""
        text = text.encode("utf-8", "replace").decode()
        number = self._texts.get(text)
        if number is None:
            row = self._db.row("SELECT id FROM text WHERE text = ?", (text,))
            number = (
                row[0] if row else self._db.write("INSERT INTO text (text) VALUES (?)", (text,)).lastrowid
            )
            assert number is not None
            if len(self._texts) > 100_000:
                self._texts.clear()
            self._texts[text] = number
        return number

    def links_to(self, urls: Iterable[str]) -> list[LinkRow]:
        """The links that name one of ``urls``, by page; those in frames only where no text has one."""
        targets = sorted(urls)
        found = [row for url in targets for row in self._links_to(url, frame=0, most=MOST_LINKS)]
        return found or [row for url in targets for row in self._links_to(url, frame=1, most=MOST_FRAMED)]

    def _links_to(self, url: str, frame: int, most: int) -> list[LinkRow]:
        rows = self._db.rows(
            "SELECT p.text, l.place, a.text, h.text FROM (SELECT * FROM link WHERE frame = ? AND target = "
            "(SELECT id FROM text WHERE text = ?) LIMIT ?) l JOIN text p ON p.id = l.page "
            "JOIN text a ON a.id = l.anchor JOIN text h ON h.id = l.headings ORDER BY p.text, l.place",
            (frame, url, most),
        )
        return [LinkRow(r[0], r[1], r[2], tuple(filter(None, r[3].split("\n")))) for r in rows]


def _address(row: sqlite3.Row) -> Address:
    values: Mapping[str, object] = dict(row) | {"gone": bool(row["gone"])}
    return Address(**values)  # type: ignore[arg-type]  # the columns are the fields
