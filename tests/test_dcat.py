"""The service as a data set for data portals: read back as RDF, with all that the profile asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib import namespace as ns
from rdflib.compare import isomorphic
from rdflib.term import BNode
from web_client import Client, served

VCARD = ns.Namespace("http://www.w3.org/2006/vcard/ns#")
HOME = "http://127.0.0.1"
SAID = {
    "publisher": "Helsingborgs stad & <vänner>",
    "publisher_url": "http://dataportal.se/organisation/SE2120001157",
    "licence": "http://creativecommons.org/publicdomain/zero/1.0/",
    "contact_email": "barn@example.se",
    "watch_days": 30.0,
}


def graph(web: Client, path: str = "/dcat") -> Graph:
    answer = web.get(path)
    form = {"/dcat": "xml", "/dcat.jsonld": "json-ld"}["/" + path.rpartition("/")[2]]
    media = {"xml": "application/rdf+xml; charset=utf-8", "json-ld": "application/ld+json"}[form]
    assert answer.status == 200 and answer.headers["Content-Type"] == media
    return Graph().parse(data=answer.body, format=form)


@pytest.fixture(scope="module")
def web(web_index: Path) -> Client:
    return served(web_index, **SAID)


def one(g: Graph, kind: URIRef) -> URIRef:
    (found,) = g.subjects(ns.RDF.type, kind)
    assert isinstance(found, URIRef)
    return found


def test_what_the_profile_demands_is_there(web: Client) -> None:
    g = graph(web)
    demanded = {
        ns.DCAT.Catalog: {"title", "description", "publisher", "license", "modified", "conformsTo"},
        ns.DCAT.Dataset: {
            "title", "description", "publisher", "license", "spatial", "temporal", "language", "conformsTo",
            "accrualPeriodicity", "accessRights", "modified", "identifier",
        },
        ns.DCAT.Distribution: {"title", "format", "license"},
        ns.DCAT.DataService: {"title", "license", "accessRights", "publisher"},
    }  # fmt: skip
    for kind, names in demanded.items():
        for thing in g.subjects(ns.RDF.type, kind):
            assert isinstance(thing, URIRef) and str(thing).startswith(f"{HOME}/dcat#")
            assert names <= {str(p).removeprefix(str(ns.DCTERMS)) for p in g.predicates(thing)}, thing
    catalogue, data = one(g, ns.DCAT.Catalog), one(g, ns.DCAT.Dataset)
    assert g.value(catalogue, ns.DCAT.dataset) == data
    assert {str(t.language) for t in g.objects(data, ns.DCTERMS.title) if isinstance(t, Literal)} == {
        "sv",
        "en",
    }
    assert str(g.value(data, ns.DCTERMS.accrualPeriodicity)).endswith("/MONTHLY")
    assert {str(x)[-3:] for x in g.objects(data, ns.DCTERMS.language)} == {"SWE", "ENG"}
    period = g.value(data, ns.DCTERMS.temporal)
    assert g.value(period, ns.DCAT.startDate) == Literal("2008-01-01", datatype=ns.XSD.date)


def test_whoever_runs_the_service_is_named(web: Client) -> None:
    g = graph(web)
    data = one(g, ns.DCAT.Dataset)
    assert g.value(data, ns.DCTERMS.publisher) == URIRef(SAID["publisher_url"])
    assert str(g.value(URIRef(str(SAID["publisher_url"])), ns.FOAF.name)) == SAID["publisher"]
    contact = g.value(data, ns.DCAT.contactPoint)
    assert g.value(contact, VCARD.hasEmail) == URIRef("mailto:barn@example.se")
    assert g.value(contact, ns.RDF.type) == VCARD.Organization and contact != g.value(
        data, ns.DCTERMS.publisher
    )


def test_every_way_to_the_data_answers(web: Client) -> None:
    g = graph(web)
    found = list(g.objects(one(g, ns.DCAT.Dataset), ns.DCAT.distribution))
    assert len(found) == 11 and set(found) == set(g.subjects(ns.RDF.type, ns.DCAT.Distribution))
    for distribution in found:
        address, way = g.value(distribution, ns.DCAT.downloadURL), g.value(distribution, ns.DCAT.accessURL)
        if address:
            assert address == way
        else:
            service = g.value(distribution, ns.DCAT.accessService)
            address = g.value(service, ns.DCAT.endpointDescription)
            assert g.value(service, ns.DCAT.endpointURL) == way
        answer = web.get(str(address).removeprefix(HOME))
        media = str(g.value(distribution, ns.DCTERMS.format))
        assert answer.status == 200 and answer.headers["Content-Type"].startswith(media)


def test_nothing_but_periods_is_without_a_name_and_all_addresses_are_absolute(web: Client) -> None:
    g = graph(web)
    kinds = {g.value(s, ns.RDF.type) for s in g.subjects() if isinstance(s, BNode)}
    assert kinds == {ns.DCTERMS.PeriodOfTime}
    assert all(":" in str(o) for o in g.objects() if isinstance(o, URIRef))


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph")  # of rdflib's own reader
def test_json_ld_says_the_same(web: Client) -> None:
    assert isomorphic(graph(web), graph(web, "/dcat.jsonld"))


def test_what_nobody_said_is_left_out(web_index: Path) -> None:
    hostile = {
        "publisher_url": "javascript:alert(1)",
        "licence": "fri",
        "watch_days": 9999.0,
        "rate_limit": 0,
    }
    web = served(web_index, **hostile, base_path="/sok")
    g = graph(web, "/sok/dcat")
    data = one(g, ns.DCAT.Dataset)
    assert g.value(data, ns.DCTERMS.license) is None and str(data) == f"{HOME}/sok/dcat#dataset"
    assert g.value(data, ns.DCTERMS.publisher) == URIRef(f"{HOME}/sok/dcat#publisher")
    assert g.value(g.value(data, ns.DCAT.contactPoint), VCARD.hasEmail) is None
    assert str(g.value(data, ns.DCTERMS.accrualPeriodicity)).endswith("/IRREG")


def test_the_start_page_the_about_page_and_robots_lead_to_it(web: Client) -> None:
    assert (
        '<link rel="alternate" type="application/rdf+xml" title="DCAT-AP-SE" href="/dcat">'
        in web.get("/").text
    )
    assert 'href="/dcat"' in web.get("/sv/about").text and 'href="/dcat"' in web.get("/en/about").text
    assert f"{HOME}/dcat" in web.get("/robots.txt").text
