"""OAI-PMH 2.0: harvested by a harvester library, and looked at element by element."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oaipmh_scythe import Scythe
from oaipmh_scythe.config import HTTPConfig
from oaipmh_scythe.exceptions import BadResumptionToken
from web_client import Client, served, stop_time
from web_documents import HOSTILE, collection, document, publish

from indexer import history
from indexer.build import build, contents
from indexer.catalogue import Catalogue
from indexer.cli import main
from indexer.errors import SettingError
from indexer.model import FORMATS, Document, Filters, Gone
from indexer.search import SearchIndex
from search_web import oai
from search_web.app import make_app
from search_web.oai_request import VERBS, Selection, token
from search_web.site import path_of

NS = "{http://www.openarchives.org/OAI/2.0/}"
LEFT, CHANGED = "aaaaaaaaaaab", "eeeeeeeeeeee"
FIRST, SECOND = "2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z"
ODD = (
    "protokoll/2014 03#5?a=b&c=%41", "å ä ö/é", "a+b;c=d", "..", "%", "%2F", "x" * 300, "\"<'>&",
    "https://www.example.se/sida?id=1#del", "back\\slash", "{id}",
)  # fmt: skip


@contextmanager
def built_at(moment: str) -> Iterator[None]:
    """Builds inside are made at this time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexer.build.time.gmtime", lambda *_: time.strptime(moment, "%Y-%m-%dT%H:%M:%SZ"))
        yield


def changed(documents: list[Document]) -> list[Document]:
    return [
        replace(d, title="The rights of the child, anew") if d.id == CHANGED else d
        for d in documents
        if d.id != LEFT
    ]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two generations a day apart; in between one document left and one changed."""
    index = tmp_path_factory.mktemp("oai") / "index"
    documents = [*collection(), *(document(id_, f"Udda {n}") for n, id_ in enumerate(ODD))]
    documents.append(document("0" * 11 + "x", "Trasig\x00\x0b\ud800\ufffe titel", publisher="\x1f&<"))
    with built_at(FIRST):
        publish(index, documents)
    with built_at(SECOND):
        publish(index, changed(documents))
    return index


@pytest.fixture(scope="module")
def web_app(index: Path) -> Any:
    return make_app(SearchIndex(index), settings={"rate_limit": 0, "oai_namespace": "sok.example.se"})


@pytest.fixture(scope="module")
def harvested(web_app: Any) -> Iterator[str]:
    """The address of OAI-PMH on a real server."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with make_server("127.0.0.1", 0, web_app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/oai"
        server.shutdown()


@pytest.fixture
def web(web_app: Any) -> Client:
    return Client(web_app)


def ask(web: Client, verb: str | None = None, **asked: str) -> ET.Element:
    """An answer, looked through for what the schema of the protocol demands."""
    pairs = [("verb", verb)] if verb else []
    answer = web.get(f"/oai?{urlencode([*pairs, *((k.rstrip('_'), v) for k, v in asked.items())])}")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/xml")
    assert answer.headers["Cache-Control"] == "no-store"
    top = ET.fromstring(answer.body)
    assert top.tag == f"{NS}OAI-PMH" and [e.tag for e in top[:2]] == [f"{NS}responseDate", f"{NS}request"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", top[0].text or "") and len(top) == 3
    for header in top.iter(f"{NS}header"):
        tags = [e.tag.removeprefix(NS) for e in header]
        assert tags[:2] == ["identifier", "datestamp"] and set(tags[2:]) <= {"setSpec"}
        assert re.fullmatch(r"oai:sok\.example\.se:[A-Za-z0-9\-_.!~*'();/?:@&=+$,%]+", header[0].text or "")
        assert all(re.fullmatch(r"(kind:[a-z_]+|municipality:\d{4})", e.text or "") for e in header[2:])
    for record in top.iter(f"{NS}record"):
        gone = record[0].get("status") == "deleted"
        assert [e.tag.removeprefix(NS) for e in record] == (["header"] if gone else ["header", "metadata"])
    return top


def error(top: ET.Element) -> str:
    assert top[2].tag == f"{NS}error" and top[2].text
    return str(top[2].get("code"))


def ids(top: ET.Element) -> list[str]:
    return [str(e.text) for e in top.iter(f"{NS}identifier")]


# --- with a harvester -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_harvester_fetches_every_record_in_many_answers(
    harvested: str, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(oai, "RECORDS", 9)
    with Scythe(harvested, http_config=HTTPConfig(http_method=method)) as scythe:
        found: list[Any] = list(scythe.list_records())
        assert len(found) == 49 and len({r.header.identifier for r in found}) == 49
        assert [r.header.identifier for r in found if r.deleted] == [f"oai:sok.example.se:{LEFT}"]
        told = {r.header.identifier.rpartition(":")[2]: r.metadata for r in found if not r.deleted}
        assert told["aaaaaaaaaaaa"]["title"] == ["Processplan 2012"]
        assert told["aaaaaaaaaaaa"]["coverage"] == ["Eslöv", "Bjuv", "2012", "2013"]
        assert told["aaaaaaaaaaaa"]["date"] == ["2012-03-14"]
        assert told["bbbbbbbbbbbb"]["title"] == [HOSTILE]
        assert told["00000000000x"]["title"][0].split() == ["Trasig", "?", "titel"]


def test_a_harvester_understands_the_repository(harvested: str) -> None:
    with Scythe(harvested) as scythe:
        about: Any = scythe.identify()
        assert (about.deletedRecord, about.granularity) == ("persistent", "YYYY-MM-DDThh:mm:ssZ")
        assert about.earliestDatestamp == FIRST and about.baseURL == harvested
        formats: list[Any] = list(scythe.list_metadata_formats())
        assert [f.metadataPrefix for f in formats] == ["oai_dc"]
        sets: dict[str, str] = {s.setSpec: s.setName for s in scythe.list_sets()}
        assert sets["municipality:1283"] == "Helsingborg" and sets["kind:minutes"] == "Protokoll"
        for set_ in sets:
            assert list(scythe.list_identifiers(set_=set_))


def test_a_second_harvest_gets_what_changed_and_what_left(harvested: str) -> None:
    with Scythe(harvested) as scythe:
        found: list[Any] = list(scythe.list_records(from_="2026-11-20T10:00:01Z"))
    assert {(r.header.identifier[-12:], r.deleted) for r in found} == {(CHANGED, False), (LEFT, True)}
    assert {r.header.datestamp for r in found} == {SECOND}


@pytest.mark.parametrize("id_", ODD)
def test_ids_of_any_characters_are_found_again(harvested: str, id_: str) -> None:
    with Scythe(harvested) as scythe:
        found: Any = scythe.get_record(f"oai:sok.example.se:{quote(id_, safe='')}")
    (page,) = found.metadata["identifier"]
    assert page.endswith(path_of(id_))


# --- selection --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 49),
        ({"from_": "2026-11-21"}, 2),
        ({"until": "2026-11-20"}, 47),
        ({"from_": "2026-11-20", "until": "2026-11-21"}, 49),
        ({"from_": FIRST, "until": FIRST}, 47),
        ({"set_": "kind:process_plan"}, 2),
        ({"set_": "municipality:1285"}, 2),
        ({"set_": "municipality:1285", "from_": SECOND}, 1),
        ({"set_": "kind"}, 35),
        ({"set_": "municipality"}, 35),
    ],
)
def test_lists_are_bounded_by_time_and_set_also_in_pieces(
    web: Client, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str], count: int
) -> None:
    whole = ids(ask(web, "ListIdentifiers", metadataPrefix="oai_dc", **asked))
    assert len(whole) == count
    monkeypatch.setattr(oai, "HEADERS", max(1, count // 2))
    piece = ask(web, "ListIdentifiers", metadataPrefix="oai_dc", **asked)
    found = ids(piece)
    while rest := piece.findtext(f".//{NS}resumptionToken"):
        piece = ask(web, "ListIdentifiers", resumptionToken=rest)
        found += ids(piece)
    assert found == whole


def test_a_document_that_left_is_told_by_its_id_and_time_only(web: Client, index: Path) -> None:
    name = f"oai:sok.example.se:{LEFT}"
    top = ask(web, "GetRecord", metadataPrefix="oai_dc", identifier=name)
    (header,) = top.iter(f"{NS}header")
    assert header.get("status") == "deleted" and header[1].text == SECOND
    assert error(ask(web, "ListMetadataFormats", identifier=name)) == "noMetadataFormats"
    (kept,) = history.last(index)[1].gone
    assert "Processplan" not in repr(kept)


def test_what_comes_back_is_no_longer_gone(tmp_path: Path) -> None:
    index, documents = tmp_path / "index", collection()[:4]
    for moment, held in ((FIRST, documents), (SECOND, documents[1:]), ("2026-11-22T10:00:00Z", documents)):
        with built_at(moment):
            publish(index, held)
    searcher = SearchIndex(index).current()
    assert searcher.gone(documents[0].id) is None
    assert searcher.changed(documents[0].id) == "2026-11-22T10:00:00Z"
    assert searcher.changed(documents[1].id) == FIRST


def test_whatever_a_document_left_for_is_told_and_nothing_that_never_was_held(tmp_path: Path) -> None:
    index, documents = tmp_path / "index", collection()[:5]
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        for d in documents:
            catalogue.put(d, inputs="")
        build(index, contents([catalogue], []))
        catalogue.put(document("never", "Aldrig i indexet"), inputs="")
        for id_, state in zip(
            (documents[0].id, documents[1].id, "never"), ("gone", "noindex", "gone"), strict=True
        ):
            catalogue.set_state(id_, state)
        catalogue.erase(documents[2].id)
        build(index, contents([catalogue], []))
        found = SearchIndex(index).current().changes(Filters(), "", "", 0, 100)[1]
        assert {g.id for g in found if isinstance(g, Gone)} == {d.id for d in documents[:3]}
        # An index that was lost knows from the catalogue what was held, and where.
        build(tmp_path / "anew", contents([catalogue], []))
        told = SearchIndex(tmp_path / "anew").current().changes(Filters(municipality=("1285",)), "", "", 0, 9)
        assert {g.id for g in told[1] if isinstance(g, Gone)} == {documents[0].id, documents[1].id}


def test_what_has_not_changed_keeps_its_time(tmp_path: Path) -> None:
    index, old, new = tmp_path / "index", collection()[0], document("new", "Ny")
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        for moment, one in ((FIRST, old), (SECOND, new)):
            catalogue.put(one, inputs="")
            with built_at(moment):
                build(index, contents([catalogue], []))
        with built_at("2026-11-22T10:00:00Z"):
            assert build(index, contents([catalogue], []), force=True).new
    searcher = SearchIndex(index).current()
    assert (searcher.changed(old.id), searcher.changed(new.id)) == (FIRST, SECOND)


def test_an_index_of_an_older_layout_still_tells_what_was_held(tmp_path: Path) -> None:
    index, documents = tmp_path / "index", collection()[:3]
    publish(index, documents)
    old = index / SearchIndex(index).kept()[0]
    for name in ("meta.json", "engine.json"):
        told = json.loads((old / name).read_text("utf-8"))
        (old / name).write_text(json.dumps(told | {"format": 0}), "utf-8")
    publish(index, documents[1:])
    assert SearchIndex(index).current().gone(documents[0].id) is not None


def test_a_name_that_is_no_domain_is_refused(index: Path) -> None:
    with pytest.raises(SettingError, match="oai_namespace"):
        make_app(SearchIndex(index), settings={"oai_namespace": "sök.se/x"})


# --- tokens -----------------------------------------------------------------------------------------------


def token_of(top: ET.Element) -> str:
    (found,) = top.iter(f"{NS}resumptionToken")
    return found.text or ""


def test_a_token_stays_true_to_its_generation_until_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oai, "HEADERS", 20)
    index, documents = tmp_path / "index", collection()
    publish(index, documents)
    web = served(index, oai_namespace="sok.example.se")
    first = ask(web, "ListIdentifiers", metadataPrefix="oai_dc")
    (about,) = first.iter(f"{NS}resumptionToken")
    assert about.attrib == {"completeListSize": "37", "cursor": "0"}
    generation = SearchIndex(index).kept()[0]
    publish(index, documents[10:])  # a new one is in use now
    rest = ask(web, "ListIdentifiers", resumptionToken=token_of(first))
    assert len({*ids(first), *ids(rest)}) == 37 and token_of(rest) == ""
    (index / generation).rename(tmp_path / "removed")
    assert error(ask(web, "ListIdentifiers", resumptionToken=token_of(first))) == "badResumptionToken"


def test_a_harvester_that_is_too_fast_is_asked_to_wait(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_time(monkeypatch)
    web = served(index, rate_limit=12)  # three at once
    answers = [web.get("/oai?verb=Identify") for _ in range(8)]
    refused = [a for a in answers if a.status != 200]
    assert len(refused) == 5 and {a.status for a in refused} == {503}
    assert all(1 <= int(a.headers["Retry-After"]) <= 5 for a in refused)


def test_a_harvester_is_told_of_a_token_that_is_no_good(harvested: str) -> None:
    with Scythe(harvested) as scythe, pytest.raises(BadResumptionToken):
        list(scythe.list_records(resumption_token="bm90IGEgdG9rZW4"))


# --- errors -----------------------------------------------------------------------------------------------

DC = {"metadataPrefix": "oai_dc"}
SOME = "oai:sok.example.se:aaaaaaaaaaaa"


@pytest.mark.parametrize(
    ("verb", "asked", "code"),
    [
        (None, {}, "badVerb"),
        ("Listrecords", DC, "badVerb"),
        ("Identify", {"set": "kind"}, "badArgument"),
        ("ListRecords", {}, "badArgument"),
        ("GetRecord", DC, "badArgument"),
        ("ListRecords", DC | {"from": "2026-13-01"}, "badArgument"),
        ("ListRecords", DC | {"from": "0000-01-01"}, "badArgument"),
        ("ListRecords", DC | {"from": ""}, "badArgument"),
        ("ListRecords", DC | {"from": "2026"}, "badArgument"),
        ("ListRecords", DC | {"from": "２０２６-11-20"}, "badArgument"),
        ("ListRecords", DC | {"until": "2026-11-20T10:00:00+01:00"}, "badArgument"),
        ("ListRecords", DC | {"from": "2026-11-20", "until": "2026-11-20T10:00:00Z"}, "badArgument"),
        ("ListRecords", DC | {"from": "2026-11-21", "until": "2026-11-20"}, "badArgument"),
        ("ListRecords", DC | {"set": "kind: plan"}, "badArgument"),
        ("ListRecords", DC | {"set": ""}, "badArgument"),
        ("ListRecords", DC | {"resumptionToken": "x"}, "badArgument"),
        ("ListRecords", {"resumptionToken": "x"}, "badResumptionToken"),
        ("ListRecords", {"resumptionToken": "å" * 50}, "badResumptionToken"),
        ("ListRecords", {"resumptionToken": "W1tbW1tb"}, "badResumptionToken"),
        ("ListSets", {"resumptionToken": "x"}, "badResumptionToken"),
        ("ListRecords", {"metadataPrefix": "marc21"}, "cannotDisseminateFormat"),
        ("GetRecord", {"metadataPrefix": "", "identifier": SOME}, "cannotDisseminateFormat"),
        ("GetRecord", DC | {"identifier": "oai:sok.example.se:finnsinte"}, "idDoesNotExist"),
        ("GetRecord", DC | {"identifier": "oai:annan.se:aaaaaaaaaaaa"}, "idDoesNotExist"),
        ("ListMetadataFormats", {"identifier": "%00"}, "idDoesNotExist"),
        ("ListRecords", DC | {"from": "2030-01-01"}, "noRecordsMatch"),
        ("ListRecords", DC | {"set": "kind:nonsense"}, "noRecordsMatch"),
        ("ListRecords", DC | {"set": "kind:none"}, "noRecordsMatch"),
        ("ListRecords", DC | {"set": "municipality:9999"}, "noRecordsMatch"),
    ],
)
def test_every_mistake_has_its_code(web: Client, verb: str | None, asked: dict[str, str], code: str) -> None:
    top = ask(web, verb, **asked)
    assert error(top) == code
    repeated = {"verb": verb, **asked} if code not in ("badVerb", "badArgument") else {}
    assert top[1].attrib == repeated and top[1].text == "http://127.0.0.1/oai"


NAMES = st.sampled_from(["verb", "metadataPrefix", "from", "until", "set", "identifier", "resumptionToken"])
VALUES = st.one_of(
    st.sampled_from([*VERBS, "oai_dc", "kind", "municipality:1283", FIRST, "2026-11-20", SOME]), st.text()
)


@given(st.lists(st.tuples(st.one_of(NAMES, st.text(max_size=3)), VALUES), max_size=5))
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked_gets_an_answer_of_the_protocol(web: Client, pairs: list[tuple[str, str]]) -> None:
    answer = web.get(f"/oai?{urlencode(pairs, errors='replace')}")
    assert answer.status == 200 and len(ET.fromstring(answer.body)) == 3


@given(st.one_of(st.text(), st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode())))
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_no_token_but_ours_is_taken(web: Client, text: str) -> None:
    query = urlencode({"verb": "ListRecords", "resumptionToken": text}, errors="replace")
    assert 'code="badResumptionToken"' in web.get(f"/oai?{query}").text


def test_identifiers_are_described(web: Client) -> None:
    (scheme,) = (e for e in ask(web, "Identify").iter() if e.tag.endswith("}oai-identifier"))
    told = [str(e.text) for e in scheme]
    assert told == ["oai", "sok.example.se", ":", "oai:sok.example.se:0123456789ab"]


def test_a_repeated_argument_is_a_mistake(web: Client) -> None:
    for query in ("verb=Identify&verb=Identify", "verb=ListRecords&metadataPrefix=oai_dc&set=kind&set=kind"):
        assert 'code="bad' in web.get(f"/oai?{query}").text


def test_a_token_of_another_list_or_beyond_the_end_is_no_good(web: Client, index: Path) -> None:
    name = SearchIndex(index).current().generation.id
    for verb, offset in (("ListIdentifiers", 5), ("ListRecords", 5_000), ("ListRecords", -1)):
        made = token(verb, Selection(offset=offset, generation=name))
        assert error(ask(web, "ListRecords", resumptionToken=made)) == "badResumptionToken"
    for name in ("", "..", "../x"):
        made = token("ListRecords", Selection(offset=5, generation=name))
        assert error(ask(web, "ListRecords", resumptionToken=made)) == "badResumptionToken"


def test_an_empty_repository_says_so(tmp_path: Path) -> None:
    web = served(publish(tmp_path / "index", []))
    assert error(ask(web, "ListRecords", metadataPrefix="oai_dc")) == "noRecordsMatch"
    assert error(ask(web, "ListSets")) == "noSetHierarchy"
    assert ask(web, "Identify")[2].tag == f"{NS}Identify"


def test_records_tell_the_media_type_of_every_format(tmp_path: Path) -> None:
    """PowerPoint 97, Excel 97, OpenDocument's tables and slides, and RTF were left out."""
    web = served(
        publish(tmp_path, [document(form, form, format=form) for form in FORMATS]),
        oai_namespace="sok.example.se",
    )
    top = ask(web, "ListRecords", metadataPrefix="oai_dc")
    told = {str(e.text) for e in top.iter("{http://purl.org/dc/elements/1.1/}format")}
    assert len(told) == len(FORMATS) - 1  # pictures have several


# --- from the command line --------------------------------------------------------------------------------


def test_a_removal_on_request_is_told_without_a_word_of_the_document(tmp_path: Path) -> None:
    corpus, index, file = tmp_path / "corpus", tmp_path / "index", tmp_path / "in.jsonl"
    lines = [{"id": f"sida/{n}", "title": f"Hemlig rubrik {n}", "text": "Hemlig text."} for n in range(3)]
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    where = ["--corpus", str(corpus), "--index", str(index)]
    assert main(["import", str(file), *where]) == 0
    assert main(["forget", "sida/1", "--reason", "begäran", *where]) == 0
    web = served(index, oai_namespace="sok.example.se")
    top = ask(web, "ListRecords", metadataPrefix="oai_dc")
    status = {str(h[0].text)[-1]: h.get("status") for h in top.iter(f"{NS}header")}
    assert status == {"0": None, "1": "deleted", "2": None}
    assert "rubrik 1" not in ET.tostring(top, "unicode")
    (kept,) = history.last(index)[1].gone
    # Also when the index is lost and built anew from the corpus.
    index.rename(tmp_path / "lost")
    assert main(["import", str(file), *where]) == 0  # it stays away, too
    assert [g.id for g in history.last(index)[1].gone] == [kept.id] == ["sida/1"]
