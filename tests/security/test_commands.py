"""Invalid commands, and too many or too large ones, by POST and by WebSocket."""

import json
from typing import Any

from tests.security.case import SecurityTest, reply_of
from tests.security.samples import BAD_COMMANDS, GOOD_COMMANDS


class TestCommands(SecurityTest):
    async def test_a_bad_command_by_post_is_refused_with_its_code(self) -> None:
        statuses = {"no_such_room": 404, "forbidden": 403, "too_long": 413}
        for data, code in BAD_COMMANDS:
            with self.subTest(data=data[:80]):
                response = await self.client.post("/send", data)
                self.assertEqual(response.code, statuses.get(code, 400), response.body)
                answer = json.loads(response.body)
                # Data that is no command at all is refused as a body; other commands have a reply.
                (error,) = answer.get("replies", [answer])
                self.assertEqual((error["type"], error["code"]), ("error", code))

    async def test_a_bad_command_by_websocket_is_refused_and_the_next_is_answered(self) -> None:
        socket = await self.client.websocket()
        for data, code in BAD_COMMANDS:
            with self.subTest(data=data[:80]):
                await socket.send(data)
                error = await reply_of(socket)
                self.assertEqual((error["type"], error.get("code")), ("error", code))
        await socket.send('{"type":"ping","id":"still here"}')
        self.assertEqual(await reply_of(socket), {"type": "pong", "id": "still here"})

    async def test_what_is_odd_but_right_is_answered(self) -> None:
        socket = await self.client.websocket()
        for data in GOOD_COMMANDS:
            with self.subTest(data=data[:80]):
                response = await self.client.post("/send", data)
                self.assertEqual(response.code, 200)
                self.assertEqual(json.loads(response.body)["replies"][0]["type"], "pong")
                await socket.send(data)
                self.assertEqual((await reply_of(socket))["type"], "pong")

    async def test_text_of_4000_characters_is_taken_in_any_writing(self) -> None:
        for n, character in enumerate(("x", "\u00e9", "\U0001f600", '"', "<")):
            reply = await self.client.command(
                type="send", room="general", text=character * 4000, key=f"4000-{n}"
            )
            self.assertEqual(reply["type"], "ok")


class TestBatches(SecurityTest):
    async def messages_with(self, prefix: str) -> list[str]:
        response = await self.client.get("/api/rooms/general/messages?limit=200")
        texts = [message["text"] for message in json.loads(response.body)["messages"]]
        return [text for text in texts if text.startswith(prefix)]

    def batch(self, prefix: str, count: int) -> list[dict[str, Any]]:
        return [
            {"type": "send", "room": "general", "text": f"{prefix}{n}", "key": f"{prefix}{n}"}
            for n in range(count)
        ]

    async def test_a_batch_of_100_is_done_in_its_order(self) -> None:
        response = await self.client.post("/send", json.dumps(self.batch("right", 100)))
        replies = json.loads(response.body)["replies"]
        self.assertEqual({reply["type"] for reply in replies}, {"ok"})
        self.assertEqual(await self.messages_with("right"), [f"right{n}" for n in range(100)])

    async def test_an_empty_batch_is_refused(self) -> None:
        self.check_refusal(await self.client.post("/send", "[]"), 400, "bad_command")

    async def test_a_bad_command_in_a_batch_has_its_reply_and_the_others_theirs(self) -> None:
        one, two = self.batch("mixed", 2)
        response = await self.client.post("/send", json.dumps([one, 5, {"type": "x"}, two]))
        self.assertEqual(response.code, 200)
        replies = json.loads(response.body)["replies"]
        self.assertEqual(
            [reply.get("code", "ok") for reply in replies],
            ["ok", "bad_command", "unknown_type", "ok"],
        )


class TestSizes(SecurityTest):
    async def test_a_cursor_longer_than_any_is_413(self) -> None:
        cursor = ",".join(f"{'r' * 58}{n:05}:e:1" for n in range(110))
        for path in ("/events", "/poll", "/chat"):
            response = await self.client.get(f"{path}?cursor={cursor}")
            self.check_refusal(response, 413, "too_long")
        response = await self.client.post("/poll", json.dumps({"cursor": cursor}))
        self.check_refusal(response, 413, "too_long")
