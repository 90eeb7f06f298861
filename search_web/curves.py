"""Numbers by year → the geometry of curves. Pure; the templates draw it as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 860, 280
LEFT, BOTTOM, TOP, RIGHT = 56, 26, 12, 14


@dataclass(frozen=True, slots=True)
class Point:
    year: int
    value: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Curve:
    points: tuple[Point, ...]
    path: str  # lines between years that follow on each other; a year of which nothing is held breaks it


@dataclass(frozen=True, slots=True)
class Tick:
    value: float
    at: float


@dataclass(frozen=True, slots=True)
class Curves:
    width: int
    height: int
    left: int
    right: int
    bottom: int
    curves: tuple[Curve, ...]  # in the order they were given
    rows: tuple[Tick, ...]
    years: tuple[Tick, ...]


def curves(series: Sequence[Mapping[int, float | None]]) -> Curves | None:
    """Curves of values by year; None where no year has any. A value of None is not known: no point."""
    known = [{y: v for y, v in one.items() if v is not None} for one in series]
    years = sorted({y for one in known for y in one})
    if not years:
        return None
    first, last = years[0], years[-1]
    highest = max(v for one in known for v in one.values())
    step = _step(highest)
    top = step * max(1, math.ceil(highest / step - 1e-9))
    inner, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(year: int) -> float:
        return round(LEFT + (inner * (year - first) / (last - first) if last > first else inner / 2), 1)

    def y(value: float) -> float:
        return round(TOP + tall * (1 - value / top), 1)

    drawn = []
    for one in known:
        points = tuple(Point(year, one[year], x(year), y(one[year])) for year in sorted(one))
        parts, before = [], None
        for p in points:
            parts.append(f"{'L' if before is not None and p.year == before + 1 else 'M'}{p.x} {p.y}")
            before = p.year
        drawn.append(Curve(points, "".join(parts)))
    rows = tuple(Tick(round(i * step, 10), y(i * step)) for i in range(round(top / step) + 1))
    return Curves(
        WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, tuple(drawn), rows, _years(first, last, x)
    )


def _step(highest: float) -> float:
    """A round number that goes three to six times into ``highest``."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest / 3))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if highest / (m * power) <= 5)


def _years(first: int, last: int, x: Callable[[int], float]) -> tuple[Tick, ...]:
    """Years to write below: at most twelve, the first and the last among them where there is room."""
    every = next(s for s in (1, 2, 5, 10, 20, 25, 50, 100, 500) if (last - first) / s <= 11)
    found = [y for y in range(first, last + 1) if y % every == 0 or last - first < 2]
    return tuple(Tick(y, x(y)) for y in found)
