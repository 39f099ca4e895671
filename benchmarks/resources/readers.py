"""Four ways of reading a room, each a client that counts its costs."""

import asyncio
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.load.dialects import MARK, PARLEY_SSE, PARLEY_WEBSOCKET, PONG, Dialect, get
from benchmarks.load.poller import ParleyPolls

# A usual first choice: a longer pause makes conversation impossible, a shorter one costs more.
PLAIN_EVERY_S: Final = 5.0
# Data within this time of the last is the same wake-up: a phone's radio stays on for longer.
WAKE_UP_S: Final = 0.05
_LENGTH: Final = re.compile(rb"content-length: (\d+)\r\n", re.IGNORECASE)

Heard = Callable[[bytes], None]


@dataclass
class Costs:
    """The costs of one client since ``clear``."""

    requests: int = 0
    wake_ups: int = 0
    down_bytes: int = 0
    up_bytes: int = 0
    woken_at: float = 0.0

    def clear(self) -> None:
        self.requests = self.wake_ups = self.down_bytes = self.up_bytes = 0

    def wake(self) -> None:
        now = time.perf_counter()
        if now - self.woken_at > WAKE_UP_S:
            self.wake_ups += 1
        self.woken_at = now

    def came(self, data: bytes) -> None:
        self.down_bytes += len(data)
        self.wake()

    def went(self, data: bytes, *, is_request: bool = True) -> None:
        self.up_bytes += len(data)
        self.requests += is_request
        self.wake()


async def websocket(port: int, costs: Costs, heard: Heard, ready: asyncio.Event) -> None:
    await _stream(PARLEY_WEBSOCKET, port, costs, heard, ready)


async def sse(port: int, costs: Costs, heard: Heard, ready: asyncio.Event) -> None:
    await _stream(PARLEY_SSE, port, costs, heard, ready)


async def longpoll(port: int, costs: Costs, heard: Heard, ready: asyncio.Event) -> None:
    await _poll(port, costs, heard, ready, every_s=None)


async def plain(port: int, costs: Costs, heard: Heard, ready: asyncio.Event) -> None:
    await _poll(port, costs, heard, ready, every_s=PLAIN_EVERY_S)


KINDS: Final = {
    "WebSocket": websocket,
    "SSE": sse,
    "long polling": longpoll,
    f"polling every {PLAIN_EVERY_S:.0f} s": plain,
}


async def _stream(
    dialect: Dialect, port: int, costs: Costs, heard: Heard, ready: asyncio.Event
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(dialect.request("general", 0))
    while data := await reader.read(1 << 16):
        costs.came(data)
        if dialect.is_websocket and b"\x89\x00" in data:
            writer.write(PONG)
            costs.went(PONG, is_request=False)
        _look(data, heard)
        if dialect.ready in data:
            ready.set()


async def _poll(
    port: int, costs: Costs, heard: Heard, ready: asyncio.Event, *, every_s: float | None
) -> None:
    """Poll repeatedly: every ``every_s``, or with long polling if that is None."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    conversation = ParleyPolls("general", 0)
    request = conversation.first()
    while True:
        if every_s is not None:
            request = request.replace(b"room=general", b"room=general&hold_s=0", 1)
        writer.write(request)
        costs.went(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        assert length and head.startswith(b"HTTP/1.1 200"), head
        body = await reader.readexactly(int(length[1]))
        costs.came(head + body)
        _look(body, heard)
        request = conversation.next(head[:-4] + b"\r\n", body)
        is_first = not ready.is_set()
        ready.set()
        if every_s is not None:
            # The first pause is random; otherwise all clients would poll at the same moment.
            await asyncio.sleep(random.uniform(0, every_s) if is_first else every_s)


def _look(data: bytes, heard: Heard) -> None:
    for match in MARK.finditer(data):
        heard(match[0])


def say(number: int) -> bytes:
    """Return a request that sends a message with the mark ``(0 number)``."""
    text = f"(0 {number}) the quick brown fox jumps over the lazy dog, and over the fence too"
    body = f'{{"type":"send","room":"general","text":"{text}","key":"{number}"}}'
    return get("/send", f"Content-Length: {len(body)}").replace(b"GET", b"POST", 1) + body.encode()
