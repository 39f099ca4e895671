import asyncio
import random

from chat.client.upgrade import Upgrade
from tests.unit.client.fakes import run


class Longest(random.Random):
    def random(self) -> float:
        return 1.0


class Climbing:
    """An upgrade whose waits are the longest, and how often it began."""

    def __init__(self) -> None:
        self.count = 0
        self.upgrade = Upgrade(Longest(), self._start)

    def _start(self) -> None:
        self.count += 1


def test_better_ones_are_tried_again_and_again_with_longer_waits() -> None:
    async def test() -> None:
        climbing = Climbing()
        for count, wait_s in enumerate((5, 10, 20, 40, 40), start=1):
            climbing.upgrade.plan()
            climbing.upgrade.plan()
            await asyncio.sleep(wait_s - 0.1)
            assert climbing.count == count - 1
            await asyncio.sleep(0.2)
            assert climbing.count == count

    run(test)


def test_what_is_tried_now_is_not_tried_again_as_planned_and_what_is_stopped_not_at_all() -> None:
    async def test() -> None:
        climbing = Climbing()
        climbing.upgrade.plan()
        climbing.upgrade.try_now()
        assert climbing.count == 1
        climbing.upgrade.plan()
        climbing.upgrade.stop()
        await asyncio.sleep(100)
        assert climbing.count == 1

    run(test)
