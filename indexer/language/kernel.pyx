# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What ``forms`` knows of one word, and where ``compounds`` parts it, in C.

A word is some twenty look-ups in a table larger than any cache: all hashes are made first and what they
lead to is asked for ahead, so that the look-ups wait for memory together. Not for many words at once, nor
for making the table.
"""

from cpython.unicode cimport PyUnicode_4BYTE_KIND, PyUnicode_FromKindAndData
from libc.stdint cimport int16_t, int32_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

import numpy as np

from indexer.language import compounds, forms, irregular, parts

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define prefetch(address) __builtin_prefetch(address)
    #else
    #define prefetch(address)
    #endif
    """
    void prefetch(const void* address) noexcept nogil

cdef enum:
    LONGEST = 60  # letters; this and the next as in compounds and forms
    SHORTEST = 5
    LONG = 9
    NEVER = -32768
    SHIFT = 44
    BUCKETS = (1 << 20) + 1
    KEYS = 3  # a record is 24 bytes: three 64-bit numbers, of which the first is the hash,
    VALUES = 12  # or twelve 16-bit numbers, of which these are
    LEMMA = 4
    BASE = 5
    LEAD = 6
    HEAD = 8
    WHOLE = 10
    MARKS = 11
    IS_WORD = 1  # of the marks
    IS_ADJECTIVE = 2

cdef uint64_t FACTOR = 0x9E3779B97F4A7C15
cdef uint64_t[LONGEST + 1] POWERS
cdef int _n
POWERS[0] = 1
for _n in range(LONGEST):
    POWERS[_n + 1] = POWERS[_n] * FACTOR


cdef struct Word:
    int size
    uint32_t[LONGEST] letters
    uint64_t[LONGEST + 1] hashes  # of its beginnings, from the empty one


cdef struct Cut:
    int at
    int score  # hundredths; 0 where it does not part


cdef void hash_beginnings(Word* word) noexcept nogil:
    cdef int i
    word.hashes[0] = 0
    for i in range(word.size):
        word.hashes[i + 1] = word.hashes[i] * FACTOR + word.letters[i]


cdef bint read(str text, Word* word) noexcept:
    """False for a text that is longer than any word in the table."""
    cdef Py_UCS4 letter
    cdef int size = 0
    if len(text) > LONGEST:
        return False
    for letter in text:
        word.letters[size] = letter
        size += 1
    word.size = size
    hash_beginnings(word)
    return True


cdef void take(const Word* word, int start, int stop, Word* part) noexcept nogil:
    part.size = stop - start
    memcpy(part.letters, word.letters + start, part.size * sizeof(uint32_t))
    hash_beginnings(part)


cdef inline uint64_t between(const Word* word, int start, int stop) noexcept nogil:
    """The hash of ``word[start:stop]``."""
    return word.hashes[stop] - word.hashes[start] * POWERS[stop - start]


cdef str text_of(const Word* word, int start, int stop):
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, word.letters + start, stop - start)


cdef bint ends_with(const Word* word, const Word* part) noexcept nogil:
    cdef int start = word.size - part.size
    return start >= 0 and not memcmp(word.letters + start, part.letters, part.size * sizeof(uint32_t))


cdef class Affixes:
    """A few strings: does a word begin or end in one of them?"""

    cdef const uint64_t[::1] hashes
    cdef int longest

    def __init__(self, strings):
        self.hashes = np.array([forms._hashes(s)[len(s)] for s in strings], np.uint64)
        self.longest = max(map(len, strings))

    cdef bint have(self, uint64_t key) noexcept nogil:
        cdef Py_ssize_t i
        for i in range(self.hashes.shape[0]):
            if self.hashes[i] == key:
                return True
        return False

    cdef bint begin(self, const Word* word) noexcept nogil:
        cdef int n
        for n in range(1, min(self.longest, word.size) + 1):
            if self.have(word.hashes[n]):
                return True
        return False

    cdef bint end(self, const Word* word, int stop) noexcept nogil:
        """Does ``word[:stop]`` end in one?"""
        cdef int n
        for n in range(1, min(self.longest, stop) + 1):
            if self.have(between(word, stop - n, stop)):
                return True
        return False


cdef class Table:
    """The buffers of a ``Forms``, asked for one word at a time. ``compounds.Splitter`` answers the same.

    A damaged table gives wrong answers, but nothing is read beyond its buffers.
    """

    cdef const uint32_t[::1] buckets  # (BUCKETS,)
    cdef const uint64_t[::1] keys  # (KEYS · records,)
    cdef const int16_t[::1] values  # (VALUES · records,)
    cdef Py_ssize_t records
    cdef const uint32_t[:, ::1] tails  # (tails, letters), filled up with zeros
    cdef const int32_t[::1] tail_sizes  # (tails,)
    cdef Affixes linking, foreign_ends, foreign_beginnings, native_beginnings
    cdef int[4] foreign  # hundredths: for a foreign ending 1, for a foreign beginning 2, for both 3
    cdef int bias, least, compound_lead, compound_head
    cdef object uninflected, unparted, shortened

    def __init__(self, table):
        """``table``: a ``Forms``, whose buffers are used where they lie."""
        self.buckets, self.keys, self.values = table._buckets, table._hashes, table._values
        self.records = self.keys.shape[0] // KEYS
        if self.buckets.shape[0] != BUCKETS or self.values.shape[0] != VALUES * self.records:
            raise ValueError("these are no buffers of a table of forms")
        sizes = np.array([len(tail) for tail in table._tails], np.int32)
        tails = np.zeros((len(sizes), max(sizes.max(), 1)), np.uint32)
        for letters, tail in zip(tails, table._tails):
            letters[: len(tail)] = [ord(c) for c in tail]
        self.tails, self.tail_sizes = tails, sizes
        # Every mapped page is met here, in a millisecond: the first hundred words would take three times
        # as long.
        table._starts[::1024].sum()
        table._keys[:: 4096 // 24].sum()

        # The patterns of ``parts`` are lists of strings, of which one says what it must not go on with.
        ends = parts._FOREIGN_END.pattern.removeprefix("(?:").removesuffix(")$")
        beginnings = [b.rstrip(")").split("(?!") for b in parts._FOREIGN_START.pattern.split("|")]
        self.linking = Affixes(compounds._LINKING)
        self.foreign_ends = Affixes(ends.split("|"))
        self.foreign_beginnings = Affixes([b[0] for b in beginnings])
        self.native_beginnings = Affixes(["".join(b) for b in beginnings if len(b) > 1])
        ending, beginning = (parts.WHOLE[f"foreign {place}"] for place in ("ending", "beginning"))
        for n in range(4):
            self.foreign[n] = round(100 * (ending * (n & 1) + beginning * (n >> 1)))
        self.bias, self.least = compounds._BIAS, compounds._LEAST
        self.compound_lead, self.compound_head = compounds._COMPOUND_LEAD, compounds._COMPOUND_HEAD
        self.uninflected, self.unparted = irregular.UNINFLECTED, irregular.UNPARTED
        self.shortened = irregular.SHORTENED

    # One word

    def look_up(self, str form not None, bint parting):
        """``Splitter.look_up``: (lemma or None, how that or ``form`` parts or None)."""
        cdef Word word, known, base
        cdef int cut
        if not read(form, &word):
            return None, None
        self.fetch(&word)  # most beginnings are those of its lemma too
        lemma = None
        if self.lemma_of(&word, &known) and known.size:
            word = known
            hash_beginnings(&word)
            lemma = text_of(&word, 0, word.size)
        if not parting or (form if lemma is None else lemma) in self.unparted:
            return lemma, None
        cut = self.linked(&word, self.best(&word, True).at)
        if not cut:
            return lemma, None
        left, first = text_of(&word, 0, cut), None
        if word.letters[cut - 1] == word.letters[cut]:
            first = self.shortened.get(left)
        if first is None and self.decoded(&word, cut, BASE, &base) and base.size:
            first = text_of(&base, 0, base.size)
        return lemma, (left, first or left.removesuffix("s"), text_of(&word, cut, word.size))

    def lemma(self, str form not None):
        """``Forms.lemma``: the word that ``form`` most likely is a form of; None when that is not known."""
        cdef Word word, found
        if not read(form, &word) or not self.lemma_of(&word, &found):
            return None
        return text_of(&found, 0, found.size)

    def base(self, str part not None):
        """``Forms.base``: the word that the first part of a compound is a form of."""
        cdef Word word, found
        if read(part, &word) and self.decoded(&word, word.size, BASE, &found) and found.size:
            return text_of(&found, 0, found.size)
        return part.removesuffix("s")

    def is_word(self, str form not None):
        """``Forms.is_word``: a word of its own, and not only a name."""
        return bool(self.marks(form) & IS_WORD)

    def is_adjective(self, str form not None):
        """``Forms.is_adjective``."""
        return bool(self.marks(form) & IS_ADJECTIVE)

    def cut(self, str lemma not None):
        """Where the uninflected or unknown word ``lemma`` parts; 0 when it does not."""
        cdef Word word
        return self.linked(&word, self.best(&word, True).at) if read(lemma, &word) else 0

    def score(self, str lemma not None):
        """How surely it parts there, in hundredths; 0 when it does not."""
        cdef Word word
        return self.best(&word, True).score if read(lemma, &word) else 0

    # Looking up

    cdef int marks(self, str form):
        cdef Word word
        return self.value(word.hashes[word.size], MARKS, 0) if read(form, &word) else 0

    cdef Py_ssize_t find(self, uint64_t key) noexcept nogil:
        """The record of the string with this hash, or -1."""
        cdef Py_ssize_t bucket = key >> SHIFT, at
        for at in range(self.buckets[bucket], min(self.buckets[bucket + 1], self.records)):
            if self.keys[KEYS * at] == key:
                return at
        return -1

    cdef inline int value(self, uint64_t key, int field, int unknown) noexcept nogil:
        cdef Py_ssize_t record = self.find(key)
        return self.values[VALUES * record + field] if record >= 0 else unknown

    cdef bint decoded(self, const Word* word, int size, int field, Word* found) noexcept nogil:
        """Is there a code for ``word[:size]``, and does ``found`` now hold what it stands for?"""
        cdef int code = self.value(word.hashes[size], field, -1), tail = code >> 5, kept = size - (code & 31)
        if code < 0 or kept < 0 or tail >= self.tail_sizes.shape[0]:
            return False
        found.size = kept + self.tail_sizes[tail]
        if found.size > LONGEST:
            return False
        memcpy(found.letters, word.letters, kept * sizeof(uint32_t))
        memcpy(found.letters + kept, &self.tails[tail, 0], self.tail_sizes[tail] * sizeof(uint32_t))
        return True

    cdef bint lemma_of(self, const Word* word, Word* found) noexcept nogil:
        cdef int size = word.size
        if self.decoded(word, size, LEMMA, found):
            return True
        return size > 3 and word.letters[size - 1] == c"s" and self.decoded(word, size - 1, LEMMA, found)

    # Parting

    cdef Cut best(self, const Word* word, bint longer):
        """``Splitter._best``."""
        cdef Cut found = Cut(0, 0)
        cdef int[LONGEST] leads, heads
        cdef int size = word.size, i, own, score, best = 2 * NEVER
        cdef Py_ssize_t whole
        if not may_part(word):
            return found
        self.fetch(word)
        whole = self.find(word.hashes[size])
        own = whole >= 0 and self.values[VALUES * whole + MARKS] & IS_WORD
        for i in range(2, size - 1):
            leads[i] = self.value(word.hashes[i], LEAD + own, NEVER)
            heads[i] = self.head(word, i, own) if leads[i] > NEVER else NEVER
            if leads[i] + heads[i] > best:
                best = leads[i] + heads[i]
                found.at = i
        if longer and best + self.bias <= 0 and size >= LONG:
            for i in range(6, size - 2):
                if leads[i] == NEVER:
                    heads[i] = self.head(word, i, own)
            best = self.tried(word, leads, heads, own, &found)
        score = best + self.bias + (self.values[VALUES * whole + WHOLE] if whole >= 0 else 0)
        if score > 0:
            score += self.foreign[self.foreign_ends.end(word, size) + 2 * self.begins_foreign(word)]
        found.score = score
        return found if score > 0 else Cut(0, 0)

    cdef int tried(self, const Word* word, const int* leads, const int* heads, bint known, Cut* found):
        """The best score where one side may be a compound that no dictionary has; its place in ``found``."""
        cdef int size = word.size, i, score, best = NEVER
        cdef Word part, lemma
        cdef Cut inner
        found.at = 0
        for i in range(3, size - 2):
            if leads[i] > NEVER and heads[i] == NEVER and size - i >= 6:
                score = leads[i] + self.compound_head
                take(word, i, size, &part)
            elif leads[i] == NEVER and i >= 6 and heads[i] > NEVER:
                score = heads[i] + self.compound_lead
                take(word, 0, i - (word.letters[i - 1] == c"s"), &part)
            else:
                continue
            if self.lemma_of(&part, &lemma):
                hash_beginnings(&lemma)
                inner = self.best(&lemma, False)
            else:
                inner = self.best(&part, False)
            score += inner.score
            if inner.at and score > best and (not known or self.sure(word, i, &part, inner.at, score)):
                best = score
                found.at = i
        return best

    cdef bint sure(self, const Word* word, int cut, const Word* part, int inner, int score):
        """``compounds._sure``."""
        if score <= self.least:
            return False
        if ends_with(word, part):
            return text_of(word, 0, cut) not in self.uninflected
        return text_of(part, 0, min(inner, part.size)) not in self.uninflected

    cdef int linked(self, const Word* word, int cut):
        """``Splitter._linked``."""
        cdef Word rest, lemma
        cdef int size = word.size
        if cut and word.letters[cut] == c"s" and self.linking.end(word, cut):
            take(word, cut + 1, size, &rest)
            if self.lemma_of(&rest, &lemma) and lemma.size:
                hash_beginnings(&lemma)
                rest = lemma
            return cut + (self.value(rest.hashes[rest.size], MARKS, 0) & IS_WORD)
        if cut and word.letters[cut - 1] == c"s" and size - cut == 3 and text_of(word, cut, size) == "kap":
            return cut - 1
        return cut

    cdef int head(self, const Word* word, int i, int own) noexcept nogil:
        """What ``word`` from ``i`` on is worth as last part, if need be without an s."""
        cdef int size = word.size, worth = self.value(between(word, i, size), HEAD + own, NEVER)
        if worth == NEVER and word.letters[size - 1] == c"s":
            return self.value(between(word, i, size - 1), HEAD + own, NEVER)
        return worth

    cdef bint begins_foreign(self, const Word* word) noexcept nogil:
        return self.foreign_beginnings.begin(word) and not self.native_beginnings.begin(word)

    cdef void fetch(self, const Word* word) noexcept nogil:
        """Asks for the memory that ``best`` looks at."""
        cdef int i, size = word.size
        for i in range(2, size + 1):
            prefetch(&self.buckets[word.hashes[i] >> SHIFT])
        for i in range(2, size - 1):
            prefetch(&self.buckets[between(word, i, size) >> SHIFT])
        for i in range(2, size + 1):
            prefetch(&self.keys[0] + KEYS * <Py_ssize_t>self.buckets[word.hashes[i] >> SHIFT])


cdef bint may_part(const Word* word):
    cdef int i
    if word.size < SHORTEST:
        return False
    for i in range(word.size):
        if not (<Py_UCS4>word.letters[i]).isalpha():
            return False
    return True
