"""Which lines of a printed document are not its text: running heads, running feet, page numbers?

Not for the frame of web pages: ``boilerplate``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from indexer.extract.layout import Line, Sheet, body_size, plain

_PAGE_NUMBER = re.compile(
    r"(?i)(?:.{0,60}\b)?(?:sida|sid|page|s)\.?\s*\d{1,4}(?:\s*(?:\(|/|av|of)\s*\d{1,4}\)?)?$|[-–—\s]*\d{1,4}[-–—\s]*$"
    r"|\d{1,4}\s*(?:\(|/|av|of)\s*\d{1,4}\)?$"
)


def without_running(sheets: Sequence[Sheet]) -> list[str]:
    """Take running heads and feet off the sheets; returns what they say, page numbers aside, once each.

    A line is running when lines of the same words stand at the same height near the edge of at least half of
    the pages; a page number at the edge is so on a single page, too. In small print any digits are alike, in
    headings they are not: "§ 21" and "§ 22" may head two pages.
    """
    if not sheets:
        return []
    body = body_size([line for sheet in sheets[:20] for line in sheet.lines])
    candidates: list[list[tuple[int, tuple[str, int]]]] = []
    counts: Counter[tuple[str, int]] = Counter()
    for sheet in sheets:
        found = [(position, _trace(sheet.lines[position], body)) for position in _edges(sheet)]
        candidates.append(found)
        counts.update({trace for _, trace in found})
    # Running heads often differ between odd and even pages: from six pages on, a third of them is enough.
    total = len(sheets)
    bar = 2 if total <= 3 else max(2, total / 2) if total < 6 else total / 3
    taken: dict[str, str] = {}
    for sheet, found in zip(sheets, candidates, strict=True):
        drop: set[int] = set()
        for position, (words, height) in found:
            line = sheet.lines[position]
            near = counts[words, height] + counts[words, height - 1] + counts[words, height + 1]
            edge = not 0.07 * sheet.height < line.base < 0.93 * sheet.height
            if (total > 1 and near >= bar) or (edge and _PAGE_NUMBER.match(line.text)):
                drop.add(position)
                if re.search(r"[^\W\d_]{3}", line.text):
                    taken.setdefault(words, plain(line.text))
        sheet.lines = [line for position, line in enumerate(sheet.lines) if position not in drop]
    return list(taken.values())[:8]


def _trace(line: Line, body: float) -> tuple[str, int]:
    """What makes two lines of different pages the same: the words and the height."""
    words = line.text.casefold()
    if not line.bold and line.size <= 1.05 * body:
        words = re.sub(r"\d+", "#", words)
    return words, round(line.base / 4)


def _edges(sheet: Sheet) -> list[int]:
    """Positions of the lines in the upper and lower seventh of the page, at most four at each edge."""
    upper = [(-line.base, n) for n, line in enumerate(sheet.lines) if line.base > sheet.height * 0.86]
    lower = [(line.base, n) for n, line in enumerate(sheet.lines) if line.base < sheet.height * 0.14]
    return [n for _, n in sorted(upper)[:6]] + [n for _, n in sorted(lower)[:6]]
