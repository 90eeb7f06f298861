"""The notebook in docs/ is a valid one, and its cells run against a service."""

from __future__ import annotations

import ast
import json
import threading
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from indexer.search import SearchIndex
from search_web.app import make_app

NOTEBOOK = Path(__file__).parents[1] / "docs" / "research.ipynb"


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        pass


def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    return found


def test_notebook_is_as_its_format_says() -> None:
    """What https://nbformat.readthedocs.io asks of version 4.5."""
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    assert notebook["nbformat"] == 4 and notebook["nbformat_minor"] >= 5
    assert notebook["metadata"]["kernelspec"]["language"] == "python"
    assert len({c["id"] for c in cells()}) == len(cells())
    for cell in cells():
        assert cell["cell_type"] in ("markdown", "code")
        assert isinstance(cell["metadata"], dict) and all(isinstance(x, str) for x in cell["source"])
        if cell["cell_type"] == "code":
            assert isinstance(cell["execution_count"], int)
            assert {o["output_type"] for o in cell["outputs"]} <= {"stream", "execute_result"}
    assert NOTEBOOK.stat().st_size < 40_000


def test_every_cell_runs(
    web_index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(SearchIndex(web_index), settings={"rate_limit": 0})
    asked: list[str] = []

    def busy(environ: dict[str, Any], start_response: Any) -> Any:
        """Every third question has to be asked again."""
        asked.append(environ["PATH_INFO"])
        if len(asked) % 3:
            return app(environ, start_response)
        start_response("429 Too Many Requests", [("Retry-After", "0")])
        return [b""]

    server = make_server("127.0.0.1", 0, busy, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("KOMPASS_URL", f"http://127.0.0.1:{server.server_port}")
    space: dict[str, Any] = {}
    shown: list[Any] = []
    try:
        for cell in cells():
            if cell["cell_type"] == "code":
                tree = ast.parse("".join(cell["source"]))
                last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
                exec(compile(tree, cell["id"], "exec"), space)
                if isinstance(last, ast.Expr):
                    shown.append(eval(compile(ast.Expression(last.value), cell["id"], "eval"), space))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert len(asked) > 6
    told = capsys.readouterr().out
    assert "37 documents" in told and "Helsingborg" in told and "[barnchecklistans]" in told
    assert any("<polyline" in picture.svg for picture in shown if picture is not None)
