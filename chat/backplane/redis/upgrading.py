"""While an upgrade goes on, instances of the version before are served; then no more.

An instance of this version writes in both ways for as long as one of version 1 may run. Those don't
say which version they have, but all hear one channel, and those of this version another one, too.
When for a while none was seen, none may start any more, and when none has even so, what version 1
stored is let go of: only then is a text that was deleted out of Redis altogether. Each instance
goes that way by itself.
"""

import asyncio
import logging
from typing import Final

from chat.backplane.redis import schema
from chat.backplane.redis.channels import Channels
from chat.backplane.redis.store import Store
from chat.backplane.redis.version1 import Converter
from chat.errors import Unavailable

log: Final = logging.getLogger(__name__)

# A subscription that was lost is made again within 3 s: it is there at the next look.
LOOK_S: Final = 10.0
# After so many looks that found none, none may start; after so many, what they stored goes.
LOOKS_TO_SHUT_OUT: Final = 3
LOOKS_TO_END: Final = 5


class Upgrade:
    """Knows whether instances of version 1 may run."""

    def __init__(self, store: Store, converter: Converter, channels: Channels) -> None:
        self._store = store
        self._keys = store.keys
        self._converter = converter
        self._channels = channels
        self._looks = 0  # that found none, in a row
        self._is_mixed = True

    def is_mixed(self) -> bool:
        """Return whether to write in the way of version 1, too."""
        return self._is_mixed

    async def begin(self) -> None:
        """Look which versions may run. Raises Unavailable."""
        self._is_mixed = await self._oldest() < schema.SCHEMA.version

    async def watch(self) -> None:
        """Return when the upgrade is over."""
        while self._is_mixed:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except Unavailable as error:
                log.info("It could not be looked whether an older version runs: %s", error)

    async def look(self) -> None:
        """Take a step towards the end, or back. Raises Unavailable."""
        version, oldest = schema.SCHEMA.version, await self._oldest()
        if await self._is_older_alive():
            self._looks = 0
            if oldest == version:
                await self._store.run("HSET", self._keys.schema, "oldest", version - 1)
            return
        looks = self._looks + 1
        if looks > LOOKS_TO_SHUT_OUT and oldest < version:
            looks = LOOKS_TO_SHUT_OUT  # another instance has let them in again
        if looks == LOOKS_TO_SHUT_OUT:
            await self._store.run("HSET", self._keys.schema, "oldest", version)
        if looks >= LOOKS_TO_END:
            await self._end()
        self._looks = looks

    async def _end(self) -> None:
        self._is_mixed = False  # from here on nobody adds to what is let go of
        try:
            for room in await self._store.run("SMEMBERS", self._keys.rooms):
                await self._converter.retire(room.decode())
        except BaseException:
            self._is_mixed = True
            raise
        log.info("The upgrade is over; what the version before needed is removed from Redis")

    async def _oldest(self) -> int:
        return int(await self._store.run("HGET", self._keys.schema, "oldest") or 0)

    async def _is_older_alive(self) -> bool:
        # Who begins or ends in between hears neither or both; who is seen by mistake is so once.
        ours = await self._channels.hearers(self._keys.not_of_version_1)
        return await self._channels.hearers(self._keys.everybody_of_version_1) > ours
