"""Where the API is: every operation at its address, its description for machines and its page for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bottle import Bottle, HTTPResponse, request

from indexer.model import LANGUAGES
from search_web import api, exports, openapi, research_api
from search_web.api_answers import as_json, refuse
from search_web.api_parameters import Parameter, read
from search_web.openapi import BASE, Operation
from search_web.parameters import N_
from search_web.site import Site, by_path, see_other

DOCUMENT = "/documents/{id}"


def mount(app: Bottle, site: Site) -> None:
    table = (*api.operations(site), *exports.operations(site), *research_api.operations(site))
    whole = next(o for o in table if o.path == DOCUMENT)
    # A slash in an id is a slash here (WSGI decodes the path): longer paths first, so that /pages is seen.
    for operation in sorted(table, key=lambda o: -o.path.count("/")):
        path = operation.path.replace("{id}", "<id:path>").replace("{number}", "<number:re:[0-9]+>")
        path = BASE + path.replace("{", "<").replace("}", ">")
        app.get(path, name=operation.id)(_handler(operation, site, whole))

    @app.get(f"{BASE}/openapi.json")
    def description() -> HTTPResponse:
        return as_json(openapi.described(table, site.visit().root, str(site.settings["version"])))

    @app.get(BASE)
    def beginning() -> HTTPResponse:
        return see_other(site.visit().url("/api"))

    @app.get("/api")
    def page() -> str:
        visit = site.visit()
        site.parameters()
        searcher = site.searcher()
        view = {**openapi.shown(table, visit.root), "generation": searcher.generation}
        return site.render("api.html", visit, view, searcher)


def _handler(operation: Operation, site: Site, whole: Operation) -> Callable[..., HTTPResponse]:
    """``whole`` answers instead where what looks like a part of a document is the end of an id."""

    def handle(**path: str) -> HTTPResponse:
        if request.query.get("lang") in LANGUAGES:  # for all that is told, also of what is wrong
            request.environ["kompass.language"] = request.query["lang"]
        if operation.path.startswith(f"{DOCUMENT}/"):
            id_ = operation.path.removeprefix("/documents/").format(**path)
            if by_path(site.searcher(), id_):
                return answered(whole, {"id": id_})
        return answered(operation, path)

    def answered(operation: Operation, path: Mapping[str, str]) -> HTTPResponse:
        values = dict(read(request.query_string, operation.parameters))
        for p in operation.parameters:
            if p.where == "path":
                values[p.name] = in_path(p, path[p.name])
        return operation.answer(values)

    return handle


def in_path(p: Parameter, text: str) -> str | int:
    """A part of the path. One that cannot be right is not found."""
    if p.schema["type"] == "integer":
        if text.isascii() and text.isdigit() and len(text) <= 6 and int(text) > 0:
            return int(text)
    elif text in p.schema.get("enum", (text,)) and len(text) <= p.schema.get("maxLength", 100):
        return text
    raise refuse(404, p.name, N_("”%(value)s” finns inte."), value=text[:60])
