"""The embedded log's tables and how a connection is set up."""

import sqlite3
from pathlib import Path
from typing import Final

from chat.errors import SettingsError

VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE rooms (
    room TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    top INTEGER NOT NULL,       -- the newest entry's offset, 0 for none
    messages INTEGER NOT NULL   -- how many messages there ever were
) WITHOUT ROWID;
CREATE TABLE entries (
    room TEXT NOT NULL,
    offset INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target INTEGER,             -- the offset of the message it means, if it means one
    messages INTEGER NOT NULL,  -- how many messages there were with this entry
    body BLOB NOT NULL,
    PRIMARY KEY (room, offset)
);
CREATE INDEX entries_by_target ON entries (room, target) WHERE target IS NOT NULL;
CREATE INDEX entries_messages ON entries (room, offset) WHERE kind = 'message';
CREATE TABLE keys (
    user TEXT NOT NULL,
    room TEXT NOT NULL,
    key TEXT NOT NULL,
    offset INTEGER NOT NULL,
    digest BLOB NOT NULL,
    at REAL NOT NULL,           -- seconds since 1970
    PRIMARY KEY (user, room, key)
) WITHOUT ROWID;
CREATE INDEX keys_by_age ON keys (at);
CREATE TABLE memberships (      -- for the lobby: read markers only, everybody is in it
    user TEXT NOT NULL,
    room TEXT NOT NULL,
    read_offset INTEGER NOT NULL,
    read_messages INTEGER NOT NULL,
    PRIMARY KEY (user, room)
) WITHOUT ROWID;
"""


def connect(path: Path, *, busy_s: float = 5.0) -> sqlite3.Connection:
    """Open the log at ``path``; used from one thread at a time.

    ``busy_s`` is how long it waits for another's lock.

    WAL lets readers go on while the writer writes; FULL syncs at each commit, so that what
    was acknowledged outlives a loss of power (sqlite.org/pragma.html#pragma_synchronous).
    """
    connection = sqlite3.connect(
        path, timeout=busy_s, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def prepare(path: Path) -> None:
    """Make the tables at ``path`` if there are none; raise SettingsError if they don't fit."""
    try:
        connection = connect(path)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        connection.close()
    except sqlite3.Error as error:
        raise SettingsError(
            f"DATA_DIR: {path} can't be opened ({error}). Give Parley a folder that it may "
            "write to, or move the damaged file away."
        ) from error
    if version not in (0, VERSION):
        raise SettingsError(
            f"DATA_DIR: {path} was written by another version of Parley (tables {version}, "
            f"this one reads {VERSION})."
        )
