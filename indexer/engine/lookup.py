"""What does a plan ask of the words of an index? ``wording.Words`` over a Reader, remembering the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from whoosh.query import Phrase
from whoosh.query import Query as WhooshQuery

from indexer.engine import scoring
from indexer.engine.fields import Named
from indexer.engine.reader import Reader
from indexer.engine.schema import TEXT
from indexer.language import analyser

_KEPT = 50_000
_PATTERNS = 1_000
_FEW = 3
"""Documents: a compound in fewer may be a slip itself."""


class Lookup:
    """Answers by index term and by written word; ``values``, ``at``, ``named`` as in ``wording.Words``."""

    def __init__(
        self,
        reader: Reader,
        values: Callable[..., Sequence[str]],
        at: Callable[[str], str | None] = lambda _: None,
        named: Callable[[Sequence[str]], tuple[int, Named] | None] = lambda _: None,
    ) -> None:
        self._reader = reader
        self._words = reader.words
        self.values = values
        self.at = at
        self.named = named
        self.documents = lru_cache(_KEPT)(reader.term_count)
        self.forms = lru_cache(_KEPT)(self._forms)
        self.count = lru_cache(_KEPT)(self._count)
        self.written = lru_cache(_PATTERNS)(self._written)
        self.as_one = lru_cache(_KEPT)(self._as_one)
        self.unmarked = lru_cache(_KEPT)(self._unmarked)

    def _forms(self, stem: str, limit: int) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.text for row in self._words.forms(stem, limit)))

    def _count(self, word: str) -> int:
        return max((row.documents for row in self._words.find(word)), default=0)

    def _unmarked(self, word: str) -> tuple[str, ...]:
        return tuple(sorted(self._words.folded(word), key=lambda w: (-self.count(w), w)))

    def idf(self, documents: int) -> float:
        return scoring.idf(documents, self._reader.documents)

    def _as_one(self, words: tuple[str, ...]) -> bool:
        """Do words stand as one in documents, and side by side in none? elev råd"""
        if self.count("".join(words)) < _FEW or not all(map(str.isalpha, words)):
            return False
        return not self.matching(side_by_side(words))

    def matching(self, query: WhooshQuery) -> int:
        return len(self._reader.matching(query))

    def _written(self, pattern: str, limit: int) -> tuple[tuple[str, ...], int]:
        return self._reader.written(pattern, limit)


def side_by_side(words: Sequence[str], field: str = TEXT) -> WhooshQuery:
    """Words one after the other, in any form."""
    return Phrase(field, [analyser("sv").word(w).stem for w in words])
