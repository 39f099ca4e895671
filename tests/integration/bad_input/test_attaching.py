"""Cursors, rooms and sessions that are none, or another's."""

import asyncio
import json
from typing import Any

from tornado.httpclient import HTTPClientError

from tests.integration.bad_input.case import BadInputTest, reply_of
from tests.integration.bad_input.samples import BAD_CURSORS, BAD_ROOMS
from tests.support.clients import TRANSPORTS, WAIT_S, Receiver


class TestAttaching(BadInputTest):
    async def test_a_cursor_that_is_none_is_refused(self) -> None:
        for cursor in BAD_CURSORS:
            for path in ("/events", "/poll", "/chat"):
                with self.subTest(path=path, cursor=cursor):
                    response = await self.client.get(f"{path}?cursor={cursor}")
                    self.assertEqual(response.code, 400, response.body)
                    self.assertEqual(json.loads(response.body)["code"], "bad_command")
            with self.subTest(path="websocket", cursor=cursor):
                with self.assertRaises(HTTPClientError) as caught:
                    await self.client.websocket(f"?cursor={cursor}")
                self.assertEqual(caught.exception.code, 400)

    async def test_a_room_that_cannot_be_is_refused(self) -> None:
        for room in BAD_ROOMS:
            for path in ("/events", "/poll", "/chat"):
                with self.subTest(path=path, room=room):
                    response = await self.client.get(f"{path}?room={room}")
                    self.assertEqual(response.code, 400, response.body)
                    code = json.loads(response.body)["code"]
                    self.assertIn(code, ("bad_room", "bad_command"))

    async def test_a_room_that_is_not_there_is_404(self) -> None:
        for path in ("/events", "/poll"):
            response = await self.client.get(f"{path}?room=nowhere")
            self.check_refusal(response, 404, "no_such_room")

    async def test_a_websocket_of_a_room_that_is_not_there_is_told_and_closed(self) -> None:
        socket = await self.client.websocket("?room=nowhere")
        error = await reply_of(socket)
        self.assertEqual((error["type"], error["code"]), ("error", "no_such_room"))
        await socket.until_closed()
        self.assertEqual(socket.close_code, 4501)

    async def test_101_rooms_are_too_many(self) -> None:
        rooms = ",".join(f"r{n}" for n in range(101))
        for path in ("/events", "/poll", "/chat"):
            self.check_refusal(await self.client.get(f"{path}?room={rooms}"), 400, "bad_room")

    async def test_a_cursor_from_the_future_or_another_life_is_a_resync(self) -> None:
        (hello,) = [push for push in self.receivers[0].heard if push["type"] == "hello"]
        epoch = hello["rooms"][0]["epoch"]
        for cursor in (f"general:{epoch}:999999", "general:elsewhere:1", "general:0:0"):
            for transport in TRANSPORTS:
                with self.subTest(cursor=cursor, transport=transport):
                    push = await self.first(transport, f"?cursor={cursor}", "resync")
                    self.assertEqual((push["room"], push["epoch"]), ("general", epoch))

    async def first(self, transport: str, query: str, type_: str) -> dict[str, Any]:
        """Return the first push of ``type_``."""
        if transport == "longpoll":
            response = await self.client.get(f"/poll{query}")
            return next(p for p in json.loads(response.body)["data"] if p["type"] == type_)
        pushes = self.client.pushes(transport, query)
        async with asyncio.timeout(WAIT_S):
            async for push in pushes:
                if push["type"] == type_:
                    await pushes.aclose()  # type: ignore[attr-defined]
                    return push
        raise AssertionError(f"no {type_}")

    async def test_a_last_event_id_that_is_not_ours_is_a_fresh_start(self) -> None:
        for last in ("garbage", "-1", "9" * 5000, "general:e:x", "\u00e9", "<script>", "a,b:c:1"):
            with self.subTest(last=last[:20]):
                events = self.client.events(headers={"Last-Event-ID": last})
                async with asyncio.timeout(WAIT_S):
                    event = await anext(events)
                await events.aclose()
                self.assertEqual(event.type, "hello")

    async def test_a_poll_by_post_reads_its_body_as_carefully(self) -> None:
        for body in (
            b'{"cursor":{"a":1}}',
            b'{"cursor":[["general","e",1]]}',
            b'{"cursor":5}',
            b'{"room":["general"]}',
            b'{"cursor":"\\ud800"}',
            b"{",
            b'{"x":' + b"[" * 100_000,
            b"\xff",
            b"cursor=%ff",
            b"cursor=x",
            b"&".join(b"a%d=1" % n for n in range(1001)),
        ):
            with self.subTest(body=body[:40]):
                response = await self.client.post("/poll", body)
                self.assertEqual(response.code, 400, response.body)

    async def test_another_users_session_is_not_carried_on(self) -> None:
        async with Receiver(self.url, "websocket") as owner:
            session = owner.heard[0]["session"]
            for transport in TRANSPORTS:
                hello = await self.first(transport, f"?session={session}", "hello")
                self.assertNotEqual(hello["session"], session)
                self.assertNotEqual(hello["user"], owner.heard[0]["user"])
            await self.client.command(type="send", room="general", text="ping", key="session")
            await owner.until(lambda push: push.get("key") == "session")

    async def test_a_session_that_a_client_made_up_is_not_taken(self) -> None:
        for session in ("x", "A" * 24, "%00", "..%2f..", "%e2%98%83" * 24, "x" * 5000):
            for transport in TRANSPORTS:
                hello = await self.first(transport, f"?session={session}", "hello")
                self.assertNotEqual(hello["session"], session)
