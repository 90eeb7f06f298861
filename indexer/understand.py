"""One document from its extract and all that is known around it: title, relevance, metadata, text.

``understand`` is pure; ``understood`` runs it in several processes. Not for finding out which documents
there are (``indexer.identity``) nor for keeping them (``indexer.ingest``).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cache
from itertools import islice
from urllib.parse import urlsplit

from indexer.config import number
from indexer.crawl import relevance
from indexer.enrich import Context, enrich
from indexer.enrich.links import most_telling
from indexer.enrich.reading import clean_anchor
from indexer.extract import repeats, title
from indexer.language.personal import mask
from indexer.model import Document, Extract, FoundOn, Source
from indexer.packing import from_bytes
from indexer.vocabulary import Vocabulary

SECONDS = 60.0
"""What one document may take: the slowest real one took 0.3 s, so more is an expression that runs away."""
FEW = 40
"""So few documents are understood here: starting processes takes as long as fifty documents."""
CHUNK = 16


@dataclass(frozen=True, slots=True)
class Task:
    """Everything that the metadata of one document, or of one earlier version of it, is concluded from."""

    id: str
    url: str
    also_at: tuple[str, ...]
    source: Source
    extract: bytes  # as ``Readings.extract_data`` gives it
    repeated: frozenset[str]  # blocks that belong to the site rather than to the page
    links: tuple[FoundOn, ...]
    first_seen: str
    fetched_at: str
    checked_at: str | None
    digest: str
    capture: str
    last_modified: str | None = None
    linking_titles: dict[str, str] = field(default_factory=dict)
    file_name: str = ""  # as its server calls it, where the address has none
    inputs: str = ""  # for whoever gave the task


@dataclass(frozen=True, slots=True)
class Outcome:
    """A document; or why there is none: it is off the topic, or understanding it failed."""

    task: Task
    document: Document | None = None
    off_topic: str | None = None
    failed: str | None = None


def understand(task: Task, vocabulary: Vocabulary) -> Outcome:
    """Drop what repeats across the site, choose a title, judge the topic, conclude the metadata."""
    extract = from_bytes(Extract, task.extract)
    if extract.format == "html":
        extract = repeats.without(extract, task.repeated)
    link = most_telling(task.links, task.url, "")
    entrance = task.url in task.source.start_urls or urlsplit(task.url).path in ("", "/")
    names = () if entrance else (task.source.name, task.source.publisher)
    anchor = clean_anchor(link.anchor) if link else None
    name = mask(title.choose(extract, anchor, task.url, names, task.file_name))
    bar = task.source.relevance
    if bar is not None:
        links = [] if extract.format == "html" else [(x.anchor, x.headings) for x in task.links]
        score = relevance.score(extract, task.url, links)
        if score < bar:
            why = f"It is not about the rights of the child (score {score:.2f}, bar {bar})."
            return Outcome(task, off_topic=why)
    context = Context(
        task.source, task.url, task.links, name, task.fetched_at, task.last_modified,
        linking_titles=task.linking_titles, file_name=task.file_name,
    )  # fmt: skip
    found = enrich(extract, context, vocabulary)
    concluded = {f.name: getattr(found, f.name) for f in fields(found)}  # the names are the same
    return Outcome(
        task,
        Document(
            task.id,
            task.url,
            name,
            extract.format,
            task.source.id,
            also_at=task.also_at,
            links=task.links,
            page_count=extract.page_count,
            text=extract.pages,
            outline=extract.outline,
            read_by=extract.read_by,
            problem=extract.problem,
            first_seen=task.first_seen,
            fetched_at=task.fetched_at,
            checked_at=task.checked_at,
            digest=task.digest,
            capture=task.capture,
            **concluded,
        ),
    )


# --- in several processes -----------------------------------------------------------------------------------


def understood(tasks: Iterable[Task], total: int) -> Iterator[Outcome]:
    """The outcome of every task, in the order of completion; of one document in the order given."""
    workers = int(number("workers")) or len(os.sched_getaffinity(0))
    if total < FEW or workers < 2:
        yield from map(_one, tasks)
        return
    waiting = _chunks(tasks)
    with _pool(workers) as pool:
        running: dict[Future[list[Outcome]], list[Task]] = {}
        for chunk in islice(waiting, workers * 2):
            running[pool.submit(_several, chunk)] = chunk
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                chunk = running.pop(future)
                try:
                    yield from future.result()
                except BrokenProcessPool:  # the pool takes nothing more: what is left is done one by one
                    left = [chunk, *running.values(), *waiting]
                    yield from _singly(task for some in left for task in some)
                    return
                for more in islice(waiting, 1):
                    running[pool.submit(_several, more)] = more


def _chunks(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """Tasks in small groups; those of one document stay together, because versions have an order."""
    chunk: list[Task] = []
    for task in tasks:
        if len(chunk) >= CHUNK and chunk[-1].id != task.id:
            yield chunk
            chunk = []
        chunk.append(task)
    if chunk:
        yield chunk


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["indexer.understand", "indexer.extract.workers"])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_starter)


def _end_with_starter() -> None:
    """In each process of the pool: end when who started it has ended, also when that was killed. Nothing else
    tells: the processes themselves hold both ends of the pipe that brings them work. Two and the server they
    are forked from stayed for ever, with 200 MB."""
    starter = multiprocessing.parent_process()
    assert starter is not None

    def watch() -> None:
        starter.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _singly(tasks: Iterable[Task]) -> Iterator[Outcome]:
    """Each in a process that may be lost with it."""
    pool = _pool(1)
    try:
        for task in tasks:
            try:
                yield from pool.submit(_several, [task]).result()
            except BrokenProcessPool:
                yield Outcome(task, failed="Understanding the document crashed the process.")
                pool.shutdown()
                pool = _pool(1)
    finally:
        pool.shutdown()


def _several(tasks: list[Task]) -> list[Outcome]:
    return [_one(task) for task in tasks]


def _one(task: Task) -> Outcome:
    try:
        with _limited(SECONDS):
            return understand(task, _vocabulary())
    except TooSlow:
        return Outcome(task, failed=f"Understanding the document took more than {SECONDS:.0f} seconds.")
    except Exception as error:  # one bad document must not stop the others
        return Outcome(
            task, failed=f"The document could not be understood ({type(error).__name__}: {error})."
        )


@cache
def _vocabulary() -> Vocabulary:
    return Vocabulary.load()


class TooSlow(Exception):
    pass


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise TooSlow inside after that time; no limit outside the main thread, where signals do not arrive."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
