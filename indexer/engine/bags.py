"""How often does a word, a phrase or any of several occur in each document? Counts, weighted by field: tf~.

A bag answers for all documents at once (``all``) or for given ones (``some``), and knows the places of its
occurrences (``spans``). What it weighs becomes a score in ``evaluate``. A document is in the bag when its
tf~ is above zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Protocol

import numpy as np

from indexer.engine import scoring
from indexer.engine.arrays import Array
from indexer.engine.index import Index, TermPostings
from indexer.engine.kept import kept
from indexer.engine.postings import FIELDS, changes
from indexer.engine.segment import ALL_TEXT, SegmentData
from indexer.engine.spans import Spans

_SPARSE = 8
"""So many times fewer than there are documents are sorted; more are added up in an array over all of them."""


class Bag(Protocol):
    """``key``: equal for bags that hold the same; ``size``: at most so many documents; ``df``: exactly so
    many.
    """

    key: object

    @property
    def size(self) -> int: ...
    @property
    def df(self) -> int: ...
    @property
    def idf(self) -> float: ...

    def all(self) -> tuple[Array, Array]:
        """Documents (int64, ascending) and their tf~ (float32)."""

    def some(self, docs: Array) -> Array:
        """tf~ of ``docs``, any order; 0 where the document is not in the bag."""

    def spans(self, docs: Array) -> Spans:
        """Every occurrence in ``docs`` (ascending)."""

    def marks(self, docs: Sequence[int]) -> list[list[int]]:
        """Positions of the words that matched in each of a few ``docs`` (ascending), ascending, each once."""


def lookup(docs: Array, weights: Array, wanted: Array) -> Array:
    """weights of the documents ``wanted`` out of (docs ascending, weights); 0 where there are none."""
    if not len(docs):
        return np.zeros(len(wanted), np.float32)
    at = np.searchsorted(docs, wanted)
    at[at == len(docs)] = 0
    found = weights[at]
    found[docs[at] != wanted] = 0.0
    return found


class TermBag:
    """One term, in one field or in all."""

    def __init__(self, index: Index, text: bytes, field: int = ALL_TEXT) -> None:
        self._index = index
        self.text = text
        self.field = field
        self.key: object = (text, field)
        self._size = -1

    @property
    def postings(self) -> TermPostings:
        return self._index.term(self.text, self.field)

    @property
    def size(self) -> int:
        if self._size < 0:  # kept by hand: cached_property of Python 3.11 takes a lock, three times as long
            index = self._index
            self._size = index.df(self.text) if self.field == ALL_TEXT else len(self.postings.docs)
        return self._size

    @property
    def df(self) -> int:
        return self.size

    @property
    def idf(self) -> float:
        """Of the word in the whole document, also where one field is asked: how rare the word is."""
        return scoring.idf(self._index.df(self.text), self._index.documents)

    def all(self) -> tuple[Array, Array]:
        return self.postings

    def some(self, docs: Array) -> Array:
        places, found = self.find(docs)
        weights = np.zeros(len(docs), np.float32)
        weights[places] = found
        return weights

    def find(self, docs: Array) -> tuple[Array, Array]:
        """Places in ``docs`` that are in the bag, and tf~ there: ``some`` where most are not."""
        return self._index.find(self.text, self.field, docs)

    def narrow(self, docs: Array, scores: Array, worth: float) -> tuple[Array, Array]:
        """Those of ``docs`` that are in the bag, and their scores with what its word is worth added."""
        return self._index.narrow(self.text, self.field, docs, scores, worth)

    def spans(self, docs: Array) -> Spans:
        places, positions = self.occurrences(docs)
        return Spans(docs.take(places), positions, positions)

    def occurrences(self, docs: Array) -> tuple[Array, Array]:
        """Place in ``docs`` (ascending) and position of each occurrence, int64."""
        places, positions = self._index.positions(self.text, docs)
        if self.field != ALL_TEXT:
            low, high = field_bounds(self._index, docs, self.field)
            inside = ((positions >= low[places]) & (positions < high[places])).nonzero()[0]
            places, positions = places.take(inside), positions.take(inside)
        return places, positions

    def marks(self, docs: Sequence[int]) -> list[list[int]]:
        found = self._index.marks(self.text, docs)
        return found if self.field == ALL_TEXT else within(self._index, docs, found, self.field)


def within(index: Index, docs: Sequence[int], found: list[list[int]], field: int) -> list[list[int]]:
    """Those of the positions in each of ``docs`` that lie in one field."""
    low, high = field_bounds(index, np.array(docs, np.int64), field)
    bounds = zip(found, low.tolist(), high.tolist(), strict=True)
    return [[p for p in places if a <= p < b] for places, a, b in bounds]


def field_bounds(index: Index, docs: Array, field: int) -> tuple[Array, Array]:
    """Positions between which ``field`` lies in each of ``docs``."""
    starts = index.field_starts[docs]
    low = starts[:, field - 1] if field else np.zeros(len(docs), np.int64)
    high = starts[:, field] if field < len(FIELDS) - 1 else np.full(len(docs), 1 << 40)
    return low, high


class _Counted:
    """A bag whose documents are worked out once and kept (``_all``)."""

    _index: Index
    key: object
    _all: Callable[[], tuple[Array, Array]]

    @property
    def df(self) -> int:
        return len(self.all()[0])

    size = df

    @property
    def idf(self) -> float:
        return scoring.idf(self.df, self._index.documents)

    def all(self) -> tuple[Array, Array]:
        return kept(self._index.results, self.key, self._all)


class TermsBag(_Counted):
    """Any of several terms, counted as one word: what a pattern means.

    ``terms``: numbers of terms in each segment, ascending.
    """

    def __init__(self, index: Index, terms: Sequence[Array], field: int) -> None:
        self._index = index
        self._terms = terms
        self._field = field
        self.key: object = ("terms", tuple(t.tobytes() for t in terms), field)

    def _all(self) -> tuple[Array, Array]:
        return self._index.any(self._terms, self._field)

    def some(self, docs: Array) -> Array:
        return lookup(*self.all(), docs)

    def spans(self, docs: Array) -> Spans:
        parts = []
        for base, segment, terms in zip(self._index.bases, self._index.segments, self._terms, strict=True):
            held = (segment.terms[term] for term in holding(segment, terms, docs - base))
            parts += [TermBag(self._index, text, self._field).spans(docs) for text in held]
        return Spans.join(parts)

    def marks(self, docs: Sequence[int]) -> list[list[int]]:
        index = self._index
        found: list[list[int]] = [[] for _ in docs]
        row = {doc: k for k, doc in enumerate(docs)}
        member = index.mask(docs)
        for base, segment, terms in zip(index.bases, index.segments, self._terms, strict=True):
            if not len(terms):
                continue
            here = index.found(segment, terms)
            at = member[base : base + segment.documents].take(here.docs).nonzero()[0]
            held = here.docs[at].tolist()
            for doc, places in zip(
                held, segment.positions.of_few(here.number(at).tolist(), held), strict=True
            ):
                found[row[base + doc]] += places
        found = [sorted(set(places)) if places else [] for places in found]
        return found if self._field == ALL_TEXT else within(index, docs, found, self._field)


def holding(segment: SegmentData, terms: Array, docs: Array) -> list[int]:
    """Those of ``terms`` that one of ``docs`` holds."""
    if not len(terms):
        return []
    found = segment.gather(terms)
    here = np.flatnonzero(np.isin(found.docs, docs))
    ends = np.cumsum(segment.dfs(terms))
    return terms[np.unique(np.searchsorted(ends, here, "right"))].tolist()  # type: ignore[no-any-return]


FAINT = 0.05
"""Variants of no more weight are what a compound ends in: where nothing else of the word stands, the word
itself is not meant."""
MOST_FAINT = 6
"""What they come to there, in occurrences, however often they stand. Of the documents with one of 400
compounds of the open corpus 20 % stood below some that had its last part alone, but often; now 11 %. A lower
number leaves fewer still, but finds the tags of ``tests/eval`` worse."""


class AnyBag(_Counted):
    """Variants of one word, each with its weight; without weights, an Or that is counted as one word."""

    def __init__(self, index: Index, members: Sequence[tuple[Bag, float]]) -> None:
        self._index = index
        self._members = [(bag, weight) for bag, weight in members if bag.size]
        self.key: object = ("any", tuple((bag.key, weight) for bag, weight in self._members))

    @property
    def size(self) -> int:
        return sum(bag.size for bag, _ in self._members)

    @property
    def idf(self) -> float:
        """Of the commonest of the heaviest variants that there are, so that a rare word stays rare beside
        weak ones.
        """
        df = 0
        for weight in sorted({weight for _, weight in self._members}, reverse=True):
            df = max((bag.df for bag, w in self._members if w == weight), default=0)
            if df:
                break
        return scoring.idf(df, self._index.documents)

    def all(self) -> tuple[Array, Array]:
        if len(self._members) == 1 and self._members[0][1] == 1.0:
            return self._members[0][0].all()
        return super().all()

    def _all(self) -> tuple[Array, Array]:
        found = [(*bag.all(), weight) for bag, weight in self._members]
        docs, weights = union(self._index, [(d, w * np.float32(weight)) for d, w, weight in found])
        if any(weight <= FAINT for _, _, weight in found):
            alone = np.ones(self._index.size, bool)
            for d in (d for d, _, weight in found if weight > FAINT):
                alone[d] = False
            weights = np.where(alone[docs], _faint(weights), weights)
        return docs, weights

    def some(self, docs: Array) -> Array:
        total, alone = np.zeros(len(docs), np.float32), np.ones(len(docs), bool)
        for bag, weight in self._members:
            found = bag.some(docs)
            total += found * np.float32(weight)
            if weight > FAINT:
                alone &= found <= 0
        return np.where(alone, _faint(total), total)

    def spans(self, docs: Array) -> Spans:
        return Spans.join([bag.spans(docs) for bag, _ in self._members])

    def marks(self, docs: Sequence[int]) -> list[list[int]]:
        return merged([bag.marks(docs) for bag, _ in self._members], len(docs))


def _faint(weights: Array) -> Array:
    return np.asarray(weights / (1 + weights / np.float32(FAINT * MOST_FAINT)))


class EachBag(_Counted):
    """Several words that must all be there; counted as often as the one that is least there."""

    def __init__(self, index: Index, members: Sequence[Bag]) -> None:
        self._index = index
        self._members = sorted(members, key=lambda b: b.size)
        self.key: object = ("each", tuple(bag.key for bag in self._members))

    def _all(self) -> tuple[Array, Array]:
        docs, weights = self._members[0].all()
        for bag in self._members[1:]:
            weights = np.minimum(weights, bag.some(docs))
            docs, weights = docs[weights > 0], weights[weights > 0]
        return docs, weights

    def some(self, docs: Array) -> Array:
        least: Array = reduce(np.minimum, (bag.some(docs) for bag in self._members))
        return least

    def spans(self, docs: Array) -> Spans:
        docs = docs[self.some(docs) > 0]
        return Spans.join([bag.spans(docs) for bag in self._members])

    def marks(self, docs: Sequence[int]) -> list[list[int]]:
        parts = [bag.marks(docs) for bag in self._members]
        together = (all(lists) for lists in zip(*parts, strict=True))
        return [places if held else [] for places, held in zip(merged(parts), together, strict=True)]


def merged(parts: Sequence[list[list[int]]], count: int = 0) -> list[list[int]]:
    """Positions of several bags by document, ascending, each once; ``count``: documents."""
    if not parts:
        return [[] for _ in range(count)]
    if len(parts) == 1:
        return parts[0]
    return [sorted(set().union(*lists)) if any(lists) else [] for lists in zip(*parts, strict=True)]


def union(index: Index, found: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Documents (int64, ascending) of any, and their weights or scores (float32) added."""
    found = [part for part in found if len(part[0])]
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    if len(found) == 1:
        return found[0]
    if sum(len(docs) for docs, _ in found) * _SPARSE < index.size:
        docs, weights = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        order = np.argsort(docs, kind="stable")
        docs = docs[order]
        first = changes(docs)
        return docs[first], np.add.reduceat(weights[order], first)
    total, member = np.zeros(index.size, np.float32), np.zeros(index.size, bool)
    for docs, weights in found:
        total[docs] += weights
        member[docs] = True
    docs = np.flatnonzero(member)
    return docs, total[docs]
