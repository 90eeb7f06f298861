"""Start a crawl and wait for it: the process that crawls is another one (``indexer.crawl.process``).

Imports nothing of Scrapy, so that reading the archive or asking for a status does not load it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from indexer.errors import KompassError
from indexer.model import Source
from indexer.sources import choose


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a crawl is, all its sources together."""

    sources: int
    finished: int  # sources that are done with
    active: tuple[str, ...]  # ids
    pages: int  # answers, without robots.txt and sitemaps
    queued: int  # known addresses still to be fetched
    failures: int
    seconds: float

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.pages / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that the known addresses will take at this rate; None when nothing can be said yet."""
        return self.queued / self.rate if self.pages >= 5 and self.rate else None


@dataclass(frozen=True, slots=True)
class SourceRun:
    """How the run over one source went."""

    source: str
    pages: int
    new: int
    changed: int
    unchanged: int
    failures: int
    refused_by_robots: int
    not_on_topic: int
    traps: Mapping[str, int]  # links not followed, by reason: calendar, endless, search …
    bytes_: int
    seconds: float
    finished: bool
    reason: str  # finished, page_limit, byte_limit, time_limit, stopped, asked_to_wait, dns, timeout …


@dataclass(frozen=True, slots=True)
class CrawlReport:
    runs: tuple[SourceRun, ...] = field(default_factory=tuple)

    @property
    def pages(self) -> int:
        return sum(r.pages for r in self.runs)


def crawl(
    sources: Sequence[Source],
    corpus: Path,
    *,
    only: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
) -> CrawlReport:
    """Crawl the enabled sources (or those with the ids ``only``) into ``corpus`` and say how it went.

    One source that cannot be reached does not stop the others. Raises SourcesError for an id that is not
    there, KompassError when another crawl is writing the same corpus. On KeyboardInterrupt what is under way
    is kept, the rest stays queued for the next crawl, and the interrupt goes on.
    """
    chosen = choose(sources, only)
    if not chosen:
        return CrawlReport()
    corpus.mkdir(parents=True, exist_ok=True)
    ours, theirs = socket.socketpair()
    with theirs:
        child = _start(theirs.fileno())
    pipe = Connection(ours.detach())
    try:
        pipe.send((chosen, corpus.resolve()))
        return _listen(pipe, child, progress)
    except KeyboardInterrupt:
        _interrupt(child)
        raise
    finally:
        pipe.close()  # the child ends when it has nobody to tell
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _start(socket_number: int) -> subprocess.Popen[bytes]:
    """The crawling process, which finds this very package whatever its working directory is."""
    path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-m", "indexer.crawl.process", str(socket_number)],
        pass_fds=[socket_number],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        preexec_fn=_deafen,
    )


def _deafen() -> None:
    """Ctrl+C counts when the child can stop in order: loading Scrapy takes seconds, and then it told where in
    it that was. That the terminal is closed we tell it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _listen(
    pipe: Connection, child: subprocess.Popen[bytes], progress: Callable[[Progress], None] | None
) -> CrawlReport:
    while True:
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            raise KompassError(
                f"The crawl ended unexpectedly (exit status {child.wait(30)}). Everything fetched so far "
                "is kept; run it again and it goes on where it was."
            ) from None
        if isinstance(message, Progress):
            if progress is not None:
                progress(message)
        elif message[0] == "error":
            raise message[1]
        else:
            return CrawlReport(message[1])


def _interrupt(child: subprocess.Popen[bytes]) -> None:
    """Ctrl-C in a terminal reaches the child as well; from elsewhere it is passed on."""
    try:
        child.wait(0.2)
    except subprocess.TimeoutExpired:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(90)
