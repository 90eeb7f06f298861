"""Which documents match, and with what score? Boolean algebra over arrays of document numbers.

A node gives all its documents (``collect``) or says of given ones whether they match (``probe``). ``All``
begins with the child that has the fewest and probes the others, so that a rare word spares most of the work
of a common one. Not for what a query means: ``evaluate`` makes nodes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from indexer.engine import scoring
from indexer.engine.arrays import Array
from indexer.engine.bags import Bag, TermBag, union
from indexer.engine.columns import Column
from indexer.engine.index import Index

Scored = tuple[Array, Array]
"""Documents (int64, distinct, any order) and their scores (float32)."""


class Node(Protocol):
    @property
    def size(self) -> int:
        """At most so many documents match."""

    def collect(self) -> Scored: ...

    def probe(self, docs: Array) -> tuple[Array, Array]:
        """For each of ``docs``: does it match (bool), and its score (float32), 0 where not."""


class Weighed:
    """A bag with its BM25F score."""

    def __init__(self, bag: Bag, boost: float) -> None:
        self.bag = bag
        self.boost = boost
        self.size = bag.size

    @property
    def worth(self) -> float:
        """What the score tends to with ever more occurrences."""
        return self.bag.idf * self.boost

    def collect(self) -> Scored:
        docs, weights = self.bag.all()
        return docs, self._score(weights)

    def probe(self, docs: Array) -> tuple[Array, Array]:
        weights = self.bag.some(docs)
        return weights > 0, self._score(weights)

    def narrow(self, docs: Array, scores: Array) -> Scored:
        """Those of ``docs`` that match, and their ``scores`` with their own added."""
        if isinstance(self.bag, TermBag):
            return self.bag.narrow(docs, scores, self.worth)
        weights = self.bag.some(docs)
        places = (weights > 0).nonzero()[0]
        return docs.take(places), scores.take(places) + self._score(weights.take(places))

    def _score(self, weights: Array) -> Array:
        return scoring.score(weights, self.worth)


class Constant:
    """Documents that all have the same score; computed when first asked for."""

    def __init__(self, index: Index, docs: Callable[[], Array], score: float) -> None:
        self._index = index
        self._make = docs
        self._docs: Array | None = None
        self._score = score
        self.size = index.documents

    def _found(self) -> Array:
        if self._docs is None:
            self._docs = self._make()
        return self._docs

    def collect(self) -> Scored:
        docs = self._found()
        return docs, np.full(len(docs), self._score, np.float32)

    def probe(self, docs: Array) -> tuple[Array, Array]:
        match = self._index.mask(self._found())[docs]
        return match, match * np.float32(self._score)


class Valued:
    """Documents with a value of a column whose flag in ``codes`` (bool, V) is set; one score for all."""

    def __init__(self, index: Index, column: Column, codes: Array, score: float) -> None:
        self._index = index
        self._column = column
        self._codes = codes
        self._score = np.float32(score)
        self.size = index.documents

    def collect(self) -> Scored:
        mask = self._column.having(self._codes)
        if self._index.live is not None:
            mask = mask & self._index.live
        docs = np.flatnonzero(mask)
        return docs, np.full(len(docs), self._score, np.float32)

    def probe(self, docs: Array) -> tuple[Array, Array]:
        match = self._column.among(self._codes, docs)
        return match, match * self._score


class Fixed:
    """Documents of ``child``, all with the same score."""

    def __init__(self, child: Node, score: float) -> None:
        self.child = child
        self._score = np.float32(score)
        self.size = child.size

    def collect(self) -> Scored:
        docs = self.child.collect()[0]
        return docs, np.full(len(docs), self._score, np.float32)

    def probe(self, docs: Array) -> tuple[Array, Array]:
        match, _ = self.child.probe(docs)
        return match, match * self._score


class Except:
    """Every document but those of ``child``; scores 0."""

    def __init__(self, index: Index, child: Node) -> None:
        self._index = index
        self.child = child
        self.size = index.documents

    def collect(self) -> Scored:
        rest = self._index.mask(self._index.every)
        rest[self.child.collect()[0]] = False
        docs = np.flatnonzero(rest)
        return docs, np.zeros(len(docs), np.float32)

    def probe(self, docs: Array) -> tuple[Array, Array]:
        match, _ = self.child.probe(docs)
        return ~match, np.zeros(len(docs), np.float32)


class All:
    """Documents that match every child; scores added."""

    def __init__(self, children: Sequence[Node], boost: float = 1.0) -> None:
        self.children = sorted(children, key=lambda c: c.size)
        self.boost = boost
        self.size = self.children[0].size

    def collect(self) -> Scored:
        # What is excluded is asked last: it has no documents of its own to begin with.
        order = sorted(self.children, key=lambda c: isinstance(c, Except))
        docs, scores = order[0].collect()
        for child in order[1:]:
            if not len(docs):
                break
            docs, scores = narrow(child, docs, scores)
        return docs, _boosted(scores, self.boost)

    def probe(self, docs: Array) -> tuple[Array, Array]:
        match = np.ones(len(docs), bool)
        scores = np.zeros(len(docs), np.float32)
        for child in self.children:
            one, more = child.probe(docs)
            match &= one
            scores += more
        scores[~match] = 0.0
        return match, _boosted(scores, self.boost)


class Any_:  # noqa: N801 - beside All; the plain name is typing's
    """Documents that match some child, or at least ``least`` of them; scores added."""

    def __init__(self, index: Index, children: Sequence[Node], boost: float = 1.0, least: int = 1) -> None:
        self._index = index
        self.children = children
        self.boost = boost
        self.least = least
        self.size = min(index.documents, sum(c.size for c in children))

    def collect(self) -> Scored:
        found = [f for f in (c.collect() for c in self.children) if len(f[0])]
        docs, scores = union(self._index, found)
        if self.least > 1:
            times = np.zeros(self._index.size, np.uint16)
            for some, _ in found:
                times[some] += 1
            enough = times[docs] >= self.least
            docs, scores = docs[enough], scores[enough]
        return docs, _boosted(scores, self.boost)

    def probe(self, docs: Array) -> tuple[Array, Array]:
        times = np.zeros(len(docs), np.uint16)
        scores = np.zeros(len(docs), np.float32)
        for child in self.children:
            one, more = child.probe(docs)
            times += one
            scores += more
        match = times >= self.least
        scores[~match] = 0.0
        return match, _boosted(scores, self.boost)


class Best:
    """Documents that match some child, with the best score and a share ``tiebreak`` of the others'."""

    def __init__(self, index: Index, children: Sequence[Node], boost: float, tiebreak: float) -> None:
        self._any = Any_(index, children)
        self.children = children
        self.boost = boost
        self.tiebreak = tiebreak
        self.size = self._any.size

    def collect(self) -> Scored:
        docs, _ = self._any.collect()
        return docs, self.probe(docs)[1]

    def probe(self, docs: Array) -> tuple[Array, Array]:
        match = np.zeros(len(docs), bool)
        best = np.zeros(len(docs), np.float32)
        total = np.zeros(len(docs), np.float32)
        for child in self.children:
            one, score = child.probe(docs)
            match |= one
            total += score
            np.maximum(best, score, out=best)
        return match, _boosted(best + (total - best) * np.float32(self.tiebreak), self.boost)


class Maybe:
    """Documents of ``sure``; those that also match ``maybe`` score more."""

    def __init__(self, sure: Node, maybe: Node) -> None:
        self.sure = sure
        self.maybe = maybe
        self.size = sure.size

    def collect(self) -> Scored:
        docs, scores = self.sure.collect()
        return docs, scores + self.maybe.probe(docs)[1]

    def probe(self, docs: Array) -> tuple[Array, Array]:
        match, scores = self.sure.probe(docs)
        return match, np.where(match, scores + self.maybe.probe(docs)[1], np.float32(0))


class Raised:
    """Documents of ``sure``; ``more`` is for ``ranking`` to add to the scores of the best."""

    def __init__(self, sure: Node, more: Node) -> None:
        self.sure = sure
        self.more = more
        self.size = sure.size

    def collect(self) -> Scored:
        return self.sure.collect()

    def probe(self, docs: Array) -> tuple[Array, Array]:
        return self.sure.probe(docs)


class Where:
    """Documents of ``scored`` that also match ``required``, which adds nothing to the score."""

    def __init__(self, scored: Node, required: Node) -> None:
        self.scored = scored
        self.required = required
        self.size = min(scored.size, required.size)

    def collect(self) -> Scored:
        if self.required.size * 8 < self.scored.size and not isinstance(self.required, Except):
            docs = self.required.collect()[0]
            match, scores = self.scored.probe(docs)
        else:
            docs, scores = self.scored.collect()
            match, _ = self.required.probe(docs)
        return docs[match], scores[match]

    def probe(self, docs: Array) -> tuple[Array, Array]:
        match, scores = self.scored.probe(docs)
        match = match & self.required.probe(docs)[0]
        return match, np.where(match, scores, np.float32(0))


def narrow(node: Node, docs: Array, scores: Array) -> Scored:
    """Those of ``docs`` that match, and their ``scores`` with what ``node`` adds."""
    if isinstance(node, Weighed):
        return node.narrow(docs, scores)
    match, more = node.probe(docs)
    places = match.nonzero()[0]
    return docs.take(places), scores.take(places) + more.take(places)


def _boosted(scores: Array, boost: float) -> Array:
    return scores if boost == 1.0 else scores * np.float32(boost)
