# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""In which documents do several terms stand, one of them or all side by side, and what does that weigh?

The twins are ``phrases`` and ``bags``. Not for one term (``postings``).
"""

cimport cython
import numpy as np

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from indexer.engine.kernel.blocks cimport Checked
from indexer.engine.kernel.postings cimport BLOCK_BITS, FIELDS, RARE, Postings
from indexer.engine.kernel.seek cimport seek

cdef object _empty = np.empty
cdef object _zeros = np.zeros
cdef object _int64 = np.dtype(np.int64)
cdef object _float32 = np.dtype(np.float32)


cdef enum:
    _DENSE = 8  # so many postings of a word, at most, for each that is left
    _SEEK = 32  # so many times fewer documents are looked for among a word's postings one by one
    _POSITIONS = 1 << 16  # of a document that is not long, and documents of a chunk
    _MOST_WORDS = 1 << 16
    _GROUP_BITS = 3  # of documents whose sums are looked at together


cdef struct _Word:
    Py_ssize_t term
    Py_ssize_t place  # in the phrase
    uint32_t* postings  # of the documents that are left in a chunk
    uint32_t* begins  # first elements of their positions, where they are ``dense``
    bint dense  # most of the word's postings are left: they are gone through once
    Py_ssize_t known, begin  # a posting, and the first element of its positions
    Py_ssize_t row  # in the table of rare postings: of the first from ``known`` on, or before it
    Py_ssize_t count  # elements of the positions of ``known``
    Py_ssize_t codes_until, values_until  # so far all that come after ``known`` have been checked


@cython.final
cdef class Bags(Postings):
    """Postings, and what is counted in several of them at once: any of several terms, words side by side."""

    cdef const uint32_t[::1] _starts
    cdef Checked _need_starts
    cdef const uint8_t[::1] _is_long
    cdef bint _any_long
    cdef uint32_t[::1] _seen
    cdef public uint32_t stamp  # the last number that was written to ``_seen``
    cdef float[::1] _sums  # of the documents of a chunk; zero but while terms are added up
    cdef uint8_t[::1] _added

    def __init__(self, segment, base, norms, live, code_weights, field_weights, totals):
        super().__init__(segment, base, norms, live, code_weights, field_weights, totals)
        starts = segment.stored["doc.starts"]
        self._starts, self._need_starts = starts.array, Checked(starts)
        self._any_long = self._long is not None
        self._is_long = self._long.view(np.uint8) if self._any_long else np.empty(0, np.uint8)
        self._seen = _zeros(_POSITIONS + _MOST_WORDS, np.uint32)
        self.stamp = 0
        self._sums = _zeros(_POSITIONS, _float32)
        self._added = _zeros(_POSITIONS >> _GROUP_BITS, np.uint8)

    def any(self, const int64_t[::1] terms, int field):
        """Documents (int64, ascending) with one of ``terms`` (ascending) in a field (4: in any), and the sum
        of their tf~ there (float32).
        """
        cdef Py_ssize_t i, chunk, size = 0, found = 0
        for i in range(terms.shape[0]):
            self._weighable(terms[i], field)
            size += self._bound[terms[i] + 1] - self._bound[terms[i]]
        size = min(size, self._documents)
        docs, weights = _empty(size + 1, _int64), _empty(size + 1, _float32)
        cdef int64_t[::1] d = docs
        cdef float[::1] w = weights
        for chunk in range(self._chunks):
            self._add(terms, chunk, field)
            found += self._added_up(chunk, &d[found], &w[found])
        return docs[:found], weights[:found]

    cdef void _add(self, const int64_t[::1] terms, Py_ssize_t chunk, int field) noexcept nogil:
        """Adds up the counts of terms in a chunk of documents."""
        cdef const uint16_t* held = &self._docs[0]
        cdef const uint8_t* codes = &self._codes[0]
        cdef const float* of_code = &self._code_weights[field, 0]
        cdef float* sums = &self._sums[0]
        cdef uint8_t* added = &self._added[0]
        cdef Py_ssize_t i, at
        for i in range(terms.shape[0]):
            for at in range(self._begin(terms[i], chunk), self._begin(terms[i], chunk + 1)):
                sums[held[at]] += of_code[codes[at]] if codes[at] != RARE else self._rare(at, field)
                added[held[at] >> _GROUP_BITS] = 1

    cdef Py_ssize_t _added_up(self, Py_ssize_t chunk, int64_t* docs, float* weights) noexcept nogil:
        """Writes the documents of a chunk that have a sum, and one more, and puts all sums back to zero."""
        cdef float* sums = &self._sums[0]
        cdef const float* norms = &self._norms[0] + (chunk << 16)
        cdef bint all_live = self._all_live
        cdef int64_t base = self._base
        cdef Py_ssize_t group, low, found = 0, size = min(_POSITIONS, self._documents - (chunk << 16))
        for group in range(_POSITIONS >> _GROUP_BITS):
            if not self._added[group]:
                continue
            self._added[group] = 0
            for low in range(group << _GROUP_BITS, min((group + 1) << _GROUP_BITS, size)):
                if not all_live and not self._live[(chunk << 16) + low]:
                    sums[low] = 0
                docs[found] = (chunk << 16) + low + base
                weights[found] = sums[low] * norms[low]
                found += sums[low] > 0
                sums[low] = 0
        return found

    def phrase(self, list terms not None, int field):
        """Documents (int64, ascending) with ``terms`` side by side, in this order, in a field (4: in any),
        and the tf~ of the phrase there (float32).
        """
        cdef Py_ssize_t count = len(terms), most = 0, chunk, k, found = 0
        cdef _Word* words
        cdef uint32_t* room
        if not 1 < count <= _MOST_WORDS or not 0 <= field <= FIELDS:
            raise ValueError("not a phrase in a field")
        for term in terms:
            self._open(term)
        order = sorted(range(count), key=lambda k: self._bound[terms[k] + 1] - self._bound[terms[k]])
        k = terms[order[0]]
        for chunk in range(self._chunks):
            most = max(most, self._begin(k, chunk + 1) - self._begin(k, chunk))
        docs = _empty(self._bound[k + 1] - self._bound[k], _int64)
        weights = _empty(docs.shape[0], _float32)
        cdef int64_t[::1] d = docs
        cdef float[::1] w = weights
        words = <_Word*>malloc(count * sizeof(_Word))
        # What is left in a chunk, one to spare: documents, places in two arrays, and of each word postings
        # and where their positions begin.
        room = <uint32_t*>malloc((2 * count + 3) * (most + 1) * sizeof(uint32_t))
        try:
            if words == NULL or room == NULL:
                raise MemoryError
            for k in range(count):
                memset(&words[k], 0, sizeof(_Word))
                words[k].term, words[k].place, words[k].known = terms[order[k]], order[k], -1
                words[k].postings = room + (2 * k + 3) * (most + 1)
                words[k].begins = room + (2 * k + 4) * (most + 1)
            for chunk in range(self._chunks):
                if most:
                    found += self._phrase_in(
                        words, count, chunk, field, room, most + 1, &d[0] + found, &w[0] + found
                    )
        finally:
            free(words)
            free(room)
        return docs[:found], weights[:found]

    cdef Py_ssize_t _phrase_in(
        self, _Word* words, Py_ssize_t count, Py_ssize_t chunk, int field, uint32_t* room, Py_ssize_t size,
        int64_t* docs, float* weights,
    ) except -1:
        """``phrase`` in one chunk of documents: how many there are."""
        cdef Py_ssize_t k, i, left, starts_until = 0, found = 0
        cdef int64_t doc
        cdef double weight
        left = self._together(words, count, chunk, room, room + size, room + 2 * size)
        for k in range(count):
            words[k].dense = left and words[k].postings[left - 1] - words[k].postings[0] < _DENSE * left
            if words[k].dense:
                self._find_begins(&words[k], left)
        for i in range(left):
            doc = (chunk << 16) + room[i]
            if not self._all_live and not self._live[doc]:
                continue
            for k in range(count):
                self._slots(&words[k], i)
            if 3 * doc + 3 > starts_until:
                starts_until = self._need_starts.until(3 * doc, 3 * doc + 3)
            if self._any_long and self._is_long[doc]:
                weight = self._in_long(words, count, doc, field)
            else:
                weight = self._in_short(words, count, doc, field)
            if weight > 0:
                docs[found] = doc + self._base
                weights[found] = <float>(weight * self._norms[doc])
                found += 1
        return found

    cdef Py_ssize_t _together(
        self, _Word* words, Py_ssize_t count, Py_ssize_t chunk, uint32_t* docs, uint32_t* of, uint32_t* at
    ) noexcept nogil:
        """How many documents of a chunk hold all the words: writes ``docs`` and the postings of each word."""
        cdef Py_ssize_t k, other, i, first, left, common
        cdef const uint16_t* held = &self._docs[0]
        cdef uint32_t* postings = words[0].postings
        first = self._begin(words[0].term, chunk)
        left = self._begin(words[0].term, chunk + 1) - first
        for i in range(left):
            docs[i] = held[first + i]
            postings[i] = first + i
        for k in range(1, count):
            first = self._begin(words[k].term, chunk)
            common = self._common(docs, left, first, self._begin(words[k].term, chunk + 1), of, at)
            postings = words[k].postings
            for i in range(common):
                docs[i] = docs[of[i]]
                postings[i] = at[i]
            for other in range(k):
                postings = words[other].postings
                for i in range(common):
                    postings[i] = postings[of[i]]
            left = common
        return left

    cdef Py_ssize_t _common(
        self, const uint32_t* docs, Py_ssize_t left, Py_ssize_t first, Py_ssize_t stop,
        uint32_t* of, uint32_t* at,
    ) noexcept nogil:
        """How many of ``docs`` are among the postings first … stop: writes their places in both."""
        cdef Py_ssize_t i, common = 0
        cdef uint32_t stamp, place
        cdef uint32_t* seen = &self._seen[0]
        cdef const uint16_t* held = &self._docs[0]
        if left * _SEEK < stop - first:
            for i in range(left):
                first = seek(held, first, stop, <uint16_t>docs[i])
                if first < stop and held[first] == docs[i]:
                    of[common] = i
                    at[common] = first
                    common += 1
            return common
        stamp = self._stamps(left)
        for i in range(left):
            seen[docs[i]] = stamp + i
        for i in range(first, stop):
            place = seen[held[i]] - stamp
            of[common] = place  # without a branch, which would be guessed wrong again and again
            at[common] = i
            common += place < left
        return common

    cdef inline uint32_t _stamps(self, Py_ssize_t count) noexcept nogil:
        """The first of so many numbers that are not in ``_seen``."""
        if self.stamp > 0xFFFFFFFFu - count:
            memset(&self._seen[0], 0, self._seen.shape[0] * sizeof(uint32_t))
            self.stamp = 0
        self.stamp += count
        return self.stamp - count + 1

    cdef int _find_begins(self, _Word* word, Py_ssize_t left) except -1:
        """``begins`` of the postings that are left of a word, without a branch for each."""
        cdef Py_ssize_t at, i = 0, last = word.postings[left - 1]
        cdef Py_ssize_t first = word.postings[0] >> BLOCK_BITS << BLOCK_BITS
        cdef Py_ssize_t row = self._rare_from(0, first)
        cdef uint32_t begin
        cdef const uint8_t* codes = &self._codes[0]
        self._need_block.need(first >> BLOCK_BITS, (first >> BLOCK_BITS) + 1)
        word.codes_until = self._need_codes.until(first, last + 1)
        begin = self._block[first >> BLOCK_BITS]
        for at in range(first, last + 1):
            word.begins[i] = begin
            i += word.postings[i] == at
            if codes[at] == RARE:
                row = self._rare_from(row, at)
                begin += self._rare_slots[row]
            else:
                begin += self._totals[codes[at]]
        return 0

    cdef inline int _slots(self, _Word* word, Py_ssize_t i) except -1:
        """Finds the positions of one of the ``postings`` of a word, not before the last it was asked for."""
        cdef Py_ssize_t posting = word.postings[i], at = word.known, begin = word.begin, slots
        cdef const uint8_t* codes = &self._codes[0]
        if word.dense:
            at, begin = posting, word.begins[i]
        elif at >> BLOCK_BITS != posting >> BLOCK_BITS:
            at = posting >> BLOCK_BITS << BLOCK_BITS
            self._need_block.need(posting >> BLOCK_BITS, (posting >> BLOCK_BITS) + 1)
            begin = self._block[posting >> BLOCK_BITS]
        if posting >= word.codes_until:
            word.codes_until = self._need_codes.until(at, posting + 1)
        while True:
            if codes[at] == RARE:
                word.row = self._rare_from(word.row, at)
                slots = self._rare_slots[word.row]
            else:
                slots = self._totals[codes[at]]
            if at == posting:
                break
            begin += slots
            at += 1
        word.known, word.begin, word.count = posting, begin, slots
        if begin + slots > word.values_until:
            word.values_until = self._need_values.until(begin, begin + slots)
        return 0

    cdef double _in_short(self, _Word* words, Py_ssize_t count, int64_t doc, int field) noexcept nogil:
        """Sum of the weights of all occurrences in a document: where the phrase would begin, plus ``count``,
        so never below zero, is stamped for each position of a word, and stamped anew where the next word agrees.
        """
        cdef const uint16_t* values = &self._values[0] + words[0].begin
        cdef uint32_t* seen = &self._seen[0] + (count - words[0].place)
        cdef uint32_t stamp = self._stamps(count)
        cdef Py_ssize_t k, i
        cdef double weight = 0
        for i in range(words[0].count):
            seen[values[i]] = stamp
        for k in range(1, count):
            values = &self._values[0] + words[k].begin
            seen = &self._seen[0] + (count - words[k].place)
            for i in range(words[k].count):
                if seen[values[i]] == stamp:
                    seen[values[i]] = stamp + 1
                    if k == count - 1:
                        weight += self._of_field(<int64_t>values[i] - words[k].place, doc, field)
            stamp += 1
        return weight

    cdef double _in_long(self, _Word* words, Py_ssize_t count, int64_t doc, int field) noexcept nogil:
        """The same where a position takes two elements: each of one word is looked for in the others'."""
        cdef Py_ssize_t k, i
        cdef int64_t start
        cdef double weight = 0
        for i in range(words[0].count >> 1):
            start = self._position(&words[0], i) - words[0].place
            k = 1
            while k < count and self._holds(&words[k], start + words[k].place):
                k += 1
            if k == count:
                weight += self._of_field(start, doc, field)
        return weight

    cdef inline int64_t _position(self, _Word* word, Py_ssize_t i) noexcept nogil:
        i = word.begin + 2 * i
        return <int64_t>self._values[i] << 16 | self._values[i + 1]

    cdef bint _holds(self, _Word* word, int64_t position) noexcept nogil:
        cdef Py_ssize_t low = 0, high = word.count >> 1, middle
        while low < high:
            middle = (low + high) >> 1
            if self._position(word, middle) < position:
                low = middle + 1
            else:
                high = middle
        return low < word.count >> 1 and self._position(word, low) == position

    cdef inline double _of_field(self, int64_t start, int64_t doc, int field) noexcept nogil:
        """What an occurrence weighs; 0 where it would begin before its document, or in another field."""
        cdef const uint32_t* starts = &self._starts[3 * doc]
        cdef int its = (start >= starts[0]) + (start >= starts[1]) + (start >= starts[2])
        return self._field_weights[its] if start >= 0 and (field == FIELDS or field == its) else 0
