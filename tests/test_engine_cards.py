"""What is compiled of cards, pages and snippets does what Python does."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import fields
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.engine import native, records
from indexer.engine.places import Places, cut
from indexer.engine.reader import Reader
from indexer.engine.write import write
from indexer.language import TOKEN
from indexer.model import Document, Page, Snippet

T = TypeVar("T")

needs_kernel = pytest.mark.skipif(
    native.kernel is None and not os.environ.get("REQUIRE_KERNEL"), reason="nothing was compiled"
)


def in_python(read: Callable[..., T], *what: object) -> T:
    """What is read when nothing is compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "kernel", None)
        return read(*what)


texts = st.text(st.characters(exclude_categories=["Cs"]))
_OF_TYPE = {
    "str": texts,
    "str | None": st.none() | texts,
    "int": st.integers(-5, 1 << 70) | st.integers(0, 3000),
    "int | None": st.none() | st.integers(0, 3000),
    "tuple[str, ...]": st.lists(texts, max_size=3).map(tuple),
    "tuple[int, ...]": st.lists(st.integers(-1, 3000), max_size=3).map(tuple),
}
documents = st.fixed_dictionaries(
    {f.name: _OF_TYPE[str(f.type)] for f in fields(Document) if f.name in records.CARD}
).map(lambda values: Document(**values))
pages = st.builds(Page, st.integers(1, 1 << 31), texts, *[st.none() | texts] * 3)


@needs_kernel
@given(documents)
def test_a_card_is_the_same_document_compiled_or_not(document: Document) -> None:
    card = records.pack_card(document).encode()
    assert in_python(records.unpack, card) == document
    assert records.unpack(card) == document
    plain = records.cards.unpack(card)
    odd = b"\\" in card or b"-" in card or document.version >= 10**18
    assert plain == document or (plain is None and odd)


@needs_kernel
@given(documents, st.data())
def test_what_is_no_card_is_left_to_be_read_with_care(document: Document, data: st.DataObject) -> None:
    card = bytearray(records.pack_card(document).encode())
    at = data.draw(st.integers(0, len(card) - 1))
    if data.draw(st.booleans()):
        del card[at:]
    else:
        card[at] = data.draw(st.integers(0, 255))
    try:
        found = records.cards.unpack(bytes(card))
    except UnicodeDecodeError:
        return
    repr(found)  # nothing of it is missing


@needs_kernel
@given(pages)
def test_a_page_is_the_same_compiled_or_not(page: Page) -> None:
    packed = records.pack_page(page).encode()
    assert records.unpack_page(page.number, packed) == in_python(records.unpack_page, page.number, packed)


@given(pages)
def test_a_page_comes_back_but_for_the_signs_that_divide_its_head(page: Page) -> None:
    found = records.unpack_page(page.number, records.pack_page(page).encode())
    assert (found.number, found.text) == (page.number, page.text)
    for one, other in zip(
        (found.heading, found.label, found.anchor), (page.heading, page.label, page.anchor), strict=True
    ):
        assert one == (other and other.replace("\x1f", " ").replace("\x1e", " "))


signs = st.sampled_from("aeföåÉßĀ09٣²_-‐‑'’:/.,;()\u00a0\u2003\u0301 \n\n      𝔸") | st.characters()
known = st.sampled_from(["barn", "FN:s", "2014/123", "covid-19", " ", ". ", "\n"])
lines = st.lists(st.text(signs, max_size=8) | known, max_size=60)


@needs_kernel
@given(lines.map("".join), st.data())
def test_a_snippet_is_the_same_compiled_or_not(text: str, data: st.DataObject) -> None:
    begins = [m.start() for m in TOKEN.finditer(text)]
    numbers = data.draw(st.lists(st.integers(0, len(begins) + 2), max_size=8).map(sorted))
    token = data.draw(st.integers(0, min(numbers[0], len(begins) - 1))) if numbers and begins else 0
    char = begins[token] if token else 0
    width = data.draw(st.integers(1, 300))
    asked = text, char, token, numbers, width
    assert cut(*asked) == in_python(cut, *asked)


@needs_kernel
@given(
    texts,
    st.integers(-5, 99),
    st.integers(-5, 99),
    st.lists(st.integers(-5, 99), max_size=5),
    st.integers(-9, 99),
)
def test_nothing_is_read_beyond_a_text(
    text: str, char: int, token: int, numbers: list[int], width: int
) -> None:
    """Whatever is asked for: what is cut out of a text stands in it."""
    assert native.kernel is not None
    cutting = native.kernel.Snippets(Snippet, ("text", "marks"))
    assert cutting.cut(text, char, token, numbers, width).text in text


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reader, Reader]:
    """One index read compiled, and not."""
    folder, draw = tmp_path_factory.mktemp("index"), random.Random(1)
    texts = [
        [draw.choices(["barn", "i", "skolan", "\n"], k=draw.randrange(90)) for _ in range(n)]
        for n in range(9)
    ]
    write(
        folder,
        [
            Document(
                str(n), "u", "Titel", "pdf", text=tuple(Page(k + 1, " ".join(p)) for k, p in enumerate(some))
            )
            for n, some in enumerate(texts)
        ],
    )

    def bare() -> Reader:
        reader = Reader(folder)
        assert reader._index.segments[0].layout is None
        return reader

    return Reader(folder), in_python(bare)


@needs_kernel
@given(data=st.data())
def test_pages_and_windows_are_the_same_compiled_or_not(
    readers: tuple[Reader, Reader], data: st.DataObject
) -> None:
    doc, count, width = (
        data.draw(st.integers(0, 8)),
        data.draw(st.integers(1, 4)),
        data.draw(st.integers(5, 400)),
    )
    reader, bare = readers
    known = reader._index.segments[0]
    starts = known.page_start[slice(*known.pages_of(doc))]
    places: st.SearchStrategy[int] = st.integers(0, 40)
    if starts:
        places |= st.builds(lambda start, n: start + n, st.sampled_from(list(starts)), st.integers(0, 39))
    marks = [sorted(data.draw(st.sets(places, max_size=90))) for _ in range(count)]
    idf = data.draw(st.lists(st.floats(0, 9), min_size=count, max_size=count))

    def seen(reader: Reader) -> object:
        asked = Places(reader._index, [], [])
        asked._idf, asked._held = idf, {doc: (*reader._index.locate(doc), marks)}
        pages = asked.pages(doc)
        return pages, [asked.snippet(doc, page, width) for page in range(1, 9)]

    assert seen(reader) == in_python(seen, bare)
