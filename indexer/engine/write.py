"""How is an index made, added to, and merged? ``write``, ``append``, ``optimise``: one writer at a time.

1. Documents are collected: words become numbers, pages compressed frames (in several processes if asked).
2. Every distinct word is analysed once: its stem, its parts; these are the terms, sorted.
3. Each chunk of words is sorted into a run of postings (in the same processes).
4. Runs are merged into the files of one segment.
5. Table of contents and engine.json are replaced; a reader that is open keeps the files it has.

Not for what a word means (``indexer.language``) nor for reading.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

import numpy as np

from indexer.engine import assemble, merge, meta
from indexer.engine.arrays import Array
from indexer.engine.assemble import WordCounts
from indexer.engine.codec import Segment
from indexer.engine.collect import SAMPLE, Collector, Meaning, Tables, Words, train
from indexer.engine.postings import bounds
from indexer.engine.runs import open_runs
from indexer.engine.schema import INDEX_NAME, PART
from indexer.engine.segment import EXTENSIONS, SegmentData
from indexer.engine.workers import Forms, Rest, Worker, begin, start
from indexer.errors import SearchIndexError
from indexer.language import analyser
from indexer.model import Document

BATCH = 500_000
"""Characters of text that go to a process at a time."""
MOST_SEGMENTS = 8
"""More than these are merged when documents are appended: every segment is asked for every term."""


def write(
    directory: Path,
    documents: Iterable[Document],
    *,
    workers: int = 1,
) -> int:
    """Makes a new index of ``documents`` in ``directory``, which must not hold one; gives how many it holds.

    Texts are indexed as they are: cleaned by ``language.normalise`` and masked before. Of documents with the
    same id the last counts. Raises IndexLocked, SearchIndexError.
    """
    with meta.lock(directory):
        if (directory / meta.META).exists():
            raise SearchIndexError(f"{directory} holds an index already: choose an empty directory.")
        made = _make(directory, documents, workers)
        segments = [made.segment] if made.segment.documents else []
        meta.commit(directory, segments, {"analysis": made.fingerprints})
        return made.segment.doc_count()  # type: ignore[no-any-return]


def append(
    directory: Path,
    documents: Iterable[Document],
    deleted_ids: Iterable[str] = (),
) -> int:
    """Adds ``documents`` as a new segment and deletes those of ``deleted_ids`` and the former versions of
    the added.

    What a search answers afterwards is what a new index of the same documents would answer. A reader that is
    open keeps answering from the state it was opened on. Gives how many documents the index holds. Raises
    IndexMissing, IndexDamaged, IndexLocked, and SearchIndexError when words have been analysed otherwise.
    """
    with meta.lock(directory):
        held = meta.read(directory)
        segments = meta.segments(directory, held)
        data = [SegmentData(directory, s.segment_id()) for s in segments]
        analysis: dict[str, str] = dict(held["about"].get("analysis", {}))
        for language, fingerprint in analysis.items():
            if analyser(language).fingerprint != fingerprint:
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
            1,
            dictionary=data[0].dictionary if data else None,
            less=lambda: _counts_of(data, _places_of(gone, data, segments)),
        )
        places = _places_of(gone, data, segments)
        for s, doc in places:
            segments[s].delete_document(doc)
        if made.segment.documents or places:
            segments.append(made.segment)
        analysis.update(made.fingerprints)
        segments = _merge_small(directory, segments)
        meta.commit(directory, segments, {**held["about"], "analysis": analysis})
        return sum(s.doc_count() for s in segments)


def optimise(directory: Path) -> None:
    """Merges all segments into one, without what was deleted. Raises as ``append``."""
    with meta.lock(directory):
        held = meta.read(directory)
        segments = meta.segments(directory, held)
        if len(segments) > 1 or any(s.has_deletions() for s in segments):
            meta.commit(directory, [merge.merge(directory, segments)], held["about"])


# --- one new segment


@dataclass(frozen=True, slots=True)
class _Made:
    segment: Segment
    fingerprints: dict[str, str]


def _make(
    directory: Path,
    documents: Iterable[Document],
    workers: int,
    dictionary: bytes | None = None,
    less: Callable[[], WordCounts] | None = None,
) -> _Made:
    """``dictionary``: of zstd, None: trained; ``less``: counts of the words of documents that go."""
    segment = Segment(INDEX_NAME)
    with tempfile.TemporaryDirectory(prefix=meta.SCRATCH, dir=directory) as folder:
        if dictionary is None:
            documents = iter(documents)
            sample = _sample(documents)
            dictionary = train(sample)
            documents = chain(sample, documents)
        collectors = start(Path(folder), dictionary, max(1, workers))
        try:
            turns = _collect(documents, collectors)
            with _without_collection():
                words, ids = _finish(directory, segment.segment_id(), collectors, dictionary, less)
        finally:
            for collector in collectors:
                collector.close()
    segment.set_doc_count(len(ids))
    segment.deleted = _outdated(ids, turns)
    languages = {language for w in words for language, _ in w.known}
    return _Made(segment, {x: analyser(x).fingerprint for x in sorted(languages)})


def _collect(documents: Iterable[Document], collectors: Sequence[Worker]) -> list[int]:
    """Step 1; gives when each document came, in the order in which they are held."""
    given: list[list[range]] = [[] for _ in collectors]
    for batch, done in _batches(documents):
        number = next(n for n, c in enumerate(collectors) if not c.busy)
        collectors[number].add(batch)
        given[number].append(range(done - len(batch), done))
    return list(chain.from_iterable(chain.from_iterable(given)))


def _finish(
    directory: Path,
    name: str,
    collectors: Sequence[Worker],
    dictionary: bytes,
    less: Callable[[], WordCounts] | None,
) -> tuple[list[Words], list[str]]:
    """Steps 2 to 4: the files of segment ``name``; gives its words by collector and its ids.

    The other process works at what it was asked for until its answer is fetched.
    """
    # 2. What the words are.
    words: list[Words] = begin(collectors, "words", repeat(()))()
    known = list(dict.fromkeys(chain.from_iterable(w.known for w in words)))
    forms = _analyse(known, collectors)
    asked = begin(collectors, "tables", repeat(()))
    terms, meaning = _number(*forms)
    places = _places(known, words)
    tables: list[Tables] = asked()
    # 3. Runs of postings; meanwhile the words are counted.
    bases = bounds(np.array([len(t.ids) for t in tables]))[:-1].tolist()
    meanings = ((meaning.of(at), base) for at, base in zip(places, bases, strict=True))
    asked = begin(collectors, "finish", meanings)
    counts = _count(known, forms[0], words, places)
    if less:
        for key, (df, cf) in less().items():
            had = counts.get(key, (0, 0))
            counts[key] = (had[0] - df, had[1] - cf)
    table = Tables.join(tables)
    sources = list(open_runs(chain.from_iterable(asked())))
    # 4. One segment; meanwhile texts and vocabulary are written.
    rest = Rest(counts, terms, [c.frames for c in collectors], directory / (name + EXTENSIONS[-1]))
    assemble.segment(
        directory,
        name,
        terms=terms,
        sources=sources,
        tables=table,
        dictionary=dictionary,
        words=collectors[0].begin("rest", rest),
    )
    return words, table.ids


@contextmanager
def _without_collection() -> Iterator[None]:
    """Python does not look for cycles: millions of strings and tuples are made, which cannot be in one.

    Looking took a tenth of all the time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _sample(documents: Iterator[Document]) -> list[Document]:
    sample, size = [], 0
    for document in documents:
        sample.append(document)
        size += sum(len(p.text) for p in document.text) + 400
        if size > SAMPLE:
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


def _outdated(ids: Sequence[str], turn: Sequence[int]) -> set[int]:
    """Documents whose id comes again later; ``turn``: when each came."""
    last: dict[str, int] = {}
    for n, id_ in enumerate(ids):
        other = last.get(id_)
        if other is None or turn[other] < turn[n]:
            last[id_] = n
    return set(range(len(ids))) - set(last.values()) if len(last) < len(ids) else set()


def _analyse(known: list[tuple[str, str]], collectors: Sequence[Worker]) -> Forms:
    """Stems and parts of every (language, word), shared between the processes."""
    step = -(-len(known) // len(collectors)) or 1
    shares = ((known[i : i + step],) for i in range(0, len(known), step))
    found = begin(collectors, "analyse", shares)()
    stems, parts = (list(chain.from_iterable(f[i] for f in found)) for i in (0, 1))
    return stems, parts


def _number(stems: Sequence[str], parts: Sequence[tuple[str, ...]]) -> tuple[list[bytes], Meaning]:
    """The sorted terms, and what the words are in them."""
    every = list(chain.from_iterable(parts))
    distinct = set(every)
    texts = {*stems, *(PART + p for p in distinct)}
    terms = sorted(t.encode("utf-8", "replace") for t in texts)
    number = {t.decode(): n for n, t in enumerate(terms)}
    of_part = {p: number[PART + p] for p in distinct}
    sizes = np.fromiter(map(len, parts), np.int64, len(parts))
    return terms, Meaning(
        np.fromiter(map(number.__getitem__, stems), np.uint32, len(stems)),
        bounds(sizes),
        np.fromiter(map(of_part.__getitem__, every), np.uint32, len(every)),
    )


def _places(known: Sequence[tuple[str, str]], words: Sequence[Words]) -> list[Array]:
    """Where the words of each collector are in ``known``, which holds those of all: int64."""
    if len(words) == 1:
        return [np.arange(len(known))]
    number = {key: n for n, key in enumerate(known)}
    return [np.fromiter(map(number.__getitem__, w.known), np.int64, len(w.known)) for w in words]


def _count(
    known: Sequence[tuple[str, str]],
    stems: Sequence[str],
    words: Sequence[Words],
    places: Sequence[Array],
) -> dict[tuple[str, str], tuple[int, int]]:
    """Documents and occurrences of every (word, stem)."""
    documents, occurrences = np.zeros((2, len(known)), np.int64)
    for w, at in zip(words, places, strict=True):
        documents[at] += w.documents
        occurrences[at] += w.occurrences
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    rows = zip(known, stems, documents.tolist(), occurrences.tolist(), strict=True)
    for (_, word), stem, df, cf in rows:
        if not cf:  # a half of a word: counted as it is written
            continue
        row = (word, stem)
        had = counts.get(row)
        counts[row] = (df, cf) if had is None else (had[0] + df, had[1] + cf)
    return counts


def _places_of(
    ids: set[str], data: Sequence[SegmentData], segments: Sequence[Segment]
) -> list[tuple[int, int]]:
    """(segment, document) of the documents with these ids that are not deleted."""
    keys = list(map(assemble.id_key, ids))
    return [
        (s, doc)
        for s, (d, segment) in enumerate(zip(data, segments, strict=True))
        for key in keys
        for doc in d.versions(key)
        if not segment.is_deleted(doc)
    ]


def _counts_of(
    data: Sequence[SegmentData], places: Sequence[tuple[int, int]]
) -> dict[tuple[str, str], tuple[int, int]]:
    """The word counts of some documents of the index, so that the vocabulary stays exact when they go."""
    if not places:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        collector = Collector(Path(folder))
        collector.add(data[s].document(doc) for s, doc in places)
        words = collector.words()
    stems = [analyser(language).word(word).stem for language, word in words.known]
    return _count(words.known, stems, [words], [np.arange(len(words.known))])


def _merge_small(directory: Path, segments: list[Segment]) -> list[Segment]:
    """Merges the smallest segments when there are more than MOST_SEGMENTS; half of that many are left."""
    if len(segments) <= MOST_SEGMENTS:
        return segments
    by_size = sorted(segments, key=lambda s: -s.documents)
    keep = MOST_SEGMENTS // 2
    return [*by_size[:keep], merge.merge(directory, by_size[keep:])]
