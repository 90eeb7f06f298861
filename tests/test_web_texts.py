"""Texts of the interface: nothing without its English, dates and numbers as people write them."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from search_web import texts

ROOT = Path(__file__).parents[1]


def test_every_text_has_its_english() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "messages.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_english_keeps_the_placeholders() -> None:
    swedish, english = texts.messages("sv"), texts.messages("en")
    found = [(k, english.gettext(k)) for k in english._one]
    found += [(k, form) for k, forms in english._many.items() for form in forms]
    assert len(found) > 250 and swedish.gettext("Sök") == "Sök"
    for source, translated in found:
        assert set(re.findall(r"%\(\w+\)s", translated)) == set(re.findall(r"%\(\w+\)s", source)), source


def test_fixed_pages_exist_in_both_languages() -> None:
    names = {p.name for p in (resources.files("search_web") / "templates").iterdir()}
    for page in ("help", "about", "privacy", "accessibility"):
        assert {f"{page}.sv.html", f"{page}.en.html"} <= names


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "sv"), ("en", "en"), ("sv-SE,sv;q=0.9,en;q=0.8", "sv"), ("de,en;q=0.5,sv;q=0.4", "en"),
        ("en;q=0,sv;q=0.1", "sv"), ("*", "sv"), (";;;q=,", "sv"), ("EN-us", "en"),
    ],
)  # fmt: skip
def test_language_is_the_best_that_we_have(header: str, language: str) -> None:
    assert texts.preferred(header) == language


@pytest.mark.parametrize(
    ("value", "swedish", "english"),
    [
        ("2014-03-12", "12 mars 2014", "12 March 2014"), ("2014-03", "mars 2014", "March 2014"),
        ("2014", "2014", "2014"), ("2026-11-20T10:00:00Z", "20 november 2026", "20 November 2026"),
        ("2014-13-45", "2014-13-45", "2014-13-45"), ("nyss", "nyss", "nyss"), (None, "", ""),
    ],
)  # fmt: skip
def test_day_is_written_as_people_write_it(value: str | None, swedish: str, english: str) -> None:
    assert (texts.day(value, "sv"), texts.day(value, "en")) == (swedish, english)


def test_years_in_a_row_become_a_span() -> None:
    assert texts.years((2012, 2014, 2013, 2018)) == "2012–2014, 2018"
    assert texts.years(()) == ""


def test_texts_are_plain() -> None:
    """They go into pages and attributes as they are (``Translated`` in search_web/site.py)."""
    english = texts.messages("en")
    for source, translated in english._one.items():
        assert not set('"<>&{}') & set(source + translated), source
