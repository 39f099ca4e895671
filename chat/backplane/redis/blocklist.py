"""Stores blocks in a Redis stream and reads new ones; pub/sub only signals that there are some."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec

from chat.accounts import blocklist
from chat.accounts.blocklist import Block, Why
from chat.backplane.limits import BLOCKS_INTERVAL_S, LIFTED_KEPT_S
from chat.backplane.redis.failures import unavailable
from chat.backplane.redis.scripts import fields_of
from chat.backplane.redis.store import Store
from chat.clock import Clock
from chat.errors import Unavailable

log: Final = logging.getLogger(__name__)

# The payload published to all instances when there is a new block.
NEW_BLOCKS: Final = b"barred"
# The most blocks in one reply of Redis: about 100 KB.
PAGE_LIMIT: Final = 1000
# A purge reads all blocks, so purges are rare.
PURGE_INTERVAL_S: Final = 3600.0
_START: Final = "0-0"


class BlocklistLog:
    """The block list shared by all instances; calls ``on_block`` with each new block."""

    def __init__(
        self, store: Store, clock: Clock, publish: str, on_block: Callable[[Block], None]
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._clock = clock
        self._publish = publish
        self._on_block = on_block
        self._last = _START  # the stream id of the newest block read
        self._is_due = asyncio.Event()
        self._turn = asyncio.Lock()

    async def put(self, block: Block) -> None:
        """Store ``block`` and notify all instances. Raises Unavailable."""
        commands = [
            ("XADD", self._keys.blocks, "*", "b", msgspec.json.encode(block)),
            (self._publish, self._keys.all_instances, NEW_BLOCKS),
        ]
        stored, published = await self._store.run_all(commands)
        if isinstance(stored, Exception):
            log.warning("Redis refused XADD: %s", stored)
            raise unavailable(stored) from stored
        if isinstance(published, Exception):  # other instances poll, and find it a little later
            log.info("Nobody was told who is kept out: %s", published)
        await self.read_on()

    async def read_on(self) -> None:
        """Read new blocks and pass each on to ``on_block``. Raises Unavailable."""
        async with self._turn:
            newest: dict[tuple[str, Why], Block] = {}
            async for id_, block in self._after(self._last):
                self._last = id_
                if block is not None:
                    newest[block.who, block.why] = block
            for block in newest.values():
                self._on_block(block)

    def read_soon(self) -> None:
        """Have ``watch_for_ever`` read new blocks now."""
        self._is_due.set()

    def read_again(self) -> None:
        """Have all blocks read again: Redis was away and may have lost some, or been replaced."""
        self._last = _START
        self._is_due.set()

    async def watch_for_ever(self) -> None:
        """Read new blocks when signalled, and every BLOCKS_INTERVAL_S in case a signal is lost."""
        loop = asyncio.get_running_loop()
        purge_at = loop.time() + PURGE_INTERVAL_S * random.random()
        while True:
            try:
                async with asyncio.timeout(BLOCKS_INTERVAL_S):
                    await self._is_due.wait()
            except TimeoutError:
                pass
            self._is_due.clear()
            try:
                await self.read_on()
                if loop.time() >= purge_at:
                    purge_at = loop.time() + PURGE_INTERVAL_S
                    await self.purge()
            except Unavailable as error:
                log.info("It could not be looked who is kept out: %s", error)

    async def purge(self) -> None:
        """Delete blocks that expired more than LIFTED_KEPT_S ago, and those that were replaced."""
        seen: dict[tuple[str, Why], str] = {}
        old: list[str] = []
        async for id_, block in self._after(_START):
            if block is None:  # written by a newer version, which will delete it
                continue
            if (replaced := seen.pop((block.who, block.why), None)) is not None:
                old.append(replaced)
            if block.is_over(now=self._clock.time() - LIFTED_KEPT_S):
                old.append(id_)
            else:
                seen[block.who, block.why] = id_
        for begin in range(0, len(old), PAGE_LIMIT):
            await self._store.run("XDEL", self._keys.blocks, *old[begin : begin + PAGE_LIMIT])

    async def _after(self, last: str) -> AsyncIterator[tuple[str, Block | None]]:
        is_more = True
        while is_more:
            page = ("XRANGE", self._keys.blocks, f"({last}", "+", "COUNT", PAGE_LIMIT)
            rows = await self._store.run(*page)
            for id_, flat in rows:
                last = id_.decode()
                yield last, blocklist.decode(fields_of(flat)[b"b"])
            is_more = len(rows) == PAGE_LIMIT
