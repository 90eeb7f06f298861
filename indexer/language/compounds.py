"""Where does a Swedish compound part? The best cut by the worth of its two parts (``parts``).

A name, a foreign word or a misspelling has no cut into two known parts and stays whole. Parts may be
compounds themselves that no dictionary has. The words of the corpus play no part in it: an index that is
added to must part words as it did before.

Not for stems: the answer is the parts as they are written (``barnrätts|strateg``), linking letters to
the left.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from indexer.language import parts
from indexer.language.forms import LONGEST, NEVER, Forms
from indexer.language.irregular import SHORTENED, UNINFLECTED, UNPARTED

Parted = tuple[str, str, str] | None
"""("barnrätts", "barnrätt", "strateg"): the first part as it is written and as a word, the last part."""
LookedUp = tuple[str | None, Parted]
"""(the word that a word is a form of if that is known, how it parts)"""

_SHORTEST = 5  # letters: ekbord parts, and nothing shorter in the open data
_LONG = 9  # letters of a compound of which one part is a compound
_LINKING = ("het", "ning", "ling", "ering", "tion", "sion", "skap", "dom", "itet", "avgift", "brott")
_LEAST = 400
"""Hundredths: what a cut of a word of the dictionary must be worth where one part is in none. With less come
godta|rosförvärv and framsyn|thet; with more femårs|period stays whole."""
_BIAS = round(100 * parts.BIAS)
_COMPOUND_LEAD = round(100 * parts.LEAD["compound"])
_COMPOUND_HEAD = round(100 * parts.HEAD["compound"])


class Splitter:
    """Finds the two parts of a compound. ``kernel.Table`` is the same in C."""

    def __init__(self, forms: Forms) -> None:
        self.forms = forms
        self.lemma, self.is_word, self.is_adjective = forms.lemma, forms.is_word, forms.is_adjective
        self.base = lru_cache(100_000)(forms.base)  # ten compounds begin with the same

    def look_up(self, word: str, parting: bool) -> LookedUp:
        """What is known of ``word``, and if ``parting``, how it parts."""
        lemma = self.lemma(word)
        target = lemma or word
        whole = not parting or target in UNPARTED  # dessa is no sa, varandra no andra
        return lemma, self._parted(target, 0 if whole else self.cut(target))

    def look_all_up(self, words: list[str], *, parting: bool) -> list[LookedUp]:
        """``look_up`` of many words at once, several times faster."""
        lemmas = self.forms.lemmas(words)
        targets = [lemma or word for lemma, word in zip(lemmas, words, strict=True)]
        cuts = self.cuts(targets) if parting else [0] * len(words)
        return [
            (lemma, self._parted(target, 0 if target in UNPARTED else cut))
            for lemma, target, cut in zip(lemmas, targets, cuts, strict=True)
        ]

    def _parted(self, word: str, cut: int) -> Parted:
        left, right = word[:cut], word[cut:]
        if not cut:
            return None
        whole = SHORTENED.get(left) if left[-1] == right[0] else None
        return left, whole or self.base(left), right

    def split(self, word: str) -> tuple[str, ...]:
        """(left, right) at the best place, or () when ``word`` is not a compound of known parts.

        An inflected form of a known word parts where the word parts: barnböckerna as barnbok.
        """
        lemma = self.forms.lemma(word) or word
        cut = self.cut(lemma)
        return (word[:cut], word[cut:]) if cut and word[:cut] == lemma[:cut] else ()

    def cut(self, lemma: str) -> int:
        """Where the uninflected or unknown word ``lemma`` parts; 0 when it does not."""
        return self._linked(lemma, self._best(lemma, longer=True)[0])

    def _linked(self, word: str, cut: int) -> int:
        """``cut``, or after the s that what ends so always links with: patientsäkerhets|lagen is no slag.

        Before the s where it begins a suffix: medlem|skap has no kap.
        """
        if word[cut : cut + 1] == "s" and word[:cut].endswith(_LINKING):
            rest = word[cut + 1 :]
            return cut + 1 if self.forms.is_word(self.forms.lemma(rest) or rest) else cut
        return cut - 1 if word[cut - 1 : cut] == "s" and word[cut:] == "kap" else cut

    def _best(self, word: str, *, longer: bool) -> tuple[int, int]:
        """The best cut and its score in hundredths; (0, 0) when no cut is above zero."""
        if not _may_part(word):
            return 0, 0
        leads, heads, whole = self.forms.worth(word)
        scores = [lead + head for lead, head in zip(leads, heads, strict=True)]
        best = max(scores)
        cut = scores.index(best)
        if longer and best + _BIAS <= 0 and len(word) >= _LONG:
            best, cut = NEVER, 0
            known = self.forms.is_word(word)
            for i, score, part in _trials(word, leads, heads):
                inner, worth = self._best(self.forms.lemma(part) or part, longer=False)
                if (
                    inner
                    and score + worth > best
                    and (not known or _sure(word, i, part, inner, score + worth))
                ):
                    best, cut = score + worth, i
        return _judged(word, cut, best + _BIAS + whole)

    def score(self, lemma: str) -> int:
        """How surely it parts there, in hundredths; 0 when it does not."""
        return self._best(lemma, longer=True)[1]

    def cuts(self, lemmas: list[str]) -> list[int]:
        """``cut`` of many words at once, ten times faster."""
        best, trials = self._best_of(lemmas, longer=True)
        parts_of = list(dict.fromkeys(part for _, _, _, part in trials))
        words = [lemma or part for lemma, part in zip(self.forms.lemmas(parts_of), parts_of, strict=True)]
        worths = dict(zip(parts_of, self._best_of(words, longer=False)[0], strict=True))
        tried: dict[int, tuple[int, int]] = {}
        known = {number for number, _, _, _ in trials if self.forms.is_word(lemmas[number])}
        for number, i, score, part in trials:
            inner, worth = worths[part]
            total = score + worth
            sure = number not in known or _sure(lemmas[number], i, part, inner, total)
            if inner and sure and total > tried.get(number, (NEVER, 0))[0]:
                tried[number] = total, i
        for number, (score, i) in tried.items():
            best[number] = _judged(lemmas[number], i, score + _BIAS)
        return [self._linked(word, cut) for word, (cut, _) in zip(lemmas, best, strict=True)]

    def _best_of(
        self, words: list[str], *, longer: bool
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int, int, str]]]:
        """(``_best`` of each without its second try, the trials of that: (number, cut, score, part))"""
        best = [(0, 0)] * len(words)
        trials: list[tuple[int, int, int, str]] = []
        sizes: dict[int, list[int]] = {}
        for number, word in enumerate(words):
            if _may_part(word):
                sizes.setdefault(len(word), []).append(number)
        for size, numbers in sizes.items():
            leads, heads, whole = self.forms.worths([words[n] for n in numbers])
            scores = leads + heads
            cuts = scores.argmax(axis=1)
            tops = scores.max(axis=1) + _BIAS
            for at in np.flatnonzero(tops + whole > 0).tolist():
                number = numbers[at]
                best[number] = _judged(words[number], int(cuts[at]), int(tops[at] + whole[at]))
            if longer and size >= _LONG:
                for at in np.flatnonzero(tops <= 0).tolist():
                    number = numbers[at]
                    against = int(whole[at])
                    found = _trials(words[number], leads[at].tolist(), heads[at].tolist())
                    trials += [(number, i, score + against, part) for i, score, part in found]
        return best, trials


def _may_part(word: str) -> bool:
    return _SHORTEST <= len(word) <= LONGEST and word.isalpha()


def _judged(word: str, cut: int, score: int) -> tuple[int, int]:
    if score > 0 and (facts := parts.spelling_facts(word)):
        score += round(100 * parts.totals(parts.WHOLE, facts)[0])
    return (cut, score) if score > 0 else (0, 0)


def _sure(word: str, cut: int, part: str, inner: int, score: int) -> bool:
    """May a word of the dictionary part there, with ``part`` that parts at ``inner`` and is in no dictionary?
    Not where a particle begins it: överraskning.
    """
    first = word[:cut] if word.endswith(part) else part[:inner]
    return score > _LEAST and first not in UNINFLECTED


def _trials(word: str, leads: list[int], heads: list[int]) -> Iterator[tuple[int, int, str]]:
    """(cut, score of the known side, the other) where the other may be a compound no dictionary has."""
    for i in range(3, len(word) - 2):
        if leads[i] > NEVER:
            if heads[i] == NEVER and len(word) - i >= 6:
                yield i, leads[i] + _COMPOUND_HEAD, word[i:]
        elif heads[i] > NEVER and i >= 6:
            yield i, heads[i] + _COMPOUND_LEAD, word[:i].removesuffix("s")
