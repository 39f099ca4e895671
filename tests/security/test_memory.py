"""Input that is refused early is not kept: a real server's memory hardly grows."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.security.endpoints import SOCKETS, Endpoint, statuses
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.frames import CLOSE, CONTINUATION, TEXT, frame_bytes, frame_socket
from tests.support.memory import ON_LINUX, forget_peak, memory_bytes
from tests.support.server import ServerProcess, run_server
from tests.support.wire import WAIT_S

pytestmark = ON_LINUX

SOME_BYTES = 16 << 20
TRAILER_BYTES = 100 << 20
CONTINUATIONS = 3_000_000
PIECE_BYTES = 1 << 20


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with run_server() as server:
        yield server


class Growth:
    """Measures the growth of the server's peak memory from its creation on."""

    def __init__(self, server: ServerProcess) -> None:
        self._pid = server.pid
        forget_peak(self._pid)
        self._began_bytes = memory_bytes(self._pid, "VmHWM")

    @property
    def bytes(self) -> int:
        return memory_bytes(self._pid, "VmHWM") - self._began_bytes


async def warm_up(server: ServerProcess) -> None:
    """Let the server allocate what its first client needs."""
    async with Client(server.url) as client:
        await client.command(type="ping")
        socket = await client.websocket()
        await socket.read()


async def send_all(writer: asyncio.StreamWriter, piece: bytes, size: int) -> None:
    """Send ``piece`` repeatedly, ``size`` bytes in all, or until the server reads no more."""
    with suppress(OSError):
        for _ in range(0, size, len(piece)):
            writer.write(piece)
            await writer.drain()


@in_a_loop(2 * WAIT_S)
async def test_a_trailer_of_100_mib_is_refused_and_not_kept(server: ServerProcess) -> None:
    await warm_up(server)
    growth = Growth(server)
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(Endpoint("POST", "/send").head("Transfer-Encoding: chunked"))
    writer.write(b"2\r\n{}\r\n0\r\nX-Forwarded-For: ")
    sending = asyncio.create_task(send_all(writer, b"9" * PIECE_BYTES, TRAILER_BYTES))
    assert statuses(await reader.readuntil(b"\r\n\r\n")) == [431]
    await sending
    writer.transport.abort()
    assert growth.bytes < SOME_BYTES


@pytest.mark.parametrize("path", SOCKETS)
@in_a_loop(2 * WAIT_S)
async def test_a_message_of_3_000_000_empty_fragments_is_refused_and_not_kept(
    server: ServerProcess, path: str
) -> None:
    await warm_up(server)
    growth = Growth(server)
    empty = frame_bytes(CONTINUATION, is_last=False)
    async with frame_socket(server.url, path) as socket:
        socket.send(TEXT, is_last=False)
        piece = empty * (PIECE_BYTES // len(empty))
        sending = asyncio.create_task(send_all(socket.writer, piece, CONTINUATIONS * len(empty)))
        closed = await socket.until(CLOSE)
        assert closed.close_code in (1008, 1009)  # the frames of an address have a limit, too
        await sending
    assert growth.bytes < SOME_BYTES
