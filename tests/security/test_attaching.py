"""Invalid cursors, rooms and sessions, and those of other users."""

import asyncio
import json
from typing import Any

from tornado.httpclient import HTTPClientError

from tests.security.case import SecurityTest, reply_of
from tests.security.samples import BAD_CURSORS
from tests.support.client import Client
from tests.support.wire import WAIT_S


class TestAttaching(SecurityTest):
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


async def first(client: Client, transport: str, query: str, type_: str) -> dict[str, Any]:
    """Return the first push of ``type_`` that ``client`` gets by ``transport``."""
    if transport == "longpoll":
        response = await client.get(f"/poll{query}")
        return next(p for p in json.loads(response.body)["data"] if p["type"] == type_)
    pushes = client.pushes(transport, query)
    async with asyncio.timeout(WAIT_S):
        async for push in pushes:
            if push["type"] == type_:
                await pushes.aclose()
                return push
    raise AssertionError(f"no {type_}")
