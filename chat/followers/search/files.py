"""The file of the search index, in DATA_DIR. It can be removed at any time: the log has it all."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from chat.settings import private_files

# Of the tables and of the rules for words: a program with other ones builds another file.
VERSION: Final = 1
_BESIDE: Final = ("", "-wal", "-shm")

_TABLES: Final = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS rooms (
    number INTEGER PRIMARY KEY,
    room TEXT UNIQUE,           -- NULL: it is gone, and its messages are being removed
    epoch TEXT NOT NULL,
    offset INTEGER NOT NULL,    -- the entries up to this one are handled
    before INTEGER NOT NULL     -- messages before this offset are yet to be loaded; 0: none
);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,     -- the later the message, the greater
    room INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    shard INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS messages_by_place ON messages (room, offset);
CREATE TABLE IF NOT EXISTS shards (
    number INTEGER PRIMARY KEY,
    messages INTEGER NOT NULL,
    is_dirty INTEGER NOT NULL   -- it is to be merged: words were removed, or it is full
);
COMMIT;
"""


def path_of(data_dir: Path) -> Path:
    return data_dir / f"search-{VERSION}.sqlite3"


def lock_of(data_dir: Path) -> Path:
    """Return the file by which of several processes one writes the index."""
    return data_dir / "search.lock"


def open_to_write(path: Path) -> sqlite3.Connection:
    """Open the index, and make it if it is missing. Raises sqlite3.Error and OSError.

    Removed words are overwritten with zeros. Commits are not synced: after a loss of power the
    index is as it was a moment before, and reads on from there.
    """
    private_files.make_folder(path.parent)
    private_files.ensure(path)  # SQLite gives the files beside it the same permissions
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection | None:
    """Open the index; None if it is not made yet. Raises sqlite3.Error."""
    uri = f"{path.absolute().as_uri()}?mode=rw"  # else a missing file would be made
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA query_only = ON")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'shards'").fetchone():
            return connection
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None


def remove_others(path: Path) -> None:
    """Remove the indexes of other versions."""
    for other in path.parent.glob("search-*.sqlite3*"):
        if not other.name.startswith(path.name):
            other.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove the index. Ignores an OSError."""
    for suffix in _BESIDE:
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether ``error`` says that the file is no index, rather than that it can't be used.

    sqlite.org/rescode.html: the lowest byte is the primary result code.
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
