"""Serving the application with waitress until someone stops it."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import waitress

from indexer.errors import PortInUse
from indexer.search import SearchIndex
from search_web.app import make_app

THREADS = 4  # pages are computed, not waited for: more threads than this only take turns


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PortInUse, also for a port or an address one may not listen on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = (
                f"Port {port} on {host} is taken by another program. Stop it, or give --port another number."
            )
        else:
            message = f"Cannot listen on {host} port {port}: {error.strerror}. Give another --host or --port."
        raise PortInUse(message) from None
    return listener


def serve(index: Path, corpus: Path | None, host: str, port: int) -> None:
    """Answers at http://host:port/ until interrupted. Raises SearchIndexError, SettingError, PortInUse."""
    opened = SearchIndex(index, corpus)
    opened.current()
    app = make_app(opened)
    listener = listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    print(f"Serving http://{shown}:{listener.getsockname()[1]}/ – stop with Ctrl-C", flush=True)
    waitress.serve(
        app,
        sockets=[listener],
        threads=THREADS,
        ident=None,
        max_request_header_size=65_536,
        max_request_body_size=65_536,
        channel_timeout=60,
        clear_untrusted_proxy_headers=False,
    )
