"""What a careful reader would set for made-up documents of the kinds that Swedish public bodies publish.

The documents and their fields are in ``tests/eval/documents.toml``; none of them is copied from anywhere.
"""

from __future__ import annotations

import time
import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from indexer.enrich import Context, Metadata, enrich
from indexer.model import Extract, FoundOn, LabelledDate, Link, Page, Source
from indexer.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load()
DATA = tomllib.loads((Path(__file__).parent / "eval" / "documents.toml").read_text("utf-8"))
DOCUMENTS: list[dict[str, Any]] = DATA["document"]
SETS = ("years", "municipalities", "counties", "areas")


def source(name: str) -> Source:
    it = DATA["source"][name]
    place = {key: it[key] for key in ("municipality", "county") if key in it}
    return Source(
        name, it["name"], it["name"], it["type"], (f"https://{name}.example/",), language="sv", **place
    )


def read(case: dict[str, Any]) -> tuple[Extract, Context]:
    """The document as the extractors hand it over."""
    site, title = source(case["source"]), case["title"]
    start = site.start_urls[0]
    link = FoundOn(f"{start}lista", case.get("anchor", title), tuple(case.get("headings", ())))
    if case["form"] == "html":
        url, pages = start + case.get("address", "barnratt/sida.html"), sections(title, case["text"])
        pages = (Page(0, case["above"]), *pages) if "above" in case else pages  # the title is no first line
        titles: tuple[tuple[str, str], ...] = (("h1", title), ("title", title))
    else:
        url = start + case.get("file", "18.abc/dokument.pdf")
        pages = tuple(Page(number, text) for number, text in enumerate(case["text"].split("\f"), 1))
        titles = (("first page", title),)
    extract = Extract(
        case["form"],
        pages,
        titles,
        tuple(Link(url, anchor) for url, anchor in case.get("links", ())),
        dates=tuple(LabelledDate(date, label, date) for label, date in case.get("dates", {}).items()),
        page_count=None if case["form"] == "html" else len(pages),
    )
    return extract, Context(site, url, (link,), title, "2026-11-01T00:00:00Z")


def sections(title: str, text: str) -> tuple[Page, ...]:
    """The headed sections of a web page."""
    found: list[tuple[str, list[str]]] = [(title, [])]
    for line in text.split("\n"):
        if line.startswith("#"):
            found.append((line.strip("# "), []))
        else:
            found[-1][1].append(line)
    return tuple(Page(n, "\n".join(lines), heading) for n, (heading, lines) in enumerate(found, 1))


def comparable(field: str, value: Any) -> Any:
    if field == "contacts":
        return [{key: text for key, text in asdict(contact).items() if text} for contact in value]
    return list(value) if field in SETS else value or ""


@pytest.mark.parametrize("case", DOCUMENTS, ids=[case["name"] for case in DOCUMENTS])
def test_document_gets_what_a_careful_reader_would_set(case: dict[str, Any]) -> None:
    found, expected = enrich(*read(case), VOCABULARY), case["expect"]
    why = [(e.field, e.value, e.rule, e.text) for e in found.evidence if e.field in expected]
    assert {field: comparable(field, getattr(found, field)) for field in expected} == expected, why


def results() -> list[Metadata]:
    return [enrich(*read(case), VOCABULARY) for case in DOCUMENTS]


def test_every_value_has_evidence_with_a_known_rule() -> None:
    for found in results():
        for field in ("kind", "published", "publisher", "organisation_type", "language"):
            value = getattr(found, field)
            assert [e.value for e in found.evidence if e.field == field] == ([value] if value else [])
        for field in SETS:
            values = [str(value) for value in getattr(found, field)]
            assert sorted(e.value for e in found.evidence if e.field == field) == sorted(values)
        assert {e.rule for e in found.evidence} <= set(VOCABULARY.rules)


def test_same_document_gives_the_same_metadata() -> None:
    assert results() == results()


def test_empty_and_hostile_documents_are_read() -> None:
    hostile = (
        "", " ", "\n" * 1000, "[" * 5000, "Lund " * 20_000, "2014-" * 5000, "\x00\ud800", "den " * 20_000,
        "a@" * 5000, "Kontakt: " * 5000, "A" * 50_000,
    )  # fmt: skip
    for text in hostile:
        for form in ("html", "pdf", "image"):
            extract = Extract(form, (Page(1, text),) if text else ())
            found = enrich(extract, Context(source("portal"), "https://portal.example/%ff/x.pdf"), VOCABULARY)
            assert found.publisher == "Skånes Kommuner"


def test_a_line_of_thousands_of_days_takes_no_long_time() -> None:
    extract = Extract(
        "html", (Page(1, "den 1 mars 2014 " * 5_000), Page(2, "Text.", "Plan")), (("h1", "Plan"),)
    )
    started = time.process_time()
    enrich(extract, Context(source("portal"), "https://portal.example/a", title="Plan"), VOCABULARY)
    assert time.process_time() - started < 4  # 1 s; 7 s when each day was weighed against its whole line


def test_a_line_of_thousands_of_places_takes_no_long_time() -> None:
    extract = Extract("html", (Page(1, "Lund, Eslöv och " * 8_000 + "öppnar"),), (("h1", "Plan"),))
    started = time.process_time()
    enrich(extract, Context(source("portal"), "https://portal.example/a", title="Plan"), VOCABULARY)
    assert (
        time.process_time() - started < 15
    )  # 1 s; 38 s when each place was asked whether the line begins so


def test_personnummer_does_not_get_through_evidence_or_link() -> None:
    number = "811218-9876"
    title = f"Protokoll {number}"
    extract = Extract("pdf", (Page(1, f"{title} 2014-03-12"),), (("first page", title),))
    link = FoundOn("https://portal.example/", title, (f"Elev {number}",))
    context = Context(source("portal"), "https://portal.example/a.pdf", (link,), title)
    assert number not in repr(enrich(extract, context, VOCABULARY))


def test_page_that_was_adopted_and_revised_is_from_its_revision() -> None:
    case = next(case for case in DOCUMENTS if case["name"] == "antagen och sedan reviderad, på en sida")
    extract, context = read(case)
    dates = (LabelledDate("2018-10-24", "updated", "Reviderad: | 2018-10-24"),)
    assert enrich(extract, context, VOCABULARY).published == "2014-02-03"
    assert enrich(replace(extract, dates=dates), context, VOCABULARY).published == "2018-10-24"
