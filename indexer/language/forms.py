"""What is known about a string? One look-up: its word, and its worth as part of a compound.

A table over all words of the dictionary, their inflected forms and the first parts of compounds (a
million strings), mapped from a file, so that asking needs no loading. It is prepared in about ten
seconds and kept, like Python's own compiled files, in the environment. Strings are not stored, only
their hashes: h("") = 0, h(s + c) = h(s) · BASE + ord(c) mod 2^64, so that one pass over a word gives
the hashes of all its beginnings, and thereby of all its ends: h(end) = h(word) - h(beginning) ·
BASE^len(end). That a strange string has the hash of a known one happens once in 10^13 times.

    64 bytes   magic and fingerprint
    uint32     number of records; length of the tails
    uint32     bucket[2^20 + 1]: records whose hash begins with the 20 bits b are bucket[b] … bucket[b + 1]
    records    sorted by hash, 24 bytes each: uint64 hash; int16 lemma, base (codes, below), lead and
               head, each plain and without the word itself, and whole (hundredths); uint16 marks
    tails      what a lemma or base ends in instead, newlines between
    8 bytes    the end mark

A code says how to get from the form to the word: cut off ``code % 32`` letters, add tail ``code // 32``;
0 when there is none. arbets → arbete is (1, "e").
"""

from __future__ import annotations

import hashlib
import logging
import mmap
import sys
import tempfile
from array import array
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from indexer.language import dictionary, irregular, parts
from indexer.language.dictionary import Dictionary

_log = logging.getLogger(__name__)
NEVER = -32768
_NONE = -1
_NEVER = array("h", (NEVER, NEVER))
_WORD, _ADJECTIVE = 1, 2  # marks
_BASE = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_SHIFT = 44
_MAGIC = b"kompass forms 1 "
_END = b"forms.\n\n"
LONGEST = 60  # letters of a word that is looked at: realisationsvinstbeskattning has 29
_POWERS = [pow(_BASE, n, 1 << 64) for n in range(LONGEST + 1)]
_Hashes = np.ndarray[Any, np.dtype[np.uint64]]
_Matrix = np.ndarray[Any, np.dtype[np.int32]]


class Forms:
    """The table. A string is found by its hash; what is found is the number of its record, or -1."""

    def __init__(self, prepared: bytes | mmap.mmap) -> None:
        view = memoryview(prepared)
        count, tails = view[64:72].cast("I")
        at = 72 + 4 * ((1 << 20) + 1)
        self._buckets = view[72:at].cast("I")
        at += 4  # records begin at a multiple of eight
        self._hashes = view[at : at + 24 * count].cast("Q")
        self._values = view[at : at + 24 * count].cast("h")
        self._starts = np.frombuffer(self._buckets, np.uint32)
        self._keys = np.frombuffer(self._hashes, np.uint64)[::3]
        self._table = np.frombuffer(self._values, np.int16).reshape(-1, 12)[:, 4:]
        at += 24 * count
        self._tails = bytes(view[at : at + tails]).decode().split("\n")

    def find(self, h: int) -> int:
        """The record of the string with this hash."""
        bucket = h >> _SHIFT
        for i in range(self._buckets[bucket], self._buckets[bucket + 1]):
            if self._hashes[3 * i] == h:
                return i
        return -1

    def lemma(self, form: str) -> str | None:
        """The word that ``form`` most likely is a form of, itself if it is inflected in its own right.

        None when it is unknown, or known without any inflection.
        """
        lemma = self._coded(form, 4)
        return self._coded(form[:-1], 4) if lemma is None and _may_be_genitive(form) else lemma

    def base(self, part: str) -> str:
        """The word that the first part of a compound is a form of: arbets → arbete, kyrko → kyrka."""
        return self._coded(part, 5) or part.removesuffix("s")

    def is_word(self, form: str) -> bool:
        """A word of its own, and not only a name."""
        return bool(self._marks(form) & _WORD)

    def is_adjective(self, form: str) -> bool:
        return bool(self._marks(form) & _ADJECTIVE)

    def worth(self, word: str) -> tuple[list[int], list[int], int]:
        """(as first part the word up to i, as last part the word from i, against any cut), hundredths.

        The lists have an entry for every i from 0 to the length of ``word``; NEVER where it cannot be.
        """
        size = len(word)
        hashes = _hashes(word)
        whole = self.find(hashes[size])
        own = 1 if whole >= 0 and self._values[12 * whole + 11] & _WORD else 0
        leads = [NEVER] * (size + 1)
        heads = [NEVER] * (size + 1)
        for i in range(2, size - 1):
            record = self.find(hashes[i])
            if record >= 0:
                leads[i] = self._values[12 * record + 6 + own]
            record = self.find((hashes[size] - hashes[i] * _POWERS[size - i]) & _MASK)
            if record >= 0:
                heads[i] = self._values[12 * record + 8 + own]
            if heads[i] == NEVER and word[-1] == "s":
                record = self.find((hashes[size - 1] - hashes[i] * _POWERS[size - 1 - i]) & _MASK)
                if record >= 0:
                    heads[i] = self._values[12 * record + 8 + own]
        return leads, heads, self._values[12 * whole + 10] if whole >= 0 else 0

    def worths(self, words: list[str]) -> tuple[_Matrix, _Matrix, _Matrix]:
        """``worth`` of k words of one length: two arrays (k, length + 1) and one (k,) of int32."""
        size = len(words[0])
        hashes = _hash_columns(words)
        whole = self.find_all(hashes[size])
        rows = np.arange(len(words))
        known = whole >= 0
        own = np.where(known, self._table[whole, 7] & _WORD, 0)
        leads = np.full((len(words), size + 1), NEVER, np.int32)
        heads = leads.copy()
        genitives = np.flatnonzero([word[-1] == "s" for word in words])
        for i in range(2, size - 1):
            lead = self.find_all(hashes[i])
            which = rows[lead >= 0]
            leads[which, i] = self._table[lead[which], 2 + own[which]]
            head = self.find_all(hashes[size] - hashes[i] * np.uint64(_POWERS[size - i]))
            which = rows[head >= 0]
            heads[which, i] = self._table[head[which], 4 + own[which]]
            which = genitives[heads[genitives, i] == NEVER]
            power = np.uint64(_POWERS[size - 1 - i])
            head = self.find_all(hashes[size - 1][which] - hashes[i][which] * power)
            which, head = which[head >= 0], head[head >= 0]
            heads[which, i] = self._table[head, 4 + own[which]]
        return leads, heads, np.where(known, self._table[whole, 6], 0).astype(np.int32)

    def find_all(self, hashes: _Hashes) -> np.ndarray[Any, np.dtype[np.int64]]:
        """``find`` for many hashes."""
        buckets = hashes >> np.uint64(_SHIFT)
        at = self._starts[buckets].astype(np.int64)
        left = self._starts[buckets + np.uint64(1)].astype(np.int64) - at
        found = np.full(len(hashes), -1, np.int64)
        active = np.flatnonzero(left > 0)
        while len(active):
            match = self._keys[at[active]] == hashes[active]
            found[active[match]] = at[active[match]]
            at[active] += 1
            left[active] -= 1
            active = active[~match & (left[active] > 0)]
        return found

    def lemmas(self, words: list[str]) -> list[str | None]:
        """``lemma`` of many words."""
        codes = self._codes(words)
        found = [self._decoded(w, code) for w, code in zip(words, codes, strict=True)]
        genitives = [i for i, w in enumerate(words) if found[i] is None and _may_be_genitive(w)]
        bare = [words[i][:-1] for i in genitives]
        for i, word, code in zip(genitives, bare, self._codes(bare), strict=True):
            found[i] = self._decoded(word, code)
        return found

    def _codes(self, words: list[str]) -> list[int]:
        records = self.find_all(_hash_all(words))
        codes: list[int] = np.where(records >= 0, self._table[records, 0], _NONE).tolist()
        return codes

    def _marks(self, form: str) -> int:
        record = self.find(_hashes(form)[-1])
        return self._values[12 * record + 11] if record >= 0 else 0

    def _coded(self, form: str, field: int) -> str | None:
        record = self.find(_hashes(form)[-1])
        return self._decoded(form, self._values[12 * record + field] if record >= 0 else _NONE)

    def _decoded(self, form: str, code: int) -> str | None:
        if code == _NONE:
            return None
        return form[: len(form) - code % 32] + self._tails[code // 32] if code else form


def _may_be_genitive(form: str) -> bool:
    return len(form) > 3 and form[-1] == "s"


def _hashes(word: str) -> list[int]:
    """Of all beginnings of ``word``, from the empty one to the word itself."""
    h = 0
    found = [0]
    for c in word[:LONGEST]:
        h = (h * _BASE + ord(c)) & _MASK
        found.append(h)
    return found


@cache
def swedish() -> Forms:
    """The table of this process: mapped from its file, which is made when it is missing.

    Where the environment cannot be written, the table is prepared in memory.
    """
    path = Path(sys.prefix) / "share" / "barnrattskompassen" / f"forms-{fingerprint()}.bin"
    with suppress(OSError, ValueError):
        return _mapped(path)
    _log.warning("Preparing the Swedish dictionary, once for this installation: some ten seconds.")
    prepared = prepare(dictionary.read())
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(prepared)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
        for older in path.parent.glob("forms-*.bin"):
            if older != path:
                older.unlink()
    return Forms(prepared)


def _mapped(path: Path) -> Forms:
    """Raises OSError or ValueError when there is no such file or it is cut short."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if mapped[:64] != _header() or mapped[-len(_END) :] != _END:
        raise ValueError(f"{path} is not a table of forms")
    return Forms(mapped)


@cache
def fingerprint() -> str:
    """Changes with the dictionary, the weights, and the layout of the table."""
    files = (dictionary.__file__, irregular.__file__, parts.__file__, __file__)
    source = "".join(Path(file).read_text("utf-8") for file in files)
    mark = f"{_MAGIC!r} {dictionary.fingerprint()} {source}"
    return hashlib.sha256(mark.encode()).hexdigest()[:16]


def _header() -> bytes:
    return (_MAGIC + fingerprint().encode()).ljust(64)


def prepare(words: Dictionary) -> bytes:
    """The table as bytes."""
    lemmas = words.lemmas()
    strings = dict.fromkeys(words.flags) | dict.fromkeys(lemmas)
    strings |= dict.fromkeys(
        part for part in words.leading if part[-1] in "oue" or part + "r" in irregular.IRREGULAR
    )
    for word, flags in words.flags.items():
        if dictionary.is_word(flags) and len(word) <= _LONG:
            strings[word + "s"] = None
            if word[-1] in "ae":
                strings[word[:-1]] = None
            if len(word) <= _SHORT:
                strings |= dict.fromkeys(parts.derived(word))
    tails = {"": 0}
    kept: list[str] = []
    values = array("h")
    heads: dict[str, array[int]] = {}  # word → worth of its forms, all alike from five letters on
    inflected = round(100 * parts.WHOLE["inflected"])
    for string in strings:
        lemma = lemmas.get(string)
        flags = words.flags.get(string, "")
        lead = parts.lead_facts(words, string)
        alike = lemma if not flags and len(string) > 4 and string not in parts.SUFFIXES else None
        head = heads.get(alike) if alike else None
        if head is None:
            facts = parts.head_facts(words, string, lemma)
            head = _hundredths(parts.HEAD, facts) if facts else _NEVER
            if alike:
                heads[alike] = head
        if (lemma is None and lead is None and head is _NEVER) or len(string) > LONGEST:
            continue
        whole = inflected if lemma else 0
        if flags:
            facts = parts.whole_facts(words, string, lemma)
            whole = _hundredths(parts.WHOLE, facts)[0] if facts else 0
        kept.append(string)
        values.append(_code(string, lemma, tails))
        values.append(_code(string, words.base(string), tails) if lead else _NONE)
        values += _hundredths(parts.LEAD, lead) if lead else _NEVER
        values += head
        values.append(whole)
        values.append(_WORD * dictionary.is_word(flags) + _ADJECTIVE * dictionary.is_adjective(flags))
    return _packed(kept, values, "\n".join(tails).encode())


_LONG = 9  # letters of the longest word that is a first part in a way the dictionary does not say
_SHORT = 6  # letters of the longest word that compounds derive from: språk, and språkig


def _hundredths(weights: Mapping[str, float], facts: parts.Facts) -> array[int]:
    plain, own = parts.totals(weights, facts)
    return array("h", (round(100 * plain), round(100 * own)))


def _code(form: str, word: str | None, tails: dict[str, int]) -> int:
    if word is None or word == form:
        return _NONE if word is None else 0
    same = min(len(form), len(word))
    while not form.startswith(word[:same]):
        same -= 1
    tail = tails.setdefault(word[same:], len(tails))
    return len(form) - same + 32 * tail if len(form) - same < 32 and tail < 1024 else _NONE


def _hash_columns(words: list[str]) -> list[_Hashes]:
    """``_hashes`` of many words of one length: for every length of beginnings an array."""
    text = "".join(words).encode("utf-32-le", "surrogatepass")
    letters = np.frombuffer(text, "<u4").reshape(len(words), -1).astype(np.uint64)
    found = [np.zeros(len(words), np.uint64)]
    for column in letters.T:
        found.append(found[-1] * np.uint64(_BASE) + column)
    return found


def _hash_all(words: list[str]) -> _Hashes:
    """The hash of every word, none longer than LONGEST."""
    found = np.zeros(len(words), np.uint64)
    sizes = np.array([len(w) for w in words])
    for size in np.unique(sizes):
        which = np.flatnonzero(sizes == size)
        found[which] = _hash_columns([words[i] for i in which])[-1]
    return found


def _packed(strings: list[str], values: array[int], tails: bytes) -> bytes:
    records = np.zeros(len(strings), [("hash", "<u8"), ("values", "<i2", 8)])
    records["hash"] = _hash_all(strings)
    records["values"] = np.frombuffer(values, np.int16).reshape(-1, 8)
    records = records[np.argsort(records["hash"])]
    edges = np.arange((1 << 20) + 1, dtype=np.uint64)
    buckets = np.searchsorted(records["hash"] >> np.uint64(_SHIFT), edges).astype("<u4")
    counts = np.array([len(records), len(tails)], "<u4")
    arrays = (counts.tobytes(), buckets.tobytes(), bytes(4), records.tobytes())
    return b"".join((_header(), *arrays, tails, _END))
