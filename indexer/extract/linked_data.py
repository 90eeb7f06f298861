"""What does a page state about itself in JSON-LD, as data for machines beside its text?

The nodes of its scripts, and the text of an article that a program would put on the page only in a browser.
Which of the dates in them count is for ``dates``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from indexer.extract import parsing

_MOST_SCRIPTS = 10
_MOST_NODES = 50
_MOST_CHARACTERS = 200_000
_FEWEST = 40
"""Characters that the text of an article has at least."""


def nodes(source: str) -> Iterator[dict[str, Any]]:
    """The objects of one script: at its top, in its list, in its graph."""
    try:
        data = json.loads(source, strict=False)  # line ends inside strings are common
    except (ValueError, RecursionError):
        return
    for node in (data if isinstance(data, list) else [data])[:_MOST_NODES]:
        if isinstance(node, dict):
            graph = node.get("@graph")
            below = graph[:_MOST_NODES] if isinstance(graph, list) else ()
            yield from (item for item in (node, *below) if isinstance(item, dict))


def scripts(parser: LexborHTMLParser) -> Iterator[str]:
    """The JSON-LD scripts of a page."""
    for node in parser.css("script[type='application/ld+json' i]")[:_MOST_SCRIPTS]:
        yield node.text()[:_MOST_CHARACTERS]


def article(parser: LexborHTMLParser) -> tuple[str, tuple[str, ...]] | None:
    """Headline and paragraphs of the one article that the page says it is."""
    found = [node for script in scripts(parser) for node in nodes(script) if _body(node)]
    if len(found) != 1:
        return None
    headline = found[0].get("headline") or found[0].get("name")
    lines = tuple(" ".join(line.split()) for line in _body(found[0]).split("\n") if line.strip())
    return (headline if isinstance(headline, str) else ""), lines


def _body(node: dict[str, Any]) -> str:
    body = node.get("articleBody")
    if not isinstance(body, str) or len(body) < _FEWEST:
        return ""
    if "<" in body:
        parsed = parsing.parse(body)
        return parsed.body.text(separator="\n", strip=True) if parsed is not None and parsed.body else ""
    return body
