"""Changes of the search index, run in its writer's thread, each in a transaction of the caller.

Words are in FTS5 tables of at most SHARD_MESSAGES messages each, the shards. FTS5 keeps removed
words until it merges what it has, and merging a table of a million messages takes seconds; a shard
takes a tenth of one. What is stored are words as chat.rooms.words makes them, joined by blanks, so
that FTS5 has nothing to decide: its tokenizer ``ascii`` splits at blanks only.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final

from chat.followers.search.rows import Room, Row, id_of, room_of, row_of
from chat.protocol.cursor import Position
from chat.protocol.entries import Body, DeletedBody, EditedBody, Entry, MessageBody

SHARD_MESSAGES: Final = 50_000
# The messages of a room that is gone, removed in one step.
REMOVE_BATCH: Final = 500
# The kinds of entries that change the index.
_KINDS: Final = frozenset({MessageBody.kind, EditedBody.kind, DeletedBody.kind})

_Said = tuple[int, Body]  # an entry's offset, and its body
_Message = tuple[Room, int, MessageBody]  # its room, its offset, and its body


def cursor(connection: sqlite3.Connection) -> dict[str, Position]:
    rows = connection.execute("SELECT room, epoch, offset FROM rooms WHERE room IS NOT NULL")
    return {room: Position(epoch, offset) for room, epoch, offset in rows}


def loading(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the rooms that are not yet loaded, and the offset before which they are not."""
    rows = connection.execute("SELECT room, before FROM rooms WHERE before > 0 AND room NOT NULL")
    return {room: before for room, before in rows}


def restart(connection: sqlite3.Connection, room: str, top: Position) -> None:
    """Begin ``room`` anew: its messages are to be loaded, and its entries read from ``top`` on."""
    forget(connection, room)
    connection.execute(
        "INSERT INTO rooms (room, epoch, offset, before) VALUES (?, ?, ?, ?)",
        (room, *top, top.offset + 1),
    )


def forget(connection: sqlite3.Connection, room: str) -> None:
    """Have nothing more of ``room`` found; ``remove_some`` removes it."""
    connection.execute("UPDATE rooms SET room = NULL, before = 0 WHERE room = ?", (room,))


def handle(connection: sqlite3.Connection, pages: Mapping[str, Sequence[Entry]]) -> None:
    """Apply the entries of each room, and move its cursor to the last of them."""
    rooms = {name: _room(connection, name) for name in pages}
    bodies = {name: _bodies(entries) for name, entries in pages.items()}
    _put_all(connection, [(rooms[name], said) for name, said in bodies.items()])
    for name, said in bodies.items():
        for _, body in said:
            if isinstance(body, EditedBody) and not body.superseded:
                _replace(connection, rooms[name], body)
            elif isinstance(body, DeletedBody):
                _remove(connection, rooms[name], body.target)
    connection.executemany(
        "UPDATE rooms SET offset = ? WHERE number = ?",
        [(entries[-1].position.offset, rooms[name].number) for name, entries in pages.items()],
    )


def load(connection: sqlite3.Connection, name: str, messages: Sequence[Entry], before: int) -> None:
    """Add ``messages``, in their current form, of a room that is loaded from ``before`` on now."""
    room = _room(connection, name)
    _put_all(connection, [(room, _bodies(messages))])
    connection.execute("UPDATE rooms SET before = ? WHERE number = ?", (before, room.number))


def trim(connection: sqlite3.Connection, room: str, oldest: int) -> bool:
    """Remove some of the messages before ``oldest``, which are kept no longer; True: maybe all."""
    number = _room(connection, room).number
    return _remove_rows(connection, "room = ? AND offset < ?", number, oldest)


def remove_some(connection: sqlite3.Connection) -> bool:
    """Remove some messages of rooms that are gone; return whether there may be more."""
    row = connection.execute("SELECT number FROM rooms WHERE room IS NULL LIMIT 1").fetchone()
    if row is None:
        return False
    if _remove_rows(connection, "room = ?", *row):
        connection.execute("DELETE FROM rooms WHERE number = ?", row)
    return True


def erase_some(connection: sqlite3.Connection) -> bool:
    """Merge one shard, which erases removed words; return whether there was one to merge."""
    row = connection.execute(
        "SELECT number, messages FROM shards WHERE is_dirty ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return False
    number, messages = row
    if messages:
        connection.execute(f"INSERT INTO words{number} (words{number}) VALUES ('optimize')")
        connection.execute("UPDATE shards SET is_dirty = 0 WHERE number = ?", (number,))
    else:
        connection.execute(f"DROP TABLE words{number}")
        connection.execute("DELETE FROM shards WHERE number = ?", (number,))
    return True


def _room(connection: sqlite3.Connection, name: str) -> Room:
    row = connection.execute("SELECT number FROM rooms WHERE room = ?", (name,)).fetchone()
    return room_of(name, int(row[0]))


def _bodies(entries: Sequence[Entry]) -> list[_Said]:
    return [
        (entry.position.offset, body)
        for entry in entries
        if entry.kind in _KINDS and (body := entry.decode()) is not None
    ]


def _put_all(connection: sqlite3.Connection, said: Sequence[tuple[Room, Sequence[_Said]]]) -> None:
    """Add the messages in ``said``; of those that are known, put the text in its place."""
    shard = _shard(connection)
    messages = [
        (room, offset, body)
        for room, of_room in said
        for offset, body in of_room
        if isinstance(body, MessageBody)
    ]
    for room, offset, body in messages:
        if body.deleted:
            _remove(connection, room, offset)
    kept = [one for one in messages if not one[2].deleted]
    words = [
        row_of(room, id_, body)
        for (room, _, body), id_ in zip(kept, _add_all(connection, shard, kept), strict=True)
        if id_ is not None
    ]
    _write(connection, shard, words)
    connection.execute(
        "UPDATE shards SET messages = messages + ? WHERE number = ?", (len(words), shard)
    )


def _add_all(
    connection: sqlite3.Connection, shard: int, messages: Sequence[_Message]
) -> Sequence[int | None]:
    """Return the id of each message whose words are to be written; None of those that are known."""
    ids = [id_of(room, offset, body.time) for room, offset, body in messages]
    connection.execute("SAVEPOINT before")
    try:
        connection.executemany(
            "INSERT INTO messages VALUES (?, ?, ?, ?)",
            [
                (id_, room.number, offset, shard)
                for (room, offset, _), id_ in zip(messages, ids, strict=True)
            ],
        )
        return ids
    except sqlite3.IntegrityError:  # not all are new, or two have one id: rare
        connection.execute("ROLLBACK TO before")
        return [_add(connection, shard, *one) for one in messages]
    finally:
        connection.execute("RELEASE before")


def _add(
    connection: sqlite3.Connection, shard: int, room: Room, offset: int, body: MessageBody
) -> int | None:
    """Return the id of a new message, whose words are to be written; None if it is known."""
    for id_ in count(id_of(room, offset, body.time)):
        row = id_, room.number, offset, shard
        if connection.execute("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?)", row).rowcount:
            break
        if (known := _find(connection, room, offset)) is not None:
            _rewrite(connection, room, known, body)
            return None
    return id_


def _replace(connection: sqlite3.Connection, room: Room, body: EditedBody) -> None:
    # A message that is not there is yet to be loaded, and then in its new form; or it is deleted.
    if (known := _find(connection, room, body.target)) is not None:
        _rewrite(connection, room, known, body)


def _rewrite(
    connection: sqlite3.Connection,
    room: Room,
    known: tuple[int, int],
    body: MessageBody | EditedBody,
) -> None:
    id_, shard = known
    connection.execute(f"DELETE FROM words{shard} WHERE rowid = ?", (id_,))
    connection.execute("UPDATE shards SET is_dirty = 1 WHERE number = ?", (shard,))
    _write(connection, shard, [row_of(room, id_, body)])


def _write(connection: sqlite3.Connection, shard: int, words: Sequence[Row]) -> None:
    connection.executemany(
        f"INSERT INTO words{shard} (rowid, text, author, place) VALUES (?, ?, ?, ?)", words
    )


def _remove(connection: sqlite3.Connection, room: Room, offset: int) -> None:
    _remove_rows(connection, "room = ? AND offset = ?", room.number, offset)


def _remove_rows(connection: sqlite3.Connection, which: str, *values: int) -> bool:
    """Remove up to REMOVE_BATCH messages; return whether these were all."""
    rows = connection.execute(
        f"SELECT id, shard FROM messages WHERE {which} LIMIT {REMOVE_BATCH}", values
    ).fetchall()
    for id_, shard in rows:
        connection.execute(f"DELETE FROM words{shard} WHERE rowid = ?", (id_,))
        connection.execute("DELETE FROM messages WHERE id = ?", (id_,))
        connection.execute(
            "UPDATE shards SET messages = messages - 1, is_dirty = 1 WHERE number = ?", (shard,)
        )
    return len(rows) < REMOVE_BATCH


def _find(connection: sqlite3.Connection, room: Room, offset: int) -> tuple[int, int] | None:
    row: tuple[int, int] | None = connection.execute(
        "SELECT id, shard FROM messages WHERE room = ? AND offset = ?", (room.number, offset)
    ).fetchone()
    return row


def _shard(connection: sqlite3.Connection) -> int:
    """Return the shard for the next messages; begin one if the last is full."""
    row = connection.execute(
        "SELECT number, messages FROM shards ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if row is not None and row[1] < SHARD_MESSAGES:
        return int(row[0])
    number = 1 if row is None else int(row[0]) + 1
    # What is not written to any more is searched faster when it is merged.
    connection.execute("UPDATE shards SET is_dirty = 1 WHERE number = ?", (number - 1,))
    connection.execute("INSERT INTO shards VALUES (?, 0, 0)", (number,))
    connection.execute(
        f"CREATE VIRTUAL TABLE words{number} USING fts5(text, author, place, tokenize = 'ascii')"
    )
    return number
