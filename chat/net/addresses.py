"""Turns addresses into ids that do not reveal them. Pure."""

import base64
import functools
import hashlib
import hmac
import ipaddress
import re
from typing import Final

# A client that changes address within these prefixes usually stays behind the same router, and so
# the same proxies: a /24 is the smallest network with an own route, a /56 is what households get.
_IPV4_PREFIX: Final = 24
_IPV6_PREFIX: Final = 56
# The range within which one household or host can change its address (RFC 6177 section 2 advises
# providers to give a household more than a /64, but no host gets less).
_HOST_IPV6_PREFIX: Final = 64
_ID_BYTES: Final = 9  # 72 bits, 12 characters: no two networks collide
_ADDRESS: Final = "address:"
_ADDRESS_ID: Final = re.compile(rf"{_ADDRESS}[A-Za-z0-9_-]{{12}}")


@functools.lru_cache(maxsize=10_000)  # needed at each attach; a few hundred bytes each
def network_id(secret: bytes, address: str) -> str:
    """Return the id of the network of ``address``: the same for all addresses in it.

    Without ``secret`` nobody can find the network by trying all networks. A peer without an IP
    address (of a Unix socket) has an id of its own.
    """
    return _id(secret, b"network\0" + _prefix_of(address, _IPV4_PREFIX, _IPV6_PREFIX))


@functools.lru_cache(maxsize=10_000)
def address_id(secret: bytes, address: str) -> str:
    """Return the id of one IPv4 address, or of the IPv6 /64 that ``address`` is in."""
    return _ADDRESS + _id(secret, b"address\0" + host_of(address))


def is_address_id(text: str) -> bool:
    """Return whether ``text`` is what ``address_id`` returns; no user's id is."""
    return _ADDRESS_ID.fullmatch(text) is not None


@functools.lru_cache(maxsize=10_000)
def host_of(address: str) -> bytes:
    """Return an IPv4 address, or an IPv6 address's /64, which one client can't leave at will."""
    return _prefix_of(address, 32, _HOST_IPV6_PREFIX)


def _id(secret: bytes, message: bytes) -> str:
    code = hmac.digest(secret, message, hashlib.sha256)[:_ID_BYTES]
    return base64.urlsafe_b64encode(code).decode()


def _prefix_of(address: str, ipv4_bits: int, ipv6_bits: int) -> bytes:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])  # %: a zone, RFC 4007 section 11
    except ValueError:
        return address.encode()
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return ip.packed[: ipv6_bits // 8]
        ip = ip.ipv4_mapped
    return ip.packed[: ipv4_bits // 8]
