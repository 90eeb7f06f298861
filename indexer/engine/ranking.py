"""Which of the matching documents come first? The best k by score, by day or by title; and page coherence.

A document whose words stand on one page is worth more than one that has them scattered over several:

    score' = score · (1 − c · (1 − best page / document))

where *best page* is the sum of the idf of the words on the page that has most of them, *document* the sum of
the idf of all words of the query that the document holds, and c is ``scoring.COHERENCE``. Words in title,
headings and link texts stand on every page. Since score' ≤ score, the best k are found by looking only at
those that could still be.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import numpy as np

from indexer.engine import native
from indexer.engine.arrays import Array
from indexer.engine.index import Index
from indexer.engine.nodes import All, Any_, Best, Maybe, Node, Raised, Weighed, Where
from indexer.engine.postings import BODY, spread
from indexer.engine.scoring import COHERENCE
from indexer.engine.written import WrittenBag

WINDOW = 100
"""Documents that are scored again; those of the first ten pages stand among them. With 200 the best ten of
1,600 queries are as good, and each takes 0.014 ms longer.
"""
_FEW = 24
"""Documents up to which coherence is worked out one by one."""


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
    elif isinstance(node, Raised):
        yield from words(node.sure)


def rescored(index: Index, node: Node, docs: Array, scores: Array) -> Array:
    """Scores of ``docs``, the best WINDOW of them with what raises them added, float32."""
    if not isinstance(node, Raised) or not len(docs):
        return scores
    places = top(scores, docs, index.rank("newest"), WINDOW)
    places = places[docs[places].argsort()]
    out = scores.astype(np.float32)
    out[places] += node.more.probe(docs[places])[1]
    return out


def coherent(index: Index, asked: Sequence[Weighed], docs: Array, scores: Array) -> Array:
    """Scores of ``docs`` with coherence counted in, float32."""
    if len(asked) < 2 or not len(docs):
        return scores
    many = _several(index.page_first, docs)
    if not len(many):
        return scores
    # A pattern of written words weighs in every form, and marks only those that match.
    few = len(many) <= _FEW and not any(isinstance(word.bag, WrittenBag) for word in asked)
    share = _share_few if few else _share_many
    out = scores.astype(np.float32)
    out[many] *= 1.0 - COHERENCE * (1.0 - share(index, asked, docs[many]))
    return out


def _several(first: Array, docs: Array) -> Array:
    """Places in ``docs`` of those with more than one page, in the order of the documents."""
    if native.kernel is not None:
        return native.kernel.several(first, docs)  # type: ignore[no-any-return]
    many = (first[docs + 1] - first[docs] > 1).nonzero()[0]
    return np.asarray(many[docs[many].argsort()])


def _share_few(index: Index, asked: Sequence[Weighed], docs: Array) -> Array:
    """``_share_many`` for a few documents: without arrays, which take longer for so little."""
    numbers: list[int] = docs.tolist()
    marks = [(word.worth, word.bag.marks(numbers)) for word in asked]
    shares = []
    for k, number in enumerate(numbers):
        segment, doc = index.locate(number)
        begin, stop = segment.pages_of(doc)
        body = segment.body_start(doc)
        on_page: dict[int, float] = {}
        everywhere = held = 0.0
        for worth, places in marks:
            here = places[k]
            if not here:
                continue
            held += worth
            if here[0] < body:
                everywhere += worth
                continue
            at = 0
            while at < len(here):
                row = bisect_right(segment.page_start, here[at], begin, stop) - 1
                on_page[row] = on_page.get(row, 0.0) + worth
                at = len(here) if row + 1 == stop else bisect_left(here, segment.page_start[row + 1], at)
        shares.append((everywhere + max(on_page.values(), default=0.0)) / held if held else 1.0)
    return np.array(shares)


def _share_many(index: Index, asked: Sequence[Weighed], d: Array) -> Array:
    """What the best page of each document (ascending) holds of the worth of its words: float64."""
    first = index.page_first[d]
    count = index.page_first[d + 1] - first
    begin = np.cumsum(count) - count
    place = np.repeat(np.arange(len(d)), count) << 32 | index.page_starts[spread(first, count)]
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
    share: Array = np.divide(best, held, out=np.ones(len(d)), where=held > 0)
    return share


def best(index: Index, asked: Sequence[Weighed], docs: Array, scores: Array, k: int) -> tuple[Array, Array]:
    """The k best of ``docs`` by score', ties by ``rank`` (newest first): documents and scores, in order."""
    if k <= 0:
        return docs[:0], scores[:0]
    rank = index.rank("newest")
    if len(asked) < 2 or not index.has_pages:
        chosen = top(scores, docs, rank, k)
        return docs[chosen], scores[chosen]
    want = 2 * k
    while True:
        some = top(scores, docs, rank, want)
        held, raw = docs[some], scores[some]
        adjusted = coherent(index, asked, held, raw)
        chosen = top(adjusted, held, rank, k)
        # Nobody outside ``some`` had more than its last score, and coherence only takes away.
        if len(some) == len(docs) or raw[-1] < adjusted[chosen[-1]]:
            return held[chosen], adjusted[chosen]
        want *= 4


def top(scores: Array, docs: Array, rank: Array, k: int) -> Array:
    """Places of the k highest scores, best first; equal scores by lowest ``rank`` of their documents."""
    if native.kernel is not None:
        return native.kernel.top(scores, docs, rank, k)  # type: ignore[no-any-return]
    if k <= 0:
        return np.empty(0, np.int64)
    places = np.arange(len(scores))
    if len(scores) > k:
        least = np.partition(scores, -k)[-k]
        above, ties = (scores > least).nonzero()[0], (scores == least).nonzero()[0]
        need = k - len(above)
        places = np.concatenate((above, ties[np.argpartition(rank[docs[ties]], need - 1)[:need]]))
    return places[np.lexsort((rank[docs[places]], -scores[places]))]


def ordered(index: Index, docs: Array, sort: str, k: int) -> Array:
    """The first k of ``docs`` by "newest", "oldest" or "title"."""
    rank = index.rank(sort)[docs]
    if k < len(docs):
        some = np.argpartition(rank, k)[:k]
        return docs[some[np.argsort(rank[some])]]
    return docs[np.argsort(rank)]
