"""Which words stand in the documents, and how often? The vocabulary as written, for spelling, prefixes,
suggestions.

One row a (word, stem): the same word has two where it was analysed in two languages. Counts are exact also
after deletions. Not for finding documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from indexer.engine import strings
from indexer.engine.arrays import Array
from indexer.engine.assemble import split_word_key
from indexer.engine.segment import SegmentData


class Word(NamedTuple):
    text: str
    stem: str
    documents: int
    occurrences: int


class Words:
    """The vocabulary of an index; read-only."""

    def __init__(self, segments: Sequence[SegmentData]) -> None:
        self._segments = segments
        self._tables = [strings.Strings(s.tab, "words") for s in segments]
        self._folds = [strings.Strings(s.tab, "folds") for s in segments]

    def __len__(self) -> int:
        return len(self.texts)

    def find(self, word: str) -> list[Word]:
        """The rows of one word, commonest first; empty when it stands nowhere."""
        return self._rows(f"{word}\t".encode("utf-8", "replace"))

    def prefix(self, text: str, limit: int | None = None) -> list[Word]:
        """Words that begin with ``text``, commonest first."""
        return self._rows(text.encode("utf-8", "replace"))[:limit]

    def folded(self, text: str) -> list[str]:
        """Words that are ``text`` once å ä ö é … lose their marks, in no order; not ``text`` itself."""
        key = f"{text}\t".encode("utf-8", "replace")
        found = {row.decode().partition("\t")[2] for t in self._folds for row in t.span(*t.prefix(key))}
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

    def _rows(self, key: bytes) -> list[Word]:
        sums: dict[bytes, tuple[int, int]] = {}
        for segment, table in zip(self._segments, self._tables, strict=True):
            start, stop = table.prefix(key)
            df = segment.tab["words.documents"].slice(start, stop).tolist()
            cf = segment.tab["words.occurrences"].slice(start, stop).tolist()
            for row, d, c in zip(table.span(start, stop), df, cf, strict=True):
                had = sums.get(row, (0, 0))
                sums[row] = (had[0] + d, had[1] + c)
        found = [Word(*split_word_key(row), d, c) for row, (d, c) in sums.items() if d > 0]
        return sorted(found, key=lambda w: (-w.documents, w.text, w.stem))
