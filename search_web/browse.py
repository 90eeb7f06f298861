"""Landing pages: everything held of one municipality, area, kind or year, as a chronology; and a way in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bottle import Bottle, HTTPError, HTTPResponse

from indexer.alphabet import alphabetical
from indexer.model import AREAS, KINDS, UNKNOWN, Document, Query, SearchResults
from indexer.search import Searcher
from search_web.charts import level
from search_web.filters import by_year, counts_of
from search_web.held import held
from search_web.maps import draw
from search_web.parameters import N_, with_value
from search_web.site import Site, see_other

SHOWN = 200  # newest documents in the chronology; the search has them all
TALLIED = 2_000  # documents counted by year and kind
TALLIED_FACETS = ("municipality", "area")
HOME_COUNTY = "12"  # Skåne: the county whose municipalities are all listed, held or not

SECTIONS = {
    "decisions": N_("Beslut"),
    "organisation": N_("Organisation"),
    "documents": N_("Dokument"),
    "activities": N_("Aktiviteter"),
    "pages": N_("Webbsidor"),
}
SECTION_OF_HEADING = {
    "beslut": "decisions",
    "organisation": "organisation",
    "dokument": "documents",
    "aktiviteter": "activities",
}
SECTION_OF_KIND = {
    **dict.fromkeys(("decision", "minutes"), "decisions"),
    "webpage": "pages",  # an article on school roads is no organisation
    **dict.fromkeys(("invitation", "presentation", "education", "notes", "newsletter"), "activities"),
}


@dataclass(frozen=True, slots=True)
class Collection:
    """What a landing page is about."""

    facet: str  # municipality, area, kind, year
    value: str
    name: str

    @property
    def query(self) -> Query:
        return with_value(Query(sort="newest"), self.facet, self.value)


@dataclass(frozen=True, slots=True)
class Group:
    name: str | None  # a year or a place; None: not known
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str  # a text of the message catalogue
    groups: tuple[Group, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Documents by kind and year: the rows with their counts, aligned with ``years``."""

    years: tuple[int, ...]
    rows: tuple[tuple[str, tuple[int, ...], int, int], ...]  # kind, counts, undated, total
    highest: int

    def shade(self, count: int) -> int:
        return level(count, self.highest)


def section_of(document: Document) -> str:
    """The section a document stands in: the one its own page put it in, else by its kind."""
    for heading in reversed(document.headings):
        found = SECTION_OF_HEADING.get(heading.strip().casefold())
        if found:
            return found
    return SECTION_OF_KIND.get(document.kind or "", "documents")


def chronology(documents: Iterable[Document], names: Mapping[str, str] | None) -> tuple[Section, ...]:
    """Documents by section, then by their latest year, newest first.

    With ``names`` (code → municipality) they stand by place instead, in the order of the alphabet.
    """
    found: dict[str, dict[str | None, list[Document]]] = {s: {} for s in SECTIONS}
    for document in documents:
        group: str | None
        if names is None:
            group = str(max(document.years)) if document.years else None
        else:
            group = names.get(document.municipalities[0]) if document.municipalities else document.publisher
        found[section_of(document)].setdefault(group, []).append(document)
    sections = []
    for s, groups in found.items():
        known = sorted((g for g in groups if g), key=alphabetical, reverse=names is None)
        ordered = [*known, None] if None in groups else known
        count = sum(map(len, groups.values()))
        if count:
            sections.append(
                Section(s, SECTIONS[s], tuple(Group(g, tuple(groups[g])) for g in ordered), count)
            )
    return tuple(sections)


def tally(documents: Sequence[Document]) -> Tally | None:
    years = sorted({y for d in documents for y in d.years})
    if not years or years[-1] - years[0] > 40:
        return None
    span = tuple(range(years[0], years[-1] + 1))
    cells = Counter((d.kind or UNKNOWN, y) for d in documents for y in d.years)
    undated = Counter(d.kind or UNKNOWN for d in documents if not d.years)
    totals = Counter(d.kind or UNKNOWN for d in documents)
    rows = tuple(
        (kind, tuple(cells[kind, y] for y in span), undated[kind], n) for kind, n in totals.most_common()
    )
    return Tally(span, rows, max(cells.values(), default=0))


def named(place: str, searcher: Searcher) -> SearchResults | None:
    """The documents that mention a place of which none is held; None: there are none."""
    found = searcher.search(Query(f'"{place}"', limit=1, facets=(), snippets=False))
    return found if found.total and not found.relaxed else None


def mount(app: Bottle, site: Site) -> None:
    def landing(facet: str, value: str, exists: bool, searcher: Searcher) -> str:
        if not exists:
            raise HTTPError(404)
        visit = site.visit()
        site.parameters()
        collection = Collection(facet, value, searcher.label(facet, value, visit.language))
        query = collection.query
        found = searcher.search(
            replace(query, limit=SHOWN, facets=("year", "kind", "municipality", "area"), snippets=False),
            visit.language,
        )
        documents = [h.document for h in found.hits]
        everything = documents if found.total <= SHOWN else []
        if facet in TALLIED_FACETS and SHOWN < found.total <= TALLIED:
            every = replace(query, limit=TALLIED, facets=(), snippets=False)
            everything = [h.document for h in searcher.search(every).hits]
        known = held(searcher)
        nothing = facet == "municipality" and not found.total
        view = {
            "collection": collection,
            "query": query,
            "results": found,
            "sections": chronology(documents, searcher.municipalities() if facet == "year" else None),
            "tally": tally(everything) if facet in TALLIED_FACETS else None,
            "bars": by_year(found, width=720, height=96, most=60) if facet != "year" else None,
            "shown": len(documents),
            "named": named(collection.name, searcher) if nothing else None,
            "sources": [s for s in known.statuses if facet == "municipality" and s.municipality == value],
            "map": draw(counts_of(found, "municipality"), known) if facet != "municipality" else None,
        }
        return site.render("collection.html", visit, view, searcher)

    @app.get("/municipalities/<code>")
    def municipality(code: str) -> str:
        searcher = site.searcher()
        return landing("municipality", code, code in searcher.municipalities(), searcher)

    @app.get("/areas/<area>")
    def area_page(area: str) -> str:
        return landing("area", area, area in AREAS, site.searcher())

    @app.get("/kinds/<kind>")
    def kind_page(kind: str) -> str:
        return landing("kind", kind, kind in KINDS, site.searcher())

    @app.get("/years/<year:re:[12][0-9][0-9][0-9]>")
    def year_page(year: str) -> str:
        searcher = site.searcher()
        return landing("year", year, held(searcher).count("year", year) > 0, searcher)

    @app.get("/browse")
    def index() -> str:
        visit, searcher = site.visit(), site.searcher()
        site.parameters()
        known = held(searcher)
        home = searcher.municipalities(HOME_COUNTY)
        others = [c for c in known.counts.get("municipality", {}) if c not in home and c != UNKNOWN]
        everywhere = searcher.municipalities()
        view = {
            "held": known,
            "home": sorted(home.items(), key=lambda item: alphabetical(item[1])),
            "others": sorted(
                ((c, everywhere.get(c, c)) for c in others), key=lambda item: alphabetical(item[1])
            ),
            "kinds": [k for k in KINDS if known.count("kind", k)],
            "areas": [a for a in AREAS if known.count("area", a)],
            "map": draw(known.counts.get("municipality", {}), known),
            "query": Query(),
        }
        return site.render("browse.html", visit, view, searcher)

    @app.get("/<part:re:municipalities|areas|kinds|years>")
    def section(part: str) -> HTTPResponse:
        return see_other(site.visit().url(f"/browse#{part}"))
