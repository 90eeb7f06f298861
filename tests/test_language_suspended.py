"""Halves of words are known, completed where that is sure, and left alone elsewhere."""

from __future__ import annotations

import pytest

from indexer.language import analyser, normalise, tokens
from indexer.language.suspended import name


def halves(text: str) -> dict[str, tuple[str, ...]]:
    """What the halves in ``text`` are called, and what they are found by besides themselves."""
    swedish = analyser("sv").word
    named = {name(text, start, end, 0, len(text)): word for word, start, end in tokens(text)}
    return {n: swedish(n).parts[len(swedish(w).parts) :] for n, w in named.items() if n is not None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("För- och nackdelar", {"för- nackdelar": ("fördel",)}),
        ("för- och grundskola", {"för- grundskola": ("förskol",)}),
        ("Barn- och utbildningsnämnden", {"barn- utbildningsnämnden": ("barnnämnd",)}),
        ("elev- eller skyddsombud", {"elev- skyddsombud": ("elevombud",)}),
        ("hälso- och sjukvård", {"hälso- sjukvård": ("hälsovård",)}),
        ("mellan- samt högstadiet", {"mellan- högstadiet": ("mellanstadium",)}),
        ("såväl för- som nackdelar", {"för- nackdelar": ("fördel",)}),
        ("för- resp. grundskola", {"för- grundskola": ("förskol",)}),
        ("för- och/eller nackdelar", {"för- nackdelar": ("fördel",)}),
        ("barn-/ungdomsvård", {"barn- ungdomsvård": ("barnvård",)}),
        ("fri- och rättigheterna", {"fri- rättigheterna": ("frihet",)}),
        ("EU- och EES-medborgare", {"eu- ees-medborgare": ("eumedborgar",)}),
        ("6- och 7-åringar", {"6- 7-åringar": ("6åring",)}),
        ("låg\u2010 och högstadiet", {"låg- högstadiet": ("lågstadium",)}),
        ("flyktingbarn och -ungdomar", {"-ungdomar flyktingbarn": ("flyktingungdom",)}),
    ],
)
def test_half_is_found_by_the_word_that_it_stands_for(
    text: str, expected: dict[str, tuple[str, ...]]
) -> None:
    assert halves(text) == expected


def test_every_half_in_a_row_is_completed_by_the_same_word() -> None:
    assert [*halves("vård-, omsorgs- och socialnämnden").values()] == [("vårdnämnd",), ("omsorgsnämnd",)]
    assert [*halves("vattenförsörjning, -rening och -distribution").values()] == [
        ("vattenrening",),
        ("vattendistribution",),
    ]


def test_what_is_joined_is_the_word_inside_where_only_that_is_one() -> None:
    assert halves("hälso- och sjukvårdslagen") == {"hälso- sjukvårdslagen": ("hälsovård", "hälsovårdslag")}


def test_term_of_a_half_is_the_term_of_the_whole_word() -> None:
    swedish = analyser("sv").word
    for text, whole in {
        "för- och nackdelar": "fördelarna",
        "fri- och rättigheter": "friheternas",
        "hälso- och sjukvårdspersonal": "hälsovårdspersonalen",
        "EU- och EES-medborgare": "EU-medborgaren",
        "1960- och 1970-talen": "1960-talet",
        "upp- och nedgång": "uppgångar",
        "barnrättsutbildning och -uppföljning": "barnrättsuppföljningen",
    }.items():
        (parts,) = halves(text).values()
        assert swedish(whole.lower()).stem in parts


@pytest.mark.parametrize(
    "text",
    [
        "jämställdhets- och biträdande arbetsmarknadsminister",  # bi|trädande is no place to part
        "brev- och e-post",  # no brevpost
        "plan-, ett och annat",
        "barn- och unga",
        "IT- och nu",
        "A- och nackdelar",
        "under och -3 grader till",
    ],
)
def test_what_is_not_sure_stays_as_it_is(text: str) -> None:
    assert not any(halves(text).values())


@pytest.mark.parametrize(
    "text",
    [
        "verksam- heten och annat",
        "2012-2013 och skolår",
        "barn – och ungdomsvård",
        "- och nackdelar",
        "barn-och ungdomsvård",
        "för- och",
        "för-",
        "för-\n\n\noch nackdelar",
        "nackdelar -och för",
    ],
)
def test_other_hyphens_make_no_half(text: str) -> None:
    assert halves(text) == {}


@pytest.mark.parametrize(
    "text", ["för-\noch nackdelar", "för- och\nnackdelar", "för- och nack-\ndelar", "för- och nack\xaddelar"]
)
def test_ends_of_lines_and_soft_hyphens_change_nothing(text: str) -> None:
    assert halves(normalise(text)) == {"för- nackdelar": ("fördel",)}
    assert halves(normalise("verksam-\nheten och skolan")) == {}


def test_half_has_the_stem_that_it_always_had() -> None:
    swedish = analyser("sv").word
    assert swedish("för- nackdelar").stem == swedish("för").stem
    assert swedish("barnrätts- skolfrågor").stem == swedish("barnrätts").stem
    assert analyser("en").word("pre- primary").parts == ()


def test_many_at_once_are_analysed_as_one_by_one() -> None:
    names = [
        "för- nackdelar",
        "-uppföljning barnrättsutbildning",
        "eu- ees-medborgare",
        "hälso- sjukvårdslagen",
    ]
    analyser.cache_clear()
    analyser("sv").learn(names)
    together = [analyser("sv").word(n) for n in names]
    analyser.cache_clear()
    assert [analyser("sv").word(n) for n in names] == together


def test_word_that_completes_is_not_looked_for_further_than_some_words_away() -> None:
    """Else a text of nothing but halves would take the square of its length."""
    assert len(halves("".join(f"barn{n}-, " for n in range(20)) + "för- och nackdelar")) == 6
    assert len(halves("vattenvård" + "".join(f", -plan{n}" for n in range(20)))) == 6


@pytest.mark.parametrize("name", [" ", "- x", "x ", " x", "-- -", "barn skola", "-a- b", "för- ", "för-  "])
def test_what_is_no_half_is_analysed_without_an_error(name: str) -> None:
    assert analyser("sv").word(name).stem
