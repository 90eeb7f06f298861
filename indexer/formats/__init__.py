"""The files that a result set can be written as: one line in ``FORMATS`` for each.

Every writer makes its file piece by piece while it is sent, from documents that are read one at a time;
how long the set is makes no difference to memory. Not for what a record looks like (``indexer.export``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from indexer.export import record
from indexer.formats import references, tables
from indexer.model import Document, Page

Records = Iterable[tuple[Document, tuple[Page, ...]]]
"""Documents with their pages; without pages where the text is not wanted."""


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


def write_jsonl(export: Export) -> Iterator[bytes]:
    """One JSON object a line."""
    for document, pages in export.records:
        line = json.dumps(record(document, pages if export.text else None), ensure_ascii=False) + "\n"
        yield line.encode("utf-8", "replace")


def _csv(export: Export) -> Iterator[bytes]:
    return tables.write_csv(export.records, export.text, export.label)


def _xlsx(export: Export) -> Iterator[bytes]:
    return tables.write_xlsx(export.records, export.text, export.manifest, export.label)


def _parquet(export: Export) -> Iterator[bytes]:
    return tables.write_parquet(export.records, export.text, export.manifest)


def _ris(export: Export) -> Iterator[bytes]:
    return references.write_ris(_references(export))


def _bibtex(export: Export) -> Iterator[bytes]:
    return references.write_bibtex(_references(export))


def _csl(export: Export) -> Iterator[bytes]:
    return references.write_csl(_references(export))


def _references(export: Export) -> Iterator[references.Reference]:
    return (references.reference(d, text=p, label=export.label) for d, p in export.records)


FORMATS: Mapping[str, Format] = {
    "csv": Format("CSV", "text/csv; charset=utf-8", "csv", _csv),
    "xlsx": Format(
        "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", _xlsx
    ),
    "jsonl": Format("JSON Lines", "application/jsonl; charset=utf-8", "jsonl", write_jsonl),
    "parquet": Format("Parquet", "application/vnd.apache.parquet", "parquet", _parquet),
    "ris": Format("RIS", "application/x-research-info-systems; charset=utf-8", "ris", _ris),
    "bibtex": Format("BibTeX", "application/x-bibtex; charset=utf-8", "bib", _bibtex),
    "csl": Format("CSL-JSON", "application/vnd.citationstyles.csl+json", "json", _csl),
}
