"""When was a document published, and which years does it concern?

Judges the dates that ``indexer/language/dates.py`` reads. A file is dated by the date it bears itself: the
day of the meeting, of the decision, the month of the newsletter; the day of an event it invites to is not
that. Never the day of the crawl, nor what a PDF's metadata say (they tell when it was converted).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexer.enrich.reading import Reading
from indexer.language.dates import Stated, read, read_name
from indexer.model import Evidence

_HEAD = 1_500
"""Characters of the first page in which a document states its own date."""
_LAST_LINES = 6
_FOOT_LINES = 3
_OWN_LINE = 60
"""Characters that a line may have to be a date line ("Lund den 12 mars 2014", "Version 2, 2019-05-14")."""
_EVENT_WORDS = re.compile(
    r"konferens|mötesplats|seminari|mässa|dagarna\b|forum\b|workshop|träff|föreläs|almedalen|open days|"
    r"kursstart|utbildning(?:en|ar|arna)?\b|kl\.|klockan|\bkl\b|välkom|program\b|anmäl",
    re.IGNORECASE,
)
_DECIDED = {
    "decision",
    "process_plan",
    "action_plan",
    "policy",
    "strategy",
    "report",
    "impact_assessment",
    None,
}


def published(reading: Reading) -> tuple[str | None, tuple[Evidence, ...]]:
    """2014-03-12 or 2014-03, or None where the document does not say."""
    for rule, stated in _page_dates(reading) if reading.is_page else _file_dates(reading):
        if len(stated.date) >= 7 and not stated.until:
            return stated.date, (Evidence("published", stated.date, f"published.{rule}", stated.text),)
    return None, ()


def _head(reading: Reading) -> str:
    """The first lines and, on paged files, what runs along their pages."""
    return "\n".join([*reading.head, *reading.running])[: _HEAD + 300]


# --- web pages ----------------------------------------------------------------------------------------------


def _page_dates(reading: Reading) -> Iterator[tuple[str, Stated]]:
    dates = reading.extract.dates
    for rule in ("published", "updated"):
        for date in dates:
            if date.label == rule == "published":
                yield rule, Stated(date.date, date.label, date.text, 0, 0)
        if rule == "published":
            for line in [*reading.head[:4], *(line.text for line in reading.lines[-3:])]:
                for stated in read(line):
                    if stated.label == "published":
                        yield rule, stated
            if reading.kind in ("minutes", "notes", "decision", "newsletter"):
                yield from _file_dates(reading)
            yield from (("date_line", stated) for stated in _date_lines(reading.head[:3]))
        else:
            for date in dates:
                if date.label == "updated" and not date.text.lower().startswith("last-modified"):
                    yield rule, Stated(date.date, date.label, date.text, 0, 0)
            for line in [*reading.head[:4], *(line.text for line in reading.lines[-3:])]:
                yield from ((rule, stated) for stated in read(line) if stated.label == "updated")


def _date_lines(lines: tuple[str, ...]) -> Iterator[Stated]:
    """Lines that hold a day and hardly anything else: "18 augusti 2020", "Nyhet 2020-08-18"."""
    for line in lines:
        for stated in read(line):
            rest = (line[: stated.start] + line[stated.end :]).strip(" .,:|–-")
            if (
                stated.precision == "day"
                and stated.label == "none"
                and len(rest.split()) <= 2
                and _is_quiet(rest)
            ):
                yield stated


# --- files --------------------------------------------------------------------------------------------------


def _file_dates(reading: Reading) -> Iterator[tuple[str, Stated]]:
    """Dates that a file bears itself, the surest first, by what is usual for its kind."""
    kind = reading.kind
    head = _head(reading)
    stated = read(head)
    yield from (("published", s) for s in stated if s.label == "published")
    if kind == "invitation":
        return
    if kind in ("minutes", "notes"):
        yield from _meeting_dates(reading, head, stated)
    elif kind == "newsletter":
        yield from _issue_dates(reading, stated)
    elif kind == "presentation":
        yield from (("date_line", s) for s in stated if s.precision == "day")
    elif kind in _DECIDED:
        yield from _decision_dates(reading, head, stated)
    else:
        yield from (("dated", s) for s in stated if s.label in ("decision", "dated"))
        if kind != "education":  # its bare dates are the days that it speaks of
            lines = (("date_line", s) for s in stated if s.label == "none")
            yield from ((rule, s) for rule, s in lines if _is_date_line(_line(head, s), s))
            opening = "\n".join(reading.head[:3])
            yield from (
                ("head", s) for s in read(opening) if s.label == "none" and _is_quiet(_line(opening, s))
            )
    if kind not in ("presentation", "education"):
        yield from _signed(reading)
        yield from _named(reading)
        yield from (("valid", s) for s in stated if s.label == "valid" and s.precision == "day")


def _meeting_dates(reading: Reading, head: str, stated: tuple[Stated, ...]) -> Iterator[tuple[str, Stated]]:
    for title in (*reading.subjects, reading.anchor):
        yield from (("meeting", s) for s in read(title) if s.precision == "day")
    own = [
        s for s in stated if not _OTHER_MEETING.search(head[max(0, s.start - 50) : s.start].split("\n")[-1])
    ]
    yield from (("meeting", s) for s in own if s.label in ("meeting", "dated"))
    unlabelled = ("none", "event", "decision")  # "Minnesanteckningar från nätverksträff den 17 april 2013"
    yield from (("meeting", s) for s in own if s.label in unlabelled and s.precision == "day")


_OTHER_MEETING = re.compile(r"nästa|kommande|föregående|förra|tidigare|senaste|anmäl|senast", re.IGNORECASE)


def _issue_dates(reading: Reading, stated: tuple[Stated, ...]) -> Iterator[tuple[str, Stated]]:
    for title in (*reading.subjects, reading.anchor):
        yield from (("issue", s) for s in read(title) if s.label != "event")
    yield from (("issue", s) for s in stated if s.label not in ("event", "other"))
    yield from (("file_name", s) for s in read_name(reading.file_name))


def _decision_dates(reading: Reading, head: str, stated: tuple[Stated, ...]) -> Iterator[tuple[str, Stated]]:
    labelled = [s for s in stated if s.label == "decision" and len(s.date) >= 7]
    if reading.kind == "decision":
        yield from (("dated", s) for s in stated if s.label in ("dated", "meeting"))
    if labelled:
        yield (
            "decision",
            max(labelled, key=lambda s: s.date),
        )  # adopted, then revised: the text is the revised one
    yield from (("dated", s) for s in stated if s.label in ("dated", "meeting"))
    yield from (
        ("head", s) for s in stated if s.label == "none" and len(s.date) >= 7 and _states_itself(head, s)
    )
    for line in reading.lines[len(reading.head) :]:
        if len(line.text) < 160 and _ADOPTED.search(line.text):
            yield from (("decision", s) for s in read(line.text) if s.label == "decision")


_ADOPTED = re.compile(r"^(?:\W*\w+\W+){0,3}?(?:antag|beslutad|fastställ|godkän|revider)", re.IGNORECASE)


def _signed(reading: Reading) -> Iterator[tuple[str, Stated]]:
    """A date line at the end: "Lund den 12 mars 2014"."""
    for line in (
        [line.text for line in reading.lines[-_LAST_LINES:]] if len(reading.lines) > _LAST_LINES else ()
    ):
        for s in read(line):
            if s.label in ("none", "dated") and _is_date_line(line, s):
                yield "signed", s


def _named(reading: Reading) -> Iterator[tuple[str, Stated]]:
    """A whole date in the link text or the file name."""
    for s in read(reading.anchor):
        if s.label not in ("event", "other") and s.precision == "day":
            yield "anchor", s
    for s in read_name(reading.file_name):
        if s.precision == "day":
            yield "file_name", s


def _states_itself(head: str, stated: Stated) -> bool:
    """Whether a date stands in a line of its own or begins one, rather than in the midst of a sentence."""
    begin = head.rfind("\n", 0, stated.start) + 1
    return len(_line(head, stated)) <= 120 or stated.start - begin <= 40


def _line(text: str, stated: Stated) -> str:
    begin = text.rfind("\n", 0, stated.start) + 1
    end = text.find("\n", stated.end)
    return text[begin : end if end >= 0 else len(text)]


def _is_date_line(line: str, stated: Stated) -> bool:
    return len(stated.date) >= 7 and len(line) <= _OWN_LINE and _is_quiet(line)


def _is_quiet(line: str) -> bool:
    """Whether a line speaks of no event."""
    return not _EVENT_WORDS.search(line)


# --- years --------------------------------------------------------------------------------------------------

_OLDEST = 1985
_LONGEST = 15
"""Years a plan may span; a longer span ("1990–2015") is history."""
_PERIOD = re.compile(
    r"\b(?:period(?:en)?|planperiod|\w*avtals?tid|löptid|giltig\w*|gäller|avser|åren|verksamhetsår(?:et)?|läsår(?:et)?|budget(?:år)?|"
    r"mandatperiod(?:en)?|tidsperiod|projekttid|valid)\b[^.\n]{0,30}$",
    re.IGNORECASE,
)
_YEAR_HEADING = re.compile(
    r"(?:år(?:et)?\s+|verksamhetsåret\s+|läsåret\s+|hösten\s+|våren\s+|sommaren\s+|vintern\s+|[hv]t\s+)?"
    r"(?:19|20)\d\d(?:\s?[-–/]\s?(?:(?:19|20)?\d\d))?\s*(?:[:–-].{0,60})?",
    re.IGNORECASE,
)


def years(reading: Reading, published_on: str | None) -> tuple[tuple[int, ...], tuple[Evidence, ...]]:
    """The years that the document concerns, from the surest sign that there is."""
    latest = int((reading.context.fetched_at or "2099")[:4]) + 12
    for rule, stated in _year_signs(reading, published_on):
        spans = (s.years for s in stated if len(s.years) <= _LONGEST)
        found = sorted({year for span in spans for year in span if _OLDEST <= year <= latest})
        if found:
            text = "; ".join(dict.fromkeys(s.text for s in stated))[:120]
            return tuple(found), tuple(Evidence("years", str(year), f"years.{rule}", text) for year in found)
    return (), ()


def _year_signs(reading: Reading, published_on: str | None) -> Iterator[tuple[str, list[Stated]]]:
    titles = [s for title in reading.subjects for s in _plausible(title)]
    head = _head(reading)
    chronology = _year_headings(reading) if reading.is_page else []
    if len({s.date for s in chronology}) >= 2:
        yield "headings", chronology + titles
    yield "title", titles
    if reading.is_page:
        yield "dates_listed", _listed_days(reading)
    if reading.extract.format in ("xlsx", "xls", "ods"):
        columns = [[s for s in read(line) if s.precision == "year"] for line in reading.head]
        yield "columns", max(columns, key=len, default=[])
    if not reading.is_page:
        yield "period", [s for s in read(head) if _states_period(head, s)]
        if reading.kind == "invitation":
            yield "event", [s for s in read(head) if s.precision == "day"][:1]
        if published_on:
            yield "published", [Stated(published_on, "none", published_on, 0, 0)]
    for heading in reversed(reading.headings):
        yield "heading_above_link", [s for s in read(heading) if _YEAR_HEADING.match(heading)]
    yield "anchor", _plausible(reading.anchor)
    if not reading.is_page:
        yield "file_name", [s for s in read_name(reading.file_name) if s.label != "other"]
    if published_on:
        yield "published", [Stated(published_on, "none", published_on, 0, 0)]
    if not reading.is_page:
        yield "head", [s for s in read(head) if s.label not in ("other",)][:1]
        foot = [line.text for line in reading.lines[-_FOOT_LINES:] if len(line.text) <= _OWN_LINE]
        numbered = "\n".join((*reading.running, *reading.head))
        yield "series_number", [_year_of(match) for match in _SERIES_NUMBER.finditer(numbered)][:1]
        yield "foot", [s for line in foot for s in read(line) if s.end == len(line.rstrip(" ."))][-1:]
    yield (
        "address",
        [s for s in read(reading.address.replace("/", " / ")) if s.precision in ("year", "day")][:1],
    )
    if reading.is_page:
        yield "headings", chronology
        yield "event", [s for s in read(head) if s.precision == "day" and s.label in ("event", "dated")][:1]


_SERIES_NUMBER = re.compile(  # "Rapport 2018:4" is a number in a series that begins anew each year
    r"\b(?:rapport(?:serie)?|skrift(?:serie)?|publikation|PM|meddelande|report)\s(?:nr\s)?((?:19|20)\d\d):\d{1,3}\b",
    re.IGNORECASE,
)


def _year_of(match: re.Match[str]) -> Stated:
    return Stated(match[1], "none", match[0], match.start(), match.end())


def _plausible(title: str) -> list[Stated]:
    return [s for s in read(title) if len(s.years) <= _LONGEST]


def _states_period(text: str, stated: Stated) -> bool:
    if len(stated.years) > _LONGEST:
        return False
    line = _line(text, stated)
    alone = line.strip(" .:–-") == stated.text.strip(" .:–-")
    if stated.precision == "span":
        return alone or bool(_PERIOD.search(text[max(0, stated.start - 60) : stated.start])) or len(line) < 50
    return stated.precision == "year" and (
        alone or bool(_PERIOD.search(text[max(0, stated.start - 30) : stated.start]))
    )


_FEWEST_DAYS = 3


def _listed_days(reading: Reading) -> list[Stated]:
    """The days in the rows of a table or list of meetings: at least three rows that each hold one."""
    rows = [line.text for line in reading.lines if not line.heading and len(line.text) < 160]
    days = [
        s for row in rows for s in read(row)[:1] if s.precision == "day" and s.label in ("none", "meeting")
    ]
    return days if len({s.date for s in days}) >= _FEWEST_DAYS else []


_ENDS_IN_YEAR = re.compile(
    rf"(?:^|\s){_YEAR_HEADING.pattern}$", re.IGNORECASE
)  # "2011", "Beslut 2011", "2011: start"


def _year_headings(reading: Reading) -> list[Stated]:
    return [
        s
        for line in reading.lines
        if line.heading and len(line.text) < 90 and _ENDS_IN_YEAR.search(line.text.strip())
        for s in read(line.text)[:1]
        if len(s.years) <= _LONGEST
    ]
