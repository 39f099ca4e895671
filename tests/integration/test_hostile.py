"""The hostile network of the tests does what each of its modes says, and no more."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.hostile import HELD_BYTES, HostileNetwork, Mode, run_hostile
from tests.support.wire import LOST, Socket

LIMIT_S = 20
SILENCE_S = 0.3  # what has not come by now, six round trips, does not come
BLOCK = "x" * 1000


class Page(RequestHandler):
    """Answers with what it was asked."""

    def get(self, path: str) -> None:
        request = self.request
        self.write({"version": request.version, "headers": dict(request.headers), "path": path})

    post = get


class Echo(WebSocketHandler):
    def open(self, *args: str, **kwargs: str) -> None:
        self.set_nodelay(True)

    async def on_message(self, message: str | bytes) -> None:
        await self.write_message(message)


class Events(RequestHandler):
    """An event stream that goes on as the test says: what to send next, None for the end."""

    def initialize(self, script: "asyncio.Queue[str | None]") -> None:
        self.script = script

    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        await self.flush()
        while (data := await self.script.get()) is not None:
            self.write(f"data: {data}\n\n")
            await self.flush()


class Place:
    """A server, the network before it, and a client that only the network leads to the server."""

    def __init__(self, network: HostileNetwork, client: Client) -> None:
        self.network = network
        self.client = client
        self.script: asyncio.Queue[str | None] = asyncio.Queue()


@asynccontextmanager
async def place(mode: Mode = Mode.FRIENDLY, **numbers: Any) -> AsyncIterator[Place]:
    script: asyncio.Queue[str | None] = asyncio.Queue()
    routes = [("/chat", Echo), ("/events", Events, {"script": script}), ("/(.*)", Page)]
    server = HTTPServer(Application(routes))
    listening, port = bind_unused_port()
    server.add_socket(listening)
    try:
        with run_hostile(port, mode=mode, **numbers) as network:
            async with Client(network.url) as client:
                here = Place(network, client)
                here.script = script
                yield here
                network.become(Mode.DOWN)  # whoever still waits for it may go home
    finally:
        script.put_nowait(None)
        server.stop()
        await server.close_all_connections()


async def echo(socket: Socket, text: str = '"hi"') -> None:
    await socket.send(text)
    assert await socket.read_data() == text


async def is_silent(task: "asyncio.Future[Any]") -> bool:
    """Return whether nothing comes for a while; ``task`` goes on waiting."""
    await asyncio.wait([task], timeout=SILENCE_S)
    return not task.done()


def hear(socket: Socket) -> "asyncio.Future[Any]":
    return asyncio.ensure_future(socket.read_data())


@in_a_loop(LIMIT_S)
async def test_friendly_lets_everything_pass_and_counts_it() -> None:
    async with place() as here:
        socket = await here.client.websocket()
        await echo(socket)
        assert (await here.client.post("/anything?query", b"{}")).code == 200
        here.script.put_nowait("event")
        assert (await anext(here.client.events())).data == "event"
        await socket.close()
        assert here.network.upgrades == 1
        assert here.network.connections == 3
        assert here.network.requests == {"/chat": 1, "/anything": 1, "/events": 1}


@in_a_loop(LIMIT_S)
async def test_one_connection_carries_one_request_after_another() -> None:
    async with place() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.network.port)
        for path in ("/one", "/two"):
            writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            assert path[1:].encode() in await reader.readexactly(length)
        writer.close()
        await writer.wait_closed()
        assert here.network.connections == 1


@in_a_loop(LIMIT_S)
async def test_a_round_trip_takes_its_time_however_much_is_under_way() -> None:
    rtt_s, count = 0.2, 50
    async with place(rtt_ms=1000 * rtt_s) as here:
        began = time.monotonic()
        socket = await here.client.websocket()
        assert time.monotonic() - began >= 2 * rtt_s  # one for TCP, one for the upgrade
        began = time.monotonic()
        for number in range(count):
            await socket.send(str(number))
        heard = [await socket.read_data() for _ in range(count)]
        took_s = time.monotonic() - began
        assert heard == [str(number) for number in range(count)]
        assert rtt_s <= took_s < count * rtt_s / 4
        await socket.close()


@in_a_loop(LIMIT_S)
async def test_websocket_refused_answers_403_and_cuts_what_is_open() -> None:
    async with place() as here:
        socket = await here.client.websocket()
        here.network.become("websocket_refused")
        await socket.until_closed()
        with pytest.raises(HTTPClientError, match="403"):
            await here.client.websocket()
        assert (await here.client.get("/page")).code == 200
        assert here.network.upgrades == 1


@in_a_loop(LIMIT_S)
async def test_websocket_swallowed_never_answers() -> None:
    async with place(Mode.WEBSOCKET_SWALLOWED) as here:
        opening = asyncio.ensure_future(here.client.websocket())
        assert await is_silent(opening)
        assert here.network.requests == {"/chat": 1}
        assert (await here.client.get("/page")).code == 200
        here.network.become("down")
        with pytest.raises(LOST):
            await opening


@pytest.mark.parametrize("mode", [Mode.WEBSOCKET_MUTE, Mode.MUTE_AND_HELD])
def test_websocket_mute_lets_the_101_pass_and_no_frame(mode: Mode) -> None:
    @in_a_loop(LIMIT_S)
    async def run() -> None:
        async with place(mode) as here:
            socket = await here.client.websocket()
            await socket.send("hello?")
            heard = hear(socket)
            assert await is_silent(heard)
            here.network.become("friendly")
            assert await heard == "hello?"
            here.network.become(mode)
            await socket.send("hello?")
            closed = asyncio.ensure_future(socket.until_closed())
            assert await is_silent(closed)
            here.network.become("down")
            await closed

    run()


@pytest.mark.parametrize("mode", [Mode.STREAM_HELD, Mode.MUTE_AND_HELD])
def test_stream_held_shows_no_event_before_the_stream_ends(mode: Mode) -> None:
    @in_a_loop(LIMIT_S)
    async def run() -> None:
        async with place(mode) as here:
            async with here.client.request("/events") as (head, reader):
                assert head["Content-Type"] == "text/event-stream"
                here.script.put_nowait("event")
                line = asyncio.ensure_future(reader.readuntil(b"event\n"))
                assert await is_silent(line)
                here.script.put_nowait(None)
                assert await line
            assert (await here.client.get("/page")).code == 200

    run()


@in_a_loop(LIMIT_S)
async def test_websocket_dies_cuts_each_after_it_has_worked() -> None:
    async with place(Mode.WEBSOCKET_DIES) as here:
        for _ in range(2):
            socket = await here.client.websocket()
            await echo(socket)
            await socket.until_closed()
        assert here.network.upgrades == 2


@in_a_loop(LIMIT_S)
async def test_cut_after_cuts_responses_and_websockets() -> None:
    async with place(Mode.CUT_AFTER, cut_after_s=0.5) as here:
        socket = await here.client.websocket()
        await echo(socket)
        async with here.client.request("/events") as (_, reader):
            here.script.put_nowait("event")
            assert b"event" in await reader.readuntil(b"event\n")
            await reader.read()
        await socket.until_closed()


@in_a_loop(LIMIT_S)
async def test_http_1_0_knows_no_upgrade_and_closes_after_each_response() -> None:
    async with place(Mode.HTTP_1_0) as here:
        async with here.client.request("/page") as (head, reader):
            assert head["Connection"] == "close"
            body = await reader.read()
            assert b'"HTTP/1.0"' in body and b'"Via": "1.0 ' in body
        with pytest.raises(HTTPClientError):
            await here.client.websocket()
        assert here.network.upgrades == 0
        here.script.put_nowait("event")
        assert (await anext(here.client.events())).data == "event"


@in_a_loop(LIMIT_S)
async def test_posts_delayed_holds_posts_only() -> None:
    async with place(Mode.POSTS_DELAYED, post_delay_s=1) as here:
        post = asyncio.ensure_future(here.client.post("/anything"))
        assert (await here.client.get("/page")).code == 200
        assert not post.done()
        assert (await post).code == 200


@in_a_loop(LIMIT_S)
async def test_posts_swallowed_lets_no_command_pass() -> None:
    async with place(Mode.POSTS_SWALLOWED) as here:
        post = asyncio.ensure_future(here.client.post("/send"))
        assert (await here.client.post("/negotiate")).code == 200
        assert await is_silent(post)
        here.network.become("down")
        with pytest.raises(LOST):
            await post


@in_a_loop(LIMIT_S)
async def test_uploads_cut_lets_no_file_pass_whole() -> None:
    async with place(Mode.UPLOADS_CUT) as here:
        with pytest.raises(LOST):
            await here.client.post("/api/uploads", b"x" * HELD_BYTES)
        assert (await here.client.post("/send", b"x" * HELD_BYTES)).code == 200


@in_a_loop(LIMIT_S)
async def test_held_64_kib_shows_nothing_before_as_much_has_gathered() -> None:
    async with place(Mode.HELD_64_KIB) as here:
        assert (await here.client.get("/page")).code == 200  # it has ended
        async with here.client.request("/events") as (_, reader):
            here.script.put_nowait(BLOCK)
            event = asyncio.ensure_future(reader.readuntil(BLOCK.encode()))
            assert await is_silent(event)
            for _ in range(HELD_BYTES // len(BLOCK)):
                here.script.put_nowait(BLOCK)
            assert await event
        socket = await here.client.websocket()
        await socket.send(BLOCK)
        heard = hear(socket)
        assert await is_silent(heard)
        await socket.send("y" * HELD_BYTES)
        assert await heard == BLOCK


@in_a_loop(LIMIT_S)
async def test_idle_cut_spares_those_who_keep_talking() -> None:
    async with place(Mode.IDLE_CUT, idle_s=0.6) as here:
        talker, idler = await here.client.websocket(), await here.client.websocket()
        idle = asyncio.ensure_future(idler.until_closed())
        while not idle.done():
            await echo(talker)
        await echo(talker)
        await talker.until_closed()


@in_a_loop(LIMIT_S)
async def test_down_cuts_everything_and_takes_nobody() -> None:
    async with place() as here:
        socket = await here.client.websocket()
        here.network.become("down")
        await socket.until_closed()
        with pytest.raises(LOST):
            await here.client.get("/page")
        here.network.become("friendly")
        assert (await here.client.get("/page")).code == 200


@in_a_loop(LIMIT_S)
async def test_swallow_all_is_a_dead_link_that_may_come_back() -> None:
    async with place() as here:
        socket = await here.client.websocket()
        await echo(socket)
        here.network.become("swallow_all")
        await socket.send("anybody?")
        heard, page = hear(socket), asyncio.ensure_future(here.client.get("/page"))
        assert await is_silent(heard)
        assert not page.done()
        here.network.become("friendly")
        assert await heard == "anybody?"
        assert (await page).code == 200


@in_a_loop(LIMIT_S)
async def test_a_server_that_is_away_ends_the_connection() -> None:
    listening, port = bind_unused_port()
    listening.close()
    with run_hostile(port) as network:
        async with Client(network.url) as client:
            with pytest.raises(LOST):
                await client.get("/page")
