"""Whether there is room for one more connection. Pure: it is told what is open, and when."""

from typing import Final

# Full until so many have gone, so that one who comes and goes does not fill the log.
FREED: Final = 0.05
# What filled us may have been other files, which tell nobody that they are closed.
RECHECK_S: Final = 60.0


class Capacity:
    """Full at a limit, and then until a part has gone: see ``FREED`` and ``RECHECK_S``."""

    def __init__(self, *, max_connections: int | None, first_reserved: int) -> None:
        """Descriptors from ``first_reserved`` on are not for connections.

        A new one has the lowest number that is free (POSIX), so its number says how many there
        are at least, whatever they are open for.
        """
        self.reason: str | None = None  # why there is no room
        self._max_connections = max_connections
        self._first_reserved = first_reserved
        self._since = 0.0
        self._enough = 0  # so few open connections end it

    def admits(self, descriptor: int, *, count: int, now: float) -> bool:
        """Return whether a connection that got ``descriptor`` may join ``count`` open ones."""
        reason = self._why_full(descriptor, count)
        if self.reason is None:
            if reason is not None:
                self.fill(reason, count=count, now=now)
        elif reason is None and now - self._since >= RECHECK_S:
            self.reason = None
        return self.reason is None

    def fill(self, reason: str, *, count: int, now: float) -> None:
        """There is no room from now on, with ``count`` connections open."""
        self.reason = reason
        self._since = now
        self._enough = max(0, count - max(1, int(FREED * count)))

    def left(self, *, count: int) -> None:
        """A connection has closed; ``count`` are open."""
        if count <= self._enough:
            self.reason = None

    def _why_full(self, descriptor: int, count: int) -> str | None:
        if self._max_connections is not None and count >= self._max_connections:
            return f"All {self._max_connections} connections that MAX_CONNECTIONS allows are open."
        if descriptor >= self._first_reserved:
            return (
                f"{descriptor} files and connections are open; the rest of those that the system "
                "allows (ulimit -n) is kept for the log."
            )
        return None
