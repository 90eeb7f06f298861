"""How do tokens in reading order become postings, sorted by term, document and position?

Not for which words there are (``collect``) nor for merging what has been sorted (``runs``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from indexer.engine.arrays import Array
from indexer.engine.postings import (
    BODY,
    BODY_ONLY,
    FIELDS,
    LONG,
    PAGE_GAP,
    RARE,
    STRETCH,
    Postings,
    changes,
    encode,
    spread,
)

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
    return Postings.join(pieces)


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


def pack(position: Array, long: Array) -> Array:
    """Positions → uint16 elements; those of ``long`` documents take two, high then low."""
    if not long.any():
        return position.astype(np.uint16)
    ends = np.cumsum(1 + long)
    out = np.zeros(ends[-1], np.uint16)
    out[ends - 1] = position & 0xFFFF
    out[ends[long] - 2] = position[long] >> 16
    return out
