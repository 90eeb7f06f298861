"""The files that a result set can be written as: one line in ``FORMATS`` for each.

Every writer makes its file piece by piece while it is sent, from documents that are read one at a time;
how long the set is makes no difference to memory. Not for what a record looks like (``indexer.export``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer.export import record
from indexer.formats import references, tables
from indexer.formats.tables import Export, Records
from indexer.model import Query

if TYPE_CHECKING:
    from indexer.search import Searcher

__all__ = ["FORMATS", "Export", "records"]


@dataclass(frozen=True)
class Format:
    name: str  # as people call it
    media_type: str
    extension: str
    write: Callable[[Export], Iterator[bytes]]


def records(searcher: Searcher, query: Query, *, text: bool) -> Records:
    """All that a query finds, one document after the other."""
    for document in searcher.all(query):
        yield document, searcher.pages(document.id) if text else ()


def write_jsonl(export: Export) -> Iterator[bytes]:
    """One JSON object a line."""
    for document, pages in export.records:
        line = json.dumps(record(document, pages if export.text else None), ensure_ascii=False) + "\n"
        yield line.encode("utf-8", "replace")


def _references(export: Export) -> Iterator[references.Reference]:
    return (references.reference(d, text=p, label=export.label) for d, p in export.records)


FORMATS: Mapping[str, Format] = {
    "csv": Format("CSV", "text/csv; charset=utf-8", "csv", tables.write_csv),
    "xlsx": Format(
        "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx",
        tables.write_xlsx,
    ),
    "jsonl": Format("JSON Lines", "application/jsonl; charset=utf-8", "jsonl", write_jsonl),
    "parquet": Format("Parquet", "application/vnd.apache.parquet", "parquet", tables.write_parquet),
    "ris": Format(
        "RIS", "application/x-research-info-systems; charset=utf-8", "ris",
        lambda e: references.write_ris(_references(e)),
    ),
    "bibtex": Format(
        "BibTeX", "application/x-bibtex; charset=utf-8", "bib",
        lambda e: references.write_bibtex(_references(e)),
    ),
    "csl": Format(
        "CSL-JSON", "application/vnd.citationstyles.csl+json", "json",
        lambda e: references.write_csl(_references(e)),
    ),
}  # fmt: skip
