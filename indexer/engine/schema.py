"""Which fields can a query name? The Whoosh schema, and how parts of compounds are told from words.

``text`` is the whole document; ``title``, ``headings``, ``anchors`` and ``body`` are parts of it. A compound
is indexed as itself and, at the same position, as each of its parts, marked with PART: the term ``plan`` is
the word, ``~plan`` the part of *handlingsplan*. Not for scores or for which words make a query.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whoosh import fields
from whoosh.analysis import Token, Tokenizer

from indexer.engine.postings import FIELDS
from indexer.language import TOKEN, analyser
from indexer.model import FACETS

PART = "~"
TEXT = "text"
TEXT_FIELDS = (*FIELDS, TEXT)
INDEX_NAME = "MAIN"


def part(stem: str) -> str:
    """The term under which compounds with the part ``stem`` are found."""
    return PART + stem


class StemTokenizer(Tokenizer):  # type: ignore[misc]
    """Words → stems, for Whoosh's own query parser. Keeps nothing, so that the schema can be pickled."""

    def __call__(
        self, value: str, positions: bool = False, chars: bool = False, start_pos: int = 0, **options: Any
    ) -> Iterator[Token]:
        word = analyser("sv").word
        token = Token(positions, chars, **options)
        for number, match in enumerate(TOKEN.finditer(value)):
            token.original = match[0]
            token.text = word(match[0].lower()).stem
            token.boost = 1.0
            token.stopped = False
            token.pos = start_pos + number
            token.startchar, token.endchar = match.span()
            yield token


def schema() -> fields.Schema:
    text = fields.TEXT(analyzer=StemTokenizer(), phrase=True)
    published = fields.DATETIME()
    published.shift_step = 0  # no terms of lower precision: ranges are taken from the sorted table of days
    exact: dict[str, Any] = {
        f: fields.ID() for f in FACETS if f not in ("municipality", "county", "area", "year")
    }
    listed: dict[str, Any] = {f: fields.KEYWORD() for f in ("municipality", "county", "area")}
    return fields.Schema(
        id=fields.ID(unique=True, stored=True),
        url=fields.STORED(),
        year=fields.NUMERIC(int, bits=32, shift_step=0),
        published=published,
        **dict.fromkeys(TEXT_FIELDS, text),
        **exact,
        **listed,
    )
