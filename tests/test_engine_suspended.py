"""A text with half a word is found by the whole word, and nothing else about it changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from indexed import indexed
from whoosh import query as q

from indexer.engine.reader import Reader
from indexer.engine.schema import part
from indexer.engine.write import append, write
from indexer.errors import SearchIndexError
from indexer.language import analysis
from indexer.model import Document, Page, Query, Snippet
from indexer.search import Searcher


def document(id_: str, *pages: str, title: str = "", language: str = "sv") -> Document:
    text = tuple(Page(n, page) for n, page in enumerate(pages, 1))
    return Document(id=id_, url="u", title=title, format="html", language=language, text=text)


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    held = [
        document("word", "Vi går till förskolan på måndag och ser oss om."),
        document("compound", "Vi går till förskolegården på måndag och ser oss om."),
        document("half", "Vi går till för- och grundskolan på måndag och ser oss om."),
        document("other", "Vi går till skolan för oss och grundskolan."),
        document("after", "Plan för flyktingbarn och -ungdomar."),
        document("title", "Protokoll.", title="Hälso- och sjukvård"),
    ]
    return indexed(tmp_path_factory.mktemp("index"), held)


def found(searcher: Searcher, text: str) -> list[str]:
    return [hit.document.id for hit in searcher.search(Query(text)).hits]


def marked(snippet: Snippet | None) -> list[str]:
    return [snippet.text[a:b] for a, b in snippet.marks] if snippet else []


def test_half_is_found_below_the_word_and_not_above_a_compound(searcher: Searcher) -> None:
    hits = {hit.document.id: hit for hit in searcher.search(Query("förskola")).hits}
    assert next(iter(hits)) == "word" and hits.keys() == {"word", "compound", "half"}
    assert hits["half"].score <= hits["compound"].score


@pytest.mark.parametrize(
    ("typed", "like"),
    [
        ("för- och grundskola", "förskola grundskola"),
        ("(för- eller grundskola)", "förskola grundskola"),
        ("barn-, familje- och ungdomspolitik", "barnpolitik familjepolitik ungdomspolitik"),
        ("flyktingbarn och -ungdomar", "flyktingbarn flyktingungdomar"),
        ("skolan och -grundskola", "skolan -grundskola"),  # nothing to complete it by: left out
        ("flyktingbarn, -ungdomar", "flyktingbarn -ungdomar"),
        ("flyktingbarn OCH -ungdomar", "flyktingbarn -ungdomar"),
        ("hälso- och sjukvård", "hälso sjukvård"),  # a term of the thesaurus stays as it is
    ],
)
def test_half_that_is_typed_stands_for_the_word(searcher: Searcher, typed: str, like: str) -> None:
    asked, whole = searcher.search(Query(typed)), searcher.search(Query(like))
    told = [
        [(r.text, r.kind) for r in results.reading if r.kind in ("word", "excluded")]
        for results in (asked, whole)
    ]
    assert told[0] == told[1]
    found = [[hit.document.id for hit in (*results.hits, *results.others)] for results in (asked, whole)]
    assert typed.startswith("hälso") or found[0] == found[1]


def test_title_with_half_a_word_is_found_as_it_was_pasted(searcher: Searcher) -> None:
    assert found(searcher, "Plan för flyktingbarn och -ungdomar.")[0] == "after"


def test_half_is_marked_in_the_snippet_and_in_the_title(searcher: Searcher) -> None:
    half = next(h for h in searcher.search(Query("förskolor")).hits if h.document.id == "half")
    assert [marked(p.snippet) for p in half.pages] == [["för"]]
    (after,) = searcher.search(Query("flyktingungdom")).hits
    assert [marked(p.snippet) for p in after.pages] == [["ungdomar"]]
    (title,) = searcher.search(Query("hälsovård")).hits
    assert [title.document.title[a:b] for a, b in title.title_marks] == ["Hälso"]


def test_what_was_found_is_still_found(searcher: Searcher) -> None:
    for text in ('"för- och grundskolan"', '"går till för"', "för- och grundskolan", "fö* grundskolan"):
        assert "half" in found(searcher, text)
    assert found(searcher, '"hälso- och sjukvård"') == ["title"]


def test_vocabulary_and_lengths_are_those_of_the_text_as_written(tmp_path: Path) -> None:
    text = "För- och nackdelar. Det är för dyrt, för långt; för- och nackdelar."
    write(tmp_path, [document("a", text), document("b", "för")])
    reader = Reader(tmp_path)
    words = {w.text: (w.stem, w.documents, w.occurrences) for w in reader.words}
    assert words["för"] == ("för", 2, 5)
    assert words.keys() == {"för", "och", "nackdelar", "det", "är", "dyrt", "långt"}
    assert reader.term_count(part("fördel")) == 1 and reader.term_count("fördel") == 0
    assert reader.evaluate(q.Phrase("text", ["för", "och", "nackdel"])).total == 1


def test_half_is_not_completed_by_the_next_page_or_document(tmp_path: Path) -> None:
    held = [document("a", "Slutet av för-", "och nackdelar"), document("b", "och grundskolor")]
    write(tmp_path, held)
    reader = Reader(tmp_path)
    assert not reader.term_count(part("fördel")) and not reader.term_count(part("förskol"))
    append(tmp_path, [document("c", "för- och nackdelar")])
    assert Reader(tmp_path).term_count(part("fördel")) == 1


def test_only_swedish_halves_are_completed(tmp_path: Path) -> None:
    write(tmp_path, [document("a", "för- och nackdelar", language="en"), document("b", "för- och nackdelar")])
    assert Reader(tmp_path).term_count(part("fördel")) == 1


def test_index_in_which_halves_were_not_completed_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "_VERSION", "7")
    write(tmp_path, [document("a", "för- och nackdelar")])
    monkeypatch.undo()
    with pytest.raises(SearchIndexError, match="build it again"):
        append(tmp_path, [document("b", "Text.")])
