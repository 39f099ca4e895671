"""Who asks: by the socket, or by what a proxy says that we were told to believe. Pure."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from chat.http.messages import Header


@dataclass(frozen=True, slots=True)
class Client:
    """``protocol`` is ``http`` or ``https``: what the client itself speaks."""

    remote_ip: str
    protocol: str


def client_of(headers: Sequence[Header], peer: str, *, is_behind_proxy: bool) -> Client:
    """Return who asks. ``peer`` is who is connected: a proxy, if we are behind one.

    A proxy adds the address that it sees to the right of X-Forwarded-For; what stands before it
    was said by the client, who may say anything.
    """
    if not is_behind_proxy:
        return Client(peer, "http")
    said = {name.lower(): value.decode("latin-1") for name, value in headers}
    address = said.get(b"x-forwarded-for", "").rpartition(",")[2].strip()
    protocol = said.get(b"x-forwarded-proto", "").rpartition(",")[2].strip().lower()
    return Client(
        address if _is_address(address) else peer, "https" if protocol == "https" else "http"
    )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
