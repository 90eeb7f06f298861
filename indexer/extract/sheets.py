"""What stands in the cells of a spreadsheet? Each sheet is a page, each row a line.

xlsx, xls and ods by calamine (Rust). Not for formulas or formats: the values as last calculated.
"""

from __future__ import annotations

import datetime
import io
import zipfile

import python_calamine

from indexer.model import Extract, Page

_MOST_UNPACKED = 200_000_000  # bytes a workbook may unpack to
_MOST_ROWS = 100_000  # rows read of one sheet
_MOST_SHEETS = 500


def read(payload: bytes, kind: str) -> Extract:
    """The cells of a workbook; ``kind`` is xlsx, xls or ods."""
    if _unpacked(payload) > _MOST_UNPACKED:
        return Extract(kind, read_by="none", problem="The workbook unpacks to more than is read of one file.")
    pages: list[Page] = []
    problem = None
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
        problem = "The workbook is encrypted and asks for a password."
    except (python_calamine.CalamineError, OSError, ValueError):
        problem = (
            "The workbook is damaged and cannot be read." if not pages else "Part of the workbook is damaged."
        )
    readable = any(page.text for page in pages)
    if not readable:
        return Extract(
            kind, read_by="none", page_count=len(pages) or None, problem=problem or "It has no text."
        )
    first = next(line for page in pages for line in page.text.split("\n") if line)
    return Extract(
        kind,
        pages=tuple(pages),
        titles=(("first page", first.split(" | ")[0]),),
        page_count=len(pages),
        problem=problem,
    )


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
