"""Where are documents collected? In this process, or in others beside it, behind the same methods.

Documents go to another process through a queue; everything else is asked through a pipe and answered. A
failure there is raised here. Not for what collecting means (``collect``).
"""

from __future__ import annotations

import copyreg
import io
import multiprocessing
import pickle
import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from multiprocessing.connection import Connection
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from indexer.engine import assemble
from indexer.engine.arrays import Array
from indexer.engine.assemble import WordCounts
from indexer.engine.collect import Collector, Meaning, Tables, Words
from indexer.errors import SearchIndexError
from indexer.language import Analyser
from indexer.model import Document, Page

Forms = tuple[list[str], list[tuple[str, ...]]]
"""Stems and parts of some words."""
Analysers = Callable[[str], Analyser]
"""Language code → its analyser; ``indexer.language.analyser`` is one."""


class Rest(NamedTuple):
    """What is left to do while postings are merged: the vocabulary, and one file of all frames."""

    words: WordCounts
    terms: Sequence[bytes]
    frames: Sequence[Path]
    target: Path


_STOPPED = "A process that helped to build the index was stopped: build it again."


_VALUES = {kind: attrgetter(*(f.name for f in fields(kind))) for kind in (Document, Page)}


def _apart(made: Document | Page) -> tuple[type, tuple[Any, ...]]:
    return type(made), _VALUES[type(made)](made)


class _Pickler(pickle.Pickler):
    """Takes documents and pages apart in one step: pickle asks a dataclass for its fields one by one."""

    dispatch_table = copyreg.dispatch_table | dict.fromkeys(_VALUES, _apart)


class Worker(Protocol):
    @property
    def busy(self) -> bool:
        """Has it documents enough for a while?"""

    def add(self, documents: list[Document]) -> None: ...
    def words(self) -> Words: ...
    def begin_analysis(self, words: list[tuple[str, str]]) -> None: ...
    def analysed(self) -> Forms: ...
    def tables(self) -> Tables: ...
    def finish(self, meaning: Meaning, base: int) -> None: ...
    def runs(self) -> list[Path]: ...
    def begin_rest(self, rest: Rest) -> None: ...
    def rest(self) -> Mapping[str, Array]:
        """The vocabulary; the texts are written then."""

    @property
    def frames(self) -> Path: ...
    def close(self) -> None: ...


def start(folder: Path, dictionary: bytes, analysers: Analysers, workers: int) -> list[Worker]:
    """This process last: it takes what the others are too busy for."""
    folders = [folder / str(n) for n in range(workers)]
    for f in folders:
        f.mkdir()
    there: list[Worker] = [There(f, dictionary, analysers) for f in folders[1:]]
    return [*there, Here(folders[0], dictionary, analysers)]


class Here:
    """A collector in this process."""

    busy = False

    def __init__(self, folder: Path, dictionary: bytes, analysers: Analysers) -> None:
        self._collector = Collector(folder, dictionary)
        self._analysers = analysers
        self._share: list[tuple[str, str]] = []
        self._runs: list[Path] = []
        self._rest: Rest | None = None
        self.add = self._collector.add
        self.words = self._collector.words
        self.tables = self._collector.tables
        self.frames = self._collector.frames

    def begin_analysis(self, words: list[tuple[str, str]]) -> None:
        self._share = words

    def analysed(self) -> Forms:
        analysers = {language: self._analysers(language) for language, _ in self._share}
        for language, analyser in analysers.items():
            analyser.learn(word for other, word in self._share if other == language)
        forms = [analysers[language].word(word) for language, word in self._share]
        return [f.stem for f in forms], [f.parts for f in forms]

    def finish(self, meaning: Meaning, base: int) -> None:
        self._runs = self._collector.finish(meaning, base)

    def runs(self) -> list[Path]:
        return self._runs

    def begin_rest(self, rest: Rest) -> None:
        self._rest = rest

    def rest(self) -> Mapping[str, Array]:
        assert self._rest is not None
        assemble.frames(self._rest.target, _read(self._rest.frames))
        return assemble.vocabulary(self._rest.words, self._rest.terms)

    def close(self) -> None:
        self._collector.close()


class There:
    """A collector in a process of its own. Documents go through a queue; all else is asked and answered."""

    def __init__(self, folder: Path, dictionary: bytes, analysers: Analysers) -> None:
        context = multiprocessing.get_context("fork")  # the analysers' lexicons are shared, not sent
        self._queue = context.Queue(maxsize=2)
        self._end, there = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(folder, dictionary, analysers, self._queue, there), daemon=True
        )
        self._process.start()
        there.close()
        self.frames = folder / "frames"

    @property
    def busy(self) -> bool:
        return bool(self._queue.full())

    def add(self, documents: list[Document]) -> None:
        data = io.BytesIO()
        _Pickler(data, pickle.HIGHEST_PROTOCOL).dump(documents)
        self._put(data.getvalue())

    def words(self) -> Words:
        self._put(None)
        return self._ask("words")  # type: ignore[no-any-return]

    def _put(self, data: bytes | None) -> None:
        while True:
            try:
                return self._queue.put(data, timeout=1)
            except queue.Full:
                if not self._process.is_alive():
                    raise SearchIndexError(_STOPPED) from None

    def begin_analysis(self, words: list[tuple[str, str]]) -> None:
        self._end.send(("begin_analysis", words))
        self._end.send(("analysed",))

    def analysed(self) -> Forms:
        self._answer()
        return self._answer()  # type: ignore[no-any-return]

    def tables(self) -> Tables:
        return self._ask("tables")  # type: ignore[no-any-return]

    def finish(self, meaning: Meaning, base: int) -> None:
        self._end.send(("finish", meaning, base))

    def runs(self) -> list[Path]:
        self._answer()
        return self._ask("runs")  # type: ignore[no-any-return]

    def begin_rest(self, rest: Rest) -> None:
        self._end.send(("begin_rest", rest))
        self._end.send(("rest",))

    def rest(self) -> Mapping[str, Array]:
        self._answer()
        return self._answer()  # type: ignore[no-any-return]

    def _ask(self, *request: object) -> Any:
        self._end.send(request)
        return self._answer()

    def _answer(self) -> Any:
        try:
            good, answer = self._end.recv()
        except EOFError:
            raise SearchIndexError(_STOPPED) from None
        if not good:
            raise answer
        return answer

    def close(self) -> None:
        self._end.close()
        self._queue.close()
        self._queue.cancel_join_thread()
        if self._process.is_alive():
            self._process.terminate()
        self._process.join()


def _read(paths: Sequence[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while data := file.read(1 << 20):
                yield data


def _serve(folder: Path, dictionary: bytes, analysers: Analysers, documents: Any, end: Connection) -> None:
    """What the other process does: take documents until None comes, then answer."""
    here = Here(folder, dictionary, analysers)
    failed: Exception | None = None
    while (data := documents.get()) is not None:
        if failed is None:
            try:
                here.add(pickle.loads(data))  # noqa: S301 - what ``There`` has put there
            except Exception as problem:  # told to the one who asks next
                failed = problem
    while True:
        try:
            name, *arguments = end.recv()
        except EOFError:
            return
        try:
            if failed is not None:
                raise failed
            end.send((True, getattr(here, name)(*arguments)))
        except Exception as problem:
            end.send((False, problem))
