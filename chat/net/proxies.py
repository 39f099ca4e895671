"""The trusted proxies in front of this server, as the operator declares them. Pure."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from chat.net.public_addresses import Network


@dataclass(frozen=True)
class Proxies:
    """The trusted proxies: peers in one of ``networks``, or every peer with ``is_all``."""

    networks: tuple[Network, ...] = ()
    is_all: bool = False

    @classmethod
    def parse(cls, text: str) -> "Proxies":
        """Return the proxies that ``text`` declares.

        It is ``on``, ``off``, or addresses and networks with commas. Raises ValueError.
        """
        if text in ("on", "off"):
            return cls(is_all=text == "on")
        try:
            networks = [ipaddress.ip_network(part.strip()) for part in text.split(",")]
        except ValueError:
            raise ValueError(
                "give on, off, or your proxies' addresses or networks: 10.0.0.7,192.168.0.0/16"
            ) from None
        return cls(tuple(networks))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.is_all or bool(self.networks)

    def has(self, address: str) -> bool:
        return self.is_all or (bool(self.networks) and _is_in(address, self.networks))


@lru_cache(maxsize=1024)  # a few proxies carry all requests
def _is_in(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:  # on a dual-stack socket
        found = found.ipv4_mapped
    return any(found in network for network in networks)
