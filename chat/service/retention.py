"""Removes what rooms keep no longer: by number and by age, for one room and for the whole site.

The store itself keeps HISTORY_LIMIT messages of each room, as they are appended. What a room keeps
less, and what is too old, is removed here, every INTERVAL_S. Each instance does so by itself.
"""

import asyncio
import logging
import random
from typing import Final

from chat.background import Tasks
from chat.backplane.base import Backplane
from chat.clock import Clock
from chat.errors import Unavailable
from chat.rooms.access import SETTINGS
from chat.service.standings import decode_settings
from chat.service.times import rfc3339

log: Final = logging.getLogger(__name__)

# A run looks at all rooms, one command each. Messages outlive their days by as much at most.
INTERVAL_S: Final = 600.0

_DAY_S: Final = 86400


class Retention:
    """Trims the logs of rooms that are bounded by their settings, or by those of the site."""

    def __init__(self, backplane: Backplane, clock: Clock, *, keep_days: int | None) -> None:
        """Every room keeps entries for ``keep_days`` at most; None: for ever."""
        self._backplane = backplane
        self._clock = clock
        self._keep_days = keep_days
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.start(self._run_for_ever())

    async def stop(self) -> None:
        await self._tasks.cancel()

    async def run(self) -> None:
        """Trim all rooms once. Raises Unavailable."""
        for info in await self._backplane.rooms():
            await self._trim(info.room)

    async def _run_for_ever(self) -> None:
        wait_s = INTERVAL_S * random.random()  # instances don't run in step
        while True:
            await asyncio.sleep(wait_s)
            wait_s = INTERVAL_S
            try:
                await self.run()
            except Unavailable as error:
                log.info("What rooms keep no longer could not be removed: %s", error)

    async def _trim(self, room: str) -> None:
        record = (await self._backplane.records(room, [SETTINGS])).get(SETTINGS)
        settings = decode_settings(record)
        all_days = [days for days in (settings.keep_days, self._keep_days) if days is not None]
        keep, before = settings.keep_messages, self._days_ago(min(all_days, default=None))
        is_bounded = keep is not None or before is not None
        while is_bounded and await self._backplane.trim(room, keep=keep, before=before):
            pass  # each step is short, and lets others write in between

    def _days_ago(self, days: int | None) -> str | None:
        if days is None:
            return None
        return rfc3339(max(0.0, self._clock.time() - days * _DAY_S))
