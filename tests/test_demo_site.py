"""The demo site: what it promises, that it reads as written, and that its server behaves."""

from __future__ import annotations

import html
import json
import re
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import numpy as np
import pypdfium2 as pdfium
import pytest
from waiting import HUNG

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import demo_texts  # noqa: E402
from build_demo import build, write_sources  # noqa: E402
from demo_texts import DEMO, DemoError  # noqa: E402
from serve_demo import DemoServer, serve  # noqa: E402

from indexer.enrich.alike import alike, sketch  # noqa: E402
from indexer.model import AREAS, KINDS, ORGANISATION_TYPES  # noqa: E402


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("demo") / "site"
    build(out)
    return out


@pytest.fixture(scope="module")
def truth(site: Path) -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in (site / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    return {row["path"]: row for row in rows}


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[DemoServer]:
    server = serve(site)
    yield server
    server.shutdown()
    server.server_close()


def get(server: DemoServer, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
    request = Request(
        f"http://127.0.0.1:{server.server_port}{path}",
        method=method,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    try:
        with build_opener(_Stay).open(request, timeout=HUNG) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        return error.code, error.headers, error.read()


def file_of(site: Path, path: str) -> Path:
    path = unquote(path)
    return site / (path + "index.html" if path.endswith("/") else path).lstrip("/")


# --- what it promises -----------------------------------------------------------------------------------


def test_demo_covers_kinds_areas_organisations_places_and_years(truth: dict[str, dict[str, Any]]) -> None:
    rows = [row for row in truth.values() if row["expected"] == "indexed"]
    pages = [row for row in rows if row["path"].endswith(("/", ".html", ".htm"))]
    assert len(pages) >= 60
    assert len(rows) - len(pages) >= 40
    assert {row["kind"] for row in rows} == set(KINDS)
    assert {area for row in rows for area in row["areas"]} == set(AREAS)
    assert {row["organisation_type"] for row in rows} == set(ORGANISATION_TYPES)
    assert {year for row in rows for year in row["years"]} == set(range(2008, 2026))
    places = {code for row in rows for code in row["municipalities"]}
    assert len([code for code in places if code.startswith("12")]) >= 26
    cells = {(code, year) for row in rows for code in row["municipalities"] for year in row["years"]}
    assert len(cells) >= 150, "the matrix of municipalities and years looks empty"
    assert {"sv", "en"} == {row["language"] for row in rows}


def test_demo_is_small_and_so_are_its_sources(site: Path) -> None:
    assert sum(f.stat().st_size for f in site.rglob("*") if f.is_file()) <= 4_000_000
    assert sum(f.stat().st_size for f in DEMO.rglob("*") if f.is_file()) <= 700_000


def test_same_sources_give_the_same_bytes(site: Path, tmp_path: Path) -> None:
    build(tmp_path / "again")
    first = {f.relative_to(site): f.read_bytes() for f in site.rglob("*") if f.is_file()}
    again = {f.relative_to(tmp_path / "again"): f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    assert first == again


def test_every_page_says_that_it_is_a_demonstration(site: Path, truth: dict[str, dict[str, Any]]) -> None:
    for path in truth:
        if path.endswith(("/", ".html", ".htm")):
            text = file_of(site, path).read_bytes().decode("cp1252", "replace").lower()
            assert "demonstration" in text and "hittad" in text, path


# --- links ----------------------------------------------------------------------------------------------


def test_every_document_is_reached_from_the_start_pages_and_no_link_is_dead(
    server: DemoServer, truth: dict[str, dict[str, Any]]
) -> None:
    origin = f"http://127.0.0.1:{server.server_port}"
    waiting, seen = [origin + "/"], set()
    while waiting:
        address = waiting.pop().partition("#")[0]
        if address in seen or not address.startswith(origin):
            continue
        seen.add(address)
        split = urlsplit(address)
        status, headers, body = get(
            server, quote(unquote(split.path)) + ("?" + split.query if split.query else "")
        )
        assert status == 200, address
        if headers["Content-Type"].startswith("text/html"):
            text = body.decode("utf-8", "replace")
            waiting += [urljoin(address, html.unescape(h)) for h in re.findall(r'href="([^"]+)"', text)]
    reached = {unicodedata.normalize("NFC", unquote(urlsplit(address).path)) for address in seen}
    for row in truth.values():
        assert unquote(row["path"]) in reached
        assert {unquote(other) for other in row["also_at"]} <= reached


def test_menus_lend_no_start_page_their_words(site: Path) -> None:
    """Entries lead out of the demo: as link texts of a start page they would make it a hit for ”politik”."""
    for file in site.rglob("*.htm*"):
        linked = re.findall(rb'href="([^"]*)#', file.read_bytes())
        assert not any(linked), file


def test_truth_tells_link_texts_that_stand_on_their_pages(
    site: Path, truth: dict[str, dict[str, Any]]
) -> None:
    for row in truth.values():
        for link in row["links"]:
            page = file_of(site, link["found_on"]).read_bytes()
            text = html.unescape(page.decode("cp1252" if b"charset" not in page else "utf-8"))
            assert f">{link['anchor']}</a>" in text, row["path"]
            assert all(heading in text for heading in link["headings"])


def test_chronology_has_years_below_its_sections(truth: dict[str, dict[str, Any]]) -> None:
    chronology = "/skane-kommuner/barnratt/sabyggdesskanemodellen.8417.html"
    headings = [
        tuple(link["headings"])
        for row in truth.values()
        for link in row["links"]
        if link["found_on"] == chronology
    ]
    assert {section for section, *_ in headings} == {"Beslut", "Organisation", "Dokument", "Aktiviteter"}
    assert ("Dokument", "2012") in headings


# --- what can be read -----------------------------------------------------------------------------------


def test_phrases_are_read_back_from_the_pdfs(site: Path, truth: dict[str, dict[str, Any]]) -> None:
    read = 0
    for path, row in truth.items():
        if row["must_contain"] and file_of(site, path).read_bytes()[:4] == b"%PDF":
            with pdfium.PdfDocument(file_of(site, path)) as document:
                text = " ".join(page.get_textpage().get_text_range() for page in document)
            text = " ".join(re.sub("[\ufffe\x02]\\s*", "", text).split())
            assert all(phrase in text for phrase in row["must_contain"]), path
            assert row["title"].split()[0] in text
            read += 1
    assert read >= 40


def test_those_and_only_those_with_nearly_the_same_text_are_said_to_be(
    site: Path, truth: dict[str, dict[str, Any]]
) -> None:
    sketches = {}
    for path, row in truth.items():
        if row["must_contain"] and file_of(site, path).read_bytes()[:4] == b"%PDF":
            with pdfium.PdfDocument(file_of(site, path)) as document:
                sketches[path] = sketch(page.get_textpage().get_text_range() for page in document)
    known = {path: found for path, found in sketches.items() if found is not None}
    same = alike(list(known), np.array(list(known.values())), {})
    assert same == {path: tuple(row["alike"]) for path, row in truth.items() if row["alike"]}
    assert len(same) >= 2


def test_phrases_stand_on_the_pages_and_frames_do_not_repeat_them(
    site: Path, truth: dict[str, dict[str, Any]]
) -> None:
    for path, row in truth.items():
        if path.endswith(("/", ".html", ".htm")):
            page = file_of(site, path).read_bytes()
            text = page.decode("cp1252" if b"charset" not in page else "utf-8")
            text = " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())
            assert all(phrase in text for phrase in row["must_contain"]), path
            assert all(phrase in text for phrase in row["must_not_contain"]), f"{path}: another frame"


def test_hyphenated_line_ends_are_there_to_be_joined(truth: dict[str, dict[str, Any]]) -> None:
    assert sum(len(row.get("hyphenated", [])) for row in truth.values()) >= 20


def test_scan_has_pictures_only(site: Path) -> None:
    with pdfium.PdfDocument(site / "orkelljunga/dok/beslut_2008.pdf") as document:
        assert document[0].get_textpage().get_text_range().strip() == ""


@pytest.mark.parametrize(
    "path", ["perstorp/dok/uppfoljning_2017.pdf", "burlov/globalassets/dokument/bilaga-enkat.pdf"]
)
def test_damaged_and_encrypted_files_cannot_be_read(site: Path, path: str) -> None:
    assert (site / path).read_bytes().startswith(b"%PDF")
    with pytest.raises(pdfium.PdfiumError):
        pdfium.PdfDocument(site / path)


def test_identity_numbers_are_valid_and_must_not_be_shown(
    site: Path, truth: dict[str, dict[str, Any]]
) -> None:
    row = next(row for path, row in truth.items() if path.endswith("protokoll_bun_2010.pdf"))
    with pdfium.PdfDocument(file_of(site, row["path"])) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    for number in ("20121212-1212", "701063-2391"):
        assert number in text and number in row["must_not_contain"]
        digits = [int(d) for d in number.replace("-", "")[-10:]]
        assert sum(sum(divmod(d * (2 - i % 2), 10)) for i, d in enumerate(digits)) % 10 == 0


def test_office_files_open_in_their_own_libraries(site: Path, truth: dict[str, dict[str, Any]]) -> None:
    import docx
    import openpyxl
    import pptx

    readers = {".docx": docx.Document, ".pptx": pptx.Presentation, ".xlsx": openpyxl.load_workbook}
    opened = dict.fromkeys(readers, 0)
    for path in truth:
        if (suffix := Path(path).suffix) in readers:
            readers[suffix](file_of(site, path))
            opened[suffix] += 1
    assert all(opened.values())


# --- what a crawler must see ----------------------------------------------------------------------------


def test_robots_closes_a_folder_that_is_linked(server: DemoServer, truth: dict[str, dict[str, Any]]) -> None:
    _, _, robots = get(server, "/robots.txt")
    closed = re.findall(r"Disallow: (\S+)", robots.decode())
    assert closed == ["/malmo/intern/"]
    assert [p for p, r in truth.items() if r["expected"] == "robots"] == ["/malmo/intern/projektkatalog.html"]
    assert f"http://127.0.0.1:{server.server_port}/sitemap.xml" in robots.decode()


def test_excluded_pages_are_of_all_sorts(site: Path, truth: dict[str, dict[str, Any]]) -> None:
    sorts = {row["expected"]: path for path, row in truth.items()}
    assert sorts.keys() == {"indexed", "noindex", "robots", "soft_404", "login"}
    assert 'name="robots" content="noindex"' in file_of(site, sorts["noindex"]).read_text(encoding="utf-8")
    assert 'type="password"' in file_of(site, sorts["login"]).read_text(encoding="utf-8")
    assert "kunde inte hittas" in file_of(site, sorts["soft_404"]).read_text(encoding="utf-8")


def test_same_bytes_stand_at_two_addresses(site: Path, truth: dict[str, dict[str, Any]]) -> None:
    twins = [row for row in truth.values() if row["also_at"]]
    assert twins
    for row in twins:
        for other in row["also_at"]:
            assert file_of(site, row["path"]).read_bytes() == file_of(site, other).read_bytes()


def test_sitemap_lists_pages_and_none_that_are_closed(
    server: DemoServer, truth: dict[str, dict[str, Any]]
) -> None:
    _, _, body = get(server, "/sitemap.xml")
    listed = {urlsplit(address).path for address in re.findall(r"<loc>([^<]+)</loc>", body.decode())}
    assert len(listed) >= 60
    assert {truth[path]["expected"] for path in listed} == {"indexed"}


# --- the server -----------------------------------------------------------------------------------------


def test_unchanged_page_is_answered_with_304(server: DemoServer) -> None:
    status, headers, body = get(server, "/lund/")
    assert status == 200 and body and headers["Content-Type"] == "text/html; charset=utf-8"
    for condition in ({"If_None_Match": headers["ETag"]}, {"If_Modified_Since": headers["Last-Modified"]}):
        status, _, body = get(server, "/lund/", **condition)
        assert (status, body) == (304, b"")
    assert get(server, "/lund/", If_None_Match='"other"')[0] == 200
    assert get(server, "/lund/", If_Modified_Since="nonsense")[0] == 200


def test_head_gives_the_headers_alone(server: DemoServer) -> None:
    status, headers, body = get(server, "/lund/", method="HEAD")
    assert status == 200 and int(headers["Content-Length"]) > 1000 and body == b""


def test_folder_without_slash_is_redirected_and_unknown_address_is_404(server: DemoServer) -> None:
    status, headers, _ = get(server, "/lund")
    assert (status, headers["Location"]) == (301, "/lund/")
    assert get(server, "/finns-inte")[0] == 404
    assert get(server, "/%00")[0] == get(server, "/" + "a" * 3000)[0] == 404


def test_nothing_outside_the_folder_is_served(server: DemoServer, site: Path) -> None:
    (site.parent / "secret.txt").write_text("secret")
    for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/lund/..%2f..%2fsecret.txt"):
        status, _, body = get(server, path)
        assert status == 404 and b"secret" not in body


def test_address_with_letters_and_blanks_is_found_composed_and_decomposed(
    server: DemoServer, truth: dict[str, dict[str, Any]]
) -> None:
    path = next(path for path in truth if path.startswith("/lund/dokument/"))
    assert " " in unquote(path) and "ö" in unquote(path)
    for form in ("NFC", "NFD"):
        status, headers, _ = get(server, quote(unicodedata.normalize(form, unquote(path))))
        assert (status, headers["Content-Type"]) == (200, "application/pdf")


def test_content_type_follows_the_content(server: DemoServer) -> None:
    assert get(server, "/sjobo/handlingar/4711")[1]["Content-Type"] == "application/pdf"
    _, headers, body = get(server, "/orkelljunga/sidor/barnombud_forskolan.htm")
    assert headers["Content-Type"] == "text/html" and b"charset" not in body
    assert "–" in body.decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_print_version_is_another_page_with_the_same_text(server: DemoServer) -> None:
    page = "/malmo/barnratt/" + next(
        name
        for name in re.findall(r'barnratt/([^"]+)"', get(server, "/malmo/")[2].decode())
        if "planer" in name
    )
    printed = get(server, page + "?print=1")[2].decode()
    assert "window.print()" in printed and "Huvudmeny" not in printed
    assert get(server, page + "?utm_source=x")[2] == get(server, page)[2]


# --- sources and mistakes -------------------------------------------------------------------------------


def test_sources_name_every_site_with_the_port_in_use(tmp_path: Path) -> None:
    write_sources(tmp_path / "sources.toml", 4711)
    blocks = tomllib.loads((tmp_path / "sources.toml").read_text(encoding="utf-8"))["source"]
    assert [b["start_urls"][0] for b in blocks if b["id"] == "lund"] == ["http://127.0.0.1:4711/lund/"]
    assert len({b["id"] for b in blocks}) == len(blocks) >= 30
    assert all(b["allow_private"] and b["delay"] == 0 for b in blocks)


def test_sources_are_read_by_the_crawler(tmp_path: Path) -> None:
    from indexer.sources import load

    write_sources(tmp_path / "sources.toml", 4711)
    sources = {source.id: source for source in load(tmp_path / "sources.toml")}
    assert sources["malmo"].municipality == "1280"
    assert sources["region-blekinge"].county == "10"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('+++\ntitle = "a"\nkind = "policy"\ncolour = 1\n+++\ntext', "colour"),
        ("+++\ntitle = a\n+++\ntext", "Invalid value"),
        ("text alone", "front matter"),
        ('+++\ntitle = "a"\nkind = "policy"\nformat = "doc"\n+++\ntext', "doc"),
        ('+++\ntitle = "a"\nkind = "policy"\n+++\nett − två', "cp1252"),
    ],
)
def test_mistake_in_a_text_is_told_with_its_file(tmp_path: Path, source: str, told: str) -> None:
    file = tmp_path / "wrong.md"
    file.write_text(source, encoding="utf-8")
    site = next(iter(demo_texts.read_sites().values()))
    with pytest.raises(DemoError, match=told) as error:
        demo_texts.read_text(site, file, {})
    assert "wrong.md" in str(error.value)


def test_surname_is_no_town_and_diary_number_no_year(truth: dict[str, dict[str, Any]]) -> None:
    row = next(row for path, row in truth.items() if path.endswith("protokoll_bun_2010.pdf"))
    assert "1281" not in row.get("municipalities_ok", [])
    decision = next(row for path, row in truth.items() if path.endswith("beslut-fullmaktige-2012.pdf"))
    assert 2011 not in decision.get("years_ok", [])
