"""Which municipalities and counties does a document concern?

A name counts as a place only where the sentence means the place: not the surname Lund, the grove, "Lunds
universitet" or a postal address. Those that a document merely lists are left out. Not for who sends it
(``sender.py``).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from indexer.enrich.reading import HEAD_LINES, Line, Reading
from indexer.language import dates
from indexer.model import Evidence
from indexer.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Mention:
    """One place name in a text. ``body`` tells that the municipality as an organisation is meant ("Lunds
    kommun").
    """

    code: str
    text: str
    start: int
    end: int
    body: bool


# --- finding the names --------------------------------------------------------------------------------------

_WORD = re.compile(r"[A-ZÅÄÖ][\w]*(?:-[A-ZÅÄÖ]\w+)?\.?")
_BESIDE = re.compile(r"\s?[,/]\s?|\s(?:och|samt|and|&)\s")
_BODY_AFTER = re.compile(
    r"(?:\s+(?:och|samt|eller)\s+[A-ZÅÄÖ]\w+)?\s+(?:kommun|stad)(?:s|en|ens|er|ers|erna|ernas)?\b", re.I
)
_BODY_BEFORE = re.compile(
    r"\b(?:kommunen|kommuner,|kommunerna|municipalities\b[^.]{0,40},|staden|värdkommunen|"
    r"pilotkommun(?:en|erna)|City of|Municipality of)\s+$",
    re.I,
)
_NOT_THE_PLACE_AFTER = re.compile(
    r"\s+(?:universitet|högskola|tekniska|stift|domkyrk|lasarett|sjukhus|universitetssjukhus|tingsrätt|hovrätt|förvaltningsrätt|"
    r"län\b|läns\b|University|University|FF\b|IF\b|IK\b|BK\b|FK\b|Opera|Arena|Live|Aviation|Airport|flygplats|symfoni|"
    r"nation\b|slott|kloster|kyrkogård|pastorat|församling)",
)  # fmt: skip
_POSTAL_BEFORE = re.compile(r"\b(?:SE?-)?\d{3}\s?\d{2}\s+$")
_PLACE_BEFORE = re.compile(
    r"(?:^|[\s(\"”])(?:i|från|till|inom|kring|utanför|hos|vid|för|av|med|norra|södra|östra|västra|centrala|in|from)\s+$",
    re.I,
)
_SURE_BEFORE = re.compile(r"(?:^|[\s(])(?:i|från|inom)\s+$", re.I)
_LIST_BEFORE = re.compile(r"[,/–-]\s*$|\b(?:och|samt|eller|and)\s+$", re.I)
_BEFORE_PLACES = """I Från Till Inom Kring Hos Vid För Av Med Och Samt Kommunen Kommunerna Staden Norra Södra
Östra Västra Centrala Gamla Nya Hela Både Även Så Nu När Var Plats Ort Välkommen Minnesanteckningar Protokoll
Kommun Stad In From The City Municipality Pilotsatsning Konferens Exempel Exemplet Pilotkommun Värdkommun
Barnbokslut Processplan Handlingsplan Barnrättsstrategi Barnkonventionen Nätverksträff Rapport Policy Inbjudan
Region Länsstyrelsen"""
_NOT_FIRST_NAMES = frozenset(_BEFORE_PLACES.split())


@lru_cache(maxsize=4)
def _names(vocabulary: Vocabulary) -> Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """First word → (remaining words, code), longest names first."""
    table: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for m in vocabulary.municipalities.values():
        for written in {m.name, m.form, f"{m.name}s", *m.short, *(f"{s}s" for s in m.short)}:
            first, *rest = written.split()
            table[first].append((tuple(rest), m.code))
    return {first: tuple(sorted(names, key=lambda n: -len(n[0]))) for first, names in table.items()}


def mentions(text: str, vocabulary: Vocabulary) -> tuple[Mention, ...]:
    """The municipalities that ``text`` names as places, in order."""
    municipalities = vocabulary.municipalities
    table = _names(vocabulary)
    found: list[Mention] = []
    last_end = -1
    for match in _WORD.finditer(text):
        if match.start() < last_end:
            continue
        word = match[0]
        for rest, code in table.get(word) or table.get(word.rstrip(".")) or table.get(_recased(word)) or ():
            name_end = _follow(text, match.start() + len(word.rstrip(".")), rest)
            if name_end is None:
                continue
            is_word = municipalities[code].word
            verdict = _as_place(text, match.start(), name_end, is_word, word.isupper() and len(word) > 2)
            if found and not verdict and (verdict is False or is_word):
                between = text[found[-1].end : match.start()]
                if _BESIDE.fullmatch(
                    between
                ):  # "i kommunerna Bjuv och Lund": what holds of one holds of both
                    verdict = found[-1].body
            if verdict is not None:
                found.append(Mention(code, text[match.start() : name_end], match.start(), name_end, verdict))
                last_end = name_end
            break
    return tuple(found)


def _recased(word: str) -> str:
    return word.title() if word.isupper() and len(word) > 2 else word


def _follow(text: str, end: int, rest: tuple[str, ...]) -> int | None:
    for word in rest:
        match = re.compile(rf"[\s]+{re.escape(word)}(?!\w)", re.I).match(text, end)
        if match is None:
            return None
        end = match.end()
    return end


def _as_place(text: str, start: int, end: int, is_word: bool, shouted: bool) -> bool | None:
    """True: the municipality as a body; False: the place; None: something else of that name."""
    before, after = text[max(0, start - 40) : start], text[end : end + 40]
    if re.match(r"\w|-\w|@|\.\w", after) or (
        before.endswith(("@", "/", ".", "_")) and not before.endswith(". ")
    ):
        return None
    if _BODY_AFTER.match(after) or _BODY_BEFORE.search(before):
        return True
    if _NOT_THE_PLACE_AFTER.match(after) or _POSTAL_BEFORE.search(before):
        return None
    if re.match(
        r"\s*:\s*[A-ZÅÄÖ]\w+[.,]?\s*$|:\s(?:Studentlitteratur|Gleerups|Norstedts|Liber|Natur)", after
    ):
        return None  # a reference: "Lund: Studentlitteratur"
    if not shouted:
        previous = re.search(r"([A-ZÅÄÖ][\w.-]*)\s$", before)
        if (
            previous
            and previous[1].rstrip(".") not in _NOT_FIRST_NAMES
            and not _starts_sentence(before, previous.start())
        ):
            return None  # Anna Lund, Rädda Barnen Malmö
        if previous and re.fullmatch(r"[A-ZÅÄÖ]\.?", previous[1]) and previous[1] != "I":
            return None  # A. Lund
        if (
            re.match(r"\s[A-ZÅÄÖ][a-zåäö]+", after)
            and not re.match(r"\s(?:Kommun|Stad)", after)
            and not _PLACE_BEFORE.search(before)
        ):
            return None  # Lund Karphammar, Malmö Museer
    if is_word and not _SURE_BEFORE.search(before):
        return None
    return False


def _starts_sentence(before: str, position: int) -> bool:
    """Whether the capital at ``position`` is only that of a sentence's or line's first word, and no name."""
    return (
        bool(re.search(r"(?:^|[.!?:]\s+|\n\s*|[•–-]\s+)$", before[:position])) and len(before[:position]) > 0
    )


# --- judging what the document concerns ---------------------------------------------------------------------

_PILOT = re.compile(r"\b(?:pilot\w*|försökskommun\w*|modellkommun\w*|deltagande pilot\w*)\b", re.I)
_HOST = re.compile(r"\b(?:värdkommun\w*|arrangeras av|värd för)\b", re.I)
_LISTED = 4
"""From so many different municipalities in one sentence or line on, they are a list and no subject."""
_BAR = 3.0
"""What a municipality must reach; weights below. Tuned on snippets in tests/test_enrich_places.py."""
_MANY = 10
_MANY_SHARE = 0.12
"""Where so many municipalities are named, one must have that share of all mentions' weight to be a
subject.
"""
_ROW = 80
"""Characters that a row of a list may have."""
_SUBTITLE = 90
"""Characters that a line below a file's title may have to be its subtitle."""
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


def _weighed(reading: Reading, vocabulary: Vocabulary, own: str | None) -> list[tuple[str, str]]:
    """Municipalities that the text itself is about, by weight of evidence, each with the telling words."""
    score: dict[str, float] = defaultdict(float)
    words: dict[str, str] = {}
    invites = reading.kind == "invitation"
    subtitled = not reading.is_page and reading.kind not in ("invitation", "minutes", "notes", "newsletter")
    per_row = [(line, mentions(line.text, vocabulary)) for line in reading.lines]
    rows = _table_rows(per_row)
    for line, found in per_row:
        if not found:
            continue
        codes = {m.code for m in found}
        listed = len(codes) >= _LISTED or line.number in rows
        for mention in found:
            weight = 0.3 if listed else 1.5 if mention.body else 0.7
            sentence = _sentence(line.text, mention.start)
            if line.heading and not listed:
                weight += 2.5 if mention.body or line.text == mention.text else 1.2
            if line.lead and not listed:
                weight += 1.5 if mention.body else 0.7
            if not listed and not invites and (_PILOT.search(sentence) or _PILOT.search(line.above)):
                weight += 3.0
            elif not listed and (_HOST.search(sentence) or _HOST.search(line.above)):
                weight += 1.0
            if invites and line.number < HEAD_LINES and not listed and _EVENT_PLACE.search(sentence):
                weight += 2.5
            if subtitled and not listed and _is_subtitle(line):
                weight += 2.0
            if weight > 1.4 or mention.code not in words:
                words.setdefault(mention.code, sentence[:160])
            score[mention.code] += weight
    if not score:
        return []
    for code in score:
        if any(c in reading.text_lower for c in vocabulary.municipalities[code].committees):
            score[code] += 0.5
    bar = _BAR if own is None else _BAR + 3.0  # a municipality's own papers mention its neighbours
    top = max(score.values())
    bar = max(bar, top * 0.3) if top > 8 else bar
    if len(score) >= _MANY:
        bar = max(bar, sum(score.values()) * _MANY_SHARE)
    return [(code, words[code]) for code, weight in score.items() if weight >= bar and code != own]


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
    if not why:
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


@lru_cache(maxsize=4)
def _county_names(vocabulary: Vocabulary) -> re.Pattern[str]:
    names = [
        (written, county.code)
        for county in vocabulary.counties.values()
        for written in dict.fromkeys((county.name, county.short, county.region, *county.also))
    ]
    names.sort(key=lambda n: -len(n[0]))
    alternatives = "|".join(
        rf"(?P<c{code}_{i}>{re.escape(written)}s?)" for i, (written, code) in enumerate(names)
    )
    initials = "".join({written[0] for written, _ in names})  # most places of a text are passed by on sight
    return re.compile(rf"(?=[{initials}])(?<!\w)(?:{alternatives})(?!\w)")


def named_counties(text: str, vocabulary: Vocabulary) -> tuple[tuple[str, str], ...]:
    """The counties that ``text`` names, each with the words."""
    found = _county_names(vocabulary).finditer(text)
    return tuple((str(match.lastgroup)[1:3], match[0]) for match in found)
