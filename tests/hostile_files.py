"""Files that do harm to those who read them, made for the tests: small on disk, endless or huge when read."""

from __future__ import annotations

import io
import zipfile
import zlib


def pdf(objects: list[bytes], *, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        trailer,
        start,
    )
    return bytes(out)


def _stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def _one_page(content: bytes, resources: bytes, *more: bytes) -> bytes:
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << %s >> >>"
            % resources,
            content,
            *more,
        ]
    )


def endless_pdf(depth: int = 28) -> bytes:
    """Each form draws the next one eight times: 8^28 forms to draw."""
    forms = []
    for number in range(depth):
        body, entries = b"0 0 1 1 re f", b""
        if number + 1 < depth:
            body = b"/F Do " * 8
            entries = b"/Resources << /XObject << /F %d 0 R >> >>" % (6 + number)
        forms.append(_stream(body, b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] " + entries))
    return _one_page(_stream(b"/F Do"), b"/XObject << /F 5 0 R >>", *forms)


def pdf_bomb(size: int = 3_000_000_000) -> bytes:
    """A page whose content unpacks, in two steps, to ``size`` bytes."""
    packer = zlib.compressobj(9)
    chunk = b"0 0 m\n" * 100_000
    first = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(chunk) + packer.flush(
        zlib.Z_FULL_FLUSH
    )  # stands alone, so it can be repeated as it is
    once = first + block * (size // len(chunk) - 1) + packer.flush()
    return _one_page(_stream(zlib.compress(once, 9), b"/Filter [/FlateDecode /FlateDecode]"), b"")


def zip_bomb(name: str, start: bytes = b"<a>", size: int = 1_000_000_000) -> bytes:
    """An office file whose main part unpacks to ``size`` bytes."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open(name, "w") as part,
    ):
        part.write(start)
        chunk = b"<b>barn</b>" * 100_000
        for _ in range(size // len(chunk)):
            part.write(chunk)
    return target.getvalue()


def entity_bomb() -> bytes:
    """XML whose entities would grow to a billion words, with one that asks for a file of this machine."""
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return (
        b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">%s]>'
        b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        b"<w:t>before &l9; &f; after</w:t></w:r></w:p></w:body></w:document>" % entities
    )
