# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Of the documents found: how many have each value, what is a word worth there, and which come first?

The twins are ``columns``, ``scoring`` and ``ranking``. Not for finding documents (``postings``, ``phrases``).
"""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc

from indexer.engine.kernel.seek cimport seek

cdef object _empty = np.empty
cdef object _zeros = np.zeros
cdef object _int64 = np.dtype(np.int64)
cdef object _float32 = np.dtype(np.float32)
cdef object _uint8 = np.dtype(np.uint8)


def score(const float[::1] weights, float worth, float k1):
    """worth · tf~ / (k1 + tf~), float32: ``scoring.score``."""
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
        return seek(&self._more_doc[0], at, self._more_doc.shape[0], doc)

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
        """Which of ``docs`` have a value whose flag (V) is set: uint8."""
        if flags.shape[0] < self._values:
            raise ValueError("not a flag for each value")
        have = _empty(docs.shape[0], _uint8)
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
    """Places (int64) of the k highest scores, best first; equal ones by lowest ``rank`` of their documents."""
    cdef Py_ssize_t size = max(0, min(k, scores.shape[0])), i, left
    cdef _Hit hit
    if docs.shape[0] != scores.shape[0]:
        raise ValueError("not as many scores as documents")
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
