"""Caps the answers that clients do not read, for each address and in total.

An answer is kept until its client has read it. The kernel keeps the first 128 KiB or more; the
rest of a longer answer stays in our memory for as long as the client reads a little now and then.
"""

from collections.abc import Callable, Hashable
from typing import Final, Protocol

# An answer usually has at most 150 KB, so an address can hold 15 MB. 200 people who open the page
# at the same moment stay below the cap, for nearly all of their answers fit into the kernel.
MOST_AT_ADDRESS: Final = 100
# 150 MB in total, from all addresses.
MOST: Final = 1000


class Writing(Protocol):
    """A connection with more unsent bytes than the kernel takes."""

    @property
    def client(self) -> str:
        """The client's IP address."""

    def drop(self) -> None:
        """Close the connection and discard everything unsent."""


class Unread:
    """Holds the waiting connections, oldest first; above MOST, the host with most loses one."""

    def __init__(
        self,
        host_of: Callable[[str], Hashable],
        *,
        most_at_address: int = MOST_AT_ADDRESS,
        most: int = MOST,
    ) -> None:
        self.dropped = 0
        self._host_of = host_of
        self._most_at_address = most_at_address
        self._most = most
        self._at_host: dict[Hashable, dict[Writing, None]] = {}
        self._hosts: dict[Writing, Hashable] = {}

    def add(self, connection: Writing) -> None:
        """Add ``connection``, which now waits; drop the oldest if a cap is exceeded."""
        host = self._host_of(connection.client)
        self._hosts[connection] = host
        at_host = self._at_host.setdefault(host, {})
        at_host[connection] = None
        if len(at_host) > self._most_at_address:
            self._drop_first(at_host)
        elif len(self._hosts) > self._most:
            self._drop_first(max(self._at_host.values(), key=len))

    def discard(self, connection: Writing) -> None:
        """Remove ``connection``, which has sent everything or is closed."""
        host = self._hosts.pop(connection, None)
        if host is not None:
            at_host = self._at_host[host]
            del at_host[connection]
            if not at_host:
                del self._at_host[host]

    def __len__(self) -> int:
        return len(self._hosts)

    def _drop_first(self, at_host: dict[Writing, None]) -> None:
        first = next(iter(at_host))
        self.discard(first)
        self.dropped += 1
        first.drop()
