"""Did you mean? The likeliest word of the corpus for a word that was probably mistyped.

A noisy channel: of the words w near the typed word t, the one with the greatest

    ln(1 + documents with w) - STEEPNESS · cost(t, w)

where cost is a Damerau-Levenshtein distance (F. J. Damerau, CACM 1964) in which likely slips cost less
(``_costs``). Only words of the corpus are suggested, or compounds of two of them, so a suggestion always
gives hits. A word of the corpus, a word of the dictionary, and a compound of such are right as they are.

Finding the near words must not look at 300,000 in Python. Words lie in arrays by length; two bit masks of
each (its letters, its pairs of letters) rule out all but some hundred by one pass of NumPy, and those
are compared in one batch.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from indexer.language import blocks, dictionary, forms
from indexer.language.analysis import analyser
from indexer.language.text import fold

FILE = "spelling.bin"
STEEPNESS = 8.0  # natural logarithms of frequency that one whole edit outweighs
FURTHEST = 2.2  # cost of the furthest word that is still suggested, for a long one
_FOR_EACH, _ONE_SLIP = 0.21, 1.15  # … for each letter typed; one whole slip always: hajdar is no handlar
_SHORT = {3: 0.85, 4: 1.0}  # … by letters: of three only a likely slip, since fou and nkr are abbreviations
_SHORTEST, _LONGEST = 3, 40  # letters of the words that are corrected
_LETTERS = 250  # different letters; words with rarer ones are left out
_SLIP = 1.0  # cost of the furthest word for one that may be right as it is
_CERTAIN = 500  # score above which a compound that no document has is right all the same
_RARE = 2  # documents with a word that no dictionary has and that may be a slip in the corpus itself
_BEYOND = 50  # times commoner the right word must be then

_ROWS = ("qwertyuiopå", "asdfghjklöä", "zxcvbnm")
_CONFUSED = ("eä", "oå", "ck", "cs", "gj", "vw", "iy", "kq", "dt", "bp", "zs", "uo", "yu")
_NEAR, _SOUND, _MARK, _SWAP, _DOUBLE, _FIRST = 0.75, 0.7, 0.5, 0.7, 0.6, 0.15
Array = np.ndarray[Any, Any]


class _Found(NamedTuple):
    word: str
    score: float
    cost: float


class Speller:
    """The words of a corpus with the number of documents that have them."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self._arrays = _packed(words)

    def save(self, directory: Path) -> None:
        blocks.write(Path(directory) / FILE, self._arrays)

    @classmethod
    def load(cls, directory: Path) -> Speller:
        """Maps what ``save`` wrote. Raises IndexMissing and IndexDamaged."""
        speller = cls.__new__(cls)
        speller._arrays = blocks.read(Path(directory) / FILE)
        return speller

    def suggest(self, word: str) -> str | None:
        """The word that ``word`` (lower case) was meant to be; None when it is right or nothing is near."""
        if not (_SHORTEST <= len(word) <= _LONGEST and word.isalpha()):
            return None
        if linked := self._linked(word):  # the dictionary has länstyrelsen, too
            return linked
        if self._known(word):
            return None
        documents, certain = self.documents(word), self._certainty(word)
        marked = _marked(word)
        if not documents and marked != word and (self.documents(marked) or self._certainty(marked)):
            return marked
        found = self._near(word, FURTHEST if not certain else _SLIP)
        if documents:
            found = [f for f in found if f.cost <= _SLIP and self.documents(f.word) >= _BEYOND * documents]
        if certain:
            found = [f for f in found if not _one_word(f.word, word)]
        if found:  # another form of the same word finds the same documents
            return found[0].word if not _one_word(found[0].word, word) else None
        return None if certain or documents else self._compound(word)

    def right(self, word: str) -> bool:
        """Is ``word`` (lower case) right as it is: of the corpus, the dictionary, a name, a sure compound?"""
        return self._known(word) and not self._linked(word)

    def _known(self, word: str) -> bool:
        known = self.documents(word) > _RARE or _is_word(word)
        name = word in _names() or word.removesuffix("s") in _names()
        return known or name or self._certainty(word) > _CERTAIN

    def suggest_phrase(self, words: Sequence[str], right: Container[str] = ()) -> tuple[str, ...] | None:
        """``words`` with the wrong ones replaced, two that are one word joined; None when all are right, as
        those ``right`` are in any case."""
        mended: list[str] = []
        before = ""  # as typed, joined with what it was joined with
        for word in words:
            joined = before + word if before else ""
            if joined and self.documents(joined) and not (self.documents(word) and self.documents(before)):
                mended[-1] = before = joined  # särskrivning: elev hälsa
            else:
                before = word
                mended.append((None if word in right else self.suggest(word)) or word)
        return tuple(mended) if mended != list(words) else None

    def documents(self, word: str) -> int:
        """How many documents have ``word``."""
        codes = self._codes(word)
        start, stop = self._span(len(word))
        if codes is None or start == stop:
            return 0
        # Rows as strings of bytes: compared letter by letter they take twenty times as long.
        rows = self._block(len(word)).view(f"S{len(word)}").ravel()
        at = np.flatnonzero(rows == codes.tobytes())
        return int(self._arrays["documents"][start + at[0]]) if len(at) else 0

    def _certainty(self, word: str) -> int:
        """How surely ``word`` is a compound of words of the corpus: the splitter's score, or 0."""
        parted = analyser("sv").parts(word)
        if parted is None or not all(self._has_form(part) for part in parted):
            return 0
        return analyser("sv").certainty(word)

    def _linked(self, word: str) -> str | None:
        """A compound that no document has as it is written with an s between, or without: länstyrelsen."""
        parted = analyser("sv").parts(word)
        if parted is None or self.documents(word) or forms.swedish().lemma(word):
            return None
        left, right = word.removesuffix(parted[1]), parted[1]
        others = (left + "s" + right, left.removesuffix("s") + right)
        return next((other for other in others if self.documents(other) > _RARE), None)

    def _has_form(self, word: str) -> bool:
        """Is ``word`` or the word that it is a form of in the corpus?"""
        return bool(self.documents(word) or self.documents(forms.swedish().lemma(word) or ""))

    def _compound(self, word: str) -> str | None:
        """A compound of which one part is mistyped."""
        if len(word) < 2 * _SHORTEST + 2:
            return None
        leads, heads, _ = forms.swedish().worth(word)
        best: tuple[float, str] | None = None
        cuts = [i for i in range(_SHORTEST, len(word) - _SHORTEST + 1) if max(leads[i], heads[i]) > 100]
        for i in sorted(cuts, key=lambda i: -max(leads[i], heads[i]))[:2]:
            left, right = word[:i], word[i:]
            first = leads[i] >= heads[i]  # the part that is right
            if _is_word(right if first else forms.swedish().base(left)):
                continue  # a part that the corpus lacks: familjebehandlare is no slip for …behandlade
            for found in self._near(right if first else left, 1.0)[:1]:
                mended = left + found.word if first else found.word + right
                if self._certainty(mended) and (best is None or found.score > best[0]):
                    best = found.score, mended
        return best[1] if best else None

    def _near(self, word: str, furthest: float) -> list[_Found]:
        """The words of the corpus within ``furthest``, best first."""
        codes = self._codes(word)
        if codes is None:
            codes = self._codes("".join(c if c in self._letters else "\0" for c in word))
            assert codes is not None
        furthest = min(furthest, _SHORT.get(len(word), max(_ONE_SLIP, _FOR_EACH * len(word))))
        edits = max(1, int(furthest))
        letters, pairs = (int(m[0]) for m in _masks(self._folded[codes][None, :]))
        numbers, others = [], []
        width = len(word) + edits
        for size in range(max(len(word) - edits, 1), width + 1):
            start, stop = self._span(size)
            if start == stop:
                continue  # no word is so long
            near = np.bitwise_count(self._arrays["letters"][start:stop] ^ np.uint32(letters)) <= 2 * edits
            near &= np.bitwise_count(~self._arrays["pairs"][start:stop] & np.uint64(pairs)) <= 3 * edits
            at = np.flatnonzero(near)
            at = at[np.bitwise_count(self._arrays["pairs"][start + at] & ~np.uint64(pairs)) <= 3 * edits]
            block = np.zeros((len(at), width), np.uint8)
            block[:, :size] = self._block(size)[at]
            numbers.append(start + at)
            others.append(block)
        if not numbers:
            return []
        number, other = np.concatenate(numbers), np.concatenate(others)
        cost = self._cost(codes, other, edits)
        kept = np.flatnonzero(cost <= furthest + 1e-6)
        documents = self._arrays["documents"][number[kept]].astype(np.float64)
        score = np.log1p(documents) - STEEPNESS * cost[kept]
        order = np.lexsort((number[kept], -score))[:10]
        return [_Found(self._text(other[kept[i]]), float(score[i]), float(cost[kept[i]])) for i in order]

    def _cost(self, typed: Array, others: Array, edits: int) -> Array:
        """Weighted distance of ``typed`` (n,) from each row of ``others`` (k, m), zeros at the end of a row.

        Cells further than ``edits`` from the diagonal are not computed.
        """
        k, m = others.shape
        n = len(typed)
        far = np.full(k, 99.0, np.float32)
        columns = [np.ascontiguousarray(others[:, j]) for j in range(m)]
        added = [np.full(k, 1.0, np.float32)]
        added += [np.where(b == a, np.float32(_DOUBLE), np.float32(1)) for a, b in pairwise(columns)]
        before: list[Array] = []
        row = [np.full(k, float(j), np.float32) if j <= edits else far for j in range(m + 1)]
        for i in range(1, n + 1):
            changed = self._changes[typed[i - 1]]
            dropped = _DOUBLE if i > 1 and typed[i - 1] == typed[i - 2] else 1.0
            after = [far] * (m + 1)
            if i <= edits:
                after[0] = np.full(k, float(i), np.float32)
            for j in range(max(1, i - edits), min(m, i + edits) + 1):
                cell = row[j - 1] + changed[columns[j - 1]]
                np.minimum(cell, row[j] + np.float32(dropped), out=cell)
                np.minimum(cell, after[j - 1] + added[j - 1], out=cell)
                if i > 1 and j > 1:
                    swapped = (columns[j - 1] == typed[i - 2]) & (columns[j - 2] == typed[i - 1])
                    np.minimum(cell, np.where(swapped, before[j - 2] + np.float32(_SWAP), far), out=cell)
                after[j] = cell
            before, row = row, after
        sizes = (others > 0).sum(axis=1)
        table = np.stack(row)
        result: Array = table[sizes, np.arange(k)] + np.where(columns[0] == typed[0], 0, _FIRST)
        return result

    # --- letters ------------------------------------------------------------------------------------------

    @cached_property
    def _letters(self) -> dict[str, int]:
        """letter → code, from 1"""
        return {chr(c): i for i, c in enumerate(self._arrays["alphabet"].tolist(), 1)} | {"\0": 0}

    @cached_property
    def _folded(self) -> Array:
        """code → code of the letter without its marks"""
        return _folding(self._letters)

    @cached_property
    def _changes(self) -> Array:
        """What it costs to have typed one letter (row) for another (column)."""
        return _costs(self._letters)

    def _codes(self, word: str) -> Array | None:
        try:
            return np.array([self._letters[c] for c in word], np.uint8)
        except KeyError:
            return None

    def _text(self, codes: Array) -> str:
        alphabet = self._arrays["alphabet"]
        return "".join(chr(alphabet[c - 1]) for c in codes.tolist() if c)

    def _span(self, size: int) -> tuple[int, int]:
        starts = self._arrays["starts"]
        return (int(starts[size]), int(starts[size + 1])) if size + 1 < len(starts) else (0, 0)

    def _block(self, size: int) -> Array:
        """The words of ``size`` letters, (k, size)."""
        start, stop = self._span(size)
        at = int(self._arrays["offsets"][size])
        block: Array = self._arrays["codes"][at : at + (stop - start) * size].reshape(-1, size)
        return block


@cache
def _names() -> frozenset[str]:
    """Names that the dictionary has without any form, so that ``forms`` lacks them: Anna."""
    listed = dictionary.files()[0].read_text("utf-8")
    return frozenset(name.lower() for name in re.findall(r"^[A-ZÅÄÖ][a-zåäöé]+$", listed, re.MULTILINE))


def _is_word(word: str) -> bool:
    """Does the dictionary have it, or the word that it is a form of?"""
    return forms.swedish().lemma(word) is not None or forms.swedish().is_word(word)


def _one_word(a: str, b: str) -> bool:
    """Are they forms of one word? With an s, also where that is English or no word is known: ens, signs."""
    same = analyser("sv").word(a).stem == analyser("sv").word(b).stem
    return same or a.removesuffix("s") == b.removesuffix("s")


def _marked(word: str) -> str:
    """Written by someone whose keyboard has no å ä ö: kommunfoervaltning, aatgaerd."""
    return word.replace("aa", "å").replace("ae", "ä").replace("oe", "ö")


def _packed(words: Mapping[str, int]) -> dict[str, Array]:
    usable = {w: n for w, n in words.items() if n > 0 and 1 < len(w) <= _LONGEST and w.isalpha()}
    often: dict[str, int] = {}
    for word, documents in usable.items():
        for letter in word:
            often[letter] = often.get(letter, 0) + documents
    alphabet = sorted(often, key=lambda c: (-often[c], c))[:_LETTERS]
    letters = {c: i for i, c in enumerate(alphabet, 1)}
    folded = _folding(letters)
    sizes: dict[int, list[str]] = {}
    for word in sorted(usable):
        if all(c in letters for c in word):
            sizes.setdefault(len(word), []).append(word)
    starts, offsets = np.zeros(_LONGEST + 2, np.uint32), np.zeros(_LONGEST + 2, np.uint32)
    codes, masks, documents_of = [], [], []
    for size in range(_LONGEST + 1):
        some = sizes.get(size, [])
        block = np.array([[letters[c] for c in w] for w in some], np.uint8).reshape(len(some), size)
        codes.append(block.ravel())
        masks.append(_masks(folded[block]))
        documents_of += [min(usable[w], (1 << 32) - 1) for w in some]
        starts[size + 1] = starts[size] + len(some)
        offsets[size + 1] = offsets[size] + block.size
    return {
        "alphabet": np.array([ord(c) for c in alphabet], np.uint32),
        "starts": starts,
        "offsets": offsets,
        "codes": np.concatenate(codes),
        "letters": np.concatenate([m[0] for m in masks]),
        "pairs": np.concatenate([m[1] for m in masks]),
        "documents": np.array(documents_of, np.uint32),
    }


def _masks(codes: Array) -> tuple[Array, Array]:
    """(a bit for each letter, a bit for each pair of neighbours) of every row of ``codes`` (k, size)."""
    k, size = codes.shape
    letters, pairs = np.zeros(k, np.uint32), np.zeros(k, np.uint64)
    before = np.zeros(k, np.uint64)
    for j in range(size + 1):
        column = codes[:, j].astype(np.uint64) if j < size else np.zeros(k, np.uint64)
        if j < size:
            letters |= np.uint32(1) << (column % np.uint64(32)).astype(np.uint32)
        pairs |= np.uint64(1) << ((before * np.uint64(37) + column * np.uint64(11)) % np.uint64(64))
        before = column
    return letters, pairs


def _folding(letters: Mapping[str, int]) -> Array:
    table = np.arange(256, dtype=np.uint8)
    for letter, code in letters.items():
        table[code] = letters.get(fold(letter), code)
    return table


def _costs(letters: Mapping[str, int]) -> Array:
    table = np.ones((256, 256), np.float32)
    np.fill_diagonal(table, 0)

    def set_cost(a: str, b: str, cost: float) -> None:
        if a in letters and b in letters:
            for x, y in ((a, b), (b, a)):
                table[letters[x], letters[y]] = min(table[letters[x], letters[y]], cost)

    for upper, lower in zip(_ROWS, (*_ROWS[1:], ""), strict=True):
        for i, key in enumerate(upper):
            for near in (*upper[i + 1 : i + 2], *lower[max(i - 1, 0) : i + 1]):
                set_cost(key, near, _NEAR)
    for pair in _CONFUSED:
        set_cost(pair[0], pair[1], _SOUND)
    marked: dict[str, list[str]] = {}
    for letter in letters:
        marked.setdefault(fold(letter), []).append(letter)
    for alike in marked.values():
        for a in alike:
            for b in alike:
                if a != b:
                    set_cost(a, b, _MARK)
    return table
