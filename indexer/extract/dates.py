"""Which dates does a document state about itself, with a label?

"Publicerad: 28 september 2015", "Senast uppdaterad 2020-08-18", <time>, meta tags, JSON-LD, PDF metadata.
Only a label makes a date count here: how dates are written is known to ``language.dates``, and which of
the dates in a running text matter is concluded in ``enrich``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from indexer.extract import linked_data
from indexer.language.dates import Stated, read
from indexer.model import LabelledDate

_LABEL = re.compile(
    r"(?i)\b(?:(?:sidan|sida|senast|last|(?:information|innehåll|nyhet|artikel|inlägg|anslag)(?:e?n|et)?)\s+)*"
    r"(?:publicera(?:des|d|t|s)|publicerings(?:datum|dag)|skapa(?:des|[dt])"
    r"|upplag[dt]|inlag[dt]|skriv(?:en|et)|posta[dt]|uppdatera(?:des|d|t)|uppdatering|ändra(?:des|d|t)"
    r"|(?:fakta)?granska(?:des|d|t)|kontrollera(?:des|d|t)|reviderad|modifierad"
    r"|published|posted|created|updated|modified|reviewed)\b"
)
_BY = re.compile(r"(?i)(?:\w*ansvarig|handläggare|webbredaktör)[^.]{0,60}")  # "Sidansvarig: Eva Ek Skapad: …"
_SMALL = frozenset((
    "den", "kl", "klockan", "sidan", "senast", "och", "datum", "on", "at",
    "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag",
))  # fmt: skip
_READING_TIME = re.compile(
    r"(?i)\bläs(?:tid|er du på)\b.{0,12}\bmin(?:uter|ut)?\b\.?|\b\d{1,2} min(?:uter|uts?)? läs(?:ning|tid)\b"
)
_UTC = re.compile(r"\s*((?:19|20)\d\d)-(\d\d)-(\d\d)T(\d\d):[\d:.]+(?:Z|[+-]00:?00)\s*$", re.IGNORECASE)
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
    "rek:pubdate": "published",
    "rek:moddate": "updated",
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
    """The first whole date or month of a short text, as 2014-03-12 or 2014-03.

    A moment in universal time is the day it was in Sweden: systems that are given a day without an hour keep
    "2024-05-05T22:00:00Z" for 6 May.
    """
    utc = _UTC.match(text)
    if utc is not None:
        return _swedish_day(*map(int, utc.groups()))
    return next((stated.date for stated in read(text[:200]) if stated.precision in ("day", "month")), None)


def _swedish_day(year: int, month: int, day: int, hour: int) -> str | None:
    """The day in Sweden at an hour of universal time; summer time by the rule of the Union (2000/84/EC): from
    the last Sunday of March to the last of October, at 01 UTC.
    """
    try:
        moment = datetime(year, month, day, hour)
    except ValueError:
        return None
    begins, ends = (datetime(year, m, 31 - (date(year, m, 31).weekday() + 1) % 7, 1) for m in (3, 10))
    return (moment + timedelta(hours=2 if begins <= moment < ends else 1)).date().isoformat()


def labelled(text: str) -> Iterator[LabelledDate]:
    """Dates with a label, in a block that is about nothing else up to there."""
    for stated in _labelled(text[:2_000]):
        yield LabelledDate(
            stated.date, stated.label, text[max(0, stated.start - 60) : stated.end].lstrip(" |·•")
        )


def _labelled(text: str) -> Iterator[Stated]:
    if _LABEL.search(text) is None:
        return
    end = 0
    for stated in read(text):
        label = _LABEL.search(text, end, stated.start)
        revised = label is not None and stated.label == "decision" and "revider" in label[0].lower()
        told = revised or stated.label in ("published", "updated")
        if told and stated.precision != "year" and label is not None:
            before = text[end : label.start()].strip()
            if not before or before[-1] in "|·•.:;,)–-" or len(before.split()) <= 2 or _BY.fullmatch(before):
                yield replace(stated, label="updated") if revised else stated
        end = stated.end


def is_only_label(text: str) -> bool:
    """Whether a block says nothing but when, perhaps by whom, the page was published, updated or checked."""
    first = _LABEL.search(text) if len(text) <= 160 else None
    if first is None or (first.start() and not _BY.fullmatch(text[: first.start()].strip())):
        return False
    text = rest = _READING_TIME.sub(" ", text[first.start() :])
    for stated in reversed(read(text)):
        rest = rest[: stated.start] + " " + rest[stated.end :]
    rest, by = re.subn(r"(?i)\b(?:av|by)\b.*", " ", _LABEL.sub(" ", rest))
    words = [word for word in re.findall(r"[^\W\d_]{2,}", rest) if word.lower() not in _SMALL]
    return not words and (not by or len(text) <= 120)


def is_bare(label: str, text: str) -> bool:
    """Whether a block is nothing but the date that the block before it, nothing but a label, announces."""
    if len(label) > 40 or len(text) > 40 or not is_only_label(label) or read(label):
        return False
    first = next(iter(read(text)), None)
    return first is not None and not re.search(r"[^\W\d_]{3}", text[: first.start] + text[first.end :])


def in_meta(pairs: Iterable[tuple[str, str]]) -> Iterator[LabelledDate]:
    """Dates in meta tags, given as (name or property, content)."""
    for name, content in pairs:
        label = _META.get(name.lower())
        value = in_text(content[:40]) if label is not None else None
        if label is not None and value is not None:
            yield LabelledDate(value, label, f"{name}: {content[:40]}")


def in_json(source: str) -> Iterator[LabelledDate]:
    """datePublished, dateModified and, of an event, startDate of the page itself in JSON-LD."""
    for item in linked_data.nodes(source):
        keys = {"datePublished": "published", "dateModified": "updated"}
        if "Event" in str(item.get("@type"))[:100]:
            keys["startDate"] = "event"
        for key, label in keys.items():
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
