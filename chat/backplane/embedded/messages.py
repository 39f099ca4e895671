"""Finds messages among the other entries of a log, thousands of which may be between two of them.

A row holds how many messages there were with it, so the end of a run of other entries is found by
bisection.
"""

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Iterator


def find(
    connection: sqlite3.Connection,
    room: str,
    *,
    after: int,
    before: int,
    is_forward: bool,
    step: int,
) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Yield the offset, stored body and reactions of each message between ``after`` and ``before``.

    The newest comes first, or with ``is_forward`` the oldest. ``step`` entries are read at a time.
    """
    query = (
        "SELECT e.offset, e.kind = 'message', e.messages, e.body, a.reactions FROM entries e"
        " LEFT JOIN amended a ON a.room = e.room AND a.offset = e.offset"
        " WHERE e.room = ? AND e.offset > ? AND e.offset < ?"
        f" ORDER BY e.offset {'ASC' if is_forward else 'DESC'} LIMIT ?"
    )

    def messages_by(offset: int) -> int:
        return count_by(connection, room, offset)

    while True:
        count = 0
        for row in connection.execute(query, (room, after, before, step)):
            count += 1
            offset, is_message, messages, body, reactions = row
            if is_message:
                yield offset, body, reactions
        if count < step:
            return
        if is_message:  # the last of this step
            after, before = (offset, before) if is_forward else (after, offset)
        elif is_forward:
            after = bisect_right(range(before), messages, lo=offset, key=messages_by) - 1
        else:
            before = bisect_left(range(offset), messages, key=messages_by) + 1


def count_by(connection: sqlite3.Connection, room: str, offset: int) -> int:
    """Return how many messages the room had with the entry at ``offset``; if it was trimmed, 0."""
    row = connection.execute(
        "SELECT messages FROM entries WHERE room = ? AND offset <= ? ORDER BY offset DESC LIMIT 1",
        (room, offset),
    ).fetchone()
    return 0 if row is None else int(row[0])
