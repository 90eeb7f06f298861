"""Tokens become postings, whatever the portions they are handled in."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.engine import assemble, inversion
from indexer.engine.inversion import Layout, invert
from indexer.engine.postings import COUNTS, PAGE_GAP, RARE, encode
from indexer.engine.spans import Spans

WORDS = 6
STEMS = np.array([0, 1, 1, 2, 5, 3], np.uint32)
PARTS = {4: [3, 4], 5: [4]}  # word → terms of its parts
PART_START = np.cumsum([0, *(len(PARTS.get(w, ())) for w in range(WORDS))])
PART_TERMS = np.array([t for w in range(WORDS) for t in PARTS.get(w, ())], np.uint32)

STRETCHES = st.lists(st.integers(0, WORDS - 1), max_size=9)
DOCUMENTS = st.lists(
    st.lists(st.tuples(st.integers(0, 3), STRETCHES), min_size=1, max_size=5).map(
        lambda rows: sorted(rows, key=lambda r: r[0])
    ),
    max_size=8,
)


def by_hand(documents: list[list[tuple[int, list[int]]]]) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """(term, document) → (field, position) of every token."""
    found = defaultdict(list)
    for number, document in enumerate(documents):
        at = 0
        for field, words in document:
            for word in words:
                for term in (int(STEMS[word]), *PARTS.get(word, ())):
                    found[term, number].append((field, at))
                at += 1
            at += PAGE_GAP
    return {key: sorted(places, key=lambda p: p[1]) for key, places in sorted(found.items())}


@settings(max_examples=150)
@given(DOCUMENTS, st.sampled_from((1, 4, 1 << 15)))
def test_postings_hold_every_token_whatever_is_handled_at_once(
    documents: list[list[tuple[int, list[int]]]], stretch: int
) -> None:
    rows = [row for document in documents for row in document]
    layout = Layout(
        np.array([len(words) for _, words in rows], np.int64),
        np.array([field for field, _ in rows], np.uint8),
        np.array([len(d) for d in documents], np.uint32),
    )
    words = np.array([w for _, some in rows for w in some], np.uint32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inversion, "STRETCH", stretch)
        made = invert(words, layout, STEMS, PART_START, PART_TERMS, 10)
    expected = by_hand(documents)
    terms = np.repeat(made.terms, made.df).tolist()
    assert list(zip(terms, (made.docs - 10).tolist() if len(made.docs) else [], strict=True)) == list(
        expected
    )
    assert made.positions.tolist() == [at for places in expected.values() for _, at in places]
    for n, places in enumerate(expected.values()):
        counts = np.bincount([field for field, _ in places], minlength=4)
        if made.codes[n] == RARE:
            rare = made.rare_at.tolist().index(n)
            assert made.rare_counts[rare].tolist() == counts.tolist()
            assert made.rare_slots[rare] == counts.sum()
        else:
            assert COUNTS[made.codes[n]].tolist() == counts.tolist()
    assert (made.codes == RARE).sum() == len(made.rare_at)


def test_a_code_says_the_counts_it_stands_for() -> None:
    assert encode(COUNTS[1:RARE]).tolist() == list(range(1, RARE))
    unusual = [[3, 0, 0, 0], [0, 2, 0, 1], [0, 0, 0, 150], [1, 0, 0, 30], [70_000, 0, 0, 1]]
    assert encode(np.array(unusual, np.uint32)).tolist() == [RARE] * len(unusual)


@pytest.mark.parametrize("bits", [4, 20, 30])
def test_spans_come_sorted_and_each_once_whether_or_not_they_fit_one_number(bits: int) -> None:
    made = np.random.default_rng(bits)
    docs, starts, lengths = (made.integers(0, 1 << b, 400) for b in (bits, bits, 5))
    found = Spans.join([Spans(docs, starts, starts + lengths), Spans(docs, starts, starts + lengths)])
    expected = sorted(set(zip(docs.tolist(), starts.tolist(), (starts + lengths).tolist(), strict=True)))
    assert list(zip(*(a.tolist() for a in found), strict=True)) == expected


@pytest.mark.parametrize("chunks", [1, 2, 9])
def test_documents_are_counted_below_each_chunk(chunks: int) -> None:
    rng = np.random.default_rng(chunks)
    terms = [np.unique(rng.integers(0, chunks << 16, n)) for n in (0, 1, 700, 0, 3, 50, 0)]
    docs = np.concatenate(terms).astype(np.uint32)
    found = assemble.below(docs, np.array([len(t) for t in terms]), chunks)
    assert found.tolist() == [[int((t < c << 16).sum()) for t in terms] for c in range(1, chunks)]
