"""What is the document called?

Candidates come from the page title, the first heading, PDF metadata, the largest lines of page one, the
link text and the file name; each is wrong often ("Microsoft Word - Dok1", "Startsida", "Läs mer (PDF)"),
so they are judged by what they say and by how well they agree. Not for series or editions: ``enrich``.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

from indexer.model import Extract

_SEPARATOR = re.compile(r"\s+[|–—»·•›:/~]+\s+|\s+-+\s+|\s*\|\s*|\s*::+\s*|:\s+(?=[A-ZÅÄÖ][^:]*$)")
_SITE = re.compile(
    r"(?i)\b(?:kommun|stad|region|länsstyrelsen|landstinget|förbundet|myndigheten|verket|riksdagen|regeringen"
    r"|universitet|högskola|hemsida|webbplats|startsida|skr|skl|sweden|sverige|\w+\.(?:se|nu|org|com|eu))\b"
    r"|\w+(?:s kommun|verket)$"
)
_SUFFIX = re.compile(
    r"(?i)\s*[\[(]\s*(?:(?:pdf|docx?|word|pptx?|powerpoint|xlsx?|excel|odt|jpe?g|png|zip|fil|dokument|bild"
    r"|öppnas.{0,30}|nytt fönster|extern.{0,20}|ny flik|länk.{0,20}|[\d.,\s]+(?:[km]b|bytes)"
    r"|\d+ sid(?:or|an|\.)?)"
    r"[\s,;:.–-]*)+[\])]\s*$"
)
_EXTENSION = re.compile(
    r"(?i)\.(?:pdf|docx?|dotx?|pptx?|ppsx?|xlsx?|odt|odp|ods|rtf|txt|indd|pub|pages|html?|jpe?g|png|tmp|qxd|ai)$"
)
_PROGRAM = re.compile(
    r"(?i)(?:microsoft (?:word|powerpoint|excel|office \w+)|word|powerpoint|adobe (?:indesign|acrobat)"
    r"|openoffice|untitled|namnlös|utan (?:titel|namn)|no title|title|titel|rubrik|dokumentnamn"
    r"|document\s?\d*|dokument\s?\d*|dok\s?\d+|presentation\s?\d*|bild\s?\d+|powerpoint[- ]presentation"
    r"|slide \d+|layout \d+|sid(?:a|an)? ?\d*|mall\b.*|template.*|print|scan.*|skann.*"
    r"|bookmark.*|\(?anonymous\)?|\(?unspecified\)?|unknown"
    r"|okänd|test|brevmall|försättsblad|omslag|\S*\.(?:indd|qxd|cdr|ai|pub|eps))\b[\s\d:_-]*$"
    r"|(?:microsoft (?:word|powerpoint|excel)|powerpoint[- ]presentation) -"
)
_GENERIC = re.compile(
    r"(?i)(?:start|startsida(?:n)?|hem|home|index|välkommen|nyheter|dokument|läs mer.*|läs hela.*|här|visa"
    r"|se här|klicka (?:här|in).*|ladda (?:ner|hem|ned).*|hämta(?: .{0,30})?|öppna.*|pdf|länk|mer information"
    r"|till (?:dokumentet|sidan|rapporten)|bilaga(?: \d+)?|fil|download|read more|here|link|förstora|bild"
    r"|protokoll|inbjudan|program|inbjudan och program|presentation|minnesanteckningar|kallelse|dagordning"
    r"|underlag(?: för beslut)?|beslut|rapport|handlingsplan|policy|nyhetsbrev|\d+)$"
)
_CODE = re.compile(r"^[\W\d_]*$|^[0-9a-f]{12,}$|^[A-Z]{1,4}[-_ ]?\d{3,}[\w-]*$")
_WORD = re.compile(r"[^\W\d_]{2,}|\d+")


def clean(text: str) -> str:
    """A title as one line, without remarks on its format: "Plan 2012 (PDF, nytt fönster)" → "Plan 2012"."""
    text = " ".join(unicodedata.normalize("NFC", text).replace("\u00ad", "").replace("\x00", "").split())
    previous = None
    while text != previous:
        previous = text
        text = _SUFFIX.sub("", text).strip()
    text = _EXTENSION.sub("", text)
    return text.strip(" \t|–—-_»›•·")[:300].strip()


def without_site(text: str, site_name: str, url: str, h1: str | None) -> str:
    """A page title without the name of the site: "Barnrätt | Lunds kommun" → "Barnrätt"."""
    text = " ".join(text.split())
    parts = [part.strip() for part in _SEPARATOR.split(text) if part.strip()]
    if len(parts) < 2:
        return text
    if h1 and _key(h1) != _key(text) and _key(h1) in {_key(part) for part in parts}:
        return next(part for part in parts if _key(part) == _key(h1))
    if h1 and _key(text).startswith(_key(h1)) and len(_key(h1)) > 8:
        return h1
    host = (urlsplit(url).hostname or "").removeprefix("www.").split(".")[0]
    names = {_key(site_name)} - {""}

    def is_site(part: str) -> bool:
        key = _key(part)
        return (
            key in names
            or (len(host) > 3 and host.replace("-", "") in key)
            or bool(_SITE.search(part) and len(part) <= 45)
        )

    if "|" in text:  # nothing but a site's own name stands behind a bar
        first = text.split("|")[0].strip()
        last = text.rsplit("|", 1)[-1].strip()
        if first and not (is_site(first) and not is_site(last)):
            text, parts = first, [part.strip() for part in _SEPARATOR.split(first) if part.strip()]
    while len(parts) > 1 and is_site(parts[-1]):
        cut = text.rfind(parts[-1])
        text = text[:cut].rstrip(" |–—-:»·•›/~")
        parts.pop()
    while len(parts) > 1 and is_site(parts[0]) and _key(parts[0]) in names:
        text = text[text.find(parts[0]) + len(parts[0]) :].lstrip(" |–—-:»·•›/~")
        parts.pop(0)
    return text


def choose(extract: Extract, anchor: str | None, url: str) -> str:
    """The best title of a document; ``anchor`` is the text of the most telling link to it. Never empty."""
    candidates = {where: clean(text) for where, text in reversed(extract.titles)}
    link = clean(anchor or "")
    if extract.format == "html":
        return _of_page(candidates, link, url)
    return _of_file(extract, candidates, link, url)


def _of_page(candidates: dict[str, str], link: str, url: str) -> str:
    ordered = [candidates.get("h1", ""), candidates.get("title", ""), candidates.get("og:title", ""), link]
    for text in ordered:
        if text and not _GENERIC.match(text):
            return text
    return next((text for text in ordered if text), "") or _from_address(url)


def _of_file(extract: Extract, candidates: dict[str, str], link: str, url: str) -> str:
    metadata = candidates.get("metadata", "")
    shown = candidates.get("first page", "") or candidates.get("h1", "")
    name = _from_address(url)
    beginning = " ".join(page.text for page in extract.pages[:2])[:3_000]
    borne_out = _agree(metadata, shown) or _agree(metadata, link) or _share(metadata, beginning) >= 0.7
    if is_title(metadata) and borne_out and not (_GENERIC.match(metadata) and is_title(shown)):
        return metadata
    if is_title(shown) and is_title(link) and not _GENERIC.match(link):
        # The link names a document whose own first line may be the sender's or a slogan.
        return (
            link if not _agree(shown, link) and _share(link, beginning) >= 0.8 and len(shown) < 15 else shown
        )
    for text in (shown, link if not _GENERIC.match(link) else "", metadata, link, name):
        if is_title(text):
            return text
    return link or name or metadata or url


def is_title(text: str) -> bool:
    """Whether a text can be a title at all: words, and not what a program puts there by itself."""
    if len(text) < 3 or _PROGRAM.match(text) or _CODE.match(text) or not re.search(r"[^\W\d_]{2}", text):
        return False
    if "\\" in text or re.match(r"^(?:file|https?):", text):
        return False
    return not (" " not in text and re.search(r"[_]|\d{4,}|-.*-", text))


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _share(part: str, whole: str) -> float:
    """How many of the words of ``part`` stand in ``whole``."""
    words = _words(part)
    return len(words & _words(whole)) / len(words) if words else 0.0


def _agree(one: str, other: str) -> bool:
    if not one or not other:
        return False
    return max(_share(one, other), _share(other, one)) >= 0.6


def _from_address(url: str) -> str:
    """The file name of an address as words."""
    path = unquote(urlsplit(url).path).rstrip("/")
    name = _EXTENSION.sub("", path.rsplit("/", 1)[-1])
    name = re.sub(r"^[0-9.]+[a-f0-9]{8,}(?:\.[0-9]+)*[-_/]?", "", name)
    words = re.sub(r"[\s_+-]+", " ", name).strip()
    return words[:1].upper() + words[1:] if words else ""
