"""In which order are the words of a printed page read, and where do its paragraphs end?

Works on words with their places, as pdfium gives them, and knows nothing of PDF. The order in which a
file draws its text is nearly always the order of reading; it is changed only where two columns are drawn
row by row. Lines that stand at the same place on many pages are told from the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

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
_ODD = re.compile("[\u00a0\u00a8\u00b4\u02da\u0300-\u036f\u2011\ufb00-\ufb06]")  # what ``plain`` changes
_LOOSE_ACCENTS = re.compile("([¨˚´]) ?([aoeAOE])")  # TeX of the nineties draws å ä ö in two pieces
_ACCENTS = {"¨": "\u0308", "˚": "\u030a", "´": "\u0301"}
_SUSPENDED = frozenset(
    ("och", "eller", "samt", "respektive", "resp", "såväl", "till", "and", "or", "men", "som")
)
_BULLET = re.compile(r"(?:[•·▪●○◦‣⁃■□–—*o\uf0b7\uf0a7-]|\(?\d{1,3}[.)]|[a-zA-Z][.)]|§ ?\d+)(?:\s|$)")
_WORDED = re.compile(r"[^\W\d_]{2}")
_PAGE_NUMBER = re.compile(
    r"(?i)(?:.{0,60}\b)?(?:sida|sid|page|s)\.?\s*\d{1,4}(?:\s*(?:\(|/|av|of)\s*\d{1,4}\)?)?$|[-–—\s]*\d{1,4}[-–—\s]*$"
    r"|\d{1,4}\s*(?:\(|/|av|of)\s*\d{1,4}\)?$"
)


@dataclass(slots=True)
class Word:
    text: str
    left: float
    right: float
    base: float  # height of the baseline above the lower edge of the page, points
    hyphen: bool = False  # the reader marked a hyphen at the end of the line


@dataclass(slots=True)
class Line:
    """Words on one baseline, without a gap as wide as between columns."""

    words: list[Word]
    size: float  # points
    bold: bool = False
    text: str = field(init=False)
    left: float = field(init=False)
    right: float = field(init=False)
    base: float = field(init=False)

    def __post_init__(self) -> None:
        first, last = self.words[0], self.words[-1]
        self.text = first.text if first is last else " ".join([word.text for word in self.words])
        self.left, self.right, self.base = first.left, last.right, first.base


@dataclass(slots=True)
class Sheet:
    """One printed page: its lines in the order of reading."""

    width: float
    height: float
    lines: list[Line] = field(default_factory=list)


def plain(text: str) -> str:
    """Ligatures taken apart, accents put together."""
    if text.isascii() or not _ODD.search(text):
        return text
    if "¨" in text or "˚" in text or "´" in text:
        text = _LOOSE_ACCENTS.sub(lambda match: match[2] + _ACCENTS[match[1]], text)
    return unicodedata.normalize("NFC", text.translate(_LIGATURES))


_MOST_COLUMNS = 8
_MOST_ROWS = 300  # of one run of columns
_MOST_SIZES = 12  # of letters, among which the largest is looked for

# --- columns ----------------------------------------------------------------------------------------------


def in_reading_order(lines: list[Line], depth: int = 0) -> list[Line]:
    """The lines with columns that are drawn row by row taken apart.

    A run of rows is taken for columns when all its rows leave the same gap free, and the words on both sides
    run on from row to row as sentences do. Tables have the gap, but each cell begins anew: they stay in rows.
    """
    if depth > _MOST_COLUMNS:
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
                result.extend(in_reading_order(side, depth + 1))
        position = end
    return result


def _run(lines: Sequence[Line], start: int) -> tuple[int, float | None]:
    """Where the rows end that leave the same gap free as the first; its middle, if they are columns."""
    gap = _widest_gap(lines[start])
    if gap is None:
        return start + 1, None
    low, high = gap
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
    while last < len(lines) and lines[last].left >= gutter and lines[last].base < lines[last - 1].base:
        last += 1
    return last, gutter


def _widest_gap(line: Line) -> tuple[float, float] | None:
    if len(line.words) == 1:
        return None
    widest, found = 0.9 * line.size, None
    for one, other in pairwise(line.words):
        if other.left - one.right > widest:
            widest, found = other.left - one.right, (one.right, other.left)
    return found


def _gap_within(line: Line, low: float, high: float) -> tuple[float, float] | None:
    """The part of the gap from ``low`` to ``high`` that this row leaves free too."""
    for one, other in pairwise(line.words):
        free_from, free_to = max(one.right, low), min(other.left, high)
        if free_to - free_from > 0.6 * line.size:
            return free_from, free_to
    return None


def _side(line: Line, gutter: float, left: bool) -> Line | None:
    words = [word for word in line.words if (word.left < gutter) is left]
    return Line(words, line.size, line.bold) if words else None


def _runs_on(side: Sequence[Line]) -> bool:
    """Whether lines follow each other as in a paragraph: long ones, many of which begin in mid-sentence."""
    if len(side) < 4:
        return False
    length = sum(len(line.text) for line in side) / len(side)
    mid = sum(1 for line in side[1:] if line.words[0].text[:1].islower())
    return length >= 16 and mid >= 0.35 * (len(side) - 1)


# --- paragraphs -------------------------------------------------------------------------------------------


def paragraphs(sheet: Sheet) -> str:
    """The text of a page, one paragraph a line, words broken at line ends whole again."""
    out: list[str] = []
    previous: Line | None = None
    margin = _margin(sheet.lines)
    for line in sheet.lines:
        text = line.text
        if previous is not None and _continues(previous, line, margin):
            out[-1] = join(out[-1], text, previous.words[-1].hyphen)
        else:
            out.append(text)
        previous = line
    return "\n".join(clean for text in out if (clean := plain(text).replace("\u00ad", "").strip()))


def _margin(lines: Sequence[Line]) -> dict[int, float]:
    """Where the lines that begin at one place (in tens of points) end at most."""
    margin: dict[int, float] = {}
    for line in lines:
        key, right = round(line.left / 10), line.right
        for near in (key - 1, key, key + 1):
            if margin.get(near, 0.0) < right:
                margin[near] = right
    return margin


def _continues(previous: Line, line: Line, margin: dict[int, float]) -> bool:
    """Whether ``line`` belongs to the paragraph of ``previous``."""
    last, first = previous.words[-1], line.words[0].text
    if last.hyphen or last.text[-1:] in HYPHENS:
        return first[:1].islower() and first[:1].isalpha()
    drop = previous.base - line.base
    if abs(drop) < 0.3 * line.size and line.left > previous.right:
        return line.left - previous.right < 1.5 * line.size
    if not 0 < drop < 1.75 * max(line.size, previous.size) or abs(line.size - previous.size) > 0.6:
        return False
    if _BULLET.match(line.text) or line.bold is not previous.bold:
        return False
    if _widest_gap(previous) is not None or _widest_gap(line) is not None:  # rows of a table
        return False
    if first[:1].islower():
        return True
    # A line ends where its next word no longer fits. Where it would have fitted, the paragraph ended.
    wide = (previous.right - previous.left) / max(len(previous.text), 1)
    length = len(first.split(" ", 1)[0]) + 1
    return previous.right + length * wide > margin.get(round(previous.left / 10), 0.0) + 0.5 * wide


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
    return stem + after


# --- what repeats -----------------------------------------------------------------------------------------


def without_running(sheets: Sequence[Sheet]) -> list[str]:
    """Take running heads and feet off the sheets; returns what they say, page numbers aside, once each.

    A line is running when lines of the same words stand at the same height near the edge of at least half of
    the pages; a page number at the edge is so on a single page, too. In small print any digits are alike, in
    headings they are not: "§ 21" and "§ 22" may head two pages.
    """
    if not sheets:
        return []
    body = _body_size([line for sheet in sheets[:20] for line in sheet.lines])
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


def _body_size(lines: Sequence[Line]) -> float:
    """The size of most letters."""
    sizes = Counter[float]()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _edges(sheet: Sheet) -> list[int]:
    """Positions of the lines in the upper and lower seventh of the page, at most four at each edge."""
    upper = [(-line.base, n) for n, line in enumerate(sheet.lines) if line.base > sheet.height * 0.86]
    lower = [(line.base, n) for n, line in enumerate(sheet.lines) if line.base < sheet.height * 0.14]
    return [n for _, n in sorted(upper)[:6]] + [n for _, n in sorted(lower)[:6]]


# --- the title --------------------------------------------------------------------------------------------


def heading(sheet: Sheet) -> tuple[str, str]:
    """The largest lines of a page as one text, and what stands directly below; empty when none stands out.

    Digits, single letters and words across the whole page (a decoration) are passed over.
    """
    lines = sheet.lines
    worded = [line for line in lines if _WORDED.search(line.text)]
    if not worded:
        return "", ""
    body = _body_size(worded)
    for size in sorted({round(line.size, 1) for line in worded}, reverse=True)[:_MOST_SIZES]:
        if size < body * 1.12 and size != body:
            break
        start = next(
            n for n, line in enumerate(lines) if round(line.size, 1) == size and _WORDED.search(line.text)
        )
        if size == body:
            bold = next((n for n, line in enumerate(lines[:8]) if line.bold), None)
            start = bold if bold is not None else 0
        picked = [lines[start]]
        for line in lines[start + 1 : start + 5]:
            above = picked[-1]
            close = 0 < above.base - line.base < 2.2 * max(line.size, above.size)
            if not close or abs(line.size - above.size) > 0.06 * size or line.bold is not above.bold:
                break
            if size == body and not above.bold:
                break
            picked.append(line)
        text = picked[0].text
        for above, line in pairwise(picked):
            text = join(text, line.text, above.words[-1].hyphen)
        below = lines[start + len(picked)].text if start + len(picked) < len(lines) else ""
        text = plain(text).replace("\u00ad", "").strip()
        if len(re.findall(r"[^\W\d_]", text)) >= 4 and len(text) <= 250:
            return text, plain(below).strip()
    return "", ""
