"""Which queries does the engine know that Whoosh does not?

``Variants``: one word of a query and what counts as the same word, each with its weight. Stock Whoosh
evaluates it as the Or that it is; the engine folds the counts of all variants into one tf~ before it
saturates, so that a document with the word and its synonym is not counted twice (as Lucene's SynonymQuery
with boosts). ``Rescored``: what raises the best documents only. ``Most``: documents that match most of
several queries. ``Written``: words by their letters, though stems are indexed. Not for how variants are
found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from whoosh.matching import ListMatcher
from whoosh.query import AndMaybe, MultiTerm, Or, Query

from indexer.engine import expand
from indexer.engine.collect import stretches
from indexer.engine.postings import FIELDS
from indexer.engine.schema import TEXT
from indexer.language import tokens


def joined(kind: type[Query], queries: Sequence[Query]) -> Query:
    """The one query there is, or all as one of ``kind``: And, Or."""
    return queries[0] if len(queries) == 1 else kind(queries)


class Variants(Or):  # type: ignore[misc]
    """``members``: (query, weight) with queries that can be counted: Term, Phrase, Prefix and its kind, And,
    Or of such.

    And counts as often as its rarest part; the idf is that of the commonest of the
    heaviest variants.
    """

    def __init__(self, members: Sequence[tuple[Query, float]], boost: float = 1.0) -> None:
        super().__init__([query for query, _ in members], boost=boost)
        self.weights = tuple(weight for _, weight in members)

    @property
    def members(self) -> list[tuple[Query, float]]:
        return list(zip(self.subqueries, self.weights, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Variants) and self.members == other.members and self.boost == other.boost

    def __hash__(self) -> int:
        return hash((Variants, tuple(self.subqueries), self.weights, self.boost))

    def __repr__(self) -> str:
        return f"Variants({self.members!r}, boost={self.boost})"

    def apply(self, function: Callable[[Query], Query]) -> Variants:
        return Variants([(function(q), w) for q, w in self.members], self.boost)

    def normalize(self) -> Query:
        """Itself: merging with an Or around it would lose the weights."""
        return self if len(self.subqueries) else super().normalize()


class Rescored(AndMaybe):  # type: ignore[misc]
    """Documents of ``a``; ``b`` adds to the scores of the best of them, ``ranking.WINDOW`` many. Only as the
    root of a tree.

    What only orders documents need not be worked out for those that nobody will see (Elasticsearch and Lucene
    call it rescoring).
    """


class Most(Or):  # type: ignore[misc]
    """Documents that match at least ``least`` of ``subqueries``; the scores of those that match are added."""

    def __init__(self, subqueries: Sequence[Query], least: int, boost: float = 1.0) -> None:
        super().__init__(subqueries, boost=boost, minmatch=least)

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and self.minmatch == other.minmatch  # type: ignore[attr-defined,no-any-return]

    def __hash__(self) -> int:
        return hash((Most, tuple(self.subqueries), self.minmatch, self.boost))

    def __repr__(self) -> str:
        return f"Most({self.subqueries!r}, {self.minmatch}, boost={self.boost})"

    def apply(self, function: Callable[[Query], Query]) -> Most:
        return Most([function(q) for q in self.subqueries], self.minmatch, self.boost)

    def normalize(self) -> Query:
        """Itself: merging with an Or around it would count otherwise."""
        return self

    def matcher(self, searcher: Any, context: Any = None) -> Any:  # noqa: ARG002 - Whoosh's signature
        # Whoosh keeps minmatch but does not act on it.
        times: Counter[int] = Counter()
        for query in self.subqueries:
            times.update(set(query.matcher(searcher, searcher.boolean_context()).all_ids()))
        return ListMatcher(
            sorted(doc for doc, n in times.items() if n >= self.minmatch), all_weights=self.boost
        )


class Written(MultiTerm):  # type: ignore[misc]
    """Words that match ``text`` as they are written, where ``*`` is any letters and ``?`` one: all forms of
    them.

    ``skolan*`` finds *skolans*, which is indexed as ``skol`` and would not be found among stems.
    ``exact``: only in documents that have such a word, not in those that have other forms alone.
    """

    def __init__(self, fieldname: str, text: str, boost: float = 1.0, exact: bool = False) -> None:
        self.fieldname = fieldname
        self.text = text
        self.boost = boost
        self.exact = exact

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Written) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((Written, self.fieldname, self.text, self.boost, self.exact))

    def __repr__(self) -> str:
        return f"Written({self.fieldname!r}, {self.text!r}, boost={self.boost}, exact={self.exact})"

    def __str__(self) -> str:
        return f"{self.fieldname}:{self.text}"

    def _btexts(self, ixreader: Any) -> set[bytes]:
        # An empty index has a reader without terms; a segment without documents may say which words are gone.
        segments = [r._terms.data for r, _ in ixreader.leaf_readers() if hasattr(r, "_terms")]
        by_segment = zip(segments, expand.written_terms(segments, self.text), strict=True)
        terms = {segment.terms[n] for segment, numbers in by_segment for n in numbers.tolist()}
        return {t for t in terms if (self.fieldname, t) in ixreader}

    def matcher(self, searcher: Any, context: Any = None) -> Any:
        found = super().matcher(searcher, context)
        if not self.exact:
            return found
        # Whoosh's way is slow anyway: every document is read whole.
        holding = [doc for doc in dict.fromkeys(found.all_ids()) if self._stands(searcher.reader(), doc)]
        return ListMatcher(sorted(holding), all_weights=self.boost)

    def _stands(self, ixreader: Any, doc: int) -> bool:
        _, match = expand.shape(self.text)
        for reader, base in ixreader.leaf_readers():
            if base <= doc < base + reader.doc_count_all():
                held = reader._terms.data.document(doc - base)
                texts = [
                    *((FIELDS[f], t) for f, t in stretches(held)),
                    *(("body", p.text) for p in held.text),
                ]
                return any(
                    match(word)
                    for field, text in texts
                    if self.fieldname in (TEXT, field)
                    for word, _, _ in tokens(text)
                )
        return False
