"""Which terms of the dictionary does a pattern mean? Prefix, wildcard, regular expression, range, similar
words.

The rules are Whoosh's own; ``FuzzyTerm`` is worked out for all candidates at once. Answers are numbers of
terms in one segment.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from itertools import chain
from operator import methodcaller
from typing import NamedTuple

import numpy as np
from whoosh import query as q

from indexer.engine.arrays import Array
from indexer.engine.assemble import split_word_key
from indexer.engine.hyphens import parted, without_hyphens
from indexer.engine.segment import SegmentData
from indexer.engine.spans import distinct
from indexer.engine.words import Word, Words


class Meant(NamedTuple):
    """Terms (numbers in one segment, int64, ascending) of a pattern of written words."""

    terms: Array  # all: what stands in a document weighs with all of them
    sure: Array  # those without other words
    unsure: Array  # those with other words too; of the rest no word in this segment matches


def terms(segment: SegmentData, tree: q.Query) -> Array | None:
    """Numbers of the terms that a query means, int64 ascending; None when it is no pattern."""
    if isinstance(tree, q.Prefix):
        return np.arange(*segment.terms.prefix(tree.text.encode())) if tree.text else None
    if isinstance(tree, q.TermRange):
        return np.arange(*_between(segment, tree))
    if isinstance(tree, (q.Wildcard, q.Regex)):
        return _numbers(_matching(segment, tree)) if tree.text not in ("*", ".*") else None
    if isinstance(tree, q.FuzzyTerm):
        return _numbers(similar(segment, tree.text, int(tree.maxdist), tree.prefixlength))
    return None


def _numbers(values: list[int]) -> Array:
    return np.array(values, np.int64)


def written_terms(segments: Sequence[SegmentData], pattern: str) -> list[Array]:
    """By segment the terms (numbers, int64, ascending) of the words that match a pattern of written words."""
    if len(segments) == 1:
        return [distinct(_terms_of(segments[0], _rows(segments[0], pattern)))]
    # A word may stand in one segment only, but all that is indexed as it in the others is meant too.
    stems = {w.stem for w in matching(segments, pattern)}
    texts = [s.encode("utf-8", "replace") for s in stems]
    return [_numbers(sorted(n for t in texts if (n := segment.find(t)) >= 0)) for segment in segments]


def written(segments: Sequence[SegmentData], pattern: str) -> list[Meant]:
    """By segment what a pattern of written words means: words that match it in documents not deleted."""
    meant = []
    for segment, terms in zip(segments, written_terms(segments, pattern), strict=True):
        some, words = np.unique(_terms_of(segment, _rows(segment, pattern)), return_counts=True)
        here = np.zeros(len(terms), np.int64)
        _, at, of = np.intersect1d(terms, some, assume_unique=True, return_indices=True)
        here[at] = words[of]
        meant.append(_meant(segment, terms, here))
    return meant


def _meant(segment: SegmentData, terms: Array, here: Array) -> Meant:
    """``here``: how many words of each of ``terms`` match."""
    every = segment.words_of_term[terms]
    sure = (here == every) & (here > 0)
    return Meant(terms, terms[sure], terms[~sure & ((here > 0) | (every == 0))])


def matching(segments: Sequence[SegmentData], pattern: str) -> list[Word]:
    """The words in documents not deleted that match ``pattern``, commonest first."""
    literal, match = shape(pattern)
    words = Words(segments)
    found = words.prefix(literal)
    if pattern != literal + "*":
        found = [w for w in found if match(w.text)]
    joined = {w for s in segments for w in parted(s.words, literal) if match(w)}
    joined.difference_update([w.text for w in found])
    if not joined:
        return found
    found += chain.from_iterable(map(words.find, joined))
    return sorted(found, key=lambda w: (-w.documents, w.text, w.stem))


def commonest(segments: Sequence[SegmentData], pattern: str, limit: int) -> tuple[str, ...]:
    """``limit`` of ``matching`` words."""
    if len(segments) == 1:  # without a look at each of the thousands that two letters may mean
        (segment,) = segments
        rows = _rows(segment, pattern)
        documents = segment.tab["words.documents"].take(rows)
        best = np.argsort(-documents.astype(np.int64), kind="stable")[: 2 * limit]
        texts = [split_word_key(segment.words[n])[0] for n in rows[best[documents[best] > 0]].tolist()]
    else:
        texts = [w.text for w in matching(segments, pattern)]
    return tuple(dict.fromkeys(texts))[:limit]


def shape(pattern: str) -> tuple[str, Callable[[str], bool]]:
    """The letters that a pattern begins with, and what tells whether a word matches it, as it is written or
    without its hyphens: e-post and epost are one word.
    """
    literal = re.split(r"[*?]", pattern, maxsplit=1)[0]
    match: Callable[[str], object]
    if pattern == literal + "*":  # as most: to make an expression takes a tenth of a search
        match = methodcaller("startswith", literal)
    else:
        match = re.compile(fnmatch.translate(pattern.replace("[", "[[]"))).match

    def matches(word: str) -> bool:
        return bool(match(word) or ((plain := without_hyphens(word)) != word and match(plain)))

    return literal, matches


def _rows(segment: SegmentData, pattern: str) -> Array:
    """Rows of the words of a segment that match ``pattern``, int64."""
    literal, match = shape(pattern)
    start, stop = segment.words.prefix(literal.encode("utf-8", "replace"))
    rows = np.arange(start, stop)
    if pattern != literal + "*":
        texts = (key.partition(b"\t")[0].decode() for key in segment.words.span(start, stop))
        rows = rows[np.fromiter(map(match, texts), bool, stop - start)]
    joined = [row for w, rows in parted(segment.words, literal).items() if match(w) for row in rows]
    return np.sort(np.concatenate((rows, joined))) if joined else rows  # none of these is among those


def _terms_of(segment: SegmentData, rows: Array) -> Array:
    """The term of each of the words in ``rows`` (ascending) that is indexed: int64, ascending."""
    together = len(rows) and rows[-1] - rows[0] + 1 == len(rows)
    numbers = segment.word_terms
    terms = (numbers.slice(rows[0], rows[-1] + 1) if together else numbers.take(rows)).astype(np.int64)
    terms.sort()
    return terms[: terms.searchsorted(len(segment.terms))]


def _between(segment: SegmentData, tree: q.TermRange) -> tuple[int, int]:
    """Terms of a TermRange, whose ends are text or bytes."""
    low = (
        0
        if tree.start is None
        else segment.terms.floor(_bytes(tree.start) + (b"\0" if tree.startexcl else b""))
    )
    if tree.end is None:
        return low, len(segment.terms)
    return low, segment.terms.floor(_bytes(tree.end) + (b"" if tree.endexcl else b"\0"))


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _matching(segment: SegmentData, tree: q.Wildcard | q.Regex) -> list[int]:
    """Terms that a Wildcard or Regex matches."""
    expression = re.compile(fnmatch.translate(tree.text) if isinstance(tree, q.Wildcard) else tree.text)
    start, stop = segment.terms.prefix(tree._find_prefix(tree.text).encode())
    match = expression.match
    return [
        begin + i
        for begin in range(start, stop, 4096)
        for i, text in enumerate(segment.terms.span(begin, min(begin + 4096, stop)))
        if match(text.decode())
    ]


def similar(segment: SegmentData, word: str, most: int, same: int) -> list[int]:
    """Terms at most ``most`` edits (insert, delete, replace) from ``word``, whose first ``same`` letters are
    alike.
    """
    start, stop = segment.terms.prefix(word[:same].encode())
    found: list[int] = []
    for begin in range(start, stop, 1 << 15):
        texts = [t.decode() for t in segment.terms.span(begin, min(begin + (1 << 15), stop))]
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        near = np.flatnonzero(abs(sizes - len(word)) <= most)
        if len(near):
            distance = distances(word, [texts[i] for i in near.tolist()], most)
            found += (begin + near[distance <= most]).tolist()
    return found


def distances(word: str, others: list[str], most: int) -> Array:
    """Levenshtein distance of ``word`` to each of ``others``, exact up to ``most``: int64.

    Wagner and Fischer's table for all words at once, only its diagonals that can stay within ``most``.
    """
    size = len(word)
    width = size + most
    letters = np.array(others, dtype=f"U{max(width, max(map(len, others)))}").view(np.uint32)
    letters = letters.reshape(len(others), -1)
    lengths = np.fromiter(map(len, others), np.int64, len(others))
    far = most + 1
    row = [np.full(len(others), j if j <= most else far, np.int8) for j in range(width + 1)]
    for i, letter in enumerate(word, 1):
        code = ord(letter)
        above = row
        row = [np.full(len(others), far, np.int8)] * (width + 1)
        if i <= most:
            row[0] = np.full(len(others), i, np.int8)
        for j in range(max(1, i - most), min(width, i + most) + 1):
            step = above[j - 1] + (letters[:, j - 1] != code)
            row[j] = np.minimum(np.minimum(above[j], row[j - 1]) + 1, step).astype(np.int8)
    table = np.stack(row)
    return table[np.minimum(lengths, width), np.arange(len(others))].astype(np.int64)
