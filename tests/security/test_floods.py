"""Rows 18, 19 and 51, and other floods: memory stays flat, and other clients can still chat."""

import asyncio
import os
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import cycle, islice

import pytest

from chat.http.head import MAX_HEAD_BYTES
from chat.http.limits import Timeouts
from chat.http.memory_budget import BUDGET_BYTES
from chat.net import open_files
from tests.security.case import faults
from tests.security.endpoints import ANYWHERE, SOCKETS, WRITES, Endpoint, statuses
from tests.support.aio import in_a_loop
from tests.support.clients import Client, Receiver
from tests.support.frames import PING, TEXT, frame_socket
from tests.support.memory import ON_LINUX, forget_peak, memory_bytes
from tests.support.server import ServerProcess, run_server

pytestmark = ON_LINUX

CROWD = 400
MAX_BODY_BYTES = 2 << 20
# By how much a crowd may grow a process of some 60 MB, besides the data it may send: its sockets,
# parsers and tasks, and the memory that Python keeps for reuse.
SOME_BYTES = 32 << 20
# By how much further floods may grow it: Python keeps memory in pieces, and their number varies.
FLAT_BYTES = 12 << 20
# The limit between two messages of clients that only chat. It is no promise: a machine that is busy
# with the flood itself can keep it, and a client that is shut out cannot.
PATIENCE_S = 30.0
PAUSE_S = 0.05  # between two messages
SLOWNESS_S = 0.5  # between two bytes

Work = Callable[[ServerProcess], Awaitable[None]]


class Conversation:
    """Two clients that chat during a flood; each message must arrive within PATIENCE_S."""

    def __init__(self, server: ServerProcess) -> None:
        self._url = server.url
        self._changed = asyncio.Event()
        self._is_over = False
        self.said = 0

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        async with Client(self._url) as talker, Receiver(self._url, "websocket") as hearer:
            talking = asyncio.create_task(self._talk(talker, hearer))
            try:
                yield
            finally:
                self._is_over = True  # not cancelled: a cancelled request leaves its socket open
                await talking

    async def until(self, said: int) -> None:
        """Wait until ``said`` messages have been sent and received."""
        async with asyncio.timeout(PATIENCE_S):
            while self.said < said:
                self._changed.clear()
                await self._changed.wait()

    async def _talk(self, talker: Client, hearer: Receiver) -> None:
        while not self._is_over:
            key = f"said {self.said}"
            async with asyncio.timeout(PATIENCE_S):
                reply = await talker.command(type="send", room="general", text=key, key=key)
                assert reply["type"] == "ok", reply
                await hearer.until(lambda push, key=key: push.get("key") == key)  # type: ignore[misc]
            hearer.heard.clear()
            self.said += 1
            self._changed.set()
            await asyncio.sleep(PAUSE_S)


async def withstand(
    flood: Work,
    *,
    during_bytes: int = SOME_BYTES,
    times: int = 1,
    growth_bytes: int = FLAT_BYTES,
) -> None:
    """Run ``flood`` against a server, which may grow by ``during_bytes`` meanwhile.

    If it runs several ``times``, the runs after the first may add ``growth_bytes`` together.
    """
    with run_server(RATE_LIMITS="off") as server:
        conversation = Conversation(server)
        async with conversation.going_on():
            await conversation.until(3)
            before_bytes, said = memory_bytes(server.pid, "VmRSS"), conversation.said
            forget_peak(server.pid)
            kept = []
            for _ in range(times):
                await flood(server)
                await conversation.until(conversation.said + 3)
                kept.append(memory_bytes(server.pid, "VmRSS") - before_bytes)
            peak_bytes = memory_bytes(server.pid, "VmHWM") - before_bytes
            said = conversation.said - said
        story = ", ".join(f"{kept_bytes >> 20}" for kept_bytes in kept)
        print(f"{peak_bytes >> 20} MiB more, kept {story} MiB; {said} messages meanwhile")
        assert peak_bytes < during_bytes
        assert kept[-1] - kept[0] < growth_bytes
        assert not faults(server)


@asynccontextmanager
async def connection(
    server: ServerProcess,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Return all bytes until the server closes or resets the connection."""
    heard = b""
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            heard += data
    return heard


async def trickle(server: ServerProcess, at_once: bytes, rest: bytes) -> tuple[bytes, float]:
    """Send ``at_once``, then ``rest`` byte by byte; return the answer, and how long it took."""
    async with connection(server) as (reader, writer):
        writer.write(at_once)
        began = time.monotonic()
        answering = asyncio.create_task(answer(reader))
        for byte in cycle(rest):
            await asyncio.wait([answering], timeout=SLOWNESS_S)
            if answering.done():
                return answering.result(), time.monotonic() - began
            with suppress(ConnectionError):
                writer.write(bytes([byte]))
    raise AssertionError


def crowd() -> list[Endpoint]:
    return list(islice(cycle(ANYWHERE), CROWD))


async def slow_heads(server: ServerProcess) -> None:
    heads = [trickle(server, to.head()[:-2], b"X: y\r\n") for to in crowd()]
    # One empty line before a request is skipped (RFC 9112 section 2.2), a second one is not.
    empty = [trickle(server, b"", b"\r\n") for _ in range(20)]
    begun = [trickle(server, b"\r\nG", b"X") for _ in range(20)]
    for heard, _ in await asyncio.gather(*empty):
        assert statuses(heard) == [400]
    for heard, took_s in await asyncio.gather(*heads, *begun):
        assert statuses(heard) == [408]
        assert Timeouts().head_s <= took_s < 20 + 1  # one second for this machine


async def silence(server: ServerProcess) -> None:
    async def one() -> bytes:
        async with connection(server) as (reader, _):
            return await answer(reader)

    async with asyncio.timeout(20 + 1):
        assert set(await asyncio.gather(*(one() for _ in range(CROWD)))) == {b""}


async def slow_bodies(server: ServerProcess) -> None:
    at = list(islice(cycle(WRITES), CROWD))
    starts = [to.head("Content-Length: 9999") + b"x" * 5000 for to in at]
    chunked = Endpoint("POST", "/send").head("Transfer-Encoding: chunked")
    slow = [trickle(server, start, b" ") for start in starts]
    slow += [trickle(server, chunked, b"1\r\nx\r\n") for _ in range(20)]
    for heard, took_s in await asyncio.gather(*slow):
        assert statuses(heard) == [408]
        assert Timeouts().body_s <= took_s < Timeouts().body_s + 4


Outcome = Callable[[Work], None]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Return a function that raises a flood's error, if it had one.

    The floods that wait for the server's deadlines all run at once, each against its own server.
    """
    open_files.raise_limit()  # three crowds are more than the usual 1,024
    floods = (slow_heads, silence, slow_bodies)
    found: dict[Work, BaseException | None] = {}

    async def withstand_all() -> None:
        each = map(withstand, floods)
        found.update(zip(floods, await asyncio.gather(*each, return_exceptions=True), strict=True))

    in_a_loop(90)(withstand_all)()

    def tell(flood: Work) -> None:
        if (error := found[flood]) is not None:
            raise error

    return tell


def test_row_18_slow_heads_408_within_20_s(outcome: Outcome) -> None:
    outcome(slow_heads)


def test_row_18_who_connects_and_asks_nothing_is_hung_up_on(outcome: Outcome) -> None:
    outcome(silence)


def test_row_19_slow_bodies_408(outcome: Outcome) -> None:
    outcome(slow_bodies)


@in_a_loop(60)
async def test_bodies_that_are_almost_complete_have_a_budget_together() -> None:
    """A body may take 2 MiB, but 400 of them may not take 800 MiB."""

    async def one(server: ServerProcess, until: asyncio.Event) -> bytes:
        async with connection(server) as (reader, writer):
            head = Endpoint("POST", "/send").head(f"Content-Length: {MAX_BODY_BYTES}")
            writer.write(head + bytes(MAX_BODY_BYTES - 1))
            answering = asyncio.create_task(answer(reader))
            ending = asyncio.create_task(until.wait())
            await asyncio.wait([answering, ending], return_when=asyncio.FIRST_COMPLETED)
            return answering.result() if answering.done() else b""

    async def flood(server: ServerProcess) -> None:
        until = asyncio.Event()
        tasks = [asyncio.create_task(one(server, until)) for _ in range(CROWD)]
        allowed = BUDGET_BYTES // MAX_BODY_BYTES
        async with asyncio.timeout(20):
            while sum(task.done() for task in tasks) < CROWD - allowed - 1:
                waiting = [task for task in tasks if not task.done()]
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        until.set()
        refused = [heard for heard in await asyncio.gather(*tasks) if heard]
        assert all(statuses(heard) == [503] for heard in refused)
        assert len(refused) >= CROWD - allowed - 1

    # A growing body exists twice for a moment, when it is moved.
    await withstand(flood, during_bytes=2 * BUDGET_BYTES + SOME_BYTES)


@in_a_loop(60)
async def test_bodies_at_the_limit_one_after_the_other() -> None:
    command = b'{"type":"ping"}'
    bodies = (
        command + b" " * (MAX_BODY_BYTES - len(command)),
        b"[" * MAX_BODY_BYTES,
        b'{"x":' + b"[" * (MAX_BODY_BYTES // 2 - 5) + b"]" * (MAX_BODY_BYTES // 2),
        b"[" + b'{"type":"x"},' * (MAX_BODY_BYTES // 13 - 1) + b"{}]",
        b'"' + b"\\u0041" * (MAX_BODY_BYTES // 6 - 1) + b'"',
        b"a=1&" * (MAX_BODY_BYTES // 4),
    )

    at = [to for to in WRITES if to.path.endswith(("send", "negotiate", "login", "messages"))]

    async def one(server: ServerProcess, to: Endpoint, body: bytes) -> None:
        async with connection(server) as (reader, writer):
            writer.write(to.with_body(body, "Connection: close"))
            heard = await answer(reader)
            assert heard == b"" or statuses(heard)[0] in (200, 400, 403, 404, 413, 415, 503), heard

    async def flood(server: ServerProcess) -> None:
        for body in bodies:
            await asyncio.gather(*(one(server, to, body) for to in at))

    # The first dozen leave a MiB each, until Python collects cycles (app.GC_THRESHOLD) and the
    # allocator has enough pieces of these lengths; later ones leave nothing. There are enough runs
    # to show it if each left one body.
    times = 20
    assert SOME_BYTES < (times - 1) * MAX_BODY_BYTES
    # A body exists twice for a moment, when it is parsed.
    during_bytes = 2 * BUDGET_BYTES + SOME_BYTES
    await withstand(flood, during_bytes=during_bytes, times=times, growth_bytes=SOME_BYTES)


@in_a_loop(60)
async def test_heads_at_the_limit_and_above() -> None:
    async def one(server: ServerProcess, lines: list[str], to: Endpoint) -> None:
        async with connection(server) as (reader, writer):
            writer.write(to.head(*lines, "Connection: close"))
            assert statuses(await answer(reader)) == [431]

    async def waiting(server: ServerProcess, lines: list[str]) -> None:
        async with connection(server) as (reader, writer):
            writer.write(Endpoint("GET", "/").head(*lines)[:-2])
            with suppress(TimeoutError):
                await asyncio.wait_for(answer(reader), 5)

    async def flood(server: ServerProcess) -> None:
        many = [f"{n:x}:" for n in range(MAX_HEAD_BYTES // 6)]
        long = ["X: " + "x" * MAX_HEAD_BYTES]
        for lines in (many, long):
            await asyncio.gather(*(one(server, lines, to) for to in crowd()))
        almost = ["X: " + "x" * (MAX_HEAD_BYTES - 1000)]
        await asyncio.gather(*(waiting(server, almost) for _ in range(CROWD)))

    # Each was read into a buffer of 256 KiB, which the system's allocator then has in pieces.
    await withstand(flood, during_bytes=2 * BUDGET_BYTES + SOME_BYTES, times=2)


@in_a_loop(60)
async def test_row_51_pings_without_end_are_bounded() -> None:
    """Pings are bounded whether or not the client reads the pongs."""
    ping = bytes([0x80 | PING, 0x80 | 125]) + bytes(4 + 125)
    many = ping * 1000

    async def one(server: ServerProcess, path: str, is_reading: bool) -> None:
        async with frame_socket(server.url, path) as socket:
            hearing = asyncio.create_task(answer(socket.reader)) if is_reading else None
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(5):
                    while True:
                        socket.writer.write(many)
                        await socket.writer.drain()
            if hearing is not None:
                hearing.cancel()

    async def flood(server: ServerProcess) -> None:
        paths = list(islice(cycle(SOCKETS), 30))
        await asyncio.gather(*(one(server, path, n % 5 == 0) for n, path in enumerate(paths)))

    await withstand(flood)


@in_a_loop(60)
async def test_bombs_in_frames() -> None:
    packer = zlib.compressobj(9, wbits=-15)
    bomb = packer.compress(bytes(60 << 20)) + packer.flush()

    async def one(server: ServerProcess, path: str) -> None:
        async with frame_socket(server.url, path) as socket:
            socket.send(TEXT, bomb, reserved=4)
            await answer(socket.reader)

    async def flood(server: ServerProcess) -> None:
        await asyncio.gather(*(one(server, path) for path in islice(cycle(SOCKETS), 100)))

    await withstand(flood, times=3)


@pytest.mark.parametrize("path", ["/chat", "/events", "/poll", "/sockjs/0/%s/xhr_streaming", "/"])
def test_newcomers_who_come_and_go(path: str) -> None:
    method = "POST" if "sockjs" in path else "GET"

    async def one(server: ServerProcess) -> None:
        for _ in range(10):
            async with connection(server) as (reader, writer):
                to = Endpoint(method, path.replace("%s", os.urandom(8).hex()))
                writer.write(to.with_body(b"") if method == "POST" else to.head())
                await reader.read(1)

    async def flood(server: ServerProcess) -> None:
        await asyncio.gather(*(one(server) for _ in range(CROWD // 4)))

    in_a_loop(60)(withstand)(flood, times=3)
