"""One real crawl over loopback: what is followed, what is kept, and what is said about the rest."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
import pytest
from crawl_server import Answer, Server, minimal_pdf, page, redirect, serving
from warcio.archiveiterator import ArchiveIterator

from indexer.catalogue import Catalogue
from indexer.crawl import CrawlReport, Progress, archive, crawl
from indexer.model import Capture, Failure, Source

PLAN = minimal_pdf("Processplan 2014 för barnets rättigheter")


def source(server: Server, start: str = "/", **more: Any) -> Source:
    values: dict[str, Any] = {
        "id": "stad",
        "name": "Stad",
        "publisher": "Stad",
        "organisation_type": "municipality",
        "start_urls": (server.url + start,),
        "delay": 0.0,
        "allow_private": True,
        **more,
    }
    return Source(**values)


ROUTES = {
    "/robots.txt": "User-agent: *\nDisallow: /barn/internt\nSitemap: /webbkarta.xml\nSitemap: http://e.invalid/s.xml\n"
    "Sitemap: /webbkarta.txt\nSitemap: /nytt.rss\nSitemap: /nytt.atom\nSitemap: /ingen-karta.xml\n",
    "/nytt.rss": Answer(
        "<rss><channel><link>/barn/kanalen</link><item><link>\n/barn/bara-i-rss </link></item></channel>"
        "</rss>",
        type="application/rss+xml",
    ),
    "/nytt.atom": Answer(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link rel="edit" href="/barn/redigera"/>'
        '<link href="/barn/bara-i-atom"/></entry></feed>',
        type="application/atom+xml",
    ),
    "/ingen-karta.xml": page("Sidan finns inte"),
    "/barn/bara-i-rss": page("Bara i RSS"),
    "/barn/bara-i-atom": page("Bara i Atom"),
    "/webbkarta.xml": "<sitemapindex><sitemap><loc>{}/kartor/1.xml.gz</loc></sitemap></sitemapindex>",
    "/": page("Startsida", "/barn/", "/annat/", "/annat/arsredovisning.pdf|Årsredovisning (PDF)"),
    "/annat/": page("Annat"),
    "/barn/": page(
        "Barnets rättigheter",
        "plan.pdf|Processplan (PDF, 1 MB)",
        "/download/18.4f/plan2|Handlingsplan (PDF)",
        "/bilder/poster.jpg|Affisch om barnets rättigheter",
        "/bilder/vy.jpg|Vy över staden",
        "/annat/sida|En sida utanför",
        "/|Startsida",
        "sidor/två.html",
        "sidor/tva%CC%8A.html",
        "sidor/tv%25C3%25A5.html",
        "nofollow-sida",
        "huvud-nofollow",
        "internt/hemligt",
        "borta",
        "borta?till=%2Fbarn%2F",
        "flyttad",
        "ut",
        "ingenstans",
        "snurra/a",
        "snurra/b",
        "kedja/0",
        "kaka",
        "session",
        "avflyttad",
        "dubbel/åäö.pdf",
        "uppdatera",
        "kanonisk?visa=allt",
        "kalender/2024/01",
        "stil.css",
        "mailto:a@b.se",
        "gzip",
        "brotli",
        "stor",
        "avbruten",
        "inloggning",
        "fel500",
        "pdf-utan-andelse",
        "/barn/sidor?PHPSESSID=1",
        "/barn/sidor?utm_source=x",
    )
    + '<a rel="nofollow" href="ofoljd">Ofölj</a>',
    "/barn/plan.pdf": Answer(PLAN, type="application/pdf"),
    "/download/18.4f/plan2": Answer(PLAN, type="application/octet-stream"),
    "/bilder/poster.jpg": Answer(b"\xff\xd8\xff\xe0 bild", type="image/jpeg"),
    "/barn/sidor/två.html": page("Två"),
    "/barn/sidor": page("Sidor"),
    "/barn/nofollow-sida": page("Ej", "bakom-meta", head='<meta name="robots" content="noindex,nofollow">'),
    "/barn/huvud-nofollow": Answer(page("Nofollow", "bakom-huvud"), headers={"X-Robots-Tag": "nofollow"}),
    "/barn/flyttad": redirect("/barn/nytt"),
    "/barn/nytt": page("Nytt"),
    "/barn/ut": redirect("http://annan.exempelstad.se/"),
    "/barn/ingenstans": redirect("http://["),
    "/barn/snurra/a": redirect("/barn/snurra/b"),
    "/barn/snurra/b": redirect("/barn/snurra/a", 301),
    "/barn/kaka": Answer(page("Kaka", "utan-kaka"), cookie="sedd=1"),
    "/barn/utan-kaka": page("Utan kaka"),
    "/barn/session": redirect("/barn/session;jsessionid=8A7B9C?utm_source=x"),
    "/barn/session;jsessionid=8A7B9C?utm_source=x": page("Session"),
    "/barn/avflyttad": page("Sidan har flyttat", "bakom-flytt",
                            head='<meta http-equiv="refresh" content="0; url=/barn/hitflyttad">'),
    "/barn/hitflyttad": page("Hit"),
    # Stored on a Mac: the server knows only the decomposed name, and answers 404 for the composed one.
    "/barn/dubbel/a\u030aa\u0308o\u0308.pdf": Answer(PLAN, type="application/pdf"),
    "/barn/uppdatera": page("Vidare", head='<meta http-equiv="refresh" content="3; url=/barn/nyare">'),
    "/barn/nyare": page("Efter"),
    "/barn/kanonisk": page("Kanonisk"),
    "/barn/gzip": Answer(
        gzip.compress(page("Packad", "fran-packad").encode()), headers={"Content-Encoding": "gzip"}
    ),
    "/barn/fran-packad": page("Från packad"),
    "/barn/brotli": Answer(  # not asked for
        brotli.compress(page("Packad", "fran-brotli").encode()), headers={"Content-Encoding": "br"}
    ),
    "/barn/fran-brotli": page("Från brotli"),
    "/barn/stor": Answer(b"x" * 3_000_000),
    "/barn/avbruten": Answer(page("Avbruten"), cut=500),
    "/barn/inloggning": page("Logga in", "bakom-inloggning", text='<form><input type="password"></form>'),
    "/barn/fel500": Answer("fel", 500),
    "/barn/pdf-utan-andelse": Answer(PLAN, type="text/html"),
    "/barn/bara-i-kartan": page("Bara i webbkartan"),
    "/barn/bara-i-texten": page("Bara i webbkartan av text"),
    **{f"/barn/kedja/{i}": redirect(f"/barn/kedja/{i + 1}") for i in range(15)},
}  # fmt: skip
ROUTES["/barn/kanonisk?visa=allt"] = page("Kanonisk", head='<link rel="canonical" href="/barn/kanonisk">')


@dataclass
class Crawled:
    server: Server
    corpus: Path
    report: CrawlReport
    captures: list[Capture]
    failures: dict[str, Failure]
    progress: list[Progress]

    def path(self, url: str) -> str:
        return url.removeprefix(self.server.url)

    def answers(self) -> dict[str, int]:
        return {self.path(c.url): c.status for c in self.captures}

    def reason(self, path: str) -> str:
        return self.failures[self.server.url + path].reason


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    corpus = tmp_path_factory.mktemp("corpus")
    with serving(ROUTES) as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("KOMPASS_CRAWL_MAX_BYTES", "2000000")
        listed = ("/barn/bara-i-kartan", "/annat/sida", "/barn/internt/lista", "/barn/kalender/2030/01")
        urls = "".join(f"<url><loc>{server.url}{path}</loc></url>" for path in listed)
        server.routes["/webbkarta.xml"] = Answer(
            str(ROUTES["/webbkarta.xml"]).format(server.url), type="application/xml"
        )
        server.routes["/kartor/1.xml.gz"] = gzip.compress(f"<urlset>{urls}</urlset>".encode())
        server.routes["/webbkarta.txt"] = Answer(
            f"\ufeff{server.url}/barn/bara-i-texten\r\n", type="text/plain"
        )
        progress: list[Progress] = []
        dead = source(server, id="nere", start_urls=("http://127.0.0.3:9/",))
        unknown = source(server, id="okand", start_urls=("http://finns-inte.invalid/",))
        report = crawl([dead, source(server, "/barn/"), unknown], corpus, progress=progress.append)
        with Catalogue(corpus / "catalogue.sqlite") as catalogue:
            captures = list(catalogue.captures())
            failures = {f.url: f for _, f in catalogue.failures()}
        yield Crawled(server, corpus, report, captures, failures, progress)


def test_pages_and_files_below_the_start_are_followed(crawled: Crawled) -> None:
    answers = crawled.answers()
    for path in ("/barn/", "/barn/plan.pdf", "/barn/sidor", "/barn/nytt", "/barn/pdf-utan-andelse"):
        assert answers[path] == 200, path


def test_nothing_outside_is_asked_for(crawled: Crawled) -> None:
    asked = {p.partition("?")[0] for p in crawled.server.paths()}
    assert not [p for p in asked if p.startswith("/annat")]
    beside_barn = {p for p in asked if not p.startswith("/barn/")}
    assert beside_barn == {
        "/robots.txt", "/webbkarta.xml", "/kartor/1.xml.gz", "/webbkarta.txt", "/nytt.rss", "/nytt.atom",
        "/ingen-karta.xml", "/", "/download/18.4f/plan2", "/bilder/poster.jpg",
    }  # fmt: skip


def test_files_elsewhere_on_the_host_count_when_a_link_says_that_they_are_documents(crawled: Crawled) -> None:
    assert crawled.answers()["/download/18.4f/plan2"] == crawled.answers()["/bilder/poster.jpg"] == 200
    assert "/bilder/vy.jpg" not in crawled.server.paths()


def test_the_page_that_the_breadcrumb_leads_to_is_kept_but_its_other_links_are_not_followed(
    crawled: Crawled,
) -> None:
    assert crawled.answers()["/"] == 200 and "/annat/" not in crawled.server.paths()


def test_spellings_of_one_address_are_asked_for_once(crawled: Crawled) -> None:
    assert len([p for p in crawled.server.paths() if "tv" in p]) == 1
    assert len([p for p in crawled.server.paths() if p.startswith("/barn/sidor") and "tv" not in p]) == 1


def test_a_name_that_is_stored_decomposed_is_found_in_the_end(crawled: Crawled) -> None:
    url = crawled.server.url + "/barn/dubbel/%C3%A5%C3%A4%C3%B6.pdf"
    assert [c.status for c in crawled.captures if c.url == url] == [404, 200]
    assert url not in crawled.failures


def test_nofollow_is_obeyed_in_link_page_and_header(crawled: Crawled) -> None:
    asked = crawled.server.paths()
    assert "/barn/nofollow-sida" in asked and "/barn/huvud-nofollow" in asked
    for path in ("/barn/ofoljd", "/barn/bakom-meta", "/barn/bakom-huvud", "/barn/bakom-inloggning"):
        assert path not in asked


def test_robots_txt_is_obeyed_and_the_refusal_recorded(crawled: Crawled) -> None:
    assert not [p for p in crawled.server.paths() if "internt" in p]
    failure = crawled.failures[crawled.server.url + "/barn/internt/hemligt"]
    assert (failure.stage, failure.reason) == ("robots", "refused_by_robots")
    (run,) = [r for r in crawled.report.runs if r.source == "stad"]
    assert run.refused_by_robots == 2


def test_sitemaps_of_robots_txt_are_read_also_packed_ones_within_the_scope(crawled: Crawled) -> None:
    assert crawled.answers()["/barn/bara-i-kartan"] == 200
    assert crawled.answers()["/barn/bara-i-texten"] == 200


def test_feeds_that_are_named_as_sitemaps_are_read_and_a_page_in_place_of_one_is_told(
    crawled: Crawled,
) -> None:
    assert crawled.answers()["/barn/bara-i-rss"] == crawled.answers()["/barn/bara-i-atom"] == 200
    assert not {"/barn/kanalen", "/barn/redigera"} & set(crawled.server.paths())
    assert crawled.reason("/ingen-karta.xml") == "bad_sitemap"


def test_redirects_stay_on_the_source_and_every_end_has_a_reason(crawled: Crawled) -> None:
    assert crawled.answers()["/barn/flyttad"] == 302
    (moved,) = [c for c in crawled.captures if c.url.endswith("/barn/flyttad")]
    assert moved.redirect_to == crawled.server.url + "/barn/nytt"
    assert crawled.reason("/barn/ut") == crawled.reason("/barn/ingenstans") == "redirect_off_source"
    circle = {crawled.failures.get(crawled.server.url + f"/barn/snurra/{x}") for x in "ab"} - {None}
    assert {f.reason for f in circle if f} == {"redirect_loop"}
    assert crawled.reason("/barn/kedja/0") == "redirect_chain"
    assert "/barn/kedja/10" in crawled.server.paths() and "/barn/kedja/11" not in crawled.server.paths()


def test_a_session_or_a_cookie_that_a_redirect_gives_is_brought_back_within_its_chain(
    crawled: Crawled,
) -> None:
    assert crawled.answers()["/barn/session"] == crawled.answers()["/barn/kaka"] == 200
    with_cookie = [(a.path, a.headers["Cookie"]) for a in crawled.server.asked if "Cookie" in a.headers]
    assert with_cookie == [("/barn/kaka", "sedd=1")] and crawled.answers()["/barn/utan-kaka"] == 200


def test_a_cookie_of_a_chain_is_not_brought_to_another_host(tmp_path: Path) -> None:
    with serving({"/framme": page("Framme")}, host="127.0.0.2") as other:
        away = Answer(status=302, headers={"Location": f"{other.url}/framme", "Set-Cookie": "a=1"})
        with serving({"/": page("Start", "bort"), "/bort": away}) as server:
            crawl([source(server, start_urls=(f"{server.url}/", f"{other.url}/"))], tmp_path)
        assert "/framme" in other.paths() and not any("Cookie" in a.headers for a in other.asked)


def test_where_a_page_that_has_moved_sends_its_readers_is_followed_its_links_are_not(
    crawled: Crawled,
) -> None:
    assert crawled.answers()["/barn/hitflyttad"] == 200
    assert "/barn/bakom-flytt" not in crawled.server.paths()


def test_refresh_and_canonical_links_are_followed(crawled: Crawled) -> None:
    assert crawled.answers()["/barn/nyare"] == crawled.answers()["/barn/kanonisk"] == 200


def test_calendars_and_what_is_no_document_are_not_followed(crawled: Crawled) -> None:
    asked = crawled.server.paths()
    assert not [p for p in asked if "kalender" in p] and "/barn/stil.css" not in asked
    (run,) = [r for r in crawled.report.runs if r.source == "stad"]
    assert run.traps["calendar"] >= 1


def test_packed_pages_are_unpacked_for_their_links_and_kept_as_they_came(crawled: Crawled) -> None:
    assert crawled.answers()["/barn/fran-packad"] == 200
    (capture,) = [c for c in crawled.captures if c.url.endswith("/barn/gzip")]
    headers, payload = archive.read(crawled.corpus, capture.warc, capture.offset)
    assert headers["content-encoding"] == "gzip" and payload.startswith(b"<!doctype html>")


def test_what_is_packed_without_being_asked_is_read_and_kept_so_that_every_tool_can(crawled: Crawled) -> None:
    assert crawled.answers()["/barn/fran-brotli"] == 200
    for path in archive.files(crawled.corpus):
        ran = subprocess.run([Path(sys.executable).with_name("warcio"), "check", path], capture_output=True)
        assert ran.returncode == 0, ran.stderr


def test_only_what_is_there_counts_as_new_and_an_escape_is_not_doubled(crawled: Crawled) -> None:
    (run,) = [r for r in crawled.report.runs if r.source == "stad"]
    assert run.new == sum(c.status == 200 for c in crawled.captures) < run.pages
    assert not [p for p in crawled.server.paths() if "%252F" in p]


def test_what_could_not_be_had_is_listed_with_a_reason_in_plain_words(crawled: Crawled) -> None:
    assert crawled.reason("/barn/borta") == "http_404"
    assert crawled.reason("/barn/fel500") == "http_500" and crawled.server.times("/barn/fel500") == 3
    assert crawled.reason("/barn/stor") == "too_large"
    assert crawled.reason("/barn/avbruten") == "cut_short"
    assert crawled.failures["http://127.0.0.3:9/"].message == "127.0.0.3 does not accept connections."
    assert crawled.failures["http://finns-inte.invalid/"].reason == "dns"


def test_a_source_that_is_down_does_not_stop_the_others(crawled: Crawled) -> None:
    ended = {r.source: (r.finished, r.reason) for r in crawled.report.runs}
    assert ended == {"nere": (False, "refused"), "okand": (False, "dns"), "stad": (True, "finished")}


def test_the_media_type_is_that_of_the_content(crawled: Crawled) -> None:
    types = {crawled.path(c.url): c.media_type for c in crawled.captures if c.status == 200}
    assert types["/barn/pdf-utan-andelse"] == types["/download/18.4f/plan2"] == "application/pdf"


def test_every_answer_is_a_record_with_its_request_and_the_catalogue_can_be_made_from_them(
    crawled: Crawled,
) -> None:
    kept = [
        (r.url, r.status, r.digest, r.media_type, r.place.warc, r.place.offset, r.place.length, r.redirect_to)
        for r in archive.records(crawled.corpus)
    ]
    assert kept == [
        (c.url, c.status, c.digest, c.media_type, c.warc, c.offset, c.length, c.redirect_to)
        for c in crawled.captures
    ]
    pages = [p for p in crawled.server.paths() if p not in ("/barn/stor", "/barn/avbruten")]
    types = []
    for path in archive.files(crawled.corpus):
        with path.open("rb") as file:
            types += [record.rec_type for record in ArchiveIterator(file)]
    assert types.count("response") == types.count("request") == len(pages)


def test_one_identity_with_a_contact_address_goes_with_every_request(crawled: Crawled) -> None:
    agents = {a.headers["User-Agent"] for a in crawled.server.asked}
    (agent,) = agents
    assert agent.startswith("Barnrattskompassen/") and "(+https://" in agent
    assert not any("Referer" in a.headers for a in crawled.server.asked)


def test_one_request_at_a_time_and_robots_txt_first(crawled: Crawled) -> None:
    assert crawled.server.most_at_once == 1
    assert crawled.server.paths()[0] == "/robots.txt" and crawled.server.times("/robots.txt") == 1


def test_progress_tells_totals_and_rate(crawled: Crawled) -> None:
    last = crawled.progress[-1]
    assert (last.sources, last.finished, last.active, last.queued) == (3, 3, (), 0)
    assert last.pages == crawled.report.pages > 30 and last.rate > 0
