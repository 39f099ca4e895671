"""What version 1 has stored in Redis is converted, and instances of both versions get along."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import TestCase

import pytest

from chat.backplane.records import Page
from chat.backplane.redis import Keys, RedisBackplane, RedisOptions, schema
from chat.backplane.redis.store import Store
from chat.backplane.redis.upgrading import CHECKS_TO_END, CHECKS_TO_SHUT_OUT
from chat.backplane.redis.version1 import BATCH, Converter
from chat.clock import Clock
from chat.errors import Unavailable
from chat.protocol.cursor import Position
from chat.protocol.entries import BODIES, Entry
from chat.rooms import LOBBY
from chat.rooms.folding import Message, fold
from chat.settings.redis_url import RedisUrl
from tests.contract.backplane_contract import WAIT_S, Recorder, SetClock, message
from tests.contract.removal_contract import deletion, edit
from tests.support.aio import in_a_loop
from tests.support.folding import fold_log
from tests.support.redis_server import RedisServer, run_redis

EPOCH = "0123abcd"


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with run_redis() as server:
        yield server


@pytest.fixture
def room(server: RedisServer) -> Iterator["Version1Room"]:
    with server.client() as client:
        client.flushall()
        yield Version1Room(client)


class Version1Room:
    """The lobby as an instance of version 1 writes it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.keys = Keys()
        self.head, self.log = self.keys.head(LOBBY), self.keys.older_log(LOBBY)
        client.sadd(self.keys.rooms, LOBBY)

    def append(self, kind: str, **fields: Any) -> int:
        """Append an entry; return its offset."""
        top, messages = (int(n or 0) for n in self.client.hmget(self.head, "top", "messages"))
        offset, messages = top + 1, messages + (kind == "message")
        body = json.dumps({"user": "ada", "name": "Ada", "time": f"t{offset}", **fields})
        step = self.client.pipeline(transaction=True)
        step.xadd(self.log, {"k": kind, "n": messages, "b": body}, id=f"{offset}-0")
        head = {"epoch": EPOCH, "top": offset, "messages": messages}
        step.hset(self.head, mapping=head)
        if "target" in fields:
            step.zadd(self.keys.older_about(LOBBY), {str(offset): fields["target"]})
        step.execute()
        return offset

    def say(self, text: str) -> int:
        return self.append("message", key=f"key {text[-5:]}", text=text, html=text)

    def edit(self, target: int, text: str) -> int:
        return self.append("edited", target=target, text=text, html=text)

    def react(self, target: int, emoji: str, *, on: bool = True, user: str = "ada") -> int:
        return self.append("reaction", target=target, emoji=emoji, on=on, user=user)

    def shown(self) -> list[Message]:
        """Return the messages as version 1 shows them."""
        entries = [
            Entry(LOBBY, Position(EPOCH, int(id_.partition(b"-")[0])), f[b"k"].decode(), f[b"b"])
            for id_, f in self.client.xrange(self.log)
        ]
        return fold_log(entries)

    def state(self) -> dict[str, Any]:
        """Return all that this version keeps of the room."""
        keys = self.keys
        return {
            "head": self.client.hgetall(self.head),
            "entries": self.client.hgetall(keys.entries(LOBBY)),
            "messages": self.client.xrange(keys.messages(LOBBY)),
            "others": self.client.xrange(keys.others(LOBBY)),
            "amended": self.client.hgetall(keys.amended(LOBBY)),
        }


def talk(room: Version1Room) -> None:
    """Have ``room`` hold all that can be there, in more than two batches."""
    for number in range(1, 6):
        room.say(f"said {number}")
    room.edit(1, "secret: replaced")
    room.edit(1, "one")
    room.react(1, "👍")
    room.react(1, "👍")  # again
    room.react(1, "no emoji")
    room.react(2, "❤", user="bob")
    room.edit(3, "secret: deleted")
    room.react(3, "👍")
    room.append("deleted", target=3)
    room.edit(3, "secret: after its deletion")
    room.react(2, "❤️", user="bob", on=False)
    room.react(2, "🎉", user="bob")
    room.edit(99, "secret: of nothing")
    room.append("joined")
    for number in range(2 * BATCH):
        room.say(f"more {number}")
    last = room.say("secret: first words")
    room.edit(1, "uno")
    room.edit(last, "last")
    room.react(last, "👍", user="bob")
    room.append("invented", colour="red")


@asynccontextmanager
async def backplane(
    server: RedisServer, clock: Clock | None = None
) -> AsyncIterator[RedisBackplane]:
    options = RedisOptions(url=RedisUrl.parse(server.url))
    backplane = RedisBackplane(options, clock=clock or SetClock())
    await backplane.start(Recorder())
    try:
        yield backplane
    finally:
        await backplane.stop()


async def shown(backplane: RedisBackplane) -> list[Message]:
    page = await backplane.history(LOBBY, before=None, after=None, limit=1000, limit_bytes=1 << 30)
    return fold(page.entries, page.reactions)


async def everything(backplane: RedisBackplane, since: int = 0) -> list[Entry]:
    entries: list[Entry] = []
    page = Page((), True)
    while page.more:
        page = await backplane.read(LOBBY, Position(EPOCH, since + len(entries)), limit=500)
        entries += page.entries
    return entries


@in_a_loop(60)
async def test_a_room_of_version_1_shows_the_same_and_what_was_removed_is_gone(
    server: RedisServer, room: Version1Room
) -> None:
    talk(room)
    before = room.shown()
    async with backplane(server) as ours:
        assert await shown(ours) == before
        entries = await everything(ours)
        assert len(entries) == int(room.client.hget(room.head, "top"))
        assert not [entry for entry in entries if b"secret" in entry.body]
        assert fold_log(entry for entry in entries if entry.kind in BODIES) == before
        state = room.state()
        assert b"secret" not in repr(state).encode()
        await ours.append(edit(1, "at last"))
        assert b"uno" not in repr(room.state()).encode()
    state = room.state()
    assert [int(id_.partition(b"-")[0]) for id_, _ in state["others"]][:2] == [6, 7]
    version = b"%d" % schema.SCHEMA.version
    assert room.client.hgetall(room.keys.schema) == {b"version": version, b"oldest": b"1"}


@in_a_loop(60)
async def test_converting_may_be_done_by_many_at_once_and_again(
    server: RedisServer, room: Version1Room
) -> None:
    talk(room)
    async with backplane(server) as one:
        once = room.state()
        room.client.delete(room.keys.schema, room.keys.entries(LOBBY))
        room.client.hdel(room.head, "held")
        stores = [Store(one._client, room.keys) for _ in range(5)]
        await asyncio.gather(*(Converter(store).convert(LOBBY) for store in stores))
        assert room.state() == once
    room.client.delete(room.keys.schema)
    async with backplane(server):
        assert room.state() == once


@in_a_loop(60)
async def test_what_version_1_stores_beside_this_one_is_read_changed_and_counted(
    server: RedisServer, room: Version1Room
) -> None:
    room.say("one")
    async with backplane(server) as ours:
        room.say("two")
        assert [m.text for m in await shown(ours)] == ["one", "two"]
        room.edit(2, "zwei")
        entry = await ours.entry(LOBBY, 2)
        assert entry is not None and b"zwei" in entry.body
        room.say("three")
        assert (await ours.append(edit(4, "drei"))).position == Position(EPOCH, 5)
        room.append("deleted", target=1)
        assert (await ours.append(message("four"))).position == Position(EPOCH, 7)
        assert [e.kind for e in await everything(ours)] == [
            "message", "message", "edited", "message", "edited", "deleted", "message",
        ]  # fmt: skip
        theirs = room.shown()
        assert theirs == await shown(ours)
        assert [m.text for m in theirs] == ["", "zwei", "drei", "four"]
        room.say("five")
        await ours.mark_read("bob", LOBBY, 7)
        (membership,) = await ours.memberships("bob")
        assert membership.unread == 1


@in_a_loop(60)
async def test_when_no_instance_of_version_1_runs_any_more_what_they_need_is_let_go_of(
    server: RedisServer, room: Version1Room
) -> None:
    talk(room)
    async with backplane(server) as ours, backplane(server):
        upgrade = ours._upgrade
        for _ in range(CHECKS_TO_SHUT_OUT):
            await upgrade.check()
        assert room.client.hget(room.keys.schema, "oldest") == b"2"
        theirs = room.client.pubsub()
        theirs.subscribe("parley:everybody")  # it began just before that
        theirs.get_message(timeout=WAIT_S)
        await upgrade.check()
        assert room.client.hget(room.keys.schema, "oldest") == b"1"
        room.say("theirs")
        theirs.unsubscribe()
        theirs.get_message(timeout=WAIT_S)  # it has ended
        for _ in range(CHECKS_TO_END - 1):
            await upgrade.check()
            await ours.append(message("", key=f"{_}"))
            assert room.client.exists(room.log)
        room.client.sadd(room.keys.rooms, "gone")  # of which nothing is left
        await upgrade.check()
        assert not upgrade.is_mixed()
        before = await shown(ours)
        assert before[-CHECKS_TO_END].text == "theirs"
        await ours.append(message("mine"))
        assert not room.client.exists(room.log, room.keys.older_about(LOBBY))
        assert room.client.hget(room.keys.schema, "oldest") == b"2"
    async with backplane(server) as ours:
        assert not ours._upgrade.is_mixed()
        assert (await shown(ours))[:-1] == before
        assert not room.client.exists(room.log)


@in_a_loop(60)
async def test_who_finds_that_an_older_one_was_let_in_again_shuts_it_out_again_first(
    server: RedisServer, room: Version1Room
) -> None:
    room.say("m")
    async with backplane(server) as ours:
        for _ in range(CHECKS_TO_END - 1):
            await ours._upgrade.check()
        room.client.hset(room.keys.schema, "oldest", 1)  # by another instance
        for _ in range(CHECKS_TO_END - CHECKS_TO_SHUT_OUT):
            await ours._upgrade.check()
            assert room.client.hget(room.keys.schema, "oldest") == b"2"
            assert room.client.exists(room.log)
        await ours._upgrade.check()
        assert not room.client.exists(room.log)


@in_a_loop(60)
async def test_a_redis_that_takes_nothing_just_then_is_asked_again(
    server: RedisServer, room: Version1Room
) -> None:
    room.say("m")
    async with backplane(server) as ours:
        for _ in range(CHECKS_TO_SHUT_OUT - 1):
            await ours._upgrade.check()
        room.client.config_set("maxmemory", "1")
        try:
            refused = TestCase().assertLogs("chat.backplane.redis.store", "WARNING")
            with refused, pytest.raises(Unavailable):
                await ours._upgrade.check()
            assert room.client.hget(room.keys.schema, "oldest") == b"1"
        finally:
            room.client.config_set("maxmemory", "0")
        await ours._upgrade.check()
        assert room.client.hget(room.keys.schema, "oldest") == b"2"


@in_a_loop(60)
async def test_in_an_empty_redis_nothing_is_written_in_the_way_of_version_1(
    server: RedisServer, room: Version1Room
) -> None:
    room.client.flushall()
    async with backplane(server) as ours:
        await ours.append(message("m"))
        assert not room.client.exists(room.log)
        assert not ours._upgrade.is_mixed()


@in_a_loop(60)
async def test_a_log_that_version_1_has_restored_or_begun_anew_is_taken_in_its_place(
    server: RedisServer, room: Version1Room
) -> None:
    talk(room)
    async with backplane(server) as ours:
        for other_epoch, fields in (("eeee", ("held",)), ("ffff", ())):
            room.client.delete(room.log)
            for offset in (1, 2):
                body = {"user": "u", "name": "U", "time": "t", "key": "k", "html": other_epoch}
                encoded = json.dumps(body | {"text": other_epoch})
                room.client.xadd(
                    room.log, {"k": "message", "n": offset, "b": encoded}, f"{offset}-0"
                )
            room.client.hset(room.head, mapping={"epoch": other_epoch, "top": 2, "messages": 2})
            if fields:  # its head was lost, too
                room.client.hdel(room.head, *fields)
            assert [m.text for m in await shown(ours)] == [other_epoch] * 2
            assert len(room.state()["entries"]) == 2


@in_a_loop(60)
async def test_deleted_text_is_nowhere_in_redis_nor_in_its_files_once_they_are_rewritten(
    tmp_path: Path,
) -> None:
    with (
        run_redis("--appendonly", "yes", "--rdbcompression", "no") as server,
        server.client() as client,
    ):
        room = Version1Room(client)
        room.say("secret of version 1")
        room.append("deleted", target=1)
        folder = Path(client.config_get("dir")["dir"])
        async with backplane(server) as ours:
            for number in range(20):
                await ours.append(message(f"kept {number}"))
            await ours.append(message("secret that is deleted", key="a"))
            await ours.append(message("secret that is replaced", key="b"))
            await ours.append(edit(24, "secret that is replaced again"))
            await ours.append(edit(24, "kept, too"))
            await ours.append(deletion(23))
            assert b"secret" in held(folder)
            for _ in range(CHECKS_TO_END):
                await ours._upgrade.check()
            client.bgrewriteaof()
            while client.info("persistence")["aof_rewrite_in_progress"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            assert client.info("persistence")["aof_last_bgrewrite_status"] == "ok"
            found = held(folder)
            assert b"kept 7" in found and b"kept, too" in found
            assert b"secret" not in found
            for key in client.scan_iter():
                assert b"secret" not in (client.dump(key) or b""), key


def held(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
