"""Which dates does a Swedish (or English) text state, and what does it say they are?

Pure and without a clock: only what is written. Diary numbers, laws, telephone numbers, postal boxes, ISBN
and names such as Agenda 2030 are not dates. Which of a document's dates is its own is for
``indexer/enrich`` to judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

YEARS = range(1900, 2100)
"""Years that four digits may mean; those before are history in any document we hold."""


@dataclass(frozen=True, slots=True)
class Stated:
    """One date, month, year or span of years in a text.

    ``label``: published, updated, meeting, decision, event, dated ("Datum:"), other (adjusted, valid until
    …) or none.
    """

    date: str  # 2014-03-12, 2014-03 or 2014
    label: str
    text: str  # the words it was read from
    start: int  # offsets into the text that was searched
    end: int
    until: str | None = None  # the last year of a span: "2012–2013" has date 2012, until 2013

    @property
    def years(self) -> tuple[int, ...]:
        first = int(self.date[:4])
        return tuple(range(first, int((self.until or self.date)[:4]) + 1))

    @property
    def precision(self) -> str:
        """day, month, year or span"""
        return "span" if self.until else {10: "day", 7: "month", 4: "year"}[len(self.date)]


# --- the forms ----------------------------------------------------------------------------------------------

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "maj": 5, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
    "okt": 10, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_MONTH = (
    r"(?:jan(?:uari|uary)?|feb(?:r(?:uari|uary)?)?|mar(?:s|ch)?|apr(?:il)?|maj|may|juni?|june|juli?|july|"
    r"aug(?:usti|ust)?|sept?(?:ember)?|okt(?:ober)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DASH = r"\s?[-–—−‐‑]\s?"
_YEAR = r"(?:19|20)\d\d"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_SEASON = (
    r"(?:(?:hösten|våren|sommaren|vintern|vår|höst|sommar|vinter)|(?:höst|vår)(?:terminen|termin)|"
    r"[hv]\.?t\.?|(?:första|andra|tredje|fjärde)\s+(?:kvartalet|halvåret)|(?:kvartal|q)\s?[1-4]|"
    r"(?:tertial|t)\s?[1-3]|v(?:ecka|\.)?\s?\d{1,2}|(?:spring|autumn|fall|summer|winter)(?:\s(?:semester|term))?)"
)

# Each form once, tried in this order at every place. Groups are named y m d; y2 is the last year of a span.
_FORMS = re.compile(
    r"(?<![\w])(?:"
    # 2014-03-12, 2014.03.12, 2014/3/12, with any dash; a time may follow
    rf"(?P<y1>{_YEAR})(?P<s1>[-./]|{_DASH})(?P<m1>0?[1-9]|1[0-2])(?P=s1)(?P<d1>{_DAY})"
    rf"(?=T\d\d|-{_YEAR}-\d\d-\d\d|(?![\w])(?!-\d))"
    # 20140312
    r"|(?P<y2>20\d\d|19\d\d)(?P<m2>0[1-9]|1[0-2])(?P<d2>0[1-9]|[12]\d|3[01])(?![\w]|-\d)"
    # 12 mars 2014, den 12:e mars 2014, 12–14 mars 2014, 30 maj–1 juni 2014, 12 och 13 mars 2014
    rf"|(?P<d3>{_DAY})(?::?[ae]|st|nd|rd|th)?(?:\s+of)?"
    rf"(?:(?:\s{_MONTH})?(?:{_DASH}|\s(?:och|till|t\.?o\.?m\.?|and|to)\s){_DAY}(?::?[ae])?)?"
    rf"\s?(?P<m3>{_MONTH}),?\s?(?:år\s)?(?P<y3>{_YEAR})(?!\w)"
    # den 3 mars -21, 3 mars ’21
    rf"|(?P<d17>{_DAY})(?::?[ae])?\s(?P<m17>{_MONTH})\s?[-–'’´](?P<y17>[0-3]\d)(?!\w|\s?[-–:/.]\s?\d|\s(?:{_MONTH}))"
    # October 14, 2015
    rf"|(?P<m4>{_MONTH})\s(?P<d4>{_DAY})(?:st|nd|rd|th)?,\s?(?P<y4>{_YEAR})(?!\w)"
    # Datum 960930, Datum: 14-03-12, Uppdaterad 041105
    rf"|(?:dat(?:um|\.)?|(?:uppdatera|ändra|revidera|publicera|granska)[dt](?:\sden)?)[:\s]{{1,3}}(?P<y15>\d\d)-?(?P<m15>0[1-9]|1[0-2])-?(?P<d15>{_DAY})(?!\w|-\d)"
    # 12/3 2014, 12/3-14, 12.3.2014, 12-03-2014
    rf"|(?P<d5>{_DAY})/(?P<m5>0?[1-9]|1[0-2])(?:\s|\s?[-–/]\s?)(?P<y5>{_YEAR}|\d\d)(?!\w|[:/-]\d)"
    rf"|(?P<d6>{_DAY})(?P<s6>[.-])(?P<m6>0?[1-9]|1[0-2])(?P=s6)(?P<y6>{_YEAR})(?!\w|[:/-]\d)"
    # mars 2014, mars månad 2014, mars-maj 2014 (its first month is not what it is dated: a span within a
    # year)
    rf"|(?P<m7a>{_MONTH})(?:{_DASH}|\s(?:och|till|t\.?o\.?m\.?)\s)(?P<m7b>{_MONTH})\s(?:år\s)?(?P<y7>{_YEAR})(?!\w)"
    rf"|(?P<m8>{_MONTH})(?:\smånad)?,?\s(?:år\s)?(?P<y8>{_YEAR})(?!\w)"
    # nr 3/2014, nr 3-2014, nr 3, 2014
    rf"|(?:nr|nummer|no)\.?\s?\d{{1,2}}(?:\s?[/–-]\s?|,?\s)(?P<y14>{_YEAR})(?!\w|[:/-]\d)"
    # ht 2014, vt-15, HT14, hösten 2012, Q1 2014, vecka 12 2014, vintern 2013/14
    rf"|(?P<season>{_SEASON})[\s,-]{{0,2}}(?P<y9>{_YEAR})(?:[/–-](?P<z9>{_YEAR}|\d\d))?(?!\w|[:/-]\d)"
    r"|(?P<term>[hv]t)[\s'’-]?(?P<y10>[012]\d)(?!\w|[:/-]\d)"
    # 2012–2013, 2012-2013, 2012—13, 2012/13, 2012/2013
    rf"|(?P<y11>{_YEAR})(?:{_DASH}|\s?/\s?|\s(?:till|t\.?o\.?m\.?|to)\s(?:och\smed\s)?)(?P<z11>{_YEAR})(?!\w|[:/]\d|-\d)"
    rf"|(?P<y12>{_YEAR})(?P<s12>[-–—/])(?P<z12>\d\d)(?!\w|[:/-]\d|[.,]\d)"
    # läsåret 13/14
    r"|(?:läsår|skolår|verksamhetsår)(?:et)?\s(?P<y16>\d\d)\s?[/–-]\s?(?P<z16>\d\d)(?!\w|[:/-]\d)"
    # 2014
    rf"|(?P<y13>{_YEAR})(?!\w|[:/]\d|[.,]\d)"
    r")",
    re.IGNORECASE,
)

# What stands right before a number that is no date, although it looks like one.
_NUMBER_BEFORE = re.compile(
    r"(?:"
    r"\b(?:dnr|d\.nr|diarie(?:nummer|nr|beteckning)|ärende(?:nummer|nr|id)?|ärendenr|dokument(?:id|nr|nummer)|"
    r"projekt(?:nr|nummer)|beslutsnummer|reg\.?\s?nr|ref\.?|referens|målnr|mål\snr|art\.?\s?nr|artikelnummer|"
    r"isbn|issn|org\.?\s?(?:nr|nummer)|organisations(?:nr|nummer)|bankgiro|plusgiro|pg|bg|faktura(?:nr|nummer)?|"
    r"postbox|box|sfs|sosfs|hslf-fs|skolfs|afs|bfs|lag|lagen|sou|ds|dir|prop|proposition(?:en)?|bet|rskr|skr|nja|jo|"
    r"iso|iec|en|tel|telefon|tfn|telnr|mobil|fax|växel|rum|sal|sida|sid|s|§|kl|klockan|nr|no|version|artikel|art)"
    r"(?!\w)[.:]{0,2}\s{0,2}(?:(?-i:[A-ZÅÄÖ]{1,5})[\s:/.-]{0,2})?(?:\d{1,6}[-/:.\s])?"  # Dnr KS 2014…
    r"|[@#]|\d[-/:]|\bwww\.\S*|://\S*|\w@\S*"
    r")$",
    re.IGNORECASE,
)
_STRICT_BEFORE = re.compile(  # these are numbers whatever follows, even when it has the form of a whole date
    r"\b(?:dnr|d\.nr|diarie(?:nummer|nr|beteckning)|ärende(?:nummer|nr|id)|isbn|issn|org\.?\s?(?:nr|nummer)|"
    r"organisations(?:nr|nummer)|tel|telefon|tfn|mobil|fax|bankgiro|plusgiro|personnummer|pnr|född|födda|f\.)"
    r"(?!\w)[.:]{0,2}\s{0,2}(?:(?-i:[A-ZÅÄÖ]{1,5})[\s:/.-]{0,2})?$",
    re.IGNORECASE,
)
_NUMBER_AFTER = re.compile(
    r"[-/:]\d|-?\s?(?:års?)?-?talet|\s(?:kronor|kr|tkr|mkr|mnkr|miljoner|personer|barn|elever|invånare|st|stycken|"
    r"meter|kvm|kvadratmeter|ord|tecken|svar|svarande|deltagare|medlemmar|exemplar|enkäter|poäng|timmar)\b|\.\d|,\d\b",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(
    r"\b(?:agenda|vision|visionen|horizon|horisont|europa|europe|mål|målbild|lgr|lpf[öo]|lpo|gy|läroplan|"
    r"mot|until|towards|office|windows|word|expo|konventionen\sfrån|barnkonventionen\sfrån|ratificerades?|ratificerat|"
    r"beslut\s2|skottland|lagen\sfrån)\s?$",
    re.IGNORECASE,
)
_ISSUE_BEFORE = re.compile(r"\b(?:nr|nummer|no|num)\.?\s{1,2}$", re.IGNORECASE)
_TELEPHONE_BEFORE = re.compile(r"\b0\d{1,3}[- ]{1,3}\d{2,3}\s$")
_CODE_BEFORE = re.compile(r"(?<!\w)[A-ZÅÄÖ]{2,6}[\s:/.-]{0,2}$")  # KS 2014-12, SSMFS 2008-21


def read(text: str) -> tuple[Stated, ...]:
    """All dates, months, years and spans that ``text`` states, in order."""
    found: list[Stated] = []
    for match in _FORMS.finditer(text):
        date, until = _value(match)
        if date is None or not _is_date(text, match, date, until):
            continue
        start, end = match.start("y15") if match["y15"] else match.start(), match.end()
        if match["y3"] and _ISSUE_BEFORE.search(text[max(0, start - 10) : start]):
            date = date[:7]  # "nr 4 december 2021" is of December
        if found and len(date) == 10 == len(found[-1].date) and _TO.fullmatch(text[found[-1].end : start]):
            first = found.pop()  # 2020-01-01–2022-12-31
            years = date[:4] if date[:4] > first.date[:4] else None
            found.append(Stated(first.date, first.label, text[first.start : end], first.start, end, years))
            continue
        if found and _go_on(found[-1], date, until) and _TO.fullmatch(text[found[-1].end : start]):
            first = found.pop()  # ht 2014 – vt 2015, mars 2014 till juni 2015
            found.append(
                Stated(first.date[:4], first.label, text[first.start : end], first.start, end, date[:4])
            )
            continue
        found.append(Stated(date, label(text, start), text[start:end].strip(), start, end, until))
    return tuple(found)


_TO = re.compile(r"\s{0,2}(?:[-–—]|till|t\.?o\.?m\.?|to)(?:\soch\smed)?\s{0,2}")


def _go_on(first: Stated, date: str, until: str | None) -> bool:
    """Whether a month or term of a later year may end what begins with a month or term."""
    short = len(first.date) < 10 and len(date) < 10 and not first.text[0].isdigit()
    return short and first.until is None and until is None and first.date[:4] < date[:4]


def read_name(name: str) -> tuple[Stated, ...]:
    """The dates in a file name or the last part of an address: ``protokoll_ks_140312.pdf``,
    ``nr2-juni-2011``.
    """
    spaced = re.sub(
        r"[_+]|%20|(?<=[^\W\d])-(?=\d)|(?<=\d)-(?=[^\W\d])|(?<=[^\W\d])(?=(?:19|20)\d\d)", " ", name
    )
    spaced = re.sub(r"(?<=[^\W\d])-(?=[^\W\d])", " ", spaced)
    spaced = re.sub(r"\.\w{2,4}$", "", spaced)
    found = list(read(spaced))
    if not found:
        for match in re.finditer(r"(?<!\d)([0-29]\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)", spaced):
            date = _day(_century(match[1]), int(match[2]), int(match[3]))
            if date:
                found.append(Stated(date, "none", match[0], match.start(), match.end()))
    return tuple(found)


def _value(match: re.Match[str]) -> tuple[str | None, str | None]:
    group = match.groupdict()
    for form in ("1", "2", "3", "4", "5", "6", "15", "17"):
        if group[f"y{form}"]:
            month, day = group[f"m{form}"], int(group[f"d{form}"])
            number = int(month) if month.isdigit() else _MONTHS[month[:3].lower()]
            return _day(_century(group[f"y{form}"]), number, day), None
    if group["y7"]:
        return group["y7"], None
    if group["y8"]:
        return f"{group['y8']}-{_MONTHS[group['m8'][:3].lower()]:02}", None
    if group["y9"]:
        return group["y9"], _last_year(group["y9"], group["z9"])
    if group["y10"]:
        return f"20{group['y10']}", None
    if group["y14"]:
        return group["y14"], None
    if group["y11"]:
        return group["y11"], _last_year(group["y11"], group["z11"])
    if group["y12"]:
        return _short_span(group["y12"], group["s12"], group["z12"])
    if group["y16"]:
        first = _century(group["y16"])
        until = str(int(first) + 1)
        return (first, until) if until[2:] == group["z16"] else (None, None)
    return group["y13"], None


def _century(year: str) -> str:
    return year if len(year) == 4 else f"19{year}" if year > "50" else f"20{year}"


def _day(year: str, month: int, day: int) -> str | None:
    longest = 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    return f"{year}-{month:02}-{day:02}" if 1 <= day <= longest else None


def _last_year(first: str, last: str | None) -> str | None:
    if last is None:
        return None
    full = last if len(last) == 4 else first[:2] + last
    return full if int(first) < int(full) <= int(first) + 30 else None


_SHORT_SPAN = 10
"""Years that a span written with two digits may have: 2016-19, but 2008-21 is a number."""


def _short_span(year: str, sign: str, last: str) -> tuple[str | None, str | None]:
    """``2012/13`` and ``2012–13`` are spans, ``2014-03`` is a month, ``2014/12`` is neither (a diary
    number).
    """
    until = _last_year(year, last)
    if until and int(until) > int(year) + _SHORT_SPAN:
        return None, None
    if sign == "-" and 1 <= int(last) <= 12:
        return f"{year}-{last}", None
    if sign == "/":
        return (year, until) if until and int(until) == int(year) + 1 else (None, None)
    return (year, until) if until else (None, None)


def _is_date(text: str, match: re.Match[str], date: str, until: str | None) -> bool:
    if int(date[:4]) not in YEARS:
        return False
    before, after = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 20]
    if _STRICT_BEFORE.search(before) or _inside_address(text, match.start()):
        return False
    group = match.groupdict()
    if group["y11"] and until is None:
        return False
    bare = bool(group["y11"] or group["y12"] or group["y13"])
    if not bare and not (group["season"] and group["season"][0] in "tTqQ"):
        return True
    if _TELEPHONE_BEFORE.search(before) or _NUMBER_BEFORE.search(before):
        return False
    if group["y12"] and _CODE_BEFORE.search(before):
        return False
    return bool(group["y11"]) or not (_NUMBER_AFTER.match(after) or _NAME_BEFORE.search(before))


_LONGEST_ADDRESS = 500
"""Characters before a date that are looked through for the beginning of an address."""


def _inside_address(text: str, position: int) -> bool:
    """Whether the characters stand inside a URL or an e-mail address."""
    start = max(0, position - _LONGEST_ADDRESS)
    begin = max(start, *(text.rfind(sign, start, position) + 1 for sign in " \n\t("))
    word = text[begin : position + 60].split(maxsplit=1)[0] if text[begin : position + 60].strip() else ""
    return "://" in word or "@" in word or word.lower().startswith("www.")


# --- what the words before a date say it is -----------------------------------------------------------------

_LABELS = {  # what the words nearest before a date say it is; one pattern a word
    "published": r"""publicera(?:des|[dt]s?)(?:\ssenast)? publicerings(?:datum|dag|år) publ\.
        utgiv(?:en|ning|et|nings(?:datum|år)) utkom published issued skriv(?:en|et) posta[dt] upplag[dt]
        inlag[dt] skapad skapades""",
    "updated": r"""uppdatera(?:des|[dt])(?:\ssenast)? uppdatering ändra(?:des|[dt])
        senast\s(?:ändrad|granskad|uppdaterad|sparad) updated last\smodified reviewed
        (?:fakta)?granska(?:des|[dt]) kontrollera(?:des|[dt])""",
    "meeting": r"""sammanträdes(?:datum|dag|tid) sammanträd(?:e|er) mötes(?:datum|dag|tid) plats\soch\stid
        tid\soch\splats (?:minnes|mötes)anteckning(?:ar)? anteckningar protokoll(?:sutdrag)?(?:\sfört)?
        (?:styrelse|års|nämnds)?möte minutes meeting\sheld""",
    "decision": r"""antag(?:en|et|na) besluta[dt] (?<![^\n])beslutade utfärda[dt]
        besluts?(?:datum|dag) fastställ(?:[dt]|da|des) godkän[dt]
        revidera[dt] reviderings?datum senast\sreviderad beslut\si adopted approved revised k[sf]\s?§
        upprätta[dt] version framtag(?:en|et) datum\sför\s(?:beslut|antagande|fastställande)""",
    "event": r"""välkom(?:men|na) inbjud(?:an|er) bjuder\sin äger\srum håll[s] hölls arrangeras genomförs
        anmälan anmäl(?:er)?(?:\s(?:dig|er))? senast\sden senast sista program konferens\w* seminari\w*
        \w*utbildning(?:en|ar|arna)? \w*utbildnings(?:dag|tillfälle)\w* kursstart \w*träff(?:en|ar)?
        nästa kommande deadline svara o\.?s\.?a\.? tid när event invit\w* register
        seminar conference behandlas
        tas\supp redovisas presenteras invigs start(?:ar)?""",
    "valid": r"(?:gäll(?:er|ande|a)|giltigt?)(?:\sfr\.?o\.?m\.?|\sfrån) träder\si\skraft från\soch\smed",
    "other": r"""justera[dt] justering(?:sdag|sdatum)? justeras
        justeringens\s(?:plats|tid|datum)(?:\soch\s(?:plats|tid|datum))?
        anslag(?:et|s)? anslås sätts\supp tas\sned tas\sner gäll(?:er|ande|a)(?:\still)?
        inkom(?:mit|met|men|na)? inlämna(?:[dt]|de|des|ts)
        (?:\w*skrivelse|medborgarförslag|motion|yttrande|underlag|bilaga)n?,?\sdatera[dt] giltig(?:hetstid)?
        i\skraft (?:svensk|som)\slag ersätter upphäver upphör utgår född(?!\s\d)
        remiss(?:svar|tid|instans)\w* svarstid gallras utskri(?:ven|vet|ftsdatum)
        t\.?o\.?m\.? valid sedan sen""",
    "dated": r"datum date daterad dat\.",
}
_LABEL = re.compile(
    "|".join(rf"(?P<{name}>(?<!\w)(?:{'|'.join(words.split())})(?!\w))" for name, words in _LABELS.items()),
    re.IGNORECASE,
)
_DECIDED_BY = re.compile(  # "Antagen av | Kommunstyrelsen", and in the next cell or line "Datum | 2016-02-29"
    r"(?:antag(?:en|et)|beslut(?:ad|at)|fastställ[dt])\sav\b[^\n\d]*\n?\W*dat(?:um|\.)[\s:|]*$", re.IGNORECASE
)
_REACH = 70
"""Characters before a date in which a word may say what it is; a full stop or blank line ends the reach
sooner.
"""


def label(text: str, start: int) -> str:
    """What the words just before ``text[start:]`` say the date there is; ``none`` if they do not say."""
    before = text[max(0, start - _REACH) : start]
    cut = max((m.end() for m in re.finditer(r"[.!?;]\s+(?=[A-ZÅÄÖ])|\n\s*\n", before)), default=0)
    before = before[cut:]
    lines = before.split("\n")
    if len(lines) > 2:  # a label may stand on the line above, no further
        before = "\n".join(lines[-2:])
    who = _DECIDED_BY.match(before) is not None
    if "\n" in before:
        upper, own = before.rsplit("\n", 1)
        if own.strip(" :\t-–•*") and _LABEL.search(own):
            before = own
        elif len(upper.strip()) > 40 or own.strip(" :\t") or re.search(r"\d{4}", upper):
            before = (
                own  # the line above is a sentence or has its own date, or this line has words of its own
            )
    found = list(_LABEL.finditer(before))
    said = str(found[-1].lastgroup) if found else "none"
    return "decision" if said == "dated" and who else said
