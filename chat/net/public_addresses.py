"""Which addresses this server connects to where others name the host: those of the internet.

Whoever may name a server to connect to could otherwise make us speak to what only we can reach:
other services of this machine, of its network, or of the cloud that it runs in.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Final

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Translated to the IPv4 address in its last bits (RFC 6052 section 2.1, RFC 8215).
_NAT64: Final = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
)


class NotPublic(Exception):
    """A host has an address that is not one of the internet."""


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the internet, of a single host."""
    return _is_public(ipaddress.ip_address(address.partition("%")[0]))


def _is_public(address: _Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    if address.is_site_local or any(address in network for network in _NAT64):
        return False
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    return inner is None


@dataclass(frozen=True)
class Destinations:
    """The addresses of the internet, by TLS; and those in ``allowed``, in any way."""

    allowed: tuple[Network, ...] = ()

    def has(self, address: str, port: int, *, is_secure: bool) -> bool:
        ip = ipaddress.ip_address(address.partition("%")[0])
        if any(ip in network for network in self.allowed):
            return True
        return is_secure and may_be_port(port) and _is_public(ip)


ANYWHERE: Final = Destinations((ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")))


def may_be_port(port: int) -> bool:
    """Return whether a service of others may be asked at ``port``.

    Below 1024, others than HTTPS are for services that nobody calls by HTTP, such as mail.
    """
    return port == 443 or port >= 1024


async def resolve(
    host: str, port: int, destinations: Destinations, executor: Executor, *, is_secure: bool
) -> Sequence[str]:
    """Return the addresses of ``host``, to connect to: the name must not be resolved again.

    They are looked up in ``executor``, for a name server that is silent holds its thread. Raises
    NotPublic if any of them is none of ``destinations``, else as getaddrinfo.
    """
    found = await asyncio.get_running_loop().run_in_executor(
        executor, partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    )
    addresses = [str(address[0]) for *_, address in found]
    for address in addresses:
        if not destinations.has(address, port, is_secure=is_secure):
            raise NotPublic(f"{host} has an address that is not public")
    return addresses
