"""Webhooks: other programs are told of what happens in a room, each thing once, and by whom."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.support.aio import in_a_loop
from tests.support.members import Member, run_deployment
from tests.support.server import run_server
from tests.support.stores import STORES
from tests.support.webhook_receiver import Hook, Receiver, run_receiver

ALL = ["message", "edited", "deleted", "reaction", "joined", "left", "room_changed"]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with run_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module", params=STORES)
def urls(request: pytest.FixtureRequest) -> Iterator[Sequence[str]]:
    with run_deployment(request.param, WEBHOOKS_ALLOW="127.0.0.0/8") as urls:
        yield urls


async def new_room(owner: Member, access: str = "public") -> str:
    asked = {"title": f"Hooks {os.urandom(4).hex()}", "access": access}
    return str((await owner.must("POST", "/api/rooms", **asked))["room"])


async def make(owner: Member, room: str, hook: Hook, events: Sequence[str] = ("message",)) -> str:
    """Have ``hook`` told of events in ``room``; return the id of the webhook."""
    path = f"/api/webhooks?room={room}"
    made = await owner.must("POST", path, url=hook.url, events=list(events))
    assert made["secret"].startswith("whsec_")
    hook.secret = made["secret"]
    return str(made["id"])


async def say(member: Member, room: str, text: str) -> int:
    key = os.urandom(8).hex()
    reply = await member.command(type="send", room=room, text=text, key=key)
    assert reply["type"] == "ok", reply
    return int(reply["offset"])


async def the_webhook(owner: Member, room: str) -> dict[str, Any]:
    (found,) = (await owner.must("GET", f"/api/webhooks?room={room}"))["webhooks"]
    return dict(found)


@in_a_loop(120)
async def test_a_receiver_is_told_of_what_was_chosen_from_then_on(
    urls: Sequence[str], receiver: Receiver
) -> None:
    async with Member(urls[0]) as ada, Member(urls[1]) as bob:
        await ada.sign_up()
        await bob.sign_up()
        room = await new_room(ada)
        await say(ada, room, "before")
        some, every = receiver.hook(), receiver.hook()
        id = await make(ada, room, some)
        await make(ada, room, every, ALL)
        await bob.command(type="join", room=room)
        first = await say(bob, room, "hello")
        await bob.command(type="edit", room=room, offset=first, text="hello all")
        await ada.command(type="react", room=room, offset=first, emoji="👍", on=True)
        second = await say(ada, room, "soon gone")
        await ada.command(type="delete", room=room, offset=second)
        await ada.command(type="set", room=room, topic="Hooks")
        await bob.command(type="leave", room=room)
        last = await say(ada, room, "the last")
        told = every.wait(9)
        assert [one.payload["type"] for one in told] == [
            "joined", "message", "edited", "reaction", "message", "deleted", "room_changed",
            "left", "message",
        ]  # fmt: skip
        assert [one.data["offset"] for one in told] == list(range(first - 1, last + 1))
        assert [one.data["offset"] for one in some.wait(3)] == [first, second, last]
        one = some.received[-1]
        assert one.id == f"{id}:{one.data['epoch']}:{last}"
        assert (one.data["text"], one.data["user"]) == ("the last", ada.user)
        assert one.payload["timestamp"] == one.data["time"]
        assert every.forged == some.forged == 0
        assert (await ada.must("GET", f"/api/webhooks/{id}/deliveries"))["deliveries"]
        assert "secret" not in str(await the_both(ada, room))


async def the_both(owner: Member, room: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await owner.must("GET", f"/api/webhooks?room={room}"))[
        "webhooks"
    ]
    assert len(found) == 2
    return found


@in_a_loop(120)
async def test_what_fails_is_sent_again_with_the_same_id_as_it_is_then(
    urls: Sequence[str], receiver: Receiver
) -> None:
    async with Member(urls[0]) as ada:
        await ada.sign_up()
        room = await new_room(ada)
        hook = receiver.hook()
        id = await make(ada, room, hook)
        hook.answers = [(500, {}), (302, {"Location": hook.url})]
        first = await say(ada, room, "a secret")
        hook.wait_asked(1)
        await ada.command(type="delete", room=room, offset=first)
        await say(ada, room, "another")
        hook.wait(2)
        assert hook.asked[0] in hook.asked[1:]
        by_text = {one.data["text"]: one for one in hook.received}
        assert set(by_text) == {"", "another"}, "deleted means gone"
        assert by_text[""].data["deleted"] is True
        assert hook.forged == 0
        path = f"/api/webhooks/{id}/deliveries"
        deliveries = (await ada.must("GET", path))["deliveries"]
        assert {one["id"] for one in deliveries} == set(hook.asked)
        assert "another" not in str(deliveries)


@in_a_loop(120)
async def test_one_that_is_gone_is_disabled_and_goes_on_when_it_is_enabled(
    urls: Sequence[str], receiver: Receiver
) -> None:
    async with Member(urls[0]) as ada:
        await ada.sign_up()
        room = await new_room(ada)
        hook = receiver.hook()
        id = await make(ada, room, hook)
        async with ada.reading("websocket"):
            hook.answers = [(410, {})]
            await say(ada, room, "one")
            push = await ada.until_type("notification")
        assert (push["kind"], push["room"]) == ("webhook", room)
        assert push["text"].startswith("127.0.0.1: The receiver answered 410 Gone")
        shown = await the_webhook(ada, room)
        assert (shown["is_enabled"], shown["waiting"]) == (False, 1)
        assert "410" in shown["why"]
        assert (shown["last"]["status"], shown["last"]["state"]) == (410, "waiting")
        await say(ada, room, "two")
        assert hook.texts == []
        delivery = shown["last"]["id"]
        again = f"/api/webhooks/{id}/deliveries/{delivery}/send"
        assert await ada.code_of("POST", again) == "forbidden"
        changed = await ada.must("PATCH", f"/api/webhooks/{id}", is_enabled=True)
        assert changed["is_enabled"] is True
        hook.wait(2)
        assert hook.texts == ["one", "two"]
        # Again on request, and with another secret.
        hook.secret = (await ada.must("POST", f"/api/webhooks/{id}/secret"))["secret"]
        await ada.must("POST", again)
        assert hook.wait(3)[2].id == delivery
        assert hook.forged == 0
        await ada.must("PATCH", f"/api/webhooks/{id}", is_enabled=False)
        assert not (await the_webhook(ada, room))["is_enabled"]


@in_a_loop(120)
async def test_only_owners_have_them_and_a_private_room_is_none_to_others(
    urls: Sequence[str], receiver: Receiver
) -> None:
    async with Member(urls[0]) as ada, Member(urls[1]) as bob:
        await ada.sign_up()
        await bob.sign_up()
        new = {"url": receiver.hook().url, "events": ["message"]}
        for access, code in (("public", "forbidden"), ("private", "no_such_room")):
            room = await new_room(ada, access)
            hook = receiver.hook()
            id = await make(ada, room, hook)
            if access == "public":
                await bob.command(type="join", room=room)
            for method, path, body in (
                ("GET", f"/api/webhooks?room={room}", {}),
                ("POST", f"/api/webhooks?room={room}", new),
                ("PATCH", f"/api/webhooks/{id}", {"is_enabled": False}),
                ("DELETE", f"/api/webhooks/{id}", {}),
                ("POST", f"/api/webhooks/{id}/secret", {}),
                ("GET", f"/api/webhooks/{id}/deliveries", {}),
                ("POST", f"/api/webhooks/{id}/deliveries/{id}:e:1/send", {}),
            ):
                assert await bob.code_of(method, path, **body) == code, path
                other = path.replace(id, f"p-aaaaaaaaaaaaaaaa-{'0' * 16}")
                if "room=" not in path:
                    assert await bob.code_of(method, other, **body) == "no_such_room"
                    mine = path.replace(id, f"{room}-{'0' * 16}")
                    assert await ada.code_of(method, mine, **body) == "no_such_hook"
            await say(ada, room, "first")
            assert hook.wait(1)[0].data["text"] == "first"
            await ada.must("DELETE", f"/api/rooms/{room}")
            gone = "not_member" if access == "public" else "no_such_room"
            assert await ada.code_of("GET", f"/api/webhooks?room={room}") == gone
        direct = (await ada.command(type="direct", users=[bob.user]))["room"]
        assert await ada.code_of("POST", f"/api/webhooks?room={direct}", **new) == "forbidden"
        assert await ada.code_of("GET", "/api/webhooks?room=nowhere") in (
            "no_such_room",
            "not_member",
        )


@in_a_loop(60)
async def test_bad_ones_are_refused_and_only_so_many_are_made(
    urls: Sequence[str], receiver: Receiver
) -> None:
    async with Member(urls[0]) as ada:
        await ada.sign_up()
        room = await new_room(ada)
        path = f"/api/webhooks?room={room}"
        for url in (
            "", "ftp://a.example/", "https://", "https://u:p@a.example/", "https://a.example/#b",
            "https://10.0.0.1/", "https://[::1]/", "https://a.example:0/", "https://ä.example/",
            "https://a.example/ b", "http://8.8.8.8/", "https://8.8.8.8:25/", 5,
        ):  # fmt: skip
            assert await ada.code_of("POST", path, url=url, events=["message"]) == "bad_command"
        long = f"https://a.example/{'a' * 1024}"
        assert await ada.code_of("POST", path, url=long, events=["message"]) == "too_long"
        fine = receiver.hook().url
        for events in ([], ["sung"], ["audit"], "message", ALL * 2):
            assert await ada.code_of("POST", path, url=fine, events=events) == "bad_command"
        ids = [await make(ada, room, receiver.hook()) for _ in range(10)]
        assert await ada.code_of("POST", path, url=fine, events=["message"]) == "forbidden"
        await ada.must("DELETE", f"/api/webhooks/{ids[0]}")
        await make(ada, room, receiver.hook())


@in_a_loop(60)
async def test_its_maker_may_leave_and_the_audit_log_has_who_did_what(
    urls: Sequence[str], receiver: Receiver
) -> None:
    async with Member(urls[0]) as owner, Member(urls[1]) as ada, Member(urls[1]) as bob:
        await owner.become_owner()
        await ada.sign_up()
        await bob.sign_up()
        room = await new_room(ada)
        hook = receiver.hook()
        id = await make(ada, room, hook)
        await bob.command(type="join", room=room)
        await ada.command(type="role", room=room, user=bob.user, role="owner")
        await ada.command(type="leave", room=room)
        await say(bob, room, "she has left")
        assert hook.wait(1)[0].data["text"] == "she has left"
        # The owners of the server have those of any room that they may know of.
        await owner.command(type="join", room=room)
        assert (await the_webhook(owner, room))["name"] == ada.name
        await owner.must("POST", f"/api/webhooks/{id}/secret")
        await owner.must("DELETE", f"/api/webhooks/{id}")
        entries = (await owner.must("GET", "/api/audit"))["entries"]
        done = [(one["action"], one["user"]) for one in entries if one.get("room") == room]
        for action, user in (
            ("webhook", ada.user), ("webhook_secret", owner.user), ("webhook_removed", owner.user),
        ):  # fmt: skip
            assert (action, user) in done
        assert "whsec_" not in str(entries)


@in_a_loop(30)
async def test_a_server_may_have_none() -> None:
    with run_server(WEBHOOKS="off") as server:
        async with Member(server.url) as ada:
            await ada.sign_up()
            status, answer = await ada.ask_json("GET", "/api/webhooks?room=general")
            assert (status, answer["code"]) == (404, "bad_command")
