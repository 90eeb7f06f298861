"""Which words are found together with what is typed before them, and how often would they be by chance?

For suggestions, at every key: read from postings alone, without scores, synonyms and, where other words are
together, compounds and English. A search finds no fewer. Not for which words are asked about
(``language.following``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from indexer.engine.arrays import Array
from indexer.engine.fields import any_
from indexer.engine.lookup import Lookup
from indexer.engine.notation import COMMON
from indexer.engine.plan import WhooshQuery
from indexer.engine.reader import Reader
from indexer.engine.schema import part
from indexer.engine.wording import BOUND
from indexer.language import TOKEN, analyser
from indexer.language.following import Candidate

_TYPED = 16
"""Beginnings of what is being typed whose documents are remembered, a byte a document each."""
_PLANNED = 8
"""Completions that are searched for as a whole, where what is before them goes on in them; or sought in
compounds and in English, where none stands together with what is before.
"""
_NAMES = 500
_FEW = 100
"""Documents: words that stand together in fewer are also sought in compounds."""
_OPERATOR = r"(?:OCH|AND|ELLER|OR|INTE|NOT|NÄRA|NEAR)\b"
_PLAIN = re.compile(rf"(?:(?!{_OPERATOR}|\d+ \d)\w[\w'’-]*(?::s)?(?: |$))+")
"""Words, and nothing of the query language, nor a number with a space in it."""
_UNFINISHED = re.compile(rf"(?:\b{_OPERATOR}(?:/\d*)?|[-+])$")


class Held(NamedTuple):
    """The documents that something finds: ``mask`` bool over all numbers, and how many."""

    mask: Array
    total: int


class Together:
    """``plan`` gives what a query means. Safe to share between threads."""

    def __init__(self, reader: Reader, lookup: Lookup, plan: Callable[[str], WhooshQuery]) -> None:
        self._reader, self._lookup, self._plan = reader, lookup, plan
        self._saying = lru_cache(_TYPED)(self._which_say)
        self._found = lru_cache(_TYPED)(self._which_are_found)
        self._concerning = lru_cache(_NAMES)(self._concerns)

    def __call__(self, before: str, words: Sequence[Candidate]) -> list[tuple[int, float]]:
        """For each of ``words`` the documents that it and what is ``before`` find, and how many by chance."""
        if _is_open(before):
            found = [len(self._reader.matching(self._plan(f"{before} {w.text}"))) for w in words[:_PLANNED]]
            return [(n, 0.0) for n in (*found, *[0] * (len(words) - len(found)))]
        held = self._saying(before) if _PLAIN.fullmatch(before) else self._found(before)
        if not held.total:
            return [(0, 0.0)] * len(words)
        docs = held.mask.nonzero()[0]

        def count(term: str) -> tuple[int, float]:
            together = self._reader.among(term, docs, held.mask)
            return together, self._by_chance(held, self._reader.term_count(term))

        counts = [count(word.stem) for word in words]
        for i, word in enumerate(words):  # documents of a place need not say its name
            if word.named and not counts[i][0]:
                its = self._concerning(word.text)
                counts[i] = int(np.count_nonzero(held.mask.take(its))), self._by_chance(held, len(its))
        if not any(both for both, _ in counts):
            others = (_others(word.stem, word.text.lower()) for word in words[:_PLANNED])
            few = [max(count(term) for term in terms) for terms in others]
            counts[: len(few)] = few
        return counts

    def _by_chance(self, held: Held, documents: int) -> float:
        return held.total * documents / max(1, self._reader.documents)

    def _concerns(self, name: str) -> Array:
        """The documents of whom a name is, where it is nothing else."""
        _, bearer = self._lookup.named([name]) or (0, None)
        if bearer is None or bearer.ordinary or bearer.field == "county":
            return np.empty(0, np.int64)
        return self._reader.matching(any_(bearer.field, (bearer.value,)))

    def _which_say(self, before: str) -> Held:
        """The documents that have each telling word; where few have them all, in a compound or in English."""
        words = sorted({m[0] for m in TOKEN.finditer(before.lower())} - COMMON)
        stems = [analyser("sv").word(w).stem for w in words]
        docs = self._with_all([(stem,) for stem in stems])
        if len(docs) < _FEW:
            docs = self._with_all(
                [(stem, *_others(stem, word)) for stem, word in zip(stems, words, strict=True)]
            )
        return Held(self._reader.mask(docs), len(docs))

    def _with_all(self, words: Sequence[tuple[str, ...]]) -> Array:
        """The documents that have one of the terms of each word, ascending."""
        rarest, *others = sorted(words, key=lambda terms: sum(map(self._reader.term_count, terms))) or [()]
        docs = self._with_any(rarest) if rarest else self._reader.every
        for terms in others:
            docs = docs[self._reader.mask(self._with_any(terms)).take(docs)]
        return docs

    def _with_any(self, terms: Sequence[str]) -> Array:
        """The documents that have one of ``terms``, ascending."""
        found = [self._reader.having(term) for term in terms]
        return found[0] if len(found) == 1 else self._reader.mask(np.concatenate(found)).nonzero()[0]

    def _which_are_found(self, before: str) -> Held:
        """The documents that a search finds."""
        docs = self._reader.matching(self._plan(before))
        return Held(self._reader.mask(docs), len(docs))


def _others(stem: str, word: str) -> tuple[str, ...]:
    """The terms of a word inside compounds, and in English."""
    english = analyser("en").word(word).stem
    return (english,) if stem in BOUND else (part(stem), english)


def _is_open(before: str) -> bool:
    """Does the next word belong to what is before it: a phrase, a bracket, what an operator asks for?"""
    quotes = sum(before.count(sign) for sign in '"”“„»«')
    return quotes % 2 == 1 or before.count("(") > before.count(")") or bool(_UNFINISHED.search(before))
