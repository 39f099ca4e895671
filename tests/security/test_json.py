"""Rows 57 to 71: invalid JSON and impossible values, in every body and frame."""

import json
import secrets
from collections.abc import Iterator

from tests.security.case import SecurityTest, reply_of
from tests.security.endpoints import TAKES_JSON, Endpoint
from tests.security.test_attaching import first
from tests.support.wire import TRANSPORTS

NESTED = b"[" * 100_000
MANY_DIGITS = b"9" * 5000
ROOM = "/api/rooms/general/messages"
OFFSETS = ("-1", "9223372036854775808", '"1e3"', "1.5", "true", "[1]", '"1"')


def everything(value: bytes, name: bytes = b"x") -> bytes:
    """Return a body that every endpoint that takes JSON accepts, apart from the field ``name``."""
    return (
        b'{"type":"send","room":"general","can":["sse"],"hold_s":0,"text":"t","key":"%b","%b":%b}'
        % (name, name, value)
    )


class TestJson(SecurityTest):
    async def are_refused(self, body: bytes, code: str = "bad_json") -> None:
        """Check that all endpoints for JSON, by POST and by frame, answer 400 with ``code``."""
        for to in TAKES_JSON:
            with self.subTest(to=to, body=body[:80]):
                await self.is_refused(to, body, code)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return  # test_row_49 tests this in a frame
        if len(body) > 64 << 10:
            return  # the limit of a frame comes first
        socket = await self.client.websocket()
        await socket.send(text)
        with self.subTest(to="a frame", body=body[:80]):
            error = await reply_of(socket)
            self.assertEqual((error["type"], error["code"]), ("error", code))
            await socket.send('{"type":"ping","id":"still here"}')
            self.assertEqual(await reply_of(socket), {"type": "pong", "id": "still here"})
        await socket.close()

    async def is_refused(self, to: Endpoint, body: bytes, code: str) -> None:
        response = await self.client.post(to.path, body)
        self.assertEqual(response.code, 400, response.body)
        answer = json.loads(response.body)
        (error,) = answer.get("replies", [answer])
        self.assertEqual(error["type"], "error")
        if to.path != "/poll" or body.startswith(b"{"):  # otherwise it may be read as a bad form
            self.assertEqual(error["code"], code)

    async def are_taken(self, body: bytes) -> None:
        for to in TAKES_JSON:
            with self.subTest(to=to, body=body[:80]):
                response = await self.client.post(to.path, body)
                self.assertEqual(response.code, 200, response.body)

    async def test_what_every_row_changes_is_right_without_the_change(self) -> None:
        await self.are_taken(everything(b"1"))

    async def test_row_57_100_000_nested_lists_400(self) -> None:
        await self.are_refused(everything(NESTED + b"]" * 100_000))
        await self.are_refused(everything(NESTED))
        await self.are_refused(everything(b"[" * 20_000 + b"]" * 20_000))
        await self.are_refused(everything(b'{"a":' * 10_000 + b"1" + b"}" * 10_000))
        batch = Endpoint("POST", "/send")
        for body in (NESTED, NESTED + b"]" * 100_000, b'[{"type":"ping"},' + NESTED):
            await self.is_refused(batch, body, "bad_json")
        for body in (NESTED, b'["x",' + NESTED):
            self.assertEqual((await self.sockjs(body)), 400)

    async def sockjs(self, body: bytes) -> int:
        """Post ``body`` to SockJS's xhr_send; return the status."""
        session = f"/sockjs/0/{secrets.token_hex(8)}"
        opened = await self.client.post(f"{session}/xhr")
        self.assertEqual(opened.code, 200)
        return (await self.client.post(f"{session}/xhr_send", body)).code

    async def test_row_58_nan_400(self) -> None:
        for value in (b"NaN", b"Infinity", b"-Infinity", b"nan"):
            await self.are_refused(everything(value))

    async def test_row_59_a_lone_surrogate_400(self) -> None:
        """It is refused where a text is stored or echoed; elsewhere the field is not read."""
        looked_at = {"/send": b"text", ROOM: b"text", "/negotiate": b"session", "/poll": b"cursor"}
        for value in (b'"\\ud800"', b'"\\udc00 x"', b'"\\ud800\\ud800"', b'"x\\ud83d"'):
            for to in TAKES_JSON:
                await self.is_refused(to, everything(value, looked_at[to.path]), "bad_json")
            socket = await self.client.websocket()
            for name in (b"text", b"key", b"room", b"id"):
                await socket.send(everything(value, name).decode())
                self.assertEqual((await reply_of(socket))["code"], "bad_json")
            await socket.close()
            self.assertEqual(await self.sockjs(b"[%b]" % value), 400)
        for to in TAKES_JSON:
            body = everything(b'"\xed\xa0\x80"', looked_at[to.path])
            await self.is_refused(to, body, "bad_json")

    async def test_row_60_a_number_of_5000_digits_400(self) -> None:
        """It is refused where a number is expected; elsewhere the field is not read."""
        response = await self.client.post("/send", everything(MANY_DIGITS))
        self.assertEqual(response.code, 200)
        for command in self.commands_at(MANY_DIGITS):
            await self.is_refused(Endpoint("POST", "/send"), command, "bad_command")
        await self.is_refused(
            Endpoint("POST", "/send"), b'{"type":"ping","id":%b}' % MANY_DIGITS, "bad_command"
        )

    async def test_row_61_a_number_without_end_400(self) -> None:
        for number in (b"1e999", b"-1e999", b"1e99999999999"):
            for command in self.commands_at(number):
                await self.is_refused(Endpoint("POST", "/send"), command, "bad_command")
        failed = b'{"can":["sse"],"failed":[{"transport":"sse","reason":"x","after_ms":1e999}]}'
        await self.is_refused(Endpoint("POST", "/negotiate"), failed, "bad_command")

    def commands_at(self, offset: bytes) -> Iterator[bytes]:
        for fields in (
            b'"type":"edit","text":"x"',
            b'"type":"delete"',
            b'"type":"react","emoji":"x","on":true',
            b'"type":"read"',
        ):
            yield b'{"room":"general",%b,"offset":%b}' % (fields, offset)

    async def test_row_62_utf_16_or_a_byte_order_mark_400(self) -> None:
        text = everything(b"1").decode()
        for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig"):
            await self.are_refused(text.encode(encoding))

    async def test_row_63_what_trails_400(self) -> None:
        for trailing in (b" x", b"{}", b"]", b",", b"\0", b"//"):
            await self.are_refused(everything(b"1") + trailing)

    async def test_row_64_of_a_field_that_is_there_twice_the_last_counts(self) -> None:
        twice = b'{"type":"send","room":"nowhere","room":"general","text":"a","text":"b","key":"d"}'
        response = await self.client.post("/send", twice)
        offset = json.loads(response.body)["replies"][0]["offset"]
        history = await self.client.get(f"{ROOM}?before={offset + 1}&limit=1")
        self.assertEqual(json.loads(history.body)["messages"][0]["text"], "b")
        for types in (("ping", "dance"), ("dance", "ping"), ("ping", "typing")):
            both = ",".join(f'"type":"{type_}"' for type_ in types)
            response = await self.client.post("/send", f'{{{both},"room":"general"}}')
            self.assertEqual(response.code, 400, response.body)

    async def test_row_65_a_raw_control_character_400(self) -> None:
        for character in (b"\x00", b"\x01", b"\n", b"\x1b", b"\x1f"):
            await self.are_refused(everything(b'"a%bb"' % character))

    async def test_row_66_a_nul_400(self) -> None:
        for name in ("a%00b", "%00"):
            self.check_refusal(await self.client.post("/login", f"name={name}"), 400, "bad_command")
        send = b'{"type":"send","room":"general","key":"k","text":"a\\u0000b"}'
        await self.is_refused(Endpoint("POST", "/send"), send, "bad_command")
        await self.is_refused(Endpoint("POST", ROOM), send, "bad_command")
        join = b'{"type":"join","room":"a\\u0000"}'
        await self.is_refused(Endpoint("POST", "/send"), join, "bad_room")

    async def test_row_67_names_that_javascript_knows_are_inert(self) -> None:
        for name in (b"__proto__", b"constructor", b"prototype", b"toString"):
            await self.are_taken(everything(b'{"isAdmin":true,"type":"x"}', name))
        for room in ("__proto__", "constructor"):
            reply = await self.client.command(type="join", room=room)
            self.assertEqual(reply.get("code", "ok"), "bad_room" if room[0] == "_" else "ok")
        reply = await self.client.command(type="__proto__")
        self.assertEqual(reply["code"], "unknown_type")

    async def test_row_68_wrong_types_400(self) -> None:
        for value in (b"5", b"null", b"[]", b"{}", b"true"):
            for name in (b"room", b"text", b"key", b"type"):
                await self.is_refused(
                    Endpoint("POST", "/send"), everything(value, name), "bad_command"
                )
            for name in (b"text", b"key"):
                await self.is_refused(
                    Endpoint("POST", ROOM), everything(value, name), "bad_command"
                )
            for name in (b"can", b"failed", b"session"):
                if (value, name) not in ((b"null", b"session"), (b"[]", b"failed")):
                    body = everything(value, name)
                    await self.is_refused(Endpoint("POST", "/negotiate"), body, "bad_command")
        for body in (b"1", b"null", b"true", b'"x"'):
            await self.are_refused_as_bodies(body)

    async def are_refused_as_bodies(self, body: bytes) -> None:
        for to in TAKES_JSON:
            with self.subTest(to=to, body=body):
                if to.path != "/poll":  # which reads it as a form without fields
                    await self.is_refused(to, body, "bad_command")

    async def test_row_69_an_offset_that_is_none_400(self) -> None:
        for offset in OFFSETS:
            for command in self.commands_at(offset.encode()):
                await self.is_refused(Endpoint("POST", "/send"), command, "bad_command")
        for offset in ("-1", "9223372036854775808", "1e3", "1.5", "x", "%00", "%d9%a2", "9" * 16):
            for name in ("before", "after", "limit"):
                response = await self.client.get(f"{ROOM}?{name}={offset}")
                self.check_refusal(response, 400, "bad_command")
            for path in ("/poll?", "/events?", "/chat?"):
                response = await self.client.get(f"{path}cursor=general:e:{offset}")
                self.check_refusal(response, 400, "bad_command")
            response = await self.client.get(f"/poll?hold_s={offset}")
            self.check_refusal(response, 400, "bad_command")

    async def test_row_70_a_cursor_from_the_future_or_another_life_is_a_resync(self) -> None:
        (hello,) = [push for push in self.receivers[0].seen.heard if push["type"] == "hello"]
        epoch = hello["rooms"][0]["epoch"]
        for cursor in (f"general:{epoch}:999999", "general:elsewhere:1", "general:0:0"):
            for transport in TRANSPORTS:
                with self.subTest(cursor=cursor, transport=transport):
                    push = await first(self.client, transport, f"?cursor={cursor}", "resync")
                    self.assertEqual((push["room"], push["epoch"]), ("general", epoch))

    async def test_row_71_a_key_that_is_empty_or_too_long_400(self) -> None:
        for key in ("", "k" * 65, "k" * 257):
            body = everything(json.dumps(key).encode(), b"key")
            for to in (Endpoint("POST", "/send"), Endpoint("POST", ROOM)):
                await self.is_refused(to, body, "bad_command")
        ping = json.dumps({"type": "ping", "id": "x" * 257}).encode()
        await self.is_refused(Endpoint("POST", "/send"), ping, "bad_command")
        reply = await self.client.command(type="send", room="general", text="x", key="k" * 64)
        self.assertEqual(reply["type"], "ok")
