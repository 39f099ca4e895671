"""The SockJS door keeps to the rules of all the others."""

import asyncio
import json
import re
import weakref
from dataclasses import replace
from time import time
from typing import Any
from unittest import TestCase

import pytest
from tornado.httpclient import HTTPClientError

from chat.application import Server
from chat.protocol import codes
from chat.settings.settings import Settings
from chat.transports.sockjs import requests
from tests.support.client import Client
from tests.support.wire import Push

pytestmark = pytest.mark.gen_test(timeout=60)

TEXT = "x" * 4000  # as long as one may be: buffers are full soon
EVIL = {"Origin": "https://evil.example"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, unsent_limit_bytes=256 << 10, has_rate_limits=False)


def pushes(answer: bytes) -> list[Push]:
    """Return what an answer to a poll holds."""
    assert answer[:1] == b"a" and answer.endswith(b"\n"), answer
    return [json.loads(message) for message in json.loads(answer[1:])]


async def poll(client: Client, session: str = "s", query: str = "") -> bytes:
    answer = await client.post(f"/sockjs/0/{session}/xhr{query}")
    assert answer.code == 200, answer.body
    return answer.body


async def begin(client: Client, session: str = "s", query: str = "") -> Push:
    """Open a session; return its hello."""
    assert await poll(client, session, query) == b"o\n"
    return pushes(await poll(client, session))[0]


async def send(client: Client, *commands: Any, session: str = "s") -> int:
    body = json.dumps([json.dumps(command) for command in commands])
    return (await client.post(f"/sockjs/0/{session}/xhr_send", body)).code


async def talk(client: Client, count: int, *, name: str = "t") -> None:
    """Say something long ``count`` times."""
    sends = [
        {"type": "send", "room": "general", "text": TEXT, "key": f"{name}-{number}"}
        for number in range(count)
    ]
    for at in range(0, count, 100):
        await client.post("/send", json.dumps(sends[at : at + 100]))


@pytest.mark.parametrize(
    "path", ["jsonp?c=f", "htmlfile?c=f", "jsonp_send", "../../iframe.html", "../../chunking_test"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_other_sites_could_run_as_a_script_is_not_there(
    http_server: Server, base_url: str, method: str, path: str
) -> None:
    path = f"/sockjs/{path[6:]}" if path.startswith("../../") else f"/sockjs/0/s/{path}"
    async with Client(base_url) as client:
        assert (await client.fetch(method, path)).code == 404


@pytest.mark.parametrize("headers", [EVIL, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
@pytest.mark.parametrize(
    ("method", "what"),
    [("POST", "xhr"), ("POST", "xhr_streaming"), ("GET", "eventsource"), ("POST", "xhr_send")],
)
async def test_other_sites_pages_are_refused(
    http_server: Server, base_url: str, method: str, what: str, headers: dict[str, str]
) -> None:
    async with Client(base_url) as client:
        await begin(client)
        for session in ("s", "new"):
            path = f"/sockjs/0/{session}/{what}"
            with TestCase().assertLogs("tornado", "WARNING"):
                answer = await client.fetch(method, path, headers=headers)
            assert answer.code == 403
            assert "Access-Control-Allow-Origin" not in answer.headers
        assert http_server.attachments.registry.readers == 1


async def test_other_sites_can_neither_open_a_socket_nor_read_what_is_open_to_all(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        for path in ("/sockjs/0/s/websocket", "/sockjs/websocket"):
            with pytest.raises(HTTPClientError) as refused:
                await client.websocket(headers=EVIL, path=path)
            assert refused.value.code == 403
        for method, path in [("GET", "/sockjs/info"), ("OPTIONS", "/sockjs/0/s/xhr")]:
            asked = {**EVIL, "Access-Control-Request-Method": "POST"}
            answer = await client.fetch(method, path, headers=asked)
            assert not [name for name in answer.headers if name.startswith("Access-Control")]


async def test_our_own_pages_need_no_leave_to_read(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        await client.get("/sockjs/info")
        for method, what in [("POST", "xhr"), ("POST", "xhr"), ("POST", "xhr_send")]:
            body = b'[""]' if what == "xhr_send" else b""
            own = {"Origin": base_url, "Sec-Fetch-Site": "same-origin"}
            answer = await client.fetch(method, f"/sockjs/0/s/{what}", body, own)
            assert answer.code < 300
            assert not [name for name in answer.headers if name.startswith("Access-Control")]


async def test_a_session_is_its_owners_alone(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as owner, Client(base_url) as other, Client(base_url) as nobody:
        await owner.get("/sockjs/info")
        await other.get("/sockjs/info")
        await begin(owner)
        for stranger in (other, nobody):
            assert (await stranger.post("/sockjs/0/s/xhr")).code == 404
            assert (await stranger.get("/sockjs/0/s/eventsource")).code == 404
            assert await send(stranger, {"type": "ping"}) == 404
        assert await send(owner, {"type": "ping"}) == 204


async def test_who_keeps_no_cookies_is_known_by_address_and_session(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client, Client(base_url) as other:
        user = (await begin(client))["user"]
        owned = client.cookie
        client.cookie = None  # it has the time of its signature, too
        assert (
            await send(client, {"type": "send", "room": "general", "text": "a", "key": "k"}) == 204
        )
        told = [(cookie or "").split("|")[4] for cookie in (owned, client.cookie)]
        assert told[0] == told[1], "it is told again who it is, should it keep cookies now"
        client.cookie = None
        (message, reply) = pushes(await poll(client))
        assert message["user"] == user and reply["type"] == "ok"
        await other.get("/sockjs/info")
        assert await send(other, {"type": "ping"}) == 404


async def test_a_parley_session_is_carried_on_at_its_cursor_from_another_transport_and_back(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        answer = json.loads((await client.get("/poll")).body)
        session, cursor = answer["data"][0]["session"], answer["cursor"]
        await talk(client, 3)
        query = f"?session={session}&cursor={cursor}"
        assert await poll(client, query=query) == b"o\n"
        came = pushes(await poll(client))
        assert came[0]["session"] == session
        assert [p["key"] for p in came if p["type"] == "message"] == ["t-0", "t-1", "t-2"]

        socket = await client.websocket(f"?session={session}&cursor={cursor}")
        assert (await socket.read() or {})["session"] == session
        goodbye = pushes(await poll(client))[-1]
        assert goodbye["code"] == codes.REPLACED.code
        assert json.loads((await poll(client))[1:]) == [*codes.REPLACED]


async def test_who_polls_no_more_is_shed_at_the_limit_and_told_so(
    http_server: Server, base_url: str, settings: Settings
) -> None:
    async with Client(base_url) as client:
        await begin(client)
        session = http_server.sockjs.get("s")
        assert session is not None
        most = 0
        while not session.is_closed:
            await talk(client, 10, name=f"{most}")
            most = max(most, session.unsent_bytes)
        assert 0 < most < 2 * settings.unsent_limit_bytes
        assert session.unsent_bytes == 0
        assert json.loads((await poll(client))[1:]) == [*codes.SLOW_CONSUMER]


@pytest.mark.parametrize(("method", "what"), [("POST", "xhr_streaming"), ("GET", "eventsource")])
async def test_who_does_not_read_a_stream_is_shed(
    http_server: Server, base_url: str, method: str, what: str
) -> None:
    async with Client(base_url) as client:
        await client.get("/sockjs/info")
        body = b"" if method == "POST" else None
        # A stream ends by itself at 128 KiB; who takes nothing has that much waiting, and more.
        async with client.request(f"/sockjs/0/s/{what}", body=body):
            while http_server.metrics.sheds == 0:
                await talk(client, 50, name=str(time()))
        assert http_server.attachments.registry.readers == 0


async def test_a_stream_ends_when_it_is_long_and_the_next_goes_on(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        await begin(client)
        offsets: list[int] = []
        for part in range(2):
            async with client.request("/sockjs/0/s/xhr_streaming", body=b"") as (_, reader):
                await talk(client, 20, name=f"{part}")
                data = (await reader.read()).decode()
            assert len(data) > 128 << 10
            keys = re.findall(r'\\"offset\\":(\d+),\\"key', data)
            offsets += map(int, keys)
        assert offsets == list(range(1, len(offsets) + 1))
        assert len(offsets) >= 30


async def test_a_goodbye_comes_before_the_close_though_something_is_just_under_way(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        await begin(client)
        session = http_server.sockjs.get("s")
        assert session is not None
        async with client.request("/sockjs/0/s/xhr_streaming", body=b"") as (_, reader):
            await reader.readuntil(b"hh\n")
            session.send_jsonified('"{}"')
            http_server.attachments.dismiss()
            data = await reader.read()
        frames = re.findall(rb"^[ac]\[.*\]$", data.replace(b"\r", b""), re.MULTILINE)
        under_way, goodbye, close = (json.loads(frame[1:]) for frame in frames[-3:])
        assert under_way == ["{}"]
        assert json.loads(goodbye[-1])["code"] == codes.SHUTDOWN.code
        assert close == [*codes.SHUTDOWN]


async def test_a_poll_has_one_answer_though_more_is_said_at_once(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        await begin(client)
        held = asyncio.ensure_future(client.post("/sockjs/0/s/xhr"))
        session = http_server.sockjs.get("s")
        assert session is not None
        while session.handler is None:
            await client.get("/sockjs/info")
        session.send_jsonified('"{}"')
        http_server.attachments.dismiss()
        assert (await held).body == b'a["{}"]\n'
        assert pushes(await poll(client))[-1]["code"] == codes.SHUTDOWN.code
        assert json.loads((await poll(client))[1:]) == [*codes.SHUTDOWN]


async def test_only_one_request_reads_for_a_session_at_a_time(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        await begin(client)
        async with client.request("/sockjs/0/s/xhr_streaming", body=b"") as (_, reader):
            await reader.readuntil(b"hh\n")
            assert await poll(client) == b'c[2010,"Another connection still open"]\n'


async def test_a_session_without_a_request_is_over_after_a_while_and_leaves_nothing(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        await begin(client)
        session = http_server.sockjs.get("s")
        assert session is not None
        left = weakref.ref(session)
        del session
        http_server.sockjs.router._sessions.expire(time() + 4.5)
        assert http_server.attachments.registry.readers == 1
        http_server.sockjs.router._sessions.expire(time() + 5.5)
        assert http_server.attachments.registry.readers == 0
        assert len(http_server.sockjs) == 0
        assert left() is None, "without the help of Python's collector"
        assert await poll(client) == b"o\n", "as at first: it is another session"


async def test_there_are_only_so_many_sessions(
    http_server: Server, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_SESSIONS", 2)
    async with Client(base_url) as client:
        await begin(client, "a")
        await begin(client, "b")
        with TestCase().assertLogs("tornado.access", "ERROR"):
            answer = await client.post("/sockjs/0/c/xhr")
        assert answer.code == 503
        assert answer.headers["Retry-After"] == "5"
        assert await send(client, {"type": "ping"}, session="b") == 204


async def test_while_the_server_stops_polls_are_answered_and_nothing_ticks_after(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        await begin(client)
        http_server.attachments.dismiss()
        assert pushes(await poll(client))[-1]["code"] == codes.SHUTDOWN.code
        http_server.sockjs.stop()
        assert not http_server.sockjs.router._sessions_cleanup.is_running()
