"""Whether a send would be stored is tested now and then, and everybody is told what was found."""

import asyncio
from unittest import IsolatedAsyncioTestCase

from chat.backplane.probe import FRESH_S, RETRY_S, Probe
from chat.errors import Unavailable
from chat.metrics.store import REFUSED_HOLD_S, StoreMetrics
from tests.unit.fakes import SetClock


class TestProbe(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.clock = SetClock(now=0.0)  # of a machine that has just started
        self.metrics = StoreMetrics()
        self.tests = 0
        self.problem: str | None = None
        self.probe = Probe(self.metrics, self.clock, self.try_to_store)

    async def try_to_store(self) -> None:
        self.tests += 1
        await asyncio.sleep(0)
        if self.problem is None:
            self.metrics.stored(now_s=self.clock.now)
            return
        self.metrics.problem = self.problem
        raise Unavailable("unavailable", "for clients")

    async def why(self) -> str | None:
        try:
            await self.probe.check()
        except Unavailable as error:
            return error.message
        return None

    async def test_many_who_ask_at_once_and_soon_are_told_by_one_test(self) -> None:
        assert await asyncio.gather(*(self.why() for _ in range(50))) == [None] * 50
        self.clock.now += FRESH_S - 0.1
        assert await self.why() is None
        assert self.tests == 1
        self.clock.now += 0.1
        assert await self.why() is None
        assert self.tests == 2

    async def test_what_others_store_is_test_enough(self) -> None:
        for _ in range(10):
            self.metrics.stored(now_s=self.clock.now)
            assert await self.why() is None
            self.clock.now += FRESH_S - 0.1
        assert self.tests == 0

    async def test_a_test_that_fails_says_why_and_is_done_again_each_second(self) -> None:
        self.problem = "The disk is full."
        for number in range(3):
            assert await self.why() == self.problem
            self.clock.now += RETRY_S - 0.1
            assert await self.why() == self.problem
            assert self.tests == number + 1
            self.clock.now += 0.1
        self.problem = None
        assert await self.why() is None

    async def test_a_refused_send_counts_at_once_and_for_a_while_though_tests_succeed(self) -> None:
        assert await self.why() is None
        assert self.metrics.refused("The disk is full.", now_s=self.clock.now)
        assert not self.metrics.refused("The disk is full.", now_s=self.clock.now), "no news"
        assert await self.why() == "The disk is full."
        self.clock.now += REFUSED_HOLD_S - 0.1
        assert await self.why() == "The disk is full."
        self.clock.now += RETRY_S
        assert await self.why() is None

    async def a_round(self) -> None:
        """Run one round of the periodic task, with a test if one is due."""
        testing = asyncio.create_task(self.probe.test_for_ever())
        for _ in range(10):  # a round takes fewer turns, and then sleeps
            await asyncio.sleep(0)
        testing.cancel()
        await asyncio.wait([testing])

    async def test_it_is_logged_when_it_begins_and_ends(self) -> None:
        with self.assertLogs("chat.backplane.probe", "INFO") as logs:
            self.metrics.refused("The disk is full.", now_s=self.clock.now)
            for _ in range(3):
                await self.a_round()
            self.metrics.problem = None
            for _ in range(3):
                await self.a_round()
        assert [record.levelname for record in logs.records] == ["WARNING", "INFO"]
        assert "The disk is full." in logs.output[0]
