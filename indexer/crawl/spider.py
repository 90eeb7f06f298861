"""Which links are followed, and in what order: the Scrapy spider and its queue.

Not for what is kept of an answer (``keep``), nor for how a server is treated (``politeness``).
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any, Self
from urllib.parse import urlsplit

from lxml import etree
from scrapy import Request, Spider, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.gz import gunzip
from scrapy.utils.sitemap import Sitemap
from twisted.python.failure import Failure

from indexer.crawl import reasons, relevance
from indexer.crawl.addresses import names
from indexer.crawl.frontier import Entry
from indexer.crawl.politeness import visit_of
from indexer.crawl.reasons import Refused
from indexer.crawl.visit import AGAIN, SITEMAPS_FIRST, Visit
from indexer.crawl.warc import PAGE, SITEMAP
from indexer.extract import html
from indexer.extract.charset import charset_of
from indexer.extract.robots import robots_words
from indexer.model import Extract, Link
from indexer.statuses import NOT_ON_TOPIC
from indexer.urls import canonical, spellings

SITEMAP_LEVELS = 3
SITEMAP_BYTES = 50_000_000  # unpacked; the limit of the sitemap protocol itself

_KEPT = (
    "role",
    "depth",
    "retry_times",
    "redirect_urls",
    "redirect_times",
    "redirect_ttl",
    "cookie",
    "level",
    "spelling",
    "off",
)
_FEEDS = ("rss", "RDF", "feed")
_TEXT_SITEMAP = re.compile(rb"(?i)(?:\xef\xbb\xbf)?\s*https?://")


class Queue(BaseScheduler):
    """Scrapy's scheduler over the frontier of a visit: no address twice, best first, killed without loss."""

    def __init__(self, visit: Visit, crawler: Crawler) -> None:
        self._visit = visit
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Queue:
        return cls(visit_of(crawler), crawler)

    def has_pending_requests(self) -> bool:
        return self._visit.has_next()

    def enqueue_request(self, request: Request) -> bool:
        url = canonical(request.url)
        if url is None:
            return False
        about = _about(request)
        if request.url != url:
            about["as"] = request.url
        entry = Entry(url, request.priority, about)
        if request.dont_filter:
            self._visit.frontier.again(entry)
            return True
        return self._visit.frontier.add(entry)

    def next_request(self) -> Request | None:
        entry = self._visit.next_entry()
        return None if entry is None else self._crawler.spider.request(entry)  # type: ignore[union-attr]


class SourceSpider(Spider):
    """Follows one source as its Visit says."""

    name = "kompass"
    visit: Visit

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.idle, signal=signals.spider_idle)
        return spider

    def idle(self) -> None:
        """Nothing is queued or under way any more: ask for what no link led to. Its own links are not
        followed, so that what a site has hidden from its readers does not grow."""
        visit = self.visit
        for url in visit.left_over():
            start = url in visit.source.start_urls
            about = {"depth": 0 if start else visit.source.max_depth}
            self.crawler.engine.crawl(Request(url, meta=about, priority=AGAIN, dont_filter=True))
        visit.commit()

    def request(self, entry: Entry) -> Request:
        sitemap = entry.about.get("role") == SITEMAP
        about = dict(entry.about)
        return Request(
            about.pop("as", entry.url),
            callback=self.parse_sitemap if sitemap else self.parse,
            errback=self.failed,
            priority=entry.priority,
            meta=about,
        )

    async def start(self) -> AsyncIterator[Any]:
        # Of a run that is continued, what is there already is not queued again.
        for url in self.visit.source.start_urls:
            yield Request(url, meta={"depth": 0}, priority=1000)
        for url in self.visit.source.sitemaps:
            yield Request(url, meta={"role": SITEMAP, "depth": 0, "level": 0}, priority=SITEMAPS_FIRST)

    # --- answers --------------------------------------------------------------------------------------

    def parse(self, response: Response) -> Iterator[Request]:
        url = _asked(response)
        try:
            yield from self._answer(url, response)
        except Exception as e:  # one page that breaks our own code must not cost the others, nor go unseen
            self.logger.exception("%s", url)
            self.visit.fail(url, "program_error", f"Its links could not be read ({type(e).__name__}: {e}).")
        finally:
            self.visit.frontier.done(url)
            self.visit.commit()

    def _answer(self, url: str, response: Response) -> Iterator[Request]:
        visit, meta = self.visit, response.meta
        if response.status != 200:
            yield from self._not_ok(url, response)
            return
        visit.answered(url)
        visit.succeed(url)
        if meta.get("media_type") != "text/html":
            return
        focused = visit.source.relevance is not None
        page = (html.read if focused else html.links)(response.body, url, _charset(response))
        if "nofollow" in page.robots | header_robots(response):
            return
        if page.soft_404 or page.login:  # only where it sends its readers on by itself: "sidan har flyttat"
            page = replace(page, links=(), canonical=None)
        yield from self._follow(url, page, response)

    def _not_ok(self, url: str, response: Response) -> Iterator[Request]:
        if self.visit.is_closed(url):  # asked to wait: the address stays queued
            self.visit.frontier.again(_entry(url, _request(response)))
            return
        # Another spelling of the same address, not another address.
        others = [s for s in spellings(url) if canonical(s) == url] if response.status in (400, 404) else []
        tried = response.meta.get("spelling", 0)
        if tried < len(others):
            meta = {**_about(_request(response)), "spelling": tried + 1}
            yield Request(others[tried], meta=meta, priority=_request(response).priority, dont_filter=True)
            return
        reason, message = reasons.of_status(response.status)
        self.visit.fail(url, reason, message)
        if not reasons.is_unusable(response.status):
            self.visit.answered(url)

    def failed(self, failure: Failure) -> None:
        """A request that got no answer, or one that must not be used."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy sets it
        url = canonical(request.url) or request.url
        reason, message = reasons.of_error(failure.value, urlsplit(url).hostname or "")
        visit = self.visit
        closes = isinstance(failure.value, Refused) and failure.value.closes
        if closes and (visit.why_closed(url) or visit.starts_at(url)):
            visit.close_host(url, reason, message)
            visit.frontier.again(_entry(url, request))
        else:
            if request.meta.get("role", PAGE) == PAGE:
                first = request.meta.get("redirect_urls", [request.url])[0]
                visit.fail(canonical(first) or first, reason, message)
            visit.frontier.done(url)
        visit.commit()

    # --- links ----------------------------------------------------------------------------------------

    def _follow(self, url: str, page: Extract, response: Response) -> Iterator[Request]:
        visit = self.visit
        about = self._judged(url, page, response.meta.get("off", 0))
        if response.meta.get("depth", 0) >= visit.source.max_depth:
            return
        inside = visit.scope.covers(url)
        seen = {url}
        for link in (*page.links, *(Link(to, "") for to in (page.canonical, page.refresh) if to)):
            if link.url not in seen and link.url not in visit.frontier:
                priority = self._promise(link, about)
                if priority is not None and visit.wants(link, inside):
                    seen.add(link.url)
                    yield Request(link.url, meta=about, priority=priority)

    def _judged(self, url: str, page: Extract, off: int) -> dict[str, int]:
        """How many pages off the topic lead to the links of this page, in a row and itself included."""
        bar = self.visit.source.relevance
        if bar is None:
            return {}
        how_much = relevance.score(page, url)
        if how_much >= bar:
            return {"off": 0}
        self.visit.fail(
            url,
            NOT_ON_TOPIC,
            f"The page is not about the rights of the child (score {how_much:.2f}, bar {bar}).",
        )
        return {"off": off + 1}

    def _promise(self, link: Link, about: dict[str, int]) -> int | None:
        """The priority of a link, or None when it is not worth following."""
        if self.visit.source.relevance is None:
            return 0
        promise = relevance.topic().score_link(link.anchor, link.headings, link.url)
        if (
            about["off"]
            and not promise
            and (about["off"] > relevance.OFF_TOPIC_STEPS or names(link.url) != "page")
        ):
            return None
        return int(100 * promise) + (20 if about["off"] == 0 else 0)

    # --- sitemaps -------------------------------------------------------------------------------------

    def parse_sitemap(self, response: Response) -> Iterator[Request]:
        url = _asked(response)
        try:
            if response.status == 200:
                yield from self._listed(url, response)
            elif url in self.visit.source.sitemaps:
                self.visit.fail(url, *reasons.of_status(response.status))
        finally:
            self.visit.frontier.done(url)
            self.visit.commit()

    def _listed(self, url: str, response: Response) -> Iterator[Request]:
        try:
            kind, addresses = _sitemap(response.body)
        except Exception:  # lxml and zlib raise many kinds; whatever it is, this is not a sitemap
            message = "What should be a sitemap is none, or is damaged."
            self.visit.fail(url, "bad_sitemap", message)
            return
        level = response.meta.get("level", 0)
        for address in addresses:
            target = canonical(address, url)
            if target is None:
                continue
            if kind == "sitemapindex":
                if level < SITEMAP_LEVELS and self.visit.wants_sitemap(target):
                    yield Request(target, meta={"role": SITEMAP, "level": level + 1}, priority=SITEMAPS_FIRST)
            elif self._promising(target) and self.visit.wants_listed(target):
                yield Request(target)

    def _promising(self, url: str) -> bool:
        """Of a source with a relevance bar, a sitemap's addresses count only when they speak of the topic: it
        lists the whole site, and the rest is found by links as far as those are followed."""
        return self.visit.source.relevance is None or relevance.topic().score_link("", (), url) > 0


def _sitemap(body: bytes) -> tuple[str, Iterator[str]]:
    """(sitemapindex, urlset, text, rss, RDF or feed; the addresses it lists): all that the protocol allows.

    Raises ValueError for what is none of these, such as a page, and whatever lxml or zlib raise.
    """
    if body[:2] == b"\x1f\x8b":
        body = gunzip(body, max_size=SITEMAP_BYTES)
    if _TEXT_SITEMAP.match(body):  # an address a line, as the protocol allows
        return "text", (line.decode("utf-8", "replace") for line in body.removeprefix(BOM_UTF8).splitlines())
    sitemap = Sitemap(body)
    if sitemap.type in _FEEDS:
        return sitemap.type, _in_feed(body)
    if sitemap.type not in ("sitemapindex", "urlset"):
        raise ValueError(sitemap.type)
    return sitemap.type, (entry.get("loc", "") for entry in sitemap)


def _in_feed(body: bytes) -> Iterator[str]:
    """The addresses of the items of RSS, the entries of Atom."""
    links = etree.iterparse(
        BytesIO(body), tag="{*}link", recover=True, resolve_entities=False, collect_ids=False, no_network=True
    )
    for _, link in links:
        parent = link.getparent()
        listed = parent is not None and etree.QName(parent).localname in ("item", "entry")
        if listed and (link.get("rel") or "alternate") == "alternate":
            yield (link.get("href") or link.text or "").strip()


def _request(response: Response) -> Request:
    assert response.request is not None
    return response.request


def _asked(response: Response) -> str:
    url = _request(response).url
    return canonical(url) or url


def _about(request: Request) -> dict[str, Any]:
    return {key: request.meta[key] for key in _KEPT if key in request.meta}


def _entry(url: str, request: Request) -> Entry:
    """The request as it is queued again in a later run: without the tries it has had."""
    about = {k: v for k, v in _about(request).items() if k in ("role", "depth", "level", "off")}
    return Entry(url, request.priority, about)


def _charset(response: Response) -> str | None:
    return charset_of((response.headers.get("Content-Type") or b"").decode("latin-1"))


def header_robots(response: Response) -> frozenset[str]:
    """noindex, nofollow, noarchive from X-Robots-Tag, where it is meant for all robots."""
    words: set[str] = set()
    for value in response.headers.getlist("X-Robots-Tag"):
        words |= robots_words(value.decode("latin-1"))
    return frozenset(words)
