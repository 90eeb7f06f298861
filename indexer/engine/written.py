"""In which documents does a word stand as it is written, though its stem is what is indexed?

*hände\\** means *händer*, which is indexed as ``hand``: not every document of that term has it. Where all
words of a term match the pattern, its postings are the answer. Of the others the pages on which the term
stands are read, until one of them has a word that matches: some twenty microseconds a document, so a
query says how many that would be (``doubtful``) before it asks.

Not for which terms a pattern means (``expand``), nor for what they weigh (``bags``).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from indexer.engine import expand
from indexer.engine.arrays import Array
from indexer.engine.bags import TermBag, TermsBag
from indexer.engine.collect import stretches
from indexer.engine.expand import Meant
from indexer.engine.index import Index
from indexer.engine.kept import kept
from indexer.engine.postings import BODY, PAGE_GAP, spread
from indexer.engine.records import unpack_page
from indexer.engine.segment import ALL_TEXT, SegmentData
from indexer.engine.spans import PLACE_BITS, Spans
from indexer.language import TOKEN, tokens
from indexer.language.suspended import HYPHENS

_PAGES = 40
"""Pages of one hit that are read for its marks, a tenth of a millisecond each."""


def bag(index: Index, pattern: str, field: int, *, exact: bool) -> TermsBag:
    """The words that ``pattern`` means; ``exact``: only in documents that have one as it is written."""
    if exact:
        return WrittenBag(index, pattern, field)
    terms = index.results.get(
        ("terms of", pattern),
        lambda: expand.written_terms(index.segments, pattern),
        lambda found: sum(a.nbytes for a in found),
    )
    return TermsBag(index, terms, field)


def doubtful(index: Index, pattern: str) -> int:
    """Documents that have to be read."""
    return len(WrittenBag(index, pattern, ALL_TEXT).doubtful)


def _meant(index: Index, pattern: str) -> list[Meant]:
    return index.results.get(
        ("written", pattern),
        lambda: expand.written(index.segments, pattern),
        lambda found: sum(a.nbytes for meant in found for a in meant),
    )


class WrittenBag(TermsBag):
    """The terms of a pattern in the documents that have one of its words as it is written.

    In those they weigh in every form; marked are the words that match.
    """

    def __init__(self, index: Index, pattern: str, field: int) -> None:
        self._meant = _meant(index, pattern)
        self._pattern = pattern
        super().__init__(index, [meant.terms for meant in self._meant], field)
        self.key = ("exact", pattern, field)

    def _all(self) -> tuple[Array, Array]:
        docs, weights = super()._all()
        holds = self._certain()
        holds[self.doubtful[self._read(self.doubtful)]] = True
        keep = holds[docs]
        return docs[keep], weights[keep]

    @property
    def doubtful(self) -> Array:
        """Documents that hold none of the terms that are sure, and one of those that are not: ascending."""

        def make() -> tuple[Array, Array]:
            docs = np.unique(self._index.terms([meant.unsure for meant in self._meant], self._field).docs)
            return docs[~self._certain()[docs]], np.empty(0, np.float32)

        return kept(self._index.results, ("doubtful", self.key), make)[0]

    def spans(self, docs: Array) -> Spans:
        return super().spans(docs[self.some(docs) > 0])

    def marks(self, docs: Sequence[int]) -> list[list[int]]:
        found = super().marks(docs)
        unsure = TermsBag(self._index, [meant.unsure for meant in self._meant], self._field).marks(docs)
        _, match = expand.shape(self._pattern)
        for k, doc in enumerate(docs):
            words = _words(*self._index.locate(doc), unsure[k])
            others = {place for place, word in words if not match(word)}
            if others:
                found[k] = [place for place in found[k] if place not in others]
        return found

    def _certain(self) -> Array:
        """Which documents hold a term that is sure, bool (N)."""
        return self._index.mask(self._index.terms([meant.sure for meant in self._meant], self._field).docs)

    def _read(self, docs: Array) -> Array:
        """Which of ``docs`` (ascending) have a word as it is written: places in them."""
        found = []
        for k, (base, segment) in enumerate(zip(self._index.bases, self._index.segments, strict=True)):
            mine = ((docs >= base) & (docs < base + segment.documents)).nonzero()[0]
            if len(mine):
                texts = [segment.terms[n] for n in self._meant[k].unsure.tolist()]
                place, rows = self._pages(segment, texts, docs[mine], base)
                held = _holding(segment, docs[mine] - base, place, rows, self._field, self._pattern)
                found += mine[held].tolist()
        return np.array(found, np.int64)

    def _pages(
        self, segment: SegmentData, texts: Sequence[bytes], docs: Array, base: int
    ) -> tuple[Array, Array]:
        """(place in ``docs``, row of a page, -1 for what stands before the first) where a term stands."""
        index, field = self._index, self._field
        keys = [np.empty(0, np.int64)]
        for text in texts:
            at, position = TermBag(index, text, field).occurrences(docs)
            keys.append(at << PLACE_BITS | position)
        key = np.unique(np.concatenate(keys))
        at, position = key >> PLACE_BITS, key & ((1 << PLACE_BITS) - 1)
        local = docs - base
        first = segment.page_first[local].astype(np.int64)
        count = segment.page_first[local + 1] - first
        rows = spread(first, count)
        begins = np.repeat(np.arange(len(docs)), count) << PLACE_BITS | segment.page_starts[rows]
        page = np.searchsorted(begins, key, "right") - 1
        row = rows[page] if len(rows) else np.full(len(key), -1)
        row = np.where(position >= segment.field_starts[local[at], BODY - 1], row, -1)
        pairs = np.unique(np.stack((at, row)), axis=1) if len(at) else np.empty((2, 0), np.int64)
        return pairs[0], pairs[1]


def _holding(
    segment: SegmentData, docs: Array, place: Array, rows: Array, field: int, pattern: str
) -> list[int]:
    """Places in ``docs`` with a word that matches on one of the pages given."""
    stands = reads(pattern)
    found: dict[int, None] = {}
    order = np.lexsort(
        (rows < 0, place)
    )  # what stands before the pages is read last: it takes the whole document
    for at, row in zip(place[order].tolist(), rows[order].tolist(), strict=True):
        if at in found:
            continue
        doc = int(docs[at])
        if row >= 0:
            texts: Iterable[str] = (unpack_page(0, segment.page_frame(doc, row)).text,)
        else:
            whole = segment.document(doc)
            texts = (text for f, text in stretches(whole) if field in (f, ALL_TEXT))
        if any(map(stands, texts)):
            found[at] = None
    return list(found)


def _words(segment: SegmentData, doc: int, places: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The words at some positions (ascending) of a document, but those beyond ``_PAGES`` of its pages."""
    first, stop = segment.pages_of(doc)
    starts, body = segment.page_start, segment.body_start(doc)
    at = bisect_left(places, body)
    if at:
        line: dict[int, str] = {}
        position = 0
        for _, text in stretches(segment.document(doc)):
            words = [word for word, _, _ in tokens(text)]
            line.update(enumerate(words, position))
            position += len(words) + PAGE_GAP
        yield from ((place, line[place]) for place in places[:at])
    for _ in range(_PAGES):
        if at == len(places):
            return
        row = bisect_right(starts, places[at], first, stop) - 1
        words = [word for word, _, _ in tokens(unpack_page(0, segment.page_frame(doc, row)).text)]
        while at < len(places) and places[at] - starts[row] < len(words):
            yield places[at], words[places[at] - starts[row]]
            at += 1


def reads(pattern: str) -> Callable[[str], bool]:
    """Does a text have a word that matches ``pattern``, which begins with a letter?"""
    literal, match = expand.shape(pattern)
    # In small letters and large, with hyphens between them or not: one pass, a third of lower and find.
    begins = re.compile(f"[{HYPHENS}]?".join(map(_either, literal)))

    def stands(text: str) -> bool:
        done = 0
        while (first := begins.search(text, done)) is not None:
            at = first.start()
            # Words never reach across a space.
            begin = max(done, text.rfind(" ", done, at) + 1, text.rfind("\n", done, at) + 1)
            word = next((m for m in TOKEN.finditer(text, begin) if m.end() > at), None)
            if word is None:
                return False
            if word.start() == at and match(word[0].lower()):
                return True
            done = max(at + 1, word.end())
        return False

    return stands


def _either(letter: str) -> str:
    """A letter, small or large, as a regular expression."""
    letters = {letter, letter.upper(), letter.title(), *("ẞ" if letter == "ß" else "")}
    return "[" + "".join(re.escape(x) for x in sorted(letters) if len(x) == 1) + "]"
