"""``prefix*`` and ``w?ldcards`` mean words as they are written (indexer/engine/written.py)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from indexed import indexed

from indexer.engine import wording
from indexer.model import Document, Page, Query
from indexer.search import Searcher, open_index

TEXTS = {
    "hand": "Han tog min hand.",
    "hands": "Händer det att du räcker ut båda HÄNDERNA?",
    "title": "Annat.",
    "both": "En hand tvättar händer.",
    "hyphen": "Skicka e-post till oss; sär-skild post.",
    "inside": "Förhänderna är barnahänder och för-händer.",
    "twice": "Klockan är fem\u2011i-tolv.",
    "turkish": "İ händelse.",
    "second": "Landet.",
}
TITLES = {"title": "Händer i arbete", "both": "Min hand"}


@pytest.fixture(scope="module")
def open_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Searcher]]:
    index: Path = tmp_path_factory.mktemp("index")
    pages = {i: (Page(1, t), Page(2, "Sidan två.")) for i, t in TEXTS.items()}
    indexed(
        index,
        (Document(i, f"https://a.example/{i}", TITLES.get(i, ""), "html", text=p) for i, p in pages.items()),
    )
    yield lambda: open_index(index)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hände*", {"hands", "title", "both", "turkish"}),
        ("hand*", {"hand", "both"}),
        ("titel:hände*", {"title"}),
        ("titel:hand*", {"both"}),
        ("HÄNDER*", {"hands", "title", "both"}),
        ("händer?a", {"hands"}),
        ("epos*", {"hyphen"}),
        ("e-pos*", {"hyphen"}),
        ("särs*", {"hyphen"}),
        ("femito*", {"twice"}),
        ("femi" * 3_000 + "*", set()),
        ("barnah*", {"inside"}),
        ("förhänd*", {"inside"}),
        ("hände* -hand*", {"hands", "title", "turkish"}),
        ("landet*", {"second"}),
        ("land*", {"second"}),
        ("länder*", set()),
    ],
)
def test_a_pattern_finds_documents_with_a_word_written_so(
    open_: Callable[[], Searcher], text: str, found: set[str]
) -> None:
    results = open_().search(Query(text))
    assert {hit.document.id for hit in results.hits} == found
    assert results.total == len(found)


def test_marked_are_the_words_that_match_and_not_their_other_forms(open_: Callable[[], Searcher]) -> None:
    hits = {hit.document.id: hit for hit in open_().search(Query("hände*")).hits}
    both, title = hits["both"], hits["title"]
    assert [both.snippet.text[a:b] for a, b in both.snippet.marks] == ["händer"]
    assert both.title_marks == ()
    assert [title.document.title[a:b] for a, b in title.title_marks] == ["Händer"]
    assert [page.matches for page in both.pages] == [1]


def test_when_too_many_documents_had_to_be_read_other_forms_are_hits_too_and_it_is_said(
    open_: Callable[[], Searcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wording, "MOST_READ", 0)
    results = open_().search(Query("hände*"))
    assert {hit.document.id for hit in results.hits} == {"hand", "hands", "title", "both", "turkish"}
    (read,) = results.reading
    assert read.note is not None
    assert "andra former" in read.note


@pytest.mark.parametrize(
    "text", ["ha" + "*a" * 40 + "b", "hä" + "?*" * 200, " ".join(["hä*n*d*e*r*n*a*x"] * 90)]
)
def test_a_pattern_of_many_stars_takes_no_long_time(open_: Callable[[], Searcher], text: str) -> None:
    started = time.process_time()
    open_().search(Query(text))
    assert time.process_time() - started < 2
