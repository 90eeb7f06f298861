"""Pages of fixed text: help, about, privacy, accessibility. Each is a template in each language."""

from __future__ import annotations

from bottle import Bottle

from search_web.site import Site

PAGES = ("help", "about", "privacy", "accessibility")


def mount(app: Bottle, site: Site) -> None:
    @app.get(f"/<name:re:{'|'.join(PAGES)}>")
    def fixed(name: str) -> str:
        visit = site.visit()
        site.parameters()
        return site.render(f"{name}.{visit.language}.html", visit, {}, site.searcher())
