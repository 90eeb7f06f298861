"""Boundaries as GeoJSON → a small file of SVG paths, one for each municipality.

    python tools/map_svg.py skane_kommuner.geojson search_web/data/skane.json

The input has one feature for each municipality with ``kommun_kod`` and ``kommun`` in its properties and a
(multi)polygon in longitude and latitude. A border that two municipalities share is simplified once, as one
line, so that no gaps open between them. Not run by the application: its output is committed.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Line = tuple[Point, ...]

WIDTH = 640
ATTRIBUTION = "Kommungränser: SCB"


def rings_of(feature: dict[str, Any]) -> list[Line]:
    """The closed rings of a feature, without the repeated last point."""
    geometry = feature["geometry"]
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [tuple((x, y) for x, y, *_ in ring[:-1]) for polygon in polygons for ring in polygon]


def project(rings: list[Line], latitude: float) -> list[Line]:
    """Longitude and latitude to a plane: equirectangular at ``latitude``, good enough at this size."""
    stretch = math.cos(math.radians(latitude))
    return [tuple((x * stretch, -y) for x, y in ring) for ring in rings]


def arcs(ring: Line, junctions: set[Point]) -> list[Line]:
    """The ring cut at the points where borders meet; each arc holds both its ends."""
    cuts = [i for i, p in enumerate(ring) if p in junctions] or [0]
    closed = ring + ring
    return [
        tuple(closed[a : (b if b > a else b + len(ring)) + 1])
        for a, b in zip(cuts, cuts[1:] + cuts[:1], strict=True)
    ]


def junctions_of(rings: list[Line]) -> set[Point]:
    """Points where more than two lines meet: they have more than two different neighbours."""
    neighbours: dict[Point, set[Point]] = defaultdict(set)
    for ring in rings:
        for before, point, after in zip(ring[-1:] + ring[:-1], ring, ring[1:] + ring[:1], strict=True):
            neighbours[point] |= {before, after}
    return {p for p, n in neighbours.items() if len(n) > 2}


def simplified(line: Line, tolerance: float) -> Line:
    """Douglas and Peucker (1973): no point left out is farther than ``tolerance`` from the line."""
    if len(line) < 3:
        return line
    (ax, ay), (bx, by) = line[0], line[-1]
    length = math.hypot(bx - ax, by - ay)

    def distance(p: Point) -> float:
        if length == 0:
            return math.hypot(p[0] - ax, p[1] - ay)
        return abs((bx - ax) * (ay - p[1]) - (ax - p[0]) * (by - ay)) / length

    far = max(range(1, len(line) - 1), key=lambda i: distance(line[i]))
    if distance(line[far]) <= tolerance:
        return (line[0], line[-1])
    return simplified(line[: far + 1], tolerance)[:-1] + simplified(line[far:], tolerance)


def path(ring: list[tuple[int, int]]) -> str:
    """A closed SVG path with relative steps."""
    (x, y), *rest = ring
    steps = []
    for px, py in rest:
        if (px, py) != (x, y):
            steps.append(f"{px - x} {py - y}")
            x, y = px, py
    return f"M{ring[0][0]} {ring[0][1]}l{' '.join(steps)}z".replace(" -", "-")


ASIDE = {"1231": (-19, 2)}
"""How far names are moved. Burlöv is smaller than its own, which at its centre runs into Staffanstorp's."""


def centre(ring: list[tuple[int, int]]) -> tuple[int, int]:
    """The centroid of a ring, where its name is written."""
    area = x = y = 0.0
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        cross = ax * by - bx * ay
        area, x, y = area + cross, x + (ax + bx) * cross, y + (ay + by) * cross
    return (round(x / (3 * area)), round(y / (3 * area)))


def shapes(collection: dict[str, Any], tolerance: float) -> dict[str, Any]:
    """``{width, height, attribution, shapes: [{code, name, path, x, y}]}``; tolerance in units of width."""
    latitudes = [y for f in collection["features"] for ring in rings_of(f) for _, y in ring]
    latitude = (min(latitudes) + max(latitudes)) / 2
    features = [
        (f["properties"]["kommun_kod"], f["properties"]["kommun"], project(rings_of(f), latitude))
        for f in collection["features"]
    ]
    rings = [ring for _, _, own in features for ring in own]
    xs, ys = [x for r in rings for x, _ in r], [y for r in rings for _, y in r]
    scale = WIDTH / (max(xs) - min(xs))
    junctions = junctions_of(rings)

    def small(ring: Line) -> list[tuple[int, int]]:
        points: list[Point] = []
        for arc in arcs(ring, junctions):
            forward = (
                arc if arc <= arc[::-1] else arc[::-1]
            )  # neighbours meet the same line, in one direction
            kept = simplified(forward, tolerance / scale)
            points += (kept if forward is arc else kept[::-1])[:-1]
        return [(round((x - min(xs)) * scale), round((y - min(ys)) * scale)) for x, y in points]

    drawn = []
    for code, name, own in sorted(features):
        small_rings = [small(ring) for ring in own]
        x, y = map(sum, zip(centre(max(small_rings, key=len)), ASIDE.get(code, (0, 0)), strict=True))
        drawn.append({"code": code, "name": name, "path": "".join(map(path, small_rings)), "x": x, "y": y})
    height = round((max(ys) - min(ys)) * scale)
    return {"width": WIDTH, "height": height, "attribution": ATTRIBUTION, "shapes": drawn}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("geojson", type=Path, help="boundaries, longitude and latitude")
    parser.add_argument("output", type=Path, help="the JSON file to write")
    parser.add_argument(
        "--tolerance", type=float, default=1.2, help="how far a border may move, of 640 units"
    )
    options = parser.parse_args()
    result = shapes(json.loads(options.geojson.read_text("utf-8")), options.tolerance)
    options.output.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"{options.output}: {len(result['shapes'])} municipalities, {options.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
