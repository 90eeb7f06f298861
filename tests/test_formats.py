"""Files of result sets, read back with the libraries that people read them with."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import bibtexparser
import citeproc
import openpyxl
import pytest
import python_calamine
import rispy
from citeproc.source.json import CiteProcJSON
from pyarrow import csv as arrow_csv
from pyarrow import json as arrow_json
from pyarrow import parquet

from indexer.cli import main
from indexer.export import record
from indexer.formats import FORMATS, Export, excel, tables
from indexer.formats.excel import LONGEST
from indexer.formats.references import csl, reference, write_bibtex, write_ris
from indexer.model import MASK, Contact, Document, FoundOn, Page

PLAN = Document(
    "0123456789ab", "https://a.se/plan_(1)%20{x}.pdf", "Processplan & 100 % {barn}", "pdf", "a",
    also_at=("https://a.se/p",), kind="process_plan", published="2012-05-11", years=(2012, 2013),
    language="sv", municipalities=("0180", "1283"), counties=("01", "12"),
    contacts=(Contact("Strateg", "Kim Ek", "kim@a.se"), Contact(None, "Bo Al")), found_on="https://a.se/",
    anchor="Planen", headings=("Dokument", "2012"), links=(FoundOn("https://a.se/", "Planen", ("2012",)),),
    publisher="Kommunförbundet Skåne", page_count=2, fetched_at="2026-11-20T10:00:00Z",
    capture="a-1.warc.gz:4711", digest="ab" * 32,
)  # fmt: skip
PAGES = (Page(1, "Första sidan.", "Inledning"), Page(2, "Andra; sidan\nfortsätter.", None, "ii"))
EVIL = Document(
    "evil", "https://a.se/?a=b&c", '=HYPERLINK("http://evil")', "html",
    publisher="@SUM(A1)\0\x01\ud800\ufffe \\end{x}\nER  - \nTY  - BOOK",
)  # fmt: skip
ABOUT = {"query": "plan", "index": {"id": "g1", "documents": 7}, "held": {"1283": {"2012": 3}}}
ALL = tuple(FORMATS)


def written(name: str, *documents: Document, text: tuple[Page, ...] = ()) -> bytes:
    records = [(d, text) for d in documents]
    return b"".join(FORMATS[name].write(Export(records, bool(text), ABOUT)))


# --- tables -----------------------------------------------------------------------------------------------


def test_json_lines_are_one_object_a_line() -> None:
    lines = written("jsonl", PLAN, PLAN, text=PAGES).decode().splitlines()
    assert [json.loads(line) for line in lines] == [record(PLAN, PAGES)] * 2


def test_csv_is_what_a_swedish_excel_opens() -> None:
    data = written("csv", PLAN, text=PAGES)
    assert data.startswith(b"\xef\xbb\xbf") and b"\r\n" in data
    one, two = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";")
    assert (one["years"], one["municipalities"]) == ("2012 | 2013", "0180 | 1283")
    assert one["contacts"] == "Strateg: Kim Ek | Bo Al"
    assert (one["page"], one["page_heading"], one["text"]) == ("1", "Inledning", "Första sidan.")
    assert (two["page"], two["text"], two["title"]) == ("2", "Andra; sidan\nfortsätter.", PLAN.title)
    assert (one["page_label"], two["page_label"]) == ("", "ii")


def test_tables_for_people_have_the_words_for_codes() -> None:
    names = {"process_plan": "Processplan", "0180": "Stockholm", "1283": "Helsingborg", "01": "AB", "12": "M"}
    whole = replace(PLAN, areas=("toolbox",), series="s", alike=("x",), problem="no_text", read_by="ocr")
    names["toolbox"] = "Verktygslåda"
    found = Export([(whole, ()), (EVIL, ())], False, ABOUT, lambda _, value: names[value])
    lines = b"".join(FORMATS["csv"].write(found)).decode("utf-8-sig")
    one, two = csv.DictReader(io.StringIO(lines, newline=""), delimiter=";")
    assert (one["kind"], one["kind_label"]) == ("process_plan", "Processplan")
    assert (one["municipality_labels"], one["county_labels"]) == ("Stockholm | Helsingborg", "AB | M")
    assert (two["kind_label"], two["area_labels"]) == ("", "")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(FORMATS["xlsx"].write(found))))["Dokument"]
    head, first, _ = sheet.iter_rows(values_only=True)
    assert list(head) == list(one) and ["" if v is None else str(v) for v in first] == list(one.values())


def test_reference_names_the_kind_in_words() -> None:
    found = Export([(PLAN, ())], False, ABOUT, lambda _, value: f"words for {value}")
    assert json.loads(b"".join(FORMATS["csl"].write(found)))[0]["genre"] == "words for process_plan"
    assert b"M3  - words for process_plan" in b"".join(FORMATS["ris"].write(found))


@pytest.mark.parametrize("name", ["csv", "xlsx", "parquet"])
def test_tables_of_nothing_still_have_their_columns(name: str) -> None:
    data = written(name)
    if name == "csv":
        columns = data.decode("utf-8-sig").strip().split(";")
    elif name == "xlsx":
        columns = [c.value for c in openpyxl.load_workbook(io.BytesIO(data))["Dokument"][1]]
    else:
        columns = parquet.read_table(io.BytesIO(data)).column_names
    assert columns == [*tables.COLUMNS, *(["links"] if name == "parquet" else [])]


def test_no_cell_is_a_formula() -> None:
    (row,) = csv.DictReader(io.StringIO(written("csv", EVIL).decode("utf-8-sig"), newline=""), delimiter=";")
    assert row["title"].startswith("'=") and row["publisher"].startswith("'@")
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx", EVIL)))["Dokument"]
    cell = next(c for c in sheet[2] if str(c.value).startswith("=HYPERLINK"))
    assert cell.data_type == "s"


@pytest.mark.parametrize("between", [",", "\t", "\n", "\r"])
@pytest.mark.parametrize(
    "formula", ['=HYPERLINK("http://evil";A1)', "+cmd|' /C calc'!A0", "-1+WEBSERVICE(B2)"]
)
def test_no_part_of_a_cell_is_a_formula_where_commas_or_tabs_divide(between: str, formula: str) -> None:
    text = f"planen{between}{formula}"
    data = written("csv", PLAN, text=(Page(1, text),)).decode("utf-8-sig")
    assert f"{between}'{formula[0]}" in data and f"{between}{formula[0]}" not in data


def test_what_only_looks_like_a_formula_is_left() -> None:
    text = "50,- per barn\n- skolan\n- fritids, @malmo https://a.se/1,-2"
    data = written("csv", PLAN, text=(Page(1, text),)).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(data, newline=""), delimiter=";")
    assert row["text"] == text


def test_excel_keeps_codes_as_text_and_carries_the_manifest() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", PLAN, replace(PLAN, municipalities=("0180",)))))
    head, _, two = book["Dokument"].iter_rows(values_only=True)
    assert dict(zip(head, two, strict=True))["municipalities"] == "0180"
    about = {row[0].value: row[1].value for row in book["Manifest"].iter_rows()}
    assert (about["query"], about["index.documents"], about["held.1283.2012"]) == ("plan", 7, 3)


@pytest.mark.parametrize("text", ["å" * (LONGEST + 5), "🧒" * 20_000])
def test_a_page_longer_than_a_cell_goes_on_in_the_line_below(text: str) -> None:
    data = written("xlsx", PLAN, text=(Page(1, text),))
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Dokument"]
    cells = [str(row[-1]) for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert "".join(cells) == text and len(cells) == 2
    assert all(len(c.encode("utf-16-le")) // 2 <= 32_767 for c in cells)


@pytest.mark.parametrize(("limit", "value"), [("SHEET_ROWS", 4), ("SHEET_BYTES", 6_000)])
def test_a_full_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(excel, limit, value)
    documents = [replace(PLAN, id=f"id{n}") for n in range(10)]
    data = written("xlsx", *documents)
    book = openpyxl.load_workbook(io.BytesIO(data))
    more = [f"Dokument {n}" for n in range(2, len(book.sheetnames))]
    assert len(more) >= 2 and book.sheetnames == ["Dokument", *more, "Manifest"]
    assert limit != "SHEET_ROWS" or book["Dokument"].max_row == value
    found = [row[0].value for name in book.sheetnames[:-1] for row in book[name].iter_rows(min_row=2)]
    assert found == [d.id for d in documents]
    assert all(book[name]["A1"].value == "id" and book[name]["A1"].font.b for name in book.sheetnames[:-1])


def test_excel_is_read_as_programs_read_large_files() -> None:
    """Row by row, by openpyxl and by the reader in Rust: both find the sizes at the end of the zip."""
    data = written("xlsx", *(replace(PLAN, id=f"id{n}") for n in range(600)))
    assert ZipFile(io.BytesIO(data)).testzip() is None
    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True)["Dokument"]
    assert [row[0] for row in sheet.iter_rows(values_only=True)][1::599] == ["id0", "id599"]
    read = python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_name("Dokument").to_python()
    assert len(read) == 601 and read[-1][:4] == ["id599", PLAN.url, "https://a.se/p", PLAN.title]


def test_a_cell_is_the_text_it_was() -> None:
    texts = ["_x0041_", " blank ", "a\nb", "<b>&amp;", "'", "007", "1e5", "=1+1", "ö🧒", "a\rb"]
    lines = [[t, n, 0.5, True, None, float("nan")] for n, t in enumerate(texts)]
    data = b"".join(excel.xlsx_of("Rader", tuple("abcdef"), lines, {}))
    (_, *rows) = openpyxl.load_workbook(io.BytesIO(data))["Rader"].iter_rows(values_only=True)
    # openpyxl does not undo the escape of ECMA-376; Excel and calamine do.
    assert [str(r[0]).replace("_x005F_x", "_x") for r in rows] == [*texts[:-1], "a\nb"]
    assert rows[3][1:] == (3, 0.5, "True", None, None)


def test_an_export_that_is_given_up_leaves_nothing_behind() -> None:
    for name in ALL:
        pieces = FORMATS[name].write(Export(((PLAN, PAGES) for _ in range(5_000)), True, ABOUT))
        assert next(pieces)
        pieces.close()  # a generator


def test_tables_read_back_as_data_frames_do() -> None:
    """By PyArrow, which pandas reads CSV, JSON Lines and Parquet with when it is asked for speed."""
    documents = [replace(PLAN, id=f"id{n}", years=(2000 + n,)) for n in range(50)]
    options = arrow_csv.ParseOptions(delimiter=";", newlines_in_values=True)
    codes = arrow_csv.ConvertOptions(column_types={"municipalities": "string"})
    table = arrow_csv.read_csv(
        io.BytesIO(written("csv", *documents, EVIL)), parse_options=options, convert_options=codes
    )
    assert table.column_names == list(tables.COLUMNS) and table.num_rows == 51
    assert table["municipalities"][0].as_py() == "0180 | 1283" and table["title"][0].as_py() == PLAN.title
    lines = arrow_json.read_json(io.BytesIO(written("jsonl", *documents, text=PAGES)))
    assert lines["years"].to_pylist() == [[2000 + n] for n in range(50)]
    assert lines["text"][0].as_py()[1]["text"] == PAGES[1].text
    whole = parquet.read_table(io.BytesIO(written("parquet", *documents)))
    assert whole["id"].to_pylist() == lines["id"].to_pylist() == table["id"].to_pylist()[:50]


def test_parquet_has_types_and_carries_the_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROW_GROUP", 1)
    table = parquet.read_table(io.BytesIO(written("parquet", PLAN, EVIL, text=PAGES)))
    one, _ = table.to_pylist()
    same = record(PLAN, PAGES)
    assert one == same | {"contacts": [{"email": None, "phone": None} | c for c in same["contacts"]]}
    assert json.loads(table.schema.metadata[b"kompass.manifest"]) == ABOUT


# --- references -------------------------------------------------------------------------------------------


def test_ris_reads_back() -> None:
    (found,) = rispy.loads(written("ris", PLAN).decode())
    assert found["type_of_reference"] == "RPRT" and found["title"] == PLAN.title
    assert found["authors"] == ["Kommunförbundet Skåne"] and found["year"] == "2012"
    assert (found["date"], found["access_date"]) == ("2012/05/11/", "2026/11/20/")
    assert found["urls"] == [PLAN.url] and "a-1.warc.gz:4711" in found["notes"][0]


def test_no_document_ends_a_reference_or_begins_another() -> None:
    assert len(rispy.loads(written("ris", EVIL, PLAN).decode())) == 2
    library = bibtexparser.parse_string(written("bibtex", EVIL, PLAN).decode())
    assert [e.key for e in library.entries] == ["kompass-evil", "kompass-0123456789ab"]
    assert not library.failed_blocks


def test_ids_of_imports_make_keys_of_their_own() -> None:
    ids = ["a/b", "a b", "a-b", "å ä ö", "x{},y", "%", "#" * 300]
    library = bibtexparser.parse_string(written("bibtex", *(replace(PLAN, id=i) for i in ids)).decode())
    keys = [e.key for e in library.entries]
    assert len(set(keys)) == len(ids) and not library.failed_blocks
    assert all(re.fullmatch(r"kompass-[A-Za-z0-9.:-]{1,80}", k) for k in keys)
    assert [r["id"] for r in rispy.loads(written("ris", *(replace(PLAN, id=i) for i in ids)).decode())] == ids


def test_braces_of_a_title_end_no_field_in_bibtex() -> None:
    title = "a}} @article{evil, title={{b}, {c"
    text = written("bibtex", replace(PLAN, title=title, publisher="}")).decode()
    depth = 0  # BibTeX and biber count braces, escaped or not
    for character in text.strip()[len("@misc") : -1]:
        depth += (character == "{") - (character == "}")
        assert depth > 0
    assert depth == 1


def test_bibtex_reads_back() -> None:
    (entry,) = bibtexparser.parse_string(written("bibtex", PLAN).decode()).entries
    fields = {f.key: f.value for f in entry.fields}
    assert fields["author"] == "{Kommunförbundet Skåne}"
    assert fields["title"] == r"{Processplan \& 100 \% \textbraceleft{}barn\textbraceright{}}"
    assert (fields["year"], fields["month"], fields["urldate"]) == ("2012", "may", "2026-11-20")
    assert fields["url"] == "https://a.se/plan_(1)%20%7Bx%7D.pdf"
    assert b"month = jul," in written("bibtex", replace(PLAN, published="2012-07"))


@pytest.mark.parametrize(("code", "name"), [("sv", b"{swedish}"), ("en", b"{english}"), ("so", None)])
def test_bibtex_names_languages_as_biblatex_does(code: str, name: bytes | None) -> None:
    made = written("bibtex", Document("x", "https://a.se/", "T", "html", language=code))
    assert name in made if name else b"langid" not in made


def test_csl_is_cited_by_citeproc() -> None:
    items = json.loads(written("csl", PLAN, EVIL))
    style = citeproc.CitationStylesStyle("harvard-cite-them-right", validate=False)
    shelf = citeproc.CitationStylesBibliography(style, CiteProcJSON(items), citeproc.formatter.plain)
    shelf.register(citeproc.Citation([citeproc.CitationItem(PLAN.id)]))
    (line,) = map(str, shelf.bibliography())
    assert line.startswith("Kommunförbundet Skåne (2012)") and "Processplan" in line


def test_a_page_is_cited_by_its_printed_number_and_address() -> None:
    page = reference(PLAN, PAGES[1], "https://a.se/plan.pdf#page=2")
    assert (csl(page)["page"], csl(page)["URL"]) == ("ii", "https://a.se/plan.pdf#page=2")
    assert rispy.loads(b"".join(write_ris([page])).decode())[0]["start_page"] == "ii"
    assert b"pages = {ii}" in b"".join(write_bibtex([page]))


def test_what_is_not_known_is_left_out_of_a_reference() -> None:
    bare = csl(reference(Document("x", "https://www.a.se/", "T", "html")))
    assert bare["author"] == [{"literal": "a.se"}] and not {"issued", "accessed", "page"} & set(bare)


@pytest.mark.parametrize(
    ("years", "cited"),
    [
        ((2012, 2013), (2013,)),
        ((2025, 2026, 2027, 2028), (2025,)),  # was cited as of 2028, by who read it in 2026
        ((2026,), (2026,)),
        ((2027, 2028), ()),
        ((), ()),
    ],
)
def test_a_reference_is_never_of_a_year_after_it_was_read(
    years: tuple[int, ...], cited: tuple[int, ...]
) -> None:
    plan = Document("x", "https://a.se/", "Plan", "html", years=years, fetched_at="2026-11-20T10:00:00Z")
    assert reference(plan).issued == cited
    assert reference(replace(plan, published="2024-05")).issued == (2024, 5)
    assert reference(replace(plan, fetched_at=None)).issued == ((max(years),) if years else ())


@pytest.mark.parametrize("form", ["html", "docx", "text"])
def test_a_section_is_no_page_of_a_reference(form: str) -> None:
    section = Page(7, "text", "Så arbetar vi", anchor="arbete")
    cited = csl(reference(Document("x", "https://a.se/", "T", form), section, "https://a.se/#arbete"))
    assert cited["URL"] == "https://a.se/#arbete" and "page" not in cited
    slide = Document("x", "https://a.se/b.pptx", "T", "pptx", page_count=9)
    assert csl(reference(slide, section))["page"] == "7"


def test_an_address_that_is_masked_is_left_out_of_a_reference() -> None:
    withheld = Document("x", f"https://a.se/{MASK}.pdf", "T", "pdf")
    for name in ("ris", "bibtex", "csl"):
        assert MASK not in written(name, withheld).decode() and "a.se" in written(name, withheld).decode()


# --- all --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_every_format_takes_what_damaged_files_bring(name: str) -> None:
    assert written(name, EVIL, text=(Page(1, "\0\x1f\ud800\uffff" + "=1+1", "\0"),))


@pytest.mark.parametrize("name", ALL)
def test_a_file_is_sent_while_it_is_made(name: str) -> None:
    read = 0

    def records() -> Iterator[tuple[Document, tuple[Page, ...]]]:
        nonlocal read
        for i in range(2 * tables.ROW_GROUP):
            read = i + 1
            yield replace(PLAN, title=random.Random(i).randbytes(60).hex()), ()

    size = 0
    for piece in FORMATS[name].write(Export(records(), False, ABOUT)):
        size += len(piece)
        if size > 10_000:
            break
    assert read <= tables.ROW_GROUP


@pytest.mark.parametrize("name", ALL)
def test_the_command_line_writes_a_file_and_its_manifest(web_index: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / f"funna.{name}"
    command = ["export", "barnchecklista", "--year", "2012", "--index", str(web_index), "--format", name]
    assert main([*command, "--output", str(file)]) == 0
    told = json.loads((tmp_path / f"funna.{name}.manifest.json").read_bytes())
    assert (told["query"], told["documents"]) == ("barnchecklista", 3) and file.stat().st_size > 100
    assert told["filters"] == {"year_from": 2012, "year_to": 2012} and told["held"]["documents"] == 37
