"""People who sign up: in one server and in two instances on Redis, by HTTP."""

import asyncio
import json
import re
import time
from collections.abc import Iterator, Sequence

import pytest

from tests.support.aio import LOOK_S
from tests.support.client import Client
from tests.support.members import PASSWORD, Member, code_in, new_name, run_deployment
from tests.support.wire import TRANSPORTS, WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

Urls = Sequence[str]


@pytest.fixture(scope="module", params=["embedded", "redis"])
def urls(request: pytest.FixtureRequest) -> Iterator[Urls]:
    with run_deployment(request.param) as urls:
        yield urls


@pytest.fixture(scope="module")
def owner_cookie(urls: Urls) -> str:
    async def set_up() -> str:
        async with Member(urls[0]) as owner:
            await owner.become_owner()
            assert owner.cookie is not None
            return owner.cookie

    return asyncio.run(set_up())


def owner_of(urls: Urls, cookie: str) -> Member:
    owner = Member(urls[0])
    owner.cookie = cookie
    return owner


async def test_a_guest_who_signs_up_keeps_id_messages_and_memberships(urls: Urls) -> None:
    async with Member(urls[0]) as guest:
        await guest.command(type="join", room="keepers")
        await guest.command(type="send", room="keepers", text="before", key="k1")
        before = await guest.must("GET", "/api/me")
        assert before["role"] == "guest"
        await guest.sign_up()
        me = await guest.must("GET", "/api/me")
        assert (me["user"], me["name"], me["role"]) == (before["user"], guest.name, "member")
        rooms = json.loads((await guest.get("/api/rooms")).body)["rooms"]
        assert any(room["room"] == "keepers" and room["is_member"] for room in rooms)
        history = json.loads((await guest.get("/api/rooms/keepers/messages")).body)["messages"]
        assert history[0]["user"] == me["user"]
        entries = json.dumps(json.loads((await guest.get("/poll?hold_s=0&room=keepers")).body))
        assert "error" not in entries


async def test_signing_in_on_another_instance_is_the_same_person(urls: Urls) -> None:
    async with Member(urls[0]) as one, Member(urls[1]) as other:
        name = await one.sign_up()
        await other.log_in(name.upper())
        assert other.user == one.user
        devices = (await one.must("GET", "/api/me/devices"))["devices"]
        assert [device["is_current"] for device in devices].count(True) == 1 and len(devices) == 2


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("Nobody here", PASSWORD, "unauthorized"),
        ("", PASSWORD, "unauthorized"),
        ("x" * 5000, PASSWORD, "unauthorized"),
        ("Somebody", "", "empty"),
        ("Somebody", "x" * 1025, "too_long"),
        ("Somebody", "a\x00b" * 8, "bad_command"),
    ],
)
async def test_who_does_not_sign_in_is_told_a_code(
    urls: Urls, name: str, password: str, code: str
) -> None:
    async with Member(urls[0]) as client:
        found = await client.code_of("POST", "/api/login", name=name, password=password)
        assert found == code


async def test_a_wrong_password_is_answered_like_an_unknown_name(urls: Urls) -> None:
    async with Member(urls[0]) as member, Member(urls[0]) as stranger:
        name = await member.sign_up()
        await stranger.must("GET", "/api/me")
        before = stranger.cookie
        answers = [
            await stranger.ask_json("POST", "/api/login", name=each, password="wrong password")
            for each in (name, "Nobody at all")
        ]
        assert answers[0] == answers[1] and answers[0][0] == 401
        assert stranger.cookie == before  # the guest stays who they are


async def test_a_password_of_a_megabyte_is_413(urls: Urls) -> None:
    async with Member(urls[0]) as client:
        for path in ("/api/signup", "/api/login"):
            body = json.dumps({"name": "Ada", "password": "x" * (1 << 20)})
            answer = await client.post(path, body, {"Content-Type": "application/json"})
            assert (answer.code, json.loads(answer.body)["code"]) == (413, "too_long")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "Short", "password": "1234567"}, "bad_command"),
        ({"name": "", "password": PASSWORD}, "empty"),
        ({"name": "Admin", "password": PASSWORD}, "forbidden"),
        ({"name": "x" * 40, "password": PASSWORD}, "too_long"),
        ({"name": "No password"}, "bad_command"),
        ({"name": 7, "password": PASSWORD}, "bad_command"),
        ({"name": "Lone", "password": "\ud800surrogate"}, "bad_json"),
        ({"name": "Forged", "password": PASSWORD, "invite": "forged"}, "forbidden"),
        ({"name": "Forged", "password": PASSWORD, "invite": "x" * 10_000}, "forbidden"),
        ({"name": "Forged", "password": PASSWORD, "invite": "a b\x00"}, "forbidden"),
    ],
)
async def test_who_does_not_sign_up_is_told_a_code(
    urls: Urls, fields: dict[str, str], code: str
) -> None:
    async with Member(urls[0]) as client:
        assert await client.code_of("POST", "/api/signup", **fields) == code
        assert (await client.must("GET", "/api/me"))["role"] == "guest"


async def test_a_name_that_looks_like_a_members_is_taken_for_members_and_guests(
    urls: Urls,
) -> None:
    async with Member(urls[0]) as member, Member(urls[1]) as other, Member(urls[1]) as guest:
        name = await member.sign_up("Paula " + new_name()[7:])
        alike = name.replace("a", "\u0430").upper()  # Cyrillic
        for each in (name, alike):
            fields = {"name": each, "password": PASSWORD}
            assert await other.code_of("POST", "/api/signup", **fields) == "name_taken"
            status, _ = await other.ask_json("POST", "/api/signup", **fields)
            assert status == 409
            answer = await guest.form("/login", name=each)
            assert answer.code == 409
            assert await guest.code_of("PATCH", "/api/me", name=each) == "name_taken"
        await member.must("PATCH", "/api/me", name=new_name())
        await other.sign_up(name)  # it is free again


async def test_one_name_at_once_on_two_instances_is_one_persons(urls: Urls) -> None:
    for _ in range(3):
        name = new_name()
        clients = [Member(urls[number % 2]) for number in range(4)]
        answers = await asyncio.gather(
            *(c.ask_json("POST", "/api/signup", name=name, password=PASSWORD) for c in clients)
        )
        assert sorted(code for code, _ in answers) == [201, 409, 409, 409]


async def test_a_new_name_is_known_on_other_devices_and_leaves_a_trace(urls: Urls) -> None:
    async with Member(urls[0]) as one, Member(urls[1]) as other:
        old = await one.sign_up()
        await other.log_in(old)
        async with Client(urls[1]).reading("websocket") as reader:
            new = new_name()
            assert (await one.must("PATCH", "/api/me", name=new))["name"] == new
            async with asyncio.timeout(WAIT_S):
                changed = await reader.until_type("room_changed")
            assert (changed["user"], changed["name"]) == (one.user, old)
            assert changed["members"] == [{"user": one.user, "name": new}]
        await asyncio.sleep(0.6)
        assert (await other.must("GET", "/api/me"))["name"] == new
        async with Member(urls[0]) as third:
            assert await third.code_of("POST", "/api/login", name=old, password=PASSWORD)
            await third.log_in(new)


async def test_another_password_ends_the_other_devices(urls: Urls) -> None:
    async with Member(urls[0]) as one, Member(urls[1]) as other:
        name = await one.sign_up()
        await other.log_in(name)
        wrong = {"old": "not this one", "new": "another password"}
        assert await one.code_of("POST", "/api/me/password", **wrong) == "forbidden"
        await one.must("POST", "/api/me/password", old=PASSWORD, new="another password")
        assert (await one.must("GET", "/api/me"))["user"] == one.user
        await until_code(other, 401)
        assert await other.code_of("POST", "/api/login", name=name, password=PASSWORD)
        await other.log_in(name, "another password")


async def until_code(client: Member, status: int, *, within_s: float = 1.0) -> None:
    """Wait until the client's present cookie is answered with ``status``."""
    cookie, end = client.cookie, time.monotonic() + within_s
    while True:
        client.cookie = cookie
        found, _ = await client.ask_json("GET", "/api/me")
        if found == status:
            return
        assert time.monotonic() < end, found
        await asyncio.sleep(LOOK_S)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_an_ended_device_is_closed_everywhere_within_a_second(
    urls: Urls, transport: str
) -> None:
    async with Member(urls[0]) as one, Member(urls[1]) as other, Member(urls[1]) as third:
        name = await one.sign_up()
        await third.log_in(name)
        await other.log_in(name)
        devices = (await other.must("GET", "/api/me/devices"))["devices"]
        (id,) = [device["id"] for device in devices if device["is_current"]]
        async with other.reading(transport), third.reading(transport):
            began = time.monotonic()
            await one.must("DELETE", f"/api/me/devices/{id}")
            async with asyncio.timeout(WAIT_S):
                farewell = await other.until_type("goodbye")
            took_s = time.monotonic() - began
            assert farewell["code"] == 4502
            assert took_s < 1.0
            print(f"{transport}: an ended device was closed after {took_s * 1000:.0f} ms")
            await third.command(type="send", room="general", text="still", key=id)
            await third.until(lambda push: push.get("key") == id)
        await until_code(other, 401)
        assert await one.code_of("DELETE", f"/api/me/devices/{id}") == "forbidden"
        await other.log_in(name)  # its cookie is ended, and it may sign in again


async def test_signing_out_ends_this_device_alone(urls: Urls) -> None:
    async with Member(urls[0]) as one, Member(urls[1]) as other:
        name = await one.sign_up()
        await other.log_in(name)
        cookie = one.cookie
        await one.must("POST", "/logout")
        one.cookie = cookie
        assert (await one.ask_json("GET", "/api/me"))[0] == 401
        assert (await other.must("GET", "/api/me"))["user"] == other.user
        assert len((await other.must("GET", "/api/me/devices"))["devices"]) == 1


async def test_a_guest_with_two_devices_signs_out_of_one(urls: Urls) -> None:
    async with Member(urls[0]) as one, Member(urls[1]) as other:
        me = await one.must("GET", "/api/me")
        link = await one.must("POST", "/api/me/link")
        assert link["url"].startswith(urls[0]) and link["qr"].startswith("data:image/svg+xml")
        code = code_in(link["url"])
        page = await other.get(f"/link?code={code}", {"Accept": "text/html"})
        assert page.code == 200 and me["name"] in page.body.decode()
        assert (await other.form("/link", code=code)).code == 303
        assert (await other.must("GET", "/api/me"))["user"] == me["user"]
        assert (await other.form("/link", code=code)).code == 403  # once
        cookie = one.cookie
        await one.must("POST", "/logout")
        assert (await other.must("GET", "/api/me"))["user"] == me["user"]
        one.cookie = cookie
        assert (await one.ask_json("GET", "/api/me"))[0] == 401


@pytest.mark.parametrize("path", ["/link", "/invite", "/reset", "/setup"])
@pytest.mark.parametrize("code", ["", "forged", "%00", "x" * 3000, "%F0%9F%98%80"])
async def test_forged_links_are_refused_alike(urls: Urls, path: str, code: str) -> None:
    async with Member(urls[0]) as client:
        seen = set()
        for accept in ("text/html", "application/json"):
            answer = await client.get(f"{path}?code={code}", {"Accept": accept})
            assert answer.code == 403
            seen.add(re.search(r"This link is not valid", answer.body.decode()) is not None)
            posted = await client.form(path, code=code[:100], name="Ada", password=PASSWORD)
            assert posted.code in (400, 403), posted.body
        assert seen == {True}


async def test_a_cookie_from_before_signing_up_ends_with_the_other_devices(urls: Urls) -> None:
    async with Member(urls[0]) as member, Member(urls[1]) as copy:
        await member.must("GET", "/api/me")
        copy.cookie = member.cookie
        await member.sign_up()
        assert (await copy.must("GET", "/api/me"))["user"] == member.user
        await member.must("DELETE", "/api/me/devices")
        await until_code(copy, 401)
        assert (await member.must("GET", "/api/me"))["user"] == member.user
