"""How do several sorted runs of postings become one? They wait in files, and are merged term range by term
range, each by one permutation.

Not for what else a segment holds (``assemble``, ``merge``).
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import numpy as np

from indexer.engine.arrays import Array
from indexer.engine.postings import RARE, Postings, bounds, spread


class Source(Protocol):
    """Postings that are merged: a run of the bulk writer, or a segment."""

    terms: Array  # ascending, numbered in the merged dictionary
    df: Array

    def read(self, start: int, stop: int) -> Postings:
        """Postings of terms start … stop of ``terms``; documents numbered as in the merged segment."""


class Spooled(NamedTuple):
    """Postings in a file until they are merged: array after array, wide elements first."""

    path: Path
    start: int  # byte where they begin, at the edge of a page of memory
    sizes: dict[str, int]  # elements of each array, in the order of the file


_TYPES = {
    **dict.fromkeys(("terms", "df", "docs", "rare_at", "rare_counts", "rare_slots"), np.uint32),
    "positions": np.uint16,
    "codes": np.uint8,
}


def spool(postings: Postings, file: BinaryIO) -> Spooled:
    start = file.seek(-(-file.tell() // mmap.PAGESIZE) * mmap.PAGESIZE)
    for name, kind in _TYPES.items():
        file.write(np.ascontiguousarray(getattr(postings, name), kind).data)
    return Spooled(Path(file.name), start, {name: getattr(postings, name).size for name in _TYPES})


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


def open_runs(spooled: Iterable[Spooled]) -> Iterator[Run]:
    """The postings mapped, so that they do not count as memory once they have been read; all of a file by
    one map, since each holds its file open, and a process may hold a thousand.
    """
    for path, runs in groupby(spooled, lambda s: s.path):
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        for _, start, sizes in runs:
            arrays: dict[str, Array] = {}
            at = start
            for name, size in sizes.items():
                arrays[name] = np.frombuffer(data, _TYPES[name], size, at)
                at += arrays[name].nbytes
            arrays["rare_counts"] = arrays["rare_counts"].reshape(-1, 4)
            yield Run(Postings(**arrays), partial(data.madvise, mmap.MADV_DONTNEED, start, at - start))


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
