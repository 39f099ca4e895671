"""Answers that their clients don't take: so many may wait at an address, and so many in all.

What is written and not taken is kept until it is. The kernel keeps the first 128 KiB or more; an
answer that is longer waits with us for as long as its client takes a little of it now and then.
"""

from collections.abc import Callable, Hashable
from typing import Final, Protocol

# An answer is 150 KB at most, as a rule: so 15 MB at an address. 200 people who open the page at
# one moment are below it, for nearly all of their answers fit into what the kernel takes.
MOST_AT_ADDRESS: Final = 100
# And 150 MB in all, whoever they are from.
MOST: Final = 1000


class Writing(Protocol):
    """A connection with more unsent than the kernel takes."""

    @property
    def client(self) -> str:
        """The IP address of whom it is for."""

    def drop(self) -> None:
        """Let go of the client, and of all that is unsent."""


class Unread:
    """Those that wait, the first at the front; whoever has most loses their first."""

    def __init__(
        self,
        host_of: Callable[[str], Hashable],
        *,
        most_at_address: int = MOST_AT_ADDRESS,
        most: int = MOST,
    ) -> None:
        """``host_of`` returns what addresses of one host have in common."""
        self.dropped = 0
        self._host_of = host_of
        self._most_at_address = most_at_address
        self._most = most
        self._at_host: dict[Hashable, dict[Writing, None]] = {}
        self._hosts: dict[Writing, Hashable] = {}

    def add(self, connection: Writing) -> None:
        """``connection`` waits from now on; drops one if that is one too many."""
        host = self._host_of(connection.client)
        self._hosts[connection] = host
        at_host = self._at_host.setdefault(host, {})
        at_host[connection] = None
        if len(at_host) > self._most_at_address:
            self._drop_first(at_host)
        elif len(self._hosts) > self._most:
            self._drop_first(max(self._at_host.values(), key=len))

    def discard(self, connection: Writing) -> None:
        """``connection`` has sent what it had, or is gone."""
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
