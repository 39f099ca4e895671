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
from dataclasses import dataclass, field
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


@dataclass(frozen=True, kw_only=True)
class UnusedRooms:
    """Finds and removes unused rooms; ``seen`` then forgets their positions.

    Nothing is removed while instances of version 1 may be running, because they would create a room
    again at the position that they remember.
    """

    store: Store
    leases: Leases
    seen: SeenPositions
    is_cluster: bool
    is_mixed: Callable[[], bool]  # whether instances of version 1 may be running
    _script: Script = field(default_factory=lambda: Script("remove.lua"))

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
        if self.is_mixed():
            return
        async for rooms in self._all():
            if silent := await self._silent(rooms):
                gone = await asyncio.gather(*(self._remove(room) for room in silent))
                await self._unlist(
                    [room for room, is_gone in zip(silent, gone, strict=True) if is_gone]
                )
        await self.seen.forget_removed()

    async def _all(self) -> AsyncIterator[Sequence[str]]:
        """Yield the listed rooms in batches, without the lobby; a room may come twice."""
        at = 0
        while True:
            at, names = await self.store.run("SSCAN", self.store.keys.rooms, at, "COUNT", BATCH)
            yield [room for room in map(bytes.decode, names) if room != LOBBY]
            if not at:
                return

    async def _silent(self, rooms: Sequence[str]) -> list[str]:
        """Return those of ``rooms`` that have no messages and no members, as a first check."""
        answers = await self.store.ask(
            *(("HGET", self.store.keys.head(room), "messages") for room in rooms),
            *(("EXISTS", self.store.keys.members(room)) for room in rooms),
        )
        said, have_members = answers[: len(rooms)], answers[len(rooms) :]
        return [
            room
            for room, messages, has_members in zip(rooms, said, have_members, strict=True)
            if not int(messages or 0) and not has_members
        ]

    async def _remove(self, room: str) -> bool:
        """Remove ``room`` unless the script, in one step, finds it in use; return if it is gone."""
        if await self.leases.people(room):  # this also deletes expired leases
            return False
        keys = self.store.keys
        checked = [keys.head(room), keys.members(room), keys.present(room)]
        names = [*checked, *(key for key in keys.everything(room) if key not in checked)]
        channel = self.store.keys.feed(room)
        count = "SHARDNUMSUB" if self.is_cluster else "NUMSUB"
        return bool(await self._script.run(self.store, names, count, channel))

    async def _unlist(self, rooms: Sequence[str]) -> None:
        """Remove ``rooms`` from the list, except those that were created again meanwhile.

        An instance creates a room first and lists it then. So a room that was listed before its
        removal from the list exists when this looks, and a later one is listed after this.
        """
        if not rooms:
            return
        await self.store.run("SREM", self.store.keys.rooms, *rooms)
        heads = await self.store.ask(*(("EXISTS", self.store.keys.head(room)) for room in rooms))
        if made := [room for room, is_there in zip(rooms, heads, strict=True) if is_there]:
            await self.store.run("SADD", self.store.keys.rooms, *made)
