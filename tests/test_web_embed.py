"""The search box for other sites, without a browser: who may use it, what its page writes, its size."""

from __future__ import annotations

import gzip
import html
import re
from pathlib import Path

import pytest
from web_client import Answer, Client, served

from indexer.errors import SettingError
from search_web import static_files
from search_web.embed import SCRIPT, contrast, integrity

THEIRS = "https://www.example.se"
SHARED = ("/api/v1/search?q=barnchecklista", "/api/v1/suggest?q=barn", f"/static/{SCRIPT}")


def code_of(answer: Answer, name: str = "code-html") -> str:
    """What one copies from /embed."""
    found = re.search(rf'<pre id="{name}"[^>]*><code>(.*?)</code>', answer.text, re.S)
    assert found
    return html.unescape(found[1])


@pytest.mark.parametrize("address", SHARED)
def test_every_site_may_read_the_api_and_load_the_box(web: Client, address: str) -> None:
    answer = web.get(address, origin=THEIRS)
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("address", ["/api/v1/search?year=x", "/api/v1/documents/none", "/api/v1/nothing"])
def test_other_sites_may_also_read_why_something_failed(web: Client, address: str) -> None:
    answer = web.get(address, origin=THEIRS)
    assert answer.status in (400, 404)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "address", ["/", "/?q=barn", "/embed", "/api", "/documents/aaaaaaaaaaaa", "/en/help"]
)
def test_pages_are_not_shared(web: Client, address: str) -> None:
    answer = web.get(address, origin=THEIRS)
    assert answer.status == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_only_reading_is_shared(web: Client) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = web.get("/api/v1/search?q=barn", method=method, origin=THEIRS)
        assert answer.status == 405
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_unchanged_answers_are_shared_too(web: Client) -> None:
    tag = web.get(SHARED[0]).headers["ETag"] or ""
    again = web.get(SHARED[0], if_none_match=tag, origin=THEIRS)
    assert (again.status, again.headers["Access-Control-Allow-Origin"]) == (304, "*")


def test_setting_names_the_sites_that_may(web_index: Path) -> None:
    web = served(web_index, allowed_origins="https://www.example.se, http://localhost:8000/")
    for origin, allowed in (
        (THEIRS, THEIRS),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://example.se", None),
        ("https://www.example.se.example.com", None),
        ("null", None),
        ("*", None),
    ):
        for address in SHARED:
            answer = web.get(address, origin=origin)
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed, origin
            assert "Origin" in (answer.headers["Vary"] or "")
    assert "Access-Control-Allow-Origin" not in web.get(SHARED[0]).headers
    assert "https://www.example.se" in web.get("/embed").text


def test_setting_may_allow_none(web_index: Path) -> None:
    none = served(web_index, allowed_origins="").get(SHARED[0], origin=THEIRS)
    assert "Access-Control-Allow-Origin" not in none.headers


@pytest.mark.parametrize(
    "wrong", ["www.example.se", "https://a.example/path", "ftp://a.example", "https://*"]
)
def test_setting_that_is_no_origin_is_refused(web_index: Path, wrong: str) -> None:
    with pytest.raises(SettingError, match="allowed_origins"):
        served(web_index, allowed_origins=wrong)


def test_box_is_small_and_depends_on_nothing() -> None:
    content = static_files.files()[SCRIPT].content
    assert len(gzip.compress(content, 9)) <= 12_000
    text = content.decode()
    assert not re.search(
        r"\bimport\s*[({\"'*]|\bfrom\s+[\"']|\beval\b|innerHTML|document\.cookie|localStorage", text
    )


def test_code_carries_the_integrity_of_what_is_served(web: Client) -> None:
    code = code_of(web.get("/embed"))
    served = web.get(re.search(r'src="http://127\.0\.0\.1(/[^"]+)"', code)[1])
    assert (served.headers["Content-Type"] or "").startswith("text/javascript")
    assert served.body == static_files.files()[SCRIPT].content
    assert f'integrity="{integrity(SCRIPT)}"' in code


def test_code_says_what_was_chosen_and_so_does_the_plain_form(web: Client) -> None:
    filters = "municipality=1283&kind=policy&year_from=2010&year_to=&publisher=A%26B"
    code = code_of(web.get(f"/embed?{filters}&lang=en&hits=8&label=%22%3E%3Cb%3E"))
    assert '<kompass-search lang="en" label="&#34;&gt;&lt;b&gt;"' in code
    assert (
        ' filters="municipality=1283&amp;year=2010..&amp;kind=policy&amp;publisher=A%26B" hits="8">' in code
    )
    assert '<form action="http://127.0.0.1/en/" method="get" target="_top">' in code
    assert '<input type="hidden" name="municipality" value="1283">' in code
    assert '<input type="hidden" name="publisher" value="A&amp;B">' in code
    assert "style=" not in code and "onclick" not in code


def test_code_knows_the_path_and_the_proxy(web_index: Path) -> None:
    web = served(web_index, base_path="/sok", trusted_proxies="192.0.2.1")
    forwarded = {"x_forwarded_proto": "https", "x_forwarded_host": "kompass.example.se"}
    code = code_of(web.get("/sok/sv/embed", **forwarded))
    assert f'src="https://kompass.example.se/sok/static/{SCRIPT}"' in code
    assert '<form action="https://kompass.example.se/sok/sv/"' in code
    script = web.get(f"/sok/static/{SCRIPT}")
    assert (script.status, script.headers["Cache-Control"]) == (200, "public, max-age=86400")


def test_colours_become_custom_properties_with_readable_text_on_them(web: Client) -> None:
    assert 'id="code-css"' not in web.get("/embed?accent=%230a5a69").text
    css = code_of(web.get("/embed?accent=%23FFDD00"), "code-css")
    assert "--kompass-accent: #ffdd00;" in css and "--kompass-on-accent: #1c2426;" in css
    assert "--kompass-text" not in css
    assert 'class="warning"' in web.get("/embed?accent=%23ffdd00").text
    assert 'class="warning"' not in web.get("/embed").text


@pytest.mark.parametrize("chosen", ["text=%23222222", "background=%23f5f0dc"])
def test_text_and_its_background_are_given_together(web: Client, chosen: str) -> None:
    """In dark mode the other one is otherwise: #222222 on #1b2224."""
    css = code_of(web.get(f"/embed?{chosen}"), "code-css")
    assert "--kompass-text: #" in css and "--kompass-background: #" in css
    assert "--kompass-accent" not in css


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("accent=red", "”red” är ingen färg"), ("accent=%23fff%3B%7D", "ingen färg"), ("hits=0", "1–20"),
        ("results=popup", "inline, open"), ("hits=999", "1–20"), ("lang=de", "sv, en"), ("kind=x", "policy"),
        ("q=barn", "”q” finns inte"), ("style=x", "”style” finns inte"), ("label=" + "x" * 101, "högst 100"),
    ],
)  # fmt: skip
def test_choice_that_cannot_be_is_told(web: Client, wrong: str, told: str) -> None:
    answer = web.get(f"/embed?{wrong}")
    assert answer.status == 400 and told in answer.text


def test_script_is_pinned_by_pages_of_others() -> None:
    """Pages name the file by its hash: a change would turn their boxes into plain forms.

    Before the first release the hash may be brought up to date here; after it a change is a new file.
    """
    assert (
        integrity("kompass-search-1.js")
        == "sha384-10/X/60UEvuIqN30bhi63I1gXcW/6qWuZT7HITecYQeRZGl+0JmFIK8pkxLKDZcA"
    )
