import asyncio
from types import SimpleNamespace
from typing import Any

from chat.client.race import Race
from tests.unit.client.fakes import run


class Started:
    """The links that a race has started."""

    def __init__(self) -> None:
        self.links: list[Any] = []

    def __call__(self, transport: str) -> Any:
        self.links.append(SimpleNamespace(transport=transport, is_over=False))
        return self.links[-1]

    @property
    def names(self) -> list[str]:
        return [link.transport for link in self.links]


def test_the_next_starts_when_the_last_is_slow() -> None:
    async def test() -> None:
        started = Started()
        race = Race(["websocket", "sse", "longpoll"], rtt_s=0.1, start=started)
        assert started.names == ["websocket"]
        await asyncio.sleep(0.39)
        assert started.names == ["websocket"]
        await asyncio.sleep(0.02)
        assert started.names == ["websocket", "sse"] and not race.is_exhausted
        await asyncio.sleep(0.2)
        assert started.names == ["websocket", "sse", "longpoll"] and race.is_exhausted

    run(test)


def test_the_next_starts_at_once_when_one_has_failed_but_not_for_a_link_of_another_race() -> None:
    async def test() -> None:
        started = Started()
        race = Race(["websocket", "sse"], rtt_s=0.1, start=started)
        race.failed(SimpleNamespace(is_over=True))  # type: ignore[arg-type]
        assert started.names == ["websocket"]
        started.links[0].is_over = True
        race.failed(started.links[0])
        assert started.names == ["websocket", "sse"]

    run(test)


def test_last_resorts_wait_until_all_others_have_failed() -> None:
    async def test() -> None:
        started = Started()
        race = Race(["sse"], last_resorts=["websocket", "longpoll"], rtt_s=0.1, start=started)
        await asyncio.sleep(10)
        assert started.names == ["sse"]
        for count in (2, 3):
            started.links[-1].is_over = True
            race.failed(started.links[-1])
            assert len(started.links) == count
        assert started.names == ["sse", "websocket", "longpoll"] and race.is_exhausted

    run(test)


def test_one_that_is_stopped_starts_no_more() -> None:
    async def test() -> None:
        started = Started()
        race = Race(["websocket", "sse"], last_resorts=["longpoll"], rtt_s=0.1, start=started)
        race.stop()
        await asyncio.sleep(10)
        race.failed(started.links[0])
        assert started.names == ["websocket"] and race.is_exhausted

    run(test)
