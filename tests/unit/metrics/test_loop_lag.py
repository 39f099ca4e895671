"""The lag grows where the loop is held up again and again, and is forgotten after that."""

import asyncio
import time
from unittest import IsolatedAsyncioTestCase

from chat.metrics.loop_lag import INTERVAL_S, LoopLag
from chat.negotiation.ranking import HEAVY_LAG_S


class TestLoopLag(IsolatedAsyncioTestCase):
    async def test_one_late_turn_is_no_load_and_many_are(self) -> None:
        lag = LoopLag()
        lag.record(2 * HEAVY_LAG_S)
        self.assertLess(lag.lag_s, HEAVY_LAG_S)
        for _ in range(10):
            lag.record(2 * HEAVY_LAG_S)
        self.assertGreater(lag.lag_s, HEAVY_LAG_S)
        for _ in range(10):
            lag.record(0.0)
        self.assertLess(lag.lag_s, HEAVY_LAG_S / 10)

    async def test_a_timer_that_comes_early_is_not_late(self) -> None:
        lag = LoopLag()
        lag.record(-1.0)
        self.assertEqual(lag.lag_s, 0.0)

    async def test_a_loop_that_stands_still_is_late_by_as_much(self) -> None:
        lag = LoopLag()
        lag.start()
        time.sleep(2 * INTERVAL_S)  # noqa: ASYNC251  # the loop stands still
        while lag.lag_s == 0.0:  # noqa: ASYNC110  # a timer tells nobody that it has come
            await asyncio.sleep(0)
        lag.stop()
        self.assertGreater(lag.lag_s, INTERVAL_S / 10)
