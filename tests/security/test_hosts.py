"""A foreign name that resolves to this server gives no access (DNS rebinding)."""

from collections.abc import Iterator

import pytest

from tests.security.case import faults
from tests.security.endpoints import ANYWHERE, SOCKETS, Endpoint, statuses
from tests.support.server import ServerProcess, run_server
from tests.support.wire import WAIT_S, raw

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)

CHECKS = ("/healthz", "/readyz")
HANDSHAKE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with run_server(RATE_LIMITS="off", ALLOWED_HOSTS="chat.example") as server:
        yield server
        assert server.stop() == 0
        assert faults(server) == []


async def ask(server: ServerProcess, to: Endpoint, host: str, *lines: str) -> bytes:
    request = to.with_body(b"", *lines) if to.method == "POST" else to.head(*lines)
    return await raw(server.url, request.replace(b"Host: a", f"Host: {host}".encode()))


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "chat.example.evil.example"])
async def test_a_host_that_is_not_listed_421(server: ServerProcess, host: str) -> None:
    for to in ANYWHERE:
        if to.path in (*CHECKS, "/metrics"):
            continue
        answer = await ask(server, to, host, f"Origin: http://{host}")
        assert statuses(answer) == [421], (to, answer)
        assert b"Set-Cookie" not in answer
    for path in SOCKETS:
        answer = await ask(
            server, Endpoint("GET", path), host, *HANDSHAKE, f"Origin: http://{host}"
        )
        assert statuses(answer) == [421], (path, answer)


async def test_the_host_that_is_listed_is_served_on_any_port(server: ServerProcess) -> None:
    for host in ("chat.example", "Chat.example:8443"):
        for to in ANYWHERE:
            assert 421 not in statuses(await ask(server, to, host)), to
        for path in SOCKETS:
            assert statuses(await ask(server, Endpoint("GET", path), host, *HANDSHAKE)) == [101]


async def test_platforms_check_by_whatever_name_they_have(server: ServerProcess) -> None:
    for path in CHECKS:
        for host in ("127.0.0.1:8000", "localhost", "10.1.2.3:80", "healthcheck.platform.example"):
            assert statuses(await ask(server, Endpoint("GET", path), host)) == [200]
        assert statuses(await raw(server.url, f"GET {path} HTTP/1.0\r\n\r\n".encode())) == [200]


async def test_metrics_are_collected_by_address(server: ServerProcess) -> None:
    metrics = Endpoint("GET", "/metrics")
    answer = await ask(server, metrics, "127.0.0.1:8000")
    assert statuses(answer) == [200]
    assert b"parley_misdirected_requests_total" in answer
    assert statuses(await ask(server, metrics, "evil.example")) == [421]
