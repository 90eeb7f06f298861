"""Result sets as tables: CSV and Excel for people, Parquet for programs.

XlsxWriter and PyArrow are the extra ``export``; they are imported when such a file is asked for.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from indexer.errors import SettingError
from indexer.export import record
from indexer.model import Document, Page

Records = Iterable[tuple[Document, tuple[Page, ...]]]

COLUMNS = (
    "id", "url", "also_at", "title", "kind", "format", "language", "published", "years", "municipalities",
    "counties", "areas", "publisher", "organisation_type", "contacts", "found_on", "anchor", "headings",
    "pages", "source", "series", "alike", "version", "first_seen", "fetched_at", "read_by", "problem",
    "capture", "digest",
)  # fmt: skip
"""Columns of one line for each document."""
TEXT_COLUMNS = ("page", "page_heading", "text")
"""Columns that follow with text: then there is one line for each page."""

WIDE_COLUMNS = {"title", "left", "right"}

BETWEEN = " | "
LONGEST = 32_000
"""Characters of one cell. Excel takes 32,767; a longer page goes on in the line below."""
SHEET_ROWS = 1_048_576
"""Rows of one sheet, by Excel's own limit."""
SHEET_BYTES = 1 << 30
"""Of XML, from which the next sheet begins: half of what a zip holds without an extension that Excel cannot
read in a file whose size comes after it."""
AHEAD = ("_rels/.rels", "docProps/core.xml", "xl/styles.xml", "xl/theme/theme1.xml")
"""Files of a workbook that do not depend on its sheets. With them in front a file is known for what it is by
those who look at its first bytes (libmagic, mail filters)."""
PIECE = 1 << 14
"""Bytes that are sent at once."""
ROW_GROUP = 500
"""Documents of one row group of Parquet; held in memory together."""
_ESCAPED = re.compile(r"_x[0-9A-Fa-f]{4}_")
"""What Excel would read as a character by its number (ECMA-376, ST_Xstring)."""
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def rows(records: Records, *, text: bool) -> Iterator[list[object]]:
    """Lines of a table: one for each document, or for each page."""
    for document, pages in records:
        found = record(document)
        row = [_cell(name, found[name]) for name in COLUMNS]
        if not text:
            yield row
            continue
        for page in pages or (None,):
            if page is None:
                yield [*row, None, None, None]
                continue
            for start in range(0, max(1, len(page.text)), LONGEST):
                yield [*row, page.number, page.heading, page.text[start : start + LONGEST]]


def _cell(column: str, value: object) -> object:
    if column == "contacts" and isinstance(value, list):
        return BETWEEN.join(": ".join(filter(None, (c["role"], c["name"]))) for c in value)
    if isinstance(value, list):
        return BETWEEN.join(map(str, value))
    return value


def _columns(text: bool) -> tuple[str, ...]:
    return (*COLUMNS, *TEXT_COLUMNS) if text else COLUMNS


class _Pieces(io.RawIOBase):
    """A file that keeps what is written until it is taken: the writer needs a file, we want pieces."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []
        self._at = 0
        self.held = 0  # bytes that wait

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._held.append(piece)
        self._at += len(piece)
        self.held += len(piece)
        return len(piece)

    def take(self) -> bytes:
        held, self._held, self.held = self._held, [], 0
        return b"".join(held)


# --- CSV --------------------------------------------------------------------------------------------------


def write_csv(records: Records, text: bool) -> Iterator[bytes]:
    """A byte order mark, semicolons between columns, " | " between the values of one: a Swedish Excel opens
    it as it is. A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV
    injection)."""
    return csv_of(_columns(text), rows(records, text=text))


def csv_of(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Any table as ``write_csv`` writes documents."""
    yield b"\xef\xbb\xbf" + _csv_line(columns)
    for line in lines:
        yield _csv_line([_harmless(value) for value in line])


def _csv_line(cells: Sequence[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode("utf-8", "replace")


def _harmless(value: object) -> object:
    if isinstance(value, str):
        value = value.replace("\0", "")
        if value[:1] in ("=", "+", "-", "@", "\t", "\r"):
            value = "'" + value
    return value


# --- Excel ------------------------------------------------------------------------------------------------


def write_xlsx(records: Records, text: bool, manifest: Mapping[str, Any]) -> Iterator[bytes]:
    """A sheet of documents (or pages) and one with the manifest, sent while rows are read.

    Raises SettingError when XlsxWriter is not installed.
    """
    return xlsx_of("Dokument", _columns(text), rows(records, text=text), manifest)


def xlsx_of(
    name: str, columns: Sequence[str], lines: Iterable[Sequence[object]], manifest: Mapping[str, Any]
) -> Iterator[bytes]:
    """Any table as ``write_xlsx`` writes documents, on sheets called ``name``.

    An Excel file is a zip of XML. XlsxWriter alone sends its first byte after the last row: it sums up
    in front of a sheet how large it is, and seeks in the zip. Neither has to be: the sum is optional, and a
    zip may say the size of a file after it (data descriptors, as in all that Apache POI writes). So sheets
    come first, row by row, and then all that XlsxWriter makes around them: that needs the number of sheets,
    which only the last row tells. Nothing waits on disk, and memory holds a row and a piece.
    """
    out, source, number = _Pieces(), iter(lines), 0
    line = next(source, None)
    with ZipFile(out, "w") as book:
        while line is not None or not number:
            number += 1
            parts = _parts(name, columns, manifest, number)
            for path in AHEAD if number == 1 else ():
                book.writestr(_entry(path), parts[path])
            head, end, foot = parts.pop(_sheet_name(number)).rpartition(b"</sheetData>")
            with book.open(_entry(_sheet_name(number)), "w") as sheet:
                size, at = sheet.write(re.sub(rb"<dimension [^>]*/>", b"", head)), 1
                while line is not None and at < SHEET_ROWS and size < SHEET_BYTES:
                    at += 1
                    size += sheet.write(_row(at, line))
                    line = next(source, None)
                    if out.held > PIECE:
                        yield out.take()
                sheet.write(end + foot)
        for path, content in parts.items():
            if path not in book.NameToInfo:
                book.writestr(_entry(path), content)
    yield out.take()


def _parts(name: str, columns: Sequence[str], manifest: Mapping[str, Any], sheets: int) -> dict[str, bytes]:
    """The files of a workbook whose ``sheets`` hold their columns only, and of the manifest."""
    try:
        import xlsxwriter
    except ImportError:
        raise _missing("XlsxWriter") from None
    file = io.BytesIO()
    # constant_memory: texts stand in their cells and not in a list that all sheets share
    plain = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, plain)
    bold = book.add_format({"bold": True})
    for n in range(1, sheets + 1):
        sheet = book.add_worksheet(name if n == 1 else f"{name} {n}")
        sheet.freeze_panes(1, 0)
        for column in WIDE_COLUMNS & set(columns):
            sheet.set_column(columns.index(column), columns.index(column), 50)
        sheet.write_row(0, 0, columns, bold)
    about = book.add_worksheet("Manifest")
    about.set_column(0, 0, 30)
    for n, (key, value) in enumerate(_flat(manifest)):
        about.write_row(n, 0, [key, _spreadsheet(value)])
    book.close()
    with ZipFile(file) as made:
        return {path: made.read(path) for path in made.namelist()}


def _sheet_name(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def _entry(path: str) -> ZipInfo:
    entry = ZipInfo(path)
    entry.compress_type = ZIP_DEFLATED
    return entry


def _row(number: int, line: Sequence[object]) -> bytes:
    """A row of a sheet (ECMA-376, 18.3.1.73): numbers as such, everything else as text, never a formula."""
    cells = []
    for column, value in enumerate(map(_spreadsheet, line)):
        place = f"{_letters(column)}{number}"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if isfinite(value):  # a spreadsheet has no other numbers
                cells.append(f'<c r="{place}"><v>{value}</v></c>')
        elif value is not None:
            text = escape(_ESCAPED.sub(r"_x005F\g<0>", str(value)))
            cells.append(f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>')
    return f'<row r="{number}">{"".join(cells)}</row>'.encode()


@cache
def _letters(column: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    return (_letters(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)


def _spreadsheet(value: object) -> object:
    if isinstance(value, str):
        return _NOT_XML.sub(" ", value).replace("\r\n", "\n").replace("\r", "\n")[: LONGEST + 700]
    return value


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{name}.")
        elif isinstance(inner, (list, tuple)):
            yield prefix + name, BETWEEN.join(map(str, inner))
        else:
            yield prefix + name, inner


# --- Parquet ----------------------------------------------------------------------------------------------


def write_parquet(records: Records, text: bool, manifest: Mapping[str, Any]) -> Iterator[bytes]:
    """Lists and structures as they are in JSON; the manifest under the key ``kompass.manifest`` of the file's
    metadata. One row group at a time. Raises SettingError when PyArrow is not installed."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise _missing("PyArrow") from None
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
    if text:
        page = pa.struct([("number", pa.int32()), ("heading", string), ("text", string)])
        fields.append(("text", pa.list_(page)))
    about = {b"kompass.manifest": json.dumps(manifest, ensure_ascii=False).encode("utf-8", "replace")}
    schema = pa.schema(fields, metadata=about)
    out = _Pieces()
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for group in _groups(records, ROW_GROUP):
            found = [_clean(record(d, pages if text else None)) for d, pages in group]
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


def _missing(name: str) -> SettingError:
    return SettingError(
        f"This format needs {name}: install the extra 'export' (pip install 'barnrattskompassen[export]')."
    )
