"""The tests' own TCP relay: a load balancer, or a link that a test cuts at a chosen moment."""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

CHUNK_BYTES = 1 << 16


class Relay:
    """Listens on 127.0.0.1; each connection goes to the next of ``targets`` that accepts it.

    ``hold`` holds back data from the targets, as a slow network does; ``cut`` ends all
    connections, and the data held back is lost.
    """

    def __init__(self, targets: Sequence[int]) -> None:
        """``targets`` are ports of 127.0.0.1."""
        self.port = 0
        self.held_bytes = 0
        self._targets = targets
        self._turn = itertools.count()
        self._hold_after = b""
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self.cut()
        await self._server.wait_closed()

    def hold(self, *, after: bytes = b"") -> None:
        """Hold data back from now on, or from when ``after`` goes to a target in one piece."""
        self._hold_after = after
        if not after:
            self._flowing.clear()
            self.held_bytes = 0

    def let_flow(self) -> None:
        self._flowing.set()

    async def cut(self) -> None:
        """End every connection; new ones are accepted."""
        connections = tuple(self._connections)
        for connection in connections:
            connection.cancel()
        if connections:
            await asyncio.wait(connections)

    async def _accept(
        self, client_reader: asyncio.StreamReader, client_writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        writers = [client_writer]
        try:
            # A cut connection is no failure of this task, so it ends without an error.
            with suppress(asyncio.CancelledError, OSError):
                target_reader, target_writer = await self._connect()
                writers.append(target_writer)
                await self._relay(client_reader, client_writer, target_reader, target_writer)
        finally:
            self._connections.discard(task)
            for writer in writers:
                # At once: a close would wait until unsent data reaches a frozen process.
                writer.transport.abort()

    async def _relay(
        self,
        client_reader: asyncio.StreamReader,
        client_writer: asyncio.StreamWriter,
        target_reader: asyncio.StreamReader,
        target_writer: asyncio.StreamWriter,
    ) -> None:
        ways = [
            asyncio.create_task(self._pump(client_reader, target_writer, is_answer=False)),
            asyncio.create_task(self._pump(target_reader, client_writer, is_answer=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in self._targets:
            port = self._targets[next(self._turn) % len(self._targets)]
            with suppress(ConnectionError):  # this one is down: try the next
                return await asyncio.open_connection("127.0.0.1", port)
        raise ConnectionRefusedError

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                if not is_answer and self._hold_after and self._hold_after in chunk:
                    self.hold()
                if is_answer and not self._flowing.is_set():
                    self.held_bytes += len(chunk)
                    await self._flowing.wait()
                writer.write(chunk)
                await writer.drain()
