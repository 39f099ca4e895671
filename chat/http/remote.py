"""Who asks: by the socket, or by what a proxy says that we were told to believe. Pure."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from chat.http.messages import Header
from chat.net.proxies import Proxies

# A node as some proxies write it (Azure's, IIS's, Forwarded's own form in RFC 7239 section 6): an
# IPv4 address with a port, an IPv6 address in brackets, perhaps with one.
_NODE: Final = re.compile(r"(?:\[([^\[\]]*)\]|([^\[\]:]*))(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Client:
    """``protocol`` is ``http`` or ``https``: what the client itself speaks."""

    remote_ip: str
    protocol: str
    # Whether it is who is connected; else a proxy of ours is.
    is_direct: bool = field(default=True, compare=False)


def client_of(headers: Sequence[Header], peer: str, proxies: Proxies) -> Client:
    """Return who asks. ``peer`` is who is connected: a proxy of ours, or the client itself.

    A proxy adds the address that it sees to the right of X-Forwarded-For, or in a line of its own
    below it, which means the same (RFC 9110 section 5.3); what stands before it was said by the
    client, who may say anything. Where our proxies are known by their addresses and one stands
    behind another, the first address from the right that is none of theirs is it.
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
    """Return the elements of a list that may stand in several lines (RFC 9110 section 5.6.1)."""
    lines = [value.decode("latin-1") for found, value in headers if found.lower() == name]
    return [element.strip() for element in ",".join(lines).split(",")]


def _address_of(node: str) -> str | None:
    """Return the IP address of a node, without its port; None where it names none."""
    match = _NODE.fullmatch(node.strip('"'))
    inner, outer = match.groups() if match else (None, node)
    try:
        # An IPv6 address without brackets has no port: its last group can't be told from one.
        address = ipaddress.IPv6Address(inner) if inner else ipaddress.ip_address(outer)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
