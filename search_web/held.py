"""What one generation holds, whatever is searched: asked once for each generation, then kept.

The start page, the coverage page and every "nothing found" tell from it what is not covered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.matrix import site_states
from indexer.model import UNKNOWN, Document, Query, SourceStatus
from indexer.search import Searcher

NO_HIT, NOTHING_HELD, NOT_CRAWLED, FAILING = "no_hit", "nothing_held", "not_crawled", "failing"


@dataclass(frozen=True, slots=True)
class Held:
    documents: int
    counts: Mapping[str, Mapping[str, int]]  # facet → value → documents
    statuses: tuple[SourceStatus, ...]
    states: Mapping[str, str]  # municipality → how its own site stands
    newest: tuple[Document, ...]
    names: Mapping[str, str]  # of municipalities, in small letters → code

    def count(self, facet: str, value: str) -> int:
        return self.counts.get(facet, {}).get(value, 0)

    def state(self, municipality: str) -> str:
        """crawled, failing or not_crawled: how the municipality's own site stands."""
        return self.states.get(municipality, NOT_CRAWLED)

    def why_none(self, municipality: str) -> str:
        """Why a municipality has no hit: no_hit, nothing_held, not_crawled or failing."""
        return why_none(self.count("municipality", municipality), self.state(municipality))

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(sorted(int(y) for y in self.counts.get("year", {}) if y != UNKNOWN))


def why_none(held_there: int, state: str) -> str:
    """What is held there decides first, not how the own site stands: others write about it too."""
    if held_there:
        return NO_HIT
    return {"crawled": NOTHING_HELD, "failing": FAILING}.get(state, NOT_CRAWLED)


def held(searcher: Searcher) -> Held:
    return searcher.once(_held)


def _held(searcher: Searcher) -> Held:
    results = searcher.search(Query(sort="newest", limit=6, snippets=False))
    counts = {facet: {v.value: v.count for v in values} for facet, values in results.facets.items()}
    newest = tuple(h.document for h in results.hits)
    names = {name.casefold(): code for code, name in searcher.municipalities().items()}
    return Held(results.total, counts, searcher.statuses(), site_states(searcher), newest, names)
