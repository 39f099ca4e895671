"""What RFC 6455 asks of a server, frame by frame."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from chat.application import Server
from chat.settings import Settings
from tests.support.clients import WAIT_S
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

pytestmark = pytest.mark.gen_test(timeout=2 * WAIT_S)

COMMAND = b'{"type":"ping","id":7}'
MAX_FRAME_BYTES = 1000

# What a client must not send, and the code of the close frame that it is answered with.
FORBIDDEN: dict[str, tuple[Callable[[FrameSocket], object], int]] = {
    "unmasked": (lambda it: it.send(TEXT, COMMAND, is_masked=False), 1002),
    "of an extension": (lambda it: it.send(TEXT, COMMAND, reserved=4), 1002),
    "of an unknown kind": (lambda it: it.send(3, COMMAND), 1002),
    "of an unknown control": (lambda it: it.send(0xB, COMMAND), 1002),
    "going on with nothing": (lambda it: it.send(CONTINUATION, COMMAND), 1002),
    "a message within another": (
        lambda it: [it.send(TEXT, b"a", is_last=False), it.send(TEXT, b"b")],
        1002,
    ),
    "a long ping": (lambda it: it.send(PING, b"x" * 126), 1002),
    "a ping in fragments": (lambda it: it.send(PING, b"x", is_last=False), 1002),
    "half a close code": (lambda it: it.send(CLOSE, b"x"), 1002),
    "a reason that is no UTF-8": (lambda it: it.send(CLOSE, b"\x03\xe8\xff"), 1007),
    "text that is no UTF-8": (lambda it: it.send(TEXT, b"\xff"), 1007),
    "too long": (lambda it: it.send(TEXT, b"x" * (MAX_FRAME_BYTES + 1)), 1009),
    "too long in fragments": (
        lambda it: [
            it.send(TEXT, b"x" * MAX_FRAME_BYTES, is_last=False),
            it.send(CONTINUATION, b"x"),
        ],
        1009,
    ),
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, max_frame_bytes=MAX_FRAME_BYTES, heartbeat_s=0.2)


@pytest.fixture
def url(http_server: Server, base_url: str) -> str:
    return base_url


async def reply(socket: FrameSocket) -> object:
    while True:
        push = json.loads((await socket.until(TEXT)).payload)
        if push["type"] in ("pong", "ok", "error"):
            return push


async def test_a_message_in_fragments_is_one_and_a_ping_may_come_between(url: str) -> None:
    async with frame_socket(url) as socket:
        socket.send(TEXT, COMMAND[:5], is_last=False)
        socket.send(PING, b"there?")
        socket.send(CONTINUATION, b"", is_last=False)
        socket.send(CONTINUATION, COMMAND[5:])
        assert (await socket.until(PONG)).payload == b"there?"
        assert await reply(socket) == {"type": "pong", "id": 7}


async def test_commands_are_answered_in_their_order(url: str) -> None:
    async with frame_socket(url) as socket:
        for number in range(200):  # more than are taken in ahead
            socket.send(TEXT, json.dumps({"type": "ping", "id": number}).encode())
        for number in range(200):
            assert await reply(socket) == {"type": "pong", "id": number}


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
async def test_a_close_is_answered_with_its_code_and_then_the_socket_closes(
    url: str, code: int
) -> None:
    async with frame_socket(url) as socket:
        socket.send(CLOSE, code.to_bytes(2) + b"bye")
        assert (await socket.until(CLOSE)).close_code == code
        await socket.until_closed()


async def test_a_close_without_a_code_is_answered_without_one(url: str) -> None:
    async with frame_socket(url) as socket:
        socket.send(CLOSE)
        assert await socket.until(CLOSE) == Frame(CLOSE, b"")
        await socket.until_closed()


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
async def test_a_close_code_that_may_not_be_sent_is_a_protocol_error(url: str, code: int) -> None:
    async with frame_socket(url) as socket:
        socket.send(CLOSE, code.to_bytes(2))
        assert (await socket.until(CLOSE)).close_code == 1002
        await socket.until_closed()


@pytest.mark.parametrize("what", FORBIDDEN)
async def test_what_the_protocol_forbids_ends_the_connection(url: str, what: str) -> None:
    do, code = FORBIDDEN[what]
    async with frame_socket(url) as socket:
        do(socket)
        assert (await socket.until(CLOSE)).close_code == code
        await socket.until_closed()


async def test_a_message_may_be_as_long_as_is_set_and_binary_is_refused(url: str) -> None:
    async with frame_socket(url) as socket:
        socket.send(TEXT, COMMAND + b" " * (MAX_FRAME_BYTES - len(COMMAND)))
        assert await reply(socket) == {"type": "pong", "id": 7}
        socket.send(BINARY, COMMAND)
        answer = await reply(socket)
        assert isinstance(answer, dict) and answer["code"] == "bad_command"


async def test_who_answers_pings_stays_and_who_does_not_is_let_go(
    url: str, http_server: Server
) -> None:
    async with frame_socket(url) as silent, frame_socket(url) as alive:
        for _ in range(4):
            await alive.until(PING)
            alive.send(PONG)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            while True:
                await silent.read()
        assert http_server.attachments.readers == 1
