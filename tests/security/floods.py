"""A flood against a server: memory stays flat, and other clients can still chat."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import cycle, islice

from tests.security.case import faults
from tests.security.endpoints import ANYWHERE, Endpoint
from tests.support.client import Client
from tests.support.memory import forget_peak, memory_bytes
from tests.support.server import ServerProcess, run_server

CROWD = 400
# By how much a crowd may grow a process of some 60 MB, besides the data it may send: its sockets,
# parsers and tasks, and the memory that Python keeps for reuse.
SOME_BYTES = 32 << 20
# By how much further floods may grow it: Python keeps memory in pieces, and their number varies.
FLAT_BYTES = 12 << 20
# The limit between two messages of clients that only chat. It is no promise: a machine that is busy
# with the flood itself can keep it, and a client that is shut out cannot.
PATIENCE_S = 30.0
PAUSE_S = 0.05

Work = Callable[[ServerProcess], Awaitable[None]]


class Conversation:
    """Two clients that chat during a flood; each message must arrive within PATIENCE_S."""

    def __init__(self, server: ServerProcess, pause_s: float) -> None:
        self._url = server.url
        self._pause_s = pause_s
        self._changed = asyncio.Event()
        self._is_over = False
        self.said = 0

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        async with Client(self._url) as talker, Client(self._url).reading("websocket") as hearer:
            talking = asyncio.create_task(self._talk(talker, hearer))
            try:
                yield
            finally:
                self._is_over = True
                await talking

    async def until(self, said: int) -> None:
        """Wait until ``said`` messages have been sent and received."""
        async with asyncio.timeout(PATIENCE_S):
            while self.said < said:
                self._changed.clear()
                await self._changed.wait()

    async def _talk(self, talker: Client, hearer: Client) -> None:
        while not self._is_over:
            key = f"said {self.said}"
            async with asyncio.timeout(PATIENCE_S):
                reply = await talker.command(type="send", room="general", text=key, key=key)
                assert reply["type"] == "ok", reply
                await hearer.until(lambda push, key=key: push.get("key") == key)  # type: ignore[misc]
            hearer.seen.heard.clear()
            self.said += 1
            self._changed.set()
            await asyncio.sleep(self._pause_s)


async def withstand(
    flood: Work,
    *,
    during_bytes: int = SOME_BYTES,
    times: int = 1,
    growth_bytes: int = FLAT_BYTES,
    pause_s: float = PAUSE_S,
) -> None:
    """Run ``flood`` against a server, which may grow by ``during_bytes`` meanwhile.

    If it runs several ``times``, the runs after the first may add ``growth_bytes`` together.
    ``pause_s`` is between two messages of those who chat.
    """
    with run_server(RATE_LIMITS="off") as server:
        conversation = Conversation(server, pause_s)
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


def crowd() -> list[Endpoint]:
    return list(islice(cycle(ANYWHERE), CROWD))
