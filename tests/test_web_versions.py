"""Comparing versions of a document: what is told as changed, and the page that shows it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from web_client import Client, served
from web_documents import collection

from indexer.catalogue import Catalogue
from indexer.model import Page
from search_web.comparing import compared
from search_web.document import paragraphs, parts_of


@pytest.fixture(scope="module")
def versioned(web_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Client:
    corpus = tmp_path_factory.mktemp("corpus")
    plan = collection()[0]
    old = replace(
        plan, text=(Page(1, "Planen gäller 2012.\nDen antas av styrelsen.\n<b>Kostnad</b>"),), digest="a"
    )
    new = replace(plan, text=(Page(1, "Planen gäller 2012 och 2013.\nDen antas av styrelsen."),), digest="b")
    with Catalogue(corpus / "catalogue.sqlite") as catalogue:
        catalogue.put(old, inputs="1")
        catalogue.put(new, inputs="2")
    return served(web_index, corpus)


def test_versions_are_compared_word_by_word(versioned: Client) -> None:
    text = versioned.get("/documents/aaaaaaaaaaaa/versions").text
    assert "Från version 1 till version 2" in text
    assert re.search(r"Planen gäller <del>2012\.</del><ins>2012 och 2013\.</ins>", text)
    assert "<del>&lt;b&gt;Kostnad&lt;/b&gt;</del>" in text
    assert "Den antas av styrelsen." in text


def test_versions_that_do_not_exist_are_told(versioned: Client) -> None:
    assert versioned.get("/documents/aaaaaaaaaaaa/versions?old=1&new=9").status == 400
    assert versioned.get("/documents/aaaaaaaaaaaa/versions?old=x").status == 400
    assert versioned.get("/documents/saknas/versions").status == 404


def test_without_the_corpus_the_page_says_why_there_are_no_versions(web: Client) -> None:
    assert "Tjänsten körs utan det arkiv" in web.get("/documents/aaaaaaaaaaaa/versions").text


def test_long_unchanged_stretches_are_folded() -> None:
    old = [f"Stycke {n}." for n in range(50)]
    changes = compared(old, [*old[:25], "Nytt stycke.", *old[25:]])
    assert changes is not None
    assert [(c.kind, c.skipped) for c in changes] == [
        ("same", 0), ("same", 23), ("added", 0), ("same", 0), ("same", 23),
    ]  # fmt: skip
    assert sum(len(c.paragraphs) for c in changes) == 5


def test_paragraphs_that_were_joined_or_parted_are_compared_as_one() -> None:
    found = compared(["Små barn svarar med kroppen och", "med vad de väljer i rummet."],
                     ["Små barn svarar med kroppen och med vad de gör i rummet."])  # fmt: skip
    assert found is not None
    assert [(c.kind, [str(p) for p in c.paragraphs]) for c in found] == [
        ("changed", ["Små barn svarar med kroppen och med vad de <del>väljer</del><ins>gör</ins> i rummet."])
    ]
    broken = compared(["Små barn svarar", "med kroppen."], ["Små barn svarar med kroppen."])
    assert broken is not None and [c.kind for c in broken] == ["same"]
    other = compared(["Ett stycke om skolan.", "Ett till."], ["Något helt annat handlar om bussar."])
    assert other is not None and [c.kind for c in other] == ["removed", "added"]


def test_texts_too_long_to_compare_are_refused() -> None:
    assert compared(["x"] * 5_000, ["y"]) is None


def test_comparing_texts_that_repeat_themselves_takes_no_long_time() -> None:
    same = ["Ja"] * 1_500  # 28 s
    other = [word for n in range(750) for word in ("Ja", f"Nej {n}")]
    words, others = " ".join(same[:900]), " ".join(other[:600])  # 5 s for each pair
    started = time.process_time()
    assert compared(same, other) is None
    found = compared([words] * 4, [f"{n} {others}" for n in range(4)])
    assert time.process_time() - started < 8
    assert found is not None and [c.kind for c in found] == ["changed"]
    assert len(found[0].paragraphs) == 4


def test_marks_follow_their_paragraphs() -> None:
    text = "Barnets bästa\n\ni planen & barnets röst"
    found = paragraphs(text, [(0, 7), (26, 33)])
    assert [str(p) for p in found] == [
        "<mark>Barnets</mark> bästa",
        "i planen &amp; <mark>barnets</mark> röst",
    ]


def test_dots_that_lead_to_a_page_number_are_one_sign() -> None:
    text = "Förord & syfte ................. 2\nFyra län......3\nOch så vidare ... slut"
    assert [str(p) for p in paragraphs(text, [(0, 6)])] == [
        "<mark>Förord</mark> &amp; syfte … 2",
        "Fyra län … 3",
        "Och så vidare ... slut",
    ]


def test_parts_hold_whole_pages() -> None:
    pages = [Page(n, "x" * 40_000) for n in range(1, 5)] + [Page(5, "x" * 500_000), Page(6, "y")]
    assert [[p.number for p in run] for run in parts_of(pages)] == [[1], [2], [3], [4], [5], [6]]
    assert [[p.number for p in run] for run in parts_of([Page(n, "x" * 20_000) for n in range(1, 6)])] == [
        [1, 2, 3],
        [4, 5],
    ]
