"""How does the API answer? As JSON or with a refusal, from which generation, and from where in a list.

What every operation shares; the operations are in ``search_web.api``, ``exports`` and ``research_api``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bottle import HTTPError, HTTPResponse, request

from indexer.model import Document, Page
from indexer.search import Searcher
from search_web.api_parameters import Values
from search_web.parameters import N_, ParameterError
from search_web.site import Site, by_path


def as_json(value: object, media_type: str = "application/json") -> HTTPResponse:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return HTTPResponse(body, headers={"Content-Type": media_type})


def answered(searcher: Searcher, told: Mapping[str, Any]) -> HTTPResponse:
    """What was asked of a generation, which the answer names."""
    return as_json({**told, "index": asdict(searcher.generation)})


def refuse(status: int, parameter: str, message: str, **values: object) -> HTTPError:
    """An error to raise, told in the reader's language."""
    return HTTPError(status, exception=ParameterError(parameter, message, **values))


def generation_of(site: Site, values: Values) -> Searcher:
    """The generation asked for; the current one when none is."""
    name = values.get("index")
    if name is None:
        return site.searcher()
    searcher = site.index.asked(name)
    if searcher is None:
        gone = N_(
            "Indexet ”%(value)s” finns inte kvar, eller är gjort på ett sätt som programmet inte längre "
            "söker på. Utan index och cursor svarar det nyaste."
        )
        raise refuse(404, "index", gone, value=name)
    return searcher


def one(searcher: Searcher, values: Values) -> Document:
    """The document that the path names."""
    document = by_path(searcher, values["id"])
    if document is None:
        raise refuse(404, "id", N_("Det finns inget dokument ”%(value)s”."), value=values["id"])
    return document


def page_of(searcher: Searcher, document: Document, values: Values, name: str) -> Page:
    """The page that the parameter ``name`` names."""
    for page in searcher.pages(document.id):
        if page.number == values[name]:
            return page
    raise refuse(404, name, N_("Dokumentet har ingen sida %(value)s."), value=values[name])


# --- where in a list: a cursor is offset.fingerprint.generation ------------------------------------------


def fingerprint(asked: object) -> str:
    """Twelve hexadecimal digits that tell one list, its order and length of answer from another."""
    text = json.dumps(asked).encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=6).hexdigest()


class Part(NamedTuple):
    """A part of a list: of which generation and list (its fingerprint), items before it and up to its end."""

    searcher: Searcher
    asked: str
    offset: int
    until: int


def begun(site: Site, values: Values, asked: str, size: int) -> Part:
    """What ``cursor`` says, or the beginning; ``size``: items of one answer."""
    cursor = values.get("cursor")
    if cursor is None:
        return Part(generation_of(site, values), asked, 0, size)
    offset, digest, name = cursor.split(".", 2)
    if digest != asked or int(offset) % size or values.get("index", name) != name:
        raise refuse(409, "cursor", N_("Markören hör till en annan sökning. Börja om utan cursor."))
    return Part(generation_of(site, {"index": name}), asked, int(offset), int(offset) + size)


def listed(site: Site, part: Part, told: Mapping[str, Any], total: int) -> HTTPResponse:
    """With the cursor of the next part, None at the end, and a Link header (RFC 8288) to it."""
    cursor = f"{part.until}.{part.asked}.{part.searcher.generation.id}" if part.until < total else None
    answer = answered(part.searcher, {**told, "next": cursor})
    if cursor is not None:
        kept = [(k, v) for k, v in request.query.allitems() if k not in ("cursor", "page")]
        query = urlencode([*kept, ("cursor", cursor)])
        answer.set_header("Link", f'<{site.visit().absolute(f"{request.path}?{query}")}>; rel="next"')
    return answer
