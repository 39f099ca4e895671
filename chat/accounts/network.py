"""Which network a request comes from, as an id that tells nobody the address. Pure."""

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
_ID_BYTES: Final = 9  # 72 bits, 12 characters: no two networks meet


@functools.lru_cache(maxsize=10_000)  # asked for at each attach: a few hundred bytes each
def network_id(secret: bytes, address: str) -> str:
    """Return the id of the network that ``address`` is in: the same for all of that network.

    Without ``secret`` nobody can find the network by trying all there are. What is no IP
    address (a Unix socket's peer) has an id of its own.
    """
    message = b"network\0" + _network(address)
    code = hmac.digest(secret, message, hashlib.sha256)[:_ID_BYTES]
    return base64.urlsafe_b64encode(code).decode()


def _network(address: str) -> bytes:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])  # %: a zone, RFC 4007 section 11
    except ValueError:
        return address.encode()
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return _prefix(ip.packed, _IPV6_PREFIX)
        ip = ip.ipv4_mapped
    return _prefix(ip.packed, _IPV4_PREFIX)


def _prefix(packed: bytes, bits: int) -> bytes:
    return packed[: bits // 8]
