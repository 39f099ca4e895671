"""The page for operators is there for who has the token, and for nobody else."""

import base64
import json
import tempfile
from pathlib import Path
from unittest import IsolatedAsyncioTestCase

import pytest

from chat.accounts.rate_limits import WRONG_TOKENS_BURST, WRONG_TOKENS_RATE
from chat.application import Server
from chat.ops.admin_page import overview, token_of
from chat.ops.instance_report import Summary, span
from chat.settings.settings import Settings
from tests.support.clients import Client
from tests.unit.fakes import SetClock

TOKEN = "correct horse battery"
LOGGER = "chat.ops.admin_page"


def basic(token: str, name: str = "anybody") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{token}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class AdminTest(IsolatedAsyncioTestCase):
    token: str | None = TOKEN

    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.clock = SetClock()
        self.server = Server(
            Settings(
                port=0, address="127.0.0.1", data_dir=Path(folder.name), admin_token=self.token
            ),
            clock=self.clock,
        )
        port = await self.server.start()
        self.addAsyncCleanup(self.server.stop)
        self.client = await self.enterAsyncContext(Client(f"http://127.0.0.1:{port}"))


class TestWithoutToken(AdminTest):
    token = None

    async def test_there_is_no_page(self) -> None:
        self.assertEqual((await self.client.get("/admin", basic(""))).code, 404)


class TestAdmin(AdminTest):
    async def test_a_browser_is_asked_for_the_token_and_nobody_is_made_a_guest(self) -> None:
        response = await self.client.get("/admin")
        self.assertEqual(response.code, 401)
        self.assertIn("Basic", response.headers["WWW-Authenticate"])
        self.assertNotIn("Set-Cookie", response.headers)

    async def test_the_token_opens_it_as_a_password_with_any_name_and_as_a_bearers(self) -> None:
        for headers in (basic(TOKEN), basic(TOKEN, ""), {"Authorization": f"bearer {TOKEN}"}):
            response = await self.client.get("/admin", headers)
            self.assertEqual(response.code, 200)
            self.assertIn(self.server.attachments.instance, response.body.decode())
            self.assertNotIn("Set-Cookie", response.headers)

    async def test_it_shows_rooms_and_transports_as_they_are(self) -> None:
        socket = await self.client.websocket()
        await socket.read()
        headers = basic(TOKEN) | {"Accept": "application/json"}
        (one,) = json.loads((await self.client.get("/admin", headers)).body)["instances"]
        self.assertEqual(one["transports"]["websocket"], 1)
        self.assertEqual((one["rooms"], one["problems"]), ({"general": 1}, []))
        page = (await self.client.get("/admin", basic(TOKEN))).body.decode()
        self.assertIn('<a href="/rooms/general">#general</a></th><td class="number">1</td>', page)

    async def test_a_wrong_token_is_refused_told_and_not_repeated(self) -> None:
        with self.assertLogs(LOGGER, "WARNING") as logged:
            for headers in (basic(TOKEN + "x"), basic(""), {"Authorization": "Basic §"}):
                self.assertEqual((await self.client.get("/admin", headers)).code, 401)
        self.assertEqual(len(logged.output), 3)
        self.assertNotIn(TOKEN, "".join(logged.output))

    async def test_after_many_wrong_ones_another_has_to_wait(self) -> None:
        with self.assertLogs(LOGGER, "WARNING") as logged:
            for _ in range(WRONG_TOKENS_BURST):
                self.assertEqual((await self.client.get("/admin", basic("wrong"))).code, 401)
            for headers in (basic("wrong"), bearer("wrong"), basic("")):
                refused = await self.client.get("/admin", headers)
                self.assertEqual(refused.code, 429)
            self.clock.now += int(refused.headers["Retry-After"])
            self.assertEqual((await self.client.get("/admin", basic("wrong"))).code, 401)
        self.assertEqual(len(logged.output), WRONG_TOKENS_BURST + 1)
        self.assertEqual(self.server.metrics.limits["admin"], 3)
        self.assertLessEqual(int(refused.headers["Retry-After"]), 1 / WRONG_TOKENS_RATE + 1)

    async def test_no_number_of_wrong_tokens_keeps_the_right_one_out(self) -> None:
        with self.assertLogs(LOGGER, "WARNING"):
            for _ in range(2 * WRONG_TOKENS_BURST):
                await self.client.get("/admin", basic("wrong"))
            self.assertEqual((await self.client.get("/admin", basic("wrong"))).code, 429)
        for headers in (basic(TOKEN), bearer(TOKEN)):
            self.assertEqual((await self.client.get("/admin", headers)).code, 200)
            form = "user=guest-0123456789abcdef&hours=1"
            answer = await self.client.post("/admin", form, headers)
            self.assertEqual(answer.code, 303)
        self.assertEqual((await self.client.get("/admin")).code, 401)  # who asks is asked

    async def test_to_look_without_a_token_costs_no_try(self) -> None:
        for _ in range(WRONG_TOKENS_BURST + 1):
            self.assertEqual((await self.client.get("/admin")).code, 401)

    async def test_what_is_wrong_with_an_instance_is_on_the_page(self) -> None:
        self.server.backplane.metrics.problem = "The disk is full."
        page = (await self.client.get("/admin", basic(TOKEN))).body.decode()
        self.assertIn('data-well="false"', page)
        self.assertIn("The disk is full.", page)


class TestBans(AdminTest):
    async def ban(self, fields: str, **headers: str) -> int:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await self.client.post("/admin", fields, basic(TOKEN) | form | headers)).code

    async def test_who_is_banned_is_out_and_is_let_back_in(self) -> None:
        socket = await self.client.websocket()
        user = (await socket.read() or {})["user"]
        self.assertEqual(await self.ban(f"user={user}&hours=1&reason=%3Cspam%3E"), 303)
        await socket.until_closed()
        self.assertEqual((await self.client.get("/api/rooms")).code, 403)
        page = (await self.client.get("/admin", basic(TOKEN))).body.decode()
        self.assertIn(f"<code>{user}</code> <span>for 1 hour more: &lt;spam&gt;</span>", page)
        self.assertEqual(await self.ban(f"user={user}&hours=0"), 303)
        self.assertEqual((await self.client.get("/api/rooms")).code, 200)
        self.assertIn("Nobody is.", (await self.client.get("/admin", basic(TOKEN))).body.decode())

    async def test_no_other_sites_page_bans_anybody(self) -> None:
        self.assertEqual(await self.ban("user=a&hours=1", Origin="http://evil.example"), 403)
        self.assertEqual(await self.ban("user=a&hours=1", Sec_Fetch_Site="cross-site"), 403)
        self.assertEqual(self.server.sources.attachments.registry.sessions, 0)
        page = (await self.client.get("/admin", basic(TOKEN))).body.decode()
        self.assertIn("Nobody is.", page)

    async def test_what_is_no_ban_is_refused(self) -> None:
        for fields in (
            "",
            "user=a&hours=2",
            "user=address:x&hours=1",
            f"user=a&hours=1&reason={'x' * 201}",
        ):
            self.assertEqual(await self.ban(fields), 400, fields)


def summary(instance: str, rooms: dict[str, int], sse: int) -> Summary:
    return Summary(
        instance=instance, version="1", started_s=0.0, problems=[], transports={"sse": sse},
        connections=1, sessions=1, rooms=rooms, rooms_count=len(rooms), deliveries_per_s=2.0,
        commands_per_s=1.0, lag_s=0.0, stalls=0, memory_bytes=1, store_waiting=0,
    )  # fmt: skip


def test_rooms_and_transports_are_those_of_all_instances_together() -> None:
    shown = overview([summary("a", {"x": 2, "y": 1}, 3), summary("b", {"y": 4}, 1)], now_s=60.0)
    assert shown["rooms"] == [
        {"name": "y", "readers": 5, "instances": 2},
        {"name": "x", "readers": 2, "instances": 1},
    ]
    assert dict(shown["transports"])["sse"] == shown["readers"] == 4
    assert shown["deliveries_per_s"] == 4.0


@pytest.mark.parametrize(
    ("given", "token"),
    [("", None), ("Digest x", None), ("Bearer a b", b"a b"), ("Basic !", b""),
     ("Basic YTpiOmM=", b"b:c"), ("basic YQ==", b"")],
)  # fmt: skip
def test_a_token_is_read_from_either_scheme(given: str, token: bytes | None) -> None:
    assert token_of(given) == token


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (59.9, "less than a minute"), (60, "1 minute"),
     (3599, "59 minutes"), (3600, "1 hour"), (172800, "2 days")],
)  # fmt: skip
def test_a_span_is_told_as_people_tell_it(seconds: float, words: str) -> None:
    assert span(seconds) == words
