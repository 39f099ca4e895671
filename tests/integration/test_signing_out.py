"""Who has signed out, or is banned, is out at once and everywhere, and is told so."""

import asyncio
import base64
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from chat.accounts import identity
from chat.accounts.blocklist import Block, Why
from chat.application import Server
from chat.protocol.pushes import Person
from chat.settings.settings import Settings
from tests.support.client import Client
from tests.support.wire import TRANSPORTS, WAIT_S

pytestmark = pytest.mark.gen_test(timeout=60)

# Each way in, with a body where it is posted.
WAYS_IN = (
    ("GET", "/", None),
    ("GET", "/rooms/general", None),
    ("GET", "/doctor", None),
    ("POST", "/negotiate", "{}"),
    ("GET", "/chat", None),
    ("GET", "/events", None),
    ("GET", "/poll", None),
    ("POST", "/poll", "{}"),
    ("POST", "/send", '{"type":"ping"}'),
    ("GET", "/api/rooms", None),
    ("GET", "/api/rooms/general/messages", None),
    ("POST", "/api/rooms/general/messages", '{"text":"x","key":"k"}'),
    ("POST", "/login", "name=Ada"),
    ("POST", "/logout", ""),
    ("GET", "/sockjs/info", None),
    ("GET", "/sockjs/websocket", None),
    ("POST", "/sockjs/0/s/xhr", ""),
    ("POST", "/sockjs/0/s/xhr_streaming", ""),
    ("GET", "/sockjs/0/s/eventsource", None),
    ("POST", "/sockjs/0/s/xhr_send", "[]"),
)
ENDS = (("signed_out", "unauthorized", 401, 4502), ("banned", "banned", 403, 4503))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, poll_hold_s=25.0)  # who is let go by that alone fails


async def keep_out(server: Server, client: Client, user: str, why: str) -> None:
    if why == "signed_out":
        other = Client(client.url)
        other.cookie = client.cookie
        async with other:
            assert (await other.post("/logout")).code == 303
        return
    until_s = 4e9
    await server.backplane.block(Block(who=user, why=Why.BANNED, until_s=until_s, reason="spam"))


@pytest.mark.parametrize(("why", "code", "status", "goodbye"), ENDS)
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_open_transports_are_told_and_closed(
    http_server: Server,
    base_url: str,
    transport: str,
    why: str,
    code: str,
    status: int,
    goodbye: int,
) -> None:
    async with Client(base_url).reading(transport) as bystander, Client(base_url) as client:
        client.attach(transport)
        async with asyncio.timeout(WAIT_S):
            hello = await client.until_type("hello")
            while http_server.attachments.registry.readers < 2:  # noqa: ASYNC110  the next polls are coming
                await asyncio.sleep(0.001)
            await keep_out(http_server, client, hello["user"], why)
            await client.until_type("goodbye")
        error, farewell = client.seen.heard[-2:]
        assert (error["type"], error["code"]) == ("error", code)
        assert (farewell["type"], farewell["code"]) == ("goodbye", goodbye)
        await bystander.command(type="send", room="general", text="still", key="here")
        await bystander.until(lambda push: push.get("key") == "here")
    assert http_server.metrics.detaches[transport, why] == 1


@pytest.mark.parametrize(("why", "code", "status", "goodbye"), ENDS)
async def test_a_websocket_closes_with_the_code_and_its_commands_are_refused(
    http_server: Server, base_url: str, why: str, code: str, status: int, goodbye: int
) -> None:
    async with Client(base_url) as client:
        socket = await client.websocket()
        hello = await socket.read()
        assert hello is not None
        await keep_out(http_server, client, hello["user"], why)
        await socket.until_closed()
        assert socket.close_code == goodbye


@pytest.mark.parametrize(("why", "code", "status", "goodbye"), ENDS)
async def test_a_sockjs_session_is_closed_with_the_code(
    http_server: Server, base_url: str, why: str, code: str, status: int, goodbye: int
) -> None:
    async with Client(base_url) as client:
        await client.get("/sockjs/info")
        assert (await client.post("/sockjs/0/s/xhr")).body == b"o\n"
        answer = await client.post("/sockjs/0/s/xhr")
        hello = json.loads(json.loads(answer.body[1:])[0])
        cookie = client.cookie
        poll = asyncio.create_task(client.post("/sockjs/0/s/xhr"))
        session = http_server.sockjs.get("s")
        async with asyncio.timeout(WAIT_S):
            while session is None or session.handler is None:  # noqa: ASYNC110  it is on its way
                await asyncio.sleep(0.001)
        await keep_out(http_server, client, hello["user"], why)
        last = (await poll).body
        assert f'\\"code\\":{goodbye}'.encode() in last or b"c[" in last, last
        client.cookie = cookie
        assert (await client.post("/sockjs/0/s/xhr")).code == status


@pytest.mark.parametrize(("why", "code", "status", "goodbye"), ENDS)
async def test_row_38_the_old_cookie_is_refused_on_every_way_in(
    http_server: Server, base_url: str, why: str, code: str, status: int, goodbye: int
) -> None:
    async with Client(base_url) as client:
        user = json.loads((await client.post("/login", "name=Ada", JSON)).body)["user"]
        old = client.cookie
        await keep_out(http_server, client, user, why)
        for method, path, body in WAYS_IN:
            client.cookie = old
            answer = await client.fetch(method, path, body, {"Accept": "application/json"})
            assert (answer.code, json.loads(answer.body)["code"]) == (status, code), path
            assert ("WWW-Authenticate" in answer.headers) == (status == 401)
            # A browser would be kept out for good by a cookie that counts no more; a banned one is.
            assert (client.cookie != old) == (why == "signed_out"), path
        client.cookie = old
        assert b"<h1" in (await client.get("/", {"Accept": "text/html"})).body


JSON = {"Accept": "application/json"}


async def test_whoever_signs_out_is_a_new_guest_with_the_next_request(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        before = json.loads((await client.post("/login", "name=Ada", JSON)).body)["user"]
        answer = await client.post("/logout", headers=JSON)
        assert (answer.code, json.loads(answer.body)) == (200, {})
        assert re.fullmatch(r"parley_identity_[0-9a-f]{8}=", client.cookie or "")
        after = await client.websocket()
        hello = await after.read()
        assert hello is not None and hello["user"] not in ("", before)


async def test_nobody_signs_out_who_was_nobody(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        assert (await client.post("/logout")).code == 303
        assert re.fullmatch(r"parley_identity_[0-9a-f]{8}=", client.cookie or "")
        assert (await client.get("/logout", JSON)).code == 405
        forged = {**JSON, "Origin": "https://evil.example"}
        assert (await client.post("/logout", headers=forged)).code == 403


async def test_a_poll_that_would_just_go_on_is_refused(http_server: Server, base_url: str) -> None:
    """Between two polls nothing is open that could be closed."""
    async with Client(base_url) as client:
        answer = json.loads((await client.get("/poll")).body)
        user = answer["data"][0]["user"]
        path = f"/poll?hold_s=0&cursor={answer['cursor']}"
        for _ in range(2):
            assert (await client.get(path)).code == 200
        await keep_out(http_server, client, user, "banned")
        assert (await client.get(path)).code == 403


async def test_a_token_of_before_is_who_it_was_made_for_until_that_one_is_signed_out(
    http_server: Server, base_url: str, settings: Settings
) -> None:
    secret = (settings.data_dir / "secret").read_bytes()
    bot = Person(user="bot-0123456789abcdef", name="Weather")
    token = base64.urlsafe_b64encode(identity.sign(bot, secret).encode()).decode()
    headers = {"Authorization": f"Bearer {token}", **JSON}
    async with Client(base_url) as client:
        body = '{"type":"send","room":"general","text":"rain","key":"k"}'
        answer = await client.post("/send", body, headers)
        assert answer.code == 200 and "Set-Cookie" not in answer.headers
        page = json.loads((await client.get("/api/rooms/general/messages")).body)
        assert page["messages"][-1]["user"] == bot.user
        socket = await client.websocket(headers=headers)
        hello: Any = await socket.read()
        assert (hello["user"], hello["name"]) == (bot.user, "Weather")
        assert (await client.post("/logout", headers=headers)).code == 200
        await socket.until_closed()
        assert socket.close_code == 4502
        assert (await client.post("/send", body, headers)).code == 401


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer guest-0", "bearer a|b|c"])
async def test_a_bad_token_is_nobody_whatever_the_cookie_says(
    http_server: Server, base_url: str, authorization: str
) -> None:
    async with Client(base_url) as client:
        await client.get("/api/rooms")
        cookie = client.cookie
        answer = await client.get("/api/rooms", {"Authorization": authorization, **JSON})
        assert answer.code == 401
        assert client.cookie == cookie
        basic = {"Authorization": "Basic YTpi"}  # for a proxy in front, as a rule
        assert (await client.get("/api/rooms", basic)).code == 200


async def test_a_banned_users_addresses_are_kept_out_too_if_that_is_asked_for(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client, Client(base_url) as neighbour:
        sockets = [await one.websocket() for one in (client, neighbour)]
        hellos = [await socket.read() for socket in sockets]
        assert hellos[0] is not None
        block = Block(who=hellos[0]["user"], why=Why.BANNED, until_s=4e9, addresses_s=3600.0)
        await http_server.backplane.block(block)
        for socket in sockets:
            await socket.until_closed()
            assert socket.close_code == 4503
        client.cookie = None
        assert (await client.get("/api/rooms", JSON)).code == 403
