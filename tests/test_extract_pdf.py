"""PDF: reading order, words broken at line ends, running heads, metadata, forms; damaged and locked files."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Sequence

import pypdf
import pytest
from fpdf import FPDF
from fpdf.enums import TextMode
from hostile_files import pdf as raw_pdf
from pypdf.constants import UserAccessPermissions

from indexer.extract import extract
from indexer.extract.paragraphs import join, plain
from indexer.extract.title import choose
from indexer.model import Extract

URL = "http://x.se/fil.pdf"
WORDS = "Barnets bästa ska prövas i alla beslut som rör barn och unga i kommunen under perioden"


def document(title: str = "") -> FPDF:
    made = FPDF(format="A4")
    made.set_auto_page_break(False)
    made.set_font("helvetica", size=11)
    if title:
        made.set_title(title)
    return made


def lines(made: FPDF, x: float, y: float, texts: Sequence[str], size: float = 11, step: float = 5) -> None:
    made.set_font("helvetica", size=size)
    for number, text in enumerate(texts):
        made.text(x, y + number * step, text)


def read(made: FPDF | bytes) -> Extract:
    return extract(made if isinstance(made, bytes) else bytes(made.output()), "application/pdf", URL)


def wrapped(text: str, width: int) -> list[str]:
    rows = [""]
    for word in text.split():
        if len(rows[-1]) + len(word) >= width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows


# --- reading order ----------------------------------------------------------------------------------------

LEFT = [
    "Barnets rättigheter ska", "genomsyra kommunens ar-", "bete i alla nämnder och", "bolag under tiden och",
    "följas upp varje år av", "kommunstyrelsen.",
]  # fmt: skip
RIGHT = [
    "Uppföljning sker varje år", "i samband med bokslutet", "och redovisas till kom-",
    "munfullmäktige i april av", "den som är ansvarig för", "arbetet.",
]  # fmt: skip


def test_columns_drawn_row_by_row_are_read_one_after_the_other() -> None:
    made = document()
    made.add_page()
    for number, (one, other) in enumerate(zip(LEFT, RIGHT, strict=True)):
        lines(made, 20, 40 + 5 * number, [one])
        lines(made, 110, 40 + 5 * number, [other])
    assert read(made).pages[0].text.split("\n") == [
        "Barnets rättigheter ska genomsyra kommunens arbete i alla nämnder och bolag under tiden och "
        "följas upp varje år av kommunstyrelsen.",
        "Uppföljning sker varje år i samband med bokslutet och redovisas till kommunfullmäktige i april av "
        "den som är ansvarig för arbetet.",
    ]


def test_three_columns_are_taken_apart() -> None:
    third = [
        "Barn och unga ska få", "veta hur det gick med", "det som de har sagt och", "varför det blev så och",
        "inte på något annat", "sätt.",
    ]  # fmt: skip
    made = document()
    made.add_page()
    for number, texts in enumerate(zip(LEFT, RIGHT, third, strict=True)):
        for column, text in enumerate(texts):
            lines(made, 15 + 62 * column, 40 + 5 * number, [text])
    text = read(made).pages[0].text
    assert "kommunens arbete i alla nämnder och bolag" in text
    assert "till kommunfullmäktige i april" in text
    assert "veta hur det gick med det som de har sagt" in text


@pytest.mark.parametrize(("left", "right"), [(60, 20), (20, 60)])
def test_rest_of_the_longer_column_stays_with_it(left: int, right: int) -> None:
    first = wrapped(" ".join(f"vänster{n} ord" for n in range(left)), 36)
    second = wrapped(" ".join(f"höger{n} ord" for n in range(right)), 36)
    made = document()
    made.add_page()
    for number in range(max(len(first), len(second))):
        lines(made, 20, 40 + 5 * number, first[number : number + 1])
        lines(made, 110, 40 + 5 * number, second[number : number + 1])
    assert read(made).pages[0].text.replace("\n", " ") == " ".join([*first, *second])


def test_gaps_between_justified_words_are_no_columns() -> None:
    made = document()
    made.add_page()
    columns = [
        (20, wrapped(f"{WORDS} {WORDS}".lower(), 34)),
        (98, wrapped(f"och {WORDS} {WORDS}".lower(), 34)),
    ]
    for number in range(5):
        for place, rows in columns:
            words = rows[number].split()
            gap = (73 - sum(map(made.get_string_width, words))) / (len(words) - 1)
            for word in words:
                made.text(place, 40 + 5 * number, word)
                place += made.get_string_width(word) + gap
    assert read(made).pages[0].text == "\n".join(" ".join(rows[:5]) for _, rows in columns)


def test_columns_drawn_one_after_the_other_stay_so() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 20, ["Handlingsplan"], size=20)
    lines(made, 20, 40, LEFT)
    lines(made, 110, 40, RIGHT)
    text = read(made).pages[0].text
    assert "kommunens arbete i alla nämnder" in text and "till kommunfullmäktige i april" in text
    assert text.index("kommunstyrelsen.") < text.index("Uppföljning")


def test_tables_are_read_in_rows() -> None:
    made = document()
    made.add_page()
    cells = [
        ("Ledamot", "Uppdrag"), ("Karin Ahlberg", "ordförande"), ("Per Lind", "ledamot"),
        ("Eva Ek", "ersättare"), ("Bo Alm", "ersättare"), ("Siv Dahl", "sekreterare"),
    ]  # fmt: skip
    for number, (one, other) in enumerate(cells):
        lines(made, 20, 40 + 6 * number, [one])
        lines(made, 110, 40 + 6 * number, [other])
    assert read(made).pages[0].text.split("\n")[1] == "Karin Ahlberg ordförande"


def test_lines_of_a_paragraph_are_one_line_and_headings_their_own() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 40, ["Bakgrund"], size=16)
    lines(made, 20, 48, wrapped(f"{WORDS}. {WORDS}.", 60))
    lines(made, 20, 78, ["- Första punkten", "- Andra punkten"])
    assert read(made).pages[0].text.split("\n") == [
        "Bakgrund",
        f"{WORDS}. {WORDS}.",
        "- Första punkten",
        "- Andra punkten",
    ]


def test_words_broken_within_cells_are_whole_again() -> None:
    made = document()
    made.add_page()
    rows = [
        ("Mål", "Åtgärd", "Ansvar"), ("Alla barn ska", "Utbilda i barnkon-", "Barn- och"),
        ("känna till sina", "ventionen varje", "utbildnings-"), ("rättigheter", "år", "nämnden"),
    ]  # fmt: skip
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            lines(made, 20 + 60 * column, 40 + 5 * number, [cell])
    assert read(made).pages[0].text.split("\n") == [
        "Mål Åtgärd Ansvar",
        "Alla barn ska Utbilda i barnkonventionen Barn- och",
        "känna till sina varje utbildningsnämnden",
        "rättigheter år",
    ]


def test_short_table_in_the_text_is_read_in_rows() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 20, wrapped(f"{WORDS}. {WORDS}.", 60))
    for number, (one, other) in enumerate([("mål", "ansvar"), ("stöd", "kommunen"), ("råd", "regionen")]):
        lines(made, 20, 60 + 5 * number, [one])
        lines(made, 120, 60 + 5 * number, [other])
    assert read(made).pages[0].text.split("\n")[-3:] == ["mål ansvar", "stöd kommunen", "råd regionen"]


def test_paragraph_with_a_bold_beginning_is_one_and_a_bold_line_is_a_heading() -> None:
    made = document()
    made.add_page()
    made.set_font("helvetica", "B", 11)
    made.text(20, 34, "Stöd till barn")
    made.text(20, 40, "13 §")
    first, *more = wrapped(f"{WORDS}.", 60)
    lines(made, 31, 40, [first])
    lines(made, 20, 45, more)
    assert read(made).pages[0].text == f"Stöd till barn\n13 § {WORDS}."


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_turned_text_is_read_in_its_own_order(angle: int) -> None:
    made = document()
    made.add_page()
    with made.rotation(angle, x=105, y=148):
        lines(made, 40, 120, ["Handlingsplan"], size=18)
        lines(made, 40, 130, [*wrapped(WORDS, 50), "och följs upp av kom-", "munen."])
        for number, (one, other) in enumerate([("Karin Ahlberg", "ordförande"), ("Per Lind", "ledamot")]):
            lines(made, 40, 190 + 6 * number, [one])
            lines(made, 120, 190 + 6 * number, [other])
    assert read(made).pages[0].text.split("\n") == [
        "Handlingsplan",
        f"{WORDS} och följs upp av kommunen.",
        "Karin Ahlberg ordförande",
        "Per Lind ledamot",
    ]


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_page_that_is_shown_turned_is_read_upright(angle: int) -> None:
    made = document()
    made.add_page()
    lines(made, 20, 40, [*wrapped(WORDS, 50), "och följs upp av kom-", "munen."])
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(bytes(made.output()))))
    writer.pages[0].rotate(angle)
    buffer = io.BytesIO()
    writer.write(buffer)
    assert read(buffer.getvalue()).pages[0].text == f"{WORDS} och följs upp av kommunen."


def test_large_first_letter_of_a_paragraph_goes_with_its_word() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 60.5, ["D"], size=40)
    lines(made, 20, 30, ["Ungdomarna tog över"], size=24)
    lines(made, 31, 54, ["et var fullsatt i salen när ordföranden", "slog klubban i bordet och hälsade alla"])
    lines(made, 20, 64, ["välkomna till debatten."])
    found = read(made)
    assert found.pages[0].text == (
        "Ungdomarna tog över\nDet var fullsatt i salen när ordföranden slog klubban i bordet och hälsade "
        "alla välkomna till debatten."
    )
    assert found.titles[0] == ("first page", "Ungdomarna tog över")


def test_word_aslant_behind_the_text_is_no_title() -> None:
    made = document()
    made.add_page()
    with made.rotation(45, 100, 150):
        lines(made, 60, 150, ["UTKAST"], size=90)
    lines(made, 20, 30, ["Överenskommelse om samverkan"], size=18)
    lines(made, 20, 50, ["Parterna är överens om barns bästa.", "Detta gäller i två år."])
    found = read(made)
    assert found.titles[0] == ("first page", "Överenskommelse om samverkan")
    assert "UTKAST" in found.pages[0].text


def test_words_whose_letters_are_spaced_out_are_whole_and_single_letters_stay_apart() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 20, ["B A R N E T S   B Ä S T A"], size=18)
    made.set_char_spacing(7)
    lines(made, 20, 40, ["Protokoll från Åhus"], size=18)
    made.set_char_spacing(0)
    lines(made, 20, 60, ["Alternativ A B C D E och F", "Bo Ek X X X X X"])
    assert read(made).pages[0].text.split("\n") == [
        "BARNETS BÄSTA", "Protokoll från Åhus", "Alternativ A B C D E och F", "Bo Ek X X X X X",
    ]  # fmt: skip


def test_letters_drawn_one_by_one_upwards_are_a_word() -> None:
    made = document()
    made.add_page()
    lines(made, 40, 40, ["Upprätt text om barn och unga", "som fortsätter på en rad till", "och slutar här."])
    height = 100.0
    for letter in "Ansvar":
        with made.rotation(90, 20, height):
            made.text(20, height, letter)
        height -= made.get_string_width(letter)
    assert read(made).pages[0].text.endswith("\nAnsvar")


def test_text_drawn_twice_to_look_bold_is_read_once() -> None:
    made = document()
    made.add_page()
    for shift in (0.0, 0.15, 0.3):
        lines(made, 20 + shift, 40, ["Barnets bästa ska prövas"], size=16)
    lines(made, 20, 60, [WORDS])
    assert read(made).pages[0].text == f"Barnets bästa ska prövas\n{WORDS}"


def test_invisible_text_over_a_scan_is_read() -> None:
    made = document()
    made.add_page()
    made.text_mode = TextMode.INVISIBLE
    lines(made, 20, 40, [WORDS])
    assert read(made).pages[0].text == WORDS


# --- words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("barnkonven-", "tionen gäller", "barnkonventionen gäller"),
        ("för-", "och nackdelar", "för- och nackdelar"),
        ("skol-", "eller fritidshem", "skol- eller fritidshem"),
        ("SKL-", "rapporten", "SKL-rapporten"),
        ("via e-", "tjänsten", "via e-tjänsten"),
        ("på bvc-", "mottagningen", "på bvc-mottagningen"),
        ("om bo-", "stad", "om bostad"),
        ("2012-", "2013", "2012-2013"),
        ("Per-", "Olof Ek", "Per-Olof Ek"),
        ("barn\u00ad", "rätt", "barnrätt"),
        ("ett tanke -", "streck", "ett tanke - streck"),
        ("utan", "bindestreck", "utan bindestreck"),
    ],
)
def test_word_broken_at_a_line_end_is_whole_again(before: str, after: str, whole: str) -> None:
    assert join(before, after) == whole


def test_hyphen_that_the_reader_took_away_is_put_back_where_it_belongs() -> None:
    assert join("barnkonven", "tionen", marked=True) == "barnkonventionen"
    assert join("för", "och nackdelar", marked=True) == "för- och nackdelar"
    assert join("EU", "frågor", marked=True) == "EU-frågor"


LAYERS = [
    b"<< /Type /Catalog /Pages 2 0 R "
    b"/OCProperties << /OCGs [5 0 R 6 0 R] /D << /OFF [5 0 R] /Order [5 0 R 6 0 R] >> >> >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << "
    b"/Properties << /A 5 0 R /B 6 0 R >> "
    b"/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
    b"<< /Length 199 >> stream\n"
    b"/OC /A BDC BT /F 12 Tf 60 700 Td (ARBETSMATERIAL som ingen ser) Tj ET EMC\n"
    b"/OC /B BDC BT /F 12 Tf 60 600 Td (Handlingsplan som alla ser) Tj ET EMC\n"
    b"BT /F 12 Tf 60 500 Td (Antagen av styrelsen) Tj ET\nendstream",
    b"<< /Type /OCG /Name (Utkast) >>",
    b"<< /Type /OCG /Name (Text) >>",
]


def packed(objects: list[bytes]) -> bytes:
    """A PDF of these objects, the first of them, the catalogue, within a stream of objects."""
    out, rows = b"%PDF-1.7\n", [(0, 0, 0), (2, len(objects) + 1, 0)]
    held = zlib.compress(b"1 0 " + objects[0])
    head = b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>" % len(held)
    for number, body in enumerate([*objects[1:], head + b"stream\n" + held + b"\nendstream"], 2):
        rows.append((1, len(out), 0))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, count = len(out), len(rows) + 1
    table = b"".join(struct.pack(">BHB", *row) for row in (*rows, (1, start, 0)))
    entries = b"/Type /XRef /W [1 2 1] /Root 1 0 R /Size %d /Length %d" % (count, len(table))
    table = b"%d 0 obj\n<< %s >>stream\n%s\nendstream\nendobj\n" % (count - 1, entries, table)
    return out + table + b"startxref\n%d\n%%%%EOF" % start


@pytest.mark.parametrize("payload", [raw_pdf(LAYERS), packed(LAYERS)], ids=["plain", "packed"])
def test_text_on_a_layer_that_is_switched_off_is_not_read(payload: bytes) -> None:
    assert read(payload).pages[0].text == "Handlingsplan som alla ser\nAntagen av styrelsen"


def test_line_that_the_printer_cuts_off_is_not_read() -> None:
    content = (
        b"BT /F 8 Tf 40 10 Td (Folder_2013.indd   1) Tj 300 0 Td (2013-05-03   10:21) Tj ET "
        b"BT /F 12 Tf 60 600 Td (Ditt barns rattigheter) Tj ET"
    )
    page = LAYERS[2].replace(b"/Contents", b"/CropBox [30 30 570 770] /Contents")
    stream = b"<< /Length %d >> stream\n%s\nendstream" % (len(content), content)
    assert read(raw_pdf([*LAYERS[:2], page, stream, *LAYERS[4:]])).pages[0].text == "Ditt barns rattigheter"


def test_ligatures_and_loose_accents_become_letters() -> None:
    assert plain("oﬃciell ﬂik ﬁnns") == "officiell flik finns"
    assert plain("barnr¨att p˚a sk¨arm") == "barnrätt på skärm"
    assert plain("ra\u030ad") == "råd"
    assert plain("m² och ½") == "m² och ½"


def test_letter_that_comes_in_two_halves_is_one() -> None:
    assert plain("\ud835\udc38 och \ud835") == "\U0001d438 och \ufffd"


def test_marks_that_nobody_sees_are_left_out() -> None:
    assert plain("\u200ebarn\u200brätt\u202c \ufeffråd") == "barnrätt råd"


def test_word_broken_between_lines_is_found_in_a_file() -> None:
    made = document()
    made.add_page()
    lines(
        made,
        20,
        40,
        ["Kommunen ska under året pröva barnets bästa enligt barnkonven-", "tionen i varje beslut."],
    )
    assert "enligt barnkonventionen i varje beslut." in read(made).pages[0].text


def test_hyphen_stays_where_the_next_line_is_another_paragraph() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 40, ["Gränsvärden för metyl-", "Andra ämnen"])
    assert read(made).pages[0].text == "Gränsvärden för metyl-\nAndra ämnen"


def test_word_broken_between_pages_is_whole_on_the_first() -> None:
    made = document()
    texts = [
        ("Första sidan handlar om stöd.", "Ansvarig är kom-"),
        ("munfullmäktige, som beslutar.", "Nämnden har för-"),
        ("och nackdelar att väga.", "Slut."),
    ]
    for upper, lower in texts:
        made.add_page()
        lines(made, 20, 60, [upper])
        lines(made, 20, 240, [lower])
    assert [page.text for page in read(made).pages] == [
        "Första sidan handlar om stöd.\nAnsvarig är kommunfullmäktige,",
        "som beslutar.\nNämnden har för-",
        "och nackdelar att väga.\nSlut.",
    ]


# --- what repeats -----------------------------------------------------------------------------------------


def test_running_heads_and_feet_are_left_out_and_told() -> None:
    made = document()
    for number in range(1, 5):
        made.add_page()
        lines(made, 20, 10, ["Lunds kommun"], size=9)
        lines(made, 20, 60, [f"Avsnitt {number} handlar om barn"])
        lines(made, 170, 290, [f"Sida {number} av 4"], size=9)
    found = read(made)
    assert [page.text for page in found.pages] == [f"Avsnitt {n} handlar om barn" for n in range(1, 5)]
    assert found.furniture[0] == "Lunds kommun"


def test_day_in_the_foot_of_all_pages_is_told() -> None:
    made = document()
    for number in range(3):
        made.add_page()
        lines(made, 20, 60, [f"Avsnitt {number} handlar om barn"])
        lines(made, 20, 290, ["2014-02-28"], size=9)
    assert read(made).furniture == ("2014-02-28",)


@pytest.mark.parametrize(
    ("heads", "told"),
    [
        (["Bjuv 1", "2 Protokoll", "Bjuv 3", "4 Protokoll", "Bjuv 5"], ("Bjuv 1", "2 Protokoll")),
        (["", "", "", "", "Bilaga A", "Bilaga A", "Bilaga A", *[""] * 5], ("Bilaga A",)),
    ],
)
def test_heads_of_even_and_odd_pages_and_of_a_chapter_are_left_out(
    heads: list[str], told: tuple[str, ...]
) -> None:
    made = document()
    for number, head in enumerate(heads, 1):
        made.add_page()
        lines(made, 20, 14, [head], size=16)
        lines(made, 20, 60, [f"Ärendet gäller barn {number}"])
    found = read(made)
    assert [page.text for page in found.pages] == [f"Ärendet gäller barn {n + 1}" for n in range(len(heads))]
    assert found.furniture == told


def test_page_numbers_in_large_print_far_from_the_edge_are_left_out() -> None:
    made = document()
    for number in range(1, 4):
        made.add_page()
        lines(made, 20, 30, ["BFS 2012:2"], size=14)
        lines(made, 20, 60, [f"Kapitel {number} handlar om barn", "och unga."])
        lines(made, 100, 262, [str(number)], size=14)
    found = read(made)
    assert [page.text for page in found.pages] == [
        f"Kapitel {n} handlar om barn och unga." for n in (1, 2, 3)
    ]
    assert found.furniture == ("BFS 2012:2",)


def test_heading_at_the_top_of_one_page_stays() -> None:
    made = document()
    for number in range(1, 4):
        made.add_page()
        lines(made, 20, 12, [["Inledning", "Metod", "Resultat"][number - 1]], size=16)
        lines(made, 20, 60, [f"Text {number} om barn"])
    assert [page.text.split("\n")[0] for page in read(made).pages] == ["Inledning", "Metod", "Resultat"]


def test_numbered_headings_at_the_top_of_pages_stay() -> None:
    made = document()
    for number in range(21, 25):
        made.add_page()
        lines(made, 20, 14, [f"§ {number}"], size=16)
        lines(made, 20, 60, [f"Nämnden beslutar {number}"])
        lines(made, 20, 288, [f"Justerat, sida {number - 20}"], size=8)
    assert [page.text for page in read(made).pages] == [f"§ {n}\nNämnden beslutar {n}" for n in range(21, 25)]


def test_page_number_of_a_single_page_is_left_out() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 60, ["Text om barn"])
    lines(made, 20, 291, ["Hässleholms kommun Sida 1 (1)"], size=8)
    found = read(made)
    assert found.pages[0].text == "Text om barn"
    assert found.furniture == ("Hässleholms kommun Sida 1 (1)",)


# --- metadata ---------------------------------------------------------------------------------------------


def test_metadata_outline_and_labels_are_read() -> None:
    made = document("Plan för 2014")
    made.set_author("Region Skåne")
    made.set_lang("sv-SE")
    for chapter in ("Mål", "Åtgärder"):
        made.add_page()
        made.start_section(chapter)
        lines(made, 20, 60, [chapter, WORDS])
    reader = pypdf.PdfReader(io.BytesIO(bytes(made.output())))
    writer = pypdf.PdfWriter(clone_from=reader)
    writer.set_page_label(0, 0, style="/r")
    writer.add_metadata({"/CreationDate": "D:20140312101500+01'00'"})
    buffer = io.BytesIO()
    writer.write(buffer)
    found = read(buffer.getvalue())
    assert ("metadata", "Plan för 2014") in found.titles
    assert (found.author, found.language) == ("Region Skåne", "sv")
    assert [(entry.level, entry.title, entry.page) for entry in found.outline] == [
        (1, "Mål", 1),
        (1, "Åtgärder", 2),
    ]
    assert [page.label for page in found.pages] == ["i", "1"]
    assert [(date.date, date.label) for date in found.dates] == [("2014-03-12", "none")]


def test_label_that_is_no_label_is_not_told() -> None:
    labelled = LAYERS[0].replace(b"/OCProperties", b"/PageLabels << /Nums [0 << /S /R /St 99999 >>] >> /X")
    assert [page.label for page in read(raw_pdf([labelled, *LAYERS[1:]])).pages] == [None]


def test_slides_carry_their_headings() -> None:
    made = FPDF(orientation="landscape", format="A4")
    for heading in ("Så började det", "I dag"):
        made.add_page()
        lines(made, 20, 40, [heading], size=32)
        lines(made, 20, 60, ["- 117 utbildade", "- 33 kommuner"], size=18, step=12)
    assert [page.heading for page in read(made).pages] == ["Så började det", "I dag"]


def test_title_of_a_page_that_is_bold_all_over_is_its_first_line() -> None:
    made = document()
    made.add_page()
    made.set_font("helvetica", "B", 11)
    for number, text in enumerate(["Riktlinjer för elevhälsan", *wrapped(WORDS * 3, 40)]):
        made.text(20, 40 + 5 * number, text)
    assert dict(read(made).titles)["first page"] == "Riktlinjer för elevhälsan"


def test_title_of_a_cover_goes_on_in_its_second_line() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 80, ["Handlingsplan för barnets", "rättigheter", "Antagen 2014"], size=34, step=14)
    assert dict(read(made).titles)["first page"] == "Handlingsplan för barnets rättigheter"


def test_two_largest_texts_of_the_first_page_are_told() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 20, ["Lilla Edets kommun"], size=24)
    lines(made, 20, 60, ["Barnens plan för"], size=18)
    lines(made, 20, 67, ["hela kommunen"], size=18)
    lines(made, 20, 90, ["Brödtext som är mindre än rubrikerna är.", "Och en rad till."])
    titles = dict(read(made).titles)
    assert (titles["first page"], titles["second"]) == (
        "Lilla Edets kommun",
        "Barnens plan för hela kommunen",
    )


def test_title_as_large_as_the_name_of_the_sender_is_told_too() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 20, ["Hörby kommun", "PROTOKOLLSUTDRAG"], size=13, step=16)
    lines(made, 20, 60, ["Antagande av handlingsplan för barnets rättigheter"], size=13)
    lines(made, 20, 80, wrapped(WORDS * 6, 80))
    assert choose(read(made), None, URL) == "Antagande av handlingsplan för barnets rättigheter"


def test_title_is_not_a_heading_of_a_part_although_that_is_as_large_as_the_sender() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 20, ["Lilla Edets kommun"], size=18)
    lines(made, 20, 40, ["Riktlinjer för barns delaktighet"], size=16)
    for number, part in enumerate(("Inledande ord", "Ansvar och roller")):
        lines(made, 20, 70 + 90 * number, [part], size=18)
        lines(made, 20, 80 + 90 * number, wrapped(WORDS * 3, 80))
    assert choose(read(made), None, URL) == "Riktlinjer för barns delaktighet"


def test_title_that_is_most_of_a_cover_is_told_and_not_the_small_line_above_it() -> None:
    made = document()
    made.add_page()
    made.set_font("helvetica", "B", 13)
    made.text(20, 80, "Studiematerial")
    made.set_font("helvetica", "B", 28)
    made.text(20, 95, "Mänskliga rättigheter för")
    made.text(20, 107, "små medborgare")
    assert dict(read(made).titles)["first page"] == "Mänskliga rättigheter för små medborgare"


def test_what_stands_beside_the_name_of_the_sender_is_no_part_of_it() -> None:
    made = document()
    made.add_page()
    for x, text in ((20, "Länsstyrelsen Skåne"), (110, "BESLUT"), (190, "1(3)")):
        lines(made, x, 20, [text], size=14)
    lines(made, 20, 50, ["Medel för insatser mot våld mot barn"], size=14)
    lines(made, 20, 70, wrapped(WORDS * 6, 80))
    assert choose(read(made), None, URL) == "Medel för insatser mot våld mot barn"


def test_title_of_a_cover_is_told_beside_the_name_of_the_sender_in_the_same_size() -> None:
    made = document()
    made.add_page()
    made.set_font("helvetica", "B", 20)
    for number, text in enumerate(["Skolverkets", "författningssamling"]):
        made.text(20, 20 + 8 * number, text)
    lines(made, 150, 40, ["SKOLFS 2011:37"], size=12)
    lines(
        made, 20, 200, ["Skolverkets allmänna råd om arbetet", "med barnets rättigheter i förskolan"], 20, 8
    )
    assert choose(read(made), None, URL) == (
        "Skolverkets allmänna råd om arbetet med barnets rättigheter i förskolan"
    )


@pytest.mark.parametrize(
    ("cover", "expected"),
    [
        ([("ÅTGÄRDSPLAN", 38), ("för trygghet i skolan", 18)], "ÅTGÄRDSPLAN för trygghet i skolan"),
        ([("Strategi", 36), ("för barnets rättigheter i alla", 20), ("kommunens nämnder", 20)],
         "Strategi för barnets rättigheter i alla kommunens nämnder"),
        ([("Vägledning för", 18), ("samtal med barn", 36), ("inom socialtjänsten", 18)],
         "Vägledning för samtal med barn inom socialtjänsten"),
        ([("Barn- och", 40), ("ungdomsplan", 40), ("2015-2018", 24), ("Hörby kommun", 14)],
         "Barn- och ungdomsplan 2015-2018"),
        ([("Ystads kommun", 30), ("Kultur- och utbildningsnämnden", 20), ("Kvalitetsrapport 2018", 20)],
         "Kvalitetsrapport 2018"),
        ([("RAPPORT 2014:5", 28), ("Barns villkor i Skåne", 22)], "Barns villkor i Skåne"),
        ([("STYRDOKUMENT", 30), ("Policy för barn och unga", 20)], "Policy för barn och unga"),
        ([("Bilaga 1", 20), ("Checklista för barnets bästa", 18)], "Checklista för barnets bästa"),
        ([("Kommunstyrelsen", 16), ("SAMMANTRÄDESPROTOKOLL", 12)], "SAMMANTRÄDESPROTOKOLL, kommunstyrelsen"),
        ([("Långa rader om barn " * 20 + "och", 18), ("samtal med barn", 36)], "samtal med barn"),
        ([("Trygghet på nätet", 28), ("av Anna Ek och Per Alm", 18)], "Trygghet på nätet"),
        ([("Barn i trafiken", 28), ("www.lund.se", 18)], "Barn i trafiken"),
        ([("Barn i trafiken", 28), ("och mer sådant finns att läsa", 12)], "Barn i trafiken"),
    ],
)  # fmt: skip
def test_title_of_a_cover_is_whole_whatever_the_sizes_of_its_letters(
    cover: list[tuple[str, int]], expected: str
) -> None:
    made = document()
    made.add_page()
    for number, (text, size) in enumerate(cover):
        lines(made, 20, 40 + 16 * number, [text], size)
    lines(made, 20, 150, wrapped(WORDS * 6, 80))
    assert choose(read(made), None, URL) == expected


@pytest.mark.parametrize("size", [20, 13])  # of the sender; 20 is hardly more than that of most letters
def test_title_of_six_lines_and_of_most_letters_of_the_page_is_told_whole(size: int) -> None:
    made = document()
    made.add_page()
    made.set_font("helvetica", "B", size)
    made.text(20, 20, "Lunds kommun")
    rows = [
        "Riktlinjer för hur barn och unga",
        "ska få komma till tals",
        "i ärenden som rör dem",
        "och för hur",
    ]
    rows += ["deras åsikter", "ska redovisas"]
    made.set_font("helvetica", "B", 18)
    for number, row in enumerate(rows):
        made.text(20, 60 + 7 * number, row)
    assert choose(read(made), None, URL) == " ".join(rows)


def test_figures_that_lead_to_notes_are_no_part_of_the_word_and_others_stay() -> None:
    made = document()
    made.add_page()
    made.set_xy(20, 20)
    for text, raised in (
        ("Rådet föreskriver", "1"), (" följande om barnets bästa.", "12"), (" Sedan 2023", "2"),
        (" är ytan 10 km", "2"), (" och årskurs4 kvar.", ""),
    ):  # fmt: skip
        made.char_vpos = "LINE"
        made.write(5, text)
        made.char_vpos = "SUP"
        made.write(5, raised)
    assert read(made).pages[0].text == (
        "Rådet föreskriver följande om barnets bästa. Sedan 2023 är ytan 10 km2 och årskurs4 kvar."
    )


def test_what_is_filled_into_a_form_is_text() -> None:
    made = document()
    made.add_page()
    lines(made, 20, 20, ["Ansökan om medel"])
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(bytes(made.output()))))
    widget = pypdf.generic.DictionaryObject(
        {
            pypdf.generic.NameObject("/Type"): pypdf.generic.NameObject("/Annot"),
            pypdf.generic.NameObject("/Subtype"): pypdf.generic.NameObject("/Widget"),
            pypdf.generic.NameObject("/FT"): pypdf.generic.NameObject("/Tx"),
            pypdf.generic.NameObject("/T"): pypdf.generic.TextStringObject("f1"),
            pypdf.generic.NameObject("/TU"): pypdf.generic.TextStringObject("Sökande förening"),
            pypdf.generic.NameObject("/V"): pypdf.generic.TextStringObject("Skåneidrotten"),
            pypdf.generic.NameObject("/Rect"): pypdf.generic.ArrayObject(
                [pypdf.generic.NumberObject(n) for n in (50, 600, 300, 620)]
            ),
        }
    )
    reference = writer._add_object(widget)
    writer.pages[0][pypdf.generic.NameObject("/Annots")] = pypdf.generic.ArrayObject([reference])
    form = pypdf.generic.DictionaryObject(
        {pypdf.generic.NameObject("/Fields"): pypdf.generic.ArrayObject([reference])}
    )
    writer._root_object[pypdf.generic.NameObject("/AcroForm")] = form
    buffer = io.BytesIO()
    writer.write(buffer)
    assert read(buffer.getvalue()).pages[0].text == "Ansökan om medel\nSökande förening: Skåneidrotten"


# --- files that cannot be read ----------------------------------------------------------------------------


def encrypted(user: str, owner: str) -> bytes:
    made = document()
    made.add_page()
    lines(made, 20, 40, ["Hemligt om barn"])
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(bytes(made.output()))))
    writer.encrypt(user, owner, permissions_flag=UserAccessPermissions.PRINT, algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_locked_file_says_so_and_one_locked_for_changes_is_read() -> None:
    locked = read(encrypted("lösen", "ägare"))
    assert (locked.read_by, locked.reason) == ("none", "encrypted")
    assert read(encrypted("", "ägare")).pages[0].text == "Hemligt om barn"


def test_truncated_file_gives_what_is_left() -> None:
    made = document()
    for _ in range(3):
        made.add_page()
        lines(made, 20, 40, wrapped(WORDS * 4, 60))
    whole = bytes(made.output())
    cut = read(whole[: len(whole) - 600])
    assert "Barnets bästa" in cut.pages[0].text


@pytest.mark.parametrize(
    "payload",
    [
        b"%PDF-1.4",
        b"%PDF-1.4\n" + bytes(range(256)) * 50,
        b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF",
        raw_pdf([b"<< /Type /Catalog /Pages 1 0 R >>"]),
        raw_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1000000 >>"]),
        raw_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]),
    ],
)
def test_damaged_file_is_listed_with_the_reason(payload: bytes) -> None:
    found = read(payload)
    assert found.read_by == "none"
    assert found.reason in ("damaged", "only_pictures")  # a page tree of nothing may pass for blank pages


@pytest.mark.parametrize(
    "shown",
    [
        "Please wait...\nIf this message is not eventually replaced by the proper contents of the document,\n"
        "your PDF viewer may not be able to display this type of document.",
        "For the best experience, open this PDF portfolio in\nAcrobat X or Adobe Reader X, or later.",
    ],
)
def test_file_that_only_adobe_reader_shows_is_listed_without_that_text(shown: str) -> None:
    made = document()
    made.add_page()
    lines(made, 20, 40, shown.split("\n"))
    found = read(made)
    assert (found.reason, found.pages, found.titles) == ("unsupported", (), ())


def test_file_without_text_layer_says_so() -> None:
    made = document()
    made.add_page()
    found = read(made)
    assert (found.page_count, found.read_by) == (1, "none")
    assert found.reason == "only_pictures"


def test_empty_file_says_so() -> None:
    assert read(b"").reason == "empty"


def drawn(content: bytes) -> bytes:
    """A PDF of one page with this content; its font is F."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
    page += b" /Resources << /Font << /F 5 0 R >> >> >>"
    return raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            page,
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ]
    )


@pytest.mark.parametrize(
    "row", [b"BT /F 1 Tf %d %d Td (ab) Tj 200 0 Td (cd) Tj ET\n", b"BT /F 9 Tf %d %d Td (ab cd) Tj ET\n"]
)
def test_page_of_twenty_thousand_rows_costs_no_time(row: bytes) -> None:
    wide = b"BT /F 9 Tf 10 %d Td (ab) Tj 3000 0 Td (cd) Tj ET\n"
    rows = b"".join(row % (n % 7, n) if n % 3 else wide % n for n in range(20_000))
    began = time.process_time()
    assert "ab cd" in read(drawn(rows)).pages[0].text
    assert time.process_time() - began < 5


@pytest.mark.filterwarnings("error")
def test_letters_at_places_beyond_all_numbers_do_no_harm() -> None:
    far = b"BT /F 9 Tf 1e38 -1e38 Td (bortom) Tj ET BT 1e38 0 0 1e38 1e38 0 Tm /F 1e30 Tf (enorm) Tj ET"
    text = read(drawn(far + b" BT 0 0 0 0 0 0 Tm (platt) Tj ET BT /F 9 Tf 1 0 0 1 9 9 Tm (barn) Tj ET"))
    assert "barn" in text.pages[0].text


def test_pages_beyond_the_limit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = document()
    for number in range(6):
        made.add_page()
        lines(made, 20, 60, [f"Text {number}"])
    monkeypatch.setattr("indexer.extract.pdf.number", lambda name: {"extract_pages": 4}[name])
    found = read(made)
    assert (len(found.pages), found.page_count) == (4, 6)
    assert found.reason == "partly_read"
    assert found.problem == "Only part of the file was read: its first 4 of 6 pages, for it is very long."
