# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Where does a string stand among the sorted ones of a file?

The twin is ``strings``. Not for several strings in a row, which NumPy hands out as well.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcmp

from indexer.engine.kernel.blocks cimport Checked


cdef class Lines:
    """Sorted strings of a file (``strings.Strings``), looked up where they lie by halving."""

    cdef const uint8_t[::1] _text
    cdef const uint32_t[::1] _start
    cdef Checked _need
    cdef Py_ssize_t _count

    def __init__(self, text, start):
        """``text``: ``Stored`` uint8, ``start``: uint32, one more than there are strings."""
        self._text, self._start, self._need = text.array, start, Checked(text)
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

    def floor(self, bytes key not None):
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

    def find(self, bytes key not None):
        """Index of ``key``, -1 when it is not there."""
        cdef const uint8_t* wanted = <const uint8_t*>PyBytes_AS_STRING(key)
        cdef Py_ssize_t index = self.floor(key), size = PyBytes_GET_SIZE(key)
        return index if index < self._count and not self._compare(index, wanted, size) else -1

    def first(self, bytes key not None):
        """Index of the first string that begins with ``key``, -1 when none does."""
        cdef Py_ssize_t index = self.floor(key), size = PyBytes_GET_SIZE(key)
        if index == self._count or <Py_ssize_t>self._start[index + 1] - 1 - self._start[index] < size:
            return -1
        self._need.need(self._start[index], self._start[index + 1])
        return index if not memcmp(&self._text[self._start[index]], PyBytes_AS_STRING(key), size) else -1
