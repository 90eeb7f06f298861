"""Which lines of a printed page stand out from its text, and so may name it?

Not for choosing the title among them: ``title``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from indexer.extract.layout import Line, Sheet, Word, body_size
from indexer.extract.paragraphs import join, plain

_MOST_SIZES = 12  # of letters, among which the largest is looked for
_WORDED = re.compile(r"[^\W\d_]{2}")
_MOST_HEADINGS = 6
_MOST_LINES = 8  # of one heading
_SMALL = (
    "för|i|om|mot|till|på|med|kring|inom|vid|och|under|från|hos|samt|att|som|utan|mellan|inför|for|in|of|and"
)
_GOES_ON = re.compile(rf"(?:{_SMALL}|av(?!\s[A-ZÅÄÖ]))\s|(?:19|20)\d\d\s?[-–]\s?(?:19|20)?\d\d$")
_LEADS_ON = re.compile(rf"[A-ZÅÄÖ].*\s(?:{_SMALL}|av)")
_MOST_LETTERS = 250  # of one heading
_FAR_APART = 4  # letters' sizes between the name of the sender and what stands beside it
_COVER = 16
"""Points from which letters are those of a cover even when the page has no others."""


def heading(sheet: Sheet) -> str:
    """The largest lines of a page as one text; empty when none stands out."""
    return next((text for _, _, _, text in _standing_out(sheet)), "")


def headings(sheet: Sheet) -> list[tuple[str, str]]:
    """The lines of a page that stand out, as texts with what stands directly below: the largest first, then
    the others of its size and those of the next, in the order of reading.
    """
    found: list[tuple[int, str, str]] = []
    sizes: list[float] = []
    enough = min(1.12 * body_size([line for line in sheet.lines if not line.askew]), _COVER)
    for size, start, end, text in _standing_out(sheet):
        sizes += [size] if size not in sizes else []
        if len(sizes) > 2 or len(found) == _MOST_HEADINGS:
            break
        below = plain(sheet.lines[end].text).strip() if start < end < len(sheet.lines) else ""
        found.append((start, _whole(sheet.lines, start, end, text, enough), below))
    return [(text, below) for _, text, below in (*found[:1], *sorted(found[1:]))]


def _whole(lines: Sequence[Line], start: int, end: int, text: str, enough: float) -> str:
    """The heading with what it goes on in, in other letters, or begins with: "Vägledning för", and larger
    below it "SAMTAL MED BARN", and "inom skolan".
    """

    def follows(above: Line, line: Line) -> bool:
        large = min(above.size, line.size) >= enough and not (above.askew or line.askew)
        return large and 0 < above.base - line.base < 2.6 * max(line.size, above.size)

    if start == end:
        return text
    before = lines[start - 1].text if start and follows(lines[start - 1], lines[start]) else ""
    if len(before) + len(text) < _MOST_LETTERS and _LEADS_ON.fullmatch(before):
        text = f"{before} {text}"
    first = end
    while end < min(len(lines), start + _MOST_LINES) and follows(lines[end - 1], lines[end]):
        above, line = lines[end - 1], lines[end]
        same = end > first and abs(line.size - above.size) < 0.06 * line.size and line.text[:1].islower()
        if not (same or _GOES_ON.match(line.text)) or len(text) + len(line.text) > _MOST_LETTERS:
            break
        text, end = join(text, line.text, above.hyphen), end + 1
    return plain(text).replace("\u00ad", "").strip()


def _standing_out(sheet: Sheet) -> Iterator[tuple[float, int, int, str]]:
    """Size, first line and the one behind the last (the same when it is part of a line), and text of what
    stands out on a page, the largest first.

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
                yield from ((size, start, start, text) for text in apart)
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
            text = plain(text).replace("\u00ad", "").strip()
            if len(re.findall(r"[^\W\d_]", text)) >= 4 and len(text) <= _MOST_LETTERS:
                found = True
                yield size, start, end, text


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
