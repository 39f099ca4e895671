"""How much unfinished requests may hold together, so that no crowd of them holds all memory."""

from typing import Final

# What a request may hold beside: a command, a message, a cookie and a cursor, all at once. Ten
# thousand connections that hold as much are 80 MB; and while a flood has used up the rest, those
# who only chat go on.
FREE_BYTES: Final = 8 << 10
# 32 bodies of the longest, which come in some milliseconds each.
BUDGET_BYTES: Final = 64 << 20


class Budget:
    """Counts what is held above FREE_BYTES by each."""

    def __init__(self, limit_bytes: int = BUDGET_BYTES) -> None:
        self.held_bytes = 0
        self._limit_bytes = limit_bytes

    def change(self, held_bytes: int, now_bytes: int) -> int | None:
        """Have one who was counted with ``held_bytes`` hold ``now_bytes``.

        Returns what it is counted with from now on; None where there is no room for it, and
        nothing has changed.
        """
        counted = max(0, now_bytes - FREE_BYTES)
        if counted > held_bytes and self.held_bytes + counted - held_bytes > self._limit_bytes:
            return None
        self.held_bytes += counted - held_bytes
        return counted
