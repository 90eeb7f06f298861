"""How do documents become numbers? Texts to words, words to integers, pages to compressed frames.

Words of many texts are found and numbered at once (``tokenise``); Python runs only for words never seen
before. Every few million words a chunk goes to disk, so memory does not grow with the corpus. Not for what
words mean (``indexer.language``) nor for sorting (``postings``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import zstandard

from indexer.engine import records
from indexer.engine.arrays import Array, ArrayFile, ArrayWriter
from indexer.engine.columns import MULTIPLE, Rows, values_of
from indexer.engine.postings import BODY, FIELDS, LONG, PAGE_GAP, PIECE, Layout, Postings, Run, invert, spread
from indexer.engine.tokenise import Numbers, tokenise
from indexer.model import FACETS, Document

CHUNK = 1 << 20
"""Words that are sorted at once. Arrays of this size come from memory that the process holds already; of four
times the size each is new pages, and sorting takes twice as long.
"""
AT_ONCE = 200_000
"""Characters that are tokenised at once: arrays of that length stay in the cache of a core."""
LEVEL = 3
"""Of zstd: with a dictionary a page takes .345 of its size; level 6 .335 in twice the time."""
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
    characters: int  # of page text


class Meaning(NamedTuple):
    """What the words of a collector are indexed as, by word number."""

    stems: Array  # uint32 (W): term
    part_start: Array  # int64 (W + 1)
    parts: Array  # uint32: terms

    def of(self, words: Array) -> Meaning:
        """The meaning of some words, numbered anew."""
        counts = np.diff(self.part_start)[words]
        starts = np.concatenate(([0], np.cumsum(counts)))
        return Meaning(self.stems[words], starts, self.parts[spread(self.part_start[words], counts)])


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


_SWEDISH = (("å", "{"), ("ä", "|"), ("æ", "|"), ("ö", "}"), ("ø", "}"))


def title_key(title: str) -> str:
    """What titles are sorted by: å, ä, ö after z, capitals and signs in front disregarded."""
    key = title.casefold()
    for letter, sign in _SWEDISH:
        key = key.replace(letter, sign)
    return key.strip(" \"'”“«»()[]-–—.,:;…*•\n").replace("\n", " ")


class Collector:
    """Collects documents; ``finish`` gives their postings once every word's meaning is known."""

    def __init__(self, folder: Path, dictionary: bytes = b"", chunk: int = CHUNK) -> None:
        self._folder = folder
        self._chunk = chunk
        self._numbers = Numbers()
        self._known: list[tuple[str, str]] = []  # (language, word) by number
        data = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        self._compress = zstandard.ZstdCompressor(level=LEVEL, dict_data=data, write_checksum=True).compress
        self._frames = (folder / "frames").open("wb")
        self._chunks: list[tuple[Path, Layout]] = []
        self._documents = np.zeros(0, np.int64)
        self._occurrences = np.zeros(0, np.int64)
        # of the words held in memory
        self._tokens: list[Array] = []
        self._counts: list[Array] = []
        self._fields: list[int] = []
        self._stretches: list[int] = []
        self._held = 0
        # texts that wait to be tokenised, with the language of each
        self._texts: list[str] = []
        self._languages: list[str] = []
        self._waiting = 0
        # of all documents
        self._ids: list[str] = []
        self._single: list[tuple[str | None, ...]] = []  # facets of one value, in the order of SINGLE
        self._multiple: dict[str, Rows] = {f: [] for f in MULTIPLE}
        self._published: list[int] = []
        self._date: list[int] = []
        self._titles: list[str] = []
        self._pages: list[int] = []
        self._page_number: list[int] = []
        self._pieces: list[Array] = []
        self._piece_char: list[Array] = []
        self._frame_sizes: list[int] = []
        self._characters = 0

    def add(self, documents: Iterable[Document]) -> None:
        for document in documents:
            self._add(document)
            if self._waiting >= AT_ONCE:
                self._tokenise()
                if self._held >= self._chunk:
                    self._flush()

    def _add(self, d: Document) -> None:
        texts, fields = self._texts, self._fields
        before = len(texts)
        for field, text in stretches(d):
            texts.append(text)
            fields.append(field)
            self._waiting += len(text)
        for page in d.text:
            texts.append(page.text)
            fields.append(BODY)
            self._waiting += len(page.text)
            self._characters += len(page.text)
            self._page_number.append(page.number)
            self._frame(records.pack_page(page))
        count = len(texts) - before
        self._stretches.append(count)
        self._languages += [language_of(d)] * count
        self._frame(records.pack_card(d))
        self._frame(records.pack_rest(d))
        self._describe(d)

    def _frame(self, text: str) -> None:
        data = self._compress(text.encode("utf-8", "replace")) if text else b""
        self._frame_sizes.append(len(data))
        self._frames.write(data)

    def _describe(self, d: Document) -> None:
        self._ids.append(d.id)
        self._single.append(_single(d))
        for facet, rows in self._multiple.items():
            rows.append(values_of(d, facet))
        published = day(d.published)
        self._published.append(published)
        self._date.append(published or (max(d.years) * 10_000 if d.years else 0))
        self._titles.append(title_key(d.title))
        self._pages.append(len(d.text))

    def _tokenise(self) -> None:
        """Numbers the words of the texts that wait."""
        if not self._texts:
            return
        found = tokenise(self._texts)
        hashes = found.hashes
        if len(languages := set(self._languages)) > 1 or languages != {DEFAULT_LANGUAGE}:
            # The same word in two languages is two: its stem may differ.
            seeds = {x: int.from_bytes(blake2b(x.encode(), digest_size=8).digest(), "big") for x in languages}
            seeds[DEFAULT_LANGUAGE] = 0
            of_text = np.fromiter((seeds[x] for x in self._languages), np.uint64, len(self._languages))
            hashes = hashes ^ np.repeat(of_text, found.counts)
        numbers, new = self._numbers.number(hashes)
        text_of = np.searchsorted(np.cumsum(found.counts), new, "right").tolist()
        for start, end, text in zip(
            found.starts[new].tolist(), found.ends[new].tolist(), text_of, strict=True
        ):
            self._known.append((self._languages[text], found.text[start:end].lower()))
        self._tokens.append(numbers)
        self._counts.append(found.counts)
        self._held += len(numbers)

        of_page = np.array(self._fields[-len(self._texts) :], np.uint8) == BODY
        first = (np.cumsum(found.counts) - found.counts)[of_page]
        pieces = np.maximum(found.counts[of_page] - 1, 0) // PIECE
        place = spread(first, pieces)
        ends = np.cumsum(pieces)
        nth = np.arange(len(place)) - np.repeat(ends - pieces, pieces)
        at = found.starts[place + (nth + 1) * PIECE - nth]
        self._pieces.append(pieces)
        self._piece_char.append(at - np.repeat(found.offsets[of_page], pieces))
        self._texts, self._languages, self._waiting = [], [], 0

    def _flush(self) -> None:
        """Moves the words held to disk, and counts them."""
        if not self._stretches:
            return
        tokens = np.concatenate(self._tokens)
        counts = np.concatenate(self._counts)
        layout = Layout(counts, np.array(self._fields, np.uint8), np.array(self._stretches, np.uint32))
        path = self._folder / f"words-{len(self._chunks)}"
        tokens.tofile(path)
        self._chunks.append((path, layout))
        self._tokens, self._counts, self._fields, self._stretches, self._held = [], [], [], [], 0

        known = len(self._known)
        self._documents = np.pad(self._documents, (0, known - len(self._documents)))
        self._occurrences = np.pad(self._occurrences, (0, known - len(self._occurrences)))
        self._occurrences += np.bincount(tokens, minlength=known)
        doc = np.repeat(np.arange(len(layout.stretches), dtype=np.uint64), layout.stretches)
        keys = np.repeat(doc << np.uint64(32), counts) | tokens
        keys.sort()
        if len(keys):
            keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
        self._documents += np.bincount((keys & np.uint64(0xFFFFFFFF)).astype(np.int64), minlength=known)

    def words(self) -> Words:
        """The words of everything added. Nothing may be added afterwards."""
        self._tokenise()
        self._flush()
        self._frames.close()
        return Words(self._known, self._documents, self._occurrences, self._characters)

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

    def finish(self, meaning: Meaning, base: int) -> list[Path]:
        """Sorts all chunks into runs of postings; ``base``: number of the first document. Gives their
        files.
        """
        runs = []
        for path, layout in self._chunks:
            tokens = np.fromfile(path, np.uint32)
            path.unlink()
            postings = invert(tokens, layout, meaning.stems, meaning.part_start, meaning.parts, base)
            base += len(layout.stretches)
            runs.append(_spool(postings, path.with_name(path.name + ".run")))
        return runs

    def close(self) -> None:
        self._frames.close()

    @property
    def frames(self) -> Path:
        return self._folder / "frames"


def _spool(postings: Postings, path: Path) -> Path:
    writer = ArrayWriter(path)
    for name, values in postings._asdict().items():
        writer.add(name, values.ravel())
    writer.close()
    return path


def open_run(path: Path) -> Run:
    file = ArrayFile(path)
    arrays = {name: file[name].all() for name in Postings._fields}
    arrays["rare_counts"] = arrays["rare_counts"].reshape(-1, 4)
    return Run(Postings(**arrays), file.forget)


def _places(layouts: Sequence[Layout]) -> tuple[Array, Array, Array, Array]:
    """Lengths (N, 4), starts (N, 3), long (N) and page starts (P) of all documents."""
    lengths, starts, long, pages = [], [], [], []
    for layout in layouts:
        count = len(layout.stretches)
        doc = np.repeat(np.arange(count), layout.stretches)
        begin = layout.starts()
        size = np.bincount(doc * 4 + layout.fields, layout.tokens, 4 * count)
        lengths.append(size.reshape(-1, 4).astype(np.uint32))
        ends = np.zeros(count, np.int64)
        np.maximum.at(ends, doc, begin + layout.tokens)
        bounds = np.repeat((ends + PAGE_GAP)[:, None], len(FIELDS) - 1, axis=1)
        for field in range(1, len(FIELDS)):
            later = layout.fields >= field
            np.minimum.at(bounds[:, field - 1], doc[later], begin[later])
        starts.append(bounds.astype(np.uint32))
        long.append(ends > LONG)
        pages.append(begin[layout.fields == len(FIELDS) - 1].astype(np.uint32))
    if not layouts:
        none = np.zeros(0, np.uint32)
        return none.reshape(0, 4), none.reshape(0, 3), none.astype(bool), none
    return np.concatenate(lengths), np.concatenate(starts), np.concatenate(long), np.concatenate(pages)


def train(documents: Iterable[Document], most: int = 3_000_000) -> bytes:
    """A zstd dictionary from the first pages: small frames shrink by a fifth, and read faster. Empty: too
    few.
    """
    samples: list[bytes | bytearray | memoryview] = []
    size = 0
    for document in documents:
        texts = [*(records.pack_page(p)[:4000] for p in document.text[:5]), records.pack_card(document)]
        samples += (t.encode("utf-8", "replace") for t in texts)
        size += sum(map(len, texts))
        if size > most:
            break
    if size < 200_000:
        return b""
    try:
        return zstandard.train_dictionary(32_768, samples).as_bytes()
    except zstandard.ZstdError:
        return b""
