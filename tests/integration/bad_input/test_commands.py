"""Commands that are none, too many or too large, by POST and by WebSocket."""

import json
from typing import Any

from tests.integration.bad_input.case import BadInputTest, reply_of
from tests.integration.bad_input.samples import BAD_COMMANDS, GOOD_COMMANDS
from tests.support.clients import Client, raw


class TestCommands(BadInputTest):
    async def test_a_bad_command_by_post_is_refused_with_its_code(self) -> None:
        statuses = {"no_such_room": 404, "forbidden": 403, "too_long": 413}
        for data, code in BAD_COMMANDS:
            with self.subTest(data=data[:80]):
                response = await self.client.post("/send", data)
                self.assertEqual(response.code, statuses.get(code, 400), response.body)
                answer = json.loads(response.body)
                # What is no command at all is refused as a body; the rest has a reply.
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

    async def test_bytes_that_are_no_utf_8_are_no_json(self) -> None:
        for data in (
            b"\xff",
            b'{"type":"ping","id":"\xff"}',
            b'{"type":"ping","id":"\xed\xa0\x80"}',
            '{"type":"ping"}'.encode("utf-16"),
            b"[" * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b'[{"type":"ping"},' + b"[" * 100_000 + b"]" * 100_000 + b"]",
            b'[{"type":"ping"}',
            b"[1,]",
        ):
            with self.subTest(data=data[:40]):
                response = await self.client.post("/send", data)
                answer = json.loads(response.body)
                (error,) = answer.get("replies", [answer])
                self.assertEqual((response.code, error["code"]), (400, "bad_json"))

    async def test_text_of_4000_characters_is_taken_in_any_writing(self) -> None:
        for n, character in enumerate(("x", "\u00e9", "\U0001f600", '"', "<")):
            reply = await self.client.command(
                type="send", room="general", text=character * 4000, key=f"4000-{n}"
            )
            self.assertEqual(reply["type"], "ok")

    async def test_who_has_not_joined_cannot_speak_there(self) -> None:
        async with Client(self.url) as member:
            await member.command(type="join", room="members")
        reply = await self.client.command(type="send", room="members", text="x", key="k")
        self.assertEqual(reply["code"], "not_member")

    async def test_markup_that_would_run_is_shown_as_text(self) -> None:
        texts = [
            "<img src=x onerror=alert(1)>",
            "</script><script>alert(1)</script>",
            "[x](javascript:alert(1))",
            "\u2028event: x\r\n\r\ndata: y\n\nid: 0",
        ]
        for n, text in enumerate(texts):
            await self.client.command(type="send", room="general", text=text, key=f"m{n}")
        wanted = texts[-1].replace("\r\n", "\n")
        for receiver in self.receivers:
            push = await receiver.until(lambda push: push.get("text") == wanted)
            html = [p["html"] for p in receiver.heard if p["type"] == "message"]
            self.assertEqual(push["type"], "message")
            self.assertNotIn("<img", "".join(html))
            self.assertNotIn("<script", "".join(html))
            self.assertNotIn('href="javascript', "".join(html))


class TestBatches(BadInputTest):
    async def messages_with(self, prefix: str) -> list[str]:
        response = await self.client.get("/api/rooms/general/messages?limit=200")
        texts = [message["text"] for message in json.loads(response.body)["messages"]]
        return [text for text in texts if text.startswith(prefix)]

    def batch(self, prefix: str, count: int) -> list[dict[str, Any]]:
        return [
            {"type": "send", "room": "general", "text": f"{prefix}{n}", "key": f"{prefix}{n}"}
            for n in range(count)
        ]

    async def test_a_batch_of_101_is_refused_and_nothing_of_it_is_done(self) -> None:
        response = await self.client.post("/send", json.dumps(self.batch("many", 101)))
        self.check_refusal(response, 400, "bad_command")
        self.assertEqual(await self.messages_with("many"), [])

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


class TestSizes(BadInputTest):
    async def test_a_frame_of_64_kib_is_read_and_one_byte_more_closes_with_1009(self) -> None:
        socket = await self.client.websocket()
        await socket.send(padded_ping(64 << 10))
        self.assertEqual((await reply_of(socket))["type"], "pong")
        await socket.send(padded_ping((64 << 10) + 1))
        await socket.until_closed()
        self.assertEqual(socket.close_code, 1009)

    async def test_a_body_of_2_mib_is_read_and_one_byte_more_is_413(self) -> None:
        response = await self.client.post("/send", padded_ping(2 << 20))
        self.assertEqual(json.loads(response.body)["replies"], [{"type": "pong"}])
        response = await self.client.post("/send", padded_ping((2 << 20) + 1))
        self.check_refusal(response, 413, "too_long")

    async def test_a_body_that_is_said_to_be_endless_is_not_waited_for(self) -> None:
        answer = await raw(
            self.url, b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n"
        )
        self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)

    async def test_a_cursor_longer_than_any_is_413(self) -> None:
        cursor = ",".join(f"{'r' * 58}{n:05}:e:1" for n in range(110))
        for path in ("/events", "/poll", "/chat"):
            response = await self.client.get(f"{path}?cursor={cursor}")
            self.check_refusal(response, 413, "too_long")
        response = await self.client.post("/poll", json.dumps({"cursor": cursor}))
        self.check_refusal(response, 413, "too_long")


class TestFrames(BadInputTest):
    async def test_a_binary_frame_is_refused_and_the_next_one_is_read(self) -> None:
        socket = await self.client.websocket()
        await socket.send(b'{"type":"ping"}')
        self.assertEqual((await reply_of(socket))["code"], "bad_command")
        await socket.send('{"type":"ping"}')
        self.assertEqual((await reply_of(socket))["type"], "pong")

    async def test_a_text_frame_that_is_no_utf_8_ends_the_connection(self) -> None:
        socket = await self.client.websocket()
        # send would not send it: so bytes, in a frame that says it is text.
        await socket.connection.protocol._write_frame(True, 0x1, b"\xff")
        await socket.until_closed()

    async def test_plain_http_at_the_websockets_address_is_refused(self) -> None:
        self.assertEqual((await self.client.get("/chat")).code, 426)
        self.assertEqual((await self.client.post("/chat")).code, 405)
        response = await self.client.get(
            "/chat",
            {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "8"},
        )
        self.assertEqual(response.code, 426)


def padded_ping(size: int) -> str:
    """Return a ping of exactly ``size`` bytes."""
    empty = '{"type":"ping","x":""}'
    return '{"type":"ping","x":"' + "x" * (size - len(empty)) + '"}'
