"""How one process takes requests and answers them: waitress's connections, with a loop of our own.

Waitress reads in one thread and computes in others. Python runs one thread at a time, so every request is
handed over between threads that hold each other up: with sixteen clients a result page took 6.4–7.7 ms of
processor, and 5.6–6.0 ms when the thread that reads also computes (the same minutes of a busy machine).

So here one thread *leads*: it reads, and answers itself, one request after the other, first come first
served. What takes longer than ``PATIENCE`` must hold up nobody: another thread, which has watched, leads from
then on, and the first goes on with its answer beside it: a large table, an export to a slow line. Waitress's
channels are made for being served by any thread while one loop reads and writes. Of requests known to take
long no more than ``LONG_AT_ONCE`` are answered at a time; the others wait for their turn without a thread.

Processes that share a listening socket take connections as they happen to come by: of 32, one had 21 and the
other 11, whose readers waited half as long. ``Places`` evens that out.
"""

from __future__ import annotations

import mmap
import re
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer

from search_web.doorway import Environ, Proxies, StartResponse, bucket_of

THREADS = 12
STREAMS = 8
"""Answers sent piece by piece at a time; the other threads are left for pages."""
STREAMS_OF_ONE = 4
"""Of these, for one address: who reads slowly holds a place for as long as it likes."""
ENOUGH = 262_144
"""Bytes of one answer that are made in one turn."""
PATIENCE = 0.05
"""Seconds that one answer may hold up the others: ten times what a result page takes."""
LONG = re.compile(r"/(?:research(?!/concordance/)|oai)(?:[/.]|$)")
"""Paths that count and collect: 0.1 to 0.7 s of a processor each, with 100,000 documents. Not concordances as
files, which are sent in pieces: who reads one slowly must not keep others waiting."""
LONG_AT_ONCE = 2
"""When forty readers asked for keywords at once, they held all threads: a page took 4.5 s in the middle."""
RETRY = 30
LEFT = 0.02
"""Seconds for which a process with more connections leaves a new one to the others: four pages' time."""
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class Places:
    """How many connections each of some processes holds; made before they part ways."""

    def __init__(self, processes: int) -> None:
        self._held = memoryview(mmap.mmap(-1, 4 * processes)).cast("i")

    def tell(self, process: int, held: int) -> None:
        self._held[process] = held

    def fewest(self, process: int) -> bool:
        """Whether no other process holds fewer."""
        return self._held[process] <= min(self._held)


_LETTER = re.compile(rb"[\x80-\xff]")


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Waitress's, for addresses that it refuses or ends in an error with.

    ``/?q=förskola`` as curl sends it means what it means with its letters encoded, as browsers send it.
    ``GET http://[`` had no answer and a long line of log each, which no limit counts.
    """

    def parse_header(self, header_plus: bytes) -> None:
        first, end, rest = header_plus.partition(b"\r\n")
        encoded = _LETTER.sub(lambda m: b"%%%02X" % m[0][0], first)
        try:
            super().parse_header(encoded + end + rest)
        except ValueError:
            raise ParsingError("Bad address") from None


class Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = Parser


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Waitress's listening socket, whose requests wait in ``waiting`` for who leads."""

    channel_class = Channel
    next_channel_cleanup: float  # seconds since 1970

    def __init__(
        self,
        app: Application,
        listener: socket.socket,
        options: dict[str, Any],
        places: Places | None = None,
        process: int = 0,
    ) -> None:
        self.waiting: deque[Any] = deque()
        self._places = places or Places(1)
        self._process = process
        self._until = 0.0  # when a new connection is no longer left to others
        self._begun: dict[Any, float] = {}  # request that is being read → when it was first seen
        super().__init__(
            app,
            {},
            _sock=listener,
            dispatcher=self,  # not asked: requests wait here
            adj=Adjustments(sockets=[listener], **options),
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
        )

    def add_task(self, channel: Any) -> None:
        self.waiting.append(channel)

    @property
    def leaves(self) -> bool:
        """Whether a new connection is left to others just now."""
        return time.monotonic() < self._until and not self._places.fewest(self._process)

    def readable(self) -> bool:
        # Waitress tells from the clock when to look after its connections: one that was set back by an hour
        # would have it look away for that hour, while idle ones take the places of all others.
        self.next_channel_cleanup = min(self.next_channel_cleanup, time.time() + self.adj.cleanup_interval)
        self._places.tell(self._process, len(self.active_channels))
        return not self.leaves and bool(super().readable())

    def maintenance(self, now: float) -> None:
        """Waitress closes connections on which nothing comes; here also those on which a request comes so
        slowly that it is not read within the same time. A few bytes now and then would keep them for good.
        """
        for channel in self.active_channels.values():
            channel.last_activity = min(channel.last_activity, now)  # by the clock as it is now
        super().maintenance(now)
        reading = [c for c in self.active_channels.values() if c.request is not None]
        self._begun = {c.request: self._begun.get(c.request, now) for c in reading if c.request is not None}
        for channel in reading:
            if now - self._begun.get(channel.request, now) > self.adj.channel_timeout:
                channel.will_close = True

    def handle_accept(self) -> None:
        now = time.monotonic()
        # One that nobody has taken in the time it was left is taken here; later it is another.
        if not self._until <= now < self._until + LEFT and not self._places.fewest(self._process):
            self._until = now + LEFT
            return
        super().handle_accept()


class Loop:
    def __init__(self, server: Server, proxies: Proxies = Proxies("")) -> None:  # noqa: B008 - never changed
        self._server = server
        self._proxies = proxies
        self._guard = threading.Lock()
        self._watching = threading.Lock()  # by one of those who do not lead
        self._leader = 0  # identity of the thread that leads
        self._since: float | None = None  # when it began the answer that it makes now
        self._long = 0  # answers known to take long that are being made
        self._later: list[tuple[str, Any]] = []  # who asks for one more, and the channel
        self._given: Counter[str] = Counter()  # long answers by who asked, since somebody had to wait
        self._ended = threading.Event()
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Serves until the process is told to stop. For the main thread, which only hears signals.

        Raises what ended a thread that led: nobody would read any more, it is better to begin anew.
        """
        for number in range(THREADS):
            threading.Thread(target=self._take_part, name=f"answers-{number}", daemon=True).start()
        with suppress(KeyboardInterrupt):
            self._ended.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Ends ``run``; answers that are being made are finished."""
        self._ended.set()
        self._server.pull_trigger()

    def _take_part(self) -> None:
        try:
            while not self._ended.is_set():
                with self._watching:
                    while not self._takes_over():
                        if self._ended.wait(PATIENCE):
                            return
                self._lead()
        except BaseException as failure:
            self._failure = failure
            self._ended.set()

    def _takes_over(self) -> bool:
        """Whether nobody leads, or the one who does is held up; if so this thread leads."""
        with self._guard:
            held_up = self._since is not None and time.monotonic() - self._since > PATIENCE
            if self._leader and not held_up:
                return False
            self._leader, self._since = threading.get_ident(), None
            return True

    def _lead(self) -> None:
        """Reads, writes and answers until another thread leads."""
        waiting, connections = self._server.waiting, self._server._map
        while not self._ended.is_set():
            wasyncore.poll2(0.0 if waiting else LEFT if self._server.leaves else 1.0, connections)
            if waiting:
                channel = waiting.popleft()
                path = getattr(channel.requests[0], "path", "")  # what is no request has none
                long = LONG.search(path) is not None
                if long and not self._begins(channel):
                    continue
                self._since = time.monotonic()
                channel.service()
                if long:
                    self._ended_long()
                if not self._still_leads():
                    return

    def _begins(self, channel: Any) -> bool:
        """Whether one more long answer may be made now; if not, the channel waits for the end of another."""
        who = self._asks(channel)
        with self._guard:
            if self._long == LONG_AT_ONCE:
                self._later.append((who, channel))
                return False
            self._long += 1
            if not self._later:
                self._given.clear()
            self._given[who] += 1
            return True

    def _ended_long(self) -> None:
        """Next is who came first of those who have had fewest: forty questions of one address had another
        reader wait for all of them."""
        with self._guard:
            self._long -= 1
            if self._later:
                next_ = min(self._later, key=lambda waits: self._given[waits[0]])
                self._later.remove(next_)
                self._server.waiting.append(next_[1])
                self._server.pull_trigger()

    def _asks(self, channel: Any) -> str:
        """Whom the rate limit would count the request for."""
        hops = channel.requests[0].headers.get("X_FORWARDED_FOR", "")
        asks = self._proxies.client({"REMOTE_ADDR": channel.addr[0], "HTTP_X_FORWARDED_FOR": hops})
        return bucket_of(asks)

    def _still_leads(self) -> bool:
        with self._guard:
            if self._leader != threading.get_ident():
                return False
            self._since = None
            return True


class Streams:
    """WSGI around the application: so many answers at a time are sent piece by piece, and no more."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._held: Counter[str] = Counter()  # by address
        self._guard = threading.Lock()
        self._turn = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer: list[Any] = []

        def keep(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answer[:] = [status, headers, exc_info]

        body = self._app(environ, keep)
        if isinstance(body, list):
            start_response(*answer)
            return body
        client = bucket_of(str(environ.get("kompass.client") or ""))
        if not self._take(client):
            end(body)
            text = b"Too many files are being sent just now. Try again in half a minute.\n"
            headers = [("Content-Type", "text/plain; charset=UTF-8"), ("Content-Length", str(len(text)))]
            start_response("503 Service Unavailable", [*headers, ("Retry-After", str(RETRY))])
            return [text]
        start_response(*answer)
        return Stream(body, self._turn, partial(self._give_back, client))

    def _take(self, client: str) -> bool:
        with self._guard:
            free = self._held.total() < STREAMS and self._held[client] < STREAMS_OF_ONE
            self._held[client] += free
        return free

    def _give_back(self, client: str) -> None:
        with self._guard:
            self._held[client] -= 1
            self._held += Counter()  # drops what is zero


class Stream:
    """An answer with a place, which it gives back at its end.

    More of it is made by turns: beside eight of them at work in each process a page took 60 to 134 ms, and
    370 to 650 at most; beside one at a time it takes 16, 75 at most, and no file takes longer.
    """

    def __init__(self, body: Iterable[bytes], turn: threading.Lock, give_back: Callable[[], None]) -> None:
        self._body = body
        self._turn = turn
        self._give_back = give_back
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        pieces, more = iter(self._body), True
        while more:
            with self._turn:
                made, more = some(pieces)
            yield made  # waits here for a slow reader

    def close(self) -> None:
        """What a WSGI server calls, whatever the end was."""
        if self._open:
            self._open = False
            self._give_back()
            end(self._body)


def some(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """What is made in one turn, and whether there is more. A turn is time, so that whoever makes it in small
    pieces gets no less."""
    until, made, size = time.monotonic() + PATIENCE, [], 0
    for piece in pieces:
        made.append(piece)
        size += len(piece)
        if size >= ENOUGH or time.monotonic() >= until:
            return b"".join(made), True
    return b"".join(made), False


def end(body: Iterable[bytes]) -> None:
    if close := getattr(body, "close", None):
        close()
