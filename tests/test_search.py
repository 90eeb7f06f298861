"""Query → results, through the same call that the interface, the API and the command line use."""

from __future__ import annotations

import gc
import re
import shutil
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indexed import indexed
from waiting import HUNG

from indexer import addresses, generation
from indexer.engine import wording
from indexer.errors import IndexDamaged
from indexer.identity import document_id
from indexer.matrix import by_place_and_year
from indexer.model import MASK, UNKNOWN, Document, Filters, Page, Query, Snippet
from indexer.search import Searcher, SearchIndex, open_index
from indexer.snippets import on_one_line


def document(id_: str, title: str, *pages: str, **fields: object) -> Document:
    text = tuple(Page(n, page) for n, page in enumerate(pages, 1))
    given_fields = {"url": f"https://a.example/{id_}.pdf", "format": "pdf", "language": "sv", **fields}
    return Document(id=id_, title=title, text=text, **given_fields)


DOCUMENTS = (
    document(
        "plan2012", "Processplan 2012–2013", "Planen antogs av styrelsen.",
        "Utbildning av barnrättsstrateger i Bjuv.", kind="process_plan", years=(2012, 2013),
        municipalities=("1260",), published="2012-05-11", series="s1",
    ),
    document(
        "plan2011", "Processplan för utbildningsinsatser 2011", "Barnets rättigheter i kommunerna.",
        kind="process_plan", years=(2011,), municipalities=("1285",), published="2011-10-20", series="s1",
    ),
    document(
        "handling", "Handlingsplan för biblioteket", "En handlingsplan med checklista för delaktighet.",
        kind="action_plan", years=(2014,), municipalities=("1280",), areas=("toolbox",),
    ),
    document("vision", "En plan", "Kommunen har en plan för sina böcker.", kind="webpage", years=(2014,)),
    document("chk", "Barnchecklista", "Använd barnchecklistan före beslut i nämnden."),
    document(
        "spread", "Om samverkan", "Skolan börjar.", "Elevhälsan tar vid.", "Samråd sker ofta.",
    ),
    document("together", "Om samverkan", "Skolan och elevhälsan har samråd.", "Annat.", "Annat igen."),
    document("malmo", "Malmö stad", "Malmö högskola följer arbetet för de unga.", municipalities=("1280",)),
    document("en", "Rights of the child", "Implementing the rights of children in cities.", language="en"),
    document("undated", "Anteckningar", "Barnkonventionen blir lag.", kind="notes"),
)  # fmt: skip


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    yield indexed(tmp_path_factory.mktemp("index"), DOCUMENTS)


def ids(searcher: Searcher, text: str, **options: object) -> list[str]:
    return [h.document.id for h in searcher.search(Query(text, **options)).hits]


def test_all_words_must_be_there(searcher: Searcher) -> None:
    assert ids(searcher, "processplan styrelsen") == ["plan2012"]


def test_words_are_found_in_all_their_forms(searcher: Searcher) -> None:
    assert ids(searcher, "barnrättsstrategens") == ["plan2012"]
    assert ids(searcher, "bok") == ["vision"]
    assert "undated" in ids(searcher, "barnkonventionens")


def test_what_means_the_same_is_found_in_compounds_too(tmp_path: Path) -> None:
    """”fosterhem” found familjehem, not familjehemsplacerad."""
    held = (
        document("compound", "Beslut", "Barnet är familjehemsplacerat."),
        document("synonym", "Beslut", "Barnet bor i familjehem."),
        document("word", "Beslut", "Barnet bor i fosterhem."),
        document("neither", "Beslut", "Barnet bor hemma."),
    )
    searcher = indexed(tmp_path, held)
    assert ids(searcher, "fosterhem") == ["word", "synonym", "compound"]
    assert ids(searcher, '"fosterhem"') == ["word"]


def test_genitive_of_an_abbreviation_needs_no_colon(tmp_path: Path) -> None:
    held = (
        document("term", "Lag", "Barnkonventionen är lag."),
        document("colon", "Plan", "SKL:s handlingsplan."),
        document("other", "Plan", "En handlingsplan."),
    )
    searcher = indexed(tmp_path, held)
    assert ids(searcher, "FNs barnkonvention") == ["term"]
    assert ids(searcher, "SKLs handlingsplan") == ["colon"]


def test_word_of_a_longer_term_of_the_thesaurus_keeps_what_means_the_same(tmp_path: Path) -> None:
    held = (
        document("law", "Proposition", "FN:s konvention om barnets rättigheter görs till lag."),
        document("other", "Proposition", "En annan lag."),
    )
    assert ids(indexed(tmp_path, held), "barnkonventionen som lag") == ["law"]


def test_who_seeks_samer_means_no_samarbete(tmp_path: Path) -> None:
    held = (
        document("word", "Samråd", "Samerna hördes."),
        document("prefix", "Samråd", "Ett samarbete om samordning."),
        document("compound", "Samråd", "Om renskötseln i samebyn."),
    )
    searcher = indexed(tmp_path, held)
    assert ids(searcher, "samer") == ["word", "compound"]
    assert ids(searcher, "samarbete") == ["prefix"]
    assert ids(searcher, "nationella minoriteter") == ["word"]  # of whom samer are one


def test_abbreviation_in_capitals_is_no_common_word(tmp_path: Path) -> None:
    """DO among other words was taken for English do, and need not be there."""
    held = (
        document("body", "Anmälan", "Diskrimineringsombudsmannen tog emot en anmälan."),
        document("other", "Anmälan", "En anmälan om oro."),
        document("it", "Strategi", "En strategi för informationsteknik."),
        document("no_it", "Strategi", "En strategi för biblioteken."),
    )
    searcher = indexed(tmp_path, held)
    assert ids(searcher, "IT strategi") == ["it"]
    assert set(ids(searcher, "it strategi")) == {"it", "no_it"}
    assert ids(searcher, "DO anmälan") == ["body"]
    assert set(ids(searcher, "do anmälan")) == {"body", "other"}
    assert searcher.search(Query("Who made an anmälan")).reading[0].kind == "common"


def test_part_finds_the_compound_below_the_word_itself(searcher: Searcher) -> None:
    found = ids(searcher, "plan")
    assert found[0] == "vision"
    assert "handling" in found


def test_compound_finds_its_head_below_itself(searcher: Searcher) -> None:
    assert ids(searcher, "barnchecklista") == ["chk", "handling"]


def test_half_of_two_compounds_written_as_one_is_found(tmp_path: Path) -> None:
    held = (
        document("a", "Protokoll", "Barn- och ungdomsnämnden beslutade."),
        document("b", "Barn", "Nämnd."),
    )
    assert ids(indexed(tmp_path, held), "barnnämnden")[0] == "a"


def test_words_on_one_page_rank_above_words_on_several(searcher: Searcher) -> None:
    assert ids(searcher, "skola elevhälsa samråd") == ["together", "spread"]


def test_word_without_its_marks_finds_the_word_with_them(searcher: Searcher) -> None:
    assert ids(searcher, "malmo")[0] == "malmo"


def test_common_words_need_not_be_in_the_hits(searcher: Searcher) -> None:
    assert not searcher.search(Query("styrelsen och/eller barnrättsstrateg")).relaxed
    results = searcher.search(Query("barnchecklistan och nämnden"))
    assert [h.document.id for h in results.hits] == ["chk"]
    assert "common" in {r.kind for r in results.reading}


def test_phrase_must_stand_as_it_is(searcher: Searcher) -> None:
    assert ids(searcher, '"barnets rättigheter"') == ["plan2011"]
    assert ids(searcher, '"rättigheter barnets"') == []


def test_near_takes_both_orders(searcher: Searcher) -> None:
    assert ids(searcher, "elevhälsan NÄRA/3 skolan") == ["together"]
    assert ids(searcher, "skolan NÄRA/2 elevhälsan") == ["together"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("(skolan ELLER nämnden) NÄRA/3 (elevhälsan ELLER beslut)", {"together", "chk"}),
        ('elevhälsan NÄRA/2 "har samråd"', {"together"}),
        ('skolan NÄRA/1 "har samråd"', set()),
        ("elevh* NÄRA/2 samråd", {"together"}),
        ("skolan NÄRA/4 (qqqq ELLER samråd)", {"together"}),
        ("skolan NÄRA qqqq*", set()),
    ],
)
def test_near_takes_groups_phrases_and_patterns(searcher: Searcher, typed: str, found: set[str]) -> None:
    results = searcher.search(Query(typed), relax=False)
    assert {h.document.id for h in results.hits} == found
    assert not any(term.note for term in results.reading)
    (told,) = (term for term in results.reading if term.kind == "near")
    assert told.documents == len(found)


def test_other_forms_that_a_pattern_lets_through_near_a_word_are_told(tmp_path: Path) -> None:
    held = (document("a", "Möte", "Barnens hand. Det händer."), document("b", "Möte", "Barn på en hand."))
    searcher = indexed(tmp_path, held)
    results = searcher.search(Query("barn NÄRA/1 hände*"))
    assert [h.document.id for h in results.hits] == ["a"]
    assert "böjningsformer" in (results.reading[0].note or "")
    assert results.reading[1].note is None


def test_near_with_words_that_must_all_be_there_is_told(searcher: Searcher) -> None:
    results = searcher.search(Query("(skolan elevhälsan) NEAR samråd"), "en")
    assert any("NEAR takes" in (term.note or "") for term in results.reading)


def test_so_common_words_that_counting_takes_long_are_searched_at_any_distance(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five distances between lists of the commonest words took ten seconds in 100,000 documents. A rare word
    on one side makes any list on the other short work."""
    monkeypatch.setattr(wording, "MOST_BESIDE", 4)
    for typed, told in (
        ("plan NÄRA/1 (för ELLER av ELLER i)", True),
        ("plan* NÄRA/1 biblioteket", False),
        ("plan* NÄRA/1 (för ELLER av)", True),
        ("elevhälsan NÄRA/1 samråd", False),
    ):
        notes = [term.note or "" for term in searcher.reading(typed)]
        assert any("utan avstånd" in note for note in notes) == told, typed


def test_word_of_a_field_is_counted_and_told_in_it(searcher: Searcher) -> None:
    """Of titel:plan all documents with plan were told, and of -titel:plan that plan must not be there."""
    (title,) = searcher.search(Query("titel:plan")).reading
    assert (title.field, title.text, title.documents) == ("titel", "plan", 1)
    assert searcher.reading("rubrik:titel:plan")[-1].field == "titel"
    (text,) = searcher.search(Query("plan")).reading
    assert (text.field, text.documents) == ("", 2)
    excluded = searcher.search(Query("barn -titel:plan")).reading[1]
    assert (excluded.kind, excluded.text) == ("excluded", "titel:plan")


def test_words_of_english_questions_need_not_stand_in_a_document(searcher: Searcher) -> None:
    asked = searcher.search(Query("Where can I find some rights of children? Are there any about cities?"))
    assert [h.document.id for h in asked.hits] == ["en"]
    assert not asked.relaxed and asked.suggestion is None


def test_excluded_words_of_which_one_is_enough_are_told_apart_from_all_of_them(searcher: Searcher) -> None:
    for typed, told in (
        ("plan -(barn ELLER skolan)", "barn ELLER skolan"),
        ("plan -(barn skolan)", "barn skolan"),
        ("plan -((barn skolan) ELLER unga)", "barn skolan unga"),
        ("plan -kommun:Malmö,Bjuv", "kommun:Malmö ELLER kommun:Bjuv"),
        ("plan -titel:(barn ELLER policy)", "titel:barn ELLER titel:policy"),
    ):
        assert searcher.reading(typed)[-1].text == told


def test_prefix_and_excluded_words(searcher: Searcher) -> None:
    assert set(ids(searcher, "process*")) == {"plan2011", "plan2012"}
    assert ids(searcher, "process* -styrelsen") == ["plan2011"]


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("Malmo\u0308", "Malmö"),
        ("barn\u00adchecklista", "barnchecklista"),
        ("\uff42\uff41\uff52\uff4e", "barn"),
        ("styrelsen a*", "styrelsen"),
        ("styrelsen -a*", "styrelsen"),
        ("styrelsen ELLER a*", "styrelsen"),
        ("år:2013..2012", "år:2012..2013"),
        ("år:2012-13", "år:2012..2013"),
        ("publicerad:2012..2011-02", "publicerad:2011-02..2012"),
        ("kommun:(Malmö Bjuv INTE Landskrona)", "kommun:Malmö ELLER kommun:Bjuv"),
        ("kommun:Östra Göinge", 'kommun:"Östra Göinge"'),
        ("kommun:Malmö,Bjuv", "kommun:(Malmö ELLER Bjuv)"),
        ("kommun:Bjuv,Östra Göinge,Malmö", 'kommun:(Malmö ELLER Bjuv ELLER "Östra Göinge")'),
        ('kommun:"Östra Göinge",Malmö', 'kommun:(Malmö ELLER "Östra Göinge")'),
        ("kommun:Malmö, Bjuv plan", "kommun:(Malmö ELLER Bjuv) plan"),
        ("kommun:Landskrona, Östra Göinge, Bjuv, Malmö plan", "kommun:Malmö,Bjuv plan"),
        ('kommun:"Östra Göinge", Malmö plan', "kommun:Malmö plan"),
        ('kommun:Malmö, "Östra Göinge", Bjuv plan', "kommun:Malmö,Bjuv plan"),
        ("kommun:Göinge, Malmö plan", "kommun:Malmö plan"),
        ("kommun:Malmö , Bjuv plan", "kommun:Malmö,Bjuv plan"),
        ("kommun:Malmö och Bjuv plan", "kommun:Malmö,Bjuv plan"),
        ("kommun:(Malmö ELLER Bjuv) högskola", "högskola kommun:Malmö,Bjuv"),
        ("kommun:(Malmö stad) plan", "kommun:Malmö plan"),
        ("plan -kommun:Malmö, Bjuv", "plan -kommun:Malmö -kommun:Bjuv"),
        ("plan kommun:INTE Malmö", "plan -kommun:Malmö"),
        ("år:2011, 2012, 2013 barn", "år:2011..2013 barn"),
        ("publicerad:2012, 2011 plan", "publicerad:2011..2012 plan"),
        ("publicerad:11 maj 2012 plan", "publicerad:2012-05-11 plan"),
        ('plan publicerad:"20 oktober 2011", maj 2012', "plan publicerad:2011-10,2012-05"),
        ("år:2012/2013", "år:2012..2013"),
        ("år:≥2013", "år:>=2013"),
        ("år:>2012, plan", "år:>2012 plan"),
        ("kommun:Malmö, plan", "kommun:Malmö plan"),
        ("titel:plan, barn", "titel:plan barn"),
        ('titel:"plan",barn', 'titel:"plan" barn'),
        ("år:2012, 2013 barn", "år:2012..2013 barn"),
        ("år:2010,2012..2013", "år:2010 ELLER år:2012..2013"),
        ("år:2012..2013, 2010 barn", "(år:2010 ELLER år:2012..2013) barn"),
        ("kommun:Malmö högskola", "högskola kommun:Malmö"),
    ],
)
def test_what_means_the_same_finds_the_same(searcher: Searcher, typed: str, same: str) -> None:
    assert searcher.search(Query(typed)).total == searcher.search(Query(same)).total
    assert set(ids(searcher, typed)) == set(ids(searcher, same))


@pytest.mark.parametrize("typed", ["barn a*", "barn -a*", "barn INTE (unga a*)", "titel:a* barn", '"barn*"'])
def test_what_is_not_read_as_typed_is_told_wherever_it_stands(searcher: Searcher, typed: str) -> None:
    assert any(term.note for term in searcher.search(Query(typed)).reading)


@pytest.mark.parametrize(
    "typed", ["år:abc", "år:>tolv", "år:2012-05", "a*", "-a*", "(a*)", "a* ELLER b*", "titel:="]
)
def test_a_query_of_which_nothing_can_be_read_finds_nothing(searcher: Searcher, typed: str) -> None:
    results = searcher.search(Query(typed))
    assert results.total == 0
    assert results.reading and all(term.note for term in results.reading)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("barnraettsstrateger", "barnrättsstrateger"),
        ("Malmoe hoegskola", "malmö högskola"),
        ("elevh'lsa", "elevhälsa"),
        ("Malm; h;gskola", "Malmö högskola"),
        ("samrod", "samråd"),
        ("Höör", None),
        ("Höörs bjuvs", None),
    ],
)
def test_did_you_mean_knows_other_keyboards_and_names_of_places(
    searcher: Searcher, typed: str, meant: str | None
) -> None:
    assert searcher.search(Query(typed)).suggestion == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bibliot", "bibliot*"),
        ("Bjuv processp", "Bjuv processp*"),
        ("titel:processp", "titel:processp*"),
        ("elevh", "elevh*"),
        ("bibliotket", "biblioteket"),  # nothing begins so
        ("processpl\u00e5n", "processplan"),
        ('"bibliot"', None),  # * means nothing within quotation marks
        ("biblioteks", None),
        ("bib", None),
    ],
)
def test_a_word_half_typed_is_offered_as_what_begins_so(
    searcher: Searcher, typed: str, meant: str | None
) -> None:
    assert searcher.search(Query(typed)).suggestion == meant
    assert meant is None or searcher.count(Query(meant))


def test_words_of_a_term_of_the_thesaurus_are_no_slips(tmp_path: Path) -> None:
    """”Save the Children” was asked whether it meant ”sade the Children”."""
    held = [document(f"s{n}", "Möte", "Hon sade att barnen och the children lekte.") for n in range(60)]
    searcher = indexed(tmp_path, held)
    assert searcher.search(Query("Save the Children")).suggestion is None
    assert searcher.search(Query("Save")).suggestion == "sade"


def test_a_short_name_of_a_municipality_is_no_slip(tmp_path: Path) -> None:
    """”Hbg” was asked whether it meant ”hög”, above what concerns Helsingborg."""
    held = [document(f"h{n}", "Plan", "Kvaliteten är hög, hbt.", municipalities=("1283",)) for n in range(60)]
    results = indexed(tmp_path, held).search(Query("Hbg"))
    assert (results.total, results.suggestion) == (60, None)


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    concerned = {"malmo": "1280", "lund": "1281", "goinge": "1256"}
    held = [document(id_, "Skolskjuts", "Nya regler", municipalities=(c,)) for id_, c in concerned.items()]
    both = document("both", "Elevhälsa", "Malmö och Lund", municipalities=("1280", "1281"))
    return indexed(tmp_path_factory.mktemp("places"), [*held, both])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("skolskjuts Malmö Lund", "skolskjuts kommun:(Malmö ELLER Lund)"),
        ("Malmö, Lund: skolskjuts", None),  # the colon is for fields
        ("hur är skolskjuts i Malmö och Lund?", "hur är skolskjuts kommun:(Malmö ELLER Lund)"),
        ("Malmö stad och Lunds kommun skolskjuts", "skolskjuts kommun:(Malmö ELLER Lund)"),
        ("skolskjuts malmö Östra Göinge", 'skolskjuts kommun:(Malmö ELLER "Östra Göinge")'),
        ("skolskjuts Malmö ELLER Lund", None),
        ('skolskjuts "Malmö" Lund', None),
        ("skolskjuts Malmö -Lund", None),
        ("skolskjuts Malmö", None),
        ("elevhälsa Malmö lund", None),  # a grove
        ("Malmö Lund", None),
        ("regeringen Malmö Lund", None),  # neither has anything
    ],
)
def test_who_names_two_municipalities_is_offered_what_either_has(
    neighbours: Searcher, typed: str, meant: str | None
) -> None:
    """Without it skolskjuts Malmö Lund found nothing: no document concerns both."""
    assert neighbours.search(Query(typed)).suggestion == meant
    assert meant is None or neighbours.count(Query(meant)) == 2


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kommun: Malmö unga", "kommun:Malmö unga"),
        ('kommun: "Malmö stad"', 'kommun:"Malmö stad"'),
        ("kommun: plan", None),
        ("titel: processplan", "titel:processplan"),
        ("år: 2011-2012 plan", "år:2011-2012 plan"),
        ("typ:processplaner", "typ:Processplan"),
        ("*plan", "plan"),
        ("titel:*plan", "titel:plan"),
        ("plan *unga", None),
    ],
)
def test_what_the_query_language_lacks_is_offered_as_it_has_it(
    searcher: Searcher, typed: str, meant: str | None
) -> None:
    assert searcher.search(Query(typed)).suggestion == meant
    assert meant is None or searcher.count(Query(meant))


@pytest.mark.parametrize(
    "places",
    [
        "kommun:Malmö", "kommun:Malmö,Landskrona", "kommun:Malmö,Ingenstans",
        "kommun:(Malmö INTE Landskrona)", "(kommun:Malmö ELLER kommun:Landskrona)",
    ],
)  # fmt: skip
def test_where_words_lack_documents_are_still_of_the_places_asked_for(
    searcher: Searcher, places: str
) -> None:
    """With more than one place those with most of the words were of any place."""
    few = searcher.search(Query(f"plan biblioteket {places}"))
    assert {h.document.id for h in (*few.hits, *few.others)} <= {"handling", "malmo"}
    none = searcher.search(Query(f"plan finnsinte {places}"))
    assert none.relaxed and [h.document.id for h in none.hits] == ["handling"]


def test_school_year_is_found_however_it_is_written(tmp_path: Path) -> None:
    ways = ("2012/13", "2012/2013", "2012–13", "2012-2013")
    held = (*(document(f"w{n}", "Läsåret", f"Läsåret {way}.") for n, way in enumerate(ways)),
            document("other", "Läsåret", "Läsåret 2013/14, inte 2012.", "13 elever."),)  # fmt: skip
    searcher = indexed(tmp_path, held)
    for typed in ("läsåret 2012/13", "läsåret 2012/2013"):
        assert set(ids(searcher, typed)) == {"w0", "w1", "w2", "w3"}
    assert ids(searcher, '"2012/13"') == ["w0"]
    assert searcher.count(Query("2012/14")) == 0


def test_month_of_a_day_is_no_slip(tmp_path: Path) -> None:
    held = document("a", "Protokoll", "Nämnden möttes.", published="2014-11-19")
    other = document("b", "Barnrätt nu", "Barns rätt, here and now.")
    searcher = indexed(tmp_path, (held, other))
    assert searcher.search(Query("protokoll 19 nov 2014")).suggestion is None


def test_a_space_before_a_value_is_told_of_where_both_words_stand_in_texts(tmp_path: Path) -> None:
    """”år: 2012” was told for kommun: Lund, not where the name of the field has two letters."""
    searcher = indexed(tmp_path, (document("a", "Budget", "Vad ett barn kostar år 2012."),))
    assert searcher.search(Query("år: 2012")).suggestion == "år:2012"
    assert searcher.search(Query("år: >=2012")).suggestion == "år:>=2012"


def test_years_in_a_table_do_not_keep_a_span_from_being_offered(tmp_path: Path) -> None:
    held = (document("a", "Mätning", "Barnets bästa 2015 2019"), document("b", "Plan", "Barnets bästa"))
    searcher = indexed(tmp_path, held)
    assert searcher.search(Query("barnets bästa 2015-2019")).suggestion == "barnets bästa 2015..2019"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("processplan 2010-2013", "processplan 2010..2013"),
        ("processplan 2010 – 2013", "processplan 2010..2013"),
        ("processplan 2010/2013", "processplan 2010..2013"),
        ("processplan 2012–2013", None),  # what a plan is called
        ('processplan "2010-2013"', None),
        ("processplan 2010-2013-14", None),
        ('"En plan" 2011-2014', '"En plan" 2011..2014'),
    ],
)
def test_years_that_no_plan_is_called_by_are_offered_as_a_span(
    searcher: Searcher, typed: str, meant: str | None
) -> None:
    assert searcher.search(Query(typed)).suggestion == meant
    assert meant is None or searcher.count(Query(meant))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kommun:Helsinborg", "kommun:Helsingborg"),
        ("plan Kommun:malmmö", "plan Kommun:Malmö"),
        ('kommun:"östra göinnge" plan', 'kommun:"Östra Göinge" plan'),
        ("typ:procesplan", "typ:Processplan"),
        ("kommun:Helsingborg", None),  # known, without documents
        ("kommun:Helsingborgs stad", None),
        ("kommun:Helsingborg,Höör", None),
        ("kommun:Helsinborg,Höör", "kommun:Helsingborg,Höör"),
        ("kommun:Ingenstans", None),
        ("https://www.malmö.example/kommun:lunt", None),
    ],
)
def test_a_slip_in_the_value_of_a_field_is_mended(searcher: Searcher, typed: str, meant: str | None) -> None:
    assert searcher.search(Query(typed)).suggestion == meant


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("år:>2012", {"plan2012", "handling", "vision"}),  # it concerns 2013 as well
        ("år:>=2014", {"handling", "vision"}),
        ("år:<2012", {"plan2011"}),
        ("år:<=2012", {"plan2011", "plan2012"}),
        ("år:=2014", {"handling", "vision"}),
        ("publicerad:>2011-10-20", {"plan2012"}),
        ("publicerad:>=2011-10-20", {"plan2011", "plan2012"}),
        ("publicerad:<2012-05-11", {"plan2011"}),
        ("publicerad:<=2012-05", {"plan2011", "plan2012"}),
        ("publicerad:>2012", set()),
        ("år:>tolv", set()),
        ("publicerad:>", set()),
        ("år:>9999", set()),
        ("publicerad:>9999-12-31", set()),
        ("publicerad:<0001", set()),
    ],
)
def test_years_and_days_are_compared(searcher: Searcher, typed: str, found: set[str]) -> None:
    assert set(ids(searcher, typed)) == found


def test_fields_take_names_codes_and_spans(searcher: Searcher) -> None:
    assert set(ids(searcher, "kommun:Malmö")) == {"handling", "malmo"}
    assert set(ids(searcher, "kommun:1280")) == {"handling", "malmo"}
    assert set(ids(searcher, "år:2011..2012")) == {"plan2011", "plan2012"}
    assert set(ids(searcher, "typ:processplan år:2013")) == {"plan2012"}
    assert ids(searcher, "titel:plan")[0] == "vision"
    assert ids(searcher, "publicerad:2012-05") == ["plan2012"]
    assert "undated" in ids(searcher, "år:okänt")


def test_a_field_takes_several_values_and_its_name_without_marks(searcher: Searcher) -> None:
    both = set(ids(searcher, "kommun:Malmö ELLER kommun:Bjuv"))
    assert (
        both == set(ids(searcher, "kommun:Malmö,Bjuv")) == set(ids(searcher, 'kommun:"Bjuv, 1280"')) != set()
    )
    assert set(ids(searcher, "ar:2011,2014")) == set(ids(searcher, "år:2011 ELLER år:2014")) != set()
    assert ids(searcher, "omrade:verktygslåda") == ids(searcher, "område:verktygslåda") != []
    notes = [t.note for t in searcher.search(Query("kommun:Malmö,Hittepå")).reading]
    assert notes[0] is None and "känns inte igen" in (notes[1] or "")


def test_unknown_value_is_told(searcher: Searcher) -> None:
    results = searcher.search(Query("kommun:Ingenstans"))
    assert results.total == 0
    assert results.reading[0].note is not None


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    """What concerns Lomma, Lund, Mark and Östra Göinge, and what only has such words."""
    many = (document(f"m{n}", "Marken", "Vara barn är att ha mark under fötterna.") for n in range(9))
    held = (
        document("council", "Elevrådens brev", "Eleverna skriver.", municipalities=("1262",)),
        document("front", "Lomma kommun", "Lomma: om elevråd, skola och bad.", municipalities=("1262",)),
        document("plan", "Plan för skolan", "Lomma nämns här.", municipalities=("1281",)),
        document("lund", "Elevråden möts", "I Lunds skolor.", municipalities=("1281",)),
        document("tomas", "Elevråd", "Ordförande är Tomas Lund."),
        document("mark", "Elevråd i vår bygd", "Eleverna i Marks kommun.", municipalities=("1463",)),
        document("vara", "Skolan", "Så här gör vi.", municipalities=("1470",)),
        document("east", "Klassråd", "Verktyg.", municipalities=("1256",)),
        *many,
    )
    index: Path = tmp_path_factory.mktemp("places")
    yield indexed(index, held)


def test_name_of_a_municipality_finds_what_concerns_it_without_naming_it(places: Searcher) -> None:
    assert ids(places, "Lomma elevråd")[0] == "council"
    assert set(ids(places, "lomma")) == {"council", "front", "plan"}
    assert ids(places, "lomma")[0] == "front"
    assert ids(places, "lomma")[-1] == "plan"
    assert ids(places, "östra göinge kommun") == ids(places, "ostra goinge") == ["east"]
    assert ids(places, "Lommas kommuns elevråd")[0] == "council"


def test_name_of_a_publisher_finds_what_it_puts_out(tmp_path: Path) -> None:
    held = (
        document("own", "Barnombud", "På varje klinik.", publisher="Region Skåne"),
        document("front", "Region Skåne", "Om barnombud och vård i regionen.", publisher="Region Skåne"),
        document("about", "Barnombud", "Landstinget heter nu Region Skåne.", publisher="Lunds kommun"),
        document("common", "Barnombud", "Ett ord i mängden.", publisher="Ord"),
        *(document(f"m{n}", "Text", "Många ord.") for n in range(9)),
    )
    searcher = indexed(tmp_path, held)
    found = ids(searcher, "region skane barnombud")
    assert found == ids(searcher, "Region Skåne barnombud")
    assert found[0] == "own"
    assert set(found) == {"own", "front", "about"}
    (read,) = (r for r in searcher.search(Query("barnombud Region Skåne")).reading if r.kind == "phrase")
    assert read.synonyms[0] == "utgivare:Region Skåne"
    assert "Skåne läns landsting" in read.synonyms
    assert "own" not in ids(searcher, "”Region Skåne” barnombud")
    assert searcher.search(Query("ord barnombud")).reading[0].synonyms == ()


def test_name_of_a_county_finds_what_concerns_it_unless_nearly_all_does(tmp_path: Path) -> None:
    held = (
        document("ombud", "Att vara barnombud", "I sjukvården.", counties=("10",)),
        document("front", "Region Blekinge", "Barnombud och annat.", counties=("10",)),
        document("south", "Barnombud i Skåne", "Text.", counties=("12",)),
        *(document(f"m{n}", "Barnombud", "Text.", counties=("12",)) for n in range(9)),
    )
    searcher = indexed(tmp_path, held)
    assert set(ids(searcher, "blekinge barnombud")) == {"ombud", "front"}
    assert set(ids(searcher, "Blekinge läns barnombud")) == {"ombud", "front"}
    assert searcher.search(Query("Blekinge")).reading[0].synonyms == ("län:Blekinge län",)
    assert ids(searcher, "skåne barnombud") == ["south"]


def test_name_of_a_municipality_is_told_and_counted_as_it_was_read(places: Searcher) -> None:
    results = places.search(Query("Lomma elevråd"))
    assert results.reading[0].synonyms == ("kommun:Lomma",)
    assert {v.label: v.count for v in results.facets["municipality"]}["Lomma"] == results.total == 2
    assert places.search(Query("Lomma"), "en").reading[0].synonyms == ("municipality:Lomma",)
    assert places.search(Query("Lomma")).unmatched == ()
    found = places.search(Query("lommas skola")).hits[0]
    assert all(found.snippet.text[a:b].lower() in ("lomma", "skola") for a, b in found.snippet.marks)
    assert places.marks("Lomma 1262", "Lomma") == ((0, 5),)


def test_name_of_a_municipality_in_quotation_marks_or_a_field_is_the_word_alone(places: Searcher) -> None:
    assert set(ids(places, "”Lomma”")) == {"front", "plan"}
    assert ids(places, "titel:Lomma") == ["front"]


def test_excluded_municipality_is_what_it_would_find(places: Searcher) -> None:
    every = set(ids(places, "elevråd"))
    assert set(ids(places, "elevråd -Lomma")) == every - set(ids(places, "Lomma"))


def test_ordinary_word_is_a_municipality_only_where_it_is_used_so(places: Searcher) -> None:
    assert "mark" not in ids(places, "mark", limit=50)[:9]
    assert "vara" not in ids(places, "vara barn", limit=50)
    assert ids(places, "Marks kommun elevråd") == ["mark"]
    assert set(ids(places, "lund")) == {"lund", "plan", "tomas"}


def test_what_is_sought_is_found_elsewhere_rather_than_something_else_there(places: Searcher) -> None:
    results = places.search(Query("Lomma klassråd verktyg"))
    assert next(h.document.id for h in (*results.hits, *results.others)) == "east"


@pytest.mark.parametrize("told", ["by a table", "by an index of before it", "where all hashes are one"])
def test_document_is_found_by_every_address_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    if told == "by an index of before it":
        monkeypatch.setattr(addresses.Addresses, "load", lambda _: None)
    elif told == "where all hashes are one":
        monkeypatch.setattr(addresses, "_hash", lambda _: 7)
    old, new = "https://www.a.example/plan%20slutlig.pdf", "https://www.a.example/files/7/plan.pdf"
    held = (
        document(document_id(old), "Planen", "Text.", url=new, also_at=(old, "http://b.example/p")),
        document("theirs", "Hämtad", "Text.", url="https://c.example/Ett/Dokument"),
        document("masked", "Dold", "Text.", url=f"https://d.example/{MASK}"),
    )
    searcher = indexed(tmp_path, held)
    typed = (old, new, f"{new}#page=2", f"<{new}>", "www.a.example/files/7/plan.pdf", "https://b.example/p")
    for address in typed:
        assert ids(searcher, address) == [document_id(old)], address
    assert ids(searcher, "https://c.example/Ett/Dokument") == ["theirs"]
    assert ids(searcher, f"https://d.example/{MASK}") == []
    (read, _) = searcher.search(Query("https://c.example/annat")).reading
    assert read.note is not None and "adressen" in read.note


def test_what_was_typed_as_one_and_stands_nowhere_is_found_by_its_words(tmp_path: Path) -> None:
    held = (
        document("a", "Barnbokslut för Svedala", "Bokslutet."),
        document("b", "Budget", "Barnbokslutet nämns."),
        document("c", "Annat", "Inget om det (pdf)."),
    )
    searcher = indexed(tmp_path, held)
    assert [h.document.id for h in searcher.search(Query("svedala.se")).hits] == ["a"]
    for typed in ("barnbokslut_2019-svedala.pdf", "svedala-barnbokslut", "Barnbokslut/Svedala"):
        results = searcher.search(Query(typed))
        assert results.relaxed, typed
        assert [h.document.id for h in results.hits] == ["a", "b"], typed
    assert not searcher.search(Query("2019/0133")).relaxed


def test_words_that_no_document_has_find_no_more_with_or_between_them(tmp_path: Path) -> None:
    held = (document("a", "Planen"), document("b", "Bilagan"), document("c", "Råd"))
    searcher = indexed(tmp_path, held)
    for typed, total in (
        ("biblioteksplan ELLER barnbilaga", 0),
        ("biblioteksplan ELLER (barnbilaga skolbilaga)", 0),
        ("biblioteksplan ELLER råd", 1),
        ("(biblioteksplan ELLER barnbilaga) ELLER råd", 1),
        ("titel:(biblioteksplan ELLER barnbilaga)", 0),
    ):
        assert searcher.count(Query(typed)) == total, typed
    results = searcher.search(Query("biblioteksplan ELLER barnbilaga"))
    assert results.relaxed
    assert {h.document.id for h in results.hits} == {"a", "b"}


def test_word_with_a_hyphen_is_found_where_it_is_written_apart(tmp_path: Path) -> None:
    held = (
        document("one", "LSS-boende", "Ett LSS-boende."),
        document("apart", "Boende", "Ett LSS boende och covid 19."),
        document("not", "Annat", "Boende enligt LSS. Nitton fall av covid, 19 nya."),
    )
    searcher = indexed(tmp_path, held)
    assert ids(searcher, "LSS-boendet")[:2] == ["one", "apart"]
    assert searcher.count(Query("LSS-boendet")) == 2
    assert searcher.search(Query("LSS-boendet")).reading[0].parts == ("lss", "boendet")
    assert ids(searcher, "covid-19")[0] == "apart"


def test_parts_of_a_compound_that_stands_nowhere_count_as_words_among_others(tmp_path: Path) -> None:
    held = (
        document("mio", "MIO", "MIO är ett projekt. Resultaten är goda exempel."),
        document("project", "Annat", "Projekt, exempel och resultat av ett projekt."),
        document("none", "Annat", "Inget exempel. Inget resultat."),
        *(document(f"p{n}", "Projekt", "Projekt med resultat.") for n in range(9)),
        document("bka", "Analys", "En barnkonsekvensanalys i processen."),
    )
    searcher = indexed(tmp_path, held)
    for typed in ("MIO-projektet", "mio-projektet"):
        results = searcher.search(Query(f"exempel resultat {typed}"))
        assert results.relaxed, typed
        assert results.hits[0].document.id == "mio", typed
        assert results.unmatched == (typed,)
    assert ids(searcher, "BKA-processen")[0] == "bka"  # by the thesaurus
    told = [r.text for r in searcher.search(Query("BKA-processen")).reading]
    assert told == ["BKA-processen", "BKA", "processen"]
    assert ids(searcher, "rymdraket BKA-processen")[0] == "bka"


def test_number_is_found_with_and_without_a_space_in_it(tmp_path: Path) -> None:
    held = (
        document("apart", "Kostnad", "Det kostar 12 000 kronor."),
        document("narrow", "Kostnad", "Det kostar 12\u202f000 kronor."),
        document("one", "Kostnad", "Det kostar 12000 kronor."),
        document("neither", "Kostnad", "Det kostar 000 kronor för 12 barn 2014."),
    )
    searcher = indexed(tmp_path, held)
    for typed in ("12 000", "12000 kronor", "12\u00a0000"):
        assert set(ids(searcher, typed)) == {"apart", "narrow", "one"}, typed
    assert searcher.search(Query("12 000")).reading[0].synonyms == ("12 000",)
    assert searcher.search(Query("2014")).reading[0].synonyms == ()
    assert searcher.search(Query("3 100")).unmatched == ("3100",)


def test_number_of_a_case_is_found_however_it_is_written(tmp_path: Path) -> None:
    held = (
        document("a", "Beslut", "Dnr KS/2012/418"),
        document("b", "Plan", "Dnr STK-2012-846"),
        document("c", "Protokoll", "2013/377"),
        document("d", "Plan 2012–2013", "KS sa nej 2012 till de 418."),
    )
    searcher = indexed(tmp_path, held)
    for typed in (
        "KS 2012/418",
        "KS/2012/418",
        "KS-2012-418",
        "KS2012/418",
        "KS 2012:418",
        "KS2012:418",
        "KS.2012.418",
        "dnr KS 2012-418",
    ):
        found = searcher.search(Query(typed), relax=False)
        assert found.hits[0].document.id == "a", typed
        assert not found.unmatched, typed
    assert ids(searcher, "STK 2012/846") == ["b"]
    assert ids(searcher, "2013-377") == ["c"]
    (read,) = searcher.search(Query("KS-2012-418")).reading
    assert (read.synonyms, read.documents) == (("KS 2012/418",), 1)
    assert searcher.search(Query("KS-2012-419")).unmatched == ("KS-2012-419",)
    # What it is called need not stand there.
    assert ids(searcher, "dnr 2013/377") == ids(searcher, "Diarienummer: 2013-377") == ["c"]
    # Years and days are no numbers of cases.
    assert ids(searcher, "2012-2013") == ["d"]
    assert not any("/" in s for t in searcher.search(Query("2013-03-12")).reading for s in t.synonyms)


def test_number_of_a_law_is_found_without_the_name_of_its_series(tmp_path: Path) -> None:
    held = (
        document("a", "Beslut", "Lag (2018:1197) om barnets rättigheter."),
        document("b", "SFS", "Annat."),
    )
    searcher = indexed(tmp_path, held)
    results = searcher.search(Query("SFS 2018:1197"))
    assert [h.document.id for h in results.hits] == ["a"]
    assert not results.relaxed
    assert "numret räcker" in (results.reading[0].note or "")
    assert ids(searcher, "SFS annat") == ["b"]


def test_day_is_found_however_it_is_written_and_by_what_is_dated_so(tmp_path: Path) -> None:
    held = (
        document("dated", "Protokoll", "Nämnden sammanträdde.", published="2014-03-12"),
        document("words", "Brev", "Mötet den 12 mars 2014 ställs in.", published="2014-03-01"),
        document("digits", "Kallelse 2014-03-12", "Välkommen."),
        document("apart", "Om våren", "Den 12 april 2013 och i mars 2014."),
        document("other", "Protokoll 2014-03-13", "Nämnden.", published="2014-03-13"),
    )
    searcher = indexed(tmp_path, held)
    three = {"dated", "words", "digits"}
    for typed in ("2014-03-12", "20140312", "12/3 2014"):
        assert set(ids(searcher, typed)) == three, typed
    for typed in ("12 mars 2014", "den 12 mars 2014"):
        assert set(ids(searcher, typed)[:3]) == three, typed
    assert ids(searcher, "12 mars 2014")[3:] == ["apart"]
    assert ids(searcher, "protokoll 2014-03-12") == ["dated"]
    assert ids(searcher, "protokoll -2014-03-12") == ["other"]
    assert searcher.search(Query("2014-03-12")).reading[0].synonyms == (
        "12 mars 2014",
        "publicerad:2014-03-12",
    )
    assert ids(searcher, '"2014-03-12"') == ["digits"]
    assert searcher.search(Query("2015-03-12")).unmatched == ("2015-03-12",)
    assert searcher.search(Query("2014-02-31")).total == 0


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    """Words that are mistyped and written apart."""
    many = (document(f"m{n}", "Rättigheter", "Alla har mänskliga rättigheter.") for n in range(60))
    held = (
        document("slip", "Brev", "Om en rätighet."),
        document("strateg1", "Barnrättsstrateg", "Nätverk."),
        document("strateg2", "Kurs", "För barnrättsstrateg och chef."),
        document("strateg3", "Minnen", "En barnrättsstrateg skrev."),
        document("parts", "Annat", "En strateg skrev till ett barn om rätt."),
        document("beside", "Elev", "Elevhälsa. Elever och hälsa. Elevers hälsa. Wahlström."),
        *(document(f"e{n}", "Elevhälsa", "Elevhälsa i skolan.") for n in range(3)),
        *many,
    )
    index: Path = tmp_path_factory.mktemp("written")
    yield indexed(index, held)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("barn rätts strateg", "barnrättsstrateg"),
        ("kurs barn rätts strateg chef", "kurs barnrättsstrateg chef"),
        ("elev hälsa", None),  # elevers hälsa stands in a text
        ("barn strateg", None),
        ("mänskliga rätigheter", "mänskliga rättigheter"),  # though another has written rätighet
        ("wahlströms", None),
        ("kommunn:Lund rättigheter", "kommun:Lund rättigheter"),
        ("Titl:brev", "title:brev"),
        ("prop:2014", None),
        (f'"{"rätigheter " * 101}"', None),  # pasted, not typed
    ],
)
def test_did_you_mean(written: Searcher, typed: str, meant: str | None) -> None:
    assert written.search(Query(typed)).suggestion == meant


def test_compound_written_as_three_words_comes_before_the_three_apart(written: Searcher) -> None:
    found = ids(written, "barn rätts strateg")
    assert found.index("strateg3") < found.index("parts")


def test_english_documents_are_found_by_english_forms(searcher: Searcher) -> None:
    assert ids(searcher, "implement right")[0] == "en"


def test_most_words_are_offered_when_no_document_has_all(searcher: Searcher) -> None:
    results = searcher.search(Query("barnchecklistan nämnden rymdraket"))
    assert results.relaxed
    assert results.unmatched == ("rymdraket",)
    assert results.hits[0].document.id == "chk"


def test_counts_beside_filters_are_what_they_lead_to_where_most_words_are_offered(tmp_path: Path) -> None:
    """Beside another municipality stood how many have most of the words there; it led to the one with all."""
    text = {"1283": "En raket.", "1285": "En raket.", "1286": "En raket och en kanelbulle."}
    held = [document(f"{code}{n}", "Fest", text[code], municipalities=(code,)) for code in text for n in "ab"]
    held.append(document("more", "Fest", text["1283"], municipalities=("1286",), kind="report"))
    searcher = indexed(tmp_path, held)
    chosen = Query("raket kanelbulle", Filters(municipality=("1283",)))
    found = searcher.search(chosen)
    assert found.relaxed and found.total == 2
    for facet in ("municipality", "kind"):
        for value in found.facets[facet]:
            led = replace(chosen, filters=replace(chosen.filters, **{facet: (value.value,)}))
            assert value.selected or searcher.search(led).total == value.count, (facet, value)
    assert {v.value: v.count for v in found.facets["municipality"]} == {"1283": 0, "1286": 2}


def test_words_that_only_rank_higher_are_not_marked(searcher: Searcher) -> None:
    """”för” of a question need not stand in a document: where it does, it is no match to be shown."""
    results = searcher.search(Query("plan för böcker rymdraket"))
    assert results.relaxed
    snippet = next(h.snippet for h in results.hits if h.document.id == "vision")
    assert snippet is not None
    assert [snippet.text[a:b] for a, b in snippet.marks] == ["plan", "böcker"]


def test_others_with_most_words_stand_beside_the_few_that_have_all(searcher: Searcher) -> None:
    results = searcher.search(Query("processplan styrelsen"))
    assert [h.document.id for h in results.hits] == ["plan2012"]
    assert "plan2011" in [h.document.id for h in results.others]
    assert results.total == 1
    assert not results.relaxed


def test_a_leaflet_does_not_come_before_what_it_tells_of(tmp_path: Path) -> None:
    long = "Familjecentralen är en mötesplats. " * 6 + "Arbetet följs upp varje år i alla kommuner. " * 30
    held = (
        document("poster", "Familjecentralen", "Välkommen!", kind="information"),
        document("guidance", "Vägledning för familjecentraler", long, kind="guidance"),
    )
    assert ids(indexed(tmp_path, held), "familjecentraler") == ["guidance", "poster"]


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Words that stand together in some documents and not in others, each often enough to be suggested."""
    texts = [
        "Elevråd i Lomma arbetar med lunch. Elevråd är för elever.",
        "Politiker i Lund får utbildning. En utbildning för politiker har planer.",
        "Utbildning för personal 2014. Pengar och personal räcker.",
    ]
    held = [
        document(f"{n}{k}", f"Text {n} {k}", text, years=(2012 + n,), municipalities=(code,))
        for n, (text, code) in enumerate(zip(texts, ("1262", "1281", "1283"), strict=True))
        for k in range(6)
    ]
    return indexed(tmp_path_factory.mktemp("talkative"), held)


@pytest.mark.parametrize(
    "typed",
    [
        "elevråd p", "elevråd l", "elevråd 201", "utbildning för p", "utbildning INTE p", "lomma -p",
        "politiker 20", "politiker OCH p", "kommun:Lund p", "(utbildning p", '"utbildning för p',
        "elevråd ELLER pol", "saknas p",
    ],
)  # fmt: skip
def test_every_suggestion_gives_results(talkative: Searcher, typed: str) -> None:
    for suggestion in talkative.suggest(typed):
        assert talkative.count(Query(suggestion.text)), suggestion


def test_suggestions_go_on_from_the_words_before(talkative: Searcher) -> None:
    def suggested(typed: str) -> list[str]:
        return [s.text for s in talkative.suggest(typed)]

    assert suggested("elevråd lo") == ["elevråd Lomma"]
    assert suggested("elevråd pol") == suggested("saknas pol") == []
    assert suggested("utbildning 201") == ["utbildning 2014"]  # 2012 and 2013 too are years of documents
    assert suggested("utbildning INTE pol") == ["utbildning INTE politiker"]
    assert suggested("elevråd INTE elevr") == []
    assert suggested("hur gör man pol") == ["hur gör man politiker"]  # words of asking need not be there


def test_misspelt_word_is_mended(searcher: Searcher) -> None:
    assert searcher.search(Query("prosessplan")).suggestion == "processplan"


def test_counts_of_a_facet_disregard_its_own_choice(searcher: Searcher) -> None:
    results = searcher.search(Query("", filters=Filters(kind=("notes",))))
    kinds = {v.value: v for v in results.facets["kind"]}
    assert results.total == 1
    assert kinds["process_plan"].count == 2
    assert kinds["notes"].selected
    assert {v.value: v.count for v in results.facets["municipality"]} == {UNKNOWN: 1}


def test_hit_names_its_page_and_marks_the_words(searcher: Searcher) -> None:
    hit = searcher.search(Query("barnrättsstrateger")).hits[0]
    assert [p.number for p in hit.pages] == [2]
    assert hit.pages[0].url.endswith("#page=2")
    assert hit.snippet is not None
    assert [hit.snippet.text[a:b] for a, b in hit.snippet.marks] == ["barnrättsstrateger"]


def test_sorted_by_date_and_title(searcher: Searcher) -> None:
    assert ids(searcher, '"processplan"', sort="newest") == ["plan2012", "plan2011"]
    assert ids(searcher, '"processplan"', sort="oldest") == ["plan2011", "plan2012"]
    titles = [h.document.title for h in searcher.search(Query("", sort="title", limit=50)).hits]
    assert titles == sorted(titles, key=str.lower)


def test_paging_reaches_everything_once(searcher: Searcher) -> None:
    found = [i for page in (1, 2, 3, 4) for i in ids(searcher, "", limit=3, page=page)]
    assert sorted(found) == sorted(d.id for d in DOCUMENTS)
    assert [d.id for d in searcher.all(Query(""))] == found


def test_matrix_counts_what_is_found_and_what_is_held(searcher: Searcher) -> None:
    matrix = by_place_and_year(searcher, Query('"processplan"'))
    rows = {r.value: r for r in matrix.rows}
    assert matrix.years == (2011, 2012, 2013, 2014)
    assert rows["1260"].counts == (0, 1, 1, 0)
    assert rows["1260"].total == 1
    assert rows["1280"].held == (0, 0, 0, 1)
    assert rows["1280"].counts == (0, 0, 0, 0)


def test_series_and_similar_documents(searcher: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [d.id for d in searcher.series("plan2012")] == ["plan2011"]
    monkeypatch.setattr(generation, "series", lambda _: None)  # an index from before it was written
    assert [d.id for d in open_index(searcher.directory.parent).series("plan2012")] == ["plan2011"]
    assert "plan2011" in [d.id for d in searcher.elsewhere("plan2012")]
    assert searcher.document("nothing") is None


def test_elsewhere_is_in_another_municipality_that_is_known(tmp_path: Path) -> None:
    places = {"own": "1281", "same": "1281", "other": "1283", "unknown": None}
    text = "Checklista för biblioteket: bokbussen, sagostunden och barnens läsning."
    held = [
        document(name, "Checklista", text, kind="checklist", municipalities=(code,) if code else ())
        for name, code in places.items()
    ]
    held += [document(f"x{n}", "Annat", "Något helt annat.", kind="policy") for n in range(20)]
    assert [d.id for d in indexed(tmp_path, held).elsewhere("own")] == ["other"]


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("skola*", ["Skolan", "SKOLANS", "Sko-lan"]),
        ("strategg~", ["strategier", "strateger"]),
        ("barn NÄRA/2 unga", ["Barn", "unga"]),
        ("barn NÄRA/1 unga", []),
        ("(år ELLER barn) NÄRA/2 unga", ["Barn", "unga", "år", "Unga"]),
        ('unga NÄRA/2 "av strateger"', []),
        ('barn NÄRA/1 "strategier av strateger"', ["strategier", "av", "strateger", "Barn"]),
        ("skol* NÄRA/1 (barn ELLER råd)", ["skolor", "Råd"]),
        ("INTE skola*", []),
    ],
)
def test_marks_show_what_patterns_similar_and_near_words_found(
    searcher: Searcher, query: str, marked: list[str]
) -> None:
    text = "Skolan, SKOLANS skolor. Råd: strategier av strateger. Barn i unga år. Sko-lan. Unga."
    assert [text[a:b] for a, b in searcher.marks(text, query)] == marked


def test_marks_show_every_form(searcher: Searcher) -> None:
    text = "Planen, handlingsplanen och planerna."
    assert [text[a:b] for a, b in searcher.marks(text, "plan")] == ["Planen", "handlingsplanen", "planerna"]


TYPED = [
    "plan", "barn", "ELLER", "OCH", "INTE", "-", "(", ")", "\"", "*", "~2", "NÄRA", "titel:", "år:",
    "2012..", "kommun:", "Malmö", "år:2011..2012", "böcker", "och", "a/b", "é", "👶", ":",
    "publicerad:x", "publicerad:2012-02", "språk:sv", '\x00', '\u202e',
]  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(TYPED),
        max_size=12,
    )
)
def test_whatever_is_typed_there_is_an_answer(searcher: Searcher, words: list[str]) -> None:
    for text in (" ".join(words), "".join(words)):
        results = searcher.search(Query(text))
        assert results.total >= len(results.hits)
        if not results.total and text.strip():
            assert results.reading or results.unmatched


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ("Lunds kommun\nBarnchecklista\n2014", "Lunds kommun · Barnchecklista · 2014"),
        ("Listan gäller:\nBarnchecklista", "Listan gäller: Barnchecklista"),
        ("en rad som\nfortsätter \n\n på barnchecklista", "en rad som fortsätter på barnchecklista"),
        ("\nBarnchecklista\nBarnchecklista", " Barnchecklista · Barnchecklista"),
    ],
)
def test_lines_of_a_snippet_are_told_apart_where_no_sign_does(lines: str, shown: str) -> None:
    marks = tuple(m.span() for m in re.finditer("[Bb]arnchecklista", lines))
    made = on_one_line(Snippet(lines, marks))
    assert made.text == shown
    assert [made.text[a:b].lower() for a, b in made.marks] == ["barnchecklista"] * len(marks)


def test_older_indexes_that_are_asked_by_turns_are_let_go(tmp_path: Path) -> None:
    for n in range(4):
        indexed(tmp_path, DOCUMENTS[n:])
    index = SearchIndex(tmp_path)
    *older, newest = index.kept()
    alive: weakref.WeakSet[Searcher] = weakref.WeakSet()
    gc.disable()  # what Python would collect in the end held hundreds of open files until then
    try:
        for turn in range(9):
            for name in (older[turn % 3], newest):
                searcher = index.generation(name) if name != newest else index.current()
                assert searcher.search(Query("barn*")).generation.id == name
                alive.add(searcher)
                del searcher
        assert {s.generation.id for s in alive} == {older[2], newest}
        assert len(alive) == 2
    finally:
        gc.enable()


def test_a_new_index_that_cannot_be_opened_leaves_the_one_before_in_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Built by root, say, who alone may read it: every page was refused, with a good index open."""
    first = indexed(tmp_path, DOCUMENTS).generation.id
    index = SearchIndex(tmp_path)
    assert index.current().generation.id == first
    second = indexed(tmp_path, DOCUMENTS[1:]).generation.id
    sources = tmp_path / second / "sources.json"
    sources.rename(tmp_path / "away")
    for _ in range(3):
        assert index.current().search(Query("barnchecklista")).generation.id == first
    (told,) = caplog.messages
    assert "sources.json" in told and told.endswith(f"Until then {first} is used.")
    (tmp_path / "away").rename(sources)
    assert index.current().generation.id == second
    indexed(tmp_path, DOCUMENTS[2:])
    shutil.rmtree(tmp_path / second)  # as 'kompass forget' does: nobody is to find there what is forgotten
    (index.directory / generation.current(tmp_path).name / "sources.json").unlink()
    with pytest.raises(IndexDamaged, match="the file is missing"):
        index.current()


def test_an_index_that_is_removed_still_answers_who_has_opened_it(tmp_path: Path) -> None:
    """Words, series and history were read when they were first asked for: 503, or a file cut short."""
    kept, searcher = (indexed(tmp_path / name, DOCUMENTS) for name in ("kept", "gone"))
    shutil.rmtree(tmp_path / "gone")
    for ask in (
        lambda s: ids(s, "barnchecklsta plan*"),
        lambda s: s.search(Query("barnchecklsta")).suggestion,
        lambda s: s.suggest("barn"),
        lambda s: s.series("plan2011"),
        lambda s: s.latest(Query("plan"), 2),
        lambda s: list(s.listed()),
        lambda s: (s.gone("x"), len(s.changes(Filters(), "", "", 0, 5)[1])),
        lambda s: (s.related("plan2011"), s.pages("plan2011")),
        lambda s: (s.label("municipality", "1280"), s.rule("kind.title"), s.statuses(), s.held()),
    ):
        assert ask(searcher) == ask(kept)


def test_an_index_that_is_removed_while_it_is_opened_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = indexed(tmp_path, DOCUMENTS).generation.id
    index, check = SearchIndex(tmp_path), generation.check

    def removed_meanwhile(directory: Path, *, deep: bool = False) -> object:
        if directory.name == first and not deep:  # a build looks deep
            indexed(tmp_path, DOCUMENTS[1:])
            shutil.rmtree(directory)
        return check(directory, deep=deep)

    monkeypatch.setattr("indexer.search.generation.check", removed_meanwhile)
    assert index.current().generation.documents == len(DOCUMENTS) - 1
    shutil.copytree(generation.current(tmp_path), tmp_path / first)
    assert index.asked(first) is None


def test_opening_an_index_does_not_read_its_texts(tmp_path: Path) -> None:
    """84 MB of 100,000 documents: they were taken for a list of words, which ends in .txt too."""
    indexed(tmp_path, DOCUMENTS)
    directory = generation.current(tmp_path)
    (texts,) = directory.glob("*.txt")
    data = bytearray(texts.read_bytes())
    data[10] ^= 1
    texts.write_bytes(data)
    assert Searcher(directory).search(Query("processplan", limit=0)).total
    with pytest.raises(IndexDamaged, match=texts.name):
        generation.check(directory, deep=True)
    thesaurus = directory / "thesaurus" / "kommun.txt"
    thesaurus.write_text(thesaurus.read_text("utf-8").replace("=", "-"), "utf-8")
    with pytest.raises(IndexDamaged, match=r"kommun\.txt: its content is not what was written"):
        generation.check(directory)


def test_a_new_index_is_told_of_once_however_many_come_upon_it(tmp_path: Path) -> None:
    """Each collected garbage: eight readers had to wait for that eight times."""
    indexed(tmp_path, DOCUMENTS)
    index, told = SearchIndex(tmp_path), list[None]()
    index.current()
    index.on_replaced = lambda: told.append(None)
    indexed(tmp_path, DOCUMENTS[1:])
    together, opened = threading.Barrier(4), index.generation

    def at_once(name: str) -> Searcher:
        together.wait(HUNG)
        return opened(name)

    index.generation = at_once
    readers = [threading.Thread(target=index.current) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(HUNG)
    assert len(told) == 1
