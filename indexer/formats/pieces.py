"""How does what a library writes to a file become pieces that are sent as they come?"""

from __future__ import annotations

import io
from typing import Any


class Pieces(io.RawIOBase):
    """A file that keeps what is written until it is taken: the writer needs a file, we want pieces."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []
        self._at = 0
        self.held = 0  # bytes that wait

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._held.append(piece)
        self._at += len(piece)
        self.held += len(piece)
        return len(piece)

    def take(self) -> bytes:
        held, self._held, self.held = self._held, [], 0
        return b"".join(held)
