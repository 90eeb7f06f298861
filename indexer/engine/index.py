"""What does the whole index know of a term, a document, a column? Segments side by side, seen as one.

A document's number here is its segment's base plus its number there. Postings come without deleted documents
and with their weights; what is asked often is kept, up to a bound. Not for queries: ``bags`` and
``evaluate`` combine terms.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from sys import getsizeof
from typing import Any, NamedTuple
from weakref import proxy

import numpy as np

from indexer.engine import meta, native, records, scoring
from indexer.engine.arrays import ADVICE, Array
from indexer.engine.columns import Column, Profiles
from indexer.engine.kept import Cache
from indexer.engine.postings import COUNTS, TOTALS
from indexer.engine.scoring import FIELD_WEIGHTS
from indexer.engine.segment import ALL_TEXT, Found, SegmentData
from indexer.errors import IndexDamaged
from indexer.model import FACETS, Document, Page

_CHECKED_AT_ONCE = 128 << 20
"""What matching reads of an index up to so large is checked when it is opened: 6 MB a millisecond. The first
searches then find it in memory; of a larger one blocks are checked when they are first read.
"""
RESULT_BYTES = 16 << 20
"""Bound of what is kept of results: the memory of a reader must not grow with what is asked."""
SHOWN_BYTES = 16 << 20
_CARDS = 8_000
"""Documents without their text that are kept, of some 2,000 bytes each."""
_SEEK = 32
"""So many times fewer documents than a term has are looked for in its postings one by one."""
_MOST_TERMS = 100_000
"""Terms whose place in the dictionary is remembered."""


class TermPostings(NamedTuple):
    """A term (or several) in one field or all: ``docs`` int64 ascending, ``weights`` tf~ float32, both
    (P).
    """

    docs: Array
    weights: Array


_NOTHING = TermPostings(np.empty(0, np.int64), np.empty(0, np.float32))


class Index:
    """All segments of an index directory. Raises IndexMissing, IndexDamaged."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.meta = meta.read(directory)
        self.held = segments = meta.segments(directory, self.meta)
        """What Whoosh knows of the segments."""
        self.segments = [SegmentData(directory, s.segment_id()) for s in segments]
        for file in (f for s in self.segments for f in s.files):
            if file.crc != self.meta["files"][file.path.name][1]:
                raise IndexDamaged(f"{file.path} belongs to another index: {ADVICE}.")
        if sum(s.small for s in self.segments) <= _CHECKED_AT_ONCE:
            for segment in self.segments:
                segment.check()
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
        least = 4 * (8 * self.size + 1_000)  # else what most documents have would be worked out at each use
        self.results = Cache(max(RESULT_BYTES, least))
        """What phrases, patterns and variants came to: small, and dear to work out again."""

        # By a weak reference: in a circle with this index its files stay open until Python looks for circles.
        here = proxy(self)
        self.card = lru_cache(_CARDS)(partial(_card, self.segments, self.bases))
        """What hit lists showed last: the same documents are shown again and again as filters change."""
        self.shown = Cache(SHOWN_BYTES)
        self.df = lru_cache(_MOST_TERMS)(partial(Index._df, here))
        self.numbers = lru_cache(_MOST_TERMS)(partial(Index._numbers, here))
        self._columns: dict[str, Column] = {}
        self._ranks: dict[str, Array] = {}

    # --- documents

    def page(self, number: int, row: int, page: int) -> Page:
        """Page ``page`` of a document, which is in ``row`` of its segment's page table."""
        key = number, row
        found: Page | None = self.shown.find(key)
        if found is None:
            segment, doc = self.locate(number)
            found = records.unpack_page(page, segment.page_frame(doc, row))
            self.shown.keep(key, found, getsizeof(found.text))
        return found

    def locate(self, number: int) -> tuple[SegmentData, int]:
        """The segment of a document and its number there. Raises IndexError."""
        return _located(self.segments, self.bases, number)

    @cached_property
    def every(self) -> Array:
        """All documents that are not deleted, ascending int64."""
        return np.arange(self.size) if self.live is None else np.flatnonzero(self.live)

    def alive(self, docs: Array) -> Array:
        """Those of ``docs`` that are not deleted."""
        return docs if self.live is None else docs[self.live[docs]]

    def mask(self, docs: Array | Sequence[int]) -> Array:
        """Is a document among ``docs``? Bool (N)."""
        mask = np.zeros(self.size, bool)
        mask[docs] = True
        return mask

    @cached_property
    def lengths(self) -> Array:
        """Words in each of FIELDS, uint32 (N, 4)."""
        return np.concatenate([np.zeros((0, 4), np.uint32), *(s.lengths for s in self.segments)])

    @cached_property
    def average(self) -> float:
        """Average words of a document."""
        return float(self.lengths[self.every].sum(dtype=np.int64)) / max(1, self.documents)

    @cached_property
    def norms(self) -> Array:
        """What a document's length makes of its counts, float32 (N)."""
        return scoring.norms(self.lengths, self.average)

    @cached_property
    def _code_weights(self) -> Array:
        """Weights of the counts that a code stands for, by field and in all fields: float32 (5, 256)."""
        by_field = (COUNTS * FIELD_WEIGHTS).T
        return np.concatenate((by_field, by_field.sum(axis=0)[None])).astype(np.float32)

    @cached_property
    def _kernels(self) -> list[Any] | None:
        """Of each segment what reads its postings in C; None where that was not compiled."""
        if native.kernel is None:
            return None
        weights = np.ascontiguousarray(self._code_weights)
        found = []
        for base, segment in zip(self.bases, self.segments, strict=True):
            own = slice(base, base + segment.documents)
            live = None if self.live is None else self.live[own]
            bags = native.kernel.Bags
            found.append(bags(segment, base, self.norms[own], live, weights, FIELD_WEIGHTS, TOTALS))
        return found

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
    def profiles(self) -> Profiles:
        """Combinations of values of all facets."""
        return Profiles([self.column(facet) for facet in FACETS])

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
        if self._kernels is not None:
            return TermPostings(*_in_a_row([k.weigh(term, field) for k, term in self._reading(text)]))
        return self._join([(base, s, s.postings(term)) for _, base, s, term in self._holding(text)], field)

    def having(self, text: bytes) -> Array:
        """Documents that hold the term in any field, ascending int64: ``term`` without weights."""
        found = [np.empty(0, np.int64)]
        for _, base, segment, term in self._holding(text):
            docs = segment.docs(term)
            found.append(docs + base if base else docs)
        return self.alive(_joined(found))

    def among(self, text: bytes, docs: Array, mask: Array) -> int:
        """How many of ``docs`` (int64, distinct, none deleted) hold the term; ``mask``: the same as bool
        (N).
        """
        if len(docs) * _SEEK < self.df(text):
            return len(self.find(text, ALL_TEXT, np.ascontiguousarray(docs))[0])
        return int(np.count_nonzero(mask.take(self.having(text))))

    def _df(self, text: bytes) -> int:
        """Documents that hold the term in any field."""
        if self.live is not None:
            return len(self.term(text).docs)
        return sum(segment.df(term) for _, _, segment, term in self._holding(text))

    def _numbers(self, text: bytes) -> tuple[int, ...]:
        """Number of a term in each segment, -1 where it is not."""
        return tuple(s.find(text) for s in self.segments)

    def _holding(self, text: bytes) -> list[tuple[int, int, SegmentData, int]]:
        """The segments that have a term: place, base, segment, number of the term there."""
        numbers = self.numbers(text)
        return [(k, self.bases[k], self.segments[k], term) for k, term in enumerate(numbers) if term >= 0]

    def _reading(self, text: bytes) -> list[tuple[Any, int]]:
        """What reads the postings of a term in each segment that has it, and its number there."""
        numbers, kernels = self.numbers(text), self._kernels or []
        if len(self.segments) == 1:  # without a loop
            return [(kernels[0], numbers[0])] if numbers[0] >= 0 else []
        return [(kernel, term) for kernel, term in zip(kernels, numbers, strict=True) if term >= 0]

    def terms(self, terms: Sequence[Array], field: int = ALL_TEXT) -> TermPostings:
        """Postings of the terms of each segment (numbers, ascending); a document may come several times."""
        every = zip(self.bases, self.segments, terms, strict=True)
        return self._join([(base, s, self.found(s, some)) for base, s, some in every if len(some)], field)

    def _join(self, found: Sequence[tuple[int, SegmentData, Found]], field: int) -> TermPostings:
        """``found``: base, segment, postings there."""
        parts: list[tuple[Array, Array]] = []
        for base, segment, one in found:
            docs = one.docs + base if base else one.docs
            weights = self._weigh(docs, one.codes, field, *segment.rare(one))
            if field != ALL_TEXT or self.live is not None:
                keep = weights > 0 if self.live is None else self.live[docs] & (weights > 0)
                docs, weights = docs[keep], weights[keep]
            if len(docs):
                parts.append((docs, weights))
        if not parts:
            return _NOTHING
        if len(parts) == 1:
            return TermPostings(*parts[0])
        return TermPostings(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def _weigh(self, docs: Array, codes: Array, field: int, rare: Array, counts: Array) -> Array:
        """tf~ of postings, 0 for those not in the field; ``counts``: of those at the places ``rare``, whose
        code says nothing.
        """
        weights = self._code_weights[field].take(codes)
        if len(rare):
            weights[rare] = (
                counts @ FIELD_WEIGHTS if field == ALL_TEXT else counts[:, field] * FIELD_WEIGHTS[field]
            )
        weights *= self.norms.take(docs)
        return np.asarray(weights)

    def find(self, text: bytes, field: int, docs: Array) -> tuple[Array, Array]:
        """Places in ``docs`` (distinct, any order) where a term stands, and its tf~ there."""
        if self._kernels is not None:
            return _in_a_row([k.find(term, docs, field) for k, term in self._reading(text)])
        weights = np.zeros(len(docs), np.float32)
        for k, places, numbers in self._places(text, docs):
            segment = self.segments[k]
            found = Found(docs.take(places), segment.codes(numbers), 0, numbers)
            weights[places] = self._weigh(found.docs, found.codes, field, *segment.rare(found))
        places = (weights > 0).nonzero()[0]
        return places, weights.take(places)

    def narrow(
        self, text: bytes, field: int, docs: Array, scores: Array, worth: float
    ) -> tuple[Array, Array]:
        """Those of ``docs`` where a term stands, and their scores with its own added."""
        if self._kernels is not None and len(self.segments) == 1:
            (reading,) = self._reading(text) or (None,)
            if reading is not None:
                kernel, term = reading
                return kernel.narrow(term, docs, scores, field, worth, scoring.K1)  # type: ignore[no-any-return]
        places, weights = self.find(text, field, docs)
        return docs.take(places), scores.take(places) + scoring.score(weights, worth)

    def any(self, terms: Sequence[Array], field: int) -> tuple[Array, Array]:
        """Documents (ascending) with one of the terms of each segment (numbers, ascending), and the sum of
        their tf~ there.
        """
        if self._kernels is not None:
            return _in_a_row([k.any(some, field) for k, some in zip(self._kernels, terms, strict=True)])
        total = np.bincount(*self.terms(terms, field), self.size)
        docs = total.nonzero()[0]
        return docs, total.take(docs).astype(np.float32)

    def phrase(self, texts: Sequence[bytes], field: int) -> tuple[Array, Array] | None:
        """Documents with terms side by side, and its tf~ there; None where nothing was compiled."""
        if self._kernels is None:
            return None
        numbers = zip(self._kernels, zip(*map(self.numbers, texts), strict=True), strict=True)
        return _in_a_row([k.phrase(list(terms), field) for k, terms in numbers if min(terms) >= 0])

    def found(self, segment: SegmentData, terms: Array) -> Found:
        """Postings of some terms (ascending, not none) of a segment."""
        first, last = int(terms[0]), int(terms[-1])
        together = last - first + 1 == len(terms)
        return segment.postings(first, last + 1) if together else segment.gather(terms)

    def _places(self, text: bytes, docs: Array) -> Iterator[tuple[int, Array, Array]]:
        """(segment, places in ``docs``, numbers of the postings) where a term stands in ``docs``."""
        for k, base, segment, term in self._holding(text):
            if len(self.segments) == 1:
                numbers = segment.places(term, docs)
                places = (numbers >= 0).nonzero()[0]
                yield k, places, numbers[places]
            else:
                mine = ((docs >= base) & (docs < base + segment.documents)).nonzero()[0]
                numbers = segment.places(term, docs[mine] - base)
                found = (numbers >= 0).nonzero()[0]
                yield k, mine[found], numbers[found]

    def marks(self, text: bytes, docs: Sequence[int]) -> list[list[int]]:
        """Positions of a term in each of some documents (ascending): the way of ``positions`` for a few."""
        found: list[list[int]] = []
        for k, (base, segment, term) in enumerate(
            zip(self.bases, self.segments, self.numbers(text), strict=True)
        ):
            end = base + segment.documents
            mine = docs if len(self.segments) == 1 else [d - base for d in docs if base <= d < end]
            reads = segment if self._kernels is None else self._kernels[k]
            found += reads.marks(term, mine) if term >= 0 else [[] for _ in mine]
        return found

    def positions(self, text: bytes, docs: Array) -> tuple[Array, Array]:
        """Where a term stands in ``docs`` (ascending): place in ``docs`` and position of each occurrence
        (int64).
        """
        where, values = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for k, places, numbers in self._places(text, docs):
            if len(places):
                count, positions = self.segments[k].positions.of(numbers, docs.take(places) - self.bases[k])
                where.append(np.repeat(places, count))
                values.append(positions)
        if len(where) == 2:
            return where[1], values[1]
        return np.concatenate(where), np.concatenate(values)


def _in_a_row(parts: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Documents, or places, of several segments, ascending, and their weights."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return _NOTHING
    docs, weights = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = docs.argsort(kind="stable")
    return docs.take(order), weights.take(order)


def _joined(parts: Sequence[Array]) -> Array:
    """All of them in a row; the first is empty."""
    return parts[-1] if len(parts) < 3 else np.concatenate(parts)


def _located(segments: Sequence[SegmentData], bases: Sequence[int], number: int) -> tuple[SegmentData, int]:
    # Segments without documents share their base with the one after them.
    k = bisect_right(bases, number) - 1 if len(bases) > 1 else 0
    if segments and 0 <= (doc := number - bases[k]) < segments[k].documents:
        return segments[k], doc
    raise IndexError(f"There is no document number {number}.")


def _card(segments: Sequence[SegmentData], bases: Sequence[int], number: int) -> Document:
    """A document without its text, contacts, links, evidence and outline. Raises IndexError."""
    segment, doc = _located(segments, bases, number)
    return segment.shown(doc)
