"""Which reader takes which media type?"""

from __future__ import annotations

from indexer.extract import html, legacy, office, pdf, sheets
from indexer.extract.charset import decode
from indexer.extract.problem import told, unread
from indexer.extract.sniff import FORMAT_OF
from indexer.model import Extract, Page

_MOST_TEXT = 5_000_000  # characters of a text file


def extract(
    payload: bytes, media_type: str, url: str, charset: str | None = None, seconds: float | None = None
) -> Extract:
    """What the bytes say. Never raises for bad input: ``problem`` tells what could not be read.

    After ``seconds`` a long document is given back with the pages read so far.
    """
    kind = FORMAT_OF.get(media_type.split(";")[0].strip().lower(), "other")
    if not payload:
        return unread(kind, "empty")
    try:
        if kind == "html":
            return html.read(payload, url, charset)
        if kind == "pdf":
            return pdf.read(payload, seconds)
        if kind in ("docx", "pptx", "odt", "odp"):
            return office.read(payload, kind)
        if kind in ("xlsx", "xls", "ods"):
            return sheets.read(payload, kind)
        if kind in ("doc", "ppt", "rtf"):
            return legacy.read(payload, kind, seconds)
        if kind == "image":
            return unread(kind, "only_pictures")
        if kind == "text" or media_type.startswith("text/"):
            return _plain(decode(payload, charset, html=False))
    except MemoryError:
        raise
    except Exception as error:  # a reader that meets what it does not know must not end the run
        return unread(kind, "unreadable", f"{type(error).__name__}, {error}")
    return unread(kind, "encrypted") if legacy.is_locked(payload) else unread(kind, "unsupported", media_type)


def _plain(text: str) -> Extract:
    lines = [clean for line in text[:_MOST_TEXT].splitlines() if (clean := " ".join(line.split()))]
    if not lines:
        return unread("text", "no_text")
    result = Extract("text", (Page(1, "\n".join(lines)),), (("first page", lines[0][:200]),))
    return (
        told(result, "partly_read", f"its first {_MOST_TEXT} characters")
        if len(text) > _MOST_TEXT
        else result
    )
