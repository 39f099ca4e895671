"""An instance that Redis cuts off for reading its channel too slowly misses nothing."""

import asyncio
import random
from contextlib import ExitStack

from tornado.simple_httpclient import SimpleAsyncHTTPClient

from tests.support.redis_server import RedisServer, run_redis
from tests.support.roamer import Roamer
from tests.support.server import ServerProcess, run_server

MESSAGES = 2000
TEXT = "x" * 2000  # 8 MB in all, as text and as HTML: more than any socket's buffers hold
WAIT_S = 60


async def flood(redis: RedisServer, slow: ServerProcess, other: ServerProcess) -> list[str]:
    dice, http = random.Random(0), SimpleAsyncHTTPClient(force_instance=True)
    reader, writer = (Roamer([server.url], http, dice) for server in (slow, other))
    await reader.sign_in()
    await writer.sign_in()
    roaming = asyncio.create_task(reader.roam("websocket"))
    async with asyncio.timeout(WAIT_S):
        await writer.post({"type": "send", "room": "general", "text": "first", "key": "first"})
        await reader.until(1)
        slow.pause()
        for start in range(0, MESSAGES, 100):
            numbers = range(start, start + 100)
            await writer.post_all(
                [
                    {"type": "send", "room": "general", "text": f"{n} {TEXT}", "key": f"{n}"}
                    for n in numbers
                ]
            )
        with redis.client() as client:
            subscribers = client.client_list("pubsub")
            assert len(subscribers) == 1, "Redis has not cut the frozen instance off"
        slow.go_on()
        await reader.until(1 + MESSAGES)
    roaming.cancel()
    await asyncio.wait([roaming])
    http.close()
    assert reader.resyncs == 0
    return [push["text"].partition(" ")[0] for push in reader.messages["general"]]


def test_an_instance_cut_off_by_redis_for_slowness_reads_what_it_missed_from_the_log() -> None:
    with ExitStack() as stack:
        limits = ("--client-output-buffer-limit", "pubsub 256kb 0 0")
        redis = stack.enter_context(run_redis(*limits))
        env = {"RATE_LIMITS": "off", "REDIS_URL": redis.url, "SECRET": "shared by all instances"}
        slow, other = (stack.enter_context(run_server(**env)) for _ in range(2))
        texts = asyncio.run(flood(redis, slow, other))
    assert texts == ["first", *map(str, range(MESSAGES))]
