"""``kompass search`` and ``kompass export``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from indexer import export, formats
from indexer.commands.filters import read_filters
from indexer.commands.words import counted, printable
from indexer.errors import QueryError
from indexer.model import Filters, Hit, Query, SearchResults, Snippet

if TYPE_CHECKING:
    from indexer.search import Searcher

BINARY = ("xlsx", "parquet")  # formats that are not text


def search(arguments: argparse.Namespace) -> int:
    searcher = _searcher(arguments)
    query = _query(arguments, read_filters(arguments, searcher))
    results = searcher.search(query, arguments.labels)
    if arguments.json:
        print(json.dumps(export.results_json(results), ensure_ascii=False))
    else:
        _print(results, searcher, arguments.labels)
    return 0


def export_(arguments: argparse.Namespace) -> int:
    from indexer.manifest import manifest

    if arguments.output == "-" and arguments.form in BINARY and sys.stdout.isatty():
        raise QueryError("output", f"{arguments.form} is not for a terminal; give --output FILE.")
    if Path(arguments.output).is_dir():
        raise QueryError("output", f"--output {arguments.output} is a directory; name a file in it.")
    searcher = _searcher(arguments)
    query = Query(" ".join(arguments.query), read_filters(arguments, searcher), arguments.sort)
    about = manifest(searcher, query, text=arguments.text)
    records = formats.records(searcher, query, text=arguments.text)
    made = formats.FORMATS[arguments.form].write(
        formats.Export(records, arguments.text, about, searcher.label)
    )
    with _output(arguments.output) as out:
        for piece in made:
            out.write(piece)
    if arguments.output != "-" and not _is_device(arguments.output):
        with _output(f"{arguments.output}.manifest.json") as out:
            out.write(json.dumps(about, ensure_ascii=False, indent=1).encode("utf-8", "replace"))
    return 0


def _searcher(arguments: argparse.Namespace) -> Searcher:
    from indexer.search import open_index

    return open_index(arguments.index, arguments.corpus)


def _query(arguments: argparse.Namespace, filters: Filters) -> Query:
    for name, most in (("limit", 1000), ("page", 1_000_000)):
        if not 1 <= getattr(arguments, name) <= most:
            raise QueryError(name, f"--{name} takes a number from 1 to {most}.")
    return Query(" ".join(arguments.query), filters, arguments.sort, arguments.limit, arguments.page)


@contextlib.contextmanager
def _output(name: str) -> Iterator[BinaryIO]:
    """Standard output for "-"; else the file, which appears under its name only when it is whole."""
    if name == "-":
        yield sys.stdout.buffer
        return
    if _is_device(name):
        with open(name, "wb") as out:  # noqa: PTH123
            yield out
        return
    name = os.path.realpath(name)  # where a link leads; the link stays
    part = f"{name}.part"
    try:
        with open(part, "wb") as out:  # noqa: PTH123  # "-" and other odd names are as the user typed them
            yield out
        os.replace(part, name)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)  # noqa: PTH108
        raise


def _is_device(name: str) -> bool:
    """Whether ``name`` is there and no file: /dev/null, a pipe. Root would put a file in its place."""
    return os.path.exists(name) and not os.path.isfile(name)  # noqa: PTH110, PTH113


# --- for people -------------------------------------------------------------------------------------------


def _print(results: SearchResults, searcher: Searcher, language: str) -> None:
    out = sys.stdout
    bold, plain = ("\x1b[1m", "\x1b[0m") if out.isatty() else ("", "")
    first = (results.query.page - 1) * results.query.limit
    shown = f", {first + 1}–{first + len(results.hits)} shown" if results.hits else ""
    out.write(f"{counted(results.total, 'hit')}{shown}\n")
    for term in results.reading:
        if term.note:
            out.write(f"{_one_line(term.note)}\n")
    if results.unmatched:
        out.write(f"No document has: {_one_line(', '.join(results.unmatched))}\n")
    if results.relaxed:
        out.write("No document has all that you search for; these have some of it.\n")
    if results.suggestion:
        out.write(f"Did you mean: {results.suggestion}\n")
    for number, hit in enumerate((*results.hits, *results.others), first + 1):
        if number == first + len(results.hits) + 1:
            out.write("\nThese have most of the words, not all:\n")
        out.write(f"\n{number}. {bold}{_one_line(hit.document.title)}{plain}\n")
        about = _about(hit, searcher, language)
        if about:
            out.write(f"   {about}\n")
        if hit.snippet:
            out.write(f"   {_marked(hit.snippet, bold, plain)}\n")
        out.write(f"   {hit.pages[0].url if hit.pages else hit.document.url}\n")


def _about(hit: Hit, searcher: Searcher, language: str) -> str:
    d = hit.document
    parts = [
        searcher.label("kind", d.kind, language) if d.kind else "",
        ", ".join(searcher.label("municipality", code, language) for code in d.municipalities[:4]),
        d.published or ", ".join(map(str, d.years[:4])),
        d.publisher or "",
        f"p. {hit.pages[0].label or hit.pages[0].number}" if hit.pages and (d.page_count or 0) > 1 else "",
    ]
    return " · ".join(filter(None, parts))


def _marked(snippet: Snippet, before: str, after: str) -> str:
    written = ((printable(text), marked) for text, marked in export.pieces(snippet))
    whole = "".join([f"{before}{text}{after}" if marked else text for text, marked in written])
    return " ".join(whole.split())


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())
