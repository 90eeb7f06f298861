# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""On which pages do the words stand that were asked for, and which words of a page are shown?

Words are found by the rule of ``language.TOKEN``. The twin is ``places``. Not for positions (``postings``).
"""

import numpy as np

from cpython.unicode cimport PyUnicode_DATA, PyUnicode_KIND, PyUnicode_READ
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free, malloc, qsort

from indexer.engine.kernel.blocks cimport Checked
from indexer.engine.kernel.records cimport Slots


cdef enum:
    _PIECE = 16


cdef struct _Match:
    int64_t number  # of the word on its page
    Py_ssize_t bag  # which of the words asked for it is


cdef int _order(const void* one, const void* other) noexcept nogil:
    cdef const _Match* a = <const _Match*>one
    cdef const _Match* b = <const _Match*>other
    if a.number != b.number:
        return -1 if a.number < b.number else 1
    return -1 if a.bag < b.bag else a.bag > b.bag


cdef Py_ssize_t _place(list values, int64_t wanted) except -1:
    """Place of the first of ascending values that is not below ``wanted``."""
    cdef Py_ssize_t low = 0, high = len(values), middle
    while low < high:
        middle = (low + high) >> 1
        if <int64_t>values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


cdef class Layout:
    """Where the pages of a segment's documents begin, and the words of its pages."""

    cdef const uint32_t[::1] _page_first, _page_start, _page_number, _doc_starts, _piece_first
    cdef const uint8_t[::1] _piece_char
    cdef Checked _need_first, _need_char
    cdef Py_ssize_t _documents, _pieces
    cdef int _width

    def __init__(self, page_first, page_start, page_number, doc_starts, piece_first, piece_char):
        """uint32, ``piece_char`` any unsigned, and as in the file ``.tab``; the last two ``Stored``."""
        self._page_first, self._page_start, self._page_number = page_first, page_start, page_number
        self._doc_starts = doc_starts
        self._piece_first, self._need_first = piece_first.array, Checked(piece_first)
        self._piece_char, self._need_char = piece_char.array.view(np.uint8), Checked(piece_char)
        self._width, self._pieces = piece_char.dtype.itemsize, len(piece_char)
        self._documents = len(page_first) - 1

    def pages(self, Py_ssize_t doc, list marks not None, list idf not None, double k1):
        """``Places.pages``."""
        cdef Py_ssize_t first, stop, room = 0, count = 0, k, at, low, high, middle, row, matches
        cdef int64_t body, position, end, before
        cdef double score, times
        cdef list places, found = []
        if not 0 <= doc < self._documents or len(idf) != len(marks):
            raise IndexError(doc)
        first, stop, body = self._page_first[doc], self._page_first[doc + 1], self._doc_starts[3 * doc + 2]
        for places in marks:
            room += len(places)
        if not room or first >= stop:
            return found
        cdef _Match* words = <_Match*>malloc(room * sizeof(_Match))
        cdef Py_ssize_t* times_of = <Py_ssize_t*>calloc(len(idf), sizeof(Py_ssize_t))  # on one page
        try:
            if words == NULL or times_of == NULL:
                raise MemoryError
            for k in range(len(marks)):
                places = marks[k]
                for at in range(_place(places, body), len(places)):
                    words[count].number, words[count].bag = places[at], k
                    count += 1
            if len(marks) > 1:
                qsort(words, count, sizeof(_Match), _order)
            at, row = 0, first
            while at < count:
                low, high, position = row, stop, words[at].number
                while low < high:
                    middle = (low + high) >> 1
                    if self._page_start[middle] <= position:
                        low = middle + 1
                    else:
                        high = middle
                row = max(low - 1, first)
                end = self._page_start[row + 1] if row + 1 < stop else position + (1 << 40)
                before, matches, score = -1, 0, 0
                while at < count and words[at].number < end:
                    matches += words[at].number != before  # one that several of the words asked for are, once
                    before = words[at].number
                    times_of[words[at].bag] += 1
                    at += 1
                for k in range(len(idf)):
                    if times_of[k]:
                        times = times_of[k]
                        score += <double>idf[k] * times / (times + k1)
                        times_of[k] = 0
                found.append((-score, row, (self._page_number[row], matches)))
                row += 1
            found.sort()
            return [page for _, _, page in found]
        finally:
            free(words)
            free(times_of)

    def window(
        self, Py_ssize_t doc, Py_ssize_t row, list marks not None, list idf not None, int64_t reach,
        Py_ssize_t most,
    ):
        """``places.window`` of the page in ``row`` of the page table, and of the first of its numbers
        ``SegmentData.piece``: (numbers, character, word number).
        """
        cdef Py_ssize_t k, place
        cdef int64_t stop = 1 << 40
        if not 0 <= doc < self._documents or not self._page_first[doc] <= row < self._page_first[doc + 1]:
            raise IndexError(row)
        if row + 1 < self._page_first[doc + 1]:
            stop = self._page_start[row + 1]
        cdef list numbers = _window(marks, self._page_start[row], stop, idf, reach, most)
        if not numbers or <int64_t>numbers[0] < _PIECE:
            return numbers, 0, 0
        k = <int64_t>numbers[0] // _PIECE
        self._need_first.need(row, row + 1)
        place = <Py_ssize_t>self._piece_first[row] + k - 1
        if place >= self._pieces:
            raise IndexError(place)
        self._need_char.need(place, place + 1)
        if self._width == 1:
            return numbers, self._piece_char[place], k * _PIECE
        if self._width == 2:
            return numbers, (<const uint16_t*>&self._piece_char[0])[place], k * _PIECE
        return numbers, (<const uint32_t*>&self._piece_char[0])[place], k * _PIECE


cdef list _window(list marks, int64_t start, int64_t stop, list idf, int64_t reach, Py_ssize_t most):
    cdef Py_ssize_t count = 0, room = 0, k, at
    cdef list places
    cdef int64_t first, number
    cdef list found = []
    if len(idf) != len(marks):
        raise ValueError("not as many weights as lists")
    for places in marks:
        room += min(len(places), most)
    if not room:
        return found
    cdef _Match* words = <_Match*>malloc(room * sizeof(_Match))
    if words == NULL:
        raise MemoryError
    try:
        for k in range(len(marks)):
            places = marks[k]
            at = _place(places, start)
            for at in range(at, min(at + most, len(places))):
                number = places[at]
                if number >= stop:
                    break
                words[count].number = number - start
                words[count].bag = k
                count += 1
        if not count:
            return found
        if len(marks) > 1:
            qsort(words, count, sizeof(_Match), _order)
        first = words[0].number
        if words[count - 1].number >= first + reach:
            first = _best(words, count, idf, reach)
        for at in range(count):
            if words[at].number >= first:
                found.append(words[at].number)
        return found
    finally:
        free(words)


cdef int64_t _best(const _Match* words, Py_ssize_t count, list idf, int64_t reach) except -1:
    """Number of the word with which the window begins that holds the most of what was asked for."""
    cdef Py_ssize_t left, right = 0, bag
    cdef double worth = 0, best = 0
    cdef int64_t found = 0
    cdef Py_ssize_t* inside = <Py_ssize_t*>calloc(len(idf), sizeof(Py_ssize_t))  # of each bag
    if inside == NULL:
        raise MemoryError
    try:
        for left in range(count):
            while right < count and words[right].number < words[left].number + reach:
                bag = words[right].bag
                if not inside[bag]:
                    worth += <double>idf[bag]
                inside[bag] += 1
                right += 1
            if worth + 0.01 * (right - left) > best:
                best = worth + 0.01 * (right - left)
                found = words[left].number
            bag = words[left].bag
            inside[bag] -= 1
            if not inside[bag]:
                worth -= <double>idf[bag]
        return found
    finally:
        free(inside)


cdef enum:
    _SIGN, _LETTER, _DIGIT

cdef uint8_t[256] _latin
for _code in range(256):
    _latin[_code] = _DIGIT if chr(_code).isdecimal() else _LETTER if chr(_code).isalnum() else _SIGN


cdef inline int _sort_of(Py_UCS4 c) noexcept:
    if c < 256:
        return _latin[c]
    return _DIGIT if c.isdecimal() else _LETTER if c.isalnum() else _SIGN


cdef struct _Text:
    int kind
    void* data
    Py_ssize_t size


cdef inline Py_UCS4 _at(_Text text, Py_ssize_t place) noexcept:
    return PyUnicode_READ(text.kind, text.data, place)


cdef bint _next(_Text text, Py_ssize_t* start, Py_ssize_t* end) noexcept:
    """The first word (``language.TOKEN``) from ``end`` on: from ``start`` to ``end``. False: none."""
    cdef Py_ssize_t at = end[0]
    cdef int last = _SIGN, other, following
    cdef Py_UCS4 sign
    while at < text.size:
        last = _sort_of(_at(text, at))
        if last != _SIGN:
            break
        at += 1
    else:
        return False
    start[0] = at
    while True:
        at += 1
        while at < text.size:
            other = _sort_of(_at(text, at))
            if other == _SIGN:
                break
            last = other
            at += 1
        end[0] = at
        if at + 1 >= text.size:
            return True
        sign = _at(text, at)
        if sign == 32 or sign == 10:
            return True
        following = _sort_of(_at(text, at + 1))
        if following == _SIGN:
            return True
        if sign == 0x27 or sign == 0x2019 or sign == 0x3A:  # ' ’ :
            pass
        elif sign == 0x2D or sign == 0x2010 or sign == 0x2011:  # hyphens
            if following == _DIGIT and last == _DIGIT:
                return True
        elif sign != 0x2F or last != _DIGIT or following != _DIGIT:  # /
            return True
        at += 1
        last = following


cdef Py_ssize_t _past_spaces(_Text text, Py_ssize_t at, Py_ssize_t stop) noexcept:
    while at < stop and _at(text, at).isspace():
        at += 1
    return at


cdef Py_ssize_t _begin(_Text text, Py_ssize_t lead, Py_ssize_t start) noexcept:
    """Where a window begins whose first match begins at ``start``: after the first line that ends from
    ``lead`` on, else after the first space there, else at the match.
    """
    cdef Py_ssize_t at
    for at in range(lead, start):
        if _at(text, at) == 10:
            return _past_spaces(text, at, start)
    for at in range(lead, start):
        if _at(text, at).isspace():
            return _past_spaces(text, at, start)
    return start


cdef class Snippets:
    """Cuts snippets. ``made``: their class; ``names``: its attributes for text and marks."""

    cdef Slots slots

    def __init__(self, type made, names):
        self.slots = Slots(made, names)

    def cut(
        self, str text not None, Py_ssize_t char, Py_ssize_t token, list numbers not None, Py_ssize_t width
    ):
        """``places.cut``."""
        cdef _Text read
        cdef Py_ssize_t begin = 0, done = 0, stop = width, start = 0, k, over
        cdef Py_ssize_t end = min(max(char, 0), len(text))
        cdef int64_t number
        cdef list spans = []
        read.kind, read.data, read.size = PyUnicode_KIND(text), PyUnicode_DATA(text), len(text)
        for k in range(len(numbers)):
            number = numbers[k]
            if spans:
                if number < token:
                    continue
                if 2 * (number - token) > width:
                    break
            for over in range(number - token + 1):
                if not _next(read, &start, &end):
                    break
            else:
                if not spans:
                    if start > width // 4:
                        begin = _begin(read, start - width // 4, start)
                    stop = begin + width
                elif end > stop:
                    break
                token = number + 1
                done = end
                spans.append((start - begin, end - begin))
                continue
            break
        end = read.size
        if end > stop:
            end = max(stop, done)  # no word reaches across a space
            while end > done and _at(read, end) != 32 and _at(read, end) != 10:
                end -= 1
            if end <= begin:
                end = stop
        while end > begin and _at(read, end - 1).isspace():
            end -= 1
        snippet = self.slots.new()
        self.slots.set(self.slots.slots[0], snippet, text[begin:end])
        self.slots.set(self.slots.slots[1], snippet, tuple(spans))
        return snippet
