"""See blocks.pyx."""

from collections.abc import Callable
from mmap import mmap

from indexer.engine.arrays import Array

class Blocks:
    def __init__(
        self, mapped: mmap, good: bytearray, sums: Array, size: int, bits: int, crc32: Callable[..., int]
    ) -> None: ...
    def damaged(self, first: int, stop: int) -> int: ...
