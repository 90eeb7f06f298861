"""Documents of nearly the same text tell of each other."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
from web_client import served
from web_documents import document, publish

from indexer.enrich.alike import HASHES, MOST, _candidates, alike, sketch
from indexer.model import Evidence, Page


def words(number: int, seed: int = 7) -> list[str]:
    random = Random(seed)
    return [f"ord{random.randrange(10_000)}" for _ in range(number)]


def near(*texts: list[str], series: dict[str, str] | None = None) -> dict[str, tuple[str, ...]]:
    """By the number of the text, as a string."""
    sketches = [sketch([" ".join(text)]) for text in texts]
    assert all(s is not None for s in sketches)
    return alike([str(n) for n in range(len(texts))], np.array(sketches), series or {})


def test_a_sketch_estimates_how_alike_two_texts_are() -> None:
    text = words(400)
    for changed in (0, 4, 20, 60):
        other = list(text)
        for position in range(0, 400, 400 // changed if changed else 401):
            other[position] = "annat"
        one, two = ({" ".join(t[i : i + 4]) for i in range(397)} for t in (text, other))
        first, second = sketch([" ".join(text)]), sketch([" ".join(other)])
        assert first is not None and second is not None
        assert np.mean(first == second) == pytest.approx(len(one & two) / len(one | two), abs=0.15)
        assert (first.shape, first.dtype) == ((HASHES,), np.uint32)


def test_pages_do_not_matter_for_a_sketch() -> None:
    text = words(200)
    one, other = sketch([" ".join(text)]), sketch([" ".join(text[:90]), " ".join(text[90:])])
    assert one is not None and other is not None and np.array_equal(one, other)


def test_a_short_text_has_no_sketch() -> None:
    assert sketch(["för kort"]) is None and sketch([]) is None


def test_nearly_the_same_text_is_told_and_another_is_not() -> None:
    text = words(300)
    assert near(text, words(300, 8), [*text[:-1], "slut"]) == {"0": ("2",), "2": ("0",)}
    half = [*text[:150], *words(150, 9)]
    assert near(text, half) == {}


def test_editions_are_left_to_their_series() -> None:
    text = words(300)
    assert near(text, text, series={"0": "s", "1": "s"}) == {}
    assert near(text, text, series={"0": "s", "1": "t"}) == {"0": ("1",), "1": ("0",)}


def test_the_most_alike_come_first_and_there_are_not_too_many() -> None:
    text = words(400)
    changed = []
    for count in (12, 0, 6):
        other = list(text)
        other[:count] = ["annat"] * count
        changed.append(other)
    assert near(text, *changed)["0"] == ("2", "3", "1")
    assert all(len(others) == MOST for others in near(*[text] * 30).values())


def test_nothing_held_is_nothing_alike() -> None:
    assert alike([], np.zeros((0, HASHES), np.uint32), {}) == {}


def test_work_grows_with_the_number_of_documents_and_not_with_its_square() -> None:
    random = np.random.default_rng(1)
    compared = []
    for count in (500, 2_000):
        sketches = random.integers(0, 1 << 32, (count, HASHES), dtype=np.uint32)
        sketches[: count // 2] = sketches[0]  # half of them from one template
        compared.append(len(_candidates(sketches)[0]))
    assert 0 < compared[1] < 5 * compared[0]


def test_the_page_of_a_document_and_the_api_tell_of_what_is_nearly_the_same(tmp_path: Path) -> None:
    text = (Page(1, "Barnchecklistan används i nämnden."),)
    why = (Evidence("series", "s1", "series.name", "checklista"),)
    one = document("aaaaaaaaaaaa", "Checklista i Lund", alike=("bbbbbbbbbbbb", "cccccccccccc"), text=text)
    other = document("bbbbbbbbbbbb", "Checklista i Malmö", alike=("aaaaaaaaaaaa",), text=text)
    edition = document("eeeeeeeeeeee", "Checklista 2012", series="s1", evidence=why, text=text)
    later = document("ffffffffffff", "Checklista 2013", series="s1", evidence=why, text=text)
    publish(tmp_path / "index", [one, other, edition, later])  # the third that is alike is held no more
    web = served(tmp_path / "index")
    page = web.get("/documents/aaaaaaaaaaaa").text
    alike_ = page[page.index('id="h-alike"') :]
    assert 'href="/documents/aaaaaaaaaaaa/versions?with=bbbbbbbbbbbb"' in alike_
    assert "Nästan samma text" in alike_ and 'href="/documents/bbbbbbbbbbbb"' in alike_
    assert page.count('href="/documents/bbbbbbbbbbbb"') == 1  # in one list only
    series = web.get("/documents/eeeeeeeeeeee").text
    assert "Samma namn, när år, nummer och ord" in series[series.index('id="h-series"') :]
    told = json.loads(web.get("/api/v1/documents/aaaaaaaaaaaa").text)
    assert told["document"]["alike"] == ["bbbbbbbbbbbb", "cccccccccccc"]


def test_documents_with_nearly_the_same_text_are_compared_the_older_first(tmp_path: Path) -> None:
    first = document(
        "bbbbbbbbbbbb", "Vägledning i Lund", published="2012-03-01", alike=("aa/1",),
        text=(Page(1, "Prövningen görs i Lund.\nFråga barnen."),),
    )  # fmt: skip
    second = document(
        "aa/1", "Vägledning i Malmö", published="2014-03-01", alike=("bbbbbbbbbbbb",),
        text=(Page(1, "Prövningen görs i Malmö.\nFråga barnen."), Page(2, "Återkom till dem.")),
    )  # fmt: skip
    other = document("cccccccccccc", "Policy", text=(Page(1, "Något annat."),))
    web = served(publish(tmp_path / "index", [first, second, other]))
    for address in (
        "/documents/bbbbbbbbbbbb/versions?with=aa/1",
        "/documents/aa%252F1/versions?with=bbbbbbbbbbbb",
    ):
        text = web.get(address).text
        assert text.index("Vägledning i Lund</bdi>") < text.index("Vägledning i Malmö</bdi>")
        assert "Prövningen görs i <del>Lund.</del><ins>Malmö.</ins>" in text
        assert "<ins>Återkom till dem.</ins>" in text and "Fråga barnen." in text
    page = web.get("/documents/bbbbbbbbbbbb").text
    assert 'href="/documents/bbbbbbbbbbbb/versions?with=aa/1"' in page
    refused = web.get("/documents/bbbbbbbbbbbb/versions?with=cccccccccccc")
    assert refused.status == 400 and "nästan samma text" in refused.text
