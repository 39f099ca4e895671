"""Responses are read the same whatever the pieces, and never without end."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from chat.client.exchange import MAX_FIELDS_BYTES, Broken, Response, exchange

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


class Pieces(asyncio.StreamReader):
    """A connection on which ``data`` comes ``size`` bytes at a time, and then ends."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__()
        self._size = size
        self.feed_data(data)
        self.feed_eof()

    async def read(self, n: int = -1) -> bytes:
        return await super().read(self._size)


def read(data: bytes, size: int = 1 << 16, **fields: str) -> tuple[Response, bytes]:
    async def run() -> tuple[Response, bytes]:
        writer: Any = SimpleNamespace(write=lambda data: None)
        streams = Pieces(data, size), writer
        response = await exchange(streams, "GET", "/", {"Host": "chat.example", **fields})
        body = b""
        while response.status != 101 and (piece := await response.read()):
            body += piece
        return response, body

    return asyncio.run(run())


def test_a_request_is_written_with_its_fields_and_its_body() -> None:
    async def run() -> bytes:
        written: list[bytes] = []
        writer: Any = SimpleNamespace(write=written.append)
        fields = {"Host": "chat.example", "Content-Length": "4"}
        streams = Pieces(OK + b"\r\n", 100), writer
        await exchange(streams, "POST", "/send?a=b", fields, b"body")
        return b"".join(written)

    head, _, body = asyncio.run(run()).partition(b"\r\n\r\n")
    assert head.splitlines() == [
        b"POST /send?a=b HTTP/1.1",
        b"Host: chat.example",
        b"Content-Length: 4",
    ]
    assert body == b"body"


@pytest.mark.parametrize("size", [1, 3, 1 << 16])
@pytest.mark.parametrize(
    "data",
    [
        OK + b"Content-Length: 4\r\n\r\nbody",
        OK + b"Content-Length: 4\r\nConnection: close\r\n\r\nbody, and what follows",
        OK + b"\r\nbody",
        CHUNKED + b"1;x=y\r\nb\r\n3\r\nody\r\n0\r\nServer: a trailer\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nServer: early\r\n\r\n"
        + OK
        + b"Content-Length: 4\r\n\r\nbody",
        b"HTTP/1.0 200 OK\r\n\r\nbody",
    ],
)
def test_the_end_of_a_body_is_found_and_nothing_else_is_a_header(data: bytes, size: int) -> None:
    response, body = read(data, size)
    assert (str(response), body) == ("200 OK", b"body")
    assert "server" not in response.headers
    assert response.rtt_s >= 0


def test_names_of_headers_are_in_lower_case_and_all_cookies_are_kept() -> None:
    response, body = read(b"HTTP/1.1 204\r\nX-One: 1\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\n")
    assert response.headers == {"x-one": "1"}
    assert response.cookies == ["a=1", "b=2"]
    assert (str(response), body) == ("204", b"")


def test_what_follows_an_upgrade_is_left_to_the_next_protocol() -> None:
    upgrade = b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    response, _ = read(upgrade + b"\x81\x00", Connection="Upgrade", Upgrade="websocket")
    assert (response.status, response.rest) == (101, b"\x81\x00")


@pytest.mark.parametrize(
    "data", [b"", OK, OK + b"Content-Length: 5\r\n\r\nbody", CHUNKED + b"4\r\nbody\r\n"]
)
def test_half_an_answer_is_none(data: bytes) -> None:
    with pytest.raises(EOFError):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        OK + b"Content-Length: four\r\n\r\nbody",
        CHUNKED + b"four\r\nbody\r\n",
    ],
)
def test_what_is_not_http_is_broken(data: bytes) -> None:
    with pytest.raises(Broken):
        read(data)


@pytest.mark.parametrize("begin", [OK + b"X: ", CHUNKED + b"0\r\nX: ", CHUNKED + b"4;"])
def test_fields_have_an_end(begin: bytes) -> None:
    with pytest.raises(Broken):
        read(begin + b"x" * (2 * MAX_FIELDS_BYTES))


def test_a_long_body_is_no_long_head() -> None:
    body = b"x" * (2 * MAX_FIELDS_BYTES)
    assert read(OK + b"\r\n" + body)[1] == body
