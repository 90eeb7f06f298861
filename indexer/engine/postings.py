"""How are the postings of a term stored, and how do unsorted tokens become them?

A document is one line of positions: title, headings, link texts (``anchors``), then its pages, each stretch
``PAGE_GAP`` positions away from the next, so that no phrase reaches across. A term has one posting for each
document that holds it in any field. Arrays, term after term:

    docs       uint16   document number modulo 65,536, ascending; ``split`` tells where the next 65,536 begin
    counts     uint8    how often in each field: a code of ``COUNTS``; RARE: look in the rare table
    positions  uint16   one a token; two (high, low) in documents longer than 65,535 positions
    block      uint32   index into ``positions`` of every 32nd posting
    rare_at    uint32   postings that no code describes, ascending
    rare_counts, rare_slots uint32   their four counts, and how many elements of ``positions`` they take

Half the size of plain uint32 arrays, and reading is still one cast. Not for scoring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from indexer.engine.arrays import Array

FIELDS = ("title", "headings", "anchors", "body")
BODY = 3
PAGE_GAP = 50
"""Positions between two pages: the largest distance of words that a phrase or NEAR may ask for."""

PIECE = 16
"""Words between two known places inside a page, so that a snippet needs no scan from the top."""
STRETCH = 1 << 15
"""Words that are handled at once where it does not matter how many: arrays of this size lie in the cache of a
core and in memory that the process holds already. A million at once takes one and a half times as long.
"""
LONG = 1 << 16
BLOCK_BITS = 5
BLOCK = 1 << BLOCK_BITS
RARE = 255
BODY_ONLY = 150
"""Codes 1 … 149 say: so often in the body, nowhere else. Those from here on are listed in ``_MIXED``."""
_MIXED = {
    (1, 0, 0): 30, (0, 1, 0): 20, (0, 0, 1): 10, (1, 1, 0): 15, (1, 0, 1): 8, (0, 1, 1): 8, (1, 1, 1): 8,
    (2, 0, 0): 6,
}  # fmt: skip
"""How often in title, headings, link texts → so many codes, for 0, 1, 2 … times in the body."""


def _codes() -> tuple[Array, Array]:
    counts = np.zeros((256, 4), np.uint32)
    counts[:BODY_ONLY, BODY] = np.arange(BODY_ONLY)
    code_of = np.full((4, 3, 3, BODY_ONLY + 1), RARE, np.uint8)
    code_of[0, 0, 0, :BODY_ONLY] = np.arange(BODY_ONLY)
    code = BODY_ONLY
    for outside, most in _MIXED.items():
        counts[code : code + most, :BODY] = outside
        counts[code : code + most, BODY] = np.arange(most)
        code_of[outside][:most] = np.arange(code, code + most)
        code += most
    return counts, code_of


COUNTS, _CODE_OF = _codes()
"""COUNTS[code] = occurrences in title, headings, anchors, body (uint32)."""
TOTALS = COUNTS.sum(axis=1).astype(np.uint32)
_TOTALS = TOTALS.astype(np.int64)


def encode(counts: Array) -> Array:
    """Codes (uint8) of rows of four counts; RARE where there is none."""
    place = np.zeros(len(counts), np.int64)
    for field, size in enumerate(_CODE_OF.shape):  # the last of each: more often than any code says
        place *= size
        place += np.minimum(counts[:, field], size - 1)
    return _CODE_OF.ravel().take(place)


class Postings(NamedTuple):
    """Postings of several terms, term after term, as they lie in memory between steps.

    ``terms`` (T) ascending, ``df`` (T) postings of each; ``docs``, ``codes`` (P); ``rare_*`` (R) as above
    with ``rare_counts`` (R, 4); ``positions`` (S).
    """

    terms: Array
    df: Array
    docs: Array
    codes: Array
    rare_at: Array
    rare_counts: Array
    rare_slots: Array
    positions: Array

    def slots(self) -> Array:
        """Elements of ``positions`` for each posting, int64 (P)."""
        return _slots(self.codes, self.rare_at, self.rare_slots)


def _slots(codes: Array, rare_at: Array, rare_slots: Array) -> Array:
    slots: Array = _TOTALS.take(codes)
    slots[rare_at] = rare_slots
    return slots


_NONE = np.empty(0, np.uint32)
NO_POSTINGS = Postings(
    _NONE, _NONE, _NONE, _NONE.astype(np.uint8), _NONE, _NONE.reshape(0, 4), _NONE, _NONE.astype(np.uint16)
)


class Layout(NamedTuple):
    """Where the words of some documents stand.

    ``tokens``: words in each stretch (title, each heading, each link text, each page); ``fields``: its field
    (index into FIELDS); ``stretches``: number of stretches of each document.
    """

    tokens: Array
    fields: Array
    stretches: Array

    def starts(self) -> Array:
        """Position where each stretch begins in its document, int64."""
        steps = self.tokens.astype(np.int64) + PAGE_GAP
        ends = np.cumsum(steps)
        first = np.cumsum(self.stretches.astype(np.int64)) - self.stretches
        begin = ends - steps
        return np.asarray(begin - np.repeat(begin[first], self.stretches))

    def documents(self) -> Array:
        """Which document each stretch is of, int64."""
        return np.repeat(np.arange(len(self.stretches)), self.stretches)

    def ends(self, starts: Array) -> Array:
        """Position past the last word of each document, int64."""
        ends = np.zeros(len(self.stretches), np.int64)
        np.maximum.at(ends, self.documents(), starts + self.tokens)
        return ends

    def field_starts(self, starts: Array, beyond: Array) -> list[Array]:
        """Positions where headings, link texts and body begin in each document; ``beyond`` where none do."""
        documents, found = self.documents(), []
        for field in range(1, len(FIELDS)):
            begin = beyond.copy()
            later = self.fields >= field
            np.minimum.at(begin, documents[later], starts[later])
            found.append(begin)
        return found


def invert(
    words: Array, layout: Layout, stems: Array, part_start: Array, parts: Array, base: int
) -> Postings:
    """Tokens in reading order → postings, sorted by term, document, position.

    ``words`` (n): word number of each token; ``stems[word]`` its term;
    ``parts[part_start[word]:part_start[word + 1]]`` the terms of its parts; ``base``: number of the first
    document. Term, document and position go into one 64-bit key, since sorting one array is ten times faster
    than sorting by several, and nothing has to be looked up afterwards. Raises ValueError when they do not
    fit.
    """
    if not len(words):
        return NO_POSTINGS
    starts = layout.starts()
    ends = layout.ends(starts)
    place_bits = int(ends.max()).bit_length()
    doc_bits = len(ends).bit_length()
    top = max(int(stems.max()), int(parts.max(initial=0)))
    if top.bit_length() + doc_bits + place_bits > 64 or place_bits > 32:
        raise ValueError("A chunk of documents has too many words in one document: split the document.")
    bits = _Bits(place_bits, doc_bits)
    first = layout.documents() << place_bits | starts
    keys = _keys(words, first, layout.tokens, stems, part_start, parts, bits)
    keys.sort()
    fields = [begin.astype(np.uint32) for begin in layout.field_starts(starts, ends)]
    long = ends > LONG
    pieces = []
    at = 0
    while at < len(keys):  # to the end of a term, after STRETCH keys
        last = keys[min(at + STRETCH, len(keys)) - 1] | bits.below_term
        stop = int(np.searchsorted(keys, last, "right"))
        pieces.append(_group(keys[at:stop], bits, long, fields, base))
        at = stop
    return _joined(pieces)


class _Bits(NamedTuple):
    """How a key is made up: term, then ``doc`` bits of document, then ``place`` bits of position."""

    place: int
    doc: int

    @property
    def below_term(self) -> np.uint64:
        return np.uint64((1 << self.place + self.doc) - 1)


def _keys(
    words: Array, first: Array, tokens: Array, stems: Array, part_start: Array, parts: Array, bits: _Bits
) -> Array:
    """Keys (uint64) of all tokens and of their parts; ``first``: document and position where each stretch
    begins.
    """
    shift = np.uint64(bits.place + bits.doc)
    whole, some = stems.astype(np.uint64) << shift, parts.astype(np.uint64) << shift
    sizes = np.diff(part_start)
    compound = sizes > 0
    ends = np.cumsum(tokens, dtype=np.int64)
    before = first - (ends - tokens)
    cuts = np.unique(np.searchsorted(ends, np.arange(STRETCH, len(words), STRETCH))).tolist()
    made: list[Array] = []
    for start, stop in pairwise([0, *(c for c in cuts if c), len(tokens)]):
        a, b = (int(ends[at - 1]) if at else 0 for at in (start, stop))
        word = words[a:b].astype(np.int64)
        place = np.repeat(before[start:stop], tokens[start:stop])
        place += np.arange(a, b)
        place = place.view(np.uint64)
        made.append(whole.take(word) | place)
        compounds = np.flatnonzero(compound.take(word))
        word = word.take(compounds)
        size = sizes.take(word)
        part = some.take(spread(part_start.take(word), size))
        part |= np.repeat(place.take(compounds), size)
        made.append(part)
    return np.concatenate(made)


def _group(keys: Array, bits: _Bits, long: Array, fields: Sequence[Array], base: int) -> Postings:
    """Sorted keys → postings. ``long``, ``fields``: which documents are long, where their fields begin."""
    posting = keys >> np.uint64(bits.place)
    first = changes(posting)
    posting = posting.take(first)
    totals = np.diff(first, append=len(keys))
    docs = (posting & np.uint64((1 << bits.doc) - 1)).view(np.int64)
    posting >>= np.uint64(bits.doc)
    begins = changes(posting)
    position = keys.astype(np.uint32)
    position &= np.uint32((1 << bits.place) - 1)

    # A posting whose first position lies in the body is in the body only: positions are in order.
    codes = np.where(totals < BODY_ONLY, totals, RARE).astype(np.uint8)
    mixed = np.flatnonzero(position.take(first) < fields[-1].take(docs))
    several = totals.take(mixed)
    at = position.take(spread(first.take(mixed), several))
    owner = np.repeat(np.arange(len(mixed)), several)
    of_doc = docs.take(mixed).take(owner)
    field = owner * 4
    for begin in fields:
        field += at >= begin.take(of_doc)
    counts = np.bincount(field, minlength=4 * len(mixed)).reshape(-1, 4).astype(np.uint32)
    codes[mixed] = encode(counts)
    is_long = long.take(docs)
    codes[is_long] = RARE

    rare = np.flatnonzero(codes == RARE)
    rare_counts = np.zeros((len(rare), 4), np.uint32)
    rare_counts[:, BODY] = totals[rare]
    if len(mixed):
        known = np.minimum(np.searchsorted(mixed, rare), len(mixed) - 1)
        same = mixed[known] == rare
        rare_counts[same] = counts[known[same]]
    return Postings(
        posting.take(begins).astype(np.uint32),
        np.diff(begins, append=len(first)).astype(np.uint32),
        (docs + base).astype(np.uint32),
        codes,
        rare.astype(np.uint32),
        rare_counts,
        (totals[rare] * (1 + is_long[rare])).astype(np.uint32),
        pack(position, np.repeat(is_long, totals) if is_long.any() else is_long[:0]),
    )


def changes(values: Array) -> Array:
    """Places where another value stands than before (int64), the first among them."""
    other = np.ones(len(values), bool)  # true for the first
    np.not_equal(values[1:], values[:-1], out=other[1:])
    return other.nonzero()[0]


def _joined(pieces: Sequence[Postings]) -> Postings:
    """Postings of terms that follow each other, as one."""
    base, rare_at = 0, []
    for piece in pieces:
        rare_at.append(piece.rare_at + np.uint32(base))
        base += len(piece.docs)
    columns = (np.concatenate(column) for column in zip(*pieces, strict=True))
    return Postings(*columns)._replace(rare_at=np.concatenate(rare_at))


def pack(position: Array, long: Array) -> Array:
    """Positions → uint16 elements; those of ``long`` documents take two, high then low."""
    if not long.any():
        return position.astype(np.uint16)
    ends = np.cumsum(1 + long)
    out = np.zeros(ends[-1], np.uint16)
    out[ends - 1] = position & 0xFFFF
    out[ends[long] - 2] = position[long] >> 16
    return out


class Source(Protocol):
    """Postings that are merged: a run of the bulk writer, or a segment."""

    terms: Array  # ascending, numbered in the merged dictionary
    df: Array

    def read(self, start: int, stop: int) -> Postings:
        """Postings of terms start … stop of ``terms``; documents numbered as in the merged segment."""


class Run:
    """Postings in memory or mapped, as a Source; ``forget``: lets go of what was read of a map."""

    def __init__(self, postings: Postings, forget: Callable[[], None] = lambda: None) -> None:
        self._all = postings
        self._forget = forget
        self.terms = postings.terms
        self.df = postings.df
        self._posting = bounds(postings.df)
        slots = bounds(postings.slots())
        self._slot = slots[self._posting]
        forget()

    def read(self, start: int, stop: int) -> Postings:
        self._forget()
        p = self._all
        a, b = self._posting[start], self._posting[stop]
        c, d = self._slot[start], self._slot[stop]
        e, f = np.searchsorted(p.rare_at, (a, b))
        return Postings(
            p.terms[start:stop],
            p.df[start:stop],
            p.docs[a:b],
            p.codes[a:b],
            p.rare_at[e:f] - np.uint32(a),
            p.rare_counts[e:f],
            p.rare_slots[e:f],
            p.positions[c:d],
        )


def merge(
    sources: Sequence[Source], terms: int, at_once: int = 1 << 19
) -> Iterator[tuple[int, int, Postings]]:
    """Merges sources whose documents come in ascending order, source after source.

    Yields (first term, past the last term, postings of all of them), terms numbered 0 … ``terms``; a term
    that no source has (its documents were deleted) has df 0. About ``at_once`` postings at a time are in
    memory.
    """
    df = np.zeros(terms, np.int64)
    for source in sources:
        df[source.terms] += source.df
    ends = np.cumsum(df)
    start = 0
    while start < terms:
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + at_once, "right")))
        yield start, stop, _merge_some(sources, start, stop)
        start = stop


def _merge_some(sources: Sequence[Source], start: int, stop: int) -> Postings:
    pieces = [s.read(*map(int, np.searchsorted(s.terms, (start, stop)))) for s in sources]
    ids = np.arange(start, stop, dtype=np.uint32)
    counts = np.zeros(stop - start, np.int64)
    for piece in pieces:
        counts[piece.terms - np.uint32(start)] += piece.df
    df = counts.astype(np.uint32)
    if len(pieces) == 1:
        return pieces[0]._replace(terms=ids, df=df)
    # All postings of one source, then of the next …; a block is what one source has of one term.
    terms, sizes, docs, codes, rare_at, rare_counts, rare_slots, positions = (
        np.concatenate(column) for column in zip(*pieces, strict=True)
    )
    rare_at = rare_at + np.repeat(
        np.cumsum([0, *(len(p.docs) for p in pieces[:-1])]), [len(p.rare_at) for p in pieces]
    )
    slot_bounds = bounds(_slots(codes, rare_at, rare_slots))
    order = terms.astype(np.uint64) << np.uint64(32)
    order |= np.arange(len(terms), dtype=np.uint64)
    order.sort()
    order &= np.uint64((1 << 32) - 1)
    of_block = bounds(sizes)
    begin, end = of_block.take(order.view(np.int64)), of_block.take(order.view(np.int64) + 1)
    place = spread(begin, end - begin)
    codes = codes.take(place)
    first_slot = slot_bounds.take(begin)
    rare = np.flatnonzero(codes == RARE)
    row = np.searchsorted(rare_at, place.take(rare))
    return Postings(
        ids,
        df,
        docs.take(place),
        codes,
        rare.astype(np.uint32),
        rare_counts[row],
        rare_slots[row],
        positions.take(spread(first_slot, slot_bounds.take(end) - first_slot)),
    )


def bounds(counts: Array) -> Array:
    """Where each of several stretches begins that lie in a row, and where the last ends (int64)."""
    found = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=found[1:])
    return found


def spread(begin: Array, counts: Array) -> Array:
    """begin[0], begin[0] + 1, … counts[0] times, begin[1], …: places of several stretches."""
    ends = np.cumsum(counts)
    places = np.repeat(begin - (ends - counts), counts)
    places += np.arange(len(places))
    return np.asarray(places)


def renumber(postings: Postings, new_number: Array) -> Postings:
    """Postings of a segment with its documents renumbered; those that become -1 are left out."""
    docs = new_number[postings.docs]
    keep = docs >= 0
    if keep.all():
        return postings._replace(docs=docs.astype(np.uint32))
    slots = postings.slots()
    term = np.repeat(np.arange(len(postings.df)), postings.df)
    rare_keep = keep[postings.rare_at]
    new_at = np.cumsum(keep) - 1
    return Postings(
        postings.terms,
        np.bincount(term[keep], minlength=len(postings.df)).astype(np.uint32),
        docs[keep].astype(np.uint32),
        postings.codes[keep],
        new_at[postings.rare_at[rare_keep]].astype(np.uint32),
        postings.rare_counts[rare_keep],
        postings.rare_slots[rare_keep],
        postings.positions[np.repeat(keep, slots)],
    )
