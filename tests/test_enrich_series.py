"""Editions of the same document, and what belongs to it, find each other; strangers do not."""

from __future__ import annotations

from itertools import count

import pytest

from indexer.enrich.series import link, normalise
from indexer.model import Document

_IDS = count()


def document(
    title: str, kind: str | None = "action_plan", publisher: str = "Lunds kommun", **more: object
) -> Document:
    number = next(_IDS)
    url = str(more.pop("url", f"https://lund.example/{number}/fil{number}.pdf"))
    return Document(
        id=f"d{number}", url=url, title=title, format="pdf", kind=kind, publisher=publisher, **more
    )


def together(*documents: Document) -> bool:
    series = link(documents)
    return len(series) == len(documents) and len({tie.series for tie in series.values()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Processplan 2012", "Processplan 2013"),
        ("Processplan 2012–2013", "Fortsatt processplan 2014"),
        (
            "Handlingsplan för barnets rättigheter 2019–2022",
            "Handlingsplan för barnets rättigheter 2023-2026",
        ),
        ("Barnpolicy", "Barnpolicy, reviderad 2018-06-18"),
        ("Barnpolicy för Lund (utkast)", "Barnpolicy för Lund, version 2"),
        ("Nätverksträff 2", "Minnesanteckningar nätverksträff 3"),
        ("Barnbokslut HT14", "Barnbokslut vt 2015"),
        ("Protokoll barnrättsrådet 12 mars 2014", "Protokoll barnrättsrådet 4 juni 2014"),
        ("Plan mot kränkande behandling läsåret 13/14", "Plan mot kränkande behandling läsåret 2014/15"),
        ("Plan mot kränkande behandling läsåret 2015/16", "Plan mot kränkande behandling läsåret 2016/17"),
    ],
)
def test_editions_are_one_series(one: str, other: str) -> None:
    assert together(document(one), document(other))


def test_minutes_of_four_meetings_are_one_series() -> None:
    titles = [
        "Nätverksträff för barnrättsstrateger",
        "Nätverksträff 2",
        "Minnesanteckningar nätverksträff 3",
        "Träff 4",
    ]
    meetings = [
        document(
            title,
            "notes",
            anchor=f"Nätverksträff {number}",
            url=f"https://lund.example/d/natverkstraff-{number}.pdf",
        )
        for number, title in enumerate(titles, 1)
    ]
    assert together(*meetings)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (document("Handlingsplan för biblioteket 2014"), document("Handlingsplan för skolan 2015")),
        (document("Barnpolicy 2012"), document("Barnpolicy 2013", publisher="Malmö stad")),
        (document("Barnpolicy 2012", "policy"), document("Barnpolicy 2013", "report")),
        (document("Protokoll 2014-03-12", "minutes"), document("Protokoll 2014-06-04", "minutes")),
        (document("Barn 2012", "webpage"), document("Barn 2013", "webpage")),
        (document("2012", None), document("2013", None)),
    ],
)
def test_strangers_are_no_series(one: Document, other: Document) -> None:
    assert link([one, other]) == {}


def test_bare_protocols_in_one_folder_are_a_series() -> None:
    where = "https://lund.example/rad/protokoll/"
    assert together(
        document("Protokoll 2014-03-12", "minutes", url=f"{where}a.pdf", headings=("Barnrättsrådet", "2014")),
        document("Protokoll 2015-06-04", "minutes", url=f"{where}b.pdf", headings=("Barnrättsrådet", "2015")),
    )


def test_id_of_a_series_stays_when_it_grows_or_is_listed_otherwise() -> None:
    plans = [document(f"Barnbokslut {year}", "report") for year in range(2012, 2016)]
    first, grown = link(plans[:2]), link(plans[::-1])
    assert grown[plans[0].id].series == first[plans[0].id].series
    assert len({tie.series for tie in (*grown.values(), *first.values())}) == 1


def test_title_is_stripped_of_what_differs_between_editions() -> None:
    assert normalise("Processplan 2012–2013, reviderad") == "processplan"
    assert normalise("Nyhetsbrev nr 3, juni 2014") == ""
    assert normalise("Nyhetsbrev nr 3, juni 2014", keep_kind=True) == "nyhetsbrev"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Barnpolicy för Lunds kommun", "policy"), ("Riktlinjer till barnpolicyn", "guidance")),
        (("Barnpolicy", "policy"), ("Barnpolicy – vägledning", "guidance")),
        (("Policy för barnets rätt", "policy"), ("Handbok till policyn för barnets rätt", "guidance")),
        (("Barnrättsstrategi 2019–2022", "strategy"), ("Åtgärdsplan till barnrättsstrategin", "report")),
        (("Plan för barns röst", "action_plan"), ("Uppföljning av plan för barns röst", "report")),
        (("Barnpolicy 2012", "policy"), ("Revidering av barnpolicyn", "decision")),
    ],
)  # fmt: skip
def test_what_names_another_document_in_its_title_is_tied_to_it(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    first, second = document(*one), document(*other)
    assert together(first, second)
    evidence = link([second, first])[second.id].evidence
    assert (evidence.rule, evidence.text) == ("series.belongs_to", other[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Familjecentraler", "guidance"), ("Vägledning för familjecentraler", "guidance")),  # a topic
        (("Policy", "policy"), ("Riktlinjer till policyn", "guidance")),  # which of all?
        (("Barnpolicy", "policy"), ("Riktlinjer till kulturpolicyn", "guidance")),
        (("Handlingsplan för biblioteket", "action_plan"), ("Handlingsplan för skolans bibliotek", "report")),
    ],
)  # fmt: skip
def test_a_topic_or_another_document_ties_nothing(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert link([document(*one), document(*other)]) == {}


def test_a_series_says_by_which_name_it_is_one() -> None:
    plans = [document("Barnbokslut 2012", "report"), document("Barnbokslut 2013", "report")]
    assert [(t.evidence.field, t.evidence.rule, t.evidence.text) for t in link(plans).values()] == [
        ("series", "series.name", "barnbokslut")
    ] * 2
