"""Which personal identity numbers stand in a text or an address, and the text without them.

Personnummer and samordningsnummer (Skatteverket SKV 704 and 707: YYMMDD-NNNC, in the latter 60 added to the
day) with or without century and sign, checksum checked. Names are not masked: documents of public bodies name
the people who answer for them.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote

from indexer.model import MASK

# "|" parts cells of a table; U+0002 is pdfium's hyphen at a line end
_SIGN = r"[-+–—−‐‑‒―⁃﹘﹣－＋|\u00ad\x02]"
_GAP = r"[ \t\u00a0\u2000-\u200d\u2060\u202f\u205f\u3000\ufeff]"
_BREAK = rf"(?:{_GAP}|\r?\n)"
_NUMBER = re.compile(
    r"(?<!\d)"
    r"(?P<century>[1１][89８９]|[2２][0０])?"
    # 811218, 81-12-18, 81 12 18, 81.12.18: the same sign twice or none
    r"(?P<year>\d\d)(?P<inner>[-. /\u00a0–]?)(?P<month>\d\d)(?P=inner)(?P<day>\d\d)"
    rf"(?:{_BREAK}{{0,2}}{_SIGN}{_BREAK}{{0,2}}|{_GAP}{{1,2}}|{_GAP}?\r?\n{_GAP}?)?"
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


def mask_address(text: str) -> str:
    """An address, or a sentence that holds one, masked also where the number is percent-encoded."""
    masked = mask(text)
    plain = unquote(masked)
    if plain == masked or mask(plain) == plain:
        return masked
    return quote(mask(plain), safe="/:?#[]@!$&'()*+,;= ")


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
