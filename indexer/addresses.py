"""Which document is held at an address that it is not named by?

An id is made of the address where a document was first seen, so most addresses need no table. This one has
the others: hashes, sorted, and the number of the document, written with the index. What a hash finds is only
likely: the document itself tells its addresses. Not for which addresses are one document (``identity``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np

from indexer.errors import IndexMissing
from indexer.identity import document_id
from indexer.language import blocks
from indexer.model import MASK, Document

FILE = "addresses.bin"
_SCHEME = re.compile("^https?://", re.IGNORECASE)


def bare(address: str) -> str:
    """Without http or https."""
    return _SCHEME.sub("", address)


def others(document: Document) -> Iterator[str]:
    """The addresses of a document that its id is not made of, bare."""
    for url in (*document.also_at, document.url):
        if MASK not in url and document_id(url) != document.id:
            yield bare(url)


class Addresses:
    def __init__(self, held: Iterable[tuple[str, int]]) -> None:
        """``held``: addresses (bare), each with the number of the document there."""
        rows = sorted((_hash(address), n) for address, n in held)
        self._hashes = np.array([key for key, _ in rows], np.uint64)
        self._numbers = np.array([n for _, n in rows], np.uint32)

    def save(self, directory: Path) -> None:
        blocks.write(directory / FILE, {"hash": self._hashes, "number": self._numbers})

    @classmethod
    def load(cls, directory: Path) -> Addresses | None:
        """None in a generation from before this was written. Raises IndexDamaged."""
        try:
            arrays = blocks.read(directory / FILE)
        except IndexMissing:
            return None
        made = cls.__new__(cls)
        made._hashes, made._numbers = arrays["hash"], arrays["number"]
        return made

    def at(self, address: str) -> list[int]:
        """Numbers of the documents that may have ``address`` (bare), among them all that have it."""
        key = np.uint64(_hash(address))
        first, end = (int(self._hashes.searchsorted(key, side)) for side in ("left", "right"))
        return list(map(int, self._numbers[first:end]))


def _hash(address: str) -> int:
    return int.from_bytes(blake2b(address.encode("utf-8", "replace"), digest_size=8).digest(), "little")
