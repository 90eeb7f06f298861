"""The command line as a user meets it: through processes."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import os
import pty
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from captured import HOST, LONG, Captured, page
from waiting import HUNG, until

from indexer import feedback, generation
from indexer.build import lock as generation_lock
from indexer.catalogue import Catalogue
from indexer.cli import EXPORT_FORMATS, main, parser
from indexer.commands.index import build_index
from indexer.commands.progress import Progress
from indexer.commands.words import duration
from indexer.engine import native
from indexer.errors import CatalogueError
from indexer.formats import FORMATS
from indexer.identity import document_id
from indexer.intake import locked
from indexer.model import Capture
from indexer.sources import load, remember

PROGRAM = (sys.executable, "-m", "indexer.cli")
# Output is held back, as where nothing is set: what had no room is tried again at the end of Python.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONUNBUFFERED": ""}
COMMANDS = (
    "crawl", "index", "search", "export", "import", "status", "sources", "serve", "forget", "settings",
    "doctor", "feedback", "statistics",
)  # fmt: skip
SOURCES = """
[[source]]
id = "a"
name = "A kommun"
publisher = "A kommun"
organisation_type = "municipality"
municipality = "1283"
start_urls = ["https://www.a.se/"]
"""


@dataclass
class Done:
    stdout: str
    stderr: str


def kompass(*arguments: object, cwd: Path, code: int | None = 0, **environment: str) -> Done:
    """One command in a process of its own."""
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
        env=ENVIRONMENT | environment,
    )  # fmt: skip
    assert code is None or done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return Done(done.stdout, done.stderr)


def run(*arguments: object, cwd: Path, code: int = 0) -> Done:
    """One command in this process, which takes a twentieth of the time."""
    data, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(data, "utf-8", write_through=True)
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert main([str(a) for a in arguments]) == code, (data.getvalue(), err.getvalue())
    return Done(data.getvalue().decode(), err.getvalue())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with corpus and index at their default places."""
    directory = tmp_path_factory.mktemp("home")
    (directory / "corpus").mkdir()
    (directory / "corpus" / "sources.toml").write_text(SOURCES)
    site = Captured(directory / "corpus" / "store")
    links = '<h2>Dokument</h2><h3>Planer</h3><a href="/plan">Handlingsplan 2012</a>'
    site.answer("/", page("Barnets rättigheter i Helsingborg", LONG, links))
    site.answer(
        "/plan", page("Handlingsplan för barnets rättigheter 2012", f"{LONG} Barnchecklista &lt;b&gt;.")
    )
    site.answer("/hemlig", page("Hemlig", LONG, head='<meta name="robots" content="noindex">'))
    kompass("index", cwd=directory)
    return directory


def test_help_answers_at_once_and_names_every_command(tmp_path: Path) -> None:
    kompass("--help", cwd=tmp_path)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = kompass("--help", cwd=tmp_path).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime  # not what others take
    assert took < 1.0
    assert all(f"    {name} " in text for name in COMMANDS) and "exit codes" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as e:
        parser().parse_args([name, "--help"])
    text = capsys.readouterr().out
    assert e.value.code == 0 and text.startswith(f"usage: kompass {name}")
    assert "--json" in text or name == "sources"


def test_what_is_not_asked_for_is_not_loaded() -> None:
    code = (
        "import sys, indexer.cli; indexer.cli.parser(); "
        "print({'scrapy', 'whoosh', 'numpy', 'bottle', 'selectolax', 'pypdf'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_search_shows_title_place_and_address(home: Path) -> None:
    text = run("search", "barnchecklista", cwd=home).stdout
    assert text.startswith("1 hit") and "1. Handlingsplan för barnets rättigheter 2012" in text
    assert "Helsingborg" in text and f"{HOST}/plan" in text


def test_a_search_answers_programs_in_json(home: Path) -> None:
    answer = json.loads(run("search", "barnchecklista", "--json", cwd=home).stdout)
    (hit,) = answer["hits"]
    assert answer["total"] == 1 and hit["municipalities"] == ["1283"] and hit["kind"] == "action_plan"
    assert any("<mark>Barnchecklista</mark> &lt;b&gt;" in s for s in hit["snippets"])
    assert answer["index"]["documents"] == 2 and {"value", "label", "count"} == set(
        answer["facets"]["kind"][0]
    )


@pytest.mark.parametrize(
    ("filters", "total"),
    [(["--municipality", "helsingborg"], 2), (["--municipality", "1283", "--municipality", "Lund"], 2),
     (["--municipality", "Lund"], 0), (["--year", "2011..2014"], 1), (["--year", "2012"], 1),
     (["--year", "..2011"], 0), (["--county", "Skåne"], 2), (["--kind", "minutes"], 0),
     (["--kind", "action_plan", "--kind", "webpage"], 2), (["--kind", "Handlingsplan"], 1),
     (["--kind", "action plan"], 1), (["--organisation-type", "kommun"], 2),
     (["--organisation-type", "municipality"], 2), (["--source", "a"], 2), (["--format", "pdf"], 0),
     (["--year", "2011..2014", "--year", "none"], 2), (["--year", "2012,none"], 2), (["--year", "none"], 1)],
)  # fmt: skip
def test_filters_take_names_and_codes_and_spans(home: Path, filters: list[str], total: int) -> None:
    assert json.loads(run("search", "--json", *filters, cwd=home).stdout)["total"] == total


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--kind", "minuts"], "did you mean 'minutes'"), (["--kind", "protokol"], "did you mean 'protokoll'"),
     (["--municipality", "Helsingbor"], "did you mean 'Helsingborg'"),
     (["--year", "2014..2011"], "2011..2014"), (["--year", "tolv"], "neither a year nor a span"),
     (["--year", "2012", "--year", "2014"], "one year or span, not 2012 and 2014"),
     (["--limit", "0"], "from 1"), (["--page", "0"], "from 1")],
)  # fmt: skip
def test_a_mistake_in_a_filter_is_one_sentence_that_says_what_to_write(
    home: Path, arguments: list[str], says: str
) -> None:
    done = run("search", "barn", *arguments, cwd=home, code=2)
    assert says in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert says in json.loads(run("search", "--json", *arguments, cwd=home, code=2).stdout)["error"]


def test_an_export_is_whole_and_readable(home: Path) -> None:
    lines = run("export", "--text", cwd=home).stdout.splitlines()
    records = {r["title"]: r for r in map(json.loads, lines)}
    plan = records["Handlingsplan för barnets rättigheter 2012"]
    assert (
        len(records) == 2
        and plan["headings"][-2:] == ["Dokument", "Planer"]
        and "Barnchecklista" in str(plan["text"])
    )
    run("export", "--format", "csv", "--kind", "action_plan", "-o", "out.csv", cwd=home)
    text = (home / "out.csv").read_text("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    assert row["id"] == plan["id"] and not (home / "out.csv.part").exists()


def test_every_format_can_be_asked_for_by_name() -> None:
    assert set(EXPORT_FORMATS) == set(FORMATS)


def test_an_export_goes_to_no_directory_and_no_table_file_to_a_terminal(home: Path, tmp_path: Path) -> None:
    done = run("export", "--output", tmp_path, cwd=home, code=2)
    assert f"{tmp_path} is a directory" in done.stderr
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "indexer.cli", "export", "--format", "xlsx"]
    told = subprocess.run(command, cwd=home, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    os.close(ours)
    assert told.returncode == 2 and b"--output FILE" in told.stderr


def test_what_others_wrote_gives_a_terminal_no_orders(tmp_path: Path) -> None:
    escape = "\x1b]0;mine\x07\x1b[2J"
    record = {"id": "a", "title": "Barn", "text": "Barn.", "url": f"https://a.se/{escape}", f"k{escape}": 1}
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n")
    for command in (["import", "a.jsonl"], ["search", "barn"], ["search", f"titel:{escape}"]):
        ours, theirs = os.openpty()
        done = subprocess.Popen(
            [*PROGRAM, *command, "--index", "i"], cwd=tmp_path, stdout=theirs, stderr=theirs, env=ENVIRONMENT
        )
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal ends
            while piece := os.read(ours, 10_000):
                shown += piece
        os.close(ours)
        assert done.wait() in (0, 2) and b"0;mine" in shown
        assert not re.search(rb"\x1b(?!\[(K|[01]m))|\x07", shown)


def test_an_export_never_takes_the_place_of_a_device_a_pipe_or_a_link(home: Path, tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to("real.csv")
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        run("export", "-o", pipe, cwd=home)
        assert reader.communicate(timeout=HUNG)[0].count(b"\n") == 2
    run("export", "--format", "csv", "-o", link, cwd=home)
    assert pipe.is_fifo() and link.is_symlink() and (tmp_path / "real.csv").stat().st_size
    assert {p.name for p in tmp_path.iterdir()} == {
        "pipe", "link.csv", "real.csv", "link.csv.manifest.json",
    }  # fmt: skip


@pytest.mark.parametrize("to", ["2>/dev/full", "2>&1 >/dev/null | head -c 1", "2>&-", "<&- >&- 2>&-"])
def test_an_index_is_built_also_when_how_it_goes_cannot_be_told(home: Path, tmp_path: Path, to: str) -> None:
    """It stopped half-way, and its exit code was 0."""
    command = f"{' '.join(PROGRAM)} index --full --index {tmp_path} {to}"
    subprocess.run(command, shell=True, cwd=home, env=ENVIRONMENT, check=True)
    assert (tmp_path / "CURRENT").is_file()


def test_an_index_is_built_also_when_its_terminal_is_closed(home: Path, tmp_path: Path) -> None:
    """In the background of a shell that has ended: what was told had nowhere to go."""
    ours, theirs = pty.openpty()
    command = [*PROGRAM, "index", "--full", "--index", str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=home, env=ENVIRONMENT, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    assert os.read(ours, 1)
    os.close(ours)
    assert process.wait(HUNG) == 0 and (tmp_path / "CURRENT").is_file()


@pytest.mark.parametrize("form", ["", " --json"])
def test_output_that_has_no_room_or_is_closed_is_no_mistake_of_the_program(home: Path, form: str) -> None:
    for to, code in ((">/dev/full", 3), (">&-", 0)):
        command = f"{' '.join(PROGRAM)} search barn{form} {to}"
        done = subprocess.run(
            command, shell=True, cwd=home, capture_output=True, text=True, env=ENVIRONMENT, check=False
        )
        assert (done.returncode, done.stderr.count("No space left")) == (code, code == 3), done.stderr
        assert "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(home: Path) -> None:
    command = f"{' '.join(PROGRAM)} export --text | head -c 10"
    done = subprocess.run(
        command, shell=True, cwd=home, capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert done.stderr == ""


def test_status_says_what_is_held_and_what_is_left_out(home: Path) -> None:
    text = run("status", cwd=home).stdout
    assert "a  A kommun: ok" in text and "2012 1" in text and "noindex" in text and f"{HOST}/hemlig" in text
    status = json.loads(run("status", "--json", cwd=home).stdout)
    (source,) = status["sources"]
    assert (source["documents"], source["captures"], source["failure_counts"]) == (2, 3, {"noindex": 1})
    assert status["index"]["documents"] == 2


def test_an_index_that_has_not_changed_is_left_alone(home: Path) -> None:
    before = json.loads(run("status", "--json", cwd=home).stdout)["index"]["id"]
    assert "Nothing has changed" in run("index", cwd=home).stdout
    answer = json.loads(run("index", "--json", cwd=home).stdout)
    assert answer["index"]["id"] == before and not answer["index"]["new"]


def test_sources_are_listed_and_checked(home: Path) -> None:
    assert "a  enabled   A kommun" in run("sources", "list", cwd=home).stdout
    assert json.loads(run("sources", "list", "--json", cwd=home).stdout)[0]["municipality"] == "1283"
    assert "is right" in run("sources", "check", cwd=home).stdout
    (home / "wrong.toml").write_text(SOURCES.replace("publisher", "publischer"))
    done = run("sources", "check", "--sources", "wrong.toml", cwd=home, code=2)
    assert "wrong.toml" in done.stderr and "publischer" in done.stderr


def test_nothing_there_yet_is_told_with_what_to_do(tmp_path: Path) -> None:
    assert "kompass index" in run("search", "x", cwd=tmp_path, code=3).stderr
    assert "kompass index" in run("serve", "--port", "0", cwd=tmp_path, code=3).stderr
    assert "sources.toml" in run("crawl", cwd=tmp_path, code=2).stderr
    assert "kompass crawl" in run("index", cwd=tmp_path, code=3).stderr
    assert "no index" in run("status", cwd=tmp_path).stdout
    assert "There is no file" in run("import", "none.jsonl", "--index", "new", cwd=tmp_path, code=2).stderr
    assert not (tmp_path / "new").exists()


def test_a_corpus_directory_that_is_mistyped_does_not_empty_the_index(home: Path) -> None:
    done = run("index", "--corpus", "corpus/stor", cwd=home, code=3)
    assert "Nothing has been crawled" in done.stderr and "corpus/stor" in done.stderr
    assert not (home / "corpus" / "stor").exists()
    assert json.loads(run("search", "--json", cwd=home).stdout)["total"] == 2


def test_an_archive_without_its_catalogue_does_not_empty_the_index(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "corpus" / "store", tmp_path / "store")
    shutil.copytree(home / "index", tmp_path / "index")
    (tmp_path / "store" / "catalogue.sqlite").unlink()
    where = ("--corpus", "store", "--index", "index", "--sources", home / "corpus" / "sources.toml")
    assert "has 2 documents" in run("index", *where, cwd=tmp_path).stdout


def test_a_broken_index_and_a_broken_catalogue_are_told(home: Path, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "CURRENT").write_text("20200101T000000Z-nothere\n")
    assert "damaged" in run("search", "x", cwd=tmp_path, code=3).stderr
    store = tmp_path / "corpus" / "store"
    store.mkdir(parents=True)
    (store / "catalogue.sqlite").write_bytes(b"not a database" * 500)
    (tmp_path / "corpus" / "sources.toml").write_text(SOURCES)
    assert "--full" in run("index", cwd=tmp_path, code=3).stderr
    assert "--full" in run("status", cwd=tmp_path, code=3).stderr
    assert "WRONG" in run("doctor", cwd=tmp_path, code=1).stdout


def test_a_file_of_the_index_that_was_overwritten_is_named(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "index", tmp_path / "index")
    directory = generation.current(tmp_path / "index")
    for path in sorted(directory.iterdir()):
        if path.is_file() and path.stat().st_size > 40 and path.name not in ("meta.json", "sources.json"):
            data = path.read_bytes()
            path.write_bytes(bytes(len(data)))
            done = kompass("search", "barn", "--index", tmp_path / "index", cwd=home, code=None)
            assert "Traceback" not in done.stderr
            assert path.name in run("doctor", "--index", tmp_path / "index", cwd=home, code=1).stdout
            path.write_bytes(data)


def test_what_doctor_says_of_a_damaged_index_mends_it(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    damaged = generation.current(tmp_path / "index")
    file = max((p for p in damaged.iterdir() if p.is_file()), key=lambda p: p.stat().st_size)
    file.write_bytes(bytes(file.stat().st_size))
    assert "(in use)" in (told := run("doctor", cwd=tmp_path, code=1).stdout)
    assert "Run 'kompass index'" in told
    run("index", cwd=tmp_path)
    told = run("doctor", cwd=tmp_path, code=1).stdout
    assert "(kept)" in told and f"Remove index/{damaged.name}." in told and "Run 'kompass" not in told
    shutil.rmtree(damaged)
    run("doctor", cwd=tmp_path)


def test_doctor_tells_of_a_catalogue_and_an_index_that_are_lost(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    (tmp_path / "corpus" / "store" / "catalogue.sqlite").unlink()
    (tmp_path / "index" / "CURRENT").unlink()
    told = run("doctor", cwd=tmp_path, code=1).stdout
    assert "no catalogue in corpus/store, but an archive" in told and "nothing tells which is in use" in told
    run("index", cwd=tmp_path)  # as it says
    run("doctor", cwd=tmp_path)


def test_corpus_that_only_its_archive_is_left_of_remembers_the_sources_it_was_read_with(
    home: Path, tmp_path: Path
) -> None:
    """Else ``--full`` takes those of corpus/sources.toml, and loses the municipality of this one."""
    shutil.copytree(home / "corpus" / "store" / "warc", tmp_path / "store" / "warc")
    (tmp_path / "mine.toml").write_text((home / "corpus" / "sources.toml").read_text())
    corpus = ("--corpus", "store")
    run("index", *corpus, "--sources", "mine.toml", cwd=tmp_path)
    run("index", *corpus, "--full", cwd=tmp_path)
    sources = json.loads(run("status", *corpus, "--json", cwd=tmp_path).stdout)["sources"]
    assert [(s["id"], s["name"]) for s in sources] == [("a", "A kommun")]


def test_doctor_reads_every_byte(home: Path, tmp_path: Path) -> None:
    assert "WRONG" not in run("doctor", cwd=home).stdout
    assert json.loads(run("doctor", "--json", cwd=home).stdout) == {"sound": True, "problems": []}


def test_doctor_names_an_archive_file_whose_bytes_have_changed_or_that_is_gone(
    home: Path, tmp_path: Path
) -> None:
    shutil.copytree(home / "corpus" / "store", tmp_path / "store")
    where = ("--corpus", "store", "--index", "none")
    assert "The archive has all 3 captures" in run("doctor", *where, cwd=tmp_path).stdout
    with Catalogue(tmp_path / "store" / "catalogue.sqlite") as catalogue:
        last = list(catalogue.captures())[-1]
    file = tmp_path / "store" / last.warc
    file = file if file.exists() else file.with_name(file.name + ".open")
    data = bytearray(file.read_bytes())
    data[last.offset + last.length // 2] ^= 0xFF
    file.write_bytes(data)
    told = run("doctor", *where, cwd=tmp_path, code=1).stdout
    assert last.warc in told and " 1 capture cannot" in told and "first line" not in told
    data[last.offset + last.length // 2] ^= 0xFF
    data[last.offset + last.length + 12] ^= 0xFF  # in the request that stands behind it
    file.write_bytes(data)
    assert "bytes are damaged. Restore" in run("doctor", *where, cwd=tmp_path, code=1).stdout
    file.unlink()
    told = run("doctor", *where, cwd=tmp_path, code=1).stdout
    assert "is missing" in told and told.count("Restore") == 1


def test_settings_are_listed_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    rows = json.loads(kompass("settings", "--json", cwd=tmp_path, KOMPASS_GENERATIONS="2").stdout)
    assert next(r for r in rows if r["name"] == "generations")["value"] == 2
    wrong = kompass("settings", cwd=tmp_path, code=2, KOMPASS_CONTACT_UR="1")  # the list helps to mend it
    assert "did you mean KOMPASS_CONTACT_URL?" in wrong.stderr and "contact_url" in wrong.stdout


def test_an_import_is_searched_told_and_repeatable(tmp_path: Path) -> None:
    lines = [
        json.dumps(
            {
                "id": f"x/{n}",
                "title": f"Interpellation {n}",
                "text": "Om barnfattigdom.",
                "place": "Riksdagen",
            }
        )
        for n in range(5)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join([*lines[:3], "{broken", *lines[3:]]))
    done = kompass("import", "a.jsonl", "--index", "i", "--map", "place=publisher", cwd=tmp_path)
    assert "Imported 5, left out 1" in done.stdout and "a.jsonl, line 4" in done.stderr
    answer = json.loads(kompass("search", "barnfattigdom", "--index", "i", "--json", cwd=tmp_path).stdout)
    assert answer["total"] == 5 and {h["publisher"] for h in answer["hits"]} == {"Riksdagen"}
    assert {h["id"] for h in answer["hits"]} == {f"x/{n}" for n in range(5)}
    kompass("import", "a.jsonl", "--index", "i", cwd=tmp_path)
    answer = json.loads(kompass("search", "barnfattigdom", "--index", "i", "--json", cwd=tmp_path).stdout)
    assert answer["total"] == 5 and answer["hits"][0]["publisher"] is None
    (tmp_path / "latin.jsonl").write_bytes('{"id": "x/0", "title": "Förskola"}'.encode("latin-1"))
    assert (
        "1 line had bytes that are not UTF-8"
        in run("import", "latin.jsonl", "--index", "i", cwd=tmp_path).stdout
    )
    (tmp_path / "bad.jsonl").write_text("nonsense\n")
    assert "Imported 0" in run("import", "bad.jsonl", "--index", "i", cwd=tmp_path, code=1).stdout
    assert "as it was" in run("import", "bad.jsonl", "--index", "new", cwd=tmp_path, code=1).stdout


def test_an_import_and_a_crawl_live_together_whichever_comes_first(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"id": "x", "title": "Importerad", "text": "Om barnfattigdom."})
    )
    crawled = (
        "index",
        "--corpus",
        home / "corpus/store",
        "--sources",
        home / "corpus/sources.toml",
        "--index",
        "i",
    )

    def total() -> int:
        return int(json.loads(run("search", "--index", "i", "--json", cwd=tmp_path).stdout)["total"])

    run("import", "a.jsonl", "--index", "i", cwd=tmp_path)
    assert total() == 1
    run(*crawled, cwd=tmp_path)
    assert total() == 3
    run("import", "a.jsonl", "--index", "i", cwd=tmp_path)
    assert total() == 3
    run(*crawled, "--full", cwd=tmp_path)
    assert total() == 3


def test_forget_removes_a_document_from_every_generation(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "sources.toml").write_text(SOURCES)
    site = Captured(tmp_path / "corpus" / "store")
    site.answer("/", page("Start", LONG))
    site.answer("/x", page("Ärende", f"{LONG} Alldeles hemligt."))
    run("index", cwd=tmp_path)
    site.answer("/y", page("Annat", f"{LONG} Annat."))
    run("index", cwd=tmp_path)
    told = tmp_path / "corpus" / "store" / feedback.FILE
    for address in (f"{HOST}/x", f"{HOST}/y"):
        said = feedback.Feedback("document", document=document_id(address), field="title", text="Fel")
        feedback.add(told, said, datetime.now(UTC).date(), 0)
    done = run("forget", document_id(f"{HOST}/x"), "--reason", "begärt", cwd=tmp_path)
    assert [f.document for f in feedback.read(told)] == [document_id(f"{HOST}/y")]
    assert f"Forgotten: {HOST}/x" in done.stdout
    assert json.loads(run("search", "hemligt", "--json", cwd=tmp_path).stdout)["total"] == 0
    assert len([p for p in (tmp_path / "index").iterdir() if p.is_dir()]) == 1
    assert "Nothing is held" in run("forget", f"{HOST}/z", "--reason", "x", cwd=tmp_path, code=2).stderr


def test_forget_makes_no_corpus_of_a_mistyped_one(tmp_path: Path) -> None:
    done = run("forget", HOST, "--reason", "x", "--corpus", "corpsu", cwd=tmp_path, code=3)
    assert "There is no catalogue" in done.stderr and not list(tmp_path.iterdir())


def killed(program: str, *arguments: str, cwd: Path) -> None:
    """A command that ends in the middle: ``program`` sees to it."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=cwd, env=ENVIRONMENT, check=False, timeout=HUNG
    )
    assert done.returncode == -signal.SIGKILL


KILLED = """
import os, signal, sys
from indexer import catalogue, cli
real, left = catalogue.Catalogue.put, [2]
def put(*a, **k):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*a, **k)
catalogue.Catalogue.put = put
cli.main()
"""


@pytest.fixture
def four(tmp_path: Path) -> Path:
    """A directory where four documents were indexed."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "sources.toml").write_text(SOURCES)
    Captured(tmp_path / "corpus" / "store").pages(4)
    run("index", cwd=tmp_path)
    return tmp_path


@pytest.fixture
def half_read(four: Path) -> Path:
    """Reading the four documents again was killed after two."""
    killed(KILLED, "index", "--full", cwd=four)
    return four


def found(cwd: Path) -> set[str]:
    """Ids of the documents in the index in use."""
    return {hit["id"] for hit in json.loads(run("search", "--json", cwd=cwd).stdout)["hits"]}


PAGES = {document_id(f"{HOST}/sida{n}") for n in range(4)}


def test_a_catalogue_that_is_half_read_again_is_told_and_no_index_is_made_of_it(half_read: Path) -> None:
    assert "'kompass index' goes on" in run("doctor", cwd=half_read, code=1).stdout
    with pytest.raises(CatalogueError, match="so the index is as it was"):
        build_index(half_read / "index", half_read / "corpus" / "store", ())
    assert found(half_read) == PAGES
    run("index", cwd=half_read)
    assert found(half_read) == PAGES
    run("doctor", cwd=half_read)


def test_an_import_goes_on_with_a_reading_that_was_killed(half_read: Path) -> None:
    own, *_ = PAGES
    lines = [{"id": "x", "title": "Plan", "text": "barn"}, {"id": own, "title": "Plan", "text": "barn"}]
    (half_read / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    told = run("import", "a.jsonl", cwd=half_read).stdout
    assert found(half_read) == PAGES | {"x"} and "held from a crawl" in told


def test_what_is_to_be_forgotten_goes_also_where_a_reading_was_killed(half_read: Path) -> None:
    for name in PAGES:  # also those that were not read again yet
        run("forget", name, "--reason", "begärt", cwd=half_read)
        assert name not in found(half_read)
    run("index", "--full", cwd=half_read)
    assert not found(half_read)


def test_an_import_beside_an_archive_that_lost_its_catalogue_does_not_empty_the_index(
    home: Path, tmp_path: Path
) -> None:
    shutil.copytree(home, tmp_path / "home")
    before = found(home)
    (tmp_path / "home" / "corpus" / "store" / "catalogue.sqlite").unlink()
    (tmp_path / "home" / "a.jsonl").write_text('{"id": "x", "title": "Plan", "text": "barn"}')
    run("import", "a.jsonl", cwd=tmp_path / "home")
    assert found(tmp_path / "home") == before | {"x"}


BEFORE_IT_BUILDS = """
import os, signal, sys
from indexer import build, cli
build._make = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
cli.main()
"""


def test_the_index_after_a_removal_that_was_killed_leaves_it_in_no_generation(four: Path) -> None:
    killed(BEFORE_IT_BUILDS, "forget", f"{HOST}/sida1", "--reason", "begärt", cwd=four)
    assert found(four) == PAGES
    told = run("doctor", cwd=four, code=1).stdout
    assert "has what was removed on request. Run 'kompass index'" in told
    run("index", cwd=four)
    assert found(four) == PAGES - {document_id(f"{HOST}/sida1")}
    assert len(generation.names(four / "index")) == 1
    run("doctor", cwd=four)


def test_an_import_beside_the_index_is_forgotten_also_when_that_was_killed(tmp_path: Path) -> None:
    lines = [json.dumps({"id": f"x{n}", "title": f"Plan {n}", "text": "barn"}) for n in range(3)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    run("import", "a.jsonl", "--index", "i", cwd=tmp_path)
    forget = ("forget", "x1", "--reason", "begärt", "--index", "i")
    killed(BEFORE_IT_BUILDS, *forget, cwd=tmp_path)
    run(*forget, cwd=tmp_path)
    answer = json.loads(run("search", "--json", "--index", "i", cwd=tmp_path).stdout)
    assert {hit["id"] for hit in answer["hits"]} == {"x0", "x2"}


def test_forget_finds_an_address_among_hundreds_and_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": f"{n:03}", "url": f"{HOST}/{n}", "title": f"Plan {n}", "text": "Barn."})
        for n in range(450)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    where = ("--corpus", "store", "--index", "index")
    run("import", "a.jsonl", *where, cwd=tmp_path)

    def held() -> int:
        return int(json.loads(run("search", "--json", "--index", "index", cwd=tmp_path).stdout)["total"])

    assert "Forgotten" in run("forget", f"{HOST}/7", "--reason", "begärt", *where, cwd=tmp_path).stdout
    assert held() == 449
    with generation_lock(tmp_path / "index"):  # as when the machine stops between catalogue and index
        run("forget", f"{HOST}/8", "--reason", "begärt", *where, cwd=tmp_path, code=3)
    assert held() == 449
    run("forget", f"{HOST}/8", "--reason", "begärt", *where, cwd=tmp_path)
    assert held() == 448
    because = ("--reason", "begärt", *where)
    assert "held of 99x." in run("forget", f"{HOST}/9", "99x", *because, cwd=tmp_path, code=2).stderr
    some = (f"{HOST}/9", "010", f"{HOST}/8")
    done = json.loads(run("forget", *some, *because, "--json", cwd=tmp_path).stdout)
    assert done["forgotten"] == [f"{HOST}/9", f"{HOST}/10", f"{HOST}/8"] and held() == 446


def test_a_port_that_is_taken_is_told(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = kompass("serve", "--port", port, cwd=home, code=4)
    assert str(port) in done.stderr and "--port" in done.stderr


def as_nohup_has_it() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # "pytest &" would have it ignored


def test_serve_outlives_its_terminal_under_nohup_and_ends_on_ctrl_c(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--port", str(port)], cwd=home, stderr=subprocess.PIPE, text=True,
        env=ENVIRONMENT, start_new_session=True, preexec_fn=as_nohup_has_it,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}/api/v1/search?q=barnchecklista"
    total = None

    def answered() -> bool:
        nonlocal total
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=HUNG) as answer:
            total = json.load(answer)["total"]
        return total is not None

    try:
        until(answered)
        state = Path(f"/proc/{process.pid}/status").read_text()
        assert int(state.split("SigIgn:")[1].split()[0], 16) & 1 << signal.SIGHUP - 1
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=HUNG)
        assert process.returncode in (0, 130) and "Traceback" not in errors
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert total == 1


def test_progress_is_one_line_on_a_terminal_and_a_line_now_and_then_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, terminal, pipe = 1000.0, io.StringIO(), io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("indexer.commands.progress.time.monotonic", lambda: now)
    for out in (terminal, pipe):
        with Progress(out) as progress:
            for n in range(1, 51):
                progress("read", n, 50)
                now += 0.005
            progress("words", 0, None)
    assert "\r\x1b[KReading files: 1 of 50" in terminal.getvalue() and " left" in terminal.getvalue()
    assert terminal.getvalue().count("\n") == 2
    lines = pipe.getvalue().splitlines()
    assert (
        len(lines) == 2 and lines[0].startswith("Reading files: 50 of 50, ") and lines[0].endswith("in all")
    )


def test_a_day_of_work_fills_no_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    now, pipe = 0.0, io.StringIO()
    monkeypatch.setattr("indexer.commands.progress.time.monotonic", lambda: now)
    with Progress(pipe) as progress:
        for second in range(86_400):
            now = float(second)
            progress("read", second, 86_400)
    lines = pipe.getvalue().splitlines()
    assert 100 < len(lines) < 200 and lines[0].startswith("Reading files: 10 of 86400")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.44, "0.4 s"), (12.4, "12 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")]
)
def test_durations_are_read_at_a_glance(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_no_command_prints_the_help(tmp_path: Path) -> None:
    assert "usage: kompass" in run(cwd=tmp_path, code=2).stdout
    version = run("--version", cwd=tmp_path).stdout
    assert version.startswith("barnrattskompassen")
    assert ("not compiled" in version) == (native.kernel is None)


def test_an_option_that_is_not_there_leads_to_the_help_of_its_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as e:
        main(["export", "--limit", "3"])
    said = capsys.readouterr().err
    assert e.value.code == 2 and "not understood: --limit" in said and "'kompass export --help'" in said


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [(["serch"], "search"), (["export", "--format", "exel"], ""), (["sources", "chek"], "check"),
     (["search", "x", "--sort", "newset"], "newest"), (["zzzzz"], "")],
)  # fmt: skip
def test_command_or_value_that_was_meant_is_named(
    arguments: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as e:
        parser().parse_args(arguments)
    said = capsys.readouterr().err
    assert e.value.code == 2 and "choose from" in said
    assert f"did you mean '{meant}'?" in said if meant else "did you mean" not in said


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [("KOMPASS_GENERATIONS", "-3", "from 1"), ("KOMPASS_CRAWL_DELAY", "nan", "number from 0"),
     ("KOMPASS_WATCH_DAYS", "inf", "number from 0"), ("KOMPASS_WORKERS", "1.5", "whole number"),
     ("KOMPASS_SERVE_PROCESSES", "-2", "from 0"), ("KOMPASS_FEEDBACK", "on", "1 or 0"),
     ("KOMPASS_EXTRACT_MEMORY", "9" * 400, "from 1 to "), ("KOMPASS_EXTRACT_TIMEOUT", "9" * 10, "from 1 to "),
     ("KOMPASS_CRAWL_DELAI", "2", "'kompass settings'")],
)  # fmt: skip
def test_a_mistake_in_a_setting_stops_every_command_before_its_work(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    for command in (["settings"], ["search", "barn"], ["index"]):
        told = run(*command, cwd=home, code=2).stderr
        assert variable in told and says in told


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_locale_without_a_sign_stops_no_command_and_json_is_utf8(home: Path, encoding: str) -> None:
    def told(*more: str) -> bytes:
        return subprocess.run(
            [*PROGRAM, "search", "barnchecklista", *more], cwd=home, capture_output=True, check=True,
            env=ENVIRONMENT | {"PYTHONIOENCODING": encoding},
        ).stdout  # fmt: skip

    assert told().startswith(b"1 hit, 1\\u20131 shown")
    assert "rättigheter" in json.loads(told("--json"))["hits"][0]["title"]


def test_an_import_waits_until_nobody_reads_the_corpus(tmp_path: Path) -> None:
    """Built while another command had emptied half of the catalogue, an index lacked that half."""
    (tmp_path / "a.jsonl").write_text('{"title": "Plan", "text": "barn"}', "utf-8")
    where = ("--corpus", "c", "--index", "i")
    with locked(tmp_path / "c"):
        said = run("import", "a.jsonl", *where, cwd=tmp_path, code=3).stderr
    assert "Wait until it is done" in said and not (tmp_path / "i").exists()
    run("import", "a.jsonl", *where, cwd=tmp_path)


def test_an_import_that_is_cut_short_keeps_what_came_before_and_says_so(tmp_path: Path) -> None:
    text = "".join(
        json.dumps({"id": f"{n}", "title": f"Plan {n}", "text": "Barn."}) + "\n" for n in range(900)
    )
    (tmp_path / "cut.gz").write_bytes(gzip.compress(text.encode())[:-300])
    done = run("import", "cut.gz", "--index", "i", "--json", cwd=tmp_path, code=1)
    answer = json.loads(done.stdout)
    assert "cut.gz cannot be read to its end" in done.stderr and "to its end" in answer["error"]
    assert 0 < answer["imported"] == answer["index"]["documents"] < 900
    (tmp_path / "d").mkdir()
    assert "d is a directory" in run("import", "d", "--index", "i", cwd=tmp_path, code=2).stderr


HELD = """
import sys, time
from indexer import build, cli
counted = build._counted
def held(*arguments):
    for n, document in enumerate(counted(*arguments)):
        if n == 2000:
            print("half", flush=True)
            time.sleep(120)
        yield document
build._counted = held
sys.exit(cli.main())
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_build_that_is_told_to_end_leaves_nothing_and_says_so(tmp_path: Path, how: signal.Signals) -> None:
    with (tmp_path / "a.jsonl").open("w") as file:
        for n in range(4000):
            words = " ".join(f"ord{(n * k) % 7919}" for k in range(200))
            file.write(json.dumps({"id": f"{n}", "title": f"Plan {n}", "text": words}) + "\n")
    process = subprocess.Popen(
        [sys.executable, "-c", HELD, "import", "a.jsonl", "--index", "i"], cwd=tmp_path, env=ENVIRONMENT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # "nohup pytest" ignores it
    )  # fmt: skip
    assert process.stdout and process.stdout.readline() == "half\n"
    assert list(tmp_path.glob("i/.*.building"))
    process.send_signal(how)
    _, told = process.communicate(timeout=HUNG)
    assert process.returncode == 128 + how and "What was done is kept" in told and "Traceback" not in told
    assert not list(tmp_path.glob("i/.*.building"))


def test_a_check_is_quiet_while_all_is_well_and_names_what_has_stopped(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "home")
    there, now = tmp_path / "home", time.time()

    def crawled(days_ago: float, status: int = 200) -> None:
        """As if the last crawl had been then."""
        began, fetched, ended = (
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - days_ago * 86_400 + n)) for n in range(3)
        )
        with Catalogue(there / "corpus" / "store" / "catalogue.sqlite") as catalogue:
            run_ = catalogue.start_run("a")
            catalogue.add_capture(Capture(0, "a", f"{HOST}/", fetched, status, "text/html", "d", "w", 0, 1))
            catalogue.finish_run(run_, finished=True, reason="finished", pages=1, bytes_=1)
            catalogue._db.write(
                "UPDATE run SET started_at = ?, finished_at = ? WHERE id = ?", (began, ended, run_)
            )

    def check(code: int) -> str:
        return run("status", "--check", cwd=there, code=code).stdout

    assert "Never crawled: a" in check(1)
    crawled(0.5)
    assert check(0).startswith("All is well. Index: 2 documents")
    crawled(0, status=404)
    assert check(1).startswith("a: the crawl of ") and len(check(1).splitlines()) == 1
    crawled(3)
    assert "not in the index" in check(1) and "Not crawled" not in check(1)
    crawled(15)
    assert "Not crawled for twice their schedule: a" in check(1)
    answer = json.loads(run("status", "--json", cwd=there).stdout)
    remember(
        load(there / "corpus" / "sources.toml"), there / "corpus" / "sources.toml", there / "corpus/store"
    )
    (there / "corpus" / "sources.toml").write_text(SOURCES.replace('"a"', '"b"'))
    assert "Never crawled: b" in check(1) and "a" not in check(1).split()  # a is no longer to be crawled
    assert len(answer["warnings"]) == 2 and answer["index"]["documents"] == 2
    (there / "index" / "CURRENT").unlink()
    assert "no index" in check(1)
