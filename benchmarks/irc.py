"""`python -m benchmarks.irc`: what IRC clients cost a server, beside WebSockets.

Measures the processor time and the memory of the server's process; the clients are this process.
The clients come from many addresses of 127/8, so that no limit by address or port is in the way.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from benchmarks.machine import cpu_s, memory_bytes
from tests.support.client import Client
from tests.support.ports import free_port
from tests.support.server import ServerProcess, run_server

AT_ONCE: Final = 50
ADDRESSES: Final = 200
SETTLED_S: Final = 4.0
DONE_S: Final = 15.0  # without another byte
MESSAGES: Final = 200
ROOM: Final = "crowd"
_UPGRADE: Final = (
    "GET /chat HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)
_JOIN: Final = f'{{"type":"join","id":1,"room":"{ROOM}"}}'.encode()
JOINS: Final = {
    "irc": f"JOIN #{ROOM}\r\n".encode(),
    "websocket": bytes([0x81, 0x80 | len(_JOIN), 0, 0, 0, 0]) + _JOIN,  # masked by zeros
}
JOINED: Final = {"irc": f" JOIN #{ROOM}".encode(), "websocket": b'"type":"joined"'}

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Crowd:
    """Clients that have come in; ``marks`` counts what each was sent of what is looked for."""

    def __init__(self, wires: Sequence[Wire], mark: bytes) -> None:
        self.marks = 0
        self.last_s = time.monotonic()
        self._mark = mark
        self._tasks = [asyncio.create_task(self._read(*wire)) for wire in wires]
        self.wires = wires

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rest = b""
        while data := await reader.read(1 << 18):
            if b"PING " in data:
                writer.write(b"PONG x\r\n")
            self.marks += (rest + data).count(self._mark)
            rest = data[-len(self._mark) + 1 :]
            self.last_s = time.monotonic()

    async def until_marks(self, count: int) -> None:
        while self.marks < count and time.monotonic() - self.last_s < DONE_S:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        for _, writer in self.wires:
            writer.close()
        await asyncio.sleep(SETTLED_S)


async def irc_client(server: ServerProcess, irc_port: int, number: int) -> Wire:
    """Connect, and come in as a guest."""
    reader, writer = await _connect(irc_port, number)
    writer.write(f"NICK guest{number}\r\nUSER a 0 * :a\r\n".encode())
    while b" 366 " not in await reader.readline():
        pass
    return reader, writer


async def websocket_client(server: ServerProcess, irc_port: int, number: int) -> Wire:
    reader, writer = await _connect(server.port, number)
    writer.write(_UPGRADE.format(port=server.port).encode())
    await reader.readuntil(b"\r\n\r\n")
    await reader.readuntil(b'"hello"')
    return reader, writer


async def _connect(port: int, number: int) -> Wire:
    address = f"127.0.1.{2 + number % ADDRESSES}"
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), limit=1 << 20)


CLIENTS: Final[dict[str, Callable[[ServerProcess, int, int], Awaitable[Wire]]]] = {
    "irc": irc_client,
    "websocket": websocket_client,
}


async def come(server: ServerProcess, irc_port: int, kind: str, numbers: range) -> list[Wire]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def enter(number: int) -> Wire:
        async with gate:
            return await CLIENTS[kind](server, irc_port, number)

    return await asyncio.gather(*map(enter, numbers))


async def idle(server: ServerProcess, irc_port: int, count: int) -> None:
    first = Crowd(await come(server, irc_port, "irc", range(ADDRESSES)), b"\0")
    await asyncio.sleep(SETTLED_S)
    before, began_s = memory_bytes(server.pid), cpu_s(server.pid)
    wires = await come(server, irc_port, "irc", range(ADDRESSES, ADDRESSES + count))
    crowd = Crowd(wires, b"\0")
    await asyncio.sleep(2 * SETTLED_S)
    each_kib = (memory_bytes(server.pid) - before) / count / 1024
    each_ms = (cpu_s(server.pid) - began_s) / count * 1000
    print(f"{count} idle IRC clients: {each_kib:.1f} KiB each, {each_ms:.2f} ms to come in")
    await crowd.leave()
    await first.leave()


async def joins(server: ServerProcess, irc_port: int, kind: str, count: int) -> None:
    crowd = Crowd(await come(server, irc_port, kind, range(count)), JOINED[kind])
    await asyncio.sleep(SETTLED_S)
    began_s = cpu_s(server.pid)
    for _, writer in crowd.wires:
        writer.write(JOINS[kind])
    await crowd.until_marks(count * (count + 1) // 2)
    print(f"{count} join one room at once, {kind}: {cpu_s(server.pid) - began_s:.1f} s")
    await crowd.leave()


async def fan_out(server: ServerProcess, irc_port: int, kind: str, count: int) -> None:
    crowd = Crowd(await come(server, irc_port, kind, range(count)), b"<mark>")
    async with Client(server.url) as speaker:
        await asyncio.sleep(SETTLED_S)
        began_s = cpu_s(server.pid)
        for number in range(MESSAGES):
            text, key = f"<mark> hello {number}", f"{kind}{number}"
            await speaker.command(type="send", room="general", text=text, key=key)
        await crowd.until_marks(count * MESSAGES)
    each_us = (cpu_s(server.pid) - began_s) / (count * MESSAGES) * 1e6
    print(f"a message to {count}, {kind}: {each_us:.2f} µs a delivery, with sending it")
    await crowd.leave()


async def measure(what: Sequence[str], scale: float) -> None:
    irc_port = free_port()
    env = {"RATE_LIMITS": "off", "IRC_PORT": str(irc_port), "MAX_CONNECTIONS_PER_USER": "100"}
    for name in what:
        for kind in ("irc",) if name == "idle" else ("websocket", "irc"):
            with run_server(**env) as server:
                if name == "idle":
                    await idle(server, irc_port, int(10_000 * scale))
                elif name == "joins":
                    await joins(server, irc_port, kind, int(2000 * scale))
                else:
                    await fan_out(server, irc_port, kind, int(500 * scale))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.irc", description=__doc__)
    parser.add_argument("what", nargs="*", default=["idle", "fan-out", "joins"])
    parser.add_argument("--scale", type=float, default=1.0, help="fewer clients, for a quick look")
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.what, arguments.scale))


if __name__ == "__main__":
    main()
