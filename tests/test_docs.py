"""What README and ARCHITECTURE say is true: commands run, links lead somewhere, named files exist."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from web_client import Client, served

from indexer.cli import parser
from indexer.config import SETTINGS
from indexer.engine import native

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "indexer/engine/README.md",
    "docs/running.md",
)
UNITS = sorted((ROOT / "docs" / "systemd").glob("*.*"))


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` makes before it serves."""
    out = tmp_path_factory.mktemp("build") / "demo"
    done = run(sys.executable, "tools/demo.py", "--no-serve", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def web(demo: Path) -> Client:
    return served(demo / "index", demo / "store")


def commands() -> list[str]:
    return re.findall(r"^\$ (.+)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)


def test_readme_has_commands() -> None:
    assert len(commands()) >= 4


@pytest.mark.parametrize("command", [c for c in commands() if c.startswith("curl")])
def test_address_of_the_readme_answers(command: str, web: Client) -> None:
    curl, address = shlex.split(command)
    served = "http://127.0.0.1:8080"
    assert address.startswith(served)
    answer = web.get(address.removeprefix(served))
    assert (curl, answer.status) == ("curl", 200), answer.text
    assert answer.body


@pytest.mark.parametrize("command", [c for c in commands() if not c.startswith("curl")])
def test_command_of_the_readme_runs(command: str, demo: Path) -> None:
    words = shlex.split(command.replace("build/demo", str(demo)))
    assert words[0] == ".venv/bin/kompass"
    done = run(sys.executable, "-m", "indexer.cli", *words[1:])
    assert done.returncode == 0, done.stderr
    assert done.stdout or "--output" in words


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("barnchecklista bibliotek", "checklista"),
        ("processplan 2012", "Processplan"),
        ("barnhearing", "hearing"),
    ],
)
def test_demo_answers_what_it_suggests(query: str, title: str, demo: Path) -> None:
    done = run(sys.executable, "-m", "indexer.cli", "search", query, "--index", str(demo / "index"), "--json")
    answer = json.loads(done.stdout)
    assert answer["total"] > 0
    assert title.lower() in answer["hits"][0]["title"].lower()


@pytest.mark.parametrize("target", ["install", "demo", "test", "check", "quality", "bench", "screenshots"])
def test_target_of_the_makefile_exists(target: str) -> None:
    assert run("make", "--dry-run", target).returncode == 0


def test_demo_takes_another_port() -> None:
    assert "make demo PORT=8090" in (ROOT / "README.md").read_text("utf-8")
    assert "--port 8090" in run("make", "--dry-run", "demo", "PORT=8090").stdout


def test_cleaning_leaves_what_was_crawled() -> None:
    said = run("make", "--dry-run", "clean").stdout
    assert ".venv" in said and "corpus" not in said and "index" not in said


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files_that_exist(name: str) -> None:
    path = ROOT / name
    for link in re.findall(r"\]\(([^)#]+)", path.read_text("utf-8")):
        if not link.startswith(("http:", "https:")):
            assert (path.parent / link).exists(), f"{name} links to {link}"


def test_architecture_names_files_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    for name in re.findall(r"`((?:indexer|search_web|tests|tools|benchmarks|corpus)/[\w./]+)`", text):
        generated = name.startswith("corpus/store")
        assert generated or (ROOT / name).exists(), name


def test_settings_are_listed_by_the_command() -> None:
    listed = run(sys.executable, "-m", "indexer.cli", "settings").stdout
    for setting in SETTINGS:
        assert setting.name in listed or f"KOMPASS_{setting.name.upper()}" in listed


def test_running_names_commands_options_and_settings_that_exist() -> None:
    text = (ROOT / "docs" / "running.md").read_text("utf-8")
    for name, rest in re.findall(r"`kompass (\w+)([^`\n]*)`", text):
        parser().parse_args([name, *(word.replace("…", "x") for word in shlex.split(rest))])
    known = {f"KOMPASS_{s.name.upper()}" for s in SETTINGS}
    assert set(re.findall(r"KOMPASS_[A-Z_]+", text)) <= known
    assert all(unit.name.removesuffix(unit.suffix) in text for unit in UNITS)


def test_a_wheel_holds_the_program_and_the_data_it_reads_and_nothing_else(tmp_path: Path) -> None:
    """Without the thesaurus an installed one crawled, but never made an index."""
    parts = ("indexer", "search_web", "corpus/vocabulary", "corpus/thesaurus")
    made = shutil.ignore_patterns("__pycache__", "*.md", "*.so", "*.c")
    for part in parts:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=made)
    wanted = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    build = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    done = run(sys.executable, "-P", "-c", build, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    data = re.compile(r"[^/]+\.data/data/share/barnrattskompassen/")
    held = {data.sub("corpus/", name) for name in zipfile.ZipFile(wheel).namelist()}
    compiled = {name for name in held if name.endswith(".so")}
    assert {name for name in held - compiled if ".dist-info/" not in name} == wanted
    if native.kernel is not None:
        assert {name.partition(".")[0] for name in compiled} == {
            name.removesuffix(".pyx") for name in wanted if name.endswith(".pyx")
        }


@pytest.mark.parametrize("unit", UNITS, ids=lambda p: p.name)
def test_unit_runs_commands_that_exist_in_the_place_that_is_described(unit: Path) -> None:
    text = unit.read_text("utf-8")
    for command in re.findall(r"^ExecStart(?:Pre|Post)?=-?(.+)$", text, re.MULTILINE):
        program, *arguments = shlex.split(command)
        assert program == "/opt/kompass/.venv/bin/kompass"
        parser().parse_args(arguments)
    known = {f"KOMPASS_{s.name.upper()}" for s in SETTINGS}
    assert set(re.findall(r"KOMPASS_[A-Z_]+", text)) <= known


def test_an_update_that_is_told_to_stop_does_not_go_on_with_its_next_step() -> None:
    """systemd 252 does where the next stands in the same list: an index followed a stopped crawl."""
    text = (ROOT / "docs" / "systemd" / "kompass-update.service").read_text("utf-8")
    steps = re.findall(r"^ExecStart(Pre|Post|)=.+? (\w+)", text, re.MULTILINE)
    assert steps == [("Pre", "sources"), ("Pre", "crawl"), ("", "index"), ("Post", "status")]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in UNITS:  # a program that is there, for it is looked for
        text = unit.read_text("utf-8").replace("/opt/kompass/.venv/bin/kompass", "/bin/true")
        (tmp_path / unit.name).write_text(text, "utf-8")
    done = run("systemd-analyze", "verify", *(str(tmp_path / u.name) for u in UNITS))
    assert (done.returncode, done.stderr) == (0, "")


def test_command_of_the_services_is_a_shell_script() -> None:
    assert run("sh", "-n", "docs/systemd/kompass").returncode == 0


def test_root_runs_the_command_with_the_settings_of_the_services(tmp_path: Path) -> None:
    (tmp_path / "settings").write_text(
        '# ours\n\nKOMPASS_PUBLISHER=Skånes Kommuner $HOME; exit 3\nKOMPASS_LICENCE="https://a.se/?a&b=c d"\n'
        "KOMPASS_CONTACT_EMAIL='a@b.se'",
        "utf-8",
    )
    (tmp_path / "runuser").write_text("#!/bin/sh\nenv\n", "utf-8")
    (tmp_path / "runuser").chmod(0o755)
    script = (ROOT / "docs" / "systemd" / "kompass").read_text("utf-8")
    script = script.replace("/etc/kompass", str(tmp_path)).replace("/opt/kompass", str(tmp_path))
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-c", script], env={"PATH": path}, capture_output=True, encoding="utf-8")
    held = dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("KOMPASS_"))
    assert held == {
        "KOMPASS_PUBLISHER": "Skånes Kommuner $HOME; exit 3",
        "KOMPASS_LICENCE": "https://a.se/?a&b=c d",
        "KOMPASS_CONTACT_EMAIL": "a@b.se",
    }, done.stderr
