"""What happens to every request before and after the pages: who asks, in which language, how often, and
with which headers and encoding the answer leaves. A WSGI layer around the application; no page is known here.
"""

from __future__ import annotations

import gzip
import ipaddress
import re
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from indexer.errors import SettingError
from indexer.model import LANGUAGES
from search_web.texts import preferred

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # Search terms stand in our addresses: no other site is told which one led to it.
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")

COMPRESS_FROM = 600  # bytes; below that gzip's own frame eats the gain
COMPRESS_LEVEL = (
    4  # measured on result pages of 45 kB: level 4 gives 8.6 kB in 0.5 ms, level 9 8.1 kB in 1.1 ms
)
COMPRESSIBLE = re.compile(r"text/|application/(?:json|problem\+json|xml|atom\+xml|.*\+json)|image/svg")
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(?::\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?")
ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?")
SHARED = re.compile(r"/api/v1/|/static/kompass-search-\d+\.js$")
PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
HOP = re.compile(r"(?P<v4>[0-9.]+):\d+|\[(?P<v6>[0-9A-Fa-f:.]+)\](?::\d+)?")


class Proxies:
    """The addresses whose X-Forwarded-* headers are believed. Raises SettingError."""

    def __init__(self, setting: str) -> None:
        self.networks: tuple[Network, ...] = tuple(map(network, filter(None, re.split(r"[\s,]+", setting))))

    def trusts(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped  # so a socket on :: names those who connect by IPv4
        return any(ip in network for network in self.networks)

    def client(self, environ: Environ) -> str:
        """The address that asks: the last one in X-Forwarded-For that is no proxy of ours."""
        address = str(environ.get("REMOTE_ADDR") or "")
        for hop in reversed(str(environ.get("HTTP_X_FORWARDED_FOR") or "").split(",")):
            if not self.trusts(address) or not hop.strip():
                break
            with_port = HOP.fullmatch(hop.strip())  # some proxies write where a reader connects from so
            address = (with_port["v4"] or with_port["v6"]) if with_port else hop.strip()
        return address


def network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise SettingError(
            f"trusted_proxies: {text!r} is no address. Write 10.0.0.1 or 10.0.0.0/8, with commas between."
        ) from None


def bucket_of(address: str) -> str:
    """Whom a limit counts as one: an IPv4 address, or an IPv6 /64, which is what one household gets."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False).network_address)
    return str(ip)


class Origins:
    """The sites whose scripts may read the API and load the search box, from the setting allowed_origins.

    Nothing else is shared, and nothing that knows who asks: there are no cookies. Raises SettingError.
    """

    def __init__(self, setting: str) -> None:
        self.known = frozenset(part.rstrip("/") for part in re.split(r"[\s,]+", setting) if part)
        for origin in self.known:
            if origin != "*" and not ORIGIN.fullmatch(origin):
                raise SettingError(
                    f"allowed_origins: {origin!r} is not an origin. Write https://www.example.se, or *."
                )

    def share(self, environ: Environ, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The headers of an answer with those that let another site read it, where it may."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not SHARED.match(environ["PATH_INFO"]):
            return headers
        allowed = "*"
        if "*" not in self.known:
            headers, allowed = vary(headers, "Origin"), str(environ.get("HTTP_ORIGIN") or "")
            if allowed not in self.known:
                return headers
        return [
            *headers,
            ("Access-Control-Allow-Origin", allowed),
            ("Access-Control-Expose-Headers", "ETag, Link, Retry-After"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
        ]


AT_ONCE = 6
"""Answers that are made for one address at a time: pages take milliseconds and come one after the other, so
only long searches meet."""
FREE = 0.1
"""Seconds of a processor that an answer may take as part of its request."""


class RateLimit:
    """A token bucket for each address: ``per_minute`` in the long run, a quarter of it at once. 0: no limit.

    What takes long to answer costs more: one address gets half a processor in the long run, and AT_ONCE
    answers at a time. Counted in each process by itself; the 10,000 addresses seen last are remembered, in
    memory only.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = per_minute / 60
        self.burst = max(1.0, per_minute / 4)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()

    def wait(self, address: str, cost: float = 1) -> float:
        """Takes ``cost`` tokens; seconds until there are as many, 0 when the request may pass."""
        if not self.rate:
            return 0.0
        now, bucket, cost = self._clock(), bucket_of(address), min(cost, self.burst)
        with self._lock:
            tokens, at = self._buckets.pop(bucket, (self.burst, now))
            tokens = min(self.burst, tokens + (now - at) * self.rate)
            allowed = tokens >= cost
            self._buckets[bucket] = (tokens - cost if allowed else tokens, now)
            if len(self._buckets) > 10_000:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (cost - tokens) / self.rate

    def begin(self, address: str) -> float:
        """One answer more for ``address``; 0, or seconds to wait when AT_ONCE are being made already."""
        with self._lock:
            self._busy[bucket_of(address)] += 1
            return 1.0 if self.rate and self._busy[bucket_of(address)] > AT_ONCE else 0.0

    def end(self, address: str, seconds: float) -> None:
        """An answer is made and took ``seconds`` of a processor. Nobody waits for over two minutes."""
        bucket = bucket_of(address)
        with self._lock:
            self._busy[bucket] -= 1
            if self._busy[bucket] <= 0:
                del self._busy[bucket]
            if self.rate and seconds > FREE and bucket in self._buckets:
                tokens, at = self._buckets[bucket]
                self._buckets[bucket] = max(tokens - 2 * seconds * self.rate, -120 * self.rate), at


def place(environ: Environ, base_path: str, proxies: Proxies) -> None:
    """Works out origin, base path and language of a request, and leaves PATH_INFO as the pages know it."""
    trusted = proxies.trusts(str(environ.get("REMOTE_ADDR") or ""))
    scheme = environ.get("wsgi.url_scheme", "http")
    host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME')}:{environ.get('SERVER_PORT')}"
    base = base_path
    if trusted:
        if environ.get("HTTP_X_FORWARDED_PROTO") in ("http", "https"):
            scheme = environ["HTTP_X_FORWARDED_PROTO"]
        host = str(environ.get("HTTP_X_FORWARDED_HOST") or host).rpartition(",")[2].strip()
        prefix = str(environ.get("HTTP_X_FORWARDED_PREFIX") or "").rstrip("/")
        if prefix and PREFIX.fullmatch(prefix):
            base = prefix
    if not HOST.fullmatch(host):
        host = "localhost"
    path = environ.get("PATH_INFO") or "/"
    # What is no UTF-8 stays to be seen: Bottle leaves it out, and /%FF was the start page. Nor is what moves
    # a terminal or begins a line of the log part of any address of ours.
    path = CONTROL.sub("\ufffd", path.encode("latin-1").decode("utf-8", "replace"))
    path = path.encode("utf-8").decode("latin-1")
    if base and (path == base or path.startswith(base + "/")):
        path = path[len(base) :] or "/"
    language, prefix = preferred(environ.get("HTTP_ACCEPT_LANGUAGE") or ""), ""
    for code in LANGUAGES:
        if path == f"/{code}" or path.startswith(f"/{code}/"):
            language, prefix, path = code, f"/{code}", path[len(code) + 1 :] or "/"
            break
    environ["PATH_INFO"] = path
    environ["SCRIPT_NAME"] = ""
    environ["kompass.base"] = base
    environ["kompass.prefix"] = prefix
    environ["kompass.language"] = language
    environ["kompass.origin"] = f"{scheme}://{host}"
    environ["kompass.client"] = proxies.client(environ)


def accepts_gzip(environ: Environ) -> bool:
    header = str(environ.get("HTTP_ACCEPT_ENCODING") or "").lower()
    return bool(re.search(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:[,\s]|$))", header))


def finish(
    environ: Environ,
    status: str,
    headers: list[tuple[str, str]],
    body: Iterable[bytes],
) -> tuple[list[tuple[str, str]], Iterable[bytes]]:
    """Adds the headers that every answer has, and compresses what is whole, long enough and text."""
    names = {name.lower() for name, _ in headers}
    headers = headers + [(n, v) for n, v in HEADERS if n.lower() not in names]
    if environ.get("kompass.origin", "").startswith("https"):
        headers.append(STRICT_TRANSPORT)
    media_type = next((v for n, v in headers if n.lower() == "content-type"), "")
    if "content-encoding" not in names and COMPRESSIBLE.match(media_type):
        headers = vary(headers, "Accept-Encoding")
        if isinstance(body, list) and status[:3] not in ("204", "304") and accepts_gzip(environ):
            whole = b"".join(body)
            if len(whole) >= COMPRESS_FROM:
                body = [gzip.compress(whole, COMPRESS_LEVEL, mtime=0)]
                headers = [(n, v) for n, v in headers if n.lower() != "content-length"]
                headers += [("Content-Encoding", "gzip"), ("Content-Length", str(len(body[0])))]
    return headers, body


def vary(headers: list[tuple[str, str]], on: str) -> list[tuple[str, str]]:
    known = next((v for n, v in headers if n.lower() == "vary"), "")
    rest = [(n, v) for n, v in headers if n.lower() != "vary"]
    return [*rest, ("Vary", f"{known}, {on}" if known else on)]
