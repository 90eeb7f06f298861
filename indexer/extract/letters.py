"""Where do the letters of a PDF's pages stand, as pdfium knows it?

Gives each page as lines with their places; in which order they are read is told in ``layout``, what is a
paragraph in ``paragraphs``. Not for metadata and form fields: ``pdf``.

pdfium answers for one letter at a time, and there are millions. So the questions of a page are asked in one
go: ``map`` over functions that ctypes need not check the arguments of takes 0.2 µs a question, a call as
pypdfium2 declares it 0.7 µs (pypdfium2 5.15). The answers of all pages are computed with at once.
"""

from __future__ import annotations

import ctypes
import math
import re
import struct
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise, repeat
from operator import sub, truediv
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from indexer.extract import layers
from indexer.extract.layout import Line, Sheet, Word

_MARKS = frozenset("\ufffe\x02")  # what pdfium puts for a hyphen at the end of a line
_WORD = re.compile("[^\\s\ufffe\x02\x00]+")
_LINE = re.compile("[^\\s\ufffe\x02\x00](?:[^\r\n\ufffe\x02\x00]*[^\\s\ufffe\x02\x00])?")
_SPACED_OUT = re.compile(r"(?<!\S)[A-Za-zÀ-ÿ](?: {1,4}[A-Za-zÀ-ÿ]){3,}(?!\S)")  # "B A R N"
_HINT = re.compile(r" [A-Za-zÀ-ÿ] [A-Za-zÀ-ÿ]\b")  # of that, found in a tenth of the time
_MOST_SPACED = 200  # letters of one heading
_VOWEL = re.compile(r"(?i)[aeiouyåäöé]")
_NOTHING = "\u2060"  # in the place of a space that is none, or of a mark, so that letters keep their numbers
_MARK = re.compile(  # what may lead to a note: after a word, its stop, or a year, and not as in "m2" or "CO2"
    r"[0-9](?:(?<=[^\W\d_]{3}.)|(?<=[^\W\d_][.,;:!?)”\"].)|(?<=\b(?:19|20)[0-9]{2}.))[0-9]?(?!\w)"
)
_BOLD = re.compile(rb"(?i)bold|black|heavy")
_MANY = 100_000  # a page of more letters (a plotted map, an attack) is read without looking at places
_MOST_TEXT = 1_000_000  # letters of such a page
_SLOTS = 1_024  # questions asked in one go
_EVERY = 10  # the share of lines that are looked at for wide gaps
_FEW = 50  # lines of which words are asked for one by one
_FARTHEST = 1e6  # points: damaged files draw at places beyond all numbers

_Array = NDArray[Any]
_X, _Y, _LEFT, _RIGHT, _LOWER, _UPPER = range(6)  # what is asked of a piece of text: columns of an array

_NOWHERE = struct.pack("6d", 0, math.nan, 0, 0, 0, 0)  # a baseline that is near no other


def _quick(function: Any, answer: Any = ctypes.c_int) -> Callable[..., Any]:
    """A function of pdfium that takes its arguments as they are, and holds the interpreter meanwhile."""
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return ctypes.PYFUNCTYPE(answer)(address)


class _Pointer(ctypes.c_void_p):
    """As an answer it stays a pointer; c_void_p itself becomes a number."""


_COUNT = _quick(pdfium.FPDFText_CountChars)
_TEXT = _quick(pdfium.FPDFText_GetText)
_ORIGIN = _quick(pdfium.FPDFText_GetCharOrigin)
_BOX = _quick(pdfium.FPDFText_GetCharBox)
_MATRIX = _quick(pdfium.FPDFText_GetMatrix)
_SIZE = _quick(pdfium.FPDFText_GetFontSize, ctypes.c_double)
_UNICODE = _quick(pdfium.FPDFText_GetUnicode, ctypes.c_uint)
_OBJECT = _quick(pdfium.FPDFText_GetTextObject, _Pointer)
_FONT = _quick(pdfium.FPDFTextObj_GetFont, ctypes.c_void_p)
_NAME = _quick(pdfium.FPDFFont_GetBaseFontName, ctypes.c_size_t)
_WEIGHT = _quick(pdfium.FPDFFont_GetWeight)

_places = (ctypes.c_double * (6 * _SLOTS))()
_matrices = (ctypes.c_float * (6 * _SLOTS))()
_buffer = ctypes.create_string_buffer(65_536)  # a new one for each page takes longer than its text
_INTO = tuple([ctypes.byref(_places, 48 * n + 8 * column) for n in range(_SLOTS)] for column in range(6))
_INTO_MATRIX = [ctypes.byref(_matrices, 24 * n) for n in range(_SLOTS)]


class Letters:
    """The text of a document's pages while it is gathered: ``add`` each page, then take the ``sheets``.

    A piece is what places were asked for: a whole line, or a word on pages whose lines may hold wide gaps.
    """

    def __init__(self, unseen: frozenset[str]) -> None:
        self._unseen = unseen  # names of layers that are off
        self.count = 0  # letters so far
        self._boxes: list[tuple[float, float, float, float]] = []  # of the pages: left, lower, right, upper
        self._lines: list[int] = []  # of each page: how many lines
        self._pieces: list[int] = []  # of each line: how many pieces
        self._sizes: list[float] = []  # of each line, before its matrix is applied
        self._bold: list[bool] = []  # of each line, as in Line
        self._lead: list[bool] = []
        self._matrices: list[bytes] = []
        self._hyphens: list[bool] = []  # of each line: whether it ends with one
        self._texts: list[str] = []  # of each piece
        self._places: list[bytes] = []

    def add(self, page: Any) -> None:
        """Read one page, given as pdfium's handle. Raises PdfiumError, and has added nothing then."""
        box = pdfium.FS_RECTF()
        if not pdfium.FPDF_GetPageBoundingBox(page, box):
            box = pdfium.FS_RECTF(0, 842, 595, 0)
        with _loaded(page) as letters:
            turn = _main_turn(letters)
            upright = turn == pdfium.FPDFPage_GetRotation(page)
            lines = self._read(letters, turn) if upright else 0
        if not upright:  # pdfium orders lines and sees hyphens as the page is shown: turn it to be read
            pdfium.FPDFPage_SetRotation(page, turn)
            with _loaded(page) as letters:
                lines = self._read(letters, turn)
        self._boxes.append((box.left, box.bottom, box.right, box.top))
        self._lines.append(lines)

    def add_nothing(self) -> None:
        """An empty sheet in the place of a page that cannot be read."""
        self._boxes.append((0.0, 0.0, 0.0, 0.0))
        self._lines.append(0)

    def _read(self, letters: ctypes.c_void_p, turn: int) -> int:
        """Take in the lines of one page whose text runs in this direction; returns how many."""
        count = _COUNT(letters)
        if count <= 0:
            return 0
        self.count += count
        text = _text(letters, min(count, _MOST_TEXT))
        if count > _MANY:
            return self._read_plainly(text)
        if len(text) != count:  # letters without Unicode value are left out of it, and shift the places
            codes = map(_UNICODE, repeat(letters), range(count))
            text = "".join([chr(code) if 0 < code < 0x110000 else "\x00" for code in codes])
        if _HINT.search(text):
            text = _closed_up(letters, text)
        text = _without_marks(letters, text)
        spans = [match.span() for match in _LINE.finditer(text)]
        if self._unseen:
            drawn = [(span, _OBJECT(letters, span[0])) for span in spans]
            spans = [span for span, piece in drawn if not layers.is_on(piece, self._unseen)]
        if not spans:
            return 0
        starts = [start for start, _ in spans]
        sizes, matrices = list(map(_SIZE, repeat(letters), starts)), _matrices_of(letters, starts)
        self._sizes += sizes
        self._matrices.append(matrices)
        bold, lead = _are_bold(letters, spans)
        self._bold += bold
        self._lead += lead
        self._hyphens += [text[stop : stop + 1] in _MARKS for _, stop in spans]
        counts, places = [1] * len(spans), _where(letters, spans)
        # Asking for the place of every word takes as long as reading the page. It is needed only where a line
        # may hold a wide gap (columns, tables): in lines that are wide for their few letters, and, as pages
        # that have such lines have many, everywhere on a page where one of some lines has a gap.
        shape = memoryview(matrices).cast("f")
        some = [
            ([word.span() for word in _WORD.finditer(text, *spans[n])], sizes[n], shape[6 * n : 6 * n + 6])
            for n in range(min(2, len(spans) - 1), len(spans), _EVERY)
        ]
        sparse = _sparse(spans, places, turn)
        if len(sparse) > _FEW or _has_gaps(letters, some):
            ends = [stop for _, stop in spans]
            spans = [word.span() for word in _WORD.finditer(text)]  # none of them goes over the end of a line
            line = np.searchsorted(ends, [stop for _, stop in spans])
            counts, places = np.bincount(line).tolist(), _where(letters, spans)
        else:
            for n in reversed(sparse):
                words = [word.span() for word in _WORD.finditer(text, *spans[n])]
                spans[n : n + 1], counts[n] = words, len(words)
                places = places[: 48 * n] + _where(letters, words) + places[48 * n + 48 :]
        self._pieces += counts
        texts = [text[start:stop] for start, stop in spans]
        self._texts += [part.replace(_NOTHING, "") for part in texts] if _NOTHING in text else texts
        self._places.append(places)
        return len(counts)

    def _read_plainly(self, text: str) -> int:
        """Take in lines without their places."""
        lines = [line for raw in text.splitlines() if (line := raw.strip())]
        count = len(lines)
        self._pieces += [1] * count
        self._sizes += [0.0] * count
        self._bold += [False] * count
        self._lead += [False] * count
        self._matrices.append(bytes(24 * count))
        self._texts += lines
        self._hyphens += [False] * count
        self._places.append(_NOWHERE * count)
        return count

    def sheets(self) -> list[Sheet]:
        """Every page added, its lines in the order of the file, as if it was turned to be read."""
        sheets = [Sheet(right - left, upper - lower) for left, lower, right, upper in self._boxes]
        if not self._texts:
            return sheets
        page = np.repeat(np.arange(len(sheets)), self._lines)  # of each line
        matrix = np.frombuffer(b"".join(self._matrices), np.float32).reshape(-1, 6)
        sizes = np.array(self._sizes)
        turn = _turns(sizes, matrix)
        line = np.repeat(np.arange(len(page)), self._pieces)  # of each piece
        places = np.frombuffer(b"".join(self._places)).reshape(-1, 6).clip(-_FARTHEST, _FARTHEST)
        places[:, _LEFT:] = np.nan_to_num(places[:, _LEFT:])
        places[:, _X] = np.nan_to_num(places[:, _X])
        boxes = np.array(self._boxes)[page[line]]
        cut = np.bincount(line, _is_cut_off(places, boxes)) == self._pieces  # of each line
        placed = _turned(places, turn[line], boxes)
        lines, source, beside = self._as_lines(line, _shown(sizes, matrix), *placed)
        for number in np.flatnonzero(_askew(matrix)[source]).tolist():
            lines[number].askew = True
        page, turn, cut = page[source], turn[source], cut[source]
        beside &= (page[1:] == page[:-1]) & (turn[1:] == turn[:-1])
        loose = set(page[1:][beside].tolist())
        ends = np.searchsorted(page, np.arange(len(sheets)), "right").tolist()
        for number, (begin, end) in enumerate(pairwise([0, *ends])):
            sheet = sheets[number]
            shown = lines[begin:end]
            if cut[begin:end].any() and not cut[begin:end].all():
                shown = [line for line, off in zip(shown, cut[begin:end].tolist(), strict=True) if not off]
            sheet.lines = _gathered(shown) if number in loose else shown
            if 2 * np.count_nonzero(turn[begin:end] % 2) > end - begin:
                sheet.width, sheet.height = sheet.height, sheet.width
        return sheets

    def _as_lines(
        self, line: _Array, size: _Array, left: _Array, right: _Array, base: _Array
    ) -> tuple[list[Line], _Array, _Array]:
        """The pieces as lines, from which line each is, and whether the next one stands beside it.

        ``size`` is that of each line; ``line`` (its number), ``left``, ``right``, ``base`` are of each piece.
        """
        # 1. Words that stand side by side, without a gap as wide as between columns, are one text.
        size = size[line]
        within = np.append(False, line[1:] == line[:-1])  # the piece follows another one of its line
        first = np.maximum.accumulate(np.where(within, 0, np.arange(len(line))))  # of its line
        gap = left - np.append(0.0, right[:-1])
        level = (gap > -0.7 * size) & (np.abs(base - base[first]) < 0.25 * size)
        crooked = np.isin(line, line[within & ~level])  # their words are taken as lines, and gathered later
        starts = np.flatnonzero(~within | crooked | (gap > 0.6 * size))
        last = np.append(starts[1:], len(line)) - 1
        texts = self._texts
        if len(starts) < len(texts):
            texts = [" ".join(texts[a : b + 1]) for a, b in zip(starts.tolist(), last.tolist(), strict=True)]
        # 2. The texts of a line are its words.
        heads = np.flatnonzero((~within | crooked)[starts])
        tails = np.append(heads[1:], len(starts)) - 1
        head, tail = starts[heads], last[tails]
        owner, is_last = line[head], np.append(~within[1:], True)
        numbers = (left[head], right[tail], base[head], size[head])
        signs = np.array((self._bold, self._lead, self._hyphens))[:, owner]
        signs[2] &= is_last[tail]
        columns = [column.tolist() for column in (*numbers, *signs)]
        lines = list(map(Line, [texts[number] for number in heads.tolist()], *columns))
        if len(heads) < len(starts):
            words = list(map(Word, texts, left[starts].tolist(), right[last].tolist()))
            for number in np.flatnonzero(tails > heads).tolist():
                lines[number].words = words[heads[number] : tails[number] + 1]
                lines[number].text = " ".join(texts[heads[number] : tails[number] + 1])
        return lines, owner, _beside(*numbers)


@contextmanager
def _loaded(page: Any) -> Iterator[ctypes.c_void_p]:
    """The letters of a page. Raises PdfiumError."""
    letters = pdfium.FPDFText_LoadPage(page)
    if not letters:
        raise pypdfium2.PdfiumError("the text of the page cannot be loaded")
    try:
        yield ctypes.cast(letters, ctypes.c_void_p)
    finally:
        pdfium.FPDFText_ClosePage(letters)


def _main_turn(letters: ctypes.c_void_p) -> int:
    """In which direction the text of a page runs, as of most of a few letters; see ``_turns``."""
    count = _COUNT(letters)
    some = [count * part // 10 for part in (1, 3, 5, 7, 9)] if count > 0 else []
    numbers = memoryview(_matrices_of(letters, some)).cast("f")
    found = [0, 0, 0, 0]
    for place, size in enumerate(map(_SIZE, repeat(letters), some)):
        a, b, _, d = numbers[6 * place : 6 * place + 4]
        turn = (1 if b > 0 else 3) if abs(b) > abs(a) else 2 if a < 0 and d < 0 else 0
        found[(turn + 2) % 4 if size < 0 else turn] += bool(a or b)
    return found.index(max(found))


def _text(letters: ctypes.c_void_p, count: int) -> str:
    """The first letters of a page."""
    room = 4 * count + 4  # a letter may take two units of UTF-16
    buffer = _buffer if room <= len(_buffer) else ctypes.create_string_buffer(room)
    units = _TEXT(letters, 0, count, buffer)
    return ctypes.string_at(buffer, 2 * max(units - 1, 0)).decode("utf-16-le", "replace")


def _closed_up(letters: ctypes.c_void_p, text: str) -> str:
    """The text with words whole whose letters are spaced out: of the gaps between letters only wide ones part
    words. Letters in a row that make no word ("A B C D", marks in a table) stay apart."""
    for match in _SPACED_OUT.finditer(text):
        found = [place for place in range(*match.span()) if text[place] != " "]
        word = "".join([text[place] for place in found])
        follow = sum(ord(after) - ord(before) in (0, 1) for before, after in pairwise(word.casefold()))
        if (
            len(word) > _MOST_SPACED
            or len(set(word)) < 3
            or 3 * follow > len(word)
            or not _VOWEL.search(word)
        ):
            continue
        numbers = memoryview(_where(letters, [(place, place + 1) for place in found])).cast("d")
        boxes = [numbers[at + _LEFT : at + 6].tolist() for at in range(0, len(numbers), 6)]
        # Beside or above each other.
        gaps = [max(b[0] - a[1], a[0] - b[1], b[2] - a[3], a[2] - b[3]) for a, b in pairwise(boxes)]
        usual, size = sorted(gaps)[len(gaps) // 2], max(max(b[1] - b[0], b[3] - b[2]) for b in boxes)
        if usual > 1.5 * size:  # cells
            continue
        for before, after, gap in zip(found, found[1:], gaps, strict=False):
            if gap < max(1.6 * usual, usual + 0.2 * size):
                text = text[: before + 1] + _NOTHING * (after - before - 1) + text[after:]
    return text


def _without_marks(letters: ctypes.c_void_p, text: str) -> str:
    """The text without the small raised figures that lead to notes, which made other words of theirs."""
    for match in _MARK.finditer(text):
        pair = [match.start() - 1, match.start()]
        x, y, *_, next_x, next_y = memoryview(_where(letters, [(n, n + 1) for n in pair])).cast("d")[:8]
        matrix = np.frombuffer(_matrices_of(letters, pair), np.float32).reshape(-1, 6)
        size, small = _shown(np.array(list(map(_SIZE, repeat(letters), pair))), matrix)
        across, up = matrix[0, 2:4]
        raised = ((next_x - x) * across + (next_y - y) * up) / (math.hypot(across, up) or 1.0)
        if small < 0.85 * size and raised > 0.15 * size:
            text = text[: match.start()] + _NOTHING * len(match[0]) + text[match.end() :]
    return text


def _where(letters: ctypes.c_void_p, spans: Sequence[tuple[int, int]]) -> bytes:
    """Of each piece of text the origin of its first letter and the box of its last, as six doubles."""
    found = []
    for begin in range(0, len(spans), _SLOTS):
        some = spans[begin : begin + _SLOTS]
        deque(map(_ORIGIN, repeat(letters), [start for start, _ in some], _INTO[_X], _INTO[_Y]), 0)
        deque(map(_BOX, repeat(letters), [stop - 1 for _, stop in some], *_INTO[_LEFT:]), 0)
        found.append(ctypes.string_at(_places, 48 * len(some)))
    return b"".join(found)


def _matrices_of(letters: ctypes.c_void_p, which: Sequence[int]) -> bytes:
    """How each letter is scaled and turned, as six floats; zeros where pdfium does not know."""
    found = []
    for begin in range(0, len(which), _SLOTS):
        some = which[begin : begin + _SLOTS]
        ctypes.memset(_matrices, 0, 24 * len(some))
        deque(map(_MATRIX, repeat(letters), some, _INTO_MATRIX), 0)
        found.append(ctypes.string_at(_matrices, 24 * len(some)))
    return b"".join(found)


def _are_bold(letters: ctypes.c_void_p, spans: Sequence[tuple[int, int]]) -> tuple[list[bool], list[bool]]:
    """Whether pieces of text begin with a bold letter; of those that do, whether they end with another."""
    known: dict[int | None, bool] = {}  # a font may be gone with its page: not kept longer

    def ask(which: Sequence[int]) -> list[bool]:
        fonts = list(map(_FONT, map(_OBJECT, repeat(letters), which)))
        known.update({font: _is_bold(font) for font in set(fonts).difference(known)})
        return [known[font] for font in fonts]

    bold = ask([start for start, _ in spans])
    lead = [False] * len(bold)
    beginning = [number for number, is_bold in enumerate(bold) if is_bold]
    for number, is_bold in zip(beginning, ask([spans[n][1] - 1 for n in beginning]), strict=True):
        lead[number] = not is_bold
    return bold, lead


def _is_bold(font: int | None) -> bool:
    if font is None:
        return False
    pointer = ctypes.c_void_p(font)
    length = _NAME(pointer, _buffer, ctypes.c_size_t(len(_buffer)))
    name = ctypes.string_at(_buffer, length) if length <= len(_buffer) else b""
    # Many programs state a weight of 400 or none for bold fonts, and weights beyond the scale for any.
    return _BOLD.search(name) is not None or 600 <= _WEIGHT(pointer) <= 1_000


def _turns(sizes: _Array, matrix: _Array) -> _Array:
    """In which direction text runs: 0 to the right, 1 up, 2 to the left, 3 down."""
    a, b, d = matrix[:, 0], matrix[:, 1], matrix[:, 3]
    turn = np.where(np.abs(b) > np.abs(a), np.where(b > 0, 1, 3), np.where((a < 0) & (d < 0), 2, 0))
    return np.where(sizes < 0, (turn + 2) % 4, turn)


def _askew(matrix: _Array) -> _Array:
    """Whether text runs aslant: by more than six degrees, which no scanner's feed does."""
    a, b = np.abs(matrix[:, 0]), np.abs(matrix[:, 1])
    aslant: _Array = np.minimum(a, b) > 0.1 * np.maximum(a, b)
    return aslant


def _shown(sizes: _Array, matrix: _Array) -> _Array:
    """The sizes of letters as they are shown, in points."""
    scale = np.hypot(matrix[:, 1], matrix[:, 3], dtype=np.float64)
    sizes = np.abs(sizes) * np.where(scale > 0, scale, 1.0)
    return np.where(sizes > 0, sizes, 1.0).clip(max=_FARTHEST)


def _turned(places: _Array, turn: _Array, box: _Array) -> tuple[_Array, _Array, _Array]:
    """Left end, right end and height of the baseline, as seen with the text upright."""
    left, right, base = places[:, _X], places[:, _RIGHT], places[:, _Y] - box[:, 1]
    if turn.any():
        left = np.choose(turn, [left, places[:, _Y], -places[:, _X], -places[:, _Y]])
        right = np.choose(turn, [right, places[:, _UPPER], -places[:, _LEFT], -places[:, _LOWER]])
        x, y = places[:, _X], places[:, _Y]
        base = np.choose(turn, [base, box[:, 2] - x, box[:, 3] - y, x - box[:, 0]])
    return left, right, base


def _is_cut_off(places: _Array, box: _Array) -> _Array:
    """Whether a piece stands wholly outside what is shown of its page: one that printers cut off, which
    says from which file the page is ("folder.indd 1  2013-05-03").
    """
    x, y = places[:, (_X, _RIGHT, _LEFT)], places[:, (_Y, _UPPER, _LOWER)]
    beside = (x.max(1) < box[:, 0]) | (x.min(1) > box[:, 2])
    cut: _Array = (beside | (y.max(1) < box[:, 1]) | (y.min(1) > box[:, 3])) & ~np.isnan(places[:, _Y])
    return cut


def _beside(left: _Array, right: _Array, base: _Array, size: _Array) -> _Array:
    """Which lines but the first stand beside the one before: on its baseline, or raised, as figures are."""
    gap, away, size = left[1:] - right[:-1], np.abs(base[1:] - base[:-1]), size[:-1]
    near: _Array = (gap > -0.7 * size) & ((away < 0.25 * size) | ((away < 0.6 * size) & (gap < 0.7 * size)))
    return near


def _gathered(lines: Sequence[Line]) -> list[Line]:
    """The lines with those made one that stand beside each other; raised figures go with their word."""
    found: list[Line] = []
    parts: list[Line] = []
    for line in lines:
        if parts:
            head = parts[0]
            gap, away, size = line.left - parts[-1].right, abs(line.base - head.base), head.size
            if gap > -0.7 * size and (away < 0.25 * size or (away < 0.6 * size and gap < 0.7 * size)):
                parts.append(line)
                continue
            found.append(_joined(parts))
        parts = [line]
    if parts:
        found.append(_joined(parts))
    return found


def _joined(parts: Sequence[Line]) -> Line:
    head, last = parts[0], parts[-1]
    if head is last:
        return head
    words: list[Word] = []
    single = False  # the part before is one letter
    for part in parts:
        more = part.words or [Word(part.text, part.left, part.right)]
        # Of text that runs upwards on an upright page pdfium takes letters for lines.
        close = words and more[0].left - words[-1].right < 0.15 * head.size
        letter, single = single, len(part.text) == 1 and part.text.isalpha()
        if close and (single or (letter and part.text[0].isalpha())):
            words[-1] = Word(words[-1].text + more[0].text, words[-1].left, more[0].right)
            more = more[1:]
        words += more
        if part.hyphen and part is not last:  # it was none: the line goes on
            words[-1].text += "-"
    text = " ".join([word.text for word in words])
    return Line(text, head.left, last.right, head.base, head.size, head.bold, head.lead, last.hyphen, words)


def _sparse(spans: Sequence[tuple[int, int]], places: bytes, turn: int) -> list[int]:
    """Which lines are so wide for their few letters that there may be a wide gap in them."""
    numbers = memoryview(places).cast("d")
    start, stop = ((_X, _RIGHT), (_Y, _UPPER), (_X, _LEFT), (_Y, _LOWER))[turn]
    lengths = [stop - start for start, stop in spans]
    widths = list(map(abs, map(sub, numbers[stop::6].tolist(), numbers[start::6].tolist())))
    usual = sorted(map(truediv, widths, lengths))[len(spans) // 3]  # of one letter
    pairs = enumerate(zip(widths, lengths, strict=True))
    return [n for n, (width, length) in pairs if width > usual * max(length + 6, 1.6 * length)]


def _has_gaps(
    letters: ctypes.c_void_p, lines: Sequence[tuple[list[tuple[int, int]], float, Sequence[float]]]
) -> bool:
    """Whether a line has a gap as wide as between columns; lines are given as words, size and matrix."""
    places = memoryview(_where(letters, [span for words, _, _ in lines for span in words])).cast("d")
    place = 0
    for words, size, (a, b, _, d, _, _) in lines:
        wide = 1.1 * abs(size) * (math.hypot(b, d) or 1.0)
        start, low, high = (_Y, _LOWER, _UPPER) if abs(b) > abs(a) else (_X, _LEFT, _RIGHT)
        for at in range(6 * place, 6 * (place + len(words) - 1), 6):
            next_start = places[at + 6 + start]
            if next_start - places[at + high] > wide or places[at + low] - next_start > wide:
                return True
        place += len(words)
    return False
