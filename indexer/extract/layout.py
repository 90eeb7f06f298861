"""In which order are the lines of a printed page read?

Works on words with their places, as pdfium gives them, and knows nothing of PDF. The order in which a
file draws its text is nearly always the order of reading; it is changed only where two columns are drawn
row by row. Not for what becomes of the lines: ``paragraphs``, ``headings``, ``running``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_MOST_COLUMNS = 8
_MOST_ROWS = 300  # of one run of columns
_MOST_GAPS = 3  # of a row, that are tried


@dataclass(slots=True)
class Word:
    text: str
    left: float
    right: float


@dataclass(slots=True)
class Line:
    """Words on one baseline, as they stand beside each other; lengths in points."""

    text: str
    left: float
    right: float
    base: float  # height of the baseline above the lower edge of the page
    size: float  # of the letters
    bold: bool = False  # as it begins
    lead: bool = False  # only its beginning is bold, as in "**13 §** Den som …"
    hyphen: bool = False  # the reader saw a hyphen at its end and took it away
    words: list[Word] = field(default_factory=list)  # only where there are wide gaps between them
    askew: bool = False  # runs aslant over the page: a stamp, "UTKAST" behind the text


@dataclass(slots=True)
class Sheet:
    """One printed page: its lines in the order of reading."""

    width: float
    height: float
    lines: list[Line] = field(default_factory=list)


def body_size(lines: Sequence[Line]) -> float:
    """The size of most letters."""
    exact: dict[float, int] = {}
    for line in lines:
        exact[line.size] = exact.get(line.size, 0) + len(line.text)
    sizes = Counter[float]()
    for size, count in exact.items():
        sizes[round(size, 1)] += count
    return sizes.most_common(1)[0][0] if sizes else 0.0


# --- columns ----------------------------------------------------------------------------------------------


def in_reading_order(lines: list[Line], depth: int = 0) -> list[Line]:
    """The lines with columns that are drawn row by row taken apart.

    A run of rows is taken for columns when all its rows leave the same gap free, and the words on both sides
    run on from row to row as sentences do. Tables have the gap, but each cell begins anew: they stay in rows.
    """
    if depth > _MOST_COLUMNS or not any(line.words for line in lines):
        return lines
    result: list[Line] = []
    position = 0
    while position < len(lines):
        end, gutter = _run(lines, position)
        if gutter is None:
            result.extend(lines[position:end])
        else:
            for left in (True, False):
                side = [part for line in lines[position:end] if (part := _side(line, gutter, left))]
                for line in side:  # that runs on: its gaps are those of justified text, not of a table
                    if (gap := widest_gap(line)) is not None and gap[1] - gap[0] < 2 * line.size:
                        line.words = []
                result.extend(in_reading_order(side, depth + 1))
        position = end
    return result


def _run(lines: Sequence[Line], start: int) -> tuple[int, float | None]:
    """Where the rows end that leave the same gap free as the first; its middle, if they are columns."""
    end = start + 1
    following = lines[start + 1 : start + 3]
    # Between justified words there may be wider gaps than between columns; the next rows have them elsewhere.
    gaps = [gap for gap in _gaps(lines[start]) if all(_is_free(line, *gap) for line in following)]
    for low, high in gaps[:_MOST_GAPS]:
        last, gutter = _run_at(lines, start, low, high)
        if gutter is not None:
            return last, gutter
        end = max(end, last)
    return end, None


def _run_at(lines: Sequence[Line], start: int, low: float, high: float) -> tuple[int, float | None]:
    both = 1
    last = start + 1  # after the last row with words on both sides
    for end in range(start + 1, min(len(lines), start + _MOST_ROWS)):
        line = lines[end]
        if line.right <= high or line.left >= low:
            continue  # words on one side only
        within = _gap_within(line, low, high)
        if within is None:
            break
        low, high = within
        both += 1
        last = end + 1
    if both < 4:
        return start + 1, None
    gutter = (low + high) / 2
    sides = [[_side(line, gutter, left) for line in lines[start:last]] for left in (True, False)]
    if not all(_runs_on([line for line in side if line is not None]) for side in sides):
        return last, None
    while last < len(lines) and lines[last].base < lines[last - 1].base:
        below = lines[last - 1].base - lines[last].base < 1.75 * lines[last].size
        if lines[last].left < gutter and not (below and lines[last].right <= high):
            break  # what follows the columns, and not the rest of the longer one
        last += 1
    return last, gutter


def _gaps(line: Line) -> list[tuple[float, float]]:
    """The wide gaps of a line, the widest first."""
    found = [(one.right, other.left) for one, other in pairwise(line.words)]
    return sorted(
        (gap for gap in found if gap[1] - gap[0] > 0.9 * line.size), key=lambda gap: gap[0] - gap[1]
    )


def widest_gap(line: Line) -> tuple[float, float] | None:
    """From where to where the widest gap of a line goes; None when its words stand as in a sentence."""
    widest, found = 0.9 * line.size, None
    for one, other in pairwise(line.words):
        if other.left - one.right > widest:
            widest, found = other.left - one.right, (one.right, other.left)
    return found


def _is_free(line: Line, low: float, high: float) -> bool:
    return line.right <= high or line.left >= low or _gap_within(line, low, high) is not None


def _gap_within(line: Line, low: float, high: float) -> tuple[float, float] | None:
    """The part of the gap from ``low`` to ``high`` that this row leaves free too."""
    for one, other in pairwise(line.words):
        free_from, free_to = max(one.right, low), min(other.left, high)
        if free_to - free_from > 0.6 * line.size:
            return free_from, free_to
    return None


def _side(line: Line, gutter: float, left: bool) -> Line | None:
    """What of the line stands on one side of the gutter."""
    if not line.words:
        return line if (line.left < gutter) is left else None
    words = [word for word in line.words if (word.left < gutter) is left]
    if not words:
        return None
    text = " ".join([word.text for word in words])
    hyphen = line.hyphen and words[-1] is line.words[-1]
    return Line(
        text, words[0].left, words[-1].right, line.base, line.size, line.bold, line.lead, hyphen, words
    )


def _runs_on(side: Sequence[Line]) -> bool:
    """Whether lines follow each other as in a paragraph: long ones, many of which begin in mid-sentence."""
    if len(side) < 4:
        return False
    length = sum(len(line.text) for line in side) / len(side)
    mid = sum(1 for line in side[1:] if line.text[:1].islower())
    return length >= 16 and mid >= 0.35 * (len(side) - 1)


def with_initials(lines: list[Line]) -> list[Line]:
    """The lines with a large letter that begins a paragraph put before the rest of its word."""
    if not any(len(line.text) == 1 for line in lines):
        return lines
    body = body_size(lines)
    kept = list(lines)
    for initial in lines:
        if len(initial.text) != 1 or not initial.text.isupper() or initial.size < 1.8 * body:
            continue
        top = initial.base + 0.7 * initial.size
        for line in kept:
            near = -0.5 * body < line.left - initial.right < 1.2 * body
            if (
                near
                and line.text[0].islower()
                and initial.base < line.base
                and abs(line.base + 0.5 * line.size - top) < line.size
            ):
                line.text = initial.text + line.text
                line.left = initial.left
                if line.words:
                    line.words[0].text, line.words[0].left = initial.text + line.words[0].text, initial.left
                kept = [other for other in kept if other is not initial]
                break
    return kept
