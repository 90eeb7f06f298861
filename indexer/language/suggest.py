"""How might the words that someone is typing go on? Titles, phrases, words, places and years of the corpus.

Nothing that anyone has searched for is kept or suggested, nor the name of a person. A suggestion is found by
the beginning of any of its words, with or without the marks on its letters (malm, malmo → Malmö), the better
the commoner it is:

    ln(1 + occurrences) + KIND - INSIDE if the beginning is not its first word - UNMARKED if only so found

Every word beginning is a key: the folded text from there. Keys lie sorted, their first KEY bytes in one
array that is mapped and searched by bisection; what is typed beyond those is compared with the texts.

Where little goes on like all that is typed, its last word is completed by words that n documents have
together with those before it (``Together``), the better the more and the less expected they are, and the more
often the word stands right after the last one, and after the last two:

    2 · ln(1 + n) - ln(1 + expected) + NEXT · (1 + ln(occurrences)) for each + PLACE if a place or year
    - ADJECTIVE if one, with which few queries end: utbildning politiker before utbildning politiskt

What stands next lies sorted by a hash of the word or two before it, then by word, so that those that begin as
typed are one span. Not for did-you-mean (``spelling``), nor for what is common (``usage``).
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from indexer.language import blocks, forms
from indexer.language.analysis import analyser
from indexer.language.text import TOKEN, fold
from indexer.language.usage import Usage, tells
from indexer.model import Suggestion

FILE = "suggestions.bin"
VERSION = "2"  # raised when the same documents are to give others: an index is then built again
KEY = 16  # bytes
KIND = {"place": 6.0, "year": 4.0, "title": 2.5, "phrase": 1.0, "word": -0.5}
INSIDE, UNMARKED = 1.5, 3.0
_KINDS = tuple(KIND)
_WORD = _KINDS.index("word")
_SINGLE = [_KINDS.index("place"), _KINDS.index("year"), _WORD]
NEXT, PLACE, ADJECTIVE = 1.5, 1.0, 1.5
_BEFORE = " \"”“„»«'(+-"
"""Signs of the query language before the first word."""
_TITLE_WORDS = 12  # words of a title that it is found by
_LONGEST_TITLE = 160
_LOOKED_AT = 6  # candidates for each that is asked for
_ASKED = 24  # words whose documents are counted
_NEXT_ASKED = 12  # of those that stand next, for each length of what is before
Array = np.ndarray[Any, Any]
Entry = tuple[Suggestion, int]  # with its occurrences
Together = Callable[[str, Sequence[str]], Sequence[tuple[int, float]]]
"""(what is before, words) → for each word the documents that have both, and how many would by chance."""


class Suggester:
    """Completions of what is typed."""

    def __init__(self, entries: Iterable[Entry], following: Iterable[tuple[str, str, int]] = ()) -> None:
        self._arrays = _packed(list(entries)) | _packed_following(list(following))

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
        # An index of before VERSION 2 does not know what stands next.
        suggester._arrays = _packed_following([]) | blocks.read(Path(directory) / FILE)
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
            words = self._continued(before, last, together, near_only=bool(found))
            more = (Suggestion(f"{before} {word}", "word") for word in words)
            found += [s for s in more if s.text.lower() not in said][: limit - len(found)]
        return found

    def _continued(
        self, before: str, last: str, together: Together | None, *, near_only: bool
    ) -> Iterator[str]:
        """Words that begin with ``last`` and are found with what is ``before``, best first, each in one form.

        ``near_only``: only words that often stand next to it.
        """
        typed = last.lower()
        nearness = self._next(before, fold(typed))
        words = {text.lower(): text for text in nearness}
        named = set()
        for s in self._single(fold(typed), _ASKED - len(words)) if not near_only else ():
            if tells(s.text.lower()):
                words.setdefault(s.text.lower(), s.text)
                if s.kind != "word":
                    named.add(s.text)
        said = {m[0].lower() for m in TOKEN.finditer(before)}
        marked = typed != fold(typed)  # then those without these marks are not meant
        asked = [t for w, t in words.items() if w not in said and (not marked or w.startswith(typed))]
        counts = together(before, asked) if together else [(1, 1.0)] * len(asked)
        ranked = []
        for text, (n, expected) in zip(asked, counts, strict=True):
            near = nearness.get(text, 0.0)
            # By one or two letters so many words are found that only those which belong together are of use.
            if n and (near or 2 * n >= expected or len(typed) > 2):
                score = 2 * math.log1p(n) - math.log1p(expected) + near + PLACE * (text in named)
                score -= ADJECTIVE * (text not in named and _is_adjective(text.lower()))
                ranked.append((score - UNMARKED * (not text.lower().startswith(typed)), text))
        stems = set()
        for _, text in sorted(ranked, key=lambda r: (-r[0], r[1])):
            stem = analyser("sv").word(text.lower()).stem
            if stem not in stems:
                stems.add(stem)
                yield text

    def _single(self, beginning: str, limit: int) -> list[Suggestion]:
        """The commonest single words, places and years that begin so."""
        start, stop = self._range(beginning)
        first = self._arrays["entry"][start:stop]
        entries = first[first & 1 == 0] >> 1
        entries = entries[np.isin(self._arrays["kind"][entries], _SINGLE)]
        best = np.argsort(-self._arrays["score"][entries], kind="stable")[:limit]
        return [s for s in map(self._suggestion, entries[best].tolist()) if " " not in s.text]

    def _next(self, before: str, beginning: str) -> dict[str, float]:
        """Words that begin so and often stand right after what is ``before``, and how much that counts."""
        found: dict[str, float] = {}
        words = [m[0] for m in TOKEN.finditer(fold(before.lower()))][-2:]
        numbers = range(len(self._arrays["next.text.start"]) - 1)
        first = bisect_left(numbers, beginning, key=self._next_word)
        last = bisect_left(numbers, beginning + "\U0010ffff", first, key=self._next_word)
        for size in range(1, len(words) + 1):
            context = np.uint64(_hash(" ".join(words[-size:])))
            start, stop = (
                int(np.searchsorted(self._arrays["next.before"], context, side)) for side in ("left", "right")
            )
            span = self._arrays["next.word"][start:stop]
            low, high = np.searchsorted(span, [first, last]).tolist()
            often = self._arrays["next.often"][start + low : start + high]
            for i in np.argsort(-often.astype(np.int64), kind="stable")[:_NEXT_ASKED].tolist():
                text = self._string("next.text", int(span[low + i]))
                found[text] = found.get(text, 0.0) + NEXT * (1 + math.log(int(often[i])))
        return found

    def _next_word(self, number: int) -> str:
        return fold(self._string("next.text", number).lower())

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


def _is_adjective(word: str) -> bool:
    """And no noun, as anhöriga and nyanlända may be."""
    swedish = forms.swedish()
    return word.endswith(("t", "isk", "iska")) and swedish.is_adjective(swedish.lemma(word) or word)


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
    arrays |= _strings("text", (s.text for s, _ in entries))
    arrays |= _strings("target", (s.target or "" for s, _ in entries))
    return arrays


# --- what stands next ---------------------------------------------------------------------------------------


def _hash(words: str) -> int:
    return int.from_bytes(blake2b(words.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def _packed_following(following: list[tuple[str, str, int]]) -> dict[str, Array]:
    texts = sorted({word for _, word, _ in following}, key=lambda w: (fold(w.lower()), w))
    numbers = {word: i for i, word in enumerate(texts)}
    before = np.array([_hash(fold(words)) for words, _, _ in following], np.uint64)
    word = np.array([numbers[word] for _, word, _ in following], np.uint32)
    order = np.lexsort((word, before))
    return {
        "next.before": before[order],
        "next.word": word[order],
        "next.often": np.array([min(n, 65_535) for _, _, n in following], np.uint16)[order],
        **_strings("next.text", texts),
    }


def _strings(name: str, strings: Iterable[str]) -> dict[str, Array]:
    data = [s.encode("utf-8", "replace") for s in strings]
    return {
        name: np.frombuffer(b"".join(data), np.uint8),
        f"{name}.start": np.cumsum([0, *map(len, data)], dtype=np.uint64),
    }
