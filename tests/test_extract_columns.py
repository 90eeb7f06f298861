"""Pages as site builders make them: which parts are text, and which only stand beside it."""

from __future__ import annotations

import pytest

from indexer.extract import html
from indexer.model import Extract

URL = "https://www.kommunen.se/barn/sida.html"
TEXT = "<p>Kommunen arbetar med barnets rättigheter i varje beslut som rör barn och unga.</p>" * 2


def read(body: str) -> Extract:
    return html.read(f"<html><head><title>Barnrätt</title></head><body>{body}</body></html>".encode(), URL)


def text(body: str) -> str:
    return "\n".join(f"{page.heading or ''}\n{page.text}" for page in read(body).pages)


def test_paragraphs_that_a_page_builder_calls_widgets_are_text() -> None:
    paragraphs = "".join(
        f'<section class="elementor-section"><div class="elementor-element elementor-widget">'
        f'<div class="elementor-widget-container"><p>{words}</p></div></div></section>'
        for words in ("Checklistan används inför beslut.", "Barnen ska få återkoppling.")
    )
    found = text(
        f'<div class="elementor"><h1>Checklista</h1>{paragraphs}</div><div class="widget">Arkiv</div>'
    )
    assert "används inför beslut" in found
    assert "få återkoppling" in found
    assert "Arkiv" not in found


@pytest.mark.parametrize(
    "part",
    [
        '<div class="card"><div class="card-header">Vem ansvarar?</div><p>Nämnden.</p></div>',
        '<h2 class="accordion-header"><button data-bs-target="#c1">Vem ansvarar?</button></h2>'
        '<div id="c1" class="collapse">Nämnden.</div>',
        '<div class="alert alert-info"><h3>Vem ansvarar?</h3><p>Nämnden.</p></div>',
        '<div class="puff"><h2><a href="/a">Vem ansvarar?</a></h2><p>Nämnden.</p></div>',
        '<div class="sidebar-content-area"><h2>Vem ansvarar?</h2><p>Nämnden.</p></div>',
        '<h2>Vem ansvarar?</h2><div class="acc-body" style="display:none"><p>Nämnden.</p></div>',
    ],
    ids=["card", "accordion", "notice", "teaser", "module area", "hidden below a heading"],
)
def test_parts_of_the_text_are_kept_where_the_page_does_not_tell_its_main_part(part: str) -> None:
    found = text(f'<div class="mid"><h1>Barnrätt</h1>{TEXT}{part}</div><div class="foot">Storgatan 1</div>')
    assert "Vem ansvarar?" in found
    assert "Nämnden." in found


COLUMN = '<div class="item"><a href="/trafik">Trafik</a><p>Lång text om annat.</p></div>'


@pytest.mark.parametrize("name", ["sidebar", "right-column", "related-pages"])
def test_column_beside_the_text_is_frame_inside_main_too(name: str) -> None:
    found = text(
        f'<main><div class="mid"><h1>Barnrätt</h1>{TEXT}</div><div class="{name}">{COLUMN}</div></main>'
    )
    assert "varje beslut" in found
    assert "Lång text" not in found


def test_text_of_a_part_that_has_a_sidebar_is_text() -> None:
    assert "varje beslut" in text(f'<div><h1>Barnrätt</h1></div><div class="has-sidebar">{TEXT}</div>')


def test_question_about_a_short_page_takes_none_of_its_text_along() -> None:
    found = text(
        "<div><h1>Fritids</h1><div class=body><p>Fritids är öppet.</p><div><p>Hjälpte informationen dig?</p>"
        "<p>Berätta gärna mer</p></div></div></div>"
    )
    assert found.strip() == "Fritids\nFritids är öppet."


def test_parts_below_a_banner_that_names_the_page_are_text() -> None:
    found = html.read(
        "<title>Barnrättsveckan - Staden</title><div><section class='hero-banner'><h1>Barnrättsveckan"
        "</h1></section><section class='promo'><p>Måndag: öppen scen.</p></section></div>".encode(),
        URL,
    )
    assert found.pages[0].text == "Måndag: öppen scen."


def test_head_of_an_article_is_not_all_of_it() -> None:
    found = text(
        "<article><header><h1>Skolvägar</h1><p>Barn på tre skolor har kartlagt sina vägar.</p></header>"
        "<div><p>Det används i planen.</p></div></article>"
    )
    assert "kartlagt sina vägar" in found
    assert "används i planen" in found


def test_box_of_facts_within_the_text_is_text() -> None:
    assert "Fakta" in text(
        f"<main><h1>Barnrätt</h1>{TEXT}<aside><p>Fakta: 120 barn.</p></aside>{TEXT}</main>"
    )


def test_related_documents_keep_their_heading() -> None:
    found = read(
        f'<main><div class="mid"><h1>Barnrätt</h1>{TEXT}</div><aside class="right-column"><h2>Dokument</h2>'
        '<a href="/plan.pdf">Processplan</a></aside></main>'
    )
    link = next(link for link in found.links if link.anchor == "Processplan")
    assert (link.frame, link.headings) == (False, ("Dokument",))


def test_box_that_heads_other_pages_is_frame() -> None:
    news = '<li><a href="/a">Ny skola</a> 2 november 2024</li><li><a href="/b">Snö</a> 10 november 2024</li>'
    found = text(
        f"<main><div><h1>Barnrätt</h1>{TEXT}</div><div><h2>Fler nyheter</h2><ul>{news}</ul></div></main>"
    )
    assert "Ny skola" not in found
    assert "Fler nyheter" not in found


@pytest.mark.parametrize(
    ("inline", "shown"),
    [
        ("<span class=a>20 november 2016</span><span class=b>Senast</span>", "20 november 2016 Senast"),
        ("<span class=d>14</span><span class=m>maj</span>", "14 maj"),
        ("<b>B</b>arnrätt i H<sub>2</sub>O", "Barnrätt i H2O"),
        ("barn<b>konvention</b>en", "barnkonventionen"),
    ],
)
def test_words_of_neighbouring_elements_are_told_apart(inline: str, shown: str) -> None:
    assert shown in text(f"<main><h1>Barnrätt</h1><p>{inline}</p></main>")


def test_banner_of_a_consent_product_is_no_text() -> None:
    banner = f'<div class="coi-banner-wrapper">{"<p>Webbplatsen sparar uppgifter om dig.</p>" * 30}</div>'
    assert "sparar" not in text(f"{banner}<div><h1>Barnrätt</h1>{TEXT}</div>")


def test_column_is_told_where_the_title_stands_in_a_head_of_its_own() -> None:
    found = text(
        f'<main><header class="hero"><h1>Barnrätt</h1></header><div class="grid"><div class="c8">{TEXT}</div>'
        f'<div class="c4 sidebar">{COLUMN}</div></div></main>'
    )
    assert "varje beslut" in found
    assert "Lång text" not in found


def test_table_of_contents_is_no_text() -> None:
    found = read(
        "<main><h1>Riktlinjer</h1><div><h2>Innehåll på sidan</h2><ul><li><a href='#a'>Syfte</a></li>"
        f"<li><a href='#b'>Ansvar</a></li></ul></div><h2>Syfte</h2>{TEXT}<h2>Ansvar</h2>{TEXT}</main>"
    )
    assert [page.heading for page in found.pages] == ["Riktlinjer", "Syfte", "Ansvar"]
    assert found.pages[0].text == ""


@pytest.mark.parametrize(
    "stamp", ["<p>Publicerad</p><p>2015-03-03</p>", "<dl><dt>Publicerad:</dt><dd>3 mars 2015</dd></dl>"]
)
def test_date_is_read_by_the_label_in_the_block_before(stamp: str) -> None:
    found = read(f"<main><h1>Barnrätt</h1>{TEXT}{stamp}</main>")
    assert [(date.date, date.label) for date in found.dates] == [("2015-03-03", "published")]
    assert "2015" not in found.pages[0].text


def test_house_is_no_person() -> None:
    box = "<div><h2>Kontakt</h2><p>Barnahus Lund</p><p>046-359 40 00</p></div>"
    assert read(f"<main><h1>Barnahus</h1>{TEXT}{box}</main>").contacts == ()
