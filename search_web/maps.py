"""The map of Skåne and the timeline for any search: drawn on the server, with the same numbers as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from bottle import Bottle

from indexer.alphabet import alphabetical
from indexer.model import UNKNOWN
from search_web.charts import level
from search_web.filters import by_year, counts_of, filter_view, tidied
from search_web.held import Held, held
from search_web.parameters import N_, QUERY_NAMES, query_of
from search_web.site import Site

N_("Kommungränser: SCB")  # the attribution in data/skane.json


@dataclass(frozen=True, slots=True)
class Shape:
    code: str
    name: str
    path: str
    x: int
    y: int
    count: int
    held: int
    level: int
    blank: str | None


@dataclass(frozen=True, slots=True)
class Map:
    width: int
    height: int
    attribution: str
    shapes: tuple[Shape, ...]


@cache
def boundaries() -> Mapping[str, Any]:
    """``data/skane.json``, as written by tools/map_svg.py."""
    text = (resources.files("search_web") / "data" / "skane.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def draw(counts: Mapping[str, int], known: Held) -> Map:
    """The map shaded by ``counts``: municipality code → hits."""
    outline = boundaries()
    highest = max((counts.get(s["code"], 0) for s in outline["shapes"]), default=0)
    shapes = []
    for s in outline["shapes"]:
        count, there = counts.get(s["code"], 0), known.count("municipality", s["code"])
        blank = None if count else known.why_none(s["code"])
        shapes.append(Shape(**s, count=count, held=there, level=level(count, highest), blank=blank))
    return Map(outline["width"], outline["height"], outline["attribution"], tuple(shapes))


def mount(app: Bottle, site: Site) -> None:
    @app.get("/map")
    def page() -> str:
        visit, searcher = site.visit(), site.searcher()
        query = query_of(site.parameters(*QUERY_NAMES))
        tidied(visit, "/map", query, {})
        results = searcher.search(replace(query, limit=1, page=1, snippets=False), visit.language)
        known = held(searcher)
        map_ = draw(counts_of(results, "municipality"), known)
        drawn = {UNKNOWN, *(s.code for s in map_.shapes)}
        return site.render(
            "map.html",
            visit,
            {
                "query": query,
                "map": map_,
                "ranked": sorted(map_.shapes, key=lambda s: (-s.count, -s.held, alphabetical(s.name))),
                "elsewhere": [v for v in results.facets["municipality"] if v.count and v.value not in drawn],
                "nowhere": next((v.count for v in results.facets["municipality"] if v.value == UNKNOWN), 0),
                "timeline": by_year(results, width=720, height=160, most=60),
                **filter_view(replace(results, query=query), searcher, visit, "/map", {}),
            },
            searcher,
        )
