"""Adds whole rooms to the store of a server that may be running."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from chat.backplane.backup import Line, Member, Room, Value
from chat.backplane.embedded import backup, schema
from chat.errors import SettingsError


def add_room(
    path: Path, room: Room, records: Iterable[Line | Value], members: Iterable[Member]
) -> bool:
    """Add a room with its ``members``, in one transaction; return False if it is there already.

    A server that runs can't write meanwhile, some seconds for a million entries. Raises
    SettingsError; nothing is stored then.
    """
    schema.prepare(path)
    connection = schema.connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        known = connection.execute("SELECT 1 FROM rooms WHERE room = ?", (room.room,)).fetchone()
        if known is None:
            backup.put(connection, (room, *records, *members))
        connection.execute("COMMIT")
        return known is None
    except sqlite3.Error as error:
        raise SettingsError(f"DATA_DIR: {room.room} can't be stored ({error}).") from error
    finally:
        connection.close()  # what was not committed is undone
