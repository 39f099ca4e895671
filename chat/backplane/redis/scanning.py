"""Scans the keys in Redis in batches, and parses their names."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from chat.backplane.backup import Key
from chat.backplane.redis.failures import reason
from chat.backplane.redis.keys import Keys
from chat.errors import Unavailable

# The size of one reply of Redis, or one pipeline: some hundreds of KB.
BATCH: Final = 500


def users(keys: Keys) -> str:
    """Return the pattern of the keys of all users' memberships."""
    return f"{keys.prefix}user:{{*}}:rooms"


def drafts(keys: Keys) -> str:
    """Return the pattern of the keys of all drafts; the brace excludes longer prefixes."""
    return f"{keys.prefix}{{*}}:draft:*"


def groups(keys: Keys) -> str:
    """Return the pattern of the keys of all groups of values."""
    return keys.values("*")


def group_of(keys: Keys, name: str) -> str:
    """Return the group whose values are below the key ``name``."""
    return name.removeprefix(keys.values("").removesuffix("}")).removesuffix("}")


def key_of(keys: Keys, name: str, value: str) -> Key:
    """Return the Key that the name and value of a draft's key hold."""
    room, _, rest = name.removeprefix(keys.prefix + "{").partition("}:draft:")
    user, _, key = rest.partition(":")
    offset, at, digest = value.split(" ")
    return Key(user, room, key, int(offset), bytes.fromhex(digest), float(at))


async def scan(client: Any, pattern: str) -> AsyncIterator[Sequence[str]]:
    """Yield the names of matching keys, BATCH at a time; a name may come twice."""
    names: list[str] = []
    async for name in client.scan_iter(match=pattern, count=BATCH):
        names.append(name.decode())
        if len(names) >= BATCH:
            yield names
            names = []
    if names:
        yield names


async def get_all(client: Any, command: str, names: Sequence[str]) -> Sequence[Any]:
    """Return the reply to ``command`` for each of ``names``."""
    async with client.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.execute_command(command, name)
        answers: Sequence[Any] = await pipeline.execute()
    return answers


def words(error: Exception) -> str:
    return reason(error) if isinstance(error, Unavailable) else str(error)
