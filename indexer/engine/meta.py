"""What is the index in a directory, and is it whole? ``engine.json``, the lock, and the list of segments.

``engine.json`` names every file with its size and checksum and is replaced in one step, last: a directory
holds either the old index or the new one. The list of segments is Whoosh's own TOC file, read only after its
checksum has been found right, since it is a pickle. Not for what segments hold.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC, clean_files

from indexer.engine.arrays import ADVICE, ArrayFile
from indexer.engine.codec import Segment
from indexer.engine.schema import INDEX_NAME, schema
from indexer.engine.segment import EXTENSIONS
from indexer.errors import IndexDamaged, IndexLocked, IndexMissing, SearchIndexError
from indexer.files import alone, renew

FORMAT = 2
META = "engine.json"
SCRATCH = ".build-"
"""How the folders begin that a writer works in."""
_LOCK = ".writing"


@contextmanager
def lock(directory: Path) -> Iterator[None]:
    """Held while an index is written. Raises IndexLocked, which says who holds it and since when."""

    def taken(who: str) -> IndexLocked:
        return IndexLocked(
            f"{directory} is being written by {who}. Wait until it is done, or stop that process."
        )

    with alone(directory / _LOCK, taken, SearchIndexError):
        for left in directory.glob(SCRATCH + "*"):  # the folder of a writer that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield


def read(directory: Path) -> dict[str, Any]:
    """engine.json, checked against the files that lie there. Raises IndexMissing, IndexDamaged."""
    path = directory / META
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise IndexMissing(f"There is no index in {directory}: make one with 'kompass index'.") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise IndexDamaged(f"{path} cannot be read ({problem}): {ADVICE}.") from None
    try:
        meta: dict[str, Any] = json.loads(text)
        if meta.pop("checksum") != _sum(meta):
            raise ValueError
    except (ValueError, KeyError, AttributeError, TypeError):
        raise IndexDamaged(f"{path} is not what was written: {ADVICE}.") from None
    if meta["format"] != FORMAT:
        raise IndexDamaged(
            f"{directory} is of format {meta['format']}, this program reads {FORMAT}: {ADVICE}."
        )
    for name, (size, _) in meta["files"].items():
        try:
            actual = (directory / name).stat().st_size
        except OSError:
            raise IndexDamaged(f"{directory / name} is missing: {ADVICE}.") from None
        if actual != size:
            raise IndexDamaged(f"{directory / name} has {actual} bytes instead of {size}: {ADVICE}.")
    return meta


def _sum(meta: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(meta, sort_keys=True).encode())


def segments(directory: Path, meta: Mapping[str, Any]) -> list[Segment]:
    """The segments of the index. Raises IndexDamaged."""
    name = TOC._filename(INDEX_NAME, meta["toc"])
    if zlib.crc32((directory / name).read_bytes()) != meta["files"][name][1]:
        raise IndexDamaged(f"{directory / name} is damaged: {ADVICE}.")
    found = TOC.read(FileStorage(str(directory)), INDEX_NAME, gen=meta["toc"]).segments
    if not all(isinstance(s, Segment) for s in found):
        raise IndexDamaged(f"{directory} has been written by another program: {ADVICE}.")
    return found  # type: ignore[no-any-return]


def commit(directory: Path, found: list[Segment], about: Mapping[str, object]) -> None:
    """Makes ``found`` the segments of the index: TOC, then engine.json, then files that are needed no more
    go.
    """
    storage = FileStorage(str(directory))
    generation = TOC._latest_generation(storage, INDEX_NAME) + 1
    TOC(schema(), found, generation).write(storage, INDEX_NAME)
    toc = TOC._filename(INDEX_NAME, generation)
    data = (directory / toc).read_bytes()
    files = {toc: [len(data), zlib.crc32(data)]}
    for segment in found:
        for extension in EXTENSIONS:
            name = segment.segment_id() + extension
            files[name] = [(directory / name).stat().st_size, ArrayFile(directory / name).crc]
    meta = {
        "format": FORMAT,
        "toc": generation,
        "documents": sum(s.doc_count() for s in found),
        "files": files,
        "about": dict(about),
    }
    renew(directory / META, json.dumps({**meta, "checksum": _sum(meta)}, indent=1))
    clean_files(storage, INDEX_NAME, generation, found)
