"""How to behave towards a server: robots.txt by RFC 9309, Crawl-delay, Retry-After, one request at a time.

Scrapy's own parts, each changed where it falls short of that; what each lacked is said at the class.
"""

from __future__ import annotations

import asyncio
import math
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import decode_robotstxt
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS

from indexer.crawl.reasons import UNREACHABLE, Refused, is_unusable, of_error, of_robots, of_status
from indexer.crawl.visit import LONGEST_SILENCE, Visit, host_port
from indexer.statuses import REFUSED_BY_ROBOTS

ROBOTS_BYTES = 512 * 1024
"""RFC 9309, 2.5: at least 500 KiB of a robots.txt are parsed; nothing after that is looked at."""

MAX_SITEMAPS = 100
"""Sitemap lines of one robots.txt that are followed."""

PATIENCE = 300.0
"""Seconds that a run waits when a server asks for it; asked for more, it ends and a later run goes on."""

HEAD_BYTES = 256 * 1024
"""Bytes of an answer's head, with those of any interim answers before it; browsers allow as much."""

_BACKOFF = 1.0  # seconds before the first repetition when a busy server names no time; doubled each time


def visit_of(crawler: Crawler) -> Visit:
    """The visit that a crawler's spider was made for."""
    visit = crawler.spider.visit  # type: ignore[union-attr] # always a SourceSpider
    assert isinstance(visit, Visit)
    return visit


class RobotsTxt(RobotsTxtMiddleware):
    """Scrapy takes a robots.txt that answers 5xx, or not at all, as "everything is allowed"; by RFC 9309,
    2.3.1.4, nothing is. It also leaves Crawl-delay and the Sitemap lines aside; here they are used.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._closed: dict[str, Refused] = {}  # host:port → why nothing may be fetched there
        self._token: str = crawler.settings["ROBOTSTXT_USER_AGENT"]

    async def robot_parser(self, request: Request) -> Any:
        parser = await super().robot_parser(request)
        netloc = urlsplit(request.url).netloc
        if netloc in self._closed:
            raise self._closed[netloc]
        return parser

    def process_request_2(self, rp: Any, request: Request) -> None:
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            raise Refused(
                REFUSED_BY_ROBOTS, "The site's robots.txt asks not to fetch this address."
            ) from None

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if is_unusable(response.status):
            raise Refused(
                "robots_unavailable",
                f"robots.txt of {netloc} answers {response.status}; until it does, nothing is fetched.",
            )
        # Any other status but 200 is "unavailable": everything is allowed (2.3.1.3).
        body = response.body[:ROBOTS_BYTES] if response.status == 200 else b""
        visit_of(self.crawler).answered(response.url)
        self._obey(body, response.url, urlsplit(f"//{netloc}").hostname or "")
        await super()._parse_robots(response.replace(body=body), netloc, request)

    def _obey(self, body: bytes, url: str, host: str) -> None:
        rules = Protego.parse(decode_robotstxt(body, None))
        delay = rules.crawl_delay(self._token) or 0.0
        rate = rules.request_rate(self._token)
        if rate and rate.requests > 0:
            delay = max(delay, rate.seconds / rate.requests)
        visit = visit_of(self.crawler)
        if delay > 0 and math.isfinite(delay):
            visit.floors[host] = float(delay)
        visit.found_sitemaps(url, list(rules.sitemaps)[:MAX_SITEMAPS])

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        refused = of_robots(exc, urlsplit(f"//{netloc}").hostname or "")
        if refused is not None:
            self._closed[netloc] = refused
        super()._robots_error(IgnoreRequest(), netloc)


def _prompt(factory: type[Any]) -> type[Any]:
    """The factory of client protocols, made to acknowledge each piece of an answer as it comes, and to leave
    a server whose head does not end.

    Many small servers send the head of an answer by itself and wait with the body until it is acknowledged,
    which Linux does after 40 ms. With one request at a time that would be the time of a page: measured on
    Python's http.server, 22 pages a second, and 121 with this (bare Scrapy, eight at a time: 83).

    DOWNLOAD_MAXSIZE is for bodies only: headers without end took 1 GB in ten seconds.
    """
    option = getattr(socket, "TCP_QUICKACK", None)  # Linux has it

    class Prompt(factory):  # type: ignore[misc]
        def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted's name
            protocol = super().buildProtocol(addr)
            received = protocol.dataReceived

            parser, head = None, 0  # of the answer that is being read, and how much of its head has come

            def acknowledged(data: bytes) -> None:
                nonlocal parser, head
                if option is not None:
                    with suppress(AttributeError, OSError):  # TLS keeps its socket to itself
                        protocol.transport.getHandle().setsockopt(socket.IPPROTO_TCP, option, 1)
                received(data)
                if protocol._parser is not parser:
                    parser, head = protocol._parser, 0
                if parser is not None and parser.state in (STATUS, HEADER):
                    head += len(data)
                    if head > HEAD_BYTES:
                        error = ValueError(f"headers of more than {HEAD_BYTES:,} bytes")
                        protocol._giveUp(Failure(error))  # type: ignore[no-untyped-call]

            protocol.dataReceived = acknowledged
            return protocol

    return Prompt


@dataclass
class Turn:
    """Whose turn it is at one host: at most so many requests at a time, none during a silence."""

    gate: asyncio.Semaphore
    last: float = -math.inf  # when the last request was sent, in the time of the event loop
    silent_until: float = -math.inf
    floor: float = 0.0  # seconds between requests by its robots.txt, as another source has read it


class Handler(HTTP11DownloadHandler):
    """Scrapy's downloader lets two requests through at once when they come in the same turn of the event loop
    (measured on 2.19 with CONCURRENT_REQUESTS_PER_DOMAIN = 1), counts each source by itself, and repeats at
    once what a 429 or 503 asks to be left alone for a while. Here, right before the connection, each request
    waits for its turn at the host: one at a time over all sources, Crawl-delay kept, Retry-After kept.
    """

    turns: ClassVar[dict[str, Turn]] = {}  # of this process: all sources share them

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _prompt(self._pool._factory)

    async def download_request(self, request: Request) -> Response:
        host = urlsplit(request.url).hostname or ""
        turn = self.turns.get(host)
        if turn is None:
            at_once = self._crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
            turn = self.turns[host] = Turn(asyncio.Semaphore(at_once))
        visit = visit_of(self._crawler)
        clock = asyncio.get_running_loop().time
        async with turn.gate:
            turn.floor = visit.floors.get(host, turn.floor)
            distance = max(visit.delay, turn.floor)
            while (wait := max(turn.last + distance, turn.silent_until) - clock()) > 0:
                await asyncio.sleep(min(wait, 0.5))
                if visit.ended is not None:
                    break
            ended = visit.why_closed(request.url)
            if ended is not None:
                raise Refused(*ended, closes=True)
            turn.last = clock()
            response = await super().download_request(request)
            if response.status in (429, 503):
                turn.silent_until = clock() + self._asked_for(request, response)
            return response

    def _asked_for(self, request: Request, response: Response) -> float:
        """Seconds of silence that an answer asks for; 0 when it is more than this run has patience for."""
        wait = retry_after((response.headers.get("Retry-After") or b"").decode("latin-1"), time.time())
        if wait is None:
            return float(_BACKOFF * 2 ** min(int(request.meta.get("retry_times", 0)), 8))
        if wait <= PATIENCE:
            return wait
        request.meta["dont_retry"] = True
        visit_of(self._crawler).asked_to_wait(request.url, wait)
        return 0.0


class Retry(RetryMiddleware):
    """Scrapy would also try again to reach an address that the guard refused; here that is the end. And it
    would go on asking a server that is down, or that says it is asked too often, address by address."""

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Any:  # noqa: ARG002
        if is_unusable(response.status):
            visit_of(self.crawler).silent(request.url, *of_status(response.status))
        return super().process_response(request, response)

    def process_exception(self, request: Request, exception: Exception, spider: Any = None) -> Any:  # noqa: ARG002
        if isinstance(exception, Refused):
            return None
        host, port = host_port(request.url)
        why = visit_of(self.crawler).guard.why(host, port)
        if why is not None:
            raise Refused("refused_address", f"{host} is inside a network ({why}); it was not connected to.")
        reason, message = of_error(exception, host)
        if reason in UNREACHABLE:
            visit_of(self.crawler).silent(request.url, reason, message)
        return super().process_exception(request, exception)


def retry_after(value: str, now: float) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or a date; RFC 9110, 10.2.3), a month at most; None
    when it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_SILENCE)
    try:
        return min(max(0.0, parsedate_to_datetime(value).timestamp() - now), LONGEST_SILENCE)
    except (ValueError, TypeError, OverflowError):
        return None
