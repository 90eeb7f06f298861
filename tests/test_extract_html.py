"""Web pages: main text in headed sections, links with their headings, what a page states of itself."""

from __future__ import annotations

import time

import pytest

from indexer.extract import html, repeats, title
from indexer.model import Contact, Extract, Link

URL = "https://www.kommunen.se/barn/sida.html"
FRAME = """<!doctype html><html lang="sv-SE"><head><meta charset="utf-8"><title>{title}</title>{head}</head>
<body>
<a class="skip-link" href="#main">Hoppa till innehållet</a>
<div class="cookie-banner"><p>Vi använder kakor. De gör webbplatsen bättre.</p><button>Godkänn</button></div>
<header><a href="/">Kommunen</a><nav><ul><li><a href="/skola">Förskola och skola</a></li></ul></nav></header>
<ol class="breadcrumbs"><li><a href="/">Start</a></li><li>Barn</li></ol>
<main id="main">{main}</main>
<div class="share"><a href="https://www.facebook.com/sharer">Dela på Facebook</a></div>
<div class="x1"><h2>Hjälpte informationen på sidan dig?</h2><button>Ja</button><p>Berätta gärna mer</p></div>
<footer><p>Besöksadress: Storgatan 1</p><a href="/kakor">Om kakor</a></footer></body></html>"""


def page(main: str, *, title: str = "Sida | Kommunen", head: str = "") -> Extract:
    return html.read(FRAME.format(title=title, head=head, main=main).encode(), URL)


def text(extract: Extract) -> str:
    return "\n".join(f"{page.heading or ''}\n{page.text}" for page in extract.pages)


def main_links(extract: Extract) -> list[Link]:
    return [link for link in extract.links if not link.frame]


# --- main text --------------------------------------------------------------------------------------------


def test_frame_of_the_page_is_left_out() -> None:
    found = text(page("<h1>Barnrätt</h1><p>Kommunen arbetar med barnets rättigheter.</p>"))
    assert found.strip() == "Barnrätt\nKommunen arbetar med barnets rättigheter."


def test_old_page_without_main_is_read_by_where_its_text_is() -> None:
    found = html.read(
        """<html><head><title>Stöd</title></head><body><div id="huvud"><div id="meny"><a href=/a>Vård</a>
        <a href=/b>Kultur</a></div></div><p class="smulor"><a href="/">Start</a> &gt; Stöd</p>
        <div id="innehall"><h1>Stödstruktur</h1>
        <p>Ett barnkonventionsråd finns för att stödja verksamheterna.</p>
        <p>Barnrättsombud finns inom tandvården.</p>
        <div class="q"><p>Hittade du informationen du sökte?</p><button>Ja</button></div></div>
        <div id="sidslut"><h2>Regionen</h2><p>371 81 Karlskrona</p></div></body></html>""".encode(),
        URL,
    )
    assert [page.heading for page in found.pages] == ["Stödstruktur"]
    assert found.pages[0].text.split("\n") == [
        "Ett barnkonventionsråd finns för att stödja verksamheterna.",
        "Barnrättsombud finns inom tandvården.",
    ]


def test_layout_table_of_the_nineties_is_read() -> None:
    body = "Barnets bästa ska prövas i varje beslut som rör barn och unga i kommunen. " * 5
    found = html.read(
        f"""<table><tr><td width=150><a href=a.html>Start</a><br><a href=b.html>Nämnder</a></td><td>
        <font size=5><h1>Policy</h1></font><font size=2>{body}<br><br>Antagen av kommunfullmäktige.</font>
        </td></tr></table>""".encode(),
        URL,
    )
    assert "Antagen av kommunfullmäktige." in text(found)
    assert "Nämnder" not in text(found)


@pytest.mark.parametrize(
    "panel",
    [
        "<details><summary>Frågor om ansökan</summary><p>Svaret står här.</p></details>",
        '<button aria-expanded="false" aria-controls="p1">Frågor om ansökan</button>'
        '<div id="p1" hidden><p>Svaret står här.</p></div>',
        '<h3><button data-target="#p2" aria-expanded="false">Frågor om ansökan</button></h3>'
        '<div id="p2" style="display:none"><p>Svaret står här.</p></div>',
        '<div role="tablist"><button role="tab" aria-controls="t1">Frågor om ansökan</button></div>'
        '<div role="tabpanel" id="t1" aria-hidden="true"><p>Svaret står här.</p></div>',
        '<h3>Frågor om ansökan</h3><div class="accordion-content" aria-hidden="true"><p>Svaret står här.</p>',
    ],
)
def test_what_opens_on_a_click_is_text(panel: str) -> None:
    found = page(f"<h1>Stöd</h1><p>Inledning.</p>{panel}")
    section = next(page for page in found.pages if "Svaret" in page.text)
    assert (section.heading, section.text) == ("Frågor om ansökan", "Svaret står här.")


def test_what_no_reader_sees_is_left_out() -> None:
    found = text(
        page('<h1>A</h1><p>Synligt.</p><p hidden>Tack!</p><p style="display: none">Dold.</p><!-- x -->')
    )
    assert "Tack" not in found and "Dold" not in found


def test_class_names_of_a_layout_do_not_make_frame() -> None:
    words = "Här hittar du allt om boenden, hemtjänst och färdtjänst. " * 8
    found = page(f'<div class="sv-vertical sv-skip-spacer overlay-menu"><h1>Stöd</h1><p>{words}</p></div>')
    assert "boenden" in text(found)


def test_tables_keep_their_rows_and_lists_their_order() -> None:
    found = page(
        "<h1>Program</h1><table><tr><th>Tid</th><th>Punkt</th></tr><tr><td><p>09.00</p></td><td>Kaffe</td></tr></table>"
        "<ul><li>Först<ul><li>Under</li></ul></li><li>Sist</li></ul><dl><dt>Ansvarig</dt><dd>Nämnden</dd></dl>"
    )
    assert found.pages[0].text.split("\n") == [
        "Tid | Punkt", "09.00 | Kaffe", "Först", "Under", "Sist", "Ansvarig", "Nämnden",
    ]  # fmt: skip


def test_line_below_a_name_is_a_line_of_its_own() -> None:
    assert text(page("<h1>A</h1><p>Leila Haddad<br>barnombud</p>")).endswith("Leila Haddad\nbarnombud")


def test_line_break_within_a_sentence_does_not_part_it() -> None:
    found = page("<h1>A</h1><p>Seniorer hittar stöd,<br>glädje och gemenskap.<br>Ring oss.</p>")
    assert found.pages[0].text.split("\n") == ["Seniorer hittar stöd, glädje och gemenskap.", "Ring oss."]


def test_sections_carry_heading_and_address() -> None:
    found = page(
        '<h1>Modellen</h1><p>Ingress.</p><h2 id="h-Dokument">Dokument</h2><h3>2012</h3><p>Planen antogs.</p>'
        '<section id="nasta"><h2>Framtiden</h2><p>Mer kommer.</p></section>'
    )
    assert [(p.number, p.heading, p.text, p.anchor) for p in found.pages] == [
        (1, "Modellen", "Ingress.", "main"),
        (2, "Dokument 2012", "Planen antogs.", None),
        (3, "Framtiden", "Mer kommer.", "nasta"),
    ]


def test_title_heading_outside_main_and_its_introduction_are_kept() -> None:
    found = html.read(
        """<header class="page-header"><h1>Familjecentraler</h1><p>En plats att mötas på.</p></header>
        <main><p>Det finns fyra familjecentraler i kommunen, alla med barnhälsovård.</p></main>""".encode(),
        URL,
    )
    assert found.titles[0] == ("h1", "Familjecentraler")
    assert text(found).split("\n")[1:] == [
        "En plats att mötas på.",
        "Det finns fyra familjecentraler i kommunen, alla med barnhälsovård.",
    ]


def test_site_name_as_h1_is_not_the_title() -> None:
    found = html.read(
        """<title>Barnchecklista - Kommunen</title><header><h1 class="hide">kommunen.se</h1></header>
        <div><h2>Barnchecklista</h2><p>Checklistan används före varje beslut.</p><h3>Frågor</h3>
        <p><a href="lista.pdf">Ladda ner</a></p></div>""".encode(),
        URL,
    )
    assert found.titles[0] == ("h1", "Barnchecklista")
    assert main_links(found)[0].headings == ("Frågor",)


def test_soft_hyphens_part_no_words() -> None:
    assert (
        page("<h1>A</h1><p>barn&shy;konven&shy;tionen ock&#8203;så</p>").pages[0].text
        == "barnkonventionen också"
    )


def test_form_around_the_whole_page_is_not_the_frame() -> None:
    found = html.read(
        """<form id="aspnetForm"><div class="left-menu"><a href=/1>Samhälle</a></div><div class="content">
        <h1>Barnkonventionen</h1><p>Länsstyrelsen samordnar arbetet i länet.</p><label>Din åsikt</label>
        <textarea></textarea><button>Skicka</button></div></form>""".encode(),
        URL,
    )
    assert text(found) == "Barnkonventionen\nLänsstyrelsen samordnar arbetet i länet."


# --- links ------------------------------------------------------------------------------------------------


def test_links_carry_the_headings_above_them() -> None:
    found = page(
        """<h1>Modellen</h1><p><a href="a.pdf">Direkt</a></p><h2>Beslut</h2><h3>2011</h3>
        <p><a href="b.pdf">Underlag<span class="sr-only"> (PDF, nytt fönster)</span></a></p>
        <h2>Dokument</h2><p><a href="c.pdf">Policy</a></p><h3>2012</h3><ul><li><a href="d.pdf"> Plan
        2012 </a></li></ul>"""
    )
    assert [(link.url.rsplit("/", 1)[1], link.anchor, link.headings) for link in main_links(found)] == [
        ("a.pdf", "Direkt", ()),
        ("b.pdf", "Underlag (PDF, nytt fönster)", ("Beslut", "2011")),
        ("c.pdf", "Policy", ("Dokument",)),
        ("d.pdf", "Plan 2012", ("Dokument", "2012")),
    ]


@pytest.mark.parametrize(
    "heading",
    [
        "<p><strong>2013</strong></p>",
        "<p><b>2013</b><br></p>",
        '<p style="font-weight: bold">2013</p>',
        '<p class="subheading">2013</p>',
        '<div role="heading" aria-level="3">2013</div>',
        "<table><tr><td><b>2013</b></td></tr></table>",
    ],
)
def test_what_only_looks_like_a_heading_counts_as_one(heading: str) -> None:
    found = page(f'<h1>Dokument</h1><h2>Minnesanteckningar</h2>{heading}<p><a href="m.pdf">Möte 1</a></p>')
    assert main_links(found)[0].headings == ("Minnesanteckningar", "2013")


def test_heading_of_an_accordion_ends_with_it() -> None:
    found = page(
        """<h1>Protokoll</h1><h2>Nämnden</h2><details><summary>2014</summary><a href="a.pdf">Maj</a></details>
        <p><a href="b.pdf">Arkiv</a></p>"""
    )
    assert [link.headings for link in main_links(found)] == [("Nämnden", "2014"), ("Nämnden",)]


def test_tabs_head_their_panels() -> None:
    found = page(
        """<h1>Protokoll</h1><ul role="tablist"><li><a role="tab" href="#a">2013</a></li>
        <li><a role="tab" href="#b">2014</a></li></ul>
        <div id="a" role="tabpanel"><a href="1.pdf">Maj</a></div>
        <div id="b" role="tabpanel" hidden><a href="2.pdf">Juni</a></div>"""
    )
    assert [(link.anchor, link.headings) for link in main_links(found)] == [
        ("Maj", ("2013",)),
        ("Juni", ("2014",)),
    ]


def test_card_is_called_by_its_heading_and_heads_nothing_else() -> None:
    found = page(
        """<h1>Exempel</h1><h2>Skola</h2><a href="1.html"><h3>Elevråd i Bjuv</h3><p>Så gjorde vi.</p></a>
        <a href="2.html"><span>Lekplats i Höör</span></a>"""
    )
    assert [(link.anchor, link.headings) for link in main_links(found)] == [
        ("Elevråd i Bjuv", ("Skola",)),
        ("Lekplats i Höör", ("Skola",)),
    ]
    assert found.pages[-1].text.split("\n") == ["Elevråd i Bjuv", "Så gjorde vi.", "Lekplats i Höör"]


@pytest.mark.parametrize("year", ["2012", "2012–2013", "Hösten 2012", "Läsåret 2012/13", "År 2012:"])
def test_year_alone_heads_what_follows(year: str) -> None:
    found = page(f'<h1>Planer</h1><h2>Skola</h2><dl><dt>{year}</dt><dd><a href="p.pdf">Plan</a></dd></dl>')
    assert main_links(found)[0].headings == ("Skola", year)


def test_link_in_a_heading_is_not_below_it() -> None:
    found = page('<h1>Nyheter</h1><h2>Förra</h2><p>x</p><h2><a href="n.html">Konferens</a></h2><p>Text.</p>')
    assert main_links(found)[0].headings == ()


def test_links_of_menus_are_told_apart_and_carry_no_headings() -> None:
    found = page('<h1>A</h1><h2>B</h2><a href="c.pdf">C</a>')
    assert {link.anchor for link in found.links if link.frame} >= {
        "Kommunen",
        "Förskola och skola",
        "Om kakor",
    }
    assert all(link.headings == () for link in found.links if link.frame)


def test_addresses_are_absolute_and_only_of_the_web() -> None:
    found = page(
        """<h1>A</h1><a href="mailto:a@b.se">a</a><a href="javascript:x()">b</a><a href="#del">c</a>
        <a href="tel:040">d</a><a href="ppt/e f.pdf" rel="nofollow noopener">e</a><a href="data:,x">f</a>
        <a href="http://[::1">g</a>""",
        head='<base href="/arkiv/">',
    )
    links = [link for link in main_links(found) if "arkiv/ppt" in link.url]
    assert [(link.anchor, link.nofollow) for link in links] == [("e", True)]
    assert all(link.url.startswith("https://www.kommunen.se/") for link in main_links(found))


def test_pictures_frames_and_maps_link_too() -> None:
    found = html.read(
        b"""<h1>A</h1><p>Text om barn.</p><a href=i.html><img src=x.png alt="Illustration av barn"></a>
        <map><area href=m.html alt=Karta></map><iframe src=f.html title=Film></iframe>
        <object data=o.pdf></object>
        <a href=l.html aria-label="Protokoll maj"><svg><title>pdf</title></svg></a>""",
        URL,
    )
    assert [(link.url.rsplit("/", 1)[1], link.anchor) for link in found.links] == [
        ("i.html", "Illustration av barn"),
        ("m.html", "Karta"),
        ("f.html", "Film"),
        ("o.pdf", ""),
        ("l.html", "Protokoll maj"),
    ]
    assert "Illustration" not in text(found)


def test_frameset_gives_its_frames() -> None:
    found = html.read(
        b"<html><frameset cols=20,80><frame src=meny.html><frame src=text.html></frameset></html>", URL
    )
    assert [link.url.rsplit("/", 1)[1] for link in found.links] == ["meny.html", "text.html"]


def test_links_alone_are_the_same_as_those_of_the_whole() -> None:
    source = FRAME.format(title="A", head="", main='<h1>A</h1><h2>B</h2><a href="c.pdf">C</a>').encode()
    assert html.links(source, URL).links == html.read(source, URL).links
    assert html.links(source, URL).pages == ()


# --- what the page states of itself -----------------------------------------------------------------------


def test_head_of_the_page_is_understood() -> None:
    found = page(
        "<h1>A</h1>",
        head="""<link rel="canonical" href="/barn/sida"><meta name="ROBOTS" content="NoIndex, follow">
        <meta name="robots" content="noarchive">""",
    )
    assert found.canonical == "https://www.kommunen.se/barn/sida"
    assert found.robots == {"noindex", "noarchive"}
    assert found.language == "sv"


def test_a_robots_element_may_speak_to_this_robot_alone() -> None:
    ours = '<meta name="barnrattskompassen" content="noindex">'
    assert page("<h1>A</h1>", head=ours).robots == {"noindex"}
    assert page("<h1>A</h1>", head=ours.replace("barnrattskompassen", "googlebot")).robots == frozenset()


@pytest.mark.parametrize(
    ("shown", "label", "date"),
    [
        ("<p>Publicerad: 28 september 2015</p>", "published", "2015-09-28"),
        ("<p>Publicerad: <time>11 april 2019</time></p>", "published", "2019-04-11"),
        ("<p>Publicerad den 3 maj 2012 av Anna Alm</p>", "published", "2012-05-03"),
        ("<p>Publicerad av: Anna Alm, 2012-05-03</p>", "published", "2012-05-03"),
        ("<p>Senast uppdaterad: 2020-08-18 10:33</p>", "updated", "2020-08-18"),
        ("<p>Sidan granskad 12/3 2014</p>", "updated", "2014-03-12"),
        ("<p>Uppdaterad 5 jan. 2021</p>", "updated", "2021-01-05"),
        ("<p>Published: March 4, 2016</p>", "published", "2016-03-04"),
        ("<p>Senast reviderad 2019-05-02 (KS 2014/0123).</p>", "updated", "2019-05-02"),
        ("<footer><p>Sidan uppdaterades senast den 5 maj 2021</p></footer>", "updated", "2021-05-05"),
        ('<time itemprop="datePublished" datetime="2013-02-01">i fredags</time>', "published", "2013-02-01"),
        ('<script type="application/ld+json">{"@graph":[{"datePublished":"2018-06-07"}]}</script>',
         "published", "2018-06-07"),
    ],
)  # fmt: skip
def test_labelled_dates_are_read(shown: str, label: str, date: str) -> None:
    found = page(f"<h1>A</h1><p>Text om arbetet i kommunen.</p>{shown}")
    assert [(item.date, item.label) for item in found.dates] == [(date, label)]


@pytest.mark.parametrize(
    "shown",
    [
        "<p>Publicerad: </p>",
        "<p>Beslutet publicerades i kommunens anslagstavla enligt lag 2017:900.</p>",
        "<p>Publicerad: 31 februari 2015</p>",
        '<ul><li><a href="n.html">Nyhet</a> Publicerad: 3 maj 2015</li></ul>',
        '<article><h2><a href="n.html">Nyhet</a></h2><p>Publicerad: 3 maj 2015</p></article>',
        "".join(f"<p>Nyhet {day}</p><p>Publicerad: {day} maj 2015</p>" for day in range(1, 9)),
    ],
)
def test_no_date_is_made_up(shown: str) -> None:
    assert page(f"<h1>A</h1>{shown}").dates == ()


def test_figures_that_lead_to_notes_are_no_part_of_the_word_and_others_stay() -> None:
    found = page(
        "<h1>Barnets bästa<sup>1</sup></h1><p>Rådet föreskriver<sup><a href='#n2'>2</a></sup> följande."
        "<a href='#n3'><sup>[3]</sup></a> Sedan 2023<sup>4</sup> är ytan 10 m<sup>2</sup>, inte "
        "10<sup>3</sup>.</p>"
    )
    assert found.pages[-1].heading == "Barnets bästa"
    assert found.pages[-1].text == "Rådet föreskriver följande. Sedan 2023 är ytan 10 m2, inte 103."


def test_number_of_a_fax_is_not_that_of_a_telephone() -> None:
    found = page(
        "<h1>A</h1><p>Text.</p><div><h3>Kontakt</h3>"
        "<p>Per Ek<br>Fax: 040-12 34 56<br>Tel: 040-65 43 21</p></div>"
    )
    assert [(one.name, one.phone) for one in found.contacts] == [("Per Ek", "040-65 43 21")]


@pytest.mark.parametrize("name", ['property="article:published_time"', 'name="rek:pubdate"'])
def test_dates_in_meta_tags_are_read(name: str) -> None:
    head = f'<meta {name} content="2014-03-12T10:00:00+01:00">'
    assert [(d.date, d.label) for d in page("<h1>A</h1>", head=head).dates] == [("2014-03-12", "published")]


def test_day_of_an_event_is_read_from_linked_data() -> None:
    said = '{"@type": "Event", "startDate": "2020-02-06T18:00", "dateModified": "2019-12-10"}'
    head = f'<script type="application/ld+json">{said}</script>'
    found = {(d.date, d.label) for d in page("<h1>A</h1>", head=head).dates}
    assert found == {("2020-02-06", "event"), ("2019-12-10", "updated")}


@pytest.mark.parametrize(
    ("box", "name", "role", "email", "phone"),
    [
        ('<div class="k"><h2>Sidansvarig</h2><ul><li>Anna Lind<br></li></ul></div>',
         "Anna Lind", "Sidansvarig", None, None),
        ('<div class="k"><h2>Informationsansvarig</h2><p>Anna-Karin von Lind<br>Handläggare</p></div>',
         "Anna-Karin von Lind", "Handläggare", None, None),
        ('<aside><h2>Kontakt</h2><p><strong>Åsa Öberg</strong><br>Barnrättsstrateg<br>'
         'Telefon: 040-12 34 56<br><a href="mailto:asa@k.se">Mejla Åsa</a></p></aside>',
         "Åsa Öberg", "Barnrättsstrateg", "asa@k.se", "040-12 34 56"),
        ("<p>Sidansvarig: Eva Ek</p>", "Eva Ek", "Sidansvarig", None, None),
        ('<div><h3>Kontaktperson</h3><p>Per Ek, utvecklare, per.ek@k.se, 0410-733 000</p></div>',
         "Per Ek", "utvecklare", "per.ek@k.se", "0410-733 000"),
    ],
)  # fmt: skip
def test_contact_boxes_become_contacts(
    box: str, name: str, role: str, email: str | None, phone: str | None
) -> None:
    found = page(f"<h1>A</h1><p>Kommunen arbetar med barnets rättigheter på många sätt.</p>{box}")
    (contact,) = found.contacts
    assert (contact.name, contact.role, contact.email, contact.phone) == (name, role, email, phone)
    assert name not in text(found)


def test_role_above_the_name_holds_for_every_person_of_the_box() -> None:
    found = page(
        "<h1>Kontaktpersoner</h1><p>Vi arbetar med barnets rättigheter.</p><h2>Kontakta</h2>"
        "<p><b>Samordnare</b><br>Gun Ek, tel 046-35 50 11</p><p><b>Fritidschef</b><br>Leif Alm</p>"
    )
    assert [(one.name, one.role) for one in found.contacts] == [
        ("Gun Ek", "Samordnare"),
        ("Leif Alm", "Fritidschef"),
    ]


def test_line_that_says_the_name_of_the_page_is_its_title_and_what_is_above_a_menu() -> None:
    source = (
        "<title>Barnombudsman</title><p><a href=/>[Hem]</a> <a href=/karta>[Karta]</a></p>"
        "<p><font size=5><b>Barnombudsman</b></font></p><p>Sedan 1998 har kommunen en ombudsman.</p>"
        "<ul><li><a href=/plan>Planen</a></ul>"
    )
    found = html.read(source.encode(), "https://x.example/barn")
    assert "[Karta]" not in text(found)
    assert [link.headings for link in main_links(found)] == [()]


def test_line_of_labels_names_only_persons() -> None:
    found = page(
        "<h1>A</h1><p>Barnets rättigheter.</p><p>Ansvarig: Webbredaktionen Skapad: Ändrad: 2015-02-02</p>"
    )
    assert found.contacts == ()
    found = page("<h1>A</h1><p>Barnets rättigheter.</p><p>Sidansvarig: Eva Ek Skapad: 2015-02-02</p>")
    assert found.contacts == (Contact("Sidansvarig", "Eva Ek"),)
    assert "Skapad" not in text(found)
    assert [(date.label, date.date) for date in found.dates] == [("published", "2015-02-02")]


def test_linked_heading_is_the_logotype_and_not_the_title() -> None:
    found = page(
        "<div><a href=/><h1>Portalen</h1></a></div><div><h1>Så leder Borås</h1></div><p>I Borås.</p>"
    )
    assert dict(found.titles)["h1"] == "Så leder Borås"


def test_label_and_name_in_elements_of_their_own_are_a_contact() -> None:
    found = page("<h1>A</h1><p>Barnets rättigheter.</p><dl><dt>Innehållsansvarig<dd>Mona Ek</dl>")
    assert found.contacts == (Contact("Innehållsansvarig", "Mona Ek"),)
    assert "Mona" not in text(found)


def test_days_of_a_calendar_are_not_the_day_of_the_page() -> None:
    days = "".join(f"<li><time datetime='2025-0{n}-03'>3/{n}</time> Seminarium</li>" for n in (1, 2, 3))
    assert page(f"<h1>Kalender</h1><p>Möten och utbildningar.</p><ul>{days}</ul>").dates == ()


def test_footer_that_elementor_names_by_an_attribute_of_its_own_is_frame() -> None:
    found = page(
        "<h1>A</h1><p>Kommunen arbetar med barnets rättigheter.</p>"
        "<div data-elementor-type='footer'><h2>Habo kommun</h2><p>Box 212, 566 24 Habo</p></div>"
    )
    assert "Box 212" not in text(found)


def test_contact_box_without_a_person_names_nobody() -> None:
    found = page("<h1>A</h1><div><h2>Kontakta oss</h2><p>Kommunens Kontaktcenter<br>Storgatan 1</p></div>")
    assert found.contacts == ()


def test_page_that_says_not_found_with_status_200_is_seen() -> None:
    assert page("<h1>Sidan kunde inte hittas</h1><p>Kontrollera adressen.</p>").soft_404
    assert page("<h1>Hoppsan!</h1><p>Sidan du söker finns tyvärr inte längre.</p>").soft_404
    assert page("<h1>Oj då!</h1><p>Vi hittar tyvärr inte sidan du söker.</p>").soft_404
    assert page("<h1>Kunde inte hitta sidan</h1>").soft_404
    assert page("<h1>Innehållet är inte längre tillgängligt</h1><p>Sök gärna.</p>").soft_404
    sent = '<meta http-equiv="Refresh" content="0; url={}">'
    assert page(sent.format("/ny") + "<p>Du skickas vidare.</p>").soft_404
    assert not page(sent.format("#nytt") + "<p>Just nu.</p>").soft_404
    assert not page(sent.format("/ny") + "<p>Ansök om plats i förskolan.</p>" * 40).soft_404
    assert not page(f"<noscript>{sent.format('/utan-js')}</noscript><p>Kort.</p>").soft_404
    popular = "<h2>Det här söker många</h2>" + "<p>Ansök om plats i förskola och skola här.</p>" * 40
    assert page(f"<h1>404 – sidan kunde tyvärr inte hittas!</h1>{popular}").soft_404
    assert not page(f"<h1>Dokumentet finns inte på lätt svenska</h1>{popular}").soft_404
    assert not page("<h1>Familjecentralen har flyttat</h1><p>Vi finns nu på Storgatan.</p>").soft_404
    assert not page("<h1>Stöd som saknas</h1><p>Dokumentet beskriver vilket stöd som finns.</p>").soft_404
    long = "<p>Rapporten visar vad som händer när en anmälan görs.</p>" * 30
    assert not page(f"<h1>Rapport</h1>{long}<p>Sidan kan inte hittas med sökord.</p>").soft_404


def test_login_page_is_seen_but_not_a_page_with_a_login_box() -> None:
    form = '<form><label>Lösenord</label><input type="password"></form>'
    assert page(f"<h1>Logga in</h1>{form}", title="Logga in").login
    assert not page(f"<h1>Plan</h1>{'<p>Kommunen arbetar med barnets rättigheter.</p>' * 40}{form}").login


# --- charsets ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "meta", "header"),
    [
        ("utf-8", "utf-8", None),
        ("utf-8", "", None),
        ("utf-8", "iso-8859-1", "iso-8859-1"),
        ("cp1252", "utf-8", "utf-8"),
        ("cp1252", "", None),
        ("cp1252", "windows-1252", None),
        ("iso-8859-1", "", "iso-8859-1"),
        ("utf-8-sig", "", "windows-1252"),
        ("utf-16", "utf-8", None),
        ("utf-16-be", "", None),
        ("mac_roman", "", None),
        ("cp1252", "no-such-charset", "utf8mb4"),
        ("cp1252", "utf-7", "unicode_escape"),
    ],
)
def test_charset_is_found(codec: str, meta: str, header: str | None) -> None:
    declared = f'<meta charset="{meta}">' if meta else ""
    source = (
        f"<html><head>{declared}</head><main><h1>Barnrätt på Åland</h1><p>För små och stora örnar.</p></main>"
    )
    found = html.read(source.encode(codec), URL, header)
    assert text(found) == "Barnrätt på Åland\nFör små och stora örnar."


def test_text_encoded_twice_is_made_right() -> None:
    source = "<h1>Råd för små barn</h1><p>Allt är på plats här.</p>".encode().decode("cp1252").encode()
    assert text(html.read(source, URL)) == "Råd för små barn\nAllt är på plats här."
    # Through Latin-1, as utf8_encode of PHP does, and only in what comes from the database.
    source = (
        b"<title>2 \xe2\x82\xac</title>" + "<h1>Ängar är öppna å ä</h1>".encode().decode("latin-1").encode()
    )
    assert text(html.read(source, URL)).strip() == "Ängar är öppna å ä"


# --- hostile and broken -----------------------------------------------------------------------------------


def test_twenty_thousand_nested_elements_are_read() -> None:
    found = html.read(b"<h1>A</h1>" + b"<div><span>" * 10_000 + b"djupt" + b"</span></div>" * 10_000, URL)
    assert "djupt" in text(found)


@pytest.mark.parametrize(
    "source",
    [
        b"<div>" * 100_000 + b"barn",
        b"<ul><li>" * 50_000 + b"barn",
        b"<p>" + b"".join(b"<font color=%d>" % n for n in range(3_000)) + b"</p>" + b"<p>barn" * 3_000,
        b"<p " + b" ".join(b"a%d=1" % n for n in range(50_000)) + b">barn</p>",
        b"<select>" + b"<option>x" * 50_000 + b"</select><p>barn",
        b"<x-y>" * 50_000 + b"barn",
        b"<div>" * 3_000 + b"<h2>Kontakt</h2><p>Anna Lind</p>" * 3_000,
        b"<p class='" + b"nav-" * 200_000 + b"'>barn</p>",
        b"<title>" + b"a - " * 50_000 + b"</title><p>barn",
        b"<meta property='og:title' content='x - " + b"k" * 200_000 + b"'><p>barn",
        b"<h2>Kontakt</h2><p>" + b"k" * 100_000,
        b"<base href='/" + b"a" * 1_000_000 + b"'>" + b"<p><a href=b%d>barn" * 20_000,
        b"<i " * 300_000 + b">barn",
        b"<h2>y<li>barn" * 30_000,
        (b"<h2>Kontakt</h2>" + (b"<p>" + b"_" * 990) * 38) * 60,
        b"".join(b"<p class=%s%d>barn" % (b"_" * 285, n) for n in range(4_000)),
        b"<meta http-equiv=refresh content='" + b" " * 100_000 + b"x'><p>barn",
    ],
    ids=[
        "div",
        "list",
        "font",
        "attributes",
        "options",
        "unknown",
        "contacts",
        "class",
        "title",
        "shared",
        "contact",
        "base",
        "tags",
        "headings",
        "cards",
        "names",
        "refresh",
    ],
)
def test_small_hostile_page_costs_no_time(source: bytes) -> None:
    began = time.process_time()
    found = html.read(b"<h1>A</h1>" + source, URL)
    assert time.process_time() - began < 5
    assert found.pages or found.problem


def test_thirty_thousand_links_left_open_are_links() -> None:
    found = html.read(b"<h1>A</h1>" + b"".join(b"<a href=%d>x" % n for n in range(30_000)), URL)
    assert len(found.links) == 30_000


def test_very_long_page_is_cut_and_says_so() -> None:
    found = html.read(b"<h1>A</h1>" + b"<p>" + b"barn " * 2_200_000, URL)
    assert found.problem == "Only part of the file was read: its first 10 million characters."
    assert found.pages[0].text.startswith("barn barn")


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\x00\x00\x00",
        b"<",
        b"<html><body></body></html>",
        b"<p>Hej<p <b>d\xff\xfe\x00u</i></table></p></div><td>x",
        b"<!--" + b"x" * 1000,
        b"<script>" + b"<p>" * 1000,
        b"<h1><h1><h1></h2></h1>",
        b"<a href=a><a href=b><a href=c>x",
        b"<svg><p>hej</p><foreignObject><h1>x</h1></svg>",
        b"<table><td><table><tr><td>x<a href=y>",
        b"<body><frameset><frame src='http://[bad'>",
        bytes(range(256)) * 20,
    ],
)
def test_broken_pages_do_no_harm(source: bytes) -> None:
    found = html.read(source, URL)
    assert found.format == "html"
    html.links(source, URL)


def test_null_bytes_vanish() -> None:
    assert text(html.read(b"<h1>Pl\x00an</h1><p>Ba\x00rn</p>", URL)) == "Plan\nBarn"


# --- what repeats across a site ---------------------------------------------------------------------------


def test_blocks_that_repeat_across_a_site_are_dropped_and_the_title_stays() -> None:
    pages = [
        page(
            f"<h1>Sida {n}</h1><p>Sök bland våra tjänster</p><h2>Dokument</h2><p>Plan {n}.</p>"
            "<h2>Följ oss</h2><p>Alltid här.</p>"
        )
        for n in range(8)
    ]
    common = repeats.common([extract.blocks for extract in pages])
    cleaned = repeats.without(pages[3], common)
    assert [(p.number, p.heading, p.text) for p in cleaned.pages] == [
        (1, "Sida 3", ""),
        (2, "Dokument", "Plan 3."),
    ]
    assert repeats.without(cleaned, common) == cleaned
    assert repeats.without(pages[0], frozenset()) == pages[0]


def test_date_in_the_frame_of_every_page_is_that_of_the_site() -> None:
    foot = "<footer><p>Senast uppdaterad 2024-11-12</p><p>© Kommunen. Uppdaterad 2025-01-02</p></footer>"
    own = "<p>Uppdaterad: 2016-05-04</p>"
    made = [
        html.read(
            f"<main><h1>Sida {n}</h1><p>Text {n} om barn.</p>{own * (n == 5)}</main>{foot}".encode(), URL
        )
        for n in range(6)
    ]
    repeated = repeats.common([found.blocks for found in made])
    dates = [[d.date for d in repeats.without(found, repeated).dates] for found in made]
    assert dates == [[]] * 5 + [["2016-05-04"]]
    assert [d.date for d in repeats.without(made[0], frozenset()).dates] == ["2024-11-12"]


def test_one_page_at_many_addresses_is_no_frame() -> None:
    same = page("<h1>Plan</h1><p>Barnets bästa.</p>")
    assert repeats.common([same.blocks] * 20) == frozenset()


def test_few_pages_teach_nothing() -> None:
    assert repeats.common([("a", "b"), ("a",), ("a",)]) == frozenset()


def test_links_are_sought_in_a_part_of_a_very_long_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """All sources wait while the crawler looks for links; the text is read in a process of its own."""
    monkeypatch.setattr(html, "LINK_CHARACTERS", 2_000)
    body = '<p><a href="/a">a</a></p>' + "<p>Ord efter ord.</p>" * 200 + '<p><a href="/b">b</a></p>'
    page = f"<html><body><main>{body}</main></body></html>".encode()
    assert [link.url for link in html.links(page, "https://x.se/").links] == ["https://x.se/a"]
    assert [link.url for link in html.read(page, "https://x.se/").links] == [
        "https://x.se/a",
        "https://x.se/b",
    ]


# --- pages whose design does not say what is what ---------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "top", "heading"),
    [
        ("Skolval 2020", "<h1>Vaxholms stad</h1>", "<h2>Skolval 2020</h2>"),
        ("Nyhet - Vaxholms stad", "<h1>Vaxholms stad</h1>", "<h2>Skolval 2020</h2>"),
        ("MeetingsPlus", "", "<h2>Skolval 2020</h2>"),
        ("Bildningsnämnden - Ciceron", "<h4>Bildningsnämnden 2020-02-03</h4>", "<h2>Skolval 2020</h2>"),
    ],
)
def test_heading_below_the_name_of_the_sender_names_the_page(named: str, top: str, heading: str) -> None:
    source = f"""<html><head><title>{named}</title></head><body><div>{top}<p>En stad vid vattnet</p></div>
    <div>{heading}<p>Eleverna tyckte till om skolvalet och om vägen till skolan.</p></div></body></html>"""
    found = html.read(source.encode(), URL)
    assert found.titles[0] == ("h1", "Skolval 2020")
    assert title_of(found) == "Skolval 2020"


def test_entrance_of_a_site_keeps_the_name_of_the_site() -> None:
    source = """<html><head><title>Startsida - Vaxholms stad</title></head><body><h1>Vaxholms stad</h1>
    <h2>Aktuellt</h2><p>Eleverna tyckte till om skolvalet.</p></body></html>"""
    assert title_of(html.read(source.encode(), URL)) == "Vaxholms stad"


def test_old_page_laid_out_in_a_table_is_its_column_of_text() -> None:
    found = html.read(
        """<HTML><BODY><TABLE><TR><TD COLSPAN=3>Vaxholms stad - en stad vid vattnet</TD></TR><TR>
        <TD WIDTH=140><A HREF="/">Startsida</A><BR><A HREF="/g">Gästbok</A></TD>
        <TD><P><B>Elevråd i skolorna</B></P><P>På varje skola finns ett elevråd som träffas en gång i
        månaden.</P></TD><TD WIDTH=120>Aktuellt!<BR>Sommarschema 2006</TD></TR></TABLE>""".encode(),
        URL,
    )
    assert text(found).strip() == (
        "Elevråd i skolorna\nPå varje skola finns ett elevråd som träffas en gång i månaden."
    )
    assert title_of(found) == "Elevråd i skolorna"


def test_table_of_data_keeps_its_cells() -> None:
    cells = "<tr><td>Trygghet</td><td>82 procent</td></tr><tr><td>Delaktighet</td><td>38 procent</td></tr>"
    found = text(page(f"<h1>Barnbokslut</h1><p>Så har barnen det.</p><table>{cells}</table>"))
    assert "Trygghet | 82 procent" in found


def test_days_of_other_events_date_no_page() -> None:
    found = html.read(
        """<html><body><main><h1>Barnrättsveckan</h1><p>Hela veckan uppmärksammas barnets rättigheter.</p>
        </main><section><h2>Fler evenemang</h2><div><time datetime="2023-10-01">1 okt</time> Sagostund</div>
        </section></body></html>""".encode(),
        URL,
    )
    assert found.dates == ()


def test_two_hours_of_one_day_are_an_event() -> None:
    found = page(
        '<h1>Samtal</h1><p><time datetime="2023-03-08T18:30">8 mar 18:30</time> – '
        '<time datetime="2023-03-08T20:00">20:00</time></p><p>Fri entré.</p>'
    )
    assert [(date.date, date.label) for date in found.dates] == [("2023-03-08", "event")]


def test_card_headed_by_its_looks_alone_is_a_contact() -> None:
    person = "<p>Kanslichef<br>Rut Alm<br>0392-140 01</p>"
    card = f'<div class="card"><div class="top">Kontakt</div><div>{person}</div></div>'
    found = page(f"<h1>Policy</h1><p>Alla nämnder följer den.</p><div>{card}<div>Dokument</div></div>")
    assert found.contacts == (Contact("Kanslichef", "Rut Alm", None, "0392-140 01"),)


def test_contact_in_the_text_ends_where_the_frame_begins() -> None:
    found = html.read(
        """<html><body><div><h2>Plan mot mobbning</h2><p>Planen gäller skolan.</p><h3>Ansvarig</h3>
        <p>Rektor Ida Malm</p></div><footer><p>kommunen@x.example</p><p>036-442 80 00</p>""".encode(),
        URL,
    )
    assert found.contacts == (Contact("Rektor", "Ida Malm"),)


def test_page_called_as_its_site_is_named_by_its_link_or_first_heading() -> None:
    source = """<html><head><title>Unga Röster</title></head><body><div><p>Unga Röster</p></div>
    <div><h3>Tystnaden efter samrådet</h3><p>Vi frågar barn, och sedan händer ingenting.</p></div></html>"""
    found = html.read(source.encode(), URL)
    assert title.choose(found, "Läs mer", URL, ("Unga Röster",)) == "Tystnaden efter samrådet"
    assert (
        title.choose(found, "Om tystnaden efter samråd", URL, ("Unga Röster",)) == "Om tystnaden efter samråd"
    )
    assert title.choose(found, "Läs mer", URL) == "Unga Röster"


def test_who_wrote_a_page_and_when_dates_it() -> None:
    found = page(
        "<h1>Plan</h1><p>Text.</p><p>Skriven av Sara Berg den 20 november 2018, kl. 10:14 | Barnrätt</p>"
    )
    assert [(date.date, date.label) for date in found.dates] == [("2018-11-20", "published")]


def test_line_that_the_page_is_called_by_names_it_without_the_site() -> None:
    source = """<html><head><title>Barns hälsa i kommunerna - FHI</title></head><body><div>INSTITUTET</div>
    <div><div class="rubrik1">Barns hälsa i kommunerna</div><p>Rapporten bygger på statistik.</p></div>"""
    assert title_of(html.read(source.encode(), URL)) == "Barns hälsa i kommunerna"


def test_time_in_a_link_is_of_the_page_it_leads_to() -> None:
    found = page(
        "<h1>Checklista</h1><p>Rör frågan barn?</p><p>Senast ändrad den 12 januari 2015 klockan 13.22</p>"
        '<div><h4>Aktuellt</h4><a href="/x"><b>Bro</b> <time datetime="2025-02-01">1 feb</time></a></div>'
    )
    assert [(date.date, date.label) for date in found.dates] == [("2015-01-12", "updated")]


def title_of(extract: Extract, anchor: str = "") -> str:
    return title.choose(extract, anchor, URL)


# --- what programs put on the page -------------------------------------------------------------------------


def test_text_in_a_declarative_shadow_root_is_text_and_other_templates_are_not() -> None:
    found = page(
        """<region-article><template shadowrootmode="open"><h1>Strategi</h1><p>Barn ska höras i
        beslut.</p><template><p>Mall för ett kort</p></template></template></region-article>"""
    )
    assert text(found).strip() == "Strategi\nBarn ska höras i beslut."


ARTICLE = """<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Barnombud i skolan",
"datePublished": "2024-05-05T22:00:00Z", "articleBody": "Barnombud finns nu i varje skola.\\n<p>De utses av
eleverna.</p>"}</script>"""


def test_empty_shell_is_read_by_the_article_it_states_for_machines() -> None:
    shell = f"<html><head><title>Nyhet</title>{ARTICLE}</head><body><div id=root></div></body></html>"
    found = html.read(shell.encode(), URL)
    assert found.pages[0].text.split("\n") == [
        "Barnombud finns nu i varje skola.",
        "De utses av",
        "eleverna.",
    ]
    assert found.pages[0].heading == "Barnombud i skolan"


def test_half_a_character_in_data_for_machines_costs_no_page() -> None:
    article = ARTICLE.replace("<p>", "").replace("</p>", r" \ud83e")  # cut within an emoji
    assert "De utses av" in text(html.read(f"<title>Nyhet</title>{article}".encode(), URL))


def test_page_with_a_text_is_not_read_by_its_data_for_machines() -> None:
    found = page(f"<h1>Barnombud</h1><p>{'Ombuden utses av eleverna på hösten. ' * 12}</p>", head=ARTICLE)
    assert "finns nu i varje skola" not in text(found)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2024-05-05T22:00:00Z", "2024-05-06"),
        ("2024-01-05T22:59:00+00:00", "2024-01-05"),
        ("2024-01-05T23:00:00.000Z", "2024-01-06"),
        ("2024-10-27T00:59:00Z", "2024-10-27"),
        ("2023-05-25T00:30:00+02:00", "2023-05-25"),
        ("2024-05-05T22:00:00", "2024-05-05"),
    ],
)
def test_moment_in_universal_time_is_the_day_it_was_in_sweden(moment: str, day: str) -> None:
    found = page(
        "<h1>Nyhet</h1><p>Text</p>", head=f'<meta property="article:published_time" content="{moment}">'
    )
    assert [(date.label, date.date) for date in found.dates] == [("published", day)]


def test_days_of_two_time_elements_side_by_side_are_two() -> None:
    found = page(
        '<h1>Nyhet</h1><p>Postat den <time class="published">25 maj, 2023</time><time class="updated">'
        "1 juni, 2023</time> av Eva Ek</p><p>Eleverna prövade själva.</p>"
    )
    assert ("published", "2023-05-25") in [(date.label, date.date) for date in found.dates]
    assert text(found).strip() == "Nyhet\nEleverna prövade själva."


def test_links_with_nothing_between_them_are_lines_and_their_dates_are_of_others() -> None:
    found = page(
        '<h1>Lista</h1><div><a href="/a.pdf"><span>Plan</span><span> Publicerad 2023-02-20, 1 MB</span></a>'
        '<a href="/b.pdf"><span>Tabeller</span><span> Publicerad 2024-03-01</span></a></div>'
    )
    assert text(found).strip().split("\n")[1:] == [
        "Plan Publicerad 2023-02-20, 1 MB",
        "Tabeller Publicerad 2024-03-01",
    ]
    assert found.dates == ()


@pytest.mark.parametrize(
    "line",
    [
        'Läs <a href="/a">barn</a><a href="/b">konventionen</a>.',
        '<a href="/a">Läs barn</a><a href="/a">konventionen</a>.',
    ],
)
def test_link_that_an_editor_parted_in_a_word_stays_one_line(line: str) -> None:
    assert text(page(f"<h1>Lista</h1><p>{line}</p>")).strip() == "Lista\nLäs barnkonventionen."


@pytest.mark.parametrize(
    "line",
    [
        "Publicerad: måndag 12 februari 2024 kl. 08.15 | Senast ändrad: 15 mars 2024",
        "Publicerat den 7 nov 2022 · Lästid: 2 min",
        "Sidan publicerades: 2022-08-30 Informationen kontrollerades: 3 maj 2024 av Kristina Åberg",
        "Innehållet uppdaterades den 7 november 2022",
    ],
)
def test_line_that_only_dates_the_page_is_not_its_text(line: str) -> None:
    assert text(page(f"<p>{line}</p><h1>Nyhet</h1><p>Barnrådet har en budget.</p>")).strip() == (
        "Nyhet\nBarnrådet har en budget."
    )


def test_day_of_an_event_in_microdata_does_not_date_the_page() -> None:
    found = page(
        '<div itemscope itemtype="https://schema.org/Event"><h1>Föreläsning</h1><p>Datum: <time '
        'itemprop="startDate" datetime="2024-11-21T18:00+01:00">21 november 2024</time></p></div>'
    )
    assert [(date.label, date.date) for date in found.dates] == [("event", "2024-11-21")]


def test_pair_that_says_when_a_notice_was_put_up_dates_the_page() -> None:
    found = page(
        "<h1>Nämnden 2025-02-11</h1><dl><dt>Anslaget publicerat:</dt><dd>2025-02-18</dd></dl><p>Text</p>"
    )
    assert [(date.label, date.date) for date in found.dates] == [("published", "2025-02-18")]


def test_short_day_behind_its_label_is_read() -> None:
    found = page("<h1>Barnrätt</h1><p>Text</p><p>Sidan uppdaterad den: 21-02-04</p>")
    assert [(date.label, date.date) for date in found.dates] == [("updated", "2021-02-04")]


def test_role_below_a_name_is_not_that_of_the_next_person() -> None:
    found = page(
        "<h1>Barnrätt</h1><p>Text</p><ul><li>Eva Ek<br>Handläggare</li><li>Per Alm<br>Kommunikatör</li></ul>"
    )
    assert ("Per Alm", "Handläggare") not in [(person.name, person.role) for person in found.contacts]
