"""Decides whether there is room for one more connection. Pure: callers pass counts and times."""

from typing import Final

# The share of connections that must close before there is room again, so that one client that
# connects and disconnects does not fill the log.
FREED: Final = 0.05
# The limit may have been reached by other files, whose closing is not reported.
RECHECK_S: Final = 60.0


class Capacity:
    """Becomes full at a limit, and stays so until FREED have closed or RECHECK_S have passed."""

    def __init__(self, *, max_connections: int | None, first_reserved: int) -> None:
        """Reserve the descriptors from ``first_reserved`` on for other uses than connections.

        A new descriptor has the lowest free number (POSIX), so its number says how many are open
        at least, whatever they are open for.
        """
        self.reason: str | None = None  # why there is no room
        self._max_connections = max_connections
        self._first_reserved = first_reserved
        self._since = 0.0
        self._enough = 0  # at this many open connections there is room again

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
        """Mark the server as full for ``reason``, with ``count`` connections open."""
        self.reason = reason
        self._since = now
        self._enough = max(0, count - max(1, int(FREED * count)))

    def left(self, *, count: int) -> None:
        """Record that a connection has closed; ``count`` are still open."""
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
