"""Where do measured figures go? ``results.md``: one section a benchmark, replaced by the benchmark that owns it.

    write_section("The engine beside its peers", lines)     # lines of Markdown, headings from ### on

A section begins with ``## name`` and ends before the next one; the others stay as they are. Not for measuring.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Iterable
from pathlib import Path

RESULTS = Path(__file__).with_name("results.md")
HEAD = """# Measurements

Each section is written by the benchmark it names, on the day and the machine it names.
"""
_SECTION = re.compile(r"^## (.+)\n", re.MULTILINE)


def write_section(name: str, lines: Iterable[str]) -> None:
    """Replaces section ``name`` of the file, or adds it at the end."""
    text = RESULTS.read_text("utf-8") if RESULTS.exists() else HEAD
    head, *parts = _SECTION.split(text)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    sections[name] = "\n".join(lines)
    bodies = (f"## {title}\n\n{body.strip()}\n" for title, body in sections.items())
    text = "\n".join((head.rstrip() + "\n", *bodies))
    new = RESULTS.with_name(RESULTS.name + ".new")
    new.write_text(text, "utf-8")
    new.replace(RESULTS)


def where() -> str:
    """Day and machine, for the first line of a section."""
    return (
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )
