"""How does Whoosh see the index? A codec: its term dictionary, matchers and documents over our arrays.

With it ``whoosh.index.open_dir`` opens the index and every Whoosh query runs on it, posting by posting; that
is the slow twin of ``evaluate``. Metadata fields have no postings on disk: their terms and documents come
from the columns. Writing through Whoosh's writers is not offered; ``write`` makes segments.
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from whoosh.codec import base
from whoosh.fields import FieldType
from whoosh.filedb.filestore import FileStorage
from whoosh.formats import Format
from whoosh.matching import LeafMatcher, ReadTooFar
from whoosh.reading import EmptyReader, IndexReader, MultiReader, SegmentReader, TermInfo, TermNotFound

from indexer.engine.arrays import Array
from indexer.engine.columns import Column
from indexer.engine.postings import COUNTS, FIELDS, RARE
from indexer.engine.records import unpack
from indexer.engine.schema import TEXT, TEXT_FIELDS, schema
from indexer.engine.segment import SegmentData
from indexer.model import FACETS, UNKNOWN


class Segment(base.Segment):  # type: ignore[misc]
    """One segment in the index's table of contents: its name, its documents and which of them are deleted."""

    def __init__(self, indexname: str) -> None:
        super().__init__(indexname)
        self.documents = 0
        self.deleted: set[int] = set()

    def codec(self) -> Codec:
        return Codec()

    def set_doc_count(self, count: int) -> None:
        self.documents = count

    def doc_count_all(self) -> int:
        return self.documents

    def deleted_count(self) -> int:
        return len(self.deleted)

    def deleted_docs(self) -> Iterator[int]:
        return iter(sorted(self.deleted))

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        if delete:
            self.deleted.add(docnum)
        else:
            self.deleted.discard(docnum)

    def is_deleted(self, docnum: int) -> bool:
        return docnum in self.deleted

    def should_assemble(self) -> bool:
        return False


class Codec(base.Codec):  # type: ignore[misc]
    """Reads the columnar format."""

    length_stats = False

    def _no_writing(self, *_: object, **__: object) -> NoReturn:
        raise NotImplementedError("This index is written by indexer.engine: write, append, optimise.")

    per_document_writer = field_writer = postings_writer = postings_reader = _no_writing

    def new_segment(self, storage: Any, indexname: str) -> Segment:  # noqa: ARG002 - Whoosh's signature
        return Segment(indexname)

    def terms_reader(self, storage: Any, segment: Segment) -> TermsReader:
        return TermsReader(_data(storage, segment))

    def per_document_reader(self, storage: Any, segment: Segment) -> PerDocumentReader:
        return PerDocumentReader(_data(storage, segment), segment)


class Opened(Codec):
    """Reads a segment whose files are open, whatever lies in its directory by now."""

    def __init__(self, data: SegmentData) -> None:
        self._data = data

    def terms_reader(self, storage: Any, segment: Segment) -> TermsReader:  # noqa: ARG002 - Whoosh's signature
        return TermsReader(self._data)

    def per_document_reader(self, storage: Any, segment: Segment) -> PerDocumentReader:  # noqa: ARG002
        return PerDocumentReader(self._data, segment)


def reader(directory: Path, segments: Sequence[tuple[Segment, SegmentData]]) -> IndexReader:
    """Whoosh's reader of segments that are open."""
    storage = FileStorage(str(directory))
    readers = [SegmentReader(storage, schema(), s, codec=Opened(data)) for s, data in segments]
    if not readers:
        return EmptyReader(schema())
    return readers[0] if len(readers) == 1 else MultiReader(readers)


def _data(storage: Any, segment: Segment) -> SegmentData:
    return SegmentData(Path(storage.folder), segment.segment_id())


class ArrayMatcher(LeafMatcher):  # type: ignore[misc]
    """Steps through the postings of one term in one field.

    ``ids`` and ``weights`` are lists; ``positions(i)`` gives those of posting i, or is None.
    """

    def __init__(
        self,
        ids: list[int],
        weights: list[float],
        positions: Callable[[int], list[int]] | None,
        format_: Format,
        term: tuple[str, bytes],
        scorer: Any,
    ) -> None:
        self._ids = ids
        self._weights = weights
        self._positions = positions
        self._i = 0
        self._term = term
        self.format = format_
        self.scorer = scorer

    def is_active(self) -> bool:
        return self._i < len(self._ids)

    def reset(self) -> None:
        self._i = 0

    def copy(self) -> ArrayMatcher:
        twin = ArrayMatcher(self._ids, self._weights, self._positions, self.format, self._term, self.scorer)
        twin._i = self._i
        return twin

    def id(self) -> int:
        return self._ids[self._i]

    def all_ids(self) -> Iterator[int]:
        return iter(self._ids)

    def next(self) -> None:
        if not self.is_active():
            raise ReadTooFar
        self._i += 1

    def skip_to(self, id: int) -> None:  # noqa: A002 - Whoosh's name
        if not self.is_active():
            raise ReadTooFar
        self._i = bisect_left(self._ids, id, self._i)

    def skip_to_quality(self, minquality: float) -> int:  # noqa: ARG002 - no blocks to skip
        return 0

    def supports_block_quality(self) -> bool:
        return False

    def weight(self) -> float:
        return self._weights[self._i]

    def value(self) -> bytes:
        if self._positions is None:
            return b""
        return self.format.encode(self._positions(self._i))  # type: ignore[no-any-return]

    def value_as(self, astype: str) -> Any:
        if astype == "positions" and self._positions is not None:
            return self._positions(self._i)
        if astype in ("weight", "frequency"):
            return self.weight()
        return super().value_as(astype)

    def score(self) -> float:
        return self.scorer.score(self) if self.scorer else self.weight()


class _TextField:
    """Terms of one text field: those of the dictionary that occur in it."""

    def __init__(self, data: SegmentData, field: str) -> None:
        self._data = data
        self.name = field
        self.number = TEXT_FIELDS.index(field)

    @cached_property
    def _numbers(self) -> Array:
        """Terms that occur in the field, as numbers in the dictionary."""
        bits = self._data.in_fields(0, len(self._data.terms))
        return np.flatnonzero(bits if self.name == TEXT else bits >> self.number & 1)

    @cached_property
    def terms(self) -> list[bytes]:
        every = self._data.terms.all()
        return [every[i] for i in self._numbers.tolist()]

    def matcher(self, text: bytes, format_: Format, scorer: Any) -> ArrayMatcher:
        docs, weights, postings = self.postings(text)
        ids = docs.tolist()
        low, high = self._bounds()

        def positions(i: int) -> list[int]:
            _, found = self._data.positions.of(postings[i : i + 1], docs[i : i + 1])
            if self.name != TEXT:
                found = found[(found >= low[ids[i]]) & (found < high[ids[i]])]
            return found.tolist()  # type: ignore[no-any-return]

        return ArrayMatcher(
            ids, weights.astype(float).tolist(), positions, format_, (self.name, text), scorer
        )

    def _bounds(self) -> tuple[Array, Array]:
        starts = self._data.field_starts
        none = np.zeros((len(starts), 1), np.int64)
        bounds = np.concatenate((none, starts, none + (1 << 62)), axis=1)
        field = min(self.number, len(FIELDS) - 1)
        return bounds[:, field], bounds[:, field + 1]

    def postings(self, text: bytes) -> tuple[Array, Array, Array]:
        """Documents, frequencies, numbers of the postings. Raises TermNotFound."""
        term = self._data.find(text)
        if term < 0:
            raise TermNotFound(f"No term {self.name}:{text!r}")
        found = self._data.postings(term)
        counts = COUNTS[found.codes]
        rare = np.flatnonzero(found.codes == RARE)
        counts[rare] = self._data.positions.rare(found.first + rare)
        weights = counts.sum(axis=1) if self.name == TEXT else counts[:, self.number]
        some = np.flatnonzero(weights)
        if not len(some):
            raise TermNotFound(f"No term {self.name}:{text!r}")
        return found.docs[some], weights[some], found.first + some

    def info(self, text: bytes) -> TermInfo:
        docs, weights, _ = self.postings(text)
        lengths = self._data.lengths
        length = lengths.sum(axis=1)[docs] if self.name == TEXT else lengths[docs, self.number]
        return TermInfo(
            int(weights.sum()), len(docs), int(length.min()), int(length.max()), int(weights.max()),
            int(docs[0]), int(docs[-1]),
        )  # fmt: skip


class _ColumnField:
    """Terms of a metadata field: the encoded values of its column."""

    def __init__(self, name: str, terms: dict[bytes, Callable[[], Array]]) -> None:
        self.name = name
        self._docs = terms
        self.terms = sorted(terms)

    def postings(self, text: bytes) -> Array:
        if text not in self._docs:
            raise TermNotFound(f"No term {self.name}:{text!r}")
        return self._docs[text]()

    def matcher(self, text: bytes, format_: Format, scorer: Any) -> ArrayMatcher:
        ids = self.postings(text).tolist()
        return ArrayMatcher(ids, [1.0] * len(ids), None, format_, (self.name, text), scorer)

    def info(self, text: bytes) -> TermInfo:
        docs = self.postings(text)
        return TermInfo(len(docs), len(docs), 1, 1, 1, int(docs[0]), int(docs[-1]))


class TermsReader(base.TermsReader):  # type: ignore[misc]
    """Term dictionary and postings of one segment."""

    def __init__(self, data: SegmentData) -> None:
        self._data = data
        self._known: dict[str, _TextField | _ColumnField] = {}
        self._names = sorted((*TEXT_FIELDS, *FACETS, "id", "published"))
        self._schema = schema()

    def _field(self, name: str) -> _TextField | _ColumnField:
        if name not in self._known:
            self._known[name] = self._make(name)
        return self._known[name]

    def _make(self, name: str) -> _TextField | _ColumnField:
        if name in TEXT_FIELDS:
            return _TextField(self._data, name)
        if name not in self._names:
            return _ColumnField(name, {})
        return _ColumnField(name, dict(column_terms(self._data, name, self._schema[name])))

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        try:
            self._field(term[0]).postings(term[1])
        except TermNotFound:
            return False
        return True

    def indexed_field_names(self) -> list[str]:
        return self._names

    def cursor(self, fieldname: str, fieldobj: FieldType) -> Cursor:
        return Cursor(self._field(fieldname), fieldobj)

    @property
    def data(self) -> SegmentData:
        return self._data

    def terms(self) -> Iterator[tuple[str, bytes]]:
        for name in self._names:
            for text in self._field(name).terms:
                yield name, text

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        terms = self._field(fieldname).terms
        for text in terms[bisect_left(terms, prefix) :]:
            yield fieldname, text

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        for name, text in self.terms():
            yield (name, text), self._field(name).info(text)

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        for name, text in self.terms_from(fieldname, prefix):
            yield (name, text), self._field(name).info(text)

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        return self._field(fieldname).info(text)

    def frequency(self, fieldname: str, text: bytes) -> float:
        return self.term_info(fieldname, text).weight() if (fieldname, text) in self else 0

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        return self.term_info(fieldname, text).doc_frequency() if (fieldname, text) in self else 0

    def matcher(self, fieldname: str, text: bytes, format_: Format, scorer: Any = None) -> ArrayMatcher:
        return self._field(fieldname).matcher(text, format_, scorer)


def column_terms(
    data: SegmentData, name: str, field: FieldType
) -> Iterator[tuple[bytes, Callable[[], Array]]]:
    """(encoded value, its documents) of a metadata field."""
    if name == "id":
        docs = data.tab["id.doc"].all().astype(np.int64)
        for i, key in enumerate(data.tab["id.text"].all().tobytes().split(b"\n")[:-1]):
            yield key, partial(docs.__getitem__, slice(i, i + 1))
    elif name == "published":
        days = data.tab["doc.published"].all()
        for day in np.unique(days[days > 0]).tolist():
            yield field.to_bytes(moment(day)), partial(_where, days, day)
    else:
        column = Column(name, [data.tab], [0])
        for code, text in enumerate(column.values):
            if text != UNKNOWN:
                yield field.to_bytes(int(text) if name == "year" else text), partial(column.docs, code)


def _where(values: Array, value: int) -> Array:
    return np.flatnonzero(values == value)


def moment(day: int) -> datetime:
    """20140300 → 1 March 2014: a range of days takes what is known of the date."""
    year, month, date = max(1, day // 10_000), min(12, max(1, day // 100 % 100)), day % 100
    return datetime(year, month, max(1, min(monthrange(year, month)[1], date)))


class Cursor(base.FieldCursor):  # type: ignore[misc]
    """A place in the sorted terms of one field."""

    def __init__(self, terms: _TextField | _ColumnField, field: FieldType) -> None:
        self._terms = terms
        self._field = field
        self._i = 0

    def first(self) -> str | None:
        self._i = 0
        return self.text()

    def find(self, term: str | bytes) -> str | None:
        text = term if isinstance(term, bytes) else self._field.to_bytes(term)
        self._i = bisect_left(self._terms.terms, text)
        return self.text()

    def next(self) -> str | None:
        self._i += 1
        return self.text()

    def text(self) -> str | None:
        return self._field.from_bytes(self._terms.terms[self._i]) if self.is_valid() else None

    def term_info(self) -> TermInfo | None:
        return self._terms.info(self._terms.terms[self._i]) if self.is_valid() else None

    def is_valid(self) -> bool:
        return self._i < len(self._terms.terms)


class PerDocumentReader(base.PerDocumentReader):  # type: ignore[misc]
    """Lengths and stored fields of the documents of one segment. Lengths are exact, not Whoosh's one byte."""

    def __init__(self, data: SegmentData, segment: Segment) -> None:
        self._data = data
        self._segment = segment

    def doc_count(self) -> int:
        return self._segment.doc_count()  # type: ignore[no-any-return]

    def doc_count_all(self) -> int:
        return self._segment.doc_count_all()

    def has_deletions(self) -> bool:
        return self._segment.has_deletions()  # type: ignore[no-any-return]

    def is_deleted(self, docnum: int) -> bool:
        return self._segment.is_deleted(docnum)

    def deleted_docs(self) -> Iterator[int]:
        return self._segment.deleted_docs()

    def supports_columns(self) -> bool:
        return False

    def _lengths(self, fieldname: str) -> Array | None:
        lengths = self._data.lengths
        if fieldname == TEXT:
            total: Array = lengths.sum(axis=1)
            return total
        return lengths[:, FIELDS.index(fieldname)] if fieldname in FIELDS else None

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        lengths = self._lengths(fieldname)
        return default if lengths is None else int(lengths[docnum])

    def field_length(self, fieldname: str) -> int:
        lengths = self._lengths(fieldname)
        return 0 if lengths is None else int(lengths.sum())

    def min_field_length(self, fieldname: str) -> int:
        lengths = self._lengths(fieldname)
        return 0 if lengths is None or not len(lengths) else int(lengths.min())

    def max_field_length(self, fieldname: str) -> int:
        lengths = self._lengths(fieldname)
        return 0 if lengths is None or not len(lengths) else int(lengths.max())

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        document = unpack(self._data.card(docnum))
        return {"id": document.id, "url": document.url}
