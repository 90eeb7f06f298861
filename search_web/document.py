"""The page of one document: what is known and why, its text by page with marks, its links and versions.

Not for what differs between two texts (``search_web.comparing``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bottle import Bottle, HTTPError
from markupsafe import Markup

from indexer.errors import CatalogueError, IndexMissing
from indexer.formats.references import issued
from indexer.model import MASK, Document, Evidence, FoundOn, Page, Query, Snippet
from indexer.search import Searcher
from indexer.snippets import page_url
from search_web.comparing import compared, lines_of
from search_web.feedback import FIELD_TITLES
from search_web.hits import SLIDES, name_of
from search_web.parameters import N_, ParameterError, text_of
from search_web.reasons import problem
from search_web.site import Site, Visit, by_path, marked
from search_web.texts import messages

PART = 60_000  # characters of text in one web page; long documents are read in parts
LONGEST_PAGE = 200_000  # characters shown of a single page
RELATED = 6

FACET_OF = {
    "kind": "kind",
    "municipalities": "municipality",
    "counties": "county",
    "areas": "area",
    "organisation_type": "organisation_type",
    "language": "language",
}
"""Fields of the evidence whose values have labels."""


@dataclass(frozen=True, slots=True)
class PageView:
    page: Page
    paragraphs: tuple[Markup, ...]
    matches: int
    url: str  # the original at this page
    cut: bool  # only the beginning is shown


@dataclass(frozen=True, slots=True)
class Reading:
    """A document's text, one part of it open."""

    pages: tuple[PageView, ...]  # of the open part
    part: int  # 1, 2, …
    parts: tuple[tuple[int, int], ...]  # first and last page number of each part
    labels: Mapping[int, str]  # number of every page → how it is cited
    matches: tuple[tuple[int, int], ...]  # (page number, matches) of every page that has some
    names: Mapping[int, str]  # of those pages
    total: int

    def before(self, number: int) -> int | None:
        return max((n for n, _ in self.matches if n < number), default=None)

    def after(self, number: int) -> int | None:
        return min((n for n, _ in self.matches if n > number), default=None)


def parts_of(pages: Sequence[Page]) -> list[list[Page]]:
    """Pages in runs of at most PART characters, at least one page in each."""
    runs: list[list[Page]] = []
    size = 0
    for page in pages:
        if not runs or size + len(page.text) > PART:
            runs.append([])
            size = 0
        runs[-1].append(page)
        size += len(page.text)
    return runs


def paragraphs(text: str, marks: Iterable[tuple[int, int]]) -> tuple[Markup, ...]:
    """The lines of a page with its matches marked, escaped; empty lines are left out."""
    todo = list(marks)
    found, start = [], 0
    for line in text.split("\n"):
        end = start + len(line)
        inside = tuple((max(a, start) - start, min(b, end) - start) for a, b in todo if a < end and b > start)
        if line.strip():
            found.append(marked(Snippet(line, inside)))
        start = end + 1
    return tuple(found)


def cited_as(page: Page) -> str:
    """The number printed on it, else its place in the file."""
    return page.label or str(page.number)


def reading(searcher: Searcher, document: Document, text: str, number: int, language: str) -> Reading:
    """The part of the text that holds page ``number``, with the words of ``text`` marked."""
    pages = searcher.pages(document.id)
    runs = parts_of(pages)
    last = runs[-1][-1].number if runs else 1
    if number > last:
        raise ParameterError("page", N_("Dokumentets sista sida är %(last)s."), last=last)
    part = next((i for i, run in enumerate(runs, 1) if run[-1].number >= number), 1)
    marks = {p.number: searcher.marks(p.text, text) for p in pages} if text else {}
    views = []
    for page in runs[part - 1] if runs else ():
        shown = page.text[:LONGEST_PAGE]
        views.append(
            PageView(
                page,
                paragraphs(shown, marks.get(page.number, ())),
                len(marks.get(page.number, ())),
                page_url(document, page),
                len(page.text) > LONGEST_PAGE,
            )
        )
    matches = tuple((n, len(m)) for n, m in marks.items() if m)
    section = messages(language).gettext(N_("del %(n)s"))  # without a heading
    return Reading(
        tuple(views),
        part,
        tuple((r[0].number, r[-1].number) for r in runs),
        {p.number: cited_as(p) for p in pages},
        matches,
        {
            p.number: name_of(document, p, language) or section % {"n": p.number}
            for p in pages
            if marks.get(p.number)
        },
        sum(n for _, n in matches),
    )


def evidence_by_field(document: Document) -> dict[str, tuple[Evidence, ...]]:
    found: dict[str, list[Evidence]] = {}
    for e in document.evidence:
        found.setdefault(e.field, []).append(e)
    return {field: tuple(values) for field, values in found.items()}


def places_found(document: Document) -> tuple[FoundOn, ...]:
    """Every link that leads to the document; the most telling one first."""
    best = FoundOn(document.found_on, document.anchor or "", document.headings) if document.found_on else None
    others = tuple(
        link for link in document.links if not best or (link.url, link.anchor) != (best.url, best.anchor)
    )
    return (best, *others) if best else others


def citation(document: Document, page: PageView | None) -> dict[str, str | None]:
    """The parts of a reference, to the document or to one page of it: who, when, what, where, when read."""
    return {
        "who": document.publisher,
        "year": (issued(document) or "")[:4] or None,
        "title": document.title,
        "page": cited_as(page.page) if page else None,
        "url": page.url if page else document.url,
        "read": (document.fetched_at or "")[:10] or None,
    }


def neighbours(searcher: Searcher, document: Document) -> dict[str, tuple[Document, ...]]:
    """Other documents to go on to: each stands in one list only, the most telling one."""
    series = searcher.series(document.id)
    alike = searcher.alike(document.id)
    known = {d.id for d in (*series, *alike)}
    elsewhere = tuple(d for d in searcher.elsewhere(document.id, RELATED) if d.id not in known)
    shown = known | {d.id for d in elsewhere}
    related = tuple(d for d in searcher.related(document.id, 2 * RELATED) if d.id not in shown)
    return {"series": series, "alike": alike, "elsewhere": elsewhere, "related": related[:RELATED]}


def held_versions(searcher: Searcher, id_: str) -> tuple[Document, ...]:
    """Newest first; none when the service runs without the corpus, or it cannot be read."""
    try:
        return searcher.versions(id_)
    except (IndexMissing, CatalogueError):
        return ()


def mount(app: Bottle, site: Site) -> None:
    def one(searcher: Searcher, id_: str) -> Document:
        document = by_path(searcher, id_)
        if document is None:
            raise HTTPError(404)
        return document

    def page(id_: str) -> str:
        visit, searcher = site.visit(), site.searcher()
        document = one(searcher, id_)
        p = site.parameters("q", "page")
        query = Query(text_of(p))
        number = p.integer("page", 1, 1, 1_000_000)
        text = reading(searcher, document, query.text, number, visit.language)
        chosen = document.numbered and bool(p.one("page"))
        cited = next((v for v in text.pages if chosen and v.page.number == number), None)
        view: dict[str, Any] = {
            "document": document,
            "query": query,
            "reading": text,
            "evidence": evidence_by_field(document),
            "facet_of": FACET_OF,
            "none_query": Query(),
            "rule": lambda rule: searcher.rule(rule, visit.language),
            "found_on": places_found(document),
            **neighbours(searcher, document),
            "citation": citation(document, cited),
            "cited": cited,
            "withheld": MASK in document.url,
            "slides": SLIDES,
            "problem": problem(document, searcher.statuses(), visit.language),
            "feedback_fields": FIELD_TITLES,
        }
        return site.render("document.html", visit, view, searcher)

    def beside(document: Document, id_: str, searcher: Searcher, visit: Visit) -> str:
        """What differs from another document with nearly the same text, the older first."""
        other = next((d for d in searcher.alike(document.id) if d.id == id_), None)
        if other is None:
            raise ParameterError("with", N_("Bara dokument med nästan samma text kan jämföras."))
        old, new = sorted((document, other), key=lambda d: (d.published or "", d.years, d.id))
        changes = compared(lines_of(searcher.pages(old.id)), lines_of(searcher.pages(new.id)))
        view = {"document": document, "old": old, "new": new, "changes": changes}
        return site.render("compare.html", visit, view, searcher)

    # A slash in an id is a slash here: WSGI decodes the path. So an id may end like one of our pages.
    @app.get("/documents/<id_:path>/versions", live=True)
    def versions(id_: str) -> str:
        visit, searcher = site.visit(), site.searcher()
        if by_path(searcher, f"{id_}/versions"):
            return page(f"{id_}/versions")
        document = one(searcher, id_)
        p = site.parameters("old", "new", "with")
        if p.one("with"):
            return beside(document, p.one("with"), searcher, visit)
        known = held_versions(searcher, document.id)
        numbers = {v.version: v for v in known}
        new = p.integer("new", max(numbers, default=1), 1, 1_000_000)
        old = p.integer("old", max((n for n in numbers if n < new), default=new), 1, 1_000_000)
        changes = None
        if old != new:
            if old not in numbers or new not in numbers:
                raise ParameterError(
                    "new", N_("Det finns ingen version %(old)s eller %(new)s."), old=old, new=new
                )
            changes = compared(lines_of(numbers[old].text), lines_of(numbers[new].text))
        view = {
            "document": document,
            "versions": known,
            "old": numbers.get(old),
            "new": numbers.get(new),
            "changes": changes,
            "compared": old != new,
        }
        return site.render("versions.html", visit, view, searcher)

    app.get("/documents/<id_:path>")(page)
