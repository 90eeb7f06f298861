"""The files that a result set can be written as: one line in ``FORMATS`` for each.

Every writer makes its file piece by piece while it is sent, from documents that are read one at a time;
how long the set is makes no difference to memory. Not for what a record looks like (``indexer.export``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from indexer.export import record
from indexer.formats import references, tables
from indexer.formats.tables import Records
from indexer.model import Query

if TYPE_CHECKING:
    from indexer.search import Searcher


@dataclass(frozen=True)
class Export:
    records: Records
    text: bool = False  # whether the text by page is wanted
    manifest: Mapping[str, Any] = field(default_factory=dict)  # for formats that have a place for it
    label: tables.Label | None = None  # the words for values, for formats that people read


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
    "csv": Format(
        "CSV", "text/csv; charset=utf-8", "csv", lambda e: tables.write_csv(e.records, e.text, e.label)
    ),
    "xlsx": Format(
        "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx",
        lambda e: tables.write_xlsx(e.records, e.text, e.manifest, e.label),
    ),
    "jsonl": Format("JSON Lines", "application/jsonl; charset=utf-8", "jsonl", write_jsonl),
    "parquet": Format(
        "Parquet", "application/vnd.apache.parquet", "parquet",
        lambda e: tables.write_parquet(e.records, e.text, e.manifest),
    ),
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
