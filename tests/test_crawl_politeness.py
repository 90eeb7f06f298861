"""How a server is treated: its robots.txt, the distance it asks for, its pleas to come back later."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from crawl_server import Answer, Asked, page, serving
from test_crawl import source

from indexer.catalogue import Catalogue
from indexer.crawl import SourceRun, crawl
from indexer.crawl.politeness import retry_after
from indexer.model import Failure, Source


def run(sources: list[Source], corpus: Path) -> tuple[list[SourceRun], list[Failure]]:
    report = crawl(sources, corpus)
    with Catalogue(corpus / "catalogue.sqlite") as catalogue:
        return list(report.runs), [f for _, f in catalogue.failures()]


def gaps(asked: list[Asked]) -> list[float]:
    return [later.at - earlier.at for earlier, later in pairwise(asked)]


@pytest.mark.parametrize("robots", [Answer("upptaget", 503), Answer("fel", 500), Answer("för ofta", 429)])
def test_a_robots_txt_that_fails_closes_the_site(tmp_path: Path, robots: Answer) -> None:
    robots.headers = {"Retry-After": "0"}
    with serving({"/robots.txt": robots, "/": page("Start")}) as server:
        (ended,), (failure,) = run([source(server)], tmp_path)
        assert set(server.paths()) == {"/robots.txt"}
    assert (ended.finished, ended.reason, failure.reason) == (
        False,
        "robots_unavailable",
        "robots_unavailable",
    )
    assert str(robots.status) in failure.message


def test_a_robots_txt_that_is_not_there_or_forbidden_allows_everything(tmp_path: Path) -> None:
    for status in (404, 403, 410):
        with serving({"/robots.txt": Answer("", status), "/": page("Start")}) as server:
            (ended,), _ = run([source(server, id=f"s{status}")], tmp_path)
            assert ended.finished and server.times("/") == 1


def test_robots_txt_by_rfc_9309(tmp_path: Path) -> None:
    rules = (
        "User-agent: *\nDisallow: /\n\n"
        "User-Agent: barnrattskompassen\nuser-agent: annan\n"
        "Disallow: /stängt\nAllow: /stängt/öppet$\nDisallow: /*.pdf$\nDisallow: /lika\nAllow: /lika\n"
    ) + "#" + "x" * 600_000 + "\nDisallow: /\n"  # fmt: skip
    paths = ["/stängt/a", "/stängt/öppet", "/stängt/öppet/mer", "/plan.pdf", "/plan.pdf?v=2", "/lika"]
    routes = {"/robots.txt": rules, "/": page("Start", *paths), **{p: page(p) for p in paths}}
    with serving(routes) as server:
        (ended,), failures = run([source(server)], tmp_path)
        open_ = [p for p in server.paths() if p not in ("/robots.txt", "/")]
        assert sorted(open_) == sorted(["/st%C3%A4ngt/%C3%B6ppet", "/plan.pdf?v=2", "/lika"])
    assert ended.refused_by_robots == 3 and {f.reason for f in failures} == {"refused_by_robots"}


def test_crawl_delay_is_kept_also_when_the_source_says_no_delay(tmp_path: Path) -> None:
    routes = {
        "/robots.txt": "User-agent: *\nCrawl-delay: 0.4\n",
        "/": page("Start", "/a", "/b", "/c"),
        **{f"/{x}": page(x) for x in "abc"},
    }
    with serving(routes) as server:
        run([source(server)], tmp_path)
        assert len(server.asked) == 5 and min(gaps(server.asked)) >= 0.38


def test_the_delay_of_a_source_is_kept(tmp_path: Path) -> None:
    with serving({"/robots.txt": "", "/": page("Start", "/a"), "/a": page("A")}) as server:
        run([source(server, delay=0.4)], tmp_path)
        assert len(server.asked) == 3 and min(gaps(server.asked)) >= 0.38


def test_retry_after_silences_the_whole_host(tmp_path: Path) -> None:
    tries = iter([Answer("vänta", 503, headers={"Retry-After": "1"}), Answer(page("A")), Answer(page("A"))])
    routes = {"/robots.txt": "", "/": page("Start", "/a", "/b", "/c"), "/a": lambda _: next(tries),
              "/b": page("B"), "/c": page("C")}  # fmt: skip
    with serving(routes) as server:
        (ended,), failures = run([source(server)], tmp_path)
        asked = server.asked
        (told,) = [i for i, a in enumerate(asked) if a.status == 503]
        assert asked[told + 1].at - asked[told].at >= 0.95
        assert server.times("/a") == 2 and ended.finished and not failures


def test_a_server_that_asks_for_an_hour_gets_it_over_runs(tmp_path: Path) -> None:
    busy = Answer("vänta", 429, headers={"Retry-After": "3600"})
    with serving({"/robots.txt": "", "/": page("Start", "/a", "/b"), "/a": busy, "/b": page("B")}) as server:
        (ended,), (failure,) = run([source(server)], tmp_path)
        asked = server.paths()
        assert asked[-1] == "/a" and asked.count("/a") == 1
        assert (ended.finished, ended.reason) == (False, "asked_to_wait")
        assert failure.message.startswith("127.0.0.1 asks not to be visited before 20")
        (again,), _ = run([source(server)], tmp_path)
        assert server.paths() == asked and again.reason == "asked_to_wait"


def test_a_server_that_dies_is_left_alone_and_the_rest_kept_for_later(tmp_path: Path) -> None:
    many = [f"/sida-{i}-om-barn" for i in range(40)]
    broken = {p: Answer("fel", 500) for p in many}
    with serving({"/robots.txt": "", "/": page("Start", *many), **broken}) as server:
        (ended,), failures = run([source(server)], tmp_path)
        assert (ended.finished, ended.reason) == (False, "http_500")
        assert len(set(server.paths())) <= 2 + 12
        server.routes.update({p: page(p) for p in many})
        (again,), failures = run([source(server)], tmp_path)
        assert again.finished and {p for p in many if server.asked} <= set(server.paths())
        assert {a.path for a in server.asked if a.status == 200} >= set(many)
    assert not [f for f in failures if f.url.endswith("-om-barn")]


def test_two_sources_on_one_host_go_one_after_the_other(tmp_path: Path) -> None:
    def slow(_: str) -> Answer:
        return Answer(page("Sida"), wait=0.03)

    routes = {
        "/robots.txt": "",
        "/a/": page("A", *map(str, range(8))),
        "/b/": page("B", *map(str, range(8))),
        **{f"/{x}/{i}": slow for x in "ab" for i in range(8)},
    }
    with serving(routes) as server:
        runs, _ = run([source(server, "/a/", id="a"), source(server, "/b/", id="b")], tmp_path)
        assert server.most_at_once == 1 and all(r.finished and r.pages == 9 for r in runs)


def test_bounds_on_pages_and_depth_hold_exactly(tmp_path: Path) -> None:
    routes = {"/robots.txt": "", **{f"/p{i}x": page(str(i), f"/p{i + 1}x", f"/q{i}x") for i in range(30)},
              **{f"/q{i}x": page("q") for i in range(30)}}  # fmt: skip
    with serving(routes) as server:
        (ended,), _ = run([source(server, "/p0x", allow=("/[pq]",), max_pages=7)], tmp_path / "1")
        assert len(server.paths()) == 1 + 7 and ended.reason == "page_limit"
        server.asked.clear()
        run([source(server, "/p0x", allow=("/[pq]",), max_depth=2)], tmp_path / "2")
        assert sorted(server.paths()) == ["/p0x", "/p1x", "/p2x", "/q0x", "/q1x", "/robots.txt"]
        server.asked.clear()
        run([source(server, "/p0x", allow=("/[pq]",), max_depth=0)], tmp_path / "3")
        assert sorted(server.paths()) == ["/p0x", "/robots.txt"]


def test_an_endless_space_of_numbered_pages_is_left_after_a_tenth_of_the_pages(tmp_path: Path) -> None:
    def endless(path: str) -> Answer:
        number = int(path.rpartition("/")[2])
        return Answer(page(f"Nr {number}", *(f"/arkiv/{number * 10 + i}" for i in range(10))))

    with serving({"/robots.txt": "", "/": page("Start", "/arkiv/1", "/riktig")}) as server:
        server.routes.update({f"/arkiv/{n}": endless for n in range(100_000)})
        server.routes["/riktig"] = page("Riktig")
        (ended,), _ = run([source(server, max_pages=1000)], tmp_path)
        assert ended.finished and ended.pages == 102 and ended.traps["endless"] > 0


def test_what_retry_after_may_say() -> None:
    now = time.mktime(time.strptime("2026-11-22", "%Y-%m-%d"))
    assert retry_after("120", now) == 120
    assert retry_after("Sun, 22 Nov 2026 00:01:40 GMT", 1795305600.0) == 100
    assert retry_after("Sun, 22 Nov 2020 00:01:40 GMT", now) == 0
    assert retry_after("9" * 40, now) == 30 * 86_400
    assert retry_after("snart", now) is retry_after("", now) is None


def test_unreachable_by_name_says_so_in_one_sentence(tmp_path: Path) -> None:
    with serving({}) as server:
        _, (failure,) = run([source(server, start_urls=("http://finns-inte.invalid/",))], tmp_path)
    assert failure.message == "The name finns-inte.invalid is not known: no address was found for it."


def test_a_server_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOMPASS_CRAWL_TIMEOUT", "1")
    with serving({"/robots.txt": "", "/": page("Start", "/seg"), "/seg": Answer("", wait=1.6)}) as server:
        (ended,), (failure,) = run([source(server)], tmp_path)
    assert ended.finished and (failure.reason, failure.message) == (
        "timeout",
        "127.0.0.1 did not answer in time.",
    )
