"""Reads the logs of a deployment, and changes its records, from outside its instances."""

from collections.abc import Collection, Sequence
from typing import Self

from chat.backplane.listener import Deaf
from chat.backplane.records import Appended, Draft, Membership, RoomInfo
from chat.backplane.redis.backplane import RedisBackplane
from chat.backplane.redis.connect import RedisOptions
from chat.backplane.site_log import SiteAdmin
from chat.clock import Clock
from chat.errors import SettingsError
from chat.protocol.cursor import Position


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

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        return await self._backplane.positions(rooms)

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        return await self._backplane.records(room, keys)

    async def scan(
        self, room: str, prefix: str, *, after: str = "", limit: int
    ) -> Sequence[tuple[str, bytes]]:
        return await self._backplane.scan(room, prefix, after=after, limit=limit)

    async def rooms(self) -> Sequence[RoomInfo]:
        return await self._backplane.rooms()

    async def memberships(self, user: str) -> Sequence[Membership]:
        return await self._backplane.memberships(user)

    async def members(self, room: str, *, after: str = "", limit: int) -> Sequence[str]:
        return await self._backplane.members(room, after=after, limit=limit)

    async def member_counts(self, rooms: Collection[str]) -> dict[str, int]:
        return await self._backplane.member_counts(rooms)

    async def close(self) -> None:
        await self._backplane.stop()
