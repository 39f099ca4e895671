"""RFC 6455 section 5.4: fragmentation"""

import pytest

from tests.support.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    FrameSocket,
    frame_socket,
)
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=2 * WAIT_S)


def send_all(socket: FrameSocket, opcode: int, *parts: bytes) -> None:
    """Send ``parts`` as the fragments of one message."""
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        socket.send(CONTINUATION if number else opcode, part, is_last=is_last)


PARTS = {
    "two": (b"one", b"two"),
    "empty ones": (b"", b""),
    "empty ones around": (b"", b"all", b""),
    "a byte each": (b"e", b"a", b"c", b"h"),
    "long ones": (b"x" * 65_536,) * 3,
    "a thousand": (b"x",) * 1000,
}


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("which", PARTS)
async def test_fragments_are_one_message(echo_url: str, opcode: int, which: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        send_all(socket, opcode, *PARTS[which])
        assert await socket.read() == Frame(opcode, b"".join(PARTS[which]))


@pytest.mark.parametrize("count", [1, 2, 10])
async def test_control_frames_may_come_between_and_are_answered_first(
    echo_url: str, count: int
) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(TEXT, b"a", is_last=False)
        for number in range(count):
            socket.send(PING, str(number).encode())
            socket.send(PONG, b"unasked")
            socket.send(CONTINUATION, b"b", is_last=False)
        socket.send(CONTINUATION, b"c")
        for number in range(count):
            assert await socket.read() == Frame(PONG, str(number).encode())
        assert await socket.read() == Frame(TEXT, b"a" + b"b" * count + b"c")


async def test_a_close_in_the_middle_of_a_message_is_a_close(echo_url: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(TEXT, b"a", is_last=False)
        socket.send(CLOSE, b"\x03\xe8")
        assert (await socket.read()).close_code == 1000
        await socket.until_closed()


@pytest.mark.parametrize("is_last", [True, False])
@pytest.mark.parametrize("is_first", [True, False])
async def test_a_continuation_of_nothing_ends_it(
    echo_url: str, is_last: bool, is_first: bool
) -> None:
    async with frame_socket(echo_url, "/") as socket:
        if not is_first:
            send_all(socket, TEXT, b"whole", b"message")
        socket.send(CONTINUATION, b"x", is_last=is_last)
        await socket.until_ended(1002)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("is_last", [True, False])
async def test_a_message_within_a_message_ends_it(
    echo_url: str, opcode: int, is_last: bool
) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(TEXT, b"a", is_last=False)
        socket.send(opcode, b"b", is_last=is_last)
        await socket.until_ended(1002)
