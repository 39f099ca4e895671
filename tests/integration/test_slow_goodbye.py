"""A reader that takes its stream late is told goodbye all the same, once it does."""

from dataclasses import replace

import pytest

from chat.application import Server
from chat.settings.settings import Settings
from tests.support.client import Client
from tests.support.frames import CLOSE, TEXT, frame_socket
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=2 * WAIT_S)

TEXT_OF_A_MESSAGE = "x" * 4000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, has_rate_limits=False)


async def fill(client: Client, server: Server) -> None:
    """Talk until a reader has something unsent."""
    (attachment,) = server.attachments.registry.attachments
    count = 0
    while attachment.reader.sink.unsent_bytes == 0:  # type: ignore[attr-defined]
        count += 1
        fields = {"room": "general", "text": TEXT_OF_A_MESSAGE, "key": f"{count}"}
        await client.command(type="send", **fields)


async def test_on_an_event_stream(http_server: Server, base_url: str) -> None:
    async with Client(base_url) as client, client.request("/events") as (_, reader):
        await reader.readuntil(b"hello")
        await fill(client, http_server)
        http_server.attachments.dismiss()
        assert b'"goodbye"' in (await reader.read())[-300:]


async def test_on_a_websocket_of_which_nothing_comes_after_the_close(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client, frame_socket(base_url) as socket:
        await socket.until(TEXT)
        await fill(client, http_server)
        socket.send(CLOSE, b"\x03\xe8")
        while (frame := await socket.read()).opcode == TEXT:
            pass
        assert frame.close_code == 1000
        await socket.until_closed()
