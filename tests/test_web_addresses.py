"""Every address that is made from the id of a document leads to that document, whatever is in the id."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

import feedparser
import pytest
from web_client import Client, served
from web_documents import document, publish

from indexer.cli import main
from search_web.site import path_of

HOME = "http://127.0.0.1"
IDS = (
    "protokoll/2014/03", "två ord", "#7", "vad?", "50%", "%2F", "a%20b", "åäö/ÅÄÖ é", "a&b=c;d+e", "..", ".",
    "...", "../..", "/början", "slut/", "a//b", "\"<i>'", "back\\slash", "https://www.example.se/sida?id=1#del",
    "x/versions", "y/pages", "z/pages/1", "w/cite/ris", "{id}", "sv/a", "ö" * 300, "日本語/🧒", "a:b,c",
)  # fmt: skip


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """Imported as they would be, through the command."""
    folder = tmp_path_factory.mktemp("odd")
    lines = [
        {"id": id_, "title": f"Titel nummer {n}", "text": ["Om planen."], "kind": "policy"}
        for n, id_ in enumerate(IDS)
    ]
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert main(["import", str(folder / "in.jsonl"), "--index", str(folder / "index")]) == 0
    return served(folder / "index")


def title(id_: str) -> str:
    return f"Titel nummer {IDS.index(id_)}"


def normalised(address: str) -> str:
    """The path of an address as a browser asks for it: steps like "." and ".." are taken out."""
    path, mark, query = address.removeprefix(HOME).partition("?")
    parts: list[str] = []
    for part in path.split("/"):
        step = part.lower().replace("%2e", ".")
        if step == "..":
            parts = parts[:-1]
        elif step != ".":
            parts.append(part)
    return "/".join(parts) + mark + query


def test_hits_lead_to_their_documents(odd: Client) -> None:
    text = odd.get("/?q=planen").text + odd.get("/?q=planen&page=2").text + odd.get("/?q=planen&page=3").text
    links = re.findall(r'<a href="(/documents/[^"]*)"><bdi[^>]*>([^<]*)</bdi>', text)
    assert len(links) == len(IDS)
    for link, named in links:
        page = odd.get(normalised(html.unescape(link)))
        assert page.status == 200 and named in page.text


@pytest.mark.parametrize("id_", IDS)
def test_addresses_on_a_page_lead_back_to_its_document(odd: Client, id_: str) -> None:
    (item,) = (i for i in feed(odd) if i["title"] == title(id_))
    text = odd.get(normalised(item["url"])).text
    found = re.findall(r'(?:href|action)="((?:http://127\.0\.0\.1)?(?:/sv|/en)?/documents/[^"#]*)"', text)
    found += re.findall(r'href="(/api/v1/documents/[^"]*)"', text)
    same = [a for a in map(html.unescape, found) if title(id_) in odd.get(normalised(a)).text]
    assert len(same) >= 8, "canonical, languages, form, citations"
    (data,) = (json.loads(x) for x in re.findall(r'ld\+json">(.*?)</script>', text))
    assert data["identifier"] == id_ and title(id_) in odd.get(normalised(data["@id"])).text


@pytest.mark.parametrize("id_", [i for i in IDS if i not in (".", "..")])
def test_the_api_finds_it_by_its_encoded_id(odd: Client, id_: str) -> None:
    path = f"/api/v1/documents/{quote(id_, safe='')}"
    assert json.loads(odd.get(path).text)["document"]["id"] == id_
    assert json.loads(odd.get(f"{path}/pages").text)["pages"][0]["text"] == "Om planen."
    assert json.loads(odd.get(f"{path}/pages/1").text)["id"] == id_
    assert title(id_) in odd.get(f"{path}/cite/bibtex").text
    assert odd.get(f"/documents/{quote(id_, safe='')}").status == 200
    assert odd.get(f"/documents/{quote(id_, safe='')}/versions").status == 200


def feed(odd: Client) -> list[dict[str, str]]:
    return list(json.loads(odd.get("/feed.json").text)["items"])


def through_proxy(address: str) -> str:
    """As a web server in between passes it on: decoded, steps and doubled slashes taken out, encoded."""
    path = unquote(normalised(address))
    assert not {".", ".."} & set(path.split("/")), "a server in between would take a step"
    return quote(re.sub("/+", "/", path))


def test_our_addresses_survive_a_server_that_tidies_paths(odd: Client) -> None:
    for item in feed(odd):
        text = odd.get(through_proxy(item["url"])).text
        assert item["title"] in text
        cites = [html.unescape(x) for x in re.findall(r'href="(/api/v1/documents/[^"]*)"', text)]
        assert len(cites) == 3 and item["title"] in odd.get(through_proxy(cites[0])).text


def test_alike_ids_are_told_apart(tmp_path: Path) -> None:
    ids = ["a/b", "a%2Fb", "a%252Fb", "a", "a/pages", "a/versions"]
    web = served(publish(tmp_path / "index", [document(i, f"Namn: {i}") for i in ids]))
    for id_ in ids:
        assert f"<title>Namn: {id_} –" in web.get(path_of(id_)).text


def test_feeds_and_sitemap_lead_to_every_document(odd: Client) -> None:
    entries = feedparser.parse(odd.get("/feed.atom").body).entries
    sitemap = ET.fromstring(odd.get("/sitemap-1.xml").body)
    places = [str(e.text) for e in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    listed = [p for p in places if "/documents/" in p]
    assert {e.link for e in entries} == set(listed) and len(listed) == len(IDS)
    titles = {
        t for p in listed for t in re.findall(r"<h1>.*?(Titel nummer \d+)", odd.get(normalised(p)).text)
    }
    assert len(titles) == len(IDS)


def test_a_path_that_is_no_utf8_leads_nowhere(odd: Client) -> None:
    for path in ("/%FF", "/help%FF", "/en%C3", "/documents/%FF..", "/documents/a:b,c%E5"):
        assert odd.get(path).status == 404


def test_a_path_begins_no_line_of_the_log_and_moves_no_terminal(odd: Client) -> None:
    for path in ("/a%0Ab", "/values/%00%1B[31m", "/kinds/a%C2%85b", "/documents/a%0D%0Ab"):
        answer = odd.get(path)
        assert answer.status in (400, 404) and not re.search("[\x00-\x09\x0b-\x1f\x85]", answer.text)
        assert not re.search(r"%0[0AD]|%1B|%C2%85", answer.text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/help/", "/help"), ("/en/help/", "/en/help"), ("/api/", "/api"), ("/api/v1/", "/api/v1"),
        ("/api/v1", "/api"), ("/municipalities/1283/?lang=sv", "/municipalities/1283?lang=sv"),
        ("/api/v1/search/?q=a%20b", "/api/v1/search?q=a%20b"),
    ],
)  # fmt: skip
def test_a_slash_at_the_end_does_not_matter(odd: Client, typed: str, meant: str) -> None:
    answer = odd.get(typed)
    assert (answer.status, answer.headers["Location"]) == (303, meant)


def test_a_slash_leads_to_no_other_site(odd: Client) -> None:
    for path in (
        "//example.com/",
        "/%2Fexample.com/",
        "/%5Cexample.com/",
        "/%2E%2E/",
        "/a%0D%0Ab/",
        "/documents/nej/",
    ):
        assert odd.get(path).status == 404


def test_an_id_that_is_not_there_is_not_found(odd: Client) -> None:
    for path in ("/documents/nej/nej", "/documents/nej%2Fversions", "/documents//", "/documents/%00"):
        assert odd.get(path).status == 404
    answer = odd.get("/api/v1/documents/nej%2Fpages")
    assert answer.status == 404 and answer.headers["Content-Type"] == "application/problem+json"
