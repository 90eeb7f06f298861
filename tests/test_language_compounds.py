"""Where compounds part, and which words are left whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from indexer.language import dictionary, forms
from indexer.language.compounds import Splitter


@pytest.fixture(scope="module")
def splitter() -> Splitter:
    return Splitter(forms.swedish())


@pytest.mark.parametrize(
    "marked",
    """barn|konventionen barnrätts|strateg barnrätts|arbetet barn|checklista familje|centralen process|planen
    handlings|planer minnes|anteckningar nätverks|träff sammanträdes|protokoll arbets|utskottet
    kommun|styrelsen kommun|förbundet läns|styrelsen elev|hälsan skol|sköterska skol|inspektionen
    social|tjänsten utbildnings|nämnden likabehandlings|plan kränknings|anmälan oros|anmälan familje|hem
    barn|perspektiv rättighets|baserad rättighets|bärare verktygs|låda styr|dokument verksamhets|plan
    tjänste|skrivelse medborgar|förslag ungdoms|mottagning barnavårds|central
    folkhälso|strateg förskole|klass grund|skola special|pedagog anhörig|stöd funktions|nedsättning
    barn|fattigdom bistånds|handläggare delaktighets|modell trygghets|vandring barn|biblioteket
    erfarenhets|utbyte inspirations|material kompetens|utveckling process|ledare detalj|plan tårt|kalas
    föräldra|stöd kontakt|familj umgänges|rätt vårdnads|havare riksdags|ledamot fem|åring
    barn|böckerna kommun|kontoren gatu|kontoret""".split(),  # noqa: SIM905
)  # fmt: skip
def test_a_compound_parts_between_its_words(splitter: Splitter, marked: str) -> None:
    assert "|".join(splitter.split(marked.replace("|", ""))) == marked


@pytest.mark.parametrize(
    "word",
    """barn barnen barnet männen sidorna rapporten information organisation kommunikation dokumentation
    implementering konsekvens perspektiv delaktighet verksamheten ansvarig besluten regionala kommunala
    integration strategi policy malmö eslöv kävlinge lindqvist unicef environmental confidentiality
    psykologin konstaplar åtgärderna telefoner""".split(),  # noqa: SIM905
)  # fmt: skip
def test_a_simple_or_strange_word_stays_whole(splitter: Splitter, word: str) -> None:
    assert splitter.split(word) == ()


@pytest.mark.parametrize("word", "landskrona kristianstad burlöv hörby simrishamn göteborg estland".split())  # noqa: SIM905
def test_a_place_is_not_what_its_name_is_made_of(splitter: Splitter, word: str) -> None:
    assert splitter.split(word) == splitter.split(word + "s") == ()


def test_a_misspelt_word_is_not_cut_into_nonsense(splitter: Splitter) -> None:
    assert splitter.split("barnkonvetnionne") == ()
    assert splitter.split("rättigehter") == ()


def test_an_inflected_word_parts_where_the_word_parts(splitter: Splitter) -> None:
    assert splitter.split("barnböckernas") == ("barn", "böckernas")


def test_a_compound_of_compounds_parts(splitter: Splitter) -> None:
    assert splitter.split("barnrättsstrategutbildningen")


@pytest.mark.parametrize(
    ("part", "word"),
    [("arbets", "arbete"), ("familje", "familj"), ("kyrko", "kyrka"), ("skol", "skola"), ("barn", "barn"),
     ("gatu", "gata"), ("utbildnings", "utbildning")],
)  # fmt: skip
def test_the_first_part_leads_to_its_word(part: str, word: str) -> None:
    assert forms.swedish().base(part) == word


def test_many_words_at_once_are_cut_as_one_by_one(splitter: Splitter) -> None:
    known = list(dictionary.read().flags)[::97]
    unknown = [a + b for a, b in zip(known[::2], known[1::2], strict=False)]
    assert splitter.cuts(known + unknown) == [splitter.cut(w) for w in known + unknown]


def test_hashes_at_once_are_those_of_one_word() -> None:
    words = ["", "å", "barn", "barnrättsstrateg", "\U0001f600x"]
    assert forms._hash_all(words).tolist() == [forms._hashes(w)[-1] for w in words]


def test_a_table_that_is_cut_short_or_of_another_version_is_refused(tmp_path: Path) -> None:
    words = dictionary.Dictionary({"barn": "AB", "bok": "AD"}, {}, Counter(), Counter(), {})
    prepared = forms.prepare(words)
    path = tmp_path / "forms.bin"
    for broken in (b"", prepared[:-1], prepared[:1000], b"x" + prepared[1:]):
        path.write_bytes(broken)
        with pytest.raises((ValueError, OSError)):
            forms._mapped(path)
    path.write_bytes(prepared)
    assert forms._mapped(path).is_word("bok")
