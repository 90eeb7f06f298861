"""The pages for researchers in a real browser: axe, narrow screens, without scripts."""

from __future__ import annotations

import re

import pytest
import test_browser_web as shared
from playwright.sync_api import Browser, Page, expect
from test_browser_web import browser, context, origin, page  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser
PAGES = (
    "/research", "/research/concordance?q=barnchecklista&order=left",
    "/research/trend?q=barnchecklista,+plan&kind=checklist", "/research/collocations?q=barnchecklista",
    "/research/keywords?q=barnchecklista", "/research/keywords",
)  # fmt: skip


def test_axe_finds_nothing_and_nothing_falls_outside_a_narrow_screen(page: Page) -> None:  # noqa: F811
    found = []
    for address in PAGES:
        for scheme, size, rules in (
            ("light", shared.WIDE, shared.RULES),
            ("dark", shared.NARROW, shared.SEEN),
        ):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            page.goto(address)
            page.evaluate(shared.AXE_SCRIPT)
            found += [f"{address} {scheme}: {v}" for v in shared.violations(page, rules)]
        width = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{address} is {width} wide"] if width > 320 else []
    assert not found, "\n".join(found)


def test_filter_works_at_once_and_keeps_the_order(page: Page) -> None:  # noqa: F811
    page.goto("/research/concordance?q=barnchecklista&order=right")
    page.get_by_role("button", name="Filtrera").click()
    page.locator("input[name=kind][value=checklist]").check()
    expect(page).to_have_url(re.compile(r"order=right.*kind=checklist|kind=checklist.*order=right"))
    expect(page.locator("#count")).to_contain_text("12 förekomster")


def test_it_is_complete_without_scripts(browser: Browser, origin: str) -> None:  # noqa: F811
    made = browser.new_context(base_url=origin, java_script_enabled=False, locale="sv-SE")
    plain = made.new_page()
    plain.goto("/?q=barnchecklista")
    plain.get_by_role("link", name="Forska vidare").click()
    plain.get_by_role("navigation", name="Forska vidare").get_by_role("link", name="Trend").click()
    plain.get_by_label("Sök i dokumenten").fill("barnchecklista, plan")
    plain.get_by_role("button", name="Sök", exact=True).click()
    expect(plain.get_by_role("table")).to_contain_text("plan")
    plain.get_by_role("row", name=re.compile("^2012")).get_by_role("link").first.click()
    expect(plain.locator("h1")).to_contain_text("förekomster")
    made.close()


def test_words_in_tables_stay_whole_on_a_phone(page: Page) -> None:  # noqa: F811
    page.set_viewport_size(shared.NARROW)
    page.goto("/research/keywords?q=barnchecklista")
    lines = page.locator(".words tbody th bdi").evaluate_all("all => all.map(e => e.getClientRects().length)")
    assert lines and set(lines) == {1}
