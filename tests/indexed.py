"""Some documents in an index, built and opened as the program does it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from indexer.build import Contents, build
from indexer.model import Document
from indexer.search import Searcher, open_index


def indexed(directory: Path, documents: Iterable[Document]) -> Searcher:
    held = {d.id: d for d in documents}
    build(directory, Contents(dict.fromkeys(held, "1"), lambda: iter(held.values()), ()))
    return open_index(directory)
