"""How are files from the web read without harm: in processes with limits on time and memory.

A file that hangs, crashes its reader or takes all memory costs that one document; the process is replaced.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Self

from indexer.config import number
from indexer.extract.read import extract
from indexer.extract.sniff import FORMATS
from indexer.model import Extract


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read; ``key`` comes back with its Extract."""

    key: Hashable
    payload: bytes
    media_type: str
    url: str
    charset: str | None = None


class _Worker:
    def __init__(self, memory: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, memory), daemon=True)
        self.process.start()
        other.close()
        self.job: Job | None = None
        self.deadline = 0.0

    def give(self, job: Job, seconds: float) -> None:
        self.job = job
        self.deadline = time.monotonic() + seconds
        self.connection.send(job)

    def stop(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


def _serve(connection: Connection, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        connection.send(extract(job.payload, job.media_type, job.url, job.charset))


class Extractor:
    """Worker processes that read files: ``with Extractor() as e: for key, extract in e.map(jobs): …``."""

    def __init__(self, workers: int | None = None) -> None:
        self._count = workers or int(number("workers")) or len(os.sched_getaffinity(0))
        self._memory = int(number("extract_memory"))
        self._seconds = number("extract_timeout")
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.stop()
        self._workers = []

    def map(self, jobs: Iterable[Job]) -> Iterator[tuple[Hashable, Extract]]:
        """Read every job; yields in the order of completion and asks for a job only when a worker is free."""
        waiting = iter(jobs)
        more = True
        while True:
            while more and sum(worker.job is not None for worker in self._workers) < self._count:
                job = next(waiting, None)
                if job is None:
                    more = False
                    break
                worker = next((w for w in self._workers if w.job is None), None)
                if worker is None:
                    worker = _Worker(self._memory)
                    self._workers.append(worker)
                worker.give(job, self._seconds)
            busy = [worker for worker in self._workers if worker.job is not None]
            if not busy:
                return
            left = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
            ready = wait([worker.connection for worker in busy], timeout=left)
            for worker in busy:
                job = worker.job
                assert job is not None
                if worker.connection in ready:
                    try:
                        result = worker.connection.recv()
                        worker.job = None
                    except (EOFError, OSError):
                        result = self._lost(
                            worker, job, "Reading the file crashed the reader; it was left out."
                        )
                elif time.monotonic() >= worker.deadline:
                    result = self._lost(
                        worker, job, f"Reading the file took more than {self._seconds:.0f} seconds."
                    )
                else:
                    continue
                yield job.key, result

    def _lost(self, worker: _Worker, job: Job, problem: str) -> Extract:
        worker.stop()
        self._workers.remove(worker)
        return Extract(FORMATS.get(job.media_type, "other"), read_by="none", problem=problem)
