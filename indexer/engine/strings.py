"""How are many sorted strings looked up without loading them? A blob of lines and their offsets.

Arrays ``name.text`` (uint8: UTF-8, each string followed by a newline) and ``name.start`` (uint32, one more
than there are strings). Order is by bytes, which is the order of code points, which is Python's. They
are looked up where they lie, by halving.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from indexer.engine import native
from indexer.engine.arrays import Array, ArrayFile, ArrayWriter
from indexer.engine.postings import bounds
from indexer.errors import SearchIndexError

_FEW = 4


def write(writer: ArrayWriter, name: str, strings: Sequence[bytes]) -> None:
    """Writes ``strings``, which must be sorted, distinct and free of newlines, as two arrays."""
    for key, values in arrays(name, strings).items():
        writer.add(key, values)


def arrays(name: str, strings: Sequence[bytes]) -> dict[str, Array]:
    """The two arrays of ``strings``, by their names in the file."""
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    start = bounds(lengths + 1)
    if start[-1] >= 1 << 32:
        raise SearchIndexError(
            f"The {name} of the documents take more than 4 GB, the most that an index can hold."
        )
    text = b"\n".join(strings) + (b"\n" if strings else b"")
    return {f"{name}.text": np.frombuffer(text, np.uint8), f"{name}.start": start.astype(np.uint32)}


class Strings:
    """Sorted, distinct byte strings of a file; read-only, safe to share between threads."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._text = file[f"{name}.text"]
        start = file[f"{name}.start"]
        self._start = start.numbers()
        self._count = len(self._start) - 1
        self._lines = native.kernel and native.kernel.Lines(self._text, start.array)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> bytes:
        return self._text.slice(self._start[index], self._start[index + 1] - 1).tobytes()

    def span(self, start: int, stop: int) -> list[bytes]:
        """Strings start … stop."""
        if start >= stop:
            return []
        return self._text.slice(self._start[start], self._start[stop] - 1).tobytes().split(b"\n")

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, self._count, 4096):
            yield from self.span(start, min(start + 4096, self._count))

    def floor(self, key: bytes) -> int:
        """Index of the first string that is not less than ``key``."""
        if self._lines is not None:
            return self._lines.floor(key)  # type: ignore[no-any-return]
        text, start = self._text.all().data, self._start
        return bisect_left(range(self._count), key, key=lambda i: bytes(text[start[i] : start[i + 1] - 1]))

    def find(self, key: bytes) -> int:
        """Index of ``key``, -1 when it is not there."""
        if self._lines is not None:
            return self._lines.find(key)  # type: ignore[no-any-return]
        index = self.floor(key)
        return index if index < self._count and self[index] == key else -1

    def prefix(self, key: bytes) -> tuple[int, int]:
        """start, stop of the strings that begin with ``key``."""
        if not key:
            return 0, self._count
        return self.floor(key), self.floor(successor(key))

    def beginning(self, key: bytes) -> Iterator[tuple[int, bytes]]:
        """The strings that begin with ``key``, and their indexes: for a few."""
        first = self.floor(key) if self._lines is None else self._lines.first(key)
        for start in range(first, self._count, _FEW) if first >= 0 else ():
            for index, text in enumerate(self.span(start, min(start + _FEW, self._count)), start):
                if not text.startswith(key):
                    return
                yield index, text

    def all(self) -> list[bytes]:
        return self.span(0, self._count)


def successor(key: bytes) -> bytes:
    """The least string that is greater than every string which begins with ``key``."""
    key = key.rstrip(b"\xff")
    return key[:-1] + bytes((key[-1] + 1,)) if key else b"\xff" * 8


def line(text: str) -> bytes:
    """``text`` as it can stand in a table: on one line, half characters as question marks."""
    return text.replace("\n", " ").encode("utf-8", "replace")


def union(tables: Iterable[Sequence[bytes]]) -> tuple[list[bytes], list[Array]]:
    """All strings of several sorted tables, and for each table where its strings are in the union."""
    lists = [list(t) for t in tables]
    if len(lists) == 1:
        return lists[0], [np.arange(len(lists[0]), dtype=np.uint32)]
    merged = sorted(set().union(*lists))
    place = {text: i for i, text in enumerate(merged)}
    return merged, [np.fromiter(map(place.__getitem__, table), np.uint32, len(table)) for table in lists]
