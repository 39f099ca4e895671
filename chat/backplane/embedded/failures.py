"""Describes SQLite's failures in sentences for operators (sqlite.org/rescode.html)."""

import sqlite3
from collections.abc import Mapping
from typing import Final

_REASONS: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_FULL: "The disk is full.",
    sqlite3.SQLITE_BUSY: "Another process holds the database's lock.",
    sqlite3.SQLITE_LOCKED: "Another process holds the database's lock.",
    sqlite3.SQLITE_READONLY: "The database or its disk is read-only.",
    sqlite3.SQLITE_PERM: "The database may not be written to.",
    sqlite3.SQLITE_CORRUPT: "The database is damaged: stop the server and restore a backup.",
    sqlite3.SQLITE_NOTADB: "The database is damaged: stop the server and restore a backup.",
    sqlite3.SQLITE_CANTOPEN: "The database can't be opened.",
    sqlite3.SQLITE_IOERR: "The disk fails, or a limit on the size of files is reached.",
}
_PRIMARY: Final = 0xFF  # the bits of an extended result code that hold the primary one


class FilesReplaced(Exception):
    """The database's files were removed or replaced; anything written now would be lost."""

    def __str__(self) -> str:
        return (
            "The database in DATA_DIR was removed or replaced while the server runs: put it back, "
            "or restart the server."
        )


def reason(error: BaseException) -> str:
    """Return, in a sentence, why nothing can be stored."""
    if isinstance(error, FilesReplaced):
        return str(error)
    code = getattr(error, "sqlite_errorcode", None)  # set on errors that SQLite itself reports
    return _REASONS.get(-1 if code is None else code & _PRIMARY, "The database fails.")
