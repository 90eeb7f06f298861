"""The search box in pages of another origin, in a real browser: strict policy, keyboard, no scripts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote

import pytest
from test_browser_web import NARROW, RULES, SEEN, WIDE, browser, origin, quiet, violations  # noqa: F401 - fixtures
from test_web_addresses import IDS, odd  # noqa: F401 - a fixture
from waiting import HUNG
from web_client import Client, listening

# Without a browser the import of test_browser_web above has left already.
from axe_playwright_python.base import AXE_SCRIPT  # isort: skip
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect  # isort: skip

pytestmark = pytest.mark.browser

LABEL = "Sök i dokumenten om barnets rättigheter"
COUNT = ".count"
SHELL = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Kommunen</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css"></head>
<body><main><h1>Barn och unga</h1>{body}</main></body></html>"""


class Host:
    """A municipality's own site, with the policy that the most careful of them have."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.origin = ""
        self.pages: dict[str, bytes] = {"/style.css": b""}
        self.policy = (
            f"default-src 'none'; style-src 'self'; script-src 'self' {service}; connect-src {service}; "
            f"form-action {service}; base-uri 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )

    def put(self, body: str, *, lang: str = "sv", style: str = "") -> None:
        self.pages = {"/": SHELL.format(lang=lang, body=body).encode(), "/style.css": style.encode()}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = str(environ["PATH_INFO"])
        kind = {"css": "text/css", "js": "text/javascript"}.get(path.rpartition(".")[2], "text/html")
        found = self.pages.get(path)
        status = "404 Not Found" if found is None else "200 OK"
        start(status, [("Content-Type", kind), ("Content-Security-Policy", self.policy)])
        return [found or b""]


@pytest.fixture(scope="module")
def host(origin: str) -> Iterator[Host]:  # noqa: F811
    made = Host(origin)
    with listening(made) as made.origin:
        yield made


@pytest.fixture
def context(browser: Browser, host: Host) -> Iterator[BrowserContext]:  # noqa: F811
    made = browser.new_context(base_url=host.origin, locale="sv-SE", viewport=WIDE)
    made.set_default_timeout(1000 * HUNG)
    yield made
    assert made.cookies() == []
    made.close()


@pytest.fixture
def page(context: BrowserContext, host: Host) -> Iterator[Page]:
    with quiet(context, host.service, host.origin) as opened:
        yield opened


def copied(page: Page, service: str, choices: str = "") -> str:
    """The code that /embed gives for these choices."""
    answer = page.request.get(f"{service}/sv/embed{choices}").text()
    found = re.search(r'<pre id="code-html"[^>]*><code>(.*?)</code>', answer, re.S)
    assert found
    return html.unescape(found[1])


def test_copied_code_works_in_a_page_with_a_strict_policy(page: Page, host: Host) -> None:
    host.put(copied(page, host.service))
    page.goto("/")
    page.evaluate(
        """() => { const count = document.querySelector('kompass-search').shadowRoot.querySelector('.count');
        window.heard = []; new MutationObserver(() => count.textContent && heard.push(count.textContent))
          .observe(count, {childList: true, characterData: true, subtree: true}) }"""
    )
    page.get_by_role("combobox", name=LABEL).fill("barnchecklista")
    page.get_by_role("button", name="Sök", exact=True).click()
    expect(page.locator(COUNT)).to_have_text("31 träffar på ”barnchecklista”")
    expect(page.get_by_role("list", name="Träffar").get_by_role("listitem")).to_have_count(5)
    expect(page.locator("mark").first).to_have_text(re.compile("barnchecklista", re.I))
    for text in page.locator(".hits bdi:has(mark)").all_text_contents():
        assert re.search("[.!?:;…”]$", text) and not text[0].islower(), "a sentence is cut without dots"
    assert page.evaluate("heard") == ["31 träffar på ”barnchecklista”"]
    expect(page.locator(COUNT)).to_have_attribute("role", "status")
    link = page.get_by_role("link", name="Visa alla 31 träffar i Barnrättskompassen")
    expect(link).to_have_attribute("href", f"{host.service}/sv/?q=barnchecklista")
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    page.locator("a.title").first.click()
    expect(page).to_have_url(re.compile(rf"{host.service}/sv/documents/\w+\?q=barnchecklista$"))


def test_keyboard_is_enough(page: Page, host: Host) -> None:
    host.put(copied(page, host.service))
    page.goto("/")
    page.keyboard.press("Tab")
    box = page.get_by_role("combobox", name=LABEL)
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-expanded", "false")
    with page.expect_response(re.compile(r"/suggest\?q=process$")):
        page.keyboard.insert_text("process")  # at once: between slow keys others would be suggested first
    options = page.get_by_role("listbox", name="Förslag").get_by_role("option")
    expect(options).to_have_count(2)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".aside")).to_have_text("2 förslag. Välj med piltangenterna")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen, title = options.first, options.first.locator("bdi").inner_text()
    expect(chosen).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("process")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"^{host.service}/sv/documents/a+b?$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def test_enter_searches_and_the_box_keeps_the_focus(page: Page, host: Host) -> None:
    host.put(copied(page, host.service))
    page.goto("/")
    box = page.get_by_role("combobox", name=LABEL)
    box.press_sequentially("barnchecklista")
    box.press("Enter")
    expect(page.locator(COUNT)).to_contain_text("31 träffar")
    expect(box).to_be_focused()
    page.wait_for_timeout(250)  # an answer for what was typed before must not open the list again
    expect(box).to_have_attribute("aria-expanded", "false")
    for name in ("Sök", "Barnchecklista"):
        page.keyboard.press("Tab")
        assert name in page.evaluate("document.activeElement.shadowRoot.activeElement.textContent")
    seen = page.evaluate("getComputedStyle(document.activeElement.shadowRoot.activeElement).outlineWidth")
    assert seen == "3px"


def test_preset_filters_hold_for_results_and_for_the_way_onward(page: Page, host: Host) -> None:
    host.put(copied(page, host.service, "?municipality=1283&year_from=2010"))
    page.goto("/")
    box = page.get_by_role("combobox", name=LABEL)
    box.press("Enter")  # nothing typed: what the filters leave
    expect(page.locator(COUNT)).to_have_text(re.compile(r"^\d+ träff"))
    box.press_sequentially("barnchecklista")
    box.press("Enter")
    expect(page.locator(COUNT)).to_have_text("4 träffar på ”barnchecklista”")
    page.get_by_role("link", name="Visa alla 4 träffar").click()
    expect(page).to_have_url(f"{host.service}/sv/?q=barnchecklista&municipality=1283&year=2010..")
    expect(page.get_by_role("heading", level=1)).to_have_text("4 träffar på ”barnchecklista”")


def test_results_open_in_the_full_interface(page: Page, host: Host) -> None:
    host.put(copied(page, host.service, "?results=open&municipality=1283"))
    page.goto("/")
    page.get_by_role("combobox").fill("barnchecklista")
    page.get_by_role("combobox").press("Enter")
    expect(page).to_have_url(f"{host.service}/sv/?q=barnchecklista&municipality=1283")


def test_several_boxes_on_a_page_keep_to_themselves(page: Page, host: Host) -> None:
    english = copied(page, host.service, "?lang=en&municipality=1283").partition("\n")[2]
    host.put(copied(page, host.service) + english)
    page.goto("/")
    first, second = page.locator("kompass-search").first, page.locator("kompass-search").last
    second.get_by_role("combobox").fill("barnchecklista")
    second.get_by_role("button", name="Search").click()
    expect(second.locator(COUNT)).to_have_text("6 results for “barnchecklista”")
    expect(first.locator(COUNT)).to_be_empty()
    first.get_by_role("combobox").fill("fientlig")
    first.get_by_role("button", name="Sök").click()
    expect(first.locator(COUNT)).to_contain_text("träff")
    expect(first.locator("img, script")).to_have_count(0)  # what a title says is text
    expect(second.locator(COUNT)).to_have_text("6 results for “barnchecklista”")
    first.evaluate("e => e.setAttribute('lang', 'en')")  # set again by a script, it keeps what was typed
    expect(first.get_by_role("combobox", name="Search the documents")).to_have_value("fientlig")


def test_boxes_inside_other_components_have_their_language_and_names_of_their_own(
    page: Page, host: Host
) -> None:
    """They were all called "(0)", and in the language of the page."""
    host.put(copied(page, host.service) + '<an-area lang="en"></an-area><script src="/area.js"></script>')
    host.pages["/area.js"] = b"""customElements.define("an-area", class extends HTMLElement {
      connectedCallback() {
        const inside = this.attachShadow({mode: "open"});
        inside.append(...[1, 2].map(() => document.createElement("kompass-search")));
      }
    });"""
    page.goto("/")
    english = "Search the documents on the rights of the child"
    for name in (LABEL, f"{english} (2)", f"{english} (3)"):
        expect(page.get_by_role("search", name=name, exact=True)).to_have_count(1)
    page.evaluate("document.querySelector('an-area').shadowRoot.firstChild.remove()")
    page.evaluate("document.body.append(document.createElement('kompass-search'))")
    expect(page.get_by_role("search", name=f"{LABEL} (2)", exact=True)).to_have_count(1)


def searching(page: Page, host: Host) -> tuple[Locator, list[Route]]:
    """A box whose search has no answer yet, and what was asked."""
    asked: list[Route] = []
    page.route("**/api/v1/search*", lambda route: asked.append(route))
    host.put(copied(page, host.service))
    page.goto("/")
    box = page.get_by_role("combobox", name=LABEL)
    box.fill("barnchecklista")
    box.press("Enter")
    return box, asked


def test_search_that_takes_long_is_told_to_go_on(page: Page, host: Host) -> None:
    """On a slow network nothing was seen or heard until the answer was there."""
    _, asked = searching(page, host)
    expect(page.locator(COUNT)).to_have_text("Söker …")
    asked.pop().continue_()
    expect(page.locator(COUNT)).to_have_text("31 träffar på ”barnchecklista”")


def test_search_that_is_never_answered_ends(page: Page, host: Host) -> None:
    """A server that takes the question and says nothing: "Söker …" stood there until the browser gave up."""
    page.clock.install()
    searching(page, host)
    page.clock.fast_forward(10_000)
    expect(page.locator(COUNT)).to_have_text("Söker …")
    page.clock.fast_forward(10_000)
    expect(page.locator(COUNT)).to_have_text("Sökningen svarar inte just nu.")
    expect(page.get_by_role("link", name="Sök i Barnrättskompassen i stället")).to_be_visible()


def test_quotation_marks_are_never_doubled(page: Page, host: Host) -> None:
    host.put(copied(page, host.service))
    page.goto("/")
    box = page.get_by_role("combobox", name=LABEL)
    for words, told in (('"barnchecklista"', "31 träffar på"), ("”finnsinte”", "Ingen träff på")):
        box.fill(words)
        box.press("Enter")
        expect(page.locator(COUNT)).to_have_text(f"{told} {words}")


def test_box_that_is_emptied_while_it_searches_is_not_busy(page: Page, host: Host) -> None:
    box, _ = searching(page, host)
    expect(page.locator("kompass-search [aria-busy=true]")).to_be_attached()
    box.fill("")
    box.press("Enter")
    expect(page.locator("kompass-search [aria-busy]")).not_to_be_attached()


def test_dots_that_lead_to_a_page_number_are_one_sign(page: Page, host: Host) -> None:
    def answered(route: Route) -> None:
        found = route.fetch().json()
        found["hits"][0]["snippets"] = ["6 <mark>Uppföljning</mark> ........................... 3"]
        route.fulfill(json=found, headers={"Access-Control-Allow-Origin": "*"})

    page.route("**/api/v1/search*", answered)
    host.put(copied(page, host.service))
    page.goto("/")
    page.get_by_role("combobox", name=LABEL).fill("barnchecklista")
    page.get_by_role("combobox", name=LABEL).press("Enter")
    expect(page.locator(".hits bdi:has(mark)").first).to_have_text("6 Uppföljning … 3 …")


def test_axe_finds_nothing_in_a_page_with_two_boxes(page: Page, host: Host) -> None:
    second = copied(page, host.service).partition("\n")[2]
    style = "html { color-scheme: light dark; background: Canvas } * + kompass-search { margin-top: 15rem }"
    style += " body { white-space: nowrap; font-size: 13px }"
    host.put(copied(page, host.service) + second, style=style)
    for scheme, size in (("light", WIDE), ("dark", NARROW)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.goto("/")
        first, last = page.locator("kompass-search").first, page.locator("kompass-search").last
        last.get_by_role("combobox").fill("barnchecklista")
        last.get_by_role("combobox").press("Enter")
        expect(last.locator("a.title")).to_have_count(5)
        first.get_by_role("combobox").fill("process")
        expect(first.get_by_role("option").first).to_be_visible()
        first.get_by_role("combobox").press("ArrowDown")
        page.evaluate(AXE_SCRIPT)
        assert violations(page, RULES) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        expect(last.get_by_role("combobox")).to_have_css("font-size", "16px")


def test_script_may_lie_on_the_site_itself(page: Page, host: Host) -> None:
    box = f'<kompass-search service="{host.service}/"></kompass-search>'
    host.put(f'<script type="module" src="/own.js"></script>{box}', lang="en-GB")
    host.pages["/own.js"] = page.request.get(f"{host.service}/static/kompass-search-1.js").body()
    page.goto("/")
    box_in_the_language_of_the_page = page.get_by_role("combobox", name="Search the documents")
    box_in_the_language_of_the_page.fill("barnchecklista")
    box_in_the_language_of_the_page.press("Enter")
    expect(page.locator(COUNT)).to_have_text("31 results for “barnchecklista”")


def test_colours_of_the_page_reach_the_box(page: Page, host: Host) -> None:
    style = (
        "kompass-search { --kompass-accent: #aa0000; --kompass-on-accent: #ffffff; --kompass-radius: 9px }"
    )
    host.put(copied(page, host.service), style=style)
    page.goto("/")
    button = page.get_by_role("button", name="Sök")
    expect(button).to_have_css("background-color", "rgb(170, 0, 0)")
    expect(button).to_have_css("border-radius", "9px")


def test_box_is_a_plain_form_without_scripts(browser: Browser, page: Page, host: Host) -> None:  # noqa: F811
    host.put(copied(page, host.service, "?municipality=1283"))
    context = browser.new_context(base_url=host.origin, java_script_enabled=False)
    plain = context.new_page()
    plain.goto("/")
    plain.get_by_label(LABEL).fill("barnchecklista")
    plain.get_by_role("button", name="Sök").click()
    expect(plain).to_have_url(f"{host.service}/sv/?q=barnchecklista&municipality=1283")
    expect(plain.get_by_role("heading", level=1)).to_have_text("6 träffar på ”barnchecklista”")
    context.close()


def test_script_that_is_not_the_one_that_was_seen_is_not_run(context: BrowserContext, host: Host) -> None:
    page = context.new_page()  # the browser complains, rightly
    host.put(copied(page, host.service).replace("sha384-", "sha384-AAAA"))
    page.goto("/")
    page.get_by_label(LABEL).fill("barnchecklista")
    page.get_by_role("button", name="Sök").click()
    expect(page).to_have_url(f"{host.service}/sv/?q=barnchecklista")


def test_what_goes_wrong_is_told_with_a_way_onward(context: BrowserContext, host: Host) -> None:
    page = context.new_page()
    host.put(copied(page, host.service, "?municipality=1283").replace("municipality=1283", "year=ifjol"))
    page.goto("/")
    page.get_by_role("combobox").fill("barn")
    page.get_by_role("combobox").press("Enter")
    expect(page.locator(COUNT)).to_contain_text("”ifjol” går inte att använda")
    gateway = {"json": {"message": "Bad gateway"}, "headers": {"Access-Control-Allow-Origin": "*"}}
    page.route("**/api/v1/search*", lambda route: route.fulfill(status=502, **gateway))
    page.get_by_role("combobox").press("Enter")
    expect(page.locator(COUNT)).to_have_text("Sökningen svarar inte just nu.")
    page.unroute_all()
    page.route("**/api/v1/search*", lambda route: route.abort())
    page.get_by_role("combobox").press("Enter")
    expect(page.locator(COUNT)).to_have_text("Sökningen svarar inte just nu.")
    expect(page.get_by_role("link", name="Sök i Barnrättskompassen i stället")).to_be_visible()
    page.unroute_all()
    page.evaluate("document.querySelector('kompass-search').removeAttribute('filters')")
    page.get_by_role("combobox").fill("finnsinte")
    page.get_by_role("combobox").press("Enter")
    expect(page.locator(COUNT)).to_have_text("Ingen träff på ”finnsinte”")


@pytest.mark.parametrize("results", ["inline", "open"])
def test_box_in_a_frame_leads_out_of_it(
    page: Page, host: Host, results: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As site builders put it. The service lets nobody frame it: readers came to an error in the frame."""
    host.put('<iframe src="/box"></iframe>')
    body = copied(page, host.service, f"?results={results}")
    host.pages["/box"] = SHELL.format(lang="sv", body=body).encode()
    assert 'target="_top"' in body  # so does the form, without scripts
    monkeypatch.setattr(host, "policy", f"{host.policy}; frame-src 'self'")
    page.goto("/")
    box = page.frame_locator("iframe").get_by_role("combobox")
    box.fill("barnchecklista")
    box.press("Enter")
    if results == "inline":
        page.frame_locator("iframe").locator("a.title").first.click()
    expect(page).to_have_url(re.compile(rf"^{host.service}/sv/.*\?q=barnchecklista$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_box_without_its_form_leaves_the_form_around_it_alone(page: Page, host: Host) -> None:
    """A page that is one form. The box's own, kept, would end it: /embed tells to remove it."""
    box = re.sub("<form.*</form>", "", copied(page, host.service), flags=re.S)
    host.put(f'<form id="all"><input name="a">{box}<input name="b"></form>')
    page.goto("/")
    assert page.evaluate("[...document.forms.all.elements].map(e => e.name)") == ["a", "b"]
    page.get_by_role("combobox", name=LABEL).fill("barnchecklista")
    page.get_by_role("combobox", name=LABEL).press("Enter")
    expect(page.locator(COUNT)).to_contain_text("31 träffar")
    expect(page).to_have_url(f"{host.origin}/")


def test_answer_that_is_a_script_is_not_run_in_the_page(
    page: Page, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "policy", "")  # as most sites have it
    evil = "<img src=x onerror=\"document.title='taken'\">"
    hit = {"id": evil, "title": evil, "kind": None, "format": "pdf", "language": evil, "years": [evil],
           "municipalities": [], "publisher": evil, "snippets": [f"<mark>{evil}</mark>{evil}"],
           "matching_pages": [{"number": evil, "url": "javascript:document.title='taken'"}]}  # fmt: skip
    found = {
        "total": 1,
        "hits": [hit],
        "facets": {"__proto__": [{"value": 1, "label": evil}]},
        "suggestion": evil,
    }
    suggestions = [{"text": evil, "label": evil, "href": "javascript:document.title='taken'"}]
    shared = {"Access-Control-Allow-Origin": "*"}
    page.route("**/api/v1/suggest*", lambda r: r.fulfill(json={"suggestions": suggestions}, headers=shared))
    page.route("**/api/v1/search*", lambda r: r.fulfill(json=found, headers=shared))
    host.put(copied(page, host.service))
    page.goto("/")
    page.get_by_role("combobox").press_sequentially("barn")
    page.get_by_role("option").first.click()
    link = page.locator("kompass-search .title")
    expect(link).to_have_text(evil)
    assert str(link.get_attribute("href")).startswith(host.service)
    assert page.locator("kompass-search img").count() == 0
    assert page.title() != "taken"


# --- the page where one sets it up ------------------------------------------------------------------------


def test_box_is_set_up_by_choosing_and_copied(context: BrowserContext, page: Page, host: Host) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=host.service)
    page.goto(f"{host.service}/sv/embed")
    page.get_by_label("Rubrik över rutan").fill("Sök i Helsingborg")
    page.get_by_label("Rubrik över rutan").press("Tab")
    page.locator("summary", has_text="Kommun").click()
    page.get_by_role("checkbox", name="Helsingborg").check()
    box = page.get_by_role("combobox", name="Sök i Helsingborg")
    expect(page.locator("#code-html")).to_contain_text('filters="municipality=1283"')
    box.fill("barnchecklista")
    box.press("Enter")
    expect(page.locator(COUNT)).to_have_text("6 träffar på ”barnchecklista”")
    page.get_by_label("Knapp och länkar").fill("#aa0000")
    expect(page.locator("#code-css")).to_contain_text("--kompass-accent: #aa0000;")
    english = page.get_by_role("link", name="English")
    expect(english).to_have_attribute("href", re.compile("municipality=1283"))
    expect(page.locator(".preview").get_by_role("button")).to_have_css("background-color", "rgb(170, 0, 0)")
    page.get_by_role("button", name="Kopiera Kod för sidan").click()
    expect(page.locator("#heard")).to_have_text("Koden är kopierad")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#code-html").inner_text()
    page.reload()  # the address holds every choice
    expect(page.get_by_role("combobox", name="Sök i Helsingborg")).to_be_visible()


def test_axe_finds_nothing_where_the_box_is_set_up(page: Page, host: Host) -> None:
    for address in ("/sv/embed?accent=%23ffdd00&municipality=1283&kind=policy&area=toolbox", "/en/embed"):
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)
        page.goto(host.service + address)
        page.evaluate(AXE_SCRIPT)
        found = violations(page, RULES)
        if "ffdd00" in address:  # chosen too pale, and told so
            expect(page.locator(".warning")).to_be_visible()
            found = [v for v in found if "color-contrast" not in v]
        assert found == [], address
        page.set_viewport_size(NARROW)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.emulate_media(color_scheme="dark")
    assert violations(page, SEEN) == []


def test_box_is_set_up_without_scripts(browser: Browser, host: Host) -> None:  # noqa: F811
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{host.service}/sv/embed")
    page.get_by_text("i Barnrättskompassen", exact=True).click()
    page.get_by_role("button", name="Visa rutan och koden").click()
    expect(page.locator("#code-html")).to_contain_text('results="open"')
    context.close()


def test_links_of_any_id_pass_servers_that_tidy_paths(  # the ids are those of imports
    context: BrowserContext,
    host: Host,
    odd: Client,  # noqa: F811
) -> None:
    """Servers in between decode a path once and take "//" for "/"."""
    with listening(odd.app) as address:
        host.put(f'<script type="module" src="{host.service}/static/kompass-search-1.js"></script>'
                 f'<kompass-search hits="50" service="{address}"></kompass-search>')  # fmt: skip
        policy, host.policy = host.policy, host.policy.replace("connect-src", f"connect-src {address}")
        page = context.new_page()
        page.goto("/")
        host.policy = policy
        box = page.locator("kompass-search")
        box.get_by_role("combobox").fill("planen")
        box.get_by_role("button").click()
        links = box.locator("a.title")
        expect(links).to_have_count(len(IDS))
        for link in links.all():
            href = str(link.evaluate("a => new URL(a.href).pathname"))
            decoded = unquote(href)
            assert "//" not in decoded and "/../" not in f"{decoded}/"
            answer = odd.get(quote(decoded))
            assert answer.status == 200 and str(link.text_content()) in answer.text
