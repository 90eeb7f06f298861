"""The service as processes: several behind one port, an end without remains, a port that is taken."""

from __future__ import annotations

import gc
import os
import signal
import socket
import struct
import subprocess
import sys
import urllib.request
import weakref
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import Mock

import pytest
from service import PROGRAM, children, service
from waiting import HUNG, until
from web_documents import build_index, collection, publish

from indexer.errors import PortInUse
from indexer.search import SearchIndex
from search_web.app import make_app
from search_web.doorway import Environ, StartResponse
from search_web.serve import WARM, listen, serve, settle_soon, warm


def test_processes_share_the_port_are_replaced_and_end_together(web_index: Path) -> None:
    with service(web_index, 2) as (server, address):
        until(lambda: len(children(server.pid)) == 2)
        first = children(server.pid)
        os.kill(first[0], signal.SIGKILL)
        for _ in range(8):
            with urllib.request.urlopen(f"{address}?q=barnchecklista", timeout=HUNG) as answer:
                assert b"<mark>" in answer.read()
        until(lambda: len(set(children(server.pid)) - set(first)) == 1)  # the killed one is replaced
    assert server.returncode == 0
    for child in first:
        assert not Path(f"/proc/{child}").exists()


def test_a_terminal_that_is_closed_ends_all_processes_in_order(web_index: Path) -> None:
    with service(web_index, 2) as (server, _):
        until(lambda: len(children(server.pid)) == 2)
        for process in (*children(server.pid), server.pid):
            os.kill(process, signal.SIGHUP)
        assert server.wait(HUNG) == 0


def test_a_log_that_nobody_reads_any_more_ends_no_service(web_index: Path) -> None:
    """The line that told of a process that had ended could not be written, and the others were ended."""
    server = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(web_index)],
        # The second: what Python holds back it would try to write at its own end, and end with 120.
        env={**os.environ, "KOMPASS_SERVE_PROCESSES": "2", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout
    address = server.stdout.readline().split()[1]
    server.stdout.close()
    until(lambda: len(children(server.pid)) == 2)
    first = children(server.pid)
    os.kill(first[0], signal.SIGKILL)
    until(lambda: len(set(children(server.pid)) - set(first)) == 1)
    with urllib.request.urlopen(address, timeout=HUNG) as answer:
        assert answer.status == 200
    server.send_signal(signal.SIGTERM)
    assert server.wait(HUNG) == 0


def test_nobody_answers_on_when_who_supervises_is_killed(web_index: Path, tmp_path: Path) -> None:
    settings = {"KOMPASS_STATISTICS": "1", "KOMPASS_JOURNAL_DIRECTORY": str(tmp_path)}
    with service(web_index, 2, **settings) as (server, address):
        until(lambda: len(children(server.pid)) == 3)
        with urllib.request.urlopen(address, timeout=HUNG):
            pass
        server.kill()
    # Its children have the same standard output, which has ended: so have they.
    port = int(address.rstrip("/").rpartition(":")[2])
    listen("127.0.0.1", port).close()


def test_taken_port_is_told() -> None:
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with pytest.raises(PortInUse, match=f"Port {port} on 127.0.0.1 is taken by another program"):
        listen("127.0.0.1", port)
    with pytest.raises(PortInUse, match=r"Give another --host or --port\.$"):
        listen("192.0.2.1", 0)
    taken.close()


def test_idle_connections_shut_nobody_out(web_index: Path) -> None:
    """With 100 open connections a process used to take no more, and the next reader waited for a minute."""
    with service(web_index, 1) as (_, address), ExitStack() as idle:
        port = int(address.rsplit(":", 1)[1].strip("/"))
        for _ in range(250):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        with urllib.request.urlopen(f"{address}?q=barnchecklista", timeout=HUNG) as answer:
            assert b"<mark>" in answer.read()


def test_readers_who_leave_at_once_hold_up_nobody(web_index: Path) -> None:
    with service(web_index, 2) as (server, address):
        port = int(address.rsplit(":", 1)[1].strip("/"))
        for turn in range(3):
            left = [socket.create_connection(("127.0.0.1", port)) for _ in range(64)]
            for i, connection in enumerate(left):
                connection.sendall(b"GET /?q=barn+%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % i)
                if i % 2:  # ends with a reset
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
            if turn == 1:
                os.kill(children(server.pid)[0], signal.SIGKILL)
            with urllib.request.urlopen(f"{address}?q=barnchecklista", timeout=HUNG) as answer:
                assert b"<mark>" in answer.read()


def mapped(pid: int, index: Path) -> set[str]:
    """The generations of an index whose files a process has in memory."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return {line.split(f"{index}/")[1].split("/")[0] for line in lines if f"{index}/" in line}


def test_index_that_was_replaced_is_let_go(tmp_path: Path) -> None:
    """Each new index took 55 MB more in every process, and the removed ones kept their place on the disk."""
    index = publish(tmp_path.resolve() / "index", collection())
    with service(index, 1) as (server, address):
        for n in range(1, 5):
            publish(index, collection()[n:])
            for page in ("?q=barnchecklista", "matrix?q=kommun:Lund", "api/v1/suggest?q=barns+r"):
                for _ in range(8):  # the threads take turns
                    with urllib.request.urlopen(address + page, timeout=HUNG) as answer:
                        assert answer.read()
        current = (index / "CURRENT").read_text().strip()
        until(lambda: mapped(server.pid, index) == {current})


def test_who_supervises_and_who_counts_let_go_of_a_replaced_index_too(tmp_path: Path) -> None:
    """They kept the first one's files until the next restart, and so did its place on the disk."""
    index = publish(tmp_path.resolve() / "index", collection())
    often = PROGRAM.replace("; serve(", "; import search_web.serve as s; s.LOOK = 0.1; serve(")
    settings = {"KOMPASS_STATISTICS": "1", "KOMPASS_JOURNAL_DIRECTORY": str(tmp_path)}
    with service(index, 1, often, **settings) as (server, address):
        until(lambda: len(children(server.pid)) == 2)
        publish(index, collection()[1:])
        current = (index / "CURRENT").read_text().strip()
        with urllib.request.urlopen(address, timeout=HUNG) as answer:
            assert answer.read()
        until(lambda: mapped(server.pid, index) == {current})
        who_counts = children(server.pid)[0]
        until(lambda: not mapped(who_counts, index))


def test_port_is_closed_until_pages_are_ready(web_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    tried: list[str] = []

    def connects() -> str:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=HUNG).close()
        except ConnectionRefusedError:
            return "refused"
        return "taken"

    monkeypatch.setattr("search_web.serve.warm", lambda app: tried.append(connects()))
    monkeypatch.setattr("search_web.serve.answer", lambda *_: tried.append(connects()))
    monkeypatch.setattr("search_web.serve.supervise", lambda *_: tried.append(connects()))
    serve(web_index, None, "127.0.0.1", port)
    assert tried == ["refused", "taken"]


def test_every_page_that_is_made_beforehand_is_one(web_index: Path) -> None:
    app = make_app(SearchIndex(web_index))
    told: list[str] = []
    answered = app.wsgi

    def heard(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return answered(environ, lambda status, *more: told.append(status) or start_response(status, *more))

    app.wsgi = heard
    warm(app)
    assert told == ["200 OK"] * (len(WARM) + 1)  # and a document


def test_parquet_files_take_memory_from_the_heap_of_all() -> None:
    """Arrow's own heaps, one for each thread, kept what the largest file had needed."""
    program = (
        "from search_web.serve import share_heap; share_heap(); import pyarrow; "
        "print(pyarrow.default_memory_pool().backend_name)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "system\n"


def test_an_index_in_use_while_another_takes_over_is_let_go_when_its_answers_are_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settled with the rest it stayed, with its removed files, until the index after the next."""
    later: list[Callable[[], None]] = []
    monkeypatch.setattr("search_web.serve.threading.Timer", lambda _, do: later.append(do) or Mock())
    index = SearchIndex(build_index(tmp_path))
    index.on_replaced = settle_soon
    answering = index.current()
    let_go = weakref.ref(answering)
    publish(tmp_path, collection()[1:])
    assert index.current() is not answering
    del answering
    (do,) = later
    try:
        do()
        assert let_go() is None
    finally:
        gc.unfreeze()
