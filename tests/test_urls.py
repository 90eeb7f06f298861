"""Which addresses are the same address, and which lead nowhere."""

from __future__ import annotations

import pytest

from indexer.crawl.addresses import extension, names, trap
from indexer.urls import canonical, spellings

BASE = "https://www.exempelstad.se/barn/plan.html"
PLAN = "https://www.exempelstad.se/barn/Handlings%20plan%20%C3%A5.pdf"


@pytest.mark.parametrize(
    "written",
    [
        "Handlings plan å.pdf",
        "Handlings plan a\u030a.pdf",  # NFD, as a Mac writes it
        "Handlings%20plan%20%C3%A5.pdf",
        "Handlings%20plan%20%c3%a5.pdf",
        "Handlings%20plan%20a%CC%8A.pdf",
        "Handlings%2520plan%2520%25C3%25A5.pdf",  # encoded twice
        "  Handlings plan\n å.pdf  ",
        "./x/../Handlings plan å.pdf#page=2",
        "/barn/%48andlings plan å.pdf",
        "\\barn\\Handlings plan å.pdf",
        "//WWW.Exempelstad.SE/barn/Handlings plan å.pdf",
        "HTTPS://www.exempelstad.se:443/barn/Handlings plan å.pdf",
        "https://någon:hemligt@www.exempelstad.se/barn/Handlings plan å.pdf",
        "Handlings plan å.pdf?utm_source=brev&fbclid=x",
        "Handlings plan å.pdf?PHPSESSID=8a7b",
        "Handlings plan å.pdf;jsessionid=8A7B",
        "/(X(1)S(lit3py55t21z5v55vlm25s55))/barn/Handlings plan å.pdf?AspxAutoDetectCookieSupport=1",
        "Handlings plan å.pdf?sid=0123456789abcdef01",
        "Handlings plan å.pdf?print=1",
        "Handlings plan å.pdf?",
    ],
)
def test_spellings_of_one_address_are_one_address(written: str) -> None:
    assert canonical(written, BASE) == PLAN


def test_what_a_server_may_tell_apart_stays_apart() -> None:
    for one, other in [
        ("/a", "/a/"),
        ("/a", "/A"),
        ("/a%2Fb", "/a/b"),
        ("/sk%E5ne", "/sk%C3%A5ne"),  # Latin-1 of an old server
        ("/x?sid=12", "/x"),  # sid is "sida" as often as a session
        ("/x?a=1", "/x?a=2"),
        ("http://e.se/", "https://e.se/"),
        ("http://e.se:8080/", "http://e.se/"),
    ]:
        assert canonical(one, BASE) != canonical(other, BASE)


def test_the_canonical_form_is_its_own_canonical_form() -> None:
    for text in ("/100%25.pdf", "/a%252Fb", "/%252e%252e/x", "/å?ö=ä b", "/x%", "/a//b", "http://åäö.se./å",
                 "/\uffffÚ\u0340"):  # fmt: skip
        once = canonical(text, BASE)
        assert once is not None and once.isascii() and canonical(once) == once


def test_what_is_not_a_web_address_is_none() -> None:
    for text in (
        "mailto:a@b.se", "javascript:void(0)", "tel:040", "data:text/html,x", "ftp://e.se/", "http://",
        "http://a b/", "https://e.se:99999/", "http://[::1", "http://1.2.3.4.5/", "http://256.1.1.1/", "#",
    ):  # fmt: skip
        assert canonical(text) is None


def test_numbers_that_are_addresses_are_written_as_such() -> None:
    for spelling in ("2130706433", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1", "%31%32%37.0.0.1"):
        assert canonical(f"http://{spelling}/") == "http://127.0.0.1/"
    assert canonical("http://[0:0::1]:80/") == "http://[::1]/"


def test_swedish_domains_are_asked_for_in_ascii() -> None:
    assert canonical("https://Räksmörgås.se/Å") == "https://xn--rksmrgs-5wao1o.se/%C3%85"


def test_a_name_stored_decomposed_or_encoded_twice_has_other_spellings_to_try() -> None:
    nfd, doubled = spellings("https://e.se/Sk%C3%A5ne.pdf")
    assert nfd == "https://e.se/Ska%CC%8Ane.pdf"
    assert doubled == "https://e.se/Sk%25C3%25A5ne.pdf"
    assert {canonical(nfd), canonical(doubled)} == {"https://e.se/Sk%C3%A5ne.pdf"}
    assert spellings("https://e.se/plan.pdf") == ()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/kalender/2024/03", "calendar"),
        ("/kalender/2024-03-17", "calendar"),
        ("/kalender?datum=2024-01-01", "calendar"),
        ("/nyheter?year=2094&month=3", "calendar"),
        ("/aktiviteter/2031/12/", "calendar"),
        ("/a/b/a/b/a/b/", "endless"),
        ("/barn/barn/barn/barn/x", "endless"),
        ("/x?" + "&".join(f"f{i}=1" for i in range(12)), "endless"),
        ("/" + "lång/" * 30, "endless"),
        ("/x" * 1200, "endless"),
        ("/sok?q=barn", "search"),
        ("/utskriftsversion/plan", "print_version"),
        ("/logga-in?retur=/", "service"),
        ("/wp-login.php", "service"),
    ],
)
def test_endless_spaces_are_traps(path: str, reason: str) -> None:
    url = canonical(path, BASE)
    assert url is not None and trap(url, this_year=2024) == reason


@pytest.mark.parametrize(
    "path",
    [
        "/protokoll?datum=2014-03-12",
        "/nyheter/2014/03/barnets-rattigheter.html",
        "/evenemang/2014/konferens.html",
        "/barn/barn/plan.html",
        "/nyheter?year=2014&month=3",
        "/dokument/visa?id=4711&typ=pdf&version=2",
        "/download/18.4f5a/1622/plan.pdf",
        "/sok/",
        "/kalender/",
        "/nyheter/2014/03/",
        "/arende/4711/12",
    ],
)
def test_real_series_are_not_traps(path: str) -> None:
    url = canonical(path, BASE)
    assert url is not None and trap(url, this_year=2024) is None


def test_an_address_tells_documents_pictures_and_pages_apart() -> None:
    assert names("https://e.se/Plan.PDF?v=2") == "document"
    assert names("https://e.se/poster.JPG") == "image"
    assert names("https://e.se/stil.css") == "other"
    assert names("https://e.se/barn.8412.html") == names("https://e.se/v1.2") == "page"
    assert extension("https://e.se/.htaccess") == ""


def test_an_endless_address_takes_no_time() -> None:
    assert canonical("https://e.se/" + "%25" * 50_000) is not None
    assert canonical("http://" + "å" * 100_000 + ".se/") is None
    assert trap("https://e.se/" + "a/" * 900) is not None


def test_a_number_that_is_no_port_and_half_a_character_break_nothing() -> None:
    assert canonical("http://e.se:" + "1" * 5_000) is canonical("http://e.se:99999/") is None
    assert canonical("http://e.se:" + "0" * 5_000 + "81/") == "http://e.se:81/"
    assert canonical("http://e.se/\ud800") == "http://e.se/%3F"
