"""Links between the demo's documents: what a target in a text means, and who links to what.

The pages show them and truth.jsonl tells them; both must mean the same, so both ask here.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

from demo_texts import LINK, DemoError, Text, plain

OUTSIDE = re.compile(r"(?:https?|mailto):|#")


class Reference(NamedTuple):
    """A link in a document's text, resolved."""

    source: Text
    target: Text
    path: str  # which of the target's addresses
    query: str
    anchor: str  # as the page shows it
    headings: tuple[str, ...]


def resolve(reference: str, text: Text, texts: Mapping[str, Text]) -> tuple[Text, str, str]:
    """Target document, its address and the query of a reference ``[site/]name[@2|@nfd][?query]``."""
    name, mark, query = reference.partition("?")
    name, _, variant = name.partition("@")
    target = texts.get(name if "/" in name else f"{text.site.id}/{name}")
    if target is None:
        raise DemoError(f"{text.id} links to {reference}, which does not exist.")
    path = target.path
    if variant == "nfd":
        path = unicodedata.normalize("NFD", path)
    elif variant:
        path = target.also[int(variant) - 2]
    return target, path, mark + query


def anchor_text(words: str, text: Text, target: Text, files: Mapping[str, bytes]) -> str:
    """The link text as the page's design shows it: some add the format of a file."""
    if target.format == "html" or text.site.design == "plain":
        return words
    if text.site.design == "portal":
        name = target.format if target.format == "jpg" else target.format.upper()
        return f"{words} ({name}, nytt fönster)" if text.language == "sv" else f"{words} ({name}, new window)"
    return f"{words} ({target.format}, {len(files[target.id]) / 1000:.0f} kB)"


def href(text: Text, path: str) -> str:
    """Portals link from the root, the others relatively; old pages write å and blanks as they are."""
    if text.site.design == "portal":
        return quote(path)
    folder = text.path if text.path.endswith("/") else text.path.rpartition("/")[0]
    relative = os.path.relpath(path, folder) + ("/" if path.endswith("/") else "")
    return relative if text.site.design == "plain" else quote(relative)


def references(texts: Mapping[str, Text], files: Mapping[str, bytes]) -> Iterator[Reference]:
    """Every link between documents, with the headings above it."""
    for text in texts.values():
        above: dict[str, str] = {}
        if text.format != "html":
            continue
        for block in text.blocks:
            if block.kind in ("h2", "h3"):
                above = {k: v for k, v in above.items() if k < block.kind} | {block.kind: plain(block.text)}
            for inline in (block.text, *block.items, *(c for row in block.rows for c in row)):
                for words, reference in LINK.findall(inline):
                    if not OUTSIDE.match(reference):
                        target, path, query = resolve(reference, text, texts)
                        anchor = anchor_text(words, text, target, files)
                        yield Reference(text, target, path, query, anchor, tuple(above.values()))
