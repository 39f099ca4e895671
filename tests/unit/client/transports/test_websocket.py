"""What a server sends is held to limits, too: in bytes, and in pieces."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast
from unittest import IsolatedAsyncioTestCase

from websockets.frames import Close, Frame, Opcode
from websockets.protocol import Protocol, Side
from websockets.utils import accept_key

from chat.client.exchange import Broken
from chat.client.http import Http
from chat.client.transports.transport import AttachRequest, Ended, Terms
from chat.client.transports.websocket import MAX_FRAGMENTS, MAX_MESSAGE_BYTES, WebSocketTransport

PUSH = b'{"type":"pong"}'


class Sent:
    """Stands for chat.client.http: a server that has accepted, and sent these bytes."""

    def __init__(self, data: bytes, *, with_head: bool) -> None:
        self._rest, self._data = (data, b"") if with_head else (b"", data)
        self.server = Protocol(Side.SERVER)  # reads what the client sends

    @asynccontextmanager
    async def connection(
        self, line: str, headers: Mapping[str, str], *, is_upgrade: bool
    ) -> AsyncIterator[Any]:
        reader = asyncio.StreamReader()
        reader.feed_data(self._data)
        reader.feed_eof()
        accepted = {"sec-websocket-accept": accept_key(headers["Sec-WebSocket-Key"])}
        yield SimpleNamespace(
            status=101,
            headers=accepted,
            rest=self._rest,
            reader=reader,
            writer=SimpleNamespace(writelines=self._write),
        )

    def _write(self, pieces: list[bytes]) -> None:
        self.server.receive_data(b"".join(pieces))


def frame(
    opcode: Opcode, payload: bytes, *, is_last: bool = True, is_masked: bool = False
) -> bytes:
    return Frame(opcode, payload, is_last).serialize(mask=is_masked)


def in_fragments(count: int) -> bytes:
    """Return PUSH in ``count`` fragments, most of them empty."""
    parts = [PUSH, *[b""] * (count - 1)]
    return b"".join(
        frame(Opcode.CONT if number else Opcode.TEXT, part, is_last=number == count - 1)
        for number, part in enumerate(parts)
    )


def attach(sent: Sent) -> WebSocketTransport:
    return WebSocketTransport(
        AttachRequest(
            http=cast(Http, sent),
            url="/chat",
            send_url="/send",
            session=None,
            cursor="",
            rooms=(),
            terms=Terms(),
        )  # fmt: skip
    )


async def first_push(data: bytes, *, with_head: bool = False) -> object:
    pushes = attach(Sent(data, with_head=with_head)).pushes()
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
        begun = frame(Opcode.TEXT, PUSH, is_last=False)
        long = frame(Opcode.CONT, bytes(MAX_MESSAGE_BYTES - len(PUSH) + 1))
        with self.assertRaises(Broken):  # before it is read
            await first_push(begun + long[:10])


class TestFrames(IsolatedAsyncioTestCase):
    async def test_a_push_may_come_in_one_piece_with_the_head_of_the_answer(self) -> None:
        self.assertEqual(await first_push(in_fragments(1), with_head=True), {"type": "pong"})

    async def test_a_ping_is_answered_and_leaving_is_announced(self) -> None:
        sent = Sent(frame(Opcode.PING, b"?") + in_fragments(1), with_head=False)
        pushes = attach(sent).pushes()
        await anext(pushes)
        await pushes.aclose()
        pong, close = sent.server.events_received()
        assert isinstance(pong, Frame) and isinstance(close, Frame)
        self.assertEqual((pong.opcode, bytes(pong.data)), (Opcode.PONG, b"?"))
        self.assertEqual(Close.parse(close.data).code, 1001)

    async def test_a_close_ends_it_with_its_code_also_within_a_message(self) -> None:
        close = frame(Opcode.CLOSE, Close(4000, "bye").serialize())
        for before in (b"", frame(Opcode.TEXT, PUSH, is_last=False)):
            with self.assertRaises(Ended) as ended:
                await first_push(before + close)
            self.assertEqual(
                (ended.exception.code, str(ended.exception)), (4000, "closed with 4000 bye")
            )
        with self.assertRaises(Ended) as ended:
            await first_push(frame(Opcode.CLOSE, b""))
        self.assertEqual(ended.exception.code, 1005)

    async def test_what_no_server_sends_is_no_message(self) -> None:
        with self.assertRaises(Broken):
            await first_push(frame(Opcode.TEXT, PUSH, is_masked=True))

    async def test_a_connection_that_ends_without_a_close_has_broken_off(self) -> None:
        with self.assertRaises(EOFError):
            await first_push(b"")

    async def test_a_command_has_no_answer_once_it_is_over(self) -> None:
        sent = Sent(in_fragments(1), with_head=False)
        transport = attach(sent)
        pushes = transport.pushes()
        await anext(pushes)
        asking = asyncio.create_task(transport.ask({"type": "ping"}))
        await asyncio.sleep(0)
        await pushes.aclose()
        with self.assertRaises(Ended):
            await asking
        with self.assertRaises(Ended):
            await transport.ask({"type": "ping"})
