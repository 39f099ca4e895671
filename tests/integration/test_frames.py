"""Commands in frames: tests/conformance asks what RFC 6455 has to say of those."""

import asyncio
import json
from dataclasses import replace

import pytest

from chat.application import Server
from chat.settings.settings import Settings
from tests.support.frames import (
    BINARY,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    FrameSocket,
    frame_socket,
)
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=2 * WAIT_S)

COMMAND = b'{"type":"ping","id":7}'


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, heartbeat_s=0.2)


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


async def test_a_command_is_text(url: str) -> None:
    async with frame_socket(url) as socket:
        socket.send(BINARY, COMMAND)
        await socket.until_ended(1003)


async def test_who_answers_pings_stays_and_who_does_not_is_let_go(
    url: str, http_server: Server
) -> None:
    async with frame_socket(url) as silent, frame_socket(url) as alive:
        for _ in range(4):
            await alive.until(PING)  # which answers it
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            while True:
                await silent.read()
        assert http_server.attachments.registry.readers == 1
