"""Changes of the tables, run in the writer thread; each change is one call in one transaction.

A change checks everything that may refuse it before it writes anything: the writer relies on that.
"""

import secrets
import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from chat.backplane.embedded import amendments, bodies, messages, records, trimming
from chat.backplane.embedded.keys import Keys, Sent
from chat.backplane.records import SITE, Appended, Draft
from chat.backplane.refusals import refused
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.pushes import Read
from chat.rooms import LOBBY
from chat.rooms.amendments import Unchanged, is_amendment

# No real room can have this name.
_PROBE_ROOM: Final = "!probe"
# A message of 4,000 usual characters is about 10 KB if it is stored as HTML, too.
_PROBE_BYTES: Final = 16 << 10


class Stored(NamedTuple):
    """An append's answer, and the entry to publish if one was stored."""

    answer: Appended
    entry: Entry | None
    user: str
    rewritten: Sequence[Entry] = ()  # the entries from which it removed text


class Marked(NamedTuple):
    """A moved read marker to push to the user's sessions; None if it did not move."""

    user: str
    read: Read | None


class Head(NamedTuple):
    epoch: str
    top: int
    messages: int


def ensure_room(connection: sqlite3.Connection, room: str) -> Position:
    """Return the position of ``room``'s newest entry; create the room if it is missing."""
    connection.execute(
        "INSERT OR IGNORE INTO rooms VALUES (?, ?, 0, 0)", (room, secrets.token_hex(4))
    )
    found = head_of(connection, room)
    return Position(found.epoch, found.top)


def append(
    connection: sqlite3.Connection, keys: Keys, draft: Draft, *, now: float, keep: int | None
) -> Stored:
    """Append ``draft`` if its author may; keep the ``keep`` newest messages (None: all)."""
    room = head_of(connection, draft.room)
    if draft.key is not None:  # before all other checks: a retry must get the same answer
        key = (draft.user, draft.room, draft.key)
        earlier = keys.find(connection, [key], now)
        if key in earlier:
            return same(draft, room, earlier[key])
    if not draft.is_open and not is_member(connection, draft.user, draft.room):
        raise refused(Code.NOT_MEMBER, draft.room)
    records.check(connection, draft.room, draft.changes)
    rewritten: Sequence[Entry] = ()
    if is_amendment(draft.body):
        position = Position(room.epoch, room.top + 1)
        try:
            rewritten = amendments.apply(connection, draft.room, position, draft.body)
        except Unchanged:
            return Stored(Appended(Position(room.epoch, room.top), False), None, draft.user)
    stored = _store(connection, draft, room, keep=keep)._replace(rewritten=rewritten)
    if draft.key is not None:
        offset, read_messages = stored.answer.position.offset, room.messages + _counts(draft)
        # An author has read all earlier messages, so their own never count as unread. Who has a
        # marker is a member.
        if not draft.is_open:
            move_marker(connection, draft.user, draft.room, offset, read_messages)
        keys.add(connection, {key: Sent(offset, draft.digest, now)})
    return stored


def join(connection: sqlite3.Connection, draft: Draft, *, keep: int | None) -> Stored:
    """Make ``draft.user`` a member of ``draft.room``; all earlier messages count as read."""
    # A refused join must not leave a new room behind.
    if connection.execute("SELECT 1 FROM rooms WHERE room = ?", (draft.room,)).fetchone() is None:
        records.check(connection, draft.room, draft.changes)
    ensure_room(connection, draft.room)
    room = head_of(connection, draft.room)
    if is_member(connection, draft.user, draft.room):
        return Stored(Appended(Position(room.epoch, room.top), False), None, draft.user)
    records.check(connection, draft.room, draft.changes)
    stored = _store(connection, draft, room, keep=keep)
    offset = stored.answer.position.offset
    connection.execute(
        "INSERT INTO memberships VALUES (?, ?, ?, ?)",
        (draft.user, draft.room, offset, room.messages),
    )
    connection.execute("REPLACE INTO joined VALUES (?, ?, ?)", (draft.room, draft.user, offset))
    return stored


def leave(connection: sqlite3.Connection, draft: Draft, *, keep: int | None) -> Stored:
    """End a membership; the lobby can't be left."""
    room = head_of(connection, draft.room)
    if draft.room == LOBBY:
        raise refused(Code.FORBIDDEN, LOBBY)
    if not is_member(connection, draft.user, draft.room):
        raise refused(Code.NOT_MEMBER, draft.room)
    records.check(connection, draft.room, draft.changes)
    stored = _store(connection, draft, room, keep=keep)
    for table in ("memberships", "joined"):
        connection.execute(
            f"DELETE FROM {table} WHERE user = ? AND room = ?", (draft.user, draft.room)
        )
    return stored


def mark_read(connection: sqlite3.Connection, user: str, room: str, offset: int) -> Marked:
    """Move a read marker forward, to ``offset`` or the top."""
    found = head_of(connection, room)
    if not is_member(connection, user, room):
        raise refused(Code.NOT_MEMBER, room)
    offset = min(offset, found.top)
    read_messages = messages.count_by(connection, room, offset)  # trimmed ones count as unread
    if not move_marker(connection, user, room, offset, read_messages):
        return Marked(user, None)
    return Marked(user, Read(room=room, offset=offset, unread=found.messages - read_messages))


def probe(connection: sqlite3.Connection) -> None:
    """Store as much as a long message takes, and delete it again."""
    connection.execute(
        "INSERT INTO entries VALUES (?, 1, 'probe', NULL, 0, zeroblob(?))",
        (_PROBE_ROOM, _PROBE_BYTES),
    )
    connection.execute("DELETE FROM entries WHERE room = ?", (_PROBE_ROOM,))


def head_of(connection: sqlite3.Connection, room: str) -> Head:
    row = connection.execute(
        "SELECT epoch, top, messages FROM rooms WHERE room = ?", (room,)
    ).fetchone()
    if row is None:
        raise refused(Code.NO_SUCH_ROOM, room)
    return Head(*row)


def is_everybodys(room: str) -> bool:
    """Return whether everybody is in ``room``, without a membership that is stored."""
    return room in (LOBBY, SITE)


def is_member(connection: sqlite3.Connection, user: str, room: str) -> bool:
    if is_everybodys(room):
        return True
    row = connection.execute(
        "SELECT 1 FROM memberships WHERE user = ? AND room = ?", (user, room)
    ).fetchone()
    return row is not None


def move_marker(
    connection: sqlite3.Connection, user: str, room: str, offset: int, read_messages: int
) -> bool:
    """Move a read marker forward; return False if it was already at ``offset`` or beyond."""
    return move_markers(connection, [(user, room, offset, read_messages)]) > 0


def move_markers(
    connection: sqlite3.Connection, markers: Sequence[tuple[str, str, int, int]]
) -> int:
    """Move read markers forward; return how many were not yet there."""
    return connection.executemany(
        "INSERT INTO memberships VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET read_offset = excluded.read_offset, read_messages = excluded.read_messages"
        " WHERE read_offset < excluded.read_offset",
        markers,
    ).rowcount


def same(draft: Draft, room: Head, sent: Sent) -> Stored:
    if sent.digest != draft.digest:
        raise refused(Code.KEY_CONFLICT, draft.room)
    return Stored(Appended(Position(room.epoch, sent.offset), False), None, draft.user)


def _counts(draft: Draft) -> bool:
    """Return whether ``draft`` is a message, which counts as unread."""
    return draft.body.kind == "message"


def _store(connection: sqlite3.Connection, draft: Draft, room: Head, *, keep: int | None) -> Stored:
    kind, target = draft.body.kind, getattr(draft.body, "target", None)
    offset, messages = room.top + 1, room.messages + _counts(draft)
    entry = Entry(draft.room, Position(room.epoch, offset), kind, draft.body.encode())
    connection.execute(
        "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)",
        (draft.room, offset, kind, target, messages, bodies.pack(draft.body)),
    )
    if target is not None:
        amendments.forget(connection, draft.room, offset)  # ``append`` has just applied it
    records.apply(connection, draft.room, draft.changes, offset)
    connection.execute(
        "UPDATE rooms SET top = ?, messages = ? WHERE room = ?", (offset, messages, draft.room)
    )
    trimming.trim(connection, draft.room, offset, messages, keep)
    return Stored(Appended(entry.position, True), entry, draft.user)
