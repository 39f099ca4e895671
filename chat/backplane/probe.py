"""Tests now and then whether a send would be stored, by storing something in the same way.

It costs what a send costs: so whoever asks is told what the last test found, while that is new;
and nothing is tested while sends themselves show that they are stored.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from chat.clock import Clock
from chat.errors import Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.codes import Code

log: Final = logging.getLogger(__name__)

# A balancer asks every 2 to 10 s; each test is a write, on a disk a sync.
FRESH_S: Final = 5.0
# Where nobody asks, parley_store_up is looked at by Prometheus, every 15 s as a rule.
IDLE_S: Final = 15.0
# Where it fails, people wait for it to work again; a test that is refused costs little.
RETRY_S: Final = 1.0
RETRY_MS: Final = 1000
# Checks of health are given up after some seconds; a test may hang for as long as a send does.
PATIENCE_S: Final = 2.0
NO_ANSWER: Final = "The store does not answer in time."


class Probe:
    """Keeps ``metrics`` true: calls ``try_to_store``, and notes there what came of it."""

    def __init__(
        self, metrics: StoreMetrics, clock: Clock, try_to_store: Callable[[], Awaitable[None]]
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self._try_to_store = try_to_store
        self._tested_at_s: float | None = None
        self._testing: asyncio.Task[None] | None = None
        self._told: str | None = None  # the problem that the log has

    async def check(self) -> None:
        """Return if a send would be stored now. Raises Unavailable, which says why not."""
        if self._is_due(FRESH_S):
            await asyncio.wait([self._test()], timeout=PATIENCE_S)
            if self._testing is not None and self._metrics.problem is None:
                raise _unavailable(NO_ANSWER)
        if self._metrics.problem is not None:
            raise _unavailable(self._metrics.problem)

    async def test_for_ever(self) -> None:
        """Test when nobody asks, too, until cancelled."""
        while True:
            if self._is_due(IDLE_S):
                await asyncio.wait([self._test()])
            self._tell()
            await asyncio.sleep(RETRY_S)

    async def stop(self) -> None:
        """End a test that is under way."""
        if self._testing is not None:
            self._testing.cancel()
            await asyncio.wait([self._testing])

    def _is_due(self, fresh_s: float) -> bool:
        """Return whether what was found last is older than ``fresh_s``."""
        if self._testing is not None:
            return True
        now_s = self._clock.monotonic()
        if self._metrics.problem is not None:
            return self._tested_at_s is None or now_s - self._tested_at_s >= RETRY_S
        stored_at_s = self._metrics.stored_at_s
        return stored_at_s is None or now_s - stored_at_s >= fresh_s

    def _test(self) -> asyncio.Task[None]:
        """Return the test that is under way, begun now if there is none."""
        if self._testing is None:
            self._testing = asyncio.create_task(self._run())
        return self._testing

    async def _run(self) -> None:
        try:
            await self._try_to_store()
        except Unavailable as error:
            if self._metrics.problem is None:
                self._metrics.problem = error.message
        finally:
            self._tested_at_s = self._clock.monotonic()
            self._testing = None

    def _tell(self) -> None:
        problem, self._told = self._told, self._metrics.problem
        if self._told is not None and self._told != problem:
            log.warning("Messages can't be stored: %s", self._told)
        elif self._told is None and problem is not None:
            log.info("Messages can be stored again")


def _unavailable(reason: str) -> Unavailable:
    return Unavailable(Code.UNAVAILABLE, reason, retry_ms=RETRY_MS)
