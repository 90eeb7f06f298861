"""The small SQLite files that the running service writes: where they are, how they are opened, and what is
taken out of readers' words before they are kept.

Several server processes write the same file. Each operation opens it, does one transaction and closes it:
nothing is open across a fork, and a file that is busy or may not be written costs one clear sentence.
Not for what the tables mean (``indexer.feedback``, ``indexer.statistics``).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

from indexer.errors import JournalError
from indexer.language import normalise
from indexer.language.personal import mask
from indexer.model import MASK

WAIT = 2.0
"""Seconds that a reader's page waits for another process that writes. A write takes a millisecond."""
A_CENTURY = 36_525
"""Days; more of them may be no date."""

EMAIL_MASK, PHONE_MASK = "[e-post]", "[telefon]"
# Any domain, and signs written out: nobody's address is needed, so catching too much does no harm.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+\s?(?:@|\((?:at|a)\)|\[(?:at|a)\])\s?[\w-]+(?:\.[\w-]+)*")
# From seven digits, beginning with 0 or +: 2012–2014 and 2014-03-12 stay.
_PHONE = re.compile(r"(?<![\w+])(?:\+|0)(?:[\s()/.–-]{0,3}\d){6,14}(?!\d)")
# A number in the form of a personnummer is masked here also when its last digit is wrong or unknown.
_NEARLY = re.compile(
    r"(?<!\d)(?:19|20)?\d\d(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278]\d|[39][01])(?:[-+–]\s?[\dxX]{4}|\d{4})(?!\w)"
)


def without_personal(text: str) -> str:
    """``text`` with personal identity numbers, e-mail addresses and telephone numbers masked, also such as
    have signs in them that nobody sees, which come along with copied text."""
    text = _EMAIL.sub(EMAIL_MASK, _NEARLY.sub(MASK, mask(normalise(text))))
    return _PHONE.sub(PHONE_MASK, text)


def place(name: str, setting: str, corpus: Path | None, index: Path) -> Path:
    """The file ``name``: in the directory of the setting, else in the corpus, else in the index directory."""
    if setting:
        return Path(setting) / name
    return (corpus if corpus and corpus.is_dir() else index) / name


def oldest(today: date, days: int) -> str:
    """The first day of which entries are kept that go after ``days``; 0: they never do."""
    return (today - timedelta(days=min(days, A_CENTURY))).isoformat() if days else ""


@contextmanager
def opened(path: Path, tables: str, version: int, *, wait: float = WAIT) -> Iterator[sqlite3.Connection]:
    """One transaction on the file, made with ``tables`` (SQL) when it is new. Raises JournalError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=wait, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten in the file
            db.execute("BEGIN IMMEDIATE")
            known = int(db.execute("PRAGMA user_version").fetchone()[0])
            if known not in (0, version):
                raise JournalError(f"{path} was written by another version of the program. Move it away.")
            if not known:
                for statement in filter(str.strip, tables.split(";\n")):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {version}")
            yield db
            db.execute("COMMIT")  # without it, closing rolls back
    except (OSError, sqlite3.Error) as e:
        raise _explained(path, e) from e


def _explained(path: Path, error: OSError | sqlite3.Error) -> JournalError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return JournalError(f"{path} is being written by another process; try again in a moment.")
    if "malformed" in text or "not a database" in text:
        return JournalError(f"{path} is damaged ({text}). Move it away; a new one is made when it is needed.")
    if "readonly" in text or "unable to open" in text or isinstance(error, OSError):
        return JournalError(
            f"{path} cannot be written ({text}). Give the directory the right owner, or set "
            "KOMPASS_JOURNAL_DIRECTORY to one that may be written."
        )
    if "full" in text or "I/O" in text:  # with no room left for its own files, SQLite says the latter
        return JournalError(
            f"{path} cannot be written ({text}). If its disk is full, make room; it goes on by itself."
        )
    return JournalError(f"{path} could not be used: {text}.")
