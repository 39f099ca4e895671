"""What a client is offered, and that the offers hold."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from chat.net.proxies import Proxies
from chat.settings.settings import Settings
from tests.support.client import Client
from tests.support.metrics import read_metrics
from tests.support.wire import TRANSPORTS, WAIT_S

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
    assert set(answer) == {"session", "network", "heartbeat_s", "poll_hold_s", "transports"}
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
    assert answer["transports"][-1]["why"] == "it failed after 4.0 s: no open"


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
            await pushes.aclose()


async def networks(http_client: AsyncHTTPClient, url: str, *addresses: str) -> list[str]:
    found = []
    for address in addresses:
        response = await http_client.fetch(
            f"{url}/negotiate", method="POST", body="", headers={"X-Forwarded-For": address}
        )
        found.append(json.loads(response.body)["network"])
    return found


async def test_a_network_has_one_name_that_tells_nothing_whatever_a_client_says_of_itself(
    http_client: AsyncHTTPClient, base_url: str
) -> None:
    names = await networks(http_client, base_url, "192.0.2.1", "192.0.3.1")
    assert names[0] == names[1]
    assert len(names[0]) == 12


class TestBehindAProxy:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, proxies=Proxies(is_all=True))

    async def test_the_network_is_that_of_the_client_by_the_proxys_word(
        self, http_client: AsyncHTTPClient, base_url: str
    ) -> None:
        addresses = ("192.0.2.1", "192.0.2.200", "192.0.3.1", "2001:db8:0:100::1")
        one, same, *others = await networks(http_client, base_url, *addresses)
        assert one == same
        assert len({one, *others}) == 3


HANDSHAKE = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}


class TestWhatIsOnTheWay:
    """What proxies do to requests, and what negotiation makes of it."""

    async def first_offer(self, client: Client, **question: Any) -> str:
        answer = json.loads((await client.post("/negotiate", json.dumps(question))).body)
        return str(answer["transports"][0]["transport"])

    @pytest.mark.parametrize(
        "headers",
        [HANDSHAKE, {"Sec-WebSocket-Version": "13"}, {**HANDSHAKE, "Upgrade": "websocket"}],
    )
    async def test_a_handshake_without_its_upgrade_is_told_so_and_remembered(
        self, http_server: object, base_url: str, headers: dict[str, str]
    ) -> None:
        async with Client(base_url) as client:
            assert await self.first_offer(client) == "websocket"
            response = await client.get("/chat", headers)
            error = json.loads(response.body)
            assert (response.code, error["code"]) == (426, "bad_command")
            assert "Upgrade" in error["message"]
            assert response.headers["Upgrade"] == "websocket"
            assert await self.first_offer(client) == "sse"
            socket = await client.websocket()  # it passes after all
            assert await socket.read() is not None
            assert await self.first_offer(client) == "websocket"

    async def test_a_request_that_names_ones_session_is_a_handshake_too(
        self, http_server: object, base_url: str
    ) -> None:
        async with Client(base_url) as client:
            session = json.loads((await client.post("/negotiate")).body)["session"]
            assert (await client.get(f"/chat?session={session}")).code == 426
            assert await self.first_offer(client, session=session) == "sse"

    async def test_a_plain_request_is_no_evidence_for_it_may_be_another_sites_page(
        self, http_server: object, base_url: str
    ) -> None:
        async with Client(base_url) as owner, Client(base_url) as other:
            session = json.loads((await owner.post("/negotiate")).body)["session"]
            for path in ("/chat", "/chat?session=made-up", f"/chat?session={session}"):
                assert (await other.get(path)).code == 426
            assert await self.first_offer(owner, session=session) == "websocket"

    async def test_somebody_who_looks_sees_a_page(self, http_server: object, base_url: str) -> None:
        async with Client(base_url) as client:
            response = await client.get("/chat", {"Accept": "text/html"})
            assert (response.code, response.headers["Upgrade"]) == (426, "websocket")
            assert response.headers["Content-Type"].startswith("text/html")

    async def test_an_http_1_0_hop_is_seen_in_via(self, http_server: object, base_url: str) -> None:
        async with Client(base_url) as client:
            response = await client.post("/negotiate", "", {"Via": "1.1 a, 1.0 b (squid)"})
            offers = json.loads(response.body)["transports"]
            assert [offer["transport"] for offer in offers] == ["longpoll", "sse", "websocket"]


async def test_what_happens_is_counted(http_server: object, base_url: str) -> None:
    async with Client(base_url) as client:
        failed = [{"transport": "sse", "reason": "silent: 2 s", "after_ms": 2000}]
        await client.post("/negotiate", json.dumps({"failed": failed}))
        socket = await client.websocket()
        assert await socket.read() is not None
        pushes = client.pushes("sse")
        assert (await anext(pushes))["type"] == "hello"
        assert (await client.get("/poll")).code == 200
        await socket.close()
        counts = await read_metrics(client)
        assert counts["parley_offers_total", "1", "websocket"] == 1
        assert counts["parley_offers_total", "3", "sse"] == 1
        assert counts["parley_failures_total", "silent", "sse"] == 1
        for transport in TRANSPORTS:
            assert counts["parley_attaches_total", transport] == 1
        assert counts["parley_detaches_total", "closed", "websocket"] == 1
        assert counts["parley_detaches_total", "answered", "longpoll"] == 1
        attached = [counts["parley_attached", transport] for transport in TRANSPORTS]
        assert attached == [0, 1, 0]
        assert counts["parley_sheds_total",] == 0
        await pushes.aclose()


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
