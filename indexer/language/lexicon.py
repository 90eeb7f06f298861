"""Which Swedish words are known, how are they inflected, and which compounds do they build?

Read from the dictionary of the package hunspell-sv (LGPL-3), a dependency: nothing of it is copied
into this project. Its affix file says how words are inflected and what they look like as the first
part of a compound (familj → familje-, kyrka → kyrko-); both are used backwards here, from the form
in a text to the word. Not for deciding where a compound parts: that is ``compounds``.

Preparing takes about two seconds, so the prepared form is one block of bytes that is written once into
the environment and mapped from there; asking it needs no loading. Little-endian:

    64 bytes   magic and fingerprint
    uint32     n, number of entries; length of the rules
    uint32     bucket[2^16 + 1]: entries whose CRC-32 begins with the 16 bits b are
               bucket[b] … bucket[b + 1]
    uint32     crc[n], sorted
    uint32     start[n + 1]: entry i is text[start[i]:start[i + 1]]
    text       "form, flags, base, leading, trailing" of each entry, tabs between, newline, UTF-8
    rules      the suffix rules, one a line: "flag strip ending condition"
    8 bytes    the end mark
"""

from __future__ import annotations

import hashlib
import mmap
import re
import sys
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

from indexer.language.irregular import UNINFLECTED, irregular

_PACKAGE = "hunspell-sv"
_MAGIC = b"kompass lexicon 5 "
_END = b"lexicon\n"
_INFLECTING = frozenset("ABCDEFGHIJKLMNOPQRTmk")  # flags whose suffixes inflect a word
_LEADING = frozenset("zgyhxwvfuit")  # flags whose suffixes make it the first part of a compound
BOUND = "Z"  # hunspell's ONLYINCOMPOUND: not a word of its own
NAME = "^"  # our own flag: written with a capital only


def is_word(flags: str | None) -> bool:
    """A word of its own, and not only a name."""
    return False if not flags else BOUND not in flags and NAME not in flags


def leads(flags: str) -> bool:
    """Marked as first part of compounds: COMPOUNDBEGIN, COMPOUNDMIDDLE, or s, which adds the first."""
    return "X" in flags or "U" in flags or "s" in flags


def ends(flags: str) -> bool:
    """Marked as last part of compounds (COMPOUNDEND), or of a number word (fem-åring)."""
    return "Y" in flags or "6" in flags


class Entry(NamedTuple):
    """What is known about a form."""

    flags: str  # hunspell's flags, never empty
    base: str  # the word that this is the first part of, for a form such as familje
    leading: int  # words of the dictionary that begin so and go on with a known word
    trailing: int  # words of the dictionary that end so after a known first part


class Lexicon:
    """The prepared dictionary: answers from the bytes themselves, without loading them.

    A build asks a hundred times a word: ``hold`` then makes ``flags``, on which everything rests, ten
    times faster.
    """

    flags: Callable[[str], str | None]
    """The flags of a form; None when it is unknown."""

    def __init__(self, prepared: bytes | mmap.mmap) -> None:
        view = memoryview(prepared)
        count, rules = view[64:72].cast("I")
        at = 72 + 4 * ((1 << 16) + 1)
        self._buckets = view[72:at].cast("I")
        self._crcs = view[at : at + 4 * count].cast("I")
        at += 4 * count
        self._starts = view[at : at + 4 * (count + 1)].cast("I")
        self._text = at + 4 * (count + 1)
        self.prepared = prepared
        self.flags = self._mapped_flags
        end = len(view) - len(_END)
        lines = bytes(view[end - rules : end]).decode().splitlines()
        self._endings = _by_ending([tuple(line.split(" ")) for line in lines])

    def entry(self, form: str) -> Entry | None:
        """What is known about ``form`` (lower case), or None."""
        key = form.encode()
        crc = crc32(key)
        bucket = crc >> 16
        for i in range(self._buckets[bucket], self._buckets[bucket + 1]):
            if self._crcs[i] == crc:
                at = self._text
                record = self.prepared[at + self._starts[i] : at + self._starts[i + 1]]
                if record.startswith(key + b"\t"):
                    _, flags, base, leading, trailing = record.decode().split("\t")
                    return Entry(flags, base, int(leading), int(trailing))
        return None

    def _mapped_flags(self, form: str) -> str | None:
        entry = self.entry(form)
        return entry.flags if entry else None

    def lemmas(self, form: str) -> Iterator[str]:
        """The words that ``form`` is an inflected form of, shortest ending first."""
        flags_of = self.flags
        for ending, strips in self._endings.get(form[-2:], ()):
            if form.endswith(ending):
                stem = form[: -len(ending)]
                for strip, rules in strips:
                    flags = flags_of(stem + strip)
                    if flags:
                        for flag, condition in rules:
                            if flag in flags and condition.search(stem + strip):
                                yield stem + strip
                                break

    def lemma(self, form: str) -> str | None:
        """The word that ``form`` most likely is a form of, itself if it is inflected in its own right.

        None when it is unknown, or known without any inflection.
        """
        if form in UNINFLECTED:
            return form
        if found := irregular(form):
            before, word = found
            if not before or is_word(self.flags(before + word)):
                return before + word
        flags = self.flags(form)
        if flags and is_word(flags) and not _INFLECTING.isdisjoint(flags):
            return form
        name = None
        for word in self.lemmas(form):
            if len(word) < 2 or (flags and form == word[:-2] + "a"):
                continue  # andra is not a form of andrum
            if NAME in (self.flags(word) or ""):
                name = name or word
            else:
                return word
        return name

    def forms(self, word: str) -> Iterator[str]:
        """The inflected forms of ``word`` (all that its flags allow); the way back from ``lemmas``."""
        flags = self.flags(word) or ""
        endings = {e: strips for found in self._endings.values() for e, strips in found}
        for ending, strips in endings.items():
            for strip, rules in strips:
                if word.endswith(strip) and any(f in flags and c.search(word) for f, c in rules):
                    yield word.removesuffix(strip) + ending

    def hold(self) -> None:
        """Reads all flags into memory: worth its 0.3 s and 30 MB for more than some thousand words."""
        text = self.prepared[self._text + self._starts[0] : self._text + self._starts[-1]].decode()
        shared: dict[str, str] = {}  # the 3,000 different flags, once each
        found: dict[str, str] = {}
        for line in text.splitlines():
            form, flags, _ = line.split("\t", 2)
            found[form] = shared.setdefault(flags, flags)
        self.flags = found.get


_Rule = tuple[str, re.Pattern[str]]
_Strips = list[tuple[str, list[_Rule]]]


def _by_ending(rules: list[tuple[str, ...]]) -> dict[str, list[tuple[str, _Strips]]]:
    """last two letters → [(ending, [(what it replaced, [(flag, what the word must end in)])])]"""
    table: dict[str, dict[str, list[_Rule]]] = {}
    for flag, strip, ending, condition in rules:
        rule = (flag, re.compile(condition + "$"))
        table.setdefault(ending, {}).setdefault(strip, []).append(rule)
    found: dict[str, list[tuple[str, _Strips]]] = {}
    single = {ending for ending in table if len(ending) == 1}
    letters = "abcdefghijklmnopqrstuvwxyzåäöéü:"
    pairs = {ending[-2:] for ending in table if len(ending) > 1}
    pairs |= {letter + ending for letter in letters for ending in single}
    for pair in pairs:
        endings = [e for e in table if pair.endswith(e) or e.endswith(pair)]
        found[pair] = [(e, list(table[e].items())) for e in sorted(endings, key=len)]
    return found


@cache
def swedish() -> Lexicon:
    """The lexicon of this process: mapped from the prepared file, which is made when it is missing.

    Like Python's own compiled files it lies in the environment, below ``share``; where that cannot be
    written, the lexicon is prepared in memory.
    """
    path = _prepared_file()
    with suppress(OSError, ValueError):
        return _mapped(path)
    lexicon = prepare()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(lexicon.prepared)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
    return lexicon


def _prepared_file() -> Path:
    return Path(sys.prefix) / "share" / "barnrattskompassen" / f"lexicon-{fingerprint()}.bin"


def _mapped(path: Path) -> Lexicon:
    """Raises OSError or ValueError when there is no such file or it is cut short."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if mapped[:64] != _header() or mapped[-len(_END) :] != _END:
        raise ValueError(f"{path} is not a prepared lexicon")
    return Lexicon(mapped)


def _header() -> bytes:
    return (_MAGIC + fingerprint().encode()).ljust(64)


def _files() -> tuple[Path, Path]:
    """The dictionary and the affix file of the installed package."""
    files = {Path(str(f)).name: f for f in metadata.files(_PACKAGE) or ()}
    return Path(str(files["sv_SE.dic"].locate())), Path(str(files["sv_SE.aff"].locate()))


@cache
def fingerprint() -> str:
    """Changes with the installed dictionary and with what this module makes of it."""
    sizes = [path.stat().st_size for path in _files()]
    mark = f"{_MAGIC!r} {metadata.version(_PACKAGE)} {sizes}"
    return hashlib.sha256(mark.encode()).hexdigest()[:16]


def prepare() -> Lexicon:
    """The lexicon of the installed package, made from its files (about two seconds)."""
    dictionary, affixes = (path.read_text("utf-8") for path in _files())
    inflections, leading = _rules(affixes)
    entries = _with_families(*_read(dictionary, leading))
    rules = "\n".join(" ".join(rule) for rule in inflections).encode()
    return Lexicon(_packed(entries, rules))


_Rules = list[tuple[str, ...]]


def _rules(affixes: str) -> tuple[_Rules, _Rules]:
    """The suffix rules that inflect and those that make first parts: (flag, strip, ending, condition)."""
    inflections: _Rules = []
    leading: _Rules = []
    for line in affixes.splitlines():
        fields = line.split()
        if len(fields) < 5 or fields[0] != "SFX":
            continue
        flag, strip, ending, condition = fields[1:5]
        ending = ending.partition("/")[0].replace("0", "")
        rule = (flag, strip.replace("0", ""), ending, condition if condition != "." else "")
        if flag in _INFLECTING and ending:
            inflections.append(rule)
        elif flag in _LEADING:
            leading.append(rule)
    return inflections, leading


def _read(dictionary: str, leading: _Rules) -> tuple[dict[str, str], dict[str, str]]:
    """(form → flags, first part → its word)"""
    rules: dict[str, list[tuple[str, str, re.Pattern[str]]]] = {}
    for flag, strip, ending, condition in leading:
        rules.setdefault(flag, []).append((strip, ending, re.compile(condition + "$")))
    common: dict[str, str] = {}
    names: dict[str, str] = {}
    bound: dict[str, str] = {}
    bases: dict[str, str] = {}
    for line in dictionary.splitlines()[1:]:
        written, _, flags = line.partition("/")
        if BOUND in flags:
            written = written.strip("-")
        if "%" in flags or not written.isalpha():  # % is FORBIDDENWORD
            continue
        word = written.lower()
        kind = bound if BOUND in flags else common if word == written else names
        kind[word] = kind.get(word, "") + (flags or ".")
        for flag in _LEADING.intersection(flags):
            for strip, ending, pattern in rules[flag]:
                if pattern.search(word):
                    form = word.removesuffix(strip) + ending
                    if form not in bases or form.startswith(word):  # rätts is from rätt, not rätta
                        bases[form] = word
    words = dict.fromkeys(bases, BOUND)
    words |= bound
    words |= {word: flags + NAME for word, flags in names.items()}
    words |= common
    return words, bases


def _with_families(words: dict[str, str], bases: dict[str, str]) -> dict[str, Entry]:
    """Every form with the number of dictionary words that it begins and ends."""
    heads = {w for w, flags in words.items() if len(w) > 2 and (is_word(flags) or ends(flags))}
    starts = {w for w, flags in words.items() if is_word(flags) or leads(flags)} | bases.keys()
    leading: Counter[str] = Counter()
    trailing: Counter[str] = Counter()
    for word, flags in words.items():
        if not is_word(flags):
            continue
        for cut in range(2, len(word) - 1):
            head = word[cut:]
            if head in heads:
                first = word[:cut]
                leading[first] += 1
                if first in starts:
                    trailing[head] += 1
    entries = {w: Entry(flags, bases.get(w, ""), leading[w], trailing[w]) for w, flags in words.items()}
    for form, size in leading.items():
        if size > 1 and form not in entries:
            entries[form] = Entry(BOUND, "", size, 0)
    return entries


def _packed(entries: dict[str, Entry], rules: bytes) -> bytes:
    keys = [form.encode() for form in entries]
    crcs = np.fromiter(map(crc32, keys), np.uint32, len(keys))
    order = np.argsort(crcs, kind="stable")
    crcs = crcs[order]
    buckets = np.searchsorted(crcs >> np.uint32(16), np.arange((1 << 16) + 1)).astype("<u4")
    values = list(entries.values())
    records = [
        b"%b\t%b\t%b\t%d\t%d\n" % (keys[i], e.flags.encode(), e.base.encode(), e.leading, e.trailing)
        for i, e in ((i, values[i]) for i in order)
    ]
    starts = np.zeros(len(records) + 1, "<u4")
    np.cumsum([len(r) for r in records], out=starts[1:])
    counts = array("I", [len(keys), len(rules)])
    arrays = (counts, buckets, crcs.astype("<u4"), starts)
    return b"".join((_header(), *(a.tobytes() for a in arrays), *records, rules, _END))
