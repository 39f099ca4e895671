"""sockjs-client chats with those who speak Parley's own transports."""

import pytest

from chat.application import Server
from chat.protocol import codes
from tests.support.client import Client
from tests.support.sockjs import TRANSPORTS, sockjs_client

pytestmark = [
    pytest.mark.gen_test(timeout=60),
    pytest.mark.parametrize("transport", TRANSPORTS),
]

# What ways through quotes, percent-decoding, proxies and browsers are known to change.
TEXT = "100% of </script> \u2028 \u00ad é 😀 \\ \" ' %41 %zz"


async def test_it_chats_with_a_native_client(
    http_server: Server, base_url: str, transport: str
) -> None:
    async with (
        Client(base_url).reading("websocket") as native,
        sockjs_client(f"{base_url}/sockjs", transport) as client,
    ):
        assert await client.until(lambda event: "opened" in event) == {"opened": transport}
        hello = await client.until_message(type="hello")
        assert hello["transport"] == "sockjs"
        assert client.heard[1] == {"message": hello}, "hello comes first"

        client.send(type="send", room="general", text=TEXT, key="from-sockjs", id=1)
        heard = await native.until(lambda push: push.get("key") == "from-sockjs")
        assert heard["text"] == TEXT
        reply = await client.until_message(type="ok", id=1)
        assert reply["offset"] == heard["offset"]
        assert await client.until_message(type="message", key="from-sockjs") == heard

        reply = await native.command(
            type="send", room="general", text=TEXT[::-1], key="from-native"
        )
        heard = await client.until_message(type="message", key="from-native")
        assert (heard["text"], heard["offset"]) == (TEXT[::-1], reply["offset"])


async def test_commands_sent_at_once_are_carried_out_in_their_order(
    http_server: Server, base_url: str, transport: str
) -> None:
    async with sockjs_client(f"{base_url}/sockjs", transport) as client:
        await client.until_message(type="hello")
        for number in range(200):
            client.send(type="ping", id=number)
        await client.until_message(type="pong", id=199)
        pongs = [event["message"] for event in client.heard if "message" in event]
        ids = [message["id"] for message in pongs if message["type"] == "pong"]
        assert ids == list(range(200))


async def test_it_comes_back_at_its_cursor_and_misses_nothing(
    http_server: Server, base_url: str, transport: str
) -> None:
    async with Client(base_url).reading("websocket") as native:
        async with sockjs_client(f"{base_url}/sockjs", transport) as client:
            hello = await client.until_message(type="hello")
            (room,) = hello["rooms"]
        for number in range(3):
            await native.command(type="send", room="general", text=f"{number}", key=f"{number}")
        cursor = f"general:{room['epoch']}:{room['offset']}"
        async with sockjs_client(f"{base_url}/sockjs?cursor={cursor}", transport) as client:
            await client.until_message(type="message", key="2")
            texts = [event["message"].get("text") for event in client.heard if "message" in event]
            assert [text for text in texts if text is not None] == ["0", "1", "2"]


async def test_it_is_told_why_it_is_closed(
    http_server: Server, base_url: str, transport: str
) -> None:
    async with sockjs_client(f"{base_url}/sockjs", transport) as client:
        await client.until_message(type="hello")
        http_server.attachments.dismiss()
        goodbye = await client.until_message(type="goodbye")
        assert goodbye["code"] == 4000 and goodbye["retry_ms"] >= 0
        closed = await client.until(lambda event: "closed" in event)
        assert closed == {"closed": 4000, "reason": codes.SHUTDOWN.reason}


async def test_what_is_refused_does_not_hang(
    http_server: Server, base_url: str, transport: str
) -> None:
    async with sockjs_client(f"{base_url}/sockjs?room=nobody-made-it", transport) as client:
        error = await client.until_message(type="error")
        assert error["code"] == "no_such_room"
        closed = await client.until(lambda event: "closed" in event)
        assert closed["closed"] == 4501
    async with sockjs_client(f"{base_url}/sockjs?cursor=no-cursor", transport) as client:
        closed = await client.until(lambda event: "closed" in event)
        assert closed["reason"] == "All transports failed"


async def test_when_it_closes_nobody_reads_for_it_any_more(
    http_server: Server, base_url: str, transport: str
) -> None:
    async with sockjs_client(f"{base_url}/sockjs", transport) as client:
        await client.until_message(type="hello")
        assert http_server.attachments.registry.readers == 1
        client.close()
        await client.until(lambda event: "closed" in event)
    # A poll that is given up ends its session; a stream's end and a close frame do, too.
    async with sockjs_client(f"{base_url}/sockjs", transport) as other:
        await other.until_message(type="hello")
        assert http_server.attachments.registry.readers == 1
