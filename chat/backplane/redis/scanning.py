"""Looking through all that Redis holds: many keys at a time, and what their names say."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from chat.backplane.backup import Key
from chat.backplane.redis.failures import reason
from chat.backplane.redis.keys import Keys
from chat.errors import Unavailable

# One answer of Redis's, or one pipeline to it: some hundreds of KB.
BATCH: Final = 500


def users(keys: Keys) -> str:
    """Return the pattern of the memberships of all users."""
    return f"{keys.prefix}user:{{*}}:rooms"


def drafts(keys: Keys) -> str:
    """Return the pattern of all drafts; the brace keeps out those of longer prefixes."""
    return f"{keys.prefix}{{*}}:draft:*"


def key_of(keys: Keys, name: str, value: str) -> Key:
    """Return what a draft's name and value say."""
    room, _, rest = name.removeprefix(keys.prefix + "{").partition("}:draft:")
    user, _, key = rest.partition(":")
    offset, at, digest = value.split(" ")
    return Key(user, room, key, int(offset), bytes.fromhex(digest), float(at))


async def scan(client: Any, pattern: str) -> AsyncIterator[Sequence[str]]:
    """Yield the names of keys, some hundreds at a time; one may come twice."""
    names: list[str] = []
    async for name in client.scan_iter(match=pattern, count=BATCH):
        names.append(name.decode())
        if len(names) >= BATCH:
            yield names
            names = []
    if names:
        yield names


async def get_all(client: Any, command: str, names: Sequence[str]) -> Sequence[Any]:
    """Return what ``command`` gives for each of ``names``."""
    async with client.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.execute_command(command, name)
        answers: Sequence[Any] = await pipeline.execute()
    return answers


def words(error: Exception) -> str:
    """Return what an operator is told of ``error``."""
    return reason(error) if isinstance(error, Unavailable) else str(error)
