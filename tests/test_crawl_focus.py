"""A source of which only the work with children's rights belongs here."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from crawl_server import SITE, page, serving
from test_crawl import source

from indexer.catalogue import Catalogue
from indexer.crawl import crawl, relevance
from indexer.crawl.relevance import topic
from indexer.errors import VocabularyError
from indexer.extract import html
from indexer.statuses import NOT_ON_TOPIC

BAR = 0.4
"""The bar that corpus/sources.toml proposes."""

ON_TOPIC = (
    "Kommunfullmäktige beslutade att barnkonventionen ska prägla verksamheten och att barnets bästa prövas."
)
OFF_TOPIC = "Kommunen hämtar hushållsavfall varannan vecka. Barn och elever i skolan får källsortera."


NEWS = "Välkommen till kommunen. Gatan lagas i veckan. " * 80


def test_words_about_the_rights_of_the_child_lift_a_page_over_the_bar() -> None:
    assert topic().score(ON_TOPIC, ["Beslut om barnkonventionen"]) > 0.6
    assert topic().score(ON_TOPIC, ["Beslut"]) > BAR
    assert topic().score("The municipality works with the rights of the child.", ["Children's rights"]) > 0.6


def test_pages_that_only_speak_of_children_stay_below() -> None:
    assert topic().score(OFF_TOPIC, ["Sopor"]) < BAR
    assert topic().score("barn " * 2000, ["Barn, unga och familj"], "https://stad.se/barn/elever") < BAR
    assert topic().score("") == 0.0


def test_a_single_mention_in_a_long_text_is_not_the_topic() -> None:
    assert topic().score("Budgeten för gatorna växer. " * 1000 + " Barnkonventionen beaktas.") < BAR / 2


def test_links_promise_by_words_headings_and_address() -> None:
    score = topic().score_link
    assert score("Processplan", ("Barnrätt", "2012")) > score("Processplan", ("Budget", "2012")) == 0
    assert score("Läs mer", (), "https://stad.se/barnets-rattigheter/") >= 0.5
    assert score("Barnchecklista för biblioteket") > score("Barn och familj") > score("Sophämtning")


def test_compounds_count_and_words_inside_words_do_not() -> None:
    assert topic().score("barnrättsstrategernas barnkonsekvensanalyser") > 0.5
    assert topic().score("ovanbarnrätt abarnkonvention") == 0.0


def test_a_damaged_topic_file_says_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "topic.toml"
    for text in (
        "",
        "[[words]]\nweight = 3\n",
        '[[words]]\nweight = 0\nwords = ["x"]',
        '[[words]]\nweight=1\nwords=["Å"]',
    ):
        path.write_text(text, "utf-8")
        topic.cache_clear()
        with pytest.raises(VocabularyError, match=r"topic\.toml"):
            topic(path)
    topic.cache_clear()


def test_the_best_links_are_followed_first_and_the_rest_only_so_far(tmp_path: Path) -> None:
    steps = {f"/omvag/{c}": page("Gata", f"/omvag/{chr(ord(c) + 1)}", text=OFF_TOPIC) for c in "abcdefg"}
    routes = {
        "/robots.txt": "",
        "/": page("Stad", "/sopor", "/omvag/a", "/barnratt|Barnets rättigheter", "/trafik.pdf", text=NEWS),
        "/sopor": page("Sopor", "/sopor/tider.pdf", text=OFF_TOPIC),
        "/barnratt": page("Barnets rättigheter", "/barnratt/plan", "/protokoll.pdf", text=ON_TOPIC),
        "/barnratt/plan": page("Plan för barnkonventionen", text=ON_TOPIC),
        "/protokoll.pdf": "%PDF-1.4 protokoll",
        **steps,
    }
    with serving(routes) as server:
        (run,) = crawl([source(server, relevance=BAR)], tmp_path).runs
        asked = server.paths()
    assert asked[:3] == ["/robots.txt", "/", "/barnratt"]
    assert asked.index("/barnratt/plan") < asked.index("/sopor")
    assert "/protokoll.pdf" in asked and "/trafik.pdf" not in asked and "/sopor/tider.pdf" not in asked
    assert [p for p in asked if p.startswith("/omvag")] == ["/omvag/a", "/omvag/b", "/omvag/c"]
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        off = {f.url.removeprefix(server.url): f for _, f in catalogue.failures()}
        assert {f.reason for f in off.values()} == {NOT_ON_TOPIC}
    assert {"/", "/sopor", "/omvag/a"} <= set(off) and not {"/barnratt", "/protokoll.pdf"} & set(off)
    assert run.not_on_topic == len(off) and run.finished


def test_the_rule_tells_the_pages_of_the_test_site_apart() -> None:
    """Labelled by folder: what lies below /barnratt/ is on topic, the rest of the municipal site is not."""
    judged = []
    for path in sorted(SITE.rglob("*.html")):
        about = html.read(path.read_bytes(), f"https://stad.se/{path.relative_to(SITE)}")

        judged.append((relevance.score(about, "") >= BAR, "barnratt" in path.parts))
    right = sum(found and wanted for found, wanted in judged)
    assert right / sum(wanted for _, wanted in judged) == 1.0
    assert right / sum(found for found, _ in judged) >= 0.75


def test_a_heading_without_end_costs_its_links_no_time() -> None:
    began = time.process_time()
    for number in range(2_000):  # 3 s
        topic().score_link("plan", ("Barnkonventionen " + "å" * 100_000,), f"https://a.example/{number}")
    assert time.process_time() - began < 1
    assert topic().score_link("plan", ("Barnkonventionen " + "å" * 100_000,)) > 0
