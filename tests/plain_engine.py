"""The engine's slow twin: the same answers worked out document by document in plain Python.

Every formula of ``indexer.engine.scoring`` and ``ranking`` is written down here a second time, without
arrays. Used by ``test_engine_*.py``; not a test itself.
"""

from __future__ import annotations

import fnmatch
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from whoosh import query as q
from whoosh.query import spans as s

from indexer.engine.bags import FAINT, MOST_FAINT
from indexer.engine.collect import language_of, stretches
from indexer.engine.columns import values_of
from indexer.engine.postings import FIELDS, PAGE_GAP
from indexer.engine.queries import Most, Rescored, Variants, Written
from indexer.engine.schema import PART, TEXT
from indexer.engine.scoring import COHERENCE, K1, WEIGHTS, B
from indexer.language import analyser, suspended, tokens
from indexer.model import UNKNOWN, Document, Filters

Span = tuple[int, int]

NO_FILTERS = Filters()
WORDS = (q.Term, q.Prefix, q.Wildcard, q.FuzzyTerm, q.TermRange, Written)


class Line:
    """One document as a line of words: position → (field, page, terms)."""

    def __init__(self, document: Document, corpus: dict[str, set[str]]) -> None:
        self.document = document
        self.corpus = corpus  # every written word and its stems, filled while the lines are made
        self.words: dict[int, tuple[str, int, frozenset[str]]] = {}
        self.written: dict[int, str] = {}
        self.lengths = Counter[str]()
        at = 0
        texts = [(FIELDS[f], -1, t) for f, t in stretches(document)]
        texts += [("body", n, p.text) for n, p in enumerate(document.text)]
        analyse = analyser(language_of(document)).word
        for field, page, text in texts:
            for word, start, end in tokens(text):
                forms = analyse(suspended.name(text, start, end, 0, len(text)) or word)
                terms = frozenset({forms.stem, *(PART + p for p in forms.parts)})
                self.words[at] = field, page, terms
                self.written[at] = word
                corpus.setdefault(word, set()).add(forms.stem)
                self.lengths[field] += 1
                at += 1
            at += PAGE_GAP

    def means(self, tree: q.Query, term: str) -> bool:
        if isinstance(tree, Written):
            return any(is_written(tree, word) and term in stems for word, stems in self.corpus.items())
        return matches_term(tree, term)

    def lacks(self, tree: q.Query) -> bool:
        """Must a word be there as it is written, and is not?"""
        exact = isinstance(tree, Written) and tree.exact
        fields = {at: f for at, (f, _, _) in self.words.items()}
        return exact and not any(
            is_written(tree, word)
            for at, word in self.written.items()
            if tree.fieldname in (TEXT, fields[at])
        )

    def spans(self, tree: q.Query, field: str | None = None) -> set[Span]:
        """Where a word, phrase, pattern or variant stands."""
        if isinstance(tree, Variants):
            return set().union(*(self.spans(t) for t, _ in tree.members))
        if isinstance(tree, q.And):
            parts = [self.spans(t) for t in tree.subqueries]
            return set().union(*parts) if all(parts) else set()
        if isinstance(tree, q.Or):
            return set().union(*(self.spans(t) for t in tree.subqueries))
        if isinstance(tree, s.SpanNear2):
            found = self.spans(tree.qs[0])
            for t in tree.qs[1:]:
                found = _near(found, self.spans(t), tree.slop, tree.ordered, tree.mindist)
            return found
        if isinstance(tree, q.Phrase):
            found = self.spans(q.Term(tree.fieldname, tree.words[0]))
            for word in tree.words[1:]:
                found = _near(found, self.spans(q.Term(tree.fieldname, word)), tree.slop, True, 1)
            return found
        if self.lacks(tree):
            return set()
        return {
            (at, at)
            for at, (f, _, terms) in self.words.items()
            if tree.fieldname in (TEXT, f)
            for t in terms
            if self.means(tree, t)
        }

    def occurrences(self, tree: q.Query) -> Counter[str]:
        """How often in each field; a position counts once for each term that a pattern means there."""
        counts = Counter[str]()
        if self.lacks(tree):
            return counts
        if isinstance(tree, WORDS):
            for f, _, terms in self.words.values():
                if tree.fieldname in (TEXT, f):
                    counts[f] += sum(self.means(tree, t) for t in terms)
        else:
            for start, _ in self.spans(tree):
                counts[self.words[start][0]] += 1
        return counts


def is_written(tree: Written, word: str) -> bool:
    """With its hyphens or without."""
    pattern = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in tree.text)
    return any(re.fullmatch(pattern, w) for w in (word, word.replace("-", "")))


def _near(a: Iterable[Span], b: Iterable[Span], slop: int, ordered: bool, mindist: int) -> set[Span]:
    found = set()
    for x in a:
        for y in b:
            distance = max(0, y[0] - x[1], x[0] - y[1])
            if mindist <= distance <= slop and not (ordered and y[0] < x[0]):
                found.add((min(x[0], y[0]), max(x[1], y[1])))
    return found


@cache
def edits(a: str, b: str) -> int:
    if not a or not b:
        return len(a) + len(b)
    return min(edits(a[1:], b) + 1, edits(a, b[1:]) + 1, edits(a[1:], b[1:]) + (a[0] != b[0]))


def matches_term(tree: Any, term: str) -> bool:
    if isinstance(tree, q.Term):
        return bool(term == tree.text)
    if isinstance(tree, q.Prefix):
        return term.startswith(tree.text)
    if isinstance(tree, q.Wildcard):
        return fnmatch.fnmatchcase(term, tree.text)
    if isinstance(tree, q.FuzzyTerm):
        same = tree.text[: tree.prefixlength]
        return term.startswith(same) and edits(term, tree.text) <= tree.maxdist
    if isinstance(tree, q.TermRange):
        low = tree.start is None or (term > tree.start if tree.startexcl else term >= tree.start)
        high = tree.end is None or (term < tree.end if tree.endexcl else term <= tree.end)
        return low and high
    raise TypeError(tree)


class Plain:
    """Answers about ``documents`` (distinct ids)."""

    def __init__(self, documents: Sequence[Document]) -> None:
        corpus: dict[str, set[str]] = {}
        self.lines = [Line(d, corpus) for d in documents]
        n = max(1, len(self.lines))
        self.average = sum(sum(line.lengths.values()) for line in self.lines) / n

    def weight(self, line: Line, tree: q.Query) -> float:
        """tf~ of a word and its kind."""
        if isinstance(tree, Variants):
            found = [(w, self.weight(line, t)) for t, w in tree.members]
            total = sum(w * n for w, n in found)
            if any(n > 0 and w > FAINT for w, n in found):
                return total
            return total / (1 + total / (FAINT * MOST_FAINT))
        if isinstance(tree, q.And):
            return min(self.weight(line, t) for t in tree.subqueries)
        if isinstance(tree, q.Or):
            return sum(self.weight(line, t) for t in tree.subqueries)
        total = 0.0
        for field, count in line.occurrences(tree).items():
            ratio = sum(line.lengths.values()) / self.average if self.average else 0.0
            norm = 1 - B + B * ratio if self.average else 1.0
            total += WEIGHTS[field] * count / norm
        return total

    def df(self, tree: q.Query) -> int:
        return sum(self.weight(line, tree) > 0 for line in self.lines)

    def idf(self, tree: q.Query) -> float:
        if isinstance(tree, Variants):
            there = [(w, self.df(t)) for t, w in tree.members if self.df(t)]
            most = max((w for w, _ in there), default=0.0)
            return self._idf(max((df for w, df in there if w == most), default=0))
        if isinstance(tree, q.Phrase):
            return sum(self.idf(q.Term(TEXT, w)) for w in tree.words)
        if isinstance(tree, s.SpanNear2):
            return sum(self.idf(t) for t in tree.qs)
        if isinstance(tree, q.Term):
            return self._idf(self.df(q.Term(TEXT, tree.text)))
        return self._idf(self.df(tree))

    def _idf(self, df: float) -> float:
        return math.log(1 + (len(self.lines) - df + 0.5) / (df + 0.5))

    def score(self, line: Line, tree: q.Query) -> float | None:
        """Score of a document, None when it does not match."""
        if isinstance(tree, type(q.NullQuery)):
            return None
        if isinstance(tree, q.Every):
            if tree.fieldname is None:
                return tree.boost
            some = line.lengths[tree.fieldname] if tree.fieldname in FIELDS else (
                sum(line.lengths.values()) if tree.fieldname == TEXT
                else values_of(line.document, tree.fieldname) != (UNKNOWN,)
            )  # fmt: skip
            return tree.boost if some else None
        if isinstance(tree, (Variants, q.Phrase, s.SpanNear2)) or (
            isinstance(tree, WORDS) and tree.fieldname in (TEXT, *FIELDS)
        ):
            weight = self.weight(line, tree)
            if weight <= 0:
                return None
            boost = getattr(tree, "boost", 1.0)
            if getattr(tree, "constantscore", False):
                return boost
            return boost * self.idf(tree) * weight / (K1 + weight)
        if isinstance(tree, q.Term):
            return tree.boost if str(tree.text) in values_of(line.document, tree.fieldname) else None
        if isinstance(tree, q.NumericRange):
            years = line.document.years
            low, high = tree.start or 0, 9999 if tree.end is None else tree.end
            return tree.boost if any(low <= y <= high for y in years) else None
        return self._combined(line, tree)

    def _combined(self, line: Line, tree: Any) -> float | None:
        if isinstance(tree, q.Not):
            return 0.0 if self.score(line, tree.query) is None else None
        if isinstance(tree, q.ConstantScoreQuery):
            return None if self.score(line, tree.child) is None else tree.score
        if isinstance(tree, (q.AndNot, q.AndMaybe, q.Require)):
            a, b = self.score(line, tree.a), self.score(line, tree.b)
            if isinstance(tree, q.AndNot):
                return a if b is None else None
            if isinstance(tree, q.AndMaybe):
                return a if a is None or b is None else a + b
            return a if b is not None else None
        scores = [self.score(line, t) for t in tree.subqueries]
        good = [x for x in scores if x is not None]
        if isinstance(tree, q.And):
            return tree.boost * sum(good) if len(good) == len(scores) else None
        if isinstance(tree, q.DisjunctionMax):
            return tree.boost * (max(good) + tree.tiebreak * (sum(good) - max(good))) if good else None
        least = tree.minmatch if isinstance(tree, Most) else 1
        return tree.boost * sum(good) if len(good) >= least else None

    # --- coherence

    def words(self, tree: Any, boost: float = 1.0) -> list[q.Query]:
        """The words whose standing together counts."""
        if isinstance(tree, (q.Not, q.ConstantScoreQuery, q.Every, q.NumericRange)):
            return []
        if isinstance(tree, Variants) or not isinstance(tree, q.compound.CompoundQuery):
            countable = isinstance(tree, (Variants, q.Phrase, s.SpanNear2)) or (
                getattr(tree, "fieldname", None) in (TEXT, *FIELDS)
                and not getattr(tree, "constantscore", False)
            )
            return [tree] if countable else []
        if isinstance(tree, (q.AndNot, q.Require, Rescored)):
            return self.words(tree.a)
        return [w for t in tree.subqueries for w in self.words(t)]

    def coherent(self, line: Line, tree: q.Query, score: float) -> float:
        """score' of a matching document."""
        pages = range(len(line.document.text))
        words = [w for w in self.words(tree) if self.df(w) and self.idf(w) * getattr(w, "boost", 1.0) > 0]
        if len(words) < 2 or len(pages) < 2:
            return score
        on = dict.fromkeys(pages, 0.0)
        held = 0.0
        for word in words:
            worth = self.idf(word) * getattr(word, "boost", 1.0)
            where = {line.words[a][1] for a, _ in line.spans(word)}
            held += worth if where else 0.0
            for page in pages:
                on[page] += worth if page in where or -1 in where else 0.0
        share = max(on.values()) / held if held else 1.0
        return score * (1 - COHERENCE * (1 - share))

    def answer(self, tree: q.Query, filters: Filters = NO_FILTERS) -> dict[str, float]:
        """id → score' of the documents that match and pass."""
        found = {}
        for line in self.lines:
            score = self.score(line, tree)
            if score is not None and passes(line.document, filters):
                found[line.document.id] = self.coherent(line, tree, score)
        return found

    def count(self, tree: q.Query, filters: Filters, facet: str) -> Counter[str]:
        counts = Counter[str]()
        for line in self.lines:
            if self.score(line, tree) is not None and passes(line.document, filters, without=facet):
                counts.update(values_of(line.document, facet))
        return counts


def passes(document: Document, filters: Filters, without: str | None = None) -> bool:
    if without != "year":
        span = filters.year_from is not None or filters.year_to is not None
        low = -(10**9) if filters.year_from is None else filters.year_from
        high = 10**9 if filters.year_to is None else filters.year_to
        good = (span and any(low <= y <= high for y in document.years)) or (
            filters.year_unknown and not document.years
        )
        if (span or filters.year_unknown) and not good:
            return False
    for facet in ("municipality", "county", "kind", "area", "organisation_type", "publisher", "language",
                  "format", "source"):  # fmt: skip
        chosen = getattr(filters, facet)
        if chosen and facet != without and not set(chosen) & set(values_of(document, facet)):
            return False
    return True
