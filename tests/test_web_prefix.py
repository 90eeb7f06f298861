"""Below a path, behind a proxy: every address that leaves the service leads back to it, and nobody else can
decide where the service is said to be."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import pytest
from test_web_feedback import send
from web_client import Answer, Client, served, stop_time

from indexer.errors import SettingError
from indexer.search import SearchIndex
from search_web import static_files
from search_web.app import make_app

PREFIX = "/barn/sok"
ORIGIN = "https://kompass.example.org"
HOME = ORIGIN + PREFIX
PROXY = "10.0.0.1"
INSIDE = "inside.example.net:8080"  # what the proxy calls the service; no reader can reach it
WITHIN = {"inside.example.net", "localhost", "127.0.0.1", PROXY}
"""Hosts that are names of the service for those who stand inside; the proxy's readers cannot reach them."""

SEEDS = (
    "/", "/en/", "/?q=barnchecklista&municipality=1283", "/?q=barnchecklista&view=compact", "/?q=plan&kind=",
    "/?q=finnsinte&municipality=1267", "/sv/matrix?q=plan&year_from=2011&year_to=2014", "/matrix.csv?q=plan",
    "/values/publisher?q=barn", "/documents/aaaaaaaaaaaa/versions", "/documents/ffffffffffff?q=uppföljning",
    "/robots.txt", "/sitemap.xml", "/municipalities", "/dcat.jsonld",
    "/feed.json?q=plan", "/suggestions?q=plan", "/feedback?search=q%3Dplan",
    "/embed?municipality=1283&label=S%C3%B6k", "/en/embed?lang=en&accent=%23112233", "/api",
    "/api/v1/openapi.json", "/api/v1/documents?limit=1", "/api/v1/suggest?q=process", "/api/v1", "/api/v1/",
)  # fmt: skip
WRONG = ("/nowhere", "/?year=x", "/documents/nowhere", "/api/v1/search?kind=x", "/?page=99999999")
VALUES = {"id": "aaaaaaaaaaaa", "number": "1", "q": "plan", "term": "plan", "search_term_string": "plan",
          "searchTerms": "plan"}  # fmt: skip


# --- which addresses an answer names ----------------------------------------------------------------------


class Page(HTMLParser):
    """Every address in a page: in any attribute, in text to be copied, in data for search engines."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._data = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self._data = known.get("type") == "application/ld+json"
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction", "data-suggest", "service"):
                self.found.append(value or "")
            elif value and re.match(r"(https?:)?/[\w/]", value):
                self.found.append(value)

    def handle_data(self, data: str) -> None:
        if self._data:
            self.found += strings(json.loads(data))
            self._data = False
        else:
            self.found += in_text(data)


def in_text(text: str) -> list[str]:
    return [found.rstrip(".,;:)") for found in re.findall(r"https?://[^\s\"'<>]+", text)]


def strings(value: object) -> list[str]:
    """The addresses in JSON."""
    if isinstance(value, dict):
        return [s for v in value.values() for s in strings(v)]
    if isinstance(value, list):
        return [s for v in value for s in strings(v)]
    if isinstance(value, str):
        return [value] if re.match(r"/[a-z]", value) else in_text(value)
    return []


def of_api(description: dict[str, Any]) -> list[str]:
    """Every operation that an OpenAPI description names, with values that it can answer."""
    server = description["servers"][0]["url"]
    found = []
    for path, methods in description["paths"].items():
        asked = []
        for parameter in methods["get"].get("parameters", ()):
            name = parameter["name"]
            value = VALUES.get(name) or parameter["schema"].get("enum", ["?"])[0]
            if parameter["in"] == "path":
                path = path.replace(f"{{{name}}}", value)
            elif parameter["required"]:
                asked.append(f"{name}={value}")
        found.append(server + path + "?" + "&".join(asked))
    return found


def named(answer: Answer) -> list[str]:
    """The addresses in an answer, whatever it is."""
    media_type = str(answer.headers.get("Content-Type")).partition(";")[0]
    found = [str(answer.headers[name]) for name in ("Location", "Content-Location") if answer.headers[name]]
    found += re.findall(r"<([^>]*)>", str(answer.headers["Link"] or ""))
    if media_type == "text/html":
        found += Page(answer.text).found
    elif media_type.endswith("json"):
        value = json.loads(answer.text)
        found += of_api(value) if "openapi" in value else strings(value)
    elif media_type.endswith("xml"):
        for element in ET.fromstring(answer.body).iter():
            texts = (element.text or "", *element.attrib.values())
            found += [text.strip() for text in texts if re.match(r"\s*(https?:)?/[\w/]", text)]
    elif media_type == "text/plain" and "User-agent" in answer.text:
        found += in_text(answer.text)
        found += [f"{rule}*" for rule in re.findall(r"^(?:Allow|Disallow): (\S+)", answer.text, re.MULTILINE)]
    elif media_type.startswith("text/"):
        found += in_text(answer.text)
    return found


# --- the proxy, and a reader who follows every link --------------------------------------------------------


@dataclass
class Proxied:
    """The service as the readers of ``HOME`` reach it."""

    client: Client
    strips: bool  # the proxy takes the path away and says so; else it passes it on

    def get(self, url: str, **headers: str) -> Answer:
        assert url.startswith(HOME), url
        path = url.removeprefix(HOME if self.strips else ORIGIN).partition("#")[0]
        forwarded = {
            "host": INSIDE, "x_forwarded_proto": "https", "x_forwarded_host": urlsplit(ORIGIN).netloc,
            "x_forwarded_for": "198.51.100.7",
        }  # fmt: skip
        if self.strips:
            forwarded["x_forwarded_prefix"] = PREFIX
        return self.client.get(path or "/", remote=PROXY, **forwarded, **headers)


@pytest.fixture(params=["the proxy takes the path away", "the proxy passes the path on"])
def proxied(request: pytest.FixtureRequest, web_index: Path, tmp_path: Path) -> Proxied:
    strips = request.param == "the proxy takes the path away"
    base = "" if strips else PREFIX
    client = served(web_index, trusted_proxies="10.0.0.0/8", base_path=base, journal_directory=str(tmp_path))
    return Proxied(client, strips)


@dataclass
class Walk:
    """Every kind of page: one of each route, with and without a language, and one more for each parameter."""

    proxied: Proxied
    routes: set[str] = field(default_factory=set)
    kinds: Counter[object] = field(default_factory=Counter)
    names: set[object] = field(default_factory=set)
    pages: int = 0
    addresses: int = 0

    def run(self, starts: Iterator[str], *, onward: bool) -> list[str]:
        """What is wrong, in words; ``onward``: also on the pages that the first ones lead to."""
        wrong, queue, seen = [], list(starts), set()
        while queue:
            url = queue.pop()
            if url in seen or not self.wanted(url):
                continue
            seen.add(url)
            answer = self.proxied.get(url)
            self.pages += 1
            if answer.status not in (200, 303):
                wrong.append(f"{url} answers {answer.status}")
            for address in named(answer):
                self.addresses += 1
                address = re.sub(r"\{(\w+)\}", lambda m: VALUES.get(m[1], m[1]), address)
                whole = urljoin(url, address)
                problem = misplaced(whole)
                if problem:
                    wrong.append(f"{url} names {address}: {problem}")
                elif onward and whole.startswith(HOME) and "*" not in whole and not whole.endswith("/api/v1"):
                    queue.append(whole.partition("#")[0])
        return wrong

    def wanted(self, url: str) -> bool:
        parts = urlsplit(url.removeprefix(HOME))
        path = re.sub(r"^/(sv|en)(?=/|$)", "", parts.path) or "/"
        try:
            route, _ = self.proxied.client.app.match({"PATH_INFO": path, "REQUEST_METHOD": "GET"})
        except Exception:  # no such page: asked for, so that it is told which page names it
            return True
        self.routes.add(route.rule)
        kind = (route.rule, parts.path[:3] in ("/sv", "/en"))
        names = {(*kind, name) for name in re.findall(r"(?:^|&)(\w+)=", parts.query)}
        self.kinds[kind] += 1
        new = names - self.names
        self.names |= names
        return self.kinds[kind] == 1 or bool(new)


def misplaced(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return None if parts.scheme in ("mailto", "") else f"odd scheme {parts.scheme}"
    if url == ORIGIN:  # a source in the Content-Security-Policy that /embed tells of
        return None
    if url == HOME or url.startswith((HOME + "/", HOME + "?", HOME + "#")):
        return None
    if parts.netloc == urlsplit(ORIGIN).netloc:
        return "it is outside the path, or not https"
    return f"{parts.netloc} is known inside only" if parts.hostname in WITHIN else None


def test_every_address_of_every_page_stays_within_host_and_path(proxied: Proxied) -> None:
    walk = Walk(proxied)
    wrong = walk.run((HOME + path for path in SEEDS), onward=proxied.strips)
    assert not wrong, "\n".join(wrong[:40])
    if not proxied.strips:  # the same pages are made from another base: one of each is enough
        return
    rules = {r.rule for r in proxied.client.app.routes if r.method == "GET"}
    left = sorted(rules - walk.routes)
    assert not left, "pages that nothing leads to: name them in SEEDS"
    assert walk.pages > 100 and walk.addresses > 5_000


def test_pages_that_tell_of_a_mistake_stay_there_too(
    proxied: Proxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in WRONG:
        answer = proxied.get(HOME + path)
        assert answer.status in (400, 404), path
        assert not [a for a in named(answer) if misplaced(urljoin(HOME + path, a))]
    stop_time(monkeypatch)
    limited = make_app(proxied.client.app.site.index, settings={"rate_limit": 4, "base_path": PREFIX})
    [*_, last] = [Client(limited).get(f"{PREFIX}/help") for _ in range(2)]
    assert last.status == 429
    assert all(a.startswith(PREFIX) for a in named(last) if a.startswith("/"))


def test_form_leads_on_within_the_path(web_index: Path, tmp_path: Path) -> None:
    client = served(web_index, trusted_proxies=PROXY, base_path=PREFIX, journal_directory=str(tmp_path))
    answer = send(client, f"{PREFIX}/en/feedback", search="q=plan", answer="yes", Origin="http://127.0.0.1")
    assert (answer.status, answer.headers["Location"]) == (303, f"{PREFIX}/en/feedback?search=q%3Dplan")


def test_scripts_and_style_sheets_name_no_address_of_their_own() -> None:
    for name, file in static_files.files().items():
        if name.endswith((".js", ".css")):
            text = re.sub(
                r"//.*|/\*.*?\*/", "", file.content.decode(), flags=re.DOTALL if name.endswith("css") else 0
            )
            assert not re.findall(r"""["'`(]/[a-z]\w+""", text), name


def test_everything_is_secure_and_canonical(proxied: Proxied) -> None:
    answer = proxied.get(f"{HOME}/documents/aaaaaaaaaaaa")
    assert "Strict-Transport-Security" in answer.headers
    assert f'<link rel="canonical" href="{HOME}/documents/aaaaaaaaaaaa">' in answer.text
    assert INSIDE not in answer.text
    description = json.loads(proxied.get(f"{HOME}/api/v1/openapi.json").text)
    assert description["servers"][0]["url"].startswith(HOME)
    assert f"{HOME}/static/kompass-search-" in proxied.get(f"{HOME}/embed").text


# --- who is believed --------------------------------------------------------------------------------------

FORGED = {
    "x_forwarded_for": "203.0.113.9", "x_forwarded_proto": "https", "x_forwarded_host": "evil.example",
    "x_forwarded_prefix": "/evil", "x_forwarded_port": "444", "x_forwarded_server": "evil.example",
    "x_real_ip": "203.0.113.9", "forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    "x_original_url": "/evil", "x_rewrite_url": "/evil", "x_script_name": "/evil",
}  # fmt: skip


@pytest.mark.parametrize("path", [*SEEDS, *WRONG])
def test_forged_headers_change_nothing(web_index: Path, path: str) -> None:
    web = served(web_index, trusted_proxies="10.0.0.0/8")
    plain, forged = web.get(path), web.get(path, **FORGED)
    assert (plain.status, plain.headers.items()) == (forged.status, forged.headers.items())
    assert plain.text == forged.text and "evil" not in forged.text


def test_forged_address_does_not_get_round_the_rate_limit(
    web_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_time(monkeypatch)
    web = served(web_index, rate_limit=16, trusted_proxies="10.0.0.0/8")
    statuses = [web.get("/help", **(FORGED | {"x_forwarded_for": f"203.0.113.{n}"})).status for n in range(6)]
    assert statuses == [200] * 4 + [429] * 2
    behind = [
        web.get("/help", remote=PROXY, x_forwarded_for=f"198.51.100.99, 203.0.113.{n % 2}").status
        for n in range(10)
    ]
    assert behind == [200] * 8 + [429] * 2, (
        "two readers; what the first of them claims of itself is not heard"
    )


@pytest.mark.parametrize(
    "headers",
    [{"x_forwarded_prefix": "//evil.example"}, {"x_forwarded_prefix": "/a/../b"},
     {"x_forwarded_prefix": 'x"y'}, {"x_forwarded_prefix": "/.."}, {"x_forwarded_prefix": "https://evil.example"},
     {"x_forwarded_proto": "javascript"}, {"x_forwarded_host": 'evil"><script>'},
     {"x_forwarded_host": "evil.example/x"}],
)  # fmt: skip
def test_odd_values_from_the_proxy_itself_are_left_out(web_index: Path, headers: dict[str, str]) -> None:
    text = served(web_index, trusted_proxies=PROXY).get("/help", remote=PROXY, **headers).text
    assert "evil" not in text and "javascript:" not in text and "/.." not in text


def test_reader_behind_a_proxy_that_names_its_port_is_known_by_the_address(
    web_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_time(monkeypatch)
    web = served(web_index, rate_limit=4, trusted_proxies=PROXY)
    asked = [
        web.get("/help", remote=PROXY, x_forwarded_for=client).status
        for client in ("198.51.100.1:5000", "198.51.100.2:5000", "198.51.100.1:6000", "[2001:db8::1]:80",
                       "2001:db8:0:1::1")
    ]  # fmt: skip
    assert asked == [200, 200, 429, 200, 200]


@pytest.mark.parametrize("path", ["sok", "//sok", "/sök", "/a b", "https://x.example/sok", "/.."])
def test_base_path_that_is_no_path_is_told(web_index: Path, path: str) -> None:
    with pytest.raises(SettingError, match="base_path"):
        make_app(SearchIndex(web_index), settings={"base_path": path})


def test_trusted_proxy_that_is_no_address_is_told(web_index: Path) -> None:
    with pytest.raises(SettingError, match=r"trusted_proxies: 'proxy\.example\.se' is no address"):
        make_app(SearchIndex(web_index), settings={"trusted_proxies": "10.0.0.1, proxy.example.se"})
