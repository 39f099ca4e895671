"""How many bytes the store holds: counted now and then, and kept up with what comes in here."""

import asyncio
import logging
import math
import time
from typing import Final

from chat.background import Tasks
from chat.errors import Unavailable
from chat.files.store import FileStore

log: Final = logging.getLogger(__name__)

# Other instances add and remove files, too. A count lists all files.
COUNT_S: Final = 3600.0
# While the store seems to be full, files may have been removed.
FULL_COUNT_S: Final = 60.0


class Usage:
    """The bytes in ``store``; at most ``limit_bytes`` are allowed."""

    def __init__(self, store: FileStore, *, limit_bytes: int) -> None:
        self.size_bytes = 0
        self._store = store
        self._limit_bytes = limit_bytes
        self._coming_bytes = 0  # of uploads that are not complete
        self._due = asyncio.Event()
        self._counted_s = -math.inf
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.start(self._count_for_ever())

    async def stop(self) -> None:
        await self._tasks.cancel()

    def has_room(self, size_bytes: int) -> bool:
        """Return whether so many bytes more may come; if not, count again soon."""
        has_room = self.size_bytes + self._coming_bytes + size_bytes <= self._limit_bytes
        if not has_room and time.monotonic() - self._counted_s > FULL_COUNT_S:
            self._due.set()
        return has_room

    def coming(self, size_bytes: int) -> None:
        """Note that so many bytes have come, or if negative, that an upload has ended."""
        self._coming_bytes += size_bytes

    def stored(self, size_bytes: int) -> None:
        self.size_bytes += size_bytes

    async def count(self) -> None:
        """Count what there is. Raises Unavailable."""
        size_bytes = 0
        async for stored in self._store.scan():
            size_bytes += stored.size_bytes
        self.size_bytes = size_bytes
        self._counted_s = time.monotonic()

    async def _count_for_ever(self) -> None:
        while True:
            self._due.clear()
            try:
                await self.count()
            except Unavailable as error:
                log.info("The files could not be counted: %s", error)
            try:
                async with asyncio.timeout(COUNT_S):
                    await self._due.wait()
            except TimeoutError:
                pass
