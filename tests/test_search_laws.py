"""What holds of every query: more words find fewer documents, all pages together are the result, and every
number that is shown is the number of documents that its link leads to.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indexed import indexed

from indexer.identity import document_id
from indexer.language import analyser
from indexer.language.thesaurus import Thesaurus
from indexer.matrix import by_place_and_year
from indexer.model import UNKNOWN, Document, Filters, Page, Query
from indexer.search import Searcher

WORDS = (
    "barnkonventionen", "konventionen", "barn", "barnets", "handlingsplan", "plan", "skola", "förskola",
    "elevhälsan", "hälsa", "kommunen", "Malmö", "Lund", "nämnden", "beslut", "unga", "inflytande", "böcker",
    "bibliotek", "checklista", "barnchecklista", "SKL", "SKR", "2014", "12", "mars", "rights", "children",
)  # fmt: skip
KINDS = ("report", "policy", None)
THESAURUS = Thesaurus.load(Path(__file__).parent.parent / "corpus" / "thesaurus")
PLACES = (("1280",), ("1281", "1280"), ())


def corpus() -> Iterator[Document]:
    choice = random.Random(2014)
    for n in range(60):
        pages = (
            " ".join(choice.choices(WORDS, k=choice.randint(3, 25))) for _ in range(choice.randint(1, 3))
        )
        url = f"https://a.example/{n}"
        yield Document(
            id=document_id(url), url=url, title=" ".join(choice.choices(WORDS, k=3)), format="html",
            language="sv", text=tuple(Page(i, page) for i, page in enumerate(pages, 1)),
            kind=choice.choice(KINDS), municipalities=choice.choice(PLACES),
            years=tuple(sorted(choice.sample(range(2012, 2016), choice.randint(0, 2)))),
            published=choice.choice((None, "2014-03-12", "2015")),
        )  # fmt: skip


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    return indexed(tmp_path_factory.mktemp("laws"), corpus())


word = st.sampled_from(WORDS)
part = st.one_of(
    word,
    st.builds('"{} {}"'.format, word, word),
    st.builds("({} ELLER {})".format, word, word),
    st.builds("titel:{}".format, word),
    st.builds("{} NÄRA/9 ({} ELLER {})".format, word, word, word),
    st.sampled_from(("kons*", "barn*", "kommun:Lund", "typ:report", "år:2013..", "skolla~")),
)
filters = st.builds(
    Filters,
    municipality=st.sampled_from(((), ("1281",), (UNKNOWN,), ("1280", UNKNOWN))),
    kind=st.sampled_from(((), ("report",), ("report", UNKNOWN))),
    year_from=st.sampled_from((None, 2013)),
    year_to=st.sampled_from((None, 2014)),
    year_unknown=st.booleans(),
)


def found(searcher: Searcher, text: str, chosen: Filters = Filters()) -> set[str]:  # noqa: B008 - frozen
    return {d.id for d in searcher.all(Query(text, chosen))}


def as_one(a: str, b: str) -> bool:
    """Side by side they are read as one: a number, a value and a word after it, an open span of years and the
    year it ends in, a term of the thesaurus."""
    terms = THESAURUS.expand(f"{a} {b}".split())
    opened = a.endswith("..") and b[:4].isdigit()
    return opened or bool(re.search("[0-9]$|:Lund$", a)) or any(term.end - term.start > 1 for term in terms)


@settings(max_examples=60)
@given(part, part, filters)
def test_more_that_must_be_there_finds_fewer_and_more_to_choose_from_more(
    searcher: Searcher, a: str, b: str, chosen: Filters
) -> None:
    of_a, of_b = found(searcher, a), found(searcher, b)
    both = found(searcher, f"({a}) OCH ({b})")
    assert as_one(a, b) or both <= of_a & of_b
    assert as_one(a, b) or both == found(searcher, f"{a} {b}")
    assert as_one(b, a) or both == found(searcher, f"{b} {a}")
    assert found(searcher, f"({a}) ELLER ({b})") == of_a | of_b
    assert found(searcher, f"{a} INTE ({b})") <= of_a
    assert found(searcher, a, chosen) == of_a & found(searcher, "", chosen)


@pytest.mark.parametrize("typed", WORDS)
def test_quotation_marks_find_no_more(searcher: Searcher, typed: str) -> None:
    assert found(searcher, f'"{typed}"') <= found(searcher, typed)
    excluded = found(searcher, f"INTE {typed}")
    assert excluded.isdisjoint(found(searcher, f'"{typed}"'))
    if analyser("sv").pair(typed) is None:  # who wants no handlingsplan may want a plan
        assert excluded == found(searcher, "") - found(searcher, typed)


@settings(max_examples=40)
@given(part, filters)
def test_every_count_is_that_of_its_link(searcher: Searcher, typed: str, chosen: Filters) -> None:
    query = Query(typed, chosen, limit=0)
    results = searcher.search(query, relax=False)
    assert results.total == searcher.count(query) == len(list(searcher.all(query)))
    if not chosen.kind:
        assert sum(v.count for v in results.facets["kind"]) == results.total
    for facet, value in ((f, v) for f in ("kind", "municipality", "format") for v in results.facets[f]):
        assert value.count == searcher.count(Query(typed, replace(chosen, **{facet: (value.value,)})))
    matrix = by_place_and_year(searcher, Query(typed, chosen))
    assert matrix.total == results.total
    for row in (row for row in matrix.rows if row.total and row.value in (chosen.municipality or PLACES[1])):
        there = replace(chosen, municipality=(row.value,))
        assert row.total == searcher.count(Query(typed, there))
        if chosen.year_unknown:
            continue
        for year, count in zip(matrix.years, row.counts, strict=True):
            assert count == searcher.count(Query(typed, replace(there, year_from=year, year_to=year)))


@pytest.mark.parametrize(
    ("typed", "sort"),
    [*product(("barn", "plan ELLER skola", ""), ("relevance", "newest", "oldest", "title"))],
)
def test_pages_of_any_size_are_one_list(searcher: Searcher, typed: str, sort: str) -> None:
    whole = [d.id for d in searcher.all(Query(typed, sort=sort))]
    assert len(set(whole)) == len(whole) > 20
    for size in (1, 7, 10, 100):
        listed: list[str] = []
        for page in range(1, len(whole) // size + 2):
            query = Query(typed, sort=sort, limit=size, page=page, facets=())
            listed += [h.document.id for h in searcher.search(query).hits]
        assert listed == whole, size


@settings(max_examples=60)
@given(st.lists(part, min_size=1, max_size=4))
def test_every_word_that_was_typed_is_told(searcher: Searcher, typed: list[str]) -> None:
    text = " ".join(typed)
    told = " ".join(t.text for t in searcher.search(Query(text, limit=0, facets=())).reading).lower()
    words = re.findall(r"[^\W_]+", re.sub(r"ELLER|titel:|NÄRA/9", "", text).lower())
    assert [w for w in words if w not in told] == []
