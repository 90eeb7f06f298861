"""How does a segment come to its files? Postings merged from runs or segments, tables joined, frames copied.

The same steps make a first index, a segment that is appended, and one out of several that are merged. Not for
analysing texts (``collect``) nor for who may write when (``write``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import zstandard

from indexer.engine import columns, strings
from indexer.engine.arrays import Array, ArrayWriter
from indexer.engine.collect import Tables
from indexer.engine.columns import smallest
from indexer.engine.postings import BLOCK, COUNTS, FIELDS, Postings, bounds
from indexer.engine.runs import Source, merge
from indexer.engine.segment import EXTENSIONS
from indexer.errors import SearchIndexError
from indexer.language import fold

MOST_PLACES = 1 << 32
"""Elements of ``positions`` in a segment, of which postings are no more: their numbers are uint32."""

WordCounts = Mapping[tuple[str, str], tuple[int, int]]
"""(word, stem) → (documents, occurrences); negative in a segment that deletes documents of an earlier one."""


def segment(
    folder: Path,
    name: str,
    *,
    terms: Sequence[bytes],
    sources: Sequence[Source],
    tables: Tables,
    dictionary: bytes,
    words: Callable[[], Mapping[str, Array]],
) -> None:
    """Writes the files of segment ``name`` but its texts. ``terms`` sorted; ``words``: gives the arrays of
    ``vocabulary``, asked for last.
    """
    tab, docs, tfs, pos = (ArrayWriter(folder / (name + e)) for e in EXTENSIONS[:-1])
    strings.write(tab, "terms", terms)
    _postings(tab, docs, tfs, pos, sources, len(terms), len(tables.ids))
    _tables(tab, tables)
    tab.add("frame.dictionary", np.frombuffer(dictionary, np.uint8))
    for array, values in words().items():
        tab.add(array, values)
    for writer in (tab, docs, tfs, pos):
        writer.close()


def frames(path: Path, parts: Iterable[bytes]) -> None:
    """Writes the file of a segment's texts: ``parts`` together are its frames, in the order of
    ``Tables.frames``.
    """
    writer = ArrayWriter(path)
    writer.begin("frames", np.uint8)
    for part in parts:
        writer.extend(np.frombuffer(part, np.uint8))
    writer.close()


def _postings(
    tab: ArrayWriter,
    docs: ArrayWriter,
    tfs: ArrayWriter,
    pos: ArrayWriter,
    sources: Sequence[Source],
    terms: int,
    documents: int,
) -> None:
    docs.begin("docs", np.uint16)
    tfs.begin("counts", np.uint8)
    pos.begin("positions", np.uint16)
    chunks = max(1, -(-documents >> 16))
    df = np.zeros(terms, np.int64)
    fields = np.zeros(terms, np.uint8)
    split = np.zeros((chunks - 1, terms), np.uint32)
    rare: list[tuple[Array, Array, Array]] = []
    blocks: list[Array] = []
    at = slot = 0
    for start, stop, p in merge(sources, terms):
        df[start:stop] = p.df
        fields[start:stop] = _field_bits(p)
        if chunks > 1:
            split[:, start:stop] = below(p.docs, p.df, chunks)
        rare.append((p.rare_at.astype(np.int64) + at, p.rare_counts, p.rare_slots))
        ends = np.cumsum(p.slots()) + slot
        begins = np.concatenate(([slot], ends[:-1])) if len(ends) else ends
        blocks.append(begins[-at % BLOCK :: BLOCK].copy())  # a view would keep all of them
        docs.extend(p.docs.astype(np.uint16))  # the low half
        tfs.extend(p.codes)
        pos.extend(p.positions)
        at += len(p.docs)
        slot = int(ends[-1]) if len(ends) else slot
        if slot >= MOST_PLACES:
            raise SearchIndexError(
                f"The documents have more than {MOST_PLACES:,} words and parts of words, the most that an "
                "index can hold: leave out some of the sources."
            )
    tab.add("terms.posting", bounds(df).astype(np.uint32))
    tab.add("terms.split", split.ravel())
    tab.add("terms.fields", fields)
    tab.add("block", np.concatenate([np.zeros(0, np.int64), *blocks]).astype(np.uint32))
    none = np.zeros(0, np.uint32)
    tab.add("rare.at", np.concatenate([none, *(r[0] for r in rare)]).astype(np.uint32))
    tab.add("rare.counts", np.concatenate([none, *(r[1].ravel() for r in rare)]).astype(np.uint32))
    tab.add("rare.slots", np.concatenate([none, *(r[2] for r in rare)]).astype(np.uint32))


def below(docs: Array, df: Array, chunks: int) -> Array:
    """How many of the postings of each term lie below each multiple of 65,536 documents: (chunks - 1, T)."""
    row = np.repeat(np.arange(0, len(df) * chunks, chunks), df)
    row += docs >> 16
    in_chunk = np.bincount(row, minlength=len(df) * chunks).reshape(-1, chunks)
    return in_chunk.cumsum(axis=1)[:, :-1].T


_BITS = ((COUNTS > 0) << np.arange(len(FIELDS))).sum(axis=1).astype(np.uint8)


def _field_bits(p: Postings) -> Array:
    """Bit f for each term: does it occur in field f?"""
    bits = _BITS[p.codes]
    bits[p.rare_at] = ((p.rare_counts > 0) << np.arange(len(FIELDS))).sum(axis=1)
    out = np.zeros(len(p.df), np.uint8)
    some = p.df > 0
    if some.any():
        first = (np.cumsum(p.df) - p.df)[some]
        out[some] = np.bitwise_or.reduceat(bits, first.astype(np.int64))
    return out


def _tables(tab: ArrayWriter, t: Tables) -> None:
    u = np.uint32
    ids = [id_key(i) for i in t.ids]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    strings.write(tab, "id", [ids[i] for i in order])
    tab.add("id.doc", np.array(order, u))
    tab.add("doc.key", np.fromiter(map(tie_key, ids), np.uint64, len(ids)))
    tab.add("doc.published", t.published)
    tab.add("doc.date", t.date)
    by_title = sorted(range(len(t.titles)), key=t.titles.__getitem__)
    keys = "\n".join(t.titles[i] for i in by_title).encode("utf-8", "replace")
    tab.add("title.keys", np.frombuffer(zstandard.compress(keys), np.uint8))
    tab.add("title.doc", np.array(by_title, u))
    tab.add("doc.lengths", t.lengths.ravel())
    tab.add("doc.starts", t.starts.ravel())
    tab.add("doc.long", np.flatnonzero(t.long).astype(u))
    tab.add("page.first", bounds(t.pages).astype(u))
    tab.add("page.start", t.page_start)
    tab.add("page.number", t.page_number)
    tab.add("piece.first", bounds(t.pieces).astype(u))
    tab.add("piece.char", smallest(t.piece_char))
    at = bounds(t.frames)
    tab.add("frame.at", at.astype(u) if at[-1] < 1 << 32 else at.astype(np.uint64))
    for facet, rows in t.facets.items():
        columns.write(tab, facet, rows)


def vocabulary(words: WordCounts, terms: Sequence[bytes]) -> dict[str, Array]:
    """The surface words with their counts, by stem, and without the marks on their letters: arrays by
    name.
    """
    keyed = {word_key(word, stem): (word, stem, *counts) for (word, stem), counts in words.items()}
    keys = sorted(keyed)
    texts, stems, documents, occurrences = (
        zip(*map(keyed.__getitem__, keys), strict=True) if keys else ((),) * 4
    )
    # A word of deleted documents may stand for a term that this segment does not have.
    number = {text.decode(): n for n, text in enumerate(terms)}
    term = np.array([number.get(stem, 0xFFFFFFFF) for stem in stems], np.uint32)
    # Rows whose word has marks on its letters, in the order of the words without them.
    joined = "\n".join(texts)
    plain = joined.translate({ord(c): fold(c) for c in set(joined)}).split("\n") if texts else []
    marked = [row for row, folded in enumerate(plain) if folded != texts[row]]
    return strings.arrays("words", keys) | {
        "words.documents": signed(np.array(documents, np.int64)),
        "words.occurrences": signed(np.array(occurrences, np.int64)),
        "words.term": term,
        "words.by_stem": np.array(sorted(range(len(stems)), key=stems.__getitem__), np.uint32),
        "words.folded": np.array(sorted(marked, key=plain.__getitem__), np.uint32),
    }


def signed(values: Array) -> Array:
    """``values`` as the smallest signed type that holds them."""
    sizes: Array = abs(values)
    top = int(sizes.max(initial=0))
    return values.astype(np.int16 if top < 1 << 15 else np.int32 if top < 1 << 31 else np.int64)


def id_key(id_: str) -> bytes:
    """An id as it stands in the table of ids, where a newline ends a string."""
    return id_.encode("utf-8", "replace").replace(b"\\", b"\\\\").replace(b"\n", b"\\n")


def id_of_key(key: bytes) -> str:
    return re.sub(rb"\\(.)", lambda m: b"\n" if m[1] == b"n" else m[1], key).decode()


def tie_key(id_: bytes) -> int:
    """Decides between documents of the same score and date, the same way in whichever segment they lie."""
    return int.from_bytes(blake2b(id_, digest_size=8).digest(), "big")


def word_key(word: str, stem: str) -> bytes:
    """(word, stem) as one string: ``böckerna``, ``bok`` → ``böckerna⇥1ok``: one letter shared, then
    ``ok``.
    """
    most = min(9, len(stem))
    shared = most if word.startswith(stem[:most]) else _shared(word, stem[:most])
    return f"{word}\t{shared}{stem[shared:]}".encode()


def _shared(a: str, b: str) -> int:
    """How many letters two words have in common at their beginnings."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def split_word_key(key: bytes) -> tuple[str, str]:
    word, _, rest = key.decode().partition("\t")
    return word, word[: int(rest[0])] + rest[1:]
