"""While Redis is away, readers stay attached and senders get a prompt error; then all recovers."""

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
from tests.support.client import Client
from tests.support.site import REDIS_AWAY, REDIS_FULL, Site

# Every send is answered within this time.
TOLD_WITHIN_S = 6.0


@in_a_loop(40)
async def test_after_kill_9_of_a_durable_redis_all_that_was_acknowledged_is_there_once(
    site: Site,
) -> None:
    site.expect(*REDIS_AWAY)
    async with readers_on(site.urls) as readers, talkers_at(site.urls[0], 6) as talkers:
        async with talking(talkers, site.urls):
            for reader in readers:
                await reader.until_type("message")
            epoch, _ = site.top()
            for _ in range(2):
                site.redis.kill()
                await asyncio.to_thread(site.redis.start)
                _, top = site.top()
                for reader in readers:
                    while reader.place is None or reader.place <= (epoch, top):
                        await asyncio.wait_for(reader.change(), 10)
        stored = site.stored()
        places = {key: (epoch, offset) for epoch, offset, key in stored}
        assert len(places) == len(stored), "a key stands there twice"
        for talker in talkers:
            assert talker.acknowledged.items() <= places.items()
        assert site.top()[0] == epoch
        for reader in readers:
            await reader.until_at(site.top())
            assert not reader.seen.resyncs
            assert_stayed(reader)
            reader.seen.check_heard_all(stored)


@in_a_loop(40)
async def test_while_redis_is_frozen_readers_stay_and_senders_are_told_within_6_s(
    site: Site,
) -> None:
    site.expect(*REDIS_AWAY)
    async with readers_on(site.urls) as readers, talkers_at(site.urls[0], 3) as talkers:
        keys = [new_key() for _ in site.urls]
        for talker, url in zip(talkers, site.urls, strict=True):
            talker.url = url
        site.redis.pause()
        try:
            frozen_at = time.monotonic()
            replies = await asyncio.gather(
                readers[0].send(new_key()),
                *(talker.send(key) for talker, key in zip(talkers, keys, strict=True)),
            )
            assert time.monotonic() - frozen_at < TOLD_WITHIN_S
        finally:
            site.redis.go_on()
        for reply in replies:
            assert (reply["type"], reply["code"]) == ("error", "unavailable")
            assert reply["retry_ms"] > 0
        for talker, key in zip(talkers, keys, strict=True):
            await talker.say(key)
        stored = site.stored()
        assert sorted(key for _, _, key in stored if key in keys) == sorted(keys)
        for reader in readers:
            await reader.until_at(site.top())
            assert not reader.seen.resyncs
            assert_stayed(reader)
            reader.seen.check_heard_all(stored)


@in_a_loop(40)
async def test_while_redis_is_full_senders_are_told_and_readers_stay_and_may_come(
    site: Site,
) -> None:
    site.expect(*REDIS_AWAY, REDIS_FULL)
    async with readers_on(site.urls) as readers, talker_at(site.urls[0]) as talker:
        place = await talker.say(new_key())
        key = new_key()
        with site.redis.client() as client:
            client.config_set("maxmemory", "1mb")  # less than an empty Redis uses
            try:
                reply = await talker.send(key)
                socket = readers[0]
                told_by_socket = [
                    await socket.send(new_key()),
                    await socket.ask(type="read", room="general", offset=place[1]),
                    await socket.ask(type="join", room="a-new-one"),
                ]
                for told in (reply, *told_by_socket):
                    assert (told["type"], told["code"]) == ("error", "unavailable")
                    assert told["retry_ms"] > 0
                assert site.top() == place
                async with readers_on(site.urls, cursor=(place[0], place[1] - 1)) as newcomers:
                    for newcomer in newcomers:
                        await newcomer.until_at(place)
                        assert_stayed(newcomer)
            finally:
                client.config_set("maxmemory", "0")
        after = await talker.say(key)
        assert after == (place[0], place[1] + 1)
        for reader in readers:
            await reader.until_at(after)
            assert reader.seen.keys.count(key) == 1
            assert not reader.seen.resyncs
            assert_stayed(reader)


def assert_stayed(reader: Client) -> None:
    """Check that no socket or stream was closed; a poll may be told to come again."""
    assert reader.interruptions == 0 or reader.transport == "longpoll"
