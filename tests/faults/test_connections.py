"""Connections to Redis break: entries that were missed meanwhile are found in the log."""

import asyncio
import time

from tests.faults.people import (
    new_key,
    readers_on,
    talker_at,
    talkers_at,
    talking,
)
from tests.support.aio import in_a_loop
from tests.support.site import REDIS_AWAY, Site, instance_on_a_wire

INTERRUPTED = r"WARNING chat.backplane.redis.feed: The live feed from Redis is interrupted"


@in_a_loop(30)
async def test_with_subscriptions_killed_again_and_again_under_traffic_nothing_is_missed(
    site: Site,
) -> None:
    site.expect(INTERRUPTED)
    async with readers_on(site.urls) as readers, talkers_at(site.urls[0], 4) as talkers:
        async with talking(talkers, site.urls):
            for _ in range(5):
                await site.until_subscribed()  # some subscribe only after reading what they missed
                before = [len(reader.seen.places) for reader in readers]
                with site.redis.client() as client:
                    assert client.execute_command("CLIENT KILL TYPE pubsub") >= len(site.urls)
                _, top = site.top()
                killed_at = time.monotonic()
                for reader, count in zip(readers, before, strict=True):
                    while reader.seen.places[count:] == [] or reader.seen.places[-1][1] < top:
                        await asyncio.wait_for(reader.change(), 5)
                assert time.monotonic() - killed_at < 2, "what was missed comes within 2 s"
        for reader in readers:
            await reader.until_at(site.top())
            assert reader.interruptions == 0 or reader.transport == "longpoll"
            assert not reader.seen.resyncs
            reader.seen.check_heard_all(site.stored())


@in_a_loop(30)
async def test_the_last_message_lost_together_with_the_subscription_is_found_within_5_s(
    site: Site,
) -> None:
    site.expect(INTERRUPTED)
    async with readers_on(site.urls) as readers:
        key = append_unheard(site, "CLIENT KILL TYPE pubsub")
        for reader in readers:
            await reader.until_key(key, within_s=5)


@in_a_loop(30)
async def test_a_message_that_nothing_tells_of_is_found_within_5_s(site: Site) -> None:
    async with readers_on(site.urls) as readers:
        key = append_unheard(site)
        for reader in readers:
            await reader.until_key(key, within_s=5)


def append_unheard(site: Site, *first: str) -> str:
    """Run the commands ``first`` and store a message without publishing it, in one transaction."""
    key, (epoch, top) = new_key(), site.top()
    body = {"user": "u", "name": "n", "time": "2026-01-01T00:00:00.000Z"}
    body |= {"key": key, "text": key, "html": key}
    with site.redis.client() as client:
        step = client.pipeline(transaction=True)
        for command in first:
            step.execute_command(*command.split())
        site.put(step, epoch, top + 1, **body)
        step.execute()
    return key


@in_a_loop(30)
async def test_with_all_other_connections_killed_again_and_again_every_send_is_stored_once(
    site: Site,
) -> None:
    site.expect(*REDIS_AWAY)
    async with readers_on(site.urls) as readers, talkers_at(site.urls[0], 4) as talkers:
        async with talking(talkers, site.urls):
            for _ in range(10):
                with site.redis.client() as client:
                    client.execute_command("CLIENT KILL TYPE normal SKIPME yes")
                count = len(readers[0].seen.places)
                while len(readers[0].seen.places) < count + 5:
                    await asyncio.wait_for(readers[0].change(), 5)
        stored = site.stored()
        for reader in readers:
            await reader.until_at(site.top())
            assert not reader.seen.resyncs
            reader.seen.check_heard_all(stored)
        places = {key: (epoch, offset) for epoch, offset, key in stored}
        assert len(places) == len(stored), "a key stands there twice"
        for talker in talkers:
            assert talker.acknowledged.items() <= places.items()


@in_a_loop(30)
async def test_a_reply_lost_after_the_append_is_made_good_by_the_same_key(site: Site) -> None:
    async with (
        instance_on_a_wire(site.redis) as (far, wire),
        readers_on([far.urls[0], *site.urls]) as readers,
        talker_at(far.urls[0]) as talker,
    ):
        far.expect(*REDIS_AWAY)
        await talker.say(new_key())
        key, (epoch, top) = new_key(), site.top()
        wire.hold(after=key.encode())
        asked = asyncio.create_task(talker.send(key))
        await site.until_top((epoch, top + 1))
        await wire.cut()
        wire.let_flow()
        reply = await asked
        assert (reply["code"], reply["retry_ms"]) == ("unavailable", 1000)

        assert await talker.say(key) == (epoch, top + 1)
        talker.url = site.urls[0]
        assert await talker.say(key) == (epoch, top + 1)
        last = new_key()
        assert await talker.say(last) == (epoch, top + 2)
        for reader in readers:
            await reader.until_key(last)
            assert reader.seen.keys[-2:] == [key, last]
            assert not reader.seen.resyncs
        assert not far.surprises()
