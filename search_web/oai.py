"""Libraries and archives fetch the records of all documents here, and later what has changed: OAI-PMH 2.0.

One format, ``oai_dc``; sets by municipality and by kind. A datestamp is when a record last changed in the
index, so a harvest "from" the last one misses nothing; what has left the index is told as deleted for good.
A resumption token says all there is to say (nothing is kept here) and belongs to one generation: when that is
no longer kept, the list has to be asked for again.

The protocol: openarchives.org/OAI/openarchivesprotocol.html. Not for what an export or the API tells of a
document (``indexer.export``); what may be asked is told in ``search_web.oai_request``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from bottle import Bottle, HTTPResponse, request

from indexer.errors import SettingError
from indexer.formats.references import issued
from indexer.model import FORMATS, KINDS, UNKNOWN, Document, Filters, Gone
from indexer.search import Change, Changed, Searcher
from search_web.held import held
from search_web.oai_request import Refused, Selection, arguments, pairs_of, resumed, selection, token
from search_web.site import Site, Visit, document_path, web_address
from search_web.xml_writer import Element, add, clean, root, written

RECORDS, HEADERS = 500, 2_000
"""Of one answer. 500 records are about 430 kB and 40 ms of work; 100,000 in one harvest stay below the limit
of requests."""
LONGEST = 10_000  # bytes of a POST
FORMAT = "oai_dc"
OAI = "http://www.openarchives.org/OAI/2.0/"
OAI_DC = f"{OAI}oai_dc/"
OAI_DC_SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
DC = "http://purl.org/dc/elements/1.1/"
OAI_ID = f"{OAI}oai-identifier"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

_DOMAIN = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z][a-zA-Z0-9-]*)+")


def filters_of(set_: str, searcher: Searcher) -> Filters | None:
    """What a set is of; None for one that there cannot be."""
    facet, colon, value = set_.partition(":")
    if not set_:
        return Filters()
    if facet == "kind" and (not colon or value in KINDS):
        return Filters(kind=(value,) if value else KINDS)
    if facet == "municipality" and (not colon or re.fullmatch(r"\d{4}", value)):
        known = {*searcher.municipalities(), *held(searcher).counts.get("municipality", {})} - {UNKNOWN}
        return Filters(municipality=(value,) if value else tuple(sorted(known)))
    return None


# --- what is answered -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Repository:
    """What the answers of one request are made from. ``base`` is the address of the service, ``namespace``
    the domain name in its identifiers, which must never change."""

    searcher: Searcher
    visit: Visit
    base: str
    namespace: str
    email: str

    def identifier(self, id_: str) -> str:
        return f"oai:{self.namespace}:{quote(id_, safe='')}"

    def id_of(self, identifier: str) -> str:
        """Raises Refused for an identifier that is not ours."""
        before = f"oai:{self.namespace}:"
        if not identifier.startswith(before):
            raise Refused("idDoesNotExist", f"Identifiers here begin with {before}")
        return unquote(identifier.removeprefix(before))

    def find(self, identifier: str) -> Change:
        id_ = self.id_of(identifier)
        document, gone = self.searcher.document(id_), self.searcher.gone(id_)
        if document is not None:
            return Changed(self.searcher.changed(id_) or "", document)
        if gone is None:
            raise Refused("idDoesNotExist", "There is and was no such document here.")
        return gone


def identify(r: Repository, parent: Element) -> None:
    for name, text in (
        ("repositoryName", "Barnrättskompassen – sök"),
        ("baseURL", r.base),
        ("protocolVersion", "2.0"),
        ("adminEmail", r.email),
        ("earliestDatestamp", r.searcher.earliest_change()),
        ("deletedRecord", "persistent"),
        ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
        ("compression", "gzip"),
    ):
        add(parent, name, text)
    if _DOMAIN.fullmatch(r.namespace):  # the scheme knows domain names, not the addresses of a test
        where = {"xmlns": OAI_ID, "xsi:schemaLocation": f"{OAI_ID} {OAI_ID}.xsd"}
        scheme = add(add(parent, "description"), "oai-identifier", None, where)
        for name, text in (
            ("scheme", "oai"),
            ("repositoryIdentifier", r.namespace),
            ("delimiter", ":"),
            ("sampleIdentifier", r.identifier("0123456789ab")),
        ):
            add(scheme, name, text)


def list_formats(r: Repository, parent: Element, identifier: str | None) -> None:
    if identifier is not None and isinstance(r.find(identifier), Gone):
        raise Refused("noMetadataFormats", "The document has left; nothing is told of it any more.")
    known = add(parent, "metadataFormat")
    add(known, "metadataPrefix", FORMAT)
    add(known, "schema", OAI_DC_SCHEMA)
    add(known, "metadataNamespace", OAI_DC)


def list_sets(r: Repository, parent: Element) -> None:
    """Those that a document belongs to now."""
    counts = held(r.searcher).counts
    for facet, name in (("municipality", "Per kommun"), ("kind", "Per typ av dokument")):
        values = sorted(v for v, n in counts.get(facet, {}).items() if n and v != UNKNOWN)
        named = [(facet, name)] if values else []
        for spec, label in [*named, *((f"{facet}:{v}", r.searcher.label(facet, v)) for v in values)]:
            one = add(parent, "set")
            add(one, "setSpec", spec)
            add(one, "setName", label)
    if not len(parent):
        raise Refused("noSetHierarchy", "No document here has a municipality or a kind.")


def list_changes(r: Repository, parent: Element, verb: str, chosen: Selection) -> None:
    """Records or headers, oldest first, and the token for the rest."""
    most = RECORDS if verb == "ListRecords" else HEADERS
    filters = filters_of(chosen.set, r.searcher)
    since = chosen.since if len(chosen.since) != 10 else f"{chosen.since}T00:00:00Z"
    until = chosen.until if len(chosen.until) != 10 else f"{chosen.until}T23:59:59Z"
    total, found = (
        (0, ()) if filters is None else r.searcher.changes(filters, since, until, chosen.offset, most)
    )
    if not found:
        if chosen.offset:
            raise Refused("badResumptionToken", "The list is shorter than that.")
        raise Refused("noRecordsMatch", "Nothing came, changed or left within these bounds.")
    for change in found:
        if verb == "ListRecords":
            record(r, parent, change)
        else:
            header(r, parent, change)
    end = chosen.offset + len(found)
    if chosen.offset or end < total:
        about = {"completeListSize": str(total), "cursor": str(chosen.offset)}
        name = r.searcher.generation.id
        rest = Selection(chosen.since, chosen.until, chosen.set, end, name)
        add(parent, "resumptionToken", token(verb, rest) if end < total else None, about)


def header(r: Repository, parent: Element, change: Change) -> None:
    one = change if isinstance(change, Gone) else change.document
    made = add(parent, "header", None, {"status": "deleted"} if isinstance(change, Gone) else {})
    add(made, "identifier", r.identifier(one.id))
    add(made, "datestamp", change.at)
    for code in one.municipalities:
        add(made, "setSpec", f"municipality:{code}")
    if one.kind:
        add(made, "setSpec", f"kind:{one.kind}")


def record(r: Repository, parent: Element, change: Change) -> None:
    made = add(parent, "record")
    header(r, made, change)
    if isinstance(change, Gone):
        return
    names = {
        "xmlns:oai_dc": OAI_DC,
        "xmlns:dc": DC,
        "xsi:schemaLocation": f"{OAI_DC} {OAI_DC_SCHEMA}",
    }
    dc = add(add(made, "metadata"), "oai_dc:dc", None, names)
    for name, text in dublin_core(change.document, r):
        add(dc, f"dc:{name}", text)


def dublin_core(d: Document, r: Repository) -> list[tuple[str, str]]:
    """(element, text); what is not known is left out. Labels are Swedish."""
    label, page = r.searcher.label, r.visit.root + document_path(d)
    found = [
        ("title", d.title),
        ("creator", d.publisher),
        *(("subject", label("area", area)) for area in d.areas),
        ("publisher", d.publisher),
        ("date", issued(d)),
        ("type", "Text"),
        ("type", label("kind", d.kind) if d.kind else None),
        ("format", FORMATS.get(d.format)),
        ("identifier", page),
        ("source", web_address(d.url)),
        ("language", d.language),
        *(("coverage", label("municipality", code)) for code in d.municipalities),
        *(("coverage", str(year)) for year in d.years),
    ]
    return [(name, text) for name, text in found if text]


# --- answering --------------------------------------------------------------------------------------------


def answer(site: Site, pairs: list[tuple[str, str]]) -> bytes:
    """One answer of the protocol, whatever was asked."""
    visit = site.visit()
    base = f"{visit.root}/oai"
    top = root(
        "OAI-PMH",
        {"xmlns": OAI, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{OAI} {OAI}OAI-PMH.xsd"},
    )
    add(top, "responseDate", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    given: dict[str, str] = {}
    try:
        given = arguments(pairs)
        told = root(given["verb"])
        _answer(site, visit, base, given, told)
    except Refused as error:
        told = root("error", {"code": error.code})
        told.text = clean(str(error))
        if error.code in ("badVerb", "badArgument"):
            given = {}  # then the protocol wants them not repeated
    add(top, "request", base, given)
    top.append(told)
    return written(top)


def _answer(site: Site, visit: Visit, base: str, given: Mapping[str, str], body: Element) -> None:
    verb, chosen, searcher = given["verb"], Selection(), site.searcher()
    if "resumptionToken" in given:
        if verb == "ListSets":
            raise Refused("badResumptionToken", "The list of sets comes in one piece.")
        chosen = resumed(given["resumptionToken"], verb)
        asked = site.index.asked(chosen.generation)
        if asked is None:
            raise Refused(
                "badResumptionToken", "The index has been built anew since then. Begin the list again."
            )
        searcher = asked
    elif "metadataPrefix" in given:
        if verb != "GetRecord":
            chosen = selection(given.get("from"), given.get("until"), given.get("set"))
        if given["metadataPrefix"] != FORMAT:
            raise Refused("cannotDisseminateFormat", f"Records are told as {FORMAT} only.")
    host = urlsplit(visit.origin).hostname or "localhost"
    namespace = str(site.settings["oai_namespace"]) or host
    email = str(site.settings["contact_email"]) or f"postmaster@{host if '.' in host else host + '.invalid'}"
    r = Repository(searcher, visit, base, namespace, email)
    if verb == "Identify":
        identify(r, body)
    elif verb == "ListMetadataFormats":
        list_formats(r, body, given.get("identifier"))
    elif verb == "ListSets":
        list_sets(r, body)
    elif verb == "GetRecord":
        record(r, body, r.find(given["identifier"]))
    else:
        list_changes(r, body, verb, chosen)


def mount(app: Bottle, site: Site) -> None:
    """Raises SettingError."""
    namespace = str(site.settings["oai_namespace"])
    if namespace and not _DOMAIN.fullmatch(namespace):
        raise SettingError(f"oai_namespace: {namespace!r} is not a domain name. Write sok.example.se.")

    def sent(pairs: list[tuple[str, str]]) -> HTTPResponse:
        headers = {"Content-Type": "text/xml; charset=utf-8", "Cache-Control": "no-store"}
        return HTTPResponse(answer(site, pairs), headers=headers)

    @app.get("/oai", live=True)
    def get() -> HTTPResponse:
        return sent(pairs_of(request.query_string))

    @app.post("/oai", live=True)
    def post() -> HTTPResponse:
        body: Any = request.body
        return sent(pairs_of(body.read(LONGEST).decode("utf-8", "replace")))
