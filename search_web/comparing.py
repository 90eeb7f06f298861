"""What differs between two texts, paragraph by paragraph and word by word? Pure; ``_diff.html`` shows it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from indexer.model import Page

DIFF_LINES = 4_000  # paragraphs that are compared; SequenceMatcher is quadratic at worst
MOST_WORDS = 1_000  # of a paragraph that is compared word by word


@dataclass(frozen=True, slots=True)
class Change:
    """A run of paragraphs: ``same`` (with how many are left out), ``changed``, ``added`` or ``removed``."""

    kind: str
    paragraphs: tuple[Markup, ...]
    skipped: int = 0


def lines_of(pages: Iterable[Page]) -> list[str]:
    return [line.strip() for page in pages for line in page.text.split("\n") if line.strip()]


def inside(old: str, new: str) -> Markup:
    """One paragraph against its new wording, word by word."""
    a, b = re.findall(r"\S+|\s+", old), re.findall(r"\S+|\s+", new)
    if len(a) > 2 * MOST_WORDS or len(b) > 2 * MOST_WORDS:
        return Markup("<del>{}</del> <ins>{}</ins>").format(old, new)
    pieces = []
    for op, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if op == "equal":
            pieces.append(escape("".join(a[i:j])))
        else:
            if j > i:
                pieces.append(Markup("<del>{}</del>").format("".join(a[i:j])))
            if m > k:
                pieces.append(Markup("<ins>{}</ins>").format("".join(b[k:m])))
    return Markup("").join(pieces)


def compared(old: Sequence[str], new: Sequence[str], context: int = 1) -> list[Change] | None:
    """What has changed between two texts, paragraph by paragraph; None when they are too long to compare."""
    if len(old) > DIFF_LINES or len(new) > DIFF_LINES:
        return None
    changes = []
    for op, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = old[i:j], new[k:m]
        if op == "equal":
            if len(after) > 2 * context + 1:
                first, last = after[:context], after[-context:]
                changes.append(Change("same", tuple(map(escape, first))))
                changes.append(Change("same", tuple(map(escape, last)), len(after) - 2 * context))
            else:
                changes.append(Change("same", tuple(map(escape, after))))
        elif op == "replace" and len(before) == len(after):
            changes.append(Change("changed", tuple(inside(a, b) for a, b in zip(before, after, strict=True))))
        elif op == "replace" and _much_the_same(before, after):  # paragraphs were joined or parted
            told = inside(" ".join(before), " ".join(after))
            changes.append(Change("changed" if "<" in told else "same", (told,)))
        else:
            if before:
                changes.append(
                    Change("removed", tuple(Markup("<del>{}</del>").format(line) for line in before))
                )
            if after:
                changes.append(Change("added", tuple(Markup("<ins>{}</ins>").format(line) for line in after)))
    return changes


def _much_the_same(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether two runs of paragraphs have most of their words in common, in the same order."""
    a, b = " ".join(old).split(), " ".join(new).split()
    if len(a) > MOST_WORDS or len(b) > MOST_WORDS:
        return False
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() > 0.6
