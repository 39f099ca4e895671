"""How much unfinished requests may hold together, so that no crowd of them holds all memory."""

from collections import Counter
from collections.abc import Hashable
from typing import Final

# What a request may hold beside: a command, a message, a cookie and a cursor, all at once. Ten
# thousand connections that hold as much are 80 MB; and while a flood has used up the rest, those
# who only chat go on.
FREE_BYTES: Final = 8 << 10
# 32 bodies of the longest, which come in some milliseconds each.
BUDGET_BYTES: Final = 64 << 20
# Of those one host may have so many, so that no host has all of it.
HOST_BYTES: Final = 16 << 20


class Budget:
    """Counts what is held above FREE_BYTES by each."""

    def __init__(self, limit_bytes: int = BUDGET_BYTES, host_bytes: int = HOST_BYTES) -> None:
        self.held_bytes = 0
        self._limit_bytes = limit_bytes
        self._host_bytes = host_bytes
        self._of_host: Counter[Hashable] = Counter()

    def change(self, held_bytes: int, now_bytes: int, host: Hashable = None) -> int | None:
        """Have one who was counted with ``held_bytes`` hold ``now_bytes``.

        ``host`` is where it comes from; None: from a proxy, which speaks for many.

        Returns what it is counted with from now on; None where there is no room for it, and
        nothing has changed.
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
