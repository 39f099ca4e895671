"""Reads and changes the records of a deployment, from a process outside its instances."""

from collections.abc import Collection, Sequence
from typing import Self

from chat.backplane.listener import Deaf
from chat.backplane.records import Appended, Draft
from chat.backplane.redis.backplane import RedisBackplane
from chat.backplane.redis.connect import RedisOptions
from chat.backplane.site_log import SiteAdmin
from chat.clock import Clock
from chat.errors import SettingsError


class RedisSiteAdmin(SiteAdmin):
    """An instance that serves nobody."""

    def __init__(self, backplane: RedisBackplane) -> None:
        self._backplane = backplane

    @classmethod
    async def open(cls, options: RedisOptions, clock: Clock) -> Self:
        """Connect. Raises SettingsError if Redis can't be reached."""

        def give_up(why: str) -> None:
            raise SettingsError(f"REDIS_URL: {why}")

        backplane = RedisBackplane(options, clock=clock)
        await backplane.start(Deaf(), give_up)
        return cls(backplane)

    async def append(self, draft: Draft) -> Appended:
        return await self._backplane.append(draft)

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        return await self._backplane.records(room, keys)

    async def scan(
        self, room: str, prefix: str, *, after: str = "", limit: int
    ) -> Sequence[tuple[str, bytes]]:
        return await self._backplane.scan(room, prefix, after=after, limit=limit)

    async def close(self) -> None:
        await self._backplane.stop()
