# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Has a block of a mapped file been looked after, so that what lies in it may be read?

The twin is ``arrays``, which also tells where a file is damaged. Not for how files are divided.
"""

from cpython.buffer cimport PyBUF_READ
from cpython.memoryview cimport PyMemoryView_FromMemory
from libc.stdint cimport uint8_t, uint32_t


cdef class Blocks:
    """The blocks of a mapped file, each looked after before it is read. ``good``: 1 for those that have been
    (bytearray, B); ``sums``: the CRC-32 of each, uint32 (B); ``size``: bytes of all.
    """

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


cdef class Checked:
    """A ``Stored`` of which ``need`` is called before elements are read."""

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
        """``need``, and one past the last element of the last block below: up to there nothing is
        needed again. It may lie past the end of the array.
        """
        cdef int bits = self._blocks._bits
        cdef Py_ssize_t last
        if stop <= start:
            return start
        self.need(start, stop)
        last = (self._start + stop * self._size - 1) >> bits
        return (((last + 1) << bits) - self._start) // self._size
