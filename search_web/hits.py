"""What a result list shows of each hit, worked out before the template: one place for the list and the table.

Ten hits have some two hundred small values; a template asks for each several times as slowly as Python does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from indexer.formats.references import host
from indexer.model import Document, Hit, Page, PageHit, Query, Snippet
from indexer.search import Searcher
from search_web import citing, texts
from search_web.parameters import N_
from search_web.reasons import problem
from search_web.site import Visit, document_path, excerpt, lang, marked, web_address

PAGES_SHOWN = 3  # other pages folded under a hit
LONGEST_TITLE = 300  # characters, as of titles that are read out of documents
SLIDES = ("pptx", "ppt", "odp")


@dataclass(frozen=True, slots=True)
class PageView:
    """A page of a hit. Without a ``name`` there is nothing to link to: a section without a heading."""

    name: str  # "s. 7", "bild 3", or the heading of a section
    number: str  # as printed on it: "7", "iv"; "" for a section
    href: str
    original: bool  # leads to the document itself, not to our page of it
    text: Markup | None  # the words around the match
    matches: int


@dataclass(frozen=True, slots=True)
class HitView:
    title: Markup
    href: str  # our page of it
    lang: Markup  # the attribute, where its language is not that of the page
    coins: str
    years: str
    kind: str | None
    places: tuple[str, ...]
    form: str  # "PDF, 14 sidor"; "" for what is simply a web page
    snippet: Markup | None
    page: PageView | None  # where the snippet stands
    problem: tuple[str, str] | None  # why there is no text to show, and the language of the sentence
    pages: tuple[PageView, ...]  # more pages that match
    sections: bool  # what it has are sections, not pages
    more_pages: int  # how many more match, as far as they were looked at
    sender: str
    site: str  # host, where the sender is not already that
    published: str


def hit_views(hits: Sequence[Hit], query: Query, searcher: Searcher, visit: Visit) -> Sequence[HitView]:
    return [_view(hit, query, searcher, visit) for hit in hits]


def _view(hit: Hit, query: Query, searcher: Searcher, visit: Visit) -> HitView:
    d, language = hit.document, visit.language
    pages = [page_view(hit, page, query, visit) for page in hit.pages[: 1 + PAGES_SHOWN]]
    site = host(d.url)
    form = ""
    if d.format != "html" or d.kind != "webpage":
        form = searcher.label("format", d.format, language)
        if d.numbered and d.page_count:
            form = f"{form}, {texts.page_count(d.page_count, language)}"
    return HitView(
        title_of(hit),
        visit.url(document_path(d, query)),
        lang(d.language, language),
        citing.coins(d),
        texts.years(d.years),
        searcher.label("kind", d.kind, language) if d.kind else None,
        tuple([searcher.label("municipality", m, language) for m in d.municipalities]),
        form,
        excerpt(hit.snippet) if hit.snippet and hit.snippet.text else None,
        pages[0] if pages else None,
        None if hit.pages or hit.snippet else problem(d, searcher.statuses(), language),
        tuple(pages[1:]),
        not d.numbered,
        len(hit.pages) - 1,
        shortened(d.publisher or "", LONGEST_TITLE)
        or site
        or (searcher.label("source", d.source, language) if d.source else ""),
        site if d.publisher else "",
        texts.day(d.published, language),
    )


def title_of(hit: Hit) -> Markup:
    """Whole unless it is endless: an imported one may be, and would push all other hits off the screen."""
    title = shortened(hit.document.title, LONGEST_TITLE)
    return marked(Snippet(title, tuple((a, b) for a, b in hit.title_marks if b < LONGEST_TITLE)))


def page_view(hit: Hit, page: PageHit, query: Query, visit: Visit) -> PageView:
    d = hit.document
    original = d.format == "pdf" and web_address(page.url) is not None
    href = page.url if original else visit.url(document_path(d, query, page.number))
    words = excerpt(page.snippet) if page.snippet else None
    number = str(page.label or page.number) if d.numbered else ""
    return PageView(name_of(d, page, visit.language), number, href, original, words, page.matches)


def name_of(document: Document, page: Page | PageHit, language: str) -> str:
    """What readers call a page: s. 7, bild 3, or the heading of a section; "" for one without a heading."""
    if not document.numbered:
        return shortened(page.heading or "")
    if document.format in SLIDES:
        return texts.messages(language).gettext(N_("bild %(n)s")) % {"n": page.number}
    return texts.page_name(page.label or page.number, language)


def shortened(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest + 5 else f"{text[:longest]}…"
