"""How do documents become numbers? Texts to words, words to integers, pages to compressed frames.

Words of many texts are found and numbered at once (``tokenise``); Python runs only for words never seen
before. Every million words a chunk goes to disk, so memory grows with the documents, some 2 kB each, and not
with their texts. Not for what words mean (``indexer.language``) nor for sorting (``inversion``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zstandard

from indexer.alphabet import alphabetical
from indexer.engine import records
from indexer.engine.arrays import Array
from indexer.engine.columns import MULTIPLE, Rows, values_of
from indexer.engine.inversion import Layout, invert
from indexer.engine.postings import BODY, LONG, PAGE_GAP, PIECE, bounds, changes, spread
from indexer.engine.runs import Spooled, spool
from indexer.engine.tokenise import Numbers, Tokens, tokenise
from indexer.language import suspended
from indexer.model import FACETS, Document

CHUNK = 1 << 20
"""Words that are sorted at once. Arrays of this size come from memory that the process holds already; of four
times the size each is new pages, and sorting takes twice as long.
"""
AT_ONCE = 200_000
"""Characters that are tokenised at once: arrays of that length stay in the cache of a core."""
LEVEL = 3
"""Of zstd: with a dictionary a page takes .345 of its size; level 6 .335 in twice the time."""
SAMPLE = 3_000_000
"""Characters of the first documents that the dictionary of zstd is trained on."""
MOST_LINKS = 40
"""Link texts that are indexed of one document; hundreds of pages may link with the same words."""

DEFAULT_LANGUAGE = "sv"
SINGLE = tuple(f for f in FACETS if f not in MULTIPLE)
_single = attrgetter(*SINGLE)


class Tables(NamedTuple):
    """What is kept of N documents with P pages beside postings and frames."""

    ids: list[str]
    facets: dict[str, Rows]
    published: Array  # int32 (N): yyyymmdd, 00 for what is not known; 0: not known
    date: Array  # int32 (N): the same, from the last year where no day of publication is known
    titles: list[str]  # as sorted
    lengths: Array  # uint32 (N, 4): words in each of FIELDS
    starts: Array  # uint32 (N, 3): positions where headings, anchors, body begin
    long: Array  # bool (N)
    pages: Array  # uint32 (N): pages of each document
    page_start: Array  # uint32 (P)
    page_number: Array  # uint32 (P)
    pieces: Array  # uint32 (P): how many times PIECE words each page has, whole ones before its end
    piece_char: Array  # uint32: character where word PIECE, 2 PIECE … of each page begins
    frames: Array  # uint32 (P + 2 N): bytes of each frame

    @staticmethod
    def join(parts: Sequence[Tables]) -> Tables:
        """The tables of several stretches of documents as one."""
        joined: list[object] = []
        for name, values in zip(Tables._fields, zip(*parts, strict=True), strict=True):
            if name == "facets":
                joined.append({f: [row for part in values for row in part[f]] for f in FACETS})
            elif isinstance(values[0], list):
                joined.append([item for part in values for item in part])
            else:
                joined.append(np.concatenate(values))
        return Tables(*joined)  # type: ignore[arg-type]


class Words(NamedTuple):
    """The surface words of a collection: counts aligned with ``known`` (language, word)."""

    known: list[tuple[str, str]]
    documents: Array  # int64
    occurrences: Array  # int64


class Meaning(NamedTuple):
    """What the words of a collector are indexed as, by word number."""

    stems: Array  # uint32 (W): term
    part_start: Array  # int64 (W + 1)
    parts: Array  # uint32: terms

    def of(self, words: Array) -> Meaning:
        """The meaning of some words, numbered anew."""
        counts = np.diff(self.part_start)[words]
        parts = self.parts[spread(self.part_start[words], counts)]
        return Meaning(self.stems[words], bounds(counts), parts)


def language_of(document: Document) -> str:
    """The language a document is analysed in: two letters."""
    return (document.language or DEFAULT_LANGUAGE)[:2].lower()


def stretches(document: Document) -> Iterator[tuple[int, str]]:
    """(field, text) of everything that is indexed of a document but its pages, in the order of positions."""
    yield 0, document.title or ""
    headings = dict.fromkeys(p.heading for p in document.text if p.heading)
    headings.update(dict.fromkeys(o.title for o in document.outline if o.title))
    for heading in headings:
        yield 1, heading
    anchors = dict.fromkeys((document.anchor, *document.headings))
    for link in document.links[:MOST_LINKS]:
        anchors.update(dict.fromkeys((link.anchor, *link.headings)))
    for anchor in list(anchors)[: 4 * MOST_LINKS]:
        if anchor:
            yield 2, anchor


def day(text: str | None) -> int:
    """``2014-03-12`` → 20140312, ``2014-03`` → 20140300, None → 0."""
    if not text:
        return 0
    digits = text.replace("-", "")[:8]
    return int(digits.ljust(8, "0")) if len(digits) >= 4 and digits.isdecimal() else 0


def title_key(title: str) -> str:
    """What titles are sorted by: signs in front are disregarded."""
    return alphabetical(title).strip(" \"'”“«»()[]-–—.,:;…*•\n").replace("\n", " ")


class Collector:
    """Collects documents; ``finish`` gives their postings once every word's meaning is known."""

    def __init__(self, folder: Path, dictionary: bytes = b"") -> None:
        self._folder = folder
        self._numbers = Numbers()
        self._known: list[tuple[str, str]] = []  # (language, word) by number
        data = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        self._compress = zstandard.ZstdCompressor(level=LEVEL, dict_data=data, write_checksum=True).compress
        self._frame_file = (folder / "frames").open("wb")
        self._chunks: list[tuple[Path, Layout]] = []
        self._documents = np.zeros(1 << 16, np.int64)  # that have each word of ``_known``, and room for more
        self._occurrences = np.zeros(1 << 16, np.int64)
        # what waits to be taken in, and its characters
        self._waiting: list[Document] = []
        self._size = 0
        # of the words held in memory
        self._tokens: list[Array] = []
        self._counts: list[Array] = []
        self._fields: list[int] = []
        self._stretches: list[int] = []
        self._held = 0
        # of all documents
        self._ids: list[str] = []
        self._single: list[tuple[str | None, ...]] = []  # facets of one value, in the order of SINGLE
        self._multiple: dict[str, Rows] = {f: [] for f in MULTIPLE}
        self._rows: dict[tuple[str | None, ...], tuple[Any, ...]] = {}  # of both: most documents share them
        self._published: list[int] = []
        self._date: list[int] = []
        self._titles: list[str] = []
        self._pages: list[int] = []
        self._page_number: list[int] = []
        self._pieces: list[Array] = []
        self._piece_char: list[Array] = []
        self._frame_sizes: list[int] = []

    def add(self, documents: Iterable[Document]) -> None:
        for document in documents:
            self._waiting.append(document)
            self._size += 100 + sum([len(page.text) + PAGE_GAP for page in document.text])
            if self._size >= AT_ONCE:
                self._take()

    def _take(self) -> None:
        """Takes in the documents that wait."""
        documents, self._waiting = self._waiting, []
        large, self._size = self._size > CHUNK, 0
        if large:  # beside many others its positions would not fit into one number with them, see ``invert``
            self._flush()
        if documents:
            self._describe(documents)
            self._frame(documents)
            self._tokenise(documents)
        if large or self._held >= CHUNK:
            self._flush()

    def _describe(self, documents: Sequence[Document]) -> None:
        self._ids += [d.id for d in documents]
        once = self._rows.setdefault
        self._single += [once(row, row) for row in map(_single, documents)]
        for facet, rows in self._multiple.items():
            rows += [once(row, row) for row in (values_of(d, facet) for d in documents)]
        published = [day(d.published) for d in documents]
        self._published += published
        self._date += [
            known or (max(d.years) * 10_000 if d.years else 0)
            for known, d in zip(published, documents, strict=True)
        ]
        self._titles += [title_key(d.title) for d in documents]
        self._pages += [len(d.text) for d in documents]
        self._page_number += [page.number for d in documents for page in d.text]

    def _frame(self, documents: Sequence[Document]) -> None:
        texts: list[str] = []
        for d in documents:
            texts += map(records.pack_page, d.text)
            texts += records.pack_card(d), records.pack_rest(d)
        frames = [self._compress(text.encode("utf-8", "replace")) if text else b"" for text in texts]
        self._frame_sizes += map(len, frames)
        self._frame_file.writelines(frames)

    def _tokenise(self, documents: Sequence[Document]) -> None:
        """Finds the words of the documents: what they are, and where they stand."""
        texts: list[str] = []
        fields: list[int] = []
        ends: list[int] = []
        for d in documents:
            for field, text in stretches(d):
                fields.append(field)
                texts.append(text)
            pages = [page.text for page in d.text]
            fields += [BODY] * len(pages)
            texts += pages
            ends.append(len(texts))
        found = tokenise(texts)
        self._counts.append(found.counts)
        self._fields += fields
        self._stretches += np.diff(ends, prepend=0).tolist()
        word_ends = np.cumsum(found.counts)[np.array(ends) - 1]
        self._tokens.append(self._number(found, word_ends, [language_of(d) for d in documents]))
        self._held += len(found.hashes)
        self._place(found, np.array(fields, np.uint8) == BODY)

    def _number(self, found: Tokens, word_ends: Array, languages: Sequence[str]) -> Array:
        """Numbers of the words (uint32) in ``_known``, where those never seen before are added; counts them.

        ``word_ends``: past the last word of each document.
        """
        hashes = found.hashes
        if (distinct := set(languages)) != {DEFAULT_LANGUAGE}:
            # The same word in two languages is two: its stem may differ.
            seeds = {x: int.from_bytes(blake2b(x.encode(), digest_size=8).digest(), "big") for x in distinct}
            seeds[DEFAULT_LANGUAGE] = 0
            of_document = np.array([seeds[x] for x in languages], np.uint64)
            hashes = hashes ^ np.repeat(of_document, np.diff(word_ends, prepend=0))
        places, names = _halves(found)
        of = np.searchsorted(word_ends, places, "right").tolist()
        halves = [(languages[document], name) for document, name in zip(of, names, strict=True)]
        count = len(hashes)
        mixed = np.fromiter(map(hash, halves), np.int64, len(halves)).view(np.uint64)
        numbers, new = self._numbers.number(np.concatenate((hashes, mixed)))
        new_words = int(np.searchsorted(new, count))
        new, new_halves = new[:new_words], new[new_words:] - count
        numbers, numbers_of_halves = numbers[:count], numbers[count:]
        document_of = np.searchsorted(word_ends, new, "right").tolist()
        self._known += [
            (languages[document], found.text[start:end].lower())
            for document, start, end in zip(
                document_of, found.starts[new].tolist(), found.ends[new].tolist(), strict=True
            )
        ]
        self._known += [halves[n] for n in new_halves.tolist()]
        self._count(numbers, word_ends)
        numbers[places] = numbers_of_halves  # counted as they are written
        return numbers

    def _place(self, found: Tokens, pages: Array) -> None:
        """Notes where every PIECE-th word of each page begins; ``pages``: which of the texts are pages."""
        first = (np.cumsum(found.counts) - found.counts)[pages]
        pieces = np.maximum(found.counts[pages] - 1, 0) // PIECE
        nth = spread(np.ones_like(pieces), pieces)  # of its page
        at = found.starts[np.repeat(first, pieces) + nth * PIECE]
        self._pieces.append(pieces)
        self._piece_char.append(at - np.repeat(found.offsets[pages], pieces))

    def _count(self, numbers: Array, ends: Array) -> None:
        """Counts words, and documents that have them; ``ends``: past the last word of each document.

        One sort of what lies in the cache of a core; counting a million words at once takes longer.
        """
        known = self._numbers.count
        if known > len(self._documents):
            self._documents = np.pad(self._documents, (0, known))
            self._occurrences = np.pad(self._occurrences, (0, known))
        bits = len(ends).bit_length()
        keys: Array = numbers.astype(np.uint32 if known.bit_length() + bits <= 32 else np.uint64)
        keys <<= bits
        keys |= np.repeat(np.arange(len(ends), dtype=keys.dtype), np.diff(ends, prepend=0))
        keys.sort()
        first = changes(keys)
        words = keys.take(first) >> bits
        of_word = changes(words)
        words = words.take(of_word).astype(np.int64)
        self._documents[words] += np.diff(of_word, append=len(first))
        self._occurrences[words] += np.diff(first.take(of_word), append=len(keys))

    def _flush(self) -> None:
        """Moves the words held to disk."""
        if not self._stretches:
            return
        fields, stretches_ = np.array(self._fields, np.uint8), np.array(self._stretches, np.uint32)
        layout = Layout(np.concatenate(self._counts), fields, stretches_)
        path = self._folder / f"words-{len(self._chunks)}"
        with path.open("wb") as file:
            for tokens in self._tokens:
                tokens.tofile(file)
        self._chunks.append((path, layout))
        self._tokens, self._counts, self._fields, self._stretches, self._held = [], [], [], [], 0

    def words(self) -> Words:
        """The words of everything added. Nothing may be added afterwards."""
        self._take()
        self._flush()
        self._frame_file.close()
        known = len(self._known)
        return Words(self._known, self._documents[:known], self._occurrences[:known])

    def tables(self) -> Tables:
        layouts = [layout for _, layout in self._chunks]
        lengths, starts, long, page_start = _places(layouts)
        u = np.uint32
        none = np.zeros(0, np.int64)
        return Tables(
            ids=self._ids,
            facets=self._multiple | dict(zip(SINGLE, map(list, zip(*self._single, strict=True)), strict=True))
            if self._single
            else {f: [] for f in FACETS},
            published=np.array(self._published, np.int32),
            date=np.array(self._date, np.int32),
            titles=self._titles,
            lengths=lengths,
            starts=starts,
            long=long,
            pages=np.array(self._pages, u),
            page_start=page_start,
            page_number=np.array(self._page_number, u),
            pieces=np.concatenate([none, *self._pieces]).astype(u),
            piece_char=np.concatenate([none, *self._piece_char]).astype(u),
            frames=np.array(self._frame_sizes, u),
        )

    def finish(self, meaning: Meaning, base: int) -> list[Spooled]:
        """Sorts all chunks into runs of postings; ``base``: number of the first document."""
        runs = []
        with (self._folder / "runs").open("wb") as file:
            for path, layout in self._chunks:
                tokens = np.fromfile(path, np.uint32)
                path.unlink()
                postings = invert(tokens, layout, meaning.stems, meaning.part_start, meaning.parts, base)
                base += len(layout.stretches)
                if len(postings.terms):
                    runs.append(spool(postings, file))
        return runs

    def close(self) -> None:
        self._frame_file.close()

    @property
    def frames(self) -> Path:
        return self._folder / "frames"


def _halves(found: Tokens) -> tuple[list[int], list[str]]:
    """Which words are halves, and what ``language.suspended`` calls them: one word in 300 is asked about."""
    at = found.hyphened
    text = np.searchsorted(np.cumsum(found.counts), at, "right")
    begins = np.append(found.offsets, len(found.text) - 7)  # as ``tokenise`` joins texts
    columns = (at, found.starts[at], found.ends[at], begins[text], begins[text + 1] - 1)
    places: list[int] = []
    names: list[str] = []
    for place, start, end, first, last in zip(*(c.tolist() for c in columns), strict=True):
        if name := suspended.name(found.text, start, end, first, last):
            places.append(place)
            names.append(name)
    return places, names


def _places(layouts: Sequence[Layout]) -> tuple[Array, Array, Array, Array]:
    """Lengths (N, 4), starts (N, 3), long (N) and page starts (P) of all documents."""
    lengths, starts, long, pages = [], [], [], []
    for layout in layouts:
        begin = layout.starts()
        ends = layout.ends(begin)
        row = layout.documents() * 4 + layout.fields
        size = np.bincount(row, layout.tokens, 4 * len(layout.stretches))
        lengths.append(size.reshape(-1, 4).astype(np.uint32))
        starts.append(np.stack(layout.field_starts(begin, ends + PAGE_GAP), axis=1).astype(np.uint32))
        long.append(ends > LONG)
        pages.append(begin[layout.fields == BODY].astype(np.uint32))
    if not layouts:
        none = np.zeros(0, np.uint32)
        return none.reshape(0, 4), none.reshape(0, 3), none.astype(bool), none
    return np.concatenate(lengths), np.concatenate(starts), np.concatenate(long), np.concatenate(pages)


def train(documents: Iterable[Document]) -> bytes:
    """A zstd dictionary from the first pages: small frames shrink by a fifth, and read faster. Empty: too
    few.
    """
    samples: list[bytes | bytearray | memoryview] = []
    size = 0
    for document in documents:
        texts = [*(records.pack_page(p)[:4000] for p in document.text[:5]), records.pack_card(document)]
        samples += (t.encode("utf-8", "replace") for t in texts)
        size += sum(map(len, texts))
        if size > SAMPLE:
            break
    if size < 200_000:
        return b""
    try:
        return zstandard.train_dictionary(32_768, samples).as_bytes()
    except zstandard.ZstdError:
        return b""
