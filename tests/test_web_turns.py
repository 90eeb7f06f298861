"""Who computes when: pages one after the other, files beside them, nobody for readers who have left."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from search_web.turns import PATIENCE, STREAMS, Turns


def ask(app: Turns, path: str, **environ: Any) -> tuple[str, Any]:
    status: list[str] = []
    body = app({"PATH_INFO": path, **environ}, lambda s, h, e=None: status.append(s))
    return status[0], body


def test_pages_are_computed_one_after_the_other() -> None:
    inside, most = 0, 0

    def page(environ: Any, start_response: Any) -> list[bytes]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(PATIENCE / 20)
        inside -= 1
        start_response("200 OK", [])
        return [b"page"]

    app = Turns(page)
    threads = [threading.Thread(target=ask, args=(app, "/")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_long_computation_holds_up_a_page_only_for_a_moment() -> None:
    begun, enough = threading.Event(), threading.Event()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/long":
            begun.set()
            enough.wait(10)
        start_response("200 OK", [])
        return [b""]

    turns = Turns(app)
    long = threading.Thread(target=ask, args=(turns, "/long"))
    long.start()
    begun.wait(10)
    before = time.monotonic()
    assert ask(turns, "/")[0] == "200 OK"
    assert time.monotonic() - before < 10 * PATIENCE
    enough.set()
    long.join()
    assert not turns._turn.locked()


def export(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [])
    if environ["PATH_INFO"] == "/export":
        return iter([b"a", b"b"])
    return [b"page"]


def test_files_leave_threads_for_pages_and_too_many_are_told() -> None:
    app = Turns(export)
    held = [ask(app, "/export")[1] for _ in range(STREAMS)]
    status, body = ask(app, "/export")
    assert status == "503 Service Unavailable" and b"Try again" in body[0]
    assert ask(app, "/") == ("200 OK", [b"page"])
    assert list(held[0]) == [b"a", b"b"]
    held[0].close()
    held[0].close()  # a server may do so again
    assert ask(app, "/export")[0] == "200 OK"
    assert ask(app, "/export")[0] == "503 Service Unavailable"


def test_a_stream_that_breaks_gives_its_place_and_its_turn_back() -> None:
    closed = threading.Event()

    def broken(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])

        def pieces() -> Iterator[bytes]:
            try:
                yield b"a"
                raise ValueError("broken")
            finally:
                closed.set()

        return pieces()

    app = Turns(broken)
    for _ in range(STREAMS + 2):
        closed.clear()
        _, body = ask(app, "/export")
        try:
            list(body)
        except ValueError:
            pass
        else:
            raise AssertionError("the error reaches the server")
        finally:
            body.close()
        assert closed.is_set() and not app._turn.locked()


def test_nothing_is_computed_for_a_reader_who_has_left() -> None:
    def never(environ: Any, start_response: Any) -> list[bytes]:
        raise AssertionError("computed")

    status, body = ask(Turns(never), "/", **{"waitress.client_disconnected": lambda: True})
    assert status.startswith("499") and body == []
