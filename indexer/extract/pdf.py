"""What does a PDF say: its text page by page, its title, dates, outline and page labels?

pdfium does the reading: it is faithful and fast. pypdf reads what pdfium cannot open. ``layout`` makes
paragraphs of the words. A hostile PDF can hang or eat memory in here: ``workers`` sets bounds.
"""

from __future__ import annotations

import ctypes
import io
import logging
import math
import re
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pypdfium2
import pypdfium2.raw as pdfium

from indexer.config import number
from indexer.extract import dates, layout, repair
from indexer.extract.problem import told, unread
from indexer.model import Extract, OutlineEntry, Page

for library in ("pypdf", "pypdfium2"):  # their warnings on every odd file would drown what people should see
    logging.getLogger(library).setLevel(logging.CRITICAL)

_WORD = re.compile("[^\\s\ufffe\x02\x00]+[\ufffe\x02]?")  # pdfium marks a hyphen at the end of a line
_LINE = re.compile("[^\\s\ufffe\x02\x00](?:[^\r\n\ufffe\x02\x00]*[^\\s\ufffe\x02\x00])?[\ufffe\x02]?")
_STRANGE = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_ORIGIN, _BOX = pdfium.FPDFText_GetCharOrigin, pdfium.FPDFText_GetCharBox
_MANY = 100_000  # a page of more characters (a plotted map, an attack) is read without looking at places
_MAX_TEXT = 20_000_000  # characters kept of one document


def read(payload: bytes, seconds: float | None = None) -> Extract:
    """Text and metadata of a PDF; ``problem`` tells when it cannot be read, or only partly.

    After ``seconds`` no further page is begun, so that a slow document gives at least its first pages.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    try:
        found = _read(payload, deadline)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            return unread("pdf", "encrypted")
        return _salvaged(payload, deadline)
    if found.read_by == "none" and b"%%EOF" not in payload[-2_048:]:
        salvaged = _salvaged(payload, deadline)
        return salvaged if salvaged.read_by != "none" else found
    return found


def _read(payload: bytes, deadline: float | None) -> Extract:
    """Raises PdfiumError when pdfium cannot open the file."""
    document = pypdfium2.PdfDocument(payload)
    try:
        if len(document) == 0:
            raise pypdfium2.PdfiumError("no pages")
        return _Reading(document, deadline).extract()
    finally:
        document.close()


def _salvaged(payload: bytes, deadline: float | None) -> Extract:
    """What can still be read of a file that pdfium does not open, or finds nothing in."""
    for candidate in repair.repaired(payload):
        try:
            found = _read(candidate, deadline)
        except pypdfium2.PdfiumError:
            continue
        if found.read_by != "none":
            return told(found, "damaged_partly")
    return _read_by_pypdf(payload)


class _Reading:
    """One document while it is read."""

    def __init__(self, document: pypdfium2.PdfDocument, deadline: float | None) -> None:
        self.document = document
        self.deadline = deadline
        self.count = len(document)
        self.damaged = 0  # pages
        document.init_forms()

    def extract(self) -> Extract:
        sheets: list[layout.Sheet] = []
        fields: list[list[str]] = []
        partly = ""
        characters = 0
        most = int(number("extract_pages"))
        for index in range(self.count):
            late = index > 0 and self.deadline is not None and time.monotonic() > self.deadline
            if index >= most or late or characters > _MAX_TEXT:
                why = "for it takes long" if late else "for it is very long"
                partly = f"its first {index} of {self.count} pages, {why}"
                break
            sheet, filled = self.sheet(index)
            sheets.append(sheet)
            fields.append(filled)
            characters += sum([len(line.text) for line in sheet.lines])
        if self.damaged == len(sheets):
            raise pypdfium2.PdfiumError("no page can be loaded")
        running = layout.without_running(sheets)
        title, below = layout.heading(sheets[0]) if sheets else ("", "")
        pages = [
            self.page(index, sheet, filled)
            for index, (sheet, filled) in enumerate(zip(sheets, fields, strict=True))
        ]
        metadata = self.metadata()
        titles = [
            ("first page", title),
            ("metadata", layout.plain(metadata.get("Title", ""))),
            ("below", below),
        ]
        stated = [
            dates.in_pdf(metadata, "CreationDate", "none"),
            dates.in_pdf(metadata, "ModDate", "updated"),
        ]
        if self.damaged and not partly:
            partly = f"{self.damaged} of its {self.count} pages are damaged"
        readable = any(page.text for page in pages)
        result = Extract(
            "pdf",
            pages=tuple(pages),
            titles=tuple((where, " ".join(text.split())) for where, text in titles if text.strip()),
            dates=tuple(date for date in stated if date is not None),
            language=self.language(),
            outline=tuple(self.outline()),
            page_count=self.count,
            read_by="text" if readable else "none",
            author=layout.plain(metadata.get("Author", "")).strip() or None,
            furniture=tuple(running),
        )
        if not readable:
            return told(result, "only_pictures")
        return told(result, "partly_read", partly) if partly else result

    def page(self, index: int, sheet: layout.Sheet, fields: list[str]) -> Page:
        text = layout.paragraphs(sheet)
        if not _is_legible(text):
            text = ""
        text = "\n".join(filter(None, [text, *fields]))
        label = self.label(index)
        slide = layout.heading(sheet)[0] if sheet.width > sheet.height and len(sheet.lines) > 1 else ""
        return Page(index + 1, text, slide if text and 0 < len(slide) <= 120 else None, label)

    def metadata(self) -> dict[str, str]:
        try:
            found = self.document.get_metadata_dict(skip_empty=True)
        except UnicodeDecodeError:
            return {}
        return {name: value.replace("\x00", "") for name, value in found.items()}

    def language(self) -> str | None:
        """What the document declares, as two letters; Word writes it."""
        match = re.match(
            r"([a-z]{2})(?:[-_]|$)", _string(pdfium.FPDFCatalog_GetLanguage, self.document).lower()
        )
        return match[1] if match is not None else None

    def label(self, index: int) -> str | None:
        try:
            label = self.document.get_page_label(index).strip()
        except (pypdfium2.PdfiumError, UnicodeDecodeError):
            return None
        return label if label and label != str(index + 1) else None

    def outline(self) -> Iterator[OutlineEntry]:
        try:
            for count, item in enumerate(self.document.get_toc(max_depth=6)):
                if count >= 2_000:
                    return
                target = item.get_dest()
                title = " ".join(layout.plain(item.get_title()).split())
                if title:
                    index = target.get_index() if target is not None else None
                    yield OutlineEntry(
                        item.level + 1, title[:300], None if index is None or index < 0 else index + 1
                    )
        except (pypdfium2.PdfiumError, UnicodeDecodeError, ValueError):
            return

    def sheet(self, index: int) -> tuple[layout.Sheet, list[str]]:
        """The lines of one page in reading order, and what is filled into its form fields."""
        try:
            page = self.document[index]
        except pypdfium2.PdfiumError:
            self.damaged += 1
            return layout.Sheet(0, 0), []
        try:
            width, height = page.get_size()
            sheet = layout.Sheet(width, height)
            textpage = page.get_textpage()
            try:
                lines = _lines(textpage)
            finally:
                textpage.close()
            sheet.lines = layout.in_reading_order(lines)
            return sheet, _fields(page, self.document.formenv)
        except pypdfium2.PdfiumError:
            self.damaged += 1
            return layout.Sheet(0, 0), []
        finally:
            page.close()


def _lines(textpage: pypdfium2.PdfTextPage) -> list[layout.Line]:
    """The text of a page as lines with their places, in the order of the file."""
    count = textpage.count_chars()
    if count <= 0:
        return []
    text = textpage.get_text_range(errors="replace")
    if count > _MANY:
        shown = (line.strip() for line in text[:1_000_000].splitlines())
        return [layout.Line([layout.Word(line, 0, 0, 0)], 0) for line in shown if line]
    if len(text) != count:  # characters without Unicode value are left out of the text, and shift the places
        codes = (pdfium.FPDFText_GetUnicode(textpage, index) for index in range(count))
        text = "".join(chr(code) if code else "\x00" for code in codes)
    # Asking for the place of every word takes as long as reading the page. It is needed only where a line may
    # hold a wide gap (columns, tables), and pages that have such lines have many: every tenth line tells.
    places = _Places(textpage.raw, text)
    spans = [match.span() for match in _LINE.finditer(text)]
    apart = any(places.has_gap(*span) for span in spans[min(2, len(spans) - 1) :: 10])
    pieces = [(places.words(*span, apart), places.size(span[0]), places.is_bold(span[0])) for span in spans]
    return _gathered(pieces)


class _Places:
    """Where the characters of one page stand."""

    def __init__(self, raw: object, text: str) -> None:
        self.raw = raw
        self.text = text
        self.numbers = tuple(ctypes.c_double() for _ in range(6))
        self.matrix = pdfium.FS_MATRIX()
        self.name = ctypes.create_string_buffer(128)

    def words(self, start: int, stop: int, apart: bool) -> list[layout.Word]:
        """The words from ``start`` to ``stop``; unless they are wanted ``apart``, all as one."""
        if not apart:
            return [self.word(start, stop)]
        return [self.word(*match.span()) for match in _WORD.finditer(self.text, start, stop)]

    def word(self, start: int, stop: int) -> layout.Word:
        text, raw = self.text, self.raw
        x, y, left, right, bottom, top = self.numbers
        hyphen = text[stop - 1] in "\ufffe\x02"
        if hyphen:
            stop = max(stop - 1, start + 1)
        _ORIGIN(raw, start, x, y)
        _BOX(raw, stop - 1, left, right, bottom, top)
        return layout.Word(text[start:stop], x.value, right.value, y.value, hyphen)

    def has_gap(self, start: int, stop: int) -> bool:
        """Whether the line has a gap as wide as between columns."""
        words = self.words(start, stop, True)
        wide = 1.1 * self.size(start)
        return any(other.left - one.right > wide for one, other in pairwise(words))

    def size(self, index: int) -> float:
        """The size of a character as it is shown, in points."""
        size = pdfium.FPDFText_GetFontSize(self.raw, index)
        if pdfium.FPDFText_GetMatrix(self.raw, index, self.matrix):
            size *= math.hypot(self.matrix.b, self.matrix.d) or 1.0
        return float(size) if size > 0 else 1.0

    def is_bold(self, index: int) -> bool:
        weight = pdfium.FPDFText_GetFontWeight(self.raw, index)
        if weight > 0:
            return bool(weight >= 600)
        length = pdfium.FPDFText_GetFontInfo(self.raw, index, self.name, len(self.name), None)
        font = self.name.value if 0 < length <= len(self.name) else b""
        return any(word in font for word in (b"Bold", b"Black", b"Heavy"))


def _gathered(pieces: list[tuple[list[layout.Word], float, bool]]) -> list[layout.Line]:
    """The words as lines: those beside each other on one baseline; raised figures go with their word."""
    lines: list[layout.Line] = []
    words: list[layout.Word] = []
    end = base = size = 0.0
    bold = False
    for more, its_size, its_bold in pieces:
        for word in more:
            if words:
                gap, away = word.left - end, abs(word.base - base)
                beside = gap > -0.7 * size and (
                    away < 0.25 * size or (away < 0.6 * size and gap < 0.7 * size)
                )
                if not beside:
                    lines.append(layout.Line(words, size, bold))
                    words = []
            if not words:
                base, size, bold = word.base, its_size, its_bold
            words.append(word)
            end = word.right
    if words:
        lines.append(layout.Line(words, size, bold))
    return lines


def _is_legible(text: str) -> bool:
    """Whether a text layer holds letters. Fonts without a map to Unicode give signs from nowhere."""
    if not text:
        return True
    return len(_STRANGE.findall(text)) < 0.3 * len(text)


def _fields(page: pypdfium2.PdfPage, forms: pypdfium2.PdfFormEnv | None) -> list[str]:
    """What is written into form fields and free text notes, as "name: value"."""
    found: list[str] = []
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), 1_000)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if kind == pdfium.FPDF_ANNOT_WIDGET and forms is not None:
            value = _string(pdfium.FPDFAnnot_GetFormFieldValue, forms, annotation)
            name = _string(pdfium.FPDFAnnot_GetFormFieldAlternateName, forms, annotation)
            if value and value not in ("Off", "Yes"):
                found.append(f"{name}: {value}" if name else value)
        elif kind == pdfium.FPDF_ANNOT_FREETEXT:
            found.append(_string(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents"))
        pdfium.FPDFPage_CloseAnnot(annotation)
    return [text for text in dict.fromkeys(found) if text]


def _string(function: Callable[..., int], *arguments: object) -> str:
    """The answer of one of pdfium's functions that write UTF-16 into a buffer."""
    size = min(function(*arguments, None, 0), 100_000)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return " ".join(buffer.raw.decode("utf-16-le", "ignore").replace("\x00", "").split())


def _read_by_pypdf(payload: bytes) -> Extract:
    """What pypdf makes of a file that pdfium cannot open."""
    import pypdf  # 0.1 s to load, and one file in fifty needs it

    damaged = unread("pdf", "damaged")
    try:
        reader = pypdf.PdfReader(io.BytesIO(payload), strict=False)
        if reader.is_encrypted:
            return unread("pdf", "encrypted")
        texts = [page.extract_text() for page in reader.pages[: int(number("extract_pages"))]]
        title = str(reader.metadata.title or "") if reader.metadata is not None else ""
    except Exception:  # pypdf raises nearly anything on damaged files
        return damaged
    pages = tuple(Page(n, layout.plain(text).strip()) for n, text in enumerate(texts, 1))
    if not any(page.text for page in pages):
        return damaged
    titles = (("metadata", title),) if title else ()
    return told(Extract("pdf", pages=pages, titles=titles, page_count=len(pages)), "damaged_partly")
