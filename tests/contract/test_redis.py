"""The Redis backplane fulfils the contract."""

import asyncio
from collections.abc import Iterator
from typing import Any
from unittest import IsolatedAsyncioTestCase
from unittest.mock import patch

import msgspec
import pytest
import redis

from chat.backplane.base import Backplane, BlocklistAdmin
from chat.backplane.limits import HISTORY_BYTES, MAX_PRESENT_LISTED
from chat.backplane.records import Page
from chat.backplane.redis import Keys, RedisBackplane, RedisBlocklistAdmin, RedisOptions
from chat.backplane.redis.logs import RedisLogs
from chat.backplane.redis.presence import LEASE_S, MOVE_S
from chat.backplane.redis.scripts import Script
from chat.backplane.redis.signals import Signals
from chat.backplane.redis.upgrading import CHECKS_TO_END
from chat.clock import Clock
from chat.errors import Refused, ResyncNeeded, Unavailable
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.pushes import Person, Presence
from chat.rooms import LOBBY
from chat.rooms.folding import fold
from chat.settings.redis_url import RedisUrl
from tests.contract.backplane_contract import (
    ADA,
    WAIT_S,
    BackplaneContract,
    Recorder,
    joining,
    leaving,
    message,
)
from tests.contract.followers_contract import FollowersContract
from tests.contract.records_contract import RecordsContract
from tests.contract.removal_contract import RemovalContract, deletion, reaction
from tests.contract.values_contract import ValuesContract
from tests.support.redis_cluster import RedisClusterServers, run_redis_cluster
from tests.support.redis_server import RedisServer, run_redis


def cost_of_history(client: "redis.Redis") -> int:
    """Return how many commands Redis runs to read the newest page of the lobby."""
    keys = Keys()
    names = [name(LOBBY) for name in (keys.head, keys.entries, keys.messages, keys.amended)]
    source = Script("history.lua").source
    step = client.pipeline(transaction=True)  # so that no other client's commands are counted
    step.config_resetstat()
    step.eval(source, len(names), *names, "XREVRANGE", "+", "-", 200, HISTORY_BYTES)
    step.info("commandstats")
    stats = step.execute()[-1]
    return sum(stat["calls"] for stat in stats.values())


@pytest.fixture(scope="class")
def redis_server(request: pytest.FixtureRequest) -> Iterator[None]:
    with run_redis() as server:
        request.cls.server = server
        yield


@pytest.mark.usefixtures("redis_server")
class TestRedisBackplane(
    FollowersContract,  # before what closes the backplane
    BackplaneContract,
    RemovalContract,
    RecordsContract,
    ValuesContract,
    IsolatedAsyncioTestCase,
):
    server: RedisServer

    def setUp(self) -> None:
        with self.server.client() as client:
            client.flushall()

    def open_backplane(self, clock: Clock) -> Backplane:
        return RedisBackplane(
            RedisOptions(url=RedisUrl.parse(self.server.url)), clock=clock, keep=self.keep
        )

    async def open_book(self) -> BlocklistAdmin:
        return await RedisBlocklistAdmin.open(
            RedisOptions(url=RedisUrl.parse(self.server.url)), self.clock
        )

    async def purge(self) -> None:
        assert isinstance(self.backplane, RedisBackplane)
        await self.backplane.purge()

    async def another_instance(self) -> Backplane:
        backplane = self.open_backplane(self.clock)
        await backplane.start(Recorder())
        self._others.append(backplane)
        return backplane

    async def cost_of_history(self) -> int:
        with self.server.client() as client:
            return cost_of_history(client)

    async def test_a_join_that_its_instance_told_nobody_of_is_told_when_it_is_repeated(
        self,
    ) -> None:
        away = Unavailable(Code.UNAVAILABLE, "it died here", retry_ms=1)
        with patch.object(Signals, "send", side_effect=away), self.assertRaises(Unavailable):
            await self.backplane.join(joining("dev"))
        again = await self.backplane.join(joining("dev"))
        assert not again.is_new
        told = ("joined again", "ada", "dev", Position(again.position.epoch, 0))
        await self.listener.until(lambda: told in self.listener.heard)
        await self.backplane.join(joining(LOBBY))  # everybody is there: nobody is told

    async def test_entries_of_another_log_are_not_given_if_another_instance_renews_it_meanwhile(
        self,
    ) -> None:
        """Between what is read and what would be compared with what was seen."""
        seen = (await self.backplane.append(message("seen"))).position
        await self.listener.until(lambda: len(self.listener.entries) == 1)
        keys, read = Keys(), RedisLogs.read
        other = 'message {"user":"u","name":"n","time":"t","text":"","html":"","key":"other"}'

        async def read_before_it_is_renewed(logs: RedisLogs, *args: Any, **more: Any) -> Page:
            try:
                return await read(logs, *args, **more)
            finally:
                await logs.renew(LOBBY, seen, is_forked=True)

        with (
            self.server.client() as client,
            patch.object(RedisLogs, "read", read_before_it_is_renewed),
        ):
            step = client.pipeline(transaction=True)
            for offset in range(1, seen.offset + 3):
                step.hset(keys.entries(LOBBY), str(offset), other)
            top = {"top": seen.offset + 2, "held": f"{seen.epoch} {seen.offset + 2}"}
            step.hset(keys.head(LOBBY), mapping=top)
            step.execute()
            with self.assertLogs("chat.backplane.redis.followed", "WARNING"):
                with self.assertRaises(ResyncNeeded):
                    await self.backplane.read(LOBBY, seen, limit=10)
                await self.listener.until(lambda: self.listener.heard[-1][0] == "reset")
        assert len(self.listener.entries) == 1

    async def test_a_session_that_hops_to_another_instance_is_present_throughout(self) -> None:
        other = self.open_backplane(self.clock)
        await other.start(Recorder())
        await self.backplane.set_present("s", ADA, [LOBBY])
        await other.set_present("s", ADA, [LOBBY])
        assert (await other.presence(LOBBY)).count == 1  # it is stored, as what is read shows
        await self.backplane.set_present("s", ADA, [])
        assert (await self.backplane.presence(LOBBY)).count == 1
        await other.set_present("s", ADA, [])
        assert (await other.presence(LOBBY)).count == 0
        await other.stop()

    async def test_changes_of_one_message_by_several_instances_at_once_are_all_applied(
        self,
    ) -> None:
        others = [self.open_backplane(self.clock) for _ in range(3)]
        for other in others:
            await other.start(Recorder())
        handles = [self.backplane, *others]
        await self.backplane.append(message("m"))
        people = [Person(user=f"u{number}", name="U") for number in range(40)]
        await asyncio.gather(
            *(
                handles[number % 4].append(reaction(1, "👍", by=person))
                for number, person in enumerate(people)
            )
        )
        page = await self.backplane.history(LOBBY, before=None, after=None, limit=1)
        ((emoji, users),) = page.reactions[1]
        assert (emoji, sorted(users)) == ("👍", sorted(person.user for person in people))
        answers = await asyncio.gather(
            *(handle.append(deletion(1)) for handle in handles), return_exceptions=True
        )
        assert sorted(isinstance(answer, Refused) for answer in answers) == [False] + 3 * [True]
        for other in others:
            await other.stop()

    async def test_who_comes_to_many_does_not_have_all_of_them_read(self) -> None:
        for number in range(MAX_PRESENT_LISTED + 1):
            person = Person(user=f"u{number}", name=f"U{number}")
            await self.backplane.set_present(f"s{number}", person, [LOBBY])
        last = Presence(room=LOBBY, count=MAX_PRESENT_LISTED + 1)
        await self.listener.until(lambda: ("room", LOBBY, last) in self.listener.heard)
        assert await self.reads_of_presence(last) <= 5  # also one of an ended interval

    async def test_who_comes_to_a_room_that_fills_does_not_have_all_of_them_read(self) -> None:
        await self.backplane.set_present("s", ADA, [LOBBY])
        heard = self.listener.heard
        await self.listener.until(lambda: any(kind == "room" for kind, *_ in heard))
        for number in range(MAX_PRESENT_LISTED):
            person = Person(user=f"u{number}", name=f"U{number}")
            await self.backplane.set_present(f"s{number}", person, [LOBBY])
        last = Presence(room=LOBBY, count=MAX_PRESENT_LISTED + 1)
        assert await self.reads_of_presence(last) <= 5  # though only the first one was pushed

    async def reads_of_presence(self, presence: Presence) -> int:
        """Ask 50 times for ``presence``; return how often all who are present were read.

        The room's own periodic reads count, too.
        """
        with self.server.client() as client:
            client.config_resetstat()
            for _ in range(50):
                assert await self.backplane.presence(LOBBY) == presence
            stats = client.info("commandstats").get("cmdstat_hgetall", {"calls": 0})
        return int(stats["calls"])

    async def test_a_bar_of_which_nobody_was_told_is_heard_all_the_same(self) -> None:
        with self.server.client() as client:
            client.xadd(Keys().blocks, {"b": msgspec.json.encode(self._ban())})
        await self.listener.until(lambda: self._ban() in self.listener.blocks)

    async def test_bars_are_heard_anew_when_redis_was_away(self) -> None:
        """Redis may then have another state, in which our position means nothing."""
        await self.backplane.block(self._ban())
        with self.server.client() as client:
            client.delete(Keys().blocks)
            client.xadd(Keys().blocks, {"b": msgspec.json.encode(self._ban("bob"))}, id="1-1")
            with self.assertLogs("chat.backplane.redis.feed", "WARNING"):
                client.client_kill_filter(_type="pubsub")
                await self.listener.until(lambda: self._ban("bob") in self.listener.blocks)

    async def test_a_stream_that_has_lost_bars_does_not_lift_them_here(self) -> None:
        await self.backplane.block(self._ban())
        with self.server.client() as client:
            client.delete(Keys().blocks)
        await self.backplane.block(self._ban("bob"))
        assert {block.who for block in self.listener.blocks} == {"ada", "bob"}
        assert all(block.until_s > self.clock.now for block in self.listener.blocks)

    async def test_leases_that_nobody_renews_run_out(self) -> None:
        await self.backplane.set_present("s", ADA, [LOBBY])
        self.clock.now += LEASE_S - 1
        assert (await self.backplane.presence(LOBBY)).count == 1
        self.clock.now += 1
        assert (await self.backplane.presence(LOBBY)).count == 0

    async def test_an_instance_that_stops_leaves_its_people_time_to_come_back(self) -> None:
        other = self.open_backplane(self.clock)
        await other.start(Recorder())
        await other.set_present("s", ADA, [LOBBY])
        await other.stop()
        assert (await self.backplane.presence(LOBBY)).count == 1
        self.clock.now += MOVE_S
        assert (await self.backplane.presence(LOBBY)).count == 0

    async def test_a_room_that_another_instance_reads_or_has_people_in_stays_as_long(self) -> None:
        other, rooms = self.open_backplane(self.clock), ["present", "read"]
        await other.start(Recorder())
        for room in rooms:
            await other.join(joining(room))
            await other.leave(leaving(room))
        await other.follow(["read"])
        await other.set_present("s", ADA, ["present"])
        await other.presence("present")
        before = await self.backplane.positions(rooms)
        await self.purge()
        assert await self.backplane.positions(rooms) == before and len(before) == 2
        await other.stop()
        self.clock.now += MOVE_S
        await self._until_unread("read")
        await self.purge()
        assert [info.room for info in await self.backplane.rooms()] == [LOBBY]
        with self.server.client() as client:
            assert list(client.scan_iter("*{present}*")) == []
            assert list(client.scan_iter("*{read}*")) == []

    async def test_what_was_removed_is_not_made_anew_by_an_instance_that_knew_it(self) -> None:
        other = self.open_backplane(self.clock)
        await other.start(Recorder())
        assert isinstance(other, RedisBackplane)
        for room in ("one", "two"):
            await other.join(joining(room))
            await other.leave(leaving(room))
        await self.purge()
        await other._seen.verify()  # as when Redis was away
        assert await self.backplane.positions(["one", "two"]) == {}
        assert other._feed.seen("one") == Position("", 0)
        await other.stop()

    async def test_what_others_have_removed_is_forgotten(self) -> None:
        other = self.open_backplane(self.clock)
        await other.start(Recorder())
        assert isinstance(other, RedisBackplane)
        await other.join(joining("dev"))
        await other.leave(leaving("dev"))
        await self.purge()
        assert other._feed.seen("dev") != Position("", 0)
        await other.purge()
        assert other._feed.seen("dev") == Position("", 0)
        await other.stop()

    async def test_a_room_that_is_made_anew_before_its_name_is_taken_off_the_list_is_listed(
        self,
    ) -> None:
        assert isinstance(self.backplane, RedisBackplane)
        await self.backplane.join(joining("dev"))  # as by another instance, after the removal
        await self.backplane._unused._unlist(["dev", "gone"])
        assert [info.room for info in await self.backplane.rooms()] == ["dev", LOBBY]

    async def test_a_reader_finds_a_removed_room_made_anew_and_listed(self) -> None:
        """The reader may have lost its subscription, so that Redis did not know of it."""
        await self.backplane.join(joining("dev"))
        await self.backplane.leave(leaving("dev"))
        await self.backplane.follow(["dev"])
        with self.server.client() as client:
            client.delete(Keys().head("dev"))
            client.srem(Keys().rooms, "dev")
        with self.assertLogs("chat.backplane.redis.followed", "WARNING"):
            await self.listener.until(
                lambda: any(n[:2] == ("reset", "dev") for n in self.listener.heard)
            )
        assert [info.room for info in await self.backplane.rooms()] == ["dev", LOBBY]

    async def test_a_room_is_removed_whole_also_while_redis_is_full(self) -> None:
        """An instance that does not find the note of it would begin the room anew."""
        await self.backplane.join(joining("dev"))
        with self.server.client() as client:
            client.config_set("maxmemory", "1")
            try:
                await self.backplane.remove("dev")
            finally:
                client.config_set("maxmemory", "0")
            assert list(client.scan_iter("*{dev}*")) == [Keys().removed("dev").encode()]
            assert client.ttl(Keys().removed("dev")) > 0
        assert [info.room for info in await self.backplane.rooms()] == [LOBBY]

    async def test_a_name_of_which_there_is_no_room_is_taken_off_the_list(self) -> None:
        with self.server.client() as client:
            client.sadd(Keys().rooms, *(f"r{number}" for number in range(1000)))
            await self.purge()
            assert client.smembers(Keys().rooms) == {LOBBY.encode()}

    async def test_nothing_is_removed_while_an_upgrade_goes_on(self) -> None:
        with self.server.client() as client:
            client.hset(Keys().schema, "oldest", 1)
        await self.restart()
        await self.backplane.join(joining("dev"))
        await self.backplane.leave(leaving("dev"))
        await self.purge()
        assert [info.room for info in await self.backplane.rooms()] == ["dev", LOBBY]

    async def test_a_closed_room_is_made_when_no_older_version_runs(self) -> None:
        keys, room = Keys(), "p-abcdefghjkmnpqrs"
        with self.server.client() as client, client.pubsub() as older:
            client.hset(keys.schema, "oldest", 2)
            await self.restart()
            older.subscribe(keys.all_instances, keys.not_of_version_1)
            while client.pubsub_numsub(keys.all_instances)[0][1] < 2:  # noqa: ASYNC110
                await asyncio.sleep(0)
            with self.assertRaises(Unavailable) as caught:
                await self.backplane.join(joining(room))
            assert "older version" in caught.exception.message
            assert await self.backplane.positions([room]) == {}
            assert client.hget(keys.schema, "oldest") == b"2"
            older.unsubscribe()
            while client.pubsub_numsub(keys.all_instances)[0][1] > 1:  # noqa: ASYNC110
                await asyncio.sleep(0)
            assert (await self.backplane.join(joining(room))).is_new
            assert client.hget(keys.schema, "oldest") == b"3"

    async def _until_unread(self, room: str) -> None:
        """Wait until no instance subscribes to the room; Redis sends no event for it."""
        with self.server.client() as client:
            async with asyncio.timeout(WAIT_S):
                while client.pubsub_numsub(Keys().feed(room))[0][1]:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)


@pytest.fixture(scope="class")
def redis_cluster(request: pytest.FixtureRequest) -> Iterator[None]:
    with run_redis_cluster() as cluster:
        request.cls.cluster = cluster
        yield


@pytest.mark.usefixtures("redis_cluster")
class TestRedisClusterBackplane(
    BackplaneContract, RemovalContract, RecordsContract, IsolatedAsyncioTestCase
):
    cluster: RedisClusterServers

    def setUp(self) -> None:
        self.cluster.flush()

    def open_backplane(self, clock: Clock) -> Backplane:
        return RedisBackplane(
            RedisOptions(url=RedisUrl.parse(self.cluster.url)), clock=clock, keep=self.keep
        )

    async def open_book(self) -> BlocklistAdmin:
        return await RedisBlocklistAdmin.open(
            RedisOptions(url=RedisUrl.parse(self.cluster.url)), self.clock
        )

    async def purge(self) -> None:
        assert isinstance(self.backplane, RedisBackplane)
        await self.backplane.purge()

    async def cost_of_history(self) -> int:
        for master in self.cluster.masters:
            with master.client() as client:
                try:
                    return cost_of_history(client)
                except redis.exceptions.MovedError:
                    continue
        raise AssertionError("no master has the lobby")

    async def test_what_version_1_stores_is_converted_and_let_go_of(self) -> None:
        keys = Keys()
        assert isinstance(self.backplane, RedisBackplane)
        await self.backplane._client.hset(keys.schema, "oldest", 1)
        await self.restart()
        client, upgrade = self.backplane._client, self.backplane._upgrade
        body = b'{"user":"u","name":"U","time":"t","key":"k","text":"theirs","html":""}'
        await client.xadd(keys.older_log(LOBBY), {"k": "message", "n": 1, "b": body}, id="1-0")
        await client.hset(keys.head(LOBBY), mapping={"top": 1, "messages": 1})
        assert (await self.backplane.append(message("ours"))).position.offset == 2
        theirs = client.pubsub()
        await theirs.ssubscribe(keys.all_instances_of_version_1)
        await self._until_heard_by(2)
        for _ in range(2 * CHECKS_TO_END):
            await upgrade.check()
        assert upgrade.is_mixed()
        await theirs.aclose()
        await self._until_heard_by(1)
        for _ in range(CHECKS_TO_END):
            assert await client.xlen(keys.older_log(LOBBY)) == 2
            await upgrade.check()
        assert not await client.exists(keys.older_log(LOBBY))
        page = await self.backplane.history(LOBBY, before=None, after=None, limit=5)
        assert [m.text for m in fold(page.entries)] == ["theirs", "ours"]

    async def _until_heard_by(self, count: int) -> None:
        """Wait until ``count`` clients subscribe to version 1's channel; Redis sends no event."""
        assert isinstance(self.backplane, RedisBackplane)
        channels = self.backplane._upgrade._channels
        async with asyncio.timeout(WAIT_S):
            while await channels.subscribers(Keys().all_instances_of_version_1) != count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
