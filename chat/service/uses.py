"""When programs were last here: noted in memory, and stored once a minute at the most."""

import asyncio
from collections.abc import Mapping
from typing import Final

from chat.backplane.base import Backplane
from chat.backplane.values import Setting
from chat.clock import Clock
from chat.errors import ChatError

# Whoever looks wants to know whether a program is still in use, not what it does now.
STORE_EVERY_S: Final = 60.0
_GROUP: Final = "uses"


class Uses:
    """The last use of each bot and webhook, by its id, in seconds since 1970."""

    def __init__(self, backplane: Backplane, clock: Clock) -> None:
        self._backplane = backplane
        self._clock = clock
        self._noted: dict[str, int] = {}
        self._storing: asyncio.Task[None] | None = None

    def note(self, id: str) -> None:
        """Note that ``id`` is in use now."""
        self._noted[id] = int(self._clock.time())

    async def all(self) -> Mapping[str, int]:
        """Return the last uses; those of other instances may be a minute old."""
        stored = await self._backplane.values.all(_GROUP)
        return {id: int(value) for id, value in stored.items()} | self._noted

    async def forget(self, id: str) -> None:
        self._noted.pop(id, None)
        await self._backplane.values.put([Setting(_GROUP, id, None)])

    async def store(self) -> None:
        """Store what was noted since the last time. Raises Unavailable."""
        noted, self._noted = self._noted, {}
        try:
            await self._backplane.values.put(
                [Setting(_GROUP, id, str(time_s).encode()) for id, time_s in noted.items()]
            )
        except ChatError:
            self._noted = noted | self._noted
            raise

    def start(self) -> None:
        self._storing = asyncio.get_running_loop().create_task(self._store_for_ever())

    async def stop(self) -> None:
        """Store what is noted, if the store is there."""
        if self._storing is not None:
            self._storing.cancel()
            await asyncio.wait([self._storing])
        await self._try_to_store()

    async def _store_for_ever(self) -> None:
        while True:
            await asyncio.sleep(STORE_EVERY_S)
            await self._try_to_store()

    async def _try_to_store(self) -> None:
        if not self._noted:
            return
        try:
            await self.store()
        except ChatError:
            return  # the store is away, which others report
