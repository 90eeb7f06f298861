"""No connection to a machine inside: checked on the resolved address, before connecting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crawl_server import Server, page, redirect, serving
from twisted.internet.address import IPv4Address, IPv6Address

from indexer.catalogue import Catalogue
from indexer.crawl import crawl
from indexer.crawl.guard import Guard, GuardedResolver, refusal
from indexer.crawl.visit import places
from indexer.model import Failure, Source


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
        "169.254.169.254", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1",
        "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
        "::ffff:0:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "192.0.0.192", "192.88.99.1", "168.63.129.16", "::ffff:192.0.0.192", "64:ff9b:1:7f00:1::808:808",
        "3fff::1", "5f00::1", "nonsense", "",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused(address: str) -> None:
    assert refusal(address) is not None


@pytest.mark.parametrize(
    "address", ["193.10.64.10", "8.8.8.8", "2a00:801::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_pass(address: str) -> None:
    assert refusal(address) is None


def test_a_private_source_may_connect_where_its_addresses_say() -> None:
    urls = ("https://intra.a.se/barn/", "http://intra.a.se/", "http://b.se:8080/")
    guard = Guard(places(Source("a", "A", "A", "municipality", urls, allow_private=True)))
    for host, port in (("intra.a.se", 443), ("intra.a.se", 80), ("b.se", 8080)):
        assert guard.check(host, port, "10.0.0.1")
    assert not guard.check("b.se", 80, "10.0.0.1")


class Names:
    """A resolver that answers each question with the next of its lists."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    def resolveHostName(self, receiver: Any, host: str, port: int = 0, *_: Any) -> Any:  # noqa: N802
        receiver.resolutionBegan(self)
        for address in self.answers.pop(0):
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()
        return self


class Receiver:
    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.complete = False

    def resolutionBegan(self, _: Any) -> None:  # noqa: N802
        pass

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.addresses.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        self.complete = True


def resolved(resolver: GuardedResolver, host: str, port: int = 443) -> list[str]:
    receiver = Receiver()
    resolver.resolveHostName(receiver, host, port)
    assert receiver.complete
    return receiver.addresses


def test_only_checked_addresses_reach_the_connection() -> None:
    guard = Guard()
    resolver = GuardedResolver(Names(["10.0.0.5", "193.10.64.10", "::1"]), guard)
    assert resolved(resolver, "www.exempelstad.se") == ["193.10.64.10"]


def test_an_answer_that_changes_afterwards_does_not_get_through() -> None:
    guard = Guard()
    resolver = GuardedResolver(Names(["193.10.64.10"], ["127.0.0.1"]), guard)
    assert resolved(resolver, "rebind.example") == ["193.10.64.10"]
    assert resolved(resolver, "rebind.example") == []
    assert guard.why("REBIND.example", 443) == "127.0.0.1 is loopback"
    assert guard.why("rebind.example", 80) is None


def test_the_exemption_is_for_one_host_and_one_port() -> None:
    guard = Guard({("intra.exempelstad.se", 8080)})
    assert guard.check("intra.exempelstad.se", 8080, "10.0.0.5")
    assert not guard.check("intra.exempelstad.se", 80, "10.0.0.5")
    assert not guard.check("annat.exempelstad.se", 8080, "10.0.0.5")


# --- in a real crawl ------------------------------------------------------------------------


def source(server: Server, **more: Any) -> Source:
    values: dict[str, Any] = {
        "id": "stad",
        "name": "Stad",
        "publisher": "Stad",
        "organisation_type": "municipality",
        "start_urls": (server.url + "/",),
        "delay": 0.0,
        "allow_private": True,
        **more,
    }
    return Source(**values)


@pytest.fixture(scope="module")
def inside() -> Iterator[Server]:
    """What a machine sees and the world does not."""
    with serving({"/": page("Hemligt", "/mer"), "/hemligt": page("Hemligt")}) as server:
        yield server


def failures(corpus: Path) -> dict[str, Failure]:
    with Catalogue(corpus / "catalogue.sqlite") as catalogue:
        return {f.url: f for _, f in catalogue.failures()}


def test_links_and_redirects_to_addresses_inside_are_not_connected_to(tmp_path: Path, inside: Server) -> None:
    port = inside.port
    hidden = [
        f"http://localhost:{port}/hemligt",
        f"http://127.1:{port}/",
        f"http://2130706433:{port}/x",
        f"http://0x7f000001:{port}/y",
        f"http://0177.0.0.1:{port}/z",
        f"http://[::ffff:127.0.0.1]:{port}/",
        f"http://[::1]:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0.0.0.0:1/",
    ]
    routes = {
        "/robots.txt": "",
        "/": page("Start", *hidden, "/ut", "/ut2"),
        "/ut": redirect(f"http://localhost:{port}/hemligt?a"),
        "/ut2": redirect("http://169.254.169.254/latest/"),
    }
    with serving(routes) as server:
        # The widest scope there is: only the guard stands between.
        crawl([source(server, allow=("^https?://",))], tmp_path)
        assert server.times("/ut") == 1
    assert inside.asked == []
    found = failures(tmp_path)
    assert {f.reason for f in found.values()} == {"refused_address"}
    assert "loopback" in found[f"http://localhost:{port}/hemligt"].message
    assert found["http://169.254.169.254/latest/meta-data/"].message == (
        "169.254.169.254 is inside a network (169.254.169.254 is link-local); it was not connected to."
    )
    assert found[server.url + "/ut2"].reason == "refused_address"


def test_without_allow_private_the_source_itself_is_refused(tmp_path: Path, inside: Server) -> None:
    report = crawl([source(inside, allow_private=False)], tmp_path)
    assert inside.asked == [] and report.runs[0].finished is False
    assert failures(tmp_path)[inside.url + "/"].reason == "refused_address"


def test_one_sources_exemption_is_not_anothers(tmp_path: Path, inside: Server) -> None:
    with serving(
        {"/robots.txt": "", "/": page("Start", inside.url + "/hemligt")}, host="127.0.0.2"
    ) as server:
        other = source(inside, id="inne", start_urls=(inside.url + "/tom",))
        crawl([source(server, allow=("^https?://",)), other], tmp_path)
    assert inside.times("/hemligt") == 0
    assert failures(tmp_path)[inside.url + "/hemligt"].reason == "refused_address"
