"""The bars of a deployment's instances, for a process beside them."""

from collections.abc import Sequence
from typing import Any, Self

from chat.accounts.blocklist import Bar, Why
from chat.backplane.base import BarBook
from chat.backplane.redis.blocklist import BarLog
from chat.backplane.redis.connect import RedisOptions, connect_soon
from chat.backplane.redis.store import Store
from chat.clock import Clock


class RedisBarBook(BarBook):
    """Speaks to their Redis."""

    def __init__(self, client: Any, options: RedisOptions, clock: Clock) -> None:
        self._client = client
        self._bars: dict[tuple[str, Why], Bar] = {}
        self._log = BarLog(Store(client, options.keys), clock, options.publish, self._hear)

    @classmethod
    async def open(cls, options: RedisOptions, clock: Clock) -> Self:
        return cls(await connect_soon(options), options, clock)

    async def put(self, bar: Bar) -> None:
        await self._log.put(bar)

    async def all(self) -> Sequence[Bar]:
        await self._log.read_on()
        return list(self._bars.values())

    async def close(self) -> None:
        await self._client.aclose()

    def _hear(self, bar: Bar) -> None:
        self._bars[bar.who, bar.why] = bar
