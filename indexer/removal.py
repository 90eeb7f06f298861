"""Removing on request: documents leave catalogue and archive, and their addresses are never fetched again.

What is to go is written down first, all of it at once; a removal that was stopped is gone on with by the next
reading (``indexer.ingest``). Not for the index, which is built anew without them
(``indexer.commands.forget``).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from indexer.catalogue import CATALOGUE, Catalogue
from indexer.crawl import archive
from indexer.errors import SettingError
from indexer.intake import locked
from indexer.model import Document
from indexer.urls import canonical


def forget(corpus: Path, names: Sequence[str], reason: str) -> list[str]:
    """Remove what is at addresses, or documents by their ids, from catalogue and archive, and remember never
    to fetch their addresses again. Returns the addresses.

    What was removed before may be removed again. Raises SettingError, and removes nothing, when nothing is
    known of one of the names.
    """
    with Catalogue(corpus / CATALOGUE, create=False) as catalogue, locked(corpus):
        urls: dict[str, None] = {}
        gone: dict[str, str] = {}
        for name in names:
            document, found = _held(catalogue, name)
            urls |= dict.fromkeys(found or [name])
            # The id too: harvesters are told that it is gone.
            gone |= dict.fromkeys([*(found or [name]), *([document.id] if document else [])], reason)
        catalogue.forget(gone, reason)
        catalogue.commit()
        _remove(catalogue, corpus, catalogue.unremoved() | gone)
    return list(urls)


def remove_forgotten(catalogue: Catalogue, corpus: Path) -> None:
    """Go on with removals that were stopped half-way."""
    if names := catalogue.unremoved():
        _remove(catalogue, corpus, names)


def _held(catalogue: Catalogue, name: str) -> tuple[Document | None, list[str]]:
    """The document of that name, and all addresses that it has had."""
    document, url = catalogue.document(name), canonical(name)
    if document is None and url is not None:
        # To the end: a reading that stays open keeps the catalogue from being written anew.
        held = [d for d in catalogue.documents(with_text=False) if url in (d.url, *d.also_at)]
        document = held[0] if held else None
    # Removed before: perhaps what stopped it left the index as it was.
    again = any(catalogue.forgotten(one) for one in (name, url) if one)
    if document is None and not again and (url is None or not catalogue.captures_of(url)):
        raise SettingError(f"Nothing is held of {name}. Give the id or an address of a document.")
    versions = list(catalogue.versions(document.id)) if document else []
    urls = [u for v in versions for u in (v.url, *v.also_at) if u] or ([url] if url else [])
    return document, list(dict.fromkeys(urls))


def _remove(catalogue: Catalogue, corpus: Path, names: Mapping[str, str]) -> None:
    """Remove all that is held of these addresses and ids; ``names`` says why."""
    for name, reason in names.items():
        if canonical(name):
            archive.rewrite_without(corpus, name, reason)
        if any(v.read_by == "ocr" for v in catalogue.versions(name)):
            # A cache by picture: which is whose is not known.
            shutil.rmtree(corpus / "ocr", ignore_errors=True)
        catalogue.readings.erase(name)
        catalogue.erase_captures(name)
        catalogue.erase(name)
    catalogue.wipe()
