"""Hostile documents, queries and addresses; headers, limits, caching. Through the WSGI application."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from web_client import Client, served, stop_time

from indexer.search import SearchIndex
from search_web.app import make_app
from search_web.doorway import AT_ONCE, Proxies, RateLimit, bucket_of

HOSTILE_QUERIES = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' OR 1=1 --", "\u202eomvänd", "a\x00b",
    "ord" * 100, "(((((", '"', "*", "~", "NOT", "kommun:", "år:..",
    "🧒" * 50, "\ud7ff\ue000", "{{7*7}}", "%s%n", "&#x3c;",
)  # fmt: skip


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(text: str) -> None:
    for tag, attributes in Elements(text).found:
        data = attributes.get("type") == "application/ld+json"
        assert tag != "script" or data or str(attributes.get("src")).startswith("/static/")
        assert not [a for a in attributes if a.startswith("on")]
        for name in ("href", "src", "action"):
            assert not str(attributes.get(name) or "").lower().lstrip().startswith(("javascript:", "data:"))


@pytest.mark.parametrize("query", HOSTILE_QUERIES)
def test_hostile_query_is_answered_and_stays_text(web: Client, query: str) -> None:
    for path in ("/", "/matrix", "/map", "/api/v1/suggest", "/documents/aaaaaaaaaaaa", "/api/v1/search"):
        answer = web.get(f"{path}?q={quote(query)}")
        assert answer.status == 200, path
        if not path.startswith("/api"):
            assert_harmless(answer.text)
        assert "\x00" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/documents/bbbbbbbbbbbb?q=fientlig", "/documents/cccccccccccc", "/?q=fientlig",
     "/?q=fientlig&view=compact",
     "/municipalities/1281", "/years/2014", "/values/publisher?q=fientlig", "/"],
)  # fmt: skip
def test_hostile_document_stays_text(web: Client, path: str) -> None:
    text = web.get(path).text
    assert_harmless(text)
    assert "<script>alert" not in text


def test_hostile_document_is_shown_as_it_is(web: Client) -> None:
    text = web.get("/documents/bbbbbbbbbbbb").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert text.count("å" * 20_000) == 1
    titles = re.findall(r"<h1><bdi[^>]*>(.*?)</bdi></h1>", text)
    assert len(titles) == 1, "the right-to-left mark is held inside its element"


def test_mark_in_hostile_text_does_not_open_markup(web: Client) -> None:
    assert "<mark>fientlig</mark>" in web.get("/documents/bbbbbbbbbbbb?q=fientlig").text


def test_every_answer_has_the_security_headers(web: Client) -> None:
    for path in ("/", "/nope", "/api/v1/search", "/?year=x", "/matrix.csv", static_name(web)):
        headers = web.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert "geolocation=()" in headers["Permissions-Policy"]
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Set-Cookie" not in headers


def static_name(web: Client) -> str:
    found = re.search(r'href="(/static/kompass\.[0-9a-f]{10}\.css)"', web.get("/").text)
    assert found
    return found[1]


def test_static_files_are_kept_for_a_year_and_nothing_else_is_reached(web: Client) -> None:
    answer = web.get(static_name(web), accept_encoding="gzip")
    assert "immutable" in answer.headers["Cache-Control"] and answer.headers["Content-Encoding"] == "gzip"
    for path in ("/static/kompass.css", "/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"):
        assert web.get(path).status == 404


def test_pages_ask_for_nothing_from_elsewhere(web: Client) -> None:
    for path in ("/", "/?q=plan", "/documents/aaaaaaaaaaaa?q=plan", "/map", "/matrix"):
        for tag, attributes in Elements(web.get(path).text).found:
            if attributes.get("type") == "application/ld+json":
                continue
            if tag in ("script", "img", "link", "iframe", "source") and attributes.get("rel") not in (
                "alternate",
                "search",
            ):
                address = attributes.get("src") or attributes.get("href") or "/"
                assert address.startswith("/static/") or attributes.get("rel") == "canonical"


@pytest.mark.parametrize(
    "address",
    ["/?foo=1", "/?kind=novel", "/?year=20x2", "/?year=2014..2011", "/?municipality=12", "/?limit=7",
     "/?page=0", "/?page=99999999999", "/?page=2000", "/?sort=best", "/?q=a&q=b", "/?lang=sv",
     "/matrix?measure=x", "/documents/aaaaaaaaaaaa?part=2", "/help?x=1", "/?q=%ff",
     "/?" + "kind=policy&" * 500, "/values/title",
     "/?year=2011&year=2014", "/?language=svenska"],
)  # fmt: skip
def test_unknown_or_malformed_parameter_is_told(web: Client, address: str) -> None:
    answer = web.get(address)
    assert answer.status == 400
    assert "<h1>Det gick inte att läsa adressen</h1>" in answer.text


def test_numbers_in_a_refusal_are_written_as_everywhere_and_years_are_not(web: Client) -> None:
    assert "träff 10\u00a0000." in web.get("/?q=barn&page=2000").text
    assert "börjar 2014 och slutar 2011" in web.get("/?year=2014..2011").text


def test_api_tells_errors_as_problem_details(web: Client) -> None:
    answer = web.get("/api/v1/search?kind=novel", accept_language="en")
    problem = json.loads(answer.text)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status, problem["status"], problem["parameter"]) == (400, 400, "kind")
    assert "Choose one of: webpage, decision" in problem["detail"]


def test_too_long_a_query_is_told_without_being_read(web: Client) -> None:
    assert web.get("/?q=" + "ö" * 501).status == 414
    answer = web.get("/?q=" + "x" * 1_000_000)
    assert answer.status == 414 and len(answer.body) < 10_000


def test_other_methods_are_refused(web: Client) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert web.get("/", method=method).status == 405


def test_no_redirect_leaves_the_site(web: Client) -> None:
    for path in (
        "//evil.example/?q=&kind=",
        "/\\evil.example?q=",
        "/sv//evil.example?kind=",
        "/%2F%2Fevil.example/?q=",
    ):
        location = web.get(path).headers.get("Location", "/")
        assert re.match(r"/(?![/\\])|/$", location), location
    assert web.get("/?kind=", host="evil.example").headers["Location"] == "/"


def test_hostile_host_header_stays_out_of_the_page(web: Client) -> None:
    text = web.get("/documents/aaaaaaaaaaaa", host='evil"><script>').text
    assert "evil" not in text and "http://localhost/documents/aaaaaaaaaaaa" in text


def test_unchanged_page_is_not_sent_again(web: Client) -> None:
    first = web.get("/?q=plan")
    again = web.get("/?q=plan", if_none_match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    for other in ("/?q=planer", "/en/?q=plan"):
        assert web.get(other).headers["ETag"] != first.headers["ETag"]
    assert "ETag" not in web.get("/?year=x").headers


def test_pages_are_compressed_for_those_who_ask(web: Client) -> None:
    packed, plain = web.get("/?q=plan", accept_encoding="br, gzip"), web.get("/?q=plan")
    assert packed.text == plain.text and len(packed.body) < len(plain.body) / 3
    assert packed.headers["Content-Length"] == str(len(packed.body))
    assert "Accept-Encoding" in packed.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]
    assert "Content-Encoding" not in web.get("/?q=plan", accept_encoding="gzip;q=0").headers


def test_query_words_are_not_logged(
    web: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search_web.results.view", lambda *_: 1 / 0)
    answer = web.get("/?q=hemligheten")
    assert answer.status == 500
    assert "GET / failed" in caplog.text and "hemligheten" not in caplog.text


@pytest.mark.parametrize("form", ["xlsx", "parquet"])
def test_a_format_that_is_not_installed_is_not_told_as_a_missing_index(
    form: str, web: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("xlsxwriter", "pyarrow"):
        monkeypatch.setitem(sys.modules, library, None)
    answer = web.get(f"/api/v1/export/{form}?q=plan")
    assert answer.status == 501 and "saknar något som behövs" in answer.text
    assert "barnrattskompassen[export]" in caplog.text


def test_missing_index_is_a_page_that_says_so(tmp_path: Path) -> None:
    web = served(tmp_path)
    for path in ("/", "/matrix", "/sources", "/help"):
        answer = web.get(path)
        assert answer.status == 503 and "Sökningen är inte igång" in answer.text
    assert json.loads(web.get("/api/v1/search").text)["status"] == 503


# --- limits and proxies -----------------------------------------------------------------------------------


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_rate_limit_lets_a_burst_through_and_then_the_rate() -> None:
    clock = Clock()
    limit = RateLimit(60, clock)
    assert [limit.wait("192.0.2.1") for _ in range(15)] == [0.0] * 15
    assert limit.wait("192.0.2.1") == pytest.approx(1.0)
    assert limit.wait("192.0.2.2") == 0.0
    clock.now = 1.0
    assert limit.wait("192.0.2.1") == 0.0
    assert limit.wait("192.0.2.1") > 0


def test_what_takes_long_to_answer_costs_its_reader_more_and_nobody_else() -> None:
    clock = Clock()
    limit = RateLimit(60, clock)
    assert limit.wait("192.0.2.1") == limit.wait("192.0.2.2") == 0.0
    for seconds in (0.05, 20.0):
        assert limit.begin("192.0.2.1") == 0.0
        limit.end("192.0.2.1", seconds)
    assert limit.wait("192.0.2.1") == pytest.approx(27.0)  # 40 owed, 14 were left
    assert limit.wait("192.0.2.2") == 0.0
    limit.begin("192.0.2.1")
    limit.end("192.0.2.1", 9_999.0)
    assert limit.wait("192.0.2.1") == pytest.approx(121.0)
    clock.now = 121.0
    assert limit.wait("192.0.2.1") == 0.0


def test_so_many_answers_are_made_for_one_address_at_a_time() -> None:
    limit = RateLimit(60, Clock())
    assert [limit.begin("192.0.2.1") for _ in range(AT_ONCE + 1)] == [0.0] * AT_ONCE + [1.0]
    assert limit.begin("192.0.2.2") == 0.0
    limit.end("192.0.2.1", 0.0)
    limit.end("192.0.2.1", 0.0)
    assert limit.begin("192.0.2.1") == 0.0
    unlimited = RateLimit(0, Clock())
    assert {unlimited.begin("192.0.2.1") for _ in range(AT_ONCE + 1)} == {0.0}


def test_addresses_of_one_household_count_together() -> None:
    assert bucket_of("2001:db8:1:2::1") == bucket_of("2001:db8:1:2:ffff::9")
    assert bucket_of("2001:db8:1:3::1") != bucket_of("2001:db8:1:2::1")
    assert bucket_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert bucket_of("nonsense") == "unknown"


def test_too_many_requests_are_told_when_to_come_back(
    web_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_time(monkeypatch)
    web = served(web_index, rate_limit=4)
    assert web.get("/help").status == 200
    answer = web.get("/help")
    assert answer.status == 429 and 1 <= int(answer.headers["Retry-After"]) <= 15
    assert f"Försök igen om {answer.headers['Retry-After']} sekunder." in answer.text
    busy = served(web_index, rate_limit=60)
    told = [busy.get("/help") for _ in range(16)][-1]
    assert told.headers["Retry-After"] == "1" and "Försök igen om 1 sekund." in told.text
    assert web.get("/static/x.css").status == 404, "static files are not counted"
    assert web.get("/help", remote="192.0.2.9").status == 200


def test_forwarded_address_counts_only_from_a_trusted_proxy(
    web_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_time(monkeypatch)
    web = served(web_index, rate_limit=4, trusted_proxies="10.0.0.0/8")
    for n in range(3):  # three readers behind our own proxy
        assert web.get("/help", remote="10.0.0.1", x_forwarded_for=f"198.51.100.{n}").status == 200
    assert web.get("/help", remote="203.0.113.7", x_forwarded_for="1.1.1.1").status == 200
    assert web.get("/help", remote="203.0.113.7", x_forwarded_for="2.2.2.2").status == 429


def test_client_is_the_last_address_that_no_proxy_of_ours_added() -> None:
    proxies = Proxies("10.0.0.0/8, 127.0.0.1")
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 198.51.100.4, 10.1.1.1"}
    assert proxies.client(environ) == "198.51.100.4"
    assert Proxies("").client(environ) == "127.0.0.1"
    environ["REMOTE_ADDR"] = "::ffff:127.0.0.1"  # of a service on ::, which was one reader to the limit
    assert proxies.client(environ) == proxies.client(environ | {"REMOTE_ADDR": "127.0.0.1"})


def test_service_works_below_a_path_and_behind_a_proxy(web_index: Path) -> None:
    web = Client(
        make_app(SearchIndex(web_index), settings={"base_path": "/sok", "trusted_proxies": "10.0.0.1"})
    )
    assert 'href="/sok/matrix"' in web.get("/sok/").text
    assert 'href="/sok/en/matrix"' in web.get("/sok/en/").text
    assert web.get(re.findall(r'href="(/sok/static/kompass[^"]+)"', web.get("/sok/").text)[0]).status == 200
    assert web.get("/sok/?kind=&q=plan").headers["Location"] == "/sok/?q=plan"
    behind = web.get(
        "/documents/aaaaaaaaaaaa",
        remote="10.0.0.1",
        x_forwarded_proto="https",
        x_forwarded_host="sok.example.se",
        x_forwarded_prefix="/barn",
    )
    assert "https://sok.example.se/barn/documents/aaaaaaaaaaaa" in behind.text
    assert "Strict-Transport-Security" in behind.headers
    untrusted = web.get("/documents/aaaaaaaaaaaa", x_forwarded_host="evil.example")
    assert "evil" not in untrusted.text
