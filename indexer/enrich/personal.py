"""Which personal identity numbers stand in a text, and the text without them.

Personnummer and samordningsnummer (Skatteverket SKV 704 and 707: YYMMDD-NNNC, in the latter 60 added to the
day) with or without century and sign, checksum checked. Masked before anything is stored outside WARC. Names
are not masked: documents of public bodies name the people who answer for them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from indexer.model import Contact, Extract, Link

MASK = "[personnummer]"

_SIGN = r"[-+–—−‐‑\u00ad]"
_GAP = r"[ \t\u00a0\u2007\u2009\u202f\u200b]"
_NUMBER = re.compile(
    r"(?<!\d)"
    r"(?P<century>1[89]|20)?"
    # 811218, 81-12-18, 81 12 18, 81.12.18: the same sign twice or none
    r"(?P<year>\d\d)(?P<inner>[-. /\u00a0–]?)(?P<month>\d\d)(?P=inner)(?P<day>\d\d)"
    rf"(?:{_GAP}{{0,2}}{_SIGN}{_GAP}{{0,2}}(?:\r?\n)?|{_GAP}{{1,2}}|\r?\n)?"
    r"(?P<serial>\d{4})"
    r"(?!\d)"
)
_OTHER_NUMBER = re.compile(  # words right before that say it is some other number
    r"(?:\b(?:tel(?:efon)?(?:nummer|nr)?|tfn|mobil(?:nummer|telefon|nr)?|mob|fax|sms|växel|ring|swish|phone|"
    r"dnr|diarie(?:nummer|nr)|ärende(?:nummer|nr)?|isbn|issn|org\.?\s?(?:nr|nummer)?|"
    r"organisations(?:nr|nummer)|bankgiro|plusgiro|postgiro|bg|pg|ocr|faktura(?:nummer|nr)?|artikel(?:nummer|nr)|"
    r"konto(?:nummer|nr)?|iban|clearing\w*)[ \t.:]{0,3}|[☎✆]\s?|\+46\s?(?:\(0\))?)$",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """``text`` with every valid personnummer and samordningsnummer replaced by ``[personnummer]``."""
    if sum(map(str.isdigit, text)) < 10:  # most titles and link texts
        return text
    return _NUMBER.sub(lambda match: MASK if _is_personal(match, text) else match[0], text)


def mask_document(extract: Extract) -> Extract:
    """The same extract, masked in every field that carries words of the document."""
    return replace(
        extract,
        pages=tuple(
            replace(page, text=mask(page.text), heading=_mask(page.heading), label=_mask(page.label))
            for page in extract.pages
        ),
        titles=tuple((where, mask(text)) for where, text in extract.titles),
        links=tuple(_mask_link(link) for link in extract.links),
        dates=tuple(replace(date, text=mask(date.text)) for date in extract.dates),
        contacts=tuple(_mask_contact(contact) for contact in extract.contacts),
        outline=tuple(replace(entry, title=mask(entry.title)) for entry in extract.outline),
        author=_mask(extract.author),
        furniture=tuple(mask(line) for line in extract.furniture),
        problem=_mask(extract.problem),
    )


def _mask(text: str | None) -> str | None:
    return None if text is None else mask(text)


def _mask_link(link: Link) -> Link:
    """Its words; the address stays, it is needed to fetch and to recognise the document."""
    return replace(link, anchor=mask(link.anchor), headings=tuple(map(mask, link.headings)))


def _mask_contact(contact: Contact) -> Contact:
    return Contact(_mask(contact.role), _mask(contact.name), _mask(contact.email), _mask(contact.phone))


def _is_personal(match: re.Match[str], text: str) -> bool:
    parts = {name: _plain(match[name] or "") for name in ("year", "month", "day", "serial")}
    month, day = int(parts["month"]), int(parts["day"])
    coordination = day >= 60
    born = 1 <= month <= 12 and 1 <= day <= 31
    if not born and not (coordination and month <= 12 and day <= 91):
        return False  # an organisation number has 20 or more here
    if match["inner"] == " " and match["century"] is None and match[0].count(" ") > 2:
        return False  # 08 12 18 98 76: a telephone number in pairs
    if not _checksum("".join(parts.values())):
        return False
    return not _OTHER_NUMBER.search(text[max(0, match.start() - 24) : match.start()])


def _plain(digits: str) -> str:
    """ASCII digits for digits of any script (full-width, Arabic-Indic)."""
    return "".join(str(unicodedata.digit(character)) for character in digits)


def _checksum(digits: str) -> bool:
    """Luhn's formula over ten digits (ISO/IEC 7812-1 annex B)."""
    total = 0
    for position, digit in enumerate(map(int, digits)):
        doubled = digit * 2 if position % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
