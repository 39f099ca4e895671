"""Reads and puts the blocks of a deployment, from a process outside its instances."""

from collections.abc import Sequence
from typing import Any, Self

from chat.accounts.blocklist import Block, Why
from chat.backplane.base import BlocklistAdmin
from chat.backplane.redis.blocklist import BlocklistLog
from chat.backplane.redis.connect import RedisOptions, connect_soon
from chat.backplane.redis.store import Store
from chat.clock import Clock


class RedisBlocklistAdmin(BlocklistAdmin):
    """Connects to the Redis of the instances."""

    def __init__(self, client: Any, options: RedisOptions, clock: Clock) -> None:
        self._client = client
        self._blocklist: dict[tuple[str, Why], Block] = {}
        self._log = BlocklistLog(Store(client, options.keys), clock, options.publish, self._hear)

    @classmethod
    async def open(cls, options: RedisOptions, clock: Clock) -> Self:
        return cls(await connect_soon(options), options, clock)

    async def put(self, block: Block) -> None:
        await self._log.put(block)

    async def all(self) -> Sequence[Block]:
        await self._log.read_on()
        return list(self._blocklist.values())

    async def close(self) -> None:
        await self._client.aclose()

    def _hear(self, block: Block) -> None:
        self._blocklist[block.who, block.why] = block
