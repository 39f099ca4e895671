"""Requests with odd paths, methods or bodies."""

import json

from chat.requests.handler import MAX_FORM_BYTES, MAX_JSON_BYTES
from tests.security.case import SecurityTest
from tests.security.endpoints import TAKES_JSON, Endpoint, statuses
from tests.support.wire import raw


class TestAddresses(SecurityTest):
    async def test_a_history_of_no_room_is_404(self) -> None:
        response = await self.client.get("/api/rooms/nowhere/messages")
        self.check_refusal(response, 404, "no_such_room")

    async def test_what_is_nowhere_is_404_as_json(self) -> None:
        for path in (
            "/nowhere",
            "/api/",
            "/api/rooms/",
            "/.git/config",
            "/rooms/a/b",
            "/rooms/a/0",
        ):
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


class TestBodies(SecurityTest):
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

    async def test_a_body_that_is_longer_than_its_endpoint_needs_is_not_decoded(self) -> None:
        for to in TAKES_JSON:
            if to.path != "/send":  # it takes up to 100 commands
                await self.check_limit(to, b'{"x":', b"[", MAX_JSON_BYTES)
        await self.check_limit(Endpoint("POST", "/poll"), b"room=*&x=", b"%41", MAX_FORM_BYTES)

    async def check_limit(self, to: Endpoint, begun: bytes, more: bytes, limit: int) -> None:
        """Check that a bad body of ``limit`` bytes is refused as bad, a longer one as too long."""
        body = begun + more * (limit // len(more))
        for size, status in ((limit, 400), (limit + 1, 413)):
            padded = body[:size].ljust(size, more[:1])
            self.assertEqual(statuses(await raw(self.url, to.with_body(padded))), [status], to)

    async def test_what_a_poll_does_not_ask_for_is_passed_over(self) -> None:
        for body in (
            b'{"hold_s":0,"x":[[[]]]}',
            b'{"hold_s":"0","hello":null}',
            b'{"hold_s":0.0}'.replace(b".0", b""),
        ):
            answer = await raw(self.url, Endpoint("POST", "/poll").with_body(body))
            self.assertEqual(statuses(answer), [200])
        for body in (b'{"cursor":[]}', b'{"session":{}}', b'{"hold_s":0.5}', b'{"room":"*"}'):
            answer = await raw(self.url, Endpoint("POST", "/poll").with_body(body))
            self.assertEqual(statuses(answer), [400])

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
