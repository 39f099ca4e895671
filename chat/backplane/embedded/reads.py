"""Queries of the tables; each function is one query and sees one state of them."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from chat.backplane.embedded import bodies, messages
from chat.backplane.embedded.amendments import entries_of
from chat.backplane.records import SITE, History, Membership, Page, RoomInfo, cut_page
from chat.backplane.refusals import refused
from chat.errors import ResyncNeeded
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.rooms import LOBBY
from chat.rooms.amendments import Reactions, decode_reactions


def read(connection: sqlite3.Connection, room: str, since: Position, *, limit: int) -> Page:
    """Return the entries after ``since``; raise ResyncNeeded if a reader can't continue there."""
    top = position(connection, room)
    if since.epoch != top.epoch or since.offset > top.offset:
        raise ResyncNeeded
    if since.offset == top.offset:
        return Page((), False)
    rows = connection.execute(
        "SELECT offset, kind, body FROM entries WHERE room = ? AND offset > ?"
        " ORDER BY offset LIMIT ?",
        (room, since.offset, limit),
    )
    entries = cut_page(entries_of(room, top.epoch, rows))
    rows.close()  # the page may end before the last row
    if not entries or entries[0].position.offset != since.offset + 1:
        raise ResyncNeeded  # the next entry was trimmed
    return Page(entries, entries[-1].position.offset < top.offset)


def entry(connection: sqlite3.Connection, room: str, offset: int) -> Entry | None:
    rows = connection.execute(
        "SELECT offset, kind, body FROM entries WHERE room = ? AND offset = ?", (room, offset)
    )
    found = entries_of(room, position(connection, room).epoch, rows)
    return next(found, None)


def history(
    connection: sqlite3.Connection,
    room: str,
    *,
    before: int | None,
    after: int | None,
    limit: int,
    limit_bytes: int,
) -> History:
    epoch, top = position(connection, room)
    is_forward = before is None and after is not None
    # One message above the limit shows whether there are more.
    rows = messages.find(
        connection,
        room,
        after=after or 0,
        before=top + 1 if before is None else min(before, top + 1),
        is_forward=is_forward,
        step=limit + 1,
    )
    found: list[Entry] = []
    reactions: dict[int, Reactions] = {}
    size_bytes, more = 0, False
    for offset, stored, blob in rows:
        if len(found) == limit or size_bytes >= limit_bytes:
            more = True
            break
        body = bodies.unpack(stored)
        found.append(Entry(room, Position(epoch, offset), "message", body))
        size_bytes += len(body)
        if blob is not None:
            reactions[offset] = decode_reactions(blob)
            size_bytes += len(blob)
    return History(found if is_forward else found[::-1], reactions, more)


def rooms(connection: sqlite3.Connection) -> Sequence[RoomInfo]:
    """Return all logs, that of the site among them."""
    rows = connection.execute("SELECT room, epoch, top FROM rooms ORDER BY room")
    return [RoomInfo(room, Position(epoch, top)) for room, epoch, top in rows]


def unused(connection: sqlite3.Connection) -> Sequence[str]:
    """Return the rooms that never had a message and have no members."""
    silent = "SELECT room FROM rooms WHERE messages = 0 AND room NOT IN (?, ?)"
    if connection.execute(f"{silent} LIMIT 1", (LOBBY, SITE)).fetchone() is None:
        return []  # without going through all memberships
    rows = connection.execute(f"{silent} EXCEPT SELECT room FROM memberships", (LOBBY, SITE))
    return [room for (room,) in rows]


def memberships(connection: sqlite3.Connection, user: str) -> Sequence[Membership]:
    """Return the memberships of ``user``, the lobby first; without a marker, nothing is unread."""
    rows = connection.execute(
        "SELECT r.room, r.epoch, r.top, m.read_offset,"
        " r.messages - coalesce(m.read_messages, r.messages)"
        " FROM rooms r LEFT JOIN memberships m ON m.room = r.room AND m.user = :user"
        " WHERE r.room = :lobby OR r.room IN (SELECT room FROM memberships WHERE user = :user)"
        " ORDER BY r.room <> :lobby, r.room",
        {"user": user, "lobby": LOBBY},
    )
    return [
        Membership(room, Position(epoch, top), read_offset, unread)
        for room, epoch, top, read_offset, unread in rows
    ]


def member_since(connection: sqlite3.Connection, user: str, room: str) -> int | None:
    if room == LOBBY:
        return 0
    row = connection.execute(
        "SELECT coalesce(j.offset, 0) FROM memberships m"
        " LEFT JOIN joined j ON j.room = m.room AND j.user = m.user"
        " WHERE m.user = ? AND m.room = ?",
        (user, room),
    ).fetchone()
    return None if row is None else int(row[0])


def members(connection: sqlite3.Connection, room: str, *, after: str, limit: int) -> Sequence[str]:
    if room == LOBBY:
        return ()
    rows = connection.execute(
        "SELECT user FROM memberships WHERE room = ? AND user > ? ORDER BY user LIMIT ?",
        (room, after, limit),
    )
    return [user for (user,) in rows.fetchall()]


def member_counts(connection: sqlite3.Connection, rooms: Collection[str]) -> dict[str, int]:
    # Counted in an index, 1 ms for 20,000 members: a number that is kept would be one more thing to
    # change with each membership, and to be wrong after an interruption.
    count = "SELECT count(*) FROM memberships WHERE room = ?"
    counts = {room: int(connection.execute(count, (room,)).fetchone()[0]) for room in rooms}
    return counts | ({LOBBY: 0} if LOBBY in counts else {})


def positions(
    connection: sqlite3.Connection, rooms: Collection[str], known: Mapping[str, Position]
) -> dict[str, Position]:
    """Return the positions of those ``rooms`` that exist: as ``known``, else as stored.

    Another process may have made a room, as an import does, or appended to SITE.
    """
    found = {room: known[room] for room in rooms if room in known and room != SITE}
    if others := [room for room in rooms if room not in found]:
        marks = ", ".join("?" * len(others))
        query = f"SELECT room, epoch, top FROM rooms WHERE room IN ({marks})"
        found |= {room: Position(*row) for room, *row in connection.execute(query, others)}
    return found


def position(connection: sqlite3.Connection, room: str) -> Position:
    """Return the position of ``room``'s newest entry; raise Refused ``no_such_room``."""
    row = connection.execute("SELECT epoch, top FROM rooms WHERE room = ?", (room,)).fetchone()
    if row is None:
        raise refused(Code.NO_SUCH_ROOM, room)
    return Position(*row)
