"""What documents and answers look like outside."""

from __future__ import annotations

import json

from indexer.export import record, results_json, snippet_html
from indexer.model import (
    Contact,
    Document,
    FacetValue,
    FoundOn,
    Generation,
    Hit,
    Page,
    PageHit,
    Query,
    SearchResults,
    Snippet,
)

PLAN = Document(
    "0123456789ab", "https://a.se/plan.pdf", "Processplan", "pdf", "a", also_at=("https://a.se/p",),
    kind="process_plan", published="2012-05-11", years=(2012, 2013), municipalities=("1283",),
    counties=("12",),
    contacts=(Contact("Strateg", "Kim Ek", "kim@a.se"), Contact(None, "Bo Al")), found_on="https://a.se/",
    anchor="Planen", headings=("Dokument", "2012"), links=(FoundOn("https://a.se/", "Planen", ("2012",)),),
    page_count=2,
)  # fmt: skip
PAGES = (Page(1, "Första sidan.", "Inledning"), Page(2, "Andra; sidan\nfortsätter."))
CONTRACT = [
    "id",
    "url",
    "also_at",
    "title",
    "kind",
    "format",
    "language",
    "published",
    "years",
    "municipalities",
    "counties",
    "areas",
    "publisher",
    "organisation_type",
    "contacts",
    "found_on",
    "anchor",
    "headings",
    "pages",
]


def test_a_record_has_the_keys_that_others_rely_on_in_their_order() -> None:
    found = record(PLAN)
    assert list(found)[: len(CONTRACT)] == CONTRACT and "text" not in found
    assert found["pages"] == 2 and found["years"] == [2012, 2013]
    assert found["contacts"][0] == {"role": "Strateg", "name": "Kim Ek", "email": "kim@a.se"}
    assert found["contacts"][1] == {"role": None, "name": "Bo Al"}


def test_what_is_not_known_is_null_or_an_empty_list() -> None:
    found = record(Document("x", "https://a.se/", "T", "html"))
    assert found["kind"] is None and found["published"] is None and found["pages"] is None
    assert found["years"] == [] and found["contacts"] == []


def test_text_goes_by_page() -> None:
    assert record(PLAN, PAGES)["text"] == [
        {"number": 1, "label": None, "heading": "Inledning", "text": "Första sidan."},
        {"number": 2, "label": None, "heading": None, "text": "Andra; sidan\nfortsätter."},
    ]


def test_a_snippet_is_html_in_which_only_marks_are_elements() -> None:
    assert snippet_html(Snippet("a <b>plan</b> & mer", ((5, 9),))) == (
        "a &lt;b&gt;<mark>plan</mark>&lt;/b&gt; &amp; mer"
    )
    assert snippet_html(Snippet("plan", ((0, 4), (2, 3), (4, 4)))) == "<mark>plan</mark>"


def results(*hits: Hit) -> SearchResults:
    facets = {"kind": (FacetValue("process_plan", "Processplan", 1),)}
    generation = Generation("g1", "2026-01-01T00:00:00Z", 7, "an", "co", "sw")
    return SearchResults(Query("plan"), len(hits), hits, facets, generation, suggestion="planer")


def test_an_answer_has_the_keys_that_others_rely_on() -> None:
    pages = (
        PageHit(2, "ii", "Mål", 3, Snippet("en plan", ((3, 7),)), "https://a.se/plan.pdf#page=2"),
        PageHit(1, None, None, 1, None, "https://a.se/plan.pdf#page=1"),
    )
    answer = json.loads(json.dumps(results_json(results(Hit(PLAN, 1.5, pages)))))
    assert (answer["query"], answer["total"], answer["suggestion"]) == ("plan", 1, "planer")
    assert answer["index"] == {
        "id": "g1", "built_at": "2026-01-01T00:00:00Z", "documents": 7,
        "analysis": "an", "corpus": "co", "software": "sw",
    }  # fmt: skip
    assert answer["facets"] == {"kind": [{"value": "process_plan", "label": "Processplan", "count": 1}]}
    (hit,) = answer["hits"]
    wanted = [
        "id",
        "url",
        "title",
        "kind",
        "published",
        "years",
        "municipalities",
        "page",
        "snippets",
        "score",
    ]
    assert set(wanted) <= set(hit) and (hit["page"], hit["score"]) == (2, 1.5)
    assert hit["snippets"] == ["en <mark>plan</mark>"]
    assert [p["number"] for p in hit["matching_pages"]] == [2, 1]


def test_a_hit_without_pages_shows_how_the_document_begins() -> None:
    (hit,) = results_json(results(Hit(PLAN, 0.0, (), Snippet("Början"))))["hits"]
    assert hit["page"] is None and hit["snippets"] == ["Början"]
