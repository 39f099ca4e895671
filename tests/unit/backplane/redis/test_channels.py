"""Those who subscribe in one turn do so together; what has come is received together."""

import asyncio
from collections import deque
from typing import Any
from unittest import IsolatedAsyncioTestCase

import pytest
from redis.exceptions import ConnectionError, NoPermissionError

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


class Subscribed:
    """A client of redis-py, with its subscription and its connection: what came, or went wrong."""

    def __init__(self, *came: str | Exception) -> None:
        self._came = deque(came)
        self.connection = self

    def pubsub(self) -> Any:
        return self

    async def get_message(self, **options: Any) -> str | None:
        return await self.read_response() if self._came else None

    async def can_read(self) -> bool:
        return bool(self._came)

    async def read_response(self, **options: Any) -> str:
        came = self._came[0]
        if isinstance(came, ConnectionError):  # it stays lost
            raise came
        self._came.popleft()
        if isinstance(came, Exception):
            raise came
        return came

    async def handle_message(self, response: str) -> str:
        return response


class TestReceiving(IsolatedAsyncioTestCase):
    async def test_what_has_come_is_received_together(self) -> None:
        (receive,) = Channels(Subscribed("a", "b", "c")).sources().values()
        assert await receive(1.0) == ["a", "b", "c"]
        assert not await receive(0.0)

    async def test_what_came_before_a_refusal_is_received_before_it(self) -> None:
        refusal = NoPermissionError("NOPERM")
        (receive,) = Channels(Subscribed("a", refusal, "b")).sources().values()
        assert await receive(1.0) == ["a"]
        with pytest.raises(Unavailable):
            await receive(1.0)
        assert await receive(1.0) == ["b"]

    async def test_what_came_before_the_connection_was_lost_is_received(self) -> None:
        (receive,) = Channels(Subscribed("a", "b", ConnectionError("reset"))).sources().values()
        assert await receive(1.0) == ["a", "b"]
        with pytest.raises(Unavailable):
            await receive(1.0)
