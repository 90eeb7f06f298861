"""What a WARC record looks like: bytes of a response, request, revisit or removed record; payloads unpacked.

Pure: bytes in, bytes out. Not for files (``archive``).
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import uuid
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import brotli
import zstandard

from indexer import moments

PAGE, ROBOTS, SITEMAP = "page", "robots", "sitemap"  # roles: what an answer was fetched for

_PROFILE_SAME = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_PROFILE_304 = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
# Their bytes are compressed already; level 1 costs a fifth of level 6 and gains the same on them.
_PACKED = re.compile(
    r"application/(?:pdf|zip|gzip|vnd\.(?:openxml|oasis)\S*)|image/(?!svg|bmp|tiff)|video/|audio/"
)
_LEVEL, _LEVEL_PACKED = 6, 1
_HOP = frozenset({"transfer-encoding", "connection", "keep-alive"})
_MOST_ENCODINGS = 5  # one within the other; a header has room for thousands
_BLOCK = 4_096  # bytes given to the unpacker at a time


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back, as it came."""

    source: str
    url: str  # canonical
    requested: str  # the address as it was asked for
    fetched_at: str  # UTC
    request_headers: Sequence[tuple[str, str]]
    protocol: str  # HTTP/1.1
    status: int
    reason: str
    headers: Sequence[tuple[str, str]]
    body: bytes  # content encoding as sent (but brotli undone), transfer encoding undone
    digest: str  # sha256 of the payload (content encoding undone), hex
    media_type: str  # by content
    role: str = PAGE
    ip: str | None = None
    redirect_to: str | None = None
    repeats: Place | None = None  # an earlier record with the same payload: this becomes a revisit record


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is: file name below the corpus directory, offset and length in bytes."""

    warc: str
    offset: int
    length: int
    url: str = ""
    fetched_at: str = ""


# --- building --------------------------------------------------------------------------------------


def record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def _sha1(*parts: bytes) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    for part in parts:
        digest.update(part)
    return "sha1:" + base64.b32encode(digest.digest()).decode()


def _member(fields: Iterable[tuple[str, str | None]], block: bytes, level: int) -> bytes:
    """One WARC record as one gzip member."""
    lines = [f"{name}: {_one_line(value)}" for name, value in fields if value is not None]
    head = "\r\n".join(["WARC/1.1", *lines, f"Content-Length: {len(block)}", "", ""])
    packer = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    return packer.compress(head.encode() + block + b"\r\n\r\n") + packer.flush()


def _one_line(value: str) -> str:
    return " ".join(value.split()) if "\n" in value or "\r" in value else value


def _http(first: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [first, *(f"{name}: {_one_line(value)}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def answer(exchange: Exchange, record_id: str) -> bytes:
    # The transfer encoding is undone when the bytes reach us; a reader that believed the header would fail.
    headers = [
        (f"X-Archive-Orig-{n}", v)
        if n.lower() in _HOP
        or (n.lower() == "content-length" and exchange.body)
        or (n.lower() == "content-encoding" and is_brotli(v))
        else (n, v)
        for n, v in exchange.headers
    ]
    revisit = exchange.repeats is not None
    if exchange.body and not revisit:
        headers.append(("Content-Length", str(len(exchange.body))))
    head = _http(f"{exchange.protocol} {exchange.status} {exchange.reason}".rstrip(), headers)
    body = b"" if revisit else exchange.body
    repeats = exchange.repeats
    fields: list[tuple[str, str | None]] = [
        ("WARC-Type", "revisit" if revisit else "response"),
        ("WARC-Record-ID", record_id),
        ("WARC-Date", exchange.fetched_at),
        ("WARC-Target-URI", exchange.requested),
        ("WARC-IP-Address", exchange.ip),
        ("Content-Type", "application/http; msgtype=response"),
        ("WARC-Block-Digest", _sha1(head, body)),
        ("WARC-Payload-Digest", None if revisit and exchange.status == 304 else _sha1(exchange.body)),
        ("WARC-Identified-Payload-Type", exchange.media_type or None),
        ("Kompass-Source", exchange.source),
        ("Kompass-URL", exchange.url),
        ("Kompass-Role", exchange.role),
        ("Kompass-Digest", f"sha256:{exchange.digest}"),
        ("Kompass-Redirect-To", exchange.redirect_to),
    ]
    if repeats is not None:
        fields += [
            ("WARC-Profile", _PROFILE_304 if exchange.status == 304 else _PROFILE_SAME),
            ("WARC-Refers-To-Target-URI", repeats.url or exchange.url),
            ("WARC-Refers-To-Date", repeats.fetched_at or None),
            ("Kompass-Refers-To", f"{repeats.warc}:{repeats.offset}"),
        ]
    return _member(fields, head + body, _LEVEL_PACKED if _PACKED.match(exchange.media_type) else _LEVEL)


def request(exchange: Exchange, answer_id: str) -> bytes:
    host, _, path = exchange.requested.partition("://")[2].partition("/")
    sent = {n.lower() for n, _ in exchange.request_headers}
    headers = [*exchange.request_headers, *([] if "host" in sent else [("Host", host)])]
    block = _http(f"GET /{path} HTTP/1.1", headers)
    fields: list[tuple[str, str | None]] = [
        ("WARC-Type", "request"),
        ("WARC-Record-ID", record_id()),
        ("WARC-Date", exchange.fetched_at),
        ("WARC-Target-URI", exchange.requested),
        ("WARC-Concurrent-To", answer_id),
        ("Content-Type", "application/http; msgtype=request"),
        ("WARC-Block-Digest", _sha1(block)),
    ]
    return _member(fields, block, _LEVEL_PACKED)


def warcinfo(name: str, software: str, source: str) -> bytes:
    block = (
        f"software: {software}\r\nformat: WARC File Format 1.1\r\n"
        f"conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n"
        f"robots: obey\r\nisPartOf: {source}\r\n"
    ).encode()
    fields: list[tuple[str, str | None]] = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", record_id()),
        ("WARC-Date", moments.now()),
        ("WARC-Filename", name),
        ("Content-Type", "application/warc-fields"),
        ("WARC-Block-Digest", _sha1(block)),
    ]
    return _member(fields, block, _LEVEL)


def tombstone(length: int, reason: str) -> bytes:
    """A gzip member of exactly ``length`` bytes with a metadata record in place of what was there."""
    block = f"removed: {_one_line(reason)[:200]}\r\n".encode()
    for text in (block, b"removed\r\n", b""):
        member = _stored(text, length)
        if member is not None:
            return member
    raise ValueError(f"A record of {length} bytes is too short to be blanked out.")


def _stored(block: bytes, length: int) -> bytes | None:
    """The record compressed, then filled up to ``length`` with empty blocks of the deflate format (five bytes
    each) and the name field of the gzip header (one to five bytes); None when it does not fit."""
    head = (
        "WARC/1.1\r\nWARC-Type: metadata\r\n"
        f"WARC-Record-ID: {record_id()}\r\n"
        f"WARC-Date: {moments.now()}\r\n"
        f"Content-Type: application/warc-fields\r\nContent-Length: {len(block)}\r\n\r\n"
    ).encode()
    data = head + block + b"\r\n\r\n"
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # A full flush ends on a byte boundary, so that empty stored blocks may follow.
    packed = packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
    last = b"\x01\x00\x00\xff\xff"  # an empty stored block that is the final one
    spare = length - (10 + len(packed) + len(last) + 8)
    if spare < 0:
        return None
    blocks, rest = divmod(spare, 5)
    header = b"\x1f\x8b\x08" + (b"\x08" if rest else b"\x00") + b"\x00\x00\x00\x00\x00\xff"
    name = b"x" * (rest - 1) + b"\x00" if rest else b""
    tail = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return header + name + packed + b"\x00\x00\x00\xff\xff" * blocks + last + tail


def together(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by lower-case name, those of one name as one (RFC 9110, 5.3): joined by commas, but
    X-Robots-Tag by line feeds, since a robot that one line names is not meant by the next."""
    found: dict[str, str] = {}
    for name, value in headers:
        name = name.lower()
        joint = "\n" if name == "x-robots-tag" else ", "
        found[name] = f"{found[name]}{joint}{value}" if name in found else value
    return found


# --- content encoding -------------------------------------------------------------------------------------


class TooLarge(ValueError):
    """The payload is larger than the limit once it is unpacked."""


def is_brotli(encoding: str) -> bool:
    """Whether a Content-Encoding is one that warcio 1.8 falls over: it is undone before a record is written.
    We do not ask for it; some servers send it all the same."""
    return "br" in (e.strip().lower() for e in encoding.split(","))


def decoded(body: bytes, headers: Mapping[str, str], limit: int = 1_000_000_000) -> bytes:
    """The payload of a body: gzip, deflate, brotli and zstd undone; as it is when it is none of them or
    damaged.

    Raises TooLarge when more than ``limit`` bytes would come out.
    """
    encodings = [e.strip().lower() for e in headers.get("content-encoding", "").split(",")]
    if len(encodings) > _MOST_ENCODINGS:
        return body
    for encoding in reversed(encodings):
        if not body or encoding in ("", "identity"):
            continue
        if encoding in ("gzip", "x-gzip", "deflate"):
            body = _inflated(body, encoding, limit)
        elif encoding == "br":
            try:
                body = _bounded(brotli.Decompressor().process(body, output_buffer_limit=limit + 1), limit)
            except brotli.error:
                return body
        elif encoding == "zstd":
            try:
                with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(body)) as stream:
                    body = _bounded(stream.read(limit + 1), limit)
            except zstandard.ZstdError:
                return body
        else:
            return body
    return body


def _inflated(body: bytes, encoding: str, limit: int) -> bytes:
    for window in (zlib.MAX_WBITS + 32, -zlib.MAX_WBITS):  # some servers send deflate without its zlib frame
        try:
            return _unpacked(body, window, limit)
        except zlib.error:
            if encoding != "deflate":
                return body
    return body


def _unpacked(body: bytes, window: int, limit: int) -> bytes:
    """All gzip members of ``body``, or what comes before the first one that is damaged.

    In blocks: what an unpacker leaves over is copied, and a megabyte may hold 50,000 empty members.
    """
    out, rest, first = bytearray(), b"", True
    unpacker = zlib.decompressobj(window)
    for start in range(0, len(body), _BLOCK):
        rest += body[start : start + _BLOCK]
        while rest and not (unpacker.eof and len(rest) < 2):
            if unpacker.eof:
                if rest[:2] != b"\x1f\x8b":
                    return bytes(out)
                unpacker, first = zlib.decompressobj(zlib.MAX_WBITS + 32), False
            try:
                out += unpacker.decompress(rest, limit + 1 - len(out))
            except zlib.error:
                if first:
                    raise
                return bytes(out)
            if len(out) > limit:
                raise TooLarge(f"more than {limit} bytes when unpacked")
            rest = unpacker.unused_data
    return bytes(out)


def _bounded(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise TooLarge(f"more than {limit} bytes when unpacked")
    return data
