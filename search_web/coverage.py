"""What is covered and what is not: every source, when it last answered, and what failed, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bottle import Bottle

from indexer.alphabet import alphabetical
from indexer.model import SourceStatus
from search_web.browse import HOME_COUNTY
from search_web.held import Held, held
from search_web.parameters import N_
from search_web.reasons import told
from search_web.site import Site

STATES = {
    "ok": N_("Hämtas"),
    "failing": N_("Svarar inte"),
    "never_crawled": N_("Inte hämtad än"),
    "disabled": N_("Vilande"),
    "imported": N_("Inläst från fil"),
}
ORDER = ("failing", "ok", "never_crawled", "disabled")
FAILURES_SHOWN = 20


def state_of(source: SourceStatus) -> str:
    """As readers are told it: what was only ever imported is not fetched."""
    return "imported" if source.state == "ok" and source.last_success is None else source.state


def ordered(statuses: Sequence[SourceStatus]) -> list[SourceStatus]:
    """Failing sources first: they are what a reader has to know of; then those with most documents."""
    return sorted(statuses, key=lambda s: (ORDER.index(s.state), -s.documents, s.name))


def absent(home: Mapping[str, str], known: Held) -> list[tuple[str, str]]:
    """The municipalities of ``home`` (code → name) without a source of their own, by name; none where no
    municipality there has one: such a collection is not about them."""
    missing = [(code, name) for code, name in home.items() if code not in known.states]
    return sorted(missing, key=lambda m: alphabetical(m[1])) if len(missing) < len(home) else []


def mount(app: Bottle, site: Site) -> None:
    @app.get("/sources")
    def page() -> str:
        visit, searcher = site.visit(), site.searcher()
        site.parameters()
        known = held(searcher)
        view = {
            "sources": ordered(known.statuses),
            "states": STATES,
            "state_of": state_of,
            "by_state": Counter(map(state_of, known.statuses)),
            "absent": absent(searcher.municipalities(HOME_COUNTY), known),
            "held": known,
            "generation": searcher.generation,
            "failures_shown": FAILURES_SHOWN,
            "told": lambda failure: told(failure, visit.language),
        }
        return site.render("sources.html", visit, view, searcher)


assert set(STATES) == {*ORDER, "imported"}
