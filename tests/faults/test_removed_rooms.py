"""An instance that did not hear of the removal of a room finds out, and does not bring it back."""

import asyncio

import pytest

from chat.backplane.redis.keys import Keys
from tests.faults.people import reader_on
from tests.support.aio import in_a_loop
from tests.support.site import Site
from tests.support.wire import TRANSPORTS, WAIT_S, Push


def is_told(room: str, push: Push) -> bool:
    """Return whether ``push`` says that its reader is not in ``room``."""
    if push["type"] == "hello":
        return all(listed["room"] != room for listed in push["rooms"])
    return push["type"] == "rooms" and push["room"] == room and not push["is_member"]


@pytest.mark.parametrize("transport", TRANSPORTS)
@in_a_loop(60)
async def test_a_removal_that_nobody_tells_of_is_found_and_the_room_stays_away(
    site: Site, transport: str
) -> None:
    keys = Keys()
    async with reader_on(site.urls[0], transport) as reader:
        made = await reader.ask(type="create", title="Gone soon", access="private")
        room = made["room"]
        await reader.say("before", room=room)
        await reader.until_key("before")
        heard = len(reader.seen.heard)

        with site.redis.client() as client:  # as an instance does it, but without a publication
            client.set(keys.removed(room), 1, ex=60)
            client.hdel(keys.memberships(reader.seen.user), room)
            client.unlink(*keys.everything(room))
            client.srem(keys.rooms, room)
        async with asyncio.timeout(WAIT_S):
            while not any(is_told(room, push) for push in reader.seen.heard[heard:]):
                await reader.change()

        await reader.say("elsewhere")
        await reader.until_key("elsewhere")
        with site.redis.client() as client:
            kept = [key for key in client.scan_iter(f"parley:{{{room}}}:*") if client.ttl(key) < 0]
            assert kept == [] and not client.sismember(keys.rooms, room)
