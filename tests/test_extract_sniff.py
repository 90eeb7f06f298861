"""The media type is found by content first, then by what the server says and the name."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from indexer.extract.sniff import DOC, DOCX, HTML, ODT, PDF, PPT, PPTX, RTF, TEXT, UNKNOWN, XLS, sniff

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            made.writestr(name, "application/vnd.oasis.opendocument.text" if name == "mimetype" else "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("payload", "declared", "name", "expected"),
    [
        (b"%PDF-1.4 ...", "text/html", "a.html", PDF),
        (b"\n\n   %PDF-1.4", None, "", PDF),
        (b"<!DOCTYPE html><p>Hej", "application/octet-stream", "a.pdf", HTML),
        (b"<html><head>", "application/pdf", "a.pdf", HTML),
        (b"\xef\xbb\xbf<!-- hej --><html>", None, "", HTML),
        ("<html><p>Hej".encode("utf-16"), None, "", HTML),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC><html>', "text/html; charset=utf-8", "", HTML),
        (b'<?xml version="1.0"?><urlset>', "application/xml", "sitemap.xml", "application/xml"),
        (b'<?xml version="1.0"?><rss>', "application/rss+xml", "", "application/rss+xml"),
        (b"Hej hej", "text/plain", "a.html", TEXT),
        (b"Hej hej", None, "a.txt", TEXT),
        (b"body{color:red}", "text/css", "a.css", "text/css"),
        (b'{"a": "<p>"}', "application/json", "", "application/json"),
        (b"BEGIN:VCALENDAR", "text/calendar", "a.ics", "text/calendar"),
        (archive("word/document.xml"), "application/zip", "a.zip", DOCX),
        (archive("mimetype", "content.xml"), None, "a.bin", ODT),
        (archive("readme.txt"), None, "a.zip", "application/zip"),
        (OLE + "WordDocument".encode("utf-16-le"), "application/octet-stream", "", DOC),
        (OLE + "PowerPoint Document".encode("utf-16-le"), None, "", PPT),
        (OLE + "Workbook".encode("utf-16-le"), None, "a.doc", XLS),
        (b"{\\rtf1 hej", "application/msword", "a.doc", RTF),
        (b"\xff\xd8\xff\xe0", None, "a.pdf", "image/jpeg"),
        (b"BMW och andra bilar", None, "", TEXT),
        (bytes(range(256)), "video/mp4", "a.html", "video/mp4"),
        (bytes(range(256)), "text/html", "a", "text/html"),
        (bytes(range(256)), None, "", UNKNOWN),
        (b"", "text/html; charset=x", "", HTML),
    ],
)
def test_media_type_by_content(payload: bytes, declared: str | None, name: str, expected: str) -> None:
    assert sniff(payload, declared, f"http://x.se/{name}") == expected


def test_a_zip_of_which_a_part_cannot_be_unpacked_is_one_all_the_same() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", ODT)
    start = buffer.getvalue().index(b"mimetype") + len(b"mimetype")
    payload = buffer.getvalue()[:start] + b"\xff\xff" + buffer.getvalue()[start + 2 :]
    assert sniff(payload, ODT, "https://a.example/a.odt") == ODT
    assert sniff(payload, None, "https://a.example/a") == "application/zip"


def test_a_zip_of_endless_names_takes_no_long_time() -> None:
    entry = b"PK\x01\x02" + bytes(24) + b"\x05" + bytes(17) + b"ppt/a"
    listed = entry * 300_000
    end = b"PK\x05\x06" + bytes(8) + len(listed).to_bytes(4, "little") + (30).to_bytes(4, "little") + bytes(2)
    began = time.process_time()
    assert sniff(b"PK\x03\x04" + bytes(26) + listed + end, None, "https://a.example/a") == PPTX
    assert time.process_time() - began < 1
