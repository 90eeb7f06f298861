"""Readers tell us something: did the search help, what is wrong about a document. The only forms that post.

A page of another site must not make its visitors' browsers answer here. There are no cookies, so nobody's
authority could be borrowed and no token is needed; what counts is where the form stood, and that the browser
says itself, in headers that no script can set: Sec-Fetch-Site, and Origin from those that do not send it.
What is no browser sends neither and could forge both; against that there are the rate limit, a field that
only programs fill in, and upper limits for each day, of which one address gets only a part.

Where to go afterwards is made from the search or the document that was spoken of, never from an address in
the request. Not for storing (``indexer.feedback``).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from bottle import Bottle, HTTPError, HTTPResponse, request, response

from indexer import feedback
from indexer.errors import JournalError
from indexer.feedback import A_DAY, FIELDS, LONGEST, Feedback, TooMuch
from indexer.journal import place
from indexer.model import Document, Query
from indexer.search import SearchIndex
from search_web.doorway import bucket_of
from search_web.parameters import (
    N_,
    QUERY_NAMES,
    ParameterError,
    Parameters,
    address,
    query_of,
    to_pairs,
)
from search_web.site import Site, Visit, document_path, see_other

log = logging.getLogger("kompass.web")

MOST_BYTES = 16_000
OF_ONE = A_DAY // 10
"""Answers that each process keeps of one address in one day. At the pace of the rate limit alone one address
filled the day in eight minutes, and nobody else was heard until the next."""
TRAP = "website"  # hidden from people; what fills it in is a program
ANSWERS = ("", *feedback.ANSWERS)
VIEWS = {"list": "/", "matrix": "/matrix", "map": "/map"}  # of a search, each with the form
FIELD_TITLES = {
    "title": N_("Titel"),
    "kind": N_("Typ"),
    "years": N_("Gäller år"),
    "published": N_("Publicerad"),
    "municipalities": N_("Kommun"),
    "areas": N_("Område"),
    "publisher": N_("Utgivare"),
    "language": N_("Språk"),
    "text": N_("Texten är fel läst"),
    "link": N_("Länken till originalet"),
    "other": N_("Något annat"),
}
assert tuple(FIELD_TITLES) == FIELDS


def journal(index: SearchIndex, settings: Mapping[str, Any], name: str) -> Path:
    """Where this service keeps the file ``name``."""
    return place(name, str(settings["journal_directory"]), index.corpus, index.directory)


def from_here(environ: Mapping[str, Any]) -> bool:
    """Whether a form stood on a page of ours, as far as the browser says where it stood."""
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        return bool(site == "same-origin")
    origin = environ.get("HTTP_ORIGIN")
    try:
        return origin is None or urlsplit(origin).netloc == urlsplit(environ["kompass.origin"]).netloc
    except ValueError:  # http://[
        return False


def posted(names: frozenset[str]) -> Parameters:
    """The fields of the form that was sent. Raises ParameterError."""
    body = request.environ["wsgi.input"].read(max(0, min(request.content_length, MOST_BYTES + 1)))
    if len(body) > MOST_BYTES:
        raise ParameterError("text", N_("Det är för långt. Skriv högst %(longest)s tecken."), longest=LONGEST)
    return Parameters.read(body.decode("latin-1"), names)


def search_of(p: Parameters) -> Query:
    """The search that the form is about, from its field ``search``: the parameters of its address."""
    return replace(query_of(Parameters.read(p.one("search"), QUERY_NAMES)), page=1)


def written(p: Parameters) -> str:
    """The reader's own words, one line. Raises ParameterError."""
    text = " ".join(p.one("text").split())
    if len(text) > LONGEST:
        raise ParameterError("text", N_("Det är för långt. Skriv högst %(longest)s tecken."), longest=LONGEST)
    return text


def said_of_search(p: Parameters, query: Query) -> Feedback:
    answer, text = p.choice("answer", ANSWERS), written(p)
    if not answer and not text:
        raise ParameterError("answer", N_("Välj ja eller nej, eller skriv något."))
    pairs = to_pairs(replace(query, text="", limit=10))
    return Feedback("search", query.text, tuple(pairs), answer=answer or None, text=text)


def said_of_document(p: Parameters, document: Document, query: Query) -> Feedback:
    name, text = p.choice("field", ("", *FIELDS)), written(p)
    if not name:
        raise ParameterError("field", N_("Välj vilken uppgift det gäller."))
    if not text:
        raise ParameterError("text", N_("Skriv vad som är fel, eller vad som är rätt."))
    held = getattr(document, name, "") if name not in ("text", "link", "other") else ""
    shown = ", ".join(map(str, held)) if isinstance(held, tuple) else str(held or "")
    return Feedback("document", query.text, document=document.id, field=name, held=shown, text=text)


def mount(app: Bottle, site: Site) -> None:
    if not site.settings["feedback"]:
        return
    path = journal(site.index, site.settings, feedback.FILE)
    days = int(site.settings["feedback_days"])
    known = frozenset({"search", "view", "document", "answer", "field", "text", TRAP})
    given: Counter[str] = Counter()  # answers kept today, by address: in memory, until the day is over
    told: list[str] = []  # what the log says just now: a flood of refused answers must not drown the rest

    def keep(said: Feedback) -> None:
        """Raises JournalError, TooMuch."""
        sender = bucket_of(request.environ["kompass.client"])
        if given[sender] >= OF_ONE:
            raise TooMuch(f"{OF_ONE} entries have come from one address today; it is heard again tomorrow.")
        feedback.add(path, said, today(), days)
        given[sender] += 1
        told.clear()

    def about(p: Parameters) -> Document | None:
        """The document that is spoken of; None: a search."""
        id_ = p.one("document")
        document = site.searcher().document(id_) if id_ else None
        if id_ and document is None:
            raise HTTPError(404)
        return document

    def back(visit: Visit, p: Parameters, query: Query, document: Document | None) -> str:
        """Where the form stood."""
        path = VIEWS[p.choice("view", tuple(VIEWS))]
        return visit.url(document_path(document, query) if document else address(path, query))

    @app.post("/feedback", live=True)
    def receive() -> HTTPResponse | str:
        visit = site.visit()
        if not from_here(request.environ):
            message = N_("Det skickades från en annan webbplats. Skicka det från sidan här.")
            raise HTTPError(403, exception=ParameterError("Origin", message))
        p = posted(known)
        if p.one(TRAP):
            raise ParameterError(TRAP, N_("Ett fält som ska vara tomt var ifyllt. Gå tillbaka och töm det."))
        query = search_of(p)
        document = about(p)
        said = said_of_document(p, document, query) if document else said_of_search(p, query)
        said = replace(said, language=visit.language, generation=site.searcher().generation.id)
        way = back(visit, p, query, document)
        to = f"document={quote(document.id)}&" if document else ""
        to += f"view={p.one('view')}&" if p.one("view") else ""
        try:
            keep(said)
        except JournalError as error:
            if str(error) not in told:
                told.append(str(error))
                log.error("%s", error)
            response.status = 503
            view = {"said": said, "query": query, "document": document, "full": isinstance(error, TooMuch)}
            return page(visit, view, p, way)
        answer = see_other(visit.url(f"/feedback?{to}search={quote(address('', query)[1:], safe='')}"))
        answer.set_header("Cache-Control", "no-store")
        return answer

    @app.get("/feedback")
    def thanks() -> str:
        visit, p = site.visit(), site.parameters("search", "document", "view")
        query = search_of(p)
        document = about(p)
        view = {"said": None, "query": query, "document": document, "full": False}
        return page(visit, view, p, back(visit, p, query, document))

    def page(visit: Visit, view: Mapping[str, Any], p: Parameters, way: str) -> str:
        more = {
            "fields": FIELD_TITLES,
            "back": way,
            "view": p.choice("view", tuple(VIEWS)),
        }
        return site.render("feedback.html", visit, {**view, **more}, site.searcher())

    forgotten: list[date] = []

    @app.hook("before_request")
    def forget() -> None:
        """Once a day in each process: what is said to be deleted is deleted, also when nobody says more."""
        if forgotten != [today()]:
            forgotten[:] = [today()]
            given.clear()
            told.clear()
            try:
                feedback.forget(path, today(), days, wait=0.1)  # a page waits for it
            except JournalError as error:
                log.warning("%s", error)


def today() -> date:
    return datetime.now(UTC).date()
