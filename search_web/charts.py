"""Numbers → the geometry of bars and shades. Pure; the templates draw it as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from indexer.model import UNKNOWN

STEPS = (1, 2, 5, 10, 20, 50, 100)
LEVELS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    first: int  # year, or first year of the bin
    last: int
    count: int
    x: float
    y: float
    width: float
    height: float
    chosen: bool

    @property
    def name(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"

    @property
    def span(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"


@dataclass(frozen=True, slots=True)
class Histogram:
    width: int
    height: int
    bars: tuple[Bar, ...]
    first: int
    last: int
    undated: int
    by_year: tuple[tuple[int, int], ...]  # every year of the bars; of wider bars those with hits

    @property
    def busiest(self) -> tuple[int, int]:
        return max(self.by_year, key=lambda row: row[1])


def histogram(
    counts: Mapping[str, int],
    chosen: tuple[int | None, int | None] = (None, None),
    *,
    width: int = 264,
    height: int = 56,
    most: int = 48,
    widest: float = 36,
) -> Histogram | None:
    """Bars for hits by year; None when no hit has a year. At most ``most`` bars: long spans are binned.

    A bin is as high as its years together. That is no number of hits, since a document of two years is in
    both of them: numbers are told of years.
    """
    by_year = {int(y): n for y, n in counts.items() if y != UNKNOWN and n}
    undated = counts.get(UNKNOWN, 0)
    if not by_year:
        return None
    oldest, latest = min(by_year), max(by_year)
    step = next((s for s in STEPS if latest // s - oldest // s < most), STEPS[-1])
    start = oldest // step
    bins = [0] * (latest // step - start + 1)
    for year, count in by_year.items():
        bins[year // step - start] += count
    highest = max(bins)
    pitch = width / len(bins)
    gap = min(2.0, pitch * 0.2)
    wide = round(min(pitch - gap, widest), 2)
    low, high = chosen[0] or -1, chosen[1] or 9999
    active = chosen != (None, None)
    bars = []
    for i, count in enumerate(bins):
        first, last = (start + i) * step, (start + i + 1) * step - 1
        tall = max(2.0, height * count / highest) if count else 0.0
        bars.append(
            Bar(
                first,
                last,
                count,
                round(i * pitch + gap / 2, 2),
                round(height - tall, 2),
                wide,
                round(tall, 2),
                active and first <= high and last >= low,
            )
        )
    rows = [(y, by_year.get(y, 0)) for y in range(bars[0].first, bars[-1].last + 1)]
    told = tuple(row for row in rows if step == 1 or row[1])
    return Histogram(width, height, tuple(bars), bars[0].first, bars[-1].last, undated, told)


def level(count: float, highest: float) -> int:
    """Which of the shades 0…6 a number gets; by square root, or one large number would wash out the rest.

    Small numbers stay pale: where the most is 2, a 1 is not half of anything worth shouting about.
    """
    if count <= 0:
        return 0
    return max(1, min(LEVELS, math.ceil(LEVELS * math.sqrt(count / max(highest, LEVELS)))))
