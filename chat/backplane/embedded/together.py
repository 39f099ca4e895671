"""Appends the messages that a client has sent ahead, run in the writer thread."""

import sqlite3
from collections.abc import Sequence
from itertools import groupby

from chat.backplane.embedded import trimming, writes
from chat.backplane.embedded.keys import Keys, Sent
from chat.backplane.embedded.writes import Head, Stored
from chat.backplane.records import Appended, Draft
from chat.backplane.refusals import refused
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry


def append_all(
    connection: sqlite3.Connection,
    keys: Keys,
    drafts: Sequence[Draft],
    *,
    now: float,
    keep: int | None,
) -> list[Stored | Refused]:
    """Append ``drafts`` of messages, each as ``append`` does; return what became of each."""
    results: list[Stored | Refused] = []
    for (room, user), group in groupby(drafts, lambda draft: (draft.room, draft.user)):
        run = [*group]
        try:
            head = writes.head_of(connection, room)
        except Refused as refusal:
            results += [refusal] * len(run)
        else:
            results += _append_run(connection, keys, user, head, run, now=now, keep=keep)
    return results


def _append_run(
    connection: sqlite3.Connection,
    keys: Keys,
    user: str,
    head: Head,
    drafts: Sequence[Draft],
    *,
    now: float,
    keep: int | None,
) -> list[Stored | Refused]:
    """Append messages of one user to one room, with one statement for each table."""
    room = drafts[0].room
    known = keys.find(connection, user, room, [draft.key or "" for draft in drafts], now)
    new: dict[str, Sent] = {}
    is_member = writes.is_member(connection, user, room)
    results: list[Stored | Refused] = []
    stored: list[Entry] = []
    for draft in drafts:
        key = draft.key or ""  # a message has one
        if (earlier := known.get(key) or new.get(key)) is not None:
            try:
                results.append(writes.same(draft, head, earlier))
            except Refused as refusal:
                results.append(refusal)
        elif not (is_member or draft.is_open):
            results.append(refused(Code.NOT_MEMBER, room))
        else:
            position = Position(head.epoch, head.top + len(stored) + 1)
            entry = Entry(room, position, draft.body.kind, draft.body.encode())
            new[key] = Sent(position.offset, draft.digest, now)
            stored.append(entry)
            results.append(Stored(Appended(position, True), entry, user))
    if not stored:
        return results
    connection.executemany(
        "INSERT INTO entries VALUES (?, ?, ?, NULL, ?, ?)",
        [
            (room, entry.position.offset, entry.kind, head.messages + number, entry.body)
            for number, entry in enumerate(stored, 1)
        ],
    )
    keys.add(connection, user, room, new.items())
    top, messages = head.top + len(stored), head.messages + len(stored)
    connection.execute(
        "UPDATE rooms SET top = ?, messages = ? WHERE room = ?", (top, messages, room)
    )
    if is_member:  # who has a marker is one
        writes.move_marker(connection, user, room, top, messages)
    for number in range(1, len(stored) + 1):
        trimming.trim(connection, room, head.top + number, head.messages + number, keep)
    return results
