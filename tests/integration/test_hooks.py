"""Other services speak in a room by its webhook: over two instances, and over each store."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.support.members import Member, run_deployment
from tests.support.wire import WAIT_S, Answer

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

Urls = Sequence[str]
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module", params=["embedded", "redis"])
def urls(request: pytest.FixtureRequest) -> Iterator[Urls]:
    with run_deployment(request.param) as urls:
        yield urls


async def private_room(member: Member) -> str:
    reply = await member.command(type="create", title="Builds", access="private")
    assert reply["type"] == "ok", reply
    return str(reply["room"])


async def made_hook(member: Member, room: str, name: str = "Deploys") -> tuple[str, str]:
    """Return the path of a new webhook, and its id."""
    made = await member.must("POST", f"/api/rooms/{room}/hooks", name=name)
    return "/hooks/" + made["url"].rpartition("/")[2], made["hook"]["id"]


async def post(client: Member, path: str, payload: Any, **headers: str) -> Answer:
    return await client.post(path, json.dumps(payload), JSON | headers)


async def messages(member: Member, room: str) -> list[dict[str, Any]]:
    return list((await member.must("GET", f"/api/rooms/{room}/messages"))["messages"])


async def test_what_is_posted_is_said_as_a_bot_that_is_in_no_room(urls: Urls) -> None:
    async with Member(urls[0]) as owner, Member(urls[1]) as service:
        await owner.sign_up()
        room = await private_room(owner)
        path, id = await made_hook(owner, room)
        answer = await post(service, path, {"text": "**Version 7** is out"})
        assert (answer.code, answer.body) == (200, b"ok")
        assert "Set-Cookie" not in answer.headers
        (said,) = await messages(owner, room)
        assert said["name"] == "Deploys" and said["user"] == f"bot-{id[:16]}"
        assert said["html"] == "<p><strong>Version 7</strong> is out</p>"
        members = (await owner.must("GET", f"/api/rooms/{room}/members"))["members"]
        assert [member["user"] for member in members] == [owner.user]


async def test_a_webhook_ends_on_all_instances_and_is_listed_until_then(urls: Urls) -> None:
    async with Member(urls[0]) as owner, Member(urls[1]) as service:
        await owner.sign_up()
        room = await private_room(owner)
        path, id = await made_hook(owner, room)
        assert (await post(service, path, {"text": "one"})).code == 200
        (listed,) = (await owner.must("GET", f"/api/rooms/{room}/hooks"))["hooks"]
        assert (listed["id"], listed["by"], listed["name"]) == (id, owner.user, "Deploys")
        await owner.must("DELETE", f"/api/rooms/{room}/hooks/{id}")
        assert (await owner.must("GET", f"/api/rooms/{room}/hooks"))["hooks"] == []
        answer = await post(service, path, {"text": "late"})
        assert answer.code == 404 and json.loads(answer.body)["code"] == "no_such_hook"
        assert await owner.code_of("DELETE", f"/api/rooms/{room}/hooks/{id}") == "no_such_hook"


async def test_only_those_who_moderate_the_room_have_to_do_with_its_webhooks(urls: Urls) -> None:
    async with Member(urls[0]) as owner, Member(urls[1]) as member, Member(urls[1]) as stranger:
        await owner.sign_up()
        await member.sign_up()
        room = await private_room(owner)
        _, id = await made_hook(owner, room)
        assert (await owner.command(type="invite", room=room, user=member.user))["type"] == "ok"
        hooks = f"/api/rooms/{room}/hooks"
        for who, code in ((member, "forbidden"), (stranger, "no_such_room")):
            assert await who.code_of("GET", hooks) == code
            assert await who.code_of("POST", hooks, name="Mine") == code
            assert await who.code_of("DELETE", f"{hooks}/{id}") == code
        other = await private_room(owner)
        assert await owner.code_of("DELETE", f"/api/rooms/{other}/hooks/{id}") == "no_such_hook"


async def test_a_delivery_that_is_repeated_is_said_once(urls: Urls) -> None:
    async with Member(urls[0]) as owner:
        await owner.sign_up()
        room = await private_room(owner)
        path, _ = await made_hook(owner, room)
        for header in ("Idempotency-Key", "X-GitHub-Delivery"):
            for _ in range(2):
                key = {header: f"delivery of {header}"}
                assert (await post(owner, path, {"text": header}, **key)).code == 200
        assert [said["text"] for said in await messages(owner, room)] == [
            "Idempotency-Key",
            "X-GitHub-Delivery",
        ]
        again = await post(
            owner, path, {"text": "new"}, **{"Idempotency-Key": "delivery of Idempotency-Key"}
        )
        assert (again.code, json.loads(again.body)["code"]) == (409, "key_conflict")


async def test_nobody_is_taken_for_a_member_by_the_name_in_a_payload(urls: Urls) -> None:
    async with Member(urls[0]) as owner:
        await owner.sign_up()
        room = await private_room(owner)
        path, _ = await made_hook(owner, room, "Alerts")
        for name in (owner.name, owner.name.upper(), "Administrator", "x" * 40, "Grafana"):
            assert (await post(owner, path, {"text": "hello", "username": name})).code == 200
        names = [said["name"] for said in await messages(owner, room)]
        assert names == ["Alerts"] * 4 + ["Grafana"]
        assert (
            await owner.code_of("POST", f"/api/rooms/{room}/hooks", name=owner.name) == "name_taken"
        )


async def test_it_speaks_in_locked_rooms_and_not_in_archived_or_removed_ones(urls: Urls) -> None:
    async with Member(urls[0]) as owner:
        await owner.sign_up()
        room = await private_room(owner)
        path, _ = await made_hook(owner, room)
        for settings, code in (({"is_locked": True}, 200), ({"is_archived": True}, 403)):
            assert (await owner.command(type="set", room=room, **settings))["type"] == "ok"
            assert (await post(owner, path, {"text": "news"})).code == code
        await owner.must("DELETE", f"/api/rooms/{room}")
        assert (await post(owner, path, {"text": "news"})).code == 404


async def test_mentions_are_those_of_plain_texts_and_no_stranger_s(urls: Urls) -> None:
    async with Member(urls[0]) as owner:
        await owner.sign_up()
        room = await private_room(owner)
        path, _ = await made_hook(owner, room)
        await post(owner, path, {"text": f"@{owner.name}: look"})
        comment = {
            "action": "created",
            "issue": {"number": 1, "title": "A"},
            "comment": {"body": f"@{owner.name} look"},
        }
        await post(owner, path, comment, **{"X-GitHub-Event": "issue_comment"})
        said = await messages(owner, room)
        assert [message.get("mentions", []) for message in said] == [[owner.user], []]


BAD: list[tuple[bytes, dict[str, str], int, str]] = [
    (b"", JSON, 400, "bad_json"),
    (b"{}", JSON, 400, "bad_command"),
    (b"[]", JSON, 400, "bad_command"),
    (b'{"text": 5}', JSON, 400, "bad_command"),
    (b'{"text": ""}', JSON, 400, "empty"),
    (b'{"text": "\\u200b"}', JSON, 400, "empty"),
    (b'{"text": "a\\u0000b"}', JSON, 400, "bad_command"),
    (b'{"text": "\xff"}', JSON, 400, "bad_json"),
    (b'{"text"', JSON, 400, "bad_json"),
    (b'{"text": ' + b"[" * 100_000, JSON, 400, "bad_json"),
    (b'{"blocks": [{"type": "header"}]}', JSON, 400, "empty"),
    (b'{"attachments": [' + b"{}," * 200 + b"{}]}", JSON, 400, "bad_command"),
    (b'{"text": "a"}', {"Content-Type": "application/xml"}, 415, "bad_command"),
    (b'{"text": "a"}', {"Content-Type": "multipart/form-data; boundary=a"}, 415, "bad_command"),
    (b"text=a", {"Content-Type": "application/x-www-form-urlencoded"}, 400, "bad_command"),
    (b"payload=%ff", {"Content-Type": "application/x-www-form-urlencoded"}, 400, "bad_json"),
    (
        b"payload=" + b"%20" * 30_000,
        {"Content-Type": "application/x-www-form-urlencoded"},
        413,
        "too_long",
    ),
    (b'{"text": "' + b"a" * (1 << 20) + b'"}', JSON, 413, "too_long"),
    (b'{"zen": "a"}', JSON | {"X-GitHub-Event": "star"}, 400, "bad_command"),
    (b'{"ref": 5}', JSON | {"X-GitHub-Event": "push"}, 400, "bad_command"),
    (b'{"object_kind": "build"}', JSON, 400, "bad_command"),
    (b'{"object_kind": 5}', JSON, 400, "bad_command"),
    (b'{"alerts": [5]}', JSON, 400, "bad_command"),
    (b"{}", JSON | {"Sentry-Hook-Resource": "installation"}, 400, "bad_command"),
]


async def test_bad_payloads_are_refused_in_words_and_say_nothing(urls: Urls) -> None:
    async with Member(urls[0]) as owner:
        await owner.sign_up()
        room = await private_room(owner)
        path, _ = await made_hook(owner, room)
        for body, headers, status, code in BAD:
            answer = await owner.post(path, body, headers)
            error = json.loads(answer.body)
            assert (answer.code, error["code"]) == (status, code), (body[:60], headers, error)
            assert len(error["message"]) > 10
        for nowhere in ("/hooks/abc", "/hooks/" + "a" * 200, "/hooks/%00"):
            assert (await post(owner, nowhere, {"text": "a"})).code == 404
        assert (await owner.get(path)).code == 405
        assert await messages(owner, room) == []


async def test_a_long_text_is_cut_and_a_form_has_its_json_in_payload(urls: Urls) -> None:
    async with Member(urls[0]) as owner:
        await owner.sign_up()
        room = await private_room(owner)
        path, _ = await made_hook(owner, room)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await owner.post(path, b"payload=%7B%22text%22%3A+%22a+b%22%7D", form)
        assert answer.body == b"ok"
        assert (await owner.post(path, b'{"text": "c"}', form)).body == b"ok"  # as curl -d sends it
        assert (await post(owner, path, {"text": "long " * 10_000})).code == 200
        short, other, long = [said["text"] for said in await messages(owner, room)]
        assert (short, other) == ("a b", "c")
        assert len(long) <= 4000 and long.endswith("at most 4000 characters.")
