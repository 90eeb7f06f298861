"""See places.pyx."""

from collections.abc import Sequence

from indexer.engine.arrays import Stored
from indexer.model import Snippet

class Layout:
    def __init__(
        self,
        page_first: memoryview,
        page_start: memoryview,
        page_number: memoryview,
        doc_starts: memoryview,
        piece_first: Stored,
        piece_char: Stored,
    ) -> None: ...
    def pages(
        self, doc: int, marks: list[list[int]], idf: list[float], k1: float
    ) -> list[tuple[int, int]]: ...
    def window(
        self, doc: int, row: int, marks: list[list[int]], idf: list[float], reach: int, most: int
    ) -> tuple[list[int], int, int]: ...

class Snippets:
    def __init__(self, made: type[Snippet], names: Sequence[str]) -> None: ...
    def cut(self, text: str, char: int, token: int, numbers: list[int], width: int) -> Snippet: ...
