"""Processes share the work of indexing; what happens to one of them is told by the first."""

from __future__ import annotations

import gc
import multiprocessing
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.engine.collect import Collector
from indexer.engine.workers import pack, unpack
from indexer.engine.write import write
from indexer.errors import SearchIndexError
from indexer.model import Contact, Document, FoundOn, OutlineEntry, Page


def documents(count: int) -> Iterator[Document]:
    """Enough for several portions."""
    for n in range(count):
        text = f"Barnrätt i kommun {n}: " + "nämnden beslutade om planen för skolan. " * 500
        yield Document(id=f"{n}", url="u", title=f"Beslut {n}", format="html", text=(Page(1, text),))


def test_documents_arrive_in_another_process_as_they_were() -> None:
    rich = Document(
        id="1", url="https://www.example.se/1", title="Plan", format="pdf", years=(2012, 2013), alike=("2",),
        contacts=(Contact("strateg", None),), links=(FoundOn("https://www.example.se/", "Plan"),),
        text=(Page(1, "ett", "Rubrik", "i", "a"), Page(2, "två")), outline=(OutlineEntry(1, "Mål", 2),),
    )  # fmt: skip
    some = [rich, Document(id="2", url="u", title="", format="html"), *documents(2)]
    assert list(unpack(*pickle.loads(pickle.dumps(pack(some))))) == some


def test_a_whole_portion_may_be_without_text(tmp_path: Path) -> None:
    empty = [Document(id=f"e{n}", url="u", title=f"Karta {n}", format="pdf") for n in range(1_200)]
    assert list(unpack(*pack(empty[:2]))) == empty[:2]
    assert write(tmp_path, empty, workers=2) == len(empty)


def test_what_documents_are_counted_under_is_held_once(tmp_path: Path) -> None:
    one = Document(
        id="1", url="u", title="", format="pdf", publisher="Lunds kommun", years=(2012,), areas=("toolbox",)
    )
    collector = Collector(tmp_path)
    collector.add([one, *unpack(*pickle.loads(pickle.dumps(pack([one]))))])
    collector.words()
    facets = collector.tables().facets
    assert facets["publisher"] == ["Lunds kommun"] * 2
    assert all(first is second for first, second in facets.values())


def test_a_process_that_was_killed_is_told(tmp_path: Path) -> None:
    def killing() -> Iterator[Document]:
        yield from documents(160)
        (other,) = multiprocessing.active_children()
        other.kill()
        other.join()
        yield from documents(300)

    with pytest.raises(SearchIndexError, match="was stopped: build it again"):
        write(tmp_path, killing(), workers=2)
    assert not multiprocessing.active_children()


def test_what_another_process_cannot_do_is_raised_here(tmp_path: Path) -> None:
    def harmful() -> Iterator[Document]:
        yield from documents(160)
        yield Document(id="bad", url="u", title=None, format="html", text=(Page(1, "x" * 600_000),))

    with pytest.raises(AttributeError, match="casefold"):
        write(tmp_path, harmful(), workers=2)
    assert not multiprocessing.active_children()


def test_a_portion_larger_than_a_pipe_passes(tmp_path: Path) -> None:
    text = "barn och unga i kommunen " * 50_000
    large = (
        Document(id=f"{n}", url="u", title="Stort", format="pdf", text=(Page(1, text),)) for n in range(5)
    )
    assert write(tmp_path, large, workers=2) == 5


def test_python_looks_for_garbage_again_after_an_index_was_made(tmp_path: Path) -> None:
    write(tmp_path, documents(1))
    assert gc.isenabled()
