"""Rows 23 to 26: forwarding headers are trusted only from a declared proxy."""

import json
from collections.abc import Iterator
from typing import ClassVar

import pytest

from tests.security.case import SecurityTest, faults
from tests.security.endpoints import ANYWHERE, Endpoint
from tests.support.server import ServerProcess, run_server
from tests.support.wire import raw

ELSEWHERE = "203.0.113.9"
NEGOTIATE = Endpoint("POST", "/negotiate")


@pytest.fixture(scope="class", autouse=True)
def behind_proxy(request: pytest.FixtureRequest) -> Iterator[None]:
    with run_server(BEHIND_PROXY="on") as server:
        request.cls.behind_proxy = server
        yield
        assert faults(server) == []


class TestProxies(SecurityTest):
    behind_proxy: ClassVar[ServerProcess]

    async def network(self, server: ServerProcess, *lines: str) -> str:
        """Return the id of the network that the server takes the request to come from."""
        answer = await raw(server.url, NEGOTIATE.with_body(b"{}", *lines))
        return str(json.loads(answer.partition(b"\r\n\r\n")[2])["network"])

    async def everywhere(self, server: ServerProcess, *lines: str) -> list[bytes]:
        """Send a request with ``lines`` to every endpoint; return the answers."""
        return [await raw(server.url, to.with_body(b"", *lines)) for to in ANYWHERE]

    async def test_row_23_x_real_ip_is_ignored(self) -> None:
        for server in (self.server, self.behind_proxy):
            socket = await self.network(server)
            self.assertEqual(await self.network(server, f"X-Real-Ip: {ELSEWHERE}"), socket)
            await self.everywhere(server, f"X-Real-Ip: {ELSEWHERE}")
            self.assertNotIn(ELSEWHERE, "".join(server.log))
        both = f"X-Forwarded-For: {ELSEWHERE}", "X-Real-Ip: 198.51.100.7"
        self.assertEqual(
            await self.network(self.behind_proxy, *both),
            await self.network(self.behind_proxy, both[0]),
        )

    async def test_row_24_x_scheme_is_ignored(self) -> None:
        lines = ["X-Scheme: https", "Forwarded: proto=https", "X-Forwarded-Ssl: on"]
        for server in (self.server, self.behind_proxy):
            for answer in await self.everywhere(server, *lines):
                self.assertNotIn(b"; Secure", answer)
                self.assertNotIn(b"Strict-Transport-Security", answer)
        for answer in await self.everywhere(self.server, "X-Forwarded-Proto: https"):
            self.assertNotIn(b"; Secure", answer)

    async def test_row_25_what_a_client_wrote_into_x_forwarded_for_is_ignored(self) -> None:
        socket = await self.network(self.server)
        self.assertEqual(await self.network(self.server, f"X-Forwarded-For: {ELSEWHERE}"), socket)
        self.assertEqual(
            await self.network(self.behind_proxy, "X-Forwarded-For: 198.51.100.7, 192.0.2.1"),
            await self.network(self.behind_proxy, "X-Forwarded-For: 192.0.2.1"),
        )

    async def test_row_26_what_is_no_address_is_the_sockets(self) -> None:
        socket = await self.network(self.behind_proxy)
        for said in ("<script>", "1.2.3", "unknown", "", "1.2.3.4:80:90", "' or 1=1", "::g"):
            line = f"X-Forwarded-For: {said}"
            self.assertEqual(await self.network(self.behind_proxy, line), socket)
            await self.everywhere(self.behind_proxy, line)
        self.assertNotIn("script", "".join(self.behind_proxy.log))
