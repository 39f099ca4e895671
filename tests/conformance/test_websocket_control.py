"""RFC 6455 section 5.5: pings and pongs"""

import asyncio

import pytest

from chat.transports.websocket.frames import FRAMES_A_TURN, PIECE_BYTES
from tests.support.frames import CLOSE, PING, PONG, TEXT, Frame, frame_bytes, frame_socket
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=2 * WAIT_S)


@pytest.mark.parametrize("payload", [b"", b"hello", b"\0\xff\xfe", b"x" * 124, b"x" * 125])
async def test_a_ping_is_answered_with_what_it_says(echo_url: str, payload: bytes) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(PING, payload)
        assert await socket.read() == Frame(PONG, payload)


async def test_pings_are_answered_in_their_order(echo_url: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        for number in range(100):
            socket.send(PING, str(number).encode())
        for number in range(100):
            assert await socket.read() == Frame(PONG, str(number).encode())


async def test_a_ping_may_come_byte_by_byte(echo_url: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        await socket.send_slowly(frame_bytes(PING, b"x" * 125))
        assert await socket.read() == Frame(PONG, b"x" * 125)


@pytest.mark.parametrize("payload", [b"", b"unasked", b"x" * 125])
async def test_a_pong_that_nobody_asked_for_is_no_matter(echo_url: str, payload: bytes) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(PONG, payload)
        socket.send(TEXT, b"still here")
        assert await socket.read() == Frame(TEXT, b"still here")


@pytest.mark.parametrize("length", [126, 1000, 65_536])
@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
async def test_a_control_frame_has_125_bytes_at_most(
    echo_url: str, opcode: int, length: int
) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(opcode, b"\x03\xe8" + b"x" * (length - 2))
        await socket.until_ended(1002)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
async def test_a_control_frame_comes_in_one_piece(echo_url: str, opcode: int) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(opcode, b"\x03\xe8", is_last=False)
        await socket.until_ended(1002)


async def test_others_have_their_turn_between_many_pings(echo_url: str) -> None:
    count, turns = (64 << 10) // len(frame_bytes(PING)), 0
    loop = asyncio.get_running_loop()

    def turn() -> None:
        nonlocal turns, next_turn
        turns += 1
        next_turn = loop.call_soon(turn)

    async with frame_socket(echo_url, "/") as socket:
        next_turn = loop.call_soon(turn)
        try:
            socket.send_bytes(frame_bytes(PING) * count)
            assert await socket.read() == Frame(PONG, b"")
            began = turns
            for _ in range(count - 1):
                assert await socket.read() == Frame(PONG, b"")
        finally:
            next_turn.cancel()
        most_a_turn = FRAMES_A_TURN + PIECE_BYTES // len(frame_bytes(PING))
        assert turns - began > count / most_a_turn / 2
