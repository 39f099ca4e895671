"""Those who subscribe in one turn do so together, and each is told what became of it."""

import asyncio
from typing import Any
from unittest import IsolatedAsyncioTestCase

from redis.exceptions import ConnectionError

from chat.backplane.redis.channels import Channels
from chat.errors import Unavailable


class Client:
    """A client of redis-py that notes what is subscribed to."""

    def __init__(self) -> None:
        self.subscribed: list[tuple[str, ...]] = []
        self.failure: Exception | None = None

    def pubsub(self) -> Any:
        return self

    async def subscribe(self, *names: str) -> None:
        self.subscribed.append(names)
        if self.failure is not None:
            raise self.failure


class TestSubscribing(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.client = Client()
        self.channels = Channels(self.client)

    async def test_one_turn_is_one_command(self) -> None:
        await asyncio.gather(self.channels.subscribe(["a"]), self.channels.subscribe(["b", "c"]))
        await self.channels.subscribe(["d"])
        assert self.client.subscribed == [("a", "b", "c"), ("d",)]

    async def test_who_gives_up_leaves_the_others_theirs(self) -> None:
        impatient, patient = (
            asyncio.create_task(self.channels.subscribe([name])) for name in ("a", "b")
        )
        await asyncio.sleep(0)
        impatient.cancel()
        await patient
        assert self.client.subscribed == [("a", "b")]

    async def test_a_failure_is_told_to_all(self) -> None:
        self.client.failure = ConnectionError("reset")
        answers = await asyncio.gather(
            self.channels.subscribe(["a"]), self.channels.subscribe(["b"]), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
