"""An instance that Redis cuts off for reading its channel too slowly misses nothing."""

import asyncio
from contextlib import ExitStack

from tests.support.client import Client
from tests.support.redis_server import RedisServer, run_redis
from tests.support.server import ServerProcess, run_server

MESSAGES = 2000
TEXT = "x" * 2000  # 8 MB in all, as text and as HTML: more than any socket's buffers hold
WAIT_S = 60


async def flood(redis: RedisServer, slow: ServerProcess, other: ServerProcess) -> list[str]:
    async with Client(slow.url) as reader, Client(other.url) as writer:
        for client in (reader, writer):
            await client.poll()  # to get an identity, and the positions to begin at
        reader.attach("websocket")
        async with asyncio.timeout(WAIT_S):
            await writer.send_all({"first": "first"})
            await reader.until_messages(1)
            slow.pause()
            for start in range(0, MESSAGES, 100):
                await writer.send_all({f"{n}": f"{n} {TEXT}" for n in range(start, start + 100)})
            with redis.client() as store:
                subscribers = store.client_list("pubsub")
                assert len(subscribers) == 1, "Redis has not cut the frozen instance off"
            slow.go_on()
            await reader.until_messages(1 + MESSAGES)
        reader.seen.check_unbroken()
        return [push["text"].partition(" ")[0] for push in reader.seen.messages]


def test_an_instance_cut_off_by_redis_for_slowness_reads_what_it_missed_from_the_log() -> None:
    with ExitStack() as stack:
        limits = ("--client-output-buffer-limit", "pubsub 256kb 0 0")
        redis = stack.enter_context(run_redis(*limits))
        env = {"RATE_LIMITS": "off", "REDIS_URL": redis.url, "SECRET": "shared by all instances"}
        slow, other = (stack.enter_context(run_server(**env)) for _ in range(2))
        texts = asyncio.run(flood(redis, slow, other))
    assert texts == ["first", *map(str, range(MESSAGES))]
