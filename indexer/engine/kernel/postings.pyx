# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""In which documents does a term stand, what does it weigh there, and at which positions?

Documents are looked for where they lie, and arrays are got once, when a segment is opened. The twins are
``postings``, ``positions`` and ``bags``. Not for several terms at once (``phrases``).
"""

import numpy as np

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from indexer.engine.kernel.blocks cimport Checked
from indexer.engine.kernel.seek cimport seek

cdef object _empty = np.empty
cdef object _int64 = np.dtype(np.int64)
cdef object _float32 = np.dtype(np.float32)


cdef class Postings:
    """The postings of one segment; documents are numbered as in the index, from ``base`` on."""

    def __init__(self, segment, base, norms, live, code_weights, field_weights, totals):
        """``norms`` float32 and ``live`` (bool, or None where nothing is deleted) of the segment's documents;
        ``code_weights`` float32 (5, 256), ``field_weights`` float32 (4); ``totals``: occurrences that a code
        stands for, uint32 (256).
        """
        held, positions = segment.stored, segment.positions
        docs, codes, values = held["docs"], held["counts"], held["positions"]
        block, split = held["block"], held["terms.split"]
        self._docs, self._codes, self._values = docs.array, codes.array, values.array
        self._block, self._split = block.array, split.array
        self._bound = held["terms.posting"].all()
        self._need_docs, self._need_codes = Checked(docs), Checked(codes)
        self._need_values, self._need_block = Checked(values), Checked(block)
        self._need_split = Checked(split)
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
        if (
            len(norms) != self._documents
            or (live is not None and len(live) != self._documents)
            or code_weights.shape != (FIELDS + 1, 256)
            or field_weights.shape != (FIELDS,)
            or totals.shape != (256,)
        ):
            raise ValueError("these are no weights of this segment")

    cdef int _open(self, Py_ssize_t term) except -1:
        """Looks after what is read to find the postings of a term. Raises IndexError, IndexDamaged."""
        cdef Py_ssize_t chunk
        if not 0 <= term < self._terms:
            raise IndexError(term)
        for chunk in range(self._chunks - 1):
            self._need_split.need(chunk * self._terms + term, chunk * self._terms + term + 1)
        self._need_docs.need(self._bound[term], self._bound[term + 1])
        return 0

    cdef int _weighable(self, Py_ssize_t term, int field) except -1:
        """Looks after what is read to weigh the postings of a term in a field."""
        if not 0 <= field <= FIELDS:
            raise ValueError(field)
        self._open(term)
        self._need_codes.need(self._bound[term], self._bound[term + 1])
        return 0

    cdef Py_ssize_t _begin(self, Py_ssize_t term, Py_ssize_t chunk) noexcept nogil:
        """First posting of a term in a chunk of 65,536 documents."""
        if chunk == 0:
            return self._bound[term]
        if chunk == self._chunks:
            return self._bound[term + 1]
        return self._bound[term] + self._split[(chunk - 1) * self._terms + term]

    cdef Py_ssize_t _rare_from(self, Py_ssize_t row, int64_t posting) noexcept nogil:
        """Row of the first rare posting from ``posting`` on, which is not before ``row``."""
        return seek(&self._rare_at[0], row, self._rare_at.shape[0], posting)

    cdef float _rare(self, Py_ssize_t posting, int field) noexcept nogil:
        """What the counts of a posting that no code describes come to in a field (4: in all)."""
        cdef Py_ssize_t row = self._rare_from(0, posting)
        cdef double total = 0
        cdef int f
        if field < FIELDS:
            return <float>(self._rare_counts[row, field] * self._field_weights[field])
        for f in range(FIELDS):
            total += <double>self._rare_counts[row, f] * self._field_weights[f]
        return <float>total

    def weigh(self, Py_ssize_t term, int field):
        """Documents (int64, ascending) with a term in a field (4: in any), and its tf~ there (float32)."""
        self._weighable(term, field)
        cdef Py_ssize_t chunk, at, found = 0, size = self._bound[term + 1] - self._bound[term]
        cdef const uint16_t* held = &self._docs[0]
        cdef const uint8_t* codes = &self._codes[0]
        cdef const float* norms = &self._norms[0]
        cdef const float* of_code = &self._code_weights[field, 0]
        cdef int64_t doc
        cdef float weight
        docs, weights = _empty(size, _int64), _empty(size, _float32)
        cdef int64_t[::1] d = docs
        cdef float[::1] w = weights
        for chunk in range(self._chunks):
            for at in range(self._begin(term, chunk), self._begin(term, chunk + 1)):
                doc = (chunk << 16) + held[at]
                weight = of_code[codes[at]] if codes[at] != RARE else self._rare(at, field)
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
        self._weighable(term, field)
        cdef Py_ssize_t place, chunk = -1, first = 0, at = 0, stop = 0, found = 0
        cdef const uint16_t* held = &self._docs[0]
        cdef const uint8_t* codes = &self._codes[0]
        cdef const float* norms = &self._norms[0]
        cdef const float* of_code = &self._code_weights[field, 0]
        cdef int64_t doc, last = -1
        cdef float weight
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
            at = seek(held, at, stop, <uint16_t>(doc & 0xFFFF))
            if at < stop and held[at] == (doc & 0xFFFF):
                weight = of_code[codes[at]] if codes[at] != RARE else self._rare(at, field)
                weight *= norms[doc]
                if weight > 0:
                    p[found] = place
                    w[found] = weight
                    found += 1
        return places[:found], weights[:found]

    def narrow(self, Py_ssize_t term, const int64_t[::1] docs, const float[::1] scores, int field,
               float worth, float k1):
        """Those of ``docs`` (int64) where a term stands, and their ``scores`` (float32) with its own."""
        cdef Py_ssize_t place
        if scores.shape[0] != docs.shape[0]:
            raise ValueError("not as many scores as documents")
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
        """Positions of a term in some documents of the segment (numbered from 0 here), of each a list."""
        cdef Py_ssize_t at, stop
        cdef int64_t doc
        self._open(term)
        found = []
        for doc in docs:
            if not 0 <= doc < self._documents:
                raise IndexError(doc)
            stop = self._begin(term, (doc >> 16) + 1)
            at = seek(&self._docs[0], self._begin(term, doc >> 16), stop, <uint16_t>(doc & 0xFFFF))
            here = at < stop and self._docs[at] == (doc & 0xFFFF)
            found.append(self._positions(at, self._long is not None and self._long[doc]) if here else [])
        return found

    cdef list _positions(self, Py_ssize_t posting, bint long_):
        cdef Py_ssize_t begin, at, row = -1, count = 0, first = posting >> BLOCK_BITS << BLOCK_BITS
        self._need_codes.need(first, posting + 1)
        self._need_block.need(posting >> BLOCK_BITS, (posting >> BLOCK_BITS) + 1)
        begin = self._block[posting >> BLOCK_BITS]
        for at in range(first, posting + 1):
            if self._codes[at] == RARE:
                if row < 0:
                    row = self._rare_from(0, at)
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
