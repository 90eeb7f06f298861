"""Where are the words of many texts, and which are the same? ``language.TOKEN`` worked out on arrays.

A regular expression finds 3 million words a second and a dictionary tells them apart at 10 million; here a
few passes over the characters of many texts do both at 20 million. What joins two runs of letters (``FN:s``,
``2014/123``) is asked of TOKEN itself when this module is loaded, for letters and digits before and after;
that TOKEN looks no further is held by a test. Not for what a word means, nor for queries: those use TOKEN.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from indexer.engine.arrays import Array
from indexer.language import TOKEN
from indexer.language.suspended import HYPHENS

_NOTHING, _LETTER, _DIGIT, _JOINER = 0, 1, 2, 3
_BYTE = 1 << 8
_PLANE = 1 << 16  # characters beyond are rare and asked one by one
_U = np.uint64
_ODD = _U(0x9E3779B97F4A7C15)
_OTHER = 255
"""Stands among the bytes for a small letter that is none of the first 256."""


class Tokens(NamedTuple):
    """Words of several texts, in order: ``hashes`` uint64, ``starts`` and ``ends`` in the texts joined
    (int64).

    ``counts``: how many words each text has; ``text``: the texts joined; ``offsets``: where each begins in
    it; ``hyphened``: the words behind which a hyphen hangs, then those that it hangs before.
    """

    hashes: Array
    starts: Array
    ends: Array
    counts: Array
    text: str
    offsets: Array
    hyphened: Array


class _Tables(NamedTuple):
    kind: Array  # uint8 (65,536): nothing, letter, digit, or _JOINER and a joiner's own number from 0
    lower: Array  # uint32 (65,536): the small letter
    rules: Array  # bool (joiners, 3, 3): does it join what is before and after?
    byte: bytes  # of each of the first 256: 0, a joiner's number from 1, or the small letter
    joiners: int  # how many there are: bytes above stand for letters and digits
    hyphens: Array  # bool (joiners): is it one?


@cache
def _tables() -> _Tables:
    kind = np.zeros(_PLANE, np.uint8)
    lower = np.arange(_PLANE, dtype=np.uint32)
    rules: list[Array] = []
    hyphens: list[bool] = []
    samples = {_LETTER: "a", _DIGIT: "1"}
    for code in range(_PLANE):
        char = chr(code)
        if char.isalnum():
            kind[code] = _DIGIT if char.isdecimal() else _LETTER
            low = char.lower()
            lower[code] = ord(low) if len(low) == 1 else code
        elif code < 0x300 or 0x2000 <= code < 0x2070:
            rule = np.zeros((3, 3), bool)
            for before, a in samples.items():
                for after, b in samples.items():
                    match = TOKEN.match(a + char + b)
                    rule[before, after] = match is not None and match.end() == 3
            if rule.any():
                kind[code] = _JOINER + len(rules)
                rules.append(rule)
                hyphens.append(char in HYPHENS)
    low_bytes = _bytes(kind, lower)[:_BYTE].tobytes()
    return _Tables(kind, lower, np.stack(rules), low_bytes, len(rules), np.array(hyphens))


def _bytes(kind: Array, lower: Array) -> Array:
    """What stands for characters among the bytes (uint8): see ``_Tables.byte`` and ``_OTHER``."""
    letters = np.where(lower < _BYTE, lower, _OTHER)
    signs = np.where(kind == _NOTHING, 0, kind - _JOINER + 1)
    return np.where((kind == _LETTER) | (kind == _DIGIT), letters, signs).astype(np.uint8)


_MASKS = np.array([(1 << 8 * n) - 1 for n in range(9)], _U)
"""Keeps the first n bytes of eight."""


def tokenise(texts: Sequence[str]) -> Tokens:
    """The words of ``texts``: those that TOKEN finds in each, and a hash of each that capitals do not
    change.
    """
    tables = _tables()
    text = "\n" + "\n".join(texts) + "\n" * 8  # eight bytes can be read from every letter on
    codes = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    if len(codes) != len(text):
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    # The low byte is right for the first 256 characters, nearly all there are.
    bytes_ = np.frombuffer(bytearray(codes.astype(np.uint8)).translate(tables.byte), np.uint8)
    others = np.flatnonzero(codes >= _BYTE)
    if len(others):
        kind, lower = _described(codes[others])
        bytes_[others] = _bytes(kind, lower)
        beyond = (lower >= _BYTE) & ((kind == _LETTER) | (kind == _DIGIT))
        others, lower = others[beyond], lower[beyond]
    word = bytes_ > tables.joiners
    joiner = np.flatnonzero(bytes_ - np.uint8(1) < tables.joiners)
    before, after = (_described(codes[joiner + step])[0] for step in (-1, 1))
    rules = tables.rules[bytes_[joiner] - 1]
    apart = (before >= _JOINER) | (after >= _JOINER)
    before[apart] = after[apart] = _NOTHING
    word[joiner[rules[np.arange(len(joiner)), before, after]]] = True
    edge = np.zeros(len(word), bool)
    np.not_equal(word[1:], word[:-1], out=edge[1:])
    starts, ends = np.flatnonzero(edge).reshape(-1, 2).T.copy()

    hashes = _hashes(bytes_, starts, ends)
    if len(others):
        owner = np.searchsorted(starts, others, "right") - 1
        np.add.at(hashes, owner, _mixed(lower.astype(_U) * _ODD + (others - starts[owner]).astype(_U)))
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    offsets = np.cumsum(lengths) - lengths + 1
    counts = np.diff(np.searchsorted(starts, offsets), append=len(starts))
    hyphen = joiner[tables.hyphens[bytes_[joiner] - 1]]
    behind = hyphen[word[hyphen - 1] & ~word[hyphen] & ~word[hyphen + 1]]
    ahead = hyphen[word[hyphen + 1] & ~word[hyphen] & ~word[hyphen - 1]]
    hyphened = np.concatenate((np.searchsorted(ends, behind), np.searchsorted(starts, ahead + 1)))
    return Tokens(hashes, starts, ends, counts, text, offsets, hyphened)


def _hashes(bytes_: Array, starts: Array, ends: Array) -> Array:
    """A hash (uint64) of each word's bytes, eight at a time; words of eight or less never share one.

    A running sum over all characters, which was here before, takes twice as long.
    """
    eight = np.ndarray(len(bytes_) - 7, "<u8", bytes_.data, strides=(1,))  # from every byte on
    sizes = ends - starts
    hashes = _mixed(eight[starts] & _MASKS.take(np.minimum(sizes, 8)))
    long = np.flatnonzero(sizes > 8)
    at = 0
    while len(long):
        at += 8
        left = sizes[long] - at
        more = eight[starts[long] + at] & _MASKS.take(np.minimum(left, 8))
        hashes[long] = _mixed(hashes[long] ^ more)
        long = long[left > 8]
    return hashes


def _mixed(values: Array) -> Array:
    """``values`` (uint64, changed in place) with every bit in many others; no two become the same."""
    values *= _ODD
    values ^= values >> _U(32)
    return values


def _described(codes: Array) -> tuple[Array, Array]:
    """Kind (uint8) and small letter (uint32) of characters."""
    tables = _tables()
    low = np.minimum(codes, _PLANE - 1)
    kind, lower = tables.kind[low], tables.lower[low]
    for place in np.flatnonzero(codes >= _PLANE).tolist():
        char = chr(codes[place])
        low_char = char.lower()
        kind[place] = (_DIGIT if char.isdecimal() else _LETTER) if char.isalnum() else _NOTHING
        lower[place] = ord(low_char) if len(low_char) == 1 else ord(char)
    return kind, lower


class Numbers:
    """Numbers for hashes, given in order of appearance: an open hash table, asked many at a time.

    Places in the table hold numbers from 1, and 0 where they are free; the hash of each number lies beside.
    Words that came early, mostly the common ones, lie where they are looked for first.
    """

    def __init__(self, bits: int = 16) -> None:
        self._bits = bits
        self._table = np.zeros(1 << bits, np.int64)
        self._keys = np.zeros(1 << bits, _U)
        self.count = 0

    def number(self, hashes: Array) -> tuple[Array, Array]:
        """Numbers (uint32) of ``hashes``, and the places where those stand that had none before, in their
        order.
        """
        if not hashes.all():
            hashes = np.maximum(hashes, _U(1))  # 0 is nobody's key
        numbers = self._find(hashes)
        missing = np.flatnonzero(numbers == 0)
        if len(missing):
            new, first = np.unique(hashes[missing], return_index=True)
            order = np.argsort(first)
            self._insert(new[order])
            numbers[missing] = self._find(hashes[missing])
            missing = missing[first[order]]
        numbers -= 1
        return numbers.astype(np.uint32), missing

    def _slots(self, hashes: Array) -> Array:
        slots = hashes * _ODD
        slots >>= _U(64 - self._bits)
        return slots.view(np.int64)

    def _find(self, hashes: Array) -> Array:
        """Numbers from 1; 0 for hashes that have none (int64)."""
        slots = self._slots(hashes)
        numbers = self._table.take(slots)
        open_ = np.flatnonzero(self._keys.take(numbers) != hashes)
        while len(open_):
            open_ = open_[numbers[open_] > 0]
            slots[open_] += 1
            found = self._table.take(slots[open_], mode="wrap")
            numbers[open_] = found
            open_ = open_[self._keys.take(found) != hashes[open_]]
        return numbers

    def _insert(self, hashes: Array) -> None:
        first = self.count + 1
        self.count += len(hashes)
        if grown := self.count * 2 > len(self._table):
            self._bits = (self.count * 2).bit_length()
            self._table = np.zeros(1 << self._bits, np.int64)
            self._keys = np.pad(self._keys[:first], (0, (1 << self._bits) - first))
        self._keys[first : self.count + 1] = hashes
        self._place(np.arange(self.count, 0 if grown else first - 1, -1))

    def _place(self, numbers: Array) -> None:
        """Puts numbers, the last first, into the table."""
        slots = self._slots(self._keys[numbers])
        while len(numbers):
            free = self._table.take(slots, mode="wrap") == 0
            np.put(self._table, slots[free], numbers[free], mode="wrap")  # of several the last stays
            left = self._table.take(slots, mode="wrap") != numbers
            numbers, slots = numbers[left], slots[left] + 1
