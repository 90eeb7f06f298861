"""How do several sorted runs of postings become one? Term range by term range, each by one permutation.

Not for what else a segment holds (``assemble``, ``merge``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from indexer.engine.arrays import Array
from indexer.engine.postings import RARE, Postings, bounds, spread


class Source(Protocol):
    """Postings that are merged: a run of the bulk writer, or a segment."""

    terms: Array  # ascending, numbered in the merged dictionary
    df: Array

    def read(self, start: int, stop: int) -> Postings:
        """Postings of terms start … stop of ``terms``; documents numbered as in the merged segment."""


class Run:
    """Postings in memory or mapped, as a Source; ``forget``: lets go of what was read of a map."""

    def __init__(self, postings: Postings, forget: Callable[[], None]) -> None:
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
    every = Postings.join(pieces)
    slots, blocks = bounds(every.slots()), bounds(every.df)
    order = every.terms.astype(np.uint64) << np.uint64(32)
    order |= np.arange(len(order), dtype=np.uint64)
    order.sort()
    order &= np.uint64((1 << 32) - 1)
    block = order.view(np.int64)
    begin, end = blocks.take(block), blocks.take(block + 1)
    place = spread(begin, end - begin)
    codes = every.codes.take(place)
    first_slot = slots.take(begin)
    rare = np.flatnonzero(codes == RARE)
    row = np.searchsorted(every.rare_at, place.take(rare))
    return Postings(
        ids,
        df,
        every.docs.take(place),
        codes,
        rare.astype(np.uint32),
        every.rare_counts[row],
        every.rare_slots[row],
        every.positions.take(spread(first_slot, slots.take(end) - first_slot)),
    )
