"""Of all links that lead to a document, which one tells a reader most about it?

Not for finding links: the extractors do that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from indexer.enrich.reading import clean_anchor
from indexer.model import FoundOn

_EMPTY_WORDS = re.compile(
    r"(?:läs mer|läs hela|mer information|mer om|klicka här|länk|här|till|ladda ner|ladda hem|hämta|öppna|"
    r"visa|se|pdf|word|dokument(?:et)?|bilaga|fil|download|read more|here|more|click|open|den|filen|som|the|"
    r"nästa|föregående|start|startsida|hem|\d+|»|>|›|\.\.\.|…|[^\w\s])+\s*",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w{3,}")


def most_telling(links: Sequence[FoundOn], url: str, title: str) -> FoundOn | None:
    """The link with words of its own, then with the most headings above it, then nearest to the title.

    The first found wins a tie, so that the choice is stable. A page's links to itself do not count.
    """
    others = [link for link in links if link.url != url]
    if not others:
        return None
    words = set(_WORD.findall(title.lower()))

    def telling(link: FoundOn) -> tuple[int, int, float]:
        anchor = clean_anchor(link.anchor)
        own = set(_WORD.findall(anchor.lower()))
        empty = not own or not _EMPTY_WORDS.sub("", anchor.strip() + " ").strip()
        likeness = len(own & words) / len(own | words) if own and words else 0.0
        return (0 if empty else 1, min(len([h for h in link.headings if h.strip()]), 3), likeness)

    return max(others, key=telling)
