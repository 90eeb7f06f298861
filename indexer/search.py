"""Query → SearchResults: what the interface, the API and the command line ask of one generation of the index.

Not for how postings are read (``indexer.engine``) and not for how an answer is shown (``search_web``).
"""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from indexer import generation, history
from indexer.addresses import Addresses
from indexer.catalogue import CATALOGUE, Catalogue
from indexer.engine.fields import any_
from indexer.engine.lookup import Lookup
from indexer.engine.marks import marks
from indexer.engine.plan import Plan, WhooshQuery, as_typed, plan
from indexer.engine.reader import Evaluation, Reader
from indexer.engine.similar import EVERYTHING, like
from indexer.enrich.personal import mask_addresses
from indexer.errors import IndexDamaged, IndexMissing, SearchIndexError, VocabularyError
from indexer.language.spelling import Speller
from indexer.language.suggest import Suggester
from indexer.language.thesaurus import Thesaurus
from indexer.model import (
    UNKNOWN,
    Document,
    FacetValue,
    Filters,
    Gone,
    Hit,
    Page,
    Query,
    ReadTerm,
    SearchResults,
    SourceStatus,
    Suggestion,
)
from indexer.names import Names
from indexer.slips import DidYouMean
from indexer.snippets import hit
from indexer.together import Together
from indexer.vocabulary import Vocabulary

_T = TypeVar("_T")
FEW = 10
"""Documents that are so few that others with most of the words are offered beside them."""
SUGGESTIONS = 8
"""As many as are read at a glance, where nobody asks for another number."""
_NEAR = 0.25
"""Share of the best score that others must have: those with just ”barn” of ”barn på flykt” are at 0.07, those
with one of ”elev hälsa” at 0.4 to 0.7."""
_PLANS = 500
_NAMES = 20_000
"""Labels of values that are remembered: a result page asks for some two hundred."""


class Changed(NamedTuple):
    """A document that is held, and when what is indexed of it last changed."""

    at: str
    document: Document


Change = Changed | Gone


_log = logging.getLogger(__name__)


class Searcher:
    """One generation, opened for reading. Safe to share between threads."""

    def __init__(self, directory: Path, corpus: Path | None = None) -> None:
        self.directory = directory
        self._corpus = corpus
        meta = generation.check(directory)
        self.generation = generation.described(meta)
        # Nothing is opened later: the directory may be removed while an answer is made of it.
        self._reader = Reader(directory)
        try:
            self._vocabulary = Vocabulary.load(directory / "vocabulary")
            self._thesaurus = Thesaurus.load(directory / "thesaurus")
            self._speller = Speller.load(directory)
            self._suggester = Suggester.load(directory)
            self._statuses = generation.statuses(directory)
            self._told_series = generation.series(directory)
            held_at = Addresses.load(directory)
            self._told_history = history.told(directory)
            generation.read_meta(directory)  # it was not removed meanwhile: what was read is all there was
        except (OSError, VocabularyError) as e:
            raise IndexDamaged(
                f"{directory} cannot be read: {e} Run 'kompass index' to build a new one."
            ) from None
        names = Names(self._reader, held_at, self._vocabulary, self.label)
        self._lookup = Lookup(self._reader, names.values, names.at, names.bearing)
        self._plan = lru_cache(_PLANS)(self._make_plan)
        self._made: dict[Callable[[Searcher], Any], Any] = {}
        self._named = lru_cache(_NAMES)(self._name)
        self._together = Together(self._reader, self._lookup, lambda text: self._make_plan(text, "sv").tree)

    @cached_property
    def _slips(self) -> DidYouMean:
        return DidYouMean(self._lookup, self._speller, self._vocabulary, lambda text: self.count(Query(text)))

    def _make_plan(self, text: str, language: str) -> Plan:
        return plan(text, self._lookup, self._thesaurus, language)

    @property
    def reader(self) -> Reader:
        """The engine below, for counts over texts (``indexer.research``)."""
        return self._reader

    def once(self, make: Callable[[Searcher], _T]) -> _T:
        """What ``make`` gives of this generation, worked out once and held as long as it is."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]  # type: ignore[no-any-return]

    def tree(self, text: str) -> WhooshQuery:
        """What a query means here: what all documents of its result set have."""
        return self._plan(text, "sv").tree

    def reading(self, text: str) -> tuple[ReadTerm, ...]:
        """How a query is read here."""
        return self._plan(text, "sv").reading

    # --- asking ---------------------------------------------------------------------------------------

    def search(self, query: Query, language: str = "sv", *, relax: bool = True) -> SearchResults:
        """Hits, counts and how the query was read. ``language`` is that of labels and notes.

        When no document has all the words, those that have most of them are given, and said to be so; when
        few have, the best of the others come in a list of their own. Neither without ``relax``.
        """
        plan = self._plan(query.text, language)
        tree, relaxed = plan.tree, False
        found = self._evaluate(tree, query)
        if relax and not found.total and plan.relaxed is not None:
            instead = self._evaluate(plan.relaxed, query)
            if instead.total:
                # A facet ignores what is chosen in it: with another value all the words may be found.
                there = {f: counts for f, counts in found.counts.items() if any(counts.values())}
                found = replace(instead, counts={**instead.counts, **there})
                tree, relaxed = plan.relaxed, True
        others: tuple[Hit, ...] = ()
        few = relax and not relaxed and found.total < FEW and _first_by_relevance(query)
        if few and plan.relaxed is not None:
            others = self._others(plan.relaxed, found, query)
        return SearchResults(
            query,
            found.total,
            self._hits(tree, found, query),
            {f: self._facet(f, counts, query.filters, language) for f, counts in found.counts.items()},
            self.generation,
            self._slips(as_typed(query.text), plan, found.total if not relaxed else 0),
            plan.reading,
            plan.unmatched,
            relaxed,
            others,
        )

    def _others(self, tree: WhooshQuery, found: Evaluation, query: Query) -> tuple[Hit, ...]:
        """The best documents for ``tree`` that are not among those ``found``, FEW together with them.

        Not those far behind the best: they have a word of the query that nearly every document has.
        """
        more = self._evaluate(tree, replace(query, limit=FEW, facets=()))
        near = more.scores >= _NEAR * more.scores.max(initial=0)
        new = near & ~np.isin(more.numbers, found.numbers)
        numbers, scores = more.numbers[new], more.scores[new]
        room = FEW - found.total
        few = replace(more, numbers=numbers[:room], scores=scores[:room])
        return self._hits(tree, few, query)

    def _hits(self, tree: WhooshQuery, found: Evaluation, query: Query) -> tuple[Hit, ...]:
        numbers = [int(n) for n in found.numbers]
        scores = found.scores.tolist()
        if not query.snippets:
            pairs = zip(numbers, scores, strict=True)
            return tuple([Hit(self._reader.document(n, whole=False), score) for n, score in pairs])
        places = self._reader.places(tree, numbers) if query.text.strip() else None
        return tuple([hit(self._reader, n, score, places) for n, score in zip(numbers, scores, strict=True)])

    def _evaluate(self, tree: WhooshQuery, query: Query) -> Evaluation:
        return self._reader.evaluate(
            tree,
            query.filters,
            sort=query.sort,
            offset=(query.page - 1) * query.limit,
            limit=query.limit,
            facets=query.facets,
        )

    def _facet(
        self, facet: str, counts: Mapping[str, int], filters: Filters, language: str
    ) -> tuple[FacetValue, ...]:
        if facet == "year":
            low, high = filters.year_from, filters.year_to
            span = low is not None or high is not None
            chosen = {v for v in counts if v != UNKNOWN and span and (low or 0) <= int(v) <= (high or 9999)}
            chosen |= {UNKNOWN} if filters.year_unknown else set()
        else:
            chosen = set(getattr(filters, facet))
        rows = [
            (v == UNKNOWN, 0 if facet == "year" else -counts.get(v, 0), self._named(facet, v, language), v)
            for v in {*counts, *chosen}
        ]
        return tuple([FacetValue(v, label, counts.get(v, 0), v in chosen) for _, _, label, v in sorted(rows)])

    def suggest(self, text: str, limit: int = SUGGESTIONS) -> tuple[Suggestion, ...]:
        """Completions of what is being typed: titles, phrases, places and years of the corpus."""
        return tuple(self._suggester.complete(text, limit, self._together))

    def all(self, query: Query) -> Iterator[Document]:
        """Every document that the query and its filters find, in the order of ``query.sort``, without text.

        Only documents that have all the words: a result set that is counted and cited is never relaxed.
        """
        for n in self._reader.all(self.tree(query.text), query.filters, query.sort).tolist():
            yield self._reader.document(n)

    def latest(self, query: Query, limit: int) -> tuple[Hit, ...]:
        """The documents of a query that were first seen last, newest first."""
        tree = self.tree(query.text)
        numbers = self._reader.all(tree, query.filters, "newest")
        age = self._history.age[numbers]
        some = np.argpartition(age, limit)[:limit] if limit < len(age) else np.arange(len(age))
        new = numbers[some[np.argsort(age[some])]].tolist()
        places = self._reader.places(tree, new) if query.text.strip() else None
        return tuple(hit(self._reader, n, 0.0, places) for n in new)

    @cached_property
    def _history(self) -> history.History:
        return self._told_history()

    def listed(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[str, str]]:
        """(id, day its bytes were fetched, "" where not known) of documents ``start`` … ``stop`` of all, in
        an order that is the same in one generation."""
        read = self._history.read[start:stop].tolist()
        for id_, at in zip(self._history.ids[start:stop], read, strict=True):
            yield id_, at[:10].decode()

    def earliest_change(self) -> str:
        """The time of the oldest change that ``changes`` tells."""
        return self._history.earliest() or self.generation.built_at

    def gone(self, id_: str) -> Gone | None:
        """When a document left the index; None when it is held or never was."""
        return self._history.gone_by_id.get(id_)

    def changed(self, id_: str) -> str | None:
        """When what is indexed of a document last changed."""
        n = self._reader.number(id_)
        return None if n is None else str(self._history.changed[n].decode())

    def changes(
        self, filters: Filters, since: str, until: str, offset: int, limit: int
    ) -> tuple[int, tuple[Change, ...]]:
        """What came, changed or left from ``since`` to ``until`` (both included, as 2026-11-22T04:39:37Z, ""
        for no bound), oldest first: how many, and those from ``offset`` on.

        Of ``filters``, kind and municipality are looked at.
        """
        times, order = self._history.order
        first = np.searchsorted(times, since.encode())
        last = np.searchsorted(times, until.encode(), "right") if until else len(times)
        whose = order[first:last]
        if filters != Filters():
            passes = np.zeros(len(order), bool)
            passes[self._reader.all(EVERYTHING, filters, "newest")] = True
            held = self._reader.documents
            passes[held:] = [_was_in(g, filters) for g in self._history.gone]
            whose = whose[passes[whose]]
        return len(whose), tuple(self._change(n) for n in whose[offset : offset + limit].tolist())

    def _change(self, n: int) -> Change:
        held = len(self._history.ids)
        if n >= held:
            return self._history.gone[n - held]
        return Changed(self._history.changed[n].decode(), self._reader.document(n, whole=False))

    def count(self, query: Query) -> int:
        """How many documents have all the words and pass the filters."""
        nothing = replace(query, limit=0, page=1, facets=())
        return self._evaluate(self.tree(query.text), nothing).total

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
        return marks(text, self.tree(query_text)) if query_text.strip() else ()

    def series(self, id_: str) -> tuple[Document, ...]:
        """The other documents of the same series, oldest first."""
        document = self.document(id_)
        if document is None or document.series is None:
            return ()
        others = (self._reader.document(n, whole=False) for n in self._series.get(document.series, ()))
        found = [d for d in others if d.id != id_]
        return tuple(sorted(found, key=lambda d: (d.published or "", d.years, d.title)))

    def alike(self, id_: str) -> tuple[Document, ...]:
        """Other documents with nearly the same text, most alike first."""
        document = self.document(id_)
        found = map(self.document, document.alike if document else ())
        return tuple(d for d in found if d is not None)

    @cached_property
    def _series(self) -> Mapping[str, Sequence[int]]:
        if self._told_series is not None:
            return self._told_series
        members: dict[str, list[int]] = {}  # in an older index each card tells: 9 µs for each document
        for n in range(self._reader.documents):
            series = self._reader.document(n, whole=False).series
            if series is not None:
                members.setdefault(series, []).append(n)
        return members

    def related(self, id_: str, limit: int = 5) -> tuple[Document, ...]:
        """Documents with the same telling words, most alike first."""
        return self._like(id_, limit, Filters())

    def elsewhere(self, id_: str, limit: int = 5) -> tuple[Document, ...]:
        """The same kind of document in other municipalities, most alike first."""
        document = self.document(id_)
        if document is None or document.kind is None or not document.municipalities:
            return ()
        apart = any_("municipality", (*document.municipalities, UNKNOWN))
        return self._like(id_, limit, Filters(kind=(document.kind,)), apart)

    def _like(
        self, id_: str, limit: int, filters: Filters, apart: WhooshQuery | None = None
    ) -> tuple[Document, ...]:
        n = self._reader.number(id_)
        if n is None:
            return ()
        document = self._reader.document(n, whole=False)
        texts = [document.title, *(p.text for p in self._reader.text(n)[:20])]
        tree = like(
            texts, document.language or "sv", self._reader.documents, self._lookup.documents, apart=apart
        )
        query = Query(filters=filters, limit=limit + 1, facets=())
        found = (self._reader.document(int(m), whole=False) for m in self._evaluate(tree, query).numbers)
        return tuple(d for d in found if d.id != id_)[:limit]

    def versions(self, id_: str) -> tuple[Document, ...]:
        """All versions that have been held, newest first, with text; needs the corpus."""
        if self._corpus is None:
            raise IndexMissing("Earlier versions need the corpus; start with --corpus DIR.")
        with Catalogue(self._corpus / CATALOGUE) as catalogue:
            return tuple(map(mask_addresses, catalogue.versions(id_)))

    # --- what is held ---------------------------------------------------------------------------------

    def label(self, field: str, value: str, language: str = "sv") -> str:
        """The words for a value: ("municipality", "1283") → Helsingborg, ("source", "kfsk") → its name."""
        return self._named(field, value, language)

    def _name(self, field: str, value: str, language: str) -> str:
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

    def held(self) -> dict[str, dict[str, int]]:
        """Documents by municipality and year, whatever is searched: the denominators of every count.

        UNKNOWN stands for those that concern no known municipality, and for those without a year.
        """
        grid = self._reader.grid(self.tree(""))
        return {
            code: {y: int(n) for y, n in zip(grid.columns, counts, strict=True) if n}
            for code, counts in zip(grid.rows, grid.held.tolist(), strict=True)
            if any(counts)
        }

    def statuses(self) -> tuple[SourceStatus, ...]:
        """Every source as it stood when this generation was built."""
        return self._statuses


def _was_in(gone: Gone, filters: Filters) -> bool:
    """Whether a document that has left passed the filters when it was held."""
    places, kinds = filters.municipality, filters.kind
    return (not places or not set(places).isdisjoint(gone.municipalities)) and (
        not kinds or gone.kind in kinds
    )


def _first_by_relevance(query: Query) -> bool:
    return query.page == 1 and query.limit > 0 and query.sort == "relevance"


class SearchIndex:
    """The generations below one index directory; follows ``CURRENT`` as it moves."""

    def __init__(self, directory: Path, corpus: Path | None = None) -> None:
        self.directory = directory
        self.corpus = corpus
        self._current: tuple[tuple[int, int], Searcher] | None = None
        self._last: Searcher | None = None
        self._told: tuple[tuple[int, int], str] | None = None  # why the new one is not in use
        self.on_replaced: Callable[[], object] = lambda: None
        """Called when another generation has taken over."""
        self._lock = threading.Lock()

    def let_go(self) -> None:
        """Holds nothing open until it is asked again."""
        with self._lock:
            self._current = self._last = None

    def kept(self) -> tuple[str, ...]:
        """Ids of the generations that can be asked, oldest first: the one in use, and those that answer as
        they did when they were."""
        in_use, names = self.current().generation.id, generation.names(self.directory)
        return tuple(n for n in names if n == in_use or generation.answers_as_made(self.directory / n))

    def current(self) -> Searcher:
        """The generation in use now. Raises IndexMissing or IndexDamaged with advice.

        When a new one cannot be opened, the one before goes on answering as long as it is kept.
        """
        stamp, known = generation.stamp(self.directory), self._current
        if known is None or stamp is None or known[0] != stamp:
            try:
                searcher = self.generation(generation.current(self.directory).name)
            except SearchIndexError as error:
                if stamp != generation.stamp(self.directory):  # another took over meanwhile
                    return self.current()
                if known is None or stamp is None or not self._holds(known[1].generation.id):
                    raise
                if self._told != (stamp, str(error)):
                    self._told = stamp, str(error)
                    _log.error("%s Until then %s is used.", error, known[1].generation.id)
                return known[1]
            if problem := generation.outdated(searcher.generation.id, searcher.generation.analysis):
                _log.warning("%s", problem)
            with self._lock:  # one of those who come upon it at the same time tells of it
                before, self._current = self._current, (stamp, searcher) if stamp else None
            if before is not None and before[1] is not searcher:
                del known, before
                self.on_replaced()
            return searcher
        return known[1]

    def asked(self, name: str) -> Searcher | None:
        """One generation by its name; None when it is not ``kept``, also when it is removed just now."""
        if self._holds(name) and name in self.kept():
            try:
                return self.generation(name)
            except SearchIndexError:
                if self._holds(name):
                    raise
        return None

    def _holds(self, name: str) -> bool:
        return name in generation.names(self.directory)

    def generation(self, name: str) -> Searcher:
        """One generation that is still kept. Raises IndexDamaged when there is none of that name.

        Beside the one in use only the one asked for last is held: a service must not grow with every new
        index, nor with every change between older ones.
        """
        with self._lock:
            in_use, last = self._current and self._current[1], self._last
            if in_use and in_use.generation.id == name:
                return in_use
            if last and last.generation.id == name:
                return last
            made = self._last = Searcher(generation.generation(self.directory, name), self.corpus)
        if last not in (None, in_use):
            del last
            # It is held in circles by what it is made of. Two readers of two older indexes, by turns, took
            # nine megabytes and four open files more with each answer.
            gc.collect()
        return made


def open_index(index: Path, corpus: Path | None = None) -> Searcher:
    """The current generation of ``index``; ``corpus`` gives earlier versions."""
    return SearchIndex(index, corpus).current()
