"""Which words are found together with what is typed before them: beside counting by hand and searching."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from indexed import indexed

from indexer.engine.reader import Reader
from indexer.engine.write import append, write
from indexer.language import analyser
from indexer.language.following import Candidate
from indexer.model import Document, Page, Query
from indexer.search import Searcher

WORDS = ("elevråd", "skolor", "politiker", "checklista", "lekplats", "bibliotek", "rättighet", "gemensamt")
HELD = 150


def stem(word: str) -> str:
    return analyser("sv").word(word).stem


def word(text: str, *, named: bool = False) -> Candidate:
    return Candidate(text, stem(text.lower()), named, adjective=False)


def document(id_: str, text: str, **fields: object) -> Document:
    known = {"url": "u", "title": "", "format": "html", "language": "sv", "text": (Page(1, text),)}
    return Document(id=id_, **known | fields)


def texts(seed: int) -> list[list[str]]:
    """Each of ``WORDS`` in its own share of the documents, one of them in hardly any."""
    chance = random.Random(seed)
    shares = [0.9, 0.8, 0.75, 0.7, 0.5, 0.3, 0.1, 0.02]
    return [[w for w, s in zip(WORDS, shares, strict=True) if chance.random() < s] for _ in range(HELD)]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Searcher, list[list[str]]]:
    said = texts(1)
    held = [document(f"d{n}", " och ".join(words) + ".") for n, words in enumerate(said)]
    held.append(document("place", "Sammanträde.", municipalities=("1262",)))
    held.append(document("compound", "Handlingsplanen gäller sammanträde."))
    held.append(document("prefix", "Vi samarbetar om sammanträde."))
    held.append(document("numbers", "Av 300 elever kom 1 till ett sammanträde."))
    held.append(document("english", "The children asked questions in October.", language="en"))
    return indexed(tmp_path_factory.mktemp("together"), held), said


@pytest.mark.parametrize(
    "before",
    ["elevråd", "elevråd och skolor", "skolor politiker elevråd", "elevrådets", "hur gör man", "gemensamt"],
)
def test_words_are_counted_as_by_hand(mixed: tuple[Searcher, list[list[str]]], before: str) -> None:
    searcher, said = mixed
    stems = {stem(w) for w in before.split()} & {stem(w) for w in WORDS}
    with_before = [words for words in said if stems <= {stem(w) for w in words}]
    total = len(with_before) if stems else searcher.reader.documents
    counts = searcher._together(before, [word(w) for w in WORDS])
    for text, (both, by_chance) in zip(WORDS, counts, strict=True):
        assert both == sum(text in words for words in with_before)
        alone = sum(text in words for words in said)
        assert by_chance == pytest.approx(total * alone / searcher.reader.documents)


@pytest.mark.parametrize(
    "before",
    ["elevråd", '"elevråd och skolor"', "elevråd ELLER checklista", "skolor INTE checklista", "elev*",
     "skolor NÄRA/3 politiker", "(skolor politiker)", "kommun:Lomma", "finnsinte", "handlingsplan",
     "skolor INTE", "skolor ELLER", "skolor -", '"elevråd och', "(skolor ELLER", "2014/15 elevråd", "1 300",
     "samer"],
)  # fmt: skip
def test_search_finds_no_fewer(mixed: tuple[Searcher, list[list[str]]], before: str) -> None:
    searcher, _ = mixed
    asked = [word(w) for w in (*WORDS, "sammanträde")]
    for one, (both, _) in zip(asked, searcher._together(before, asked), strict=True):
        assert both <= searcher.count(Query(f"{before} {one.text}")), one


def test_place_is_found_by_what_it_concerns_and_a_word_by_its_compound(
    mixed: tuple[Searcher, list[list[str]]],
) -> None:
    searcher, _ = mixed
    assert searcher._together("sammanträde", [word("Lomma", named=True)])[0][0] == 1
    assert searcher._together("sammanträde", [word("Lomma")])[0][0] == 0  # not said to be a place
    assert searcher._together("sammanträde", [word("plan")])[0][0] == 1
    assert searcher._together("children", [word("questions")])[0][0] == 1


def test_documents_with_a_term_in_several_segments_without_those_that_went(tmp_path: Path) -> None:
    said = texts(2)
    held = [document(f"d{n}", " ".join(words) + ".") for n, words in enumerate(said)]
    write(tmp_path, held[:60])
    append(tmp_path, held[60:61], {"d3", "d59"})
    append(tmp_path, held[61:], {"d60"})
    reader = Reader(tmp_path)
    gone = {"d3", "d59", "d60"}
    for text in (*WORDS, "saknas"):
        wanted = {d.id for d, words in zip(held, said, strict=True) if text in words} - gone
        found = reader.having(stem(text))
        assert {reader.document(n).id for n in found.tolist()} == wanted
        assert (found[1:] > found[:-1]).all()
        assert reader.mask(found).sum() == len(wanted)
        for docs in (reader.every[:1], reader.every[::2], reader.every):
            assert reader.among(stem(text), docs, reader.mask(docs)) == np.isin(docs, found).sum()
