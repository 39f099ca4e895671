"""Supports instances of the previous version during an upgrade, and ends that support afterwards.

An instance of this version writes in both forms while one of version 1 may be running. Instances
don't report their version, but all subscribe to one channel, and those of this version to a second
one. If no instance of version 1 was seen for a while, none may start any more. If still none was
seen later, the data of version 1 is deleted: only then is deleted text gone from Redis completely.
Each instance takes these steps by itself.
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

# A lost subscription is restored within 3 s: it is there at the next look.
CHECK_INTERVAL_S: Final = 10.0
# After the first number of looks without an instance of version 1, none may start any more; after
# the second, the data of version 1 is deleted.
CHECKS_TO_SHUT_OUT: Final = 3
CHECKS_TO_END: Final = 5


class Upgrade:
    """Tracks whether instances of version 1 may be running."""

    def __init__(self, store: Store, converter: Converter, channels: Channels) -> None:
        self._store = store
        self._keys = store.keys
        self._converter = converter
        self._channels = channels
        self._clear_checks = 0  # in a row that found no instance of version 1
        self._is_mixed = True

    def is_mixed(self) -> bool:
        """Return whether to write in the form of version 1, too."""
        return self._is_mixed

    async def begin(self) -> None:
        """Read which versions may run. Raises Unavailable."""
        self._is_mixed = await self._oldest() < schema.REMOVES_TEXT_SINCE

    async def watch(self) -> None:
        """Check every CHECK_INTERVAL_S until the upgrade is over."""
        while self._is_mixed:
            await asyncio.sleep(CHECK_INTERVAL_S)
            try:
                await self.check()
            except Unavailable as error:
                log.info("It could not be looked whether an older version runs: %s", error)

    async def check(self) -> None:
        """Look for instances of version 1; advance the upgrade or step back. Raises Unavailable."""
        version, oldest = schema.REMOVES_TEXT_SINCE, await self._oldest()
        if await self._is_older_alive():
            self._clear_checks = 0
            if oldest == version:
                await self._store.run("HSET", self._keys.schema, "oldest", version - 1)
            return
        clear_checks = self._clear_checks + 1
        if clear_checks > CHECKS_TO_SHUT_OUT and oldest < version:
            clear_checks = CHECKS_TO_SHUT_OUT  # another instance has admitted version 1 again
        if clear_checks == CHECKS_TO_SHUT_OUT:
            await self._store.run("HSET", self._keys.schema, "oldest", version)
        if clear_checks >= CHECKS_TO_END:
            await self._end()
        self._clear_checks = clear_checks

    async def _end(self) -> None:
        self._is_mixed = False  # first stop writing the data that is deleted below
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
        # An instance of this version subscribes to both channels or to neither. If it starts or
        # stops between the two counts, only this look is wrong.
        ours = await self._channels.subscribers(self._keys.not_of_version_1)
        return await self._channels.subscribers(self._keys.all_instances_of_version_1) > ours
