"""Which terms of the dictionary does a pattern mean? Prefix, wildcard, regular expression, range, similar
words.

The rules are Whoosh's own; ``FuzzyTerm`` is worked out for all candidates at once. Answers are numbers of
terms in one segment.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

import numpy as np
from whoosh import query as q

from indexer.engine.arrays import Array
from indexer.engine.segment import SegmentData
from indexer.engine.words import Words


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


def written(segments: Sequence[SegmentData], pattern: str) -> list[Array]:
    """Terms, by segment, of the words that match ``pattern`` as they are written in documents not deleted."""
    literal = re.split(r"[*?]", pattern, maxsplit=1)[0]
    match = re.compile(fnmatch.translate(pattern.replace("[", "[[]"))).match
    every = pattern == literal + "*"
    if len(segments) == 1:
        (segment,) = segments
        start, stop = segment.words.prefix(literal.encode())
        found = segment.tab["words.term"].slice(start, stop).astype(np.int64)
        if not every:
            texts = (key.partition(b"\t")[0].decode() for key in segment.words.span(start, stop))
            found = found[np.fromiter((match(t) is not None for t in texts), bool, stop - start)]
        found = np.unique(found)
        return [found[found < len(segment.terms)]]
    # A word may stand in one segment only, but all that is indexed as it in the others is meant too.
    stems = {w.stem for w in Words(segments).prefix(literal) if every or match(w.text)}
    texts_ = [s.encode("utf-8", "replace") for s in stems]
    return [_numbers(sorted(n for t in texts_ if (n := s.find(t)) >= 0)) for s in segments]


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
