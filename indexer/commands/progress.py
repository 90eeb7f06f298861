"""How long work shows that it goes on: a line rewritten on a terminal, a line ever more seldom in a pipe."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

from indexer.commands.words import duration

TERMINAL_SECONDS = 0.1
PIPE_SECONDS, PIPE_SHARE = 10.0, 0.05
"""Between two lines in a pipe: seconds, and the share of what has passed. A crawl of a day and a night leaves
some 140 lines in the journal; every ten seconds they would be 8,640."""
TITLES = {
    "read": "Reading files", "understand": "Understanding documents", "build": "Building the index",
    "words": "Gathering words for suggestions", "replay": "Reading the archive", "import": "Importing",
    "compare": "Comparing texts",
}  # fmt: skip


class Progress:
    """Called with (stage, done, total or None); prints to ``out``, with totals, rate and time left."""

    def __init__(self, out: TextIO | None = None, *, quiet: bool = False) -> None:
        self._out = out or sys.stderr
        self._quiet = quiet
        self._terminal = self._out.isatty()
        self._stage = ""
        self._began = self._shown = self._at = 0.0
        self._last: tuple[int, int | None] = (0, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self._finish()
            self._stage, self._began, self._shown = stage, now, 0.0 if self._terminal else now
        self._last, self._at = (done, total), now
        if now - self._shown >= pause(now - self._began, terminal=self._terminal):
            self._shown = now
            self._print(now)

    def _finish(self) -> None:
        if self._stage:
            self._print(self._at, last=True)
        self._stage = ""

    def _print(self, now: float, *, last: bool = False) -> None:
        if self._quiet:
            return
        line = _line(TITLES.get(self._stage, self._stage), *self._last, now - self._began, last=last)
        if self._terminal:
            self._out.write(f"\r\x1b[K{line}" + ("\n" if last else ""))
        else:
            self._out.write(line + "\n")
        self._out.flush()


def pause(elapsed: float, *, terminal: bool) -> float:
    """Seconds until the next line about work that began ``elapsed`` seconds ago."""
    return TERMINAL_SECONDS if terminal else max(PIPE_SECONDS, elapsed * PIPE_SHARE)


def _line(title: str, done: int, total: int | None, seconds: float, *, last: bool) -> str:
    rate = done / seconds if seconds > 0 else 0.0
    if not done and total is None:  # nothing that can be counted
        return title
    of = f" of {total}" if total is not None else ""
    parts = [f"{title}: {done}{of}"]
    if seconds >= 1 and rate:
        parts.append(f"{rate:.0f} a second" if rate >= 10 else f"{rate:.1f} a second")
    if last:
        parts.append(f"{duration(seconds)} in all")
    elif total and rate:
        parts.append(f"{duration((total - done) / rate)} left")
    return ", ".join(parts)
