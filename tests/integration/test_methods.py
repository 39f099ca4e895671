"""Methods, and forms of a request, that browsers' own pages don't use and others do."""

import json

import pytest

from tests.integration.test_connections import wire
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)

HEADED = [
    "/", "/rooms/general", "/doctor", "/healthz", "/readyz", "/metrics", "/openapi.json",
    "/api", "/api/rooms", "/api/rooms/general/messages", "/static/css/base.css", "/sockjs/info",
    "/nowhere",
]  # fmt: skip
ALLOWED = {
    "/": "GET, HEAD",
    "/healthz": "GET, HEAD",
    "/metrics": "GET, HEAD",
    "/api/rooms/general/messages": "GET, HEAD, POST",
    "/static/css/base.css": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/api": "GET, HEAD",
    "/send": "POST",
    "/login": "POST",
    "/poll": "GET, POST",
    "/events": "GET",
    "/chat": "GET",
    "/sockjs/0/a/eventsource": "GET",
    "/sockjs/0/a/xhr": "POST",
}


@pytest.fixture
def url(http_server: object, base_url: str) -> str:
    return base_url


def request(line: str, *lines: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", "Host: a", *lines, "", ""]).encode()


async def test_head_is_answered_as_get_without_its_body(url: str) -> None:
    # Of a page each has a guest and a nonce of its own; metrics have moved.
    changes = {"date", "x-request-id", "set-cookie", "content-security-policy", "etag"}
    async with wire(url) as on:
        for path in HEADED:
            on.writer.write(request(f"GET {path}"))
            status, headers, body = await on.answer()
            on.writer.write(request(f"HEAD {path}"))
            head_status, head_headers, _ = await on.answer(has_body=False)
            assert (head_status, head_headers.keys()) == (status, headers.keys()), path
            for name in headers.keys() - changes - {"content-length"}:
                assert head_headers[name] == headers[name], path
            if path != "/metrics":
                assert abs(int(head_headers["content-length"]) - len(body)) < 20, path


async def test_a_method_that_is_not_there_is_answered_with_those_that_are(url: str) -> None:
    async with wire(url) as on:
        for path, allowed in ALLOWED.items():
            for method in ("PATCH", "DELETE", "OPTIONS", "BREW"):
                on.writer.write(request(f"{method} {path}"))
                status, headers, _ = await on.answer()
                assert (status, headers.get("allow")) == (405, allowed), (method, path)
            if "HEAD" not in allowed:
                on.writer.write(request(f"HEAD {path}"))
                status, headers, _ = await on.answer(has_body=False)
                assert (status, headers.get("allow")) == (405, allowed), path


async def test_an_origin_that_is_none_is_refused_by_every_address(url: str) -> None:
    async with wire(url) as on:
        for path in (*HEADED, "/robots.txt", "/static/x"):
            on.writer.write(request(f"POST {path}", "Origin: http://[", "Content-Length: 0"))
            assert (await on.answer())[0] in (403, 404, 405), path


async def test_cookies_may_come_in_several_lines_and_end_in_a_blank(url: str) -> None:
    async with wire(url) as on:
        on.writer.write(request("GET /api/rooms"))
        _, headers, _ = await on.answer()
        cookie = headers["set-cookie"].partition(";")[0]
        for lines in (
            (f"Cookie: {cookie}",),
            (f"Cookie: {cookie}; ",),
            (f"Cookie:{cookie}\t",),
            ("Cookie: a=1", f"Cookie: {cookie}"),
            (f"cookie: {cookie};", "COOKIE: b=2; ", "Cookie:"),
        ):
            on.writer.write(request("GET /api/rooms", *lines))
            assert "set-cookie" not in (await on.answer())[1], lines


async def test_the_absolute_form_is_served_under_the_name_in_it(url: str) -> None:
    async with wire(url) as on:
        for target in ("http://other/healthz", "HTTP://other:8000/healthz?x"):
            on.writer.write(request(f"GET {target}"))
            status, _, body = await on.answer()
            assert (status, json.loads(body)["status"]) == (200, "ok")
        # Whose Origin is the name that counts is our own page.
        ping = '{"type":"ping"}'
        for origin, status in (("http://other", 200), ("http://a", 403)):
            lines = f"Origin: {origin}", f"Content-Length: {len(ping)}"
            on.writer.write(request("POST http://other/send", *lines) + ping.encode())
            assert (await on.answer())[0] == status


async def test_whoever_has_to_upgrade_is_told_to_what(url: str) -> None:
    handshake = "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 8"
    for lines in ((), handshake):
        for path in ("/chat", "/sockjs/websocket", "/sockjs/0/a/websocket"):
            async with wire(url) as on:
                on.writer.write(request(f"GET {path}", *lines))
                status, headers, _ = await on.answer()
                assert (status, headers["upgrade"]) == (426, "websocket")
                assert headers["connection"] == "Upgrade"
                on.writer.write(request(f"GET {path}", "Connection: close"))
                assert (await on.answer())[1]["connection"] == "close, Upgrade"
