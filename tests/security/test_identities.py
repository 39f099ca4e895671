"""Rows 35 to 40: no client can act as another user, or learn that user's secrets."""

import asyncio
import json

from tests.security.case import SecurityTest
from tests.security.endpoints import ANYWHERE, PAGES, READS, SOCKETS, WRITES, statuses
from tests.security.test_attaching import first
from tests.support.client import Client
from tests.support.wire import TRANSPORTS, WAIT_S, raw

# Endpoints where a request has a user.
KNOWN_BY_IDENTITY = [*PAGES, *READS, *WRITES]


class TestIdentities(SecurityTest):
    async def who(self, cookie: str | None) -> str:
        """Return the user that the server assigns to a client with this cookie."""
        async with Client(self.url) as client:
            client.cookie = cookie
            hello = await first(client, "websocket", "", "hello")
        return str(hello["user"])

    async def test_row_35_what_is_public_is_no_cookie(self) -> None:
        """User ids, session ids and names are public; none of them signs a client in."""
        owner = self.receivers[0]
        hello = owner.seen.heard[0]
        cookie = owner.cookie
        assert cookie is not None
        self.assertEqual(await self.who(cookie), hello["user"])
        name = cookie.partition("=")[0]
        for public in (hello["user"], hello["session"], hello["name"], hello["instance"]):
            self.assertNotEqual(await self.who(f"{name}={public}"), hello["user"])
            for to in KNOWN_BY_IDENTITY:
                answer = await raw(self.url, to.with_body(b"", f"Authorization: Bearer {public}"))
                self.assertEqual(statuses(answer), [401], to)

    async def test_row_36_a_session_that_a_client_made_up_is_not_taken(self) -> None:
        for session in ("x", "A" * 24, "%00", "..%2f..", "%e2%98%83" * 24, "x" * 5000):
            for transport in TRANSPORTS:
                hello = await first(self.client, transport, f"?session={session}", "hello")
                self.assertNotEqual(hello["session"], session)

    async def test_row_37_another_users_session_is_not_carried_on(self) -> None:
        async with Client(self.url).reading("websocket") as owner:
            session = owner.seen.heard[0]["session"]
            for transport in TRANSPORTS:
                hello = await first(self.client, transport, f"?session={session}", "hello")
                self.assertNotEqual(hello["session"], session)
                self.assertNotEqual(hello["user"], owner.seen.heard[0]["user"])
            await self.client.command(type="send", room="general", text="ping", key="session")
            await owner.until(lambda push: push.get("key") == "session")

    async def test_row_37_another_users_cookie_that_was_changed_is_a_new_guests(self) -> None:
        await self.client.get("/api/rooms")
        cookie = self.client.cookie
        assert cookie is not None
        known = await self.who(cookie)
        self.assertEqual(await self.who(cookie), known)
        name, _, value = cookie.partition("=")
        forged = [
            f"{name}={value[:-1]}{'0' if value[-1] != '0' else '1'}",
            f"{name}={value[:40]}",
            f"{name}=",
            f"{name}=x",
            f"{name}=2|1:0|10:0000000000|15:{name}|4:e30=|" + "0" * 64,
            f"{name}=" + "9" * 3000,
            f'{name}="a\\"b',
            f"other={value}",
            f"{name}=a|b|c",
        ]
        for other in forged:
            with self.subTest(cookie=other[:60]):
                user = await self.who(other)
                self.assertNotEqual(user, known)
                self.assertTrue(user.startswith("guest-"))

    async def test_row_38_after_signing_out_a_cookie_is_nobodys_401(self) -> None:
        async with Client(self.url) as client:
            streams = [client.pushes(transport) for transport in ("websocket", "sse")]
            for pushes in streams:
                self.assertEqual((await anext(pushes))["type"], "hello")
            cookie = client.cookie
            self.assertEqual((await client.post("/logout")).code, 303)
            async with asyncio.timeout(1):
                for pushes in streams:
                    async for _ in pushes:  # until the stream ends
                        pass
        for to in KNOWN_BY_IDENTITY:
            answer = await raw(self.url, to.with_body(b"", f"Cookie: {cookie}"))
            with self.subTest(to=to):
                self.assertEqual(statuses(answer), [401], answer)

    async def test_row_39_what_identifies_is_in_no_log(self) -> None:
        async with Client(self.url) as client:
            socket = await client.websocket()
            hello = await socket.read()
            assert hello is not None and client.cookie is not None
            (room,) = hello["rooms"]
            cursor = f"general:{room['epoch']}:{room['offset']}"
            query = f"session={hello['session']}&cursor={cursor}&hello=1"
            lines = [f"Cookie: {client.cookie}", "Authorization: Bearer s3cret-bearer"]
            for to in ANYWHERE:
                path = f"{to.path.partition('?')[0]}?{query}"
                body = b'{"type":"send","room":"general","text":"s3cret-text","key":"s3cret-key"}'
                await raw(self.url, to._replace(path=path).with_body(body, *lines))
            for path in SOCKETS:
                await raw(self.url, to._replace(path=f"{path}?{query}").head(*lines))
        log = "".join(self.server.log)
        value = client.cookie.partition("=")[2]
        for secret in (value, value.rpartition("|")[2], hello["session"], cursor, "s3cret"):
            self.assertNotIn(secret, log)

    async def test_row_40_a_room_that_is_not_there_answers_alike_for_everybody(self) -> None:
        """There are no private rooms; if there were, each would answer like this."""
        answers: dict[str, set[str]] = {}
        async with Client(self.url) as talker:
            await talker.post("/login", "name=Somebody")
            await talker.command(type="join", room="elsewhere")
            for client in (self.client, talker):
                for path in ("/events", "/poll"):
                    response = await client.get(f"{path}?room=nowhere")
                    answers.setdefault(path, set()).add(f"{response.code} {response.body!r}")
                for method, body in (("GET", None), ("POST", '{"text":"x","key":"k"}')):
                    response = await client.fetch(method, "/api/rooms/nowhere/messages", body)
                    answers.setdefault(method, set()).add(f"{response.code} {response.body!r}")
                for command in (
                    {"type": "send", "text": "x", "key": "k"},
                    {"type": "leave"},
                    {"type": "edit", "offset": 1, "text": "x"},
                    {"type": "delete", "offset": 1},
                    {"type": "read", "offset": 1},
                ):
                    reply = await client.command(room="nowhere", **command)
                    answers.setdefault(str(command), set()).add(json.dumps(reply))
                    self.assertEqual(reply["code"], "no_such_room")
                socket = await client.websocket("?room=nowhere")
                async with asyncio.timeout(WAIT_S):
                    push = await socket.read()
                    assert push is not None
                    answers.setdefault("socket", set()).add(json.dumps(push))
                    await socket.until_closed()
                self.assertEqual(socket.close_code, 4501)
        for asked, said in answers.items():
            with self.subTest(asked=asked):
                (same,) = said
                self.assertIn("no_such_room", same)
