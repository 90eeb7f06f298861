"""Which terms of the dictionary does a pattern mean? Prefix, wildcard, regular expression, range, similar
words.

The rules are Whoosh's own; ``FuzzyTerm`` is worked out for all candidates at once. Answers are ranges or
lists of term numbers, segment by segment.
"""

from __future__ import annotations

import fnmatch
import re

import numpy as np
from whoosh import query as q

from indexer.engine.arrays import Array
from indexer.engine.segment import SegmentData


def prefix(segment: SegmentData, text: str) -> tuple[int, int]:
    return segment.terms.prefix(text.encode())


def between(segment: SegmentData, tree: q.TermRange) -> tuple[int, int]:
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


def pattern(segment: SegmentData, tree: q.Wildcard | q.Regex) -> list[int]:
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
