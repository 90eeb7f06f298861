"""Crawling again: the unchanged is not sent again, the killed goes on, the forgotten stays away."""

from __future__ import annotations

import fcntl
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from crawl_server import Answer, page, serving
from test_crawl import source
from waiting import HUNG, until
from warcio.archiveiterator import ArchiveIterator

from indexer.catalogue import Catalogue
from indexer.crawl import CrawlReport, archive, crawl
from indexer.crawl.frontier import Entry, Frontier
from indexer.errors import KompassError, SourcesError
from indexer.ingest import ingest
from indexer.model import Capture


def captures(corpus: Path) -> list[Capture]:
    with Catalogue(corpus / "catalogue.sqlite") as catalogue:
        return list(catalogue.captures())


def test_what_has_not_changed_is_asked_for_conditionally_and_kept_as_a_revisit(tmp_path: Path) -> None:
    routes = {
        "/robots.txt": "",
        "/": Answer(page("Start", "/a", "/b", "/c", "/d"), etag=True),
        "/a": Answer(page("A", "/bakom-a"), etag=True),
        "/d": Answer(page("D", "/bakom-d"), etag=True, headers={"X-Robots-Tag": "nofollow"}),
        "/b": page("B"),  # no ETag: sent again, and found to be the same
        "/c": page("C"),
        "/bakom-a": Answer(page("Bakom A"), headers={"Last-Modified": "Sat, 01 Mar 2014 10:00:00 GMT"}),
    }
    with serving(routes) as server:
        crawl([source(server)], tmp_path)
        server.asked.clear()
        server.routes["/c"] = page("C, ändrad")
        (run,) = crawl([source(server)], tmp_path).runs
        asked = {a.path: a for a in server.asked}
    assert (run.pages, run.new, run.changed, run.unchanged) == (6, 0, 1, 5)
    assert asked["/"].status == asked["/a"].status == asked["/d"].status == 304
    assert asked["/bakom-a"].headers["If-Modified-Since"] == "Sat, 01 Mar 2014 10:00:00 GMT"
    kept = captures(tmp_path)
    first, second = kept[:6], kept[6:]
    origin = {c.url: c for c in first}
    for capture in second:
        changed = capture.url.endswith("/c")
        assert (capture.revisit_of is None) == changed
        before = origin[capture.url]
        if not changed:
            assert (capture.revisit_of, capture.digest) == (before.id, before.digest)
            assert capture.media_type == "text/html" and capture.length < 900
        payload = archive.read(tmp_path, capture.warc, capture.offset)[1]
        assert (payload == archive.read(tmp_path, before.warc, before.offset)[1]) != changed


def test_an_address_that_is_gone_is_recorded_and_comes_back(tmp_path: Path) -> None:
    with serving({"/robots.txt": "", "/": page("Start", "/a"), "/a": page("A")}) as server:
        crawl([source(server)], tmp_path)
        server.routes["/a"] = Answer("borta", 410)
        crawl([source(server)], tmp_path)
        with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
            assert [f.reason for _, f in catalogue.failures()] == ["http_410"]
        server.routes["/a"] = page("A")
        crawl([source(server)], tmp_path)
        with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
            assert list(catalogue.failures()) == []
        assert [c.status for c in captures(tmp_path) if c.url.endswith("/a")] == [200, 410, 200]


def test_a_site_that_is_down_changes_nothing_of_what_was_held(tmp_path: Path) -> None:
    with serving({"/robots.txt": "", "/": page("Start", "/a"), "/a": page("A")}) as server:
        one = source(server)
        crawl([one], tmp_path)
    held = captures(tmp_path)
    (run,) = crawl([one], tmp_path).runs
    assert (run.finished, run.reason, run.pages) == (False, "refused", 0)
    assert captures(tmp_path) == held


def test_what_is_held_is_asked_for_also_when_no_link_leads_there_any_more(tmp_path: Path) -> None:
    routes = {"/robots.txt": "", "/": page("Start", "/a", "/b"), "/a": page("A", "/c"), "/b": page("B")}
    with serving({**routes, "/c": page("C")}) as server:
        one = source(server)
        crawl([one], tmp_path)
        ingest([one], tmp_path)
        server.asked.clear()
        server.routes["/"] = page("Start", "/b")
        server.routes["/a"] = page("A", "/c", "/ny")
        del server.routes["/c"]
        (run,) = crawl([one], tmp_path).runs
    # Links first; the links of what is hidden are not followed.
    assert run.finished and server.paths()[:3] == ["/robots.txt", "/", "/b"]
    assert sorted(server.paths()[3:]) == ["/a", "/c"]
    assert [c.status for c in captures(tmp_path) if c.url.endswith("/c")] == [200, 404]


def test_a_site_larger_than_a_run_is_asked_for_what_it_removed_all_the_same(tmp_path: Path) -> None:
    many = [f"/sida-{letter}" for letter in "abcdefghijklmnopqrst"]
    routes = {"/robots.txt": "", "/": page("Start", "/gammal"), **{n: page(n) for n in [*many, "/gammal"]}}
    with serving(routes) as server:
        one = source(server, max_pages=10)
        crawl([one], tmp_path)
        ingest([one], tmp_path)
        server.asked.clear()
        server.routes["/"] = page("Start", *many)
        del server.routes["/gammal"]
        (run,) = crawl([one], tmp_path).runs
    assert (run.pages, run.reason) == (10, "page_limit")
    assert server.paths()[-1] == "/gammal"


def test_a_run_that_goes_on_with_nothing_left_looks_whether_the_site_answers(tmp_path: Path) -> None:
    with serving({"/robots.txt": "", "/": page("Start")}) as server:
        crawl([source(server)], tmp_path)
        frontier = Frontier(tmp_path, "stad")  # as a crawl leaves it that is killed at its very end
        frontier.add(Entry(server.url + "/"))
        frontier.done(server.url + "/")
        frontier.close()
        (run,) = crawl([source(server)], tmp_path).runs
        assert (run.finished, run.pages) == (True, 1)


def test_a_wait_that_a_wrong_clock_wrote_down_is_not_kept(tmp_path: Path) -> None:
    with serving({"/robots.txt": "", "/": page("Start")}) as server:
        for days, pages in ((3000, 1), (3, 0)):
            frontier = Frontier(tmp_path, "stad")
            until = time.time() + days * 86_400
            frontier.set_fact(f"not_before 127.0.0.1:{server.port}", str(until))
            frontier.close()
            (run,) = crawl([source(server)], tmp_path).runs
            assert run.pages == pages


def test_what_the_archive_has_lost_is_fetched_again_whole(tmp_path: Path) -> None:
    routes = {
        "/robots.txt": "",
        "/": Answer(page("Start", "/a"), etag=True),
        "/a": Answer(page("A"), etag=True),
    }
    with serving(routes) as server:
        one = source(server)
        crawl([one], tmp_path)
        ingest([one], tmp_path)
        lost = next(c for c in captures(tmp_path) if c.url.endswith("/a"))
        with (tmp_path / lost.warc).open("r+b") as file:
            file.seek(lost.offset + lost.length // 2)
            file.write(bytes(20))
        assert ingest([one], tmp_path, full=True).documents == 1
        crawl([one], tmp_path)
        assert [a.status for a in server.asked if a.path == "/a"] == [200, 200]
        assert ingest([one], tmp_path).documents == 2
        crawl([one], tmp_path)
        assert server.asked[-1].status == 304


def test_a_forgotten_address_is_not_asked_for_again(tmp_path: Path) -> None:
    with serving(
        {"/robots.txt": "", "/": page("Start", "/a", "/b"), "/a": page("A"), "/b": page("B")}
    ) as server:
        with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
            catalogue.forget([server.url + "/a"], "begäran")
        crawl([source(server)], tmp_path)
        assert "/a" not in server.paths() and "/b" in server.paths()


CRAWLING = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from typing import Any
from indexer.crawl import crawl
from indexer.model import Source

if __name__ == "__main__":
    source = Source("stad", "Stad", "Stad", "municipality", ({url!r},), delay=0.0, allow_private=True)
    print(crawl([source], Path({corpus!r})), flush=True)
"""


@contextmanager
def crawling(tmp_path: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    """A crawl in a process of its own, which is gone afterwards."""
    script = tmp_path / "crawling.py"
    script.write_text(
        CRAWLING.format(tests=str(Path(__file__).parent), url=url + "/", corpus=str(tmp_path / "corpus"))
    )
    running = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # "pytest &" would have it ignored
    )  # fmt: skip
    with running:
        try:
            yield running
        finally:
            running.kill()
            until(lambda: not orphans(tmp_path))


def dealt_with(tmp_path: Path) -> int:
    """How many addresses the crawl has done with, as far as its queue on disk says."""
    with closing(sqlite3.connect(tmp_path / "corpus" / "crawl" / "stad.sqlite")) as queue:
        return int(queue.execute("SELECT count(*) FROM url WHERE state = 2").fetchone()[0])


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_crawl_that_was_killed_goes_on_where_it_was(tmp_path: Path, how: signal.Signals) -> None:
    names = [f"/sida-{chr(97 + i)}{chr(97 + j)}" for i in range(5) for j in range(8)]
    let_go = threading.Semaphore(15)  # so many answers, and then one at a time

    def held(_: str) -> Answer:
        let_go.acquire(timeout=HUNG)
        return Answer(page("Sida"))

    with serving({"/robots.txt": "", "/": page("Start", *names), **dict.fromkeys(names, held)}) as server:
        with crawling(tmp_path, server.url) as running:
            until(lambda: len(server.asked) == 2 + 15 and dealt_with(tmp_path) == 1 + 15)
            running.send_signal(how)
            while how == signal.SIGINT and running.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    running.wait(1)  # for it to be heard
                let_go.release()  # then it waits for what is under way
            until(lambda: not orphans(tmp_path))
        before = server.paths()
        assert len(before) < len(names)
        let_go.release(1000)
        (run,) = crawl([source(server)], tmp_path / "corpus").runs
        assert run.finished
        asked = server.paths()
        assert set(names) <= set(asked)
        # What was under way when it was killed is asked for once more, and nothing else; the start tells
        # whether the site answers.
        assert asked.count("/") == 2
        assert sum(asked.count(n) - 1 for n in names) <= (how == signal.SIGKILL)
    kept = captures(tmp_path / "corpus")
    assert {c.url for c in kept} == {server.url + n for n in ["/", *names]}
    for path in archive.files(tmp_path / "corpus"):
        assert not path.name.endswith(".open")
        with path.open("rb") as file:
            assert sum(1 for _ in ArchiveIterator(file)) > 1
    for capture in kept:
        assert archive.read(tmp_path / "corpus", capture.warc, capture.offset)[1]


def orphans(tmp_path: Path) -> bool:
    """Whether the crawling process still holds the corpus."""
    with (tmp_path / "corpus" / "crawl.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def test_two_crawls_of_one_corpus_do_not_run_at_once(tmp_path: Path) -> None:
    done = threading.Event()

    def held(_: str) -> Answer:
        done.wait(2 * HUNG)
        return Answer(page("Start"))

    with serving({"/robots.txt": "", "/": held}) as server, crawling(tmp_path, server.url):
        until(lambda: "/robots.txt" in server.paths())
        with pytest.raises(KompassError, match=r"is writing .* already"):
            crawl([source(server)], tmp_path / "corpus")
        done.set()


def test_only_what_is_asked_for_and_enabled_is_crawled(tmp_path: Path) -> None:
    with serving({"/robots.txt": "", "/": page("Start")}) as server:
        two = [source(server), source(server, id="av", enabled=False)]
        assert [r.source for r in crawl(two, tmp_path).runs] == ["stad"]
        with pytest.raises(SourcesError, match="'av' is not enabled"):
            crawl(two, tmp_path, only=["av"])
        assert crawl([two[1]], tmp_path) == CrawlReport()


def test_reading_the_archive_loads_no_crawler(tmp_path: Path) -> None:
    code = "import indexer.crawl.archive, sys; print({'scrapy', 'twisted'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_what_was_taken_out_of_scope_or_removed_meanwhile_is_not_fetched_by_the_run_that_goes_on(
    tmp_path: Path,
) -> None:
    links = ["/a-sida", "/b-sida", "/c-sida", "/d-sida"]
    with serving({"/robots.txt": "", "/": page("Start", *links), "/ny": page("Ny")}) as server:
        frontier = Frontier(tmp_path, "stad")
        for link in ("/", *links):
            frontier.add(Entry(server.url + link))
        frontier.done(server.url + "/")
        frontier.close()
        with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
            catalogue.forget([server.url + "/b-sida"], "begäran")
        more = source(server, start_urls=(server.url + "/", server.url + "/ny"), deny=("/c-",))
        (run,) = crawl([more], tmp_path).runs
        assert run.finished
        # A start address that is new in sources.toml is fetched, what was fetched before the kill is not.
        assert sorted(server.paths()) == ["/a-sida", "/d-sida", "/ny", "/robots.txt"]


def test_a_corpus_that_cannot_be_written_ends_the_crawl_with_one_sentence(tmp_path: Path) -> None:
    with serving({"/robots.txt": "", "/": page("Start", "/a"), "/a": page("A")}) as server:
        (tmp_path / "warc").mkdir()
        (tmp_path / "warc" / "stad").write_text("a file where the folder should be")
        with pytest.raises(KompassError, match=r"cannot be written .* make room, run it again"):
            crawl([source(server)], tmp_path)
        assert server.paths() == ["/robots.txt"]
        (tmp_path / "warc" / "stad").unlink()
        (run,) = crawl([source(server)], tmp_path).runs
        assert run.finished and run.pages == 2


def test_a_full_disk_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, file: Any) -> None:
            self._file = file

        def write(self, data: bytes) -> int:
            self._file.write(data[: len(data) // 2])
            self._file.flush()
            raise OSError(28, "No space left on device")

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    with archive.WarcArchive(tmp_path, "stad", "kompass") as warc:
        first = warc.append(EXCHANGE)
        monkeypatch.setattr(warc, "_file", Full(warc._file))
        with pytest.raises(OSError, match="No space left"):
            warc.append(EXCHANGE)
    assert archive.recover(tmp_path, "stad") == 1
    (kept,) = archive.records(tmp_path)
    assert kept.place == first


EXCHANGE = archive.Exchange(
    "stad", "https://stad.se/", "https://stad.se/", "2026-11-22T04:39:37Z", [], "HTTP/1.1", 200, "OK", [],
    b"Barnets r\xc3\xa4ttigheter" * 50, "ab" * 32, "text/plain",
)  # fmt: skip


def test_a_crawl_beside_an_archive_that_lost_its_catalogue_makes_no_index_of_what_is_new(
    tmp_path: Path,
) -> None:
    with serving({"/robots.txt": "", "/": page("Start", "/a"), "/a": page("A")}) as server:
        one = source(server)
        crawl([one], tmp_path)
        held = ingest([one], tmp_path).documents
        (tmp_path / "catalogue.sqlite").unlink()
        del server.routes["/a"]  # or was killed before it came there
        server.routes["/"] = page("Start")
        crawl([one], tmp_path)
    assert ingest([one], tmp_path).documents == held == 2


@pytest.mark.parametrize("name", ["crawl.lock", "crawl/log.txt"])
def test_a_file_that_cannot_be_written_is_named_before_anything_is_fetched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(parents=True)  # permissions do not keep out the user that tests may run as
    with serving({"/robots.txt": "", "/": page("Start")}) as server:
        with pytest.raises(KompassError, match=rf"{name} cannot be written: .* run it again"):
            crawl([source(server)], tmp_path)
        assert not server.asked


AT_ONCE = """
import os, signal, sys, time
from pathlib import Path
from indexer.crawl import crawl, run
from indexer.model import Source
start = run._start
def start_and_stop(number):
    child = start(number)
    time.sleep(float(sys.argv[2]))
    os.killpg(0, signal.SIGINT)
    return child
run._start = start_and_stop
try:
    crawl([Source("a", "A", "A", "municipality", ("http://127.0.0.1:9/",))], Path(sys.argv[1]))
except KeyboardInterrupt:
    sys.exit(7)
"""


def test_ctrl_c_while_the_crawler_is_loaded_is_told_by_one_line_only(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE, str(tmp_path), "0.3"], cwd=Path(__file__).parents[1],
        start_new_session=True, capture_output=True, text=True, timeout=HUNG, check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")
