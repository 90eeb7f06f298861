"""The forms by which readers tell us something: without scripts, without cookies, only from our own pages."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from wsgiref.headers import Headers
from wsgiref.util import setup_testing_defaults

import pytest
from web_client import Answer, Client, served, stop_time

import search_web.feedback as web_feedback
from indexer import feedback
from search_web.feedback import FIELD_TITLES, LONGEST

DOCUMENT = "aaaaaaaaaaaa"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "told" / feedback.FILE


@pytest.fixture
def told(web_index: Path, kept: Path) -> Client:
    return served(web_index, journal_directory=str(kept.parent))


def send(
    client: Client,
    path: str = "/feedback",
    body: bytes | None = None,
    sender: str = "192.0.2.1",
    **fields: str,
) -> Answer:
    """What a browser sends when a form is submitted; names with capitals are headers."""
    headers = {k: fields.pop(k) for k in list(fields) if k[0].isupper()}
    content = urlencode(fields).encode() if body is None else body
    environ = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    setup_testing_defaults(environ)
    environ |= {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": "", "REMOTE_ADDR": sender,
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
    }  # fmt: skip
    started: list[object] = []
    answered = b"".join(client.app(environ, lambda *given: started.extend(given)))
    return Answer(int(str(started[0]).split()[0]), Headers(started[1]), answered)


def test_answer_about_a_search_is_kept_and_leads_back(told: Client, kept: Path) -> None:
    answer = send(
        told, search="q=barnombud&kind=policy&page=3", answer="no", text="Ring\r\n 070-123 45 67",
        Sec_fetch_site="same-origin",
    )  # fmt: skip
    assert answer.status == 303 and "no-store" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    [one] = feedback.read(kept)
    assert (one.query, one.filters, one.answer) == ("barnombud", (("kind", "policy"),), "no")
    assert one.text == "Ring [telefon]" and one.generation
    page = told.get(str(answer.headers["Location"]))
    assert page.status == 200 and "<h1>Tack för svaret</h1>" in page.text
    assert '<a href="/?q=barnombud&amp;kind=policy">Tillbaka till träffarna</a>' in page.text


def test_fault_of_a_document_is_kept_with_what_stands_there(told: Client, kept: Path) -> None:
    answer = send(
        told, "/en/feedback", document=DOCUMENT, search="q=plan", field="years", text="Ska vara 2014",
        Origin="http://127.0.0.1",
    )  # fmt: skip
    [one] = feedback.read(kept)
    assert (one.document, one.field, one.held, one.text) == (DOCUMENT, "years", "2012, 2013", "Ska vara 2014")
    assert one.language == "en"
    page = told.get(str(answer.headers["Location"])).text
    assert f'href="/en/documents/{DOCUMENT}?q=plan"' in page and "<h1>Thank you for the answer</h1>" in page


def test_nothing_of_the_sender_is_kept(told: Client, kept: Path) -> None:
    send(told, search="q=barn", answer="yes", User_agent="Webbläsaren/7", Referer="http://127.0.0.1/?q=x")
    content = b"".join(p.read_bytes() for p in kept.parent.iterdir())
    assert b"192.0.2.1" not in content and "Webbläsaren".encode() not in content


@pytest.mark.parametrize(
    "headers",
    [{"Sec_fetch_site": "cross-site"}, {"Sec_fetch_site": "same-site"}, {"Origin": "https://evil.example"},
     {"Origin": "null"}, {"Origin": "http://["},
     {"Sec_fetch_site": "cross-site", "Origin": "http://127.0.0.1"}],
)  # fmt: skip
def test_form_on_another_site_is_refused(told: Client, kept: Path, headers: dict[str, str]) -> None:
    answer = send(told, search="q=barn", answer="yes", **headers)
    assert answer.status == 403 and "Det skickades från en annan webbplats" in answer.text
    assert not kept.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"search": "q=barn"}, "Välj ja eller nej, eller skriv något."),
        ({"answer": "kanske"}, "”kanske” går inte att använda i ”answer”"),
        ({"document": DOCUMENT, "text": "x"}, "Välj vilken uppgift det gäller."),
        ({"document": DOCUMENT, "field": "years"}, "Skriv vad som är fel"),
        ({"document": DOCUMENT, "field": "password", "text": "x"}, "”password” går inte att använda"),
        ({"answer": "yes", "text": "x" * 1001}, "Skriv högst 1\N{NO-BREAK SPACE}000 tecken."),
        ({"answer": "yes", "text": "å" * 9000}, "Skriv högst 1\N{NO-BREAK SPACE}000 tecken."),
        ({"answer": "yes", "search": "kind=novel"}, "”novel” går inte att använda"),
        ({"answer": "yes", "website": "http://x.example"}, "Ett fält som ska vara tomt var ifyllt."),
        ({"answer": "yes", "next": "https://evil.example"}, "Parametern ”next” finns inte."),
    ],
)  # fmt: skip
def test_malformed_answer_is_told_and_not_kept(
    told: Client, kept: Path, fields: dict[str, str], said: str
) -> None:
    answer = send(told, **fields)
    assert answer.status == 400 and said in answer.text
    assert not kept.exists()


def test_body_that_is_no_form_is_told(told: Client) -> None:
    for body in (b"\xff\xfe", b"answer=%ff", b"&" * 500, b"", b"{}"):
        assert send(told, body=body).status == 400
    assert send(told, document="finnsinte", field="years", text="x").status == 404
    assert told.get("/feedback?document=finnsinte").status == 404


def test_way_back_is_always_our_own(told: Client) -> None:
    for search in ("q=//evil.example", "q=https://evil.example/", "q=/%5Cevil.example"):
        location = str(send(told, search=search, answer="yes").headers["Location"])
        assert location.startswith("/feedback?search=")
        back = re.findall(r'<a href="([^"]*)">Tillbaka', told.get(location).text)
        assert len(back) == 1 and back[0].startswith("/?q=")


@pytest.mark.parametrize("view", ["matrix", "map"])
def test_way_back_is_to_the_same_view_of_the_search(told: Client, view: str) -> None:
    page = told.get(f"/{view}?q=plan").text
    shown = dict(re.findall(r'<input type="hidden" name="(view|search)" value="([^"]*)"', page))
    assert shown == {"view": view, "search": "q=plan"}
    location = str(send(told, "/en/feedback", answer="yes", **shown).headers["Location"])
    assert f'<a href="/en/{view}?q=plan">Back to the results' in told.get(location).text
    assert send(told, answer="yes", view="//evil.example").status == 400
    assert told.get("/feedback?view=//evil.example").status == 400


def test_file_that_cannot_be_written_loses_no_words(web_index: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    client = served(web_index, journal_directory=str(tmp_path / "file"))
    assert client.get("/?q=barn").status == 200
    answer = send(client, document=DOCUMENT, field="title", text="Rätt <titel>")
    assert answer.status == 503 and "Svaret kunde inte sparas" in answer.text
    assert "Rätt &lt;titel&gt;</textarea>" in answer.text
    assert '<option value="title" selected>' in answer.text and "<details" in answer.text


def test_forms_stand_where_they_are_needed_and_nowhere_when_off(told: Client, web_index: Path) -> None:
    off = served(web_index, feedback=False)
    for path, words in (
        ("/?q=barnchecklista", "Hjälpte sökningen dig?"), ("/?q=finnsinte", "Hjälpte sökningen dig?"),
        ("/matrix?q=plan", "Hjälpte sökningen dig?"), ("/map?q=plan", "Hjälpte sökningen dig?"),
        (f"/documents/{DOCUMENT}", "Fel i uppgifterna?"),
    ):  # fmt: skip
        text = told.get(path).text
        assert f'<details class="feedback"><summary>{words}</summary>' in text
        assert f'maxlength="{LONGEST}"' in text
        assert words not in off.get(path).text
    assert send(off, answer="yes").status == 404 and off.get("/feedback").status == 404
    assert "feedback" not in told.get("/").text
    for field in FIELD_TITLES:
        assert f'<option value="{field}">' in text


def test_answers_count_towards_the_rate_limit(
    web_index: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_time(monkeypatch)
    client = served(web_index, rate_limit=160, journal_directory=str(kept.parent))
    statuses = [send(client, search="q=barn", answer="yes").status for _ in range(4)]
    assert statuses == [303, 303, 429, 429]
    assert len(feedback.read(kept)) == 2


def test_one_address_does_not_fill_the_day(told: Client, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_feedback, "OF_ONE", 2)
    for status in (303, 303, 503, 503):
        answer = send(told, search="q=barn", answer="no", text="Rätt <titel>")
        assert answer.status == status
    assert "Försök igen i morgon" in answer.text and "Rätt &lt;titel&gt;</textarea>" in answer.text
    assert send(told, search="q=barn", answer="yes", sender="192.0.2.2").status == 303
    assert len(feedback.read(kept)) == 3
    monkeypatch.setattr(web_feedback, "today", lambda: datetime.now(UTC).date() + timedelta(days=1))
    told.get("/help")
    assert send(told, search="q=barn", answer="yes").status == 303, "the next day"


def test_flood_of_refused_answers_is_logged_once(
    told: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A day that was full made a line of log for each answer refused: 600 a second."""
    monkeypatch.setattr(feedback, "A_DAY", 1)
    statuses = [send(told, search="q=barn", answer="yes").status for _ in range(5)]
    assert statuses == [303, 503, 503, 503, 503]
    assert len(caplog.records) == 1 and "no more are kept until tomorrow" in caplog.text


def test_privacy_page_says_what_is_kept_and_how_long(web_index: Path, told: Client) -> None:
    for path, words in (("/sv/privacy", "365 dagar"), ("/en/privacy", "365 days")):
        text = told.get(path).text
        assert 'id="feedback"' in text and words in text
    other = served(web_index, feedback=False, statistics=True)
    assert 'id="feedback"' not in other.get("/sv/privacy").text
    assert "minst tre besökare samma dag" in other.get("/sv/privacy").text
    assert "at least three visitors on the same day" in other.get("/en/privacy").text
    assert "minst tre besökare" not in told.get("/sv/privacy").text


def test_old_answers_go_also_when_nobody_says_more(web_index: Path, kept: Path) -> None:
    feedback.add(kept, feedback.Feedback("search", answer="yes"), date(2020, 1, 1), 0)
    client = served(web_index, journal_directory=str(kept.parent))
    client.get("/help")
    assert feedback.read(kept) == ()


def test_result_filters_lead_to_an_embedded_box(told: Client) -> None:
    text = told.get("/?q=barnchecklista&municipality=1283&sort=newest&page=1").text
    [link] = re.findall(r'<a href="([^"]*)">Bädda in en sökruta med de här filtren', text)
    page = told.get(link.replace("&amp;", "&"))
    assert page.status == 200 and 'filters="municipality=1283' in page.text
    assert "Bädda in en sökruta" not in told.get("/?q=barnchecklista").text


def test_feedback_is_no_part_of_the_api(told: Client) -> None:
    paths = json.loads(told.get("/api/v1/openapi.json").text)["paths"]
    assert not [p for p in paths if "feedback" in p]
    assert send(told, "/api/v1/search", answer="yes").status == 405
