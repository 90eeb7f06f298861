"""What can be asked of an index? Counts, hits, pages, snippets, words.

A reader sees the index as it was when it was opened, also when a new one is built beside it. It may be
shared by threads. Numbers of documents are this reader's own; ids are for keeping.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from whoosh import query as q
from whoosh.searching import Searcher

from indexer.engine import codec, columns, evaluate, expand, native, places, ranking, records, written
from indexer.engine.arrays import Array
from indexer.engine.assemble import id_key, id_of_key
from indexer.engine.bags import Bag
from indexer.engine.corpus_counts import Counts
from indexer.engine.index import Index
from indexer.engine.nodes import Node
from indexer.engine.places import Places
from indexer.engine.postings import spread
from indexer.engine.words import Words
from indexer.model import FACETS, Document, Filters, Page


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``numbers`` int32 and ``scores`` float32 of the hits asked for, best first; ``counts`` by facet and
    value.
    """

    total: int
    numbers: Array
    scores: Array
    counts: Mapping[str, dict[str, int]]


class Grid(NamedTuple):
    """Documents by municipality and year: ``hits[i, j]`` of the query, ``held[i, j]`` of all there are,
    ``totals[i]`` of the query, each counted once in a row (int64)."""

    rows: list[str]
    columns: list[str]
    hits: Array
    held: Array
    totals: Array


_NO_FILTERS = Filters()
_SHARED = 16
"""So many times more values than combinations of values are counted by combination."""


class Reader:
    """The index in ``directory``. Raises IndexMissing, IndexDamaged, each with what to do."""

    def __init__(self, directory: Path) -> None:
        self._index = Index(directory)
        self.documents = self._index.documents
        self.meta = self._index.meta
        self._asked: tuple[q.Query, list[Bag]] | None = None

    # --- which documents

    def evaluate(
        self,
        tree: q.Query,
        filters: Filters = _NO_FILTERS,
        *,
        sort: str = "relevance",
        offset: int = 0,
        limit: int = 10,
        facets: Sequence[str] = FACETS,
    ) -> Evaluation:
        """Total, hits ``offset`` … ``offset + limit``, and for each facet the documents under each of its
        values.

        A facet's counts disregard its own filter, so that further values can be chosen. Equal scores are in
        order of date, newest first.
        """
        node = self._node(tree)
        found, scores = node.collect()
        docs, scores, failed = self._filter(found, scores, filters)
        counts = self._counts(facets, docs, failed)
        until = offset + limit
        if not limit:  # only counted
            best, worth = docs[:0], scores[:0]
        elif sort == "relevance":
            asked = list(ranking.words(node))
            scores = ranking.rescored(self._index, node, docs, scores)
            best, worth = ranking.best(self._index, asked, docs, scores, until)
        else:
            best = ranking.ordered(self._index, docs, sort, until)
            worth = np.zeros(len(best), np.float32)
        return Evaluation(
            len(docs), best[offset:until].astype(np.int32), worth[offset:until].astype(np.float32), counts
        )

    def all(self, tree: q.Query, filters: Filters = _NO_FILTERS, sort: str = "relevance") -> Array:
        """Every matching document in order, int32."""
        node = self._node(tree)
        docs, scores, _ = self._filter(*node.collect(), filters)
        if sort != "relevance":
            return ranking.ordered(self._index, docs, sort, len(docs)).astype(np.int32)
        scores = ranking.rescored(self._index, node, docs, scores)
        scores = ranking.coherent(self._index, list(ranking.words(node)), docs, scores)
        return docs[np.lexsort((self._index.rank("newest")[docs], -scores))].astype(np.int32)

    def grid(self, tree: q.Query, filters: Filters = _NO_FILTERS) -> Grid:
        """The matrix; a document with several values counts under each."""
        docs, _, _ = self._filter(*self._node(tree).collect(), filters)
        places, years = self.column("municipality"), self.column("year")
        everything = len(docs) == len(self._index.every)
        hits = self._held if everything else _cross(places, years, docs)
        return Grid(places.values, years.values, hits, self._held, places.count(docs))

    @cached_property
    def _held(self) -> Array:
        """Documents by municipality and year, whatever is asked."""
        return _cross(self.column("municipality"), self.column("year"), self._index.every)

    def _node(self, tree: q.Query) -> Node:
        return evaluate.node(self._index, tree, self._stock)

    def _stock(self, tree: q.Query) -> Array:
        """Documents of a query that only Whoosh's matchers know."""
        # The state that was opened: by now the directory may hold another.
        index = self._index
        reader = codec.reader(index.directory, list(zip(index.held, index.segments, strict=True)))
        return np.fromiter(tree.docs(Searcher(reader)), np.int64)

    def _filter(self, docs: Array, scores: Array, filters: Filters) -> tuple[Array, Array, dict[str, Array]]:
        """Documents that pass all filters, their scores; by filtered facet those that pass all others."""
        if filters == _NO_FILTERS:
            return docs, scores, {}
        passed: dict[str, Array] = {}
        for facet in FACETS:
            column = self._index.column(facet) if _filters(filters, facet) else None
            flags = columns.chosen(filters, column) if column else None
            if column is not None and flags is not None:
                passed[facet] = column.among(flags, docs)
        if len(passed) == 1:
            ((facet, places),) = passed.items()
            places, others = places.nonzero()[0], {facet: docs}
        else:
            fails = sum(((~own).view(np.uint8) for own in passed.values()), np.zeros(len(docs), np.uint8))
            places = (fails == 0).nonzero()[0]
            # Those that fail in nothing but what this facet asks for.
            others = {facet: docs.take((fails + own == 1).nonzero()[0]) for facet, own in passed.items()}
        return docs.take(places), scores.take(places), others

    def _counts(
        self, facets: Sequence[str], docs: Array, others: Mapping[str, Array]
    ) -> dict[str, dict[str, int]]:
        """Documents under each value; ``others``: by filtered facet the documents that pass all other
        filters.
        """
        index = self._index
        tally: Array | None = None
        if len(docs) * (len(facets) - 1) > index.profiles.size * _SHARED:
            tally = index.profiles.tally(docs)
        counted = {}
        for facet in facets:
            column = index.column(facet)
            if tally is not None and facet not in others:
                counts = index.profiles.count(column, tally, docs)
            else:
                counts = column.count(others.get(facet, docs))
            counted[facet] = _by_value(column.values, counts)
        return counted

    # --- one document

    def number(self, id_: str) -> int | None:
        """Number of the document with an id; None when there is none."""
        key, live = id_key(id_), self._index.live
        for base, segment in zip(reversed(self._index.bases), reversed(self._index.segments), strict=True):
            for doc in segment.versions(key):
                if live is None or live[base + doc]:
                    return base + doc
        return None

    def ids(self) -> list[str]:
        """The id of every document, by number."""
        found = [""] * self._index.size
        for base, segment in zip(self._index.bases, self._index.segments, strict=True):
            numbers = (segment.tab["id.doc"].all().astype(np.int64) + base).tolist()
            for number, key in zip(numbers, segment.ids.all(), strict=True):
                found[number] = id_of_key(key)
        return found

    def document(self, number: int, *, whole: bool = True) -> Document:
        """A document without its text; not ``whole``: also without contacts, links, evidence and outline."""
        if not whole:
            return self._index.card(number)
        segment, doc = self._index.locate(number)
        return records.unpack(segment.card(doc), segment.rest(doc))

    def page(self, number: int, page: int) -> Page | None:
        """One page with its text; None when the document has no page of that number."""
        segment, doc = self._index.locate(number)
        row = places.page_row(segment, doc, page)
        return None if row is None else self._index.page(number, row, page)

    def text(self, number: int) -> tuple[Page, ...]:
        """All pages with their text."""
        segment, doc = self._index.locate(number)
        return segment.text(doc)

    # --- where it matched

    def places(self, tree: q.Query, numbers: Sequence[int]) -> Places:
        """Where the words of a query stand in each of the documents ``numbers``."""
        return Places(self._index, self._bags(tree), numbers)

    def _bags(self, tree: q.Query) -> list[Bag]:
        known = self._asked
        if known is None or known[0] is not tree:
            known = self._asked = (tree, evaluate.bags(self._index, tree))
        return known[1]

    # --- counts over texts

    @cached_property
    def counts(self) -> Counts:
        return Counts(self._index)

    def matching(self, tree: q.Query, filters: Filters = _NO_FILTERS) -> Array:
        """Every matching document, ascending int64."""
        return np.sort(self._filter(*self._node(tree).collect(), filters)[0])

    def having(self, term: str) -> Array:
        """Documents with an index term in any text field, ascending int64."""
        return self._index.having(term.encode("utf-8", "replace"))

    def among(self, term: str, docs: Array, mask: Array) -> int:
        """How many of ``docs`` (int64, distinct) hold an index term; ``mask``: ``self.mask(docs)``."""
        return self._index.among(term.encode("utf-8", "replace"), docs, mask)

    @property
    def every(self) -> Array:
        """Every document, ascending int64."""
        return self._index.every

    def mask(self, docs: Array) -> Array:
        """Is a document among ``docs``? Bool by number."""
        return self._index.mask(docs)

    def occurring(self, tree: q.Query) -> list[Bag]:
        """What of a query may occur in a text: words, phrases, patterns, with all that they stand for.

        Not what only makes a document rank higher, such as two of its words side by side.
        """
        return evaluate.bags(self._index, tree)

    def column(self, facet: str) -> columns.Column:
        return self._index.column(facet)

    # --- words

    def values(self, facet: str) -> list[str]:
        """The values that documents have in a facet, UNKNOWN among them, sorted."""
        return list(self._index.column(facet).values)

    @cached_property
    def words(self) -> Words:
        """The surface vocabulary."""
        return Words(self._index.segments)

    def written(self, pattern: str, limit: int) -> tuple[tuple[str, ...], int]:
        """The ``limit`` commonest words that match a pattern as they are written, and how many documents have
        to be read to know that they have one.
        """
        found = expand.commonest(self._index.segments, pattern, limit)
        return found, written.doubtful(self._index, pattern) if found else 0

    def term_count(self, term: str) -> int:
        """Documents that hold a term: a stem, or ``schema.part`` of one."""
        return self._index.df(term.encode("utf-8", "replace"))


def _filters(filters: Filters, facet: str) -> bool:
    if facet == "year":
        return filters.year_from is not None or filters.year_to is not None or filters.year_unknown
    return bool(getattr(filters, facet))


def _by_value(values: list[str], counts: Array) -> dict[str, int]:
    """What is not zero."""
    if native.kernel is not None:
        return native.kernel.by_value(values, counts)  # type: ignore[no-any-return]
    found = counts.tolist()
    return dict(zip(compress(values, found), filter(None, found), strict=True))


def _cross(rows: columns.Column, across: columns.Column, docs: Array) -> Array:
    """Documents by two columns, int64 (rows, columns)."""
    at, row = rows.pairs(docs)
    at2, column = across.pairs(docs)
    order = np.argsort(at2, kind="stable")
    first = np.searchsorted(at2, np.arange(len(docs)), sorter=order)
    stop = np.searchsorted(at2, np.arange(len(docs)), "right", sorter=order)
    count = (stop - first)[at]
    cells = np.repeat(row, count) * len(across.values) + column[order[spread(first[at], count)]]
    shape = len(rows.values), len(across.values)  # either may be 0: nothing is held yet
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
