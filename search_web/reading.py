"""How a query was read, as every page of a search tells it (``_reading.html``), and the same search for the
words themselves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from indexer.model import FACETS, ReadTerm, SearchResults
from indexer.search import Searcher
from search_web.parameters import MAX_QUERY, address
from search_web.site import Visit

QUOTES = '"”“„»«'  # as the query language has them
_FREE = re.compile(
    rf"[{QUOTES}][^{QUOTES}]*(?:[{QUOTES}]|$)"
    r"|(?<![\w*~/-])(\w+(?:[-\u2010\u2011'’:/]\w+)*)(?![\w*~/-])[?!.]*"
)
"""A phrase, or what may be a word, outside phrases; what is one was told when the query was read."""


def meaning(value: str, searcher: Searcher, language: str) -> str:
    """The words for a value that was read out of a query: 1281, of kommun:Lund, is Lund."""
    labels = (searcher.label(facet, value, language) for facet in FACETS)
    return next((label for label in labels if label != value), value)


def alone(text: str, reading: Sequence[ReadTerm]) -> str | None:
    """The same search for the words themselves: each in quotation marks. None where it has no words, where
    one does not stand as it was read (barnråd, of barn- och ungdomsråd), or where it stands in something else
    too (2013, of år:2012..2013; Malmö, of kommun:Lund, Malmö)."""
    words = Counter(term.text for term in reading if term.kind == "word")
    quoted = Counter[str]()

    def quote(typed: re.Match[str]) -> str:
        field, word = "", typed[1] or ""
        if word not in words:
            name, colon, word = word.partition(":")  # titel:plan
            field = name + colon
        if word not in words:
            return typed[0]
        quoted[word] += 1
        return f'{field}"{word}"'

    found = _FREE.sub(quote, text)
    others = (term.text for term in reading if term.kind != "word" and term.text in text)
    kept = all(other in found for other in others)
    return found if words and quoted == words and kept and len(found) <= MAX_QUERY else None


def reading_view(
    results: SearchResults, searcher: Searcher, visit: Visit, path: str, extra: Mapping[str, str]
) -> dict[str, Any]:
    """How the query was read, for ``_reading.html``."""
    query = results.query
    words = alone(query.text, results.reading)
    return {
        "misread": any(term.note and term.kind != "common" for term in results.reading),
        "numbers": path != "/",
        "alone": words and address(visit.url(path), replace(query, text=words, page=1), extra.items()),
        "meanings": lambda term: [meaning(value, searcher, visit.language) for value in term.forms],
    }
