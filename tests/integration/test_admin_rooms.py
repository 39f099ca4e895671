"""On the command line operators keep order in one room; a running server does it at once."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.test_admin_people import Place, admin, running
from tests.support.members import Member, new_name
from tests.support.server import run_server
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)


@pytest.fixture(scope="module", params=["embedded", "redis"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with running(request.param) as place:
        yield place


async def test_the_operator_keeps_order_as_an_owner_would_and_the_room_is_told(
    place: Place,
) -> None:
    async with Member(place.url) as owner, Member(place.url) as member:
        await owner.become_owner((await admin(place, "owner"))["code"])
        name = await member.sign_up()
        made = await owner.command(type="create", title="Tea", access="public")
        room = made["room"]
        await member.command(type="join", room=room)
        socket = await owner.websocket()

        async def until(type_: str, **fields: object) -> dict[str, object]:
            while True:
                push = await socket.read()
                assert push is not None
                if push["type"] == type_ and fields.items() <= push.items():
                    return push

        async def say(text: str) -> dict[str, object]:
            return await member.command(type="send", room=room, text=text, key=new_name())

        await admin(place, "room-mute", room, name, "--for", "1h", "--reason", "too loud")
        (changed,) = (await until("room_changed", user="operator"))["members"]  # type: ignore[misc]
        assert changed["user"] == member.user and changed["reason"] == "too loud"
        assert (await say("unheard"))["code"] == "muted"
        await admin(place, "room-unmute", room, member.user)
        sent = await say("a bad word")
        assert sent["type"] == "ok"

        await admin(place, "delete-message", room, str(sent["offset"]))
        await until("deleted", room=room, target=sent["offset"])
        history = (await owner.get(f"/api/rooms/{room}/messages")).body.decode()
        assert "a bad word" not in history

        await admin(place, "room-role", room, name, "moderator")
        assert (await member.must("GET", f"/api/rooms/{room}"))["role"] == "moderator"
        await admin(place, "room-kick", room, name)
        left = await until("left", room=room)
        assert (left["user"], left["by"], left["by_name"]) == (member.user, *["operator"] * 2)
        await member.command(type="join", room=room)
        await admin(place, "room-ban", room, name, "--for", "1d")
        assert (await member.command(type="join", room=room))["code"] == "banned"
        await admin(place, "room-unban", room, name)
        assert (await member.command(type="join", room=room))["type"] == "ok"

        found = (await owner.must("GET", "/api/audit"))["entries"]
        acts = [each["action"] for each in found if each["user"] == "operator"]
        assert acts == [
            "unban", "ban", "kick", "role moderator", "delete", "unmute", "mute"
        ]  # fmt: skip


async def test_what_an_owner_may_not_do_the_operator_may_not_do(place: Place) -> None:
    async with Member(place.url) as guest, Member(place.url) as other:
        await other.must("GET", "/api/me")
        private = (await guest.command(type="create", title="Ours", access="private"))["room"]
        user = (await guest.must("GET", "/api/me"))["user"]
        for room, words in {private: "There is no room", "general": "it can't be left"}.items():
            refused = await admin(place, "room-kick", room, user, code=1)
            assert words in refused["error"]
        refused = await admin(place, "delete-message", "general", "999999", code=1)
        assert "There is no message" in refused["error"]
        refused = await admin(place, "room-kick", "general", "nobody at all", code=1)
        assert "no member called" in refused["error"]


async def test_without_a_server_nothing_is_done_also_later(tmp_path: Path) -> None:
    with run_server(tmp_path) as server:
        async with Member(server.url) as guest:
            user = (await guest.must("GET", "/api/me"))["user"]
            await guest.command(type="join", room="tea")
            gone = Place(server.url, {"DATA_DIR": str(tmp_path)})
            server.stop()
            refused = await admin(gone, "room-kick", "tea", user, code=1)
            assert "does one run?" in refused["error"]
            server.start()
            rooms = json.loads((await guest.get("/api/rooms")).body)["rooms"]
            assert [each["room"] for each in rooms if each["is_member"]] == ["general", "tea"]


async def test_rooms_are_made_listed_set_archived_and_removed(place: Place) -> None:
    async with Member(place.url) as owner:
        name = await owner.sign_up()
        room = f"made-{owner.user[-6:]}"
        words = ("Tea and cake", "--owner", name, "--topic", "Both", "--name", room)
        made = await admin(place, "rooms", "create", *words)
        assert made == {"room": room, "owner": owner.user}
        private = await admin(
            place, "rooms", "create", "Board", "--owner", name, "--access", "private"
        )
        assert private["room"].startswith("p-")
        assert "already" in (await admin(place, "rooms", "create", *words, code=1))["error"]

        await admin(place, "rooms", "set", room, "--locked", "--slow-mode", "5")
        await admin(place, "rooms", "archive", room)
        assert (await owner.must("GET", f"/api/rooms/{room}"))["is_archived"] is True
        shown = await admin(place, "rooms", "show", room)
        assert (shown["title"], shown["topic"], shown["owners"]) == (
            "Tea and cake", "Both", [owner.user],
        )  # fmt: skip
        assert (shown["is_locked"], shown["slow_mode_s"], shown["is_archived"]) == (True, 5, True)
        (member,) = (await admin(place, "rooms", "members", room))["members"]
        assert (member["user"], member["name"], member["role"]) == (owner.user, name, "owner")
        listed = {one["room"]: one for one in (await admin(place, "rooms", "list"))["rooms"]}
        assert {"general", room, private["room"]} <= set(listed)
        assert (listed[room]["access"], listed[room]["members"]) == ("public", 1)

        assert "--yes" in (await admin(place, "rooms", "delete", room, code=1))["error"]
        await admin(place, "rooms", "delete", room, "--yes")
        for words in (("show", room), ("members", room)):
            assert "no room" in (await admin(place, "rooms", *words, code=1))["error"]
        # Private rooms are closed to the operator.
        refused = await admin(place, "rooms", "delete", private["room"], "--yes", code=1)
        assert "no room" in refused["error"]
