"""What stands on a web page, in order: headings, text blocks and links, each with the elements around it.

One walk over the tree that selectolax parsed, without recursion (20,000 nested elements are met). Which
of it is main text is decided in ``region``, which words mark a frame in ``boilerplate``; ``html`` makes
an Extract of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.extract import boilerplate
from indexer.language.text import UNSEEN

PSEUDO = 7  # level of what only looks like a heading: a bold paragraph, a tab; real ones are 1-6
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog",
    "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol",
    "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))  # fmt: skip
_BOLD = frozenset(("b", "strong"))
_RAISED = frozenset(("sub", "sup"))
_MARK = re.compile(r"\s*[\[(]?\d{1,2}[\])]?\s*")  # of a note, raised behind a word, its stop, or a year
_MARKED = re.compile(r"(?:[^\W\d_]{3}|[^\W\d_][.,;:!?)”\"]|\b(?:19|20)\d\d)\s*$")  # and not "10 m2"
_CONTROLS = frozenset(("button", "label"))
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.I)
_HEADING_CLASS = re.compile(
    r"(?:^|[\s_-])(?:sub-?head(?:ing)?\d?|heading\d?|head-?line|(?:mellan|under|tabell)?rubrik\d?)(?=$|[\s_-])",
    re.I,
)
_YEARS = re.compile(  # a block that is nothing but a year or a term heads what follows, whatever its element
    r"(?i)(?:(?:år(?:et)?|verksamhetsår(?:et)?|läsår(?:et)?|hösten|våren|ht|vt)\s+)?(?:19|20)\d\d"
    r"(?:\s?[-–/]\s?(?:(?:19|20)?\d\d))?:?$"
)
_PERSON = re.compile(r"[A-ZÅÄÖÉ][a-zåäöéü]+(?: (?:af|von|de|van|el|al))?(?:[ -][A-ZÅÄÖÉ][a-zåäöéü]+){1,3}")
_SCOPES = frozenset(("details", "article", "aside", "li", "dd"))  # a heading of these ends with the element
_SPACE = re.compile(r"\s+")
_UNSEEN = re.compile(f"[{''.join(map(chr, UNSEEN))}]")  # soft hyphens and their like part no words
_ANCHOR_LENGTH = 400
_STAMP = 200  # characters of a datetime: it stands as evidence where it is believed


@dataclass(slots=True)
class Block:
    """One paragraph, list item, table row or heading. ``element`` is an index into ``Tree.parents``."""

    text: str
    element: int
    level: int = 0  # 0: text; 1-6: heading; PSEUDO: only looks like one
    ident: str | None = None  # id of the heading, or of the part that begins with it
    opens: bool = False  # a heading that begins a section; a bold paragraph does not
    linked: int = 0  # characters that stand in links
    emails: tuple[str, ...] = ()  # of mailto links in it
    main: bool = False


@dataclass(slots=True)
class Anchor:
    """A link; ``headings`` are those above it, outermost first, and only in the main text."""

    href: str
    text: str
    element: int
    nofollow: bool = False
    main: bool = False
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """From here on, headings of ``level`` and deeper no longer apply."""

    level: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Headings that come before the matching end apply only up to there."""

    begins: bool


@dataclass(slots=True)
class Tree:
    """The page as flat lists; an element is a number, its place in ``parents``."""

    parents: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)  # of each element, see ``boilerplate.is_frame``
    mains: list[int] = field(default_factory=list)  # what the page itself calls its main part
    items: list[Block | Anchor | Reach | Scope] = field(default_factory=list)
    # Of <time>: element, datetime, names, the text before it.
    times: list[tuple[int, str, str, str]] = field(default_factory=list)
    passwords: int = 0
    title: Block | None = None  # the heading that names the page

    def blocks(self) -> Iterator[Block]:
        return (item for item in self.items if isinstance(item, Block))

    def above(self, element: int) -> Iterator[int]:
        """The element and those around it, innermost first."""
        while element >= 0:
            yield element
            element = self.parents[element]

    def ends(self) -> list[int]:
        """The last element inside each element: all between are inside it, too."""
        ends = list(range(len(self.parents)))
        for element in range(len(ends) - 1, 0, -1):
            parent = self.parents[element]
            if parent >= 0 and ends[parent] < ends[element]:
                ends[parent] = ends[element]
        return ends


def collapse(text: str) -> str:
    return _SPACE.sub(" ", _UNSEEN.sub("", text)).strip()


def walk(parser: LexborHTMLParser) -> Tree:
    """The blocks and links of the page in document order."""
    root = parser.body or parser.root
    if root is None:
        return Tree()
    walked = _Walk(parser)
    walked.gather(root)
    _join_rows(walked.tree)
    return walked.tree


@dataclass(slots=True)
class _Open:
    """An element that the walk is in."""

    node: LexborNode
    element: int
    tag: str
    bold: bool = False
    bare: bool = False  # an inline element without attributes: it has no number of its own


@dataclass(slots=True)
class _Link:
    """The link that the walk is in."""

    node: LexborNode
    pieces: list[str] = field(default_factory=list)
    picture: str = ""  # alternative text of its first picture
    heading: Block | None = None  # first heading inside it
    position: int = 0  # where that heading stands in ``Tree.items``


class _Walk:
    """The state of one walk: the text gathered since the last block ended, and what is open."""

    def __init__(self, parser: LexborHTMLParser) -> None:
        self.tree = Tree()
        self.open: list[_Open] = []
        self.pieces: list[str] = []
        self.length = self.bold_length = self.linked = 0  # characters of ``pieces``
        self.bold = 0  # open bold elements
        self.preformatted = 0  # open <pre>
        self.edges = 0  # beginnings and ends of elements since the last text
        self.broken = False  # the block before this one ended at a line break
        self.emails: list[str] = []
        self.ident: str | None = None
        self.link: _Link | None = None
        self.joins: str | None = None  # where the link leads that has just ended, if all before it are links
        self.anchors: list[Anchor] = []  # links of the block
        self.heading: tuple[int, int] | None = None  # level and element of the open heading
        self.controlled: set[str] = set()  # ids of what opens on a click
        self.tabs: dict[str, str] = {}  # id of a panel → text of its tab, where tabs stand before panels
        for name in ("aria-controls", "data-target", "data-bs-target", "href"):
            for node in parser.css("[role=tab][href]" if name == "href" else f"[{name}]"):
                target = (node.attributes.get(name) or "").lstrip("#")
                self.controlled.add(target)
                if node.attributes.get("role") == "tab":
                    self.tabs[target] = collapse(node.text())

    # --- blocks -------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """End the current block. Its links come before it: a link in a heading is not below that heading."""
        self.tree.items.extend(self.anchors)
        self.anchors = []
        if self.pieces:
            text = collapse("".join(self.pieces))
            if text:
                self.block(text)
            self.pieces = []
            self.broken = False
        self.length = self.bold_length = self.linked = 0
        self.emails = []

    def block(self, text: str) -> None:
        element = max(self.open[-1].element if self.open else 0, 0)
        block = Block(text, element, ident=self.ident, linked=self.linked, emails=tuple(self.emails))
        self.ident = None
        if self.heading is not None:
            block.level, block.opens = self.heading[0], True
            if self.link is not None and self.link.heading is None:
                self.link.heading, self.link.position = block, len(self.tree.items)
        elif self.linked == 0 and _looks_like_heading(text, self.bold_length >= 0.95 * self.length):
            block.level = PSEUDO
        if not (self.broken and block.level == 0 and self.runs_on(block)):
            self.tree.items.append(block)

    def runs_on(self, block: Block) -> bool:
        """Whether a line break parted the block from one that it goes on from; adds it to that one."""
        before = next((item for item in reversed(self.tree.items) if isinstance(item, Block)), None)
        if before is None or before.level or before.element != block.element or not block.text[0].islower():
            return False
        if before.text[-1] in ".!?:;" or _PERSON.fullmatch(before.text):
            return False  # "Anna Ek" and below "barnrättsstrateg" are two lines
        before.text = f"{before.text} {block.text}"
        before.linked += block.linked
        return True

    def text(self, text: str) -> None:
        if self.edges and self.pieces and _are_apart(self.pieces[-1][-1:], text[:1], self.edges > 1):
            text = " " + text
        self.edges = 0
        self.joins = None
        self.pieces.append(text)
        if self.link is not None:
            self.link.pieces.append(text)
        if not text.isspace():
            length = len(text.strip())
            self.length += length
            self.bold_length += length if self.bold else 0
            self.linked += length if self.link is not None else 0

    def is_raised(self) -> bool:
        return any(element.tag == "sup" for element in self.open[-3:])

    def line_break(self) -> None:
        if self.link is None and self.heading is None:
            self.flush()
            self.broken = bool(self.tree.items)
        else:
            self.text(" ")

    def preformatted_text(self, text: str) -> None:
        """Line ends are line breaks, an empty line ends the paragraph."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self.line_break()
            if line.strip():
                self.text(line)
            else:
                self.broken = False

    # --- elements -----------------------------------------------------------------------------------------

    def gather(self, root: LexborNode) -> None:
        node: LexborNode | None = root
        while node is not None:
            tag = node.tag or ""
            child: LexborNode | None = None
            if tag == "-text":
                text = node.text_content or ""
                if _MARK.fullmatch(text) and self.is_raised() and _MARKED.search("".join(self.pieces[-1:])):
                    pass
                elif self.preformatted:
                    self.preformatted_text(text)
                else:
                    self.text(text)
            elif tag == "br":
                self.line_break()
            elif tag == "img":
                if self.link is not None and not self.link.picture:
                    self.link.picture = node.attributes.get("alt") or ""
            elif tag in boilerplate.SKIPPED:
                self.skip(node, tag)
            elif tag[:1] not in ("-", "_", "!", ""):
                self.enter(node, tag)
                child = node.first_child if tag != "iframe" else None
                if child is None:
                    self.leave()
            if child is not None:
                node = child
                continue
            # Go on beside this node, or beside the nearest open one that has something beside it.
            following = node.next if node is not root else None
            while following is None and self.open:
                last = self.open[-1].node
                self.leave()
                following = last.next if self.open else None
            node = following
        self.flush()

    def skip(self, node: LexborNode, tag: str) -> None:
        """Elements without text may still say something."""
        attributes = node.attributes
        if tag == "input" and (attributes.get("type") or "").lower() == "password":
            self.tree.passwords += 1
        elif tag in ("object", "embed"):  # a PDF shown inside the page
            href = attributes.get("data") or attributes.get("src")
            if href:
                self.anchors.append(Anchor(href, collapse(attributes.get("title") or ""), self.element()))

    def element(self) -> int:
        return max(self.open[-1].element, 0) if self.open else 0

    def enter(self, node: LexborNode, tag: str) -> None:
        tree = self.tree
        parent = self.open[-1].element if self.open else -1
        attributes = node.attributes
        inline = tag not in _BLOCKS
        self.edges += tag not in _RAISED
        if tag == "a" and self.joins not in (None, node.attributes.get("href")) and self.heading is None:
            self.flush()  # two links with nothing between them are shown as cards or rows, not as one word
        elif tag == "time" and self.edges > 1 and self.pieces:
            self.text(" ")  # two days side by side
        if inline and not attributes and tag not in _BOLD and tag not in _CONTROLS:
            self.open.append(_Open(node, parent, tag, bare=True))
            return
        role = (attributes.get("role") or "").lower()
        ident = attributes.get("id") or (attributes.get("name") if tag == "a" else None)
        level = self.level(node, tag, role, attributes)
        if not inline or level or tag in _CONTROLS:
            self.flush()
        element = len(tree.parents)
        tree.parents.append(parent)
        tree.tags.append(tag)
        frame = boilerplate.is_frame(tag, attributes)
        opened = frame == "hidden" and ident in self.controlled
        if opened or (frame in ("outer", "beside", "aside", "related") and (inline or level)):
            frame = ""
        elif tag in _CONTROLS or tag == "legend":
            frame = "" if level or self.heading is not None else frame or "frame"
        tree.frames.append(frame)
        bold = tag in _BOLD or bool(_BOLD_STYLE.search((attributes.get("style") or "")[:300]))
        self.open.append(_Open(node, element, tag, bold))
        self.bold += bold
        self.preformatted += tag == "pre"
        if tag == "main" or role == "main":
            tree.mains.append(element)
        if tag in _SCOPES:
            tree.items.append(Scope(True))
        if ident and ((self.heading is None and not self.pieces) or (self.heading and self.ident is None)):
            self.ident = ident
        if ident in self.tabs:
            tree.items += (Reach(PSEUDO), Block(self.tabs[ident], element, PSEUDO, ident, opens=True))
        if level:
            self.heading = (level, element)
            tree.items.append(Reach(level))
        self.note(node, tag, attributes, element)

    def level(self, node: LexborNode, tag: str, role: str, attributes: dict[str, str | None]) -> int:
        """The level of the heading that begins with this element, or 0."""
        level = _HEADINGS.get(tag, 0)
        if not level and role == "heading":
            stated = attributes.get("aria-level") or ""
            level = int(stated) if stated in ("1", "2", "3", "4", "5", "6") else 2
        if not level:
            opener = tag == "summary" or ("aria-expanded" in attributes and "aria-controls" in attributes)
            called = tag in ("p", "div") and _HEADING_CLASS.search((attributes.get("class") or "")[:300])
            if (opener and role != "tab") or (called and not _has_blocks(node)):
                level = PSEUDO
        # A real heading inside an opener counts as what it is; nothing else begins inside a heading.
        return level if self.heading is None or level < PSEUDO == self.heading[0] else 0

    def note(self, node: LexborNode, tag: str, attributes: dict[str, str | None], element: int) -> None:
        """Links and dates that an element states by its attributes."""
        if tag == "a" and (attributes.get("href") or "#")[0] != "#" and self.link is None:
            self.link = _Link(node)
        elif tag == "time":
            names = " ".join(attributes.get(name) or "" for name in ("class", "itemprop"))
            names += " pubdate" if "pubdate" in attributes else ""
            before = "".join(self.pieces)[-60:]
            self.tree.times.append((element, (attributes.get("datetime") or "")[:_STAMP], names, before))
        elif tag in ("iframe", "frame", "area"):
            href = attributes.get("src") or attributes.get("href")
            label = attributes.get("title") or attributes.get("alt") or attributes.get("name") or ""
            if href:
                self.anchors.append(Anchor(href, collapse(label), element))

    def leave(self) -> None:
        """Close the innermost open element."""
        last = self.open[-1]
        self.edges += last.tag not in _RAISED
        if last.bare:
            self.open.pop()
            return
        self.bold -= last.bold
        self.preformatted -= last.tag == "pre"
        if self.link is not None and last.tag == "a" and self.link.node.mem_id == last.node.mem_id:
            self.close_link(self.link, last.element)
        if self.heading is not None and self.heading[1] == last.element:
            self.flush()
            self.heading = None
        elif last.tag in _BLOCKS or last.tag in _CONTROLS:
            self.flush()
        if last.tag in _SCOPES:
            self.tree.items.append(Scope(False))
        self.open.pop()

    def close_link(self, link: _Link, element: int) -> None:
        """The link is called by what it shows: of a card its heading, else its text, else its picture."""
        attributes = link.node.attributes
        shown = collapse("".join(link.pieces))
        text = link.heading.text if link.heading is not None else shown or collapse(link.picture)
        text = text or collapse(attributes.get("aria-label") or attributes.get("title") or "")
        href = attributes.get("href") or ""
        if href[:7].lower() == "mailto:":
            self.emails.append(href[7:].split("?")[0])
        nofollow = "nofollow" in (attributes.get("rel") or "").lower().split()
        anchor = Anchor(href, text[:_ANCHOR_LENGTH], element, nofollow)
        if link.heading is None:
            self.anchors.append(anchor)
        else:  # the link is not below its own heading, and neither is what follows a card
            self.tree.items.insert(link.position, anchor)
            link.heading.level = link.heading.level if shown == link.heading.text else 0
        self.link = None
        self.joins = href if self.pieces and self.linked == self.length else None


def _looks_like_heading(text: str, bold: bool) -> bool:
    if _YEARS.match(text):
        return True
    if not bold or len(text) > 90 or text[-1] in ".,;!":
        return False
    return any(map(str.isalnum, text)) and not boilerplate.is_phrase(text)


def _are_apart(before: str, after: str, two: bool) -> bool:
    """Whether words of neighbouring elements are shown apart although no space parts them, as style sheets
    do: "2016" and "Senast ändrad", and of two elements "14" and "maj".
    """
    if (before.islower() or before.isdigit()) and after.isupper():
        return True
    return two and ((before.isdigit() and after.isalpha()) or (before.isalpha() and after.isdigit()))


def _has_blocks(node: LexborNode) -> bool:
    child = node.first_child
    while child is not None:
        if child.tag in _BLOCKS:
            return True
        child = child.next
    return False


def _join_rows(tree: Tree) -> None:
    """Make one block of each table row whose cells hold one short text each; layout tables stay apart."""
    if "tr" not in tree.tags:
        return
    cell_of: list[int] = []  # the cell that each element stands in
    for element, tag in enumerate(tree.tags):
        parent = tree.parents[element]
        cell_of.append(element if tag in ("td", "th") else (cell_of[parent] if parent >= 0 else -1))
    rows: dict[int, list[tuple[int, Block]]] = {}  # row → positions and blocks of its cells
    for position, item in enumerate(tree.items):
        if isinstance(item, Block) and cell_of[item.element] >= 0:
            row = tree.parents[cell_of[item.element]]
            if row >= 0 and tree.tags[row] == "tr":
                rows.setdefault(row, []).append((position, item))
    drop: set[int] = set()
    for row, found in rows.items():
        blocks = [block for _, block in found]
        cells = {cell_of[block.element] for block in blocks}
        plain = all(len(block.text) <= 400 and block.level in (0, PSEUDO) for block in blocks)
        if len(blocks) < 2 or len(cells) < len(blocks) or not plain:
            continue
        first = blocks[0]
        first.text = " | ".join(block.text for block in blocks)
        first.linked = sum(block.linked for block in blocks)
        first.level, first.element = 0, row
        drop.update(position for position, _ in found[1:])
    if drop:
        tree.items = [item for position, item in enumerate(tree.items) if position not in drop]
