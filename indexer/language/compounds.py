"""Where does a Swedish compound part? A splitter driven by the lexicon.

Not for stems: it answers with the parts as they are written (``barnrätts|strateg``), linking letters
to the left.
"""

from __future__ import annotations

from collections.abc import Mapping

from indexer.language.lexicon import Lexicon

SHORTEST_PART = 3
_VOWELS = frozenset("aeiouyåäöé")


class Splitter:
    """Finds the two parts of a compound; ``corpus_counts`` (word → occurrences) adds words to the lexicon."""

    def __init__(self, lexicon: Lexicon, corpus_counts: Mapping[str, int] | None = None) -> None:
        self._lexicon = lexicon
        self._counts = corpus_counts or {}

    def split(self, word: str) -> tuple[str, ...]:
        """(left, right) at the best place, or () when ``word`` is not a compound of known parts."""
        best, found = 0.0, 0
        for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
            right = word[cut:]
            if not self._head(right):
                continue
            left = word[:cut]
            weight = self._first(left)
            if weight and weight + len(right) / 100 > best:
                best, found = weight + len(right) / 100, cut
        return (word[:found], word[found:]) if found else ()

    def _head(self, part: str) -> bool:
        return part in self._lexicon or next(self._lexicon.lemmas(part), None) is not None

    def _first(self, part: str) -> float:
        if _VOWELS.isdisjoint(part):
            return 0.0
        if part in self._lexicon.firsts:
            return 3.0
        flags = self._lexicon.words.get(part)
        if flags is not None:
            return 2.0
        if part.endswith("s") and part[:-1] in self._lexicon:
            return 1.0
        return 0.0

    def base(self, part: str) -> str:
        """The word that the first part of a compound is a form of: arbets → arbete, kyrko → kyrka."""
        word = self._lexicon.firsts.get(part)
        if word:
            return word
        if part in self._lexicon:
            return part
        if part.endswith("s") and len(part) > SHORTEST_PART:
            return part[:-1]
        return part
