"""Which media type do these bytes have?

By content first, since servers send PDFs as text/html and pages as application/octet-stream; what the
server declared and the name in the address decide only what the content leaves open.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from urllib.parse import unquote, urlsplit

from indexer.model import FORMATS

HTML, PDF, TEXT, RTF = (FORMATS[form] for form in ("html", "pdf", "text", "rtf"))
DOCX, PPTX, XLSX = (FORMATS[form] for form in ("docx", "pptx", "xlsx"))
ODT, ODS, ODP = (FORMATS[form] for form in ("odt", "ods", "odp"))
DOC, PPT, XLS = (FORMATS[form] for form in ("doc", "ppt", "xls"))
UNKNOWN = "application/octet-stream"

FORMAT_OF = {
    **{media_type: form for form, media_type in FORMATS.items() if media_type},
    "application/xhtml+xml": "html",
    "image/jpeg": "image", "image/png": "image", "image/gif": "image", "image/tiff": "image",
    "image/webp": "image", "image/bmp": "image",
}  # fmt: skip
"""Media type → ``Extract.format``."""

_EXTENSIONS = {
    "html": HTML, "htm": HTML, "xhtml": HTML, "pdf": PDF, "docx": DOCX, "docm": DOCX, "pptx": PPTX,
    "ppsx": PPTX, "pptm": PPTX, "xlsx": XLSX, "xlsm": XLSX, "odt": ODT, "ods": ODS, "odp": ODP, "doc": DOC,
    "dot": DOC, "ppt": PPT, "pps": PPT, "xls": XLS, "rtf": RTF, "txt": TEXT, "csv": "text/csv",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "tif": "image/tiff",
    "tiff": "image/tiff", "webp": "image/webp", "xml": "application/xml", "zip": "application/zip",
    "mp4": "video/mp4", "mp3": "audio/mpeg", "css": "text/css", "js": "text/javascript",
    "json": "application/json", "svg": "image/svg+xml", "ics": "text/calendar",
}  # fmt: skip
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"{\\rtf", RTF),
    (b"\x1f\x8b", "application/gzip"),
    (b"Rar!", "application/vnd.rar"),
    (b"7z\xbc\xaf", "application/x-7z-compressed"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "application/ogg"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-executable"),
)
_DAMAGED = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError, KeyError, zlib.error
)  # fmt: skip
_MOST_NAMES = 5_000
"""In a zip archive. All sources wait meanwhile, and a list of 900,000 takes 8 s and half a gigabyte."""
_MARKUP = re.compile(
    rb"(?i)<(?:!doctype html|html|head|body|frameset|title|meta|link|script|style|div|table|p|h[1-6]|a|br"
    rb"|span|ul|form|nav|main)[\s>/]"
)


def sniff(payload: bytes, declared: str | None, url: str) -> str:
    """The media type of the bytes, lower-case and without parameters; octet-stream when nothing tells."""
    stated = (declared or "").split(";")[0].strip().lower()
    head = payload[:4096]
    body = head.lstrip(b"\xef\xbb\xbf\x00 \t\r\n\x0b\x0c")
    # 1. Formats with a signature. PDF readers accept a header within the first 1024 bytes.
    if b"%PDF-" in payload[:1024]:
        return PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(payload, stated, url)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(payload, stated, url)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    for magic, media_type in _MAGIC:
        if head.startswith(magic) and not (len(magic) == 2 and _is_text(head)):
            return media_type
    # 2. Text with marks of a format.
    if not payload:
        return stated or _by_name(url) or UNKNOWN
    wide = body.replace(b"\x00", b"") if body.count(b"\x00") > len(body) // 3 else body
    if wide[:5].lower() == b"<?xml":
        if b"<html" in wide.lower() or stated in (HTML, "application/xhtml+xml"):
            return HTML
        if b"<svg" in wide:
            return "image/svg+xml"
        return stated if stated.endswith("xml") else "application/xml"
    if _is_text(head) or wide is not body:
        if stated in (
            "text/css",
            "text/javascript",
            "application/javascript",
            "application/json",
            "text/calendar",
        ):
            return stated
        found = _MARKUP.search(wide)
        if found is not None and (
            stated in ("", HTML, "application/xhtml+xml", UNKNOWN) or found.start() < 200
        ):
            return HTML
        if stated.startswith("text/") or stated in (
            "application/xml",
            "application/rss+xml",
            "application/atom+xml",
        ):
            return stated
        by_name = _by_name(url)
        return by_name if by_name in (HTML, "text/csv", "text/css", "text/calendar") else TEXT
    # 3. What was said about it, unless the content contradicts it: bytes that are no text are no page.
    if stated and stated != UNKNOWN and not stated.startswith("text/") and stated != "application/xhtml+xml":
        return stated
    by_name = _by_name(url)
    return by_name if by_name and not by_name.startswith("text/") else stated or UNKNOWN


def _is_text(head: bytes) -> bool:
    control = sum(1 for byte in head if byte < 9 or 13 < byte < 27 or 27 < byte < 32)
    return control <= len(head) // 100


def _by_name(url: str) -> str | None:
    name = unquote(urlsplit(url).path).rsplit("/", 1)[-1].lower()
    return _EXTENSIONS.get(name.rsplit(".", 1)[-1]) if "." in name else None


def _zipped(payload: bytes, stated: str, url: str) -> str:
    """Which office format a zip archive is, from the names in it."""
    try:
        if payload.count(b"PK\x01\x02") > _MOST_NAMES:
            raise zipfile.BadZipFile("More names than are read here.")
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype").decode("ascii", "replace").strip()
                if kind in FORMAT_OF:
                    return kind
    except _DAMAGED:
        names = {name for name in ("word/", "ppt/", "xl/") if name.encode() in payload[:200_000]}
    for folder, media_type in (("word/", DOCX), ("ppt/", PPTX), ("xl/", XLSX)):
        if any(name.startswith(folder) for name in names):
            return media_type
    return stated if stated in FORMAT_OF else _by_name(url) or "application/zip"


def _compound(payload: bytes, stated: str, url: str) -> str:
    """Which legacy Office format an OLE file is, from the names of its streams."""
    for name, media_type in (
        ("WordDocument", DOC),
        ("PowerPoint Document", PPT),
        ("Workbook", XLS),
        ("Book", XLS),
    ):
        if name.encode("utf-16-le") in payload:
            return media_type
    by_name = _by_name(url)
    return (
        by_name
        if by_name in (DOC, PPT, XLS)
        else stated
        if stated in (DOC, PPT, XLS)
        else "application/x-ole-storage"
    )
