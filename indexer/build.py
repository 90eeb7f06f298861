"""Catalogue → a new generation of the index, beside the old one → verified → ``CURRENT`` moved.

Killed at any point, the generation in use stays whole and in use; what was half built is removed by the next
builder. Not for deciding what a document is (``indexer.ingest``) nor for postings (``indexer.engine``).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from calendar import timegm
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import Any

from indexer import generation, history, moments
from indexer.addresses import Addresses, others
from indexer.catalogue import Catalogue
from indexer.config import number
from indexer.engine.reader import Reader
from indexer.engine.similar import EVERYTHING
from indexer.engine.write import write
from indexer.enrich.personal import mask_addresses
from indexer.errors import IndexDamaged, IndexLocked, SearchIndexError
from indexer.files import alone, renew, sync
from indexer.history import Dates, History
from indexer.language import fingerprint, suggest
from indexer.language.spelling import Speller
from indexer.language.suggest import Suggester
from indexer.language.thesaurus import Thesaurus
from indexer.model import UNKNOWN, Document, Generation, Gone, Progress, SourceStatus
from indexer.packing import to_json
from indexer.vocabulary import Vocabulary, default_directory


@dataclass(frozen=True)
class Contents:
    """What an index is to hold: documents and their fingerprints by id, how the sources stand, what was held
    once (asked only when no index below the directory tells it), and ids that no index may hold any more."""

    fingerprints: Mapping[str, str]
    documents: Callable[[], Iterator[Document]]
    statuses: Sequence[SourceStatus]
    gone: Callable[[], Iterable[Gone]] = tuple
    removed: Set[str] = frozenset()


def contents(
    catalogues: Sequence[Catalogue],
    statuses: Sequence[SourceStatus],
    kept: Mapping[str, Document] | None = None,
) -> Contents:
    """All that the catalogues hold, and ``kept`` (by id); what an earlier one holds hides what a later one
    does. The catalogues must stay open until the index is built."""
    kept = kept or {}
    fingerprints = {i: hashlib.sha256(to_json(d).encode()).hexdigest() for i, d in kept.items()}
    for catalogue in reversed(catalogues):
        fingerprints |= catalogue.fingerprints()

    def documents() -> Iterator[Document]:
        seen: set[str] = set()
        for document in chain(*(c.documents() for c in catalogues), kept.values()):
            if document.id not in seen:
                seen.add(document.id)
                yield mask_addresses(document)

    return Contents(
        fingerprints,
        documents,
        statuses,
        lambda: chain.from_iterable(c.gone() for c in catalogues),
        frozenset().union(*(c.removals() for c in catalogues)),
    )


@dataclass(frozen=True)
class Built:
    generation: Generation
    new: bool  # False: the generation in use already holds exactly this
    seconds: float


def build(index: Path, contents: Contents, *, force: bool = False, progress: Progress | None = None) -> Built:
    """Put a generation with ``contents`` in use below ``index``; ``force`` also when nothing has changed.

    Raises IndexLocked when someone else is building, VocabularyError for a mistake in the thesaurus, and
    IndexDamaged when the new generation does not hold what was put in; the one in use before stays in use.
    """
    started = time.monotonic()
    with lock(index):
        _clear(index)
        Thesaurus.load(default_directory().with_name("thesaurus"))  # a mistake is told before an hour's work
        in_use = _in_use(index)
        wanted = _fingerprints(contents)
        if in_use and not force and all(in_use.get(k) == v for k, v in wanted.items()):
            _prune_removed(index, contents.removed)
            return Built(generation.described(in_use), False, time.monotonic() - started)
        try:
            made = _make(index, contents, wanted, progress, None if force else in_use)
        except BaseException:  # on a full disk what is half built would keep it full
            _clear(index)
            raise
        prune(index, keep=int(number("generations")))
        _prune_removed(index, contents.removed)
        return Built(made, True, time.monotonic() - started)


def _clear(index: Path) -> None:
    """Removes what is half built or half removed."""
    for leftover in index.glob(".*.building"):
        _remove(leftover)


def _remove(directory: Path) -> None:
    try:
        shutil.rmtree(directory)
    except OSError as e:
        raise SearchIndexError(
            f"{directory} is not needed any more and cannot be removed: {e.strerror}. Look at its owner and "
            "permissions (was a command run as another user?) and remove it; the index in use is whole."
        ) from None


def _make(
    index: Path,
    contents: Contents,
    wanted: Mapping[str, str],
    progress: Progress | None,
    before: Mapping[str, Any] | None,
) -> Generation:
    name = _name(index, wanted["corpus"])
    directory = index / f".{name}.building"
    directory.mkdir()
    dates: dict[str, Dates] | None = None
    if before and all(before.get(k) == wanted[k] for k in wanted if k != "statuses"):
        count = _linked(index / before["id"], before, directory)
    else:
        dates = {}
        count = write(directory, _counted(contents, dates, progress), workers=_workers(contents))
        if progress:
            progress("words", 0, None)
        _words(directory, Reader(directory))
    for folder in ("vocabulary", "thesaurus"):
        (directory / folder).mkdir()
        for file in default_directory().with_name(folder).iterdir():  # not its permissions, as copytree does
            shutil.copyfile(file, directory / folder / file.name)
    (directory / generation.SOURCES).write_text(to_json(list(contents.statuses)), "utf-8")
    _verify(directory, len(contents.fingerprints))
    _sync(directory)
    files = generation.listing(directory)
    past = None if dates is None else _past(index, directory, contents, dates)
    # Nothing that takes long comes after this moment, see history.stamped.
    now = time.time()
    if past is not None:
        history.write(directory, history.stamped(past, moments.written(now + 1)))
        files[history.NAME] = generation.entry(directory / history.NAME)
    made = Generation(
        name,
        moments.written(now),
        count,
        software=software(),
        analysis=wanted["analysis"],
        corpus=wanted["corpus"],
    )
    meta = {**wanted, **asdict(made), "format": generation.FORMAT, "files": files}
    generation.write_meta(directory, meta)
    _sync(directory)
    directory.rename(index / name)
    use(index, name)
    return made


def _past(index: Path, directory: Path, contents: Contents, dates: Mapping[str, Dates]) -> History:
    """What has come, changed and gone since the generation before."""
    ids, known = Reader(directory).ids(), history.last(index)
    if known is None:  # the first index, or the first since the directory was lost
        return history.following(None, ids, contents.fingerprints, dates, contents.gone())
    held = set(ids)
    left = [id_ for id_ in known[1].ids if id_ not in held]
    return history.following(
        known[1], ids, contents.fingerprints, dates, _left(_opened(known[0]) if left else None, left)
    )


def _left(reader: Reader | None, ids: Sequence[str]) -> Iterator[Gone]:
    """Documents that ``reader`` holds and the new generation does not."""
    for id_ in ids:
        n = reader.number(id_) if reader else None
        d = reader.document(n, whole=False) if reader and n is not None else None
        yield Gone(id_, "", d.municipalities, d.kind) if d else Gone(id_, "")


def _opened(directory: Path) -> Reader | None:
    """None for an index that is damaged, or of an older layout: what left it is told without its sets."""
    try:
        return Reader(directory)
    except SearchIndexError:
        return None


def _linked(old: Path, meta: Mapping[str, Any], directory: Path) -> int:
    """The documents are the same and only the state of the sources is new: the files of the engine, which are
    never written again, are shared with the generation before. Returns the number of documents."""
    for name in meta["files"]:
        if "/" not in name and name != generation.SOURCES:
            os.link(old / name, directory / name)
    return int(meta["documents"])


_ENOUGH_FOR_TWO = 2_000  # documents: below this a second process takes longer to start than it saves


def _workers(contents: Contents) -> int:
    return min(2, os.cpu_count() or 1) if len(contents.fingerprints) > _ENOUGH_FOR_TWO else 1


def _words(directory: Path, reader: Reader) -> None:
    """What did-you-mean and suggestions know: words, titles, phrases, places and years of the documents; and
    which make a series, and which are held at other addresses than they are named by.
    """
    counts: dict[str, int] = {}
    for word in reader.words:
        counts[word.text] = counts.get(word.text, 0) + word.documents
    Speller(counts).save(directory)
    vocabulary = Vocabulary.load(None)
    numbers = range(reader.documents)
    held = reader.evaluate(EVERYTHING, facets=("municipality", "year")).counts
    bodies = {o.name for o in vocabulary.organisations} | {m.name for m in vocabulary.municipalities.values()}
    bodies |= {name for c in vocabulary.counties.values() for name in (c.name, c.region, c.board)}
    titles: list[tuple[str, str]] = []
    people: set[str] = set()
    series: dict[str, list[int]] = {}
    held_at: list[tuple[str, int]] = []
    for n, d in zip(numbers, map(reader.document, numbers), strict=True):
        titles.append((d.title, d.id))
        if d.series is not None:
            series.setdefault(d.series, []).append(n)
        held_at += ((address, n) for address in others(d))
        bodies |= {d.publisher} if d.publisher else set()
        people |= {c.name for c in d.contacts if c.name}
    Suggester.build(
        titles,
        (page.text for n in numbers for page in reader.text(n)),
        {vocabulary.label("municipality", code): code for code in held["municipality"] if code != UNKNOWN},
        {int(year): n for year, n in held["year"].items() if year != UNKNOWN},
        bodies,
        people,
    ).save(directory)
    (directory / generation.SERIES).write_text(to_json(series), "utf-8")
    Addresses(held_at).save(directory)


def use(index: Path, name: str) -> None:
    """Make ``name`` the generation in use, in one step that readers see whole or not at all."""
    renew(index / "CURRENT", name + "\n")


def software() -> str:
    """Name and version of this program."""
    try:
        return f"barnrattskompassen {version('barnrattskompassen')}"
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "barnrattskompassen"


def lock(index: Path) -> AbstractContextManager[None]:
    """Be the only builder below ``index``. Raises IndexLocked, which says who is."""
    return alone(
        index / "LOCK",
        lambda who: IndexLocked(
            f"Another process is building the index in {index} ({who}). Wait for it to end, or stop it."
        ),
        SearchIndexError,
    )


def _in_use(index: Path) -> dict[str, Any] | None:
    """meta.json of the generation in use; None when there is none that can be used. Every byte is read: the
    next one shares its files, and would call what is damaged in them what was written."""
    try:
        directory = generation.current(index)
        Reader(directory)
        return generation.check(directory, deep=True)
    except SearchIndexError:
        return None


def _fingerprints(contents: Contents) -> dict[str, str]:
    """What the generation is made from, as short fingerprints; the same ones make the same generation."""
    root = default_directory().parent
    files = sorted((root / "vocabulary").glob("*")) + sorted((root / "thesaurus").glob("*"))
    return {
        "corpus": _hash(f"{i} {f}" for i, f in sorted(contents.fingerprints.items())),
        "analysis": fingerprint(),
        "vocabulary": _hash(f"{p.name} {generation.file_digest(p)}" for p in files),
        "statuses": _hash([to_json(list(contents.statuses))]),
        "software": software(),
        "history": history.VERSION,
        "suggestions": suggest.VERSION,
    }


def _hash(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "replace") + b"\n")
    return digest.hexdigest()[:16]


def _name(index: Path, corpus: str) -> str:
    """20261122T043937.123Z-3fa9c1: sorts by time, and says whether two hold the same documents.

    Later than every name there is, also when the clock was ahead once: "the one before" stays just that.
    """
    newest = max(map(_moment, generation.names(index)), default=0)
    now = max(time.time_ns() // 1_000_000, newest + 1)
    day = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now // 1000))
    return f"{day}.{now % 1000:03d}Z-{corpus[:6]}"


def _moment(name: str) -> int:
    """Milliseconds since 1970 in the name of a generation; 0 in a name that is not ours."""
    try:
        return timegm(time.strptime(name[:15], "%Y%m%dT%H%M%S")) * 1000 + int(name[16:19])
    except ValueError:
        return 0


def _counted(contents: Contents, dates: dict[str, Dates], progress: Progress | None) -> Iterator[Document]:
    total = len(contents.fingerprints)
    for n, document in enumerate(contents.documents(), 1):
        dates[document.id] = Dates(document.first_seen or "", document.fetched_at or "")
        yield document
        if progress:
            progress("build", n, total)


def _verify(directory: Path, expected: int) -> None:
    """Open what was written and count, before anyone is sent there."""
    reader = Reader(directory)
    if reader.documents != expected:
        raise IndexDamaged(
            f"The new index holds {reader.documents} documents where {expected} were put in; the old one "
            "stays in use. Run 'kompass index --full'; if that does not help, 'kompass doctor'."
        )


def prune(index: Path, keep: int) -> None:
    """Remove all but the newest ``keep`` generations; the one in use always stays."""
    in_use = generation.current(index).name
    for name in generation.names(index)[: -max(1, keep)]:
        if name != in_use:
            _take_away(index, name)


def _take_away(index: Path, name: str) -> None:
    # Out of the way in one step first: a half-removed generation must not be taken for a whole one.
    gone = index / f".{name}.building"
    (index / name).rename(gone)
    _remove(gone)


def _prune_removed(index: Path, removed: Set[str]) -> None:
    """Remove older generations that hold what was removed on request since: they can be asked by name."""
    for name in history.holding(index, removed):
        if name != generation.current(index).name:
            _take_away(index, name)


def _sync(directory: Path) -> None:
    for path in directory.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync(directory)
