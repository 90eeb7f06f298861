"""What an X-Robots-Tag header or a robots meta element asks of us: one rule for crawler and ingest."""

from __future__ import annotations

_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
US = frozenset({"barnrattskompassen", "kompass"})
"""Names under which a site may speak to this robot alone."""


def robots_words(value: str) -> frozenset[str]:
    """noindex, nofollow, noarchive in one value; what follows the name of another robot does not count, to
    the end of its line (``crawl.warc.together``)."""
    words: set[str] = set()
    for line in value.lower().split("\n"):
        ours = True
        for part in line.split(","):
            name, colon, rest = part.partition(":")
            if colon and name.strip() not in _WITH_VALUE:
                ours = name.strip() in US
                part = rest
            if ours:
                words.add(part.strip())
    if "none" in words:
        words |= {"noindex", "nofollow"}
    return frozenset(words & {"noindex", "nofollow", "noarchive"})
