"""Who is too slow for streams is told of polls, when there is a way to be told."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from chat.application import Server
from chat.settings.settings import Settings
from tests.support.client import Client

pytestmark = pytest.mark.gen_test(timeout=60)

TEXT = "x" * 4000  # as long as one may be: buffers are full soon


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, unsent_limit_bytes=64 << 10, has_rate_limits=False)


async def ask(client: Client, session: str) -> list[dict[str, Any]]:
    answer = json.loads((await client.post("/negotiate", json.dumps({"session": session}))).body)
    assert answer["session"] == session
    return list(answer["transports"])


async def be_shed(client: Client, session: str, server: Server) -> None:
    """Open a stream, read nothing of it while many talk, until the server lets it go."""
    before = server.metrics.sheds
    async with client.request(f"/events?session={session}"):  # buffers 128 KiB, and reads no more
        count = 0
        while server.metrics.sheds == before:
            count += 1
            await client.send_all({f"{before}-{count}-{n}": TEXT for n in range(50)})


async def test_a_session_shed_twice_is_offered_polls_first_and_advised_once_on_a_stream(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        session = json.loads((await client.post("/negotiate")).body)["session"]
        await be_shed(client, session, http_server)
        assert (await ask(client, session))[0]["transport"] == "websocket"
        await be_shed(client, session, http_server)

        offers = await ask(client, session)
        assert [offer["transport"] for offer in offers] == ["longpoll", "websocket", "sse"]
        assert all("too slowly" in offer["why"] for offer in offers)

        socket = await client.websocket(f"?session={session}")
        goodbye = await socket.read()
        assert goodbye is not None
        assert (goodbye["type"], goodbye["code"]) == ("goodbye", 4004)
        assert goodbye["advice"] == "longpoll"
        await socket.until_closed()
        assert socket.close_code == 4004

        async with aclosing(client.events(f"?session={session}")) as events:
            assert (await anext(events)).type == "hello"


async def test_on_an_event_stream_the_advice_is_a_goodbye_and_the_end(
    http_server: Server, base_url: str
) -> None:
    async with Client(base_url) as client:
        session = json.loads((await client.post("/negotiate")).body)["session"]
        for _ in range(2):
            await be_shed(client, session, http_server)
        async with asyncio.timeout(10):
            pushes = [push async for push in client.pushes("sse", f"?session={session}")]
        assert [(push["type"], push["code"], push["advice"]) for push in pushes] == [
            ("goodbye", 4004, "longpoll")
        ]
        poll = json.loads((await client.get(f"/poll?session={session}")).body)
        assert poll["data"][0]["type"] == "hello"
