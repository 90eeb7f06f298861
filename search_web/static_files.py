"""Style sheets, scripts and pictures, under names with a hash of the content: they may be kept for a year."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

TYPES = {
    ".css": "text/css; charset=UTF-8",
    ".js": "text/javascript; charset=UTF-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    hashed: str  # kompass.1f3a9c0b2d.css
    media_type: str
    content: bytes


@cache
def files() -> dict[str, StaticFile]:
    """Every file of ``static/`` by its plain name, read once."""
    found = {}
    for entry in sorted((resources.files("search_web") / "static").iterdir(), key=lambda e: e.name):
        stem, dot, suffix = entry.name.rpartition(".")
        if not entry.is_file() or dot + suffix not in TYPES:
            continue
        content = entry.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:10]
        found[entry.name] = StaticFile(f"{stem}.{digest}.{suffix}", TYPES[dot + suffix], content)
    return found


@cache
def by_hashed_name() -> dict[str, StaticFile]:
    return {f.hashed: f for f in files().values()}


@cache
def fingerprint() -> str:
    """Changes when the software does: any module, static file, template or translation."""
    digest = hashlib.sha256()
    for package in ("indexer", "search_web"):
        folder = Path(str(resources.files(package)))
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
