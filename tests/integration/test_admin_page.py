"""The page for operators is there for who has the token, and for nobody else."""

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any
from unittest import TestCase

import pytest

from chat.accounts.rate_limits import WRONG_TOKENS_BURST, WRONG_TOKENS_RATE
from chat.application import Server
from chat.settings.settings import Settings
from tests.support.client import Client
from tests.support.wire import WAIT_S
from tests.unit.fakes import SetClock

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)

TOKEN = "correct horse battery"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def basic(token: str, name: str = "anybody") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{token}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def logged_warnings() -> Any:
    return TestCase().assertLogs("chat.ops.admin_page", "WARNING")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, admin_token=TOKEN)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def client(http_server: Server, base_url: str) -> Client:
    return Client(base_url)


async def page(client: Client) -> str:
    return (await client.get("/admin", basic(TOKEN))).body.decode()


async def ban(client: Client, fields: str, **headers: str) -> int:
    """Return the status of the answer to this form."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return (await client.post("/admin", fields, basic(TOKEN) | FORM | more)).code


class TestWithoutToken:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, admin_token=None)

    async def test_there_is_no_page(self, client: Client) -> None:
        assert (await client.get("/admin", basic(""))).code == 404


async def test_a_browser_is_asked_for_the_token_and_nobody_is_made_a_guest(
    client: Client,
) -> None:
    response = await client.get("/admin")
    assert response.code == 401
    assert "Basic" in response.headers["WWW-Authenticate"]
    assert "Set-Cookie" not in response.headers


async def test_the_token_opens_it_as_a_password_with_any_name_and_as_a_bearers(
    http_server: Server, client: Client
) -> None:
    for headers in (basic(TOKEN), basic(TOKEN, ""), {"Authorization": f"bearer {TOKEN}"}):
        response = await client.get("/admin", headers)
        assert response.code == 200
        assert http_server.attachments.instance in response.body.decode()
        assert "Set-Cookie" not in response.headers


async def test_it_shows_rooms_and_transports_as_they_are(client: Client) -> None:
    async with client:
        await (await client.websocket()).read()
        headers = basic(TOKEN) | {"Accept": "application/json"}
        (one,) = json.loads((await client.get("/admin", headers)).body)["instances"]
        assert one["transports"]["websocket"] == 1
        assert (one["rooms"], one["problems"]) == ({"general": 1}, [])
        shown = '<a href="/rooms/general">#general</a></th><td class="number">1</td>'
        assert shown in await page(client)


async def test_a_wrong_token_is_refused_told_and_not_repeated(client: Client) -> None:
    with logged_warnings() as logged:
        for headers in (basic(TOKEN + "x"), basic(""), {"Authorization": "Basic §"}):
            assert (await client.get("/admin", headers)).code == 401
    assert len(logged.output) == 3
    assert TOKEN not in "".join(logged.output)


async def test_after_many_wrong_ones_another_has_to_wait(
    http_server: Server, client: Client, clock: SetClock
) -> None:
    with logged_warnings() as logged:
        for _ in range(WRONG_TOKENS_BURST):
            assert (await client.get("/admin", basic("wrong"))).code == 401
        for headers in (basic("wrong"), bearer("wrong"), basic("")):
            refused = await client.get("/admin", headers)
            assert refused.code == 429
        clock.now += int(refused.headers["Retry-After"])
        assert (await client.get("/admin", basic("wrong"))).code == 401
    assert len(logged.output) == WRONG_TOKENS_BURST + 1
    assert http_server.metrics.limits["admin"] == 3
    assert int(refused.headers["Retry-After"]) <= 1 / WRONG_TOKENS_RATE + 1


async def test_no_number_of_wrong_tokens_keeps_the_right_one_out(client: Client) -> None:
    with logged_warnings():
        for _ in range(2 * WRONG_TOKENS_BURST):
            await client.get("/admin", basic("wrong"))
        assert (await client.get("/admin", basic("wrong"))).code == 429
    for headers in (basic(TOKEN), bearer(TOKEN)):
        assert (await client.get("/admin", headers)).code == 200
        assert (
            await client.post("/admin", "user=guest-0123456789abcdef&hours=1", headers)
        ).code == 303
    assert (await client.get("/admin")).code == 401  # who asks is asked


async def test_to_look_without_a_token_costs_no_try(client: Client) -> None:
    for _ in range(WRONG_TOKENS_BURST + 1):
        assert (await client.get("/admin")).code == 401


async def test_what_is_wrong_with_an_instance_is_on_the_page(
    http_server: Server, client: Client, clock: SetClock
) -> None:
    # For a while by this clock, whatever else is stored meanwhile.
    http_server.backplane.metrics.refused("The disk is full.", now_s=clock.monotonic())
    shown = await page(client)
    assert 'data-well="false"' in shown
    assert "The disk is full." in shown


async def test_who_is_banned_is_out_and_is_let_back_in(client: Client) -> None:
    async with client:
        socket = await client.websocket()
        user = (await socket.read() or {})["user"]
        assert await ban(client, f"user={user}&hours=1&reason=%3Cspam%3E") == 303
        await socket.until_closed()
        assert (await client.get("/api/rooms")).code == 403
        shown = f"<code>{user}</code> <span>for 1 hour more: &lt;spam&gt;</span>"
        assert shown in await page(client)
        assert await ban(client, f"user={user}&hours=0") == 303
        assert (await client.get("/api/rooms")).code == 200
        assert "Nobody is." in await page(client)


async def test_the_address_is_a_choice_of_its_own_and_let_in_with_the_user(
    client: Client, base_url: str
) -> None:
    async with client, Client(base_url) as neighbour:
        socket = await client.websocket()
        user = (await socket.read() or {})["user"]
        assert await ban(client, f"user={user}&hours=24&address_hours=1") == 303
        await socket.until_closed()
        async with asyncio.timeout(WAIT_S):
            while (await neighbour.get("/api/rooms")).code != 403:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await ban(client, f"user={user}&hours=0") == 303
        assert (await neighbour.get("/api/rooms")).code == 200
        assert "Nobody is." in await page(client)


async def test_no_other_sites_page_bans_anybody(http_server: Server, client: Client) -> None:
    assert await ban(client, "user=a&hours=1", Origin="http://evil.example") == 403
    assert await ban(client, "user=a&hours=1", Sec_Fetch_Site="cross-site") == 403
    assert http_server.sources.attachments.registry.sessions == 0
    assert "Nobody is." in await page(client)


async def test_what_is_no_ban_is_refused(client: Client) -> None:
    too_long = f"user=a&hours=1&reason={'x' * 201}"
    for fields in (
        "",
        "user=a&hours=2",
        "user=address:x&hours=1",
        "user=a&hours=1&address_hours=48",
        too_long,
    ):
        assert await ban(client, fields) == 400, fields
