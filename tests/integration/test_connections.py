"""HTTP/1.1 as clients and proxies speak it (RFC 9112), one connection at a time."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from chat.application import Server
from chat.http.head import MAX_HEAD_BYTES
from chat.http.limits import Timeouts
from chat.http.server import HttpServer
from chat.net.proxies import Proxies
from chat.settings.settings import Settings
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)

GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
PING = b'{"type":"ping"}'
MANY = 120
POST = b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, max_body_bytes=10_000)


@pytest.fixture
def url(http_server: Server, base_url: str) -> str:
    return base_url


class Wire:
    """A connection on which a test writes bytes and reads answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def answer(self, *, has_body: bool = True) -> tuple[int, dict[str, str], bytes]:
        """Return the next answer's status, headers by lower-case name, and body.

        Of a header that there is twice the first, as that of the cookies which counts.
        """
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.strip().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (ln.partition(": ") for ln in lines[::-1])
        }
        size = int(headers["content-length"]) if has_body else 0
        return int(status.split()[1]), headers, await self.reader.readexactly(size)

    async def is_over(self) -> bool:
        """Return whether the server closes, and says nothing before it."""
        return await self.reader.read() == b""


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[Wire]:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


async def test_a_connection_is_kept_for_the_next_request(url: str) -> None:
    async with wire(url) as on:
        for _ in range(3):
            on.writer.write(GET)
            status, headers, body = await on.answer()
            assert (status, json.loads(body)["status"]) == (200, "ok")
            assert "connection" not in headers


async def test_requests_sent_ahead_are_answered_in_their_order(url: str) -> None:
    async with wire(url) as on:
        commands = [b'{"type":"ping","id":%d}' % number for number in range(MANY)]
        on.writer.write(b"".join(POST % len(command) + command for command in commands))
        for number in range(MANY):
            _, _, body = await on.answer()
            assert json.loads(body) == {"replies": [{"type": "pong", "id": number}]}


async def test_what_is_no_request_is_told_after_the_answers_to_those_before_it(url: str) -> None:
    async with wire(url) as on:
        on.writer.write(GET + GET + b"no request\r\n\r\n" + GET)
        assert [(await on.answer())[0] for _ in range(3)] == [200, 200, 400]
        assert await on.is_over()


async def test_who_expects_to_be_told_is_told_in_its_turn(url: str) -> None:
    async with wire(url) as on:
        head = (POST % len(PING)).replace(b"Host", b"Expect: 100-continue\r\nHost")
        on.writer.write(GET * MANY + head)
        for _ in range(MANY):
            assert (await on.answer())[0] == 200
        assert await on.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        on.writer.write((PING + head) * MANY)
        for _ in range(MANY):
            assert (await on.answer())[0] == 200
        assert await on.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("size", [1, 7])
async def test_a_request_may_come_a_few_bytes_at_a_time(url: str, size: int) -> None:
    request = POST % len(PING) + PING
    async with wire(url) as on:
        for start in range(0, len(request), size):
            on.writer.write(request[start : start + size])
            await asyncio.sleep(0)
        assert (await on.answer())[0] == 200


async def test_a_body_may_come_in_chunks(url: str) -> None:
    async with wire(url) as on:
        on.writer.write(
            b"POST /send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (PING[:5], len(PING) - 5, PING[5:])
        )
        assert json.loads((await on.answer())[2])["replies"] == [{"type": "pong"}]


async def test_who_expects_to_be_told_so_may_send_the_body(url: str) -> None:
    async with wire(url) as on:
        head = POST % len(PING)
        on.writer.write(head.replace(b"Host", b"Expect: 100-continue\r\nHost"))
        assert await on.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        on.writer.write(PING)
        assert (await on.answer())[0] == 200


async def test_http_1_0_is_closed_after_its_answer_or_kept_if_it_asks(url: str) -> None:
    async with wire(url) as on:
        on.writer.write(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert (await on.answer())[1]["connection"] == "Keep-Alive"
        on.writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert (await on.answer())[1]["connection"] == "close"
        assert await on.is_over()


async def test_who_wants_it_closed_has_it_closed(url: str) -> None:
    async with wire(url) as on:
        on.writer.write(GET.replace(b"Host", b"Connection: close\r\nHost"))
        assert (await on.answer())[1]["connection"] == "close"
        assert await on.is_over()


async def test_what_comes_behind_a_last_request_does_not_take_its_answer(url: str) -> None:
    last = GET.replace(b"Host", b"Connection: close\r\nHost")
    async with wire(url) as on:
        on.writer.write(last + b"\0 no request" + bytes(1_000_000))
        assert (await on.answer())[0] == 200
        assert await on.is_over()


@pytest.mark.parametrize("path", ["/healthz", "/api/rooms", "/poll", "/poll?hold_s=25"])
async def test_who_has_closed_its_half_is_answered_and_then_closed(url: str, path: str) -> None:
    request = GET.replace(b"/healthz", path.encode())
    async with wire(url) as on:
        on.writer.write(request + request)
        on.writer.write_eof()
        assert [(await on.answer())[0] for _ in range(2)] == [200, 200]
        assert await on.is_over()


async def test_a_poll_whose_client_has_closed_its_half_is_held_no_longer(url: str) -> None:
    async with wire(url) as on:
        on.writer.write(GET.replace(b"/healthz", b"/poll"))
        _, headers, body = await on.answer()
        cookie = headers["set-cookie"].partition(";")[0]
        for turn in range(3):  # the first goes the usual way, the second is known by its bytes
            cursor = json.loads(body)["cursor"]
            head = f"GET /poll?cursor={cursor} HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n"
            on.writer.write(head.encode())
            if turn == 2:
                on.writer.write_eof()
            else:
                on.writer.write(b"") or await asyncio.sleep(0)
            _, _, body = await on.answer()
        assert json.loads(body)["timeout"] is True
        assert await on.is_over()


@pytest.mark.parametrize("begun", [b"G", GET[:-2], POST % 5 + b"abc"])
async def test_a_request_that_will_not_be_complete_is_400(url: str, begun: bytes) -> None:
    async with wire(url) as on:
        on.writer.write(GET + begun)
        on.writer.write_eof()
        assert (await on.answer())[0] == 200
        assert (await on.answer())[0] == 400
        assert await on.is_over()


async def test_head_has_the_headers_of_get_and_no_body(url: str) -> None:
    async with wire(url) as on:
        on.writer.write(b"GET /static/css/base.css HTTP/1.1\r\nHost: a\r\n\r\n")
        _, got, body = await on.answer()
        on.writer.write(b"HEAD /static/css/base.css HTTP/1.1\r\nHost: a\r\n\r\n")
        status, headers, _ = await on.answer(has_body=False)
        assert (status, headers["content-length"]) == (200, got["content-length"])
        assert body
        on.writer.write(GET)  # nothing of it is taken for the body
        assert (await on.answer())[0] == 200


async def test_heads_up_to_the_limit_are_read_and_longer_ones_are_431(url: str) -> None:
    padding = MAX_HEAD_BYTES - len(GET + b"X: \r\n")
    async with wire(url) as on:
        on.writer.write(GET.replace(b"\r\n\r\n", b"\r\nX: " + b"x" * padding + b"\r\n\r\n"))
        assert (await on.answer())[0] == 200
        on.writer.write(GET.replace(b"\r\n\r\n", b"\r\nX: " + b"x" * (padding + 1) + b"\r\n\r\n"))
        assert (await on.answer())[0] == 431
        assert await on.is_over()


async def test_a_head_without_end_is_not_waited_for(url: str) -> None:
    async with wire(url) as on:
        on.writer.write(b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_HEAD_BYTES)
        assert (await on.answer())[0] == 431


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_over_the_limit_is_413_and_the_answer_can_be_read(
    url: str, is_chunked: bool
) -> None:
    body = b"x" * 3_000_000  # more than is on its way when we refuse it
    async with wire(url) as on:
        if is_chunked:
            on.writer.write(b"POST /send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            on.writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        else:
            on.writer.write(POST % len(body) + body)
        status, _, answer = await on.answer()
        assert (status, json.loads(answer)["code"]) == (413, "too_long")


async def test_a_bare_line_feed_ends_no_line(url: str) -> None:
    async with wire(url) as on:
        on.writer.write(GET.replace(b"\r\n", b"\n"))
        assert (await on.answer())[0] == 400
        assert await on.is_over()


async def test_an_upgrade_to_what_we_do_not_speak_is_a_request_like_others(url: str) -> None:
    async with wire(url) as on:
        lines = b"Connection: Upgrade\r\nUpgrade: h2c\r\nHost"
        on.writer.write(GET.replace(b"Host", lines) + GET)
        assert (await on.answer())[0] == 200
        assert (await on.answer())[0] == 200
        # Its body is read, also where that comes later and looks like a request.
        on.writer.write((POST % len(GET)).replace(b"Host", lines))
        await asyncio.sleep(0)
        on.writer.write(GET)
        assert b"bad_json" in (await on.answer())[2]
        on.writer.write(GET)
        assert json.loads((await on.answer())[2])["status"] == "ok"


@asynccontextmanager
async def impatient(timeouts: Timeouts, refusals: Counter[int] | None = None) -> AsyncIterator[str]:
    """Serve with these; yields the address."""

    class Hello(RequestHandler):
        def get(self) -> None:
            self.finish({})

        post = get

    routes = Application([("/", Hello)])
    server = HttpServer(
        routes, max_body_bytes=100, proxies=Proxies(), timeouts=timeouts, refusals=refusals
    )
    loop = asyncio.get_running_loop()
    (listener,) = bind_sockets(0, "127.0.0.1")
    loop.add_reader(listener, lambda: server.serve(listener.accept()[0]))
    server.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        loop.remove_reader(listener)
        listener.close()
        server.stop()


@pytest.mark.parametrize("begun", [b"\r\n", b"G", GET[:-2], POST % 5 + b"abc"])
async def test_who_does_not_come_to_an_end_is_told_and_hung_up_on(begun: bytes) -> None:
    refusals: Counter[int] = Counter()
    async with impatient(Timeouts(head_s=0.05, body_s=0.05), refusals) as url, wire(url) as on:
        on.writer.write(begun)
        assert (await on.answer())[0] == 408
        assert await on.is_over()
    assert refusals == {408: 1}


async def test_who_does_not_begin_is_hung_up_on() -> None:
    async with impatient(Timeouts(head_s=0.05, body_s=0.05)) as url, wire(url) as on:
        with suppress(ConnectionResetError):
            assert await on.is_over()


async def test_one_empty_line_is_not_a_beginning_and_two_are_no_request() -> None:
    async with impatient(Timeouts()) as url, wire(url) as on:
        on.writer.write(b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await on.answer())[0] == 200
        on.writer.write(b"\r\n\r\n")  # servers pass over one: RFC 9112 section 2.2
        assert (await on.answer())[0] == 400


async def test_a_kept_connection_is_closed_when_it_has_been_idle() -> None:
    async with impatient(Timeouts(head_s=0.05, idle_s=0.1)) as url, wire(url) as on:
        on.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await on.answer())[0] == 200
        with suppress(ConnectionResetError):
            assert await on.is_over()


async def test_without_a_time_to_keep_it_a_connection_is_for_one_request() -> None:
    async with impatient(Timeouts(idle_s=None)) as url, wire(url) as on:
        on.writer.write(2 * b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await on.answer())[0] == 200
        assert await on.is_over()
