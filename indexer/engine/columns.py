"""What does each document count under? One column a facet, in the order of documents, ready to count and
filter.

Most documents have one value: ``facet.first`` (unsigned, N) holds its number in the sorted table
``facet.values``; the second value and on lie in ``facet.more_doc`` and ``facet.more_code``. A document
without the field has the value UNKNOWN, so that nothing is lost from counts. Not for which documents match:
``evaluate`` says that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from indexer.engine import native, strings
from indexer.engine.arrays import Array, ArrayFile, ArrayWriter
from indexer.engine.postings import spread
from indexer.model import UNKNOWN, Document, Filters

MULTIPLE = {"municipality": "municipalities", "county": "counties", "year": "years", "area": "areas"}
"""Facets whose field holds several values, and that field."""

_WIDE = 8
"""Numbers there can be, for each that there is, up to which a table over them is made."""
_NOT_KNOWN = (UNKNOWN,)
Rows = list[Any]
"""A facet's values of each document: a tuple as ``values_of`` gives, or what the field of one value holds."""


def values_of(document: Document, facet: str) -> tuple[str, ...]:
    """The values a document counts under, distinct; ``(UNKNOWN,)`` when the field is not known."""
    if facet in MULTIPLE:
        values: tuple[object, ...] = getattr(document, MULTIPLE[facet])
        return tuple(dict.fromkeys(map(str, values))) if values else _NOT_KNOWN
    return (getattr(document, facet) or UNKNOWN,)


def smallest(values: Array) -> Array:
    """``values`` as the smallest unsigned type that holds them."""
    top = int(values.max()) if len(values) else 0
    return values.astype(np.uint8 if top < 1 << 8 else np.uint16 if top < 1 << 16 else np.uint32)


def write(writer: ArrayWriter, facet: str, rows: Rows) -> None:
    """Writes the column of a facet."""
    if facet in MULTIPLE:
        firsts = [row[0] for row in rows]
        more = [(doc, v) for doc, row in enumerate(rows) if len(row) > 1 for v in row[1:]]
    else:
        firsts, more = rows, []
    distinct = {*firsts, *(v for _, v in more)}
    shown = {v: strings.line(v or UNKNOWN) for v in distinct}
    table = sorted(set(shown.values()))
    place = {text: i for i, text in enumerate(table)}
    code = {v: place[text] for v, text in shown.items()}
    strings.write(writer, f"{facet}.values", table)
    writer.add(f"{facet}.first", smallest(np.fromiter(map(code.__getitem__, firsts), np.int64, len(firsts))))
    writer.add(f"{facet}.more_doc", np.array([d for d, _ in more], np.uint32))
    writer.add(f"{facet}.more_code", smallest(np.array([code[v] for _, v in more], np.int64)))


class Column:
    """A facet over all documents of an index, whatever its segments.

    ``values`` (V) sorted; ``first`` unsigned (N); ``more_doc`` ascending and ``more_code``, int64.
    """

    def __init__(self, facet: str, files: Sequence[ArrayFile], bases: Sequence[int]) -> None:
        tables = [strings.Strings(f, f"{facet}.values").all() for f in files]
        merged, maps = strings.union(tables)
        self.facet = facet
        self.values = [v.decode() for v in merged]
        self.code = {v: i for i, v in enumerate(self.values)}
        none = np.empty(0, np.int64)
        self.first = np.concatenate(
            [none, *(m[f[f"{facet}.first"].all()] for f, m in zip(files, maps, strict=True))]
        )
        self.first = smallest(self.first)  # what is small stays in the cache of a core
        docs = [
            f[f"{facet}.more_doc"].all().astype(np.int64) + base for f, base in zip(files, bases, strict=True)
        ]
        codes = [m[f[f"{facet}.more_code"].all()] for f, m in zip(files, maps, strict=True)]
        self.more_doc = np.concatenate([none, *docs])
        self.more_code = np.concatenate([none, *codes]).astype(np.int64)
        self.unknown = self.code.get(UNKNOWN, -1)
        kernel = native.kernel
        self._facet = kernel and kernel.Facet(self.first, self.more_doc, self.more_code, len(self.values))

    @cached_property
    def numbers(self) -> Array:
        """The values of a facet of numbers, int64 (V); 0 for UNKNOWN."""
        return np.array([0 if v == UNKNOWN else int(v) for v in self.values], np.int64)

    def count(self, docs: Array) -> Array:
        """How many of ``docs`` (distinct) have each value, int64 (V)."""
        if self._facet is not None:
            return self._facet.count(docs)  # type: ignore[no-any-return]
        counts = np.bincount(self.first.take(docs), None, len(self.values))
        return self.add_more(counts, docs)

    def add_more(self, counts: Array, docs: Array) -> Array:
        """``counts`` of first values, with those of all others added."""
        if len(self.more_doc):
            codes = self.more_code[self._more_of(docs)[0]]
            counts += np.bincount(codes, minlength=len(self.values))
        return np.asarray(counts)

    @cached_property
    def _more_bounds(self) -> Array:
        """First place of each document in ``more_doc``, and one past the last, int64 (N + 1)."""
        return np.searchsorted(self.more_doc, np.arange(len(self.first) + 1))

    def _more_of(self, docs: Array) -> tuple[Array, Array]:
        """Places in ``more_doc`` of ``docs``, in their order, and how many each has."""
        begin = self._more_bounds.take(docs)
        counts = self._more_bounds.take(docs + 1) - begin
        return spread(begin, counts), counts

    def pairs(self, docs: Array) -> tuple[Array, Array]:
        """(index into ``docs``, code) of every value of ``docs``."""
        places, counts = self._more_of(docs)
        own = np.arange(len(docs))
        at = np.concatenate((own, own.repeat(counts)))
        return at, np.concatenate((self.first.take(docs).astype(np.int64), self.more_code[places]))

    def having(self, codes: Array) -> Array:
        """Which documents have one of the values whose flag in ``codes`` (bool, V) is set: bool (N)."""
        mask = codes.take(self.first)
        if len(self.more_doc):
            mask[self.more_doc[codes[self.more_code]]] = True
        return np.asarray(mask)

    def among(self, codes: Array, docs: Array) -> Array:
        """``having`` for some documents only: bool, as many as ``docs``."""
        if self._facet is not None:
            return self._facet.among(codes.view(np.uint8), docs).view(bool)  # type: ignore[no-any-return]
        return self.having(codes).take(docs)

    def docs(self, code: int) -> Array:
        """Documents that have one value, ascending, int64."""
        flags = np.zeros(len(self.values), bool)
        flags[code] = True
        return np.flatnonzero(self.having(flags))


def chosen(filters: Filters, column: Column) -> Array | None:
    """Flags (bool, V) of the values that a facet's filter takes; None when it does not filter."""
    if column.facet == "year":
        span = filters.year_from is not None or filters.year_to is not None
        if not span and not filters.year_unknown:
            return None
        low = filters.year_from if filters.year_from is not None else -(10**9)
        high = filters.year_to if filters.year_to is not None else 10**9
        flags = (low <= column.numbers) & (column.numbers <= high) & span
        if column.unknown >= 0:
            flags[column.unknown] = filters.year_unknown
        return np.asarray(flags)
    values: tuple[str, ...] = getattr(filters, column.facet)
    if not values:
        return None
    flags_ = np.zeros(len(column.values), bool)
    flags_[[column.code[v] for v in values if v in column.code]] = True
    return flags_


class Profiles:
    """Which combinations of first values are there? Many documents are counted once by combination, then each
    facet from the combinations: ten facets of 50,000 documents in the time of two.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        joint: Array = np.zeros(len(columns[0].first), np.int64)
        for column in columns:
            if len(column.values) > 1:
                joint = _numbered(joint * len(column.values) + column.first)
        first = np.zeros(int(joint.max(initial=-1)) + 1, np.int64)
        first[joint] = np.arange(len(joint))
        self._of_document = smallest(joint)
        self._code = {column.facet: column.first[first] for column in columns}
        self.size = len(first)

    def tally(self, docs: Array) -> Array:
        """Documents of each combination, float64."""
        return np.bincount(self._of_document.take(docs), None, self.size).astype(np.float64)

    def count(self, column: Column, tally: Array, docs: Array) -> Array:
        """``column.count(docs)`` from ``tally(docs)``."""
        counts = np.bincount(self._code[column.facet], tally, len(column.values)).astype(np.int64)
        return column.add_more(counts, docs)


def _numbered(keys: Array) -> Array:
    """The place of each number among the different ones, int64: by a table over all there can be, where that
    is not much larger, in a tenth of the time that sorting takes.
    """
    top = int(keys.max(initial=-1)) + 1
    if top > _WIDE * len(keys):
        return np.asarray(np.unique(keys, return_inverse=True)[1])
    there = np.zeros(top, bool)
    there[keys] = True
    return np.asarray(there.cumsum().take(keys) - 1)
