"""How are files from the web read without harm: in processes with limits on time and memory.

A file that hangs, crashes its reader or takes all memory costs that one document; the process is
replaced. What is read, and how, is told in ``read``.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import tempfile
import time
from collections.abc import Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Self

from indexer.config import number
from indexer.extract import ocr
from indexer.extract.problem import told, unread
from indexer.extract.read import extract
from indexer.extract.sniff import FORMAT_OF
from indexer.model import Extract

_RETIRE = 700_000_000  # bytes a process may have grown to before a fresh one takes its place


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read; ``key`` comes back with its Extract."""

    key: Hashable
    payload: bytes
    media_type: str
    url: str
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class _Limits:
    """What reading one file may take."""

    seconds: float
    ocr_seconds: float
    memory: int  # bytes
    ocr_cache: Path | None  # None: pages without text layer stay unread
    scratch: str  # directory for what a reader writes: a worker that is ended clears nothing away


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a worker sends: the result, or what there is of it while the pictures are being read."""

    extract: Extract
    final: bool = True
    retire: bool = False  # the worker is going to leave: take a fresh one


class _Worker:
    def __init__(self, limits: _Limits) -> None:
        # A server process that has imported the readers once forks a worker in milliseconds, and a fork of it
        # has no threads or locks of ours, which a fork of this process might.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["indexer.extract.workers"])
        self.limits = limits
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, limits), daemon=True)
        self.process.start()
        other.close()
        self.job: Job | None = None
        self.partly: Extract | None = None  # what was read before the pictures
        self.deadline = 0.0

    def give(self, job: Job) -> None:
        """Raises OSError when the process is gone."""
        self.connection.send(job)
        self.job, self.partly = job, None
        self.deadline = time.monotonic() + self.limits.seconds

    def stop(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


class Extractor:
    """Worker processes that read files: ``with Extractor() as e: for key, extract in e.map(jobs): …``.

    ``ocr_cache``: directory where the text of scanned pages is kept; without it they are not read.
    Limits are the settings ``extract_timeout``, ``extract_memory``, ``extract_pages`` and ``ocr_timeout``.
    """

    def __init__(self, workers: int | None = None, ocr_cache: Path | None = None) -> None:
        self._count = workers or int(number("workers")) or len(os.sched_getaffinity(0))
        self._scratch = tempfile.TemporaryDirectory(prefix="kompass-", ignore_cleanup_errors=True)
        self._limits = _Limits(
            number("extract_timeout"),
            number("ocr_timeout"),
            int(number("extract_memory")),
            ocr_cache,
            self._scratch.name,
        )
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop(self._workers)
        self._scratch.cleanup()

    def map(self, jobs: Iterable[Job]) -> Iterator[tuple[Hashable, Extract]]:
        """Read every job; yields in the order of completion and asks for a job only when a worker is free."""
        waiting = iter(jobs)
        self._refill(waiting)
        try:
            while busy := [worker for worker in self._workers if worker.job is not None]:
                left = min(worker.deadline for worker in busy) - time.monotonic()
                ready = wait([worker.connection for worker in busy], timeout=max(left, 0.0))
                done = []
                for worker in busy:
                    job = worker.job
                    result = self._result(worker, worker.connection in ready)
                    if job is not None and result is not None:
                        done.append((job.key, result))
                self._refill(waiting)  # before the results are looked at: the workers go on meanwhile
                yield from done
        finally:
            self._stop([worker for worker in self._workers if worker.job is not None])

    def _refill(self, waiting: Iterator[Job]) -> None:
        """Give each idle worker a job, as long as there are any."""
        while sum(worker.job is not None for worker in self._workers) < self._count:
            job = next(waiting, None)
            if job is None:
                return
            while True:
                worker = next((worker for worker in self._workers if worker.job is None), None)
                if worker is None:
                    worker = _Worker(self._limits)
                    self._workers.append(worker)
                try:
                    worker.give(job)
                    break
                except OSError:
                    self._stop([worker])

    def _result(self, worker: _Worker, ready: bool) -> Extract | None:
        """What the worker has found, or why it has found nothing; None while it is at work."""
        job = worker.job
        assert job is not None
        if ready:
            try:
                answer: _Answer = worker.connection.recv()
            except (EOFError, OSError):
                self._stop([worker])
                return _lost(worker, job, "crashed")
            if not answer.final:
                worker.partly = answer.extract
                worker.deadline = time.monotonic() + self._limits.ocr_seconds
                return None
            worker.job = None
            if answer.retire:
                self._stop([worker])
            return answer.extract
        if time.monotonic() < worker.deadline:
            return None
        self._stop([worker])
        seconds = self._limits.seconds if worker.partly is None else self._limits.ocr_seconds
        return _lost(worker, job, "timeout", f"{seconds:.0f}")

    def _stop(self, workers: Iterable[_Worker]) -> None:
        for worker in list(workers):
            worker.stop()
            self._workers.remove(worker)


def _lost(worker: _Worker, job: Job, reason: str, detail: str = "") -> Extract:
    if worker.partly is not None and worker.partly.read_by != "none":
        return told(worker.partly, "partly_read", "its pictures were left out")
    return unread(FORMAT_OF.get(job.media_type, "other"), reason, detail)


def _serve(connection: Connection, limits: _Limits) -> None:
    """The worker's side: read what comes until nobody asks any more."""
    tempfile.tempdir = limits.scratch
    for theirs in (signal.SIGINT, signal.SIGHUP):  # for the process that gives the jobs
        signal.signal(theirs, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # readers in C complain about each odd file on standard error
        os.dup2(silence, stream)
    while True:
        try:
            job: Job = connection.recv()
        except (EOFError, OSError):
            return
        # Should the process that gives the jobs be gone by then, nobody else would end a reader that hangs.
        signal.alarm(int(limits.seconds * 1.5) + 5)
        result = _bounded(job, limits.seconds * 0.8)
        read_pictures = limits.ocr_cache is not None and ocr.is_needed(result, job.payload)
        if read_pictures and limits.ocr_cache is not None:
            connection.send(_Answer(result, final=False))
            signal.alarm(int(limits.ocr_seconds * 1.5) + 5)
            os.nice(10)
            with suppress(MemoryError):
                result = ocr.read(job.payload, result, limits.ocr_cache, limits.ocr_seconds * 0.9)
        signal.alarm(0)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        retire = read_pictures or peak > min(_RETIRE, limits.memory // 2)
        connection.send(_Answer(result, retire=retire))


def _bounded(job: Job, seconds: float) -> Extract:
    try:
        return extract(job.payload, job.media_type, job.url, job.charset, seconds)
    except MemoryError:
        return unread(FORMAT_OF.get(job.media_type, "other"), "too_large")
