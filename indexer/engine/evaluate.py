"""What does a Whoosh query tree mean in arrays? One node for each kind of query.

What scores: words, phrases and their variants by BM25F (``Weighed``); patterns, ranges and metadata by their
boost, unless ``constantscore`` is off, then all terms of a pattern count as one word. A query that is not
known here is answered by Whoosh's own matcher and scores its boost. Not for filters, facets or order
(``reader``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from whoosh import query as q
from whoosh.query import spans as s

from indexer.engine import expand, written
from indexer.engine.arrays import Array
from indexer.engine.bags import AnyBag, Bag, EachBag, TermBag, TermsBag
from indexer.engine.codec import column_terms, moment
from indexer.engine.index import Index
from indexer.engine.nodes import (
    All,
    Any_,
    Best,
    Constant,
    Except,
    Fixed,
    Maybe,
    Node,
    Raised,
    Valued,
    Weighed,
    Where,
)
from indexer.engine.phrases import PhraseBag
from indexer.engine.postings import PAGE_GAP
from indexer.engine.queries import Rescored, Variants, Written
from indexer.engine.schema import TEXT_FIELDS, schema
from indexer.model import FACETS

_SCHEMA = schema()
Stock = Callable[[q.Query], Array]
"""Documents of a query by Whoosh's own matchers, ascending."""


def node(index: Index, tree: q.Query, stock: Stock) -> Node:
    """The node of a query tree."""
    return _Compiler(index, stock).node(tree)


def bags(index: Index, tree: q.Query) -> list[Bag]:
    """The bags of what a document is found by: what is excluded, only metadata, or only ranks it higher
    (two of its words side by side; *i* and *med* of a question) is not among them.
    """
    compiler = _Compiler(index, lambda _: np.empty(0, np.int64))
    return [bag for leaf in _positive(tree) if (bag := compiler.bag(leaf)) is not None and bag.size]


def _positive(tree: q.Query) -> Iterator[q.Query]:
    if isinstance(tree, q.Not):
        return
    if isinstance(tree, (q.AndNot, q.AndMaybe, q.Require)):
        yield from _positive(tree.a)
        if isinstance(tree, q.Require):
            yield from _positive(tree.b)
    elif isinstance(tree, Variants) or tree.is_leaf() or isinstance(tree, s.SpanQuery):
        yield tree
    else:
        for child in tree.children():
            yield from _positive(child)


class _Compiler:
    def __init__(self, index: Index, stock: Stock) -> None:
        self._index = index
        self._stock = stock

    def node(self, tree: q.Query) -> Node:
        if type(tree) is q.Term and tree.fieldname in TEXT_FIELDS:  # most are
            return Weighed(self._word(tree), tree.boost)
        if tree is q.NullQuery or isinstance(tree, type(q.NullQuery)):
            return self._nothing()
        if not isinstance(tree, q.compound.CompoundQuery) or isinstance(tree, Variants):
            bag = self.bag(tree)
            if bag is not None:
                boost = getattr(tree, "boost", 1.0)
                if getattr(tree, "constantscore", False):
                    return Constant(self._index, lambda: bag.all()[0], boost)
                return Weighed(bag, boost)
        for kind, make in self._KINDS:
            if isinstance(tree, kind):
                return make(self, tree)
        return Constant(self._index, lambda: self._stock(tree), getattr(tree, "boost", 1.0))

    def _nothing(self) -> Node:
        return Weighed(AnyBag(self._index, ()), 1.0)

    def _and(self, tree: q.And) -> Node:
        children = [self.node(c) for c in tree.subqueries]
        return All(children, tree.boost) if children else self._nothing()

    def _or(self, tree: q.Or) -> Node:
        children = [self.node(c) for c in tree.subqueries]
        return Any_(self._index, children, tree.boost, max(1, int(getattr(tree, "minmatch", 0) or 0)))

    def _best(self, tree: q.DisjunctionMax) -> Node:
        return Best(self._index, [self.node(c) for c in tree.subqueries], tree.boost, tree.tiebreak)

    def _not(self, tree: q.Not) -> Node:
        return Except(self._index, self.node(tree.query))

    def _and_not(self, tree: q.AndNot) -> Node:
        return All([self.node(tree.a), Except(self._index, self.node(tree.b))])

    def _and_maybe(self, tree: q.AndMaybe) -> Node:
        kind = Raised if isinstance(tree, Rescored) else Maybe
        return kind(self.node(tree.a), self.node(tree.b))

    def _require(self, tree: q.Require) -> Node:
        return Where(self.node(tree.a), self.node(tree.b))

    def _otherwise(self, tree: q.Otherwise) -> Node:
        first = self.node(tree.a)
        return first if len(first.collect()[0]) else self.node(tree.b)

    def _constant(self, tree: q.ConstantScoreQuery) -> Node:
        return Fixed(self.node(tree.child), tree.score)

    def _every(self, tree: q.Every) -> Node:
        index, field = self._index, tree.fieldname
        if field is None or field == "*":
            return Constant(index, lambda: index.every, tree.boost)
        if field in TEXT_FIELDS:
            number = TEXT_FIELDS.index(field)
            return Constant(index, partial(self._with_words, number), tree.boost)
        return self._values(field, lambda _: True, tree.boost)

    def _with_words(self, field: int) -> Array:
        lengths = self._index.lengths
        words = lengths[:, field] if field < lengths.shape[1] else lengths.sum(axis=1)
        return self._index.alive(np.flatnonzero(words))

    def _numeric(self, tree: q.NumericRange) -> Node:
        if tree.fieldname not in ("year", "published"):
            return self._nothing()
        low, high, field = tree.start, tree.end, _SCHEMA[tree.fieldname]

        def inside(number: Any) -> Any:
            """Of one number (bool), or of an array of them."""
            above = True if low is None else number > low if tree.startexcl else number >= low
            below = True if high is None else number < high if tree.endexcl else number <= high
            return above & below

        if tree.fieldname == "year":
            return self._values("year", lambda text: bool(inside(field.prepare_number(text))), tree.boost)
        numbers, of = self._published()
        good = (numbers >= 0) & inside(numbers)
        return Constant(self._index, lambda: self._index.alive(good[of].nonzero()[0]), tree.boost)

    def _published(self) -> tuple[Array, Array]:
        """The different moments of publication as Whoosh numbers them (int64), -1 for unknown, and which of
        them each document has (int64, N); kept.
        """

        def make() -> tuple[Array, Array]:
            days, of = np.unique(self._index.array("doc.published", np.int64), return_inverse=True)
            number = _SCHEMA["published"].prepare_datetime
            return np.array([number(moment(day)) if day > 0 else -1 for day in days.tolist()], np.int64), of

        return self._index.results.get("published", make, lambda made: sum(int(a.nbytes) for a in made))

    def _values(self, facet: str, wanted: Callable[[str], bool], boost: float) -> Node:
        """Documents with a known value of a metadata field that is ``wanted``."""
        if facet not in _SCHEMA:
            return self._nothing()
        if facet in ("id", "published"):
            return self._rare_field(facet, lambda _: True, boost)
        column = self._index.column(facet)
        flags = [i != column.unknown and wanted(v) for i, v in enumerate(column.values)]
        return Valued(self._index, column, np.array(flags, bool), boost)

    def _metadata(self, tree: q.Query) -> Node:
        """Term, Prefix, Wildcard, TermRange on a metadata field."""
        field = tree.field()
        if field not in _SCHEMA:
            return self._nothing()
        if isinstance(tree, q.Term):
            try:
                key = _SCHEMA[field].to_bytes(tree.text)
            except (ValueError, TypeError):
                return self._nothing()
            if field == "year":
                return self._values(field, lambda v: _SCHEMA[field].to_bytes(int(v)) == key, tree.boost)
            if field in FACETS:
                return self._values(field, lambda v: v.encode() == key, tree.boost)
            return self._rare_field(field, lambda text: text == key, tree.boost)
        return Constant(self._index, lambda: self._stock(tree), tree.boost)

    def _rare_field(self, field: str, wanted: Callable[[bytes], bool], boost: float) -> Node:
        def docs() -> Array:
            found = [np.empty(0, np.int64)]
            for base, segment in zip(self._index.bases, self._index.segments, strict=True):
                terms = column_terms(segment, field, _SCHEMA[field])
                found += [make() + base for text, make in terms if wanted(text)]
            return self._index.alive(np.unique(np.concatenate(found)))

        return Constant(self._index, docs, boost)

    _KINDS: tuple[tuple[type, Callable[[Any, Any], Node]], ...] = (
        (q.And, _and), (q.Or, _or), (q.DisjunctionMax, _best), (q.Not, _not), (q.AndNot, _and_not),
        (q.AndMaybe, _and_maybe), (q.Require, _require), (q.Otherwise, _otherwise),
        (q.ConstantScoreQuery, _constant), (q.Every, _every), (q.NumericRange, _numeric),
        (q.Term, _metadata), (q.Prefix, _metadata), (q.Wildcard, _metadata), (q.TermRange, _metadata),
    )  # fmt: skip

    # --- what can be counted

    def bag(self, tree: q.Query) -> Bag | None:
        """The bag of a query on text; None when it is none that can be counted."""
        if type(tree) is q.Term and tree.fieldname in TEXT_FIELDS:
            return self._word(tree)
        if isinstance(tree, Variants):
            members = [(bag, weight) for t, weight in tree.members if (bag := self.bag(t)) is not None]
            return AnyBag(self._index, members)
        if isinstance(tree, q.And) and tree.subqueries:
            parts = [self.bag(t) for t in tree.subqueries]
            return EachBag(self._index, [p for p in parts if p is not None]) if all(parts) else None
        if isinstance(tree, q.Or) and tree.subqueries and not getattr(tree, "minmatch", 0):
            parts = [self.bag(t) for t in tree.subqueries]
            return AnyBag(self._index, [(p, 1.0) for p in parts if p is not None]) if all(parts) else None
        if isinstance(tree, s.SpanNear2):
            return self._near(tree.qs, tree)
        if isinstance(tree, s.SpanNear):
            return self._near([tree.a, tree.b], tree)
        field = getattr(tree, "fieldname", None)
        if field not in TEXT_FIELDS:
            return None
        number = TEXT_FIELDS.index(field)
        if isinstance(tree, q.Phrase):
            return self._phrase(tree, number)
        return self._pattern(tree, number)

    def _word(self, tree: q.Term) -> TermBag:
        return TermBag(self._index, _encode(tree.text), TEXT_FIELDS.index(tree.fieldname))

    def _near(self, queries: list[q.Query], tree: Any) -> Bag | None:
        parts = [self.bag(t) for t in queries]
        if tree.slop > PAGE_GAP or any(p is None for p in parts):
            return None
        return PhraseBag(
            self._index, [p for p in parts if p is not None], tree.slop, tree.ordered, tree.mindist
        )

    def _phrase(self, tree: q.Phrase, number: int) -> Bag:
        words: list[Bag] = [TermBag(self._index, _encode(w), number) for w in tree.words if w is not None]
        if not words:
            return AnyBag(self._index, ())
        return words[0] if len(words) == 1 else PhraseBag(self._index, words, min(tree.slop, PAGE_GAP))

    def _pattern(self, tree: q.Query, number: int) -> Bag | None:
        segments = self._index.segments
        if isinstance(tree, Written):
            return written.bag(self._index, tree.text, number, exact=tree.exact)
        found = [expand.terms(segment, tree) for segment in segments]
        if any(f is None for f in found):
            return None
        return TermsBag(self._index, [f for f in found if f is not None], number)


def _encode(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "replace")
