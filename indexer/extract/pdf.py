"""What does a PDF say: its text page by page, its title, dates, outline and page labels?

pdfium reads the text (fast and faithful), pypdf the outline and labels and what pdfium cannot open.
A hostile PDF can hang or eat memory here: ``workers`` sets the bounds.
"""

from __future__ import annotations

import io
import re

import pypdf
import pypdfium2

from indexer.config import number
from indexer.extract import dates
from indexer.model import Extract, Page


def read(payload: bytes) -> Extract:
    """Text and metadata of a PDF; ``problem`` tells when it cannot be read."""
    try:
        document = pypdfium2.PdfDocument(payload)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            return Extract("pdf", read_by="none", problem="The PDF is encrypted and asks for a password.")
        return _fallback(payload)
    try:
        count = len(document)
        metadata = document.get_metadata_dict()
        wanted = range(min(count, int(number("extract_pages"))))
        pages = [Page(index + 1, _page_text(document, index)) for index in wanted]
    finally:
        document.close()
    stated = [
        dates.in_pdf(metadata.get("CreationDate", ""), "created"),
        dates.in_pdf(metadata.get("ModDate", ""), "updated"),
    ]
    shown = next((line for page in pages for line in page.text.split("\n") if line.strip()), "")
    titles = [("metadata", metadata.get("Title", "")), ("first page", shown)]
    has_text = any(page.text for page in pages)
    return Extract(
        "pdf",
        pages=tuple(pages),
        titles=tuple((where, text) for where, text in titles if text),
        dates=tuple(date for date in stated if date is not None),
        page_count=count,
        read_by="text" if has_text else "none",
        problem=None if has_text else "The PDF has no text layer: its pages are pictures.",
    )


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str:
    page = document[index]
    textpage = page.get_textpage()
    text = textpage.get_text_range(errors="ignore")
    textpage.close()
    page.close()
    text = re.sub(r"[\x02\ufffe\u00ad]\r?\n?", "", text).replace("\r\n", "\n")
    return re.sub(r"(?<=[a-zåäö])-\n(?=[a-zåäö])", "", text).strip()


def _fallback(payload: bytes) -> Extract:
    try:
        reader = pypdf.PdfReader(io.BytesIO(payload), strict=False)
        pages = tuple(Page(n, page.extract_text()) for n, page in enumerate(reader.pages, 1))
    except Exception:  # pypdf raises nearly anything on damaged files
        return Extract("pdf", read_by="none", problem="The PDF is damaged and cannot be read.")
    if not any(page.text for page in pages):
        return Extract("pdf", read_by="none", problem="The PDF is damaged and cannot be read.")
    return Extract("pdf", pages=pages, page_count=len(pages))
