"""Instances die or freeze: the others take over, and nothing is lost or repeated."""

import asyncio

from tests.faults.people import (
    new_key,
    readers_on,
    talker_at,
    talkers_at,
    talking,
)
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.relay import Relay
from tests.support.site import Site, instance_on_a_wire
from tests.support.wire import TRANSPORTS

# An instance that is too slow for Redis or for a heartbeat is disconnected, and logs that.
FREEZE_S = 10


@in_a_loop(30)
async def test_readers_of_an_instance_that_dies_idle_go_on_at_another(site: Site) -> None:
    ports = [server.port for server in site.servers]
    async with (
        Relay(ports) as balancer,
        readers_on([f"http://127.0.0.1:{balancer.port}"] * 3) as readers,
        talker_at(site.urls[1]) as talker,
    ):
        await talker.say(new_key())
        before = site.top()
        for reader in readers:
            await reader.until_at(before)
        site.servers[0].kill()
        try:
            place = await talker.say(new_key())
            for reader in readers:
                await reader.until_at(place)
                assert not reader.seen.resyncs
                reader.seen.check_heard_all(site.stored())
        finally:
            await asyncio.to_thread(site.servers[0].start)


@in_a_loop(40)
async def test_an_instance_that_dies_in_a_burst_takes_nothing_acknowledged_with_it(
    site: Site,
) -> None:
    ports = [server.port for server in site.servers]
    async with Relay(ports) as balancer:
        url = f"http://127.0.0.1:{balancer.port}"
        async with readers_on([url] * 6) as readers, talkers_at(url, 6) as talkers:
            async with talking(talkers, [url]):
                for server in site.servers:
                    count = len(readers[0].seen.places)
                    while len(readers[0].seen.places) < count + 50:
                        await asyncio.wait_for(readers[0].change(), 10)
                    server.kill()
                    await asyncio.to_thread(server.start)
            stored = site.stored()
            places = {key: (epoch, offset) for epoch, offset, key in stored}
            assert len(places) == len(stored), "a key stands there twice"
            for talker in talkers:
                assert talker.acknowledged.items() <= places.items()
            for reader in readers:
                await reader.until_at(site.top())
                assert not reader.seen.resyncs
                reader.seen.check_heard_all(stored)


@in_a_loop(30)
async def test_an_instance_that_dies_between_append_and_answer_leaves_one_entry(
    site: Site,
) -> None:
    async with (
        instance_on_a_wire(site.redis) as (far, wire),
        readers_on(site.urls) as readers,
        talker_at(far.urls[0]) as talker,
    ):
        key, (epoch, top) = new_key(), site.top()
        wire.hold(after=key.encode())
        asked = asyncio.create_task(talker.send(key))
        await site.until_top((epoch, top + 1))
        far.servers[0].kill()
        (lost,) = await asyncio.gather(asked, return_exceptions=True)
        assert isinstance(lost, EOFError | OSError), "it had no answer"

        talker.url = site.urls[0]
        assert await talker.say(key) == (epoch, top + 1)
        last = new_key()
        await talker.say(last)
        assert [k for _, _, k in site.stored()][-2:] == [key, last]
        for reader in readers:
            await reader.until_key(last)
            assert reader.seen.keys[-2:] == [key, last]


@in_a_loop(30)
async def test_an_instance_frozen_for_10_s_holds_nobody_else_up_and_catches_up_without_a_hole(
    site: Site,
) -> None:
    frozen, *others = site.servers
    async with (
        readers_on([frozen.url] * 3) as behind,
        readers_on([server.url for server in others] * 2) as ahead,
        talkers_at(others[0].url, 2) as talkers,
    ):
        frozen.pause()
        try:
            async with talking(talkers, [server.url for server in others]):
                # The time itself is tested: timeouts of up to that length expire in it.
                await asyncio.sleep(FREEZE_S)
            for reader in ahead:
                await reader.until_at(site.top(), within_s=2)
        finally:
            frozen.go_on()
        for reader in (*behind, *ahead):
            await reader.until_at(site.top())
            assert not reader.seen.resyncs
            reader.seen.check_heard_all(site.stored())


@in_a_loop(30)
async def test_the_same_key_sent_50_times_at_once_over_all_instances_is_one_entry(
    site: Site,
) -> None:
    async with talker_at(site.urls[0]) as talker, readers_on(site.urls) as readers:
        await talker.say(new_key())
        key, (epoch, top) = new_key(), site.top()
        talkers = []
        for number in range(50):
            one = Client(site.urls[number % len(site.urls)])
            one.cookie = talker.cookie
            talkers.append(one)
        places = await asyncio.gather(*(one.say(key) for one in talkers))
        assert places == [(epoch, top + 1)] * 50
        last = new_key()
        await talker.say(last)
        for reader in readers:
            await reader.until_key(last)
            assert reader.seen.keys[-2:] == [key, last]


@in_a_loop(60)
async def test_those_who_were_on_a_dead_instance_are_seen_to_leave_within_30_s(
    site: Site,
) -> None:
    async with instance_on_a_wire(site.redis) as (far, _), readers_on(site.urls) as readers:
        async with readers_on(far.urls * 3) as gone:
            users = {reader.seen.user for reader in gone}
            assert len(users) == len(TRANSPORTS)
            for reader in readers:
                await reader.until(lambda push: users <= present(push))
            heard = [len(reader.seen.heard) for reader in readers]
            far.servers[0].kill()
            async with asyncio.timeout(30):
                for reader, count in zip(readers, heard, strict=True):
                    await until_gone(reader, count, users)


def present(push: dict[str, object]) -> set[str]:
    """Return the users of a presence push; none for other pushes."""
    users = push.get("users", ())
    assert isinstance(users, list | tuple)
    return {user["user"] for user in users}


async def until_gone(reader: Client, count: int, users: set[str]) -> None:
    """Wait until a presence push after the first ``count`` pushes has none of ``users``."""
    while not any(
        push["type"] == "presence" and not users & present(push)
        for push in reader.seen.heard[count:]
    ):
        await reader.change()
