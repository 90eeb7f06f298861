"""How do documents become numbers? Texts to words, words to integers, pages to compressed frames.

One regular-expression pass finds the words; a dictionary from written word to number is asked from C, so
Python runs only for words never seen before. Every few million words a chunk goes to disk, so memory does
not grow with the corpus. Not for what words mean (``indexer.language``) nor for sorting (``postings``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import zstandard

from indexer.engine import columns, records
from indexer.engine.arrays import Array, ArrayFile, ArrayWriter
from indexer.engine.postings import FIELDS, LONG, PAGE_GAP, Layout, Postings, Run, invert
from indexer.language import TOKEN
from indexer.model import FACETS, Document

CHUNK = 1 << 22
"""Words that are sorted at once: about 300 MB of memory at the peak."""
PIECE = 512
"""Characters between two known word numbers inside a page, so that a snippet needs no scan from the top."""
LEVEL = 6
"""Of zstd: measured on 50 MB of pages, .33 of the size with a dictionary (level 3 .34, level 9 .33)."""
MOST_LINKS = 40
"""Link texts that are indexed of one document; hundreds of pages may link with the same words."""

_find = TOKEN.findall
DEFAULT_LANGUAGE = "sv"


class Tables(NamedTuple):
    """What is kept of N documents with P pages beside postings and frames."""

    ids: list[str]
    facets: dict[str, list[tuple[str, ...]]]
    published: Array  # int32 (N): yyyymmdd, 00 for what is not known; 0: not known
    date: Array  # int32 (N): the same, from the last year where no day of publication is known
    titles: list[str]  # as sorted
    lengths: Array  # uint32 (N, 4): words in each of FIELDS
    starts: Array  # uint32 (N, 3): positions where headings, anchors, body begin
    long: Array  # bool (N)
    pages: Array  # uint32 (N): pages of each document
    page_start: Array  # uint32 (P)
    page_number: Array  # uint32 (P)
    pieces: Array  # uint32 (P): pieces of each page after its first
    piece_char: Array  # uint32
    piece_token: Array  # uint32
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


class _Numbers(dict[str, int]):
    """Word as written → its number; capitals do not matter."""

    def __init__(self, language: str, known: list[tuple[str, str]]) -> None:
        self._language = language
        self._known = known

    def __missing__(self, word: str) -> int:
        low = word.lower()
        if low != word:
            number = self[low]
        else:
            number = len(self._known)
            self._known.append((self._language, word))
        self[word] = number
        return number


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
    digits = "".join(c for c in text or "" if c.isdigit())[:8]
    return int(digits.ljust(8, "0")) if len(digits) >= 4 else 0


_SWEDISH = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"})


def title_key(title: str) -> str:
    """What titles are sorted by: å, ä, ö after z, capitals and signs in front disregarded."""
    return title.casefold().translate(_SWEDISH).strip(" \"'”“«»()[]-–—.,:;…*•\n").replace("\n", " ")


class Collector:
    """Collects documents; ``finish`` gives their postings once every word's meaning is known."""

    def __init__(self, folder: Path, dictionary: bytes = b"", chunk: int = CHUNK) -> None:
        self._folder = folder
        self._chunk = chunk
        self._known: list[tuple[str, str]] = []
        self._numbers: dict[str, _Numbers] = {}
        data = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=data, write_checksum=True)
        self._compress = compressor.compress
        self._frames = (folder / "frames").open("wb")
        self._chunks: list[tuple[Path, Layout]] = []
        self._documents = np.zeros(0, np.int64)
        self._occurrences = np.zeros(0, np.int64)
        self._tokens: list[Array] = []
        self._held = 0
        self._counts: list[int] = []
        self._fields: list[int] = []
        self._stretches: list[int] = []
        self._ids: list[str] = []
        self._facets: dict[str, list[tuple[str, ...]]] = {f: [] for f in FACETS}
        self._published: list[int] = []
        self._date: list[int] = []
        self._titles: list[str] = []
        self._pages: list[int] = []
        self._page_number: list[int] = []
        self._pieces: list[int] = []
        self._piece_char: list[int] = []
        self._piece_token: list[int] = []
        self._frame_sizes: list[int] = []
        self._characters = 0

    def add(self, documents: Iterable[Document]) -> None:
        for document in documents:
            self._add(document)
            if self._held >= self._chunk:
                self._flush()

    def _add(self, d: Document) -> None:
        language = language_of(d)
        numbers = self._numbers.get(language)
        if numbers is None:
            numbers = self._numbers[language] = _Numbers(language, self._known)
        words: list[str] = []
        before, done = len(self._counts), 0
        for field, text in stretches(d):
            words += _find(text)
            self._counts.append(len(words) - done)
            self._fields.append(field)
            done = len(words)
        for page in d.text:
            self._page(page.text, words)
            self._counts.append(len(words) - done)
            self._fields.append(3)
            done = len(words)
            self._page_number.append(page.number)
            self._frame(records.pack_page(page))
        self._stretches.append(len(self._counts) - before)
        self._tokens.append(np.fromiter(map(numbers.__getitem__, words), np.uint32, len(words)))
        self._held += len(words)
        self._frame(records.pack_card(d))
        self._frame(records.pack_rest(d))
        self._describe(d)

    def _page(self, text: str, words: list[str]) -> None:
        size = len(text)
        self._characters += size
        if size <= PIECE:
            words += _find(text)
            self._pieces.append(0)
            return
        first, start, pieces = len(words), 0, 0
        while size - start > PIECE:
            stop = text.find(" ", start + PIECE)
            if stop < 0:
                break
            words += _find(text, start, stop)
            start = stop
            pieces += 1
            self._piece_char.append(start)
            self._piece_token.append(len(words) - first)
        words += _find(text, start)
        self._pieces.append(pieces)

    def _frame(self, text: str) -> None:
        data = self._compress(text.encode("utf-8", "replace"))
        self._frame_sizes.append(len(data))
        self._frames.write(data)

    def _describe(self, d: Document) -> None:
        self._ids.append(d.id)
        for facet, rows in self._facets.items():
            rows.append(columns.values_of(d, facet))
        published = day(d.published)
        self._published.append(published)
        self._date.append(published or (max(d.years) * 10_000 if d.years else 0))
        self._titles.append(title_key(d.title))
        self._pages.append(len(d.text))

    def _flush(self) -> None:
        """Moves the words held to disk, and counts them."""
        if not self._stretches:
            return
        tokens = np.concatenate(self._tokens)
        layout = Layout(
            np.array(self._counts, np.uint32),
            np.array(self._fields, np.uint8),
            np.array(self._stretches, np.uint32),
        )
        per_document = np.fromiter(map(len, self._tokens), np.int64, len(self._tokens))
        path = self._folder / f"words-{len(self._chunks)}"
        tokens.tofile(path)
        self._chunks.append((path, layout))
        self._tokens, self._counts, self._fields, self._stretches, self._held = [], [], [], [], 0

        known = len(self._known)
        self._documents = np.pad(self._documents, (0, known - len(self._documents)))
        self._occurrences = np.pad(self._occurrences, (0, known - len(self._occurrences)))
        self._occurrences += np.bincount(tokens, minlength=known)
        keys = np.repeat(np.arange(len(per_document), dtype=np.uint64) << np.uint64(32), per_document)
        keys |= tokens
        keys.sort()
        if len(keys):
            keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
        self._documents += np.bincount((keys & np.uint64(0xFFFFFFFF)).astype(np.int64), minlength=known)

    def words(self) -> Words:
        """The words of everything added. Nothing may be added afterwards."""
        self._flush()
        self._frames.close()
        return Words(self._known, self._documents, self._occurrences, self._characters)

    def tables(self) -> Tables:
        layouts = [layout for _, layout in self._chunks]
        lengths, starts, long, page_start = _places(layouts)
        u = np.uint32
        return Tables(
            self._ids,
            self._facets,
            np.array(self._published, np.int32),
            np.array(self._date, np.int32),
            self._titles,
            lengths,
            starts,
            long,
            np.array(self._pages, u),
            page_start,
            np.array(self._page_number, u),
            np.array(self._pieces, u),
            np.array(self._piece_char, u),
            np.array(self._piece_token, u),
            np.array(self._frame_sizes, u),
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
    return Run(Postings(**arrays))


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
