"""How a query was read: what is told of its words is true, and another is offered where one was a slip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from indexed import indexed

from indexer.identity import document_id
from indexer.model import Document, Filters, Page, Query, SearchResults
from indexer.search import Searcher

TEXTS = (
    "Barnets bästa prövas av ungdomsfullmäktige i Ängelholm. Skriv till kommunen@angelholm.se.",
    "Barnets bästa och barnets rättigheter i protokollet från Ängelholm.",
    "Fullmäktige i Lund har ett protokoll om barnets rättigheter och en far.",
    "Ungdomsfullmäktige får svar av fullmäktige. Barnen får tala.",
    "Fullmäktige får frågor, och barnombudet får sex svar av barnrättsstrategen.",
    "Fullmäktige i Lund, med ungdomsfullmäktige, får nöja sig med ett oss.",
)


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    held = (
        Document(
            f"d{n}", f"https://a.example/{n}", f"Nummer {n}", "html", language="sv", text=(Page(1, text),),
            municipalities=("1281",) if "Lund" in text else ("1292",), years=(2010 + n,),
            published=f"{2010 + n}-03-12",
        )
        for n, text in enumerate(TEXTS)
    )  # fmt: skip
    yield indexed(tmp_path_factory.mktemp("index"), held)


def opened(directory: Path, texts: dict[str, str]) -> Callable[[str], SearchResults]:
    """Searches among ``texts`` by id, all of 2014."""
    held = (
        Document(i, f"https://a.example/{i}", i, "html", language="sv", text=(Page(1, text),), years=(2014,))
        for i, text in texts.items()
    )
    searcher = indexed(directory, held)
    return lambda typed: searcher.search(Query(typed))


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ('"barnets bästa"', "phrase"),
        ("ungdoms*", "prefix"),
        ("ung*mäktige", "wildcard"),
        ("fullmäktigge~", "fuzzy"),
        ("barnets NÄRA/3 rättigheter", "near"),
        ("kommun:Lund", "field"),
        ("år:2011..2013", "field"),
        ("publicerad:2012", "field"),
        ("2011..2013", "field"),
    ],
)
def test_reading_tells_how_many_documents_each_part_finds(searcher: Searcher, typed: str, kind: str) -> None:
    results = searcher.search(Query(typed, Filters(municipality=("1292",)), facets=()))
    (term,) = results.reading
    assert term.kind == kind
    assert term.documents == searcher.count(replace(results.query, filters=Filters())) > 0


def test_a_word_is_counted_in_documents_of_both_languages(tmp_path: Path) -> None:
    held = (
        Document(
            i, f"https://a.example/{i}", i, "html", language=i, text=(Page(1, "The rights of children."),)
        )
        for i in ("sv", "en")
    )
    searcher = indexed(tmp_path, held)
    for typed in ("children", '"children"'):
        (term,) = searcher.search(Query(typed)).reading
        assert term.documents == 2


def test_what_is_excluded_is_the_compound_and_not_its_last_part(tmp_path: Path) -> None:
    texts = {"plan": "En plan för barn.", "compound": "En handlingsplan för barn."}
    search = opened(tmp_path, texts)
    assert {h.document.id for h in search("barn -handlingsplan").hits} == {"plan"}
    assert search("barn -lekplan").total == 2


@pytest.mark.parametrize("typed", ["tandhälsoplan", "e-plan", "tandhälsoplan år:2014"])
def test_compound_that_no_document_has_is_named_and_its_words_are_offered(tmp_path: Path, typed: str) -> None:
    texts = {"plan": "En plan för barn.", "both": "Tandhälsan har en plan för tänder.", "none": "Barn."}
    results = opened(tmp_path, texts)(typed)
    assert results.relaxed and results.unmatched == (typed.split()[0],)
    assert {h.document.id for h in results.hits} == {"plan", "both"}


def test_compound_that_no_document_has_is_named_beside_words_that_they_have(tmp_path: Path) -> None:
    results = opened(tmp_path, {"a": "En plan för Alby.", "b": "En plan."})("lekplan Alby")
    assert results.unmatched == ("lekplan",) and results.hits[0].document.id == "a"


def test_words_that_no_document_has_are_no_hits_together_either(tmp_path: Path) -> None:
    results = opened(tmp_path, {"a": "En plan.", "b": "Något annat."})("lekplan barnplan")
    assert results.relaxed and results.unmatched == ("lekplan", "barnplan")


def test_word_of_a_term_is_not_missed_where_what_means_the_same_is_found(tmp_path: Path) -> None:
    texts = {"same": "Barn- och utbildningsnämnden.", "parts": "Barn skrev till nämnden."}
    results = opened(tmp_path, texts)("barn- och ungdomsnämnden")
    assert [h.document.id for h in results.hits] == ["same"] and results.unmatched == ()


def test_word_whose_synonyms_stand_only_in_pieces_is_named(tmp_path: Path) -> None:
    """Ekonomiskt utsatta barn means barnfattigdom: no word of it is missing, yet no document says so."""
    texts = {"a": "Barn i ekonomiskt trångmål.", "b": "Utsatta barn."}
    assert opened(tmp_path, texts)("barnfattigdom").unmatched == ("barnfattigdom",)


def test_word_in_quotation_marks_is_told_with_the_forms_that_count(searcher: Searcher) -> None:
    (term,) = searcher.search(Query('"barnets"')).reading
    assert "barnets" in term.forms and term.forms == searcher.search(Query("barnets")).reading[0].forms


def test_reading_counts_what_may_not_be_there_and_common_words(searcher: Searcher) -> None:
    reading = searcher.search(Query("barnets -protokoll och")).reading
    assert {r.kind: r.documents for r in reading} == {"word": 4, "common": 3, "excluded": 2}


def test_word_of_its_own_is_meant_as_it_stands(searcher: Searcher) -> None:
    """far is a father and not får, though the dots of the latter may be missing, and it is commoner."""
    results = searcher.search(Query("far"))
    assert [h.document.id for h in results.hits] == ["d2"]
    assert "får" not in results.reading[0].forms


def test_name_without_its_marks_is_found_though_an_address_has_it_so(searcher: Searcher) -> None:
    results = searcher.search(Query("angelholm"))
    assert "ängelholm" in results.reading[0].forms
    assert {"d0", "d1"} <= {h.document.id for h in results.hits}  # and what concerns it without naming it


@pytest.mark.parametrize("typed", ["LSS", "lss", "USS"])  # of the thesaurus, and another
def test_abbreviation_is_no_slip(searcher: Searcher, typed: str) -> None:
    results = searcher.search(Query(typed))
    assert (results.total, results.suggestion) == (0, None)
    assert searcher.search(Query("uss")).suggestion == "oss"


def test_word_found_in_another_form_is_no_slip(searcher: Searcher) -> None:
    """”signs of safety” was asked whether it meant ”sina of safety”: only the texts in English have sign."""
    assert searcher.search(Query("ens")).suggestion is None  # a form of en, which was offered


def test_word_found_inside_compounds_is_no_slip(tmp_path: Path) -> None:
    """”styr” was asked whether it meant ”stor”, where texts have styrgrupp and styrdokument."""
    page = Page(1, "Styrgruppen är stor.")
    held = (
        Document(f"d{n}", f"https://a.example/{n}", "Möte", "html", language="sv", text=(page,))
        for n in range(60)
    )
    results = indexed(tmp_path, held).search(Query("styr"))
    assert (results.total, results.suggestion) == (60, None)


def test_compound_found_by_its_head_alone_may_be_a_slip(searcher: Searcher) -> None:
    results = searcher.search(Query("ungdomfullmäktige"))
    assert results.total >= 3
    assert results.suggestion == "ungdomsfullmäktige"
    assert searcher.search(Query("kommunfullmäktige")).suggestion is None


@pytest.mark.parametrize(
    "typed",
    [" https://a.example/handlingar/5 ", "HTTP://A.example/handlingar/5#page=7"],
)
def test_pasted_address_leads_to_its_document(tmp_path: Path, typed: str) -> None:
    url = "https://a.example/handlingar/5"
    held = Document(document_id(url), url, "Riktlinje", "html", text=(Page(1, "Text."),))
    results = indexed(tmp_path, [held]).search(Query(typed))
    assert [h.document.id for h in results.hits] == [held.id]
    assert [(r.kind, r.documents) for r in results.reading] == [("field", 1)]


def test_address_that_is_not_held_is_looked_for_in_texts_and_told(searcher: Searcher) -> None:
    results = searcher.search(Query("https://www.ängelholm.se/x"))
    assert results.relaxed
    assert {h.document.id for h in results.hits} == {"d0", "d1"}  # which name Ängelholm
    assert results.unmatched == ("www.ängelholm.se/x",)
    assert results.suggestion is None  # "se x" was joined to sex, and the same address offered
    assert "inte adressen till något dokument" in (results.reading[0].note or "")


def test_parts_of_a_compound_are_told_as_words(searcher: Searcher) -> None:
    """Not as stems: elev + häls."""
    assert searcher.search(Query("ungdomsfullmäktige")).reading[0].parts == ("ungdoms", "fullmäktige")
    assert searcher.search(Query("elevhälsan")).reading[0].parts == ("elev", "hälsan")


def test_most_words_of_a_term_of_the_thesaurus_are_offered_when_no_document_has_all(
    searcher: Searcher,
) -> None:
    results = searcher.search(Query("barns inflytande"))
    assert results.relaxed and results.unmatched == ("inflytande",)
    assert results.total == 5  # barnombudet too


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("kommun:Habo", ("0643",)),
        ("kommun:Håbo", ("0305",)),
        ("kommun:malmo", ("1280",)),
        ('kommun:"Malmö stad"', ("1280",)),
        ('kommun:"Lunds kommun"', ("1281",)),
        ('kommun:"Degerfors kommun"', ("1862",)),
        ("kommun:Göinge", ("1256",)),
        ("län:skane", ("12",)),
    ],
)
def test_place_is_read_by_its_letters_and_then_without_their_marks(
    searcher: Searcher, typed: str, codes: tuple[str, ...]
) -> None:
    """Habo was read as Håbo too."""
    assert searcher.search(Query(typed, facets=())).reading[0].forms == codes


def test_operator_in_small_letters_is_told_to_be_a_word(searcher: Searcher) -> None:
    word, small, _ = searcher.search(Query("barnets eller fullmäktige")).reading
    assert (word.note, small.kind) == (None, "common")
    assert "stora bokstäver" in (small.note or "")


def test_word_that_matches_alone_and_in_a_term_counts_once_on_its_page(searcher: Searcher) -> None:
    hits = searcher.search(Query("barnets rättigheter")).hits
    assert {(h.document.id, page.number, page.matches) for h in hits for page in h.pages} == {
        ("d1", 1, 3),  # barnets bästa och barnets rättigheter
        ("d2", 1, 2),
    }
