"""What may be typed, and how it is read (indexer/engine/grammar.py)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.engine.grammar import And, Field, Fuzzy, Near, Not, Or, Pattern, Phrase, Range, Word, parse
from indexer.engine.plan import FIELD_NAMES

W = Word


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("barn", W("barn")),
        ("barn och unga", And((W("barn"), W("och"), W("unga")))),
        ("barn OCH unga", And((W("barn"), W("unga")))),
        ("barn AND unga", And((W("barn"), W("unga")))),
        ("+barn +unga", And((W("barn"), W("unga")))),
        ("barn ELLER unga skola", Or((W("barn"), And((W("unga"), W("skola")))))),
        ("(barn OR unga) skola", And((Or((W("barn"), W("unga"))), W("skola")))),
        ("barn -unga", And((W("barn"), Not(W("unga"))))),
        ("barn INTE (unga ELLER skola)", And((W("barn"), Not(Or((W("unga"), W("skola"))))))),
        ("barn-unga", W("barn-unga")),
        ('"barnets bästa"', Phrase("barnets bästa")),
        ("”barnets bästa”~3", Phrase("barnets bästa", 3)),
        ("‘barnets bästa’ 'i skolan'", And((Phrase("barnets bästa"), Phrase("i skolan")))),
        ("‹barns rätt› ›nu‹ ‚så‘", And((Phrase("barns rätt"), Phrase("nu"), Phrase("så")))),
        ("'children's rights'", Phrase("children's rights")),
        ("children's parents' rights", And((W("children's"), W("parents"), W("rights")))),
        ("'90-talet och 'unga", And((W("90-talet"), W("och"), W("unga")))),
        ("titel:'barns rätt'", Field("titel", Phrase("barns rätt"))),
        ("barnrätt*", Pattern("barnrätt*")),
        ("barnr?tt", Pattern("barnr?tt")),
        ("vad är barnrätt?", And((W("vad"), W("är"), W("barnrätt")))),
        ("strategg~", Fuzzy("strategg", 1)),
        ("strategg~2", Fuzzy("strategg", 2)),
        ("barn NÄRA/3 unga", Near(W("barn"), W("unga"), 3)),
        ("barn NEAR unga", Near(W("barn"), W("unga"), 5)),
        ("barn NÄRA / 3 unga", Near(W("barn"), W("unga"), 3)),
        ("barn NEAR3 unga", Near(W("barn"), W("unga"), 3)),
        ("barn nära/3 unga", Near(W("barn"), W("unga"), 3)),
        ("barn nära unga/3", And((W("barn"), W("nära"), W("unga/3")))),
        ("SOU2016:19 bet.2016/17:SoU7", And((W("SOU"), W("2016:19"), W("bet"), W("2016/17:SoU7")))),
        ("\"barnets 'bästa'\", unga", And((Phrase("barnets 'bästa'"), W("unga")))),
        ('"SFS2018:1197" covid2020 a2b', And((Phrase("SFS 2018:1197"), W("covid2020"), W("a2b")))),
        ("titel:(barn unga)", Field("titel", And((W("barn"), W("unga"))))),
        ("år:2011..2014", Field("år", Range("2011", "2014"))),
        ("ÅR:2011-2014", Field("år", Range("2011", "2014"))),
        ("år:2012..", Field("år", Range("2012", ""))),
        ("datum:2012-01-02-2013-05", Field("datum", Range("2012-01-02", "2013-05"))),
        ("datum:2012-01-02-", Field("datum", Range("2012-01-02", ""))),
        ("2011..2014", Range("2011", "2014")),
        ("2012-2013", Phrase("2012 2013")),
        ('kommun:"Östra Göinge"', Field("kommun", Phrase("Östra Göinge"))),
        ('kommun:"Ängelholm",Lund x', And((Field("kommun", Or((Phrase("Ängelholm"), W("Lund")))), W("x")))),
        ('kommun:Lund,"Östra Göinge"', Field("kommun", Or((W("Lund"), Phrase("Östra Göinge"))))),
        ("kommun:(Lund),Malmö", Field("kommun", Or((W("Lund"), W("Malmö"))))),
        ("kommun:Lund, x", And((Field("kommun", W("Lund")), W("x")))),
        ("foo:bar FN:s", And((W("foo:bar"), W("FN:s")))),
        ("https://a.example/?id=1 x", And((W("https://a.example/ id=1"), W("x")))),
        ("år:>2012", Field("år", W(">2012"))),
        ("år:> 2012", Field("år", W(">2012"))),
        ("år:(>2012)", Field("år", W(">2012"))),
        ("år:(2011-2014)", Field("år", Range("2011", "2014"))),
        ("år:2011 – 2014", Field("år", Range("2011", "2014"))),
        ("år:2011- 2014 x", And((Field("år", Range("2011", "2014")), W("x")))),
        ("år:2011 till 2014", Field("år", Range("2011", "2014"))),
        ("titel:2012-2013", Field("titel", Phrase("2012 2013"))),
        ("kommun:-Lund x", And((Field("kommun", Not(W("Lund"))), W("x")))),
        ("barn NÄRA unga NÄRA/2 skola", And((Near(W("barn"), W("unga"), 5), Near(W("unga"), W("skola"), 2)))),
        ("KS 2014/123", And((W("KS"), W("2014/123")))),
        ("för-och nackdel", And((W("för", "för- nackdel"), W("och"), W("nackdel")))),
        ("Först – och sedan?", And((W("Först"), W("och"), W("sedan")))),
    ],
)
def test_query_is_read_as(text: str, tree: object) -> None:
    parsed = parse(text, FIELD_NAMES)
    assert parsed.tree == tree
    assert parsed.notes == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('"barnets bästa', "unclosed_quote"),
        ("(barn unga", "unclosed_paren"),
        ("barn unga)", "unclosed_paren"),
        ("barn ELLER", "lone_operator"),
        ("INTE", "lone_operator"),
        ("barn NÄRA", "lone_operator"),
        ("barn !", "only_signs"),
        ("*", "only_signs"),
        ("(" * 30 + "barn" + ")" * 30, "deep"),
        ("barn " * 150, "many_words"),
        ("x" * 5_000, "long"),
        ("barn ()", "only_signs"),
        ('titel:"" plan', "lone_operator"),
        ("barn NÄRA/51 unga", "far"),
        ("(a ELLER b ELLER c) NÄRA/17 d*", "far"),
        ('"barn unga"~100', "far"),
        ("barn~3", "edits"),
        ('"' + "barn " * 10 + '"~20', "far"),
        ('"barn unga"~9 ' * 6, "many_distances"),
        ("barn NÄRA/9 unga " * 6, "many_distances"),
    ],
)
def test_what_cannot_be_read_as_typed_is_told(text: str, code: str) -> None:
    assert code in {note.code for note in parse(text, FIELD_NAMES).notes}


@pytest.mark.parametrize(
    ("text", "notes"),
    [('lag (2018:1197), "barnets bästa". barn', 0), ("...", 1), ('barn unga"', 1), ('""', 1)],
)
def test_marks_of_a_pasted_sentence_are_no_words_and_a_sign_is_told_once(text: str, notes: int) -> None:
    assert len(parse(text, FIELD_NAMES).notes) == notes


def test_name_of_a_field_without_a_value_is_no_word() -> None:
    assert parse('titel:"" plan', FIELD_NAMES).tree == W("plan")


def test_words_beyond_the_distances_that_are_read_must_still_be_there() -> None:
    tree = parse("a NÄRA b " * 5 + '"c d"~9', FIELD_NAMES).tree
    assert isinstance(tree, And)
    assert tree.nodes[:5] == (Near(W("a"), W("b"), 5),) * 5
    assert tree.nodes[5:] == (And((W("c"), W("d"))),)


@given(st.text(alphabet=st.sampled_from('abåö 1290"”()|&+-–~*?:/.\x00\n OCHELLRINTÄAFkommunår'), max_size=80))
def test_whatever_is_typed_is_read(text: str) -> None:
    parsed = parse(text, FIELD_NAMES)
    assert parsed.tree is not None or parsed.notes or not text.strip()


@given(
    st.text(alphabet=st.sampled_from("0123-.–( år:"), max_size=30), st.text(alphabet="0129-.–", max_size=12)
)
def test_numbers_and_dashes_are_read(text: str, after: str) -> None:
    parse(text, FIELD_NAMES)
    parse("datum:2012-01" + after, FIELD_NAMES)


@given(st.text(max_size=200))
def test_any_characters_are_read(text: str) -> None:
    parse(text, FIELD_NAMES)


@pytest.mark.parametrize(
    "text", ["(" * 50_000, '"' * 50_000, "-" * 50_000, "a " * 50_000, "år:" * 20_000, " 'a" * 20_000]
)
def test_long_nonsense_is_read_without_recursion(text: str) -> None:
    assert parse(text, FIELD_NAMES).notes[0].code == "long"


def test_nothing_is_looked_for_beyond_what_is_read() -> None:
    """Looking for what stands in single marks takes the square of the length where none closes."""
    assert [n.code for n in parse("'barn " + "x" * 5_000 + "'", FIELD_NAMES).notes] == ["long"]
