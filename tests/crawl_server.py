"""A web server on loopback that answers as a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

SITE = Path(__file__).parent / "site"
TYPES = {".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".xml": "application/xml"}


@dataclass
class Answer:
    body: bytes | str = b""
    status: int = 200
    type: str | None = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0  # seconds before the answer
    etag: bool = False
    cut: int = 0  # bytes of the body that are announced but not sent
    cookie: str = ""  # name=value: whoever does not bring it is given it, and sent here again

    def bytes_(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Asked:
    at: float
    path: str
    status: int
    headers: Mapping[str, str]


Route = Answer | str | bytes | Callable[[Any], Answer]


def page(title: str, *links: str, text: str = "", head: str = "") -> str:
    """A small web page; a link is an address, or "address|words"."""
    items = "".join(
        f'<li><a href="{link.partition("|")[0]}">{link.partition("|")[2] or link}</a></li>' for link in links
    )
    return (
        f'<!doctype html><html lang="sv"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><main><h1>{title}</h1><p>{text or f'Text om {title}.'}</p><ul>{items}</ul></main></body>"
        "</html>"
    )


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": to})


class Server:
    """``routes``: decoded path (with the query where it matters) → what is answered. What is not there is a
    file below ``root``, or 404."""

    def __init__(
        self, routes: Mapping[str, Route], root: Path | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.routes = dict(routes)
        self.root = root
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                server._answer(self)

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # a client that went away

        self._http = Quiet((host, 0), Handler)
        self.port = self._http.server_port
        self.url = f"http://{host}:{self.port}"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def paths(self) -> list[str]:
        return [a.path for a in self.asked]

    def times(self, path: str) -> int:
        return self.paths().count(path)

    def _find(self, raw: str) -> Answer:
        parts = urlsplit(raw)
        path = unquote(parts.path)
        keys = (raw, f"{path}?{parts.query}", path) if parts.query else (raw, path)
        found = next((self.routes[k] for k in keys if k in self.routes), None)
        if found is None and self.root is not None:
            file = self.root / (path.lstrip("/") + ("index.html" if path.endswith("/") else ""))
            if file.is_file() and self.root in file.resolve().parents:
                text = file.read_text("utf-8").replace("{{ORIGIN}}", self.url)
                return Answer(text, type=TYPES.get(file.suffix, "application/octet-stream"), etag=True)
        if found is None:
            return Answer(page("Sidan finns inte"), 404)
        if callable(found):
            found = found(raw)
        return found if isinstance(found, Answer) else Answer(found)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        self._send(handler, self._find(handler.path), time.monotonic())

    def _send(self, handler: BaseHTTPRequestHandler, answer: Answer, at: float) -> None:
        if answer.wait:
            time.sleep(answer.wait)
        if answer.cookie and answer.cookie not in handler.headers.get("Cookie", ""):
            given = {"Location": handler.path, "Set-Cookie": f"{answer.cookie}; Path=/"}
            answer = Answer(status=302, headers=given)
        body, status, headers = answer.bytes_(), answer.status, dict(answer.headers)
        if answer.etag:
            headers["ETag"] = f'"{hashlib.sha1(body).hexdigest()}"'
            if handler.headers.get("If-None-Match") == headers["ETag"]:
                body, status, headers = b"", 304, {"ETag": headers["ETag"]}
        with self._lock:
            self._now -= 1  # before the answer goes out: the next request may come while this thread ends
            self.asked.append(Asked(at, handler.path, status, dict(handler.headers.items())))
        handler.send_response(status)
        if answer.type and status != 304:
            headers.setdefault("Content-Type", answer.type)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body) + answer.cut))
        handler.end_headers()
        handler.wfile.write(body)
        if answer.cut:
            handler.close_connection = True


@contextmanager
def serving(
    routes: Mapping[str, Route] | None = None, root: Path | None = None, host: str = "127.0.0.1"
) -> Iterator[Server]:
    server = Server(routes or {}, root, host)
    try:
        yield server
    finally:
        server.close()


def minimal_pdf(text: str) -> bytes:
    """A one-page PDF with a line of Latin-1 text."""
    stream = b"BT /F1 12 Tf 72 720 Td (" + text.encode("latin-1") + b") Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    return out + b"trailer<</Size 6/Root 1 0 R>>startxref\n%d\n%%%%EOF" % start
