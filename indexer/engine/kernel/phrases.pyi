"""See phrases.pyx."""

from indexer.engine.arrays import Array
from indexer.engine.kernel.postings import Postings

class Bags(Postings):
    stamp: int
    def any(self, terms: Array, field: int) -> tuple[Array, Array]: ...
    def phrase(self, terms: list[int], field: int) -> tuple[Array, Array]: ...
