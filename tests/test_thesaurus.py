"""The thesaurus: what it finds, and what it says about mistakes in its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.errors import VocabularyError
from indexer.language.thesaurus import Thesaurus

DELIVERED = Path(__file__).parent.parent / "corpus" / "thesaurus"


@pytest.fixture(scope="module")
def delivered() -> Thesaurus:
    return Thesaurus.load(DELIVERED)


def write(directory: Path, text: str, name: str = "a.txt") -> Path:
    (directory / name).write_text(text, "utf-8")
    return directory


def found(thesaurus: Thesaurus, *words: str) -> set[str]:
    return {term.text for match in thesaurus.expand(words) for term in match.alternatives}


def test_terms_of_a_group_find_each_other(tmp_path: Path) -> None:
    thesaurus = Thesaurus.load(write(tmp_path, "elevhälsa = skolhälsovård = elevvård"))
    assert found(thesaurus, "elevhälsa") == {"skolhälsovård", "elevvård"}
    assert found(thesaurus, "elevvård") == {"elevhälsa", "skolhälsovård"}


def test_an_arrow_goes_one_way(tmp_path: Path) -> None:
    thesaurus = Thesaurus.load(write(tmp_path, "landsting => region"))
    assert found(thesaurus, "landsting") == {"region"}
    assert found(thesaurus, "region") == set()


def test_a_term_matches_in_its_inflected_forms(tmp_path: Path) -> None:
    thesaurus = Thesaurus.load(write(tmp_path, "likabehandlingsplan = trygghetsplan"))
    assert found(thesaurus, "likabehandlingsplanerna") == {"trygghetsplan"}


def test_a_phrase_matches_in_the_middle_of_a_query_and_before_its_words(tmp_path: Path) -> None:
    thesaurus = Thesaurus.load(write(tmp_path, "barnets bästa = best interests of the child\nbarn => unga"))
    matches = thesaurus.expand(["prövning", "av", "barnets", "bästa"])
    assert [(m.start, m.end) for m in matches] == [(2, 4), (2, 3)]
    assert matches[0].alternatives[0].words == ("best", "interests", "of", "the", "child")


def test_an_abbreviation_matches_itself_and_its_genitive(tmp_path: Path) -> None:
    thesaurus = Thesaurus.load(write(tmp_path, "SKR = SKL = Sveriges Kommuner och Regioner"))
    assert found(thesaurus, "skl:s") == {"SKR", "Sveriges Kommuner och Regioner"}
    assert found(thesaurus, "SKR") == {"SKL", "Sveriges Kommuner och Regioner"}


@pytest.mark.parametrize("typed", ["BKA", "bka", "BKA:s", "BKA:n", "BKA:er"])
def test_an_abbreviation_matches_its_forms_with_a_colon(tmp_path: Path, typed: str) -> None:
    thesaurus = Thesaurus.load(write(tmp_path, "BKA = barnkonsekvensanalys"))
    assert found(thesaurus, typed) == {"barnkonsekvensanalys"}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("barn => unga; ungdomar", "';' has no meaning"),
        ("barn* = unga", r"'\*' has no meaning"),
        ("barn > unga", "'>' has no meaning"),
        ("barn = barnen", "same word as another on the line"),
    ],
)
def test_what_a_line_cannot_mean_is_told(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(VocabularyError, match=rf"a\.txt, line 2: .*{what}"):
        Thesaurus.load(write(tmp_path, "skola = elevhälsa\n" + line))


def test_an_abbreviation_that_is_a_word_needs_its_capitals(tmp_path: Path) -> None:
    thesaurus = Thesaurus.load(write(tmp_path, "BO = Barnombudsmannen"))
    assert found(thesaurus, "BO") == {"Barnombudsmannen"}
    assert found(thesaurus, "var", "barnet", "ska", "bo") == set()
    assert found(thesaurus, "bor") == set()


def test_an_abbreviation_that_is_no_word_may_be_typed_small(tmp_path: Path) -> None:
    thesaurus = Thesaurus.load(write(tmp_path, "LVU = lagen om vård av unga"))
    assert found(thesaurus, "lvu") == {"lagen om vård av unga"}


def test_a_directory_without_files_is_an_empty_thesaurus(tmp_path: Path) -> None:
    assert Thesaurus.load(tmp_path).expand(["barn"]) == []
    assert Thesaurus.load(tmp_path / "missing").expand([]) == []


def test_remarks_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    thesaurus = Thesaurus.load(write(tmp_path, "\ufeff# allt\n\n  BVC = barnavårdscentral   # 0–6 år\n"))
    assert found(thesaurus, "bvc") == {"barnavårdscentral"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a1 = b1\nb1 = c1", "line 2: 'b1' already stands at a.txt, line 1"),
        ("skola = skolan", "line 1: 'skolan' is the same word"),
        ("lag = ", "line 1: a term is empty"),
        ("# ja\n= lag", "line 2: a term is empty"),
        ("lag = –", "line 1: a term is empty"),
        ("ensam", "line 1: 'ensam' alone says nothing"),
        ("skola => skolor", "line 1: 'skola' refers to itself"),
        ("a1 => b1 => c1", "line 1: two arrows"),
        ("a1 = b1\na1 => b1", "line 2: 'a1' and 'b1' are already related at a.txt, line 1"),
        ("a1 => b1\nb1 => a1", "line 2: 'b1' and 'a1' are already related at a.txt, line 1"),
        ("a1 => b1\na1 => b1", "line 2: 'a1' and 'b1' are already related"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(VocabularyError) as error:
        Thesaurus.load(write(tmp_path, text))
    assert f"a.txt, {said}" in str(error.value)


def test_a_term_may_not_stand_in_groups_of_two_files(tmp_path: Path) -> None:
    write(tmp_path, "a1 = b1", "first.txt")
    write(tmp_path, "c1 = b1", "second.txt")
    with pytest.raises(
        VocabularyError, match=r"second\.txt, line 1: 'b1' already stands at first\.txt, line 1"
    ):
        Thesaurus.load(tmp_path)


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("elevhälsa = elevvård".encode("latin-1"))
    with pytest.raises(VocabularyError, match=r"latin\.txt is not written in UTF-8"):
        Thesaurus.load(tmp_path)


def test_the_delivered_files_hold_at_least_150_groups() -> None:
    lines = [
        line.partition("#")[0]
        for path in DELIVERED.glob("*.txt")
        for line in path.read_text("utf-8").splitlines()
    ]
    assert sum("=" in line for line in lines) >= 300


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("barnkonventionens", "FN:s konvention om barnets rättigheter"),
        ("bka", "barnkonsekvensanalys"),
        ("SKL", "Sveriges Kommuner och Regioner"),
        ("bun", "barn- och ungdomsnämnden"),
        ("elevhälsan", "skolhälsovård"),
        ("crc", "barnkonventionen"),
        ("hvb", "hem för vård eller boende"),
        ("children", "barn"),
    ],
)
def test_words_of_the_field_are_known(delivered: Thesaurus, typed: str, expected: str) -> None:
    assert expected in found(delivered, typed)


def test_a_renamed_body_is_found_under_both_names(delivered: Thesaurus) -> None:
    assert "Malmö universitet" in found(delivered, "malmö", "högskola")
    assert "Malmö högskola" in found(delivered, "malmö", "universitets")


def test_an_abbreviation_that_is_a_word_is_not_sought_for_others(tmp_path: Path) -> None:
    """With it, ”systematiskt kvalitetsarbete” found 2,779 of 4,237 documents: all that had ”ska”."""
    thesaurus = Thesaurus.load(
        write(tmp_path, "systematiskt kvalitetsarbete = SKA = kvalitetsledning\nSKR = SALAR = UNICEF")
    )
    assert found(thesaurus, "systematiskt", "kvalitetsarbete") == {"kvalitetsledning"}
    assert found(thesaurus, "SKA") == {"systematiskt kvalitetsarbete", "kvalitetsledning"}
    assert found(thesaurus, "SKR") == {"UNICEF"}  # salar are halls; UNICEF is nothing else


def test_an_arrow_has_an_abbreviation_sought_that_is_a_word(tmp_path: Path) -> None:
    lines = "socialtjänstlagen = SoL = 2001:453\nsocialtjänstlagen => SoL"
    thesaurus = Thesaurus.load(write(tmp_path, lines))
    assert found(thesaurus, "socialtjänstlagen") == {"SoL", "2001:453"}
    assert found(thesaurus, "SoL") == {"socialtjänstlagen", "2001:453"}


def test_no_delivered_abbreviation_finds_what_every_text_has(delivered: Thesaurus) -> None:
    assert "BO" not in found(delivered, "barnombudsman")
    assert "FaR" not in found(delivered, "fysisk", "aktivitet", "på", "recept")
    assert "SoL" in found(delivered, "socialtjänstlagen")


def test_an_abbreviation_that_is_an_english_word_needs_its_capitals(delivered: Thesaurus) -> None:
    assert found(delivered, "how", "do", "municipalities") == {"kommun"}
    assert "Diskrimineringsombudsmannen" in found(delivered, "DO")


@pytest.mark.parametrize(
    ("words", "other"),
    [
        ("fritid", "fritidshem"),  # fritids is short for fritidshem, and a form of fritid
        ("kallelse", "agenda"),  # Agenda 2030
        ("elevråd", "klassråd"),
        ("förhandsbedömning", "skyddsbedömning"),
        ("åtgärdsprogram", "individuell utvecklingsplan"),
        ("särskilt stöd", "extra anpassningar"),
        ("rektor", "principal"),  # which found every text with principer
        ("minuter", "protokoll"),  # minutes
        ("student", "elev"),
        ("vägledning", "handledning"),  # staff get handledning
        ("Shiers delaktighetsmodell", "delaktighetsmodellen"),  # another method, from Skåne
        ("barnkonventionens dag", "internationella barndagen"),  # in Sweden the first Monday of October
        ("Polismyndigheten", "Rikspolisstyrelsen"),  # before 2015 there were 21 more
        ("implementering", "genomförande"),  # every fifth text has genomföra
        ("rätten till lek", "artikel 31"),  # of which treaty?
        ("kommunanställd", "tjänsteman"),
    ],
)
def test_what_is_not_the_same_is_not_sought_for_it(delivered: Thesaurus, words: str, other: str) -> None:
    assert other not in found(delivered, *words.split())


@pytest.mark.parametrize(
    ("broad", "narrow"),
    [
        ("primärvård", "vårdcentral"),
        ("vuxenutbildning", "komvux"),
        ("familjehem", "jourhem"),
        ("våld i nära relationer", "partnervåld"),
        ("internationella barndagen", "barnkonventionens dag"),
    ],
)
def test_what_is_narrower_is_sought_for_the_broad_and_not_the_other_way(
    delivered: Thesaurus, broad: str, narrow: str
) -> None:
    assert narrow in found(delivered, *broad.split())
    assert broad not in found(delivered, *narrow.split())


def test_terms_of_children_s_rights_and_short_forms_are_known(delivered: Thesaurus) -> None:
    assert "barn och ungdomar" in found(delivered, "barn", "och", "unga")
    assert "barnkonsekvensanalys" in found(delivered, "bedömning", "av", "barnets", "bästa")
    assert "barnrättsplan" in found(delivered, "plan", "för", "att", "stärka", "barns", "rättigheter")
    assert found(delivered, "ht") == {"hösttermin"}
    assert found(delivered, "kap") == {"kapitel"}
    assert found(delivered, "kapitel") == set()
