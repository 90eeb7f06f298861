"""Where do the paragraphs of a printed page end, and what do they say?

Takes lines in the order of reading (``layout``); words that are broken at the end of a line, a cell or a page
are made whole. Not for what repeats from page to page: ``running``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.extract.layout import Line, Sheet, widest_gap
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
_FAR = 10_000  # tens of points: beyond the edge of any page


def plain(text: str) -> str:
    """Ligatures taken apart, accents put together, marks that nobody sees left out."""
    if text.isascii() or not _ODD.search(text):
        return text
    if "¨" in text or "˚" in text or "´" in text:
        text = _LOOSE_ACCENTS.sub(lambda match: match[2] + _ACCENTS[match[1]], text)
    if _HALVES.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return composed(text.translate(_LIGATURES))


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
    row = np.array([bool(line.words) and widest_gap(line) is not None for line in lines])  # of a table
    first = np.array([text.find(" ") for text in texts])  # length of the first word
    length = np.array([len(text) for text in texts])
    first = np.where(first < 0, length, first) + 1

    drop = base[:-1] - base[1:]
    beside = (np.abs(drop) < 0.3 * size[1:]) & (left[1:] > right[:-1])
    below = (drop > 0) & (drop < 1.75 * np.maximum(size[1:], size[:-1]))
    alike = (np.abs(size[1:] - size[:-1]) <= 0.6) & (begins_bold[1:] == ends_bold[:-1])
    cell = np.array([line.words[-1].left if line.words else line.left for line in lines])
    in_cell = np.abs(left[1:] - cell[:-1]) < size[1:]  # "1.2    Heading of", "two lines"
    alike &= ~row[1:] & (~row[:-1] | in_cell)
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
