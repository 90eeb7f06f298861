"""The directions in which imports may go (ARCHITECTURE.md)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

LAYERS = (
    {"model", "errors", "packing", "disjoint", "files", "moments", "alphabet", "measures", "findings"},
    {"config", "language", "database"},
    {
        "urls",
        "sources",
        "vocabulary",
        "catalogue",
        "statuses",
        "readings",
        "identity",
        "generation",
        "history",
        "addresses",
        "extract",
        "enrich",
        "engine",
    },
    {
        "crawl",
        "ingest",
        "build",
        "search",
        "names",
        "slips",
        "together",
        "snippets",
        "export",
        "formats",
        "manifest",
        "imports",
        "intake",
        "matrix",
        "removal",
        "replay",
        "research",
        "ties",
        "understand",
        "journal",
        "feedback",
        "statistics",
    },
    {"cli", "commands"},
)
WEB_MAY_IMPORT = {
    "model", "errors", "config", "alphabet", "search", "snippets", "matrix", "research", "findings",
    "export", "formats", "manifest",
    "journal", "feedback", "statistics",  # what readers tell, and the only things that the interface writes
}  # fmt: skip


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports, anywhere in it."""
    found = set()
    if path.suffix in (".pyx", ".pxd"):
        lines = re.findall(r"^\s*from ([\w.]+) c?import (.+)$", path.read_text("utf-8"), re.MULTILINE)
        return {f"{module}.{name}" for module, names in lines for name in names.split(", ")}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(names: set[str], package: str = "indexer") -> set[str]:
    parts = (name.split(".") for name in names)
    return {p[1] for p in parts if p[0] == package and len(p) > 1 and not p[1].startswith("__")}


def layer(module: str) -> int | None:
    return next((n for n, names in enumerate(LAYERS) if module in names), None)


def files(folder: str) -> list[Path]:
    return sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in (".py", ".pyx", ".pxd"))


def test_every_module_of_the_indexer_has_a_layer() -> None:
    for path in files("indexer"):
        module = path.relative_to(ROOT / "indexer").parts[0].removesuffix(".py")
        assert module == "__init__" or layer(module) is not None, path


def test_imports_inside_the_indexer_go_downwards_or_sideways() -> None:
    for path in files("indexer"):
        module = path.relative_to(ROOT / "indexer").parts[0].removesuffix(".py")
        own = layer(module)
        for other in modules(imports(path)):
            other_layer = layer(other)
            assert own is None or other_layer is None or other_layer <= own, f"{path} imports {other}"


def test_the_indexer_knows_nothing_of_the_web_interface() -> None:
    late = {"cli.py"}  # `kompass serve` starts it, imported when asked for
    for path in files("indexer"):
        if path.name not in late and "commands" not in path.parts:
            assert not any(n.split(".")[0] in ("search_web", "bottle") for n in imports(path)), path


def test_the_web_interface_imports_only_what_answers_questions() -> None:
    for path in files("search_web"):
        assert modules(imports(path)) <= WEB_MAY_IMPORT, path


def test_only_the_engine_imports_whoosh() -> None:
    for path in [*files("indexer"), *files("search_web")]:
        if "engine" not in path.parts:
            assert not any(n.split(".")[0] == "whoosh" for n in imports(path)), path


def test_what_is_compiled_of_the_engine_imports_only_itself() -> None:
    for path in files("indexer/engine/kernel"):
        own = {name for name in imports(path) if name.startswith("indexer.")}
        assert all(name.startswith("indexer.engine.kernel.") for name in own), path


def test_data_folders_hold_no_code() -> None:
    assert not list((ROOT / "corpus").rglob("*.py"))
    assert not list((ROOT / "index").rglob("*.py"))


def test_the_web_application_loads_no_crawler_and_no_parser() -> None:
    code = "import search_web.app, sys; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    heavy = {"scrapy", "twisted", "bs4", "selectolax", "lxml", "pypdf", "pypdfium2", "tesserocr", "warcio"}
    assert not heavy & set(loaded.stdout.split())
