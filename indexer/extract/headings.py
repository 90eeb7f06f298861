"""Which lines of a printed page stand out from its text, and so may name it?

Not for choosing the title among them: ``title``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from indexer.extract.layout import Line, Sheet, Word, body_size
from indexer.extract.paragraphs import join, plain

_MOST_SIZES = 12  # of letters, among which the largest is looked for
_WORDED = re.compile(r"[^\W\d_]{2}")
_MOST_HEADINGS = 6
_MOST_LINES = 8  # of one heading
_FAR_APART = 4  # letters' sizes between the name of the sender and what stands beside it
_COVER = 16
"""Points from which letters are those of a cover even when the page has no others."""


def heading(sheet: Sheet) -> str:
    """The largest lines of a page as one text; empty when none stands out."""
    return next((text for _, _, text, _ in _standing_out(sheet)), "")


def headings(sheet: Sheet) -> list[tuple[str, str]]:
    """The lines of a page that stand out, as texts with what stands directly below: the largest first, then
    the others of its size and the first of the next, in the order of reading.
    """
    found: list[tuple[int, str, str]] = []
    largest: float | None = None
    for size, place, text, below in _standing_out(sheet):
        largest = size if largest is None else largest
        found.append((place, text, below))
        if size != largest or len(found) == _MOST_HEADINGS:
            break
    return [(text, below) for _, text, below in (*found[:1], *sorted(found[1:]))]


def _standing_out(sheet: Sheet) -> Iterator[tuple[float, int, str, str]]:
    """Size, place among the lines, text, and what is below, of what stands out on a page, the largest first.

    Digits, single letters and words across the whole page (a decoration) are passed over.
    """
    lines = sheet.lines
    worded = [line for line in lines if not line.askew and _WORDED.search(line.text)]
    if not worded:
        return
    body = body_size(worded)
    bold = sum(line.bold for line in worded)
    found = False
    telling = bold <= 5 or 2 * bold < len(worded)  # on a page that is bold all over it says nothing
    for size in sorted({round(line.size, 1) for line in worded}, reverse=True)[:_MOST_SIZES]:
        if size < body:
            break
        if size < body * 1.12 and size != body:
            continue
        starts = [
            n
            for n, line in enumerate(lines)
            if round(line.size, 1) == size and not line.askew and _WORDED.search(line.text)
        ]
        if size == body:  # on a cover the title may be most of the text
            first = [n for n, line in enumerate(lines[:8]) if abs(line.size - size) < 0.06 * size]
            first = [n for n in first if lines[n].bold and telling]
            starts = [*first[:1], *(starts if size >= _COVER else ())] or ([] if found else [0])
        end = 0
        for start in starts:
            if start < end:
                continue
            apart = _apart(lines[start])
            if size != body and len(apart) > 1:  # a letterhead: who sends it, and beside that what it is
                end, found = start + 1, True
                yield from ((size, start, text, "") for text in apart)
                continue
            picked = [lines[start]]
            for line in lines[start + 1 : start + _MOST_LINES]:
                above = picked[-1]
                close = 0 < above.base - line.base < 2.2 * max(line.size, above.size)
                if not close or abs(line.size - above.size) > 0.06 * size or line.bold is not above.bold:
                    break
                goes_on = size >= _COVER and line.text[:1].islower()
                if size == body and not (above.bold and telling) and not goes_on:
                    break
                picked.append(line)
            end = start + len(picked)
            text = picked[0].text
            for above, line in pairwise(picked):
                text = join(text, line.text, above.hyphen)
            below = lines[end].text if end < len(lines) else ""
            text = plain(text).replace("\u00ad", "").strip()
            if len(re.findall(r"[^\W\d_]", text)) >= 4 and len(text) <= 250:
                found = True
                yield size, start, text, plain(below).strip()


def _apart(line: Line) -> list[str]:
    """The texts of a line that stand far from each other; years and numbers are passed over."""
    parts: list[list[Word]] = []
    for word in line.words:
        if parts and word.left - parts[-1][-1].right < _FAR_APART * line.size:
            parts[-1].append(word)
        else:
            parts.append([word])
    texts = [plain(" ".join([word.text for word in part])).strip() for part in parts]
    return [text for text in texts if len(re.findall(r"[^\W\d_]", text)) >= 4]
