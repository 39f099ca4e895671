"""RFC 6455 section 5.2: reserved bits and opcodes"""

import pytest

from tests.support.frames import BINARY, CLOSE, PING, PONG, TEXT, Frame, frame_bytes, frame_socket
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=2 * WAIT_S)

KNOWN = (TEXT, BINARY, CLOSE, PING, PONG)
UNKNOWN = (0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF)


@pytest.mark.parametrize("reserved", range(1, 8))
@pytest.mark.parametrize("opcode", KNOWN)
async def test_a_reserved_bit_means_nothing_that_was_agreed(
    echo_url: str, opcode: int, reserved: int
) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(opcode, b"\x03\xe8", reserved=reserved)
        await socket.until_ended(1002)


@pytest.mark.parametrize("payload", [b"", b"x"])
@pytest.mark.parametrize("opcode", UNKNOWN)
async def test_an_opcode_that_nobody_knows_ends_it(
    echo_url: str, opcode: int, payload: bytes
) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(opcode, payload)
        await socket.until_ended(1002)


@pytest.mark.parametrize("bad", [{"opcode": TEXT, "reserved": 4}, {"opcode": 0x3}, {"opcode": 0xB}])
async def test_what_came_before_it_in_the_same_packet_is_answered(
    echo_url: str, bad: dict[str, int]
) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send_bytes(frame_bytes(TEXT, b"before") + frame_bytes(**bad))
        assert await socket.read() == Frame(TEXT, b"before")
        await socket.until_ended(1002)
