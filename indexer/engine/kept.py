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

    def get(self, key: Hashable, make: Callable[[], _T], size: Callable[[_T], int]) -> _T:
        try:  # each step is one of the interpreter's: no lock; what goes meanwhile is made again
            self._held.move_to_end(key)
            return self._held[key][0]  # type: ignore[no-any-return]
        except KeyError:
            pass
        value = make()
        weight = size(value) + 200
        if weight < self._limit // 4:
            with self._lock:
                if key not in self._held:
                    self._held[key] = value, weight
                    self._size += weight
                while self._size > self._limit:
                    self._size -= self._held.popitem(last=False)[1][1]
        return value


def kept(cache: Cache, key: Hashable, make: Callable[[], tuple[Array, Array]]) -> tuple[Array, Array]:
    """Documents (int64) and weights, kept: the documents in half their size, since making them wide again
    is nothing beside making them.
    """

    def narrow() -> tuple[Array, Array]:
        docs, weights = make()
        return docs.astype(np.int32), weights

    docs, weights = cache.get(key, narrow, lambda r: int(r[0].nbytes + r[1].nbytes))
    return docs.astype(np.int64), weights
