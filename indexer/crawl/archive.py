"""Where the bytes are: every answer as WARC 1.1 records, appended, read back, and blanked out on request.

Everything the catalogue knows of a capture also stands in its record, so the catalogue can be made again from
these files alone. Not for deciding what is fetched, nor for what the bytes mean.

One file holds what one run fetched of one source, cut at MAX_FILE bytes. It is called ``….warc.gz.open``
until it is whole; what a killed run left is cut after its last whole record and renamed by ``recover``.
"""

from __future__ import annotations

import io
import os
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from indexer.catalogue import Catalogue
from indexer.crawl import warc
from indexer.crawl.warc import PAGE, Exchange, Place, decoded, together
from indexer.errors import ArchiveError

FOLDER = "warc"
MAX_FILE = 500_000_000
"""Bytes of one file: large enough that a municipal site is a handful of files, small enough to copy about."""

_MAGIC = b"\x1f\x8b\x08"  # of a gzip member
_CHUNK = 16_384  # bytes read of a member at a time
_HEAD = 512 * 1024  # bytes of a record, unpacked, that its headers have room in


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
        answer_id = warc.record_id()
        answer = warc.answer(exchange, answer_id)
        request = warc.request(exchange, answer_id)
        offset = self._size
        try:
            file.write(answer + request)
            file.flush()
        except OSError:  # a full disk: no half record may stay at the end
            with suppress(OSError):  # it would write what is left
                file.close()
            os.truncate(self._corpus / f"{self._name}.open", offset)
            self._file = None
            raise
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
        info = warc.warcinfo(name, self._software, self._source)
        self._file.write(info)
        self._size = len(info)
        return self._file


# --- reading ----------------------------------------------------------------------------------------------


def read(corpus: Path, name: str, offset: int) -> tuple[dict[str, str], bytes]:
    """(response headers with lower-case names, payload with its content encoding undone) of one capture.

    A revisit record answers with the payload it repeats and its own headers. Raises ArchiveError.
    """
    headers, payload, repeats = _read_one(corpus, name, offset)
    if repeats is not None:
        _, payload, again = _read_one(corpus, *repeats)
        if again is not None:
            raise ArchiveError(
                f"The record at {name}:{offset} repeats one that repeats another; its bytes are lost."
            )
    return headers, payload


def _read_one(corpus: Path, name: str, offset: int) -> tuple[dict[str, str], bytes, tuple[str, int] | None]:
    with _file(corpus, name).open("rb") as file:
        try:
            # Unpacked here: of a damaged member, warcio gives what comes before the damage as if it were all.
            length, data = _member(file, offset, None)
            if not length:
                raise ArchiveError(f"The record at {name}:{offset} is damaged (not a whole gzip member).")
            record = next(iter(ArchiveIterator(io.BytesIO(data))), None)
            if record is None or record.rec_type not in ("response", "revisit"):
                what = "nothing" if record is None else f"a {record.rec_type} record"
                raise ArchiveError(f"There is {what} at {name}:{offset}, where a capture should be.")
            headers = _headers(record)
            return headers, decoded(record.raw_stream.read(), headers), _repeats(record)
        except (ArchiveLoadFailed, zlib.error, EOFError, OSError) as e:
            why = str(e).partition(", first line")[0]  # what follows are its bytes
            raise ArchiveError(f"The record at {name}:{offset} is damaged ({why}).") from None


def _file(corpus: Path, name: str) -> Path:
    path = corpus / name
    if not path.exists():
        opened = path.with_name(path.name + ".open")
        if opened.exists():
            return opened
        raise ArchiveError(
            f"The file {path} is missing; the captures in it cannot be read. Restore it from a backup."
        )
    return path


def _headers(record: ArcWarcRecord) -> dict[str, str]:
    return together(record.http_headers.headers if record.http_headers else ())


def _repeats(record: ArcWarcRecord) -> tuple[str, int] | None:
    name, colon, offset = (record.rec_headers.get_header("Kompass-Refers-To") or "").rpartition(":")
    return (name, int(offset)) if colon and offset.isdigit() else None


def files(corpus: Path) -> list[Path]:
    """All WARC files in the order in which they were begun; those still being written last."""
    found = [*(corpus / FOLDER).glob("*/*.warc.gz"), *(corpus / FOLDER).glob("*/*.warc.gz.open")]
    return sorted(found, key=lambda p: (p.name.rsplit("-", 2)[1:], p.name))


def catalogue_lost(corpus: Path, catalogue: Catalogue) -> bool:
    """Whether there are files here and the catalogue has not one capture: what they hold is not held."""
    return bool(files(corpus)) and next(catalogue.captures(), None) is None


def records(corpus: Path, roles: Sequence[str] = (PAGE,)) -> Iterator[Record]:
    """What every response and revisit record says, file by file in the order of fetching.

    A catalogue of captures can be made again from it (``indexer.replay``). A record that is damaged is left
    out; those after it are there.
    """
    for path in files(corpus):
        for place, record in _walk(corpus, path):
            if record.rec_type in ("response", "revisit"):
                found = _described(place, record)
                if found is not None and found.role in roles:
                    yield found


def damage(path: Path) -> int:
    """Bytes of a WARC file that are no whole record."""
    with path.open("rb") as file:
        return path.stat().st_size - sum(length for _, length, _ in _members(file))


def _walk(corpus: Path, path: Path) -> Iterator[tuple[Place, ArcWarcRecord]]:
    """(place, record) for each whole record; of its payload only the beginning may be there."""
    name = path.relative_to(corpus).as_posix().removesuffix(".open")
    with path.open("rb") as file:
        for offset, length, head in _members(file):
            try:
                record = next(iter(ArchiveIterator(io.BytesIO(head))), None)
            except (ArchiveLoadFailed, EOFError, ValueError):
                continue
            if record is not None:
                yield Place(name, offset, length), record


def _members(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """(offset, length, beginning of what is packed) of each gzip member that is whole. Each record is one, so
    damage costs the records that it touches: warcio's own iterator ends there, and with it half a gigabyte.
    """
    position: int | None = 0
    while position is not None:
        length, head = _member(file, position)
        if length:
            yield position, length, head
            position += length
        else:
            position = _next_member(file, position + 1)


def _member(file: BinaryIO, position: int, most: int | None = _HEAD) -> tuple[int, bytes]:
    """(length, 0 when it is not whole; what is packed, ``most`` bytes of it) of a member at ``position``."""
    file.seek(position)
    unpacker, head, length = zlib.decompressobj(zlib.MAX_WBITS + 16), bytearray(), 0
    while chunk := file.read(_CHUNK):
        length += len(chunk)
        try:
            data = unpacker.decompress(chunk)
        except zlib.error:  # also when the checksum at its end is not that of what came out
            break
        head += data if most is None else data[: most - len(head)]
        if unpacker.eof:
            return length - len(unpacker.unused_data), bytes(head)
    return 0, bytes(head)


def _next_member(file: BinaryIO, position: int) -> int | None:
    """Where the next record begins; None when there is none."""
    file.seek(position)
    before = b""
    while chunk := file.read(1 << 20):
        data, begin = before + chunk, position - len(before)
        position += len(chunk)
        found = data.find(_MAGIC)
        while found >= 0:
            if _member(file, begin + found)[1].startswith(b"WARC/"):
                return begin + found
            found = data.find(_MAGIC, found + 1)
        file.seek(position)
        before = data[1 - len(_MAGIC) :]
    return None


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
    with path.open("rb") as file:
        return max((offset + length for offset, length, _ in _members(file)), default=0)


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
    if path.name.endswith(".open"):  # a crawl is appending to it: it must stay the same file
        with path.open("r+b") as file:
            for place in places:
                file.seek(place.offset)
                file.write(warc.tombstone(place.length, reason))
        return
    temporary = path.with_name(path.name + ".part")
    try:
        with path.open("rb") as old, temporary.open("wb") as new:
            for place in places:
                _copy(old, new, place.offset - old.tell())
                new.write(warc.tombstone(place.length, reason))
                old.seek(place.length, os.SEEK_CUR)
            _copy(old, new, None)
            new.flush()
            os.fsync(new.fileno())
        temporary.replace(path)
    except OSError as e:
        with suppress(OSError):  # on a full disk it would keep it full
            temporary.unlink()
        raise ArchiveError(
            f"{path} cannot be written anew without what is to be removed: {e.strerror}. Look at its owner "
            "and permissions, or make room for it once more, and run the same command again."
        ) from None


def _copy(old: BinaryIO, new: BinaryIO, count: int | None) -> None:
    while count is None or count > 0:
        chunk = old.read(1 << 20 if count is None else min(1 << 20, count))
        if not chunk:
            return
        new.write(chunk)
        if count is not None:
            count -= len(chunk)
