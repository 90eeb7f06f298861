"""Which parts of a web page name whom to ask?

Contact boxes and lines such as "Sidansvarig: Eva Ek", in the frame too. Who is named in them is read by
``contacts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, takewhile

from indexer.extract import contacts, region
from indexer.extract.dom import Block, Tree
from indexer.model import Contact

_LARGEST = 700  # characters of a box


def read(tree: Tree) -> tuple[tuple[Contact, ...], set[int]]:
    """The persons, each once, and the blocks (by id) that are nothing but about them."""
    page = _Page(tree)
    persons: dict[Contact, None] = {}
    boxed: set[int] = set()
    for position, block in enumerate(page.blocks):
        named, parts = page.labelled(position)
        if named is not None:
            persons[named] = None
            boxed.update(map(id, parts))
        if not contacts.is_heading(block.text):
            continue
        if not block.level:  # heads a card by its looks alone
            found = contacts.read([other.text for other in page.card(position)], block.text)
            if any(person.email or person.phone for person in found):
                persons.update(dict.fromkeys(found))
            continue
        inside = page.box(position)
        below = inside or page.below(position)
        emails = [address for other in below for address in other.emails]
        found = contacts.read([other.text for other in below], block.text, emails)
        persons.update(dict.fromkeys(found))
        if found and inside:
            boxed.update(map(id, [block, *inside]))
    return tuple(persons), boxed


class _Page:
    """The blocks of a page, and which of them stand together with the one at a position."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.blocks = list(tree.blocks())
        self._ends = tree.ends()
        self._mass = region.mass(tree, [(block.element, len(block.text)) for block in self.blocks])
        self._held = set(tree.above(tree.title.element)) if tree.title is not None else set[int]()

    def labelled(self, position: int) -> tuple[Contact | None, Sequence[Block]]:
        """The person that a block names after a label, or the next one after a block that is the label:
        "Sidansvarig" and, in an element of its own, the name. And those blocks."""
        block = self.blocks[position]
        named = contacts.labelled(block.text, block.emails)
        if named is not None:
            return named, [block]
        if not block.level and contacts.is_label(block.text) and position + 1 < len(self.blocks):
            above, beside = self.blocks[position - 1], self.blocks[position + 1]
            if position and above.element == block.element != beside.element and contacts.is_name(above.text):
                return None, []  # the role of the person above: "Eva Ek", below it "Handläggare"
            named = contacts.labelled(f"{block.text.rstrip(':')}: {beside.text}", beside.emails)
            if named is not None and not beside.level:
                return named, [block, beside]
        return None, []

    def card(self, position: int) -> list[Block]:
        """The blocks that stand in the smallest part around a line with something below it."""
        tree, blocks = self.tree, self.blocks
        following = [*takewhile(lambda block: len(block.text) <= 120, blocks[position + 1 : position + 8])]
        for element in islice(tree.above(blocks[position].element), 6):
            if not following or element in self._held or tree.tags[element] in ("body", "main", "article"):
                break
            inside = [other for other in following if element <= other.element <= self._ends[element]]
            if inside:
                return inside
        return []

    def box(self, position: int) -> list[Block]:
        """The blocks below a heading in the part of the page that it heads; none where it heads no part."""
        heading = self.blocks[position]
        box = region.box(self.tree, heading, self._held, self._mass, _LARGEST)
        following = self.blocks[position + 1 : position + 40]
        within = takewhile(lambda other: box <= other.element <= self._ends[box], following)
        return [*takewhile(lambda other: not _ends_section(other, heading), within)]

    def below(self, position: int) -> list[Block]:
        """The blocks below a heading that stands in the running text, up to the next heading."""
        heading = self.blocks[position]
        following = self.blocks[position + 1 : position + 12]
        same = takewhile(lambda other: other.main == heading.main, following)
        return [*takewhile(lambda other: not _ends_section(other, heading), same)]


def _ends_section(block: Block, heading: Block) -> bool:
    return 0 < block.level <= heading.level
