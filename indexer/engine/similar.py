"""Which query finds documents like this one? Its most telling words, each weighted by how telling it is."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Sequence

from whoosh import query as q

from indexer.engine.schema import TEXT
from indexer.language import analyser, tokens

EVERYTHING = q.Every()
_READ = 30_000  # characters: what a document is about shows early
_WORDS = 12


def like(
    texts: Sequence[str],
    language: str,
    documents: int,
    holding: Callable[[str], int],
    *,
    apart: q.Query | None,
) -> q.Query:
    """Most of the telling words of ``texts`` (the most telling text first), without what matches ``apart``.

    A word tells by tf · idf; words that stand in this document alone, or in every other one, tell nothing.
    """
    word = analyser(language).word
    counts: Counter[str] = Counter()
    room = _READ
    for weight, text in zip((3, *[1] * len(texts)), texts, strict=False):
        for token, _, _ in tokens(text[:room]):
            if len(token) > 2 and not token[0].isdigit():
                counts[word(token).stem] += weight
        room -= len(text)
        if room <= 0:
            break
    telling: list[tuple[float, str]] = []
    for stem, count in counts.items():
        df = holding(stem)
        if 1 < df <= max(2, documents // 4) and df < documents:
            telling.append((math.log1p(count) * math.log(documents / df), stem))
    best = heapq.nlargest(_WORDS, telling)
    if not best:
        return q.NullQuery
    top = best[0][0]
    tree = q.Or([q.Term(TEXT, stem, boost=worth / top) for worth, stem in best])
    return tree if apart is None else q.AndNot(tree, apart)
