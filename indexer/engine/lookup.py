"""What does a plan ask of the words of an index? ``plan.Words`` over a Reader, remembering what was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from indexer.engine.reader import Reader

_ENDINGS = (
    "", "a", "an", "ar", "are", "aren", "arna", "arnas", "as", "e", "el", "eln", "elser", "en", "ens", "er",
    "erna", "ernas", "ers", "et", "ets", "het", "heten", "heter", "heterna", "heternas", "ing", "n", "na",
    "nas", "ns", "or", "orna", "ornas", "r", "rna", "rnas", "s", "t", "ts",
)  # fmt: skip
"""Endings with which the commonest written forms of a Swedish stem are looked up."""
_KEPT = 50_000


class Lookup:
    """Answers by index term and by written word; ``values`` names the values of a metadata field."""

    def __init__(self, reader: Reader, values: Callable[[str, str], Sequence[str]]) -> None:
        self._words = reader.words
        self.values = values
        self.documents = lru_cache(_KEPT)(reader.term_count)
        self.forms = lru_cache(_KEPT)(self._forms)
        self.count = lru_cache(_KEPT)(self._count)
        self.unmarked = lru_cache(_KEPT)(self._unmarked)

    def _forms(self, stem: str, limit: int) -> tuple[str, ...]:
        rows = (row for ending in _ENDINGS for row in self._words.find(stem + ending))
        found = {row.text: row.documents for row in rows if row.stem == stem}
        return tuple(sorted(found, key=lambda word: (-found[word], word))[:limit])

    def _count(self, word: str) -> int:
        return max((row.documents for row in self._words.find(word)), default=0)

    def _unmarked(self, word: str) -> tuple[str, ...]:
        return tuple(sorted(self._words.folded(word), key=lambda w: (-self.count(w), w)))

    def starting(self, prefix: str, limit: int) -> list[str]:
        return list(dict.fromkeys(row.text for row in self._words.prefix(prefix, limit)))
