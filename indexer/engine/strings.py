"""How are many sorted strings looked up without loading them? A blob of lines and their offsets.

Arrays ``name.text`` (uint8: UTF-8, each string followed by a newline) and ``name.start`` (uint32, one more
than there are strings). Order is by bytes, which is the order of code points, which is Python's. What is
compiled looks strings up where they lie, by halving; else one string of every 64 is kept in memory: a lookup
bisects those, then reads one stretch of 64.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from indexer.engine import native
from indexer.engine.arrays import Array, ArrayFile, ArrayWriter
from indexer.engine.postings import bounds
from indexer.errors import SearchIndexError

_STEP = 64
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
        self._samples: list[bytes] | None = None

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

    def _sampled(self) -> list[bytes]:
        """One string of every 64."""
        if self._samples is None:
            text = self._text.all().tobytes()
            starts = self._start
            self._samples = [text[starts[i] : starts[i + 1] - 1] for i in range(0, self._count, _STEP)]
        return self._samples

    def floor(self, key: bytes) -> int:
        """Index of the first string that is not less than ``key``."""
        if self._lines is not None:
            return self._lines.floor(key)  # type: ignore[no-any-return]
        start = max(0, bisect_left(self._sampled(), key) - 1) * _STEP
        return start + bisect_left(self.span(start, min(start + _STEP, self._count)), key)

    def find(self, key: bytes) -> int:
        """Index of ``key``, -1 when it is not there."""
        if self._lines is not None:
            return self._lines.find(key)  # type: ignore[no-any-return]
        first = max(0, bisect_right(self._sampled(), key) - 1) * _STEP
        stop = min(first + _STEP, self._count)
        block = self._text.slice(self._start[first], self._start[stop]).tobytes()
        line = key + b"\n"
        if b"\n" in key:
            return -1
        if block.startswith(line):
            return first
        at = block.find(b"\n" + line)
        return first + 1 + block.count(b"\n", 0, at) if at >= 0 else -1

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
