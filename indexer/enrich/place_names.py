"""Which municipalities and counties does a text name?

A name counts as a place only where the sentence means the place: not the surname Lund, the grove, "Lunds
universitet" or a postal address. Whether a document concerns the places it names is for ``places.py`` to
judge.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

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


_WORD = re.compile(r"[A-ZÅÄÖ][\w]*(?:-[A-ZÅÄÖ]\w+)?\.?")
BESIDE = re.compile(r"\s?[,/]\s?|\s(?:och|samt|and|&)\s")
"""What stands between the names of a list."""
_BODY_AFTER = re.compile(
    r"(?:\s+(?:och|samt|eller)\s+[A-ZÅÄÖ]\w+)?\s+(?:kommun|stad|municipality|city\s(?:council|of))(?:s|en|ens|er|ers|erna|"
    r"ernas)?\b",
    re.I,
)
_INSTITUTION = re.compile(  # of a municipality: "Lunds stadsbibliotek"
    r"\s+(?:stads\w+|kommun(?:fullmäktige|styrelse|bibliotek)\w*|(?:barn|social|skol|kultur|fritids|utbildnings)\w*nämnd\w*"
    r"|socialtjänst\w*|(?:barn|grund|för|kultur|gymnasie)?skolor(?:na)?|kulturskola|ungdoms(?:råd|fullmäktige|ting)"
    r"|bibliotek|politiker|invånare|barnombuds?\w*|barn(?:rätts)?strateg\w*|barn(?:checklista|bokslut|hearing)\w*)\b"
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
_REGION_BEFORE = re.compile(r"\b(?:region|länsstyrelsen(?: i)?|landstinget(?: i)?)\s+$", re.I)
_PLACE_BEFORE = re.compile(
    r"(?:^|[\s(\"”])(?:i|från|till|inom|kring|utanför|hos|vid|för|av|med|norra|södra|östra|västra|centrala|in|from)\s+$",
    re.I,
)
_SURE_BEFORE = re.compile(r"(?:^|[\s(])(?:i|från|inom|sam(?:arbete|verkan) med)\s+$", re.I)
_BEFORE_PLACES = """I Från Till Inom Kring Hos Vid För Av Med Och Samt Kommunen Kommunerna Staden Norra Södra
Östra Västra Centrala Gamla Nya Hela Både Även Så Nu När Var Plats Ort Välkommen Minnesanteckningar Protokoll
Kommun Stad In From The City Municipality Pilotsatsning Konferens Exempel Exemplet Pilotkommun Värdkommun
Barnbokslut Processplan Handlingsplan Barnrättsstrategi Barnkonventionen Nätverksträff Rapport Policy Inbjudan
Region Länsstyrelsen Campus"""
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
    unsure: list[Mention] = []  # side by side: "Mora" may be a word, "Mora, Orsa och Älvdalen" are places
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
            shouted = word.isupper() and len(word) > 2
            verdict = _as_place(text, match.start(), name_end, is_word, shouted)
            if found and not verdict and (verdict is False or is_word):
                between = text[found[-1].end : match.start()]
                if BESIDE.fullmatch(between):
                    verdict = found[-1].body  # "i kommunerna Bjuv och Lund": what holds of one holds of both
            mention = Mention(code, text[match.start() : name_end], match.start(), name_end, bool(verdict))
            if unsure and not BESIDE.fullmatch(text[unsure[-1].end : match.start()]):
                unsure.clear()
            if verdict is not None:
                found += (*unsure, mention)
                unsure.clear()
                last_end = name_end
            elif is_word and _as_place(text, match.start(), name_end, False, shouted) is not None:
                unsure.append(mention)
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
    if _REGION_BEFORE.search(before) and not text.startswith("Gotland", start):
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
    if text[end - 1] == "s" and _INSTITUTION.match(after):
        return True
    if is_word and not _SURE_BEFORE.search(before):
        return None
    return False


def _starts_sentence(before: str, position: int) -> bool:
    """Whether the capital at ``position`` is only that of a sentence's or line's first word, and no name."""
    return (
        bool(re.search(r"(?:^|[.!?:]\s+|\n\s*|[•–-]\s+)$", before[:position])) and len(before[:position]) > 0
    )


# --- counties -----------------------------------------------------------------------------------------------


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
