"""Did you mean? The likeliest word of the corpus for a word that it does not have.

Suggests only words that stand in the corpus, so a suggestion always gives hits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from indexer.language.analysis import analyser

_FURTHEST = 2


class Speller:
    """The words of a corpus (lower-cased tokens) with their occurrences."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self._words = {w: n for w, n in words.items() if w.isalpha() and n > 0}
        self._by_size: dict[int, list[str]] = {}
        for word in sorted(self._words):
            self._by_size.setdefault(len(word), []).append(word)

    def save(self, directory: Path) -> None:
        lines = (f"{word}\t{self._words[word]}\n" for word in sorted(self._words))
        (Path(directory) / "spelling.txt").write_text("".join(lines), "utf-8")

    @classmethod
    def load(cls, directory: Path) -> Speller:
        lines = (Path(directory) / "spelling.txt").read_text("utf-8").splitlines()
        return cls({word: int(count) for word, _, count in (line.partition("\t") for line in lines)})

    def suggest(self, word: str) -> str | None:
        """The word of the corpus that ``word`` was meant to be; None when it is known or nothing is near."""
        if len(word) < 3 or not word.isalpha() or word in self._words:
            return None
        forms = analyser("sv").word(word)
        if forms.parts and all(part in self._words for part in forms.parts):
            return None
        best: tuple[float, str] | None = None
        furthest = 1 if len(word) < 5 else _FURTHEST
        for size in range(len(word) - furthest, len(word) + furthest + 1):
            for other in self._by_size.get(size, ()):
                distance = _distance(word, other, furthest)
                if distance <= furthest:
                    rank = (distance - min(self._words[other], 1000) / 2000, other)
                    best = min(best, rank) if best else rank
        return best[1] if best else None

    def suggest_phrase(self, words: Sequence[str]) -> tuple[str, ...] | None:
        """``words`` with every unknown word replaced; None when nothing is."""
        mended = tuple(self.suggest(w) or w for w in words)
        return mended if mended != tuple(words) else None


def _distance(a: str, b: str, furthest: int) -> float:
    """Damerau-Levenshtein distance (adjacent letters swapped count one), or more than ``furthest``."""
    if abs(len(a) - len(b)) > furthest or len(set(a) ^ set(b)) > 2 * furthest:
        return furthest + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        after = [i]
        for j, y in enumerate(b, 1):
            cost = min(row[j] + 1, after[-1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        if min(after) > furthest:
            return furthest + 1
        before, row = row, after
    return row[-1]
