"""Web Push: who is notified of what, once, and who is not."""

import os
from collections.abc import Iterator, Sequence

import pytest

from tests.security.case import faults
from tests.support.aio import in_a_loop
from tests.support.members import SETUP_CODE, Member
from tests.support.push_service import Device, PushService, run_push_service
from tests.support.server import ServerProcess, run_server
from tests.support.stores import STORES, instances_over


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with run_push_service() as service:
        yield service


@pytest.fixture(scope="module", params=STORES)
def servers(request: pytest.FixtureRequest) -> Iterator[Sequence[ServerProcess]]:
    with instances_over(request.param, OWNER_SETUP_CODE=SETUP_CODE, PUSH="any") as servers:
        yield servers
        for server in servers:
            server.until_all_logged()
            assert faults(server) == []


async def say(member: Member, text: str, room: str = "general", **more: object) -> int:
    reply = await member.command(type="send", room=room, text=text, key=os.urandom(8).hex(), **more)
    assert reply["type"] == "ok", reply
    return int(reply["offset"])


async def subscribe(member: Member, service: PushService) -> Device:
    """Have a device of somebody notified."""
    device = service.device()
    await member.must("PUT", "/api/me/push", **device.subscription)
    return device


@in_a_loop(60)
async def test_mentions_replies_and_direct_messages_notify_each_device_once(
    servers: Sequence[ServerProcess], service: PushService
) -> None:
    async with Member(servers[0].url) as ada, Member(servers[1].url) as bob:
        await ada.sign_up()
        await bob.sign_up()
        device = await subscribe(bob, service)
        key = (await ada.must("GET", "/api/me/push"))["key"]
        bobs = await say(bob, "who is here?")
        await say(ada, "nothing for anybody")
        mention = await say(ada, f"hello @{bob.name}  \n you")
        await say(ada, "I am", reply_to=bobs)
        reply = await ada.command(type="direct", users=[bob.user])
        direct = await say(ada, "psst", reply["room"])
        received = device.wait(3)
        by_kind = {one.notice["kind"]: one for one in received}
        assert set(by_kind) == {"mention", "reply", "direct"}
        assert by_kind["mention"].notice == {
            "key": by_kind["mention"].notice["key"],
            "kind": "mention",
            "room": "general",
            "offset": mention,
            "title": "#general",
            "user": ada.user,
            "name": ada.name,
            "text": f"hello @{bob.name} you",
            "unread": by_kind["mention"].notice["unread"],
        }
        assert by_kind["mention"].notice["key"].endswith(f":{mention}")
        assert by_kind["direct"].notice["offset"] == direct
        assert by_kind["direct"].notice["title"] == ""
        assert {one.key for one in received} == {key}
        assert {one.claims["sub"] for one in received} == {servers[1].url}
        topics = {one.headers["Topic"] for one in received}
        assert len(topics) == 3 and all(len(topic) == 32 for topic in topics)
        assert {one.headers["Urgency"] for one in received} == {"high"}
        # Nothing comes twice, nor what was for nobody.
        await say(ada, f"@{bob.name} the last")
        assert len(device.wait(4)) == 4


@in_a_loop(60)
async def test_levels_hold_for_all_devices_and_only_for_members(
    servers: Sequence[ServerProcess], service: PushService
) -> None:
    async with Member(servers[0].url) as ada, Member(servers[0].url) as bob:
        await ada.sign_up()
        await bob.sign_up()
        device = await subscribe(bob, service)
        room = f"levels-{os.urandom(4).hex()}"
        for member in (ada, bob):
            await member.command(type="join", room=room)
        path = f"/api/rooms/{room}/notifications"
        assert await bob.must("GET", path) == {"level": "mentions"}
        assert await bob.must("PUT", path, level="all") == {"level": "all"}
        assert (await bob.must("GET", "/api/me/push"))["levels"] == {room: "all"}
        await say(ada, "for all", room)
        (one,) = device.wait(1)
        assert (one.notice["kind"], one.headers["Urgency"]) == ("message", "normal")
        await bob.must("PUT", path, level="nothing")
        name = bob.name
        await say(ada, f"@{name} not this", room)
        await say(ada, f"@{name} but this")
        assert device.wait(2)[1].notice["text"] == f"@{name} but this"
        assert await bob.code_of("PUT", path, level="some") == "bad_command"
        await bob.command(type="leave", room=room)
        assert await bob.code_of("PUT", path, level="all") == "not_member"
        assert await bob.code_of("GET", "/api/rooms/p-aaaaaaaaaaaaaaaa/notifications") == (
            "no_such_room"
        )


@in_a_loop(60)
async def test_what_was_read_deleted_or_is_closed_to_them_notifies_nobody(
    servers: Sequence[ServerProcess], service: PushService
) -> None:
    async with Member(servers[0].url) as ada, Member(servers[0].url) as bob:
        await ada.sign_up()
        await bob.sign_up()
        device = await subscribe(bob, service)
        name, user = bob.name, bob.user
        made = await ada.must("POST", "/api/rooms", title="Ours", access="private")
        await ada.command(type="invite", room=made["room"], user=user)
        read = await say(ada, f"@{name} read")
        await bob.command(type="read", room="general", offset=read)
        deleted = await say(ada, f"@{name} deleted")
        await ada.command(type="delete", room="general", offset=deleted)
        await say(ada, f"@{name} removed", made["room"])
        await ada.command(type="kick", room=made["room"], user=user)
        await say(ada, f"@{name} the last")
        device.wait(1)
        assert device.texts() == [f"@{name} the last"]


@in_a_loop(60)
async def test_a_device_that_is_signed_out_or_gives_up_is_notified_no_more(
    servers: Sequence[ServerProcess], service: PushService
) -> None:
    async with (
        Member(servers[0].url) as ada,
        Member(servers[0].url) as bob,
        Member(servers[0].url) as bobs_other,
        Member(servers[0].url) as bobs_third,
    ):
        await ada.sign_up()
        name = await bob.sign_up()
        await bobs_other.log_in(name)
        await bobs_third.log_in(name)
        stays, signed_out, gave_up = [
            await subscribe(member, service) for member in (bob, bobs_other, bobs_third)
        ]
        await bobs_other.post("/logout")
        await bobs_third.must("DELETE", "/api/me/push")
        await say(ada, f"@{name} hello")
        stays.wait(1)
        assert (signed_out.asked, gave_up.asked) == (0, 0)


@in_a_loop(90)
async def test_each_answer_of_a_push_service_is_heeded_and_none_holds_up_others(
    servers: Sequence[ServerProcess], service: PushService
) -> None:
    async with Member(servers[0].url) as ada:
        await ada.sign_up()
        people = [Member(servers[0].url) for _ in range(5)]
        for person in people:
            await person.__aenter__()
            await person.sign_up()
        silent, gone, foreign, busy, fine = [await subscribe(p, service) for p in people]
        silent.is_silent = True
        gone.answers = [(410, {})]
        foreign.answers = [(403, {})]
        busy.answers = [(429, {"Retry-After": "1"}), (503, {"Retry-After": "1"})]
        names = [person.name for person in people]
        await say(ada, " ".join(f"@{name}" for name in names))
        fine.wait(1)
        busy.wait(1)
        assert busy.asked == 3
        await say(ada, " ".join(f"@{name} again" for name in names))
        fine.wait(2)
        busy.wait(2)
        assert (gone.asked, foreign.asked) == (1, 1)
        # A page that is opened learns of it, and subscribes anew.
        ended = await people[1].must("GET", "/api/me/push")
        assert ended["endpoint"] == ""
        await people[1].must("PUT", "/api/me/push", **gone.subscription)
        await say(ada, f"@{names[1]} back")
        gone.wait(1)
        for person in people:
            await person.__aexit__()


@in_a_loop(60)
async def test_what_is_no_subscription_is_refused(
    servers: Sequence[ServerProcess], service: PushService
) -> None:
    async with Member(servers[0].url) as ada:
        await ada.sign_up()
        fine = service.device().subscription
        for bad in (
            {**fine, "endpoint": "ftp://push.example/1"},
            {**fine, "endpoint": "https://push.example/" + "1" * 1024},
            {**fine, "endpoint": "https://user@push.example/1"},
            {**fine, "endpoint": ""},
            {**fine, "endpoint": "https://[::1]/1"},
            {**fine, "keys": {**fine["keys"], "auth": "AAAA"}},
            {**fine, "keys": {**fine["keys"], "p256dh": "A" * 86}},
            {**fine, "keys": {**fine["keys"], "auth": "+" * 22}},
            {"endpoint": fine["endpoint"]},
        ):
            assert await ada.code_of("PUT", "/api/me/push", **bad) == "bad_command"


@in_a_loop(60)
async def test_services_in_one_s_own_network_are_not_asked_unless_that_is_allowed() -> None:
    with run_push_service() as service, run_server(RATE_LIMITS="off") as server:
        async with Member(server.url) as ada, Member(server.url) as bob:
            await ada.sign_up()
            await bob.sign_up()
            given = service.device().subscription
            assert await bob.code_of("PUT", "/api/me/push", **given) == "bad_command"  # no TLS
            for host in ("localhost", "127.0.0.1"):
                inside = {**given, "endpoint": f"https://{host}/push"}
                await bob.must("PUT", "/api/me/push", **inside)
                await say(ada, f"@{bob.name} hello")
                server.until_logged(f"{host} has an address that is not public")


@in_a_loop(60)
async def test_without_pushes_there_is_no_key_and_levels_are_still_there(
    service: PushService,
) -> None:
    with run_server(RATE_LIMITS="off", PUSH="off") as server:
        async with Member(server.url) as ada:
            await ada.sign_up()
            assert await ada.must("GET", "/api/me/push") == {
                "key": "",
                "levels": {},
                "endpoint": "",
            }
            given = service.device().subscription
            assert await ada.code_of("PUT", "/api/me/push", **given) == "forbidden"
            path = "/api/rooms/general/notifications"
            assert await ada.must("PUT", path, level="nothing") == {"level": "nothing"}
            assert await ada.must("GET", path) == {"level": "nothing"}
