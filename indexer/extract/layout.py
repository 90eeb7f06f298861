"""In which order are the words of a printed page read, and where do its paragraphs end?

Works on words with their places, as pdfium gives them, and knows nothing of PDF. The order in which a
file draws its text is nearly always the order of reading; it is changed only where two columns are drawn
row by row. Not for what repeats from page to page: ``running``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.language.text import composed

HYPHENS = "-\u2010\u00ad"
_LIGATURES = str.maketrans(
    {
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
        "\u00a0": " ",
        "\u2011": "-",
    }
)
_UNSEEN = (0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF)
_LIGATURES.update(dict.fromkeys(_UNSEEN, ""))  # they steer the direction of text, and where it may be broken
_ODD = re.compile(  # what ``plain`` changes
    "[\u00a0\u00a8\u00b4\u02da\u0300-\u036f\u200b\u200e\u200f\u2011\u202a-\u202e\u2060\u2066-\u2069"
    "\ud800-\udfff\ufb00-\ufb06\ufeff]"
)
_HALVES = re.compile("[\ud800-\udfff]")  # pdfium gives letters beyond U+FFFF in two: mathematics, symbols
_LOOSE_ACCENTS = re.compile("([¨˚´]) ?([aoeAOE])")  # TeX of the nineties draws å ä ö in two pieces
_ACCENTS = {"¨": "\u0308", "˚": "\u030a", "´": "\u0301"}
_SUSPENDED = frozenset(
    ("och", "eller", "samt", "respektive", "resp", "såväl", "till", "and", "or", "men", "som")
)
_BULLET = re.compile(r"(?:[•·▪●○◦‣⁃■□–—*o\uf0b7\uf0a7-]|\(?\d{1,3}[.)]|[a-zA-Z][.)]|§ ?\d+)(?:\s|$)")
_NO_SYLLABLE = re.compile(r"(?i)(?<![^\W\d_])(?:[^\W\d_]|[^\W\d_aeiouyåäöéü]+)$")
_WORDED = re.compile(r"[^\W\d_]{2}")


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


def plain(text: str) -> str:
    """Ligatures taken apart, accents put together, marks that nobody sees left out."""
    if text.isascii() or not _ODD.search(text):
        return text
    if "¨" in text or "˚" in text or "´" in text:
        text = _LOOSE_ACCENTS.sub(lambda match: match[2] + _ACCENTS[match[1]], text)
    if _HALVES.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return composed(text.translate(_LIGATURES))


_MOST_COLUMNS = 8
_MOST_ROWS = 300  # of one run of columns
_MOST_GAPS = 3  # of a row, that are tried
_FAR = 10_000  # tens of points: beyond the edge of any page
_MOST_SIZES = 12  # of letters, among which the largest is looked for

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
                    if (gap := _widest_gap(line)) is not None and gap[1] - gap[0] < 2 * line.size:
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


def _widest_gap(line: Line) -> tuple[float, float] | None:
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


# --- paragraphs -------------------------------------------------------------------------------------------


def whole_rows(lines: Sequence[Line]) -> list[Line]:
    """The lines with words whole again that are broken within a cell of a table: their end goes up a row."""
    for above, below in pairwise(lines):
        if not above.words or not below.words or not 0 < above.base - below.base < 2.2 * above.size:
            continue
        near = 0.5 * above.size
        under = [[cell for cell in below.words if abs(cell.left - over.left) < near] for over in above.words]
        if sum(map(len, under)) != len(below.words):
            continue
        for over, cells in zip(above.words, under, strict=True):
            marked = above.hyphen and over is above.words[-1]
            if not cells or not (marked or (len(over.text) > 1 and over.text[-1] in HYPHENS)):
                continue
            first, _, rest = cells[0].text.partition(" ")
            if first[:1].islower() and first not in _SUSPENDED:
                over.text, cells[0].text = join(over.text, first, marked), rest
                above.hyphen = above.hyphen and not marked
        above.text = " ".join([cell.text for cell in above.words])
        below.words = [cell for cell in below.words if cell.text]
        below.text = " ".join([cell.text for cell in below.words])
    return [line for line in lines if line.text]


def over_pages(texts: Sequence[str]) -> list[str]:
    """The texts of pages with words whole again that are broken at a page's end: they stay on the first."""
    mended = list(texts)
    for number in range(1, len(mended)):
        before, after = mended[number - 1], mended[number]
        if before[-1:] not in HYPHENS or not before[-3:-1].isalpha() or not after[:1].islower():
            continue
        match = re.match(r"([^\W\d_]+)(\S*)\s*", after)
        if match is not None and match[1] not in _SUSPENDED:
            mended[number - 1] = join(before, match[1]) + match[2]
            mended[number] = after[match.end() :]
    return mended


def paragraphs(sheets: Sequence[Sheet]) -> list[str]:
    """The text of each page, one paragraph a line, words broken at line ends whole again."""
    lines = [line for sheet in sheets for line in sheet.lines]
    continues = _continues(lines, np.repeat(np.arange(len(sheets)), [len(sheet.lines) for sheet in sheets]))
    texts = []
    position = 0
    for sheet in sheets:
        out: list[str] = []
        parts: list[str] = []  # of one paragraph
        hyphen = False
        end = position + len(sheet.lines)
        for line, goes_on in zip(sheet.lines, continues[position:end], strict=True):
            if not goes_on:
                out.append(" ".join(parts) + "-" * hyphen)
                parts = [line.text]
            elif hyphen or parts[-1][-1] in HYPHENS:
                parts[-1] = join(parts[-1], line.text, hyphen)
            else:
                parts.append(line.text)
            hyphen = line.hyphen
        out.append(" ".join(parts) + "-" * hyphen)
        position = end
        shown = plain("\n".join(out)).replace("\u00ad", "")
        texts.append("\n".join([clean for text in shown.split("\n") if (clean := text.strip())]))
    return texts


def _continues(lines: Sequence[Line], page: NDArray[np.int64]) -> list[bool]:
    """Of each line whether it belongs to the paragraph of the one before; ``page`` is where it stands."""
    if not lines:
        return []
    left = np.array([line.left for line in lines])
    right = np.array([line.right for line in lines])
    base = np.array([line.base for line in lines])
    size = np.array([line.size for line in lines])
    begins_bold = np.array([line.bold for line in lines])
    ends_bold = np.array([line.bold and not line.lead for line in lines])
    texts = [line.text for line in lines]
    small = np.array([text[0].islower() for text in texts])  # begins with a small letter
    broken = np.array([line.hyphen or line.text[-1] in HYPHENS for line in lines])
    row = np.array([bool(line.words) and _widest_gap(line) is not None for line in lines])  # of a table
    first = np.array([text.find(" ") for text in texts])  # length of the first word
    length = np.array([len(text) for text in texts])
    first = np.where(first < 0, length, first) + 1

    drop = base[:-1] - base[1:]
    beside = (np.abs(drop) < 0.3 * size[1:]) & (left[1:] > right[:-1])
    below = (drop > 0) & (drop < 1.75 * np.maximum(size[1:], size[:-1]))
    alike = (np.abs(size[1:] - size[:-1]) <= 0.6) & (begins_bold[1:] == ends_bold[:-1])
    cell = np.array([line.words[-1].left if line.words else line.left for line in lines])
    alike &= ~row[1:] & (
        ~row[:-1] | (np.abs(left[1:] - cell[:-1]) < size[1:])
    )  # "1.2    Heading of", "two lines"
    # A line ends where its next word no longer fits. Where it would have fitted, the paragraph ended.
    wide = (right - left)[:-1] / length[:-1]
    full = right[:-1] + first[1:] * wide > _margins(left, right, page)[:-1] + 0.5 * wide
    follows = np.where(beside, left[1:] - right[:-1] < 1.5 * size[1:], below & alike & (small[1:] | full))
    # A word broken in the last cell of a row does not go on in the first cell of the next.
    away = row[:-1] & row[1:] & (left[1:] < cell[:-1] - size[1:])
    follows = np.where(broken[:-1], small[1:] & ~away, follows) & (page[1:] == page[:-1])
    pairs = zip((follows & ~broken[:-1] & ~beside).tolist(), texts[1:], strict=True)
    listed = np.array([possible and _BULLET.match(text) is not None for possible, text in pairs], bool)
    return [False, *(follows & ~listed).tolist()]


def _margins(left: NDArray[np.float64], right: NDArray[np.float64], page: NDArray[np.int64]) -> NDArray[Any]:
    """Of each line where those of its page end at most that begin at the same place (in tens of points)."""
    place = np.clip(np.rint(left / 10), -_FAR, _FAR).astype(np.int64) + page * (4 * _FAR)
    places, inverse = np.unique(place, return_inverse=True)
    most = np.full(len(places), -np.inf)
    np.maximum.at(most, inverse, right)
    near = most.copy()
    neighbours = places[1:] - places[:-1] == 1
    near[1:][neighbours] = np.maximum(near[1:], most[:-1])[neighbours]
    near[:-1][neighbours] = np.maximum(near[:-1], most[1:])[neighbours]
    return near[inverse]


def join(before: str, after: str, marked: bool = False) -> str:
    """Two lines of one paragraph as one, a word broken between them made whole.

    ``marked``: the reader of the file saw a hyphen after ``before`` and took it away.
    """
    soft = before.endswith("\u00ad")
    if not marked and not (len(before) > 1 and before[-1] in HYPHENS):
        return f"{before} {after}"
    stem = before if marked else before[:-1]
    word = re.search(r"\S*$", stem)
    tail = word[0] if word is not None else ""
    head = re.match(r"[^\W\d_]*", after)
    following = head[0] if head is not None else ""
    if soft:
        return stem + after
    if not tail or not tail[-1].isalnum():  # a dash, not a hyphen
        return f"{stem}- {after}"
    if following.lower() in _SUSPENDED:  # "för- och grundskola"
        return f"{stem}- {after}"
    if not following or following[0].isupper() or tail[-1].isdigit():
        return f"{stem}-{after}"
    if len(tail) > 1 and tail.isupper():  # "EU-frågor", "SKL-rapporten"
        return f"{stem}-{after}"
    if _NO_SYLLABLE.search(stem):  # "e-tjänst", "bvc-sköterska": no word is broken there
        return f"{stem}-{after}"
    return stem + after


# --- the title --------------------------------------------------------------------------------------------


_MOST_HEADINGS = 6
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
    telling = bold <= 5 or 2 * bold < len(worded)  # on a page that is bold all over it says nothing
    for size in sorted({round(line.size, 1) for line in worded}, reverse=True)[:_MOST_SIZES]:
        if size < body * 1.12 and size != body:
            break
        starts = [
            n
            for n, line in enumerate(lines)
            if round(line.size, 1) == size and not line.askew and _WORDED.search(line.text)
        ]
        if size == body:  # on a cover the title may be most of the text
            first = [n for n, line in enumerate(lines[:8]) if line.size > 0.95 * size]
            first = [n for n in first if lines[n].bold and telling]
            starts = [*first, *(starts if size >= _COVER else ()), 0][:1]
        end = 0
        for start in starts:
            if start < end:
                continue
            picked = [lines[start]]
            for line in lines[start + 1 : start + 5]:
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
                yield size, start, text, plain(below).strip()


def body_size(lines: Sequence[Line]) -> float:
    """The size of most letters."""
    exact: dict[float, int] = {}
    for line in lines:
        exact[line.size] = exact.get(line.size, 0) + len(line.text)
    sizes = Counter[float]()
    for size, count in exact.items():
        sizes[round(size, 1)] += count
    return sizes.most_common(1)[0][0] if sizes else 0.0
