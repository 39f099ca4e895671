"""The cursors that polls were answered with: who comes back with one goes on. Pure."""

from typing import Final

from chat.negotiation.recent import Recent

# A client that was told to wait, or a phone between two networks, is back within this.
SPAN_S: Final = 60.0
# Some 200 bytes each. Whoever is forgotten pays for one poll more.
MOST: Final = 50_000
# An answer that is shorter than this and brings nothing was as much work as any other request,
# and can be asked for without end.
MIN_HOLD_S: Final = 1.0
# So many bytes to somebody who comes from far behind are work, too: each pays for the next poll.
MAX_FREE_BYTES: Final = 64 << 10


class GivenCursors:
    """Remembers who was given which cursor, a session or a user; each can be used once.

    Hashes of them: no client finds another cursor of the same hash, for Python's has a secret.
    """

    def __init__(self) -> None:
        self._given = Recent(span_s=SPAN_S, limit=MOST)

    def give(self, who: str, cursor: str, *, now: float) -> None:
        """``who`` was answered with ``cursor``."""
        self._given.note(_key(who, cursor), now=now)

    def take(self, who: str, cursor: str, *, now: float) -> bool:
        """Return whether ``who`` was given ``cursor`` and has not come back with it yet."""
        key = _key(who, cursor)
        is_given = self._given.has(key, now=now)
        self._given.forget(key)
        return is_given


def _key(who: str, cursor: str) -> str:
    return f"{who}:{hash(cursor):x}"
