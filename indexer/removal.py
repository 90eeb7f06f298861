"""Removing on request: documents leave catalogue and archive, and their addresses are never fetched again.

Not for the index, which is built anew without them (``indexer.commands.maintain``).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from indexer.catalogue import CATALOGUE, Catalogue
from indexer.crawl import archive
from indexer.errors import SettingError
from indexer.ingest import locked
from indexer.model import Document
from indexer.urls import canonical


def forget(corpus: Path, names: Sequence[str], reason: str) -> list[str]:
    """Remove what is at addresses, or documents by their ids, from catalogue and archive, and remember never
    to fetch their addresses again. Returns the addresses.

    What was removed before may be removed again. Raises SettingError, and removes nothing, when nothing is
    known of one of the names.
    """
    with locked(corpus), Catalogue(corpus / CATALOGUE, create=False) as catalogue:
        found = [(name, _held(catalogue, name)) for name in names]
        urls = [url for name, held in found for url in _remove(corpus, catalogue, name, held, reason)]
        catalogue.wipe()
    return list(dict.fromkeys(urls))


def _held(catalogue: Catalogue, name: str) -> Document | None:
    document, url = catalogue.document(name), canonical(name)
    if document is None and url is not None:
        # To the end: a reading that stays open keeps the catalogue from being written anew.
        held = [d for d in catalogue.documents(with_text=False) if url in (d.url, *d.also_at)]
        document = held[0] if held else None
    # Removed before: perhaps what stopped it left the index as it was.
    again = any(catalogue.forgotten(one) for one in (name, url) if one)
    if document is None and not again and (url is None or not catalogue.captures_of(url)):
        raise SettingError(f"Nothing is held of {name}. Give the id or an address of a document.")
    return document


def _remove(
    corpus: Path, catalogue: Catalogue, name: str, document: Document | None, reason: str
) -> list[str]:
    url = canonical(name)
    versions = list(catalogue.versions(document.id)) if document else []
    urls = [u for v in versions for u in (v.url, *v.also_at) if u] or ([url] if url else [])
    urls = list(dict.fromkeys(urls))
    # The document goes last: whatever stops this half-way, the same command finds it again and goes on.
    for one in [*(urls or [name]), *([document.id] if document else [])]:
        catalogue.forget(one, reason)  # the id too: harvesters are told that it is gone
    for one in urls:
        archive.rewrite_without(corpus, one, reason)
        catalogue.readings.erase(one)
        catalogue.erase_captures(one)
    if any(v.read_by == "ocr" for v in versions):
        # A cache by picture: which is whose is not known.
        shutil.rmtree(corpus / "ocr", ignore_errors=True)
    if document:
        catalogue.erase(document.id)
    return urls or [name]
