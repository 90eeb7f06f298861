# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What NumPy takes several passes and as many arrays for, in one: reading, weighing and finding postings,
adding up terms, finding words side by side, counting facets, choosing the best; and what Python takes many steps
for: looking strings up, reading cards and pages, cutting snippets.

Each has its twin in NumPy or Python beside its caller; the answers are the same, to the rounding of a float32.
Arrays are got once, when a segment is opened. Not for what a query means.
"""

from types import MemberDescriptorType

cimport cython
import numpy as np
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject, PyTypeObject, descrsetfunc
from cpython.unicode cimport (
    PyUnicode_DATA, PyUnicode_DecodeUTF8, PyUnicode_GET_LENGTH, PyUnicode_KIND, PyUnicode_READ,
)
from cpython.buffer cimport PyBUF_READ
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, qsort
from libc.string cimport memchr, memcmp, memset
from posix.unistd cimport pread


cdef object _empty = np.empty
cdef object _zeros = np.zeros
cdef object _int64 = np.dtype(np.int64)
cdef object _float32 = np.dtype(np.float32)

cdef enum:
    _RARE = 255
    _FIELDS = 4
    _BLOCK_BITS = 5
    _PIECE = 16



cdef class Blocks:
    """The blocks of a mapped file, each looked after before it is read. ``good``: 1 for those that have been
    (bytearray, B); ``sums``: the CRC-32 of each, uint32 (B); ``size``: bytes of all.
    """

    cdef const uint8_t[::1] _bytes
    cdef uint8_t[::1] _good
    cdef const uint32_t[::1] _sums
    cdef Py_ssize_t _size
    cdef int _bits
    cdef object _crc32

    def __init__(self, mapped, good, sums, Py_ssize_t size, int bits, crc32):
        self._bytes, self._good, self._sums = mapped, good, sums
        self._size, self._bits, self._crc32 = size, bits, crc32

    cpdef Py_ssize_t damaged(self, Py_ssize_t first, Py_ssize_t stop) except -2:
        """The first of the blocks first … stop that is not what was written; -1 where there is none."""
        cdef Py_ssize_t block, start
        for block in range(max(first, 0), min(stop, self._good.shape[0])):
            if not self._good[block]:
                start = block << self._bits
                data = PyMemoryView_FromMemory(
                    <char*>&self._bytes[start], min(1 << self._bits, self._size - start), PyBUF_READ
                )
                if <uint32_t>self._crc32(data) != self._sums[block]:
                    return block
                self._good[block] = 1
        return -1


@cython.final
cdef class _Checked:
    """A ``Stored`` of which ``need`` is called before elements are read."""

    cdef Blocks _blocks
    cdef Py_ssize_t _start, _size
    cdef object _check

    def __init__(self, stored):
        self._blocks = stored.blocks
        self._start = stored.start
        self._size = stored.dtype.itemsize
        self._check = stored.check

    cdef int need(self, Py_ssize_t start, Py_ssize_t stop) except -1:
        cdef int bits = self._blocks._bits
        if stop > start and self._blocks.damaged(
            (self._start + start * self._size) >> bits, ((self._start + stop * self._size - 1) >> bits) + 1
        ) >= 0:
            self._check(start, stop)  # which tells
        return 0

    cdef Py_ssize_t until(self, Py_ssize_t start, Py_ssize_t stop) except -1:
        """``need``, and one past the last element of the last block below: so far nothing is needed again."""
        cdef int bits = self._blocks._bits
        self.need(start, stop)
        return ((((self._start + stop * self._size - 1) >> bits) + 1 << bits) - self._start) // self._size


cdef inline Py_ssize_t _first_rare(const int64_t[::1] numbers, int64_t number) noexcept nogil:
    """Place of the first of ``numbers`` that is not below ``number``."""
    cdef Py_ssize_t low = 0, high = numbers.shape[0], middle
    while low < high:
        middle = (low + high) >> 1
        if numbers[middle] < number:
            low = middle + 1
        else:
            high = middle
    return low


cdef inline Py_ssize_t _from(
    const uint16_t* held, Py_ssize_t at, Py_ssize_t stop, uint16_t wanted
) noexcept nogil:
    """Place of the first of ``held[at … stop]`` that is not below ``wanted``: near ``at`` in few steps."""
    cdef Py_ssize_t step = 1, high, middle
    while at + step <= stop and held[at + step - 1] < wanted:
        at += step
        step <<= 1
    high = min(at + step - 1, stop)
    while at < high:
        middle = (at + high) >> 1
        if held[middle] < wanted:
            at = middle + 1
        else:
            high = middle
    return at


cdef class Postings:
    """The postings of one segment; documents are numbered as in the index, from ``base`` on."""

    cdef const uint16_t[::1] _docs, _values
    cdef const uint8_t[::1] _codes, _live
    cdef const uint32_t[::1] _bound, _split, _block, _rare_slots, _totals
    cdef const int64_t[::1] _rare_at
    cdef const uint32_t[:, ::1] _rare_counts
    cdef const float[::1] _norms, _field_weights
    cdef const float[:, ::1] _code_weights
    cdef _Checked _need_docs, _need_codes, _need_values, _need_block, _need_split
    cdef Py_ssize_t _documents, _chunks, _terms
    cdef int64_t _base
    cdef bint _all_live
    cdef object _long

    def __init__(self, segment, base, norms, live, code_weights, field_weights, totals):
        """``norms`` float32 and ``live`` (bool, or None where nothing is deleted) of the segment's documents;
        ``code_weights`` float32 (5, 256), ``field_weights`` float32 (4); ``totals``: occurrences that a code
        stands for, uint32 (256).
        """
        held, positions = segment.stored, segment.positions
        docs, codes, values, block, split = (held[k] for k in ("docs", "counts", "positions", "block", "terms.split"))
        self._docs, self._codes, self._values = docs.array, codes.array, values.array
        self._block, self._split = block.array, split.array
        self._bound = held["terms.posting"].all()
        self._need_docs, self._need_codes = _Checked(docs), _Checked(codes)
        self._need_values, self._need_block = _Checked(values), _Checked(block)
        self._need_split = _Checked(split)
        self._totals = totals
        self._rare_at = positions.rare_at
        self._rare_counts = positions.rare_counts
        self._rare_slots = positions.rare_slots
        self._norms = norms
        self._all_live = live is None
        self._live = np.empty(0, np.uint8) if live is None else live.view(np.uint8)
        self._code_weights, self._field_weights = code_weights, field_weights
        self._documents = segment.documents
        self._terms = self._bound.shape[0] - 1
        self._chunks = max(1, (self._documents + 65535) >> 16)
        self._base = base
        self._long = positions.long

    cdef int _open(self, Py_ssize_t term) except -1:
        """Checks what is read to find the postings of a term."""
        cdef Py_ssize_t chunk
        if not 0 <= term < self._terms:
            raise IndexError(term)
        for chunk in range(self._chunks - 1):
            self._need_split.need(chunk * self._terms + term, chunk * self._terms + term + 1)
        self._need_docs.need(self._bound[term], self._bound[term + 1])
        return 0

    cdef inline Py_ssize_t _begin(self, Py_ssize_t term, Py_ssize_t chunk) noexcept nogil:
        """First posting of a term in a chunk of 65,536 documents."""
        if chunk == 0:
            return self._bound[term]
        if chunk == self._chunks:
            return self._bound[term + 1]
        return self._bound[term] + self._split[(chunk - 1) * self._terms + term]

    cdef float _rare(self, Py_ssize_t posting, int field) noexcept nogil:
        """What the counts of a posting that no code describes come to in a field (4: in all)."""
        cdef Py_ssize_t row = _first_rare(self._rare_at, posting)
        cdef double total = 0
        cdef int f
        if field < _FIELDS:
            return <float>(self._rare_counts[row, field] * self._field_weights[field])
        for f in range(_FIELDS):
            total += <double>self._rare_counts[row, f] * self._field_weights[f]
        return <float>total

    def weigh(self, Py_ssize_t term, int field):
        """Documents (int64, ascending) with a term in a field (4: in any), and its tf~ there (float32)."""
        cdef Py_ssize_t chunk, at, found = 0, size = self._bound[term + 1] - self._bound[term]
        cdef const uint16_t* held = &self._docs[0]
        cdef const uint8_t* codes = &self._codes[0]
        cdef const float* norms = &self._norms[0]
        cdef const float* of_code = &self._code_weights[field, 0]
        cdef int64_t doc
        cdef float weight
        self._open(term)
        self._need_codes.need(self._bound[term], self._bound[term + 1])
        docs, weights = _empty(size, _int64), _empty(size, _float32)
        cdef int64_t[::1] d = docs
        cdef float[::1] w = weights
        for chunk in range(self._chunks):
            for at in range(self._begin(term, chunk), self._begin(term, chunk + 1)):
                doc = (chunk << 16) + held[at]
                weight = of_code[codes[at]] if codes[at] != _RARE else self._rare(at, field)
                weight *= norms[doc]
                if weight > 0 and (self._all_live or self._live[doc]):
                    d[found] = doc + self._base
                    w[found] = weight
                    found += 1
        return (docs, weights) if found == size else (docs[:found], weights[:found])

    def find(self, Py_ssize_t term, const int64_t[::1] docs, int field):
        """Places in ``docs`` (any order, best ascending) where a term stands in a field (4: in any), int64,
        and its tf~ there (float32).
        """
        cdef Py_ssize_t place, chunk = -1, first = 0, at = 0, stop = 0, found = 0
        cdef const uint16_t* held = &self._docs[0]
        cdef const uint8_t* codes = &self._codes[0]
        cdef const float* norms = &self._norms[0]
        cdef const float* of_code = &self._code_weights[field, 0]
        cdef int64_t doc, last = -1
        cdef float weight
        self._open(term)
        self._need_codes.need(self._bound[term], self._bound[term + 1])
        places, weights = _empty(docs.shape[0], _int64), _empty(docs.shape[0], _float32)
        cdef int64_t[::1] p = places
        cdef float[::1] w = weights
        for place in range(docs.shape[0]):
            doc = docs[place] - self._base
            if not 0 <= doc < self._documents:
                continue
            if doc >> 16 != chunk:
                chunk = doc >> 16
                first = at = self._begin(term, chunk)
                stop = self._begin(term, chunk + 1)
            elif doc < last:
                at = first
            last = doc
            at = _from(held, at, stop, doc & 0xFFFF)
            if at < stop and held[at] == (doc & 0xFFFF):
                weight = of_code[codes[at]] if codes[at] != _RARE else self._rare(at, field)
                weight *= norms[doc]
                if weight > 0:
                    p[found] = place
                    w[found] = weight
                    found += 1
        return places[:found], weights[:found]

    def narrow(self, Py_ssize_t term, const int64_t[::1] docs, const float[::1] scores, int field,
               float worth, float k1):
        """Those of ``docs`` (int64) where a term stands, and their ``scores`` (float32) with its own added."""
        cdef Py_ssize_t place
        places, weights = self.find(term, docs, field)
        left, sums = _empty(places.shape[0], _int64), _empty(places.shape[0], _float32)
        cdef const int64_t[::1] p = places
        cdef const float[::1] w = weights
        cdef int64_t[::1] d = left
        cdef float[::1] s = sums
        for place in range(p.shape[0]):
            d[place] = docs[p[place]]
            s[place] = scores[p[place]] + w[place] / (w[place] + k1) * worth
        return left, sums

    def marks(self, Py_ssize_t term, docs):
        """Positions of a term in each of some documents of the segment (numbered from 0 here), each a list."""
        cdef Py_ssize_t at, stop
        cdef int64_t doc
        self._open(term)
        found = []
        for doc in docs:
            stop = self._begin(term, (doc >> 16) + 1)
            at = _from(&self._docs[0], self._begin(term, doc >> 16), stop, doc & 0xFFFF)
            here = at < stop and self._docs[at] == (doc & 0xFFFF)
            found.append(self._positions(at, self._long is not None and self._long[doc]) if here else [])
        return found

    cdef list _positions(self, Py_ssize_t posting, bint long_):
        cdef Py_ssize_t begin, at, row = -1, count = 0, first = posting >> _BLOCK_BITS << _BLOCK_BITS
        self._need_codes.need(first, posting + 1)
        self._need_block.need(posting >> _BLOCK_BITS, (posting >> _BLOCK_BITS) + 1)
        begin = self._block[posting >> _BLOCK_BITS]
        for at in range(first, posting + 1):
            if self._codes[at] == _RARE:
                if row < 0:
                    row = _first_rare(self._rare_at, at)
                count = self._rare_slots[row]
                row += 1
            else:
                count = self._totals[self._codes[at]]
            begin += count
        begin -= count
        self._need_values.need(begin, begin + count)
        if long_:
            return [
                <int64_t>self._values[at] << 16 | self._values[at + 1]
                for at in range(begin, begin + count - 1, 2)
            ]
        return [self._values[at] for at in range(begin, begin + count)]


# --- several terms as one, and words side by side

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
    cdef _Checked _need_starts
    cdef const uint8_t[::1] _is_long
    cdef bint _any_long
    cdef uint32_t[::1] _seen
    cdef public uint32_t stamp  # the last number that was written to ``_seen``
    cdef float[::1] _sums  # of the documents of a chunk; zero but while terms are added up
    cdef uint8_t[::1] _added

    def __init__(self, segment, base, norms, live, code_weights, field_weights, totals):
        super().__init__(segment, base, norms, live, code_weights, field_weights, totals)
        starts = segment.stored["doc.starts"]
        self._starts, self._need_starts = starts.array, _Checked(starts)
        self._any_long = self._long is not None
        self._is_long = self._long.view(np.uint8) if self._any_long else np.empty(0, np.uint8)
        self._seen = _zeros(_POSITIONS + _MOST_WORDS, np.uint32)
        self.stamp = 0
        self._sums = _zeros(_POSITIONS, _float32)
        self._added = _zeros(_POSITIONS >> _GROUP_BITS, np.uint8)

    def any(self, const int64_t[::1] terms, int field):
        """Documents (int64, ascending) with one of ``terms`` (ascending) in a field (4: in any), and the sum of
        their tf~ there (float32).
        """
        cdef Py_ssize_t i, chunk, size = 0, found = 0
        if not 0 <= field <= _FIELDS:
            raise ValueError(field)
        for i in range(terms.shape[0]):
            self._open(terms[i])
            self._need_codes.need(self._bound[terms[i]], self._bound[terms[i] + 1])
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
                sums[held[at]] += of_code[codes[at]] if codes[at] != _RARE else self._rare(at, field)
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

    def phrase(self, list terms, int field):
        """Documents (int64, ascending) with ``terms`` side by side, in this order, in a field (4: in any), and
        the tf~ of the phrase there (float32).
        """
        cdef Py_ssize_t count = len(terms), most = 0, chunk, k, found = 0
        cdef _Word* words
        cdef uint32_t* room
        if not 1 < count <= _MOST_WORDS or not 0 <= field <= _FIELDS:
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
        # What is left in a chunk, one to spare: documents, places, and of each word postings and where they begin.
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
                    found += self._phrase_in(words, count, chunk, field, room, most + 1, &d[0] + found, &w[0] + found)
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
        self, const uint32_t* docs, Py_ssize_t left, Py_ssize_t first, Py_ssize_t stop, uint32_t* of, uint32_t* at
    ) noexcept nogil:
        """How many of ``docs`` are among the postings first … stop: writes their places in both."""
        cdef Py_ssize_t i, common = 0
        cdef uint32_t stamp, place
        cdef uint32_t* seen = &self._seen[0]
        cdef const uint16_t* held = &self._docs[0]
        if left * _SEEK < stop - first:
            for i in range(left):
                first = _from(held, first, stop, docs[i])
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
        cdef Py_ssize_t first = word.postings[0] >> _BLOCK_BITS << _BLOCK_BITS
        cdef Py_ssize_t row = _first_rare(self._rare_at, first)
        cdef uint32_t begin
        cdef const uint8_t* codes = &self._codes[0]
        self._need_block.need(first >> _BLOCK_BITS, (first >> _BLOCK_BITS) + 1)
        word.codes_until = self._need_codes.until(first, last + 1)
        begin = self._block[first >> _BLOCK_BITS]
        for at in range(first, last + 1):
            word.begins[i] = begin
            i += word.postings[i] == at
            if codes[at] == _RARE:
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
        elif at >> _BLOCK_BITS != posting >> _BLOCK_BITS:
            at = posting >> _BLOCK_BITS << _BLOCK_BITS
            self._need_block.need(posting >> _BLOCK_BITS, (posting >> _BLOCK_BITS) + 1)
            begin = self._block[posting >> _BLOCK_BITS]
        if posting >= word.codes_until:
            word.codes_until = self._need_codes.until(at, posting + 1)
        while True:
            if codes[at] == _RARE:
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

    cdef Py_ssize_t _rare_from(self, Py_ssize_t row, int64_t posting) noexcept nogil:
        """Row of the first rare posting from ``posting`` on, which is not before ``row``."""
        cdef Py_ssize_t step = 1, stop = row, rows = self._rare_at.shape[0]
        while stop < rows and self._rare_at[stop] < posting:
            row = stop + 1
            stop += step
            step <<= 1
        return row + _first_rare(self._rare_at[row:min(stop, rows)], posting)

    cdef double _in_short(self, _Word* words, Py_ssize_t count, int64_t doc, int field) noexcept nogil:
        """Sum of the weights of all occurrences in a document: where the phrase would begin, plus ``count``, so
        never below zero, is stamped for each position of a word, and stamped anew where the next word agrees.
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
        """The same where each position takes two elements: each of one word is looked for among the others'."""
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
        return self._field_weights[its] if start >= 0 and (field == _FIELDS or field == its) else 0


cdef class Lines:
    """Sorted strings of a file (``strings.Strings``), looked up where they lie by halving."""

    cdef const uint8_t[::1] _text
    cdef const uint32_t[::1] _start
    cdef _Checked _need
    cdef Py_ssize_t _count

    def __init__(self, text, start):
        """``text``: ``Stored`` uint8, ``start``: uint32, one more than there are strings."""
        self._text, self._start, self._need = text.array, start, _Checked(text)
        self._count = self._start.shape[0] - 1

    cdef int _compare(self, Py_ssize_t index, const uint8_t* key, Py_ssize_t size) except? -2:
        """Below zero where a string comes before ``key``, zero where it is the same."""
        cdef Py_ssize_t at = self._start[index], end = self._start[index + 1]
        cdef int order
        self._need.need(at, end)
        end -= 1  # the newline
        order = memcmp(&self._text[at], key, min(end - at, size))
        if order == 0:
            return (end - at > size) - (end - at < size)
        return 1 if order > 0 else -1

    def floor(self, bytes key):
        """Index of the first string that is not less than ``key``."""
        cdef const uint8_t* wanted = <const uint8_t*>PyBytes_AS_STRING(key)
        cdef Py_ssize_t low = 0, high = self._count, middle, size = PyBytes_GET_SIZE(key)
        while low < high:
            middle = (low + high) >> 1
            if self._compare(middle, wanted, size) < 0:
                low = middle + 1
            else:
                high = middle
        return low

    def find(self, bytes key):
        """Index of ``key``, -1 when it is not there."""
        cdef const uint8_t* wanted = <const uint8_t*>PyBytes_AS_STRING(key)
        cdef Py_ssize_t index = self.floor(key)
        return index if index < self._count and not self._compare(index, wanted, PyBytes_GET_SIZE(key)) else -1

    def first(self, bytes key):
        """Index of the first string that begins with ``key``, -1 when none does."""
        cdef Py_ssize_t index = self.floor(key), size = PyBytes_GET_SIZE(key)
        if index == self._count or <Py_ssize_t>self._start[index + 1] - 1 - self._start[index] < size:
            return -1
        self._need.need(self._start[index], self._start[index + 1])
        return index if not memcmp(&self._text[self._start[index]], PyBytes_AS_STRING(key), size) else -1


def score(const float[::1] weights, float worth, float k1):
    """worth · tf~ / (k1 + tf~), float32: ``scoring.saturate``, times ``worth``."""
    scores = _empty(weights.shape[0], _float32)
    cdef float[::1] s = scores
    cdef Py_ssize_t i
    for i in range(weights.shape[0]):
        s[i] = weights[i] / (weights[i] + k1) * worth
    return scores


ctypedef fused _Number:
    uint8_t
    uint16_t
    uint32_t


cdef void _tally(const _Number* first, const int64_t[::1] docs, int64_t[::1] counts) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(docs.shape[0]):
        counts[first[docs[i]]] += 1


cdef void _flag(
    const _Number* first, const int64_t[::1] docs, const uint8_t[::1] flags, uint8_t[::1] have
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(docs.shape[0]):
        have[i] = flags[first[docs[i]]]


cdef class Facet:
    """A column: ``first`` (uint8, uint16 or uint32, N), ``more_doc`` ascending and ``more_code`` (int64)."""

    cdef const uint8_t[::1] _first
    cdef const int64_t[::1] _more_doc, _more_code
    cdef Py_ssize_t _width, _values

    def __init__(self, first, more_doc, more_code, values):
        self._first = first.view(np.uint8)
        self._width = first.dtype.itemsize
        self._more_doc, self._more_code = more_doc, more_code
        self._values = values

    cdef inline Py_ssize_t _more(self, int64_t doc, Py_ssize_t at) noexcept nogil:
        """First of the further values of a document, from ``at`` on, or where it would be."""
        cdef Py_ssize_t step = 1, stop = self._more_doc.shape[0], high, middle
        while at + step <= stop and self._more_doc[at + step - 1] < doc:
            at += step
            step <<= 1
        high = min(at + step - 1, stop)
        while at < high:
            middle = (at + high) >> 1
            if self._more_doc[middle] < doc:
                at = middle + 1
            else:
                high = middle
        return at

    def count(self, const int64_t[::1] docs):
        """How many of ``docs`` have each value, int64 (V)."""
        counts = _zeros(self._values, _int64)
        cdef int64_t[::1] c = counts
        cdef Py_ssize_t i, at = 0, more = self._more_doc.shape[0]
        cdef int64_t last = -1
        if self._width == 1:
            _tally(<const uint8_t*>&self._first[0], docs, c)
        elif self._width == 2:
            _tally(<const uint16_t*>&self._first[0], docs, c)
        else:
            _tally(<const uint32_t*>&self._first[0], docs, c)
        if more:
            for i in range(docs.shape[0]):
                at = self._more(docs[i], at if docs[i] > last else 0)
                last = docs[i]
                while at < more and self._more_doc[at] == last:
                    c[self._more_code[at]] += 1
                    at += 1
        return counts

    def among(self, const uint8_t[::1] flags, const int64_t[::1] docs):
        """Which of ``docs`` have a value whose flag is set: uint8."""
        have = _empty(docs.shape[0], np.uint8)
        cdef uint8_t[::1] h = have
        cdef Py_ssize_t i, at = 0, more = self._more_doc.shape[0]
        cdef int64_t last = -1
        if self._width == 1:
            _flag(<const uint8_t*>&self._first[0], docs, flags, h)
        elif self._width == 2:
            _flag(<const uint16_t*>&self._first[0], docs, flags, h)
        else:
            _flag(<const uint32_t*>&self._first[0], docs, flags, h)
        if more:
            for i in range(docs.shape[0]):
                at = self._more(docs[i], at if docs[i] > last else 0)
                last = docs[i]
                while at < more and self._more_doc[at] == last:
                    h[i] |= flags[self._more_code[at]]
                    at += 1
        return have


def several(const int64_t[::1] first, const int64_t[::1] docs):
    """Places in ``docs`` of those with more than one page, in the order of the documents: int64; ``first``:
    row of each document's first page (N + 1).
    """
    cdef Py_ssize_t place
    found = []
    for place in range(docs.shape[0]):
        if first[docs[place] + 1] - first[docs[place]] > 1:
            found.append((docs[place], place))
    found.sort()
    return np.array([place for _, place in found], _int64)


def by_value(list values, const int64_t[::1] counts):
    """``counts`` (V) by value, those that are not zero."""
    cdef Py_ssize_t i
    found = {}
    for i in range(min(counts.shape[0], len(values))):
        if counts[i]:
            found[values[i]] = counts[i]
    return found


cdef struct _Hit:
    float score
    int32_t rank
    int64_t place


cdef inline bint _worse(const _Hit* one, const _Hit* other) noexcept nogil:
    return one.score < other.score or (one.score == other.score and one.rank > other.rank)


cdef void _put(_Hit* heap, Py_ssize_t size, Py_ssize_t at, _Hit hit) noexcept nogil:
    """Puts ``hit`` at ``at`` or below, in a heap with the worst at its top."""
    cdef Py_ssize_t child = 2 * at + 1
    while child < size:
        if child + 1 < size and _worse(&heap[child + 1], &heap[child]):
            child += 1
        if not _worse(&heap[child], &hit):
            break
        heap[at] = heap[child]
        at, child = child, 2 * child + 1
    heap[at] = hit


def top(const float[::1] scores, const int64_t[::1] docs, const int32_t[::1] rank, Py_ssize_t k):
    """Places of the k highest scores, best first; equal scores by lowest ``rank`` of their documents: int64."""
    cdef Py_ssize_t size = max(0, min(k, scores.shape[0])), i, left
    cdef _Hit hit
    places = _empty(size, _int64)
    if not size:
        return places
    cdef int64_t[::1] p = places
    cdef _Hit* heap = <_Hit*>malloc(size * sizeof(_Hit))
    if heap == NULL:
        raise MemoryError
    for i in range(size):
        heap[i] = _Hit(scores[i], rank[docs[i]], i)
    for i in range(size // 2 - 1, -1, -1):
        _put(heap, size, i, heap[i])
    for i in range(size, scores.shape[0]):
        if scores[i] >= heap[0].score:
            hit = _Hit(scores[i], rank[docs[i]], i)
            if _worse(heap, &hit):
                _put(heap, size, 0, hit)
    for left in range(size - 1, -1, -1):
        p[left] = heap[0].place
        _put(heap, left, 0, heap[left])
    free(heap)
    return places


# --- cards and pages

cdef tuple _NOTHING = ()
cdef object _UNKNOWN = object()


cdef class _Slots:
    """Makes objects of a class whose attributes are slots, past what guards them against changes: for one that
    nobody else has yet.
    """

    cdef type made
    cdef tuple slots
    cdef descrsetfunc set

    def __init__(self, type made, names):
        cdef type slot = MemberDescriptorType
        self.made = made
        self.slots = tuple([vars(made)[name] for name in names])
        if any(type(one) is not slot for one in self.slots):
            raise TypeError(f"{made} has attributes that are no slots")
        self.set = (<PyTypeObject*>slot).tp_descr_set

    cdef object new(self):
        return (<PyTypeObject*>self.made).tp_new(self.made, <PyObject*>_NOTHING, NULL)


cdef class Cards:
    """Reads cards: JSON arrays of texts, numbers, nulls and arrays of those.

    ``made``: the class of documents; ``names``: its attributes by their place on a card; ``others``: those that
    have none, and become ().
    """

    cdef _Slots slots
    cdef Py_ssize_t count

    def __init__(self, type made, names, others):
        self.slots = _Slots(made, [*names, *others])
        self.count = len(names)

    cpdef unpack(self, bytes card):
        """The document of a card in UTF-8; None when it is to be read with more care: where a text has a
        backslash, a number a sign or more than 18 digits, or where there is no card. Raises UnicodeDecodeError.
        """
        if card is None:
            return None
        cdef const char* at = PyBytes_AS_STRING(card)
        cdef const char* end = at + PyBytes_GET_SIZE(card)  # a NUL stands there, with which nothing begins
        cdef _Slots slots = self.slots
        cdef Py_ssize_t k
        cdef char after
        cdef object value
        if at[0] != c'[' or memchr(at, c'\\', end - at) != NULL:
            return None
        cdef object document = slots.new()
        for k in range(self.count):
            at += 1  # past the bracket, or the comma
            value = _array(&at, end) if at[0] == c'[' else _value(&at, end)
            after = c',' if k < self.count - 1 else c']'
            if value is _UNKNOWN or at[0] != after:
                return None
            slots.set(slots.slots[k], document, value)
        for k in range(self.count, len(slots.slots)):
            slots.set(slots.slots[k], document, _NOTHING)
        return document


cdef object _value(const char** place, const char* end):
    """A text, a number or null, moving on past it; _UNKNOWN when it is none of them."""
    cdef const char* at = place[0]
    cdef const char* stop
    cdef int64_t number = 0
    if at[0] == c'"':
        at += 1
        stop = <const char*>memchr(at, c'"', end - at)
        if stop == NULL:
            return _UNKNOWN
        place[0] = stop + 1
        return PyUnicode_DecodeUTF8(at, stop - at, NULL)
    if end - at >= 4 and memcmp(at, b"null", 4) == 0:
        place[0] = at + 4
        return None
    stop = at
    while c'0' <= stop[0] <= c'9' and stop - at < 19:
        number = number * 10 + (stop[0] - c'0')
        stop += 1
    if stop == at or stop - at == 19:
        return _UNKNOWN
    place[0] = stop
    return number


cdef object _array(const char** place, const char* end):
    """An array of texts, numbers and nulls as a tuple, moving on past it; _UNKNOWN when it is none."""
    cdef const char* at = place[0]  # at its bracket
    cdef list values = []
    if at[1] == c']':
        place[0] = at + 2
        return _NOTHING
    while not values or at[0] == c',':
        at += 1
        value = _value(&at, end)
        if value is _UNKNOWN:
            return _UNKNOWN
        values.append(value)
    if at[0] != c']':
        return _UNKNOWN
    place[0] = at + 1
    return tuple(values)


cdef class Frames:
    """Reads compressed frames. ``bounds``: where each begins after the byte ``offset`` of a file, and where the
    last ends (uint32 or uint64, F + 1); ``page_first``: the first page of each document (uint32, N + 1); ``make``:
    makes what decompresses, for one thread at a time.
    """

    cdef const uint32_t[::1] _page_first, _narrow
    cdef const uint64_t[::1] _wide
    cdef Py_ssize_t _frames, _documents
    cdef int64_t _offset
    cdef int _descriptor
    cdef object _file, _make
    cdef list _free  # that no thread is using

    def __init__(self, page_first, bounds, file, int64_t offset, make):
        self._page_first, self._documents = page_first, len(page_first) - 1
        if bounds.itemsize == 4:
            self._narrow = bounds
        else:
            self._wide = bounds
        self._frames = len(bounds) - 1
        self._file, self._descriptor, self._offset = file, file.fileno(), offset
        self._make, self._free = make, []

    def card(self, Py_ssize_t doc, Cards cards not None):
        """What ``cards`` makes of the card of a document; None also where that cannot be read."""
        if not 0 <= doc < self._documents:
            raise IndexError(doc)
        return cards.unpack(self.read(<Py_ssize_t>self._page_first[doc + 1] + 2 * doc))

    cpdef bytes read(self, Py_ssize_t frame):
        """What a frame holds, as bytes; None where it is damaged or cannot be read."""
        cdef int64_t begin, end, got
        cdef char* into
        cdef bytes packed
        if not 0 <= frame < self._frames:
            raise IndexError(frame)
        if self._narrow is not None:
            begin, end = self._narrow[frame], self._narrow[frame + 1]
        else:
            begin, end = self._wide[frame], self._wide[frame + 1]
        if end <= begin:
            return b""
        packed = PyBytes_FromStringAndSize(NULL, end - begin)
        into = PyBytes_AS_STRING(packed)
        with nogil:
            got = pread(self._descriptor, into, end - begin, self._offset + begin)
        if got != end - begin:
            return None
        try:
            decompress = self._free.pop() if self._free else self._make().decompress
            text = decompress(packed)
        except Exception:
            return None
        self._free.append(decompress)
        return text


cdef class Pages:
    """Reads pages. ``made``: their class; ``names``: its attributes for number, text, heading, label, anchor."""

    cdef _Slots slots

    def __init__(self, type made, names):
        self.slots = _Slots(made, names)

    def unpack(self, int64_t number, bytes packed not None):
        """A page of UTF-8: heading, label and anchor, each after a space or missing, divided by U+001F and ended
        by U+001E; then the text. Raises UnicodeDecodeError.
        """
        cdef const char* at = PyBytes_AS_STRING(packed)
        cdef const char* end = at + PyBytes_GET_SIZE(packed)
        cdef const char* text = <const char*>memchr(at, 0x1E, end - at)
        cdef const char* stop
        cdef _Slots slots = self.slots
        cdef Py_ssize_t k
        if text == NULL:
            raise ValueError("a page without U+001E")
        cdef object page = slots.new()
        slots.set(slots.slots[0], page, number)
        slots.set(slots.slots[1], page, PyUnicode_DecodeUTF8(text + 1, end - text - 1, NULL))
        for k in range(2, 5):
            stop = <const char*>memchr(at, 0x1F, text - at) if at < text else NULL
            if stop == NULL:
                stop = text
            # at most: the next begins past what divides them
            slots.set(slots.slots[k], page, PyUnicode_DecodeUTF8(at + 1, stop - at - 1, NULL) if at < stop else None)
            at = stop + 1
        return page


# --- snippets

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
    cdef _Checked _need_first, _need_char
    cdef Py_ssize_t _documents, _pieces
    cdef int _width

    def __init__(self, page_first, page_start, page_number, doc_starts, piece_first, piece_char):
        """All uint32, of ``piece_char`` any unsigned, and as in the file ``.tab``; the last two ``Stored``."""
        self._page_first, self._page_start, self._page_number = page_first, page_start, page_number
        self._doc_starts = doc_starts
        self._piece_first, self._need_first = piece_first.array, _Checked(piece_first)
        self._piece_char, self._need_char = piece_char.array.view(np.uint8), _Checked(piece_char)
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
        for k in range(len(marks)):
            room += len(<list>marks[k])
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
        self, Py_ssize_t doc, Py_ssize_t row, list marks not None, list idf not None, int64_t reach, Py_ssize_t most
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
    for k in range(len(marks)):
        room += min(len(<list>marks[k]), most)
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
    """The first word (``language.TOKEN``) from ``end`` on: from ``start`` to ``end``. False when there is none."""
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
    """Where a window begins whose first match begins at ``start``: after the first line that ends from ``lead``
    on, else after the first space there, else at the match.
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

    cdef _Slots slots

    def __init__(self, type made, names):
        self.slots = _Slots(made, names)

    def cut(self, str text not None, Py_ssize_t char, Py_ssize_t token, list numbers not None, Py_ssize_t width):
        """``places.cut``."""
        cdef _Text read
        cdef Py_ssize_t begin = 0, done = 0, stop = width, start = 0, end = max(char, 0), k, over
        cdef int64_t number
        cdef list spans = []
        read.kind, read.data, read.size = PyUnicode_KIND(text), PyUnicode_DATA(text), PyUnicode_GET_LENGTH(text)
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
