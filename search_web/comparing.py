"""What differs between two texts, paragraph by paragraph and word by word? Pure; ``_diff.html`` shows it."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from markupsafe import Markup, escape

from indexer.model import Page

DIFF_LINES = 4_000  # paragraphs that are compared
STEPS = 30_000_000
"""What one comparison may take, in pairs of equal pieces that are looked at: 2 s. SequenceMatcher takes the
cube where the same pieces come again and again: 800 lines of one word took 4 s, 4,000 would take 8 minutes.
"""
MOST_WORDS = 1_000  # of a paragraph that is compared word by word


@dataclass(frozen=True, slots=True)
class Change:
    """A run of paragraphs: ``same`` (with how many are left out), ``changed``, ``added`` or ``removed``."""

    kind: str
    paragraphs: tuple[Markup, ...]
    skipped: int = 0


class TooMuch(Exception):
    pass


class Work:
    """Steps that are left of a comparison, for all the parts of it."""

    def __init__(self) -> None:
        self.left = STEPS

    def matcher(self, a: Sequence[str], b: Sequence[str]) -> difflib.SequenceMatcher[str]:
        """One that raises TooMuch when there are none left."""
        return _Matcher(a, b, self)


class _Matcher(difflib.SequenceMatcher[str]):
    def __init__(self, a: Sequence[str], b: Sequence[str], work: Work) -> None:
        super().__init__(None, a, b, autojunk=False)
        self._work = work
        times = Counter(b)
        self._steps = [0, *accumulate(1 + times[piece] for piece in a)]  # up to each piece

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        self._work.left -= self._steps[-1 if ahi is None else ahi] - self._steps[alo]
        if self._work.left < 0:
            raise TooMuch
        return super().find_longest_match(alo, ahi, blo, bhi)


def lines_of(pages: Iterable[Page]) -> list[str]:
    return [line.strip() for page in pages for line in page.text.split("\n") if line.strip()]


def inside(old: str, new: str, work: Work) -> Markup:
    """One paragraph against its new wording, word by word; as a whole when that takes too much."""
    a, b = re.findall(r"\S+|\s+", old), re.findall(r"\S+|\s+", new)
    whole = Markup("<del>{}</del> <ins>{}</ins>").format(old, new)
    if len(a) > 2 * MOST_WORDS or len(b) > 2 * MOST_WORDS:
        return whole
    try:
        changes = work.matcher(a, b).get_opcodes()
    except TooMuch:
        return whole
    pieces = []
    for op, i, j, k, m in changes:
        if op == "equal":
            pieces.append(escape("".join(a[i:j])))
        else:
            if j > i:
                pieces.append(Markup("<del>{}</del>").format("".join(a[i:j])))
            if m > k:
                pieces.append(Markup("<ins>{}</ins>").format("".join(b[k:m])))
    return Markup("").join(pieces)


def compared(old: Sequence[str], new: Sequence[str]) -> list[Change] | None:
    """What has changed between two texts, paragraph by paragraph; None when they are too long to compare."""
    if len(old) > DIFF_LINES or len(new) > DIFF_LINES:
        return None
    work = Work()
    try:
        opcodes = work.matcher(old, new).get_opcodes()
    except TooMuch:
        return None
    changes = []
    for op, i, j, k, m in opcodes:
        before, after = old[i:j], new[k:m]
        if op == "equal":
            if len(after) > 3:  # the paragraphs beside what has changed tell where it stands
                changes.append(Change("same", (escape(after[0]),)))
                changes.append(Change("same", (escape(after[-1]),), len(after) - 2))
            else:
                changes.append(Change("same", tuple(map(escape, after))))
        elif op == "replace" and len(before) == len(after):
            changes.append(
                Change("changed", tuple(inside(a, b, work) for a, b in zip(before, after, strict=True)))
            )
        elif op == "replace" and _much_the_same(before, after, work):  # paragraphs were joined or parted
            told = inside(" ".join(before), " ".join(after), work)
            changes.append(Change("changed" if "<" in told else "same", (told,)))
        else:
            if before:
                changes.append(
                    Change("removed", tuple(Markup("<del>{}</del>").format(line) for line in before))
                )
            if after:
                changes.append(Change("added", tuple(Markup("<ins>{}</ins>").format(line) for line in after)))
    return changes


def _much_the_same(old: Sequence[str], new: Sequence[str], work: Work) -> bool:
    """Whether two runs of paragraphs have most of their words in common, in the same order."""
    a, b = " ".join(old).split(), " ".join(new).split()
    if len(a) > MOST_WORDS or len(b) > MOST_WORDS:
        return False
    try:
        return work.matcher(a, b).ratio() > 0.6
    except TooMuch:
        return False
