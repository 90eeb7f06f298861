"""Which municipalities and counties does a document concern?

Its own municipality and those of its title; those that a link files it under; those that its text is about,
by weight of evidence. Those that it merely lists or mentions in passing are left out. Who sends it is for
``sender.py``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from indexer.enrich.place_names import BESIDE, Mention, mentions, named_counties
from indexer.enrich.reading import HEAD_LINES, Line, Reading
from indexer.language import dates
from indexer.model import Evidence
from indexer.vocabulary import Vocabulary

_PILOT = re.compile(r"\b(?:pilot\w*|försökskommun\w*|modellkommun\w*|deltagande pilot\w*)\b", re.I)
_HOST = re.compile(r"\b(?:värdkommun\w*|arrangeras av|värd för)\b", re.I)
_LISTED = 4
"""From so many different municipalities in one sentence or line on, they are a list and no subject."""
_BODY, _PLACE, _IN_LIST = 1.5, 0.7, 0.3
"""Weight of a mention as a body ("Lunds kommun"), as a place ("i Lund"), in a list. These and the weights
in _weight were set by hand on the documents of tests/eval/documents.toml.
"""
_BAR = 3.0
"""What a municipality must reach: two mentions as a body, or a place in a heading and once more."""
_NEIGHBOUR_BAR = 6.0
"""The same in a municipality's own papers, which mention its neighbours."""
_MANY = 10
_MANY_SHARE = 0.12
"""Where so many municipalities are named, one must have that share of all mentions' weight to be a
subject.
"""
_ROW = 80
"""Characters that a row of a list may have."""
_SUBTITLE = 90
"""Characters that a line below a file's title may have to be its subtitle."""
_SENTENCE = 500
"""Characters before and after a mention in which its sentence begins and ends: a line of 40 kB that named
Lund 3,000 times took 5 s, and the square of that.
"""
_PLACE_LINE = re.compile(r"(?:plats|lokal|var|venue|place|location)\s?[:|]", re.I)
_PLACE_HEADING = re.compile(r"(?:plats|lokal|var|venue|place|location)\s?:?$", re.I)
_ACTS = re.compile(r"(?:\skommuner?)?\s(?!den\b|i\b|på\b|vid\b|och\b)[a-zåäö]{2,}")
_SHORT_LEAD = 60
"""Characters that an introduction has at least; shorter, it is a caption or a date line. And within as many
stand the places that it begins with.
"""
_EVENT_LINE = 120
"""Characters of a line that says when and where to come."""
_FIRST_LINES = 4
_MOST_PARTNERS = 6
_EVENT_PLACE = re.compile(
    r"\b(?:plats|lokal|konferens|seminari\w*|träff\w*|utbildning\w*|välkom\w*|inbjud\w*|dag\b|möte\w*|place|venue)",
    re.I,
)


def municipalities(
    reading: Reading, vocabulary: Vocabulary, sender: str | None
) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """Codes of the municipalities that the document concerns, and why.

    ``sender`` is the code of the municipality that puts the document out, if one does.
    """
    why: dict[str, Evidence] = {}

    def take(code: str, rule: str, text: str) -> None:
        why.setdefault(code, Evidence("municipalities", code, f"municipalities.{rule}", text))

    own = reading.source.municipality
    if sender is not None:
        take(sender, "sender", vocabulary.municipalities[sender].calls_itself)
    elif own is not None and not reading.foreign:
        take(own, "own_site", reading.source.name)
    for title in reading.subjects:
        named = mentions(title, vocabulary)
        if len({m.code for m in named}) < _LISTED:
            for mention in named:
                take(mention.code, "title", title)
    for text, mention in _in_link(reading, vocabulary):
        take(mention.code, "link", text)
    for code, text in _partners(reading, vocabulary, sender or own):
        take(code, "text", text)
    for code, text in () if reading.is_index else _weighed(reading, vocabulary, sender or own):
        take(code, "text", text)
    if not why and not reading.has_text:
        for title in reading.parents:
            for mention in mentions(title, vocabulary):
                take(mention.code, "linking_page", title)
    codes = tuple(sorted(why))
    return codes, tuple(why[code] for code in codes)


def _in_link(reading: Reading, vocabulary: Vocabulary) -> Iterable[tuple[str, Mention]]:
    """Link text, and headings above the link, that name one municipality: the portal files it under that."""
    for text in (reading.anchor, *reading.headings):
        named = mentions(text, vocabulary)
        if len({m.code for m in named}) == 1:
            yield text, named[0]


def _partners(reading: Reading, vocabulary: Vocabulary, own: str | None) -> Iterable[tuple[str, str]]:
    """Municipalities that the first lines name in one breath with the sender: "Höör, Hörby och Eslöv har"."""
    for line in reading.lines[:_FIRST_LINES] if own and reading.is_page and not reading.is_index else ():
        named = mentions(line.text[:400], vocabulary)
        for run in _side_by_side(line.text, named):
            codes = {mention.code for mention in run}
            if own in codes and 2 <= len(codes) <= _MOST_PARTNERS:
                yield from ((code, line.text[:160]) for code in codes - {own})


def _side_by_side(text: str, named: Iterable[Mention]) -> list[list[Mention]]:
    """The mentions with nothing but a comma or an "och" between them, together."""
    runs: list[list[Mention]] = []
    for mention in named:
        if runs and BESIDE.fullmatch(text[runs[-1][-1].end : mention.start]):
            runs[-1].append(mention)
        else:
            runs.append([mention])
    return runs


def _weighed(reading: Reading, vocabulary: Vocabulary, own: str | None) -> list[tuple[str, str]]:
    """Municipalities that the text itself is about, by weight of evidence, each with the telling words."""
    score: dict[str, float] = defaultdict(float)
    words: dict[str, str] = {}
    per_line = [(line, mentions(line.text, vocabulary)) for line in reading.lines]
    rows = _table_rows(per_line)
    for number, (line, found) in enumerate(per_line):
        before = per_line[number - 1][0].text if number else ""
        listed = len({mention.code for mention in found}) >= _LISTED or line.number in rows
        for mention in found:
            sentence = _sentence(line.text, mention.start)
            weight = (
                _IN_LIST
                if listed
                else _weight(mention, line, sentence, before, reading.kind, is_page=reading.is_page)
            )
            if weight > _BODY or mention.code not in words:
                words.setdefault(mention.code, sentence[:160])
            score[mention.code] += weight
    if not score:
        return []
    for code in score:
        if any(c in reading.text_lower for c in vocabulary.municipalities[code].committees):
            score[code] += 0.5
    bar = _BAR if own is None else _NEIGHBOUR_BAR
    top = max(score.values())
    bar = max(bar, top * 0.3) if top > 8 else bar
    if len(score) >= _MANY:
        bar = max(bar, sum(score.values()) * _MANY_SHARE)
    return [(code, words[code]) for code, weight in score.items() if weight >= bar and code != own]


def _weight(
    mention: Mention, line: Line, sentence: str, before: str, kind: str | None, *, is_page: bool
) -> float:
    """What one mention says for the municipality being a subject; ``before`` is the line above."""
    weight = _BODY if mention.body else _PLACE
    if line.heading:
        weight += 2.5 if mention.body or line.text == mention.text else 1.2
    if line.lead:
        weight += 1.5 if mention.body else 0.7
    told = _PLACE_LINE.match(line.text) or any(map(_PLACE_HEADING.match, (line.above, before)))
    if told and kind not in ("minutes", "notes", "invitation") and line.number < HEAD_LINES:
        return weight + 2.5
    if kind == "invitation":
        where = told or _EVENT_PLACE.search(sentence) or _ends_event_line(mention, line, before)
        if line.number < HEAD_LINES and where:
            weight += 2.5
        return weight
    if is_page and line.lead and not line.heading and len(line.text) > _SHORT_LEAD and _opens(mention, line):
        weight += 2.0
    if _PILOT.search(sentence) or _PILOT.search(line.above):
        weight += 3.0
    elif _HOST.search(sentence) or _HOST.search(line.above):
        weight += 1.0
    if not is_page and kind not in ("minutes", "notes", "newsletter") and _is_subtitle(line):
        weight += 2.0
    return weight


def _opens(mention: Mention, line: Line) -> bool:
    """Whether the line begins with the place, alone or with others: "Huddinge och Botkyrka öppnar"."""
    if mention.start > _SHORT_LEAD:
        return False
    before = re.fullmatch(r"(?:[A-ZÅÄÖ][\w-]+(?:,\s|\s(?:och|samt)\s))*", line.text[: mention.start])
    after = line.text[mention.end : mention.end + _SHORT_LEAD]
    rest = re.match(r"(?:(?:,\s|\s(?:och|samt)\s)[A-ZÅÄÖ][\w-]+)*", after)
    return before is not None and rest is not None and _ACTS.match(after, rest.end()) is not None


def _ends_event_line(mention: Mention, line: Line, before: str) -> bool:
    """Whether the place ends the line that gives the day, or the one below: "kl. 9–16, Folkets Hus, Lund"."""
    if len(line.text) > _EVENT_LINE or line.text[mention.end :].strip(" ."):
        return False
    own, above = dates.read(line.text), dates.read(before[:_EVENT_LINE])
    return any(s.precision == "day" for s in own or above)


def _table_rows(lines: list[tuple[Line, tuple[Mention, ...]]]) -> set[int]:
    """Numbers of the lines that are rows of a list of municipalities: runs of short lines that each name
    one.
    """
    rows: set[int] = set()
    run: list[tuple[Line, tuple[Mention, ...]]] = []
    for line, found in [*lines, (Line("", 0), ())]:
        if found and len(line.text) < _ROW:
            run.append((line, found))
            continue
        if len({mention.code for _, named in run for mention in named}) >= _LISTED:
            rows.update(one.number for one, _ in run)
        run = []
    return rows


def _is_subtitle(line: Line) -> bool:
    """A short line just below a file's title; not "Lund den 12 mars 2014", which says where it was signed."""
    if line.number not in (1, 2) or len(line.text) >= _SUBTITLE:
        return False
    return all(stated.precision in ("year", "span") for stated in dates.read(line.text))


def _sentence(text: str, position: int) -> str:
    text, position = text[max(0, position - _SENTENCE) : position + _SENTENCE], min(position, _SENTENCE)
    begin = max((m.end() for m in re.finditer(r"[.!?]\s+(?=[A-ZÅÄÖ])", text[:position])), default=0)
    ends = re.search(r"[.!?](?:\s|$)", text[position:])
    return text[begin : position + ends.end() if ends else len(text)].strip()


# --- counties -----------------------------------------------------------------------------------------------


def counties(
    reading: Reading, vocabulary: Vocabulary, codes: tuple[str, ...], sender_county: str | None
) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """Two-digit codes of the counties that the document concerns, and why."""
    why: dict[str, Evidence] = {}

    def take(code: str, rule: str, text: str) -> None:
        why.setdefault(code, Evidence("counties", code, f"counties.{rule}", text))

    for code in codes:
        take(vocabulary.municipalities[code].county, "municipality", vocabulary.municipalities[code].name)
    if sender_county is not None:
        take(sender_county, "sender", vocabulary.counties[sender_county].name)
    elif reading.source.county is not None and not reading.foreign:
        take(reading.source.county, "source", reading.source.name)
    for title in (*reading.subjects, reading.anchor, *reading.headings):
        for code, text in named_counties(title, vocabulary):
            take(code, "title", text)
    if not why and not reading.is_index:
        found = Counter(code for line in reading.lines for code, _ in named_counties(line.text, vocabulary))
        for code, count in found.most_common(2):
            if count >= 3 and len(found) <= 3:
                take(code, "text", vocabulary.counties[code].short)
    if not why and not reading.has_text:
        for title in reading.parents:
            for code, text in named_counties(title, vocabulary):
                take(code, "linking_page", text)
    found_codes = tuple(sorted(why))
    return found_codes, tuple(why[code] for code in found_codes)
