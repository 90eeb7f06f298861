"""How a moment is written everywhere: UTC, to the second, 2026-11-22T04:39:37Z. Such texts sort by time."""

from __future__ import annotations

import time
from calendar import timegm

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def now() -> str:
    return written(time.time())


def written(seconds: float) -> str:
    """Seconds since 1970 as text."""
    return time.strftime(_FORM, time.gmtime(seconds))


def seconds(moment: str) -> int:
    """A text as seconds since 1970. Raises ValueError for what is no moment."""
    return timegm(time.strptime(moment, _FORM))
