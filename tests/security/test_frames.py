"""Rows 41 to 54: WebSockets, on every path that opens one. tests/integration/test_frames.py tests
RFC 6455 frame by frame."""

import json
import zlib
from collections.abc import Callable

from tests.security.case import SecurityTest
from tests.security.endpoints import SOCKETS, Endpoint, statuses
from tests.security.test_origins import HANDSHAKE
from tests.support.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    FrameSocket,
    frame_socket,
)
from tests.support.wire import raw

COMMAND = b'{"type":"ping","id":7}'
MAX_FRAME_BYTES = 64 << 10


class TestFrames(SecurityTest):
    async def each_closes(self, code: int, do: Callable[[FrameSocket], object]) -> None:
        """Check that ``do`` gets a close frame with ``code``, and then the connection ends."""
        for path in SOCKETS:
            with self.subTest(path=path):
                async with frame_socket(self.url, path) as socket:
                    do(socket)
                    self.assertEqual((await socket.until(CLOSE)).close_code, code)
                    await socket.until_closed()

    async def each_handshake(self, status: int, *lines: str) -> None:
        for path in SOCKETS:
            with self.subTest(path=path, lines=lines):
                answer = await raw(self.url, Endpoint("GET", path).head(*lines))
                self.assertEqual(statuses(answer), [status])

    async def reply(self, socket: FrameSocket) -> dict[str, object]:
        while True:
            push = json.loads((await socket.until(TEXT)).payload)
            if push["type"] in ("pong", "ok", "error"):
                return dict(push)

    async def test_row_41_an_unmasked_frame_1002(self) -> None:
        await self.each_closes(1002, lambda it: it.send(TEXT, COMMAND, is_masked=False))

    async def test_row_42_a_close_code_that_may_not_be_sent_1002(self) -> None:
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535):
            await self.each_closes(1002, lambda it, code=code: it.send(CLOSE, code.to_bytes(2)))  # type: ignore[misc]
        await self.each_closes(1002, lambda it: it.send(CLOSE, b"x"))

    async def test_row_43_a_key_that_is_none_400(self) -> None:
        for key in ("x", "dGhlIHNhbXBsZSBub25jZ", "A" * 32, "!" * 24, "dGhlIHNhbXBsZQ=="):
            await self.each_handshake(400, *HANDSHAKE[:3], f"Sec-WebSocket-Key: {key}")

    async def test_row_44_an_empty_key_400(self) -> None:
        await self.each_handshake(400, *HANDSHAKE[:3], "Sec-WebSocket-Key:")
        await self.each_handshake(400, *HANDSHAKE[:3])

    async def test_row_45_another_version_426(self) -> None:
        for version in ("8", "0", "14", "x", ""):
            lines = [line for line in HANDSHAKE if "Version" not in line]
            await self.each_handshake(426, *lines, f"Sec-WebSocket-Version: {version}")
        await self.each_handshake(426)
        await self.each_handshake(426, "Connection: Upgrade", "Upgrade: h2c")

    async def test_row_46_a_message_of_64_kib_and_a_byte_1009(self) -> None:
        await self.each_closes(1009, lambda it: it.send(TEXT, b" " * (MAX_FRAME_BYTES + 1)))

    async def test_row_46_a_message_of_64_kib_is_read(self) -> None:
        async with frame_socket(self.url) as socket:
            socket.send(TEXT, COMMAND + b" " * (MAX_FRAME_BYTES - len(COMMAND)))
            self.assertEqual(await self.reply(socket), {"type": "pong", "id": 7})

    async def test_row_47_fragments_of_more_than_64_kib_1009(self) -> None:
        def send(socket: FrameSocket) -> None:
            socket.send(TEXT, b" " * (MAX_FRAME_BYTES - 10), is_last=False)
            for _ in range(11):
                socket.send(CONTINUATION, b" ", is_last=False)

        await self.each_closes(1009, send)

    async def test_row_48_a_bomb_is_not_opened(self) -> None:
        """Compressed frames are never accepted, so never inflated: the compression bit is 1002."""
        packer = zlib.compressobj(9, wbits=-15)
        bomb = packer.compress(bytes(60 << 20)) + packer.flush()
        self.assertLess(len(bomb), MAX_FRAME_BYTES)
        await self.each_closes(1002, lambda it: it.send(TEXT, bomb, reserved=4))
        for path in SOCKETS:
            offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
            answer = await raw(self.url, Endpoint("GET", path).head(*HANDSHAKE, offer))
            self.assertEqual(statuses(answer), [101])
            self.assertNotIn(b"sec-websocket-extensions", answer.lower())

    async def test_row_49_text_that_is_no_utf_8_1007(self) -> None:
        for text in (b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b'"\xe2\x82'):
            await self.each_closes(1007, lambda it, text=text: it.send(TEXT, text))  # type: ignore[misc]
        await self.each_closes(1007, lambda it: it.send(CLOSE, b"\x03\xe8\xff"))

    async def test_row_50_a_bit_or_a_kind_of_frame_that_there_is_not_1002(self) -> None:
        for reserved in (1, 2, 4):
            await self.each_closes(
                1002,
                lambda it, reserved=reserved: it.send(TEXT, COMMAND, reserved=reserved),  # type: ignore[misc]
            )
        for opcode in (3, 7, 0xB, 0xF):
            await self.each_closes(1002, lambda it, opcode=opcode: it.send(opcode, COMMAND))  # type: ignore[misc]

    async def test_row_52_a_binary_frame_1003(self) -> None:
        await self.each_closes(1003, lambda it: it.send(BINARY, COMMAND))
        await self.each_closes(
            1003,
            lambda it: [it.send(BINARY, COMMAND, is_last=False), it.send(CONTINUATION, b"")],
        )

    async def test_row_53_an_empty_message_is_an_error(self) -> None:
        async with frame_socket(self.url) as socket:
            socket.send(TEXT, b"")
            error = await self.reply(socket)
            self.assertEqual((error["type"], error["code"]), ("error", "bad_json"))
            socket.send(PING, b"still there?")
            self.assertEqual((await socket.until(PONG)).payload, b"still there?")

    async def test_row_54_to_speak_before_joining_is_an_error(self) -> None:
        await self.client.command(type="join", room="members")
        speak = {"type": "send", "room": "members", "text": "x", "key": "k"}
        async with frame_socket(self.url) as socket:
            socket.send(TEXT, json.dumps(speak).encode())
            self.assertEqual((await self.reply(socket))["code"], "not_member")
        response = await self.receivers[0].post("/send", json.dumps(speak))
        self.assertEqual(response.code, 403)
        response = await self.receivers[0].post("/api/rooms/members/messages", json.dumps(speak))
        self.assertEqual((response.code, json.loads(response.body)["code"]), (403, "not_member"))
