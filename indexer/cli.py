"""The ``kompass`` command: which commands there are, what they take, and how errors are told.

Each command parses, calls one function in ``indexer.commands``, and returns its exit code. Nothing heavy is
imported before it is known what is asked for: ``kompass --help`` answers at once.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import json
import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from indexer import config
from indexer.commands.filters import add_filters, add_sort
from indexer.errors import KompassError, meant
from indexer.model import LANGUAGES

CORPUS, INDEX, SOURCES = Path("corpus/store"), Path("index"), Path("corpus/sources.toml")
EXPORT_FORMATS = ("jsonl", "csv", "xlsx", "parquet", "ris", "bibtex", "csl")

EXIT_CODES = """exit codes:
  0  done
  1  done, but not well: no source answered, no line could be imported or the file was cut short, doctor
     found damage, status --check found something to look at
  2  a mistake in the command, a setting, sources.toml or a query
  3  the catalogue, the archive or the index cannot be used
  4  the address to serve at is taken
130  interrupted (143: by SIGTERM); what was done is kept
"""


class _Parser(argparse.ArgumentParser):
    """One that names the command or value that was meant; the parsers of its commands do too."""

    def error(self, message: str) -> NoReturn:
        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        known = [name.strip("' ") for name in wrong[2].split(",")] if wrong else []
        super().error(message + (meant(wrong[1], known) if wrong else ""))


def parser() -> argparse.ArgumentParser:
    """Every command with its options; ``run`` of the result names the function that does it."""
    top = _Parser(
        prog="kompass",
        description="Crawl, index and search documents on the rights of the child in Swedish municipalities.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("-V", "--version", action="store_true", help="print the version and exit")
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND")

    def command(name: str, run: str, text: str, more: str = "", *places: str) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}. {more}".strip(), allow_abbrev=False
        )
        made.set_defaults(run=run)
        made.add_argument("--json", action="store_true", help="print JSON for programs")
        _places(made, places)
        return made

    one = command(
        "crawl", "crawl:crawl", "fetch what is new on the enabled sources",
        "Every answer is kept as a WARC record in the corpus. A crawl that was stopped goes on where it was; "
        "what has not changed since the last crawl is not fetched again. Run 'kompass index' afterwards.",
        "corpus", "sources",
    )  # fmt: skip
    one.add_argument(
        "--source", action="append", default=[], metavar="ID", help="only this source (may be repeated)"
    )
    one.add_argument("--watch", action="store_true", help="stay, and crawl each source when it is due")

    one = command(
        "index", "index:index", "read what was crawled and build the search index",
        "Only what has changed is read and understood again. The new index is built beside the old one and "
        "put in use when it is whole.",
        "corpus", "index", "sources",
    )  # fmt: skip
    one.add_argument(
        "--full", action="store_true", help="begin again from the WARC archive, as if nothing had been read"
    )

    one = command(
        "search", "search:search", "search the index",
        "Words are combined with AND; \"phrases\", prefix*, OR and -word are understood.",
        "corpus", "index",
    )  # fmt: skip
    one.add_argument(
        "query", nargs="*", metavar="QUERY", help="what to look for; nothing lists what the filters leave"
    )
    add_filters(one)
    add_sort(one)
    one.add_argument("--limit", type=int, default=10, metavar="N", help="hits on a page (default: 10)")
    one.add_argument("--page", type=int, default=1, metavar="N", help="page of the list of hits (default: 1)")
    one.add_argument(
        "--labels", choices=LANGUAGES, default="sv", help="language of the names of values (default: sv)"
    )

    one = command(
        "export", "search:export_", "write every document that a search finds",
        "Without a query and filters: all documents. With --output FILE a manifest is written beside it, as "
        "FILE.manifest.json: query, filters, index, counts, time and software.", "corpus", "index",
    )  # fmt: skip
    one.add_argument("query", nargs="*", metavar="QUERY", help="what to look for")
    one.add_argument(
        "--format",
        dest="form",
        choices=EXPORT_FORMATS,
        default="jsonl",
        help="of the file (default: jsonl)",
    )
    one.add_argument("--text", action="store_true", help="with the text by page")
    one.add_argument(
        "--output", "-o", default="-", metavar="FILE", help="where to (default: standard output)"
    )
    add_filters(one, "--document-format")
    add_sort(one)

    one = command(
        "import", "index:import_", "add documents from a JSON Lines file and build the index",
        "Each line is an object with the keys of an export; 'text' is a string or a list of pages. A file "
        "ending in .gz is unpacked. Importing again replaces what has the same id. The documents are kept in "
        "the corpus; when --index is given without --corpus, beside that index.",
        "index", "sources",
    )  # fmt: skip
    one.add_argument("file", type=Path, metavar="FILE.jsonl", help="the documents")
    one.add_argument("--corpus", type=Path, metavar="DIR", help=f"where to keep them (default: {CORPUS})")
    one.add_argument(
        "--map", action="append", default=[], metavar="THEIRS=OURS",
        help="read their key as ours, for instance place=publisher (may be repeated)",
    )  # fmt: skip

    one = command(
        "status", "status:status", "tell what is held and what is missing, by source and year", "",
        "corpus", "index", "sources",
    )  # fmt: skip
    one.add_argument(
        "--check", action="store_true",
        help="for a monitor: tell only what needs a look (a source that fails or is not crawled any more, an "
        "index that is missing, damaged or behind), and exit with 1 when there is anything",
    )  # fmt: skip

    group = commands.add_parser("sources", help="list or check the sources", allow_abbrev=False)
    actions = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, text in (
        ("list", "list the sources of the file"),
        ("check", "check the file of sources without fetching anything"),
    ):
        made = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        made.set_defaults(run=f"status:sources_{name}")
        made.add_argument("--json", action="store_true", help="print JSON for programs")
        _places(made, ("sources",))

    one = command(
        "serve",
        "serve:serve",
        "serve the web interface and the API",
        "Stop it with Ctrl+C.",
        "corpus",
        "index",
    )
    one.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    one.add_argument("--port", type=int, default=8080, help="port to listen on (default: 8080; 0: any free)")

    command(
        "mcp", "mcp:mcp", "let an assistant search and cite, over the Model Context Protocol",
        "Speaks on standard input and output; the assistant's program starts it.", "index",
    )  # fmt: skip

    one = command(
        "feedback", "feedback:show", "list what readers told: did a search help, what is wrong on a document",
        "Newest first, without what is handled. Nothing tells who said it.", "corpus", "index",
    )  # fmt: skip
    one.add_argument("--since", metavar="DAY", help="only from this day on, such as 2026-11-22")
    one.add_argument("--kind", choices=("search", "document"), help="only about searches, or about documents")
    one.add_argument("--all", action="store_true", help="also what is handled")
    one.add_argument("--handled", type=int, nargs="+", metavar="ID", help="mark these as handled")
    one.add_argument("--csv", action="store_true", help="print a table for spreadsheets")

    one = command(
        "statistics", "statistics:show", "tell what is searched for, and what is missing",
        "Searches are counted when KOMPASS_STATISTICS=1, and each is kept only when three visitors of one "
        "day made it.", "corpus", "index",
    )  # fmt: skip
    one.add_argument("--since", metavar="DAY", help="from this day on (default: 30 days up to --until)")
    one.add_argument("--until", metavar="DAY", help="to this day (default: today)")
    one.add_argument("--limit", type=int, default=20, metavar="N", help="searches listed (default: 20)")

    one = command(
        "forget", "forget:forget", "remove documents everywhere and never fetch them again",
        "Their text and versions go from the catalogue, their records are blanked out in the WARC archive, "
        "and the index is built without them, once. Where nothing is held of a name, nothing is removed.",
        "corpus", "index", "sources",
    )  # fmt: skip
    one.add_argument("documents", metavar="URL|ID", nargs="+", help="address or id of a document")
    one.add_argument("--reason", required=True, help="why, kept with the addresses")

    command("settings", "settings:settings", "list the settings, their values and what they are for")
    command(
        "doctor", "doctor:doctor", "check that catalogue, archive and index are as they were written",
        "Reads every record of the archive and every byte of the index.", "corpus", "index",
    )  # fmt: skip
    return top


def _places(made: argparse.ArgumentParser, places: Sequence[str]) -> None:
    default: Path | None
    for name, default, metavar, text in (
        ("corpus", CORPUS, "DIR", "directory of the catalogue and the WARC archive"),
        ("index", INDEX, "DIR", "directory of the search index"),
        ("sources", SOURCES, "FILE", "file that lists the sources"),
    ):
        if name in places:
            shown = f"default: {default}"
            if name == "sources" and len(places) > 1:  # what was crawled is known from the crawl
                default, shown = None, f"default: that of the last crawl, else {default}"
            made.add_argument(
                f"--{name}", type=Path, default=default, metavar=metavar, help=f"{text} ({shown})"
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. What a user may get wrong is told in one sentence."""
    top = parser()
    arguments, unknown = top.parse_known_args(argv)
    if unknown:
        which = f"'kompass {arguments.command} --help' lists what is" if arguments.command else "see --help"
        top.error(f"not understood: {' '.join(unknown)}; {which}")
    if arguments.version:
        from indexer.build import software
        from indexer.engine import native

        compiled = "compiled" if native.kernel else "not compiled, since there was no C compiler: slower"
        print(f"{software()}, engine {compiled}")
        return 0
    if arguments.command is None:
        top.print_help()
        return 2
    module, function = arguments.run.split(":")
    as_json = bool(arguments.json)
    if argv is None:  # a program of its own, not called from another
        _any_locale(as_json)
        watching = getattr(arguments, "watch", False) and not as_json
        _any_text(("stdout", "stderr") if watching else ("stderr",))
        signal.signal(signal.SIGTERM, _stop)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup has it
            signal.signal(signal.SIGHUP, _stop)
    try:
        if arguments.command != "settings":  # which lists them first
            config.load()  # a mistake in the environment is told before an hour's work, not after
        run = getattr(importlib.import_module(f"indexer.commands.{module}"), function)
        code = int(run(arguments))
        sys.stdout.flush()
        return code
    except KompassError as e:
        return _told(str(e), e.exit_code, as_json=as_json)
    except BrokenPipeError:  # the reader of our output has seen enough: | head
        _let_go()
        return 0
    except KeyboardInterrupt as e:
        print("Interrupted. What was done is kept; run the same command again to go on.", file=sys.stderr)
        return 128 + (e.args[0] if isinstance(e, _Stopped) else signal.SIGINT)
    except OSError as e:
        where = f" at {e.filename}" if e.filename else ""
        # NumPy says "25986 requested and 21710 written", and no number.
        full = e.errno in (errno.ENOSPC, errno.EDQUOT) or (e.errno is None and "written" in str(e))
        advice = (
            "Make room; what was searched before still is" if full else "Look at the path and its permissions"
        )
        return _told(f"The system refused{where}: {e.strerror or e}. {advice}.", 3, as_json=as_json)
    except Exception:
        damage = _damage(arguments.index) if arguments.command in ("search", "export") else None
        if damage is None:  # a mistake of the program: everything that helps to find it
            raise
        return _told(damage, 3, as_json=as_json)


class _Stopped(KeyboardInterrupt):
    """SIGTERM, from systemd or a shutdown, or SIGHUP, from a terminal that is closed: what is half done is
    cleared away as after Ctrl+C."""


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    if multiprocessing.parent_process() is not None:  # a helper process that has our handlers by fork
        os._exit(128 + number)
    raise _Stopped(number)


def _any_locale(as_json: bool) -> None:
    """JSON is UTF-8 whatever the locale, and a sign that a terminal or a log does not have stops nothing; nor
    does a closed output."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: the next file would take its number, and what C libraries complain of there
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as we run
            setattr(sys, name, nowhere)
            setattr(sys, f"__{name}__", nowhere)  # held, also when another stream writes by way of it
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            utf8 = as_json and stream is sys.stdout
            stream.reconfigure(encoding="utf-8" if utf8 else None, errors="backslashreplace")


class _Log(io.TextIOWrapper):
    """Standard error, and of a watch all it prints, only tells how it goes: work must not stop half-way
    because nobody reads that any more (``| head``), or because it goes to a disk that is full or to a
    terminal that was closed.
    """

    def write(self, text: str) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


class _Terminal(_Log):
    """A terminal that obeys us only: fetched, imported and typed text must not move its cursor, name its
    window or turn what follows around.
    """

    _ORDERS = re.compile(
        r"\x1b(?!\[(?:K|[01]m))|\r(?!\x1b\[K|\n)"  # what our own lines use is left
        "|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    )

    def write(self, text: str) -> int:
        return super().write(self._ORDERS.sub(" ", text))


def _any_text(told: Sequence[str]) -> None:
    """``told``: the streams that only tell how it goes."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and (stream.isatty() or name in told):
            kind = _Terminal if stream.isatty() else _Log
            shown = kind(stream.buffer, stream.encoding, stream.errors, line_buffering=True)
            setattr(sys, name, shown)


def _damage(index: Path) -> str | None:
    """What is wrong with the files of an index that could not be searched; reads every byte of them."""
    from indexer.generation import check, current

    try:
        check(current(index), deep=True)
    except KompassError as e:
        return str(e)
    return None


def _told(message: str, code: int, *, as_json: bool) -> int:
    if as_json:
        with suppress(OSError):  # standard output itself may be what is full
            print(json.dumps({"error": message}, ensure_ascii=False))
    try:
        sys.stdout.flush()
    except OSError:
        _let_go()
    print(f"kompass: {message}", file=sys.stderr)
    return code


def _let_go() -> None:
    """What standard output still holds goes nowhere: Python would try again at its end, and end with 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
