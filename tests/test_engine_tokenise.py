"""Words found on arrays are the words that the language finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.engine.tokenise import Numbers, tokenise
from indexer.language import tokens

LETTERS = st.sampled_from("aB1å²-’':/‐‑ _\n.,Ⅷ٣𝟘𐐀ßİ\u0301\ud800")
TEXTS = st.lists(st.text(LETTERS, max_size=12) | st.text(max_size=12), max_size=5)


def found(texts: list[str]) -> list[list[tuple[str, int, int]]]:
    """Words of each text as ``tokens`` gives them."""
    result = tokenise(texts)
    words: list[list[tuple[str, int, int]]] = [[] for _ in texts]
    owner = np.repeat(np.arange(len(texts)), result.counts)
    for text, start, end in zip(owner.tolist(), result.starts.tolist(), result.ends.tolist(), strict=True):
        begin = int(result.offsets[text])
        words[text].append((result.text[start:end].lower(), start - begin, end - begin))
    return words


@settings(max_examples=400)
@given(TEXTS)
def test_words_and_their_places_are_those_of_the_language(texts: list[str]) -> None:
    assert found(texts) == [tokens(text) for text in texts]


@settings(max_examples=200)
@given(TEXTS)
def test_two_words_have_one_number_when_they_differ_in_capitals_only(texts: list[str]) -> None:
    result = tokenise(texts)
    written = [result.text[a:b] for a, b in zip(result.starts.tolist(), result.ends.tolist(), strict=True)]
    numbers, _ = Numbers().number(result.hashes)
    for i, a in enumerate(written):
        for j, b in enumerate(written):
            if (
                a.lower() == b.lower()
                and len(a.lower()) == len(a)
                and len(b.lower()) == len(b)
                and a.isascii()
            ):
                assert numbers[i] == numbers[j], (a, b)
            elif a.lower() != b.lower() and a.casefold() != b.casefold():
                assert numbers[i] != numbers[j], (a, b)


def test_words_of_any_length_that_differ_in_one_letter_have_two_numbers() -> None:
    words = ["".join(chr(97 + (i * i + size) % 26) for i in range(size)) for size in range(1, 40)]
    words += [w[:i] + new + w[i + 1 :] for w in words for i in range(len(w)) for new in "åžÿ𐐨7"]
    words = list(dict.fromkeys(words))
    numbers, _ = Numbers().number(tokenise(words).hashes)
    assert numbers.tolist() == list(range(len(words)))
    again, _ = Numbers().number(tokenise([w.upper() + " " + w for w in words]).hashes)
    assert again.tolist() == [n for n in range(len(words)) for _ in range(2)]


def test_a_table_that_grows_keeps_its_numbers() -> None:
    table = Numbers(bits=1)
    hashes = np.arange(1, 5_001, dtype=np.uint64) ** np.uint64(5)
    for start in range(0, 5_000, 700):
        table.number(hashes[start : start + 700])
    numbers, new = table.number(hashes[::-1])
    assert numbers.tolist() == list(range(4_999, -1, -1))
    assert not len(new)


@given(st.lists(st.lists(st.integers(0, 200), max_size=60), max_size=8))
def test_numbers_are_given_in_order_of_appearance(portions: list[list[int]]) -> None:
    table, known = Numbers(bits=2), dict[int, int]()
    for portion in portions:
        hashes = np.array(portion, np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1)
        numbers, new = table.number(hashes)
        fresh = [i for i, value in enumerate(portion) if value not in known and value not in portion[:i]]
        assert new.tolist() == fresh
        for value in portion:
            known.setdefault(value, len(known))
        assert numbers.tolist() == [known[value] for value in portion]
