"""On which pages of a document do the words stand, and what stands around them? From positions, not from
texts.

The index knows the number of every matching word on its page; a snippet reads one compressed page and looks
at the words of one window, whatever the length of the document. What is marked is what matched: every
surface form, every compound with a matching part, of a phrase only its occurrences.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np

from indexer.engine import records
from indexer.engine.arrays import Array
from indexer.engine.bags import Bag
from indexer.engine.index import Index
from indexer.engine.postings import BODY
from indexer.engine.spans import PLACE_BITS
from indexer.language import TOKEN
from indexer.model import Page, Snippet

_LETTERS = 7
"""Characters of a Swedish word with its space, on average: how many words a window of so many characters
holds.
"""
_MOST = 200
"""Matching words of one page that are looked at to find the best window."""


class Places:
    """Where the words of one query stand in some documents: looked up once for all of them.

    Asked document by document, ten hits cost thirty times the array calls; measured 8 ms of an answer of 8.5.
    """

    def __init__(self, index: Index, asked: Sequence[Bag], numbers: Sequence[int]) -> None:
        self._index = index
        self._idf = [bag.idf for bag in asked]
        docs = np.unique(np.asarray(numbers, np.int64))
        edges = np.concatenate((docs, docs[-1:] + 1)) << PLACE_BITS
        self._marks: dict[int, list[Array]] = {number: [] for number in docs.tolist()}
        for bag in asked:
            places = bag.marks(docs)
            cuts = np.searchsorted(places, edges).tolist()
            positions = places & ((1 << PLACE_BITS) - 1)
            for k, number in enumerate(self._marks):
                stop = cuts[k + 1]
                self._marks[number].append(positions[cuts[k] : stop])

    def pages(self, number: int) -> list[tuple[int, int, float]]:
        """(page number, matching words, score) of the pages of a document that hold a word, best first."""
        segment, doc = self._index.locate(number)
        first, stop = segment.pages_of(doc)
        starts = segment.page_starts[first:stop].astype(np.int64)
        body = int(segment.field_starts[doc, BODY - 1])
        matches = np.zeros(stop - first, np.int64)
        scores = np.zeros(stop - first)
        for idf, places in zip(self._idf, self._marks[number], strict=True):
            if not len(places) or places[-1] < body:
                continue
            rows = np.searchsorted(starts, places[places >= body], "right") - 1
            counts = np.bincount(rows, minlength=stop - first)
            matches += counts
            scores += idf * counts / (counts + self._index.scoring.k1)
        some = np.flatnonzero(matches)
        order = some[np.lexsort((some, -scores[some]))]
        numbers = segment.page_numbers[first:stop]
        return [(int(numbers[i]), int(matches[i]), float(scores[i])) for i in order.tolist()]

    def snippet(self, number: int, page: int, width: int) -> tuple[Page | None, Snippet]:
        """A page, and its best window of about ``width`` characters, or its beginning when nothing matches
        there.
        """
        segment, doc = self._index.locate(number)
        row = page_row(self._index, number, page)
        if row is None:
            return None, Snippet("")
        found = records.unpack_page(page, segment.page_frame(doc, row))
        start = int(segment.page_starts[row])
        stop = int(segment.page_starts[row + 1]) if row + 1 < segment.pages_of(doc)[1] else 1 << 40
        words: list[tuple[int, int]] = []  # (number of the word on the page, which bag)
        for k, places in enumerate(self._marks[number]):
            if len(places):
                a, b = np.searchsorted(places, (start, stop)).tolist()
                words += [(p - start, k) for p in places[a : min(b, a + _MOST)].tolist()]
        words.sort()
        first = _window(words, self._idf, max(4, width // _LETTERS))
        char, token = segment.piece(row, first) if first else (0, 0)
        return found, _cut(found.text, char, token, first, width, {w for w, _ in words})

    def title(self, number: int, title: str) -> tuple[tuple[int, int], ...]:
        """(start, end) of the words of the title that matched."""
        segment, doc = self._index.locate(number)
        count = int(segment.lengths[doc, 0])
        marks = {
            p for places in self._marks[number] if len(places) and places[0] < count
            for p in places.tolist() if p < count
        }  # fmt: skip
        return tuple(m.span() for n, m in enumerate(TOKEN.finditer(title)) if n in marks) if marks else ()


def _window(words: Sequence[tuple[int, int]], idf: Sequence[float], length: int) -> int:
    """Number of the word where the window begins that holds the most of what was asked for."""
    best, found = 0.0, 0
    right = 0
    for left, (place, _) in enumerate(words):
        right = max(right, left)
        while right < len(words) and words[right][0] < place + length - length // 4:
            right += 1
        inside = words[left:right]
        worth = sum(idf[k] for k in {k for _, k in inside}) + 0.01 * len({w for w, _ in inside})
        if worth > best:
            best, found = worth, place
    return max(0, found - length // 4)


def _cut(text: str, char: int, token: int, first: int, width: int, marks: set[int]) -> Snippet:
    """The window from word ``first``; ``char`` is where word number ``token`` ≤ ``first`` is looked for."""
    tokens = TOKEN.finditer(text, char)
    spans: list[tuple[int, int]] = []
    begin = 0
    end = min(len(text), width)
    for n, match in enumerate(islice(tokens, first - token, None), first):
        a, b = match.span()
        if n == first:
            begin = 0 if first == 0 else a
        if b - begin > width and n > first:
            end = a
            break
        if n in marks:
            spans.append((a - begin, b - begin))
        end = b
    else:
        end = min(len(text), max(end, begin + width))
    if end < len(text):
        end = max(end, begin + 1)
    shown = text[begin:end].rstrip()
    return Snippet(shown.replace("\n", " "), tuple(s for s in spans if s[1] <= len(shown)))


def page_row(index: Index, number: int, page: int) -> int | None:
    """Row of a page in its segment's page table; None when the document has no such page."""
    segment, doc = index.locate(number)
    first, stop = segment.pages_of(doc)
    numbers = segment.page_numbers
    guess = first + page - 1  # pages are nearly always 1, 2, 3 …
    if first <= guess < stop and numbers[guess] == page:
        return guess
    found = np.flatnonzero(numbers[first:stop] == page)
    return first + int(found[0]) if len(found) else None
