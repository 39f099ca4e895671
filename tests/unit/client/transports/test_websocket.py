"""What a server sends is held to limits, too: in bytes, and in pieces."""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from unittest import IsolatedAsyncioTestCase

from chat.client.responses import Broken
from chat.client.transports import frames
from chat.client.transports.frames import MAX_FRAGMENTS, MAX_MESSAGE_BYTES, Opcode
from chat.client.transports.transport import Terms, Wish
from chat.client.transports.websocket import WebSocketTransport

PUSH = b'{"type":"pong"}'


class Sent:
    """Stands for chat.client.http: a server that has accepted, and sent these bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @asynccontextmanager
    async def connection(
        self, line: str, headers: Mapping[str, str], *, is_upgrade: bool
    ) -> AsyncIterator[Any]:
        reader = asyncio.StreamReader()
        reader.feed_data(self._data)
        reader.feed_eof()
        accepted = {"sec-websocket-accept": frames.accepted(headers["Sec-WebSocket-Key"])}
        response = SimpleNamespace(status=101, headers=accepted)
        yield response, reader, SimpleNamespace(write=lambda data: None)


def fragment(opcode: Opcode, payload: bytes, *, is_last: bool) -> bytes:
    return struct.pack("!BB", 0x80 * is_last | opcode, len(payload)) + payload


def in_fragments(count: int) -> bytes:
    """Return PUSH in ``count`` fragments, most of them empty."""
    parts = [PUSH, *[b""] * (count - 1)]
    return b"".join(
        fragment(Opcode.CONTINUATION if number else Opcode.TEXT, part, is_last=number == count - 1)
        for number, part in enumerate(parts)
    )


async def first_push(data: bytes) -> object:
    wish = Wish(
        http=Sent(data), url="/chat", send_url="/send", session=None, cursor="", rooms=(),
        terms=Terms(),
    )  # type: ignore[arg-type]  # fmt: skip
    pushes = WebSocketTransport(wish).pushes()
    try:
        return await anext(pushes)
    finally:
        await pushes.aclose()


class TestLimits(IsolatedAsyncioTestCase):
    async def test_a_message_may_come_in_fragments_but_not_without_end(self) -> None:
        for count in (1, 2, MAX_FRAGMENTS):
            self.assertEqual(await first_push(in_fragments(count)), {"type": "pong"})
        with self.assertRaises(Broken):
            await first_push(in_fragments(MAX_FRAGMENTS + 1))

    async def test_it_has_a_length_however_it_is_cut(self) -> None:
        begun = fragment(Opcode.TEXT, PUSH, is_last=False)
        head = struct.pack("!BBQ", 0x80, 127, MAX_MESSAGE_BYTES - len(PUSH) + 1)
        with self.assertRaises(Broken):  # before it is read
            await first_push(begun + head)
