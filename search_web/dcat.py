"""Data portals read here what the service offers as a data set: DCAT-AP-SE 3, as RDF/XML and as JSON-LD.

dataportal.se harvests RDF/XML from one address, wants absolute addresses everywhere and a name of its own for
catalogue, data set, distributions, publisher and contact (docs.dataportal.se/dcat: harvesting). What the one
who runs the service has not said, such as a licence, is left out. Not for single documents
(``search_web.oai``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bottle import Bottle, HTTPResponse

from indexer.formats import FORMATS
from indexer.search import Searcher
from search_web.held import held
from search_web.openapi import BASE
from search_web.site import Site, web_address
from search_web.xml_writer import Element, add, root, written

PROFILE = "https://docs.dataportal.se/dcat/3.0.1/en/"
AUTHORITY = "http://publications.europa.eu/resource/authority/"
NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}
SWEDEN = "http://sws.geonames.org/2661886/"
THEMES = ("SOCI", "GOVE", "EDUC")  # population and society, government and public sector, education
LANGUAGES = {
    "sv": "SWE", "en": "ENG", "da": "DAN", "no": "NOR", "nb": "NOB", "fi": "FIN", "de": "DEU", "fr": "FRA",
    "es": "SPA", "ar": "ARA", "so": "SOM", "fa": "FAS", "pl": "POL", "uk": "UKR", "ru": "RUS", "tr": "TUR",
}  # fmt: skip
"""ISO 639-1 → the EU's list of languages. One that is not here is not told."""
FREQUENCIES = ((1, "DAILY"), (7, "WEEKLY"), (14, "BIWEEKLY"), (31, "MONTHLY"), (366, "ANNUAL"))
"""Days at most → the EU's list of frequencies."""

TITLE = ("Dokument om barnets rättigheter", "Documents about the rights of the child")
DESCRIPTION = (
    "Uppgifter om dokument om barnets rättigheter från svenska kommuner, regioner, myndigheter och "
    "organisationer: titel, typ, år, kommun, område, utgivare, adress och dokumentens text sida för sida.",
    "Records of documents about the rights of the child from Swedish municipalities, regions, authorities "
    "and associations: title, kind, years, municipality, area, publisher, address and their text by page.",
)
CATALOGUE = (
    "Barnrättskompassen – sök: öppna data",
    "Barnrättskompassen – sök: open data",
)
KEYWORDS = (
    ("barnets rättigheter", "rights of the child"),
    ("barnkonventionen", "Convention on the Rights of the Child"),
    ("kommuner", "municipalities"),
)
ALL = ("Alla dokument som {}", "All documents as {}")
NEW = ("Nya dokument som {}", "New documents as {}")
FEEDS = (
    ("atom", "Atom", "application/atom+xml", "https://www.rfc-editor.org/rfc/rfc4287"),
    ("json", "JSON Feed", "application/feed+json", "https://www.jsonfeed.org/version/1.1/"),
)
OAI_PMH = "http://www.openarchives.org/OAI/openarchivesprotocol.html"
SERVICES = (
    ("api", ("API för sökning", "Search API"), BASE, f"{BASE}/openapi.json", "application/json",
     "https://spec.openapis.org/oas/v3.1.0"),
    ("oai", ("Skördning med OAI-PMH", "Harvesting by OAI-PMH"), "/oai", "/oai?verb=Identify", "text/xml",
     OAI_PMH),
)  # fmt: skip
"""Name, titles, path, path of its description, media type, what it conforms to."""


@dataclass(frozen=True, slots=True)
class Iri:
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    language: str | None = None
    datatype: str | None = None  # of xsd


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource and what is said of it; without ``iri`` it is known only by what names it."""

    iri: str | None
    kind: str  # dcat:Dataset
    said: Said


Said = tuple[tuple[str, Iri | Text | Thing], ...]


def both(name: str, texts: tuple[str, str]) -> Iterator[tuple[str, Text]]:
    """A text in Swedish and English."""
    yield from ((name, Text(text, language)) for text, language in zip(texts, ("sv", "en"), strict=True))


# --- what is said -----------------------------------------------------------------------------------------


def things(searcher: Searcher, where: str, settings: Mapping[str, Any]) -> tuple[Thing, ...]:
    """Catalogue, data set, publisher, contact, distributions and services. ``where`` is the address of the
    service without a slash at its end."""
    here = f"{where}/dcat#"
    publisher = Iri(web_address(quote_iri(str(settings["publisher_url"]))) or f"{here}publisher")
    licence = web_address(quote_iri(str(settings["licence"])))
    licensed: Said = (("dcterms:license", Iri(licence)),) if licence else ()
    common: Said = (("dcterms:publisher", publisher), *licensed)
    changed = ("dcterms:modified", Text(searcher.generation.built_at, None, "dateTime"))
    services = tuple(_services(where, common))
    files = tuple(_distributions(where, licensed))
    counts = held(searcher).counts.get("language", {})
    languages = [
        ("dcterms:language", Iri(f"{AUTHORITY}language/{LANGUAGES[code]}"))
        for code in sorted(counts, key=lambda code: -counts[code])
        if code in LANGUAGES and counts[code]
    ]
    years = held(searcher).years
    begun = (("dcat:startDate", Text(f"{years[0]:04d}-01-01", None, "date")),) if years else ()
    data = Thing(
        f"{here}dataset",
        "dcat:Dataset",
        (
            *both("dcterms:title", TITLE),
            *both("dcterms:description", DESCRIPTION),
            ("dcterms:identifier", Text(f"{here}dataset")),
            *common,
            ("dcat:contactPoint", Iri(f"{here}contact")),
            *(pair for texts in KEYWORDS for pair in both("dcat:keyword", texts)),
            *(("dcat:theme", Iri(f"{AUTHORITY}data-theme/{theme}")) for theme in THEMES),
            ("dcterms:spatial", Iri(SWEDEN)),
            # Still growing: no end.
            *((("dcterms:temporal", Thing(None, "dcterms:PeriodOfTime", begun)),) if begun else ()),
            *languages,
            ("dcterms:accrualPeriodicity", Iri(f"{AUTHORITY}frequency/{_frequency(settings)}")),
            ("dcterms:accessRights", Iri(f"{AUTHORITY}access-right/PUBLIC")),
            ("dcterms:conformsTo", Iri(f"{where}{BASE}/openapi.json")),
            changed,
            ("dcat:version", Text(searcher.generation.id)),
            ("dcat:landingPage", Iri(f"{where}/")),
            ("foaf:page", Iri(f"{where}/about")),
            *(("dcat:distribution", Iri(str(f.iri))) for f in files),
        ),
    )
    catalogue = Thing(
        f"{here}catalog",
        "dcat:Catalog",
        (
            *both("dcterms:title", CATALOGUE),
            *both("dcterms:description", DESCRIPTION),
            *common,
            ("dcat:dataset", Iri(f"{here}dataset")),
            *(("dcat:service", Iri(str(s.iri))) for s in services),
            ("foaf:homepage", Iri(f"{where}/")),
            *(("dcterms:language", Iri(f"{AUTHORITY}language/{code}")) for code in ("SWE", "ENG")),
            ("dcterms:spatial", Iri(SWEDEN)),
            ("dcterms:conformsTo", Iri(PROFILE)),
            changed,
            ("dcat:themeTaxonomy", Iri(f"{AUTHORITY}data-theme")),
        ),
    )
    name, email = str(settings["publisher"]), str(settings["contact_email"])
    mail = (("vcard:hasEmail", Iri(f"mailto:{quote(email, safe='@.+-_')}")),) if email else ()
    contact = (("vcard:fn", Text(name)), *mail, ("vcard:hasURL", Iri(f"{where}/about")))
    return (
        catalogue,
        data,
        Thing(publisher.text, "foaf:Agent", (("foaf:name", Text(name)),)),
        Thing(f"{here}contact", "vcard:Organization", contact),
        *files,
        *services,
    )


def _services(where: str, common: Said) -> Iterator[Thing]:
    for name, titles, path, described, _, follows in SERVICES:
        yield Thing(
            f"{where}/dcat#{name}-service",
            "dcat:DataService",
            (
                *both("dcterms:title", titles),
                *common,
                ("dcat:contactPoint", Iri(f"{where}/dcat#contact")),
                ("dcat:endpointURL", Iri(where + path)),
                ("dcat:endpointDescription", Iri(where + described)),
                ("dcat:servesDataset", Iri(f"{where}/dcat#dataset")),
                ("dcterms:accessRights", Iri(f"{AUTHORITY}access-right/PUBLIC")),
                ("dcterms:conformsTo", Iri(follows)),
                ("foaf:page", Iri(f"{where}/api")),
            ),
        )


def _distributions(where: str, licensed: Said) -> Iterator[Thing]:
    """Every way to the data: files of all of it, feeds of what is new, the services."""

    def made(name: str, titles: tuple[str, str], media: str, path: str, *more: tuple[str, Iri]) -> Thing:
        said: Said = (
            ("dcterms:format", Text(media)),
            ("dcat:accessURL", Iri(where + path)),
            *more,
            *licensed,
        )
        return Thing(f"{where}/dcat#{name}", "dcat:Distribution", (*both("dcterms:title", titles), *said))

    for name, form in FORMATS.items():
        media, path = form.media_type.partition(";")[0], f"{BASE}/export/{name}"
        titles = ALL[0].format(form.name), ALL[1].format(form.name)
        yield made(name, titles, media, path, ("dcat:downloadURL", Iri(where + path)))
    for name, label, media, follows in FEEDS:
        path, titles = f"/feed.{name}", (NEW[0].format(label), NEW[1].format(label))
        follow = ("dcterms:conformsTo", Iri(follows))
        yield made(f"feed-{name}", titles, media, path, ("dcat:downloadURL", Iri(where + path)), follow)
    for name, titles, path, _, media, follows in SERVICES:
        service = ("dcat:accessService", Iri(f"{where}/dcat#{name}-service"))
        yield made(name, titles, media, path, service, ("dcterms:conformsTo", Iri(follows)))


def _frequency(settings: Mapping[str, Any]) -> str:
    """How often a source is looked at again, as it is set."""
    days = float(settings["watch_days"])
    return next((name for most, name in FREQUENCIES if days <= most), "IRREG")


def quote_iri(text: str) -> str:
    """An address with what RDF takes for none encoded: spaces, quotation marks, braces."""
    return quote(text.strip(), safe="/:?#[]@!$&'()*+,;=%~")


# --- how it is written ------------------------------------------------------------------------------------


def rdf_xml(found: tuple[Thing, ...]) -> bytes:
    top = root("rdf:RDF", {f"xmlns:{prefix}": name for prefix, name in NAMES.items()})
    for thing in found:
        _described(top, thing)
    return written(top)


def _described(parent: Element, thing: Thing) -> None:
    element = add(parent, thing.kind, None, {"rdf:about": thing.iri} if thing.iri else {})
    for name, value in thing.said:
        if isinstance(value, Iri):
            add(element, name, None, {"rdf:resource": value.text})
        elif isinstance(value, Thing):
            _described(add(element, name), value)
        else:
            datatype = {"rdf:datatype": NAMES["xsd"] + value.datatype} if value.datatype else {}
            language = {"xml:lang": value.language} if value.language else {}
            add(element, name, value.text, {**datatype, **language})


def json_ld(found: tuple[Thing, ...]) -> bytes:
    told = {"@context": NAMES, "@graph": [_json(thing) for thing in found]}
    return json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _json(thing: Thing) -> dict[str, Any]:
    told: dict[str, Any] = ({"@id": thing.iri} if thing.iri else {}) | {"@type": thing.kind}
    for name, value in thing.said:
        told.setdefault(name, []).append(_value(value))
    return told


def _value(value: Iri | Text | Thing) -> dict[str, Any]:
    if isinstance(value, Iri):
        return {"@id": value.text}
    if isinstance(value, Thing):
        return _json(value)
    more = {"@type": f"xsd:{value.datatype}"} if value.datatype else {}
    return {"@value": value.text} | more | ({"@language": value.language} if value.language else {})


def mount(app: Bottle, site: Site) -> None:
    def found() -> tuple[Thing, ...]:
        site.parameters()
        return things(site.searcher(), site.visit().root, site.settings)

    @app.get("/dcat")
    def as_rdf() -> HTTPResponse:
        return HTTPResponse(rdf_xml(found()), headers={"Content-Type": "application/rdf+xml; charset=utf-8"})

    @app.get("/dcat.jsonld")
    def as_json_ld() -> HTTPResponse:
        return HTTPResponse(json_ld(found()), headers={"Content-Type": "application/ld+json"})
