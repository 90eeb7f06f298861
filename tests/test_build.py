"""A generation is whole or not there, and what was searched before a build stays searchable through it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer import build, generation, history
from indexer.build import Contents
from indexer.errors import IndexDamaged, IndexLocked, IndexMissing, SearchIndexError, VocabularyError
from indexer.model import Document, Page, Query, SourceStatus
from indexer.search import open_index


def document(n: int, text: str = "Barnchecklista för biblioteket") -> Document:
    return Document(f"{n:012x}", f"https://a.se/{n}", f"Plan {n}", "html", "a", text=(Page(1, text),))


def contents(*documents: Document, **more: object) -> Contents:
    statuses = (SourceStatus("a", "A", "A", True, "ok", **more),)
    return Contents({d.id: str(hash(d)) for d in documents}, lambda: iter(documents), statuses)


def found(index: Path, text: str = "checklista OR barnchecklista") -> int:
    return open_index(index).search(Query(text)).total


def test_a_built_index_is_searched_and_says_what_it_is(tmp_path: Path) -> None:
    built = build.build(tmp_path, contents(document(1), document(2)))
    assert built.new and found(tmp_path) == 2
    directory = generation.current(tmp_path)
    assert directory.name == built.generation.id
    meta = generation.check(directory, deep=True)
    assert (meta["documents"], meta["format"], meta["corpus"]) == (
        2,
        generation.FORMAT,
        built.generation.corpus,
    )
    assert (directory / "vocabulary" / "kind.toml").is_file() and list((directory / "thesaurus").iterdir())
    assert open_index(tmp_path).statuses()[0].id == "a"


def test_an_index_of_a_program_that_may_only_be_read_can_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folders of the data passed their permissions on: no index that was replaced could be removed."""
    for folder in ("vocabulary", "thesaurus"):
        shutil.copytree(build.default_directory().with_name(folder), tmp_path / "data" / folder)
    for path in (tmp_path / "data").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setattr(build, "default_directory", lambda: tmp_path / "data" / "vocabulary")
    build.build(tmp_path / "index", contents(document(1)))
    made = generation.current(tmp_path / "index").rglob("*")
    assert all(path.stat().st_mode & 0o200 for path in made)


def test_nothing_new_makes_no_new_generation(tmp_path: Path) -> None:
    first = build.build(tmp_path, contents(document(1)))
    again = build.build(tmp_path, contents(document(1)))
    assert not again.new and again.generation == first.generation
    assert build.build(tmp_path, contents(document(1)), force=True).new
    assert build.build(tmp_path, contents(document(1), captures=7)).new
    assert build.build(tmp_path, contents(document(1), document(2))).new


def test_what_cannot_be_removed_is_named_and_the_new_index_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = build.build(tmp_path, contents(document(1))).generation.id
    remove = shutil.rmtree

    def refused(path: Path, **options: bool) -> None:
        if old in str(path):
            raise PermissionError(errno.EACCES, "Permission denied", "words.bin")
        remove(path, **options)

    monkeypatch.setattr("indexer.build.shutil.rmtree", refused)
    monkeypatch.setattr("indexer.build.number", lambda name: 1)
    with pytest.raises(SearchIndexError, match=r"building is not needed .* owner"):
        build.build(tmp_path, contents(document(1), document(2)))
    assert found(tmp_path, "barnchecklista") == 2


def test_names_go_on_after_a_clock_that_was_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    with monkeypatch.context() as clock:
        clock.setattr("indexer.build.time.time_ns", lambda: now + 10 * 365 * 86_400 * 10**9)
        build.build(tmp_path, contents(document(1)))
    for n in range(2, 9):
        build.build(tmp_path, contents(document(n)))
        names = generation.names(tmp_path)
        assert generation.current(tmp_path).name == names[-1]  # else it is neither the one before, nor kept
    (before, past), held = history.last(tmp_path), generation.current(tmp_path)
    assert before == held and len(past.gone) == 7


def test_an_index_that_may_not_be_read_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / build.build(tmp_path, contents(document(1))).generation.id

    def refused(self: Path, *_: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_text", refused)
    for read in (lambda: generation.current(tmp_path), lambda: generation.read_meta(directory)):
        with pytest.raises(SearchIndexError, match="owner and permissions") as told:
            read()
        assert not isinstance(told.value, IndexDamaged)


def test_a_mistake_in_the_thesaurus_is_told_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, corpus = tmp_path / "index", tmp_path / "corpus"
    build.build(index, contents(document(1)))
    (corpus / "thesaurus").mkdir(parents=True)
    (corpus / "thesaurus" / "ord.txt").write_text("barn = unge\nunge = krabat\n", "utf-8")
    monkeypatch.setattr(build, "default_directory", lambda: corpus / "vocabulary")
    with pytest.raises(VocabularyError, match=r"ord\.txt, line 2"):
        build.build(index, contents(document(1), document(2)))
    assert found(index) == 1


def test_when_only_the_sources_stand_otherwise_the_files_of_the_engine_are_shared(tmp_path: Path) -> None:
    build.build(tmp_path, contents(document(1)))
    first = generation.current(tmp_path)
    build.build(tmp_path, contents(document(1), captures=7))
    second = generation.current(tmp_path)
    assert second != first and open_index(tmp_path).statuses()[0].captures == 7
    same = [p.name for p in second.iterdir() if p.is_file() and p.samefile(first / p.name)]
    assert "engine.json" in same and "sources.json" not in same and "meta.json" not in same
    generation.check(second, deep=True)
    build.prune(tmp_path, keep=1)
    assert found(tmp_path) == 1


def test_an_old_generation_keeps_answering_while_a_new_one_is_moved_in(tmp_path: Path) -> None:
    build.build(tmp_path, contents(document(1)))
    before = open_index(tmp_path)
    build.build(tmp_path, contents(document(1), document(2)))
    assert before.search(Query("barnchecklista")).total == 1
    assert open_index(tmp_path).search(Query("barnchecklista")).total == 2


def test_only_the_newest_generations_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "number", lambda _: 2)
    for n in range(1, 5):
        last = build.build(tmp_path, contents(*(document(i) for i in range(n))))
    kept = generation.names(tmp_path)
    assert len(kept) == 2 and kept[-1] == last.generation.id
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def killed_while(work: Callable[[], object]) -> None:
    """Run ``work`` in a process that kills itself in the midst of it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def stops_after(n: int) -> Iterator[Document]:
    for i in range(n):
        yield document(i)
    die()


@pytest.mark.parametrize("moment", ["writing", "_verify", "_sync", "use", "prune"])
def test_a_build_killed_at_any_moment_leaves_a_whole_index(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.build(tmp_path, contents(document(1), document(2)))
    more = contents(document(1), document(2), document(3))
    if moment == "writing":
        more = Contents(more.fingerprints, lambda: stops_after(2), more.statuses)

    def work() -> None:
        if moment != "writing":
            monkeypatch.setattr(build, moment, die)
        build.build(tmp_path, more)

    killed_while(work)
    assert found(tmp_path) == (3 if moment == "prune" else 2)
    built = build.build(tmp_path, contents(*(document(i) for i in range(4))))
    assert built.new and found(tmp_path) == 4
    assert not list(tmp_path.glob(".*"))


def test_a_new_index_that_lacks_documents_is_not_put_in_use(tmp_path: Path) -> None:
    build.build(tmp_path, contents(document(1)))
    lacking = contents(document(1), document(2))
    with pytest.raises(IndexDamaged, match="1 documents where 2"):
        build.build(tmp_path, Contents(lacking.fingerprints, lambda: iter([document(1)]), ()))
    assert found(tmp_path) == 1


def test_what_a_full_disk_interrupted_does_not_keep_it_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.build(tmp_path, contents(document(1)))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(generation, "write_meta", refuse)
    with pytest.raises(OSError, match="No space"):
        build.build(tmp_path, contents(document(1), document(2)))
    assert not list(tmp_path.glob(".*.building"))
    assert found(tmp_path) == 1


def test_a_second_builder_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with build.lock(tmp_path), pytest.raises(IndexLocked, match=f"process {os.getpid()} on .* since 20"):
        build.build(tmp_path, contents(document(1)))
    build.build(tmp_path, contents(document(1)))


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    def hold() -> None:
        with build.lock(tmp_path):
            die()

    killed_while(hold)
    assert build.build(tmp_path, contents(document(1))).new


def test_a_missing_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="kompass index"):
        generation.current(tmp_path / "none")


@pytest.mark.parametrize("name", ["", "../elsewhere", ".hidden", "20200101T000000Z-abcdef"])
def test_a_current_that_names_no_generation_is_damage(tmp_path: Path, name: str) -> None:
    (tmp_path / "CURRENT").write_text(name)
    with pytest.raises(IndexDamaged, match="kompass index"):
        generation.current(tmp_path)


def test_damage_is_found_and_named_and_repaired_by_a_build(tmp_path: Path) -> None:
    build.build(tmp_path, contents(document(1)))
    directory = generation.current(tmp_path)
    victim = max((p for p in directory.iterdir() if p.is_file()), key=lambda p: p.stat().st_size)
    data = victim.read_bytes()
    victim.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    generation.check(directory)  # the size is right: only a deep look can tell
    with pytest.raises(IndexDamaged, match=victim.name):
        generation.check(directory, deep=True)
    victim.write_bytes(data[:-7])
    with pytest.raises(IndexDamaged, match=f"{victim.name}.*bytes"):
        generation.check(directory)
    victim.unlink()
    with pytest.raises(IndexDamaged, match="missing"):
        generation.check(directory)
    time.sleep(0.01)
    assert build.build(tmp_path, contents(document(1))).new and found(tmp_path) == 1


@pytest.mark.parametrize("captures", [0, 7])
def test_a_byte_that_has_changed_is_neither_kept_nor_taken_over_by_the_next_build(
    tmp_path: Path, captures: int
) -> None:
    """Nothing had changed, it said; or the new index shared the file, and said that it was sound."""
    build.build(tmp_path, contents(document(1)))
    before = generation.current(tmp_path)
    (victim,) = before.glob("*.txt")  # what the documents say: not looked at when an index is opened
    data = victim.read_bytes()
    half = len(data) // 2
    victim.write_bytes(data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :])
    assert build.build(tmp_path, contents(document(1), captures=captures)).new
    after = generation.current(tmp_path)
    assert not {p.stat().st_ino for p in before.iterdir()} & {p.stat().st_ino for p in after.iterdir()}
    generation.check(after, deep=True)


@pytest.mark.parametrize(
    "name",
    [generation.META, generation.SOURCES, "engine.json", "thesaurus/skola.txt", "vocabulary/kind.toml"],
)
def test_a_letter_changed_in_any_text_of_a_generation_is_told_when_it_is_opened(
    tmp_path: Path, name: str
) -> None:
    build.build(tmp_path, contents(document(1)))
    path = generation.current(tmp_path) / name
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        with pytest.raises(IndexDamaged, match="kompass index"):
            open_index(tmp_path)
    path.write_bytes(whole)
    assert found(tmp_path) == 1


def test_an_index_whose_words_were_taken_apart_otherwise_is_told_and_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    build.build(tmp_path, contents(document(1)))
    open_index(tmp_path)
    assert not caplog.records
    monkeypatch.setattr("indexer.language.fingerprint", lambda: "of another version")
    monkeypatch.setattr(build, "fingerprint", lambda: "of another version")
    assert found(tmp_path) == 1
    assert "kompass index" in caplog.text
    assert build.build(tmp_path, contents(document(1))).new
    caplog.clear()
    open_index(tmp_path)
    assert not caplog.records


def test_an_index_of_another_format_is_not_read(tmp_path: Path) -> None:
    build.build(tmp_path, contents(document(1)))
    path = generation.current(tmp_path) / "meta.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(IndexDamaged, match="format 99"):
        generation.check(path.parent)
    path.write_text("{")
    with pytest.raises(IndexDamaged, match=r"meta\.json"):
        generation.check(path.parent)
