"""What is in one segment, and how is it read? Its files opened as arrays; nothing is loaded before it is
asked for.

    .tab   small arrays: dictionary, documents, pages, columns, surface words
    .docs  docs      .tfs  counts      .pos  positions      (see ``postings`` and ``positions``)
    .txt   frames: one zstd frame a page, and two a document: its card, and the rest of its metadata

A segment knows its own document numbers 0 … n; numbers across segments, deletions and scores belong to
``index``.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zstandard

from indexer.engine import native, postings, records
from indexer.engine.arrays import ADVICE, Array, ArrayFile
from indexer.engine.positions import Positions
from indexer.engine.postings import FIELDS, PIECE, RARE
from indexer.engine.records import unpack, unpack_page
from indexer.engine.strings import Strings
from indexer.errors import IndexDamaged
from indexer.model import Document, Page

EXTENSIONS = (".tab", ".docs", ".tfs", ".pos", ".txt")
ALL_TEXT = len(FIELDS)
"""Number of the field ``text``: title, headings, link texts and body together."""
NO_COUNTS = np.empty((0, len(FIELDS)), np.uint32)
_CHUNK_BITS = 16


class Found(NamedTuple):
    """Postings of one term or of several.

    ``docs`` int64 (P), ``codes`` uint8 (P); ``numbers``: of the postings in the segment, None when they are
    ``first``, ``first`` + 1, …
    """

    docs: Array
    codes: Array
    first: int
    numbers: Array | None

    def number(self, places: Array) -> Array:
        """Numbers of the postings at ``places``."""
        return self.first + places if self.numbers is None else self.numbers[places]


class SegmentData:
    """The arrays of one segment. Raises IndexDamaged."""

    def __init__(self, folder: Path, name: str) -> None:
        tab, docs, tfs, pos, txt = (ArrayFile(folder / (name + e)) for e in EXTENSIONS)
        self.files = (tab, docs, tfs, pos, txt)
        self.name = name
        self.tab = tab
        self._docs = docs["docs"]
        self._codes = tfs["counts"]
        self.documents = len(tab["page.first"]) - 1
        self.positions = Positions(self._codes, tab, pos, self.documents)
        self.stored = {
            "docs": self._docs, "counts": self._codes, "positions": pos["positions"],
            "block": tab["block"], "terms.split": tab["terms.split"], "terms.posting": tab["terms.posting"],
            "doc.starts": tab["doc.starts"],
        }  # fmt: skip
        """What ``kernel`` reads."""
        self._frames = txt
        self._unmapped = txt.unmapped("frames")
        self._free: list[zstandard.ZstdDecompressor] = []
        """Decompressors that no thread is using: none must be used by two at once."""
        self.terms = Strings(tab, "terms")
        self.words = Strings(tab, "words")
        """Surface words, see ``words``."""
        self.word_terms = tab["words.term"]
        """Number of the term that each is indexed as; past the last for none."""
        self._start = tab["terms.posting"]
        self._bound = self._start.numbers()
        self._split = tab["terms.split"]
        self._fields = tab["terms.fields"]
        self._page = tab["page.first"].numbers()
        self._frame_bound = tab["frame.at"].numbers()
        self.page_start = tab["page.start"].numbers()
        """Position in its document where each page begins."""
        self.page_number = tab["page.number"].numbers()
        self._piece_first = tab["piece.first"]
        self._piece_char = tab["piece.char"]
        self._chunks = max(1, -(-self.documents >> _CHUNK_BITS))

    @property
    def small(self) -> int:
        """Bytes of what is read to find and count documents: all but positions and texts."""
        return sum(file.size for file in self.files[:3])

    def check(self) -> None:
        """Checks what is read to find and count documents. Raises IndexDamaged."""
        for file in self.files[:3]:
            file.check(0, len(file.good))

    # --- the dictionary and its postings

    def find(self, term: bytes) -> int:
        return self.terms.find(term)

    def df(self, term: int) -> int:
        """Documents that hold the term in any field, deleted ones too."""
        return self._bound[term + 1] - self._bound[term]

    def dfs(self, terms: Array) -> Array:
        """``df`` of several terms, int64."""
        return self._start.take(terms + 1).astype(np.int64) - self._start.take(terms)

    def in_fields(self, start: int, stop: int) -> Array:
        """Bit f of each term: does it occur in field f?"""
        return self._fields.slice(start, stop)

    def postings(self, term: int, stop: int | None = None) -> Found:
        """Postings of ``term``, or of the terms ``term`` … ``stop``."""
        stop = term + 1 if stop is None else stop
        a, b = self._bound[term], self._bound[stop]
        if stop == term + 1:
            docs = self.docs(term)
        else:
            docs = self._docs.slice(a, b).astype(np.int64)
            if self._chunks > 1 and b > a:
                docs += self._chunk_of(np.arange(term, stop))
        return Found(docs, self._codes.slice(a, b), a, None)

    def docs(self, term: int) -> Array:
        """Documents that hold a term, ascending int64."""
        docs = self._docs.slice(self._bound[term], self._bound[term + 1]).astype(np.int64)
        for chunk in range(self._chunks - 1):
            split = self._split.at(chunk * len(self.terms) + term)
            if split == len(docs):
                break
            docs[split:] += 1 << _CHUNK_BITS
        return docs

    @cached_property
    def words_of_term(self) -> Array:
        """How many written words are indexed as each term, int32 (T)."""
        terms = self.word_terms.all()
        return np.bincount(terms[terms < len(self.terms)], minlength=len(self.terms)).astype(np.int32)

    def places(self, term: int, docs: Array) -> Array:
        """Numbers of the postings of ``term`` in ``docs`` (any order), -1 where there is none: int64."""
        found = np.full(len(docs), -1, np.int64)
        for chunk, (first, stop) in enumerate(pairwise(self._by_chunk(term))):
            if first < stop:
                mine = (docs >> _CHUNK_BITS == chunk).nonzero()[0]
                low = docs.take(mine).astype(np.uint16)
                held = self._docs.slice(first, stop)
                at = held.searchsorted(low)
                found[mine] = np.where(held.take(at, mode="clip") == low, first + at, -1)
        return found

    def codes(self, numbers: Array) -> Array:
        """Codes of postings, uint8."""
        return self._codes.take(numbers)

    def rare(self, found: Found) -> tuple[Array, Array]:
        """Places of the postings that no code describes, and how often they are in each field (uint32,
        (R, 4)).
        """
        places = (found.codes == RARE).nonzero()[0]
        if not len(places):
            return places, NO_COUNTS
        stretch = (found.first, found.first + len(found.codes))
        return places, self.positions.rare(stretch if found.numbers is None else found.numbers.take(places))

    def gather(self, terms: Array) -> Found:
        """Postings of several terms (ascending), term after term."""
        places = postings.spread(self._start.take(terms).astype(np.int64), self.dfs(terms))
        docs = self._docs.take(places).astype(np.int64)
        if self._chunks > 1:
            docs += self._chunk_of(terms)
        return Found(docs, self._codes.take(places), 0, places)

    def _chunk_of(self, terms: Array) -> Array:
        """What the documents in the postings of ``terms`` lack above their 16 bits."""
        count = len(self.terms)
        bounds = [np.zeros(len(terms), np.int64)]
        bounds += [self._split.take(c * count + terms).astype(np.int64) for c in range(self._chunks - 1)]
        lengths = np.diff(np.stack([*bounds, self.dfs(terms)]), axis=0).T
        return np.repeat(np.tile(np.arange(self._chunks), len(terms)), lengths.ravel()) << _CHUNK_BITS

    def starts(self, start: int, stop: int) -> Array:
        """First posting of the terms start … stop, and one past the last."""
        return self._start.slice(start, stop + 1)

    # --- positions

    def _by_chunk(self, term: int) -> list[int]:
        """First posting of a term in each chunk of 65,536 documents, and one past its last."""
        a, count = self._bound[term], len(self.terms)
        within = [a + self._split.at(chunk * count + term) for chunk in range(self._chunks - 1)]
        return [a, *within, self._bound[term + 1]]

    def marks(self, term: int, docs: Sequence[int]) -> list[list[int]]:
        """Positions of a term in each of a few documents."""
        a, b = self._bound[term], self._bound[term + 1]
        self._docs.check(a, b)
        view = self._docs.view
        by_chunk = self._by_chunk(term)
        numbers = []
        for doc in docs:
            chunk, low = doc >> _CHUNK_BITS, doc & 0xFFFF
            stop = by_chunk[chunk + 1]
            at = bisect_left(view, low, by_chunk[chunk], stop)
            numbers.append(at if at < stop and view[at] == low else -1)
        return self.positions.of_few(numbers, docs)

    # --- documents and pages

    @cached_property
    def ids(self) -> Strings:
        """Ids as ``assemble.id_key`` writes them, sorted; one for each version of a document."""
        return Strings(self.tab, "id")

    def versions(self, id_key: bytes) -> list[int]:
        """The documents with an id, deleted ones too."""
        first, stop = self.ids.floor(id_key), self.ids.floor(id_key + b"\0")
        return self.tab["id.doc"].slice(first, stop).tolist()  # type: ignore[no-any-return]

    def document(self, doc: int) -> Document:
        """A document whole, with its text."""
        return replace(unpack(self.card(doc), self.rest(doc)), text=self.text(doc))

    def text(self, doc: int) -> tuple[Page, ...]:
        rows = range(*self.pages_of(doc))
        return tuple(unpack_page(self.page_number[row], self.page_frame(doc, row)) for row in rows)

    @cached_property
    def lengths(self) -> Array:
        """Words in title, headings, link texts, body of each document (uint32, (N, 4))."""
        return self.tab["doc.lengths"].all().reshape(-1, 4)

    @cached_property
    def field_starts(self) -> Array:
        """Positions where headings, link texts and body begin (uint32, (N, 3))."""
        return self.tab["doc.starts"].all().reshape(-1, 3)

    @cached_property
    def page_first(self) -> Array:
        return self.tab["page.first"].all()

    @cached_property
    def page_starts(self) -> Array:
        """Position in its document where each page begins (uint32, pages)."""
        return self.tab["page.start"].all()

    @cached_property
    def page_numbers(self) -> Array:
        return self.tab["page.number"].all()

    def body_start(self, doc: int) -> int:
        """Position where the body of a document begins."""
        return self._doc_starts[3 * doc + 2]

    @cached_property
    def _doc_starts(self) -> memoryview:
        return self.tab["doc.starts"].numbers()

    def title_words(self, doc: int) -> int:
        """How many words the title of a document has."""
        return int(self.lengths[doc, 0])

    def pages_of(self, doc: int) -> tuple[int, int]:
        """Rows of the document's pages."""
        return self._page[doc], self._page[doc + 1]

    def page_frame(self, doc: int, row: int) -> bytes:
        """Head and text of the page in ``row`` of the page table."""
        return self._frame(row + 2 * doc)

    def card(self, doc: int) -> bytes:
        return self._frame(self._page[doc + 1] + 2 * doc)

    def shown(self, doc: int) -> Document:
        """A document without its text, contacts, links, evidence and outline."""
        if self._compiled is not None:
            document: Document | None = self._compiled.card(doc, records.cards)
            if document is not None:
                return document
        return unpack(self.card(doc))

    def rest(self, doc: int) -> bytes:
        return self._frame(self._page[doc + 1] + 2 * doc + 1)

    def frames(self, doc: int) -> tuple[int, int]:
        """Frames of a document: first, one past the last."""
        return self._page[doc] + 2 * doc, self._page[doc + 1] + 2 * doc + 2

    @cached_property
    def frame_at(self) -> Array:
        return self.tab["frame.at"].all()

    @cached_property
    def dictionary(self) -> bytes:
        """The zstd dictionary that frames were compressed with; empty when there is none."""
        return self.tab["frame.dictionary"].all().tobytes()

    def raw_frames(self, first: int, stop: int, at_once: int = 1 << 22) -> Iterator[bytes]:
        """The bytes of the frames first … stop, compressed, in portions."""
        a, b = int(self.frame_at[first]), int(self.frame_at[stop])
        for start in range(a, b, at_once):
            yield self._read(start, min(start + at_once, b))

    @cached_property
    def _compiled(self) -> Any:
        """What reads frames in C; None where that was not compiled."""
        if native.kernel is None:
            return None
        return native.kernel.Frames(self._page, self._frame_bound, *self._unmapped, self._decompressor)

    @cached_property
    def _decompressor(self) -> Callable[[], zstandard.ZstdDecompressor]:
        known = zstandard.ZstdCompressionDict(self.dictionary) if self.dictionary else None
        return partial(zstandard.ZstdDecompressor, dict_data=known)

    def _frame(self, frame: int) -> bytes:
        data: bytes | None = self._compiled.read(frame) if self._compiled is not None else None
        if data is not None:
            return data
        a, b = self._frame_bound[frame], self._frame_bound[frame + 1]
        if a == b:
            return b""
        try:
            decompressor = self._free.pop()
        except IndexError:
            decompressor = self._decompressor()
        try:
            data = decompressor.decompress(self._read(a, b))
        except (zstandard.ZstdError, OSError):
            raise IndexDamaged(f"{self._frames.path} is damaged at frame {frame}: {ADVICE}.") from None
        self._free.append(decompressor)
        return data

    def _read(self, start: int, stop: int) -> bytes:
        file, offset = self._unmapped
        return os.pread(file.fileno(), stop - start, offset + start)

    @cached_property
    def layout(self) -> Any:
        """What reads in C where pages and words begin; None where that was not compiled."""
        if native.kernel is None:
            return None
        pages = self._page, self.page_start, self.page_number
        return native.kernel.Layout(*pages, self._doc_starts, self._piece_first, self._piece_char)

    def piece(self, row: int, token: int) -> tuple[int, int]:
        """(character, word number) of the last known place on a page at or before its word number
        ``token``.
        """
        k = token // PIECE
        return (self._piece_char.at(self._piece_first.at(row) + k - 1), k * PIECE) if k else (0, 0)

    def title_keys(self) -> list[str]:
        """What the titles are sorted by, in the order of ``title.doc``."""
        if not self.documents:
            return []
        return zstandard.decompress(self.tab["title.keys"].all().tobytes()).decode().split("\n")
