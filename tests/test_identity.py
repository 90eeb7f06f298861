"""Which addresses are one document, and when one is gone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from indexer.identity import Address, Answer, Group, Held, document_id, documents, observe, resolve

DAYS = 3.0


def answers(*steps: tuple[int, int, str | None]) -> list[Answer]:
    """(day, status, key or redirect target)"""
    return [
        Answer(
            n + 1, f"2026-01-{day:02d}T00:00:00Z", status,
            what if status in (200, 304) else None, what if 300 <= status < 400 and status != 304 else None,
        )
        for n, (day, status, what) in enumerate(steps)
    ]  # fmt: skip


class Web:
    """Addresses by what they answered; a key ``x`` is content with signature ``x`` and title ``x``."""

    def __init__(self, **held: Held) -> None:
        self.addresses: dict[str, Address] = {}
        self.held = held
        self._ever: dict[str, set[str]] = {}

    def add(self, url: str, *steps: tuple[int, int, str | None]) -> Address:
        keys = {what for _, status, what in steps if status in (200, 304) and what}
        held = {k: self.held.get(k, Held(signature=k, title=k)) for k in keys}
        for h in held.values():
            if not h.verdict:
                self._ever.setdefault(h.signature, set()).add(url)
        self.addresses[url] = observe(url, "a", answers(*steps), held, DAYS)
        return self.addresses[url]

    def documents(self, alike: bool = True) -> Mapping[str, Group]:
        return documents(self.addresses, lambda s: self._ever.get(s, ()), lambda *_: alike)

    def urls(self) -> dict[str, tuple[str, ...]]:
        return {g.url: g.also_at for g in self.documents().values()}


def test_an_id_is_twelve_hex_digits_of_the_first_address() -> None:
    web = Web()
    web.add("/a", (1, 200, "x"))
    assert list(web.documents()) == [document_id("/a")] and len(document_id("/a")) == 12


def test_the_same_content_at_two_addresses_is_one_document_known_by_the_plainer() -> None:
    web = Web()
    web.add("/a?visa=1", (1, 200, "x"))
    web.add("/a", (2, 200, "x"))
    (group,) = web.documents().values()
    assert (group.url, group.also_at, group.id) == ("/a", ("/a?visa=1",), document_id("/a?visa=1"))


def test_addresses_part_when_one_changes_and_the_first_keeps_the_id() -> None:
    web = Web()
    web.add("/a", (1, 200, "x"))
    web.add("/b", (2, 200, "x"), (5, 200, "y"))
    assert set(web.documents()) == {document_id("/a"), document_id("/b")}


def test_a_document_is_gone_after_two_404_some_days_apart() -> None:
    web = Web()
    assert not web.add("/a", (1, 200, "x"), (5, 404, None)).gone
    assert web.urls() == {"/a": ()}
    assert not web.add("/a", (1, 200, "x"), (5, 404, None), (6, 404, None)).gone
    assert web.add("/a", (1, 200, "x"), (5, 404, None), (9, 410, None)).gone
    assert web.urls() == {}


def test_a_page_in_between_begins_the_count_again() -> None:
    web = Web()
    assert not web.add("/a", (1, 200, "x"), (2, 404, None), (4, 200, "x"), (9, 404, None)).gone


@pytest.mark.parametrize("status", [500, 503, 403, 401, 429])
def test_a_failing_server_takes_nothing_away(status: int) -> None:
    web = Web()
    web.add("/a", (1, 200, "x"), (5, status, None), (25, status, None))
    assert web.urls() == {"/a": ()}


def test_a_page_that_says_not_found_counts_as_404() -> None:
    web = Web(nix=Held("soft_404", "nix", "Sidan finns inte"))
    web.add("/a", (1, 200, "x"), (5, 200, "nix"))
    (group,) = web.documents().values()
    assert web.addresses[group.url].key == "x"
    assert web.add("/a", (1, 200, "x"), (5, 200, "nix"), (9, 304, "nix")).gone
    web.add("/b", (1, 200, "nix"))
    assert web.urls() == {}


def test_a_login_page_says_nothing_about_what_was_there() -> None:
    web = Web(login=Held("login"))
    web.add("/a", (1, 200, "x"), (5, 200, "login"), (15, 200, "login"))
    web.add("/b", (1, 200, "login"))
    assert web.urls() == {"/a": ()}
    assert web.addresses["/b"].verdict == "login"


def test_noindex_takes_a_document_out_at_once() -> None:
    web = Web(y=Held("noindex", "y"))
    web.add("/a", (1, 200, "x"), (2, 200, "y"))
    assert web.urls() == {}
    header = Answer(2, "2026-01-02T00:00:00Z", 304, "x", noindex=True)
    assert observe("/a", "a", [*answers((1, 200, "x")), header], {"x": Held()}, DAYS).verdict == "noindex"


def test_redirects_are_other_addresses_of_where_they_end() -> None:
    web = Web()
    web.add("/kort", (1, 301, "/mitt"))
    web.add("/mitt", (1, 302, "/lang"))
    web.add("/lang", (1, 200, "x"))
    assert web.urls() == {"/lang": ("/kort", "/mitt")}


def test_the_address_of_a_document_that_is_gone_is_not_one_of_the_page_that_its_readers_are_sent_to() -> None:
    web = Web()
    web.add("/", (1, 200, "start"))
    web.add("/plan-2012.pdf", (1, 200, "plan"), (9, 302, "/"), (20, 302, "/"))
    web.add("/start", (1, 302, "/"), (20, 302, "/"))
    assert web.urls() == {"/": ("/start",)}


def test_circles_and_endless_chains_of_redirects_lead_nowhere() -> None:
    web = Web()
    web.add("/a", (1, 301, "/b"))
    web.add("/b", (1, 301, "/a"))
    for n in range(12):
        web.add(f"/{n}", (1, 301, f"/{n + 1}"))
    assert resolve("/a", web.addresses) is None and resolve("/0", web.addresses) is None
    assert web.urls() == {}


def test_a_moved_document_keeps_its_id_ever_after() -> None:
    web = Web()
    web.add("/old", (1, 200, "x"), (5, 301, "/new"))
    web.add("/new", (5, 200, "x"))
    (group,) = web.documents().values()
    assert (group.id, group.url, group.also_at) == (document_id("/old"), "/new", ("/old",))
    web.add("/new", (5, 200, "x"), (9, 200, "y"))
    (group,) = web.documents().values()
    assert (group.id, group.timeline) == (document_id("/old"), ("/old", "/new"))


def test_the_same_file_at_a_new_address_while_the_old_is_gone_has_moved() -> None:
    web = Web()
    web.add("/old.pdf", (1, 200, "x"), (5, 404, None), (9, 404, None))
    web.add("/new.pdf", (5, 200, "x"), (9, 200, "y"))
    (group,) = web.documents().values()
    assert (group.id, group.url, group.also_at) == (document_id("/old.pdf"), "/new.pdf", ())
    assert "/old.pdf" in group.linked_as


def test_a_page_that_moved_and_was_rewritten_is_known_by_its_title() -> None:
    web = Web(x=Held(signature="x", title="Planen"), y=Held(signature="y", title="planen "))
    web.add("/old", (1, 200, "x"), (5, 301, "/new"))
    web.add("/new", (5, 200, "y"))
    assert list(web.documents()) == [document_id("/old")]


def test_a_site_that_sends_everyone_to_one_page_loses_nothing_before_it_has_done_so_for_days() -> None:
    web = Web()
    web.add("/", (1, 200, "start"))
    web.add("/a", (1, 200, "x"), (5, 302, "/"))
    web.add("/b", (1, 200, "y"), (5, 302, "/"))
    assert set(web.urls()) == {"/", "/a", "/b"}
    web.add("/a", (1, 200, "x"), (5, 302, "/"), (9, 302, "/"))
    assert set(web.urls()) == {"/", "/b"}


def test_a_site_that_has_moved_to_another_host_is_still_found_where_it_was() -> None:
    web = Web()
    for url in ("https://a.se/1", "https://a.se/2"):
        web.add(url, (1, 200, url), (8, 301, "https://ny.se/1"), (20, 301, "https://ny.se/1"))
    assert set(web.urls()) == {"https://a.se/1", "https://a.se/2"}
    # Listed as a source, it is the same document at another address.
    web.add("https://ny.se/1", (21, 200, "https://a.se/1"))
    assert web.urls() == {"https://ny.se/1": ("https://a.se/1",), "https://a.se/2": ()}


def test_a_redirect_to_the_address_itself_says_nothing() -> None:
    web = Web()
    web.add("/a", (1, 200, "x"), (8, 302, "/a"), (20, 302, "/a"))
    assert web.urls() == {"/a": ()}


def test_a_canonical_link_joins_pages_that_are_alike_and_names_the_address() -> None:
    web = Web(x=Held(signature="x", title="P", canonical="/p"), y=Held(signature="y", title="P"))
    web.add("/p?sortering=namn", (1, 200, "x"))
    web.add("/p", (2, 200, "y"))
    (group,) = web.documents().values()
    assert (group.url, group.also_at, group.id) == (
        "/p",
        ("/p?sortering=namn",),
        document_id("/p?sortering=namn"),
    )
    assert len(web.documents(alike=False)) == 2


def test_a_canonical_link_to_what_was_never_fetched_is_not_believed() -> None:
    web = Web(x=Held(signature="x", canonical="/elsewhere"))
    web.add("/p", (1, 200, "x"))
    assert web.urls() == {"/p": ()}


def test_pages_that_name_each_other_as_canonical_are_one() -> None:
    web = Web(x=Held(signature="x", canonical="/b"), y=Held(signature="y", canonical="/a"))
    web.add("/a", (1, 200, "x"))
    web.add("/b", (1, 200, "y"))
    assert len(web.documents()) == 1


def test_an_address_that_was_never_more_than_an_error_is_no_document() -> None:
    web = Web()
    web.add("/a", (1, 404, None))
    web.add("/b", (1, 500, None))
    web.add("/c", (1, 200, None))
    assert web.urls() == {}
