"""Extraction of a small page and a small PDF, in this process and in workers."""

from __future__ import annotations

from fpdf import FPDF

from indexer.extract import Extractor, Job, extract, sniff

PAGE = """<!doctype html><html lang=sv><title>Plan | Kommunen</title><nav><a href=/a>Meny</a></nav>
<main><h1>Plan</h1><p>Publicerad: 28 september 2015</p><h2>Dokument</h2><h3>2012</h3>
<p><a href=b.pdf>Processplan<span> (PDF)</span></a></main>"""


def _pdf() -> bytes:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    pdf.cell(text="Barnets rättigheter")
    return bytes(pdf.output())


def test_links_carry_the_headings_above_them() -> None:
    found = extract(PAGE.encode(), "text/html", "http://x.se/d/")
    assert [(link.url, link.anchor, link.headings) for link in found.links if not link.frame] == [
        ("http://x.se/d/b.pdf", "Processplan (PDF)", ("Dokument", "2012"))
    ]
    assert found.dates[0].date == "2015-09-28"


def test_workers_give_the_same_as_this_process() -> None:
    payload = _pdf()
    assert sniff(payload, "text/html", "http://x.se/") == "application/pdf"
    with Extractor(workers=1) as extractor:
        results = dict(extractor.map([Job(1, payload, "application/pdf", "http://x.se/a.pdf")]))
    assert results[1] == extract(payload, "application/pdf", "http://x.se/a.pdf")
    assert results[1].pages[0].text == "Barnets rättigheter"
