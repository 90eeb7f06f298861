"""What a document is called: the best of page title, heading, metadata, link text and file name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indexer.extract import title
from indexer.model import Extract, Page

URL = "https://www.helsingborg.se/download/18.abc/handlingsplan_barn_2012.pdf"


def file(metadata: str = "", first: str = "", text: str = "") -> Extract:
    titles = (("first page", first), ("metadata", metadata))
    return Extract("pdf", (Page(1, f"{first}\n{text}"),), tuple((w, t) for w, t in titles if t))


@pytest.mark.parametrize(
    ("shown", "site_name", "h1", "expected"),
    [
        ("Barnrätt | Helsingborgs stad", "", None, "Barnrätt"),
        ("Barnrätt - helsingborg.se", "", None, "Barnrätt"),
        ("Barnrätt – Region Skåne", "Region Skåne", None, "Barnrätt"),
        ("Helsingborgs stad: Barnrätt", "Helsingborgs stad", None, "Barnrätt"),
        ("Lunds kommun - Barnombud", "", None, "Barnombud"),
        ("Barnrätt :: Barnombudsmannen", "Barnombudsmannen", None, "Barnrätt"),
        ("Barnrätt » Skola | Lunds kommun", "", None, "Barnrätt » Skola"),
        ("Stödstruktur - en modell", "", None, "Stödstruktur - en modell"),
        ("Stödstruktur - en modell | SKR", "", None, "Stödstruktur - en modell"),
        ("Skåne först ut – och kanske i Europa? - Skånes Kommuner", "Skånes Kommuner", None,
         "Skåne först ut – och kanske i Europa?"),
        ("Region Blekinge - Region Blekinge", "", "Region Blekinge", "Region Blekinge"),
        ("Barn och unga - Stöd - Vellinge kommun", "", "Barn och unga", "Barn och unga"),
        ("Barnrätt « Barnens röst", "", "Barnrätt", "Barnrätt"),
        ("Välkommen « Barnens röst", "", "Välkommen", "Barnens röst"),
        ("Barnrätt", "", None, "Barnrätt"),
    ],
)  # fmt: skip
def test_site_name_is_cut_off(shown: str, site_name: str, h1: str | None, expected: str) -> None:
    assert title.without_site(shown, site_name, "https://www.helsingborg.se/barn", h1) == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("Plan 2012 (PDF, nytt fönster)", "Plan 2012"),
        ("Plan 2012 (PDF nytt fönster)", "Plan 2012"),
        ("Plan 2012 (pdf, 1,2 MB, öppnas i nytt fönster)", "Plan 2012"),
        ("Plan 2012 [PDF]", "Plan 2012"),
        ("Protokoll 17 oktober 2018 (scannat, PDF)", "Protokoll 17 oktober 2018"),
        ("Plan 2012 pdf, 318.7 kB.", "Plan 2012"),
        ("Plan 2012, PDF", "Plan 2012"),
        ("Plan_2012.pdf", "Plan_2012"),
        ("Poster (jpg, nytt fönster)", "Poster"),
        ("Barnkonventionen (lättläst)", "Barnkonventionen (lättläst)"),
        ("Programmet i PDF", "Programmet i PDF"),
    ],
)
def test_remarks_on_the_format_are_cut_off(link: str, expected: str) -> None:
    assert title.clean(link) == expected


@pytest.mark.parametrize(
    "metadata",
    [
        "Microsoft Word - Dok1",
        "Microsoft Word - handlingsplan slutversion.docx",
        "Microsoft PowerPoint - Presentation1",
        "PowerPoint-presentation",
        "Dokument1",
        "untitled",
        "Namnlös",
        "Rubrik",
        "1",
        "2012-03-14",
        "handlingsplan_v3_slutlig.indd",
        "C:\\Users\\anna\\plan.doc",
        "(anonymous)",
        "Mall för rapporter",
        "KS-2012-00431",
        "Kallelse till samhällsbyggnadsnämnden",
        "",
    ],
)
def test_wrong_metadata_gives_way_to_the_first_page(metadata: str) -> None:
    found = file(
        metadata, "Handlingsplan för barnets rättigheter", "Antagen av kommunfullmäktige i Helsingborg."
    )
    assert title.choose(found, "Handlingsplan (PDF)", URL) == "Handlingsplan för barnets rättigheter"


def test_metadata_that_the_document_bears_out_is_taken() -> None:
    found = file(
        "Sammanträdesprotokoll styrelsen", "Sammanträdesprotokoll", "Styrelsen för Kommunförbundet Skåne"
    )
    assert title.choose(found, "Protokoll", URL) == "Sammanträdesprotokoll styrelsen"


@pytest.mark.parametrize(
    "line",
    [
        "ISSN 1103-405X", "Utgivare: Anna Asp, Myndigheten", "1 kap.", "Dnr: KS 2014/123", "KS 2014/123",
        "HSLF-FS 2016:40", "SKOLFS 2011:37", "Prop. 2009/10:232", "SOSFS 2014:5 FS",
        "ELSÄK-FS 2017:4 - Konsoliderad version",
    ],
)  # fmt: skip
def test_line_that_says_something_else_is_no_title(line: str) -> None:
    assert not title.is_title(line)


def test_years_below_the_kind_or_the_sender_do_not_make_a_title_of_it() -> None:
    link = "Handlingsplan för barnets rättigheter"
    assert title.choose(file("", "Handlingsplan 2015-2018"), link, URL) == link
    shown = (("first page", "Lunds kommun 2015–2018"), ("second", "Barnens plan"))
    assert title.choose(Extract("pdf", titles=shown), None, URL) == "Barnens plan"


def test_name_of_the_sender_in_the_metadata_is_not_the_title() -> None:
    sender = "Skolverkets författningssamling"
    shown = (("first page", sender), ("metadata", sender), ("second", "Allmänna råd om barns delaktighet"))
    assert title.choose(Extract("pdf", titles=shown), None, URL) == "Allmänna råd om barns delaktighet"


def test_metadata_of_an_older_edition_is_not_taken() -> None:
    found = file("Handlingsplan för barnets rättigheter 2009", "Handlingsplan för barnets rättigheter 2012")
    assert title.choose(found, None, URL) == "Handlingsplan för barnets rättigheter 2012"


def test_link_names_what_its_first_page_does_not() -> None:
    found = Extract("image", read_by="none")
    assert (
        title.choose(found, "Poster barnets rättigheter (jpg, nytt fönster)", URL)
        == "Poster barnets rättigheter"
    )
    read = Extract(
        "image", (Page(1, "Barnets rättigheter"),), (("first page", "Barnets rättigheter"),), read_by="ocr"
    )
    assert title.choose(read, "Poster barnets rättigheter (jpg)", URL) == "Poster barnets rättigheter"
    assert title.choose(file(first="§ 14"), "Minnesanteckningar 8 maj", URL) == "Minnesanteckningar 8 maj"


@pytest.mark.parametrize(
    "line",
    [
        "Delegationsordning för socialnämnden",
        "Barnens röst i Svalövs kommun",
        "Verksamhetsplan Socialnämnden",
        "Budget 2019 socialnämnden",
    ],
)
def test_title_that_ends_in_a_body_is_not_taken_for_the_sender(line: str) -> None:
    found = Extract(
        "pdf", titles=(("first page", line), ("below", "Nr Ärende Lagrum"), ("second", "Innehåll här"))
    )
    assert title.choose(found, None, URL) == line


@pytest.mark.parametrize(
    "largest",
    [
        "Lilla Edets kommun",
        "Barn- och utbildningsförvaltningen",
        "Nämnden för arbetslivets avdelningen",
        "Närvarande",
    ],
)
def test_next_largest_line_is_the_title_beside_the_name_of_the_sender_or_a_part(largest: str) -> None:
    found = Extract("pdf", titles=(("first page", largest), ("below", "Box 1"), ("second", "Barnens plan")))
    assert title.choose(found, None, URL) == "Barnens plan"
    below = Extract("pdf", titles=(("first page", largest), ("second", "Bakgrund")))
    assert title.choose(below, None, URL) == largest


def test_link_names_what_begins_with_the_heading_of_a_part() -> None:
    found = Extract("pdf", titles=(("first page", "Bakgrund"), ("below", "Barn har rätt till")))
    assert title.choose(found, "Projektplan Barnens stad", URL) == "Projektplan Barnens stad"


def test_link_names_minutes_and_a_paragraph_its_extract() -> None:
    def read(text: str) -> str:
        found = Extract("pdf", pages=(Page(1, text),), titles=(("first page", "§ 40 Budget 2019"),))
        return title.choose(found, "Beslutsprotokoll december", URL)

    assert read("§ 40 Budget 2019\nNämnden beslutar.\n§ 41 Meddelanden") == "Beslutsprotokoll december"
    assert read("§ 40 Budget 2019\nNämnden beslutar.") == "§ 40 Budget 2019"


@pytest.mark.parametrize(
    "shown",
    ["§ 5 Antagande av barnpolicy", "Närvarande", "Plats och tid Rådhuset, sal A, kl. 17", "2012-01-27"],
)
def test_minutes_are_named_by_the_head_of_their_pages(shown: str) -> None:
    found = Extract(
        "pdf",
        titles=(("first page", shown), ("below", "Dnr 2012/7")),
        furniture=("Bjuvs kommun", "Sammanträdesprotokoll Sida 1 (9)", "Kommunfullmäktige 2012-01-27"),
    )
    assert title.choose(found, "Protokoll", URL) == "Sammanträdesprotokoll, kommunfullmäktige 2012-01-27"


def test_shouted_title_is_written_as_the_link_writes_it() -> None:
    found = file(first="HANDLINGSPLAN FÖR BARNETS RÄTTIGHETER")
    link = "Handlingsplan för barnets rättigheter (PDF)"
    assert title.choose(found, link, URL) == "Handlingsplan för barnets rättigheter"


@pytest.mark.parametrize(
    "anchor", [None, "", "Läs mer", "Ladda ner", "här", "PDF", "Klicka här för att öppna"]
)
def test_file_name_is_the_last_resort(anchor: str | None) -> None:
    assert title.choose(Extract("pdf", read_by="none"), anchor, URL) == "Handlingsplan barn 2012"


def test_there_is_always_a_title() -> None:
    assert title.choose(Extract("pdf"), None, "https://x.se/")
    assert title.choose(Extract("html"), None, "https://x.se/?id=7")


def test_page_is_called_by_its_heading_unless_that_says_nothing() -> None:
    page = Extract("html", titles=(("h1", "Startsida"), ("title", "Barnrättsforum")))
    assert title.choose(page, None, URL) == "Barnrättsforum"
    page = Extract("html", titles=(("h1", "Barnrätt i Lund"), ("title", "Barnrätt")))
    assert title.choose(page, "Läs mer", URL) == "Barnrätt i Lund"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("SAMMANTRÄDESPROTOKOLL Sida 1 (14)", "SAMMANTRÄDESPROTOKOLL"),
        ("Budget (3)", "Budget (3)"),
        ("Protokoll 1 (23)", "Protokoll"),
        ("Plan och budget 2017– 2019", "Plan och budget 2017–2019"),
        ("Plan 2017 – nu", "Plan 2017 – nu"),
    ],
)
def test_what_layout_adds_to_a_title_is_cut(shown: str, expected: str) -> None:
    assert title.clean(shown) == expected


def test_title_of_the_template_is_not_that_of_what_was_made_from_it() -> None:
    made = file("Region Halland mall rapport", "Barnrättsredovisning 2022", "Region Halland\nRapport")
    assert title.choose(made, None, URL) == "Barnrättsredovisning 2022"


def test_minutes_are_named_where_the_head_has_sender_and_kind_in_a_line() -> None:
    minutes = replace(
        file(first="ANSLAG/BEVIS", text="Protokollet är justerat. Det har anslagits."),
        furniture=("Hörby kommun SAMMANTRÄDESPROTOKOLL", "Kommunstyrelsen"),
    )
    assert title.choose(minutes, None, URL) == "SAMMANTRÄDESPROTOKOLL, kommunstyrelsen"


def test_first_word_of_the_title_in_the_metadata_is_not_the_whole() -> None:
    assert title.choose(file("Rutin", "Rutin vid oro för barn"), None, URL) == "Rutin vid oro för barn"


def test_name_of_a_printed_file_gives_way_to_the_first_page() -> None:
    shown = "Inbjudan till halvdag om barnbokslut"
    assert title.choose(file("Microsoft Word - Inbjudan halvdag.docx", shown), None, URL) == shown


def test_metadata_of_an_older_edition_that_the_text_names_is_not_taken() -> None:
    made = file(
        "Barnrättsstrategi 2016-2019", "Barnrättsstrategi 2020–2023", "Ersätter Barnrättsstrategi 2016–2019"
    )
    assert title.choose(made, None, URL) == "Barnrättsstrategi 2020–2023"


@pytest.mark.parametrize("piece", ["1kb,,, ", "länk a ", "öppnas ", "(länk ", "pdf ", ",", ", "])
def test_remarks_without_end_are_read_to_their_end(piece: str) -> None:
    """A link text of 88 characters had as many readings as would have taken years; reading was given up after
    a minute, and the document was lost."""
    text = f"a {'(' if piece[0].isalnum() else ''}{piece * 300}!"
    assert title.clean(text).startswith("a")


def test_remarks_on_a_file_are_no_part_of_its_title() -> None:
    for remark in (
        "(PDF, 240 kB, öppnas i nytt fönster)", "(pdf, 1 234 kB)", "[word; 20 kb.]", "– 240 kB",
        ", pdf, 1,2 MB", "(2 sidor, inskannad)", "(länk till annan webbplats)",
        "(Extern länk, öppnas i nytt fönster)",
    ):  # fmt: skip
        assert title.clean(f"Plan {remark}") == "Plan"


def shown(*texts: str, link: str = "", text: str = "", metadata: str = "") -> str:
    """The title of a file in which these lines stand out, the largest first."""
    first, *others = texts or ("",)
    titles = (("first page", first), ("metadata", metadata), *(("second", other) for other in others))
    found = Extract("pdf", (Page(1, text or "\n".join(texts)),), tuple((w, t) for w, t in titles if t))
    return title.choose(found, link, URL)


def test_heading_of_a_part_in_the_same_letters_is_cut_off() -> None:
    assert shown("Svar på motion om barnombud Förslag till beslut") == "Svar på motion om barnombud"
    assert shown("Underlag för beslut") == "Underlag för beslut"


def test_word_across_the_cover_and_a_kind_above_its_matter_are_not_the_title() -> None:
    assert shown("BARN", "Strategi för barn och unga i Höör") == "Strategi för barn och unga i Höör"
    assert shown("RAPPORT", "Barn på flykt i Skåne", link="Rapport 2022:4") == "Barn på flykt i Skåne"
    assert shown("Nyhetsbrev", "Nätverket växer", link="Nyhetsbrev juni 2018") == "Nyhetsbrev juni 2018"


def test_beginning_of_the_text_is_the_title_only_where_nothing_else_is() -> None:
    text = "Texten handlar om barn. Den riktar sig till alla som arbetar i kommunen och till"
    assert shown(text, metadata="Barnrätt i förskolan") == "Barnrätt i förskolan"


def test_table_in_the_head_names_the_document() -> None:
    assert (
        shown(text="Dokumenttyp\nRutin\nGiltig från 2022 Titel\nBarn som anhöriga\nRutinen …")
        == "Barn som anhöriga"
    )
    assert shown(text="Dokumentnamn: Barn som anhöriga\nRutinen gäller alla") == "Barn som anhöriga"


def test_number_of_an_annex_in_the_metadata_is_not_the_title() -> None:
    assert (
        shown("Enkät till elever", metadata="Bilaga 3", text="Bilaga 3\nEnkät till elever")
        == "Enkät till elever"
    )
