"""How may the last word that someone types go on, after the words before it? For suggestions.

It is completed by words that n documents have together with those before it (``Together``), the better the
more and the less expected they are, and the more often the word stands right after the last one, and after
the last two:

    2 · ln(1 + n) - ln(1 + expected) + NEXT · (1 + ln(occurrences)) for each + PLACE if a place or year
    - ADJECTIVE if one, with which few queries end: utbildning politiker before utbildning politiskt

Words lie sorted as folded, so that those that begin as typed are one span, with their stems: analysing them
while someone types took half a millisecond. What stands next lies sorted by a hash of the word or two before
it, then by word. Not for what begins with all that is typed (``suggest``).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from indexer.language import blocks, forms
from indexer.language.analysis import analyser
from indexer.language.text import TOKEN, fold
from indexer.language.usage import tells

NEXT, PLACE, ADJECTIVE, UNMARKED = 1.5, 1.0, 1.5, 3.0
_ASKED = 24  # words whose documents are counted
_ASKED_BY_ONE = 16  # of those that begin with one letter, at which what is before has not been counted yet
_NEXT_ASKED = 12  # of those that stand next, for each length of what is before
_BEGINNINGS = 2_000  # of words, of which it is remembered what begins so
_NAMED, _ADJECTIVE, _TELLS = 1, 2, 4
Array = np.ndarray[Any, Any]


class Candidate(NamedTuple):
    text: str
    stem: str
    named: bool  # a place or year
    adjective: bool


Together = Callable[[str, Sequence[Candidate]], Sequence[tuple[int, float]]]
"""(what is before, words) → for each word the documents that have both, and how many would by chance."""


def pack(
    singles: Iterable[tuple[str, float, bool]], following: Sequence[tuple[str, str, int]]
) -> dict[str, Array]:
    """``singles``: words, how common each is, and whether it is a place or year; ``following``: (the word or
    two before, word, occurrences).
    """
    worth = {word: (-math.inf, False) for _, word, _ in following}
    for text, score, named in singles:
        worth[text] = max(worth.get(text, (score, named)), (score, named))
    texts = sorted(worth, key=lambda w: (fold(w.lower()), w))
    numbers = {text: i for i, text in enumerate(texts)}
    before = np.array([_hash(fold(words)) for words, _, _ in following], np.uint64)
    word = np.array([numbers[word] for _, word, _ in following], np.uint32)
    order = np.lexsort((word, before))
    return {
        "next.before": before[order],
        "next.word": word[order],
        "next.often": np.array([min(n, 65_535) for _, _, n in following], np.uint16)[order],
        "word.common": np.array([worth[t][0] for t in texts], np.float32),
        "word.nature": np.array([_nature(t, named=worth[t][1]) for t in texts], np.uint8),
        **blocks.strings("word.text", texts),
        **blocks.strings("word.stem", (analyser("sv").word(t.lower()).stem for t in texts)),
    }


def _nature(text: str, *, named: bool) -> int:
    swedish, word = forms.swedish(), text.lower()
    # And no noun, as anhöriga and nyanlända may be.
    adjective = word.endswith(("t", "isk", "iska")) and swedish.is_adjective(swedish.lemma(word) or word)
    return _NAMED * named | _ADJECTIVE * (adjective and not named) | _TELLS * tells(word)


def _hash(words: str) -> int:
    return int.from_bytes(blake2b(words.encode("utf-8", "replace"), digest_size=8).digest(), "little")


class Following:
    """Over the arrays that ``pack`` made."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self._arrays = arrays
        self._text = blocks.Strings(arrays, "word.text")
        self._stem = blocks.Strings(arrays, "word.stem")
        self._span = lru_cache(_BEGINNINGS)(self._find_span)
        self._common = lru_cache(_BEGINNINGS)(self._find_common)

    def words(
        self, before: str, last: str, together: Together | None = None, *, near_only: bool = False
    ) -> Iterator[str]:
        """Words that begin with ``last`` and are found with what is ``before``, best first, each in one form.

        ``near_only``: only words that often stand next to it.
        """
        typed = last.lower()
        nearness = self._next(before, fold(typed))
        found = dict.fromkeys(nearness)
        if not near_only:
            asked = _ASKED if len(typed) > 1 else _ASKED_BY_ONE
            found |= dict.fromkeys(self._common(fold(typed))[: max(0, asked - len(found))])
        once = {self._text[n].lower(): n for n in reversed(found)}
        said = {m[0].lower() for m in TOKEN.finditer(before)}
        marked = typed != fold(typed)  # then those without these marks are not meant
        numbers = [n for w, n in once.items() if w not in said and (not marked or w.startswith(typed))]
        words = [self._word(n) for n in numbers]
        counts = together(before, words) if together else [(1, 1.0)] * len(words)
        ranked = []
        for number, word, (n, expected) in zip(numbers, words, counts, strict=True):
            near = nearness.get(number, 0.0)
            # By one or two letters so many words are found that only those which belong together are of use.
            if n and (near or 2 * n >= expected or len(typed) > 2):
                score = 2 * math.log1p(n) - math.log1p(expected) + near
                score += PLACE * word.named - ADJECTIVE * word.adjective
                ranked.append((score - UNMARKED * (not word.text.lower().startswith(typed)), word))
        stems = set()
        for _, word in sorted(ranked, key=lambda r: (-r[0], r[1].text)):
            if word.stem not in stems:
                stems.add(word.stem)
                yield word.text

    def _next(self, before: str, beginning: str) -> dict[int, float]:
        """Numbers of the words that begin so and often stand right after what is ``before``, and how much
        that counts.
        """
        found: dict[int, float] = {}
        words = [m[0] for m in TOKEN.finditer(fold(before.lower()))][-2:]
        ends = self._span(beginning)
        for size in range(1, len(words) + 1):
            context = np.uint64(_hash(" ".join(words[-size:])))
            start, stop = (
                int(np.searchsorted(self._arrays["next.before"], context, side)) for side in ("left", "right")
            )
            span = self._arrays["next.word"][start:stop]
            low, high = np.searchsorted(span, ends).tolist()
            often = self._arrays["next.often"][start + low : start + high]
            for i in np.argsort(-often.astype(np.int64), kind="stable")[:_NEXT_ASKED].tolist():
                number = int(span[low + i])
                found[number] = found.get(number, 0.0) + NEXT * (1 + math.log(int(often[i])))
        return found

    def _find_span(self, beginning: str) -> tuple[int, int]:
        """The words that begin so: number of the first, and one past the last."""
        numbers = range(len(self._arrays["word.common"]))
        first = bisect_left(numbers, beginning, key=self._folded)
        return first, bisect_left(numbers, beginning + "\U0010ffff", first, key=self._folded)

    def _find_common(self, beginning: str) -> list[int]:
        """Numbers of the commonest words that begin so and may end a query."""
        first, last = self._span(beginning)
        common = self._arrays["word.common"][first:last]
        best = np.argsort(-common, kind="stable")[:_ASKED]
        good = (self._arrays["word.nature"][first:last][best] & _TELLS > 0) & (common[best] > -np.inf)
        return (best[good] + first).tolist()  # type: ignore[no-any-return]

    def _word(self, number: int) -> Candidate:
        nature = int(self._arrays["word.nature"][number])
        return Candidate(
            self._text[number], self._stem[number], bool(nature & _NAMED), bool(nature & _ADJECTIVE)
        )

    def _folded(self, number: int) -> str:
        return fold(self._text[number].lower())
