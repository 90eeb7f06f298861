"""Which words stand in the documents, and how often? The vocabulary as written, for spelling, prefixes,
suggestions.

One row a (word, stem): the same word has two where it was analysed in two languages. Counts are exact also
after deletions. Not for finding documents.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from indexer.engine import strings
from indexer.engine.arrays import Array
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

    def __len__(self) -> int:
        return len(self.texts)

    def find(self, word: str) -> list[Word]:
        """The rows of one word, commonest first; empty when it stands nowhere."""
        return self.prefix(word + "\t")

    def prefix(self, text: str) -> list[Word]:
        """Words that begin with ``text``, commonest first."""
        key = text.encode("utf-8", "replace")
        return _sorted([(segment, *segment.words.prefix(key)) for segment in self._segments])

    def forms(self, stem: str, limit: int | None = None) -> list[Word]:
        """Words that are indexed as ``stem``, commonest first."""
        rows = ((segment, row, row + 1) for segment in self._segments for row in _with_stem(segment, stem))
        return _sorted(rows)[:limit]

    def folded(self, text: str) -> list[str]:
        """Words that are ``text`` once å ä ö é … lose their marks; not ``text`` itself."""
        return sorted({word for segment in self._segments for word in _with_marks(segment, text)})

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
        keys, maps = strings.union(s.words.all() for s in self._segments)
        df, cf = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        for segment, at in zip(self._segments, maps, strict=True):
            df[at] += segment.tab["words.documents"].all()
            cf[at] += segment.tab["words.occurrences"].all()
        some = np.flatnonzero(df > 0)
        return [keys[i] for i in some.tolist()], df[some], cf[some]


def _with_stem(segment: SegmentData, stem: str) -> Iterator[int]:
    """Rows of the words that are indexed as ``stem``."""
    order = segment.tab["words.by_stem"].numbers()

    def stem_at(row: int) -> str:
        return split_word_key(segment.words[row])[1]

    for place in range(bisect_left(order, stem, key=stem_at), len(order)):
        if stem_at(order[place]) != stem:
            break
        yield order[place]


def _with_marks(segment: SegmentData, text: str) -> Iterator[str]:
    """Words that are ``text`` without their marks."""
    order = segment.tab["words.folded"]

    def word_at(place: int) -> str:
        return split_word_key(segment.words[order.at(place)])[0]

    for place in range(bisect_left(range(len(order)), text, key=lambda n: fold(word_at(n))), len(order)):
        if fold(word_at(place)) != text:
            break
        yield word_at(place)


def _sorted(rows: Iterable[tuple[SegmentData, int, int]]) -> list[Word]:
    """The words in rows first … stop of segments that still stand somewhere, commonest first."""
    sums: dict[bytes, tuple[int, int]] = {}
    for segment, start, stop in rows:
        df = segment.tab["words.documents"].slice(start, stop).tolist()
        cf = segment.tab["words.occurrences"].slice(start, stop).tolist()
        for key, d, c in zip(segment.words.span(start, stop), df, cf, strict=True):
            had = sums.get(key, (0, 0))
            sums[key] = (had[0] + d, had[1] + c)
    found = [Word(*split_word_key(key), d, c) for key, (d, c) in sums.items() if d > 0]
    return sorted(found, key=lambda w: (-w.documents, w.text, w.stem))
