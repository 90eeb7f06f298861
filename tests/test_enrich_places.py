"""Municipality names count as places only where the sentence means the place."""

from __future__ import annotations

import time

import pytest

from indexer.enrich import Context, enrich
from indexer.enrich.organisations import organisations
from indexer.enrich.place_names import mentions, named_counties
from indexer.model import Extract, Page, Source
from indexer.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load()


def places(text: str) -> list[str]:
    return [VOCABULARY.municipalities[m.code].name for m in mentions(text, VOCABULARY)]


@pytest.mark.parametrize("municipality", VOCABULARY.municipalities.values(), ids=lambda m: m.name)
def test_every_municipality_is_found_by_its_names(municipality: object) -> None:
    m = VOCABULARY.municipalities[municipality.code]
    for sentence in (
        f"Vi bor i {m.name} sedan länge.",
        f"Arbetet i {m.form} kommun går vidare.",
        f"Därför har {m.calls_itself} beslutat det.",
        f"{m.form.upper()} KOMMUN",
    ):
        assert places(sentence) == [m.name], sentence


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Helsingborgs stad har sexton barnrättsstrateger och Eslövs kommun har elva.",
            ["Helsingborg", "Eslöv"],
        ),
        ("Pilotsatsningar påbörjades i Bjuvs och Eslövs kommuner", ["Bjuv", "Eslöv"]),
        ("Ungdomar från Eslövs ungdomsråd och Hörbys elevråd", ["Eslöv", "Hörby"]),
        ("kommunerna Bjuv, Klippan och Lund", ["Bjuv", "Klippan", "Lund"]),
        ("Konferens i Lund den 4 maj", ["Lund"]),
        ("Barn- och utbildningsnämnden i Östra Göinge", ["Östra Göinge"]),
        ("ÖSTRA GÖINGE KOMMUN", ["Östra Göinge"]),
        ("Ö Göinge deltar", ["Östra Göinge"]),
        ("Upplands Väsby och Upplands-Bro", ["Upplands Väsby", "Upplands-Bro"]),
        ("Dals-Eds kommun", ["Dals-Ed"]),
        ("City of Malmö", ["Malmö"]),
        ("Malmö, Lund", ["Malmö", "Lund"]),
        ("Barnchecklista på Lunds stadsbibliotek", ["Lund"]),
        ("Lunds barnchecklista", ["Lund"]),
    ],
)
def test_municipality_is_found_in_running_text(text: str, found: list[str]) -> None:
    assert places(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Anna Lund leder arbetet.", "Karin Lunds barnchecklista", "Per-Olof Berg och A. Lund",
        "Marie Lund Karphammar",
        "Lundin och Bergström",
        "Vi gick genom en lund av bokar.", "Barnen ska få vara med.", "Vara med och påverka!",
        "Mark och miljö",
        "Lunds universitet", "Uppsala universitet", "Malmö högskola, Orkanen", "Malmö University",
        "Kalmar län",
        "Region Jönköpings län", "Länsstyrelsen i Uppsala län", "Helsingborgs lasarett", "Lunds stift",
        "Box 13, 221 00 Lund", "SE-211 20 Malmö", "Lund: Studentlitteratur", "info@lund.example",
        "www.lund.example",
        "Malmö FF", "Rädda Barnen Malmö", "malmö", "Lundabygden", "Falkenberg, Anders",
        "Nora och Vilhelmina är sju år.",
        "Salem betyder fred.", "Ale är en dryck.",
    ],
)  # fmt: skip
def test_name_that_is_not_the_place_is_left_alone(text: str) -> None:
    assert places(text) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Skånes arbete med folkhälsa", ["12"]), ("Region Blekinge", ["10"]),
        ("Länsstyrelsen i Kalmar län", ["08"]),
        ("Västra Götalandsregionen", ["14"]), ("Landstinget i Värmland", ["17"]), ("Skåneidrotten", []),
        ("Hallands Nyheter och Dalarna", ["13", "20"]), ("kalmar", []),
    ],
)  # fmt: skip
def test_counties_are_found_by_their_names(text: str, codes: list[str]) -> None:
    assert [code for code, _ in named_counties(text, VOCABULARY)] == codes


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("Kommunförbundet Skånes styrelse", "Kommunförbundet Skåne", "association"),
        ("Region Halland", "Region Halland", "region"),
        ("Landstinget Blekinge 2011", "Landstinget Blekinge", "region"),
        ("Länsstyrelsen i Skåne län", "Länsstyrelsen Skåne", "county_board"),
        ("Länsstyrelsen Västra Götaland", "Länsstyrelsen Västra Götaland", "county_board"),
        ("Lunds universitet", "Lunds universitet", "university"),
        ("Högskolan Kristianstad", "Högskolan Kristianstad", "university"),
        ("SKL", "Sveriges Kommuner och Landsting", "association"),
        ("Hörby kommun", "Hörby kommun", "municipality"),
        ("Göteborgs Stad", "Göteborgs Stad", "municipality"),
        ("Region Gotland", "Region Gotland", "municipality"),
        ("Barnombudsmannens rapport", "Barnombudsmannen", "authority"),
        ("UNICEF Sverige", "UNICEF Sverige", "civil_society"),
    ],
)
def test_organisation_is_recognised_with_its_type(text: str, name: str, kind: str) -> None:
    assert [(o.name, o.type) for o in organisations(text, VOCABULARY)] == [(name, kind)]


@pytest.mark.parametrize("heading", ["Skolor", "Skolor i Lund, " * 2_000])
def test_a_line_that_names_thousands_of_places_takes_no_long_time(heading: str) -> None:
    line = (
        "Lunds kommun " * 3_000
    )  # 5 s, when each mention had its sentence in all of it; 11 with the heading
    extract = Extract("html", (Page(1, line, heading),))
    source = Source("a", "A", "A", "authority", ("https://a.example/",))
    started = time.process_time()
    found = enrich(extract, Context(source, "https://a.example/b"), VOCABULARY)
    assert time.process_time() - started < 3
    assert found.municipalities == ("1281",)
