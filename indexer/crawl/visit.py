"""One run over one source: what it has, what it may still do, and how it went.

Held by the spider and used by every part of the crawl; knows nothing of Scrapy.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from indexer.catalogue import Catalogue
from indexer.crawl.addresses import combined, is_file_link, names, numbered, trap
from indexer.crawl.archive import WarcArchive
from indexer.crawl.frontier import Entry, Frontier
from indexer.crawl.guard import Guard, HostPort
from indexer.crawl.scope import Scope
from indexer.crawl.warc import PAGE, SITEMAP
from indexer.errors import CatalogueError
from indexer.model import Link, Source
from indexer.statuses import NOT_ON_TOPIC, REFUSED_BY_ROBOTS
from indexer.urls import canonical

DOWN = 10
"""Requests in a row without any answer, or with an error of the server, after which it counts as down for
this run. Each has used up one of its tries, so a site with many broken pages is got through all the same."""

CANNOT_WRITE = "cannot_write"
"""The reason that ends a whole crawl, not only one source."""

PAGE_LIMIT = "page_limit"

QUEUE = 10
"""Addresses that may wait, as a multiple of a run's pages: here a page with a million links ends."""

SHARE = 0.1
"""Part of a run's pages that addresses of one numbered pattern (/arkiv/#, ?sida=#), or of one path with
several parameters, may take: an endless space eats a tenth of the run at most, and a real series of 2,000
pages comes in whole."""


MOST_SITEMAPS = 300
"""Sitemaps that others lead to, in one run: each may list 50,000 addresses, and some servers make up new ones
for ever, which no limit of pages would end."""

LONGEST_SILENCE = 30 * 86_400.0
"""Seconds that a server may ask to be left alone."""

AGAIN = 2_000
"""Priority of what is held and was not come upon: it is asked for when everything else is done."""

SITEMAPS_FIRST = 900
"""Priority of sitemaps: after the start, before everything that links lead to."""


@dataclass
class Count:
    """How much a run has done so far."""

    pages: int = 0  # answers, without robots.txt and sitemaps
    bytes_: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    failures: int = 0
    refused_by_robots: int = 0
    not_on_topic: int = 0
    traps: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Limits:
    """Bounds of one run over one source."""

    pages: int
    bytes_: float
    seconds: float


class Visit:
    def __init__(
        self,
        source: Source,
        corpus: Path,
        catalogue: Catalogue,
        archive: WarcArchive,
        guard: Guard,
        limits: Limits,
        delay: float = 0.0,
    ) -> None:
        self.source = source
        self.corpus = corpus
        self.catalogue = catalogue
        self.archive = archive
        self.guard = guard
        self.limits = limits
        self.delay = delay  # seconds between two requests to one host
        self.scope = Scope(source)
        self._own = places(source) if source.allow_private else frozenset[HostPort]()
        self.frontier = Frontier(corpus, source.id)
        self.run = catalogue.start_run(source.id)
        self.done = Count()
        self.floors: dict[str, float] = {}  # host → seconds between requests by its robots.txt
        self.ended: tuple[str, str] | None = None  # (reason, sentence) when something ended the run early
        self._begun = time.monotonic()
        self._handed = 0
        self._saw_start = False
        self._looked = False  # for what was left over
        # Kept back of a run's pages, so that a site larger than these is asked for what it has removed too.
        self._reserve = min(catalogue.documents_held(source.id), int(SHARE * limits.pages))
        self._closed: dict[HostPort, tuple[str, str]] = {}  # why nothing more is asked there in this run
        self._silent: Counter[HostPort] = Counter()  # requests in a row without a usable answer
        self._patterns: Counter[str] = Counter()
        self._sitemaps = 0
        for url in source.start_urls:
            until = float(self.frontier.fact(_not_before(url)) or 0)
            if time.time() < until <= time.time() + LONGEST_SILENCE:  # a clock may have been wrong
                self.close_host(url, "asked_to_wait", _come_back(url, until))

    # --- what may still be done -----------------------------------------------------------------------

    def next_entry(self) -> Entry | None:
        """The address to fetch next, marked as taken; None when there is none, or no more for this run."""
        while self.over() is None and (entry := self._first()) is not None:
            page = entry.about.get("role", PAGE) == PAGE
            if page and not self._still_wanted(entry.url):
                self.frontier.done(entry.url)
                continue
            self.frontier.take(entry.url)
            self._handed += page
            self._saw_start |= entry.url in self.source.start_urls
            return entry
        return None

    def _still_wanted(self, url: str) -> bool:
        """Between a killed run and this one sources.toml may have changed, and documents been removed."""
        scope = self.scope
        belongs = scope.covers(url) or scope.covers_file(url) or scope.leads_in(url)
        return belongs and not self.catalogue.forgotten(url)

    def _first(self) -> Entry | None:
        """The best queued address whose server is not closed."""
        if not self._closed:
            return next(iter(self.frontier.best(1)), None)
        found = (e for count in (20, 20_000) for e in self.frontier.best(count) if not self.is_closed(e.url))
        return next(found, None)

    def has_next(self) -> bool:
        return self.over() is None and self.frontier.queued > 0 and self._first() is not None

    def over(self) -> str | None:
        """Why nothing more is fetched in this run; None while it may go on."""
        if self.ended is not None:
            return self.ended[0]
        if self._handed >= self.limits.pages - self._reserve:
            return PAGE_LIMIT
        if self.done.bytes_ >= self.limits.bytes_:
            return "byte_limit"
        if time.monotonic() - self._begun >= self.limits.seconds:
            return "time_limit"
        return None

    def left_over(self) -> list[str]:
        """What is to be asked for when nothing is left to do, once in a run: addresses of documents that are
        held and that no link led to. A page is seldom removed without the links to it, and stays in the
        results until its server has said that it is gone.

        Also the start, where a run that was continued did not come by it: it tells whether the site answers.
        """
        full = self.over() == PAGE_LIMIT
        if self._looked or (self.over() is not None and not full):
            return []
        self._looked = True
        room = self._reserve if full else self.limits.pages - self._handed
        wanted = () if self._saw_start else self.source.start_urls
        found = [u for u in wanted if not self.is_closed(u)]
        for url in self.catalogue.addresses_held(self.source.id):
            if len(found) >= room:
                break
            if not self.frontier.is_done(url) and not self.is_closed(url) and self._still_wanted(url):
                found.append(url)
        self._reserve = self._reserve - len(found) if full else 0
        return found

    def is_anothers(self, url: str) -> bool:
        """Whether ``url`` is at a private address that another source, not this one, may connect to."""
        place = host_port(url)
        return self.guard.is_exempt(*place) and place not in self._own

    # --- what belongs to it ---------------------------------------------------------------------------

    def wants(self, link: Link, inside: bool) -> bool:
        """Whether a link is to be queued; ``inside`` says that the page it stands on is in scope."""
        url = link.url
        if link.nofollow or url in self.frontier:
            return False
        kind = names(url)
        if kind == "other":
            return False
        file = is_file_link(url, link.anchor)
        if kind == "image" and not file:
            return False
        scope = self.scope
        elsewhere = inside and ((file and scope.covers_file(url)) or scope.leads_in(url))
        return (scope.covers(url) or elsewhere) and self.may_queue(url)

    def wants_sitemap(self, url: str) -> bool:
        """Whether a sitemap that another one leads to is to be queued."""
        if url in self.frontier or not self.scope.on_host(url):
            return False
        self._sitemaps += 1
        if self._sitemaps > MOST_SITEMAPS:
            self.done.traps["endless"] += 1
            return False
        return True

    def wants_listed(self, url: str) -> bool:
        """Whether an address that a sitemap lists is to be queued."""
        if url in self.frontier or not self.scope.covers(url) or names(url) not in ("page", "document"):
            return False
        return self.may_queue(url)

    def may_queue(self, url: str) -> bool:
        """Whether a new address is neither a trap nor removed on request."""
        if self.frontier.queued >= QUEUE * self.limits.pages:
            self.done.traps["queue_full"] += 1
            return False
        why = trap(url)
        if why is None and not self._fits_pattern(url):
            why = "endless"
        if why is not None:
            self.done.traps[why] += 1
            return False
        return not self.catalogue.forgotten(url)

    def _fits_pattern(self, url: str) -> bool:
        patterns = [p for p in (numbered(url), combined(url)) if p is not None]
        self._patterns.update(patterns)
        most = max(100, SHARE * self.limits.pages)
        return all(self._patterns[p] <= most for p in patterns)

    def leaves(self, url: str, target: str, role: str) -> bool:
        """Whether a redirect from ``url`` to ``target`` leads off the source."""
        scope = self.scope
        if role == SITEMAP:
            return not scope.on_host(target)
        if scope.covers(target) or scope.leads_in(target):
            return False
        file = names(target) == "document" or not scope.covers(url)
        return not (file and scope.covers_file(target))

    def circle(self, url: str, target: str) -> list[str] | None:
        """The addresses of a circle of redirects that ``url`` → ``target`` closes, or None.

        All of them may have been queued by links before any was fetched, so the chain of one request alone
        does not show it.
        """
        seen = [url]
        while target in self.frontier and len(seen) <= 10:
            if target in seen:
                return [*seen, target]
            answer = self.catalogue.last_answer(target)
            if answer is None or answer.redirect_to is None:
                return None
            seen.append(target)
            target = answer.redirect_to
        return None

    def found_sitemaps(self, robots_url: str, lines: list[str]) -> None:
        """Queue the sitemaps that a robots.txt names, where they are on the source's hosts."""
        for line in lines:
            url = canonical(line, robots_url)
            if url and self.scope.on_host(url):
                self.frontier.add(Entry(url, SITEMAPS_FIRST, {"role": SITEMAP, "depth": 0, "level": 0}))

    # --- what came of it ------------------------------------------------------------------------------

    def answered(self, url: str) -> None:
        """The server of ``url`` gave a usable answer: it is not down."""
        self._silent.pop(host_port(url), None)

    def silent(self, url: str, reason: str, message: str) -> None:
        """The server of ``url`` gave no usable answer; after DOWN of these in a row it is left alone."""
        self._silent[host_port(url)] += 1
        if self._silent[host_port(url)] >= DOWN:
            self.close_host(url, reason, message)

    def close_host(self, url: str, reason: str, message: str) -> None:
        """Ask nothing more of the server of ``url`` in this run; what is queued there stays for the next."""
        place = host_port(url)
        if place in self._closed or self.ended is not None:
            return
        self._closed[place] = (reason, message)
        for start in [u for u in self.source.start_urls if host_port(u) == place][:1]:
            self.fail(start, reason, message)

    def starts_at(self, url: str) -> bool:
        """Whether a start address is at the server of ``url``: when that is down, the source is."""
        return host_port(url) in {host_port(u) for u in self.source.start_urls}

    def asked_to_wait(self, url: str, seconds: float) -> None:
        """A server asked for more patience than a run has: go on in a later run, not before that."""
        until = time.time() + seconds
        self.frontier.set_fact(_not_before(url), str(until))
        self.close_host(url, "asked_to_wait", _come_back(url, until))

    def is_closed(self, url: str) -> bool:
        return host_port(url) in self._closed

    def why_closed(self, url: str) -> tuple[str, str] | None:
        """(reason, sentence) when nothing more is asked of the server of ``url`` in this run."""
        return self.ended or self._closed.get(host_port(url))

    def fail(self, url: str, reason: str, message: str) -> None:
        stage = "robots" if reason == REFUSED_BY_ROBOTS else "fetch"
        self.catalogue.add_failure(self.source.id, url, stage, reason, message)
        if reason == REFUSED_BY_ROBOTS:
            self.done.refused_by_robots += 1
        elif reason == NOT_ON_TOPIC:
            self.done.not_on_topic += 1
        else:
            self.done.failures += 1

    def succeed(self, url: str) -> None:
        self.catalogue.clear_failure(self.source.id, url)

    def count(self, role: str, status: int, length: int, *, changed: bool, known: bool) -> None:
        """One answer more; ``length`` in bytes. An error or a redirect is nothing new."""
        self.done.bytes_ += length
        if role == PAGE:
            self.done.pages += 1
            if status not in (200, 304):
                return
            if not changed:
                self.done.unchanged += 1
            elif known:
                self.done.changed += 1
            else:
                self.done.new += 1

    def commit(self) -> None:
        """The catalogue first: an address that is done in the frontier has its capture for sure."""
        try:
            self.catalogue.commit()
            self.frontier.commit()
        except (CatalogueError, sqlite3.Error) as e:
            self.cannot_write(e)

    def cannot_write(self, error: Exception) -> None:
        """The disk is full, or worse: end at once, before anything is fetched that cannot be kept."""
        self.ended = (
            CANNOT_WRITE,
            f"{self.corpus} cannot be written ({error}). Everything fetched before is kept; make room, "
            "run it again, and it goes on where it was.",
        )

    def close(self) -> tuple[bool, str]:
        """End the run: (whether everything was gone through, why it ended)."""
        reason = self.over()
        if reason is None and self.frontier.queued:
            reason = next(iter(self._closed.values()))[0] if self._closed else "stopped"
        if reason is None and self._closed:
            reason = next(iter(self._closed.values()))[0]
        finished = reason is None
        if finished or reason == PAGE_LIMIT:
            # The page limit is meant for every run alike: the next begins at the start, best first.
            self.frontier.clear()
        self.frontier.close()
        self.archive.close()
        done = self.done
        self.catalogue.finish_run(
            self.run, finished=finished, reason=reason or "finished", pages=done.pages, bytes_=done.bytes_
        )
        return finished, reason or "finished"


def places(source: Source) -> frozenset[HostPort]:
    """The hosts and ports that a source names as its own."""
    return frozenset(host_port(url) for url in (*source.start_urls, *source.sitemaps))


def host_port(url: str) -> HostPort:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _not_before(url: str) -> str:
    return "not_before {}:{}".format(*host_port(url))


def _come_back(url: str, until: float) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(until))
    return f"{host_port(url)[0]} asks not to be visited before {when} UTC."
