"""RFC 6455 section 4: the opening handshake"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.server import run_server
from tests.support.wire import WAIT_S, raw

pytestmark = [
    pytest.mark.gen_test(timeout=2 * WAIT_S),
    pytest.mark.parametrize("path", ["/chat", "/sockjs/000/abc/websocket", "/sockjs/websocket"]),
]

# The example of section 1.3.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
HEADERS = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with run_server(RATE_LIMITS="off") as server:
        yield server.url


async def shake(
    url: str, path: str, changes: dict[str, str | None], line: str = "GET {} HTTP/1.1"
) -> tuple[int, dict[str, str]]:
    """Send a valid request with ``changes``; return the answer's status and headers."""
    headers = {"Host": urlsplit(url).netloc, **HEADERS, **changes}
    lines = [line.format(path), *(f"{k}: {v}" for k, v in headers.items() if v is not None)]
    answer = await raw(url, "\r\n".join([*lines, "", ""]).encode())
    first, *rest = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    answered = dict(line.split(": ", 1) for line in rest)
    return int(first.split()[1]), {name.lower(): value for name, value in answered.items()}


GOOD: dict[str, dict[str, str | None]] = {
    "as it should be": {},
    "other cases": {"Upgrade": "WebSocket", "Connection": "upgrade"},
    "more options": {"Connection": "keep-alive, Upgrade"},
    "names in lower case": {name: None for name in HEADERS}
    | {name.lower(): value for name, value in HEADERS.items()},
    "our page": {"Origin": "http://127.0.0.1"},
    "extensions offered": {"Sec-WebSocket-Extensions": "permessage-deflate, x-none; a=1"},
    "subprotocols offered": {"Sec-WebSocket-Protocol": "chat, superchat"},
    "a header that nobody knows": {"Sec-WebSocket-New": "1"},
}


@pytest.mark.parametrize("what", GOOD)
async def test_it_is_accepted(url: str, path: str, what: str) -> None:
    changes = dict(GOOD[what])
    if "Origin" in changes:
        changes["Origin"] = url
    status, headers = await shake(url, path, changes)
    assert status == 101
    assert headers["sec-websocket-accept"] == ACCEPT
    assert headers["upgrade"].lower() == "websocket"
    assert headers["connection"].lower() == "upgrade"
    # Section 4.1: nothing that the client did not ask for, or that the server does not support.
    assert "sec-websocket-extensions" not in headers
    assert "sec-websocket-protocol" not in headers


BAD: dict[str, tuple[dict[str, str | None], int]] = {
    "no Upgrade": ({"Upgrade": None}, 426),
    "another Upgrade": ({"Upgrade": "h2c"}, 426),
    "no Connection": ({"Connection": None}, 426),
    "another Connection": ({"Connection": "keep-alive"}, 426),
    "no version": ({"Sec-WebSocket-Version": None}, 426),
    "an old version": ({"Sec-WebSocket-Version": "8"}, 426),
    "a version to come": ({"Sec-WebSocket-Version": "14"}, 426),
    "no key": ({"Sec-WebSocket-Key": None}, 400),
    "an empty key": ({"Sec-WebSocket-Key": ""}, 400),
    "15 bytes": ({"Sec-WebSocket-Key": "MTIzNDU2Nzg5MDEyMzQ1"}, 400),
    "17 bytes": ({"Sec-WebSocket-Key": "MTIzNDU2Nzg5MDEyMzQ1Njc="}, 400),
    "no base64": ({"Sec-WebSocket-Key": "!" * 24}, 400),
    "base64 without its end": ({"Sec-WebSocket-Key": KEY[:-1]}, 400),
    "no Host": ({"Host": None}, 400),
    "another site's page": ({"Origin": "https://evil.example"}, 403),
    "a page of nowhere": ({"Origin": "null"}, 403),
}


@pytest.mark.parametrize("what", BAD)
async def test_it_is_refused(url: str, path: str, what: str) -> None:
    changes, expected = BAD[what]
    status, headers = await shake(url, path, changes)
    assert status == expected
    if "version" in what:  # section 4.2.2
        assert headers["sec-websocket-version"] == "13"
    elif status == 426:  # RFC 9110 section 15.5.22
        assert headers["upgrade"] == "websocket"


@pytest.mark.parametrize(
    ("line", "expected"), [("POST {} HTTP/1.1", 405), ("GET {} HTTP/1.0", 426)]
)
async def test_it_is_a_get_of_http_1_1(url: str, path: str, line: str, expected: int) -> None:
    assert (await shake(url, path, {}, line))[0] == expected
