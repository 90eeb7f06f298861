"""What is missing and why, in the language of the page."""

from __future__ import annotations

import re

import pytest
from web_client import Client

from indexer.crawl import reasons as crawl
from indexer.extract.problem import SENTENCES
from indexer.intake import VERDICTS
from indexer.model import Document, Failure, SourceStatus
from search_web.reasons import SWEDISH, problem, told


def failure(reason: str, stage: str = "fetch", message: str = "The words of the index.") -> Failure:
    return Failure("https://a.example/x.pdf", stage, reason, message, "2026-11-22T00:00:00Z")


@pytest.mark.parametrize(
    "reason", [*SENTENCES, *VERDICTS, *sorted(crawl.UNREACHABLE), "http_404", "http_500"]
)
def test_every_reason_has_its_swedish(reason: str) -> None:
    sentence, language = told(failure(reason), "sv")
    assert language == "sv" and re.fullmatch("[A-ZÅÄÖ].*[.]", sentence)


def test_english_pages_tell_it_as_the_index_does() -> None:
    assert told(failure("encrypted"), "en") == ("The words of the index.", "en")


def test_unknown_reason_is_told_as_it_is_and_marked_as_english() -> None:
    assert told(failure("of_tomorrow"), "sv") == ("The words of the index.", "en")


def test_time_ran_out_at_the_server_or_here() -> None:
    assert told(failure("timeout"), "sv") != told(failure("timeout", "extract"), "sv")


def test_problem_of_a_file_is_told_in_swedish_where_its_source_says_which() -> None:
    document = Document("1" * 12, "https://a.example/x.pdf", "X", "pdf", source="a", problem="It is locked.")
    source = SourceStatus(
        "a", "A", "A", True, "ok", failures=(failure("encrypted", "extract", "It is locked."),)
    )
    assert problem(document, [source], "sv") == (SWEDISH["encrypted"], "sv")
    assert problem(document, [source], "en") == ("It is locked.", "en")
    assert problem(document, [], "sv") == ("It is locked.", "en")


def test_coverage_tells_failures_in_swedish(web: Client) -> None:
    failures = re.findall(r"<li><span([^>]*)>([^<]+)</span><br>", web.get("/sources").text)
    assert failures and all(attributes == "" for attributes, _ in failures), failures
