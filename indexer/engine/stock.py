"""A plain engine on stock Whoosh: evaluated posting by posting, counted with Python loops.

It answers the same questions as the columnar engine, slowly and plainly, and is kept as its slow twin.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import Stemmer
from whoosh import fields, index, query
from whoosh.analysis import Filter, LowercaseFilter, RegexTokenizer, Token
from whoosh.qparser import MultifieldParser, OrGroup
from whoosh.scoring import BM25F

from indexer.model import UNKNOWN, Contact, Document, Evidence, Filters, FoundOn, OutlineEntry, Page, Snippet

WORD = re.compile(r"\w+(?::\w+)?")
FIELDS = ("title", "headings", "body", "anchors")
BOOSTS = {"title": 4.0, "headings": 2.0, "body": 1.0, "anchors": 3.0}


class StemFilter(Filter):  # type: ignore[misc]
    is_morph = True

    def __call__(self, tokens: Iterator[Token]) -> Iterator[Token]:
        stem = Stemmer.Stemmer("swedish").stemWord  # not kept: a stemmer cannot be pickled with the schema
        for token in tokens:
            token.text = stem(token.text)
            yield token


def _schema() -> fields.Schema:
    text = fields.TEXT(analyzer=RegexTokenizer(WORD) | LowercaseFilter() | StemFilter(), phrase=True)
    return fields.Schema(
        id=fields.ID(unique=True), title=text, headings=text, body=text, anchors=text, stored=fields.STORED
    )


@dataclass(frozen=True)
class Evaluation:
    total: int
    numbers: Sequence[int]
    scores: Sequence[float]
    counts: dict[str, dict[str, int]]


def write(directory: Path, documents: Iterable[Document], **_: object) -> int:
    directory.mkdir(parents=True, exist_ok=True)
    writer = index.create_in(directory, _schema()).writer()
    n = 0
    for document in documents:
        headings = [p.heading for p in document.text if p.heading]
        writer.add_document(
            id=document.id,
            title=document.title,
            headings="\n".join(headings),
            body="\n".join(p.text for p in document.text),
            anchors="\n".join(filter(None, (document.anchor, *document.headings))),
            stored=_pack(document),
        )
        n += 1
    writer.commit()
    return n


def _pack(document: Document) -> str:
    return json.dumps(asdict(document), ensure_ascii=False)


def _unpack(text: str) -> Document:
    d = json.loads(text)
    for key, cls in (
        ("contacts", Contact),
        ("links", FoundOn),
        ("text", Page),
        ("evidence", Evidence),
        ("outline", OutlineEntry),
    ):
        d[key] = tuple(cls(**item) for item in d[key])
    return Document(**{k: tuple(v) if isinstance(v, list) else v for k, v in d.items()})


def facet_values(document: Document, facet: str) -> tuple[str, ...]:
    """The values a document counts under; ``UNKNOWN`` when the field is not known."""
    value: Any = {
        "municipality": document.municipalities,
        "county": document.counties,
        "year": document.years,
        "area": document.areas,
    }.get(facet, getattr(document, facet, None))
    values = value if isinstance(value, tuple) else (value,) if value else ()
    return tuple(map(str, values)) or (UNKNOWN,)


def matches(document: Document, filters: Filters, without: str | None = None) -> bool:
    if without != "year":
        span = filters.year_from is not None or filters.year_to is not None
        low, high = filters.year_from or 0, filters.year_to or 9999
        hit = (
            (span and any(low <= y <= high for y in document.years))
            or (filters.year_unknown and not document.years)
            or not (span or filters.year_unknown)
        )
        if not hit:
            return False
    for facet in (
        "municipality",
        "county",
        "kind",
        "area",
        "organisation_type",
        "publisher",
        "language",
        "format",
        "source",
    ):
        chosen = getattr(filters, facet)
        if chosen and facet != without and not set(chosen) & set(facet_values(document, facet)):
            return False
    return True


class Reader:
    def __init__(self, directory: Path) -> None:
        self._index = index.open_dir(directory)
        self._searcher = self._index.searcher(weighting=BM25F())
        self._documents = [_unpack(f["stored"]) for f in self._searcher.documents()]
        self._numbers = {d.id: n for n, d in enumerate(self._documents)}
        self.documents = len(self._documents)

    def parse(self, text: str) -> query.Query:
        if not text.strip():
            return query.Every()
        parser = MultifieldParser(FIELDS, self._index.schema, fieldboosts=BOOSTS)
        return parser.parse(text)

    def parse_any(self, text: str) -> query.Query:
        return MultifieldParser(FIELDS, self._index.schema, fieldboosts=BOOSTS, group=OrGroup).parse(text)

    def _matching(self, tree: query.Query) -> dict[int, float]:
        if isinstance(tree, query.Every):
            return dict.fromkeys(range(self.documents), 0.0)
        results = self._searcher.search(tree, limit=None, scored=True)
        return {self._numbers[json.loads(h["stored"])["id"]]: h.score for h in results}

    def evaluate(
        self,
        tree: query.Query,
        filters: Filters,
        *,
        sort: str,
        offset: int,
        limit: int,
        facets: Sequence[str],
    ) -> Evaluation:
        found = self._matching(tree)
        numbers = self._sorted({n: s for n, s in found.items() if matches(self._documents[n], filters)}, sort)
        counts = {}
        for facet in facets:
            counter: Counter[str] = Counter()
            for n in found:
                if matches(self._documents[n], filters, without=facet):
                    counter.update(facet_values(self._documents[n], facet))
            counts[facet] = dict(counter)
        chosen = numbers[offset : offset + limit]
        return Evaluation(len(numbers), chosen, [found[n] for n in chosen], counts)

    def _sorted(self, found: dict[int, float], sort: str) -> list[int]:
        def date(n: int) -> str:
            d = self._documents[n]
            return d.published or (str(max(d.years)) if d.years else "")

        if sort == "relevance":
            return sorted(found, key=lambda n: (-found[n], n))
        if sort == "title":
            return sorted(found, key=lambda n: (self._documents[n].title.lower(), n))
        dated = sorted((n for n in found if date(n)), key=lambda n: (date(n), n), reverse=sort == "newest")
        return dated + sorted(n for n in found if not date(n))

    def all(self, tree: query.Query, filters: Filters, sort: str = "relevance") -> list[int]:
        found = {n: s for n, s in self._matching(tree).items() if matches(self._documents[n], filters)}
        return self._sorted(found, sort)

    def number(self, id_: str) -> int | None:
        return self._numbers.get(id_)

    def document(self, n: int) -> Document:
        return replace(self._documents[n], text=())

    def text(self, n: int) -> tuple[Page, ...]:
        return self._documents[n].text

    def words_of(self, tree: query.Query) -> set[str]:
        return {t.decode() if isinstance(t, bytes) else t for _, t in tree.iter_all_terms()}

    def marks(self, text: str, tree: query.Query) -> tuple[tuple[int, int], ...]:
        wanted, stem = self.words_of(tree), Stemmer.Stemmer("swedish").stemWord
        return tuple(m.span() for m in WORD.finditer(text) if stem(m.group().lower()) in wanted)

    def pages(self, n: int, tree: query.Query, limit: int = 5) -> list[tuple[int, int, float]]:
        found = [(p.number, len(self.marks(p.text, tree))) for p in self._documents[n].text]
        best = sorted((f for f in found if f[1]), key=lambda f: (-f[1], f[0]))
        return [(number, count, float(count)) for number, count in best[:limit]]

    def snippet(self, n: int, page: int, tree: query.Query, width: int = 220) -> Snippet:
        text = next((p.text for p in self._documents[n].text if p.number == page), "")
        marks = self.marks(text, tree)
        start = max(0, (marks[0][0] if marks else 0) - width // 3)
        start = text.rfind(" ", 0, start) + 1 if start else 0
        end = min(len(text), start + width)
        end = text.rfind(" ", start, end) if end < len(text) and " " in text[start:end] else end
        return Snippet(
            text[start:end], tuple((a - start, b - start) for a, b in marks if a >= start and b <= end)
        )

    def words(self) -> dict[str, int]:
        counter: Counter[str] = Counter()
        for d in self._documents:
            counter.update({m.group().lower() for p in d.text for m in WORD.finditer(p.text)})
        return dict(counter)


open_ = Reader
