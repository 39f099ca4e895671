"""Makes rooms for members alone only where no older version runs, which lets everybody read."""

from chat.backplane.redis import schema
from chat.backplane.redis.channels import Channels
from chat.backplane.redis.store import Store
from chat.errors import Unavailable
from chat.protocol.codes import Code

# An upgrade of a large deployment takes minutes.
_RETRY_MS = 60_000


class ClosedRooms:
    """Sees to it that a program that reads every room can't start, and that none is running.

    All instances subscribe to one channel, and those that keep rooms closed to a second one.
    """

    def __init__(self, store: Store, channels: Channels) -> None:
        self._store = store
        self._keys = store.keys
        self._channels = channels
        self._is_safe = False

    async def check(self) -> None:
        """Raise Unavailable if an older version may be running, else keep it from starting."""
        if self._is_safe:
            return
        needed = schema.KEEPS_ROOMS_CLOSED_SINCE
        oldest = int(await self._store.run("HGET", self._keys.schema, "oldest") or 0)
        if oldest < needed:
            # First no older one may start, then none may run.
            await self._store.run("HSET", self._keys.schema, "oldest", needed)
            if await self._is_older_alive():
                await self._store.run("HSET", self._keys.schema, "oldest", oldest)
                raise Unavailable(
                    Code.UNAVAILABLE,
                    "An older version of Parley, which lets everybody read each room, still runs "
                    "here. Make the room when all instances are upgraded.",
                    retry_ms=_RETRY_MS,
                )
        self._is_safe = True

    async def _is_older_alive(self) -> bool:
        ours = await self._channels.subscribers(self._keys.keeping_rooms_closed)
        return await self._channels.subscribers(self._keys.all_instances) > ours
