"""Which lines of a web page are those of its site rather than its own?

Told from what its pages have in common, when all are read; a line is compared by its fingerprint. Not for
what one page alone gives away (``boilerplate``).
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

import numpy as np

from indexer.extract.dom import collapse
from indexer.model import Extract, LabelledDate, Page


def fingerprint(line: str) -> str:
    """Twelve hex digits for one line of text, the same whatever its case and spacing."""
    return hashlib.blake2b(collapse(line).casefold().encode("utf-8", "replace"), digest_size=6).hexdigest()


def fingerprints(extract: Extract) -> tuple[str, ...]:
    """``Extract.blocks``: of every line of the text, and of every date that stands only in the frame."""
    lines = [fingerprint(line) for page in extract.pages for line in _lines(page)]
    return (*lines, *(_stamp(date) for date in extract.dates if date.frame))


def _stamp(date: LabelledDate) -> str:
    return fingerprint(f"{date.label} {date.date}")


def _lines(page: Page) -> list[str]:
    return ([page.heading] if page.heading else []) + (page.text.split("\n") if page.text else [])


def common(pages: Iterable[Sequence[str]]) -> frozenset[str]:
    """The blocks that belong to the site rather than to a page: on a third of its pages, at least four.

    ``pages`` holds ``Extract.blocks`` of every page of one site. Pages that begin alike count once: they are
    the same page at several addresses.
    """
    # As numbers in arrays: of 20,000 pages, 600,000 pairs take 10 MB, and as strings in sets took 200.
    kept, begun = array("Q"), array("Q")
    for blocks in pages:
        numbers = [int(block, 16) for block in blocks]
        kept.extend(numbers)
        begun.extend(numbers[:1] * len(numbers))
    every, beginning = np.array(kept, np.uint64), np.array(begun, np.uint64)
    bar = max(4, len(np.unique(beginning)) / 3)
    order = np.lexsort((beginning, every))
    every, beginning = every[order], beginning[order]
    new = np.ones(len(every), bool)  # the same block on another page that begins alike counts once
    new[1:] = (every[1:] != every[:-1]) | (beginning[1:] != beginning[:-1])
    found, counts = np.unique(every[new], return_counts=True)
    return frozenset(f"{block:012x}" for block in found[counts >= bar].tolist())


def without(extract: Extract, repeated: Set[str]) -> Extract:
    """The extract without the lines, and the dates of the frame, whose fingerprints are in ``repeated``.

    A heading goes only when nothing below it is left, and the first heading (the h1) always stays.
    """
    pages: list[Page] = []
    for number, page in enumerate(extract.pages):
        kept = [line for line in page.text.split("\n") if line and fingerprint(line) not in repeated]
        empty = not kept and bool(page.text or (page.heading and fingerprint(page.heading) in repeated))
        if empty and number:
            continue
        pages.append(replace(page, number=len(pages) + 1, text="\n".join(kept)))
    stated = tuple(date for date in extract.dates if not (date.frame and _stamp(date) in repeated))
    found = replace(extract, pages=tuple(pages), dates=stated)
    return replace(found, blocks=fingerprints(found))
