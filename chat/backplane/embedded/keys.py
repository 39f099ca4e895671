"""Finds messages that are sent again with the same key, run in the writer thread.

Keys of different users are on different pages of the table ``keys``, and each commit writes whole
pages. So a new key is appended to ``recent_keys``, whose pages are in the order of time, and found
in memory; MOVE_AT keys are moved to ``keys`` together.
"""

import math
import sqlite3
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from chat.backplane.embedded import wanted
from chat.backplane.limits import DEDUPE_S, PURGE_LIMIT

Key = tuple[str, str, str]  # the user, the room, and what the client has called the message

# Moving as many takes a few milliseconds, for which other writes wait.
MOVE_AT: Final = 1024
# Before all keys, in their order.
_FIRST: Final[Key] = ("", "", "")


class Sent(NamedTuple):
    """A message that was stored: its offset, a hash of its content, and when, in s since 1970."""

    offset: int
    digest: bytes
    at: float


class Keys:
    """Holds what is in ``recent_keys``, which it reads first."""

    def __init__(self) -> None:
        self._recent: dict[Key, Sent] | None = None  # None: to be read
        self._purged_to = _FIRST

    def find(
        self, connection: sqlite3.Connection, keys: Collection[Key], now: float
    ) -> dict[Key, Sent]:
        """Return the messages that were sent with ``keys`` in the last DEDUPE_S."""
        recent = self._read(connection)
        columns = "user, room, key, offset, digest, at"
        rows = wanted.select(connection, columns, "keys", "user, room, key", keys)
        found = {(user, room, key): Sent(*sent) for user, room, key, *sent in rows}
        found |= {key: sent for key in keys if (sent := recent.get(key)) is not None}
        return {key: sent for key, sent in found.items() if sent.at > now - DEDUPE_S}

    def add(self, connection: sqlite3.Connection, new: Mapping[Key, Sent]) -> None:
        """Store the keys of new messages."""
        recent = self._read(connection)
        recent |= new
        connection.executemany(
            "INSERT INTO recent_keys VALUES (?, ?, ?, ?, ?, ?)",
            # Whole seconds take half the bytes.
            [(*key, sent.offset, sent.digest, math.ceil(sent.at)) for key, sent in new.items()],
        )
        if len(recent) >= MOVE_AT:
            self.move(connection)

    def move(self, connection: sqlite3.Connection) -> None:
        """Move all recent keys to ``keys``."""
        connection.execute(
            "REPLACE INTO keys SELECT user, room, key, offset, digest, at FROM recent_keys"
            " ORDER BY user, room, key, at"
        )
        connection.execute("DELETE FROM recent_keys")
        self._recent = {}

    def remove_room(self, connection: sqlite3.Connection, room: str) -> None:
        for table in ("keys", "recent_keys"):
            connection.execute(f"DELETE FROM {table} WHERE room = ?", (room,))
        self.forget()

    def purge(self, connection: sqlite3.Connection, *, now: float) -> bool:
        """Delete the expired ones of the next PURGE_LIMIT keys; return whether others follow.

        After the last ones it begins anew.
        """
        if self._purged_to == _FIRST:
            self.move(connection)
        begin = self._purged_to
        end = connection.execute(
            "SELECT user, room, key FROM keys WHERE (user, room, key) > (?, ?, ?)"
            " ORDER BY user, room, key LIMIT 1 OFFSET ?",
            (*begin, PURGE_LIMIT - 1),
        ).fetchone()
        bound = "" if end is None else " AND (user, room, key) <= (?, ?, ?)"
        connection.execute(
            f"DELETE FROM keys WHERE (user, room, key) > (?, ?, ?){bound} AND at <= ?",
            (*begin, *(end or ()), now - DEDUPE_S),
        )
        self._purged_to = end or _FIRST
        return end is not None

    def forget(self) -> None:
        """Read the table again before the next use: what was written is rolled back."""
        self._recent = None

    def _read(self, connection: sqlite3.Connection) -> dict[Key, Sent]:
        if self._recent is None:
            rows = connection.execute(
                "SELECT user, room, key, offset, digest, at FROM recent_keys ORDER BY rowid"
            )
            self._recent = {(user, room, key): Sent(*sent) for user, room, key, *sent in rows}
        return self._recent
