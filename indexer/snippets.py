"""What is shown of a document that was found: its best pages, words around the matches, marks in its title.

Not for where the words of a query stand (``indexer.engine.places``), nor for HTML (``search_web``).
"""

from __future__ import annotations

import re
from bisect import bisect_right

from indexer.engine.places import Places
from indexer.engine.reader import Reader
from indexer.model import Document, Hit, Page, PageHit, Snippet

PAGED = ("pdf",)
"""Formats in which browsers open a page by ``#page=7``."""
SNIPPET = 220
"""Characters of the snippet of a hit's best page."""
OTHER_SNIPPET = 140
SHOWN_PAGES = 5
_LINE_END = re.compile(r" *\n[ \n]*")


def page_url(document: Document, page: Page | None) -> str:
    """The address of the original, at the page where that can be said in an address."""
    if page is None:
        return document.url
    if document.format in PAGED:
        return f"{document.url}#page={page.number}"
    return f"{document.url}#{page.anchor}" if page.anchor else document.url


def hit(reader: Reader, n: int, score: float, places: Places | None) -> Hit:
    """Document ``n`` with its best pages, or with how it begins when none has a match. ``places`` tells where
    the words of the query stand; None when it has none."""
    document = reader.document(n, whole=False)
    pages: list[PageHit] = []
    title_marks: tuple[tuple[int, int], ...] = ()
    if places is not None:
        title_marks = places.title(n, document.title)
        for number, matches in places.pages(n)[:SHOWN_PAGES]:
            page, window = places.snippet(n, number, OTHER_SNIPPET if pages else SNIPPET)
            snippet = on_one_line(window)
            label, heading = (page.label, page.heading) if page else (None, None)
            pages.append(PageHit(number, label, heading, matches, snippet, page_url(document, page)))
    first = pages[0].snippet if pages else _beginning(reader.page(n, 1))
    return Hit(document, score, tuple(pages), first, title_marks)


def _beginning(page: Page | None) -> Snippet | None:
    if page is None or not page.text:
        return None
    text = page.text[: SNIPPET + 1]
    return on_one_line(
        Snippet(text if len(text) <= SNIPPET else text[: text.rfind(" ", SNIPPET // 2)] or text[:SNIPPET])
    )


def on_one_line(snippet: Snippet) -> Snippet:
    """``snippet`` with a dot between lines that no sign parts: a heading from what stands below it."""
    text = snippet.text
    if "\n" not in text:
        return snippet
    pieces: list[str] = []
    starts, longer = [0], [0]  # where each line begins, and by how much what was before it has grown
    done = 0
    for end in _LINE_END.finditer(text):
        before, after = text[: end.start()][-1:], text[end.end() :][:1]
        dot = (before.isalnum() or before in ")”’»") and (after.isupper() or after.isdigit())
        between = " · " if dot and before else " "
        pieces += (text[done : end.start()], between)
        done = end.end()
        starts.append(done)
        longer.append(longer[-1] + len(between) - (end.end() - end.start()))
    more = [(a, b, longer[bisect_right(starts, a) - 1]) for a, b in snippet.marks]
    return Snippet("".join([*pieces, text[done:]]), tuple([(a + by, b + by) for a, b, by in more]))
