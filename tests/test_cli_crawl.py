"""``kompass crawl`` and what follows, over HTTP on loopback."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from captured import LONG, page
from crawl_server import Answer, Route, serving
from waiting import until

from indexer.cli import main
from indexer.commands import crawl as command
from indexer.crawl import Progress
from indexer.errors import SourcesError
from indexer.sources import load

PAGES: dict[str, Route] = {
    "/": page(
        "Barnets rättigheter",
        LONG,
        '<a href="/plan">Handlingsplan 2012</a> <a href="/trasig.pdf">Fil</a>'
        '<a href="/kalender/2031/01">Nästa</a><a href="/sok?q=barn">Barn</a>',
    ),
    "/plan": page("Handlingsplan 2012", f"{LONG} Barnchecklista."),
    "/trasig.pdf": Answer("%PDF-1.4 trasig", type="application/pdf"),
}


@pytest.fixture
def port() -> Iterator[int]:
    with serving(PAGES) as server:
        yield server.port


def block(id_: str, port: int, **more: str) -> str:
    keys = "".join(f"{k} = {v}\n" for k, v in more.items())
    return (
        f'[[source]]\nid = "{id_}"\nname = "{id_}"\npublisher = "{id_}"\norganisation_type = "municipality"\n'
        f'start_urls = ["http://127.0.0.1:{port}/"]\nallow_private = true\ndelay = 0\n{keys}\n'
    )


def run(directory: Path, *arguments: str, code: int = 0) -> str:
    data, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(data, "utf-8", write_through=True)
    with contextlib.chdir(directory), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert main([*arguments, "--sources", "s.toml", "--corpus", "store"]) == code, err.getvalue()
    return data.getvalue().decode()


def test_a_site_is_crawled_read_searched_and_what_is_wrong_is_listed(tmp_path: Path, port: int) -> None:
    (tmp_path / "s.toml").write_text(block("a", port) + block("borta", 9))
    report = json.loads(run(tmp_path, "crawl", "--json"))
    assert {r["source"]: r["new"] for r in report["runs"]} == {"a": 3, "borta": 0}
    assert "2 are held" not in run(tmp_path, "index", "--index", "i")
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(["search", "barnchecklista", "--index", "i", "--json"]) == 0
    assert json.loads(out.getvalue())["hits"][0]["title"] == "Handlingsplan 2012"
    status = json.loads(run(tmp_path, "status", "--index", "i", "--json"))
    states = {s["id"]: (s["state"], s["documents"], list(s["failure_counts"])) for s in status["sources"]}
    assert states == {"a": ("ok", 3, ["damaged"]), "borta": ("failing", 0, ["refused"])}
    again = run(tmp_path, "crawl", "--source", "a")
    assert "0 new, 0 changed, 3 unchanged" in again
    assert "Links not followed: 1 into calendars, 1 into the site's own search." in again
    (tmp_path / "s.toml").write_text(block("a", port) + "max_pages = 2\n")
    run(tmp_path, "crawl")
    assert "did not come to the end: it had its max_pages" in run(tmp_path, "status", "--index", "i")
    (tmp_path / "s.toml").write_text(block("a", 9))  # the site is down: nothing is lost, and it is told
    said = run(tmp_path, "crawl", code=1)
    assert "1 failure," in said and "No answer from a. 'kompass status' tells why." in said
    run(tmp_path, "index", "--index", "i")
    status = json.loads(run(tmp_path, "status", "--index", "i", "--json"))
    assert (status["sources"][0]["state"], status["index"]["documents"]) == ("failing", 3)


def test_what_a_check_says_to_run_takes_the_sources_of_the_last_crawl(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """'kompass crawl' took the proposed file of the program, and said to enable a source in that."""
    (tmp_path / "s.toml").write_text(block("a", port))
    run(tmp_path, "crawl")
    (tmp_path / "s.toml").write_text(block("a", port) + block("b", port))
    monkeypatch.chdir(tmp_path)
    main(["status", "--check", "--corpus", "store"])
    assert "Never crawled: b. Run 'kompass crawl'." in capsys.readouterr().out
    assert main(["crawl", "--corpus", "store"]) == 0
    main(["status", "--check", "--corpus", "store"])
    assert "Never crawled" not in capsys.readouterr().out


def test_no_source_enabled_is_told(tmp_path: Path, port: int) -> None:
    (tmp_path / "s.toml").write_text(block("a", port, enabled="false"))
    assert "enabled = true" in run(tmp_path, "crawl", code=1)
    run(tmp_path, "crawl", "--source", "a", code=2)
    run(tmp_path, "crawl", "--source", "b", code=2)


def test_a_watch_crawls_each_source_when_it_is_due(tmp_path: Path, port: int) -> None:
    (tmp_path / "s.toml").write_text(block("a", port, schedule="2") + block("b", port, schedule="0.001"))
    sources, corpus = load(tmp_path / "s.toml"), tmp_path / "store"
    assert command.due_at(sources, (), corpus, time.time()) == {"a": 0.0, "b": 0.0}
    arguments = argparse.Namespace(sources=tmp_path / "s.toml", corpus=corpus, source=[], json=True)
    naps: list[float] = []

    class Enough(Exception):
        pass

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        raise Enough

    with contextlib.redirect_stdout(io.StringIO()) as out, pytest.raises(Enough):
        command.watch(arguments, time.time, sleep)
    runs = json.loads(out.getvalue())["runs"]
    assert {r["source"] for r in runs} == {"a", "b"}
    assert 0 < naps[0] <= 86.4  # until b is due again, not a
    assert command.due_at(sources, ("a",), corpus, time.time() - 86_400) == {"a": 0.0}
    due = command.due_at(sources, ("a",), corpus, time.time())
    assert set(due) == {"a"} and 1.9 * 86_400 < due["a"] - time.time() <= 2 * 86_400


@pytest.mark.parametrize("to", [">/dev/full", "2>&1 | head -c 1"])
def test_a_watch_goes_on_when_how_it_goes_cannot_be_told(tmp_path: Path, to: str) -> None:
    command = f"exec {sys.executable} -m indexer.cli crawl --watch --sources s.toml --corpus store {to}"
    with serving(PAGES) as server:
        (tmp_path / "s.toml").write_text(block("a", server.port, schedule="0.00001"))
        watching = subprocess.Popen(["sh", "-c", command], cwd=tmp_path, start_new_session=True)
        try:
            until(lambda: sum(asked.path == "/" for asked in server.asked) >= 3)
        finally:
            os.killpg(watching.pid, signal.SIGKILL)
            watching.wait()


def test_a_crawl_that_finds_another_at_work_says_so_and_exits_as_documented(
    tmp_path: Path, port: int
) -> None:
    (tmp_path / "s.toml").write_text(block("a", port))
    (tmp_path / "store").mkdir()
    with (tmp_path / "store" / "crawl.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(tmp_path, "crawl", code=3)


def test_a_watch_outlives_a_slip_in_the_sources(tmp_path: Path, port: int) -> None:
    file, naps = tmp_path / "s.toml", list[float]()
    arguments = argparse.Namespace(sources=file, corpus=tmp_path / "store", source=[], json=True)

    class Enough(Exception):
        pass

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            raise Enough
        file.write_text("[[source]" if len(naps) == 1 else block("a", port))

    file.write_text("[[source]")
    with pytest.raises(SourcesError):
        command.watch(arguments, time.time, sleep)
    file.write_text(block("a", port))
    out, err = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with out, err as told, pytest.raises(Enough):
        command.watch(arguments, time.time, sleep)
    assert naps[0] == naps[2] == command.LONGEST_SLEEP and naps[1] == command.AGAIN
    assert "s.toml" in told.getvalue() and "Trying again in 10 min" in told.getvalue()


def test_a_watch_tells_in_sentences_what_the_system_refused(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.toml").write_text(block("a", port))
    arguments = argparse.Namespace(sources=tmp_path / "s.toml", corpus=tmp_path, source=[], json=True)
    answers = iter([{"a": 2.0}, OSError(28, "No space left on device"), KeyboardInterrupt()])

    def due_at(*_: object) -> dict[str, float]:
        answer = next(answers)
        if isinstance(answer, dict):
            return answer
        raise answer

    monkeypatch.setattr(command, "due_at", due_at)
    with pytest.raises(KeyboardInterrupt):
        command.watch(arguments, lambda: 1.0, lambda _: None)
    told = "kompass: The system refused: [Errno 28] No space left on device. Trying again in 10 min 0 s."
    assert capsys.readouterr().err.strip() == told


def test_a_crawl_tells_how_far_it_is_all_the_time_on_a_terminal_and_now_and_then_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, terminal, pipe = 1000.0, io.StringIO(), io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("indexer.commands.crawl.time.monotonic", lambda: now)
    for out in (terminal, pipe):
        monkeypatch.setattr("sys.stderr", out)
        shown = command._Shown(quiet=False)
        for second in range(1, 61):
            now += 1
            shown(Progress(2, 1, ("a",), 5 * second, 300 - 5 * second, 3, second))
        shown.finish()
    line = "Crawling a: {} answers, {} queued, 5.0 a second, {} left, 3 failures, 1 of 2 sources done"
    assert pipe.getvalue().splitlines()[0] == line.format(50, 250, "50 s")
    assert pipe.getvalue().count("\n") == 6
    assert terminal.getvalue().split("\r\x1b[K")[10] == line.format(50, 250, "50 s")
    assert terminal.getvalue().endswith("\r\x1b[K") and "\n" not in terminal.getvalue()
