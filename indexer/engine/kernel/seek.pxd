"""Where among ascending numbers does one stand? Not for strings (``strings``)."""

from libc.stdint cimport int64_t, uint16_t

ctypedef fused _Number:
    uint16_t
    int64_t


cdef inline Py_ssize_t seek(
    const _Number* held, Py_ssize_t at, Py_ssize_t stop, _Number wanted
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
