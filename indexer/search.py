"""Query → SearchResults: what the interface, the API and the command line ask of one generation of the index.

Not for how postings are read (``indexer.engine``) and not for how an answer is shown (``search_web``).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from indexer.catalogue import Catalogue
from indexer.engine import stock
from indexer.errors import IndexDamaged, IndexMissing
from indexer.model import (
    UNKNOWN,
    Document,
    FacetValue,
    Filters,
    Generation,
    Hit,
    Matrix,
    MatrixRow,
    Page,
    PageHit,
    Query,
    SearchResults,
    Snippet,
    SourceStatus,
    Suggestion,
)
from indexer.vocabulary import Vocabulary

PAGED = ("pdf",)
"""Formats in which browsers open a page by ``#page=7``."""


def page_url(document: Document, page: Page | None) -> str:
    """The address of the original, at the page where that can be said in an address."""
    if page is None:
        return document.url
    if document.format in PAGED:
        return f"{document.url}#page={page.number}"
    return f"{document.url}#{page.anchor}" if page.anchor else document.url


class Searcher:
    """One generation, opened for reading. Safe to share between threads."""

    def __init__(self, directory: Path, corpus: Path | None = None) -> None:
        self.directory = directory
        self._corpus = corpus
        self._reader = stock.Reader(directory)
        meta = json.loads((directory / "meta.json").read_text("utf-8"))
        self.generation = Generation(**{k: meta[k] for k in Generation.__dataclass_fields__})

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        own = self.directory / "vocabulary"
        return Vocabulary.load(own if own.is_dir() else None)

    # --- asking ---------------------------------------------------------------------------------------

    def search(self, query: Query, language: str = "sv") -> SearchResults:
        """Hits, counts and how the query was read. ``language`` is that of the labels."""
        started = time.perf_counter()
        tree = self._reader.parse(query.text)
        found = self._reader.evaluate(
            tree,
            query.filters,
            sort=query.sort,
            offset=(query.page - 1) * query.limit,
            limit=query.limit,
            facets=query.facets,
        )
        hits = tuple(
            self._hit(n, float(score), query, tree)
            for n, score in zip(found.numbers, found.scores, strict=True)
        )
        return SearchResults(
            query,
            found.total,
            hits,
            {
                facet: self._facet(facet, counts, query.filters, language)
                for facet, counts in found.counts.items()
            },
            self.generation,
            milliseconds=(time.perf_counter() - started) * 1000,
        )

    def _hit(self, n: int, score: float, query: Query, tree: object) -> Hit:
        document = self._reader.document(n)
        texts = {p.number: p for p in self._reader.text(n)}
        pages: list[PageHit] = []
        if query.text.strip():
            for number, matches, _ in self._reader.pages(n, tree):
                page = texts[number]
                snippet = self._reader.snippet(n, number, tree) if query.snippets else None
                pages.append(
                    PageHit(number, page.label, page.heading, matches, snippet, page_url(document, page))
                )
        snippet = pages[0].snippet if pages else None
        if snippet is None and query.snippets and texts:
            first = next(iter(texts.values())).text
            snippet = Snippet(first[:220])
        return Hit(document, score, tuple(pages), snippet)

    def _facet(
        self, facet: str, counts: Mapping[str, int], filters: Filters, language: str
    ) -> tuple[FacetValue, ...]:
        if facet == "year":
            low, high = filters.year_from, filters.year_to
            chosen = {
                v for v in counts if v != UNKNOWN and (low or high) and (low or 0) <= int(v) <= (high or 9999)
            } | ({UNKNOWN} if filters.year_unknown else set())
        else:
            chosen = set(getattr(filters, facet))
        values = [
            FacetValue(v, self.label(facet, v, language), counts.get(v, 0), v in chosen)
            for v in {*counts, *chosen}
        ]
        if facet == "year":
            return tuple(sorted(values, key=lambda v: (v.value == UNKNOWN, v.value)))
        return tuple(sorted(values, key=lambda v: (v.value == UNKNOWN, -v.count, v.label)))

    def suggest(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Completions of what is being typed: titles that hold a word with that beginning."""
        wanted = text.strip().lower()
        if not wanted:
            return ()
        titles = (self._reader.document(n) for n in range(self._reader.documents))
        found = (d for d in titles if any(w.startswith(wanted) for w in d.title.lower().split()))
        return tuple(Suggestion(d.title, "title", d.id) for d, _ in zip(found, range(limit), strict=False))

    def all(self, query: Query) -> Iterator[Document]:
        """Every document that the query and its filters find, in the order of its ``sort``, without text."""
        for n in self._reader.all(self._reader.parse(query.text), query.filters, query.sort):
            yield self._reader.document(n)

    def count(self, query: Query) -> int:
        return self.search(replace(query, limit=1, page=1, facets=(), snippets=False)).total

    def matrix(self, query: Query, language: str = "sv") -> Matrix:
        """Hits by municipality and year, with what is held there whatever the query."""
        hits, held = self._grid(query), self._grid(Query())
        years = sorted({y for (_, y) in held if isinstance(y, int)})
        span = tuple(range(years[0], years[-1] + 1)) if years else ()
        states = {s.municipality: s.state for s in self.statuses() if s.municipality}
        codes = {c for (c, _) in held if c != UNKNOWN} | {c for c in states if c}
        rows = []
        for code in codes:
            state = states.get(code) or "not_crawled"
            rows.append(
                MatrixRow(
                    code,
                    self.label("municipality", code, language),
                    tuple(len(hits.get((code, y), ())) for y in span),
                    tuple(len(held.get((code, y), ())) for y in span),
                    len(hits.get((code, UNKNOWN), ())),
                    len({i for (c, _), ids in hits.items() if c == code for i in ids}),
                    {"ok": "crawled", "failing": "failing"}.get(state, "not_crawled"),
                )
            )
        rows.sort(key=lambda r: r.label)
        everything = {i for ids in hits.values() for i in ids}
        nowhere = {i for (c, _), ids in hits.items() if c == UNKNOWN for i in ids}
        return Matrix(query, span, tuple(rows), len(everything), len(nowhere), self.generation)

    def _grid(self, query: Query) -> dict[tuple[str, int | str], set[str]]:
        cells: dict[tuple[str, int | str], set[str]] = {}
        for document in self.all(query):
            for code in document.municipalities or (UNKNOWN,):
                for year in document.years or (UNKNOWN,):
                    cells.setdefault((code, year), set()).add(document.id)
        return cells

    # --- one document ---------------------------------------------------------------------------------

    def document(self, id_: str) -> Document | None:
        """Everything known of a document, without its text."""
        n = self._reader.number(id_)
        return None if n is None else self._reader.document(n)

    def pages(self, id_: str) -> tuple[Page, ...]:
        """The text by page; empty when there is no such document or nothing readable in it."""
        n = self._reader.number(id_)
        return () if n is None else self._reader.text(n)

    def marks(self, text: str, query_text: str) -> tuple[tuple[int, int], ...]:
        """Where in ``text`` the words of a query stand, as (start, end) offsets."""
        return self._reader.marks(text, self._reader.parse(query_text)) if query_text.strip() else ()

    def series(self, id_: str) -> tuple[Document, ...]:
        """The other documents of the same series, oldest first."""
        document = self.document(id_)
        if document is None or document.series is None:
            return ()
        others = (self._reader.document(n) for n in range(self._reader.documents))
        found = [d for d in others if d.series == document.series and d.id != id_]
        return tuple(sorted(found, key=lambda d: (d.published or "", d.years, d.title)))

    def related(self, id_: str, limit: int = 5) -> tuple[Document, ...]:
        """Documents with similar words, and of the same kind elsewhere first."""
        document = self.document(id_)
        if document is None:
            return ()
        found = self._reader.evaluate(
            self._reader.parse_any(document.title),
            Filters(kind=(document.kind,) if document.kind else ()),
            sort="relevance",
            offset=0,
            limit=limit + 1,
            facets=(),
        )
        documents = (self._reader.document(n) for n in found.numbers)
        return tuple(d for d in documents if d.id != id_)[:limit]

    def versions(self, id_: str) -> tuple[Document, ...]:
        """All versions that have been held, newest first, with text; needs the corpus."""
        with self._catalogue() as catalogue:
            return tuple(catalogue.versions(id_))

    def _catalogue(self) -> Catalogue:
        if self._corpus is None:
            raise IndexMissing("Earlier versions need the corpus; start with --corpus DIR.")
        return Catalogue(self._corpus / "catalogue.sqlite")

    # --- what is held ---------------------------------------------------------------------------------

    def label(self, field: str, value: str, language: str = "sv") -> str:
        """The words for a value: ("municipality", "1283") → Helsingborg, ("source", "kfsk") → its name."""
        if field == "source":
            return self._source_names.get(value) or self._vocabulary.label(field, value, language)
        return self._vocabulary.label(field, value, language)

    @cached_property
    def _source_names(self) -> dict[str, str]:
        return {s.id: s.name for s in self.statuses()}

    def rule(self, rule_id: str, language: str = "sv") -> str:
        """The sentence that explains a rule of the evidence."""
        return self._vocabulary.rule(rule_id, language)

    def municipalities(self, county: str | None = None) -> dict[str, str]:
        """Code → name of the municipalities there are, of one county or of all."""
        known = self._vocabulary.municipalities.values()
        return {m.code: m.name for m in known if county in (None, m.county)}

    def statuses(self) -> tuple[SourceStatus, ...]:
        """Every source as it stood when this generation was built."""
        path = self.directory / "sources.json"
        if not path.exists():
            return ()
        return tuple(SourceStatus(**d) for d in json.loads(path.read_text("utf-8")))


class SearchIndex:
    """The generations below one index directory; follows ``CURRENT`` as it moves."""

    def __init__(self, directory: Path, corpus: Path | None = None) -> None:
        self.directory = directory
        self.corpus = corpus
        self._opened: dict[str, Searcher] = {}
        self._lock = threading.Lock()

    def current(self) -> Searcher:
        """The generation in use now. Raises IndexMissing or IndexDamaged with advice."""
        try:
            name = (self.directory / "CURRENT").read_text("utf-8").strip()
        except FileNotFoundError:
            raise IndexMissing(
                f"There is no index in {self.directory}. Run 'kompass index' first, or give --index DIR."
            ) from None
        return self.generation(name)

    def generation(self, name: str) -> Searcher:
        """One generation that is still kept."""
        with self._lock:
            if name not in self._opened:
                if not name or "/" in name or not (self.directory / name / "meta.json").is_file():
                    raise IndexDamaged(
                        f"{self.directory} has no generation {name!r}. Run 'kompass index' to build one."
                    )
                self._opened[name] = Searcher(self.directory / name, self.corpus)
            return self._opened[name]


def open_index(index: Path, corpus: Path | None = None) -> Searcher:
    """The current generation of ``index``; ``corpus`` gives earlier versions."""
    return SearchIndex(index, corpus).current()
