"""What does a web page say: its main text in headed sections, its links, what it states about itself?

``dom`` walks the tree, ``boilerplate`` knows the frame; here their blocks become an Extract. Not for what
is concluded from it (kind, years, places): that is ``enrich``.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from itertools import islice, pairwise, takewhile
from urllib.parse import urljoin

import numpy as np
from selectolax.lexbor import LexborHTMLParser

from indexer.extract import contacts, dates, dom, parsing, problem, region, title
from indexer.extract.charset import decode
from indexer.extract.robots import US, robots_words
from indexer.model import Contact, Extract, LabelledDate, Link, Page
from indexer.urls import MAX_LENGTH, canonical

MAX_CHARACTERS = 10_000_000
"""A page is cut here: 10 million characters take 1.2 s and 370 MB to parse."""
LINK_CHARACTERS = 3_000_000
"""… and here for its links alone: all other sources wait meanwhile, at worst a second for each million."""

_NOT_FOUND = re.compile(
    r"(?i)\b(?:sidan|sida|dokumentet|artikeln|innehållet|filen)\b.{0,40}\b(?:kunde inte|kan inte|"
    r"gick inte att|kunde ej|hittades inte|hittas inte|finns (?:tyvärr )?(?:inte|ej)|saknas"
    r"|är (?:tyvärr )?(?:borta|borttag(?:en|et))|är (?:tyvärr )?inte (?:längre )?tillgänglig|har flyttats?\b"
    r"|har tagits bort|existerar inte|inte (?:hittas|finns))|"
    r"\b(?:hittar|hittade|hitta) (?:tyvärr )?inte (?:sidan|det du)|\bk(?:an|unde) inte hitta (?:sidan|det du)"
    r"|page (?:not found|could not be found|does not exist)|"
    r"^(?:fel(?:kod)? )?404\b|\b404[ :–-]+(?:not found|sidan|page)"
)
_OF_THE_SITE = re.compile(r"(?i)©|\(c\)|\bcopyright\b|\bwebbplatsen\b")  # what a date in the frame is about
_LOGIN = re.compile(r"(?i)\b(?:logga in|inloggning|log ?in|sign in|inloggad)\b")


def read(payload: bytes, url: str, charset: str | None = None) -> Extract:
    """The main text of a page as headed sections, with links, dates, contacts. Never raises for bad HTML."""
    return _read(payload, url, charset, text=True)


def links(payload: bytes, url: str, charset: str | None = None) -> Extract:
    """What a crawler needs: links, robots, canonical, soft_404, login, titles; ``pages`` is empty."""
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
    persons, boxes = _contacts(tree)
    stamps = {id(b) for a, b in pairwise(blocks) if dates.is_bare(a.text, b.text)}
    left_out = boxes | stamps
    body = [block for block in blocks if id(block) not in left_out and not dates.is_only_label(block.text)]
    words = sum(len(block.text.split()) for block in body if block is not tree.title)
    result = Extract(
        format="html",
        titles=head.titles(tree.title, body),
        links=_links(tree, head.base),
        language=head.language,
        canonical=head.canonical,
        robots=head.robots,
        soft_404=_says_not_found(head.title, tree.title.text if tree.title else "", body, words),
        login=tree.passwords > 0 and (words < 120 or bool(_LOGIN.search(head.title))),
        author=head.author,
    )
    if len(source) > most:
        result = problem.told(result, "partly_read", f"its first {most // 1_000_000} million characters")
    if not text:
        return result
    pages = _sections(body, tree)
    result = replace(
        result,
        pages=pages,
        dates=_dates(tree, head, parser),
        contacts=persons,
    )
    result = replace(result, blocks=_fingerprints(result))
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
    """Whether the page says "not found": in its title, or in the first lines of a very short page."""
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


def _contacts(tree: dom.Tree) -> tuple[tuple[Contact, ...], set[int]]:
    """Persons in contact boxes, wherever they stand; and the blocks (by id) of the boxes in the main text."""
    blocks = list(tree.blocks())
    persons: dict[Contact, None] = {}
    boxed: set[int] = set()
    ends = tree.ends()
    mass = region.mass(tree, [(block.element, len(block.text)) for block in blocks])
    held = set(tree.above(tree.title.element)) if tree.title is not None else set()
    for position, block in enumerate(blocks):
        named = contacts.labelled(block.text, block.emails)
        if named is not None:
            persons[named] = None
            boxed.add(id(block))
        elif not block.level and contacts.is_label(block.text) and position + 1 < len(blocks):
            beside = blocks[position + 1]  # "Sidansvarig" and, in an element of its own, the name
            named = contacts.labelled(f"{block.text.rstrip(':')}: {beside.text}", beside.emails)
            if named is not None and not beside.level:
                persons[named] = None
                boxed.update((id(block), id(beside)))
        if not contacts.is_heading(block.text):
            continue
        if not block.level:  # heads a card by its looks alone
            card = _card(tree, blocks, position, held, ends)
            read = contacts.read([other.text for other in card], block.text)
            if any(person.email or person.phone for person in read):
                persons.update(dict.fromkeys(read))
            continue
        box = region.box(tree, block, held, mass, 700)
        inside = []
        for other in blocks[position + 1 : position + 40]:
            outside = not box <= other.element <= ends[box]
            if outside or (other.level and other.level <= block.level):
                break
            inside.append(other)
        own_box = bool(inside)
        if not own_box:  # the heading stands in the running text: up to the next heading
            for other in blocks[position + 1 : position + 12]:
                if (other.level and other.level <= block.level) or other.main != block.main:
                    break
                inside.append(other)
        lines = [other.text for other in inside]
        emails = [address for other in inside for address in other.emails]
        read = contacts.read(lines, block.text, emails)
        persons.update(dict.fromkeys(read))
        if read and own_box:
            boxed.update(map(id, [block, *inside]))
    return tuple(persons), boxed


def _card(
    tree: dom.Tree, blocks: Sequence[dom.Block], position: int, held: Set[int], ends: Sequence[int]
) -> list[dom.Block]:
    """The blocks that stand in the smallest part around a line with something below it."""
    following = [*takewhile(lambda block: len(block.text) <= 120, blocks[position + 1 : position + 8])]
    for element in islice(tree.above(blocks[position].element), 6):
        if not following or element in held or tree.tags[element] in ("body", "main", "article"):
            break
        inside = [other for other in following if element <= other.element <= ends[element]]
        if inside:
            return inside
    return []


def _dates(tree: dom.Tree, head: _Head, parser: LexborHTMLParser) -> tuple[LabelledDate, ...]:
    """Dates with a label: shown on the page (main text first), in <time>, meta tags and JSON-LD."""
    shown: list[LabelledDate] = []
    teasers = _teasers(tree)
    blocks = list(tree.blocks())
    for main in (True, False):
        before_frame = {(date.label, date.date) for date in shown}
        for block, above in zip(blocks, [None, *blocks], strict=False):
            if not main and _OF_THE_SITE.search(block.text):
                continue
            if block.main is main and len(block.text) <= 400 and not _is_below(tree, block.element, teasers):
                shown.extend(dates.labelled(block.text))
                if above is not None and dates.is_bare(above.text, block.text):
                    shown.extend(dates.labelled(f"{above.text.rstrip(':')}: {block.text}"))
    around = {(date.label, date.date) for date in shown} - before_frame  # stated only in the frame
    # A page that lists other pages with their dates states none about itself.
    for label in ("published", "updated"):
        if len({found.date for found in shown if found.label == label}) > 2:
            shown = [found for found in shown if found.label != label]
    stated = len(shown)
    bare: list[LabelledDate] = []
    times: set[tuple[str, str]] = set()
    framed = {block.element for block in blocks if not block.main}
    below = tree.title.element if tree.title is not None else len(tree.parents)
    for element, value, names, before in tree.times:
        date = dates.in_text(value) if value else None
        if date is None or _is_below(tree, element, teasers):
            continue
        if any(tree.tags[above] == "a" for above in islice(tree.above(element), 6)):
            continue  # of what the link leads to
        if element > below and (element in framed or tree.parents[element] in framed):
            continue  # of other events, in a column or below the text
        if re.search(r"(?i)datepublished|pubdate|publi", names):
            shown.append(LabelledDate(date, "published", value))
        elif re.search(r"(?i)datemodified|updated|uppdater", names):
            shown.append(LabelledDate(date, "updated", value))
        else:
            times.add((date, value))
            if not before.strip():
                bare.append(LabelledDate(date, "none", value))
    if len(times) == 2 and len({date for date, _ in times}) == 1 and bare:
        bare = [replace(bare[0], label="event")]  # from 18.30 to 20.00
    if len({found.date for found in bare}) <= 2:  # more are the days of a calendar
        shown.extend(bare)
    shown.extend(dates.in_meta(head.meta))
    for node in parser.css("script[type='application/ld+json']")[:10]:
        shown.extend(dates.in_json(node.text()[:200_000]))
    around -= {(date.label, date.date) for date in shown[stated:]}
    found = {(item.label, item.date): item for item in reversed(shown)}
    return tuple(replace(item, frame=key in around) for key, item in reversed(found.items()))


def _teasers(tree: dom.Tree) -> set[int]:
    """Items, articles, columns that link elsewhere and do not hold the title: their dates are of others."""
    held = set(tree.above(tree.title.element)) if tree.title is not None else set()
    found = set()
    for item in tree.items:
        if isinstance(item, dom.Anchor):
            for element in islice(tree.above(item.element), 12):
                if tree.tags[element] in ("li", "article", "aside", "nav") and element not in held:
                    found.add(element)
    return found


def _is_below(tree: dom.Tree, element: int, around: Set[int]) -> bool:
    return bool(around) and any(above in around for above in islice(tree.above(element), 30))


# --- what repeats across a site ---------------------------------------------------------------------------


def fingerprint(line: str) -> str:
    """Twelve hex digits for one line of text, the same whatever its case and spacing."""
    return hashlib.blake2b(dom.collapse(line).casefold().encode(), digest_size=6).hexdigest()


def _fingerprints(extract: Extract) -> tuple[str, ...]:
    """Of every line of the text, and of every date that stands only in the frame."""
    lines = [fingerprint(line) for page in extract.pages for line in _lines(page)]
    return (*lines, *(_stamp(date) for date in extract.dates if date.frame))


def _stamp(date: LabelledDate) -> str:
    return fingerprint(f"{date.label} {date.date}")


def _lines(page: Page) -> list[str]:
    return ([page.heading] if page.heading else []) + (page.text.split("\n") if page.text else [])


def repeated(pages: Iterable[Sequence[str]]) -> frozenset[str]:
    """The blocks that belong to the site rather than to a page: on a third of its pages, at least four.

    ``pages`` holds ``Extract.blocks`` of every page of one site. Pages that begin alike count once: they are
    the same page at several addresses.
    """
    # As numbers in arrays: of 20,000 pages, 600,000 pairs take 10 MB, and as strings in sets took 200.
    kept, begun = array("Q"), array("Q")
    for blocks in pages:
        numbers = [int(block, 16) for block in blocks]
        kept.extend(numbers)
        begun.extend(numbers[:1] * len(numbers))
    every, beginning = np.array(kept, np.uint64), np.array(begun, np.uint64)
    bar = max(4, len(np.unique(beginning)) / 3)
    order = np.lexsort((beginning, every))
    every, beginning = every[order], beginning[order]
    new = np.ones(len(every), bool)  # the same block on another page that begins alike counts once
    new[1:] = (every[1:] != every[:-1]) | (beginning[1:] != beginning[:-1])
    found, counts = np.unique(every[new], return_counts=True)
    return frozenset(f"{block:012x}" for block in found[counts >= bar].tolist())


def without_blocks(extract: Extract, repeated: Set[str]) -> Extract:
    """The extract without the lines, and the dates of the frame, whose fingerprints are in ``repeated``.

    A heading goes only when nothing below it is left, and the first heading (the h1) always stays.
    """
    pages: list[Page] = []
    for number, page in enumerate(extract.pages):
        kept = [line for line in page.text.split("\n") if line and fingerprint(line) not in repeated]
        empty = not kept and bool(page.text or (page.heading and fingerprint(page.heading) in repeated))
        if empty and number:
            continue
        pages.append(replace(page, number=len(pages) + 1, text="\n".join(kept)))
    stated = tuple(date for date in extract.dates if not (date.frame and _stamp(date) in repeated))
    found = replace(extract, pages=tuple(pages), dates=stated)
    return replace(found, blocks=_fingerprints(found))
