"""What did-you-mean suggests, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.errors import IndexDamaged, IndexMissing
from indexer.language.spelling import FILE, Speller

WORDS = {
    "barn": 900, "barnets": 500, "barnkonventionen": 300, "barnrättsstrateg": 40, "barnrättsstrateger": 60,
    "kommun": 800, "kommunen": 700, "kommuner": 400, "kommunfullmäktige": 90, "rättigheter": 350,
    "delaktighet": 120, "förskola": 200, "förskolan": 150, "skola": 400, "skolan": 380, "elevhälsa": 30,
    "inspektör": 12, "inspektören": 5, "strategi": 50, "malmö": 80, "malm": 1, "handlingsplan": 70,
    "plan": 100, "och": 1000, "för": 1000, "protokoll": 60, "checklista": 20, "konvetionen": 1,
    "konventionen": 200, "elev": 40, "hälsa": 60, "\U0001f600\U0001f600": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(WORDS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("barnkonvetnionen", "barnkonventionen"),  # two neighbours swapped
        ("barnkonventioen", "barnkonventionen"),  # one left out
        ("barrnets", "barnets"),  # one doubled
        ("kommunfullmäktigge", "kommunfullmäktige"),
        ("forskola", "förskola"),  # without its marks
        ("rattigheter", "rättigheter"),
        ("komnun", "kommun"),  # the key beside
        ("protokol", "protokoll"),
        ("dellaktihet", "delaktighet"),  # two slips
        ("kommwn", "kommun"),
        ("konvetionen", "konventionen"),  # a slip that stands in one document
    ],
)
def test_a_mistyped_word_is_put_right(speller: Speller, typed: str, meant: str) -> None:
    assert speller.suggest(typed) == meant


@pytest.mark.parametrize("word", ["barn", "kommunen", "och", "malmö"])
def test_a_word_of_the_corpus_is_left_alone(speller: Speller, word: str) -> None:
    assert speller.suggest(word) is None


@pytest.mark.parametrize("word", ["skolplan", "barnplanen", "kommunprotokoll"])
def test_a_right_compound_that_no_document_has_is_left_alone(speller: Speller, word: str) -> None:
    assert speller.suggest(word) is None


def test_a_right_word_of_the_dictionary_is_left_alone(speller: Speller) -> None:
    assert speller.suggest("kommunal") is None


@pytest.mark.parametrize("word", ["anna", "annas", "karin", "hanna", "nilsson"])
def test_a_name_that_no_document_has_is_left_alone(word: str) -> None:
    """Of Anna the dictionary has no other form, so that she was taken for a slip: annat."""
    near = {"annat": 500, "hanne": 60, "karina": 40, "nilssen": 30}
    assert Speller(near).suggest(word) is None


@pytest.mark.parametrize("word", ["hajdar", "addis", "kuala", "james", "filper"])
def test_a_short_word_is_not_taken_for_one_two_slips_away(word: str) -> None:
    assert (
        Speller({"handlar": 900, "days": 90, "kallas": 900, "ramen": 900, "fyller": 900}).suggest(word)
        is None
    )


@pytest.mark.parametrize("word", ["nkr", "hbr", "fou", "ngo", "soc"])
def test_three_letters_are_not_taken_for_a_word_of_which_a_third_is_another(word: str) -> None:
    common = {"när": 900, "har": 900, "för": 900, "for": 900, "nio": 900, "som": 900}
    assert Speller(common).suggest(word) is None


def test_a_compound_is_right_though_the_corpus_lacks_a_part_of_it() -> None:
    """familjebehandlare was asked whether it meant familjebehandlade, basutbildning whether båsutbildning."""
    near = {"familj": 300, "familjer": 200, "behandlade": 50, "bås": 3, "utbildning": 300}
    for word in ("familjebehandlare", "basutbildning"):
        assert Speller(near).suggest(word) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("länstyrelsen", "länsstyrelsen"), ("barnsrättigheter", "barnrättigheter"), ("skolplan", None)],
)
def test_a_compound_with_an_s_too_few_or_too_many_is_put_right(typed: str, meant: str | None) -> None:
    """län + styrelsen was taken for a compound that no text happens to have."""
    words = {"län": 90, "styrelsen": 90, "länsstyrelsen": 60, "barns": 90, "rättigheter": 90, "plan": 90}
    assert Speller({**words, "barnrättigheter": 9, "skola": 90, "skolsplan": 1}).suggest(typed) == meant


def test_a_compound_with_one_mistyped_part_is_mended_there(speller: Speller) -> None:
    assert speller.suggest("skolinpsektör") == "skolinspektör"
    assert speller.suggest("barnpratokoll") == "barnprotokoll"


@pytest.mark.parametrize("word", ["", "x", "ab", "12345", "2014/123", "qzxqzxqzxqz", "e-post", "å" * 1000])
def test_what_is_nothing_gets_no_suggestion(speller: Speller, word: str) -> None:
    assert speller.suggest(word) is None


def test_every_suggestion_is_a_word_of_the_corpus_or_a_compound_of_such(speller: Speller) -> None:
    for word in WORDS:
        for at in range(len(word)):
            found = speller.suggest(word[:at] + word[at + 1 :])
            assert found is None or found in WORDS or speller._certainty(found)


def test_the_commoner_of_two_equally_near_words_is_suggested() -> None:
    assert Speller({"katten": 100, "matten": 1}).suggest("xatten") == "katten"


def test_a_phrase_is_mended_word_by_word(speller: Speller) -> None:
    assert speller.suggest_phrase(["barnets", "rättigehter"]) == ("barnets", "rättigheter")
    assert speller.suggest_phrase(["barnets", "rättigheter"]) is None
    assert speller.suggest_phrase([]) is None


def test_a_compound_written_apart_is_joined_when_its_parts_are_not_words() -> None:
    speller = Speller({"barnkonsekvensanalys": 10, "barn": 100})
    assert speller.suggest_phrase(["barn", "konsekvensanalys"]) == ("barnkonsekvensanalys",)


def test_a_compound_written_apart_is_joined_as_it_was_typed() -> None:
    """Not as its first part was mended: barnrätts is no word of the corpus, and barnrätt is near."""
    speller = Speller({"barnrättsstrateg": 9, "barnrätt": 9, "strateg": 9})
    assert speller.suggest_phrase(["barnrätts", "strateg"]) == ("barnrättsstrateg",)


def test_two_words_that_both_exist_are_not_joined(speller: Speller) -> None:
    assert speller.suggest_phrase(["elev", "hälsa"]) is None


def test_what_is_saved_suggests_the_same(speller: Speller, tmp_path: Path) -> None:
    speller.save(tmp_path)
    loaded = Speller.load(tmp_path)
    for typed in ("barnkonvetnionen", "komnun", "forskola", "xyz", "barn"):
        assert loaded.suggest(typed) == speller.suggest(typed)


def test_an_empty_corpus_suggests_nothing(tmp_path: Path) -> None:
    Speller({}).save(tmp_path)
    assert Speller.load(tmp_path).suggest("barn") is None


def test_a_missing_or_damaged_file_is_told(speller: Speller, tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        Speller.load(tmp_path)
    speller.save(tmp_path)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(IndexDamaged):
        Speller.load(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(IndexDamaged):
        Speller.load(tmp_path)


@pytest.mark.parametrize("length", range(1, 60))
def test_words_longer_than_any_of_the_corpus_get_no_suggestion(length: int) -> None:
    assert Speller({"barn": 3}).suggest("q" * length) is None
