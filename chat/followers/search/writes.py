"""Changes of the search index, run in its writer's thread, each in a transaction of the caller.

Words are in FTS5 tables of at most SHARD_MESSAGES messages each, the shards. FTS5 keeps removed
words until it merges what it has, and merging a table of a million messages takes seconds; a shard
takes a tenth of one. What is stored are words as chat.rooms.words makes them, joined by blanks, so
that FTS5 has nothing to decide: its tokenizer ``ascii`` splits at blanks only.
"""

import sqlite3
import zlib
from collections.abc import Sequence
from itertools import count
from typing import Final

from chat.protocol.cursor import Position
from chat.protocol.entries import Body, DeletedBody, EditedBody, Entry, MessageBody
from chat.rooms.access import Access, access_of
from chat.rooms.in_words import in_words
from chat.rooms.search_query import moment_ms
from chat.rooms.words import words_of

SHARD_MESSAGES: Final = 50_000
# The messages of a room that is gone, removed in one step.
REMOVE_BATCH: Final = 500
# An id has the time in milliseconds in its upper bits. The rest tells those of one millisecond
# apart, by their places rather than by their number, which would tell of others' messages.
PLACE_BITS: Final = 20
_OFFSET_BITS: Final = 10
# The word of all rooms that everybody may find; each room has its own word, too.
PUBLIC: Final = "public"


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


def handle(connection: sqlite3.Connection, room: str, entries: Sequence[Entry]) -> None:
    """Apply ``entries``, and move the cursor to the last of them."""
    number = _number(connection, room)
    _put_all(connection, room, number, entries)
    for entry in entries:
        body = entry.decode()
        if isinstance(body, EditedBody) and not body.superseded:
            _replace(connection, room, number, body)
        elif isinstance(body, DeletedBody):
            _remove(connection, number, body.target)
    connection.execute(
        "UPDATE rooms SET offset = ? WHERE number = ?", (entries[-1].position.offset, number)
    )


def load(connection: sqlite3.Connection, room: str, messages: Sequence[Entry], before: int) -> None:
    """Add ``messages``, in their current form, of a room that is loaded from ``before`` on now."""
    number = _number(connection, room)
    _put_all(connection, room, number, messages)
    connection.execute("UPDATE rooms SET before = ? WHERE number = ?", (before, number))


def trim(connection: sqlite3.Connection, room: str, oldest: int) -> bool:
    """Remove some of the messages before ``oldest``, which are kept no longer; True: maybe all."""
    number = _number(connection, room)
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


def _number(connection: sqlite3.Connection, room: str) -> int:
    row = connection.execute("SELECT number FROM rooms WHERE room = ?", (room,)).fetchone()
    return int(row[0])


def _put_all(
    connection: sqlite3.Connection, room: str, number: int, entries: Sequence[Entry]
) -> None:
    """Add the messages among ``entries``; of those that are known, put the text in its place."""
    shard, added = _shard(connection), 0
    for entry in entries:
        body = entry.decode() if entry.kind == MessageBody.kind else None
        if isinstance(body, MessageBody):
            added += _put(connection, room, number, shard, entry.position.offset, body)
    connection.execute("UPDATE shards SET messages = messages + ? WHERE number = ?", (added, shard))


def _put(
    connection: sqlite3.Connection,
    room: str,
    number: int,
    shard: int,
    offset: int,
    body: MessageBody,
) -> bool:
    """Add a message; return whether it is new."""
    if body.deleted:
        _remove(connection, number, offset)
        return False
    for id_ in count(_id(body.time, number, offset)):
        row = id_, number, offset, shard
        if connection.execute("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?)", row).rowcount:
            break
        if (known := _find(connection, number, offset)) is not None:
            _rewrite(connection, room, number, known, body)
            return False
    _write(connection, room, number, (id_, shard), body)
    return True


def _replace(connection: sqlite3.Connection, room: str, number: int, body: EditedBody) -> None:
    # A message that is not there is yet to be loaded, and then in its new form; or it is deleted.
    if (row := _find(connection, number, body.target)) is not None:
        _rewrite(connection, room, number, row, body)


def _rewrite(
    connection: sqlite3.Connection,
    room: str,
    number: int,
    row: tuple[int, int],
    body: MessageBody | EditedBody,
) -> None:
    id_, shard = row
    connection.execute(f"DELETE FROM words{shard} WHERE rowid = ?", (id_,))
    connection.execute("UPDATE shards SET is_dirty = 1 WHERE number = ?", (shard,))
    _write(connection, room, number, row, body)


def _write(
    connection: sqlite3.Connection,
    room: str,
    number: int,
    row: tuple[int, int],
    body: MessageBody | EditedBody,
) -> None:
    id_, shard = row
    connection.execute(
        f"INSERT INTO words{shard} (rowid, text, author, place) VALUES (?, ?, ?, ?)",
        (id_, _words(in_words(body.text, body.files)), _author(body), place_of(room, number)),
    )


def _remove(connection: sqlite3.Connection, number: int, offset: int) -> None:
    _remove_rows(connection, "room = ? AND offset = ?", number, offset)


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


def _find(connection: sqlite3.Connection, number: int, offset: int) -> tuple[int, int] | None:
    row: tuple[int, int] | None = connection.execute(
        "SELECT id, shard FROM messages WHERE room = ? AND offset = ?", (number, offset)
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


def _id(time: str, number: int, offset: int) -> int:
    try:
        ms = max(0, moment_ms(time))
    except (ValueError, OverflowError):
        ms = 0
    # Those that were sent together have one time: in a room they stand in their order.
    of_room = zlib.crc32(b"%d" % number) & ((1 << PLACE_BITS - _OFFSET_BITS) - 1)
    of_offset = offset & ((1 << _OFFSET_BITS) - 1)
    return ms << PLACE_BITS | of_room << _OFFSET_BITS | of_offset


def _words(text: str) -> str:
    return " ".join(word.word for word in words_of(text))


def _author(body: Body) -> str:
    return f"{_words(body.name)} {user_word(body.user)}"


def user_word(user: str) -> str:
    """Return the one word of a user's id."""
    return "id" + "".join(filter(str.isalnum, user))


def place_of(room: str, number: int) -> str:
    """Return the words of the place: that of the room and, if everybody may find it, PUBLIC."""
    own = f"r{number}"
    return f"{own} {PUBLIC}" if access_of(room) is Access.PUBLIC else own
