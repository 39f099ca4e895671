"""Appends messages of any users to any rooms together, run in the writer thread."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Final

from chat.backplane.embedded import bodies, trimming, wanted, writes
from chat.backplane.embedded.keys import Key, Keys, Sent
from chat.backplane.embedded.writes import Head, Stored
from chat.backplane.records import Appended, Draft
from chat.backplane.refusals import refused
from chat.clock import Clock
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry

# A statement has at most 32,766 parameters (sqlite.org/limits.html), and a key is three.
_AT_ONCE: Final = 1024


def is_plain(draft: Draft) -> bool:
    """Return whether ``draft`` is a message that needs nothing but its room and its author."""
    return draft.key is not None and draft.body.kind == "message" and not draft.changes


class Together:
    """Appends plain drafts; ``keep`` is how many messages logs keep (None: all)."""

    def __init__(self, keys: Keys, clock: Clock, keep: int | None) -> None:
        self._keys = keys
        self._clock = clock
        self._keep = keep

    def append_all(
        self, connection: sqlite3.Connection, drafts: Sequence[Draft]
    ) -> list[Stored | Refused]:
        """Append ``drafts``, each as ``writes.append`` does; return what became of each."""
        results: list[Stored | Refused] = []
        for begin in range(0, len(drafts), _AT_ONCE):
            some, now = drafts[begin : begin + _AT_ONCE], self._clock.time()
            results += _append_some(connection, self._keys, some, now=now, keep=self._keep)
        return results


def _append_some(
    connection: sqlite3.Connection,
    keys: Keys,
    drafts: Sequence[Draft],
    *,
    now: float,
    keep: int | None,
) -> list[Stored | Refused]:
    """Append ``drafts`` with one statement for each table."""
    heads = _heads(connection, {(draft.room,) for draft in drafts})
    members = _members(connection, {(draft.user, draft.room) for draft in drafts})
    known = keys.find(connection, [_key(draft) for draft in drafts], now)
    results: list[Stored | Refused] = []
    new: dict[Key, Sent] = {}
    entries: list[tuple[str, int, str, int, bytes]] = []
    markers: dict[tuple[str, str], tuple[int, int]] = {}
    for draft in drafts:
        room, user, key = draft.room, draft.user, _key(draft)
        head = heads.get(room)
        if head is None:
            results.append(refused(Code.NO_SUCH_ROOM, room))
        elif (earlier := new.get(key) or known.get(key)) is not None:
            results.append(_same(draft, head, earlier))
        elif not (draft.is_open or (user, room) in members or writes.is_everybodys(room)):
            results.append(refused(Code.NOT_MEMBER, room))
        else:
            epoch, top, messages = head.epoch, head.top + 1, head.messages + 1
            heads[room] = Head(epoch, top, messages)
            entry = Entry(room, Position(epoch, top), draft.body.kind, draft.body.encode())
            entries.append((room, top, entry.kind, messages, bodies.pack(draft.body)))
            new[key] = Sent(top, draft.digest, now)
            if not draft.is_open:  # as in ``append``
                markers[user, room] = top, messages
            results.append(Stored(Appended(entry.position, True), entry, user))
    if not entries:
        return results
    connection.executemany("INSERT INTO entries VALUES (?, ?, ?, NULL, ?, ?)", entries)
    connection.executemany(
        "UPDATE rooms SET top = ?, messages = ? WHERE room = ?",
        [(heads[room].top, heads[room].messages, room) for room in {entry[0] for entry in entries}],
    )
    writes.move_markers(connection, [(*whose, *place) for whose, place in markers.items()])
    keys.add(connection, new)
    for room, top, _, messages, _ in entries:
        trimming.trim(connection, room, top, messages, keep)
    return results


def _key(draft: Draft) -> Key:
    return draft.user, draft.room, draft.key or ""  # a message has one


def _same(draft: Draft, head: Head, earlier: Sent) -> Stored | Refused:
    try:
        return writes.same(draft, head, earlier)
    except Refused as refusal:
        return refusal


def _heads(connection: sqlite3.Connection, rooms: Collection[tuple[str]]) -> dict[str, Head]:
    rows = wanted.select(connection, "room, epoch, top, messages", "rooms", "room", rooms)
    return {room: Head(epoch, top, messages) for room, epoch, top, messages in rows}


def _members(
    connection: sqlite3.Connection, asked: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Return those of the users and rooms that are memberships."""
    return {*wanted.select(connection, "user, room", "memberships", "user, room", asked)}
