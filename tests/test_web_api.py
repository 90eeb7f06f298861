"""The API: what it answers, what it refuses, and that its description tells the truth."""

from __future__ import annotations

import gc
import html
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from pyarrow import parquet
from web_client import Client, served
from web_documents import build_index, collection, publish, statuses

from indexer.build import Contents, build
from indexer.formats import FORMATS
from indexer.model import Query, SourceStatus
from indexer.search import Searcher, SearchIndex


def fetch(web: Client, address: str, status: int = 200) -> Any:
    answer = web.get("/api/v1" + address)
    assert answer.status == status, answer.text
    return json.loads(answer.text)


def through(web: Client, address: str, member: str) -> Iterator[Any]:
    """Every item of a list, by following ``next``."""
    cursor: str | None = ""
    while cursor is not None:
        answer = fetch(web, address + (f"&cursor={cursor}" if cursor else ""))
        yield from answer[member]
        cursor = answer["next"]


# --- the description --------------------------------------------------------------------------------------


def test_requests_made_from_the_description_are_answered_as_it_says(web: Client) -> None:
    """Schemathesis with all of its checks, on requests that are as described and on such that are not."""
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", web.app)
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 11
    for operation in operations:
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            if mode == schemathesis.GenerationMode.NEGATIVE and not operation.query:
                continue

            @settings(
                max_examples=4, derandomize=True, database=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                case.call_and_validate(headers={"Accept-Encoding": "identity"})

            ask()


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=barnchecklista&limit=3", "/search?q=finnsinte", "/suggest?q=barn",
        "/facets?q=plan&facet=kind", "/matrix?q=barn", "/documents?text=true&limit=2",
        "/documents/aaaaaaaaaaaa?text=true", "/documents/aaaaaaaaaaaa/pages",
        "/documents/aaaaaaaaaaaa/pages/2", "/municipalities", "/sources",
        "/status", "/manifest?q=barn&year=2011..2014",
    ],
)  # fmt: skip
def test_answers_are_what_the_description_says(web: Client, path: str) -> None:
    described = fetch(web, "/openapi.json")
    answer = fetch(web, path)
    template = path.partition("?")[0].replace("aaaaaaaaaaaa", "{id}").replace("/2", "/{number}")
    content = described["paths"][template]["get"]["responses"]["200"]["content"]
    schema = content["application/json"]["schema"] | {"components": described["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer)
    assert set(answer["index"]) == {"id", "built_at", "documents", "analysis", "corpus", "software"}


def test_the_page_about_the_api_has_every_operation_and_parameter(web: Client) -> None:
    text, described = web.get("/api").text, fetch(web, "/openapi.json")
    for path, item in described["paths"].items():
        assert f"GET /api/v1{path}</code>" in text
        assert all(f"<code>{p['name']}</code>" in text for p in item["get"]["parameters"])
    assert "ask from your own programs" in web.get("/en/api").text


@pytest.mark.parametrize(
    "place",
    ["/search?q=barn", "/search?year=ifjol", "/facets?facet=kind", "/suggest?q=processplan",
     "/export/csv?q=barn", "/documents/aaaaaaaaaaaa/cite/ris?page=1"],
)  # fmt: skip
def test_everything_is_told_in_the_language_asked_for(web: Client, place: str) -> None:
    """Files, references and what was wrong with a request were in the language of the browser."""
    spoken = {code: web.get(f"/api/v1{place}", accept_language=code).text for code in ("sv", "en")}
    for code, other in (("sv", "en"), ("en", "sv")):
        assert web.get(f"/api/v1{place}&lang={code}", accept_language=other).text == spoken[code]
    assert spoken["sv"] != spoken["en"]


def test_the_description_knows_the_path_it_is_served_below(web_index: Path) -> None:
    web = served(web_index, base_path="/sok")
    described = json.loads(web.get("/sok/api/v1/openapi.json", host="barn.example.se").text)
    assert described["servers"][0]["url"] == "http://barn.example.se/sok/api/v1"


def test_counts_are_of_documents_with_all_the_words(web: Client) -> None:
    """A list says when it is relaxed; a table of numbers would mix both kinds from one year to the next."""
    words = "q=processplan+fientlig"
    assert fetch(web, f"/search?{words}")["relaxed"] and fetch(web, f"/manifest?{words}")["documents"] == 0
    counted = fetch(web, f"/facets?{words}")
    assert counted["total"] == 0
    assert not [v for values in counted["facets"].values() for v in values if v["count"]]
    assert fetch(web, f"/documents?{words}")["total"] == 0


def test_matrix_has_the_years_that_were_asked_for(web: Client) -> None:
    """Of 2013 it would count only what concerns 2012 as well."""
    whole, asked = fetch(web, "/matrix?q=plan"), fetch(web, "/matrix?q=plan&year=2012")
    assert whole["years"][-1] > 2012 and asked["years"] == [2012]
    at = whole["years"].index(2012)
    held = {r["value"]: (r["counts"][at], r["held"][at]) for r in whole["rows"]}
    assert {r["value"]: (*r["counts"], *r["held"]) for r in asked["rows"]} == held
    head = web.get("/matrix.csv?q=plan&year=2012").text.partition("\r\n")[0]
    assert head.endswith(";utan år;2012;finns 2012")


def test_a_municipality_stands_as_the_best_of_its_sources(tmp_path: Path) -> None:
    """In the matrix it stood as the last of them, on the map and in lists as the best."""
    both = [SourceStatus(state, "Lund", "Lund", True, state, "1281", "12") for state in ("failing", "ok")]
    for n, held in enumerate((both, both[::-1])):
        build(tmp_path / str(n), Contents({}, lambda: iter(()), held))
        web = served(tmp_path / str(n))
        (row,) = (r for r in fetch(web, "/matrix")["rows"] if r["value"] == "1281")
        (place,) = (m for m in fetch(web, "/municipalities")["municipalities"] if m["code"] == "1281")
        assert row["state"] == place["state"] == "crawled"


# --- going through everything -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["q=barnchecklista", "q=barnchecklista+barnets", "", "sort=title&kind=minutes"]
)
def test_cursor_leads_through_all_hits_once(web: Client, web_index: Path, words: str) -> None:
    found = [h["id"] for h in through(web, f"/search?limit=7&fields=id&{words}", "hits")]
    listed = [d["id"] for d in through(web, f"/documents?limit=11&fields=id&{words}", "documents")]
    assert found == listed and len(set(found)) == len(found)
    assert len(found) == fetch(web, f"/search?{words}")["total"]
    if words == "":
        assert len(found) == SearchIndex(web_index).current().count(Query())


def test_cursor_holds_on_to_the_generation_it_began_with(tmp_path: Path) -> None:
    build_index(tmp_path)
    web = served(tmp_path)
    first = fetch(web, "/search?limit=5")
    build(tmp_path, Contents({}, lambda: iter(()), statuses()))
    assert fetch(web, "/status")["index"]["id"] != first["index"]["id"]
    assert fetch(web, f"/search?limit=5&cursor={first['next']}")["index"] == first["index"]
    assert fetch(web, f"/matrix?index={first['index']['id']}")["index"] == first["index"]
    assert fetch(web, "/status")["kept"][0] == first["index"]["id"]
    fresh = served(tmp_path)
    shutil.rmtree(tmp_path / first["index"]["id"])
    gone = fetch(fresh, f"/search?index={first['index']['id']}", 404)
    assert gone["parameter"] == "index"


def test_an_older_index_whose_words_were_taken_apart_otherwise_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would not answer as it did: of one kept index "villor" went from 25,335 documents to none."""
    build_index(tmp_path)
    first = fetch(served(tmp_path), "/search?q=barn")["index"]["id"]
    for module in ("language", "build"):
        monkeypatch.setattr(f"indexer.{module}.fingerprint", lambda: "newer")
    web = served(tmp_path)
    assert fetch(web, f"/search?q=barn&index={first}")["index"]["id"] == first  # still the one in use
    build(tmp_path, Contents({}, lambda: iter(()), statuses()))
    told = fetch(web, "/status")
    assert told["kept"] == [told["index"]["id"]] != [first]
    assert "söker på" in fetch(web, f"/search?q=barn&index={first}", 404)["detail"]


def test_what_a_service_holds_does_not_grow_with_every_new_index(tmp_path: Path) -> None:
    """Every generation that was ever open stayed in memory, and its removed files on the disk."""
    web = served(build_index(tmp_path))
    before = held_here()
    for n in range(1, 5):
        first = fetch(web, "/search?q=kommun:Lund+barn&limit=1")["index"]["id"]
        fetch(web, "/suggest?q=barnets+r")
        fetch(web, "/research/concordance?q=barn&limit=1")
        web.get("/")
        publish(tmp_path, collection()[n:])
        fetch(web, f"/search?q=barn&index={first}")
    assert fetch(web, "/status")["index"]["id"] != first
    assert held_here() - before <= 2


def held_here() -> int:
    gc.collect()
    return sum(isinstance(one, Searcher) for one in gc.get_objects())


def test_cursor_of_another_search_is_refused(web: Client) -> None:
    cursor = fetch(web, "/search?q=barn&limit=5")["next"]
    for other in ("q=plan&limit=5", "q=barn&limit=6", "q=barn&limit=5&kind=minutes", "q=barn&limit=5&page=2"):
        assert fetch(web, f"/search?{other}&cursor={cursor}", 409)["parameter"] == "cursor"


def test_next_stands_in_a_link_header_too(web: Client) -> None:
    link = web.get("/api/v1/search?q=barn&limit=5").headers["Link"]
    address = link[1 : link.index(">")].partition("/api/v1")[2]
    assert len(fetch(web, address)["hits"]) == 5


# --- parameters -------------------------------------------------------------------------------------------


def test_a_document_is_told_alike_by_itself_in_lists_and_in_files(web: Client) -> None:
    listed = fetch(web, "/documents?q=barnchecklista&limit=50&text=true")["documents"]
    assert listed == through_lines(web, "/api/v1/documents?q=barnchecklista&text=true")
    (one,) = (d for d in listed if d["id"] == "aaaaaaaaaaaa")
    assert one == fetch(web, "/documents/aaaaaaaaaaaa?text=true")["document"] and one["contacts"]


def test_fields_leave_only_what_is_named(web: Client) -> None:
    hits = fetch(web, "/search?q=barn&fields=id,title")["hits"]
    assert hits and all(set(h) == {"id", "title"} for h in hits)


@pytest.mark.parametrize(
    ("years", "same"),
    [
        ("2014..2011", "2011..2014"),
        ("2012&year=none", "2012,none"),
        ("none&year=2012", "2012,none"),
        ("2014..", "2014..2999"),
        ("..2012", "1000..2012"),
    ],
)
def test_years_are_forgiving_without_guessing(web: Client, years: str, same: str) -> None:
    assert fetch(web, f"/search?year={years}")["total"] == fetch(web, f"/search?year={same}")["total"] > 0


@pytest.mark.parametrize(
    ("address", "parameter"),
    [
        ("/search?limit=0", "limit"), ("/search?limit=", "limit"), ("/search?limit=٣", "limit"),
        ("/search?kind=novel", "kind"), ("/search?nope=1", "nope"), ("/search?fields=id,,title", "fields"),
        ("/search?sort=newest&sort=title", "sort"), ("/search?year=2011..2012..2013", "year"),
        ("/search?municipality=١٢٣٤", "municipality"), ("/search?q=" + "x" * 501, "q"),
        ("/documents?text=ja", "text"), ("/search?cursor=x", "cursor"), ("/search?index=..%2F..", "index"),
        ("/search?page=101", "page"), ("/search?kind=" + "x" * 20_000, "q"),
        ("/search?" + "area=toolbox&" * 6, "area"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(web: Client, address: str, parameter: str) -> None:
    problem = fetch(web, address, 400)
    assert (problem["parameter"], problem["status"]) == (parameter, 400) and problem["detail"]


@pytest.mark.parametrize(
    "address", ["/search?cursor=", "/search?index=", "/research/trend?term=", "/search?publisher="]
)
def test_what_is_wrong_is_told_with_an_example(web: Client, address: str) -> None:
    assert "…" not in fetch(web, address, 400)["detail"]


@pytest.mark.parametrize(
    "address",
    ["/documents/nope", "/documents/aaaaaaaaaaaa/pages/99", "/documents/aaaaaaaaaaaa/pages/0", "/nope"],
)
def test_what_is_not_there_is_a_problem_too(web: Client, address: str) -> None:
    assert fetch(web, address, 404)["title"] == "Sidan finns inte"


def test_unchanged_answers_are_not_sent_again(web: Client) -> None:
    first = web.get("/api/v1/search?q=barn")
    again = web.get("/api/v1/search?q=barn", if_none_match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")


# --- files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_holds_the_whole_result_set(web: Client, form: str) -> None:
    wanted = fetch(web, "/manifest?q=barnchecklista&year=2012..2015")
    answer = web.get(f"/api/v1/export/{form}?q=barnchecklista&year=2012..2015")
    assert answer.status == 200 and "attachment" in answer.headers["Content-Disposition"]
    assert "/api/v1/manifest?q=barnchecklista" in answer.headers["Link"]
    if form == "xlsx":
        count = openpyxl.load_workbook(io.BytesIO(answer.body))["Dokument"].max_row - 1
    elif form == "parquet":
        count = parquet.read_table(io.BytesIO(answer.body)).num_rows
    else:
        sign = {"csv": "\r\n", "jsonl": "\n", "ris": "TY  - ", "bibtex": "@misc", "csl": '"URL"'}[form]
        count = answer.text.count(sign) - (form == "csv")
    assert count == wanted["documents"] == 9


def test_a_manifest_repeats_its_export_and_has_the_denominators(web: Client) -> None:
    told = fetch(web, "/manifest?q=barnchecklista&year=2012&municipality=1260&municipality=1281&text=true")
    assert told["filters"] == {"municipality": ["1260", "1281"], "year_from": 2012, "year_to": 2012}
    assert told["documents"] == len(through_lines(web, told["address"])) > 0
    assert told["held"]["by_municipality_and_year"]["1283"]["2018"] == 3
    assert told["index"]["id"] in told["address"]


def through_lines(web: Client, address: str) -> list[Any]:
    where = address.partition("/api/v1")[2].replace("/documents?", "/export/jsonl?")
    return [json.loads(line) for line in web.get("/api/v1" + where).text.splitlines()]


def test_a_page_is_cited_at_its_address(web: Client) -> None:
    answer = web.get("/api/v1/documents/aaaaaaaaaaaa/cite/csl?page=3")
    (item,) = json.loads(answer.text)
    assert item["page"] == "iii" and item["URL"].endswith("processplan-2012.pdf#page=3")
    assert item["accessed"] == {"date-parts": [[2026, 11, 20]]}
    fetch(web, "/documents/aaaaaaaaaaaa/cite/csl?page=9", 404)
    fetch(web, "/documents/aaaaaaaaaaaa/cite/html", 404)
    fetch(web, "/export/exe", 404)


def test_the_interface_offers_the_files_of_what_it_shows(web: Client) -> None:
    page = web.get("/?q=barnchecklista&year=2012..2015&sort=newest&page=1&limit=25").text
    links = [html.unescape(x) for x in re.findall(r'href="(/api/v1/(?:export|manifest)[^"]*)"', page)]
    assert len(links) == 12 and len({web.get(link).status for link in links}) == 1
    assert "/api/v1/export/csv?q=barnchecklista&year=2012..2015&sort=newest" in links
    cited = re.findall(r'href="(/api/v1/documents/[^"]*)"', web.get("/documents/aaaaaaaaaaaa").text)
    assert [web.get(link).status for link in cited] == [200, 200, 200]
