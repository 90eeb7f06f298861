"""How is an index made, added to, and merged? ``write``, ``append``, ``optimise``: one writer at a time.

1. Documents are collected: words become numbers, pages compressed frames (in several processes if asked).
2. Every distinct word is analysed once: its stem, its parts; these are the terms, sorted.
3. Each chunk of words is sorted into a run of postings (in the same processes).
4. Runs are merged into the files of one segment.
5. Table of contents and engine.json are replaced; a reader that is open keeps the files it has.

Not for what a word means (``analysers``) nor for reading.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import perf_counter

import numpy as np

from indexer.engine import assemble, merge, meta
from indexer.engine.assemble import WordCounts
from indexer.engine.codec import Segment
from indexer.engine.collect import Collector, Meaning, Tables, Words, open_run, train
from indexer.engine.postings import Source
from indexer.engine.schema import INDEX_NAME, PART
from indexer.engine.segment import SegmentData
from indexer.engine.workers import Analysers, Worker, start
from indexer.errors import SearchIndexError
from indexer.language import WordForms, analyser
from indexer.model import Document

Progress = Callable[[int], None]
"""Told how many documents have been taken in so far."""

BATCH = 1_000_000
"""Characters of text that go to a process at a time."""
MOST_SEGMENTS = 8
"""More than these are merged when documents are appended: every segment is asked for every term."""


@dataclass(frozen=True, slots=True)
class WriteReport:
    documents: int  # in the index afterwards
    added: int
    deleted: int
    segments: int
    bytes_in: int  # characters of page text taken in
    bytes_out: int  # size of the index
    seconds: float


def write(
    directory: Path,
    documents: Iterable[Document],
    *,
    analysers: Analysers = analyser,
    workers: int = 1,
    progress: Progress | None = None,
    about: Mapping[str, object] | None = None,
) -> WriteReport:
    """Makes a new index of ``documents`` in ``directory``, which must not hold one.

    Texts are indexed as they are: cleaned by ``language.normalise`` and masked before. Of documents with the
    same id the last counts. ``about`` is kept in engine.json. Raises IndexLocked, SearchIndexError.
    """
    begun = perf_counter()
    with meta.lock(directory):
        if (directory / meta.META).exists():
            raise SearchIndexError(f"{directory} holds an index already: choose an empty directory.")
        made = _make(directory, documents, analysers, workers, progress)
        segments = [made.segment] if made.segment.documents else []
        meta.commit(directory, segments, {**(about or {}), "analysis": made.fingerprints})
        return _report(directory, segments, made, 0, begun)


def append(
    directory: Path,
    documents: Iterable[Document],
    deleted_ids: Iterable[str] = (),
    *,
    analysers: Analysers = analyser,
    workers: int = 1,
    progress: Progress | None = None,
    about: Mapping[str, object] | None = None,
) -> WriteReport:
    """Adds ``documents`` as a new segment and deletes those of ``deleted_ids`` and the former versions of
    the added.

    What a search answers afterwards is what a new index of the same documents would answer. A reader that is
    open keeps answering from the state it was opened on. Raises IndexMissing, IndexDamaged, IndexLocked, and
    SearchIndexError when words have been analysed otherwise.
    """
    begun = perf_counter()
    with meta.lock(directory):
        held = meta.read(directory)
        segments = meta.segments(directory, held)
        data = [SegmentData(directory, s.segment_id()) for s in segments]
        analysis: dict[str, str] = dict(held["about"].get("analysis", {}))
        for language, fingerprint in analysis.items():
            if analysers(language).fingerprint != fingerprint:
                raise SearchIndexError(
                    f"Words are analysed otherwise than when {directory} was built: build it again with "
                    "'kompass index --full'."
                )
        gone = set(deleted_ids)

        def seen() -> Iterator[Document]:
            for document in documents:
                gone.add(document.id)
                yield document

        made = _make(
            directory,
            seen(),
            analysers,
            workers,
            progress,
            dictionary=data[0].dictionary if data else None,
            less=lambda: _counts_of(data, merge.places(data, segments, gone), analysers),
        )
        places = merge.places(data, segments, gone)
        for s, doc in places:
            segments[s].delete_document(doc)
        deleted = len(places)
        if made.segment.documents or deleted:
            segments.append(made.segment)
        analysis.update(made.fingerprints)
        segments = _merge_small(directory, segments)
        meta.commit(directory, segments, {**held["about"], **(about or {}), "analysis": analysis})
        return _report(directory, segments, made, deleted, begun)


def optimise(directory: Path) -> None:
    """Merges all segments into one, without what was deleted. Raises as ``append``."""
    with meta.lock(directory):
        held = meta.read(directory)
        segments = meta.segments(directory, held)
        if len(segments) > 1 or any(s.has_deletions() for s in segments):
            meta.commit(directory, [merge.merge(directory, segments)], held["about"])


def _report(directory: Path, segments: list[Segment], made: _Made, deleted: int, begun: float) -> WriteReport:
    size = sum(f.stat().st_size for f in directory.iterdir() if f.is_file())
    return WriteReport(
        sum(s.doc_count() for s in segments),
        made.segment.doc_count(),
        deleted,
        len(segments),
        made.bytes,
        size,
        perf_counter() - begun,
    )


# --- one new segment


@dataclass(frozen=True, slots=True)
class _Made:
    segment: Segment
    bytes: int
    fingerprints: dict[str, str]


def _make(
    directory: Path,
    documents: Iterable[Document],
    analysers: Analysers,
    workers: int,
    progress: Progress | None,
    dictionary: bytes | None = None,
    less: Callable[[], WordCounts] | None = None,
) -> _Made:
    """``dictionary``: of zstd, None: trained; ``less``: counts of the words of documents that go."""
    segment = Segment(INDEX_NAME)
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    with tempfile.TemporaryDirectory(prefix=".build-", dir=directory) as folder:
        if dictionary is None:
            documents = iter(documents)
            sample = _sample(documents)
            dictionary = train(sample)
            documents = chain(sample, documents)
        collectors = start(Path(folder), dictionary, analysers, max(1, workers))
        try:
            for number, (batch, done) in enumerate(_batches(documents)):
                collectors[number % len(collectors)].add(batch)
                if progress:
                    progress(done)
            words = [c.words() for c in collectors]
            forms = _analyse(words, collectors)
            terms, meanings = _number(words, forms)
            tables = [c.tables() for c in collectors]
            base = 0
            for collector, meaning, table in zip(collectors, meanings, tables, strict=True):
                collector.finish(meaning, base)
                base += len(table.ids)
            sources: list[Source] = [open_run(path) for c in collectors for path in c.runs()]
            _count(counts, words, forms)
            if less:
                for key, (df, cf) in less().items():
                    had = counts.get(key, (0, 0))
                    counts[key] = (had[0] - df, had[1] - cf)
            table = Tables.join(tables)
            assemble.segment(
                directory,
                segment.segment_id(),
                terms=terms,
                sources=sources,
                tables=table,
                frames=_read(c.frames for c in collectors),
                dictionary=dictionary,
                words=counts,
            )
        finally:
            for collector in collectors:
                collector.close()
    segment.set_doc_count(len(table.ids))
    last = {id_: n for n, id_ in enumerate(table.ids)}
    segment.deleted = set(range(len(table.ids))) - set(last.values())
    languages = {language for w in words for language, _ in w.known}
    return _Made(
        segment, sum(w.characters for w in words), {x: analysers(x).fingerprint for x in sorted(languages)}
    )


def _sample(documents: Iterator[Document], most: int = 3_000_000) -> list[Document]:
    sample, size = [], 0
    for document in documents:
        sample.append(document)
        size += sum(len(p.text) for p in document.text) + 400
        if size > most:
            break
    return sample


def _batches(documents: Iterable[Document]) -> Iterator[tuple[list[Document], int]]:
    """Documents in portions of about BATCH characters, with the number of documents so far."""
    batch: list[Document] = []
    size = done = 0
    for document in documents:
        batch.append(document)
        size += sum(len(p.text) for p in document.text) + 1000
        if size >= BATCH:
            done += len(batch)
            yield batch, done
            batch, size = [], 0
    if batch:
        yield batch, done + len(batch)


def _read(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while data := file.read(1 << 22):
                yield data


def _analyse(words: Sequence[Words], collectors: Sequence[Worker]) -> dict[tuple[str, str], WordForms]:
    """Stem and parts of every distinct (language, word), each analysed once, shared between the processes."""
    distinct = list(dict.fromkeys(chain.from_iterable(w.known for w in words)))
    step = -(-len(distinct) // len(collectors)) or 1
    shares = [distinct[i : i + step] for i in range(0, len(distinct), step)]
    for collector, share in zip(collectors[::-1], shares, strict=False):
        collector.begin_analysis(share)  # the last collector is this process: the others begin first
    found: list[WordForms] = []
    for collector, _ in reversed(list(zip(collectors[::-1], shares, strict=False))):
        found = collector.analysed() + found
    return dict(zip(distinct, found, strict=True))


def _number(
    words: Sequence[Words], forms: Mapping[tuple[str, str], WordForms]
) -> tuple[list[bytes], list[Meaning]]:
    """The sorted terms, and what each collector's words are in them."""
    texts = {f.stem for f in forms.values()}
    texts.update(PART + p for f in forms.values() for p in f.parts)
    terms = sorted(t.encode("utf-8", "replace") for t in texts)
    number = {t.decode(): n for n, t in enumerate(terms)}
    meanings = []
    for w in words:
        mine = [forms[key] for key in w.known]
        stems = np.fromiter((number[f.stem] for f in mine), np.uint32, len(mine))
        sizes = np.fromiter((len(f.parts) for f in mine), np.int64, len(mine))
        parts = np.fromiter((number[PART + p] for f in mine for p in f.parts), np.uint32, int(sizes.sum()))
        meanings.append(Meaning(stems, assemble.bounds(sizes), parts))
    return terms, meanings


def _count(
    counts: dict[tuple[str, str], tuple[int, int]],
    words: Sequence[Words],
    forms: Mapping[tuple[str, str], WordForms],
) -> None:
    for w in words:
        for key, df, cf in zip(w.known, w.documents.tolist(), w.occurrences.tolist(), strict=True):
            row = (key[1], forms[key].stem)
            had = counts.get(row)
            counts[row] = (df, cf) if had is None else (had[0] + df, had[1] + cf)


def _counts_of(
    data: Sequence[SegmentData], places: Sequence[tuple[int, int]], analysers: Analysers
) -> dict[tuple[str, str], tuple[int, int]]:
    """The word counts of some documents of the index, so that the vocabulary stays exact when they go."""
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    if places:
        with tempfile.TemporaryDirectory() as folder:
            collector = Collector(Path(folder))
            collector.add(merge.document(data[s], doc) for s, doc in places)
            words = collector.words()
        _count(counts, [words], {key: analysers(key[0]).word(key[1]) for key in words.known})
    return counts


def _merge_small(directory: Path, segments: list[Segment]) -> list[Segment]:
    """Merges the smallest segments when there are more than MOST_SEGMENTS; half of that many are left."""
    if len(segments) <= MOST_SEGMENTS:
        return segments
    by_size = sorted(segments, key=lambda s: -s.documents)
    keep = MOST_SEGMENTS // 2
    return [*by_size[:keep], merge.merge(directory, by_size[keep:])]
