"""What an X-Robots-Tag header asks of us. Pure, and free of Scrapy: ingest asks it too."""

from __future__ import annotations

_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_US = frozenset({"barnrattskompassen", "kompass"})


def robots_words(value: str) -> frozenset[str]:
    """The directives of one X-Robots-Tag value; those after the name of another robot do not count."""
    words: set[str] = set()
    ours = True
    for part in value.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and name.strip() not in _WITH_VALUE:
            ours = name.strip() in _US
            part = rest
        if ours:
            words.add(part.strip())
    if "none" in words:
        words |= {"noindex", "nofollow"}
    return frozenset(words & {"noindex", "nofollow", "noarchive"})
