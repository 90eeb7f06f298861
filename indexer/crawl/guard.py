"""May we connect to this address? Checked on the resolved address itself, just before the connection.

The crawler follows links that anyone can write. Without a guard, a link or redirect to a name that resolves
to 127.0.0.1, 10.0.0.1 or 169.254.169.254 would read what the machine it runs on can see and the world cannot,
and put it into a public index. Scrapy has no such check (measured: it fetched 6 of 7 spellings of loopback).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

HostPort = tuple[str, int]

_RESERVED = tuple(map(ipaddress.ip_network, (  # Python 3.11.7 takes them for global
    "192.0.0.0/24",  # 192.0.0.192 is where Oracle's cloud has told what a machine may know
    "192.88.99.0/24",
    "168.63.129.16/32",  # where Azure does, out of a public network
    "64:ff9b:1::/48",  # translated as the network wants in which we are
    "3fff::/20",
    "5f00::/16",
)))  # fmt: skip
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOW_96 = (  # the last four bytes are an IPv4 address: compatible, mapped, translated
    ipaddress.ip_network("::/96"),
    ipaddress.ip_network("::ffff:0:0/96"),
    ipaddress.ip_network("::ffff:0:0:0/96"),
)
_TUNNEL = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32"))  # 6to4, Teredo: IPv4 inside


def refusal(address: str) -> str | None:
    """Why one must not connect to a resolved address, in a few words; None when it is a public one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "not an IP address"
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in (*_LOW_96, _NAT64)) and int(ip) > 1:
            return refusal(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if any(ip in network for network in _TUNNEL):
            return "a tunnel address that hides another"
    if ip.is_loopback:
        return "loopback"
    if ip.is_unspecified:
        return "unspecified"
    if ip.is_link_local:
        return "link-local"  # 169.254.169.254, where clouds keep the machine's credentials, is one
    if ip.is_multicast:
        return "multicast"
    if isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local:
        return "private"
    reserved = not ip.is_global or any(ip in network for network in _RESERVED)
    return "private or reserved" if reserved else None


class Guard:
    """Which private hosts and ports are allowed in this process, and what was refused."""

    def __init__(self, exempt: Collection[HostPort] = ()) -> None:
        self._exempt = frozenset(exempt)
        self._refused: dict[HostPort, str] = {}

    def check(self, host: str, port: int, address: str) -> bool:
        """Whether ``host:port``, resolved to ``address``, may be connected to. A refusal is remembered."""
        if self.is_exempt(host, port):
            return True
        why = refusal(address)
        if why is not None:
            self._refused[host.lower(), port] = f"{address} is {why}"
        return why is None

    def is_exempt(self, host: str, port: int) -> bool:
        """Whether some source says that this private host and port are its own."""
        return (host.lower(), port) in self._exempt

    def why(self, host: str, port: int) -> str | None:
        """Why nothing at ``host:port`` could be connected to; None when nothing was refused there."""
        return self._refused.get((host.lower(), port))


@implementer(IHostnameResolver)
class GuardedResolver:
    """Twisted's resolver, but only addresses that pass the guard come through.

    The connection is made to the very addresses handed on here: nothing is looked up again in between, so an
    answer that changes from one question to the next (DNS rebinding) does not get through.
    """

    def __init__(self, resolver: Any, guard: Guard) -> None:
        self._resolver = resolver
        self._guard = guard

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        receiver: Any,
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[Any]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        checked = _Checked(receiver, self._guard, hostName, portNumber)
        return self._resolver.resolveHostName(checked, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _Checked:
    def __init__(self, receiver: Any, guard: Guard, host: str, port: int) -> None:
        self._receiver, self._guard, self._host, self._port = receiver, guard, host, port

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if isinstance(address, (IPv4Address, IPv6Address)) and self._guard.check(
            self._host, self._port, address.host
        ):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()
