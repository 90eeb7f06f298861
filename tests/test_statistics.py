"""Counts of searches: nothing that fewer than three visitors of a day stand behind is ever written."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import time
import urllib.request
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from service import children, service
from waiting import HUNG, until
from web_client import Client, served

from indexer import statistics
from indexer.cli import main
from indexer.statistics import FILE, Statistics, Tally, alike, countable, normal, report, write

DAY = date(2026, 11, 22)


def tally(*searches: tuple[str, str, bool], day: date = DAY) -> Tally:
    made = Tally(day)
    for text, visitor, empty in searches:
        made.add(text, visitor, empty=empty)
    return made


def kept(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as db:
        return db.execute(
            "SELECT day, query, empty, searches, visitors FROM searches ORDER BY 1, 2, 3"
        ).fetchall()


def visitors(text: str, *, n: int, empty: bool = False) -> list[tuple[str, str, bool]]:
    return [(text, f"192.0.2.{i}", empty) for i in range(n)]


# --- the threshold ----------------------------------------------------------------------------------------


def test_search_of_two_visitors_is_not_ready_however_often_they_make_it() -> None:
    assert tally(*visitors("barnombud", n=2) * 50).ready() == []


def test_search_of_three_visitors_is_ready_with_the_days_total() -> None:
    rows = tally(*visitors("barnombud", n=3), ("barnombud", "192.0.2.1", False)).ready()
    assert [(shown, empty, n, who) for _, shown, empty, n, who in rows] == [
        ("", 0, 4, 3),
        ("barnombud", 0, 4, 3),
    ]


def test_searches_without_hits_need_three_visitors_of_their_own() -> None:
    rows = tally(*visitors("barnombud", n=3), ("barnombud", "192.0.2.1", True)).ready()
    assert {empty for _, _, empty, _, _ in rows} == {0}


def test_inflections_and_order_are_one_search_and_signs_of_the_query_language_are_not() -> None:
    assert normal("Barnchecklistor  biblioteket")[0] == normal("bibliotekets barnchecklista")[0]
    assert normal("barnchecklista")[1] == "barnchecklista"
    words = ("utbildning förskola", "utbildning -förskola", '"utbildning förskola"', "titel:utbildning",
             "utbildning INTE förskola", "utbildning ELLER förskola", "förskol*")  # fmt: skip
    assert len({normal(text)[0] for text in words}) == len(words)
    assert normal("???")[0] and normal("å")[0]


@pytest.mark.parametrize(
    "text",
    ["anna@exempel.se", "ärende 811218-9876", "070-123 45 67", "", "   ", "x" * 101, "\u200b",
     "81\u200b1218-9876"],
)  # fmt: skip
def test_search_that_may_point_out_somebody_is_not_counted(text: str) -> None:
    assert not countable(text)


def test_what_has_changed_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / FILE
    made = tally(*visitors("barnombud", n=3), *visitors("hemlig", n=2))
    for _ in range(2):
        deltas = made.ready()
        write(path, DAY, deltas, 365)
        made.wrote(deltas)
    made.add("barnombud", "198.51.100.1", empty=False)
    write(path, DAY, made.ready(), 365)
    assert kept(path) == [("2026-11-22", "", 0, 6, 4), ("2026-11-22", "barnombud", 0, 4, 4)]
    content = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert b"hemlig" not in content and b"192.0.2" not in content


def test_memory_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST", 10)
    made = tally(*[(f"ord{n}", f"198.51.100.{n}", False) for n in range(200)])
    assert len(made._rows) <= 11 and made._pairs <= 11
    assert made._rows["", False].searches == 200


def test_old_counts_are_deleted(tmp_path: Path) -> None:
    path = tmp_path / FILE
    write(path, date(2024, 11, 21), tally(*visitors("gammalt", n=3)).ready(), 730)
    write(path, DAY, tally(*visitors("nytt", n=3)).ready(), 730)
    assert {row[0] for row in kept(path)} == {"2026-11-22"}


# --- the one who counts -----------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def counting(path: Path, clock: Clock) -> tuple[Statistics, threading.Thread]:
    made = Statistics(path, 365, clock)
    made.begin()
    thread = threading.Thread(target=made.count, daemon=True)
    thread.start()
    return made, thread


def test_visitors_are_forgotten_at_midnight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "EVERY", 0.02)
    keys: list[bytes] = []
    urandom = os.urandom
    monkeypatch.setattr(os, "urandom", lambda n: keys.append(urandom(n)) or keys[-1])
    path, clock = tmp_path / FILE, Clock()
    made, thread = counting(path, clock)
    for visitor in ("a", "b"):
        made.note("hemlig", visitor, empty=False)
        made.note("vanlig", visitor, empty=False)
    made.note("vanlig", "c", empty=False)

    def written() -> bool:
        with suppress(sqlite3.OperationalError):  # the file is there before its tables
            return path.is_file() and (DAY.isoformat(), "vanlig", 0, 3, 3) in kept(path)
        return False

    until(written)
    clock.now = datetime(2026, 11, 23, 0, 1, tzinfo=UTC)
    until(lambda: len(keys) == 2)
    made.note("hemlig", "c", empty=False)  # the third visitor, but of the next day
    made.end()
    thread.join(HUNG)
    assert [row[:2] for row in kept(path)] == [("2026-11-22", ""), ("2026-11-22", "vanlig")]
    assert len(set(keys)) == 2, "each day has a key of its own"


def test_file_that_is_busy_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(statistics, "EVERY", 0.02)
    path = tmp_path / "file"
    path.touch()
    made, thread = counting(
        path / FILE, Clock()
    )  # cannot be written: there is a file where a directory should be
    for visitor in "abc":
        made.note("barnombud", visitor, empty=True)
    until(lambda: caplog.records)  # it has tried
    assert thread.is_alive()
    path.unlink()
    made.end()
    thread.join(HUNG)
    assert len(kept(path / FILE)) == 2


def test_note_never_waits_and_costs_little(tmp_path: Path) -> None:
    made = Statistics(tmp_path / FILE, 365)
    made.note("innan någon räknar", "a", empty=False)
    made.begin()
    began = time.perf_counter()
    for n in range(20_000):  # more than the pipe holds, and nobody reads
        made.note("barnchecklista bibliotek", f"192.0.2.{n}", empty=False)
    assert (time.perf_counter() - began) / 20_000 < 0.0005
    made.end()


# --- the service ------------------------------------------------------------------------------------------


def test_nothing_is_counted_unless_the_setting_says_so(web: Client) -> None:
    assert web.app.site.statistics is None


def test_result_page_notes_words_visitor_and_whether_anything_was_found(
    web_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = served(web_index, statistics=True, journal_directory=str(tmp_path))
    noted: list[tuple[str, str, bool]] = []
    monkeypatch.setattr(
        web.app.site.statistics,
        "note",
        lambda text, visitor, *, empty: noted.append((text, visitor, empty)),
    )
    web.get("/?q=barnchecklista", remote="2001:db8:1:2::7")
    web.get("/?q=barnchecklista&page=2")
    web.get("/api/v1/search?q=plan&limit=5")
    web.get("/api/v1/documents?q=plan")
    web.get("/api/v1/suggest?q=plan")
    web.get("/?q=finnsinte")
    web.get("/documents/aaaaaaaaaaaa?q=plan")
    assert noted == [
        ("barnchecklista", "2001:db8:1:2::", False),
        ("plan", "192.0.2.1", False),
        ("finnsinte", "192.0.2.1", True),
    ]


COUNTING = {"KOMPASS_STATISTICS": "1", "KOMPASS_TRUSTED_PROXIES": "127.0.0.1"}


@pytest.mark.parametrize("processes", [1, 3])
def test_searches_spread_over_processes_are_counted_together(
    web_index: Path, tmp_path: Path, processes: int
) -> None:
    with service(web_index, processes, **COUNTING, KOMPASS_JOURNAL_DIRECTORY=str(tmp_path)) as (_, address):

        def search(words: str, visitor: str) -> None:
            asked = urllib.request.Request(f"{address}?q={words}", headers={"X-Forwarded-For": visitor})
            urllib.request.urlopen(asked, timeout=HUNG).read()

        for n in range(9):
            search("barnchecklista", f"198.51.100.{n}")
            search("finnsinte", f"198.51.100.{n % 3}")
            search("hemlig", f"198.51.100.{n % 2}")
    found = {(query, empty): rest for _, query, empty, *rest in kept(tmp_path / FILE)}
    assert found == {
        ("", 0): [9, 9], ("barnchecklista", 0): [9, 9], ("", 1): [18, 3], ("finnsinte", 1): [9, 3],
    }  # fmt: skip
    content = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert b"hemlig" not in content and b"198.51" not in content


def test_counting_process_that_is_killed_is_replaced_and_no_reader_notices(
    web_index: Path, tmp_path: Path
) -> None:
    with service(web_index, 2, **COUNTING, KOMPASS_JOURNAL_DIRECTORY=str(tmp_path)) as (server, address):
        until(lambda: len(children(server.pid)) == 3)
        counter, *answering = children(server.pid)
        os.kill(counter, signal.SIGKILL)
        for n in range(4):
            visitor = {"X-Forwarded-For": f"198.51.100.{n}"}
            asked = urllib.request.Request(f"{address}?q=plan", headers=visitor)
            urllib.request.urlopen(asked, timeout=HUNG).read()
        until(lambda: len(set(children(server.pid)) - {counter}) == 3)
        assert set(answering) <= set(children(server.pid))
    assert server.returncode == 0
    assert [row[1:] for row in kept(tmp_path / FILE)] == [("", 0, 4, 4), ("plan", 0, 4, 4)]


# --- the report -------------------------------------------------------------------------------------------


def test_report_adds_days_and_tells_what_it_does_not_show(tmp_path: Path) -> None:
    path = tmp_path / FILE
    first = tally(
        *visitors("Barnombuden", n=4), *visitors("skolval", n=3, empty=True), ("hemlig", "a", False)
    )
    write(path, DAY, first.ready(), 0)
    second = tally(
        *visitors("barnombud", n=5), *visitors("skolvals", n=3, empty=True), day=date(2026, 11, 23)
    )
    write(path, date(2026, 11, 23), second.ready(), 0)
    found = report(path, "2026-11-22", "2026-11-23")
    assert (found.searches, found.empty, found.hidden) == (16, 6, 1)
    assert found.days == (("2026-11-22", 8, 3), ("2026-11-23", 8, 3))
    assert [(c.query, c.searches, c.visitors, c.empty) for c in found.queries] == [
        ("barnombud", 9, 9, 0), ("skolval", 6, 6, 6),
    ]  # fmt: skip
    assert [c.query for c in found.missing] == ["skolval"]
    assert report(path, "2026-11-23", "2026-11-23").searches == 8
    assert report(tmp_path / "none", "2026-01-01", "2026-12-31").searches == 0


def test_nearly_the_same_spelling_is_grouped() -> None:
    counted = [statistics.Counted(q, n, n, n) for q, n in (
        ("trygghetsvandring", 9), ("tryghetsvandring", 4), ("barnbokslut", 5), ("trygghets vandring", 3),
    )]  # fmt: skip
    [first, second] = alike(counted)
    assert (first.query, first.searches) == ("trygghetsvandring", 16)
    assert first.variants == ("tryghetsvandring", "trygghets vandring")
    assert second.query == "barnbokslut"


def test_command_prints_a_period(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.now(UTC).date()
    made = tally(*visitors("barnombud", n=3), *visitors("skolval", n=4, empty=True))
    write(tmp_path / FILE, today, made.ready(), 0)
    write(tmp_path / FILE, date(2020, 1, 1), tally(*visitors("gammalt", n=3)).ready(), 0)
    place = ["--index", str(tmp_path), "--corpus", str(tmp_path / "none")]
    assert main(["statistics", *place]) == 0
    shown = capsys.readouterr().out
    assert "Searches are not counted: KOMPASS_STATISTICS=1" in shown
    assert "7 searches, 4 of them without hits. 0 are not shown" in shown
    assert "skolval" in shown.partition("Without hits")[2] and "gammalt" not in shown
    assert main(["statistics", *place, "--since", "2020-01-01", "--until", "2020-12-31", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [c["query"] for c in told["queries"]] == ["gammalt"]
    assert (told["least_visitors"], told["on"], told["days"][0]["day"]) == (3, False, "2020-01-01")
    for wrong in (["--since", "igår"], ["--since", "2026-02-01", "--until", "2026-01-01"], ["--limit", "0"]):
        assert main(["statistics", *place, *wrong]) == 2
    assert main(["statistics", "--index", str(tmp_path / "x"), "--corpus", str(tmp_path / "y")]) == 0
