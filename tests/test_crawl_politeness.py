"""How a server is treated: its robots.txt, the distance it asks for, its pleas to come back later.

Many servers, each with its own wish and its own loopback address, are crawled side by side in one crawl.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from crawl_server import Answer, Route, Server, page, redirect, serving
from scrapy import Request
from scrapy.http import Response
from test_crawl import source

from indexer.catalogue import Catalogue
from indexer.crawl import SourceRun, crawl
from indexer.crawl.keep import MOST_COOKIES, _cookies
from indexer.crawl.politeness import retry_after
from indexer.extract.robots import robots_words
from indexer.model import Failure, Source

RULES = (
    "User-agent: *\nDisallow: /\n\n"
    "User-Agent: barnrattskompassen\nuser-agent: annan\n"
    "Disallow: /stängt\nAllow: /stängt/öppet$\nDisallow: /*.pdf$\nDisallow: /lika\nAllow: /lika\n"
) + "#" + "x" * 600_000 + "\nDisallow: /\n"  # fmt: skip
RULED = ["/stängt/a", "/stängt/öppet", "/stängt/öppet/mer", "/plan.pdf", "/plan.pdf?v=2", "/lika"]
START = page("Start", "/a", "/b", "/c")
A: dict[str, Route] = {"/": page("Start", "/a"), "/a": page("A")}
ABC: dict[str, Route] = {"/": START, "/a": page("A"), "/b": page("B"), "/c": page("C")}


TOO_OFTEN = Answer("för ofta", 429, headers={"Retry-After": "0"})
MANY = ["/" + "".join(letters) for letters in product("abcdefghijklmno", repeat=3)]


def busy_once() -> Route:
    answers = iter([Answer("vänta", 503, headers={"Retry-After": "1"})])
    return lambda _: next(answers, Answer(page("A")))


def slow(_: str) -> Answer:
    return Answer(page("Sida"), wait=0.02)


def endless(path: str) -> Answer:
    number = int(path.rpartition("/")[2] or 0)
    return Answer(page(f"Nr {number}", *(f"/arkiv/{number * 10 + i}" for i in range(10))))


def filters(path: str) -> Answer:
    """A list with six filters of five words each: 15,625 addresses, none with a number."""
    chosen = dict(parse_qsl(urlsplit(path).query))
    more = (f"/lista?{urlencode({**chosen, key: word})}" for key in "abcdef" for word in "xyzvw")
    return Answer(page(f"Lista {chosen}", *more))


def sitemaps(path: str) -> Answer:
    """Each leads to twenty others."""
    number = int(path.removeprefix("/karta").removesuffix(".xml"))
    found = (f"<sitemap><loc>/karta{number * 20 + i}.xml</loc></sitemap>" for i in range(1, 21))
    return Answer(f"<sitemapindex>{''.join(found)}</sitemapindex>", type="application/xml")


SITES: dict[str, dict[str, Route]] = {
    "robots-503": {**ABC, "/robots.txt": Answer("upptaget", 503, headers={"Retry-After": "0"})},
    "robots-500": {**ABC, "/robots.txt": Answer("fel", 500)},
    "robots-429": {**ABC, "/robots.txt": Answer("för ofta", 429, headers={"Retry-After": "0"})},
    "robots-404": {"/": page("Start")},
    "robots-403": {"/": page("Start"), "/robots.txt": Answer("", 403)},
    "robots-circle": {"/": page("Start"), "/robots.txt": redirect("/robots.txt", 301)},
    "ruled": {"/robots.txt": RULES, "/": page("Start", *RULED), **{p: page(p) for p in RULED}},
    "crawl-delay": {**A, "/robots.txt": "User-agent: *\nCrawl-delay: 1.5\n"},
    "delay": {**A, "/robots.txt": ""},
    "retry-after": {**ABC, "/robots.txt": "", "/a": busy_once()},
    "an-hour": {**ABC, "/robots.txt": "", "/a": Answer("vänta", 429, headers={"Retry-After": "3600"})},
    "head": {"/robots.txt": "", "/": page("Start", "/huvud", "/b"), "/b": page("B"),
             "/huvud": Answer("x", headers={f"X-{n}": "x" * 8_000 for n in range(99)})},
    "most-pages": {"/robots.txt": "", "/": page("Start", *(f"/sida-{x}" for x in "abcdefghijkl"))},
    "most-bytes": {"/robots.txt": "", "/": page("Start", *(f"/sida-{x}" for x in "abcdefghijkl")),
                   **{f"/sida-{x}": Answer(page("Sida") + " " * 180_000) for x in "abcdefghijkl"}},
    "depth": {"/robots.txt": "", "/": page("0", "/x"), "/x": page("1", "/y"), "/y": page("2", "/z")},
    "no-depth": {"/robots.txt": "", "/": page("0", "/x"), "/x": page("1", "/y")},
    "endless": {"/robots.txt": "", "/": page("Start", "/arkiv/1", "/riktig"), "/riktig": page("Riktig"),
                **{f"/arkiv/{n}": endless for n in range(20_000)}},
    "sitemaps": {"/robots.txt": "Sitemap: /karta0.xml", "/": page("Start", "/riktig"),
                 "/riktig": page("Riktig"), **{f"/karta{n}.xml": sitemaps for n in range(9_000)}},
    "many-links": {"/robots.txt": "", "/": page("Start", *MANY)},
    "too-often": {"/robots.txt": "", "/": page("Start", *(f"/sida-{x}" for x in "abcdefghijkl")),
                  **{f"/sida-{x}": TOO_OFTEN for x in "abcdefghijkl"}},
    "filters": {"/robots.txt": "", "/": page("Start", "/lista?a=x&b=x"), "/lista": filters},
    "dying": {"/robots.txt": "", "/": page("Start", *(f"/sida-{x}-om-barn" for x in "abcdefghijklmnopqrst")),
              **{f"/sida-{x}-om-barn": Answer("fel", 500) for x in "abcdefghijklmnopqrst"}},
}  # fmt: skip
MORE: dict[str, dict[str, object]] = {
    "delay": {"delay": 1.5},
    "most-pages": {"max_pages": 7},
    "depth": {"max_depth": 2},
    "no-depth": {"max_depth": 0},
    "endless": {"max_pages": 200},
    "filters": {"max_pages": 200},
    "many-links": {"max_pages": 20},
}


@dataclass
class Treated:
    servers: dict[str, Server]
    sources: dict[str, Source]
    runs: dict[str, SourceRun]
    failures: dict[str, list[Failure]]
    corpus: Path

    def paths(self, site: str) -> list[str]:
        return self.servers[site].paths()

    def seconds(self, site: str) -> float:
        """From the first request to the last."""
        asked = self.servers[site].asked
        return asked[-1].at - asked[0].at

    def ended(self, site: str) -> tuple[bool, str]:
        return self.runs[site].finished, self.runs[site].reason


@pytest.fixture(scope="module")
def treated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Treated]:
    corpus = tmp_path_factory.mktemp("corpus")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as environment:
        environment.setenv("KOMPASS_CRAWL_SOURCE_BYTES", "900000")
        servers = {
            name: stack.enter_context(serving(routes, host=f"127.0.1.{number}"))
            for number, (name, routes) in enumerate(SITES.items(), 1)
        }
        sources = {name: source(server, id=name, **MORE.get(name, {})) for name, server in servers.items()}
        report = crawl(list(sources.values()), corpus)
        failures: dict[str, list[Failure]] = {name: [] for name in servers}
        with Catalogue(corpus / "catalogue.sqlite") as catalogue:
            for id_, failure in catalogue.failures():
                failures[id_].append(failure)
        yield Treated(servers, sources, {r.source: r for r in report.runs}, failures, corpus)


@pytest.mark.parametrize("status", ["503", "500", "429"])
def test_a_robots_txt_that_fails_closes_the_site(treated: Treated, status: str) -> None:
    assert set(treated.paths(f"robots-{status}")) == {"/robots.txt"}
    assert treated.ended(f"robots-{status}") == (False, "robots_unavailable")
    (failure,) = treated.failures[f"robots-{status}"]
    assert failure.reason == "robots_unavailable" and f"answers {status}" in failure.message


@pytest.mark.parametrize("why", ["404", "403", "circle"])
def test_a_robots_txt_that_is_not_to_be_had_allows_everything(treated: Treated, why: str) -> None:
    assert treated.ended(f"robots-{why}") == (True, "finished") and "/" in treated.paths(f"robots-{why}")


def test_robots_txt_by_rfc_9309(treated: Treated) -> None:
    open_ = [p for p in treated.paths("ruled") if p not in ("/robots.txt", "/")]
    assert sorted(open_) == sorted(["/st%C3%A4ngt/%C3%B6ppet", "/plan.pdf?v=2", "/lika"])
    assert treated.runs["ruled"].refused_by_robots == 3
    assert {(f.stage, f.reason) for f in treated.failures["ruled"]} == {("robots", "refused_by_robots")}


@pytest.mark.parametrize("site", ["crawl-delay", "delay"])
def test_the_distance_between_requests_is_kept_also_after_robots_txt(treated: Treated, site: str) -> None:
    # Two distances of 1.5 s. A busy machine may note the first request late.
    assert len(treated.paths(site)) == 3 and treated.seconds(site) >= 2


def test_retry_after_silences_the_whole_host(treated: Treated) -> None:
    asked = treated.servers["retry-after"].asked
    (told,) = [i for i, a in enumerate(asked) if a.status == 503]
    assert asked[told + 1].at - asked[told].at >= 0.95
    assert treated.paths("retry-after").count("/a") == 2
    assert treated.ended("retry-after") == (True, "finished") and not treated.failures["retry-after"]


def test_a_server_that_asks_for_an_hour_gets_it_over_runs(treated: Treated) -> None:
    before = treated.paths("an-hour")
    assert before == ["/robots.txt", "/", "/a"] and treated.ended("an-hour") == (False, "asked_to_wait")
    (failure,) = treated.failures["an-hour"]
    assert "asks not to be visited before 20" in failure.message
    (again,) = crawl([treated.sources["an-hour"]], treated.corpus).runs
    assert treated.paths("an-hour") == before and again.reason == "asked_to_wait"


def test_a_server_that_says_we_ask_too_often_is_not_asked_for_every_page(treated: Treated) -> None:
    assert treated.ended("too-often") == (False, "http_429")
    assert len(treated.paths("too-often")) <= 2 + 11


def test_a_server_that_dies_is_left_alone_and_the_rest_kept_for_later(treated: Treated) -> None:
    assert treated.ended("dying") == (False, "http_500")
    assert len(treated.paths("dying")) <= 2 + 11
    pages = [p for p in SITES["dying"] if p.endswith("-om-barn")]
    treated.servers["dying"].routes.update({p: page(p) for p in pages})
    (again,) = crawl([treated.sources["dying"]], treated.corpus).runs
    assert again.finished and {a.path for a in treated.servers["dying"].asked if a.status == 200} >= set(
        pages
    )
    with Catalogue(treated.corpus / "catalogue.sqlite") as catalogue:
        failed = [f.url for source, f in catalogue.failures() if source == "dying"]
    assert not [url for url in failed if url.endswith("-om-barn")]


def test_a_page_that_never_comes_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOMPASS_CRAWL_TIMEOUT", "2")
    done = threading.Event()

    def held(_: str) -> Answer:
        done.wait()
        return Answer("")

    with serving({"/robots.txt": "", "/": page("Start", "/seg"), "/seg": held}) as server:
        (run,) = crawl([source(server)], tmp_path).runs
        done.set()
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        ((_, failure),) = catalogue.failures()
    assert failure.url == server.url + "/seg"
    assert failure.reason == "timeout" and failure.message.endswith("did not answer in time.")
    assert (run.finished, run.reason) == (True, "finished")


def test_a_head_that_does_not_end_is_not_waited_for(treated: Treated) -> None:
    (failure,) = treated.failures["head"]
    assert failure.url.endswith("/huvud") and "more than 262,144 bytes" in failure.message
    assert "/b" in treated.paths("head") and treated.ended("head")[0]


def test_bounds_hold(treated: Treated) -> None:
    assert len(treated.paths("most-pages")) == 1 + 7
    assert treated.ended("most-pages") == (False, "page_limit")
    assert 5 <= len(treated.paths("most-bytes")) <= 8 and treated.ended("most-bytes") == (False, "byte_limit")
    assert sorted(treated.paths("depth")) == ["/", "/robots.txt", "/x", "/y"]
    assert sorted(treated.paths("no-depth")) == ["/", "/robots.txt"]


def test_an_endless_space_of_numbered_pages_is_left_while_the_rest_is_fetched(treated: Treated) -> None:
    assert "/riktig" in treated.paths("endless") and treated.ended("endless") == (True, "finished")
    assert len(treated.paths("endless")) == 3 + 100 and treated.runs["endless"].traps["endless"] > 0


def test_a_list_with_filters_is_left_when_it_took_its_share(treated: Treated) -> None:
    assert treated.ended("filters") == (True, "finished")
    assert len(treated.paths("filters")) == 2 + 100 and treated.runs["filters"].traps["endless"] > 0


def test_sitemaps_without_end_do_not_keep_the_run_from_the_pages(treated: Treated) -> None:
    asked = treated.paths("sitemaps")
    assert "/riktig" in asked and sum(p.startswith("/karta") for p in asked) == 301


def test_a_page_with_very_many_links_does_not_fill_the_queue(treated: Treated) -> None:
    assert treated.runs["many-links"].traps["queue_full"] > 2_000


def test_one_request_at_a_time_for_each_host(treated: Treated) -> None:
    assert {s.most_at_once for s in treated.servers.values()} == {1}


def test_two_sources_on_one_host_go_one_after_the_other(tmp_path: Path) -> None:
    letters = "ab"
    routes: dict[str, Route] = {
        "/robots.txt": "User-agent: *\nCrawl-delay: 0.6",
        "/a/": page("A", *letters),
        "/b/": page("B", *letters),
        **{f"/{x}/{y}": slow for x in "ab" for y in letters},
    }
    with serving(routes) as server:
        runs = crawl([source(server, "/a/", id="a"), source(server, "/b/", id="b")], tmp_path).runs
        assert server.most_at_once == 1 and all(r.finished and r.pages == 3 for r in runs)
        # Also before the second has read the robots.txt for itself. A busy machine notes an arrival late,
        # which makes the next seem early; without the distance they would be some 5 ms apart.
        times = [a.at for a in server.asked]
        assert min(later - earlier for earlier, later in pairwise(times)) > 0.1


def test_what_retry_after_may_say() -> None:
    now = 1795305600.0  # 2026-11-22T00:00:00Z
    assert retry_after("120", now) == 120
    assert retry_after("Sun, 22 Nov 2026 00:01:40 GMT", now) == 100
    assert retry_after("Sun, 22 Nov 2020 00:01:40 GMT", now) == 0
    assert retry_after("9" * 40, now) == 30 * 86_400
    assert retry_after("snart", now) is retry_after("", now) is retry_after("²", now) is None


def test_a_robots_tag_for_another_robot_is_not_for_us() -> None:
    assert robots_words("noindex, NoFollow") == {"noindex", "nofollow"}
    assert robots_words("none") == {"noindex", "nofollow"}
    assert robots_words("googlebot: noindex, nofollow") == frozenset()
    assert robots_words("googlebot: noindex, barnrattskompassen: noarchive") == {"noarchive"}
    assert robots_words("unavailable_after: 2014-01-01, noindex") == {"noindex"}


def test_cookies_go_along_with_a_chain_of_redirects_until_there_are_too_many() -> None:
    def sent(*lines: str, before: str = "") -> str:
        request = Request("https://a.se/", meta={"cookie": before})
        return _cookies(request, Response("https://a.se/", headers={"Set-Cookie": list(lines)}))

    assert sent("a=1; Path=/; HttpOnly", "b=2", before="a=0; c=3") == "a=1; c=3; b=2"
    assert sent("a=" + "x" * MOST_COOKIES, before="c=3") == ""
