"""Empties the write-ahead log some time after text was removed, so that no copy of it is left."""

import asyncio
import logging
import sqlite3
from typing import Final

from chat.backplane.embedded import schema
from chat.backplane.embedded.readers import Readers
from chat.errors import Unavailable

log: Final = logging.getLogger(__name__)

# Removed text stays in the write-ahead log this long. No sooner, for a checkpoint syncs twice.
CHECKPOINT_DELAY_S: Final = 5.0
# A checkpoint that empties the log blocks the writer while it waits for readers.
CHECKPOINT_WAIT_S: Final = 0.5


class Checkpoints:
    """Runs checkpoints on the connections of ``readers``."""

    def __init__(self, readers: Readers, delay_s: float) -> None:
        self._readers = readers
        self._delay_s = delay_s
        self._is_due = asyncio.Event()  # set while removed text is in the write-ahead log

    def note_removal(self) -> None:
        """Empty the write-ahead log within a few seconds: it holds removed text."""
        self._is_due.set()

    async def run(self) -> None:
        """Empty the write-ahead log now. Raises Unavailable."""
        self._is_due.clear()
        if await self._readers.query(_empty_log):
            self._is_due.set()  # a reader was active: try again later

    async def run_for_ever(self) -> None:
        while True:
            await self._is_due.wait()
            await asyncio.sleep(self._delay_s)
            try:
                await self.run()
            except Unavailable as error:
                self._is_due.set()
                log.warning("What was removed is still in the write-ahead log: %s", error)


def _empty_log(connection: sqlite3.Connection) -> bool:
    """Run a checkpoint; return whether a reader was in its way."""
    connection.execute(f"PRAGMA busy_timeout = {int(CHECKPOINT_WAIT_S * 1000)}")
    try:
        (is_busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(schema.BUSY_S * 1000)}")
    return bool(is_busy)
