"""Backs up and restores the embedded store."""

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from chat.backplane.backup import Blocked, Key, Line, Member, Record, Room, Setting, Value
from chat.backplane.embedded import amendments, blocklist, bodies, schema, writes
from chat.backplane.records import SITE
from chat.backplane.values import is_lasting
from chat.errors import SettingsError
from chat.rooms import LOBBY
from chat.rooms.amendments import decode_reactions

# A restore writes here first, so that an interrupted one leaves no file that a server would open.
DRAFT: Final = "parley.sqlite3.restored"


def dump(path: Path) -> Iterator[Record]:
    """Yield the contents at one moment, even while a server writes. Raises SettingsError."""
    if not path.exists():
        raise SettingsError(f"DATA_DIR: there is no {path}; name the folder of a server.")
    schema.prepare(path)
    connection = schema.connect(path)
    try:
        connection.execute("BEGIN")  # a reader sees one snapshot to its end (sqlite.org/wal.html)
        for row in connection.execute(
            "SELECT m.user, m.room, read_offset, read_messages, j.offset FROM memberships m"
            " LEFT JOIN joined j ON j.room = m.room AND j.user = m.user ORDER BY m.user, m.room"
        ):
            yield Member(*row)
        rooms = connection.execute("SELECT room, top, messages FROM rooms ORDER BY room").fetchall()
        for room, top, messages in rooms:
            if room == SITE and not top:  # every store has one
                continue
            yield Room(room, top, messages, folded=True)
            entries = connection.execute(
                "SELECT e.offset, kind, messages, body, target, edit, reactions FROM entries e"
                " LEFT JOIN amended a ON a.room = e.room AND a.offset = e.offset"
                " WHERE e.room = ? ORDER BY e.offset",
                (room,),
            )
            for offset, kind, counted, stored, target, edit, blob in entries:
                reactions = list(decode_reactions(blob))
                body = msgspec.Raw(bodies.unpack(stored))
                yield Line(offset, kind, counted, body, target, edit, reactions)
            for key, value in connection.execute(
                "SELECT key, value FROM records WHERE room = ? ORDER BY key", (room,)
            ):
                yield Value(key, msgspec.Raw(value))
        for row in connection.execute(
            "SELECT user, room, key, offset, digest, at FROM keys UNION ALL"
            " SELECT user, room, key, offset, digest, at FROM recent_keys"
        ):
            yield Key(*row)
        for numbered in blocklist.since(connection, 0):
            yield Blocked(numbered.block)
        for row in connection.execute("SELECT family, key, value FROM named_values ORDER BY 1, 2"):
            if is_lasting(row[0]):
                yield Setting(*row)
    except sqlite3.Error as error:
        raise SettingsError(f"DATA_DIR: {path} can't be read ({error}).") from error
    finally:
        connection.close()


def entries(path: Path) -> int | None:
    """Return how many entries the store at ``path`` holds, or None if it can't be read."""
    if not path.exists():
        return 0
    try:
        connection = schema.connect(path)
        try:
            return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error:
        return None


def load(path: Path, records: Iterable[Record], *, kept: Path | None = None) -> None:
    """Replace the store at ``path``, which no process may have open; keep the old one as ``kept``.

    Each room gets a new epoch, so that a client that has seen more than the backup holds resyncs.
    Raises SettingsError; the old store is then unchanged.
    """
    draft = path.with_name(DRAFT)
    _remove(draft)
    schema.prepare(draft)
    connection = schema.connect(draft)
    try:
        connection.execute("BEGIN")
        put(connection, records)
        amendments.fold(connection)
        writes.ensure_room(connection, LOBBY)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise SettingsError(f"DATA_DIR: {draft} can't be written ({error}).") from error
    finally:
        connection.close()
    with suppress(sqlite3.Error):  # it may be damaged, which may be why it is replaced
        schema.connect(path).close()  # closing moves the write-ahead log into the file itself
    if kept is not None and path.exists():
        for suffix in ("", *schema.BESIDE):  # a damaged store may still need the files beside it
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(kept.with_name(kept.name + suffix))
    _remove(path, only_beside=True)
    draft.rename(path)
    _remove(draft, only_beside=True)


def put(connection: sqlite3.Connection, records: Iterable[Record]) -> None:
    """Put ``records`` into a store that has none of their rooms. Raises sqlite3.Error."""
    room, is_folded = "", False
    for record in records:
        match record:
            case Room():
                if is_folded:
                    amendments.forget_room(connection, room)
                room, is_folded = record.room, record.folded
                connection.execute(
                    "INSERT INTO rooms VALUES (?, ?, ?, ?)",
                    (room, secrets.token_hex(4), record.top, record.messages),
                )
            case Line():
                stored = bodies.pack_encoded(record.kind, bytes(record.body))
                row = (room, record.offset, record.kind, record.target, record.messages, stored)
                connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
                if record.edit is not None or record.reactions:
                    blob = msgspec.json.encode(record.reactions) if record.reactions else None
                    amendment = (room, record.offset, record.edit, blob)
                    connection.execute("INSERT INTO amended VALUES (?, ?, ?, ?)", amendment)
            case Member():  # a dump of Redis uses SCAN, which may return members and keys twice
                *member, since = msgspec.structs.astuple(record)
                connection.execute("REPLACE INTO memberships VALUES (?, ?, ?, ?)", member)
                if since is not None:
                    joined = (record.room, record.user, since)
                    connection.execute("REPLACE INTO joined VALUES (?, ?, ?)", joined)
            case Value():
                value = (room, record.key, bytes(record.value))
                connection.execute("REPLACE INTO records VALUES (?, ?, ?)", value)
            case Key():
                key = msgspec.structs.astuple(record)
                connection.execute("REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?)", key)
            case Blocked():
                blocklist.put(connection, record.block)
            case Setting():
                setting = msgspec.structs.astuple(record)
                connection.execute("REPLACE INTO named_values VALUES (?, ?, ?)", setting)
    if is_folded:
        amendments.forget_room(connection, room)


def _remove(path: Path, *, only_beside: bool = False) -> None:
    """Remove a store, or only the files beside it, which SQLite would apply to a new store."""
    for suffix in schema.BESIDE if only_beside else ("", *schema.BESIDE):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
