"""Which of the matching documents come first? The best k by score, by day or by title; and page coherence.

A document whose words stand on one page is worth more than one that has them scattered over several:

    score' = score · (1 − c · (1 − best page / document))

where *best page* is the sum of the idf of the words on the page that has most of them, *document* the sum of
the idf of all words of the query that the document holds, and c is ``Scoring.coherence``. Words in title,
headings and link texts stand on every page. Since score' ≤ score, the best k are found by looking only at
those that could still be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from indexer.engine.arrays import Array
from indexer.engine.index import Index
from indexer.engine.nodes import All, Any_, Best, Maybe, Node, Weighed, Where
from indexer.engine.postings import BODY, spread

_BLOCK = 64


def words(node: Node) -> Iterator[Weighed]:
    """The words of a query that can make a document coherent."""
    if isinstance(node, Weighed):
        if node.size and node.worth > 0:
            yield node
    elif isinstance(node, (All, Any_, Best)):
        for child in node.children:
            yield from words(child)
    elif isinstance(node, Maybe):
        yield from words(node.sure)
        yield from words(node.maybe)
    elif isinstance(node, Where):
        yield from words(node.scored)


def coherent(index: Index, asked: Sequence[Weighed], docs: Array, scores: Array) -> Array:
    """Scores of ``docs`` with coherence counted in, float32."""
    first = index.page_first
    pages = first[docs + 1] - first[docs]
    many = np.flatnonzero(pages > 1)
    if len(asked) < 2 or not len(many):
        return scores
    many = many[np.argsort(docs[many])]
    d = docs[many]
    count = pages[many]
    begin = np.cumsum(count) - count
    place = np.repeat(np.arange(len(d)), count) << 32 | index.page_starts[spread(first[d], count)]
    body = index.field_starts[d, BODY - 1]
    on_page = np.zeros(len(place))
    held = np.zeros(len(d))
    for word in asked:
        spans = word.bag.spans(d)
        if not len(spans.docs):
            continue
        at = np.searchsorted(d, spans.docs)
        outside = spans.starts < body[at]
        rows = np.searchsorted(place, at << 32 | spans.starts, "right") - 1
        present = np.zeros(len(place), bool)
        present[rows[~outside]] = True
        everywhere = np.unique(at[outside])
        present[spread(begin[everywhere], count[everywhere])] = True
        on_page += present * word.worth
        has = np.zeros(len(d), bool)
        has[at] = True
        held += has * word.worth
    best = np.maximum.reduceat(on_page, begin)
    share = np.divide(best, held, out=np.ones(len(d)), where=held > 0)
    out = scores.astype(np.float32)
    out[many] = out[many] * (1.0 - index.scoring.coherence * (1.0 - share))
    return out


def best(index: Index, asked: Sequence[Weighed], docs: Array, scores: Array, k: int) -> tuple[Array, Array]:
    """The k best of ``docs`` by score', ties by ``rank`` (newest first): documents and scores, in order."""
    if k <= 0:
        return docs[:0], scores[:0]
    single = len(asked) < 2 or not index.has_pages
    if single or len(docs) <= 2 * k:
        if not single:
            scores = coherent(index, asked, docs, scores)
        chosen = top(scores, index.rank("newest")[docs] if len(docs) else docs, k)
        return docs[chosen], scores[chosen]
    rank = index.rank("newest")
    want = 2 * k
    while True:
        some = top(scores, rank[docs], want)
        adjusted = coherent(index, asked, docs[some], scores[some])
        chosen = top(adjusted, rank[docs[some]], k)
        # Nobody outside ``some`` had more than its last score, and coherence only takes away.
        if len(some) == len(docs) or scores[some[-1]] < adjusted[chosen[-1]]:
            return docs[some][chosen], adjusted[chosen]
        want *= 4


def top(scores: Array, rank: Array, k: int) -> Array:
    """Places of the k highest scores, best first; equal scores by lowest ``rank``."""
    if k <= 0:
        return np.empty(0, np.int64)
    if len(scores) > k:
        least = _threshold(scores, k)
        places = np.flatnonzero(scores >= least)
        if len(places) > 4 * k + 1000:
            above = np.flatnonzero(scores > least)
            ties = np.flatnonzero(scores == least)
            need = max(0, k - len(above))
            if need < len(ties):
                ties = ties[np.argpartition(rank[ties], need)[:need]] if need else ties[:0]
            places = np.concatenate((above, ties))
    else:
        places = np.arange(len(scores))
    order = np.lexsort((rank[places], -scores[places]))
    return places[order[:k]]


def _threshold(scores: Array, k: int) -> float:
    """A bound that at least k scores reach and not many more: the k-th highest of blocks' maxima, then
    exact.
    """
    blocks = len(scores) // _BLOCK
    if blocks >= 4 * k:
        maxima = scores[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
        bound = np.partition(maxima, blocks - k)[blocks - k]
        scores = scores[scores >= bound]
    return float(np.partition(scores, len(scores) - k)[len(scores) - k])


def ordered(index: Index, docs: Array, sort: str, k: int) -> Array:
    """The first k of ``docs`` by "newest", "oldest" or "title"."""
    rank = index.rank(sort)[docs]
    if k < len(docs):
        some = np.argpartition(rank, k)[:k]
        return docs[some[np.argsort(rank[some])]]
    return docs[np.argsort(rank)]
