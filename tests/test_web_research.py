"""The pages for researchers and their part of the API: every number leads to as many hits."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
import test_web_api
from test_web_api import fetch, through
from test_web_pages import check_outline
from web_client import Client, served
from web_documents import collection, document, publish

from indexer.model import Page
from indexer.search import open_index
from search_web.curves import curves
from search_web.trend import terms_of

PAGES = (
    "/research", "/research?q=barn", "/research?q=finnsinte&kind=checklist",
    "/research?q=barnchecklista,+plan",
    "/research/concordance", "/research/concordance?q=barnchecklista",
    "/research/concordance?q=barnchecklista&order=left&page=2", "/research/concordance?q=finnsinte",
    "/research/concordance?q=fientlig", "/research/concordance?q=barnchecklista&word=fr%C3%A5gor&near=3",
    "/research/trend", "/research/trend?q=barnchecklista,+%22barnets+b%C3%A4sta%22",
    "/research/trend?q=plan&measure=share",
    "/research/trend?q=finnsinte&year=2012..2013", "/research/keywords", "/research/keywords?kind=checklist",
    "/research/keywords?q=finnsinte", "/research/keywords?kind=checklist&spread=50&common=true",
    "/research/collocations", "/research/collocations?q=barnchecklista&measure=g2&window=2&common=true",
    "/research/collocations?q=finnsinte",
)  # fmt: skip


@pytest.mark.parametrize("prefix", ["/sv", "/en"])
@pytest.mark.parametrize("path", PAGES)
def test_page_is_whole_and_in_order(web: Client, path: str, prefix: str) -> None:
    answer = web.get(prefix + path)
    assert answer.status == 200
    check_outline(answer.text)
    if "<table" in answer.text:
        assert answer.text.count("<caption") == answer.text.count("<table")


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def count_of(text: str) -> int:
    """The number in the heading of a page."""
    heading = re.search(r'<h1 id="count"[^>]*>\s*([\d\s\u00a0]+)', text)
    assert heading, text[:300]
    return number(heading[1])


def links(text: str, cell: str) -> list[tuple[str, str]]:
    """(address, what the link says) of the links inside elements that ``cell`` begins."""
    return [(html.unescape(a), b) for a, b in re.findall(cell + r'<a href="([^"]+)">([^<]+)', text)]


@pytest.mark.parametrize(
    "path",
    [
        "/research/trend?q=barnchecklista,+%22barnets+b%C3%A4sta%22&measure=occurrences",
        "/research/trend?q=barnchecklista,plan&measure=documents",
        "/research/keywords?kind=checklist",
        "/research/keywords?q=plan&spread=0&common=true",
        "/research/collocations?q=barnchecklista",
        "/research/collocations?q=barnchecklista&window=3&common=true",
    ],
)
def test_every_number_leads_to_as_many_hits(web: Client, path: str) -> None:
    text = web.get(path).text
    found = links(text, r'<td class="num">')
    assert len(found) > 5
    columns = re.findall(r'<th scope="col" class="num">([^<]+)</th>', text)
    for n, (address, shown) in enumerate(found[:24]):
        leads_to = web.get(address).text
        if "keywords" in path and columns[n % 3] == "Dokument":  # of three columns with links, the second
            assert f"i {shown} dokument" in leads_to
        else:
            assert count_of(leads_to) == number(shown), address


def test_line_leads_to_its_page_with_its_words_marked(web: Client) -> None:
    text = web.get("/research/concordance?q=%22utbildning+ges%22").text
    [address] = re.findall(r'<td class="from"><div><a href="([^"]+)">', text)
    address = html.unescape(address)
    assert address == "/documents/aaaaaaaaaaaa?q=%22utbildning+ges%22&page=2#page-2"
    page = web.get(address.partition("#")[0]).text
    assert "<mark>Utbildning</mark> <mark>ges</mark>" in page
    assert 'href="https://kfsk.example.se/filer/processplan-2012.pdf#page=2"' in text


def test_title_of_a_line_is_told_once(tmp_path: Path) -> None:
    """The first section of a web page bears its title: there were two links of one name, side by side."""
    sections = (Page(1, "En fontän.", "Torget"), Page(2, "Fontänen igen.", "Sommaren"))
    web = served(publish(tmp_path / "i", [document("a", "Torget", text=sections)]))
    told = re.findall(r'<td class="from">(.*?)</td>', web.get("/research/concordance?q=fontän").text, re.S)
    assert [re.sub("<[^>]+>", "", line).split() for line in told] == [["Torget"], ["Torget", "Sommaren"]]


def test_dots_that_lead_to_a_page_number_fill_no_line(tmp_path: Path) -> None:
    """The file has them as they are."""
    web = served(publish(tmp_path / "i", [document("a", "Bok", text=(Page(1, f"Plan {'.' * 40} 3"),))]))
    assert "<bdi> … 3</bdi>" in web.get("/research/concordance?q=plan").text
    assert "." * 40 in web.get("/api/v1/research/concordance/csv?q=plan").text


def test_table_that_is_not_there_is_not_cited(web: Client) -> None:
    """Filters without words have keywords, but neither lines nor neighbours."""
    for name in ("keywords", "concordance", "collocations", "trend"):
        cited = 'id="citation"' in web.get(f"/research/{name}?municipality=1283").text
        assert cited == (name == "keywords"), name


def test_overview_tells_of_how_many_documents_it_counts(web: Client) -> None:
    held = fetch(web, "/search?municipality=1283")["total"]
    assert f"löpande texten i {held} dokument" in web.get("/research?municipality=1283").text


def test_part_of_one_row_is_no_span(tmp_path: Path) -> None:
    """”Rad 51–51 av 51” stood below the last."""
    held = [document(str(n), f"Plan {n}", text=(Page(1, "En fontän."),)) for n in range(51)]
    web = served(publish(tmp_path / "i", held))
    assert "<span>Rad 1–50 av 51</span>" in web.get("/research/concordance?q=fontän").text
    assert "<span>Rad 51 av 51</span>" in web.get("/research/concordance?q=fontän&page=2").text


def test_filters_hold_and_can_be_taken_away_on_every_page(web: Client) -> None:
    for path in ("concordance", "trend", "keywords", "collocations"):
        text = web.get(f"/research/{path}?q=barnchecklista&kind=checklist&year=2012").text
        chips = re.findall(r'<a class="chip" href="([^"]+)"', text)
        assert chips == [
            f"/research/{path}?q=barnchecklista&amp;kind=checklist",
            f"/research/{path}?q=barnchecklista&amp;year=2012",
        ]
        for other in ("concordance", "trend", "keywords", "collocations"):
            assert f'href="/research/{other}?q=barnchecklista&amp;year=2012&amp;kind=checklist"' in text


@pytest.mark.parametrize(
    ("path", "choices"),
    [
        ("", ""), ("/concordance", "&order=right&word=plan&near=3"), ("/trend", "&measure=share"),
        ("/keywords", "&spread=20&common=true"), ("/collocations", "&measure=g2&window=3&common=true"),
    ],
)  # fmt: skip
def test_form_fields_lead_to_the_permanent_address_with_all_choices(
    web: Client, path: str, choices: str
) -> None:
    answer = web.get(f"/research{path}?q=barn&year_from=2011&year_to=2014&kind={choices}")
    assert answer.status == 303
    assert answer.headers["Location"] == f"/research{path}?q=barn&year=2011..2014{choices}"


def test_result_page_and_help_offer_it(web: Client) -> None:
    text = web.get("/?q=barnchecklista&kind=checklist&sort=newest&limit=25&page=1").text
    assert 'href="/research?q=barnchecklista&amp;kind=checklist">Forska vidare' in text
    assert 'id="research"' in web.get("/sv/help").text and 'id="research"' in web.get("/en/help").text


def test_pages_of_research_tell_which_words_count(web: Client) -> None:
    """'Så som sökningen lästes', says the concordance, and did not say how it was."""
    for path in ("concordance", "trend", "keywords", "collocations"):
        text = web.get(f"/research/{path}?q=barnchecklista").text
        read = text.partition('<details class="reading"')[2].partition("</details>")[0]
        assert "Böjningar:" in read and "barnchecklistan" in read
    both = web.get("/research/trend?q=%22plan%22,+kommun:Bjuv").text.partition('class="reading"')[2]
    assert '<bdi class="term">plan</bdi>' in both and "Läst som:" in both
    assert 'class="reading"' not in web.get("/research/trend").text


def test_sample_is_told_where_there_are_more_lines_than_are_sorted(
    web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.research.SAMPLE", 20)
    monkeypatch.setattr("search_web.research.SAMPLE", 20)
    address = "/research/concordance?q=barnchecklista"
    assert 'class="sampled"' not in web.get(address).text
    text = web.get(address + "&order=right").text
    assert "visar 20 av 62 förekomster" in text and text.count("<mark>") == 20
    assert "Ladda ner urvalet" in text and "Ladda ner alla rader" not in text
    assert "Ladda ner alla rader" in web.get(address).text


def test_file_of_a_sample_says_so(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.research.SAMPLE", 20)
    monkeypatch.setattr("search_web.research_api.SAMPLE", 20)
    for order, name, lines in (("right", "konkordans-urval-2", 20), ("oldest", "konkordans-2", 62)):
        answer = web.get(f"/api/v1/research/concordance/xlsx?q=barnchecklista&order={order}")
        assert f'filename="{name}' in answer.headers["Content-Disposition"]
        book = openpyxl.load_workbook(io.BytesIO(answer.body))
        told = dict(book["Manifest"].iter_rows(values_only=True))
        assert (told["lines"], told["occurrences"]) == (lines, 62)
        assert book.worksheets[0].max_row == lines + 1


def test_trend_keeps_documents_without_a_year_apart(tmp_path: Path) -> None:
    documents = collection()
    found = [d for d in documents if d.years] + [
        type(d)(**{f: getattr(d, f) for f in d.__dataclass_fields__} | {"years": ()})
        for d in documents if d.id == "0" * 12
    ]  # fmt: skip
    web = served(publish(tmp_path / "i", found))
    text = web.get("/research/trend?q=barnchecklista&measure=documents").text
    row = re.search(r'<th scope="row">utan år</th>(.*?)</tr>', text, re.DOTALL)
    assert row and '<a href="/?q=barnchecklista&amp;year=none">1</a>' in row[1]
    answer = fetch(web, "/research/trend?term=barnchecklista")["terms"][0]
    assert answer["undated"]["documents"] == 1 and answer["undated"]["occurrences"] == 2
    years = {y["year"]: y["documents"] for y in answer["years"]}
    assert sum(years.values()) == answer["total"]["documents"]  # one has no year, one has two


@pytest.mark.parametrize(
    ("path", "member"),
    [
        ("/research/concordance?q=barnchecklista&year=2012&order=right", "lines"),
        ("/research/concordance?q=barnchecklista&word=fr%C3%A5gor&near=3", "lines"),
        ("/research/concordance?word=fr%C3%A5gor", "lines"),
        ("/research/trend?q=barnchecklista,+plan&kind=checklist&measure=share", "terms"),
        ("/research/keywords?kind=checklist&spread=50&common=true", "keywords"),
        ("/research/collocations?q=barnchecklista&window=3&measure=g2", "collocations"),
        ("/matrix?q=barnchecklista&measure=share&rows=total&sort=newest", "rows"),
    ],
)
def test_every_table_is_cited_with_its_index_and_can_be_had_again(
    web: Client, path: str, member: str
) -> None:
    """A number on a page of research did not say which index it was of."""
    text = web.get(path).text
    built = fetch(web, "/status")["index"]["id"]
    line = re.search(r'<p class="citation" id="citation">(.*?)</p>', text, re.S)
    assert line and f"Index {built}" in line[1] and path.partition("?")[0] in line[1]
    again = re.search(r'href="http://127.0.0.1/api/v1([^"]+)">Samma tal', text)
    assert again and f"index={built}" in again[1]
    assert fetch(web, html.unescape(again[1]))[member]
    assert "word=" not in path or "”frågor”" in line[1]
    if "concordance" not in path:
        answer = web.get(path.replace("?", ".csv?"))
        assert f'-{built}.csv"' in answer.headers["Content-Disposition"]
        described = re.search(r'<http://127.0.0.1/api/v1([^>]+)>; rel="describedby"', answer.headers["Link"])
        assert described and fetch(web, described[1])["index"]["id"] == built


def test_trend_as_a_table_has_all_numbers(web: Client) -> None:
    answer = web.get("/research/trend.csv?q=barnchecklista,+plan")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert rows[0][:3] == ["term", "år", "förekomster"] and {r[0] for r in rows[1:]} == {
        "barnchecklista",
        "plan",
    }
    described = {t["term"]: t for t in fetch(web, "/research/trend?term=barnchecklista&term=plan")["terms"]}
    for row in rows[1:]:
        years = {str(y["year"]): y for y in described[row[0]]["years"]}
        wanted = years.get(row[1], described[row[0]]["undated" if row[1] == "utan år" else "total"])
        assert [int(x) for x in row[2:6]] == [
            wanted["occurrences"], wanted["documents"], wanted["words_held"], wanted["documents_held"]
        ]  # fmt: skip
    for name in ("keywords.csv?kind=checklist", "collocations.csv?q=barnchecklista"):
        assert len(web.get(f"/research/{name}").text.splitlines()) > 3


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("barn", ("barn",)), ("barn, unga;  ", ("barn", "unga")), ('"hej, du", barn', ('"hej, du"', "barn")),
        ('a "b c" d, e', ('a "b c" d', "e")), ("”b, c”", ("”b, c”",)), ("“b, c”", ("“b, c”",)),
        ("»b, c«, d", ("»b, c«", "d")), ("barn, barn", ("barn",)),
        ('a", b', ('a"', "b")),
        ("plan kommun:Lund,Malmö, mall", ("plan kommun:Lund,Malmö", "mall")),
        ('kommun:"Östra Göinge",Lund,mall', ('kommun:"Östra Göinge",Lund,mall',)),
        ("kommun:Lund, Malmö, mall", ("kommun:Lund, Malmö", "mall")), ("FN:s,EU:s", ("FN:s", "EU:s")),
        ("plan kommun:Lund, Malmö,Eslöv, mall", ("plan kommun:Lund, Malmö,Eslöv", "mall")),
        ("kommun:Lund; Malmö", ("kommun:Lund", "Malmö")), ("år:2012, 2014", ("år:2012, 2014",)),
        ("kommun:Lund, kommun:Malmö", ("kommun:Lund", "kommun:Malmö")),
        (" , ;", ()),
    ],
)  # fmt: skip
def test_terms_are_separated_by_commas_outside_quotation_marks_and_values_of_a_field(
    web_index: Path, text: str, terms: tuple[str, ...]
) -> None:
    """kommun:Lund, Malmö is one search on the page of hits: it was two curves."""
    assert terms_of(text, open_index(web_index)) == terms


def test_long_list_of_values_is_not_read_again_with_each(
    web_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """240 values took seven seconds in 100,000 documents."""
    searcher, asked = open_index(web_index), list[str]()
    read = searcher.reading
    monkeypatch.setattr(searcher, "reading", lambda text: asked.append(text) or read(text))
    values = ",".join(f"x{n}" for n in range(100))
    assert terms_of(f"kommun:{values}", searcher) == (f"kommun:{values}",)
    assert max(map(len, asked)) < 20


@pytest.mark.parametrize("path", ["/research", "/research/trend"])
def test_more_terms_than_can_be_compared_are_named(web: Client, path: str) -> None:
    """A list of six words is a search like any other: what leads on from it must not fail."""
    answer = web.get(f"{path}?q=barn,+plan,+unga,+skola,+kurs,+%22barnets+bästa%22")
    assert answer.status == 200
    told = re.search(r'<p class="warning">(.*?)</p>', answer.text)
    assert told and "barnets bästa" in told[1] and "kurs" not in told[1]
    for link in re.findall(r'href="(/research/trend.csv[^"]*)"', answer.text):
        assert web.get(html.unescape(link)).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/research/trend.csv?q=a,b,c,d,e,f", "/research/concordance?q=barn&order=sideways",
        "/research/concordance?q=barn&page=401", "/research/collocations?q=barn&window=50",
        "/research/keywords?q=barn&page=201", "/research/collocations?q=barn&page=201",
        "/research/keywords?q=barn&spread=x", "/research/concordance?q=barn&word=x&near=0",
        "/research/trend?q=barn&measure=x", "/research/keywords?nowhere=1",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_explained(web: Client, path: str) -> None:
    answer = web.get(path)
    assert answer.status == 400 and "<h1" in answer.text


@pytest.mark.parametrize(
    "query", ["<script>", '"', "a" * 400, "(((", "*", "-barn", "\u202e", "å" * 100, "och"]
)
def test_anything_typed_is_answered(web: Client, query: str) -> None:
    for path in ("concordance", "trend", "keywords", "collocations"):
        answer = web.get(f"/research/{path}?q={quote(query)}")
        assert answer.status == 200 and "<script>" not in answer.text


# --- the API ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/research/concordance?q=barnchecklista&order=left&limit=3", "/research/concordance",
        "/research/concordance?q=barnchecklista&word=beslut&near=5",
        "/research/trend?term=barnchecklista&term=%22barnets+b%C3%A4sta%22&county=12",
        "/research/keywords?kind=checklist&common=true&spread=0",
        "/research/collocations?q=barnchecklista&measure=g2",
    ],
)  # fmt: skip
def test_answers_are_described(web: Client, path: str) -> None:
    test_web_api.test_answers_are_what_the_description_says(web, path)


@pytest.mark.parametrize(
    ("address", "member"),
    [
        ("/research/concordance?q=barnchecklista&limit=7", "lines"),
        ("/research/concordance?q=barnchecklista&limit=7&order=right", "lines"),
        ("/research/keywords?kind=checklist&limit=3", "keywords"),
        ("/research/collocations?q=barnchecklista&limit=3", "collocations"),
    ],
)
def test_cursor_leads_through_all_of_a_list_once(web: Client, address: str, member: str) -> None:
    total = fetch(web, address)["total"]
    found = [json.dumps(x) for x in through(web, address, member)]
    assert len(found) == total > 7 and len(set(found)) == total
    cursor = fetch(web, address)["next"]
    assert fetch(web, f"{address}&cursor={cursor}&kind=minutes", 409)["parameter"] == "cursor"


def test_answer_is_pinned_to_a_generation(tmp_path: Path) -> None:
    publish(tmp_path, collection())
    web = served(tmp_path)
    first = fetch(web, "/research/concordance?q=barnchecklista&limit=50")
    publish(tmp_path, collection()[:1])
    web = served(tmp_path)
    assert fetch(web, "/research/concordance?q=barnchecklista&limit=50")["total"] < first["total"]
    pinned = f"index={first['index']['id']}"
    assert fetch(web, f"/research/concordance?q=barnchecklista&limit=50&{pinned}") == first
    for path in ("trend?term=barn", "keywords?q=barnchecklista", "collocations?q=barnchecklista"):
        assert fetch(web, f"/research/{path}&{pinned}")["index"] == first["index"]
    assert fetch(web, "/research/trend?term=barn&index=nowhere", 404)["parameter"] == "index"


def rows_of(form: str, body: bytes) -> list[dict[str, Any]]:
    if form == "jsonl":
        return [json.loads(line) for line in body.decode().splitlines()]
    if form == "csv":
        return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
    names, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_file_has_every_line(web: Client, form: str) -> None:
    answer = web.get(
        f"/api/v1/research/concordance/{form}?q=barnchecklista&order=oldest", accept_encoding="identity"
    )
    assert answer.status == 200
    lines = list(through(web, "/research/concordance?q=barnchecklista&order=oldest&limit=100", "lines"))
    rows = rows_of(form, answer.body)
    assert len(rows) == len(lines) == 62
    for row, line in zip(rows, lines, strict=True):
        assert str(row["document"]) == line["document"] and row["match"] == line["match"]
        assert (row["right"] or "").lstrip("'") == line["right"] and row["link"] == line["link"]
        assert (row["page_label"] or None) == line["page_label"]  # what a quotation is cited by
    assert "iii" in {row["page_label"] for row in rows}


def test_file_of_words_has_more_than_paging_reaches(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search_web.research.DEPTH", 3)
    for name, asked in (("keywords", "kind=checklist"), ("collocations", "q=barnchecklista")):
        rows = web.get(f"/research/{name}.csv?{asked}").text.splitlines()[1:]
        assert len(rows) == fetch(web, f"/research/{name}?{asked}")["total"] > 3


def test_wrong_parameter_is_a_problem(web: Client) -> None:
    assert fetch(web, "/research/trend", 400)["parameter"] == "term"
    assert fetch(web, "/research/concordance?near=0", 400)["parameter"] == "near"
    assert fetch(web, "/research/keywords?spread=101", 400)["parameter"] == "spread"
    assert web.get("/api/v1/research/concordance/pdf").status == 404


# --- curves -----------------------------------------------------------------------------------------------


def test_curve_breaks_where_a_year_is_missing() -> None:
    drawn = curves([{2010: 1.0, 2011: 3.0, 2014: 2.0}, {2010: None, 2014: 0.0}])
    assert drawn is not None
    assert drawn.curves[0].path.count("M") == 2 and drawn.curves[0].path.count("L") == 1
    assert [p.year for p in drawn.curves[1].points] == [2014]
    assert max(t.value for t in drawn.rows) >= 3 and min(t.value for t in drawn.rows) == 0
    assert all(drawn.left <= p.x <= drawn.right for c in drawn.curves for p in c.points)


def test_nothing_known_is_no_picture() -> None:
    assert curves([{}]) is None and curves([{2010: None}]) is None and curves([]) is None


def test_a_word_of_english_texts_that_counts_by_itself_is_told_and_leads_to_its_count(tmp_path: Path) -> None:
    """malmö@en stood in lists without a word of what it is, beside fewer of malmö than "malmö" has."""
    texts = {
        "sv": "Barnen i Malmö. Malmö har en plan.",
        "en": "The children of Malmö and the plans of Malmö.",
    }
    held = [
        document(f"{code}{n}", "Malmö", language=code, text=(Page(1, text),))
        for code, text in texts.items()
        for n in range(6 if code == "sv" else 3)
    ]
    web = served(publish(tmp_path, held))
    listed = json.loads(web.get("/api/v1/research/keywords?language=en").text)["keywords"]
    assert [k["count"] for k in listed if k["word"] == "malmö@en"] == [6]
    for asked, total in (("word=malm%C3%B6%40en", 6), ("word=malm%C3%B6", 12), ("q=%22malm%C3%B6%22", 18)):
        assert json.loads(web.get(f"/api/v1/research/concordance?{asked}").text)["total"] == total, asked
    for path in ("/research/keywords?language=en", "/en/research/collocations?q=children", "/help"):
        assert "@en" in re.sub("(?s)<tbody.*?</tbody>", "", web.get(path).text), path
