"""Removes rooms with everything in them, run in the writer thread."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from chat.backplane.embedded import reads
from chat.backplane.embedded.keys import Keys
from chat.backplane.limits import PURGE_LIMIT

# The tables that hold what belongs to a room, besides its entries and keys.
_BESIDE: Final = ("amended", "unfolded", "memberships", "joined", "records", "rooms")


class Removed(NamedTuple):
    """The rooms that were removed."""

    rooms: Sequence[str]


def remove_unused(connection: sqlite3.Connection, keys: Keys, in_use: Collection[str]) -> Removed:
    """Remove up to PURGE_LIMIT rooms without messages and members, except those ``in_use``."""
    rooms = [room for room in reads.unused(connection) if room not in in_use][:PURGE_LIMIT]
    for room in rooms:
        connection.execute("DELETE FROM entries WHERE room = ?", (room,))
        _remove_rest(connection, keys, room)
    return Removed(rooms)


def remove_some(connection: sqlite3.Connection, keys: Keys, room: str) -> Removed | None:
    """Remove PURGE_LIMIT entries of ``room`` and, after its last, the room; None: there are more.

    Removing all at once would hold up the writer for seconds.
    """
    deleted = connection.execute(
        "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE room = ?"
        " ORDER BY offset LIMIT ?)",
        (room, PURGE_LIMIT),
    ).rowcount
    if deleted == PURGE_LIMIT:
        return None
    _remove_rest(connection, keys, room)
    return Removed([room])


def _remove_rest(connection: sqlite3.Connection, keys: Keys, room: str) -> None:
    keys.remove_room(connection, room)
    for table in _BESIDE:
        connection.execute(f"DELETE FROM {table} WHERE room = ?", (room,))
