"""Applies edits, deletions and reactions to their target messages.

A message's row holds its current form; ``amended`` holds its reactions and the offset of its newest
edit. A program of an earlier version writes only the entry, and a trigger records it in
``unfolded``: it is applied when this version starts.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from chat.backplane.embedded import bodies
from chat.errors import ChatError
from chat.protocol.cursor import Position
from chat.protocol.entries import (
    Body,
    DeletedBody,
    EditedBody,
    Entry,
    MessageBody,
    decode_body,
)
from chat.rooms.amendments import (
    Amendment,
    Standing,
    Unchanged,
    amended,
    decode_reactions,
    encode_reactions,
    has_text_of,
    in_current_form,
    is_amendment,
    no_message,
    superseded,
)

# How many entries ``fold`` reads and applies at a time.
BATCH: Final = 500


def apply(
    connection: sqlite3.Connection, room: str, position: Position, change: Amendment
) -> Sequence[Entry]:
    """Apply ``change``, whose own entry is at ``position``; return the entries it rewrites.

    Raises Unchanged, or an error of chat.rooms.amendments, before it writes anything.
    """
    target = change.target
    row = connection.execute(
        "SELECT e.kind, e.body, a.edit, a.reactions FROM entries e"
        " LEFT JOIN amended a ON a.room = e.room AND a.offset = e.offset"
        " WHERE e.room = ? AND e.offset = ?",
        (room, target),
    ).fetchone()
    body = None if row is None else _decode(row[0], row[1])
    if not isinstance(body, MessageBody):
        raise no_message(target, room)
    edit, before = row[2], decode_reactions(row[3])
    after = amended(Standing(body, before), change)
    rewritten = []
    if after.body is not body:
        rewritten.append(_rewrite(connection, room, position.epoch, target, after.body))
        if edit is not None and (entry := _remove_text(connection, room, position.epoch, edit)):
            rewritten.append(entry)
        edit = position.offset if isinstance(change, EditedBody) else None
    if isinstance(change, DeletedBody):
        connection.execute("DELETE FROM amended WHERE room = ? AND offset = ?", (room, target))
    else:
        connection.execute(
            "REPLACE INTO amended VALUES (?, ?, ?, ?)",
            (room, target, edit, encode_reactions(after.reactions) if after.reactions else None),
        )
    return rewritten


def fold(connection: sqlite3.Connection) -> int:
    """Apply the entries that ``unfolded`` lists; return how many they are.

    An edit that has no effect, or whose message no longer exists, only has its own text removed.
    """
    count = 0
    while rows := connection.execute(
        "SELECT u.room, u.offset, r.epoch, e.kind, e.body FROM unfolded u"
        " LEFT JOIN entries e ON e.room = u.room AND e.offset = u.offset"
        " LEFT JOIN rooms r ON r.room = u.room ORDER BY u.room, u.offset LIMIT ?",
        (BATCH,),
    ).fetchall():
        for room, offset, epoch, kind, stored in rows:
            change = None if kind is None else _decode(kind, stored)
            if is_amendment(change):
                _fold_one(connection, room, Position(epoch or "", offset), change)
            forget(connection, room, offset)
        count += len(rows)
    return count


def forget(connection: sqlite3.Connection, room: str, offset: int) -> None:
    """Record that the entry at ``offset`` has been applied."""
    connection.execute("DELETE FROM unfolded WHERE room = ? AND offset = ?", (room, offset))


def forget_room(connection: sqlite3.Connection, room: str) -> None:
    connection.execute("DELETE FROM unfolded WHERE room = ?", (room,))


def entries_of(room: str, epoch: str, rows: Iterator[tuple[int, str, bytes]]) -> Iterator[Entry]:
    return (
        Entry(room, Position(epoch, offset), kind, bodies.unpack(stored))
        for offset, kind, stored in rows
    )


def _fold_one(
    connection: sqlite3.Connection, room: str, position: Position, change: Amendment
) -> None:
    if isinstance(change, EditedBody) and change.superseded:
        return
    try:
        apply(connection, room, position, in_current_form(change))
    except (Unchanged, ChatError):
        if isinstance(change, EditedBody) and not _is_newest(connection, room, position, change):
            _remove_text(connection, room, position.epoch, position.offset)


def _is_newest(
    connection: sqlite3.Connection, room: str, position: Position, change: EditedBody
) -> bool:
    """Return whether the message's text is that of ``change``; if so, record it as the newest edit.

    This happens with a backup of a Redis into which a folded backup was restored. The next edit
    must know which edit's text it replaces.
    """
    row = connection.execute(
        "SELECT kind, body FROM entries WHERE room = ? AND offset = ?", (room, change.target)
    ).fetchone()
    if row is None or not has_text_of(_decode(*row), change):
        return False
    connection.execute(
        "INSERT INTO amended (room, offset, edit) VALUES (?, ?, ?)"
        " ON CONFLICT (room, offset) DO UPDATE SET edit = excluded.edit",
        (room, change.target, position.offset),
    )
    return True


def _remove_text(
    connection: sqlite3.Connection, room: str, epoch: str, offset: int
) -> Entry | None:
    row = connection.execute(
        "SELECT kind, body FROM entries WHERE room = ? AND offset = ?", (room, offset)
    ).fetchone()
    body = None if row is None else _decode(*row)
    if not isinstance(body, EditedBody):
        return None
    return _rewrite(connection, room, epoch, offset, superseded(body))


def _rewrite(
    connection: sqlite3.Connection, room: str, epoch: str, offset: int, body: Body
) -> Entry:
    connection.execute(
        "UPDATE entries SET body = ? WHERE room = ? AND offset = ?",
        (bodies.pack(body), room, offset),
    )
    return Entry(room, Position(epoch, offset), body.kind, body.encode())


def _decode(kind: str, stored: bytes) -> Body | None:
    return decode_body(kind, bodies.unpack(stored))
