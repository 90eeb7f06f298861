"""How sure, how large, how close? Measures of corpus linguistics as array functions; each names its source.

Not for counting (``indexer.engine.corpus_counts``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def log_likelihood(a: Array, b: Array, m: float | Array, n: float | Array) -> Array:
    """G² of words that occur ``a`` times among ``m`` words and ``b`` times among ``n`` others, float64.

    2 Σ O ln(O / E) over the four cells of the table word × part; 0 ln 0 is 0. Dunning (1993), Accurate
    methods for the statistics of surprise and coincidence, Computational Linguistics 19(1), 61–74.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    m, n = np.asarray(m, np.float64), np.asarray(n, np.float64)
    total, word = m + n, a + b
    cells = ((a, word, m), (b, word, n), (m - a, total - word, m), (n - b, total - word, n))
    g = np.zeros(np.broadcast(a, b, m, n).shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        for observed, row, column in cells:
            g += np.where(observed > 0, observed * np.log(observed * total / (row * column)), 0.0)
    return 2 * g


def log_ratio(a: Array, b: Array, m: float, n: float) -> Array:
    """How many doublings more frequent a word is in one part than in the other: 1 is twice, 2 four times.

    log2((a / m) / (b / n)), with half an occurrence where there is none. Hardie (2014), Log Ratio: an
    informal introduction, ESRC Centre for Corpus Approaches to Social Science, Lancaster.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if not m or not n:
        return np.zeros(np.broadcast(a, b).shape)
    return np.asarray(np.log2(np.maximum(a, 0.5) / m) - np.log2(np.maximum(b, 0.5) / n))


def log_dice(together: Array, node: float, word: Array) -> Array:
    """How closely two words go together, at most about 14, whatever the size of the collection.

    14 + log2(2 f(x, y) / (f(x) + f(y))). Rychlý (2008), A lexicographer-friendly association score, RASLAN
    2008, 6–9.
    """
    together, word = np.asarray(together, np.float64), np.asarray(word, np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(14 + np.log2(2 * together / np.maximum(node + word, 1)))


def per_million(count: int, words: int) -> float | None:
    """Occurrences in a million words; None where there are no words."""
    return 1_000_000 * count / words if words else None
