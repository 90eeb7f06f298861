"""Which dates does a document state about itself, with a label?

"Publicerad: 28 september 2015", "Senast uppdaterad 2020-08-18", <time>, meta tags, JSON-LD, PDF metadata.
Only a label makes a date count here: which of the dates in a running text matter is concluded in
``enrich``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from indexer.model import LabelledDate

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan",
            "februari february feb",
            "mars march mar",
            "april apr",
            "maj may",
            "juni june jun",
            "juli july jul",
            "augusti august aug",
            "september sept sep",
            "oktober october okt oct",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"""(?xi)
    (?: (?<!\d) (?P<y1>(?:19|20)\d\d) [-/.] (?P<m1>\d\d?) [-/.] (?P<d1>\d\d?) (?![\d]) )
  | (?: (?<!\d) (?P<y2>(?:19|20)\d\d) (?P<m2>[01]\d) (?P<d2>[0-3]\d) (?!\d) )
  | (?: (?<!\d) (?P<d3>\d\d?) (?:\.|:[ae]|st|nd|rd|th)? \s+ (?P<m3>{_MONTH}) \.?,?
        \s+ (?P<y3>(?:19|20)\d\d) (?!\d) )
  | (?: (?<!\d) (?P<d4>\d\d?) / (?P<m4>\d\d?) [\s-]+ (?P<y4>(?:19|20)\d\d) (?!\d) )
  | (?: (?<!\d) (?P<d5>\d\d?) [./] (?P<m5>\d\d?) [./] (?P<y5>(?:19|20)\d\d) (?!\d) )
  | (?: \b (?P<m6>{_MONTH}) \.? \s+ (?P<d6>\d\d?) , \s* (?P<y6>(?:19|20)\d\d) (?!\d) )
  | (?: \b (?P<m7>{_MONTH}) \.? \s+ (?P<y7>(?:19|20)\d\d) (?!\d) )"""
)
_PUBLISHED = (
    r"publicera(?:d|t|des)|publiceringsdatum|publiceringsdag|utgiv(?:en|et)|skapad|skapat|upplagd|inlagd|published|"
    r"posted|date\ of\ publication"
)
_UPDATED = (
    r"(?:sidan\ |sida\ |senast\ |sidan\ senast\ |senaste\ )?(?:uppdaterad(?:es)?|uppdaterat|uppdatering|"
    r"ändrad(?:es)?|granskad(?:es)?|faktagranskad|reviderad|kontrollerad|modifierad)|"
    r"last\ (?:updated|modified|reviewed)|updated|modified"
)
_LABELLED = re.compile(
    rf"(?i)\b(?P<label>(?P<published>{_PUBLISHED})|(?P<updated>{_UPDATED}))\b"
    r"[\s:.,–-]*(?:(?:den|on|datum|senast)\b[\s:]*)*"
)
_META = {
    "article:published_time": "published",
    "article:modified_time": "updated",
    "og:published_time": "published",
    "og:updated_time": "updated",
    "dc.date.issued": "published",
    "dcterms.issued": "published",
    "dcterms.created": "published",
    "dc.date.created": "published",
    "dc.created": "published",
    "dc.date.published": "published",
    "dc.date.modified": "updated",
    "dcterms.modified": "updated",
    "dc.modified": "updated",
    "last-modified": "updated",
    "revised": "updated",
    "pubdate": "published",
    "publishdate": "published",
    "publish-date": "published",
    "publish_date": "published",
    "published": "published",
    "date-published": "published",
    "citation_publication_date": "published",
    "datepublished": "published",
    "datemodified": "updated",
    "dc.date": "none",
    "dcterms.date": "none",
    "date": "none",
}


def in_text(text: str) -> str | None:
    """The date that a short text begins with or consists of, as 2014-03-12 or 2014-03."""
    match = _DATE.search(text)
    return _value(match) if match is not None else None


def _value(match: re.Match[str]) -> str | None:
    parts = {name[0]: value for name, value in match.groupdict().items() if value is not None}
    month = parts["m"].lower()
    year, number = int(parts["y"]), _MONTHS.get(month) or int(month)
    if "d" not in parts:
        return f"{year}-{number:02d}"
    try:
        return date(year, number, int(parts["d"])).isoformat()
    except ValueError:
        return None


def labelled(text: str) -> Iterator[LabelledDate]:
    """Dates directly after a label in one text block."""
    if len(text) > 2_000:
        text = text[:2_000]
    for label in _LABELLED.finditer(text):
        match = _DATE.match(text, label.end()) or _DATE.match(text, _skip_name(text, label.end()))
        if match is None:
            continue
        value = _value(match)
        if value is not None:
            kind = "published" if label["published"] else "updated"
            yield LabelledDate(value, kind, text[label.start() : match.end()])


def _skip_name(text: str, position: int) -> int:
    """Where a date may begin after "av Anna Andersson, " or "klockan "; at most 60 characters on."""
    found = _DATE.search(text, position, position + 75)
    between = text[position : found.start()] if found else ""
    return (
        found.start() if found and re.fullmatch(r"[\s:,.–-]*(?:[^\d.;]{0,50}[\s,:]+)?", between) else position
    )


def is_only_label(text: str) -> bool:
    """Whether a block says nothing but when the page was published, updated or checked."""
    if len(text) > 160:
        return False
    label = _LABELLED.match(text)
    if label is None:
        return False
    rest = _LABELLED.sub(" ", _DATE.sub(" ", text))
    words = re.findall(r"[^\W\d_]{2,}", rest)
    words = [
        word for word in words if word.lower() not in ("den", "kl", "klockan", "av", "sidan", "och", "senast")
    ]
    return len(words) <= (4 if " av " in f" {text.lower()} " or "by " in text.lower() else 0)


def in_meta(pairs: Iterable[tuple[str, str]]) -> Iterator[LabelledDate]:
    """Dates in meta tags, given as (name or property, content)."""
    for name, content in pairs:
        label = _META.get(name.lower())
        value = in_text(content[:40]) if label is not None else None
        if label is not None and value is not None:
            yield LabelledDate(value, label, f"{name}: {content[:40]}")


def in_json(source: str) -> Iterator[LabelledDate]:
    """datePublished and dateModified of the page itself in JSON-LD."""
    try:
        data = json.loads(source)
    except (ValueError, RecursionError):
        return
    nodes = data if isinstance(data, list) else [data]
    for node in nodes[:50]:
        if not isinstance(node, dict):
            continue
        graph = node.get("@graph")
        for item in [node, *(graph[:50] if isinstance(graph, list) else ())]:
            if not isinstance(item, dict):
                continue
            for key, label in (("datePublished", "published"), ("dateModified", "updated")):
                content = item.get(key)
                value = in_text(content[:40]) if isinstance(content, str) else None
                if value is not None:
                    yield LabelledDate(value, label, f"{key}: {str(content)[:40]}")


def in_pdf(metadata: Mapping[str, str], name: str, label: str) -> LabelledDate | None:
    """A date of a PDF's metadata, written D:20140312101500+01'00'."""
    content = metadata.get(name, "").strip()
    match = re.match(r"(?:D:)?(\d{4})(\d\d)(\d\d)", content)
    if match is None:
        return None
    try:
        value = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return (
        LabelledDate(value.isoformat(), label, f"{name}: {content[:40]}")
        if 1985 <= value.year <= 2100
        else None
    )
