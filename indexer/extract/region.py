"""Which blocks of a page are its main text, which one names it, which headings stand above a link?

Passes over the flat lists of ``dom``: first what is frame by its kind and name, then what holds the text.
A part that holds the title, what the page calls its main part, or much of its text is never frame.
"""

from __future__ import annotations

import re
from itertools import islice, takewhile

from indexer.extract import boilerplate
from indexer.extract.dom import PSEUDO, Anchor, Block, Reach, Scope, Tree
from indexer.extract.title import is_of_template, is_sender, tells_nothing

# Of the page's text that such a part may hold as frame.
_SHARE = {"likely": 0.33, "related": 0.33, "beside": 0.5, "aside": 0.5, "outer": 0.5, "hidden": 0.5}
_CONTAINERS = frozenset(("div", "section", "article", "td", "main"))
_DEEP = 60
"""Elements around a block that are looked at where pages may nest thousands."""
_COLUMN = 0.4
"""Of the text around both, the share that what stands with the title has when a part is another column."""
_FILE = re.compile(r"\.(?:pdf|docx?|pptx?|xlsx?|odt)(?:$|[?#])|/download/|^\W*(?:pdf|word)\b", re.IGNORECASE)


def choose(tree: Tree, name: str) -> None:
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
    files = _with_files(tree)
    opened = _opened(tree, blocks)
    below = _first_below(tree, name)
    columns = _Columns(tree, weight)
    for element, frame in enumerate(tree.frames):
        if frame not in _SHARE or element in held or element in opened:
            continue
        if in_main[element] and (frame == "outer" or element in files):
            continue
        # Below the title a banner is a notice and an aside a box of facts, unless it is another column.
        in_text = element > below if frame == "outer" else in_main[element] and frame in ("beside", "aside")
        column = columns.beside if frame == "beside" else columns.beside_title
        if in_text and not column(element):
            continue
        own[element] = weight[element] <= 300 or weight[element] < _SHARE[frame] * total
    # 3. A question about the page, or about sharing, makes frame of the small box it opens; so does what
    #    heads links to other pages.
    for place, block in enumerate(blocks):
        if boilerplate.opens_feedback(block.text):
            own[_feedback(tree, blocks, place, held, weight)] = True
        elif boilerplate.opens_elsewhere(block.text):
            part = _headed_by(tree, blocks, place, held)
            if part is not None and part not in files:
                own[part] = True
    for element in _contents(tree, blocks):
        own[element] = True
    # … and the other columns of a table that lays out the page: no table of data holds the title.
    for element in _cells_beside(tree, held):
        if (
            element not in files
            and weight[element] < _SHARE["beside"] * total
            and columns.beside_title(element)
        ):
            own[element] = True
    framed = _inherited(tree, own)
    # 4. The main part: what the page calls so, else the smallest element with most of the remaining text.
    remaining = mass(
        tree, [(b.element, len(b.text) - b.linked + b.linked // 4) for b in blocks if not framed[b.element]]
    )
    _mark(tree, framed, _region(tree, remaining, framed))


def _feedback(tree: Tree, blocks: list[Block], place: int, held: set[int], weight: list[int]) -> int:
    """The box that the question opens; never with text that stands before the question."""
    last = blocks[place - 1] if place and not boilerplate.is_phrase(blocks[place - 1].text) else None
    before = set(islice(tree.above(last.element), _DEEP)) if last is not None else set()
    return box(tree, blocks[place], held | before, weight)


def _with_files(tree: Tree) -> set[int]:
    """The elements that hold links to files."""
    found: set[int] = set()
    for item in tree.items:
        if isinstance(item, Anchor) and (_FILE.search(item.href) or _FILE.search(item.text[-60:])):
            for element in tree.above(item.element):
                if element in found:
                    break
                found.add(element)
    return found


def _opened(tree: Tree, blocks: list[Block]) -> set[int]:
    """Hidden elements that begin right below a heading: it opens them, whatever they are called."""
    found: set[int] = set()
    before: Block | None = None
    for block in blocks if "hidden" in tree.frames else ():
        hidden = [e for e in islice(tree.above(block.element), 30) if tree.frames[e] == "hidden"]
        if hidden and before is not None and before.level and before is not tree.title:
            inside = hidden[-1] in islice(tree.above(before.element), _DEEP)
            if not inside and not boilerplate.is_phrase(before.text):
                found.update(hidden)
        before = block
    return found


def _first_below(tree: Tree, name: str) -> int:
    """From which element on parts are below the title: none, when it names the site in the page head,
    which is the first part of its kind.
    """
    if tree.title is None:
        return len(tree.frames)
    if name.startswith(tree.title.text) and name != tree.title.text:
        return tree.title.element  # the page is called so, and the site something else
    heads = [e for e in tree.above(tree.title.element) if tree.frames[e] == "outer"]
    if heads and not any(
        frame == "outer" or tree.tags[e] == "nav" for e, frame in enumerate(tree.frames[: heads[-1]])
    ):
        return len(tree.frames)
    return tree.title.element


class _Columns:
    """Which parts stand in another column than the text."""

    def __init__(self, tree: Tree, weight: list[int]) -> None:
        self.tree, self.weight = tree, weight
        self.columns: dict[int, int] = {}  # element around the title → the one inside it that holds the title
        column = tree.title.element if tree.title is not None else -1
        for outer in tree.above(column):
            self.columns[outer] = column
            column = outer
        self.meets: list[int] = []  # element → the innermost around it that holds the title, too; -1: none
        for element, parent in enumerate(tree.parents):
            self.meets.append(
                element if element in self.columns else self.meets[parent] if parent >= 0 else -1
            )
        self.heaviest: dict[int, list[tuple[int, int]]] = {}  # parent → weight and number of its two heaviest
        for element, parent in enumerate(tree.parents):
            if tree.tags[element] in _CONTAINERS:
                two = self.heaviest.setdefault(parent, [])
                two.append((weight[element], element))
                two.sort(reverse=True)
                del two[2:]

    def beside_title(self, element: int) -> bool:
        """Whether the title stands in a column with its text, and the part in another."""
        title, weight = self.tree.title, self.weight
        outer = self.meets[element]
        if title is None or outer < 0:
            return False
        column = self.columns[outer]
        return weight[column] - len(title.text) > _COLUMN * (weight[outer] - weight[element])

    def beside(self, element: int) -> bool:
        """The same, or whether the part stands beside a container with most text of the page."""
        tree, weight = self.tree, self.weight
        part = element
        while tree.parents[part] >= 0 and weight[tree.parents[part]] == weight[part]:
            part = tree.parents[part]
        for other, container in self.heaviest.get(tree.parents[part], ()):
            if container != part and other > _COLUMN * (weight[0] - weight[element]):
                return True
        return self.beside_title(element)


def _contents(tree: Tree, blocks: list[Block]) -> list[int]:
    """Lists that only repeat the headings below them: tables of contents."""
    headings = {block.text for block in blocks if block.level}
    items: dict[int, list[bool]] = {}
    for block in blocks if headings else ():
        for element in islice(tree.above(block.element), 6):
            if tree.tags[element] in ("ul", "ol"):
                items.setdefault(element, []).append(block.level == 0 and block.text in headings)
    return [element for element, named in items.items() if len(named) > 1 and sum(named) > 0.7 * len(named)]


def _cells_beside(tree: Tree, held: set[int]) -> list[int]:
    """The cells that stand in one row with a cell that holds the title."""
    rows = {tree.parents[element] for element in held if tree.tags[element] == "td"}
    cells = (element for element, parent in enumerate(tree.parents) if parent in rows)
    return [element for element in cells if tree.tags[element] == "td" and element not in held]


def _headed_by(tree: Tree, blocks: list[Block], place: int, held: set[int]) -> int | None:
    """The largest element that begins with the heading, when most of what else it holds are links."""
    largest, heading = None, blocks[place]
    before = set(islice(tree.above(blocks[place - 1].element), _DEEP)) if place else set()
    for element in islice(tree.above(heading.element), 30):
        if element in held or element in before or tree.tags[element] in ("body", "main", "article"):
            break
        largest = element
    if largest is None:
        return None
    following = islice(blocks, place + 1, place + 100)
    inside = list(takewhile(lambda block: largest in islice(tree.above(block.element), 30), following))
    letters = sum(len(block.text) for block in inside)
    leading = sum(len(block.text) for block in inside if block.linked)
    return largest if inside and leading >= letters / 2 else None


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
    for element in islice(tree.above(block.element), 30):
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

    An h1 in the page head is often the name of the site; it counts only when nothing else does. Nor does one
    that names the sender, when the page is called as another of its headings; and a page that is called
    nothing is named by its first heading, or by what looks like one.
    """
    firsts = [block for block in blocks if block.level == 1]
    unlinked = [block for block in firsts if not block.linked] or firsts  # a linked one is often the logotype
    for found in (
        (block for block in unlinked if in_main[block.element]),
        (block for block in unlinked if not in_frame[block.element]),
        (block for block in firsts if len(block.text) > 3 and name.startswith(block.text)),
        (b for b in blocks if b.level in (2, 3) and not in_frame[b.element] and name.startswith(b.text)),
        (b for b in blocks if _is_called(name, b.text) and not b.linked and not in_frame[b.element]),
        iter(firsts),
    ):
        block = next(found, None)
        if block is not None:
            break
    below = [b for b in blocks if b.level > 1 and not in_frame[b.element] and len(b.text) > 3]
    if block is None and tells_nothing(name):
        highest = min((b.level for b in below), default=0)
        return next((b for b in below if b.level == highest), None)
    if block is not None and block.level == 1 and is_sender(block.text) and not name.startswith(block.text):
        templated = is_of_template(name)
        called = (b for b in below if b.level < PSEUDO and (templated or name.startswith(b.text)))
        return next(called, block)
    return block


def _is_called(name: str, text: str) -> bool:
    """Whether the page is called so, its site's name aside: "Barns hälsa - FHI"."""
    if text == name or len(text) <= 10 or not name.startswith(text):
        return text == name
    return re.match(r"\s+[|–—:»«-]\s", name[len(text) :]) is not None


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
            # The head of an article may hold most of a short text, and never all of it.
            if mass[element] >= 0.6 * total and tree.tags[element] != "header":
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
    # Where the page does not tell its main part, links before the title are a menu.
    menu = tree.title is not None and not tree.mains
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
        lead = lead and not inside
        item.main = (inside or lead) and not framed[item.element]
        if isinstance(item, Anchor):
            item.main = item.main and not menu
            item.headings = tuple(text for _, text in headings) if item.main else ()
        elif item is tree.title:
            item.main, headings = True, ()
            lead, menu = not inside, False
        elif boilerplate.is_phrase(item.text) or (menu and item.linked >= 0.8 * len(item.text)):
            item.main = False
        elif item.main and item.level:
            headings = (*_reaching(headings, item.level), (item.level, item.text))


def _reaching(headings: tuple[tuple[int, str], ...], level: int) -> tuple[tuple[int, str], ...]:
    while headings and headings[-1][0] >= level:
        headings = headings[:-1]
    return headings
