"""How often do words stand in the texts, where, and beside what? Counts over the postings for research.

Only running text is counted: the pages, not titles, headings above links, nor link texts. Nothing here reads
a text but ``Counts.context``, which reads the one page an occurrence stands on. Windows are less than the gap
between two pages, so that they never reach into the next. Not for what the numbers mean
(``indexer.research``).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np

from indexer.engine import records, strings
from indexer.engine.arrays import Array
from indexer.engine.bags import Bag, TermBag
from indexer.engine.index import Index
from indexer.engine.postings import BODY, COUNTS, RARE, bounds
from indexer.engine.schema import PART
from indexer.engine.segment import SegmentData
from indexer.engine.spans import NO_SPANS, PLACE_BITS, Spans
from indexer.language import TOKEN
from indexer.model import Page

LONGEST = 300
"""Characters of each part of a line: a page may hold a word of any length."""
_AT_ONCE = 32_768
"""Documents whose positions are looked up together: a pattern of 2,000 words is 2,000 look-ups each time."""
_POSTINGS = 1 << 18
_BODY_COUNTS = COUNTS[:, BODY].astype(np.int64)
_SPACE = re.compile(r"\s+")


class TermCounts(NamedTuple):
    """For each word (index term) of the generation: occurrences, and documents that hold it in their text
    (int64, as many as ``Counts.terms``).
    """

    occurrences: Array
    documents: Array


class Beside(NamedTuple):
    """For each word, int64 as many as ``Counts.terms``: occurrences in the windows before, in those after, in
    either; and in what the windows are around.
    """

    before: Array
    after: Array
    either: Array
    inside: Array


class Context(NamedTuple):
    """An occurrence with the words around it on its page. The three texts joined are one stretch of it."""

    page: Page  # without text
    left: str
    match: str
    right: str


class Counts:
    """Counts over one index. Documents are given as numbers, ascending int64."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._page = lru_cache(8)(self._read_page)

    @cached_property
    def words(self) -> Array:
        """Words of the text of each document, int64 (N)."""
        return self._index.lengths[:, BODY].astype(np.int64)

    # --- occurrences

    def occurrences(self, bags: Sequence[Bag], docs: Array) -> Iterator[Spans]:
        """Every occurrence of any of ``bags`` in the text of ``docs``, some documents at a time, in order.

        Occurrences that share a word (``barn checklista`` and its ``checklista``) count as one.
        """
        for start in range(0, len(docs), _AT_ONCE):
            some = docs[start : start + _AT_ONCE]
            found = Spans.join([bag.spans(some) for bag in bags])
            body = found.starts >= self._index.field_starts[found.docs, BODY - 1]
            yield joined(Spans(*(a[body] for a in found)))

    def near(self, found: Spans, others: Spans, distance: int) -> Spans:
        """Those of ``found`` at most ``distance`` words from one of ``others``, and in none of them."""
        if not len(found.docs) or not len(others.docs):
            return NO_SPANS
        first = others.places
        last = others.docs << PLACE_BITS | others.ends
        start = found.places
        end = found.docs << PLACE_BITS | found.ends
        # the last of the others that begins before the end of this one, and the one after it
        before = np.searchsorted(first, end, "right") - 1
        after = np.minimum(before + 1, len(first) - 1)
        covered = (before >= 0) & (last[before] >= start)
        close = (before >= 0) & (start - last[before] <= distance)
        close |= (first[after] > end) & (first[after] - end <= distance)
        keep = close & ~covered
        return Spans(*(a[keep] for a in found))

    def per_document(self, bags: Sequence[Bag], docs: Array) -> Array:
        """How many occurrences each of ``docs`` has, int64."""
        counts = [np.zeros(0, np.int64)]
        for at, found in enumerate(self.occurrences(bags, docs)):
            some = docs[at * _AT_ONCE : (at + 1) * _AT_ONCE]
            counts.append(np.bincount(np.searchsorted(some, found.docs), minlength=len(some)))
        return np.concatenate(counts)

    def order(self, found: Spans) -> Array:
        """A number for each occurrence that orders them at random, but always the same way: it depends on the
        id of the document and the place in it, not on what else the index holds (uint64).
        """
        key = self._keys[found.docs] ^ (found.starts.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        key ^= key >> np.uint64(30)
        key *= np.uint64(0xBF58476D1CE4E5B9)
        key ^= key >> np.uint64(27)
        key *= np.uint64(0x94D049BB133111EB)
        return np.asarray(key ^ key >> np.uint64(31))

    @cached_property
    def _keys(self) -> Array:
        return self._index.array("doc.key", np.uint64)

    def sample(self, docs: Array, most: int) -> Array:
        """``docs``, or some of them where their texts have more than ``most`` words together: at random, but
        always the same for the same documents.
        """
        if int(self.words[docs].sum()) <= most:
            return docs
        order = docs[np.argsort(self._keys[docs], kind="stable")]
        return np.sort(order[np.cumsum(self.words[order]) <= most])

    def rank(self, sort: str) -> Array:
        """Place of every document in the order "newest", "oldest" or "title"."""
        return self._index.rank(sort)

    # --- words

    def bag(self, term: bytes) -> Bag:
        """The occurrences of one index term."""
        return TermBag(self._index, term)

    @cached_property
    def terms(self) -> strings.Strings | list[bytes]:
        """Every index term, sorted, parts of compounds among them."""
        return self._index.segments[0].terms if len(self._index.segments) == 1 else self._merged[0]

    def number(self, term: bytes) -> int:
        """Place of a term in ``terms``, where it must be."""
        terms = self.terms
        return terms.find(term) if isinstance(terms, strings.Strings) else bisect_left(terms, term)

    @cached_property
    def _merged(self) -> tuple[list[bytes], list[Array]]:
        return strings.union(s.terms.all() for s in self._index.segments)

    def _numbers(self, k: int, first: int, stop: int) -> Array | slice:
        """Places in ``terms`` of the terms first … stop of a segment."""
        return slice(first, stop) if len(self._index.segments) == 1 else self._merged[1][k][first:stop]

    def by_term(self, docs: Array) -> TermCounts:
        """How often every word stands in the text of ``docs``; 0 for parts of compounds."""
        member = self._index.mask(docs)
        total = TermCounts(np.zeros(len(self.terms), np.int64), np.zeros(len(self.terms), np.int64))
        for k, (base, segment) in enumerate(zip(self._index.bases, self._index.segments, strict=True)):
            here = member[base : base + segment.documents]
            if not here.any():
                continue
            for first, stop in _blocks(segment):
                found = segment.postings(first, stop)
                counts = _body_counts(segment, found.codes, found.first) * here[found.docs]
                cuts = segment.starts(first, stop).astype(np.int64) - found.first
                at = self._numbers(k, first, stop)
                total.occurrences[at] += _sums(counts, cuts)
                total.documents[at] += _sums(counts > 0, cuts)
        return total

    @cached_property
    def everywhere(self) -> TermCounts:
        """``by_term`` of all documents held."""
        return self.by_term(self._index.every)

    def beside(self, found: Sequence[Spans], distance: int) -> Beside:
        """Words at most ``distance`` before or after one of ``found``, on the same page, and in none of them.

        A word that several windows share counts once. Takes a byte for every position of the documents.
        """
        docs, starts, ends = map(np.concatenate, zip(NO_SPANS, *found, strict=True))
        sizes = np.zeros(self._index.size, np.int64)
        sizes[docs] = (
            ends + distance + 2
        )  # of each document the last: its last position is beyond every window
        offsets = np.cumsum(sizes) - sizes
        flags = np.zeros(int(sizes.sum()), np.uint8)
        base = offsets[docs]
        for step in range(1, distance + 1):
            flags[base + np.maximum(0, starts - step)] |= 1
            flags[base + ends + step] |= 2
        for length in range(int((ends - starts).max(initial=-1)) + 1):
            flags[base + np.minimum(starts + length, ends)] = 4
        sums = Beside(*(np.zeros(len(self.terms), np.int64) for _ in Beside._fields))
        for k, (first_doc, segment) in enumerate(zip(self._index.bases, self._index.segments, strict=True)):
            size, offset = (a[first_doc : first_doc + segment.documents] for a in (sizes, offsets))
            if not size.any():
                continue
            for first, stop in _blocks(segment):
                postings = segment.postings(first, stop)
                here = np.flatnonzero(size[postings.docs])
                if not len(here):
                    continue
                doc = postings.docs[here]
                count, positions = segment.positions.of(postings.first + here, doc)
                last = np.repeat(size[doc], count) - 1
                flag = flags[np.repeat(offset[doc], count) + np.minimum(positions, last)]
                cuts = np.searchsorted(here, segment.starts(first, stop).astype(np.int64) - postings.first)
                cuts = bounds(count)[cuts]
                at = self._numbers(k, first, stop)
                sums.before[at] += _sums(flag & 1, cuts)
                sums.after[at] += _sums(flag >> 1 & 1, cuts)
                sums.either[at] += _sums(flag & 3 > 0, cuts)
                sums.inside[at] += _sums(flag >> 2, cuts)
        return sums

    # --- texts

    def context(self, doc: int, start: int, end: int, words: int) -> Context:
        """The occurrence from position ``start`` to ``end`` with at most ``words`` words of its page on each
        side."""
        segment, number = self._index.locate(doc)
        first, stop = segment.pages_of(number)
        row = bisect_right(segment.page_start, start, first, stop) - 1
        page = self._page(doc, row)
        at, to = start - segment.page_start[row], end - segment.page_start[row]
        begin = max(0, at - words)
        char, token = segment.piece(row, begin)
        spans = [
            m.span() for m in islice(TOKEN.finditer(page.text, char), begin - token, to + words + 1 - token)
        ]
        (a, _), (_, b) = spans[at - begin], spans[to - begin]
        left = _flat(page.text[max(spans[0][0], a - LONGEST) : a]).lstrip()
        right = _flat(page.text[b : min(spans[-1][1], b + LONGEST)]).rstrip()
        shown = Page(page.number, "", page.heading, page.label, page.anchor)
        return Context(shown, left, _flat(page.text[a : min(b, a + LONGEST)]), right)

    def _read_page(self, doc: int, row: int) -> Page:
        segment, number = self._index.locate(doc)
        return records.unpack_page(segment.page_number[row], segment.page_frame(number, row))


def joined(found: Spans) -> Spans:
    """Occurrences that share a position as one, from the first position to the last."""
    if len(found.docs) < 2:
        return found
    last = np.maximum.accumulate(found.docs << PLACE_BITS | found.ends)
    new = np.concatenate(([True], found.places[1:] > last[:-1]))
    first = np.flatnonzero(new)
    ends = last[np.concatenate((first[1:] - 1, [len(last) - 1]))] & ((1 << PLACE_BITS) - 1)
    return Spans(found.docs[first], found.starts[first], ends)


def _blocks(segment: SegmentData) -> Iterator[tuple[int, int]]:
    """The words of a segment (not the parts of compounds) in runs of about _POSTINGS postings."""
    parts = segment.terms.prefix(PART.encode())
    for start, stop in ((0, parts[0]), (parts[1], len(segment.terms))):
        if start < stop:
            at = segment.starts(start, stop)
            cuts = np.searchsorted(at, np.arange(int(at[0]), int(at[-1]), _POSTINGS))
            yield from pairwise([*np.unique(cuts + start).tolist(), stop])


def _body_counts(segment: SegmentData, codes: Array, first: int) -> Array:
    """How often in the body, for the postings ``first`` … of a stretch: int64."""
    counts: Array = _BODY_COUNTS[codes]
    rare = np.flatnonzero(codes == RARE)
    if len(rare):
        counts[rare] = segment.positions.rare((first, first + len(codes)))[:, BODY]
    return counts


def _sums(values: Array, cuts: Array) -> Array:
    """Sums of values[cuts[i]:cuts[i + 1]], int64."""
    return np.diff(bounds(values)[cuts])


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text)
