"""A proxy that passes connections on says by the PROXY protocol whose they are."""

import http.client
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.programs import WAIT_S
from tests.support.server import ServerProcess, run_server
from tests.support.tcp_haproxy import run_tcp_haproxy

VERSION_2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\7\xc0\0\2\2\0\1\0\2"
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def behind() -> Iterator[ServerProcess]:  # one for each: a log has so many lines of one kind
    with run_server(BEHIND_PROXY="127.0.0.1") as server:
        yield server


def exchange(server: ServerProcess, *pieces: bytes) -> bytes:
    """Send ``pieces``, each by itself; return all that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), WAIT_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        try:
            while data := connection.recv(4096):
                answer += data
        except ConnectionResetError:
            pass
        return answer


@pytest.mark.parametrize("option", ["send-proxy", "send-proxy-v2"])
def test_haproxy_names_the_client_of_each_connection(
    tmp_path: Path, behind: ServerProcess, option: str
) -> None:
    with run_tcp_haproxy(tmp_path, behind.port, option) as port:
        for number in range(2):  # also the next request of the same connection
            client = http.client.HTTPConnection("127.0.0.1", port, WAIT_S, ("127.0.0.9", 0))
            for _ in range(2):
                client.request("GET", f"/nothing-{option}-{number}")
                assert client.getresponse().read()
            client.close()
    assert clients_of(behind, f"nothing-{option}") == ["127.0.0.9"] * 4


def clients_of(server: ServerProcess, path: str) -> list[str]:
    """Return whom the log names for each request of a ``path`` that there is not."""
    last = f"/last-{uuid.uuid4().hex}"
    exchange(server, GET.replace(b"/healthz", last.encode()))
    server.until_logged(last)
    lines = [line for line in server.log if path in line]
    return [line.partition("(")[2].partition(")")[0] for line in lines]


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (b"PROXY TCP4 192.0.2.7 192.0.2.2 1 2\r\n", "192.0.2.7"),
        (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", "192.0.2.7"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (VERSION_2, "192.0.2.7"),
        (b"", "127.0.0.1"),
    ],
)
def test_a_header_may_come_in_pieces_or_with_the_request(
    behind: ServerProcess, header: bytes, address: str
) -> None:
    path = f"/piece-{uuid.uuid4().hex}"
    request = GET.replace(b"/healthz", path.encode())
    pieces = [header[n : n + 1] for n in range(len(header))]
    for answer in (exchange(behind, header + request), exchange(behind, *pieces, request)):
        assert answer.startswith(b"HTTP/1.1 404 ")
    assert clients_of(behind, path) == [address] * 2


def test_its_client_can_name_no_other_one(behind: ServerProcess) -> None:
    path = f"/forwarded-{uuid.uuid4().hex}"
    request = GET.replace(b"/healthz", path.encode())
    lines = b"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\nConnection"
    exchange(behind, VERSION_2 + request.replace(b"Connection", lines))
    assert clients_of(behind, path) == ["192.0.2.7"]


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY TCP4 nowhere 192.0.2.2 1 2\r\n",
        b"PROXY " + b"x" * 200,
        b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c" + bytes(12),
        VERSION_2[:14] + b"\xff\xff",
    ],
)
def test_with_a_wrong_header_nothing_is_answered(behind: ServerProcess, header: bytes) -> None:
    assert exchange(behind, header, GET) == b""


def test_nobody_else_may_send_one() -> None:
    with run_server(BEHIND_PROXY="192.0.2.0/24") as server:
        for header in (VERSION_2, b"PROXY TCP4 192.0.2.7 192.0.2.2 1 2\r\n"):
            assert exchange(server, header + GET).startswith(b"HTTP/1.1 400 ")
        assert exchange(server, GET).startswith(b"HTTP/1.1 200 ")
