"""What belongs to a source, which links lead to documents, and the queue on disk."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue
from indexer.crawl.addresses import is_file_link, numbered
from indexer.crawl.archive import WarcArchive
from indexer.crawl.frontier import Entry, Frontier
from indexer.crawl.guard import Guard
from indexer.crawl.scope import Scope, lanes
from indexer.crawl.visit import Limits, Visit
from indexer.extract import html
from indexer.model import Source


def source(
    *starts: str, id_: str = "stad", allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()
) -> Source:
    return Source(id_, "Stad", "Stad", "municipality", starts, allow=allow, deny=deny)


@pytest.mark.parametrize("start", ["/barn/", "/barn/index.html", "/barn/default.aspx", "/barn", "/barn.html"])
def test_a_start_address_stands_for_what_is_below_it(start: str) -> None:
    scope = Scope(source("https://www.stad.se" + start))
    for inside in ("/barn/", "/barn/plan.pdf", "/barn/a/b?c=1"):
        assert scope.covers("https://www.stad.se" + inside)
    for outside in ("/", "/barnomsorg/", "/Barn/", "/annat/barn/"):
        assert not scope.covers("https://www.stad.se" + outside)
    assert scope.covers("https://www.stad.se" + start)


def test_a_site_may_move_between_www_and_https_but_not_to_another_host_or_port() -> None:
    scope = Scope(source("https://www.stad.se/"))
    assert scope.covers("https://stad.se/") and scope.covers("http://www.stad.se/x")
    for other in ("https://www.stad.se:8443/", "https://barn.stad.se/", "https://stad.se.annan.se/"):
        assert not scope.covers(other) and not scope.covers_file(other)


def test_own_expressions_say_it_all() -> None:
    scope = Scope(
        source("https://stad.se/barn/", allow=("^https://stad\\.se/(barn|unga)/",), deny=("/arkiv/",))
    )
    assert scope.covers("https://stad.se/unga/") and not scope.covers("https://stad.se/barn/arkiv/1")
    assert not scope.covers_file("https://stad.se/download/plan.pdf")
    assert not scope.leads_in("https://stad.se/")


def test_only_the_way_down_to_the_start_leads_in() -> None:
    scope = Scope(source("https://stad.se/om/barn/ratt/"))
    for path in ("/", "/om/", "/om", "/om/barn/"):
        assert scope.leads_in("https://stad.se" + path)
    for path in ("/om/barn/ratt/", "/annat/", "/om/barnen/", "/?sida=1"):
        assert not scope.leads_in("https://stad.se" + path)
    assert not scope.leads_in("https://annan.se/")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/plan.pdf", ""),
        ("/PLAN.DOCX?v=1", ""),
        ("/download/18.4f/1622", "Processplan 2012 (PDF, 300 kB)"),
        ("/visa?id=7", "Protokoll, pdf"),
        ("/dokument/7", "Handlingsplan 1,2 MB"),
        ("/bild.jpg", "Affisch om barnets rättigheter"),
        ("/bild.png", "Vägledning för familjecentraler"),
    ],
)
def test_links_to_documents_are_known_by_address_or_words(path: str, words: str) -> None:
    assert is_file_link("https://stad.se" + path, words)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/sida", "Läs om planen"),
        ("/bild.jpg", "Torget i solsken"),
        ("/stil.css", "PDF"),
        ("/x", "Wordpress"),
    ],
)
def test_other_links_are_not(path: str, words: str) -> None:
    assert not is_file_link("https://stad.se" + path, words)


def test_sources_that_share_a_host_share_a_lane() -> None:
    a, b = source("https://x.se/a/", id_="a"), source("https://www.y.se/", id_="b")
    c, d = (
        source("https://z.se/", "https://y.se/", id_="c"),
        source("http://www.x.se/d/", "https://z.se/", id_="d"),
    )
    assert [[s.id for s in lane] for lane in lanes([a, b])] == [["a"], ["b"]]
    assert [sorted(s.id for s in lane) for lane in lanes([a, b, c, d])] == [["a", "b", "c", "d"]]


@pytest.fixture
def visited(tmp_path: Path) -> Iterator[Callable[[Limits], Visit]]:
    """A run over https://stad.se/."""
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        warc = WarcArchive(tmp_path, "stad", "kompass")
        yield partial(Visit, source("https://stad.se/"), tmp_path, catalogue, warc, Guard())


def test_a_run_ends_when_its_time_is_up(visited: Callable[[Limits], Visit]) -> None:
    for seconds, over in ((1000.0, None), (0.0, "time_limit")):
        visit = visited(Limits(10, 1e9, seconds))
        visit.frontier.add(Entry("https://stad.se/"))
        visit.frontier.add(Entry("https://stad.se/a"))
        assert visit.over() == over and visit.has_next() == (over is None)
        assert (visit.next_entry() is None) == (over is not None)
        assert visit.close() == (False, over or "stopped")


def test_after_a_stop_a_run_goes_on_and_after_a_full_one_it_begins_anew(
    visited: Callable[[Limits], Visit],
) -> None:
    many, one = Limits(10, 1e9, 1000.0), Limits(1, 1e9, 1000.0)
    stopped = visited(many)
    for path in "ab":
        stopped.frontier.add(Entry(f"https://stad.se/{path}"))
    assert stopped.next_entry() and stopped.close() == (False, "stopped")
    full = visited(one)
    assert full.frontier.queued == 2 and full.next_entry() and full.close() == (False, "page_limit")
    assert visited(many).close() == (True, "finished")


def test_sitemaps_of_other_hosts_are_not_asked_for(visited: Callable[[Limits], Visit]) -> None:
    visit, elsewhere = visited(Limits(10, 1e9, 1000.0)), "https://annan.se/k.xml"
    visit.found_sitemaps("https://stad.se/robots.txt", ["/k.xml", elsewhere])
    assert "https://stad.se/k.xml" in visit.frontier and visit.frontier.queued == 1
    assert visit.wants_sitemap("https://stad.se/1.xml") and not visit.wants_sitemap(elsewhere)
    visit.close()


def test_where_a_page_sends_its_reader_is_found_and_nothing_is_made_of_what_is_no_address() -> None:
    base = "https://stad.se/a/"
    for tag in (
        b"<meta http-equiv=refresh content='0; url=../b'>",
        b'<META  content="3;URL=/b"\n HTTP-EQUIV = "Refresh">',
        b"<meta charset=utf-8><meta http-equiv=refresh content=0;url=/b>",
    ):
        assert html.links(b"<head>" + tag, base).refresh == "https://stad.se/b"
    tag = b'<base href="/c/"><meta http-equiv=refresh content="0;url=d">'
    assert html.links(tag, base).refresh == "https://stad.se/c/d"
    for nowhere in (b"http://[", b"http://stad.se:" + b"1" * 900, b"javascript:alert(1)"):
        tag = b'<meta http-equiv="refresh" content="0;url=' + nowhere + b'">'
        assert html.links(tag, base).refresh is None


def test_the_pattern_of_a_long_address_takes_no_time() -> None:
    began = time.process_time()
    for letters in ("a", "1a" * 5 + "-", "=a", "=1-"):
        for n in range(200):
            numbered(f"https://stad.se/{n}?a" + letters * (1_900 // len(letters)))
    assert time.process_time() - began < 1.5
    assert numbered("https://stad.se/a?id=18.4f2a9c0b11e7d3&s=barnplan-2012") == "a?id=#.#&s=#"
    assert numbered("https://stad.se/nya-sidan") is None


# --- the queue --------------------------------------------------------------------------------------------


def taken(frontier: Frontier) -> list[str]:
    found = []
    while frontier.queued:
        (entry,) = frontier.best(1)
        frontier.take(entry.url)
        found.append(entry.url)
    return found


def test_the_best_comes_first_and_among_equals_the_oldest(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path, "stad")
    for url, priority in [("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", -1)]:
        assert frontier.add(Entry(url, priority))
    assert taken(frontier) == ["b", "d", "a", "c", "e"]


def test_an_address_is_queued_once_whatever_became_of_it(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path, "stad")
    assert frontier.add(Entry("a")) and not frontier.add(Entry("a", 9))
    frontier.take("a")
    assert not frontier.add(Entry("a")) and "a" in frontier and "b" not in frontier
    frontier.done("a")
    assert not frontier.add(Entry("a")) and frontier.queued == 0
    frontier.again(Entry("a", 1, {"retry_times": 1}))
    assert frontier.queued == 1 and frontier.best(1) == [Entry("a", 1, {"retry_times": 1})]


def test_what_was_under_way_is_queued_again_after_a_kill(tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        frontier = Frontier(tmp_path, "stad")
        for url in "abc":
            frontier.add(Entry(url, about={"depth": 2}))
        frontier.take("a")
        frontier.done("a")
        frontier.take("b")
        frontier.set_fact("not_before x", "7")
        frontier.commit()
        frontier.add(Entry("d"))  # not committed
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    frontier = Frontier(tmp_path, "stad")
    assert frontier.queued == 2 and frontier.fact("not_before x") == "7"
    assert frontier.best(9)[0].about == {"depth": 2}
    assert taken(frontier) == ["b", "c"] and "a" in frontier and "d" not in frontier


def test_a_damaged_queue_is_begun_anew(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path, "stad")
    frontier.add(Entry("a"))
    frontier.close()
    frontier.path.write_bytes(b"not a database" * 1000)
    again = Frontier(tmp_path, "stad")
    assert again.queued == 0 and again.add(Entry("a"))
    with pytest.raises(sqlite3.ProgrammingError):
        frontier.add(Entry("b"))


def test_a_queue_that_cannot_be_written_just_now_is_kept(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path, "stad")
    frontier.add(Entry("a"))
    frontier.take("a")
    frontier.close()
    full = (
        "import resource, signal, sys; from pathlib import Path; from indexer.crawl.frontier import Frontier;"
    )
    full += (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9));"
    )
    ran = subprocess.run(
        [sys.executable, "-c", f"{full} Frontier(Path(sys.argv[1]), 'stad')", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert "ArchiveError: The queue" in ran.stderr
    assert Frontier(tmp_path, "stad").queued == 1


def test_a_cleared_queue_begins_at_the_start_but_keeps_its_facts(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path, "stad")
    frontier.add(Entry("a"))
    frontier.set_fact("not_before x", "7")
    frontier.clear()
    assert "a" not in frontier and frontier.queued == 0 and frontier.fact("not_before x") == "7"
    frontier.close()
    assert Frontier(tmp_path, "stad").add(Entry("a"))


def test_an_expression_that_never_ends_leaves_the_address_out_and_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hostile = "https://stad.se/barn/" + "a" * 60 + "!"
    for scope in (
        Scope(source("https://stad.se/", deny=("/(?:a|a)+$",))),
        Scope(source("https://stad.se/", allow=("/(?:a|a)+$",))),
    ):
        assert not scope.covers(hostile) and not scope.covers_file(hostile)
        assert "(?:a|a)+$ takes too long for https://stad.se/barn/aaa" in caplog.text
        caplog.clear()
    assert Scope(source("https://stad.se/", deny=("/(?:a|a)+$",))).covers("https://stad.se/barn/")
