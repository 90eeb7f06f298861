"""Which of the dates that stand on a web page does it state about itself?

Told by where they stand: not in a list of other pages, not of an event beside the text. How a date and its
label are written is known to ``dates``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from itertools import islice

from selectolax.lexbor import LexborHTMLParser

from indexer.extract import dates, linked_data
from indexer.extract.dom import Anchor, Tree
from indexer.model import LabelledDate

_OF_THE_SITE = re.compile(r"(?i)©|\(c\)|\bcopyright\b|\bwebbplatsen\b")  # what a date in the frame is about
_PUBLISHED = re.compile(r"(?i)datepublished|pubdate|publi")  # names of a <time>
_UPDATED = re.compile(r"(?i)datemodified|updated|uppdater")


def read(tree: Tree, meta: Iterable[tuple[str, str]], parser: LexborHTMLParser) -> tuple[LabelledDate, ...]:
    """Dates with a label, each once: shown on the page (main text first), in <time>, meta tags and JSON-LD.

    ``meta`` are (name, content) of the meta tags.
    """
    teasers = _teasers(tree)
    shown, around = _shown(tree, teasers)
    stated = [*_in_time(tree, teasers), *dates.in_meta(meta), *_in_scripts(parser)]
    around -= set(map(_key, stated))
    found = {_key(date): date for date in reversed([*shown, *stated])}
    return tuple(replace(date, frame=key in around) for key, date in reversed(found.items()))


def _key(date: LabelledDate) -> tuple[str, str]:
    return date.label, date.date


def _shown(tree: Tree, teasers: Set[int]) -> tuple[list[LabelledDate], set[tuple[str, str]]]:
    """Dates with a label in the text, and which of them only the frame states."""
    shown: list[LabelledDate] = []
    blocks = list(tree.blocks())
    for main in (True, False):
        in_text = set(map(_key, shown))
        for block, above in zip(blocks, [None, *blocks], strict=False):
            if not main and _OF_THE_SITE.search(block.text):
                continue
            if block.linked >= 0.9 * len(block.text):
                continue  # of what the link leads to
            if block.main is main and len(block.text) <= 400 and not _is_below(tree, block.element, teasers):
                shown.extend(dates.labelled(block.text))
                if above is not None and dates.is_bare(above.text, block.text):
                    shown.extend(dates.labelled(f"{above.text.rstrip(':')}: {block.text}"))
    around = set(map(_key, shown)) - in_text
    # A page that lists other pages with their dates states none about itself.
    for label in ("published", "updated"):
        if len({found.date for found in shown if found.label == label}) > 2:
            shown = [found for found in shown if found.label != label]
    return shown, around


def _in_time(tree: Tree, teasers: Set[int]) -> list[LabelledDate]:
    """Dates of <time> elements: those whose names say what they are, then those that stand by themselves."""
    named: list[LabelledDate] = []
    bare: list[LabelledDate] = []
    times: set[tuple[str, str]] = set()  # without a name
    framed = {block.element for block in tree.blocks() if not block.main}
    below = tree.title.element if tree.title is not None else len(tree.parents)
    for element, value, names, before in tree.times:
        date = dates.in_text(value) if value else None
        if date is None or _is_below(tree, element, teasers):
            continue
        if any(tree.tags[above] == "a" for above in islice(tree.above(element), 6)):
            continue  # of what the link leads to
        if element > below and (element in framed or tree.parents[element] in framed):
            continue  # of other events, in a column or below the text
        if _PUBLISHED.search(names):
            named.append(LabelledDate(date, "published", value))
        elif "startdate" in names.lower():
            named.append(LabelledDate(date, "event", value))
        elif _UPDATED.search(names):
            named.append(LabelledDate(date, "updated", value))
        else:
            times.add((date, value))
            if not before.strip():
                bare.append(LabelledDate(date, "none", value))
    if len(times) == 2 and len({date for date, _ in times}) == 1 and bare:
        bare = [replace(bare[0], label="event")]  # from 18.30 to 20.00
    if len({found.date for found in bare}) > 2:  # the days of a calendar
        bare = []
    return named + bare


def _in_scripts(parser: LexborHTMLParser) -> Iterator[LabelledDate]:
    for script in linked_data.scripts(parser):
        yield from dates.in_json(script)


def _teasers(tree: Tree) -> set[int]:
    """Items, articles, columns that link elsewhere and do not hold the title: their dates are of others."""
    held = set(tree.above(tree.title.element)) if tree.title is not None else set()
    found = set()
    for item in tree.items:
        if isinstance(item, Anchor):
            for element in islice(tree.above(item.element), 12):
                if tree.tags[element] in ("li", "article", "aside", "nav") and element not in held:
                    found.add(element)
    return found


def _is_below(tree: Tree, element: int, around: Set[int]) -> bool:
    return bool(around) and any(above in around for above in islice(tree.above(element), 30))
