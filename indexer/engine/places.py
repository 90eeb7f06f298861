"""On which pages of a document do the words stand, and what stands around them? From positions, not from
texts.

The index knows the number of every matching word on its page; a snippet reads one compressed page and looks
at the words of one window, whatever the length of the document. What is marked is what matched: every
surface form, every compound with a matching part, of a phrase only its occurrences.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import islice

from indexer.engine import records
from indexer.engine.bags import Bag
from indexer.engine.index import Index
from indexer.engine.segment import SegmentData
from indexer.language import TOKEN
from indexer.model import Page, Snippet

_LETTERS = 7
"""Characters of a Swedish word with its space, on average: how many words a window of so many characters
holds.
"""
_MOST = 60
"""Matching words of one page, for each word asked for, that are looked at to find the best window."""


class Places:
    """Where the words of one query stand in some documents: looked up once for all of them."""

    def __init__(self, index: Index, asked: Sequence[Bag], numbers: Sequence[int]) -> None:
        self._index = index
        self._idf = [bag.idf for bag in asked]
        docs = sorted(set(numbers))
        marks = [bag.marks(docs) for bag in asked] if docs else []
        self._marks = {doc: [places[k] for places in marks] for k, doc in enumerate(docs)}
        """For each document and each bag the positions of its words, ascending."""

    def pages(self, number: int) -> list[tuple[int, int, float]]:
        """(page number, matching words, score) of the pages of a document that hold a word, best first."""
        segment, doc = self._index.locate(number)
        first, stop = segment.pages_of(doc)
        body, starts = segment.body_start(doc), segment.page_start
        k1 = self._index.scoring.k1
        matches: dict[int, int] = {}
        scores: dict[int, float] = {}
        for idf, places in zip(self._idf, self._marks[number], strict=True):
            at, count = bisect_left(places, body), len(places)
            while at < count:
                row = first if stop - first == 1 else bisect_right(starts, places[at], first, stop) - 1
                end = count if row + 1 == stop else bisect_left(places, starts[row + 1], at)
                matches[row] = matches.get(row, 0) + end - at
                scores[row] = scores.get(row, 0.0) + idf * (end - at) / (end - at + k1)
                at = end
        numbers = segment.page_number
        order = sorted(matches, key=lambda row: (-scores[row], row)) if len(matches) > 1 else matches
        return [(numbers[row], matches[row], scores[row]) for row in order]

    def snippet(self, number: int, page: int, width: int) -> tuple[Page | None, Snippet]:
        """A page, and its best window of about ``width`` characters, or its beginning when nothing matches
        there.
        """
        segment, doc = self._index.locate(number)
        row = page_row(segment, doc, page)
        if row is None:
            return None, Snippet("")
        found = records.unpack_page(page, segment.page_frame(doc, row))
        start = segment.page_start[row]
        stop = segment.page_start[row + 1] if row + 1 < segment.pages_of(doc)[1] else 1 << 40
        words: list[tuple[int, int]] = []  # (number of the word on the page, which bag)
        for k, places in enumerate(self._marks[number]):
            a, b = bisect_left(places, start), bisect_left(places, stop)
            words += [(p - start, k) for p in places[a : min(b, a + _MOST)]]
        words.sort()
        first = _window(words, self._idf, max(4, width // _LETTERS))
        char, token = segment.piece(row, first) if first else (0, 0)
        return found, _cut(found.text, char, token, first, width, [w for w, _ in words])

    def title(self, number: int, title: str) -> tuple[tuple[int, int], ...]:
        """(start, end) of the words of the title that matched."""
        segment, doc = self._index.locate(number)
        count = segment.title_words(doc)
        marks = {p for places in self._marks[number] for p in places[: bisect_left(places, count)]}
        return tuple(m.span() for n, m in enumerate(TOKEN.finditer(title)) if n in marks) if marks else ()


def _window(words: Sequence[tuple[int, int]], idf: Sequence[float], length: int) -> int:
    """Number of the word where the window begins that holds the most of what was asked for."""
    reach = length - length // 4
    inside = [0] * len(idf)  # how often each bag is in the window
    worth = best = 0.0
    found = right = 0
    for left, (place, bag) in enumerate(words):
        while right < len(words) and words[right][0] < place + reach:
            entering = words[right][1]
            if not inside[entering]:
                worth += idf[entering]
            inside[entering] += 1
            right += 1
        if worth + 0.01 * (right - left) > best:
            best, found = worth + 0.01 * (right - left), place
        inside[bag] -= 1
        if not inside[bag]:
            worth -= idf[bag]
    return max(0, found - length // 4)


def _cut(text: str, char: int, token: int, first: int, width: int, marks: Sequence[int]) -> Snippet:
    """The window from word ``first``; ``char`` is where word number ``token`` ≤ ``first`` is looked for,
    ``marks`` (ascending, some twice) are the words that matched.
    """
    words = TOKEN.finditer(text, char)
    match = next(islice(words, first - token, None), None)
    if match is None:
        return Snippet(text[:width].rstrip().replace("\n", " "))
    begin = match.start() if first else 0
    stop, done = begin + width, match.end()
    spans: list[tuple[int, int]] = []
    at = first
    for number in marks[bisect_left(marks, first) :]:
        if number == at and spans:  # one word that two of the words asked for are
            continue
        if number > at:  # words between are passed over without a look
            match = next(islice(words, number - at - 1, None), None)
            at = number
        if match is None or (match.end() > stop and number > first):
            break
        done = match.end()
        spans.append((match.start() - begin, done - begin))
    # No word reaches across a space: the last of the window is looked for from the last space in it.
    done = max(done, text.rfind(" ", done, stop), text.rfind("\n", done, stop))
    end = next((m.start() for m in TOKEN.finditer(text, done) if m.end() > stop), None)
    if end is None:
        end = max(stop, begin + (spans[-1][1] if spans else 0))
    return Snippet(text[begin:end].rstrip().replace("\n", " "), tuple(spans))


def page_row(segment: SegmentData, doc: int, page: int) -> int | None:
    """Row of a page in its segment's page table; None when the document has no such page."""
    first, stop = segment.pages_of(doc)
    numbers = segment.page_number
    guess = first + page - 1  # pages are nearly always 1, 2, 3 …
    if first <= guess < stop and numbers[guess] == page:
        return guess
    return next((row for row in range(first, stop) if numbers[row] == page), None)
