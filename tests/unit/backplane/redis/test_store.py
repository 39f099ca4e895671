"""What is asked in one turn goes to Redis at once, in order; what was given up never goes."""

import asyncio
from collections.abc import Sequence
from typing import Any
from unittest import IsolatedAsyncioTestCase
from unittest.mock import patch

import hiredis
import pytest
from redis.exceptions import ConnectionError, ResponseError

from chat.backplane.redis import store as store_module
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.store import PIPELINE_LIMIT, Store
from chat.errors import Unavailable


class Client:
    """A client of redis-py with one connection; each command's reply is its last argument."""

    response_callbacks = {"HGETALL": lambda reply: {"shaped": reply}}

    def __init__(self) -> None:
        self.connection_pool = self
        self.pipelines: list[list[Any]] = []
        self.has_sent = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.failure: Exception | None = None
        self.is_disconnected = False
        self._replies: list[Any] = []

    async def get_connection(self) -> "Client":
        return self

    async def release(self, connection: "Client") -> None:
        assert connection is self

    async def disconnect(self, *, nowait: bool) -> None:
        self.is_disconnected = True

    async def send_packed_command(self, packed: bytes, *, check_health: bool) -> None:
        reader = hiredis.Reader(encoding="utf-8")
        reader.feed(packed)
        sent = []
        while (command := reader.gets()) is not False:
            sent.append(command)
        self.pipelines.append(sent)
        self.has_sent.set()
        self._replies = [command[-1] for command in sent]

    async def read_response(self, *, timeout: float) -> Any:  # noqa: ASYNC109  redis-py's
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure
        reply = self._replies.pop(0)
        if reply == "refused":
            raise ResponseError(reply)
        return reply


class TestStore(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.client = Client()
        self.store = Store(self.client, Keys())
        self.addAsyncCleanup(self.store.stop)

    def sent(self) -> Sequence[Any]:
        return [command[-1] for pipeline in self.client.pipelines for command in pipeline]

    async def test_what_is_asked_in_one_turn_is_one_pipeline(self) -> None:
        answers = await asyncio.gather(
            self.store.run("GET", "a"), self.store.ask(("GET", "b"), ("GET", "c"))
        )
        assert answers == ["a", ["b", "c"]]
        assert len(self.client.pipelines) == 1

    async def test_many_commands_are_several_pipelines_in_order(self) -> None:
        numbers = [str(number) for number in range(2 * PIPELINE_LIMIT + 1)]
        answers = await asyncio.gather(
            self.store.ask(*(("GET", number) for number in numbers)), self.store.run("GET", "last")
        )
        assert answers == [numbers, "last"]
        assert self.sent() == [*numbers, "last"]
        assert max(map(len, self.client.pipelines)) == PIPELINE_LIMIT

    async def test_nothing_is_asked_for_no_commands(self) -> None:
        assert await self.store.ask() == []
        assert self.client.pipelines == []

    async def test_a_refusal_is_of_one_command_and_the_shape_of_a_reply_is_redis_pys(self) -> None:
        one, refused, other = await self.store.run_all(
            [("GET", "a"), ("GET", "refused"), ("HGETALL", "b")]
        )
        assert (one, str(refused), other) == ("a", "refused", {"shaped": "b"})
        assert not self.client.is_disconnected

    async def test_a_connection_that_fails_in_the_middle_is_not_used_again(self) -> None:
        self.client.failure = ConnectionError("reset")
        with pytest.raises(Unavailable):
            await self.store.run("GET", "a")
        assert self.client.is_disconnected

    async def test_commands_of_a_cancelled_caller_run(self) -> None:
        asking = asyncio.create_task(self.store.run("SET", "a"))
        await asyncio.sleep(0)
        asking.cancel()
        await self.store.stop()
        assert self.sent() == ["a"]

    async def test_what_waited_for_too_long_fails_and_never_runs(self) -> None:
        self.client.may_answer.clear()
        with patch.object(store_module, "TIMEOUT_S", 0.0):
            self.store.tell(("SET", "first"), of="What nobody waits for")
            await self.client.has_sent.wait()
            with pytest.raises(Unavailable):
                await self.store.run("SET", "given up")
        self.client.may_answer.set()
        assert await self.store.run("SET", "next") == "next"
        assert self.sent() == ["first", "next"]
