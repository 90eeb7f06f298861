"""Every answer is kept as it came, and asked for again only if it has changed.

The Scrapy middlewares between the downloader and the rest: conditional requests, WARC records, rows in the
catalogue, redirects that stay on the source. Not for following links (``spider``).
"""

from __future__ import annotations

import hashlib
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Response
from scrapy.utils.response import response_status_message

from indexer import moments
from indexer.catalogue import LOST
from indexer.crawl.archive import read
from indexer.crawl.politeness import visit_of
from indexer.crawl.reasons import Refused
from indexer.crawl.visit import host_port
from indexer.crawl.warc import PAGE, ROBOTS, Exchange, Place, TooLarge, decoded, is_brotli, together
from indexer.errors import ArchiveError, CatalogueError
from indexer.extract.sniff import sniff
from indexer.model import Capture
from indexer.urls import canonical

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_COOKIES = 4_096
"""Characters of the cookies of one chain of redirects."""


class Redirect(RedirectMiddleware):
    """Scrapy follows a redirect wherever it leads and says nothing when it gives up. Here each hop must stay
    on the source, circles are seen at once, and every end has a reason.

    Cookies that a chain of redirects sets are sent back within it, and nowhere else: many sites lead to the
    same address again until they are.
    """

    def handle_referer(self, request: Request, response: Response) -> None:  # noqa: ARG002 - Scrapy's hook
        request.headers.pop("Referer", None)

    def _engine_started(self) -> None:
        pass  # Scrapy warns here that there is no Referer middleware; we send no Referer

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Any:  # noqa: ARG002
        if response.status in REDIRECTS:
            request.meta["cookie"] = _cookies(request, response)
        try:
            return super().process_response(request, response)
        except ValueError:  # Scrapy takes the address apart first
            raise Refused("redirect_off_source", "It redirects to what is no web address.") from None

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        target = canonical(redirected.url)
        if target is None:
            raise Refused(
                "redirect_off_source", f"It redirects to {redirected.url}, which is no web address."
            )
        chain = [*request.meta.get("redirect_urls", []), request.url]
        sent = (request.headers.get("Cookie") or b"").decode("latin-1")
        if redirected.url in chain and redirected.meta["cookie"] == sent:
            raise _circle([*chain, redirected.url])
        if len(chain) > self.max_redirect_times:
            raise Refused(
                "redirect_chain",
                f"It redirects more than {self.max_redirect_times} times, at last to {target}.",
            )
        # Here again with a cookie, or under another spelling (a session in the address): no circle as yet.
        again = target in map(canonical, chain)
        if role(request) != ROBOTS:
            self._check(canonical(request.url) or request.url, target, role(request), again=again)
        redirected = super()._redirect(redirected, request, reason)
        redirected.dont_filter = again
        if host_port(redirected.url)[0] != host_port(request.url)[0]:
            redirected.meta["cookie"] = ""
        for name in ("If-None-Match", "If-Modified-Since", "Cookie"):
            redirected.headers.pop(name, None)
        return redirected

    def _check(self, url: str, target: str, role_: str, *, again: bool) -> None:
        visit = visit_of(self.crawler)
        if visit.leaves(url, target, role_):
            moved = " If the site has moved, change start_urls." if url in visit.source.start_urls else ""
            raise Refused(
                "redirect_off_source", f"It redirects to {target}, which is not part of the source.{moved}"
            )
        if visit.catalogue.forgotten(target):
            raise Refused("forgotten", "It redirects to an address that was removed on request.")
        circle = None if again else visit.circle(url, target)
        if circle:
            raise _circle(circle)
        visit.frontier.done(url)
        visit.succeed(url)


def _circle(urls: list[str]) -> Refused:
    shown = " → ".join(urls[:5]) + (" …" if len(urls) > 5 else "")
    return Refused("redirect_loop", f"It redirects in a circle: {shown}.")


def _cookies(request: Request, response: Response) -> str:
    """The Cookie header of the next request of a chain; "" for none."""
    kept: dict[str, str] = {}
    lines = [*request.meta.get("cookie", "").split("; "), *map(_text, response.headers.getlist("Set-Cookie"))]
    for line in lines:
        name, is_one, value = line.partition(";")[0].partition("=")
        if is_one and name.strip():
            kept[name.strip()] = value.strip()
    cookie = "; ".join(f"{name}={value}" for name, value in kept.items())
    return cookie if len(cookie) <= MOST_COOKIES else ""


def role(request: Request) -> str:
    """What a request is made for: page, sitemap or robots."""
    if request.meta.get("dont_obey_robotstxt"):
        return ROBOTS
    return str(request.meta.get("role", PAGE))


class Keep:
    """Asks conditionally, writes WARC and catalogue, and hands on the payload with its media type."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._limit: int = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Keep:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if visit_of(self._crawler).is_anothers(request.url):
            raise Refused("refused_address", "It is inside a network, where another source only may connect.")
        request.headers.setdefault("Accept-Encoding", "gzip, deflate")
        if request.meta.get("cookie"):
            request.headers["Cookie"] = request.meta["cookie"]
        if role(request) != PAGE:
            return
        held = self._held(request)
        if held is not None:
            if etag := held.headers.get("etag"):
                request.headers["If-None-Match"] = etag
            if modified := held.headers.get("last-modified"):
                request.headers["If-Modified-Since"] = modified

    def _held(self, request: Request) -> Capture | None:
        visit, url = visit_of(self._crawler), canonical(request.url)
        if url is None or visit.catalogue.is_lost(visit.source.id, url):
            return None  # to be sent again as a whole
        return visit.catalogue.last_capture(url)

    def process_response(self, request: Request, response: Response) -> Response:
        headers = _headers(response)
        try:
            payload = decoded(response.body, headers, self._limit)
        except TooLarge:
            raise Refused(
                "too_large", f"The answer is larger than {self._limit:,} bytes when unpacked."
            ) from None
        for_page = role(request) == PAGE
        held = self._held(request) if for_page and response.status in (200, 304) else None
        digest = hashlib.sha256(payload).hexdigest()
        same = held if held is not None and (response.status == 304 or held.digest == digest) else None
        exchange = Exchange(
            source=visit_of(self._crawler).source.id,
            url=canonical(request.url) or request.url,
            requested=request.url,
            fetched_at=moments.now(),
            request_headers=_pairs(request.headers),
            protocol=response.protocol or "HTTP/1.1",
            status=response.status,
            reason=response_status_message(response.status).partition(" ")[2],
            headers=_pairs(response.headers),
            body=payload if is_brotli(headers.get("content-encoding", "")) else response.body,
            digest=same.digest if same else digest,
            media_type=same.media_type if same else _media_type(payload, headers, request.url),
            role=role(request),
            ip=str(response.ip_address) if response.ip_address else None,
            redirect_to=_target(request.url, headers) if response.status in REDIRECTS else None,
            repeats=_place(same) if same else None,
        )
        self._keep(exchange, headers, same)
        visit_of(self._crawler).count(
            exchange.role, response.status, len(response.body), changed=same is None, known=held is not None
        )
        if same is not None and response.status == 304:
            payload = self._payload(same)
            for name in ("content-type", "x-robots-tag"):  # a 304 seldom repeats them
                if name in same.headers:
                    response.headers.setdefault(name, same.headers[name])
        request.meta["media_type"] = exchange.media_type
        response.headers.pop("Content-Encoding", None)
        return Response(
            response.url,
            status=200 if response.status == 304 and same is not None else response.status,
            headers=response.headers,
            body=payload,
            flags=response.flags,
            request=request,
            ip_address=response.ip_address,
            protocol=response.protocol,
        )

    def _keep(self, exchange: Exchange, headers: dict[str, str], same: Capture | None) -> None:
        """Write one exchange to WARC and catalogue. What cannot be kept is not used, and ends the crawl."""
        visit = visit_of(self._crawler)
        try:
            place = visit.archive.append(exchange)
            if exchange.role == PAGE:
                visit.catalogue.add_capture(
                    Capture(
                        0, exchange.source, exchange.url, exchange.fetched_at, exchange.status,
                        exchange.media_type, exchange.digest, place.warc, place.offset, place.length, headers,
                        exchange.redirect_to, same.id if same else None,
                    )
                )  # fmt: skip
            # One commit for each answer: 0.05 ms in WAL mode, and a killed crawl repeats one request at most.
            visit.catalogue.commit()
        except (OSError, CatalogueError) as e:
            visit.cannot_write(e)
            raise Refused("cannot_write", str(e), closes=True) from None

    def _payload(self, held: Capture) -> bytes:
        """The bytes that a 304 says are still good: their links are followed as before."""
        try:
            return read(visit_of(self._crawler).corpus, held.warc, held.offset)[1]
        except ArchiveError as e:
            visit = visit_of(self._crawler)
            visit.catalogue.add_failure(
                visit.source.id, held.url, *LOST, f"{e} The next crawl asks for it anew."
            )
            return b""


def _media_type(payload: bytes, headers: dict[str, str], url: str) -> str:
    return sniff(payload, headers.get("content-type"), url) if payload else ""


def _place(capture: Capture) -> Place:
    return Place(capture.warc, capture.offset, capture.length, capture.url, capture.fetched_at)


def _target(url: str, headers: dict[str, str]) -> str | None:
    location = headers.get("location", "")
    return canonical(location, url) if location else None


def _pairs(headers: Any) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.items()
        for value in values
    ]


def _headers(response: Response) -> dict[str, str]:
    """Response headers with lower-case names, text as the server most likely meant it."""
    return together(
        (name.decode("latin-1"), _text(value))
        for name, values in response.headers.items()
        for value in values
    )


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")  # file names in Content-Disposition, mostly
    except UnicodeDecodeError:
        return value.decode("latin-1")
