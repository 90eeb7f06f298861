"""Which areas of work does a document belong to: governance, education, follow-up, toolbox?

Most documents have one; a list of links has none. The kind of a document weighs in, because minutes are
governance and checklists are tools whatever they speak of.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from indexer.enrich.cues import Hit, all_hits, evidence
from indexer.enrich.reading import Reading
from indexer.model import Evidence
from indexer.vocabulary import Vocabulary, as_in_addresses

_AREA_BAR = 1.0
"""What an area must reach."""
_KIND_ALONE = 2.0
"""What the kind must give an area to decide alone."""
_SECOND = 0.85
"""Share of the best area's score that a second area must reach: most documents have one area."""
_FILED = 5.0
"""Weight of the site's own filing, nearly that of what a kind usually is."""
_TOLD = 4.0
"""What title, link and kind must say for an area to be a second one in its own right: "Riktlinjer för …"."""
_TELLING = {"title", "anchor", "above", "kind"}
"""Places of which one must speak for the second area of a file: long texts mention everything."""
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
    for value, hit in all_hits(recogniser, _places(reading)):
        if (value, hit.place, hit.words) not in seen:  # "beslut" and "*beslut" are one sign
            seen.add((value, hit.place, hit.words))
            by_place[value, hit.place].append(hit)
    score: dict[str, float] = defaultdict(float)
    hits: dict[str, list[Hit]] = defaultdict(list)
    for (value, place), found in by_place.items():
        most = _BODY_MOST if place == "body" else _PLACE_MOST * max(hit.weight for hit in found)
        score[value] += min(sum(hit.weight for hit in found), most)
        hits[value] += found
    for value, heading in _filed_under(reading, vocabulary):
        score[value] += _FILED
        hits[value].append(Hit(_FILED, "above", heading))
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
        and (score[value] == top or reading.is_page or _told(hits[value]) > 0)
    ]
    chosen += [
        value
        for value in recogniser.cues
        if value not in chosen and chosen and score[value] >= top / 2 and _told(hits[value]) >= _TOLD
    ]
    if not chosen and not reading.is_page:  # words too few to tell: the area that its kind usually has
        priors = {value: prior.get(reading.kind or "", 0.0) for value, prior in recogniser.priors.items()}
        chosen = [
            value
            for value, weight in priors.items()
            if weight >= _KIND_ALONE and weight == max(priors.values())
        ]
    return tuple(chosen), tuple(evidence("areas", value, hits[value]) for value in chosen)


def _filed_under(reading: Reading, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """Areas whose very name is a heading above the link or a part of the path: the site files it there
    itself.
    """
    parts = {as_in_addresses(part).replace("-", " ") for part in reading.address.split("/")[:-1]}
    for value, names in vocabulary.labels["area"].items():
        for name in names.values():
            for heading in reading.headings:
                if heading.strip().lower() == name.lower():
                    yield value, heading
            if as_in_addresses(name) in parts:
                yield value, name


def _told(hits: list[Hit]) -> float:
    return sum(hit.weight for hit in hits if hit.place in _TELLING)


def _places(reading: Reading) -> Iterator[tuple[str, str]]:
    for title in reading.subjects:
        yield "title", title
    if reading.anchor.lower() != reading.title.lower():
        yield "anchor", reading.anchor
    for heading in reading.headings:
        yield "above", heading
    yield "address", re.sub(r"[-_/]+", " ", reading.address.rpartition("/")[0])
    yield from (("head", line) for line in reading.head[:6] if line not in reading.subjects)
    yield "headings", "\n".join(line.text for line in reading.lines[:400] if line.heading)
    yield "body", reading.text_lower[:20_000]
