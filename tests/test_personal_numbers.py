"""No personal identity number gets through any output, however it is written and wherever it stands.

A small site holds numbers, each of its own, in every place that words can come from. It is crawled over HTTP,
read, indexed and asked through every door. WARC keeps what was fetched as it was; of the catalogue, only
addresses may hold a number, because it has to ask them again.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import html
import io
import json
import re
import sqlite3
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

import docx
import openpyxl
import pytest
import zstandard
from crawl_server import Answer, serving
from fpdf import FPDF
from mcp import Client as McpClient
from pyarrow import parquet
from test_cli import run
from test_enrich_personal import luhn
from web_client import Client, served

from indexer import generation
from indexer.engine.reader import Reader
from indexer.model import MASK, Query
from indexer.search import SearchIndex, open_index
from search_web.assistant import server as assistant


@dataclass
class Numbers:
    """Numbers such as the tax agency gives out for tests (serial 238), each one used in one place."""

    places: dict[str, str] = field(default_factory=dict)  # ten digits → where it stands

    def new(self, place: str, coordination: bool = False) -> str:
        count = len(self.places)
        born = f"{40 + count // 300:02}{count // 25 % 12 + 1:02}{count % 25 + 1 + 60 * coordination:02}"
        ten = luhn(f"{born}238")
        self.places[ten] = place
        return ten

    def found(self, text: str) -> list[str]:
        """Where the numbers come from that stand in ``text``, whatever signs are between their digits."""
        plain = html.unescape(re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text))
        digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", unquote(plain)))
        return [place for ten, place in self.places.items() if ten in digits]


WRITTEN = {
    "hyphen": "{0}-{1}", "nothing": "{0}{1}", "century": "19{0}-{1}", "century, nothing": "19{0}{1}",
    "plus": "{0}+{1}", "space": "{0} {1}", "spaces": "{0} - {1}", "no-break space": "{0}\u00a0{1}",
    "no-break spaces": "{0}\u202f-\u202f{1}", "no-break hyphen": "{0}\u2011{1}", "dash": "{0}–{1}",
    "minus": "{0}−{1}", "soft hyphen": "{0}&shy;{1}", "entity": "{0}&#45;{1}", "line break": "{0}-<br>{1}",
    "bare line break": "{0}<br>{1}", "zero width": "{0}&#8203;-{1}",
    "mark of direction": "{0}&#8206;-&#8206;{1}", "embedding": "{0}&#8234;-{1}&#8236;",
    "inside an element": "{0}-<b>{1}</b>", "source line": "{0}-\n{1}",
}  # fmt: skip
PARTED = {"hyphens": "{0}-{1}-{2}-{3}", "spaces": "19{0} {1} {2}-{3}", "points": "{0}.{1}.{2}-{3}"}
WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")


def written(numbers: Numbers) -> Iterator[str]:
    for form, pattern in WRITTEN.items():
        for coordination in (False, True):
            ten = numbers.new(f"text, {form}", coordination)
            yield pattern.format(ten[:6], ten[6:])
    for form, pattern in PARTED.items():
        ten = numbers.new(f"text, parted by {form}")
        yield pattern.format(ten[:2], ten[2:4], ten[4:6], ten[6:])
    ten = numbers.new("text, full width")
    yield f"{ten[:6]}-{ten[6:]}".translate(WIDE)


def dashed(ten: str) -> str:
    return f"{ten[:6]}-{ten[6:]}"


WORDS = "Barnrättsarbetet följs upp varje år i nämnden, och barnets bästa prövas i varje beslut om barn. "


def page(title: str, body: str, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="sv"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><main><h1>{title}</h1><p>{WORDS * 3}</p>{body}</main></body></html>"
    )


def a_pdf(numbers: Numbers) -> bytes:
    made = FPDF()
    made.set_title(f"Utredning {dashed(numbers.new('PDF title'))}")
    made.set_author(f"Nämnden {dashed(numbers.new('PDF author'))}")
    made.set_subject(dashed(numbers.new("PDF subject")))
    made.set_keywords(dashed(numbers.new("PDF keywords")))
    for number in (1, 2):
        made.add_page()
        made.set_font("Helvetica", size=12)
        made.start_section(f"Avsnitt {number} {dashed(numbers.new('PDF outline'))}")
        first, second = numbers.new("PDF text"), numbers.new("PDF text over a line")
        for line in (
            f"Protokoll {number}.", "Nästa möte." if number > 1 else "Mötet öppnas av ordföranden.",
            f"{'Skolan om elev' if number > 1 else 'Elev'} {dashed(first)}.",
            f"Beslut om {'syskonet' if number > 1 else 'barnet'} {second[:6]}-",
            f"{second[6:]} i {'familjen' if number > 1 else 'skolan'}.",
        ):  # fmt: skip
            made.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


def a_docx(numbers: Numbers) -> bytes:
    made = docx.Document()
    made.core_properties.title = f"Beslut {dashed(numbers.new('docx title'))}"
    made.core_properties.author = f"Nämnden {numbers.new('docx author')}"
    made.core_properties.comments = numbers.new("docx comments")
    made.add_heading(f"Rubrik {dashed(numbers.new('docx heading'))}")
    ten = numbers.new("docx, parted by formatting")
    line = made.add_paragraph(f"Eleven {ten[:4]}")
    line.add_run(ten[4:6]).bold = True
    line.add_run(f"-{ten[6:]}")
    cells = made.add_table(1, 2).rows[0].cells
    ten = numbers.new("docx, two cells")
    cells[0].text, cells[1].text = ten[:6], ten[6:]
    made.sections[0].header.paragraphs[0].text = numbers.new("docx header")
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def a_sheet(numbers: Numbers) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = dashed(numbers.new("name of a sheet"))
    sheet.append(["Elev", int("19" + numbers.new("number cell")), dashed(numbers.new("text cell"))])
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def mail(numbers: Numbers) -> str:
    return (
        f"Från: a@kommun.example\nTill: b@kommun.example\nÄmne: Elev {dashed(numbers.new('subject'))}\n\n"
        f"Hej! Barnet heter Kim, pnr {numbers.new('text file')}.\n> Citat: {dashed(numbers.new('quoted'))}\n"
    )


def routes(numbers: Numbers) -> dict[str, Any]:
    at = {
        where: dashed(numbers.new(f"address, {where}"))
        for where in ("page", "pdf", "query", "encoded", "missing", "moved", "source", "canonical", "sitemap")
    }
    links = (
        f"<h2>Elev {dashed(numbers.new('heading above a link'))}</h2><ul>"
        f'<li><a href="/utredning.pdf">Utredning {dashed(numbers.new("link text"))}</a></li>'
        f'<li><a href="/beslut-{at["pdf"]}.pdf">Beslut</a></li><li><a href="/elev/{at["page"]}">Elev</a></li>'
        f'<li><a href="/visa?pnr={at["query"]}">Visa</a></li>'
        f'<li><a href="/e/{quote(at["encoded"]).replace("-", "%2D")}">Kodad</a></li>'
        f'<li><a href="/borta/{at["missing"]}">Borta</a></li><li><a href="/flyttad">Flyttad</a></li>'
        f'<li><a href="/brev.docx" title="{numbers.new("title attribute")}">Brev</a></li>'
        '<li><a href="/lista.xlsx">Lista</a></li><li><a href="/mejl.txt">Mejl</a></li>'
        '<li><a href="/hamta/1">Hämta</a></li>'
        f'<li><a href="/namnlos.pdf">{numbers.new("only words")}</a></li>'
        '<li><a href="/trasig.pdf">Trasig</a></li><li><a href="/text">Text</a></li></ul>'
    )
    head = (
        f'<meta name="author" content="{dashed(numbers.new("meta author"))}">'
        f'<meta name="description" content="{dashed(numbers.new("meta description"))}">'
        f'<meta property="og:title" content="Elev {dashed(numbers.new("og:title"))}">'
        f'<link rel="canonical" href="/elev/{at["canonical"]}">'
        f'<script type="application/ld+json">{{"author": {{"name": "{numbers.new("JSON-LD")}"}}}}</script>'
    )
    forms = "".join(f"<p>Eleven {one} går i skolan.</p>" for one in written(numbers))
    cells = numbers.new("two cells")
    return {
        "/": page("Barnets rättigheter", links, ""),
        "/sitemap.xml": f"<urlset><url><loc>/karta/{at['sitemap']}</loc></url></urlset>",
        f"/karta/{at['sitemap']}": page("Ur kartan", ""),
        "/text": page(
            f"Elever {dashed(numbers.new('title and h1'))}",
            f"{forms}<table><tr><td>{cells[:6]}</td><td>{cells[6:]}</td></tr></table>"
            f"<p>Kontakt: Kim {dashed(numbers.new('contact'))}, barnrättsstrateg, kim@kommun.example</p>"
            f'<img src="/x.png" alt="{numbers.new("alt text")}">'
            f"<h2 id='{numbers.new('anchor of a section')}'>Rubrik {numbers.new('section')}</h2><p>Slut.</p>",
            head,
        ),
        f"/elev/{at['page']}": page("Elevens plan", "<h2>Plan</h2><p>Planen gäller 2014.</p>"),
        f"/visa?pnr={at['query']}": page("Visad plan", "<p>Planen visas.</p>"),
        f"/e/{at['encoded']}": page("Kodad plan", "<p>Planen är kodad.</p>"),
        f"/borta/{at['missing']}": Answer(page("Borta", ""), 404),
        "/flyttad": Answer(status=302, headers={"Location": f"http://192.0.2.7/{at['moved']}"}),
        "/utredning.pdf": Answer(a_pdf(numbers), type="application/pdf"),
        f"/beslut-{at['pdf']}.pdf": Answer(a_pdf(numbers), type="application/pdf"),
        "/namnlos.pdf": Answer(bytes(FPDF().output()), type="application/pdf"),
        "/trasig.pdf": Answer(f"%PDF-1.4 {numbers.new('damaged file')}", type="application/pdf"),
        "/brev.docx": Answer(a_docx(numbers), type="application/octet-stream"),
        "/lista.xlsx": Answer(a_sheet(numbers), type="application/octet-stream"),
        "/mejl.txt": Answer(mail(numbers), type="text/plain; charset=utf-8"),
        "/hamta/1": Answer(
            a_pdf(numbers), type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="beslut {numbers.new("file name")}.pdf"',
                "X-Elev": dashed(numbers.new("another header")),
            },
        ),
    }  # fmt: skip


def imported(numbers: Numbers) -> str:
    """Records as someone else may give them, every key with a number."""
    one = {
        "id": f"elev-{numbers.new('import, id')}", "url": f"https://b.example/{numbers.new('import, url')}",
        "also_at": [f"https://b.example/{numbers.new('import, also_at')}"],
        "title": f"Beslut {dashed(numbers.new('import, title'))}",
        "text": [{"heading": numbers.new("import, heading"), "text": f"Om {numbers.new('import, text')}."}],
        "publisher": numbers.new("import, publisher"), "source": numbers.new("import, source"),
        "contacts": [{"role": numbers.new("import, role"), "name": dashed(numbers.new("import, name"))}],
        "found_on": f"https://b.example/?p={numbers.new('import, found_on')}",
        "anchor": numbers.new("import, anchor"), "headings": [numbers.new("import, headings")],
        "links": [{"found_on": f"https://b.example/{numbers.new('import, link')}", "anchor": "x"}],
        "kind": numbers.new("import, kind"), "published": numbers.new("import, published"), "year": 2014,
    }  # fmt: skip
    return json.dumps(one, ensure_ascii=False)


@dataclass
class World:
    """What was made of the site: directories, numbers, and what the commands said."""

    home: Path
    numbers: Numbers
    said: dict[str, str] = field(default_factory=dict)
    client: Client = field(init=False)

    def leaks(self, outputs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
        return {name: found for name, text in outputs if (found := self.numbers.found(text))}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("numbers")
    made = World(home, Numbers())
    with serving(routes(made.numbers)) as server:
        server.routes["/sitemap.xml"] = server.routes["/sitemap.xml"].replace("<loc>", f"<loc>{server.url}")
        (home / "sources.toml").write_text(
            f'[[source]]\nid = "a"\nname = "A kommun"\npublisher = "A kommun"\nmunicipality = "1283"\n'
            f'organisation_type = "municipality"\nstart_urls = ["{server.url}/"]\n'
            f'sitemaps = ["{server.url}/sitemap.xml"]\nallow_private = true\ndelay = 0\n'
        )
        common = ("--sources", "sources.toml", "--corpus", "store")
        for name, more in (("crawl", ()), ("index", ("--index", "index"))):
            done = run(name, *common, *more, cwd=home)
            made.said[name] = done.stdout + done.stderr
    (home / "theirs.jsonl").write_text(imported(made.numbers), "utf-8")
    done = run("import", "theirs.jsonl", "--index", "index", "--corpus", "store", cwd=home)
    made.said["import"] = done.stdout + done.stderr
    made.client = served(home / "index", home / "store")
    yield made


def test_the_numbers_were_there_to_be_found(world: World) -> None:
    """Else the other tests would hold for a site that was never read."""
    documents = {d.title: d for d in open_index(world.home / "index").all(Query())}
    assert len(documents) >= 12
    shown = json.dumps([str(d) for d in documents.values()], ensure_ascii=False)
    assert shown.count(MASK) > 20
    raw = b"".join(
        gzip.decompress(path.read_bytes()) for path in (world.home / "store").rglob("*.warc.gz")
    ).decode("latin-1")
    assert len(world.numbers.found(raw)) > 60


# --- what is stored -----------------------------------------------------------------------------------------


def unpacked(data: bytes) -> str:
    """Bytes as text; what is compressed in them as what it holds."""
    texts = [data.decode("latin-1"), data.decode("utf-8", "replace")]
    for match in re.finditer(re.escape(b"\x28\xb5\x2f\xfd"), data):
        with contextlib.suppress(zstandard.ZstdError):
            reader = zstandard.ZstdDecompressor().stream_reader(data[match.start() :])
            texts.append(reader.read(20_000_000).decode("utf-8", "replace"))
    return "\n".join(texts)


def without_addresses(text: str) -> str:
    return re.sub(r"https?://[^\s\"<>\\]+", " ", text)


def test_in_the_catalogue_only_addresses_hold_numbers(world: World) -> None:
    found = {}
    for path in (world.home / "store").rglob("*.sqlite"):
        db = sqlite3.connect(path)
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in db.execute(f"SELECT * FROM {table}"):
                cells = (unpacked(cell) if isinstance(cell, bytes) else str(cell) for cell in row)
                found |= world.leaks((f"{table}: {cell[:60]}", without_addresses(cell)) for cell in cells)
        db.close()
    assert found == {}


def test_nothing_else_beside_the_archive_holds_numbers(world: World) -> None:
    files = [p for p in (world.home / "store").rglob("*") if p.is_file()]
    kept = [p for p in files if ".warc" not in p.name and ".sqlite" not in p.name]
    assert world.leaks((str(p), unpacked(p.read_bytes())) for p in kept) == {}


def test_the_generation_holds_none(world: World) -> None:
    directory = generation.current(world.home / "index")
    files = [p for p in directory.rglob("*") if p.is_file()]
    assert world.leaks((p.name, unpacked(p.read_bytes())) for p in files) == {}
    reader = Reader(directory)
    held = [(str(reader.document(n)), str(reader.text(n))) for n in range(reader.documents)]
    assert world.leaks((document[:60], document + text) for document, text in held) == {}
    assert world.leaks((word.text, word.text) for word in reader.words) == {}


def test_the_log_of_the_crawl_says_none(world: World, tmp_path: Path) -> None:
    """The crawl's process masks every line: here one with an address, and one with an error."""
    code = (
        "import logging, sys; from indexer.crawl.process import mask_log; mask_log()\n"
        f"logging.basicConfig(filename={str(tmp_path / 'log.txt')!r})\n"
        "logging.error('Gave up %s', sys.argv[1])\n"
        "try: int(sys.argv[1])\nexcept ValueError: logging.exception('at')"
    )
    ten = next(iter(world.numbers.places))
    subprocess.run([sys.executable, "-c", code, f"https://a.se/elev-{dashed(ten)}"], check=True)
    log = (tmp_path / "log.txt").read_text()
    assert log.count(MASK) == 2 and "ValueError" in log and world.numbers.found(log) == []


# --- what is given out --------------------------------------------------------------------------------------


def test_commands_say_none(world: World) -> None:
    index, corpus = ("--index", "index"), ("--corpus", "store")
    asked = {
        "search": ("search", "elev", *index), "search --json": ("search", "", *index, "--json"),
        "status": ("status", *corpus, *index, "--sources", "sources.toml"),
        "status --json": ("status", *corpus, *index, "--sources", "sources.toml", "--json"),
        "doctor": ("doctor", *corpus, *index),
        **{f"export {f}": ("export", "--format", f, "--text", *index) for f in ("jsonl", "csv")},
        **{f"export {f}": ("export", "--format", f, *index) for f in ("ris", "bibtex", "csl")},
    }  # fmt: skip
    for name, arguments in asked.items():
        done = run(*arguments, cwd=world.home)
        assert done.stdout, name
        world.said[name] = done.stdout + done.stderr
    assert world.leaks(world.said.items()) == {}


def test_spreadsheets_and_parquet_hold_none(world: World) -> None:
    for format_ in ("xlsx", "parquet"):
        run(
            "export",
            "--format",
            format_,
            "--text",
            "--index",
            "index",
            "--output",
            f"all.{format_}",
            cwd=world.home,
        )
    with zipfile.ZipFile(world.home / "all.xlsx") as book:
        parts = [(name, book.read(name).decode("utf-8", "replace")) for name in book.namelist()]
    table = parquet.read_table(world.home / "all.parquet")
    assert len(parts) > 3 and table.num_rows >= 12
    assert world.leaks([*parts, ("parquet", str(table.to_pylist())), ("schema", str(table.schema))]) == {}


ADDRESS = re.compile(r"(?:href|src|action)=\"([^\"]+)\"|<(?:loc|id)>([^<]+)<")
STARTS = (
    "/", "/?q=elev", "/?q=eleven&view=compact", "/?q=elevne", "/?q=beslut+plan", "/sitemap.xml",
    "/feed.atom?q=plan", "/feed.json", "/sources", "/browse", "/matrix", "/matrix.csv?q=plan", "/map",
    "/opensearch.xml", "/robots.txt", "/oai?verb=ListRecords&metadataPrefix=oai_dc",
    "/oai?verb=ListIdentifiers&metadataPrefix=oai_dc", "/dcat", "/research", "/research/concordance?q=eleven",
    "/research/keywords?q=elev", "/research/collocations?q=eleven", "/values/publisher", "/values/source",
    "/suggestions?q=ele", "/suggestions?q=beslut", "/suggestions?q=utredning", "/suggestions?q=4",
    "/suggestions?q=19", "/api", "/en/",
)  # fmt: skip
API = (
    "search", "search?q=elev", "search?q=eleven+beslut", "suggest?q=elev", "suggest?q=4", "facets", "matrix",
    "sources", "status", "municipalities", "manifest", "documents?text=true", "export/jsonl?text=true",
    "openapi.json", *(f"export/{form}" for form in ("jsonl", "csv", "ris", "bibtex", "csl")),
    "research/concordance?q=eleven", "research/keywords?q=eleven", "research/collocations?q=eleven",
    "research/trend?term=eleven",
)  # fmt: skip
MOST = 700


def reached(world: World) -> Iterator[tuple[str, str]]:
    """Every page that links lead to, from every door."""
    ids = [d.id for d in open_index(world.home / "index").all(Query())]
    doors = [*STARTS, *(f"/api/v1/{call}" for call in API)]
    waiting = list(doors)
    for id_ in ids:
        waiting += [f"/documents/{id_}", f"/documents/{id_}?q=eleven", f"/documents/{id_}/versions"]
        waiting += [f"/api/v1/documents/{id_}", f"/api/v1/documents/{id_}/pages"]
        waiting += [f"/api/v1/documents/{id_}/cite/{style}" for style in ("ris", "bibtex", "csl")]
    seen = set(waiting)
    while waiting and len(seen) < MOST:
        address = waiting.pop(0)
        answer = world.client.get(address)
        assert answer.status == 200 if address in doors else answer.status < 500, address
        with contextlib.suppress(UnicodeDecodeError):
            text = answer.text
            yield address, text + str(answer.headers)
            for one in ADDRESS.finditer(text) if answer.status == 200 else ():
                url = urlsplit(urljoin(f"http://127.0.0.1{address}", html.unescape(one[1] or one[2])))
                path = url.path + (f"?{url.query}" if url.query else "")
                if url.hostname == "127.0.0.1" and not url.port and path not in seen and len(path) < 300:
                    seen.add(path)
                    waiting.append(path)


def test_no_page_and_no_answer_shows_one(world: World) -> None:
    pages = dict(reached(world))
    assert len(pages) > 150 and any("[personnummer]" in text for text in pages.values())
    assert world.leaks(pages.items()) == {}


def test_assistants_are_told_none(world: World) -> None:
    async def ask() -> str:
        index = SearchIndex(world.home / "index")
        async with McpClient(assistant(index)) as client:
            found = await client.call_tool("search", {"query": "eleven"})
            ids = [hit["id"] for hit in found.structured_content["hits"]]
            texts = [await client.call_tool("document", {"id": id_}) for id_ in ids]
            return str([found, *texts, await client.call_tool("matrix", {"query": "eleven"})])

    said = asyncio.run(ask())
    assert MASK in said and world.numbers.found(said) == []


def test_a_document_whose_address_names_someone_is_found_without_a_way_there(world: World) -> None:
    (document,) = (d for d in open_index(world.home / "index").all(Query()) if d.title == "Elevens plan")
    assert document.url.endswith(f"/elev/{MASK}")
    text = world.client.get(f"/documents/{document.id}").text
    assert "Adressen till originalet innehåller ett personnummer" in text
    assert "Öppna originalet" not in text and f'href="{document.url}' not in text
