"""How might the words that someone is typing go on? Titles, phrases, places and years of the corpus.

Nothing that anyone has searched for is kept or suggested.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

from indexer.language.text import fold, tokens
from indexer.model import Suggestion

_FILE = "suggestions.tsv"
_KINDS = {"place": 4.0, "title": 3.0, "phrase": 2.0, "word": 1.0, "year": 1.0}


class Suggester:
    """Completions by what is typed: every entry is found by the beginning of any of its words."""

    def __init__(self, entries: Iterable[tuple[Suggestion, int]]) -> None:
        self._entries = list(entries)
        keys = []
        for number, (suggestion, _) in enumerate(self._entries):
            lowered = suggestion.text.lower()
            for word, start, _end in tokens(lowered):
                keys.append((lowered[start:], number))
                if fold(word) != word:
                    keys.append((fold(lowered[start:]), number))
        self._keys = sorted(keys)

    @classmethod
    def build(
        cls,
        titles: Iterable[tuple[str, str]],
        texts: Iterable[str],
        places: Mapping[str, str],
        years: Mapping[int, int],
    ) -> Suggester:
        """``titles``: (title, document id); ``places``: name → code; ``years``: year → documents."""
        entries = [(Suggestion(title, "title", target), 1) for title, target in titles]
        entries += [(Suggestion(name, "place", code), 1) for name, code in places.items()]
        entries += [(Suggestion(str(year), "year"), count) for year, count in years.items()]
        counts = Counter(pair for text in texts for pair in _pairs(text))
        entries += [(Suggestion(" ".join(p), "phrase"), n) for p, n in counts.items() if n > 2]
        return cls(entries)

    def save(self, directory: Path) -> None:
        lines = (f"{s.kind}\t{n}\t{s.target or ''}\t{s.text}\n" for s, n in self._entries)
        (Path(directory) / _FILE).write_text("".join(lines), "utf-8")

    @classmethod
    def load(cls, directory: Path) -> Suggester:
        lines = (Path(directory) / _FILE).read_text("utf-8").split("\n")[:-1]
        rows = (line.split("\t", 3) for line in lines)
        return cls((Suggestion(text, kind, target or None), int(n)) for kind, n, target, text in rows)

    def complete(self, typed: str, limit: int = 8) -> list[Suggestion]:
        """The best completions of ``typed``, at most ``limit``."""
        prefix = typed.lower().strip()
        if not prefix:
            return []
        at = bisect_left(self._keys, (prefix, -1))
        found: dict[int, None] = {}
        while at < len(self._keys) and self._keys[at][0].startswith(prefix) and len(found) < 1000:
            found[self._keys[at][1]] = None
            at += 1
        ranked = sorted(found, key=lambda i: (-_KINDS[self._entries[i][0].kind], -self._entries[i][1], i))
        return [self._entries[i][0] for i in ranked[:limit]]


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    words = [w for w, _, _ in tokens(text)]
    return ((a, b) for a, b in pairwise(words) if len(a) > 3 and len(b) > 3)
