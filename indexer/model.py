"""The nouns of the project: frozen dataclasses that modules hand to each other.

Which words mean what is told in ARCHITECTURE.md. Not for behaviour: functions live in the modules that
answer the question. Unknown is always ``None`` or ``()``, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

KINDS = (
    "webpage", "decision", "minutes", "notes", "process_plan", "action_plan", "policy", "strategy",
    "guidance", "checklist", "impact_assessment", "newsletter", "invitation", "presentation",
    "education", "report", "information", "example",
)  # fmt: skip
AREAS = ("governance", "education", "follow_up", "toolbox")
ORGANISATION_TYPES = (
    "municipality", "region", "county_board", "association", "authority", "university", "civil_society",
)  # fmt: skip
FORMATS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "doc": "application/msword",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "ppt": "application/vnd.ms-powerpoint",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "rtf": "application/rtf",
    "image": "",
    "text": "text/plain",
}
"""Of documents, with their media type; "" where there are several."""
LANGUAGES = ("sv", "en")
"""Of the interface, and of the names of values."""

UNKNOWN = "none"
"""The filter and facet value that stands for documents where the field is not known."""

MASK = "[personnummer]"
"""What stands where a personal identity number was; an address that holds it leads nowhere."""


@dataclass(frozen=True, slots=True)
class Source:
    """A site, or part of one, that we are told to crawl: one block of ``corpus/sources.toml``."""

    id: str
    name: str
    publisher: str
    organisation_type: str
    start_urls: tuple[str, ...]
    municipality: str | None = None  # SCB code: the source is that municipality's own
    county: str | None = None
    language: str | None = None
    sitemaps: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()  # regular expressions; empty: the hosts of start_urls, below their paths
    deny: tuple[str, ...] = ()
    max_depth: int = 8
    max_pages: int = 20_000  # responses in one run
    delay: float | None = None  # seconds between requests to one host; None: the setting
    enabled: bool = True
    allow_private: bool = False
    relevance: float | None = None  # bar on topic score; None: everything on the source belongs here
    schedule: float | None = None  # days between crawls under --watch; None: the setting


@dataclass(frozen=True, slots=True)
class Link:
    """A link as its page shows it: ``headings`` are those above it, outermost first."""

    url: str  # absolute, canonical form
    anchor: str
    headings: tuple[str, ...] = ()
    nofollow: bool = False
    frame: bool = False  # stands in the frame of the page (menu, breadcrumbs, footer …), not in its main text


@dataclass(frozen=True, slots=True)
class Capture:
    """The bytes of one URL at one time, kept in WARC and never changed."""

    id: int  # given by the catalogue; 0 before that
    source: str
    url: str  # canonical form of the URL that answered
    fetched_at: str  # UTC, 2026-11-22T04:39:37Z
    status: int
    media_type: str  # by content
    digest: str  # sha256 of the payload, hex
    warc: str  # file name below the corpus directory
    offset: int
    length: int
    headers: Mapping[str, str] = field(default_factory=dict)  # response headers, lower-case names
    redirect_to: str | None = None  # canonical form of the Location of a 3xx answer
    revisit_of: int | None = None  # id of the earlier capture with the same bytes (a 304, or the same digest)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a PDF, one slide, or one headed section of a web page: the unit a hit points to."""

    number: int  # 1, 2, …
    text: str  # paragraphs separated by one newline
    heading: str | None = None
    label: str | None = None  # the number printed on the page, where it differs ("iv", "A-3")
    anchor: str | None = None  # id in the HTML, for a link to the section


@dataclass(frozen=True, slots=True)
class Contact:
    role: str | None
    name: str | None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledDate:
    """A date as the document states it: ``label`` is published, updated, meeting, decision, event or none."""

    date: str  # 2014-03-12, 2014-03 or 2014
    label: str
    text: str  # the words it was read from
    frame: bool = False  # stands only in the frame of the page, where it may be the site's and not the page's


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    level: int  # 1 is outermost
    title: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Extract:
    """What the bytes of one capture say by themselves, before anything is concluded from it."""

    format: str  # one of FORMATS, or other
    pages: tuple[Page, ...] = ()
    titles: tuple[tuple[str, str], ...] = ()  # (where, text), best first: ("h1", "…"), ("metadata", "…")
    links: tuple[Link, ...] = ()
    language: str | None = None  # as declared
    canonical: str | None = None  # <link rel=canonical>, absolute
    refresh: str | None = None  # <meta http-equiv=refresh>: where it sends its readers by itself, absolute
    robots: frozenset[str] = frozenset()  # noindex, nofollow, noarchive
    dates: tuple[LabelledDate, ...] = ()
    contacts: tuple[Contact, ...] = ()
    outline: tuple[OutlineEntry, ...] = ()
    page_count: int | None = None  # pages or slides of a paged format
    read_by: str = "text"  # text, ocr, or none: nothing readable in it
    problem: str | None = None  # one sentence in plain words when it could not be read, or only partly
    reason: str | None = None  # stable id of that: encrypted, damaged, timeout … (extract.problem.SENTENCES)
    blocks: tuple[str, ...] = ()  # HTML: fingerprint of every text block, for what repeats across a site
    soft_404: bool = False  # says "not found" with status 200
    login: bool = False  # a form that asks for a password
    author: str | None = None  # as the file's metadata says; often the organisation that sends it
    furniture: tuple[str, ...] = ()  # lines that repeat on the pages, and are left out of the text


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a metadata value was set."""

    field: str  # published, years, municipalities, kind, areas …
    value: str
    rule: str  # stable id of the rule, e.g. "year.heading_above_link"; its sentence is in the vocabulary
    text: str  # the words that matched


@dataclass(frozen=True, slots=True)
class FoundOn:
    """One link that leads to a document."""

    url: str  # the page the link stands on
    anchor: str
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What a reader would call a document: one page or one file, with its text by page and its metadata."""

    id: str  # stable: twelve hex digits, from the address where it was first seen
    url: str
    title: str
    format: str
    source: str = ""
    also_at: tuple[str, ...] = ()
    kind: str | None = None
    language: str | None = None
    published: str | None = None
    years: tuple[int, ...] = ()
    municipalities: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    publisher: str | None = None
    organisation_type: str | None = None
    contacts: tuple[Contact, ...] = ()
    found_on: str | None = None
    anchor: str | None = None
    headings: tuple[str, ...] = ()
    links: tuple[FoundOn, ...] = ()  # every link that leads here
    page_count: int | None = None
    text: tuple[Page, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    outline: tuple[OutlineEntry, ...] = ()
    read_by: str = "text"
    problem: str | None = None
    first_seen: str | None = None  # UTC, when we first held it
    fetched_at: str | None = None  # UTC, when the bytes of this version were read
    checked_at: str | None = None  # UTC, when its address last answered
    version: int = 1  # 1, 2, … how many times its content has changed, plus one
    digest: str | None = None
    capture: str | None = None  # "warc file:offset" of the archived bytes
    series: str | None = None  # id shared by editions of the same plan, minutes of the same body …
    alike: tuple[str, ...] = ()  # ids of documents with nearly the same text, the most alike first

    @property
    def numbered(self) -> bool:
        """Are the numbers of its pages those that readers meet in it? Web pages have sections, and so have
        Word files, whose pages are made where they are opened: those numbers stand nowhere but here.
        """
        return self.format == "pdf" or (self.page_count is not None and self.format not in _UNNUMBERED)


_UNNUMBERED = ("html", "xlsx", "xls", "ods")


@dataclass(frozen=True, slots=True)
class Gone:
    """A document that has left the index: what a harvester needs to drop it, and nothing of what it said."""

    id: str
    at: str  # UTC, when the first index without it was built
    municipalities: tuple[str, ...] = ()
    kind: str | None = None


Progress = Callable[[str, int, int | None], None]
"""What long work calls: the stage, how many are done, and of how many where that is known."""


# --- asking and answering -------------------------------------------------------------------------------

FACETS = (
    "municipality", "county", "year", "kind", "area", "organisation_type", "publisher", "language", "format",
    "source",
)  # fmt: skip
SORTS = ("relevance", "newest", "oldest", "title")


@dataclass(frozen=True, slots=True)
class Filters:
    """Chosen values by facet: any of the values within one facet, all facets together.

    ``UNKNOWN`` among the values also takes the documents where the field is not known.
    """

    municipality: tuple[str, ...] = ()
    county: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    year_unknown: bool = False  # only documents without a year (with a span: also those)
    kind: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    organisation_type: tuple[str, ...] = ()
    publisher: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    text: str = ""
    filters: Filters = Filters()
    sort: str = "relevance"
    limit: int = 10
    page: int = 1  # 1, 2, … of the result list
    facets: tuple[str, ...] = FACETS  # the facets to count; () for none
    snippets: bool = True


@dataclass(frozen=True, slots=True)
class Snippet:
    """Words around a match. ``marks`` are (start, end) offsets into ``text`` of the words that matched."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PageHit:
    number: int
    label: str | None
    heading: str | None
    matches: int  # occurrences of the query's words on the page
    snippet: Snippet | None
    url: str  # the original at that page: …#page=7, …#section-id


@dataclass(frozen=True, slots=True)
class Hit:
    document: Document  # without text
    score: float
    pages: tuple[PageHit, ...] = ()  # best first; empty when only title, headings or link texts matched
    snippet: Snippet | None = None  # of the best page, or the beginning of the document
    title_marks: tuple[tuple[int, int], ...] = ()  # words of the title that matched, as in Snippet.marks


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class ReadTerm:
    """How one part of the query was read, for "så läste vi din sökning"."""

    text: str  # as typed
    kind: str  # word, phrase, prefix, wildcard, fuzzy, near, field, excluded, ignored
    forms: tuple[str, ...] = ()  # words of the corpus found by its stem, commonest first
    synonyms: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()  # parts of the compound
    documents: int = 0  # documents it matches alone
    note: str | None = None  # one sentence when something could not be read as typed
    field: str = ""  # as typed, where only titles, headings, link texts or texts were searched: titel


@dataclass(frozen=True, slots=True)
class Generation:
    """One complete, immutable index."""

    id: str
    built_at: str
    documents: int
    analysis: str  # fingerprint of the language analysis
    corpus: str  # fingerprint of the documents in it
    software: str


@dataclass(frozen=True, slots=True)
class SearchResults:
    query: Query
    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    generation: Generation
    suggestion: str | None = None  # did you mean
    reading: tuple[ReadTerm, ...] = ()
    unmatched: tuple[str, ...] = ()  # words that match nothing at all
    relaxed: bool = False  # no document has all the words: these have most of them
    others: tuple[Hit, ...] = ()  # when few have all the words: the best that have most; not in total


@dataclass(frozen=True, slots=True)
class Suggestion:
    text: str
    kind: str  # title, phrase, word, place, year
    target: str | None = None  # document id or municipality code


@dataclass(frozen=True, slots=True)
class MatrixRow:
    value: str  # municipality code
    label: str
    counts: tuple[int, ...]  # hits per year, aligned with Matrix.years
    held: tuple[int, ...]  # documents held per year, whatever the query
    undated: int  # hits without a year
    total: int  # distinct documents, not the sum of the years
    state: str  # crawled, not_crawled, failing


@dataclass(frozen=True, slots=True)
class Matrix:
    query: Query
    years: tuple[int, ...]
    rows: tuple[MatrixRow, ...]
    total: int
    nowhere: MatrixRow  # hits and documents that concern no known municipality; its state says nothing
    generation: Generation


@dataclass(frozen=True, slots=True)
class Failure:
    url: str
    stage: str  # fetch, robots, extract, index, enrich
    reason: str  # stable id: timeout, dns, refused_by_robots, http_500, damaged_pdf, encrypted …
    message: str  # one sentence in plain words
    at: str


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What is held of a source and what is missing."""

    id: str
    name: str
    publisher: str
    enabled: bool
    state: str  # ok, failing, never_crawled, disabled
    municipality: str | None = None
    county: str | None = None
    documents: int = 0
    captures: int = 0
    last_crawl: str | None = None
    last_success: str | None = None
    failures: tuple[Failure, ...] = ()
    refused_by_robots: int = 0
    not_on_topic: int = 0
    unreadable: int = 0
    years: Mapping[str, int] = field(default_factory=dict)  # documents held by year, "none" for undated
    ended: str | None = None  # why the last crawl did not go through everything: page_limit, time_limit …
