"""How do arrays lie in a file? Named little-endian arrays, mapped, each block checked before its first use.

    file     = array … array  footer  trailer        arrays start at multiples of 64 bytes
    footer   = JSON {name: [dtype, count, offset]}, CRC-32 of every block (uint32)
    trailer  = bytes of arrays (uint64), of JSON (uint32), CRC-32 of the footer (uint32), magic (8 bytes)

Blocks are 8 KiB, some 1 µs to check. A block is checked when one of its bytes is first handed out, if not
before, so a flipped bit is told before it can become a wrong answer. Not for what the arrays mean.
"""

from __future__ import annotations

import json
import mmap
import struct
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from zlib_ng.zlib_ng import crc32

from indexer.engine import native
from indexer.errors import IndexDamaged

Array = npt.NDArray[Any]

BLOCK_BITS = 13
BLOCK = 1 << BLOCK_BITS
_ALIGN = 64
_MAGIC = b"kompass1"
_TRAILER = struct.Struct("<QII8s")
ADVICE = "build it again with 'kompass index'"


class ArrayWriter:
    """Writes one file of arrays; ``extend`` adds to the array begun last, so large ones need not be in
    memory.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("wb")
        self._arrays: dict[str, list[Any]] = {}
        self._open: str | None = None
        self._at = 0
        self._sums: list[int] = []
        self._crc = 0

    def begin(self, name: str, dtype: npt.DTypeLike) -> None:
        self._write(b"\0" * (-self._at % _ALIGN))
        self._arrays[name] = [np.dtype(dtype).newbyteorder("<").str, 0, self._at]
        self._open = name

    def extend(self, values: Array) -> None:
        assert self._open is not None
        entry = self._arrays[self._open]
        entry[1] += len(values)
        self._write(np.ascontiguousarray(values, dtype=entry[0]).data.cast("B") if len(values) else b"")

    def add(self, name: str, values: Array) -> None:
        self.begin(name, values.dtype)
        self.extend(values)

    def _write(self, data: bytes | memoryview) -> None:
        view, at = memoryview(data), 0
        while at < len(view):
            room = BLOCK - (self._at + at) % BLOCK
            part = view[at : at + room]
            self._crc = crc32(part, self._crc)
            at += len(part)
            if len(part) == room:
                self._sums.append(self._crc)
                self._crc = 0
        self._at += len(view)
        self._file.write(view)

    def close(self) -> None:
        if self._at % BLOCK:
            self._sums.append(self._crc)
        text = json.dumps(self._arrays).encode()
        footer = text + np.array(self._sums, "<u4").tobytes()
        self._file.write(footer + _TRAILER.pack(self._at, len(text), crc32(footer), _MAGIC))
        self._file.close()


class Stored:
    """One array of a file. Indexing with a slice checks the blocks below it and gives a read-only view."""

    __slots__ = ("_file", "_itemsize", "array", "dtype", "size", "start", "view")

    def __init__(self, file: ArrayFile, view: Array, start: int) -> None:
        self._file = file
        self.array = view
        self.view = view.data
        """All elements, unchecked: ``check`` what is to be read of it or of ``array`` first."""
        self.start = start
        self._itemsize = view.dtype.itemsize
        self.size = len(view)
        self.dtype = view.dtype

    def __len__(self) -> int:
        return self.size

    @property
    def blocks(self) -> Any:
        """``kernel.Blocks`` of the file, in which this array begins at the byte ``start``."""
        return self._file.blocks

    def slice(self, start: int, stop: int) -> Array:
        """Elements start … stop, a view."""
        if stop > start:
            self.check(start, stop)
        return self.array[start:stop]

    def check(self, start: int, stop: int) -> None:
        """Checks the blocks below elements start … stop, of which a few are read faster from ``view``."""
        file = self._file
        first = (self.start + start * self._itemsize) >> BLOCK_BITS
        last = (self.start + stop * self._itemsize - 1) >> BLOCK_BITS
        if file.good.find(0, first, last + 1) >= 0:
            file.check(first, last + 1)

    def numbers(self) -> memoryview:
        """All elements, for taking single ones: three times as fast as from an array."""
        return self.all().data

    def all(self) -> Array:
        return self.slice(0, self.size)

    def at(self, index: int) -> int:
        """One element as a Python number."""
        block = (self.start + index * self._itemsize) >> BLOCK_BITS
        if not self._file.good[block]:
            self._file.check(block, block + 1)
        return self.array.item(index)  # type: ignore[no-any-return]

    def take(self, indices: Array) -> Array:
        """Elements at ``indices`` (int64, in any order)."""
        if len(indices):
            file = self._file
            offset, size = self.start, self._itemsize
            first = (offset + int(indices.min()) * size) >> BLOCK_BITS
            last = (offset + (int(indices.max()) + 1) * size - 1) >> BLOCK_BITS
            if file.good.find(0, first, last + 1) >= 0:
                touched = np.zeros(last + 1 - first, bool)
                touched[((offset + indices * size) >> BLOCK_BITS) - first] = True
                for block in (touched.nonzero()[0] + first).tolist():
                    if not file.good[block]:
                        file.check(block, block + 1)
        return self.array.take(indices)


class ArrayFile:
    """A mapped file of arrays. Raises IndexDamaged when it is not what was written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb", buffering=0)
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as problem:
            raise IndexDamaged(f"{path} cannot be read ({problem}): {ADVICE}.") from None
        self.size, self._arrays, self._sums = self._footer()
        self.good = bytearray(len(self._sums))
        """1 for every block that has been checked."""
        kernel = native.kernel
        self.blocks = kernel and kernel.Blocks(self._map, self.good, self._sums, self.size, BLOCK_BITS, crc32)

    def _footer(self) -> tuple[int, dict[str, list[Any]], Array]:
        try:
            end = len(self._map) - _TRAILER.size
            size, length, crc, magic = _TRAILER.unpack(self._map[end:])
            footer = self._map[size:end]
            if magic != _MAGIC or crc32(footer) != crc:
                raise ValueError
            sums = np.frombuffer(footer[length:], "<u4")  # its own bytes: numbers of four lie at fours
            if len(sums) != -(-size // BLOCK):
                raise ValueError
            self.crc: int = crc
            return size, json.loads(footer[:length]), sums
        except (ValueError, struct.error):
            raise IndexDamaged(f"{self.path} is cut off or damaged at its end: {ADVICE}.") from None

    def __getitem__(self, name: str) -> Stored:
        dtype, count, offset = self._arrays[name]
        return Stored(self, np.frombuffer(self._map, dtype, count, offset), offset)

    def unmapped(self, name: str) -> tuple[FileIO, int]:
        """The file, and the byte of it where an array begins: to be read past the map and unchecked, for data
        with its own checksum.

        What is read so does not count as memory of the process.
        """
        return self._file, self._arrays[name][2]

    def check(self, first: int, last: int) -> None:
        """Checks the blocks first … last, but those that have been."""
        bad = self._damaged(first, last) if self.blocks is None else self.blocks.damaged(first, last)
        if bad >= 0:
            raise IndexDamaged(f"{self.path} is damaged near byte {bad << BLOCK_BITS}: {ADVICE}.")

    def _damaged(self, first: int, last: int) -> int:
        """The first damaged one of the blocks first … last; -1 where there is none."""
        block = self.good.find(0, first, last)
        while block >= 0:
            start = block << BLOCK_BITS
            if crc32(memoryview(self._map)[start : min(start + BLOCK, self.size)]) != self._sums[block]:
                return block
            self.good[block] = 1
            block = self.good.find(0, block, last)
        return -1
