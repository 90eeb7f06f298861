"""The demo's PDFs and pictures: blocks of text → bytes, with the traps that real files hold.

Running headers, line-end hyphens, two columns, wrong metadata titles, scans without a text layer, damaged and
encrypted files. Core fonts in cp1252: they carry Swedish, are tiny, and pypdfium2 reads them back exactly.
"""

from __future__ import annotations

import io
import random
import re
from datetime import UTC, datetime
from typing import Any

import pypdfium2 as pdfium
from demo_texts import Block, DemoError, Text, plain
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import Image, ImageFilter

BULLET, SOFT_HYPHEN = "•", "\u00ad"
_VOWELS = "aeiouyåäö"
# A Swedish word may break before the last consonant between two vowels; three letters stay on either side.
_BREAK = re.compile(rf"(?i)(?<=[{_VOWELS}])([^\W\d_{_VOWELS}]*?)([^\W\d_{_VOWELS}])(?=[{_VOWELS}])")
_KNOWN = {"header", "footer", "font", "columns", "hyphenate", "outline", "title", "slides", "scan", "damage",
          "password", "size", "colour", "cover"}  # fmt: skip


def make_pdf(text: Text) -> bytes:
    """The document as PDF. ``text.layout`` chooses header, footer, font, columns, hyphenate, outline,
    title (of the metadata), cover (a title page with contents), slides, scan, damage, password.
    """
    if unknown := text.layout.keys() - _KNOWN:
        raise DemoError(f"{text.id}: layout knows no {sorted(unknown)}.")
    data = _typeset(text)
    if text.layout.get("scan"):
        data = _scanned(data)
    if text.layout.get("damage"):  # a transfer that broke off: the right length, but nothing came
        data = data[:40] + bytes(len(data) - 40)
    return data


def make_picture(text: Text) -> bytes:
    """A poster as JPEG: the first page of the document, drawn."""
    picture = _pictures(_typeset(text), scale=1.3)[0]
    return _jpeg(picture, quality=72)


class _Sheet(FPDF):
    """A4 or slide format with running header and footer."""

    def __init__(self, text: Text) -> None:
        self.slides = bool(text.layout.get("slides"))
        super().__init__(orientation="landscape" if self.slides else "portrait", format="A4")
        self.core_fonts_encoding = "cp1252"
        self.family = str(text.layout.get("font", "helvetica"))
        self.base = float(text.layout.get("size", 20 if self.slides else 12))
        self.running = str(text.layout.get("header", ""))
        self.foot = str(
            text.layout.get("footer", "Sida {n} ({all})" if text.language == "sv" else "Page {n}")
        )
        self.colour = tuple(text.layout.get("colour", ()))
        self.set_margins(28, 22 if self.running else 20, 28)
        self.set_auto_page_break(True, margin=22)
        self.set_creation_date(datetime.fromisoformat(f"{_day(text)}T08:00:00").replace(tzinfo=UTC))
        self.set_title(str(text.layout.get("title", text.title)))
        self.set_author(text.publisher)
        self.set_lang(text.language)

    def header(self) -> None:
        if self.colour:
            self.set_fill_color(*self.colour)
            self.rect(0, 0, self.w, self.h, style="F")
        if self.running:
            self.set_y(11)
            self.set_font(self.family, size=8.5)
            self.cell(0, 5, self.running, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            self.set_y(24)

    def footer(self) -> None:
        if self.foot:
            self.set_y(-15)
            self.set_font(self.family, size=8.5)
            foot = self.foot.replace("{n}", str(self.page_no())).replace("{all}", "{nb}")
            self.cell(0, 5, foot, align="C")

    def write_line(
        self, words: str, style: str = "", size: float = 0, indent: float = 0, align: str = "L"
    ) -> None:
        """One paragraph, in ``style`` "", "B" or "I"."""
        size = size or self.base
        self.set_font(self.family, style=style, size=size)
        self.set_x(self.l_margin + indent)
        self.multi_cell(0, size * 0.5, words, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _typeset(text: Text) -> bytes:
    sheet = _Sheet(text)
    if password := text.layout.get("password"):
        sheet.set_encryption(owner_password=str(password), user_password=str(password))
    sheet.add_page()
    blocks = text.blocks
    if text.layout.get("cover"):
        _write_cover(sheet, text)
        blocks = blocks[1:]
    else:
        if text.layout.get("outline"):
            sheet.start_section(text.title)
        sheet.write_line(text.title, "B", sheet.base * 1.75)
        sheet.ln(3)
    if text.layout.get("columns") == 2:
        _in_columns(sheet, text)
    else:
        for block in blocks:
            _write(sheet, block, text.layout)
    for person in text.contacts:
        sheet.write_line(
            "Kontakt: " + contact_line(person) if text.language == "sv" else contact_line(person)
        )
    return bytes(sheet.output())


def _write_cover(sheet: _Sheet, text: Text) -> None:
    """A title page: who, what, when (the first paragraph), and the contents with page numbers."""
    sheet.start_section(text.title)
    sheet.ln(35)
    sheet.write_line(text.publisher, size=sheet.base * 1.2)
    sheet.ln(4)
    sheet.write_line(text.title, "B", sheet.base * 2.2)
    sheet.ln(6)
    sheet.write_line(plain(text.blocks[0].text))
    sheet.ln(20)
    sheet.write_line("Innehåll" if text.language == "sv" else "Contents", "B", sheet.base * 1.25)
    sheet.insert_toc_placeholder(_write_contents)


def _write_contents(sheet: FPDF, outline: list[Any]) -> None:
    sheet.ln(0)
    for entry in outline:
        if entry.level == 1:
            sheet.set_font(sheet.font_family, size=11)
            dots = "." * int((130 - sheet.get_string_width(entry.name)) / sheet.get_string_width("."))
            line = f"{entry.name} {dots} {entry.page_number}"
            sheet.cell(0, 6, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def contact_line(person: Any) -> str:
    """Name, role, address and telephone in the order in which they are printed."""
    return ", ".join(str(person[k]) for k in ("name", "role", "email", "phone") if k in person)


def _write(sheet: _Sheet, block: Block, layout: Any) -> None:
    words = _hyphenated(plain(block.text)) if layout.get("hyphenate") else plain(block.text)
    align = "J" if layout.get("hyphenate") else "L"
    if block.kind in ("h2", "h3"):
        if sheet.get_y() > sheet.h - 45:
            sheet.add_page()
        sheet.ln(2.5)
        if layout.get("outline") or layout.get("cover"):
            sheet.start_section(plain(block.text), level=1 if block.kind == "h2" else 2)
        sheet.write_line(plain(block.text), "B", sheet.base * (1.25 if block.kind == "h2" else 1.05))
        sheet.ln(0.8)
    elif block.kind == "p":
        sheet.write_line(words, align=align)
        sheet.ln(2.2)
    elif block.kind == "quote":
        sheet.write_line(f"”{words}”", "I", indent=8)
        sheet.ln(2.2)
    elif block.kind in ("ul", "ol"):
        for number, item in enumerate(block.items, 1):
            sheet.write_line(f"{BULLET if block.kind == 'ul' else f'{number}.'} {plain(item)}", indent=5)
        sheet.ln(2.2)
    elif block.kind == "break":
        sheet.add_page()
    elif block.kind == "table":
        sheet.set_font(sheet.family, size=sheet.base * 0.9)
        with sheet.table(
            line_height=sheet.base * 0.48, text_align="LEFT", first_row_as_headings=True
        ) as table:
            for cells in block.rows:
                row = table.row()
                for cell in cells:
                    row.cell(plain(cell))
        sheet.ln(4)


def _in_columns(sheet: _Sheet, text: Text) -> None:
    """Two columns, as newsletters have them: the reading order is down the left one first."""
    with sheet.text_columns(ncols=2, gutter=8, text_align="LEFT", line_height=1.25, balance=True) as columns:
        for block in text.blocks:
            heading = block.kind in ("h2", "h3")
            sheet.set_font(
                sheet.family, style="B" if heading else "", size=sheet.base * (1.15 if heading else 1)
            )
            for item in [f"{BULLET} {item}" for item in block.items] or [block.text]:
                words = plain(item)
                with columns.paragraph(bottom_margin=1 if heading else 2.5) as paragraph:
                    paragraph.write(
                        _hyphenated(words) if text.layout.get("hyphenate") and not heading else words
                    )


def _hyphenated(words: str) -> str:
    """Soft hyphens where a long word may break; the typesetter shows those that fall on a line's end."""

    def split(match: re.Match[str]) -> str:
        word = match[0]
        return _BREAK.sub(
            lambda m: m[1] + SOFT_HYPHEN + m[2] if 3 <= m.start(2) <= len(word) - 3 else m[0], word
        )

    return re.sub(r"[^\W\d_]{9,}", split, words)


def hyphenated_phrases(data: bytes, source: str) -> list[str]:
    """The first two phrases of ``source`` that run over a hyphenated line end in the finished PDF."""
    found = []
    with pdfium.PdfDocument(data) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    for page in pages:
        for match in re.finditer(r"(\S+ \S+ \w+)[\ufffe\x02]\s*(\w+ \S+)", page):
            phrase = " ".join((match[1] + match[2]).split())
            if phrase in source:
                found.append(phrase)
    return found[:2]


def page_count(data: bytes) -> int:
    with pdfium.PdfDocument(data) as document:
        return len(document)


def _pictures(data: bytes, scale: float) -> list[Image.Image]:
    with pdfium.PdfDocument(data) as document:
        return [page.render(scale=scale).to_pil() for page in document]


def _scanned(data: bytes) -> bytes:
    """The pages as a copying machine of 2008 would give them: grey, a little askew and dusty."""
    paper = FPDF(format="A4")
    paper.set_creation_date(datetime(2009, 3, 2, 9, tzinfo=UTC))
    dust = random.Random(2008)  # specks of dust, the same each time
    for picture in _pictures(data, scale=2.1):
        grey = picture.convert("L").rotate(0.4, fillcolor=255, resample=Image.Resampling.BICUBIC)
        for _ in range(120):
            grey.putpixel((dust.randrange(grey.width), dust.randrange(grey.height)), 90)
        grey = grey.filter(ImageFilter.GaussianBlur(0.5))
        paper.add_page()
        paper.image(io.BytesIO(_jpeg(grey, quality=45)), x=0, y=0, w=210)
    return bytes(paper.output())


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _day(text: Text) -> str:
    day = text.published or (f"{text.years[0]}-09-01" if text.years else "2016-09-01")
    return day if len(day) == 10 else f"{day}-01"
