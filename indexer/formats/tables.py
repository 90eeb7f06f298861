"""Result sets as tables: CSV and Excel for people, Parquet for programs.

XlsxWriter and PyArrow are the extra ``export``; they are imported when such a file is asked for.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from indexer.export import record
from indexer.formats.excel import BETWEEN, LONGEST, missing, xlsx_of
from indexer.formats.pieces import Pieces
from indexer.model import Document, Page

Records = Iterable[tuple[Document, tuple[Page, ...]]]
"""Documents with their pages; without pages where the text is not wanted."""
Label = Callable[[str, str], str]
"""(field, value) → the words for it: ("municipality", "1283") → Helsingborg."""


@dataclass(frozen=True)
class Export:
    """What every format is written from."""

    records: Records
    text: bool  # whether the text by page is wanted
    manifest: Mapping[str, Any]  # for formats that have a place for it
    label: Label | None = None  # the words for values, for formats that people read


COLUMNS = tuple(name for name in record(Document("", "", "", "")) if name != "links")
"""Columns of one line for each document: what a record says of it, but the links that lead there."""
LABELS = {
    "kind_label": ("kind", "kind"), "municipality_labels": ("municipality", "municipalities"),
    "county_labels": ("county", "counties"), "area_labels": ("area", "areas"),
}  # fmt: skip
"""Columns for people, who do not read 1292 as Ängelholm: name → the field of the labels, the ids’ column."""
TEXT_COLUMNS = ("page", "page_label", "page_heading", "text")
"""Columns that follow with text: then there is one line for each page."""

ROW_GROUP = 500
"""Documents of one row group of Parquet; held in memory together."""


def rows(export: Export) -> Iterator[list[object]]:
    """Lines of a table: one for each document, or for each page."""
    for document, pages in export.records:
        found = record(document)
        row = [_cell(name, found[name]) for name in COLUMNS]
        if export.label is not None:
            row += [_labels(export.label, field, found[ids]) for field, ids in LABELS.values()]
        if not export.text:
            yield row
            continue
        for page in pages or (None,):
            if page is None:
                yield [*row, *(None for _ in TEXT_COLUMNS)]
                continue
            # Excel counts an emoji as two characters.
            most = LONGEST // 2 if len(page.text) > LONGEST // 2 and max(page.text) > "\uffff" else LONGEST
            for start in range(0, max(1, len(page.text)), most):
                yield [*row, page.number, page.label, page.heading, page.text[start : start + most]]


def _cell(column: str, value: object) -> object:
    if column == "contacts" and isinstance(value, list):
        return BETWEEN.join(": ".join(filter(None, (c["role"], c["name"]))) for c in value)
    if isinstance(value, list):
        return BETWEEN.join(map(str, value))
    return value


def _labels(label: Label, field: str, value: object) -> object:
    if isinstance(value, list):
        return BETWEEN.join(label(field, v) for v in value)
    return label(field, str(value)) if value else None


def _columns(export: Export) -> tuple[str, ...]:
    return (*COLUMNS, *(LABELS if export.label else ()), *(TEXT_COLUMNS if export.text else ()))


# --- CSV --------------------------------------------------------------------------------------------------


def write_csv(export: Export) -> Iterator[bytes]:
    """A byte order mark, semicolons between columns, " | " between the values of one: a Swedish Excel opens
    it as it is. A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV
    injection)."""
    return csv_of(_columns(export), rows(export))


def csv_of(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Any table as ``write_csv`` writes documents."""
    yield b"\xef\xbb\xbf" + _csv_line(columns)
    for line in lines:
        yield _csv_line([_harmless(value) for value in line])


def _csv_line(cells: Sequence[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode("utf-8", "replace")


_INSIDE = re.compile(r"([,\t\r\n])(?=[=+\-@][^,\t\r\n]*[(|])")
"""Where a spreadsheet that is set to commas or tabs would begin a cell of its own inside one of ours, with a
formula that calls something. Lists and prices (100,-) stay as they are."""


def _harmless(value: object) -> object:
    if isinstance(value, str):
        value = value.replace("\0", "")
        if value[:1] in ("=", "+", "-", "@", "\t", "\r"):
            value = "'" + value
        value = _INSIDE.sub(r"\1'", value)
    return value


# --- Excel ------------------------------------------------------------------------------------------------


def write_xlsx(export: Export) -> Iterator[bytes]:
    """A sheet of documents (or pages) and one with the manifest, sent while rows are read.

    Raises SettingError when XlsxWriter is not installed.
    """
    return xlsx_of("Dokument", _columns(export), rows(export), export.manifest)


# --- Parquet ----------------------------------------------------------------------------------------------


def write_parquet(export: Export) -> Iterator[bytes]:
    """Lists and structures as they are in JSON; the manifest under the key ``kompass.manifest`` of the file's
    metadata. One row group at a time. Raises SettingError when PyArrow is not installed."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise missing("PyArrow") from None
    string, strings = pa.string(), pa.list_(pa.string())
    contact = pa.struct([(name, string) for name in ("role", "name", "email", "phone")])
    link = pa.struct([("found_on", string), ("anchor", string), ("headings", strings)])
    special = {
        "years": pa.list_(pa.int32()), "contacts": pa.list_(contact), "pages": pa.int32(),
        "version": pa.int32(),
    }  # fmt: skip
    lists = ("also_at", "municipalities", "counties", "areas", "headings", "alike")
    special |= dict.fromkeys(lists, strings)
    fields = [(name, special.get(name, string)) for name in COLUMNS] + [("links", pa.list_(link))]
    if export.text:
        page = pa.struct([("number", pa.int32()), *((name, string) for name in ("label", "heading", "text"))])
        fields.append(("text", pa.list_(page)))
    about = {b"kompass.manifest": json.dumps(export.manifest, ensure_ascii=False).encode("utf-8", "replace")}
    schema = pa.schema(fields, metadata=about)
    out = Pieces()
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for group in _groups(export.records, ROW_GROUP):
            found = [_clean(record(d, pages if export.text else None)) for d, pages in group]
            writer.write_table(pa.Table.from_pylist(found, schema=schema))
            yield out.take()
    yield out.take()


def _groups(records: Records, size: int) -> Iterator[list[tuple[Document, tuple[Page, ...]]]]:
    group = []
    for found in records:
        group.append(found)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _clean(value: Any) -> Any:
    """Half a surrogate pair, which damaged files bring, has no UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_clean(v) for v in value]
    if isinstance(value, dict):
        return {k: _clean(v) for k, v in value.items()}
    return value
