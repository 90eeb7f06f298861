"""Every page of the interface through the WSGI application, without a browser."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from web_client import Client, served
from web_documents import collection, document, publish

from indexer.alphabet import alphabetical
from indexer.model import Page, Query, Snippet
from indexer.search import SearchIndex
from search_web.browse import section_of
from search_web.reading import alone
from search_web.site import excerpt

PAGES = (
    "/", "/?q=barnchecklista", "/?q=barnchecklista&view=compact", "/?sort=newest",
    "/?q=finnsinte&municipality=1260",
    "/matrix", "/matrix?q=barnchecklista&measure=share&rows=first", "/map?q=plan", "/values/publisher?q=barn",
    "/documents/aaaaaaaaaaaa", "/documents/aaaaaaaaaaaa?q=barnchecklista&page=3",
    "/documents/ffffffffffff?page=12",
    "/documents/bbbbbbbbbbbb?q=fientlig", "/documents/cccccccccccc", "/documents/dddddddddddd",
    "/documents/aaaaaaaaaaaa/versions", "/municipalities/1283", "/municipalities/1260",
    "/municipalities/0114",
    "/areas/toolbox", "/kinds/checklist", "/years/2012", "/browse", "/sources", "/help", "/about", "/privacy",
    "/accessibility",
)  # fmt: skip


DATA = "application/ld+json"  # a script element that is not run


class Outline(HTMLParser):
    """Heading levels in order, ids, and the element balance of a page."""

    VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name == "style" or name.startswith("on"):
                self.inline.append(f"{tag} {name}")
        if tag in ("script", "style") and "src" not in dict(attrs) and dict(attrs).get("type") != DATA:
            self.inline.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"


def check_outline(text: str) -> None:
    outline = Outline(text)
    assert outline.levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.levels, outline.levels[1:], strict=False)), outline.levels
    assert len(outline.ids) == len(set(outline.ids))
    assert not outline.inline, "nothing inline: the Content-Security-Policy would block it"
    assert not outline.open


@pytest.mark.parametrize("prefix", ["", "/sv", "/en"])
@pytest.mark.parametrize("path", PAGES)
def test_page_is_whole_and_in_order(web: Client, path: str, prefix: str) -> None:
    answer = web.get(prefix + path)
    assert answer.status == 200
    check_outline(answer.text)
    assert not re.search(r"</figcaption>\s*<(?!/figure)", answer.text), "a caption stands last in its figure"
    assert f'<html lang="{"en" if prefix == "/en" else "sv"}">' in answer.text


def test_result_shows_kind_place_year_source_and_page(web: Client) -> None:
    text = web.get("/?q=processplan+barnchecklista").text
    hit = text[text.index('<li class="hit">') :]
    for shown in ("Processplan", "Eslöv", "2012–2013", "Kommunförbundet Skåne", "PDF, 3 sidor", "<mark>"):
        assert shown in hit
    assert 'href="https://kfsk.example.se/filer/processplan-2012.pdf#page=3"' in hit


def test_hit_without_text_says_why(web: Client) -> None:
    answer = web.get("/sv/?q=skannad").text
    assert '<p class="note" lang="en">Filen har ingen text som går att läsa.</p>' in answer


def test_filters_hold_several_values_and_can_be_taken_away_one_by_one(web: Client) -> None:
    text = web.get("/?q=barnchecklista&municipality=1283&municipality=1281&kind=checklist").text
    chips = re.findall(r'<a class="chip" href="([^"]+)"', text)
    assert chips == [
        "/?q=barnchecklista&amp;municipality=1281&amp;kind=checklist",
        "/?q=barnchecklista&amp;municipality=1283&amp;kind=checklist",
        "/?q=barnchecklista&amp;municipality=1283&amp;municipality=1281",
    ]
    assert re.search(r'name="municipality" value="1283" checked', text)


@pytest.mark.parametrize("path", ["/", "/matrix", "/map"])
def test_filter_is_taken_away_where_it_is_shown(web: Client, path: str) -> None:
    [chip] = re.findall(r'<a class="chip" href="([^"]+)"', web.get(f"{path}?q=plan&kind=checklist").text)
    assert chip == f"{path}?q=plan" and web.get(chip).status == 200


def test_form_fields_lead_to_the_permanent_address(web: Client) -> None:
    answer = web.get("/?q=plan&year_from=2011&year_to=2014&kind=")
    assert (answer.status, answer.headers["Location"]) == (303, "/?q=plan&year=2011..2014")
    assert web.get("/en/matrix?q=&year_from=2012&year_to=2012").headers["Location"] == "/en/matrix?year=2012"
    assert web.get("/?q=plan&year_from=2014&year_to=2011").headers["Location"] == "/?q=plan&year=2011..2014"


@pytest.mark.parametrize("path", PAGES)
def test_page_begins_with_its_own_heading(web: Client, path: str) -> None:
    """Results before filters: so they are read, and so the keyboard comes to them."""
    text = web.get(path).text
    assert re.findall(r"<h(\d)", text[text.index("<main") :])[0] == "1"


def test_no_results_says_that_the_municipality_is_not_crawled(web: Client) -> None:
    text = web.get("/?q=plan&municipality=1267").text
    assert "Höör: kommunens webbplats är inte hämtad" in text
    assert "källan svarar inte" in web.get("/?q=plan&municipality=1273").text
    bjuv = "Bjuv: kommunens webbplats är inte hämtad"  # an association's plan is held of it
    assert bjuv in web.get("/?q=finnsinte&municipality=1260").text
    assert bjuv not in web.get("/?q=processplan&municipality=1260").text


def test_municipality_that_is_only_named_is_told_not_to_be_crawled(web: Client) -> None:
    text = web.get("/?q=barnchecklista+HABO").text
    assert "”HABO”" in text and "Habo: kommunens webbplats är inte hämtad" in text
    assert "kommunens webbplats är inte hämtad" not in web.get("/?q=barnchecklista+helsingborg").text


def test_municipality_of_a_field_is_told_not_to_be_crawled(web: Client) -> None:
    warning = "Höör: kommunens webbplats är inte hämtad"
    assert warning in web.get("/?q=plan+kommun:Höör").text
    assert "Höör: the municipality’s site" in web.get("/en/?q=plan+Municipality:1267").text
    assert warning not in web.get("/?q=plan+-kommun:Höör").text


def test_filters_that_leave_nothing_together_are_offered_one_by_one(web: Client) -> None:
    text = web.get("/?q=barnchecklista&municipality=1280&kind=policy").text
    assert 'municipality=1280">Sök utan filtret Typ av dokument</a>' in text
    assert "Sök utan filtret Kommun" not in text, "that finds nothing either"
    assert "Sök utan något filter" in text
    assert "Sök utan filtret" not in web.get("/?q=barnchecklista&kind=policy").text, "there is only one"


def test_list_that_has_ended_leads_back(web: Client) -> None:
    assert 'href="/?q=plan"' in web.get("/?q=plan&page=90").text


def test_a_slide_is_called_a_slide_among_hits_and_in_its_document(web: Client) -> None:
    """In the document, its words led to s. 1."""
    for address in ("/?q=rights", "/documents/eeeeeeeeeeee?q=rights"):
        text = web.get(address).text
        assert "bild 1<" in text and "s. 1<" not in text


def test_matrix_tells_blanks_apart(web: Client) -> None:
    text = web.get("/matrix?q=barnchecklista").text
    rows = {}
    for row in re.findall(r"<tr.*?</tr>", text, re.DOTALL):
        name = re.search(r'<th scope="row"><a [^>]*>(.*?)</a>', row)
        if name:
            rows[name[1]] = row
    assert 'class="no_hit"' in rows["Helsingborg"]  # 2015: a presentation without the word
    assert 'class="nothing_held"' in rows["Ystad"]
    assert 'class="not_crawled"' in rows["Höör"]
    assert 'class="failing"' in rows["Osby"]
    cell = re.search(r'<a href="([^"]+)"[^>]*>2</a>', rows["Malmö"])
    assert cell and cell[1] == "/?q=barnchecklista&amp;municipality=1280&amp;year=2010"
    assert "2 träffar" in web.get(cell[1].replace("&amp;", "&")).text


def test_filters_of_a_matrix_count_what_it_counts(web: Client) -> None:
    """No document has both words: the matrix said 0, and its filters counted those that have one."""
    text = web.get("/matrix?q=processplan+fientlig").text
    assert "Inget dokument har allt du söker" in text and "Matrisen räknar bara dokument" in text
    assert not re.findall(r'name="kind" value="[^"]+"', text)
    assert re.findall(r'name="kind" value="[^"]+"', web.get("/?q=processplan+fientlig").text)


def test_matrix_rows_can_be_sorted(web: Client) -> None:
    def rows(order: str) -> list[str]:
        text = web.get(f"/matrix?q=barnchecklista&rows={order}").text
        return re.findall(r'<th scope="row"><a href="/municipalities/\d+">(.*?)</a>', text)

    assert rows("name") == sorted(rows("name"), key=alphabetical)
    assert rows("total")[0] == "Bjuv"
    assert rows("first")[0] == "Helsingborg"


def test_matrix_as_csv_is_read_back(web: Client) -> None:
    answer = web.get("/matrix.csv?q=barnchecklista")
    table = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    malmo = next(r for r in table if r["kommun"] == "Malmö")
    assert (malmo["kommunkod"], malmo["2010"], malmo["finns 2010"], malmo["träffar"]) == (
        "1280",
        "2",
        "2",
        "6",
    )
    assert {r["läge"] for r in table} == {"hämtad", "inte hämtad", "källan svarar inte"}
    assert "not fetched" in web.get("/en/matrix.csv?q=barnchecklista").text
    assert table[-1]["kommun"] == "Östra Göinge"


def test_matrix_as_csv_has_all_hits(tmp_path: Path) -> None:
    """Those of no known municipality were told below the table, and left out of the file."""
    held = [
        document("1", "Plan", years=(2012,), municipalities=("1280",)),
        document("2", "Plan", years=(2013,)),
        document("3", "Plan"),
    ]
    web = served(publish(tmp_path / "i", held))
    table = web.get("/matrix.csv?q=plan").text.split("\r\n")
    assert table[0].endswith("kommunkod;kommun;läge;träffar;utan år;2012;2013;finns 2012;finns 2013")
    assert table[-2] == "none;Uppgift saknas;;2;1;0;1;0;1"


def test_documents_of_one_year_and_one_municipality_are_of_no_span(tmp_path: Path) -> None:
    """”2 dokument, 2012–2012.” stood on the page of the municipality, ”1 kommuner” on the first page."""
    held = [document(n, "Plan", years=(2012,), municipalities=("1280",)) for n in "ab"]
    web = served(publish(tmp_path / "i", held))
    assert "2 dokument, 2012. " in web.get("/municipalities/1280").text
    start = web.get("/").text
    assert "<dt>kommun</dt><dd>1</dd>" in start and "<dt>år</dt><dd>2012</dd>" in start


def test_heading_of_an_empty_matrix_does_not_promise_what_it_leaves_out(web: Client) -> None:
    heading = r'<h1 id="count".*>Inget dokument har allt du söker, men 31 har en del av det.*</h1>'
    text = web.get("/matrix?q=barnchecklista+finnsinte").text
    assert "efter kommun och år" not in re.findall(heading, text)[0]
    assert "Matrisen räknar bara dokument som har allt du söker." in text


def test_every_number_of_a_long_time_leads_to_as_many_hits(tmp_path: Path) -> None:
    """Bars of five years told the sum of their years, and a document of two years was in it twice."""
    held = [
        document(str(n), f"Plan {n}", text=(Page(1, "Plan."),), years=years)
        for n, years in enumerate(((1915,), (2012, 2013), (2013, 2014), (2024,)))
    ]
    web = served(publish(tmp_path / "i", held))
    for path in ("/map?q=plan", "/?q=plan"):
        text = web.get(path).text
        shown = re.findall(r'<td class="num"><a href="([^"]+)">(\d+)<', text.partition("Antal per år")[2])
        shown += re.findall(r'<a href="([^"]+)" tabindex="-1"[^>]*><title>[^:<]+: (\d+)', text)
        for address, count in shown:
            assert f">{count} träff" in web.get(html.unescape(address).replace("/map", "/")).text
    assert "Flest: 2013 (2)." in web.get("/map?q=plan").text
    assert [int(n) for n in re.findall(r'<th scope="row">(\d{4})</th>', web.get("/map?q=plan").text)] == [
        1915, 2012, 2013, 2014, 2024,
    ]  # fmt: skip


def test_map_has_the_same_numbers_as_a_table(web: Client) -> None:
    text = web.get("/map?q=barnchecklista").text
    assert len(re.findall(r'<path class="l\d"', text)) == 33
    assert "<title>Malmö: 6</title>" in text
    assert re.search(r'Malmö</a></th>\s*<td class="num"><a [^>]*>6</a>', text)


def test_every_municipality_with_hits_stands_below_the_map(tmp_path: Path) -> None:
    """Of those outside Skåne the list ended at the hundredth, without a word."""
    codes = [f"{county:02}{n:02}" for county in (13, 14) for n in range(10, 65)]
    held = [document(f"d{code}", "Plan", municipalities=(code,)) for code in codes]
    text = served(publish(tmp_path, held)).get("/map?q=plan").text
    assert [code for code in codes if f"municipality={code}" not in text] == []


def test_document_shows_evidence_links_series_and_matches(web: Client) -> None:
    text = web.get("/documents/aaaaaaaaaaaa?q=barnchecklista").text
    for shown in (
        "<q><bdi>2012</bdi></q>", "Modellens beståndsdelar", "Processplan 2011", "Karin Exempelsson",
        'id="page-3"', "<mark>barnchecklista</mark>", "svarade senast 21 november 2026", "läst 2026-11-20",
    ):  # fmt: skip
        assert shown in text
    assert text.count("https://kfsk.example.se/barn/modellen") == 1
    others = re.findall(r'href="/documents/([^"?/]+)', text[text.index('id="h-series"') :])
    assert 'id="h-related"' in text and len(others) == len(set(others))
    linked_once = web.get("/documents/bbbbbbbbbbbb").text  # what was imported has that link only
    assert "javascript:alert(1)" in linked_once[linked_once.index('id="h-found"') :]


def test_long_document_is_read_in_parts(web: Client) -> None:
    first, last = web.get("/documents/ffffffffffff").text, web.get("/documents/ffffffffffff?page=12").text
    assert 'id="page-1"' in first and 'id="page-12"' not in first
    assert 'id="page-12"' in last and 'id="page-1"' not in last
    assert web.get("/documents/ffffffffffff?page=13").status == 400


@pytest.mark.parametrize(
    "given", ["municipality=128\u0663", "county=1\u0662", "year=201\u0661", "year_from=201\u0662"]
)
def test_digits_of_other_scripts_are_no_code_and_no_year(web: Client, given: str) -> None:
    assert web.get(f"/?q=barn&{quote(given, safe='=')}").status == 400


def test_municipality_page_is_a_chronology_by_section(web: Client) -> None:
    text = web.get("/municipalities/1283").text
    sections = re.findall(r'<h2 id="s-(\w+)">', text)
    assert sections == ["documents", "activities"]
    activities = text[text.index('id="s-activities"') :]
    years = [int(y) for y in re.findall(r"<h3>(\d{4})</h3>", activities)]
    assert years == sorted(years, reverse=True)


def test_web_page_stands_under_organisation_only_where_its_site_put_it_there() -> None:
    """”Socialtjänstens brev på barnens språk” stood under Organisation."""
    page = document("p", "Trygga skolvägar", kind="webpage")
    assert section_of(page) == "pages"
    assert section_of(replace(page, headings=("Om oss", "Organisation"))) == "organisation"
    assert section_of(replace(page, kind="information")) == "documents"


def test_api_answers_with_the_same_hits_as_the_page(web: Client) -> None:
    answer = web.get("/api/v1/search?q=barnchecklista&municipality=1283")
    found = json.loads(answer.text)
    assert answer.headers["Content-Type"] == "application/json"
    assert (
        found["total"] == 6
        and f"{found['total']} träffar" in web.get("/?q=barnchecklista&municipality=1283").text
    )


def test_suggestions_are_json(web: Client) -> None:
    found = json.loads(web.get("/en/api/v1/suggest?q=processplan").text)["suggestions"]
    title = next(s for s in found if s["kind"] == "title")
    assert title["href"] == f"/en/documents/{title['target']}"
    assert title["label"] == "A document"


def test_language_follows_the_address_then_the_browser(web: Client) -> None:
    assert '<html lang="en">' in web.get("/", accept_language="en-GB,en;q=0.9,sv;q=0.2").text
    assert '<html lang="sv">' in web.get("/", accept_language="de").text
    assert '<html lang="sv">' in web.get("/sv/", accept_language="en").text
    assert "<h1>The rights of the child in practice" in web.get("/en/").text
    page = web.get("/en/?q=plan").text
    assert "Träffar" not in page and "Filtrera" not in page and "Search the documents" in page
    assert 'href="/en/matrix?q=plan"' in page and 'href="/sv/?q=plan"' in page


def test_result_page_is_light_beside_its_hits(web: Client) -> None:
    """HTML without the hits, with the style sheets and scripts it loads: at most 60 kB uncompressed."""
    text = web.get("/?q=barnchecklista").text
    chrome = re.sub(r'<ol class="hits".*?</ol>\n', "", text, flags=re.DOTALL)
    assert len(chrome) < len(text)
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+\.(?:js|css))"', text)
    assert len(chrome.encode()) + sum(len(web.get(name).body) for name in loaded) <= 60_000


def test_new_generation_is_used_without_a_restart(tmp_path: Path) -> None:
    index = tmp_path / "index"
    first, *rest = collection()
    publish(index, [first])
    web = served(index)
    before = web.get("/?q=processplan")
    assert "1 träff" in before.text
    publish(index, [first, *rest[:1]])
    after = web.get("/?q=processplan", if_none_match=before.headers["ETag"] or "")
    assert after.status == 200 and "2 träffar" in after.text


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A service that nothing has been crawled for yet."""
    folder = tmp_path_factory.mktemp("nothing") / "index"
    return served(publish(folder, []))


@pytest.mark.parametrize(
    "address",
    ["/", "/?q=barn", "/?sort=newest", "/?q=barn&municipality=1283&view=compact", "/matrix",
     "/matrix?q=barn", "/matrix.csv?q=barn", "/map?q=barn", "/research",
     "/research/concordance?q=barn", "/research/trend?q=barn", "/research/keywords?q=barn",
     "/research/collocations?q=barn", "/browse", "/municipalities/1283", "/kinds/checklist",
     "/areas/toolbox", "/values/publisher", "/sources", "/embed", "/help", "/api", "/feed.atom",
     "/feed.json?q=barn", "/sitemap.xml", "/dcat", "/oai?verb=Identify", "/api/v1/search?q=barn",
     "/api/v1/matrix?q=barn", "/api/v1/facets", "/api/v1/suggest?q=ba", "/api/v1/export/csv",
     "/api/v1/export/xlsx", "/api/v1/export/parquet", "/api/v1/export/jsonl?q=barn",
     "/api/v1/manifest?q=barn", "/api/v1/status", "/api/v1/municipalities", "/api/v1/sources",
     "/api/v1/research/trend?term=barn", "/api/v1/research/concordance?q=barn"],
)  # fmt: skip
def test_service_with_nothing_held_yet_answers_everywhere(nothing: Client, address: str) -> None:
    assert nothing.get(address).status == 200


def test_start_page_says_that_nothing_is_held_yet(nothing: Client, web: Client) -> None:
    assert "Samlingen är tom" in nothing.get("/").text and "Samlingen är tom" not in web.get("/").text


def test_how_a_query_was_read_counts_what_each_part_finds(web: Client) -> None:
    """A phrase, pattern or field was said to be in "0 dokument"."""

    def read(query: str) -> str:
        text = web.get(f"/?q={query}").text
        return re.sub(r"\s+", " ", text[text.index('<details class="reading') : text.index("</details>")])

    assert "dokument har ordet" in read("barnchecklista")
    for query in ("barnche*", "kommun:Helsingborg", "%22barnchecklista%22"):
        assert re.search(r'<span class="n">[1-9]\d* dokument', read(query)), query
    assert "orden i följd" not in read("barnets+rättigheter")  # a term of the thesaurus, not a phrase
    assert "Inom citattecken" in read("barn") and "Inom citattecken" not in read("kommun:Helsingborg")
    assert "Läst som: Helsingborg" in read("kommun:Helsingborg") and "1283" not in read("kommun:Helsingborg")
    assert "– ord som börjar så<br>Till exempel: barnchecklist" in read("barnche*")


NUMBERS = (
    "/matrix", "/map", "/research", "/research/concordance", "/research/trend", "/research/keywords",
    "/research/collocations",
)  # fmt: skip


@pytest.mark.parametrize("path", NUMBERS)
def test_numbers_tell_what_they_count_and_lead_to_those_of_the_words_themselves(
    web: Client, path: str
) -> None:
    """A concordance of ungdomsråd is mostly of råd; the matrix did not even tell how the query was read."""
    kept = "&measure=share" if path in ("/matrix", "/research/trend") else ""
    text = web.get(f"{path}?q=barnchecklista&municipality=1283{kept}").text
    assert "Här räknas också sammansättningar" in text and "Så läste vi sökningen" in text
    link = re.search(r'href="([^"]+)">Räkna bara orden själva', text)
    assert link
    assert html.unescape(link[1]) == f"{path}?q=%22barnchecklista%22&municipality=1283{kept}"
    exact = web.get(html.unescape(link[1])).text
    assert "Här räknas också" not in exact and "Så läste vi sökningen" in exact


@pytest.mark.parametrize("path", ("/", *NUMBERS))
def test_a_slip_is_told_on_every_view_of_a_search(web: Client, path: str) -> None:
    """The matrix of a misspelt word was full of "documents held, but no result"."""
    text = web.get(f"{path}?q=barnchecklsta&municipality=1283").text
    assert (
        f'Menade du <a href="{path}?q=barnchecklista&amp;municipality=1283"><bdi>barnchecklista</bdi>' in text
    )
    assert "Finns inte i något dokument:" in text
    assert "Här räknas också" not in text


def test_a_slip_in_one_of_several_terms_is_told_without_an_offer(web: Client) -> None:
    text = web.get("/research/trend?q=barnchecklsta,+plan").text
    assert "Finns inte i något dokument:" in text and "Menade du" not in text


def test_a_term_that_is_typed_twice_is_read_as_one(web: Client) -> None:
    """barnchecklista,barnchecklista was read as a phrase beside the numbers of the word."""
    text = web.get("/research/trend?q=barnchecklista,barnchecklista").text
    assert "orden i följd" not in text and '<bdi class="term">barnchecklista</bdi>' in text


def test_titles_tell_pages_apart_that_differ_in_a_filter(web: Client) -> None:
    """Tabs of two municipalities were called the same, a list of what has some of the words "31 träffar"."""

    def title(address: str) -> str:
        found = re.search(r"<title>(.*) – Barnrättskompassen</title>", web.get(address).text)
        assert found
        return found[1]

    assert title("/?q=barnchecklista&municipality=1283") == "barnchecklista, Helsingborg – 6 träffar"
    assert title("/?municipality=1283&year=2012") == "2012, Helsingborg"
    assert title("/?year=none&kind=none") == "År: uppgift saknas, Typ av dokument: uppgift saknas"
    assert title("/?sort=newest") == "Alla dokument"
    for path in NUMBERS:
        assert title(f"{path}?q=barn&municipality=1283").startswith("barn, Helsingborg – "), path
    some = web.get("/?q=barnchecklista+delaktighet+fritidsgård")
    assert "Inget dokument har allt du söker" in some.text
    assert title("/?q=barnchecklista+delaktighet+fritidsgård") == (
        "barnchecklista delaktighet fritidsgård – 0 träffar"
    )


def test_list_that_is_shown_whole_does_not_say_which_part_it_is(web: Client) -> None:
    """”Träff 1–1 av 1.” stood below a single hit, ”Träff 31–31 av 31.” below the last."""
    assert "Träff 1–" not in web.get("/?q=fientlig").text
    assert "Träff 1–10 av 31. <" in web.get("/?q=barnchecklista").text  # and a space before what comes after
    assert "Träff 31 av 31. <" in web.get("/?q=barnchecklista&page=4").text


def test_list_leads_to_the_words_themselves(web: Client) -> None:
    text = web.get("/?q=barnchecklista&view=compact").text
    assert 'href="/?q=%22barnchecklista%22&amp;view=compact">Sök bara orden själva' in text
    assert "Här räknas också" not in text
    assert "orden själva" not in web.get("/?q=%22barnchecklista%22").text
    assert "orden själva" not in web.get("/research/concordance?q=barn&word=plan").text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("barn Plan, barn", '"barn" "Plan", "barn"'),
        ("(barn ELLER plan) -utbildning", '("barn" ELLER "plan") -utbildning'),
        ("titel:plan kommun:Eslöv", 'titel:"plan" kommun:Eslöv'),
        ('"barnets bästa" barn', '"barnets bästa" "barn"'), ("”barn plan” plan", '”barn plan” "plan"'),
        ("plan 2012", '"plan" "2012"'), ("plan planering", '"plan" "planering"'),
        ("plan plan*", '"plan" plan*'),
        ("finns plan?", 'finns "plan"'), ("plan -skolplan", '"plan" -skolplan'),
        ('"barnets bästa"', None), ("kommun:Eslöv", None), ("plan*", None), ("barn- och planråd", None),
        ("EU-projekt", None), ("år:2012..2013 2013", None), ("2012..2013 2012", None),
        ("plan kommun:Lund, Eslöv Eslöv", None),
        ("'barnets bästa' barnets", None), ("barn barn NÄRA/3 plan", None),
        (" ".join(f"plan{n}" for n in range(60)), None),
    ],
)  # fmt: skip
def test_search_for_the_words_themselves_keeps_all_else(
    web_index: Path, typed: str, words: str | None
) -> None:
    assert alone(typed, SearchIndex(web_index).current().search(Query(typed)).reading) == words


def test_what_could_not_be_read_is_told_openly(web: Client) -> None:
    assert '<details class="reading" open>' in web.get("/?q=plan+%C3%A5r:ifjol").text
    assert '<details class="reading">' in web.get("/?q=barn+och+unga").text


def test_list_without_words_is_in_order_of_time(web: Client) -> None:
    text = web.get("/?municipality=1283").text
    assert "Relevans" not in text
    assert re.search(r'aria-current="true">Nyast<', text)
    assert re.search(r"<h1[^>]*>\d+ dokument</h1>", text)
    assert "<title>Helsingborg – Barnrättskompassen</title>" in text
    assert "<title>från och med 2012 – Barnrättskompassen</title>" in web.get("/?year=2012..").text
    assert "<title>up to 2012 – Barnrättskompassen</title>" in web.get("/en/?year=..2012").text
    assert ">Relevans<" in web.get("/?q=barnchecklista&municipality=1283").text


def test_taking_the_last_filter_away_leaves_the_list_of_all(web: Client) -> None:
    text = web.get("/?municipality=1283&kind=policy").text
    assert 'class="clear" href="/?sort=newest"' in text
    assert 'class="chip" href="/?sort=newest"' in web.get("/?municipality=1283").text
    assert 'class="chip" href="/matrix"' in web.get("/matrix?municipality=1283").text


def test_quotation_marks_are_those_of_the_language_and_never_doubled(web: Client) -> None:
    assert "<bdi>”barnchecklista”</bdi>" in web.get("/?q=barnchecklista").text
    assert "<bdi>“barnchecklista”</bdi>" in web.get("/en/?q=barnchecklista").text
    assert "<bdi>&#34;barnets bästa&#34;</bdi>" in web.get("/?q=%22barnets+b%C3%A4sta%22").text
    assert "<bdi>”barn” plan</bdi>" in web.get("/?q=%E2%80%9Dbarn%E2%80%9D+plan").text  # as telephones write
    assert "<bdi>»barn« plan</bdi>" in web.get("/?q=%C2%BBbarn%C2%AB+plan").text


def test_error_page_keeps_what_was_searched_for(web: Client) -> None:
    text = web.get("/?q=barnchecklista+%3Cb%3E&year=ifjol").text
    assert 'value="barnchecklista &lt;b&gt;"' in text
    assert web.get("/?q=%ff").status == 400


def test_page_title_says_which_page_of_the_results(web: Client) -> None:
    assert "sida 2 – Barnrättskompassen</title>" in web.get("/?q=barnchecklista&page=2").text


def test_filter_value_and_its_count_are_read_together(web: Client) -> None:
    text = web.get("/?q=barnchecklista").text
    assert re.search(r'value="1280">Malmö <span class="n">\d+</span></label>', text)


def test_filters_that_leave_nothing_say_what_there_is_without_them(web: Client) -> None:
    text = web.get("/?q=barnchecklista&municipality=1280&kind=policy").text
    assert 'href="/?q=barnchecklista">Sök utan något filter</a>: 31 träffar' in text
    compact = web.get("/?q=barnchecklista&municipality=1280&kind=policy&view=compact").text
    assert 'href="/?q=barnchecklista&amp;view=compact">Sök utan något filter</a>' in compact
    assert "Ta bort ett ord" not in text, "there is only one"
    nowhere = web.get("/?q=xyzzyxyzzy&kind=policy").text
    assert "Sök utan filter" not in nowhere and "Så kan du komma vidare" in nowhere


def test_sections_of_word_files_and_texts_are_no_pages(tmp_path: Path) -> None:
    """Where a page of a Word file ends is up to who opens it: "s. 2" would send readers wrong."""
    letter = document("wordbrev0001", "Brev till barnet", format="docx", text=(
        Page(1, "Hej du."), Page(2, "Här står kanelbullen.", "Det du berättade"), Page(3, "Mer kanelbulle."),
    ))  # fmt: skip
    report = document("pdfrapport01", "Rapport", format="pdf", text=(Page(1, "Kanelbullen.", label="iv"),))
    web = served(publish(tmp_path, [letter, report]))
    text = web.get("/?q=kanelbulle").text
    assert "s. 2" not in text and ">s. iv<" in text
    assert "<bdi>Det du berättade</bdi></a>" in text and "Träff i 1 avsnitt till" in text
    text = web.get("/documents/wordbrev0001?q=kanelbulle&page=2").text
    assert "s. 2" not in text and "Sida 2" not in text
    assert "<bdi>Det du berättade</bdi></a>, <a" in text and "<bdi>del 3</bdi></a>" in text
    assert "nästa avsnitt med träff" in text


def test_two_documents_of_the_same_words_have_pages(tmp_path: Path) -> None:
    """Words that every document has tell nothing of likeness: their weight is nought, and was divided by."""
    web = served(publish(tmp_path, [document(f"likadan0000{n}", "Kanelbulle") for n in (1, 2)]))
    assert web.get("/documents/likadan00001").status == 200


def test_endless_title_does_not_bury_the_other_hits(tmp_path: Path) -> None:
    endless = document(
        "evigtitel001", "kanelbulle" * 2_000, publisher="P" * 20_000, text=(Page(1, "Bulle."),)
    )
    web = served(publish(tmp_path, [endless, document("vanligtitel1", "Bulle")]))
    for path in ("/?q=bulle", "/?sort=newest&view=compact", "/kinds/report", "/"):
        shown = re.sub(r'"[^"]*"', "", web.get(path).text)  # what programs read is whole
        assert "kanelbulle" * 40 not in shown and "P" * 400 not in shown, path


def test_coverage_names_the_municipalities_without_a_source(web: Client) -> None:
    text = web.get("/sources").text
    absent = text[text.index("inte med bland källorna:") :].partition("</p>")[0]
    assert (
        '/municipalities/1272">Bromölla</a>' in absent
        and "Höör" not in absent
        and "Helsingborg" not in absent
    )


def test_place_without_documents_leads_to_those_that_mention_it(tmp_path: Path) -> None:
    visit = document("klippan00001", "Studiebesök", text=(Page(1, "Vi for till Klippans bibliotek."),))
    web = served(publish(tmp_path, [visit]))
    text = web.get("/municipalities/1276").text
    assert "Klippan nämns i 1 dokument" in text and 'href="/?q=%22Klippan%22"' in text
    assert "nämns i" not in web.get("/municipalities/1275").text


def test_feed_of_a_municipality_is_an_address_to_copy(web: Client) -> None:
    text = web.get("/municipalities/1283").text
    assert '<a href="#follow">Bevaka</a>' in text
    assert re.search(r'id="feed">http://[^<]+/feed\.atom\?municipality=1283</p>', text)


def test_place_without_documents_is_not_searched_among_them(web: Client) -> None:
    text = web.get("/municipalities/0114").text
    assert "0 dokument" in text and "Sök bland dem" not in text and "kommer från andra" not in text


@pytest.mark.parametrize(
    ("path", "heading"),
    [("concordance", "Konkordans"), ("keywords", "Nyckelord"), ("collocations", "Grannord")],
)
def test_research_without_words_has_a_plain_heading(web: Client, path: str, heading: str) -> None:
    assert f">{heading}</h1>" in web.get(f"/research/{path}").text


def test_shades_are_explained_by_what_they_count(web: Client) -> None:
    assert "lägre till högre andel" in web.get("/matrix?q=barnchecklista&measure=share").text
    assert "färre till fler träffar" in web.get("/matrix?q=barnchecklista").text
    assert "Municipal boundaries: Statistics Sweden" in web.get("/en/").text


@pytest.mark.parametrize(
    "path",
    ["/", "/matrix", "/browse", "/sources", "/help", "/about", "/embed", "/api", "/municipalities/1283"],
)
def test_page_that_search_engines_show_says_what_it_is_about(web: Client, path: str) -> None:
    for prefix in ("", "/en"):
        found = re.findall(r'<meta name="description" content="([^"]+)">', web.get(prefix + path).text)
        assert len(found) == 1 and len(found[0]) > 15


def test_chosen_value_stays_where_it_stands(web: Client) -> None:
    """Else the list moves below the pointer, and the next click hits another value."""

    def kinds(address: str) -> list[str]:
        return re.findall(r'name="kind" value="([^"]+)"', web.get(address).text)

    before = kinds("/?q=barnchecklista")
    assert len(before) > 3
    assert all(kinds(f"/?q=barnchecklista&kind={kind}") == before for kind in before)


@pytest.mark.parametrize(
    "shown",
    [
        "/?q=barnchecklista&kind=checklist&view=compact",
        "/matrix?q=barnchecklista&kind=checklist&measure=share",
        "/research/concordance?q=barnchecklista&kind=checklist&order=right",
    ],
)
def test_links_of_the_filters_keep_how_the_search_is_shown(web: Client, shown: str) -> None:
    text, own = web.get(shown).text, shown.partition("kind=checklist&")[2]
    chips = re.findall(r'<a class="chip" href="([^"]+)"', text)
    years = re.findall(r'<a href="([^"]+)" tabindex="-1" data-first', text)
    assert chips and years and all(own in link for link in chips + years)


def test_dots_that_end_a_snippet_stand_with_its_last_word() -> None:
    assert excerpt(Snippet("barn i")) == "… barn i\N{NO-BREAK SPACE}…"


def test_imported_texts_without_place_sender_or_address_are_shown_as_what_they_are(tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text(
        json.dumps({"id": "a", "title": "Om barn", "text": "Barn i fokus.", "source": "rummet",
                    "published": "2015-06-05", "years": [2015], "also_at": ["https://a.se/kopia"]}),
        "utf-8",
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "indexer.cli", "import", str(texts), "--index", str(tmp_path / "index")],
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    web = served(tmp_path / "index")
    hits = web.get("/?q=barn").text
    assert '<p class="source"><bdi>rummet</bdi> · 5 juni 2015</p>' in hits
    assert hits.index('id="f-year"') < hits.index('id="f-format"')
    matrix = web.get("/matrix?q=barn").text
    assert "Ingen träff gäller en känd kommun." in matrix and 'class="matrix' not in matrix
    sources = web.get("/sources").text
    assert "Inläst från fil: 1" in sources and "aldrig" not in sources and "från 1 källa" in sources
    page = web.get("/documents/a").text
    assert 'href="https://a.se/kopia"' in page and "<ol" not in page[page.index('id="h-found"') :]
    cited = re.sub("<[^>]+>", "", page)
    assert "rummet (2015). Om barn. http://127.0.0.1/documents/a." in cited
    start = web.get("/").text
    assert "kommuner</dt>" not in start and "Områden</h3>" not in start
