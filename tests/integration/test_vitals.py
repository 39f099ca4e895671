"""How Redis does is told in numbers, while it is there and while it is away."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from tests.support.aio import LOOK_S
from tests.support.client import Client
from tests.support.metrics import read_metrics
from tests.support.site import REDIS_AWAY, Site, run_site
from tests.support.wire import WAIT_S


@pytest.fixture
def site() -> Iterator[Site]:
    with run_site(2) as site:
        yield site


def test_the_store_and_the_feed_are_down_while_redis_is_and_up_when_it_is_back(site: Site) -> None:
    asyncio.run(_through_an_outage(site))
    lost = r"WARNING chat.backplane.redis.(followed|seen): The log of general was lost"
    site.expect(*REDIS_AWAY, lost)
    assert site.surprises() == []


async def _through_an_outage(site: Site) -> None:
    async with Client(site.urls[0]) as one, Client(site.urls[1]) as other:
        stream = await other.websocket()
        await stream.read()
        await one.command(type="send", room="general", text="hi", key="k")
        while (await stream.read() or {})["type"] != "message":
            pass
        there = await read_metrics(other)
        assert (there["parley_store_up",], there["parley_feed_up",]) == (1, 1)
        # Said to one instance, delivered and timed by the other.
        assert there["parley_delivery_seconds_count",] == 1
        assert there["parley_store_requests_total",] >= there["parley_store_seconds_count",] > 0
        site.redis.kill()
        while True:
            away = await read_metrics(one)
            if (away["parley_store_up",], away["parley_feed_up",]) == (0, 0):
                break
            await one.get("/readyz")  # asks the store
            await asyncio.sleep(LOOK_S)
        assert away["parley_store_failures_total",] > 0
        assert away["parley_feed_interruptions_total",] == 1
        site.redis.start()
        async with asyncio.timeout(3 * WAIT_S):
            while True:
                back = await read_metrics(one)
                if (back["parley_store_up",], back["parley_feed_up",]) == (1, 1):
                    break
                await one.get("/readyz")
                await asyncio.sleep(LOOK_S)
        while (await one.get("/readyz")).code != 200:  # noqa: ASYNC110  it sends no event
            await asyncio.sleep(LOOK_S)
        # This Redis kept nothing: the rooms began anew, and that is told.
        async with asyncio.timeout(3 * WAIT_S):
            while (await read_metrics(other))["parley_log_resets_total",] == 0:
                answer = await one.get("/api/rooms/general/messages")
                assert answer.code in (200, 503), json.loads(answer.body)
                await asyncio.sleep(LOOK_S)
        assert (await read_metrics(other))["parley_store_waiting",] < 10
