"""The compiled look-up and splitter answer as those in Python."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.language import Analyser, analysis, dictionary, forms, parts
from indexer.language.compounds import Splitter
from indexer.language.irregular import UNINFLECTED

if os.environ.get("REQUIRE_KERNEL"):
    importlib.import_module("indexer.language.kernel")
kernel = pytest.importorskip("indexer.language.kernel")

TABLE = forms.swedish()
COMPILED, PLAIN = kernel.Table(TABLE), Splitter(TABLE)
KNOWN = sorted(dictionary.read().flags)
SIMPLE = [word for word in KNOWN if word.isalpha() and word.islower() and len(word) < 9]
FOREIGN = [
    "be",
    "kom",
    "kommun",
    "inter",
    "stereo",
    "era",
    "itet",
    "ans",
    "ering",
    "skap",
    "kap",
    "s",
    "ss",
    "e",
]
Array = np.ndarray[Any, Any]
letters = st.sampled_from(SIMPLE[::7] + FOREIGN + sorted(UNINFLECTED))
built = st.lists(letters, min_size=1, max_size=4).map("".join)
word = st.one_of(built, built.map(lambda w: w + "s"), st.sampled_from(KNOWN), st.text(max_size=70))


def answers(table: object, word: str) -> tuple[object, ...]:
    assert isinstance(table, Splitter | kernel.Table)
    looked_up = table.look_up(word, True), table.look_up(word, False)
    marks = table.is_word(word), table.is_adjective(word)
    return *looked_up, *marks, table.lemma(word), table.base(word), table.cut(word), table.score(word)


@settings(max_examples=2_000)
@given(word)
def test_compiled_and_plain_answer_alike(word: str) -> None:
    assert answers(COMPILED, word) == answers(PLAIN, word)


def test_words_of_the_dictionary_and_two_together_are_answered_alike() -> None:
    some = [w for w in KNOWN if w.isalpha()][::23]
    foreign = [w for w in KNOWN if parts.spelling_facts(w)][::7]
    for w in some + foreign + [a + b for a, b in zip(some, some[::-1], strict=True)]:
        assert answers(COMPILED, w) == answers(PLAIN, w), w


@pytest.mark.parametrize(
    "word", ["", "s", "a" * 60, "a" * 61, "b" * 10_000, "\ud800" * 20, "barn\0barn", "🧒" * 30]
)
def test_strange_words_are_answered_alike(word: str) -> None:
    assert answers(COMPILED, word) == answers(PLAIN, word)


def test_words_are_analysed_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    some = [
        w + end for w in SIMPLE[::211] for end in ("", "barn", "rättsstrategernas", "het", ":s", "-planen")
    ]
    compiled, plain, together = Analyser("sv"), Analyser("sv"), Analyser("sv")
    compiled.learn(some)
    monkeypatch.setattr(analysis, "_splitter", lambda: PLAIN)
    together.learn(some)
    found = [compiled.word(w) for w in some]
    assert found == [plain.word(w) for w in some] == [together.word(w) for w in some]


def test_a_compiled_table_that_cannot_be_loaded_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    choose = analysis._splitter.__wrapped__
    monkeypatch.setitem(sys.modules, kernel.__name__, ModuleType(kernel.__name__))
    with pytest.raises(ImportError, match="Table"):
        choose()
    monkeypatch.setitem(sys.modules, kernel.__name__, None)  # as where nothing was compiled
    assert isinstance(choose(), Splitter)


def table_of(buckets: Array, hashes: Array, values: Array, tails: list[str]) -> Any:
    """A compiled table over what it takes from a ``Forms``."""
    raw = {"_buckets": buckets, "_hashes": hashes, "_values": values, "_tails": tails}
    return kernel.Table(SimpleNamespace(**raw, _starts=buckets, _keys=hashes))


def test_buffers_of_another_shape_are_refused() -> None:
    buckets, hashes, values = np.zeros((1 << 20) + 1, "I"), np.zeros(6, "Q"), np.zeros(24, "h")
    assert table_of(buckets, hashes, values, [""]).cut("barnbok") == 0
    with pytest.raises(ValueError, match="no buffers"):
        table_of(buckets[1:], hashes, values, [""])
    with pytest.raises(ValueError, match="no buffers"):
        table_of(buckets, hashes, values[1:], [""])


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_table_is_not_read_beyond_its_end(seed: int) -> None:
    random = np.random.default_rng(seed)
    records = 1_000
    known = [w for w in SIMPLE[::50] if len(w) > 4][:records]
    hashes = np.zeros((records, 3), np.uint64)
    hashes[: len(known), 0] = forms._hash_all(known)
    values = random.integers(-32768, 32768, (records, 12)).astype(np.int16)
    buckets = random.choice(np.array([0, records, 1 << 31, (1 << 32) - 1], np.uint32), (1 << 20) + 1)
    table = table_of(buckets, hashes.ravel(), values.ravel(), ["", "a" * 60])
    for first, last in zip(known, known[::-1], strict=True):
        for text in (first, first + last, first + "s" + last + first, first + last + "s"):
            answers(table, text)
