"""Concordance, trend, keywords, collocations against plain Python counts over the same texts."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_engine import Line as PlainLine
from plain_engine import Plain, passes
from test_engine_twin import QUICK, built, choices, documents
from whoosh import query as q

from indexer import research
from indexer.engine import write
from indexer.engine.lookup import Lookup
from indexer.engine.plan import plan
from indexer.engine.queries import Variants
from indexer.engine.reader import Reader
from indexer.findings import YearCount
from indexer.language import TOKEN, tokens
from indexer.language.thesaurus import Thesaurus
from indexer.measures import log_dice, log_likelihood, log_ratio
from indexer.model import Document, Filters, Page, Query
from indexer.research import NO_YEAR, ORDERS, Research

THESAURUS = Thesaurus.load(Path(__file__).parents[1] / "corpus" / "thesaurus")
QUERIES = (
    "plan", '"plan"', "barn", "barn plan", '"barnets plan"', "plan ELLER skola", "barn INTE skola", "skol*",
    "barnchecklista", '"och i"', "titel:plan", "",
)  # fmt: skip
texts = st.sampled_from(QUERIES)
FEW = settings(QUICK, max_examples=25)


class Asked:
    """What Research asks of a Searcher, over an index that the engine's own tests make."""

    def __init__(self, path: Path) -> None:
        self.reader = Reader(path)
        self._lookup = Lookup(self.reader, lambda field, text: ())

    def tree(self, text: str) -> q.Query:
        return plan(text, self._lookup, THESAURUS).tree


class Slow:
    """The same counts, document by document and word by word."""

    def __init__(self, held: Sequence[Document]) -> None:
        self.plain = Plain(held)

    def found(self, tree: q.Query, filters: Filters) -> list[PlainLine]:
        return [
            x for x in self.plain.lines
            if self.plain.score(x, tree) is not None and passes(x.document, filters)
        ]  # fmt: skip

    def occurrences(self, line: PlainLine, tree: q.Query) -> list[tuple[int, int]]:
        """Spans of the words asked for in the text; those that share a word joined."""
        spans = {s for t in asked(tree) for s in line.spans(t) if line.words[s[0]][0] == "body"}
        joined: list[tuple[int, int]] = []
        for a, b in sorted(spans):
            if joined and a <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(b, joined[-1][1])
            else:
                joined.append((a, b))
        return joined


def asked(tree: q.Query) -> list[q.Query]:
    if isinstance(tree, (q.Not, q.Every, q.NumericRange)) or tree is q.NullQuery:
        return []
    if isinstance(tree, (q.AndNot, q.AndMaybe)):
        return asked(tree.a)
    if isinstance(tree, Variants) or tree.is_leaf() or not isinstance(tree, q.compound.CompoundQuery):
        return [tree]
    return [t for child in tree.children() for t in asked(child)]


def stem(line: PlainLine, at: int) -> str:
    return next(t for t in line.words[at][2] if not t.startswith("~"))


def stems(line: PlainLine) -> Counter[str]:
    return Counter(stem(line, at) for at, (field, _, _) in line.words.items() if field == "body")


@contextmanager
def searched(held: Sequence[Document], steps: int) -> Iterator[tuple[Research, Asked, Slow]]:
    with built(held, steps, {"d0"} if steps > 2 else set()) as path:
        asked_ = Asked(path)
        yield Research(asked_), asked_, Slow([d for d in held if d.id != "d0" or steps <= 2])


def words_of(text: str) -> list[str]:
    return [word for word, _, _ in tokens(text)]


# --- concordance ------------------------------------------------------------------------------------------


@FEW
@given(documents(), texts, choices, st.integers(1, 3), st.sampled_from(ORDERS))
def test_lines_are_every_occurrence_with_the_words_around_it(
    held: list[Document], text: str, filters: Filters, steps: int, order: str
) -> None:
    with searched(held, steps) as (fast, asked_, slow):
        tree = asked_.tree(text)
        expected = Counter[tuple[str, int, tuple[str, ...], tuple[str, ...], tuple[str, ...]]]()
        lines = slow.found(tree, filters)
        for line in lines:
            for a, b in slow.occurrences(line, tree):
                page = line.document.text[line.words[a][1]]
                first = min(at for at, (_, n, _) in line.words.items() if n == line.words[a][1])
                words = words_of(page.text)
                i, j = a - first, b - first + 1
                around = words[max(0, i - 10) : i], words[i:j], words[j : j + 10]
                expected[(line.document.id, page.number, *map(tuple, around))] += 1
        query = Query(text, filters, limit=1_000)
        found = fast.concordance(query, order)
        got = Counter(
            (x.document.id, x.page.number, *(tuple(words_of(t)) for t in (x.left, x.match, x.right)))
            for x in found.lines
        )
        assert got == expected
        assert (found.total, found.matching) == (expected.total(), len(lines))
        assert found.documents == len({id_ for id_, *_ in expected})
        assert list(fast.lines(query, order)) == list(found.lines)
        pages = [
            fast.concordance(Query(text, filters, limit=3), order, offset=n).lines for n in range(0, 99, 3)
        ]
        assert [x for some in pages for x in some] == list(found.lines)[:99]
        for x in found.lines:
            page = next(p for d in held if d.id == x.document.id for p in d.text if p.number == x.page.number)
            assert x.left + x.match + x.right in " ".join(page.text.split())


@FEW
@given(documents(), st.sampled_from(("barn", "plan", "och")), st.integers(1, 3))
def test_lines_are_in_the_order_asked_for(held: list[Document], text: str, steps: int) -> None:
    with searched(held, steps) as (fast, *_):
        query = Query(text, limit=1_000)
        for order in ("left", "right"):
            keys = [
                [words_of(x.left)[::-1][:5] or ["\uffff"], words_of(x.right)[:5] or ["\uffff"]]
                for x in fast.concordance(query, order).lines
            ]
            if order == "right":
                keys = [[b, a] for a, b in keys]
            letters = str.maketrans({"å": "{", "ä": "|", "ö": "}", "2": "~"})  # a number comes after words
            plain = [[" ".join(k).translate(letters) for k in key] for key in keys]
            assert plain == sorted(plain)
        titles = [x.document.title.casefold() for x in fast.concordance(query, "document").lines]
        assert [t for i, t in enumerate(titles) if i == 0 or titles[i - 1] != t] == sorted(set(titles))


@FEW
@given(documents(), st.integers(1, 3), st.sampled_from(("left", "right")))
def test_sample_is_the_same_however_the_index_was_made(held: list[Document], steps: int, order: str) -> None:
    def lines(steps: int) -> tuple[int, int, list[tuple[str, int, str, str, str]]]:
        with built(held, steps, set()) as path, mock.patch.object(research, "SAMPLE", 4):
            found = Research(Asked(path)).concordance(Query("barn", limit=100), order)
            assert found.listed == len(found.lines) == min(4, found.total)
            assert found.sampled == (found.total > 4)
            shown = [(x.document.id, x.page.number, x.left, x.match, x.right) for x in found.lines]
            return found.total, found.listed, sorted(shown)

    assert lines(1) == lines(steps)


def test_lines_are_in_the_order_of_the_alphabet_of_readers() -> None:
    after = ["10 år", "ab", "idéburen", "ideal", "idrott", "zon", "år", "än", "öppen", ""]
    assert sorted(after, key=lambda w: research.context_key("", w, "right")) == [
        "ab", "ideal", "idéburen", "idrott", "zon", "år", "än", "öppen", "10 år", "",
    ]  # fmt: skip


# --- trend ------------------------------------------------------------------------------------------------


@FEW
@given(documents(), st.lists(texts, min_size=1, max_size=3), choices, st.integers(1, 3))
def test_trend_counts_a_document_in_each_of_its_years(
    held: list[Document], terms: list[str], filters: Filters, steps: int
) -> None:
    with searched(held, steps) as (fast, asked_, slow):
        trend = fast.trend(terms, filters)
        everything = [x for x in slow.plain.lines if passes(x.document, filters)]
        low, high = filters.year_from or 0, filters.year_to or 9999
        years = sorted({y for x in everything for y in x.document.years if low <= y <= high})
        assert trend.years == tuple(years)
        for text, got in zip(terms, trend.terms, strict=True):
            tree = asked_.tree(text)
            found = slow.found(tree, filters)

            def count(among: list[PlainLine], there: list[PlainLine], tree: q.Query = tree) -> list[int]:
                return [
                    sum(len(slow.occurrences(x, tree)) for x in among), len(among),
                    sum(x.lengths["body"] for x in there), len(there),
                ]  # fmt: skip

            def numbers(y: YearCount) -> list[int]:
                return [y.occurrences, y.documents, y.words_held, y.documents_held]

            for year, y in zip(years, got.years, strict=True):
                assert y.year == year
                of = [[x for x in some if year in x.document.years] for some in (found, everything)]
                assert numbers(y) == count(*of)
                assert y.share == y.documents / y.documents_held
                assert (y.per_million is None) == (not y.words_held)
            undated = [[x for x in some if not x.document.years] for some in (found, everything)]
            assert numbers(got.undated) == count(*undated) and got.undated.year == NO_YEAR
            assert numbers(got.total) == count(found, everything)


# --- words ------------------------------------------------------------------------------------------------


def g2(a: int, b: int, m: int, n: int) -> float:
    """Dunning's G², cell by cell."""
    total = 0.0
    for observed, expected in (
        (a, (a + b) * m / (m + n)), (b, (a + b) * n / (m + n)),
        (m - a, (m + n - a - b) * m / (m + n)), (n - b, (m + n - a - b) * n / (m + n)),
    ):  # fmt: skip
        if observed:
            total += observed * math.log(observed / expected)
    return 2 * total


@contextmanager
def nothing_left_out() -> Iterator[None]:
    with (
        mock.patch.object(research, "LEAST", 1),
        mock.patch.object(research, "LEAST_DOCUMENTS", 1),
        mock.patch.object(research, "SIGNIFICANT", 0.001),
    ):
        yield


@FEW
@given(documents(), texts, choices, st.integers(1, 3))
def test_keywords_are_those_that_plain_counts_give(
    held: list[Document], text: str, filters: Filters, steps: int
) -> None:
    with searched(held, steps) as (fast, asked_, slow), nothing_left_out():
        inside = slow.found(asked_.tree(text), filters)
        ids = {x.document.id for x in inside}
        rest = [x for x in slow.plain.lines if x.document.id not in ids]
        a, b = (sum((stems(x) for x in some), Counter()) for some in (inside, rest))
        m, n = a.total(), b.total()
        expected = {}
        for word, count in a.items():
            if m and n and count / m > b[word] / n and (value := g2(count, b[word], m, n)) >= 0.001:
                of = [sum(1 for x in some if stems(x)[word]) for some in (inside, rest)]
                expected[word] = count, of[0], b[word], of[1], round(value, 6)
        found = fast.keywords(Query(text, filters, limit=1_000), spread=0, common=True)
        got = {
            str(fast.term(k.word), "utf-8"): (k.count, k.documents, k.rest, k.rest_documents, round(k.g2, 6))
            for k in found.rows
        }
        # smoothing gives a word that the rest never has a finite ratio, which may then not be above one
        assert got == {w: e for w, e in expected.items() if e[2] or 2 * e[0] * n > m}
        assert (found.documents, found.words, found.rest_documents, found.rest_words) == (
            len(inside), m, len(rest), n
        )  # fmt: skip
        assert [k.g2 for k in found.rows] == sorted((k.g2 for k in found.rows), reverse=True)


@FEW
@given(documents(), texts, choices, st.integers(1, 3), st.integers(1, 4))
def test_neighbours_are_those_that_plain_counts_give(
    held: list[Document], text: str, filters: Filters, steps: int, window: int
) -> None:
    with searched(held, steps) as (fast, asked_, slow), nothing_left_out():
        tree = asked_.tree(text)
        either, before, after, corpus, taken = (Counter[str]() for _ in range(5))
        nodes = 0
        for line in (x for x in slow.plain.lines if passes(x.document, filters)):
            corpus += stems(line)
            spans = slow.occurrences(line, tree) if slow.plain.score(line, tree) is not None else []
            nodes += len(spans)
            inside = {at for a, b in spans for at in range(a, b + 1) if at in line.words}
            near = [{at for a, _ in spans for at in range(a - window, a)},
                    {at for _, b in spans for at in range(b + 1, b + window + 1)}]  # fmt: skip
            for counter, places in zip((before, after, either), (*near, near[0] | near[1]), strict=True):
                counter.update(stem(line, at) for at in places - inside if at in line.words)
            taken.update(stem(line, at) for at in inside)
        m = either.total()
        n = corpus.total() - taken.total() - m
        expected = {}
        for word, count in either.items():
            rest = corpus[word] - taken[word] - count
            value = g2(count, rest, m, n)
            if value >= 0.001 and count * (m + n) > (count + rest) * m:
                dice = 14 + math.log2(2 * count / (nodes + corpus[word]))
                expected[word] = (
                    before[word],
                    after[word],
                    count,
                    corpus[word],
                    round(value, 6),
                    round(dice, 6),
                )
        found = fast.collocations(Query(text, filters, limit=1_000), "g2", window=window, common=True)
        got = {
            str(fast.term(c.word), "utf-8"): (
                c.before, c.after, c.count, c.frequency, round(c.g2, 6), round(c.dice, 6)
            )
            for c in found.rows
        }  # fmt: skip
        assert got == expected
        assert (found.occurrences, found.words, found.corpus_words) == (nodes, m, m + n)
        for c in found.rows[:3]:  # the number of a neighbour leads to as many lines
            lines = fast.concordance(Query(text, filters, limit=1_000), word=c.word, near=window)
            assert lines.total == len(lines.lines) == c.count
            assert fast.concordance(Query("", filters, limit=1), word=c.word).total == c.frequency


# --- formulas ---------------------------------------------------------------------------------------------


def test_log_likelihood_is_that_of_the_published_example() -> None:
    """Dunning (1993), table 2, first row: 'the swiss' in 31,777 words of text."""
    assert log_likelihood(np.array([110]), np.array([111]), 2552, 29225)[0] == pytest.approx(270.72, abs=0.01)


def test_log_ratio_is_in_doublings() -> None:
    assert log_ratio(np.array([8, 4, 3]), np.array([4, 4, 0]), 100, 100).tolist() == pytest.approx(
        [1, 0, math.log2(6)]
    )


def test_log_dice_is_fourteen_for_words_that_are_always_together() -> None:
    assert log_dice(np.array([7]), 7, np.array([7])).tolist() == [14]


def test_words_of_any_length_make_a_line() -> None:
    long = "å" * 50_000
    page = Page(1, f"{long} barn {long}")
    held = [Document("d1", "https://example.se/", "t", "html", language="sv", text=(page,))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index")
        write.write(path, held)
        (line,) = Research(Asked(path)).concordance(Query('"barn"')).lines
    assert TOKEN.fullmatch(line.match) and len(line.left) <= 301 and len(line.right) <= 301
