"""Editions of the same document find each other; strangers and copies are told apart from them."""

from __future__ import annotations

from itertools import count
from random import Random

import numpy as np
import pytest

from indexer.enrich.series import HASHES, fingerprint, link, near_duplicates, normalise, similarity
from indexer.model import Document, Page

_IDS = count()


def document(
    title: str, kind: str | None = "action_plan", publisher: str = "Lunds kommun", **more: object
) -> Document:
    number = next(_IDS)
    url = str(more.pop("url", f"https://lund.example/{number}/fil{number}.pdf"))
    return Document(
        id=f"d{number}", url=url, title=title, format="pdf", kind=kind, publisher=publisher, **more
    )  # type: ignore[arg-type]


def together(*documents: Document) -> bool:
    series = link(documents)
    return len(series) == len(documents) and len(set(series.values())) == 1


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
    assert grown[plans[0].id] == first[plans[0].id]
    assert set(grown.values()) == set(first.values())


def test_title_is_stripped_of_what_differs_between_editions() -> None:
    assert normalise("Processplan 2012–2013, reviderad") == "processplan"
    assert normalise("Nyhetsbrev nr 3, juni 2014") == ""
    assert normalise("Nyhetsbrev nr 3, juni 2014", keep_kind=True) == "nyhetsbrev"


def words(number: int, seed: int = 7) -> list[str]:
    random = Random(seed)
    return [f"ord{random.randrange(10_000)}" for _ in range(number)]


def test_fingerprint_estimates_how_alike_two_texts_are() -> None:
    text = words(400)
    for changed in (0, 4, 20, 60):
        other = list(text)
        for position in range(0, 400, 400 // changed if changed else 401):
            other[position] = "annat"
        one, two = ({" ".join(t[i : i + 4]) for i in range(397)} for t in (text, other))
        true = len(one & two) / len(one | two)
        first, second = fingerprint(" ".join(text)), fingerprint(" ".join(other))
        assert first is not None
        assert second is not None
        assert similarity(first, second) == pytest.approx(true, abs=0.15)
    assert first is not None
    assert first.shape == (HASHES,)
    assert first.dtype == np.uint64


def test_short_text_has_no_fingerprint() -> None:
    assert fingerprint("för kort") is None


def pages(*text: str) -> tuple[Page, ...]:
    return (Page(1, " ".join(text)),)


def test_same_text_at_another_address_is_a_duplicate() -> None:
    text = words(300)
    one = document("Barnpolicy", text=pages(*text))
    copy = document("Barnpolicy", text=pages(*text[:-1], "slut"))
    other = document("Annat", text=pages(*words(300, 8)))
    assert near_duplicates([one, other, copy]) == {copy.id: one.id}


def test_edition_with_nearly_the_same_text_is_no_duplicate() -> None:
    text = words(300)
    one = document("Barnpolicy 2012", years=(2012,), text=pages(*text))
    for later in (
        document("Barnpolicy 2013", years=(2013,), text=pages(*text)),
        document("Barnpolicy 2012", years=(2012,), published="2012-11-01", text=pages(*text)),
    ):
        first = document("Barnpolicy 2012", years=(2012,), published="2012-03-01", text=pages(*text))
        assert near_duplicates([first, later]) == {}
    assert near_duplicates([one]) == {}
