"""Which cues of the vocabulary stand in a document, where, and how much do they weigh there?

Counts what ``corpus/vocabulary/kind.toml`` and ``area.toml`` list. A Swedish title says the thing first
("Inbjudan till utbildning om checklistor" is an invitation), so what stands behind a preposition counts
less. What follows from the hits is for ``kind.py`` and ``area.py``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from indexer.model import Evidence
from indexer.vocabulary import Cue, Recogniser, as_in_addresses

_BEHIND = 0.33
"""Worth of a cue behind a preposition in a title: it tells what the document is about, not what it is."""
_LATER_PART = 0.8
"""Worth of a cue in a later part of a title, after a dash or colon."""
_IN_SENTENCE = 0.6
_LONG_LINE = 90
"""From that many characters a first line is a sentence, in which a word names the thing less surely."""
_LINE_START = 1.5
"""Worth of a cue that begins a short first line, which then reads like a title: "Inbjudan till …"."""
_OFTEN = 9
"""Occurrences in the text from which on a word tells no more."""
_PREPOSITION = re.compile(
    r"\b(?:av|för|till|från|om|kring|i|inom|med|mot|på|vid|under|efter|inför|enligt|angående|rörande|gällande|avseende|"
    r"of|for|on|about|to|from|in|så (?:här )?\w+ (?:du|ni|man))\b"
)
_NO_PREPOSITION = re.compile(  # phrases that name the thing although a preposition is in them
    r"\b(?:förslag (?:till|på)|utkast till|underlag (?:för|till) beslut|bilaga \d* ?(?:till|med)|plan för|"
    r"program för|stöd för|save the date|frågor och svar|minutes of|plan of)\b"
)
_SENTENCE = re.compile(r"\w+en (?:\S+ )+\S+\.")
"""A line such as "Handlingsplanen antogs i juni 2018." speaks of a plan, and need not be one."""
_PARTS = re.compile(r"\s[-–—|]\s|[:(]\s?|\.\s")
# A title says what the thing is in its first part or in one of its own: "Barns rätt – informationsblad"


@dataclass(frozen=True, slots=True)
class Hit:
    weight: float
    place: str
    text: str  # the words around the match
    words: str = ""  # the match
    start: int = 0  # where its word begins in its part of the title
    sure: bool = True  # names the thing: no subject behind a preposition, no word in a sentence


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    subject: int  # where the first preposition stands, behind which the subject follows
    worth: float


def best_hits(recogniser: Recogniser, places: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Hit]]:
    """(value, its weightiest hit) for every place; ``places`` are (place, text)."""
    for place, texts in _prepared(recogniser, places, titled=("title", "anchor", "head")):
        for value, cues in recogniser.cues.items():
            hits = list(_hits(cues, place, texts, counted=False))
            if hits:
                yield value, max(hits, key=lambda hit: hit.weight)


def all_hits(recogniser: Recogniser, places: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Hit]]:
    """(value, hit) for every cue at every place; in the body words that come often weigh more."""
    for place, texts in _prepared(recogniser, places, titled=("title", "anchor")):
        for value, cues in recogniser.cues.items():
            for hit in _hits(cues, place, texts, counted=True):
                yield value, hit


def _prepared(
    recogniser: Recogniser, places: Iterable[tuple[str, str]], titled: tuple[str, ...]
) -> Iterator[tuple[str, list[_Text]]]:
    by_place: dict[str, list[_Text]] = defaultdict(list)
    for place, text in places:
        factor = recogniser.places.get(place)
        if factor is None or not text:
            continue
        plain = as_in_addresses(text) if place in _FOLDED else text.lower()
        for number, part in enumerate(_PARTS.split(plain) if place in ("title", "anchor") else [plain]):
            subject = _subject(part) if place in titled else len(part)
            by_place[place].append(_Text(part, subject, factor if number == 0 else factor * _LATER_PART))
    yield from by_place.items()


_FOLDED = ("file", "address")  # written without å ä ö


def _hits(cues: Iterable[Cue], place: str, texts: list[_Text], *, counted: bool) -> Iterator[Hit]:
    """The weightiest match of each cue in the texts of one place."""
    for cue in cues:
        if place not in cue.places:
            continue
        core, pattern = (
            (as_in_addresses(cue.core), cue.folded) if place in _FOLDED else (cue.core, cue.pattern)
        )
        best: Hit | None = None
        for one in texts:
            match = pattern.search(one.text) if core in one.text else None
            if match is None:
                continue
            start = _word_start(one.text, match.start())
            weight = cue.weight * one.worth * (1.0 if start <= one.subject else _BEHIND)
            if place == "head" and (len(one.text) >= _LONG_LINE or _SENTENCE.fullmatch(one.text)):
                weight *= _IN_SENTENCE
            elif place == "head" and start == 0 and not counted and not one.text.endswith("."):
                weight *= _LINE_START
            if place == "body" and counted:
                weight *= min(len(pattern.findall(one.text)), _OFTEN) ** 0.5
            if best is None or weight > best.weight:
                around = one.text[max(0, match.start() - 20) : match.end() + 20].strip()[:80]
                inside = len(one.text) >= _LONG_LINE and start > 0  # of a sentence
                sure = start <= one.subject and place != "body" and not (place == "head" and inside)
                best = Hit(weight, place, around, match[0], start, sure)
        if best is not None:
            yield best


def _word_start(text: str, position: int) -> int:
    """Where the word begins that a cue ends: "*rapport" matches the last part of "Slutrapport"."""
    while position and text[position - 1].isalnum():
        position -= 1
    return position


def _subject(title: str) -> int:
    skip = _NO_PREPOSITION.search(title)
    match = _PREPOSITION.search(title, skip.end() if skip else 0)
    return match.start() if match else len(title)


def evidence(field: str, value: str, hits: list[Hit]) -> Evidence:
    """The weightiest hit as the reason for a value."""
    heaviest = max(hits, key=lambda hit: hit.weight)
    return Evidence(field, value, f"{field}.{heaviest.place}", heaviest.text)
