"""What an export tells of itself, so that a paper can cite it and someone else can repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from indexer import moments
from indexer.model import Filters, Query
from indexer.search import Searcher


def manifest(
    searcher: Searcher, query: Query, *, text: bool = False, address: str | None = None
) -> dict[str, Any]:
    """Query, filters, generation, counts, denominators, time, software.

    ``held`` counts the documents of the generation by municipality and year, whatever is searched; the code
    or year "none" stands for documents where it is not known. ``address`` repeats the export as long as the
    generation is kept.
    """
    generation = searcher.generation
    return {
        "title": "Barnrättskompassen – sök: export",
        "query": query.text,
        "filters": given(query.filters),
        "sort": query.sort,
        "text": text,
        "documents": searcher.count(replace(query, page=1)),
        "index": asdict(generation),
        "made_at": moments.now(),
        "software": generation.software,
        "address": address,
        "held": {"documents": generation.documents, "by_municipality_and_year": searcher.held()},
    }


def given(filters: Filters) -> Mapping[str, Any]:
    """The filters that were chosen."""
    chosen = asdict(filters)
    return {name: value for name, value in chosen.items() if value not in (None, (), False)}
