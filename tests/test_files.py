"""One process at a time, and files that are whole (indexer/files.py)."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from indexer.errors import CatalogueError, SearchIndexError
from indexer.files import alone, renew


def test_who_has_a_lock_is_told_and_nobody_has_it_afterwards(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "lock"
    told = pytest.raises(CatalogueError, match=rf"^process {os.getpid()} on .+ since 20")
    with alone(lock, CatalogueError, SearchIndexError), told:
        alone(lock, CatalogueError, SearchIndexError).__enter__()
    assert lock.read_bytes() == b""
    with alone(lock, CatalogueError, SearchIndexError):
        pass


def test_a_lock_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()  # permissions do not keep out the user that tests may run as
    with pytest.raises(SearchIndexError, match=r"/lock cannot be written: .*owner and permissions"):
        alone(tmp_path / "lock", CatalogueError, SearchIndexError).__enter__()


def test_where_no_byte_can_be_written_a_lock_is_had_all_the_same(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))  # as on a full disk
    try:
        told = pytest.raises(CatalogueError, match="a process that has just begun")
        with alone(tmp_path / "lock", CatalogueError, SearchIndexError), told:
            alone(tmp_path / "lock", CatalogueError, SearchIndexError).__enter__()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_is_as_it_was_until_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "CURRENT"
    renew(file, "one")

    def full(_: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("indexer.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        renew(file, "another")
    assert file.read_text() == "one"
