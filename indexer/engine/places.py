"""On which pages of a document do the words stand, and what stands around them? From positions, not from
texts.

The index knows the number of every matching word on its page; a snippet reads one compressed page and looks
at the words of one window, whatever the length of the document. What is marked is what matched: every
surface form, every compound with a matching part, of a phrase only its occurrences.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache

from indexer.engine.bags import Bag
from indexer.engine.index import Index
from indexer.engine.postings import PIECE
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
        """(page number, matching words, score) of the pages of a document that hold a word, best first.

        A word that matches twice, alone and in a phrase, counts once.
        """
        segment, doc = self._index.locate(number)
        first, stop = segment.pages_of(doc)
        body, starts = segment.body_start(doc), segment.page_start
        k1 = self._index.scoring.k1
        if stop - first == 1:
            counts = [len(places) - bisect_left(places, body) for places in self._marks[number]]
            score = sum([idf * n / (n + k1) for idf, n in zip(self._idf, counts, strict=True)])
            words = self._distinct(number)
            matching = len(words) - bisect_left(words, body)
            return [(segment.page_number[first], matching, score)] if matching else []
        matches: dict[int, int] = {}
        scores: dict[int, float] = {}
        for idf, places in zip(self._idf, self._marks[number], strict=True):
            at, count = bisect_left(places, body), len(places)
            while at < count:
                row = bisect_right(starts, places[at], first, stop) - 1
                end = count if row + 1 == stop else bisect_left(places, starts[row + 1], at)
                scores[row] = scores.get(row, 0.0) + idf * (end - at) / (end - at + k1)
                at = end
        words = self._distinct(number)
        at, count = bisect_left(words, body), len(words)
        while at < count:
            row = bisect_right(starts, words[at], first, stop) - 1
            end = count if row + 1 == stop else bisect_left(words, starts[row + 1], at)
            matches[row] = end - at
            at = end
        numbers = segment.page_number
        order = sorted(matches, key=lambda row: (-scores[row], row))
        return [(numbers[row], matches[row], scores[row]) for row in order]

    def _distinct(self, number: int) -> Sequence[int]:
        """Positions of a document that matched, ascending, each once."""
        marks = [places for places in self._marks[number] if places]
        return marks[0] if len(marks) == 1 else sorted(set().union(*marks))

    def snippet(self, number: int, page: int, width: int) -> tuple[Page | None, Snippet]:
        """A page, and its best window of about ``width`` characters, or its beginning when nothing matches
        there.
        """
        segment, doc = self._index.locate(number)
        row = page_row(segment, doc, page)
        if row is None:
            return None, Snippet("")
        found = self._index.page(number, row, page)
        start, last = segment.page_start[row], row + 1 == segment.pages_of(doc)[1]
        words: list[tuple[int, int]] = []  # (number of the word on the page, which bag)
        for k, places in enumerate(self._marks[number]):
            a = bisect_left(places, start)
            b = len(places) if last else bisect_left(places, segment.page_start[row + 1], a)
            words += [(p - start, k) for p in places[a : min(b, a + _MOST)]]
        if len(self._idf) > 1:
            words.sort()
        if not words:
            return found, _cut(found.text, 0, 0, (), width)
        first = _window(words, self._idf, max(4, width // _LETTERS))
        char, token = segment.piece(row, first)
        return found, _cut(found.text, char, token, [w for w, _ in words if w >= first], width)

    def title(self, number: int, title: str) -> tuple[tuple[int, int], ...]:
        """(start, end) of the words of the title that matched."""
        segment, doc = self._index.locate(number)
        count = segment.title_words(doc)
        marks = {p for places in self._marks[number] for p in places[: bisect_left(places, count)]}
        return tuple(m.span() for n, m in enumerate(TOKEN.finditer(title)) if n in marks) if marks else ()


def _window(words: Sequence[tuple[int, int]], idf: Sequence[float], length: int) -> int:
    """Number of the matching word with which the window begins that holds the most of what was asked for."""
    reach = length - length // 4
    if words[-1][0] < words[0][0] + reach:  # one window holds them all
        return words[0][0]
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
    return found


def _cut(text: str, char: int, token: int, marks: Sequence[int], width: int) -> Snippet:
    """The window with a quarter of its ``width``, or the rest of a line, before the first of ``marks``: the
    numbers of the words that matched (ascending, some twice). From ``char`` on word number ``token``, not
    after the first of them, is looked for.
    """
    begin = done = 0
    stop = width
    spans: list[tuple[int, int]] = []
    for number in marks:
        if spans:
            if number < token:  # one word that two of the words asked for are
                continue
            if 2 * (number - token) > width:  # a word and the space after it take two characters
                break
        match = _word(text, char, number - token)  # words between are passed over without a look
        if match is None:
            break
        start, end = match.span(1)
        if not spans:
            if start > width // 4:
                lead = start - width // 4
                gap = _LINE_END.search(text, lead, start) or _SPACE.search(text, lead, start)
                begin = gap.end() if gap else start
            stop = begin + width
        elif end > stop:
            break
        char, token, done = end, number + 1, end
        spans.append((start - begin, end - begin))
    if len(text) <= stop:
        return Snippet(text[begin:].rstrip(), tuple(spans))
    # No word reaches across a space: the last of the window is looked for from the last space in it.
    done = max(done, text.rfind(" ", done, stop), text.rfind("\n", done, stop))
    while (match := _word(text, done, 0)) is not None and match.end(1) <= stop:
        done = match.end(1)
    end = max(match.start(1) if match else stop, done)
    return Snippet(text[begin:end].rstrip(), tuple(spans))


_LINE_END = re.compile(r"\n\s*")
_SPACE = re.compile(r"\s+")


def _word(text: str, start: int, over: int) -> re.Match[str] | None:
    """The word (group 1) that is found from ``start`` on when ``over`` words are passed over."""
    while over >= PIECE:
        passed = _after(PIECE - 1).match(text, start)
        if passed is None:
            return None
        start, over = passed.end(), over - PIECE
    return _after(over).match(text, start)


@cache
def _after(over: int) -> re.Pattern[str]:
    """Finds the word after ``over`` others at once, in a third of the time that it takes one by one.

    Most words are letters with a space before and a space or point behind: TOKEN is asked of the others.
    """
    plain = r" ?[0-9A-Za-zÀ-ÖØ-öø-ÿ]++(?=[ ,.\n])"
    return re.compile(rf"(?:{plain}|[\W_]*+(?>{TOKEN.pattern})){{{over}}}+[\W_]*+({TOKEN.pattern})")


def page_row(segment: SegmentData, doc: int, page: int) -> int | None:
    """Row of a page in its segment's page table; None when the document has no such page."""
    first, stop = segment.pages_of(doc)
    numbers = segment.page_number
    guess = first + page - 1  # pages are nearly always 1, 2, 3 …
    if first <= guess < stop and numbers[guess] == page:
        return guess
    return next((row for row in range(first, stop) if numbers[row] == page), None)
