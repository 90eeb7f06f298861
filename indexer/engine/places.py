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

from indexer.engine import native
from indexer.engine.bags import Bag
from indexer.engine.index import Index
from indexer.engine.postings import PIECE
from indexer.engine.scoring import K1
from indexer.engine.segment import SegmentData
from indexer.language import TOKEN
from indexer.model import Page, Snippet

_LETTERS = 7
"""Characters of a Swedish word with its space, on average: how many words a window of so many characters
holds.
"""
_END = 1 << 40
"""Past every position."""
_MOST = 60
"""Matching words of one page, for each word asked for, that are looked at to find the best window."""


class Places:
    """Where the words of one query stand in some documents: looked up once for all of them."""

    def __init__(self, index: Index, asked: Sequence[Bag], numbers: Sequence[int]) -> None:
        self._index = index
        self._idf = [bag.idf for bag in asked]
        docs = sorted(set(numbers))
        marks = [bag.marks(docs) for bag in asked] if docs else []
        self._held = {
            doc: (*index.locate(doc), [places[k] for places in marks]) for k, doc in enumerate(docs)
        }
        """Of each document: its segment, its number there, and for each bag the positions of its words,
        ascending.
        """

    def pages(self, number: int) -> list[tuple[int, int]]:
        """(page number, matching words) of the pages of a document that hold a word, best first.

        A word that matches twice, alone and in a phrase, counts once.
        """
        segment, doc, marks = self._held[number]
        if segment.layout is not None:
            return segment.layout.pages(doc, marks, self._idf, K1)  # type: ignore[no-any-return]
        first, stop = segment.pages_of(doc)
        body, starts = segment.body_start(doc), segment.page_start
        words = _distinct(marks)
        at, count = bisect_left(words, body), len(words)
        if stop - first == 1:
            return [(segment.page_number[first], count - at)] if count > at else []
        matches: dict[int, int] = {}
        while at < count:
            row = bisect_right(starts, words[at], first, stop) - 1
            end = count if row + 1 == stop else bisect_left(words, starts[row + 1], at)
            matches[row] = end - at
            at = end
        scores = dict.fromkeys(matches, 0.0)
        for idf, places in zip(self._idf, marks, strict=True):
            at, count = bisect_left(places, body), len(places)
            while at < count:
                row = bisect_right(starts, places[at], first, stop) - 1
                end = count if row + 1 == stop else bisect_left(places, starts[row + 1], at)
                scores[row] += idf * (end - at) / (end - at + K1)
                at = end
        numbers = segment.page_number
        return [(numbers[row], matches[row]) for row in sorted(matches, key=lambda row: (-scores[row], row))]

    def snippet(self, number: int, page: int, width: int) -> tuple[Page | None, Snippet]:
        """A page, and its best window of about ``width`` characters, or its beginning when nothing matches
        there.
        """
        segment, doc, marks = self._held[number]
        row = page_row(segment, doc, page)
        if row is None:
            return None, Snippet("")
        found = self._index.page(number, row, page)
        length = max(4, width // _LETTERS)
        reach = length - length // 4
        if segment.layout is not None:
            numbers, char, token = segment.layout.window(doc, row, marks, self._idf, reach, _MOST)
        else:
            start, last = segment.page_start[row], row + 1 == segment.pages_of(doc)[1]
            numbers = _window(marks, start, _END if last else segment.page_start[row + 1], self._idf, reach)
            char, token = segment.piece(row, numbers[0]) if numbers else (0, 0)
        return found, cut(found.text, char, token, numbers, width)

    def title(self, number: int, title: str) -> tuple[tuple[int, int], ...]:
        """(start, end) of the words of the title that matched."""
        segment, doc, held = self._held[number]
        count = segment.title_words(doc)
        marks = {p for places in held for p in places[: bisect_left(places, count)]}
        return tuple(m.span() for n, m in enumerate(TOKEN.finditer(title)) if n in marks) if marks else ()


def _distinct(marks: Sequence[list[int]]) -> Sequence[int]:
    """Positions of a document that matched, ascending, each once."""
    if len(marks) == 1:
        return marks[0]
    some = [places for places in marks if places]
    return some[0] if len(some) == 1 else sorted(set().union(*some))


def _window(marks: list[list[int]], start: int, stop: int, idf: list[float], reach: int) -> list[int]:
    """Numbers of the words that matched on a page (positions ``start`` … ``stop``; ascending, some twice)
    from that one on with which the window of ``reach`` words begins that holds the most of what was
    asked for.

    ``marks`` and ``idf``: of each bag its positions, ascending, and its weight.
    """
    words: list[tuple[int, int]] = []  # (number of the word on the page, which bag)
    for k, places in enumerate(marks):
        a = bisect_left(places, start)
        b = bisect_left(places, stop, a, min(a + _MOST, len(places)))
        words += [(p - start, k) for p in places[a:b]]
    if not words:
        return []
    words.sort()
    first = _best(words, idf, reach)
    return [number for number, _ in words if number >= first]


def _best(words: Sequence[tuple[int, int]], idf: Sequence[float], reach: int) -> int:
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


def cut(text: str, char: int, token: int, numbers: list[int], width: int) -> Snippet:
    """The window with a quarter of its ``width``, or the rest of a line, before the first of ``numbers``: of
    the words that matched (ascending, some twice). From ``char`` on word number ``token``, not after the
    first of them, is looked for.
    """
    if native.kernel is not None:
        return _snippets.cut(text, char, token, numbers, width)  # type: ignore[no-any-return]
    begin = done = 0
    stop = width
    spans: list[tuple[int, int]] = []
    for number in numbers:
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
    # No word reaches across a space.
    end = max(done, text.rfind(" ", done, stop + 1), text.rfind("\n", done, stop + 1))
    return Snippet(text[begin : end if end > begin else stop].rstrip(), tuple(spans))


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


if native.kernel is not None:
    _snippets = native.kernel.Snippets(Snippet, ("text", "marks"))


def page_row(segment: SegmentData, doc: int, page: int) -> int | None:
    """Row of a page in its segment's page table; None when the document has no such page."""
    first, stop = segment.pages_of(doc)
    numbers = segment.page_number
    guess = first + page - 1  # pages are nearly always 1, 2, 3 …
    if first <= guess < stop and numbers[guess] == page:
        return guess
    return next((row for row in range(first, stop) if numbers[row] == page), None)
