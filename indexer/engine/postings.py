"""How are the postings of a term stored?

A document is one line of positions: title, headings, link texts (``anchors``), then its pages, each stretch
``PAGE_GAP`` positions away from the next, so that no phrase reaches across. A term has one posting for each
document that holds it in any field. Arrays, term after term:

    docs       uint16   document number modulo 65,536, ascending; ``split`` tells where the next 65,536 begin
    counts     uint8    how often in each field: a code of ``COUNTS``; RARE: look in the rare table
    positions  uint16   one a token; two (high, low) in documents longer than 65,535 positions
    block      uint32   index into ``positions`` of every 32nd posting
    rare_at    uint32   postings that no code describes, ascending
    rare_counts, rare_slots uint32   their four counts, and how many elements of ``positions`` they take

Half the size of plain uint32 arrays, and reading is still one cast. Not for how tokens become postings
(``inversion``) nor for scoring.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

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
        slots: Array = _TOTALS.take(self.codes)
        slots[self.rare_at] = self.rare_slots
        return slots

    @staticmethod
    def join(parts: Sequence[Postings]) -> Postings:
        """The postings of several, those of each after those of the one before."""
        base, rare_at = 0, []
        for part in parts:
            rare_at.append(part.rare_at + np.uint32(base))
            base += len(part.docs)
        columns = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Postings(*columns)._replace(rare_at=np.concatenate(rare_at))


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


def changes(values: Array) -> Array:
    """Places where another value stands than before (int64), the first among them."""
    other = np.ones(len(values), bool)  # true for the first
    np.not_equal(values[1:], values[:-1], out=other[1:])
    return other.nonzero()[0]
