"""Serves a generated demo site on loopback as a small public web server would.

Conditional requests (ETag, Last-Modified, 304), HEAD, 404, redirects to folders, content types by content.
Not for anything but the demo and the tests: one machine, standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import mimetypes
import threading
import unicodedata
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

ORIGIN = b"{{ORIGIN}}"  # stands in sitemaps, robots.txt and canonical links for the address in use
_FIRST = (
    1_600_000_000  # Last-Modified is counted from here, so that it does not depend on when files were written
)
_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".xml": "application/xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_NOT_FOUND = (
    '<!doctype html><html lang="sv"><meta charset="utf-8"><title>404 – sidan finns inte</title>'
    "<h1>Sidan finns inte</h1><p>Adressen kan vara felstavad eller sidan borttagen.</p></html>"
)


class DemoServer(ThreadingHTTPServer):
    """``requests`` holds (method, path, status) of everything asked, for tests."""

    daemon_threads = True
    root: Path

    def __init__(self, root: Path, port: int) -> None:
        self.root = root.resolve()
        self.requests: list[tuple[str, str, int]] = []
        super().__init__(("127.0.0.1", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "demo"
    server: DemoServer

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        path = unicodedata.normalize("NFC", unquote(address.path))
        file = self._file(path, address.query)
        if file is None:
            if not path.endswith("/") and self._file(path + "/", ""):
                self._reply(301, headers={"Location": quote(path) + "/"})
            else:
                self._reply(404, _NOT_FOUND.encode(), {"Content-Type": "text/html; charset=utf-8"})
            return
        data = file.read_bytes().replace(ORIGIN, f"http://127.0.0.1:{self.server.server_port}".encode())
        headers = {
            "ETag": f'"{hashlib.sha256(data).hexdigest()[:20]}"',
            "Last-Modified": formatdate(self._modified(file), usegmt=True),
            "Cache-Control": "no-cache",
        }
        if self._is_fresh(headers["ETag"], self._modified(file)):
            self._reply(304, headers=headers)
        else:
            self._reply(200, data, {**headers, "Content-Type": content_type(file, data)})

    do_HEAD = do_GET  # noqa: N815 - the name is the base class's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nothing on the terminal: the crawl prints its own progress."""

    def _file(self, path: str, query: str) -> Path | None:
        """The file of an address; a variant such as ``?print=1`` is kept as ``page.html@print=1``."""
        path = path.lstrip("/")
        path = path + "index.html" if not path or path.endswith("/") else path
        for candidate in (f"{path}@{query}", path) if query else (path,):
            try:
                file = (self.server.root / candidate).resolve()
                if self.server.root in file.parents and file.is_file():
                    return file
            except (OSError, ValueError):  # a name that no file can have: too long, or with a null byte
                return None
        return None

    def _modified(self, file: Path) -> int:
        name = file.relative_to(self.server.root).as_posix()
        return _FIRST + int(hashlib.sha256(name.encode()).hexdigest()[:6], 16)

    def _is_fresh(self, etag: str, modified: int) -> bool:
        """RFC 9110 §13.2.2: If-None-Match decides; If-Modified-Since only where it is missing."""
        if (known := self.headers.get("If-None-Match")) is not None:
            return known.strip() == "*" or etag in [e.strip().removeprefix("W/") for e in known.split(",")]
        try:
            return parsedate_to_datetime(self.headers.get("If-Modified-Since", "")).timestamp() >= modified
        except (ValueError, TypeError):
            return False

    def _reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.server.requests.append((self.command, self.path, status))
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)


def content_type(file: Path, data: bytes) -> str:
    """By ending, else by content. HTML that is not UTF-8 is sent without a charset, as old servers do."""
    if file.suffix in _TYPES:
        return _TYPES[file.suffix]
    if data.startswith(b"%PDF"):
        return "application/pdf"
    if ".htm" in file.suffix:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return "text/html"
        return "text/html; charset=utf-8"
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def serve(directory: Path, port: int = 0) -> DemoServer:
    """Start serving ``directory`` in a thread; port 0 takes a free one (``.server_port``).

    Stop with ``.shutdown()`` and ``.server_close()``. Raises OSError when the port is taken.
    """
    server = DemoServer(directory, port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a generated demo site on 127.0.0.1.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    server = DemoServer(options.directory, options.port)
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
