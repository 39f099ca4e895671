"""Caps the memory that all unfinished requests hold together."""

from collections import Counter
from collections.abc import Hashable
from typing import Final

# A request may hold this much outside the budget: a command, a message, a cookie and a cursor
# together. Ten thousand connections that hold as much take 80 MB; and while a flood has used up
# the budget, clients that only chat are not affected.
FREE_BYTES: Final = 8 << 10
# 32 bodies of the maximum length, each of which arrives in some milliseconds.
BUDGET_BYTES: Final = 64 << 20
# The part of the budget that one host may use, so that no host uses all of it.
HOST_BYTES: Final = 16 << 20


class Budget:
    """Counts the bytes that each request holds above FREE_BYTES."""

    def __init__(self, limit_bytes: int = BUDGET_BYTES, host_bytes: int = HOST_BYTES) -> None:
        self.held_bytes = 0
        self._limit_bytes = limit_bytes
        self._host_bytes = host_bytes
        self._of_host: Counter[Hashable] = Counter()

    def change(self, held_bytes: int, now_bytes: int, host: Hashable = None) -> int | None:
        """Replace a request's count, ``held_bytes``, by that for ``now_bytes``, and return it.

        ``host`` is where the request comes from; None for a proxy, which forwards for many clients.
        Returns None, and changes nothing, where the budget has no room.
        """
        counted = max(0, now_bytes - FREE_BYTES)
        more = counted - held_bytes
        if more > 0:
            if self.held_bytes + more > self._limit_bytes:
                return None
            if host is not None and self._of_host[host] + more > self._host_bytes:
                return None
        self.held_bytes += more
        if host is not None and more:
            self._of_host[host] += more
            if not self._of_host[host]:
                del self._of_host[host]
        return counted
