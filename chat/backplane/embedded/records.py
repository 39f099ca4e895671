"""The records of each log, in their table."""

import sqlite3
from collections.abc import Collection, Sequence

from chat.backplane.records import OFFSET, Change
from chat.backplane.refusals import conflict


def find(connection: sqlite3.Connection, room: str, keys: Collection[str]) -> dict[str, bytes]:
    marks = ", ".join("?" * len(keys))
    rows = connection.execute(
        f"SELECT key, value FROM records WHERE room = ? AND key IN ({marks})", (room, *keys)
    )
    return dict(rows.fetchall())


def scan(
    connection: sqlite3.Connection, room: str, prefix: str, *, after: str, limit: int
) -> Sequence[tuple[str, bytes]]:
    rows = connection.execute(
        "SELECT key, value FROM records WHERE room = ? AND key >= ? AND key > ?"
        " ORDER BY key LIMIT ?",
        (room, prefix, after, limit),
    )
    # Keys are in the order of their bytes: those with the prefix follow each other.
    return [(key, value) for key, value in rows.fetchall() if key.startswith(prefix)]


def check(connection: sqlite3.Connection, room: str, changes: Sequence[Change]) -> None:
    """Raise Conflict if a record is not what ``changes`` expect."""
    if changes:
        now = find(connection, room, [change.key for change in changes])
        if any(now.get(change.key) != change.old for change in changes):
            raise conflict()


def apply(
    connection: sqlite3.Connection, room: str, changes: Sequence[Change], offset: int
) -> None:
    """Make ``changes``, which were checked in this transaction, with the entry at ``offset``."""
    for change in changes:
        if change.new is None:
            connection.execute("DELETE FROM records WHERE room = ? AND key = ?", (room, change.key))
        else:
            new = b"%d" % offset if change.new == OFFSET else change.new
            connection.execute("REPLACE INTO records VALUES (?, ?, ?)", (room, change.key, new))
