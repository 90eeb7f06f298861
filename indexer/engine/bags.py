"""How often does a word, a phrase or any of several occur in each document? Counts, weighted by field: tf~.

A bag answers for all documents at once (``all``) or for given ones (``some``), and knows the places of its
occurrences (``spans``). What it weighs becomes a score in ``evaluate``. A document is in the bag when its
tf~ is above zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from indexer.engine import scoring
from indexer.engine.arrays import Array
from indexer.engine.index import Index, TermPostings, kept
from indexer.engine.postings import FIELDS
from indexer.engine.segment import ALL_TEXT, LINE_BITS, SegmentData
from indexer.engine.spans import NO_SPANS, Spans, distinct, intersection, near

_FEW = 64
"""So many times fewer documents than a term has are looked for in its postings one by one."""
_VERY_FEW = 2_048
"""So many times fewer documents than there are, too: a table over all of them costs more."""
_DENSE = 16
"""A term in more than one of this many documents is looked up in an array over all documents."""

_ALIKE = 16
"""Words that together have less than so many times the documents of the rarest are about as common."""
_STRETCH = 8_192
"""Documents whose occurrences of common words are compared at once; divides 65,536."""
_AT_ONCE = 4_096
"""Documents whose positions are compared at once: arrays that stay in the cache of a core."""


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


def lookup(index: Index, key: object, docs: Array, weights: Array, wanted: Array) -> Array:
    """weights of the documents ``wanted`` out of (docs ascending, weights); 0 where there are none."""
    if not len(docs):
        return np.zeros(len(wanted), np.float32)
    if len(docs) * _DENSE > index.size:
        return dense(index, key, docs, weights)[wanted]
    at = np.searchsorted(docs, wanted)
    at[at == len(docs)] = 0
    found = weights[at]
    found[docs[at] != wanted] = 0.0
    return found


def dense(index: Index, key: object, docs: Array, weights: Array) -> Array:
    """weights over all documents, float32 (N); kept."""

    def make() -> Array:
        table = np.zeros(index.size, np.float32)
        table[docs] = weights
        return table

    return index.cache.get(("dense", key), make, lambda a: int(a.nbytes))


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
        index, text = self._index, self.text
        few = len(docs) * _FEW < index.df(text) or len(docs) * _VERY_FEW < index.size
        if not few or index.has_table(text):
            return index.weights_in(text, self.field, docs)
        weights = index.weights_at(text, self.field, docs)
        places = (weights > 0).nonzero()[0]
        return places, weights.take(places)

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


def weigh_spans(index: Index, spans: Spans) -> tuple[Array, Array]:
    """Documents of spans, and the tf~ of their number in each field."""
    if not len(spans.docs):
        return np.empty(0, np.int64), np.empty(0, np.float32)
    field = (spans.starts[:, None] >= index.field_starts[spans.docs]).sum(axis=1)
    weights = index.weights[field].astype(np.float64) * index.norms[spans.docs]
    first = np.flatnonzero(np.concatenate(([True], spans.docs[1:] != spans.docs[:-1])))
    return spans.docs[first], np.add.reduceat(weights, first).astype(np.float32)


class PhraseBag:
    """Words at most ``slop`` positions apart, each after the one before it, or in any order."""

    def __init__(
        self,
        index: Index,
        words: Sequence[Bag],
        slop: int = 1,
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
        if len({w.field for w in words}) == 1:
            sizes = [w.size for w in words]
            if min(sizes) * _ALIKE > sum(sizes):
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
        if len(docs) < self.size and self.key not in self._index.results:
            ascending = docs.argsort()
            found, some = weigh_spans(self._index, self.spans(docs.take(ascending)))
            weights = np.zeros(len(docs), np.float32)
            weights[ascending.take(np.searchsorted(docs, found, sorter=ascending))] = some
            return weights
        found, weights = self.all()
        return lookup(self._index, self.key, found, weights, docs)

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
        """``all`` of words about as common as each other: every occurrence of each is compared, a stretch of
        documents at a time, without a look at which documents have them all.
        """
        index, count = self._index, len(words)
        order = sorted(range(count), key=lambda i: words[i].size)
        found = [(np.empty(0, np.int64), np.empty(0, np.float32))]
        for k, (base, segment) in enumerate(zip(index.bases, index.segments, strict=True)):
            terms = [index.numbers(w.text)[k] for w in words]
            if min(terms) < 0:
                continue
            for low in range(0, segment.documents, _STRETCH):
                high = min(low + _STRETCH, segment.documents)
                keys: Array | None = None
                for i in order:
                    # Where the phrase would begin, plus ``count``: never below zero.
                    here = segment.line(terms[i], low, high) + np.uint32(count - i)
                    keys = here if keys is None else intersection(keys, here)
                    if not len(keys):
                        break
                assert keys is not None
                docs = (keys >> np.uint32(LINE_BITS)).astype(np.int64) + (base + low)
                starts = (keys & np.uint32((1 << LINE_BITS) - 1)).astype(np.int64) - count
                found.append(weigh_spans(index, self._good(Spans(docs, starts, starts + (count - 1)), words)))
        if len(index.long):
            found.append(weigh_spans(index, self._adjacent(words, index.long)))
        docs, weights = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        if len(index.long):
            ascending = docs.argsort()
            docs, weights = docs.take(ascending), weights.take(ascending)
        return docs, weights

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
        if self._how == (1, True, 1) and all(isinstance(w, TermBag) for w in self._words):
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


class TermsBag:
    """Any of several terms, counted as one word: what a pattern means.

    ``terms``: numbers of terms in each segment, ascending; ``df``: documents that its idf is of, None: those
    that hold any of them.
    """

    def __init__(
        self, index: Index, terms: Sequence[Array], field: int = ALL_TEXT, df: int | None = None
    ) -> None:
        self._index = index
        self._terms = terms
        self._field = field
        self._df = df
        self.key: object = ("terms", tuple(t.tobytes() for t in terms), field)

    @property
    def size(self) -> int:
        return len(self.all()[0])

    df = size

    @property
    def idf(self) -> float:
        return scoring.idf(self.size if self._df is None else self._df, self._index.documents)

    def all(self) -> tuple[Array, Array]:
        return kept(self._index.results, self.key, self._all)

    def _all(self) -> tuple[Array, Array]:
        postings = self._index.terms(self._terms, self._field)
        return add_up(self._index, [(postings.docs, postings.weights)], once=False)

    def some(self, docs: Array) -> Array:
        found, weights = self.all()
        return lookup(self._index, self.key, found, weights, docs)

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
        member = np.zeros(index.size, bool)
        member[docs] = True
        for base, segment, terms in zip(index.bases, index.segments, self._terms, strict=True):
            if not len(terms):
                continue
            here = index.found(segment, terms)
            at = member[base : base + segment.documents].take(here.docs).nonzero()[0]
            held = here.docs[at].tolist()
            for doc, places in zip(held, segment.positions_of(here.number(at).tolist(), held), strict=True):
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


class AnyBag:
    """Variants of one word, each with its weight; without weights, an Or that is counted as one word."""

    def __init__(self, index: Index, members: Sequence[tuple[Bag, float]]) -> None:
        self._index = index
        self._members = [(bag, weight) for bag, weight in members if bag.size]
        self.key: object = ("any", tuple((bag.key, weight) for bag, weight in self._members))

    @property
    def size(self) -> int:
        return sum(bag.size for bag, _ in self._members)

    @property
    def df(self) -> int:
        return len(self.all()[0])

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
        return kept(self._index.results, self.key, self._all)

    def _all(self) -> tuple[Array, Array]:
        return add_up(
            self._index, [(d, w * np.float32(weight)) for b, weight in self._members for d, w in (b.all(),)]
        )

    def some(self, docs: Array) -> Array:
        total = np.zeros(len(docs), np.float32)
        for bag, weight in self._members:
            total += bag.some(docs) * np.float32(weight)
        return total

    def spans(self, docs: Array) -> Spans:
        return Spans.join([bag.spans(docs) for bag, _ in self._members])

    def marks(self, docs: Sequence[int]) -> list[list[int]]:
        return merged([bag.marks(docs) for bag, _ in self._members], len(docs))


class EachBag:
    """Several words that must all be there; counted as often as the one that is least there."""

    def __init__(self, index: Index, members: Sequence[Bag]) -> None:
        self._index = index
        self._members = sorted(members, key=lambda b: b.size)
        self.key: object = ("each", tuple(bag.key for bag in self._members))

    @property
    def size(self) -> int:
        return len(self.all()[0])

    df = size

    @property
    def idf(self) -> float:
        return scoring.idf(self.size, self._index.documents)

    def all(self) -> tuple[Array, Array]:
        return kept(self._index.results, self.key, self._all)

    def _all(self) -> tuple[Array, Array]:
        docs, weights = self._members[0].all()
        for bag in self._members[1:]:
            weights = np.minimum(weights, bag.some(docs))
            docs, weights = docs[weights > 0], weights[weights > 0]
        return docs, weights

    def some(self, docs: Array) -> Array:
        return np.minimum.reduce([bag.some(docs) for bag in self._members])  # type: ignore[no-any-return]

    def spans(self, docs: Array) -> Spans:
        docs = docs[self.some(docs) > 0]
        return Spans.join([bag.spans(docs) for bag in self._members])

    def marks(self, docs: Sequence[int]) -> list[list[int]]:
        parts = [bag.marks(docs) for bag in self._members]
        together = (all(lists) for lists in zip(*parts, strict=True))
        return [places if held else [] for places, held in zip(merged(parts), together, strict=True)]


class NoBag:
    """Nothing matches."""

    key: object = "none"
    size = 0
    df = 0
    idf = 0.0

    def all(self) -> tuple[Array, Array]:
        return np.empty(0, np.int64), np.empty(0, np.float32)

    def some(self, docs: Array) -> Array:
        return np.zeros(len(docs), np.float32)

    def spans(self, docs: Array) -> Spans:  # noqa: ARG002 - as every bag
        return NO_SPANS

    def marks(self, docs: Sequence[int]) -> list[list[int]]:
        return [[] for _ in docs]


def merged(parts: Sequence[list[list[int]]], count: int = 0) -> list[list[int]]:
    """Positions of several bags by document, ascending, each once; ``count``: documents."""
    if not parts:
        return [[] for _ in range(count)]
    if len(parts) == 1:
        return parts[0]
    return [sorted(set().union(*lists)) if any(lists) else [] for lists in zip(*parts, strict=True)]


def add_up(index: Index, parts: Sequence[tuple[Array, Array]], once: bool = True) -> tuple[Array, Array]:
    """Sums of (documents, weights) by document; ``once``: no part names a document twice."""
    parts = [p for p in parts if len(p[0])]
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    if len(parts) == 1 and once:
        return parts[0]
    count = sum(len(d) for d, _ in parts)
    if count * 4 < index.size:
        docs = np.concatenate([d for d, _ in parts])
        order = np.argsort(docs, kind="stable")
        docs = docs[order]
        weights = np.concatenate([w for _, w in parts])[order]
        first = np.flatnonzero(np.concatenate(([True], docs[1:] != docs[:-1])))
        return docs[first], np.add.reduceat(weights, first)
    total = np.zeros(index.size, np.float32)
    for docs, weights in parts:
        if once:
            total[docs] += weights
        else:
            total += np.bincount(docs, weights, index.size).astype(np.float32)
    docs = np.flatnonzero(total > 0)
    return docs, total[docs]
