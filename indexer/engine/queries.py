"""Which queries does the engine know that Whoosh does not?

``Variants``: one word of a query and what counts as the same word, each with its weight. Stock Whoosh
evaluates it as the Or that it is; the engine folds the counts of all variants into one tf~ before it
saturates, so that a document with the word and its synonym is not counted twice (as Lucene's SynonymQuery
with boosts). Not for how variants are found.
"""

from __future__ import annotations

from collections.abc import Sequence

from whoosh.query import Or, Query


class Variants(Or):  # type: ignore[misc]
    """``members``: (query, weight) with queries that can be counted: Term, Phrase, Prefix and its kind, And,
    Or of such.

    And counts as often as its rarest part; the idf is that of the commonest variant, each variant's documents
    counted by its weight.
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

    def apply(self, function: object) -> Variants:
        return Variants([(function(q), w) for q, w in self.members], self.boost)  # type: ignore[operator]

    def normalize(self) -> Query:
        """Itself: merging with an Or around it would lose the weights."""
        return self if len(self.subqueries) else super().normalize()
