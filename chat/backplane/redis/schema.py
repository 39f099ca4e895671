"""The version of the data in Redis, and which programs may use it."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

from chat.backplane.redis.keys import Keys
from chat.backplane.redis.store import Store
from chat.backplane.redis.version1 import Converter
from chat.errors import SettingsError

log: Final = logging.getLogger(__name__)

# If a step takes longer, its instance is taken for dead and another one starts the step again.
LOCK_S: Final = 60
_WAIT_S: Final = 0.5

Step = Callable[[Any, Keys], Awaitable[None]]


class Schema(NamedTuple):
    """The versions of the data: each of ``steps`` leads to the next, the first from version 1.

    Steps run while instances of the previous version run. A step only adds, may run twice, and
    runs before any instance writes in the new form; the previous version's program ignores what it
    does not know. ``oldest`` is the oldest version whose program works with the result of the
    steps. If Redis was empty, only this version's program does; once no instance of version 1 runs
    any more (chat.backplane.redis.upgrading), none of it may start.
    """

    steps: Sequence[Step]
    oldest: int

    @property
    def version(self) -> int:
        return 1 + len(self.steps)


async def _convert_rooms(client: Any, keys: Keys) -> None:
    converter = Converter(Store(client, keys))
    for room in await client.smembers(keys.rooms):
        await converter.convert(room.decode())


async def _add_records(client: Any, keys: Keys) -> None:
    """Do nothing: records are in keys of their own, which no earlier version knows."""


SCHEMA: Final = Schema(steps=(_convert_rooms, _add_records), oldest=1)
# The first version without the streams of version 1, from which text can't be removed.
REMOVES_TEXT_SINCE: Final = 2
# The first version in which not everybody may read every room.
KEEPS_ROOMS_CLOSED_SINCE: Final = 3


async def prepare(client: Any, keys: Keys, schema: Schema = SCHEMA) -> tuple[int, int]:
    """Upgrade Redis to ``schema``; return the versions before (0: it was empty) and after.

    Raises SettingsError if this program does not work with the version in Redis.
    """
    token = secrets.token_hex(8)
    while True:
        version, oldest = await _state(client, keys)
        if oldest > schema.version:
            raise SettingsError(
                f"REDIS_URL: Redis is used by a newer version of Parley (version {version} of what "
                f"is stored, this one works with those up to {schema.version}). Start that version."
            )
        if version >= schema.version:
            return version, version
        if await client.set(keys.migrating, token, nx=True, ex=LOCK_S):
            break
        await asyncio.sleep(_WAIT_S)  # another instance is upgrading
    try:
        for number, step in enumerate(schema.steps[max(0, version - 1) :], max(1, version) + 1):
            if version:
                log.info("What is in Redis is brought to version %d", number)
                await step(client, keys)
        compatible = max(oldest, schema.oldest) if version else schema.version
        state = {"version": schema.version, "oldest": compatible}
        await client.hset(keys.schema, mapping=state)
    finally:
        if await client.get(keys.migrating) == token.encode():
            await client.unlink(keys.migrating)
    return version, schema.version


async def _state(client: Any, keys: Keys) -> tuple[int, int]:
    """Return the version (1: no schema key, 0: no rooms either) and the oldest compatible one."""
    version, oldest = await client.hmget(keys.schema, "version", "oldest")
    if version is None:
        return int(await client.exists(keys.rooms)), 0
    return int(version), int(oldest)
