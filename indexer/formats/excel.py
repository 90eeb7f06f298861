"""How does a table become an Excel file while its rows are read?

XlsxWriter is in the extra ``export`` and imported when such a file is asked for. Not for what the columns of
documents are (``indexer.formats.tables``).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from indexer.errors import SettingError
from indexer.formats.pieces import Pieces

BETWEEN = " | "
LONGEST = 32_000
"""Characters of one cell. Excel takes 32,767; a longer page goes on in the line below."""
WIDE_COLUMNS = {"title", "left", "right"}
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
_ESCAPED = re.compile(r"_x[0-9A-Fa-f]{4}_")
"""What Excel would read as a character by its number (ECMA-376, ST_Xstring)."""
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xlsx_of(
    name: str, columns: Sequence[str], lines: Iterable[Sequence[object]], manifest: Mapping[str, Any]
) -> Iterator[bytes]:
    """A table on sheets called ``name``, and one more with the manifest. Raises SettingError when XlsxWriter
    is not installed.

    An Excel file is a zip of XML. XlsxWriter alone sends its first byte after the last row: it sums up
    in front of a sheet how large it is, and seeks in the zip. Neither has to be: the sum is optional, and a
    zip may say the size of a file after it (data descriptors, as in all that Apache POI writes). So sheets
    come first, row by row, and then all that XlsxWriter makes around them: that needs the number of sheets,
    which only the last row tells. Nothing waits on disk, and memory holds a row and a piece.
    """
    out, source, number = Pieces(), iter(lines), 0
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
        raise missing("XlsxWriter") from None
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


def missing(name: str) -> SettingError:
    return SettingError(
        f"This format needs {name}: install the extra 'export' (pip install 'barnrattskompassen[export]')."
    )
