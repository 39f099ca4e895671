"""Who asks: by the socket, or by what a proxy says that we were told to believe. Pure."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from chat.http.messages import Header
from chat.proxies import Proxies


@dataclass(frozen=True, slots=True)
class Client:
    """``protocol`` is ``http`` or ``https``: what the client itself speaks."""

    remote_ip: str
    protocol: str


def client_of(headers: Sequence[Header], peer: str, proxies: Proxies) -> Client:
    """Return who asks. ``peer`` is who is connected: a proxy of ours, or the client itself.

    A proxy adds the address that it sees to the right of X-Forwarded-For; what stands before it
    was said by the client, who may say anything. Where our proxies are known by their addresses
    and one stands behind another, the first address from the right that is none of theirs is it.
    """
    if not proxies.has(peer):
        return Client(peer, "http")
    said = {name.lower(): value.decode("latin-1") for name, value in headers}
    address = peer
    for part in reversed(said.get(b"x-forwarded-for", "").split(",")):
        if not _is_address(part.strip()):
            break
        address = part.strip()
        if proxies.is_all or not proxies.has(address):
            break
    protocol = said.get(b"x-forwarded-proto", "").rpartition(",")[2].strip().lower()
    return Client(address, "https" if protocol == "https" else "http")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
