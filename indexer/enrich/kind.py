"""What kind of document is it?

A file says it in its title, link, file name and first lines, or by its form. A web page is a web page unless
it is itself the minutes, the invitation, the example. Cues and weights: ``corpus/vocabulary/kind.toml``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from indexer.enrich.cues import Hit, best_hits, evidence
from indexer.enrich.reading import Reading
from indexer.language.dates import read
from indexer.model import Evidence
from indexer.vocabulary import Cue, Recogniser, Vocabulary

_FILE_BAR = 1.4
"""What the best kind of a file must reach; below, the kind is not known."""
_PAGE_BAR = 4.4
"""What a kind must reach on a web page to outweigh its being a web page: a title that begins with the
word.
"""
_FILED = 8.0
"""Worth of link and address both saying that a page is an example, whatever its title tells of."""
_FORMAL = {"decision", "policy", "strategy", "action_plan", "process_plan", "report", "information"}
"""Kinds that usually are files: a page is one only if its title begins with the word."""
_DATED = 1.0
"""What it adds that the page says for which years or since when: "Lekplatsplan 2020-2025"."""
_EVENT_LETTERS = 2_000
_EVENT_LINES, _EVENT_LINE = 6, 80
_SLIDE_LETTERS = 600
_HEADED = 0.8
"""A PDF of at least five pages with fewer characters a page, of which that share begin with a heading, is
slides.
"""


def kind(reading: Reading, vocabulary: Vocabulary) -> tuple[str | None, tuple[Evidence, ...]]:
    """The kind and why; None for a file whose title, link and first lines do not tell it."""
    recogniser = vocabulary.kinds
    hits: dict[str, list[Hit]] = defaultdict(list)
    for value, hit in best_hits(recogniser, _places(reading)):
        hits[value].append(hit)
    if reading.is_page:
        return _page_kind(reading, hits, recogniser)
    for value, hit in _by_form(reading):
        hits[value].append(hit)
    named = {value: found for value, found in hits.items() if any(hit.sure for hit in found)}
    score = {value: sum(hit.weight for hit in found) for value, found in named.items()}
    if not score or max(score.values()) < _FILE_BAR:
        return None, ()
    best = max(score, key=lambda value: (score[value], -list(recogniser.cues).index(value)))
    return best, (evidence("kind", best, hits[best]),)


_TYPE_LINE = re.compile(  # "Tjänsteskrivelse", "PROTOKOLL 1 (12)", "Dokumenttyp: Policy", "Policy 2014-03-12"
    r"(?:dokumenttyp:?\s|utdrag ur\s)?[^\W\d]+(?:\s(?:för beslut|nr|från sammanträdet?))?"
    r"[\s\d()–:./-]*(?:av\s\d+|sida \d+)?",
    re.IGNORECASE,
)


def _places(reading: Reading) -> Iterator[tuple[str, str]]:
    for title in reading.subjects:
        yield "title", title
    if not reading.is_page:
        for where, title in reading.extract.titles:
            if where == "metadata" and title not in reading.subjects:
                yield "head", title
        if reading.anchor.lower() != reading.title.lower():  # the same words are one sign
            yield "anchor", reading.anchor
        yield "file", re.sub(r"[-_+.\s]+", " ", reading.file_name)
    for number, line in enumerate(reading.head[:8]):
        if line in reading.subjects and not reading.is_page:
            continue
        yield ("label" if number < 4 and len(line) < 60 and _TYPE_LINE.fullmatch(line) else "head"), line
    for line in reading.running:
        yield "head", line
    for heading in reading.headings:
        yield "above", heading
    yield "address", reading.address
    if not reading.is_page:
        yield "body", reading.text_lower[:20_000]


def _page_kind(
    reading: Reading, hits: Mapping[str, list[Hit]], recogniser: Recogniser
) -> tuple[str | None, tuple[Evidence, ...]]:
    """A web page is a web page, unless its title or its first line says it is itself the minutes, the
    invitation, the example.
    """
    dated = any(s.precision == "span" for s in read(reading.title)) or _is_decided(reading)
    score: dict[str, float] = {}
    why: dict[str, list[Hit]] = {}
    for value, found in {} if reading.is_index else hits.items():  # a list of links is no document itself
        why[value] = found
        if value == "example":
            score[value] = (
                sum(hit.weight for hit in found if hit.place in ("title", "above", "address")) * 1.2
            )
            if {"above", "address"} <= {hit.place for hit in found}:
                score[value] = max(score[value], _FILED)
        else:
            places = ("title", "label") if _BODY.fullmatch(reading.title) else ("title",)
            titled = [hit for hit in found if hit.place in places and not _QUESTION.match(reading.title)]
            if value in _FORMAL:
                first = _owners(reading)
                titled = [hit for hit in titled if hit.start <= first]
            score[value] = sum(hit.weight for hit in titled)
            if value in _FORMAL and titled and dated:
                score[value] += _DATED
            # A page that leads to such files only presents them: the file and not the page is the plan.
            files = _files_named(reading, recogniser.cues[value])
            score[value] -= 3.0 if files == 1 else score[value] if files else 0.0
    best = max(score, key=lambda value: score[value], default=None)
    if best is None or score[best] < _PAGE_BAR:
        best, why = next(_opening(reading, recogniser), (None, why))
    if best in (None, "education") and (called := _event(reading)) is not None:  # a course on its day, too
        best, why = "invitation", {"invitation": [called]}
    if best is not None:
        return best, (evidence("kind", best, why[best]),)
    return "webpage", (Evidence("kind", "webpage", "kind.web_page", reading.context.url),)


_QUESTION = re.compile(r"(?:när|hur|varför|vad|vem|vilka|om|att|därför|nu|så här)\s", re.IGNORECASE)
_FILE = re.compile(r"\.(?:pdf|docx?|pptx?|odt)(?:$|[?#])", re.IGNORECASE)
_OWNERS = re.compile(  # "Regional handlingsplan …", "Myndighetens strategi …", "Lunds kommuns policy …"
    r"(?:(?:(?:regional|lokal|kommunal|gemensam|kommungemensam|länsgemensam|nationell)[ta]?|\w*övergripande|\w+isk[ta]?|"
    r"\w+-\soch|\w+s)\s){1,3}",
    re.IGNORECASE,
)
_BODY = re.compile(  # a page called so is what the line below says: "Socialnämnden", "Protokoll"
    r"(?:[\w-]+(?:\soch)?\s)?\w*(?:nämnden|styrelsen|utskottet|fullmäktige|beredningen)(?:\s[\d-]+)?",
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"§+\s?\d+[a-z]?[.:]?\s+")
_SINGULAR = re.compile(r"(?!.*(?:et|[^d]an|en|na)$)")
"""Of a word that names a thing as such: "checklista", "inbjudan"; "checklistan" speaks of one."""
_OPENING_LINES = 2


def _owners(reading: Reading) -> int:
    """Where a formal title may begin: behind the number of its paragraph, or behind whose it is, if the page
    bears years or a day of decision.
    """
    owners, numbered = _OWNERS.match(reading.title), _PARAGRAPH.match(reading.title)
    if owners is None:
        return numbered.end() if numbered else 0
    return owners.end() if _is_decided(reading) or read(reading.title) else 0


def _is_decided(reading: Reading) -> bool:
    """Whether the first lines say when the page was adopted."""
    return any(stated.label == "decision" for stated in read("\n".join(reading.head[:4])))


def _files_named(reading: Reading, cues: Sequence[Cue]) -> int:
    """How many files the page leads to by such a name, or by nothing but a day ("KS 2022-01-19")."""
    anchors = {
        link.anchor.lower()
        for link in reading.extract.links
        if not link.frame and (_FILE.search(link.url) or "pdf" in link.anchor.lower())
    }
    return sum(
        any(cue.core in anchor and cue.pattern.search(anchor) for cue in cues)
        or any(stated.precision == "day" for stated in read(anchor))
        for anchor in anchors
    )


def _opening(reading: Reading, recogniser: Recogniser) -> Iterator[tuple[str, dict[str, list[Hit]]]]:
    """What the first lines say that the page is: "Checklista att använda inför …", "Dokumenttyp | Policy"."""
    if reading.is_index:
        return
    others = {*reading.subjects, *(link.anchor for link in reading.extract.links)}
    lines = [line for line in reading.lines if line.text not in others][:_OPENING_LINES]
    for line in (line.text for line in takewhile(lambda line: not line.heading, lines)):
        words = _TYPE_NAME.sub("", line)
        found = dict(best_hits(recogniser, [("head", words)]))
        told = [v for v, h in found.items() if h.start == 0 and h.sure and (v in _OPENS or words != line)]
        for value in sorted(told, key=lambda value: -found[value].weight):
            named = found[value].words
            if words != line or (_SINGULAR.match(named) and found[value].weight >= _OPENING_BAR):
                yield value, {value: [found[value]]}


_WHEN = re.compile(r"(?:datum(?: och tid)?|tid(?:punkt)?|när|dag|when|date)\s?(?:[:|]|$)", re.IGNORECASE)
_WHERE = re.compile(r"(?:plats|lokal|var|where|venue|location)\s?(?:[:|]|$)", re.IGNORECASE)
_HOURS = re.compile(
    r"[\s,]{1,3}(?:kl\.?\s|klockan\s)?\d{1,2}(?:[.:]\d\d)?\s?[–-]\s?\d{1,2}(?:[.:]\d\d)?(?!\s?\w)",
    re.IGNORECASE,
)
_TO_COME = re.compile(
    r"\b(?:anmäl(?:an|ning| dig)\b|välkom(?:men|na)\b|fri entré\b|bjuder in\b|föreläs|\w*seminari|webbinari"
    r"|konferens|workshop|register\b|free admission\b)",
    re.IGNORECASE,
)


def _event(reading: Reading) -> Hit | None:
    """Lines that say when and where something is that one may come to: the form of an event page."""
    if reading.is_index:
        return None
    head = reading.head
    if not _TO_COME.search(reading.text_lower[:_EVENT_LETTERS]):
        return None
    timed = [  # "Lördag 14 september 2024, 10–14", and not the days of opening hours
        (s.date, line)
        for line in (line[:_EVENT_LINE] for line in head)
        for s in read(line)[:1]
        if s.precision == "day" and _HOURS.match(line, s.end)
    ]
    if timed and timed[0][1] in head[:_EVENT_LINES] and len({day for day, _ in timed}) == 1:
        return Hit(_PAGE_BAR, "form", timed[0][1])
    when = next((n for n, line in enumerate(head) if _WHEN.match(line)), None)
    where = next((line for line in head if _WHERE.match(line)), None)
    if when is None or where is None:
        return None
    days = {s.date for line in head[when : when + 2] for s in read(line) if s.precision == "day"}
    return Hit(_PAGE_BAR, "form", f"{head[when]}; {where}"[:80]) if len(days) == 1 else None


_TYPE_NAME = re.compile(
    r"(?:dokumenttyp\s?[:|]?|(?:typ av dokument|dokumentslag|publikationstyp|typ)\s?[:|])\s", re.IGNORECASE
)
_OPENS = ("checklist", "newsletter", "minutes", "notes", "invitation", "impact_assessment", "guidance")
_OPENING_BAR = 4.0


def _by_form(reading: Reading) -> Iterator[tuple[str, Hit]]:
    """What the form of a file says: slides are a presentation, a picture is information."""
    extract = reading.extract
    if extract.format in ("pptx", "ppt", "odp"):
        yield "presentation", Hit(4.0, "form", extract.format)
    if extract.format in ("xlsx", "xls", "ods"):
        yield "report", Hit(1.5, "form", extract.format)
    pages = extract.page_count or len(extract.pages)
    letters = len(reading.text)
    headed = sum(page.heading is not None for page in extract.pages)
    if extract.format == "pdf" and pages >= 5 and 0 < letters / pages < _SLIDE_LETTERS:
        slides = headed >= _HEADED * pages
        form = f"{pages} pages with {letters // pages} characters each"
        yield "presentation", Hit(4.5 if slides else 2.0, "form", form, sure=slides)
    if extract.format == "image":
        yield "information", Hit(1.5, "form", "image")
