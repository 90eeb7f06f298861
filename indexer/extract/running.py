"""Which lines of a printed document are not its text: running heads, running feet, page numbers?

Not for the frame of web pages: ``boilerplate``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from indexer.extract.layout import Line, Sheet, body_size
from indexer.extract.paragraphs import plain

_PAGE_NUMBER = re.compile(
    r"(?i)(?:.{0,60}\b)?(?:sida|sid|page|s)\.?\s*\d{1,4}(?:\s*(?:\(|/|av|of)\s*\d{1,4}\)?)?$|[-–—\s]*\d{1,4}[-–—\s]*$"
    r"|\d{1,4}\s*(?:\(|/|av|of)\s*\d{1,4}\)?$"
)

_ONLY_NUMBER = re.compile(
    r"(?:(?:sida|sid|page|s)\.?\s*)?[-–—\s]*\d{1,4}[-–—\s]*(?:(?:\(|/|av|of)\s*\d{1,4}\)?)?$"
)

_TELLING = re.compile(r"[^\W\d_]{3}|\d{4}-\d\d-\d\d")  # words, or the day of the document
_Trace = tuple[str, int]  # words, height in steps of four points


def without_running(sheets: Sequence[Sheet]) -> list[str]:
    """Take running heads and feet off the sheets; returns what they say, page numbers aside, once each.

    A line is running when lines of the same words stand at the same height near the edge of half of the
    pages, or of most of the even or odd ones, or of three in a row: the head of a chapter. A page number at
    the edge is so on a single page, too.
    """
    if not sheets:
        return []
    body = body_size([line for sheet in sheets[:20] for line in sheet.lines])
    candidates: list[list[tuple[int, list[_Trace]]]] = []
    pages: defaultdict[_Trace, set[int]] = defaultdict(set)
    for number, sheet in enumerate(sheets):
        found = [(place, _traces(sheet.lines[place], body, number)) for place in _edges(sheet)]
        candidates.append(found)
        for words, height in (trace for _, traces in found for trace in traces):
            for near in (height - 1, height, height + 1):
                pages[words, near].add(number)
    taken: dict[str, str] = {}
    for number, (sheet, found) in enumerate(zip(sheets, candidates, strict=True)):
        drop: set[int] = set()
        for place, traces in found:
            line = sheet.lines[place]
            edge = not 0.07 * sheet.height < line.base < 0.93 * sheet.height
            repeated = any(_is_running(pages[trace], number, len(sheets)) for trace in traces)
            # Several slides in a row may have the same heading.
            if not repeated and sheet.width < sheet.height:
                repeated = any(_is_in_a_row(pages[trace], number) for trace in traces[:2])
            if repeated or (edge and _PAGE_NUMBER.match(line.text)):
                drop.add(place)
                if _TELLING.search(line.text):
                    taken.setdefault(re.sub(r"\d+", "#", traces[0][0]), plain(line.text))
        sheet.lines = [line for place, line in enumerate(sheet.lines) if place not in drop]
    return list(taken.values())[:8]


def _is_running(pages: set[int], number: int, total: int) -> bool:
    """Whether a line that stands on these of ``total`` pages is a running one of this page."""
    alike = sum(page % 2 == number % 2 for page in pages)
    same = len(range(number % 2, total, 2))
    many = max(2, total / 2) if total < 12 else total / 3  # a long one has parts with heads of their own
    return len(pages) >= many or alike >= max(2, 0.6 * same)


def _is_in_a_row(pages: set[int], number: int) -> bool:
    """Whether these pages hold three in a row, or every second one, that this page is among."""
    return len(pages) > 2 and any(
        {first, first + step, first + 2 * step} <= pages
        for step in (1, 2)
        for first in (number - 2 * step, number - step, number)
    )


def _traces(line: Line, body: float, number: int) -> list[_Trace]:
    """What makes two lines of different pages the same: the words and the height.

    In small print any digits are alike; in headings only the page's own number is, for "§ 21" and "§ 22" may
    head two pages. Those come last.
    """
    words = line.text.casefold()
    height = round(line.base / 4)
    found = [words, re.sub(rf"(?<!\d){number + 1}(?!\d)", "#", words)]
    if _ONLY_NUMBER.match(words) or (not line.bold and line.size <= 1.05 * body):
        found.append(re.sub(r"\d+", "#", words))
    return [(text, height) for text in found]


def _edges(sheet: Sheet) -> list[int]:
    """Positions of the lines in the upper and lower seventh of the page, at most four at each edge."""
    upper = [(-line.base, n) for n, line in enumerate(sheet.lines) if line.base > sheet.height * 0.86]
    lower = [(line.base, n) for n, line in enumerate(sheet.lines) if line.base < sheet.height * 0.14]
    return [n for _, n in sorted(upper)[:6]] + [n for _, n in sorted(lower)[:6]]
