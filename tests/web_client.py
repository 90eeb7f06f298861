"""Callers of the WSGI application for tests: without a server, with the bytes it would send; and with one."""

from __future__ import annotations

import gzip
import io
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.headers import Headers
from wsgiref.util import setup_testing_defaults

import pytest
import waitress

from indexer.search import SearchIndex
from search_web.app import make_app
from search_web.doorway import RateLimit
from search_web.serve import listen


def stop_time(patch: pytest.MonkeyPatch) -> None:
    """For the rate limits of applications made from now on: on no machine requests take so long that there
    is room for one more, or so much of the processor that there is room for one less."""
    patch.setattr("search_web.app.RateLimit", partial(RateLimit, clock=lambda: 0.0))
    patch.setattr("search_web.doorway.FREE", math.inf)


@dataclass
class Answer:
    status: int
    headers: Headers  # names in any case
    body: bytes

    @property
    def text(self) -> str:
        packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


@dataclass
class Client:
    app: Callable[..., Any]

    def get(self, address: str, *, method: str = "GET", remote: str = "192.0.2.1", **headers: str) -> Answer:
        """``headers`` by their names with underscores: accept_language="en"."""
        path, _, query = address.partition("?")
        environ: dict[str, Any] = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        setup_testing_defaults(environ)
        environ |= {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REMOTE_ADDR": remote,
            "wsgi.input": io.BytesIO(),
        }
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            started[:] = [status, headers]

        body = b"".join(self.app(environ, start_response))
        return Answer(int(started[0].split()[0]), Headers(started[1]), body)


def served(index: Path, corpus: Path | None = None, **settings: str | float | bool) -> Client:
    """The application on an index, without a limit of requests unless ``settings`` have one."""
    return Client(make_app(SearchIndex(index, corpus), settings={"rate_limit": 0, **settings}))


@contextmanager
def listening(app: Callable[..., Any]) -> Iterator[str]:
    """The address at which an application answers."""
    listener = listen("127.0.0.1", 0)
    server = waitress.create_server(app, sockets=[listener], threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.close()
