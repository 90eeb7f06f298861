"""Where the bytes are: every answer as WARC 1.1 records, appended, read back, and blanked out on request.

Everything the catalogue knows of a capture also stands in its record, so the catalogue can be made again from
these files alone. Not for deciding what is fetched, nor for what the bytes mean.

One file holds what one run fetched of one source, cut at MAX_FILE bytes. It is called ``….warc.gz.open``
until it is whole; what a killed run left is cut after its last whole record and renamed by ``recover``.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from indexer.errors import KompassError

FOLDER = "warc"
MAX_FILE = 500_000_000
"""Bytes of one file: large enough that a municipal site is a handful of files, small enough to copy about."""

PAGE, ROBOTS, SITEMAP = "page", "robots", "sitemap"  # roles: what an answer was fetched for

_PROFILE_SAME = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_PROFILE_304 = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
# Their bytes are compressed already; level 1 costs a fifth of level 6 and gains the same on them.
_PACKED = re.compile(
    r"application/(?:pdf|zip|gzip|vnd\.(?:openxml|oasis)\S*)|image/(?!svg|bmp|tiff)|video/|audio/"
)
_LEVEL, _LEVEL_PACKED = 6, 1
_HOP = frozenset({"transfer-encoding", "connection", "keep-alive"})


class ArchiveError(KompassError):
    """A WARC file is missing or damaged at the place where a record should be."""

    exit_code = 3


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
    body: bytes  # content encoding as sent, transfer encoding undone
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


@dataclass(frozen=True, slots=True)
class Record:
    """What a response or revisit record says, without its payload."""

    place: Place
    source: str
    url: str
    fetched_at: str
    status: int
    media_type: str
    digest: str
    headers: Mapping[str, str]  # lower-case names
    role: str
    redirect_to: str | None
    repeats: tuple[str, int] | None  # (warc, offset) of the record that holds the payload


class WarcArchive:
    """Appends the records of one run of one source. Use as a context manager; one writer for one source."""

    def __init__(self, corpus: Path, source: str, software: str, max_file: int = MAX_FILE) -> None:
        self._folder = corpus / FOLDER / source
        self._corpus = corpus
        self._source = source
        self._software = software
        self._max_file = max_file
        self._file: BinaryIO | None = None
        self._name = ""
        self._size = 0
        self._number = 0
        self._begun = time.strftime("%Y%m%d%H%M%S", time.gmtime())

    def __enter__(self) -> WarcArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, exchange: Exchange) -> Place:
        """Write the response (or revisit) record and the request record; they are on disk when this returns
        (in the operating system's hands: a killed process loses nothing, a power cut may)."""
        file = self._open()
        answer_id = _record_id()
        answer = _answer(exchange, answer_id)
        request = _request(exchange, answer_id)
        offset = self._size
        file.write(answer + request)
        file.flush()
        self._size += len(answer) + len(request)
        place = Place(self._name, offset, len(answer), exchange.url, exchange.fetched_at)
        if self._size >= self._max_file:
            self.close()
        return place

    def close(self) -> None:
        """Give the current file its final name."""
        if self._file is None:
            return
        self._file.close()
        self._file = None
        opened = self._corpus / f"{self._name}.open"
        opened.rename(self._corpus / self._name)

    def _open(self) -> BinaryIO:
        if self._file is not None:
            return self._file
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            self._number += 1
            name = f"{self._source}-{self._begun}-{self._number:05d}.warc.gz"
            path = self._folder / f"{name}.open"
            if not path.exists() and not (self._folder / name).exists():
                break
        self._name = f"{FOLDER}/{self._source}/{name}"
        self._file = path.open("xb")
        info = _warcinfo(name, self._software, self._source)
        self._file.write(info)
        self._size = len(info)
        return self._file


# --- writing ----------------------------------------------------------------------------------------------


def _record_id() -> str:
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


def _answer(exchange: Exchange, record_id: str) -> bytes:
    # The transfer encoding is undone when the bytes reach us; a reader that believed the header would fail.
    headers = [
        (f"X-Archive-Orig-{n}", v)
        if n.lower() in _HOP or (n.lower() == "content-length" and exchange.body)
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


def _request(exchange: Exchange, answer_id: str) -> bytes:
    host, _, path = exchange.requested.partition("://")[2].partition("/")
    sent = {n.lower() for n, _ in exchange.request_headers}
    headers = [*exchange.request_headers, *([] if "host" in sent else [("Host", host)])]
    block = _http(f"GET /{path} HTTP/1.1", headers)
    fields: list[tuple[str, str | None]] = [
        ("WARC-Type", "request"),
        ("WARC-Record-ID", _record_id()),
        ("WARC-Date", exchange.fetched_at),
        ("WARC-Target-URI", exchange.requested),
        ("WARC-Concurrent-To", answer_id),
        ("Content-Type", "application/http; msgtype=request"),
        ("WARC-Block-Digest", _sha1(block)),
    ]
    return _member(fields, block, _LEVEL_PACKED)


def _warcinfo(name: str, software: str, source: str) -> bytes:
    block = (
        f"software: {software}\r\nformat: WARC File Format 1.1\r\n"
        f"conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n"
        f"robots: obey\r\nisPartOf: {source}\r\n"
    ).encode()
    fields: list[tuple[str, str | None]] = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", _record_id()),
        ("WARC-Date", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())),
        ("WARC-Filename", name),
        ("Content-Type", "application/warc-fields"),
        ("WARC-Block-Digest", _sha1(block)),
    ]
    return _member(fields, block, _LEVEL)


# --- reading ----------------------------------------------------------------------------------------------


def read(corpus: Path, warc: str, offset: int) -> tuple[dict[str, str], bytes]:
    """(response headers with lower-case names, payload with its content encoding undone) of one capture.

    A revisit record answers with the payload it repeats and its own headers. Raises ArchiveError.
    """
    headers, payload, repeats = _read_one(corpus, warc, offset)
    if repeats is not None:
        _, payload, again = _read_one(corpus, *repeats)
        if again is not None:
            raise ArchiveError(
                f"The record at {warc}:{offset} repeats one that repeats another; its bytes are lost."
            )
    return headers, payload


def _read_one(corpus: Path, warc: str, offset: int) -> tuple[dict[str, str], bytes, tuple[str, int] | None]:
    with _file(corpus, warc).open("rb") as file:
        file.seek(offset)
        try:
            record = next(iter(ArchiveIterator(file)), None)
            if record is None or record.rec_type not in ("response", "revisit"):
                what = "nothing" if record is None else f"a {record.rec_type} record"
                raise ArchiveError(f"There is {what} at {warc}:{offset}, where a capture should be.")
            headers = _headers(record)
            return headers, decoded(record.raw_stream.read(), headers), _repeats(record)
        except (ArchiveLoadFailed, zlib.error, EOFError, OSError) as e:
            raise ArchiveError(f"The record at {warc}:{offset} is damaged ({e}).") from None


def _file(corpus: Path, warc: str) -> Path:
    path = corpus / warc
    if not path.exists():
        opened = path.with_name(path.name + ".open")
        if opened.exists():
            return opened
        raise ArchiveError(
            f"The file {path} is missing; the captures in it cannot be read. Restore it from a backup."
        )
    return path


def _headers(record: ArcWarcRecord) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in record.http_headers.headers if record.http_headers else ():
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _repeats(record: ArcWarcRecord) -> tuple[str, int] | None:
    warc, colon, offset = (record.rec_headers.get_header("Kompass-Refers-To") or "").rpartition(":")
    return (warc, int(offset)) if colon and offset.isdigit() else None


def files(corpus: Path) -> list[Path]:
    """All WARC files in the order in which they were begun; those still being written last."""
    found = [*(corpus / FOLDER).glob("*/*.warc.gz"), *(corpus / FOLDER).glob("*/*.warc.gz.open")]
    return sorted(found, key=lambda p: (p.name.rsplit("-", 2)[1:], p.name))


def records(corpus: Path, roles: Sequence[str] = (PAGE,)) -> Iterator[Record]:
    """What every response and revisit record says, file by file in the order of fetching.

    This is all that ``add_capture`` needs: the catalogue of captures can be made again from it. A damaged
    file is read as far as it goes.
    """
    for path in files(corpus):
        for place, record in _walk(corpus, path):
            if record.rec_type in ("response", "revisit"):
                found = _described(place, record)
                if found is not None and found.role in roles:
                    yield found


def _walk(corpus: Path, path: Path) -> Iterator[tuple[Place, ArcWarcRecord]]:
    """(place, record) for each record; the place's length is known only after the caller is done with it."""
    name = path.relative_to(corpus).as_posix().removesuffix(".open")
    with path.open("rb") as file:
        iterator = ArchiveIterator(file)
        while True:
            try:
                record = next(iterator, None)
                if record is None:
                    return
                headers_read = record.http_headers  # parsed from the stream: before the length is asked for
                offset, length = iterator.get_record_offset(), iterator.get_record_length()
            except (ArchiveLoadFailed, zlib.error, EOFError, ValueError):
                return
            record.http_headers = headers_read
            yield Place(name, offset, length), record


def _described(place: Place, record: ArcWarcRecord) -> Record | None:
    fields = record.rec_headers
    headers = _headers(record)
    try:
        status = int(record.http_headers.get_statuscode())
    except (AttributeError, ValueError):
        return None
    url = fields.get_header("Kompass-URL") or fields.get_header("WARC-Target-URI") or ""
    when = fields.get_header("WARC-Date") or ""
    return Record(
        place=Place(place.warc, place.offset, place.length, url, when),
        source=fields.get_header("Kompass-Source") or "",
        url=url,
        fetched_at=when,
        status=status,
        media_type=fields.get_header("WARC-Identified-Payload-Type") or "",
        digest=(fields.get_header("Kompass-Digest") or "").removeprefix("sha256:"),
        headers=headers,
        role=fields.get_header("Kompass-Role") or PAGE,
        redirect_to=fields.get_header("Kompass-Redirect-To"),
        repeats=_repeats(record),
    )


# --- content encoding -------------------------------------------------------------------------------------


class TooLarge(ValueError):
    """The payload is larger than the limit once it is unpacked."""


def decoded(body: bytes, headers: Mapping[str, str], limit: int = 1_000_000_000) -> bytes:
    """The payload of a body: gzip, deflate and zstd undone; as it is when it is none of them or damaged.

    Raises TooLarge when more than ``limit`` bytes would come out.
    """
    for encoding in reversed([e.strip().lower() for e in headers.get("content-encoding", "").split(",")]):
        if not body or encoding in ("", "identity"):
            continue
        if encoding in ("gzip", "x-gzip", "deflate"):
            body = _inflated(body, encoding, limit)
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
        unpacker = zlib.decompressobj(window)
        try:
            out = unpacker.decompress(body, limit + 1)
        except zlib.error:
            if encoding == "deflate":
                continue
            return body
        while unpacker.eof and unpacker.unused_data[:2] == b"\x1f\x8b" and len(out) <= limit:
            unpacker_next = zlib.decompressobj(zlib.MAX_WBITS + 32)
            try:
                out += unpacker_next.decompress(unpacker.unused_data, limit + 1 - len(out))
            except zlib.error:
                break
            unpacker = unpacker_next
        return _bounded(out, limit)
    return body


def _bounded(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise TooLarge(f"more than {limit} bytes when unpacked")
    return data


# --- mending and forgetting -------------------------------------------------------------------------------


def recover(corpus: Path, source: str) -> int:
    """Close what a killed run of ``source`` left open: cut after the last whole record, then renamed.

    Returns how many files were mended. Call it only while no run of the source is going on.
    """
    mended = 0
    for path in sorted((corpus / FOLDER / source).glob("*.warc.gz.open")):
        end = _whole(path)
        if end:
            with path.open("r+b") as file:
                file.truncate(end)
            path.rename(path.with_name(path.name.removesuffix(".open")))
        else:
            path.unlink()
        mended += 1
    return mended


def _whole(path: Path) -> int:
    """Offset after the last complete gzip member."""
    end = position = 0
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            position += len(chunk)
            while chunk:
                try:
                    unpacker.decompress(chunk)
                except zlib.error:
                    return end
                if not unpacker.eof:
                    break
                chunk = unpacker.unused_data
                end = position - len(chunk)
                unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
    return end


def rewrite_without(corpus: Path, url: str, reason: str) -> int:
    """Blank out every record of ``url`` (canonical), in all files; returns how many records.

    A record is replaced by a metadata record of exactly the same length that says that it was removed and
    why, so every other record stays where it is and no "file:offset" anyone has noted changes. A file is
    replaced atomically.
    """
    blanked = 0
    for path in files(corpus):
        places: list[Place] = []
        wanted: set[str] = set()
        for place, record in _walk(corpus, path):
            fields = record.rec_headers
            about = fields.get_header("WARC-Concurrent-To")
            if fields.get_header("Kompass-URL") == url:
                wanted.add(fields.get_header("WARC-Record-ID"))
                places.append(place)
            elif about in wanted:
                places.append(place)
        if places:
            _blank(path, places, reason)
            blanked += len(places)
    return blanked


def _blank(path: Path, places: Sequence[Place], reason: str) -> None:
    temporary = path.with_name(path.name + ".part")
    with path.open("rb") as old, temporary.open("wb") as new:
        for place in places:
            _copy(old, new, place.offset - old.tell())
            new.write(_tombstone(place.length, reason))
            old.seek(place.length, os.SEEK_CUR)
        _copy(old, new, None)
        new.flush()
        os.fsync(new.fileno())
    temporary.replace(path)


def _copy(old: BinaryIO, new: BinaryIO, count: int | None) -> None:
    while count is None or count > 0:
        chunk = old.read(1 << 20 if count is None else min(1 << 20, count))
        if not chunk:
            return
        new.write(chunk)
        if count is not None:
            count -= len(chunk)


def _tombstone(length: int, reason: str) -> bytes:
    """A gzip member of exactly ``length`` bytes with a metadata record in place of what was there."""
    block = f"removed: {_one_line(reason)[:200]}\r\n".encode()
    for text in (block, b"removed\r\n", b""):
        member = _stored(text, length)
        if member is not None:
            return member
    raise ArchiveError(f"A record of {length} bytes is too short to be blanked out.")


def _stored(block: bytes, length: int) -> bytes | None:
    """The record compressed, then filled up to ``length`` with empty blocks of the deflate format (five bytes
    each) and the name field of the gzip header (one to five bytes); None when it does not fit."""
    head = (
        "WARC/1.1\r\nWARC-Type: metadata\r\n"
        f"WARC-Record-ID: {_record_id()}\r\n"
        f"WARC-Date: {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\r\n"
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
