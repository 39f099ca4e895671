"""Resolves host names to addresses of the internet, never to those of one's own network.

Whoever may name a server to connect to could otherwise make us speak to what only we can reach:
other services of this machine, of its network, or of the cloud that it runs in.
"""

import ipaddress
import socket
from typing import Any, Final

from tornado.netutil import DefaultLoopResolver, Resolver

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Translated to the IPv4 address in its last bits (RFC 6052 section 2.1, RFC 8215).
_NAT64: Final = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
)


class NotPublic(OSError):
    """A host has an address that is not one of the internet."""


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the internet, of a single host."""
    return _is_public(ipaddress.ip_address(address.partition("%")[0]))


def _is_public(address: _Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    if any(address in network for network in _NAT64):
        return False
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    return inner is None


class PublicResolver(Resolver):
    """Resolves a host, and raises NotPublic if any of its addresses is not public.

    The connection is then made to the addresses that were checked, not by the name again.
    """

    def initialize(self) -> None:
        self._resolver = DefaultLoopResolver()

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[tuple[int, Any]]:
        found: list[tuple[int, Any]] = await self._resolver.resolve(host, port, family)
        for _, address in found:
            if not is_public(address[0]):
                raise NotPublic(f"{host} has an address that is not public")
        return found
