"""``kompass feedback``: what readers told us, newest first."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from pathlib import Path

from indexer import feedback
from indexer.commands.words import day, printable
from indexer.config import number, setting
from indexer.errors import SearchIndexError
from indexer.feedback import FILE, Feedback
from indexer.formats.tables import csv_of
from indexer.journal import place
from indexer.model import Document

COLUMNS = tuple(f.name for f in fields(Feedback))


def show(arguments: argparse.Namespace) -> int:
    """List what has come in, or mark some of it as dealt with. Raises JournalError, SettingError."""
    path = place(FILE, str(setting("journal_directory")), arguments.corpus, arguments.index)
    today = datetime.now(UTC).date()
    feedback.forget(path, today, int(number("feedback_days")))
    if arguments.handled:
        return _handle(path, arguments.handled, today, as_json=arguments.json)
    since = day("--since", arguments.since).isoformat() if arguments.since else None
    found = feedback.read(path, since=since, kind=arguments.kind, handled=arguments.all)
    if arguments.json:
        body = {"file": str(path), "counts": counts(found), "feedback": [asdict(f) for f in found]}
        print(json.dumps(body, ensure_ascii=False))
    elif arguments.csv:
        rows = ([_cell(getattr(f, name)) for name in COLUMNS] for f in found)
        for line in csv_of(COLUMNS, rows):
            sys.stdout.buffer.write(line)
    else:
        _print(found, path, _held(found, arguments.index))
    return 0


def counts(found: Sequence[Feedback]) -> dict[str, int]:
    answers = Counter(f.answer for f in found if f.kind == "search")
    return {
        "search": sum(f.kind == "search" for f in found),
        "yes": answers["yes"],
        "no": answers["no"],
        "document": sum(f.kind == "document" for f in found),
    }


def _handle(path: Path, ids: Sequence[int], today: date, *, as_json: bool) -> int:
    unknown = feedback.handle(path, ids, today)
    if as_json:
        print(json.dumps({"handled": [i for i in ids if i not in unknown], "unknown": list(unknown)}))
    else:
        done = ", ".join(f"#{i}" for i in ids if i not in unknown)
        print(f"Marked as handled: {done or 'none'}. 'kompass feedback --all' still lists them.")
        for number_ in unknown:
            print(f"There is no #{number_} in {path}.")
    return 1 if unknown else 0


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return "&".join(f"{name}={text}" for name, text in value)
    return "" if value is None else value


def _held(found: Sequence[Feedback], index: Path) -> dict[str, Document]:
    """The documents that are told of, by id, as far as the index has them."""
    ids = {f.document for f in found if f.document}
    if not ids:
        return {}
    from indexer.search import SearchIndex

    try:
        searcher = SearchIndex(index).current()
    except SearchIndexError:
        return {}
    return {d.id: d for d in map(searcher.document, ids) if d}


def _print(found: Sequence[Feedback], path: Path, held: Mapping[str, Document]) -> None:
    if not found:
        print(f"There is no feedback that is not handled in {path}.")
        return
    n = counts(found)
    print(
        f"{n['search']} about searches ({n['yes']} yes, {n['no']} no), {n['document']} about documents, "
        f"in {path}"
    )
    for f in found:
        done = f"  (handled {f.handled})" if f.handled else ""
        print(f"\n#{f.id}  {f.day}  {_about(f)}{done}")
        if document := held.get(f.document or ""):
            print(f"    {', '.join(map(printable, filter(None, (document.title, document.url))))}")
        if f.text:
            print(f"    {printable(f.text)}")


def _about(f: Feedback) -> str:
    if f.kind == "document":
        held = f", which says {printable(f.held)}" if f.held else ""
        return f"document {f.document}: {f.field}{held}"
    narrowed = f" ({_cell(f.filters)})" if f.filters else ""
    return f"search {printable(f.query) or 'without words'!r}{printable(narrowed)}: {f.answer or 'no answer'}"
