"""What does a PDF say: its text page by page, its title, dates, outline and page labels?

pdfium does the reading: it is faithful and fast. pypdf reads what pdfium cannot open. ``layout``,
``paragraphs`` and ``headings`` make text of the lines. A hostile PDF can hang or eat memory in here:
``workers`` sets bounds.
"""

from __future__ import annotations

import ctypes
import io
import logging
import re
import time
from collections.abc import Callable, Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from indexer.config import number
from indexer.extract import dates, layers, repair
from indexer.extract.headings import heading, headings
from indexer.extract.layout import Sheet, in_reading_order, with_initials
from indexer.extract.letters import Letters
from indexer.extract.paragraphs import over_pages, paragraphs, plain, whole_rows
from indexer.extract.problem import told, unread
from indexer.extract.running import without_running
from indexer.model import Extract, OutlineEntry, Page

for library in ("pypdf", "pypdfium2"):  # their warnings on every odd file would drown what people should see
    logging.getLogger(library).setLevel(logging.CRITICAL)

_STRANGE = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_ONLY_ADOBE = re.compile(  # what other readers show in the place of an XFA form, or of a portfolio of files
    r"(?i)\A\W*(?:please wait|vänta)\b[\s\S]{0,200}\b(?:PDF viewer|PDF-visning\w+|Adobe Reader)\b"
    r"|\b(?:open|öppna\w*)\s(?:this|the|den här)?\s?PDF[ -]?portf(?:olio|ölj)"
)
_MOST_COVER = 1_000  # characters of such a page
_LONGEST_LABEL = 20
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
        return _Reading(document, deadline, layers.hidden(payload)).extract()
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

    def __init__(
        self, document: pypdfium2.PdfDocument, deadline: float | None, unseen: frozenset[str]
    ) -> None:
        self.document = document
        self.deadline = deadline
        self.unseen = unseen  # layers
        self.count = len(document)
        self.damaged = 0  # pages
        self.labelled = pdfium.FPDF_GetPageLabel(document, 0, None, 0) > 0
        document.init_forms()

    def extract(self) -> Extract:
        letters = Letters(self.unseen)
        fields: list[list[str]] = []
        partly = ""
        most = int(number("extract_pages"))
        for index in range(self.count):
            late = index > 0 and self.deadline is not None and time.monotonic() > self.deadline
            if index >= most or late or letters.count > _MAX_TEXT:
                why = "for it takes long" if late else "for it is very long"
                partly = f"its first {index} of {self.count} pages, {why}"
                break
            fields.append(self.add(letters, index))
        if self.damaged == len(fields):
            raise pypdfium2.PdfiumError("no page can be loaded")
        sheets = letters.sheets()
        for sheet in sheets:
            sheet.lines = whole_rows(in_reading_order(with_initials(sheet.lines)))
        repeated = without_running(sheets)
        (title, below), *others = (headings(sheets[0]) if sheets else []) or [("", "")]
        texts = over_pages(paragraphs(sheets))
        pages = [
            self.page(index, sheet, text, filled)
            for index, (sheet, text, filled) in enumerate(zip(sheets, texts, fields, strict=True))
        ]
        metadata = self.metadata("Title", "Author", "CreationDate", "ModDate")
        titles = [
            ("first page", title),
            ("metadata", plain(metadata["Title"])),
            ("below", below),
            *(("second", text) for text, _ in others if text != title),
        ]
        stated = [
            dates.in_pdf(metadata, "CreationDate", "none"),
            dates.in_pdf(metadata, "ModDate", "updated"),
        ]
        if self.damaged and not partly:
            partly = f"{self.damaged} of its {self.count} pages are damaged"
        if len(pages[0].text) < _MOST_COVER and _ONLY_ADOBE.search(pages[0].text):
            return unread("pdf", "unsupported", "PDF form or portfolio that only Adobe Reader shows")
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
            author=plain(metadata["Author"]).strip() or None,
            furniture=tuple(repeated),
        )
        if not readable:
            return told(result, "only_pictures")
        return told(result, "partly_read", partly) if partly else result

    def page(self, index: int, sheet: Sheet, text: str, fields: list[str]) -> Page:
        if not _is_legible(text):
            text = ""
        text = "\n".join(filter(None, [text, *fields]))
        label = self.label(index)
        slide = heading(sheet) if sheet.width > sheet.height and len(sheet.lines) > 1 else ""
        return Page(index + 1, text, slide if text and 0 < len(slide) <= 120 else None, label)

    def metadata(self, *names: str) -> dict[str, str]:
        return {name: _string(pdfium.FPDF_GetMetaText, self.document, name.encode()) for name in names}

    def language(self) -> str | None:
        """What the document declares, as two letters; Word writes it."""
        match = re.match(
            r"([a-z]{2})(?:[-_]|$)", _string(pdfium.FPDFCatalog_GetLanguage, self.document).lower()
        )
        return match[1] if match is not None else None

    def label(self, index: int) -> str | None:
        if not self.labelled:
            return None
        try:
            label = self.document.get_page_label(index).strip()
        except (pypdfium2.PdfiumError, UnicodeDecodeError):
            return None
        return label if 0 < len(label) <= _LONGEST_LABEL and label != str(index + 1) else None

    def outline(self) -> Iterator[OutlineEntry]:
        try:
            for count, item in enumerate(self.document.get_toc(max_depth=6)):
                if count >= 2_000:
                    return
                target = item.get_dest()
                title = " ".join(plain(item.get_title()).split())
                if title:
                    index = target.get_index() if target is not None else None
                    yield OutlineEntry(
                        item.level + 1, title[:300], None if index is None or index < 0 else index + 1
                    )
        except (pypdfium2.PdfiumError, UnicodeDecodeError, ValueError):
            return

    def add(self, letters: Letters, index: int) -> list[str]:
        """Read one page; returns what is filled into its form fields."""
        page = pdfium.FPDF_LoadPage(self.document, index)
        if not page:
            self.damaged += 1
            letters.add_nothing()
            return []
        try:
            letters.add(page)
            return _fields(page, self.document.formenv)
        except pypdfium2.PdfiumError:
            self.damaged += 1
            letters.add_nothing()
            return []
        finally:
            pdfium.FPDF_ClosePage(page)


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
    pages = tuple(Page(n, plain(text).strip()) for n, text in enumerate(texts, 1))
    if not any(page.text for page in pages):
        return damaged
    titles = (("metadata", title),) if title else ()
    return told(Extract("pdf", pages=pages, titles=titles, page_count=len(pages)), "damaged_partly")
