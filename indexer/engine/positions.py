"""Where in their documents do the postings of one segment stand? Positions lie posting after posting.

How many elements a posting takes its code says; where they begin, the first of its block of 32 postings and
the codes between. A document longer than 65,535 positions has two elements for each, the upper 16 bits first.
Not for which documents a term is in (``segment``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from indexer.engine.arrays import Array, ArrayFile, Stored
from indexer.engine.postings import BLOCK, BLOCK_BITS, RARE, TOTALS, bounds, spread

_NEAR = 1 << 20
"""Postings so near each other are checked as one stretch."""


class Positions:
    """``codes``: of all postings of the segment; the rest is in the files ``tab`` and ``pos``."""

    def __init__(self, codes: Stored, tab: ArrayFile, pos: ArrayFile, documents: int) -> None:
        self._codes = codes
        self._tab = tab
        self._block = tab["block"]
        self._values = pos["positions"]
        self._documents = documents

    @cached_property
    def long_docs(self) -> Array:
        """Documents longer than 65,535 positions, int64 ascending."""
        return self._tab["doc.long"].all().astype(np.int64)

    @cached_property
    def long(self) -> Array | None:
        """Which documents are longer than 65,535 positions (bool); None when none is."""
        if not len(self.long_docs):
            return None
        long = np.zeros(self._documents, bool)
        long[self.long_docs] = True
        return long

    # --- postings whose counts no code says

    @cached_property
    def rare_at(self) -> Array:
        """Numbers of the rare postings, int64: of the type they are looked for with, else every look-up
        would convert them all.
        """
        return self._tab["rare.at"].all().astype(np.int64)

    @cached_property
    def rare_counts(self) -> Array:
        return self._tab["rare.counts"].all().reshape(-1, 4)

    @cached_property
    def rare_slots(self) -> Array:
        return self._tab["rare.slots"].all()

    @cached_property
    def _rare_ends(self) -> Array:
        return bounds(self.rare_slots)

    def rare(self, numbers: Array | tuple[int, int]) -> Array:
        """Counts in the four fields (uint32, (R, 4)) of the rare ones among postings ``numbers``: these, or
        all of a stretch.
        """
        if isinstance(numbers, tuple):
            a, b = self.rare_at.searchsorted(numbers).tolist()
            return self.rare_counts[a:b]
        return self.rare_counts[self.rare_at.searchsorted(numbers)]

    def _rare_from(self, number: int) -> int:
        """How many rare postings come before ``number``."""
        return int(self.rare_at.searchsorted(number))

    # --- where the elements of a posting lie

    def slots(self, posting: Array) -> tuple[Array, Array]:
        """First element, and number of elements, of postings (int64, ascending)."""
        low, high = int(posting[0]), int(posting[-1]) + 1
        if high - low < len(posting) * BLOCK:
            # Most of a stretch is asked for: one running sum over all of it.
            every = self.sizes(low, high)
            ends = every.cumsum(dtype=np.uint32)  # wider than they are it takes three times as long
            at = posting - low
            count = every.take(at).astype(np.int64)
            return ends.take(at) + (self.first(low) - count), count
        codes = self._codes.take(posting)
        count = TOTALS.take(codes).astype(np.int64)
        rare = codes == RARE
        if rare.any():
            count[rare] = self.rare_slots[self.rare_at.searchsorted(posting[rare])]
        base = posting >> BLOCK_BITS << BLOCK_BITS
        within = base[:, None] + np.arange(BLOCK)
        before = within < posting[:, None]
        total = len(self._codes)
        row = TOTALS.take(self._codes.take(np.minimum(within, total - 1).ravel())).reshape(within.shape)
        begin = self._block.take(posting >> BLOCK_BITS).astype(np.int64)
        begin += (row * before).sum(axis=1, dtype=np.int64)
        if len(self.rare_at):
            ends = self._rare_ends
            begin += ends[self.rare_at.searchsorted(posting)] - ends[self.rare_at.searchsorted(base)]
        return begin, count

    def sizes(self, start: int, stop: int) -> Array:
        """How many elements each of the postings start … stop has, uint32."""
        sizes: Array = TOTALS.take(self._codes.slice(start, stop))
        a, b = self.rare_at.searchsorted((start, stop)).tolist()
        sizes[self.rare_at[a:b] - start] = self.rare_slots[a:b]
        return sizes

    def first(self, posting: int) -> int:
        """First element of a posting."""
        base = posting >> BLOCK_BITS << BLOCK_BITS
        return self._block.at(posting >> BLOCK_BITS) + int(self.sizes(base, posting).sum())

    def stretch(self, start: int, stop: int) -> Array:
        """All elements of the postings start … stop, uint16."""
        first = self.first(start)
        return self._values.slice(first, first + int(self.sizes(start, stop).sum()))

    # --- positions

    def of(self, posting: Array, docs: Array) -> tuple[Array, Array]:
        """Positions of postings (of the documents ``docs``, both ascending): how many each has, and all of
        them in a row (int64).
        """
        begin, count = self.slots(posting)
        values = self._values.take(spread(begin, count)).astype(np.int64)
        if self.long is not None and len(long := self.long.take(docs).nonzero()[0]):
            pairs = spread((count.cumsum() - count).take(long), count.take(long))
            high, low = pairs[::2], pairs[1::2]
            values[low] |= values[high] << 16
            values = np.delete(values, high)
            count[long] >>= 1
        return count, values

    def of_few(self, numbers: Sequence[int], docs: Sequence[int]) -> list[list[int]]:
        """``of`` a few postings, each a list; none where the number is below 0. Without arrays, which take
        three times as long for so little.
        """
        known = [n for n in numbers if n >= 0]
        if not known:
            return [[] for _ in numbers]
        stretch = min(known), max(known)
        for first, last in [stretch] if stretch[1] - stretch[0] < _NEAR else zip(known, known, strict=True):
            self._codes.check(first >> BLOCK_BITS << BLOCK_BITS, last + 1)
            self._block.check(first >> BLOCK_BITS, (last >> BLOCK_BITS) + 1)
        codes_at, begin_at, value_at = self._codes.view, self._block.view, self._values.view
        check, long = self._values.check, self.long
        found: list[list[int]] = []
        for number, doc in zip(numbers, docs, strict=True):
            if number < 0:
                found.append([])
                continue
            block = number >> BLOCK_BITS
            base = block << BLOCK_BITS
            codes = codes_at[base : number + 1].tobytes()
            totals = codes.translate(_TOTALS)
            count = totals[-1]
            begin = begin_at[block] + sum(totals) - count
            if RARE in codes:
                a, b = self._rare_from(base), self._rare_from(number)
                begin += sum(self.rare_slots[a:b].tolist())
                if codes[-1] == RARE:
                    count = int(self.rare_slots[b])
            check(begin, begin + count)
            values: list[int] = value_at[begin : begin + count].tolist()
            if long is not None and long[doc]:
                values = [high << 16 | low for high, low in zip(values[::2], values[1::2], strict=True)]
            found.append(values)
        return found


_TOTALS = TOTALS.astype(np.uint8).tobytes()
