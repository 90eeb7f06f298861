from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from indexer.engine.kernel.blocks cimport Checked

cdef enum:
    RARE = 255  # the code of postings that no code describes
    FIELDS = 4
    BLOCK_BITS = 5  # of postings, of whose first it is known where its positions begin


cdef class Postings:
    cdef const uint16_t[::1] _docs, _values
    cdef const uint8_t[::1] _codes, _live
    cdef const uint32_t[::1] _bound, _split, _block, _rare_slots, _totals
    cdef const int64_t[::1] _rare_at
    cdef const uint32_t[:, ::1] _rare_counts
    cdef const float[::1] _norms, _field_weights
    cdef const float[:, ::1] _code_weights
    cdef Checked _need_docs, _need_codes, _need_values, _need_block, _need_split
    cdef Py_ssize_t _documents, _chunks, _terms
    cdef int64_t _base
    cdef bint _all_live
    cdef object _long

    cdef int _open(self, Py_ssize_t term) except -1
    cdef int _weighable(self, Py_ssize_t term, int field) except -1
    cdef Py_ssize_t _begin(self, Py_ssize_t term, Py_ssize_t chunk) noexcept nogil
    cdef Py_ssize_t _rare_from(self, Py_ssize_t row, int64_t posting) noexcept nogil
    cdef float _rare(self, Py_ssize_t posting, int field) noexcept nogil
    cdef list _positions(self, Py_ssize_t posting, bint long_)
