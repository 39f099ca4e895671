"""A body that is streamed to its handler comes at its pace, and no slower than it has to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler, stream_request_body

from chat.http.limits import Timeouts
from chat.http.server import HttpServer
from chat.net.proxies import Proxies
from tests.support.wire import WAIT_S, Connection

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)

MB = 1 << 20
LIMIT = 100 * MB
# What the kernel keeps on both sides, and one piece in our memory.
MOST_ON_THE_WAY = 12 * MB


@stream_request_body
class Taker(RequestHandler):
    """Takes pieces when the test lets it."""

    taken: list[int]
    may_take: asyncio.Event
    ends: list[str]

    def initialize(self, test: Any) -> None:
        self.taken, self.may_take, self.ends = test.taken, test.may_take, test.ends

    def prepare(self) -> None:
        if self.get_query_argument("refuse", ""):
            raise HTTPError(403)

    async def data_received(self, chunk: bytes) -> None:
        self.taken.append(len(chunk))
        await self.may_take.wait()
        if self.get_query_argument("fail", "") and sum(self.taken) >= 5:
            self.send_error(409)

    def post(self) -> None:
        self.ends.append("whole")
        self.finish({})

    def on_finish(self) -> None:
        super().on_connection_close()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self.ends.append("lost")


class Test:
    __test__ = False

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.may_take = asyncio.Event()
        self.ends: list[str] = []


@asynccontextmanager
async def serving(timeouts: Timeouts | None = None) -> AsyncIterator[tuple[Test, Connection]]:
    test = Test()
    routes = Application([("/up", Taker, {"test": test})])
    server = HttpServer(
        routes,
        max_body_bytes=100,
        proxies=Proxies(),
        timeouts=timeouts,
        streamed=lambda method, path: LIMIT if path == "/up" else None,
    )
    loop = asyncio.get_running_loop()
    (listener,) = bind_sockets(0, "127.0.0.1")

    async def accept() -> None:
        while True:
            server.serve((await loop.sock_accept(listener))[0])

    server.start()
    accepting = loop.create_task(accept())
    try:
        async with Connection(f"http://127.0.0.1:{listener.getsockname()[1]}") as connection:
            yield test, connection
    finally:
        accepting.cancel()
        server.stop()
        listener.close()


def head(size: int, query: str = "", *lines: str) -> bytes:
    first = f"POST /up{query} HTTP/1.1", "Host: a", f"Content-Length: {size}"
    return "\r\n".join([*first, *lines, "", ""]).encode()


async def status(connection: Connection) -> bytes:
    return (await connection.reader.readuntil(b"\r\n\r\n")).split()[1]


async def test_a_handler_that_takes_nothing_more_stops_the_client() -> None:
    async with serving() as (test, on):
        on.writer.write(head(LIMIT) + bytes(LIMIT))
        left = on.writer.transport.get_write_buffer_size()
        while True:  # until nothing moves any more
            await asyncio.sleep(0.2)
            now_left = on.writer.transport.get_write_buffer_size()
            if now_left == left:
                break
            left = now_left
        assert LIMIT - left < MOST_ON_THE_WAY
        assert len(test.taken) == 1
        test.may_take.set()
        assert await status(on) == b"200"
        assert sum(test.taken) == LIMIT
        assert max(test.taken) <= MB
        assert test.ends == ["whole"]


async def test_a_client_that_is_slower_than_has_to_be_is_told_and_hung_up_on() -> None:
    async with serving(Timeouts(head_s=0.05, progress_s=0.1)) as (test, on):
        test.may_take.set()
        on.writer.write(head(1000) + b"x")
        assert await status(on) == b"408"
        await on.reader.read()
        assert test.ends == ["lost"]


async def test_a_client_waits_for_a_handler_as_long_as_that_needs() -> None:
    async with serving(Timeouts(head_s=0.05, progress_s=0.1)) as (test, on):
        on.writer.write(head(10) + b"x" * 5)
        await asyncio.sleep(0.5)  # five times as long as the client itself may take
        test.may_take.set()
        on.writer.write(b"x" * 5)
        assert await status(on) == b"200"
        assert sum(test.taken) == 10


async def test_an_answer_before_the_body_has_come_is_the_last_of_its_connection() -> None:
    async with serving() as (test, on):
        on.writer.write(head(LIMIT, "?refuse=1") + bytes(MB))
        answer = await on.reader.readuntil(b"\r\n\r\n")
        assert b" 403 " in answer
        assert b"Connection: close" in answer
        assert test.taken == []


async def test_an_answer_to_the_last_piece_is_followed_by_the_next_request() -> None:
    async with serving() as (test, on):
        test.may_take.set()
        for _ in range(2):
            test.taken.clear()
            on.writer.write(head(5, "?fail=1") + b"hello")
            answer = await on.reader.readuntil(b"\r\n\r\n")
            assert b" 409 " in answer
            assert b"Connection: close" not in answer
            await on.reader.readuntil(b"</html>")
        test.taken.clear()
        on.writer.write(head(3) + b"abc")
        assert await status(on) == b"200"


async def test_a_client_is_told_to_go_on_only_if_its_body_is_wanted() -> None:
    async with serving() as (test, on):
        test.may_take.set()
        on.writer.write(head(5, "", "Expect: 100-continue"))
        assert await status(on) == b"100"
        on.writer.write(b"hello" + head(5, "?refuse=1", "Expect: 100-continue"))
        assert await status(on) == b"200"
        await on.reader.readexactly(2)
        assert await status(on) == b"403"


async def test_a_client_that_is_gone_is_noticed() -> None:
    async with serving() as (test, on):
        test.may_take.set()
        on.writer.write(head(10) + b"x" * 5)
        await on.writer.drain()
        on.writer.transport.abort()
        while test.ends != ["lost"]:  # noqa: ASYNC110  it is another connection's event
            await asyncio.sleep(0.01)
