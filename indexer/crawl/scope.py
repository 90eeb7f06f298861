"""Does an address belong to a source? No network, no state."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import regex

from indexer.model import Source

Host = tuple[str, int | None]

_LOG = logging.getLogger(__name__)
_LONGEST = 0.1
"""Seconds that an expression of the source list may take for one address: a million times what most take."""
_INDEX = re.compile(r"(?i:index|default|start|startsida|home|hem)\.\w{2,5}")


class Scope:
    """What belongs to one source: by its own expressions, or else the hosts of start_urls, below their paths.

    A host counts with and without ``www.``, over http and https: municipal sites move between these forms,
    and a redirect from one to the other must not lose the whole source.
    """

    def __init__(self, source: Source) -> None:
        self._source = source.id
        self._allow = [regex.compile(p) for p in source.allow]
        self._deny = [regex.compile(p) for p in source.deny]
        self.starts = tuple((host(url), _below(urlsplit(url).path)) for url in source.start_urls)
        self.hosts = frozenset(h for h, _ in self.starts)
        self._sitemaps = frozenset(host(url) for url in source.sitemaps)

    def covers(self, url: str) -> bool:
        """Whether the page at ``url`` (canonical) is part of the source."""
        if self._denies(url):
            return False
        if self._allow:
            return any(self._matches(p, url) is True for p in self._allow)
        where, path = host(url), urlsplit(url).path
        return any(where == start and _is_below(path, folder) for start, folder in self.starts)

    def _denies(self, url: str) -> bool:
        return any(self._matches(p, url) is not False for p in self._deny)

    def _matches(self, pattern: regex.Pattern[str], url: str) -> bool | None:
        """None when that takes too long, as ``(?:a|a)+$`` may for an address made for it: then the address is
        left out.
        """
        try:
            return pattern.search(url, timeout=_LONGEST) is not None
        except TimeoutError:
            _LOG.warning(
                "%s: the expression %s takes too long for %s, which is left out. "
                "Write it without a repetition inside a repetition.",
                self._source, pattern.pattern, url,
            )  # fmt: skip
            return None

    def covers_file(self, url: str) -> bool:
        """Whether a document that a page of the source links to is part of it: files of a section often lie
        elsewhere on its host (``/download/18.4f…/plan.pdf``): without ``allow`` the host decides."""
        if self._denies(url):
            return False
        return self.covers(url) if self._allow else host(url) in self.hosts

    def leads_in(self, url: str) -> bool:
        """Whether ``url`` is a page that a start address hangs under, by the breadcrumb: ``/`` and ``/barn/``
        of ``/barn/rattigheter/``. Such a page tells how the source is reached and what its site calls it; of
        its links only those into the source are followed. Never with ``allow``, which says all by itself."""
        parts = urlsplit(url)
        if self._allow or parts.query or self._denies(url):
            return False
        path = parts.path if parts.path.endswith("/") else parts.path + "/"
        where = host(url)
        return any(
            where == start and folder != path and folder.startswith(path) for start, folder in self.starts
        )

    def on_host(self, url: str) -> bool:
        """Whether ``url`` is on one of the source's hosts, wherever there: a sitemap, for example."""
        return host(url) in self.hosts or host(url) in self._sitemaps or self.covers(url)


def host(url: str) -> Host:
    """(name without ``www.``, port or None for the usual one) of a canonical address."""
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www."), parts.port


def _below(path: str) -> str:
    """The folder that a start address stands for: /barn/ of /barn/index.html, /barn and /barn.html."""
    folder, _, name = path.rpartition("/")
    if not name or _INDEX.fullmatch(name):
        return folder + "/"
    return f"{folder}/{name.rpartition('.')[0] or name}/"


def _is_below(path: str, folder: str) -> bool:
    if path.startswith(folder):
        return True
    stem = folder[:-1]  # /barn and /barn.html stand for /barn/
    return bool(stem) and (path == stem or (path.startswith(stem + ".") and "/" not in path[len(stem) :]))


def lanes(sources: Iterable[Source]) -> list[list[Source]]:
    """Sources that share a host go one after the other, so that no host is asked by two at a time."""
    found: list[tuple[set[str], list[Source]]] = []
    for source in sources:
        mine = {host(u)[0] for u in (*source.start_urls, *source.sitemaps)}
        members = [source]
        for other in [lane for lane in found if lane[0] & mine]:
            found.remove(other)
            mine |= other[0]
            members = other[1] + members
        found.append((mine, members))
    return [members for _, members in found]
