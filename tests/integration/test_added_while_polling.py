"""Who polls reads a room to which somebody else has added them, from their joined on.

And is told when they are in it no more.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.members import Member, run_deployment
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

Urls = Sequence[str]


@pytest.fixture(scope="module", params=["embedded", "redis"])
def urls(request: pytest.FixtureRequest) -> Iterator[Urls]:
    with run_deployment(request.param) as urls:
        yield urls


class Poller:
    """Polls with a cursor of its own, as clients do: by turns at each of ``clients``."""

    def __init__(self, *clients: Member) -> None:
        self._turns = itertools.cycle(clients)
        self._cursor: dict[str, str] = {}
        self.session = self.user = ""

    async def poll(self, *, hello: bool = False) -> list[dict[str, Any]]:
        """Poll once; return the pushes."""
        cursor = ",".join(f"{room}:{place}" for room, place in self._cursor.items())
        query = "hello=1&hold_s=0" if hello else f"session={self.session}&cursor={cursor}&hold_s=2"
        answer = await next(self._turns).must("GET", f"/poll?{query}")
        pushes: list[dict[str, Any]] = answer["data"] or []
        for push in pushes:
            if push["type"] == "hello":
                self.session, self.user = push["session"], push["user"]
                for room in push["rooms"]:
                    self._cursor[room["room"]] = f"{room['epoch']}:{room['offset']}"
            elif "epoch" in push:
                self._cursor[push["room"]] = f"{push['epoch']}:{push['offset']}"
        return pushes

    def forget(self, room: str) -> None:
        del self._cursor[room]


@asynccontextmanager
async def owner_and_poller(urls: Urls) -> AsyncIterator[tuple[Member, Poller]]:
    """Yield somebody who adds others, and somebody who polls by turns at both addresses."""
    async with Member(urls[0]) as owner, Member(urls[0]) as one, Member(urls[1]) as other:
        await owner.must("GET", "/api/me")
        await one.must("GET", "/api/me")
        other.cookie = one.cookie
        poller = Poller(one, other)
        await poller.poll(hello=True)
        yield owner, poller


async def test_the_room_is_read_from_joined_on_though_the_poll_is_answered_before(
    urls: Urls,
) -> None:
    async with owner_and_poller(urls) as (owner, poller):
        for _ in range(4):
            made = await owner.command(type="create", title="Our plans", access="private")
            polling = asyncio.create_task(until_in(poller, made["room"]))
            await asyncio.sleep(0.2)  # the poll is held by then, or comes later: both are tried
            added = await owner.command(type="invite", room=made["room"], user=poller.user)
            joined = await polling
            assert (joined["user"], joined["offset"]) == (poller.user, added["offset"])


async def until_in(poller: Poller, room: str) -> dict[str, Any]:
    """Poll until the entry by which the user has joined ``room``; return it."""
    async with asyncio.timeout(WAIT_S):
        while True:
            for push in await poller.poll():
                if push["type"] == "joined" and push["room"] == room:
                    return push


async def test_who_was_removed_between_two_polls_is_told_by_the_next_one(urls: Urls) -> None:
    async with Member(urls[0]) as owner, Member(urls[0]) as one:
        await owner.must("GET", "/api/me")
        await one.must("GET", "/api/me")
        poller = Poller(one)
        await poller.poll(hello=True)
        for access in ("private", "public"):
            made = await owner.command(type="create", title=f"{access} plans", access=access)
            room = made["room"]
            await owner.command(type="invite", room=room, user=poller.user)
            await until_in(poller, room)
            await owner.must("DELETE", f"/api/rooms/{room}")
            (told,) = await poller.poll()
            assert told == {"type": "rooms", "room": room, "is_member": False}
            poller.forget(room)


async def test_who_is_told_of_a_room_is_told_of_its_end_whenever_that_is(urls: Urls) -> None:
    async with owner_and_poller(urls) as (owner, poller):
        for _ in range(6):
            made = await owner.command(type="create", title="Our plans", access="private")
            room = made["room"]
            polling = asyncio.create_task(poller.poll())
            await asyncio.sleep(0.1)  # the poll is held by then, or comes later: both are tried
            await owner.command(type="invite", room=room, user=poller.user)
            told = {"type": "rooms", "room": room, "is_member": True}
            async with asyncio.timeout(WAIT_S):
                while told not in await polling:
                    polling = asyncio.create_task(poller.poll())
            await owner.must("DELETE", f"/api/rooms/{room}")
            assert {**told, "is_member": False} in await poller.poll()
            poller.forget(room)
