"""How well does a document match a word? BM25F: the formula and its constants.

S. Robertson, H. Zaragoza, M. Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004):

    tf~   = Σ_f  weight_f · tf_f / (1 − b + b · length / average length)
    score = idf · tf~ / (k1 + tf~)
    idf   = ln(1 + (N − df + ½) / (df + ½))

``length`` counts the words of all fields together: one b for each field, as in later variants, was tried and
ranks worse (nDCG@10 .304 instead of .343 on the topics of ``tests/eval``, all weights 1). N, df and the
average count every document of the index that is not deleted, in whichever segment it lies, so that an index
in several segments scores as one. Not for which documents match.
"""

from __future__ import annotations

import math

import numpy as np

from indexer.engine import native
from indexer.engine.arrays import Array
from indexer.engine.postings import FIELDS

WEIGHTS = {"title": 5.0, "headings": 2.0, "anchors": 2.0, "body": 1.0}
B = 0.75
K1 = 0.9
COHERENCE = 0.4
"""Share of the score that a document loses whose pages hold none of the words of another page."""
FIELD_WEIGHTS: Array = np.array([WEIGHTS[name] for name in FIELDS], np.float32)
"""In the order of FIELDS."""


def idf(df: float, documents: int) -> float:
    return math.log(1.0 + (documents - df + 0.5) / (df + 0.5))


def norms(lengths: Array, average: float) -> Array:
    """1 / (1 − b + b · length / average), float32 (N); ``lengths``: words by field, (N, 4)."""
    if not average:
        return np.ones(len(lengths), np.float32)
    ratio = lengths.sum(axis=1) / average
    return np.asarray(1.0 / (1.0 - B + B * ratio), np.float32)


def score(weights: Array, worth: float) -> Array:
    """worth · tf~ / (k1 + tf~), float32."""
    if native.kernel is not None:
        return native.kernel.score(weights, worth, K1)  # type: ignore[no-any-return]
    scores = weights / (weights + np.float32(K1))
    scores *= np.float32(worth)
    return np.asarray(scores)
