"""Which addresses are one document, what it is called by, and which documents are gone.

Pure functions over what the addresses answered (``observe``) and what they hold (``documents``): the same
answers in the same order give the same documents, whether they were read one crawl at a time or all at once
from the archive. Not for reading or storing them (``indexer.ingest``, ``indexer.readings``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from indexer.disjoint import DisjointSets
from indexer.moments import seconds

MOST_REDIRECTS = 10

CONTENT, REDIRECT, MISSING, NOTHING = "content", "redirect", "missing", "nothing"  # states of an address
NOINDEX, SOFT_404, LOGIN, EMPTY, UNSUPPORTED = "noindex", "soft_404", "login", "empty", "unsupported"
REPLACED = "replaced"
"""Verdicts on what an address holds; "" is a good one."""
SILENT = (LOGIN, EMPTY, UNSUPPORTED)
"""What says nothing about the document that was there before."""

STAND_IN = 4
"""Addresses of different titles that come to hold one and the same page: it stands in for what was there, as
"vi uppgraderar" does."""
STAND_IN_DAYS = 30.0
"""Days that such a page has to stand before what was there is gone: rebuilding a site takes weeks."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of an address that says something about it (a server's failure does not)."""

    capture: int
    at: str  # UTC
    status: int
    key: str | None = None  # of the extract of its bytes, for status 200 and 304
    redirect_to: str | None = None
    noindex: bool = False  # by X-Robots-Tag


@dataclass(frozen=True, slots=True)
class Held:
    """What the extract of some bytes says, as far as identity goes."""

    verdict: str = ""
    signature: str = ""  # the same for the same content
    title: str = ""
    canonical: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """What is known of one URL. ``capture`` and ``key`` are of its last good content, also when it has none
    now."""

    url: str
    source: str
    state: str = NOTHING
    verdict: str = ""
    first_capture: int | None = None
    first_seen: str | None = None
    first_title: str = ""
    capture: int | None = None
    captured_at: str | None = None
    key: str | None = None
    signature: str = ""
    title: str = ""
    canonical: str | None = None
    answered_at: str | None = None
    redirect_to: str | None = None
    missing_since: str | None = None
    missing_times: int = 0
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """One document: the addresses at which it is."""

    id: str
    url: str  # the address it is known by
    also_at: tuple[str, ...]  # others that lead to it, redirects included
    linked_as: frozenset[str]  # every address under which links may name it
    timeline: tuple[str, ...]  # addresses whose contents, in order, are its versions
    first_seen: str


def document_id(url: str) -> str:
    """Twelve hex digits, from the canonical address where a document was first seen."""
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def observe(
    url: str,
    source: str,
    answers: Iterable[Answer],
    held: Mapping[str, Held],
    gone_days: float,
    stand_ins: Collection[str] = (),
) -> Address:
    """What the answers of one address, oldest first, say of it. ``held`` is by extract key; ``stand_ins`` are
    signatures of pages that were put in place of many.

    What it held is gone when it has answered 404 or 410, with a page that says so, or with a redirect, at
    least twice and at least ``gone_days`` apart, and never with content between: a site that is mended for a
    day sends everyone to one page. A page that asks for a password says nothing, nor do bytes that are not in
    ``held``, nor a redirect to another host: a site that has moved there is still to be found here.
    """
    a = Address(url, source)
    for answer in answers:
        if answer.status in (200, 304):
            if answer.key is not None and answer.key in held:
                a = _content(a, answer, held[answer.key], gone_days, stand_ins)
        elif answer.status in (404, 410):
            a = _missing(a, answer.at, gone_days)
        elif answer.redirect_to not in (None, url):  # to itself: with a session or a cookie
            there = a if _host(answer.redirect_to) != _host(url) else _missing(a, answer.at, gone_days)
            a = replace(there, state=REDIRECT, redirect_to=answer.redirect_to)
    return a


def _host(url: str | None) -> str:
    return (urlsplit(url or "").hostname or "").removeprefix("www.")


def stands_in(title: str, key: str, held: Held, stand_ins: Collection[str]) -> bool:
    """Whether a page is one that was put in place of many, at an address that first had ``title``. Of files,
    one may have taken the place of several editions."""
    is_page = " " in key
    return is_page and held.signature in stand_ins and title not in ("", held.title)


def _content(a: Address, answer: Answer, held: Held, gone_days: float, stand_ins: Collection[str]) -> Address:
    verdict = NOINDEX if answer.noindex else held.verdict
    if verdict == SOFT_404:
        return replace(_missing(a, answer.at, gone_days), verdict=SOFT_404)
    if not verdict and stands_in(a.first_title, answer.key or "", held, stand_ins):
        return replace(_missing(a, answer.at, max(gone_days, STAND_IN_DAYS)), verdict=REPLACED)
    if verdict in SILENT:
        return a if a.key else replace(a, verdict=verdict, answered_at=answer.at)
    new = a.key != answer.key
    first = a.first_capture is None
    return replace(
        a,
        state=CONTENT,
        verdict=verdict,
        first_capture=answer.capture if first else a.first_capture,
        first_seen=answer.at if first else a.first_seen,
        first_title=held.title if first else a.first_title,
        capture=answer.capture if new else a.capture,
        captured_at=answer.at if new else a.captured_at,
        key=answer.key,
        signature=held.signature,
        title=held.title,
        canonical=held.canonical,
        answered_at=answer.at,
        redirect_to=None,
        missing_since=None,
        missing_times=0,
        gone=False,
    )


def _missing(a: Address, at: str, gone_days: float) -> Address:
    since = a.missing_since or at
    times = a.missing_times + 1
    gone = times >= 2 and seconds(at) - seconds(since) >= gone_days * 86_400
    return replace(a, state=MISSING, missing_since=since, missing_times=times, gone=a.gone or gone)


# --- which addresses are one document ---------------------------------------------------------------------


def documents(
    addresses: Mapping[str, Address],
    ever: Callable[[str], Iterable[str]],
    alike: Callable[[str, str], bool],
) -> dict[str, Group]:
    """Document id → its addresses, for everything that belongs in the results.

    ``ever(signature)`` names the addresses that have ever held that content; ``alike(one, other)`` says
    whether two pages have most of their text in common.

    1. Addresses with the same content are one document, and so are a page and the one it names as canonical
       when they are alike (a canonical link to quite another page is a mistake of the site).
    2. A document has moved when its address answers no more and its content is or was at another one, or
       when it redirects to an address that was unknown until then and has the same title.
    3. The id is that of the address where the document was first seen. It is known by the address that
       others name as canonical, else by one that answers, without a query, over https, seen first.
    """
    alive = {u: a for u, a in addresses.items() if a.state == CONTENT and not a.verdict}
    heirs = _heirs(addresses, alive, ever)
    waiting = {
        url: a
        for url, a in addresses.items()
        if a.state in (MISSING, REDIRECT) and _is_good(a) and not a.gone and url not in heirs
    }
    present = alive | waiting
    named = _canonical(present, addresses, alike)
    sets = DisjointSets(present)
    by_signature: dict[str, str] = {}
    for url in sorted(present, key=lambda u: _age(present[u])):
        if present[url].signature:
            sets.join(url, by_signature.setdefault(present[url].signature, url))
        if url in named:
            sets.join(url, named[url])
    ends: dict[str, list[str]] = {}  # final address → addresses that redirect there
    for url, a in addresses.items():
        # Where a document is gone, its address leads the readers on, and is none of the page they come to.
        if a.state == REDIRECT and url not in present and (url in heirs or not _is_good(a)):
            end = resolve(url, addresses)
            if end is not None and end in present:
                ends.setdefault(end, []).append(url)
    olds: dict[str, list[str]] = {}
    for old, new in heirs.items():
        olds.setdefault(new, []).append(old)
    return {g.id: g for g in (_group(m, present, addresses, named, ends, olds) for m in sets.all())}


def resolve(url: str, addresses: Mapping[str, Address]) -> str | None:
    """Where redirects from ``url`` end; None for a circle or a chain over ten."""
    seen = {url}
    while (a := addresses.get(url)) is not None and a.state == REDIRECT and a.redirect_to:
        url = a.redirect_to
        if url in seen or len(seen) > MOST_REDIRECTS:
            return None
        seen.add(url)
    return url


def _is_good(a: Address) -> bool:
    """Whether it has held something that belongs in the results."""
    return a.key is not None and a.verdict in ("", SOFT_404, REPLACED)


def _age(a: Address) -> tuple[str, str]:
    return a.first_seen or "", a.url


def _heirs(
    addresses: Mapping[str, Address], alive: Mapping[str, Address], ever: Callable[[str], Iterable[str]]
) -> dict[str, str]:
    """Address that answers no more → the address where its document goes on."""
    found = {}
    for url, a in addresses.items():
        if a.state not in (MISSING, REDIRECT) or not _is_good(a):
            continue
        same = set(ever(a.signature)) if a.signature else set()
        target = resolve(url, addresses) if a.state == REDIRECT else None
        if target is not None and target in alive:
            new = alive[target]
            moved = (new.first_seen or "") > (a.captured_at or "") and _same_title(a.title, new.first_title)
            if target in same or moved:
                found[url] = new.url
        elif a.state == MISSING:
            candidates = [alive[u] for u in same if u in alive]
            if candidates:
                found[url] = min(candidates, key=_age).url
    return found


def _same_title(one: str, other: str) -> bool:
    return bool(one) and " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def _canonical(
    present: Mapping[str, Address],
    addresses: Mapping[str, Address],
    alike: Callable[[str, str], bool],
) -> dict[str, str]:
    """Page → the page that it names as canonical, where that is held and alike."""
    found = {}
    for url, a in present.items():
        if a.canonical and a.canonical != url:
            target = resolve(a.canonical, addresses)
            if target is not None and target in present and target != url and alike(url, target):
                found[url] = target
    return found


def _group(
    members: list[str],
    present: Mapping[str, Address],
    addresses: Mapping[str, Address],
    named: Mapping[str, str],
    ends: Mapping[str, list[str]],
    olds: Mapping[str, list[str]],
) -> Group:
    canonical = {named[m] for m in members if m in named and named[m] not in named}
    url = min(
        members,
        key=lambda u: (
            u not in canonical,
            present[u].state != CONTENT,
            "?" in u,
            not u.startswith("https:"),
            _age(present[u]),
        ),
    )
    before = _before(members, olds)
    first = min((addresses[u] for u in (*members, *before)), key=_age)
    redirects = [r for m in members for r in ends.get(m, ())]
    also_at = sorted({*members, *redirects} - {url})
    return Group(
        document_id(first.url),
        url,
        tuple(also_at),
        frozenset((*members, *redirects, *before)),
        tuple(sorted({*before, url}, key=lambda u: _age(addresses[u]))),
        first.first_seen or "",
    )


def _before(members: Iterable[str], olds: Mapping[str, list[str]]) -> list[str]:
    """Every address at which the document was before it came to these, however often it moved."""
    found: list[str] = []
    left = list(members)
    while left:
        for old in olds.get(left.pop(), ()):
            if old not in found:
                found.append(old)
                left.append(old)
    return found
