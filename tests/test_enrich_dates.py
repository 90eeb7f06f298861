"""The dates that Swedish texts state, and the numbers that only look like dates."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.language.dates import read, read_name


def stated(text: str) -> list[tuple[str, str | None]]:
    return [(one.date, one.until) for one in read(text)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Publicerad: 28 september 2015", "2015-09-28"), ("den 12 mars 2014", "2014-03-12"),
        ("2014-03-12", "2014-03-12"),
        ("20140312", "2014-03-12"), ("12/3 2014", "2014-03-12"), ("12/3-14", "2014-03-12"),
        ("12.3.2014", "2014-03-12"),
        ("12.03.2014", "2014-03-12"), ("2014.03.12", "2014-03-12"), ("2014–03–12", "2014-03-12"),
        ("28 sept. 2015", "2015-09-28"),
        ("tisdagen den 4:e oktober 2016 kl. 9.00–12.00", "2016-10-04"),
        ("Lund den 1 februari 2012", "2012-02-01"),
        ("LUND DEN 1 FEBRUARI 2012", "2012-02-01"), ("12–14 mars 2014", "2014-03-12"),
        ("12 och 13 mars 2014", "2014-03-12"),
        ("14 October 2015", "2015-10-14"), ("October 14, 2015", "2015-10-14"),
        ("14th of October 2015", "2015-10-14"),
        ("autumn semester 2021", "2021"),
        ("den 3 mars -21", "2021-03-03"), ("5 okt -16", "2016-10-05"), ("3 mars ’21", "2021-03-03"),
        ("juni 2011", "2011-06"), ("mars månad 2014", "2014-03"), ("2014-03", "2014-03"),
        ("ht 2014", "2014"), ("HT14", "2014"),
        ("vt-15", "2015"), ("hösten 2012", "2012"), ("höstterminen 2012", "2012"),
        ("kvartal 1 2014", "2014"), ("vecka 12 2014", "2014"),
        ("år 2014", "2014"), ("2014-03-12T10:00:00+01:00", "2014-03-12"), ("HANDLINGSPLAN 2014", "2014"),
        ("PLAN 2014", "2014"), ("nr 4 december 2021", "2021-12"), ("paragraf 4 december 2021", "2021-12-04"),
    ],
)  # fmt: skip
def test_date_is_read_in_every_form(text: str, day: str) -> None:
    assert stated(text) == [(day, None)]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2012–2013", "2012", "2013"), ("2012-2013", "2012", "2013"), ("2012 – 2013", "2012", "2013"),
        ("2012/2013", "2012", "2013"),
        ("läsåret 2014/15", "2014", "2015"), ("2019—22", "2019", "2022"), ("2016 till 2018", "2016", "2018"),
        ("ht 2014 - vt 2015", "2014", "2015"), ("2014-07-01-2016-06-30", "2014-07-01", "2016"),
        ("läsåret 13/14", "2013", "2014"), ("verksamhetsåret 99–00", "1999", "2000"),
        ("vintern 2013/14", "2013", "2014"), ("2020-01-01–2022-12-31", "2020-01-01", "2022"),
    ],
)  # fmt: skip
def test_span_of_years_has_both_ends(text: str, first: str, last: str) -> None:
    assert stated(text) == [(first, last)]


def test_span_gives_all_its_years() -> None:
    assert read("Plan 2019–2022")[0].years == (2019, 2020, 2021, 2022)


@pytest.mark.parametrize(
    "text",
    [
        "Dnr 2015/0123", "Dnr KS 2015/0123", "KS 2014:123", "KS 2014/123", "dnr: KS-2014-123",
        "BUN 2015.123", "KS2014/45",
        "Diarienummer 2014-0312", "Dnr 801-4410-2016", "SFS 1989:100", "lagen (2018:1197)", "SOU 2016:19",
        "prop. 2009/10:232",
        "bet. 2017/18:SoU25", "Ds 2011:37", "SOSFS 2014:5", "tel. 046-35 20 15", "046-35 2015",
        "Box 2015, 221 00 Lund",
        "ISBN 978-91-7164-2014-5", "ISSN 1650-2014", "org.nr 212000-2015", "2015 kronor", "2 014 kr",
        "2014 elever", "2000-talet",
        "Agenda 2030", "Vision 2025", "kl. 2015", "namn2014@x.example", "www.x.example/2014/plan",
        "https://x.example/2014-03-12/a",
        "2014/12", "31 februari 2014", "2014-13-01", "12014", "20145", "Lgr 11", "sid. 2014", "art. nr 2014",
    ],
)  # fmt: skip
def test_number_that_is_no_date_is_left_alone(text: str) -> None:
    assert stated(text) == []


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Publicerad 2014-03-12", "published"), ("Publicerat av Anna Ek den 12 mars 2014", "published"),
        ("Senast uppdaterad: 2014-03-12", "updated"), ("Sammanträdesdatum\n2014-03-12", "meeting"),
        ("Protokoll fört vid möte 2014-03-12", "meeting"),
        ("Antagen av kommunfullmäktige 2014-03-12", "decision"),
        ("Fastställd av nämnden den 12 mars 2014", "decision"), ("Reviderad 2014-03-12", "decision"),
        ("Datum: 2014-03-12", "dated"),
        ("Anmälan senast den 12 mars 2014", "event"), ("Välkommen till konferens den 12 mars 2014", "event"),
        ("Nästa träff hålls den 12 mars 2014", "event"), ("Justerat den 12 mars 2014", "other"),
        ("Giltig till 2014-03-12", "other"), ("Datum för beslut | 2014-03-12", "decision"),
        ("Utgivningsår 2014", "published"), ("Uppdaterad: 140312", "updated"),
        ("Skapad: Ändrad: 2014-03-12", "updated"),
        ("Anslaget tas ner 2014-03-12", "other"), ("Lund 2014-03-12", "none"),
        ("beslutade den 12 mars 2014.", "decision"), ("Nämnden beslutade den 12 mars 2014", "none"),
        ("utfärdad den 12 mars 2014", "decision"),
        ("Antagen av styrelsen. Konferensen var lyckad. Lund 2014-03-12", "none"),
    ],
)  # fmt: skip
def test_words_before_a_date_say_what_it_is(text: str, label: str) -> None:
    assert [one.label for one in read(text)] == [label]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("processplan-2012-2013.pdf", [("2012", "2013")]), ("nyhetsbrev-juni-2011.pdf", [("2011-06", None)]),
        ("protokoll_ks_140312.pdf", [("2014-03-12", None)]),
        ("Protokoll2014-03-12.pdf", [("2014-03-12", None)]),
        ("ks_20140312_protokoll.pdf", [("2014-03-12", None)]), ("barnbokslut2016.pdf", [("2016", None)]),
        ("stodstruktur.29981.html", []), ("18.479110f1278.pdf", []), ("sida.8412.html", []),
    ],
)  # fmt: skip
def test_file_name_tells_its_date(name: str, found: list[tuple[str, str | None]]) -> None:
    assert [(one.date, one.until) for one in read_name(name)] == found


PIECES = (
    "2014",
    "14",
    "5",
    "-",
    "–",
    ".",
    "/",
    ":",
    " ",
    "\n",
    "mars",
    "oktober",
    "den",
    "kl.",
    "hösten",
    "till",
    "år",
)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=60).map("".join))
def test_any_text_is_read_without_error(text: str) -> None:
    for one in read(text):
        assert text[one.start : one.end].strip() == one.text.strip()


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2060, 1, 1)))
def test_every_day_is_read_back(day: object) -> None:
    assert stated(f"Lund {day}") == [(str(day), None)]


def test_hostile_text_is_read_in_time() -> None:
    began = time.process_time()
    for text in ("2014-" * 20_000, "1 " * 50_000, "den " * 50_000, "9" * 100_000, "mars\n" * 30_000):
        read(text)
    assert time.process_time() - began < 8  # 0.7 s


@pytest.mark.parametrize(
    "text", ["öppet 3 maj-12 juni", "möte 12 maj -14.30", "3 mars -15 mars", "3 maj-14 maj"]
)
def test_day_that_ends_a_span_is_no_year(text: str) -> None:
    assert stated(text) == []


def test_day_below_who_adopted_is_the_day_of_the_decision() -> None:
    assert [one.label for one in read("Antaget av | Kommunfullmäktige\nDatum | 2016-02-29, § 14")] == [
        "decision"
    ]
    assert [one.label for one in read("Plats | Rådhuset\nDatum | 2016-02-29")] == ["dated"]


def test_year_of_birth_labels_no_other_year() -> None:
    assert [one.label for one in read("Du som är född 2005–2007 söker till sommaren 2023")] == ["none"]
