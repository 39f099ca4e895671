"""Reads and changes the records of a deployment, from a process outside its instances."""

from collections.abc import Collection, Sequence
from typing import Self

from chat.accounts.blocklist import Block
from chat.backplane.listener import Listener
from chat.backplane.records import Appended, Draft
from chat.backplane.redis.backplane import RedisBackplane
from chat.backplane.redis.connect import RedisOptions
from chat.backplane.site_log import SiteAdmin
from chat.clock import Clock
from chat.errors import SettingsError
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.pushes import Push


class _Deaf(Listener):
    """Takes the live feed, of which a command needs nothing."""

    def on_entries(self, entries: Sequence[Entry]) -> None: ...

    def on_reset(self, room: str, position: Position) -> None: ...

    def on_room_push(self, room: str, push: Push) -> None: ...

    def on_user_push(self, user: str, push: Push) -> None: ...

    def on_joined(self, user: str, room: str, since: Position) -> None: ...

    def on_left(self, user: str, room: str) -> None: ...

    def on_removed(self, room: str) -> None: ...

    def on_attached(self, user: str, session: str, attachment: str) -> None: ...

    def on_block(self, block: Block) -> None: ...


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
        await backplane.start(_Deaf(), give_up)
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
