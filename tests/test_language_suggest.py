"""What is suggested while typing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import IndexDamaged, IndexMissing
from indexer.language.suggest import FILE, Suggester, _sample
from indexer.model import Suggestion

TITLES = [
    ("Processplan för barnrättsarbetet 2012–2013", "d1"),
    ("Barnchecklista för biblioteket", "d2"),
    ("Protokoll", "d3"),
    ("Protokoll", "d4"),
    ("Handlingsplan för Östra Göinge", "d5"),
]
TEXTS = [
    "Nätverket för barnrättsstrateger träffas i Eslöv. Konventionen om barnets rättigheter gäller.\n"
    "Kontakta Hanna Nordehammar. Barnets rättigheter stärks."
] * 6
PLACES = {"Malmö": "1280", "Östra Göinge": "1256", "Eslöv": "1285"}
YEARS = {2012: 40, 2013: 3}


@pytest.fixture(scope="module")
def suggester() -> Suggester:
    return Suggester.build(TITLES, TEXTS, PLACES, YEARS)


def texts(suggester: Suggester, typed: str) -> list[str]:
    return [s.text for s in suggester.complete(typed)]


def test_a_title_is_found_by_its_beginning_and_leads_to_its_document(suggester: Suggester) -> None:
    assert Suggestion("Barnchecklista för biblioteket", "title", "d2") in suggester.complete("barnch")


def test_a_title_is_found_by_a_word_inside_it(suggester: Suggester) -> None:
    assert "Barnchecklista för biblioteket" in texts(suggester, "bibl")


@pytest.mark.parametrize(
    "typed", ['"barnets r', "”barnets r", "(barnets r", "+barnets r", "-barnets r", ' ("barnets r']
)
def test_signs_before_the_first_word_do_not_matter(suggester: Suggester, typed: str) -> None:
    assert texts(suggester, typed) == texts(suggester, "barnets r") != []


def test_equal_titles_are_suggested_once(suggester: Suggester) -> None:
    assert texts(suggester, "protok").count("Protokoll") == 1


def test_places_and_years_are_suggested(suggester: Suggester) -> None:
    assert Suggestion("Malmö", "place", "1280") in suggester.complete("mal")
    assert [s for s in suggester.complete("201") if s.kind == "year"] == [
        Suggestion("2012", "year"),
        Suggestion("2013", "year"),
    ]


def test_what_is_typed_without_marks_finds_words_with_them(suggester: Suggester) -> None:
    assert "Malmö" in texts(suggester, "malmo")
    assert "Östra Göinge" in texts(suggester, "ostra g")


def test_marks_that_are_typed_count() -> None:
    suggester = Suggester.build([("Får på bete", "a"), ("Far på besök", "b")], [], {}, {})
    assert texts(suggester, "får")[0] == "Får på bete"
    assert texts(suggester, "far")[0] == "Far på besök"


def test_frequent_phrases_are_suggested_without_their_fragments(suggester: Suggester) -> None:
    assert "konventionen om barnets rättigheter" in texts(suggester, "konv")
    assert "barnets rättigheter" in texts(suggester, "barnets")
    assert "konventionen om" not in texts(suggester, "konv")
    assert "konventionen om barnets" not in texts(suggester, "konv")


def test_names_of_people_are_no_phrases(suggester: Suggester) -> None:
    assert "hanna nordehammar" not in texts(suggester, "hanna")


def test_the_last_word_is_completed_when_nothing_else_fits(suggester: Suggester) -> None:
    assert texts(suggester, "utbildning för barnrättsstr") == ["utbildning för barnrättsstrateger"]


@pytest.mark.parametrize("typed", ["", " ", "\n", "zzzz", "\x00", "🙂", "ba" * 500, "%", "\ud800"])
def test_anything_typed_gives_a_list(suggester: Suggester, typed: str) -> None:
    assert isinstance(suggester.complete(typed), list)


@given(st.text(max_size=30))
def test_every_suggestion_goes_on_from_what_is_typed(suggester: Suggester, typed: str) -> None:
    assert all(isinstance(s, Suggestion) for s in suggester.complete(typed, limit=3))


def test_there_are_never_more_than_asked_for(suggester: Suggester) -> None:
    assert len(suggester.complete("b", limit=2)) == 2


def test_what_is_typed_beyond_the_key_still_counts() -> None:
    titles = [(f"Sammanträdesprotokoll för kommunstyrelsen nummer {n}", str(n)) for n in range(30)]
    suggester = Suggester.build(titles, [], {}, {})
    wanted = "sammanträdesprotokoll för kommunstyrelsen nummer 17"
    assert [s.target for s in suggester.complete(wanted)] == ["17"]


def test_what_is_saved_suggests_the_same(suggester: Suggester, tmp_path: Path) -> None:
    suggester.save(tmp_path)
    loaded = Suggester.load(tmp_path)
    for typed in ("b", "barnets", "malmo", "2", "xyz"):
        assert loaded.complete(typed) == suggester.complete(typed)


def test_an_empty_corpus_suggests_nothing(tmp_path: Path) -> None:
    Suggester.build([], [], {}, {}).save(tmp_path)
    assert Suggester.load(tmp_path).complete("barn") == []


def test_a_missing_or_damaged_file_is_told(suggester: Suggester, tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        Suggester.load(tmp_path)
    suggester.save(tmp_path)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(IndexDamaged):
        Suggester.load(tmp_path)


def test_the_sample_is_the_same_in_whatever_order_texts_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.language.suggest._SAMPLE", 500)
    some = [f"text nummer {n} " * 3 for n in range(100)]
    mixed = random.Random(1).sample(some, len(some))
    assert _sample(some) == _sample(mixed)
    assert 0 < sum(map(len, _sample(some))) <= 500


def test_the_last_word_is_completed_once_and_what_is_before_it_stays_as_typed() -> None:
    suggester = Suggester.build([], ["SoL gäller i Eslöv och i Malmö."] * 6, PLACES, {})
    assert texts(suggester, "SoL esl") == ["SoL eslöv"]  # a place and a word
    assert texts(suggester, "Eslöv esl") == []
