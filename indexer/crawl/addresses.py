"""What does a link alone tell a crawler: does it lead into an endless space, to a page, to a document?

Of canonical addresses. Not for which are the same (``indexer.urls``) nor for what belongs to a source
(``scope``).
"""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

from indexer.urls import MAX_LENGTH

# --- endless spaces ---------------------------------------------------------------------------------------

_CALENDAR_WORD = re.compile(r"(?i:kalend|calendar|evenemang|\bevents?\b|bokning|booking|tidbok)")
_CALENDAR_KEY = re.compile(
    r"(?i:(?:datum|date|day|dag|month|manad|m%C3%A5nad|year|ar|%C3%A5r|week|vecka|from|to|start|end|slut|fran|till)"
    r"(?:_?(?:id|nr|date|datum))?)"
)
_MONTH_AT_END = re.compile(
    r"/((?:19|2[01])\d\d)[/-](?:0?[1-9]|1[0-2])(?:[/-](?:0?[1-9]|[12]\d|3[01]))?/?(?:\.\w+)?$"
)
_YEAR = re.compile(r"(?:=|/|-)((?:1[6-9]|2\d)\d\d)(?=[/&-]|\d{4}\b|$)")
_SERVICE = re.compile(
    r"(?i:^/(?:wp-login|wp-admin|user/login|login|logga-?in|logout|logga-?ut|signin|sso|adfs|oauth2?|cgi-bin/login"
    r"|cart|kundvagn|wp-json|xmlrpc\.php|cdn-cgi)(?:[/.?]|$))"
)
_PRINT_PATH = re.compile(r"(?i:/(?:print|printpreview|utskriftsversion|skriv-?ut)(?:/|\.\w+$|$))")
_SEARCH_PATH = re.compile(
    r"(?i:/(?:sok|s%C3%B6k|search|sokresultat|s%C3%B6kresultat|searchresults?)(?:/|\.\w+$|$))"
)


def trap(url: str, this_year: int | None = None) -> str | None:
    """Why a canonical address should not be followed, as a stable id; None when nothing speaks against it.

    calendar; endless (segments that repeat, far too long or deep, too many parameters); search (the site's
    own search results); print_version; service (log in, log out, shopping).
    """
    parts = urlsplit(url)
    path, query = parts.path, parts.query
    if len(url) > MAX_LENGTH or path.count("/") > 24 or _repeats(path):
        return "endless"
    if _SERVICE.search(path):
        return "service"
    if _PRINT_PATH.search(path):
        return "print_version"
    # Minutes and news are filed by month and asked for by date too; a calendar goes on after their last.
    ends = (this_year or time.gmtime().tm_year) + 1
    month = _MONTH_AT_END.search(path)
    if month and (_CALENDAR_WORD.search(path) or int(month[1]) > ends):
        return "calendar"
    if not query:
        return None
    pairs = query.split("&")
    keys = [p.partition("=")[0] for p in pairs]
    if len(pairs) > 8 or len(keys) - len(set(keys)) > 3:
        return "endless"
    if _SEARCH_PATH.search(path):
        return "search"
    dated = any(_CALENDAR_KEY.fullmatch(k) for k in keys)
    unlikely = (not 1990 <= int(year) <= ends for year in _YEAR.findall("=" + query))
    return "calendar" if dated and (_CALENDAR_WORD.search(url) or any(unlikely)) else None


def _repeats(path: str) -> bool:
    """a/b/a/b/a/b: a relative link on a page that answers under any address."""
    parts = [p for p in path.split("/") if p]
    if len(parts) < 4:
        return False
    for size in range(1, len(parts) // 3 + 1):
        run = 0
        for i in range(size, len(parts)):
            run = run + 1 if parts[i] == parts[i - size] else 0
            if run >= 2 * size and not (size == 1 and run < 3):
                return True
    counts: dict[str, int] = {}
    for part in parts:
        counts[part] = counts.get(part, 0) + 1
    return max(counts.values()) > 4


# Numbers, and tokens of letters and digits (a session, a hash) as one number each. A run of letters is looked
# through once, from its start: 2,000 letters without a digit took 20 ms, and a page has room for 5,000 such
# links.
_NUMBER = re.compile(
    r"(?<![a-zA-Z0-9])(?=[a-zA-Z]*\d)(?=\d*[a-zA-Z])[a-zA-Z0-9]{12,}|(?<==)(?=[^&=]*\d)[\w-]{8,}|\d+"
)


def numbered(url: str) -> str | None:
    """The address with its numbers as #; None when it has none."""
    found = _NUMBER.sub("#", url.partition("://")[2].partition("/")[2])
    return found if "#" in found else None


def combined(url: str) -> str | None:
    """The path of an address with several parameters; None for fewer. Such as a list that can be filtered
    has: each word to choose more multiplies its addresses, and none of them has a number."""
    path, _, query = url.partition("?")
    return f"{path}?" if "&" in query else None


# --- what a link names ------------------------------------------------------------------------------------

_DOCUMENT = re.compile(r"pdf|do[ct][xm]?|odt|rtf|pp[ts][xm]?|odp|xls[xmb]?|ods|csv|txt|epub")
_IMAGE = re.compile(r"jpe?g|png|gif|tiff?|webp|bmp")
_OTHER = re.compile(
    r"css|m?js|json|map|woff2?|ttf|eot|otf|ico|svg|mp[34]|m4[av]|mov|avi|wm[av]|webm|og[gv]|wav|mpe?g|flv|swf"
    r"|zip|rar|7z|t?gz|tar|exe|msi|dmg|apk|iso|bin|dll|ics|vcf|psd|ai|eps|indd|dwg|km[lz]|gpx|shp|rss|atom|wsdl"
    r"|xsd|dtd|asx|m3u8?|torrent"
)
_DOCUMENT_WORDS = re.compile(
    r"(?i)\b(?:affisch|poster|plansch|broschyr|folder|flygblad|blankett|dokument|protokoll|handlingsplan|program"
    r"|plan|policy|rapport|inbjudan|karta|schema|infografik|bildspel|presentation|checklista|v[aä]gledning"
    r"|leaflet|brochure|document)(?:en|er|n|et|s|ens)?\b"
)
_FILE_MARK = re.compile(
    r"(?i)(?:^|[\s(\[,])(?:pdf|word|docx?|pptx?|powerpoint|xlsx?|excel)(?:[\s)\],.:;-]|$)|\b\d+([.,]\d+)?\s?[km]b\b"
)


def extension(url: str) -> str:
    """The file name extension of an address, lower case and without the dot; '' when there is none."""
    name = urlsplit(url).path.rpartition("/")[2]
    stem, dot, end = name.rpartition(".")
    return end.lower() if dot and stem and len(end) <= 5 and end.isalnum() else ""


def names(url: str) -> str:
    """What the address alone says it is: document, image, other (nothing to read in it) or page."""
    end = extension(url)
    if not end:
        return "page"
    if _DOCUMENT.fullmatch(end):
        return "document"
    if _IMAGE.fullmatch(end):
        return "image"
    return "other" if _OTHER.fullmatch(end) else "page"


def is_file_link(url: str, anchor: str) -> bool:
    """Whether a link leads to a document, by its address or its words ("Processplan (PDF, 300 kB)").

    A picture counts when its words say that it is something to read: a poster, an invitation.
    """
    kind = names(url)
    if kind == "document":
        return True
    if kind == "image":
        return bool(_DOCUMENT_WORDS.search(anchor) or _FILE_MARK.search(anchor))
    return kind == "page" and bool(_FILE_MARK.search(anchor))
