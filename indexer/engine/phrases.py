"""How often do words stand side by side, or near each other, in each document? The bag of a phrase.

Words that must stand side by side are compared as arrays of where the phrase would begin; with words between,
or in any order, by the rules of ``spans``. Not for single words and their variants (``bags``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from indexer.engine.arrays import Array
from indexer.engine.bags import Bag, TermBag, lookup, merged
from indexer.engine.index import Index
from indexer.engine.kept import kept
from indexer.engine.postings import BODY, changes
from indexer.engine.scoring import FIELD_WEIGHTS
from indexer.engine.spans import NO_SPANS, PLACE_BITS, Spans, distinct, intersection, near

_AT_ONCE = 4_096
"""Documents whose positions are compared at once: arrays that stay in the cache of a core."""
_SHARE = 8
"""Words side by side are found in all documents in the time that so small a share takes by itself."""


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
            found = self._index.phrase([word.text for word in words], words[0].field)
            if found is not None:
                return found
        rarest = sorted(self._words, key=lambda w: w.size)[:2]
        docs = rarest[0].all()[0]
        if len(docs):
            docs = docs[rarest[1].some(docs) > 0]
        stretches = [docs[i : i + _AT_ONCE] for i in range(0, len(docs), _AT_ONCE)] or [docs]
        weighed = [weigh_spans(self._index, self.spans(some)) for some in stretches]
        return tuple(map(np.concatenate, zip(*weighed, strict=True)))  # type: ignore[return-value]

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

    def _adjacent(self, words: Sequence[TermBag], docs: Array) -> Spans:
        """Words side by side: the rarest first, and of the others only what stands in documents still
        left.
        """
        keys: Array | None = None  # place in docs, and where the phrase would begin, plus their number
        left = np.arange(len(docs))
        for i in sorted(range(len(words)), key=lambda i: words[i].size):
            if not len(left):
                return NO_SPANS
            places, positions = words[i].occurrences(docs.take(left))
            here = left.take(places) << PLACE_BITS
            here += positions + (len(words) - i)
            keys = here if keys is None else intersection(keys, here)
            left = distinct(keys >> PLACE_BITS)
        assert keys is not None
        starts = (keys & (1 << PLACE_BITS) - 1) - len(words)
        return Spans(docs.take(keys >> PLACE_BITS), starts, starts + (len(words) - 1))

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
