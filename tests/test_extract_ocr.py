"""Scanned pages and pictures are read by Tesseract where it is installed, and listed where it is not."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from fpdf import FPDF

from indexer.extract import Extractor, Job, extract, ocr

TEXT = "Barnets rättigheter på förskolan"


def need_tesseract() -> None:
    lacking = ocr.missing()
    if lacking is not None:
        if os.environ.get("REQUIRE_OCR"):
            pytest.fail(lacking)
        pytest.skip(lacking)


def picture(text: str, kind: str = "PNG") -> bytes:
    made = FPDF(format=(180, 40))
    made.add_page()
    made.set_font("helvetica", size=28)
    made.text(12, 22, text)
    buffer = io.BytesIO()
    pypdfium2.PdfDocument(bytes(made.output()))[0].render(scale=3).to_pil().save(buffer, kind)
    return buffer.getvalue()


def scan(*texts: str | None) -> bytes:
    """A PDF with a picture of each text, and a page with a text layer for each None."""
    made = FPDF()
    for text in texts:
        made.add_page()
        if text is None:
            made.set_font("helvetica", size=12)
            made.text(20, 60, "Ett textlager")
        else:
            made.image(io.BytesIO(picture(text)), 10, 30, 190)
    return bytes(made.output())


@pytest.mark.ocr
def test_scanned_page_is_read_in_swedish(tmp_path: Path) -> None:
    need_tesseract()
    payload = scan(TEXT, None)
    with Extractor(workers=1, ocr_cache=tmp_path) as extractor:
        ((_, found),) = extractor.map([Job(1, payload, "application/pdf", "http://x.se/a.pdf")])
    assert [page.text for page in found.pages] == [TEXT, "Ett textlager"]
    assert (found.read_by, found.problem) == ("ocr", None)


@pytest.mark.ocr
def test_picture_is_read_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_tesseract()
    payload = picture(TEXT, "JPEG")
    unread = extract(payload, "image/jpeg", "http://x.se/a.jpg")
    assert (unread.format, unread.read_by) == ("image", "none")
    found = ocr.read(payload, unread, tmp_path, 60)
    assert found.pages[0].text == TEXT
    assert found.titles == (("first page", TEXT),)
    assert len(list(tmp_path.rglob("*.txt"))) == 1
    monkeypatch.setattr(ocr, "_recognise", lambda picture: pytest.fail("read a second time"))
    assert ocr.read(payload, unread, tmp_path, 60) == found


@pytest.mark.ocr
@pytest.mark.parametrize("degrees", [4, 90, 180])
def test_page_that_lay_askew_in_the_scanner_is_read(tmp_path: Path, degrees: int) -> None:
    need_tesseract()
    made = FPDF(format=(150, 110))
    made.add_page()
    made.set_font("helvetica", size=16)
    made.text(15, 20, "Barnets rätt")
    made.set_font("helvetica", size=10)
    line = "Nämnden beslutar att barnens bästa ska prövas i ärendet."
    for number in range(6):
        made.text(15, 40 + 8 * number, line)
    page = pypdfium2.PdfDocument(bytes(made.output()))[0].render(scale=3, grayscale=True).to_pil()
    buffer = io.BytesIO()
    page.rotate(degrees, expand=True, fillcolor=255).save(buffer, "PNG")
    unread = extract(buffer.getvalue(), "image/png", "http://x.se/a.png")
    found = ocr.read(buffer.getvalue(), unread, tmp_path, 60)
    assert found.pages[0].text.count("Nämnden beslutar att barnens bästa ska prövas") == 6


@pytest.mark.ocr
def test_picture_without_words_says_nothing(tmp_path: Path) -> None:
    need_tesseract()
    made = FPDF(format=(100, 100))
    made.add_page()
    made.rect(20, 20, 40, 40, style="F")
    buffer = io.BytesIO()
    pypdfium2.PdfDocument(bytes(made.output()))[0].render(scale=2).to_pil().save(buffer, "PNG")
    unread = extract(buffer.getvalue(), "image/png", "http://x.se/a.png")
    assert ocr.read(buffer.getvalue(), unread, tmp_path, 60) == unread


@pytest.mark.ocr
def test_title_of_a_scanned_page_stands_in_the_largest_letters(tmp_path: Path) -> None:
    need_tesseract()
    made = FPDF(format=(150, 80))
    made.add_page()
    for size, height, text in (
        (11, 15, "Sida 1 (2)"),
        (24, 35, "Plan för delaktighet"),
        (11, 50, "Antagen 2014"),
    ):
        made.set_font("helvetica", size=size)
        made.text(15, height, text)
    buffer = io.BytesIO()
    pypdfium2.PdfDocument(bytes(made.output()))[0].render(scale=3).to_pil().save(buffer, "PNG")
    unread = extract(buffer.getvalue(), "image/png", "http://x.se/a.png")
    found = ocr.read(buffer.getvalue(), unread, tmp_path, 60)
    assert found.titles == (("first page", "Plan för delaktighet"), ("below", "Antagen 2014"))


@pytest.mark.ocr
def test_pages_that_take_too_long_are_left_for_another_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_tesseract()
    payload = scan("Första sidan", "Andra sidan")
    unread = extract(payload, "application/pdf", "http://x.se/a.pdf")
    drawn: list[int] = []
    pictures = ocr._pictures

    def counted(payload: bytes, kind: str, wanted: set[int]) -> Iterator[tuple[int, object]]:
        for number, picture in pictures(payload, kind, wanted):
            drawn.append(number)
            yield number, picture

    monkeypatch.setattr(ocr, "_pictures", counted)
    found = ocr.read(payload, unread, tmp_path, -1)
    assert found.reason == "partly_read"
    assert "2 of its pages" in (found.problem or "")
    assert drawn == [1]
    assert ocr.read(payload, found, tmp_path, 60).pages[1].text == "Andra sidan"


def test_without_swedish_model_the_document_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "missing", lambda: "Tesseract's Swedish model is not installed (apt install x).")
    unread = extract(scan(TEXT), "application/pdf", "http://x.se/a.pdf")
    found = ocr.read(scan(TEXT), unread, tmp_path, 60)
    assert (found.read_by, found.page_count, found.reason) == ("none", 1, "no_ocr")
    assert (
        found.problem
        == "The text is in pictures, and tesseract's Swedish model is not installed (apt install x)."
    )


def test_text_layer_needs_no_reading() -> None:
    for texts, needed in (((None,), False), ((None, TEXT), True)):
        payload = scan(*texts)
        assert ocr.is_needed(extract(payload, "application/pdf", "http://x.se/a.pdf"), payload) is needed


@pytest.mark.ocr
def test_scanned_page_with_a_stamp_of_text_is_read(tmp_path: Path) -> None:
    need_tesseract()
    paper = FPDF(format=(100, 140))
    paper.add_page()
    paper.set_font("helvetica", size=14)
    paper.text(15, 20, TEXT)
    scanned = pypdfium2.PdfDocument(bytes(paper.output()))[0].render(scale=3).to_pil()
    made = FPDF(format=(100, 140))
    made.set_font("helvetica", size=9)
    for orientation in ("portrait", "landscape"):  # the second is a slide
        made.add_page(orientation=orientation)
        made.image(scanned, 0, 0, made.w, made.h, keep_aspect_ratio=False)
        made.text(15, 60, "Signerat 2014-03-12")
    payload = bytes(made.output())
    unread = extract(payload, "application/pdf", "http://x.se/a.pdf")
    assert [page.text for page in unread.pages] == ["Signerat 2014-03-12"] * 2
    assert ocr.is_needed(unread, payload)
    found = ocr.read(payload, unread, tmp_path, 60)
    assert found.pages[0].text == f"{TEXT}\nSignerat 2014-03-12"
    assert (found.pages[1].text, found.read_by) == ("Signerat 2014-03-12", "ocr")
