"""What one address and one user may ask for: both sides of each limit, and what is said beyond."""

import asyncio
import json
import re
import socket
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from tornado.httpclient import HTTPClientError

from chat.accounts.rate_limits import (
    FRAMES_BURST,
    NEW_GUEST_BURST,
    NEWCOMERS_BURST_MIN,
    REQUESTS_BURST_S,
)
from chat.application import Server
from chat.errors import Unavailable
from chat.net.per_address import CONNECTIONS_A_TRANSPORT
from chat.net.proxies import Proxies
from chat.protocol.limits import Limit
from chat.settings.settings import Settings
from tests.support.client import Client
from tests.support.frames import (
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    FrameSocket,
    frame_bytes,
    frame_socket,
)
from tests.support.metrics import read_metrics
from tests.support.wire import WAIT_S, Answer

pytestmark = pytest.mark.gen_test(timeout=60)

JSON = {"Accept": "application/json"}


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    return replace(settings, **{"proxies": Proxies(is_all=True), **getattr(request, "param", {})})


def limit(**values: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("settings", [values], indirect=True)


def at(address: str) -> dict[str, str]:
    """Return headers of a client at ``address``, as the proxy in front names it."""
    return {"X-Forwarded-For": address, **JSON}


def assert_limited(server: Server, answer: Answer, kind: Limit) -> None:
    assert answer.code == 429
    error = json.loads(answer.body)
    assert error["code"] == "rate_limited" and error["retry_ms"] > 0
    assert int(answer.headers["Retry-After"]) >= 1
    assert server.metrics.limits[kind] >= 1


@limit(newcomers_per_minute=1)
async def test_newcomers_from_one_address(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        for _ in range(NEWCOMERS_BURST_MIN):
            client.cookie = None
            assert (await client.get("/api/rooms", at("192.0.2.1"))).code == 200
        known = client.cookie
        client.cookie = None
        for path in ("/", "/api/rooms", "/poll", "/events", "/chat"):
            answer = await client.get(path, at("192.0.2.1"))
            assert_limited(http_server, answer, Limit.NEWCOMERS)
            assert "Set-Cookie" not in answer.headers
        assert (await client.get("/api/rooms", at("192.0.2.2"))).code == 200
        client.cookie = known
        assert (await client.get("/api/rooms", at("192.0.2.1"))).code == 200


@limit(newcomers_per_minute=1)
async def test_a_newcomers_handshake_counts_once_whatever_comes_of_it(
    http_server: Server, base_url: str
) -> None:
    bad_key = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "short",
    }
    async with Client(base_url) as client:
        answer = await client.get("/chat", at("192.0.2.1") | bad_key)
        assert answer.code == 400 and client.cookie is None
        for _ in range(NEWCOMERS_BURST_MIN - 1):
            client.cookie = None
            hello: Any = await (await client.websocket(headers=at("192.0.2.1"))).read()
            assert hello["type"] == "hello"
        client.cookie = None
        with pytest.raises(HTTPClientError) as refused:
            await client.websocket(headers=at("192.0.2.1"))
        assert refused.value.response is not None
        assert_limited(http_server, refused.value.response, Limit.NEWCOMERS)
        assert http_server.metrics.limits[Limit.NEWCOMERS] == 1


@limit(requests_per_second=1)
async def test_requests_from_one_address(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        answer = await client.get("/poll", at("2001:db8::1"))
        cursor = json.loads(answer.body)["cursor"]
        answers = [await client.get("/api/rooms", at("2001:db8::2")) for _ in range(45)]
        codes = [answer.code for answer in answers]
        assert codes[: REQUESTS_BURST_S - 1] == [200] * (REQUESTS_BURST_S - 1)
        assert 429 in codes
        for method, path in (("GET", "/"), ("GET", "/poll"), ("POST", "/negotiate")):
            answer = await client.fetch(method, path, headers=at("2001:db8::3"))
            assert_limited(http_server, answer, Limit.REQUESTS)
        # What has another limit, or none, goes on; and so do others.
        body = '{"type":"ping"}'
        assert (await client.post("/send", body, at("2001:db8::1"))).code == 200
        path = f"/poll?hold_s=0&cursor={cursor}"
        assert (await client.get(path, at("2001:db8::1"))).code == 200
        assert (await client.get("/api/rooms", at("2001:db8:0:1::1"))).code == 200


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"max_connections_per_user": 2}, Limit.USER_CONNECTIONS),
        ({"max_connections_per_address": 2}, Limit.ADDRESS_CONNECTIONS),
    ],
    indirect=["settings"],
)
async def test_transports_at_a_time(http_server: Server, base_url: str, kind: Limit) -> None:
    async with Client(base_url) as client, Client(base_url) as other:
        sockets = [await client.websocket(headers=at("192.0.2.1")) for _ in range(2)]
        hellos: list[Any] = [await socket.read() for socket in sockets]
        for path in ("/events", "/poll", "/sockjs/0/s/eventsource"):
            assert_limited(http_server, await client.get(path, at("192.0.2.1")), kind)
        with pytest.raises(HTTPClientError) as refused:
            await client.websocket(headers=at("192.0.2.1"))
        assert refused.value.code == 429
        # One that takes another's place is no more; and elsewhere there is room.
        again = await client.websocket(f"?session={hellos[0]['session']}", at("192.0.2.1"))
        assert await again.read() is not None
        elsewhere = await other.websocket(headers=at("192.0.2.2"))
        assert await elsewhere.read() is not None
        await sockets[1].close()
        last = await client.websocket(headers=at("192.0.2.1"))
        assert await last.read() is not None


@limit(new_rooms_per_hour=1000)
async def test_row_56_the_101st_room_is_refused(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        for number in range(100):
            assert (await client.command(type="join", room=f"r{number}"))["type"] == "ok"
        refused = await client.command(type="join", room="r100")
        assert refused["code"] == "forbidden"
        for room in ("r7", "general"):  # there already
            assert (await client.command(type="join", room=room))["type"] == "ok"
        assert (await client.command(type="leave", room="r7"))["type"] == "ok"
        assert (await client.command(type="join", room="r100"))["type"] == "ok"
        assert http_server.metrics.limits[Limit.ROOMS] == 1


@limit(new_guest_minutes=10)
async def test_messages_of_a_guest_who_has_just_come(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        for number in range(NEW_GUEST_BURST):
            assert (await client.send(f"k{number}"))["type"] == "ok"
        await client.post("/login", "name=Another")  # and so is the guest by another name
        refused = await client.send("one more")
        assert refused["code"] == "rate_limited" and refused["retry_ms"] > 0
        assert http_server.metrics.limits[Limit.NEW_GUESTS] == 1


@limit(new_rooms_per_hour=2)
async def test_rooms_that_one_user_makes(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client, Client(base_url) as other:
        for room in ("one", "two"):
            assert (await client.command(type="join", room=room))["type"] == "ok"
        refused = await client.command(type="join", room="three")
        assert refused["code"] == "rate_limited" and refused["retry_ms"] > 0
        assert (await other.command(type="join", room="three"))["type"] == "ok"
        assert (await client.command(type="join", room="three"))["type"] == "ok"  # it is there now
        assert http_server.metrics.limits[Limit.NEW_ROOMS] == 1


@limit(max_connections_per_address=1, proxies=Proxies())
async def test_connections_from_one_address_that_ask_for_nothing(
    http_server: Server, base_url: str
) -> None:
    place = urlsplit(base_url)
    with ExitStack() as crowd:
        members = [
            crowd.enter_context(socket.create_connection((place.hostname, place.port)))
            for _ in range(CONNECTIONS_A_TRANSPORT)
        ]
        async with Client(base_url) as client:
            answer = await client.get("/api/rooms")
            assert (answer.code, answer.headers["Retry-After"]) == (429, "5")
            assert "from your network's address" in json.loads(answer.body)["message"]
            members[0].close()
            while (await client.get("/api/rooms")).code == 429:  # noqa: ASYNC110  it has to be seen
                await asyncio.sleep(0.01)
            metrics = await read_metrics(client)
            assert metrics["parley_limits_total", Limit.ADDRESS_CONNECTIONS] >= 1


@limit(
    has_rate_limits=False,
    newcomers_per_minute=1,
    requests_per_second=1,
    max_connections_per_user=1,
    max_connections_per_address=1,
    max_rooms_per_user=1,
    new_rooms_per_hour=1,
)
async def test_without_rate_limits_there_are_none(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        for _ in range(REQUESTS_BURST_S + 5):
            client.cookie = None
            assert (await client.get("/api/rooms", JSON)).code == 200
        for _ in range(3):
            assert await (await client.websocket()).read() is not None
        for number in range(3):
            assert (await client.command(type="join", room=f"r{number}"))["type"] == "ok"


@limit(newcomers_per_minute=1)
async def test_sign_outs_from_one_address(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client:
        for number in range(NEWCOMERS_BURST_MIN + 1):
            client.cookie = None
            there = at(f"198.51.100.{number}")  # as many guests as one likes come from elsewhere
            assert (await client.get("/api/rooms", there)).code == 200
            known = client.cookie
            answer = await client.post("/logout", b"", at("192.0.2.1"))
            assert answer.code == (200 if number < NEWCOMERS_BURST_MIN else 429)
        assert_limited(http_server, answer, Limit.SIGN_OUTS)
        assert client.cookie == known  # and they are who they were
        assert (await client.get("/api/rooms", at("192.0.2.1"))).code == 200
        assert (await client.post("/logout", b"", at("192.0.2.2"))).code == 200


@limit(requests_per_second=1)
async def test_a_poll_is_free_only_where_it_goes_on(http_server: Server, base_url: str) -> None:
    async def poll(cursor: str, session: str, *, how: str) -> tuple[int, str]:
        if how == "GET":
            path = f"/poll?cursor={cursor}&session={session}"
            answer = await client.get(path, at("192.0.2.1"))
        else:
            body = {"cursor": cursor, "session": session}
            answer = await client.post("/poll", json.dumps(body), at("192.0.2.1"))
        return answer.code, json.loads(answer.body).get("cursor", "")

    async with Client(base_url) as client:
        first = json.loads((await client.get("/poll", at("192.0.2.1"))).body)
        session, cursor = first["data"][0]["session"], first["cursor"]
        for number, how in enumerate(("GET", "POST") * REQUESTS_BURST_S):
            said = {"type": "send", "room": "general", "text": "x", "key": str(number)}
            await client.post("/send", json.dumps(said), at("192.0.2.9"))
            code, cursor = await poll(cursor, session, how=how)
            assert code == 200
        for target, body in (
            ("/poll?cursor=general:e:1", None),  # nobody was given that one
            (f"/poll?cursor={cursor}&session=another", None),
            ("/poll?cursor=*", None),
            ("/poll", "{}"),
            ("/poll", "x"),
            ("/poll", '{"cursor":['),
        ):
            count = 0
            method = "GET" if body is None else "POST"
            while True:
                answer = await client.fetch(method, target, body, at("192.0.2.1"))
                if answer.code == 429:
                    break
                count += 1
                assert count <= 2 * REQUESTS_BURST_S, target
            assert_limited(http_server, answer, Limit.REQUESTS)


async def until_closed(socket: FrameSocket) -> int:
    """Return the code of the close frame that comes in the end."""
    async with asyncio.timeout(WAIT_S):
        while (frame := await socket.read()).opcode != CLOSE:
            pass
    return frame.close_code


@limit(proxies=Proxies())
@pytest.mark.parametrize(
    ("path", "frames"),
    [
        ("/chat", frame_bytes(PING)),
        ("/chat", frame_bytes(PONG, b"unasked")),
        ("/chat", frame_bytes(TEXT, b"{}", is_last=False) + frame_bytes(CONTINUATION)),
        ("/sockjs/0/s/websocket", frame_bytes(TEXT, b"[]")),
    ],
)
async def test_frames_that_are_no_commands(
    http_server: Server, base_url: str, path: str, frames: bytes
) -> None:
    async with frame_socket(base_url, path) as socket:
        # Some come back while these come in; who asks for no more than that is not refused.
        socket.send_bytes(frames * FRAMES_BURST)
        sent = asyncio.get_running_loop().time()
        while http_server.metrics.limits[Limit.FRAMES] == 0:
            assert asyncio.get_running_loop().time() < sent + WAIT_S
            socket.send_bytes(frames * 100)
            await asyncio.sleep(0)
        assert await until_closed(socket) == 1008


@limit(requests_per_second=1, newcomers_per_minute=1)
async def test_whoever_is_not_let_in_has_asked_all_the_same(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        for _ in range(REQUESTS_BURST_S + 2):
            client.cookie = None
            answer = await client.get("/poll?cursor=general:e:1", at("192.0.2.1"))
        assert answer.code == 429
        assert http_server.metrics.limits[Limit.NEWCOMERS] >= 1
        assert http_server.metrics.limits[Limit.REQUESTS] >= 1


@limit(requests_per_second=1, proxies=Proxies())
@pytest.mark.parametrize("path", ["/api/rooms", "/poll?cursor=general:e:1"])
async def test_a_connection_rests_after_a_refusal(
    http_server: Server, base_url: str, path: str
) -> None:
    place = urlsplit(base_url)
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()

    async def answer(reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        assert length is not None and head.startswith(b"HTTP/1.1 429 "), head
        return await reader.readexactly(int(length[1]))

    one, to_one = await asyncio.open_connection(place.hostname, place.port)
    other, to_other = await asyncio.open_connection(place.hostname, place.port)
    with suppress(Unavailable):
        while True:
            http_server.limits.request(to_one.get_extra_info("sockname")[0])
    to_one.write(request)
    await answer(one)
    to_one.write(request)
    resting = asyncio.create_task(one.readuntil(b"\r\n\r\n"))
    to_other.write(request)
    await answer(other)
    assert not resting.done()  # though it asked first
    assert (await resting).startswith(b"HTTP/1.1 ")
    for writer in (to_one, to_other):
        writer.close()
