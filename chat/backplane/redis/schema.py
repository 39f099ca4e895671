"""Which version what is in Redis has, and who may work with it."""

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

# A step that takes longer has lost its instance, and another begins it anew.
LOCK_S: Final = 60
_WAIT_S: Final = 0.5

Step = Callable[[Any, Keys], Awaitable[None]]


class Schema(NamedTuple):
    """``steps`` lead from version 1 to the next ones, while instances of the version before run.

    A step only adds, may be done twice, and is done before anybody writes in the new way; the
    program of the version before ignores what it does not know. ``oldest`` is the oldest version
    whose program works with what this one's steps leave. Where there is nothing yet, and when an
    upgrade is over (chat.backplane.redis.upgrading), only this version's does.
    """

    steps: Sequence[Step]
    oldest: int

    @property
    def version(self) -> int:
        return 1 + len(self.steps)


async def _convert_rooms(client: Any, keys: Keys) -> None:
    """Take the rooms' logs into the keys of version 2."""
    converter = Converter(Store(client, keys))
    for room in await client.smembers(keys.rooms):
        await converter.convert(room.decode())


SCHEMA: Final = Schema(steps=(_convert_rooms,), oldest=1)


async def prepare(client: Any, keys: Keys, schema: Schema = SCHEMA) -> tuple[int, int]:
    """Bring Redis to ``schema``; return the versions before (0: it was empty) and after.

    Raises SettingsError where it is of a version that this program does not work with.
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
        await asyncio.sleep(_WAIT_S)  # another instance is at it
    try:
        for number, step in enumerate(schema.steps[max(0, version - 1) :], max(1, version) + 1):
            if version:
                log.info("What is in Redis is brought to version %d", number)
                await step(client, keys)
        state = {
            "version": schema.version,
            "oldest": schema.oldest if version else schema.version,
        }
        await client.hset(keys.schema, mapping=state)
    finally:
        if await client.get(keys.migrating) == token.encode():
            await client.unlink(keys.migrating)
    return version, schema.version


async def _state(client: Any, keys: Keys) -> tuple[int, int]:
    """Return the version and the oldest that works with it; before there was a key it was 1."""
    version, oldest = await client.hmget(keys.schema, "version", "oldest")
    if version is None:
        return int(await client.exists(keys.rooms)), 0
    return int(version), int(oldest)
