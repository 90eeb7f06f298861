"""The service behind nginx, set up as docs/nginx.conf says: pages, exports and answers of readers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import waitress
from test_web_prefix import Page
from waiting import HUNG, until
from web_client import stop_time

from indexer import feedback
from indexer.search import SearchIndex
from search_web.app import make_app
from search_web.serve import listen

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
if not NGINX and os.environ.get("REQUIRE_NGINX") != "1":
    pytest.skip("there is no nginx; REQUIRE_NGINX=1 makes this a failure", allow_module_level=True)

SITE = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; {locations} }}
}}
"""


@pytest.fixture(scope="module")
def home(web_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("nginx")
    settings = {"rate_limit": 400, "trusted_proxies": "127.0.0.1", "journal_directory": str(folder)}
    behind = listen("127.0.0.1", 0)
    patch = pytest.MonkeyPatch()
    stop_time(patch)
    app = make_app(SearchIndex(web_index), settings=settings)
    server = waitress.create_server(app, sockets=[behind], clear_untrusted_proxy_headers=False)
    threading.Thread(target=server.run, daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = (Path(__file__).parents[1] / "docs" / "nginx.conf").read_text("utf-8")
    locations = text.replace(":8080", f":{behind.getsockname()[1]}")
    config = folder / "nginx.conf"
    config.write_text(SITE.format(folder=folder, port=port, locations=locations))
    nginx = subprocess.Popen(
        [str(NGINX), "-p", str(folder), "-c", str(config), "-e", str(folder / "error.log")]
    )

    def listens() -> bool:
        with socket.socket() as asked:
            return not asked.connect_ex(("127.0.0.1", port))

    until(listens)
    yield f"http://127.0.0.1:{port}/sok"
    nginx.terminate()
    nginx.wait(HUNG)
    server.close()
    patch.undo()


def get(address: str, **headers: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=HUNG) as answer:
        return str(answer.read().decode())


def test_pages_lead_to_pages_behind_the_proxy(home: str) -> None:
    for path in ("/", "/?q=" + quote("barnchecklista för"), "/en/documents/aaaaaaaaaaaa?q=plan"):
        text = get(home + path, **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"})
        assert "evil" not in text
        ours = [a for a in Page(text).found if a.startswith("/")]
        assert len(ours) > 20 and all(a.startswith("/sok/") for a in ours)
    assert f"{home}/documents/aaaaaaaaaaaa" in get(f"{home}/documents/aaaaaaaaaaaa")
    assert home in get(f"{home}/sitemap-1.xml") and f'"{home}/api/v1"' in get(f"{home}/api/v1/openapi.json")
    with urllib.request.urlopen(home.removesuffix("/") + "?kind=", timeout=HUNG) as answer:
        assert answer.url.startswith(home + "/")


def test_answer_of_a_reader_comes_through(home: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    body = urlencode({"search": "q=barnombud", "answer": "no", "text": "Går inte att hitta"}).encode()
    origin = home.removesuffix("/sok")
    request = urllib.request.Request(f"{home}/feedback", body, {"Origin": origin})
    with urllib.request.urlopen(request, timeout=HUNG) as answer:
        assert (
            answer.url.startswith(f"{home}/feedback?search=") and "Tack för svaret" in answer.read().decode()
        )
    kept = tmp_path_factory.getbasetemp() / "nginx0" / feedback.FILE
    assert [f.text for f in feedback.read(kept)] == ["Går inte att hitta"]
    request = urllib.request.Request(f"{home}/feedback", body, {"Origin": "https://evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=HUNG)


def test_invented_addresses_do_not_get_round_the_limit(home: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="429"):
        for n in range(200):
            get(f"{home}/help", **{"X-Forwarded-For": f"203.0.113.{n}"})
