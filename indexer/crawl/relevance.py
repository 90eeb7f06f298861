"""Is a page about the rights of the child? A score from weighted words, for documents and for links.

For sources of which only a part belongs here (``relevance`` in sources.toml). Pure functions over the words
of ``corpus/vocabulary/topic.toml``; the crawler asks for links and pages, ``ingest`` for files it has read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from indexer.model import Extract
from indexer.vocabulary import File, as_in_addresses, default_directory

OFF_TOPIC_STEPS = 3
"""Links of a page that is not on topic are followed, but not over more than this many such pages in a row:
the way from a start page to the work with children's rights leads over "Om kommunen" and "Planer"."""

_LIGHT = 1.0  # words of a lower weight are about children, not about their rights
_HEADING = 300  # characters of a heading that say what the links below it are: it is read for each of them
_LIGHT_MOST = 2.5  # what light words together may add to the density: with one in the title, 0.29
_HALF_DENSITY = 8.0  # weight per 1,000 words at which the text alone scores 0.5: two words of weight 4
_HALF_HEAD = 4.0  # weight in title, headings and link at which they alone score 0.5: one such word
_SHORT = 300  # words: a shorter text counts as this long


@dataclass(frozen=True, slots=True)
class Topic:
    """Words with their weights, compiled."""

    pattern: re.Pattern[str]
    folded: re.Pattern[str]
    weights: Mapping[str, float]  # group name → weight

    def score(self, text: str, head: Iterable[str] = (), url: str = "") -> float:
        """How much a document is about the topic, 0 to 1; ``head`` is title, headings and the link to it."""
        density = self._density(text.lower())
        prominent = self._head(head, url)
        return 1 - (1 - density / (density + _HALF_DENSITY)) * (1 - prominent / (prominent + _HALF_HEAD))

    def score_link(self, anchor: str, headings: Sequence[str] = (), url: str = "") -> float:
        """How much a link promises, 0 to 1, before what it leads to is seen."""
        prominent = self._head((anchor, *(heading[:_HEADING] for heading in headings[-2:])), url)
        return prominent / (prominent + _HALF_HEAD)

    def _density(self, text: str) -> float:
        strong = light = 0.0
        times = 0
        for match in self.pattern.finditer(text):
            weight = self.weights[match.lastgroup or ""]
            if weight < _LIGHT:
                light += weight
            else:
                strong += weight
                times += 1
        if not strong and not light:
            return 0.0
        per = 1000 / max(text.count(" ") + 1, _SHORT)
        # A single mention may be one item of many: it counts half, two count two thirds, and so on.
        return strong * per * times / (times + 1) + min(light * per, _LIGHT_MOST)

    def _head(self, parts: Iterable[str], url: str) -> float:
        """Each word once, however often title, heading and link repeat it."""
        found: dict[str, float] = {}
        light = 0.0
        for pattern, text in (
            (self.pattern, "\n".join(parts).lower()),
            (self.folded, as_in_addresses(re.sub(r"[-_/.+]+", " ", unquote(urlsplit(url).path)))),
        ):
            for match in pattern.finditer(text):
                weight = self.weights[match.lastgroup or ""]
                if weight < _LIGHT:
                    light = max(light, weight)
                else:
                    found[as_in_addresses(match[0])] = weight
        return sum(found.values()) + light


def score(extract: Extract, url: str, links: Iterable[tuple[str, Sequence[str]]] = ()) -> float:
    """How much a document is about the topic, 0 to 1: below ``Source.relevance`` it does not belong.

    ``links`` are (anchor, headings) of the links that lead to it: they speak for files, whose own title is
    often none; a web page is judged by itself, so that crawler and ingest agree.
    """
    head = [text for _, text in extract.titles[:2]]
    head += [page.heading for page in extract.pages[:3] if page.heading]
    for anchor, headings in links:
        head += [anchor, *headings[-2:]]
    return topic().score("\n".join(page.text for page in extract.pages), head, url)


@cache
def topic(path: Path | None = None) -> Topic:
    """The topic in ``path``, or the one that came with the program. Raises VocabularyError."""
    file = File(path or default_directory() / "topic.toml", ("words",))
    groups: dict[str, float] = {}
    plain, folded = [], []
    for number, block in enumerate(file.data.get("words", ()), 1):
        words, weight = _checked(file, number, block)
        groups[f"g{number}"] = weight
        # The longest first: "barnets rättigheter" is not also "barnets".
        ordered = sorted(words, key=len, reverse=True)
        plain.append((f"g{number}", ordered))
        folded.append((f"g{number}", [as_in_addresses(w) for w in ordered]))
    if not groups:
        file.fail("words", "give [[words]] blocks with weight and words")
    return Topic(_compiled(plain), _compiled(folded), groups)


def _checked(file: File, number: int, block: object) -> tuple[Sequence[str], float]:
    entry = file.entry("words", block, {"weight": float, "words": list}, {})
    words, weight = file.strings("words", entry["words"]), float(entry["weight"])
    if not 0 < weight <= 10 or not words or any(w != w.lower() or not w.strip("* ") for w in words):
        file.fail("words", f"block {number}: weight is above 0, at most 10, and words are in lower case")
    return words, weight


def _compiled(groups: Sequence[tuple[str, Sequence[str]]]) -> re.Pattern[str]:
    parts = (f"(?P<{name}>{'|'.join(map(_words, words))})" for name, words in groups)
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})")


def _words(words: str) -> str:
    ends_open = words.endswith("*")
    text = r"\s+".join(re.escape(w) for w in words.rstrip("*").split())
    return text + (r"\w*" if ends_open else r"(?!\w)")
