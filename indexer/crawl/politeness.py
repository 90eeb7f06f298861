"""How to behave towards a server: robots.txt by RFC 9309, Crawl-delay, Retry-After, throttling.

Scrapy's own parts, each changed where it falls short of that; what each lacked is said at the class.
"""

from __future__ import annotations

import math
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request, signals
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response
from scrapy.robotstxt import decode_robotstxt
from scrapy.utils.asyncio import call_later

from indexer.crawl.reasons import Refused, of_robots
from indexer.crawl.visit import Visit, host_port

ROBOTS_BYTES = 512 * 1024
"""RFC 9309, 2.5: at least 500 KiB of a robots.txt are parsed; nothing after that is looked at."""

MAX_SITEMAPS = 100
"""Sitemap lines of one robots.txt that are followed."""

PATIENCE = 300.0
"""Seconds that a run waits when a server asks for it; asked for more, it ends and a later run goes on."""

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
                "refused_by_robots", "The site's robots.txt asks not to fetch this address."
            ) from None

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            raise Refused(
                "robots_unavailable",
                f"robots.txt of {netloc} answers {response.status}; until it does, nothing is fetched.",
            )
        # Any other status but 200 is "unavailable": everything is allowed (2.3.1.3).
        body = response.body[:ROBOTS_BYTES] if response.status == 200 else b""
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
            _keep_distance(self.crawler, host)
        visit.found_sitemaps(url, list(rules.sitemaps)[:MAX_SITEMAPS])

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        refused = of_robots(exc, urlsplit(f"//{netloc}").hostname or "")
        if refused is not None:
            self._closed[netloc] = refused
        super()._robots_error(IgnoreRequest(), netloc)


class Throttle(AutoThrottle):
    """AutoThrottle, which slows down with the server, but never goes below its Crawl-delay (nor cuts it to
    AUTOTHROTTLE_MAX_DELAY, as the original would)."""

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        super()._adjust_delay(slot, latency, response)
        host = urlsplit(response.url).hostname or ""
        slot.delay = max(slot.delay, visit_of(self.crawler).floors.get(host, 0.0))


class Distance:
    """Keeps the distance that a server asks for: Crawl-delay on every new slot of the downloader (Scrapy
    drops a slot after a minute without use), and silence for as long as a 429 or 503 says in Retry-After, or
    for a growing while when it names no time. Scrapy itself repeats at once.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        crawler.signals.connect(self.reached, signal=signals.request_reached_downloader)
        # This signal comes before the slot sends what is waiting in it.
        crawler.signals.connect(self.answered, signal=signals.response_downloaded)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Distance:
        return cls(crawler)

    def reached(self, request: Request) -> None:
        _keep_distance(self._crawler, urlsplit(request.url).hostname or "")

    def answered(self, response: Response, request: Request) -> None:
        if response.status not in (429, 503):
            return
        wait = retry_after((response.headers.get("Retry-After") or b"").decode("latin-1"), time.time())
        if wait is None:
            wait = _BACKOFF * 2 ** min(int(request.meta.get("retry_times", 0)), 8)
        if wait > PATIENCE:
            request.meta["dont_retry"] = True
            visit_of(self._crawler).asked_to_wait(request.url, wait)
            return
        downloader = self._crawler.engine.downloader
        slot = downloader.slots.get(str(request.meta.get("download_slot")))
        if slot is not None and wait > 0:
            if slot.latercall:
                slot.latercall.cancel()
            slot.latercall = call_later(wait, downloader._latercall, slot)


def _keep_distance(crawler: Crawler, host: str) -> None:
    slot = crawler.engine.downloader.slots.get(host)
    if slot is not None:
        slot.delay = max(slot.delay, visit_of(crawler).floors.get(host, 0.0))


class Retry(RetryMiddleware):
    """Scrapy would also try again to reach an address that the guard refused; here that is the end."""

    def process_exception(self, request: Request, exception: Exception, spider: Any = None) -> Any:
        if isinstance(exception, Refused):
            return None
        host, port = host_port(request.url)
        why = visit_of(self.crawler).guard.why(host, port)
        if why is not None:
            raise Refused("refused_address", f"{host} is inside a network ({why}); it was not connected to.")
        return super().process_exception(request, exception, spider)


def retry_after(value: str, now: float) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or a date; RFC 9110, 10.2.3), a month at most; None
    when it says nothing."""
    value = value.strip()
    if value.isdigit():
        return float(min(int(value[:9]), 30 * 86_400))
    try:
        return min(max(0.0, parsedate_to_datetime(value).timestamp() - now), 30 * 86_400.0)
    except (ValueError, TypeError, OverflowError):
        return None
