# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What is on a card, on a page, in a frame of the file of texts?

Objects are made of the bytes at once. The twins are ``records`` and ``segment``, which also read what is odd
and tell what is damaged. Not for writing.
"""

from types import MemberDescriptorType

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject, PyTypeObject
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp
from posix.unistd cimport pread


cdef tuple _NOTHING = ()
cdef object _UNKNOWN = object()


cdef class Slots:
    """Makes objects of a class whose attributes are slots, past what guards them against changes: for one
    that nobody else has yet.
    """

    def __init__(self, type made, names):
        cdef type slot = MemberDescriptorType
        self.made = made
        self.slots = tuple([vars(made)[name] for name in names])
        if any(type(one) is not slot for one in self.slots):
            raise TypeError(f"{made} has attributes that are no slots")
        self.set = (<PyTypeObject*>slot).tp_descr_set

    cdef object new(self):
        return (<PyTypeObject*>self.made).tp_new(self.made, <PyObject*>_NOTHING, NULL)


cdef class Cards:
    """Reads cards: JSON arrays of texts, numbers, nulls and arrays of those.

    ``made``: the class of documents; ``names``: its attributes by their place on a card; ``others``: those
    that have none, and become ().
    """

    cdef Slots slots
    cdef Py_ssize_t count

    def __init__(self, type made, names, others):
        self.slots = Slots(made, [*names, *others])
        self.count = len(names)

    cpdef unpack(self, bytes card):
        """The document of a card in UTF-8; None when it is to be read with more care: where a text has a
        backslash, a number a sign or more than 18 digits, or where there is no card. Raises
        UnicodeDecodeError.
        """
        if card is None:
            return None
        cdef const char* at = PyBytes_AS_STRING(card)
        cdef const char* end = at + PyBytes_GET_SIZE(card)  # a NUL stands there, with which nothing begins
        cdef Slots slots = self.slots
        cdef Py_ssize_t k
        cdef char after
        cdef object value
        if at[0] != c'[' or memchr(at, c'\\', end - at) != NULL:
            return None
        cdef object document = slots.new()
        for k in range(self.count):
            at += 1  # past the bracket, or the comma
            value = _array(&at, end) if at[0] == c'[' else _value(&at, end)
            after = c',' if k < self.count - 1 else c']'
            if value is _UNKNOWN or at[0] != after:
                return None
            slots.set(slots.slots[k], document, value)
        for k in range(self.count, len(slots.slots)):
            slots.set(slots.slots[k], document, _NOTHING)
        return document


cdef object _value(const char** place, const char* end):
    """A text, a number or null, moving on past it; _UNKNOWN when it is none of them."""
    cdef const char* at = place[0]
    cdef const char* stop
    cdef int64_t number = 0
    if at[0] == c'"':
        at += 1
        stop = <const char*>memchr(at, c'"', end - at)
        if stop == NULL:
            return _UNKNOWN
        place[0] = stop + 1
        return PyUnicode_DecodeUTF8(at, stop - at, NULL)
    if end - at >= 4 and memcmp(at, b"null", 4) == 0:
        place[0] = at + 4
        return None
    stop = at
    while c'0' <= stop[0] <= c'9' and stop - at < 19:
        number = number * 10 + (stop[0] - c'0')
        stop += 1
    if stop == at or stop - at == 19:
        return _UNKNOWN
    place[0] = stop
    return number


cdef object _array(const char** place, const char* end):
    """An array of texts, numbers and nulls as a tuple, moving on past it; _UNKNOWN when it is none."""
    cdef const char* at = place[0]  # at its bracket
    cdef list values = []
    if at[1] == c']':
        place[0] = at + 2
        return _NOTHING
    while not values or at[0] == c',':
        at += 1
        value = _value(&at, end)
        if value is _UNKNOWN:
            return _UNKNOWN
        values.append(value)
    if at[0] != c']':
        return _UNKNOWN
    place[0] = at + 1
    return tuple(values)


cdef class Frames:
    """Reads compressed frames. ``bounds``: where each begins after the byte ``offset`` of a file, and where
    the last ends (uint32 or uint64, F + 1); ``page_first``: the first page of each document (uint32, N + 1);
    ``make``: makes what decompresses, for one thread at a time.
    """

    cdef const uint32_t[::1] _page_first, _narrow
    cdef const uint64_t[::1] _wide
    cdef Py_ssize_t _frames, _documents
    cdef int64_t _offset
    cdef int _descriptor
    cdef object _file, _make
    cdef list _free  # that no thread is using

    def __init__(self, page_first, bounds, file, int64_t offset, make):
        self._page_first, self._documents = page_first, len(page_first) - 1
        if bounds.itemsize == 4:
            self._narrow = bounds
        else:
            self._wide = bounds
        self._frames = len(bounds) - 1
        self._file, self._descriptor, self._offset = file, file.fileno(), offset
        self._make, self._free = make, []

    def card(self, Py_ssize_t doc, Cards cards not None):
        """What ``cards`` makes of the card of a document; None also where that cannot be read."""
        if not 0 <= doc < self._documents:
            raise IndexError(doc)
        return cards.unpack(self.read(<Py_ssize_t>self._page_first[doc + 1] + 2 * doc))

    cpdef bytes read(self, Py_ssize_t frame):
        """What a frame holds, as bytes; None where it is damaged or cannot be read."""
        cdef int64_t begin, end, got
        cdef char* into
        cdef bytes packed
        if not 0 <= frame < self._frames:
            raise IndexError(frame)
        if self._narrow is not None:
            begin, end = self._narrow[frame], self._narrow[frame + 1]
        else:
            begin, end = self._wide[frame], self._wide[frame + 1]
        if end <= begin:
            return b""
        packed = PyBytes_FromStringAndSize(NULL, end - begin)
        into = PyBytes_AS_STRING(packed)
        with nogil:
            got = pread(self._descriptor, into, end - begin, self._offset + begin)
        if got != end - begin:
            return None
        try:
            decompress = self._free.pop() if self._free else self._make().decompress
            text = decompress(packed)
        except Exception:
            return None
        self._free.append(decompress)
        return text


cdef class Pages:
    """Reads pages. ``made``: their class; ``names``: its attributes for number, text, heading, label and
    anchor.
    """

    cdef Slots slots

    def __init__(self, type made, names):
        self.slots = Slots(made, names)

    def unpack(self, int64_t number, bytes packed not None):
        """A page of UTF-8: heading, label and anchor, each after a space or missing, divided by U+001F and
        ended by U+001E; then the text. Raises UnicodeDecodeError, ValueError.
        """
        cdef const char* at = PyBytes_AS_STRING(packed)
        cdef const char* end = at + PyBytes_GET_SIZE(packed)
        cdef const char* text = <const char*>memchr(at, 0x1E, end - at)
        cdef const char* stop
        cdef Slots slots = self.slots
        cdef Py_ssize_t k
        if text == NULL:
            raise ValueError("a page without U+001E")
        cdef object page = slots.new()
        slots.set(slots.slots[0], page, number)
        slots.set(slots.slots[1], page, PyUnicode_DecodeUTF8(text + 1, end - text - 1, NULL))
        for k in range(2, 5):
            stop = <const char*>memchr(at, 0x1F, text - at) if at < text else NULL
            if stop == NULL:
                stop = text
            # at most: the next begins past what divides them
            value = PyUnicode_DecodeUTF8(at + 1, stop - at - 1, NULL) if at < stop else None
            slots.set(slots.slots[k], page, value)
            at = stop + 1
        return page
