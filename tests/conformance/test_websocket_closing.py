"""RFC 6455 sections 5.5.1 and 7: closing"""

import pytest

from tests.support.frames import CLOSE, PING, TEXT, Frame, frame_bytes, frame_socket
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=2 * WAIT_S)

# The codes of section 7.4.1, and those that IANA's registry has added: 1012, 1013 and 1014.
GOOD = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014)
GOOD += (3000, 3999, 4000, 4999)
# Below the range, reserved and never sent in a frame, not registered, above the range.
BAD = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
REASONS = (b"", b"bye", "κόσμε".encode(), b"x" * 122, b"x" * 123)


@pytest.mark.parametrize("code", GOOD)
async def test_a_close_is_answered_with_its_code(echo_url: str, code: int) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(CLOSE, code.to_bytes(2))
        assert (await socket.read()).close_code == code
        await socket.until_closed()


@pytest.mark.parametrize("code", BAD)
async def test_a_code_that_may_not_be_sent_is_a_protocol_error(echo_url: str, code: int) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(CLOSE, code.to_bytes(2))
        await socket.until_ended(1002)


@pytest.mark.parametrize("reason", REASONS, ids=len)
async def test_a_reason_has_123_bytes_at_most(echo_url: str, reason: bytes) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(CLOSE, b"\x03\xe8" + reason)
        assert (await socket.read()).close_code == 1000
        await socket.until_closed()


async def test_a_close_without_a_code_is_answered_without_one(echo_url: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(CLOSE)
        assert await socket.read() == Frame(CLOSE, b"")
        await socket.until_closed()


async def test_half_a_code_is_a_protocol_error(echo_url: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(CLOSE, b"\x03")
        await socket.until_ended(1002)


@pytest.mark.parametrize("opcode", [TEXT, PING, CLOSE, 0x3])
async def test_what_comes_after_a_close_is_not_answered(echo_url: str, opcode: int) -> None:
    async with frame_socket(echo_url, "/") as socket:
        after = frame_bytes(opcode, b"\x03\xe9")
        socket.send_bytes(frame_bytes(CLOSE, b"\x03\xe8") + after)
        assert (await socket.read()).close_code == 1000
        await socket.until_closed()


async def test_what_comes_before_it_is_answered(echo_url: str) -> None:
    async with frame_socket(echo_url, "/") as socket:
        socket.send(TEXT, b"x" * 100_000)
        socket.send(CLOSE, b"\x03\xe8")
        assert await socket.read() == Frame(TEXT, b"x" * 100_000)
        assert (await socket.read()).close_code == 1000
        await socket.until_closed()
