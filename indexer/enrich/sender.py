"""Who puts a document out, and what type of organisation is it whose work the document describes?

A file shows its sender in the letterhead, in what repeats on its pages, or where it says who adopted it or
invites; a web page is the site's own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.enrich.organisations import Named, organisations
from indexer.enrich.place_names import mentions
from indexer.enrich.reading import Reading
from indexer.language import dates
from indexer.model import Evidence
from indexer.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Sender:
    publisher: str | None
    type: str | None
    county: str | None
    municipality: str | None
    foreign: bool  # another organisation than the site's own
    evidence: tuple[Evidence, ...]


_BESIDE_LETTERHEAD = re.compile(
    r"(?:sida|sid|page|s\.)\s*\d+(?:\s*(?:\(|av|/)\s*\d+\)?)?|\d+\s*\(\s*\d+\s*\)|\d{4}-\d\d(?:-\d\d)?|"
    r"dnr\b.*|\d+|(?:[\w-]+-\s(?:och|samt)\s)?\w*(?:styrelsen|nämnden|fullmäktige|utskottet|förvaltningen|kontoret|"
    r"författningssamling|avdelningen|enheten|kansliet|fakulteten|institutionen|lokalförening(?:en)?\si\s\w+)(?:\sför\s[\w\s,-]{3,60})?",
    re.IGNORECASE,
)
_PUT_OUT_BY = re.compile(
    r"(?:utgiven av|utgivare|utges av|framtage[nt] av|producerad av|antage[nt] av|beslutad av|fastställd av|"
    r"arrangör(?:er)?|avsändare|copyright|©|published by|adopted by)\s*:?\s*(?:[\wåäö-]+\s+){0,3}$",
    re.IGNORECASE,
)
_SPEAKS = re.compile(
    r"\s+(?:(?:och|samt|and)\s[\w\såäö,]{3,80}\s)?(?:bjuder in|inbjuder|hälsar|invites?\b|bjuder)",
    re.IGNORECASE,
)
_BAR = 2.5


def sender(reading: Reading, vocabulary: Vocabulary) -> Sender:
    """Publisher and its type; ``foreign`` when a file shows another sender than the site it lies on."""
    source = reading.source
    own = Sender(
        source.publisher or None,
        source.organisation_type or None,
        source.county,
        source.municipality,
        False,
        (Evidence("publisher", source.publisher, "publisher.source", source.name),)
        if source.publisher
        else (),
    )
    if reading.is_page:
        if not reading.is_above_source:
            return own
        if any(
            _same(named, reading, vocabulary)
            for title in reading.subjects
            for named in organisations(title, vocabulary)
        ):
            return own
        return Sender(None, None, None, None, True, ())
    named, rule, words = _on_file(reading, vocabulary)
    if named is None or _same(named, reading, vocabulary):
        return own
    return Sender(
        named.name,
        named.type,
        named.county,
        named.municipality,
        True,
        (Evidence("publisher", named.name, f"publisher.{rule}", words),),
    )


def _same(named: Named, reading: Reading, vocabulary: Vocabulary) -> bool:
    source = reading.source
    if named.municipality is not None and named.municipality == source.municipality:
        return True
    theirs = {n.name for n in organisations(f"{source.publisher}\n{source.name}", vocabulary)}
    return named.name in theirs or named.name.lower() in (source.publisher.lower(), source.name.lower())


def _on_file(reading: Reading, vocabulary: Vocabulary) -> tuple[Named | None, str, str]:
    signs: dict[str, dict[str, float]] = defaultdict(dict)  # name → rule → its heaviest sign
    by_name: dict[str, tuple[Named, str, str]] = {}
    for named, weight, rule, words in _signs(reading, vocabulary):
        signs[named.name][rule] = max(weight, signs[named.name].get(rule, 0.0))
        by_name.setdefault(named.name, (named, rule, words))
    score = {name: 0.8 * max(w.values()) + 0.2 * sum(w.values()) for name, w in signs.items()}
    if score:
        name = max(score, key=lambda name: score[name])
        if score[name] >= _BAR:
            return by_name[name]
    for title in (reading.anchor, *reading.headings):
        for named in organisations(title, vocabulary):
            if named.start == 0:
                return named, "link", title
    if reading.source.publisher and reading.source.publisher in reading.text:
        return None, "", ""
    for title in reading.parents:
        for named in organisations(title, vocabulary):
            return named, "linking_page", title
    return None, "", ""


def _signs(reading: Reading, vocabulary: Vocabulary) -> Iterator[tuple[Named, float, str, str]]:
    """Every sign of a sender on a file: (organisation, weight, rule, words)."""
    extract = reading.extract
    if extract.author:
        for named in organisations(extract.author, vocabulary)[:1]:
            yield (
                named,
                2.6 if named.end - named.start > 0.6 * len(extract.author) else 1.0,
                "metadata",
                extract.author,
            )
    for line in reading.running:
        for named in organisations(line, vocabulary)[:1]:
            yield named, 3.0 if _dominates(named, line) else 1.0, "letterhead", line
    addressed = set(_addressed(reading))
    for number, line in enumerate(reading.head):
        for place, named in enumerate(organisations(line, vocabulary)):
            words = line[:120]
            if number in addressed:
                continue
            if _PUT_OUT_BY.search(line[: named.start]):
                yield named, 3.0, "put_out_by", words
            elif place == 0 and _SPEAKS.match(line, named.end):
                yield named, 3.0, "speaks", words
            elif _dominates(named, line) and number < 5:
                yield named, 3.5 if number < 2 else 2.5, "letterhead", words
            elif number < 8 and place == 0 and line not in reading.subjects:
                yield named, 1.0 if named.start == 0 else 0.5, "head", words
    last = [line.text for line in reading.lines[-4:]] if len(reading.lines) > 8 else []
    for line in last:
        for named in organisations(line, vocabulary)[:1]:
            if _dominates(named, line):
                yield named, 2.0, "signature", line
    for line in (line.text for line in reading.lines[len(reading.head) :]):
        if len(line) < 200:
            for named in organisations(line, vocabulary)[:1] if _HINT.search(line) else ():
                if _PUT_OUT_BY.search(line[: named.start]):
                    yield named, 2.5, "put_out_by", line


_ANSWER = re.compile(r"\b\w*(?:yttrande|remissvar|skrivelse till|svar på remiss)\b", re.IGNORECASE)
_POSTAL = re.compile(r"\d{3}\s?\d\d\s+[A-ZÅÄÖ]")


def _addressed(reading: Reading) -> Iterator[int]:
    """Numbers of the first lines that name to whom an answer goes: those above a postal address."""
    if _ANSWER.search(reading.title):
        for number, line in enumerate(reading.head[1:]):
            if _POSTAL.match(line):
                yield number


_HINT = re.compile(r"utgiv|utges|framtag|producer|copyright|©|avsändare|published", re.IGNORECASE)


def _dominates(named: Named, line: str) -> bool:
    """Whether a line is a letterhead: the name and at most a committee, a date or a page number beside it."""
    rest = line[: named.start] + " " + re.sub(r"^s\b", "", line[named.end :])  # "Region Skånes kansli"
    for stated in reversed(dates.read(rest)):
        rest = rest[: stated.start] + rest[stated.end :]
    return named.start <= 40 and not _BESIDE_LETTERHEAD.sub("", rest).strip(" ,.:;|–-•·()©")


# --- the type of the organisation whose work it describes ---------------------------------------------------


_HELD = re.compile(  # "Konferens i Lund": what is held in a place is not its municipality's work
    r"\b(?:\w*konferens\w*|\w*träff(?:en|ar)?|seminari\w*|\w*utbildning(?:en|ar)?|kurs(?:en|er)?|mässa|workshop\w*)\s"
    r"(?:.*\s)?i\s(?=[A-ZÅÄÖ])",
    re.IGNORECASE,
)


def organisation_type(
    reading: Reading, vocabulary: Vocabulary, sent: Sender, municipalities: tuple[str, ...]
) -> tuple[str | None, tuple[Evidence, ...]]:
    """The type of the organisation that the title is about, else of the sender."""
    for title in reading.subjects:
        for named in organisations(title, vocabulary):
            if named.type != sent.type and reading.kind not in ("invitation", "minutes", "newsletter"):
                return named.type, (
                    Evidence("organisation_type", named.type, "organisation_type.title", title),
                )
    about_one = len(municipalities) == 1 and reading.is_page and reading.kind in ("example", "webpage")
    held_there = any(map(_HELD.search, reading.subjects))
    if about_one and not held_there and sent.type != "municipality" and reading.source.municipality is None:
        code = municipalities[0]
        if any(m.code == code for title in reading.subjects for m in mentions(title, vocabulary)):
            return "municipality", (
                Evidence(
                    "organisation_type", "municipality", "organisation_type.place_in_title", reading.title
                ),
            )
    if sent.type is None:
        return None, ()
    rule = "sender" if sent.foreign else "source"
    return sent.type, (
        Evidence("organisation_type", sent.type, f"organisation_type.{rule}", sent.publisher or ""),
    )
