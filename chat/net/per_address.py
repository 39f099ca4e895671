"""How many connections each address has open, whatever they are for. Pure."""

from collections import Counter
from typing import Final

from chat.net.addresses import host_of
from chat.net.proxies import Proxies

# Browsers keep up to six connections to a server that speaks HTTP/1.1, most of them idle and only
# while a page loads. So an address that may have so many transports may have six times as many.
CONNECTIONS_A_TRANSPORT: Final = 6
# Of all places that there are, so that whoever takes all they can get leaves room for others.
SHARE: Final = 0.5


def most_at_address(transports: int, places: int) -> int:
    """Return how many connections an address may have, of so many ``places`` in all."""
    return max(1, min(CONNECTIONS_A_TRANSPORT * transports, int(SHARE * places)))


class PerAddressLimit:
    """Addresses (of IPv6 a /64) with ``most`` connections each; proxies of ours may have more."""

    def __init__(self, *, most: int | None, proxies: Proxies) -> None:
        """None: as many as they like."""
        self._most = most
        self._proxies = proxies
        self._at_host: Counter[bytes] = Counter()

    def join(self, address: str) -> bool:
        """Count one more connection from ``address``; return False if there are enough."""
        if not self._is_bounded(address):
            return True
        if self.is_full(address):
            return False
        self._at_host[host_of(address)] += 1
        return True

    def leave(self, address: str) -> None:
        """One that has joined is closed."""
        if self._is_bounded(address):
            host = host_of(address)
            self._at_host[host] -= 1
            if not self._at_host[host]:
                del self._at_host[host]

    def is_full(self, address: str) -> bool:
        """Return whether the next one from ``address`` would be one too many."""
        return self._most is not None and self._at_host[host_of(address)] >= self._most

    def _is_bounded(self, address: str) -> bool:
        return self._most is not None and not self._proxies.has(address)
