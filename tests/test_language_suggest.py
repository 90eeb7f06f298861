"""What is suggested while typing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import IndexDamaged, IndexMissing
from indexer.language import fold
from indexer.language.following import Candidate
from indexer.language.suggest import FILE, Suggester
from indexer.language.usage import Usage, sample, tells
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
def test_whatever_is_typed_does_no_harm(suggester: Suggester, typed: str) -> None:
    suggester.complete(typed, limit=3)


@pytest.mark.parametrize("whole", [*(t for t, _ in TITLES), *PLACES, "konventionen om barnets rättigheter"])
def test_every_suggestion_goes_on_from_what_is_typed(suggester: Suggester, whole: str) -> None:
    for end in range(1, len(whole) + 1):
        found = texts(suggester, whole[:end])
        assert whole in found or end < 4
        assert all(fold(f" {whole[:end]}".rstrip().lower()) in fold(f" {text}".lower()) for text in found)


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
    monkeypatch.setattr("indexer.language.usage._SAMPLE", 500)
    some = [f"text nummer {n} " * 3 for n in range(100)]
    mixed = random.Random(1).sample(some, len(some))
    assert sample(some) == sample(mixed)
    assert 0 < sum(map(len, sample(some))) <= 500


def test_the_last_word_is_completed_once_and_what_is_before_it_stays_as_typed() -> None:
    suggester = Suggester.build([], ["SoL gäller i Eslöv och i Malmö."] * 6, PLACES, {})
    assert texts(suggester, "SoL esl") == ["SoL Eslöv"]  # a place and a word
    assert texts(suggester, "Eslöv esl") == []


# --- words that go on from those before ---------------------------------------------------------------------

PAIRS = Suggester.build(
    [],
    ["Vi ordnar utbildning för politiker. Det gäller politik, polis, portaler och politiker."] * 6
    + ["Polisen har portaler. Politik och polis hör ihop med portalerna."] * 9,
    PLACES,
    YEARS,
)


def test_the_word_that_often_stands_next_is_suggested_first() -> None:
    assert texts(PAIRS, "Kurser FÖR p")[0] == "Kurser FÖR politiker"
    assert texts(PAIRS, "kurser av p")[0] == "kurser av polis"  # the commonest


def test_what_no_document_has_together_is_not_suggested() -> None:
    """Typed: barnets bästa i p. Suggested were all words that begin so, found with the others or not."""
    held = {"politiker": (3, 1.0), "portaler": (0, 2.0)}
    asked: list[str] = []

    def together(before: str, words: Sequence[Candidate]) -> list[tuple[int, float]]:
        asked.append(before)
        return [held.get(word.text, (0, 1.0)) for word in words]

    found = [s.text for s in PAIRS.complete("skolor po", together=together)]
    assert found == ["skolor politiker"]
    assert asked == ["skolor"]


def test_what_is_found_together_more_than_by_chance_goes_first() -> None:
    def together(_: str, words: Sequence[Candidate]) -> list[tuple[int, float]]:
        return [(5, 0.5) if word.text == "polis" else (5, 5.0) for word in words]

    assert PAIRS.complete("elever po", together=together)[0].text == "elever polis"


def test_an_adjective_goes_after_what_queries_end_with() -> None:
    entries = [(Suggestion(w, "word"), 5) for w in ("politiskt", "politiker", "politisera")]
    counts = {"politiskt": (9, 3.0), "politiker": (7, 3.0)}

    def together(before: str, words: Sequence[Candidate]) -> list[tuple[int, float]]:
        return [counts.get(word.text, (0, 1.0)) for word in words]

    found = [s.text for s in Suggester(entries).complete("utbildning politi", together=together)]
    assert found == ["utbildning politiker", "utbildning politiskt"]


def test_a_word_is_suggested_in_one_form() -> None:
    assert texts(PAIRS, "elever por") == ["elever portaler"]


def test_hyphens_within_a_word_do_not_matter(suggester: Suggester) -> None:
    assert texts(suggester, "barn-check") == texts(suggester, "barncheck") != []


@pytest.mark.parametrize(
    "word", ["har", "innebär", "arbetar", "använder", "läsa", "prövas", "och", "fyra", "with"]
)
def test_verbs_and_little_words_end_no_phrase(word: str) -> None:
    assert not tells(word)


@pytest.mark.parametrize(
    "word", ["skola", "elever", "samverkan", "åtgärder", "svar", "checklista", "ledande", "öppna", "pdf"]
)
def test_nouns_and_adjectives_end_phrases(word: str) -> None:
    assert tells(word)


def test_a_clause_is_no_phrase() -> None:
    suggester = Suggester.build([], ["Bakgrunden ska beaktas. Barnens delaktighet ökar."] * 9, {}, {})
    assert texts(suggester, "bakgr") == ["bakgrunden"]
    assert texts(suggester, "barn")[0] == "barnens delaktighet"


def test_a_word_that_is_also_a_title_or_place_is_suggested_once_and_goes_on_from_others() -> None:
    plans = ["Vi har en processplan för Eslöv, och en processplan i Eslöv."] * 6
    suggester = Suggester.build([("Processplan", "d1")], plans, PLACES, {})
    assert [s for s in suggester.complete("process") if s.text.lower() == "processplan"] == [
        Suggestion("Processplan", "title", "d1")
    ]
    assert texts(suggester, "esl").count("Eslöv") == 1
    assert texts(suggester, "helsingborg process") == ["helsingborg processplan"]


# --- names of people ----------------------------------------------------------------------------------------

STAFF = [
    "I dag talade Hanna Nordehammar om skolan i Rosengård. Frågor till Hanna Nordehammar i Rosengård.\n"
    "Björk sade att Malmö stad och SKL samt Skolverket ger råd, och kontakta Pia Ek. Träden är en björk."
] * 8


@pytest.mark.parametrize("typed", ["hanna", "norde", "kontakta h", "kontakta p", "pia", "frågor till h"])
def test_no_name_of_a_person_is_suggested(typed: str) -> None:
    assert texts(Suggester.build([], STAFF, PLACES, {}), typed) == []


def test_names_of_places_and_bodies_are_suggested_as_they_are_written() -> None:
    suggester = Suggester.build([], STAFF, PLACES, {})
    assert "Rosengård" in texts(suggester, "rosen")
    assert "Malmö stad" in texts(suggester, "malmö s")
    assert "SKL" in texts(suggester, "skl")
    assert "Skolverket" in texts(suggester, "skolv")


def test_a_name_that_contacts_have_is_not_suggested() -> None:
    lines = ["Linde svarar på frågor.", "Vi frågade linde."] * 9
    assert "linde" in texts(Suggester.build([], lines, {}, {}, people={"Ann Linde"}), "linde")
    named = [line.replace("linde", "Linde") for line in lines]
    assert texts(Suggester.build([], named, {}, {}, people={"Ann Linde"}), "linde") == []


@pytest.mark.parametrize(
    "title",
    [
        "Interpellation 2015/16:563 av Robert Hannah (L)",
        "Interpellation 2012/13:282 av Ohly, Lars (V)",
        "Hanna Lambert ny ambassadör",
        "Målet Johansson mot staten",
        "Frågor av Berg, Marianne (V)",
        "Brev från Lars de Vries",
    ],
)
def test_a_title_that_names_a_person_is_not_suggested(title: str) -> None:
    assert Usage([], ["Bergs kommun", "Malmö"]).names_someone(title)


@pytest.mark.parametrize(
    "title",
    [
        "Barnchecklista för biblioteket",
        "Region Skåne",
        "Malmö Latin öppnar",
        "Barnkonsekvensanalys Kronetorp",
        "FN:s konvention om barnets rättigheter",
        "Fullmäktige beslutar: Nya Skolan i Malmö",
    ],
)
def test_a_title_that_names_places_and_bodies_is_suggested(title: str) -> None:
    assert not Usage([], ["Region Skåne", "Malmö"]).names_someone(title)
