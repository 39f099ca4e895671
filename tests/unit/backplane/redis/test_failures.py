"""Whatever redis-py raises is told to callers as Unavailable, and to operators in words."""

import asyncio
import builtins
from collections.abc import Awaitable, Callable
from typing import Any
from unittest import IsolatedAsyncioTestCase

import pytest
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    ResponseError,
    TimeoutError,
)

from chat.backplane.redis.channels import open_channels
from chat.backplane.redis.failures import call, is_for_good, reason
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.store import Store
from chat.errors import SettingsError, Unavailable

FAILURES = [
    ConnectionError("Connection closed by server."),
    TimeoutError("Timeout reading from socket"),
    RedisClusterException("Redis Cluster cannot be connected."),
    OSError(111, "Connection refused"),
    builtins.TimeoutError(),
    # Where a connection is lost in the middle of a call:
    AttributeError("'NoneType' object has no attribute 'write'"),
    RuntimeError("pubsub connection not set: did you forget to call subscribe()?"),
    KeyError("127.0.0.1:7000"),
    ValueError("I/O operation on closed file"),
]


async def raising(error: Exception) -> None:
    raise error


class Broken:
    """A client of redis-py, each call of which fails with ``error``."""

    def __init__(self, error: Exception) -> None:
        self._error = error

        self.connection_pool = self

    def pubsub(self) -> Any:
        return self

    def __getattr__(self, name: str) -> Callable[..., Awaitable[None]]:
        return lambda *_, **__: raising(self._error)


@pytest.mark.parametrize("error", FAILURES, ids=repr)
class TestEveryCall:
    def test_it_is_unavailable_to_who_subscribes_and_who_hears(self, error: Exception) -> None:
        async def scenario() -> None:
            channels = open_channels(Broken(error))
            (hear,) = channels.sources().values()
            for answer in (channels.subscribe(["x"]), channels.unsubscribe(["x"]), hear(1.0)):
                with pytest.raises(Unavailable) as caught:
                    await answer
                assert caught.value.__cause__ is error
            await channels.stop()  # what is gone already is let go of

        asyncio.run(scenario())

    def test_it_is_unavailable_to_who_asks_the_store(self, error: Exception) -> None:
        async def scenario() -> None:
            store = Store(Broken(error), Keys())
            answers = await asyncio.gather(
                store.run("GET"), store.run("SET"), return_exceptions=True
            )
            assert all(isinstance(answer, Unavailable) for answer in answers)
            assert answers[0] is not answers[1], "each has a traceback of its own"

        asyncio.run(scenario())


class TestCall(IsolatedAsyncioTestCase):
    async def test_what_was_translated_already_passes(self) -> None:
        for error in (Unavailable("unavailable", "x"), SettingsError("x")):
            with pytest.raises(type(error)) as caught:
                await call(raising(error))
            assert caught.value is error

    async def test_it_can_be_cancelled(self) -> None:
        task = asyncio.create_task(call(asyncio.sleep(60)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def wrapped(error: Exception) -> Exception:
    """Return ``error`` as a cluster's client raises it."""
    try:
        try:
            raise error
        except Exception:
            raise RedisClusterException("no node can be reached")  # noqa: B904  as redis-py does
    except RedisClusterException as wrapping:
        return wrapping


@pytest.mark.parametrize(
    ("error", "word", "for_good"),
    [
        (OutOfMemoryError("command not allowed"), "full", False),
        (ReadOnlyError("You can't write"), "replica", False),
        (BusyLoadingError("Redis is loading the dataset in memory"), "loading", False),
        (ClusterDownError("CLUSTERDOWN Hash slot not served"), "cluster is down", False),
        (NoPermissionError("no permissions to run the 'xadd' command"), "'xadd'", False),
        (AuthenticationError("invalid username-password pair"), "password", True),
        (ResponseError("DB index is out of range"), "out of range", True),
        (TimeoutError("Timeout reading from socket"), "in time", False),
        (ConnectionError("Connection refused"), "can't be reached", False),
        (AttributeError("x"), "can't be reached", False),
        (wrapped(AuthenticationError("invalid username-password pair")), "password", True),
        (wrapped(ResponseError("cluster support disabled")), "support disabled", True),
        (RedisClusterException("All slots are not covered"), "lacks a part", False),
    ],
    ids=repr,
)
def test_operators_are_told_why_and_whether_waiting_helps(
    error: Exception, word: str, for_good: bool
) -> None:
    assert word in reason(error)
    assert is_for_good(error) is for_good


def test_of_redis_own_words_the_script_is_left_out_and_the_rest_is_short() -> None:
    error = ResponseError("The user can't run this command script: 6e87, on @user_script:67.")
    assert reason(error) == "Redis refuses it: The user can't run this command."
    assert len(reason(ResponseError("x" * 10_000))) < 200
