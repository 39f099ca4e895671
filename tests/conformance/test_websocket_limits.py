"""RFC 6455 section 10.4: limits"""

from dataclasses import replace

import pytest

from chat.application import Server
from chat.settings.settings import Settings
from chat.transports.websocket.frames import FRAGMENT_BYTES
from tests.support.frames import BINARY, CLOSE, CONTINUATION, TEXT, frame_bytes, frame_socket
from tests.support.wire import WAIT_S

pytestmark = [
    pytest.mark.gen_test(timeout=2 * WAIT_S),
    pytest.mark.parametrize("path", ["/chat", "/sockjs/000/abc/websocket"]),
]

LIMIT = 1000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, max_frame_bytes=LIMIT)


def padded(path: str) -> bytes:
    """Return a command of the maximum length."""
    command = b'"{\\"type\\":\\"ping\\"}"' if "sockjs" in path else b'{"type":"ping"}'
    return command + b" " * (LIMIT - len(command))


async def test_a_message_may_be_as_long_as_is_set(
    http_server: Server, base_url: str, path: str
) -> None:
    async with frame_socket(base_url, path) as socket:
        socket.send(TEXT, padded(path))
        while b"pong" not in (await socket.until(TEXT)).payload:
            pass
        socket.send(TEXT, padded(path)[: LIMIT // 2], is_last=False)
        socket.send(CONTINUATION, padded(path)[LIMIT // 2 :])
        while b"pong" not in (await socket.until(TEXT)).payload:
            pass


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_and_no_longer(http_server: Server, base_url: str, path: str, opcode: int) -> None:
    async with frame_socket(base_url, path) as socket:
        socket.send(opcode, padded(path) + b" ")
        await socket.until_ended(1009)


async def test_nor_in_fragments(http_server: Server, base_url: str, path: str) -> None:
    async with frame_socket(base_url, path) as socket:
        socket.send(TEXT, padded(path), is_last=False)
        socket.send(CONTINUATION, b" ")
        await socket.until_ended(1009)


async def test_nor_in_more_fragments_than_anybody_needs(
    http_server: Server, base_url: str, path: str
) -> None:
    parts = [padded(path), *[b""] * (LIMIT // FRAGMENT_BYTES - 1)]
    async with frame_socket(base_url, path) as socket:
        for number, part in enumerate(parts):
            is_last = number == len(parts) - 1
            socket.send(CONTINUATION if number else TEXT, part, is_last=is_last)
        while b"pong" not in (await socket.until(TEXT)).payload:
            pass
        for number, part in enumerate([*parts, b""]):
            socket.send(CONTINUATION if number else TEXT, part, is_last=False)
        await socket.until_ended(1009)


async def test_a_head_that_promises_more_is_enough(
    http_server: Server, base_url: str, path: str
) -> None:
    async with frame_socket(base_url, path) as socket:
        socket.send_bytes(frame_bytes(TEXT, bytes(1 << 20))[:14])
        assert (await socket.until(CLOSE)).close_code == 1009
        await socket.until_closed()
