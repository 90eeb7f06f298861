"""Who computes when, among the threads of one serving process. A WSGI layer around the application.

Python runs one thread at a time. Threads that compute at once only interrupt each other: a result page took
8.1 ms of processor with four threads and 6.5 ms with one (benchmarks/load.py, in the same minutes). So they
take turns. They are there for answers that wait for their reader: a long export to a slow line must not hold
up a page, and a few of those must not take every thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from search_web.doorway import Environ, StartResponse

THREADS = 12
STREAMS = 8
"""Answers sent piece by piece at a time; the other threads are left for pages."""
PATIENCE = 0.1
"""Seconds that a request waits for its turn: a page takes milliseconds, a large table may take seconds."""
RETRY = 30


class Turns:
    def __init__(self, app: Callable[[Environ, StartResponse], Iterable[bytes]]) -> None:
        self._app = app
        self._turn = threading.Lock()
        self._streams = threading.BoundedSemaphore(STREAMS)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer: list[Any] = []

        def keep(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answer[:] = [status, headers, exc_info]

        mine = self._turn.acquire(timeout=PATIENCE)
        try:
            gone = environ.get("waitress.client_disconnected")
            if gone is not None and gone():  # nobody waits for it any more: under load that is half of them
                start_response("499 Client Closed Request", [("Content-Length", "0")])
                return []
            body = self._app(environ, keep)
        finally:
            if mine:
                self._turn.release()
        if isinstance(body, list):
            start_response(*answer)
            return body
        stream = Stream(body, self._turn, self._streams)
        if not self._streams.acquire(blocking=False):
            stream.let_go()
            text = b"Too many files are being sent just now. Try again in half a minute.\n"
            headers = [("Content-Type", "text/plain; charset=UTF-8"), ("Content-Length", str(len(text)))]
            start_response("503 Service Unavailable", [*headers, ("Retry-After", str(RETRY))])
            return [text]
        start_response(*answer)
        return stream


class Stream:
    """An answer that is made while it is sent: each piece in turn with the pages."""

    def __init__(
        self, body: Iterable[bytes], turn: threading.Lock, streams: threading.BoundedSemaphore
    ) -> None:
        self._body = body
        self._turn = turn
        self._streams = streams
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        pieces = iter(self._body)
        while True:
            mine = self._turn.acquire(timeout=PATIENCE)
            try:
                piece = next(pieces, None)
            finally:
                if mine:
                    self._turn.release()
            if piece is None:
                return
            yield piece

    def close(self) -> None:
        """What a WSGI server calls at the end, whatever the end was."""
        if self._open:
            self._open = False
            self.let_go()
            self._streams.release()

    def let_go(self) -> None:
        """Ends the application's own part."""
        if close := getattr(self._body, "close", None):
            close()
