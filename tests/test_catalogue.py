"""The catalogue remembers what it was told, in batches, and says plainly what is wrong with it."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue
from indexer.errors import CatalogueError
from indexer.model import Capture


def add(catalogue: Catalogue, url: str, digest: str = "d", **more: object) -> Capture:
    values: dict[str, object] = {"status": 200, "headers": {"etag": '"1"'}} | more
    return catalogue.add_capture(
        "a", url, "2024-01-01T00:00:00Z", media_type="text/html", digest=digest, warc="warc/a.warc.gz",
        offset=0, length=10, **values,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "store" / "catalogue.sqlite")


def test_last_capture_is_the_one_that_holds_bytes(catalogue: Catalogue) -> None:
    url = "https://a.se/å"
    first = add(catalogue, url)
    add(catalogue, url, status=304, revisit_of=first.id)
    add(catalogue, url, status=404)
    assert catalogue.last_capture(url) == first
    answer = catalogue.last_answer(url)
    assert answer is not None and answer.status == 404
    assert catalogue.last_capture("https://a.se/other") is None


def test_captures_are_there_for_another_process_after_commit(catalogue: Catalogue) -> None:
    with catalogue:
        add(catalogue, "https://a.se/1")
        add(catalogue, "https://a.se/2", redirect_to="https://a.se/1", status=301)
    with Catalogue(catalogue.path, create=False) as again:
        assert [(c.url, c.redirect_to) for c in again.captures()] == [
            ("https://a.se/1", None),
            ("https://a.se/2", "https://a.se/1"),
        ]


def test_an_error_inside_the_with_block_undoes_what_was_pending(catalogue: Catalogue) -> None:
    with pytest.raises(ZeroDivisionError), catalogue:
        add(catalogue, "https://a.se/1")
        _ = 1 / 0
    with Catalogue(catalogue.path) as again:
        assert list(again.captures()) == []


def test_thousands_of_captures_take_a_second(catalogue: Catalogue) -> None:
    started = time.perf_counter()
    for n in range(3000):
        url = f"https://a.se/{n}"
        catalogue.last_capture(url)
        add(catalogue, url)
        catalogue.clear_failure("a", url)
    catalogue.commit()
    assert time.perf_counter() - started < 3


def test_the_crawl_does_not_clear_what_could_not_be_read(catalogue: Catalogue) -> None:
    catalogue.add_failure("a", "https://a.se/x.pdf", "fetch", "timeout", "No answer within 60 s.")
    catalogue.add_failure("a", "https://a.se/x.pdf", "extract", "damaged_pdf", "The file is cut off.")
    catalogue.clear_failure("a", "https://a.se/x.pdf")
    assert [(s, f.reason) for s, f in catalogue.failures()] == [("a", "damaged_pdf")]


def test_what_is_forgotten_stays_forgotten(catalogue: Catalogue) -> None:
    assert not catalogue.forgotten("https://a.se/x")
    catalogue.forget("https://a.se/x", "asked for by the person it is about")
    with Catalogue(catalogue.path) as again:
        assert again.forgotten("https://a.se/x")


def test_a_run_that_was_never_finished_is_not_counted_as_finished(catalogue: Catalogue) -> None:
    run = catalogue.start_run("a")
    assert run != catalogue.start_run("a")
    catalogue.finish_run(run, finished=True, reason="finished", pages=3, bytes_=100)


@pytest.mark.parametrize(
    ("content", "says"), [(b"not a database at all, but long enough" * 40, "damaged"), (None, "no catalogue")]
)
def test_a_catalogue_that_cannot_be_used_says_what_to_do(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "catalogue.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CatalogueError, match=says) as e:
        Catalogue(path, create=False)
    assert str(path) in str(e.value) and "kompass" in str(e.value)


def test_a_catalogue_of_another_version_is_not_touched(catalogue: Catalogue) -> None:
    catalogue.close()
    db = sqlite3.connect(catalogue.path)
    db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(CatalogueError, match="another version"):
        Catalogue(catalogue.path)
