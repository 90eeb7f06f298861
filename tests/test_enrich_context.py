"""The link that tells most, the contacts a text names, the language it is written in."""

from __future__ import annotations

import pytest

from indexer.enrich import enrich
from indexer.enrich.contacts import contacts
from indexer.enrich.language import language
from indexer.enrich.links import most_telling
from indexer.enrich.reading import Context, Reading, clean_anchor
from indexer.model import Contact, Extract, FoundOn, Page, Source
from indexer.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load()
SITE = Source("x", "X", "X", "municipality", ("https://x.example/",), language="sv")


def reading(
    text: str,
    form: str = "pdf",
    declared: str | None = None,
    title: str = "",
    boxes: tuple[Contact, ...] = (),
) -> Reading:
    pages = (Page(1, text),) if text else ()
    return Reading(
        Extract(form, pages, language=declared, contacts=boxes),
        Context(SITE, "https://x.example/a.pdf", title=title),
    )


def test_link_with_headings_tells_more_than_a_menu() -> None:
    menu = FoundOn("https://x.example/", "Processplan 2012")
    listed = FoundOn(
        "https://x.example/historik", "Processplan 2012 (PDF, nytt fönster)", ("Dokument", "2012")
    )
    assert most_telling([menu, listed], "https://x.example/p.pdf", "Processplan 2012–2013") == listed


def test_link_with_words_of_its_own_tells_more_than_read_more() -> None:
    plain = FoundOn("https://x.example/a", "Läs mer", ("Dokument", "2012"))
    named = FoundOn("https://x.example/b", "Vägledning för familjecentraler")
    for empty in ("Läs mer", "Klicka här", "Ladda ner (PDF)", "här", "»", "", "Till dokumentet"):
        assert most_telling([FoundOn(plain.url, empty, plain.headings), named], "u", "Vägledning") == named


def test_link_that_agrees_with_the_title_wins_and_the_first_of_equals() -> None:
    decision = FoundOn("https://x.example/a", "Underlag för beslut", ("Beslut", "2011"))
    forum = FoundOn("https://x.example/a", "Underlag till forum", ("Aktiviteter", "2011"))
    assert most_telling([forum, decision], "u", "Underlag för beslut") == decision
    assert most_telling([decision, forum], "u", "Annat") == decision


def test_page_that_links_to_itself_is_not_found_there() -> None:
    assert most_telling([FoundOn("u", "Start")], "u", "Start") is None
    assert most_telling([], "u", "Start") is None


@pytest.mark.parametrize(
    ("anchor", "cleaned"),
    [
        ("Processplan 2012 (PDF, nytt fönster)", "Processplan 2012"), ("Plan (pdf, 1,2 MB)", "Plan"),
        ("Plan [PDF]", "Plan"), ("Plan, pdf, 240 kB", "Plan"), ("Poster (jpg, nytt fönster)", "Poster"),
        ("Barnkonventionen (lättläst)", "Barnkonventionen (lättläst)"), ("  Plan\n 2012 ", "Plan 2012"),
        ("(PDF)", "(PDF)"),
    ],
)  # fmt: skip
def test_anchor_is_kept_without_format_and_size(anchor: str, cleaned: str) -> None:
    assert clean_anchor(anchor) == cleaned


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kontakt\nFrågor besvaras av kansliet, barn@x.example.", [Contact(None, None, "barn@x.example")]),
        ("Kontaktperson: Anna Ek, barnrättsstrateg, 046-35 50 00, anna.ek@lund.example",
         [Contact("barnrättsstrateg", "Anna Ek", "anna.ek@lund.example", "046-35 50 00")]),
        ("Handläggare: Per-Olof Lindén", [Contact("Handläggare", "Per-Olof Lindén")]),
        ("Eva Ström, utredare\neva@x.example", [Contact("utredare", "Eva Ström", "eva@x.example")]),
        ("Åsa Borg\nBarnombud, bildningsförvaltningen\nasa.borg@x.example",
         [Contact("Barnombud, bildningsförvaltningen", "Åsa Borg", "asa.borg@x.example")]),
        ("Åsa Borg, verksamhetsledare\n0470-70 54 01",
         [Contact("verksamhetsledare", "Åsa Borg", None, "0470-70 54 01")]),
        ("Åsa Borg, verksamhetsledare, tel 0470-70 54 01",
         [Contact("verksamhetsledare", "Åsa Borg", None, "0470-70 54 01")]),
        ("Åsa Borg\nBarnombud\nforum@x.example", [Contact(None, None, "forum@x.example")]),
        ("Barnrättsforum Skåne\nforum@x.example", [Contact(None, None, "forum@x.example")]),
        ("Närvarande: Anna Ek, Bo Lind. § 21 Val av justerare", []), ("", []),
    ],
)  # fmt: skip
def test_contacts_are_those_that_the_text_names(text: str, found: list[Contact]) -> None:
    assert list(contacts(reading(text))) == found


def test_contact_of_a_box_is_not_repeated_from_the_text() -> None:
    box = Contact("Sidansvarig", "Anna Ek", "anna@x.example")
    assert contacts(reading("Skriv till Anna Ek, anna@x.example", "html", boxes=(box,))) == (box,)


def test_address_made_of_a_name_belongs_to_that_person() -> None:
    box = Contact(None, "Lena Ek")
    told = contacts(reading("Programansvarig\nlena.ek@x.example\ninfo@x.example", "html", boxes=(box,)))
    assert told == (Contact(None, "Lena Ek", "lena.ek@x.example"), Contact(None, None, "info@x.example"))


SWEDISH = "Alla barn har rätt att komma till tals och det som de säger ska vägas in i besluten som rör dem."
ENGLISH = "Every child has the right to be heard and the views of the child are to be given due weight."
GERMAN = "Jedes Kind hat das Recht gehört zu werden, und seine Meinung muss berücksichtigt werden. " * 3
FINNISH = "Jokaisella lapsella on oikeus tulla kuulluksi, ja lapsen mielipide on otettava huomioon. " * 3


@pytest.mark.parametrize(
    ("text", "declared", "title", "code"),
    [
        (SWEDISH, None, "", "sv"), (SWEDISH, "en", "", "sv"), (ENGLISH, "sv", "", "en"),
        (GERMAN, "sv", "", "de"),
        (FINNISH, None, "", "fi"), ("Program", "sv-SE", "", "sv"), ("09.00 Kaffe", None, "", "sv"),
        ("", None, "", "sv"),
        ("", None, "How to implement the rights of the child", "en"), ("Open Days 2015", "en", "", "en"),
        ("Barnrätt Malmö Lund Eslöv " * 10, None, "", "sv"),
    ],
)  # fmt: skip
def test_language_is_that_of_the_text_and_short_texts_keep_the_declared(
    text: str, declared: str | None, title: str, code: str
) -> None:
    assert language(reading(text, declared=declared, title=title), VOCABULARY)[0] == code


def test_evidence_of_a_language_is_its_commonest_small_words() -> None:
    _, (evidence,) = language(reading("Planen och barnen och skolan, som det är i dag. " * 9), VOCABULARY)
    assert evidence.rule == "language.function_words"
    assert evidence.text.split()[0] == "och" and set(evidence.text.split()) == {
        "och",
        "som",
        "det",
        "är",
        "i",
    }


@pytest.mark.parametrize(
    ("url", "title", "publisher"),
    [
        ("https://delad.example/", "Ingångar till tre webbplatser", None),
        ("https://delad.example/", "Lunds kommun", "Lunds kommun"),
        ("https://delad.example/lund/", "Barnets rättigheter", "Lunds kommun"),
        ("https://delad.example/lund/barn/plan.html", "Planen", "Lunds kommun"),
        ("https://delad.example/annat/plan.html", "Planen", "Lunds kommun"),
    ],
)
def test_page_above_the_start_of_its_source_is_not_the_sources_own(
    url: str, title: str, publisher: str | None
) -> None:
    start = ("https://delad.example/lund/",)
    site = Source("lund", "Lund", "Lunds kommun", "municipality", start, municipality="1281", county="12")
    extract = Extract("html", (Page(1, "Här finns ingångar till tre webbplatser.", title),), (("h1", title),))
    found = enrich(extract, Context(site, url, title=title), VOCABULARY)
    assert found.publisher == publisher
    assert found.counties == (("12",) if publisher else ())


@pytest.mark.parametrize(
    ("author", "publisher"),
    [("Region Skåne", "Region Skåne"), ("Kim Ek", "X"), (None, "X")],
)
def test_the_author_of_a_file_may_tell_its_sender(author: str | None, publisher: str) -> None:
    extract = Extract("pdf", (Page(1, "Barnets rättigheter i vården."),), author=author)
    found = enrich(extract, Context(SITE, "https://x.example/a.pdf"), VOCABULARY)
    assert found.publisher == publisher
    assert (author == publisher) == any(e.rule == "publisher.metadata" for e in found.evidence)
