"""What a reader of the index gives: pages, snippets, order, matrix, words."""

from __future__ import annotations

import gc
import random
import weakref
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh import query as q

from indexer.engine import index, phrases, places
from indexer.engine import write as write_module
from indexer.engine.arrays import Array
from indexer.engine.queries import Variants, Written
from indexer.engine.reader import Reader
from indexer.engine.schema import part
from indexer.engine.write import write
from indexer.engine.written import WrittenBag
from indexer.language import TOKEN, analyser
from indexer.model import Document, Filters, OutlineEntry, Page, Snippet

pytestmark = pytest.mark.usefixtures("engine")

FILLER = " ".join(f"ord{n}" for n in range(400))


def document(id_: str, *texts: str, **fields: object) -> Document:
    pages = tuple(Page(n, text) for n, text in enumerate(texts, 1))
    return Document(**{"id": id_, "url": "u", "title": "", "format": "pdf", "text": pages, **fields})


@pytest.fixture
def made(tmp_path: Path) -> Iterator[object]:
    def make(*documents: Document) -> Reader:
        write(tmp_path, documents)
        return Reader(tmp_path)

    yield make


def term(word: str, field: str = "text") -> q.Query:
    return q.Term(field, analyser("sv").word(word).stem)


def either(word: str) -> q.Query:
    """A word, and compounds that it is part of."""
    stem = analyser("sv").word(word).stem
    return Variants([(q.Term("text", stem), 1.0), (q.Term("text", part(stem)), 0.3)])


def ids(reader: Reader, tree: q.Query, filters: Filters = Filters(), sort: str = "relevance") -> list[str]:  # noqa: B008
    return [reader.document(n).id for n in reader.all(tree, filters, sort).tolist()]


def test_a_compound_is_found_by_its_part_and_ranked_below_the_word(made: object) -> None:
    reader = made(
        document("compound", "en handlingsplan för alla"), document("word", "en plan för alla barn")
    )
    assert ids(reader, term("plan")) == ["word"]
    assert ids(reader, either("plan")) == ["word", "compound"]
    (compound,) = (n for n in (0, 1) if reader.document(n).id == "compound")
    _, snippet = reader.places(either("plan"), [compound]).snippet(compound, 1, 220)
    assert [snippet.text[a:b] for a, b in snippet.marks] == ["handlingsplan"]


def test_words_on_one_page_rank_above_words_on_two(made: object) -> None:
    reader = made(
        document("apart", f"barn {FILLER}", f"skola {FILLER}"),
        document("together", f"barn skola {FILLER}", f"annat {FILLER}"),
    )
    tree = q.And([term("barn"), term("skola")])
    found = reader.evaluate(tree)
    assert [reader.document(n).id for n in found.numbers.tolist()] == ["together", "apart"]
    assert found.scores[0] > 1.1 * found.scores[1]


def test_a_phrase_never_reaches_over_the_end_of_a_page(made: object) -> None:
    reader = made(document("a", "kommunens barn", "plan för skolan"), document("b", "barn plan"))
    assert ids(reader, q.Phrase("text", ["barn", "plan"], slop=10)) == ["b"]


def test_a_snippet_shows_the_words_wherever_on_a_long_page_they_stand(made: object) -> None:
    reader = made(document("a", f"{FILLER}\n{FILLER} Barnens plats i skolan. {FILLER}"))
    tree = q.And([term("barn"), term("skola")])
    places = reader.places(tree, [0])
    _, snippet = places.snippet(0, 1, 120)
    assert [snippet.text[a:b] for a, b in snippet.marks] == ["Barnens", "skolan"]
    assert len(snippet.text) <= 120
    assert places.pages(0)[0] == (1, 2)


def test_a_snippet_without_a_match_is_the_beginning_of_the_page(made: object) -> None:
    reader = made(document("a", "Början av sidan. " + FILLER, title="barn"))
    places = reader.places(term("barn"), [0])
    assert places.pages(0) == []
    _, snippet = places.snippet(0, 1, 40)
    assert snippet.text.startswith("Början av sidan.")
    assert snippet.marks == ()


def test_title_words_that_matched_are_marked(made: object) -> None:
    reader = made(document("a", "text", title="Plan för barnens bästa"))
    title = "Plan för barnens bästa"
    (mark,) = reader.places(term("barn"), [0]).title(0, title)
    assert title[slice(*mark)] == "barnens"


def test_order_by_date_and_by_swedish_title(made: object) -> None:
    reader = made(
        document("o", "barn", title="Ögon", published="2012"),
        document("z", "barn", title="zebra", published="2013-05"),
        document("a", "barn", title="ål"),
        document("y", "barn", title="Äpple", years=(2011,)),
    )
    assert ids(reader, term("barn"), sort="newest") == ["z", "o", "y", "a"]
    assert ids(reader, term("barn"), sort="oldest") == ["y", "o", "z", "a"]
    assert ids(reader, term("barn"), sort="title") == ["z", "a", "y", "o"]


def test_filters_take_any_value_of_a_facet_and_unknown_too(made: object) -> None:
    reader = made(
        document("a", "barn", years=(2010, 2012), municipalities=("1280", "1281")),
        document("b", "barn", years=(2014,), municipalities=("1290",)),
        document("c", "barn"),
    )
    everything = q.Every()
    assert set(ids(reader, everything, Filters(year_from=2011, year_to=2013))) == {"a"}
    assert set(ids(reader, everything, Filters(year_from=2014, year_unknown=True))) == {"b", "c"}
    assert set(ids(reader, everything, Filters(municipality=("1281", "1290")))) == {"a", "b"}
    assert set(ids(reader, everything, Filters(municipality=("none",)))) == {"c"}
    counts = reader.evaluate(everything, Filters(municipality=("1290",))).counts
    assert counts["municipality"] == {"1280": 1, "1281": 1, "1290": 1, "none": 1}
    assert counts["year"] == {"2014": 1}


def test_the_matrix_counts_a_document_under_each_of_its_values(made: object) -> None:
    reader = made(
        document("a", "barn", years=(2010, 2011), municipalities=("1280", "1281")),
        document("b", "skola", years=(2011,), municipalities=("1280",)),
    )
    grid = reader.grid(term("barn"))
    assert (grid.rows, grid.columns) == (["1280", "1281"], ["2010", "2011"])
    assert grid.hits.tolist() == [[1, 1], [1, 1]]
    assert grid.held.tolist() == [[1, 2], [1, 1]]


def test_many_documents_are_counted_as_few_are(made: object) -> None:
    held = [
        document(
            str(n), "barn", kind=("minutes", "policy", None)[n % 3], years=(2010 + n % 4, 2020)[: 1 + n % 2]
        )
        for n in range(6_000)
    ]
    counts = made(*held).evaluate(term("barn")).counts
    assert counts["kind"] == {"minutes": 2_000, "policy": 2_000, "none": 2_000}
    assert counts["year"] == {"2010": 1_500, "2011": 1_500, "2012": 1_500, "2013": 1_500, "2020": 3_000}


def test_headings_and_outline_are_searched_in_their_own_field(made: object) -> None:
    pages = (Page(1, "text", "Barnens rätt"),)
    outline = (OutlineEntry(1, "Uppföljning", 1),)
    reader = made(Document(id="a", url="u", title="", format="pdf", text=pages, outline=outline))
    assert ids(reader, term("barn", "headings")) == ["a"]
    assert ids(reader, term("uppföljning", "headings")) == ["a"]
    assert ids(reader, term("barn", "body")) == []


def test_words_are_known_by_beginning_stem_and_without_their_dots(made: object) -> None:
    reader = made(document("a", "Malmö malmö barnen barn barnets"), document("b", "barnen"))
    assert [(w.text, w.documents, w.occurrences) for w in reader.words.find("malmö")] == [("malmö", 1, 2)]
    assert [w.text for w in reader.words.prefix("barn")] == ["barnen", "barn", "barnets"]
    assert {w.text for w in reader.words.forms(analyser("sv").word("barn").stem)} == {
        "barn",
        "barnen",
        "barnets",
    }
    assert reader.words.folded("malmo") == ["malmö"]
    assert reader.words.find("saknas") == []


def test_a_document_of_the_index_is_what_was_put_in_and_cannot_be_changed(made: object) -> None:
    given = Document(
        "a", "https://x.se/a", "Plan", "pdf", years=(2020, 2021), problem="Halv.", areas=("education",)
    )
    found = made(given).document(0)
    assert (found, hash(found), repr(found)) == (given, hash(given), repr(given))
    assert replace(found, title="Policy") == replace(given, title="Policy")
    with pytest.raises(FrozenInstanceError):
        found.title = "Policy"


def test_an_index_that_nobody_asks_any_more_is_closed_at_once(made: object) -> None:
    reader = made(document("a", "barn"))
    assert [reader.document(n, whole=False).id for n in reader.evaluate(term("barn")).numbers] == ["a"]
    index = weakref.ref(reader._index)
    gc.disable()  # without a look for circles
    try:
        del reader
        assert index() is None
    finally:
        gc.enable()


def test_what_all_documents_have_is_kept_however_many_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "RESULT_BYTES", 100)
    write(tmp_path, [Document(id=f"{n}", url="u", title=f"planer x{n}", format="html") for n in range(3_000)])
    reader = Reader(tmp_path)
    worked_out = []
    work_out = WrittenBag._all

    def counted(bag: WrittenBag) -> tuple[Array, Array]:
        worked_out.append(bag.key)
        return work_out(bag)

    monkeypatch.setattr(WrittenBag, "_all", counted)
    assert reader.evaluate(Written("text", "plane*", exact=True)).total == 3_000
    assert len(worked_out) == 1
    for n in range(40):  # and what is kept has an end
        reader.evaluate(Written("text", f"x{n}*", exact=True))
    assert reader.evaluate(Written("text", "x1*", exact=True)).total == 1_111
    assert sum(size for _, size in reader._index.results._held.values()) <= reader._index.results._limit


def test_of_documents_with_one_id_the_last_counts(made: object) -> None:
    reader = made(document("a", "barn"), document("a", "skola"))
    assert reader.documents == 1
    assert ids(reader, term("barn")) == []
    assert ids(reader, term("skola")) == ["a"]


def test_of_versions_that_different_processes_take_in_the_last_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_module, "BATCH", 1)  # every document goes alone to whoever has time
    versions = [document("a", f"barn x{n} {FILLER}") for n in range(30)]
    write(tmp_path, versions, workers=2)
    reader = Reader(tmp_path)
    assert reader.documents == 1
    assert [n for n in range(30) if ids(reader, q.Term("text", f"x{n}"))] == [29]


def test_a_phrase_of_common_words_is_found_in_every_document_that_has_it(
    made: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phrases, "_AT_ONCE", 4)
    draw = random.Random(1)
    texts = [" ".join(draw.choices(("barn", "plan", "skola"), k=6)) for _ in range(40)]
    texts[7] = "skola " * 70_000 + texts[7]  # positions beyond 65,535
    texts[23] = "barn " + "plan " * 66_000 + "barn plan"
    reader = made(*(document(str(n), text) for n, text in enumerate(texts)))
    for words in (("barn", "plan"), ("plan", "barn"), ("skola", "barn", "plan"), ("barn", "barn")):
        phrase = " ".join(words)
        stems = [analyser("sv").word(word).stem for word in words]
        found = reader.all(q.Phrase("text", stems)).tolist()
        assert sorted(found) == [n for n, text in enumerate(texts) if phrase in text], phrase


def plain_window(text: str, width: int, marks: set[int]) -> Snippet:
    """The window of a snippet, word by word from the start of the page."""
    words = [m.span() for m in TOKEN.finditer(text)]
    places = [words[n] for n in sorted(marks) if n < len(words)]
    begin = 0
    if places and places[0][0] > width // 4:
        begin = first = places[0][0]
        lead = range(first - width // 4, first)
        gaps = [i for i in lead if text[i] == "\n"] or [i for i in lead if text[i].isspace()]
        begin = gaps[0] if gaps else first
        begin += len(text[begin:first]) - len(text[begin:first].lstrip())
    spans = [span for n, span in enumerate(places) if not n or span[1] <= begin + width]
    done, stop = spans[-1][1] if spans else 0, begin + width
    ends = [i for i in range(max(done, begin + 1), min(stop + 1, len(text))) if text[i] in " \n"]
    end = ends[-1] if ends else done or stop
    if len(text) <= stop:
        end = len(text)
    marked = tuple((a - begin, b - begin) for a, b in spans)
    return Snippet(text[begin:end].rstrip(), marked)


PIECES = st.sampled_from(("ab", "c", "åä", "1", "-", ":", "’", "/", " ", " ", " ", "\n", ".", ", ", "x" * 30))


@settings(max_examples=400)
@given(
    st.lists(PIECES, max_size=60).map("".join),
    st.integers(5, 60),
    st.sets(st.integers(0, 40), max_size=6),
)
def test_a_window_is_cut_as_word_by_word(text: str, width: int, marks: set[int]) -> None:
    cut = places.cut(text, 0, 0, sorted([*marks, *marks]), width)
    assert cut == plain_window(text, width, marks)


def test_odd_texts_are_indexed_and_shown(made: object) -> None:
    odd = document(
        "a\n\\b",
        "\ud800 barn \x1e\x1f \U0001d11e",
        "",
        title="rad\nrad",
        publisher="två\nrader",
        kind="minutes",
    )
    reader = made(odd, document("tom"))
    assert ids(reader, term("barn")) == ["a\n\\b"]
    number = reader.number("a\n\\b")
    assert number is not None
    assert reader.evaluate(q.Every()).counts["publisher"] == {"två rader": 1, "none": 1}
    assert "barn" in reader.places(term("barn"), [number]).snippet(number, 1, 220)[1].text
