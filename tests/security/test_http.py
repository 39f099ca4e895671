"""Rows 1 to 22: malformed and oversized requests, on every endpoint."""

import asyncio
import gzip
from collections.abc import Callable

from chat.settings.settings import Settings
from tests.security.case import SecurityTest
from tests.security.endpoints import ANYWHERE, TAKES_JSON, UPLOADS, WRITES, Endpoint, statuses
from tests.support.wire import raw

LOGIN = Endpoint("POST", "/login")
COMMAND = b'{"type":"ping"}'


class TestHttp(SecurityTest):
    async def answers(self, requests: list[bytes]) -> list[bytes]:
        return await asyncio.gather(*(raw(self.url, request) for request in requests))

    async def each_answers(
        self, status: int, request: Callable[[Endpoint], bytes], *, at: list[Endpoint] = ANYWHERE
    ) -> None:
        """Check for ``status``, and that nothing after the request is read as another request."""
        following = Endpoint("GET", "/healthz").head()
        answers = await self.answers([request(to) + following for to in at])
        wrong = {
            to: answer
            for to, answer in zip(at, answers, strict=True)
            if statuses(answer) != [status] or b"Connection: close" not in answer
        }
        self.assertEqual(wrong, {})

    async def each_refuses(self, *lines: str, body: bytes = b"") -> None:
        await self.each_answers(400, lambda to: to.head(*lines) + body)

    async def test_row_01_without_a_host_400(self) -> None:
        await self.each_answers(400, lambda to: to.head().replace(b"Host: a\r\n", b""))

    async def test_row_02_two_hosts_400(self) -> None:
        await self.each_refuses("Host: a")
        await self.each_refuses("host: b")

    async def test_row_03_a_host_that_is_none_400(self) -> None:
        for host in ("a b", "a/b", "a@b", "a;b", "[::1"):
            await self.each_answers(400, lambda to, host=host: to.head(host=host))  # type: ignore[misc]

    async def test_row_04_a_length_and_an_encoding_400(self) -> None:
        lines = "Content-Length: 4", "Transfer-Encoding: chunked"
        await self.each_refuses(*lines, body=b"0\r\n\r\n")
        await self.each_refuses(*reversed(lines), body=b"0\r\n\r\n")

    async def test_row_05_two_lengths_400(self) -> None:
        for lines in (("4", "5"), ("4", "4"), ("4, 4",)):
            await self.each_refuses(*(f"Content-Length: {n}" for n in lines), body=b"abcde")

    async def test_row_06_a_length_with_a_sign_400(self) -> None:
        for length in ("+4", "-1"):
            await self.each_refuses(f"Content-Length: {length}", body=b"abcd")

    async def test_row_07_a_length_that_is_no_number_400(self) -> None:
        for length in ("1_0", "0x4", "4.0", "4 4", "9" * 30, "\u00b2"):
            await self.each_refuses(f"Content-Length: {length}", body=b"abcdefghij")

    async def test_row_08_an_encoding_that_is_not_chunked_400(self) -> None:
        for encoding in ("xchunked", "gzip, chunked", "chunked, chunked", "identity", "chunked, x"):
            await self.each_refuses(f"Transfer-Encoding: {encoding}", body=b"0\r\n\r\n")

    async def test_row_09_a_chunk_whose_size_is_none_400(self) -> None:
        for chunk in (b"0x4\r\nabcd", b"+4\r\nabcd", b"4 4\r\nabcd", b"-1\r\n", b"f" * 20):
            await self.each_refuses("Transfer-Encoding: chunked", body=chunk + b"\r\n0\r\n\r\n")

    async def test_row_10_a_folded_line_400(self) -> None:
        await self.each_refuses("X-Folded: a", " b")
        await self.each_refuses("X-Folded: a", "\tb")

    async def test_row_11_a_space_before_the_colon_400(self) -> None:
        await self.each_refuses("X-Spaced : a")
        await self.each_refuses("Content-Length : 4", body=b"abcd")

    async def test_row_12_a_nul_400(self) -> None:
        def in_its_path(to: Endpoint) -> bytes:
            return to.head().replace(b" HTTP", b"\0 HTTP", 1)

        await self.each_answers(400, in_its_path)
        await self.each_refuses("X-Nul: a\0b")

    async def test_row_13_another_protocol_400(self) -> None:
        for version in (b"HTTP/9.9", b"HTTP/2.0", b"HTTP/0.9", b"HTTQ/1.1", b"HTTP/1.2", b""):

            def said(to: Endpoint, version: bytes = version) -> bytes:
                return to.head().replace(b"HTTP/1.1", version, 1)

            await self.each_answers(400, said)
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        self.assertEqual(statuses(await raw(self.url, preface)), [400])
        tls = bytes.fromhex("16030100c8010000c40303") + bytes(190)
        self.assertEqual(statuses(await raw(self.url, tls)), [400])

    async def test_row_14_trace_405(self) -> None:
        for method in ("TRACE", "PROPFIND"):
            at = [Endpoint(method, to.path) for to in ANYWHERE]
            answers = await self.answers([to.head("X-Secret: told") for to in at])
            for to, answer in zip(at, answers, strict=True):
                with self.subTest(to=to):
                    self.assertEqual(statuses(answer), [405])
                    self.assertNotIn(b"told", answer)

    async def test_row_15_a_bare_line_feed_400(self) -> None:
        await self.each_answers(400, lambda to: to.head().replace(b"\r\n", b"\n"))
        await self.each_answers(400, lambda to: to.head().replace(b"a\r\n", b"a\n"))
        await self.each_answers(400, lambda to: to.head().replace(b"a\r\n", b"a\rX: y\r\n"))

    async def test_row_16_headers_of_70_kb_431(self) -> None:
        await self.each_answers(431, lambda to: to.head("X-Long: " + "x" * 70_000))
        many = [f"X-{n}: {'x' * 60}" for n in range(1000)]
        await self.each_answers(431, lambda to: to.head(*many))
        path = Endpoint("GET", "/" + "x" * 70_000)
        self.assertEqual(statuses(await raw(self.url, path.head())), [431])

    async def test_row_17_a_body_over_the_limit_413(self) -> None:
        too_long = (2 << 20) + 1
        file_bytes = Settings().file_bytes + 1

        def beyond(to: Endpoint) -> bytes:
            return to.head(f"Content-Length: {file_bytes if to == UPLOADS else too_long}")

        await self.each_answers(413, beyond)
        await self.each_answers(413, lambda to: to.head("Content-Length: 99999999999"))
        chunk = b"%x\r\n%b\r\n" % (too_long, b"x" * too_long)
        requests = [to.head("Transfer-Encoding: chunked") + chunk for to in WRITES]
        answers = await self.answers(requests)
        self.assertEqual([statuses(answer) for answer in answers], [[413]] * len(WRITES))

    async def test_row_17_a_body_at_the_limit_is_read(self) -> None:
        body = COMMAND + b" " * ((2 << 20) - len(COMMAND))
        answer = await raw(self.url, Endpoint("POST", "/send").with_body(body))
        self.assertEqual(statuses(answer), [200])

    async def test_row_20_a_compressed_body_415(self) -> None:
        body = gzip.compress(COMMAND)
        for coding in ("gzip", "br", "deflate", "x"):
            await self.each_answers(
                415,
                lambda to, coding=coding: to.with_body(body, f"Content-Encoding: {coding}"),  # type: ignore[misc]
            )

    async def test_row_21_a_type_that_is_not_asked_for_415(self) -> None:
        types = ["application/xml", "application/octet-stream", "text/html", "image/png", "x"]
        for to in [*TAKES_JSON, LOGIN]:
            with self.subTest(to=to):
                refused = [*types, "application/json"] if to is LOGIN else types
                requests = [to.with_body(COMMAND, f"Content-Type: {type_}") for type_ in refused]
                answers = await self.answers(requests)
                self.assertEqual([statuses(answer) for answer in answers], [[415]] * len(refused))

    async def test_row_22_1001_arguments_400(self) -> None:
        arguments = "&".join(f"a{n}=1" for n in range(1001))

        def asked(to: Endpoint) -> bytes:
            return to._replace(path=f"{to.path.partition('?')[0]}?{arguments}").head()

        await self.each_answers(400, asked)

    async def test_row_22_1000_arguments_are_read(self) -> None:
        arguments = "&".join(f"a{n}=1" for n in range(1000))
        answer = await raw(self.url, Endpoint("GET", f"/api/rooms?{arguments}").head())
        self.assertEqual(statuses(answer), [200])
