"""Which words are found together with what is typed before them, and how often would they be by chance?

For suggestions, at every key: read from postings alone, without scores, synonyms and, where other words are
together, compounds and English. A search finds no fewer. Not for which words are asked about
(``language.following``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from indexer.engine.fields import any_
from indexer.engine.lookup import Lookup
from indexer.engine.notation import COMMON
from indexer.engine.plan import WhooshQuery
from indexer.engine.reader import Reader
from indexer.engine.schema import part
from indexer.language import TOKEN, analyser
from indexer.language.following import Candidate

_TYPED = 16
"""Beginnings of what is being typed whose documents are remembered, a byte a document each."""
_PLANNED = 8
"""Completions that are searched for as a whole, where what is before them goes on in them."""
_NAMES = 500
_FEW = 100
"""Documents: words that stand together in fewer are also sought in compounds."""
_OPERATOR = r"(?:OCH|AND|ELLER|OR|INTE|NOT|NÄRA|NEAR)\b"
_PLAIN = re.compile(rf"(?:(?!{_OPERATOR})\w[\w'’-]*(?::s)?(?: |$))+")
"""Words, and nothing of the query language."""
_UNFINISHED = re.compile(rf"(?:\b{_OPERATOR}(?:/\d*)?|[-+])$")


class Held(NamedTuple):
    """The documents that something finds: ``mask`` bool over all numbers, and how many."""

    mask: np.ndarray[Any, np.dtype[np.bool_]]
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
        counts = self._counts(held, words)
        if held.total < _FEW and not any(both for both, _ in counts):
            held = self._found(before)
            counts = self._counts(held, words)
        if held.total and not any(both for both, _ in counts):
            counts = [max(self._count(held, self._reader.having(t)) for t in _others(w)) for w in words]
        return counts

    def _counts(self, held: Held, words: Sequence[Candidate]) -> list[tuple[int, float]]:
        if not held.total:
            return [(0, 0.0)] * len(words)
        counts = [self._count(held, self._reader.having(word.stem)) for word in words]
        for i, word in enumerate(words):  # documents of a place need not say its name
            if word.named and not counts[i][0]:
                counts[i] = self._count(held, self._concerning(word.text))
        return counts

    def _count(self, held: Held, docs: np.ndarray[Any, Any]) -> tuple[int, float]:
        both = int(np.count_nonzero(held.mask.take(docs)))
        return both, held.total * len(docs) / max(1, self._reader.documents)

    def _concerns(self, name: str) -> np.ndarray[Any, Any]:
        """The documents of whom a name is, where it is nothing else."""
        _, bearer = self._lookup.named([name]) or (0, None)
        if bearer is None or bearer.ordinary or bearer.field == "county":
            return np.empty(0, np.int64)
        return self._reader.matching(any_(bearer.field, (bearer.value,)))

    def _which_say(self, before: str) -> Held:
        """The documents that have each telling word, or where few have them all a compound of it."""
        words = {m[0] for m in TOKEN.finditer(before.lower())} - COMMON
        stems = [analyser("sv").word(w).stem for w in words]
        docs = self._with_all([(stem,) for stem in stems])
        if len(docs) < _FEW:
            docs = self._with_all([(stem, part(stem)) for stem in stems])
        return Held(self._reader.mask(docs), len(docs))

    def _with_all(self, words: Sequence[tuple[str, ...]]) -> np.ndarray[Any, Any]:
        """The documents that have one of the terms of each word."""
        docs = self._reader.every
        for terms in sorted(words, key=lambda terms: sum(map(self._reader.term_count, terms))):
            having = self._reader.mask(np.concatenate([self._reader.having(term) for term in terms]))
            docs = docs[having.take(docs)]
        return docs

    def _which_are_found(self, before: str) -> Held:
        """The documents that a search finds."""
        docs = self._reader.matching(self._plan(before))
        return Held(self._reader.mask(docs), len(docs))


def _others(word: Candidate) -> tuple[str, str]:
    """The terms of a word inside compounds, and in English."""
    return part(word.stem), analyser("en").word(word.text.lower()).stem


def _is_open(before: str) -> bool:
    """Does the next word belong to what is before it: a phrase, a bracket, what an operator asks for?"""
    quotes = sum(before.count(sign) for sign in '"”“„»«')
    return quotes % 2 == 1 or before.count("(") > before.count(")") or bool(_UNFINISHED.search(before))
