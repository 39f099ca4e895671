"""When Redis itself has lost entries, readers get a new epoch and `resync`, never a silent gap."""

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.people import (
    new_key,
    reader_on,
    readers_on,
    talker_at,
    talkers_at,
    talking,
)
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.record import Place
from tests.support.site import REDIS_AWAY, Site, run_site
from tests.support.wire import TRANSPORTS

LOST_LINE = r"WARNING chat.backplane.redis.followed: The log of \w+ was lost or trimmed"
# Said by an instance that looks before the log has grown past what it had seen.
SHORT_LINE = r"WARNING chat.backplane.redis.seen: The log of \w+ was lost; its readers load it anew"


def assert_goes_on_behind_its_resync(reader: Client, place: Place) -> None:
    """Check that ``reader`` has the newest epoch up to ``place``, whole or from a resync on."""
    at = (place[0], 0)
    for push in reader.seen.heard:
        if push["type"] in ("message", "resync") and push["epoch"] == place[0]:
            if push["type"] == "message":
                assert push["offset"] == at[1] + 1
            at = (push["epoch"], push["offset"])
    assert at == place
    assert reader.seen.resyncs


@in_a_loop(30)
async def test_after_flushall_attached_readers_of_each_transport_get_resync_in_a_new_epoch(
    site: Site,
) -> None:
    site.expect(LOST_LINE)
    async with readers_on(site.urls) as readers, talker_at(site.urls[0]) as talker:
        epoch, offset = await talker.say(new_key())
        for reader in readers:
            await reader.until_at((epoch, offset))

        with site.redis.client() as client:
            client.flushall()
        for reader in readers:
            resync = await reader.until_type("resync", within_s=5)
            assert resync["epoch"] == site.top()[0] != epoch

        key = new_key()
        place = await talker.say(key)
        assert place == (site.top()[0], 1)
        for reader in readers:
            await reader.until_at(place)
            assert_goes_on_behind_its_resync(reader, place)


@in_a_loop(30)
async def test_after_flushall_under_traffic_nobody_skips_what_the_new_log_holds(
    site: Site,
) -> None:
    site.expect(LOST_LINE)
    async with readers_on(site.urls) as readers, talkers_at(site.urls[0], 3) as talkers:
        async with talking(talkers, site.urls):
            for reader in readers:
                await reader.until_type("message")
            epoch, _ = site.top()
            with site.redis.client() as client:
                client.flushall()
            for reader in readers:
                await reader.until_type("resync")
                await reader.until(
                    lambda push: push["type"] == "message" and push["epoch"] != epoch
                )
        key = new_key()
        place = await talkers[0].say(key)
        for reader in readers:
            await reader.until_at(place)
            assert_goes_on_behind_its_resync(reader, place)


@in_a_loop(30)
async def test_who_comes_back_after_flushall_with_an_old_cursor_gets_resync(site: Site) -> None:
    site.expect(LOST_LINE)
    async with talker_at(site.urls[0]) as talker:
        for transport in TRANSPORTS:
            await talker.say(new_key())
            old = await talker.say(new_key())
            with site.redis.client() as client:
                client.flushall()
            talker.url = site.urls[1]
            await talker.say(new_key())
            async with reader_on(site.urls[2], transport, old) as reader:
                resync = await reader.until_type("resync", within_s=5)
                assert resync["epoch"] != old[0]
                await reader.until_at(site.top())


@in_a_loop(30)
async def test_a_reader_away_longer_than_the_history_is_kept_gets_resync(site: Site) -> None:
    with run_site(1, HISTORY_LIMIT="100") as small:
        (url,) = small.urls
        async with talker_at(url) as talker, AsyncExitStack() as stack:
            old = await talker.say(new_key())
            await asyncio.gather(*(talker.say(new_key()) for _ in range(300)))
            epoch, top = recent = await talker.say(new_key())
            before = (epoch, top - 50)
            for transport in TRANSPORTS:
                late = await stack.enter_async_context(reader_on(url, transport, old))
                await late.until_type("resync", within_s=5)
                in_time = await stack.enter_async_context(reader_on(url, transport, before))
                await in_time.until_at(recent)
                assert not in_time.seen.resyncs
                places = [(epoch, offset) for offset in range(top - 49, top + 1)]
                assert in_time.seen.places == places
        # 300 at once may be more than the instance itself has read before they are trimmed.
        small.expect(
            r"WARNING chat.backplane.redis.followed: The log of general was lost or trimmed"
        )
        assert not small.surprises()


@in_a_loop(60)
async def test_when_an_old_backup_is_restored_the_instances_that_saw_more_tell_it(
    tmp_path: Path,
) -> None:
    with run_site(3, "--dbfilename", "dump.rdb") as site:
        site.expect(LOST_LINE, *REDIS_AWAY)
        async with readers_on(site.urls) as readers, talker_at(site.urls[0]) as talker:
            await talker.say(new_key())
            backed_up = await talker.say(new_key())
            with site.redis.client() as client:
                client.save()
                folder = Path(client.config_get("dir")["dir"])
            shutil.copy(folder / "dump.rdb", tmp_path)
            for _ in range(10):
                lost = await talker.say(new_key())
            for reader in readers:
                await reader.until_at(lost)

            site.redis.kill()
            shutil.copy(tmp_path / "dump.rdb", folder)
            site.redis.start()
            for reader in readers:
                resync = await reader.until_type("resync", within_s=10)
                assert resync["epoch"] == site.top()[0] != backed_up[0]
            key = new_key()
            place = await talker.say(key)
            for reader in readers:
                await reader.until_at(place)
                assert_goes_on_behind_its_resync(reader, place)
        assert not site.surprises()


@in_a_loop(60)
async def test_an_old_backup_that_grows_at_once_past_what_was_seen_is_told_all_the_same(
    tmp_path: Path,
) -> None:
    """The log has forked; by the offsets alone nothing was lost."""
    with run_site(3, "--dbfilename", "dump.rdb") as site:
        site.expect(LOST_LINE, SHORT_LINE, *REDIS_AWAY)
        async with readers_on(site.urls) as readers, talkers_at(site.urls[0], 8) as talkers:
            backed_up = await talkers[0].say(new_key())
            with site.redis.client() as client:
                client.save()
                folder = Path(client.config_get("dir")["dir"])
            shutil.copy(folder / "dump.rdb", tmp_path)
            lost_keys = [new_key() for _ in range(3)]
            for key in lost_keys:
                lost = await talkers[0].say(key)
            for reader in readers:
                await reader.until_at(lost)

            site.redis.kill()
            shutil.copy(tmp_path / "dump.rdb", folder)
            # All talkers retry until Redis is back, so that the log grows before instances look.
            async with talking(talkers, site.urls):
                await asyncio.to_thread(site.redis.start)
                for reader in readers:
                    resync = await reader.until_type("resync", within_s=10)
                    assert resync["epoch"] != backed_up[0]
            key = new_key()
            place = await talkers[0].say(key)
            stored = {o: k for _, o, k in site.stored()}
            assert not set(lost_keys) & set(stored.values())
            for reader in readers:
                await reader.until_at(place)
                for push in reader.seen.heard:
                    if push["type"] == "message" and push["key"] not in lost_keys:
                        assert stored[push["offset"]] == push["key"]
        assert not site.surprises()


@in_a_loop(30)
async def test_an_instance_that_saw_more_than_redis_holds_appends_in_a_new_epoch(
    site: Site,
) -> None:
    site.expect(LOST_LINE)
    async with readers_on(site.urls) as readers, talker_at(site.urls[0]) as talker:
        for _ in range(5):
            epoch, top = await talker.say(new_key())
        for reader in readers:
            await reader.until_at((epoch, top))
        put_other_entries(site, epoch, top - 2)
        place = await talker.say(new_key())
        assert place == (site.top()[0], top - 1)
        assert place[0] != epoch
        for reader in readers:
            await reader.until_at(place, within_s=5)
            assert_goes_on_behind_its_resync(reader, place)


PUBSUB, COMMANDS = "CLIENT KILL TYPE pubsub", "CLIENT KILL TYPE normal SKIPME yes"


# A failover to another Redis may cut any connections, and instances notice it in any order.
@pytest.mark.parametrize("cut", [(), (PUBSUB,), (COMMANDS,), (PUBSUB, COMMANDS)])
@in_a_loop(30)
async def test_other_entries_in_the_place_of_those_that_were_seen_are_told_as_lost(
    site: Site, cut: tuple[str, ...]
) -> None:
    site.expect(LOST_LINE, *REDIS_AWAY)
    async with readers_on(site.urls) as readers, talker_at(site.urls[0]) as talker:
        epoch, top = await talker.say(new_key())
        for reader in readers:
            await reader.until_at((epoch, top))
        put_other_entries(site, epoch, top + 3, *cut)
        for reader in readers:
            resync = await reader.until_type("resync", within_s=5)
            assert resync["epoch"] != epoch
            assert resync["offset"] == top + 3
            last = reader.seen.places[-1]
            assert last == (epoch, top), "nothing of the other log in the old epoch"


def put_other_entries(site: Site, epoch: str, top: int, *then: str) -> None:
    """Replace the entries of ``general``, up to ``top``, as a Redis does that has lost the old."""
    with site.redis.client() as client:
        step = client.pipeline(transaction=True)
        step.delete("parley:{general}:entries", "parley:{general}:messages")
        for offset in range(1, top + 1):
            body = {"user": "u", "name": "n", "time": "t", "text": "", "html": ""}
            site.put(step, epoch, offset, key=f"other {offset}", **body)
        for command in then:
            step.execute_command(*command.split())
        step.execute()
