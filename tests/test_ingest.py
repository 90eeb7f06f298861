"""Captures become documents, and again only where something has changed."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest
from captured import HOST, LONG, A, Captured, page
from fpdf import FPDF

from indexer import ingest as ingesting
from indexer import understand
from indexer.catalogue import Catalogue
from indexer.enrich import alike
from indexer.errors import CatalogueError, KompassError, SettingError
from indexer.export import record
from indexer.extract import Job, extract
from indexer.identity import document_id
from indexer.ingest import Report, ingest
from indexer.intake import key_of, locked
from indexer.model import Document, Extract, Source
from indexer.removal import forget


@pytest.fixture
def site(tmp_path: Path) -> Captured:
    return Captured(tmp_path / "store")


def run(site: Captured, *sources: Source, full: bool = False) -> Report:
    return ingest(sources or (A,), site.corpus, full=full)


def held(site: Captured) -> dict[str, Document]:
    """path → document"""
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        return {d.url.removeprefix(HOST): d for d in catalogue.documents()}


def failures(site: Captured) -> dict[str, str]:
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        return {f.url.removeprefix(HOST): f.reason for _, f in catalogue.failures()}


def pdf(*lines: str) -> bytes:
    made = FPDF()
    made.set_creation_date(datetime(2012, 5, 11, tzinfo=UTC))
    made.add_page()
    made.set_font("Helvetica", size=12)
    for line in lines:
        made.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


PLAN = '<a href="/filer/plan.pdf">Processplan för Helsingborg</a>'
LINKS = f"<h2>Dokument</h2><h3>2012</h3><ul><li>{PLAN}</li></ul>"


def test_a_page_and_the_file_it_links_to_become_documents(site: Captured) -> None:
    site.answer("/", page("Barnets rättigheter i Helsingborg", LONG, LINKS))
    site.answer("/filer/plan.pdf", pdf("Processplan", "Barnrattsarbetet i kommunen."))
    report = run(site)
    assert (report.captures, report.new, report.documents) == (2, 2, 2)
    documents = held(site)
    start, plan = documents["/"], documents["/filer/plan.pdf"]
    assert start.title == "Barnets rättigheter i Helsingborg" and start.municipalities == ("1283",)
    assert (plan.format, plan.page_count, plan.found_on) == ("pdf", 1, f"{HOST}/")
    assert (plan.anchor, plan.headings[-2:]) == ("Processplan för Helsingborg", ("Dokument", "2012"))
    assert 2012 in plan.years and plan.kind == "process_plan"
    assert any(e.field == "years" and "2012" in e.value for e in plan.evidence)
    assert plan.id == document_id(f"{HOST}/filer/plan.pdf") and plan.capture and plan.digest
    assert "Barnrattsarbetet" in plan.text[0].text


def test_what_has_not_changed_is_not_done_again(site: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    site.answer("/", page("Start", LONG, LINKS))
    run(site)
    before = held(site)
    site.next_day()
    site.answer("/", status=304)

    def never(*_: object) -> None:
        raise AssertionError("read or understood again")

    monkeypatch.setattr(understand, "understand", never)
    monkeypatch.setattr("indexer.intake.Extractor", never)
    report = run(site)
    assert (report.captures, report.read, report.new, report.changed, report.updated) == (1, 0, 0, 0, 0)
    after = held(site)
    assert after["/"].checked_at != before["/"].checked_at
    assert replace(after["/"], checked_at=None) == replace(before["/"], checked_at=None)


def test_a_link_that_says_more_changes_what_a_file_is_taken_for(site: Captured) -> None:
    site.answer("/", page("Start", LONG, '<a href="/filer/plan.pdf">Läs mer</a>'))
    site.answer("/filer/plan.pdf", pdf("Barnrattsarbetet i kommunen."))
    run(site)
    assert held(site)["/filer/plan.pdf"].years == ()
    site.next_day()
    site.answer("/", page("Start", LONG, LINKS))
    report = run(site)
    assert (report.updated, report.changed) == (1, 1)  # the file, and the text of the page
    plan = held(site)["/filer/plan.pdf"]
    assert 2012 in plan.years and plan.version == 1


def test_a_document_keeps_so_many_links_and_of_those_alike_a_few(site: Captured) -> None:
    for n in range(12):
        own = "".join(f'<p><a href="/plan">Planen {n} {i}</a></p>' for i in range(5))
        site.answer(f"/{n}", page(f"Sida {n}", f"{LONG} {n}.", f'{own}<a href="/plan">Planen</a>'))
    site.answer("/plan", page("Planen", LONG))
    run(site)
    anchors = [link.anchor for link in held(site)["/plan"].links]
    assert len(anchors) == 50 and anchors.count("Planen") == 5


def test_short_pages_are_one_document_only_when_their_bytes_are_the_same(site: Captured) -> None:
    for n, text in enumerate(("Kort.", LONG)):
        for name in "ab":
            site.answer(f"/{name}{n}", page(f"Sida {n}", text, head=f'<meta name="x" content="{name}">'))
    run(site)
    assert set(held(site)) == {"/a0", "/b0", "/a1"}


def test_a_page_at_four_forms_of_its_address_is_one_document_known_by_the_https_one(site: Captured) -> None:
    hosts = ["http://a.se", "https://a.se", "http://www.a.se", HOST]
    for host in hosts:
        site.answer("/barn/", page("Barn", LONG, head=f'<meta name="x" content="{host}">'), host=host)
    run(site)
    (document,) = held(site).values()
    assert document.url == "https://a.se/barn/" and len(document.also_at) == 3
    assert document.id == document_id("http://a.se/barn/")


def test_pages_of_one_title_that_name_one_as_canonical_keep_their_own_texts(site: Captured) -> None:
    """So do portals of meetings: the address without the number is called canonical by all."""
    head = '<link rel="canonical" href="/mote">'
    for path, what, more in (
        ("/mote", "skolskjuts", ""),
        ("/mote?id=1", "lekplatser", ""),
        ("/mote?id=2", "fritidshem", ""),
        ("/mote?sort=namn", "skolskjuts", "\nSorterat."),
    ):
        text = f"{LONG} Nämnden talar om {what}.\nBeslut om {what} fattas.\nOrdföranden om {what}.{more}"
        site.answer(path, page("Mötesdetaljer", text, head=head))
    run(site)
    assert {path: d.also_at for path, d in held(site).items()} == {
        "/mote": (f"{HOST}/mote?sort=namn",), "/mote?id=1": (), "/mote?id=2": ()
    }  # fmt: skip


def test_a_short_page_is_not_the_start_page_by_the_foot_that_all_pages_share(site: Captured) -> None:
    foot = "".join(f"<p>Kommunens {what} 0999</p>" for what in ("växel", "fax", "jour", "torg", "nummer"))
    head = '<link rel="canonical" href="/">'
    site.answer("/", page("Välkommen", LONG, foot))
    for n in range(12):
        site.answer(f"/{n}", page(f"Fritidsgård {n}", f"Öppet {'abcdefghijkl'[n] * 5}.", foot, head))
    run(site)
    assert len(held(site)) == 13


@pytest.mark.parametrize(
    "name",
    [
        "filename=\"x.pdf\"; filename*=UTF-8''Barnbokslut%20f%C3%B6r%20%C3%A5r%202013.pdf",
        "filename*=iso-8859-1'sv'Barnbokslut%20f%F6r%20%E5r%202013.pdf",
        'filename="C:\\filer\\Barnbokslut för år 2013.pdf"',
        "filename=Barnbokslut%20f%C3%B6r%20%C3%A5r%202013.pdf",
    ],
)
def test_a_file_whose_address_has_no_name_is_called_as_its_server_calls_it(site: Captured, name: str) -> None:
    site.answer("/", page("Handlingar", LONG, '<a href="/dokument?id=12">Dokument</a>'))
    site.answer("/dokument?id=12", pdf("1"), content_disposition=f"attachment; {name}")
    site.answer("/plan.pdf", pdf("2"), content_disposition=f"attachment; {name}")
    run(site)
    document = held(site)["/dokument?id=12"]
    assert (document.title, document.years) == ("Barnbokslut för år 2013", (2013,))
    assert held(site)["/plan.pdf"].years == ()


@pytest.mark.parametrize(
    "name",
    ["", "filename=", "filename*=UTF-8''%", "filename*=nix'sv'%61.pdf", "filename=x.html",
     "filename*=undefined''%61.pdf", "filename*=idna''%61.pdf", "filename*=punycode''%e5.pdf"],
)  # fmt: skip
def test_what_a_server_says_of_no_file_names_nothing(site: Captured, name: str) -> None:
    site.answer("/dokument?id=12", pdf("1"), content_disposition=f"attachment; {name}")
    run(site)
    assert held(site)["/dokument?id=12"].title == "Dokument"


def test_every_change_of_text_is_a_version_also_between_two_ingests(site: Captured) -> None:
    site.answer("/plan", page("Plan", f"{LONG} Första."))
    run(site)
    for word in ("Andra", "Tredje"):
        site.next_day()
        site.answer("/plan", page("Plan", f"{LONG} {word}."))
    site.next_day()
    site.answer("/plan", status=304)
    report = run(site)
    assert (report.changed, report.documents) == (1, 1)
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        versions = list(catalogue.versions(document_id(f"{HOST}/plan")))
        keys = dict.fromkeys(key_of(c) or "" for c in catalogue.captures_of(f"{HOST}/plan"))
        read = [bool(catalogue.readings.extract_data(key)) for key in keys]
    assert read == [False, False, True], "versions have the others"
    assert [(v.version, v.text[0].text.split()[-1]) for v in versions] == [
        (3, "Tredje."), (2, "Andra."), (1, "Första."),
    ]  # fmt: skip
    assert [v.fetched_at for v in versions] == [f"2026-01-0{d}T12:00:01Z" for d in (3, 2, 1)]


def test_bytes_that_change_without_the_text_make_no_version(site: Captured) -> None:
    for n in range(3):
        site.answer("/plan", page("Plan", LONG, head=f'<meta name="csrf" content="{n}">'))
        run(site)
        site.next_day()
    assert held(site)["/plan"].version == 1


def snapshot(site: Captured) -> list[str]:
    """Everything that an export says, and all versions."""
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        found = list(catalogue.documents())
        versions = {
            d.id: [(v.version, v.fetched_at, v.text) for v in catalogue.versions(d.id)] for d in found
        }
    return [json.dumps(record(d, d.text)) + str(d.evidence) + str(versions[d.id]) for d in found]


def several_crawls(site: Captured) -> Iterator[None]:
    """Three crawls of a site on which things change, move and go."""
    site.answer("/", page("Start", LONG, LINKS + '<a href="/gammal">Policy 2012</a>'))
    site.answer("/filer/plan.pdf", pdf("Processplan 2012"))
    site.answer("/gammal", page("Policy", f"{LONG} Policy."))
    site.answer("/borta", page("Borta", f"{LONG} Borta."))
    site.pages(3)
    for year in (2012, 2013):
        site.answer(f"/plan-{year}", page(f"Handlingsplan för barn {year}", f"{LONG} Året är {year}."))
    yield
    site.next_day()
    site.answer("/", page("Start", LONG, LINKS + '<a href="/ny">Policy 2013</a>'))
    site.answer("/filer/plan.pdf", pdf("Processplan 2012", "Reviderad"))
    site.answer("/gammal", status=301, location="/ny")
    site.answer("/ny", page("Policy", f"{LONG} Policy."))
    site.answer("/borta", status=404)
    yield
    site.next_day(7)
    site.answer("/", status=304)
    site.answer("/ny", page("Policy", f"{LONG} Ny policy 2013."))
    site.answer("/borta", status=404)
    site.answer("/kopia.pdf", pdf("Processplan 2012", "Reviderad"))
    yield


def test_one_crawl_at_a_time_and_all_from_the_archive_give_the_same(site: Captured) -> None:
    for _ in several_crawls(site):
        run(site)
    step_by_step = snapshot(site)
    documents = held(site)
    assert documents["/plan-2012"].series == documents["/plan-2013"].series is not None
    assert documents["/ny"].id == document_id(f"{HOST}/gammal") and documents["/ny"].version == 2
    assert documents["/filer/plan.pdf"].also_at == (f"{HOST}/kopia.pdf",) and "/borta" not in documents
    run(site, full=True)
    assert snapshot(site) == step_by_step
    (site.corpus / "catalogue.sqlite").unlink()
    run(site, full=True)
    assert snapshot(site) == step_by_step


def test_reading_all_again_keeps_the_order_of_a_time_when_the_clock_was_wrong(site: Captured) -> None:
    site.next_day(100)
    site.answer("/a", page("A", LONG))
    site.next_day(-90)
    site.answer("/a", page("A ändrad", LONG))
    run(site)
    before = held(site)
    run(site, full=True)
    assert held(site)["/a"].title == before["/a"].title == "A ändrad"


def test_full_without_an_archive_changes_nothing(site: Captured) -> None:
    site.pages(2)
    run(site)
    shutil.rmtree(site.corpus / "warc")
    with pytest.raises(CatalogueError, match="backup"):
        run(site, full=True)
    assert len(held(site)) == 2


def test_what_is_not_to_be_indexed_is_left_out_and_listed(site: Captured) -> None:
    site.answer("/a", page("Hemlig", LONG, head='<meta name="robots" content="noindex">'))
    site.answer("/b", page("Rubrik", LONG), x_robots_tag="noindex")
    site.answer("/c", page("Sidan kunde inte hittas", "Sidan du söker finns inte."))
    site.answer("/d", '<title>Logga in</title><form><input type="password"></form>')
    site.answer("/e.pdf", b"")
    site.answer("/f.zip", b"PK\x03\x04" + bytes(60))
    site.answer("/bra", page("Bra", LONG))
    run(site)
    assert set(held(site)) == {"/bra"}
    assert failures(site) == {
        "/a": "noindex", "/b": "noindex", "/c": "soft_404", "/d": "login", "/e.pdf": "empty",
        "/f.zip": "unsupported",
    }  # fmt: skip


def test_a_page_not_to_be_indexed_stays_out_when_it_has_not_changed(site: Captured) -> None:
    site.answer("/a", page("Hemlig", LONG), x_robots_tag="noindex")
    run(site)
    site.next_day()
    site.answer("/a", status=304)  # without the header, as Apache answers
    run(site)
    assert held(site) == {} and failures(site) == {"/a": "noindex"}
    site.next_day()
    site.answer("/a", status=304, x_robots_tag="all")
    run(site)
    assert set(held(site)) == {"/a"}


def test_a_page_put_in_place_of_the_whole_site_takes_nothing_away(site: Captured) -> None:
    site.pages(5)
    run(site)
    before = {path: d.title for path, d in held(site).items()}
    down = page("Vi uppgraderar", "Välkommen tillbaka om en stund.")
    for days, count in ((7, 3), (1, 5), (14, 5)):  # it begins with a few, and lasts
        site.next_day(days)
        for n in range(count):
            site.answer(f"/sida{n}", down)
        run(site)
    assert {path: d.title for path, d in held(site).items()} == before
    assert failures(site) == dict.fromkeys(before, "replaced")
    run(site, full=True)
    assert {path: d.title for path, d in held(site).items()} == before
    site.next_day(7)
    site.answer("/sida0", page("Sida 0", f"{LONG} Omarbetad."))
    run(site, full=True)
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        versions = list(catalogue.versions(held(site)["/sida0"].id))
    assert [v.title for v in versions] == ["Sida 0"] * 2 and "/sida0" not in failures(site)
    site.next_day(20)  # a month
    for n in range(1, 5):
        site.answer(f"/sida{n}", down)
    run(site)
    assert set(held(site)) == {"/sida0"}


def test_a_failure_is_forgotten_when_it_is_mended(site: Captured) -> None:
    site.answer("/a.pdf", b"%PDF-1.4 damaged")
    run(site)
    assert held(site)["/a.pdf"].read_by == "none" and failures(site)["/a.pdf"] == "damaged"
    site.next_day()
    site.answer("/a.pdf", pdf("Hel igen"))
    run(site)
    assert held(site)["/a.pdf"].read_by == "text" and failures(site) == {}


def test_personal_identity_numbers_never_reach_the_catalogue(site: Captured) -> None:
    number = "811218-9876"
    site.answer(
        "/a",
        page(
            f"Beslut {number}", f"{LONG}\nOm {number} i text.", f'<h2>{number}</h2><a href="/b">{number}</a>'
        ),
    )
    site.answer("/b", page("B", LONG))
    run(site)
    assert len(held(site)) == 2
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        catalogue.commit()
    content = b"".join(p.read_bytes() for p in site.corpus.glob("catalogue.sqlite*"))
    assert number.encode() not in content
    assert number not in str(snapshot(site)) and "[personnummer]" in str(snapshot(site))


def test_blocks_that_repeat_across_a_site_are_not_text(site: Captured) -> None:
    contact = "<section><p>Ring kommunens kontaktcenter på telefon, vi svarar alla vardagar.</p></section>"
    for n in range(6):
        site.answer(f"/{n}", page(f"Sida {n}", f"{LONG} Alldeles egen text {n}. {'abcdef'[n] * 9}", contact))
    run(site)
    assert all("kontaktcenter" not in str(d.text) for d in held(site).values())
    assert all("egen text" in str(d.text) for d in held(site).values())


def test_a_source_with_a_bar_keeps_only_what_is_on_the_topic(site: Captured) -> None:
    site.answer("/barn", page("Barnets rättigheter", f"{LONG} Barnkonventionen och barnets bästa."))
    site.answer(
        "/vag", page("Vägarbete", "Storgatan stängs av för asfaltering under två veckor i juni. " * 8)
    )
    focused = replace(A, relevance=0.5)
    report = run(site, focused)
    assert set(held(site)) == {"/barn"} and failures(site) == {"/vag": "not_on_topic"}
    assert report.problems == {"not_on_topic": 1}
    assert not run(site, focused).problems
    assert set(failures(site)) == {"/vag"}
    run(site, A)
    assert set(held(site)) == {"/barn", "/vag"} and failures(site) == {}
    assert run(site, focused).removed == {"not_on_topic": 1}


def test_a_source_that_is_no_longer_listed_keeps_its_documents(site: Captured) -> None:
    site.pages(2)
    run(site)
    before = snapshot(site)
    assert ingest((), site.corpus).documents == 2
    assert snapshot(site) == before


def test_documents_of_a_source_that_was_never_listed_are_held_without_a_publisher(site: Captured) -> None:
    site.pages(1)
    assert ingest((), site.corpus).documents == 1
    (document,) = held(site).values()
    assert (document.source, document.publisher, document.organisation_type) == ("a", None, None)


def test_an_address_that_two_sources_fetched_belongs_to_the_one_in_whose_scope_it_is(site: Captured) -> None:
    part = replace(A, id="del", start_urls=(f"{HOST}/barn/",), publisher="Del")
    for source in ("del", "a"):
        site.answer("/", page("Start", LONG), source=source)
        site.answer("/barn/", page("Barn", f"{LONG} Barn."), source=source)
    run(site, part, A)
    assert {path: d.source for path, d in held(site).items()} == {"/": "a", "/barn/": "del"}
    run(site, part)
    assert {d.source for d in held(site).values()} == {"del"}


def test_a_change_of_the_vocabulary_is_noticed(site: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages(2)
    run(site)
    monkeypatch.setattr(ingesting, "_rules", lambda: "others")
    assert run(site).updated == 2
    assert run(site).updated == 0


def test_a_change_of_the_reading_code_reads_what_is_held_again(
    site: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages(2)
    run(site)
    monkeypatch.setattr("indexer.intake._rules", lambda: "others")
    report = run(site)
    assert (report.read, report.captures, report.changed) == (2, 0, 0)


def test_old_formats_are_read_again_when_libreoffice_has_come(
    site: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.answer("/a.rtf", b"{\\rtf1 Barnets plan}")
    for program, read in ((None, 1), (None, 0), ("/usr/bin/soffice", 1)):
        monkeypatch.setattr("indexer.extract.legacy.program", lambda found=program: found)
        assert run(site).read == read


class Here:
    """Reads files in this process: a worker has the environment that the first one was started with."""

    def __init__(self, **_: object) -> None: ...

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, jobs: Iterable[Job]) -> Iterator[tuple[object, Extract]]:
        for job in jobs:
            yield job.key, extract(job.payload, job.media_type, job.url, job.charset)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for LibreOffice while it is there: what it is given becomes one and the same docx."""
    made = docx.Document()
    made.add_paragraph(LONG)
    made.save(tmp_path / "ready.docx")
    program = tmp_path / "bin" / "soffice"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncp {tmp_path}/ready.docx "$TMPDIR/document.docx"\n')
    program.chmod(0o755)
    monkeypatch.setattr("indexer.intake.Extractor", Here)
    monkeypatch.setattr("indexer.extract.legacy.program", lambda: str(program) if program.exists() else None)
    return program


def test_libreoffice_that_comes_or_goes_has_only_old_formats_read_and_costs_no_text(
    site: Captured, office: Path
) -> None:
    there = office.rename(office.with_name("away"))
    site.pages(2)
    site.answer("/a.rtf", b"{\\rtf1 Barnets plan}")
    run(site)
    assert not held(site)["/a.rtf"].text and failures(site) == {"/a.rtf": "no_libreoffice"}
    there.rename(office)
    report = run(site)
    assert (report.read, report.changed, report.updated) == (1, 1, 0)
    assert LONG in held(site)["/a.rtf"].text[0].text and failures(site) == {}
    office.unlink()
    report = run(site)
    assert (report.read, report.changed) == (1, 0)
    assert LONG in held(site)["/a.rtf"].text[0].text


def test_a_file_that_took_too_long_is_tried_again_after_the_next_crawl(site: Captured, office: Path) -> None:
    ready = office.read_text()
    office.write_text("#!/bin/sh\nkill -9 $$\n")
    for path in ("/a.rtf", "/b.rtf"):
        site.answer(path, f"{{\\rtf1 Barnets plan {path}}}".encode())
    assert run(site).read == 2 and failures(site) == dict.fromkeys(("/a.rtf", "/b.rtf"), "timeout")
    assert run(site).read == 0
    site.next_day()
    site.answer("/a.rtf", status=304)
    assert run(site).read == 1 and "/a.rtf" in failures(site)  # and once is enough
    office.write_text(ready)
    site.next_day()
    for path in ("/a.rtf", "/b.rtf"):
        site.answer(path, status=304)
    assert run(site).read == 1 and failures(site) == {"/a.rtf": "timeout"}
    assert LONG in held(site)["/b.rtf"].text[0].text


def test_one_document_that_cannot_be_understood_stops_nothing(
    site: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages(3)
    enrich = understand.enrich

    def broken(extract: object, context: object, vocabulary: object) -> object:
        if "Sida 1" in str(extract):
            raise RuntimeError("odd")
        return enrich(extract, context, vocabulary)

    monkeypatch.setattr(understand, "enrich", broken)
    run(site)
    assert set(held(site)) == {"/sida0", "/sida2"} and failures(site) == {"/sida1": "failed"}
    monkeypatch.setattr(understand, "enrich", enrich)
    run(site)
    assert len(held(site)) == 3 and failures(site) == {}


def test_a_document_that_takes_too_long_is_given_up(site: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages(1)
    monkeypatch.setattr(understand, "SECONDS", 0.05)

    def endless(*_: object) -> None:
        while True:
            pass

    monkeypatch.setattr(understand, "enrich", endless)
    run(site)
    assert failures(site) == {"/sida0": "failed"}


def test_many_documents_are_understood_in_several_processes_alike(
    site: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages(6)
    run(site)
    alone = snapshot(site)
    monkeypatch.setattr(understand, "FEW", 2)
    monkeypatch.setattr(understand, "CHUNK", 2)
    run(site, full=True)
    assert snapshot(site) == alone


def test_editions_of_one_another_become_a_series(site: Captured) -> None:
    for year in (2012, 2013):
        site.answer(
            f"/plan-{year}", page(f"Handlingsplan för barnets rättigheter {year}", f"{LONG} Året är {year}.")
        )
    run(site)
    series = {d.series for d in held(site).values()}
    assert len(series) == 1 and None not in series


def test_a_second_ingest_at_the_same_time_is_told_so(site: Captured) -> None:
    site.pages(1)
    with locked(site.corpus), pytest.raises(KompassError, match="already"):
        run(site)


def test_what_is_forgotten_is_nowhere_and_stays_away(site: Captured) -> None:
    site.answer("/", page("Start", LONG, '<a href="/x">Hemligt ärende</a>'))
    site.answer("/x", page("Någons namn", f"{LONG} Alldeles hemligt."))
    run(site)
    site.next_day()
    site.answer("/x", page("Ärende", f"{LONG} Alldeles hemligt."))
    run(site)
    removed = forget(site.corpus, [document_id(f"{HOST}/x")], "begärt av den det gäller")
    assert removed == [f"{HOST}/x"]
    assert "Någons namn".encode() not in (site.corpus / "catalogue.sqlite").read_bytes()
    run(site)
    run(site, full=True)
    assert set(held(site)) == {"/"}
    records = b"".join(gzip.decompress(p.read_bytes()) for p in (site.corpus / "warc").rglob("*.gz"))
    assert b"Alldeles hemligt" not in records and b"removed: beg" in records
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        assert catalogue.forgotten(f"{HOST}/x") and catalogue.last_answer(f"{HOST}/x") is None
    (site.corpus / "catalogue.sqlite").unlink()
    run(site, full=True)
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        assert catalogue.forgotten(f"{HOST}/x")
    with pytest.raises(SettingError, match="Nothing is held"):
        forget(site.corpus, ["https://www.a.se/never"], "x")


@pytest.mark.parametrize(
    "moment", ["archive.rewrite_without", "readings.Readings.erase", "catalogue.Catalogue.erase_captures",
               "catalogue.Catalogue.erase", "catalogue.Catalogue.wipe"],
)  # fmt: skip
@pytest.mark.parametrize("full", [False, True])
def test_a_removal_that_was_stopped_is_gone_on_with_by_the_next_reading(
    site: Captured, monkeypatch: pytest.MonkeyPatch, moment: str, full: bool
) -> None:
    site.answer("/", page("Start", LONG, '<a href="/x">Hemligt ärende</a>'))
    site.answer("/x", page("Ärende", f"{LONG} Alldeles hemligt."))
    site.answer("/y", page("Ärende", f"{LONG} Alldeles hemligt."))  # the same document
    run(site)
    with monkeypatch.context() as stopping:

        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        stopping.setattr(f"indexer.{'crawl.' if 'archive' in moment else ''}{moment}", stop)
        with pytest.raises(KeyboardInterrupt):
            forget(site.corpus, [document_id(f"{HOST}/x")], "begärt")
    run(site, full=full)
    assert set(held(site)) == {"/"}
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        assert not catalogue.unremoved() and catalogue.document(document_id(f"{HOST}/x")) is None
    for kept in [*(site.corpus / "warc").rglob("*.gz"), site.corpus / "catalogue.sqlite"]:
        data = kept.read_bytes()
        assert b"Alldeles hemligt" not in (gzip.decompress(data) if kept.suffix == ".gz" else data)


def test_a_record_that_is_missing_in_the_archive_is_one_failure(site: Captured) -> None:
    site.pages(2)
    for path in (site.corpus / "warc" / "a").iterdir():
        if b"sida1" in gzip.decompress(path.read_bytes()):
            path.unlink()
    run(site)
    assert set(held(site)) == {"/sida0"} and failures(site) == {"/sida1": "archive"}


def test_reading_all_again_from_a_damaged_archive_tells_what_it_lacks(site: Captured) -> None:
    site.answer("/a", page("A", LONG))
    site.answer("/b", page("B", LONG + " Om B."))
    site.next_day()
    site.answer("/a", status=304)
    run(site)
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        (lost, _) = catalogue.captures_of(f"{HOST}/a")
    first = site.corpus / lost.warc
    whole = first.read_bytes()
    middle = lost.offset + lost.length // 2
    first.write_bytes(whole[:middle] + bytes(20) + whole[middle + 20 :])
    run(site, full=True)
    assert set(held(site)) == {"/b"} and failures(site) == {"/a": "archive"}
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        assert len(list(catalogue.captures())) == 3 and catalogue.is_lost("a", f"{HOST}/a")
    first.write_bytes(whole)
    run(site, full=True)
    assert set(held(site)) == {"/a", "/b"} and failures(site) == {}


KILLED = """
import os, signal, sys
from pathlib import Path
from captured import A
from indexer import intake, ingest, readings, catalogue, database
database.COMMIT_ROWS = 1  # as with a large catalogue
where, method, calls = sys.argv[2].split(":")
owner = eval(where)
real, left = getattr(owner, method), [int(calls)]
def killed(*a, **k):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*a, **k)
setattr(owner, method, killed)
ingest.ingest((A,), Path(sys.argv[1]), full="full" in sys.argv)
"""


@pytest.mark.parametrize(
    "moment",
    ["readings.Readings:put_extract:2", "readings.Readings:put_links:3", "catalogue.Catalogue:put:4",
     "catalogue.Catalogue:set_ties:0"],
)  # fmt: skip
def test_an_ingest_killed_at_any_moment_goes_on_to_the_same_end(
    site: Captured, tmp_path: Path, moment: str
) -> None:
    for _ in several_crawls(site):
        pass
    whole = Captured(tmp_path / "whole")
    shutil.copytree(site.corpus, whole.corpus)
    run(whole)
    killed(site, moment)
    run(site)
    assert snapshot(site) == snapshot(whole)


def killed(site: Captured, *arguments: str) -> None:
    """An ingest that is killed at some moment."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(site.corpus), *arguments], env=environment, check=False,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "moment",
    ["catalogue.Catalogue:add_capture:2", "readings.Readings:clear:0", "catalogue.Catalogue:erase_crawled:0",
     "readings.Readings:put_extract:2", "catalogue.Catalogue:put:1"],
)  # fmt: skip
def test_reading_all_again_may_be_killed_at_any_moment(site: Captured, tmp_path: Path, moment: str) -> None:
    site.answer("/först", page("Först", LONG))
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        catalogue.erase_captures(f"{HOST}/först")  # a crawl was killed between archive and catalogue
    site.pages(5)
    run(site)
    before = snapshot(site)
    whole = Captured(tmp_path / "whole")
    shutil.copytree(site.corpus, whole.corpus)
    killed(site, moment, "full")
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        for url, address in catalogue.readings.addresses().items():
            capture = catalogue.capture(address.capture or 0)
            assert capture and capture.url == url
    run(site)
    run(whole, full=True)
    assert snapshot(site) in (before, snapshot(whole))
    run(site, full=True)
    assert snapshot(site) == snapshot(whole) != before


def test_what_belongs_here_after_all_is_not_told_as_off_the_topic(site: Captured) -> None:
    site.answer("/barnratt", page("Barnkonventionen", f"{LONG} Barnkonventionen gäller barnets bästa."))
    site.answer("/sopor", page("Sopor", "Sopbilen kommer varannan vecka. " * 20))
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        for path in ("/barnratt", "/sopor"):  # as a crawler that judged both by menus and footers
            catalogue.add_failure("a", HOST + path, "fetch", "not_on_topic", "Score 0.1, bar 0.4.")
    run(site, replace(A, relevance=0.4))
    assert list(held(site)) == ["/barnratt"]
    assert failures(site) == {"/sopor": "not_on_topic"}


def test_reading_captures_loads_no_crawler() -> None:
    code = "import indexer.ingest, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"scrapy", "twisted"} & set(loaded.stdout.split())


def test_nearly_the_same_text_in_two_places_is_two_documents_that_tell_of_each_other(site: Captured) -> None:
    text = "\n".join(f"{LONG} Stycke {n} om barnets bästa." for n in range(4))
    site.answer("/riktlinje", page("Riktlinje för barnchecklista", text))
    site.answer("/annan/riktlinje", page("Barnchecklista i nämnden", text + " Malmö."))
    site.answer("/annat", page("Annat", "Något helt annat om lekplatser i parken. " * 20))
    run(site)
    documents = held(site)
    one, other = documents["/riktlinje"], documents["/annan/riktlinje"]
    assert (one.alike, other.alike, documents["/annat"].alike) == ((other.id,), (one.id,), ())
    site.next_day()
    site.answer("/annan/riktlinje", page("Barnchecklista i nämnden", "Vi har skrivit om alltihop. " * 30))
    run(site)
    assert held(site)["/riktlinje"].alike == ()


def test_texts_that_were_compared_are_not_read_again(site: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages(3)
    run(site)
    read: list[str] = []
    sketch = alike.sketch
    monkeypatch.setattr(alike, "sketch", lambda texts: read.append(" ".join(texts)) or sketch([]))
    site.next_day()
    site.answer("/ny", page("En ny sida", f"{LONG} Ny."))
    run(site)
    assert len(read) == 1 and read[0].endswith("Ny.")


def test_a_series_tells_why(site: Captured) -> None:
    for year in (2012, 2013):
        site.answer(f"/plan-{year}.pdf", pdf(f"Processplan {year}", f"Planen for {year}."))
    run(site)
    for document in held(site).values():
        (why,) = [e for e in document.evidence if e.field == "series"]
        assert (why.value, why.rule, why.text) == (document.series, "series.name", "processplan")


def test_what_was_imported_is_tied_to_what_was_crawled(site: Captured) -> None:
    text = "\n".join(f"{LONG} Stycke {n} om barnets bästa." for n in range(4))
    site.answer("/riktlinje", page("Riktlinje", text))
    run(site)
    with Catalogue(site.corpus / "catalogue.sqlite") as catalogue:
        (crawled,) = catalogue.documents()
        catalogue.put(
            replace(crawled, id="import", url="https://b.example/", publisher="B"), inputs="", origin="import"
        )
    run(site)
    assert held(site)["/riktlinje"].alike == ("import",)


def test_half_a_character_in_a_file_stops_nothing(site: Captured) -> None:
    site.answer("/", page("Start", LONG))
    site.answer("/a.txt", b"Barn +2AA- och \xe5", content_type="text/plain; charset=utf-7")
    site.answer("/b.txt", b"Barn \\ud800 och \xe5", content_type="text/plain; charset=unicode_escape")
    site.answer("/c.txt", "Barn \ud800 och".encode("utf-16-le", "surrogatepass"), content_type="text/plain")
    head = '<script type="application/ld+json">{"datePublished": "2012-03-04 \\ud800"}</script>'
    site.answer("/d", page("Mer", LONG + "Mer.", head=head))
    run(site)
    assert set(held(site)) == {"/", "/a.txt", "/b.txt", "/c.txt", "/d"}


@pytest.mark.parametrize("piece", ["2012-", "-"])
def test_an_endless_title_holds_up_nothing(site: Captured, piece: str) -> None:
    endless = piece * (100_000 // len(piece))
    link = f"<h2>{endless}</h2><a href='/b.pdf'>{endless}</a>"
    site.answer("/", page(endless, endless, link))
    site.answer("/b.pdf", pdf("Handlingsplan"))
    began = time.process_time()
    run(site)
    assert time.process_time() - began < 8
    found = held(site)
    assert set(found) == {"/", "/b.pdf"}
    assert len(found["/"].title) <= 300 and max(map(len, found["/b.pdf"].headings)) <= 1_000
