"""Removes a room with everything in it, while instances run."""

from dataclasses import dataclass
from typing import Final

from chat.backplane.redis.scripts import Script
from chat.backplane.redis.store import Store
from chat.backplane.refusals import refused
from chat.protocol.codes import Code
from chat.rooms import LOBBY

# On a room's channel: the room is gone.
REMOVED: Final = b"removed"
# An instance that did not hear of it, because it was cut off, would take the missing room for lost
# and begin it anew. It looks at all rooms that it follows within seconds of being back; a day is
# enough also for one that was suspended overnight.
REMOVED_S: Final = 86400
# The memberships to end at a time: one pipeline.
_BATCH: Final = 500
_DELETE: Final = Script("delete.lua")


@dataclass(frozen=True, kw_only=True)
class Removal:
    """Removes rooms."""

    store: Store
    publish: str

    async def remove(self, room: str) -> None:
        """Remove ``room``, and tell the instances that follow it. Raises Unavailable.

        The users' own lists come first: if this is interrupted, the room still has its members,
        and can be removed again.
        """
        if room == LOBBY:
            raise refused(Code.FORBIDDEN, room)
        keys = self.store.keys
        users = [user.decode() for user in await self.store.run("SMEMBERS", keys.members(room))]
        for first in range(0, len(users), _BATCH):
            batch = users[first : first + _BATCH]
            await self.store.ask(*(("HDEL", keys.memberships(user), room) for user in batch))
        names = [keys.removed(room), *keys.everything(room)]
        await _DELETE.run(self.store, names, REMOVED_S, self.publish, keys.feed(room), REMOVED)
        await self.store.run("SREM", keys.rooms, room)
