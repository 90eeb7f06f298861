"""See records.pyx."""

from collections.abc import Callable, Sequence
from io import FileIO

from zstandard import ZstdDecompressor

from indexer.model import Document, Page

class Cards:
    def __init__(self, made: type[Document], names: Sequence[str], others: Sequence[str]) -> None: ...
    def unpack(self, card: bytes) -> Document | None: ...

class Frames:
    def __init__(
        self,
        page_first: memoryview,
        bounds: memoryview,
        file: FileIO,
        offset: int,
        make: Callable[[], ZstdDecompressor],
    ) -> None: ...
    def card(self, doc: int, cards: Cards) -> Document | None: ...
    def read(self, frame: int) -> bytes | None: ...

class Pages:
    def __init__(self, made: type[Page], names: Sequence[str]) -> None: ...
    def unpack(self, number: int, packed: bytes) -> Page: ...
