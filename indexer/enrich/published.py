"""When was a document published?

Judges the dates that ``indexer/language/dates.py`` reads. A web page says when it was published. A file is
dated by the date it bears itself: the day of the meeting, of the decision, the month of the newsletter; the
day of an event it invites to is not that. Never the day of the crawl, nor what a PDF's metadata say (they
tell when it was converted).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise, takewhile

from indexer.enrich.reading import NOTE, Reading, line_at
from indexer.language.dates import Stated, read, read_name
from indexer.model import Evidence, LabelledDate

_Found = Iterator[tuple[str, Stated]]  # (rule, date), the surest first
_LAST_LINES = 6
_OWN_LINE = 60
"""Characters that a line may have to be a date line ("Lund den 12 mars 2014", "Version 2, 2019-05-14")."""
_LINE = 120
_LINE_START = 40
"""A date in a longer line than _LINE must stand in its first characters, or a sentence speaks of it in
passing.
"""
_FIRST_PDF = "1993"
"""The year of the first PDF: of an earlier day a document speaks, unless it says that it is its own."""
_EVENT_WORDS = re.compile(
    r"konferens|mötesplats|seminari|mässa|dagarna\b|forum\b|workshop|träff|föreläs|almedalen|open days|"
    r"kursstart|utbildning(?:en|ar|arna)?\b|\d[.:]\d\d\s?[–-]\s?\d{1,2}[.:]\d\d|kl\.|klockan|\bkl\b|välkom|program\b|anmäl",
    re.IGNORECASE,
)
_OTHER_MEETING = re.compile(r"nästa|kommande|föregående|förra|tidigare|senaste|anmäl|senast", re.IGNORECASE)
_ADOPTED = re.compile(r"^(?:\W*\w+\W+){0,3}?(?:antag|beslutad|fastställ|godkän|revider)", re.IGNORECASE)
_BULLETS = re.compile(r"\s+[•·]\s+")
_TIME_OF_DAY = re.compile(r"[\s,–-]{1,3}(?:(?:kl\.?|klockan)\s)?\d{1,2}[.:]\d\d(?::\d\d)?$", re.IGNORECASE)
"""Behind the day above the title of an article; below it, it is the hour of an event."""
_WHEN = re.compile(r"datum(?: och tid)?|tid(?: och plats)?|när|dag|date|when", re.IGNORECASE)
_WRITTEN_BY = re.compile(  # "2020-01-21 13:07 av eva.ek", "Text: Eva Ek, 2018-09-25"
    r"(?:\b\d{1,2}[.:]\d\d(?::\d\d)?\s+)?\b(?:av|by|text(?: och foto)?:|skribent:?)\s+[\w.@-]+"
    r"(?:\s(?-i:[A-ZÅÄÖ])[\w-]+){0,2}",
    re.IGNORECASE,
)
_WAS_DECIDED = re.compile(
    r"\b(?:antogs|beslutades|fastställdes|godkändes|reviderades)\b[^.]*$"
    r"|\b(?:antog|beslutade om|fastställde|godkände|reviderade)\s(?:denna\s|den\shär\s|detta\s|de\shär\s)?"
    r"\w*(?:strategin?|plan(?:en)?|policyn?|program(?:met)?|riktlinjer(?:na)?|dokument(?:et)?|checklistan?|rutin(?:en|erna)?)"
    r"\b[^.]*$",
    re.IGNORECASE,
)
_OF_LAWS = re.compile(r"konventionen\b|\blag(?:en)?\b|\briksdag|\bFN\b", re.IGNORECASE)
_DECIDES = re.compile(
    r"\w*(?:nämnd(?:en)?|styrelsen?|fullmäktige|utskott(?:et)?|direktör(?:en)?)\b", re.IGNORECASE
)
_DECIDED = (
    "decision",
    "process_plan",
    "action_plan",
    "policy",
    "strategy",
    "report",
    "impact_assessment",
    None,
)
_DECIDED_PAGES = (*_DECIDED, "guidance", "checklist")
"""Kinds of which a page that says when it was adopted is from that day, however late it was last touched."""

_DATED_PAGES = ("report", "guidance", "checklist", "impact_assessment", "newsletter")
_FILED = re.compile(r"/(20\d\d)(?:/(0[1-9]|1[0-2])|-(0[1-9]|1[0-2]))(?:[/-]([0-2]\d|3[01]))?(?=/)")
_SENTENCE = re.compile(r"\.(?:\s[A-ZÅÄÖ]|$)")
_FEW_WORDS = 4
"""Words beside the month in a date line: a name and "Version 2.0"."""


def published(reading: Reading) -> tuple[str | None, tuple[Evidence, ...]]:
    """2014-03-12 or 2014-03, or None where the document does not say; never later than it was fetched."""
    fetched = (reading.context.fetched_at or "9999-99-99")[:10]
    for rule, stated in _on_page(reading, fetched) if reading.is_page else _on_file(reading):
        date = stated.date
        if len(date) >= 7 and not stated.until and date <= fetched[: len(date)]:
            return date, (Evidence("published", date, f"published.{rule}", stated.text),)
    return None, ()


# --- web pages ----------------------------------------------------------------------------------------------


def _on_page(reading: Reading, fetched: str) -> _Found:
    labelled = [Stated(date.date, date.label, date.text, 0, 0) for date in reading.extract.dates]
    edges = [*reading.head[:4], *(line.text for line in reading.lines[-3:])]
    written = [stated for line in edges for stated in read(line)]
    decisions: list[Stated] = []
    if reading.kind in _DECIDED_PAGES:
        told = [s for line in reading.head[:4] for s in _told_decisions(line)]
        decided = (s for s in read("\n".join(reading.head[:4])) if s.label == "decision")
        decisions = _decisions([*written, *told, *decided])
        revised = [replace(s, label="decision") for s in labelled if s.text.lower().startswith("reviderad")]
        decisions = _decisions([*decisions, *revised]) if decisions else []
    for s in (*labelled, *written):  # a page made before the text was adopted does not date the text
        if s.label == "published" and not any(s.date < decided.date for decided in decisions):
            yield "published", s
    if reading.kind in ("minutes", "notes", "decision"):  # portals of meetings file their papers by day
        titled = any(s.precision == "day" for title in reading.subjects for s in read(title))
        yield from (("address", s) for s in _in_address(reading) if s.precision == "day" and not titled)
    if reading.kind in ("minutes", "notes", "decision", "newsletter"):
        yield from _on_file(reading)
    # "När" and below it a day: that of an event
    head = [line for above, line in pairwise(("", *reading.head)) if not _WHEN.fullmatch(above.strip(" :|"))]
    alone = [s for line in head for s in _alone(line)]
    if len({s.date for s in alone}) < 3:  # more are a list of days
        above = [
            line.text for line in takewhile(lambda line: line.text not in reading.subjects, reading.lines)
        ]
        for line in (*(_TIME_OF_DAY.sub("", line) for line in above[:3]), *head[:3]):
            yield from (("date_line", s) for s in _alone(line))
    yield from (("decision", s) for s in decisions)
    if reading.kind in _DATED_PAGES:
        yield from (("date_line", s) for line in reading.head[:3] for s in _months(line))
    if reading.kind in _DECIDED_PAGES and reading.kind is not None:
        yield from (("dated", s) for line in reading.head[:4] for s in read(line) if s.label == "dated")
    for s in labelled:  # a meta tag that only says "date"; some sites put the day of the visit there
        if s.label == "none" and s.date != fetched and not is_event(reading, s):
            yield "meta", s
    for s in (*labelled, *written):
        if s.label == "updated" and not s.text.lower().startswith("last-modified"):
            yield "updated", s
    if len({s.date for s in alone}) < 3:
        last = [line.text for line in reading.lines[-1:]]
        yield from (
            ("date_line", s)
            for line in last
            for s in _alone(line)
            if s.text == line.strip() or _WRITTEN_BY.match(line)
        )
    if reading.kind != "invitation":
        yield from (("address", s) for s in _in_address(reading))


def _in_address(reading: Reading) -> Iterator[Stated]:
    """The day or month under which an address files the page: /2023/05/25/…, /2023/05/…, /2022-09-26/…"""
    folders = reading.address.rpartition("/")[0] + "/"
    for match in _FILED.finditer(folders):
        date = "-".join(part for part in match.groups() if part)
        yield from (s for s in read(date) if s.date == date)


def is_event(reading: Reading, date: LabelledDate | Stated) -> bool:
    """Whether a date is the day of what the page invites to: a <time> of it, which bears no name as a meta
    tag does.
    """
    return date.label == "event" or (
        reading.kind == "invitation" and date.label == "none" and date.text[:1].isdigit()
    )


def _months(line: str) -> Iterator[Stated]:
    """The month in a line that holds hardly anything else: "Kulturförvaltningen, januari 2006"."""
    if len(line) <= _OWN_LINE and _is_quiet(line):
        for s in read(line):
            words = (line[: s.start] + line[s.end :]).split()
            if s.precision == "month" and s.label in ("none", "decision") and len(words) <= _FEW_WORDS:
                yield s


def _told_decisions(line: str) -> Iterator[Stated]:
    """The days of a sentence such as "Strategin antogs av fullmäktige den 15 juni 2015"."""
    if not _OF_LAWS.search(line):
        for s in read(line):
            if s.precision == "day" and _WAS_DECIDED.search(line[max(0, s.start - 80) : s.start]):
                yield replace(s, label="decision")


def _alone(line: str) -> Iterator[Stated]:
    """The day in a line that holds hardly anything else: "18 augusti 2020", "Nyhet • 18 augusti 2020"."""
    if len(line) > _LINE or not _is_quiet(line):  # of thousands of days in a line, each was weighed
        return
    for piece in _BULLETS.split(line):
        for s in read(piece):
            rest = (piece[: s.start] + piece[s.end :]).strip(" .,:|–-")
            rest = _WRITTEN_BY.sub("", rest) if _WRITTEN_BY.search(rest) else rest
            if s.precision == "day" and s.label == "none" and len(rest.split()) <= 2:
                yield s


# --- files --------------------------------------------------------------------------------------------------


def _on_file(reading: Reading) -> _Found:
    """Dates that a file bears itself, by what is usual for its kind."""
    kind, opening = reading.kind, reading.opening
    stated = read(opening)
    yield from (("published", s) for s in stated if s.label == "published")
    if kind == "invitation":
        return
    if kind in ("minutes", "notes"):
        yield from _of_meeting(reading, stated)
    elif kind == "newsletter":
        yield from _of_issue(reading, stated)
    elif kind == "presentation":
        yield from (("date_line", s) for s in stated if s.precision == "day")
    elif kind in _DECIDED:
        yield from _of_decision(reading, stated)
    else:
        yield from (("decision", s) for s in _decisions(stated))
        yield from (("dated", s) for s in stated if s.label == "dated")
        if kind != "education":  # its bare dates are the days that it speaks of
            quiet = [s for s in stated if s.label == "none" and _is_quiet(line_at(opening, s.start))]
            yield from (("date_line", s) for s in quiet if len(line_at(opening, s.start)) <= _OWN_LINE)
            first = len("\n".join(reading.head[:3]))
            yield from (("head", s) for s in quiet if s.end <= first and s.date > _FIRST_PDF)
    if kind not in ("presentation", "education"):
        yield from _signed(reading)
        yield from _named(reading)
        yield from (("valid", s) for s in stated if s.label == "valid" and s.precision == "day")


def _of_meeting(reading: Reading, stated: tuple[Stated, ...]) -> _Found:
    for title in (*reading.subjects, reading.anchor):  # also "Protokoll 230914"
        yield from (("meeting", s) for s in read_name(title) if s.precision == "day")
    own = []
    for s in stated:
        before = reading.opening[max(0, s.start - 50) : s.start].rpartition("\n")[2]
        if not _OTHER_MEETING.search(before):
            own.append(s)
    yield from (("meeting", s) for s in own if s.label in ("meeting", "dated"))
    unlabelled = ("none", "event", "decision")  # "Minnesanteckningar från nätverksträff den 17 april 2013"
    yield from (("meeting", s) for s in own if s.label in unlabelled and s.precision == "day")


def _of_issue(reading: Reading, stated: tuple[Stated, ...]) -> _Found:
    for title in (*reading.subjects, reading.anchor):
        yield from (("issue", s) for s in read(title) if s.label != "event")
    yield from (("issue", s) for s in stated if s.label not in ("event", "other"))
    yield from (("file_name", s) for s in read_name(reading.file_name))


def _of_decision(reading: Reading, stated: tuple[Stated, ...]) -> _Found:
    if reading.kind == "decision":
        yield from (("dated", s) for s in stated if s.label in ("dated", "meeting"))
    yield from (("decision", s) for s in _decisions(stated))
    yield from (("dated", s) for s in stated if s.label in ("dated", "meeting"))
    own = [s for s in stated if s.label == "none" and _stands_out(reading.opening, s)]
    own = [s for s in own if s.date > _FIRST_PDF]  # before, the text speaks of history
    lines = ((s, line_at(reading.opening, s.start)) for s in own)  # a sentence tells of another decision
    yield from (("head", s) for s, line in lines if _DECIDES.search(line) and not _SENTENCE.search(line))
    yield from (("head", s) for s in own)
    for line in reading.lines[len(reading.head) :]:
        if len(line.text) < 160 and _ADOPTED.search(line.text):
            yield from (("decision", s) for s in read(line.text) if s.label == "decision")


def _decisions(stated: Iterable[Stated]) -> list[Stated]:
    """The last of the decisions: adopted, then revised, the text is the revised one."""
    decided = [s for s in stated if s.label == "decision" and len(s.date) >= 7 and not s.until]
    return [max(decided, key=lambda s: s.date)] if decided else []


def _stands_out(opening: str, stated: Stated) -> bool:
    """Whether a date is in a line of its own or begins one, not in a table and not in the midst of a
    sentence.
    """
    line, begin = line_at(opening, stated.start), opening.rfind("\n", 0, stated.start) + 1
    return " | " not in line and (len(line) <= _LINE or stated.start - begin <= _LINE_START)


def _signed(reading: Reading) -> _Found:
    """A date line at the end: "Lund den 12 mars 2014"."""
    last = reading.lines[-_LAST_LINES:] if len(reading.lines) > _LAST_LINES else ()
    for line in last:
        if len(line.text) <= _OWN_LINE and _is_quiet(line.text) and not NOTE.match(line.text):
            yield from (("signed", s) for s in read(line.text) if s.label in ("none", "dated"))


def _named(reading: Reading) -> _Found:
    """A whole date in the link text or the file name."""
    for s in read(reading.anchor):
        if s.label not in ("event", "other") and s.precision == "day":
            yield "anchor", s
    yield from (("file_name", s) for s in read_name(reading.file_name) if s.precision == "day")


def _is_quiet(line: str) -> bool:
    """Whether a line speaks of no event."""
    return not _EVENT_WORDS.search(line)
