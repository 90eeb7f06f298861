"""Words of the same root, for searches that found too little."""

from __future__ import annotations

import pytest

from indexer.language import analyser
from indexer.language.kin import kin


@pytest.mark.parametrize(
    ("word", "other"),
    [("vaccinering", "vaccinera"), ("vaccin", "vaccination"), ("utredning", "utreda"),
     ("bedöma", "bedömning"), ("beviljad", "beviljande"), ("uppföljning", "uppfölja"),
     ("omhänderta", "omhändertagande"), ("mottagning", "mottagande"), ("deltagare", "delta")],
)  # fmt: skip
def test_a_verb_and_what_is_made_of_it_are_kin(word: str, other: str) -> None:
    stem = analyser("sv").word(word).stem
    assert analyser("sv").word(other).stem in {*kin(stem), stem}


@pytest.mark.parametrize("word", ["barn", "bild", "form", "mål"])
def test_a_short_word_has_no_kin_by_rule(word: str) -> None:
    assert not list(kin(analyser("sv").word(word).stem))


def test_no_word_is_its_own_kin() -> None:
    assert "vaccinering" not in kin("vaccinering")
