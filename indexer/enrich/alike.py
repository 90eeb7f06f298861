"""Which documents have nearly the same text?

MinHash (Broder 1997) of word shingles and locality-sensitive hashing, so that 20,000 documents are compared
in seconds and not pair by pair. Nearly the same is not the same: such documents are kept apart and tell of
each other. Not for editions, which their titles tell (``series``), nor for the same text at several
addresses, which is one document (``indexer.identity``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

HASHES = 128
SAME = 0.9
"""Estimated Jaccard similarity from which two texts are nearly the same: in a text of 300 words, one word in
some forty is another."""
FEWEST_WORDS = 50
"""Shorter texts (a cover, a list of links) are alike without being the same."""
MOST = 10
"""Documents named for each document, the most alike."""
_BANDS = 16
"""Bands of 8 rows: pairs of similarity .9 share a band with probability .9999, of .5 with .06."""
_COMPARED = 50
"""Members of a bucket, nearest in order, that each one is compared with: bounds the work where a thousand
pages are made from one template."""
_SHINGLE = 4
_BLOCK = 4_000

# Multiply-shift hashing (Dietzfelbinger et al. 1997): odd factors, sums wrapped at 64 bits, the upper half
# kept.
_RANDOM = np.random.default_rng(20_110_225)
_FACTOR = _RANDOM.integers(0, 1 << 63, HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_SHIFT = _RANDOM.integers(0, 1 << 63, HASHES, dtype=np.uint64)
_MIX = np.uint64(0x9E3779B97F4A7C15)

_WORD = re.compile(r"\w+")


def sketch(texts: Iterable[str]) -> NDArray[np.uint32] | None:
    """MinHash of the word shingles of a document's pages, shape (128,); None when it is too short."""
    words = [word for text in texts for word in _WORD.findall(text.lower())]
    if len(words) < FEWEST_WORDS:
        return None
    numbers = {word: _number(word) for word in set(words)}
    one = np.fromiter((numbers[word] for word in words), np.uint64, len(words))
    shingles = one[: len(one) - _SHINGLE + 1].copy()
    for place in range(1, _SHINGLE):
        shingles *= _MIX
        shingles += one[place : len(one) - _SHINGLE + 1 + place]
    shingles = np.unique(shingles)
    lowest = np.full(HASHES, np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(shingles), _BLOCK):  # bounded memory for long documents
        block = shingles[start : start + _BLOCK, None] * _FACTOR + _SHIFT
        np.minimum(lowest, block.min(axis=0), out=lowest)
    return (lowest >> np.uint64(32)).astype(np.uint32)


def _number(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def alike(
    ids: Sequence[str], sketches: NDArray[np.uint32], series: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Document id → ids of those with nearly the same text, the most alike first.

    ``sketches`` has shape (len(ids), 128). Documents of one series (``series``: id → series) are left out:
    that they are alike is what makes them editions.
    """
    found: dict[str, list[tuple[float, str]]] = {}
    first, second = _candidates(sketches)
    for start in range(0, len(first), _BLOCK):
        some, others = first[start : start + _BLOCK], second[start : start + _BLOCK]
        shares = (sketches[some] == sketches[others]).mean(axis=1)
        for place in np.flatnonzero(shares >= SAME):
            one, other = ids[some[place]], ids[others[place]]
            if series.get(one, one) != series.get(other, other):
                found.setdefault(one, []).append((-shares[place], other))
                found.setdefault(other, []).append((-shares[place], one))
    return {one: tuple(other for _, other in sorted(others)[:MOST]) for one, others in found.items()}


def _candidates(sketches: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows that agree in all numbers of at least one band, each pair once."""
    count, rows = len(sketches), HASHES // _BANDS
    pairs = np.zeros(0, dtype=np.int64)
    for band in range(_BANDS):
        part = sketches[:, band * rows : (band + 1) * rows].astype(np.uint64)
        keys = (part * _FACTOR[:rows] + _SHIFT[:rows]).sum(axis=1, dtype=np.uint64)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        new = [pairs]
        for distance in range(1, _COMPARED + 1):
            same = np.flatnonzero(keys[distance:] == keys[:-distance])
            if not len(same):
                break
            one, other = order[same], order[same + distance]
            new.append(np.minimum(one, other) * count + np.maximum(one, other))
        pairs = np.unique(np.concatenate(new))
    return pairs // max(count, 1), pairs % max(count, 1)
