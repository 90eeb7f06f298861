"""Start a crawl and wait for it: the process that crawls is another one (``indexer.crawl.process``).

Imports nothing of Scrapy, so that reading the archive or asking for a status does not load it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    bytes_: int
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
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_child, args=(chosen, corpus, theirs), name="kompass-crawl")
    child.start()
    theirs.close()
    try:
        return _listen(ours, child, progress)
    except KeyboardInterrupt:
        _interrupt(child)
        raise
    finally:
        ours.close()
        child.join(30)
        if child.is_alive():
            child.kill()
            child.join()


def _child(sources: Sequence[Source], corpus: Path, pipe: Any) -> None:
    from indexer.crawl.process import main

    main(sources, corpus, pipe)


def _listen(pipe: Any, child: Any, progress: Callable[[Progress], None] | None) -> CrawlReport:
    while True:
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            child.join(30)
            raise KompassError(
                f"The crawl ended unexpectedly (exit status {child.exitcode}). Everything fetched so far "
                "is kept; run it again and it goes on where it was."
            ) from None
        if isinstance(message, Progress):
            if progress is not None:
                progress(message)
        elif message[0] == "error":
            raise message[1]
        else:
            return CrawlReport(message[1])


def _interrupt(child: Any) -> None:
    """Ctrl-C in a terminal reaches the child as well; from elsewhere it is passed on."""
    child.join(0.2)
    if child.is_alive():
        os.kill(child.pid, signal.SIGTERM)
        child.join(90)
