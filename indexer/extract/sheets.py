"""What stands in the cells of a spreadsheet? Each sheet is a page, each row a line.

xlsx, xls and ods by calamine (Rust). Not for formulas or formats: the values as last calculated.
"""

from __future__ import annotations

import datetime
import io
import zipfile

import python_calamine

from indexer.extract.problem import told, unread
from indexer.model import Extract, Page

_MOST_UNPACKED = 200_000_000  # bytes a workbook may unpack to
_MOST_ROWS = 100_000  # rows read of one sheet
_MOST_SHEETS = 500


def read(payload: bytes, kind: str) -> Extract:
    """The cells of a workbook; ``kind`` is xlsx, xls or ods."""
    if _unpacked(payload) > _MOST_UNPACKED:
        return unread(kind, "too_large")
    pages: list[Page] = []
    reason = None
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(payload))
        for number, name in enumerate(book.sheet_names[:_MOST_SHEETS], 1):
            lines = []
            for row in book.get_sheet_by_name(name).to_python(skip_empty_area=True, nrows=_MOST_ROWS):
                cells = [text for cell in row if (text := _shown(cell))]
                if cells:
                    lines.append(" | ".join(cells))
            pages.append(Page(number, "\n".join(lines), name))
    except python_calamine.PasswordError:
        reason = "encrypted"
    except (python_calamine.CalamineError, OSError, ValueError):
        reason = "damaged_partly" if any(page.text for page in pages) else "damaged"
    first = next((line for page in pages for line in page.text.split("\n") if line), "")
    if not first:
        return unread(kind, reason or "no_text")
    titles = (("first page", first.split(" | ")[0]),)
    result = Extract(kind, pages=tuple(pages), titles=titles, page_count=len(pages))
    return told(result, reason) if reason else result


def _unpacked(payload: bytes) -> int:
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return 0  # an xls file, or damaged: calamine tells


def _shown(cell: object) -> str:
    """A cell as a reader sees it, about."""
    if isinstance(cell, float):
        return str(int(cell)) if cell == int(cell) and abs(cell) < 1e15 else f"{cell:.10g}".replace(".", ",")
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return " ".join(str(cell).split())
