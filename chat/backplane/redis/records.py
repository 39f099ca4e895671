"""The records of each log in Redis; append.lua changes them."""

from collections.abc import Collection, Sequence

from chat.backplane.redis.store import Store


class Records:
    """Reads records."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.keys

    async def find(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        if not keys:
            return {}
        values = await self._store.run("HMGET", self._keys.records(room), *keys)
        found = zip(keys, values, strict=True)
        return {key: value for key, value in found if value is not None}

    async def scan(
        self, room: str, prefix: str, *, after: str, limit: int
    ) -> Sequence[tuple[str, bytes]]:
        low = f"({after}" if after >= prefix else f"[{prefix}"
        high = b"(%b\xff" % prefix.encode()  # a byte that is in no UTF-8
        keys = await self._store.run(
            "ZRANGEBYLEX", self._keys.record_keys(room), low, high, "LIMIT", 0, limit
        )
        found = await self.find(room, [key.decode() for key in keys])
        return list(found.items())
