"""How well does a document match a word? BM25F: the formula and its constants.

S. Robertson, H. Zaragoza, M. Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004):

    tf~   = Σ_f  weight_f · tf_f / (1 − b_f + b_f · length_f / average length_f)
    score = idf · tf~ / (k1 + tf~)
    idf   = ln(1 + (N − df + ½) / (df + ½))

N, df and the averages count every document of the index that is not deleted, in whichever segment it lies,
so that an index in several segments scores as one. Not for which documents match.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from indexer.engine.arrays import Array
from indexer.engine.postings import FIELDS


@dataclass(frozen=True)
class Scoring:
    """The constants; a reader may be opened with others."""

    weights: Mapping[str, float] = field(
        default_factory=lambda: {"title": 4.0, "headings": 2.0, "anchors": 2.0, "body": 1.0}
    )
    b: Mapping[str, float] = field(
        default_factory=lambda: {"title": 0.5, "headings": 0.5, "anchors": 0.5, "body": 0.75}
    )
    k1: float = 1.2
    coherence: float = 0.4
    """Share of the score that a document loses whose pages hold none of the words of another page."""


DEFAULT = Scoring()


def idf(df: float, documents: int) -> float:
    return math.log(1.0 + (documents - df + 0.5) / (df + 0.5))


def field_factors(lengths: Array, averages: Array, scoring: Scoring) -> Array:
    """weight_f / (1 − b_f + b_f · length_f / average_f) of every document: float32 (N, 4)."""
    factors = np.empty(lengths.shape, np.float32)
    for f, name in enumerate(FIELDS):
        b = scoring.b[name] if averages[f] else 0.0
        ratio = lengths[:, f] / averages[f] if averages[f] else 0.0
        factors[:, f] = scoring.weights[name] / (1.0 - b + b * ratio)
    return factors


def saturate(weights: Array, k1: float) -> Array:
    """tf~ / (k1 + tf~)."""
    return weights / (weights + np.float32(k1))
