"""How often do words stand side by side, or near each other, in each document? The bag of a phrase.

Words that must stand side by side are compared as arrays of where the phrase would begin; with words between,
or in any order, by the rules of ``spans``. Not for single words and their variants (``bags``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from indexer.engine.arrays import Array
from indexer.engine.bags import Bag, TermBag, field_bounds, lookup, merged
from indexer.engine.index import Index
from indexer.engine.kept import kept
from indexer.engine.postings import BODY, changes
from indexer.engine.scoring import FIELD_WEIGHTS
from indexer.engine.segment import ALL_TEXT, LINE_BITS, SegmentData
from indexer.engine.spans import NO_SPANS, Spans, distinct, intersection, near

_SEEK = 10_000
_ALIKE = 0.2
"""Occurrences of the rarest word up to which the second is looked for at each of them: so many, and this
share of the second's. Of words that are about as common all occurrences are compared: 7 ns each, not 50.
"""
_AT_ONCE = 4_096
"""Documents whose positions are compared at once: arrays that stay in the cache of a core."""
_SHARE = 8
"""Words side by side are found in all documents in the time that so small a share takes by itself."""
_STRETCH = 8_192
"""Documents whose occurrences of common words are compared at once; divides 65,536."""


class _Begun(NamedTuple):
    """Where a phrase may begin: documents docs[place] and positions ``starts``, maybe below zero (int64,
    ascending); all of ``long`` documents, or none.
    """

    docs: Array
    place: Array
    starts: Array
    long: bool = False


class PhraseBag:
    """Words at most ``slop`` positions apart, each after the one before it, or in any order."""

    def __init__(
        self,
        index: Index,
        words: Sequence[Bag],
        slop: int,
        ordered: bool = True,
        mindist: int = 1,
    ) -> None:
        self._index = index
        self._words = words
        self._how = (slop, ordered, mindist)
        self.key: object = ("phrase", tuple(w.key for w in words), *self._how)

    @property
    def size(self) -> int:
        return min((w.size for w in self._words), default=0)

    @property
    def df(self) -> int:
        return len(self.all()[0])

    @property
    def idf(self) -> float:
        """The sum over its words, as in Lucene: a phrase is as rare as they are together."""
        return sum(w.idf for w in self._words)

    def all(self) -> tuple[Array, Array]:
        return kept(self._index.results, self.key, self._all)

    def _all(self) -> tuple[Array, Array]:
        words = self._neighbours()
        if len(words) > 1 and len({w.field for w in words}) == 1:
            return self._everywhere(words)
        rarest = sorted(self._words, key=lambda w: w.size)[:2]
        docs = rarest[0].all()[0]
        if len(docs):
            docs = docs[rarest[1].some(docs) > 0]
        stretches = [docs[i : i + _AT_ONCE] for i in range(0, len(docs), _AT_ONCE)] or [docs]
        found = [weigh_spans(self._index, self.spans(some)) for some in stretches]
        return tuple(map(np.concatenate, zip(*found, strict=True)))  # type: ignore[return-value]

    def _together(self, docs: Array) -> Array:
        """Those of ``docs`` that hold all the words."""
        for word in sorted(self._words, key=lambda w: w.size):
            if not len(docs):
                break
            docs = docs[word.some(docs) > 0]
        return docs

    def some(self, docs: Array) -> Array:
        share = _SHARE if self._neighbours() else 1
        if len(docs) * share < self.size and self.key not in self._index.results:
            ascending = docs.argsort()
            found, some = weigh_spans(self._index, self.spans(docs.take(ascending)))
            weights = np.zeros(len(docs), np.float32)
            weights[ascending.take(np.searchsorted(docs, found, sorter=ascending))] = some
            return weights
        return lookup(*self.all(), docs)

    def spans(self, docs: Array) -> Spans:
        if words := self._neighbours():
            return self._adjacent(words, docs)
        docs = self._together(docs)
        if not len(docs):
            return NO_SPANS
        found = self._words[0].spans(docs)
        for word in self._words[1:]:
            if not len(found.docs):
                break
            found = near(found, word.spans(docs), *self._how)
        return found

    def _neighbours(self) -> list[TermBag]:
        """The words, when they are plain ones that must stand side by side."""
        words = [w for w in self._words if isinstance(w, TermBag)]
        return words if self._how == (1, True, 1) and len(words) == len(self._words) else []

    def _everywhere(self, words: Sequence[TermBag]) -> tuple[Array, Array]:
        """``all`` of words side by side in one field: where the rarest stands, the others are looked for."""
        index = self._index
        found = index.phrase([word.text for word in words], words[0].field)
        if found is not None:
            return found
        spans = [NO_SPANS]
        for k, base in enumerate(index.bases):
            terms = [index.numbers(w.text)[k] for w in words]
            if min(terms) >= 0:
                for docs, starts in self._begins(k, terms):
                    spans.append(Spans(docs + base, starts, starts + (len(words) - 1)))
        return weigh_spans(index, self._good(Spans.join(spans), words))

    def _begins(self, k: int, terms: Sequence[int]) -> Iterator[tuple[Array, Array]]:
        """Document and position where each occurrence in a segment begins (int64, ascending), of the long
        documents apart.
        """
        segment = self._index.segments[k]
        often = [segment.positions.count(*segment.bounds(t)) for t in terms]
        first, second, *others = sorted(range(len(terms)), key=lambda i: often[i])
        few = often[first] < _SEEK + often[second] * _ALIKE
        if not few:
            docs, starts = _compared(segment, terms, first, second)
            yield self._followed(
                k, [(i, terms[i]) for i in others], _Begun(docs, np.arange(len(docs)), starts)
            )
        for long in (False, True) if few else (True,):
            docs, count, positions = segment.occurrences(terms[first], long=long)
            if len(docs):
                place = np.repeat(np.arange(len(docs)), count)
                begun = _Begun(docs, place, positions - first, long)
                yield self._followed(k, [(i, terms[i]) for i in (second, *others)], begun)

    def _followed(self, k: int, others: Sequence[tuple[int, int]], begun: _Begun) -> tuple[Array, Array]:
        """Document and position of those that ``others`` follow: place in the phrase, term."""
        docs, place, starts, long = begun
        positions = self._index.segments[k].positions
        for i, term in others:
            begin, count = self._index.slots(k, term, docs)
            held = count > 0
            if not held.all():
                there = held.take(place).nonzero()[0]
                place, starts = place.take(there), starts.take(there)
            positions.check(begin[held], count[held])
            good = positions.hold(begin.take(place), count.take(place), starts + i, long=long).nonzero()[0]
            docs, starts = docs.take(place.take(good)), starts.take(good)
            place = np.arange(len(docs))
            if not len(docs):
                break
        docs = docs.take(place)
        # Nothing begins before its document does: an unsigned number would make another position of it.
        good = (starts >= 0).nonzero()[0]
        return docs.take(good), starts.take(good)

    def _good(self, spans: Spans, words: Sequence[TermBag]) -> Spans:
        """Those in documents that are not deleted, and in the field that is asked."""
        index, field = self._index, words[0].field
        keep = np.ones(len(spans.docs), bool) if index.live is None else index.live[spans.docs]
        if field != ALL_TEXT:
            low, high = field_bounds(index, spans.docs, field)
            keep = keep & (spans.starts >= low) & (spans.starts < high)
        return spans if keep.all() else Spans(*(a[keep] for a in spans))

    def _adjacent(self, words: Sequence[TermBag], docs: Array) -> Spans:
        """Words side by side: the rarest first, and of the others only what stands in documents still
        left.
        """
        # Place in docs and where the phrase would begin in one number; uint32 is sorted twice as fast.
        long = len(intersection(self._index.long, docs))
        kind: type = np.uint64 if long or len(docs) > _AT_ONCE else np.uint32
        bits = kind(33 if kind is np.uint64 else 17)
        keys: Array | None = None
        left = np.arange(len(docs))
        for i in sorted(range(len(words)), key=lambda i: words[i].size):
            if not len(left):
                return NO_SPANS
            places, positions = words[i].occurrences(docs.take(left))
            here = left.take(places).astype(kind) << bits
            here += (positions + (len(words) - i)).astype(kind)
            keys = here if keys is None else intersection(keys, here)
            left = distinct(keys >> bits).astype(np.int64)
        assert keys is not None
        starts = (keys & kind((1 << int(bits)) - 1)).astype(np.int64) - len(words)
        return Spans(docs.take((keys >> bits).astype(np.int64)), starts, starts + (len(words) - 1))

    def marks(self, docs: Sequence[int]) -> list[list[int]]:
        words = [word.marks(docs) for word in self._words]
        if self._neighbours():
            return [_side_by_side(lists) for lists in zip(*words, strict=True)]
        found = self.spans(np.array(docs, np.int64))
        bounds = np.searchsorted(found.docs, (*docs, docs[-1] + 1)).tolist()
        starts, ends = found.starts.tolist(), found.ends.tolist()
        marked: list[list[int]] = []
        for k, places in enumerate(merged(words)):
            a, b = bounds[k], bounds[k + 1]
            inside = []
            for place in places:
                at = bisect_right(starts, place, a, b)
                if at > a and place <= max(ends[a:at]):
                    inside.append(place)
            marked.append(inside)
        return marked


def _compared(segment: SegmentData, terms: Sequence[int], a: int, b: int) -> tuple[Array, Array]:
    """Document and position where ``terms`` would begin (int64, ascending; maybe below zero), with all
    occurrences of two of them.
    """
    count = len(terms)
    docs, starts = [], []
    for low in range(0, segment.documents, _STRETCH):
        high = min(low + _STRETCH, segment.documents)
        # Plus ``count``: never below zero.
        one, other = (segment.line(terms[i], low, high) + np.uint32(count - i) for i in (a, b))
        keys = intersection(one, other)
        docs.append((keys >> np.uint32(LINE_BITS)).astype(np.int64) + low)
        starts.append((keys & np.uint32((1 << LINE_BITS) - 1)).astype(np.int64) - count)
    return np.concatenate(docs), np.concatenate(starts)


def _side_by_side(words: Sequence[list[int]]) -> list[int]:
    """Positions of words that stand next to each other, out of those of each word."""
    fewest = min(range(len(words)), key=lambda i: len(words[i]))
    starts = {p - fewest for p in words[fewest]}
    for i, places in enumerate(words):
        if i != fewest:
            starts.intersection_update([p - i for p in places])
    return sorted({p + i for p in starts for i in range(len(words))})


def weigh_spans(index: Index, spans: Spans) -> tuple[Array, Array]:
    """Documents of spans, and the tf~ of their number in each field."""
    if not len(spans.docs):
        return np.empty(0, np.int64), np.empty(0, np.float32)
    bounds = index.field_starts.take(spans.docs, axis=0)
    field = (spans.starts >= bounds[:, BODY - 1]).astype(np.int8)
    for k in range(BODY - 1):
        field += spans.starts >= bounds[:, k]
    weights = FIELD_WEIGHTS.take(field).astype(np.float64) * index.norms.take(spans.docs)
    first = changes(spans.docs)
    return spans.docs[first], np.add.reduceat(weights, first).astype(np.float32)
