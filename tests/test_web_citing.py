"""What pages tell reference managers and search engines."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from web_client import Client, served
from web_documents import document, publish

from indexer.model import MASK, OutlineEntry, Page


def blocks(text: str) -> list[Any]:
    return [json.loads(x) for x in re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)]


def test_a_document_has_highwire_and_dublin_core_tags(web: Client) -> None:
    text = web.get("/documents/aaaaaaaaaaaa").text
    found = dict(re.findall(r'<meta name="((?:citation_|DC\.)[\w.]+)" content="([^"]*)">', text))
    assert found["citation_title"] == found["DC.title"] == "Processplan 2012"
    assert found["citation_publication_date"] == "2012/03/14" and found["DC.date"] == "2012-03-14"
    assert found["citation_pdf_url"].endswith("processplan-2012.pdf")
    assert found["citation_author"] == "Kommunförbundet Skåne"


def test_a_page_is_cited_by_the_name_printed_on_it_and_the_address_that_opens_it(web: Client) -> None:
    def cited(address: str) -> tuple[str, str]:
        text = web.get(address).text
        line = re.search(r'<p class="citation" id="citation">(.*?)</p>', text, re.S)
        assert line
        return re.sub("<.*?>", "", line[1]), text

    whole, text = cited("/documents/aaaaaaaaaaaa")
    assert "Processplan 2012. http" in whole and "Välj en sida i texten" in text
    page, text = cited("/documents/aaaaaaaaaaaa?q=plan&page=3")
    assert "Processplan 2012, s. iii. http" in page and "processplan-2012.pdf#page=3" in page
    assert "/documents/aaaaaaaaaaaa?page=3#page-3</span>" in text  # the address for good, without the words
    ris = web.get("/api/v1/documents/aaaaaaaaaaaa/cite/ris?page=3")
    assert "/cite/ris?page=3" in text and "SP  - iii" in ris.text


def test_a_title_that_ends_a_sentence_gets_no_full_stop(tmp_path: Path) -> None:
    titles = {"a": "Vad säger barnen?", "b": "Barnen först!", "c": "Alla.", "d": "Och…", "e": "Plan"}
    web = served(publish(tmp_path / "i", [document(i, t, publisher="Höör") for i, t in titles.items()]))
    for i, title in titles.items():
        line = re.sub("<.*?>", "", web.get(f"/documents/{i}").text.partition('id="citation">')[2])
        end = "." if i == "e" else ""
        assert line.startswith(f"Höör (u.å.). {title}{end} https://"), line[:80]


def test_pages_are_called_alike_in_contents_parts_and_reference(tmp_path: Path) -> None:
    """The contents had the place in the file, 5, of the page that is cited as 1."""
    names = ("i", "ii", "iii", "iv", "1", "2")
    text = tuple(Page(n, "Barn. " * 6_000, label=name) for n, name in enumerate(names, 1))
    contents = (OutlineEntry(1, "Inledning", 5),)
    report = document("a", "Rapport", format="pdf", page_count=6, text=text, outline=contents)
    page = served(publish(tmp_path / "i", [report])).get("/documents/a?page=5").text
    assert '<bdi>Inledning</bdi></a> <span class="n">1</span>' in page and ">s. iii</a>" in page
    assert ">s. 1</a>" in page and '<span class="whole">s. 1</span>' in page and "a#page=5" in page


def test_a_document_whose_address_is_withheld_is_cited_by_ours(tmp_path: Path) -> None:
    """A personal number in it is masked: reference managers saved an address that leads nowhere."""
    one = document("a", "Beslut", url=f"https://a.se/{MASK}.pdf", format="pdf", text=(Page(1, "Beslut."),))
    web = served(publish(tmp_path / "i", [one]))
    head = web.get("/documents/a").text.partition("</head>")[0]
    assert MASK not in head and '<link rel="canonical" href="http://127.0.0.1/documents/a">' in head
    assert "identifier" not in str(web.get("/?q=beslut").text.partition("Z3988")[2].partition(">")[0])
    cited = "/api/v1/documents/a/cite"
    assert json.loads(web.get(f"{cited}/csl").text)[0]["URL"] == "http://127.0.0.1/documents/a"
    page = "http://127.0.0.1/documents/a?page=1#page-1"
    assert f"UR  - {page}\r\n" in web.get(f"{cited}/ris?page=1").text
    assert "UR  - " not in web.get("/api/v1/export/ris").text


def test_a_search_is_cited_with_its_filters_counts_index_and_address(web: Client) -> None:
    text = web.get("/?q=barnchecklista&municipality=1283&year=2008..2014&limit=25").text
    line = re.search(r'<p class="citation" id="citation">(.*?)</p>', text, re.S)
    total = re.search(r"<h1[^>]*>(\d+) träff", text)
    assert line and total
    said = html.unescape(re.sub("<.*?>", "", line[1]))
    assert said.startswith(
        f"Barnrättskompassen – sök. ”barnchecklista”, 2008–2014, Helsingborg: {total[1]} träff"
    )
    assert re.search(r"bland \d+ dokument\. Index 2\d{7}T[\w.-]+\. ", said)
    assert said.endswith(" http://127.0.0.1/?q=barnchecklista&municipality=1283&year=2008..2014")


def test_a_document_is_described_in_the_words_of_schema_org(web: Client) -> None:
    (found,) = blocks(web.get("/documents/aaaaaaaaaaaa").text)
    assert (found["@type"], found["name"]) == ("DigitalDocument", "Processplan 2012")
    assert found["temporalCoverage"] == "2012/2013"
    assert [p["name"] for p in found["spatialCoverage"]] == ["Eslöv", "Bjuv"]


@pytest.mark.parametrize("id_", ["bbbbbbbbbbbb", "cccccccccccc", "dddddddddddd"])
def test_a_hostile_or_bare_document_stays_data(web: Client, id_: str) -> None:
    text = web.get(f"/documents/{id_}").text
    (found,) = blocks(text)
    assert found["identifier"] == id_ and text.count("<script>") == 0


def test_the_start_page_says_how_to_search_and_the_api_page_what_there_is(web: Client) -> None:
    (site,) = blocks(web.get("/").text)
    assert site["potentialAction"]["target"]["urlTemplate"] == "http://127.0.0.1/?q={search_term_string}"
    (data,) = blocks(web.get("/api").text)
    assert data["@type"] == "Dataset"
    for part in data["distribution"]:
        assert web.get(part["contentUrl"].removeprefix("http://127.0.0.1")).status == 200


@pytest.mark.parametrize("view", ["list", "compact"])
def test_every_hit_has_its_coins(web: Client, view: str) -> None:
    text = web.get(f"/?q=processplan&view={view}").text
    found = [parse_qs(html.unescape(x)) for x in re.findall(r'<span class="Z3988" title="([^"]*)">', text)]
    titles = {f["rft.title"][0] for f in found}
    assert {"Processplan 2012", "Processplan 2011"} <= titles
    assert all(f["ctx_ver"] == ["Z39.88-2004"] for f in found)
