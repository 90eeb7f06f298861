"""Where are the words of many texts, and which are the same? ``language.TOKEN`` worked out on arrays.

A regular expression finds 3 million words a second and a dictionary tells them apart at 10 million; here one
pass over the characters of many texts does both at 50 million. What joins two runs of letters (``FN:s``,
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

_NOTHING, _LETTER, _DIGIT, _JOINER = 0, 1, 2, 3
_BYTE = 1 << 8
_PLANE = 1 << 16  # characters beyond are rare and asked one by one
_U = np.uint64


class Tokens(NamedTuple):
    """Words of several texts, in order: ``hashes`` uint64, ``starts`` and ``ends`` in the texts joined
    (int64).

    ``counts``: how many words each text has; ``text``: the texts joined; ``offsets``: where each begins in
    it.
    """

    hashes: Array
    starts: Array
    ends: Array
    counts: Array
    text: str
    offsets: Array


class _Tables(NamedTuple):
    kind: Array  # uint8 (65,536): nothing, letter, digit, or a joiner's own number
    lower: Array  # uint16 (65,536): the small letter
    rules: Array  # bool (joiners, 3, 3): does it join what is before and after?
    first_kind: bytes  # kind and lower of the first 256: one table look-up of bytes does those
    first_lower: bytes


@cache
def _tables() -> _Tables:
    kind = np.zeros(_PLANE, np.uint8)
    lower = np.arange(_PLANE, dtype=np.uint16)
    rules = [np.zeros((3, 3), bool)] * _JOINER
    samples = {_LETTER: "a", _DIGIT: "1"}
    for code in range(_PLANE):
        char = chr(code)
        if char.isalnum():
            kind[code] = _DIGIT if char.isdecimal() else _LETTER
            low = char.lower()
            lower[code] = ord(low) if len(low) == 1 and ord(low) < _PLANE else code
        elif code < 0x300 or 0x2000 <= code < 0x2070:
            rule = np.zeros((3, 3), bool)
            for before, a in samples.items():
                for after, b in samples.items():
                    match = TOKEN.match(a + char + b)
                    rule[before, after] = match is not None and match.end() == 3
            if rule.any():
                kind[code] = len(rules)
                rules.append(rule)
    return _Tables(
        kind, lower, np.stack(rules), kind[:_BYTE].tobytes(), lower[:_BYTE].astype(np.uint8).tobytes()
    )


@cache
def _powers(size: int) -> tuple[Array, Array]:
    """Powers of an odd number modulo 2^64, and of its inverse."""
    base = 0x9E3779B97F4A7C15
    powers = []
    for number in (base, pow(base, -1, 1 << 64)):
        steps = np.full(size, number, _U)
        steps[0] = 1
        powers.append(np.cumprod(steps, dtype=_U))
    return powers[0], powers[1]


def tokenise(texts: Sequence[str]) -> Tokens:
    """The words of ``texts``: those that TOKEN finds in each, and a hash of each that capitals do not change.

    The hash is a polynomial in the characters modulo 2^64, taken for every word from one running sum.
    """
    tables = _tables()
    text = "\n" + "\n".join(texts) + "\n"
    codes = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    if len(codes) != len(text):
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    bytes_ = codes.astype(np.uint8).tobytes()  # right for the first 256 characters, nearly all there are
    kind = np.frombuffer(bytearray(bytes_.translate(tables.first_kind)), np.uint8)
    value = np.frombuffer(bytes_.translate(tables.first_lower), np.uint8).astype(_U)
    other = np.flatnonzero(codes >= _BYTE)
    if len(other):
        kind[other], value[other] = _described(codes[other])
    joiner = np.flatnonzero(kind >= _JOINER)
    rules = tables.rules[kind[joiner]]
    kind[joiner] = _NOTHING
    joins = rules[np.arange(len(joiner)), kind[joiner - 1], kind[joiner + 1]]
    kind[joiner[joins]] = _LETTER
    word = kind != _NOTHING
    edges = np.flatnonzero(word[1:] != word[:-1])
    starts, ends = edges[::2] + 1, edges[1::2] + 1

    power, inverse = _powers(1 << len(codes).bit_length())
    value *= power[: len(codes)]
    np.cumsum(value, out=value)
    sums = value[edges]
    hashes = (sums[1::2] - sums[::2]) * inverse[starts]
    hashes ^= hashes >> _U(29)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    offsets = np.cumsum(lengths) - lengths + 1
    counts = np.diff(np.searchsorted(starts, offsets), append=len(starts))
    return Tokens(hashes, starts, ends, counts, text, offsets)


def _described(codes: Array) -> tuple[Array, Array]:
    """Kind (uint8) and small letter (uint64) of characters."""
    tables = _tables()
    low = np.minimum(codes, _PLANE - 1)
    kind, value = tables.kind[low], tables.lower[low].astype(_U)
    for place in np.flatnonzero(codes >= _PLANE).tolist():
        char = chr(codes[place])
        low_char = char.lower()
        kind[place] = (_DIGIT if char.isdecimal() else _LETTER) if char.isalnum() else _NOTHING
        value[place] = ord(low_char) if len(low_char) == 1 else ord(char)
    return kind, value


class Numbers:
    """Numbers for hashes, given in order of appearance: an open hash table in two arrays, asked many at a
    time.
    """

    def __init__(self, bits: int = 16) -> None:
        self._allocate(bits)
        self.count = 0

    def _allocate(self, bits: int) -> None:
        self._bits = bits
        self._keys = np.zeros(1 << bits, _U)  # 0: free
        self._values = np.zeros(1 << bits, np.uint32)

    def number(self, hashes: Array) -> tuple[Array, Array]:
        """Numbers (uint32) of ``hashes``, and the places where those stand that had none before, in their
        order.
        """
        hashes = np.maximum(hashes, _U(1))
        numbers, missing = self._find(hashes)
        if not len(missing):
            return numbers, missing
        new, first = np.unique(hashes[missing], return_index=True)
        order = np.argsort(first)
        self._insert(new[order], np.arange(self.count, self.count + len(new), dtype=np.uint32))
        self.count += len(new)
        numbers[missing] = self._find(hashes[missing])[0]
        return numbers, missing[first[order]]

    def _slot(self, hashes: Array) -> Array:
        return (hashes * _U(0x9E3779B97F4A7C15) >> _U(64 - self._bits)).astype(np.int64)

    def _find(self, hashes: Array) -> tuple[Array, Array]:
        slot = self._slot(hashes)
        numbers = self._values[slot]
        held = self._keys[slot]
        open_ = np.flatnonzero(held != hashes)
        missing = []
        mask = (1 << self._bits) - 1
        slot = slot[open_]
        held = held[open_]
        while len(open_):
            free = held == 0
            missing.append(open_[free])
            open_, slot = open_[~free], (slot[~free] + 1) & mask
            held = self._keys[slot]
            hit = held == hashes[open_]
            numbers[open_[hit]] = self._values[slot[hit]]
            open_, slot, held = open_[~hit], slot[~hit], held[~hit]
        return numbers, np.sort(np.concatenate(missing)) if missing else open_

    def _insert(self, hashes: Array, numbers: Array) -> None:
        if (self.count + len(hashes)) * 2 > len(self._keys):
            keys, values = self._keys, self._values
            bits = self._bits + 1
            while (self.count + len(hashes)) * 2 > 1 << bits:
                bits += 1
            self._allocate(bits)
            some = keys != 0
            self._place(keys[some], values[some])
        self._place(hashes, numbers)

    def _place(self, hashes: Array, numbers: Array) -> None:
        mask = (1 << self._bits) - 1
        slot = self._slot(hashes)
        while len(hashes):
            free = self._keys[slot] == 0
            self._keys[slot[free]] = hashes[free]  # of several with the same slot one stays
            mine = self._keys[slot] == hashes
            self._values[slot[mine]] = numbers[mine]
            hashes, numbers, slot = hashes[~mine], numbers[~mine], (slot[~mine] + 1) & mask
