"""Which addresses are the same address: one canonical form for every URL that is kept or compared."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit, urlunsplit


def canonical(url: str, base: str | None = None) -> str | None:
    """The canonical absolute form of ``url``, or None when it is not an http(s) address."""
    parts = urlsplit(urljoin(base or "", url.strip()))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path or "/", parts.query, ""))
