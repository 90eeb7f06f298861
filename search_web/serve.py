"""Serving the application until someone stops it: one listening socket, one process for each processor.

Pages are computed in Python: one process keeps one processor busy. The index is mapped from disk and shared.
Waitress answers in each process. On answers that cost nothing to make (benchmarks/load.py) it takes
0.43 ms of processor for each; gunicorn takes 0.45, granian 0.21. Beside a result page of several milliseconds
that does not pay for a server in another language. What happens in each: ``search_web/loop.py``.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TextIO
from wsgiref.util import setup_testing_defaults

from indexer.config import number
from indexer.errors import KompassError, PortInUse
from indexer.search import SearchIndex
from indexer.statistics import Statistics
from search_web.app import Service, make_app
from search_web.loop import Loop, Places, Server, Streams
from search_web.site import path_of

BACKLOG = 1024
CONNECTIONS = 2_000
"""Open connections of one process. Browsers keep theirs for a while, six each: with waitress's own limit of
100, some thirty readers shut out all others until theirs had timed out.
"""
FILES_BESIDE = 200  # files that a process has open besides: the index, templates, log
IDLE = 30  # seconds that a connection may stay open without a request
STOPPING = (signal.SIGTERM, signal.SIGINT)
_M_ARENA_MAX = -8  # of mallopt, as malloc.h has it
LOOK = 60  # seconds after which who supervises takes a new index too: a process that it starts begins with it
SENT = 10  # seconds after which an answer is sent, but for large files
STALLED = 60  # seconds after which a reader who takes nothing of what is sent counts as gone


WARM = (
    ("/", ""),
    ("/", "q=barn"),
    ("/", "q=barns+r%C3%A4ttigheter&kind=none&year=2000..2020"),
    ("/", "q=barnn"),  # spelling
    ("/", "q=barn&sort=newest"),
    ("/", "q=barn&sort=title"),
    ("/en/", "q=barn"),
    ("/matrix", "q=barn"),
    ("/municipalities/1280", ""),
    ("/map", ""),
    ("/research/concordance", "q=barn"),
    ("/feed.atom", "q=barn"),
    ("/api/v1/suggest", "q=ba"),
    ("/api/v1/suggest", "q=barns+ba"),
)
"""Pages whose first call reads dictionaries or works out tables: 5 to 100 ms each with 100,000 documents."""


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises PortInUse, also for a port or an address one may not listen on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; the connections have it from here
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * STALLED)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
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
    share_heap()
    opened = SearchIndex(index, corpus)
    opened.current()
    app = make_app(opened)
    listen(host, port).close()  # a port that is taken is told at once
    warm(app)
    listener = listen(host, port)  # now: whoever gets a connection gets an answer
    shown = f"[{host}]" if ":" in host else host
    tell(f"Serving http://{shown}:{listener.getsockname()[1]}/ – stop with Ctrl-C", sys.stdout)
    processes = int(number("serve_processes")) or os.cpu_count() or 1
    if processes == 1 and app.site.statistics is None:
        answer(app, listener)
    else:
        supervise(app, listener, processes)


def tell(text: str, log: TextIO) -> None:
    """A line in the log. One that is full, or that nobody reads any more, must not end the service."""
    with suppress(OSError):
        print(text, file=log, flush=True)


def warm(app: Service) -> None:
    """Pages of each common kind, so that what they need is in memory before the processes share it."""
    some = [(path_of(id_), "q=barn") for id_, _ in app.site.index.current().listed(0, 1)]
    for path, query in (*WARM, *some):
        environ: dict[str, object] = {}
        setup_testing_defaults(environ)
        environ |= {"PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": "127.0.0.1"}
        for _ in app(environ, lambda *_: None):
            pass
    settle()


def share_heap() -> None:
    """All threads take memory from one heap.

    One each, as the C library has it, took 20 MB more with every new index: free, but for that thread alone.
    Arrow has its own of each thread: Parquet files of 240 documents left 100 MB taken in every process.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # it looks when it is first imported
    with suppress(OSError, AttributeError):  # another C library than GNU's
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def settle() -> None:
    """What is loaded now stays: it is not looked through again, and not copied by the processes.

    Again when another index has taken over: what was settled with the one before would never be let go.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def settle_soon() -> None:
    """``settle`` when the answers that were begun with the index before are sent: until then it is in use,
    and would be settled with the rest. Nobody waits for it."""
    timer = threading.Timer(SENT, settle)
    timer.daemon = True
    timer.start()


def connections() -> int:
    """How many connections a process may hold: as many as the system lets it open, at most CONNECTIONS."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + FILES_BESIDE
    if soft < wanted and (hard == resource.RLIM_INFINITY or hard > soft):
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(50, min(wanted, soft) - FILES_BESIDE)


def answer(app: Service, listener: socket.socket, places: Places | None = None, process: int = 0) -> None:
    """Serves in this process until it is told to stop; ``process`` is its number among ``places``."""
    # Little and often: when pages left some 450 objects in circles (search_web/compiling.py), collections at
    # 20,000 took 15 ms each, for which all who waited had to wait, and twice as long in all.
    gc.set_threshold(2_000, 10, 50)
    app.site.index.on_replaced = settle_soon
    options = {
        "ident": None,
        "connection_limit": connections(),
        "channel_timeout": IDLE,
        "cleanup_interval": 5,
        "channel_request_lookahead": 1,  # a reader who leaves is noticed before the answer is made
        "log_socket_errors": False,  # readers leave: nothing to mend
        "max_request_header_size": 65_536,
        "max_request_body_size": 65_536,
        "clear_untrusted_proxy_headers": False,
    }
    Loop(Server(Streams(app), listener, options, places, process), app.proxies).run()


def count(statistics: Statistics, index: SearchIndex) -> None:
    """Counts searches until every process that answers them has ended."""
    index.let_go()
    settle()
    statistics.end()
    statistics.count()


def end_with(pipe: int) -> None:
    """Ends this process when the other end of ``pipe`` is gone: killed outright, who supervises tells nobody,
    and the port stayed taken."""
    os.read(pipe, 1)
    os._exit(1)


def supervise(app: Service, listener: socket.socket, processes: int) -> None:
    """Keeps that many serving processes alive, and one that counts, until this one is told to stop."""
    children: dict[int, tuple[float, Callable[[], None], signal.Handlers]] = {}
    ended, here = os.pipe()  # only this process keeps ``here`` open
    # Each signal writes to a pipe that is waited for: one that came just before ``os.wait`` did not end it.
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    told_to_stop: list[int] = []

    def start(work: Callable[[], None], told: signal.Handlers = signal.SIG_DFL) -> None:
        """``told``: what the child does when it is told to stop. Who counts goes on until nobody answers."""
        # What is told to the child waits until it heeds it.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for end in (here, woken, wake):
                os.close(end)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, told)
            signal.signal(signal.SIGINT, told if told == signal.SIG_IGN else signal.default_int_handler)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # who supervises tells the others
            if told != signal.SIG_IGN:
                threading.Thread(target=end_with, args=(ended,), daemon=True).start()
            status = 1
            try:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
                work()
                status = 0
            except KeyboardInterrupt:
                status = 0
            finally:
                os._exit(status)
        children[pid] = time.monotonic(), work, told
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)

    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for wanted in (*STOPPING, signal.SIGHUP):
        if wanted != signal.SIGHUP or signal.getsignal(wanted) != signal.SIG_IGN:  # as nohup has it
            signal.signal(wanted, lambda number, _: told_to_stop.append(number))
    statistics = app.site.statistics
    app.site.index.on_replaced = settle
    try:
        if statistics:
            statistics.begin()
            start(partial(count, statistics, app.site.index), signal.SIG_IGN)
        places = Places(processes)
        for process in range(processes):
            start(partial(answer, app, listener, places, process))
        while not told_to_stop:
            if not select.select([woken], [], [], LOOK)[0]:
                with suppress(KompassError):  # those who answer tell of it
                    app.site.index.current()
                continue
            os.read(woken, 4096)
            for pid, status in dead():
                known = children.pop(pid, None)
                if known is None or told_to_stop:
                    continue
                began, work, told = known
                tell(f"A serving process ended ({status}); starting another.", sys.stderr)
                if time.monotonic() - began < 2:
                    time.sleep(2)  # something is wrong from the start: do not spin
                start(work, told)
    finally:
        if statistics:
            statistics.end()
        for pid in children:
            with suppress(ProcessLookupError):  # told to stop together with this one
                os.kill(pid, signal.SIGTERM)
        for pid in children:
            with suppress(ChildProcessError):  # it had ended already
                os.waitpid(pid, 0)


def dead() -> Iterator[tuple[int, int]]:
    """Number and status of each child that has ended."""
    with suppress(ChildProcessError):  # there is none left
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            yield found
