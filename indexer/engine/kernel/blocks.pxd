cimport cython
from libc.stdint cimport uint8_t, uint32_t


cdef class Blocks:
    cdef const uint8_t[::1] _bytes
    cdef uint8_t[::1] _good
    cdef const uint32_t[::1] _sums
    cdef Py_ssize_t _size
    cdef int _bits
    cdef object _crc32

    cpdef Py_ssize_t damaged(self, Py_ssize_t first, Py_ssize_t stop) except -2


@cython.final
cdef class Checked:
    cdef Blocks _blocks
    cdef Py_ssize_t _start, _size
    cdef object _check

    cdef int need(self, Py_ssize_t start, Py_ssize_t stop) except -1
    cdef Py_ssize_t until(self, Py_ssize_t start, Py_ssize_t stop) except -1
