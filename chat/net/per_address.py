"""Caps the open connections of each address, whatever they are used for. Pure."""

from collections import Counter
from typing import Final

from chat.net.addresses import host_of
from chat.net.proxies import Proxies

# Browsers open up to six connections to a server that speaks HTTP/1.1, most of them idle and only
# while a page loads. So an address may have six connections for each transport that it may have.
CONNECTIONS_A_TRANSPORT: Final = 6
# The share of all places that one address may take, so that room is left for others.
SHARE: Final = 0.5


def most_at_address(transports: int, places: int) -> int:
    """Return how many connections an address may have, of ``places`` in total."""
    return max(1, min(CONNECTIONS_A_TRANSPORT * transports, int(SHARE * places)))


class PerAddressLimit:
    """Caps open connections per address (an IPv6 /64 counts as one); trusted proxies are exempt."""

    def __init__(self, *, most: int | None, proxies: Proxies) -> None:
        """Take ``most``, the cap for each address; None for no cap."""
        self._most = most
        self._proxies = proxies
        self._at_host: Counter[bytes] = Counter()

    def join(self, address: str) -> bool:
        """Count one more connection from ``address``, or return False if it is at its cap."""
        if not self._is_bounded(address):
            return True
        if self.is_full(address):
            return False
        self._at_host[host_of(address)] += 1
        return True

    def leave(self, address: str) -> None:
        """Uncount a closed connection for which ``join`` returned True."""
        if self._is_bounded(address):
            host = host_of(address)
            self._at_host[host] -= 1
            if not self._at_host[host]:
                del self._at_host[host]

    def is_full(self, address: str) -> bool:
        return self._most is not None and self._at_host[host_of(address)] >= self._most

    def _is_bounded(self, address: str) -> bool:
        return self._most is not None and not self._proxies.has(address)
