"""What does a web page say: its main text in headed sections, its links, what it states about itself?

``dom`` walks the tree, ``region`` tells text from frame, ``boxes`` and ``page_dates`` read persons and dates;
here all becomes an Extract. Not for what is concluded from it (kind, years, places): that is ``enrich``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from indexer.extract import boxes, dates, dom, linked_data, page_dates, parsing, problem, region, title
from indexer.extract.charset import decode
from indexer.extract.repeats import fingerprints
from indexer.extract.robots import US, robots_words
from indexer.model import Extract, Link, Page
from indexer.urls import MAX_LENGTH, canonical

MAX_CHARACTERS = 10_000_000
"""A page is cut here: 10 million characters take 1.2 s and 370 MB to parse."""
LINK_CHARACTERS = 3_000_000
"""… and here for its links alone: all other sources wait meanwhile, at worst a second for each million."""

_SHELL = 50
"""Words of a page that is hardly more than its frame."""
_NOT_FOUND = re.compile(
    r"(?i)\b(?:sidan|sida|dokumentet|artikeln|innehållet|filen)\b.{0,40}\b(?:kunde inte|kan inte|"
    r"gick inte att|kunde ej|hittades inte|hittas inte|finns (?:tyvärr )?(?:inte|ej)|saknas"
    r"|är (?:tyvärr )?(?:borta|borttag(?:en|et))|är (?:tyvärr )?inte (?:längre )?tillgänglig|har flyttats?\b"
    r"|har tagits bort|existerar inte|inte (?:hittas|finns))|"
    r"\b(?:hittar|hittade|hitta) (?:tyvärr )?inte (?:sidan|det du)|\bk(?:an|unde) inte hitta (?:sidan|det du)"
    r"|page (?:not found|could not be found|does not exist)|"
    r"^(?:fel(?:kod)? )?404\b|\b404[ :–-]+(?:not found|sidan|page)"
)
# As the whole heading: such a page may go on with all that its readers may have looked for.
_NOT_FOUND_WHOLE = re.compile(
    r"(?i)(?:(?:hoppsan|ojdå|oj|tyvärr|fel(?:kod)?|404|error)\b[\s!.,:–-]*)*(?:"
    r"(?:sidan|dokumentet|filen)(?: (?:som )?du (?:söker|sökte|letar efter|försöker nå))?"
    r" (?:(?:kunde|kan) (?:tyvärr )?inte hittas|gick (?:tyvärr )?inte att hitta"
    r"|(?:hittades|hittas|finns|existerar) (?:tyvärr )?(?:inte|ej)(?: (?:längre|kvar))?)"
    r"|vi (?:hittar|hittade|kan|kunde) (?:tyvärr )?inte (?:hitta )?(?:sidan|det du söker)(?: du söker)?"
    r"|page not found)[\s!.–-]*(?:404)?"
)
_REFRESH = re.compile(r"(?i)[\d.]* ?[;,] ?url ?= ?[\"']?([^\"'>]+)")
_LOGIN = re.compile(r"(?i)\b(?:logga in|inloggning|log ?in|sign in|inloggad)\b")


def read(payload: bytes, url: str, charset: str | None = None) -> Extract:
    """The main text of a page as headed sections, with links, dates, contacts. Never raises for bad HTML."""
    return _read(payload, url, charset, text=True)


def links(payload: bytes, url: str, charset: str | None = None) -> Extract:
    """What a crawler needs: links, robots, canonical, refresh, soft_404, login, titles; no ``pages``."""
    return _read(payload, url, charset, text=False)


def _read(payload: bytes, url: str, charset: str | None, *, text: bool) -> Extract:
    most = MAX_CHARACTERS if text else LINK_CHARACTERS
    source = decode(payload[: 4 * most], charset)
    parser = parsing.parse(source[:most])
    if parser is None:
        return problem.unread("html", "too_deep")
    tree = dom.walk(parser)
    head = _Head(parser, url)
    region.choose(tree, head.title)
    blocks = [block for block in tree.blocks() if block.main]
    persons, about_them = boxes.read(tree)
    stamps = {id(b) for a, b in pairwise(blocks) if dates.is_bare(a.text, b.text)}
    left_out = about_them | stamps
    body = [block for block in blocks if id(block) not in left_out and not dates.is_only_label(block.text)]
    words = sum(len(block.text.split()) for block in body if block is not tree.title)
    result = Extract(
        format="html",
        titles=head.titles(tree.title, body),
        links=_links(tree, head.base),
        language=head.language,
        canonical=head.canonical,
        refresh=head.refresh,
        robots=head.robots,
        soft_404=_says_not_found(head.title, tree.title.text if tree.title else "", body, words)
        or (words < _SHELL and head.refresh is not None),
        login=tree.passwords > 0 and (words < 120 or bool(_LOGIN.search(head.title))),
        author=head.author,
    )
    if len(source) > most:
        result = problem.told(result, "partly_read", f"its first {most // 1_000_000} million characters")
    if not text:
        return result
    pages = _sections(body, tree)
    told = linked_data.article(parser) if words < _SHELL else None
    if told is not None and sum(map(len, told[1])) > 2 * sum(len(block.text) for block in body):
        # An empty shell that a program fills in the browser; the text stands beside it for machines.
        heading = tree.title.text if tree.title is not None else told[0] or None
        pages = (Page(1, "\n".join(told[1]), heading),)
        result = replace(result, titles=result.titles or (("h1", told[0]),))
    result = replace(result, pages=pages, dates=page_dates.read(tree, head.meta, parser), contacts=persons)
    result = replace(result, blocks=fingerprints(result))
    return result if pages else problem.told(replace(result, read_by="none"), "no_text")


class _Head:
    """What the head of the page states."""

    def __init__(self, parser: LexborHTMLParser, url: str) -> None:
        self.meta: list[tuple[str, str]] = []
        for node in parser.css("meta"):
            attributes = node.attributes
            name = attributes.get("name") or attributes.get("property") or attributes.get("itemprop")
            if name:
                self.meta.append((name, (attributes.get("content") or "").strip()))
        self.url = url
        base = parser.css_first("base[href]")
        self.base = _absolute(base.attributes.get("href") or "", url) if base is not None else url
        link = parser.css_first("link[rel~=canonical i][href]")
        self.canonical = canonical(link.attributes.get("href") or "", self.base) if link is not None else None
        sent = parser.css_first("meta[http-equiv=refresh i][content]")
        # Cut, its spaces as one: of 40,000 of them it took 8 s to tell, and all sources wait meanwhile.
        where = (sent.attributes.get("content") or "")[:MAX_LENGTH] if sent is not None else ""
        to = _REFRESH.match(" ".join(where.split()))
        target = canonical(to[1], self.base) if to is not None else None
        self.refresh = target if target != url else None
        root = parser.css_first("html")
        declared = (
            (root.attributes.get("lang") or root.attributes.get("xml:lang") or "") if root is not None else ""
        )
        match = re.match(r"\s*([a-zA-Z]{2,3})(?:[-_]|\s*$)", declared)
        self.language = match[1].lower() if match is not None else None
        named = parser.css_first("title")
        self.title = dom.collapse(named.text()[:2_000])[:500] if named is not None else ""
        values = {name.lower(): content for name, content in reversed(self.meta)}
        self.site_name = values.get("og:site_name", "")
        self.author = next(
            (
                text
                for name in ("author", "dcterms.publisher", "dc.publisher")
                if (text := values.get(name, ""))
            ),
            None,
        )
        self.shared_title = dom.collapse(values.get("og:title", "")[:2_000])[:500]
        asked = (robots_words(content) for name, content in self.meta if name.lower() in {"robots", *US})
        self.robots = frozenset[str]().union(*asked)

    def titles(self, named: dom.Block | None, body: Sequence[dom.Block]) -> tuple[tuple[str, str], ...]:
        """The names that the page has; ``named`` is what names it on the page itself."""
        h1 = named.text if named is not None else None
        bold = named is not None and named.level == dom.PSEUDO and not self.title.startswith(named.text)
        if bold:
            h1 = None
        found = [("h1", h1 or "")] if named is not None and named.level else []
        found.append(("title", title.without_site(self.title, self.site_name, self.url, h1)))
        found.append(("og:title", title.without_site(self.shared_title, self.site_name, self.url, h1)))
        if named is not None and bold:
            found.append(("bold", named.text))
        elif named is None or not named.level:
            found += [("heading", block.text) for block in _highest(body)]
        return tuple(dict.fromkeys((where, text) for where, text in found if text))


def _absolute(href: str, url: str) -> str:
    if len(href) > MAX_LENGTH:  # taken apart again for every link
        return url
    try:
        return urljoin(url, href.strip())
    except ValueError:
        return url


def _links(tree: dom.Tree, base: str) -> tuple[Link, ...]:
    """Links of the main text first, then those of the frame; the same link twice is one."""
    found: dict[Link, None] = {}
    for wanted in (True, False):
        for item in tree.items:
            if isinstance(item, dom.Anchor) and item.main is wanted:
                target = canonical(item.href, base)
                if target is not None:
                    found[Link(target, item.text, item.headings, item.nofollow, not wanted)] = None
    return tuple(found)


def _highest(body: Sequence[dom.Block]) -> list[dom.Block]:
    """The first of the highest headings, if there is one."""
    headings = [block for block in body if 0 < block.level < dom.PSEUDO]
    return [min(headings, key=lambda block: block.level)] if headings else []


def _says_not_found(head: str, h1: str, body: Sequence[dom.Block], words: int) -> bool:
    """Whether the page says "not found": as its heading, in its title where it is short, or in the first
    lines where it is very short."""
    if _NOT_FOUND_WHOLE.fullmatch(h1[:200]):
        return True
    if words > 150:
        return False
    if _NOT_FOUND.search(h1) or _NOT_FOUND.search(head):
        return True
    return words < 60 and any(_NOT_FOUND.search(block.text[:200]) for block in body[:3])


def _sections(body: Sequence[dom.Block], tree: dom.Tree) -> tuple[Page, ...]:
    """One page for each heading with what stands below it; the first may be without heading."""
    pages: list[Page] = []
    heading: str | None = None
    anchor: str | None = None
    lines: list[str] = []
    outer: list[tuple[int, str]] = []

    def close() -> None:
        if lines or heading:
            pages.append(Page(len(pages) + 1, "\n".join(lines), heading, anchor=anchor))

    for block in body:
        if block is tree.title or (block.level and (block.level < dom.PSEUDO or block.opens)):
            level = 1 if block is tree.title else block.level
            while outer and outer[-1][0] >= level:
                outer.pop()
            name = block.text
            if outer and outer[-1][0] > 1 and not re.search(r"[^\W\d_]{2}", name):
                # "2012" alone says nothing in a list of hits: it takes the heading above it along.
                name = f"{outer[-1][1]} {name}"
                if heading == outer[-1][1] and not lines:
                    heading = None
            close()
            outer.append((level, name))
            heading, anchor, lines = name, block.ident, []
        else:
            lines.append(block.text)
    close()
    return tuple(pages)
