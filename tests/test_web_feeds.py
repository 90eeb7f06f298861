"""Feeds of what is new for a search, read back with a feed parser."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import feedparser
import pytest
from web_client import Client, served
from web_documents import collection, statuses

from indexer.build import Contents, build


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The collection, seen one document a day: the last of its list is the newest."""
    index = tmp_path_factory.mktemp("feeds") / "index"
    documents = {
        d.id: replace(d, first_seen=f"2026-{1 + n // 28:02d}-{1 + n % 28:02d}T08:00:00Z")
        for n, d in enumerate(collection())
    }
    build(index, Contents(dict.fromkeys(documents, "x"), lambda: iter(documents.values()), statuses()))
    return served(index)


def test_atom_is_read_by_a_feed_parser_newest_first(watched: Client) -> None:
    answer = watched.get("/feed.atom?q=barnchecklista")
    found = feedparser.parse(answer.body)
    assert not found.bozo and found.version == "atom10" and found.feed.title == "Nytt: barnchecklista"
    seen = [e.published for e in found.entries]
    assert seen == sorted(seen, reverse=True) and seen[0] == "2026-02-09T08:00:00Z"
    assert found.entries[0].title == "Barnchecklista för biblioteket, del 29"
    assert len({e.id for e in found.entries}) == len(found.entries) == 31
    for e in found.entries[:3]:
        assert watched.get(e.link.removeprefix("http://127.0.0.1")).status == 200


def test_entries_show_the_words_and_lead_to_them(watched: Client) -> None:
    """A title and a kind did not tell why a document was new for a search."""
    found = feedparser.parse(watched.get("/feed.atom?q=barnchecklista").body)
    items = json.loads(watched.get("/feed.json?q=barnchecklista").text)["items"]
    assert len(items) == len(found.entries) == 31
    for e, item in zip(found.entries, items, strict=True):
        assert e.link == item["url"] == f"{e.id}?q=barnchecklista"
        assert e.summary == item["content_html"]
    first, item = found.entries[0], items[0]
    assert re.match("<p>Inbjudan · .*</p><p>.*<b>barnchecklista</b>", first.summary)
    assert item["content_text"].count("\n") == 1 and "<" not in item["content_text"]
    assert "<mark>" in watched.get(first.link.removeprefix("http://127.0.0.1")).text
    hostile = json.loads(watched.get("/feed.json?q=fientlig").text)["items"][0]
    assert "<script" not in hostile["content_html"]
    assert "<b>" not in watched.get("/feed.json?municipality=1283").text


def test_feeds_of_searches_that_differ_in_a_filter_are_told_apart(watched: Client) -> None:
    """”Nytt: alla dokument” was what a publisher, a year or a language had published."""
    for words, title in (
        ("?q=plan&year=2012..2014&municipality=1283", "Nytt: plan, 2012–2014, Helsingborg"),
        ("?publisher=Helsingborgs+stad", "Nytt: Helsingborgs stad"),
        ("", "Nytt: alla dokument"),
    ):
        assert json.loads(watched.get(f"/feed.json{words}").text)["title"] == title


def test_json_feed_has_the_same_entries(watched: Client) -> None:
    found = json.loads(watched.get("/feed.json?municipality=1283").text)
    assert found["version"] == "https://jsonfeed.org/version/1.1" and found["title"] == "Nytt: Helsingborg"
    same = feedparser.parse(watched.get("/feed.atom?municipality=1283").body)
    assert [i["id"] for i in found["items"]] == [e.id for e in same.entries]
    assert all({"id", "url", "content_text", "date_published"} <= set(i) for i in found["items"])


def test_ids_are_the_same_in_either_language_and_below_a_path(watched: Client) -> None:
    ids = [e.id for e in feedparser.parse(watched.get("/feed.atom").body).entries]
    assert [e.id for e in feedparser.parse(watched.get("/en/feed.atom").body).entries] == ids


def test_feed_in_english_is_one_of_its_own_and_stays_so(watched: Client) -> None:
    """Readers take the address that a feed gives itself: it was that of the feed in Swedish."""
    atom = feedparser.parse(watched.get("/en/feed.atom?q=plan").body)
    feed = json.loads(watched.get("/en/feed.json?q=plan").text)
    root = "http://127.0.0.1/en/"
    assert atom.feed.id == f"{root}feed.atom?q=plan" and feed["feed_url"] == f"{root}feed.json?q=plan"
    assert {link.href for link in atom.feed.links} == {atom.feed.id, f"{root}?q=plan"}
    assert feed["home_page_url"] == f"{root}?q=plan"
    assert all(e.link.startswith(f"{root}documents/") for e in atom.entries)


def test_hostile_documents_and_empty_results_are_valid_feeds(watched: Client) -> None:
    for words in ("q=fientlig", "q=finnsinte", "source=lund"):
        found = feedparser.parse(watched.get(f"/feed.atom?{words}").body)
        assert not found.bozo and found.feed.updated
        assert not any(link.href.startswith("javascript") for e in found.entries for link in e.links)


def test_every_result_list_and_municipality_offers_its_feed(watched: Client) -> None:
    for page in ("/?q=plan&year=2012", "/municipalities/1283"):
        text = watched.get(page).text
        (address,) = re.findall(
            r'<link rel="alternate" type="application/atom\+xml"[^>]* href="([^"]*)"', text
        )
        assert watched.get(address.replace("&amp;", "&")).status == 200


def test_a_wrong_parameter_of_a_feed_is_told(watched: Client) -> None:
    assert watched.get("/feed.atom?sort=newest").status == 400
