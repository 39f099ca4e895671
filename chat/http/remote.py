"""Finds the client's address, from the socket or from the headers of a trusted proxy. Pure."""

import ipaddress
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from chat.http.messages import Header
from chat.net.proxies import Proxies

# A node as some proxies write it (Azure's, IIS's, and Forwarded's form in RFC 7239 section 6): an
# IPv4 address with a port, or an IPv6 address in brackets, with or without a port.
_NODE: Final = re.compile(r"(?:\[([^\[\]]*)\]|([^\[\]:]*))(?::[0-9]{1,5})?")


class Client(NamedTuple):
    """A client; ``protocol``, ``http`` or ``https``, is what the client itself speaks."""

    remote_ip: str
    protocol: str
    # Whether the client itself is connected; else a trusted proxy is.
    is_direct: bool = True


def client_of(headers: Sequence[Header], peer: str, proxies: Proxies) -> Client:
    """Return the client. ``peer`` is the connected address: a trusted proxy's or the client's own.

    A proxy adds the address it sees at the right of X-Forwarded-For, or in a separate line below
    it, which means the same (RFC 9110 section 5.3). Everything before that was sent by the client
    and may be false. Where the proxies are declared by their addresses and one stands behind
    another, the client's address is the first from the right that is not a proxy's.
    """
    if not proxies.has(peer):
        return Client(peer, "http")
    address = peer
    for node in reversed(_elements(headers, b"x-forwarded-for")):
        found = _address_of(node)
        if found is None:
            break
        address = found
        if proxies.is_all or not proxies.has(address):
            break
    protocols = _elements(headers, b"x-forwarded-proto")
    is_https = bool(protocols) and protocols[-1].lower() == "https"
    return Client(address, "https" if is_https else "http", is_direct=False)


def _elements(headers: Sequence[Header], name: bytes) -> list[str]:
    """Return the elements of a list, from one or several lines (RFC 9110 section 5.6.1)."""
    lines = [value.decode("latin-1") for found, value in headers if found.lower() == name]
    return [element.strip() for element in ",".join(lines).split(",")]


def _address_of(node: str) -> str | None:
    match = _NODE.fullmatch(node.strip('"'))
    inner, outer = match.groups() if match else (None, node)
    try:
        # An IPv6 address without brackets has no port: it could not be told from the last group.
        address = ipaddress.IPv6Address(inner) if inner else ipaddress.ip_address(outer)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
