"""Removes rooms that never had a message and are not in use.

Each instance does so by itself. A room's members and presence leases show whether anybody is in it.
For readers that are not members, the script that removes the room checks, in the same step, whether
an instance is subscribed to it. An instance that has just lost its subscription finds the room gone
and creates it again in a new epoch, and its readers resync.

The list of all rooms may be on another node of a cluster than the room. So the room is removed
first, then its name. If an instance dies in between, the name is left without a room, and the next
run removes it.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from chat.backplane.redis.presence import Leases
from chat.backplane.redis.scripts import Script
from chat.backplane.redis.seen import SeenPositions
from chat.backplane.redis.store import Store
from chat.errors import Unavailable
from chat.rooms import LOBBY

log: Final = logging.getLogger(__name__)

# A run looks at all rooms, so runs are rare.
INTERVAL_S: Final = 3600.0
# Other commands wait for a batch of this many small ones, which takes Redis about a millisecond.
BATCH: Final = 100


class UnusedRooms:
    """Finds and removes unused rooms; ``seen`` then forgets their positions.

    ``is_mixed`` returns whether instances of version 1 may be running. Nothing is removed while
    they may, because they would create a room again at the position that they remember.
    """

    def __init__(
        self,
        store: Store,
        leases: Leases,
        seen: SeenPositions,
        *,
        is_cluster: bool,
        is_mixed: Callable[[], bool],
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._leases = leases
        self._seen = seen
        self._count_hearers = "SHARDNUMSUB" if is_cluster else "NUMSUB"
        self._is_mixed = is_mixed
        self._script = Script("remove.lua")

    async def remove_for_ever(self) -> None:
        """Remove unused rooms every INTERVAL_S until cancelled; instances don't run in step."""
        wait_s = INTERVAL_S * random.random()
        while True:
            await asyncio.sleep(wait_s)
            wait_s = INTERVAL_S
            try:
                await self.remove()
            except Unavailable as error:
                log.info("Rooms that nobody uses could not be removed: %s", error)

    async def remove(self) -> None:
        """Remove all rooms that are unused now. Raises Unavailable."""
        if self._is_mixed():
            return
        async for rooms in self._all():
            if silent := await self._silent(rooms):
                gone = await asyncio.gather(*(self._remove(room) for room in silent))
                await self._unlist(
                    [room for room, is_gone in zip(silent, gone, strict=True) if is_gone]
                )
        await self._seen.forget_removed()

    async def _all(self) -> AsyncIterator[Sequence[str]]:
        """Yield the listed rooms in batches, without the lobby; a room may come twice."""
        at = 0
        while True:
            at, names = await self._store.run("SSCAN", self._keys.rooms, at, "COUNT", BATCH)
            yield [room for room in map(bytes.decode, names) if room != LOBBY]
            if not at:
                return

    async def _silent(self, rooms: Sequence[str]) -> list[str]:
        """Return those of ``rooms`` that have no messages and no members, as a first check."""
        answers = await self._store.ask(
            *(("HGET", self._keys.head(room), "messages") for room in rooms),
            *(("EXISTS", self._keys.members(room)) for room in rooms),
        )
        said, have_members = answers[: len(rooms)], answers[len(rooms) :]
        return [
            room
            for room, messages, has_members in zip(rooms, said, have_members, strict=True)
            if not int(messages or 0) and not has_members
        ]

    async def _remove(self, room: str) -> bool:
        """Remove ``room`` unless the script, in one step, finds it in use; return if it is gone."""
        if await self._leases.people(room):  # this also deletes expired leases
            return False
        head, *log_names = self._keys.log(room)
        held = [self._keys.members(room), self._keys.present(room)]
        names = [head, *held, *log_names, *self._keys.older(room)]
        channel = self._keys.feed(room)
        return bool(await self._script.run(self._store, names, self._count_hearers, channel))

    async def _unlist(self, rooms: Sequence[str]) -> None:
        """Remove ``rooms`` from the list, except those that were created again meanwhile.

        An instance creates a room first and lists it then. So a room that was listed before its
        removal from the list exists when this looks, and a later one is listed after this.
        """
        if not rooms:
            return
        await self._store.run("SREM", self._keys.rooms, *rooms)
        heads = await self._store.ask(*(("EXISTS", self._keys.head(room)) for room in rooms))
        if made := [room for room, is_there in zip(rooms, heads, strict=True) if is_there]:
            await self._store.run("SADD", self._keys.rooms, *made)
