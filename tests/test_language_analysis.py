"""Words and the terms they are indexed and searched as."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.language import Analyser, analyser

sv = analyser("sv").word
en = analyser("en").word


@pytest.mark.parametrize(
    "forms",
    [
        "råd rådet rådets råden rådens",
        "beslut beslutet besluten beslutets",
        "barn barnet barnen barnets barnens barns",
        "bok boken böcker böckerna bokens",
        "man mannen män männen mäns",
        "stad staden städer städernas",
        "fot foten fötter fötterna",
        "land landet länder ländernas",
        "natt natten nätter",
        "hand handen händer händerna",
        "son sonen söner",
        "förälder föräldrar föräldrarna föräldrarnas",
        "ledamot ledamöter ledamöterna",
        "kommun kommunen kommuner kommunernas kommuns",
        "flicka flickan flickor flickornas",
        "fråga frågan frågor frågornas",
        "regel regeln regler reglerna",
        "möte mötet möten mötena",
        "museum museet museer museerna",
        "nämnd nämnden nämnder nämndernas",
        "månad månaden månader",
        "rättighet rättigheter rättigheterna",
        "beslutsfattare beslutsfattaren beslutsfattarna",
        "arbetsbok arbetsböcker arbetsböckerna",
        "kvinna kvinnor kvinnors kvinnornas",
        "nationell nationella nationellt",
        "skriva skriver skrev skrivit skrivs",
        "genomföra genomför genomförs genomförande genomförandet",
        "FN FN:s",
        "SKL SKL:s",
        "e-post epost e-posten",
    ],
)
def test_the_forms_of_a_word_share_its_stem(forms: str) -> None:
    assert len({sv(form.lower()).stem for form in forms.split()}) == 1


PARADIGMS = (Path(__file__).parent / "eval" / "inflection.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("line", [line for line in PARADIGMS if line[0] != "#"])
def test_a_word_is_found_in_its_forms(line: str) -> None:
    word, *forms = line.split()
    assert {form: sv(form).stem for form in forms if form[0] != "~" and sv(form).stem != sv(word).stem} == {}


@pytest.mark.parametrize(
    "words",
    [
        "drog dra",
        "företag företa",
        "förslag föreslå",
        "innehåll hålla",
        "uppväxt växa",
        "vild vila",
        "kort kora",
        "månad måne",
        "för fort",
        "mot mod",
        "det den",
        "finns fin",
        "andra andrum",
        "barn barr",
        "plan plats",
        "far för",
        "nämnd nämnda",
        "råd rådande",
        "kund kunde",
        "bord borde",
        "utöva utöver",
        "vid vidare",
        "följa följande",
        "vis vissa",
        "villor vill",
        "träd träder",
        "tolk tolkas",
        "bilder bildas",
        "kost kostar",
        "ämne ämnar",
        "läger läge",
        "höger hög",
        "riket rika",
        "varor var",
        "vänt vän",
        "yttrande yttre",
    ],
)
def test_different_words_keep_different_stems(words: str) -> None:
    first, second = words.split()
    assert sv(first).stem != sv(second).stem


@pytest.mark.parametrize(
    "forms",
    [
        "barnrättsstrateg barnrättsstrategen barnrättsstrateger barnrättsstrategernas",
        "barnchecklista barnchecklistan barnchecklistorna",
        "processplan processplaner processplanens",
        "kommunförbund kommunförbundet kommunförbundens",
    ],
)
def test_compounds_that_no_dictionary_has_share_a_stem_too(forms: str) -> None:
    assert len({sv(form).stem for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("barnrättsstrateg", {"barn", "rätt", "barnrätt", "strateg"}),
        ("handlingsplaner", {"handling", "plan"}),
        ("barnchecklistan", {"barn", "checklist", "list"}),
        ("skolplan", {"skol", "plan"}),
        ("familjecentralerna", {"familj", "central"}),
        ("barnböckerna", {"barn", "bok"}),
        ("stadsbiblioteket", {"stad", "bibliotek"}),
        ("kyrkogård", {"kyrk", "gård"}),
        ("arbetsgrupper", {"arbet", "grupp"}),
    ],
)
def test_a_compound_has_the_stems_of_its_parts(word: str, parts: set[str]) -> None:
    assert parts <= set(sv(word).parts)


@pytest.mark.parametrize(
    "word", ["plan", "rätt", "checklista", "strateg", "central", "skola", "familj", "böcker"]
)
def test_a_part_is_the_same_term_as_the_word_alone(word: str) -> None:
    compound = "barn" + word
    assert sv(word).stem in sv(compound).parts


def test_a_stem_is_never_among_its_parts() -> None:
    for word in ("barn", "barnrättsstrateg", "e-post", "2014/123", "sida-sidan"):
        assert sv(word).stem not in sv(word).parts


def test_a_hyphenated_word_is_found_as_one_and_by_its_parts() -> None:
    assert sv("barnrätts-strateg").stem == sv("barnrättsstrateg").stem
    assert {"barnrätt", "strateg"} <= set(sv("barnrätts-strateg").parts)


def test_numbers_stay_as_they_are_and_are_found_by_their_parts() -> None:
    assert sv("2014/123") == ("2014/123", ("2014", "123"))
    assert sv("2010:800").stem == "2010:800"
    assert sv("2014") == ("2014", ())
    assert sv("18-åringar").stem == sv("18-åring").stem


def test_a_quality_finds_its_noun() -> None:
    assert sv("delaktig").stem in sv("delaktigheten").parts


def test_what_only_looks_like_a_word_is_no_part() -> None:
    assert sv("omhändertagande").parts == ()  # the dictionary has "gande"
    assert set(sv("elevhälsans").parts) == {"elev", "häls"}
    assert analyser("sv").parts("försvara") == ("för", "svara")  # no s links after för
    assert sv("försvara").parts == ()
    assert analyser("sv").parts("använda") == ("an", "vända")  # an is no form of ana
    assert set(sv("hemmiljö").parts) == {"hem", "miljö"}
    assert sv("stabilt").parts == sv("betänkandet").parts == ()
    assert "lag" in sv("patientsäkerhetslagen").parts and "slag" not in sv("patientsäkerhetslagen").parts
    assert set(sv("medlemskapet").parts) == {"medlem", "skap"}


def test_a_preposition_is_no_part() -> None:
    assert "till" not in sv("tillbud").parts
    assert analyser("sv").pair("tillbud") is None


@pytest.mark.parametrize(
    "word",
    ["utgift", "avtal", "motsvara", "översyn", "utflykt", "sammanträde", "ordförande", "hushåll", "riksdag"],
)
def test_what_means_something_else_is_not_found_by_its_parts(word: str) -> None:
    """Who searches for gift, tal, svar, syn, flykt, träd, ord or hus means none of these."""
    assert sv(word).parts == ()


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("mödrahälsovård", "hälsovård"),
        ("mödravård", "mor"),
        ("föräldraförsäkring", "förälder"),
        ("kommunfullmäktige", "fullmäktige"),
        ("naturskyddsförening", "förening"),
        ("bostadsanpassningsbidrag", "bidrag"),
        ("avlyssna", "lyssna"),
        ("överförmyndare", "förmyndare"),
    ],
)
def test_compound_of_the_dictionary_is_found_by_its_parts(word: str, part: str) -> None:
    assert sv(part).stem in sv(word).parts


def test_the_pair_of_a_compound_is_its_two_words() -> None:
    assert analyser("sv").pair("handlingsplanerna") == (sv("handling").stem, sv("plan").stem)
    assert analyser("sv").pair("barn") is None
    assert analyser("en").pair("handlingsplan") is None


@pytest.mark.parametrize(
    "forms", ["right rights", "policy policies", "child's child", "municipality municipalities"]
)
def test_english_words_share_an_english_stem(forms: str) -> None:
    assert len({en(form).stem for form in forms.split()}) == 1


def test_an_english_stem_does_not_meet_another_swedish_word() -> None:
    assert en("handling").stem != sv("handlar").stem


def test_a_word_of_both_languages_is_one_term() -> None:
    assert en("plans").stem == sv("planer").stem == "plan"


@pytest.mark.parametrize(
    ("word", "part"),
    [("remissvar", "remiss"), ("klasstorlek", "klass"), ("pressekreterare", "press"), ("nattåg", "natt")],
)
def test_a_first_part_that_loses_a_letter_is_found(word: str, part: str) -> None:
    assert sv(part).stem in sv(word).parts


@pytest.mark.parametrize(
    ("word", "part"),
    [("anledning", "ledning"), ("önskemål", "mål"), ("vägledning", "väg"), ("delaktig", "akt"),
     ("vårdnadshavare", "hav"), ("mattid", "matt"), ("klassrum", "klas"), ("kartläggning", "karta"),
     ("angelägenhet", "lägenhet"), ("angelägen", "läge"), ("biträdande", "träd"), ("nackdel", "Nacka"),
     ("fördelaktig", "akt"), ("handledare", "hand"), ("socialavgiftslagen", "slag"), ("skjutsa", "säga")],
)  # fmt: skip
def test_what_a_word_does_not_mean_is_no_part_of_it(word: str, part: str) -> None:
    assert sv(part.lower()).stem not in sv(word).parts


@pytest.mark.parametrize(
    ("word", "other"),
    [("personal", "person"), ("kommunal", "kommun"), ("politiker", "politik"), ("hans", "han")],
)
def test_a_swedish_word_is_no_other_one_by_its_english_stem(word: str, other: str) -> None:
    assert sv(other).stem not in (en(word).stem, sv(word).stem)


def test_another_language_gets_the_swedish_stem_without_parts() -> None:
    neutral = analyser("fi").word
    assert neutral("lapsen").stem == sv("lapsen").stem
    assert neutral("handlingsplan") == (sv("handlingsplan").stem, ())
    assert analyser("fi") is analyser("de")


words = st.one_of(
    st.text(alphabet="abdeiklnorstvåäö-:'’/12", min_size=1, max_size=16),
    st.lists(
        st.sampled_from("barn rätts rätt strategerna skol planen böcker checklista kommuns och i".split()),  # noqa: SIM905
        min_size=1,
        max_size=4,
    ).map("".join),
    st.text(min_size=1, max_size=80),
)


@given(st.lists(words, max_size=20), st.sampled_from(["sv", "en", ""]))
def test_learning_many_words_gives_what_they_give_one_by_one(some: list[str], language: str) -> None:
    together, alone = Analyser(language), Analyser(language)
    together.learn(some)
    assert [together.word(w) for w in some] == [alone.word(w) for w in some]


def test_the_analysis_is_the_same_in_every_process() -> None:
    code = (
        "from indexer.language import analyser; sv = analyser('sv');"
        "print(sv.word('barnrättsstrategernas'), sv.fingerprint)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_fingerprints_tell_languages_apart() -> None:
    assert analyser("sv").fingerprint != analyser("en").fingerprint


@pytest.mark.parametrize(
    ("forms", "apart"),
    [
        (("anmälan", "anmälningar", "anmälningarna", "anmäla"), "mäla"),
        (("orosanmälan", "orosanmälningarna"), "anmälan"),
        (("liten", "litet", "små", "lilla"), "lite"),
        (("ge", "ger", "ges", "gavs"), "g"),
        (("HVB-hem", "HVB-hemmet", "HVB-hemmens"), "hem"),
        (("hem", "hemmet", "hemmens"), "hemma"),
        (("a-kassa", "a-kassan", "akassa"), "kassa"),
        (("se", "ser", "ses"), "s"),
        (("varandra", "varandras"), "andra"),
    ],
)
def test_forms_that_no_rule_makes_are_one_word(forms: tuple[str, ...], apart: str) -> None:
    stems = {analyser("sv").word(form.lower()).stem for form in forms}
    assert len(stems) == 1
    assert analyser("sv").word(apart).stem not in stems


@pytest.mark.parametrize("word", ["dessa", "varandras", "närmare", "eftersom", "nuvarande", "antingen"])
def test_words_without_a_meaning_of_their_own_have_no_parts(word: str) -> None:
    assert analyser("sv").word(word).parts == ()
    assert analyser("sv").pair(word) is None


def test_the_rights_of_the_child_are_those_of_children() -> None:
    stems = {analyser("en").word(word).stem for word in ("child", "children", "child's", "children's")}
    assert len(stems) == 1
