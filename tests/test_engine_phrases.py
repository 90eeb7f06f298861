"""Words side by side, and several terms as one: what is compiled finds and weighs them as NumPy does."""

from __future__ import annotations

import itertools
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.engine import native
from indexer.engine.bags import Bag, TermBag, TermsBag
from indexer.engine.index import Index
from indexer.engine.kept import Cache
from indexer.engine.phrases import PhraseBag, weigh_spans
from indexer.engine.write import append, write
from indexer.model import Document, Page

TERMS = ("och", "i", "barn", "plan", "skola", "sjö", "berg", "finnsej")
OFTEN = (300, 200, 60, 30, 10, 4, 1)


def two(directory: Path) -> tuple[Index, Index]:
    """The index read with what is compiled, and without."""
    if native.kernel is None and not os.environ.get("REQUIRE_KERNEL"):
        pytest.skip("nothing was compiled; REQUIRE_KERNEL=1 makes this a failure")
    compiled, plain = Index(directory), Index(directory)
    vars(plain)["_kernels"] = None
    assert compiled._kernels is not None
    return compiled, plain


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Index, Index]:
    """Two segments, with deleted and long documents."""
    rng = random.Random(7)

    def words(most: int) -> str:
        return " ".join(rng.choices(TERMS[:-1], OFTEN, k=rng.randrange(most)))

    def document(n: int, most: int) -> Document:
        pages = (Page(1, words(most), words(9)), Page(2, words(most)))
        return Document(id=f"{n}", url="u", title=words(9), format="html", anchor=words(5), text=pages)

    held = [document(n, 200_000 if n % 150 == 7 else rng.choice((4, 40, 900))) for n in range(400)]
    directory = tmp_path_factory.mktemp("phrases")
    write(directory, held[:300])
    append(directory, [document(n, 40) for n in range(0, 300, 20)] + held[300:])
    compiled, plain = two(directory)
    assert any(len(s.positions.long_docs) for s in compiled.segments)
    return compiled, plain


def phrase(index: Index, words: tuple[str, ...], field: int) -> Bag:
    return PhraseBag(index, [TermBag(index, w.encode(), field) for w in words], 1)


def same(one: Bag, other: Bag) -> int:
    """How many documents both hold."""
    (docs, weights), (others, their_weights) = one.all(), other.all()
    np.testing.assert_array_equal(docs, others)
    np.testing.assert_allclose(weights, their_weights, rtol=1e-6)
    return len(docs)


@pytest.mark.parametrize("field", range(5))
def test_two_words_side_by_side_are_those_that_numpy_finds(indexes: tuple[Index, Index], field: int) -> None:
    assert (
        sum(same(*(phrase(i, pair, field) for i in indexes)) for pair in itertools.product(TERMS, repeat=2))
        > 100
    )


@given(words=st.lists(st.sampled_from(TERMS), min_size=3, max_size=6).map(tuple), field=st.integers(0, 4))
def test_several_words_side_by_side_are_those_that_numpy_finds(
    indexes: tuple[Index, Index], words: tuple[str, ...], field: int
) -> None:
    same(*(phrase(i, words, field) for i in indexes))


@given(words=st.sets(st.sampled_from(TERMS)), field=st.integers(0, 4))
def test_any_of_several_terms_is_what_numpy_adds_up(
    indexes: tuple[Index, Index], words: set[str], field: int
) -> None:
    terms = [sorted(n for w in words if (n := s.find(w.encode())) >= 0) for s in indexes[0].segments]
    same(*(TermsBag(i, [np.array(some, np.int64) for some in terms], field) for i in indexes))


def test_documents_beyond_65536_are_told_apart(tmp_path: Path) -> None:
    rng = random.Random(3)
    # Titles that say a word often are what no code describes.
    often = (600, 200, 60, 20, 6, 2)  # so that rare words are looked for among common ones
    titles = (" ".join(rng.choices(TERMS[:6], often, k=rng.choice((1, 3, 9)))) for _ in range(70_000))
    write(tmp_path, (Document(id=f"{n}", url="u", title=t, format="html") for n, t in enumerate(titles)))
    compiled, plain = two(tmp_path)
    for pair in itertools.product(TERMS[:6], repeat=2):
        same(phrase(compiled, pair, 4), phrase(plain, pair, 4))
    assert phrase(compiled, ("och", "sjö"), 4).df > 100
    terms = [np.arange(len(compiled.segments[0].terms))]
    assert same(TermsBag(compiled, terms, 4), TermsBag(plain, terms, 4)) == 70_000


@pytest.mark.parametrize("left", [0, 1, 3, 100, 500])
def test_stamps_that_have_all_been_used_begin_anew(indexes: tuple[Index, Index], left: int) -> None:
    kernels = indexes[0]._kernels
    assert kernels is not None
    for kernel in kernels:
        kernel.stamp = (1 << 32) - 1 - left
    indexes[0].results = Cache(1 << 20)
    for words in (("och", "i"), ("plan", "barn", "och")):
        same(*(phrase(i, words, 4) for i in indexes))
    assert all(kernel.stamp < 1 << 31 for kernel in kernels)


def test_what_is_no_phrase_no_field_or_no_term_is_refused(indexes: tuple[Index, Index]) -> None:
    kernels = indexes[0]._kernels
    assert kernels is not None
    for terms, field in (([0], 4), ([], 4), ([0, 1], 5), ([0, 1], -1), ([0] * 65_537, 4)):
        with pytest.raises(ValueError, match="phrase"):
            kernels[0].phrase(terms, field)
    with pytest.raises(ValueError, match="5"):
        kernels[0].any(np.array([0]), 5)
    with pytest.raises(IndexError):
        kernels[0].any(np.array([-1]), 4)
    with pytest.raises(IndexError):
        kernels[0].phrase([0, 1 << 40], 4)
    for ask in (kernels[0].weigh, lambda term, field: kernels[0].find(term, np.array([0]), field)):
        for term in (-1, 1 << 40):
            with pytest.raises(IndexError):
                ask(term, 4)
        for field in (-1, 5):
            with pytest.raises(ValueError, match=str(field)):
                ask(0, field)


def test_documents_that_are_not_there_are_refused_or_not_found(indexes: tuple[Index, Index]) -> None:
    kernels = indexes[0]._kernels
    assert kernels is not None
    beyond = np.array([-1, 1 << 40, -(1 << 40)])
    places, weights = kernels[0].find(0, beyond, 4)
    assert len(places) == len(weights) == 0
    with pytest.raises(ValueError, match="scores"):
        kernels[0].narrow(0, beyond, np.zeros(2, np.float32), 4, 1.0, 1.2)
    for doc in beyond.tolist():
        with pytest.raises(IndexError):
            kernels[0].marks(0, [doc])


@given(
    words=st.lists(st.sampled_from(TERMS), min_size=2, max_size=4).map(tuple),
    field=st.integers(0, 4),
    step=st.integers(1, 40),
)
def test_words_side_by_side_in_some_documents_are_those_of_all(
    indexes: tuple[Index, Index], words: tuple[str, ...], field: int, step: int
) -> None:
    for index in indexes:
        bag = phrase(index, words, field)
        some = index.every[::step]
        docs, weights = weigh_spans(index, bag.spans(some))
        found = bag.some(some)
        np.testing.assert_array_equal(docs, some[found > 0])
        np.testing.assert_allclose(weights, found[found > 0], rtol=1e-6)
        whole, of_whole = bag.all()
        here = np.isin(whole, some)
        np.testing.assert_array_equal(docs, whole[here])
        np.testing.assert_allclose(weights, of_whole[here], rtol=1e-6)
