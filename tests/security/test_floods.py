"""Row 51, and other floods: memory stays flat, and other clients can still chat."""

import asyncio
import os
import zlib
from contextlib import suppress
from itertools import cycle, islice

import pytest

from chat.http.head import MAX_HEAD_BYTES
from chat.http.memory_budget import BUDGET_BYTES
from tests.security.endpoints import SOCKETS, WRITES, Endpoint, statuses
from tests.security.floods import (
    CROWD,
    FLAT_BYTES,
    SOME_BYTES,
    answer,
    connection,
    crowd,
    withstand,
)
from tests.support.aio import in_a_loop
from tests.support.frames import PING, TEXT, frame_socket
from tests.support.memory import ON_LINUX
from tests.support.server import ServerProcess

pytestmark = ON_LINUX

MAX_BODY_BYTES = 2 << 20


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
    # allocator has enough pieces of these lengths; later ones leave nothing. And the first run may
    # free what the start has left. There are enough runs to show it if each left one body.
    times, growth_bytes = 24, SOME_BYTES + FLAT_BYTES
    assert growth_bytes < (times - 1) * MAX_BODY_BYTES
    # A body exists twice for a moment, when it is parsed.
    during_bytes = 2 * BUDGET_BYTES + SOME_BYTES
    await withstand(flood, during_bytes=during_bytes, times=times, growth_bytes=growth_bytes)


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
    # A page takes longer to make than all else, and is longer: fewer show it if each left one.
    times = 4 if path == "/" else 10

    async def one(server: ServerProcess) -> None:
        for _ in range(times):
            async with connection(server) as (reader, writer):
                to = Endpoint(method, path.replace("%s", os.urandom(8).hex()))
                writer.write(to.with_body(b"") if method == "POST" else to.head())
                await reader.read(1)

    async def flood(server: ServerProcess) -> None:
        await asyncio.gather(*(one(server) for _ in range(CROWD // 4)))

    in_a_loop(60)(withstand)(flood, times=3)
