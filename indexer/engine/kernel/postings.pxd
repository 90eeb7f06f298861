from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from indexer.engine.kernel.blocks cimport Checked

cdef enum:
    RARE = 255
    FIELDS = 4
    BLOCK_BITS = 5


cdef inline Py_ssize_t first_rare(const int64_t* numbers, Py_ssize_t count, int64_t number) noexcept nogil:
    """Place of the first of ascending ``numbers`` that is not below ``number``."""
    cdef Py_ssize_t low = 0, high = count, middle
    while low < high:
        middle = (low + high) >> 1
        if numbers[middle] < number:
            low = middle + 1
        else:
            high = middle
    return low


cdef inline Py_ssize_t seek(
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
    cdef Py_ssize_t _begin(self, Py_ssize_t term, Py_ssize_t chunk) noexcept nogil
    cdef float _rare(self, Py_ssize_t posting, int field) noexcept nogil
    cdef list _positions(self, Py_ssize_t posting, bint long_)
