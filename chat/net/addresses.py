"""Where a request comes from, as ids that tell nobody the address. Pure."""

import base64
import functools
import hashlib
import hmac
import ipaddress
from typing import Final

# Who changes within these is behind the same router, as a rule, and so behind the same proxies:
# a /24 is the smallest net that is routed by itself, a /56 what providers give a household.
_IPV4_PREFIX: Final = 24
_IPV6_PREFIX: Final = 56
# One household or host: what it has been given to move about in (RFC 6177 section 2 advises a
# provider to give more than a /64 to a household, but no host gets less).
_HOST_IPV6_PREFIX: Final = 64
_ID_BYTES: Final = 9  # 72 bits, 12 characters: no two networks meet


@functools.lru_cache(maxsize=10_000)  # asked for at each attach: a few hundred bytes each
def network_id(secret: bytes, address: str) -> str:
    """Return the id of the network that ``address`` is in: the same for all of that network.

    Without ``secret`` nobody can find the network by trying all there are. What is no IP
    address (a Unix socket's peer) has an id of its own.
    """
    return _id(secret, b"network\0" + _prefix_of(address, _IPV4_PREFIX, _IPV6_PREFIX))


@functools.lru_cache(maxsize=10_000)
def address_id(secret: bytes, address: str) -> str:
    """Return the id of one IPv4 address, or of the IPv6 /64 that ``address`` is in."""
    return "address:" + _id(secret, b"address\0" + host_of(address))


@functools.lru_cache(maxsize=10_000)
def host_of(address: str) -> bytes:
    """Return an IPv4 address, or an IPv6 address's /64: what one client can't leave at will."""
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
