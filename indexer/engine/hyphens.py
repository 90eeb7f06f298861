"""Which words are written with hyphens, and which are they without them? sär-skild is särskild."""

from __future__ import annotations

from indexer.engine.strings import Strings
from indexer.language.suspended import HYPHENS

_NONE = dict.fromkeys(map(ord, HYPHENS))


def without_hyphens(word: str) -> str:
    return word.translate(_NONE)


def parted(words: Strings, letters: str) -> dict[str, list[int]]:
    """The words of a table that begin with ``letters`` once their hyphens are gone, one of which stands among
    these: word as written → its rows.
    """
    found: dict[str, list[int]] = {}
    at = words.floor(letters.encode("utf-8", "replace"))
    beside = [words[n] for n in (at - 1, at) if 0 <= n < len(words)]
    for i in range(1, len(letters)):  # no word begins with a hyphen, or has two side by side
        start = letters[:i].encode("utf-8", "replace")
        if not any(word.startswith(start) for word in beside):
            break  # no word begins so
        for hyphen in HYPHENS:
            begin = f"{letters[:i]}{hyphen}{letters[i]}".encode("utf-8", "replace")
            for row, key in words.beginning(begin):
                word = key.partition(b"\t")[0].decode()
                if without_hyphens(word).startswith(letters):
                    found.setdefault(word, []).append(row)
    return found
