"""How do several segments become one?

Postings, tables and frames are taken over as they are, without analysing a text again; what was deleted stays
behind. Not for deciding when to merge (``write``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from indexer.engine import assemble, strings
from indexer.engine.arrays import Array
from indexer.engine.codec import Segment
from indexer.engine.collect import Tables
from indexer.engine.columns import MULTIPLE, Column, Rows
from indexer.engine.postings import RARE, Postings, spread
from indexer.engine.schema import INDEX_NAME
from indexer.engine.segment import EXTENSIONS, SegmentData
from indexer.model import FACETS


def merge(directory: Path, segments: Sequence[Segment]) -> Segment:
    """One segment out of several, without their deleted documents."""
    merged = Segment(INDEX_NAME)
    data = [SegmentData(directory, s.segment_id()) for s in segments]
    terms, maps = strings.union(d.terms.all() for d in data)
    base = 0
    sources: list[_Source] = []
    tables: list[Tables] = []
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    keeps: list[Array] = []
    for segment, d, terms_of in zip(segments, data, maps, strict=True):
        live = np.ones(d.documents, bool)
        live[list(segment.deleted)] = False
        new = np.where(live, np.cumsum(live) - 1 + base, -1)
        base += int(live.sum())
        sources.append(_Source(d, terms_of, new))
        keep = np.flatnonzero(live)
        keeps.append(keep)
        tables.append(_tables(d, keep))
        _add_words(counts, d)
    used = np.zeros(len(terms), bool)
    for source in sources:
        used[source.terms] = True
    number = (np.cumsum(used) - 1).astype(np.uint32)
    for source in sources:
        source.terms = number[source.terms]
    left = [t for t, u in zip(terms, used.tolist(), strict=True) if u]
    # Less than none: words of documents that lay in segments which are not merged here.
    words = {key: c for key, c in counts.items() if c != (0, 0)}
    assemble.segment(
        directory,
        merged.segment_id(),
        terms=left,
        sources=sources,
        tables=Tables.join(tables),
        dictionary=data[0].dictionary,
        words=lambda: assemble.vocabulary(words, left),
    )
    assemble.frames(directory / (merged.segment_id() + EXTENSIONS[-1]), _frames(data, keeps))
    merged.set_doc_count(base)
    return merged


class _Source:
    """A segment as a source of postings for ``assemble``.

    ``terms``: what its terms are numbered in the merged dictionary; ``new_number``: what its documents
    become, -1 for those that are left out. Terms that only those have are left out too.
    """

    def __init__(self, data: SegmentData, terms: Array, new_number: Array) -> None:
        self._data = data
        self._new = new_number
        df = np.diff(data.starts(0, len(data.terms)).astype(np.int64))
        if (new_number < 0).any():
            some = [self._renumbered(t, min(t + 4096, len(df))).df for t in range(0, len(df), 4096)]
            df = np.concatenate([df[:0], *some])
        self._rows = np.flatnonzero(df)
        self.terms = terms[self._rows]
        self.df = df[self._rows]

    def read(self, start: int, stop: int) -> Postings:
        if start == stop:
            return self._renumbered(0, 0)
        found = self._renumbered(int(self._rows[start]), int(self._rows[stop - 1]) + 1)
        return found._replace(terms=self.terms[start:stop], df=found.df[found.df > 0])

    def _renumbered(self, start: int, stop: int) -> Postings:
        data = self._data
        found = data.postings(start, stop)
        a, b = found.first, found.first + len(found.docs)
        rare = a + np.flatnonzero(found.codes == RARE)
        at = np.searchsorted(data.positions.rare_at, rare)
        positions = data.positions.stretch(a, b) if b > a else np.empty(0, np.uint16)
        df = np.diff(data.starts(start, stop).astype(np.int64))
        here = Postings(
            np.arange(start, stop, dtype=np.uint32), df, found.docs, found.codes, rare - a,
            data.positions.rare_counts[at], data.positions.rare_slots[at], positions,
        )  # fmt: skip
        return renumber(here, self._new)


def renumber(postings: Postings, new_number: Array) -> Postings:
    """Postings of a segment with its documents renumbered; those that become -1 are left out."""
    docs = new_number[postings.docs]
    keep = docs >= 0
    if keep.all():
        return postings._replace(docs=docs.astype(np.uint32))
    slots = postings.slots()
    term = np.repeat(np.arange(len(postings.df)), postings.df)
    rare_keep = keep[postings.rare_at]
    new_at = np.cumsum(keep) - 1
    return Postings(
        postings.terms,
        np.bincount(term[keep], minlength=len(postings.df)).astype(np.uint32),
        docs[keep].astype(np.uint32),
        postings.codes[keep],
        new_at[postings.rare_at[rare_keep]].astype(np.uint32),
        postings.rare_counts[rare_keep],
        postings.rare_slots[rare_keep],
        postings.positions[np.repeat(keep, slots)],
    )


def _add_words(counts: dict[tuple[str, str], tuple[int, int]], data: SegmentData) -> None:
    rows = data.words.all()
    documents = data.tab["words.documents"].all().tolist()
    occurrences = data.tab["words.occurrences"].all().tolist()
    for key, df, cf in zip(map(assemble.split_word_key, rows), documents, occurrences, strict=True):
        had = counts.get(key, (0, 0))
        counts[key] = (had[0] + df, had[1] + cf)


def _tables(data: SegmentData, keep: Array) -> Tables:
    """The tables of the documents ``keep`` (ascending) of a segment."""
    tab = data.tab
    ids = [""] * data.documents
    for doc, id_ in zip(tab["id.doc"].all().tolist(), data.ids.all(), strict=True):
        ids[doc] = assemble.id_of_key(id_)
    titles = [""] * data.documents
    for doc, key in zip(tab["title.doc"].all().tolist(), data.title_keys(), strict=True):
        titles[doc] = key
    docs = keep.tolist()
    facets: dict[str, Rows] = {}
    for facet in FACETS:
        column = Column(facet, [tab], [0])
        at, codes = column.pairs(keep)
        rows: list[list[str]] = [[] for _ in docs]
        for n, code in zip(at.tolist(), codes.tolist(), strict=True):
            rows[n].append(column.values[code])
        facets[facet] = [tuple(row) for row in rows] if facet in MULTIPLE else [row[0] for row in rows]
    first = data.page_first.astype(np.int64)
    pages = np.diff(first)[keep]
    page = spread(first[keep], pages)
    piece_first = tab["piece.first"].all().astype(np.int64)
    pieces = np.diff(piece_first)[page]
    piece = spread(piece_first[page], pieces)
    sizes = np.diff(data.frame_at.astype(np.int64))
    long = data.positions.long
    return Tables(
        [ids[d] for d in docs],
        facets,
        tab["doc.published"].all()[keep],
        tab["doc.date"].all()[keep],
        [titles[d] for d in docs],
        data.lengths[keep],
        data.field_starts[keep],
        long[keep] if long is not None else np.zeros(len(keep), bool),
        pages.astype(np.uint32),
        data.page_starts[page],
        data.page_numbers[page],
        pieces.astype(np.uint32),
        tab["piece.char"].all()[piece],
        sizes[spread(first[keep] + 2 * keep, pages + 2)].astype(np.uint32),
    )


def _frames(data: Sequence[SegmentData], keeps: Sequence[Array]) -> Iterator[bytes]:
    """The frames of the documents that are kept, as they are: all segments of an index share one
    dictionary.
    """
    for d, keep in zip(data, keeps, strict=True):
        for stretch in np.split(keep, np.flatnonzero(np.diff(keep) != 1) + 1):
            if len(stretch):
                first, stop = d.frames(int(stretch[0]))[0], d.frames(int(stretch[-1]))[1]
                yield from d.raw_frames(first, stop)
