"""Values that belong to no log, in Redis: a hash for each group."""

from collections.abc import Collection, Iterable

from chat.backplane.redis.store import Store
from chat.backplane.values import Setting, ValueStore


class SharedValues(ValueStore):
    """Reads and writes the hashes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, key: str, groups: Collection[str]) -> dict[str, bytes]:
        if not groups:
            return {}
        values = await self._store.ask(
            *(("HGET", self._store.keys.values(group), key) for group in groups)
        )
        found = zip(groups, values, strict=True)
        return {group: value for group, value in found if value is not None}

    async def all(self, group: str) -> dict[str, bytes]:
        values = await self._store.run("HGETALL", self._store.keys.values(group))
        return {key.decode(): value for key, value in values.items()}

    async def each(self, groups: Collection[str]) -> dict[str, dict[str, bytes]]:
        if not groups:
            return {}
        found = await self._store.ask(
            *(("HGETALL", self._store.keys.values(group)) for group in groups)
        )
        return {
            group: {key.decode(): value for key, value in values.items()}
            for group, values in zip(groups, found, strict=True)
            if values
        }

    async def put(self, settings: Iterable[Setting]) -> None:
        commands: list[tuple[object, ...]] = []
        for group, key, value in settings:
            name = self._store.keys.values(group)
            commands.append(("HDEL", name, key) if value is None else ("HSET", name, key, value))
        if commands:
            await self._store.ask(*commands)

    async def clear(self, group: str) -> None:
        await self._store.run("UNLINK", self._store.keys.values(group))
