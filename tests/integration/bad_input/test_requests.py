"""Requests that are odd in themselves, whatever they ask for."""

import asyncio
import json
from collections.abc import Iterator

from tornado.httpclient import HTTPClientError

from tests.integration.bad_input.case import BadInputTest
from tests.integration.bad_input.samples import BAD_ROOMS, FOREIGN
from tests.support.clients import WAIT_S, Client, raw


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
