"""Rows 27 to 34: another site's page can do nothing in its visitor's name."""

import asyncio
from collections.abc import Iterator, Sequence

from tests.security.case import SecurityTest
from tests.security.endpoints import (
    ANYWHERE,
    FILES,
    OPERATORS,
    READS,
    SOCKETS,
    TAKES_JSON,
    WRITES,
    Endpoint,
    statuses,
)
from tests.support.wire import raw

EVIL = "Origin: http://evil.example"
HANDSHAKE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
SOCKET_ENDPOINTS = [Endpoint("GET", path) for path in SOCKETS]
BODY = b'{"type":"ping","text":"x","key":"cross","can":["sse"],"hold_s":0}'


def allowances(answer: bytes) -> list[bytes]:
    """Return the headers of ``answer`` that let other sites' pages read it."""
    head = answer.partition(b"\r\n\r\n")[0].lower()
    return [line for line in head.split(b"\r\n") if line.startswith(b"access-control-")]


class TestOrigins(SecurityTest):
    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    async def answers(self, at: Sequence[Endpoint], *lines: str) -> list[bytes]:
        """Send a request with ``lines`` to each endpoint; return the answers."""
        requests = [
            to.head(*lines, host=self.host)
            if to.method != "POST"
            else to.with_body(BODY, *lines).replace(b"Host: a", f"Host: {self.host}".encode())
            for to in at
        ]
        return await asyncio.gather(*(raw(self.url, request) for request in requests))

    async def are_refused(self, at: Sequence[Endpoint], *lines: str) -> None:
        answers = await self.answers(at, *lines)
        for to, answer in zip(at, answers, strict=True):
            with self.subTest(to=to, lines=lines):
                self.assertEqual(statuses(answer), [403], answer)
                self.assertEqual(allowances(answer), [])
                self.assertNotIn(b"Set-Cookie", answer)

    async def test_row_27_an_evil_origin_opens_no_websocket_403(self) -> None:
        await self.are_refused(SOCKET_ENDPOINTS, *HANDSHAKE, EVIL)
        await self.are_refused(SOCKET_ENDPOINTS, *HANDSHAKE, "Sec-Fetch-Site: cross-site")

    async def test_row_28_an_origin_that_is_null_or_none_403(self) -> None:
        for origin in ("null", "", "http://[", "javascript:alert(1)", "http://a]b"):
            await self.are_refused(SOCKET_ENDPOINTS, *HANDSHAKE, f"Origin: {origin}")
            await self.are_refused([*WRITES, *READS], f"Origin: {origin}")

    async def test_row_29_an_origin_that_only_looks_like_ours_403(self) -> None:
        for origin in self.alike():
            await self.are_refused(SOCKET_ENDPOINTS, *HANDSHAKE, f"Origin: {origin}")
            await self.are_refused([*WRITES, *READS], f"Origin: {origin}")

    def alike(self) -> Iterator[str]:
        yield f"{self.url}.evil.example"
        yield f"{self.url}0"
        yield f"http://evil.example/?{self.url}"
        yield f"http://{self.host}@evil.example"
        yield f"http://evil.example#{self.host}"
        yield "http://127.0.0.1"

    async def test_row_30_a_request_from_another_site_403(self) -> None:
        for site in ("cross-site", "same-site", "nonsense"):
            lines = f"Sec-Fetch-Site: {site}", f"Origin: {self.url}"
            await self.are_refused([*WRITES, *READS, *SOCKET_ENDPOINTS], *lines)

    async def test_row_31_text_from_another_site_403(self) -> None:
        """These types can be sent by a form, or by a script without a preflight."""
        for type_ in ("text/plain", "application/x-www-form-urlencoded", ""):
            await self.are_refused(TAKES_JSON, EVIL, f"Content-Type: {type_}")

    async def test_row_32_a_preflight_allows_nothing(self) -> None:
        at = [to._replace(method="OPTIONS") for to in ANYWHERE]
        asks = "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"
        for to, answer in zip(at, await self.answers(at, EVIL, *asks), strict=True):
            with self.subTest(to=to):
                self.assertIn(statuses(answer), ([403], [404], [405]))
                self.assertEqual(allowances(answer), [])

    async def test_row_33_no_origin_is_let_in_with_its_credentials(self) -> None:
        cookie = f"Cookie: {self.receivers[0].cookie}"
        for origin in ("http://evil.example", "null", self.url):
            for answer in await self.answers(ANYWHERE, f"Origin: {origin}", cookie):
                self.assertEqual(allowances(answer), [])

    async def test_row_34_an_event_stream_for_another_site_403(self) -> None:
        streams = [to for to in READS if "events" in to.path]
        self.assertEqual(len(streams), 2)
        accept = "Accept: text/event-stream"
        await self.are_refused(streams, accept, EVIL)
        await self.are_refused(streams, accept, "Sec-Fetch-Site: cross-site")

    async def test_our_own_page_and_programs_may(self) -> None:
        for lines in ([f"Origin: {self.url}"], ["Sec-Fetch-Site: same-origin"], []):
            for answer in await self.answers(TAKES_JSON, *lines):
                self.assertNotEqual(statuses(answer), [403])
            for answer in await self.answers(SOCKET_ENDPOINTS, *HANDSHAKE, *lines):
                self.assertEqual(statuses(answer), [101])

    async def test_our_own_page_may_where_a_proxy_names_the_port_that_https_implies(self) -> None:
        pages = (
            ("chat.example:443", "https"),
            ("chat.example:80", "http"),
            ("chat.example", "https"),
        )
        for host, scheme in pages:
            origin = f"Origin: {scheme}://chat.example"
            ours = f"Host: {host}".encode()
            for to in [*TAKES_JSON, Endpoint("POST", "/login"), *SOCKET_ENDPOINTS]:
                lines = HANDSHAKE if to.method == "GET" else ()
                request = (
                    to.with_body(BODY, origin, *lines) if not lines else to.head(origin, *lines)
                )
                answer = await raw(self.url, request.replace(b"Host: a", ours))
                self.assertNotIn(403, statuses(answer), (to, host))
        for host in ("chat.example:8443", "chat.example:80"):
            request = TAKES_JSON[0].with_body(BODY, "Origin: https://chat.example")
            answer = await raw(self.url, request.replace(b"Host: a", f"Host: {host}".encode()))
            self.assertEqual(statuses(answer), [403])

    async def test_who_follows_a_link_from_elsewhere_comes_in(self) -> None:
        lines = "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"
        for path in ("/", "/rooms/general", "/doctor", "/api/rooms"):
            (answer,) = await self.answers([Endpoint("GET", path)], *lines)
            self.assertEqual(statuses(answer), [200])

    async def test_pages_are_not_embedded_or_read_by_another_site(self) -> None:
        lines = "Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: iframe"
        await self.are_refused([Endpoint("GET", "/"), Endpoint("GET", "/rooms/general")], *lines)
        for answer in await self.answers([*OPERATORS, *FILES], EVIL):
            self.assertIn(b"\r\nCross-Origin-Resource-Policy: same-origin\r\n", answer)
