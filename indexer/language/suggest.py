"""How might the words that someone is typing go on? Titles, phrases, words, places and years of the corpus.

Nothing that anyone has searched for is kept or suggested. A suggestion is found by the beginning of any of
its words, with or without the marks on its letters (malm, malmo → Malmö), the better the commoner it is:

    ln(1 + occurrences) + KIND - INSIDE if the beginning is not its first word - UNMARKED if only so found

Every word beginning is a key: the folded text from there. Keys lie sorted, their first KEY bytes in one
array that is mapped and searched by bisection; what is typed beyond those is compared with the texts.
Not for did-you-mean: ``spelling``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from indexer.language import blocks, forms
from indexer.language.analysis import analyser
from indexer.language.irregular import UNINFLECTED
from indexer.language.text import TOKEN, fold
from indexer.model import Suggestion

FILE = "suggestions.bin"
KEY = 16  # bytes
KIND = {"place": 6.0, "year": 4.0, "title": 2.5, "phrase": 1.0, "word": -0.5}
INSIDE, UNMARKED = 1.5, 3.0
_KINDS = tuple(KIND)
_SAMPLE = 12_000_000  # characters of text in which phrases are counted
_BEGINNING = 3_000  # … of one page at most
_COMMON = 5  # occurrences in the sample that make a phrase
_PHRASES, _WORDS = 20_000, 20_000
_BEFORE = " \"”“„»«'(+-"
"""Signs of the query language before the first word."""
_TITLE_WORDS = 12  # words of a title that it is found by
_LONGEST_TITLE = 160
_LOOKED_AT = 6  # candidates for each that is asked for
_PART = 0.7  # of its occurrences within one longer phrase: then the longer one is meant
Array = np.ndarray[Any, Any]
Entry = tuple[Suggestion, int]  # with its occurrences


class Suggester:
    """Completions of what is typed."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._arrays = _packed(list(entries))

    @classmethod
    def build(
        cls,
        titles: Iterable[tuple[str, str]],
        texts: Iterable[str],
        places: Mapping[str, str],
        years: Mapping[int, int],
    ) -> Suggester:
        """``titles``: (title, document id); ``places``: name → code; ``years``: year → documents."""
        seen: dict[str, Entry] = {}
        for title, document in titles:
            text = " ".join(title.split())
            if text and len(text) <= _LONGEST_TITLE:
                first = seen.get(text.lower(), (Suggestion(text, "title", document), 0))
                seen[text.lower()] = first[0], first[1] + 1
        sample = _sample(texts)
        return cls(
            chain(
                ((Suggestion(name, "place", code), 1) for name, code in places.items()),
                ((Suggestion(str(year), "year"), n) for year, n in years.items()),
                seen.values(),
                ((Suggestion(text, kind), n) for text, kind, n in _phrases(sample) if text not in seen),
            )
        )

    def save(self, directory: Path) -> None:
        blocks.write(Path(directory) / FILE, self._arrays)

    @classmethod
    def load(cls, directory: Path) -> Suggester:
        """Maps what ``save`` wrote. Raises IndexMissing and IndexDamaged."""
        suggester = cls.__new__(cls)
        suggester._arrays = blocks.read(Path(directory) / FILE)
        return suggester

    def complete(self, typed: str, limit: int = 8) -> list[Suggestion]:
        """The best completions of ``typed``, at most ``limit``, no kind taking more than half if it can be.

        When nothing goes on like all that is typed, its last word is completed; what is before it stays as it
        was typed (SoL is not sol).
        """
        given = re.sub(r"\s+", " ", typed).lstrip(_BEFORE)
        if not given.strip():
            return []
        found = self._complete(given.lower(), limit)
        before, _, last = given.rpartition(" ")
        if not found and before and last:
            words = (s.text.lower() for s in self._complete(last.lower(), 4 * limit) if " " not in s.text)
            said = before.lower().split()
            others = dict.fromkeys(w for w in words if w not in said)  # a place is a word too
            found = [Suggestion(f"{before} {word}", "word") for word in others][:limit]
        return found

    def _complete(self, prefix: str, limit: int) -> list[Suggestion]:
        start, stop = self._range(fold(prefix))
        if start == stop:
            return []
        entries = self._arrays["entry"][start:stop] >> 1
        score = self._arrays["score"][entries] - INSIDE * (self._arrays["entry"][start:stop] & 1)
        many = min(len(score), _LOOKED_AT * limit)
        best = np.argpartition(-score, many - 1)[:many]
        ranked: dict[int, tuple[float, str]] = {}
        for i in best.tolist():
            number = int(entries[i])
            text = self._text(number).lower()
            value = float(score[i]) - (0.0 if _goes_on(text, prefix) else UNMARKED)
            if number not in ranked or value > ranked[number][0]:
                ranked[number] = value, text
        order = sorted(ranked, key=lambda n: (-ranked[n][0], len(ranked[n][1]), ranked[n][1], n))
        return self._chosen(order, limit)

    def _chosen(self, order: list[int], limit: int) -> list[Suggestion]:
        kinds: Counter[int] = Counter()
        first: list[int] = []
        later: list[int] = []
        for number in order:
            kind = int(self._arrays["kind"][number])
            kinds[kind] += 1
            (first if kinds[kind] <= (limit + 1) // 2 else later).append(number)
        chosen = sorted((first + later)[:limit], key=order.index)
        return [self._suggestion(n) for n in chosen]

    def _range(self, prefix: str) -> tuple[int, int]:
        """The keys that begin with ``prefix``."""
        key = prefix.encode("utf-8", "replace")
        ends = np.array([key[:KEY], key[:KEY] + b"\xff" * (KEY - len(key))], f"S{KEY}")
        start = int(np.searchsorted(self._arrays["key"], ends[:1])[0])
        stop = int(np.searchsorted(self._arrays["key"], ends[1:], "right")[0])
        if len(key) > KEY:
            size = len(prefix)
            start = bisect_left(range(stop), prefix, start, stop, key=lambda i: self._key(i)[:size])
            stop = bisect_right(range(stop), prefix, start, stop, key=lambda i: self._key(i)[:size])
        return start, stop

    def _key(self, number: int) -> str:
        """The whole of a key."""
        text = fold(self._text(int(self._arrays["entry"][number] >> 1)).lower())
        return text[int(self._arrays["at"][number]) :]

    def _suggestion(self, number: int) -> Suggestion:
        kind = _KINDS[int(self._arrays["kind"][number])]
        return Suggestion(self._text(number), kind, self._string("target", number) or None)

    def _text(self, number: int) -> str:
        return self._string("text", number)

    def _string(self, name: str, number: int) -> str:
        start, stop = self._arrays[f"{name}.start"][number : number + 2].tolist()
        return bytes(self._arrays[name][start:stop]).decode()


def _goes_on(text: str, prefix: str) -> bool:
    """Does ``text`` go on from ``prefix`` at the beginning of one of its words?"""
    at = text.find(prefix)
    while at > 0 and text[at - 1].isalnum():
        at = text.find(prefix, at + 1)
    return at >= 0


def _packed(entries: list[Entry]) -> dict[str, Array]:
    folded = [fold(suggestion.text.lower()) for suggestion, _ in entries]
    keys: list[bytes] = []
    owners: list[int] = []
    starts: list[int] = []
    for number, text in enumerate(folded):
        for word, match in enumerate(TOKEN.finditer(text)):
            if word == _TITLE_WORDS or match.start() > 255:
                break
            keys.append(text[match.start() : match.start() + KEY].encode("utf-8", "replace")[:KEY])
            owners.append(2 * number + (word > 0))
            starts.append(match.start())
    key = np.array(keys, f"S{KEY}")
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(np.diff(np.r_[False, key[order][1:] == key[order][:-1], False].astype(np.int8)))
    for first, last in same.reshape(-1, 2).tolist():  # runs of keys that are alike so far
        run = order[first : last + 1].tolist()
        order[first : last + 1] = sorted(run, key=lambda i: (folded[owners[i] // 2][starts[i] :], i))
    score = [np.log1p(n) + KIND[s.kind] for s, n in entries]
    arrays: dict[str, Array] = {
        "key": key[order],
        "entry": np.array(owners, np.uint32)[order],
        "at": np.array(starts, np.uint8)[order],
        "score": np.array(score, np.float32),
        "kind": np.array([_KINDS.index(s.kind) for s, _ in entries], np.uint8),
    }
    for name, strings in (
        ("text", [s.text for s, _ in entries]),
        ("target", [s.target or "" for s, _ in entries]),
    ):
        data = [s.encode("utf-8", "replace") for s in strings]
        arrays[name] = np.frombuffer(b"".join(data), np.uint8)
        arrays[f"{name}.start"] = np.cumsum([0, *map(len, data)], dtype=np.uint64)
    return arrays


# --- phrases ------------------------------------------------------------------------------------------------


def _sample(texts: Iterable[str]) -> list[str]:
    """Beginnings of the texts with the lowest checksums, so many as there is room for: in whatever order they
    come, the same texts give the same sample."""
    kept: list[tuple[int, str]] = []
    size, limit = 0, 1 << 32
    for text in texts:
        beginning = text[:_BEGINNING]
        checksum = crc32(beginning.encode("utf-8", "replace"))
        if checksum < limit:
            kept.append((checksum, beginning))
            size += len(beginning)
        while size > _SAMPLE:
            limit //= 2
            kept = [(c, t) for c, t in kept if c < limit]
            size = sum(len(t) for _, t in kept)
    return [text for _, text in sorted(kept)]


_STOP = re.compile(r"[^\w\s'’:-]+|\n|\d[\w:./-]*|(?<!\w)-|-(?!\w)")


def _phrases(texts: list[str]) -> Iterator[tuple[str, str, int]]:
    """(text, "word" or "phrase", occurrences): words, and two to four words that often stand together.

    A phrase begins and ends with a word that means something, and has at least one word of the dictionary, so
    that names of people are none.
    """
    numbers: dict[str, int] = {"": 0}
    ids: list[int] = []
    for text in texts:
        for run in _STOP.split(text.lower()):
            ids += [numbers.setdefault(m[0], len(numbers)) for m in TOKEN.finditer(run)]
            ids.append(0)
    names = list(numbers)
    stream = np.array(ids, np.int64)
    told = np.array([_tells(w) for w in names], bool)
    common = np.array([t and forms.swedish().lemma(w) is not None for w, t in zip(names, told, strict=True)])
    often = np.bincount(stream, minlength=len(names))
    words = sorted(np.flatnonzero((often >= _COMMON) & told).tolist(), key=lambda i: (-often[i], names[i]))
    swedish = analyser("sv")
    swedish.learn(names[i] for i in words[:_WORDS])
    stems: set[str] = set()
    for i in words[:_WORDS]:  # the commonest form of each
        stem = swedish.word(names[i]).stem
        if stem not in stems:
            stems.add(stem)
            yield names[i], "word", int(often[i])
    found: dict[tuple[int, ...], int] = {}
    key: Array = stream
    shorter: dict[int, tuple[int, ...]] = {}
    for size in (2, 3, 4):
        last = stream[size - 1 :]
        key = np.where((key[: len(last)] > 0) & (last > 0), key[: len(last)] * len(names) + last, 0)
        values, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
        kept = (counts >= _COMMON) & (values > 0)
        rank = np.cumsum(kept) * kept
        longer = {}
        for at in np.flatnonzero(kept).tolist():
            before, word = divmod(int(values[at]), len(names))
            longer[int(rank[at])] = (*shorter.get(before, (before,)), word)
            found[longer[int(rank[at])]] = int(counts[at])
        key, shorter = rank[inverse], longer
    inside = {
        part
        for phrase, n in found.items()
        for part in (phrase[1:], phrase[:-1])
        if n >= _PART * found.get(part, n + 1)
    }
    phrases = [
        (" ".join(names[i] for i in phrase), n)
        for phrase, n in found.items()
        if phrase not in inside and told[phrase[0]] and told[phrase[-1]] and common[list(phrase)].any()
    ]
    for text, n in sorted(phrases, key=lambda p: (-p[1], p[0]))[:_PHRASES]:
        yield text, "phrase", n


def _tells(word: str) -> bool:
    """Is it more than a function word?"""
    return len(word) > 2 and word not in UNINFLECTED
