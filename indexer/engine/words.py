"""Which words stand in the documents, and how often? The vocabulary as written, for spelling, prefixes,
suggestions.

One row a (word, stem): the same word has two where it was analysed in two languages. Counts are exact also
after deletions. Not for finding documents.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from indexer.engine import strings
from indexer.engine.arrays import Array, Stored
from indexer.engine.assemble import split_word_key
from indexer.engine.segment import SegmentData
from indexer.language import fold


class Word(NamedTuple):
    text: str
    stem: str
    documents: int
    occurrences: int


class Words:
    """The vocabulary of an index; read-only."""

    def __init__(self, segments: Sequence[SegmentData]) -> None:
        self._segments = segments
        self._tables = [s.words for s in segments]

    def __len__(self) -> int:
        return len(self.texts)

    def find(self, word: str) -> list[Word]:
        """The rows of one word, commonest first; empty when it stands nowhere."""
        return self._rows(f"{word}\t".encode("utf-8", "replace"))

    def prefix(self, text: str) -> list[Word]:
        """Words that begin with ``text``, commonest first."""
        return self._rows(text.encode("utf-8", "replace"))

    def forms(self, stem: str, limit: int | None = None) -> list[Word]:
        """Words that are indexed as ``stem``, commonest first."""
        sums: dict[bytes, tuple[int, int]] = {}
        for segment, table in zip(self._segments, self._tables, strict=True):
            order = segment.tab["words.by_stem"].numbers()

            def stem_at(row: int, table: strings.Strings = table) -> str:
                return split_word_key(table[row])[1]

            for place in range(bisect_left(order, stem, key=stem_at), len(order)):
                row = order[place]
                if stem_at(row) != stem:
                    break
                _add(sums, [table[row]], segment, slice(row, row + 1))
        return _sorted(sums)[:limit]

    def folded(self, text: str) -> list[str]:
        """Words that are ``text`` once å ä ö é … lose their marks, in no order; not ``text`` itself."""
        found = set()
        for segment, table in zip(self._segments, self._tables, strict=True):
            order = segment.tab["words.folded"]

            def word_at(place: int, table: strings.Strings = table, order: Stored = order) -> str:
                return split_word_key(table[order.at(place)])[0]

            def plain_at(place: int, word_at: Callable[[int], str] = word_at) -> str:
                return fold(word_at(place))

            place = bisect_left(range(len(order)), text, key=plain_at)
            while place < len(order) and plain_at(place) == text:
                found.add(word_at(place))
                place += 1
        return sorted(found)

    def __iter__(self) -> Iterator[Word]:
        counts = zip(self.documents.tolist(), self.occurrences.tolist(), strict=True)
        for key, (df, cf) in zip(self._keys, counts, strict=True):
            yield Word(*split_word_key(key), df, cf)

    @cached_property
    def texts(self) -> list[str]:
        """The word of each row, sorted."""
        return [key.decode().partition("\t")[0] for key in self._keys]

    @cached_property
    def documents(self) -> Array:
        """Documents that hold each row's word, int64."""
        return self._merged[1]

    @cached_property
    def occurrences(self) -> Array:
        return self._merged[2]

    @property
    def _keys(self) -> list[bytes]:
        return self._merged[0]

    @cached_property
    def _merged(self) -> tuple[list[bytes], Array, Array]:
        keys, maps = strings.union(t.all() for t in self._tables)
        df, cf = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        for segment, at in zip(self._segments, maps, strict=True):
            df[at] += segment.tab["words.documents"].all()
            cf[at] += segment.tab["words.occurrences"].all()
        some = np.flatnonzero(df > 0)
        return [keys[i] for i in some.tolist()], df[some], cf[some]

    def _rows(self, prefix: bytes) -> list[Word]:
        """Rows whose key begins with ``prefix``, commonest first."""
        sums: dict[bytes, tuple[int, int]] = {}
        for segment, table in zip(self._segments, self._tables, strict=True):
            start, stop = table.prefix(prefix)
            _add(sums, table.span(start, stop), segment, slice(start, stop))
        return _sorted(sums)


def _add(
    sums: dict[bytes, tuple[int, int]], rows: Sequence[bytes], segment: SegmentData, where: slice
) -> None:
    df = segment.tab["words.documents"].slice(where.start, where.stop).tolist()
    cf = segment.tab["words.occurrences"].slice(where.start, where.stop).tolist()
    for row, d, c in zip(rows, df, cf, strict=True):
        had = sums.get(row, (0, 0))
        sums[row] = (had[0] + d, had[1] + c)


def _sorted(sums: Mapping[bytes, tuple[int, int]]) -> list[Word]:
    """Those that still stand somewhere, commonest first."""
    found = [Word(*split_word_key(row), d, c) for row, (d, c) in sums.items() if d > 0]
    return sorted(found, key=lambda w: (-w.documents, w.text, w.stem))
