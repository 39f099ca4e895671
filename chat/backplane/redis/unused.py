"""Removing rooms in which nobody ever said anything and nobody is, whoever has made them.

Each instance does so by itself. Members and leases tell who is in a room; who only reads it is
known by the subscription of their instance, which Redis is asked for in the step that removes the
room. An instance that had just lost its subscription finds the room gone, has it made anew in
another epoch, and its readers load that.

The list of all rooms is on another node of a cluster than a room
is, so a room goes first and its name then; an instance that dies in between leaves a name without
a room, which goes the next time.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from chat.backplane.redis.feed import Feed
from chat.backplane.redis.presence import Leases
from chat.backplane.redis.scripts import Script
from chat.backplane.redis.store import Store
from chat.errors import Unavailable
from chat.rooms import LOBBY

log: Final = logging.getLogger(__name__)

# All rooms are looked at for this, so not often.
INTERVAL_S: Final = 3600.0
# What waits meanwhile waits for so many small commands, which take Redis about a millisecond.
BATCH: Final = 100


class UnusedRooms:
    """Finds and removes them; ``feed`` then forgets where they stood.

    ``is_mixed`` tells whether instances of version 1 may run: nothing is removed while they do,
    for they would make the room anew where they remember it.
    """

    def __init__(
        self,
        store: Store,
        leases: Leases,
        feed: Feed,
        *,
        is_cluster: bool,
        is_mixed: Callable[[], bool],
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._leases = leases
        self._feed = feed
        self._count_hearers = "SHARDNUMSUB" if is_cluster else "NUMSUB"
        self._is_mixed = is_mixed
        self._script = Script("remove.lua")

    async def remove_for_ever(self) -> None:
        """Remove them every INTERVAL_S, but not all instances in step, until cancelled."""
        wait_s = INTERVAL_S * random.random()
        while True:
            await asyncio.sleep(wait_s)
            wait_s = INTERVAL_S
            try:
                await self.remove()
            except Unavailable as error:
                log.info("Rooms that nobody uses could not be removed: %s", error)

    async def remove(self) -> None:
        """Remove all that nobody uses now. Raises Unavailable."""
        if self._is_mixed():
            return
        async for rooms in self._all():
            if silent := await self._silent(rooms):
                gone = await asyncio.gather(*(self._remove(room) for room in silent))
                await self._unlist(
                    [room for room, is_gone in zip(silent, gone, strict=True) if is_gone]
                )
        await self._feed.forget_removed()

    async def _all(self) -> AsyncIterator[Sequence[str]]:
        """Yield the rooms that are listed, but for the lobby; one may come twice."""
        at = 0
        while True:
            at, names = await self._store.run("SSCAN", self._keys.rooms, at, "COUNT", BATCH)
            yield [room for room in map(bytes.decode, names) if room != LOBBY]
            if not at:
                return

    async def _silent(self, rooms: Sequence[str]) -> list[str]:
        """Return those where nobody said anything and that have no member, as a first look."""
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
        """Return whether ``room`` is no more; it is looked at again in the step that removes it."""
        if await self._leases.people(room):  # which clears leases away that ran out
            return False
        head, *log_names = self._keys.log(room)
        held = [self._keys.members(room), self._keys.present(room)]
        names = [head, *held, *log_names, *self._keys.older(room)]
        channel = self._keys.feed(room)
        return bool(await self._script.run(self._store, names, self._count_hearers, channel))

    async def _unlist(self, rooms: Sequence[str]) -> None:
        """Take ``rooms`` off the list, but for those that were made anew meanwhile.

        Who makes one lists it then; so whatever was listed before we took it off is there when we
        look, and whatever is made later is listed after us.
        """
        if not rooms:
            return
        await self._store.run("SREM", self._keys.rooms, *rooms)
        heads = await self._store.ask(*(("EXISTS", self._keys.head(room)) for room in rooms))
        if made := [room for room, is_there in zip(rooms, heads, strict=True) if is_there]:
            await self._store.run("SADD", self._keys.rooms, *made)
