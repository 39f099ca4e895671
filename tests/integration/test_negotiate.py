"""What a client is offered, and that the offers hold."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from chat.settings import Settings
from tests.support.clients import WAIT_S, Client

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)


async def ask(
    http_client: AsyncHTTPClient, url: str, question: Any = None, cookie: str = ""
) -> HTTPResponse:
    return await http_client.fetch(
        f"{url}/negotiate",
        method="POST",
        body="" if question is None else json.dumps(question),
        headers={"Cookie": cookie} if cookie else {},
        raise_error=False,
    )


async def test_who_says_nothing_is_offered_everything(
    http_client: AsyncHTTPClient, base_url: str, settings: Settings
) -> None:
    response = await ask(http_client, base_url)
    assert response.code == 200
    answer = json.loads(response.body)
    assert set(answer) == {"session", "heartbeat_s", "poll_hold_s", "transports"}
    assert answer["heartbeat_s"] == settings.heartbeat_s
    assert answer["poll_hold_s"] == settings.poll_hold_s
    assert [(o["transport"], o["url"], o["send"]) for o in answer["transports"]] == [
        ("websocket", "/chat", "/send"),
        ("sse", "/events", "/send"),
        ("longpoll", "/poll", "/send"),
    ]
    assert all(offer["why"] for offer in answer["transports"])


async def test_the_answer_is_for_this_client_and_is_never_kept(
    http_client: AsyncHTTPClient, base_url: str
) -> None:
    response = await ask(http_client, base_url)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_failed_comes_last_with_the_reason(
    http_client: AsyncHTTPClient, base_url: str
) -> None:
    failed = [{"transport": "websocket", "reason": "no open", "after_ms": 4000}]
    answer = json.loads((await ask(http_client, base_url, {"failed": failed})).body)
    assert [offer["transport"] for offer in answer["transports"]] == [
        "sse",
        "longpoll",
        "websocket",
    ]
    assert answer["transports"][-1]["why"] == "failed after 4000 ms: no open"


async def test_only_what_the_client_can_do_is_offered(
    http_client: AsyncHTTPClient, base_url: str
) -> None:
    answer = json.loads((await ask(http_client, base_url, {"can": ["longpoll", "new"]})).body)
    assert [offer["transport"] for offer in answer["transports"]] == ["longpoll"]


async def test_the_users_own_session_is_kept_and_anothers_is_not(
    http_client: AsyncHTTPClient, base_url: str
) -> None:
    first = await ask(http_client, base_url)
    session = json.loads(first.body)["session"]
    cookie = first.headers["Set-Cookie"].partition(";")[0]
    again = await ask(http_client, base_url, {"session": session}, cookie)
    assert json.loads(again.body)["session"] == session
    other = await ask(http_client, base_url, {"session": session})
    assert json.loads(other.body)["session"] != session


async def test_every_offer_carries_the_session_that_came_with_it(
    http_server: object, base_url: str
) -> None:
    async with Client(base_url) as client:
        answer = json.loads((await client.post("/negotiate")).body)
        for offer in answer["transports"]:
            pushes = client.pushes(offer["transport"], f"?session={answer['session']}")
            async for hello in pushes:
                assert hello["type"] == "hello"
                assert hello["session"] == answer["session"]
                assert hello["transport"] == offer["transport"]
                break
            await pushes.aclose()  # type: ignore[attr-defined]


class TestFewerTransports:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, transports=("sse", "longpoll"))

    async def test_what_is_switched_off_is_not_offered(
        self, http_client: AsyncHTTPClient, base_url: str
    ) -> None:
        answer = json.loads((await ask(http_client, base_url)).body)
        assert [offer["transport"] for offer in answer["transports"]] == ["sse", "longpoll"]

    async def test_who_can_do_nothing_else_is_told_what_there_is(
        self, http_client: AsyncHTTPClient, base_url: str
    ) -> None:
        response = await ask(http_client, base_url, {"can": ["websocket"]})
        error = json.loads(response.body)
        assert (response.code, error["code"]) == (400, "bad_command")
        assert "sse, longpoll" in error["message"]
