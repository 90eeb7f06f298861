"""The demo's office files: blocks of text → docx, pptx, xlsx and odt, the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from html import escape
from typing import Any

import docx
import pptx
import xlsxwriter
from demo_pdf import contact_line
from demo_texts import Block, Text, plain, words_of

_WHEN = datetime(2015, 8, 20, 9)  # of every file: what the tools would set to now
_NOT_XLSX = re.compile(r"[\[\]:*?/\\]")


def make_docx(text: Text) -> bytes:
    """Headings, paragraphs, lists and tables in Word's own styles."""
    document = docx.Document()
    _stamp(document.core_properties, text)
    document.add_heading(text.title, 0)
    for block in text.blocks:
        if block.kind in ("h2", "h3"):
            document.add_heading(plain(block.text), 1 if block.kind == "h2" else 2)
        elif block.kind in ("ul", "ol"):
            for item in block.items:
                document.add_paragraph(plain(item), "List Bullet" if block.kind == "ul" else "List Number")
        elif block.kind == "table":
            table = document.add_table(rows=0, cols=len(block.rows[0]))
            table.style = "Table Grid"
            for cells in block.rows:
                for cell, words in zip(table.add_row().cells, cells, strict=True):
                    cell.text = plain(words)
        elif block.kind == "break":
            document.add_page_break()  # type: ignore[no-untyped-call] # python-docx has no types here
        else:
            document.add_paragraph(plain(block.text))
    for person in text.contacts:
        document.add_paragraph(f"Kontakt: {contact_line(person)}")
    return _frozen(document)


def make_pptx(text: Text) -> bytes:
    """A slide for every part between ``---``; its h2 is the title, quotes are the speaker's notes."""
    show = pptx.Presentation()
    _stamp(show.core_properties, text)
    first = show.slides.add_slide(show.slide_layouts[0])
    first.shapes.title.text = text.title
    parts: list[list[Block]] = [[]]
    for block in text.blocks:
        if block.kind == "break":
            parts.append([])
        else:
            parts[-1].append(block)
    first.placeholders[1].text = "\n".join(words_of(b) for b in parts[0])
    for part in parts[1:]:
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = next((plain(b.text) for b in part if b.kind == "h2"), text.title)
        lines = [line for b in part if b.kind in ("p", "ul", "ol") for line in (b.items or (b.text,))]
        slide.placeholders[1].text = "\n".join(plain(line) for line in lines)
        notes = [plain(b.text) for b in part if b.kind == "quote"]
        if notes:
            slide.notes_slide.notes_text_frame.text = "\n".join(notes)
    return _frozen(show)


def make_xlsx(text: Text) -> bytes:
    """Every table on a sheet of its own, named by the heading above it; paragraphs above the table."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": text.title, "author": text.publisher, "created": _WHEN})
    bold = book.add_format({"bold": True})
    above, heading = [text.title], text.title
    for block in text.blocks:
        if block.kind == "h2":
            heading = plain(block.text)
        elif block.kind != "table":
            above.append(words_of(block))
        else:
            sheet = book.add_worksheet(_NOT_XLSX.sub(" ", heading)[:31])
            for row, line in enumerate(above):
                sheet.write_string(row, 0, line)
            for row, cells in enumerate(block.rows, len(above) + 1):
                for column, cell in enumerate(cells):
                    if cell.isdecimal():
                        sheet.write_number(row, column, int(cell))
                    else:
                        sheet.write_string(row, column, plain(cell), bold if row == len(above) + 1 else None)
            above = []
    book.close()
    return _rezipped(out.getvalue())


def make_odt(text: Text) -> bytes:
    """The few elements of OpenDocument that a short text needs."""
    body = [f'<text:h text:outline-level="1">{escape(text.title)}</text:h>']
    for block in text.blocks:
        if block.kind in ("h2", "h3"):
            body.append(f'<text:h text:outline-level="{block.kind[1]}">{escape(plain(block.text))}</text:h>')
        elif block.kind in ("ul", "ol"):
            items = (
                f"<text:list-item><text:p>{escape(plain(i))}</text:p></text:list-item>" for i in block.items
            )
            body.append(f"<text:list>{''.join(items)}</text:list>")
        elif block.kind == "table":
            rows = (
                "".join(
                    f"<table:table-cell><text:p>{escape(plain(c))}</text:p></table:table-cell>" for c in row
                )
                for row in block.rows
            )
            body.append(
                f'<table:table><table:table-column table:number-columns-repeated="{len(block.rows[0])}"/>'
                + "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
                + "</table:table>"
            )
        elif block.text:
            body.append(f"<text:p>{escape(plain(block.text))}</text:p>")
    body += [f"<text:p>Kontakt: {escape(contact_line(p))}</text:p>" for p in text.contacts]
    names = "".join(
        f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
        for n in ("office", "text", "table", "meta")
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    kind = "application/vnd.oasis.opendocument.text"
    parts = {
        "mimetype": kind,
        "META-INF/manifest.xml": f'{head}<manifest:manifest manifest:version="1.2"'
        ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>",
        "meta.xml": f'{head}<office:document-meta{names} xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' office:version="1.2"><office:meta><dc:title>{escape(text.title)}</dc:title></office:meta>'
        "</office:document-meta>",
        "content.xml": f'{head}<office:document-content{names} office:version="1.2"><office:body>'
        f"<office:text>{''.join(body)}</office:text></office:body></office:document-content>",
    }
    return _zipped({name: part.encode() for name, part in parts.items()})


def _stamp(properties: Any, text: Text) -> None:
    properties.title = text.layout.get("title", text.title)
    properties.author = text.publisher
    properties.created = properties.modified = _WHEN


def _frozen(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return _rezipped(out.getvalue())


def _rezipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        return _zipped({name: old.read(name) for name in old.namelist()})


def _zipped(parts: dict[str, bytes]) -> bytes:
    """A zip file without the time of its making; ``mimetype`` is stored as OpenDocument asks."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, (2015, 8, 20, 9, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            new.writestr(info, data)
    return out.getvalue()
