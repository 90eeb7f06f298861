"""The search box that other sites put into their pages: its script, and the page where one sets it up.

The box itself is ``static/kompass-search-1.js``. Pages of other sites name it by its hash, so a released file
is never changed: a new one gets the next number. Which sites may use it is ``doorway.Origins``.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache

from bottle import Bottle, HTTPResponse

from indexer.alphabet import alphabetical
from indexer.model import AREAS, KINDS, LANGUAGES
from search_web import static_files
from search_web.held import held
from search_web.parameters import N_, QUERY_NAMES, ParameterError, Parameters, query_of, to_pairs
from search_web.site import Site

SCRIPT = "kompass-search-1.js"
A_DAY = "public, max-age=86400"
RESULTS = ("inline", "open")
HITS = 5
MOST_HITS = 20
COLOURS = {"accent": "#0a5a69", "text": "#1c2426", "background": "#ffffff"}
"""What can be chosen, with what the box has by itself on a light page."""
ON_ACCENT = ("#ffffff", "#1c2426")
READABLE = 4.5  # contrast of text, WCAG 2.2, 1.4.3
FILTERS = QUERY_NAMES - {"q", "page", "limit"}
CHOSEN = ("municipality", "area", "kind", "year_from", "year_to", "year")  # have fields of their own


@dataclass(frozen=True, slots=True)
class Box:
    """One search box, as somebody set it up."""

    lang: str
    label: str
    results: str
    hits: int
    filters: tuple[tuple[str, str], ...]
    colours: dict[str, str]

    @property
    def properties(self) -> dict[str, str]:
        """The custom properties of CSS that differ from what the box has by itself. Text and background go
        together: in dark mode the box has other colours by itself."""
        chosen = {k for k, v in self.colours.items() if v != COLOURS[k]}
        if chosen & {"text", "background"}:
            chosen |= {"text", "background"}
        found = {f"--kompass-{k}": v for k, v in self.colours.items() if k in chosen}
        if "--kompass-accent" in found:
            found["--kompass-on-accent"] = max(ON_ACCENT, key=lambda c: contrast(c, self.colours["accent"]))
        return found

    @property
    def pale(self) -> tuple[str, ...]:
        """Which colours cannot be read on the background."""
        ground = self.colours["background"]
        return tuple(k for k in ("text", "accent") if contrast(self.colours[k], ground) < READABLE)


def box_of(p: Parameters, language: str) -> Box:
    """Raises ParameterError."""
    label = p.one("label")
    if len(label) > 100:
        raise ParameterError("label", N_("Rubriken får ha högst 100 tecken."))
    return Box(
        p.choice("lang", (language, *(code for code in LANGUAGES if code != language))),
        label,
        p.choice("results", RESULTS),
        p.integer("hits", HITS, 1, MOST_HITS),
        tuple(to_pairs(query_of(p))),
        {name: colour(p, name) for name in COLOURS},
    )


def colour(p: Parameters, name: str) -> str:
    value = p.one(name, COLOURS[name]).lower()
    if not re.fullmatch("#[0-9a-f]{6}", value):
        raise ParameterError(
            name, N_("”%(value)s” är ingen färg. Skriv den så här: #0a5a69."), value=value[:60]
        )
    return value


def contrast(a: str, b: str) -> float:
    """The contrast ratio of two colours (#rrggbb), 1 to 21; WCAG 2.2."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@cache
def integrity(name: str) -> str:
    """What a browser checks a script against before it runs it (Subresource Integrity)."""
    digest = hashlib.sha384(static_files.files()[name].content).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"


def mount(app: Bottle, site: Site) -> None:
    @app.get(f"/static/{SCRIPT}", skip=["guard"])
    def script() -> HTTPResponse:
        file = static_files.files()[SCRIPT]
        headers = {"Content-Type": file.media_type, "Cache-Control": A_DAY}
        return HTTPResponse(file.content, headers=headers)

    @app.get("/embed")
    def embed() -> str:
        visit, searcher = site.visit(), site.searcher()
        p = site.parameters("lang", "label", "results", "hits", *COLOURS, *FILTERS)
        query, known = query_of(p), held(searcher)
        view = {
            "box": box_of(p, visit.language),
            "query": query,
            "kept": [(k, v) for k, v in to_pairs(query) if k not in CHOSEN],
            "municipalities": sorted(
                (
                    (code, name)
                    for code, name in searcher.municipalities().items()
                    if known.count("municipality", code) or code in query.filters.municipality
                ),
                key=lambda found: alphabetical(found[1]),
            ),
            "kinds": KINDS,
            "areas": AREAS,
            "most_hits": MOST_HITS,
            "service": visit.root,
            "script": f"{visit.root}/static/{SCRIPT}",
            "integrity": integrity(SCRIPT),
            "origins": sorted(str(site.settings["allowed_origins"]).replace(",", " ").split()),
        }
        return site.render("embed.html", visit, view, searcher)
