"""What does the whole index know of a term, a document, a column? Segments side by side, seen as one.

A document's number here is its segment's base plus its number there. Postings come without deleted documents
and with their weights; what is asked often is kept, up to a bound. Not for queries: ``bags`` and
``evaluate`` combine terms.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from indexer.engine import meta, scoring
from indexer.engine.arrays import ADVICE, Array
from indexer.engine.columns import Column
from indexer.engine.postings import BODY, COUNTS, RARE
from indexer.engine.scoring import Scoring
from indexer.engine.segment import ALL_TEXT, Found, SegmentData
from indexer.errors import IndexDamaged

_T = TypeVar("_T")
CACHE_BYTES = 48 << 20
"""Bound of what is kept of postings: the memory of a reader must not grow with what is asked."""
_MOST_TERMS = 100_000
"""Terms whose place in the dictionary is remembered."""
_MIXED = 200  # codes from here on are not "body alone"


class Cache:
    """Keeps what was computed last, up to a number of bytes."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self._limit = limit
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], _T], size: Callable[[_T], int]) -> _T:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key][0]  # type: ignore[no-any-return]
        value = make()
        weight = size(value) + 200
        if weight < self._limit // 4:
            with self._lock:
                if key not in self._held:
                    self._held[key] = value, weight
                    self._size += weight
                while self._size > self._limit:
                    self._size -= self._held.popitem(last=False)[1][1]
        return value


class Stretch(NamedTuple):
    """The part of a term's postings that lies in one segment: places ``start`` … ``stop`` of its
    documents.
    """

    segment: int
    start: int
    stop: int
    first: int  # number of the posting of place ``start``, when none was left out
    numbers: Array | None  # else: numbers of the postings


class TermPostings(NamedTuple):
    """A term (or several) in one field or all: ``docs`` int64 ascending, ``weights`` tf~ float32, both
    (P).
    """

    docs: Array
    weights: Array
    stretches: tuple[Stretch, ...]

    @property
    def nbytes(self) -> int:
        return int(self.docs.nbytes + self.weights.nbytes)


_NOTHING = TermPostings(np.empty(0, np.int64), np.empty(0, np.float32), ())


class Index:
    """All segments of an index directory. Raises IndexMissing, IndexDamaged."""

    def __init__(self, directory: Path, scoring_: Scoring = scoring.DEFAULT) -> None:
        self.directory = directory
        self.meta = meta.read(directory)
        self.scoring = scoring_
        segments = meta.segments(directory, self.meta)
        self.segments = [SegmentData(directory, s.segment_id()) for s in segments]
        for file in (f for s in self.segments for f in s.files):
            if file.crc != self.meta["files"][file.path.name][1]:
                raise IndexDamaged(f"{file.path} belongs to another index: {ADVICE}.")
        sizes = [s.documents for s in self.segments]
        self.bases = [sum(sizes[:i]) for i in range(len(sizes))]
        self.size = sum(sizes)
        """Numbers of documents in use, deleted ones too."""
        self.live: Array | None = None
        if any(s.deleted for s in segments):
            self.live = np.ones(self.size, bool)
            for base, s in zip(self.bases, segments, strict=True):
                self.live[[base + d for d in s.deleted]] = False
        self.documents = self.size if self.live is None else int(self.live.sum())
        self.cache = Cache()

    # --- documents

    def locate(self, number: int) -> tuple[SegmentData, int]:
        """The segment of a document and its number there. Raises IndexError."""
        if not 0 <= number < self.size:
            raise IndexError(f"There is no document number {number}.")
        for base, segment in zip(reversed(self.bases), reversed(self.segments), strict=True):
            if number >= base:
                return segment, number - base
        raise AssertionError

    @cached_property
    def every(self) -> Array:
        """All documents that are not deleted, ascending int64."""
        return np.arange(self.size) if self.live is None else np.flatnonzero(self.live)

    @cached_property
    def lengths(self) -> Array:
        """Words in each of FIELDS, uint32 (N, 4)."""
        return np.concatenate([np.zeros((0, 4), np.uint32), *(s.lengths for s in self.segments)])

    @cached_property
    def average(self) -> float:
        """Average words of a document."""
        return float(self.lengths[self.every].sum(dtype=np.int64)) / max(1, self.documents)

    @cached_property
    def factors(self) -> Array:
        """tf~ that one occurrence in each field is worth, float32 (N, 4)."""
        return scoring.field_factors(self.lengths, self.average, self.scoring)

    @cached_property
    def _body(self) -> Array:
        """``factors`` of the body."""
        return np.ascontiguousarray(self.factors[:, BODY])

    @cached_property
    def field_starts(self) -> Array:
        """Positions where headings, link texts, body begin, int64 (N, 3)."""
        none = np.zeros((0, 3), np.int64)
        return np.concatenate([none, *(s.field_starts.astype(np.int64) for s in self.segments)])

    @cached_property
    def page_first(self) -> Array:
        """Row of each document's first page in ``page_starts``, int64 (N + 1)."""
        firsts, total = [np.zeros(1, np.int64)], 0
        for s in self.segments:
            firsts.append(s.page_first[1:].astype(np.int64) + total)
            total += int(s.page_first[-1])
        return np.concatenate(firsts)

    @cached_property
    def page_starts(self) -> Array:
        """Position in its document where each page begins, int64."""
        return np.concatenate(
            [np.zeros(0, np.int64), *(s.page_starts.astype(np.int64) for s in self.segments)]
        )

    def column(self, facet: str) -> Column:
        if facet not in self._columns:
            self._columns[facet] = Column(facet, [s.tab for s in self.segments], self.bases)
        return self._columns[facet]

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return {}

    def array(self, name: str, dtype: Any) -> Array:
        """A column of numbers over all documents."""
        return np.concatenate([np.zeros(0, dtype), *(s.tab[name].all().astype(dtype) for s in self.segments)])

    @cached_property
    def has_pages(self) -> bool:
        """Has any document more than one page?"""
        return bool((np.diff(self.page_first) > 1).any())

    def rank(self, sort: str) -> Array:
        """Place of every document in the order of "newest", "oldest" or "title": int32 (N), all different."""
        if sort not in self._ranks:
            self._ranks[sort] = self._rank(sort)
        return self._ranks[sort]

    @cached_property
    def _ranks(self) -> dict[str, Array]:
        return {}

    def _rank(self, sort: str) -> Array:
        # Ties by a hash of the id: the same whatever the segments are.
        tie = self.array("doc.key", np.uint64)
        if sort == "title":
            first = self._title_rank().astype(np.uint64)
        else:
            date = self.array("doc.date", np.int64)
            top = 1 << 27
            first = np.where(date > 0, top - date if sort == "newest" else date, top).astype(np.uint64)
        order = np.argsort(first << np.uint64(32) | tie >> np.uint64(32))
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        return rank

    def _title_rank(self) -> Array:
        """Equal for equal titles."""
        keys: list[str] = []
        docs = []
        for base, s in zip(self.bases, self.segments, strict=True):
            if s.documents:
                keys += s.title_keys()
                docs.append(s.tab["title.doc"].all().astype(np.int64) + base)
        number = {key: n for n, key in enumerate(sorted(set(keys)))}
        rank = np.zeros(self.size, np.int64)
        if docs:
            rank[np.concatenate(docs)] = np.fromiter(map(number.__getitem__, keys), np.int64, len(keys))
        return rank

    # --- terms

    def term(self, text: bytes, field: int = ALL_TEXT) -> TermPostings:
        """Postings of one term."""
        return self.cache.get((text, field), lambda: self._term(text, field), lambda p: p.nbytes)

    def df(self, text: bytes) -> int:
        """Documents that hold the term in any field."""
        if self.live is not None:
            return len(self.term(text).docs)
        return sum(s.df(t) for s, t in zip(self.segments, self.numbers(text), strict=True) if t >= 0)

    def numbers(self, text: bytes) -> tuple[int, ...]:
        """Number of a term in each segment, -1 where it is not."""
        found = self._numbers.get(text)
        if found is None:
            if len(self._numbers) >= _MOST_TERMS:
                self._numbers.clear()
            found = self._numbers[text] = tuple(s.find(text) for s in self.segments)
        return found

    @cached_property
    def _numbers(self) -> dict[bytes, tuple[int, ...]]:
        return {}

    def _term(self, text: bytes, field: int) -> TermPostings:
        numbers = zip(self.segments, self.numbers(text), strict=True)
        return self._join([s.postings(t) if t >= 0 else None for s, t in numbers], field)

    def terms(self, terms: Sequence[Array], field: int = ALL_TEXT) -> TermPostings:
        """Postings of the terms of each segment (numbers, ascending); a document may come several times."""
        found: list[Found | None] = []
        for segment, some in zip(self.segments, terms, strict=True):
            if not len(some):
                found.append(None)
            elif some[-1] - some[0] + 1 == len(some):
                found.append(segment.postings(int(some[0]), int(some[-1]) + 1))
            else:
                found.append(segment.gather(some))
        return self._join(found, field)

    def _join(self, found: Sequence[Found | None], field: int) -> TermPostings:
        parts: list[tuple[Array, Array]] = []
        stretches: list[Stretch] = []
        done = 0
        for k, one in enumerate(found):
            if one is None:
                continue
            docs = one.docs + self.bases[k] if self.bases[k] else one.docs
            numbers = one.numbers
            weights, keep = self._weigh(self.segments[k], docs, one, field)
            if self.live is not None:
                alive = self.live[docs]
                keep = alive if keep is None else keep & alive
            if keep is not None and not keep.all():
                places = keep.nonzero()[0]
                docs, weights, numbers = docs[places], weights[places], one.number(places)
            if len(docs):
                parts.append((docs, weights))
                stretches.append(Stretch(k, done, done + len(docs), one.first, numbers))
                done += len(docs)
        if not parts:
            return _NOTHING
        if len(parts) == 1:
            return TermPostings(*parts[0], tuple(stretches))
        docs, weights = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return TermPostings(docs, weights, tuple(stretches))

    def _weigh(
        self, segment: SegmentData, docs: Array, found: Found, field: int
    ) -> tuple[Array, Array | None]:
        """tf~ of postings, and which of them are in the field (None: all)."""
        codes = found.codes
        mixed = (codes >= _MIXED).nonzero()[0]
        if field in (ALL_TEXT, BODY):
            weights = codes.astype(np.float32) * self._body[docs]
            if len(mixed):
                counts = self._counts(segment, found, mixed)
                if field == BODY:
                    weights[mixed] = counts[:, BODY] * self._body[docs[mixed]]
                else:
                    weights[mixed] = (counts * self.factors[docs[mixed]]).sum(axis=1)
            return weights, (weights > 0 if field == BODY and len(mixed) else None)
        weights = np.zeros(len(docs), np.float32)
        weights[mixed] = self._counts(segment, found, mixed)[:, field] * self.factors[docs[mixed], field]
        return weights, weights > 0

    @staticmethod
    def _counts(segment: SegmentData, found: Found, places: Array) -> Array:
        """Counts in the four fields of the postings at ``places``, float32 (n, 4)."""
        codes = found.codes[places]
        counts = COUNTS[codes].astype(np.float32)
        rare = (codes == RARE).nonzero()[0]
        if len(rare):
            counts[rare] = segment.rare(found.number(places[rare]))
        return counts

    def positions(self, postings: TermPostings, places: Array) -> tuple[Array, Array]:
        """Positions of the postings at ``places`` (ascending): how many each has, and all in a row
        (int64).
        """
        counts, values = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for s in postings.stretches:
            a, b = np.searchsorted(places, (s.start, s.stop))
            if a < b:
                here = places[a:b] - s.start
                numbers = s.first + here if s.numbers is None else s.numbers[here]
                docs = postings.docs[places[a:b]] - self.bases[s.segment]
                count, value = self.segments[s.segment].positions(numbers, docs)
                counts.append(count)
                values.append(value)
        return np.concatenate(counts), np.concatenate(values)

    def verify(self) -> None:
        """Reads every file again. Raises IndexDamaged."""
        for segment in self.segments:
            segment.verify()
