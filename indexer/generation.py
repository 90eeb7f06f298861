"""What lies in an index directory, which generation is in use, and whether its files are as they were.

    index/CURRENT                   the name of the generation in use, replaced atomically
    index/LOCK                      who is building, held with flock
    index/<generation>/             complete and immutable: the files of the engine, sources.json (how every
                                    source stood), history.json.zst (what came, changed and left when),
                                    vocabulary/ and thesaurus/ as they were, meta.json
    index/.<generation>.building/   half built or half removed; the next builder clears it away

Not for making one (``indexer.build``) nor for searching in it (``indexer.search``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from indexer import language
from indexer.errors import IndexDamaged, IndexMissing, SearchIndexError
from indexer.model import Generation, SourceStatus
from indexer.packing import from_json

FORMAT = 2
"""Version of the layout above. A reader refuses another."""

META = "meta.json"
SOURCES = "sources.json"
SERIES = "series.json"
_PLAIN = re.compile(r".*\.json|(?:vocabulary|thesaurus)/.*")
"""Files that are read whole and have no checksum of their own: small, so they are checked at each opening."""


def current(index: Path) -> Path:
    """The directory of the generation in use. Raises IndexMissing or IndexDamaged with advice."""
    try:
        name = (index / "CURRENT").read_text("utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        raise IndexMissing(
            f"There is no index in {index}. Run 'kompass index' first, or give --index DIR."
        ) from None
    except (OSError, UnicodeDecodeError) as e:
        raise _unread(index / "CURRENT", e) from None
    return generation(index, name)


def outdated(id_: str, analysis: str) -> str | None:
    """What to tell of a generation whose words were analysed by other rules than a query's words are now."""
    if analysis == language.fingerprint():
        return None
    return (
        f"The index {id_} was made by a version of the program that took words apart otherwise: some "
        "are not found in all their forms. Run 'kompass index'."
    )


def answers_as_made(directory: Path) -> bool:
    """Are words of a query analysed as those of a generation were? One that is damaged says so itself."""
    try:
        return bool(read_meta(directory)["analysis"] == language.fingerprint())
    except IndexDamaged:
        return True


def stamp(index: Path) -> tuple[int, int] | None:
    """Changes when another generation is put into use: quicker to ask than its name. None: there is none."""
    try:
        file = (index / "CURRENT").stat()
    except OSError:
        return None
    return file.st_ino, file.st_mtime_ns


def generation(index: Path, name: str) -> Path:
    """The directory of one generation that is kept. Raises IndexDamaged when there is none of that name."""
    directory = index / name
    if not name or "/" in name or "\\" in name or name.startswith(".") or not (directory / META).is_file():
        raise _damaged(index, f"it has no generation {name!r}")
    return directory


def names(index: Path) -> list[str]:
    """The complete generations that are kept, oldest first."""
    if not index.is_dir():
        return []
    return sorted(p.parent.name for p in index.glob(f"[!.]*/{META}"))


BUILD = " Run 'kompass index' to build a new one."


def read_meta(directory: Path) -> dict[str, Any]:
    """meta.json of a generation. Raises IndexDamaged when it cannot be read or is of another format."""
    path = directory / META
    try:
        meta = json.loads(path.read_text("utf-8"))
        if not isinstance(meta["files"], dict) or not isinstance(meta["format"], int):
            raise TypeError("not the meta.json of an index")
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise _unread(path, e) from None
    if meta["format"] != FORMAT:
        raise IndexDamaged(
            f"The index {directory} has format {meta['format']}; this program reads {FORMAT}.{BUILD}"
        )
    checksum = meta.pop("checksum", None)  # indexes of older versions have none
    if checksum is not None and checksum != _checksum(meta):
        raise _damaged(path, "its content is not what was written")
    return dict(meta)


def described(meta: Mapping[str, Any]) -> Generation:
    """The generation that a meta.json is of."""
    return Generation(**{k: meta[k] for k in Generation.__dataclass_fields__})


def write_meta(directory: Path, meta: Mapping[str, Any]) -> None:
    """Writes meta.json; what makes a directory a generation."""
    text = json.dumps({**meta, "checksum": _checksum(meta)}, indent=1, ensure_ascii=False)
    (directory / META).write_text(text, "utf-8")


def _checksum(meta: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()[:16]


def check(directory: Path, *, deep: bool = False) -> dict[str, Any]:
    """meta.json, after a look at every file it lists: there, of the right size, and, where it is text or with
    ``deep``, of the right content (reads every byte). Raises IndexDamaged naming the file."""
    meta = read_meta(directory)
    for name, (size, digest) in meta["files"].items():
        path = directory / name
        try:
            found = path.stat().st_size
        except OSError:
            raise _damaged(path, "the file is missing") from None
        if found != size:
            raise _damaged(path, f"it has {found} bytes, {size} were written")
        if (deep or _PLAIN.fullmatch(name)) and _digest(path) != digest:
            raise _damaged(path, "its content is not what was written")
    return meta


def statuses(directory: Path) -> tuple[SourceStatus, ...]:
    """Every source as it stood when the generation was built."""
    path = directory / SOURCES
    return tuple(from_json(list[SourceStatus], path.read_bytes())) if path.exists() else ()


def series(directory: Path) -> Mapping[str, Sequence[int]] | None:
    """The numbers of the documents in each series; None in a generation from before this was written."""
    path = directory / SERIES
    return from_json(dict[str, list[int]], path.read_bytes()) if path.exists() else None


def listing(directory: Path) -> dict[str, tuple[int, str]]:
    """Every file below a generation that has no meta.json yet: relative name → (bytes, digest)."""
    paths = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return {path.relative_to(directory).as_posix(): entry(path) for path in paths}


def entry(path: Path) -> tuple[int, str]:
    """(bytes, digest) of one file, as ``listing`` gives them."""
    return path.stat().st_size, file_digest(path)


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as e:
        raise _unread(path, e) from None


def _unread(path: Path, error: Exception) -> SearchIndexError:
    if isinstance(error, PermissionError):  # nothing to build anew: the files may be as they should
        return SearchIndexError(f"{path} may not be read. Look at the owner and permissions of the index.")
    return _damaged(path, str(error))


def _damaged(path: Path, why: str) -> IndexDamaged:
    return IndexDamaged(f"The index is damaged at {path}: {why}.{BUILD}")
