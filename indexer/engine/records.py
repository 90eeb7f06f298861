"""How does a document lie in the index? Its pages, its card (what a hit list shows), and the rest, as texts.

A page: heading, label and anchor before U+001E, divided by U+001F, then its text. Card and rest: JSON arrays
in the order of the names below. Not for compression (``segment`` reads frames, ``collect`` writes them).
"""

from __future__ import annotations

import json
from dataclasses import fields, make_dataclass, replace
from operator import attrgetter, itemgetter
from typing import Any

from indexer.engine import native
from indexer.model import Contact, Document, Evidence, FoundOn, OutlineEntry, Page

CARD = (
    "id", "url", "title", "format", "source", "also_at", "kind", "language", "published", "years",
    "municipalities", "counties", "areas", "publisher", "organisation_type", "found_on", "anchor", "headings",
    "page_count", "read_by", "problem", "first_seen", "fetched_at", "checked_at", "version", "digest",
    "capture", "series",
)  # fmt: skip
_TUPLES = frozenset(("also_at", "years", "municipalities", "counties", "areas", "headings"))
_TUPLE_PLACES = tuple(i for i, name in enumerate(CARD) if name in _TUPLES)
_card = attrgetter(*CARD)
_UNIT, _RECORD = "\x1f", "\x1e"
_decode = vars(json.JSONDecoder())["scan_once"]  # what json.loads comes to, in half the time
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def pack_page(page: Page) -> str:
    if page.heading is None and page.label is None and page.anchor is None:
        return _RECORD + page.text
    head = (page.heading, page.label, page.anchor)
    return _UNIT.join("" if h is None else " " + _plain(h) for h in head) + _RECORD + page.text


def unpack_page(number: int, packed: bytes) -> Page:
    if native.kernel is not None:
        return _pages.unpack(number, packed)  # type: ignore[no-any-return]
    head, _, text = packed.decode().partition(_RECORD)
    if not head:
        return Page(number, text)
    heading, label, anchor = (h[1:] if h else None for h in head.split(_UNIT))
    return Page(number, text, heading, label, anchor)


def _plain(text: str) -> str:
    return text.replace(_UNIT, " ").replace(_RECORD, " ")


def pack_card(d: Document) -> str:
    return _encode(_card(d))


def pack_rest(d: Document) -> str:
    """Empty when there is nothing more to say than the card does."""
    if not (d.contacts or d.links or d.evidence or d.outline or d.alike):
        return ""
    return _encode([
        [[c.role, c.name, c.email, c.phone] for c in d.contacts],
        [[f.url, f.anchor, f.headings] for f in d.links],
        [[e.field, e.value, e.rule, e.text] for e in d.evidence],
        [[o.level, o.title, o.page] for o in d.outline],
        d.alike,
    ])  # fmt: skip


_FIELDS = tuple(f.name for f in fields(Document))
_PLACES = tuple(CARD.index(name) if name in CARD else len(CARD) for name in _FIELDS)
"""Where on a card each field of a document stands; past its end those that are not on it, all of them
lists.
"""
_in_order = itemgetter(*_PLACES)
_Unfrozen = make_dataclass("_Unfrozen", _FIELDS, slots=True)


def made(values: tuple[Any, ...]) -> Document:
    """What ``Document(*values)`` makes, in an eighth of the time: a search makes ten, indexing all."""
    document: Any = _Unfrozen(*values)  # Document passes each field by its guard against changes
    document.__class__ = Document  # has the same slots
    return document  # type: ignore[no-any-return]


def unpack(card: bytes, rest: bytes = b"") -> Document:
    """A document without text; without ``rest`` also without what that holds."""
    document: Document | None = cards.unpack(card) if native.kernel is not None else None
    if document is None:
        document = _unpack(card)
    if not rest:
        return document
    contacts, links, evidence, outline, *alike = json.loads(rest)
    return replace(
        document,
        contacts=tuple(Contact(*c) for c in contacts),
        links=tuple(FoundOn(url, anchor, tuple(headings)) for url, anchor, headings in links),
        evidence=tuple(Evidence(*e) for e in evidence),
        outline=tuple(OutlineEntry(*o) for o in outline),
        alike=tuple(*alike),
    )


def _unpack(card: bytes) -> Document:
    values: list[Any] = _decode(card.decode(), 0)[0]
    for i in _TUPLE_PLACES:
        values[i] = tuple(values[i])
    values.append(())
    return made(_in_order(values))


if native.kernel is not None:
    cards = native.kernel.Cards(Document, CARD, [f for f in _FIELDS if f not in CARD])
    _pages = native.kernel.Pages(Page, ("number", "text", "heading", "label", "anchor"))
