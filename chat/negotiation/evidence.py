"""Remembers what this instance has seen of its clients' networks, for ranking. Pure.

It remembers little, and for minutes: anything forgotten is merely found out again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from chat.errors import Unavailable
from chat.negotiation.recent import Recent

# A proxy strips headers until it is fixed. But a phone changes networks, and a client that is kept
# from WebSockets without need should not be for long.
STRIPPED_SPAN_S: Final = 600.0
# One burst can shed a reader that is too slow for it. Twice within this span, it is the link.
SLOW_SPAN_S: Final = 300.0
SLOW_TIMES: Final = 2
# The longest that a client may wait before it reconnects and reports its failures.
STORE_AWAY_SPAN_S: Final = 30.0
# Half of the shortest time that a client waits for its hello; a read takes some milliseconds.
SLOW_STORE_S: Final = 1.0


class NetworkEvidence:
    """Remembers recent failures that show which transports will not work."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._stripped = Recent(span_s=STRIPPED_SPAN_S)  # by network and session: ids never collide
        self._slow = Recent(span_s=SLOW_SPAN_S, enough=SLOW_TIMES)  # by session
        self._advised = Recent(span_s=SLOW_SPAN_S)  # by session
        self._reading: dict[object, float] = {}  # when each read began; the oldest first
        self._store_failed_at: float | None = None

    # Upgrades to WebSocket

    def upgrade_stripped(self, network: str, session: str | None) -> None:
        """Note that a WebSocket request from ``network`` arrived without its Upgrade header."""
        now = self._monotonic()
        self._stripped.note(network, now=now)
        if session is not None:
            self._stripped.note(session, now=now)

    def upgrade_passed(self, network: str, session: str) -> None:
        """Note that a WebSocket request from ``network`` was intact: nothing strips headers."""
        self._stripped.forget(network)
        self._stripped.forget(session)

    def is_upgrade_stripped(self, network: str, session: str | None) -> bool:
        now = self._monotonic()
        keys = [network] if session is None else [network, session]
        return any(self._stripped.has(key, now=now) for key in keys)

    # Slow readers

    def shed(self, session: str) -> None:
        """Note that ``session`` was shed because a stream was too fast for it."""
        self._slow.note(session, now=self._monotonic())

    def is_slow_reader(self, session: str) -> bool:
        """Return whether ``session`` was shed recently and more than once."""
        return self._slow.has(session, now=self._monotonic())

    def consume_advice(self, session: str) -> bool:
        """Return whether to advise ``session`` now to poll; at most once in SLOW_SPAN_S."""
        now = self._monotonic()
        if not self.is_slow_reader(session) or self._advised.has(session, now=now):
            return False
        self._advised.note(session, now=now)
        return True

    # The store

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Watch a read of the log for an attach, and note whether it fails or takes long."""
        token, since = object(), self._monotonic()
        self._reading[token] = since
        try:
            yield
        except Unavailable:
            self._store_failed_at = self._monotonic()
            raise
        finally:
            del self._reading[token]
            if self._monotonic() - since >= SLOW_STORE_S:  # perhaps the client gave up waiting
                self._store_failed_at = self._monotonic()

    @property
    def is_store_away(self) -> bool:
        """Whether attaches fail, or failed recently, for a reason that no transport can avoid."""
        now = self._monotonic()
        oldest = next(iter(self._reading.values()), now)
        if now - oldest >= SLOW_STORE_S:
            return True
        failed_at = self._store_failed_at
        return failed_at is not None and now - failed_at < STORE_AWAY_SPAN_S
