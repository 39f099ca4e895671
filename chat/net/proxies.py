"""Which proxies stand in front of us, as the operator declares. Pure."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Proxies:
    """Whoever connects from one of ``networks`` is one; with ``is_all`` whoever connects."""

    networks: tuple[Network, ...] = ()
    is_all: bool = False

    @classmethod
    def parse(cls, text: str) -> "Proxies":
        """Return what ``on``, ``off`` or addresses and networks with commas mean.

        Raises ValueError.
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

    def has(self, address: str) -> bool:
        """Return whether a proxy of ours has ``address``."""
        return self.is_all or (bool(self.networks) and _is_in(address, self.networks))


@lru_cache(maxsize=1024)  # a few proxies ask for everybody
def _is_in(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:  # a socket of both kinds
        found = found.ipv4_mapped
    return any(found in network for network in networks)
