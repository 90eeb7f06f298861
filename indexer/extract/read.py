"""Which reader takes which media type?"""

from __future__ import annotations

from indexer.extract import html, legacy, office, pdf, sheets
from indexer.extract.charset import decode
from indexer.extract.sniff import FORMATS
from indexer.model import Extract, Page


def extract(
    payload: bytes, media_type: str, url: str, charset: str | None = None, seconds: float | None = None
) -> Extract:
    """What the bytes say. Never raises for bad input: ``problem`` tells what could not be read.

    After ``seconds`` a long document is given back with the pages read so far.
    """
    kind = FORMATS.get(media_type.split(";")[0].strip().lower(), "other")
    if not payload:
        return Extract(kind, read_by="none", problem="The file is empty.")
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
            return Extract(
                "image", read_by="none", problem="The file is a picture; what is written in it was not read."
            )
        if kind == "text" or media_type.startswith("text/"):
            text = decode(payload, charset, html=False).strip()
            return Extract("text", (Page(1, text),) if text else (), read_by="text" if text else "none")
    except MemoryError:
        raise
    except Exception as error:
        return Extract(
            kind, read_by="none", problem=f"The file could not be read ({type(error).__name__}: {error})."
        )
    return Extract(kind, read_by="none", problem=f"Files of the type {media_type} are not read.")
