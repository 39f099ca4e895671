"""What this instance has seen of its clients' networks, remembered for ranking. Pure.

It is little, for minutes, and of this instance alone: it is evidence, and what is forgotten is
only found out once more.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from chat.errors import Unavailable
from chat.negotiation.recent import Recent

# A proxy that takes headers out does so until somebody mends it, but a phone changes networks,
# and whoever is put off WebSockets wrongly should not be for long.
STRIPPED_SPAN_S: Final = 600.0
# One burst sheds a reader that is just too slow for it. Twice within this, it is the link.
SLOW_SPAN_S: Final = 300.0
SLOW_TIMES: Final = 2
# As long as a client may put off coming back, and so telling what it met.
STORE_AWAY_SPAN_S: Final = 30.0
# Half of the least that a client waits for its hello; reading takes some milliseconds.
SLOW_STORE_S: Final = 1.0


class NetworkEvidence:
    """Remembers recent failures that say which transports will not do."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """``monotonic`` returns the time in seconds, from any moment on."""
        self._monotonic = monotonic
        self._stripped = Recent(span_s=STRIPPED_SPAN_S)  # networks and sessions: ids never meet
        self._slow = Recent(span_s=SLOW_SPAN_S, enough=SLOW_TIMES)  # sessions
        self._advised = Recent(span_s=SLOW_SPAN_S)  # sessions
        self._reading: dict[object, float] = {}  # since when; the oldest first
        self._store_failed_at: float | None = None

    # Upgrades to WebSocket

    def upgrade_stripped(self, network: str, session: str | None) -> None:
        """A WebSocket's request came from there without its Upgrade header."""
        now = self._monotonic()
        self._stripped.note(network, now=now)
        if session is not None:
            self._stripped.note(session, now=now)

    def upgrade_passed(self, network: str, session: str) -> None:
        """A WebSocket came from there as it should: whatever took headers out is not there."""
        self._stripped.forget(network)
        self._stripped.forget(session)

    def is_upgrade_stripped(self, network: str, session: str | None) -> bool:
        now = self._monotonic()
        keys = [network] if session is None else [network, session]
        return any(self._stripped.has(key, now=now) for key in keys)

    # Slow readers

    def shed(self, session: str) -> None:
        """``session`` was let go because a stream was too fast for it."""
        self._slow.note(session, now=self._monotonic())

    def is_slow_reader(self, session: str) -> bool:
        """Return whether streams were too fast for ``session``, lately and more than once."""
        return self._slow.has(session, now=self._monotonic())

    def take_advice(self, session: str) -> bool:
        """Return whether ``session`` is to be told so now; once is enough for a while."""
        now = self._monotonic()
        if not self.is_slow_reader(session) or self._advised.has(session, now=now):
            return False
        self._advised.note(session, now=now)
        return True

    # The store

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The log is read for somebody who attaches: sees it fail, and sees it keep waiting."""
        token, since = object(), self._monotonic()
        self._reading[token] = since
        try:
            yield
        except Unavailable:
            self._store_failed_at = self._monotonic()
            raise
        finally:
            del self._reading[token]
            if self._monotonic() - since >= SLOW_STORE_S:  # given up by who waited, perhaps
                self._store_failed_at = self._monotonic()

    @property
    def is_store_away(self) -> bool:
        """Whether attaches fail, or did lately, for what no transport can help."""
        now = self._monotonic()
        oldest = next(iter(self._reading.values()), now)
        if now - oldest >= SLOW_STORE_S:
            return True
        failed_at = self._store_failed_at
        return failed_at is not None and now - failed_at < STORE_AWAY_SPAN_S
