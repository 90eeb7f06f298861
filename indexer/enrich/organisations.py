"""Which organisations does a text name?

Those the vocabulary lists, and those whose names follow a pattern: "Region X", "Länsstyrelsen i X län", "Xs
kommun", "Högskolan i X", "…verket". Which of them sends a document is for ``sender.py`` to judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from indexer.enrich.place_names import mentions, named_counties
from indexer.vocabulary import Organisation, Vocabulary


@dataclass(frozen=True, slots=True)
class Named:
    """An organisation that a text names."""

    name: str
    type: str
    start: int
    end: int
    county: str | None = None
    municipality: str | None = None


_CAP = r"[A-ZÅÄÖ][\wåäöé]+"
_COUNTY_BOARD = re.compile(
    rf"(?<!\w)Länsstyrelsen(?:\s+i)?(?:\s+(?:Västra\s+)?{_CAP}(?:\s+län)?)?(?!\w)"
    rf"|County Administrative Board of {_CAP}"
)
_UNIVERSITY = re.compile(
    rf"(?<!\w)(?:{_CAP}\s+(?:universitet|högskola|University)|Högskolan\s+(?:i\s+)?{_CAP}|"
    r"Karolinska Institutet|Linnéuniversitetet|Mittuniversitetet)(?!\w)"
)
_AUTHORITY = re.compile(
    r"(?<!\w)[A-ZÅÄÖ][a-zåäö]{3,}(?:(?<!nät)(?<!regel)(?<!ram)(?<!hant)(?<!konst)verket|myndigheten|inspektionen)(?=s?(?!\w))"
)
_ASSOCIATION = re.compile(
    rf"(?<!\w)(?:Kommunförbundet\s+{_CAP}(?:\s+län)?|{_CAP}(?:\s+{_CAP})?s\s+kommunalförbund|"
    rf"Kommunalförbundet\s+{_CAP}|{_CAP}s\s+[Kk]ommuner(?=$|[,.]))(?!\w)"
)


@lru_cache(maxsize=4)
def _listed(vocabulary: Vocabulary) -> tuple[re.Pattern[str], dict[str, Organisation]]:
    known = {name: o for o in vocabulary.organisations for name in (o.name, *o.also)}
    for county in vocabulary.counties.values():
        gotland = next(
            (m.code for m in vocabulary.municipalities.values() if m.calls_itself == county.region), None
        )
        kind = "municipality" if gotland else "region"
        for name in (county.region, *(n for n in county.also if "landsting" in n.lower())):
            known[name] = Organisation(name, kind, county.code, gotland)
    longest_first = sorted(known, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?=s?(?!\w))"), known


def organisations(text: str, vocabulary: Vocabulary) -> tuple[Named, ...]:
    """The organisations named in ``text``, in order; of overlapping names the longest."""
    pattern, known = _listed(vocabulary)
    found = []
    for match in pattern.finditer(text):
        o = known[match[0]]
        found.append(Named(o.name, o.type, match.start(), match.end(), o.county, o.municipality))
    for pattern, kind in (
        (_COUNTY_BOARD, "county_board"),
        (_UNIVERSITY, "university"),
        (_AUTHORITY, "authority"),
        (_ASSOCIATION, "association"),
    ):
        for match in pattern.finditer(text):
            county = next((code for code, _ in named_counties(match[0], vocabulary)), None)
            name = " ".join(match[0].split())
            if kind == "county_board" and county is not None:
                name = vocabulary.counties[county].board
            if name.endswith("s") and re.match(r"\s[a-zåäö]", text[match.end() :]):
                name = name[:-1]  # "Kommunförbundet Skånes styrelse"
            found.append(Named(name, kind, match.start(), match.end(), county))
    for mention in mentions(text, vocabulary):
        if mention.body:
            body = vocabulary.municipalities[mention.code]
            end = re.compile(r"\s+(?:kommun|stad|municipality)s?(?!\w)", re.I).match(text, mention.end)
            found.append(
                Named(
                    body.calls_itself,
                    "municipality",
                    mention.start,
                    end.end() if end else mention.end,
                    body.county,
                    body.code,
                )
            )
    found.sort(key=lambda n: (n.start, n.start - n.end))
    kept: list[Named] = []
    for named in found:
        if not kept or named.start >= kept[-1].end:
            kept.append(named)
    return tuple(kept)
