"""Remembers the cursors in answers to polls, to recognize the polls that continue them. Pure."""

from typing import Final

from chat.negotiation.recent import Recent

# A client that was told to wait, or a phone that changes networks, polls again within this.
SPAN_S: Final = 60.0
# Some 200 bytes each. A client whose cursor was forgotten pays for one more poll.
MOST: Final = 50_000
# An empty answer after a shorter hold costs as much work as any other request, and can be
# requested endlessly, so the poll after it is not free.
MIN_HOLD_S: Final = 1.0
# A longer answer, to a client that is far behind, is work too, so the poll after it is not free.
MAX_FREE_BYTES: Final = 64 << 10


class GivenCursors:
    """Remembers which session or user was given which cursor; each can be used once.

    Only hashes are stored. Python's hash is keyed by a secret, so no client can find another
    cursor with the same hash.
    """

    def __init__(self) -> None:
        self._given = Recent(span_s=SPAN_S, limit=MOST)

    def give(self, who: str, cursor: str, *, now: float) -> None:
        """Record that ``who``, a session or a user, was answered with ``cursor``."""
        self._given.note(_key(who, cursor), now=now)

    def consume(self, who: str, cursor: str, *, now: float) -> bool:
        """Use up ``cursor``; return whether ``who`` was given it and had not used it yet."""
        key = _key(who, cursor)
        is_given = self._given.has(key, now=now)
        self._given.forget(key)
        return is_given


def _key(who: str, cursor: str) -> str:
    return f"{who}:{hash(cursor):x}"
