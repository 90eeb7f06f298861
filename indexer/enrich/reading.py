"""How does one document present itself to the rules: its title, link, first lines, headings and text?

Prepared once and read by every rule; nothing is concluded here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote, urlsplit

from indexer.language.dates import read
from indexer.model import Extract, FoundOn, Source

TEXT_LIMIT = 200_000
"""Characters of a document that the rules read; what a document is shows well before."""
HEAD_LINES = 14
"""Lines of the first page in which a document says what it is and from when."""

HEAD_LENGTH = 1_500
HEADING_LENGTH = 1_000
"""Characters of a heading that are read: the rules look at it again for every line below."""
INDEX_LENGTH = 1_500
INDEX_SHARE = 0.4
"""A page up to that many characters, of which that share are lines that are links, is a list of links."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a document besides its own bytes."""

    source: Source
    url: str
    links: tuple[FoundOn, ...] = ()  # every link that leads here
    title: str = ""
    fetched_at: str | None = None
    last_modified: str | None = None
    linking_titles: Mapping[str, str] = field(default_factory=dict)  # URL of a linking page → its title
    file_name: str = ""  # as its server calls it, where the address has none


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    page: int
    heading: bool = False
    lead: bool = False  # title lines and introduction
    above: str = ""  # the heading it stands under
    number: int = 0  # 0, 1, … in the document


@dataclass(frozen=True)
class Reading:
    """One document as the rules read it."""

    extract: Extract
    context: Context
    link: FoundOn | None = None  # the most telling one
    kind: str | None = None
    foreign: bool = False  # the sender is not the site's own organisation

    @property
    def source(self) -> Source:
        return self.context.source

    @property
    def is_page(self) -> bool:
        return self.extract.format == "html"

    @cached_property
    def title(self) -> str:
        return " ".join(self.context.title.split()) or next((text for _, text in self.extract.titles), "")

    @cached_property
    def anchor(self) -> str:
        return clean_anchor(self.link.anchor) if self.link else ""

    @property
    def headings(self) -> tuple[str, ...]:
        return self.link.headings if self.link else ()

    @cached_property
    def file_name(self) -> str:
        """What the server calls it, or the last part of the address, percent-decoded."""
        return self.context.file_name or unquote(
            urlsplit(self.context.url).path.rstrip("/").rpartition("/")[2]
        )

    @cached_property
    def address(self) -> str:
        return unquote(urlsplit(self.context.url).path).lower()

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """The document's own names for itself: its title and, if it differs, its first heading."""
        names = [self.title]
        names += [text for where, text in self.extract.titles if where == "h1"]
        return tuple(dict.fromkeys(name for name in names if name))

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """Titles of the pages that link here."""
        titles = (self.context.linking_titles.get(link.url, "") for link in self.context.links)
        return tuple(dict.fromkeys(title for title in titles if title))

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """All lines in order, headings of pages among them."""
        lines: list[Line] = []
        left = TEXT_LIMIT
        for page in self.extract.pages:
            above = ""
            if page.heading:
                above = page.heading.strip()[:HEADING_LENGTH]
                first = page.text.lstrip().split("\n", 1)[0].strip() if page.text else ""
                if self.is_page and first != above:
                    lines.append(Line(above, page.number, heading=True, number=len(lines)))
            for text in page.text.replace("\u00ad", "").split("\n"):
                stripped = text.strip()
                if not stripped:
                    continue
                count = len(lines)
                heading = self._looks_like_heading(stripped, above)
                if heading:
                    above = stripped
                lines.append(Line(stripped[:left], page.number, heading, count < 4, above, count))
                left -= len(stripped)
                if left <= 0:
                    return tuple(lines)
        return tuple(lines)

    def _looks_like_heading(self, line: str, page_heading: str) -> bool:
        if line == page_heading:
            return True
        if self.is_page:
            return False
        return len(line) < 60 and line[0].isupper() and line[-1] not in ".,;:!?-" and len(line.split()) <= 7

    @cached_property
    def head(self) -> tuple[str, ...]:
        """The first lines of the document, at most HEAD_LINES and HEAD_LENGTH characters."""
        lines: list[str] = []
        total = 0
        listed = False
        for line in self.lines[: 4 * HEAD_LINES]:
            if line.page > 3 and not self.is_page:
                break
            begins = len(lines) > 2 and _PAPERS.match(
                line.text
            )  # above the title it says what the document is
            if listed := bool(begins or (listed and read(line.text[:400]))):
                continue  # papers that a decision rests on, each with its own day
            # A table of contents says what follows, a note what another document is.
            if _CONTENTS.search(line.text) or (not self.is_page and NOTE.match(line.text)):
                continue
            lines.append(line.text[:400])
            total += len(line.text)
            if total > HEAD_LENGTH or len(lines) == HEAD_LINES:
                break
        return tuple(lines)

    @cached_property
    def opening(self) -> str:
        """The first lines and what runs along the pages, in which a file says when it is from."""
        return "\n".join([*self.head, *self.running])[: HEAD_LENGTH + 300]

    @cached_property
    def running(self) -> tuple[str, ...]:
        """Header and footer lines, which the text leaves out."""
        return tuple(dict.fromkeys(self.extract.furniture))[:8]

    @cached_property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @cached_property
    def text_lower(self) -> str:
        return self.text.lower()

    @cached_property
    def is_above_source(self) -> bool:
        """Whether a page lies above where the source begins, as the entrance that several sites share
        does.
        """
        url = urlsplit(self.context.url)
        starts = [urlsplit(start) for start in self.source.start_urls]
        folders = [start.path.rpartition("/")[0] + "/" for start in starts if start.netloc == url.netloc]
        own = url.path.rpartition("/")[0] + "/"
        return bool(folders) and all(folder != own and folder.startswith(own) for folder in folders)

    @cached_property
    def is_index(self) -> bool:
        """Whether a web page is mainly a list of links, which concerns what the linked pages do and
        nothing itself.
        """
        if not self.is_page or len(self.text) >= INDEX_LENGTH:
            return False
        linked = sum(len(line.text) for line in self.lines if self.is_links(line.text))
        return linked >= INDEX_SHARE * len(self.text)

    def is_links(self, line: str) -> bool:
        """Whether a line is nothing but links: what is said there is said of other documents."""
        if line in self._anchors:
            return True
        for anchor in self._anchors if len(line) <= HEAD_LENGTH else ():
            line = line.replace(anchor, "")
        return not re.search(r"\w", line)

    @cached_property
    def _anchors(self) -> dict[str, None]:
        """Link texts of the page, the longest first."""
        anchors = (link.anchor for link in self.extract.links if len(link.anchor) > 3)
        return dict.fromkeys(sorted(anchors, key=len, reverse=True))

    @property
    def has_text(self) -> bool:
        return len(self.text_lower) >= 40


_PAPERS = re.compile(
    r"(?:besluts)?underlag\s?(?:$|:)|bilagor\s?(?:$|:)|(?:ärendets )?handlingar(?: i ärendet)?\s?(?:$|:)",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"\.{5,}|…{2,}|(?:\. ){4,}|^(?:Innehåll|Innehållsförteckning|Contents)$")
NOTE = re.compile(  # of another document: "1 Socialstyrelsen (2014). Anmäla oro …", "2 Hämtad 2018-02-03"
    r"\[?\d{1,3}\]?\s?(?=[A-ZÅÄÖ])(?:[^|]{0,150}?\((?:19|20)\d\d[a-z]?\)|[^|]*(?:\b[Hh]ämta[dt]\b|https?:|www\.))"
)
_SUFFIX = re.compile(
    r"\s*[(\[][^()\[\]]*\b(?:pdf|docx?|pptx?|xlsx?|odt|jpe?g|png|word|excel|powerpoint|nytt fönster|öppnas|"
    r"[km]b)\b[^()\[\]]*[)\]]"
    r"|\s*,?\s*(?:pdf|docx?|pptx?|xlsx?),?\s+[\d.,]+\s?[km]b\s*$|\s+[\d.,]+\s?[km]b\s*$"
    r"|\s*(?:länk till annan webbplats|öppnas i nytt fönster)[.,]?\s*$",
    re.IGNORECASE,
)  # fmt: skip


def clean_anchor(anchor: str) -> str:
    """A link text without what a site adds for format and size: "(PDF, 240 kB, nytt fönster)"."""
    cleaned = _SUFFIX.sub("", " ".join(anchor.split())).strip()
    return cleaned or " ".join(anchor.split())


def line_at(text: str, position: int) -> str:
    """The line of ``text`` in which ``position`` stands."""
    begin = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[begin : end if end >= 0 else len(text)]
