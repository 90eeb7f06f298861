"""The vocabulary files: complete, labelled in two languages, and errors that name the file and the line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from indexer.errors import VocabularyError
from indexer.model import AREAS, KINDS, ORGANISATION_TYPES
from indexer.vocabulary import Vocabulary, compile_words, default_directory

VOCABULARY = Vocabulary.load()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(default_directory(), tmp_path, dirs_exist_ok=True)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_all_municipalities_and_counties_are_known() -> None:
    assert len(VOCABULARY.municipalities) == 290
    assert len(VOCABULARY.counties) == 21
    assert sum(m.county == "12" for m in VOCABULARY.municipalities.values()) == 33
    assert {m.county for m in VOCABULARY.municipalities.values()} == set(VOCABULARY.counties)


@pytest.mark.parametrize(
    ("code", "form", "calls_itself"),
    [
        ("1281", "Lunds", "Lunds kommun"),
        ("1280", "Malmö", "Malmö stad"),
        ("0880", "Kalmar", "Kalmar kommun"),
        ("2080", "Falu", "Falu kommun"),
        ("0980", "Gotlands", "Region Gotland"),
        ("1256", "Östra Göinge", "Östra Göinge kommun"),
    ],
)
def test_municipality_has_its_form_and_the_name_it_uses(code: str, form: str, calls_itself: str) -> None:
    municipality = VOCABULARY.municipalities[code]
    assert (municipality.form, municipality.calls_itself) == (form, calls_itself)


@pytest.mark.parametrize(
    ("field", "values"), [("kind", KINDS), ("area", AREAS), ("organisation_type", ORGANISATION_TYPES)]
)
def test_every_value_has_labels_in_both_languages(field: str, values: tuple[str, ...]) -> None:
    for value in values:
        swedish, english = VOCABULARY.label(field, value), VOCABULARY.label(field, value, "en")
        assert swedish != value
        assert english


def test_label_of_an_unknown_value_is_the_value_itself() -> None:
    assert VOCABULARY.label("municipality", "1281") == "Lund"
    assert VOCABULARY.label("county", "12", "en") == "Skåne County"
    assert VOCABULARY.label("publisher", "Lunds kommun") == "Lunds kommun"
    assert VOCABULARY.label("kind", "sonnet") == "sonnet"
    assert VOCABULARY.label("year", "none") == "Uppgift saknas"


def test_copy_of_the_files_loads_the_same(copy: Path) -> None:
    assert Vocabulary.load(copy).labels == VOCABULARY.labels


def test_every_rule_used_in_the_code_has_a_sentence() -> None:
    source = "\n".join(
        p.read_text("utf-8") for p in (Path(__file__).parent.parent / "indexer" / "enrich").glob("*.py")
    )
    written_out = set(
        re.findall(r'"((?:kind|years|published|publisher|language|organisation_type)\.[a-z_]+)"', source)
    )
    assert written_out
    assert written_out <= set(VOCABULARY.rules)
    for place in (*VOCABULARY.kinds.places, "form"):
        assert f"kind.{place}" in VOCABULARY.rules
    for place in (*VOCABULARY.areas.places, "kind"):
        assert f"areas.{place}" in VOCABULARY.rules
    assert VOCABULARY.rule("years.title") != VOCABULARY.rule("years.title", "en")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("kind.toml", 'sv = "Policy"\n', "", "kind.policy: sv is missing"),
        ("kind.toml", 'sv = "Policy"', 'sv = "Policy"\ncolour = "red"', "unknown key colour"),
        ("kind.toml", 'en = "Policy"', 'en = "', "not valid TOML"),
        ("kind.toml", "weight = 6 }", 'weight = "heavy" }', "weight must be of type float"),
        ("kind.toml", '"policy", "policyn"', '"Policy", "policyn"', "lower case"),
        ("kind.toml", 'in = ["head", "body"]', 'in = ["cellar"]', "unknown place cellar"),
        ("municipality.toml", 'county = "01" }', 'county = "99" }', "there is no county 99"),
        ("municipality.toml", '"0114" =', '"114" =', "four-digit code"),
        ("area.toml", "report = 6", "novel = 6", "novel is not a kind"),
        ("organisation_type.toml", 'type = "authority"', 'type = "club"', "type must be one of"),
        ("format.toml", 'en = "Image"', 'en = ""', "en is empty"),
        ("rule.toml", "[rule]", "[rules]", "unknown table"),
    ],
)
def test_mistake_in_a_file_is_told_with_file_and_line(
    copy: Path, name: str, old: str, new: str, says: str
) -> None:
    change(copy / name, old, new)
    with pytest.raises(VocabularyError, match=re.escape(says)) as raised:
        Vocabulary.load(copy)
    assert name in str(raised.value)
    assert re.search(r"line \d+", str(raised.value))


def test_line_in_the_message_is_that_of_the_entry(copy: Path) -> None:
    change(copy / "kind.toml", 'sv = "Policy"\n', "")
    line = (copy / "kind.toml").read_text("utf-8").split("\n").index("[kind.policy]") + 1
    with pytest.raises(VocabularyError, match=f"line {line},"):
        Vocabulary.load(copy)


def test_missing_file_is_told(copy: Path) -> None:
    (copy / "county.toml").unlink()
    with pytest.raises(VocabularyError, match=r"county\.toml is missing"):
        Vocabulary.load(copy)


def test_missing_kind_is_told(copy: Path) -> None:
    text = (copy / "kind.toml").read_text("utf-8")
    begin, end = text.index("[kind.webpage]"), text.index("[kind.decision]")
    (copy / "kind.toml").write_text(text[:begin] + text[end:], "utf-8")
    with pytest.raises(VocabularyError, match=r"kind\.webpage: missing"):
        Vocabulary.load(copy)


def test_two_stars_ask_for_another_beginning() -> None:
    pattern = compile_words("**nytt")
    assert pattern.search("barnrättsnytt nr 4")
    assert not pattern.search("nytt ungdomsråd")
