"""Where are documents collected? In this process, or in others beside it, behind the same methods.

Everything is asked of another process through a pipe and answered through another; a failure there is raised
here. Not for what collecting means (``collect``).
"""

from __future__ import annotations

import fcntl
import gc
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import partial
from itertools import chain, islice, starmap
from multiprocessing.connection import Connection
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from indexer.engine import assemble, records
from indexer.engine.arrays import Array
from indexer.engine.assemble import WordCounts
from indexer.engine.collect import Collector
from indexer.errors import SearchIndexError
from indexer.language import analyser
from indexer.model import Document, Page

Forms = tuple[list[str], list[tuple[str, ...]]]
"""Stems and parts of some words."""


class Rest(NamedTuple):
    """What is left to do while postings are merged: the vocabulary, and one file of all frames."""

    words: WordCounts
    terms: Sequence[bytes]
    frames: Sequence[Path]
    target: Path


_PIPE = 1 << 20
"""Bytes that a pipe to another process holds: more than a portion of documents."""
_STOPPED = "A process that helped to build the index was stopped: build it again."


_document, _page = (attrgetter(*(f.name for f in fields(kind))) for kind in (Document, Page))
_TEXT = [f.name for f in fields(Document)].index("text")
_Rows = list[tuple[Any, ...]]
Packed = tuple[_Rows, list[int], _Rows]


def pack(documents: Sequence[Document]) -> Packed:
    """Documents field by field, how many pages each has, and the pages field by field.

    Pickled so in half the time: of a dataclass pickle asks for each field by its name.
    """
    rows = list(zip(*map(_document, documents), strict=True))
    texts = rows[_TEXT]
    pages = map(_page, chain.from_iterable(texts))
    return [*rows[:_TEXT], (), *rows[_TEXT + 1 :]], list(map(len, texts)), list(zip(*pages, strict=True))


def unpack(rows: _Rows, counts: Sequence[int], pages: _Rows) -> Iterator[Document]:
    """The documents that ``pack`` took apart."""
    every = starmap(Page, zip(*pages, strict=True))  # there may be none: scans that nobody could read
    rows[_TEXT] = tuple(tuple(islice(every, count)) for count in counts)
    return map(records.made, zip(*rows, strict=True))


class Share:
    """One process's share of the work. Its methods are the jobs that ``Worker.begin`` takes."""

    def __init__(self, folder: Path, dictionary: bytes) -> None:
        self.collector = Collector(folder, dictionary)
        self.words = self.collector.words
        self.tables = self.collector.tables
        self.finish = self.collector.finish
        self.close = self.collector.close

    def add(self, packed: Packed) -> None:
        self.collector.add(unpack(*packed))

    def analyse(self, words: list[tuple[str, str]]) -> Forms:
        known = {language: analyser(language) for language, _ in words}
        for language in known:
            known[language].learn(word for other, word in words if other == language)
        forms = [known[language].word(word) for language, word in words]
        return [f.stem for f in forms], [f.parts for f in forms]

    def rest(self, rest: Rest) -> Mapping[str, Array]:
        """The vocabulary; the texts are written then."""
        assemble.frames(rest.target, _read(rest.frames))
        return assemble.vocabulary(rest.words, rest.terms)


class Worker(Protocol):
    frames: Path

    @property
    def busy(self) -> bool:
        """Has it documents enough for a while?"""

    def add(self, documents: list[Document]) -> None: ...
    def begin(self, job: str, *arguments: Any) -> Callable[[], Any]:
        """Asks for a job of ``Share``; gives what waits for the answer. One job at a time."""

    def close(self) -> None: ...


def start(folder: Path, dictionary: bytes, workers: int) -> list[Worker]:
    """This process last: it takes what the others are too busy for."""
    folders = [folder / str(n) for n in range(workers)]
    for f in folders:
        f.mkdir()
    there: list[Worker] = [There(f, dictionary) for f in folders[1:]]
    return [*there, Here(folders[0], dictionary)]


def begin(
    workers: Sequence[Worker], job: str, arguments: Iterable[tuple[Any, ...]]
) -> Callable[[], list[Any]]:
    """Asks each for a job; gives what waits for the answers of all."""
    asked = [worker.begin(job, *some) for worker, some in zip(workers, arguments, strict=False)]
    # The last is this process: it works while the others do.
    return lambda: [answer() for answer in reversed(asked)][::-1]


class Here:
    """A share of this process."""

    busy = False

    def __init__(self, folder: Path, dictionary: bytes) -> None:
        self.frames = folder / "frames"
        self._share = Share(folder, dictionary)
        self.add = self._share.collector.add
        self.close = self._share.close

    def begin(self, job: str, *arguments: Any) -> Callable[[], Any]:
        return partial(getattr(self._share, job), *arguments)


class There:
    """A share of a process of its own.

    A portion of documents lies in the pipe while another is worked on, so that neither process waits. A queue
    has a thread that fills its pipe in small steps and waits for the interpreter before each.
    """

    def __init__(self, folder: Path, dictionary: bytes) -> None:
        context = multiprocessing.get_context("fork")  # the analysers' lexicons are shared, not sent
        asked, self._ask = context.Pipe(duplex=False)
        self._answers, answer = context.Pipe(duplex=False)
        with suppress(OSError, AttributeError):  # not everywhere: then this process waits a little
            fcntl.fcntl(self._ask.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
        self._process = context.Process(
            target=_serve,
            args=(folder, dictionary, asked, answer, (self._ask, self._answers)),
            daemon=True,
        )
        self._process.start()
        asked.close()
        answer.close()
        self.frames = folder / "frames"
        self._given = 0  # portions of documents that are not taken in yet

    @property
    def busy(self) -> bool:
        while self._given and self._answers.poll():
            self._taken()
        return self._given > 1

    def add(self, documents: list[Document]) -> None:
        self._send("add", pack(documents))
        self._given += 1

    def begin(self, job: str, *arguments: Any) -> Callable[[], Any]:
        while self._given:
            self._taken()
        self._send(job, *arguments)
        return self._answer

    def _taken(self) -> None:
        self._answer()
        self._given -= 1

    def _send(self, job: str, *arguments: Any) -> None:
        try:
            self._ask.send((job, arguments))
        except BrokenPipeError:
            raise SearchIndexError(_STOPPED) from None

    def _answer(self) -> Any:
        try:
            good, answer = self._answers.recv()
        except EOFError:
            raise SearchIndexError(_STOPPED) from None
        if not good:
            raise answer
        return answer

    def close(self) -> None:
        self._ask.close()
        self._answers.close()
        if self._process.is_alive():
            self._process.terminate()
        self._process.join()


def _read(paths: Sequence[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while data := file.read(1 << 20):
                yield data


def _serve(
    folder: Path,
    dictionary: bytes,
    asked: Connection,
    answers: Connection,
    others: Iterable[Connection],
) -> None:
    """What the other process does: answer until nobody asks. ``others``: ends that are the asker's."""
    gc.disable()  # looking for cycles would copy all memory that is shared with the first process
    for end in others:
        end.close()
    share = Share(folder, dictionary)
    with suppress(EOFError, BrokenPipeError):
        while True:
            job, arguments = asked.recv()
            try:
                answers.send((True, getattr(share, job)(*arguments)))
            except Exception as problem:  # raised where it was asked
                answers.send((False, problem))
