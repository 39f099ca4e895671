"""Rewrites the store's file without its free pages and what is left in them."""

import logging
import sqlite3
from pathlib import Path
from typing import Final

from chat.backplane.embedded import schema

log: Final = logging.getLogger(__name__)


def compact(path: Path) -> None:
    """Rewrite the file at ``path``, which no other process may have open.

    Raises sqlite3.Error, usually for a full disk: the rewrite needs the same space again.
    """
    connection = schema.connect(path)
    try:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def compact_older(path: Path) -> None:
    """Remove what versions that left deleted text in free pages have left; log a failure."""
    try:
        compact(path)
    except sqlite3.Error as error:
        log.warning(
            "%s could not be rewritten (%s); what was trimmed before this version may be in it",
            path, error,
        )  # fmt: skip
