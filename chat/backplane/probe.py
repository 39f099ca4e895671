"""Tests from time to time whether a message would be stored, by storing something the same way.

A test costs as much as a send. So a check returns the result of the last test while it is fresh,
and no test runs while successful sends show that the store works.
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

# A load balancer checks every 2 to 10 s; each test is a write and, on a disk, a sync.
FRESH_S: Final = 5.0
# Without health checks, only Prometheus reads parley_store_up, usually every 15 s.
IDLE_S: Final = 15.0
# After a failure, users wait for the store to recover; a refused test costs little.
RETRY_S: Final = 1.0
RETRY_MS: Final = 1000
# Health checks time out after some seconds; a test may hang for as long as a send.
PATIENCE_S: Final = 2.0
NO_ANSWER: Final = "The store does not answer in time."


class Probe:
    """Keeps ``metrics`` up to date: calls ``try_to_store`` and records the result."""

    def __init__(
        self, metrics: StoreMetrics, clock: Clock, try_to_store: Callable[[], Awaitable[None]]
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self._try_to_store = try_to_store
        self._tested_at_s: float | None = None
        self._testing: asyncio.Task[None] | None = None
        self._logged: str | None = None  # the problem that was logged last

    async def check(self) -> None:
        """Check that a message would be stored now. Raises Unavailable, which says why not."""
        if self._is_due(FRESH_S):
            await asyncio.wait([self._test()], timeout=PATIENCE_S)
            if self._testing is not None and self._metrics.problem is None:
                raise _unavailable(NO_ANSWER)
        if self._metrics.problem is not None:
            raise _unavailable(self._metrics.problem)

    async def test_for_ever(self) -> None:
        """Test periodically, also without health checks, until cancelled."""
        while True:
            if self._is_due(IDLE_S):
                await asyncio.wait([self._test()])
            self._log_change()
            await asyncio.sleep(RETRY_S)

    async def stop(self) -> None:
        if self._testing is not None:
            self._testing.cancel()
            await asyncio.wait([self._testing])

    def _is_due(self, fresh_s: float) -> bool:
        """Return whether a new result is needed: the last one is older than ``fresh_s``.

        A known problem is tested again after RETRY_S; a running test is always awaited.
        """
        if self._testing is not None:
            return True
        now_s = self._clock.monotonic()
        if self._metrics.problem is not None:
            return self._tested_at_s is None or now_s - self._tested_at_s >= RETRY_S
        stored_at_s = self._metrics.stored_at_s
        return stored_at_s is None or now_s - stored_at_s >= fresh_s

    def _test(self) -> asyncio.Task[None]:
        """Return the running test, or start one."""
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

    def _log_change(self) -> None:
        problem, self._logged = self._logged, self._metrics.problem
        if self._logged is not None and self._logged != problem:
            log.warning("Messages can't be stored: %s", self._logged)
        elif self._logged is None and problem is not None:
            log.info("Messages can be stored again")


def _unavailable(reason: str) -> Unavailable:
    return Unavailable(Code.UNAVAILABLE, reason, retry_ms=RETRY_MS)
