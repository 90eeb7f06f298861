"""What readers tell: kept without personal data, by several processes, for a time; listed and marked."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import resource
import sqlite3
import time
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from waiting import HUNG

from indexer import feedback, journal
from indexer.cli import main
from indexer.errors import JournalError
from indexer.feedback import Feedback, TooMuch
from indexer.journal import without_personal

TODAY = date(2026, 11, 22)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index" / feedback.FILE


def search(text: str = "", query: str = "barnombud", answer: str = "no") -> Feedback:
    return Feedback("search", query, (("municipality", "1283"),), answer=answer, text=text, generation="g1")


def wrong(text: str = "Ska vara 2014.") -> Feedback:
    return Feedback("document", document="aaaaaaaaaaaa", field="years", held="2012, 2013", text=text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ring 811218-9876", "ring [personnummer]"),
        ("född 811218-9877, fel kontrollsiffra", "född [personnummer], fel kontrollsiffra"),
        ("198112189876", "[personnummer]"),
        ("811218-XXXX", "[personnummer]"),
        ("skriv till Anna.Ek+x@skola.exempel.se!", "skriv till [e-post]!"),
        ("anna (at) exempel.se", "[e-post]"),
        ("anna@localhost", "[e-post]"),
        ("070-123 45 67", "[telefon]"),
        ("tel +46 (0)70 123 45 67.", "tel [telefon]."),
        ("0046701234567", "[telefon]"),
        ("040/12 34 56", "[telefon]"),
        (
            "81\u200b1218-98\u00ad76, 070-1\u200e23 45 67, anna\ufeff@exempel.se",
            "[personnummer], [telefon], [e-post]",
        ),
    ],
)
def test_personal_data_is_masked(typed: str, kept: str) -> None:
    assert without_personal(typed) == kept


@pytest.mark.parametrize(
    "text",
    ["Ska vara 2012–2014", "2014-03-12", "år 2012, 2013 och 2014", "sida 12 av 140", "dnr 2014/1234",
     "SFS 2018:1197", "org.nr 212000-1355", "1283", "barnchecklista å ä ö 🧒", ""],
)  # fmt: skip
def test_what_is_not_personal_stays(text: str) -> None:
    assert without_personal(text) == text


def test_long_hostile_text_is_masked_in_no_time() -> None:
    began = time.process_time()
    for text in ("a" * 100_000, "0 " * 50_000, "a.a@" * 25_000, "8112" * 25_000):
        without_personal(text)
    assert time.process_time() - began < 2  # 0.05 s


def test_entry_is_kept_masked_and_short_with_the_day_alone(path: Path) -> None:
    feedback.add(path, search("Ring 070-123 45 67 " + "x" * 2_000, query="anna@exempel.se"), TODAY, 365)
    feedback.add(path, wrong("'; DROP TABLE feedback; --"), TODAY, 365)
    second, first = feedback.read(path)
    assert (first.query, first.filters, first.answer) == ("[e-post]", (("municipality", "1283"),), "no")
    assert first.text.startswith("Ring [telefon] xx") and len(first.text) == feedback.LONGEST
    assert (first.day, first.generation) == ("2026-11-22", "g1")
    assert (second.field, second.held, second.text) == ("years", "2012, 2013", "'; DROP TABLE feedback; --")
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        columns = {row[1] for row in db.execute("PRAGMA table_info(feedback)")}
    assert not columns & {"address", "ip", "agent", "user_agent", "time", "at", "cookie"}


def test_list_is_newest_first_and_narrowed(path: Path) -> None:
    for day, said in ((date(2026, 11, 1), search()), (TODAY, wrong()), (TODAY, search(answer="yes"))):
        feedback.add(path, said, day, 365)
    assert [f.id for f in feedback.read(path)] == [3, 2, 1]
    assert [f.id for f in feedback.read(path, since="2026-11-02")] == [3, 2]
    assert [f.id for f in feedback.read(path, kind="document")] == [2]
    assert feedback.handle(path, [2, 77], TODAY) == (77,)
    assert [f.id for f in feedback.read(path)] == [3, 1]
    assert [f.handled for f in feedback.read(path, handled=True)] == [None, "2026-11-22", None]


def test_entry_is_deleted_when_its_time_is_over(path: Path) -> None:
    feedback.add(path, search("gammalt"), date(2025, 11, 21), 365)
    feedback.add(path, search("ett år"), date(2025, 11, 22), 365)
    assert feedback.forget(path, TODAY, 365) == 1
    assert [f.text for f in feedback.read(path)] == ["ett år"]
    assert b"gammalt" not in path.read_bytes()
    feedback.add(path, search("nytt"), date(2027, 11, 22), 365)
    assert [f.text for f in feedback.read(path)] == ["nytt"]
    assert feedback.forget(path, date(2099, 1, 1), 0) == 0, "0 days: nothing is deleted"


def test_flood_of_one_day_is_not_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "A_DAY", 3)
    for _ in range(3):
        feedback.add(path, search(), TODAY, 365)
    with pytest.raises(TooMuch):
        feedback.add(path, search(), TODAY, 365)
    feedback.add(path, search(), date(2026, 11, 23), 365)
    assert len(feedback.read(path)) == 4


def _write_many(path: Path) -> None:
    for _ in range(25):
        feedback.add(path, search(), TODAY, 365)


def test_several_processes_write_the_same_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "opened", partial(feedback.opened, wait=HUNG))  # in turn, on any machine
    writers = [
        multiprocessing.get_context("fork").Process(target=_write_many, args=(path,)) for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(HUNG)
    assert [w.exitcode for w in writers] == [0] * 4
    assert len(feedback.read(path)) == 100


def test_file_that_cannot_be_used_is_told(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalError, match=r"is damaged .* Move it away"):
        feedback.add(path, search(), TODAY, 365)
    with pytest.raises(JournalError, match="KOMPASS_JOURNAL_DIRECTORY"):
        feedback.add(path / "below-a-file", search(), TODAY, 365)
    path.unlink()
    feedback.add(path, search(), TODAY, 365)
    with sqlite3.connect(path) as db:
        db.execute("BEGIN EXCLUSIVE")
        with (
            pytest.raises(JournalError, match="written by another process"),
            journal.opened(path, "", 1, wait=0.05),
        ):
            pass
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9")
    with pytest.raises(JournalError, match="another version"):
        feedback.read(path)


def _write_without_room(path: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with pytest.raises(JournalError, match=r"cannot be written .* make room; it goes on by itself"):
        feedback.add(path, search(), TODAY, 365)


def test_full_disk_is_told_with_what_to_do_and_loses_nothing(path: Path) -> None:
    feedback.add(path, search("före"), TODAY, 365)
    writer = multiprocessing.get_context("fork").Process(target=_write_without_room, args=(path,))
    writer.start()
    writer.join()
    assert writer.exitcode == 0
    feedback.add(path, search("efter"), TODAY, 365)
    assert [f.text for f in feedback.read(path)] == ["efter", "före"]


# --- kompass feedback -------------------------------------------------------------------------------------


def kompass(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    assert main(list(map(str, arguments))) == code
    return capsys.readouterr().out


def test_command_lists_marks_and_writes_tables(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ("--index", path.parent, "--corpus", path.parent / "none")
    today = date.today()
    assert "There is no feedback" in kompass(capsys, "feedback", *place)
    feedback.add(path, search("Saknar\x1b[2J protokoll"), today, 365)
    feedback.add(path, wrong('=HYPERLINK("x")'), today, 365)
    shown = kompass(capsys, "feedback", *place)
    assert "1 about searches (0 yes, 1 no), 1 about documents" in shown
    assert "document aaaaaaaaaaaa: years, which says 2012, 2013" in shown
    assert "search 'barnombud' (municipality=1283): no" in shown and "\x1b" not in shown
    told = json.loads(kompass(capsys, "feedback", *place, "--json"))
    assert told["counts"] == {"search": 1, "yes": 0, "no": 1, "document": 1}
    assert [f["id"] for f in told["feedback"]] == [2, 1]
    table = kompass(capsys, "feedback", *place, "--csv", "--kind", "document")
    [row] = csv.DictReader(io.StringIO(table.removeprefix("\ufeff")), delimiter=";")
    assert row["text"] == '\'=HYPERLINK("x")' and row["field"] == "years"
    assert "Marked as handled: #1" in kompass(capsys, "feedback", *place, "--handled", 1)
    assert "There is no #9" in kompass(capsys, "feedback", *place, "--handled", 9, code=1)
    assert [f["id"] for f in json.loads(kompass(capsys, "feedback", *place, "--json"))["feedback"]] == [2]
    assert len(json.loads(kompass(capsys, "feedback", *place, "--json", "--all"))["feedback"]) == 2
    kompass(capsys, "feedback", *place, "--since", "i går", code=2)


def test_list_names_the_document_that_is_wrong(
    path: Path, web_index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = path.parent
    feedback.add(corpus / feedback.FILE, wrong(), date.today(), 365)
    shown = kompass(capsys, "feedback", "--corpus", corpus, "--index", web_index)
    assert "    Processplan 2012, https://kfsk.example.se/filer/processplan-2012.pdf\n" in shown


def test_file_lies_in_the_corpus_else_in_the_index_else_where_the_setting_says(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    assert journal.place("f", "", corpus, index) == index / "f"
    corpus.mkdir()
    assert journal.place("f", "", corpus, index) == corpus / "f"
    assert journal.place("f", str(tmp_path / "own"), corpus, index) == tmp_path / "own" / "f"
