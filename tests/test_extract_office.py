"""docx, pptx, odt and spreadsheets, whole and hostile; legacy formats with and without LibreOffice."""

from __future__ import annotations

import copy
import io
import shutil
import struct
import subprocess
import threading
import zipfile
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from hostile_files import entity_bomb, zip_bomb
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE

from indexer.extract import extract, sniff
from indexer.model import Extract

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def read(payload: bytes, name: str) -> Extract:
    url = f"http://x.se/{name}"
    return extract(payload, sniff(payload, None, url), url)


def saved(made: object) -> bytes:
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def zipped(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


# --- docx -------------------------------------------------------------------------------------------------


def test_docx_is_read_in_headed_sections_with_its_tables() -> None:
    made = docx.Document()
    made.core_properties.title = "Handlingsplan 2014"
    made.core_properties.author = "Bjuvs kommun"
    made.add_heading("Handlingsplan", 0)
    made.add_paragraph("Antagen 2014.")
    made.add_heading("Mål", 1)
    table = made.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ("Mål", "Ansvar", "Delaktighet", "Nämnden"), strict=True
    ):
        cell.text = text
    made.add_paragraph("Efter tabellen.")
    made.sections[0].header.paragraphs[0].text = "Bjuvs kommun, kommunledningskontoret"
    found = read(saved(made), "plan.docx")
    assert [(page.heading, page.text) for page in found.pages] == [
        ("Handlingsplan", "Antagen 2014."),
        ("Mål", "Mål | Ansvar\nDelaktighet | Nämnden\nEfter tabellen."),
    ]
    assert found.titles == (
        ("first page", "Handlingsplan"),
        ("metadata", "Handlingsplan 2014"),
        ("below", "Antagen 2014."),
    )
    assert (found.format, found.author, found.furniture) == (
        "docx", "Bjuvs kommun", ("Bjuvs kommun, kommunledningskontoret",),
    )  # fmt: skip


def test_text_boxes_are_kept_and_deleted_words_are_not() -> None:
    made = docx.Document()
    made.add_paragraph("Före rutan.")
    box = (
        f'<w:p {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">'
        "<w:r><w:t>Stycke </w:t><w:tab/></w:r><w:del><w:r><w:delText>struket</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>tillagt</w:t></w:r></w:ins><w:r><mc:AlternateContent><mc:Choice><wps:txbx>"
        "<w:txbxContent><w:p><w:r><w:t>I rutan</w:t></w:r></w:p></w:txbxContent></wps:txbx></mc:Choice>"
        "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>I rutan</w:t></w:r></w:p></w:txbxContent></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )
    made.element.body.insert(1, parse_xml(box))
    assert read(saved(made), "a.docx").pages[0].text == "Före rutan.\nStycke tillagt\nI rutan"


def test_footnotes_follow_the_text() -> None:
    parts = {
        "word/document.xml": f"<w:document {W}><w:body><w:p><w:r><w:t>Text</w:t></w:r></w:p></w:body>"
        "</w:document>",
        "word/footnotes.xml": f'<w:footnotes {W}><w:footnote w:type="separator"><w:p><w:r><w:t>x</w:t></w:r>'
        "</w:p></w:footnote><w:footnote><w:p><w:r><w:t>Se bilaga 2.</w:t></w:r></w:p>"
        "</w:footnote></w:footnotes>",
    }
    assert read(zipped(parts), "a.docx").pages[0].text == "Text\nSe bilaga 2."


def written(body: str, **parts: str) -> Extract:
    """A docx of this body, and of parts as word/<name>.xml."""
    names = {f"word/{name}.xml": f"<w:{name} {W}>{xml}</w:{name}>" for name, xml in parts.items()}
    return read(
        zipped({"word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>"} | names),
        "a.docx",
    )


def p(text: str, style: str = "", size: int = 0) -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    letters = f'<w:rPr><w:sz w:val="{size}"/></w:rPr>' if size else ""
    return f"<w:p>{properties}<w:r>{letters}<w:t>{text}</w:t></w:r></w:p>"


LETTERHEAD = f"<w:tbl><w:tr><w:tc>{p('Ystads kommun')}</w:tc><w:tc>{p('1 (2)')}</w:tc></w:tr></w:tbl>" + p(
    "Socialnämnden"
)


@pytest.mark.parametrize(
    "body",
    [
        p("Plan för delaktighet", "Rubrik1") + p("Text."),
        p("Plan för delaktighet", "Rubrik") + p("Syfte", "Rubrik1"),
        p("Plan för delaktighet", size=36) + p("Syfte", "Rubrik1") + p("Mål", size=28),
    ],
)
def test_title_stands_below_the_letterhead(body: str) -> None:
    assert written(LETTERHEAD + body).titles[0] == ("first page", "Plan för delaktighet")


def test_first_line_is_told_where_a_heading_follows_it() -> None:
    titles = dict(written(p("Minnesanteckningar 8 maj") + p("Lund") + p("Närvarande", "Rubrik1")).titles)
    assert (titles["first page"], titles["second"]) == ("Närvarande", "Minnesanteckningar 8 maj")


def test_cells_of_a_letterhead_are_lines_and_of_other_tables_parts_of_one() -> None:
    table = (
        "<w:tbl><w:tr>"
        + "".join(f"<w:tc>{p(text)}</w:tc>" for text in ("SN", "2014-10-06", "1 (2)"))
        + "</w:tr></w:tbl>"
    )
    assert (
        written(table + p("Text.") + table).pages[0].text
        == "SN\n2014-10-06\n1 (2)\nText.\nSN | 2014-10-06 | 1 (2)"
    )


def test_lines_of_a_letterhead_of_two_cells_are_told_one_by_one() -> None:
    cells = (p("BJUVS KOMMUN") + p("Kultur och fritid"), p("TJÄNSTEUTLÅTANDE") + p("2020-09-07"))
    table = "<w:tbl><w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr></w:tbl>"
    found = written(table + p("Ungdomsråd"))
    assert found.pages[0].text == "BJUVS KOMMUN\nKultur och fritid\nTJÄNSTEUTLÅTANDE\n2020-09-07\nUngdomsråd"


def test_parts_of_a_head_that_tabs_and_breaks_part_are_told_one_by_one() -> None:
    words = "<w:t>Höörs kommun</w:t><w:tab/><w:t>PROTOKOLL</w:t><w:br/><w:t>2020-10-21</w:t>"
    found = written(p("§ 82 Barnperspektivet"), header1=f"<w:p><w:r>{words}</w:r></w:p>")
    assert found.furniture == ("Höörs kommun", "PROTOKOLL", "2020-10-21")


def test_head_of_a_letter_is_told_before_its_foot() -> None:
    head, foot = (f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in ("Bjuvs kommun", "Utskriven"))
    found = written(p("Förslag"), footer1=foot, header2=head)
    assert found.furniture == ("Bjuvs kommun", "Utskriven")


def test_parts_are_found_by_what_they_are_and_not_by_their_names() -> None:
    def relation(kind: str, target: str) -> str:
        space = "http://schemas.openxmlformats.org"
        target = f'Target="{target}" Type="{space}/officeDocument/2006/relationships/{kind}"'
        root = f'Relationships xmlns="{space}/package/2006/relationships"'
        return f'<{root}><Relationship Id="a" {target}/></Relationships>'

    parts = {
        "_rels/.rels": relation("officeDocument", "/word/document2.xml"),
        "word/_rels/document2.xml.rels": relation("footnotes", "footnotes2.xml"),
        "word/document2.xml": f"<w:document {W}><w:body>{p('Beslut')}</w:body></w:document>",
        "word/footnotes2.xml": f"<w:footnotes {W}><w:footnote>{p('Se bilaga')}</w:footnote></w:footnotes>",
    }
    assert read(zipped(parts), "a.docx").pages[0].text == "Beslut\nSe bilaga"


def test_table_and_box_within_a_cell_are_read_once_with_their_cell() -> None:
    inner = f"<w:tbl><w:tr><w:tc>{p('inre')}</w:tc><w:tc>{p('tabell')}</w:tc></w:tr></w:tbl>"
    box = (
        '<w:p xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r><mc:AlternateContent>'
        f"<mc:Choice><w:txbxContent>{p('ruta')}</w:txbxContent></mc:Choice>"
        f"<mc:Fallback><w:txbxContent>{p('ruta')}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    found = written(f"<w:tbl><w:tr><w:tc>{p('yttre')}{inner}</w:tc><w:tc>{box}</w:tc></w:tr></w:tbl>")
    assert found.pages[0].text == "yttre inre tabell | ruta"


def test_cell_in_a_content_control_is_read() -> None:
    control = f"<w:sdt><w:sdtContent><w:tc>{p('2016-04-12')}</w:tc></w:sdtContent></w:sdt>"
    found = written(f"<w:tbl><w:tr><w:tc>{p('Datum')}</w:tc>{control}</w:tr></w:tbl>")
    assert found.pages[0].text == "Datum | 2016-04-12"


def test_words_that_are_hidden_in_a_template_are_left_out() -> None:
    hidden = (
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>Skriv här.</w:t></w:r><w:r><w:t>Beslut</w:t></w:r></w:p>"
    )
    assert written(hidden).pages[0].text == "Beslut"


# --- pptx, odt --------------------------------------------------------------------------------------------


def test_slides_are_pages_with_their_notes() -> None:
    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[1])
    slide.shapes.title.text = "Barnrätt i Skåne"
    slide.placeholders[1].text = "33 kommuner\n117 strateger"
    slide.notes_slide.notes_text_frame.text = "Säg något om Eslöv."
    second = made.slides.add_slide(made.slide_layouts[6])
    table = second.shapes.add_table(1, 2, 0, 0, 1000, 1000).table
    table.cell(0, 0).text, table.cell(0, 1).text = "År", "2012"
    found = read(saved(made), "bild.pptx")
    assert [(page.number, page.heading, page.text) for page in found.pages] == [
        (1, "Barnrätt i Skåne", "33 kommuner\n117 strateger\nSäg något om Eslöv."),
        (2, None, "År | 2012"),
    ]
    assert (found.page_count, found.titles[0]) == (2, ("first page", "Barnrätt i Skåne"))


def test_words_of_charts_are_read_and_what_stands_twice_for_old_programs_once() -> None:
    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["Förskola", "Skola"]
    data.add_series("Andel utbildad personal", (45, 60))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 1000, 1000, data)
    shape = slide.shapes.add_textbox(0, 0, 1000, 1000)
    shape.text_frame.text = "I två skepnader"
    for name in ("Choice", "Fallback"):
        space = "http://schemas.openxmlformats.org/markup-compatibility/2006"
        parts = parse_xml(f'<m:AlternateContent xmlns:m="{space}"><m:{name}/></m:AlternateContent>')
        parts[0].append(copy.deepcopy(shape._element))
        slide.shapes._spTree.append(parts)
    slide.shapes._spTree.remove(shape._element)
    lines = read(saved(made), "bild.pptx").pages[0].text.split("\n")
    assert lines == ["I två skepnader", "Andel utbildad personal", "Förskola", "Skola"]


ODF = "urn:oasis:names:tc:opendocument:xmlns"
ODT = f"""<o:document-content xmlns:o="{ODF}:office:1.0" xmlns:t="{ODF}:text:1.0" xmlns:b="{ODF}:table:1.0">
<o:body><o:text><t:h t:outline-level="1">Riktlinjer</t:h>
<t:p>För<t:s/><t:span>barn<t:note><t:note-citation>1</t:note-citation><t:note-body><t:p>Under 18 år.</t:p>
</t:note-body></t:note></t:span> och unga</t:p><t:list><t:list-item><t:p>Punkt ett</t:p></t:list-item>
</t:list><b:table><b:table-row><b:table-cell><t:p>A</t:p></b:table-cell><b:table-cell><t:p>B</t:p></b:table-cell>
</b:table-row></b:table></o:text></o:body></o:document-content>"""


def test_odt_is_read_in_headed_sections() -> None:
    meta = '<m xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Riktlinjer 2016</dc:title></m>'
    mimetype = "application/vnd.oasis.opendocument.text"
    found = read(zipped({"mimetype": mimetype, "content.xml": ODT, "meta.xml": meta}), "fil")
    assert [(p.heading, p.text) for p in found.pages] == [
        ("Riktlinjer", "För barn och unga\nUnder 18 år.\nPunkt ett\nA | B"),
    ]
    assert found.format == "odt" and ("metadata", "Riktlinjer 2016") in found.titles


# --- spreadsheets -----------------------------------------------------------------------------------------


def test_sheets_are_pages() -> None:
    made = openpyxl.Workbook()
    made.active.title = "Utbildade"
    for row in (("Kommun", "Antal", "Andel"), ("Eslöv", 11, 0.25), ("Bjuv", 2.0, None)):
        made.active.append(row)
    made.create_sheet("Tomt")
    found = read(saved(made), "t.xlsx")
    assert [(page.heading, page.text) for page in found.pages] == [
        ("Utbildade", "Kommun | Antal | Andel\nEslöv | 11 | 0,25\nBjuv | 2"),
        ("Tomt", ""),
    ]
    assert found.page_count == 2


# --- hostile ----------------------------------------------------------------------------------------------


def test_zip_bomb_is_refused() -> None:
    found = read(zip_bomb("word/document.xml", size=160_000_000), "a.docx")
    assert found.reason == "too_large"
    assert read(zip_bomb("xl/worksheets/sheet1.xml", size=210_000_000), "a.xlsx").reason == "too_large"


def test_entity_among_the_relations_costs_no_text() -> None:
    relations = '<!DOCTYPE r [<!ENTITY a "b">]><Relationships>&a;</Relationships>'
    body = f"<w:document {W}><w:body>{p('Barnets bästa')}</w:body></w:document>"
    found = read(zipped({"_rels/.rels": relations, "word/document.xml": body}), "plan.docx")
    assert [page.text for page in found.pages] == ["Barnets bästa"]


def test_entities_stay_unread() -> None:
    found = read(zipped({"word/document.xml": entity_bomb()}), "a.docx")
    assert found.pages[0].text in ("before after", "before")


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx", "a.odt", "a.ods", "a.xls", "a.doc", "a.rtf"])
@pytest.mark.parametrize(
    "payload", [b"PK\x03\x04" + b"x" * 200, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"y" * 900]
)
def test_damaged_office_file_says_so(name: str, payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    found = read(payload, name)
    assert found.read_by == "none"
    assert found.reason in ("damaged", "no_libreoffice", "unsupported")


def test_cut_off_docx_says_so() -> None:
    made = docx.Document()
    made.add_paragraph("x" * 5000)
    found = read(saved(made)[:3000], "a.docx")
    assert found.reason == "damaged"


# --- legacy -----------------------------------------------------------------------------------------------


def word97(title: str) -> bytes:
    """The head of a Word 97 file with the property set of its summary."""
    text = title.encode("cp1252") + b"\0"
    created = 116444736000000000 + 1_394_000_000 * 10_000_000  # March 2014 in steps of 100 ns since 1601
    properties = [
        (1, struct.pack("<II", 2, 1252)),
        (2, struct.pack("<II", 0x1E, len(text)) + text + b"\0" * (-len(text) % 4)),
        (12, struct.pack("<IQ", 0x40, created)),
    ]
    table, values = b"", b""
    for number, value in properties:
        table += struct.pack("<II", number, 8 + 8 * len(properties) + len(values))
        values += value
    section = struct.pack("<II", 8 + len(table) + len(values), len(properties)) + table + values
    summary = b"\xfe\xff\0\0" + bytes(20) + struct.pack("<I", 1)
    summary += bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9") + struct.pack("<I", 48) + section
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le") + summary


def test_legacy_file_is_listed_by_its_properties_without_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    found = read(word97("Policy för barn på förskola"), "a.doc")
    assert found.titles == (("metadata", "Policy för barn på förskola"),)
    assert [(date.date, date.label) for date in found.dates] == [("2014-03-05", "none")]
    assert found.reason == "no_libreoffice"


@pytest.mark.parametrize("name", ["a.doc", "a.docx"])
def test_file_with_a_password_says_so(name: str) -> None:
    head = b"\xec\xa5" + bytes(9) + b"\1" + bytes(500)  # fEncrypted
    stream = "EncryptedPackage" if name == "a.docx" else "WordDocument"
    found = read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + head + stream.encode("utf-16-le"), name)
    assert found.reason == "encrypted"


@pytest.mark.parametrize("name", ["a.doc", "a.ppt"])
def test_picture_in_a_file_is_not_taken_for_a_password(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten megabytes of pictures one sector in 65,536 begins as the head of a document does."""
    monkeypatch.setenv("PATH", "")
    picture = b"\xec\xa5" + b"\7" * 510 if name == "a.doc" else b"\xec\xa5" + bytes(9) + b"\1" + bytes(500)
    stream = "WordDocument" if name == "a.doc" else "PowerPoint Document"
    found = read(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + picture + stream.encode("utf-16-le"), name
    )
    assert found.reason == "no_libreoffice"


@pytest.mark.parametrize(
    "behaviour, reason", [("exit 1", "unreadable"), ("exit 0", "unreadable"), ("sleep 30", "timeout")]
)
def test_libreoffice_that_fails_costs_that_one_document(
    behaviour: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\n{behaviour}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    url = "http://x.se/a.doc"
    found = extract(word97("Policy"), "application/msword", url, seconds=1)
    assert found.reason == reason
    assert found.titles == (("metadata", "Policy"),)


def test_libreoffice_has_no_network_and_its_files_go_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "soffice"
    program.write_text(f'#!/bin/sh\nenv >{told}\ntouch "$TMPDIR/left" "$HOME/left"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("no_proxy", "*")
    read(word97("Policy"), "a.doc")
    values = dict(line.split("=", 1) for line in told.read_text().splitlines() if "=" in line)
    ways = [values[f"{scheme}_proxy"] for scheme in ("http", "https", "ftp")]
    assert (ways, values["no_proxy"]) == (["http://127.0.0.1:1"] * 3, "")
    assert not Path(values["TMPDIR"]).exists() and values["HOME"] == values["TMPDIR"]


# With the usual prefixes: by them LibreOffice tells it from plain text.
LINKED = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="{ODF}:office:1.0" xmlns:text="{ODF}:text:1.0" xmlns:draw="{ODF}:drawing:1.0"
xmlns:svg="{ODF}:svg-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.3"
office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text><text:p>Före
<draw:frame text:anchor-type="as-char" svg:width="3cm" svg:height="3cm"><draw:image xlink:href="PICTURE"
xlink:type="simple"/></draw:frame> efter</text:p></office:text></office:body></office:document>"""


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_pictures_that_a_file_refers_to_are_not_fetched(tmp_path: Path) -> None:
    asked: list[bytes] = []

    class Site(BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.request.recv(100))

    server = ThreadingTCPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "a.fodt").write_text(
        LINKED.replace("PICTURE", f"http://127.0.0.1:{server.server_address[1]}/a.png")
    )
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    for name, kind in (("a.fodt", "doc"), ("a.doc", "docx")):
        command = ["soffice", "--headless", profile, "--convert-to", kind, "--outdir", str(tmp_path)]
        subprocess.run([*command, str(tmp_path / name)], capture_output=True, check=True)
    assert asked, "the file refers to no picture"
    asked.clear()
    assert "Före" in read((tmp_path / "a.doc").read_bytes(), "a.doc").pages[0].text
    assert asked == []
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_rtf_is_read_by_libreoffice() -> None:
    found = read(rb"{\rtf1\ansi Barnets r\'e4ttigheter}", "a.rtf")
    assert found.pages[0].text == "Barnets rättigheter"
