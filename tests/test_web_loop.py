"""One process under many readers: pages in turn, slow answers beside them, files in bounds."""

from __future__ import annotations

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from waiting import HUNG, until

from search_web.doorway import Proxies
from search_web.loop import (
    ENOUGH,
    LEFT,
    LONG_AT_ONCE,
    PATIENCE,
    STREAMS,
    STREAMS_OF_ONE,
    THREADS,
    Loop,
    Places,
    Server,
    Streams,
    some,
)
from search_web.serve import listen

enough = threading.Event()
running = [0, 0]  # now, most
counting: list[str] = []


def application(environ: Any, start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    if path == "/broken":
        raise ValueError("broken")
    start_response("200 OK", [("Content-Type", "text/plain")])
    environ["kompass.client"] = environ["QUERY_STRING"]  # as the application does
    if path == "/slow":
        enough.wait(2 * HUNG)
    if path.endswith("/research/keywords"):
        counting.append(environ["QUERY_STRING"])
        enough.wait(2 * HUNG)
    if path == "/page":
        running[0] += 1
        running[1] = max(running)
        time.sleep(PATIENCE / 25)
        running[0] -= 1
    return endless() if path == "/export" else [path.encode()]


def endless() -> Iterator[bytes]:
    for _ in range(400):
        yield b"x" * 65_536


@pytest.fixture
def others() -> Places:
    """This process is the first of two; the other one holds no connection."""
    return Places(2)


@pytest.fixture
def port(others: Places) -> Iterator[int]:
    enough.clear()
    listener = listen("127.0.0.1", 0)
    server = Server(Streams(application), listener, {"ident": None}, others)
    loop = Loop(server, Proxies("127.0.0.1"))
    serving = threading.Thread(target=loop.run, daemon=True)
    serving.start()
    yield listener.getsockname()[1]
    enough.set()
    loop.stop()
    serving.join(HUNG)
    assert not serving.is_alive()
    listener.close()


def get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=HUNG) as answer:
        return bytes(answer.read())


def begin(port: int, path: str, client: str = "") -> socket.socket:
    """A reader who asks, from ``client`` behind a proxy if need be, and then takes nothing."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", port))
    reader.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {client}\r\n\r\n".encode())
    return reader


def finish(readers: Iterable[socket.socket]) -> None:
    """Each gets its answer, and leaves."""
    for reader in readers:
        assert b"200 OK" in reader.recv(4096)
        reader.close()


def test_a_new_connection_is_left_to_who_has_fewer_but_never_lost(port: int, others: Places) -> None:
    held = [begin(port, "/export") for _ in range(3)]
    for reader in held:
        assert b"200 OK" in reader.recv(4096)
    time.sleep(2 * LEFT)  # what comes now was not in line with these
    began = time.monotonic()
    assert get(port, "/page") == b"/page"  # the other process does not take it
    assert time.monotonic() - began >= LEFT
    assert not others.fewest(0)
    others.tell(1, 9)
    assert others.fewest(0) and not others.fewest(1)
    for reader in held:
        reader.close()


def test_pages_are_computed_one_after_the_other(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search_web.loop.PATIENCE", HUNG)  # also of a busy machine no page takes that long
    running[:] = [0, 0]
    readers = [threading.Thread(target=get, args=(port, "/page")) for _ in range(12)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert running == [0, 1]


def test_slow_answers_hold_up_a_page_for_a_moment_only(port: int) -> None:
    slow = [begin(port, "/slow") for _ in range(5)]
    time.sleep(2 * PATIENCE)
    assert get(port, "/page") == b"/page"  # while they still have twice as long to go as it may take
    enough.set()
    finish(slow)
    assert get(port, "/page") == b"/page"


def test_many_long_answers_leave_room_for_pages_and_come_in_turn(port: int) -> None:
    """Forty readers of keywords held all threads of both processes: a page took 4.5 s."""
    counting.clear()
    readers = [begin(port, f"/{language}/research/keywords") for language in ("sv", "en") * THREADS]
    until(lambda: len(counting) == LONG_AT_ONCE)
    assert get(port, "/page") == b"/page"
    assert get(port, "/research/concordance/csv") == b"/research/concordance/csv"
    assert len(counting) == LONG_AT_ONCE
    readers.pop().close()  # leaves while it waits
    enough.set()
    finish(readers)
    assert get(port, "/sv/research/keywords") == b"/sv/research/keywords"


def test_who_asks_much_at_once_does_not_have_others_wait_for_all_of_it(port: int) -> None:
    """Forty long questions of one address, and then one of another: that took 23 s, as the last of them."""
    counting.clear()
    readers = [begin(port, "/research/keywords?many", "192.0.2.1") for _ in range(20)]
    until(lambda: len(counting) == LONG_AT_ONCE)
    assert get(port, "/page") == b"/page"
    readers.append(begin(port, "/research/keywords?one", "192.0.2.2"))
    assert get(port, "/page") == b"/page"  # what was asked before is in line now
    enough.set()
    finish(readers)
    assert "one" in counting[: 2 * LONG_AT_ONCE]


def test_readers_who_stall_in_files_leave_room_and_too_many_are_told(port: int) -> None:
    stalled = []
    for n in range(STREAMS // STREAMS_OF_ONE):
        stalled += [begin(port, f"/export?192.0.2.{n}") for _ in range(STREAMS_OF_ONE)]
        for reader in stalled[-STREAMS_OF_ONE:]:
            assert b"200 OK" in reader.recv(4096)
        with pytest.raises(urllib.error.HTTPError):  # one address may not hold all of them
            get(port, f"/export?192.0.2.{n}")
    with pytest.raises(urllib.error.HTTPError) as told:
        get(port, "/export?192.0.2.99")
    assert told.value.code == 503 and told.value.headers["Retry-After"] == "30"
    assert get(port, "/page") == b"/page"
    for reader in stalled:
        reader.close()

    def sent() -> bool:
        with suppress(urllib.error.HTTPError):
            return len(get(port, "/export")) == 400 * 65_536
        return False

    until(sent)  # their places are free again


def test_files_are_made_by_turns_and_a_reader_who_stalls_keeps_nobodys_turn() -> None:
    """Eight at a time, each in its thread, left a page a ninth of the processor."""
    making = [0, 0]  # now, most

    def lines() -> Iterator[bytes]:
        for _ in range(5):
            making[0] += 1
            making[1] = max(making)
            time.sleep(PATIENCE / 10)
            making[0] -= 1
            yield b"line "

    streams = Streams(lambda environ, start_response: lines())
    files = [iter(streams({"kompass.client": f"192.0.2.{n}"}, lambda *_: None)) for n in range(5)]
    assert next(files.pop())[:5] == b"line "  # and takes no more
    received: list[bytes] = []
    readers = [
        threading.Thread(target=lambda file: received.append(b"".join(file)), args=(f,)) for f in files
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(HUNG)
    assert received == [b"line " * 5] * 4
    assert making == [0, 1]


def test_a_turn_is_for_many_small_pieces_and_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search_web.loop.PATIENCE", HUNG)
    assert some(iter([b"line "] * 3)) == (b"line " * 3, False)
    file = endless()
    assert some(file) == (b"x" * ENOUGH, True)
    monkeypatch.setattr("search_web.loop.PATIENCE", 0)
    assert some(file) == (b"x" * 65_536, True)


def test_an_answer_that_fails_does_not_end_the_service(port: int) -> None:
    with pytest.raises(urllib.error.HTTPError, match="500"):
        get(port, "/broken")
    assert get(port, "/page") == b"/page"


@pytest.mark.parametrize(
    "sent",
    [b"GARBAGE", b"GET", b"\0\xff", b"GET http://[ HTTP/1.1", b"GET http://\xff[ HTTP/1.1", b"X" * 300_000],
)
def test_what_is_no_request_is_refused_and_ends_nothing(port: int, sent: bytes) -> None:
    reader = socket.create_connection(("127.0.0.1", port), timeout=HUNG)
    with reader, suppress(ConnectionError):  # it was too long to be read, or sent, to its end
        reader.sendall(sent + b"\r\n\r\n")
        assert reader.recv(4096)[9:11] in (b"40", b"43")
    assert get(port, "/page") == b"/page"


def test_letters_that_are_not_encoded_mean_what_they_mean_encoded(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=HUNG) as reader:
        reader.sendall("GET /förskola?q=å HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: reader.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(get(port, "/f%C3%B6rskola?q=%C3%A5"))


def test_a_process_that_can_no_longer_read_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(timeout: float, connections: Any) -> None:
        raise OSError("no more files")

    monkeypatch.setattr("search_web.loop.wasyncore.poll2", fail)
    with listen("127.0.0.1", 0) as listener, pytest.raises(OSError, match="no more files"):
        Loop(Server(Streams(application), listener, {"ident": None})).run()


def test_requests_on_one_connection_are_answered_in_order(port: int) -> None:
    reader = socket.create_connection(("127.0.0.1", port), timeout=HUNG)
    with reader:
        for n in range(5):
            reader.sendall(f"GET /{n} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        found = b""
        while found.count(b"HTTP/1.1 200") < 5 or not found.endswith(b"/4"):
            found += reader.recv(4096)
    assert [found.index(f"\r\n\r\n/{n}".encode()) for n in range(5)] == sorted(
        found.index(f"\r\n\r\n/{n}".encode()) for n in range(5)
    )


def test_a_request_that_comes_byte_by_byte_does_not_keep_its_connection() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    options = {"ident": None, "channel_timeout": 1, "cleanup_interval": 1}
    loop = Loop(Server(Streams(application), listener, options))
    threading.Thread(target=loop.run, daemon=True).start()
    with socket.create_connection(listener.getsockname()) as reader:
        reader.settimeout(0.2)
        reader.sendall(b"GET /page HTTP/1.1\r\nX: ")

        def closed() -> bool:
            try:
                reader.sendall(b"a")
                return reader.recv(100) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        until(closed)
    loop.stop()


def test_idle_connections_are_closed_also_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    behind = [0.0]
    now = time.time
    monkeypatch.setattr("time.time", lambda: now() - behind[0])
    listener = socket.create_server(("127.0.0.1", 0))
    options = {"ident": None, "channel_timeout": 1, "cleanup_interval": 1}
    loop = Loop(Server(Streams(application), listener, options))
    threading.Thread(target=loop.run, daemon=True).start()
    with socket.create_connection(listener.getsockname(), timeout=HUNG) as reader:
        reader.sendall(b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n")
        found = b""
        while not found.endswith(b"/page"):
            found += reader.recv(4096)
        behind[0] = 3_600
        assert reader.recv(4096) == b""  # it is closed; until then this waits
    loop.stop()
