"""See postings.pyx."""

from collections.abc import Sequence

from indexer.engine.arrays import Array
from indexer.engine.segment import SegmentData

class Postings:
    def __init__(
        self,
        segment: SegmentData,
        base: int,
        norms: Array,
        live: Array | None,
        code_weights: Array,
        field_weights: Array,
        totals: Array,
    ) -> None: ...
    def weigh(self, term: int, field: int) -> tuple[Array, Array]: ...
    def find(self, term: int, docs: Array, field: int) -> tuple[Array, Array]: ...
    def narrow(
        self, term: int, docs: Array, scores: Array, field: int, worth: float, k1: float
    ) -> tuple[Array, Array]: ...
    def marks(self, term: int, docs: Sequence[int]) -> list[list[int]]: ...
