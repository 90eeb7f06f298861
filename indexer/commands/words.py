"""How the commands write counts, durations and what others have typed, and read a day."""

from __future__ import annotations

from datetime import date

from indexer.errors import SettingError


def counted(number: int, noun: str) -> str:
    """1 document, 2 documents"""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """0.4 s, 12 s, 3 min 5 s, 2 h 10 min"""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def printable(text: str) -> str:
    """Without control characters: typed and fetched text must not move the cursor of a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def day(option: str, text: str) -> date:
    """Raises SettingError, which names the option that the text was given to."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingError(f"{option} {text}: give a day, such as 2026-11-22.") from None
