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
_GAP = r"[ \t\u00a0\u061c\u180e\u2000-\u200f\u202a-\u202f\u205f-\u206f\u3000\ufeff]"
_BREAK = rf"(?:{_GAP}|\r?\n)"
_NUMBER = re.compile(
    r"(?<!\d)"
    r"(?P<century>[1１][89８９]|[2２][0０])?"
    # 811218, 81-12-18, 81 12 18, 81.12.18: the same sign twice or none
    r"(?P<year>\d\d)(?P<inner>[-. /\u00a0–]?)(?P<month>\d\d)(?P=inner)(?P<day>\d\d)"
    rf"(?P<between>{_BREAK}{{0,3}}(?P<sign>{_SIGN}{{1,2}}){_BREAK}{{0,3}}|[_/.]|{_GAP}{{1,2}}|{_GAP}?\r?\n{_GAP}?)?"
    r"(?P<serial>\d(?: ?\d){3})"
    r"(?!\d)"
)
_BOXES = re.compile(  # one digit in each box of a form
    rf"(?<!\d)(?<!\d )(?:[12] [09] )?(?P<born>\d(?: \d){{5}}) (?:{_SIGN} )?(?P<serial>\d(?: \d){{3}})(?! ?\d)"
)
_APART = re.compile(r"\s*(?:\||\n)\s*")
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
    text = _NUMBER.sub(lambda match: MASK if _is_personal(match, text) else match[0], text)
    return _BOXES.sub(lambda match: MASK if _is_boxed(match) else match[0], text)


_SCANNED = re.compile(
    r"(?<!\d)(?:(?:1 ?[89]|2 ?0) ?)?(?P<born>(?:\d ?){5}\d) ?(?P<sign>[-+–—~_.,]?) ?"
    r"(?P<serial>\d(?: ?\d){3,4})(?!\d)"
)


def mask_scanned(text: str) -> str:
    """``text`` as it was recognised on a picture, masked. One sign in hundreds is misread, and then the last
    digit does not tell: what has the form of a number, six digits that are a day, a hyphen and four or five
    more, is taken for one; so is a valid one with gaps between its digits."""
    return mask(_SCANNED.sub(lambda match: MASK if _looks_personal(match, text) else match[0], text))


def _looks_personal(match: re.Match[str], text: str) -> bool:
    born, serial = (_plain(re.sub(r"\D", "", match[name])) for name in ("born", "serial"))
    if not _is_day(int(born[2:4]), int(born[4:])):
        return False
    valid = match["sign"] in tuple("-+–—~_") or (len(serial) == 4 and _checksum(born + serial))
    return valid and not _is_other(match, text)


def mask_address(text: str) -> str:
    """An address, or a sentence that holds one, masked also where the number is percent-encoded."""
    masked = mask(text)
    plain = unquote(masked) if "%" in masked else masked
    if plain == masked or mask(plain) == plain:
        return masked
    return quote(mask(plain), safe="/:?#[]@!$&'()*+,;= ")


def _is_personal(match: re.Match[str], text: str) -> bool:
    parts = {
        name: _plain((match[name] or "").replace(" ", "")) for name in ("year", "month", "day", "serial")
    }
    month, day = int(parts["month"]), int(parts["day"])
    if not _is_day(month, day):
        return False  # an organisation number has 20 or more as the month
    if match["inner"] and _APART.fullmatch(match["between"] or ""):
        return False  # a date, and what stands in the next cell or line
    if match["inner"] == " " and not match["century"] and not match["sign"] and match[0].count(" ") > 2:
        return False  # 08 12 18 98 76: a telephone number in pairs
    if " " in match["serial"] and (
        match["inner"] or not match["sign"] or text[match.end() :][:2].strip().isdigit()
    ):
        return False
    if match["between"] in ("/", ".") and (match["inner"] or re.match("19|20", parts["serial"])):
        return False  # a date, and a year or another number
    if not _checksum("".join(parts.values())):
        return False
    return not _is_other(match, text)


def _is_boxed(match: re.Match[str]) -> bool:
    born, serial = (_plain(match[name].replace(" ", "")) for name in ("born", "serial"))
    return _is_day(int(born[2:4]), int(born[4:])) and _checksum(born + serial)


def _is_other(match: re.Match[str], text: str) -> bool:
    return _OTHER_NUMBER.search(text[max(0, match.start() - 24) : match.start()]) is not None


def _is_day(month: int, day: int) -> bool:
    """Also of a coordination number, which has 60 added to the day."""
    return 1 <= month <= 12 and (1 <= day <= 31 or 61 <= day <= 91)


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
