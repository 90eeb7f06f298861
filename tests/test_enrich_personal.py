"""Personal identity numbers never get through, other numbers do. Those here are official test numbers."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.enrich.personal import mask_addresses, mask_document
from indexer.language.personal import mask, mask_address, mask_scanned
from indexer.model import (
    MASK,
    Contact,
    Document,
    Extract,
    FoundOn,
    LabelledDate,
    Link,
    OutlineEntry,
    Page,
)

PERSONNUMMER = "811218-9876"


@pytest.mark.parametrize(
    "written",
    [
        "811218-9876", "8112189876", "19811218-9876", "198112189876", "811218+9876", "811218–9876",
        "811218 9876",
        "811218 - 9876", "19811218 9876", "81-12-18-9876", "1981-12-18-9876", "811218-\n9876",
        "811218\u20119876", "811218\u00ad9876", "811218\u00a0-\u00a09876",
        "811218\u200e-\u200e9876", "811218\u202c-9876", "８１１２１８-９８７６",
        "640823-3234", "19640823-3234",
        "701063-2391", "7010632391", "19701063-2391", "197010632391",
    ],
)  # fmt: skip
def test_personnummer_is_masked_however_it_is_written(written: str) -> None:
    for sentence in (written, f"Eleven ({written}) går i åk 5.", f"pnr:{written}.", f"namn;{written};Lund"):
        assert mask(sentence) == sentence.replace(written, MASK)


@pytest.mark.parametrize(
    "written",
    [
        "811218-9875",  # wrong check digit
        "811318-9872", "811232-9870",  # no such month, no such day
        "212000-1124", "556036-0793",
        "16212000-1124",  # organisation numbers: 20 or more where a month would be
        "040-628 04 00", "0708-12 98 76", "046-35 50 00", "+46 40 628 04 00", "tel. 8112189876",
        "Mobil: 8112189876",
        "Dnr 8112189876", "Bankgiro: 8112189876",
        "2014-03-12", "20140312", "2014-03-12 10.15", "20140312-20140315", "2012–2013",
        "KS 2014:123", "2014/0123", "SFS 2018:1197", "ISBN 978-91-7164-123-5", "1198112189876",
        "811218-98765",
        "81 12 18 98 76", "811218 98 76", "811218-98 76 50", "81.12.18.9876", "8 1 1 2 1 8 9 8 7 6 5",
        "1981-12-18 | 9876", "1981-12-18\n9876", "221 00 Lund", "12 000–18 000",
    ],
)  # fmt: skip
def test_other_numbers_are_left_alone(written: str) -> None:
    sentence = f"Se {written} för mer."
    assert mask(sentence) == sentence


def luhn(nine: str) -> str:
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(nine))
    return nine + str(-total % 10)


@given(
    born=st.dates(), coordination=st.booleans(), serial=st.integers(0, 999), century=st.booleans(),
    sign=st.sampled_from(["-", "+", "", " ", "–"]), before=st.sampled_from(["", " ", "(", "nr ", "Anna, "]),
    after=st.sampled_from(["", ".", ")", ", Lund"]),
)  # fmt: skip
def test_every_valid_number_is_masked(
    born: Any, coordination: bool, serial: int, sign: str, century: bool, before: str, after: str
) -> None:
    day = born.day + 60 * coordination
    ten = luhn(f"{born.year % 100:02}{born.month:02}{day:02}{serial:03}")
    prefix = "19" if century else ""
    assert ten[:6] not in mask(f"{before}{prefix}{ten[:6]}{sign}{ten[6:]}{after}")


def test_all_words_of_a_document_are_masked() -> None:
    extract = Extract(
        "pdf",
        pages=(Page(1, f"Elev {PERSONNUMMER}", heading=PERSONNUMMER, label=PERSONNUMMER),),
        titles=(("metadata", f"Utredning {PERSONNUMMER}"),),
        links=(Link("https://x.example/a", f"Beslut {PERSONNUMMER}", (PERSONNUMMER,)),),
        dates=(LabelledDate("2014-03-12", "none", f"{PERSONNUMMER} 2014-03-12"),),
        contacts=(Contact(PERSONNUMMER, PERSONNUMMER, None, PERSONNUMMER),),
        outline=(OutlineEntry(1, PERSONNUMMER, 1),),
        problem=f"Kunde inte läsa {PERSONNUMMER}",
        author=PERSONNUMMER,
        furniture=(PERSONNUMMER,),
    )
    assert PERSONNUMMER not in repr(mask_document(extract))


def test_mask_document_knows_every_field_that_holds_text() -> None:
    """A new text field of Extract must be masked or named here as carrying no words of the document."""

    def texts(value: Any) -> Any:
        if isinstance(value, str):
            return PERSONNUMMER
        if isinstance(value, tuple):
            return tuple(texts(item) for item in value)
        if is_dataclass(value) and not isinstance(value, type):
            return type(value)(**{f.name: texts(getattr(value, f.name)) for f in fields(value)})
        return value

    full = Extract(
        "html", (Page(1, "x", "x", "x", "x"),), (("h1", "x"),), (Link("u", "x", ("x",)),), "sv",
        "u", "u", frozenset({"x"}),
        (LabelledDate("x", "x", "x"),), (Contact("x", "x", "x", "x"),),
        (OutlineEntry(1, "x", 1),), 1, "text", "x", "x",
        ("x",), False, False, "x", ("x",),
    )  # fmt: skip
    masked = mask_document(texts(full))
    untouched = {"format", "language", "canonical", "refresh", "robots", "read_by", "blocks", "reason"}
    partly = {"links", "pages", "dates", "titles"}  # their addresses, ids and labels stay
    for f in fields(masked):
        assert f.name in untouched | partly or PERSONNUMMER not in repr(getattr(masked, f.name)), f.name
    assert PERSONNUMMER not in repr([(p.text, p.heading, p.label) for p in masked.pages])
    assert PERSONNUMMER not in repr([(link.anchor, link.headings) for link in masked.links])
    assert PERSONNUMMER not in repr([date.text for date in masked.dates])
    assert PERSONNUMMER not in repr([text for _, text in masked.titles])


@pytest.mark.parametrize(
    "written",
    [
        "811218\u3000-\u30009876", "811218－9876", "811218﹣9876", "811218\u2060-9876", "811218\n-9876",
        "811218\n 9876", "811218 | 9876", "811218 -\n9876",
        "811218--9876", "811218_9876", "811218/9876", "811218.9876", "81 12 18 - 9876", "811218-98 76",
        "811218-9 8 7 6", "8 1 1 2 1 8 - 9 8 7 6", "1 9 8 1 1 2 1 8 9 8 7 6", "811218- \n\n9876",
        "１９８１１２１８９８７６", "701063\u00a02391",
    ],
)  # fmt: skip
def test_odd_signs_and_breaks_hide_no_number(written: str) -> None:
    assert mask(f"Elev {written}, åk 5") == f"Elev {MASK}, åk 5"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a.se/beslut-811218-9876.pdf", f"https://a.se/beslut-{MASK}.pdf"),
        ("https://a.se/?pnr=19811218%2D9876&x=1", f"https://a.se/?pnr={MASK}&x=1"),
        ("https://a.se/elev%20811218%209876.pdf", f"https://a.se/elev%20{MASK}.pdf".replace("%20", " ")),
        ("https://a.se/%38%311218-9876", f"https://a.se/{MASK}"),
        ("https://a.se/b%C3%A5t/2014-03-12.pdf", "https://a.se/b%C3%A5t/2014-03-12.pdf"),
        ("https://a.se/download/18.489212f/1323127154000/plan.pdf",) * 2,
    ],
)
def test_an_address_shows_no_number_however_it_is_encoded(address: str, shown: str) -> None:
    assert mask_address(address) == shown


def test_every_address_of_a_document_is_masked_on_its_way_out() -> None:
    url = f"https://a.se/{PERSONNUMMER}"
    document = Document("1", url, "T", "pdf", also_at=(url,), found_on=url, links=(FoundOn(url, "x"),))
    assert PERSONNUMMER not in repr(mask_addresses(document))
    other = Document("1", "https://a.se/1", "T", "pdf")
    assert mask_addresses(other) is other


@pytest.mark.parametrize(
    "read",
    [
        "81121 8-9876",
        "8 1 1 2 1 8 - 9 8 7 6",
        "811218-98768",
        "811218-9878",
        "19 811218 — 9876",
        "811218 98 76",
    ],
)
def test_a_number_on_a_picture_is_masked_although_it_is_misread(read: str) -> None:
    assert mask_scanned(f"Elev {read} och 2014-03-12, tel. 040-12 34 56.") == (
        f"Elev {MASK} och 2014-03-12, tel. 040-12 34 56."
    )
