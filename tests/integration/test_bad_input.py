"""Whatever a client sends, it gets a plain refusal, and nobody else notices.

After each of these tests three other clients, one on each transport, get a good message, the
server says that it is well, and its log holds no traceback.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any
from unittest import IsolatedAsyncioTestCase

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from tests.support.clients import TRANSPORTS, WAIT_S, Client, Push, Receiver, Socket, raw
from tests.support.server import ServerProcess, run_server

# (what is sent, the code it is refused with) for each command a client might get wrong.
BAD_COMMANDS: list[tuple[str, str]] = [
    ("", "bad_json"),
    (" ", "bad_json"),
    ("{", "bad_json"),
    ("hello", "bad_json"),
    ("'", "bad_json"),
    ("\ufeff" + '{"type":"ping"}', "bad_json"),
    ('{"type":"ping"} x', "bad_json"),
    ('{"type":"ping"}{"type":"ping"}', "bad_json"),
    ('{"type":"ping","x":NaN}', "bad_json"),
    ('{"type":"ping","x":Infinity}', "bad_json"),
    ('{"type":"ping","x":"\x01"}', "bad_json"),
    ('{"type":"ping","id":"\x01"}', "bad_json"),
    ('{"type":"ping",}', "bad_json"),
    ('{"type":"send","room":5, oops', "bad_json"),
    ('{"type":"ping","id":"\\ud800"}', "bad_json"),
    ('{"type":"ping","id":"\\ud800 x"}', "bad_json"),
    ('{"type":"ping","id":"\\ud800\\ud800"}', "bad_json"),
    ('{"type":"ping","id":"\\udc00"}', "bad_json"),
    ('{"type":"send","room":"general","key":"k","text":"\\ud83d"}', "bad_json"),
    ('{"type":"ping","x":' + "[" * 30_000 + "]" * 30_000 + "}", "bad_json"),
    ('{"type":"send","room":5,"x":' + "[" * 30_000 + "]" * 30_000 + "}", "bad_json"),
    ('{"a":' * 10_000 + "1" + "}" * 10_000, "bad_json"),
    ("1", "bad_command"),
    ("null", "bad_command"),
    ("true", "bad_command"),
    ('"ping"', "bad_command"),
    ("{}", "bad_command"),
    ('{"type":null}', "bad_command"),
    ('{"type":5}', "bad_command"),
    ('{"type":["ping"]}', "bad_command"),
    ('{"type":"ping","id":[]}', "bad_command"),
    ('{"type":"ping","id":true}', "bad_command"),
    ('{"type":"ping","id":' + "9" * 5000 + "}", "bad_command"),
    ('{"type":"ping","id":1e999}', "bad_command"),
    ('{"type":"ping","id":"' + "x" * 257 + '"}', "bad_command"),
    ('{"type":"join"}', "bad_command"),
    ('{"type":"join","room":null}', "bad_command"),
    ('{"type":"join","room":5}', "bad_command"),
    ('{"type":"join","room":["general"]}', "bad_command"),
    ('{"type":"send","room":"general","text":"x"}', "bad_command"),
    ('{"type":"send","room":"general","text":null,"key":"k"}', "bad_command"),
    ('{"type":"send","room":"general","text":{},"key":"k"}', "bad_command"),
    ('{"type":"send","room":"general","text":"x","key":""}', "bad_command"),
    ('{"type":"send","room":"general","text":"x","key":"' + "k" * 65 + '"}', "bad_command"),
    ('{"type":"send","room":"general","text":"x","key":5}', "bad_command"),
    ('{"type":"send","room":"general","text":"a\\u0000b","key":"k"}', "bad_command"),
    ('{"type":"edit","room":"general","offset":0,"text":"x"}', "bad_command"),
    ('{"type":"edit","room":"general","offset":-1,"text":"x"}', "bad_command"),
    ('{"type":"edit","room":"general","offset":"1","text":"x"}', "bad_command"),
    ('{"type":"edit","room":"general","offset":1.5,"text":"x"}', "bad_command"),
    ('{"type":"edit","room":"general","offset":true,"text":"x"}', "bad_command"),
    ('{"type":"delete","room":"general","offset":1e999}', "bad_command"),
    ('{"type":"delete","room":"general","offset":9007199254740992}', "bad_command"),
    ('{"type":"delete","room":"general","offset":9007199254740991}', "bad_command"),
    ('{"type":"delete","room":"general","offset":' + "9" * 5000 + "}", "bad_command"),
    ('{"type":"read","room":"general","offset":-1}', "bad_command"),
    ('{"type":"read","room":"general","offset":9223372036854775808}', "bad_command"),
    ('{"type":"react","room":"general","offset":1,"emoji":"","on":true}', "bad_command"),
    ('{"type":"react","room":"general","offset":1,"emoji":"x","on":1}', "bad_command"),
    ('{"type":"dance"}', "unknown_type"),
    ('{"type":"PING"}', "unknown_type"),
    ('{"type":""}', "unknown_type"),
    ('{"type":"hello"}', "unknown_type"),
    ('{"type":"__proto__"}', "unknown_type"),
    ('{"type":"join","room":""}', "bad_room"),
    ('{"type":"join","room":"*"}', "bad_room"),
    ('{"type":"join","room":".."}', "bad_room"),
    ('{"type":"join","room":"a/b"}', "bad_room"),
    ('{"type":"join","room":"a%2fb"}', "bad_room"),
    ('{"type":"join","room":"a\\r\\nb"}', "bad_room"),
    ('{"type":"join","room":"dev\\n"}', "bad_room"),
    ('{"type":"join","room":"a\\u0000"}', "bad_room"),
    ('{"type":"join","room":"General"}', "bad_room"),
    ('{"type":"join","room":"\\u0662"}', "bad_room"),
    ('{"type":"join","room":"' + "x" * 65 + '"}', "bad_room"),
    ('{"type":"join","room":"' + "x" * 256 + '"}', "bad_room"),
    ('{"type":"send","room":"nowhere","text":"x","key":"k"}', "no_such_room"),
    ('{"type":"leave","room":"nowhere"}', "no_such_room"),
    ('{"type":"leave","room":"general"}', "forbidden"),
    ('{"type":"send","room":"general","text":"","key":"k"}', "empty"),
    ('{"type":"send","room":"general","text":" \\n\\u200b","key":"k"}', "empty"),
    ('{"type":"send","room":"general","text":"' + "x" * 4001 + '","key":"k"}', "too_long"),
]  # fmt: skip

# Odd, but nothing against them.
GOOD_COMMANDS = [
    '{"type":"ping","x":1e999}',
    '{"type":"ping","x":' + "9" * 5000 + "}",
    '{"type":"ping","__proto__":{"type":"x"},"constructor":null}',
    '{"type":"ping","type":"ping"}',
    ' \r\n\t{"type":"ping"} ',
    '{"type":"ping","id":null}',
    '{"type":"ping","id":"' + "x" * 256 + '"}',
]

BAD_CURSORS = [
    "general", "general:e", "general:e:", "general:e:-1", "general:e:1e3", "general:e:01",
    "general:e:1.0", "general:e:9007199254740992", "general:e:9223372036854775808",
    "general:e:99999999999999999999", "general:E:1", "general::1", ":e:1", "*:e:1", "..:e:1",
    "general:e:1,", ",", ",general:e:1", "general:e:1,general:e:2", "general:e:1;dev:e:1",
    "general:e:%31%00", "%00", "%0d%0aSet-Cookie:%20a=b", "%ff", "%ed%a0%80", "x" * 100,
]  # fmt: skip

# As they stand in a path or a query, so encoded.
BAD_ROOMS = [
    "*", "a%3f", "[a]", "{x}", "..", "%2e%2e", "a%2fb", "%2f", "%0d%0aX-Evil:%201", "%00", "%ff",
    "A", "-a", "a.b", "%20", "a%20", "caf%c3%a9", "x" * 65, "x" * 256, "%ed%a0%80",
]  # fmt: skip

FOREIGN: list[dict[str, str]] = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "{url}.evil.example"},
    {"Origin": "{url}0"},
    {"Origin": "http://evil.example", "Referer": "{url}/"},
    {"Origin": "http://["},
    {"Origin": "http://a]b"},
    {"Origin": "javascript:alert(1)"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "{url}"},
    {"Sec-Fetch-Site": "nonsense"},
]


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with run_server(RATE_LIMITS="off") as server:
        yield server
        assert server.stop() == 0
        assert faults(server) == []  # complete only now that the log is closed


@pytest.fixture(scope="class", autouse=True)
def _(request: pytest.FixtureRequest, server: ServerProcess) -> None:
    request.cls.server = server


def faults(server: ServerProcess) -> list[str]:
    """Return the lines of the log that tell of a fault of ours."""
    return [
        line
        for line in server.log
        if any(word in line for word in ("Traceback", "ERROR", "CRITICAL", "Warning:"))
    ]


class BadInputTest(IsolatedAsyncioTestCase):
    server: ServerProcess
    count = 0

    async def asyncSetUp(self) -> None:
        self.url = self.server.url
        stack = await self.enterAsyncContext(AsyncExitStack())
        self.client = await stack.enter_async_context(Client(self.url))
        self.receivers = [
            await stack.enter_async_context(Receiver(self.url, transport))
            for transport in TRANSPORTS
        ]

    async def asyncTearDown(self) -> None:
        """Nobody else has noticed."""
        BadInputTest.count += 1
        text = f"good message {self.count}"
        async with Client(self.url) as other:
            reply = await other.command(type="send", room="general", text=text, key=text)
            self.assertEqual(reply["type"], "ok")
            for receiver in self.receivers:
                await receiver.until(lambda push: push.get("text") == text)
            self.assertEqual((await other.get("/healthz")).code, 200)
        self.assertEqual(faults(self.server), [])

    def check_refusal(self, response: HTTPResponse, status: int, code: str) -> None:
        self.assertEqual(response.code, status, response.body)
        self.assertEqual(response.headers["Content-Type"], "application/json; charset=utf-8")
        error = json.loads(response.body)
        self.assertEqual((error["type"], error["code"]), ("error", code))
        self.assertTrue(error["message"])


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
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 ") or answer == b"", answer)

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
        self.assertEqual((await self.client.get("/chat")).code, 400)
        self.assertEqual((await self.client.post("/chat")).code, 405)
        response = await self.client.get(
            "/chat",
            {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "8"},
        )
        self.assertEqual(response.code, 426)


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


class TestAddresses(BadInputTest):
    async def test_bad_rooms_in_a_path_are_refused_by_the_api_and_the_page(self) -> None:
        for room in BAD_ROOMS:
            for method, path in (
                ("GET", f"/api/rooms/{room}/messages"),
                ("POST", f"/api/rooms/{room}/messages"),
                ("GET", f"/rooms/{room}"),
            ):
                with self.subTest(method=method, path=path):
                    body = '{"text":"x","key":"k"}' if method == "POST" else None
                    response = await self.client.fetch(method, path, body)
                    self.assertIn(response.code, (400, 404), response.body)
                    self.assertNotIn("X-Evil", response.headers)
                    self.assertEqual(json.loads(response.body)["type"], "error")

    async def test_a_history_is_capped_however_much_is_asked_for(self) -> None:
        texts = [
            {"type": "send", "room": "general", "text": f"h{n}", "key": f"h{n}"} for n in range(100)
        ]
        await self.client.post("/send", json.dumps(texts))
        for n in range(2):
            again = [{**text, "key": f"{text['key']}-{n}"} for text in texts]
            await self.client.post("/send", json.dumps(again))
        for limit, count in (("200", 200), ("201", 200), ("1000000000", 200), ("0", 1)):
            response = await self.client.get(f"/api/rooms/general/messages?limit={limit}")
            self.assertEqual(len(json.loads(response.body)["messages"]), count)

    async def test_bounds_that_are_no_whole_numbers_are_refused(self) -> None:
        for name in ("limit", "before", "after"):
            for value in ("-1", "x", "1e9", "1.5", "%00", "9" * 16, "9" * 5000, "%d9%a2", "%ff"):
                with self.subTest(name=name, value=value[:20]):
                    response = await self.client.get(f"/api/rooms/general/messages?{name}={value}")
                    self.check_refusal(response, 400, "bad_command")

    async def test_a_history_of_no_room_is_404(self) -> None:
        response = await self.client.get("/api/rooms/nowhere/messages")
        self.check_refusal(response, 404, "no_such_room")

    async def test_what_is_nowhere_is_404_as_json(self) -> None:
        for path in ("/nowhere", "/api", "/api/rooms/", "/.git/config", "/rooms/a/b", "/rooms/a/0"):
            for method in ("GET", "POST"):
                self.check_refusal(await self.client.fetch(method, path), 404, "bad_command")

    async def test_files_outside_of_static_stay_there(self) -> None:
        for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"):
            answer = await raw(self.url, f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            self.assertIn(answer[:12], (b"HTTP/1.1 403", b"HTTP/1.1 404"))

    async def test_a_wrong_method_is_405(self) -> None:
        for method, path in (
            ("GET", "/send"),
            ("GET", "/negotiate"),
            ("DELETE", "/api/rooms/general/messages"),
            ("PUT", "/send"),
            ("TRACE", "/"),
            ("OPTIONS", "/send"),
            ("POST", "/events"),
        ):
            response = await self.client.fetch(method, path, None)
            self.assertEqual(response.code, 405, (method, path))


class TestBodies(BadInputTest):
    async def test_a_type_that_is_not_jsons_is_415(self) -> None:
        for path in ("/send", "/negotiate", "/api/rooms/general/messages"):
            for headers in (
                {"Content-Type": "application/xml"},
                {"Content-Type": "application/json", "Content-Encoding": "gzip"},
                {"Content-Type": "application/octet-stream"},
            ):
                with self.subTest(path=path, headers=headers):
                    response = await self.client.post(path, '{"type":"ping"}', headers)
                    self.check_refusal(response, 415, "bad_command")

    async def test_posted_messages_are_checked_like_commands(self) -> None:
        path = "/api/rooms/general/messages"
        for body, status, code in (
            ("", 400, "bad_command"),
            ("[]", 400, "bad_command"),
            ("{", 400, "bad_json"),
            ('{"text":"x"}', 400, "bad_command"),
            ('{"text":5,"key":"k"}', 400, "bad_command"),
            ('{"text":"\\ud800","key":"k"}', 400, "bad_json"),
            ('{"text":"x","key":""}', 400, "bad_command"),
            ('{"text":"","key":"k"}', 400, "empty"),
            (json.dumps({"text": "x" * 4001, "key": "k"}), 413, "too_long"),
        ):
            with self.subTest(body=body[:40]):
                self.check_refusal(await self.client.post(path, body), status, code)

    async def test_a_negotiation_that_makes_no_sense_is_refused(self) -> None:
        for body in (
            "[]",
            "{",
            '{"can":"websocket"}',
            '{"can":[5]}',
            '{"can":[]}',
            '{"can":["smoke signals"]}',
            '{"can":["sse"],"failed":[{}]}',
            '{"can":["sse"],"failed":[{"transport":"sse","after_ms":NaN}]}',
            '{"can":["sse"],"failed":[{"transport":"sse","after_ms":1e999}]}',
            json.dumps({"can": ["sse"], "failed": [{"transport": "sse"}] * 51}),
            json.dumps({"can": ["sse"] * 21}),
            '{"session":5}',
            '{"x":' + "[" * 100_000 + "]" * 100_000 + "}",
        ):
            with self.subTest(body=body[:40]):
                response = await self.client.post("/negotiate", body)
                self.assertEqual(response.code, 400, response.body)

    async def test_a_name_that_would_harm_others_lines_is_refused(self) -> None:
        for name, code in (
            ("", "empty"),
            ("%20", "empty"),
            ("%e2%80%8d", "empty"),
            ("x" * 33, "too_long"),
            ("a%00b", "bad_command"),
            ("a%1bb", "bad_command"),
            ("a%e2%80%aeb", "bad_command"),
            ("a" + "%cc%81" * 20, "bad_command"),
        ):
            with self.subTest(name=name):
                response = await self.client.post("/login", f"name={name}")
                status = 413 if code == "too_long" else 400
                self.check_refusal(response, status, code)
        for body in (b"\xff", b"&".join(b"n%d=1" % n for n in range(21))):
            self.assertEqual((await self.client.post("/login", body)).code, 400)


class TestOrigins(BadInputTest):
    def foreign(self) -> Iterator[dict[str, str]]:
        for headers in FOREIGN:
            yield {name: value.replace("{url}", self.url) for name, value in headers.items()}

    async def test_another_sites_page_can_post_nothing_in_a_users_name(self) -> None:
        for path in ("/send", "/negotiate", "/poll", "/login", "/api/rooms/general/messages"):
            for headers in self.foreign():
                with self.subTest(path=path, headers=headers):
                    body = '{"type":"ping","text":"x","key":"cross","can":["sse"]}'
                    response = await self.client.post(path, body, headers)
                    self.check_refusal(response, 403, "forbidden")

    async def test_another_sites_page_can_open_no_websocket(self) -> None:
        for headers in self.foreign():
            with self.subTest(headers=headers):
                with self.assertRaises(HTTPClientError) as caught:
                    await self.client.websocket(headers=headers)
                self.assertEqual(caught.exception.code, 403)

    async def test_our_own_page_can(self) -> None:
        for headers in ({"Origin": self.url}, {"Sec-Fetch-Site": "same-origin"}):
            response = await self.client.post("/send", '{"type":"ping"}', headers)
            self.assertEqual(response.code, 200)
            socket = await self.client.websocket(headers=headers)
            hello = await socket.read()
            assert hello is not None
            self.assertEqual(hello["type"], "hello")

    async def test_no_other_site_is_let_in_on_an_answer(self) -> None:
        for method, path in (
            ("GET", "/poll"),
            ("GET", "/api/rooms"),
            ("GET", "/api/rooms/general/messages"),
            ("OPTIONS", "/send"),
            ("OPTIONS", "/events"),
            ("GET", "/healthz"),
        ):
            response = await self.client.fetch(
                method,
                path,
                headers={
                    "Origin": "http://evil.example",
                    "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "content-type",
                },
            )
            allowed = [name for name in response.headers if name.startswith("Access-Control-")]
            self.assertEqual(allowed, [], path)
        head = b"GET /events HTTP/1.1\r\nHost: a\r\nOrigin: http://evil.example\r\n\r\n"
        self.assertNotIn(b"access-control-", (await raw(self.url, head)).lower())


class TestIdentities(BadInputTest):
    async def who(self, cookie: str | None) -> str:
        async with Client(self.url) as client:
            client.cookie = cookie
            async with asyncio.timeout(WAIT_S):
                pushes = client.pushes("websocket")
                hello = await anext(pushes)
                await pushes.aclose()  # type: ignore[attr-defined]
        return str(hello["user"])

    async def test_a_forged_cookie_makes_a_new_guest(self) -> None:
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


class TestHttp(BadInputTest):
    """What is no proper HTTP is refused or hung up on; see RFC 9112."""

    async def test_requests_that_are_none_are_refused_or_hung_up_on(self) -> None:
        for request in (
            b"\r\n\r\n\r\n",
            b"hello\r\n\r\n",
            b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
            b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd",
            b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: 1_0\r\n\r\nabcdefghij",
            b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
            b"Content-Length: 5\r\n\r\nabcde",
            b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            b"POST /send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
            b"POST /send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Length: 4\r\n\r\n0\r\n\r\n",
            b"POST /send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n",
        ):
            with self.subTest(request=request[:60]):
                answer = await raw(self.url, request)
                self.assertTrue(answer == b"" or answer[:10] == b"HTTP/1.1 4", answer[:100])

    async def test_headers_that_speak_for_others_are_not_believed(self) -> None:
        response = await self.client.get(
            "/healthz",
            {"X-Forwarded-For": "<script>, 1.2.3.4", "X-Real-Ip": "x", "X-Scheme": "https"},
        )
        self.assertEqual(response.code, 200)

    async def test_arguments_without_end_do_no_harm(self) -> None:
        query = "&".join(f"a{n}=1" for n in range(5000))
        response = await self.client.get(f"/api/rooms?{query}")
        self.assertIn(response.code, (200, 400))


def padded_ping(size: int) -> str:
    """Return a ping of exactly ``size`` bytes."""
    empty = '{"type":"ping","x":""}'
    return '{"type":"ping","x":"' + "x" * (size - len(empty)) + '"}'


async def reply_of(socket: Socket) -> Push:
    """Return the next reply; what others do comes between."""
    async with asyncio.timeout(WAIT_S):
        while True:
            push = await socket.read()
            assert push is not None, f"closed with {socket.close_code}"
            if push["type"] in ("ok", "error", "pong"):
                return push
