"""What do the texts of a result set say together? Concordance, trend over years, keywords, collocations.

What counts, everywhere here:

- an *occurrence* is a place in the running text (the pages; not titles, headings above links, link texts)
  where a query's words stand as the query was read: all forms, compounds, synonyms; a phrase counts whole.
  Occurrences that share a word count as one. Without quotation marks each of several words counts;
- a *document* is one that the search finds, so the number is that of its result list;
- a document that concerns several years counts in each of them, with all of its words (as in the matrix). One
  without a year counts in none: it stands apart. Totals count every document once;
- denominators are what is held within the same filters, from the arrays of the index.

Formulas are in ``indexer.measures``, answers in ``indexer.findings``. Not for finding documents
(``indexer.search``), nor for how the numbers look (``search_web``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np

from indexer.alphabet import alphabetical
from indexer.engine.collect import DEFAULT_LANGUAGE
from indexer.engine.notation import COMMON
from indexer.engine.spans import Spans
from indexer.findings import (
    Collocate,
    Collocations,
    Concordance,
    Keyword,
    Keywords,
    Line,
    TermTrend,
    Trend,
    YearCount,
)
from indexer.language import TOKEN, fold
from indexer.measures import Array, log_dice, log_likelihood, log_ratio
from indexer.model import UNKNOWN, Document, Filters, Query
from indexer.search import Searcher
from indexer.snippets import page_url

ORDERS = ("document", "oldest", "newest", "left", "right")
"""Of lines: by title of the document; by its date; by the words before, and after."""
BY_CONTEXT = ("left", "right")
SAMPLE = 2_000
"""Occurrences that are put in order by their context: each is a page to read."""
CONTEXT = 10
"""Words on each side of an occurrence."""
SORTED_BY = 5
"""Words on each side that lines are ordered by."""
WINDOW = 5
"""Words before and after that are neighbours, as most corpus tools take."""
MOST_WINDOW = 10
MOST_WORDS = 50_000_000
"""Words of text that are searched for neighbours."""
LEAST = 3
"""A word is compared when it occurs so often."""
LEAST_DOCUMENTS = 2
SPREAD = 5
"""Per cent of a result set that a keyword stands in: what one long document is about tells little of it."""
SIGNIFICANT = 10.83
"""G² above which p < 0.001 (chi-squared, one degree of freedom)."""
MOST_TERMS = 5
MEASURES = ("dice", "g2")
"""What neighbours are ordered by."""
NO_YEAR = 0
_DIGITS_LAST = str.maketrans({str(d): chr(0x80 + d) for d in range(10)})
_LAST = "\uffff"
MARK = "@"
"""Between a word and its language, where the same word is another in other texts: ``plan@en``."""


class Research:
    """Counts over one generation. Safe to share between threads."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._reader = searcher.reader
        self._counts = searcher.reader.counts

    # --- concordance

    def concordance(
        self,
        query: Query,
        order: str = ORDERS[0],
        *,
        word: str | None = None,
        near: int | None = None,
        offset: int = 0,
        words: int = CONTEXT,
    ) -> Concordance:
        """Lines ``offset`` … ``offset + query.limit``. Only the pages of those lines are read; for an order
        by context those of at most SAMPLE occurrences.
        """
        docs, found = self._asked(query, word, near)
        parts = list(found)
        matching = len(docs)
        total = sum(len(p.docs) for p in parts)
        documents = sum(len(np.unique(p.docs)) for p in parts)
        places = self._ordered(parts, order)
        listed = len(places.docs)
        shown = Spans(*(a[offset : offset + query.limit] for a in places))
        return Concordance(total, documents, matching, listed, tuple(self._lines(shown, words)))

    def lines(
        self, query: Query, order: str = ORDERS[0], *, word: str | None = None, near: int | None = None,
        words: int = CONTEXT,
    ) -> Iterator[Line]:  # fmt: skip
        """Every line, read while it is asked for; by context the sample that ``concordance`` goes through."""
        _, found = self._asked(query, word, near)
        yield from self._lines(self._ordered(list(found), order), words)

    def _asked(self, query: Query, word: str | None, near: int | None) -> tuple[Array, Iterator[Spans]]:
        """The documents of a query, and the occurrences asked for, some documents at a time."""
        tree = self._searcher.tree(query.text)
        docs = self._reader.matching(tree, query.filters)
        bags = self._reader.occurring(tree)
        if word is None:
            return docs, self._counts.occurrences(bags, docs)
        term = self.term(word)
        wanted = [self._counts.bag(term)] if term is not None else []
        found = self._counts.occurrences(wanted, docs)
        if near is None:
            return docs, found
        both = zip(found, self._counts.occurrences(bags, docs), strict=True)
        return docs, (self._counts.near(f, node, near) for f, node in both)

    def _ordered(self, parts: Sequence[Spans], order: str) -> Spans:
        if order in BY_CONTEXT:
            return self._by_context(parts, order)
        return self._by_document(Spans.join(parts), order)

    def _by_document(self, found: Spans, order: str) -> Spans:
        rank = self._counts.rank("title" if order == "document" else order)
        at = np.argsort(rank[found.docs], kind="stable")
        return Spans(*(a[at] for a in found))

    def _by_context(self, parts: Iterable[Spans], order: str) -> Spans:
        """At most SAMPLE occurrences, those with the lowest ``Counts.order``, by the words beside them."""
        found = Spans(*(np.zeros(0, np.int64) for _ in range(3)))
        for part in parts:
            found = Spans(*(np.concatenate(pair) for pair in zip(found, part, strict=True)))
            if len(found.docs) > SAMPLE:
                keep = np.sort(np.argpartition(self._counts.order(found), SAMPLE)[:SAMPLE])
                found = Spans(*(a[keep] for a in found))
        keys = []
        for doc, start, end in zip(*(a.tolist() for a in found), strict=True):
            c = self._counts.context(doc, start, end, SORTED_BY)
            keys.append(context_key(c.left, c.right, order))
        at = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
        return Spans(*(a[at] for a in found))

    def _lines(self, places: Spans, words: int) -> Iterator[Line]:
        known: tuple[int, Document] | None = None
        for doc, start, end in zip(*places, strict=True):
            if known is None or known[0] != doc:
                known = int(doc), self._reader.document(int(doc), whole=False)
            c = self._counts.context(int(doc), int(start), int(end), words)
            yield Line(known[1], c.page, page_url(known[1], c.page), c.left, c.match, c.right)

    # --- trend

    def trend(self, terms: Sequence[str], filters: Filters = Filters()) -> Trend:  # noqa: B008 - frozen
        """Occurrences and documents by year of each term, with what is held."""
        column = self._reader.column("year")
        known = sorted((int(v), code) for v, code in column.code.items() if v != UNKNOWN)
        held = self._reader.matching(self._searcher.tree(""), filters)
        held_words = self._by_year(held, self._counts.words[held])
        held_documents = self._by_year(held, np.ones(len(held), np.int64))
        years = [year for year, code in known if held_documents[code]]
        if filters.year_from is not None or filters.year_to is not None:
            # A document of two years is found by either; only the years asked for are shown.
            years = [y for y in years if (filters.year_from or 0) <= y <= (filters.year_to or 9999)]
        code_of = dict(known)
        found = []
        for term in terms:
            tree = self._searcher.tree(term)
            docs = self._reader.matching(tree, filters)
            counts = self._counts.per_document(self._reader.occurring(tree), docs)
            occurrences = self._by_year(docs, counts)
            documents = self._by_year(docs, np.ones(len(docs), np.int64))
            tables = (occurrences, documents, held_words, held_documents)
            total = (int(counts.sum()), len(docs), int(self._counts.words[held].sum()), len(held))
            found.append(
                TermTrend(
                    term,
                    tuple(_year(y, code_of[y], tables) for y in years),
                    _year(NO_YEAR, column.unknown, tables),
                    YearCount(NO_YEAR, *total),
                )
            )
        return Trend(tuple(years), tuple(found))

    def _by_year(self, docs: Array, weights: Array) -> Array:
        """Sums of ``weights`` of documents by the code of each of their years, int64."""
        column = self._reader.column("year")
        at, code = column.pairs(docs)
        return np.bincount(code, weights[at], len(column.values)).astype(np.int64)

    # --- keywords

    def keywords(
        self, query: Query, *, spread: int = SPREAD, common: bool = False, offset: int = 0
    ) -> Keywords:
        """Words more frequent in the texts of a result set than in all other texts held, by G².

        Only those in ``spread`` per cent of its documents; common words (and, that, in) if ``common``.
        """
        docs = self._reader.matching(self._searcher.tree(query.text), query.filters)
        inside, everywhere = self._counts.by_term(docs), self._counts.everywhere
        words, all_words = int(self._counts.words[docs].sum()), int(everywhere.occurrences.sum())
        rest, rest_documents = (e - i for e, i in zip(everywhere, inside, strict=True))
        held, m, n = self._reader.documents, words, all_words - words
        least = max(min(LEAST_DOCUMENTS, len(docs)), math.ceil(len(docs) * spread / 100))
        some = self._candidates((inside.occurrences >= LEAST) & (inside.documents >= least), common)
        some = some if m and n else some[:0]
        a, b = inside.occurrences[some], rest[some]
        g2, ratio = log_likelihood(a, b, m, n), log_ratio(a, b, m, n)
        good = np.flatnonzero((g2 >= SIGNIFICANT) & (ratio > 0))
        order = good[np.lexsort((some[good], -g2[good]))]
        rows = [
            Keyword(
                self._form(int(some[i])), int(a[i]), int(inside.documents[some[i]]), int(b[i]),
                int(rest_documents[some[i]]), float(g2[i]), float(ratio[i]),
            )
            for i in order[offset : offset + query.limit].tolist()
        ]  # fmt: skip
        return Keywords(len(docs), words, held - len(docs), n, len(order), tuple(rows))

    # --- collocations

    def collocations(
        self,
        query: Query,
        measure: str = MEASURES[0],
        *,
        window: int = WINDOW,
        common: bool = False,
        offset: int = 0,
    ) -> Collocations:
        """Words that stand beside those of a query more often than elsewhere in the texts within the filters.

        Words in the windows are compared with all other words (Evert 2008, Corpora and collocations, surface
        co-occurrence): a word of the text counts once however many windows it lies in, and what the query
        itself found counts nowhere.
        """
        tree = self._searcher.tree(query.text)
        docs = self._reader.matching(tree, query.filters)
        counted = self._counts.sample(docs, MOST_WORDS)
        found = list(self._counts.occurrences(self._reader.occurring(tree), counted))
        nodes = sum(len(f.docs) for f in found)
        documents = sum(len(np.unique(f.docs)) for f in found)
        before, after, together, inside = self._counts.beside(found, window)
        corpus = self._reader.matching(self._searcher.tree(""), query.filters)
        everywhere = (
            self._counts.everywhere if len(corpus) == self._reader.documents else self._counts.by_term(corpus)
        )
        m = int(together.sum())
        n = int(everywhere.occurrences.sum()) - int(inside.sum()) - m
        frequency = everywhere.occurrences
        some = self._candidates(together >= LEAST, common)
        a, f = together[some], frequency[some]
        g2 = log_likelihood(a, f - inside[some] - a, m, n)
        expected = (f - inside[some]) * (m / max(1, m + n))
        dice = log_dice(a, nodes, f)
        good = np.flatnonzero((g2 >= SIGNIFICANT) & (a > expected))
        best = dice if measure == "dice" else g2
        order = good[np.lexsort((some[good], -best[good]))]
        rows = [
            Collocate(
                self._form(int(some[i])), int(before[some[i]]), int(after[some[i]]), int(a[i]), int(f[i]),
                float(g2[i]), float(dice[i]),
            )
            for i in order[offset : offset + query.limit].tolist()
        ]  # fmt: skip
        return Collocations(
            window, nodes, documents, len(docs), len(counted), m, m + n, len(order), tuple(rows)
        )

    # --- words and their terms

    def _candidates(self, flags: Array, common: bool) -> Array:
        """Numbers of the terms that are flagged; without the common words unless they are wanted."""
        if not common:
            flags = flags.copy()
            flags[self._common] = False
        return np.flatnonzero(flags)

    @cached_property
    def _common(self) -> Array:
        terms = {term for word in COMMON if (term := self.term(word)) is not None}
        return np.array(sorted(self._counts.number(t) for t in terms), np.int64)

    def _form(self, term: int) -> str:
        """The commonest written form of an index term, such that ``term`` reads it as the same."""
        text = self._counts.terms[term]
        forms = self._reader.words.forms(text.decode("utf-8", "replace"), 5)
        for form in forms:
            if self.term(form.text) == text:
                return form.text
        language = text.decode("utf-8", "replace").partition(MARK)[2] or DEFAULT_LANGUAGE
        return f"{forms[0].text if forms else text.decode('utf-8', 'replace')}{MARK}{language}"

    def term(self, word: str) -> bytes | None:
        """The index term that a written word stands for: of several, the one of most documents.

        ``plan@en`` is the word of texts in English, where more texts in Swedish have the same.
        """
        written, _, language = word.lower().partition(MARK)
        stems = [row.stem for row in self._reader.words.find(written)]
        if language:
            stems = [s for s in stems if (s.partition(MARK)[2] or DEFAULT_LANGUAGE) == language]
        return stems[0].encode("utf-8", "replace") if stems else None


def _year(year: int, code: int, tables: Sequence[Array]) -> YearCount:
    """One row of the tables by code; code -1: there is none."""
    return YearCount(year, *(int(t[code]) if code >= 0 else 0 for t in tables))


def context_key(left: str, right: str, order: str) -> tuple[str, str]:
    """What lines are ordered by: the words after, or those before from the nearest on. Nothing is last."""
    near = [" ".join(_words(left)[::-1]) or _LAST, " ".join(_words(right)) or _LAST]
    return (near[0], near[1]) if order == "left" else (near[1], near[0])


def _words(text: str) -> list[str]:
    """What words are ordered by: the Swedish alphabet, then digits; é is an e."""
    return [fold(alphabetical(m[0]).translate(_DIGITS_LAST)) for m in TOKEN.finditer(text.casefold())]
