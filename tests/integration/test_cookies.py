"""A browser that comes back keeps its identity, whatever it asks for, beside other servers."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tornado.web import create_signed_value

from chat.accounts.cookies import NAME
from chat.application import Server
from chat.settings.settings import Settings
from tests.security.endpoints import Endpoint
from tests.support.client import Client
from tests.support.server import run_server
from tests.support.wire import WAIT_S, raw

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

HANDSHAKE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
SOCKETS = ("/chat", "/sockjs/0/a/websocket")
REQUESTS = [
    *(Endpoint("GET", path) for path in ("/", "/poll?hold_s=0", "/events", "/api/rooms", *SOCKETS)),
    Endpoint("GET", "/sockjs/info"),
    Endpoint("POST", "/send"),
]


@pytest.fixture
def secret(http_server: Server, settings: Settings) -> bytes:
    return (settings.data_dir / "secret").read_bytes()


def cookie(secret: bytes, name: str, *, days_ago: float) -> str:
    value = b'{"user":"guest-0123456789abcdef","name":"Ada"}'
    then = time.time() - days_ago * 86400
    return f"{name}={create_signed_value(secret, NAME, value, clock=lambda: then).decode()}"


async def cookies_for(url: str, to: Endpoint, cookie: str) -> list[str]:
    """Return the cookies that the answer gives in the place of ``cookie``."""
    lines = [f"Cookie: {cookie}", *(HANDSHAKE if to.path.partition("?")[0] in SOCKETS else ())]
    body = b'{"type":"ping"}'
    request = to.with_body(body, *lines) if to.method == "POST" else to.head(*lines)
    head = (await raw(url, request)).partition(b"\r\n\r\n")[0].decode()
    assert head.startswith(("HTTP/1.1 200 ", "HTTP/1.1 101 ")), head
    lines = [line for line in head.split("\r\n") if line.startswith("Set-Cookie: ")]
    return [line.removeprefix("Set-Cookie: ") for line in lines]


async def test_it_is_renewed_by_whatever_is_asked(base_url: str, secret: bytes) -> None:
    async with Client(base_url) as client:
        await client.get("/")
        assert client.cookie is not None
        name, _, fresh = client.cookie.partition("=")
    for to in REQUESTS:
        assert await cookies_for(base_url, to, f"{name}={fresh}") == [], to
        for old in (cookie(secret, name, days_ago=2), cookie(secret, NAME, days_ago=0)):
            given = await cookies_for(base_url, to, old)
            assert [each.partition("=")[0] for each in given] == [name, NAME], to
            assert all("; Max-Age=31536000;" in each for each in given)
            assert await cookies_for(base_url, to, given[0].partition(";")[0]) == []


async def test_a_renewed_one_is_the_same_person(base_url: str, secret: bytes) -> None:
    async with Client(base_url) as client:
        for name, days_ago in ((NAME, 364.0), (NAME, 0.0)):
            client.cookie = cookie(secret, name, days_ago=days_ago)
            for _ in "12":
                hello = json.loads((await client.get("/poll?hold_s=0")).body)["data"][0]
                assert (hello["user"], hello["name"]) == ("guest-0123456789abcdef", "Ada")
            assert not client.cookie.startswith(f"{NAME}=")


async def test_who_says_who_they_are_and_has_no_cookie_is_made_nobody_else(
    base_url: str, secret: bytes
) -> None:
    """A network that drops cookies for a while would else give each browser on it a new one."""
    by_default = {"POST": b'{"type":"ping"}', "GET": b""}
    asked = [
        *REQUESTS, Endpoint("POST", "/negotiate"), Endpoint("POST", "/poll"),
        Endpoint("GET", "/doctor"), Endpoint("GET", "/api/rooms/general/messages"),
    ]  # fmt: skip
    for to in asked:
        mark = "&" if "?" in to.path else "?"
        named = to._replace(path=f"{to.path}{mark}as=guest-0123456789abcdef")
        lines = HANDSHAKE if to.path in SOCKETS else ()
        body = by_default[to.method]
        answer = await raw(base_url, named.with_body(body, "Connection: close", *lines))
        assert answer.startswith(b"HTTP/1.1 401 "), (to, answer)
        assert b"\r\nSet-Cookie: " not in answer, to
        if to.method == "POST":
            assert b'"cookie_missing"' in answer and b'"retry_ms":' in answer, to
        if to in REQUESTS:  # one that is no longer valid was not dropped
            given = await cookies_for(base_url, named, "parley_identity_12345678=of-another-secret")
            assert len(given) == 2, to
            assert await cookies_for(base_url, named, given[0].partition(";")[0]) == []


async def test_one_that_was_signed_out_is_not_renewed(base_url: str, secret: bytes) -> None:
    old = cookie(secret, NAME, days_ago=364)
    async with Client(base_url) as client:
        client.cookie = old
        await client.post("/logout")
        for path in ("/", "/poll?hold_s=0", "/events", "/api/rooms"):
            client.cookie = old
            answer = await client.get(path)
            assert answer.code == 401
            assert all("Max-Age=0;" in line for line in answer.headers.get_list("Set-Cookie"))


@pytest.fixture
def other_url(tmp_path: Path) -> Iterator[str]:
    with run_server(tmp_path / "other") as server:
        yield server.url


async def test_another_server_on_the_host_is_another_identity(
    base_url: str, other_url: str
) -> None:
    jar: dict[str, str] = {}  # of a browser, for which both are one host
    users = []
    for url in (base_url, other_url) * 2:
        assert urlsplit(url).hostname in ("127.0.0.1", "localhost")
        async with Client(url) as client:
            client.cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
            answer = await client.get("/poll?hold_s=0")
            users.append(json.loads(answer.body)["data"][0]["user"])
            for header in answer.headers.get_list("Set-Cookie"):
                name, _, value = header.partition(";")[0].partition("=")
                jar[name] = value
    assert users[:2] == users[2:] and users[0] != users[1]
