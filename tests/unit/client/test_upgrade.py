import asyncio
import random

from chat.client.upgrade import Upgrade
from tests.unit.client.fakes import run

OFFERED = ("websocket", "sse", "longpoll")


class Longest(random.Random):
    def random(self) -> float:
        return 1.0


class Climbing:
    """An upgrade whose waits are the longest, and the races that it began."""

    def __init__(self) -> None:
        self.attached: set[str] = set()
        self.races: list[list[str]] = []
        self.upgrade = Upgrade(
            OFFERED,
            rng=Longest(),
            attached=lambda: self.attached,
            race=lambda transports: self.races.append([*transports]),
        )


def test_better_ones_are_tried_again_and_again_with_longer_waits() -> None:
    async def test() -> None:
        climbing = Climbing()
        climbing.upgrade.begin("longpoll")
        for count, wait_s in enumerate((5, 10, 20, 40, 40), start=1):
            await asyncio.sleep(wait_s - 0.1)
            assert len(climbing.races) == count - 1
            await asyncio.sleep(0.2)
            assert climbing.races == [["websocket", "sse"]] * count
            climbing.upgrade.plan()

    run(test)


def test_what_is_under_way_is_not_tried_again() -> None:
    async def test() -> None:
        climbing = Climbing()
        climbing.attached = {"longpoll", "sse"}
        climbing.upgrade.begin("longpoll")
        await asyncio.sleep(100)
        assert climbing.races == []
        climbing.upgrade.try_now()
        assert climbing.races == [["websocket"]]

    run(test)


def test_nothing_is_better_than_the_best_and_what_is_stopped_tries_nothing() -> None:
    async def test() -> None:
        climbing = Climbing()
        climbing.upgrade.begin("websocket")
        await asyncio.sleep(100)
        climbing.upgrade.begin("sse")
        climbing.upgrade.stop()
        await asyncio.sleep(100)
        assert climbing.races == []

    run(test)


def test_another_transport_begins_with_the_shortest_wait() -> None:
    async def test() -> None:
        climbing = Climbing()
        climbing.upgrade.begin("longpoll")
        await asyncio.sleep(5.1)
        climbing.upgrade.begin("sse")
        await asyncio.sleep(5.1)
        assert climbing.races == [["websocket", "sse"], ["websocket"]]

    run(test)
