"""Which years does a document concern?

Its title says it best, then the period it covers, when it is from, where it is linked. A chronology concerns
the years of its headings; a page that says nothing else concerns the year it was published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.enrich.published import is_event
from indexer.enrich.reading import Reading, line_at
from indexer.language.dates import Stated, read, read_name
from indexer.model import Evidence

_Signs = Iterator[tuple[str, list[Stated]]]  # (rule, what it found), the surest first
_OLDEST = 1985
_AHEAD = 12
"""Years after the crawl that a plan may reach."""
_LONGEST = 15
"""Years that a plan may span; a longer span ("1990–2015") is history."""
_FEWEST_DAYS = 3
"""Rows of a table that must each hold a day for the table to be a list of meetings."""
_FOOT_LINES = 3
_PERIODICAL = ("report", "action_plan", "process_plan", "strategy")
_PERIOD_LINES = 6
_FEWEST_COLUMNS = 2
_SHORT = 60
_PERIOD = re.compile(
    r"\b(?:(?:plan|mandat|tids)?period(?:en)?|\w*avtals?tid|löptid|projekttid|på(?:gå(?:r|tt)|gick)|giltig\w*|gäller|avser|åren|"
    r"verksamhetsår(?:et)?|läsår(?:et)?|budget(?:år)?|valid)\b(?:(?!\bnästa\b|\bsenast\b)[^.\n]){0,30}$",
    re.IGNORECASE,
)
_PROJECT_TIME = re.compile(r"(?:projekt(?:tid|period)(?:en)?|tidsram|tidsperiod)\s?[:|]", re.IGNORECASE)
_OTHER_PLAN = re.compile(r"\W*(?:ersätter|upphäver|föregående|tidigare)\b", re.IGNORECASE)
_TELLS = re.compile(
    r"\b(?:under|resultatet? för|utfallet för)\s(?:år(?:et)?\s|verksamhetsåret\s)?$", re.IGNORECASE
)
_YEAR_HEADING = re.compile(  # "2011", "Hösten 2012", "2013–2014: nätverket bildas"
    r"(?:år(?:et)?\s+|verksamhetsåret\s+|läsåret\s+|hösten\s+|våren\s+|sommaren\s+|vintern\s+|[hv]t\s+)?"
    r"(?:19|20)\d\d(?:\s?[-–/]\s?(?:(?:19|20)?\d\d))?\s*(?:[:–-].{0,60})?",
    re.IGNORECASE,
)
_YEAR_LINE = re.compile(
    r"(?:år(?:et)?\s+|läsåret\s+)?(?:19|20)\d\d(?:\s?[-–/]\s?(?:(?:19|20)?\d\d))?:?", re.I
)
_ENDS_IN_YEAR = re.compile(rf"(?:^|\s){_YEAR_HEADING.pattern}$", re.IGNORECASE)  # also "Beslut 2011"
_WEEKDAY = re.compile(r"\b(?:mån|tis|ons|tors|fre|lör|sön)dag(?:en)?,?\s(?:den\s)?$", re.IGNORECASE)
"""What stands before the day of something that one can come to."""
_HOURS = re.compile(r"[\s,]{1,3}(?:kl\.?\s|klockan\s)?\d{1,2}[.:]\d\d\s?[–-]\s?\d{1,2}[.:]\d\d")
"""What stands behind it."""
_SERIES_NUMBER = re.compile(  # "Rapport 2018:4" is a number in a series that begins anew each year
    r"\b(?:rapport(?:serie)?|skrift(?:serie)?|publikation|PM|meddelande|report)\s(?:nr\s)?"
    r"((?:19|20)\d\d):\d{1,3}\b",
    re.IGNORECASE,
)


def years(reading: Reading, published_on: str | None) -> tuple[tuple[int, ...], tuple[Evidence, ...]]:
    """The years that the document concerns, from the surest sign that there is."""
    latest = int((reading.context.fetched_at or "2088")[:4]) + _AHEAD
    for rule, stated in (
        _page_signs(reading, published_on) if reading.is_page else _file_signs(reading, published_on)
    ):
        spans = (s.years for s in stated if len(s.years) <= _LONGEST)
        found = sorted({year for span in spans for year in span if _OLDEST <= year <= latest})
        if found:
            text = "; ".join(dict.fromkeys(s.text for s in stated))[:120]
            return tuple(found), tuple(Evidence("years", str(year), f"years.{rule}", text) for year in found)
    return (), ()


def _page_signs(reading: Reading, published_on: str | None) -> _Signs:
    chronology, titles = _year_headings(reading), _in_titles(reading)
    if len({s.date for s in chronology}) >= 2:
        yield "headings", chronology + titles
    yield "title", titles
    if reading.kind in _PERIODICAL:
        opening = "\n".join(reading.head[:_PERIOD_LINES])
        yield "period", [s for s in read(opening) if s.precision == "span" and _states_period(opening, s)]
    if reading.kind == "report":
        heads = (line.text.split(" | ") for line in reading.lines)
        columns = ([s for cell in cells for s in read(cell) if s.text == cell.strip()] for cells in heads)
        yield "columns", next((found for found in columns if len(found) >= _FEWEST_COLUMNS), [])
    yield "period", _project_time(reading)
    days = [s for s in read(reading.opening) if s.precision == "day"]
    if reading.kind == "invitation":
        yield "event", [s for s in days if s.label in ("event", "dated", "none")][:1]
    told = [
        Stated(date.date, "event", date.text, 0, 0)
        for date in reading.extract.dates
        if is_event(reading, date)
    ]
    yield "event", told[:1]
    yield "dates_listed", _listed_days(reading)
    yield from _in_link(reading)
    if reading.kind == "report":
        yield "period", _told_year(reading)
    labels = {date.label for date in reading.extract.dates if date.date == published_on}
    if labels == {"updated"}:  # the day someone last touched it says less than the only year it is headed by
        yield "headings", chronology
    yield from _published(published_on)
    yield "address", _in_address(reading)
    yield "headings", chronology
    opening = "\n".join(line for line in reading.head if not reading.is_links(line))
    stated = [s for s in read(opening) if s.label != "other"]
    yield "head", [s for s in stated if s.label == "published"][:1]  # "Utgivningsår 2019"
    days = [s for s in stated if s.precision == "day"]
    dated = [
        s
        for s in days
        if s.label in ("event", "dated")
        or _WEEKDAY.search(opening[: s.start])
        or _HOURS.match(opening, s.end)
    ]
    yield "event", dated[:1]
    # "hösten 2014": the only time that the page speaks of, and not a bare year, which may be of a law
    if len({s.date[:4] for s in stated}) == 1:
        yield "head", [s for s in stated if s.text[0].isalpha() and not s.until][:1]


def _file_signs(reading: Reading, published_on: str | None) -> _Signs:
    opening = reading.opening
    stated = read(opening)
    yield "title", _in_titles(reading)
    if reading.extract.format in ("xlsx", "xls", "ods"):
        columns = ([s for s in read(line) if s.precision == "year"] for line in reading.head)
        yield "columns", max(columns, key=len, default=[])
    if reading.kind in ("minutes", "notes"):  # "§ 12 Budget 2014" is what the meeting spoke of
        yield from _published(published_on)
    if reading.kind == "invitation":  # "Budget 2020" is what it will speak of
        yield "event", [s for s in stated if s.precision == "day"][:1]
    yield "period", [s for s in stated if _states_period(opening, s)]
    yield from _published(published_on)
    yield from _in_link(reading)
    yield "file_name", list(read_name(reading.file_name))
    yield "head", [s for s in stated if s.label != "other"][:1]
    numbers = _SERIES_NUMBER.finditer(opening)
    yield "series_number", [Stated(m[1], "none", m[0], m.start(), m.end()) for m in numbers][:1]
    foot = [line.text.rstrip(" .") for line in reading.lines[-_FOOT_LINES:] if len(line.text) <= _SHORT]
    yield "foot", [s for line in foot for s in read(line) if s.end == len(line) and s.label != "other"][-1:]
    yield "address", _in_address(reading)


def _project_time(reading: Reading) -> list[Stated]:
    """The time that a project takes, in a line of its own: "Projekttid | 2017–2019"."""
    told = (line for line in reading.head if _PROJECT_TIME.match(line))
    return [s for line in told for s in read(line[:_SHORT]) if s.precision in ("span", "day")][:1]


def _told_year(reading: Reading) -> list[Stated]:
    """The one year of which the first lines of a report tell: "Under 2005 genomfördes"."""
    opening = "\n".join(reading.head[:_PERIOD_LINES])
    told = [s for s in read(opening) if s.precision == "year" and _TELLS.search(opening[: s.start])]
    return told[:1] if len({s.date for s in told}) == 1 else []


def _in_titles(reading: Reading) -> list[Stated]:
    return [s for title in reading.subjects for s in read(title)]


def _published(date: str | None) -> _Signs:
    if date:
        yield "published", [Stated(date, "none", date, 0, 0)]


def _in_link(reading: Reading) -> _Signs:
    for heading in reversed(reading.headings):
        yield "heading_above_link", list(read(heading)) if _YEAR_HEADING.match(heading) else []
    yield "anchor", list(read(reading.anchor))


def _in_address(reading: Reading) -> list[Stated]:
    """The year in a path such as /nyheter/2019/03/."""
    found = read(reading.address.replace("/", " / "))
    return [s for s in found if s.precision in ("year", "day")][:1]


def _states_period(text: str, stated: Stated) -> bool:
    """Whether the text says that it covers these years: "för perioden 2012–2013", a line with nothing
    else.
    """
    line = line_at(text, stated.start)
    if _OTHER_PLAN.match(line):
        return False
    if line.strip(" .:–-") == stated.text.strip(" .:–-"):
        return stated.precision in ("year", "span")
    covered = _PERIOD.search(text[max(0, stated.start - 60) : stated.start])
    if stated.precision == "span":
        return covered is not None or len(line) < _SHORT
    near = _PERIOD.search(text[max(0, stated.start - 30) : stated.start])
    return stated.precision == "year" and stated.label != "other" and near is not None


def _listed_days(reading: Reading) -> list[Stated]:
    """The days in the rows of a table or list of meetings."""
    rows = [line.text for line in reading.lines if not line.heading and len(line.text) < 160]
    first = [s for row in rows for s in read(row)[:1]]
    days = [s for s in first if s.precision == "day" and s.label in ("none", "meeting")]
    return days if len({s.date for s in days}) >= _FEWEST_DAYS else []


def _year_headings(reading: Reading) -> list[Stated]:
    lines = [(line, line.text.strip()) for line in reading.lines if len(line.text) < 90]
    # A line that is nothing but a year heads what follows, however it is made to look.
    links = {link.anchor for link in reading.extract.links}  # of an archive: "2014", "2013"
    headings = [
        text for line, text in lines if line.heading or (text not in links and _YEAR_LINE.fullmatch(text))
    ]
    found = [s for heading in headings if _ENDS_IN_YEAR.search(heading) for s in read(heading)[:1]]
    return [s for s in found if len(s.years) <= _LONGEST]
