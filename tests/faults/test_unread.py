"""Clients that never read cost no more memory than their share, and delay nobody."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from benchmarks.machine import cpu_s
from chat.settings.settings import Settings
from tests.support.aio import LOOK_S, in_a_loop
from tests.support.client import Client
from tests.support.memory import ON_LINUX, memory_bytes
from tests.support.metrics import read_metrics
from tests.support.server import ServerProcess, run_server
from tests.support.wire import TRANSPORTS

NEVER_READ = 200
HEALTHY = 2
# The longest message, in the characters that take the most bytes: a push of 32 KB.
TEXT = "\U0001f600" * 4000
BATCH = 8  # the next batch is sent when this one is stored
# 16 MB of pushes: some five times what the kernel and we keep for a reader before it is let go.
# Kept for each of them, it would be 3 GB.
BROADCAST = 500
ALONE = 240  # messages that the healthy readers get without the others, before
GONE_WITHIN_S = 60  # a hang is a failure, a slow machine is not
# How far readers are behind is counted in messages, not in time, for a busy machine slows them and
# the talker alike. A server that waited for a reader that never reads would wait for seconds: the
# others would be hundreds of messages behind, for messages are acknowledged meanwhile.
BEHIND_AT_MOST = 8 * BATCH
# Writing to 200 more, until they are let go, takes processor time too.
DEARER_AT_MOST = 4
LISTEN, TIME_WAIT = "0A", "06"  # the kernel's names: no connections, or ones that are over

pytestmark = ON_LINUX


def peers(server: ServerProcess) -> set[int]:
    """Return the remote ports of the kernel's connections on the server's side."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if int(local.split(":")[1], 16) == server.port and state not in (LISTEN, TIME_WAIT):
            found.add(int(remote.split(":")[1], 16))
    return found


def request(server: ServerProcess, transport: str, cursor: str) -> bytes:
    """Return the bytes that a client sends that will never read the answer."""
    path = {"websocket": "chat", "sse": "events", "longpoll": "poll"}[transport]
    lines = [f"GET /{path}?cursor={cursor} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    if transport == "websocket":
        lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    times = 20 if transport == "longpoll" else 1  # one answer may fit into the kernel's buffers
    return times * "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def never_reading(server: ServerProcess, transport: str, cursor: str) -> Iterator[set[int]]:
    """Attach NEVER_READ clients that read nothing; yield their ports."""
    sockets = []
    try:
        for _ in range(NEVER_READ):
            sockets.append(socket.create_connection(("127.0.0.1", server.port)))
            sockets[-1].sendall(request(server, transport, cursor))
        yield {one.getsockname()[1] for one in sockets}
    finally:
        for one in sockets:
            one.close()


class Audience:
    """Healthy readers, and how many later messages were stored when each of them read one."""

    def __init__(self, server: ServerProcess, transport: str) -> None:
        self.behind: list[int] = []
        self.cursor = ""
        self._server = server
        self._transport = transport
        self._stored = 0
        self._ready = asyncio.Semaphore(0)
        self._heard = asyncio.Semaphore(0)

    @asynccontextmanager
    async def attached(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._read()) for _ in range(HEALTHY)]
        try:
            for _ in tasks:
                await self._ready.acquire()
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def broadcast(self, talker: Client, count: int) -> Sequence[float]:
        """Send ``count`` messages as fast as they are accepted; return how far behind they are."""
        self.behind.clear()
        for start in range(0, count, BATCH):
            keys = [f"{time.monotonic()}-{n}" for n in range(start, min(start + BATCH, count))]
            replies = await talker.send_all(dict.fromkeys(keys, TEXT))
            self._stored = replies[-1]["offset"]
        for _ in range(HEALTHY * count):
            await self._heard.acquire()
        return tuple(self.behind)

    async def _read(self) -> None:
        async with Client(self._server.url) as client:
            async for push in client.pushes(self._transport):
                if push["type"] == "hello":
                    (room,) = push["rooms"]
                    self.cursor = f"general:{room['epoch']}:{room['offset']}"
                    self._ready.release()
                elif push["type"] == "message":
                    self.cursor = f"general:{push['epoch']}:{push['offset']}"
                    self.behind.append(self._stored - push["offset"])
                    self._heard.release()


async def until_attached(talker: Client, transport: str) -> None:
    """Wait until NEVER_READ clients are attached besides HEALTHY; a poll counts while it waits."""
    attached, wanted = 0.0, NEVER_READ + (HEALTHY if transport != "longpoll" else 0)
    async with asyncio.timeout(GONE_WITHIN_S):
        while attached < wanted:
            attached = (await read_metrics(talker))["parley_attached", transport]
            await asyncio.sleep(LOOK_S)


async def until_gone(server: ServerProcess, ports: set[int]) -> None:
    async with asyncio.timeout(GONE_WITHIN_S):
        while peers(server) & ports:  # noqa: ASYNC110  the kernel sends no event
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_200_readers_that_never_read_are_let_go_and_cost_memory_within_the_limit(
    transport: str,
) -> None:
    with run_server(RATE_LIMITS="off") as server:
        broadcast_to_readers_that_never_read(server, transport)
        assert not server.complaints()


@in_a_loop(60)
async def broadcast_to_readers_that_never_read(server: ServerProcess, transport: str) -> None:
    audience = Audience(server, transport)
    async with Client(server.url) as talker, audience.attached():
        await talker.get("/poll?hello=1")
        began_s = cpu_s(server.pid)
        await audience.broadcast(talker, ALONE)
        alone_s = (cpu_s(server.pid) - began_s) / ALONE
        before_bytes = memory_bytes(server.pid, "VmRSS")
        with never_reading(server, transport, audience.cursor) as ports:
            await until_attached(talker, transport)
            gone = asyncio.create_task(until_gone(server, ports))
            began_s = cpu_s(server.pid)
            among = await audience.broadcast(talker, BROADCAST)
            among_s = (cpu_s(server.pid) - began_s) / BROADCAST
            await gone
        shed = (await read_metrics(talker))["parley_sheds_total",]
        growth_bytes = memory_bytes(server.pid, "VmHWM") - before_bytes
    assert len(among) == HEALTHY * BROADCAST, "each healthy reader has each message"
    # A poll's answer is all that its client is owed: only its connection is given up.
    assert shed == (0 if transport == "longpoll" else NEVER_READ)
    assert growth_bytes < 1.2 * NEVER_READ * Settings().unsent_limit_bytes
    p99 = sorted(among)[int(0.99 * len(among))]
    print(
        f"{growth_bytes >> 20} MiB; {p99} messages behind (p99), {max(among)} at most; "
        f"{1e3 * alone_s:.1f} ms a message alone, {1e3 * among_s:.1f} among"
    )
    assert p99 < BEHIND_AT_MOST
    assert among_s < DEARER_AT_MOST * alone_s


# From one address, which may have many more connections.
UNREAD = 60
UNREAD_BYTES = 16 << 20
LONG = "a.co " * 800  # each part looks like a link; the HTML is as long again


@pytest.mark.alone  # on a busy machine the kernel buffers less of the answers
def test_answers_that_nobody_reads_cost_what_the_kernel_does_not_take() -> None:
    with run_server(RATE_LIMITS="off") as server:
        epoch = asyncio.run(fill(server))
        for path in (
            "/api/rooms/general/messages?limit=200",
            "/",
            "/rooms/general/100",
            f"/poll?cursor=general:{epoch}:0",
        ):
            growth_bytes = leave_unread(server, path)
            print(f"{path}: {growth_bytes >> 10} KiB")
            assert growth_bytes < UNREAD_BYTES, path
        assert not server.complaints()


async def fill(server: ServerProcess) -> str:
    """Fill the lobby with long messages; return its epoch."""
    async with Client(server.url) as talker:
        for start in range(0, 200, 10):
            replies = await talker.send_all({str(n): LONG for n in range(start, start + 10)})
        return str(replies[0]["epoch"])


def leave_unread(server: ServerProcess, path: str) -> int:
    """Request ``path`` from UNREAD clients that read nothing; return the server's growth."""
    before_bytes = memory_bytes(server.pid, "VmRSS")
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(UNREAD)]
        for one in sockets:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.settimeout(GONE_WITHIN_S)
            one.connect(("127.0.0.1", server.port))
            one.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        for one in sockets:
            assert one.recv(1, socket.MSG_PEEK)
        return memory_bytes(server.pid, "VmRSS") - before_bytes
