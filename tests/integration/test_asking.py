"""What a client may ask of an attach: how long a poll is held, how often a heartbeat comes."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from tornado.httpclient import HTTPClientError

from chat.settings.settings import Settings
from tests.support.client import Client
from tests.support.metrics import read_metrics
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)

BAD_HOLDS = ("26", "-1", "1.5", "x", "5 ", "1e1", "\u0665", "9" * 50)
BAD_HEARTBEATS = ("-5", "7.5", "x", "9" * 50)


@pytest.fixture
def url(http_server: object, base_url: str) -> str:
    return base_url


@pytest.fixture
def settings(settings: Settings) -> Settings:
    # Longer than a test may take: what is answered at once is not answered by this running out.
    return replace(settings, poll_hold_s=2.0 * WAIT_S)


async def settled(client: Client) -> str:
    """Return a cursor behind which there is nothing, and nobody's coming is still to be told."""
    answer = await ask(client, hold_s=0)
    while not answer["timeout"]:
        answer = await ask(client, cursor=answer["cursor"], hold_s=1)
    return str(answer["cursor"])


async def ask(client: Client, **query: Any) -> Any:
    return json.loads((await client.get(f"/poll?{urlencode(query)}")).body)


async def test_a_poll_that_is_not_to_be_held_is_answered_at_once(url: str) -> None:
    async with Client(url) as client:
        cursor = await settled(client)
        for body in ({"cursor": cursor, "hold_s": 0}, {"cursor": cursor, "hold_s": "0"}):
            posted = json.loads((await client.post("/poll", json.dumps(body))).body)
            assert posted == {"data": None, "timeout": True, "cursor": cursor}
        form = await client.post("/poll", urlencode({"cursor": cursor, "hold_s": 0}))
        assert json.loads(form.body)["timeout"] is True


async def test_a_poll_that_is_not_to_be_held_has_what_the_log_has(url: str) -> None:
    async with Client(url) as client:
        cursor = await settled(client)
        await client.command(type="send", room="general", text="x", key="k")
        answer = await ask(client, cursor=cursor, hold_s=0)
        assert [p["text"] for p in answer["data"] if p["type"] == "message"] == ["x"]
        assert answer["timeout"] is False
        assert answer["cursor"] == cursor.rpartition(":")[0] + ":1"


async def test_a_held_poll_is_answered_by_what_comes(url: str) -> None:
    async with Client(url) as client:
        cursor = await settled(client)
        polling = asyncio.create_task(ask(client, cursor=cursor, hold_s=25))
        await client.command(type="send", room="general", text="x", key="k")
        assert [p["offset"] for p in (await polling)["data"] if p["type"] == "message"] == [1]


async def test_a_hold_that_is_none_is_refused(url: str) -> None:
    async with Client(url) as client:
        for hold in BAD_HOLDS:
            response = await client.get("/poll?" + urlencode({"hold_s": hold}))
            error = json.loads(response.body)
            assert (response.code, error["code"]) == (400, "bad_command"), hold
            assert "hold_s" in error["message"]
        for hold in (26, -1, 1.5, True, [5], {"s": 5}):
            response = await client.post("/poll", json.dumps({"hold_s": hold}))
            assert response.code == 400, hold


class TestAShortHold:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, poll_hold_s=0.2)

    async def test_a_poll_is_never_held_longer_than_is_set(self, url: str) -> None:
        async with Client(url) as client:
            cursor = await settled(client)
            async with asyncio.timeout(WAIT_S / 2):  # it asked for far more
                answer = await ask(client, cursor=cursor, hold_s=25)
            assert answer == {"data": None, "timeout": True, "cursor": cursor}


@pytest.mark.parametrize("transport", ["websocket", "sse"])
@pytest.mark.parametrize(("asked", "in_force"), [("", 15), ("1", 5), ("7", 7), ("900", 15)])
async def test_hello_says_which_heartbeat_is_in_force(
    url: str, transport: str, asked: str, in_force: int
) -> None:
    async with Client(url) as client:
        pushes = client.pushes(transport, f"?heartbeat_s={asked}")
        hello = await anext(pushes)
        assert (hello["type"], hello["heartbeat_s"]) == ("hello", in_force)
        await pushes.aclose()


async def test_a_heartbeat_that_is_none_is_refused(url: str) -> None:
    async with Client(url) as client:
        for heartbeat in BAD_HEARTBEATS:
            query = "?" + urlencode({"heartbeat_s": heartbeat})
            response = await client.get("/events" + query)
            assert (response.code, json.loads(response.body)["code"]) == (400, "bad_command")
            with pytest.raises(HTTPClientError) as caught:
                await client.websocket(query)
            assert caught.value.code == 400


class TestSoonerThanUsual:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, heartbeat_s=0.05)

    @pytest.mark.parametrize("transport", ["websocket", "sse"])
    async def test_heartbeats_come_as_hello_said(self, url: str, transport: str) -> None:
        async with Client(url) as client:
            pushes = client.pushes(transport, "?heartbeat_s=5")
            hello = await anext(pushes)
            assert hello["heartbeat_s"] == 0.05, "what is set is the most there is"
            beats = 0
            async for push in pushes:
                beats += push["type"] == "heartbeat"
                if beats == 3:
                    break
            await pushes.aclose()


async def test_a_poll_that_is_hung_up_on_is_no_answered_one(url: str) -> None:
    async with Client(url) as client:
        cursor = await settled(client)
        before = await read_metrics(client)
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        writer.write(f"GET /poll?cursor={cursor} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while (await read_metrics(client))["parley_attached", "longpoll"] == 0:
            pass
        writer.close()
        while (after := await read_metrics(client))["parley_attached", "longpoll"]:
            pass
        name = "parley_detaches_total"
        for reason, count in (("closed", 1), ("answered", 0)):
            assert after[name, reason, "longpoll"] - before[name, reason, "longpoll"] == count
