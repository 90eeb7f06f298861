"""How is what was worked out kept for those who ask again? Up to a number of bytes, what was asked last.

Not for what is kept, or how much of it (``index``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np

from indexer.engine.arrays import Array

_T = TypeVar("_T")


class Cache:
    """Keeps what was computed last, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._held

    def find(self, key: Hashable) -> Any:
        """What is kept; None when nothing is."""
        held = self._held.get(key)  # each step is one of the interpreter's: no lock
        if held is None:
            return None
        try:
            self._held.move_to_end(key)
        except KeyError:  # gone meanwhile
            return held[0]
        return held[0]

    def keep(self, key: Hashable, value: object, size: int) -> None:
        weight = size + 200
        if weight < self._limit // 4:
            with self._lock:
                if key not in self._held:
                    self._held[key] = value, weight
                    self._size += weight
                while self._size > self._limit:
                    self._size -= self._held.popitem(last=False)[1][1]

    def get(self, key: Hashable, make: Callable[[], _T], size: Callable[[_T], int]) -> _T:
        found: _T | None = self.find(key)
        if found is None:
            found = make()
            self.keep(key, found, size(found))
        return found


def kept(cache: Cache, key: Hashable, make: Callable[[], tuple[Array, Array]]) -> tuple[Array, Array]:
    """Documents (int64) and weights, kept: the documents in half their size, since making them wide again
    is nothing beside making them.
    """
    held: tuple[Array, Array] | None = cache.find(key)
    if held is not None:
        return held[0].astype(np.int64), held[1]
    docs, weights = make()
    narrow = docs.astype(np.int32)
    cache.keep(key, (narrow, weights), int(narrow.nbytes + weights.nbytes))
    return docs, weights
