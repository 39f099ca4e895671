"""Defines the embedded store's tables and opens connections."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from chat.backplane.embedded import amendments
from chat.errors import SettingsError
from chat.settings import private_files

# The suffixes of the files that SQLite keeps beside a database in WAL mode.
BESIDE: Final = ("-wal", "-shm")

_FIRST: Final = """
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
_BARS: Final = """
CREATE TABLE IF NOT EXISTS bars (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- none is given twice, though rows go
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    until_s REAL NOT NULL,      -- seconds since 1970
    bar BLOB NOT NULL,          -- a chat.accounts.blocklist.Block in JSON
    UNIQUE (who, why)
);
CREATE TABLE schema (oldest INTEGER NOT NULL);
INSERT INTO schema VALUES (1);
"""
_AMENDED: Final = """
CREATE TABLE amended (          -- messages that were edited or have reactions, until deleted
    room TEXT NOT NULL,
    offset INTEGER NOT NULL,
    edit INTEGER,               -- the offset of the newest edit
    reactions BLOB,             -- in JSON: each emoji with its users
    PRIMARY KEY (room, offset)
) WITHOUT ROWID;
CREATE INDEX entries_others ON entries (room, offset) WHERE kind <> 'message';
CREATE TABLE unfolded (         -- entries that were not yet applied to the messages they mean
    room TEXT NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (room, offset)
) WITHOUT ROWID;
CREATE TRIGGER note_unfolded AFTER INSERT ON entries WHEN new.target IS NOT NULL BEGIN
    INSERT OR IGNORE INTO unfolded VALUES (new.room, new.offset);
END;
INSERT INTO unfolded SELECT room, offset FROM entries WHERE target IS NOT NULL;
"""
_RECORDS: Final = """
CREATE TABLE records (          -- settings of a room, accounts of the site
    room TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (room, key)
) WITHOUT ROWID;
CREATE TABLE joined (           -- since which entry a member is one; none: since before this table
    room TEXT NOT NULL,
    user TEXT NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (room, user)
) WITHOUT ROWID;
CREATE INDEX memberships_by_room ON memberships (room, user);
"""
_VALUES: Final = """
CREATE TABLE named_values (     -- what belongs to no log: of followers, and of people's devices
    family TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (family, key)
) WITHOUT ROWID;
"""
_RECENT_KEYS: Final = """
CREATE TABLE recent_keys (      -- in the order of time; see chat.backplane.embedded.keys
    user TEXT NOT NULL,
    room TEXT NOT NULL,
    key TEXT NOT NULL,
    offset INTEGER NOT NULL,
    digest BLOB NOT NULL,
    at REAL NOT NULL
);
"""
# Each index costs a page of each commit for each room. Messages are found among other entries by
# their numbers (see chat.backplane.embedded.messages), expired keys by looking at all of them.
# Nothing looks for the targets.
_FEWER_INDEXES: Final = """
DROP INDEX entries_messages;
DROP INDEX entries_by_target;
DROP INDEX keys_by_age;
"""
# Programs that know only the tables of before can't read the bodies of messages that are stored
# from now on (see chat.backplane.embedded.bodies). The oldest ones would also let everybody read
# the rooms that are for members alone.
_PACKED_BODIES: Final = "UPDATE schema SET oldest = 8;"

# How long a connection waits for another's lock.
BUSY_S: Final = 5.0


class Schema(NamedTuple):
    """The versions of the tables: each of ``steps`` leads to the next, the first from no tables.

    Each statement begins on its own line. A step only adds, so that the previous version's program
    still works with the tables and an operator can go back, unless it raises ``oldest``, the oldest
    version whose program works with the tables, and stores that in the table ``schema``. It adds
    tables rather than columns: inserts don't name their columns, and would fail with more of them.
    Tables that are no longer needed are removed one version later; indexes at once, for a program
    works without them.
    """

    steps: Sequence[str]
    oldest: int

    @property
    def version(self) -> int:
        return len(self.steps)


# The first version that overwrites removed text; programs of earlier versions did not.
REMOVES_TEXT_SINCE: Final = 3
SCHEMA: Final = Schema(
    steps=(
        _FIRST,
        _BARS,
        _AMENDED,
        _RECORDS,
        _VALUES,
        _RECENT_KEYS,
        _FEWER_INDEXES,
        _PACKED_BODIES,
    ),
    oldest=8,
)


def connect(path: Path, *, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """Open a connection to the store at ``path``; use it from one thread at a time.

    It waits up to ``busy_s`` for the lock of another connection. WAL lets readers read while the
    writer writes. FULL syncs at each commit, so that acknowledged writes survive a loss of power
    (sqlite.org/pragma.html#pragma_synchronous). Deleted content is overwritten with zeros
    (sqlite.org/pragma.html#pragma_secure_delete).
    """
    # SQLite gives the files beside this one the same permissions (os_unix.c, findCreateFileMode).
    private_files.ensure(path)
    for suffix in BESIDE:
        private_files.narrow(path.with_name(path.name + suffix))
    connection = sqlite3.connect(
        path, timeout=busy_s, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def prepare(path: Path, schema: Schema = SCHEMA) -> tuple[int, int]:
    """Upgrade the tables at ``path`` to ``schema``; return the versions before and after.

    Raises SettingsError if this program does not work with their version.
    """
    try:
        connection = connect(path)
        try:
            connection.execute("BEGIN IMMEDIATE")  # if two processes begin at once, one waits
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > schema.version:
                (oldest,) = connection.execute("SELECT oldest FROM schema").fetchone()
                connection.execute("ROLLBACK")
                if oldest > schema.version:
                    raise SettingsError(
                        f"DATA_DIR: {path} is of a newer version of Parley (its tables are of "
                        f"version {version}, this one works with those up to {schema.version}). "
                        "Start that version, or restore a backup that was made before."
                    )
                return version, version
            for step in schema.steps[version:]:
                for statement in _statements(step):
                    connection.execute(statement)
            if version < schema.version:
                connection.execute(f"PRAGMA user_version = {schema.version}")
            if schema.version >= REMOVES_TEXT_SINCE:
                amendments.fold(connection)
            connection.execute("COMMIT")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise SettingsError(
            f"DATA_DIR: {path} can't be opened ({error}). Give Parley a folder that it may "
            "write to, or move the damaged file away."
        ) from error
    return version, schema.version


def _statements(script: str) -> Iterator[str]:
    """Yield a script's statements, since executescript would commit the open transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
