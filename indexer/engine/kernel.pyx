# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
import numpy as np
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
cimport cython

cdef object empty = np.empty
cdef object i64 = np.dtype(np.int64)
cdef object f32 = np.dtype(np.float32)
cdef object LIVE = None

cdef uint32_t[256] TOTALS

def setup(const uint32_t[::1] totals):
    cdef int i
    for i in range(256):
        TOTALS[i] = totals[i]


cdef Py_ssize_t at_least(const int64_t* a, Py_ssize_t n, int64_t key) noexcept nogil:
    cdef Py_ssize_t lo = 0, hi = n, mid
    while lo < hi:
        mid = (lo + hi) >> 1
        if a[mid] < key:
            lo = mid + 1
        else:
            hi = mid
    return lo


cdef class Postings:
    cdef const uint16_t[::1] docs_
    cdef const uint8_t[::1] codes_
    cdef const uint16_t[::1] values_
    cdef const uint32_t[::1] block_
    cdef const int64_t[::1] rare_at_
    cdef const uint32_t[:, ::1] rare_counts_
    cdef const uint32_t[::1] rare_slots_
    cdef const float[::1] norms_
    cdef const float[:, ::1] code_weights_
    cdef const float[::1] field_weights_
    cdef Py_ssize_t documents
    cdef int64_t base
    cdef public object check_values

    def __init__(self, docs, codes, values, block, rare_at, rare_counts, rare_slots, norms, code_weights, field_weights, base):
        self.docs_, self.codes_, self.values_, self.block_ = docs, codes, values, block
        self.rare_at_, self.rare_counts_, self.rare_slots_ = rare_at, rare_counts, rare_slots
        self.norms_, self.code_weights_, self.field_weights_ = norms, code_weights, field_weights
        self.documents = len(norms)
        self.base = base

    cdef float rare_weight(self, Py_ssize_t r, int field) noexcept nogil:
        cdef double total = 0
        cdef int f
        if field < 4:
            return <float>(self.rare_counts_[r, field] * self.field_weights_[field])
        for f in range(4):
            total += <double>self.rare_counts_[r, f] * self.field_weights_[f]
        return <float>total

    def weigh(self, Py_ssize_t first, Py_ssize_t stop, list bounds, int field, float worth, float k1):
        """docs, scores; worth <0: weights"""
        cdef Py_ssize_t n = stop - first, i, c, end, r, m = 0
        out_docs = empty(n, i64)
        out_weights = empty(n, f32)
        cdef int64_t[::1] d = out_docs
        cdef float[::1] w = out_weights
        cdef const uint16_t* held = &self.docs_[0]
        cdef const uint8_t* codes = &self.codes_[0]
        cdef const float* norms = &self.norms_[0]
        cdef const float* of_code = &self.code_weights_[field, 0]
        cdef int64_t high, doc
        cdef float x
        cdef uint8_t code
        r = -1
        i = first
        for c in range(len(bounds) - 1):
            end = bounds[c + 1]
            high = <int64_t>c << 16
            while i < end:
                doc = high + held[i]
                code = codes[i]
                if code == 255:
                    if r < 0:
                        r = at_least(&self.rare_at_[0], self.rare_at_.shape[0], i)
                    x = self.rare_weight(r, field)
                    r += 1
                else:
                    x = of_code[code]
                x = x * norms[doc]
                if worth >= 0:
                    x = x / (x + k1) * worth
                d[m] = doc + self.base
                w[m] = x
                m += 1
                i += 1
        return out_docs, out_weights

    def narrow(self, list bounds, const int64_t[::1] docs, const float[::1] scores, int field, float worth, float k1):
        """docs and scores of those that have it"""
        cdef Py_ssize_t n = docs.shape[0], i, c = -1, lo = 0, hi = 0, at = 0, m = 0, step, mid, top, r
        out_docs = empty(n, i64)
        out_weights = empty(n, f32)
        cdef int64_t[::1] d = out_docs
        cdef float[::1] w = out_weights
        cdef const uint16_t* held = &self.docs_[0]
        cdef const float* of_code = &self.code_weights_[field, 0]
        cdef int64_t doc, last = -1
        cdef uint16_t low
        cdef uint8_t code
        cdef float x
        for i in range(n):
            doc = docs[i] - self.base
            if doc < 0 or doc >= self.documents:
                continue
            if (doc >> 16) != c:
                c = doc >> 16
                lo = bounds[c]
                hi = bounds[c + 1]
                at = lo
            elif doc < last:
                at = lo
            last = doc
            low = <uint16_t>(doc & 0xFFFF)
            step = 1
            while at + step <= hi and held[at + step - 1] < low:
                at += step
                step <<= 1
            top = at + step - 1
            if top > hi:
                top = hi
            while at < top:
                mid = (at + top) >> 1
                if held[mid] < low:
                    at = mid + 1
                else:
                    top = mid
            if at < hi and held[at] == low:
                code = self.codes_[at]
                if code == 255:
                    r = at_least(&self.rare_at_[0], self.rare_at_.shape[0], at)
                    x = self.rare_weight(r, field)
                else:
                    x = of_code[code]
                x = x * self.norms_[doc]
                if x > 0:
                    d[m] = docs[i]
                    w[m] = scores[i] + x / (x + k1) * worth
                    m += 1
        return out_docs[:m], out_weights[:m]

    def marks(self, list bounds, list docs, longs):
        """lists of positions; None of long"""
        cdef Py_ssize_t n = len(docs), i, at, top, mid, b, base, begin, count, lo, hi
        cdef int64_t doc
        cdef uint16_t low
        cdef const uint16_t* held = &self.docs_[0]
        found = []
        for i in range(n):
            doc = docs[i]
            low = <uint16_t>(doc & 0xFFFF)
            at = bounds[doc >> 16]
            hi = top = bounds[(doc >> 16) + 1]
            while at < top:
                mid = (at + top) >> 1
                if held[mid] < low:
                    at = mid + 1
                else:
                    top = mid
            if at == hi or held[at] != low:
                found.append([])
                continue
            found.append(self.positions(at, longs is not None and longs[doc]))
        return found

    cdef list positions(self, Py_ssize_t number, bint wide):
        cdef object ck = self.check_values
        cdef Py_ssize_t begin = self.block_[number >> 5], i, r = -1, count = 0, k
        cdef uint8_t code
        for i in range((number >> 5) << 5, number + 1):
            code = self.codes_[i]
            if code == 255:
                if r < 0:
                    r = at_least(&self.rare_at_[0], self.rare_at_.shape[0], i)
                count = self.rare_slots_[r]
                r += 1
            else:
                count = TOTALS[code]
            begin += count
        begin -= count
        ck(begin, begin + count)
        cdef list out
        cdef object item
        if wide:
            return [<int64_t>self.values_[begin + k] << 16 | self.values_[begin + k + 1] for k in range(0, count, 2)]
        out = PyList_New(count)
        for k in range(count):
            item = <int64_t>self.values_[begin + k]
            Py_INCREF(item)
            PyList_SET_ITEM(out, k, item)
        return out



cdef class Facet:
    cdef const uint8_t[::1] raw_
    cdef const int64_t[::1] more_doc, more_code
    cdef int width
    cdef Py_ssize_t values

    def __init__(self, first, values, more_doc, more_code):
        self.raw_ = first.view(np.uint8)
        self.width = first.dtype.itemsize
        self.more_doc, self.more_code = more_doc, more_code
        self.values = values

    def count(self, const int64_t[::1] docs):
        out = np.zeros(self.values, i64)
        if not self.raw_.shape[0]:
            return out
        cdef int64_t[::1] n = out
        cdef Py_ssize_t i, m = self.more_doc.shape[0], at = 0, step, top, mid
        cdef int64_t doc, last = -1
        cdef const uint8_t* one = &self.raw_[0]
        cdef const uint16_t* two = <const uint16_t*>one
        cdef const uint32_t* four = <const uint32_t*>one
        if self.width == 1:
            for i in range(docs.shape[0]):
                n[one[docs[i]]] += 1
        elif self.width == 2:
            for i in range(docs.shape[0]):
                n[two[docs[i]]] += 1
        else:
            for i in range(docs.shape[0]):
                n[four[docs[i]]] += 1
        if m:
            for i in range(docs.shape[0]):
                doc = docs[i]
                if doc < last:
                    at = 0
                last = doc
                step = 1
                while at + step <= m and self.more_doc[at + step - 1] < doc:
                    at += step
                    step <<= 1
                top = at + step - 1
                if top > m:
                    top = m
                while at < top:
                    mid = (at + top) >> 1
                    if self.more_doc[mid] < doc:
                        at = mid + 1
                    else:
                        top = mid
                mid = at
                while mid < m and self.more_doc[mid] == doc:
                    n[self.more_code[mid]] += 1
                    mid += 1
        return out


cdef inline bint worse(float s, int32_t r, float s2, int32_t r2) noexcept nogil:
    return s < s2 or (s == s2 and r > r2)


def top(const float[::1] scores, const int64_t[::1] docs, const int32_t[::1] rank, Py_ssize_t k):
    """places of the k best, best first"""
    cdef Py_ssize_t n = scores.shape[0], i, m, j, child
    if k > n:
        k = n
    out = empty(k, i64)
    if k <= 0:
        return out
    cdef int64_t[::1] heap = out
    cdef int64_t p, q
    cdef float s
    cdef int32_t r
    # worst on top
    for i in range(k):
        j = i
        s = scores[i]; r = rank[docs[i]]
        while j > 0:
            p = heap[(j - 1) >> 1]
            if worse(s, r, scores[p], rank[docs[p]]):
                heap[j] = p
                j = (j - 1) >> 1
            else:
                break
        heap[j] = i
    cdef float least = scores[heap[0]]
    for i in range(k, n):
        s = scores[i]
        if s < least:
            continue
        r = rank[docs[i]]
        p = heap[0]
        if worse(scores[p], rank[docs[p]], s, r):
            _sift(heap, k, i, scores, docs, rank)
            least = scores[heap[0]]
    for m in range(k - 1, 0, -1):
        p = heap[m]
        q = heap[0]
        _sift(heap, m, p, scores, docs, rank)
        heap[m] = q
    return out


cdef void _sift(int64_t[::1] heap, Py_ssize_t k, int64_t i, const float[::1] scores, const int64_t[::1] docs, const int32_t[::1] rank) noexcept nogil:
    """Puts i in at the top of a heap of k"""
    cdef Py_ssize_t j = 0, child
    cdef float s = scores[i]
    cdef int32_t r = rank[docs[i]]
    cdef int64_t a, b
    while True:
        child = 2 * j + 1
        if child >= k:
            break
        a = heap[child]
        if child + 1 < k:
            b = heap[child + 1]
            if worse(scores[b], rank[docs[b]], scores[a], rank[docs[a]]):
                child += 1
                a = b
        if worse(scores[a], rank[docs[a]], s, r):
            heap[j] = a
            j = child
        else:
            break
    heap[j] = i
