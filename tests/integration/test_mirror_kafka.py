"""The mirror puts each entry into a topic of Kafka, once and in the order of its room."""

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from chat.backplane.values import Setting
from chat.followers.mirror.follower import CURSOR, MirrorFollower
from chat.followers.mirror.kafka import KafkaStream
from chat.followers.mirror.stream import StreamAway
from chat.rooms import LOBBY
from chat.settings.mirror_url import MirrorUrl
from tests.contract.backplane_contract import joining
from tests.support.kafka_server import IS_REAL, run_kafka
from tests.support.mirror_case import WAIT_S, MirrorCase, begin
from tests.support.ports import free_port

ROOM = "garden"


@pytest.fixture(scope="module")
def kafka() -> Iterator[str]:
    with run_kafka() as url:
        yield url


class TestMirror(MirrorCase):
    @pytest.fixture(autouse=True)
    def given(self, kafka: str) -> None:
        self.topic = f"chat.{random.getrandbits(64):x}"
        self.url = MirrorUrl.parse(f"{kafka}/{self.topic}")

    def follower(self) -> MirrorFollower:
        return self.mirror(KafkaStream(self.url))

    async def records(self, count: int) -> list[Any]:
        """Return the records of the topic; wait until there are ``count``."""
        servers = [str(host) for host in self.url.hosts]
        consumer = AIOKafkaConsumer(
            self.topic,
            bootstrap_servers=servers,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        found: list[Any] = []
        async with asyncio.timeout(WAIT_S), consumer:
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    found += records
            found += [r for more in (await consumer.getmany()).values() for r in more]
        return found

    async def assert_has_all(self) -> None:
        """Check that the topic has each entry of all rooms once, in the order of its room."""
        tops = {info.room: info.position for info in await self.backplane.rooms()}
        records = await self.records(sum(top.offset for top in tops.values()))
        for room, top in tops.items():
            ours = [dict(record.headers) for record in records if record.key == room.encode()]
            assert [int(one["offset"]) for one in ours] == list(range(1, top.offset + 1))
            assert {one["epoch"].decode() for one in ours} == {top.epoch}

    async def test_each_entry_is_a_record_with_its_room_as_the_key_and_its_position_beside(
        self,
    ) -> None:
        await self.backplane.join(joining(ROOM))
        await self.say(*map(str, range(20)))
        await self.say("there", room=ROOM)
        await self.follow_to_the_end(self.follower())
        await self.assert_has_all()
        (at,) = await self.say("last")
        entry = await self.backplane.entry(LOBBY, at.offset)
        assert entry is not None
        await self.follow_to_the_end(self.follower())
        assert entry.encode() in [record.value for record in await self.records(at.offset + 2)]

    async def test_what_was_committed_before_the_cursor_was_stored_is_not_sent_again(self) -> None:
        await self.say(*map(str, range(10)))
        await self.follow_to_the_end(self.follower())
        former = await self.backplane.values.all(CURSOR)
        await self.say("more", "and more")
        await self.follow_to_the_end(self.follower())
        await self.backplane.values.put([Setting(CURSOR, *one) for one in former.items()])
        await self.say("last")
        await self.follow_to_the_end(self.follower())
        await self.assert_has_all()

    @pytest.mark.skipif(not IS_REAL, reason="the stand-in shuts nobody out")
    async def test_another_that_begins_shuts_out_the_one_before(self) -> None:
        await self.say("one")
        former, start = self.follower(), (await self.backplane.positions([LOBBY]))[LOBBY]
        start = start._replace(offset=0)
        await begin(former, LOBBY, start)
        first = await self.backplane.read(LOBBY, start, limit=10)
        await former.handle({LOBBY: first.entries})
        await self.say("two")
        second = await self.backplane.read(LOBBY, first.entries[-1].position, limit=10)
        await self.follow_to_the_end(self.follower())
        with pytest.raises(StreamAway):
            await former.handle({LOBBY: second.entries})
        await former.close()
        await self.assert_has_all()

    async def test_where_no_kafka_is_it_waits_and_says_so_once(self) -> None:
        await self.say("one")
        away = MirrorUrl.parse(f"kafka://127.0.0.1:{free_port()}/chat")
        with self.assertLogs("chat.followers.runner", "WARNING") as logged:
            runner = await self.follow(self.mirror(KafkaStream(away)))
            await self.until_failed(runner, times=2)
            assert runner.metrics.lag_entries == 1
            await runner.stop()
        assert len(logged.output) == 1
        assert f"{away}: " in logged.output[0]
