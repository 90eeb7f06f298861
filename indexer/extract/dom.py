"""What stands on a web page, in order: headings, text blocks, links; what is frame and what main text?

One walk over the tree that selectolax parsed, without recursion (20,000 nested elements are met), then
passes over flat lists. Which words mark a frame is told in ``boilerplate``; what is made of the blocks,
in ``html``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from indexer.extract import boilerplate

PSEUDO = (
    7  # level of what only looks like a heading: a bold paragraph, an accordion's button; real ones are 1-6
)
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog",
    "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2",
    "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol", "p",
    "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))  # fmt: skip
_BOLD = frozenset(("b", "strong"))
_BOLD_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.I)
_HEADING_CLASS = re.compile(
    r"(?:^|[\s_-])(?:sub-?head(?:ing)?\d?|heading\d?|head-?line|mellanrubrik|underrubrik|rubrik\d?)(?=$|[\s_-])",
    re.I,
)
# A heading of these does not reach beyond the element it stands in.
_SCOPES = frozenset(("details", "article", "aside", "li", "dd"))
_SHARE = {
    "likely": 0.33,
    "outer": 0.5,
    "hidden": 0.5,
}  # of the page's text that such a part may hold as frame
_SPACE = re.compile(r"[\s\u200b\u200c\u2060\ufeff]+")
_ANCHOR_LENGTH = 400


@dataclass(slots=True)
class Block:
    """One paragraph, list item, table row or heading. ``element`` is an index into ``Tree.parents``."""

    text: str
    element: int
    level: int = 0  # 0: text; 1-6: heading; PSEUDO: only looks like one
    ident: str | None = None
    opens: bool = False  # a pseudo heading that opens a section of its own (accordion, tab)
    linked: int = 0  # characters that stand in links
    hidden: bool = False
    emails: tuple[str, ...] = ()  # of mailto links in it
    framed: bool = False
    main: bool = False


@dataclass(slots=True)
class Anchor:
    href: str
    text: str
    element: int
    nofollow: bool = False
    framed: bool = False
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
    parents: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    frames: list[str] = field(
        default_factory=list
    )  # what ``boilerplate.is_frame`` said of the element itself
    items: list[Block | Anchor | Reach | Scope] = field(default_factory=list)
    mains: list[int] = field(default_factory=list)
    times: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # (datetime, names, text before) of <time>
    passwords: int = 0
    title: Block | None = None  # the heading that names the page

    def blocks(self) -> Iterator[Block]:
        return (item for item in self.items if isinstance(item, Block))

    def above(self, element: int) -> Iterator[int]:
        """The element and those around it, innermost first."""
        while element >= 0:
            yield element
            element = self.parents[element]


def collapse(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


_Open = tuple[LexborNode, int, str, bool]  # node, element, tag, bold


class _Walk:
    """The state of one walk: the text gathered since the last block ended, and what is open."""

    def __init__(self, parser: LexborHTMLParser) -> None:
        self.tree = Tree()
        self.pieces: list[str] = []
        self.bold = 0  # open bold elements
        self.bold_length = 0
        self.length = 0
        self.linked = 0
        self.broken = False  # the block before this one ended at a line break
        self.preformatted = 0  # open <pre>
        self.emails: list[str] = []
        self.ident: str | None = None
        self.anchor: tuple[LexborNode, int] | None = (
            None  # the open link and where its text begins in ``pieces``
        )
        self.anchors: list[Anchor] = []
        self.heading: tuple[int, int] | None = None  # level and element of the open heading
        self.controlled = {
            (node.attributes.get(name) or "").lstrip("#")
            for name in ("aria-controls", "data-target", "data-bs-target", "aria-labelledby")
            for node in parser.css(f"[{name}]")
        }

    def flush(self, element: int) -> None:
        """End the current block. Its links come before it: a link in a heading is not below that heading."""
        if self.anchors:
            self.tree.items.extend(self.anchors)
            self.anchors = []
        if self.pieces:
            text = collapse("".join(self.pieces))
            if text:
                block = Block(text, element, linked=self.linked, emails=tuple(self.emails), ident=self.ident)
                if self.heading is not None:
                    block.level = self.heading[0]
                    block.opens = True
                elif self.bold_length >= 0.95 * self.length and self.linked == 0:
                    block.level = PSEUDO if _reads_as_heading(text) else 0
                if not (self.broken and block.level == 0 and self.runs_on(block)):
                    self.tree.items.append(block)
                self.ident = None
            self.pieces = []
            self.broken = False
        self.bold_length = self.length = self.linked = 0
        self.emails = []

    def runs_on(self, block: Block) -> bool:
        """Whether a line break parted the block from one that it goes on from; adds it to that one."""
        before = next((item for item in reversed(self.tree.items) if isinstance(item, Block)), None)
        if before is None or before.level or before.element != block.element or not block.text[0].islower():
            return False
        if before.text[-1] in ".!?:;":
            return False
        before.text = f"{before.text} {block.text}"
        before.linked += block.linked
        return True

    def text(self, text: str) -> None:
        self.pieces.append(text)
        if not text.isspace():
            length = len(text.strip())
            self.length += length
            if self.bold:
                self.bold_length += length
            if self.anchor is not None:
                self.linked += length


def _reads_as_heading(text: str) -> bool:
    return (
        len(text) <= 90
        and text[-1] not in ".,;!"
        and not boilerplate.is_phrase(text)
        and any(map(str.isalnum, text))
    )


def walk(parser: LexborHTMLParser) -> Tree:
    """The blocks and links of the page in document order, frame and main text told apart."""
    state = _Walk(parser)
    root = parser.body
    if root is None:
        root = parser.root
        if root is None:
            return state.tree
    _gather(state, root)
    tree = state.tree
    _join_rows(tree)
    named = parser.css_first("title")
    _choose_main(tree, collapse(named.text()) if named is not None else "")
    return tree


def _gather(state: _Walk, root: LexborNode) -> None:
    open_elements: list[_Open] = []
    node: LexborNode | None = root
    element = -1
    while node is not None:
        tag = node.tag
        child: LexborNode | None = None
        if tag == "-text":
            if state.preformatted:
                _lines(state, node.text_content or "", max(element, 0))
            else:
                state.text(node.text_content or "")
        elif tag == "br":
            _break(state, max(element, 0))
        elif tag == "img":
            _image(state, node)
        elif tag in boilerplate.SKIPPED:
            _skipped(state, node, tag, max(element, 0))
        elif tag is not None and tag[0] not in "-_":
            element = _enter(state, node, tag, element, open_elements)
            child = node.first_child if tag != "iframe" else None
            if child is None:
                element = _leave(state, open_elements)
        if child is not None:
            node = child
            continue
        # Go on beside this node, or beside the nearest open one that has something beside it.
        following = node.next if node is not root else None
        while following is None and open_elements:
            last = open_elements[-1][0]
            element = _leave(state, open_elements)
            following = last.next if open_elements else None
        node = following
    state.flush(max(element, 0))


def _break(state: _Walk, element: int) -> None:
    if state.anchor is None and state.heading is None:
        state.flush(element)
        state.broken = bool(state.tree.items)
    else:
        state.text(" ")


def _lines(state: _Walk, text: str, element: int) -> None:
    """Preformatted text: its line ends are line ends, an empty line ends the paragraph."""
    for number, line in enumerate(text.split("\n")):
        if number:
            _break(state, element)
        if line.strip():
            state.text(line)
        else:
            state.broken = False


def _image(state: _Walk, node: LexborNode) -> None:
    """An image is text only where it is all that a link shows."""
    if state.anchor is not None:
        alt = node.attributes.get("alt") or ""
        if alt and not "".join(state.pieces[state.anchor[1] :]).strip():
            state.pieces.append(f"\x00{alt}\x00")


def _skipped(state: _Walk, node: LexborNode, tag: str, element: int) -> None:
    attributes = node.attributes
    if tag == "input" and (attributes.get("type") or "").lower() == "password":
        state.tree.passwords += 1
    elif tag in ("object", "embed"):  # a PDF shown inside the page
        href = attributes.get("data") or attributes.get("src")
        if href:
            state.anchors.append(Anchor(href, collapse(attributes.get("title") or ""), element))


def _enter(state: _Walk, node: LexborNode, tag: str, parent: int, open_elements: list[_Open]) -> int:
    tree = state.tree
    attributes = node.attributes
    element = len(tree.parents)
    inline = tag not in _BLOCKS
    if inline and not attributes and tag not in _BOLD:
        # A bare inline element changes nothing: it needs no number of its own.
        open_elements.append((node, parent, tag, False))
        return parent
    if not inline:
        state.flush(max(parent, 0))
    tree.parents.append(parent)
    tree.tags.append(tag)
    frame = boilerplate.is_frame(tag, attributes) if attributes or not inline else ""
    ident = attributes.get("id") or (attributes.get("name") if tag == "a" else None)
    if frame == "hidden" and ident in state.controlled:
        frame = ""
    if inline and frame == "outer":
        frame = ""
    tree.frames.append(frame)
    role = (attributes.get("role") or "").lower()
    if tag == "main" or role == "main":
        tree.mains.append(element)
    if ident and ((state.heading is None and not state.pieces) or (state.heading and state.ident is None)):
        state.ident = ident
    level = _HEADINGS.get(tag, 0)
    if role == "heading" and not level:
        digit = attributes.get("aria-level") or "2"
        level = int(digit) if digit in "123456" and digit else 2
    elif not level and (
        tag == "summary"
        or (role == "tab")
        or ("aria-expanded" in attributes and "aria-controls" in attributes)
    ):
        level = PSEUDO
    elif (
        not level
        and not inline
        and tag in ("p", "div")
        and _HEADING_CLASS.search(attributes.get("class") or "")
    ):
        level = PSEUDO if tag == "p" or not _has_blocks(node) else 0
    if level and (state.heading is None or level < PSEUDO == state.heading[0]):
        if inline:
            state.flush(max(parent, 0))
        if tag == "button" or role in ("tab", "button"):
            tree.frames[element] = ""
        state.heading = (level, element)
        tree.items.append(Reach(level))
    elif tag in ("button", "label", "legend") and state.heading is None:
        tree.frames[element] = tree.frames[element] or "frame"
        state.flush(max(parent, 0))
    bold = tag in _BOLD or bool(_BOLD_STYLE.search(attributes.get("style") or ""))
    state.bold += bold
    if tag == "a" and attributes.get("href") and state.anchor is None:
        state.anchor = (node, len(state.pieces))
    elif tag == "time":
        names = " ".join(attributes.get(name) or "" for name in ("class", "itemprop"))
        names += " pubdate" if "pubdate" in attributes else ""
        tree.times.append((attributes.get("datetime") or "", names, "".join(state.pieces)[-60:]))
    elif tag in ("iframe", "frame", "area") and (attributes.get("src") or attributes.get("href")):
        label = attributes.get("title") or attributes.get("alt") or attributes.get("name") or ""
        state.anchors.append(
            Anchor(attributes.get("src") or attributes.get("href") or "", collapse(label), element)
        )
    if tag == "pre":
        state.preformatted += 1
    if tag in _SCOPES:
        tree.items.append(Scope(True))
    open_elements.append((node, element, tag, bold))
    return element


def _has_blocks(node: LexborNode) -> bool:
    child = node.first_child
    while child is not None:
        if child.tag in _BLOCKS:
            return True
        child = child.next
    return False


def _leave(state: _Walk, open_elements: list[_Open]) -> int:
    """Close the innermost open element; returns the element around it."""
    tree = state.tree
    node, element, tag, bold = open_elements.pop()
    outer = open_elements[-1][1] if open_elements else -1
    if element == outer:  # a bare inline element
        return outer
    state.bold -= bold
    if state.anchor is not None and tag == "a" and state.anchor[0].mem_id == node.mem_id:
        _close_anchor(state, element)
    if state.heading is not None and state.heading[1] == element:
        state.flush(element)
        state.heading = None
    elif tag in _BLOCKS or tag in ("button", "label"):
        state.flush(element)
    if tag == "pre":
        state.preformatted -= 1
    if tag in _SCOPES:
        tree.items.append(Scope(False))
    return outer


def _close_anchor(state: _Walk, element: int) -> None:
    assert state.anchor is not None
    node, start = state.anchor
    attributes = node.attributes
    shown = "".join(state.pieces[start:])
    text = collapse(shown.replace("\x00", " "))
    if "\x00" in shown:  # the picture is no text of the paragraph
        state.pieces[start:] = [piece for piece in state.pieces[start:] if not piece.startswith("\x00")]
    text = text or collapse(attributes.get("aria-label") or attributes.get("title") or "")
    href = attributes.get("href") or ""
    if href[:7].lower() == "mailto:":
        state.emails.append(href[7:].split("?")[0])
    nofollow = "nofollow" in (attributes.get("rel") or "").lower().split()
    state.anchors.append(Anchor(href, text[:_ANCHOR_LENGTH], element, nofollow))
    state.anchor = None


def _join_rows(tree: Tree) -> None:
    """Make one block of each table row whose cells hold one short text each; layout tables stay apart."""
    rows: dict[int, list[int]] = {}  # row element → positions of its blocks
    cells: dict[int, int] = {}
    whole: dict[int, bool] = {}
    if "tr" not in tree.tags:
        return
    cell_of: list[int] = []
    for element, tag in enumerate(tree.tags):
        parent = tree.parents[element]
        cell_of.append(element if tag in ("td", "th") else (cell_of[parent] if parent >= 0 else -1))
    for position, item in enumerate(tree.items):
        if not isinstance(item, Block):
            continue
        cell = cell_of[item.element]
        if cell < 0:
            continue
        row = tree.parents[cell]
        if row < 0 or tree.tags[row] != "tr":
            continue
        rows.setdefault(row, []).append(position)
        cells[cell] = cells.get(cell, 0) + 1
        whole[row] = (
            whole.get(row, True) and cells[cell] == 1 and len(item.text) <= 400 and item.level in (0, PSEUDO)
        )
    drop: set[int] = set()
    for row, positions in rows.items():
        if not whole[row] or len(positions) < 2:
            continue
        blocks = [tree.items[position] for position in positions]
        first = blocks[0]
        assert isinstance(first, Block)
        first.text = " | ".join(block.text for block in blocks if isinstance(block, Block))
        first.linked = sum(block.linked for block in blocks if isinstance(block, Block))
        first.level = 0
        first.element = row
        drop.update(positions[1:])
    if drop:
        tree.items = [item for position, item in enumerate(tree.items) if position not in drop]


def _choose_main(tree: Tree, name: str) -> None:
    """Mark every block and link as frame or main text; ``name`` is the title in the head of the page."""
    blocks = list(tree.blocks())
    in_main = [False] * len(tree.parents)
    for main in tree.mains:
        in_main[main] = True
    in_main = _inherited(tree, in_main)
    in_frame = _inherited(tree, [bool(frame) for frame in tree.frames])
    tree.title = _title_heading(blocks, in_main, in_frame, name)
    # 1. Nothing around the title, or around what the page itself calls its main part, is frame.
    held = set(tree.above(tree.title.element)) if tree.title is not None else set()
    for main in tree.mains[:20]:
        held.update(tree.above(main))
    # 2. A part with much of the text is not frame because of how it is called.
    own = [frame == "frame" and element not in held for element, frame in enumerate(tree.frames)]
    certain = _inherited(tree, own)
    weight = mass(tree, [(b.element, len(b.text) - b.linked) for b in blocks if not certain[b.element]])
    total = weight[0] if weight else 0
    for element, frame in enumerate(tree.frames):
        if frame not in _SHARE or element in held or (frame == "outer" and in_main[element]):
            continue
        own[element] = weight[element] <= 300 or weight[element] < _SHARE[frame] * total
    # 3. A question about the page, or about sharing, makes frame of the small box it opens.
    for block in blocks:
        if boilerplate.opens_feedback(block.text):
            own[box(tree, block, held, weight)] = True
    framed = _inherited(tree, own)
    # 4. The main part: what the page calls so, else the smallest element with most of the remaining text.
    remaining = mass(
        tree, [(b.element, len(b.text) - b.linked + b.linked // 4) for b in blocks if not framed[b.element]]
    )
    _mark(tree, framed, _region(tree, remaining, framed))


def _inherited(tree: Tree, marked: list[bool]) -> list[bool]:
    """``marked`` with everything inside a marked element marked too."""
    marked = marked.copy()
    for element, parent in enumerate(tree.parents):
        if parent >= 0 and marked[parent]:
            marked[element] = True
    return marked


def box(tree: Tree, block: Block, held: set[int], weight: list[int], most: int = 400) -> int:
    """The largest element around the block of at most ``most`` characters, holding neither title nor main."""
    largest = block.element
    for element in tree.above(block.element):
        if element in held or weight[element] > most or tree.tags[element] in ("body", "main", "article"):
            break
        largest = element
    return largest


def mass(tree: Tree, weights: list[tuple[int, int]]) -> list[int]:
    """Characters of text in each element and below it."""
    sums = [0] * len(tree.parents)
    for element, weight in weights:
        sums[element] += weight
    for element in range(len(sums) - 1, 0, -1):
        parent = tree.parents[element]
        if parent >= 0:
            sums[parent] += sums[element]
    return sums


def _title_heading(blocks: list[Block], in_main: list[bool], in_frame: list[bool], name: str) -> Block | None:
    """The first h1 in <main>, else the first outside menus and page head, else what the page is named by.

    An h1 in the page head is often the name of the site; it counts only when nothing else does.
    """
    firsts = [block for block in blocks if block.level == 1]
    for found in (
        (block for block in firsts if in_main[block.element]),
        (block for block in firsts if not in_frame[block.element]),
        (block for block in firsts if len(block.text) > 3 and name.startswith(block.text)),
        (b for b in blocks if b.level in (2, 3) and not in_frame[b.element] and name.startswith(b.text)),
        iter(firsts),
    ):
        block = next(found, None)
        if block is not None:
            return block
    return None


def _region(tree: Tree, mass: list[int], framed: list[bool]) -> list[bool]:
    size = len(tree.parents)
    total = mass[0] if mass else 0
    region = [False] * size
    if total == 0:
        return [True] * size
    mains = [main for main in tree.mains if not framed[main]]
    if mains and sum(mass[main] for main in mains) >= max(0.15 * total, 1):
        for main in mains:
            region[main] = True
    else:
        start = tree.title.element if tree.title is not None else max(range(size), key=lambda e: (mass[e], e))
        for element in tree.above(start):
            if mass[element] >= 0.6 * total:
                start = element
                break
        else:
            start = 0
        region[start] = True
    return _inherited(tree, region)


def _mark(tree: Tree, framed: list[bool], region: list[bool]) -> None:
    """Set ``framed`` and ``main`` of every item, and the headings above each link."""
    headings: tuple[tuple[int, str], ...] = ()
    saved: list[tuple[tuple[int, str], ...]] = []
    lead = False  # between the title and the main part, where an introduction may stand
    for item in tree.items:
        if isinstance(item, Scope):
            if item.begins:
                saved.append(headings)
            else:
                headings = saved.pop()
            continue
        if isinstance(item, Reach):
            headings = _reaching(headings, item.level)
            continue
        inside = region[item.element]
        item.framed = framed[item.element]
        lead = lead and not inside
        item.main = (inside or lead) and not item.framed
        if isinstance(item, Anchor):
            item.headings = tuple(text for _, text in headings) if item.main else ()
        elif item is tree.title:
            item.main, headings = True, ()
            lead = not inside
        elif boilerplate.is_phrase(item.text):
            item.main = False
        elif item.main and item.level:
            headings = (*_reaching(headings, item.level), (item.level, item.text))


def _reaching(headings: tuple[tuple[int, str], ...], level: int) -> tuple[tuple[int, str], ...]:
    while headings and headings[-1][0] >= level:
        headings = headings[:-1]
    return headings
