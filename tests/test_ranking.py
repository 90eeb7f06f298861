"""Which of the documents that match come first: facts about small corpora."""

from __future__ import annotations

from pathlib import Path

from indexed import indexed

from indexer.model import Document, Page, Query

FILLER = " Mötet öppnades klockan nio och hölls på rådhuset i staden." * 3
"""What makes other documents, so that no word of a query stands in all of them."""


def ranked(directory: Path, query: str, **texts: str) -> list[str]:
    """Ids of the hits among ``texts`` by id, whose first line is the title, and twenty others."""
    texts |= {f"other{n}": f"Anteckningar {n}\n{FILLER}" for n in range(20)}
    held = (
        Document(
            id=id_, url=f"https://a.example/{id_}", title=title, format="html", language="sv",
            text=(Page(1, body),),
        )
        for id_, text in texts.items() for title, _, body in [text.partition("\n")]
    )  # fmt: skip
    results = indexed(directory, held).search(Query(query))
    return [hit.document.id for hit in (*results.hits, *results.others)]


def test_a_document_full_of_a_words_compounds_is_more_about_it(tmp_path: Path) -> None:
    words = "Kommunen talar om energi. Energi behövs. " * 4
    found = ranked(
        tmp_path,
        "energi",
        mentions="Energi\n" + words,
        treats="Energi\n" + words + "Energipolitik, energipriser och energimarknad avgör. Det är frågan.",
    )
    assert found == ["treats", "mentions"]


def test_a_word_comes_before_its_compound(tmp_path: Path) -> None:
    found = ranked(
        tmp_path,
        "energi",
        compound="Frågor\nKommunen tar upp sådant som energipolitik.",
        word="Frågor\nKommunen tar upp sådant som energi.",
    )
    assert found == ["word", "compound"]


def test_compound_comes_before_its_last_part_however_often_that_stands(tmp_path: Path) -> None:
    found = ranked(
        tmp_path,
        "skärmtid",
        part="Tid\n" + "Tid är det som behövs, och tiden går. " * 20,
        word="Frågor\n" + FILLER + " Sist talade några om skärmtid." + FILLER,
    )
    assert found == ["word", "part"]


def test_where_words_lack_compounds_with_a_common_part_count(tmp_path: Path) -> None:
    said = "Kommunen svarar flyktingar som undrar över "
    found = ranked(
        tmp_path,
        "bostadsbidrag flyktingar",
        neither=f"Svar\n{said}sådant som skolgång och mycket annat.",
        beginning=f"Svar\n{said}sådant som bostadstillägg och mycket annat.",
        end=f"Svar\n{said}sådant som barnbidrag och mycket annat.",
    )
    assert set(found[:2]) == {"beginning", "end"}
    assert "neither" in found


def test_what_is_one_word_comes_first_where_it_was_typed_as_two(tmp_path: Path) -> None:
    found = ranked(
        tmp_path,
        "barn checklista",
        apart="Checklista för en trygg förening\nChecklista. Barn ska vara trygga. Checklista för barn.",
        one="Barnchecklista för detaljplaner\nListan fylls i vid planstart och gäller alla förvaltningar.",
    )
    assert found == ["one", "apart"]


def test_what_has_but_a_word_of_nearly_all_texts_is_not_offered_beside_the_few(tmp_path: Path) -> None:
    said = {f"barn{n}": f"Rapport {n}\nBarn och skola, del {n}." for n in range(60)}
    found = ranked(
        tmp_path,
        "barn på flykt",
        both="Länsdag\nInbjudan om barn på flykt.",
        flight="Fågelskådning\nFåglar på flykt.",
        **said,
    )
    assert found == ["both", "flight"]


def test_whoever_comes_is_not_unaccompanied(tmp_path: Path) -> None:
    """kommer shares its stem with the last part of ensamkommande; so had two texts of three on children."""
    found = ranked(
        tmp_path,
        "ensamkommande",
        alone="Stöd\nStöd till ensamkommande.",
        all="Möte\nAlla kommer till mötet i kommande vecka.",
    )
    assert found == ["alone"]


def test_question_is_about_its_words_not_about_asking(tmp_path: Path) -> None:
    """”finns” had to stand in the checklist: a page that tells of it was the one hit."""
    found = ranked(
        tmp_path,
        "Finns det checklistor för bibliotek, och hur gör andra?",
        list="Checklista för biblioteket\nChecklista. Får barnen plats i biblioteket?",
        tells="Nyheter\nDet finns en checklista för bibliotek, och vi gör som andra.",
    )
    assert found == ["list", "tells"]


def test_what_means_the_same_does_not_come_first_for_being_rare(tmp_path: Path) -> None:
    """”barns rättigheter” showed the only three texts in English first."""
    said = " Barnets rättigheter gäller i förskolan, på fritiden och hemma."
    swedish = {f"sv{n}": f"Plan för barnets rättigheter {n}\nDel {n}.{said * 3}" for n in range(60)}
    english = "Children's rights\n" + "Children's rights in town. " * 6
    assert "en" not in ranked(tmp_path, "barns rättigheter", en=english, **swedish)
