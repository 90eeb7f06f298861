"""What is the document called?

Candidates come from the page title, the first heading, PDF metadata, the largest lines of page one, the
link text and the file name; each is wrong often ("Microsoft Word - Dok1", "Startsida", "Läs mer (PDF)"),
so they are judged by what they say and by how well they agree. Not for series or editions: ``enrich``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from urllib.parse import unquote, urlsplit

from indexer.language.text import composed
from indexer.model import Extract

_SEPARATOR = re.compile(r"\s+[|–—«»·•‹›:/~]+\s+|\s+-+\s+|\s*\|\s*|\s*::+\s*|:\s+(?=[A-ZÅÄÖ][^:]*$)")
_SITE = re.compile(
    r"(?i)\b(?:kommun|stad|region|länsstyrelsen|landstinget|förbundet|myndigheten|verket|riksdagen|regeringen"
    r"|universitet|högskola|hemsida|webbplats|startsida|skr|skl|sweden|sverige|\w+\.(?:se|nu|org|com|eu))\b"
    r"|\w+(?:s kommun|verket)$"
)
_FILE = r"(?:pdf|docx?|pptx?|xlsx?|odt|jpe?g|png|zip)"
_SUFFIX = re.compile(
    # Signs between remarks belong to the one before, and six are enough: there were endless readings.
    r"(?i)\s*[\[(](?=.{1,150}$)[\s.,]*+(?:"
    r"(?:pdf|docx?|word|pptx?|powerpoint|xlsx?|excel|odt|jpe?g|png|zip|fil|dokument|bild"
    r"|öppnas.{0,30}|nytt fönster|extern.{0,20}|ny flik|länk.{0,25}|\d[\d.,\s]*+(?:[km]b|bytes)"
    r"|(?:in)?s[ck]ann(?:at|ad|ade|ing)|(?:ej |inte )?tillgänglighetsanpassa[dt]"
    r"|\d++ sid(?:or|an|\.)?)"
    r"[\s,;:.–-]*+){1,6}[\])]\s*$"
)
_TAIL = re.compile(
    rf"(?i)(?:,\s*{_FILE}|(?<![\s,–-])[\s,–-]++(?:{_FILE}[\s,]*+)?\d[\d.,]*\s?[kmg]b)"
    r"\s*[.,]?\s*(?:öppnas i nytt fönster|nytt fönster)?$"
)
_EXTENSION = re.compile(
    r"(?i)\.(?:pdf|docx?|dotx?|pptx?|ppsx?|xlsx?|odt|odp|ods|rtf|txt|indd|pub|pages|html?|jpe?g|png|tmp|qxd|ai)$"
)
_PRINTED_BY = re.compile(r"(?i)^microsoft (?:word|powerpoint|excel|office \w+) - ")
_PROGRAM = re.compile(
    r"(?i)(?:microsoft (?:word|powerpoint|excel|office \w+)|word|powerpoint|adobe (?:indesign|acrobat)"
    r"|openoffice|untitled|namnlös|utan (?:titel|namn)|no title|title|titel|rubrik|dokumentnamn"
    r"|document\s?\d*|dokument\s?\d*|dok\s?\d+|presentation\s?\d*|bild\s?\d+|powerpoint[- ]presentation"
    r"|slide \d+|layout \d+|sid(?:a|an)? ?\d*|mall(?: för \w+)?|template.*|print"
    r"|(?:scan|skann)(?:ned|ning|nad)?(?:\s*dokument)?"
    r"|bookmark.*|\(?anonymous\)?|\(?unspecified\)?|unknown"
    r"|okänd|test|brevmall|försättsblad|omslag|\S*\.(?:indd|qxd|cdr|ai|pub|eps))\b[\s\d:_-]*$"
    r"|(?:microsoft (?:word|powerpoint|excel)|powerpoint[- ]presentation) -"
)
_SAYS_NOTHING = re.compile(
    r"(?i)(?:start|(?:till )?startsida(?:n)?|(?:digital )?anslagstavla"
    r"|hem|home|index|välkommen|nyheter|dokument|läs mer.*|läs hela.*|här|visa"
    r"|se här|klicka (?:här|in|på).*|ladda (?:ner|hem|ned).*|hämta(?: .{0,30})?|öppna.*|pdf|länk"
    r"|mer information|till (?:dokumentet|sidan|rapporten)|fil|download|read more|here|link|förstora|bild"
    r"|bilaga(?: \d+)?|\d+)$"
)
_KIND = re.compile(  # says what it is, not what it is about
    r"(?i)(?:\w*(?:protokoll|utdrag|plan|policy|strategi|rapport|beslut|skrivelse|brev|blad|anteckningar|riktlinjer"
    r"|program|inbjudan|kallelse|underlag|redovisning|analys|bedömning|utvärdering|checklista|vägledning|mall"
    r"|bilaga|presentation|information|sammanfattning|dagordning|lista|remiss|yttrande|enkät|direktiv)(?:en|et|n)?"
    r"|författning|inbjudan och program|underlag för beslut|förslag till beslut)$"
)
_BODY = re.compile(
    r"(?i)\b\w*(?:nämnd|nämnden|styrelse|styrelsen|utskott|utskottet|fullmäktige|råd|rådet|beredningen?)\b"
)
_SENDER = re.compile(
    r"(?i)(?:(?:[\w&-]+\s+){1,2}(?:kommun|stad|region|landsting|län)|region \w+|länsstyrelsen(?: i)?[\w\s]*"
    r"|(?:\w*(?:myndigheten|nämnden|styrelsen) för )?"
    r"(?!.*(?:\d|\b(?:för|om|till|från|av|i|på|inom|med|vid|hos)\b))[\w\s,&-]*"
    r"(?:nämnden|förvaltningen|kontoret|avdelningen|enheten|förbundet(?: \w+)?|författningssamling|verket"
    r"|myndigheten))$"
)
_SPAN = re.compile(r"\s(?:19|20)\d\d\s?[-–]\s?(?:19|20)?\d\d$")  # a line of its own below the name
_SECTION = re.compile(  # heads a part of any document
    r"(?i)(?:tillämpningsområde|inledning|inledande bestämmelser|bakgrund|syfte|sammanfattning|uppdrag"
    r"|ärendet|innehåll(?:sförteckning)?|(?:förslag till )?beslut|ärendebeskrivning|närvarande|deltagare"
    r"|(?:dagordning|beslutande|plats och tid|föredragningslista|ärendelista)"
    r"|anslag(?:\s?/\s?bevis|sbevis)?|bevis om anslag)$"
    r"|(?:plats och tid|tid och plats|beslutande(?: ledamöter)?|närvarande|sammanträdesdatum)[:\s]"
)
_JOINED_SECTION = re.compile(  # in the same letters right below the title
    r"(?<=\w\w)\s(?:Förslag till beslut|Sammanfattning(?: av ärendet)?|Bakgrund|Inledning"
    r"|Ärendet|Ärendebeskrivning|Beslut)$"
)
_NAMELESS = re.compile(
    r"(?i)rapport|inbjudan|policy|strategi|riktlinjer|vägledning|checklista|rutin|broschyr|folder|bilaga"
    r"|styrdokument"
)
_TOLD = re.compile(  # at the beginning of a line, or above the title in a cell
    r"(?m)(?:^(?:Dokumenttitel|Titel|Dokumentnamn|Dokumentets namn)(?: ?[:|])? +"
    r"|\b(?:Dokumenttitel|Titel|Dokumentnamn|Dokumentets namn):?\n)([^\n]{4,150})$"
)
_HEAD = 600
_SENTENCES = 60
_NUMBERED = re.compile(r"(?i)\s+(?:sida|sid|blad|s\.)?\s*\d{1,4}(?:\s*(?:\(|/|av)\s*\d{1,4}\)?)?$")
_OF_A_TEMPLATE = re.compile(r"(?i)\b(?:\w*mall|template)\b")
_CODE = re.compile(  # a number in a register or series: "KS 2014/123", "SKOLFS 2011:37", "Prop. 2009/10:232"
    r"^[\W\d_]*$|^[0-9a-f]{12,}$"
    r"|^(?:[A-ZÅÄÖ]{1,5}(?:-?FS)?|(?:Prop|Dir|Skr|Ds)\.?)[-_ /]?\d(?:[\W_]*\d){2,}[\W_]*"
    r"(?:FS|[Kk]onsoliderad version)?$"
)
_LABELLED = re.compile(  # says something of the document, not its name: "ISSN 1103-405X", "1 kap."
    r"(?i)(?:issn|isbn|utgivare|dnr|diarie\w+|handläggare|dokument(?:id|typ|namn)|org\.?\s?nr|telefon|tel)\b[\s.:]"
    r"|\d+ (?:kap\.|§)"
)
_SYSTEM = (
    re.compile(  # a program that bodies publish with, which names itself where the document should stand
        r"(?i)(?:meetings\s?plus|netpublicator|ciceron(?: \w+)?|troman(?: \w+)?|insyn(?: \w+)?|platina"
        r"|lex(?: \w+)?|w3d3"
        r"|evolution|sharepoint|sitevision|episerver|optimizely|umbraco|wordpress|drupal|joomla)[\s\d.]*$"
    )
)
_TEMPLATE = re.compile(
    r"(?i)(?:nyhet|nyhetsartikel|artikel|evenemang|händelse|kalenderhändelse|pressmeddelande|visa \w+)$"
)
_PAGE_NUMBER = re.compile(r"(?i)\s+(?:(?:sida|sid|blad)\s*\d{1,4}(?:\s*\(\d{1,4}\))?|\d{1,3}\s*\(\d{1,4}\))$")
_ITEM = re.compile(r"(?m)^§+ ?\d")  # of minutes
_WORD = re.compile(r"[^\W\d_]{2,}|\d+")


def clean(text: str) -> str:
    """A title as one line, without remarks on its format: "Plan 2012 (PDF, nytt fönster)" → "Plan 2012"."""
    text = " ".join(composed(text).replace("\u00ad", "").replace("\x00", "").split())
    previous = None
    while text != previous:
        previous = text
        text = _TAIL.sub("", _SUFFIX.sub("", text)).strip()
    text = re.sub(r"(?<=\b\d{4})([–—-]) (?=\d{4}\b)", r"\1", text)  # a line ended in "2017–"
    text = _PAGE_NUMBER.sub("", _EXTENSION.sub("", text))
    return text.strip(" \t|–—-_«»‹›•·,;")[:300].strip()


def without_site(text: str, site_name: str, url: str, h1: str | None) -> str:
    """A page title without the name of the site: "Barnrätt | Lunds kommun" → "Barnrätt"."""
    text = " ".join(text.split())
    parts = [part.strip() for part in _SEPARATOR.split(text) if part.strip()]
    if len(parts) < 2:
        return text
    if h1 and _key(h1) != _key(text) and _key(h1) in {_key(part) for part in parts}:
        others = [part for part in parts if _key(part) != _key(h1)]
        if _SAYS_NOTHING.match(h1) and others:  # "Välkommen « Barnens röst": the entrance of the site
            return others[0]
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
            or bool(len(part) <= 45 and _SITE.search(part))
        )

    if "|" in text:  # nothing but a site's own name stands behind a bar
        first = text.split("|")[0].strip()
        last = text.rsplit("|", 1)[-1].strip()
        if first and not (is_site(first) and not is_site(last)):
            text, parts = first, [part.strip() for part in _SEPARATOR.split(first) if part.strip()]
    while len(parts) > 1 and is_site(parts[-1]):
        cut = text.rfind(parts[-1])
        text = text[:cut].rstrip(" |–—-:«»·•‹›/~")
        parts.pop()
    if (
        len(parts) > 1
        and re.fullmatch(r"[^\W\d]+s? (?:kommun|stad)", parts[0])
        and text[len(parts[0])] in " |:"
    ):
        names.add(_key(parts[0]))  # "Lunds kommun - Barnombud"
    while len(parts) > 1 and is_site(parts[0]) and _key(parts[0]) in names:
        text = text[text.find(parts[0]) + len(parts[0]) :].lstrip(" |–—-:«»·•‹›/~")
        parts.pop(0)
    return text


def tells_nothing(text: str) -> bool:
    """Whether a page title says of no page what it is about: "", "Start", a sender or a program."""
    parts = [part.strip() for part in _SEPARATOR.split(text) if part.strip()]
    listed = any(map(_SYSTEM.match, parts))  # which body's papers these are: "Skolnämnden - MeetingsPlus"
    return all(
        _SAYS_NOTHING.match(part)
        or _SYSTEM.match(part)
        or _TEMPLATE.match(part)
        or is_sender(part)
        or (listed and _BODY.fullmatch(part))
        for part in parts
    )


def is_of_template(text: str) -> bool:
    """Whether a page title says only what sort of page it is, and of which site: "Nyhet - Habo kommun"."""
    return tells_nothing(text) and any(map(_TEMPLATE.match, map(str.strip, _SEPARATOR.split(text))))


def choose(
    extract: Extract, anchor: str | None, url: str, names: Iterable[str] = (), file_name: str = ""
) -> str:
    """The best title of a document; ``anchor`` is the text of the most telling link to it, ``file_name`` what
    its server calls it where the address does not. Never empty.

    ``names`` are those of its site: what stands in the head of all its pages is the title of none.
    """
    candidates = {where: clean(_PRINTED_BY.sub("", text)) for where, text in reversed(extract.titles)}
    link = clean(anchor or "")
    if _SAYS_NOTHING.match(link):
        link = ""
    best = (
        _of_page(candidates, link, {_key(name) for name in names})
        if extract.format == "html"
        else _of_file(extract, candidates, link)
    )
    name = file_name or unquote(urlsplit(url).path).rstrip("/").rsplit("/", 1)[-1]
    return best or _from_name(name) or link or urlsplit(url).hostname or url


def _of_page(candidates: dict[str, str], link: str, names: Set[str]) -> str:
    """First heading, then page title; one that says nothing only when there is no other.

    "heading" is the first of a page without h1, "bold" a line that only looks like a heading.
    """
    ordered = [(where, text) for where in ("h1", "title", "og:title") if (text := candidates.get(where, ""))]
    ordered = [(where, text) for where, text in ordered if not _SYSTEM.match(text)]
    own = [text for where, text in ordered if where == "h1" or _key(text) not in names]
    others = (link, candidates.get("heading", ""), candidates.get("bold", ""))
    telling = (text for text in (*own, *others) if text and not _SAYS_NOTHING.match(text))
    return next(telling, ordered[0][1] if ordered else "")


def _of_file(extract: Extract, candidates: dict[str, str], link: str) -> str:
    metadata, shown, below = (candidates.get(where, "") for where in ("metadata", "first page", "below"))
    others = [clean(text) for where, text in extract.titles if where == "second"]
    shown, sentence = _JOINED_SECTION.sub("", shown), shown
    if len(shown) > _SENTENCES and re.search(r"[a-zåäö]\. [A-ZÅÄÖ]", shown):
        shown = ""  # where nothing stands out: the text itself begins
    beginning = "\n".join(page.text for page in extract.pages[:2])[:3_000]
    # 1. A title that someone has set by hand, and that the document itself bears out.
    begins = " " not in metadata and shown.startswith(f"{metadata} ")  # "Rutin" of "Rutin vid oro för barn"
    printed = any(where == "metadata" and _PRINTED_BY.match(text) for where, text in extract.titles)
    unsaid = (
        printed or begins or is_sender(metadata) or _KIND.match(metadata) or _SAYS_NOTHING.match(metadata)
    )
    if is_title(metadata) and not (unsaid and is_title(shown)):
        known = f"{shown} {link} {beginning}"
        other = _numbers(metadata) and _numbers(shown) and not _numbers(metadata) & _numbers(shown)
        if other and _share(metadata, shown) > 0:
            known = ""  # of the edition before, which the text may name
        if _OF_A_TEMPLATE.search(metadata) and not _OF_A_TEMPLATE.search(known):
            known = ""  # "Region Halland mall rapport" shares most words with all that is made from it
        if _share(metadata, known) >= 0.7 and _numbers(metadata) <= _numbers(known):
            return _as_written(metadata, shown, link)
    # 2. Of a picture the link: what Tesseract reads first may be a logotype or a slogan.
    if extract.read_by == "ocr" and is_title(link) and not _KIND.match(link):
        return link
    # 3. What stands largest on its first page, unless that is the sender, a part, or the kind of document.
    if is_sender(shown) or _SECTION.match(shown):
        worded = (text for text in others if is_title(text) and not is_sender(text) and ". " not in text)
        shown = next((text for text in worded if not (_KIND.match(text) or _SECTION.match(text))), shown)
    elif is_title(shown) and " " not in re.sub(r"[\s\d:/.–-]+$", "", shown):
        # "BARN" across the cover of "Strategi för barn och unga", "RAPPORT" above what it is about.
        worded = (
            text for text in others if is_title(text) and not is_sender(text) and not _SECTION.match(text)
        )
        longer = next((text for text in worded if not _KIND.match(text)), "")
        numbered = _KIND.match(re.sub(r"[\s\d:/–-]+$", "", link)) or not link
        said = numbered and _NAMELESS.match(shown) and not _BODY.search(longer) and not _numbers(longer)
        if longer and (said or _words(shown) < _words(longer)):
            shown = longer
    if _BODY.fullmatch(shown) and (kind := next(filter(_KIND.match, (*others, below)), "")):
        shown, below = kind, shown  # "Kommunstyrelsen", and in smaller letters "SAMMANTRÄDESPROTOKOLL"
    if not is_title(shown) or shown.startswith("§") or _SECTION.match(shown):
        # Minutes often say what they are in the head of every page alone.
        heads = [_without_sender(_NUMBERED.sub("", line)) for line in extract.furniture]
        head = next(filter(_KIND.match, heads), "")
        if head and "utdrag" not in head.casefold():  # that is about its one paragraph
            shown, below = head, next(filter(_BODY.search, heads), below)
    part = _SECTION.match(shown) or (shown.startswith("§") and len(_ITEM.findall(beginning)) > 1)
    if part and is_title(link):
        return link
    if is_title(shown) and not is_sender(shown):
        if is_title(link) and not _KIND.match(link) and _link_is_better(shown, link, beginning):
            return link
        if _KIND.match(shown) and _BODY.search(below) and len(below) <= 80:
            named = _BODY.match(below) is not None  # "Styrelsen för …", not "Region Skånes styrelse"
            return f"{shown}, {below[:1].lower() if named else below[:1]}{below[1:]}"
        return _as_written(shown, link)
    if is_title(shown) and is_title(below) and not is_title(link):
        return below
    # 4. What a table in the head calls it; the link; a scanned document has nothing else.
    told = _TOLD.search(beginning[:_HEAD]) if not is_title(shown) else None
    in_table = clean(told[1]) if told is not None else ""
    return next((text for text in (in_table, link, shown, metadata, sentence) if is_title(text)), "")


def is_sender(text: str) -> bool:
    """Whether a line only names who sends the document, as "Plan Socialnämnden" does not."""
    return _SENDER.match(_SPAN.sub("", text)) is not None and not any(map(_KIND.match, text.split()))


def _without_sender(line: str) -> str:
    """The kind of document, where a page head has it beside the sender: "Lunds kommun PROTOKOLL"."""
    sender, _, kind = line.rpartition(" ")
    return kind if len(line) <= 120 and _KIND.match(kind) and is_sender(sender) else line


def _link_is_better(shown: str, link: str, beginning: str) -> bool:
    """Whether the editor who set the link has named the document better than its own first page."""
    if _KIND.match(_SPAN.sub("", shown)):
        return True
    if _key(shown) in _key(link) or _key(link) in _key(shown):
        return False
    if _share(link, shown) >= 0.6 or _share(shown, link) >= 0.6:
        return bool(_numbers(link) - _numbers(shown)) and not _numbers(shown)
    # A slogan stands largest on an invitation; the link says what it is, in words of the document.
    return len(_words(link)) >= 5 and _share(link, beginning) >= 0.8


def _as_written(text: str, *others: str) -> str:
    """The title in the letters of another candidate that says the same without shouting."""
    if text.isupper() and len(text) > 8:
        return next((other for other in others if _key(other) == _key(text) and not other.isupper()), text)
    return text


def is_title(text: str) -> bool:
    """Whether a text can be a title at all: words, and not what a program puts there by itself."""
    if len(text) < 3 or _PROGRAM.match(text) or _CODE.match(text) or not re.search(r"[^\W\d_]{2}", text):
        return False
    if "\\" in text or _LABELLED.match(text) or re.match(r"^(?:file|https?):", text):
        return False
    return not (" " not in text and re.search(r"[_]|\d{4,}|-.*-", text))


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


def _share(part: str, whole: str) -> float:
    """How many of the words of ``part`` stand in ``whole``."""
    words = _words(part)
    return len(words & _words(whole)) / len(words) if words else 0.0


def _from_name(name: str) -> str:
    """A file name as words."""
    name = _EXTENSION.sub("", name)
    name = re.sub(r"^[0-9.]+[a-f0-9]{8,}(?:\.[0-9]+)*[-_/]?", "", name)
    words = re.sub(r"[\s_+-]+", " ", name).strip()
    return words[:1].upper() + words[1:] if words else ""
