from cpython.object cimport descrsetfunc


cdef class Slots:
    cdef type made
    cdef tuple slots
    cdef descrsetfunc set

    cdef object new(self)
