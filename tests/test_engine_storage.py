"""Damage is told, writers exclude each other, readers keep what they opened, additions equal a new index."""

from __future__ import annotations

import os
import random
import resource
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from whoosh import index as whoosh_index
from whoosh import query as q
from whoosh.query.spans import SpanFirst

from indexer.engine import assemble, collect, inversion, meta
from indexer.engine import write as write_module
from indexer.engine.arrays import Array
from indexer.engine.inversion import Layout
from indexer.engine.postings import Postings
from indexer.engine.queries import Written
from indexer.engine.reader import Reader
from indexer.engine.schema import part
from indexer.engine.write import append, optimise, write
from indexer.errors import IndexDamaged, IndexLocked, IndexMissing, SearchIndexError
from indexer.model import FACETS, Document, FoundOn, Page

pytestmark = pytest.mark.usefixtures("engine")

WORDS = [
    "barn",
    "barnen",
    "plan",
    "skola",
    "handlingsplan",
    "rätt",
    "kommun",
    "möte",
    "beslut",
    "checklista",
    "barnchecklista",
    "ungdom",
    "familj",
    "barn- och familjeplan",  # a barnplan, too
]


def corpus(count: int, seed: int = 1) -> list[Document]:
    draw = random.Random(seed)
    made = []
    for n in range(count):
        pages = tuple(
            Page(k, " ".join(draw.choices(WORDS, k=draw.randint(1, 90))))
            for k in range(1, draw.randint(2, 5))
        )
        made.append(
            Document(
                id=f"d{n}",
                url=f"https://example.se/{n}",
                title=" ".join(draw.choices(WORDS, k=3)),
                format="html",
                kind=draw.choice((None, "minutes", "policy")),
                years=(draw.randint(2008, 2020),),
                links=(FoundOn("https://example.se", "länk till plan"),),
                text=pages,
            )
        )
    return made


TREES: Sequence[q.Query] = (
    q.Term("text", "barn"),
    q.And([q.Term("text", "plan"), q.Term("text", "skol")]),
    q.Term("text", part("barnplan")),
    q.Phrase("text", ["barn", "plan"]),
    q.Phrase("text", ["barn", "och", "familjeplan"]),
    Written("text", "barn*"),
    Written("text", "barne*", exact=True),
    Written("text", "handl*plan", exact=True),
    SpanFirst(q.Term("text", "barn"), limit=60),  # by Whoosh's matchers
    q.Prefix("kind", "m"),
    q.Every(),
)


def answers(reader: Reader) -> list[object]:
    """Everything a search shows, by id."""
    shown: list[object] = []
    for tree in TREES:
        found = reader.evaluate(tree, limit=50, facets=FACETS)
        ids = [reader.document(n).id for n in found.numbers.tolist()]
        shown += [found.total, ids, [round(x, 4) for x in found.scores.tolist()], found.counts]
    return shown


def test_no_index_is_said_to_be_missing_and_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="kompass index"):
        Reader(tmp_path)


def test_a_truncated_file_is_told_when_the_index_is_opened(tmp_path: Path) -> None:
    write(tmp_path, corpus(40))
    for path in sorted(p for p in tmp_path.iterdir() if p.is_file() and p.stat().st_size > 50):
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) * 2 // 3])
        with pytest.raises(IndexDamaged, match=r"kompass index|build it again"):
            Reader(tmp_path)
        path.write_bytes(whole)
    Reader(tmp_path)


def test_a_flipped_bit_never_becomes_another_answer(tmp_path: Path) -> None:
    write(tmp_path, corpus(60))
    right = answers(Reader(tmp_path))
    draw = random.Random(7)
    told = 0
    files = [p for p in tmp_path.iterdir() if p.is_file() and p.stat().st_size]
    for _ in range(120):
        path = draw.choice(files)
        data = bytearray(path.read_bytes())
        at = draw.randrange(len(data))
        data[at] ^= 1 << draw.randrange(8)
        kept = path.read_bytes()
        path.write_bytes(data)
        try:
            assert answers(Reader(tmp_path)) == right, (path, at)
        except IndexDamaged:
            told += 1
        path.write_bytes(kept)
    assert told > 40


def test_the_second_writer_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    write(tmp_path, corpus(3))
    with meta.lock(tmp_path), pytest.raises(IndexLocked, match=rf"process {os.getpid()} on .* since 20"):
        append(tmp_path, corpus(1, seed=2))
    append(tmp_path, ())


def test_a_directory_that_holds_an_index_is_not_overwritten(tmp_path: Path) -> None:
    write(tmp_path, corpus(3))
    with pytest.raises(SearchIndexError, match="holds an index already"):
        write(tmp_path, corpus(3))


def test_a_reader_keeps_answering_from_what_it_opened(tmp_path: Path) -> None:
    write(tmp_path, corpus(30))
    reader = Reader(tmp_path)
    before = answers(reader)
    append(tmp_path, corpus(10, seed=3), ["d20", "d21"])
    optimise(tmp_path)
    assert answers(reader) == before
    assert Reader(tmp_path).documents == 28


@pytest.mark.parametrize("steps", [2, 5, 12])
def test_additions_and_deletions_answer_as_a_new_index_does(tmp_path: Path, steps: int) -> None:
    held = corpus(60)
    changed = [replace(d, title="ny rubrik om barn") for d in held[5:15]]
    write(tmp_path / "grown", held[::steps])
    for start in range(1, steps):
        append(tmp_path / "grown", held[start::steps])
    append(tmp_path / "grown", changed, ["d1", "d59"])
    final = {d.id: d for d in (*held, *changed) if d.id not in ("d1", "d59")}
    write(tmp_path / "new", final.values())
    expected = answers(Reader(tmp_path / "new"))
    assert answers(Reader(tmp_path / "grown")) == expected
    words = [tuple(w) for w in Reader(tmp_path / "new").words]
    assert [tuple(w) for w in Reader(tmp_path / "grown").words] == words
    optimise(tmp_path / "grown")
    reader = Reader(tmp_path / "grown")
    assert answers(reader) == expected
    assert [tuple(w) for w in reader.words] == words
    for document in final.values():
        number = reader.number(document.id)
        assert number is not None
        assert replace(reader.document(number), text=reader.text(number)) == document


def test_words_are_counted_exactly_after_small_segments_are_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_module, "MOST_SEGMENTS", 2)
    held = [*corpus(30, seed=4), *(replace(d, id=f"e{n}") for n, d in enumerate(corpus(4, seed=5)))]
    write(tmp_path / "steps", held[:30])
    gone = {d.id for d in held[:12]}  # lie in the large segment, counted as negative in small ones
    append(tmp_path / "steps", held[30:32], set(sorted(gone)[:6]))
    append(tmp_path / "steps", held[32:], set(sorted(gone)[6:]))
    left = [d for d in held if d.id not in gone]
    write(tmp_path / "new", left)
    steps, new = Reader(tmp_path / "steps"), Reader(tmp_path / "new")
    assert len(steps.meta["files"]) == 1 + 2 * 5
    assert list(steps.words) == list(new.words)
    assert [w for x in ("b", "h", "") for w in steps.words.prefix(x)] == [
        w for x in ("b", "h", "") for w in new.words.prefix(x)
    ]
    assert answers(steps) == answers(new)


def test_what_a_killed_writer_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    write(tmp_path, corpus(3))
    (tmp_path / ".build-abc").mkdir()
    (tmp_path / ".build-abc" / "words-0").write_bytes(b"1" * 100)
    append(tmp_path, (), {"nobody"})
    assert not list(tmp_path.glob(".build-*"))
    assert Reader(tmp_path).documents == 3


def test_two_processes_write_what_one_writes(tmp_path: Path) -> None:
    held = corpus(80)
    write(tmp_path / "one", held)
    assert write(tmp_path / "two", held, workers=2) == 80
    assert answers(Reader(tmp_path / "two")) == answers(Reader(tmp_path / "one"))


def test_however_many_runs_are_merged_few_files_are_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "CHUNK", 20)
    monkeypatch.setattr(collect, "AT_ONCE", 20)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as kept:
        highest = max(int(f.name) for f in Path("/proc/self/fd").iterdir())
        while (last := kept.enter_context(Path(os.devnull).open()).fileno()) < highest:
            pass  # what other tests left open lies among free numbers
        resource.setrlimit(resource.RLIMIT_NOFILE, (last + 30, hard))
        try:
            assert write(tmp_path / "many", corpus(80), workers=2) == 80
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    monkeypatch.undo()
    write(tmp_path / "one", corpus(80))
    assert answers(Reader(tmp_path / "many")) == answers(Reader(tmp_path / "one"))


def test_a_document_of_very_many_pages_is_not_sorted_together_with_a_crowd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = []

    def watched(words: Array, layout: Layout, *rest: Any) -> Postings:
        shapes.append((len(layout.stretches), int(layout.ends(layout.starts()).max())))
        return inversion.invert(words, layout, *rest)

    monkeypatch.setattr(collect, "AT_ONCE", 2_000)
    monkeypatch.setattr(collect, "CHUNK", 100_000)
    monkeypatch.setattr(collect, "invert", watched)
    crowd = [Document(id=f"{n}", url="u", title=f"plan x{n}", format="html") for n in range(2_000)]
    pages = (Page(1, "plan"), *(Page(n, "") for n in range(2, 5_000)), Page(5_000, "barn rätt"))
    large = Document(id="large", url="u", title="", format="pdf", text=pages)
    write(tmp_path, [*crowd, large, *(replace(d, id=f"again {d.id}") for d in crowd)])
    assert sum(documents for documents, _ in shapes) == 4_001
    assert all(documents < 30 for documents, longest in shapes if longest > 100_000)
    reader = Reader(tmp_path)
    assert reader.evaluate(q.Term("text", "plan")).total == 4_001
    (number,) = reader.evaluate(q.Phrase("text", ["barn", "rätt"])).numbers.tolist()
    assert reader.document(number).id == "large"
    assert reader.places(q.Term("text", "barn"), [number]).pages(number)[0][0] == 5_000


def test_more_words_than_numbers_can_name_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble, "MOST_PLACES", 1_000)
    with pytest.raises(SearchIndexError, match="more than 1,000 words"):
        write(tmp_path, corpus(80))
    assert [p.name for p in tmp_path.iterdir() if p.suffix in (".toc", ".json")] == []


def test_whoosh_opens_the_index_and_has_exact_lengths(tmp_path: Path) -> None:
    write(tmp_path, [Document(id="a", url="u", title="barn", format="html", text=(Page(1, "plan " * 4321),))])
    with whoosh_index.open_dir(str(tmp_path)).searcher() as searcher:
        assert [hit["id"] for hit in searcher.search(q.Term("body", "plan"))] == ["a"]
        assert searcher.reader().doc_field_length(0, "body") == 4321


def test_a_document_longer_than_65535_words_keeps_its_phrases(tmp_path: Path) -> None:
    text = "skola " * 70_000 + "barn plan " + "rätt " * 300
    write(
        tmp_path,
        [Document(id="long", url="u", title="lång", format="pdf", text=(Page(1, text), Page(2, "barn")))],
    )
    reader = Reader(tmp_path)
    assert reader.evaluate(q.Phrase("text", ["barn", "plan"])).total == 1
    assert reader.places(q.Term("text", "barn"), [0]).pages(0)[0][1] == 1
    phrase = reader.places(q.Phrase("text", ["barn", "plan"]), [0])
    assert "barn plan" in phrase.snippet(0, 1, 220)[1].text


@pytest.mark.parametrize("words", [65_535, 65_536, 65_537])
def test_a_document_of_one_word_has_it_side_by_side(tmp_path: Path, words: int) -> None:
    pages = (Page(1, "plan " * words),)
    write(tmp_path, [Document(id="a", url="u", title="", format="html", text=pages)])
    reader = Reader(tmp_path)
    assert reader.evaluate(q.Phrase("text", ["plan", "plan"])).total == 1
    (bag,) = reader.occurring(q.Phrase("text", ["plan", "plan"]))
    assert len(bag.spans(reader.every).starts) == words - 1


def test_more_than_65536_documents_are_told_apart(tmp_path: Path) -> None:
    held = (
        Document(id=f"{n}", url="u", title=f"barn {'plan' if n % 7 == 0 else ''} x{n}", format="html")
        for n in range(66_500)
    )
    write(tmp_path, held)
    reader = Reader(tmp_path)
    assert reader.evaluate(q.Term("text", "barn"), limit=1).total == 66_500
    assert reader.evaluate(q.Term("text", "plan"), limit=1).total == 9_500
    for n in (0, 65_535, 65_536, 66_499):
        (number,) = reader.evaluate(q.Term("text", f"x{n}"), limit=5).numbers.tolist()
        assert reader.document(number).id == str(n)
    both = reader.evaluate(q.And([q.Term("text", "x66500"), q.Term("text", "barn")]))
    assert both.total == 0
    found = reader.evaluate(q.And([q.Term("text", "x66493"), q.Term("text", "plan")]))
    assert [reader.document(n).id for n in found.numbers.tolist()] == ["66493"]
