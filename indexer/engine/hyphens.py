"""Which words are written with hyphens, and which are they without them? sär-skild is särskild."""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice

from indexer.engine.strings import Strings
from indexer.language.suspended import HYPHENS

_NONE = dict.fromkeys(map(ord, HYPHENS))


def without_hyphens(word: str) -> str:
    return word.translate(_NONE)


class Joined:
    """The words of a table that are written with hyphens, found by how they begin without them."""

    def __init__(self, words: Strings) -> None:
        rows = words.having(HYPHENS)
        found = [(words[row].partition(b"\t")[0].decode(), row) for row in rows]
        self._rows = sorted((without_hyphens(word), word, row) for word, row in found)

    def beginning(self, letters: str) -> dict[str, list[int]]:
        """Word as written → its rows."""
        found: dict[str, list[int]] = {}
        start = bisect_left(self._rows, (letters,))
        for plain, word, row in islice(self._rows, start, None):
            if not plain.startswith(letters):
                break
            found.setdefault(word, []).append(row)
        return found
