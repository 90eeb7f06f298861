"""What machines find the service by: OpenSearch, sitemap, robots.txt."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from web_client import Client, served

from search_web import machines

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
OPEN = "{http://a9.com/-/spec/opensearch/1.1/}"
HOME = "http://127.0.0.1"


def test_a_browser_finds_the_search_and_its_suggestions(web: Client) -> None:
    (address,) = re.findall(r'<link rel="search"[^>]* href="([^"]*)"', web.get("/").text)
    urls = {
        u.get("type"): str(u.get("template")) for u in ET.fromstring(web.get(address).body).iter(f"{OPEN}Url")
    }
    assert "31 träffar" in web.get(local(urls["text/html"], "barnchecklista"), accept_language="sv").text
    answer = web.get(local(urls["application/x-suggestions+json"], "processplan"))
    typed, found = json.loads(answer.text)
    assert typed == "processplan" and "Processplan 2012" in found
    assert web.get(local(urls["application/atom+xml"], "plan")).status == 200


def local(template: str, words: str) -> str:
    return template.removeprefix(HOME).replace("{searchTerms}", words)


def test_the_sitemap_leads_to_every_document_and_only_to_pages_there_are(web: Client) -> None:
    parts = [str(e.text) for e in ET.fromstring(web.get("/sitemap.xml").body).iter(f"{MAP}loc")]
    found = [
        str(e.text).removeprefix(HOME)
        for part in parts
        for e in ET.fromstring(web.get(part.removeprefix(HOME)).body).iter(f"{MAP}loc")
    ]
    assert len(found) == len(set(found)) and sum(f.startswith("/documents/") for f in found) == 37
    assert {"/municipalities/1283", "/kinds/checklist", "/areas/toolbox", "/years/2012"} <= set(found)
    assert {web.get(f).status for f in found if not f.startswith("/documents/")} == {200}
    assert web.get("/sitemap-2.xml").status == web.get("/sitemap-0.xml").status == 404


def test_a_large_sitemap_comes_in_parts(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = re.findall("<loc>(.*?)</loc>", web.get("/sitemap-1.xml").text)
    for most in (5, len(whole) - 37, len(whole)):
        monkeypatch.setattr(machines, "PART", most)
        parts = re.findall("<loc>(.*?)</loc>", web.get("/sitemap.xml").text)
        assert len(parts) == -(-len(whole) // most)
        found = [re.findall("<loc>(.*?)</loc>", web.get(part.removeprefix(HOME)).text) for part in parts]
        assert [loc for part in found for loc in part] == whole and max(map(len, found)) == most


def test_robots_may_read_documents_but_not_walk_through_searches(web: Client) -> None:
    text = web.get("/robots.txt").text
    rules = RobotFileParser()
    rules.parse(text.splitlines())
    assert rules.can_fetch("*", f"{HOME}/documents/aaaaaaaaaaaa")
    assert not rules.can_fetch("*", f"{HOME}/api/v1/search") and "Disallow: /*?*q=" in text
    assert rules.site_maps() == [f"{HOME}/sitemap.xml"]


def test_all_of_it_knows_the_path_it_is_served_below(web_index: Path) -> None:
    web = served(web_index, base_path="/sok")
    assert "Disallow: /sok/api/v1/" in web.get("/sok/robots.txt").text
    assert f"{HOME}/sok/sitemap-1.xml" in web.get("/sok/sitemap.xml").text
    assert f"{HOME}/sok/?q=" in web.get("/sok/opensearch.xml").text
    assert f"{HOME}/sok/documents/" in web.get("/sok/sitemap-1.xml").text
    harvest = web.get("/sok/oai?verb=ListRecords&metadataPrefix=oai_dc").text
    assert f">{HOME}/sok/oai</request>" in harvest and f">{HOME}/sok/documents/" in harvest
