"""How might the words that someone is typing go on? Titles, phrases, words, places and years of the corpus.

Nothing that anyone has searched for is kept or suggested, nor the name of a person. A suggestion is found by
the beginning of any of its words, with or without the marks on its letters (malm, malmo → Malmö), the better
the commoner it is:

    ln(1 + occurrences) + KIND - INSIDE if the beginning is not its first word - UNMARKED if only so found

Every word beginning is a key: the folded text from there. Keys lie sorted, their first KEY bytes in one
array that is mapped and searched by bisection; what is typed beyond those is compared with the texts.

Where little goes on like all that is typed, its last word is completed by one that goes on from those before
it (``following``). Not for did-you-mean (``spelling``), nor for what is common (``usage``).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from indexer.language import blocks, following
from indexer.language.following import UNMARKED, Following, Together
from indexer.language.text import TOKEN, fold
from indexer.language.usage import Usage
from indexer.model import Suggestion

FILE = "suggestions.bin"
VERSION = "3"  # raised when the same documents are to give others: an index is then built again
KEY = 16  # bytes
KIND = {"place": 6.0, "year": 4.0, "title": 2.5, "phrase": 1.0, "word": -0.5}
INSIDE = 1.5
_KINDS = tuple(KIND)
_WORD = _KINDS.index("word")
_SINGLE = ("place", "year", "word")
_BEFORE = " \"”“„»«'(+-"
"""Signs of the query language before the first word."""
_TITLE_WORDS = 12  # words of a title that it is found by
_LONGEST_TITLE = 160
_LOOKED_AT = 6  # candidates for each that is asked for
Array = np.ndarray[Any, Any]
Entry = tuple[Suggestion, int]  # with its occurrences


class Suggester:
    """Completions of what is typed."""

    def __init__(self, entries: Iterable[Entry], next_: Iterable[tuple[str, str, int]] = ()) -> None:
        """``next_``: the word or two before, the word that stands after them, and how often."""
        self._open(_packed(list(entries), list(next_)))

    def _open(self, arrays: dict[str, Array]) -> None:
        self._arrays = arrays
        self._text = blocks.Strings(arrays, "text")
        self._target = blocks.Strings(arrays, "target")
        self._following = Following(arrays)

    @classmethod
    def build(
        cls,
        titles: Iterable[tuple[str, str]],
        texts: Iterable[str],
        places: Mapping[str, str],
        years: Mapping[int, int],
        bodies: Iterable[str] = (),
        people: Collection[str] = (),
    ) -> Suggester:
        """``titles``: (title, document id); ``places``: name → code; ``years``: year → documents.

        ``bodies`` are names of organisations, ``people`` of persons, which no suggestion has.
        """
        usage = Usage(texts, [*places, *bodies], people)
        seen: dict[str, Entry] = {}
        for title, document in titles:
            text = " ".join(title.split())
            if text and len(text) <= _LONGEST_TITLE and not usage.names_someone(text):
                first = seen.get(text.lower(), (Suggestion(text, "title", document), 0))
                seen[text.lower()] = first[0], first[1] + 1
        return cls(
            chain(
                ((Suggestion(name, "place", code), 1) for name, code in places.items()),
                ((Suggestion(str(year), "year"), n) for year, n in years.items()),
                seen.values(),
                ((Suggestion(text, "phrase"), n) for text, n in usage.phrases if text.lower() not in seen),
                ((Suggestion(text, "word"), n) for text, n in usage.words),
            ),
            usage.following,
        )

    def save(self, directory: Path) -> None:
        blocks.write(Path(directory) / FILE, self._arrays)

    @classmethod
    def load(cls, directory: Path) -> Suggester:
        """Maps what ``save`` wrote. Raises IndexMissing and IndexDamaged."""
        suggester = cls.__new__(cls)
        arrays = blocks.read(Path(directory) / FILE)
        # An index of before VERSION 3 does not know how words go on.
        suggester._open(arrays if "word.common" in arrays else arrays | following.pack([], []))
        return suggester

    def complete(self, typed: str, limit: int = 8, together: Together | None = None) -> list[Suggestion]:
        """The best completions of ``typed``, at most ``limit``, no kind taking more than half if it can be.

        When few go on like all that is typed, its last word is completed; what is before it stays as it was
        typed (SoL is not sol). ``together`` leaves out what no document has.
        """
        given = re.sub(r"\s+", " ", typed).lstrip(_BEFORE)
        if not given.strip():
            return []
        found = self._complete(given.lower(), limit)
        if not found and "-" in given:  # barnrätts-strateg
            found = self._complete(given.lower().replace("-", ""), limit)
        before, _, last = given.rpartition(" ")
        if before and last and 2 * len(found) < limit:
            said = {s.text.lower() for s in found}
            words = self._following.words(before, last, together, near_only=bool(found))
            more = (Suggestion(f"{before} {word}", "word") for word in words)
            found += [s for s in more if s.text.lower() not in said][: limit - len(found)]
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
            text = self._text[number].lower()
            value = float(score[i]) - (0.0 if _goes_on(text, prefix) else UNMARKED)
            if number not in ranked or value > ranked[number][0]:
                ranked[number] = value, text
        order = sorted(ranked, key=lambda n: (-ranked[n][0], len(ranked[n][1]), ranked[n][1], n))
        named = {text for n, (_, text) in ranked.items() if self._arrays["kind"][n] != _WORD}
        order = [n for n in order if self._arrays["kind"][n] != _WORD or ranked[n][1] not in named]
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
        text = fold(self._text[int(self._arrays["entry"][number] >> 1)].lower())
        return text[int(self._arrays["at"][number]) :]

    def _suggestion(self, number: int) -> Suggestion:
        kind = _KINDS[int(self._arrays["kind"][number])]
        return Suggestion(self._text[number], kind, self._target[number] or None)


def _goes_on(text: str, prefix: str) -> bool:
    """Does ``text`` go on from ``prefix`` at the beginning of one of its words?"""
    at = text.find(prefix)
    while at > 0 and text[at - 1].isalnum():
        at = text.find(prefix, at + 1)
    return at >= 0


def _packed(entries: list[Entry], next_: list[tuple[str, str, int]]) -> dict[str, Array]:
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
    arrays |= blocks.strings("text", (s.text for s, _ in entries))
    arrays |= blocks.strings("target", (s.target or "" for s, _ in entries))
    singles = [
        (s.text, float(common), s.kind != "word")
        for (s, _), common in zip(entries, score, strict=True)
        if s.kind in _SINGLE and " " not in s.text
    ]
    return arrays | following.pack(singles, next_)
