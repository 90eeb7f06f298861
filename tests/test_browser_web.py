"""The interface in a real browser: by mouse, by keyboard, without scripts, enlarged, in the dark."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from waiting import HUNG
from web_client import listening, served

pytestmark = pytest.mark.browser

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
if not CHROMIUM.exists() and os.environ.get("REQUIRE_BROWSER") != "1":
    pytest.skip("there is no Chromium; REQUIRE_BROWSER=1 makes this a failure", allow_module_level=True)

from axe_playwright_python.base import AXE_SCRIPT  # noqa: E402
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright  # noqa: E402

PAGES = (
    "/", "/?q=barnchecklista", "/?q=barnchecklista&municipality=1283&year=2008..2014&view=compact",
    "/?q=finnsinte&municipality=1267", "/matrix?q=barnchecklista", "/matrix?measure=share&rows=total",
    "/map?q=barnchecklista", "/documents/aaaaaaaaaaaa?q=barnchecklista", "/documents/bbbbbbbbbbbb?q=fientlig",
    "/documents/dddddddddddd", "/documents/aaaaaaaaaaaa/versions", "/municipalities/1283", "/areas/toolbox",
    "/kinds/checklist", "/years/2012", "/browse", "/values/publisher?q=barn", "/sources", "/help", "/about",
    "/privacy", "/accessibility", "/feedback?search=q%3Dbarn", "/api",
    "/en/?q=barnchecklista", "/?year=x", "/nowhere",
)  # fmt: skip
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def origin(web_index: Path) -> Iterator[str]:
    with listening(served(web_index).app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=1000 * HUNG)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=1000 * HUNG)
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser, origin: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=origin, locale="sv-SE", viewport=WIDE, reduced_motion="reduce")
    made.set_default_timeout(1000 * HUNG)
    yield made
    made.close()


@contextmanager
def quiet(context: BrowserContext, *ours: str) -> Iterator[Page]:
    """A page that must not complain, nor ask anything of any other site."""
    complaints: list[str] = []
    opened = context.new_page()
    opened.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("pageerror", lambda e: complaints.append(str(e)))
    opened.on("request", lambda r: None if r.url.startswith(ours) else complaints.append(r.url))
    yield opened
    assert not [c for c in complaints if "status of 400" not in c and "status of 404" not in c]


@pytest.fixture
def page(context: BrowserContext, origin: str) -> Iterator[Page]:
    with quiet(context, origin) as opened:
        yield opened


def test_reader_searches_filters_and_opens_a_document(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Sök i dokumenten").fill("barnchecklista")
    page.get_by_role("button", name="Sök", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("31 träffar på ”barnchecklista”")
    page.get_by_role("group", name="Kommun").get_by_label("Helsingborg").check()
    expect(page.get_by_role("heading", level=1)).to_have_text("6 träffar på ”barnchecklista”")
    expect(page).to_have_url("/?q=barnchecklista&municipality=1283")
    expect(page.locator("#announce")).to_have_text("6 träffar på ”barnchecklista”")
    expect(page.get_by_role("link", name="English")).to_have_attribute(
        "href", "/en/?q=barnchecklista&municipality=1283"
    )
    expect(page.locator(".printed")).to_have_text(re.compile(r"/sv/\?q=barnchecklista&municipality=1283$"))
    page.locator(".hit h2 a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Barnchecklista för biblioteket")
    expect(page.locator("section.page mark").first).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("31 träffar på ”barnchecklista”")


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SEEN = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]
"""Rules whose verdict depends on colours and sizes; the others judge the same elements on any screen."""


def violations(page: Page, rules: list[str]) -> list[str]:
    """What axe finds on a page that has its script; ``rules`` are tags or single rules."""
    options = {"resultTypes": ["violations"], "runOnly": rules}
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{v['id']}: {[n['html'][:150] for n in v['nodes'][:3]]}" for v in found]


def test_axe_finds_nothing_on_any_page(page: Page) -> None:
    """Light and wide, dark and narrow on every page; the two other pairs on the first of them."""
    found = []
    for address in PAGES:
        page.set_viewport_size(WIDE)
        page.goto(address)
        page.evaluate(AXE_SCRIPT)
        pairs = [("light", WIDE, RULES), ("dark", NARROW, SEEN)]
        if address in PAGES[:9]:
            pairs += [("light", NARROW, SEEN[:2]), ("dark", WIDE, SEEN[:2])]
        for scheme, size, rules in pairs:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            found += [f"{address} {scheme} {size['width']}: {v}" for v in violations(page, rules)]
    assert not found, "\n".join(found)


def test_keyboard_comes_to_the_first_hit_past_all_choices(page: Page) -> None:
    for view in ("list", "compact"):
        page.goto(f"/?q=barnchecklista&view={view}")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Till träffarna")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator(".hits h2 a, .compact tbody th a").first).to_be_focused()
    page.goto("/matrix?q=barnchecklista")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Tabell: träffar")).to_be_focused()


def test_axe_finds_nothing_when_things_are_open(page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.goto("/?q=barnchecklista")
    page.get_by_role("button", name="Filtrera").click()
    page.locator("details:not([open]) > summary").evaluate_all("all => all.forEach(s => s.click())")
    page.evaluate(AXE_SCRIPT)
    assert violations(page, RULES) == []
    page.goto("/documents/aaaaaaaaaaaa")
    page.get_by_text("Fel i uppgifterna?").click()
    page.evaluate(AXE_SCRIPT)
    assert violations(page, RULES) == []
    page.set_viewport_size(WIDE)
    page.goto("/")
    page.get_by_role("combobox").press_sequentially("barn")
    page.get_by_role("combobox").press("ArrowDown")
    page.evaluate(AXE_SCRIPT)
    assert violations(page, RULES) == []


def test_nothing_falls_outside_a_screen_of_320_pixels(page: Page) -> None:
    page.set_viewport_size(NARROW)
    for address in PAGES:
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 320, f"{address} is {width} wide"


def test_no_field_makes_a_phone_enlarge_the_page(page: Page) -> None:
    """Safari on iPhones enlarges the page at a field below 16 px, and leaves it so."""
    page.set_viewport_size(NARROW)
    fields = page.locator("input[type=search], input[type=number], select, textarea")
    for address in ("/?q=plan", "/documents/aaaaaaaaaaaa?q=plan", "/embed"):
        page.goto(address)
        sizes = fields.evaluate_all("all => all.map(e => parseFloat(getComputedStyle(e).fontSize))")
        assert len(sizes) > 2 and min(sizes) >= 16, address


def test_text_of_twice_the_size_stays_in_its_place(browser: Browser, origin: str) -> None:
    """WCAG 1.4.4 where only text is enlarged, so that the layout of a wide screen is kept."""
    context = browser.new_context(base_url=origin, locale="sv-SE", viewport=WIDE, bypass_csp=True)
    page = context.new_page()
    for address in ("/?q=barnchecklista", "/map?q=barnchecklista", "/documents/aaaaaaaaaaaa?q=barnchecklista",
                    "/municipalities/1283"):  # fmt: skip
        page.goto(address)
        page.add_style_tag(content="html { font-size: 225% !important }")
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDE["width"], address
        outside = page.evaluate(
            "() => [...document.querySelectorAll('main section button, main section input')].filter(e => {"
            " const a = e.getBoundingClientRect(), b = e.closest('section').getBoundingClientRect();"
            " return a.width && a.right > b.right + 1 }).map(e => e.outerHTML)"
        )
        assert not outside, f"{address}: {outside}"
    context.close()


def test_phone_leads_past_a_long_text_to_what_is_known_of_it(page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.goto("/documents/aaaaaaaaaaaa")
    page.get_by_role("link", name="Uppgifter", exact=True).click()
    expect(page.get_by_role("heading", name="Uppgifter")).to_be_in_viewport()
    page.set_viewport_size(WIDE)
    page.goto("/documents/aaaaaaaaaaaa")
    link = page.get_by_role("link", name="Uppgifter", exact=True)
    assert link.evaluate("e => getComputedStyle(e.parentElement).clipPath") != "none"
    link.focus()
    assert link.evaluate("e => getComputedStyle(e.parentElement).clipPath") == "none"


def test_filters_open_and_close_on_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.goto("/?q=barnchecklista")
    expect(page.locator("#filters")).to_be_hidden()
    page.get_by_role("button", name="Filtrera").click()
    page.get_by_role("group", name="Typ av dokument").get_by_label("Protokoll").check()
    expect(page).to_have_url("/?q=barnchecklista&kind=minutes")
    expect(page.locator("#filters")).to_be_visible()
    page.get_by_role("button", name="Visa träffarna (6)").click()
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("6 träffar på ”barnchecklista”")


def test_keyboard_alone_is_enough(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Till innehållet")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Sök i dokumenten")).to_be_focused()
    page.keyboard.type("barnchecklista")
    page.keyboard.press("Enter")
    page.wait_for_url("/?q=barnchecklista")  # loaded, and with it what hears the key
    page.get_by_role("group", name="Kommun").get_by_label("Malmö").focus()
    page.keyboard.press("Space")
    expect(page).to_have_url("/?q=barnchecklista&municipality=1280")
    expect(page.get_by_role("group", name="Kommun").get_by_label("Malmö")).to_be_focused()
    page.keyboard.press("Space")
    expect(page).to_have_url("/?q=barnchecklista")
    page.locator(".hit h2 a").first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/documents/\w{12}\?q=barnchecklista$"))
    page.get_by_role("button", name="Nästa träff").focus()
    page.keyboard.press("Enter")
    expect(page.locator("mark.current")).to_be_in_viewport()
    expect(page.locator("#match-number")).to_have_text(re.compile(r"^1 av \d+$"))


@pytest.mark.parametrize("words", ["barnchecklista", "plan"])
def test_focus_is_always_seen(page: Page, words: str) -> None:
    """The links to pages of a file, which only hits in files have, were without."""
    page.goto(f"/?q={words}")
    assert page.locator("a.page:visible").count() == (2 if words == "plan" else 0)
    for _ in range(40):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement);"
            " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 }"
        )
        assert seen, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


FOCUS_SEEN = """() => {
    const e = document.activeElement, r = e.getBoundingClientRect();
    return [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]].some(([x, y]) => {
        const top = document.elementFromPoint(r.left + r.width * x, r.top + r.height * y);
        return top && (e.contains(top) || top.contains(e));
    });
}"""


@pytest.mark.parametrize("address", ["/matrix?sort=newest", "/municipalities/1283"])
def test_focus_is_never_below_heads_that_stay(page: Page, address: str) -> None:
    """WCAG 2.4.11: backwards through a table that is scrolled both ways."""
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(address)
    page.locator("main .scroll:has(table) a").last.focus()
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(FOCUS_SEEN), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_focus_is_never_below_the_bar_that_steps_through_matches(page: Page) -> None:
    page.goto("/documents/ffffffffffff?q=uppföljning")
    expect(page.locator(".matches.steps")).to_be_visible()
    link = page.locator("a.number").nth(1)
    link.evaluate("e => scrollBy(0, e.getBoundingClientRect().top - 20)")
    link.focus()
    assert page.evaluate(FOCUS_SEEN)


def test_filters_over_the_page_give_the_focus_back(page: Page) -> None:
    """Also when the results, and with them the button that opened the filters, have been replaced."""
    page.set_viewport_size(NARROW)
    page.goto("/?q=barnchecklista")
    page.get_by_role("button", name="Filtrera").press("Enter")
    page.get_by_role("group", name="Kommun").get_by_label("Helsingborg").press("Space")
    expect(page).to_have_url("/?q=barnchecklista&municipality=1283")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Filtrera (1)")).to_be_focused()


def test_filters_over_the_page_close_when_the_keyboard_leaves_them(page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.goto("/?q=barnchecklista")
    page.get_by_role("button", name="Filtrera").press("Enter")
    expect(page.get_by_role("button", name="Stäng")).to_be_visible()
    page.get_by_role("button", name="Visa träffarna").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#filters")).to_be_hidden()
    assert page.evaluate(FOCUS_SEEN)


def test_suggestions_are_chosen_by_arrows(page: Page) -> None:
    page.goto("/")
    box = page.get_by_role("combobox", name="Sök i dokumenten")
    box.fill("process")  # at once: between slow keys there would be suggestions for "proc", and then others
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.first).to_be_visible()
    told = f"Förslag att välja med piltangenterna: {options.count()}"
    expect(box.locator("xpath=..").get_by_role("status")).to_have_text(told)
    options.first.click(button="right")  # opens the menu of the browser, not the document
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "suggestion-0")
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("ArrowDown")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/documents/aaaaaaaaaaa[ab]$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Processplan")


def test_years_are_chosen_by_dragging_and_by_clicking(page: Page) -> None:
    page.goto("/?q=barnchecklista")
    bars = page.locator(".histogram a")
    first, last = bars.nth(2).bounding_box(), bars.nth(5).bounding_box()
    assert first and last
    page.mouse.move(first["x"] + 3, first["y"] + 20)
    page.mouse.down()
    page.mouse.move(last["x"] - 20, last["y"] + 20)
    page.mouse.move(last["x"] + 3, last["y"] + 20)
    page.mouse.up()
    expect(page).to_have_url("/?q=barnchecklista&year=2010..2013")
    expect(page.get_by_label("Från")).to_have_value("2010")
    expect(page.locator(".histogram a.on")).to_have_count(4)
    page.goto("/?q=barnchecklista")
    bars.nth(2).click()
    expect(page).to_have_url("/?q=barnchecklista&year=2010")


CONTRAST = """() => {
    const light = (colour) => {
        const [r, g, b] = colour.match(/[0-9.]+/g).map((v) => v / 255)
            .map((v) => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4));
        return .2126 * r + .7152 * g + .0722 * b + .05;
    };
    const bar = document.querySelector('.histogram rect:not(.hit-area)');
    const found = [getComputedStyle(bar).fill, getComputedStyle(document.body).backgroundColor].map(light);
    return Math.max(...found) / Math.min(...found);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bars_are_seen_against_the_page(page: Page, scheme: Literal["light", "dark"]) -> None:
    """WCAG 1.4.11: what a picture tells has a contrast of 3 to 1."""
    page.emulate_media(color_scheme=scheme)
    page.goto("/?q=barnchecklista")
    assert page.evaluate(CONTRAST) >= 3


def test_years_in_either_order_are_a_span(page: Page) -> None:
    """Whoever changes the first year is not done yet: no error page in between."""
    page.goto("/?q=barnchecklista&year=2008..2011")
    page.get_by_label("Från").fill("2014")
    page.get_by_label("Från").press("Tab")
    expect(page).to_have_url("/?q=barnchecklista&year=2011..2014")
    expect(page.get_by_label("Till")).to_have_value("2014")
    page.get_by_label("Till").fill("20")
    page.get_by_label("Till").press("Tab")
    expect(page).to_have_url("/?q=barnchecklista&year=2011..2014")


def test_year_typed_while_the_results_change_is_not_lost(page: Page) -> None:
    """On a slow line the other year is typed before the answer to the first one is there."""
    held: list[Route] = []
    page.route(re.compile(r"year=2010\.\.$"), lambda route: held.append(route))
    page.goto("/?q=barnchecklista")
    page.get_by_label("Från").fill("2010")
    with page.expect_request(re.compile(r"year=2010\.\.$")):
        page.get_by_label("Från").press("Tab")
    page.keyboard.type("20")
    held[0].continue_()
    expect(page).to_have_url("/?q=barnchecklista&year=2010..")
    page.keyboard.type("13")
    expect(page.get_by_label("Till")).to_have_value("2013")
    page.keyboard.press("Tab")
    expect(page).to_have_url("/?q=barnchecklista&year=2010..2013")


def test_everything_works_without_scripts(browser: Browser, origin: str) -> None:
    context = browser.new_context(base_url=origin, java_script_enabled=False, locale="sv-SE", viewport=WIDE)
    context.set_default_timeout(1000 * HUNG)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Sök i dokumenten").fill("barnchecklista")
    page.get_by_role("button", name="Sök", exact=True).click()
    page.get_by_role("group", name="Kommun").get_by_label("Helsingborg").check()
    page.get_by_label("Från").fill("2010")
    page.get_by_role("button", name="Visa träffarna").click()
    expect(page).to_have_url("/?q=barnchecklista&municipality=1283&year=2010..")
    expect(page.get_by_role("heading", level=1)).to_have_text("4 träffar på ”barnchecklista”")
    page.set_viewport_size(NARROW)
    page.get_by_role("button", name="Filtrera").click()
    expect(page.get_by_role("button", name="Visa träffarna")).to_be_visible()
    page.goto("/documents/ffffffffffff?q=uppföljning")
    page.get_by_role("link", name="nästa sida med träff").first.click()
    expect(page.locator("#page-2")).to_be_in_viewport()
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_reader_tells_what_is_missing_and_what_is_wrong(browser: Browser, origin: str, scripts: bool) -> None:
    context = browser.new_context(
        base_url=origin, java_script_enabled=scripts, locale="sv-SE", viewport=NARROW
    )
    context.set_default_timeout(1000 * HUNG)
    page = context.new_page()
    page.goto("/?q=barnchecklista&municipality=1283")
    page.get_by_text("Hjälpte sökningen dig?").first.press("Enter")
    page.get_by_label("Nej").check()
    page.get_by_label("Vad letade du efter").fill("Protokoll från 2013")
    page.get_by_role("button", name="Skicka").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tack för svaret")
    page.get_by_role("link", name="Tillbaka till träffarna").click()
    expect(page).to_have_url("/?q=barnchecklista&municipality=1283")
    page.goto("/documents/aaaaaaaaaaaa")
    page.get_by_text("Fel i uppgifterna?").press("Enter")
    page.get_by_label("Vad är fel?").select_option("Gäller år")
    page.get_by_role("button", name="Skicka").press("Enter")
    expect(page.get_by_label("Vad är rätt?")).to_be_focused()  # the browser itself says what is left out
    page.get_by_label("Vad är rätt?").fill("2014")
    page.get_by_role("button", name="Skicka").press("Enter")
    page.get_by_role("link", name="Tillbaka till dokumentet").click()
    expect(page).to_have_url("/documents/aaaaaaaaaaaa")
    assert context.cookies() == []
    context.close()


def test_page_of_another_site_cannot_answer_for_its_visitors(browser: Browser, origin: str) -> None:
    context = browser.new_context(locale="sv-SE")
    page = context.new_page()
    page.route("https://evil.example/**", lambda route: route.fulfill(
        content_type="text/html",
        body=f'<form action="{origin}/feedback" method="post"><button name="answer" value="yes">x</button>',
    ))  # fmt: skip
    page.goto("https://evil.example/")
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Det togs inte emot")
    context.close()


def test_way_back_from_a_document_keeps_the_filters(page: Page) -> None:
    page.goto("/?q=barnchecklista")
    page.get_by_role("group", name="Typ av dokument").get_by_label("Protokoll").check()
    expect(page).to_have_url("/?q=barnchecklista&kind=minutes")
    page.locator(".hit h2 a").first.click()
    page.get_by_role("link", name="Träffarna på ”barnchecklista”").click()
    expect(page).to_have_url("/?q=barnchecklista&kind=minutes")
    page.goto("/documents/aaaaaaaaaaaa?q=barnchecklista")
    expect(page.locator(".back a")).to_have_attribute("href", "/?q=barnchecklista")


def test_reference_is_copied_by_a_button(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/documents/aaaaaaaaaaaa?q=barnchecklista")
    page.get_by_role("link", name="Sida 2", exact=True).click()
    expect(page).to_have_url(re.compile(r"q=barnchecklista&page=2#page-2$"))
    page.get_by_role("button", name="Kopiera hänvisningen").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Kopierad")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Kommunförbundet Skåne (2012). Processplan 2012, s. 2. http")


def test_layout_does_not_shift(page: Page) -> None:
    for address in ("/?q=barnchecklista", "/documents/aaaaaaaaaaaa?q=barnchecklista"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        shift = page.evaluate(
            "() => new Promise(done => { let sum = 0;"
            " const o = new PerformanceObserver(l => l.getEntries().forEach(e => sum += e.value));"
            " o.observe({type: 'layout-shift', buffered: true});"
            " setTimeout(() => done(sum), 150) })"
        )
        assert shift < 0.01, address


def test_matrix_keeps_its_heads_in_sight_and_cells_open_their_hits(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto("/matrix?q=barnchecklista")
    page.get_by_role("rowheader", name="Malmö").scroll_into_view_if_needed()
    page.locator(".scroll").evaluate("e => e.scrollLeft = 300")
    expect(page.get_by_role("rowheader", name="Malmö")).to_be_in_viewport()
    page.get_by_role("row", name="Malmö").get_by_role("link", name="2", exact=True).last.click()
    expect(page).to_have_url("/?q=barnchecklista&municipality=1280&year=2020")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 träffar på ”barnchecklista”")


def copied(page: Page, selector: str) -> str:
    return str(page.locator(selector).first.evaluate(
        "e => { getSelection().selectAllChildren(e); return getSelection().toString() }"
    ))  # fmt: skip


def test_what_is_copied_reads_as_it_is_seen(page: Page) -> None:
    """It was ChecklistaHelsingborgPDF, Gäller2012, and 0ingen träff in a cell, on a line of its own."""
    page.goto("/?q=barnchecklista&municipality=1283")
    assert copied(page, ".hit .meta").split("\u00a0· ")[:2] == ["Checklista", "Helsingborg"]
    assert re.fullmatch(r"[\d–, ]+", copied(page, ".hit .year"))
    page.goto("/municipalities/1283")
    assert copied(page, ".line .meta").startswith("Checklista\u00a0· ")
    page.goto("/matrix?q=barnchecklista")
    rows = copied(page, ".matrix tbody").splitlines()
    cells = [row.split("\t") for row in rows]
    assert len(rows) == page.locator(".matrix tbody tr").count()
    assert all(re.fullmatch(r"\d+|[–?!]", cell) for row in cells for cell in row[1:]), cells
    assert "Bromölla" in [row[0] for row in cells]


def test_percent_signs_stand_beside_their_numbers(page: Page) -> None:
    """They stood below them, where the cells end."""
    page.goto("/matrix?measure=share")
    beside = page.locator(".matrix .pc").evaluate_all(
        "all => all.map(e => { const number = document.createRange(); number.selectNode(e.previousSibling);"
        " const a = number.getBoundingClientRect(), b = e.getBoundingClientRect();"
        " return a.right <= b.left && a.top < b.bottom && b.top < a.bottom })"
    )
    assert beside and all(beside)


def test_hit_has_its_year_in_the_margin_and_the_rest_beside_it(page: Page) -> None:
    page.goto("/?q=barnchecklista")
    year, title = (
        page.locator(".hit .year").first.bounding_box(),
        page.locator(".hit h2").first.bounding_box(),
    )
    assert year and title
    assert year["x"] + year["width"] <= title["x"] and abs(year["y"] - title["y"]) < 40
    assert title["width"] > 500


def test_names_stay_whole_on_a_phone(page: Page) -> None:
    page.goto("/?q=barnchecklista")
    names = ["Helsingborg", "Malmö", "Lund", "Landskrona", "Kristianstad"]
    page.locator(".hit .meta").first.evaluate(
        "(e, names) => e.replaceChildren(...names.flatMap(n => { const s = document.createElement('span');"
        " s.textContent = n; return [s, '\\u00a0· '] }))",
        names,
    )
    for width in range(320, 400, 8):
        page.set_viewport_size({"width": width, "height": 640})
        broken = page.locator(".hit .meta").first.evaluate(
            "e => [...e.children].filter(s => { const r = document.createRange(); r.selectNodeContents(s);"
            " return r.getClientRects().length > 1 }).map(s => s.textContent)"
        )
        assert broken == [], width


def test_many_years_and_a_long_word_leave_room_in_the_table(page: Page) -> None:
    page.goto("/?q=barnchecklista&view=compact")
    page.locator("td.years").first.evaluate(
        "e => e.textContent = Array.from({length: 19}, (_, i) => 1989 + 2 * i).join(', ')"
    )
    page.locator(".compact tbody th bdi").first.evaluate("e => e.textContent = 'barnkonsekvens'.repeat(8)")
    assert page.locator(".scroll").first.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_printed_page_leaves_out_the_machinery(page: Page) -> None:
    page.goto("/?q=barnchecklista")
    page.emulate_media(media="print")
    for hidden in (".top nav", "#filters", ".tabs", ".band", ".pager", ".per"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator(".hit").first).to_be_visible()
    expect(page.locator(".sizes")).to_contain_text("Träff 1–10 av 31.")  # that there are more


def test_printed_tables_are_whole(page: Page) -> None:
    """What scrolls on a screen was cut off on paper: the last years and the sums."""
    page.set_viewport_size({"width": 680, "height": 1000})
    page.emulate_media(media="print")
    for address in ("/municipalities/1283", "/matrix?q=barnchecklista", "/?q=plan&view=compact",
                    "/research/keywords?q=barnchecklista", "/sources"):  # fmt: skip
        page.goto(address)
        assert page.locator(".scroll").count(), address
        cut = page.locator(".scroll").evaluate_all(
            "all => all.filter(e => getComputedStyle(e).overflow !== 'visible').map(e => e.ariaLabel)"
        )
        assert cut == [], address


def test_links_above_a_document_are_told_from_what_is_no_link(page: Page) -> None:
    """By more than colour (WCAG 1.4.1), and named without the dots between them."""
    page.goto("/documents/aaaaaaaaaaaa")
    links = page.locator(".document-head .meta a")
    for link in links.all():
        expect(link).to_have_css("text-decoration-line", "underline")
        expect(
            page.locator(".document-head").get_by_role("link", name=link.inner_text(), exact=True)
        ).to_be_visible()
    assert links.count() > 1


def test_what_is_chosen_is_seen_in_forced_colours(page: Page) -> None:
    """Backgrounds go and clear borders turn up: the system's own colours have to tell."""
    page.emulate_media(forced_colors="active")
    page.goto("/?q=barnchecklista&page=2")
    for chosen, other, what in (
        (".tabs [aria-current]", ".tabs a:not([aria-current])", "border-bottom-color"),
        (".top nav [aria-current]", ".top nav a:not([aria-current])", "border-bottom-color"),
        (".pager li [aria-current]", ".pager li a:not([aria-current])", "background-color"),
    ):
        colours = [
            page.locator(at).first.evaluate(f"e => getComputedStyle(e).getPropertyValue('{what}')")
            for at in (chosen, other)
        ]
        assert colours[0] != colours[1], chosen
    page.emulate_media(forced_colors="active", color_scheme="dark")
    title, word = (
        page.locator(at).first.evaluate("e => getComputedStyle(e).color")
        for at in (".hit h2 a:has(mark)", ".hit h2 a mark")
    )
    assert word == title  # a mark without its background would be black on black


def test_scripts_stay_below_the_path_of_the_service(browser: Browser, web_index: Path) -> None:
    """Suggestions, filters and the set-up of the search box, where the service lives at /barn/sok."""
    with listening(served(web_index, base_path="/barn/sok").app) as address:
        home = f"{address}/barn/sok"
        context = browser.new_context(locale="sv-SE", viewport=WIDE)
        context.set_default_timeout(1000 * HUNG)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{home}/")
        page.get_by_role("combobox").fill("process")
        page.get_by_role("option").first.click()
        expect(page).to_have_url(re.compile(rf"^{re.escape(home)}/documents/"))
        page.goto(f"{home}/?q=barnchecklista")
        page.get_by_role("group", name="Kommun").get_by_label("Malmö").check()
        expect(page).to_have_url(f"{home}/?q=barnchecklista&municipality=1280")
        page.goto(f"{home}/embed?municipality=1280")
        box = page.locator("kompass-search")
        box.get_by_role("combobox").fill("barnchecklista")
        box.get_by_role("button").click()
        expect(box.get_by_role("link").first).to_have_attribute("href", re.compile(f"^{re.escape(home)}/"))
        assert len(asked) > 10 and all(url.startswith(f"{home}/") for url in asked)
        context.close()
