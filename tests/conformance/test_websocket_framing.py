"""RFC 6455 section 5: framing and masking"""

import struct

import pytest

from tests.support.frames import BINARY, TEXT, Frame, frame_bytes, frame_socket
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=2 * WAIT_S)

# Both sides of each change in how the length is written, and of reads of 64 KiB.
LENGTHS = (0, 1, 2, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, 131_072, 1 << 20)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_a_message_of_any_length_comes_back_whole(
    echo_url: str, opcode: int, length: int
) -> None:
    payload = (b"*\xfe"[opcode - 1 :][:1]) * length
    async with frame_socket(echo_url, "/") as socket:
        socket.send(opcode, payload)
        assert await socket.read() == Frame(opcode, payload)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_bytes_may_come_one_by_one(echo_url: str, opcode: int, length: int) -> None:
    head, payload = frame_bytes(opcode, b"*" * length), b"*" * length
    async with frame_socket(echo_url, "/") as socket:
        await socket.send_slowly(head[: len(head) - length][:20])
        await socket.send_slowly(payload[:300])
        socket.send_bytes(payload[300:])
        assert await socket.read() == Frame(opcode, payload)


@pytest.mark.parametrize("mask", [b"\1\2\3\4", b"\xff" * 4, b"\0\0\0\1", b"\x80\0\0\0"])
@pytest.mark.parametrize("length", [1, 3, 4, 5, 125, 126, 1000, 65_536])
async def test_any_key_masks(echo_url: str, mask: bytes, length: int) -> None:
    payload = bytes(n % 256 for n in range(length))
    async with frame_socket(echo_url, "/") as socket:
        socket.send(BINARY, payload, mask=mask)
        assert await socket.read() == Frame(BINARY, payload)


@pytest.mark.parametrize("opcode", [TEXT, BINARY, 0x8, 0x9, 0xA])
async def test_a_client_that_does_not_mask_is_let_go(echo_url: str, opcode: int) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(opcode, b"\x03\xe8", is_masked=False)
        await socket.until_ended(1002)


@pytest.mark.parametrize("length", [1 << 63, (1 << 64) - 1])
async def test_a_length_has_63_bits_at_most(echo_url: str, length: int) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send_bytes(b"\x82" + struct.pack("!BQ", 0x80 | 127, length) + bytes(4))
        assert (await socket.read()).close_code in (1002, 1009)


async def test_many_messages_come_back_in_their_order(echo_url: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        for number in range(1000):
            socket.send(TEXT, str(number).encode())
        for number in range(1000):
            assert await socket.read() == Frame(TEXT, str(number).encode())
