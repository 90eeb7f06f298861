"""What kind of document is it, and which areas of work does it belong to?

Counts the weighted cues of ``corpus/vocabulary/kind.toml`` and ``area.toml`` by the place where they stand.
A Swedish title says the thing first ("Inbjudan till utbildning om checklistor" is an invitation): what
stands behind a preposition counts less.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from indexer.enrich.reading import Reading
from indexer.model import Evidence
from indexer.vocabulary import Cue, Recogniser, Vocabulary, fold

_BEHIND = 0.33
"""Worth of a cue that stands behind a preposition in a title: it tells what the document is about, not
what it is.
"""
_LATER_PART = 0.8
"""Worth of a cue in a later part of a title, after a dash or colon."""
_FILE_BAR = 1.4
"""What the best kind of a file must reach; below, the kind is not known."""
_PAGE_BAR = 4.4
"""What a kind must reach on a web page to outweigh its being a web page: a title that begins with the
word.
"""
_FORMAL = {"decision", "policy", "strategy", "action_plan", "process_plan", "report", "information"}
"""Kinds that usually are files: a page is one only if its title begins with the word."""
_SLIDE_LETTERS = 600
"""Mean characters a page below which a PDF of at least five landscape-like pages reads as slides."""
_PREPOSITION = re.compile(
    r"\b(?:av|för|till|från|om|kring|i|inom|med|mot|på|vid|under|efter|inför|angående|rörande|gällande|avseende|"
    r"of|for|on|about|to|from|in)\b"
)
_NO_PREPOSITION = re.compile(
    r"\b(?:förslag (?:till|på)|utkast till|underlag (?:för|till) beslut|bilaga \d* ?till|plan för|"
    r"program för|stöd för|save the date|frågor och svar|minutes of|plan of)\b"
)


@dataclass(frozen=True, slots=True)
class Hit:
    weight: float
    place: str
    text: str  # the words around the match
    words: str = ""  # the match
    start: int = 0  # where it begins in its part of the title


def kind(reading: Reading, vocabulary: Vocabulary) -> tuple[str | None, tuple[Evidence, ...]]:
    """The kind and why; None for a file whose title, link and first lines do not tell it."""
    recogniser = vocabulary.kinds
    hits: dict[str, list[Hit]] = defaultdict(list)
    for value, hit in _hits(recogniser, _kind_places(reading), best_only=True):
        hits[value].append(hit)
    if reading.is_page:
        return _page_kind(reading, hits)
    for value, hit in _by_form(reading):
        hits[value].append(hit)
    score = {value: sum(hit.weight for hit in found) for value, found in hits.items()}
    if not score or max(score.values()) < _FILE_BAR:
        return None, ()
    best = max(score, key=lambda value: (score[value], -list(recogniser.cues).index(value)))
    return best, (_evidence("kind", best, hits[best]),)


_TYPE_LINE = re.compile(  # "Tjänsteskrivelse", "PROTOKOLL 1 (12)", "Dokumenttyp: Policy", "Policy 2014-03-12"
    r"(?:dokumenttyp:?\s)?[^\W\d]+(?:\s(?:för beslut|nr))?[\s\d()–:./-]*(?:av\s\d+|sida \d+)?", re.IGNORECASE
)


def _kind_places(reading: Reading) -> Iterator[tuple[str, str]]:
    for title in reading.subjects:
        yield "title", title
    if not reading.is_page:
        for where, title in reading.extract.titles:
            if where == "metadata" and title not in reading.subjects:
                yield "head", title
        if reading.anchor.lower() != reading.title.lower():  # the same words are one sign
            yield "anchor", reading.anchor
        yield "file", re.sub(r"[-_+.\s]+", " ", reading.file_name)
    for number, line in enumerate(reading.head[:8]):
        yield ("label" if number < 6 and len(line) < 40 and _TYPE_LINE.fullmatch(line) else "head"), line
    for heading in reading.headings:
        yield "above", heading
    yield "address", reading.address
    if not reading.is_page:
        yield "body", reading.text_lower[:20_000]


def _page_kind(reading: Reading, hits: Mapping[str, list[Hit]]) -> tuple[str | None, tuple[Evidence, ...]]:
    """A web page is a web page, unless its title says it is itself the minutes, the invitation, the
    example.
    """
    score: dict[str, float] = {}
    for value, found in hits.items():
        if value == "example":
            score[value] = (
                sum(hit.weight for hit in found if hit.place in ("title", "above", "address")) * 1.2
            )
        else:
            titled = [hit for hit in found if hit.place == "title"]
            if value in _FORMAL:
                titled = [hit for hit in titled if hit.start == 0]
            score[value] = sum(hit.weight for hit in titled)
            if _leads_to_file(reading, value, hits):
                score[value] -= 3.0
    best = max(score, key=lambda value: score[value], default=None)
    if best is not None and score[best] >= _PAGE_BAR:
        return best, (_evidence("kind", best, hits[best]),)
    return "webpage", (Evidence("kind", "webpage", "kind.web_page", reading.context.url),)


_FILE = re.compile(r"\.(?:pdf|docx?|pptx?|odt)(?:$|[?#])", re.IGNORECASE)


def _leads_to_file(reading: Reading, value: str, hits: Mapping[str, list[Hit]]) -> bool:
    """Whether the page only presents a document that it links to, so that the file and not the page is
    the plan.
    """
    words = {hit.words for hit in hits[value] if hit.place == "title"}
    for link in reading.extract.links:
        if _FILE.search(link.url) or "pdf" in link.anchor.lower():
            anchor = link.anchor.lower()
            if any(word in anchor for word in words):
                return True
    return False


def _by_form(reading: Reading) -> Iterator[tuple[str, Hit]]:
    """What the form of a file says: slides are a presentation, a picture is information."""
    extract = reading.extract
    if extract.format in ("pptx", "ppt", "odp"):
        yield "presentation", Hit(4.0, "form", extract.format)
    if extract.format in ("xlsx", "xls", "ods"):
        yield "report", Hit(1.5, "form", extract.format)
    pages = extract.page_count or len(extract.pages)
    letters = len(reading.text)
    if extract.format == "pdf" and pages >= 5 and 0 < letters / pages < _SLIDE_LETTERS:
        yield "presentation", Hit(2.0, "form", f"{pages} pages with {letters // pages} characters each")
    if extract.format == "image":
        yield "information", Hit(1.5, "form", "image")


# --- areas --------------------------------------------------------------------------------------------------

_AREA_BAR = 1.5
"""What an area must reach."""
_KIND_ALONE = 2.0
"""What the kind must give an area to decide alone."""
_SECOND = 0.85
"""Share of the best area's score that a second area must reach: most documents have one area."""
_TELLING = {"title", "anchor", "above", "kind"}
"""Places of which one must speak for the second area of a file: long texts mention everything."""
_OFTEN = 9
"""Occurrences in the text from which on a word tells no more."""
_BODY_MOST = 6.0
_PLACE_MOST = 1.6
"""A place counts at most this many times its heaviest cue, however many cues it holds."""


def areas(reading: Reading, vocabulary: Vocabulary) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """The areas and why; none for lists of links and for documents that speak of everything a little."""
    recogniser = vocabulary.areas
    if reading.is_index:
        return (), ()
    by_place: dict[tuple[str, str], list[Hit]] = defaultdict(list)
    seen: set[tuple[str, str, str]] = set()
    for value, hit in _hits(recogniser, _area_places(reading), best_only=False):
        if (value, hit.place, hit.words) not in seen:  # "beslut" and "*beslut" are one sign
            seen.add((value, hit.place, hit.words))
            by_place[value, hit.place].append(hit)
    score: dict[str, float] = defaultdict(float)
    hits: dict[str, list[Hit]] = defaultdict(list)
    for (value, place), found in by_place.items():
        most = _BODY_MOST if place == "body" else _PLACE_MOST * max(hit.weight for hit in found)
        score[value] += min(sum(hit.weight for hit in found), most)
        hits[value] += found
    for value, prior in recogniser.priors.items():
        weight = prior.get(reading.kind or "", 0.0)
        if weight:
            score[value] += weight
            hits[value].append(Hit(weight, "kind", reading.kind or ""))
    if not score:
        return (), ()
    top = max(score.values())
    chosen = [
        value
        for value in recogniser.cues
        if score[value] >= max(_AREA_BAR, top * _SECOND)
        and (score[value] == top or reading.is_page or any(hit.place in _TELLING for hit in hits[value]))
    ]
    if not chosen and not reading.is_page:  # words too few to tell: the area that its kind usually has
        priors = {value: prior.get(reading.kind or "", 0.0) for value, prior in recogniser.priors.items()}
        chosen = [
            value
            for value, weight in priors.items()
            if weight >= _KIND_ALONE and weight == max(priors.values())
        ]
    return tuple(chosen), tuple(_evidence("areas", value, hits[value]) for value in chosen)


def _area_places(reading: Reading) -> Iterator[tuple[str, str]]:
    for title in reading.subjects:
        yield "title", title
    yield "anchor", reading.anchor
    for heading in reading.headings:
        yield "above", heading
    yield "address", re.sub(r"[-_/]+", " ", reading.address.rpartition("/")[0])
    yield from (("head", line) for line in reading.head[:6] if line not in reading.subjects)
    for line in reading.lines[:400]:
        if line.heading:
            yield "headings", line.text
    yield "body", reading.text_lower[:20_000]


# --- counting cues ------------------------------------------------------------------------------------------


def _hits(
    recogniser: Recogniser, places: Iterator[tuple[str, str]], *, best_only: bool
) -> Iterator[tuple[str, Hit]]:
    """Cues found, each (value, hit) once a place: the best one of each value, or the best of each cue."""
    texts: dict[str, list[str]] = defaultdict(list)
    for place, text in places:
        if text:
            texts[place].append(text.lower())
    for place, found_texts in texts.items():
        factor = recogniser.places.get(place)
        if factor is None:
            continue
        folded = place in ("file", "address")
        if place in ("title", "anchor"):
            parts = [(part, n) for text in found_texts for n, part in enumerate(_PARTS.split(text)) if part]
        else:
            parts = [(text, 0) for text in found_texts]
        prepared = [fold(text) if folded else text for text, _ in parts]
        behind = [_behind(text) if place in ("title", "anchor", "head") else len(text) for text in prepared]
        worth = [factor if n == 0 else factor * _LATER_PART for _, n in parts]
        for value, cues in recogniser.cues.items():
            hits = [
                hit
                for cue in cues
                if place in cue.places
                and (
                    hit := _best(
                        cue, place, list(zip(prepared, behind, worth, strict=True)), folded, not best_only
                    )
                )
                is not None
            ]
            if best_only and hits:
                yield value, max(hits, key=lambda hit: hit.weight)
            elif not best_only:
                for hit in hits:
                    yield value, hit


def _best(cue: Cue, place: str, texts: list[tuple[str, int, float]], folded: bool, often: bool) -> Hit | None:
    """The weightiest match of a cue in the texts of one place: (text, where its subject begins, worth)."""
    best: Hit | None = None
    for text, limit, factor in texts:
        pattern = cue.folded if folded else cue.pattern
        match = pattern.search(text)
        if match is None:
            continue
        weight = cue.weight * factor * (1.0 if match.start() <= limit else _BEHIND)
        if place == "head":
            if len(text) >= 90:
                weight *= 0.6  # in a sentence a word names the thing less surely
            elif match.start() == 0:
                weight *= 1.5  # "Inbjudan till …": a line like a title
        if place == "body" and often:
            weight *= min(len(pattern.findall(text)), _OFTEN) ** 0.5
        if best is None or weight > best.weight:
            around = text[max(0, match.start() - 20) : match.end() + 20].strip()[:80]
            best = Hit(weight, place, around, match[0], match.start())
    return best


_PARTS = re.compile(r"\s[-–—|]\s|[:(]\s?|\.\s")
# A title says what the thing is in its first part or in one of its own: "Barns rätt – informationsblad"


def _behind(text: str) -> int:
    """Where the first preposition of a title stands, behind which its subject follows; the end if there
    is none.
    """
    skip = _NO_PREPOSITION.search(text)
    match = _PREPOSITION.search(text, skip.end() if skip else 0)
    return match.start() if match else len(text)


def _evidence(field: str, value: str, hits: list[Hit]) -> Evidence:
    heaviest = max(hits, key=lambda hit: hit.weight)
    return Evidence(field, value, f"{field}.{heaviest.place}", heaviest.text)
