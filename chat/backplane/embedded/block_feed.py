"""Delivers the blocks that an operator's command has put into the store."""

import asyncio
import logging
import sqlite3
from typing import Final

from chat.backplane.embedded import blocklist
from chat.backplane.embedded.readers import Readers
from chat.backplane.limits import BLOCKS_INTERVAL_S
from chat.backplane.listener import Listener

log: Final = logging.getLogger(__name__)


class BlockFeed:
    """Passes each block on to ``listener``, the oldest first."""

    def __init__(self, readers: Readers, listener: Listener) -> None:
        self._readers = readers
        self._listener = listener
        self._last = 0  # the number of the newest block that was passed on

    def read_on(self) -> None:
        # A lookup by key that usually finds nothing: cheaper here than in a thread.
        for number, block in blocklist.since(self._readers.nowait, self._last):
            self._last = number
            self._listener.on_block(block)

    async def read_for_ever(self) -> None:
        """Look for new blocks every BLOCKS_INTERVAL_S until cancelled."""
        is_logged = False
        while True:
            await asyncio.sleep(BLOCKS_INTERVAL_S)
            try:
                self.read_on()
                is_logged = False
            except sqlite3.Error as error:
                if not is_logged:  # not twice a second while the disk is unavailable
                    log.info("It could not be looked who is kept out: %s", error)
                is_logged = True
