"""Leases among all instances on one Redis, which expire by its clock."""

from chat.backplane.base import LeaseStore
from chat.backplane.redis.scripts import Script
from chat.backplane.redis.store import Store


class SharedLeases(LeaseStore):
    """Keeps each lease as a key that expires."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hold = Script("hold.lua")

    async def hold(self, name: str, holder: str, for_s: float) -> bool:
        return await self._set(name, holder, round(for_s * 1000))

    async def release(self, name: str, holder: str) -> None:
        await self._set(name, holder, 0)

    async def _set(self, name: str, holder: str, for_ms: int) -> bool:
        names = [self._store.keys.lease(name)]
        return bool(await self._hold.run(self._store, names, holder, for_ms))
