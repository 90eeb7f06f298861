"""The process that crawls: Scrapy's settings, one crawler for each source. Started by ``indexer.crawl.run``.

A process of its own because Twisted's reactor runs once in a process, and a watching program crawls again and
again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from scrapy.utils.reactor import install_reactor

from indexer.catalogue import CATALOGUE, Catalogue
from indexer.config import number, setting
from indexer.crawl import frontier
from indexer.crawl.archive import WarcArchive, catalogue_lost, recover
from indexer.crawl.guard import Guard, GuardedResolver
from indexer.crawl.run import Progress, SourceRun
from indexer.crawl.scope import lanes
from indexer.crawl.spider import SourceSpider
from indexer.crawl.visit import CANNOT_WRITE, Limits, Visit, places
from indexer.errors import ArchiveError, KompassError
from indexer.files import alone
from indexer.language.personal import mask_address
from indexer.model import Source
from indexer.readings import AGAIN, DUE

TOKEN = "Barnrattskompassen"  # noqa: S105 - the name that robots.txt rules are written for
SOURCES_AT_ONCE = 24
"""Hosts crawled side by side, each at its own pace."""

_WAIT_FOR_LOCK = 1.5  # seconds: a crawl that was killed just now may still be ending
_EVERY = 0.5  # seconds between two reports of progress
_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"


def identity() -> str:
    """Who we say we are: name, version, and where a webmaster can read about it and write to us."""
    return f"{TOKEN}/{version('barnrattskompassen')} (+{setting('contact_url')})"


def delay_of(source: Source) -> float:
    """Seconds between two requests to one host, unless its robots.txt asks for more."""
    return number("crawl_delay") if source.delay is None else source.delay


def settings(source: Source, log: Path) -> Settings:
    """Scrapy's settings for one source."""
    delay = delay_of(source)
    at_once = max(1, int(number("crawl_concurrency")))
    hurry = delay == 0 and source.relevance is None
    own = "indexer.crawl."
    return Settings(
        {
            "USER_AGENT": identity(),
            "ROBOTSTXT_USER_AGENT": TOKEN,
            "ROBOTSTXT_OBEY": True,
            "DEFAULT_REQUEST_HEADERS": {
                "Accept": "text/html,application/xhtml+xml,application/pdf,application/xml;q=0.9,*/*;q=0.8",
                "Accept-Language": f"{source.language or 'sv'},en;q=0.5",
            },
            # Politeness: one request at a time for each host, never sooner than the delay after the last.
            "CONCURRENT_REQUESTS_PER_DOMAIN": at_once,
            # Without delay the next request is ready when an answer is in; else it is chosen afterwards, so
            # that the best link comes first.
            "CONCURRENT_REQUESTS": 2 * at_once if hurry else at_once,
            "SCRAPER_SLOT_MAX_ACTIVE_SIZE": 5_000_000 if hurry else 1,
            "DOWNLOAD_DELAY": delay,
            "DOWNLOAD_DELAY_JITTER": 0,  # Scrapy would vary it by half
            "AUTOTHROTTLE_ENABLED": delay > 0,  # delay = 0 says: as fast as it goes
            "AUTOTHROTTLE_START_DELAY": delay,
            "DOWNLOAD_TIMEOUT": number("crawl_timeout"),
            "DOWNLOAD_MAXSIZE": int(number("crawl_max_bytes")),
            "DOWNLOAD_WARNSIZE": 0,
            "RETRY_TIMES": 2,
            "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",
            "REDIRECT_MAX_TIMES": 10,
            "DEPTH_LIMIT": source.max_depth,
            "DEPTH_PRIORITY": 1,  # breadth first
            "URLLENGTH_LIMIT": 2000,
            # HTTP/2 is off. Scrapy's handler for it would pass the address guard too (it connects through the
            # same resolver), but offers a server nothing else: one without HTTP/2 is not read at all (2.19,
            # _http2/agent.py, acceptable_protocols), and does not tell an answer that was cut short (scrapy
            # issue 5048). With one request at a time there is nothing to send side by side anyway.
            "DOWNLOAD_HANDLERS": {"http": own + "politeness.Handler", "https": own + "politeness.Handler"},
            "SCHEDULER": own + "spider.Queue",
            "DOWNLOADER_MIDDLEWARES": {
                "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # Scope is finer than domains
                "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
                own + "politeness.RobotsTxt": 100,
                "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
                "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
                own + "politeness.Retry": 550,
                # The spider takes it as a link; Keep unpacks; what needs cookies is not public.
                "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
                "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
                "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
                "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
                own + "keep.Redirect": 600,
                own + "keep.Keep": 650,
                # A proxy would connect for us, and where to could not be checked.
                "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
                "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
            },
            "SPIDER_MIDDLEWARES": {
                "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,  # every status is recorded
                "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
            },
            "EXTENSIONS": {
                "scrapy.extensions.telnet.TelnetConsole": None,
                "scrapy.extensions.logstats.LogStats": None,
                "scrapy.extensions.feedexport.FeedExporter": None,
                "scrapy.extensions.remote_control.RemoteControl": None,
            },
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
            "TWISTED_REACTOR": _REACTOR,
            "LOG_LEVEL": "WARNING",
            "LOG_FILE": str(log),
            "LOG_FILE_APPEND": False,
            "CONCURRENT_ITEMS": 1,  # Scrapy starts that many tasks for each answer (100); ours never wait
            "STATS_DUMP": False,
            "WARN_ON_GENERATOR_RETURN_VALUE": False,  # it parses the source of every callback
        }
    )


def guard_for(sources: Sequence[Source]) -> Guard:
    """The guard that lets the private addresses through that a source says are its own."""
    return Guard({place for source in sources if source.allow_private for place in places(source)})


class _Crawl:
    """All sources of one call, lane by lane, in one reactor."""

    def __init__(self, sources: Sequence[Source], corpus: Path, pipe: Connection) -> None:
        self._sources = sources
        self._corpus = corpus
        self._pipe = pipe
        self._guard = guard_for(sources)
        self._log = corpus / frontier.FOLDER / "log.txt"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        install_reactor(_REACTOR)
        self._process = AsyncCrawlerProcess(settings(sources[0], self._log))
        self._visits: dict[str, Visit] = {}
        self._results: list[SourceRun] = []
        self._begun = time.monotonic()
        self._stopping = False
        self._limits = (number("crawl_source_bytes"), number("crawl_source_hours") * 3600)

    async def run(self) -> None:
        from twisted.internet import reactor

        r: Any = reactor
        r.installNameResolver(GuardedResolver(r.nameResolver, self._guard))
        ticker = asyncio.ensure_future(self._tick())
        gate = asyncio.Semaphore(SOURCES_AT_ONCE)
        with Catalogue(self._corpus / CATALOGUE) as catalogue:
            if catalogue_lost(self._corpus, catalogue):
                # With the first new capture that could no longer be told.
                catalogue.readings.set_fact(AGAIN, DUE)
                catalogue.commit()
            await asyncio.gather(*(self._lane(lane, catalogue, gate) for lane in lanes(self._sources)))
        ticker.cancel()
        self._report()
        self._pipe.send(("done", tuple(self._results)))

    async def _lane(self, lane: Sequence[Source], catalogue: Catalogue, gate: asyncio.Semaphore) -> None:
        for source in lane:
            async with gate:
                if not self._stopping:
                    await self._source(source, catalogue)

    async def _source(self, source: Source, catalogue: Catalogue) -> None:
        begun = time.monotonic()
        recover(self._corpus, source.id)
        visit = Visit(
            source,
            self._corpus,
            catalogue,
            WarcArchive(self._corpus, source.id, identity()),
            self._guard,
            Limits(source.max_pages, *self._limits),
            delay_of(source),
        )
        self._visits[source.id] = visit
        crawler = Crawler(SourceSpider, settings(source, self._log))
        try:
            await self._process.crawl(crawler, visit=visit)
        except Exception as e:  # an error of the program in one source: the others go on
            logging.getLogger(__name__).exception("%s", source.id)
            visit.ended = ("program_error", f"{type(e).__name__}: {e}")
        if visit.ended is not None and visit.ended[0] == CANNOT_WRITE:
            raise ArchiveError(visit.ended[1])
        finished, reason = visit.close()
        done = vars(visit.done) | {"traps": dict(visit.done.traps)}  # the names are the same
        seconds = time.monotonic() - begun
        self._results.append(SourceRun(source.id, **done, seconds=seconds, finished=finished, reason=reason))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            self._report()

    def _report(self) -> None:
        visits = self._visits.values()
        open_ = [v for v in visits if v.source.id not in {r.source for r in self._results}]
        try:
            self._pipe.send(
                Progress(
                    sources=len(self._sources),
                    finished=len(self._results),
                    active=tuple(v.source.id for v in open_),
                    pages=sum(v.done.pages for v in visits),
                    queued=sum(v.frontier.queued for v in open_),
                    failures=sum(v.done.failures for v in visits),
                    seconds=time.monotonic() - self._begun,
                )
            )
        except (BrokenPipeError, OSError):
            os._exit(1)  # whoever asked is gone; everything that was fetched is on disk

    def start(self) -> None:
        from twisted.internet import reactor

        r: Any = reactor
        main = asyncio.get_event_loop().create_task(self.run())

        def finished(task: asyncio.Task[None]) -> None:
            error = task.exception() if not task.cancelled() else None
            if error is not None:
                self._pipe.send(("error", error if isinstance(error, KompassError) else _in_words(error)))
            if r.running:
                r.stop()

        main.add_done_callback(finished)
        for number_ in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_event_loop().add_signal_handler(number_, self._stop)
        r.run(installSignalHandlers=False)

    def _stop(self) -> None:
        """Asked to stop: answers that are under way are kept, the queue stays for the next run."""
        if self._stopping:
            os._exit(1)
        self._stopping = True
        for visit in self._visits.values():
            visit.ended = ("stopped", "The crawl was stopped.")
        asyncio.ensure_future(self._process.stop())  # noqa: RUF006 - ends with the reactor


def mask_log() -> None:
    """From now on no personal identity number, in an address or an error, is written to a log."""
    make = logging.getLogRecordFactory()

    def masked(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = make(*arguments, **named)
        record.msg, record.args = mask_address(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = mask_address(logging.Formatter().formatException(record.exc_info))
        return record

    logging.setLogRecordFactory(masked)


def _refused(error: OSError) -> ArchiveError:
    what = error.filename or "A file of the crawl"
    return ArchiveError(
        f"{what} cannot be written: {error.strerror or error}. Look at its owner and permissions (was a "
        "command run as another user?), or make room, and run it again."
    )


def _in_words(error: BaseException) -> KompassError:
    import traceback

    if isinstance(error, OSError):
        return _refused(error)
    text = "".join(traceback.format_exception(error))
    return KompassError(
        f"The crawl ended by an error in the program itself, which is worth reporting:\n{text}"
    )


def _watch_parent(pipe: Connection) -> None:
    """End with whoever started this process, even when it was killed: the pipe is closed then."""
    try:
        pipe.recv()
    except (EOFError, OSError):
        os._exit(1)


def _locked(corpus: Path) -> AbstractContextManager[None]:
    """One crawl at a time in one corpus: two would fetch the same pages and write the same queue."""
    return alone(
        corpus / "crawl.lock",
        lambda who: ArchiveError(
            f"A crawl is writing {corpus} already ({who}). Wait until it is done, or stop it."
        ),
        ArchiveError,
        _WAIT_FOR_LOCK,
    )


def main(sources: Sequence[Source], corpus: Path, pipe: Connection) -> None:
    """Crawl and send Progress objects, then ("done", runs) or ("error", KompassError), through ``pipe``."""
    threading.Thread(target=_watch_parent, args=(pipe,), daemon=True).start()
    mask_log()
    try:
        with _locked(corpus):
            _Crawl(sources, corpus, pipe).start()
    except KompassError as e:
        pipe.send(("error", e))
    except OSError as e:
        pipe.send(("error", _refused(e)))


if __name__ == "__main__":
    connection = Connection(int(sys.argv[1]))
    try:
        sources_, corpus_ = connection.recv()
    except (EOFError, OSError):  # whoever started this is gone
        sys.exit(1)
    main(sources_, corpus_, connection)
