"""What moderators do reaches open transports of every kind, on another instance, within 1 s."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.members import Member, new_name
from tests.support.server import ServerProcess
from tests.support.stores import STORES, instances_over
from tests.support.wire import TRANSPORTS, Push

REACHED_S = 1.0


@pytest.fixture(scope="module", params=STORES)
def servers(request: pytest.FixtureRequest) -> Iterator[Sequence[ServerProcess]]:
    with instances_over(request.param) as servers:
        yield servers


async def named(client: Client, name: str) -> str:
    """Take a name and return the user's id."""
    answer = await client.post("/login", f"name={name}", {"Accept": "application/json"})
    return str(json.loads(answer.body)["user"])


async def ok(client: Client, **command: object) -> Push:
    reply = await client.command(**command)
    assert reply["type"] == "ok", reply
    return reply


class Room:
    """A room of Ada's on one instance; Bob reads it on the other one by all transports."""

    def __init__(self, ada: Client, bob: Client, readers: Sequence[Client], name: str) -> None:
        self.ada, self.bob, self.readers, self.name = ada, bob, readers, name
        self.user = ""
        self.count = 0

    async def say(self, text: str) -> None:
        self.count += 1
        await ok(self.ada, type="send", room=self.name, text=text, key=f"k{self.count}")

    async def all_hear(self, text: str) -> None:
        for reader in self.readers:
            await reader.until(lambda push: push.get("text") == text)


@asynccontextmanager
async def room_of_two(servers: Sequence[ServerProcess], access: str) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        ada = await stack.enter_async_context(Client(servers[0].url))
        bob = await stack.enter_async_context(Client(servers[1].url))
        await named(ada, "Ada")
        user = await named(bob, "Bob")
        name = (await ok(ada, type="create", title=f"Ours {time.time()}", access=access))["room"]
        await ok(ada, type="invite", room=name, user=user)
        readers = []
        for transport in TRANSPORTS:
            reader = Client(servers[1].url)
            reader.cookie = bob.cookie
            readers.append(await stack.enter_async_context(reader.reading(transport)))
        room = Room(ada, bob, readers, str(name))
        room.user = user
        await room.say("hello")
        await room.all_hear("hello")
        yield room


async def refused_within(client: Client, code: str, **command: object) -> float:
    """Return when the last ``command`` was sent that was not refused with ``code``, in s from now.

    How long its answer took says nothing of the moderator's act.
    """
    began = time.monotonic()
    accepted_s = 0.0
    for n in range(1000):
        sent_s = time.monotonic() - began
        reply = await client.command(**command, key=f"r{began}-{n}")
        if reply.get("code") == code:
            return accepted_s
        accepted_s = sent_s
        assert reply["type"] == "ok", reply
        await asyncio.sleep(0.02)
    raise AssertionError(f"never refused with {code}")


@pytest.mark.parametrize("act", ["kick", "ban"])
@in_a_loop(60)
async def test_who_is_removed_reads_nothing_that_was_said_after_it(
    servers: Sequence[ServerProcess], act: str
) -> None:
    async with room_of_two(servers, "private") as room:
        began = time.monotonic()
        await ok(room.ada, type=act, room=room.name, user=room.user, reason="noise")
        await room.say("a secret")
        for reader in room.readers:
            await reader.until(
                lambda push: (
                    push["type"] == "rooms"
                    and push["is_member"] is False
                    or push["type"] == "hello"
                    and all(r["room"] != room.name for r in push["rooms"])
                    or push["type"] == "left"
                    and push.get("reason") == "noise"
                ),
            )
        took_s = time.monotonic() - began
        assert took_s < REACHED_S, took_s
        await room.say("another secret")
        await ok(room.bob, type="send", room="general", text=f"still here {act}", key=act)
        for reader in room.readers:
            await reader.until(lambda push: push.get("text") == f"still here {act}")
            assert not [push for push in reader.seen.heard if "secret" in push.get("text", "")]
        print(f"{act}: all transports of another instance after {took_s:.3f} s")


@in_a_loop(60)
async def test_a_mute_a_lock_and_slow_mode_hold_on_the_other_instance(
    servers: Sequence[ServerProcess],
) -> None:
    for access in ("private", "public"):
        async with room_of_two(servers, access) as room:
            send = {"type": "send", "room": room.name, "text": "hi"}
            await ok(room.ada, type="mute", room=room.name, user=room.user)
            took = {"muted": await refused_within(room.bob, "muted", **send)}
            await ok(room.ada, type="mute", room=room.name, user=room.user, until="")
            await ok(room.ada, type="set", room=room.name, is_locked=True)
            await asyncio.sleep(REACHED_S)
            took["locked"] = await refused_within(room.bob, "forbidden", **send)
            await ok(room.ada, type="set", room=room.name, is_locked=False, slow_mode_s=3600)
            await asyncio.sleep(REACHED_S)
            took["slow"] = await refused_within(room.bob, "rate_limited", **send)
            assert max(took.values()) < REACHED_S, took
            for reader in room.readers:  # everybody was told of it
                await reader.until(lambda push: push.get("slow_mode_s") == 3600)


@in_a_loop(60)
async def test_a_removed_room_is_gone_from_all_transports(
    servers: Sequence[ServerProcess],
) -> None:
    async with room_of_two(servers, "private") as room:
        answer = await room.ada.fetch("DELETE", f"/api/rooms/{room.name}")
        began = time.monotonic()
        assert answer.code == 200, answer
        for reader in room.readers[:2]:
            await reader.until(lambda push: push["type"] == "rooms" and not push["is_member"])
        assert time.monotonic() - began < REACHED_S
        assert (await room.bob.get(f"/api/rooms/{room.name}")).code == 404


@in_a_loop(60)
async def test_the_same_direct_room_is_made_by_both_at_once_on_two_instances(
    servers: Sequence[ServerProcess],
) -> None:
    async with Client(servers[0].url) as ada, Client(servers[1].url) as bob:
        users = [await named(ada, "Ada"), await named(bob, "Bob")]
        for _ in range(5):
            replies = await asyncio.gather(
                ok(ada, type="direct", users=[users[1]]), ok(bob, type="direct", users=[users[0]])
            )
            assert len({reply["room"] for reply in replies}) == 1
        async with Client(servers[0].url) as cy:
            cys = await named(cy, "Cy")
            rooms = await asyncio.gather(
                *(ok(who, type="direct", users=[users[0], users[1], cys]) for who in (ada, bob, cy))
            )
            assert len({reply["room"] for reply in rooms}) == 1


@in_a_loop(60)
async def test_the_log_has_the_name_of_now_whichever_instance_acts(
    servers: Sequence[ServerProcess],
) -> None:
    async with Member(servers[0].url) as bob, Member(servers[1].url) as ada:
        await ada.sign_up()
        await bob.sign_up()
        room = (await ok(ada, type="create", title="Ours", access="private"))["room"]
        for _ in range(5):
            await ok(ada, type="invite", room=room, user=bob.user)  # this instance knows the name
            await ada.must("GET", f"/api/rooms/{room}/members")
            name = new_name()
            await bob.must("PATCH", "/api/me", name=name)
            kicked = await ok(ada, type="kick", room=room, user=bob.user)
            before = f"{room}:{kicked['epoch']}:{kicked['offset'] - 1}"
            answer = await ada.must("GET", f"/poll?cursor={before}&hold_s=0")
            (left,) = [push for push in answer["data"] if push["type"] == "left"]
            assert (left["user"], left["name"]) == (bob.user, name)


@in_a_loop(60)
async def test_a_member_who_never_said_anything_is_mentioned(
    servers: Sequence[ServerProcess],
) -> None:
    async with Member(servers[0].url) as bob, Member(servers[1].url) as ada:
        await ada.sign_up()
        await bob.sign_up(f"Bob {new_name()}")
        room = (await ok(ada, type="create", title="Ours", access="private"))["room"]

        async def mentioned_in(place: str, key: str) -> list[str]:
            text = f"look, @{bob.name.upper()}!"
            await ok(ada, type="send", room=place, text=text, key=key)
            answer = await ada.must("GET", f"/api/rooms/{place}/messages?limit=1")
            return list(answer["messages"][-1].get("mentions", []))

        assert await mentioned_in("general", "k1") == [bob.user]
        assert await mentioned_in(room, "k2") == []
        await ok(ada, type="invite", room=room, user=bob.user)
        assert await mentioned_in(room, "k3") == [bob.user]
