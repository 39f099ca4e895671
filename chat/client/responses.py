"""Reads HTTP responses from a connection (RFC 9112)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

# The limit of a line or a head: a message of 4,000 characters is some 100 KB as rendered JSON.
LIMIT_BYTES: Final = 4 << 20


class Broken(OSError):
    """The response is not usable: another protocol, or half an answer."""


class Response:
    """The head of a response; ``chunks`` yields its body as it arrives."""

    def __init__(
        self,
        status: int,
        phrase: str,
        headers: Mapping[str, str],
        cookies: list[str],
        rtt_s: float,
    ) -> None:
        self.status = status
        self.phrase = phrase
        self.headers = headers  # names in lower case
        self.cookies = cookies
        self.rtt_s = rtt_s  # from the request to the first line of the answer

    def __str__(self) -> str:
        return f"{self.status} {self.phrase}".strip()

    def chunks(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        """Yield the body. Raises EOFError if it ends early, and Broken if it is malformed."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return _chunked(reader)
        return _plain(reader, self.headers.get("content-length"))


async def read_head(reader: asyncio.StreamReader, began_s: float) -> Response:
    """Read the head of the response to a request that was written at ``began_s``.

    Raises Broken, or EOFError if the connection ends.
    """
    try:
        status_line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.LimitOverrunError as error:
        raise Broken("a head without end") from error
    except asyncio.IncompleteReadError as error:
        raise EOFError("the connection ended without an answer") from error
    rtt_s = asyncio.get_running_loop().time() - began_s
    version, _, rest = status_line.partition(" ")
    status, _, phrase = rest.partition(" ")
    if not version.startswith("HTTP/1.") or not (len(status) == 3 and status.isdigit()):
        raise Broken("not HTTP")
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "set-cookie":
            cookies.append(value)
        elif name:
            headers[name] = value
    return Response(int(status), phrase.strip(), headers, cookies, rtt_s)


async def _plain(reader: asyncio.StreamReader, length: str | None) -> AsyncIterator[bytes]:
    """Yield a body of ``length`` bytes, or all until the end (RFC 9112 section 6.3)."""
    if length is not None and not length.isdigit():
        raise Broken("a length that is no number")
    left = None if length is None else int(length)
    while left is None or left > 0:
        data = await reader.read(1 << 16 if left is None else min(left, 1 << 16))
        if not data:
            if left is not None:
                raise EOFError("the answer broke off")
            return
        left = None if left is None else left - len(data)
        yield data


async def _chunked(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield a body in chunks (RFC 9112 section 7.1); ignore the trailers after the last one."""
    while True:
        size = (await reader.readline()).partition(b";")[0].strip()
        if not size:
            raise EOFError("the answer broke off")
        try:
            left = int(size, 16)
        except ValueError as error:
            raise Broken("a chunk without a size") from error
        if left == 0:
            return
        while left:
            data = await reader.read(min(left, 1 << 16))
            if not data:
                raise EOFError("the answer broke off")
            left -= len(data)
            yield data
        await reader.readexactly(2)
